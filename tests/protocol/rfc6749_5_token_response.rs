//! RFC 6749 sections 5.1, 5.2 and 6; OpenID Connect Core 1.0 sections 3.1.3.3 to 3.1.3.5 and 12.2.

use std::time::Duration;

use serde_json::{Value, json};
use vestibule::protocol::token::{self, MAX_ANSWER_BYTES, MAX_EXPIRES_IN, TokenFault};

use crate::signer::{with, without};
use crate::world::{answer, json_answer, unusable_answers};

fn good() -> Value {
    json!({
        "access_token": "at-1",
        "token_type": "Bearer",
        "refresh_token": "rt-1",
        "id_token": "a.b.c",
        "expires_in": 300,
        "scope": "openid",
    })
}

fn code(body: &Value) -> Option<&'static str> {
    token::judge(&json_answer(body)).err().map(|fault| fault.code())
}

fn refused(status: u16, body: &str) -> TokenFault {
    token::judge_refresh(&answer(status, Some("application/json;charset=UTF-8"), body.to_owned()))
        .unwrap_err()
}

#[test]
fn tokens_are_read() {
    let tokens = token::judge(&json_answer(&good())).unwrap();
    assert_eq!(tokens.access_token.expose(), "at-1");
    assert_eq!(tokens.refresh_token.as_ref().unwrap().expose(), "rt-1");
    assert_eq!(tokens.id_token.expose(), "a.b.c");
    assert_eq!(tokens.expires_in, Some(Duration::from_secs(300)));
    assert!(!format!("{tokens:?}").contains("at-1"));
}

// OpenID Connect Core 1.0 section 12.2: "the ID Token … might not contain an id_token".
#[test]
fn a_refresh_may_come_without_id_token_and_refresh_token() {
    let body = without(without(good(), "id_token"), "refresh_token");
    let tokens = token::judge_refresh(&json_answer(&body)).unwrap();
    assert!(tokens.id_token.is_none() && tokens.refresh_token.is_none());
    assert_eq!(code(&body), Some("token_member_missing"));
}

/// V-TK-3
#[test]
fn the_token_type_is_bearer_in_any_case() {
    for name in ["Bearer", "bearer", "BEARER"] {
        assert_eq!(code(&with(good(), "token_type", json!(name))), None);
    }
    for name in ["mac", "DPoP", "N_A", "", "Bearer "] {
        assert_eq!(code(&with(good(), "token_type", json!(name))), Some("token_type"), "{name}");
    }
    assert_eq!(code(&without(good(), "token_type")), Some("token_member_missing"));
}

/// V-TK-4
#[test]
fn members_are_of_the_kind_of_the_specification() {
    for member in ["access_token", "id_token"] {
        assert_eq!(code(&without(good(), member)), Some("token_member_missing"), "{member}");
        assert_eq!(code(&with(good(), member, Value::Null)), Some("token_member_missing"), "{member}");
    }
    for member in ["access_token", "id_token", "refresh_token"] {
        let long = "x".repeat(65_537);
        for value in [
            json!([]),
            json!(["a"]),
            json!(1),
            json!({}),
            json!(""),
            json!("a b"),
            json!("a\r\nb"),
            json!(long),
        ] {
            let body = with(good(), member, value);
            assert_eq!(code(&body), Some("token_member_form"), "{member}");
            assert!(token::judge_refresh(&json_answer(&body)).is_err(), "{member}");
        }
    }
    assert_eq!(code(&with(good(), "token_type", json!(["Bearer"]))), Some("token_member_form"));
}

#[test]
fn a_time_that_is_none_is_unknown_and_a_long_one_is_capped() {
    for (value, seconds) in [
        (json!(300), Some(300)),
        (json!(300.9), Some(300)),
        (json!("3599"), Some(3599)),
        (json!(0), None),
        (json!(0.5), None),
        (json!(-1), None),
        (json!("-1"), None),
        (json!("1e3"), None),
        (json!(""), None),
        (json!("soon"), None),
        (json!("9".repeat(400)), Some(MAX_EXPIRES_IN.as_secs())),
        (json!(1e300), Some(MAX_EXPIRES_IN.as_secs())),
        (json!(u64::MAX), Some(MAX_EXPIRES_IN.as_secs())),
        (json!(true), None),
        (json!([300]), None),
        (Value::Null, None),
    ] {
        let tokens = token::judge(&json_answer(&with(good(), "expires_in", value.clone()))).unwrap();
        assert_eq!(tokens.expires_in, seconds.map(Duration::from_secs), "{value}");
    }
    assert_eq!(token::judge(&json_answer(&without(good(), "expires_in"))).unwrap().expires_in, None);
}

#[test]
fn an_error_with_200_gives_no_tokens() {
    for error in [json!("invalid_grant"), json!("x"), json!(1), json!({})] {
        assert_eq!(code(&with(good(), "error", error)), Some("token_error_with_success"));
    }
}

/// V-TK-2
#[test]
fn an_answer_that_is_no_token_answer_is_refused_and_not_final() {
    for (name, answer, code) in unusable_answers(MAX_ANSWER_BYTES) {
        for fault in [token::judge(&answer).unwrap_err(), token::judge_refresh(&answer).unwrap_err()] {
            assert_eq!(fault.code(), format!("token_{code}"), "{name}");
            assert!(!fault.is_final(), "{name}");
            assert!(!fault.caller_is_at_fault(), "{name}");
        }
    }
    for content_type in [None, Some("text/plain"), Some("application/x-www-form-urlencoded")] {
        let fault = token::judge(&answer(200, content_type, good().to_string())).unwrap_err();
        assert_eq!(fault.code(), "token_content_type");
    }
}

// Section 5.2. A session ends when the provider itself says that the grant is no good, and for nothing else.
#[test]
fn only_the_providers_own_no_is_final() {
    let json = |error: &str| json!({"error": error, "error_description": "of jane@example.com"}).to_string();
    for (status, error, code, is_final) in [
        (400, "invalid_grant", "token_invalid_grant", true),
        (401, "invalid_client", "token_invalid_client", true),
        (400, "invalid_request", "token_refused", true),
        (400, "unauthorized_client", "token_refused", true),
        (400, "invalid_scope", "token_refused", true),
        (403, "made_up", "token_refused", true),
        (400, "temporarily_unavailable", "token_refused", false),
        (400, "slow_down", "token_refused", false),
        (400, "server_error", "token_refused", false),
        (429, "invalid_grant", "token_invalid_grant", false),
        (429, "made_up", "token_refused", false),
        (408, "invalid_request", "token_refused", false),
        (500, "invalid_grant", "token_invalid_grant", false),
        (503, "temporarily_unavailable", "token_refused", false),
    ] {
        let fault = refused(status, &json(error));
        assert_eq!((fault.code(), fault.is_final()), (code, is_final), "{status} {error}");
        assert!(!fault.to_string().contains("jane"), "{fault}");
        assert!(fault.to_string().contains(&status.to_string()), "{fault}");
    }
}

#[test]
fn a_page_with_400_is_not_the_providers_no() {
    let html = answer(400, Some("text/html"), "<html>Bad Request</html>");
    let json_as_html = answer(400, Some("text/html"), "{\"error\": \"invalid_grant\"}");
    let no_type = answer(400, None, "{\"error\": \"invalid_grant\"}");
    for answer in [html, json_as_html, no_type] {
        let fault = token::judge_refresh(&answer).unwrap_err();
        assert_eq!(fault.code(), "token_status");
        assert!(!fault.is_final());
    }
    for body in ["{}", "[]", "", "{\"error\": 1}", "{\"error\": \"invalid_grant\", \"error\": \"x\"}"] {
        let fault = refused(400, body);
        assert_eq!(fault.code(), "token_status", "{body}");
        assert!(!fault.is_final(), "{body}");
    }
}
