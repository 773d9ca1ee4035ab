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

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{self, SHA256};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use super::fetch::{FetchFault, TOTAL_DEADLINE};
use super::flights::Flights;
use super::provider::RememberedProvider;
use super::providers::Providers;
use super::{claims, moment, refusal, verify};
use crate::clock::Clock;
use crate::config::Client;
use crate::config::bearer::{Ask, BearerIssuer, BearerTokens, Introspection};
use crate::config::rule::Rule;
use crate::gate::bearer::{Admitted, Refused};
use crate::gate::refusal::Refusal;
use crate::protocol::access_token::{
    self, AccessToken, AccessTokenExpected, AccessTokenFault, Bearer, Form, Unverified,
};
use crate::protocol::answer::AnswerFault;
use crate::protocol::discovery::Provider;
use crate::protocol::introspection::{self, Introspected, IntrospectionExpected, IntrospectionFault};
use crate::protocol::jwks::Keys;
use crate::protocol::registration::Credentials;
use crate::protocol::secret::Secret;
use crate::protocol::timestamp::Timestamp;
use crate::protocol::userinfo::{self, UserinfoFault};
use crate::telemetry::metrics::Metrics;

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

/// What is known of one token.
#[derive(Clone)]
struct Remembered {
    verdict: Verdict,
    /// When the token is over, by the wall clock, as its issuer says.
    expires: Timestamp,
    /// Until when it is believed, by the steady clock, which nobody turns back. From then on it is as good as unknown.
    until: Timestamp,
}

#[derive(Clone)]
enum Verdict {
    /// It is good. `signed` is by whose keys, where it was verified by them.
    Good { admitted: Arc<Admitted>, signed: Option<Signed> },
    /// It is not, or it could not be learned whether it is.
    Refused(Arc<Refused>),
}

/// By which key set a token was verified.
#[derive(Clone)]
struct Signed {
    by: Arc<RememberedProvider>,
    keys: [u8; 32],
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

/// What a question needs, to be asked in a task of its own.
struct Asked {
    known: Arc<Known>,
    client: Arc<Client>,
    issuer: Arc<BearerIssuer>,
    provider: Arc<RememberedProvider>,
    token: Secret,
    wants_userinfo: bool,
}

impl Asked {
    /// Asks the issuer about the token, and believes it for as long as the operator says.
    async fn about_the_token(self) -> Result<Remembered, Refusal> {
        let asks = self.issuer.introspection.as_ref().ok_or(IntrospectionFault::NoEndpoint)?;
        let Introspected::Active(members) = self.introspected(asks).await? else {
            return Err(Refusal::BearerInactive);
        };
        let token =
            access_token::judge_introspected(members, &expected(&self.issuer, self.known.clock.wall()))?;
        let until = self.known.clock.steady().after(asks.cache);
        let learned = if self.wants_userinfo && token.bearer == Bearer::Person {
            self.with_userinfo(token, None).await?
        } else {
            Remembered::of(token, &self.client, &self.issuer, None)?
        };
        Ok(Remembered { until: learned.until.min(until), ..learned })
    }

    async fn introspected(&self, asks: &Introspection) -> Result<Introspected, Refusal> {
        let provider = &self.provider;
        let unavailable = |fault| refusal::of_provider(provider.issuer(), fault);
        let metadata = match (&asks.endpoint, provider.remembered_metadata()) {
            (_, Some(known)) => known,
            (Some(_), None) => Arc::new(Provider::unknown(provider.issuer())),
            (None, None) => provider.metadata().await.map_err(unavailable)?,
        };
        let endpoint = asks.endpoint.as_ref().or(metadata.introspection_endpoint());
        let endpoint = endpoint.ok_or(IntrospectionFault::NoEndpoint)?;
        let credentials = Credentials { client_id: &asks.client_id, authentication: &asks.authentication };
        let form =
            if asks.algorithm.is_some() { introspection::Form::Jwt } else { introspection::Form::Json };
        let moment = moment::of(&asks.authentication, &self.known.clock).await;
        let token = self.token.expose();
        let request = introspection::request(endpoint, &metadata, credentials, token, form, &moment)
            .map_err(IntrospectionFault::from)?;
        let answer = self.call(request, introspection::MAX_ANSWER_BYTES).await?;
        let Some(algorithm) = asks.algorithm else { return Ok(introspection::judge(&answer)?) };
        let signed = introspection::token_in(&answer)?;
        let expected = IntrospectionExpected {
            issuer: &self.issuer.issuer,
            client_id: &asks.client_id,
            algorithm,
            now: self.known.clock.wall(),
            leeway: self.issuer.clock_leeway,
        };
        let verify = |keys: &_| introspection::verify(&signed, keys, &expected);
        let verified = verify::with_keys(provider, None, verify, IntrospectionFault::asks_for_new_keys);
        Ok(verified.await.map_err(unavailable)??)
    }

    /// One call. An issuer that says that it cannot answer now is as one that cannot be reached: the token may be good.
    async fn call(&self, request: Request<Vec<u8>>, limit: usize) -> Result<Response<Bytes>, Refusal> {
        let issuer = self.provider.issuer();
        let answer = self.provider.ask_about_token(request, limit).await;
        let answer = answer.map_err(|fault| refusal::of_call(issuer, &fault))?;
        let status = answer.status();
        if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
            return Err(refusal::of_status(issuer, status));
        }
        Ok(answer)
    }

    /// Adds what userinfo says of the person.
    async fn with_userinfo(
        &self,
        mut token: AccessToken,
        signed: Option<Signed>,
    ) -> Result<Remembered, Refusal> {
        let provider = &self.provider;
        let metadata = provider.metadata().await;
        let metadata = metadata.map_err(|fault| refusal::of_provider(provider.issuer(), fault))?;
        // Headers that stay empty for want of an endpoint would look like a person of whom nothing is known.
        let request = userinfo::request(&metadata, &self.token, userinfo::Form::Json)
            .ok_or(UserinfoFault::NoEndpoint)?;
        let answer = self.call(request, userinfo::MAX_ANSWER_BYTES).await?;
        match userinfo::judge(&answer, token.claims.sub()) {
            Ok(said) => token.claims.merge_userinfo(said),
            // RFC 6750 section 3.1: the issuer no longer takes its own token.
            Err(UserinfoFault::Answer(AnswerFault::Status { status: 401 })) => {
                return Err(Refusal::BearerInactive);
            }
            Err(fault) => return Err(fault.into()),
        }
        let until = self.known.clock.steady().after(USERINFO_FOR);
        Ok(Remembered { until, ..Remembered::of(token, &self.client, &self.issuer, signed)? })
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

impl Remembered {
    /// A token that was believed, until it is over.
    fn of(
        token: AccessToken,
        client: &Client,
        issuer: &Arc<BearerIssuer>,
        signed: Option<Signed>,
    ) -> Result<Self, Refusal> {
        let expires = token.expires.map_or(NEVER, |at| at.after(issuer.clock_leeway));
        let admitted = Arc::new(Admitted::new(token, client, issuer)?);
        claims::tell_cut(client, admitted.identity());
        Ok(Self { verdict: Verdict::Good { admitted, signed }, expires, until: NEVER })
    }

    /// Whether it is still so: neither over, nor verified by keys that have changed since, or can no longer be used.
    fn is_current(&self, wall: Timestamp, steady: Timestamp) -> bool {
        let signed_by_current =
            |signed: &Signed| signed.by.keys_now().is_some_and(|keys| *keys.id() == signed.keys);
        wall < self.expires
            && steady < self.until
            && match &self.verdict {
                Verdict::Good { signed, .. } => signed.as_ref().is_none_or(signed_by_current),
                Verdict::Refused(_) => true,
            }
    }
}

impl Verdict {
    fn refused(refusal: Refusal, issuer: &Arc<BearerIssuer>) -> Self {
        Self::Refused(Arc::new(Refused::by(issuer, refusal)))
    }

    fn into_result(self) -> Result<Arc<Admitted>, Refused> {
        match self {
            Self::Good { admitted, .. } => Ok(admitted),
            Self::Refused(refused) => Err(Arc::unwrap_or_clone(refused)),
        }
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

/// The memory that one token takes.
#[derive(Clone)]
struct Size;

impl Weighter<[u8; 32], Remembered> for Size {
    fn weight(&self, _: &[u8; 32], remembered: &Remembered) -> u64 {
        let inner = match &remembered.verdict {
            Verdict::Good { admitted, .. } => admitted.size(),
            Verdict::Refused(_) => REFUSAL_BYTES,
        };
        u64::try_from(inner + ENTRY_BYTES).unwrap_or(u64::MAX)
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
/// Later than any time.
const NEVER: Timestamp = Timestamp::from_seconds(u64::MAX);
/// An entry without what is in it: key, times, pointers, its place in the table.
const ENTRY_BYTES: usize = 192;
/// A refusal with its texts.
const REFUSAL_BYTES: usize = 256;

#[cfg(test)]
mod tests {
    use super::{NEVER, Refusal, Refused, Remembered, Timestamp, Verdict};

    /// XT-03: whatever becomes of the wall clock, nothing is believed for longer than it may be.
    #[test]
    fn what_is_remembered_ends_in_time_where_the_wall_clock_is_turned_back() {
        let at = Timestamp::from_seconds;
        let verdict = Verdict::Refused(Refused::of_nobody(Refusal::BearerInactive).into());
        let remembered = |expires, until| Remembered { verdict: verdict.clone(), expires, until };
        let rows = [
            ("time goes by", remembered(NEVER, at(1_010)), 1_009, 1_009, true),
            ("and is over", remembered(NEVER, at(1_010)), 1_010, 1_010, false),
            (
                "the wall clock is turned back by hours",
                remembered(NEVER, at(100_010)),
                50_000,
                100_010,
                false,
            ),
            ("the token is over", remembered(at(2_000), NEVER), 2_000, 1_500, false),
            (
                "the wall clock jumped ahead, and is set right",
                remembered(at(9_000), at(5_060)),
                1_000,
                5_060,
                false,
            ),
        ];
        for (name, remembered, wall, steady, current) in rows {
            assert_eq!(remembered.is_current(at(wall), at(steady)), current, "{name}");
        }
    }
}
