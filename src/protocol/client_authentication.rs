//! How the client proves itself wherever it asks the provider directly (RFC 6749 section 2.3.1, OpenID Connect Core 1.0
//! section 9). One way for codes, refresh tokens, revocation and whatever else takes a client's word.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use http::{Method, Request};

use super::discovery::Provider;
use super::endpoint::Endpoint;
use super::form;
use super::quote::quote;
use super::registration::{ClientAuthentication, Registration};
use super::secret::Secret;
use super::timestamp::Timestamp;

/// When a request is made, and what makes it different from every other: an assertion must not be good twice.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// The time.
    pub now: Timestamp,
    /// Fresh entropy.
    pub entropy: [u8; 16],
}

/// Why no request can be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientAuthenticationFault {
    /// The provider announces no way of client authentication that a secret serves.
    NotShared {
        /// `token_endpoint_auth_methods_supported`.
        announced: Vec<String>,
    },
}

/// A form posted to an endpoint of the provider, with the proof of who sends it.
///
/// # Errors
/// [`ClientAuthenticationFault`].
pub fn request(
    endpoint: &Endpoint,
    provider: &Provider,
    registration: &Registration,
    parameters: &[(&str, &str)],
    _moment: &Moment,
) -> Result<Request<Vec<u8>>, ClientAuthenticationFault> {
    let mut pairs = parameters.to_vec();
    let mut authorization = None;
    // RFC 9126 section 2.1: what is pushed names the client already, however it proves itself.
    let is_named = parameters.iter().any(|(name, _)| *name == "client_id");
    let client_id = (!is_named).then_some(("client_id", registration.client_id.as_str()));
    match &registration.authentication {
        ClientAuthentication::None => pairs.extend(client_id),
        ClientAuthentication::Basic(secret) => authorization = Some(basic(&registration.client_id, secret)),
        ClientAuthentication::Post(secret) => {
            pairs.extend(client_id);
            pairs.push(("client_secret", secret.expose()));
        }
        ClientAuthentication::AsAnnounced(secret) => {
            let announced = provider.token_endpoint_auth_methods();
            let takes = |method: &str| announced.iter().any(|name| name == method);
            if takes("client_secret_basic") {
                authorization = Some(basic(&registration.client_id, secret));
            } else if takes("client_secret_post") {
                pairs.extend(client_id);
                pairs.push(("client_secret", secret.expose()));
            } else {
                return Err(ClientAuthenticationFault::NotShared { announced: announced.to_vec() });
            }
        }
    }
    let mut request = Request::new(form::body(&pairs));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = endpoint.uri().clone();
    let headers = request.headers_mut();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    headers.extend(authorization.map(|value| (AUTHORIZATION, value)));
    Ok(request)
}

/// RFC 6749 section 2.3.1: id and secret are form-encoded first, so that a colon in the id stays where it is.
fn basic(client_id: &str, secret: &Secret) -> HeaderValue {
    let pair = format!("{}:{}", form::encode(client_id), form::encode(secret.expose()));
    let mut value = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(pair)))
        .expect("base64 has only characters that a header takes");
    value.set_sensitive(true);
    value
}

impl ClientAuthenticationFault {
    /// The stable code, as in docs/refusals.md.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotShared { .. } => "token_client_authentication",
        }
    }
}

impl fmt::Display for ClientAuthenticationFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotShared { announced } => {
                let announced = quote(&announced.join(" "));
                write!(
                    f,
                    "the provider's token endpoint takes {announced}, but a client secret serves \
                     client_secret_basic and client_secret_post"
                )
            }
        }
    }
}

impl std::error::Error for ClientAuthenticationFault {}
