//! Where sessions are kept: a map in memory that answers, and under it, where that is configured, a [`Keeper`] that outlives the
//! process. Without one the map is all there is, and nothing here waits for anything.

pub mod file;
pub mod freshness;
pub mod keeper;
mod memory;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

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
use freshness::{Changes, Freshness};
use keeper::{Keeper, StoreFault};

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
    uses: mpsc::Sender<(SessionKey, Arc<Session>)>,
    /// What was changed by this process: noted once the keeper has done it, and before it is made so in the map. Whoever puts into the map
    /// what was loaded before takes it out again.
    changes: Arc<Changes>,
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

    /// Sessions that `keeper` keeps, sealed with the ring, behind `front`, which the keeper empties where others write too. To be
    /// called in a runtime: the moments of their last use are handed on by a task, which ends with the store.
    pub fn kept(
        front: Arc<MemoryStore>,
        keeper: Arc<dyn Keeper>,
        ring: Arc<RingInForce>,
        clock: Clock,
    ) -> Self {
        let (uses, waiting) = mpsc::channel(MAX_USES_WAITING);
        tokio::spawn(keep_uses(waiting, Arc::clone(&keeper)));
        let under = Some(Under { keeper, ring, uses, changes: Arc::default() });
        Self { front, logouts: Logouts::default(), under, clock }
    }

    /// The session of that key, if it is at hand and may be believed. Asks nobody.
    pub fn at_hand(&self, key: &SessionKey) -> Option<Arc<Session>> {
        let session = self.front.get(key)?;
        match self.freshness() {
            Some(freshness) if !freshness.is_current(&session) => None,
            _ => Some(session),
        }
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
        let mark = self.freshness().map(|freshness| freshness.mark(key));
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
                match self.front.hold(*key, session) {
                    Ok(session) => session,
                    Err(session) => return Ok(Some(session)),
                }
            }
        };
        if let (Some(freshness), Some(mark)) = (self.freshness(), mark) {
            freshness.loaded(key, &session, mark);
        }
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
        let mark = self.freshness().map(|freshness| freshness.mark(&key));
        let changes = under.changes.count(&key);
        let kept = self.kept_of(under, client, &key, &session)?;
        under.keeper.insert(&key, &kept).await?;
        if let Ok(session) = self.front.hold(key, session)
            && let (Some(freshness), Some(mark)) = (self.freshness(), mark)
        {
            freshness.loaded(&key, &session, mark);
        }
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
        Kept::of(session, key, &client.lifetimes, &under.ring.now(), entropy)
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
            let was_there = under.keeper.remove(&key).await?;
            under.changes.note(&key);
            // Somebody may have loaded it in between.
            let at_hand = at_hand.or_else(|| front.remove(&key));
            Ok(was_there.then(|| Removed { count: 1, sessions: at_hand.into_iter().collect() }))
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
            Some(under) => {
                let was_there = under.keeper.remove(key).await?;
                under.changes.note(key);
                self.front.remove(key);
                Ok(was_there.then_some(session))
            }
        }
    }

    /// Ends every session that `ending` means, whatever version it is, and keeps logins that were begun until then from making a new one.
    /// Where there is a keeper it is done also if nobody waits for it any more.
    ///
    /// # Errors
    /// [`StoreFault`]: some may still be kept.
    pub async fn remove_all(&self, ending: Ending, until: Timestamp) -> Result<Removed, StoreFault> {
        let Some(under) = self.under.clone() else {
            let sessions = self.front.remove_all(&ending);
            return Ok(Removed { count: sessions.len(), sessions });
        };
        let front = Arc::clone(&self.front);
        done(tokio::spawn(async move {
            under.keeper.note_logout(ending.names(), until).await?;
            let mut sessions = front.remove_all(&ending);
            let mut count = 0;
            for (key, kept) in under.keeper.named(ending.names()).await? {
                if !ending.ends(&kept.names) {
                    continue;
                }
                if under.keeper.remove(&key).await? {
                    count += 1;
                }
                under.changes.note(&key);
                sessions.extend(front.remove(&key));
            }
            Ok(Removed { count, sessions })
        }))
        .await
    }

    /// Notes a logout where only this process does.
    ///
    /// # Errors
    /// [`LogoutsFull`]; logins under way may then go on.
    pub fn note_logout(&self, ending: &Ending, until: Timestamp, is_proven: bool) -> Result<(), LogoutsFull> {
        match (&self.under, is_proven) {
            (Some(_), _) => Ok(()),
            (None, true) => self.logouts.note(ending.names(), until),
            (None, false) => self.logouts.note_unproven(ending.names(), until),
        }
    }

    /// Whether a login that was begun at that moment was overtaken by a logout of one of these names.
    ///
    /// # Errors
    /// [`StoreFault`]: nobody knows.
    pub async fn overtook(&self, names: &[Name], begun: Timestamp) -> Result<bool, StoreFault> {
        let now = self.clock.wall();
        match &self.under {
            None => Ok(self.logouts.overtook(names, begun, now)),
            Some(under) => {
                let last = under.keeper.last_logout(names).await?;
                // As of those in memory: in the same second it was, and if the clock was turned back nobody knows.
                Ok(last.is_some_and(|at| begun > now || at >= begun))
            }
        }
    }

    /// Hands on that a session was used, at most once a minute. Waits for nothing.
    pub fn note_use(&self, session: &Arc<Session>, key: impl FnOnce() -> SessionKey) {
        if let Some(under) = &self.under
            && session.wants_use_kept()
            && under.uses.try_send((key(), Arc::clone(session))).is_err()
        {
            session.use_not_kept();
        }
    }

    /// Takes the right to refresh a session. `None` if somebody else has it.
    ///
    /// # Errors
    /// [`StoreFault`]: nobody knows.
    pub async fn lease(&self, key: &SessionKey) -> Result<Option<Lease>, StoreFault> {
        let Some(under) = &self.under else { return Ok(Some(Lease { held: None })) };
        let holder = self.clock.entropy();
        if !under.keeper.lease(key, &holder).await? {
            return Ok(None);
        }
        let (keeper, key) = (Arc::clone(&under.keeper), *key);
        let (told, mut given_back) = tokio::sync::oneshot::channel::<()>();
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = &mut given_back => break,
                    () = tokio::time::sleep(keeper::LEASE / 4) => {}
                }
                // Whether it is still ours changes nothing: what is written is fenced by its version.
                let _ = keeper.lease(&key, &holder).await;
            }
            let _ = keeper.release(&key, &holder).await;
        });
        Ok(Some(Lease { held: Some(told) }))
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

    /// Records, no more than `limit`, as the operator may see them; with `names`, those that have any of them.
    ///
    /// # Errors
    /// [`StoreFault`]: nobody knows.
    pub async fn records(
        &self,
        names: Option<&[Name]>,
        limit: usize,
    ) -> Result<Vec<(SessionKey, Kept)>, StoreFault> {
        let Some(under) = &self.under else { return Ok(Vec::new()) };
        match names {
            Some(names) => under.keeper.named(names).await,
            None => under.keeper.list(limit).await,
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

    /// Whether its sessions go on after this process.
    pub fn outlives_process(&self) -> bool {
        self.under.is_some()
    }

    /// The map that answers.
    pub fn front(&self) -> &MemoryStore {
        &self.front
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

    fn freshness(&self) -> Option<&Freshness> {
        self.under.as_ref()?.keeper.freshness()
    }
}

/// The right to refresh a session, held on to until it is dropped.
#[derive(Debug)]
pub struct Lease {
    /// Where nobody else could have it, there is nothing to hold.
    #[expect(dead_code, reason = "the task that holds on to it ends when this is dropped")]
    held: Option<tokio::sync::oneshot::Sender<()>>,
}

/// Hands on uses as they come, many at a time.
async fn keep_uses(mut waiting: mpsc::Receiver<(SessionKey, Arc<Session>)>, keeper: Arc<dyn Keeper>) {
    let mut batch = Vec::new();
    while waiting.recv_many(&mut batch, MAX_USES_AT_ONCE).await > 0 {
        let uses: Vec<_> = batch.iter().map(|(key, session)| (*key, session.last_used())).collect();
        if keeper.keep_uses(&uses).await.is_err() {
            // The store says what is wrong with it where somebody waits for it.
            for (_, session) in &batch {
                session.use_not_kept();
            }
            tokio::time::sleep(PAUSE).await;
        }
        batch.clear();
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
/// Uses that wait to be kept: more are handed on by a later request.
const MAX_USES_WAITING: usize = 65_536;
/// Uses that are kept by one call.
const MAX_USES_AT_ONCE: usize = 1_000;
/// After a store did not take them.
const PAUSE: Duration = Duration::from_secs(1);
/// A session that can be loaded again leaves the memory when it was not used for so long.
const KEPT_AT_HAND: Duration = Duration::from_secs(15 * 60);
