//! What `Authorization` holds: one token of ours, nothing of ours, or a refusal (V-BT-1, V-BT-2, F-21, R-14.6).

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use proptest::prelude::*;
use vestibule::gate::presented::{Presented, Scheme, read};

fn lines(lines: &[&[u8]]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for line in lines {
        map.append(AUTHORIZATION, HeaderValue::from_bytes(line).unwrap());
    }
    map
}

/// What is read, in one line.
fn said(headers: &HeaderMap) -> String {
    match read(headers) {
        Ok(Presented::Nothing) => "nothing".to_owned(),
        Ok(Presented::Other) => "other".to_owned(),
        Ok(Presented::Token(token)) => format!("{} {}", token.scheme().name(), token.expose()),
        Err(refusal) => refusal.code().to_owned(),
    }
}

/// V-BT-1: RFC 6750 section 2.1, RFC 9110 sections 11.1 and 11.4: one scheme in any letter case, one blank, one `b64token`.
#[test]
fn one_token_is_read_and_nothing_that_looks_like_one() {
    let malformed = "bearer_malformed";
    let table: &[(&[u8], &str)] = &[
        (b"Bearer abc", "Bearer abc"),
        (b"bearer abc", "Bearer abc"),
        (b"BEARER abc", "Bearer abc"),
        (b"bEaReR abc", "Bearer abc"),
        (b"Bearer aZ09-._~+/==", "Bearer aZ09-._~+/=="),
        (b"Bearer a", "Bearer a"),
        (b"Bearer a=", "Bearer a="),
        (b"DPoP abc", "DPoP abc"),
        (b"dpop abc", "DPoP abc"),
        (b"DPOP abc", "DPoP abc"),
        (b"Bearer", malformed),
        (b"Bearer ", malformed),
        (b"DPoP", malformed),
        (b"Bearer  abc", malformed),
        (b"Bearer\tabc", malformed),
        (b"Bearer \tabc", malformed),
        (b"Bearer abc ", malformed),
        (b"Bearer abc\t", malformed),
        (b"Bearer abc def", malformed),
        (b"Bearer abc,", malformed),
        (b"Bearer abc, Bearer def", malformed),
        (b"Bearer abc,def", malformed),
        (b"Bearer abc, Basic def", malformed),
        (b"Bearer realm=\"x\"", malformed),
        (b"Bearer \"abc\"", malformed),
        (b"Bearer =", malformed),
        (b"Bearer ==", malformed),
        (b"Bearer =abc", malformed),
        (b"Bearer a=b", malformed),
        (b"Bearer a==b", malformed),
        (b"Bearer abc!", malformed),
        (b"Bearer abc;x", malformed),
        (b"Bearer a\\b", malformed),
        (b"Bearer a%20b", malformed),
        (b"Bearer a:b", malformed),
        (b"Bearer a*b", malformed),
        (b"Bearer,abc", malformed),
        (b"Bearer=abc", malformed),
        (b"Bearer:abc", malformed),
        (b"Bearer/abc", malformed),
        (b"Bearer\"abc", malformed),
        (b"Bearer\xc3\xa9 abc", malformed),
        (b"Bearer ab\xc3\xa9", malformed),
        (b"Bearer \xff", malformed),
        (b"DPoP abc, DPoP def", malformed),
        (b"DPoP  abc", malformed),
    ];
    for (line, expected) in table {
        assert_eq!(said(&lines(&[line])), *expected, "{}", line.escape_ascii());
    }
}

/// what is not one of our schemes is the application's, however it looks, and the cookie decides.
#[test]
fn another_scheme_is_nobodys_fault() {
    for line in [
        &b""[..],
        b" ",
        b"Basic YTpi",
        b"Token abc",
        b"Bearers abc",
        b"Bearer-x abc",
        b"Bearer.x abc",
        b"Bearer! abc",
        b"Bearer~ abc",
        b"Bearer1 abc",
        b"XBearer abc",
        b"Beare abc",
        b"DPoPs abc",
        b"DPo abc",
        b"Negotiate YII=",
        b"Digest username=\"x\", realm=\"Bearer abc\"",
        b"Basic YTpi, Bearer abc",
        b"eyJhbGciOiJub25lIn0.e30.",
        b"\xff\xfe",
        b"\xc3\xa9Bearer abc",
    ] {
        assert_eq!(said(&lines(&[line])), "other", "{}", line.escape_ascii());
    }
    assert_eq!(said(&HeaderMap::new()), "nothing");
}

/// V-BT-1, F-21: which of two lines a proxy or an application takes cannot be known, so none is, as soon as one is ours.
#[test]
fn two_lines_of_which_one_is_ours_are_refused() {
    for (pair, expected) in [
        ([&b"Bearer abc"[..], b"Bearer def"], "bearer_twice"),
        ([b"Bearer abc", b"Bearer abc"], "bearer_twice"),
        ([b"Basic YTpi", b"Bearer abc"], "bearer_twice"),
        ([b"Bearer abc", b"Basic YTpi"], "bearer_twice"),
        ([b"", b"DPoP abc"], "bearer_twice"),
        ([b"Bearer", b"Basic YTpi"], "bearer_twice"),
        ([b"Bearer abc", b"DPoP def"], "bearer_twice"),
        ([b"Basic YTpi", b"Token abc"], "other"),
        ([b"", b""], "other"),
    ] {
        assert_eq!(said(&lines(&pair)), expected, "{pair:?}");
    }
    assert_eq!(said(&lines(&[b"Basic a", b"Token b", b"bearer c"])), "bearer_twice");
}

/// V-BT-2, F-21: RFC 6750 sections 2.2 and 2.3, RFC 9700 section 4.3.2.
#[test]
fn a_token_is_looked_for_nowhere_else() {
    let headers = super::headers(&[
        ("x-forwarded-uri", "/?access_token=abc"),
        ("x-original-url", "https://app.example.test/?access_token=abc"),
        ("cookie", "access_token=abc; Authorization=Bearer abc"),
        ("proxy-authorization", "Bearer abc"),
        ("x-authorization", "Bearer abc"),
        ("x-forwarded-access-token", "abc"),
        ("dpop", "abc"),
    ]);
    assert_eq!(said(&headers), "nothing");
}

/// a token is never logged.
#[test]
fn a_token_is_never_printed() {
    let headers = lines(&[b"Bearer verysecret"]);
    let Ok(Presented::Token(token)) = read(&headers) else { panic!("no token") };
    assert_eq!(format!("{token:?}"), "Token(Bearer, 10 bytes)");
    assert!(!format!("{:?}", Presented::Token(token)).contains("secret"));
    assert_eq!([Scheme::Bearer.name(), Scheme::Dpop.name()], ["Bearer", "DPoP"]);
}

/// RFC 6750 section 2.1, written another way.
fn is_b64token(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    !body.is_empty() && body.chars().all(|sign| sign.is_ascii_alphanumeric() || "-._~+/".contains(sign))
}

proptest! {
    /// V-BT-1: whatever is sent, a token has the form of one, and is all that stands behind the scheme and one blank.
    #[test]
    fn a_token_always_has_the_form_of_one(
        scheme in prop_oneof!["(?i)bearer", "(?i)dpop", "[A-Za-z]{0,8}", "[ -~]{0,8}"],
        between in prop_oneof![Just(" ".to_owned()), "[ \t,=]{0,3}"],
        rest in prop_oneof!["[A-Za-z0-9._~+/=-]{0,20}", "[\t -~]{0,20}", "\\PC{0,10}"],
    ) {
        let line = format!("{scheme}{between}{rest}");
        let Ok(value) = HeaderValue::from_bytes(line.as_bytes()) else { return Ok(()) };
        let headers = HeaderMap::from_iter([(AUTHORIZATION, value)]);
        let found = read(&headers);
        let name = line.split(' ').next().unwrap();
        let ours = name.eq_ignore_ascii_case("bearer") || name.eq_ignore_ascii_case("dpop");
        let behind = line.split_once(' ').map_or("", |(_, behind)| behind);
        match found {
            Ok(Presented::Token(token)) => {
                prop_assert!(ours && token.expose() == behind && is_b64token(behind), "{line:?}");
                prop_assert!(token.scheme().name().eq_ignore_ascii_case(name));
            }
            Ok(Presented::Nothing) => prop_assert!(false, "a line is there: {line:?}"),
            Ok(Presented::Other) => prop_assert!(!ours, "{line:?}"),
            Err(refusal) => {
                prop_assert_eq!(refusal.code(), "bearer_malformed");
                prop_assert!(!ours || !is_b64token(behind), "{:?}", line);
            }
        }
    }
}
