//! Finding our cookie among hostile ones.

use http::{HeaderMap, HeaderValue};
use proptest::prelude::*;
use vestibule::gate::credential::{Credential, SessionCookie, Unreadable, find};

const NAME: &str = "__Host-vestibule_app";

fn lines(lines: &[&[u8]]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for line in lines {
        map.append("cookie", HeaderValue::from_bytes(line).unwrap());
    }
    map
}

fn value(byte: u8) -> String {
    SessionCookie::new([byte; 32]).encode().to_string()
}

/// What is found, as one word.
fn found(headers: &HeaderMap) -> String {
    match find(headers, NAME) {
        Credential::Absent => "absent".to_owned(),
        Credential::Session(cookie) => format!("session {}", cookie.bytes()[0]),
        Credential::Unreadable(why) => why.code().to_owned(),
    }
}

#[test]
fn the_cookie_is_found_wherever_it_stands() {
    let a = value(1);
    let cases = [
        ("alone", vec![format!("{NAME}={a}")]),
        ("first", vec![format!("{NAME}={a}; x=1")]),
        ("last", vec![format!("x=1; y=2; {NAME}={a}")]),
        ("without blanks", vec![format!("x=1;{NAME}={a};y")]),
        ("with tabs", vec![format!("x=1;\t{NAME}={a}\t;y")]),
        ("in another line", vec!["x=1".to_owned(), format!("{NAME}={a}"), "y=2".to_owned()]),
        ("followed by another line that Envoy joined", vec![format!("{NAME}={a},y=2")]),
        ("followed by another line that Apache joined", vec![format!("x=1; {NAME}={a}, y=2")]),
        ("twice the same", vec![format!("{NAME}={a}; {NAME}={a}"), format!("{NAME}={a}")]),
        ("beside longer and shorter names", vec![format!("{NAME}x=1; {NAME}={a}; __Host-vestibule_ap=2")]),
        ("with one put behind a comma by another site", vec![format!("x=1,{NAME}={}; {NAME}={a}", value(2))]),
    ];
    for (name, cookie_lines) in cases {
        let bytes: Vec<&[u8]> = cookie_lines.iter().map(|line| line.as_bytes()).collect();
        assert_eq!(found(&lines(&bytes)), "session 1", "{name}");
    }
}

/// RFC 6265bis section 8.6: the order says nothing about which one the server set.
#[test]
fn two_values_of_our_name_are_no_session() {
    let (a, b) = (value(1), value(2));
    for line in
        [format!("{NAME}={a}; {NAME}={b}"), format!("{NAME}={b}; {NAME}={a}"), format!("{NAME}={a}; {NAME}=")]
    {
        assert_eq!(found(&lines(&[line.as_bytes()])), "cookie_twice", "{line}");
    }
    let (first, second) = (format!("{NAME}={a}"), format!("{NAME}={b}"));
    assert_eq!(found(&lines(&[first.as_bytes(), second.as_bytes()])), "cookie_twice");
    assert_eq!(found(&lines(&[second.as_bytes(), first.as_bytes()])), "cookie_twice");
}

/// PortSwigger, "Cookie Chaos": what a sibling domain can set to look like a cookie with a prefix.
#[test]
fn a_name_that_only_looks_like_ours_is_another() {
    let a = value(1);
    for line in [
        format!("\u{2000}{NAME}={a}"),
        format!("\u{a0}{NAME}={a}"),
        format!("={NAME}={a}"),
        format!("__host-vestibule_app={a}"),
        format!("__%48ost-vestibule_app={a}"),
        format!("{NAME} ={a}"),
        format!("\"{NAME}\"={a}"),
        format!("x{NAME}={a}"),
        format!("{NAME}[]={a}"),
        format!("{NAME}.0={a}"),
        NAME.to_owned(),
    ] {
        assert_eq!(found(&lines(&[line.as_bytes()])), "absent", "{line}");
    }
    for line in [format!("$Version=1,{NAME}={a}"), format!("x=1, {NAME}={a}"), format!("x=\"1,{NAME}={a}\"")]
    {
        assert_eq!(found(&lines(&[line.as_bytes()])), "cookie_behind_comma", "{line}");
    }
}

#[test]
fn a_value_that_is_not_32_bytes_of_base64url_is_no_session() {
    let a = value(1);
    let long = "A".repeat(60_000);
    let cases: Vec<(&str, String, &str)> = vec![
        ("empty", String::new(), "cookie_length"),
        ("percent", "%".to_owned(), "cookie_length"),
        ("equals", "=".to_owned(), "cookie_length"),
        ("short", a[..42].to_owned(), "cookie_length"),
        ("padded", format!("{a}="), "cookie_length"),
        ("quoted", format!("\"{a}\""), "cookie_length"),
        ("huge", long, "cookie_length"),
        ("plus", format!("+{}", &a[1..]), "cookie_alphabet"),
        ("slash", format!("/{}", &a[1..]), "cookie_alphabet"),
        ("blank inside", format!("A {}", &a[2..]), "cookie_alphabet"),
        ("unused bits", format!("{}B", &a[..42]), "cookie_alphabet"),
        ("padding inside the length", format!("{}=", &a[..42]), "cookie_alphabet"),
    ];
    for (name, text, expected) in cases {
        let line = format!("{NAME}={text}");
        assert_eq!(found(&lines(&[line.as_bytes()])), expected, "{name}");
    }
    let bytes = [NAME.as_bytes(), b"=", &[0xff; 43]].concat();
    assert_eq!(found(&lines(&[&bytes])), "cookie_alphabet");
}

#[test]
fn cookies_that_are_none_are_absent() {
    let many = "a=b; ".repeat(10_000);
    for line in ["", "a", ";", "=", "; ;", "a==", ";;;;=", ",,,", "\u{e9}", "x-chunks=99999999", &many] {
        assert_eq!(found(&lines(&[line.as_bytes()])), "absent", "{:.20}", line);
    }
    assert_eq!(found(&HeaderMap::new()), "absent");
}

#[test]
fn a_cookie_is_never_printed() {
    let cookie = SessionCookie::new([7; 32]);
    assert_eq!(
        format!("{cookie:?} {:?}", Credential::Session(cookie.clone())),
        "SessionCookie(32 bytes) Session(SessionCookie(32 bytes))"
    );
    assert_eq!(cookie.encode().len(), 43);
    assert_ne!(Unreadable::Twice.code(), Unreadable::Length.code());
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(entropy in any::<[u8; 32]>()) {
        let line = format!("x=1; {NAME}={}; y=2", *SessionCookie::new(entropy).encode());
        prop_assert_eq!(find(&lines(&[line.as_bytes()]), NAME), Credential::Session(SessionCookie::new(entropy)));
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(cookie in proptest::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(value) = HeaderValue::from_bytes(&cookie) {
            let mut map = HeaderMap::new();
            map.append("cookie", value);
            let _ = find(&map, NAME);
        }
    }
}
