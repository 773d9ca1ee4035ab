//! OpenID Connect Core 1.0 sections 5.3.1 to 5.3.4.

use serde_json::{Value, json};
use vestibule::protocol::userinfo::{self, Form, MAX_ANSWER_BYTES};

use crate::world::{answer, json_answer, metadata_with, provider, provider_from, secret, unusable_answers};

#[test]
fn the_access_token_goes_in_the_header_only() {
    let request = userinfo::request(&provider(), &secret("at-1"), Form::Json).unwrap();
    assert_eq!(
        (request.method().as_str(), request.uri().to_string().as_str()),
        ("GET", "https://idp.example/userinfo")
    );
    assert_eq!(request.headers()["authorization"], "Bearer at-1");
    assert!(request.headers()["authorization"].is_sensitive());
    assert_eq!(request.headers()["accept"], "application/json");
    let without = provider_from(&metadata_with("userinfo_endpoint", None));
    assert!(userinfo::request(&without, &secret("at-1"), Form::Json).is_none());
}

// Section 5.3.2: "The sub Claim in the UserInfo Response MUST be verified to exactly match the sub Claim in the ID Token; if they
// do not match, the UserInfo Response values MUST NOT be used."
#[test]
fn the_subject_is_the_one_of_the_id_token() {
    assert!(userinfo::judge(&json_answer(&json!({"sub": "a1"})), "a1").is_ok());
    for (body, expected) in [
        (json!({"sub": "a01"}), "userinfo_subject"),
        (json!({"sub": "A1"}), "userinfo_subject"),
        (json!({"sub": "a1 "}), "userinfo_subject"),
        (json!({"sub": ""}), "userinfo_subject"),
        (json!({"email": "a@b"}), "userinfo_subject_missing"),
        (json!({"sub": null}), "userinfo_subject_missing"),
        (json!({"sub": ["a1"]}), "userinfo_subject_missing"),
        (json!({"sub": 1}), "userinfo_subject_missing"),
    ] {
        let fault = userinfo::judge(&json_answer(&body), "a1").unwrap_err();
        assert_eq!(fault.code(), expected, "{body}");
        assert!(!fault.to_string().contains("a1"), "a sub is personal");
    }
}

#[test]
fn an_answer_that_is_no_json_is_refused() {
    for (name, answer, code) in unusable_answers(MAX_ANSWER_BYTES) {
        let fault = userinfo::judge(&answer, "a1").unwrap_err();
        assert_eq!(fault.code(), format!("userinfo_{code}"), "{name}");
        assert!(!fault.caller_is_at_fault());
    }
    let body = json!({"sub": "a1"}).to_string();
    for content_type in [None, Some("text/plain"), Some("application/jsonx")] {
        let fault = userinfo::judge(&answer(200, content_type, body.clone()), "a1").unwrap_err();
        assert_eq!(fault.code(), "userinfo_content_type");
    }
    let fault = userinfo::judge(&answer(401, Some("application/json"), body), "a1").unwrap_err();
    assert_eq!(fault.code(), "userinfo_status");
    assert_eq!(userinfo::UserinfoFault::NoEndpoint.code(), "userinfo_no_endpoint");
}

// Section 5.3.2: a signed answer has the type application/jwt; it would have to be verified, and was not asked for.
#[test]
fn a_signed_answer_is_refused_with_what_to_change() {
    for content_type in ["application/jwt", "Application/JWT; charset=utf-8"] {
        let fault = userinfo::judge(&answer(200, Some(content_type), "a.b.c"), "a1").unwrap_err();
        assert_eq!(fault.code(), "userinfo_signed");
        assert!(fault.to_string().contains("userinfo_signed_response_alg"));
    }
}

#[test]
fn claims_are_not_shown_by_debug() {
    let body: Value = json!({"sub": "a1", "email": "jane@example.com"});
    let userinfo = userinfo::judge(&json_answer(&body), "a1").unwrap();
    assert!(!format!("{userinfo:?}").contains("jane"));
}
