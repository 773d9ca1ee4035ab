//! Access tokens that callers present: verified by the keys of their issuer, or asked about, and remembered for as long as they are
//! good.
//!
//! ```text
//! token → SHA-256 → remembered? ── yes, and neither over nor signed by keys that changed ──→ Admitted
//!                        │ no
//!                        ├─ a JWT: issuer it names → keys (memory) → access_token::verify ┐
//!                        └─ opaque, or introspection: all → introspection, one question   ┴→ userinfo, if asked for → Admitted
//! ```
//!
//! A token that was seen before waits for nothing. Nothing of a token is kept but its SHA-256. A question that was begun goes on to its end,
//! also when whoever caused it hangs up.

mod asked;
mod remembered;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{self, SHA256};
use quick_cache::sync::Cache;

use super::fetch::{FetchFault, TOTAL_DEADLINE};
use super::flights::Flights;
use super::provider::RememberedProvider;
use super::providers::Providers;
use super::refusal;
use crate::clock::Clock;
use crate::config::Client;
use crate::config::bearer::{Ask, BearerIssuer, BearerTokens};
use crate::config::rule::Rule;
use crate::gate::bearer::{Admitted, Refused};
use crate::gate::refusal::Refusal;
use crate::protocol::access_token::{
    self, AccessToken, AccessTokenExpected, AccessTokenFault, Bearer, Form, Unverified,
};
use crate::protocol::jwks::Keys;
use crate::protocol::secret::Secret;
use crate::protocol::timestamp::Timestamp;
use crate::telemetry::metrics::Metrics;
use asked::Asked;
use remembered::{NEVER, Remembered, Signed, Size, Verdict};

/// What is known of access tokens, and how more is learned.
pub struct Bearers {
    providers: Arc<Providers>,
    known: Arc<Known>,
}

/// Shared with questions that go on when nobody waits for them any more.
struct Known {
    clock: Clock,
    metrics: Arc<Metrics>,
    remembered: Cache<[u8; 32], Remembered, Size>,
    questions: Flights<Verdict>,
}

/// One issuer of a client with what is remembered of it.
#[derive(Clone, Copy)]
struct Source<'a> {
    issuer: &'a Arc<BearerIssuer>,
    provider: &'a Arc<RememberedProvider>,
}

/// A token and the keys that it did not pass with.
struct Tried {
    fault: AccessTokenFault,
    keys: Arc<Keys>,
}

/// What a request asks about its token.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// At which client.
    pub client: &'a Arc<Client>,
    /// What the client takes.
    pub tokens: &'a BearerTokens,
    /// What the request is held to.
    pub rule: &'a Rule,
    /// The token.
    pub token: &'a str,
    /// Whether the caller may have an issuer asked, which anybody can cause without an account.
    pub may_ask: &'a (dyn Fn() -> Result<(), Refusal> + Sync),
}

impl Bearers {
    /// Nothing is known yet.
    pub fn new(providers: Arc<Providers>, clock: Clock, metrics: Arc<Metrics>) -> Self {
        let remembered = Cache::with_weighter(EXPECTED_TOKENS, MAX_REMEMBERED_BYTES, Size);
        let known = Known { clock, metrics, remembered, questions: Flights::none() };
        Self { providers, known: Arc::new(known) }
    }

    /// Whose token it is.
    ///
    /// # Errors
    /// [`Refused`]
    pub async fn judge(&self, question: Question<'_>) -> Result<Arc<Admitted>, Refused> {
        let key = key(&question);
        if let Some(verdict) = self.known.recall(&key) {
            return verdict.into_result();
        }
        match self.lead(&question).map_err(Refused::of_nobody)? {
            Lead::Jwt(mut unverified, source) => {
                let verified = self.verified(source, &mut unverified).await;
                let (token, signed) = verified.map_err(|refusal| Refused::by(source.issuer, refusal))?;
                if question.wants_userinfo(source.issuer) && token.bearer == Bearer::Person {
                    let ask = |asked: Asked| async move { asked.with_userinfo(token, Some(signed)).await };
                    return self.ask(&question, key, source, OnlyIf::Unknown, ask).await;
                }
                let learned = Remembered::of(token, question.client, source.issuer, Some(signed));
                let learned = learned.map_err(|refusal| Refused::by(source.issuer, refusal))?;
                self.known.remember(key, learned.clone());
                learned.verdict.into_result()
            }
            Lead::Ask(source) => {
                let ask = |asked: Asked| async move { asked.about_the_token().await };
                self.ask(&question, key, source, OnlyIf::Always, ask).await
            }
        }
    }

    /// By whom a token says that it is, and, where it says nothing, who is asked about such.
    fn lead<'a>(&'a self, question: &Question<'a>) -> Result<Lead<'a>, Refusal> {
        let providers = self.providers.of_tokens(question.client);
        let sources = || {
            let issuers = question.tokens.issuers.iter().zip(providers);
            issuers.map(|(issuer, provider)| Source { issuer, provider })
        };
        // Nobody is asked for anything because of a token that is refused in any case.
        let taken = |source: Source<'a>| {
            let rule = question.rule;
            let is_taken = rule.issuers.is_empty() || rule.issuers.contains(&source.issuer.name);
            if is_taken { Ok(source) } else { Err(Refusal::BearerIssuerElsewhere) }
        };
        let asked = sources().find(|source| source.issuer.introspection.is_some());
        match (access_token::form(question.token), asked) {
            (Form::Jwt, _) | (Form::EncryptedJwt, None) => {}
            (Form::EncryptedJwt | Form::Opaque, Some(source)) => return Ok(Lead::Ask(taken(source)?)),
            (Form::Opaque, None) => return Err(Refusal::BearerOpaque),
        }
        let unverified = Unverified::read(question.token)?;
        let named = unverified.issuer()?;
        let Some(source) = sources().find(|source| source.issuer.issuer.is_named(named)) else {
            let expected = sources().map(|source| source.issuer.issuer.as_str().to_owned()).collect();
            return Err(AccessTokenFault::Issuer { expected, found: named.to_owned() }.into());
        };
        let source = taken(source)?;
        match &source.issuer.introspection {
            Some(asks) if asks.ask == Ask::All => Ok(Lead::Ask(source)),
            _ => Ok(Lead::Jwt(unverified, source)),
        }
    }

    /// Verifies a JWT by the keys of its issuer, and once more by newer ones if it asks for them and there are any. Hardly ever is
    /// anything waited for: what may wait is apart, and takes no room in what does not.
    async fn verified(
        &self,
        source: Source<'_>,
        unverified: &mut Unverified<'_>,
    ) -> Result<(AccessToken, Signed), Refusal> {
        let expected = expected(source.issuer, self.known.clock.wall());
        let tried = match source.provider.keys_at_once().map(|keys| source.judge(unverified, keys, &expected))
        {
            Some(Err(tried)) if tried.fault.asks_for_new_keys() => Some(tried),
            Some(judged) => return Ok(judged?),
            None => None,
        };
        let waits = verified_by_awaited(source, unverified, &expected, tried);
        Box::pin(within_deadline(source.provider, waits)).await
    }

    /// Asks an issuer. One question at a time for each token, however many requests present it: whoever waits gets the same answer, also
    /// when whoever came first no longer waits for it.
    async fn ask<Answer>(
        &self,
        question: &Question<'_>,
        key: [u8; 32],
        source: Source<'_>,
        only_if: OnlyIf,
        ask: impl FnOnce(Asked) -> Answer + Send + 'static,
    ) -> Result<Arc<Admitted>, Refused>
    where
        Answer: Future<Output = Result<Remembered, Refusal>> + Send,
    {
        let answer = self.known.questions.join(key, |under_way| {
            // Somebody may have had the answer a moment ago.
            if let Some(verdict) = self.known.recall(&key) {
                return Err(verdict);
            }
            let refused = |refusal| Verdict::refused(refusal, source.issuer);
            if under_way >= MAX_QUESTIONS {
                return Err(refused(refusal::of_call(source.provider.issuer(), &FetchFault::TooBusy)));
            }
            (question.may_ask)().map_err(refused)?;
            let asked = Asked {
                known: Arc::clone(&self.known),
                client: Arc::clone(question.client),
                issuer: Arc::clone(source.issuer),
                provider: Arc::clone(source.provider),
                token: Secret::new(question.token),
                wants_userinfo: question.wants_userinfo(source.issuer),
            };
            let (known, issuer, provider) =
                (Arc::clone(&self.known), Arc::clone(source.issuer), Arc::clone(source.provider));
            let client = question.client.name.clone();
            Ok(async move {
                let answer = within_deadline(&provider, ask(asked)).await;
                let code = answer.as_ref().map_or_else(Refusal::code, |_| "ok");
                Metrics::count(&known.metrics.token_questions, &client, code);
                match answer {
                    Ok(learned) => {
                        known.remember(key, learned.clone());
                        learned.verdict
                    }
                    Err(refusal) => known.refused(key, refusal, &issuer, only_if),
                }
            })
        });
        let nothing =
            || Refusal::Internal { what: "a question about a token ended without an answer".into() };
        answer.await.ok_or_else(|| Refused::by(source.issuer, nothing()))?.into_result()
    }
}

impl Known {
    /// What is known of a token, if that is still so.
    fn recall(&self, key: &[u8; 32]) -> Option<Verdict> {
        let known = self.remembered.get(key)?;
        let (wall, steady) = (self.clock.wall(), self.clock.steady());
        if known.is_current(wall, steady) {
            return Some(known.verdict);
        }
        self.remembered.remove_if(key, |known| !known.is_current(wall, steady));
        None
    }

    fn remember(&self, key: [u8; 32], learned: Remembered) {
        self.remembered.insert(key, learned);
        self.metrics.tokens_now(self.remembered.len());
    }

    /// A refusal, remembered for a moment: a provider that cannot be reached is not asked by each request in turn.
    fn refused(
        &self,
        key: [u8; 32],
        refusal: Refusal,
        issuer: &Arc<BearerIssuer>,
        only_if: OnlyIf,
    ) -> Verdict {
        let is_unknown = refusal.status().is_server_error();
        let verdict = Verdict::refused(refusal, issuer);
        if is_unknown || only_if == OnlyIf::Always {
            let pause = if is_unknown { UNKNOWN_FOR } else { REFUSED_FOR };
            let until = self.clock.steady().after(pause);
            self.remember(key, Remembered { verdict: verdict.clone(), expires: NEVER, until });
        }
        verdict
    }
}

/// How it is found out whose a token is.
enum Lead<'a> {
    /// It is a JWT, and names its issuer.
    Jwt(Unverified<'a>, Source<'a>),
    /// The issuer is asked.
    Ask(Source<'a>),
}

/// Which refusals are remembered.
#[derive(Clone, Copy, PartialEq, Eq)]
enum OnlyIf {
    /// All.
    Always,
    /// Those that say nothing about the token.
    Unknown,
}

impl Question<'_> {
    fn wants_userinfo(&self, issuer: &BearerIssuer) -> bool {
        self.rule.userinfo.unwrap_or(issuer.userinfo)
    }
}

impl Source<'_> {
    fn judge(
        self,
        unverified: &mut Unverified<'_>,
        keys: Arc<Keys>,
        expected: &AccessTokenExpected<'_>,
    ) -> Result<(AccessToken, Signed), Tried> {
        match unverified.verify(&keys, expected) {
            Ok(token) => Ok((token, Signed { by: Arc::clone(self.provider), keys: *keys.id() })),
            Err(fault) => Err(Tried { fault, keys }),
        }
    }
}

impl From<Tried> for Refusal {
    fn from(tried: Tried) -> Self {
        tried.fault.into()
    }
}

/// Waits for the keys of an issuer, where there are none yet, and for newer ones than those that were tried.
async fn verified_by_awaited(
    source: Source<'_>,
    unverified: &mut Unverified<'_>,
    expected: &AccessTokenExpected<'_>,
    tried: Option<Tried>,
) -> Result<(AccessToken, Signed), Refusal> {
    let tried = match tried {
        Some(tried) => tried,
        None => {
            let keys = source.provider.keys().await;
            let keys = keys.map_err(|fault| refusal::of_provider(source.provider.issuer(), fault))?;
            match source.judge(unverified, keys, expected) {
                Err(tried) if tried.fault.asks_for_new_keys() => tried,
                judged => return Ok(judged?),
            }
        }
    };
    match source.provider.newer_keys(&tried.keys).await {
        Some(newer) => Ok(source.judge(unverified, newer, expected)?),
        None => Err(tried.into()),
    }
}

/// Nobody waits for a token longer than for one call, however many are made for it.
async fn within_deadline<T>(
    provider: &RememberedProvider,
    learns: impl Future<Output = Result<T, Refusal>>,
) -> Result<T, Refusal> {
    tokio::time::timeout(TOTAL_DEADLINE, learns)
        .await
        .unwrap_or_else(|_| Err(refusal::of_call(provider.issuer(), &FetchFault::TimedOut { at: None })))
}

fn expected(issuer: &BearerIssuer, now: Timestamp) -> AccessTokenExpected<'_> {
    AccessTokenExpected {
        issuer: &issuer.issuer,
        audiences: &issuer.audiences,
        algorithms: &issuer.algorithms,
        profile: issuer.profile,
        client_ids: &issuer.client_ids,
        now,
        leeway: issuer.clock_leeway,
    }
}

/// What a token is remembered by: what comes of one differs by client, and by whether userinfo was asked for.
fn key(question: &Question<'_>) -> [u8; 32] {
    let mut context = digest::Context::new(&SHA256);
    context.update(question.client.name.as_bytes());
    context.update(match question.rule.userinfo {
        None => b"\0-\0",
        Some(true) => b"\0u\0",
        Some(false) => b"\0n\0",
    });
    context.update(question.token.as_bytes());
    let mut key = [0; 32];
    key.copy_from_slice(context.finish().as_ref());
    key
}

impl fmt::Debug for Bearers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bearers({} remembered)", self.known.remembered.len())
    }
}

/// Memory that all tokens may take together, in bytes: some 60,000 of an ordinary kind. Beyond it those that are used least are
/// forgotten, and verified anew.
pub const MAX_REMEMBERED_BYTES: u64 = 64 * 1024 * 1024;
/// Tokens that room is made for at the start.
const EXPECTED_TOKENS: usize = 1024;
/// Tokens that issuers are asked about at once. More wait for nothing: the places for calls are taken for long.
pub const MAX_QUESTIONS: usize = 1024;
/// How long an issuer's no is believed (R-17.6).
pub const REFUSED_FOR: Duration = Duration::from_secs(10);
/// How long an issuer that could not be asked is not asked again about the same token.
pub const UNKNOWN_FOR: Duration = Duration::from_secs(2);
/// How long what userinfo said goes with a token.
pub const USERINFO_FOR: Duration = Duration::from_secs(5 * 60);
