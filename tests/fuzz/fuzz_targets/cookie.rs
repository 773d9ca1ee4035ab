//! The session cookie, among whatever else browsers and proxies put into `Cookie`. Input: `Cookie` lines.

#![no_main]

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use libfuzzer_sys::fuzz_target;
use vestibule::config::passed::OwnCookies;
use vestibule::gate::cookies::without_ours;
use vestibule::gate::credential::{Credential, SessionCookie, Unreadable, find};

const NAME: &str = "__Secure-vestibule_app";

fuzz_target!(|data: &[u8]| {
    let mut headers = HeaderMap::new();
    for line in data.split(|byte| *byte == b'\n') {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            headers.append(COOKIE, value);
        }
    }
    let ours = SessionCookie::new([3; 32]);
    let with_ours = with(&headers, &format!("{NAME}={}", ours.encode().as_str()));
    match find(&headers, NAME) {
        Credential::Session(cookie) => {
            let encoded = cookie.encode();
            assert_eq!(encoded.len(), 43);
            let pair = format!("{NAME}={}", encoded.as_str());
            // It stands there to the letter, and not behind a comma, where another site could have put it.
            let stands_alone = headers.get_all(COOKIE).iter().any(|line| {
                let mut pieces = line.as_bytes().split(|byte| *byte == b';');
                pieces.any(|piece| {
                    trim(piece.split(|byte| *byte == b',').next().unwrap_or(piece)) == pair.as_bytes()
                })
            });
            assert!(stands_alone, "{pair} is not in the input");
            // Alone it means the same, together with another value nothing.
            assert_eq!(find(&with(&HeaderMap::new(), &pair), NAME), Credential::Session(cookie.clone()));
            if cookie != ours {
                assert_eq!(find(&with_ours, NAME), Credential::Unreadable(Unreadable::Twice));
            }
        }
        Credential::Absent | Credential::Unreadable(Unreadable::BehindComma) => {
            assert_eq!(find(&with_ours, NAME), Credential::Session(ours), "a cookie of ours is not found");
        }
        Credential::Unreadable(_) => {
            assert_eq!(find(&with_ours, NAME), Credential::Unreadable(Unreadable::Twice));
        }
    }
    // What the application gets has none of ours left for anybody to find.
    let own = OwnCookies { sessions: vec![NAME.to_owned()], flows: Vec::new() };
    let mut left = HeaderMap::new();
    left.append(COOKIE, without_ours(&with_ours, &own));
    assert_eq!(find(&left, NAME), Credential::Absent);
    assert_eq!(without_ours(&left, &own), left[COOKIE], "once is enough");
    // Other cookies beside it change nothing.
    assert_eq!(find(&with(&headers, "a=b; vestibule_app=c,d"), NAME), find(&headers, NAME));
});

fn with(headers: &HeaderMap, line: &str) -> HeaderMap {
    let mut headers = headers.clone();
    headers.append(COOKIE, HeaderValue::from_str(line).expect("these are visible ASCII"));
    headers
}

fn trim(mut piece: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = piece {
        piece = rest;
    }
    piece
}
