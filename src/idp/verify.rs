//! ID tokens and the keys that they name: one refetch for a key that is not known yet.

use std::fmt;

use super::provider::{ProviderFault, RememberedProvider};
use crate::config::Client;
use crate::protocol::claims::Claims;
use crate::protocol::jwks::Keys;
use crate::protocol::jwt::{self, IdTokenExpected, IdTokenFault};
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

/// Verifies an ID token of the client's provider. `nonce` is that of the login, or none at a refresh.
///
/// # Errors
/// [`VerifyFault`].
pub async fn id_token(
    provider: &RememberedProvider,
    client: &Client,
    token: &Secret,
    nonce: Option<&str>,
    access_token: &Secret,
    now: Timestamp,
) -> Result<Claims, VerifyFault> {
    let expected = IdTokenExpected {
        issuer: &client.issuer,
        client_id: &client.registration.client_id,
        other_audiences: &client.audiences,
        nonce,
        algorithm: client.registration.id_token_algorithm,
        now,
        leeway: client.clock_leeway,
        access_token: Some(access_token),
    };
    if let Some(secret) = Keys::of_client_secret(&client.registration) {
        // Nothing that the provider publishes could help a signature by the secret.
        let judged = jwt::verify(token.expose(), &secret, &expected);
        return judged.map_err(|fault| VerifyFault::IdToken(fault.measured(provider.skew())));
    }
    let keys = provider.keys().await.map_err(VerifyFault::Keys)?;
    let judged = match jwt::verify(token.expose(), &keys, &expected) {
        Err(fault) if fault.asks_for_new_keys() => match provider.newer_keys(&keys).await {
            Some(newer) => jwt::verify(token.expose(), &newer, &expected),
            None => Err(fault),
        },
        judged => judged,
    };
    judged.map_err(|fault| VerifyFault::IdToken(fault.measured(provider.skew())))
}

impl fmt::Display for VerifyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keys(fault) => fault.fmt(f),
            Self::IdToken(fault) => fault.fmt(f),
        }
    }
}
