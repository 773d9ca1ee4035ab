//! A provider's keys, made when the tests start, and tokens signed with them, right and wrong ones alike.

use std::sync::LazyLock;

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair,
    RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512,
    RsaEncoding, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use vestibule::protocol::jwks::{self, Keys};
use vestibule::protocol::registration::SigningAlgorithm;

use crate::world::{ISSUER, NOW, json_answer};

pub(crate) struct Signer {
    pub(crate) rsa: RsaKeyPair,
    pub(crate) p256: EcdsaKeyPair,
    pub(crate) p384: EcdsaKeyPair,
    pub(crate) ed25519: Ed25519KeyPair,
}

/// The provider.
pub(crate) static PROVIDER: LazyLock<Signer> = LazyLock::new(Signer::generate);

/// Somebody else.
pub(crate) static STRANGER: LazyLock<Signer> = LazyLock::new(Signer::generate);

/// Of a client whose ID tokens are signed with it: 64 bytes, and not ASCII alone.
pub(crate) const CLIENT_SECRET: &str = "é0123456789012345678901234567890123456789012345678901234567890ü";

pub(crate) fn tag(algorithm: hmac::Algorithm, secret: &str, signed: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(algorithm, secret.as_bytes()), signed).as_ref().to_vec()
}

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Signer {
    fn generate() -> Self {
        Self {
            rsa: RsaKeyPair::generate(KeySize::Rsa2048).unwrap(),
            p256: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap(),
            p384: EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap(),
            ed25519: Ed25519KeyPair::generate().unwrap(),
        }
    }

    /// `header.payload.signature` of these very texts.
    pub(crate) fn sign_text(&self, algorithm: SigningAlgorithm, header: &str, payload: &str) -> String {
        let signed = format!("{}.{}", encode(header), encode(payload));
        let signature = self.signature(algorithm, signed.as_bytes());
        format!("{signed}.{}", encode(signature))
    }

    pub(crate) fn sign(&self, algorithm: SigningAlgorithm, header: &Value, payload: &Value) -> String {
        self.sign_text(algorithm, &header.to_string(), &payload.to_string())
    }

    pub(crate) fn signature(&self, algorithm: SigningAlgorithm, signed: &[u8]) -> Vec<u8> {
        let rsa = |encoding: &'static dyn RsaEncoding| {
            let mut signature = vec![0; self.rsa.public_modulus_len()];
            self.rsa.sign(encoding, &SystemRandom::new(), signed, &mut signature).unwrap();
            signature
        };
        let ec = |key: &EcdsaKeyPair| key.sign(&SystemRandom::new(), signed).unwrap().as_ref().to_vec();
        match algorithm {
            SigningAlgorithm::Rs256 => rsa(&RSA_PKCS1_SHA256),
            SigningAlgorithm::Rs384 => rsa(&RSA_PKCS1_SHA384),
            SigningAlgorithm::Rs512 => rsa(&RSA_PKCS1_SHA512),
            SigningAlgorithm::Ps256 => rsa(&RSA_PSS_SHA256),
            SigningAlgorithm::Ps384 => rsa(&RSA_PSS_SHA384),
            SigningAlgorithm::Ps512 => rsa(&RSA_PSS_SHA512),
            SigningAlgorithm::Es256 => ec(&self.p256),
            SigningAlgorithm::Es384 => ec(&self.p384),
            SigningAlgorithm::EdDsa => self.ed25519.sign(signed).as_ref().to_vec(),
            SigningAlgorithm::Hs256 => tag(hmac::HMAC_SHA256, CLIENT_SECRET, signed),
            SigningAlgorithm::Hs384 => tag(hmac::HMAC_SHA384, CLIENT_SECRET, signed),
            SigningAlgorithm::Hs512 => tag(hmac::HMAC_SHA512, CLIENT_SECRET, signed),
        }
    }

    pub(crate) fn rsa_jwk(&self, kid: &str) -> Value {
        let key = self.rsa.public_key();
        let (n, e) = (key.modulus(), key.exponent());
        json!({
            "kty": "RSA",
            "kid": kid,
            "n": encode(n.big_endian_without_leading_zero()),
            "e": encode(e.big_endian_without_leading_zero()),
        })
    }

    pub(crate) fn p256_jwk(&self, kid: &str) -> Value {
        ec_jwk(kid, "P-256", self.p256.public_key().as_ref())
    }

    pub(crate) fn p384_jwk(&self, kid: &str) -> Value {
        ec_jwk(kid, "P-384", self.p384.public_key().as_ref())
    }

    pub(crate) fn ed25519_jwk(&self, kid: &str) -> Value {
        json!({"kty": "OKP", "crv": "Ed25519", "kid": kid, "x": encode(self.ed25519.public_key())})
    }

    /// The four public keys, named `rsa`, `p256`, `p384` and `ed25519`.
    pub(crate) fn keys(&self) -> Keys {
        keys(&[
            self.rsa_jwk("rsa"),
            self.p256_jwk("p256"),
            self.p384_jwk("p384"),
            self.ed25519_jwk("ed25519"),
        ])
    }
}

/// The key set of these JWKs.
pub(crate) fn keys(jwks: &[Value]) -> Keys {
    jwks::judge(&json_answer(&json!({ "keys": jwks }))).unwrap()
}

/// A JWK with one member replaced or added.
pub(crate) fn with(mut object: Value, member: &str, value: Value) -> Value {
    object.as_object_mut().unwrap().insert(member.to_owned(), value);
    object
}

pub(crate) fn without(mut object: Value, member: &str) -> Value {
    object.as_object_mut().unwrap().remove(member);
    object
}

/// The header of a token signed by the key of that algorithm.
pub(crate) fn header(algorithm: SigningAlgorithm) -> Value {
    let kid = match algorithm {
        SigningAlgorithm::Es256 => "p256",
        SigningAlgorithm::Es384 => "p384",
        SigningAlgorithm::EdDsa => "ed25519",
        _ => "rsa",
    };
    json!({"alg": algorithm.name(), "kid": kid, "typ": "JWT"})
}

/// The claims of a good ID token.
pub(crate) fn claims() -> Value {
    json!({
        "iss": ISSUER,
        "sub": "248289761001",
        "aud": "vestibule-a",
        "nonce": "n-0S6_WzA2Mj",
        "exp": NOW + 300,
        "iat": NOW - 2,
        "auth_time": NOW - 30,
        "email": "jane@example.com",
        "groups": ["staff"],
    })
}

fn ec_jwk(kid: &str, curve: &str, point: &[u8]) -> Value {
    let (x, y) = point[1..].split_at((point.len() - 1) / 2);
    json!({"kty": "EC", "crv": curve, "kid": kid, "x": encode(x), "y": encode(y)})
}
