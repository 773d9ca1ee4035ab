//! A private key of ours as a file has it, before it is said what for: PEM (RFC 7468) or a JWK (RFC 7517 section 4, RFC 7518
//! section 6, RFC 8037 section 2), and its public half.

use std::fmt;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::error::KeyRejected;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeyPairComponents, PublicKeyComponents};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
    Ed25519KeyPair, KeyPair as _,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustls_pki_types::pem::SectionKind;
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::jwk::{self, Kind, MAX_KID_BYTES, RSA_BITS};
use super::registration::SigningAlgorithm;
use super::{json, pem};

/// What a file says about a private key.
pub(super) struct PrivateKey {
    pub(super) kind: Kind,
    /// As PKCS#8 (RFC 5958), whatever form the file has.
    pub(super) pkcs8: Zeroizing<Vec<u8>>,
    /// The members that make the public half, and no others.
    pub(super) public: Map<String, Value>,
    /// `kid` of the JWK.
    pub(super) kid: Option<String>,
    /// `alg` of the JWK.
    pub(super) algorithm: Option<String>,
    serves: KeyUse,
}

/// What a key is for (RFC 7517 section 4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyUse {
    /// To sign.
    Signature,
    /// To open what was encrypted.
    Encryption,
}

/// Why a file holds no key that serves. None of it shows what is in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrivateKeyFault {
    /// There is neither a private key in PEM nor a JWK.
    NoKey,
    /// The key in PEM is encrypted, and nothing here knows the password.
    Encrypted,
    /// There is more than one private key.
    Several,
    /// It is the public half, or a certificate.
    Public,
    /// The JWK is no JSON object that can be read strictly, or a member is of another kind than the specification says.
    Form,
    /// It is a key of a kind that is not offered for that.
    Kind(KeyUse),
    /// `use`, `key_ops` or `alg` of the JWK says that it is for something else.
    Purpose(KeyUse),
    /// It has more than two primes, and of such a key we know nothing (RFC 7518 section 6.3.2.7).
    Primes,
    /// The numbers of the key are not there, or do not belong together.
    Numbers,
    /// The RSA modulus is shorter or longer than [`RSA_BITS`].
    Strength,
    /// The key does not sign by that algorithm.
    Algorithm(SigningAlgorithm),
}

impl PrivateKey {
    /// Reads the one private key of a file.
    pub(super) fn read(file: &[u8], serves: KeyUse) -> Result<Self, PrivateKeyFault> {
        let is_jwk = file.trim_ascii_start().first() == Some(&b'{');
        let key = if is_jwk { Self::of_jwk(file, serves)? } else { Self::of_pem(file, serves)? };
        if serves.takes(key.kind) { Ok(key) } else { Err(PrivateKeyFault::Kind(serves)) }
    }

    /// Its name: the JWK's own, else the thumbprint.
    pub(super) fn name(&self) -> String {
        self.kid.clone().unwrap_or_else(|| base64url(&jwk::thumbprint(self.kind, &self.public)))
    }

    /// The public half as a JWK, with `kid`, `use` and `alg`.
    pub(super) fn public_jwk(&self, kid: &str, algorithm: &str) -> Value {
        let mut jwk = self.public.clone();
        jwk.extend(
            [("kid", kid), ("use", self.serves.name()), ("alg", algorithm)]
                .map(|(name, value)| (name.to_owned(), value.into())),
        );
        Value::Object(jwk)
    }

    fn of_pem(file: &[u8], serves: KeyUse) -> Result<Self, PrivateKeyFault> {
        if pem::is_encrypted(file) {
            return Err(PrivateKeyFault::Encrypted);
        }
        let sections = pem::sections(file).ok_or(PrivateKeyFault::NoKey)?;
        let mut keys = sections.iter().filter(|(kind, _)| pem::is_private(*kind));
        let (found, another) = (keys.next(), keys.next());
        if another.is_some() {
            return Err(PrivateKeyFault::Several);
        }
        match found {
            Some((SectionKind::RsaPrivateKey, der)) => rsa(RsaKeyPair::from_der(der), serves),
            // PKCS#8 says inside which kind of key it is; each reader takes its own kind only.
            Some((_, der)) => elliptic_of_der(der, serves).unwrap_or_else(|| {
                let edwards_pair = Ed25519KeyPair::from_pkcs8(der);
                edwards_pair
                    .map_or_else(|_| rsa(RsaKeyPair::from_pkcs8(der), serves), |pair| edwards(&pair, serves))
            }),
            None => {
                let public = |kind| matches!(kind, SectionKind::PublicKey | SectionKind::Certificate);
                let is_public = sections.iter().any(|(kind, _)| public(*kind));
                Err(if is_public { PrivateKeyFault::Public } else { PrivateKeyFault::NoKey })
            }
        }
    }

    fn of_jwk(file: &[u8], serves: KeyUse) -> Result<Self, PrivateKeyFault> {
        let members = json::object(file).map_err(|_| PrivateKeyFault::Form)?;
        let text = |name| json::text(&members, name).map_err(|_| PrivateKeyFault::Form);
        let kid = text("kid")?;
        if kid.is_some_and(|kid| kid.is_empty() || kid.len() > MAX_KID_BYTES) {
            return Err(PrivateKeyFault::Form);
        }
        let is_operation = |one: &Value| serves.operations().iter().any(|ours| one == ours);
        let fits = match members.get("key_ops") {
            None => true,
            Some(Value::Array(operations)) => operations.iter().any(is_operation),
            Some(_) => return Err(PrivateKeyFault::Form),
        };
        let kty = text("kty")?.ok_or(PrivateKeyFault::Form)?;
        let kind = Kind::of_jwk(kty, text("crv")?).filter(|kind| serves.takes(*kind));
        let kind = kind.ok_or(PrivateKeyFault::Kind(serves))?;
        if !members.contains_key("d") {
            return Err(PrivateKeyFault::Public);
        }
        if !fits || text("use")?.is_some_and(|written| written != serves.name()) {
            return Err(PrivateKeyFault::Purpose(serves));
        }
        let number = |name| number(&members, name);
        let key = match kind {
            Kind::Secret => return Err(PrivateKeyFault::Kind(serves)),
            Kind::Rsa => rsa_of_numbers(&members, serves)?,
            Kind::P256 | Kind::P384 => {
                let (_, curve, bytes) =
                    CURVES.iter().find(|(of, _, _)| *of == kind).ok_or(PrivateKeyFault::Kind(serves))?;
                let (x, y, d) = (number("x")?, number("y")?, number("d")?);
                // RFC 7518 section 6.2.1.2: every number at full length.
                if [&x, &y, &d].iter().any(|number| number.len() != *bytes) {
                    return Err(PrivateKeyFault::Numbers);
                }
                let point = [&[4], x.as_slice(), y.as_slice()].concat();
                let pair = EcdsaKeyPair::from_private_key_and_public_key(curve, &d, &point);
                elliptic(kind, &pair.map_err(|_| PrivateKeyFault::Numbers)?, serves)?
            }
            Kind::Ed25519 => {
                let (x, d) = (number("x")?, number("d")?);
                if d.len() != 32 {
                    return Err(PrivateKeyFault::Numbers);
                }
                let pair = Ed25519KeyPair::from_seed_and_public_key(&d, &x);
                edwards(&pair.map_err(|_| PrivateKeyFault::Numbers)?, serves)?
            }
        };
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Ok(Self { kid: owned(kid), algorithm: owned(text("alg")?), ..key })
    }
}

impl KeyUse {
    /// `use`.
    const fn name(self) -> &'static str {
        match self {
            Self::Signature => "sig",
            Self::Encryption => "enc",
        }
    }

    /// `key_ops` (RFC 7517 section 4.3).
    const fn operations(self) -> &'static [&'static str] {
        match self {
            Self::Signature => &["sign"],
            Self::Encryption => &["decrypt", "unwrapKey", "deriveKey", "deriveBits"],
        }
    }

    const fn takes(self, kind: Kind) -> bool {
        match kind {
            Kind::Rsa | Kind::P256 | Kind::P384 => true,
            Kind::Ed25519 => matches!(self, Self::Signature),
            Kind::Secret => false,
        }
    }
}

impl fmt::Display for PrivateKeyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoKey => f.write_str("the file has neither a private key in PEM nor a JWK"),
            Self::Encrypted => {
                f.write_str("the private key is encrypted, and nobody is there to type its password")
            }
            Self::Several => f.write_str("the file has more than one private key"),
            Self::Public => {
                f.write_str("the file has a public key or a certificate, but the private key is needed")
            }
            Self::Form => f.write_str("the file begins like a JWK, but is none that can be read"),
            Self::Kind(KeyUse::Signature) => f.write_str(
                "the key is of a kind that is not offered; it must be RSA, P-256, P-384 or Ed25519",
            ),
            Self::Kind(KeyUse::Encryption) => {
                f.write_str("the key is of a kind that is not offered; it must be RSA, P-256 or P-384")
            }
            Self::Purpose(KeyUse::Signature) => {
                f.write_str("use, key_ops or alg of the JWK says that the key is not for signing")
            }
            Self::Purpose(KeyUse::Encryption) => {
                f.write_str("use, key_ops or alg of the JWK says that the key is not for decryption")
            }
            Self::Primes => f.write_str("the RSA key has more than two primes"),
            Self::Numbers => f.write_str("the numbers in the file make no key"),
            Self::Strength => {
                write!(f, "an RSA key needs {} to {} bits", RSA_BITS.start(), RSA_BITS.end())
            }
            Self::Algorithm(algorithm) => write!(f, "the key does not sign by {algorithm}"),
        }
    }
}

impl std::error::Error for PrivateKeyFault {}

fn rsa(pair: Result<RsaKeyPair, KeyRejected>, serves: KeyUse) -> Result<PrivateKey, PrivateKeyFault> {
    let pair = pair.map_err(|rejected| match rejected.description_() {
        "TooSmall" | "TooLarge" => PrivateKeyFault::Strength,
        "WrongAlgorithm" => PrivateKeyFault::Kind(serves),
        _ => PrivateKeyFault::Numbers,
    })?;
    let (n, e) = (pair.public_key().modulus(), pair.public_key().exponent());
    let (n, e) = (n.big_endian_without_leading_zero(), e.big_endian_without_leading_zero());
    if !RSA_BITS.contains(&jwk::bits(n)) {
        return Err(PrivateKeyFault::Strength);
    }
    let pkcs8: Result<Pkcs8V1Der<'_>, _> = pair.as_der();
    let pkcs8 = pkcs8.map_err(|_| PrivateKeyFault::Numbers)?;
    key(Kind::Rsa, pkcs8.as_ref(), json!({ "kty": "RSA", "n": base64url(n), "e": base64url(e) }), serves)
}

/// RFC 7518 section 6.3.2. The library holds all numbers against each other.
fn rsa_of_numbers(members: &Map<String, Value>, serves: KeyUse) -> Result<PrivateKey, PrivateKeyFault> {
    if members.contains_key("oth") {
        return Err(PrivateKeyFault::Primes);
    }
    let stripped = |name| number(members, name).map(jwk::stripped);
    let n = stripped("n")?;
    if !RSA_BITS.contains(&jwk::bits(&n)) {
        return Err(PrivateKeyFault::Strength);
    }
    let pair = RsaKeyPair::from_components(&KeyPairComponents {
        public_key: PublicKeyComponents { n: n.as_slice(), e: stripped("e")?.as_slice() },
        d: stripped("d")?.as_slice(),
        p: stripped("p")?.as_slice(),
        q: stripped("q")?.as_slice(),
        dP: stripped("dp")?.as_slice(),
        dQ: stripped("dq")?.as_slice(),
        qInv: stripped("qi")?.as_slice(),
    });
    rsa(pair, serves)
}

fn elliptic_of_der(der: &[u8], serves: KeyUse) -> Option<Result<PrivateKey, PrivateKeyFault>> {
    CURVES.iter().find_map(|(kind, curve, _)| {
        EcdsaKeyPair::from_private_key_der(curve, der).ok().map(|pair| elliptic(*kind, &pair, serves))
    })
}

fn elliptic(kind: Kind, pair: &EcdsaKeyPair, serves: KeyUse) -> Result<PrivateKey, PrivateKeyFault> {
    // SEC 1 section 2.3.3, uncompressed: 0x04, x, y.
    let point = pair.public_key().as_ref().get(1..).ok_or(PrivateKeyFault::Numbers)?;
    let (x, y) = point.split_at(point.len() / 2);
    let curve = if kind == Kind::P384 { "P-384" } else { "P-256" };
    let public = json!({ "kty": "EC", "crv": curve, "x": base64url(x), "y": base64url(y) });
    key(kind, pair.to_pkcs8v1().map_err(|_| PrivateKeyFault::Numbers)?.as_ref(), public, serves)
}

fn edwards(pair: &Ed25519KeyPair, serves: KeyUse) -> Result<PrivateKey, PrivateKeyFault> {
    let public = json!({ "kty": "OKP", "crv": "Ed25519", "x": base64url(pair.public_key().as_ref()) });
    key(Kind::Ed25519, pair.to_pkcs8v1().map_err(|_| PrivateKeyFault::Numbers)?.as_ref(), public, serves)
}

fn key(kind: Kind, pkcs8: &[u8], public: Value, serves: KeyUse) -> Result<PrivateKey, PrivateKeyFault> {
    let Value::Object(public) = public else { return Err(PrivateKeyFault::Numbers) };
    let pkcs8 = Zeroizing::new(pkcs8.to_vec());
    Ok(PrivateKey { kind, pkcs8, public, kid: None, algorithm: None, serves })
}

fn number(members: &Map<String, Value>, name: &str) -> Result<Zeroizing<Vec<u8>>, PrivateKeyFault> {
    jwk::number(members, name).ok_or(PrivateKeyFault::Numbers)
}

fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The curves, and the bytes of a number on them.
const CURVES: [(Kind, &EcdsaSigningAlgorithm, usize); 2] =
    [(Kind::P256, &ECDSA_P256_SHA256_FIXED_SIGNING, 32), (Kind::P384, &ECDSA_P384_SHA384_FIXED_SIGNING, 48)];
