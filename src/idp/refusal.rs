//! From a fault of a provider to the refusal that says so.

use super::claims::ClaimsFault;
use super::fetch::FetchFault;
use super::provider::{FileTrouble, ProviderFault};
use super::verify::{LogoutFault, VerifyFault};
use crate::gate::refusal::{Refusal, Trouble};
use crate::protocol::issuer::Issuer;
use crate::protocol::jwks::SkippedKey;

/// Why a provider's metadata or keys could not be had.
pub fn of_provider(issuer: &Issuer, fault: ProviderFault) -> Refusal {
    match fault {
        ProviderFault::Fetch(fault) => of_call(issuer, &fault),
        ProviderFault::Discovery(fault) => fault.into(),
        ProviderFault::Jwks(fault) => fault.into(),
        ProviderFault::File(FileTrouble { setting, why }) => {
            Refusal::ProviderFile { setting, why: why.into() }
        }
    }
}

/// One line about a provider that could not be asked in advance, while nobody waits for it.
pub fn log(issuer: &Issuer, fault: ProviderFault) {
    let refusal = of_provider(issuer, fault);
    let (code, fault, remedy) = (refusal.code(), refusal.fault().name(), refusal.remedy());
    tracing::warn!(
        code, fault, %issuer, why = %refusal, remedy = %remedy,
        "the provider's metadata and keys could not be had; asking again"
    );
}

/// Why the claims about a person are not believed, or not known.
pub fn of_claims(issuer: &Issuer, fault: ClaimsFault) -> Refusal {
    match fault {
        ClaimsFault::IdToken(VerifyFault::Keys(fault)) | ClaimsFault::Keys(fault) => {
            of_provider(issuer, fault)
        }
        ClaimsFault::IdToken(VerifyFault::IdToken(fault)) => fault.into(),
        ClaimsFault::Call(fault) => of_call(issuer, &fault),
        ClaimsFault::Userinfo(fault) => fault.into(),
    }
}

/// Why a logout token was not accepted.
pub fn of_logout_token(issuer: &Issuer, fault: LogoutFault) -> Refusal {
    match fault {
        LogoutFault::Keys(fault) => of_provider(issuer, fault),
        LogoutFault::Token(fault) => fault.into(),
    }
}

/// A call that brought no answer.
pub fn of_call(issuer: &Issuer, fault: &FetchFault) -> Refusal {
    let (trouble, detail) = match fault {
        FetchFault::Unreachable { why } | FetchFault::Broken { why } => (Trouble::Unreachable, why.clone()),
        FetchFault::Tls { why } => (Trouble::Tls, why.clone()),
        // The sentence of the refusal says it all.
        FetchFault::PrivateAddress => (Trouble::PrivateAddress, String::new()),
        FetchFault::TimedOut { .. } | FetchFault::TooBusy => (Trouble::Timeout, fault.to_string()),
        FetchFault::TooLarge { .. } => (Trouble::TooLarge, fault.to_string()),
    };
    Refusal::Provider { issuer: issuer.clone(), trouble, detail: detail.into() }
}

/// A call that was answered with a status that says that there is no answer now.
pub fn of_status(issuer: &Issuer, status: http::StatusCode) -> Refusal {
    let detail = format!("it answered {}", status.as_u16());
    Refusal::Provider { issuer: issuer.clone(), trouble: Trouble::Status, detail: detail.into() }
}

/// One line about the keys of a set that are not used, when they are others than before. Some are no mistake: keys for
/// encryption, or of algorithms yet to come.
pub fn log_skipped_keys(issuer: &Issuer, skipped: &[SkippedKey]) {
    let mistake = skipped.iter().any(|key| key.reason.is_a_mistake());
    let shown: Vec<String> = skipped.iter().take(MAX_SKIPPED_SHOWN).map(ToString::to_string).collect();
    let (count, keys) = (skipped.len(), shown.join("; "));
    if mistake {
        tracing::warn!(
            code = "jwks_keys_skipped", fault = "provider", %issuer, count, keys,
            remedy = "Tell the provider; a token that is signed by one of them is refused.",
            "some of the provider's keys cannot be used"
        );
    } else {
        tracing::info!(code = "jwks_keys_skipped", %issuer, count, keys, "keys of the provider that are not used");
    }
}

/// Keys that one line of the log names.
const MAX_SKIPPED_SHOWN: usize = 5;
