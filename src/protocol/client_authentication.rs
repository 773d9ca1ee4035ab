//! How the client proves itself wherever it asks the provider directly (RFC 6749 section 2.3.1, OpenID Connect Core 1.0
//! section 9). One way for codes, refresh tokens, revocation and whatever else takes a client's word.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use http::{Method, Request};

use super::assertion;
use super::discovery::Provider;
use super::endpoint::Endpoint;
use super::form;
use super::quote::quote;
use super::registration::{ClientAuthentication, Registration};
use super::secret::Secret;
use super::timestamp::Timestamp;

/// When a request is made, and what makes it different from every other: an assertion must not be good twice.
#[derive(Clone, Debug)]
pub struct Moment {
    /// The time.
    pub now: Timestamp,
    /// Fresh entropy.
    pub entropy: [u8; 16],
    /// What was read from the client's assertion file just now, or why it could not be; none for a client without one.
    pub assertion: Option<Result<Secret, String>>,
}

/// Why no request can be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientAuthenticationFault {
    /// The provider announces no way of client authentication that a secret serves.
    NotShared {
        /// `token_endpoint_auth_methods_supported`.
        announced: Vec<String>,
    },
    /// The file that should hold an assertion cannot be read, or holds none.
    AssertionFile {
        /// Why.
        why: String,
    },
    /// The client proves itself by a certificate, and the endpoint is not reached over TLS, where alone it could be shown.
    NotOverTls,
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
    moment: &Moment,
) -> Result<Request<Vec<u8>>, ClientAuthenticationFault> {
    let mut pairs = parameters.to_vec();
    let mut authorization = None;
    // RFC 9126 section 2.1: what is pushed names the client already, however it proves itself.
    let is_named = parameters.iter().any(|(name, _)| *name == "client_id");
    let client_id = (!is_named).then_some(("client_id", registration.client_id.as_str()));
    let mut endpoint = endpoint;
    let assertion = match &registration.authentication {
        ClientAuthentication::SecretJwt(key) => {
            Some(key.assertion(&registration.client_id, provider.issuer(), moment))
        }
        ClientAuthentication::PrivateKeyJwt(keys) => {
            Some(keys.assertion(&registration.client_id, provider.issuer(), moment))
        }
        ClientAuthentication::AssertionFile(_) => Some(from_file(moment)?),
        _ => None,
    };
    match &registration.authentication {
        ClientAuthentication::None => pairs.extend(client_id),
        ClientAuthentication::SecretJwt(_)
        | ClientAuthentication::PrivateKeyJwt(_)
        | ClientAuthentication::AssertionFile(_) => {
            // RFC 7521 section 4.2: it may be there, and where the assertion is the platform's nothing else names the client.
            pairs.extend(client_id);
            pairs.push(("client_assertion_type", assertion::TYPE));
            pairs.extend(assertion.as_ref().map(|assertion| ("client_assertion", assertion.expose())));
        }
        ClientAuthentication::MutualTls(_) => {
            // RFC 8705 sections 2 and 5: the connection is the proof, and the form says whose it is.
            pairs.extend(client_id);
            endpoint = provider.for_mutual_tls(endpoint);
            if endpoint.url().scheme() != "https" {
                return Err(ClientAuthenticationFault::NotOverTls);
            }
        }
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

/// A request that carries an access token, at the address where a client with a certificate sends it: the token may be bound to
/// the certificate (RFC 8705 sections 3 and 5).
#[must_use]
pub fn with_certificate(
    mut request: Request<Vec<u8>>,
    endpoint: &Endpoint,
    provider: &Provider,
    registration: &Registration,
) -> Request<Vec<u8>> {
    if let ClientAuthentication::MutualTls(_) = registration.authentication {
        *request.uri_mut() = provider.for_mutual_tls(endpoint).uri().clone();
    }
    request
}

fn from_file(moment: &Moment) -> Result<Secret, ClientAuthenticationFault> {
    let refuse = |why: String| ClientAuthenticationFault::AssertionFile { why };
    let Some(read) = &moment.assertion else { return Err(refuse("nobody read it".to_owned())) };
    let text = read.as_ref().map_err(|why| refuse(why.clone()))?;
    assertion::from_file(text, Some(moment.now)).map_err(|fault| refuse(fault.to_string()))
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
            Self::AssertionFile { .. } => "token_assertion_file",
            Self::NotOverTls => "token_not_over_tls",
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
            Self::AssertionFile { why } => write!(f, "client_assertion_file: {why}"),
            Self::NotOverTls => f.write_str(
                "the client proves itself by a certificate, but the provider's endpoint is not https, where it could show one",
            ),
        }
    }
}

impl std::error::Error for ClientAuthenticationFault {}
