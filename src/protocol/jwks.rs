//! The provider's signing keys (RFC 7517, RFC 7518 section 6, RFC 8037 section 2).

use std::fmt;
use std::time::Duration;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256,
    RsaPublicKeyComponents,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::header::{ACCEPT, AGE, CACHE_CONTROL, HeaderMap, HeaderValue};
use http::{Request, Response};
use jsonwebtoken::DecodingKey;
use serde_json::{Map, Value};

use super::answer::{self, AnswerFault, MediaType};
use super::discovery::Provider;
use super::quote::quote;
use super::registration::{Registration, SigningAlgorithm};

/// Bytes of a key set.
pub const MAX_ANSWER_BYTES: usize = 512 * 1024;

/// Keys of a set, usable or not.
pub const MAX_KEYS: usize = 100;

/// Bytes of a `kid`.
pub const MAX_KID_BYTES: usize = 256;

/// Bits of an RSA modulus (RFC 7518 section 3.3 asks for 2048 or more; verification time grows with the square).
pub const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

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
}

/// A key that is not used. The others of the set are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkippedKey {
    /// Its name, if it has one of at most [`MAX_KID_BYTES`].
    pub kid: Option<String>,
    /// Why it is not used.
    pub reason: SkipReason,
}

/// Why a key is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SkipReason {
    /// It is not an object, or `kid`, `use`, `key_ops` or `alg` is of another kind than the specification says.
    Form,
    /// `kty` or `crv` is one that no algorithm offered here uses. A symmetric key (`oct`) has no place in a public set.
    Kind,
    /// `use` or `key_ops` says that it is for something else.
    Purpose,
    /// `alg` is one that is not offered, or does not go with the kind of key.
    Algorithm,
    /// It has private parts: who published it has lost it.
    Private,
    /// A number of the key is missing, not base64url, of another length, or no key comes of it (a point off its curve).
    Numbers,
    /// The RSA modulus is shorter or longer than [`RSA_BITS`], or the exponent is even, 1 or huge.
    Strength,
}

/// Bytes of an RSA exponent; 65537 has three, and the crypto library takes no more than 33 bits.
pub const MAX_EXPONENT_BYTES: usize = 4;

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

/// The question for the keys.
pub fn request(provider: &Provider) -> Request<Vec<u8>> {
    let mut request = Request::new(Vec::new());
    *request.uri_mut() = provider.jwks_uri().uri().clone();
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
    let list = set.get("keys").and_then(Value::as_array).ok_or(JwksFault::KeysMissing)?;
    if list.len() > MAX_KEYS {
        return Err(JwksFault::TooMany { found: list.len() });
    }
    let (mut keys, mut skipped) = (Vec::new(), Vec::new());
    for item in list {
        match key(item) {
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
    Ok(Keys { keys, skipped, fresh_for: fresh_for(answer.headers()) })
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
        let decoding = DecodingKey::from_secret(secret);
        let key = Key { kid: None, kind: Kind::Secret, algorithm: Some(algorithm), issuer: None, decoding };
        Some(Self { keys: vec![key], skipped: Vec::new(), fresh_for: MAX_FRESH })
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
    ) -> impl Iterator<Item = (&DecodingKey, Option<&str>)> {
        self.keys
            .iter()
            // A secret has no name, whatever a provider calls it.
            .filter(move |key| kid.is_none() || key.kid.as_deref() == kid || key.kind == Kind::Secret)
            .filter(move |key| key.kind == Kind::of(algorithm))
            .filter(move |key| key.algorithm.is_none_or(|only| only == algorithm))
            .map(|key| (&key.decoding, key.issuer.as_deref()))
    }
}

impl SkipReason {
    /// Whether somebody published what nobody can use, and not only what is of no use here.
    pub const fn is_a_mistake(self) -> bool {
        match self {
            Self::Form | Self::Private | Self::Numbers | Self::Strength => true,
            Self::Kind | Self::Purpose | Self::Algorithm => false,
        }
    }

    /// For the log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Form => "a member is of the wrong kind",
            Self::Kind => "no algorithm offered here uses this kind of key",
            Self::Purpose => "use or key_ops says that it is not for verifying signatures",
            Self::Algorithm => "alg is not offered here, or does not go with the kind of key",
            Self::Private => "it is a private key",
            Self::Numbers => "its numbers make no key",
            Self::Strength => "RSA needs 2048 to 8192 bits and an odd exponent of 3 or more, up to 32 bits",
        }
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

#[derive(Clone, Debug)]
struct Key {
    kid: Option<String>,
    kind: Kind,
    algorithm: Option<SigningAlgorithm>,
    /// Whose tokens it signs, where a set has keys of several issuers: a member of Microsoft Entra ID's.
    issuer: Option<String>,
    decoding: DecodingKey,
}

/// A kind of key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Rsa,
    P256,
    P384,
    Ed25519,
    /// The client secret; no key of a set is of this kind.
    Secret,
}

impl Kind {
    pub(super) const fn of(algorithm: SigningAlgorithm) -> Self {
        match algorithm {
            SigningAlgorithm::Rs256
            | SigningAlgorithm::Rs384
            | SigningAlgorithm::Rs512
            | SigningAlgorithm::Ps256
            | SigningAlgorithm::Ps384
            | SigningAlgorithm::Ps512 => Self::Rsa,
            SigningAlgorithm::Es256 => Self::P256,
            SigningAlgorithm::Es384 => Self::P384,
            SigningAlgorithm::EdDsa => Self::Ed25519,
            SigningAlgorithm::Hs256 | SigningAlgorithm::Hs384 | SigningAlgorithm::Hs512 => Self::Secret,
        }
    }
}

fn key(item: &Value) -> Result<Key, SkipReason> {
    let members = item.as_object().ok_or(SkipReason::Form)?;
    let kid = text(members, "kid")?;
    if kid.is_some_and(|kid| kid.len() > MAX_KID_BYTES) {
        return Err(SkipReason::Form);
    }
    let curve = text(members, "crv")?;
    let kind = match (text(members, "kty")?, curve) {
        (Some("RSA"), _) => Kind::Rsa,
        (Some("EC"), Some("P-256")) => Kind::P256,
        (Some("EC"), Some("P-384")) => Kind::P384,
        (Some("OKP"), Some("Ed25519")) => Kind::Ed25519,
        _ => return Err(SkipReason::Kind),
    };
    // RFC 7517 sections 4.2 and 4.3.
    if text(members, "use")?.is_some_and(|purpose| purpose != "sig") {
        return Err(SkipReason::Purpose);
    }
    if let Some(operations) = members.get("key_ops") {
        let operations = operations.as_array().ok_or(SkipReason::Form)?;
        if !operations.iter().any(|operation| operation == "verify") {
            return Err(SkipReason::Purpose);
        }
    }
    // Section 4.4: a key that names its algorithm serves no other.
    let algorithm = match text(members, "alg")? {
        None => None,
        // RFC 9864 names the curve where RFC 8037 named the family.
        Some("Ed25519") => Some(SigningAlgorithm::EdDsa),
        Some(name) => Some(
            SigningAlgorithm::ALL
                .into_iter()
                .find(|algorithm| algorithm.name() == name)
                .ok_or(SkipReason::Algorithm)?,
        ),
    };
    if algorithm.is_some_and(|algorithm| Kind::of(algorithm) != kind) {
        return Err(SkipReason::Algorithm);
    }
    if members.contains_key("d") {
        return Err(SkipReason::Private);
    }
    let decoding = match kind {
        Kind::Rsa => rsa(members)?,
        Kind::P256 | Kind::P384 => elliptic(members, kind)?,
        Kind::Ed25519 => {
            let point = number(members, "x")?;
            if point.len() != 32 {
                return Err(SkipReason::Numbers);
            }
            DecodingKey::from_ed_der(&point)
        }
        Kind::Secret => return Err(SkipReason::Kind),
    };
    // What is no text is nobody's issuer; where there is one issuer only, nobody looks.
    let issuer = members.get("issuer").map(|issuer| issuer.as_str().unwrap_or_default().to_owned());
    Ok(Key { kid: kid.map(str::to_owned), kind, algorithm, issuer, decoding })
}

/// RFC 7518 section 6.3.1.
fn rsa(members: &Map<String, Value>) -> Result<DecodingKey, SkipReason> {
    let (modulus, exponent) = (number(members, "n")?, number(members, "e")?);
    // Some libraries write the sign byte of their big integers; the value is the same without it.
    let strip = |number: &[u8]| number.iter().copied().skip_while(|byte| *byte == 0).collect::<Vec<_>>();
    let (n, e) = (strip(&modulus), strip(&exponent));
    let bits = n.first().map_or(0, |first| n.len() * 8 - first.leading_zeros() as usize);
    let odd = |number: &[u8]| number.last().is_some_and(|last| last % 2 == 1);
    if !RSA_BITS.contains(&bits) || !odd(&n) || !odd(&e) || e == [1] || e.len() > MAX_EXPONENT_BYTES {
        return Err(SkipReason::Strength);
    }
    RsaPublicKeyComponents { n: &n, e: &e }
        .to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256)
        .map_err(|_| SkipReason::Numbers)?;
    Ok(DecodingKey::from_rsa_raw_components(&n, &e))
}

/// RFC 7518 section 6.2.1: both coordinates at full length; the point must be on the curve.
fn elliptic(members: &Map<String, Value>, kind: Kind) -> Result<DecodingKey, SkipReason> {
    let (algorithm, bytes) = match kind {
        Kind::P384 => (&ECDSA_P384_SHA384_FIXED, 48),
        _ => (&ECDSA_P256_SHA256_FIXED, 32),
    };
    let (x, y) = (number(members, "x")?, number(members, "y")?);
    if x.len() != bytes || y.len() != bytes {
        return Err(SkipReason::Numbers);
    }
    // SEC 1 section 2.3.3, uncompressed.
    let point = [&[4], x.as_slice(), y.as_slice()].concat();
    ParsedPublicKey::new(algorithm, &point).map_err(|_| SkipReason::Numbers)?;
    Ok(DecodingKey::from_ec_der(&point))
}

fn number(members: &Map<String, Value>, name: &str) -> Result<Vec<u8>, SkipReason> {
    let text = members.get(name).and_then(Value::as_str).ok_or(SkipReason::Numbers)?;
    URL_SAFE_NO_PAD.decode(text).map_err(|_| SkipReason::Numbers)
}

fn text<'a>(members: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, SkipReason> {
    match members.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(SkipReason::Form),
    }
}
