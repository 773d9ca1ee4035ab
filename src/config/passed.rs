//! What the application gets beside the headers of claims, as used.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderName;
use http::header::{AUTHORIZATION, COOKIE};

use crate::protocol::assertion::ClientKeys;
use crate::protocol::claim_path::ClaimPath;

/// The headers of every 200 of a client that are no headers of claims. Without a setting there are none.
#[derive(Clone, Debug, Default)]
pub struct Passed {
    /// What we sign of whoever goes through.
    pub assertion: Option<Assertion>,
    /// The header that says when the session ends.
    pub session_expires: Option<HeaderName>,
    /// The header of the access token of a session.
    pub access_token: Option<AccessTokenHeader>,
    /// The header of its ID token.
    pub id_token: Option<HeaderName>,
    /// Whether the application gets its cookies from us, and then without ours.
    pub cookie: CookieHandling,
    names: Box<[HeaderName]>,
    replaced: Box<[HeaderName]>,
}

/// Where the access token of a session goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessTokenHeader {
    /// Into a header of ours, as it is.
    Named(HeaderName),
    /// Into `Authorization` (RFC 6750 section 2.1), in place of whatever the caller sent.
    Authorization,
}

/// What becomes of the cookies of a request.
#[derive(Clone, Debug, Default)]
pub enum CookieHandling {
    /// The proxy passes them on as they came.
    #[default]
    AsTheyCame,
    /// Every 200 says which of them the application gets: those that are not among these.
    WithoutOurs(Arc<OwnCookies>),
}

/// The names of all cookies of this installation.
#[derive(Clone, Debug, Default)]
pub struct OwnCookies {
    /// Of sessions, of every client, and of choices between clients.
    pub sessions: Vec<String>,
    /// Of logins under way: each cookie has one of these as its name, or followed by a dot and a suffix.
    pub flows: Vec<String>,
}

/// The signed assertion.
#[derive(Clone, Debug)]
pub struct Assertion {
    /// The header that carries it.
    pub header: HeaderName,
    /// `iss`: the client's own address here.
    pub issuer: String,
    /// P-256 keys: the one that signs, and those that are published beside it.
    pub keys: ClientKeys,
    /// From `iat` to `exp`.
    pub lifetime: Duration,
    /// The claims of the person in it; none: those of the headers.
    pub claims: Option<Vec<ClaimPath>>,
}

impl Passed {
    /// Those that are set.
    pub fn new(
        assertion: Option<Assertion>,
        session_expires: Option<HeaderName>,
        access_token: Option<AccessTokenHeader>,
        id_token: Option<HeaderName>,
        cookie: CookieHandling,
    ) -> Self {
        let of_access_token = match &access_token {
            Some(AccessTokenHeader::Named(name)) => Some(name),
            // Callers may send it: it is replaced.
            Some(AccessTokenHeader::Authorization) | None => None,
        };
        let names = assertion.iter().map(|assertion| &assertion.header).chain(&session_expires);
        let names = names.chain(of_access_token).chain(&id_token);
        let authorization = (access_token == Some(AccessTokenHeader::Authorization)).then_some(AUTHORIZATION);
        let cookies = matches!(cookie, CookieHandling::WithoutOurs(_)).then_some(COOKIE);
        Self {
            replaced: authorization.into_iter().chain(cookies).collect(),
            names: names.cloned().collect(),
            assertion,
            session_expires,
            access_token,
            id_token,
            cookie,
        }
    }

    /// The claims that are signed and were listed for it; those of headers, where none are, are not among them.
    pub fn signed_claims(&self) -> &[ClaimPath] {
        self.assertion.as_ref().and_then(|assertion| assertion.claims.as_deref()).unwrap_or_default()
    }

    /// Whether there are none.
    pub fn is_nothing(&self) -> bool {
        self.names.is_empty() && self.replaced.is_empty()
    }

    /// The headers that callers send too, and in whose place the application gets what we say.
    pub fn replaced(&self) -> &[HeaderName] {
        &self.replaced
    }

    /// The headers that nobody but us may send, in the order in which they are sent.
    pub fn names(&self) -> &[HeaderName] {
        &self.names
    }
}

impl OwnCookies {
    /// Whether a cookie of that name is one of these.
    pub fn have(&self, name: &[u8]) -> bool {
        let is_flow = |stem: &String| {
            name.strip_prefix(stem.as_bytes()).is_some_and(|rest| rest.is_empty() || rest[0] == b'.')
        };
        self.sessions.iter().any(|session| session.as_bytes() == name) || self.flows.iter().any(is_flow)
    }
}

/// Claims that the assertion says by itself, or that would be taken for such.
pub const OF_THE_ASSERTION: [&str; 9] = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "idp", "client_id"];
