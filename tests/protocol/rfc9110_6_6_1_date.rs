//! RFC 9110 sections 5.6.7 and 6.6.1: what a provider's `Date` says about its clock.

use bytes::Bytes;
use http::Response;
use vestibule::protocol::id_token_fault::IdTokenFault;
use vestibule::protocol::skew::Skew;
use vestibule::protocol::timestamp::Timestamp;

use crate::world::now;

/// Computed by `date -u -d … +%s`.
#[test]
fn a_date_is_the_second_that_it_names() {
    for (text, seconds) in [
        ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Thu, 29 Feb 2024 23:59:59 GMT", 1_709_251_199),
        ("Fri, 01 Mar 2024 00:00:00 GMT", 1_709_251_200),
        ("Wed, 01 Mar 2000 00:00:00 GMT", 951_868_800),
        ("Fri, 15 Jan 2027 08:00:00 GMT", 1_800_000_000),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799),
    ] {
        assert_eq!(Timestamp::from_imf_fixdate(text).map(Timestamp::seconds), Some(seconds), "{text}");
    }
}

#[test]
fn what_is_no_date_is_none() {
    for text in [
        "",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 32 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT",
        "Sun, 06 Nov 1994 08:49:-1 GMT",
        "Sun, 06 Nov 1994 +8:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37:00 GMT",
        "Sun, 06 Nov 0000 08:49:37 GMT",
        "Wed, 31 Dec 1969 23:59:59 GMT",
        "Sun, 06 Nov 99999 08:49:37 GMT",
        "1800000000",
        "Fri, é1 Jan 2027 08:00:00 GMT",
    ] {
        assert_eq!(Timestamp::from_imf_fixdate(text), None, "{text}");
    }
}

fn skew(headers: &[(&str, &str)], sent: u64, received: u64) -> Option<i64> {
    let mut answer = Response::builder();
    for (name, value) in headers {
        answer = answer.header(*name, *value);
    }
    let at = Timestamp::from_seconds;
    Skew::of_answer(&answer.body(Bytes::new()).unwrap(), at(sent), at(received)).map(Skew::seconds)
}

const DATE: (&str, &str) = ("date", "Fri, 15 Jan 2027 08:00:00 GMT");

/// XT-02: a slow answer is no difference of clocks.
#[test]
fn only_what_is_outside_of_the_call_is_the_clocks() {
    for (name, sent, received, expected) in [
        ("at once", 1_800_000_000, 1_800_000_000, 0),
        ("slow", 1_799_999_991, 1_800_000_001, 0),
        ("ahead", 1_799_999_690, 1_799_999_700, 300),
        ("behind", 1_800_000_300, 1_800_000_310, -300),
        ("our clock was turned back during the call", 1_800_000_010, 1_800_000_000, -10),
    ] {
        assert_eq!(skew(&[DATE], sent, received), Some(expected), "{name}");
    }
}

#[test]
fn an_answer_that_does_not_say_when_it_was_made_says_nothing() {
    let when = |headers: &[(&str, &str)]| skew(headers, 1_700_000_000, 1_700_000_000);
    assert_eq!(when(&[]), None);
    assert_eq!(when(&[("date", "yesterday")]), None);
    assert_eq!(when(&[DATE, DATE]), None);
    assert_eq!(when(&[DATE, ("age", "0")]), None, "out of a cache");
}

/// what was measured is in the refusal of a check of time, and in no other.
#[test]
fn a_refusal_for_its_time_names_the_difference_of_the_clocks() {
    let mut answer = Response::new(Bytes::new());
    answer.headers_mut().insert(DATE.0, DATE.1.parse().unwrap());
    let at = Timestamp::from_seconds(1_799_999_700);
    let skew = Skew::of_answer(&answer, at, at);
    let fault = IdTokenFault::TooOld { issued_at: at, now: now(), skew: None };
    assert!(!fault.to_string().contains("provider's clock"));
    let text = fault.measured(skew).to_string();
    assert!(text.ends_with("; by its answers the provider's clock is 300s ahead of ours"), "{text}");
    assert_eq!(IdTokenFault::Nonce.measured(skew), IdTokenFault::Nonce);
}
