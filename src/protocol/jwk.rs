//! One public key (RFC 7517 section 4, RFC 7518 section 6, RFC 8037 section 2).

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::json;
use super::registration::SigningAlgorithm;
use super::verifying_key::VerifyingKey;

/// Bytes of a `kid`.
pub const MAX_KID_BYTES: usize = 256;

/// Bits of an RSA modulus (RFC 7518 section 3.3 asks for 2048 or more; verification time grows with the square).
pub const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// A key that may verify signatures.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) kid: Option<String>,
    pub(super) kind: Kind,
    pub(super) algorithm: Option<SigningAlgorithm>,
    /// Whose tokens it signs, where a set has keys of several issuers: a member of Microsoft Entra ID's.
    pub(super) issuer: Option<String>,
    pub(super) verifying: VerifyingKey,
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

impl Key {
    /// Whether it verifies signatures by this algorithm.
    pub(super) fn signs_by(&self, algorithm: SigningAlgorithm) -> bool {
        self.kind == Kind::of(algorithm) && self.algorithm.is_none_or(|only| only == algorithm)
    }
}

impl Kind {
    /// RFC 7518 section 6.1, RFC 8037 section 2. None of one that is not offered.
    pub(super) fn of_jwk(kty: &str, crv: Option<&str>) -> Option<Self> {
        match (kty, crv) {
            ("RSA", _) => Some(Self::Rsa),
            ("EC", Some("P-256")) => Some(Self::P256),
            ("EC", Some("P-384")) => Some(Self::P384),
            ("OKP", Some("Ed25519")) => Some(Self::Ed25519),
            _ => None,
        }
    }

    /// Of the keys that sign by this algorithm.
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

    /// Those that make the public key (RFC 7638 section 3.2, RFC 8037 section 2); of a secret, itself.
    const fn members(self) -> &'static [&'static str] {
        match self {
            Self::Rsa => &["e", "kty", "n"],
            Self::P256 | Self::P384 => &["crv", "kty", "x", "y"],
            Self::Ed25519 => &["crv", "kty", "x"],
            Self::Secret => &["k", "kty"],
        }
    }
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

/// What no public key has (RFC 7518 sections 6.2.2, 6.3.2 and 6.4; RFC 8037 section 2): one prime is as good as the whole key.
const PRIVATE_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

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

/// Reads a key of a set, or one that is wanted for one algorithm only.
pub(super) fn key(item: &Value, wanted: Option<SigningAlgorithm>) -> Result<Key, SkipReason> {
    let members = item.as_object().ok_or(SkipReason::Form)?;
    let text = |name| json::text(members, name).map_err(|_| SkipReason::Form);
    let kid = text("kid")?;
    if kid.is_some_and(|kid| kid.len() > MAX_KID_BYTES) {
        return Err(SkipReason::Form);
    }
    let curve = text("crv")?;
    let kind = text("kty")?.and_then(|kty| Kind::of_jwk(kty, curve)).ok_or(SkipReason::Kind)?;
    // RFC 7517 sections 4.2 and 4.3.
    if text("use")?.is_some_and(|purpose| purpose != "sig") {
        return Err(SkipReason::Purpose);
    }
    if let Some(operations) = members.get("key_ops") {
        let operations = operations.as_array().ok_or(SkipReason::Form)?;
        if !operations.iter().any(|operation| operation == "verify") {
            return Err(SkipReason::Purpose);
        }
    }
    // Section 4.4: a key that names its algorithm serves no other.
    let algorithm = match text("alg")? {
        None => None,
        Some(name) => Some(algorithm(name).ok_or(SkipReason::Algorithm)?),
    };
    if algorithm.is_some_and(|algorithm| Kind::of(algorithm) != kind) {
        return Err(SkipReason::Algorithm);
    }
    if PRIVATE_MEMBERS.iter().any(|name| members.contains_key(*name)) {
        return Err(SkipReason::Private);
    }
    let verifying = match kind {
        Kind::Rsa => rsa(members, algorithm.or(wanted))?,
        Kind::P256 | Kind::P384 => elliptic(members, kind)?,
        Kind::Ed25519 => {
            let point = number(members, "x").ok_or(SkipReason::Numbers)?;
            VerifyingKey::ed25519(&point).ok_or(SkipReason::Numbers)?
        }
        Kind::Secret => return Err(SkipReason::Kind),
    };
    // What is no text is nobody's issuer; where there is one issuer only, nobody looks.
    let issuer = members.get("issuer").map(|issuer| issuer.as_str().unwrap_or_default().to_owned());
    Ok(Key { kid: kid.map(str::to_owned), kind, algorithm, issuer, verifying })
}

/// The algorithm of that name, if it is offered.
pub(super) fn algorithm(name: &str) -> Option<SigningAlgorithm> {
    // RFC 9864 names the curve where RFC 8037 named the family.
    let name = if name == "Ed25519" { SigningAlgorithm::EdDsa.name() } else { name };
    SigningAlgorithm::ALL.into_iter().find(|algorithm| algorithm.name() == name)
}

/// RFC 7638 section 3: over the members that a key of this kind must have, in the order of their names and without blanks.
pub(super) fn thumbprint(kind: Kind, members: &Map<String, Value>) -> [u8; 32] {
    let needed = |name: &String| kind.members().contains(&name.as_str());
    let sorted: BTreeMap<_, _> = members.iter().filter(|(name, _)| needed(name)).collect();
    let text = serde_json::to_string(&sorted).expect("values by name are JSON");
    digest(&SHA256, text.as_bytes()).as_ref().try_into().expect("SHA-256 makes 32 bytes")
}

/// RFC 7518 section 6.3.1.
fn rsa(members: &Map<String, Value>, only: Option<SigningAlgorithm>) -> Result<VerifyingKey, SkipReason> {
    let number = |name| number(members, name).map(stripped).ok_or(SkipReason::Numbers);
    let (n, e) = (number("n")?, number("e")?);
    let odd = |number: &[u8]| number.last().is_some_and(|last| last % 2 == 1);
    if !RSA_BITS.contains(&bits(&n))
        || !odd(&n)
        || !odd(&e)
        || e.as_slice() == [1]
        || e.len() > MAX_EXPONENT_BYTES
    {
        return Err(SkipReason::Strength);
    }
    VerifyingKey::rsa(&n, &e, only).ok_or(SkipReason::Numbers)
}

/// RFC 7518 section 6.2.1: both coordinates at full length; the point must be on the curve.
fn elliptic(members: &Map<String, Value>, kind: Kind) -> Result<VerifyingKey, SkipReason> {
    let (algorithm, bytes) = match kind {
        Kind::P384 => (SigningAlgorithm::Es384, 48),
        _ => (SigningAlgorithm::Es256, 32),
    };
    let number = |name| number(members, name).ok_or(SkipReason::Numbers);
    let (x, y) = (number("x")?, number("y")?);
    if x.len() != bytes || y.len() != bytes {
        return Err(SkipReason::Numbers);
    }
    // SEC 1 section 2.3.3, uncompressed.
    let point = [&[4], x.as_slice(), y.as_slice()].concat();
    VerifyingKey::elliptic(algorithm, &point).ok_or(SkipReason::Numbers)
}

/// A number in base64url (RFC 7518 section 2). It may be a private one.
pub(super) fn number(members: &Map<String, Value>, name: &str) -> Option<Zeroizing<Vec<u8>>> {
    let text = members.get(name)?.as_str()?;
    URL_SAFE_NO_PAD.decode(text).ok().map(Zeroizing::new)
}

/// Some libraries write the sign byte of their big integers; the value is the same without it.
pub(super) fn stripped(number: Zeroizing<Vec<u8>>) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(number.iter().copied().skip_while(|byte| *byte == 0).collect())
}

/// Of a number that begins with its highest byte, which is not zero.
pub(super) fn bits(number: &[u8]) -> usize {
    number.first().map_or(0, |first| number.len() * 8 - first.leading_zeros() as usize)
}
