//! JWTs by which the client proves itself (RFC 7523 sections 2.2 and 3; OpenID Connect Core 1.0 section 9): made here, or by
//! the platform that the program runs on, which leaves them in a file.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::EncodingKey;
use serde_json::Value;

use super::client_authentication::Moment;
use super::issuer::Issuer;
use super::json;
use super::jws::jsonwebtoken_name;
use super::registration::SigningAlgorithm;
use super::secret::Secret;
use super::signing_key::SigningKey;
use super::timestamp::Timestamp;

/// How long an assertion is good, seconds of the provider's clock: as long as a request takes, and a clock that is late.
pub const LIFETIME: Duration = Duration::from_secs(60);

/// Bytes of an assertion in a file.
pub const MAX_ASSERTION_BYTES: usize = 16 * 1024;

/// By how much the platform's clock may be late.
const CLOCKS: Duration = Duration::from_secs(60);

/// `client_assertion_type` (RFC 7523 section 2.2).
pub(super) const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A client secret as the key of `client_secret_jwt`.
#[derive(Clone, Debug)]
pub struct MacKey {
    secret: Secret,
    algorithm: SigningAlgorithm,
}

/// The client's own keys: the first signs, and all are published, so that one can follow another.
#[derive(Clone, Debug)]
pub struct ClientKeys {
    signing: SigningKey,
    others: Vec<SigningKey>,
}

/// Why what is in a file is no assertion. It is not shown: it may be another secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssertionFault {
    /// There is nothing.
    Empty,
    /// It is longer than [`MAX_ASSERTION_BYTES`].
    TooLong {
        /// Its bytes.
        found: usize,
    },
    /// It is not three parts in base64url, with a dot between each two (RFC 7515 section 7.1), the second of them an object.
    NotAJwt,
    /// It says itself that it is over.
    Expired {
        /// `exp`.
        at: Timestamp,
    },
}

impl MacKey {
    /// The key; none if the secret is shorter than [`SigningAlgorithm::secret_bytes`], or no secret signs by the algorithm.
    pub fn new(secret: Secret, algorithm: SigningAlgorithm) -> Option<Self> {
        (secret.len() >= algorithm.secret_bytes()?).then_some(Self { secret, algorithm })
    }

    /// The client secret.
    pub(super) const fn secret(&self) -> &Secret {
        &self.secret
    }

    /// `client_secret_jwt`.
    pub(super) fn assertion(&self, client_id: &str, audience: &Issuer, moment: &Moment) -> Secret {
        // OpenID Connect Core 1.0 section 10.1: the key is the UTF-8 octets of the secret.
        let key = EncodingKey::from_secret(self.secret.expose().as_bytes());
        let header = serde_json::json!({ "alg": self.algorithm.name(), "typ": "JWT" });
        compact(&header, &claims(client_id, audience, moment), |message| {
            jsonwebtoken::crypto::sign(message, &key, jsonwebtoken_name(self.algorithm))
                .expect("HMAC takes a key of any length")
        })
    }
}

impl ClientKeys {
    /// The key that signs, and those that were before it or come after it.
    pub fn new(signing: SigningKey, others: Vec<SigningKey>) -> Self {
        Self { signing, others }
    }

    /// The key that signs.
    pub const fn signing(&self) -> &SigningKey {
        &self.signing
    }

    /// The public halves of all, the signing one first.
    pub fn public_jwks(&self) -> impl Iterator<Item = &Value> {
        std::iter::once(&self.signing).chain(&self.others).map(SigningKey::public_jwk)
    }

    /// `private_key_jwt`.
    pub(super) fn assertion(&self, client_id: &str, audience: &Issuer, moment: &Moment) -> Secret {
        let key = &self.signing;
        let header = serde_json::json!({ "alg": key.algorithm().name(), "typ": "JWT", "kid": key.kid() });
        compact(&header, &claims(client_id, audience, moment), |message| key.sign(message))
    }
}

/// Judges what was read from a file, at the start without a time. It is somebody else's word about us, so its claims are the
/// provider's to judge. Only one that is over goes nowhere: a provider that refuses it ends the session that was to be refreshed,
/// and the platform may be about to write the next.
///
/// # Errors
/// [`AssertionFault`].
pub fn from_file(text: &Secret, now: Option<Timestamp>) -> Result<Secret, AssertionFault> {
    let assertion = text.expose().trim_ascii();
    if assertion.is_empty() {
        return Err(AssertionFault::Empty);
    }
    if assertion.len() > MAX_ASSERTION_BYTES {
        return Err(AssertionFault::TooLong { found: assertion.len() });
    }
    let is_part = |part: &str| !part.is_empty() && URL_SAFE_NO_PAD.decode(part).is_ok();
    if assertion.split('.').count() != 3 || !assertion.split('.').all(is_part) {
        return Err(AssertionFault::NotAJwt);
    }
    let payload = assertion.split('.').nth(1).unwrap_or_default();
    let payload = URL_SAFE_NO_PAD.decode(payload).map_err(|_| AssertionFault::NotAJwt)?;
    let claims = json::object(&payload).map_err(|_| AssertionFault::NotAJwt)?;
    // RFC 7519 section 2: a NumericDate may have a fraction.
    let expires = claims.get("exp").and_then(Value::as_f64).map(|exp| Timestamp::from_seconds(exp as u64));
    if let (Some(at), Some(now)) = (expires, now)
        && now >= at.after(CLOCKS)
    {
        return Err(AssertionFault::Expired { at });
    }
    Ok(Secret::new(assertion))
}

/// RFC 7523 section 3, OpenID Connect Core 1.0 section 9. `aud` is the issuer and nothing else: an endpoint in its place could be
/// another provider's, named by one that lies in its metadata, which would then hold an assertion that is good there.
fn claims(client_id: &str, audience: &Issuer, moment: &Moment) -> Value {
    serde_json::json!({
        "iss": client_id,
        "sub": client_id,
        "aud": audience.as_str(),
        "jti": URL_SAFE_NO_PAD.encode(moment.entropy),
        "iat": moment.now.seconds(),
        "exp": moment.now.after(LIFETIME).seconds(),
    })
}

/// RFC 7515 section 7.1.
pub(super) fn compact(header: &Value, claims: &Value, sign: impl FnOnce(&[u8]) -> String) -> Secret {
    let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    let message = format!("{header}.{claims}");
    let signature = sign(message.as_bytes());
    Secret::new(format!("{message}.{signature}"))
}

impl fmt::Display for AssertionFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("it is empty"),
            Self::TooLong { found } => {
                write!(f, "it has {found} bytes, but at most {MAX_ASSERTION_BYTES} are read")
            }
            Self::NotAJwt => f.write_str("it is not a signed JWT"),
            Self::Expired { at } => write!(f, "it expired at {at} and was not replaced"),
        }
    }
}

impl std::error::Error for AssertionFault {}
