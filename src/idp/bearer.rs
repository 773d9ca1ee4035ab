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
//! A token that was seen before waits for nothing. Nothing of a token is kept but its SHA-256.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{self, SHA256};
use quick_cache::Weighter;
use quick_cache::sync::Cache;

use super::provider::RememberedProvider;
use super::providers::Providers;
use super::{moment, refusal, verify};
use crate::clock::Clock;
use crate::config::Client;
use crate::config::bearer::{Ask, BearerIssuer, BearerTokens, Introspection, Rule};
use crate::gate::bearer::Admitted;
use crate::gate::refusal::Refusal;
use crate::protocol::access_token::{
    self, AccessToken, AccessTokenExpected, AccessTokenFault, Bearer, Form, Unverified,
};
use crate::protocol::answer::AnswerFault;
use crate::protocol::discovery::Provider;
use crate::protocol::introspection::{self, Introspected, IntrospectionExpected, IntrospectionFault};
use crate::protocol::registration::Credentials;
use crate::protocol::secret::Secret;
use crate::protocol::timestamp::Timestamp;
use crate::protocol::userinfo::{self, UserinfoFault};

/// What is known of access tokens, and how more is learned.
pub struct Bearers {
    providers: Arc<Providers>,
    clock: Clock,
    remembered: Cache<[u8; 32], Remembered, Size>,
}

/// What is known of one token.
#[derive(Clone)]
struct Remembered {
    verdict: Verdict,
    /// From then on it is as good as unknown.
    until: Timestamp,
}

#[derive(Clone)]
enum Verdict {
    /// It is good. `signed` is by whose keys, where it was verified by them.
    Good { admitted: Arc<Admitted>, signed: Option<Signed> },
    /// It is not, or it could not be learned whether it is.
    Refused(Arc<Refusal>),
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

/// What a request asks about its token.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// At which client.
    pub client: &'a Client,
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
    pub fn new(providers: Arc<Providers>, clock: Clock) -> Self {
        let remembered = Cache::with_weighter(EXPECTED_TOKENS, MAX_REMEMBERED_BYTES, Size);
        Self { providers, clock, remembered }
    }

    /// Whose token it is.
    ///
    /// # Errors
    /// Why it is not believed, or why that cannot be known now.
    pub async fn judge(&self, question: Question<'_>) -> Result<Arc<Admitted>, Refusal> {
        let now = self.clock.wall();
        let key = key(&question);
        if let Some(known) = self.remembered.get(&key) {
            if known.is_current(now) {
                return known.verdict.into_result();
            }
            self.remembered.remove_if(&key, |known| !known.is_current(now));
        }
        match self.lead(&question)? {
            Lead::Jwt(mut unverified, source) if !question.wants_userinfo(source.issuer) => {
                let verified = self.verified(&question, source, &mut unverified, now).await?;
                self.remembered.insert(key, verified.clone());
                verified.verdict.into_result()
            }
            // One question at a time for each token, however many requests present it: whoever waits gets the same answer.
            Lead::Jwt(mut unverified, source) => {
                let verified = self.remembered.get_or_insert_async(&key, async {
                    let verified = self.verified(&question, source, &mut unverified, now).await;
                    verified.or_else(|refusal| self.refused(refusal, OnlyIf::Unknown))
                });
                verified.await?.verdict.into_result()
            }
            Lead::Ask(source, asks) => {
                let answer = self.remembered.get_or_insert_async(&key, async {
                    (question.may_ask)()?;
                    let answer = self.asked(&question, source, asks).await;
                    answer.or_else(|refusal| self.refused(refusal, OnlyIf::Always))
                });
                answer.await?.verdict.into_result()
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
        let asked = sources().find_map(|source| Some((source, source.issuer.introspection.as_ref()?)));
        match (access_token::form(question.token), asked) {
            (Form::Jwt, _) | (Form::EncryptedJwt, None) => {}
            (Form::EncryptedJwt | Form::Opaque, Some((source, asks))) => {
                return Ok(Lead::Ask(taken(source)?, asks));
            }
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
            Some(asks) if asks.ask == Ask::All => Ok(Lead::Ask(source, asks)),
            _ => Ok(Lead::Jwt(unverified, source)),
        }
    }

    /// Verifies a JWT by the keys of its issuer, and once more by newer ones if it asks for them and there are any.
    async fn verified(
        &self,
        question: &Question<'_>,
        source: Source<'_>,
        unverified: &mut Unverified<'_>,
        now: Timestamp,
    ) -> Result<Remembered, Refusal> {
        let unavailable = |fault| refusal::of_provider(source.provider.issuer(), fault);
        let expected = expected(source.issuer, now);
        let mut keys = source.provider.keys_at_once().await.map_err(unavailable)?;
        let mut judged = unverified.verify(&keys, &expected);
        if matches!(&judged, Err(fault) if fault.asks_for_new_keys())
            && let Some(newer) = source.provider.newer_keys(&keys).await
        {
            judged = unverified.verify(&newer, &expected);
            keys = newer;
        }
        let signed = Signed { by: Arc::clone(source.provider), keys: *keys.id() };
        self.learned(question, source, judged?, Some(signed), Timestamp::from_seconds(u64::MAX)).await
    }

    /// Asks the issuer, and believes it for as long as the operator says.
    async fn asked(
        &self,
        question: &Question<'_>,
        source: Source<'_>,
        asks: &Introspection,
    ) -> Result<Remembered, Refusal> {
        let Introspected::Active(members) = self.introspected(question, source, asks).await? else {
            return Err(Refusal::BearerInactive);
        };
        let now = self.clock.wall();
        let token = access_token::judge_introspected(members, &expected(source.issuer, now))?;
        self.learned(question, source, token, None, now.after(asks.cache)).await
    }

    /// A refusal, remembered for a moment: a provider that cannot be reached is not asked by each request in turn.
    fn refused(&self, refusal: Refusal, only_if: OnlyIf) -> Result<Remembered, Refusal> {
        if matches!(refusal, Refusal::TooManyTokens { .. }) {
            // That is about who asks, and nothing about the token.
            return Err(refusal);
        }
        let is_unknown = refusal.status().is_server_error();
        if only_if == OnlyIf::Unknown && !is_unknown {
            return Err(refusal);
        }
        let pause = if is_unknown { UNKNOWN_FOR } else { REFUSED_FOR };
        let until = self.clock.wall().after(pause);
        Ok(Remembered { verdict: Verdict::Refused(Arc::new(refusal)), until })
    }

    async fn introspected(
        &self,
        question: &Question<'_>,
        source: Source<'_>,
        asks: &Introspection,
    ) -> Result<Introspected, Refusal> {
        let provider = source.provider;
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
        let moment = moment::of(&asks.authentication, &self.clock).await;
        let request = introspection::request(endpoint, &metadata, credentials, question.token, form, &moment)
            .map_err(IntrospectionFault::from)?;
        let answer = provider.ask_about_token(request, introspection::MAX_ANSWER_BYTES).await;
        let answer = answer.map_err(|fault| refusal::of_call(provider.issuer(), &fault))?;
        let Some(algorithm) = asks.algorithm else { return Ok(introspection::judge(&answer)?) };
        let signed = introspection::token_in(&answer)?;
        let expected = IntrospectionExpected {
            issuer: &source.issuer.issuer,
            client_id: &asks.client_id,
            algorithm,
            now: self.clock.wall(),
            leeway: source.issuer.clock_leeway,
        };
        let verify = |keys: &_| introspection::verify(&signed, keys, &expected);
        let verified = verify::with_keys(provider, None, verify, IntrospectionFault::asks_for_new_keys);
        Ok(verified.await.map_err(unavailable)??)
    }

    /// What comes of a token that was believed: the claims of its person, where they are asked for, and the headers.
    async fn learned(
        &self,
        question: &Question<'_>,
        source: Source<'_>,
        mut token: AccessToken,
        signed: Option<Signed>,
        believed_until: Timestamp,
    ) -> Result<Remembered, Refusal> {
        let expires = token.expires.map(|at| at.after(source.issuer.clock_leeway));
        let mut until = believed_until.min(expires.unwrap_or(believed_until));
        if question.wants_userinfo(source.issuer) && token.bearer == Bearer::Person {
            (question.may_ask)()?;
            self.add_userinfo(question, source, &mut token).await?;
            until = until.min(self.clock.wall().after(USERINFO_FOR));
        }
        let admitted = Arc::new(Admitted::new(token, question.client, source.issuer)?);
        Ok(Remembered { verdict: Verdict::Good { admitted, signed }, until })
    }

    async fn add_userinfo(
        &self,
        question: &Question<'_>,
        source: Source<'_>,
        token: &mut AccessToken,
    ) -> Result<(), Refusal> {
        let provider = source.provider;
        let metadata = provider.metadata().await;
        let metadata = metadata.map_err(|fault| refusal::of_provider(provider.issuer(), fault))?;
        let Some(request) = userinfo::request(&metadata, &Secret::new(question.token), userinfo::Form::Json)
        else {
            return Ok(());
        };
        let answer = provider.ask_about_token(request, userinfo::MAX_ANSWER_BYTES).await;
        let answer = answer.map_err(|fault| refusal::of_call(provider.issuer(), &fault))?;
        match userinfo::judge(&answer, token.claims.sub()) {
            Ok(said) => token.claims.merge_userinfo(said),
            // RFC 6750 section 3.1: the issuer no longer takes its own token.
            Err(UserinfoFault::Answer(AnswerFault::Status { status: 401 })) => {
                return Err(Refusal::BearerInactive);
            }
            Err(fault) => return Err(fault.into()),
        }
        Ok(())
    }
}

/// How it is found out whose a token is.
enum Lead<'a> {
    /// It is a JWT, and names its issuer.
    Jwt(Unverified<'a>, Source<'a>),
    /// The issuer is asked.
    Ask(Source<'a>, &'a Introspection),
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
    /// Whether it is still so: neither over, nor verified by keys that have changed since, or can no longer be used.
    fn is_current(&self, now: Timestamp) -> bool {
        let signed_by_current =
            |signed: &Signed| signed.by.keys_now().is_some_and(|keys| *keys.id() == signed.keys);
        now < self.until
            && match &self.verdict {
                Verdict::Good { signed, .. } => signed.as_ref().is_none_or(signed_by_current),
                Verdict::Refused(_) => true,
            }
    }
}

impl Verdict {
    fn into_result(self) -> Result<Arc<Admitted>, Refusal> {
        match self {
            Self::Good { admitted, .. } => Ok(admitted),
            Self::Refused(refusal) => Err(Arc::unwrap_or_clone(refusal)),
        }
    }
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
        write!(f, "Bearers({} remembered)", self.remembered.len())
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
/// How long an issuer's no is believed (R-17.6).
pub const REFUSED_FOR: Duration = Duration::from_secs(10);
/// How long an issuer that could not be asked is not asked again about the same token.
pub const UNKNOWN_FOR: Duration = Duration::from_secs(2);
/// How long what userinfo said goes with a token.
pub const USERINFO_FOR: Duration = Duration::from_secs(5 * 60);
/// An entry without what is in it: key, times, pointers, its place in the table.
const ENTRY_BYTES: usize = 192;
/// A refusal with its texts.
const REFUSAL_BYTES: usize = 256;
