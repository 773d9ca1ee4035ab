//! The introspection endpoint: what the provider says about an access token, as JSON (RFC 7662) or as a signed token (RFC 9701).

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, HeaderValue};
use http::{Request, Response, StatusCode};
use serde_json::{Map, Value};

use super::answer::{self, AnswerFault, MediaType};
use super::client_authentication::{self, ClientAuthenticationFault, Moment};
use super::discovery::Provider;
use super::endpoint::Endpoint;
use super::id_token_fault::IdTokenFault;
use super::issuer::Issuer;
use super::jwks::Keys;
use super::jws::{self, Signed};
use super::jwt::{self, IdTokenExpected};
use super::registration::{Credentials, SigningAlgorithm};
use super::secret::Secret;
use super::timestamp::Timestamp;
use super::token::OAuthError;

pub use super::introspection_fault::IntrospectionFault;

/// Bytes of an answer.
pub const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// How long ago a signed answer may have been made, beside the leeway. It is made for the question, and one from before the token was
/// revoked would say that it is good.
pub const MAX_AGE: Duration = Duration::from_secs(300);

/// In which form the answer is agreed to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As JSON (RFC 7662 section 2.2).
    Json,
    /// As a signed token (RFC 9701 section 4).
    Jwt,
}

/// What a signed answer is judged against.
#[derive(Clone, Copy, Debug)]
pub struct IntrospectionExpected<'a> {
    /// The configured issuer.
    pub issuer: &'a Issuer,
    /// The `client_id` that asked: the audience.
    pub client_id: &'a str,
    /// `introspection_signed_response_alg` (RFC 9701 section 6): the agreed algorithm.
    pub algorithm: SigningAlgorithm,
    /// The time.
    pub now: Timestamp,
    /// How far clocks may be apart.
    pub leeway: Duration,
}

/// What the provider says.
#[derive(Clone, PartialEq)]
pub enum Introspected {
    /// The token is not good: unknown, expired, revoked, or none that we may ask about. The provider does not say which.
    Inactive,
    /// The token is good at the provider. The other members of the answer are not judged: whether it is by our issuer, for us and still
    /// in time is for whoever asked.
    Active(Map<String, Value>),
}

/// The question for a token (RFC 7662 section 2.1, RFC 9701 section 4).
///
/// # Errors
/// [`ClientAuthenticationFault`].
pub fn request(
    endpoint: &Endpoint,
    provider: &Provider,
    credentials: Credentials<'_>,
    token: &str,
    form: Form,
    moment: &Moment,
) -> Result<Request<Vec<u8>>, ClientAuthenticationFault> {
    let parameters = [("token", token), ("token_type_hint", "access_token")];
    let mut request = client_authentication::request(endpoint, provider, credentials, &parameters, moment)?;
    if form == Form::Jwt {
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static(MEDIA_TYPE));
    }
    Ok(request)
}

/// Judges the answer in JSON (RFC 7662 sections 2.2 and 2.3).
///
/// # Errors
/// [`IntrospectionFault`]; the token must not be taken for a good one then, nor for a bad one.
pub fn judge(answer: &Response<Bytes>) -> Result<Introspected, IntrospectionFault> {
    judge_refusal(answer)?;
    let members =
        answer::object(answer, MAX_ANSWER_BYTES, MediaType::Json).map_err(IntrospectionFault::Answer)?;
    introspected(members)
}

/// The signed token that is the answer, ready for [`verify`] (RFC 9701 section 5).
///
/// # Errors
/// [`IntrospectionFault`]; also if the answer is plain JSON, which anybody on the provider's side could have made.
pub fn token_in(answer: &Response<Bytes>) -> Result<Secret, IntrospectionFault> {
    judge_refusal(answer)?;
    answer::signed(answer, MAX_ANSWER_BYTES, MEDIA_TYPE)
        .map_err(IntrospectionFault::Answer)?
        .ok_or(IntrospectionFault::NotSigned)
}

/// Verifies a signed answer (RFC 9701 section 5).
///
/// # Errors
/// [`IntrospectionFault`]; if [`IntrospectionFault::asks_for_new_keys`], it may pass with a fresh key set.
pub fn verify(
    token: &Secret,
    keys: &Keys,
    expected: &IntrospectionExpected<'_>,
) -> Result<Introspected, IntrospectionFault> {
    let Signed { mut claims, key_issuer } =
        jws::verify(token.expose(), keys, expected.algorithm, jws::INTROSPECTION)
            .map_err(IdTokenFault::from)?;
    // Sections 5 and 8.1: only its own type tells it from an access token or ID token of the same issuer.
    if !jws::is_of_kind(token.expose(), "token-introspection+jwt") {
        return Err(IntrospectionFault::KindUnsaid);
    }
    let as_id_token = IdTokenExpected {
        issuer: expected.issuer,
        client_id: expected.client_id,
        audiences: &[],
        nonce: None,
        algorithm: expected.algorithm,
        now: expected.now,
        leeway: expected.leeway,
        access_token: None,
    };
    // `iss`, `aud` and `iat` are required.
    jwt::judge_parties(&claims, key_issuer, &as_id_token)?;
    jwt::judge_issue(&claims, &as_id_token, MAX_AGE)?;
    // `exp` should not be there, nor should `sub`, so that nobody takes it for an access token; but where it is, it counts.
    jwt::judge_expiry(&claims, &as_id_token)?;
    // `token_introspection` is required, and nothing outside of it is about the access token.
    match claims.remove("token_introspection") {
        Some(Value::Object(members)) => introspected(members),
        _ => Err(IntrospectionFault::Form { member: "token_introspection", needed: "an object" }),
    }
}

impl fmt::Debug for Introspected {
    /// Names only: the values are personal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inactive => f.write_str("Inactive"),
            Self::Active(members) => {
                f.write_str("Active ")?;
                f.debug_set().entries(members.keys()).finish()
            }
        }
    }
}

/// RFC 7662 section 2.3: our own proof is not taken. That a token is not good is no such answer, but one with status 200.
fn judge_refusal(answer: &Response<Bytes>) -> Result<(), IntrospectionFault> {
    let status = answer.status();
    if !status.is_client_error() {
        return Ok(());
    }
    let body = answer::body(answer, MAX_ANSWER_BYTES, MediaType::Json);
    let error = body.ok().and_then(|body| body.get("error")?.as_str().map(OAuthError::of));
    // RFC 6749 section 5.2 has 400 where nothing else fits, and 401 for a client that is not known.
    let is_about_us = matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
        || matches!(error, Some(OAuthError::InvalidClient | OAuthError::UnauthorizedClient));
    let status = status.as_u16();
    Err(if is_about_us {
        IntrospectionFault::Refused { status, error }
    } else {
        IntrospectionFault::Answer(AnswerFault::Status { status })
    })
}

/// RFC 7662 section 2.2: `active` is required, and only the literal counts.
fn introspected(mut members: Map<String, Value>) -> Result<Introspected, IntrospectionFault> {
    match members.remove("active") {
        Some(Value::Bool(true)) => Ok(Introspected::Active(members)),
        Some(Value::Bool(false)) => Ok(Introspected::Inactive),
        _ => Err(IntrospectionFault::Form { member: "active", needed: "true or false" }),
    }
}

/// The media type of an answer that is signed, encrypted or both (RFC 9701 section 5).
const MEDIA_TYPE: &str = "application/token-introspection+jwt";
