//! Signing out at the provider (OpenID Connect RP-Initiated Logout 1.0 section 2).

use super::discovery::Provider;
use super::registration::Registration;
use super::secret::Secret;

/// The absolute address that ends the session at the provider; none if the provider has no such endpoint.
///
/// The local session is to be ended before the browser leaves for it, since it may never arrive. `state` comes back with the
/// browser and is sent only together with an address to come back to.
pub fn end_session_url(
    provider: &Provider,
    registration: &Registration,
    id_token_hint: Option<&Secret>,
    state: Option<&str>,
) -> Option<String> {
    let mut url = provider.end_session_endpoint()?.url().clone();
    {
        let mut query = url.query_pairs_mut();
        if let Some(id_token) = id_token_hint {
            query.append_pair("id_token_hint", id_token.expose());
        }
        query.append_pair("client_id", &registration.client_id);
        if let Some(address) = &registration.post_logout_redirect_uri {
            query.append_pair("post_logout_redirect_uri", address);
            if let Some(state) = state {
                query.append_pair("state", state);
            }
        }
    }
    Some(url.into())
}
