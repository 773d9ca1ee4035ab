//! Where sessions are kept: a map in memory that answers, and under it, where that is configured, a [`Keeper`] that outlives the
//! process. Without one the map is all there is, and nothing here waits for anything.

mod changes;
pub mod file;
pub mod keeper;
mod lease;
mod memory;
mod uses;

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

pub use self::lease::Lease;
pub use self::memory::{MemoryStore, StoreFull};

use super::index::{Ending, Name};
use super::kept::Kept;
use super::key::{RecordKey, SessionKey};
use super::logouts::{Logouts, LogoutsFull};
use super::record::Session;
use super::sealing::RingInForce;
use crate::clock::Clock;
use crate::config::Client;
use crate::gate::credential::SessionCookie;
use crate::protocol::timestamp::Timestamp;
use changes::Changes;
use keeper::{Keeper, StoreFault};
use uses::Uses;

/// The sessions that this process can answer for.
#[derive(Debug)]
pub struct Store {
    front: Arc<MemoryStore>,
    /// Logouts of late, where nobody else keeps them.
    logouts: Logouts,
    under: Option<Under>,
    clock: Clock,
}

/// What outlives the process, and what is needed to write for it.
#[derive(Clone, Debug)]
struct Under {
    keeper: Arc<dyn Keeper>,
    ring: Arc<RingInForce>,
    uses: Uses,
    /// What was changed by this process: noted once the keeper has done it, and before it is made so in the map. Whoever puts into the map
    /// what was loaded before takes it out again.
    changes: Arc<Changes>,
}

impl Under {
    /// Ends a record, and takes what is at hand of it away, also what somebody has loaded in between. That is done, too, where the keeper
    /// does not say that it is gone: whoever comes next asks it. Whether it was there, and what was at hand.
    async fn end(
        &self,
        front: &MemoryStore,
        key: &SessionKey,
    ) -> (Result<bool, StoreFault>, Option<Arc<Session>>) {
        let was_there = self.keeper.remove(key).await;
        self.changes.note(key);
        (was_there, front.remove(key))
    }
}

/// Sessions that ended by one call.
#[derive(Debug, Default)]
pub struct Removed {
    /// How many.
    pub count: usize,
    /// Those of them whose tokens are known here.
    pub sessions: Vec<Arc<Session>>,
}

impl Store {
    /// Sessions in memory alone, at most `limit`.
    pub fn in_memory(limit: usize, clock: Clock) -> Self {
        let front = Arc::new(MemoryStore::new(limit));
        Self { front, logouts: Logouts::default(), under: None, clock }
    }

    /// Sessions that `keeper` keeps, sealed with the ring, at most `limit` of them at hand. To be called in a runtime: the moments of their
    /// last use are handed on by a task, which ends with the store.
    pub fn kept(limit: usize, keeper: Arc<dyn Keeper>, ring: Arc<RingInForce>, clock: Clock) -> Self {
        let front = Arc::new(MemoryStore::new(limit));
        let uses = Uses::handed_to(Arc::clone(&keeper));
        let under = Some(Under { keeper, ring, uses, changes: Arc::default() });
        Self { front, logouts: Logouts::default(), under, clock }
    }

    /// The session of that key, if it is at hand. Asks nobody.
    pub fn at_hand(&self, key: &SessionKey) -> Option<Arc<Session>> {
        self.front.get(key)
    }

    /// The session of a cookie: at hand, or loaded.
    ///
    /// # Errors
    /// [`StoreFault`]: nobody knows.
    pub async fn get(
        &self,
        client: &Client,
        key: &SessionKey,
        cookie: &SessionCookie,
    ) -> Result<Option<Arc<Session>>, StoreFault> {
        if let Some(session) = self.at_hand(key) {
            return Ok(Some(session));
        }
        match &self.under {
            None => Ok(None),
            Some(under) => self.load(under, client, key, || RecordKey::of_cookie(cookie.bytes())).await,
        }
    }

    /// The session of that key as it is kept now, if it was opened here before: what is at hand is not believed.
    ///
    /// # Errors
    /// [`StoreFault`]: nobody knows.
    pub async fn again(&self, client: &Client, key: &SessionKey) -> Result<Option<Arc<Session>>, StoreFault> {
        let known = self.front.get(key);
        let Some(under) = &self.under else { return Ok(known) };
        let Some(record_key) = known.as_ref().and_then(|session| session.record_key.clone()) else {
            return Ok(None);
        };
        self.load(under, client, key, || RecordKey::clone(&record_key)).await
    }

    async fn load(
        &self,
        under: &Under,
        client: &Client,
        key: &SessionKey,
        record_key: impl Fn() -> RecordKey,
    ) -> Result<Option<Arc<Session>>, StoreFault> {
        for _ in 0..LOAD_ATTEMPTS {
            let changes = under.changes.count(key);
            let session = self.load_once(under, client, key, &record_key).await?;
            if under.changes.count(key) == changes {
                return Ok(session);
            }
            // It may have ended after it was read and before it was at hand, and nobody would end it there.
            self.front.remove(key);
        }
        Err(StoreFault::Unavailable("it changed each time when it was read".into()))
    }

    async fn load_once(
        &self,
        under: &Under,
        client: &Client,
        key: &SessionKey,
        record_key: &impl Fn() -> RecordKey,
    ) -> Result<Option<Arc<Session>>, StoreFault> {
        let kept = under.keeper.load(key).await?;
        let before = self.front.get(key);
        let Some(kept) = kept else {
            // Whatever was at hand is over; where it ended is where that was counted.
            self.front.remove(key);
            return Ok(None);
        };
        let session = match before {
            // Nothing but its moments can have changed.
            Some(before) if before.version == kept.version => {
                before.used_at(kept.last_used);
                before.use_is_kept();
                before.retire(kept.retires);
                before
            }
            // This replica has written a later one since the question.
            Some(before) if before.version > kept.version => before,
            before => {
                let mut session = match kept.open(key, record_key(), client, &under.ring.now()) {
                    Ok(session) => session,
                    Err(why) => {
                        tracing::info!(
                            code = "record_not_opened", fault = "store", client = client.name, store = under.keeper.name(), why = ?why,
                            "what the store keeps for a session cookie is no session here"
                        );
                        return Ok(None);
                    }
                };
                if let Some(before) = before {
                    session.uses = before.uses.clone();
                    session.used_at(before.last_used());
                }
                // Where there is no room for it, whoever comes next loads it again.
                self.front.hold(*key, session).unwrap_or_else(|session| session)
            }
        };
        Ok(Some(session))
    }

    /// Keeps a new session. Once this returns, it outlives the process, if any of them does.
    ///
    /// # Errors
    /// [`StoreFault`]: it is not kept.
    pub async fn insert(
        &self,
        client: &Client,
        cookie: &SessionCookie,
        mut session: Session,
    ) -> Result<(), StoreFault> {
        let key = SessionKey::of_cookie(cookie.bytes());
        let Some(under) = &self.under else {
            return self.front.insert(key, session).map_err(|StoreFull| full(self.front.limit()));
        };
        session.record_key = Some(Box::new(RecordKey::of_cookie(cookie.bytes())));
        let changes = under.changes.count(&key);
        let kept = self.kept_of(under, client, &key, &session)?;
        under.keeper.insert(&key, &kept).await?;
        // Where there is no room for it, whoever comes first loads it.
        let _ = self.front.hold(key, session);
        if under.changes.count(&key) != changes {
            // It may have ended already; if not, it is loaded.
            self.front.remove(&key);
        }
        Ok(())
    }

    /// Puts `next` in the place of `before` if that is still what is kept: a session that was ended in the meantime stays ended.
    /// Whether it was.
    ///
    /// # Errors
    /// [`StoreFault`]: nobody knows.
    pub async fn replace(
        &self,
        client: &Client,
        key: &SessionKey,
        before: &Arc<Session>,
        next: Session,
    ) -> Result<bool, StoreFault> {
        let Some(under) = &self.under else { return Ok(self.front.replace(key, before, next)) };
        next.used_at(before.last_used());
        next.retire(before.retires());
        let kept_before = self.kept_of(under, client, key, before)?;
        let kept = self.kept_of(under, client, key, &next)?;
        if !under.keeper.replace(key, &kept_before, &kept).await? {
            return Ok(false);
        }
        under.changes.note(key);
        // If it is not at hand any more, or changed again meanwhile, whoever comes next loads it.
        self.front.replace(key, before, next);
        Ok(true)
    }

    fn kept_of(
        &self,
        under: &Under,
        client: &Client,
        key: &SessionKey,
        session: &Session,
    ) -> Result<Kept, StoreFault> {
        let entropy = [self.clock.entropy(), self.clock.entropy()];
        Kept::of(session, key, client, &under.ring.now(), entropy)
            .ok_or_else(|| StoreFault::Full("its record is larger than what is read again".into()))
    }

    /// Lets the session of that key end at that moment, whatever version it is then.
    ///
    /// # Errors
    /// [`StoreFault`]: nobody knows.
    pub async fn retire(&self, key: &SessionKey, at: Timestamp) -> Result<(), StoreFault> {
        self.front.retire(key, at);
        match &self.under {
            None => Ok(()),
            Some(under) => {
                under.keeper.retire(key, at).await?;
                under.changes.note(key);
                // Somebody may have loaded it in between.
                self.front.retire(key, at);
                Ok(())
            }
        }
    }

    /// Ends the session of that key, whatever version it is. Of any number of callers at once one is told so, with the session if it was
    /// at hand. Where there is a keeper it is done also if nobody waits for it any more.
    ///
    /// # Errors
    /// [`StoreFault`]: it is not at hand any more, but may still be kept.
    pub async fn remove(&self, key: &SessionKey) -> Result<Option<Removed>, StoreFault> {
        let at_hand = self.front.remove(key);
        let Some(under) = self.under.clone() else {
            return Ok(at_hand.map(|session| Removed { count: 1, sessions: vec![session] }));
        };
        let (key, front) = (*key, Arc::clone(&self.front));
        done(tokio::spawn(async move {
            let (was_there, loaded) = under.end(&front, &key).await;
            let at_hand = loaded.or(at_hand);
            Ok(was_there?.then(|| Removed { count: 1, sessions: at_hand.into_iter().collect() }))
        }))
        .await
    }

    /// Ends the session of that key if `over` says so of it as it is at hand now.
    ///
    /// # Errors
    /// [`StoreFault`]: it is not at hand any more, but may still be kept.
    pub async fn remove_if(
        &self,
        key: &SessionKey,
        over: impl FnOnce(&Session) -> bool,
    ) -> Result<Option<Arc<Session>>, StoreFault> {
        let Some(session) = self.front.remove_if(key, over) else { return Ok(None) };
        match &self.under {
            None => Ok(Some(session)),
            Some(under) => Ok(under.end(&self.front, key).await.0?.then_some(session)),
        }
    }

    /// Ends every session that `ending` means, whatever version it is. With `until` a keeper notes, too, that logins which were begun until
    /// then make no new one.
    /// Where there is a keeper it is done also if nobody waits for it any more.
    ///
    /// # Errors
    /// [`StoreFault`]: some may still be kept.
    pub async fn remove_all(&self, ending: Ending, until: Option<Timestamp>) -> Result<Removed, StoreFault> {
        let Some(under) = self.under.clone() else {
            let sessions = self.front.remove_all(&ending);
            return Ok(Removed { count: sessions.len(), sessions });
        };
        let front = Arc::clone(&self.front);
        done(tokio::spawn(async move {
            let noted = match until {
                Some(until) => under.keeper.note_logout(ending.names(), until).await,
                None => Ok(()),
            };
            let mut removed = Removed { count: 0, sessions: front.remove_all(&ending) };
            // What can be ended is, whatever else cannot.
            let mut outcome = noted;
            for (key, kept) in under.keeper.named(ending.names()).await? {
                if ending.ends(&kept.names) {
                    let (was_there, loaded) = under.end(&front, &key).await;
                    removed.sessions.extend(loaded);
                    removed.count += usize::from(was_there == Ok(true));
                    outcome = outcome.and(was_there.map(drop));
                }
            }
            outcome.map(|()| removed)
        }))
        .await
    }

    /// Notes a logout in memory: one that nothing proves never goes to a keeper, for strangers would fill it; and there is room for so many.
    ///
    /// # Errors
    /// [`LogoutsFull`]; logins under way may then go on.
    pub fn note_logout(&self, ending: &Ending, until: Timestamp, is_proven: bool) -> Result<(), LogoutsFull> {
        match (&self.under, is_proven) {
            (Some(_), true) => Ok(()),
            (None, true) => self.logouts.note(ending.names(), until),
            (_, false) => self.logouts.note_unproven(ending.names(), until),
        }
    }

    /// Whether a login that was begun at that moment was overtaken by a logout of one of these names.
    ///
    /// # Errors
    /// [`StoreFault`]: nobody knows.
    pub async fn overtook(&self, names: &[Name], begun: Timestamp) -> Result<bool, StoreFault> {
        let now = self.clock.wall();
        if self.logouts.overtook(names, begun, now) {
            return Ok(true);
        }
        let Some(under) = &self.under else { return Ok(false) };
        let last = under.keeper.last_logout(names).await?;
        // As of those in memory: in the same second it was, and if the clock was turned back nobody knows.
        Ok(last.is_some_and(|at| begun > now || at >= begun))
    }

    /// Hands on that a session was used, at most once a minute. Waits for nothing.
    pub fn note_use(&self, session: &Arc<Session>, key: impl FnOnce() -> SessionKey) {
        if let Some(under) = &self.under
            && session.wants_use_kept()
        {
            under.uses.note(key(), session);
        }
    }

    /// Takes the right to refresh a session. `None` if somebody else has it.
    ///
    /// # Errors
    /// [`StoreFault`]: nobody knows.
    pub async fn lease(&self, key: &SessionKey) -> Result<Option<Lease>, StoreFault> {
        let Some(under) = &self.under else { return Ok(Some(Lease::default())) };
        lease::take(&under.keeper, key, self.clock.entropy()).await
    }

    /// Ends every session in memory for which `over` gives a reason, and says how many it was for each. What a keeper keeps is dropped
    /// there, and from memory what is not used and can be loaded again.
    pub async fn sweep<R>(&self, over: impl Fn(&Session) -> Option<R>, ended: impl FnMut(R)) {
        self.logouts.sweep(self.clock.wall());
        let now = self.clock.steady();
        let Some(under) = &self.under else {
            self.front.sweep(over, ended);
            return;
        };
        self.front.sweep(over, ended);
        let idle = |session: &Session| (now >= session.last_used().after(KEPT_AT_HAND)).then_some(());
        self.front.sweep(idle, |()| {});
        if let Err(fault) = under.keeper.sweep(now).await {
            tracing::warn!(
                code = "store_not_swept", fault = "store", store = under.keeper.name(), why = %fault,
                "sessions that are over could not be removed from the store; that is tried again"
            );
        }
    }

    /// Sessions known to this process: all that are kept, where the keeper can say how many that are.
    pub fn len(&self) -> usize {
        let kept = self.under.as_ref().and_then(|under| under.keeper.count());
        kept.unwrap_or_else(|| self.front.len())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The map that answers.
    pub fn front(&self) -> &MemoryStore {
        &self.front
    }

    /// Whether its sessions go on after this process.
    pub fn outlives_process(&self) -> bool {
        self.under.is_some()
    }

    /// Whether sessions can be looked up now.
    ///
    /// # Errors
    /// [`StoreFault`], with the reason.
    pub fn ready(&self) -> Result<(), StoreFault> {
        self.under.as_ref().map_or(Ok(()), |under| under.keeper.ready())
    }

    /// How it is called in clients.yaml.
    pub fn name(&self) -> &'static str {
        self.under.as_ref().map_or("memory", |under| under.keeper.name())
    }
}

/// The outcome of what goes on also if nobody waits for it.
async fn done<T>(task: JoinHandle<Result<T, StoreFault>>) -> Result<T, StoreFault> {
    task.await.unwrap_or_else(|_| Err(StoreFault::Unavailable("its task ended without a word".into())))
}

fn full(limit: usize) -> StoreFault {
    StoreFault::Full(format!("{limit} sessions are kept, which is server.max_sessions").into())
}

/// How often a record is read that other changes come between, each time.
const LOAD_ATTEMPTS: u32 = 10;
/// A session that can be loaded again leaves the memory when it was not used for so long.
const KEPT_AT_HAND: Duration = Duration::from_secs(15 * 60);
