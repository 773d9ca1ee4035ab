//! `GET /oidc/{client}/jwks.json`: the public halves of the client's keys, as `jwks_uri` in its registration (OpenID Connect
//! Dynamic Client Registration 1.0 section 2).

use super::respond::{self, Answer};
use super::service::Asked;
use crate::gate::refusal::Refusal;

/// The key set (RFC 7517 section 5). It is public: whoever asks gets it.
///
/// # Errors
/// The client has no key.
pub(super) fn answer(asked: Asked<'_>) -> Result<Answer, Refusal> {
    asked.takes("GET, HEAD")?;
    let keys = asked.client.registration.public_key_set().ok_or(Refusal::PathUnknown)?;
    Ok(respond::json(&keys))
}
