//! `state` of a sign-out that goes by way of the provider (OpenID Connect RP-Initiated Logout 1.0 section 3): sealed, so that
//! nobody but us says where a sign-out ends.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::sealing::{KeyRing, Purpose};
use crate::protocol::timestamp::Timestamp;

/// How much ends when a person signs out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The session of this browser at this client. The provider is not told.
    App,
    /// The session of the provider, and every session here that came from it.
    Session,
    /// That, and every session of the person here, in every browser and at every client of the provider.
    Everywhere,
}

impl Scope {
    /// As the parameter `scope` writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Session => "session",
            Self::Everywhere => "everywhere",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::App, Self::Session, Self::Everywhere].into_iter().find(|scope| scope.name() == name)
    }
}

/// A sign-out under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogoutState {
    /// The client that the person signed out of.
    pub client: String,
    /// How much ended.
    pub scope: Scope,
    /// Where it leads, an address that `return_to::check` allowed then; none for our own page.
    pub return_to: Option<String>,
    /// When it was begun.
    pub begun: Timestamp,
}

/// Seals it. `nonce` is fresh entropy, which makes each state another one.
pub fn seal(ring: &KeyRing, state: &LogoutState, nonce: [u8; 12]) -> String {
    let LogoutState { client, scope, return_to, begun } = state.clone();
    let sealed = Sealed { c: client, s: scope, r: return_to, t: begun.seconds() };
    let plain = serde_json::to_vec(&sealed).expect("texts and a number always become JSON");
    ring.seal(Purpose::LogoutState, &plain, nonce)
}

/// Reads it back at `client`. `None` if no key of the ring sealed it for this, or it is another client's, or too old.
pub fn open(ring: &KeyRing, state: &str, client: &str, now: Timestamp) -> Option<LogoutState> {
    let (plain, _) = ring.open(Purpose::LogoutState, state)?;
    let Sealed { c, s, r, t } = serde_json::from_slice(&plain).ok()?;
    let state = LogoutState { client: c, scope: s, return_to: r, begun: Timestamp::from_seconds(t) };
    (state.client == client && now < state.begun.after(LIFETIME)).then_some(state)
}

/// The payload; short names, since it travels in an address.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sealed {
    c: String,
    s: Scope,
    r: Option<String>,
    t: u64,
}

/// From a sign-out to the return from the provider, where the person may be asked whether it is wanted.
pub const LIFETIME: Duration = Duration::from_secs(10 * 60);
