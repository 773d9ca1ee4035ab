//! Sessions: what is known about a signed-in browser, how long it lives, how it is kept fresh and where it is kept.

pub mod dpop_nonce;
pub mod index;
pub mod key;
pub mod lifetime;
pub mod logout_state;
pub mod logouts;
pub mod loops;
pub mod record;
pub mod refresh;
pub mod revoke;
pub mod sealing;
pub mod store;
pub mod transaction;
pub mod used_flows;

use std::sync::Arc;
use std::time::Duration;

use crate::clock::Clock;
use crate::config::Client;
use crate::gate::candidates::Trace;
use crate::gate::credential::SessionCookie;
use crate::gate::decide::Ended;
use crate::gate::loop_cause::EndedBy;
use crate::protocol::secret::Secret;
use crate::protocol::timestamp::Timestamp;
use crate::telemetry::metrics::Metrics;
use index::{Logout, Name};
use key::SessionKey;
use lifetime::Standing;
use logouts::Logouts;
use record::Session;
use refresh::{Outcome, Refresher, When};
use store::MemoryStore;

/// The sessions of this process.
#[derive(Debug)]
pub struct Sessions {
    store: Arc<MemoryStore>,
    logouts: Logouts,
    refresher: Arc<Refresher>,
    clock: Clock,
    metrics: Arc<Metrics>,
}

/// Why a new session is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotKept {
    /// There are as many as there may be.
    Full,
    /// Its sessions were ended after the login was begun.
    SignedOut,
}

/// What a logout did.
#[derive(Debug)]
pub struct LoggedOut {
    /// The sessions that it ended, each told to one caller only.
    pub sessions: Vec<Arc<Session>>,
    /// Whether logins under way are kept from making a new one.
    pub is_noted: bool,
}

/// What a session cookie led to.
#[derive(Clone, Debug)]
pub enum Looked {
    /// A session of this client, alive and fresh enough.
    Live(Arc<Session>),
    /// A session of this client that is over.
    Ended(Ended),
    /// No session, or one of another client.
    Unknown,
    /// A session whose claims are too old to be used, while the provider gives no newer ones.
    Unrefreshed,
    /// A session whose claims are older than was asked for, and that has no refresh token.
    ClaimsTooOld,
}

/// Whether looking at a session counts as using it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// It does: the idle lifetime begins anew.
    Use,
    /// It does not.
    Only,
}

impl Sessions {
    /// The sessions of `store`.
    pub fn new(
        store: Arc<MemoryStore>,
        refresher: Arc<Refresher>,
        clock: Clock,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self { store, logouts: Logouts::default(), refresher, clock, metrics }
    }

    /// Finds the session of a cookie. Waits for nothing while its claims are fresh, and for a refresh at most
    /// [`REFRESH_PATIENCE`] when they are not.
    pub async fn look(&self, client: &Arc<Client>, cookie: &SessionCookie, look: Look) -> Looked {
        let key = SessionKey::of_cookie(cookie.bytes());
        let Some(session) = self.store.get(&key) else { return Looked::Unknown };
        if session.client != client.name {
            return Looked::Unknown;
        }
        let now = self.clock.steady();
        let standing = lifetime::judge(&session, &client.lifetimes, now);
        let may_refresh = || lifetime::may_refresh(&session, now);
        match standing {
            Standing::Ended(why) => return self.over(client, &key, why),
            Standing::Fresh => {}
            Standing::Due => {
                if may_refresh() {
                    self.refresher.start(client, key, When::IfDue);
                }
            }
            Standing::Stale | Standing::Unusable => {
                if may_refresh() {
                    let refresh = self.refresher.start(client, key, When::IfDue);
                    if let Some(Outcome::Ended(why)) = refresh.outcome(REFRESH_PATIENCE).await {
                        return Looked::Ended(why);
                    }
                }
                return self.look_again(client, &key, look);
            }
        }
        if look == Look::Use {
            session.touch(now);
        }
        Looked::Live(session)
    }

    /// The same, with claims that were fetched within `claims_max_age`, by the clock of this machine: older ones are refreshed before,
    /// and there is no grace. Waits at most [`REFRESH_NOW_PATIENCE`] for that.
    pub async fn look_for_fresh(
        &self,
        client: &Arc<Client>,
        cookie: &SessionCookie,
        claims_max_age: Duration,
    ) -> Looked {
        let looked = self.look(client, cookie, Look::Only).await;
        let Looked::Live(session) = &looked else { return looked };
        let is_fresh = |session: &Session| {
            self.clock.steady().since(session.tokens.fetched) <= claims_max_age
                || client.testing_profile.is_some()
        };
        if is_fresh(session) {
            return looked;
        }
        if session.tokens.refresh_token.is_none() {
            return Looked::ClaimsTooOld;
        }
        if lifetime::may_refresh(session, self.clock.steady())
            && let Some(Outcome::Ended(why)) = self.refresh(client, cookie).await
        {
            return Looked::Ended(why);
        }
        match self.look_again(client, &SessionKey::of_cookie(cookie.bytes()), Look::Only) {
            Looked::Live(session) if !is_fresh(&session) => Looked::Unrefreshed,
            looked => looked,
        }
    }

    /// What a cookie leads to at this moment, without a refresh: a session whose claims are too old is alive all the same. That is no use
    /// of it.
    pub fn trace(&self, client: &Client, cookie: &SessionCookie) -> Trace {
        let key = SessionKey::of_cookie(cookie.bytes());
        let Some(session) = self.of_key(client, &key) else { return Trace::Unknown };
        match lifetime::judge(&session, &client.lifetimes, self.clock.steady()) {
            Standing::Ended(why) => {
                self.over(client, &key, why);
                Trace::Ended(why)
            }
            Standing::Fresh | Standing::Due | Standing::Stale | Standing::Unusable => {
                Trace::Live(session.signed_in)
            }
        }
    }

    /// Since when a session is there.
    pub fn age(&self, session: &Session) -> Duration {
        self.clock.steady().since(session.signed_in)
    }

    /// When a session ends if it is used now and never again, by the wall clock.
    pub fn ends(&self, client: &Client, session: &Session) -> Timestamp {
        let left = lifetime::after_use(session, &client.lifetimes, self.clock.steady());
        self.clock.wall().after(left)
    }

    /// The access token of a session, if it is kept and still good.
    pub fn access_token<'a>(&self, session: &'a Session) -> Option<&'a Secret> {
        session.tokens.access_token.as_ref().filter(|_| self.clock.steady() < session.tokens.expires)
    }

    /// Notes that a request was let through with a session: its idle lifetime begins anew.
    pub fn use_now(&self, session: &Session) {
        session.touch(self.clock.steady());
    }

    /// After a refresh was waited for: takes the session as it is now.
    fn look_again(&self, client: &Arc<Client>, key: &SessionKey, look: Look) -> Looked {
        let Some(session) = self.store.get(key) else { return Looked::Unknown };
        let now = self.clock.steady();
        match lifetime::judge(&session, &client.lifetimes, now) {
            Standing::Ended(why) => self.over(client, key, why),
            Standing::Unusable => Looked::Unrefreshed,
            Standing::Fresh | Standing::Due | Standing::Stale => {
                if look == Look::Use {
                    session.touch(now);
                }
                Looked::Live(session)
            }
        }
    }

    /// Refreshes a session now, once however many ask, and waits for it as long as a provider may take.
    pub async fn refresh(&self, client: &Arc<Client>, cookie: &SessionCookie) -> Option<Outcome> {
        let key = SessionKey::of_cookie(cookie.bytes());
        self.refresher.start(client, key, When::Now).outcome(REFRESH_NOW_PATIENCE).await
    }

    /// Keeps a new session. The one of the key `before`, if any, ends: at once, or a little later if the same person signed
    /// in only just before, in another tab whose requests are still under way. `begun` is when its login was, by the wall clock.
    ///
    /// # Errors
    /// [`NotKept`].
    pub fn insert(
        &self,
        cookie: &SessionCookie,
        session: Session,
        before: Option<SessionKey>,
        begun: Timestamp,
    ) -> Result<(), NotKept> {
        let now = self.clock.steady();
        let mut retiring = None;
        if let Some(old_key) = before
            && let Some(old) = self.store.get(&old_key)
            && old.client == session.client
        {
            let same_person = old.claims.sub() == session.claims.sub();
            if same_person && now.since(old.signed_in) < TABS_OVERLAP {
                retiring = Some(old_key);
            } else {
                self.end(&old_key, Ended::Replaced);
            }
        }
        let key = SessionKey::of_cookie(cookie.bytes());
        let names = Name::all_of(&session);
        self.store.insert(key, session).map_err(|_| NotKept::Full)?;
        // Only now that a logout would find it: one that came before is noted (H-08).
        if self.logouts.overtook(&names, begun, self.clock.wall()) {
            self.end(&key, Ended::SignedOutElsewhere);
            return Err(NotKept::SignedOut);
        }
        // Only now that there is one to go on with: a login that finds no room leaves it alone.
        if let Some(old_key) = retiring {
            self.store.retire(&old_key, now.after(TABS_OVERLAP));
        }
        self.metrics.sessions_now(self.store.len());
        Ok(())
    }

    /// The session of a cookie, if it is one of this client, however old. That is no use of it.
    pub fn of_cookie(&self, client: &Client, cookie: &SessionCookie) -> Option<Arc<Session>> {
        self.of_key(client, &SessionKey::of_cookie(cookie.bytes()))
    }

    /// The same by its key.
    pub fn of_key(&self, client: &Client, key: &SessionKey) -> Option<Arc<Session>> {
        self.store.get(key).filter(|session| session.client == client.name)
    }

    /// Ends the session of a cookie, if it is one of this client.
    pub fn sign_out(&self, client: &Client, cookie: &SessionCookie) -> Option<Arc<Session>> {
        let key = SessionKey::of_cookie(cookie.bytes());
        self.store.get(&key).filter(|session| session.client == client.name)?;
        self.end(&key, Ended::SignedOut)
    }

    /// Ends every session that `logout` means, and those of logins that were begun until then and are not finished.
    pub fn log_out(&self, logout: &Logout<'_>, until: Timestamp, why: Ended) -> LoggedOut {
        let is_noted = self.logouts.note(&logout.names(), until).is_ok();
        self.end_all(logout, is_noted, why)
    }

    /// The same for whoever only knows what the provider calls its session, and proves nothing.
    pub fn log_out_unproven(&self, logout: &Logout<'_>, until: Timestamp, why: Ended) -> LoggedOut {
        let is_noted = self.logouts.note_unproven(&logout.names(), until).is_ok();
        self.end_all(logout, is_noted, why)
    }

    fn end_all(&self, logout: &Logout<'_>, is_noted: bool, why: Ended) -> LoggedOut {
        let sessions = self.store.remove_all(logout);
        for session in &sessions {
            self.note_end(session, why);
        }
        LoggedOut { sessions, is_noted }
    }

    /// Removes what is over, so that memory is not held by sessions that nobody asks for again.
    pub fn sweep(&self, client: impl Fn(&str) -> Option<Arc<Client>>) {
        self.logouts.sweep(self.clock.wall());
        let now = self.clock.steady();
        let over = |session: &Session| {
            let Some(client) = client(&session.client) else {
                return Some((session.client.clone(), Ended::Replaced));
            };
            match lifetime::judge(session, &client.lifetimes, now) {
                Standing::Ended(why) => Some((session.client.clone(), why)),
                _ => None,
            }
        };
        self.store.sweep(over, |(client, why)| {
            Metrics::count(&self.metrics.sessions_ended, &client, why.code());
        });
        self.metrics.sessions_now(self.store.len());
    }

    fn over(&self, client: &Client, key: &SessionKey, why: Ended) -> Looked {
        // Judged once more under the map's lock: a refresh or a use may have come in between.
        let now = self.clock.steady();
        let still_over = |session: &Session| {
            matches!(lifetime::judge(session, &client.lifetimes, now), Standing::Ended(_))
        };
        if let Some(session) = self.store.remove_if(key, still_over) {
            self.note_end(&session, why);
        }
        Looked::Ended(why)
    }

    fn end(&self, key: &SessionKey, why: Ended) -> Option<Arc<Session>> {
        let session = self.store.remove(key)?;
        self.note_end(&session, why);
        Some(session)
    }

    fn note_end(&self, session: &Session, why: Ended) {
        if let Some(by) = EndedBy::of(why) {
            session.uses.ended(by);
        }
        Metrics::count(&self.metrics.sessions_ended, &session.client, why.code());
        self.metrics.sessions_now(self.store.len());
    }
}

/// How long a request waits for a refresh before it is answered with what there is.
pub const REFRESH_PATIENCE: Duration = Duration::from_secs(1);
/// How long `new-token` waits for a refresh: a little longer than the longest chain of calls to a provider that is well.
pub const REFRESH_NOW_PATIENCE: Duration = Duration::from_secs(12);
/// Sessions that one person begins within this time in one browser are tabs of the same morning.
const TABS_OVERLAP: Duration = Duration::from_secs(30);
