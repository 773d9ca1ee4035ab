//! The userinfo endpoint (OpenID Connect Core 1.0 section 5.3).

use std::fmt;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, HeaderValue};
use http::{Request, Response};
use serde_json::{Map, Value};

use super::answer::{self, AnswerFault, MediaType};
use super::discovery::Provider;
use super::secret::Secret;

/// Bytes of an answer.
pub const MAX_ANSWER_BYTES: usize = 256 * 1024;

/// Claims about the person whom the ID token names. Only [`judge`] makes one.
#[derive(Clone)]
pub struct Userinfo(Map<String, Value>);

/// Why the answer is not used; the login is refused then, for claims that decide could be missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserinfoFault {
    /// The answer was put aside before its content was judged.
    Answer(AnswerFault),
    /// The answer is signed or encrypted (`application/jwt`), which was not asked for.
    Signed,
    /// There is no `sub`, or it is not a text.
    SubjectMissing,
    /// The answer is about another person (section 5.3.4).
    SubjectOther,
}

/// The question for the claims; none if the provider has no such endpoint.
pub fn request(provider: &Provider, access_token: &Secret) -> Option<Request<Vec<u8>>> {
    let endpoint = provider.userinfo_endpoint()?;
    // `token::judge` lets only visible ASCII through, so this is always a header.
    let mut authorization = HeaderValue::try_from(format!("Bearer {}", access_token.expose())).ok()?;
    authorization.set_sensitive(true);
    let mut request = Request::new(Vec::new());
    *request.uri_mut() = endpoint.uri().clone();
    let headers = request.headers_mut();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(AUTHORIZATION, authorization);
    Some(request)
}

/// Judges the answer against the `sub` of the verified ID token (sections 5.3.2 and 5.3.4).
///
/// # Errors
/// [`UserinfoFault`]; no claim of the answer may be used then.
pub fn judge(answer: &Response<Bytes>, sub: &str) -> Result<Userinfo, UserinfoFault> {
    if answer.status() == http::StatusCode::OK && answer::essence(answer) == "application/jwt" {
        return Err(UserinfoFault::Signed);
    }
    let claims = answer::object(answer, MAX_ANSWER_BYTES, MediaType::Json).map_err(UserinfoFault::Answer)?;
    match claims.get("sub").and_then(Value::as_str) {
        None => Err(UserinfoFault::SubjectMissing),
        Some(found) if found != sub => Err(UserinfoFault::SubjectOther),
        Some(_) => Ok(Userinfo(claims)),
    }
}

impl Userinfo {
    pub(super) fn into_members(self) -> Map<String, Value> {
        self.0
    }
}

impl fmt::Debug for Userinfo {
    /// Names only: the values are personal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl UserinfoFault {
    /// Every code that [`Self::code`] gives.
    pub const ALL_CODES: &[&str] = &[
        "userinfo_redirect",
        "userinfo_status",
        "userinfo_too_large",
        "userinfo_content_type",
        "userinfo_unreadable",
        "userinfo_signed",
        "userinfo_subject_missing",
        "userinfo_subject",
    ];

    /// The stable code, as in docs/refusals.md.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Answer(AnswerFault::Redirect { .. }) => "userinfo_redirect",
            Self::Answer(AnswerFault::Status { .. }) => "userinfo_status",
            Self::Answer(AnswerFault::TooLarge { .. }) => "userinfo_too_large",
            Self::Answer(AnswerFault::ContentType { .. }) => "userinfo_content_type",
            Self::Answer(AnswerFault::Json { .. }) => "userinfo_unreadable",
            Self::Signed => "userinfo_signed",
            Self::SubjectMissing => "userinfo_subject_missing",
            Self::SubjectOther => "userinfo_subject",
        }
    }

    /// Whether it may pass by itself: what came is no answer to the question.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Answer(_) => true,
            Self::Signed | Self::SubjectMissing | Self::SubjectOther => false,
        }
    }

    /// Never: the browser has no part in this.
    pub fn caller_is_at_fault(&self) -> bool {
        false
    }
}

impl fmt::Display for UserinfoFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(fault) => fault.fmt(f),
            Self::Signed => f.write_str(
                "the userinfo answer is signed or encrypted, but application/json is needed: in the client's \
                 registration at the provider, leave userinfo_signed_response_alg empty",
            ),
            Self::SubjectMissing => f.write_str("the userinfo answer has no sub"),
            Self::SubjectOther => f.write_str("the userinfo answer is about another sub than the ID token"),
        }
    }
}

impl std::error::Error for UserinfoFault {}
