//! Why a provider registered no client, or none that can be used, for the operator who asked for it.

use std::fmt;

use super::answer::AnswerFault;
use super::quote::quote;

/// Why there is no client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistrationFault {
    /// The provider's metadata has no `registration_endpoint`.
    NoEndpoint,
    /// None of the methods that the provider announces can be had by registering alone.
    NoMethod {
        /// `token_endpoint_auth_methods_supported`.
        announced: Vec<String>,
    },
    /// None of the algorithms that the provider announces is one of ours.
    NoAlgorithm {
        /// `id_token_signing_alg_values_supported`.
        announced: Vec<String>,
    },
    /// The answer was put aside before its content was judged.
    Answer(AnswerFault),
    /// The status is neither 201 nor that of a refusal with a reason.
    Status {
        /// The HTTP status.
        status: u16,
    },
    /// The provider wants an initial access token, or does not take the one that came (RFC 7591 section 3).
    Token {
        /// 401 or 403.
        status: u16,
    },
    /// The provider says no (RFC 7591 section 3.2.2).
    Refused {
        /// `error`, as it came; `Display` quotes and shortens it.
        error: String,
        /// `error_description`.
        description: Option<String>,
    },
    /// A member that must be there is not.
    Missing {
        /// Its name.
        member: &'static str,
    },
    /// A member is of another kind than the specification says.
    Form {
        /// Its name.
        member: &'static str,
        /// What is needed.
        needed: &'static str,
    },
    /// The provider registered something else than was asked for.
    NotAsAsked {
        /// The member's name.
        member: &'static str,
        /// What is needed.
        needed: String,
        /// What was registered; never a secret.
        found: String,
    },
    /// The secret has ended already.
    SecretEnded,
}

impl fmt::Display for RegistrationFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoEndpoint => f.write_str(
                "the provider announces no registration_endpoint.\nRegister the client by hand, in the provider's own settings.",
            ),
            Self::NoMethod { announced } => write!(
                f,
                "the provider's token endpoint takes {}, for which a client needs a key.\nRegister the client by hand.",
                quote(&announced.join(" "))
            ),
            Self::NoAlgorithm { announced } => {
                write!(f, "the provider signs ID tokens with {}, and none of these is taken", quote(&announced.join(" ")))
            }
            Self::Answer(fault) => fault.fmt(f),
            Self::Status { status } => write!(f, "the provider answered {status}, but 201 is needed"),
            Self::Token { status } => write!(
                f,
                "the provider answered {status}: it wants an initial access token, or another one.\nGet one from the provider and \
                 name its file: --initial-access-token-file FILE"
            ),
            Self::Refused { error, description: None } => write!(f, "the provider says {}", quote(error)),
            Self::Refused { error, description: Some(description) } => {
                write!(f, "the provider says {}: {}", quote(error), quote(description))
            }
            Self::Missing { member } => write!(f, "the provider's answer has no {member}"),
            Self::Form { member, needed } => write!(f, "{member} in the provider's answer is not {needed}"),
            Self::NotAsAsked { member, needed, found } => write!(
                f,
                "the provider registered {member} as {}, but {} is needed.\nRemove the client there, and register it by hand.",
                quote(found),
                quote(needed)
            ),
            Self::SecretEnded => f.write_str("the provider gave a client_secret that has ended already"),
        }
    }
}

impl std::error::Error for RegistrationFault {}
