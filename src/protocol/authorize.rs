//! The authorization request (OpenID Connect Core 1.0 section 3.1.2.1, RFC 7636 section 4.3).

use super::discovery::Provider;
use super::pkce;
use super::registration::{Registration, ResponseMode};

/// What makes one login different from every other. All three are ASCII and fit an address as they are.
#[derive(Clone, Copy, Debug)]
pub struct Transaction<'a> {
    /// Comes back in the authorization response (RFC 6749 section 10.12).
    pub state: &'a str,
    /// Comes back in the ID token (OpenID Connect Core 1.0 section 15.5.2).
    pub nonce: &'a str,
    /// [`pkce::challenge`] of the verifier that will redeem the code.
    pub code_challenge: &'a str,
}

/// Every parameter that a request may have; the provider's endpoint may not have one of them in its own query.
pub const PARAMETERS: &[&str] = &[
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "response_mode",
];

/// The absolute address that the browser is sent to. Nothing in it comes from the request that started the login.
pub fn url(provider: &Provider, registration: &Registration, transaction: &Transaction<'_>) -> String {
    let mut url = provider.authorization_endpoint().url().clone();
    {
        let mut query = url.query_pairs_mut();
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &registration.client_id)
            .append_pair("redirect_uri", &registration.redirect_uri)
            .append_pair("scope", &registration.scopes.join(" "))
            .append_pair("state", transaction.state)
            .append_pair("nonce", transaction.nonce)
            .append_pair("code_challenge", transaction.code_challenge)
            .append_pair("code_challenge_method", pkce::METHOD);
        // `query` is the default for a code (OAuth 2.0 Multiple Response Types section 5), so it is left out.
        if registration.response_mode == ResponseMode::FormPost {
            query.append_pair("response_mode", "form_post");
        }
    }
    url.into()
}
