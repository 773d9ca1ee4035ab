//! The provider's signing keys (RFC 7517 section 5).

use std::fmt;
use std::time::Duration;

use aws_lc_rs::digest;
use bytes::Bytes;
use http::header::{ACCEPT, AGE, CACHE_CONTROL, HeaderMap, HeaderValue};
use http::{Request, Response};
use serde_json::{Map, Value};

use super::answer::{self, AnswerFault, MediaType};
use super::endpoint::Endpoint;
use super::json;
use super::jwk::{self, Key, Kind, MAX_KID_BYTES, SkipReason};
use super::quote::quote;
use super::registration::{Registration, SigningAlgorithm};
use super::verifying_key::VerifyingKey;

/// Bytes of a key set.
pub const MAX_ANSWER_BYTES: usize = 512 * 1024;

/// Keys of a set, usable or not.
pub const MAX_KEYS: usize = 100;

/// A set is used for at least so long, whatever its `Cache-Control` says (V-DS-6).
pub const MIN_FRESH: Duration = Duration::from_secs(5 * 60);

/// A set is used for at most so long before it is asked for again, whatever its `Cache-Control` says.
pub const MAX_FRESH: Duration = Duration::from_secs(24 * 60 * 60);

/// The same where the provider says nothing.
pub const DEFAULT_FRESH: Duration = Duration::from_secs(60 * 60);

/// The keys that may verify a signature: those of a provider, which only [`judge`] makes, or the client secret where that is
/// agreed. There is at least one.
#[derive(Clone, Debug)]
pub struct Keys {
    keys: Vec<Key>,
    skipped: Vec<SkippedKey>,
    fresh_for: Duration,
    id: [u8; 32],
}

/// A key that is not used. The others of the set are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkippedKey {
    /// Its name, if it has one of at most [`MAX_KID_BYTES`].
    pub kid: Option<String>,
    /// Why it is not used.
    pub reason: SkipReason,
}

/// Why a key set is not used. The set that was good before stays in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JwksFault {
    /// The answer was put aside before its content was judged.
    Answer(AnswerFault),
    /// There is no list `keys`.
    KeysMissing,
    /// There are more than [`MAX_KEYS`].
    TooMany {
        /// How many.
        found: usize,
    },
    /// There is no key that could verify a signature.
    NoneUsable {
        /// Every key there is, and why it is not used.
        skipped: Vec<SkippedKey>,
    },
}

/// The question for the keys, at `jwks_uri`.
pub fn request(at: &Endpoint) -> Request<Vec<u8>> {
    let mut request = Request::new(Vec::new());
    *request.uri_mut() = at.uri().clone();
    // RFC 7517 section 8.5.
    let accept = HeaderValue::from_static("application/json, application/jwk-set+json");
    request.headers_mut().insert(ACCEPT, accept);
    request
}

/// Judges the answer (RFC 7517 section 5).
///
/// # Errors
/// [`JwksFault`]; a key that cannot be used is no fault, it is in [`Keys::skipped`].
pub fn judge(answer: &Response<Bytes>) -> Result<Keys, JwksFault> {
    let set = answer::object(answer, MAX_ANSWER_BYTES, MediaType::NoPage).map_err(JwksFault::Answer)?;
    keys(&set, answer.body(), fresh_for(answer.headers()))
}

/// Judges a key set that lies in a file.
///
/// # Errors
/// As [`judge`].
pub fn judge_file(contents: &[u8]) -> Result<Keys, JwksFault> {
    let found = contents.len();
    if found > MAX_ANSWER_BYTES {
        return Err(JwksFault::Answer(AnswerFault::TooLarge { found, limit: MAX_ANSWER_BYTES }));
    }
    let set = json::object(contents)
        .map_err(|fault| JwksFault::Answer(AnswerFault::Json { fault, content_type: None }))?;
    keys(&set, contents, DEFAULT_FRESH)
}

fn keys(set: &Map<String, Value>, bytes: &[u8], fresh_for: Duration) -> Result<Keys, JwksFault> {
    let list = set.get("keys").and_then(Value::as_array).ok_or(JwksFault::KeysMissing)?;
    if list.len() > MAX_KEYS {
        return Err(JwksFault::TooMany { found: list.len() });
    }
    let (mut keys, mut skipped) = (Vec::new(), Vec::new());
    for item in list {
        match jwk::key(item, None) {
            Ok(key) => keys.push(key),
            Err(reason) => {
                let kid = item.get("kid").and_then(Value::as_str).filter(|kid| kid.len() <= MAX_KID_BYTES);
                skipped.push(SkippedKey { kid: kid.map(str::to_owned), reason });
            }
        }
    }
    if keys.is_empty() {
        return Err(JwksFault::NoneUsable { skipped });
    }
    let mut id = [0; 32];
    id.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    Ok(Keys { keys, skipped, fresh_for, id })
}

impl Keys {
    /// The client secret as the one key (OpenID Connect Core 1.0 section 10.1: the octets of its UTF-8). None where the agreed
    /// algorithm is not symmetric, or the secret is too short for it. The keys of a provider never verify such a signature, and this
    /// one no other.
    pub fn of_client_secret(registration: &Registration, algorithm: SigningAlgorithm) -> Option<Self> {
        let secret = registration.authentication.secret()?.expose().as_bytes();
        if secret.len() < algorithm.secret_bytes()? {
            return None;
        }
        let verifying = VerifyingKey::secret(secret);
        let key = Key { kid: None, kind: Kind::Secret, algorithm: Some(algorithm), issuer: None, verifying };
        Some(Self { keys: vec![key], skipped: Vec::new(), fresh_for: MAX_FRESH, id: [0; 32] })
    }

    /// The keys of the set that are not used, each with the reason.
    pub fn skipped(&self) -> &[SkippedKey] {
        &self.skipped
    }

    /// How long the set may be used without asking again (OpenID Connect Core 1.0 section 10.1.1), between [`MIN_FRESH`] and
    /// [`MAX_FRESH`].
    pub fn fresh_for(&self) -> Duration {
        self.fresh_for
    }

    /// What tells this set from others: the SHA-256 of it as it came. All zero for a client secret.
    pub fn id(&self) -> &[u8; 32] {
        &self.id
    }

    /// How many keys are used; at least one.
    pub fn count(&self) -> usize {
        self.keys.len()
    }

    /// The keys that can verify a signature by this algorithm, of this name if one is given, each with the issuer that it is kept
    /// to, if it is to one.
    pub(super) fn fitting(
        &self,
        algorithm: SigningAlgorithm,
        kid: Option<&str>,
    ) -> impl Iterator<Item = (&VerifyingKey, Option<&str>)> {
        self.keys
            .iter()
            // A secret has no name, whatever a provider calls it.
            .filter(move |key| kid.is_none() || key.kid.as_deref() == kid || key.kind == Kind::Secret)
            .filter(move |key| key.signs_by(algorithm))
            .map(|key| (&key.verifying, key.issuer.as_deref()))
    }
}

impl JwksFault {
    /// Every code that [`Self::code`] gives.
    pub const ALL_CODES: &[&str] = &[
        "jwks_redirect",
        "jwks_status",
        "jwks_too_large",
        "jwks_content_type",
        "jwks_unreadable",
        "jwks_keys_missing",
        "jwks_too_many_keys",
        "jwks_no_usable_key",
    ];

    /// The stable code, as in docs/refusals.md.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Answer(AnswerFault::Redirect { .. }) => "jwks_redirect",
            Self::Answer(AnswerFault::Status { .. }) => "jwks_status",
            Self::Answer(AnswerFault::TooLarge { .. }) => "jwks_too_large",
            Self::Answer(AnswerFault::ContentType { .. }) => "jwks_content_type",
            Self::Answer(AnswerFault::Json { .. }) => "jwks_unreadable",
            Self::KeysMissing => "jwks_keys_missing",
            Self::TooMany { .. } => "jwks_too_many_keys",
            Self::NoneUsable { .. } => "jwks_no_usable_key",
        }
    }

    /// Never: the browser has no part in this.
    pub fn caller_is_at_fault(&self) -> bool {
        false
    }
}

impl fmt::Display for SkippedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kid {
            Some(kid) => write!(f, "key {}: {}", quote(kid), self.reason.as_str()),
            None => write!(f, "key without kid: {}", self.reason.as_str()),
        }
    }
}

impl fmt::Display for JwksFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(fault) => fault.fmt(f),
            Self::KeysMissing => f.write_str("the provider's key set has no list of keys"),
            Self::TooMany { found } => {
                write!(f, "the provider's key set has {found} keys, but at most {MAX_KEYS} are read")
            }
            Self::NoneUsable { skipped } => {
                f.write_str("the provider's key set has no key that verifies a signature")?;
                skipped.iter().take(5).try_for_each(|key| write!(f, "; {key}"))
            }
        }
    }
}

impl std::error::Error for JwksFault {}

/// `max-age` of `Cache-Control` (RFC 9111 sections 4.2.1 and 5.2.2), less `Age`; what must not be kept is kept for the least
/// time, for a fetch per token is nobody's wish.
fn fresh_for(headers: &HeaderMap) -> Duration {
    let directives = headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    let directives = directives.flat_map(|value| value.split(',')).map(str::trim);
    let seconds = |directive: &str| {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        match name.trim().to_ascii_lowercase().as_str() {
            "no-store" | "no-cache" => Some(0),
            "max-age" => {
                let digits = value.trim().trim_matches('"');
                let number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
                // More digits than a number has is for ever; no number is no time at all.
                Some(if number { digits.parse().unwrap_or(u64::MAX) } else { 0 })
            }
            _ => None,
        }
    };
    let age = headers.get(AGE).and_then(|age| age.to_str().ok()?.parse().ok()).unwrap_or(0);
    match directives.filter_map(seconds).min() {
        Some(seconds) => Duration::from_secs(seconds.saturating_sub(age)).clamp(MIN_FRESH, MAX_FRESH),
        None => DEFAULT_FRESH,
    }
}
