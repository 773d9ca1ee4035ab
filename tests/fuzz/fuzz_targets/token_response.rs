//! The answer of the token endpoint. Input: status and media type on a line, then the body.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};
use vestibule::gate::refusal::Refusal;
use vestibule::protocol::secret::Secret;
use vestibule::protocol::token::{MAX_EXPIRES_IN, TokenFault, judge, judge_refresh};
use vestibule_fuzz::{answer, check_log_text, check_refusal, first_line};

fuzz_target!(|data: &[u8]| {
    let (line, body) = first_line(data);
    let line = String::from_utf8_lossy(line);
    let (status, content_type) = line.split_once(' ').unwrap_or((&line, "application/json"));
    let status = status.parse().ok().filter(|status| (100..1000).contains(status)).unwrap_or(200);
    let judged = answer(status, content_type, body);
    let members: Option<Map<String, Value>> = serde_json::from_slice(body).ok();

    if let Some(members) = members.clone() {
        check_silence(status, content_type, members);
    }
    let refreshed = judge_refresh(&judged);
    match (&judge(&judged), &refreshed) {
        (Ok(login), Ok(refresh)) => {
            assert!(refresh.id_token.as_ref().is_some_and(|token| token.matches(&login.id_token)));
            assert!(refresh.access_token.matches(&login.access_token));
        }
        // A login needs an ID token, a refresh does not; that is the only difference.
        (Err(TokenFault::Missing { member: "id_token" }), Ok(refresh)) => assert!(refresh.id_token.is_none()),
        (Err(login), Err(refresh)) => assert_eq!(login, refresh),
        (login, refresh) => panic!("{login:?} and {refresh:?}"),
    }
    let tokens = match refreshed {
        Ok(tokens) => tokens,
        Err(fault) => {
            let named_by_provider =
                members.as_ref().is_some_and(|members| members.get("error").is_some_and(Value::is_string));
            assert!(!fault.is_final() || (400..500).contains(&status) && named_by_provider);
            return check_refusal(&Refusal::Token(fault));
        }
    };
    let members = members.expect("an accepted body is JSON");
    assert_eq!(status, 200);
    assert!(members.get("error").is_none_or(Value::is_null));
    assert!(members["token_type"].as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("bearer")));
    let given = |name: &str| members.get(name).filter(|value| !value.is_null());
    check_token(Some(&tokens.access_token), given("access_token"));
    check_token(tokens.refresh_token.as_ref(), given("refresh_token"));
    check_token(tokens.id_token.as_ref(), given("id_token"));
    if let Some(time) = tokens.expires_in {
        assert!(time.as_secs() > 0 && time <= MAX_EXPIRES_IN);
        assert!(given("expires_in").is_some());
    }
});

/// What is used is what was sent, and fits a header.
fn check_token(used: Option<&Secret>, sent: Option<&Value>) {
    assert_eq!(used.map(Secret::expose), sent.map(|value| value.as_str().expect("a token is a text")));
    if let Some(token) = used {
        assert!(!token.is_empty() && token.expose().bytes().all(|byte| byte.is_ascii_graphic()));
        assert!(http::HeaderValue::try_from(format!("Bearer {}", token.expose())).is_ok());
    }
}

/// Whatever comes of an answer, no text for the log has a token of it.
fn check_silence(status: u16, content_type: &str, mut members: Map<String, Value>) {
    for name in ["access_token", "refresh_token", "id_token"] {
        if let Some(Value::String(token)) = members.get_mut(name) {
            token.push_str(CANARY);
        }
    }
    let body = Value::Object(members).to_string();
    // One that stands elsewhere too is not a secret.
    if content_type.contains(CANARY) || body.matches(CANARY).count() > 3 {
        return;
    }
    let text = match judge_refresh(&answer(status, content_type, body.as_bytes())) {
        Ok(tokens) => format!("{tokens:?}"),
        Err(fault) => fault.to_string(),
    };
    assert!(!text.contains(CANARY), "a token is shown: {text}");
    check_log_text(&text);
}

const CANARY: &str = "k7QwT0pSecretToken";
