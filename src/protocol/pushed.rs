//! Pushed authorization requests (RFC 9126): the request goes to the provider straight, and the browser brings a reference.

use std::fmt;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use serde_json::Value;

use super::answer::{self, AnswerFault, MediaType};
use super::authorize::{self, Pushing, Transaction};
use super::client_authentication::{self, ClientAuthenticationFault, Moment};
use super::discovery::Provider;
use super::registration::Registration;
use super::token::OAuthError;

/// Bytes of an answer.
pub const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// Bytes of a `request_uri`; it travels in an address.
pub const MAX_REQUEST_URI_BYTES: usize = 1024;

/// Where a pushed request is found. Only [`judge`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestUri(String);

/// Why a request could not be pushed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PushedFault {
    /// The provider announces no `pushed_authorization_request_endpoint`.
    NoEndpoint,
    /// No request can be made.
    Authentication(ClientAuthenticationFault),
    /// The answer was put aside before its content was judged.
    Answer(AnswerFault),
    /// The provider says no (section 2.3).
    Refused {
        /// The HTTP status.
        status: u16,
        /// Why.
        error: OAuthError,
    },
    /// A member that must be there is not.
    Missing {
        /// Its name.
        member: &'static str,
    },
    /// A member is of another kind than the specification says.
    Form {
        /// Its name.
        member: &'static str,
        /// What is needed.
        needed: &'static str,
    },
}

/// Whether a client pushes its requests to this provider.
pub fn is_wanted(provider: &Provider, registration: &Registration) -> bool {
    match registration.authorization.pushed {
        Pushing::Always => true,
        Pushing::Never => false,
        Pushing::WhereRequired => provider.requires_pushed_authorization_requests(),
    }
}

/// The request that pushes (section 2.1): what would be in the address, and the proof of who the client is.
///
/// # Errors
/// [`PushedFault::NoEndpoint`], [`PushedFault::Authentication`].
pub fn request(
    provider: &Provider,
    registration: &Registration,
    transaction: &Transaction<'_>,
    moment: &Moment,
) -> Result<Request<Vec<u8>>, PushedFault> {
    let endpoint = provider.pushed_authorization_request_endpoint().ok_or(PushedFault::NoEndpoint)?;
    let parameters = authorize::parameters(registration, transaction);
    let parameters: Vec<(&str, &str)> = parameters.iter().map(|(name, value)| (*name, &**value)).collect();
    client_authentication::request(endpoint, provider, registration.credentials(), &parameters, moment)
        .map_err(PushedFault::Authentication)
}

/// Judges the answer (sections 2.2 and 2.3).
///
/// # Errors
/// [`PushedFault`].
pub fn judge(answer: &Response<Bytes>) -> Result<RequestUri, PushedFault> {
    let status = answer.status();
    let body = || answer::body(answer, MAX_ANSWER_BYTES, MediaType::Json);
    if status.is_client_error() || status.is_server_error() {
        let error = body().ok().and_then(|body| body.get("error")?.as_str().map(OAuthError::of));
        let status = status.as_u16();
        return Err(match error {
            Some(error) => PushedFault::Refused { status, error },
            None => PushedFault::Answer(AnswerFault::Status { status }),
        });
    }
    if status.is_redirection() {
        return Err(PushedFault::Answer(AnswerFault::Redirect { status: status.as_u16() }));
    }
    if status != StatusCode::CREATED {
        return Err(PushedFault::Answer(AnswerFault::Status { status: status.as_u16() }));
    }
    let body = body().map_err(PushedFault::Answer)?;
    let request_uri = match body.get("request_uri") {
        None | Some(Value::Null) => return Err(PushedFault::Missing { member: "request_uri" }),
        Some(value) => value.as_str().filter(|text| is_request_uri(text)).ok_or(PushedFault::Form {
            member: "request_uri",
            needed: "an absolute address of at most 1024 visible ASCII characters",
        })?,
    };
    match body.get("expires_in") {
        None | Some(Value::Null) => return Err(PushedFault::Missing { member: "expires_in" }),
        // Used at once, so that any time will do.
        Some(value) if value.as_f64().is_some_and(|seconds| seconds > 0.0) => {}
        Some(_) => {
            let needed = "a number of seconds above zero";
            return Err(PushedFault::Form { member: "expires_in", needed });
        }
    }
    Ok(RequestUri(request_uri.to_owned()))
}

impl RequestUri {
    /// For [`authorize::url_of_pushed`].
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PushedFault {
    /// Every code that [`Self::code`] gives of its own.
    pub const ALL_CODES: &[&str] = &[
        "pushed_no_endpoint",
        "pushed_redirect",
        "pushed_status",
        "pushed_too_large",
        "pushed_content_type",
        "pushed_unreadable",
        "pushed_invalid_client",
        "pushed_refused",
        "pushed_member_missing",
        "pushed_member_form",
    ];

    /// The stable code, as in docs/refusals.md.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Authentication(fault) => fault.code(),
            Self::NoEndpoint => "pushed_no_endpoint",
            Self::Answer(AnswerFault::Redirect { .. }) => "pushed_redirect",
            Self::Answer(AnswerFault::Status { .. }) => "pushed_status",
            Self::Answer(AnswerFault::TooLarge { .. }) => "pushed_too_large",
            Self::Answer(AnswerFault::ContentType { .. }) => "pushed_content_type",
            Self::Answer(AnswerFault::Json { .. }) => "pushed_unreadable",
            Self::Refused { error: OAuthError::InvalidClient, .. } => "pushed_invalid_client",
            Self::Refused { .. } => "pushed_refused",
            Self::Missing { .. } => "pushed_member_missing",
            Self::Form { .. } => "pushed_member_form",
        }
    }
}

impl fmt::Display for PushedFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoEndpoint => {
                f.write_str("the provider's metadata has no pushed_authorization_request_endpoint")
            }
            Self::Authentication(fault) => fault.fmt(f),
            Self::Answer(AnswerFault::Status { status }) => write!(
                f,
                "the provider answered {status} to the pushed authorization request, but 201 is needed"
            ),
            Self::Answer(fault) => fault.fmt(f),
            Self::Refused { status, error } => {
                write!(f, "the provider answered {status} with {error} to the pushed authorization request")
            }
            Self::Missing { member } => {
                write!(f, "the answer to the pushed authorization request has no {member}")
            }
            Self::Form { member, needed } => {
                write!(f, "{member} in the answer to the pushed authorization request is not {needed}")
            }
        }
    }
}

impl std::error::Error for PushedFault {}

/// RFC 9126 section 2.2 leaves the form to the provider; an address it is in any case (RFC 9101 section 5.2).
fn is_request_uri(text: &str) -> bool {
    text.len() <= MAX_REQUEST_URI_BYTES
        && text.bytes().all(|byte| byte.is_ascii_graphic())
        && url::Url::parse(text).is_ok()
}
