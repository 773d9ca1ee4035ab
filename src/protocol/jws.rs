//! A signed token in compact form (RFC 7515 sections 3.1, 5.2 and 7.1), verified.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use memchr::memchr_iter;
use serde_json::{Map, Value};

use super::json::{self, JsonFault};
use super::jwk::MAX_KID_BYTES;
use super::jwks::Keys;
use super::quote::quote;
use super::registration::SigningAlgorithm;
use super::verifying_key::{Signature, VerifyingKey};

/// Bytes of a token.
pub const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// Keys that a signature is tried against: the header names none, or several keys have the name it gives.
pub const MAX_TRIED_KEYS: usize = 4;

/// The kinds of token that one place takes, as `typ` names them; a token that names none is of any kind, and its place has other
/// means to tell (RFC 8725 sections 3.11 and 3.12).
pub type Kinds = &'static [&'static str];

/// What the place of an ID token, or of signed userinfo, takes: no at+jwt, logout+jwt, dpop+jwt, secevent+jwt and so on.
pub const JWT: Kinds = &["JWT"];

/// What the place of a logout token takes. Providers that know no better say that it is any JWT.
pub const LOGOUT: Kinds = &["logout+jwt", "JWT"];

/// What the place of a signed introspection answer takes. It must say so, too (RFC 9701 section 5).
pub const INTROSPECTION: Kinds = &["token-introspection+jwt"];

/// Why a token is not believed to be the provider's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JwsFault {
    /// It is longer than [`MAX_TOKEN_BYTES`].
    TooLong {
        /// Its bytes.
        found: usize,
    },
    /// It is encrypted (five parts, RFC 7516 section 3.1), which was not agreed.
    Encrypted,
    /// It does not have three parts.
    Parts {
        /// How many it has.
        found: usize,
    },
    /// A part is not base64url without padding, or has bits left over.
    Encoding {
        /// `header`, `payload` or `signature`.
        part: &'static str,
    },
    /// A part is not an object that can be read strictly.
    Json {
        /// `header` or `payload`.
        part: &'static str,
        /// Which rule it breaks.
        fault: JsonFault,
    },
    /// It is signed by another algorithm than those that are taken.
    Algorithm {
        /// Those that are.
        expected: Box<[SigningAlgorithm]>,
        /// What the header says, as it came; none if it says nothing, or no text.
        found: Option<String>,
    },
    /// The header has `crit`, and no extension is understood (RFC 7515 section 4.1.11).
    Critical,
    /// The header says that it is a token of another kind (RFC 8725 section 3.11).
    Kind {
        /// Those that are taken here.
        expected: Kinds,
        /// `typ`, as it came; none if it is not a text.
        found: Option<String>,
    },
    /// `kid` is not a text of at most 256 bytes.
    KeyName,
    /// No key fits: none of this name, or none for this algorithm.
    KeyUnknown {
        /// `kid`, as it came.
        kid: Option<String>,
        /// The algorithm, one of those that are taken.
        algorithm: SigningAlgorithm,
    },
    /// More than [`MAX_TRIED_KEYS`] keys fit.
    KeysAmbiguous {
        /// How many.
        found: usize,
    },
    /// The signature is by none of the keys that fit.
    Signature {
        /// `kid`, as it came.
        kid: Option<String>,
    },
}

/// A token whose signature was verified.
pub(super) struct Signed<'a> {
    /// Its payload.
    pub(super) claims: Map<String, Value>,
    /// The issuer that the key is kept to, if it is to one.
    pub(super) key_issuer: Option<&'a str>,
}

/// Verifies a token by the one algorithm that is agreed, and hands out its payload.
pub(super) fn verify<'a>(
    token: &str,
    keys: &'a Keys,
    algorithm: SigningAlgorithm,
    kinds: Kinds,
) -> Result<Signed<'a>, JwsFault> {
    let token = Compact::read(token)?;
    let key_issuer = token.verify(keys, &[algorithm], kinds)?;
    // Steps 6 and, for a JWT, RFC 7519 section 7.2 step 10: only what is signed is read.
    Ok(Signed { claims: token.payload()?, key_issuer })
}

/// A token taken apart (RFC 7515 section 5.2, steps 1 to 3), and not believed yet.
pub(super) struct Compact<'t> {
    /// What is signed: header and payload as they came.
    signed: &'t str,
    header: Map<String, Value>,
    payload: &'t str,
    signature: &'t str,
}

impl<'t> Compact<'t> {
    pub(super) fn read(token: &'t str) -> Result<Self, JwsFault> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(JwsFault::TooLong { found: token.len() });
        }
        let (signed, header, payload, signature) = split(token)?;
        Ok(Self { signed, header: part("header", header)?, payload, signature })
    }

    /// What the header says under a name.
    pub(super) fn header(&self, name: &str) -> Option<&Value> {
        self.header.get(name)
    }

    /// Whether `typ` names that kind, with or without `application/` before it (RFC 7515 section 4.1.9).
    pub(super) fn is_of_kind(&self, kind: &str) -> bool {
        let found = self.header("typ").and_then(Value::as_str).unwrap_or_default();
        found.strip_prefix("application/").unwrap_or(found).eq_ignore_ascii_case(kind)
    }

    /// The payload, which nobody may believe before [`Self::verify`] said yes.
    pub(super) fn payload(&self) -> Result<Map<String, Value>, JwsFault> {
        part("payload", self.payload)
    }

    /// Whether one of the keys signed it. Gives the issuer that the key is kept to, if it is to one.
    pub(super) fn verify<'k>(
        &self,
        keys: &'k Keys,
        algorithms: &[SigningAlgorithm],
        kinds: Kinds,
    ) -> Result<Option<&'k str>, JwsFault> {
        // RFC 8725 section 3.1: the algorithms are agreed beforehand; the header may only repeat one, letter for letter.
        let found = self.header("alg").and_then(Value::as_str);
        let agreed = algorithms.iter().find(|algorithm| found == Some(algorithm.name()));
        let Some(&algorithm) = agreed else {
            return Err(JwsFault::Algorithm { expected: algorithms.into(), found: found.map(str::to_owned) });
        };
        // Step 5. `b64` (RFC 7797) only counts if it is critical. `jwk`, `jku`, `x5c` and `x5u` are never looked at.
        if self.header.contains_key("crit") {
            return Err(JwsFault::Critical);
        }
        judge_kind(&self.header, kinds)?;
        let kid = match self.header("kid") {
            None => None,
            Some(Value::String(kid)) if kid.len() <= MAX_KID_BYTES => Some(kid.as_str()),
            Some(_) => return Err(JwsFault::KeyName),
        };
        // Step 7.
        let signature = signature(self.signature)?;
        // Step 8.
        let fitting = || keys.fitting(algorithm, kid);
        match fitting().count() {
            0 => return Err(JwsFault::KeyUnknown { kid: kid.map(str::to_owned), algorithm }),
            1..=MAX_TRIED_KEYS => {}
            found => return Err(JwsFault::KeysAmbiguous { found }),
        }
        let verifies = |key: &VerifyingKey| key.verifies(algorithm, self.signed, &signature);
        match fitting().find(|(key, _)| verifies(key)) {
            Some((_, key_issuer)) => Ok(key_issuer),
            None => Err(JwsFault::Signature { kid: kid.map(str::to_owned) }),
        }
    }
}

impl JwsFault {
    /// Whether the provider may have changed its keys, so that a fresh set could help. A caller may drive this at will, so the
    /// set is asked for once in a while, not once for each.
    pub fn asks_for_new_keys(&self) -> bool {
        matches!(self, Self::KeyUnknown { .. } | Self::Signature { .. })
    }
}

impl fmt::Display for JwsFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |text: &Option<String>| text.as_deref().map_or_else(|| "missing".to_owned(), quote);
        match self {
            Self::TooLong { found } => {
                write!(f, "the token has {found} bytes, but at most {MAX_TOKEN_BYTES} are read")
            }
            Self::Encrypted => f.write_str(
                "the token is encrypted, which is not agreed: say how in clients.yaml, or switch it off in the \
                 client's registration at the provider",
            ),
            Self::Parts { found } => write!(f, "the token has {found} parts, but three are needed"),
            Self::Encoding { part } => write!(f, "the token's {part} is not base64url without padding"),
            Self::Json { part, fault } => write!(f, "the token's {part} cannot be read: {fault}"),
            Self::Algorithm { expected, found } => {
                let names: Vec<&str> = expected.iter().map(|algorithm| algorithm.name()).collect();
                write!(f, "the token's alg is {}, but {} is agreed", show(found), names.join(" or "))
            }
            Self::Critical => {
                f.write_str("the token's header has crit, which asks for an extension that is not known")
            }
            Self::Kind { expected, found } => {
                write!(f, "the token's typ is {}, but {} is needed", show(found), expected.join(" or "))
            }
            Self::KeyName => write!(f, "the token's kid is not a text of at most {MAX_KID_BYTES} bytes"),
            Self::KeyUnknown { kid, algorithm } => {
                write!(f, "the provider has no {algorithm} key for a token whose kid is {}", show(kid))
            }
            Self::KeysAmbiguous { found } => write!(
                f,
                "the provider has {found} keys that could have signed the token, but at most {MAX_TRIED_KEYS} \
                 are tried"
            ),
            Self::Signature { kid } => {
                write!(f, "the token's signature is not by the provider's key; its kid is {}", show(kid))
            }
        }
    }
}

impl std::error::Error for JwsFault {}

/// RFC 8725 section 3.11, RFC 7515 section 4.1.9.
pub(super) fn judge_kind(header: &Map<String, Value>, kinds: Kinds) -> Result<(), JwsFault> {
    let Some(kind) = header.get("typ") else { return Ok(()) };
    let found = kind.as_str();
    if found.is_some_and(|found| kinds.iter().any(|taken| found.eq_ignore_ascii_case(taken))) {
        return Ok(());
    }
    Err(JwsFault::Kind { expected: kinds, found: found.map(str::to_owned) })
}

/// Whether a token that was verified says itself that it is of that kind.
pub(super) fn is_of_kind(token: &str, kind: &str) -> bool {
    Compact::read(token).is_ok_and(|token| token.is_of_kind(kind))
}

/// What is signed, and the three parts.
pub(super) fn split(token: &str) -> Result<(&str, &str, &str, &str), JwsFault> {
    let mut dots = memchr_iter(b'.', token.as_bytes());
    match (dots.next(), dots.next(), dots.count()) {
        (Some(first), Some(second), 0) => {
            Ok((&token[..second], &token[..first], &token[first + 1..second], &token[second + 1..]))
        }
        (_, _, 2) => Err(JwsFault::Encrypted),
        (first, second, further) => Err(JwsFault::Parts {
            found: 1 + usize::from(first.is_some()) + usize::from(second.is_some()) + further,
        }),
    }
}

pub(super) fn part(part: &'static str, text: &str) -> Result<Map<String, Value>, JwsFault> {
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| JwsFault::Encoding { part })?;
    json::object(&bytes).map_err(|fault| JwsFault::Json { part, fault })
}

/// Step 7: the signature, decoded.
pub(super) fn signature(text: &str) -> Result<Signature<'_>, JwsFault> {
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| JwsFault::Encoding { part: "signature" })?;
    Ok(Signature { text, bytes })
}

pub(super) const fn jsonwebtoken_name(algorithm: SigningAlgorithm) -> Algorithm {
    match algorithm {
        SigningAlgorithm::Rs256 => Algorithm::RS256,
        SigningAlgorithm::Rs384 => Algorithm::RS384,
        SigningAlgorithm::Rs512 => Algorithm::RS512,
        SigningAlgorithm::Ps256 => Algorithm::PS256,
        SigningAlgorithm::Ps384 => Algorithm::PS384,
        SigningAlgorithm::Ps512 => Algorithm::PS512,
        SigningAlgorithm::Es256 => Algorithm::ES256,
        SigningAlgorithm::Es384 => Algorithm::ES384,
        SigningAlgorithm::EdDsa => Algorithm::EdDSA,
        SigningAlgorithm::Hs256 => Algorithm::HS256,
        SigningAlgorithm::Hs384 => Algorithm::HS384,
        SigningAlgorithm::Hs512 => Algorithm::HS512,
    }
}
