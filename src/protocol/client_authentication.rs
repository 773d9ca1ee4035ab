//! How the client proves itself wherever it asks the provider directly (RFC 6749 section 2.3.1, OpenID Connect Core 1.0
//! section 9). One way for codes, refresh tokens, revocation, introspection and whatever else takes a client's word.

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
use super::registration::{ClientAuthentication, Credentials};
use super::secret::Secret;
use super::timestamp::Timestamp;

/// When a request is made, and what makes it different from every other: an assertion must not be good twice.
#[derive(Clone, Debug)]
pub struct Moment {
    /// The time.
    pub now: Timestamp,
    /// Fresh entropy.
    pub entropy: [u8; 16],
    /// What was read just now from the file in which the client's assertion or bearer token lies, or why it could not be; none for a
    /// client without one.
    pub assertion: Option<Result<Secret, String>>,
}

/// Bytes of a bearer token in a file.
pub const MAX_BEARER_BYTES: usize = 16 * 1024;

/// Why what is in a file is no bearer token. It is not shown: it may be another secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BearerFault {
    /// There is nothing.
    Empty,
    /// It is longer than [`MAX_BEARER_BYTES`].
    TooLong {
        /// Its bytes.
        found: usize,
    },
    /// It has characters that no bearer token has.
    Form,
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
    /// The file that should hold a bearer token cannot be read, or holds none.
    TokenFile {
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
    credentials: Credentials<'_>,
    parameters: &[(&str, &str)],
    moment: &Moment,
) -> Result<Request<Vec<u8>>, ClientAuthenticationFault> {
    let mut pairs = parameters.to_vec();
    let mut authorization = None;
    // RFC 9126 section 2.1: what is pushed names the client already, however it proves itself.
    let is_named = parameters.iter().any(|(name, _)| *name == "client_id");
    let client_id = (!is_named).then_some(("client_id", credentials.client_id));
    let mut endpoint = endpoint;
    let assertion = match credentials.authentication {
        ClientAuthentication::SecretJwt(key) => {
            Some(key.assertion(credentials.client_id, provider.issuer(), moment))
        }
        ClientAuthentication::PrivateKeyJwt(keys) => {
            Some(keys.assertion(credentials.client_id, provider.issuer(), moment))
        }
        ClientAuthentication::AssertionFile(_) => Some(from_file(moment)?),
        _ => None,
    };
    match credentials.authentication {
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
        ClientAuthentication::Basic(secret) => authorization = Some(basic(credentials.client_id, secret)),
        // RFC 7662 section 2.1: the token says whose it is.
        ClientAuthentication::BearerFile(_) => authorization = Some(bearer(moment)?),
        ClientAuthentication::Post(secret) => {
            pairs.extend(client_id);
            pairs.push(("client_secret", secret.expose()));
        }
        ClientAuthentication::AsAnnounced(secret) => {
            let announced = provider.token_endpoint_auth_methods();
            let takes = |method: &str| announced.iter().any(|name| name == method);
            if takes("client_secret_basic") {
                authorization = Some(basic(credentials.client_id, secret));
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
    credentials: Credentials<'_>,
) -> Request<Vec<u8>> {
    if let ClientAuthentication::MutualTls(_) = credentials.authentication {
        *request.uri_mut() = provider.for_mutual_tls(endpoint).uri().clone();
    }
    request
}

/// Judges what was read from a file as a bearer token (RFC 6750 section 2.1), so that it fits a header and is never empty. A line
/// break at its end does not count.
///
/// # Errors
/// [`BearerFault`].
pub fn bearer_in_file(text: &Secret) -> Result<Secret, BearerFault> {
    let token = text.expose().trim_ascii();
    if token.is_empty() {
        return Err(BearerFault::Empty);
    }
    if token.len() > MAX_BEARER_BYTES {
        return Err(BearerFault::TooLong { found: token.len() });
    }
    let body = token.trim_end_matches('=');
    let is_of_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
    if body.is_empty() || !body.bytes().all(is_of_token) {
        return Err(BearerFault::Form);
    }
    Ok(Secret::new(token))
}

fn from_file(moment: &Moment) -> Result<Secret, ClientAuthenticationFault> {
    read(moment)
        .and_then(|text| assertion::from_file(text, Some(moment.now)).map_err(|fault| fault.to_string()))
        .map_err(|why| ClientAuthenticationFault::AssertionFile { why })
}

fn bearer(moment: &Moment) -> Result<HeaderValue, ClientAuthenticationFault> {
    let token = read(moment)
        .and_then(|text| bearer_in_file(text).map_err(|fault| fault.to_string()))
        .map_err(|why| ClientAuthenticationFault::TokenFile { why })?;
    let mut value = HeaderValue::try_from(format!("Bearer {}", token.expose()))
        .expect("a bearer token has only characters that a header takes");
    value.set_sensitive(true);
    Ok(value)
}

fn read(moment: &Moment) -> Result<&Secret, String> {
    match &moment.assertion {
        Some(read) => read.as_ref().map_err(Clone::clone),
        None => Err("nobody read it".to_owned()),
    }
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
            Self::TokenFile { .. } => "introspection_token_file",
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
            Self::TokenFile { why } => write!(f, "the file with the bearer token for introspection: {why}"),
            Self::NotOverTls => f.write_str(
                "the client proves itself by a certificate, but the provider's endpoint is not https, where it could show one",
            ),
        }
    }
}

impl std::error::Error for ClientAuthenticationFault {}

impl fmt::Display for BearerFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("it is empty"),
            Self::TooLong { found } => {
                write!(f, "it has {found} bytes, but at most {MAX_BEARER_BYTES} are read")
            }
            Self::Form => {
                f.write_str("it is not a bearer token: letters, digits and -._~+/, with = only at the end")
            }
        }
    }
}

impl std::error::Error for BearerFault {}
