//! Rules, as used.

use std::fmt;
use std::time::Duration;

use http::Method;
use ipnet::IpNet;

use super::bearer::TokenHandling;
use super::condition::Condition;
use super::host::{Authority, HostPattern, Scheme};
use super::path_pattern::PathPattern;

/// What holds for the requests that a rule fits.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its place among the rules of the client, from 1, those of groups in their places; none is what holds where no rule fits.
    pub number: Option<usize>,
    /// The group that it is written in; none for one of the client's own.
    pub group: Option<String>,
    /// Its place in the list in which it is written, from 1; 0 for what holds where no rule fits.
    pub place: usize,
    /// Which hosts of the client; empty: every one.
    pub hosts: Vec<HostPattern>,
    /// Which paths.
    pub path: PathPattern,
    /// Which methods; empty: every one.
    pub methods: Vec<Method>,
    /// From which addresses; empty: from everywhere.
    pub networks: Vec<IpNet>,
    /// Who is let in.
    pub policy: Policy,
    /// What must be true of whoever is let in, beside that.
    pub require: Option<Condition>,
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
    /// How old the claims of a session may be; none: as old as they get.
    pub claims_max_age: Option<Duration>,
    /// Whether userinfo is asked for; none: as at the issuer.
    pub userinfo: Option<bool>,
    /// What becomes of the token.
    pub token: TokenHandling,
    /// A request without session and token.
    pub on_unauthenticated: OnUnauthenticated,
    /// A session of a person who was not authenticated as `acr_values` and `max_age` ask.
    pub on_forbidden: OnForbidden,
    /// A CORS preflight.
    pub preflight: Preflight,
}

impl Rule {
    /// Whether it is for that method. A HEAD is a GET of which the caller wants the head only (RFC 9110 section 9.3.2), and applications
    /// answer it as one.
    pub fn is_for(&self, method: &Method) -> bool {
        let names = |method| self.methods.contains(method);
        self.methods.is_empty() || names(method) || method == Method::HEAD && names(&Method::GET)
    }

    /// Whether it is for that host.
    pub fn is_for_host(&self, authority: &Authority, scheme: Scheme) -> bool {
        self.hosts.is_empty() || self.hosts.iter().any(|pattern| pattern.matches(authority, scheme))
    }

    /// Whether anybody gets in without a session or a token.
    pub const fn is_open(&self) -> bool {
        matches!(self.policy, Policy::Public | Policy::Optional)
    }

    /// How an operator finds it: `rule 2`, `rule 1 of admins`, `no rule`.
    pub const fn name(&self) -> RuleName<'_> {
        RuleName(self)
    }
}

/// The `Display` of a rule, for messages.
#[derive(Clone, Copy, Debug)]
pub struct RuleName<'a>(&'a Rule);

impl fmt::Display for RuleName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Rule { group, place, .. } = self.0;
        match (group, self.0.number) {
            (_, None) => f.write_str("no rule"),
            (None, Some(_)) => write!(f, "rule {place}"),
            (Some(group), Some(_)) => write!(f, "rule {place} of {group}"),
        }
    }
}

/// Who is let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// Everybody, and nobody is looked at: the application is told of no one.
    Public,
    /// Everybody; whoever is signed in is told to the application.
    Optional,
    /// Whoever is signed in, or has a token.
    Authenticated,
    /// Nobody.
    Deny,
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
    /// Everybody is led to the login.
    Redirect,
    /// Everybody is told 401.
    Unauthorized,
    /// Everybody is told 403.
    Forbidden,
}

/// What somebody is told who is signed in, and not in the way that a rule asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnForbidden {
    /// 403.
    Forbidden,
    /// A person is led to the provider once, which is asked for `acr_values` and `max_age` of the rule.
    StepUp,
}

/// A request that a browser sends before another one, without cookies (Fetch, CORS-preflight fetch).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preflight {
    /// It is a request like any other.
    Deny,
    /// It goes through to the application, which answers it.
    Pass,
}
