//! ID tokens and the keys that they name: one refetch for a key that is not known yet.

use std::fmt;

use super::provider::{ProviderFault, RememberedProvider};
use crate::config::Client;
use crate::protocol::claims::Claims;
use crate::protocol::jwks::Keys;
use crate::protocol::jwt::{self, IdTokenExpected, IdTokenFault};
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

/// Verifies an ID token of the client's provider. `login` is none at a refresh.
///
/// # Errors
/// [`VerifyFault`].
pub async fn id_token(
    provider: &RememberedProvider,
    client: &Client,
    token: &Secret,
    login: Option<OfLogin<'_>>,
    access_token: &Secret,
    now: Timestamp,
) -> Result<Claims, VerifyFault> {
    let expected = IdTokenExpected {
        issuer: &client.issuer,
        client_id: &client.registration.client_id,
        other_audiences: &client.audiences,
        nonce: login.map(|login| login.nonce),
        algorithm: client.registration.id_token_algorithm,
        now,
        leeway: client.clock_leeway,
        access_token: Some(access_token),
    };
    let measured = |fault: IdTokenFault| VerifyFault::IdToken(fault.measured(provider.skew()));
    let claims = if let Some(secret) = Keys::of_client_secret(&client.registration) {
        // Nothing that the provider publishes could help a signature by the secret.
        jwt::verify(token.expose(), &secret, &expected)
    } else {
        let keys = provider.keys().await.map_err(VerifyFault::Keys)?;
        match jwt::verify(token.expose(), &keys, &expected) {
            Err(fault) if fault.asks_for_new_keys() => match provider.newer_keys(&keys).await {
                Some(newer) => jwt::verify(token.expose(), &newer, &expected),
                None => Err(fault),
            },
            judged => judged,
        }
    }
    .map_err(measured)?;
    if let Some(login) = login {
        // Before anything from elsewhere joins the claims.
        login.requested.judge(claims.as_json(), now, expected.leeway).map_err(measured)?;
    }
    Ok(claims)
}

impl fmt::Display for VerifyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keys(fault) => fault.fmt(f),
            Self::IdToken(fault) => fault.fmt(f),
        }
    }
}
