//! Reading the body of a request: a form, small, and in time.

use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};

use crate::gate::refusal::Refusal;

/// The raw form that a request carries (`application/x-www-form-urlencoded`); empty if there is no body.
///
/// # Errors
/// Another media type, more than `limit` bytes, or not all of it within [`DEADLINE`].
pub(super) async fn form(head: &Parts, body: Incoming, limit: usize) -> Result<Bytes, Refusal> {
    // A script that posts nothing says no media type either.
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let media = head.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media = media.split(';').next().unwrap_or_default().trim();
    if !media.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(Refusal::BodyMalformed { why: "it is not application/x-www-form-urlencoded" });
    }
    match tokio::time::timeout(DEADLINE, Limited::new(body, limit).collect()).await {
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Refusal::BodyTooLarge { limit }),
        Ok(Err(_)) => Err(Refusal::BodyMalformed { why: "it broke off" }),
        Err(_) => Err(Refusal::BodyTimeout),
    }
}

/// From the end of the head to the end of the body.
const DEADLINE: Duration = Duration::from_secs(10);
