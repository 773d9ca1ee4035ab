//! RFC 9126 sections 2 and 5: the request goes to the provider straight.

use std::collections::BTreeMap;

use http::header::{AUTHORIZATION, CONTENT_TYPE};
use serde_json::{Value, json};
use vestibule::protocol::authorize::{Pushing, Transaction};
use vestibule::protocol::discovery::Provider;
use vestibule::protocol::pushed::{self, MAX_ANSWER_BYTES, PushedFault};
use vestibule::protocol::registration::{ClientAuthentication, Registration};

use crate::world::{
    answer, metadata, moment, provider, provider_from, registration, secret, unusable_answers,
};

const TRANSACTION: Transaction<'_> =
    Transaction { state: "st-1", nonce: "no-1", code_challenge: "ch-1", asked: &[] };

fn pushing_provider(required: bool) -> Provider {
    let mut metadata = metadata();
    let members = metadata.as_object_mut().unwrap();
    members.insert("pushed_authorization_request_endpoint".to_owned(), json!("https://idp.example/par"));
    members.insert("require_pushed_authorization_requests".to_owned(), json!(required));
    provider_from(&metadata)
}

fn pushes(authentication: ClientAuthentication) -> http::Request<Vec<u8>> {
    let registration = registration(authentication);
    pushed::request(&pushing_provider(false), &registration, &TRANSACTION, &moment()).unwrap()
}

fn form(request: &http::Request<Vec<u8>>) -> BTreeMap<String, String> {
    let pairs: Vec<_> = url::form_urlencoded::parse(request.body()).into_owned().collect();
    let map: BTreeMap<_, _> = pairs.iter().cloned().collect();
    assert_eq!(map.len(), pairs.len(), "no parameter is there twice: {pairs:?}");
    map
}

fn judged(status: u16, body: &Value) -> Result<String, &'static str> {
    let judged = pushed::judge(&answer(status, Some("application/json"), body.to_string()));
    judged.map(|uri| uri.as_str().to_owned()).map_err(|fault| fault.code())
}

#[test]
fn the_whole_request_is_in_the_form_with_the_proof_of_the_client() {
    let request = pushes(ClientAuthentication::Basic(secret("s")));
    assert_eq!(
        (request.method().as_str(), request.uri()),
        ("POST", &"https://idp.example/par".parse().unwrap())
    );
    assert_eq!(request.headers()[CONTENT_TYPE], "application/x-www-form-urlencoded");
    assert!(request.headers().contains_key(AUTHORIZATION));
    let form = form(&request);
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", "vestibule-a"),
        ("redirect_uri", "https://app.example/oidc/a/callback"),
        ("scope", "openid email"),
        ("state", "st-1"),
        ("nonce", "no-1"),
        ("code_challenge", "ch-1"),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(form[name], value);
    }
    assert!(!form.contains_key("request_uri"), "section 2.1");
}

#[test]
fn the_client_is_named_once_however_it_proves_itself() {
    assert_eq!(form(&pushes(ClientAuthentication::None))["client_id"], "vestibule-a");
    let by_post = form(&pushes(ClientAuthentication::Post(secret("s"))));
    assert_eq!((by_post["client_id"].as_str(), by_post["client_secret"].as_str()), ("vestibule-a", "s"));
}

#[test]
fn requests_are_pushed_where_the_provider_or_the_configuration_asks_for_it() {
    let with = |pushed| {
        let mut registration: Registration = registration(ClientAuthentication::None);
        registration.authorization.pushed = pushed;
        registration
    };
    for (pushing, required, wanted) in [
        (Pushing::WhereRequired, false, false),
        (Pushing::WhereRequired, true, true),
        (Pushing::Always, false, true),
        (Pushing::Never, true, false),
    ] {
        assert_eq!(pushed::is_wanted(&pushing_provider(required), &with(pushing)), wanted, "{pushing:?}");
    }
    let fault = pushed::request(&provider(), &with(Pushing::Always), &TRANSACTION, &moment()).unwrap_err();
    assert_eq!((fault.code(), &fault), ("pushed_no_endpoint", &PushedFault::NoEndpoint));
}

#[test]
fn a_reference_with_its_time_is_taken() {
    let uri = "urn:ietf:params:oauth:request_uri:6esc_11ACC5bwc014ltc14eY22c";
    assert_eq!(judged(201, &json!({ "request_uri": uri, "expires_in": 60, "more": 1 })), Ok(uri.to_owned()));
    assert_eq!(judged(200, &json!({ "request_uri": uri, "expires_in": 60 })), Err("pushed_status"));
}

#[test]
fn a_reference_that_is_none_or_has_no_time_is_refused() {
    let uri = "urn:example:1";
    for (body, code) in [
        (json!({ "expires_in": 60 }), "pushed_member_missing"),
        (json!({ "request_uri": null, "expires_in": 60 }), "pushed_member_missing"),
        (json!({ "request_uri": uri }), "pushed_member_missing"),
        (json!({ "request_uri": uri, "expires_in": 0 }), "pushed_member_form"),
        (json!({ "request_uri": uri, "expires_in": -1 }), "pushed_member_form"),
        (json!({ "request_uri": uri, "expires_in": "60" }), "pushed_member_form"),
        (json!({ "request_uri": [uri], "expires_in": 60 }), "pushed_member_form"),
        (json!({ "request_uri": "", "expires_in": 60 }), "pushed_member_form"),
        (json!({ "request_uri": "/relative", "expires_in": 60 }), "pushed_member_form"),
        (json!({ "request_uri": "urn:a b", "expires_in": 60 }), "pushed_member_form"),
        (json!({ "request_uri": "urn:a\r\nb", "expires_in": 60 }), "pushed_member_form"),
        (
            json!({ "request_uri": format!("urn:{}", "x".repeat(1024)), "expires_in": 60 }),
            "pushed_member_form",
        ),
    ] {
        assert_eq!(judged(201, &body), Err(code), "{body}");
    }
}

/// Section 2.3.
#[test]
fn an_error_of_the_provider_is_named() {
    for (status, error, code) in [
        (401, "invalid_client", "pushed_invalid_client"),
        (400, "invalid_request", "pushed_refused"),
        (400, "something_new", "pushed_refused"),
        (413, "invalid_request", "pushed_refused"),
        (429, "slow_down", "pushed_refused"),
    ] {
        assert_eq!(judged(status, &json!({ "error": error })), Err(code), "{status} {error}");
    }
}

#[test]
fn an_answer_that_no_endpoint_gives_is_refused() {
    for (name, answer, code) in unusable_answers(MAX_ANSWER_BYTES) {
        // Here success has another status.
        let mut answer = answer;
        if answer.status() == 201 {
            *answer.status_mut() = http::StatusCode::ACCEPTED;
        } else if answer.status() == 200 {
            *answer.status_mut() = http::StatusCode::CREATED;
        }
        let found = pushed::judge(&answer).unwrap_err().code().to_owned();
        assert_eq!(found, format!("pushed_{code}"), "{name}");
    }
}
