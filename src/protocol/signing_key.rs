//! The client's own private keys, by which it signs what it says about itself (RFC 7517, RFC 7518 section 6, RFC 8037 section 2,
//! RFC 7468), and their public halves for whoever verifies that.

use std::collections::BTreeMap;
use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
    Ed25519KeyPair, KeyPair as _, RsaKeyPair, RsaPublicKeyComponents,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::EncodingKey;
use rustls_pki_types::pem::SectionKind;
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::jwks::{Kind, MAX_KID_BYTES, RSA_BITS};
use super::jws::jsonwebtoken_name;
use super::registration::SigningAlgorithm;
use super::{der, json, pem};

/// A private key that signs by one algorithm, and has a name. Its `Debug` shows the public half only.
#[derive(Clone)]
pub struct SigningKey {
    kid: String,
    algorithm: SigningAlgorithm,
    private: EncodingKey,
    public: Map<String, Value>,
}

/// Why a file holds no key to sign with. None of it shows what is in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SigningKeyFault {
    /// There is neither a private key in PEM nor a JWK.
    NoKey,
    /// The key in PEM is encrypted, and nothing here knows the password.
    Encrypted,
    /// There is more than one private key.
    Several,
    /// It is the public half.
    Public,
    /// The JWK is no JSON object that can be read strictly, or a member is of another kind than the specification says.
    Form,
    /// `kty` or `crv` is one that no algorithm offered here uses.
    Kind,
    /// `use` or `key_ops` says that it is for something else.
    Purpose,
    /// The numbers of the key are not there, or make no key.
    Numbers,
    /// The RSA modulus is shorter or longer than [`RSA_BITS`].
    Strength,
    /// The key does not sign by that algorithm.
    Algorithm(SigningAlgorithm),
}

impl SigningKey {
    /// Reads a key out of a file: PEM (PKCS#8, PKCS#1 or SEC1) or a JWK. `kid` and `algorithm` are what the operator wrote;
    /// left out, they are those of the JWK, else the thumbprint (RFC 7638) and the most common algorithm of that kind of key.
    ///
    /// # Errors
    /// [`SigningKeyFault`].
    pub fn read(
        file: &[u8],
        kid: Option<&str>,
        algorithm: Option<SigningAlgorithm>,
    ) -> Result<Self, SigningKeyFault> {
        let read = if file.trim_ascii_start().first() == Some(&b'{') { of_jwk(file)? } else { of_pem(file)? };
        // RFC 7517 section 4.4: a key that names its algorithm serves no other.
        let algorithm = match (algorithm, read.algorithm) {
            (Some(wanted), Some(only)) if wanted != only => return Err(SigningKeyFault::Algorithm(wanted)),
            (wanted, only) => wanted.or(only).unwrap_or_else(|| usual(read.kind)),
        };
        if Kind::of(algorithm) != read.kind {
            return Err(SigningKeyFault::Algorithm(algorithm));
        }
        let kid = kid.map(str::to_owned).or(read.kid).unwrap_or_else(|| thumbprint(&read.public));
        let key = Self { kid, algorithm, private: read.private, public: read.public };
        // Tried once here, so that nothing is left to fail when somebody signs in.
        jsonwebtoken::crypto::sign(b"", &key.private, jsonwebtoken_name(algorithm))
            .map_err(|_| SigningKeyFault::Numbers)?;
        Ok(key)
    }

    /// `kid`.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// By which algorithm it signs.
    pub const fn algorithm(&self) -> SigningAlgorithm {
        self.algorithm
    }

    /// The public half as a JWK, with `kid`, `use` and `alg`.
    pub fn public_jwk(&self) -> Value {
        let mut jwk = self.public.clone();
        jwk.extend(
            [("kid", self.kid.as_str()), ("use", "sig"), ("alg", self.algorithm.name())]
                .map(|(name, value)| (name.to_owned(), value.into())),
        );
        Value::Object(jwk)
    }

    /// The signature in base64url. What an algorithm needs of chance (RSASSA-PSS, ECDSA) it draws within the crypto library.
    pub(super) fn sign(&self, message: &[u8]) -> String {
        jsonwebtoken::crypto::sign(message, &self.private, jsonwebtoken_name(self.algorithm))
            .expect("the key signed when it was read")
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.public_jwk())
    }
}

impl fmt::Display for SigningKeyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoKey => f.write_str("the file has neither a private key in PEM nor a JWK"),
            Self::Encrypted => {
                f.write_str("the private key is encrypted, and nobody is there to type its password")
            }
            Self::Several => f.write_str("the file has more than one private key"),
            Self::Public => f.write_str("the file has the public half only, and the private one signs"),
            Self::Form => f.write_str("the file begins like a JWK, but is none that can be read"),
            Self::Kind => f.write_str(
                "the key is of a kind that is not offered; it must be RSA, P-256, P-384 or Ed25519",
            ),
            Self::Purpose => f.write_str("use or key_ops says that the key is not for signing"),
            Self::Numbers => f.write_str("the numbers in the file make no key"),
            Self::Strength => {
                write!(f, "an RSA key needs {} to {} bits", RSA_BITS.start(), RSA_BITS.end())
            }
            Self::Algorithm(algorithm) => write!(f, "the key does not sign by {algorithm}"),
        }
    }
}

impl std::error::Error for SigningKeyFault {}

/// What a file says about a key.
struct Read {
    kind: Kind,
    kid: Option<String>,
    algorithm: Option<SigningAlgorithm>,
    private: EncodingKey,
    public: Map<String, Value>,
}

fn of_pem(file: &[u8]) -> Result<Read, SigningKeyFault> {
    if pem::is_encrypted(file) {
        return Err(SigningKeyFault::Encrypted);
    }
    let sections = pem::sections(file).ok_or(SigningKeyFault::NoKey)?;
    let mut keys = sections.iter().filter(|(kind, _)| pem::is_private(*kind));
    let (found, another) = (keys.next(), keys.next());
    if another.is_some() {
        return Err(SigningKeyFault::Several);
    }
    match found {
        Some((SectionKind::RsaPrivateKey, der)) => rsa(der),
        Some((SectionKind::EcPrivateKey, der)) => elliptic_of_der(der).ok_or(SigningKeyFault::Kind)?,
        Some((_, der)) => of_pkcs8(der),
        None if sections.iter().any(|(kind, _)| *kind == SectionKind::PublicKey) => {
            Err(SigningKeyFault::Public)
        }
        None => Err(SigningKeyFault::NoKey),
    }
}

/// PKCS#8 (RFC 5958) says inside which kind of key it is; each reader takes its own kind only.
fn of_pkcs8(der: &[u8]) -> Result<Read, SigningKeyFault> {
    if let Some(read) = elliptic_of_der(der) {
        return read;
    }
    if let Ok(pair) = Ed25519KeyPair::from_pkcs8(der) {
        return edwards(&pair);
    }
    if RsaKeyPair::from_pkcs8(der).is_err_and(|rejected| rejected.description_() == "WrongAlgorithm") {
        return Err(SigningKeyFault::Kind);
    }
    rsa(der::pkcs1_in_pkcs8(der).ok_or(SigningKeyFault::Numbers)?)
}

fn elliptic_of_der(der: &[u8]) -> Option<Result<Read, SigningKeyFault>> {
    CURVES.iter().find_map(|(kind, curve, _)| {
        EcdsaKeyPair::from_private_key_der(curve, der).ok().map(|pair| elliptic(*kind, &pair))
    })
}

/// RFC 7517 section 4, RFC 7518 section 6, RFC 8037 section 2.
fn of_jwk(file: &[u8]) -> Result<Read, SigningKeyFault> {
    let members = json::object(file).map_err(|_| SigningKeyFault::Form)?;
    let kid = text(&members, "kid")?.map(str::to_owned);
    if kid.as_ref().is_some_and(|kid| kid.is_empty() || kid.len() > MAX_KID_BYTES) {
        return Err(SigningKeyFault::Form);
    }
    if text(&members, "use")?.is_some_and(|purpose| purpose != "sig") {
        return Err(SigningKeyFault::Purpose);
    }
    if let Some(operations) = members.get("key_ops") {
        let operations = operations.as_array().ok_or(SigningKeyFault::Form)?;
        if !operations.iter().any(|operation| operation == "sign") {
            return Err(SigningKeyFault::Purpose);
        }
    }
    let named = match text(&members, "alg")? {
        None => None,
        // RFC 9864 names the curve where RFC 8037 named the family.
        Some("Ed25519") => Some(SigningAlgorithm::EdDsa),
        Some(name) => Some(
            SigningAlgorithm::ASYMMETRIC
                .into_iter()
                .find(|algorithm| algorithm.name() == name)
                .ok_or(SigningKeyFault::Kind)?,
        ),
    };
    let kind = match (text(&members, "kty")?, text(&members, "crv")?) {
        (Some("RSA"), _) => Kind::Rsa,
        (Some("EC"), Some("P-256")) => Kind::P256,
        (Some("EC"), Some("P-384")) => Kind::P384,
        (Some("OKP"), Some("Ed25519")) => Kind::Ed25519,
        _ => return Err(SigningKeyFault::Kind),
    };
    if !members.contains_key("d") {
        return Err(SigningKeyFault::Public);
    }
    let number = |name| number(&members, name);
    let read = match kind {
        Kind::Secret => return Err(SigningKeyFault::Kind),
        Kind::Rsa => {
            // Section 6.3.2.7: of a key with more than two primes we know nothing.
            if members.contains_key("oth") {
                return Err(SigningKeyFault::Kind);
            }
            let mut numbers = vec![Zeroizing::new(vec![0])];
            for name in ["n", "e", "d", "p", "q", "dp", "dq", "qi"] {
                numbers.push(number(name)?);
            }
            rsa(&der::sequence_of_integers(&numbers))?
        }
        Kind::P256 | Kind::P384 => {
            let (_, curve, bytes) =
                CURVES.iter().find(|(of, _, _)| *of == kind).ok_or(SigningKeyFault::Kind)?;
            let (x, y, d) = (number("x")?, number("y")?, number("d")?);
            // Section 6.2.1.2: every number at full length.
            if [&x, &y, &d].iter().any(|number| number.len() != *bytes) {
                return Err(SigningKeyFault::Numbers);
            }
            let point = [&[4], x.as_slice(), y.as_slice()].concat();
            let pair = EcdsaKeyPair::from_private_key_and_public_key(curve, &d, &point);
            elliptic(kind, &pair.map_err(|_| SigningKeyFault::Numbers)?)?
        }
        Kind::Ed25519 => {
            let (x, d) = (number("x")?, number("d")?);
            if d.len() != 32 {
                return Err(SigningKeyFault::Numbers);
            }
            edwards(&Ed25519KeyPair::from_seed_and_public_key(&d, &x).map_err(|_| SigningKeyFault::Numbers)?)?
        }
    };
    Ok(Read { kid, algorithm: named, ..read })
}

/// Of an RSAPrivateKey (RFC 8017 appendix A.1.2).
fn rsa(der: &[u8]) -> Result<Read, SigningKeyFault> {
    let pair = RsaKeyPair::from_der(der).map_err(|rejected| match rejected.description_() {
        "TooSmall" | "TooLarge" => SigningKeyFault::Strength,
        _ => SigningKeyFault::Numbers,
    })?;
    let numbers = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key());
    let bits = numbers.n.first().map_or(0, |first| numbers.n.len() * 8 - first.leading_zeros() as usize);
    if !RSA_BITS.contains(&bits) {
        return Err(SigningKeyFault::Strength);
    }
    let public = json!({ "kty": "RSA", "n": base64url(&numbers.n), "e": base64url(&numbers.e) });
    read(Kind::Rsa, EncodingKey::from_rsa_der(der), public)
}

fn elliptic(kind: Kind, pair: &EcdsaKeyPair) -> Result<Read, SigningKeyFault> {
    let pkcs8 = pair.to_pkcs8v1().map_err(|_| SigningKeyFault::Numbers)?;
    // SEC 1 section 2.3.3, uncompressed: 0x04, x, y.
    let point = pair.public_key().as_ref().get(1..).ok_or(SigningKeyFault::Numbers)?;
    let (x, y) = point.split_at(point.len() / 2);
    let curve = if kind == Kind::P384 { "P-384" } else { "P-256" };
    let public = json!({ "kty": "EC", "crv": curve, "x": base64url(x), "y": base64url(y) });
    read(kind, EncodingKey::from_ec_der(pkcs8.as_ref()), public)
}

fn edwards(pair: &Ed25519KeyPair) -> Result<Read, SigningKeyFault> {
    let pkcs8 = pair.to_pkcs8v1().map_err(|_| SigningKeyFault::Numbers)?;
    let public = json!({ "kty": "OKP", "crv": "Ed25519", "x": base64url(pair.public_key().as_ref()) });
    read(Kind::Ed25519, EncodingKey::from_ed_der(pkcs8.as_ref()), public)
}

fn read(kind: Kind, private: EncodingKey, public: Value) -> Result<Read, SigningKeyFault> {
    let Value::Object(public) = public else { return Err(SigningKeyFault::Numbers) };
    Ok(Read { kind, kid: None, algorithm: None, private, public })
}

/// RFC 7638 section 3: the members that a key of this kind must have, in the order of their names and without blanks.
fn thumbprint(public: &Map<String, Value>) -> String {
    let sorted: BTreeMap<_, _> = public.iter().collect();
    let text = serde_json::to_string(&sorted).expect("texts by name are JSON");
    base64url(digest(&SHA256, text.as_bytes()).as_ref())
}

/// What everybody understands who takes keys of that kind.
const fn usual(kind: Kind) -> SigningAlgorithm {
    match kind {
        Kind::Rsa => SigningAlgorithm::Rs256,
        Kind::P256 => SigningAlgorithm::Es256,
        Kind::P384 => SigningAlgorithm::Es384,
        Kind::Ed25519 => SigningAlgorithm::EdDsa,
        // No key that is read here is of this kind.
        Kind::Secret => SigningAlgorithm::Hs256,
    }
}

fn number(members: &Map<String, Value>, name: &str) -> Result<Zeroizing<Vec<u8>>, SigningKeyFault> {
    let text = members.get(name).and_then(Value::as_str).ok_or(SigningKeyFault::Numbers)?;
    URL_SAFE_NO_PAD.decode(text).map(Zeroizing::new).map_err(|_| SigningKeyFault::Numbers)
}

fn text<'a>(members: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, SigningKeyFault> {
    match members.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(SigningKeyFault::Form),
    }
}

fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The curves, and the bytes of a number on them.
const CURVES: [(Kind, &EcdsaSigningAlgorithm, usize); 2] =
    [(Kind::P256, &ECDSA_P256_SHA256_FIXED_SIGNING, 32), (Kind::P384, &ECDSA_P384_SHA384_FIXED_SIGNING, 48)];
