//! The userinfo endpoint (OpenID Connect Core 1.0 section 5.3).

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, HeaderValue};
use http::{Request, Response};
use serde_json::{Map, Value};

use super::answer::{self, MediaType};
use super::claim_form;
use super::claims::OF_OTHER_KINDS;
use super::discovery::Provider;
use super::issuer::Issuer;
use super::jwe::{self, Encryption};
use super::jwks::Keys;
use super::jws::{self, Signed};
use super::jwt;
use super::registration::SigningAlgorithm;
use super::secret::Secret;
use super::timestamp::Timestamp;

pub use super::userinfo_fault::UserinfoFault;

/// Bytes of an answer.
pub const MAX_ANSWER_BYTES: usize = 256 * 1024;

/// Claims about the person whom the ID token names. Only [`judge`] and [`verify`] make one.
#[derive(Clone)]
pub struct Userinfo(Map<String, Value>);

/// In which form userinfo is agreed to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As JSON.
    Json,
    /// As a signed token, which may be encrypted besides.
    Jwt,
}

/// What signed userinfo is judged against.
#[derive(Clone, Copy, Debug)]
pub struct UserinfoExpected<'a> {
    /// The configured issuer.
    pub issuer: &'a Issuer,
    /// Our `client_id`: the audience.
    pub client_id: &'a str,
    /// Audiences that may be named beside ours, as in ID tokens.
    pub audiences: &'a [String],
    /// The agreed algorithm.
    pub algorithm: SigningAlgorithm,
    /// The `sub` of the verified ID token.
    pub sub: &'a str,
    /// The time.
    pub now: Timestamp,
    /// How far clocks may be apart.
    pub leeway: Duration,
}

/// The question for the claims; none if the provider has no such endpoint.
pub fn request(provider: &Provider, access_token: &Secret, form: Form) -> Option<Request<Vec<u8>>> {
    let endpoint = provider.userinfo_endpoint()?;
    // `token::judge` lets only visible ASCII through, so this is always a header.
    let mut authorization = HeaderValue::try_from(format!("Bearer {}", access_token.expose())).ok()?;
    authorization.set_sensitive(true);
    let mut request = Request::new(Vec::new());
    *request.uri_mut() = endpoint.uri().clone();
    let headers = request.headers_mut();
    let accept = match form {
        Form::Json => "application/json",
        Form::Jwt => "application/jwt",
    };
    headers.insert(ACCEPT, HeaderValue::from_static(accept));
    headers.insert(AUTHORIZATION, authorization);
    Some(request)
}

/// Judges the answer in JSON against the `sub` of the verified ID token (sections 5.3.2 and 5.3.4).
///
/// # Errors
/// [`UserinfoFault`]; no claim of the answer may be used then.
pub fn judge(answer: &Response<Bytes>, sub: &str) -> Result<Userinfo, UserinfoFault> {
    if answer.status() == http::StatusCode::OK && answer::essence(answer) == JWT {
        return Err(UserinfoFault::Signed);
    }
    let claims = answer::object(answer, MAX_ANSWER_BYTES, MediaType::Json).map_err(UserinfoFault::Answer)?;
    about(sub, claims)
}

/// The signed token in the answer, ready for [`verify`]: out of the encrypted one if encryption is agreed.
///
/// # Errors
/// [`UserinfoFault`]; also if the answer is plain JSON, which anybody on the provider's side could have made.
pub fn token(answer: &Response<Bytes>, agreed: Option<&Encryption>) -> Result<Secret, UserinfoFault> {
    let token = answer::signed(answer, MAX_ANSWER_BYTES, JWT)
        .map_err(UserinfoFault::Answer)?
        .ok_or(UserinfoFault::NotSigned)?;
    match agreed {
        Some(agreed) => jwe::open(token.expose(), agreed, jws::JWT).map_err(UserinfoFault::Jwe),
        None => Ok(token),
    }
}

/// Verifies signed userinfo (section 5.3.2). The section says that `iss` and `aud` should be there; here they must.
///
/// # Errors
/// [`UserinfoFault`]; if [`UserinfoFault::asks_for_new_keys`], it may pass with a fresh key set.
pub fn verify(
    token: &Secret,
    keys: &Keys,
    expected: &UserinfoExpected<'_>,
) -> Result<Userinfo, UserinfoFault> {
    let Signed { claims, key_issuer } =
        jws::verify(token.expose(), keys, expected.algorithm, jws::JWT).map_err(UserinfoFault::Jws)?;
    // RFC 8725 section 3.12: these are claims of other tokens, by the same issuer and for the same audience.
    if let Some(claim) = OF_OTHER_KINDS.into_iter().find(|claim| claims.contains_key(*claim)) {
        return Err(UserinfoFault::OtherKind { claim });
    }
    let issuer = claims.get("iss").and_then(Value::as_str);
    let is_ours = |found| expected.issuer.is_named(found) && expected.issuer.takes_key_of(key_issuer, found);
    if !issuer.is_some_and(is_ours) {
        let (expected, found) = (expected.issuer.as_str().to_owned(), issuer.map(str::to_owned));
        return Err(UserinfoFault::Issuer { expected, found });
    }
    let audiences = claim_form::audiences(&claims).unwrap_or_default();
    if !jwt::is_for_us(&audiences, expected.client_id, expected.audiences) {
        let found = audiences.into_iter().map(str::to_owned).collect();
        return Err(UserinfoFault::Audience { expected: expected.client_id.to_owned(), found });
    }
    // RFC 7519 sections 4.1.4 and 4.1.5: not needed, but where they are, they count.
    let (now, leeway) = (expected.now, expected.leeway);
    let time = |claim| claim_form::time(&claims, claim).map_err(|_| UserinfoFault::Form { claim });
    if time("exp")?.is_some_and(|expired_at| now >= expired_at.after(leeway)) {
        return Err(UserinfoFault::Time { claim: "exp", now, leeway });
    }
    if time("nbf")?.is_some_and(|not_before| not_before > now.after(leeway)) {
        return Err(UserinfoFault::Time { claim: "nbf", now, leeway });
    }
    about(expected.sub, claims)
}

impl Userinfo {
    pub(super) const fn members(&self) -> &Map<String, Value> {
        &self.0
    }

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

/// Section 5.3.2: `sub` is always there, and the same as in the ID token.
fn about(sub: &str, claims: Map<String, Value>) -> Result<Userinfo, UserinfoFault> {
    match claims.get("sub").and_then(Value::as_str) {
        None => Err(UserinfoFault::SubjectMissing),
        Some(found) if found != sub => Err(UserinfoFault::SubjectOther),
        Some(_) => Ok(Userinfo(claims)),
    }
}

/// The media type of an answer that is signed, encrypted or both.
const JWT: &str = "application/jwt";
