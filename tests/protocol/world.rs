//! The provider, client and time of all these tests.

use bytes::Bytes;
use http::Response;
use serde_json::{Value, json};
use vestibule::protocol::authorize::Authorization;
use vestibule::protocol::client_authentication::Moment;
use vestibule::protocol::discovery::{self, Provider};
use vestibule::protocol::issuer::{HttpIssuer, Issuer};
use vestibule::protocol::logout::ProviderLogout;
use vestibule::protocol::registration::{ClientAuthentication, Registration, ResponseMode, SigningAlgorithm};
use vestibule::protocol::secret::Secret;
use vestibule::protocol::timestamp::Timestamp;

/// The issuer, as configured.
pub(crate) const ISSUER: &str = "https://idp.example/realms/main";

/// Now.
pub(crate) const NOW: u64 = 1_800_000_000;

pub(crate) fn now() -> Timestamp {
    Timestamp::from_seconds(NOW)
}

pub(crate) fn moment() -> Moment {
    Moment { now: now(), entropy: [9; 16], assertion: None }
}

pub(crate) fn issuer() -> Issuer {
    Issuer::parse(ISSUER, HttpIssuer::OnlyLoopback).unwrap()
}

/// Metadata with every member that is read.
pub(crate) fn metadata() -> Value {
    json!({
        "issuer": ISSUER,
        "authorization_endpoint": "https://idp.example/authorize?tenant=7",
        "token_endpoint": "https://idp.example/token",
        "jwks_uri": "https://keys.example/set",
        "userinfo_endpoint": "https://idp.example/userinfo",
        "end_session_endpoint": "https://idp.example/logout",
        "token_endpoint_auth_methods_supported": ["private_key_jwt", "client_secret_post", "client_secret_basic"],
        "id_token_signing_alg_values_supported": ["RS256", "EdDSA"],
        "authorization_response_iss_parameter_supported": true,
        "unknown_member": {"is": ["passed", "over"]}
    })
}

/// Metadata with one member replaced, or taken out.
pub(crate) fn metadata_with(member: &str, value: Option<Value>) -> Value {
    let mut metadata = metadata();
    let members = metadata.as_object_mut().unwrap();
    members.remove(member);
    if let Some(value) = value {
        members.insert(member.to_owned(), value);
    }
    metadata
}

pub(crate) fn provider() -> Provider {
    provider_from(&metadata())
}

pub(crate) fn provider_from(metadata: &Value) -> Provider {
    discovery::judge(&json_answer(metadata), &issuer()).unwrap()
}

pub(crate) fn registration(authentication: ClientAuthentication) -> Registration {
    Registration {
        client_id: "vestibule-a".to_owned(),
        authentication,
        redirect_uri: "https://app.example/oidc/a/callback".to_owned(),
        scopes: vec!["openid".to_owned(), "email".to_owned()],
        response_mode: ResponseMode::Query,
        id_token_algorithm: SigningAlgorithm::Rs256,
        authorization: Authorization::default(),
        token_parameters: Vec::new(),
        id_token_encryption: None,
        userinfo_algorithm: None,
        userinfo_encryption: None,
        post_logout_redirect_uri: Some("https://app.example/oidc/a/signed-out".to_owned()),
        logout: ProviderLogout::default(),
    }
}

pub(crate) fn secret(text: &str) -> Secret {
    Secret::new(text)
}

/// 200 with this JSON.
pub(crate) fn json_answer(body: &Value) -> Response<Bytes> {
    answer(200, Some("application/json"), body.to_string())
}

pub(crate) fn answer(status: u16, content_type: Option<&str>, body: impl Into<Bytes>) -> Response<Bytes> {
    let mut builder = Response::builder().status(status);
    if let Some(content_type) = content_type {
        builder = builder.header("content-type", content_type);
    }
    builder.body(body.into()).unwrap()
}

/// Answers that no endpoint takes, with the end of their refusal code.
pub(crate) fn unusable_answers(limit: usize) -> Vec<(&'static str, Response<Bytes>, &'static str)> {
    let json = Some("application/json");
    let too_large = format!("{{\"a\": \"{}\"}}", "x".repeat(limit));
    vec![
        ("302", answer(302, json, "{}"), "redirect"),
        ("307", answer(307, json, "{}"), "redirect"),
        ("308 with a usable body", answer(308, json, metadata().to_string()), "redirect"),
        ("304", answer(304, json, ""), "redirect"),
        ("201", answer(201, json, "{}"), "status"),
        ("204", answer(204, None, ""), "status"),
        ("404 page", answer(404, Some("text/html"), "<html>"), "status"),
        ("500 with JSON", answer(500, json, "{}"), "status"),
        ("too large", answer(200, json, too_large), "too_large"),
        ("a page with 200", answer(200, Some("text/html; charset=utf-8"), "<html>"), "content_type"),
        ("a page as JSON", answer(200, json, "<html>"), "unreadable"),
        ("empty", answer(200, json, ""), "unreadable"),
        ("truncated", answer(200, json, "{\"a\": 1"), "unreadable"),
        ("two documents", answer(200, json, "{}{}"), "unreadable"),
        ("a list", answer(200, json, "[]"), "unreadable"),
        ("a member twice", answer(200, json, "{\"a\": 1, \"a\": 1}"), "unreadable"),
        ("not UTF-8", answer(200, json, &b"{\"a\": \"\xff\"}"[..]), "unreadable"),
    ]
}
