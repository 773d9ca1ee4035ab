//! The logout token (OpenID Connect Back-Channel Logout 1.0 sections 2.4 and 2.6), judged in the specification's own order.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use serde_json::Value;
use url::form_urlencoded;

use super::claim_form::{self, ClaimFault};
use super::id_token_fault::IdTokenFault;
use super::jwks::Keys;
use super::jws::{self, JwsFault, Signed};
use super::jwt::{self, IdTokenExpected};
use super::timestamp::Timestamp;

/// How long after `iat` a logout token is good at most, whatever its `exp`, beside the leeway. Section 4 recommends two
/// minutes at most; each is remembered so long.
pub const MAX_LIFETIME: Duration = Duration::from_secs(600);

/// Whether a logout token must say that it is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypRule {
    /// `typ` is `logout+jwt`, or `JWT`, or missing, as section 2.4 leaves it.
    IfPresent,
    /// `typ` is `logout+jwt`.
    Required,
}

/// What the provider says in it. Only [`verify`] makes one. It is good once: `jti` is to be compared with those seen before
/// (section 2.6, step 8).
#[derive(Clone, Debug)]
pub struct LogoutToken {
    issuer: String,
    jti: String,
    names: Named,
    good_until: Timestamp,
}

/// `sub`, `sid` or both, each not empty.
#[derive(Clone, Debug)]
enum Named {
    Sub(String),
    Sid(String),
    Both { sid: String, sub: String },
}

/// Why a logout token is refused. No session ends by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogoutTokenFault {
    /// A check that it shares with ID tokens.
    AsIdToken(IdTokenFault),
    /// It does not say that it is a logout token, and has to.
    KindUnsaid,
    /// It has neither `sub` nor `sid`.
    NobodyNamed,
    /// `events` is no object with the member of a back-channel logout, an object itself.
    Event,
    /// It has a `nonce`, so it may be an ID token.
    Nonce,
}

/// What is wrong with a logout token, in few words: its refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// Its form.
    Unreadable,
    /// `alg`.
    Algorithm,
    /// `typ`.
    Type,
    /// No key, or too many.
    Key,
    /// The signature.
    Signature,
    /// A claim is missing, or of another form.
    Claim,
    /// `iss`.
    Issuer,
    /// `aud`.
    Audience,
    /// `exp`, `iat`, `nbf`.
    Time,
    /// Neither `sub` nor `sid`.
    Subject,
    /// `events`.
    Event,
    /// `nonce`.
    Nonce,
}

/// The logout token in the form that was posted (section 2.5, where other parameters are ignored); none if there is none, or more
/// than one.
pub fn in_form(form: &[u8]) -> Option<Cow<'_, str>> {
    let mut tokens = form_urlencoded::parse(form).filter(|(name, _)| name == "logout_token");
    match (tokens.next(), tokens.next()) {
        (Some((_, token)), None) => Some(token),
        _ => None,
    }
}

/// Verifies a logout token. `expected` is what an ID token is judged against; nonce and access token do not count.
///
/// # Errors
/// [`LogoutTokenFault`]; if [`LogoutTokenFault::asks_for_new_keys`], it may pass with a fresh key set.
pub fn verify(
    token: &str,
    keys: &Keys,
    expected: &IdTokenExpected<'_>,
    typ: TypRule,
) -> Result<LogoutToken, LogoutTokenFault> {
    // Steps 1 to 3: not encrypted; signed by the issuer's key and the algorithm that is agreed for ID tokens, so never none.
    let Signed { claims, key_issuer } =
        jws::verify(token, keys, expected.algorithm, jws::LOGOUT).map_err(IdTokenFault::from)?;
    // Section 2.4: a type of its own is recommended, and keeps tokens of other kinds out by itself.
    if typ == TypRule::Required && !jws::is_of_kind(token, "logout+jwt") {
        return Err(LogoutTokenFault::KindUnsaid);
    }
    // Step 4: `iss`, `aud`, `iat` and `exp` as in an ID token.
    jwt::judge_parties(&claims, key_issuer, expected)?;
    let times = jwt::judge_times(&claims, expected)?;
    let good_until = times.expires.min(times.issued.after(MAX_LIFETIME)).after(expected.leeway);
    if expected.now >= good_until {
        let (expired_at, leeway) = (times.issued.after(MAX_LIFETIME), expected.leeway);
        return Err(IdTokenFault::Expired { expired_at, now: expected.now, leeway, skew: None }.into());
    }
    // Step 5: `sub`, `sid` or both. One that is there and says nothing is not taken for absent.
    let text = |claim| {
        let found = claim_form::optional_text(&claims, claim)?;
        let needed = "a text that is not empty";
        if found == Some("") {
            Err(IdTokenFault::Form { claim, needed })
        } else {
            Ok(found.map(str::to_owned))
        }
    };
    let names = match (text("sub")?, text("sid")?) {
        (Some(sub), Some(sid)) => Named::Both { sid, sub },
        (Some(sub), None) => Named::Sub(sub),
        (None, Some(sid)) => Named::Sid(sid),
        (None, None) => return Err(LogoutTokenFault::NobodyNamed),
    };
    // Step 6: `events`.
    let event = claims.get("events").and_then(|events| events.as_object()?.get(EVENT));
    if !event.is_some_and(Value::is_object) {
        return Err(LogoutTokenFault::Event);
    }
    // Step 7: no `nonce`, not even null.
    if claims.contains_key("nonce") {
        return Err(LogoutTokenFault::Nonce);
    }
    // Step 8 is the caller's, who remembers. Steps 9 to 11: which sessions it means is looked up, and where it means none,
    // nothing ends.
    let jti = claim_form::required_text(&claims, "jti")?.to_owned();
    let issuer = claim_form::required_text(&claims, "iss")?.to_owned();
    Ok(LogoutToken { issuer, jti, names, good_until })
}

impl LogoutToken {
    /// The issuer, equal to the configured one.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Its own name, of which the issuer gives each only once.
    pub fn jti(&self) -> &str {
        &self.jti
    }

    /// Whose sessions end.
    pub fn sub(&self) -> Option<&str> {
        match &self.names {
            Named::Sub(sub) | Named::Both { sub, .. } => Some(sub),
            Named::Sid(_) => None,
        }
    }

    /// Which session of the provider ended.
    pub fn sid(&self) -> Option<&str> {
        match &self.names {
            Named::Sid(sid) | Named::Both { sid, .. } => Some(sid),
            Named::Sub(_) => None,
        }
    }

    /// From here on it is refused for its age.
    pub fn good_until(&self) -> Timestamp {
        self.good_until
    }
}

impl LogoutTokenFault {
    /// What is wrong.
    pub const fn flaw(&self) -> Flaw {
        match self {
            Self::AsIdToken(fault) => match fault {
                IdTokenFault::Jws(fault) => match fault {
                    JwsFault::Algorithm { .. } => Flaw::Algorithm,
                    JwsFault::Kind { .. } => Flaw::Type,
                    JwsFault::KeyUnknown { .. } | JwsFault::KeysAmbiguous { .. } => Flaw::Key,
                    JwsFault::Signature { .. } => Flaw::Signature,
                    JwsFault::TooLong { .. }
                    | JwsFault::Encrypted
                    | JwsFault::Parts { .. }
                    | JwsFault::Encoding { .. }
                    | JwsFault::Json { .. }
                    | JwsFault::Critical
                    | JwsFault::KeyName => Flaw::Unreadable,
                },
                IdTokenFault::Jwe(_) => Flaw::Unreadable,
                IdTokenFault::Issuer { .. } => Flaw::Issuer,
                IdTokenFault::Audience { .. } | IdTokenFault::AuthorizedParty { .. } => Flaw::Audience,
                IdTokenFault::Expired { .. }
                | IdTokenFault::IssuedInFuture { .. }
                | IdTokenFault::TooOld { .. }
                | IdTokenFault::NotYetValid { .. } => Flaw::Time,
                IdTokenFault::Missing { .. }
                | IdTokenFault::Form { .. }
                // Those below are about ID tokens alone.
                | IdTokenFault::OtherKind
                | IdTokenFault::Nonce
                | IdTokenFault::Acr { .. }
                | IdTokenFault::AuthenticationTime { .. }
                | IdTokenFault::AccessTokenHash
                | IdTokenFault::Changed { .. } => Flaw::Claim,
            },
            Self::KindUnsaid => Flaw::Type,
            Self::NobodyNamed => Flaw::Subject,
            Self::Event => Flaw::Event,
            Self::Nonce => Flaw::Nonce,
        }
    }

    /// The stable code, as in docs/refusals.md.
    pub const fn code(&self) -> &'static str {
        match self.flaw() {
            Flaw::Unreadable => "logout_token_unreadable",
            Flaw::Algorithm => "logout_token_algorithm",
            Flaw::Type => "logout_token_type",
            Flaw::Key => "logout_token_key",
            Flaw::Signature => "logout_token_signature",
            Flaw::Claim => "logout_token_claim",
            Flaw::Issuer => "logout_token_issuer",
            Flaw::Audience => "logout_token_audience",
            Flaw::Time => "logout_token_time",
            Flaw::Subject => "logout_token_subject",
            Flaw::Event => "logout_token_event",
            Flaw::Nonce => "logout_token_nonce",
        }
    }

    /// Every code that [`Self::code`] gives.
    pub const ALL_CODES: &[&str] = &[
        "logout_token_unreadable",
        "logout_token_algorithm",
        "logout_token_type",
        "logout_token_key",
        "logout_token_signature",
        "logout_token_claim",
        "logout_token_issuer",
        "logout_token_audience",
        "logout_token_time",
        "logout_token_subject",
        "logout_token_event",
        "logout_token_nonce",
    ];

    /// Whether a fresh key set could help ([`JwsFault::asks_for_new_keys`]).
    pub fn asks_for_new_keys(&self) -> bool {
        matches!(self, Self::AsIdToken(fault) if fault.asks_for_new_keys())
    }

    /// Whether anybody could have sent it: what the provider has not signed says nothing about the provider.
    pub const fn caller_is_at_fault(&self) -> bool {
        matches!(self.flaw(), Flaw::Unreadable | Flaw::Algorithm | Flaw::Key | Flaw::Signature)
    }
}

impl From<ClaimFault> for LogoutTokenFault {
    fn from(fault: ClaimFault) -> Self {
        Self::AsIdToken(fault.into())
    }
}

impl From<IdTokenFault> for LogoutTokenFault {
    fn from(fault: IdTokenFault) -> Self {
        Self::AsIdToken(fault)
    }
}

impl fmt::Display for LogoutTokenFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AsIdToken(fault) => {
                write!(f, "the logout token fails a check that it shares with ID tokens: {fault}")
            }
            Self::KindUnsaid => f.write_str("the logout token's typ is not logout+jwt, which is required"),
            Self::NobodyNamed => f.write_str("the logout token has neither sub nor sid"),
            Self::Event => f.write_str("the logout token's events do not say that it is one"),
            Self::Nonce => f.write_str("the logout token has a nonce, as only ID tokens have"),
        }
    }
}

impl std::error::Error for LogoutTokenFault {}

/// The member of `events` that makes it a logout token (section 2.4).
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
