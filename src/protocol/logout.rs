//! Signing out at the provider (OpenID Connect RP-Initiated Logout 1.0 section 2), also at those that do it in their own way.

use url::Url;

use super::discovery::Provider;
use super::endpoint::{Endpoint, EndpointFault};
use super::issuer::Issuer;
use super::registration::Registration;
use super::secret::Secret;

/// How the provider is asked to end its session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProviderLogout {
    /// What the request is like.
    pub form: LogoutForm,
    /// Where it goes; none leaves it to the provider's metadata and the form.
    pub endpoint: Option<Endpoint>,
}

/// What a request to end the session at the provider is like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogoutForm {
    /// RP-Initiated Logout 1.0.
    #[default]
    EndSession,
    /// `client_id` and `logout_uri`, as Amazon Cognito has it; where the metadata names no endpoint, at `/logout` beside the
    /// authorization endpoint.
    LogoutUri,
    /// `client_id` and `returnTo`, as Auth0 has it at `/v2/logout`; where the metadata names an `end_session_endpoint`, that is
    /// used as RP-Initiated Logout 1.0 says.
    ReturnTo,
    /// Not at all: the person stays signed in at the provider.
    Local,
}

impl LogoutForm {
    /// Every form by the name under which it is written.
    pub const ALL: &'static [(&'static str, Self)] = &[
        ("end_session", Self::EndSession),
        ("logout_uri", Self::LogoutUri),
        ("return_to", Self::ReturnTo),
        ("local", Self::Local),
    ];

    /// As written in clients.yaml.
    pub const fn name(self) -> &'static str {
        match self {
            Self::EndSession => "end_session",
            Self::LogoutUri => "logout_uri",
            Self::ReturnTo => "return_to",
            Self::Local => "local",
        }
    }
}

impl ProviderLogout {
    /// Takes an address of the provider of this issuer, as one in its metadata.
    ///
    /// # Errors
    /// [`EndpointFault`] says which rule it breaks.
    pub fn endpoint(text: &str, issuer: &Issuer) -> Result<Endpoint, EndpointFault> {
        Endpoint::parse(text, issuer)
    }
}

/// The absolute address that ends the session at the provider; none if it has no such address, or is not to be asked.
///
/// The local session is to be ended before the browser leaves for it, since it may never arrive. `state` comes back with the
/// browser and is sent only together with an address to come back to.
pub fn end_session_url(
    provider: &Provider,
    registration: &Registration,
    id_token_hint: Option<&Secret>,
    state: Option<&str>,
) -> Option<String> {
    let ProviderLogout { form, endpoint } = &registration.logout;
    let announced = provider.end_session_endpoint();
    let named = endpoint.as_ref().or(announced).map(|endpoint| endpoint.url().clone());
    let back = registration.post_logout_redirect_uri.as_deref();
    let (mut url, form) = match form {
        LogoutForm::Local => return None,
        LogoutForm::EndSession => (named?, LogoutForm::EndSession),
        // Cognito answers a request without an address to come back to with an error page.
        LogoutForm::LogoutUri if back.is_none() => return None,
        LogoutForm::LogoutUri => {
            (named.unwrap_or_else(|| beside_authorization(provider, "/logout")), LogoutForm::LogoutUri)
        }
        LogoutForm::ReturnTo if endpoint.is_none() && announced.is_some() => (named?, LogoutForm::EndSession),
        LogoutForm::ReturnTo => {
            (named.unwrap_or_else(|| beside_authorization(provider, "/v2/logout")), LogoutForm::ReturnTo)
        }
    };
    {
        let mut query = url.query_pairs_mut();
        if let (LogoutForm::EndSession, Some(id_token)) = (form, id_token_hint) {
            query.append_pair("id_token_hint", id_token.expose());
        }
        query.append_pair("client_id", &registration.client_id);
        match (form, back) {
            (LogoutForm::EndSession, Some(address)) => {
                query.append_pair("post_logout_redirect_uri", address);
                if let Some(state) = state {
                    query.append_pair("state", state);
                }
            }
            // Neither provider hands a `state` back.
            (LogoutForm::LogoutUri, Some(address)) => drop(query.append_pair("logout_uri", address)),
            (LogoutForm::ReturnTo, Some(address)) => drop(query.append_pair("returnTo", address)),
            (LogoutForm::Local, _) | (_, None) => {}
        }
    }
    Some(url.into())
}

/// Another path at the host where people sign in.
fn beside_authorization(provider: &Provider, path: &str) -> Url {
    let mut url = provider.authorization_endpoint().url().clone();
    url.set_path(path);
    url.set_query(None);
    url
}
