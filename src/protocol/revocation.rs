//! The revocation endpoint (RFC 7009).

use bytes::Bytes;
use http::{Request, Response, StatusCode};

use super::answer::AnswerFault;
use super::client_authentication::{self, ClientAuthenticationFault, Moment};
use super::discovery::Provider;
use super::registration::Registration;
use super::secret::Secret;

/// Bytes of an answer; what it says is in its status.
pub const MAX_ANSWER_BYTES: usize = 16 * 1024;

/// A token that is to be void.
#[derive(Clone, Copy, Debug)]
pub enum Revoked<'a> {
    /// A refresh token, and with it what was issued from it (section 2.1).
    Refresh(&'a Secret),
    /// An access token.
    Access(&'a Secret),
}

impl Revoked<'_> {
    /// In a sentence.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Refresh(_) => "refresh token",
            Self::Access(_) => "access token",
        }
    }
}

/// The request that makes a token void; none if the provider has no such endpoint.
///
/// # Errors
/// [`ClientAuthenticationFault`].
pub fn request(
    provider: &Provider,
    registration: &Registration,
    revoked: Revoked<'_>,
    moment: &Moment,
) -> Option<Result<Request<Vec<u8>>, ClientAuthenticationFault>> {
    let endpoint = provider.revocation_endpoint()?;
    let (token, hint) = match revoked {
        Revoked::Refresh(token) => (token, "refresh_token"),
        Revoked::Access(token) => (token, "access_token"),
    };
    let form = [("token", token.expose()), ("token_type_hint", hint)];
    Some(client_authentication::request(endpoint, provider, registration.credentials(), &form, moment))
}

/// Judges the answer (section 2.2): 200, and that also for a token that was void already.
///
/// # Errors
/// [`AnswerFault::Status`], with whatever came instead.
pub fn judge(answer: &Response<Bytes>) -> Result<(), AnswerFault> {
    match answer.status() {
        StatusCode::OK => Ok(()),
        other => Err(AnswerFault::Status { status: other.as_u16() }),
    }
}
