//! RFC 6749 sections 2.3.1, 4.1.3 and 6; OpenID Connect Core 1.0 section 9.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Request;
use serde_json::json;
use vestibule::protocol::callback::{self, Answer, Code, Expected, OpenedState};
use vestibule::protocol::client_authentication::ClientAuthenticationFault;
use vestibule::protocol::registration::ClientAuthentication;
use vestibule::protocol::token::{self, TokenFault};

use crate::world::{issuer, metadata_with, moment, now, provider, provider_from, registration, secret};

const AWKWARD: &str = "a:b%c+d e\u{e9}\"&=\n";

fn a_code() -> Code {
    let state = OpenedState { client: "a".to_owned(), binding: [0; 32], issued_at: now() };
    let expected = Expected {
        issuer: &issuer(),
        iss_announced: false,
        client: "a",
        state: Some(&state),
        browser: Some([0; 32]),
        now: now(),
    };
    callback::judge(&Answer::parse(b"code=c%2F1%2B+2&state=s").unwrap(), &expected).unwrap()
}

fn request(authentication: ClientAuthentication) -> Request<Vec<u8>> {
    token::code_request(&provider(), &registration(authentication), &a_code(), &secret("verifier"), &moment())
        .unwrap()
}

fn form(request: &Request<Vec<u8>>) -> BTreeMap<String, String> {
    let pairs: Vec<_> = url::form_urlencoded::parse(request.body()).into_owned().collect();
    let map: BTreeMap<_, _> = pairs.iter().cloned().collect();
    assert_eq!(map.len(), pairs.len(), "no parameter is there twice");
    map
}

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// The user name and password of a Basic header, still form-encoded.
fn basic(request: &Request<Vec<u8>>) -> Option<String> {
    let value = request.headers().get("authorization")?;
    assert!(value.is_sensitive(), "it is not shown by Debug");
    let encoded = value.to_str().unwrap().strip_prefix("Basic ").unwrap();
    Some(String::from_utf8(STANDARD.decode(encoded).unwrap()).unwrap())
}

#[test]
fn the_code_request_is_a_form_with_code_redirect_uri_and_verifier() {
    let request = request(ClientAuthentication::Basic(secret("s")));
    assert_eq!(request.method(), "POST");
    assert_eq!(request.uri(), "https://idp.example/token");
    assert_eq!(request.headers()["accept"], "application/json");
    assert_eq!(request.headers()["content-type"], "application/x-www-form-urlencoded");
    assert_eq!(
        form(&request),
        map(&[
            ("grant_type", "authorization_code"),
            ("code", "c/1+ 2"),
            ("redirect_uri", "https://app.example/oidc/a/callback"),
            ("code_verifier", "verifier"),
        ])
    );
}

// "The client identifier is encoded using the application/x-www-form-urlencoded encoding algorithm …, and the encoded value is
// used as the username; the client password is encoded using the same algorithm and used as the password."
#[test]
fn basic_encodes_id_and_secret_before_joining_them() {
    let mut registration = registration(ClientAuthentication::Basic(secret(AWKWARD)));
    registration.client_id = "id:1 \u{e9}".to_owned();
    let request =
        token::code_request(&provider(), &registration, &a_code(), &secret("verifier"), &moment()).unwrap();
    let pair = basic(&request).unwrap();
    assert_eq!(pair, "id%3A1+%C3%A9:a%3Ab%25c%2Bd+e%C3%A9%22%26%3D%0A");
    let (_, password) = pair.split_once(':').unwrap();
    let decoded: String =
        url::form_urlencoded::parse(format!("p={password}").as_bytes()).next().unwrap().1.into_owned();
    assert_eq!(decoded, AWKWARD);
    assert!(!form(&request).contains_key("client_secret"));
    assert!(!form(&request).contains_key("client_id"));
}

#[test]
fn post_sends_id_and_secret_in_the_form_only() {
    let request = request(ClientAuthentication::Post(secret(AWKWARD)));
    assert_eq!(basic(&request), None);
    assert_eq!(form(&request)["client_id"], "vestibule-a");
    assert_eq!(form(&request)["client_secret"], AWKWARD);
}

#[test]
fn a_public_client_sends_its_id_only() {
    let request = request(ClientAuthentication::None);
    assert_eq!(basic(&request), None);
    assert_eq!(form(&request)["client_id"], "vestibule-a");
    assert!(!form(&request).contains_key("client_secret"));
}

#[test]
fn as_announced_prefers_basic_then_post_and_never_tries() {
    let member = "token_endpoint_auth_methods_supported";
    for (announced, is_basic) in [
        (Some(json!(["client_secret_post", "client_secret_basic"])), true),
        (Some(json!(["private_key_jwt", "client_secret_post"])), false),
        (None, true),
    ] {
        let provider = provider_from(&metadata_with(member, announced));
        let registration = registration(ClientAuthentication::AsAnnounced(secret("s")));
        let request = token::refresh_request(&provider, &registration, &secret("r"), &moment()).unwrap();
        assert_eq!(basic(&request).is_some(), is_basic);
        assert_eq!(form(&request).contains_key("client_secret"), !is_basic);
    }
    for announced in
        [json!(["private_key_jwt", "tls_client_auth"]), json!([]), json!(["CLIENT_SECRET_BASIC"])]
    {
        let provider = provider_from(&metadata_with(member, Some(announced)));
        let registration = registration(ClientAuthentication::AsAnnounced(secret("s")));
        let fault =
            token::code_request(&provider, &registration, &a_code(), &secret("v"), &moment()).unwrap_err();
        assert_eq!(fault.code(), "token_client_authentication");
        assert!(!fault.is_final());
    }
    let fault = TokenFault::Authentication(ClientAuthenticationFault::NotShared {
        announced: vec!["private_key_jwt".to_owned()],
    });
    assert_eq!(
        fault.to_string(),
        "the provider's token endpoint takes \"private_key_jwt\", but a client secret serves client_secret_basic \
         and client_secret_post"
    );
}

/// V-RF-4. Section 6.
#[test]
fn the_refresh_request_has_the_refresh_token_and_no_scope() {
    let registration = registration(ClientAuthentication::None);
    let request = token::refresh_request(&provider(), &registration, &secret("r+/ 1"), &moment()).unwrap();
    assert_eq!(
        form(&request),
        map(&[("grant_type", "refresh_token"), ("refresh_token", "r+/ 1"), ("client_id", "vestibule-a")])
    );
}
