//! The token endpoint (RFC 6749 sections 4.1.3, 5 and 6; OpenID Connect Core 1.0 sections 3.1.3 and 12).

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Map, Value};

use super::answer::{self, AnswerFault, MediaType};
use super::callback::Code;
use super::client_authentication::{self, ClientAuthenticationFault, Moment};
use super::discovery::Provider;
use super::quote::quote;
use super::registration::Registration;
use super::secret::Secret;

/// Bytes of an answer.
pub const MAX_ANSWER_BYTES: usize = 256 * 1024;

/// Bytes of an access or refresh token.
pub const MAX_TOKEN_BYTES: usize = 64 * 1024;

/// What an access token is believed to live at most, whatever the provider says: 366 days.
pub const MAX_EXPIRES_IN: Duration = Duration::from_secs(366 * 24 * 3600);

/// What the configuration may not put into a token request: the protocol's own parameters, and those of the proof of who the
/// client is (RFC 7521 section 4.2).
pub const RESERVED: &[&str] = &[
    "grant_type",
    "code",
    "redirect_uri",
    "code_verifier",
    "refresh_token",
    "client_id",
    "client_secret",
    "client_assertion",
    "client_assertion_type",
    "assertion",
    "username",
    "password",
];

/// What the provider handed out. After a login the ID token is there (`Tokens<Secret>`), after a refresh it may be
/// (`Tokens`, OpenID Connect Core 1.0 section 12.2).
#[derive(Clone, Debug)]
pub struct Tokens<IdToken = Option<Secret>> {
    /// For the userinfo endpoint; visible ASCII.
    pub access_token: Secret,
    /// For the next refresh; none after a refresh means that the one before stays good (RFC 6749 section 6).
    pub refresh_token: Option<Secret>,
    /// Not verified yet: for [`super::jwt::verify`].
    pub id_token: IdToken,
    /// How long the access token lives; none if the provider does not say, or says something that is no time.
    pub expires_in: Option<Duration>,
}

/// Why there are no tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenFault {
    /// No request can be made.
    Authentication(ClientAuthenticationFault),
    /// The answer was put aside before its content was judged.
    Answer(AnswerFault),
    /// The provider says no (RFC 6749 section 5.2).
    Refused {
        /// The HTTP status.
        status: u16,
        /// Why.
        error: OAuthError,
    },
    /// The status is 200, but the answer has `error`.
    ErrorWithSuccess {
        /// Which.
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
    /// `token_type` is not `Bearer`.
    TokenType {
        /// What it is, as it came; `Display` quotes and shortens it.
        found: String,
    },
}

/// The `error` of a token endpoint (RFC 6749 section 5.2, and what providers borrow from section 4.1.2.1 and RFC 8628).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OAuthError {
    /// `invalid_grant`: the code or refresh token is used up, expired or revoked.
    InvalidGrant,
    /// `invalid_client`: the client is unknown, or its secret is wrong.
    InvalidClient,
    /// `invalid_request`
    InvalidRequest,
    /// `unauthorized_client`
    UnauthorizedClient,
    /// `unsupported_grant_type`
    UnsupportedGrantType,
    /// `invalid_scope`
    InvalidScope,
    /// `temporarily_unavailable`
    TemporarilyUnavailable,
    /// `slow_down`
    SlowDown,
    /// `server_error`
    ServerError,
    /// A name that no specification gives; it is not repeated.
    Other,
}

/// The request that redeems a code (RFC 6749 section 4.1.3, RFC 7636 section 4.5).
///
/// # Errors
/// [`TokenFault::Authentication`] only.
pub fn code_request(
    provider: &Provider,
    registration: &Registration,
    code: &Code,
    verifier: &Secret,
    moment: &Moment,
) -> Result<Request<Vec<u8>>, TokenFault> {
    let grant = vec![
        ("grant_type", "authorization_code"),
        ("code", code.expose()),
        ("redirect_uri", &registration.redirect_uri),
        ("code_verifier", verifier.expose()),
    ];
    request(provider, registration, grant, moment)
}

/// The request that redeems a refresh token (RFC 6749 section 6). Without `scope`: what was granted stays granted.
///
/// # Errors
/// [`TokenFault::Authentication`] only.
pub fn refresh_request(
    provider: &Provider,
    registration: &Registration,
    refresh_token: &Secret,
    moment: &Moment,
) -> Result<Request<Vec<u8>>, TokenFault> {
    let grant = vec![("grant_type", "refresh_token"), ("refresh_token", refresh_token.expose())];
    request(provider, registration, grant, moment)
}

fn request<'a>(
    provider: &Provider,
    registration: &'a Registration,
    mut grant: Vec<(&'a str, &'a str)>,
    moment: &Moment,
) -> Result<Request<Vec<u8>>, TokenFault> {
    grant.extend(further(registration));
    let (endpoint, credentials) = (provider.token_endpoint(), registration.credentials());
    client_authentication::request(endpoint, provider, credentials, &grant, moment)
        .map_err(TokenFault::Authentication)
}

/// Judges the answer to [`code_request`] (OpenID Connect Core 1.0 section 3.1.3.5).
///
/// # Errors
/// [`TokenFault`]; the code is used up either way.
pub fn judge(answer: &Response<Bytes>) -> Result<Tokens<Secret>, TokenFault> {
    let tokens = judge_refresh(answer)?;
    let id_token = tokens.id_token.ok_or(TokenFault::Missing { member: "id_token" })?;
    Ok(Tokens {
        access_token: tokens.access_token,
        refresh_token: tokens.refresh_token,
        id_token,
        expires_in: tokens.expires_in,
    })
}

/// Judges the answer to [`refresh_request`] (OpenID Connect Core 1.0 section 12.2).
///
/// # Errors
/// [`TokenFault`]; [`TokenFault::is_final`] says whether the session ends.
pub fn judge_refresh(answer: &Response<Bytes>) -> Result<Tokens, TokenFault> {
    let status = answer.status();
    if status.is_client_error() || status.is_server_error() {
        // RFC 6749 section 5.2. A page of a proxy in between, or of a server that is down, is not the provider's word.
        let error = answer::body(answer, MAX_ANSWER_BYTES, MediaType::Json)
            .ok()
            .and_then(|body| body.get("error").and_then(Value::as_str).map(OAuthError::of));
        let status = status.as_u16();
        return Err(match error {
            Some(error) => TokenFault::Refused { status, error },
            None => TokenFault::Answer(AnswerFault::Status { status }),
        });
    }
    let body = answer::object(answer, MAX_ANSWER_BYTES, MediaType::Json).map_err(TokenFault::Answer)?;
    if let Some(error) = body.get("error").filter(|error| !error.is_null()) {
        let error = error.as_str().map_or(OAuthError::Other, OAuthError::of);
        return Err(TokenFault::ErrorWithSuccess { error });
    }
    // RFC 6749 section 7.1: a client must not use a token whose type it does not know; the name is of any case.
    let token_type = text(&body, "token_type")?.ok_or(TokenFault::Missing { member: "token_type" })?;
    if !token_type.eq_ignore_ascii_case("Bearer") {
        return Err(TokenFault::TokenType { found: token_type.to_owned() });
    }
    let access_token = token(&body, "access_token")?.ok_or(TokenFault::Missing { member: "access_token" })?;
    Ok(Tokens {
        access_token,
        refresh_token: token(&body, "refresh_token")?,
        id_token: token(&body, "id_token")?,
        expires_in: body.get("expires_in").and_then(expires_in),
    })
}

impl OAuthError {
    /// As the specification spells it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InvalidGrant => "invalid_grant",
            Self::InvalidClient => "invalid_client",
            Self::InvalidRequest => "invalid_request",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidScope => "invalid_scope",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::SlowDown => "slow_down",
            Self::ServerError => "server_error",
            Self::Other => "another error",
        }
    }

    pub(super) fn of(error: &str) -> Self {
        const NAMED: [OAuthError; 9] = [
            OAuthError::InvalidGrant,
            OAuthError::InvalidClient,
            OAuthError::InvalidRequest,
            OAuthError::UnauthorizedClient,
            OAuthError::UnsupportedGrantType,
            OAuthError::InvalidScope,
            OAuthError::TemporarilyUnavailable,
            OAuthError::SlowDown,
            OAuthError::ServerError,
        ];
        NAMED.into_iter().find(|named| named.name() == error).unwrap_or(Self::Other)
    }
}

impl TokenFault {
    /// Every code that [`Self::code`] gives.
    pub const ALL_CODES: &[&str] = &[
        "token_client_authentication",
        "token_assertion_file",
        "token_not_over_tls",
        "token_redirect",
        "token_status",
        "token_too_large",
        "token_content_type",
        "token_unreadable",
        "token_invalid_grant",
        "token_invalid_client",
        "token_refused",
        "token_error_with_success",
        "token_member_missing",
        "token_member_form",
        "token_type",
    ];

    /// The stable code, as in docs/refusals.md.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Authentication(fault) => fault.code(),
            Self::Answer(AnswerFault::Redirect { .. }) => "token_redirect",
            Self::Answer(AnswerFault::Status { .. }) => "token_status",
            Self::Answer(AnswerFault::TooLarge { .. }) => "token_too_large",
            Self::Answer(AnswerFault::ContentType { .. }) => "token_content_type",
            Self::Answer(AnswerFault::Json { .. }) => "token_unreadable",
            Self::Refused { error: OAuthError::InvalidGrant, .. } => "token_invalid_grant",
            Self::Refused { error: OAuthError::InvalidClient, .. } => "token_invalid_client",
            Self::Refused { .. } => "token_refused",
            Self::ErrorWithSuccess { .. } => "token_error_with_success",
            Self::Missing { .. } => "token_member_missing",
            Self::Form { .. } => "token_member_form",
            Self::TokenType { .. } => "token_type",
        }
    }

    /// Whether the refresh token will never be good again, so that the session ends: an OAuth error with a 4xx status. All
    /// else (time-outs, pages, 5xx, 429, `temporarily_unavailable`, `slow_down`, `server_error`) may pass.
    pub fn is_final(&self) -> bool {
        match self {
            Self::Refused { status, error } => {
                (400..500).contains(status)
                    && !matches!(status, 408 | 425 | 429)
                    && !matches!(
                        error,
                        OAuthError::TemporarilyUnavailable | OAuthError::SlowDown | OAuthError::ServerError
                    )
            }
            Self::Authentication(_)
            | Self::Answer(_)
            | Self::ErrorWithSuccess { .. }
            | Self::Missing { .. }
            | Self::Form { .. }
            | Self::TokenType { .. } => false,
        }
    }

    /// Whether the browser is at fault: a code that the provider does not know came with the caller's request, late, twice or
    /// made up. At a refresh the browser has no part in it.
    pub fn caller_is_at_fault(&self) -> bool {
        matches!(self, Self::Refused { error: OAuthError::InvalidGrant, .. })
    }
}

impl fmt::Display for OAuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for TokenFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Authentication(fault) => fault.fmt(f),
            Self::Answer(fault) => fault.fmt(f),
            Self::Refused { status, error } => write!(f, "the provider answered {status} with {error}"),
            Self::ErrorWithSuccess { error } => write!(f, "the provider answered 200, but with {error}"),
            Self::Missing { member } => write!(f, "the token answer has no {member}"),
            Self::Form { member, needed } => write!(f, "{member} in the token answer is not {needed}"),
            Self::TokenType { found } => {
                write!(f, "token_type in the token answer is {}, but Bearer is needed", quote(found))
            }
        }
    }
}

impl std::error::Error for TokenFault {}

/// What the configuration adds to every token request.
fn further(registration: &Registration) -> impl Iterator<Item = (&str, &str)> {
    registration.token_parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()))
}

fn text<'a>(body: &'a Map<String, Value>, member: &'static str) -> Result<Option<&'a str>, TokenFault> {
    match body.get(member) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(TokenFault::Form { member, needed: "a text" }),
    }
}

/// RFC 6749 appendix A.12 and A.17, and without blanks (RFC 6750 section 2.1), so that it fits a header and is never empty.
fn token(body: &Map<String, Value>, member: &'static str) -> Result<Option<Secret>, TokenFault> {
    let Some(text) = text(body, member)? else { return Ok(None) };
    if text.is_empty() || text.len() > MAX_TOKEN_BYTES || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(TokenFault::Form { member, needed: "a token of at most 64 KiB visible ASCII" });
    }
    Ok(Some(Secret::new(text)))
}

/// Seconds, as a number or (as some providers write it) as digits in a text. What is no time above zero is unknown.
fn expires_in(value: &Value) -> Option<Duration> {
    let seconds = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(digits) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits.parse().ok()?
        }
        _ => return None,
    };
    let whole = Duration::try_from_secs_f64(seconds.min(MAX_EXPIRES_IN.as_secs_f64())).ok()?.as_secs();
    (whole > 0).then(|| Duration::from_secs(whole))
}
