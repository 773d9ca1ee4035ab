//! The decision.

use http::HeaderMap;

use super::credential::Unreadable;
use super::forwarded::Forwarded;
use super::identity::Identity;
use super::navigation::is_navigation;
use super::refusal::Refusal;
use super::return_to::{self, ReturnTo};
use super::{spoof, websocket};
use crate::config::Client;

/// What the cookie of a request led to.
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
    Session(&'a Identity),
    /// Whether it opens one cannot be known now.
    Unavailable(Refusal),
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

/// Leave to go through. Only [`decide`] gives it, and only for a session.
#[derive(Clone, Debug)]
pub struct Pass<'a>(&'a Identity);

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

/// Judges a forwarded request to a client. `headers` are those of the subrequest.
///
/// Nothing about the session counts before the request itself is in order, so that a spoofed request is refused the same
/// with and without one.
pub fn decide<'a>(
    client: &Client,
    forwarded: &Forwarded,
    headers: &HeaderMap,
    found: Found<'a>,
) -> Verdict<'a> {
    if !client.guards(forwarded.authority(), forwarded.scheme()) {
        return Verdict::Refuse(Refusal::HostNotGuarded { host: forwarded.authority().clone() });
    }
    if let Err(refusal) = spoof::check(headers, client).and_then(|()| websocket::check(headers, client)) {
        return Verdict::Refuse(refusal);
    }
    let reason = match found {
        Found::Session(identity) => return Verdict::Allow(Pass(identity)),
        Found::Unavailable(refusal) => return Verdict::Refuse(refusal),
        Found::Nothing => LoginReason::NoCookie,
        Found::Unreadable(why) => LoginReason::CookieUnreadable(why),
        Found::Unknown => LoginReason::SessionUnknown,
        Found::Ended(why) => LoginReason::SessionEnded(why),
    };
    let navigation = is_navigation(headers, forwarded.method());
    let return_to = if navigation {
        return_to::from_forwarded(forwarded, client)
    } else {
        return_to::from_referer(headers, client)
    };
    Verdict::Login { navigation, return_to, reason }
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
