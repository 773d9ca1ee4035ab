//! Why logins succeed and lead nowhere: what was seen of the third one, and what that says.

use super::decide::{Ended, LoginReason};
use super::refusal::LoopCause;

/// What became of the session cookie at one of the places that a login comes by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Seen {
    /// None came, or nobody said.
    #[default]
    Nothing,
    /// One came that cannot be ours as it is: there twice, cut, or written anew.
    Unreadable,
    /// One came that opens no session here.
    Unknown,
    /// One came of a session that is over.
    Ended,
    /// One came that opens a session of the client.
    Live,
    /// One came, and the store did not say what it opens.
    Unanswered,
}

/// Why a session that was made here lately is over, as far as a loop can come of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndedBy {
    /// Its lifetimes, or the provider.
    Itself,
    /// A token of the provider that was over, or not yet valid, by our clock.
    Clocks,
}

/// What is known of a browser whose logins lead nowhere.
#[derive(Clone, Copy, Debug)]
pub struct Evidence {
    /// By the request that led to the login.
    pub at_question: Seen,
    /// When the login began.
    pub at_login: Seen,
    /// When it came back. A form post of another site brings no session cookie.
    pub at_callback: Seen,
    /// Whether the cookie is for a domain that is written in the configuration.
    pub has_domain: bool,
    /// How the session that the browser was given last ended, if it did.
    pub ended: Option<EndedBy>,
}

/// Names the cause. What was seen of a cookie goes before what was not, for then it came back.
pub fn judge(evidence: &Evidence) -> LoopCause {
    let places = [evidence.at_question, evidence.at_login, evidence.at_callback];
    let seen = |what: Seen| places.contains(&what);
    let came_in_vain = seen(Seen::Ended) || seen(Seen::Unknown);
    match evidence.ended {
        _ if seen(Seen::Unreadable) => LoopCause::CookieChanged,
        // Nobody knows what it opens, whatever else was seen.
        _ if seen(Seen::Unanswered) => LoopCause::StoreUnreachable,
        Some(EndedBy::Clocks) if came_in_vain => LoopCause::Clocks,
        Some(EndedBy::Itself) if came_in_vain => LoopCause::SessionEnded,
        _ if seen(Seen::Ended) => LoopCause::SessionEnded,
        _ if seen(Seen::Unknown) => LoopCause::SessionNotFound,
        // It opens a session here, and the question about the page came without it.
        _ if seen(Seen::Live) => LoopCause::CookieNotPassedOn,
        // The flow cookie, which has no domain, came back, or there would be no third login.
        _ if evidence.has_domain => LoopCause::CookieDomain,
        _ => LoopCause::CookieNotReturned,
    }
}

impl Seen {
    /// As an address of ours says it: `None` for nothing.
    pub const fn word(self) -> Option<&'static str> {
        match self {
            Self::Nothing => None,
            Self::Unreadable => Some("unreadable"),
            Self::Unknown => Some("unknown"),
            Self::Ended => Some("ended"),
            Self::Live => Some("live"),
            Self::Unanswered => Some("unanswered"),
        }
    }

    /// Reads [`Self::word`]; anything else says nothing.
    pub fn from_word(word: &str) -> Self {
        Self::ALL.into_iter().find(|seen| seen.word() == Some(word)).unwrap_or_default()
    }

    /// As a state says it: 0 for nothing.
    pub const fn number(self) -> u8 {
        match self {
            Self::Nothing => 0,
            Self::Unreadable => 1,
            Self::Unknown => 2,
            Self::Ended => 3,
            Self::Live => 4,
            Self::Unanswered => 5,
        }
    }

    /// Reads [`Self::number`]; anything else says nothing.
    pub fn from_number(number: u8) -> Self {
        Self::ALL.into_iter().find(|seen| seen.number() == number).unwrap_or_default()
    }

    const ALL: [Self; 6] =
        [Self::Nothing, Self::Unreadable, Self::Unknown, Self::Ended, Self::Live, Self::Unanswered];
}

impl From<LoginReason> for Seen {
    fn from(reason: LoginReason) -> Self {
        match reason {
            LoginReason::NoCookie => Self::Nothing,
            LoginReason::CookieUnreadable(_) => Self::Unreadable,
            LoginReason::SessionUnknown => Self::Unknown,
            LoginReason::SessionEnded(_) => Self::Ended,
            LoginReason::ClaimsTooOld | LoginReason::StepUp => Self::Live,
        }
    }
}

impl EndedBy {
    /// Of an end that nobody wanted. A person who signs out, or in anew, is in no loop.
    pub const fn of(why: Ended) -> Option<Self> {
        match why {
            Ended::Idle
            | Ended::Absolute
            | Ended::RefreshDenied
            | Ended::Grace
            | Ended::SignedOutElsewhere => Some(Self::Itself),
            Ended::Replaced | Ended::SignedOut => None,
        }
    }
}
