//! An access token that was believed, and whether it is enough for a request.

use std::sync::Arc;

use http::HeaderMap;
use http::header::HeaderName;
use serde_json::{Map, Value};
use url::Url;

use super::forwarded::Forwarded;
use super::identity::{self, Identity};
use super::presented::{Scheme, Token};
use super::refusal::Refusal;
use super::{admission, assertion};
use crate::config::Client;
use crate::config::bearer::{BearerIssuer, BearerTokens, Dpop, DpopNonce};
use crate::config::condition::Condition;
use crate::config::rule::Rule;
use crate::protocol::access_token::{AccessToken, Bearer, Binding};
use crate::protocol::certificate;
use crate::protocol::claim_path::ClaimPath;
use crate::protocol::dpop::{self, Proof, ProofExpected};
use crate::protocol::identity_assertion::Statement;
use crate::protocol::timestamp::Timestamp;

/// What is known of an access token that was believed: who it is, and what the token is good for.
#[derive(Clone, Debug)]
pub struct Admitted {
    identity: Identity,
    /// What is signed of it, where that is done.
    statement: Option<Statement>,
    token: Facts,
    issuer: Arc<BearerIssuer>,
}

/// Why a token does not decide for its caller, or why that cannot be known now.
#[derive(Clone, Debug)]
pub struct Refused {
    /// Why.
    pub refusal: Refusal,
    issuer: Option<Arc<BearerIssuer>>,
}

impl Refused {
    /// Whoever issued it, as it says.
    pub fn by(issuer: &Arc<BearerIssuer>, refusal: Refusal) -> Self {
        Self { refusal, issuer: Some(Arc::clone(issuer)) }
    }

    /// It is not known whose it would be.
    pub const fn of_nobody(refusal: Refusal) -> Self {
        Self { refusal, issuer: None }
    }

    /// The name of its issuer in clients.yaml, if that is known. For the log.
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.as_ref().map(|issuer| issuer.name.as_str())
    }
}

#[derive(Clone, Debug)]
struct Facts {
    scopes: Vec<String>,
    binding: Binding,
    acr: Option<String>,
    auth_time: Option<Timestamp>,
    expires: Option<Timestamp>,
    /// Those that a rule of the client looks at.
    claims: Map<String, Value>,
}

impl Admitted {
    /// Makes the identity headers of a token.
    ///
    /// # Errors
    /// As [`Identity::from_token`].
    pub fn new(token: AccessToken, client: &Client, issuer: &Arc<BearerIssuer>) -> Result<Self, Refusal> {
        let identity = Identity::from_token(&token, client, issuer)?;
        let claims = looked_at(&token, client);
        let signed = client.passed.assertion.as_ref();
        let statement = signed.map(|assertion| assertion::of_token(&token, issuer, assertion));
        let AccessToken { scopes, binding, acr, auth_time, expires, .. } = token;
        Ok(Self {
            identity,
            statement,
            token: Facts { scopes, binding, acr, auth_time, expires, claims },
            issuer: Arc::clone(issuer),
        })
    }

    /// Who it is.
    pub const fn identity(&self) -> &Identity {
        &self.identity
    }

    /// What is signed of it, where the client has that done.
    pub const fn statement(&self) -> Option<&Statement> {
        self.statement.as_ref()
    }

    /// The name of its issuer in clients.yaml, for the log.
    pub fn issuer(&self) -> &str {
        &self.issuer.name
    }

    /// A refusal of this token all the same.
    pub fn refused(&self, refusal: Refusal) -> Refused {
        Refused::by(&self.issuer, refusal)
    }

    /// `exp`, if it is known.
    pub const fn expires(&self) -> Option<Timestamp> {
        self.token.expires
    }

    /// Whether it is bound to nothing.
    pub fn is_bearer_token(&self) -> bool {
        self.token.binding == Binding::default()
    }

    /// How much memory it takes, about, in bytes.
    pub fn size(&self) -> usize {
        let headers = self.identity.headers().iter().map(|(_, value)| 96 + value.len()).sum::<usize>();
        // A short text takes as much as a longer one, and a list up to twice its items.
        let scopes =
            self.token.scopes.iter().map(|scope| 48 + scope.len().next_multiple_of(32)).sum::<usize>();
        let acr = self.token.acr.as_ref().map_or(0, String::len);
        // As text, and as much again for what stands around it in memory.
        let claims =
            self.token.claims.iter().map(|(name, value)| 128 + name.len() + 4 * value.to_string().len());
        let statement = self.statement.as_ref().map_or(0, Statement::size);
        headers + scopes + acr + claims.sum::<usize>() + statement + 256
    }

    /// Whether the token is enough for what a rule asks.
    ///
    /// # Errors
    /// An issuer whose tokens are not taken there; [`Refusal::BearerScope`] (RFC 6750 section 3.1);
    /// [`Refusal::BearerAuthentication`] (RFC 9470 section 3); [`Refusal::NotAdmitted`].
    pub fn judge(&self, rule: &Rule, now: Timestamp) -> Result<(), Refusal> {
        if !rule.issuers.is_empty() && !rule.issuers.contains(&self.issuer.name) {
            return Err(Refusal::BearerIssuerElsewhere);
        }
        let has = |scope: &String| self.token.scopes.contains(scope);
        let all = self.issuer.scopes.iter().chain(&rule.scopes);
        if !all.clone().all(has) {
            return Err(Refusal::BearerScope { needed: all.cloned().collect() });
        }
        if !rule.any_scope.is_empty() && !rule.any_scope.iter().any(has) {
            return Err(Refusal::BearerScope { needed: rule.any_scope.clone() });
        }
        judge_authentication(rule, self.token.acr.as_deref(), self.token.auth_time, now).map_err(|_| {
            Refusal::BearerAuthentication { acr_values: rule.acr_values.clone(), max_age: rule.max_age }
        })?;
        admission::by_rule(rule, |claim| claim.find(&self.token.claims))
    }

    /// Whether whoever presents the token has shown what it is bound to (RFC 9449 section 7, RFC 8705 section 3). Gives the proof that
    /// was shown, which is good once.
    ///
    /// # Errors
    /// Whatever is missing or does not fit; a token that is bound is never taken without it.
    pub fn judge_binding(&self, presented: Token<'_>, shown: &Shown<'_>) -> Result<Option<Proof>, Refusal> {
        let binding = self.token.binding;
        if binding.unknown {
            return Err(Refusal::BearerBinding);
        }
        if let Some(thumbprint) = &binding.certificate {
            let header = shown.tokens.certificate_header.as_ref().ok_or(Refusal::BearerBinding)?;
            let value = once(shown.headers, header, Refusal::BearerCertificateTwice)?;
            let found = certificate::thumbprint_in_header(value)?;
            if !certificate::is_bound_to(&found, thumbprint) {
                return Err(Refusal::BearerCertificateOther);
            }
        }
        match (presented.scheme(), binding.key, shown.tokens.dpop) {
            // RFC 9449 section 7.2: what a key is bound to is no bearer token.
            (Scheme::Bearer, Some(_), _) => Err(Refusal::DpopAsBearer),
            (Scheme::Bearer, None, Dpop::Required) => Err(Refusal::DpopNeeded),
            (Scheme::Bearer, None, Dpop::Off | Dpop::Accepted) => Ok(None),
            (Scheme::Dpop, None, _) => Err(Refusal::DpopUnbound),
            (Scheme::Dpop, Some(key), _) => {
                let proof = once(shown.headers, &DPOP, Refusal::DpopProofTwice)?;
                if proof.is_empty() {
                    return Err(Refusal::DpopProofMissing);
                }
                let proof = String::from_utf8_lossy(proof);
                let expected = ProofExpected {
                    method: shown.forwarded.method().as_str(),
                    url: shown.url,
                    access_token: presented.expose(),
                    key: &key,
                    now: shown.now,
                    leeway: shown.leeway,
                    nonce: (shown.tokens.dpop_nonce == DpopNonce::Required).then_some(shown.is_our_nonce),
                };
                Ok(Some(dpop::judge(&proof, &expected)?))
            }
        }
    }
}

/// What a request shows beside a token, and what that is judged by.
pub struct Shown<'a> {
    /// What the client takes.
    pub tokens: &'a BearerTokens,
    /// The headers of the subrequest.
    pub headers: &'a HeaderMap,
    /// The original request.
    pub forwarded: &'a Forwarded,
    /// Its address.
    pub url: &'a Url,
    /// The time.
    pub now: Timestamp,
    /// How far the clocks of caller and gateway may be apart.
    pub leeway: std::time::Duration,
    /// Whether a nonce is one of ours and not too old.
    pub is_our_nonce: &'a dyn Fn(&str) -> bool,
}

/// A token of a scheme that is not taken, before it is looked at.
///
/// # Errors
/// [`Refusal::DpopOff`]
pub const fn judge_scheme(presented: Token<'_>, tokens: &BearerTokens) -> Result<(), Refusal> {
    match (presented.scheme(), tokens.dpop) {
        (Scheme::Dpop, Dpop::Off) => Err(Refusal::DpopOff),
        _ => Ok(()),
    }
}

/// Whether a token that is bound to nothing is judged for its binding all the same: by its scheme, or because all are to be bound.
pub fn needs_proof(presented: Token<'_>, tokens: &BearerTokens) -> bool {
    presented.scheme() == Scheme::Dpop || tokens.dpop == Dpop::Required
}

/// The claims of a token that rules of the client look at. The token of a machine has none of a person's.
fn looked_at(token: &AccessToken, client: &Client) -> Map<String, Value> {
    let conditions = client.rules.iter().filter_map(|rule| rule.require.as_ref());
    let paths: Vec<&ClaimPath> = conditions.flat_map(Condition::claims).collect();
    let is_named = |name: &str| {
        let begins = |path: &&ClaimPath| {
            path.as_str().strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        // An address counts by domain only where it was verified.
        paths.iter().any(begins) || !paths.is_empty() && name == "email_verified"
    };
    let may_have = |name: &str| token.bearer == Bearer::Person || !identity::is_of_person(name);
    let members = token.claims.as_json().iter();
    members
        .filter(|(name, _)| is_named(name) && may_have(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// What an authentication falls short of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Short {
    /// It was in another way than the rule asks for.
    OtherWay,
    /// It was too long ago.
    TooLongAgo,
}

/// Whether a person was authenticated as a rule asks, and lately enough (RFC 9470 section 4).
///
/// # Errors
/// What it falls short of.
pub fn judge_authentication(
    rule: &Rule,
    acr: Option<&str>,
    auth_time: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), Short> {
    if !rule.acr_values.is_empty() && !acr.is_some_and(|acr| rule.acr_values.iter().any(|one| one == acr)) {
        return Err(Short::OtherWay);
    }
    let is_recent = |max_age| auth_time.is_some_and(|at| now.since(at) <= max_age && at <= now.after(AHEAD));
    if rule.max_age.is_none_or(is_recent) { Ok(()) } else { Err(Short::TooLongAgo) }
}

/// The one line of a header; empty if there is none.
fn once<'a>(headers: &'a HeaderMap, name: &HeaderName, twice: Refusal) -> Result<&'a [u8], Refusal> {
    let mut lines = headers.get_all(name).iter();
    let first = lines.next().map_or(&b""[..], http::HeaderValue::as_bytes);
    if lines.next().is_some() { Err(twice) } else { Ok(first) }
}

/// By so much an issuer's clock may be ahead when it says when somebody signed in.
const AHEAD: std::time::Duration = std::time::Duration::from_secs(300);

static DPOP: HeaderName = HeaderName::from_static("dpop");
