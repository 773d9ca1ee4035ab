//! Why userinfo is not used.

use std::fmt;
use std::time::Duration;

use super::answer::AnswerFault;
use super::jwe::JweFault;
use super::jws::JwsFault;
use super::quote::quote;
use super::timestamp::Timestamp;

/// Why the answer is not used; the login is refused then, for claims that decide could be missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserinfoFault {
    /// The provider announces no `userinfo_endpoint`, and what it would say is needed.
    NoEndpoint,
    /// The answer was put aside before its content was judged.
    Answer(AnswerFault),
    /// The answer is signed or encrypted (`application/jwt`), which is not agreed.
    Signed,
    /// The answer is plain JSON, but signed userinfo is agreed.
    NotSigned,
    /// It cannot be opened.
    Jwe(JweFault),
    /// It is not believed to be the provider's.
    Jws(JwsFault),
    /// It is a token of another kind.
    OtherKind {
        /// The claim by which it shows.
        claim: &'static str,
    },
    /// A claim is of another kind than the specification says.
    Form {
        /// Its name.
        claim: &'static str,
    },
    /// It is by another issuer, or does not say by whom.
    Issuer {
        /// The configured issuer.
        expected: String,
        /// As it came; none if there is none, or it is no text.
        found: Option<String>,
    },
    /// It is for another audience, for others too, or does not say for whom.
    Audience {
        /// `client_id`.
        expected: String,
        /// As they came.
        found: Vec<String>,
    },
    /// It has expired, or is not valid yet.
    Time {
        /// `exp` or `nbf`.
        claim: &'static str,
        /// Our time.
        now: Timestamp,
        /// How far clocks may be apart.
        leeway: Duration,
    },
    /// There is no `sub`, or it is not a text.
    SubjectMissing,
    /// The answer is about another person (section 5.3.4).
    SubjectOther,
}

impl UserinfoFault {
    /// Every code that [`Self::code`] gives.
    pub const ALL_CODES: &[&str] = &[
        "userinfo_no_endpoint",
        "userinfo_redirect",
        "userinfo_status",
        "userinfo_too_large",
        "userinfo_content_type",
        "userinfo_unreadable",
        "userinfo_signed",
        "userinfo_not_signed",
        "userinfo_encryption",
        "userinfo_decryption",
        "userinfo_token",
        "userinfo_algorithm",
        "userinfo_signature",
        "userinfo_issuer",
        "userinfo_audience",
        "userinfo_time",
        "userinfo_subject_missing",
        "userinfo_subject",
    ];

    /// The stable code, as in docs/refusals.md.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoEndpoint => "userinfo_no_endpoint",
            Self::Answer(AnswerFault::Redirect { .. }) => "userinfo_redirect",
            Self::Answer(AnswerFault::Status { .. }) => "userinfo_status",
            Self::Answer(AnswerFault::TooLarge { .. }) => "userinfo_too_large",
            Self::Answer(AnswerFault::ContentType { .. }) => "userinfo_content_type",
            Self::Answer(AnswerFault::Json { .. }) => "userinfo_unreadable",
            Self::Signed => "userinfo_signed",
            Self::NotSigned => "userinfo_not_signed",
            Self::Jwe(
                JweFault::NotEncrypted
                | JweFault::Algorithm { .. }
                | JweFault::Compressed
                | JweFault::Form { .. },
            )
            | Self::Jws(JwsFault::Encrypted) => "userinfo_encryption",
            Self::Jwe(JweFault::Decryption { .. }) => "userinfo_decryption",
            Self::Jws(JwsFault::Algorithm { .. }) => "userinfo_algorithm",
            Self::Jws(
                JwsFault::KeyUnknown { .. } | JwsFault::KeysAmbiguous { .. } | JwsFault::Signature { .. },
            ) => "userinfo_signature",
            Self::Jwe(_) | Self::Jws(_) | Self::OtherKind { .. } | Self::Form { .. } => "userinfo_token",
            Self::Issuer { .. } => "userinfo_issuer",
            Self::Audience { .. } => "userinfo_audience",
            Self::Time { .. } => "userinfo_time",
            Self::SubjectMissing => "userinfo_subject_missing",
            Self::SubjectOther => "userinfo_subject",
        }
    }

    /// Whether a fresh key set could help ([`JwsFault::asks_for_new_keys`]): to be fetched once, then verified again.
    pub fn asks_for_new_keys(&self) -> bool {
        matches!(self, Self::Jws(fault) if fault.asks_for_new_keys())
    }

    /// Whether it may pass by itself: what came is no answer to the question, or one side has changed its keys, and the other does
    /// not know of it yet.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Answer(_) | Self::Jwe(JweFault::Decryption { .. })) || self.asks_for_new_keys()
    }

    /// Never: the browser has no part in this.
    pub fn caller_is_at_fault(&self) -> bool {
        false
    }
}

impl fmt::Display for UserinfoFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoEndpoint => f.write_str("the provider's metadata has no userinfo_endpoint"),
            Self::Answer(fault) => fault.fmt(f),
            Self::Signed => f.write_str(
                "the userinfo answer is signed or encrypted, which is not agreed: set \
                 userinfo_signed_response_alg in clients.yaml, or leave it empty in the client's registration at the \
                 provider",
            ),
            Self::NotSigned => f.write_str("the userinfo answer is plain JSON, but a signed one is agreed"),
            Self::Jwe(fault) => write!(f, "userinfo: {fault}"),
            Self::Jws(fault) => write!(f, "userinfo: {fault}"),
            Self::OtherKind { claim } => write!(f, "the userinfo token has {claim}, so it is another token"),
            Self::Form { claim } => write!(f, "{claim} in the userinfo token is not a time"),
            Self::Issuer { expected, found: Some(found) } => {
                write!(f, "the userinfo token is by {}, but the issuer is {}", quote(found), quote(expected))
            }
            Self::Issuer { expected, found: None } => {
                write!(f, "the userinfo token has no iss, which must be {}", quote(expected))
            }
            Self::Audience { expected, found } => {
                let shown: Vec<String> = found.iter().take(5).map(|audience| quote(audience)).collect();
                let shown = if shown.is_empty() { "nobody".to_owned() } else { shown.join(", ") };
                write!(
                    f,
                    "the userinfo token is for {shown}, but must be for {} and nobody else",
                    quote(expected)
                )
            }
            Self::Time { claim, now, leeway } => write!(
                f,
                "{claim} of the userinfo token does not hold now (now {now}, leeway {}s)",
                leeway.as_secs()
            ),
            Self::SubjectMissing => f.write_str("the userinfo answer has no sub"),
            Self::SubjectOther => f.write_str("the userinfo answer is about another sub than the ID token"),
        }
    }
}

impl std::error::Error for UserinfoFault {}
