//! The decision.

use http::HeaderMap;
use serde_json::Value;

use super::bearer::{Admitted, is_authenticated_enough};
use super::credential::Unreadable;
use super::forwarded::Forwarded;
use super::identity::Identity;
use super::navigation::is_navigation;
use super::refusal::Refusal;
use super::return_to::{self, ReturnTo};
use super::{rule, spoof, websocket};
use crate::config::Client;
use crate::config::bearer::{BearerPolicy, OnUnauthenticated, Rule};
use crate::config::host::Scheme;
use crate::protocol::claims::Claims;
use crate::protocol::timestamp::Timestamp;

/// What the cookie or the access token of a request led to.
#[derive(Clone, Debug)]
pub enum Found<'a> {
    /// There is none.
    Nothing,
    /// It cannot be ours.
    Unreadable(Unreadable),
    /// It has the form of ours and opens no session of this client.
    Unknown,
    /// It belongs to a session that is over.
    Ended(Ended),
    /// It opens a session of this client, which is alive at this moment.
    Session {
        /// Who it is.
        identity: &'a Identity,
        /// What is known of the person.
        claims: &'a Claims,
    },
    /// An access token, which was believed and came with all that it is bound to.
    Token(&'a Admitted),
    /// Whether it opens one cannot be known now, or the access token is refused.
    Refused(Refusal),
}

/// Why a session is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Nobody used it for `session.idle`.
    Idle,
    /// It lived for `session.absolute`.
    Absolute,
    /// The provider refused to refresh it.
    RefreshDenied,
    /// The provider could not be reached for `session.refresh_grace`.
    Grace,
    /// The same browser signed in anew.
    Replaced,
    /// The person signed out.
    SignedOut,
    /// The provider ended it, or the person did from another application or browser.
    SignedOutElsewhere,
}

/// The answer to a forwarded request.
#[derive(Clone, Debug)]
pub enum Verdict<'a> {
    /// It may go through, as this person.
    Allow(Pass<'a>),
    /// Somebody has to sign in first.
    Login {
        /// Whether a person waits in the address bar: a redirect, else 401.
        navigation: bool,
        /// Where the login leads to.
        return_to: ReturnTo,
        /// For the log.
        reason: LoginReason,
    },
    /// It may not.
    Refuse(Refusal),
}

/// Leave to go through. Only [`decide`] gives it, and only for a session or an access token.
#[derive(Clone, Debug)]
pub struct Pass<'a>(&'a Identity);

/// A forwarded request that is in order by itself, whoever sent it, and the rule that it is held to. Only [`in_order`] makes one.
#[derive(Clone, Copy, Debug)]
pub struct Ordered<'a> {
    client: &'a Client,
    rule: &'a Rule,
    forwarded: &'a Forwarded,
    headers: &'a HeaderMap,
}

/// Why somebody has to sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginReason {
    /// No cookie came.
    NoCookie,
    /// One came that cannot be ours.
    CookieUnreadable(Unreadable),
    /// One came that opens no session: it was ended or moved out, or the program was started anew.
    SessionUnknown,
    /// One came of a session that is over.
    SessionEnded(Ended),
}

/// Judges a forwarded request to a client by itself. `headers` are those of the subrequest.
///
/// Nothing about a session or token counts before that, so that a spoofed request is refused the same with and without one, and causes
/// nothing.
///
/// # Errors
/// [`Refusal::HostNotGuarded`]; an identity header that the caller sent; a WebSocket of another site; a path that falls under a rule
/// only for some readers; a header that names another path or method, for which another rule holds.
pub fn in_order<'a>(
    client: &'a Client,
    forwarded: &'a Forwarded,
    headers: &'a HeaderMap,
) -> Result<Ordered<'a>, Refusal> {
    if !client.guards(forwarded.authority(), forwarded.scheme()) {
        return Err(Refusal::HostNotGuarded { host: forwarded.authority().clone() });
    }
    spoof::check(headers, client)?;
    websocket::check(headers, client)?;
    let rule = rule::find(client, forwarded, headers)?;
    Ok(Ordered { client, rule, forwarded, headers })
}

impl<'a> Ordered<'a> {
    /// The rule that the request is held to.
    pub const fn rule(&self) -> &'a Rule {
        self.rule
    }
}

/// Judges a forwarded request by what its cookie or token led to. `now` is by the wall clock.
pub fn decide<'a>(request: &Ordered<'_>, found: Found<'a>, now: Timestamp) -> Verdict<'a> {
    let Ordered { client, rule, forwarded, headers } = *request;
    let reason = match found {
        Found::Token(admitted) => {
            return match admitted.judge(rule, now) {
                Ok(()) => Verdict::Allow(Pass(admitted.identity())),
                Err(refusal) => Verdict::Refuse(refusal),
            };
        }
        Found::Refused(refusal) => return Verdict::Refuse(refusal),
        // A rule that takes tokens only is not for sessions, however good.
        _ if rule.bearer == BearerPolicy::Required => return Verdict::Refuse(Refusal::BearerNeeded),
        Found::Session { identity, claims } => {
            return if is_signed_in_enough(rule, claims, now) {
                Verdict::Allow(Pass(identity))
            } else {
                Verdict::Refuse(Refusal::StepUpNeeded)
            };
        }
        Found::Nothing => LoginReason::NoCookie,
        Found::Unreadable(why) => LoginReason::CookieUnreadable(why),
        Found::Unknown => LoginReason::SessionUnknown,
        Found::Ended(why) => LoginReason::SessionEnded(why),
    };
    if client.cookie.secure && forwarded.scheme() == Scheme::Http {
        // The browser would neither keep nor send the cookies: a login that ends in the next.
        return Verdict::Refuse(Refusal::SecureCookieOverHttp);
    }
    let navigation = match rule.on_unauthenticated {
        OnUnauthenticated::Auto => is_navigation(headers, forwarded.method()),
        OnUnauthenticated::Unauthorized => false,
    };
    let return_to = if navigation {
        return_to::from_forwarded(forwarded, client)
    } else {
        return_to::from_referer(headers, client)
    };
    Verdict::Login { navigation, return_to, reason }
}

/// Whether the person of a session was authenticated as the rule asks. What cannot be read is not there.
fn is_signed_in_enough(rule: &Rule, claims: &Claims, now: Timestamp) -> bool {
    if rule.acr_values.is_empty() && rule.max_age.is_none() {
        return true;
    }
    let members = claims.as_json();
    let acr = members.get("acr").and_then(Value::as_str);
    let auth_time = members.get("auth_time").and_then(Value::as_u64).map(Timestamp::from_seconds);
    is_authenticated_enough(rule, acr, auth_time, now)
}

impl<'a> Pass<'a> {
    /// Who goes through.
    pub const fn identity(&self) -> &'a Identity {
        self.0
    }
}

impl LoginReason {
    /// For the log and the metrics.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoCookie => "no_cookie",
            Self::CookieUnreadable(why) => why.code(),
            Self::SessionUnknown => "session_unknown",
            Self::SessionEnded(why) => why.code(),
        }
    }
}

impl Ended {
    /// For the log and the metrics.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Idle => "session_idle",
            Self::Absolute => "session_absolute",
            Self::RefreshDenied => "session_refresh_denied",
            Self::Grace => "session_refresh_grace",
            Self::Replaced => "session_replaced",
            Self::SignedOut => "session_signed_out",
            Self::SignedOutElsewhere => "session_signed_out_elsewhere",
        }
    }
}
