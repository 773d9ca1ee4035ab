//! What is remembered of one provider: its metadata and its keys.
//!
//! Nothing is asked before somebody needs it or the background task comes round; whatever was good once is kept until
//! something newer is, and however many ask, there is one call at a time and at least [`MIN_RETRY`] between two.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Mutex;

use super::fetch::{FetchFault, Fetcher};
use crate::clock::Clock;
use crate::config::ProviderSettings;
use crate::protocol::discovery::{self, DiscoveryFault, Provider};
use crate::protocol::issuer::Issuer;
use crate::protocol::jwks::{self, JwksFault, Keys};
use crate::protocol::skew::Skew;
use crate::protocol::timestamp::Timestamp;

/// One provider, shared by all clients that name its issuer and reach it in the same way.
pub struct RememberedProvider {
    issuer: Issuer,
    settings: ProviderSettings,
    fetcher: Fetcher,
    clock: Clock,
    known: RwLock<Known>,
    /// Held while metadata is fetched.
    fetching_metadata: Mutex<()>,
    /// Held while keys are fetched.
    fetching_keys: Mutex<()>,
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
    /// Of the last answer that told its time.
    skew: Option<Skew>,
    /// When the log was last told of it.
    skew_told: Option<Timestamp>,
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
    pub fn new(issuer: Issuer, settings: ProviderSettings, clock: Clock) -> Result<Self, String> {
        let fetcher = Fetcher::new()?;
        let provider = settings
            .metadata
            .clone()
            .map(|provider| Learned { value: Arc::new(provider), at: clock.steady() });
        Ok(Self {
            issuer,
            settings,
            fetcher,
            clock,
            known: RwLock::new(Known { provider, ..Known::default() }),
            fetching_metadata: Mutex::default(),
            fetching_keys: Mutex::default(),
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

    /// The keys, remembered for at most [`MAX_KEYS_AGE`] or asked for now.
    ///
    /// # Errors
    /// [`ProviderFault`]: what the last attempt said, if that was less than [`MIN_RETRY`] ago.
    pub async fn keys(&self) -> Result<Arc<Keys>, ProviderFault> {
        if let Some(keys) = self.remembered_keys() {
            return Ok(keys);
        }
        let _turn = self.fetching_keys.lock().await;
        if let Some(keys) = self.remembered_keys() {
            return Ok(keys);
        }
        if let Some((at, Some(fault))) = self.read(|known| known.keys_attempt.clone())
            && self.clock.steady() < at.after(MIN_RETRY)
        {
            return Err(fault);
        }
        self.fetch_keys().await
    }

    /// The keys after a token named one that `tried` has not, or did not fit the one it named: fetched again, but at most once
    /// per [`KEYS_REFETCH_INTERVAL`] over all callers. `None` if there is nothing newer than `tried`.
    pub async fn newer_keys(&self, tried: &Arc<Keys>) -> Option<Arc<Keys>> {
        let _turn = self.fetching_keys.lock().await;
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
        if may_ask { self.fetch_keys().await.ok() } else { None }
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

    /// How far this provider's clock is from ours, by the last answer that told its time.
    pub fn skew(&self) -> Option<Skew> {
        self.read(|known| known.skew)
    }

    /// Learns metadata and keys before anybody waits for them, and again every [`RELEARN`]; ends with the process. `jitter`
    /// spreads the pauses, so that many replicas do not ask at the same moment. `failed` is told what is wrong when that
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
            let pause = if learned { RELEARN } else { backoff(failures) };
            let spread = pause.mul_f64(0.5 * f64::from(jitter()) / f64::from(u8::MAX));
            tokio::time::sleep(pause / 2 + spread).await;
        }
    }

    async fn relearn(&self) -> Result<(), ProviderFault> {
        // What the operator wrote does not grow old.
        if self.settings.metadata.is_none() {
            let _turn = self.fetching_metadata.lock().await;
            self.fetch_metadata().await?;
        }
        let _turn = self.fetching_keys.lock().await;
        let attempted = self.read(|known| known.keys_attempt.as_ref().map(|(at, _)| *at));
        if attempted.is_none_or(|at| self.clock.steady() >= at.after(MIN_RETRY)) {
            self.fetch_keys().await?;
        }
        Ok(())
    }

    /// To be called by the holder of `fetching_metadata` only.
    async fn fetch_metadata(&self) -> Result<Arc<Provider>, ProviderFault> {
        let answer = self.ask(discovery::request(&self.issuer), discovery::MAX_ANSWER_BYTES).await;
        let judged = match answer {
            Ok(answer) => discovery::judge(&answer, &self.issuer).map_err(ProviderFault::Discovery),
            Err(fault) => Err(ProviderFault::Fetch(fault)),
        };
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

    /// To be called by the holder of `fetching_keys` only.
    async fn fetch_keys(&self) -> Result<Arc<Keys>, ProviderFault> {
        let judged = match self.metadata().await {
            Ok(provider) => match self.ask(jwks::request(&provider), jwks::MAX_ANSWER_BYTES).await {
                Ok(answer) => jwks::judge(&answer).map_err(ProviderFault::Jwks),
                Err(fault) => Err(ProviderFault::Fetch(fault)),
            },
            Err(fault) => Err(fault),
        };
        let now = self.clock.steady();
        self.write(|known| {
            known.keys_attempt = Some((now, judged.as_ref().err().cloned()));
            let value = Arc::new(judged?);
            known.keys = Some(Learned { value: Arc::clone(&value), at: now });
            Ok(value)
        })
    }

    /// To where this provider is reached from here.
    fn addressed(&self, mut request: http::Request<Vec<u8>>) -> http::Request<Vec<u8>> {
        if let Some(backchannel_url) = &self.settings.backchannel_url {
            backchannel_url.redirect(&mut request, &self.issuer);
        }
        request
    }

    /// told before a time check fails, and not with each answer.
    fn compare_clocks(&self, answer: &http::Response<Bytes>, sent: Timestamp) {
        let Some(skew) = Skew::of_answer(answer, sent, self.clock.wall()) else { return };
        let now = self.clock.steady();
        let tell = self.write(|known| {
            known.skew = Some(skew);
            let due = known.skew_told.is_none_or(|at| now >= at.after(TELL_SKEW_EVERY));
            let tell = due && skew.is_worth_telling();
            if tell {
                known.skew_told = Some(now);
            }
            tell
        });
        if tell {
            tracing::warn!(
                code = "provider_clock", fault = "operator", issuer = %self.issuer, seconds = skew.seconds(), why = %skew,
                remedy = "Set the clocks of both machines by a time server; until then raise clock_leeway, if it must be.",
                "the clocks disagree"
            );
        }
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
/// Keys that could not be fetched again for so long are no longer used.
pub const MAX_KEYS_AGE: Duration = Duration::from_secs(24 * 60 * 60);
/// Between two rounds of the background task when all is well, at most; at least half of it.
pub const RELEARN: Duration = Duration::from_secs(60 * 60);
/// The longest pause of the background task when the provider does not answer.
const MAX_BACKOFF: Duration = Duration::from_secs(20);
/// That the clocks disagree is logged again after so long, if they still do.
const TELL_SKEW_EVERY: Duration = Duration::from_secs(60 * 60);
