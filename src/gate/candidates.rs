//! Which of the clients that guard a host just alike a request is judged by: exactly one, by its whole rule set.
//!
//! | what came | who decides |
//! |---|---|
//! | an access token, where one of them takes tokens | that one, as it would alone: no session counts beside a token |
//! | a session that is alive, or some | the client at which somebody signed in last |
//! | neither | the first, in the order of the configuration |

use http::HeaderMap;

use super::credential::{self, Unreadable};
use super::decide::{Ended, Found};
use crate::config::Cookie;
use crate::protocol::timestamp::Timestamp;

/// What a session cookie leads to, without asking anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trace {
    /// No cookie came.
    Nothing,
    /// One came that cannot be ours.
    Unreadable(Unreadable),
    /// One came that opens no session of the client.
    Unknown,
    /// One came of a session that is over.
    Ended(Ended),
    /// One came of a session that is alive; since when it is there.
    Live(Timestamp),
}

/// The client that decides, and what is known beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chosen<C> {
    /// Who decides.
    pub client: C,
    /// What the first cookie led to that came to any of them; it says why nobody is signed in, where nobody is.
    pub trace: Trace,
}

/// Chooses among the clients that guard a host just alike, in the order of the configuration. `of_token` is the place of the one that
/// takes the access token of the request.
///
/// A session that is over, and a cookie that opens none, count for nothing beside one that is alive. Of sessions that began in one
/// second the first client's counts.
pub fn choose<C>(candidates: Vec<(C, Trace)>, of_token: Option<usize>) -> Option<Chosen<C>> {
    let signed_in = |trace: &Trace| match trace {
        Trace::Live(signed_in) => Some(*signed_in),
        Trace::Nothing | Trace::Unreadable(_) | Trace::Unknown | Trace::Ended(_) => None,
    };
    let traces = candidates.iter().map(|(_, trace)| *trace);
    let trace = traces.clone().find(|trace| *trace != Trace::Nothing).unwrap_or(Trace::Nothing);
    // Of equal ones the last counts.
    let newest = traces.enumerate().rev().filter_map(|(at, trace)| Some((signed_in(&trace)?, at)));
    let newest = newest.max_by_key(|(signed_in, _)| *signed_in).map(|(_, at)| at);
    let (client, _) = candidates.into_iter().nth(of_token.or(newest).unwrap_or(0))?;
    Some(Chosen { client, trace })
}

impl Trace {
    /// What it means for a client at which nobody is signed in. A session of another client is none there.
    pub const fn found(self) -> Found<'static> {
        match self {
            Self::Nothing => Found::Nothing,
            Self::Unreadable(why) => Found::Unreadable(why),
            Self::Unknown | Self::Live(_) => Found::Unknown,
            Self::Ended(why) => Found::Ended(why),
        }
    }
}

/// The place of the client that this browser used last among those between which it may choose. Anybody can write such a cookie: it
/// puts one of them first, and decides nothing.
pub fn remembered<'a>(
    headers: &HeaderMap,
    cookie: &Cookie,
    names: impl IntoIterator<Item = &'a str>,
) -> Option<usize> {
    let value = credential::plain(headers, &cookie.name)?;
    names.into_iter().position(|name| name.as_bytes() == value)
}
