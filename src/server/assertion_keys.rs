//! `GET /oidc/{client}/assertion-keys.json`: the keys by which applications verify signed assertions.

use http::HeaderValue;
use http::header::CACHE_CONTROL;
use serde_json::{Value, json};

use super::respond::{self, Answer};
use super::service::Asked;
use crate::gate::refusal::Refusal;

/// The key set (RFC 7517 section 5). It is public: whoever asks gets it.
///
/// # Errors
/// The client signs no assertions.
pub(super) fn answer(asked: Asked<'_>) -> Result<Answer, Refusal> {
    asked.takes("GET, HEAD")?;
    let assertion = asked.client.passed.assertion.as_ref().ok_or(Refusal::PathUnknown)?;
    let keys: Vec<&Value> = assertion.keys.public_jwks().collect();
    let mut answer = respond::json(&json!({ "keys": keys }));
    answer.headers_mut().insert(CACHE_CONTROL, A_MOMENT);
    Ok(answer)
}

/// As long as a key must be published before it signs.
const A_MOMENT: HeaderValue = HeaderValue::from_static("public, max-age=300");
