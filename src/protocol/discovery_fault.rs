//! Why a provider's metadata is not used.

use std::fmt;

use super::answer::AnswerFault;
use super::endpoint::EndpointFault;
use super::quote::quote;

/// Why metadata is not used. The copy that was good before stays in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiscoveryFault {
    /// The answer was put aside before its content was judged.
    Answer(AnswerFault),
    /// The provider calls itself something else.
    Issuer {
        /// As configured.
        expected: String,
        /// As the provider says; none if it says nothing, or no text.
        found: Option<String>,
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
    /// An address is one that is not used.
    Endpoint {
        /// The member's name.
        member: &'static str,
        /// The address, as it came; `Display` quotes and shortens it.
        found: String,
        /// Which rule it breaks.
        fault: EndpointFault,
    },
}

impl DiscoveryFault {
    /// Every code that [`Self::code`] gives.
    pub const ALL_CODES: &[&str] = &[
        "discovery_redirect",
        "discovery_status",
        "discovery_too_large",
        "discovery_content_type",
        "discovery_unreadable",
        "discovery_issuer",
        "discovery_member_missing",
        "discovery_member_form",
        "discovery_endpoint",
    ];

    /// The stable code, as in docs/refusals.md.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Answer(AnswerFault::Redirect { .. }) => "discovery_redirect",
            Self::Answer(AnswerFault::Status { .. }) => "discovery_status",
            Self::Answer(AnswerFault::TooLarge { .. }) => "discovery_too_large",
            Self::Answer(AnswerFault::ContentType { .. }) => "discovery_content_type",
            Self::Answer(AnswerFault::Json { .. }) => "discovery_unreadable",
            Self::Issuer { .. } => "discovery_issuer",
            Self::Missing { .. } => "discovery_member_missing",
            Self::Form { .. } => "discovery_member_form",
            Self::Endpoint { .. } => "discovery_endpoint",
        }
    }

    /// Never: the browser has no part in this.
    pub fn caller_is_at_fault(&self) -> bool {
        false
    }
}

impl fmt::Display for DiscoveryFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(fault) => fault.fmt(f),
            Self::Issuer { expected, found: None } => {
                write!(f, "issuer is {}, but the provider's metadata does not name one", quote(expected))
            }
            Self::Issuer { expected, found: Some(found) } => {
                write!(f, "issuer is {}, but the provider calls itself {}. ", quote(expected), quote(found))?;
                if found.contains('{') {
                    f.write_str("That is a template: configure the issuer of one tenant, or the template with tenants")
                } else if expected.trim_end_matches('/') == found.trim_end_matches('/') {
                    write!(f, "Only the slash at the end differs. Write: issuer: {}", quote(found))
                } else {
                    f.write_str("They must be equal to the letter")
                }
            }
            Self::Missing { member } => write!(f, "the provider's metadata has no {member}"),
            Self::Form { member, needed } => {
                write!(f, "{member} in the provider's metadata is not {needed}")
            }
            Self::Endpoint { member, found, fault } => {
                write!(f, "{member} in the provider's metadata {}", fault.explain(found))
            }
        }
    }
}

impl std::error::Error for DiscoveryFault {}
