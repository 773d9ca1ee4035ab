//! The provider of a fixture: its documents as answers, its ID tokens signed.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::Response;
use serde_json::{Value, json};
use vestibule::config::source::{Contents, Environment, FileFault, Files};
use vestibule::config::{Client, check};
use vestibule::protocol::claims::Claims;
use vestibule::protocol::discovery::{self, Provider};
use vestibule::protocol::id_token_fault::IdTokenFault;
use vestibule::protocol::jwks::{self, Keys};
use vestibule::protocol::jwt::{self, IdTokenExpected};
use vestibule::protocol::timestamp::Timestamp;
use vestibule::protocol::userinfo;

/// When every login of these tests happens: `iat` of the fixtures, and a second.
pub(crate) const NOW: u64 = 1_800_000_001;
/// The nonce of every login.
pub(crate) const NONCE: &str = "n-0S6_WzA2Mj";

/// One document of a provider.
pub(crate) fn document(provider: &str, name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/presets/{provider}/{name}.json"));
    let text = fs::read_to_string(&path).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()));
    serde_json::from_str(&text).unwrap()
}

/// Whether the provider has that document.
pub(crate) fn has(provider: &str, name: &str) -> bool {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/presets/{provider}/{name}.json")).exists()
}

/// A client of that preset, as its own documents say, with further lines of YAML.
pub(crate) fn client(preset: &str, lines: &[&str]) -> Client {
    let token = document(preset, "id_token");
    let client_id = token["azp"].as_str().or(token["aud"].as_str()).unwrap();
    let mut yaml = format!(
        "clients:\n  app:\n    preset: {preset}\n    issuer: {}\n    client_id: \"{client_id}\"\n    \
         client_secret: a secret for tests\n    redirect_uri: https://app.example.com/oidc/app/callback\n    \
         hosts: app.example.com\n",
        token["iss"].as_str().unwrap()
    );
    for line in lines {
        yaml += &format!("    {line}\n");
    }
    let (config, _) = check("clients.yaml", &yaml, &Environment::default(), &NoFiles)
        .unwrap_or_else(|problems| panic!("{problems}\n{yaml}"));
    Client::clone(&config.clients[0])
}

/// What the provider says about itself.
pub(crate) fn provider(client: &Client, preset: &str, document_name: &str) -> Provider {
    discovery::judge(&answer(&document(preset, document_name)), &client.issuer).unwrap()
}

/// The claims of an ID token, verified, with those of userinfo where the provider has some.
pub(crate) fn login(client: &Client, preset: &str, token: &Value) -> Result<Claims, IdTokenFault> {
    let mut claims = verified(client, token, Some(NONCE))?;
    add_userinfo(&mut claims, preset);
    Ok(claims)
}

/// The claims of an ID token alone.
pub(crate) fn verified(client: &Client, token: &Value, nonce: Option<&str>) -> Result<Claims, IdTokenFault> {
    let expected = IdTokenExpected {
        issuer: &client.issuer,
        client_id: &client.registration.client_id,
        audiences: &client.audiences,
        nonce,
        algorithm: client.registration.id_token_algorithm,
        now: Timestamp::from_seconds(NOW),
        leeway: jwt::DEFAULT_LEEWAY,
        access_token: None,
    };
    jwt::verify(&sign(token), &keys(), &expected)
}

/// Adds what userinfo says, if the provider has any.
pub(crate) fn add_userinfo(claims: &mut Claims, preset: &str) {
    if has(preset, "userinfo") {
        let told = userinfo::judge(&answer(&document(preset, "userinfo")), claims.sub()).unwrap();
        claims.merge_userinfo(told);
    }
}

fn answer(document: &Value) -> Response<Bytes> {
    let body = Bytes::from(document.to_string());
    Response::builder().header("content-type", "application/json").body(body).unwrap()
}

/// RSA keys cost a second each.
fn key() -> &'static RsaKeyPair {
    static KEY: OnceLock<RsaKeyPair> = OnceLock::new();
    KEY.get_or_init(|| RsaKeyPair::generate(KeySize::Rsa2048).unwrap())
}

fn keys() -> Keys {
    let RsaPublicKeyComponents { n, e } = RsaPublicKeyComponents::<Vec<u8>>::from(key().public_key());
    let (n, e) = (URL_SAFE_NO_PAD.encode(n), URL_SAFE_NO_PAD.encode(e));
    let set = json!({ "keys": [{ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": "k", "n": n, "e": e }] });
    jwks::judge(&answer(&set)).unwrap()
}

fn sign(claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&json!({ "alg": "RS256", "kid": "k", "typ": "JWT" })), part(claims));
    let mut signature = vec![0; key().public_modulus_len()];
    key().sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

struct NoFiles;

impl Files for NoFiles {
    fn read(&self, _: &Path) -> Result<Contents, FileFault> {
        Err(FileFault::Missing)
    }
}
