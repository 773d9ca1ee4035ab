//! The access token of a login or refresh, read for its claims where the provider makes it a JWT (RFC 9068). It is for other
//! resources, so its audience is not ours and is not judged; that it came from the token endpoint, is signed by the provider and is
//! about the person of the ID token is.

use std::fmt;
use std::time::Duration;

use serde_json::{Map, Value};

use super::access_token::{ANY_JWT, Form, form};
use super::claim_form;
use super::issuer::Issuer;
use super::jwks::Keys;
use super::jws::{Compact, JwsFault};
use super::registration::SigningAlgorithm;
use super::secret::Secret;
use super::timestamp::Timestamp;

/// The claims of an access token of a login. Only [`read`] makes one.
#[derive(Clone)]
pub struct ReadAccessToken(Map<String, Value>);

/// What it is judged against.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The configured issuer.
    pub issuer: &'a Issuer,
    /// The `sub` of the verified ID token.
    pub sub: &'a str,
    /// The time.
    pub now: Timestamp,
    /// How far clocks may be apart.
    pub leeway: Duration,
}

/// Why the claims of an access token are not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessTokenUnread {
    /// It is no JWT: only the provider can read it.
    Opaque,
    /// It is encrypted, to somebody else.
    Encrypted,
    /// It is not signed as it should be.
    Jws(JwsFault),
    /// `iss` is missing, or another issuer.
    Issuer,
    /// `sub` is another person, or no text.
    Subject,
    /// `exp` is over, or no time.
    Expired,
}

/// Reads the claims of an access token.
///
/// # Errors
/// [`AccessTokenUnread`]; if [`AccessTokenUnread::asks_for_new_keys`], it may pass with a fresh key set.
pub fn read(
    token: &Secret,
    keys: &Keys,
    expected: &Expected<'_>,
) -> Result<ReadAccessToken, AccessTokenUnread> {
    match form(token.expose()) {
        Form::Jwt => {}
        Form::EncryptedJwt => return Err(AccessTokenUnread::Encrypted),
        Form::Opaque => return Err(AccessTokenUnread::Opaque),
    }
    let token = Compact::read(token.expose()).map_err(AccessTokenUnread::Jws)?;
    // RFC 8725 section 3.1: by no secret, which others could share.
    let algorithms: Vec<_> =
        SigningAlgorithm::ALL.into_iter().filter(|algorithm| algorithm.secret_bytes().is_none()).collect();
    let key_issuer = token.verify(keys, &algorithms, ANY_JWT).map_err(AccessTokenUnread::Jws)?;
    let claims = token.payload().map_err(AccessTokenUnread::Jws)?;
    let issuer = claims.get("iss").and_then(Value::as_str).unwrap_or_default();
    if !expected.issuer.is_named(issuer) || !expected.issuer.takes_key_of(key_issuer, issuer) {
        return Err(AccessTokenUnread::Issuer);
    }
    // RFC 9068 section 2.2 wants it; Keycloak's lightweight tokens lack it. One that is there is the person's.
    if claims.get("sub").is_some_and(|sub| sub.as_str() != Some(expected.sub)) {
        return Err(AccessTokenUnread::Subject);
    }
    match claim_form::time(&claims, "exp") {
        Ok(Some(ends)) if expected.now < ends.after(expected.leeway) => {}
        Ok(None) => {}
        Ok(Some(_)) | Err(_) => return Err(AccessTokenUnread::Expired),
    }
    Ok(ReadAccessToken(claims))
}

impl ReadAccessToken {
    pub(super) const fn members(&self) -> &Map<String, Value> {
        &self.0
    }
}

impl fmt::Debug for ReadAccessToken {
    /// Names only: the values are personal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl AccessTokenUnread {
    /// Whether the provider may have changed its keys, so that a fresh set could help.
    pub fn asks_for_new_keys(&self) -> bool {
        matches!(self, Self::Jws(fault) if fault.asks_for_new_keys())
    }
}

impl fmt::Display for AccessTokenUnread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opaque => f.write_str("the access token is no JWT, so that only the provider can read it"),
            Self::Encrypted => f.write_str("the access token is encrypted"),
            Self::Jws(fault) => fault.fmt(f),
            Self::Issuer => f.write_str("the access token's iss is not the issuer"),
            Self::Subject => f.write_str("the access token's sub is not that of the ID token"),
            Self::Expired => f.write_str("the access token's exp is over, or no time"),
        }
    }
}

impl std::error::Error for AccessTokenUnread {}
