//! A private key of ours that a provider encrypts to the public half of (RFC 7517, RFC 7518 section 6, RFC 7468).

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::agreement::{self, ECDH_P256, ECDH_P384};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{
    KeyPair, KeyPairComponents, OaepPrivateDecryptingKey, PrivateDecryptingKey, PublicKeyComponents,
};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::json;
use super::jwks::{MAX_KID_BYTES, RSA_BITS};
use super::registration::KeyManagement;

/// A private key for decryption. Its `Debug` shows its name only.
#[derive(Clone)]
pub struct DecryptionKey {
    kid: String,
    public: Value,
    pub(super) private: Private,
}

/// The private half.
#[derive(Clone)]
pub(super) enum Private {
    /// For RSA-OAEP-256.
    Rsa(Arc<OaepPrivateDecryptingKey>),
    /// For ECDH-ES on this curve.
    Elliptic(Curve, Arc<agreement::PrivateKey>),
}

/// A curve of NIST (RFC 7518 section 6.2.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Curve {
    P256,
    P384,
}

/// Why a text is no key that can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecryptionKeyFault {
    /// It is neither PEM with one private key nor a JWK.
    Form,
    /// The private key is encrypted with a password.
    Password,
    /// It is a public key.
    Public,
    /// It is a key of another kind than RSA, P-256 and P-384.
    Kind,
    /// `use`, `key_ops` or `alg` of the JWK says that it is for something else.
    Purpose,
    /// RSA has fewer than 2048 bits, or more than 8192.
    Strength,
    /// Its numbers make no key, or do not belong together.
    Numbers,
}

impl DecryptionKey {
    /// Reads a key as files have it: PEM (PKCS #8, PKCS #1 or SEC 1) or a JWK.
    ///
    /// # Errors
    /// [`DecryptionKeyFault`].
    pub fn parse(text: &str) -> Result<Self, DecryptionKeyFault> {
        let text = text.trim();
        if text.starts_with('{') { Self::from_jwk(text) } else { Self::from_pem(text) }
    }

    /// Its name: the JWK's `kid`, else its thumbprint (RFC 7638).
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// How a content encryption key for this key is managed.
    pub const fn algorithm(&self) -> KeyManagement {
        match self.private {
            Private::Rsa(_) => KeyManagement::RsaOaep256,
            Private::Elliptic(..) => KeyManagement::EcdhEs,
        }
    }

    /// The public half, for the provider: a JWK with `use`, `alg` and `kid`.
    pub const fn public_jwk(&self) -> &Value {
        &self.public
    }

    fn new(private: Private, mut public: Value, kid: Option<&str>) -> Self {
        // RFC 7638 section 3: the members that make the key, in the order of their names, without blanks. `public` has no others
        // yet, and serde_json keeps them in order.
        let thumbprint = URL_SAFE_NO_PAD.encode(digest(&SHA256, public.to_string().as_bytes()));
        let kid = kid.map_or(thumbprint, str::to_owned);
        let algorithm = match private {
            Private::Rsa(_) => KeyManagement::RsaOaep256,
            Private::Elliptic(..) => KeyManagement::EcdhEs,
        };
        if let Some(members) = public.as_object_mut() {
            members.insert("use".to_owned(), "enc".into());
            members.insert("alg".to_owned(), algorithm.name().into());
            members.insert("kid".to_owned(), kid.clone().into());
        }
        Self { kid, public, private }
    }

    fn from_pem(text: &str) -> Result<Self, DecryptionKeyFault> {
        let mut blocks = pem_blocks(text)?.into_iter().filter(|(label, _)| *label != "EC PARAMETERS");
        let (Some((label, der)), None) = (blocks.next(), blocks.next()) else {
            return Err(DecryptionKeyFault::Form);
        };
        match label {
            "PRIVATE KEY" => match KeyPair::from_pkcs8(&der) {
                Ok(key) => Self::from_rsa(&key, None),
                Err(_) => Self::from_elliptic_der(&der),
            },
            "RSA PRIVATE KEY" => {
                Self::from_rsa(&KeyPair::from_der(&der).map_err(|_| DecryptionKeyFault::Numbers)?, None)
            }
            "EC PRIVATE KEY" => Self::from_elliptic_der(&der),
            "ENCRYPTED PRIVATE KEY" => Err(DecryptionKeyFault::Password),
            "PUBLIC KEY" | "RSA PUBLIC KEY" | "CERTIFICATE" => Err(DecryptionKeyFault::Public),
            _ => Err(DecryptionKeyFault::Form),
        }
    }

    fn from_elliptic_der(der: &[u8]) -> Result<Self, DecryptionKeyFault> {
        let read = |curve: Curve| {
            agreement::PrivateKey::from_private_key_der(curve.algorithm(), der).ok().map(|key| (curve, key))
        };
        let (curve, key) = read(Curve::P256).or_else(|| read(Curve::P384)).ok_or(DecryptionKeyFault::Kind)?;
        Self::from_elliptic(curve, key, None)
    }

    /// RFC 7517 section 4, RFC 7518 sections 6.2.2 and 6.3.2.
    fn from_jwk(text: &str) -> Result<Self, DecryptionKeyFault> {
        let members = json::object(text.as_bytes()).map_err(|_| DecryptionKeyFault::Form)?;
        let text = |name: &str| match members.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str())),
            Some(_) => Err(DecryptionKeyFault::Form),
        };
        let kid = text("kid")?;
        if kid.is_some_and(|kid| kid.is_empty() || kid.len() > MAX_KID_BYTES) {
            return Err(DecryptionKeyFault::Form);
        }
        let kty = text("kty")?.ok_or(DecryptionKeyFault::Form)?;
        if !members.contains_key("d") {
            return Err(if kty == "oct" { DecryptionKeyFault::Kind } else { DecryptionKeyFault::Public });
        }
        let key = match (kty, text("crv")?) {
            ("RSA", _) => Self::from_rsa(&rsa_components(&members)?, kid)?,
            ("EC", Some("P-256")) => Self::from_elliptic_jwk(Curve::P256, &members, kid)?,
            ("EC", Some("P-384")) => Self::from_elliptic_jwk(Curve::P384, &members, kid)?,
            _ => return Err(DecryptionKeyFault::Kind),
        };
        let for_decryption = |operation: &Value| {
            ["decrypt", "unwrapKey", "deriveKey", "deriveBits"].iter().any(|ours| operation == ours)
        };
        let operations = match members.get("key_ops") {
            None => true,
            Some(Value::Array(list)) => list.iter().any(for_decryption),
            Some(_) => return Err(DecryptionKeyFault::Form),
        };
        let fits = text("use")?.is_none_or(|purpose| purpose == "enc")
            && text("alg")?.is_none_or(|algorithm| algorithm == key.algorithm().name());
        if fits && operations { Ok(key) } else { Err(DecryptionKeyFault::Purpose) }
    }

    fn from_elliptic_jwk(
        curve: Curve,
        members: &Map<String, Value>,
        kid: Option<&str>,
    ) -> Result<Self, DecryptionKeyFault> {
        let private = number(members, "d")?;
        let key = agreement::PrivateKey::from_private_key(curve.algorithm(), &private)
            .map_err(|_| DecryptionKeyFault::Numbers)?;
        let key = Self::from_elliptic(curve, key, kid)?;
        // Somebody who mixes up two keys would otherwise publish the one and have the other.
        let same = |name: &str| members.get(name).is_none_or(|given| Some(given) == key.public.get(name));
        if same("x") && same("y") { Ok(key) } else { Err(DecryptionKeyFault::Numbers) }
    }

    fn from_elliptic(
        curve: Curve,
        key: agreement::PrivateKey,
        kid: Option<&str>,
    ) -> Result<Self, DecryptionKeyFault> {
        let point = key.compute_public_key().map_err(|_| DecryptionKeyFault::Numbers)?;
        // SEC 1 section 2.3.3: 4, then both coordinates.
        let (x, y) = match point.as_ref().split_first() {
            Some((4, numbers)) if numbers.len() == 2 * curve.coordinate_bytes() => {
                numbers.split_at(curve.coordinate_bytes())
            }
            _ => return Err(DecryptionKeyFault::Numbers),
        };
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        let public = json!({ "crv": curve.name(), "kty": "EC", "x": x, "y": y });
        Ok(Self::new(Private::Elliptic(curve, Arc::new(key)), public, kid))
    }

    fn from_rsa(key: &KeyPair, kid: Option<&str>) -> Result<Self, DecryptionKeyFault> {
        let (n, e) = (key.public_key().modulus(), key.public_key().exponent());
        let (n, e) = (n.big_endian_without_leading_zero(), e.big_endian_without_leading_zero());
        let public = json!({ "e": URL_SAFE_NO_PAD.encode(e), "kty": "RSA", "n": URL_SAFE_NO_PAD.encode(n) });
        let der: Pkcs8V1Der<'_> = key.as_der().map_err(|_| DecryptionKeyFault::Numbers)?;
        let key = PrivateDecryptingKey::from_pkcs8(der.as_ref()).map_err(|_| DecryptionKeyFault::Numbers)?;
        if !RSA_BITS.contains(&key.key_size_bits()) {
            return Err(DecryptionKeyFault::Strength);
        }
        let key = OaepPrivateDecryptingKey::new(key).map_err(|_| DecryptionKeyFault::Numbers)?;
        Ok(Self::new(Private::Rsa(Arc::new(key)), public, kid))
    }
}

impl Curve {
    /// `crv`.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
        }
    }

    pub(super) const fn algorithm(self) -> &'static agreement::Algorithm {
        match self {
            Self::P256 => &ECDH_P256,
            Self::P384 => &ECDH_P384,
        }
    }

    pub(super) const fn coordinate_bytes(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
        }
    }
}

impl fmt::Debug for DecryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DecryptionKey({} {})", self.algorithm(), self.kid)
    }
}

/// RFC 7518 section 6.3.2. The library holds all numbers against each other.
fn rsa_components(members: &Map<String, Value>) -> Result<KeyPair, DecryptionKeyFault> {
    let stripped = |name| {
        let number = number(members, name)?;
        Ok(Zeroizing::new(number.iter().copied().skip_while(|byte| *byte == 0).collect::<Vec<_>>()))
    };
    let n: Zeroizing<Vec<u8>> = stripped("n")?;
    let bits = n.first().map_or(0, |first| n.len() * 8 - first.leading_zeros() as usize);
    if !RSA_BITS.contains(&bits) {
        return Err(DecryptionKeyFault::Strength);
    }
    if members.contains_key("oth") {
        return Err(DecryptionKeyFault::Kind);
    }
    KeyPair::from_components(&KeyPairComponents {
        public_key: PublicKeyComponents { n: n.as_slice(), e: stripped("e")?.as_slice() },
        d: stripped("d")?.as_slice(),
        p: stripped("p")?.as_slice(),
        q: stripped("q")?.as_slice(),
        dP: stripped("dp")?.as_slice(),
        dQ: stripped("dq")?.as_slice(),
        qInv: stripped("qi")?.as_slice(),
    })
    .map_err(|_| DecryptionKeyFault::Numbers)
}

fn number(members: &Map<String, Value>, name: &str) -> Result<Zeroizing<Vec<u8>>, DecryptionKeyFault> {
    let text = members.get(name).and_then(Value::as_str).ok_or(DecryptionKeyFault::Numbers)?;
    URL_SAFE_NO_PAD.decode(text).map(Zeroizing::new).map_err(|_| DecryptionKeyFault::Numbers)
}

/// A label and what it stands over.
type Block<'a> = (&'a str, Zeroizing<Vec<u8>>);

/// The blocks of a text (RFC 7468), each with its label. What stands between them is explanation.
fn pem_blocks(text: &str) -> Result<Vec<Block<'_>>, DecryptionKeyFault> {
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("-----BEGIN ") {
        let (label, after) = after.split_once("-----").ok_or(DecryptionKeyFault::Form)?;
        let (body, after) = after.split_once("-----END ").ok_or(DecryptionKeyFault::Form)?;
        rest = after
            .strip_prefix(label)
            .and_then(|after| after.strip_prefix("-----"))
            .ok_or(DecryptionKeyFault::Form)?;
        // RFC 1421 headers say that the key is encrypted.
        if body.contains("ENCRYPTED") {
            return Err(DecryptionKeyFault::Password);
        }
        let compact: Zeroizing<String> =
            Zeroizing::new(body.chars().filter(|c| !c.is_ascii_whitespace()).collect());
        let der = STANDARD.decode(compact.as_bytes()).map_err(|_| DecryptionKeyFault::Form)?;
        blocks.push((label, Zeroizing::new(der)));
    }
    Ok(blocks)
}
