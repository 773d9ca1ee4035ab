//! The claims that the userinfo endpoint adds, on their way to identity headers. Input: the answer's body.

#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};
use vestibule::gate::refusal::Refusal;
use vestibule::protocol::claims::Claims;
use vestibule::protocol::jwt::{judge_refreshed, verify};
use vestibule::protocol::registration::SigningAlgorithm;
use vestibule::protocol::userinfo::judge;
use vestibule_fuzz::identity::check_identity;
use vestibule_fuzz::provider::{expected, issuer, keys, sign};
use vestibule_fuzz::{answer, check_refusal, config};

fuzz_target!(|data: &[u8]| {
    let login = login();
    let answer = answer(200, "application/json; charset=utf-8", data);
    assert!(judge(&answer, "somebody else").is_err() || !data.windows(6).any(|part| part == b"person"));
    let userinfo = match judge(&answer, login.sub()) {
        Ok(userinfo) => userinfo,
        Err(fault) => return check_refusal(&Refusal::Userinfo(fault)),
    };
    let mut claims = login.clone();
    claims.merge_userinfo(userinfo);

    let added: Map<String, Value> = serde_json::from_slice(data).expect("an accepted body is JSON");
    for (name, value) in login.as_json() {
        assert_eq!(claims.as_json().get(name), Some(value), "{name}: the ID token's word was replaced");
    }
    for (name, value) in claims.as_json() {
        assert!(
            login.as_json().get(name) == Some(value) || added.get(name) == Some(value),
            "{name}: from nowhere"
        );
    }
    for about_the_token in ["azp", "sid", "auth_time", "acr", "amr", "jti", "at_hash", "nbf", "events"] {
        assert!(claims.as_json().get(about_the_token).is_none(), "{about_the_token} by userinfo");
    }
    assert!(judge_refreshed(login, &claims).is_ok(), "the same person for a refresh");
    assert_eq!(claims.refreshed(login.clone()).sub(), login.sub());
    // Names of claims are no secret, values are.
    assert!(!format!("{claims:?}").contains("7QwT0p@example.com"));
    for client in &config().clients {
        check_identity(&claims, client);
    }
});

/// Who signed in.
fn login() -> &'static Claims {
    static LOGIN: OnceLock<Claims> = OnceLock::new();
    LOGIN.get_or_init(|| {
        let payload = br#"{"iss":"https://id.example.com/realms/a","sub":"person","aud":"vestibule-app","nonce":"a-nonce",
            "exp":1800000300,"iat":1800000000,"email":"7QwT0p@example.com"}"#;
        let token = sign(SigningAlgorithm::EdDsa, br#"{"alg":"EdDSA","kid":"ed"}"#, payload);
        let issuer = issuer();
        verify(&token, keys(), &expected(&issuer, SigningAlgorithm::EdDsa)).expect("the token is in order")
    })
}
