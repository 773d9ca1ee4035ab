//! Sessions: what is known about a signed-in browser, how long it lives, how it is kept fresh and where it is kept.

pub mod dpop_nonce;
pub mod index;
pub mod kept;
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
use record::Session;
use refresh::{Outcome, Refresher, When};
use store::keeper::StoreFault;
use store::{Removed, Store};

/// The sessions that this process answers for.
#[derive(Debug)]
pub struct Sessions {
    store: Arc<Store>,
    refresher: Arc<Refresher>,
    clock: Clock,
    metrics: Arc<Metrics>,
}

/// Why a new session is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotKept {
    /// The store has no room for it, or does not answer.
    Store(StoreFault),
    /// Its sessions were ended after the login was begun.
    SignedOut,
}

/// What a logout did.
#[derive(Debug)]
pub struct LoggedOut {
    /// How many sessions it ended, each told to one caller only.
    pub count: usize,
    /// Those of them whose tokens are known here.
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
    /// Nobody knows: the store does not answer.
    Unavailable(StoreFault),
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
    pub fn new(store: Arc<Store>, refresher: Arc<Refresher>, clock: Clock, metrics: Arc<Metrics>) -> Self {
        Self { store, refresher, clock, metrics }
    }

    /// Finds the session of a cookie. Waits for nothing while it is at hand and its claims are fresh; for the store a quarter of a second,
    /// and for a refresh at most [`REFRESH_PATIENCE`].
    pub async fn look(&self, client: &Arc<Client>, cookie: &SessionCookie, look: Look) -> Looked {
        let key = SessionKey::of_cookie(cookie.bytes());
        let session = match self.store.get(client, &key, cookie).await {
            Ok(Some(session)) => session,
            Ok(None) => return Looked::Unknown,
            Err(fault) => return Looked::Unavailable(fault),
        };
        if session.client != client.name {
            return Looked::Unknown;
        }
        let now = self.clock.steady();
        let standing = lifetime::judge(&session, &client.lifetimes, now);
        let may_refresh = || lifetime::may_refresh(&session, now);
        match standing {
            Standing::Ended(why) => return self.over(client, &key, why).await,
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
                return self.look_again(client, &key, cookie, look).await;
            }
        }
        if look == Look::Use {
            self.used(&session, cookie, now);
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
        let key = SessionKey::of_cookie(cookie.bytes());
        match self.look_again(client, &key, cookie, Look::Only).await {
            Looked::Live(session) if !is_fresh(&session) => Looked::Unrefreshed,
            looked => looked,
        }
    }

    /// What a cookie leads to at this moment, without a refresh: a session whose claims are too old is alive all the same. That is no use
    /// of it.
    ///
    /// # Errors
    /// [`StoreFault`]: nobody knows.
    pub async fn trace(&self, client: &Client, cookie: &SessionCookie) -> Result<Trace, StoreFault> {
        let key = SessionKey::of_cookie(cookie.bytes());
        let Some(session) = self.of_cookie(client, cookie).await? else { return Ok(Trace::Unknown) };
        match lifetime::judge(&session, &client.lifetimes, self.clock.steady()) {
            Standing::Ended(why) => {
                self.over(client, &key, why).await;
                Ok(Trace::Ended(why))
            }
            Standing::Fresh | Standing::Due | Standing::Stale | Standing::Unusable => {
                Ok(Trace::Live(session.signed_in))
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

    /// Notes that a request was let through with the session of that cookie: its idle lifetime begins anew.
    pub fn use_now(&self, session: &Arc<Session>, cookie: &SessionCookie) {
        self.used(session, cookie, self.clock.steady());
    }

    fn used(&self, session: &Arc<Session>, cookie: &SessionCookie, now: Timestamp) {
        session.touch(now);
        self.store.note_use(session, || SessionKey::of_cookie(cookie.bytes()));
    }

    /// After a refresh was waited for: takes the session as it is now.
    async fn look_again(
        &self,
        client: &Arc<Client>,
        key: &SessionKey,
        cookie: &SessionCookie,
        look: Look,
    ) -> Looked {
        let session = match self.store.get(client, key, cookie).await {
            Ok(Some(session)) => session,
            Ok(None) => return Looked::Unknown,
            Err(fault) => return Looked::Unavailable(fault),
        };
        let now = self.clock.steady();
        match lifetime::judge(&session, &client.lifetimes, now) {
            Standing::Ended(why) => self.over(client, key, why).await,
            Standing::Unusable => Looked::Unrefreshed,
            Standing::Fresh | Standing::Due | Standing::Stale => {
                if look == Look::Use {
                    self.used(&session, cookie, now);
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

    /// Keeps a new session. The one of the key `before`, if any, ends: at once, or a little later if it is at hand as `earlier` and the same
    /// person signed in only just before, in another tab whose requests are still under way. `begun` is when its login was, by the wall
    /// clock.
    ///
    /// # Errors
    /// [`NotKept`].
    pub async fn insert(
        &self,
        client: &Client,
        cookie: &SessionCookie,
        session: Session,
        (before, earlier): (Option<SessionKey>, Option<&Session>),
        begun: Timestamp,
    ) -> Result<(), NotKept> {
        let now = self.clock.steady();
        let mut retiring = None;
        if let Some(old_key) = before {
            let same_person = earlier.is_some_and(|old| old.claims.sub() == session.claims.sub());
            if same_person && earlier.is_some_and(|old| now.since(old.signed_in) < TABS_OVERLAP) {
                retiring = Some(old_key);
            } else if earlier.is_some() || self.store.outlives_process() {
                // What is kept and not at hand cannot be asked whose it is; the browser has a newer one in any case.
                self.end(client, &old_key, Ended::Replaced).await.map_err(NotKept::Store)?;
            }
        }
        let key = SessionKey::of_cookie(cookie.bytes());
        let names = Name::all_of(&session);
        self.store.insert(client, cookie, session).await.map_err(NotKept::Store)?;
        // Only now that a logout would find it: one that came before is noted (H-08).
        if self.store.overtook(&names, begun).await.map_err(NotKept::Store)? {
            self.end(client, &key, Ended::SignedOutElsewhere).await.map_err(NotKept::Store)?;
            return Err(NotKept::SignedOut);
        }
        // Only now that there is one to go on with: a login that finds no room leaves it alone.
        if let Some(old_key) = retiring {
            self.store.retire(&old_key, now.after(TABS_OVERLAP)).await.map_err(NotKept::Store)?;
        }
        self.metrics.sessions_now(self.store.len());
        Ok(())
    }

    /// The session of a cookie, if it is one of this client, however old. That is no use of it.
    ///
    /// # Errors
    /// [`StoreFault`]: nobody knows.
    pub async fn of_cookie(
        &self,
        client: &Client,
        cookie: &SessionCookie,
    ) -> Result<Option<Arc<Session>>, StoreFault> {
        let found = self.store.get(client, &SessionKey::of_cookie(cookie.bytes()), cookie).await?;
        Ok(found.filter(|session| session.client == client.name))
    }

    /// The same by its key, if it is at hand: a record does not open by its key alone.
    pub fn of_key(&self, client: &Client, key: &SessionKey) -> Option<Arc<Session>> {
        self.store.at_hand(key).filter(|session| session.client == client.name)
    }

    /// Ends the session of a cookie, if it is one of this client.
    ///
    /// # Errors
    /// [`StoreFault`]: it may still be kept.
    pub async fn sign_out(
        &self,
        client: &Client,
        cookie: &SessionCookie,
    ) -> Result<Option<Arc<Session>>, StoreFault> {
        let Some(session) = self.of_cookie(client, cookie).await? else { return Ok(None) };
        let ended = self.end(client, &SessionKey::of_cookie(cookie.bytes()), Ended::SignedOut).await?;
        Ok(ended.map(|ended| ended.sessions.into_iter().next().unwrap_or(session)))
    }

    /// Ends every session that `logout` means, and those of logins that were begun until then and are not finished.
    ///
    /// # Errors
    /// [`StoreFault`]: some may still be kept.
    pub async fn log_out(
        &self,
        logout: &Logout<'_>,
        until: Timestamp,
        why: Ended,
    ) -> Result<LoggedOut, StoreFault> {
        self.end_all(logout, until, why, true).await
    }

    /// The same for whoever only knows what the provider calls its session, and proves nothing.
    ///
    /// # Errors
    /// [`StoreFault`]: some may still be kept.
    pub async fn log_out_unproven(
        &self,
        logout: &Logout<'_>,
        until: Timestamp,
        why: Ended,
    ) -> Result<LoggedOut, StoreFault> {
        self.end_all(logout, until, why, false).await
    }

    async fn end_all(
        &self,
        logout: &Logout<'_>,
        until: Timestamp,
        why: Ended,
        is_proven: bool,
    ) -> Result<LoggedOut, StoreFault> {
        let ending = logout.ending();
        let is_noted = self.store.note_logout(&ending, until, is_proven).is_ok();
        let Removed { count, sessions } = self.store.remove_all(ending, is_proven.then_some(until)).await?;
        self.note_ends(logout.client, &sessions, count, why);
        Ok(LoggedOut { count, sessions, is_noted })
    }

    /// Removes what is over, so that memory is not held by sessions that nobody asks for again.
    pub async fn sweep(&self, client: impl Fn(&str) -> Option<Arc<Client>>) {
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
        let count = |(client, why): (String, Ended)| {
            Metrics::count(&self.metrics.sessions_ended, &client, why.code());
        };
        self.store.sweep(over, count).await;
        self.metrics.sessions_now(self.store.len());
    }

    /// Where they are kept.
    pub fn store(&self) -> &Store {
        &self.store
    }

    async fn over(&self, client: &Client, key: &SessionKey, why: Ended) -> Looked {
        // Judged once more under the map's lock: a refresh or a use may have come in between.
        let now = self.clock.steady();
        let still_over = |session: &Session| {
            matches!(lifetime::judge(session, &client.lifetimes, now), Standing::Ended(_))
        };
        // A store that cannot remove it now judges it by the same lifetimes later.
        if let Ok(Some(session)) = self.store.remove_if(key, still_over).await {
            self.note_ends(&client.name, &[session], 1, why);
        }
        Looked::Ended(why)
    }

    async fn end(
        &self,
        client: &Client,
        key: &SessionKey,
        why: Ended,
    ) -> Result<Option<Removed>, StoreFault> {
        let removed = self.store.remove(key).await?;
        if let Some(removed) = &removed {
            self.note_ends(&client.name, &removed.sessions, removed.count, why);
        }
        Ok(removed)
    }

    fn note_ends(&self, client: &str, sessions: &[Arc<Session>], count: usize, why: Ended) {
        if let Some(by) = EndedBy::of(why) {
            for session in sessions {
                session.uses.ended(by);
            }
        }
        for _ in 0..count {
            Metrics::count(&self.metrics.sessions_ended, client, why.code());
        }
        self.metrics.sessions_now(self.store.len());
    }
}

/// How long a request waits for a refresh before it is answered with what there is.
pub const REFRESH_PATIENCE: Duration = Duration::from_secs(1);
/// How long `new-token` waits for a refresh: a little longer than the longest chain of calls to a provider that is well.
pub const REFRESH_NOW_PATIENCE: Duration = Duration::from_secs(12);
/// Sessions that one person begins within this time in one browser are tabs of the same morning.
const TABS_OVERLAP: Duration = Duration::from_secs(30);
