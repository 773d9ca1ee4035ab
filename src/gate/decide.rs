//! The decision.

use std::time::Duration;

use http::{HeaderMap, Method};
use serde_json::Value;

use super::bearer::{Admitted, Short, judge_authentication};
use super::credential::Unreadable;
use super::forwarded::Forwarded;
use super::identity::Identity;
use super::navigation::is_navigation;
use super::path::Readings;
use super::refusal::Refusal;
use super::return_to::{self, ReturnTo};
use super::{admission, rule, spoof, websocket};
use crate::config::Client;
use crate::config::host::Scheme;
use crate::config::rule::{BearerPolicy, OnForbidden, OnUnauthenticated, Policy, Preflight, Rule};
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
        /// The numbers of the rules for which the person was led to the provider to be authenticated better.
        stepped_up: &'a [usize],
        /// Since when it is there.
        age: Duration,
    },
    /// It opens a session whose claims are older than the rule takes, and that cannot be refreshed.
    ClaimsTooOld,
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
        /// The number of the rule whose `acr_values` and `max_age` the provider is to be asked for.
        step_up: Option<usize>,
        /// For the log.
        reason: LoginReason,
    },
    /// It may not.
    Refuse(Refusal),
}

/// Leave to go through. Only [`decide`] gives it, and only for a session, an access token or a rule that lets everybody in.
#[derive(Clone, Debug)]
pub struct Pass<'a>(Option<&'a Identity>);

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
    /// One came of a session whose claims are older than the rule takes, and that cannot be refreshed.
    ClaimsTooOld,
    /// One came of a session of a person who was not authenticated as the rule asks.
    StepUp,
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

    /// Whether it matters who sent it: else nobody need look at its cookie or token.
    pub fn asks_who(&self) -> bool {
        !matches!(self.rule.policy, Policy::Public | Policy::Deny) && !self.is_preflight_to_pass()
    }

    /// A path that could mean another one to somebody is passed for nobody.
    fn is_preflight_to_pass(&self) -> bool {
        self.rule.preflight == Preflight::Pass
            && rule::is_preflight(self.forwarded.method(), self.headers)
            && !Readings::of(self.forwarded.path()).is_two_faced()
    }
}

/// Judges a forwarded request by what its cookie or token led to; where [`Ordered::asks_who`] says no, that does not count. `now` is by
/// the wall clock.
pub fn decide<'a>(request: &Ordered<'_>, found: Found<'a>, now: Timestamp) -> Verdict<'a> {
    let Ordered { client, rule, forwarded, headers } = *request;
    if rule.policy == Policy::Deny {
        return Verdict::Refuse(Refusal::RuleDenies { rule: rule.name().to_string().into() });
    }
    if !request.asks_who() {
        return Verdict::Allow(Pass(None));
    }
    let is_navigation = || is_navigation(headers, forwarded.method());
    let reason = match found {
        Found::Token(admitted) => {
            return match admitted.judge(rule, now) {
                Ok(()) => Verdict::Allow(Pass(Some(admitted.identity()))),
                Err(refusal) => Verdict::Refuse(refusal),
            };
        }
        Found::Refused(refusal) => return Verdict::Refuse(refusal),
        // A rule that takes tokens only is not for sessions, however good.
        _ if rule.bearer == BearerPolicy::Required => return Verdict::Refuse(Refusal::BearerNeeded),
        Found::Session { identity, claims, stepped_up, age } => {
            if let Err(refusal) = admission::by_rule(rule, |claim| claims.get(claim)) {
                return Verdict::Refuse(refusal);
            }
            let short = match is_signed_in_enough(rule, claims, now) {
                Ok(()) => return Verdict::Allow(Pass(Some(identity))),
                Err(short) => short,
            };
            // Nobody but a person at a page can be asked anything.
            if !is_navigation() || !may_step_up(rule, short, stepped_up, age) {
                return Verdict::Refuse(Refusal::StepUpNeeded);
            }
            return Verdict::Login {
                navigation: true,
                return_to: return_to::from_forwarded(forwarded, client),
                step_up: rule.number,
                reason: LoginReason::StepUp,
            };
        }
        _ if rule.policy == Policy::Optional => return Verdict::Allow(Pass(None)),
        Found::Nothing => LoginReason::NoCookie,
        Found::Unreadable(why) => LoginReason::CookieUnreadable(why),
        Found::Unknown => LoginReason::SessionUnknown,
        Found::Ended(why) => LoginReason::SessionEnded(why),
        Found::ClaimsTooOld => LoginReason::ClaimsTooOld,
    };
    if client.cookie.secure && forwarded.scheme() == Scheme::Http {
        // The browser would neither keep nor send the cookies: a login that ends in the next.
        return Verdict::Refuse(Refusal::SecureCookieOverHttp);
    }
    let navigation = match rule.on_unauthenticated {
        OnUnauthenticated::Auto => is_navigation(),
        OnUnauthenticated::Redirect => true,
        OnUnauthenticated::Unauthorized => false,
        OnUnauthenticated::Forbidden => return Verdict::Refuse(Refusal::SignInNeeded),
    };
    // Where a request that sends something leads to, a browser would only get.
    let is_page = navigation && matches!(*forwarded.method(), Method::GET | Method::HEAD);
    let return_to = if is_page {
        return_to::from_forwarded(forwarded, client)
    } else {
        return_to::from_referer(headers, client)
    };
    Verdict::Login { navigation, return_to, step_up: None, reason }
}

/// Whether the person of a session was authenticated as the rule asks. What cannot be read is not there.
///
/// # Errors
/// What it falls short of.
fn is_signed_in_enough(rule: &Rule, claims: &Claims, now: Timestamp) -> Result<(), Short> {
    if rule.acr_values.is_empty() && rule.max_age.is_none() {
        return Ok(());
    }
    let members = claims.as_json();
    let acr = members.get("acr").and_then(Value::as_str);
    let auth_time = members.get("auth_time").and_then(Value::as_u64).map(Timestamp::from_seconds);
    judge_authentication(rule, acr, auth_time, now)
}

/// Whether the provider is asked to authenticate the person better: once for a session and rule. The session of a step-up that did
/// not bring what the rule asks for is not sent there again; that of one that did, and whose authentication is too long ago by
/// now, is.
fn may_step_up(rule: &Rule, short: Short, stepped_up: &[usize], age: Duration) -> bool {
    let Some(number) = rule.number.filter(|_| rule.on_forbidden == OnForbidden::StepUp) else { return false };
    !stepped_up.contains(&number) || short == Short::TooLongAgo && rule.max_age.is_some_and(|most| age > most)
}

impl<'a> Pass<'a> {
    /// Who goes through; none where that was not asked, or is nobody.
    pub const fn identity(&self) -> Option<&'a Identity> {
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
            Self::ClaimsTooOld => "claims_too_old",
            Self::StepUp => "step_up",
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
