//! From a fault of a provider to the refusal that says so.

use super::claims::ClaimsFault;
use super::fetch::FetchFault;
use super::provider::ProviderFault;
use super::verify::VerifyFault;
use crate::gate::refusal::{Refusal, Trouble};
use crate::protocol::issuer::Issuer;

/// Why a provider's metadata or keys could not be had.
pub fn of_provider(issuer: &Issuer, fault: ProviderFault) -> Refusal {
    match fault {
        ProviderFault::Fetch(fault) => of_call(issuer, &fault),
        ProviderFault::Discovery(fault) => fault.into(),
        ProviderFault::Jwks(fault) => fault.into(),
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

/// A call that brought no answer.
pub fn of_call(issuer: &Issuer, fault: &FetchFault) -> Refusal {
    let (trouble, detail) = match fault {
        FetchFault::Unreachable { why } | FetchFault::Broken { why } => (Trouble::Unreachable, why.clone()),
        FetchFault::Tls { why } => (Trouble::Tls, why.clone()),
        FetchFault::TimedOut | FetchFault::TooBusy => (Trouble::Timeout, fault.to_string()),
        FetchFault::TooLarge { .. } => (Trouble::TooLarge, fault.to_string()),
    };
    Refusal::Provider { issuer: issuer.clone(), trouble, detail: detail.into() }
}
