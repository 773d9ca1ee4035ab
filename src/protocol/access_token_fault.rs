//! Why an access token is refused.

use std::fmt;
use std::time::Duration;

use super::claim_form::ClaimFault;
use super::issuer::Issuer;
use super::jws::JwsFault;
use super::quote::quote;
use super::timestamp::Timestamp;

/// Why an access token is refused. Whoever sent it is answered 401.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessTokenFault {
    /// It is not believed to be the issuer's.
    Jws(JwsFault),
    /// It does not say that it is an access token, and has to.
    KindUnsaid,
    /// It is a token of another kind: an ID token, a logout token, a refresh token, a DPoP proof.
    OtherKind {
        /// The claim that says so.
        claim: &'static str,
    },
    /// A claim that must be there is not.
    Missing {
        /// Its name.
        claim: &'static str,
    },
    /// A claim is of another kind than the specification says. It is not taken as absent.
    Form {
        /// Its name.
        claim: &'static str,
        /// What is needed.
        needed: &'static str,
    },
    /// It is by an issuer whose access tokens are not taken here.
    Issuer {
        /// The configured issuers.
        expected: Vec<String>,
        /// As it came; `Display` quotes and shortens it.
        found: String,
    },
    /// It is for another audience.
    Audience {
        /// The configured audiences.
        expected: Vec<String>,
        /// As they came.
        found: Vec<String>,
    },
    /// It was issued to a client that is not on the list.
    Client {
        /// As it came; none if it does not say.
        found: Option<String>,
    },
    /// It has expired.
    Expired {
        /// `exp`
        expired_at: Timestamp,
        /// Our time.
        now: Timestamp,
        /// How far clocks may be apart.
        leeway: Duration,
    },
    /// It is from the future.
    IssuedInFuture {
        /// `iat`
        issued_at: Timestamp,
        /// Our time.
        now: Timestamp,
        /// How far clocks may be apart.
        leeway: Duration,
    },
    /// It is not valid yet.
    NotYetValid {
        /// `nbf`
        not_before: Timestamp,
        /// Our time.
        now: Timestamp,
        /// How far clocks may be apart.
        leeway: Duration,
    },
}

impl AccessTokenFault {
    pub(super) fn issuer(expected: &Issuer, found: &str) -> Self {
        Self::Issuer { expected: vec![expected.as_str().to_owned()], found: found.to_owned() }
    }

    pub(super) fn audience(expected: &[String], found: &[&str]) -> Self {
        Self::Audience {
            expected: expected.to_vec(),
            found: found.iter().map(|&audience| audience.to_owned()).collect(),
        }
    }

    /// Every code that [`Self::code`] gives.
    pub const ALL_CODES: &[&str] = &[
        "bearer_too_long",
        "bearer_encrypted",
        "bearer_malformed",
        "bearer_unreadable",
        "bearer_algorithm",
        "bearer_critical",
        "bearer_type",
        "bearer_key_name",
        "bearer_unknown_key",
        "bearer_signature",
        "bearer_other_kind",
        "bearer_claim_missing",
        "bearer_claim_form",
        "bearer_issuer",
        "bearer_audience",
        "bearer_client",
        "bearer_expired",
        "bearer_issued_in_future",
        "bearer_not_yet_valid",
    ];

    /// The stable code, as in docs/refusals.md.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Jws(fault) => match fault {
                JwsFault::TooLong { .. } => "bearer_too_long",
                JwsFault::Encrypted => "bearer_encrypted",
                JwsFault::Parts { .. } => "bearer_malformed",
                JwsFault::Encoding { .. } | JwsFault::Json { .. } => "bearer_unreadable",
                JwsFault::Algorithm { .. } => "bearer_algorithm",
                JwsFault::Critical => "bearer_critical",
                JwsFault::Kind { .. } => "bearer_type",
                JwsFault::KeyName => "bearer_key_name",
                JwsFault::KeyUnknown { .. } | JwsFault::KeysAmbiguous { .. } => "bearer_unknown_key",
                JwsFault::Signature { .. } => "bearer_signature",
            },
            Self::KindUnsaid => "bearer_type",
            Self::OtherKind { .. } => "bearer_other_kind",
            Self::Missing { .. } => "bearer_claim_missing",
            Self::Form { .. } => "bearer_claim_form",
            Self::Issuer { .. } => "bearer_issuer",
            Self::Audience { .. } => "bearer_audience",
            Self::Client { .. } => "bearer_client",
            Self::Expired { .. } => "bearer_expired",
            Self::IssuedInFuture { .. } => "bearer_issued_in_future",
            Self::NotYetValid { .. } => "bearer_not_yet_valid",
        }
    }

    /// Whether a fresh key set could help ([`JwsFault::asks_for_new_keys`]).
    pub fn asks_for_new_keys(&self) -> bool {
        matches!(self, Self::Jws(fault) if fault.asks_for_new_keys())
    }
}

impl From<JwsFault> for AccessTokenFault {
    fn from(fault: JwsFault) -> Self {
        Self::Jws(fault)
    }
}

impl From<ClaimFault> for AccessTokenFault {
    fn from(fault: ClaimFault) -> Self {
        match fault {
            ClaimFault::Missing { claim } => Self::Missing { claim },
            ClaimFault::Form { claim, needed } => Self::Form { claim, needed },
        }
    }
}

impl fmt::Display for AccessTokenFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // Nothing in clients.yaml would change that.
            Self::Jws(JwsFault::Encrypted) => {
                f.write_str("the access token is encrypted, and only signed ones are read")
            }
            Self::Jws(fault) => fault.fmt(f),
            Self::KindUnsaid => f.write_str("the token does not say that it is an access token"),
            Self::OtherKind { claim } => {
                write!(f, "{claim} says that the token is another kind than an access token")
            }
            Self::Missing { claim } => write!(f, "the access token has no {claim}"),
            Self::Form { claim, needed } => write!(f, "{claim} in the access token is not {needed}"),
            Self::Issuer { expected, found } => write!(
                f,
                "the access token is by {}, but those of {} are taken",
                quote(found),
                listed(expected)
            ),
            Self::Audience { expected, found } => write!(
                f,
                "the access token is for {}, but must be for {}",
                if found.is_empty() { "nobody in particular".to_owned() } else { listed(found) },
                listed(expected)
            ),
            Self::Client { found: Some(found) } => {
                write!(f, "the access token was issued to {}, which client_ids does not have", quote(found))
            }
            Self::Client { found: None } => {
                f.write_str("the access token does not say whom it was issued to, but client_ids has a list")
            }
            Self::Expired { expired_at, now, leeway } => write!(
                f,
                "the access token expired {}s ago (exp {expired_at}, now {now}, leeway {}s)",
                now.since(*expired_at).as_secs(),
                leeway.as_secs()
            ),
            Self::IssuedInFuture { issued_at, now, leeway } => write!(
                f,
                "the access token was issued {}s ahead of our clock (iat {issued_at}, now {now}, leeway {}s)",
                issued_at.since(*now).as_secs(),
                leeway.as_secs()
            ),
            Self::NotYetValid { not_before, now, leeway } => write!(
                f,
                "the access token is valid in {}s (nbf {not_before}, now {now}, leeway {}s)",
                not_before.since(*now).as_secs(),
                leeway.as_secs()
            ),
        }
    }
}

impl std::error::Error for AccessTokenFault {}

fn listed(texts: &[String]) -> String {
    texts.iter().take(MAX_SHOWN).map(|text| quote(text)).collect::<Vec<_>>().join(", ")
}

/// Issuers or audiences that one line of the log names.
const MAX_SHOWN: usize = 5;
