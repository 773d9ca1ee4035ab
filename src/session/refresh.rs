//! Refreshing a session's tokens and claims: one task a session, whoever asks and however many, tied to no request.

use std::sync::Arc;
use std::time::Duration;

use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use tokio::sync::watch;

use super::key::SessionKey;
use super::lifetime::{self, Standing};
use super::record::{Session, SessionTokens};
use super::store::{Lease, Store};
use crate::clock::Clock;
use crate::config::Client;
use crate::gate::decide::Ended;
use crate::gate::identity::Identity;
use crate::gate::loop_cause::EndedBy;
use crate::gate::refusal::{Fault as WhoseFault, Refusal};
use crate::idp::claims::{self, Learned, Source};
use crate::idp::providers::Providers;
use crate::idp::{moment, refusal};
use crate::protocol::secret::Secret;
use crate::protocol::token;
use crate::telemetry::metrics::Metrics;

/// Starts refreshes and lets others wait for them.
#[derive(Debug)]
pub struct Refresher {
    store: Arc<Store>,
    providers: Arc<Providers>,
    clock: Clock,
    metrics: Arc<Metrics>,
    under_way: DashMap<SessionKey, watch::Receiver<Option<Outcome>>>,
}

/// How a refresh ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The session has new tokens and claims.
    Refreshed,
    /// There was nothing to do: somebody else had just refreshed it, or it was gone.
    NotNeeded,
    /// It failed for a reason that may pass; the session stays as it was.
    Failed,
    /// The session is over.
    Ended(Ended),
}

/// Whether a refresh is started only where one is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Only if the session's tokens are old enough.
    IfDue,
    /// Whatever their age, unless they were fetched within [`MIN_AGE`].
    Now,
}

/// What went wrong with a refresh.
struct Fault {
    refusal: Refusal,
    follows: Follows,
}

/// What follows from a fault.
enum Follows {
    /// It may pass: the session is kept, with the refresh token that the provider gave before it failed, if it did.
    Retry(Option<Secret>),
    /// It will not: the session ends.
    End,
}

impl Refresher {
    /// Refreshes sessions of `store`.
    pub fn new(store: Arc<Store>, providers: Arc<Providers>, clock: Clock, metrics: Arc<Metrics>) -> Self {
        Self { store, providers, clock, metrics, under_way: DashMap::new() }
    }

    /// Starts the refresh of a session, or joins the one under way.
    pub fn start(self: &Arc<Self>, client: &Arc<Client>, key: SessionKey, when: When) -> Refresh {
        match self.under_way.entry(key) {
            Entry::Occupied(entry) => Refresh(entry.get().clone()),
            Entry::Vacant(entry) => {
                let (outcome, waiting) = watch::channel(None);
                entry.insert(waiting.clone());
                let mut place = Place { refresher: Arc::clone(self), key, outcome, result: Outcome::Failed };
                let client = Arc::clone(client);
                tokio::spawn(async move {
                    let outcome = place.refresher.run(&client, &place.key, when).await;
                    place.ends_with(outcome);
                });
                Refresh(waiting)
            }
        }
    }

    async fn run(&self, client: &Client, key: &SessionKey, when: When) -> Outcome {
        let (session, _lease) = match self.alone(client, key, when).await {
            Ok(alone) => alone,
            Err(outcome) => return outcome,
        };
        let (outcome, code) = match self.refreshed(client, &session).await {
            Ok(next) => {
                // If the session was ended meanwhile it stays ended, and the new tokens are forgotten with it.
                let kept = self.keep(client, key, &session, next).await;
                (if kept { Outcome::Refreshed } else { Outcome::NotNeeded }, "ok")
            }
            Err(Fault { refusal, follows: Follows::Retry(rotated) }) => {
                let (code, fault, remedy) = (refusal.code(), refusal.fault().name(), refusal.remedy());
                tracing::warn!(
                    code, fault, client = client.name, session = %session.handle, why = %refusal, remedy = %remedy,
                    "a session could not be refreshed; it is kept"
                );
                let [jitter] = self.clock.entropy();
                let failures = lifetime::after_failure(session.tokens.failures, self.clock.steady(), jitter);
                self.keep(client, key, &session, session.not_refreshed(failures, rotated)).await;
                (Outcome::Failed, code)
            }
            Err(Fault { refusal, follows: Follows::End }) => {
                let (code, fault, remedy) = (refusal.code(), refusal.fault().name(), refusal.remedy());
                if refusal.fault() == WhoseFault::Caller {
                    tracing::info!(
                        code, fault, client = client.name, session = %session.handle, why = %refusal,
                        "a session ended when it was to be refreshed"
                    );
                } else {
                    tracing::warn!(
                        code, fault, client = client.name, session = %session.handle, why = %refusal, remedy = %remedy,
                        "a session ended, for it could not be refreshed"
                    );
                }
                session.uses.ended(if refusal.is_about_clocks() { EndedBy::Clocks } else { EndedBy::Itself });
                if let Ok(Some(_)) = self.store.remove(key).await {
                    let ended = &self.metrics.sessions_ended;
                    Metrics::count(ended, &client.name, Ended::RefreshDenied.code());
                    self.metrics.sessions_now(self.store.len());
                }
                (Outcome::Ended(Ended::RefreshDenied), code)
            }
        };
        Metrics::count(&self.metrics.refreshes, &client.name, code);
        outcome
    }

    /// Waits until nobody else refreshes the session, at any replica. Gives it as it is then, if a refresh is still due.
    async fn alone(
        &self,
        client: &Client,
        key: &SessionKey,
        when: When,
    ) -> Result<(Arc<Session>, Lease), Outcome> {
        let mut before = None;
        loop {
            let lease = self.store.lease(key).await.map_err(|_| Outcome::Failed)?;
            // Read only now: whoever was before us has put the new tokens in the store.
            let session = self.store.again(client, key).await.map_err(|_| Outcome::Failed)?;
            let Some(session) = session else { return Err(Outcome::NotNeeded) };
            let now = self.clock.steady();
            let is_newer = before.is_some_and(|version| session.version > version);
            let due = match lifetime::judge(&session, &client.lifetimes, now) {
                Standing::Ended(_) => false,
                Standing::Fresh => {
                    when == When::Now && !is_newer && now >= session.tokens.fetched.after(MIN_AGE)
                }
                Standing::Due | Standing::Stale | Standing::Unusable => true,
            };
            if !due {
                return Err(Outcome::NotNeeded);
            }
            if !lifetime::may_refresh(&session, now) {
                // The pause after one that failed: whoever waits for new tokens has none, and must not be told otherwise.
                return Err(Outcome::Failed);
            }
            if let Some(lease) = lease {
                return Ok((session, lease));
            }
            before.get_or_insert(session.version);
            tokio::time::sleep(ASK_AGAIN).await;
        }
    }

    /// Keeps what came of a refresh, if nothing else came in between. What a provider gave is given once, so a store that does not
    /// answer is asked again for a while.
    async fn keep(&self, client: &Client, key: &SessionKey, before: &Arc<Session>, next: Session) -> bool {
        let mut next = next;
        for _ in 0..KEEP_ATTEMPTS {
            let copy = next.copy();
            match self.store.replace(client, key, before, next).await {
                Ok(replaced) => return replaced,
                Err(fault) => {
                    tracing::warn!(
                        code = "refresh_not_kept", fault = "store", client = client.name,
                        session = %before.handle, why = %fault,
                        "new tokens could not be kept; that is tried again"
                    );
                    tokio::time::sleep(KEEP_AGAIN).await;
                }
            }
            next = copy;
        }
        false
    }

    async fn refreshed(&self, client: &Client, session: &Session) -> Result<Session, Fault> {
        let Some(refresh_token) = &session.tokens.refresh_token else {
            return Err(Fault::passing(Refusal::NotRefreshable));
        };
        let remembered = self.providers.of(client);
        let provider = remembered
            .metadata()
            .await
            .map_err(|fault| Fault::passing(refusal::of_provider(&client.issuer, fault)))?;
        let moment = moment::of(&client.registration.authentication, &self.clock).await;
        let request = token::refresh_request(&provider, &client.registration, refresh_token, &moment)
            .map_err(Fault::passing)?;
        let answer = remembered
            .ask(request, token::MAX_ANSWER_BYTES)
            .await
            .map_err(|fault| Fault::passing(refusal::of_call(&client.issuer, &fault)))?;
        let fetched = self.clock.steady();
        let tokens = token::judge_refresh(&answer).map_err(|fault| match fault.is_final() {
            true => Fault::ending(fault),
            false => Fault::passing(fault),
        })?;
        let source = Source::Refresh { id_token: tokens.id_token.as_ref(), before: &session.claims };
        let now = self.clock.wall();
        let Learned { claims, id_token } =
            claims::learn(remembered, &provider, client, source, &tokens.access_token, now).await.map_err(
                |fault| Fault {
                    // The provider has taken the old refresh token: the new one must be kept, whatever failed after that.
                    follows: if fault.may_pass() {
                        Follows::Retry(tokens.refresh_token.clone())
                    } else {
                        Follows::End
                    },
                    refusal: refusal::of_claims(&client.issuer, fault),
                },
            )?;
        let identity = Identity::from_claims(&claims, client).map_err(Fault::ending)?;
        claims::tell_cut(client, &identity);
        let tokens = SessionTokens {
            id_token: id_token.unwrap_or_else(|| session.tokens.id_token.clone()),
            access_token: SessionTokens::kept(tokens.access_token, client),
            // RFC 6749 section 6: where no new one came, the old one stays good.
            refresh_token: tokens.refresh_token.or_else(|| session.tokens.refresh_token.clone()),
            fetched,
            expires: lifetime::token_expiry(fetched, tokens.expires_in, &client.lifetimes),
            failures: None,
        };
        Ok(session.refreshed(identity, claims, tokens))
    }
}

impl Fault {
    fn passing(refusal: impl Into<Refusal>) -> Self {
        Self { refusal: refusal.into(), follows: Follows::Retry(None) }
    }

    fn ending(refusal: impl Into<Refusal>) -> Self {
        Self { refusal: refusal.into(), follows: Follows::End }
    }
}

/// A refresh under way, or over.
#[derive(Debug)]
pub struct Refresh(watch::Receiver<Option<Outcome>>);

impl Refresh {
    /// Waits for its end, at most so long. `None` if it goes on.
    pub async fn outcome(mut self, patience: Duration) -> Option<Outcome> {
        match tokio::time::timeout(patience, self.0.wait_for(Option::is_some)).await {
            Ok(Ok(outcome)) => *outcome,
            // The task is gone without a word; that leaves the session as it was.
            Ok(Err(_)) => Some(Outcome::Failed),
            Err(_) => None,
        }
    }
}

/// The place of a refresh under way. It is left however the task ends.
struct Place {
    refresher: Arc<Refresher>,
    key: SessionKey,
    outcome: watch::Sender<Option<Outcome>>,
    result: Outcome,
}

impl Place {
    const fn ends_with(&mut self, outcome: Outcome) {
        self.result = outcome;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // First out of the way, then told: whoever comes now finds the store as this refresh left it.
        self.refresher.under_way.remove(&self.key);
        self.outcome.send_replace(Some(self.result));
    }
}

/// Tokens fetched within this time are new enough for anybody.
pub const MIN_AGE: Duration = Duration::from_secs(5);
/// How often those who wait for another replica's refresh look whether it is done.
const ASK_AGAIN: Duration = Duration::from_millis(100);
/// How often, and how long after one another, a store is asked to keep new tokens.
const KEEP_ATTEMPTS: u32 = 60;
const KEEP_AGAIN: Duration = Duration::from_millis(500);
