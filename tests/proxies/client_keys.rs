//! The keys of the client: of what it signs, shows and opens, and of the platform that vouches for it.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::seeds;
use crate::stage::{Stage, root};

/// A new signing key in that file; its public half as a set of keys.
pub(crate) fn signing(stage: &Stage, file: &str) -> Value {
    let (key, jwk) = ec_key();
    write_key(stage, file, &key);
    json!({ "keys": [jwk] })
}

/// Writes the JWT of the platform anew, as a platform does before the old one ends (RFC 7523 section 3). This provider takes each
/// once.
pub(crate) fn write_assertion(stage: &Stage) {
    let key = pem(&std::fs::read_to_string(stage.folder.join("platform.pem")).unwrap()).0;
    let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &key).unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!(
        "{}.{}",
        part(json!({ "alg": "ES256" })),
        part(json!({
            "iss": "quickstart",
            "sub": "quickstart",
            "aud": stage.issuer,
            "iat": now.as_secs(),
            "exp": now.as_secs() + 300,
            "jti": now.as_nanos().to_string(),
        }))
    );
    let signature = key.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
    let jwt = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature));
    seeds::value(&jwt);
    // In one step, as a platform does: nobody reads half of it.
    write(stage, "platform.new", &jwt);
    std::fs::rename(stage.folder.join("platform.new"), stage.folder.join("platform.jwt")).unwrap();
}

/// A new key for what the provider encrypts, written to where clients.yaml names it; its public half as a set of keys.
pub(crate) fn decryption(stage: &Stage, alg: &str) -> Value {
    let (key, mut jwk) = if alg == "RSA-OAEP-256" { rsa_key() } else { ec_key() };
    write_key(stage, "decryption.pem", &key);
    jwk["use"] = "enc".into();
    jwk["alg"] = alg.into();
    json!({ "keys": [jwk] })
}

/// The key of the client's self-signed certificate as a set of keys, with the certificate in it (RFC 8705 section 2.2.2).
pub(crate) fn of_certificate() -> Value {
    let file = |name: &str| pem(&std::fs::read_to_string(root().join("tests/keys").join(name)).unwrap());
    let key = file("p384_sec1.pem").0;
    let key = EcdsaKeyPair::from_private_key_der(&ECDSA_P384_SHA384_FIXED_SIGNING, &key).unwrap();
    let mut jwk = ec_jwk(&key);
    jwk["x5c"] = json!([file("stranger.pem").1]);
    json!({ "keys": [jwk] })
}

/// A new key on P-256 as PKCS#8, and its public half as a JWK.
pub(crate) fn ec_key() -> (Vec<u8>, Value) {
    let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    (key.to_pkcs8v1().unwrap().as_ref().to_vec(), ec_jwk(&key))
}

fn ec_jwk(key: &EcdsaKeyPair) -> Value {
    // Uncompressed (SEC 1 section 2.3.3): a byte that says so, and two coordinates.
    let point = &key.public_key().as_ref()[1..];
    let (x, y) = point.split_at(point.len() / 2);
    let curve = if x.len() == 32 { "P-256" } else { "P-384" };
    json!({ "kty": "EC", "crv": curve, "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y) })
}

/// A new RSA key as PKCS#8, and its public half as a JWK.
fn rsa_key() -> (Vec<u8>, Value) {
    let key = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let public = key.public_key();
    let jwk = json!({
        "kty": "RSA",
        "n": URL_SAFE_NO_PAD.encode(public.modulus().big_endian_without_leading_zero()),
        "e": URL_SAFE_NO_PAD.encode(public.exponent().big_endian_without_leading_zero()),
    });
    (key.as_der().unwrap().as_ref().to_vec(), jwk)
}

fn write_key(stage: &Stage, file: &str, pkcs8: &[u8]) {
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(pkcs8));
    write(stage, file, &pem);
}

fn write(stage: &Stage, file: &str, text: &str) {
    let path = stage.folder.join(file);
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
}

/// What a PEM file holds, also as base64.
fn pem(text: &str) -> (Vec<u8>, String) {
    let base64: String = text.lines().filter(|line| !line.starts_with('-')).collect();
    (STANDARD.decode(&base64).unwrap(), base64)
}
