//! Tokens and the keys that they name: one refetch for a key that is not known yet.

use std::fmt;
use std::sync::Arc;

use super::provider::{ProviderFault, RememberedProvider};
use crate::config::Client;
use crate::protocol::claims::Claims;
use crate::protocol::jwks::Keys;
use crate::protocol::jwt::{self, IdTokenExpected, IdTokenFault};
use crate::protocol::logout_token::{self, LogoutToken, LogoutTokenFault};
use crate::protocol::requested::Requested;
use crate::protocol::secret::Secret;
use crate::protocol::timestamp::Timestamp;

/// Why an ID token was not accepted.
#[derive(Clone, Debug)]
pub enum VerifyFault {
    /// The keys could not be had.
    Keys(ProviderFault),
    /// The token is not what it should be.
    IdToken(IdTokenFault),
}

/// What the ID token of a login must show.
#[derive(Clone, Copy, Debug)]
pub struct OfLogin<'a> {
    /// The nonce of the authorization request.
    pub nonce: &'a str,
    /// What the request asked of the authentication.
    pub requested: &'a Requested,
}

/// An ID token that passed every check.
#[derive(Debug)]
pub struct Verified {
    /// What it says.
    pub claims: Claims,
    /// The signed token, decrypted if it came encrypted: what `id_token_hint` is (OpenID Connect Core 1.0 section 3.1.2.1).
    pub id_token: Secret,
}

/// Verifies an ID token of the client's provider. `login` is none at a refresh.
///
/// # Errors
/// [`VerifyFault`].
pub async fn id_token(
    provider: &Arc<RememberedProvider>,
    client: &Client,
    token: &Secret,
    login: Option<OfLogin<'_>>,
    access_token: &Secret,
    now: Timestamp,
) -> Result<Verified, VerifyFault> {
    let encryption = client.registration.id_token_encryption.as_ref();
    let id_token = jwt::decrypt(token, encryption).map_err(VerifyFault::IdToken)?;
    let expected = IdTokenExpected {
        issuer: &client.issuer,
        client_id: &client.registration.client_id,
        audiences: &client.audiences,
        nonce: login.map(|login| login.nonce),
        algorithm: client.registration.id_token_algorithm,
        now,
        leeway: client.clock_leeway,
        access_token: Some(access_token),
    };
    let measured = |fault: IdTokenFault| VerifyFault::IdToken(fault.measured(provider.skew()));
    let claims = with_keys(
        provider,
        Keys::of_client_secret(&client.registration, expected.algorithm),
        |keys| jwt::verify(id_token.expose(), keys, &expected),
        IdTokenFault::asks_for_new_keys,
    )
    .await
    .map_err(VerifyFault::Keys)?
    .map_err(measured)?;
    if let Some(login) = login {
        // Before anything from elsewhere joins the claims.
        login.requested.judge(claims.as_json(), now, expected.leeway).map_err(measured)?;
    }
    Ok(Verified { claims, id_token })
}

/// Verifies by the provider's keys, and once more by newer ones if the fault asks for them and there are any. Where a signature by
/// the client secret is agreed, `secret`, nothing that the provider publishes could help.
///
/// # Errors
/// [`ProviderFault`] if the keys cannot be had; what `verify` says is inside.
pub async fn with_keys<T, F>(
    provider: &Arc<RememberedProvider>,
    secret: Option<Keys>,
    verify: impl Fn(&Keys) -> Result<T, F>,
    asks_for_new_keys: impl Fn(&F) -> bool,
) -> Result<Result<T, F>, ProviderFault> {
    if let Some(secret) = secret {
        return Ok(verify(&secret));
    }
    let keys = provider.keys().await?;
    match verify(&keys) {
        Err(fault) if asks_for_new_keys(&fault) => match provider.newer_keys(&keys).await {
            Some(newer) => Ok(verify(&newer)),
            None => Ok(Err(fault)),
        },
        judged => Ok(judged),
    }
}

/// Why a logout token was not accepted.
#[derive(Clone, Debug)]
pub enum LogoutFault {
    /// The keys could not be had.
    Keys(ProviderFault),
    /// The token is not what it should be.
    Token(LogoutTokenFault),
}

/// Whether a logout token is one that [`logout_token()`] decrypts first.
pub fn is_encrypted_logout_token(client: &Client, token: &str) -> bool {
    client.registration.id_token_encryption.is_some() && token.split('.').count() == ENCRYPTED_PARTS
}

/// Verifies a logout token of the client's provider. Anybody can send one: it makes nobody ask the provider more often than
/// ID tokens do.
///
/// # Errors
/// [`LogoutFault`].
pub async fn logout_token(
    provider: &Arc<RememberedProvider>,
    client: &Client,
    token: &str,
    now: Timestamp,
) -> Result<LogoutToken, LogoutFault> {
    let expected = IdTokenExpected {
        issuer: &client.issuer,
        client_id: &client.registration.client_id,
        audiences: &client.audiences,
        nonce: None,
        algorithm: client.registration.id_token_algorithm,
        now,
        leeway: client.clock_leeway,
        access_token: None,
    };
    // Section 2.6, step 1: decrypted if it is encrypted as was agreed for ID tokens, and only then.
    let token = if is_encrypted_logout_token(client, token) {
        let decrypted = jwt::decrypt(&Secret::new(token), client.registration.id_token_encryption.as_ref());
        decrypted.map_err(|fault| LogoutFault::Token(fault.into()))?
    } else {
        Secret::new(token)
    };
    with_keys(
        provider,
        Keys::of_client_secret(&client.registration, expected.algorithm),
        |keys| logout_token::verify(token.expose(), keys, &expected, client.logout.typ),
        LogoutTokenFault::asks_for_new_keys,
    )
    .await
    .map_err(LogoutFault::Keys)?
    .map_err(LogoutFault::Token)
}

impl LogoutFault {
    /// Whether anybody could have sent it.
    pub const fn caller_is_at_fault(&self) -> bool {
        matches!(self, Self::Token(fault) if fault.caller_is_at_fault())
    }
}

/// Parts of an encrypted token in compact form (RFC 7516 section 3.1).
const ENCRYPTED_PARTS: usize = 5;

impl fmt::Display for VerifyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keys(fault) => fault.fmt(f),
            Self::IdToken(fault) => fault.fmt(f),
        }
    }
}
