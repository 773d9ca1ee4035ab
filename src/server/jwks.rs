//! `GET /oidc/{client}/jwks.json`: the public halves of the client's keys, as `jwks_uri` in its registration (OpenID Connect
//! Dynamic Client Registration 1.0 section 2).

use super::respond::{self, Answer};
use super::service::Asked;
use crate::gate::refusal::Refusal;
use crate::protocol::registration::ClientAuthentication;

/// The key set (RFC 7517 section 5). It is public: whoever asks gets it.
///
/// # Errors
/// The client has no key.
pub(super) fn answer(asked: Asked<'_>) -> Result<Answer, Refusal> {
    asked.takes("GET, HEAD")?;
    match &asked.client.registration.authentication {
        ClientAuthentication::PrivateKeyJwt(keys) => Ok(respond::json(&keys.public_set())),
        _ => Err(Refusal::PathUnknown),
    }
}
