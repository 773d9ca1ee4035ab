//! The ID token.
//!
//! Input: `t` and the name of an algorithm on a line, then a token that somebody made up; or `s`, then a header on a line and
//! a payload, which the provider signs.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};
use vestibule::gate::refusal::Refusal;
use vestibule::protocol::claims::Claims;
use vestibule::protocol::jwt::{IdTokenFault, judge_refreshed, verify};
use vestibule::protocol::registration::SigningAlgorithm;
use vestibule_fuzz::identity::check_identity;
use vestibule_fuzz::provider::{CLIENT_ID, NONCE, NOW, base64url, expected, issuer, keys, sign};
use vestibule_fuzz::{ISSUER, check_refusal, client, first_line};

fuzz_target!(|data: &[u8]| {
    let (line, rest) = first_line(data);
    let issuer = issuer();
    match line {
        [b't', name @ ..] => {
            let name = String::from_utf8_lossy(name);
            let named = SigningAlgorithm::ALL.into_iter().find(|algorithm| algorithm.name() == name.trim());
            let algorithm = named.unwrap_or(SigningAlgorithm::EdDsa);
            let token = String::from_utf8_lossy(rest);
            match verify(&token, keys(), &expected(&issuer, algorithm)) {
                Ok(_) => panic!("accepted a token that nobody signed"),
                Err(fault) => {
                    // Nothing unsigned is looked at: what is refused is the form or the signature.
                    assert!(matches!(fault, IdTokenFault::Jws(_)), "{fault:?}");
                    check_refusal(&Refusal::IdToken(fault));
                }
            }
        }
        _ => {
            let (header, payload) = first_line(rest);
            let token = sign(SigningAlgorithm::EdDsa, header, payload);
            let expected = expected(&issuer, SigningAlgorithm::EdDsa);
            match verify(&token, keys(), &expected) {
                Ok(claims) => {
                    check_header(header);
                    check_claims(&claims, payload);
                    check_identity(&claims, client("app"));
                    // The signature is over every character, and by this key.
                    let place = data.len() * 31 % token.len();
                    assert!(verify(&changed(&token, place), keys(), &expected).is_err());
                    let by_another = sign(SigningAlgorithm::Es256, header, payload);
                    assert!(verify(&by_another, keys(), &expected).is_err());
                    assert!(judge_refreshed(&claims, &claims.clone()).is_ok());
                }
                Err(fault) => check_refusal(&Refusal::IdToken(fault)),
            }
        }
    }
});

fn check_header(header: &[u8]) {
    let header: Value = serde_json::from_slice(header).expect("an accepted header is JSON");
    assert_eq!(header["alg"], "EdDSA");
    assert!(header.get("crit").is_none());
    assert!(
        header.get("typ").is_none_or(|kind| kind.as_str().is_some_and(|k| k.eq_ignore_ascii_case("jwt")))
    );
    assert!(header.get("kid").is_none_or(|kid| kid == "ed"));
}

/// The rules of OpenID Connect Core 1.0 section 3.1.3.7, read a second time.
fn check_claims(claims: &Claims, payload: &[u8]) {
    let payload: Map<String, Value> = serde_json::from_slice(payload).expect("an accepted payload is JSON");
    assert_eq!(*claims.as_json(), payload);
    assert_eq!(payload["iss"], ISSUER);
    assert_eq!(claims.issuer(), ISSUER);
    match &payload["aud"] {
        Value::String(one) => assert_eq!(one, CLIENT_ID),
        Value::Array(all) => assert!(!all.is_empty() && all.iter().all(|one| one == CLIENT_ID)),
        other => panic!("an audience of {other}"),
    }
    assert_eq!(payload["nonce"], NONCE);
    assert!(payload.get("azp").is_none_or(|party| party == CLIENT_ID));
    assert!(payload.get("events").is_none());
    let (now, leeway) = (NOW.seconds() as f64, 60.0);
    let number = |name: &str| payload.get(name).map(|value| value.as_f64().expect("times are numbers"));
    assert!(number("exp").is_some_and(|exp| exp + leeway > now - 1.0));
    assert!(
        number("iat").is_some_and(|iat| (now - 3600.0 - leeway - 1.0..=now + leeway + 1.0).contains(&iat))
    );
    assert!(number("nbf").is_none_or(|nbf| nbf <= now + leeway + 1.0));
    let sub = payload["sub"].as_str().expect("sub is a text");
    assert!(matches!(sub.len(), 1..=255) && sub.bytes().all(|byte| matches!(byte, 0x20..=0x7e)));
    assert_eq!(claims.sub(), sub);
}

/// The token with another character of its alphabet at that place.
fn changed(token: &str, place: usize) -> String {
    let mut bytes = token.as_bytes().to_vec();
    bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
    assert_ne!(bytes, token.as_bytes());
    let changed = String::from_utf8(bytes).expect("one letter for another");
    assert_ne!(base64url(changed.as_bytes()), base64url(token.as_bytes()));
    changed
}
