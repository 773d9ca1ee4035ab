//! Why an ID token is refused.

use std::fmt;
use std::time::Duration;

use super::claim_form::ClaimFault;
use super::jwe::JweFault;
use super::jws::JwsFault;
use super::quote::quote;
use super::skew::Skew;
use super::timestamp::Timestamp;

/// Why an ID token is refused. Nobody is signed in by it, and a session that it should refresh ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdTokenFault {
    /// It cannot be opened.
    Jwe(JweFault),
    /// It is not believed to be the provider's.
    Jws(JwsFault),
    /// It is a token of another kind: it has `events` (RFC 8417 section 2.2), as a logout token has.
    OtherKind,
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
    /// It is by another issuer.
    Issuer {
        /// The configured issuer.
        expected: String,
        /// As it came; `Display` quotes and shortens it.
        found: String,
    },
    /// It is for another audience, or for others too.
    Audience {
        /// `client_id`.
        expected: String,
        /// As they came.
        found: Vec<String>,
    },
    /// It was issued to another client.
    AuthorizedParty {
        /// `client_id`.
        expected: String,
        /// `azp`, as it came; none if it is missing although there are several audiences.
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
        /// What is known of the provider's clock.
        skew: Option<Skew>,
    },
    /// It is from the future.
    IssuedInFuture {
        /// `iat`
        issued_at: Timestamp,
        /// Our time.
        now: Timestamp,
        /// How far clocks may be apart.
        leeway: Duration,
        /// What is known of the provider's clock.
        skew: Option<Skew>,
    },
    /// It was issued too long ago to belong to this login.
    TooOld {
        /// `iat`
        issued_at: Timestamp,
        /// Our time.
        now: Timestamp,
        /// What is known of the provider's clock.
        skew: Option<Skew>,
    },
    /// It is not valid yet.
    NotYetValid {
        /// `nbf`
        not_before: Timestamp,
        /// Our time.
        now: Timestamp,
        /// How far clocks may be apart.
        leeway: Duration,
        /// What is known of the provider's clock.
        skew: Option<Skew>,
    },
    /// The person was authenticated in another way than was asked for (step 12).
    Acr {
        /// `acr_values`, or those of `claims`; empty if any will do.
        expected: Vec<String>,
        /// `acr`, as it came.
        found: Option<String>,
    },
    /// The person was not authenticated lately enough, or it is not known when (step 13).
    AuthenticationTime {
        /// `auth_time`.
        found: Option<Timestamp>,
        /// `max_age`; none if only `auth_time` was asked for.
        max_age: Option<Duration>,
        /// When the login was begun.
        asked_at: Timestamp,
        /// Our time.
        now: Timestamp,
    },
    /// It belongs to another login.
    Nonce,
    /// It belongs to another access token.
    AccessTokenHash,
    /// A refresh brought a claim that differs from the login's.
    Changed {
        /// Its name.
        claim: &'static str,
    },
}

impl IdTokenFault {
    /// Every code that [`Self::code`] gives.
    pub const ALL_CODES: &[&str] = &[
        "id_token_too_long",
        "id_token_encrypted",
        "id_token_not_encrypted",
        "id_token_encryption_algorithm",
        "id_token_encryption_header",
        "id_token_decryption",
        "id_token_parts",
        "id_token_encoding",
        "id_token_unreadable",
        "id_token_algorithm",
        "id_token_critical",
        "id_token_type",
        "id_token_key_name",
        "id_token_key_unknown",
        "id_token_keys_ambiguous",
        "id_token_signature",
        "id_token_other_kind",
        "id_token_claim_missing",
        "id_token_claim_form",
        "id_token_issuer",
        "id_token_audience",
        "id_token_authorized_party",
        "id_token_expired",
        "id_token_issued_in_future",
        "id_token_too_old",
        "id_token_not_yet_valid",
        "id_token_acr",
        "id_token_authentication_time",
        "id_token_nonce",
        "id_token_access_token_hash",
        "id_token_changed",
    ];

    /// The stable code, as in docs/refusals.md.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Jwe(JweFault::TooLong { .. }) | Self::Jws(JwsFault::TooLong { .. }) => "id_token_too_long",
            Self::Jwe(JweFault::NotEncrypted) => "id_token_not_encrypted",
            Self::Jwe(JweFault::Algorithm { .. }) => "id_token_encryption_algorithm",
            Self::Jwe(JweFault::Compressed | JweFault::Form { .. }) => "id_token_encryption_header",
            Self::Jwe(JweFault::Decryption { .. }) => "id_token_decryption",
            Self::Jws(JwsFault::Encrypted) => "id_token_encrypted",
            Self::Jwe(JweFault::Parts { .. }) | Self::Jws(JwsFault::Parts { .. }) => "id_token_parts",
            Self::Jwe(JweFault::Encoding { .. }) => "id_token_encoding",
            Self::Jws(JwsFault::Encoding { .. }) => "id_token_encoding",
            Self::Jwe(JweFault::Json(_)) | Self::Jws(JwsFault::Json { .. }) => "id_token_unreadable",
            Self::Jws(JwsFault::Algorithm { .. }) => "id_token_algorithm",
            Self::Jwe(JweFault::Critical) | Self::Jws(JwsFault::Critical) => "id_token_critical",
            Self::Jwe(JweFault::Kind(_)) | Self::Jws(JwsFault::Kind { .. }) => "id_token_type",
            Self::Jws(JwsFault::KeyName) => "id_token_key_name",
            Self::Jws(JwsFault::KeyUnknown { .. }) => "id_token_key_unknown",
            Self::Jws(JwsFault::KeysAmbiguous { .. }) => "id_token_keys_ambiguous",
            Self::Jws(JwsFault::Signature { .. }) => "id_token_signature",
            Self::OtherKind => "id_token_other_kind",
            Self::Missing { .. } => "id_token_claim_missing",
            Self::Form { .. } => "id_token_claim_form",
            Self::Issuer { .. } => "id_token_issuer",
            Self::Audience { .. } => "id_token_audience",
            Self::AuthorizedParty { .. } => "id_token_authorized_party",
            Self::Expired { .. } => "id_token_expired",
            Self::IssuedInFuture { .. } => "id_token_issued_in_future",
            Self::TooOld { .. } => "id_token_too_old",
            Self::NotYetValid { .. } => "id_token_not_yet_valid",
            Self::Acr { .. } => "id_token_acr",
            Self::AuthenticationTime { .. } => "id_token_authentication_time",
            Self::Nonce => "id_token_nonce",
            Self::AccessTokenHash => "id_token_access_token_hash",
            Self::Changed { .. } => "id_token_changed",
        }
    }

    /// The same with what is known of the provider's clock, where it is a matter of clocks.
    #[must_use]
    pub fn measured(mut self, measured: Option<Skew>) -> Self {
        if let Self::Expired { skew, .. }
        | Self::IssuedInFuture { skew, .. }
        | Self::TooOld { skew, .. }
        | Self::NotYetValid { skew, .. } = &mut self
        {
            *skew = measured;
        }
        self
    }

    /// Whether a fresh key set could help ([`JwsFault::asks_for_new_keys`]): to be fetched once, then verified again.
    pub fn asks_for_new_keys(&self) -> bool {
        matches!(self, Self::Jws(fault) if fault.asks_for_new_keys())
    }

    /// Whether it may pass by itself: one side has changed its keys, and the other does not know of it yet.
    pub fn may_pass(&self) -> bool {
        self.asks_for_new_keys() || matches!(self, Self::Jwe(JweFault::Decryption { .. }))
    }

    /// Whether the browser is at fault: only a code that was put into another login shows as a wrong nonce.
    pub fn caller_is_at_fault(&self) -> bool {
        matches!(self, Self::Nonce)
    }
}

impl From<ClaimFault> for IdTokenFault {
    fn from(fault: ClaimFault) -> Self {
        match fault {
            ClaimFault::Missing { claim } => Self::Missing { claim },
            ClaimFault::Form { claim, needed } => Self::Form { claim, needed },
        }
    }
}

impl From<JweFault> for IdTokenFault {
    fn from(fault: JweFault) -> Self {
        Self::Jwe(fault)
    }
}

impl From<JwsFault> for IdTokenFault {
    fn from(fault: JwsFault) -> Self {
        Self::Jws(fault)
    }
}

impl fmt::Display for IdTokenFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Jwe(fault) => fault.fmt(f),
            Self::Jws(fault) => fault.fmt(f),
            Self::OtherKind => f.write_str("the token has events, so it is no ID token"),
            Self::Missing { claim } => write!(f, "the ID token has no {claim}"),
            Self::Form { claim, needed } => write!(f, "{claim} in the ID token is not {needed}"),
            Self::Issuer { expected, found } => {
                write!(f, "the ID token is by {}, but the issuer is {}", quote(found), quote(expected))
            }
            Self::Audience { expected, found } => {
                let shown: Vec<String> = found.iter().take(5).map(|audience| quote(audience)).collect();
                let shown = if shown.is_empty() { "nobody".to_owned() } else { shown.join(", ") };
                write!(f, "the ID token is for {shown}, but must be for {} and nobody else", quote(expected))
            }
            Self::AuthorizedParty { expected, found: Some(found) } => {
                write!(f, "the ID token's azp is {}, but client_id is {}", quote(found), quote(expected))
            }
            Self::AuthorizedParty { expected, found: None } => {
                write!(f, "the ID token has several audiences, but no azp, which must be {}", quote(expected))
            }
            Self::Expired { expired_at, now, leeway, skew } => write!(
                f,
                "the ID token expired {}s ago (exp {expired_at}, now {now}, leeway {}s){}",
                now.since(*expired_at).as_secs(),
                leeway.as_secs(),
                by_the_clocks(skew)
            ),
            Self::IssuedInFuture { issued_at, now, leeway, skew } => write!(
                f,
                "the ID token was issued {}s ahead of our clock (iat {issued_at}, now {now}, leeway {}s): set \
                 the clocks{}",
                issued_at.since(*now).as_secs(),
                leeway.as_secs(),
                by_the_clocks(skew)
            ),
            Self::TooOld { issued_at, now, skew } => write!(
                f,
                "the ID token was issued {}s ago (iat {issued_at}, now {now}), but is new when it comes: set the \
                 clocks{}",
                now.since(*issued_at).as_secs(),
                by_the_clocks(skew)
            ),
            Self::NotYetValid { not_before, now, leeway, skew } => write!(
                f,
                "the ID token is valid in {}s (nbf {not_before}, now {now}, leeway {}s): set the clocks{}",
                not_before.since(*now).as_secs(),
                leeway.as_secs(),
                by_the_clocks(skew)
            ),
            Self::Acr { expected, found } => {
                match found {
                    Some(found) => write!(f, "acr in the ID token is {}", quote(found))?,
                    None => f.write_str("the ID token has no acr")?,
                }
                let wanted: Vec<String> = expected.iter().take(5).map(|acr| quote(acr)).collect();
                let wanted = if wanted.is_empty() { "one".to_owned() } else { wanted.join(" or ") };
                write!(f, ", but {wanted} was asked for")
            }
            Self::AuthenticationTime { found: None, .. } => f.write_str(
                "the ID token has no auth_time, so that it is not known when the person signed in",
            ),
            Self::AuthenticationTime { found: Some(found), now, .. } if found > now => write!(
                f,
                "the person signed in {}s ahead of our clock (auth_time {found}, now {now}): set the clocks",
                found.since(*now).as_secs()
            ),
            Self::AuthenticationTime { found: Some(found), max_age, asked_at, .. } => write!(
                f,
                "the person had signed in {}s before the login began (auth_time {found}, begun {asked_at}), but max_age is {}s",
                asked_at.since(*found).as_secs(),
                max_age.unwrap_or_default().as_secs()
            ),
            Self::Nonce => f.write_str("the ID token's nonce is not the one of this login"),
            Self::AccessTokenHash => {
                f.write_str("the ID token's at_hash does not fit the access token that came with it")
            }
            Self::Changed { claim } => {
                write!(f, "{claim} in the ID token of the refresh differs from the login's")
            }
        }
    }
}

impl std::error::Error for IdTokenFault {}

fn by_the_clocks(skew: &Option<Skew>) -> String {
    skew.map_or_else(String::new, |skew| format!("; {skew}"))
}
