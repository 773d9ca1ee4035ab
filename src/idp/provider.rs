//! What is remembered of one provider: its metadata and its keys.
//!
//! Nothing is asked before somebody needs it or the background task comes round; whatever was good once is kept until
//! something newer is, and however many ask, there is one call at a time and at least [`MIN_RETRY`] between two.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{Mutex, Semaphore};

use super::clocks::Clocks;
use super::fetch::{FetchFault, Fetcher};
use super::file;
use super::refusal;
use crate::clock::Clock;
use crate::config::{KeySource, ProviderSettings, Purpose};
use crate::protocol::client_authentication::bearer_in_file;
use crate::protocol::discovery::{self, DiscoveryFault, Provider};
use crate::protocol::issuer::Issuer;
use crate::protocol::jwks::{self, JwksFault, Keys, SkippedKey};
use crate::protocol::skew::Skew;
use crate::protocol::timestamp::Timestamp;
use crate::protocol::tls_identity::TlsIdentity;

/// One provider, shared by all clients that name its issuer and reach it in the same way.
pub struct RememberedProvider {
    issuer: Issuer,
    settings: ProviderSettings,
    fetcher: Fetcher,
    clock: Clock,
    clocks: Clocks,
    known: RwLock<Known>,
    /// Held while metadata is fetched.
    fetching_metadata: Mutex<()>,
    /// Held while keys are fetched.
    fetching_keys: Arc<Mutex<()>>,
    /// Those who wait for newer keys.
    waiting_for_keys: Semaphore,
}

/// Why a provider is of no use right now.
#[derive(Clone, Debug)]
pub enum ProviderFault {
    /// It could not be asked.
    Fetch(FetchFault),
    /// Its metadata is not acceptable.
    Discovery(DiscoveryFault),
    /// Its keys are not acceptable.
    Jwks(JwksFault),
    /// A file of this machine that is needed for it cannot be used.
    File(FileTrouble),
}

/// Why a file of this machine cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileTrouble {
    /// Its setting.
    pub setting: &'static str,
    /// What is in the way.
    pub why: String,
}

/// What was learned, and when.
#[derive(Default)]
struct Known {
    provider: Option<Learned<Provider>>,
    keys: Option<Learned<Keys>>,
    /// The last attempt to fetch metadata and why it failed.
    metadata_failure: Option<(Timestamp, ProviderFault)>,
    /// The last attempt to fetch keys, and why it failed if it did.
    keys_attempt: Option<(Timestamp, Option<ProviderFault>)>,
    /// The last fetch of keys that a token caused.
    keys_refetched: Option<Timestamp>,
    /// The keys that were skipped when the log was last told of some.
    skipped: Vec<SkippedKey>,
}

struct Learned<T> {
    value: Arc<T>,
    at: Timestamp,
}

impl RememberedProvider {
    /// Nothing is known yet but what the operator wrote, and nobody is asked yet.
    ///
    /// # Errors
    /// As [`Fetcher::new`].
    pub fn new(
        issuer: Issuer,
        settings: ProviderSettings,
        identity: Option<&TlsIdentity>,
        clock: Clock,
    ) -> Result<Self, String> {
        let fetcher = Fetcher::new(&issuer, &settings, identity, &clock)?;
        let provider = settings
            .metadata
            .clone()
            .map(|provider| Learned { value: Arc::new(provider), at: clock.steady() });
        Ok(Self {
            issuer,
            settings,
            fetcher,
            clock,
            clocks: Clocks::default(),
            known: RwLock::new(Known { provider, ..Known::default() }),
            fetching_metadata: Mutex::default(),
            fetching_keys: Arc::default(),
            waiting_for_keys: Semaphore::const_new(MAX_WAITING_FOR_KEYS),
        })
    }

    /// How it is reached, and what was known of it beforehand.
    pub const fn settings(&self) -> &ProviderSettings {
        &self.settings
    }

    /// The issuer.
    pub const fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// The metadata, remembered or, if there is none yet, asked for now.
    ///
    /// # Errors
    /// [`ProviderFault`]: what the last attempt said, if that was less than [`MIN_RETRY`] ago.
    pub async fn metadata(&self) -> Result<Arc<Provider>, ProviderFault> {
        if let Some(provider) = self.remembered_metadata() {
            return Ok(provider);
        }
        let _turn = self.fetching_metadata.lock().await;
        if let Some(provider) = self.remembered_metadata() {
            return Ok(provider);
        }
        let failed = self.read(|known| known.metadata_failure.clone());
        if let Some((at, fault)) = failed
            && self.clock.steady() < at.after(MIN_RETRY)
        {
            return Err(fault);
        }
        self.fetch_metadata().await
    }

    /// The metadata, if it is known.
    pub fn remembered_metadata(&self) -> Option<Arc<Provider>> {
        self.read(|known| known.provider.as_ref().map(|learned| Arc::clone(&learned.value)))
    }

    /// How long ago metadata was learned; none if it is not known. For the operator.
    pub fn metadata_age(&self) -> Option<Duration> {
        let now = self.clock.steady();
        self.read(|known| known.provider.as_ref().map(|learned| now.since(learned.at)))
    }

    /// The keys, remembered for as long as the provider says and asked for again after that. If they cannot be had, those that there
    /// are stay in use, for at most [`MAX_KEYS_AGE`].
    ///
    /// # Errors
    /// [`ProviderFault`]: what the last attempt said, if that was less than [`MIN_RETRY`] ago.
    pub async fn keys(&self) -> Result<Arc<Keys>, ProviderFault> {
        if let Some(keys) = self.fresh_keys() {
            return Ok(keys);
        }
        let _turn = self.fetching_keys.lock().await;
        if let Some(keys) = self.fresh_keys() {
            return Ok(keys);
        }
        // Whoever has keys, old as they are, is not made to wait for a provider that just failed to give new ones.
        let pause = if self.remembered_keys().is_some() { KEYS_REFETCH_INTERVAL } else { MIN_RETRY };
        let answer = match self.read(|known| known.keys_attempt.clone()) {
            Some((at, Some(fault))) if self.clock.steady() < at.after(pause) => Err(fault),
            _ => self.fetch_keys().await,
        };
        answer.or_else(|fault| self.remembered_keys().ok_or(fault))
    }

    /// The keys after a token named one that `tried` has not, or did not fit the one it named: fetched again, but at most once
    /// per [`KEYS_REFETCH_INTERVAL`] over all callers. `None` if there is nothing newer than `tried`.
    ///
    /// The fetch goes on in a task of its own: somebody who hangs up must not use up what is allowed in that time for nothing.
    pub async fn newer_keys(self: &Arc<Self>, tried: &Arc<Keys>) -> Option<Arc<Keys>> {
        let Ok(_place) = self.waiting_for_keys.try_acquire() else { return None };
        let turn = Arc::clone(&self.fetching_keys).lock_owned().await;
        if let Some(keys) = self.remembered_keys()
            && !Arc::ptr_eq(&keys, tried)
        {
            return Some(keys);
        }
        let now = self.clock.steady();
        let may_ask = self.write(|known| {
            let due = known.keys_refetched.is_none_or(|at| now >= at.after(KEYS_REFETCH_INTERVAL));
            if due {
                known.keys_refetched = Some(now);
            }
            due
        });
        if !may_ask {
            return None;
        }
        let provider = Arc::clone(self);
        let fetches = tokio::spawn(async move {
            let _turn = turn;
            provider.fetch_keys().await.ok()
        });
        fetches.await.ok()?
    }

    /// The keys that there are, for a request that is not to wait: where they are no longer fresh, they are used while newer ones are
    /// asked for, in a task of its own. None if there are none; [`Self::keys`] waits for them.
    pub fn keys_at_once(self: &Arc<Self>) -> Option<Arc<Keys>> {
        if let Some(keys) = self.fresh_keys() {
            return Some(keys);
        }
        let keys = self.remembered_keys()?;
        // Whoever holds it is asking already.
        if self.fetching_keys.try_lock().is_ok() {
            let provider = Arc::clone(self);
            tokio::spawn(async move { provider.keys().await });
        }
        Some(keys)
    }

    /// The keys that there are, fresh or not; nobody is asked.
    pub fn keys_now(&self) -> Option<Arc<Keys>> {
        self.remembered_keys()
    }

    /// Sends a request of the protocol to this provider.
    ///
    /// # Errors
    /// [`FetchFault`].
    pub async fn ask(
        &self,
        request: http::Request<Vec<u8>>,
        limit: usize,
    ) -> Result<http::Response<Bytes>, FetchFault> {
        let (request, sent) = (self.addressed(request), self.clock.wall());
        let answer = self.fetcher.fetch(request, limit).await?;
        self.compare_clocks(&answer, sent);
        Ok(answer)
    }

    /// Sends a request that anybody can cause without an account; it takes no place from those that keep people signed in.
    ///
    /// # Errors
    /// [`FetchFault`].
    pub async fn ask_for_stranger(
        &self,
        request: http::Request<Vec<u8>>,
        limit: usize,
    ) -> Result<http::Response<Bytes>, FetchFault> {
        let (request, sent) = (self.addressed(request), self.clock.wall());
        let answer = self.fetcher.fetch_for_stranger(request, limit).await?;
        self.compare_clocks(&answer, sent);
        Ok(answer)
    }

    /// Sends a request about an access token that somebody presents; it takes no place from those who sign in.
    ///
    /// # Errors
    /// [`FetchFault`].
    pub async fn ask_about_token(
        &self,
        request: http::Request<Vec<u8>>,
        limit: usize,
    ) -> Result<http::Response<Bytes>, FetchFault> {
        let (request, sent) = (self.addressed(request), self.clock.wall());
        let answer = self.fetcher.fetch_about_token(request, limit).await?;
        self.compare_clocks(&answer, sent);
        Ok(answer)
    }

    /// How far this provider's clock is from ours, by the last answer that told its time.
    pub fn skew(&self) -> Option<Skew> {
        self.clocks.skew()
    }

    /// Learns metadata and keys before anybody waits for them, and again every [`ProviderSettings::keys_refresh`]; ends with the
    /// process. `jitter` spreads the pauses, so that many replicas do not ask at the same moment. `failed` is told what is wrong when that
    /// changes, not at each attempt.
    pub async fn keep_learning(&self, jitter: impl Fn() -> u8, failed: impl Fn(ProviderFault)) {
        let mut failures = 0_u32;
        let mut told = String::new();
        loop {
            let learned = match self.relearn().await {
                Ok(()) => {
                    if !std::mem::take(&mut told).is_empty() {
                        tracing::info!(code = "provider_answers", issuer = %self.issuer, "the provider answers again");
                    }
                    true
                }
                Err(fault) => {
                    let why = fault.to_string();
                    if told != why {
                        failed(fault);
                        told = why;
                    }
                    false
                }
            };
            failures = if learned { 0 } else { failures.saturating_add(1) };
            let pause = if learned { self.settings.keys_refresh } else { backoff(failures) };
            let spread = pause.mul_f64(0.5 * f64::from(jitter()) / f64::from(u8::MAX));
            tokio::time::sleep(pause / 2 + spread).await;
        }
    }

    async fn relearn(&self) -> Result<(), ProviderFault> {
        // What the operator wrote does not grow old.
        if self.settings.metadata.is_none() && self.settings.purpose != Purpose::TokensUndiscovered {
            let _turn = self.fetching_metadata.lock().await;
            self.fetch_metadata().await?;
        }
        if self.settings.keys == KeySource::Unneeded {
            return Ok(());
        }
        let _turn = self.fetching_keys.lock().await;
        let attempted = self.read(|known| known.keys_attempt.as_ref().map(|(at, _)| *at));
        // Keys that may be remembered for long are asked for again when half of that is over, before anybody has to wait, and no
        // later than the operator wants.
        let young = self.read(|known| {
            let old = |keys: &Keys| keys.fresh_for().min(self.settings.keys_refresh) / 2;
            let keys = known.keys.as_ref();
            keys.is_some_and(|keys| self.clock.steady() < keys.at.after(old(&keys.value)))
        });
        if !young && attempted.is_none_or(|at| self.clock.steady() >= at.after(MIN_RETRY)) {
            self.fetch_keys().await?;
        }
        Ok(())
    }

    /// To be called by the holder of `fetching_metadata` only.
    async fn fetch_metadata(&self) -> Result<Arc<Provider>, ProviderFault> {
        let judge = match self.settings.purpose {
            Purpose::SignIn => discovery::judge,
            Purpose::Tokens | Purpose::TokensUndiscovered => discovery::judge_for_tokens,
        };
        let answer = self.ask_as_known(discovery::request(&self.issuer), discovery::MAX_ANSWER_BYTES).await;
        let judged = answer.and_then(|answer| judge(&answer, &self.issuer).map_err(ProviderFault::Discovery));
        let now = self.clock.steady();
        self.write(|known| match judged {
            Ok(provider) => {
                let value = Arc::new(provider);
                known.provider = Some(Learned { value: Arc::clone(&value), at: now });
                known.metadata_failure = None;
                Ok(value)
            }
            Err(fault) => {
                known.metadata_failure = Some((now, fault.clone()));
                Err(fault)
            }
        })
    }

    async fn keys_from_source(&self) -> Result<Keys, ProviderFault> {
        let at = match &self.settings.keys {
            KeySource::File(path) => {
                let contents = file::read(path.clone()).await;
                let contents =
                    contents.map_err(|why| ProviderFault::File(FileTrouble { setting: "jwks_file", why }))?;
                return jwks::judge_file(&contents).map_err(ProviderFault::Jwks);
            }
            KeySource::At(endpoint) => endpoint.clone(),
            KeySource::Announced | KeySource::Unneeded => {
                let missing = || ProviderFault::Discovery(DiscoveryFault::Missing { member: "jwks_uri" });
                self.metadata().await?.jwks_uri().cloned().ok_or_else(missing)?
            }
        };
        let answer = self.ask_as_known(jwks::request(&at), jwks::MAX_ANSWER_BYTES).await?;
        jwks::judge(&answer).map_err(ProviderFault::Jwks)
    }

    /// Asks for what a provider publishes, as somebody whom it knows if it wants that.
    async fn ask_as_known(
        &self,
        mut request: http::Request<Vec<u8>>,
        limit: usize,
    ) -> Result<http::Response<Bytes>, ProviderFault> {
        if let Some(path) = &self.settings.token_file {
            let trouble = |why| ProviderFault::File(FileTrouble { setting: "provider_token_file", why });
            let read = file::read_secret(path.clone()).await.map_err(trouble)?;
            let token = bearer_in_file(&read).map_err(|fault| trouble(fault.to_string()))?;
            let mut value = http::HeaderValue::try_from(format!("Bearer {}", token.expose()))
                .map_err(|_| trouble("what it holds does not fit a header".to_owned()))?;
            value.set_sensitive(true);
            request.headers_mut().insert(http::header::AUTHORIZATION, value);
        }
        self.ask(request, limit).await.map_err(ProviderFault::Fetch)
    }

    /// To be called by the holder of `fetching_keys` only.
    async fn fetch_keys(&self) -> Result<Arc<Keys>, ProviderFault> {
        let judged = self.keys_from_source().await;
        let now = self.clock.steady();
        let (keys, skips_others) = self.write(|known| {
            known.keys_attempt = Some((now, judged.as_ref().err().cloned()));
            let value = Arc::new(judged?);
            let skips_others = known.skipped != value.skipped();
            known.skipped = value.skipped().to_vec();
            known.keys = Some(Learned { value: Arc::clone(&value), at: now });
            Ok::<_, ProviderFault>((value, skips_others))
        })?;
        if skips_others {
            refusal::log_skipped_keys(&self.issuer, keys.skipped());
        }
        Ok(keys)
    }

    /// To where this provider is reached from here.
    fn addressed(&self, mut request: http::Request<Vec<u8>>) -> http::Request<Vec<u8>> {
        if let Some(backchannel_url) = &self.settings.backchannel_url {
            backchannel_url.redirect(&mut request, &self.issuer);
        }
        request
    }

    fn compare_clocks(&self, answer: &http::Response<Bytes>, sent: Timestamp) {
        self.clocks.compare(answer, (sent, self.clock.wall()), &self.issuer, self.clock.steady());
    }

    /// Keys that are no older than the provider lets them be.
    fn fresh_keys(&self) -> Option<Arc<Keys>> {
        let now = self.clock.steady();
        self.read(|known| {
            let learned = known.keys.as_ref()?;
            (now < learned.at.after(learned.value.fresh_for())).then(|| Arc::clone(&learned.value))
        })
    }

    fn remembered_keys(&self) -> Option<Arc<Keys>> {
        let now = self.clock.steady();
        self.read(|known| {
            let learned = known.keys.as_ref()?;
            (now < learned.at.after(MAX_KEYS_AGE)).then(|| Arc::clone(&learned.value))
        })
    }

    fn read<T>(&self, look: impl FnOnce(&Known) -> T) -> T {
        look(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write<T>(&self, change: impl FnOnce(&mut Known) -> T) -> T {
        change(&mut self.known.write().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for RememberedProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RememberedProvider({})", self.issuer)
    }
}

impl fmt::Display for ProviderFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fetch(fault) => fault.fmt(f),
            Self::Discovery(fault) => fault.fmt(f),
            Self::Jwks(fault) => fault.fmt(f),
            Self::File(FileTrouble { setting, why }) => write!(f, "{setting}: {why}"),
        }
    }
}

/// The pause before attempt number `failures` + 1: 1, 2, 4, 8, 16 and then always 20 seconds. With the jitter a provider that
/// comes back is found within 20 s even if nobody signs in.
fn backoff(failures: u32) -> Duration {
    Duration::from_secs(1 << failures.saturating_sub(1).min(5)).min(MAX_BACKOFF)
}

/// Between two attempts to fetch what is missing, however many ask.
pub const MIN_RETRY: Duration = Duration::from_secs(2);
/// Between two fetches of keys because of a token that names an unknown one.
pub const KEYS_REFETCH_INTERVAL: Duration = Duration::from_secs(30);
/// Requests that wait for newer keys of one provider. More get their answer by the keys that there are.
pub const MAX_WAITING_FOR_KEYS: usize = 256;
/// Keys that could not be fetched again for so long are no longer used.
pub const MAX_KEYS_AGE: Duration = Duration::from_secs(24 * 60 * 60);
/// The longest pause of the background task when the provider does not answer.
const MAX_BACKOFF: Duration = Duration::from_secs(20);
