//! The access token in `Authorization`. Input: the header's lines, one on each line.

#![no_main]

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use libfuzzer_sys::fuzz_target;
use vestibule::gate::presented::{Presented, Scheme, read};
use vestibule::gate::refusal::Refusal;
use vestibule::protocol::access_token::{Form, form};
use vestibule_fuzz::check_refusal;

fuzz_target!(|data: &[u8]| {
    let mut headers = HeaderMap::new();
    for line in data.split(|byte| *byte == b'\n').take(4) {
        let Ok(value) = HeaderValue::from_bytes(line) else { return };
        headers.append(AUTHORIZATION, value);
    }
    let ours: Vec<_> =
        headers.get_all(AUTHORIZATION).iter().map(|line| second_reading(line.as_bytes())).collect();
    let presented = read(&headers);
    match (&ours[..], &presented) {
        ([None], Ok(Presented::Other)) => {}
        ([Some((scheme, Some(token)))], Ok(Presented::Token(found))) => {
            assert_eq!((found.scheme(), found.expose()), (*scheme, token.as_str()));
            // Whoever prints it shows nothing of it.
            let shown = format!("{found:?}");
            assert!(token.len() < 12 || !shown.contains(token.as_str()), "{shown}");
            check_form(token);
            // Nothing else in the request is one.
            let mut elsewhere = HeaderMap::new();
            elsewhere.insert("proxy-authorization", headers[AUTHORIZATION].clone());
            assert!(matches!(read(&elsewhere), Ok(Presented::Nothing)));
        }
        ([Some((_, None))], Err(Refusal::BearerMalformed)) => {}
        ([_, _, ..], Err(Refusal::BearerTwice)) => assert!(ours.iter().any(Option::is_some)),
        ([_, _, ..], Ok(Presented::Other)) => assert!(ours.iter().all(Option::is_none)),
        (ours, presented) => panic!("{ours:?} and {presented:?}"),
    }
    if let Err(refusal) = &presented {
        check_refusal(refusal);
    }
});

/// RFC 9110 section 11.4 and RFC 6750 section 2.1: one of our schemes, and its token if what follows is one.
fn second_reading(line: &[u8]) -> Option<(Scheme, Option<String>)> {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    let end = line.iter().position(|byte| !is_word(byte)).unwrap_or(line.len());
    let scheme = match line[..end].to_ascii_lowercase().as_slice() {
        b"bearer" => Scheme::Bearer,
        b"dpop" => Scheme::Dpop,
        _ => return None,
    };
    let token = line[end..].strip_prefix(b" ").and_then(|token| {
        let text = String::from_utf8(token.to_vec()).ok()?;
        let signs = text.trim_end_matches('=');
        let fits = signs.chars().all(|sign| sign.is_ascii_alphanumeric() || "-._~+/".contains(sign));
        (!signs.is_empty() && fits).then_some(text)
    });
    Some((scheme, token))
}

fn check_form(token: &str) {
    match form(token) {
        Form::Jwt => assert_eq!(token.matches('.').count(), 2),
        Form::EncryptedJwt => assert_eq!(token.matches('.').count(), 4),
        Form::Opaque => {}
    }
}
