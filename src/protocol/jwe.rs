//! An encrypted token in compact form (RFC 7516 sections 3.1 and 5.2), opened. What is inside is believed no more than before:
//! anybody can encrypt to a public key, so a signed token must be in it, and [`super::jws`] judges that.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{self, UnparsedPublicKey};
use aws_lc_rs::rsa::{OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::concat_kdf;
use super::decryption_key::{Curve, DecryptionKey, Private};
use super::json::{self, JsonFault};
use super::jwk::MAX_KID_BYTES;
use super::jws::{self, JwsFault, Kinds};
use super::quote::quote;
use super::registration::{ContentEncryption, KeyManagement};
use super::secret::Secret;

/// Bytes of an encrypted token: one of [`jws::MAX_TOKEN_BYTES`] inside, a third more for base64url, and the other parts.
pub const MAX_ENCRYPTED_BYTES: usize = 24 * 1024;

/// Our decryption keys for one provider; each that fits is tried for a token that names none of them.
pub const MAX_DECRYPTION_KEYS: usize = 4;

/// What is agreed with the provider about the encryption of one kind of token.
#[derive(Clone, Debug)]
pub struct Encryption {
    /// `alg`
    pub algorithm: KeyManagement,
    /// `enc`
    pub content: ContentEncryption,
    /// Our keys, at most [`MAX_DECRYPTION_KEYS`].
    pub keys: Arc<[DecryptionKey]>,
}

/// Why a token cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JweFault {
    /// It is longer than [`MAX_ENCRYPTED_BYTES`].
    TooLong {
        /// Its bytes.
        found: usize,
    },
    /// It is signed but not encrypted (three parts), although that is agreed.
    NotEncrypted,
    /// It does not have five parts.
    Parts {
        /// How many it has.
        found: usize,
    },
    /// A part is not base64url without padding, or has bits left over.
    Encoding {
        /// `header`, `encrypted key`, `initialization vector`, `ciphertext` or `authentication tag`.
        part: &'static str,
    },
    /// The header is not an object that can be read strictly.
    Json(JsonFault),
    /// It is encrypted in another way than the agreed one.
    Algorithm {
        /// `alg` or `enc`.
        member: &'static str,
        /// The agreed one.
        expected: &'static str,
        /// What the header says, as it came; none if it says nothing, or no text.
        found: Option<String>,
    },
    /// What is inside is compressed (`zip`). A little text could become a lot.
    Compressed,
    /// The header has `crit`, and no extension is understood.
    Critical,
    /// The header says that it is a token of another kind, or that something else than a token is inside.
    Kind(JwsFault),
    /// A member of the header is of another kind than the specification says.
    Form {
        /// Its name.
        member: &'static str,
    },
    /// It does not open: it is encrypted to another key, or was changed on the way. Which of both is not told, to nobody
    /// (RFC 7516 section 11.5).
    Decryption {
        /// `kid`, as it came.
        kid: Option<String>,
    },
}

/// Opens an encrypted token. What comes out is a token that is to be verified.
pub(super) fn open(token: &str, agreed: &Encryption, kinds: Kinds) -> Result<Secret, JweFault> {
    // RFC 7516 section 5.2, step 1.
    if token.len() > MAX_ENCRYPTED_BYTES {
        return Err(JweFault::TooLong { found: token.len() });
    }
    let parts: Vec<&str> = token.split('.').collect();
    let [header_part, encrypted_key, iv, ciphertext, tag] = parts[..] else {
        return Err(match parts.len() {
            3 => JweFault::NotEncrypted,
            found => JweFault::Parts { found },
        });
    };
    // Steps 2 to 5.
    let header = json::object(&decode("header", header_part)?).map_err(JweFault::Json)?;
    judge_header(&header, agreed, kinds)?;
    let encrypted_key = decode("encrypted key", encrypted_key)?;
    let iv = decode("initialization vector", iv)?;
    let ciphertext = decode("ciphertext", ciphertext)?;
    let tag = decode("authentication tag", tag)?;
    let kid = text(&header, "kid")?;
    if kid.is_some_and(|kid| kid.len() > MAX_KID_BYTES) {
        return Err(JweFault::Form { member: "kid" });
    }
    let agreement = match agreed.algorithm {
        KeyManagement::RsaOaep256 => None,
        KeyManagement::EcdhEs => Some(Agreement::read(&header)?),
    };
    // Step 6. A `kid` that is none of ours tells nothing: a provider that was given the key as PEM makes up a name of its own. The
    // keys are few, and the tag decides.
    let usable = || agreed.keys.iter().filter(|key| key.algorithm() == agreed.algorithm);
    let named = kid.filter(|kid| usable().any(|key| key.kid() == *kid));
    let keys = usable().filter(|key| named.is_none_or(|kid| key.kid() == kid)).take(MAX_DECRYPTION_KEYS);
    // Steps 7 to 17.
    let sealed = Sealed { header: header_part, iv: &iv, ciphertext: &ciphertext, tag: &tag };
    let opened = keys
        .filter_map(|key| {
            let content_key = match (&key.private, &agreement) {
                (Private::Rsa(private), _) => unwrap_key(private, &encrypted_key, agreed.content),
                (Private::Elliptic(curve, private), Some(agreement)) => {
                    agreement.agree(*curve, private, &encrypted_key, agreed.content)
                }
                (Private::Elliptic(..), None) => None,
            };
            sealed.open(content_key, agreed.content)
        })
        .next();
    opened.ok_or_else(|| JweFault::Decryption { kid: kid.map(str::to_owned) })
}

/// What the header must say, before any key is touched.
fn judge_header(header: &Map<String, Value>, agreed: &Encryption, kinds: Kinds) -> Result<(), JweFault> {
    // RFC 8725 section 3.1: both are agreed beforehand; the header may only repeat them, letter for letter. So nothing asks for
    // RSA1_5, for a password (`p2c`) or for `none`.
    for (member, expected) in [("alg", agreed.algorithm.name()), ("enc", agreed.content.name())] {
        let found = header.get(member).and_then(Value::as_str);
        if found != Some(expected) {
            return Err(JweFault::Algorithm { member, expected, found: found.map(str::to_owned) });
        }
    }
    if header.contains_key("zip") {
        return Err(JweFault::Compressed);
    }
    if header.contains_key("crit") {
        return Err(JweFault::Critical);
    }
    jws::judge_kind(header, kinds).map_err(JweFault::Kind)?;
    // RFC 7519 section 5.2: of a nested token `cty` is JWT. Where it is left out, the token inside shows it.
    match header.get("cty") {
        Some(Value::String(inside)) if inside.eq_ignore_ascii_case("JWT") => Ok(()),
        None => Ok(()),
        Some(_) => Err(JweFault::Form { member: "cty" }),
    }
}

/// The content encryption key of RSA-OAEP-256 (RFC 7518 section 4.3). None if no key of the right length comes out.
fn unwrap_key(
    private: &OaepPrivateDecryptingKey,
    encrypted: &[u8],
    content: ContentEncryption,
) -> Option<Zeroizing<Vec<u8>>> {
    let mut buffer = Zeroizing::new(vec![0; private.min_output_size()]);
    let key = private.decrypt(&OAEP_SHA256_MGF1SHA256, encrypted, &mut buffer, None).ok()?;
    (key.len() == content.key_bytes()).then(|| Zeroizing::new(key.to_vec()))
}

/// What the header says for ECDH-ES (RFC 7518 section 4.6.1).
struct Agreement<'a> {
    curve: &'a str,
    x: Vec<u8>,
    y: Vec<u8>,
    party_u: Vec<u8>,
    party_v: Vec<u8>,
}

impl<'a> Agreement<'a> {
    fn read(header: &'a Map<String, Value>) -> Result<Self, JweFault> {
        let strange = JweFault::Form { member: "epk" };
        let epk = header.get("epk").and_then(Value::as_object).ok_or_else(|| strange.clone())?;
        if epk.get("kty").and_then(Value::as_str) != Some("EC") || epk.contains_key("d") {
            return Err(strange);
        }
        let curve = epk.get("crv").and_then(Value::as_str).ok_or_else(|| strange.clone())?;
        let number = |name| {
            let text = epk.get(name).and_then(Value::as_str).ok_or_else(|| strange.clone())?;
            URL_SAFE_NO_PAD.decode(text).map_err(|_| strange.clone())
        };
        let party = |member| {
            let text = text(header, member)?.unwrap_or_default();
            URL_SAFE_NO_PAD.decode(text).map_err(|_| JweFault::Form { member })
        };
        Ok(Self { curve, x: number("x")?, y: number("y")?, party_u: party("apu")?, party_v: party("apv")? })
    }

    /// The content encryption key, agreed directly. None if the point is of another curve, or on none (the library looks).
    fn agree(
        &self,
        curve: Curve,
        private: &agreement::PrivateKey,
        encrypted_key: &[u8],
        content: ContentEncryption,
    ) -> Option<Zeroizing<Vec<u8>>> {
        let bytes = curve.coordinate_bytes();
        // Step 10: of direct agreement the encrypted key is empty.
        if !encrypted_key.is_empty()
            || self.curve != curve.name()
            || self.x.len() != bytes
            || self.y.len() != bytes
        {
            return None;
        }
        // SEC 1 section 2.3.3, uncompressed.
        let point = [&[4], self.x.as_slice(), self.y.as_slice()].concat();
        let public = UnparsedPublicKey::new(curve.algorithm(), &point);
        agreement::agree(private, public, (), |shared| {
            let (u, v) = (&self.party_u, &self.party_v);
            Ok(concat_kdf::derive(shared, content.name(), u, v, content.key_bytes()))
        })
        .ok()
    }
}

/// The encrypted content.
struct Sealed<'a> {
    header: &'a str,
    iv: &'a [u8],
    ciphertext: &'a [u8],
    tag: &'a [u8],
}

impl Sealed<'_> {
    /// AES-GCM (RFC 7518 section 5.3) over the content, with the header as it came.
    fn open(&self, key: Option<Zeroizing<Vec<u8>>>, content: ContentEncryption) -> Option<Secret> {
        // RFC 7516 section 11.5: whether there was a key does not show in the time that this takes.
        let (key, is_key) = match key {
            Some(key) => (key, true),
            None => (Zeroizing::new(vec![0; content.key_bytes()]), false),
        };
        let algorithm = match content {
            ContentEncryption::A128Gcm => &AES_128_GCM,
            ContentEncryption::A256Gcm => &AES_256_GCM,
        };
        // 96 bits, and a tag of 128: no other lengths.
        let nonce = Nonce::try_assume_unique_for_key(self.iv).ok()?;
        if self.tag.len() != algorithm.tag_len() {
            return None;
        }
        let key = LessSafeKey::new(UnboundKey::new(algorithm, &key).ok()?);
        let mut content = Zeroizing::new([self.ciphertext, self.tag].concat());
        let opened = key.open_in_place(nonce, Aad::from(self.header.as_bytes()), &mut content).ok()?;
        // A token is text; what is none is nothing that anybody meant to send.
        let token = std::str::from_utf8(opened).ok()?;
        is_key.then(|| Secret::new(token))
    }
}

fn decode(part: &'static str, text: &str) -> Result<Vec<u8>, JweFault> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| JweFault::Encoding { part })
}

fn text<'a>(header: &'a Map<String, Value>, member: &'static str) -> Result<Option<&'a str>, JweFault> {
    json::text(header, member).map_err(|_| JweFault::Form { member })
}

impl fmt::Display for JweFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |text: &Option<String>| text.as_deref().map_or_else(|| "missing".to_owned(), quote);
        match self {
            Self::TooLong { found } => {
                write!(f, "the token has {found} bytes, but at most {MAX_ENCRYPTED_BYTES} are read")
            }
            Self::NotEncrypted => f.write_str("the token is not encrypted, but that is agreed"),
            Self::Parts { found } => write!(f, "the token has {found} parts, but five are needed"),
            Self::Encoding { part } => write!(f, "the token's {part} is not base64url without padding"),
            Self::Json(fault) => write!(f, "the token's header cannot be read: {fault}"),
            Self::Algorithm { member, expected, found } => {
                write!(f, "the encrypted token's {member} is {}, but {expected} is agreed", show(found))
            }
            Self::Compressed => f.write_str("the encrypted token is compressed, which is never taken"),
            Self::Critical => {
                f.write_str("the token's header has crit, which asks for an extension that is not known")
            }
            Self::Kind(fault) => fault.fmt(f),
            Self::Form { member } => write!(f, "the encrypted token's {member} is not what it should be"),
            Self::Decryption { kid } => {
                write!(f, "the token does not open with any of our decryption keys; its kid is {}", show(kid))
            }
        }
    }
}

impl std::error::Error for JweFault {}
