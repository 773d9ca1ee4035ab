//! What the application gets beside the identity, of what is known here of whoever goes through.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::service::Service;
use crate::config::Client;
use crate::gate::bearer::Admitted;
use crate::gate::forwarded::Forwarded;
use crate::gate::identity::Identity;
use crate::gate::passed::{self, Passing, Who};
use crate::gate::refusal::Refusal;
use crate::session::record::Session;

/// A request that is let through.
pub(super) struct Asked<'a> {
    pub(super) client: &'a Client,
    pub(super) forwarded: &'a Forwarded,
    /// Of the subrequest.
    pub(super) headers: &'a HeaderMap,
    /// As whom it goes through.
    pub(super) identity: Option<&'a Identity>,
    /// The session or the access token that was found.
    pub(super) session: Option<&'a Session>,
    pub(super) admitted: Option<&'a Admitted>,
    /// What the answer says of `Authorization`.
    pub(super) authorization: Option<&'a HeaderValue>,
}

/// The headers, in order; mostly there are none.
///
/// # Errors
/// What does not fit an answer.
pub(super) fn headers(
    service: &Service,
    asked: &Asked<'_>,
) -> Result<Vec<(HeaderName, HeaderValue)>, Refusal> {
    let client = asked.client;
    if client.passed.is_nothing() {
        return Ok(Vec::new());
    }
    let who = match (asked.identity, asked.admitted, asked.session) {
        (Some(_), Some(admitted), _) => Who::Token(admitted),
        (Some(_), None, Some(session)) => Who::Session {
            claims: &session.claims,
            ends: service.sessions.ends(client, session),
            access_token: service.sessions.access_token(session),
            id_token: &session.tokens.id_token,
        },
        (None, _, _) | (Some(_), None, None) => Who::Nobody,
    };
    let size = |name: &HeaderName| name.as_str().len() + ": \r\n".len();
    let blank = || client.identity_headers().map(size).sum();
    let identity: usize = asked.identity.map_or_else(blank, Identity::bytes);
    let of_others: usize = client.login_choice.iter().flat_map(|choice| &choice.headers).map(size).sum();
    let taken = identity + of_others + asked.authorization.map_or(0, HeaderValue::len);
    let passing = Passing { client, who, forwarded: asked.forwarded, headers: asked.headers, taken };
    let now = service.clock.wall();
    passed::headers(&passing, |assertion, statement| service.assertions.sign(assertion, &statement, now))
}
