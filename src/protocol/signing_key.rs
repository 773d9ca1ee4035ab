//! The client's own private keys, by which it signs what it says about itself (RFC 7515 section 5.1), and their public halves for
//! whoever verifies that.

use std::fmt;

use jsonwebtoken::EncodingKey;
use serde_json::Value;

use super::jwk::Kind;
use super::jws::jsonwebtoken_name;
use super::pkcs8;
use super::private_key::{KeyUse, PrivateKey, PrivateKeyFault};
use super::registration::SigningAlgorithm;

/// A private key that signs by one algorithm, and has a name. Its `Debug` shows the public half only.
#[derive(Clone)]
pub struct SigningKey {
    kid: String,
    algorithm: SigningAlgorithm,
    private: EncodingKey,
    public: Value,
}

impl SigningKey {
    /// Reads a key out of a file: PEM (PKCS#8, PKCS#1 or SEC1) or a JWK. `kid` and `algorithm` are what the operator wrote;
    /// left out, they are those of the JWK, else the thumbprint (RFC 7638) and the most common algorithm of that kind of key.
    ///
    /// # Errors
    /// [`PrivateKeyFault`].
    pub fn read(
        file: &[u8],
        kid: Option<&str>,
        algorithm: Option<SigningAlgorithm>,
    ) -> Result<Self, PrivateKeyFault> {
        let key = PrivateKey::read(file, KeyUse::Signature)?;
        let only = match key.algorithm.as_deref() {
            None => None,
            // RFC 9864 names the curve where RFC 8037 named the family.
            Some("Ed25519") => Some(SigningAlgorithm::EdDsa),
            Some(name) => {
                let mut known = SigningAlgorithm::ALL.into_iter();
                Some(
                    known
                        .find(|algorithm| algorithm.name() == name)
                        .ok_or(PrivateKeyFault::Purpose(KeyUse::Signature))?,
                )
            }
        };
        // RFC 7517 section 4.4: a key that names its algorithm serves no other.
        let algorithm = match (algorithm, only) {
            (Some(wanted), Some(only)) if wanted != only => return Err(PrivateKeyFault::Algorithm(wanted)),
            (wanted, only) => wanted.or(only).unwrap_or_else(|| usual(key.kind)),
        };
        if Kind::of(algorithm) != key.kind {
            return Err(PrivateKeyFault::Algorithm(algorithm));
        }
        let private = match key.kind {
            Kind::Rsa => {
                EncodingKey::from_rsa_der(pkcs8::inside(&key.pkcs8).ok_or(PrivateKeyFault::Numbers)?)
            }
            Kind::P256 | Kind::P384 => EncodingKey::from_ec_der(&key.pkcs8),
            Kind::Ed25519 | Kind::Secret => EncodingKey::from_ed_der(&key.pkcs8),
        };
        // Tried once here, so that nothing is left to fail when somebody signs in.
        jsonwebtoken::crypto::sign(b"", &private, jsonwebtoken_name(algorithm))
            .map_err(|_| PrivateKeyFault::Numbers)?;
        let kid = kid.map_or_else(|| key.name(), str::to_owned);
        let public = key.public_jwk(&kid, algorithm.name());
        Ok(Self { kid, algorithm, private, public })
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
    pub const fn public_jwk(&self) -> &Value {
        &self.public
    }

    /// The signature in base64url. What an algorithm needs of chance (RSASSA-PSS, ECDSA) it draws within the crypto library.
    pub(super) fn sign(&self, message: &[u8]) -> String {
        jsonwebtoken::crypto::sign(message, &self.private, jsonwebtoken_name(self.algorithm))
            .expect("the key signed when it was read")
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.public)
    }
}

/// What everybody understands who takes keys of that kind.
const fn usual(kind: Kind) -> SigningAlgorithm {
    match kind {
        Kind::Rsa => SigningAlgorithm::Rs256,
        Kind::P256 => SigningAlgorithm::Es256,
        Kind::P384 => SigningAlgorithm::Es384,
        Kind::Ed25519 => SigningAlgorithm::EdDsa,
        // No key that is read is of this kind.
        Kind::Secret => SigningAlgorithm::Hs256,
    }
}
