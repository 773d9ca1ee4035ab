//! Why a DPoP proof is refused.

use std::fmt;
use std::time::Duration;

use super::dpop::{ALGORITHMS, MAX_AGE, MAX_PROOF_BYTES};
use super::jwk::SkipReason;
use super::jws::JwsFault;
use super::quote::quote;
use super::timestamp::Timestamp;

/// Why a DPoP proof is refused, and with it the access token that it came with. Its text shows neither of them, nor `jti`, nor a
/// path or query, which may hold secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DpopFault {
    /// It is longer than [`MAX_PROOF_BYTES`].
    TooLong {
        /// Its bytes.
        found: usize,
    },
    /// It is not a signed JWT that can be read.
    Unreadable(JwsFault),
    /// `typ` does not say that it is a proof.
    Type {
        /// As it came; none if it is missing, or no text.
        found: Option<String>,
    },
    /// `alg` is none of [`ALGORITHMS`].
    Algorithm {
        /// As it came; none if it is missing, or no text.
        found: Option<String>,
    },
    /// There is no `jwk`.
    KeyMissing,
    /// `jwk` is no public key that is taken, or not for `alg`.
    Key(SkipReason),
    /// The signature is not by `jwk`.
    Signature,
    /// A claim that must be there is not.
    Missing {
        /// Its name.
        claim: &'static str,
    },
    /// A claim is of another form than the specification says. It is not taken as absent.
    Form {
        /// Its name.
        claim: &'static str,
        /// What is needed.
        needed: &'static str,
    },
    /// It is for another method.
    Method {
        /// That of the request.
        expected: String,
        /// `htm`, as it came; `Display` quotes and shortens it.
        found: String,
    },
    /// It is for another address.
    Url(OtherUrl),
    /// A nonce is demanded, and this is none that was given out, or one that is over.
    Nonce(Shortfall),
    /// It was made too long ago or in the future, is over or not good yet.
    Time {
        /// `iat`, `exp` or `nbf`.
        claim: &'static str,
        /// What it says.
        at: Timestamp,
        /// Our time.
        now: Timestamp,
        /// How far clocks may be apart.
        leeway: Duration,
    },
    /// `ath`: it does not belong to this access token.
    Token(Shortfall),
    /// The access token is bound to another key.
    OtherKey,
}

/// How a value falls short that ties the proof to something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shortfall {
    /// It is not there.
    Missing,
    /// It is another one.
    Other,
}

/// The first part of `htu` that differs from the address of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OtherUrl {
    /// `http` for `https`, and the like.
    Scheme {
        /// That of the request.
        expected: String,
        /// As it came.
        found: String,
    },
    /// A user or password, which no request has in its address.
    User,
    /// The host.
    Host {
        /// That of the request.
        expected: String,
        /// As it came.
        found: String,
    },
    /// The port, also where the scheme says it.
    Port {
        /// That of the request.
        expected: u16,
        /// As it came.
        found: u16,
    },
    /// The path.
    Path,
}

impl DpopFault {
    /// Every code that [`Self::code`] gives.
    pub const ALL_CODES: &[&str] = &[
        "dpop_proof_too_long",
        "dpop_proof_unreadable",
        "dpop_proof_type",
        "dpop_proof_algorithm",
        "dpop_proof_key",
        "dpop_proof_signature",
        "dpop_proof_claim",
        "dpop_proof_method",
        "dpop_proof_url",
        "dpop_nonce",
        "dpop_proof_time",
        "dpop_proof_token",
        "dpop_proof_other_key",
    ];

    /// The stable code, as in docs/refusals.md.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "dpop_proof_too_long",
            Self::Unreadable(_) => "dpop_proof_unreadable",
            Self::Type { .. } => "dpop_proof_type",
            Self::Algorithm { .. } => "dpop_proof_algorithm",
            Self::KeyMissing | Self::Key(_) => "dpop_proof_key",
            Self::Signature => "dpop_proof_signature",
            Self::Missing { .. } | Self::Form { .. } => "dpop_proof_claim",
            Self::Method { .. } => "dpop_proof_method",
            Self::Url(_) => "dpop_proof_url",
            Self::Nonce(_) => "dpop_nonce",
            Self::Time { .. } => "dpop_proof_time",
            Self::Token(_) => "dpop_proof_token",
            Self::OtherKey => "dpop_proof_other_key",
        }
    }

    /// Whether its error is `use_dpop_nonce` (section 9), and the client is to try again with the nonce of the answer; else it is
    /// `invalid_dpop_proof` (section 7.1).
    pub const fn wants_nonce(&self) -> bool {
        matches!(self, Self::Nonce(_))
    }
}

impl fmt::Display for DpopFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |text: &Option<String>| text.as_deref().map_or_else(|| "missing".to_owned(), quote);
        match self {
            Self::TooLong { found } => {
                write!(f, "the DPoP proof has {found} bytes, but at most {MAX_PROOF_BYTES} are read")
            }
            Self::Unreadable(JwsFault::Encrypted) => {
                f.write_str("the DPoP proof is encrypted, but is to be signed and no more")
            }
            Self::Unreadable(fault) => write!(f, "the DPoP proof is not a JWT that can be read: {fault}"),
            Self::Type { found } => {
                write!(f, "the DPoP proof's typ is {}, but dpop+jwt is needed", show(found))
            }
            Self::Algorithm { found } => {
                let offered = ALGORITHMS.map(|algorithm| algorithm.name()).join(", ");
                write!(f, "the DPoP proof's alg is {}, but must be one of {offered}", show(found))
            }
            Self::KeyMissing => f.write_str("the DPoP proof has no jwk"),
            Self::Key(reason) => write!(f, "the DPoP proof's jwk is not taken: {}", reason.as_str()),
            Self::Signature => f.write_str("the DPoP proof's signature is not by its jwk"),
            Self::Missing { claim } => write!(f, "the DPoP proof has no {claim}"),
            Self::Form { claim, needed } => write!(f, "the DPoP proof's {claim} is not {needed}"),
            Self::Method { expected, found } => {
                write!(
                    f,
                    "the DPoP proof is for the method {}, but came with {}",
                    quote(found),
                    quote(expected)
                )
            }
            Self::Url(fault) => fault.fmt(f),
            Self::Nonce(Shortfall::Missing) => f.write_str("the DPoP proof has no nonce, which is demanded"),
            Self::Nonce(Shortfall::Other) => {
                f.write_str("the DPoP proof's nonce is none that was given out lately")
            }
            Self::Time { claim, at, now, leeway } => write!(
                f,
                "the DPoP proof's {claim} is {at}, which does not hold now (now {now}, good for {}s, leeway {}s)",
                MAX_AGE.as_secs(),
                leeway.as_secs()
            ),
            Self::Token(Shortfall::Missing) => {
                f.write_str("the DPoP proof has no ath, so it belongs to no access token")
            }
            Self::Token(Shortfall::Other) => f.write_str("the DPoP proof's ath is of another access token"),
            Self::OtherKey => f.write_str("the access token is bound to another key than the DPoP proof's"),
        }
    }
}

impl std::error::Error for DpopFault {}

impl fmt::Display for OtherUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scheme { expected, found } => write!(
                f,
                "the DPoP proof's htu has the scheme {}, but the request came by {}",
                quote(found),
                quote(expected)
            ),
            Self::User => f.write_str("the DPoP proof's htu has a user, as no request has"),
            Self::Host { expected, found } => write!(
                f,
                "the DPoP proof's htu has the host {}, but the request is for {}",
                quote(found),
                quote(expected)
            ),
            Self::Port { expected, found } => {
                write!(f, "the DPoP proof's htu has the port {found}, but the request is for {expected}")
            }
            Self::Path => f.write_str("the DPoP proof's htu has another path than the request"),
        }
    }
}
