//! Rules, as used.

use std::time::Duration;

use http::Method;

use super::bearer::TokenHandling;
use super::path_pattern::PathPattern;

/// What holds for the requests that a rule fits.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its place in the file, from 1; none is what holds where no rule fits.
    pub number: Option<usize>,
    /// Which paths.
    pub path: PathPattern,
    /// Which methods; empty: every one.
    pub methods: Vec<Method>,
    /// Access tokens.
    pub bearer: BearerPolicy,
    /// The names of the issuers whose tokens are taken; empty: all of the client's.
    pub issuers: Vec<String>,
    /// Scopes that a token needs.
    pub scopes: Vec<String>,
    /// Scopes of which a token needs one; empty: none.
    pub any_scope: Vec<String>,
    /// How the person must have been authenticated, one of these; empty: in any way.
    pub acr_values: Vec<String>,
    /// How long ago at most.
    pub max_age: Option<Duration>,
    /// Whether userinfo is asked for; none: as at the issuer.
    pub userinfo: Option<bool>,
    /// What becomes of the token.
    pub token: TokenHandling,
    /// A request without session and token.
    pub on_unauthenticated: OnUnauthenticated,
}

impl Rule {
    /// Whether it is for that method. A HEAD is a GET of which the caller wants the head only (RFC 9110 section 9.3.2), and applications
    /// answer it as one.
    pub fn is_for(&self, method: &Method) -> bool {
        let names = |method| self.methods.contains(method);
        self.methods.is_empty() || names(method) || method == Method::HEAD && names(&Method::GET)
    }
}

/// Access tokens at a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BearerPolicy {
    /// A token or a session.
    Accepted,
    /// A token.
    Required,
    /// A session; whatever `Authorization` says is the application's.
    Ignored,
}

/// What a request without session and token is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnUnauthenticated {
    /// A person is led to the login, a program is told 401.
    Auto,
    /// Everybody is told 401.
    Unauthorized,
}
