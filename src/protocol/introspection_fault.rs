//! Why it is not known what the provider says about an access token.

use std::fmt;

use super::answer::AnswerFault;
use super::client_authentication::ClientAuthenticationFault;
use super::id_token_fault::IdTokenFault;
use super::quote::quote;
use super::token::OAuthError;

/// Why the answer is not used. Nobody is let in by the token then, and the token is not to blame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IntrospectionFault {
    /// The provider announces no `introspection_endpoint`.
    NoEndpoint,
    /// No request can be made.
    Authentication(ClientAuthenticationFault),
    /// The answer was put aside before its content was judged.
    Answer(AnswerFault),
    /// The provider does not take the proof of who asks, or lets the client not ask (RFC 7662 section 2.3).
    Refused {
        /// The HTTP status.
        status: u16,
        /// Why, if it says so.
        error: Option<OAuthError>,
    },
    /// The answer is plain JSON, but a signed one is agreed.
    NotSigned,
    /// The signed answer fails a check that it shares with ID tokens.
    AsIdToken(IdTokenFault),
    /// The signed answer does not say what it is, and has to (RFC 9701 section 5).
    KindUnsaid,
    /// A member is missing, or of another kind than the specification says.
    Form {
        /// Its name.
        member: &'static str,
        /// What is needed.
        needed: &'static str,
    },
}

impl IntrospectionFault {
    /// Every code that [`Self::code`] gives of its own.
    pub const ALL_CODES: &[&str] = &[
        "introspection_no_endpoint",
        "introspection_token_file",
        "introspection_redirect",
        "introspection_status",
        "introspection_too_large",
        "introspection_content_type",
        "introspection_unreadable",
        "introspection_refused",
        "introspection_not_signed",
        "introspection_token",
        "introspection_member_form",
    ];

    /// The stable code, as in docs/refusals.md.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoEndpoint => "introspection_no_endpoint",
            Self::Authentication(fault) => fault.code(),
            Self::Answer(AnswerFault::Redirect { .. }) => "introspection_redirect",
            Self::Answer(AnswerFault::Status { .. }) => "introspection_status",
            Self::Answer(AnswerFault::TooLarge { .. }) => "introspection_too_large",
            Self::Answer(AnswerFault::ContentType { .. }) => "introspection_content_type",
            Self::Answer(AnswerFault::Json { .. }) => "introspection_unreadable",
            Self::Refused { .. } => "introspection_refused",
            Self::NotSigned => "introspection_not_signed",
            Self::AsIdToken(_) | Self::KindUnsaid => "introspection_token",
            Self::Form { .. } => "introspection_member_form",
        }
    }

    /// Whether a fresh key set could help ([`IdTokenFault::asks_for_new_keys`]): to be fetched once, then verified again.
    pub fn asks_for_new_keys(&self) -> bool {
        matches!(self, Self::AsIdToken(fault) if fault.asks_for_new_keys())
    }
}

impl From<ClientAuthenticationFault> for IntrospectionFault {
    fn from(fault: ClientAuthenticationFault) -> Self {
        Self::Authentication(fault)
    }
}

impl From<IdTokenFault> for IntrospectionFault {
    fn from(fault: IdTokenFault) -> Self {
        Self::AsIdToken(fault)
    }
}

impl fmt::Display for IntrospectionFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoEndpoint => f.write_str("the provider's metadata has no introspection_endpoint"),
            Self::Authentication(fault) => fault.fmt(f),
            Self::Answer(AnswerFault::ContentType { found }) => {
                match found {
                    Some(found) => write!(f, "the introspection answer is {}", quote(found))?,
                    None => f.write_str("the introspection answer has no Content-Type")?,
                }
                f.write_str(
                    ", but application/json is needed, or application/token-introspection+jwt where a signed \
                     one is agreed",
                )
            }
            Self::Answer(fault) => fault.fmt(f),
            Self::Refused { status, error: Some(error) } => {
                write!(f, "the provider answered {status} with {error} when it was asked about a token")
            }
            Self::Refused { status, error: None } => {
                write!(f, "the provider answered {status} when it was asked about a token")
            }
            Self::NotSigned => {
                f.write_str("the introspection answer is plain JSON, but a signed one is agreed")
            }
            Self::AsIdToken(fault) => {
                write!(f, "the introspection answer fails a check that it shares with ID tokens: {fault}")
            }
            Self::KindUnsaid => f.write_str(
                "the introspection answer's typ does not say token-introspection+jwt, which is required",
            ),
            Self::Form { member, needed } => {
                write!(f, "{member} in the introspection answer is not {needed}")
            }
        }
    }
}

impl std::error::Error for IntrospectionFault {}
