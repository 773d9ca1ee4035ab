//! What every answer of a provider has in common: status, media type, size, JSON.

use std::fmt;

use bytes::Bytes;
use http::{Response, header};
use serde_json::{Map, Value};

use super::json::{self, JsonFault};
use super::quote::quote;
use super::secret::Secret;

/// Why an answer was put aside before its content was judged. All of it is the provider's doing, or that of something
/// between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnswerFault {
    /// A redirect; it is never followed, for it could carry a secret or a key to another host.
    Redirect {
        /// The HTTP status, 300 to 399.
        status: u16,
    },
    /// A status that this endpoint does not use for success.
    Status {
        /// The HTTP status.
        status: u16,
    },
    /// More bytes than the limit of this endpoint.
    TooLarge {
        /// Bytes of the body.
        found: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// The `Content-Type` is not JSON: often a page, of a captive network or of another server.
    ContentType {
        /// What it is, as it came; `Display` quotes and shortens it.
        found: Option<String>,
    },
    /// The body is not an object that can be read strictly.
    Json {
        /// Which rule it breaks.
        fault: JsonFault,
        /// The `Content-Type`, as it came.
        content_type: Option<String>,
    },
}

/// Whether the `Content-Type` must say JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MediaType {
    /// `application/json` or a `+json` type is needed.
    Json,
    /// Anything but a page, whose body then is JSON: metadata and keys are often static files of a server that knows no
    /// better.
    NoPage,
}

/// Reads the object out of an answer with status 200.
pub(super) fn object(
    answer: &Response<Bytes>,
    limit: usize,
    media_type: MediaType,
) -> Result<Map<String, Value>, AnswerFault> {
    let status = answer.status();
    if status.is_redirection() {
        return Err(AnswerFault::Redirect { status: status.as_u16() });
    }
    if status != http::StatusCode::OK {
        return Err(AnswerFault::Status { status: status.as_u16() });
    }
    body(answer, limit, media_type)
}

/// Reads the object out of an answer, whatever its status.
pub(super) fn body(
    answer: &Response<Bytes>,
    limit: usize,
    media_type: MediaType,
) -> Result<Map<String, Value>, AnswerFault> {
    let found = answer.body().len();
    if found > limit {
        return Err(AnswerFault::TooLarge { found, limit });
    }
    let essence = essence(answer);
    let fits = match media_type {
        MediaType::Json => is_json(&essence),
        MediaType::NoPage => essence != "text/html",
    };
    if !fits {
        return Err(AnswerFault::ContentType { found: content_type(answer) });
    }
    json::object(answer.body())
        .map_err(|fault| AnswerFault::Json { fault, content_type: content_type(answer) })
}

/// The signed token of that media type that is the whole of an answer with status 200; none if plain JSON came instead, which
/// anybody on the provider's side could have made.
pub(super) fn signed(
    answer: &Response<Bytes>,
    limit: usize,
    media_type: &str,
) -> Result<Option<Secret>, AnswerFault> {
    if answer.status() != http::StatusCode::OK || essence(answer) != media_type {
        // What is wrong with it, if it is not even the answer that was not agreed.
        object(answer, limit, MediaType::Json)?;
        return Ok(None);
    }
    let found = answer.body().len();
    if found > limit {
        return Err(AnswerFault::TooLarge { found, limit });
    }
    // A token is ASCII; whatever is not fails where the parts are decoded.
    Ok(Some(Secret::new(String::from_utf8_lossy(answer.body()))))
}

/// The media type without parameters, in lower case; empty if there is none, or more than one.
pub(super) fn essence(answer: &Response<Bytes>) -> String {
    if answer.headers().get_all(header::CONTENT_TYPE).iter().count() != 1 {
        return String::new();
    }
    let text = content_type(answer).unwrap_or_default();
    text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

impl fmt::Display for AnswerFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Redirect { status } => {
                write!(f, "the provider answered {status}, a redirect, and redirects are not followed")
            }
            Self::Status { status } => write!(f, "the provider answered {status}, but 200 is needed"),
            Self::TooLarge { found, limit } => {
                write!(f, "the answer has {found} bytes, but at most {limit} are read")
            }
            Self::ContentType { found: Some(found) } => {
                write!(f, "the answer is {}, but application/json is needed", quote(found))
            }
            Self::ContentType { found: None } => {
                f.write_str("the answer has no Content-Type, but application/json is needed")
            }
            Self::Json { fault, content_type: Some(found) } => {
                write!(f, "the answer cannot be read: {fault} (Content-Type {})", quote(found))
            }
            Self::Json { fault, content_type: None } => write!(f, "the answer cannot be read: {fault}"),
        }
    }
}

impl std::error::Error for AnswerFault {}

fn content_type(answer: &Response<Bytes>) -> Option<String> {
    let value = answer.headers().get(header::CONTENT_TYPE)?;
    Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
}

fn is_json(essence: &str) -> bool {
    essence == "application/json" || essence.starts_with("application/") && essence.ends_with("+json")
}
