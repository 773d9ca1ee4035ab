//! The ID token (OpenID Connect Core 1.0 sections 2, 3.1.3.6, 3.1.3.7 and 3.1.3.8), judged in the specification's own order,
//! but for the signature: it comes first, so that nothing unsigned is looked at.

use std::time::Duration;

use aws_lc_rs::{constant_time, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::claim_form::{audiences, optional_text, required_text, time};
pub use super::claims::{Claims, judge_refreshed};
pub use super::id_token_fault::IdTokenFault;
use super::issuer::Issuer;
use super::jwe::{self, Encryption};
use super::jwks::Keys;
use super::jws::{self, Signed};
use super::registration::SigningAlgorithm;
use super::secret::Secret;
use super::timestamp::Timestamp;

/// How far the clocks of provider and gateway may be apart where `clock_leeway` says nothing.
pub const DEFAULT_LEEWAY: Duration = Duration::from_secs(60);

/// The most that `clock_leeway` may be: beyond it, an expired token would be a good one.
pub const MAX_LEEWAY: Duration = Duration::from_secs(300);

/// How long ago an ID token may have been issued when it comes straight from the token endpoint, beside the leeway.
pub const MAX_AGE: Duration = Duration::from_secs(3600);

/// Bytes of a `sub` (section 2).
pub const MAX_SUBJECT_BYTES: usize = 255;

/// What an ID token is judged against.
#[derive(Clone, Copy, Debug)]
pub struct IdTokenExpected<'a> {
    /// The configured issuer.
    pub issuer: &'a Issuer,
    /// Our `client_id`: the audience.
    pub client_id: &'a str,
    /// Audiences that may be named beside ours (`audiences`): a token that names any other is refused.
    pub audiences: &'a [String],
    /// The nonce of the login; none at a refresh, where [`judge_refreshed`] compares it.
    pub nonce: Option<&'a str>,
    /// The agreed algorithm.
    pub algorithm: SigningAlgorithm,
    /// The time.
    pub now: Timestamp,
    /// How far clocks may be apart, for `exp`, `iat` and `nbf`.
    pub leeway: Duration,
    /// The access token that came along, for `at_hash`.
    pub access_token: Option<&'a Secret>,
}

/// The signed token, ready for [`verify`]: out of the encrypted one if encryption is agreed, else the token as it is (step 1).
///
/// # Errors
/// [`IdTokenFault::Jwe`]; also if it is agreed and the token is not encrypted.
pub fn decrypt(token: &Secret, agreed: Option<&Encryption>) -> Result<Secret, IdTokenFault> {
    match agreed {
        Some(agreed) => Ok(jwe::open(token.expose(), agreed, jws::JWT)?),
        None => Ok(token.clone()),
    }
}

/// Verifies an ID token that is signed and no more.
///
/// # Errors
/// [`IdTokenFault`]; if [`IdTokenFault::asks_for_new_keys`], it may pass with a fresh key set.
pub fn verify(token: &str, keys: &Keys, expected: &IdTokenExpected<'_>) -> Result<Claims, IdTokenFault> {
    // Steps 1, 6, 7 and 8: not encrypted, or no more; signed by the issuer's key and the agreed algorithm, also over TLS; by the
    // client secret only where that is agreed.
    let Signed { claims, key_issuer } = jws::verify(token, keys, expected.algorithm, jws::JWT)?;

    // RFC 8725 section 3.12: a logout or security event token is none, although signed by the same keys.
    if claims.contains_key("events") {
        return Err(IdTokenFault::OtherKind);
    }
    // Steps 2 and 3; of a template, `iss` must also be that of the token's own tenant.
    let audiences = judge_parties(&claims, key_issuer, expected)?;
    let found = required_text(&claims, "iss")?;
    if !expected.issuer.is_tenant_of(found, claims.get("tid").and_then(Value::as_str)) {
        let (expected, found) = (expected.issuer.as_str().to_owned(), found.to_owned());
        return Err(IdTokenFault::Issuer { expected, found });
    }
    // Steps 4 and 5: `azp` is us when there; with several audiences it must be there (errata 1, kept as our rule).
    let authorized_party = optional_text(&claims, "azp")?;
    let several = audiences.iter().any(|audience| *audience != expected.client_id);
    if authorized_party.is_some_and(|found| found != expected.client_id)
        || several && authorized_party.is_none()
    {
        return Err(IdTokenFault::AuthorizedParty {
            expected: expected.client_id.to_owned(),
            found: authorized_party.map(str::to_owned),
        });
    }
    // Steps 9 and 10.
    let expired_at = judge_times(&claims, expected)?.expires;
    // Step 11: `nonce`.
    if let Some(nonce) = expected.nonce {
        let found = required_text(&claims, "nonce")?;
        if constant_time::verify_slices_are_equal(found.as_bytes(), nonce.as_bytes()).is_err() {
            return Err(IdTokenFault::Nonce);
        }
    }
    // Steps 12 (`acr`) and 13 (`auth_time`) concern a login and no refresh: `requested.rs`.

    // Section 2: `sub`.
    let sub = required_text(&claims, "sub")?;
    if sub.len() > MAX_SUBJECT_BYTES || !sub.bytes().all(|byte| matches!(byte, 0x20..=0x7e)) {
        return Err(IdTokenFault::Form { claim: "sub", needed: "at most 255 printable ASCII characters" });
    }
    // Section 3.1.3.8: `at_hash`, where there is one.
    if let (Some(found), Some(access_token)) = (optional_text(&claims, "at_hash")?, expected.access_token) {
        let fits = half_hash(expected.algorithm, access_token.expose());
        if constant_time::verify_slices_are_equal(found.as_bytes(), fits.as_bytes()).is_err() {
            return Err(IdTokenFault::AccessTokenHash);
        }
    }
    Ok(Claims::verified(claims, expired_at))
}

/// By whom and for whom a token is (steps 2 and 3): the same for every token of the provider about itself and this client. Gives
/// the audiences.
pub(super) fn judge_parties<'a>(
    claims: &'a Map<String, Value>,
    key_issuer: Option<&str>,
    expected: &IdTokenExpected<'_>,
) -> Result<Vec<&'a str>, IdTokenFault> {
    // Step 2: `iss`, byte for byte; of a template, that of a tenant that is let in.
    let found = required_text(claims, "iss")?;
    if !expected.issuer.is_named(found) || !expected.issuer.takes_key_of(key_issuer, found) {
        let (expected, found) = (expected.issuer.as_str().to_owned(), found.to_owned());
        return Err(IdTokenFault::Issuer { expected, found });
    }
    // Step 3: `aud` has our client_id and nobody whom we do not trust.
    let audiences = audiences(claims)?;
    if !is_for_us(&audiences, expected.client_id, expected.audiences) {
        return Err(IdTokenFault::Audience {
            expected: expected.client_id.to_owned(),
            found: audiences.into_iter().map(str::to_owned).collect(),
        });
    }
    Ok(audiences)
}

/// When a token was issued, and until when it is good.
#[derive(Clone, Copy)]
pub(super) struct Times {
    pub(super) issued: Timestamp,
    pub(super) expires: Timestamp,
}

/// Whether now is within the time of a token (steps 9 and 10).
pub(super) fn judge_times(
    claims: &Map<String, Value>,
    expected: &IdTokenExpected<'_>,
) -> Result<Times, IdTokenFault> {
    let expires = judge_expiry(claims, expected)?.ok_or(IdTokenFault::Missing { claim: "exp" })?;
    let issued = judge_issue(claims, expected, MAX_AGE)?;
    Ok(Times { issued, expires })
}

/// Step 9: the time is before `exp`, where there is one.
pub(super) fn judge_expiry(
    claims: &Map<String, Value>,
    expected: &IdTokenExpected<'_>,
) -> Result<Option<Timestamp>, IdTokenFault> {
    let (now, leeway) = (expected.now, expected.leeway);
    match time(claims, "exp")? {
        Some(expired_at) if now >= expired_at.after(leeway) => {
            Err(IdTokenFault::Expired { expired_at, now, leeway, skew: None })
        }
        expires => Ok(expires),
    }
}

/// Step 10: `iat` is neither too far away in the past nor in the future. Nor is `nbf` still to come (RFC 7519 section 4.1.5).
pub(super) fn judge_issue(
    claims: &Map<String, Value>,
    expected: &IdTokenExpected<'_>,
    max_age: Duration,
) -> Result<Timestamp, IdTokenFault> {
    let (now, leeway) = (expected.now, expected.leeway);
    let issued_at = time(claims, "iat")?.ok_or(IdTokenFault::Missing { claim: "iat" })?;
    if issued_at > now.after(leeway) {
        return Err(IdTokenFault::IssuedInFuture { issued_at, now, leeway, skew: None });
    }
    if now > issued_at.after(max_age).after(leeway) {
        return Err(IdTokenFault::TooOld { issued_at, now, skew: None });
    }
    if let Some(not_before) = time(claims, "nbf")?
        && not_before > now.after(leeway)
    {
        return Err(IdTokenFault::NotYetValid { not_before, now, leeway, skew: None });
    }
    Ok(issued_at)
}

/// OpenID Connect Core 1.0 section 3.1.3.7 step 3: for us, and for nobody whom we do not trust.
pub(super) fn is_for_us(found: &[&str], client_id: &str, trusted: &[String]) -> bool {
    let known = |audience: &str| audience == client_id || trusted.iter().any(|other| other == audience);
    found.contains(&client_id) && found.iter().all(|audience| known(audience))
}

/// The left half of the hash that goes with the algorithm, as base64url (section 3.1.3.6).
fn half_hash(algorithm: SigningAlgorithm, text: &str) -> String {
    let hash = match algorithm {
        SigningAlgorithm::Rs256
        | SigningAlgorithm::Ps256
        | SigningAlgorithm::Es256
        | SigningAlgorithm::Hs256 => &digest::SHA256,
        SigningAlgorithm::Rs384
        | SigningAlgorithm::Ps384
        | SigningAlgorithm::Es384
        | SigningAlgorithm::Hs384 => &digest::SHA384,
        // Ed25519 hashes with SHA-512 inside (RFC 8032 section 5.1).
        SigningAlgorithm::Rs512
        | SigningAlgorithm::Ps512
        | SigningAlgorithm::EdDsa
        | SigningAlgorithm::Hs512 => &digest::SHA512,
    };
    let whole = digest::digest(hash, text.as_bytes());
    let whole = whole.as_ref();
    URL_SAFE_NO_PAD.encode(&whole[..whole.len() / 2])
}
