//! A provider whose signing keys are ours: it signs what must be accepted, so that everything else can be refused.

use std::sync::OnceLock;
use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use vestibule::protocol::callback::{self, Answer, Code, OpenedState};
use vestibule::protocol::discovery::{self, Provider};
use vestibule::protocol::issuer::{HttpIssuer, Issuer};
use vestibule::protocol::jwks::{self, Keys};
use vestibule::protocol::jwt::IdTokenExpected;
use vestibule::protocol::registration::SigningAlgorithm;
use vestibule::protocol::timestamp::Timestamp;

use crate::{ISSUER, answer};

/// The time at which every target lives.
pub const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
/// The nonce of the login under way.
pub const NONCE: &str = "a-nonce";
/// The audience.
pub const CLIENT_ID: &str = "vestibule-app";

/// The issuer of [`crate::config`].
pub fn issuer() -> Issuer {
    Issuer::parse(ISSUER, HttpIssuer::OnlyLoopback).expect("ISSUER is an issuer")
}

/// Metadata with every endpoint.
pub fn provider() -> &'static Provider {
    static PROVIDER: OnceLock<Provider> = OnceLock::new();
    PROVIDER.get_or_init(|| {
        let metadata = json!({
            "issuer": ISSUER,
            "authorization_endpoint": "https://id.example.com/authorize?tenant=a",
            "token_endpoint": "https://id.example.com/token",
            "jwks_uri": "https://id.example.com/keys",
            "userinfo_endpoint": "https://id.example.com/userinfo",
            "end_session_endpoint": "https://id.example.com/logout",
        });
        let metadata = answer(200, "application/json", metadata.to_string().as_bytes());
        discovery::judge(&metadata, &issuer()).expect("the metadata above are in order")
    })
}

/// The public keys: `ed` and `ec`, whose other halves are here, and `rsa`, which nobody can sign with.
pub fn keys() -> &'static Keys {
    static KEYS: OnceLock<Keys> = OnceLock::new();
    KEYS.get_or_init(|| {
        let point = ec().public_key().as_ref();
        let set = json!({ "keys": [
            { "kty": "OKP", "crv": "Ed25519", "kid": "ed", "x": base64url(ed().public_key().as_ref()) },
            { "kty": "EC", "crv": "P-256", "kid": "ec", "x": base64url(&point[1..33]), "y": base64url(&point[33..]) },
            { "kty": "RSA", "kid": "rsa", "n": base64url(&[0xC5; 256]), "e": "AQAB" },
        ]});
        let set = answer(200, "application/json", set.to_string().as_bytes());
        jwks::judge(&set).expect("the key set above is in order")
    })
}

/// What an ID token of [`CLIENT_ID`]'s login is judged against.
pub fn expected(issuer: &Issuer, algorithm: SigningAlgorithm) -> IdTokenExpected<'_> {
    IdTokenExpected {
        issuer,
        client_id: CLIENT_ID,
        audiences: &[],
        nonce: Some(NONCE),
        algorithm,
        now: NOW,
        leeway: Duration::from_secs(60),
        access_token: None,
    }
}

/// A token that the provider signed, with this header and payload as they are.
pub fn sign(algorithm: SigningAlgorithm, header: &[u8], payload: &[u8]) -> String {
    let signed = format!("{}.{}", base64url(header), base64url(payload));
    let signature = match algorithm {
        SigningAlgorithm::EdDsa => base64url(ed().sign(signed.as_bytes()).as_ref()),
        _ => {
            let signature = ec().sign(&SystemRandom::new(), signed.as_bytes());
            base64url(signature.expect("P-256 signs").as_ref())
        }
    };
    format!("{signed}.{signature}")
}

/// A code that came back as it should.
pub fn code() -> Code {
    let issuer = issuer();
    let state = OpenedState { client: "app".to_owned(), binding: [7; 32], issued_at: NOW };
    let expected = callback::Expected {
        issuer: &issuer,
        iss_announced: false,
        client: "app",
        state: Some(&state),
        browser: Some([7; 32]),
        now: NOW,
    };
    let answer = Answer::parse(b"state=s&code=c%2B+%26").expect("the form is in order");
    callback::judge(&answer, &expected).expect("the answer is in order")
}

/// The public half of `ed`, which callers sign with, too.
pub fn ed_public() -> Vec<u8> {
    ed().public_key().as_ref().to_vec()
}

/// base64url without padding.
pub fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn ed() -> &'static Ed25519KeyPair {
    static ED: OnceLock<Ed25519KeyPair> = OnceLock::new();
    ED.get_or_init(|| Ed25519KeyPair::from_seed_unchecked(&[9; 32]).expect("every 32 bytes are a seed"))
}

/// The private key is the number 1, so the public one is the generator of the curve (SEC 2 section 2.4.2).
fn ec() -> &'static EcdsaKeyPair {
    static EC: OnceLock<EcdsaKeyPair> = OnceLock::new();
    EC.get_or_init(|| {
        let mut one = [0; 32];
        one[31] = 1;
        EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P256_SHA256_FIXED_SIGNING, &one, &GENERATOR)
            .expect("1 and the generator belong together")
    })
}

const GENERATOR: [u8; 65] = [
    0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2,
    0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f,
    0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce,
    0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5,
];
