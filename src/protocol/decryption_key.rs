//! Our private keys that providers encrypt to (RFC 7518 sections 4.3 and 4.6), and their public halves.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::agreement::{self, ECDH_P256, ECDH_P384};
use aws_lc_rs::rsa::{OaepPrivateDecryptingKey, PrivateDecryptingKey};
use serde_json::Value;

use super::jwk::Kind;
use super::private_key::{KeyUse, PrivateKey, PrivateKeyFault};
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

impl DecryptionKey {
    /// Reads a key as files have it: PEM (PKCS#8, PKCS#1 or SEC1) or a JWK. Its name is the JWK's `kid`, else its thumbprint
    /// (RFC 7638).
    ///
    /// # Errors
    /// [`PrivateKeyFault`].
    pub fn read(file: &[u8]) -> Result<Self, PrivateKeyFault> {
        let key = PrivateKey::read(file, KeyUse::Encryption)?;
        let private = match key.kind {
            Kind::Rsa => Private::rsa(&key)?,
            Kind::P256 => Private::elliptic(Curve::P256, &key)?,
            Kind::P384 => Private::elliptic(Curve::P384, &key)?,
            Kind::Ed25519 | Kind::Secret => return Err(PrivateKeyFault::Kind(KeyUse::Encryption)),
        };
        let algorithm = private.algorithm().name();
        if key.algorithm.as_ref().is_some_and(|written| written != algorithm) {
            return Err(PrivateKeyFault::Purpose(KeyUse::Encryption));
        }
        let kid = key.name();
        let public = key.public_jwk(&kid, algorithm);
        Ok(Self { kid, public, private })
    }

    /// `kid`.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// How a content encryption key for this key is managed.
    pub const fn algorithm(&self) -> KeyManagement {
        self.private.algorithm()
    }

    /// The public half, for the provider: a JWK with `kid`, `use` and `alg`.
    pub const fn public_jwk(&self) -> &Value {
        &self.public
    }
}

impl Private {
    fn rsa(key: &PrivateKey) -> Result<Self, PrivateKeyFault> {
        let key = PrivateDecryptingKey::from_pkcs8(&key.pkcs8).map_err(|_| PrivateKeyFault::Numbers)?;
        let key = OaepPrivateDecryptingKey::new(key).map_err(|_| PrivateKeyFault::Numbers)?;
        Ok(Self::Rsa(Arc::new(key)))
    }

    fn elliptic(curve: Curve, key: &PrivateKey) -> Result<Self, PrivateKeyFault> {
        agreement::PrivateKey::from_private_key_der(curve.algorithm(), &key.pkcs8)
            .map(|key| Self::Elliptic(curve, Arc::new(key)))
            .map_err(|_| PrivateKeyFault::Numbers)
    }

    const fn algorithm(&self) -> KeyManagement {
        match self {
            Self::Rsa(_) => KeyManagement::RsaOaep256,
            Self::Elliptic(..) => KeyManagement::EcdhEs,
        }
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
