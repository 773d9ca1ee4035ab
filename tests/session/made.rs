//! Sessions for tests, made the way they are made in life: from a token that was verified.

use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use serde_json::json;
use vestibule::config::source::{Contents, Environment, FileFault, Files};
use vestibule::config::{Client, Config, Lifetimes};
use vestibule::gate::identity::Identity;
use vestibule::protocol::claims::Claims;
use vestibule::protocol::jwks;
use vestibule::protocol::jwt::{self, IdTokenExpected};
use vestibule::protocol::registration::SigningAlgorithm;
use vestibule::protocol::secret::Secret;
use vestibule::protocol::timestamp::Timestamp;
use vestibule::session::key::Handle;
use vestibule::session::record::{Session, SessionTokens};

/// The moment at which every session of these tests begins.
pub(crate) const START: Timestamp = Timestamp::from_seconds(1_800_000_000);

pub(crate) const LIFETIMES: Lifetimes = Lifetimes {
    idle: Duration::from_secs(1000),
    absolute: Duration::from_secs(10_000),
    refresh_grace: Duration::from_secs(300),
    access_token: Duration::from_secs(600),
};

/// A session with a refresh token whose access token lives 400 seconds.
pub(crate) fn session() -> Session {
    with_tokens(Some(Secret::new("refresh")))
}

pub(crate) fn with_tokens(refresh_token: Option<Secret>) -> Session {
    let client = client();
    let claims = claims(&client);
    of(&client, claims, refresh_token)
}

/// A session of that person, and of that session of the provider.
pub(crate) fn session_of(client: &Client, sub: &str, sid: Option<&str>) -> Session {
    of(client, claims_of(client, sub, sid), Some(Secret::new("refresh")))
}

fn of(client: &Client, claims: Claims, refresh_token: Option<Secret>) -> Session {
    let identity = Identity::from_claims(&claims, client).unwrap();
    let tokens = SessionTokens {
        access_token: None,
        id_token: Secret::new("id"),
        refresh_token,
        fetched: START,
        expires: START.after(Duration::from_secs(400)),
        failures: None,
    };
    Session::new(Handle::new([7; 16]), client.name.clone(), identity, claims, tokens, START)
}

pub(crate) fn client() -> Client {
    client_at("app", "https://id.example.com")
}

/// A client of that name at that issuer.
pub(crate) fn client_at(name: &str, issuer: &str) -> Client {
    Client::clone(config_at(name, issuer).client(name).unwrap())
}

/// A configuration of that client alone.
pub(crate) fn config_at(name: &str, issuer: &str) -> Config {
    let yaml = format!(
        "clients:\n  {name}:\n    issuer: {issuer}\n    client_id: app\n    \
         redirect_uri: https://app.example.com/oidc/{name}/callback\n    hosts: [app.example.com]\n"
    );
    let (config, _): (Config, _) =
        vestibule::config::check("clients.yaml", &yaml, &Environment::default(), &NoFiles).unwrap();
    config
}

pub(crate) fn claims(client: &Client) -> Claims {
    claims_of(client, "alice", None)
}

/// The claims of that person, from a session of the provider of that name.
pub(crate) fn claims_of(client: &Client, sub: &str, sid: Option<&str>) -> Claims {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let point = pair.public_key().as_ref();
    let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let keys = json!({ "keys": [{
        "kty": "EC", "crv": "P-256", "kid": "k", "x": text(&point[1..33]), "y": text(&point[33..]),
    }]});
    let answer = http::Response::builder()
        .header("content-type", "application/json")
        .body(Bytes::from(keys.to_string()))
        .unwrap();
    let keys = jwks::judge(&answer).unwrap();
    let head = text(json!({ "alg": "ES256", "kid": "k" }).to_string().as_bytes());
    let mut body = json!({
        "iss": client.issuer.as_str(), "sub": sub, "aud": client.registration.client_id,
        "iat": START.seconds(), "exp": START.seconds() + 300, "nonce": "n",
    });
    if let Some(sid) = sid {
        body["sid"] = sid.into();
    }
    let body = text(body.to_string().as_bytes());
    let signed = format!("{head}.{body}");
    let signature = pair.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
    let token = format!("{signed}.{}", text(signature.as_ref()));
    let expected = IdTokenExpected {
        issuer: &client.issuer,
        client_id: &client.registration.client_id,
        audiences: &[],
        nonce: Some("n"),
        algorithm: SigningAlgorithm::Es256,
        now: START,
        leeway: jwt::DEFAULT_LEEWAY,
        access_token: None,
    };
    jwt::verify(&token, &keys, &expected).unwrap()
}

struct NoFiles;

impl Files for NoFiles {
    fn read(&self, _: &std::path::Path) -> Result<Contents, FileFault> {
        panic!("the configuration of these tests names no files")
    }
}
