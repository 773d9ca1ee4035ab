//! The provider's signing keys, and the many ways to sign wrongly. RSA keys cost a second each, so one process makes each once.

use std::sync::OnceLock;

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use aws_lc_rs::{digest, hmac};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// An RSA key of 2048 bits.
pub(crate) struct RsaKey(RsaKeyPair);

impl RsaKey {
    /// The n-th key of this process: 0 is what a provider begins with, 1 and 2 what it rotates to, 9 is nobody's.
    pub(crate) fn numbered(n: usize) -> &'static Self {
        static KEYS: [OnceLock<RsaKey>; 10] = [const { OnceLock::new() }; 10];
        KEYS[n].get_or_init(|| Self(RsaKeyPair::generate(KeySize::Rsa2048).expect("a key is made")))
    }

    /// RS256.
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).unwrap();
        signature
    }

    /// As an entry of a key set (RFC 7517).
    pub(crate) fn jwk(&self, kid: &str) -> Value {
        let (n, e) = self.numbers();
        json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": base64url(&n), "e": base64url(&e) })
    }

    /// SubjectPublicKeyInfo, as a PEM file has it.
    pub(crate) fn public_der(&self) -> Vec<u8> {
        AsDer::<PublicKeyX509Der<'_>>::as_der(self.0.public_key()).unwrap().as_ref().to_vec()
    }

    pub(crate) fn public_pem(&self) -> String {
        let text = STANDARD.encode(self.public_der());
        let lines: Vec<&str> =
            text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
    }

    /// Modulus and exponent, from RSAPublicKey: SEQUENCE { INTEGER, INTEGER } (RFC 8017 appendix A.1.1).
    pub(crate) fn numbers(&self) -> (Vec<u8>, Vec<u8>) {
        let (sequence, _) = der_value(self.0.public_key().as_ref());
        let (n, rest) = der_value(sequence);
        let (e, _) = der_value(rest);
        (n.strip_prefix(&[0]).unwrap_or(n).to_vec(), e.to_vec())
    }
}

/// A P-256 key, for tokens of an algorithm that nobody agreed on.
pub(crate) struct EcKey(EcdsaKeyPair);

impl EcKey {
    pub(crate) fn the_one() -> &'static Self {
        static KEY: OnceLock<EcKey> = OnceLock::new();
        KEY.get_or_init(|| Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap()))
    }

    /// The key of somebody else.
    pub(crate) fn of_a_stranger() -> &'static Self {
        static KEY: OnceLock<EcKey> = OnceLock::new();
        KEY.get_or_init(|| Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap()))
    }

    /// ES256.
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.0.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()
    }

    pub(crate) fn jwk(&self, kid: &str) -> Value {
        // An uncompressed point: 0x04, x, y.
        let point = self.0.public_key().as_ref();
        json!({ "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": kid,
                "x": base64url(&point[1..33]), "y": base64url(&point[33..]) })
    }
}

/// HS256.
pub(crate) fn hs256(key: &[u8], message: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message).as_ref().to_vec()
}

pub(crate) fn sha256(bytes: &[u8]) -> Vec<u8> {
    digest::digest(&digest::SHA256, bytes).as_ref().to_vec()
}

pub(crate) fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The value of the first element, and what follows it.
fn der_value(der: &[u8]) -> (&[u8], &[u8]) {
    let (length, start) = match der[1] {
        short @ 0..=127 => (usize::from(short), 2),
        long => {
            let count = usize::from(long & 127);
            (der[2..2 + count].iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), 2 + count)
        }
    };
    (&der[start..start + length], &der[start + length..])
}
