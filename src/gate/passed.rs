//! What the application gets beside the identity: every header that is set, once, and all of them no larger than an answer may be.

use http::header::{AUTHORIZATION, COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue};
use zeroize::Zeroizing;

use super::bearer::Admitted;
use super::forwarded::Forwarded;
use super::refusal::Refusal;
use super::{assertion, cookies};
use crate::config::Client;
use crate::config::passed::{AccessTokenHeader, Assertion, CookieHandling};
use crate::protocol::claims::Claims;
use crate::protocol::identity_assertion::Statement;
use crate::protocol::secret::Secret;
use crate::protocol::timestamp::Timestamp;

/// Who goes through.
#[derive(Clone, Copy, Debug)]
pub enum Who<'a> {
    /// Nobody, or nobody who was looked at.
    Nobody,
    /// The person of a session.
    Session {
        /// What is known of the person.
        claims: &'a Claims,
        /// When the session ends if this is its last use, by the wall clock.
        ends: Timestamp,
        /// The access token, if it is kept and still good.
        access_token: Option<&'a Secret>,
        /// The ID token.
        id_token: &'a Secret,
    },
    /// Whoever presented an access token.
    Token(&'a Admitted),
}

/// The request that goes through.
#[derive(Clone, Copy, Debug)]
pub struct Passing<'a> {
    /// Whose application it goes to.
    pub client: &'a Client,
    /// Who sent it.
    pub who: Who<'a>,
    /// As the proxy describes it.
    pub forwarded: &'a Forwarded,
    /// The headers of the subrequest.
    pub headers: &'a HeaderMap,
    /// Bytes that the answer has in other headers for the application.
    pub taken: usize,
}

/// The headers, in the order of [`crate::config::passed::Passed::names`], and then `Cookie`. `sign` signs a statement, or remembers that it did.
///
/// # Errors
/// [`Refusal::PassedTooLarge`], [`Refusal::CookiesTooLarge`]; nothing is ever cut or left out.
pub fn headers(
    passing: &Passing<'_>,
    sign: impl FnOnce(&Assertion, Statement) -> HeaderValue,
) -> Result<Vec<(HeaderName, HeaderValue)>, Refusal> {
    let passed = &passing.client.passed;
    let mut headers = Vec::with_capacity(passed.names().len() + 1);
    if let Some(assertion) = &passed.assertion {
        let value = match passing.statement(assertion) {
            Some(statement) => sign(assertion, statement.meant_for(&audience(passing.forwarded))),
            None => HeaderValue::from_static(""),
        };
        headers.push((assertion.header.clone(), value));
    }
    if let Some(name) = &passed.session_expires {
        let ends = match passing.who {
            Who::Nobody => None,
            Who::Session { ends, .. } => Some(ends),
            Who::Token(admitted) => admitted.expires(),
        };
        let value = ends.map_or(HeaderValue::from_static(""), |ends| ends.seconds().into());
        headers.push((name.clone(), value));
    }
    let (access_token, id_token) = match passing.who {
        Who::Session { access_token, id_token, .. } => (access_token, Some(id_token)),
        // The token of a caller is passed on as the rule says, and in no other way.
        Who::Nobody | Who::Token(_) => (None, None),
    };
    match &passed.access_token {
        Some(AccessTokenHeader::Named(name)) => headers.push((name.clone(), token("", access_token)?)),
        Some(AccessTokenHeader::Authorization) => {
            headers.push((AUTHORIZATION, token("Bearer ", access_token)?));
        }
        None => {}
    }
    if let Some(name) = &passed.id_token {
        headers.push((name.clone(), token("", id_token)?));
    }
    let bytes = passing.taken + headers.iter().map(size).sum::<usize>();
    if bytes > MAX_HEADERS
        && let Some(largest) = headers.iter().max_by_key(|header| size(header))
    {
        return Err(Refusal::PassedTooLarge { bytes, largest: largest.0.clone(), of_it: size(largest) });
    }
    if let CookieHandling::WithoutOurs(own) = &passed.cookie {
        let cookies = (COOKIE, cookies::without_ours(passing.headers, own));
        let bytes = bytes + size(&cookies);
        if bytes > MAX_HEADERS {
            return Err(Refusal::CookiesTooLarge { bytes, of_it: size(&cookies) });
        }
        headers.push(cookies);
    }
    Ok(headers)
}

impl Passing<'_> {
    fn statement(&self, assertion: &Assertion) -> Option<Statement> {
        match self.who {
            Who::Nobody => None,
            Who::Session { claims, .. } => Some(assertion::of_session(claims, self.client, assertion)),
            Who::Token(admitted) => admitted.statement().cloned(),
        }
    }
}

/// A token behind its scheme, if there is one; nothing otherwise.
fn token(scheme: &str, token: Option<&Secret>) -> Result<HeaderValue, Refusal> {
    let Some(token) = token.filter(|token| !token.is_empty()) else {
        return Ok(HeaderValue::from_static(""));
    };
    let text = Zeroizing::new(format!("{scheme}{}", token.expose()));
    let mut value = HeaderValue::from_str(&text)
        .map_err(|_| Refusal::Internal { what: "a token of a session does not fit a header".into() })?;
    value.set_sensitive(true);
    Ok(value)
}

/// The application that is asked: scheme and host, and the port where it is not the usual one, as browsers write an origin.
fn audience(forwarded: &Forwarded) -> String {
    let (scheme, authority) = (forwarded.scheme(), forwarded.authority());
    match authority.port() {
        Some(port) if port != scheme.default_port() => {
            format!("{}://{}:{port}", scheme.as_str(), authority.host())
        }
        _ => format!("{}://{}", scheme.as_str(), authority.host()),
    }
}

/// Bytes that a header takes, with its name and separators.
fn size((name, value): &(HeaderName, HeaderValue)) -> usize {
    name.as_str().len() + value.len() + ": \r\n".len()
}

/// Bytes of all headers of a 200 that are for the application, names and separators included: with the rest of the head they fit 4096,
/// nginx's default.
pub const MAX_HEADERS: usize = 3800;
