//! Tokens as they come: signed, and taken apart by the program itself.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::HeaderName;
use serde_json::{Value, json};
use vestibule::config::bearer::{BearerIssuer, BearerTokens, Dpop, DpopNonce, Whose, WithSession};
use vestibule::config::claim_header::{ClaimHeader, Rendering, ValueForm};
use vestibule::config::rule::{BearerPolicy, Rule};
use vestibule::config::{Client, ProviderSettings};
use vestibule::protocol::access_token::{AccessToken, AccessTokenExpected, Profile, Unverified};
use vestibule::protocol::claim_path::ClaimPath;
use vestibule::protocol::claim_source::ClaimSource;
use vestibule::protocol::issuer::{HttpIssuer, Issuer};
use vestibule::protocol::jwks::{self, Keys};
use vestibule::protocol::registration::SigningAlgorithm;
use vestibule::protocol::timestamp::Timestamp;

use super::{client, everywhere};

/// When all of these tests are.
pub(super) const NOW: u64 = 2_000_000_000;

/// What the API is called by the issuers of these tests.
pub(super) const API: &str = "https://api.example.test";

pub(super) const fn now() -> Timestamp {
    Timestamp::from_seconds(NOW)
}

/// A JWT by [`keys`].
pub(super) fn sign(header: &Value, payload: &Value) -> String {
    sign_by(&pair(7), header, payload)
}

/// The keys of every issuer here.
pub(super) fn keys() -> Keys {
    let mut jwk = public(&pair(7));
    jwk.as_object_mut().unwrap().extend([("alg".into(), "EdDSA".into()), ("use".into(), "sig".into())]);
    let answer = http::Response::builder()
        .header("content-type", "application/json")
        .body(Bytes::from(json!({ "keys": [jwk] }).to_string()))
        .unwrap();
    jwks::judge(&answer).unwrap()
}

/// The key of a caller.
pub(super) fn pair(seed: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap()
}

pub(super) fn public(pair: &Ed25519KeyPair) -> Value {
    let x = BASE64_URL_SAFE_NO_PAD.encode(pair.public_key());
    json!({ "kty": "OKP", "crv": "Ed25519", "x": x })
}

pub(super) fn sign_by(pair: &Ed25519KeyPair, header: &Value, payload: &Value) -> String {
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(header), part(payload));
    let signature = BASE64_URL_SAFE_NO_PAD.encode(pair.sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

/// An issuer of access tokens that hands on `email` and nothing else.
pub(super) fn issuer(name: &str, url: &str) -> BearerIssuer {
    BearerIssuer {
        name: name.to_owned(),
        whose: Whose::Further,
        issuer: Issuer::parse(url, HttpIssuer::OnlyLoopback).unwrap(),
        provider: ProviderSettings::default(),
        audiences: vec![API.to_owned()],
        profile: Profile::Rfc9068,
        algorithms: vec![SigningAlgorithm::EdDsa],
        client_ids: Vec::new(),
        scopes: Vec::new(),
        clock_leeway: Duration::from_secs(60),
        claim_headers: vec![header("email", "x-auth-email")],
        userinfo: false,
        introspection: None,
    }
}

pub(super) fn header(claim: &str, header: &'static str) -> ClaimHeader {
    ClaimHeader {
        claim: ClaimPath::parse(claim).unwrap(),
        header: HeaderName::from_static(header),
        source: ClaimSource::Any,
        rendering: Rendering::Value,
        form: ValueForm::default(),
    }
}

/// Takes tokens of one issuer, `main`.
pub(super) fn tokens() -> BearerTokens {
    BearerTokens {
        issuers: vec![Arc::new(issuer("main", "https://id.example.test"))],
        further_headers: Vec::new(),
        with_session: WithSession::Refuse,
        dpop: Dpop::Off,
        dpop_nonce: DpopNonce::Optional,
        certificate_header: None,
        tells_authorization: false,
    }
}

/// The client of these tests, with access tokens beside sessions.
pub(super) fn client_with(tokens: BearerTokens) -> Client {
    Client { bearer: Some(tokens), rules: vec![accepting()], ..client() }
}

/// The rule that holds where nothing is written, at a client that takes tokens.
pub(super) fn accepting() -> Rule {
    Rule { bearer: BearerPolicy::Accepted, ..everywhere() }
}

/// An access token of that issuer. A claim that is null is left out.
pub(super) fn access_token_of(issuer: &BearerIssuer, extra: Value) -> AccessToken {
    let mut payload = json!({
        "iss": issuer.issuer.as_str(), "sub": "user-1", "aud": API, "client_id": "program", "jti": "1",
        "exp": NOW + 300, "iat": NOW,
    });
    let payload_members = payload.as_object_mut().unwrap();
    payload_members.extend(extra.as_object().unwrap().clone());
    payload_members.retain(|_, value| !value.is_null());
    let token = sign(&json!({ "alg": "EdDSA", "typ": "at+jwt" }), &payload);
    let expected = AccessTokenExpected {
        issuer: &issuer.issuer,
        audiences: &issuer.audiences,
        algorithms: &issuer.algorithms,
        profile: issuer.profile,
        client_ids: &issuer.client_ids,
        now: now(),
        leeway: issuer.clock_leeway,
    };
    Unverified::read(&token).unwrap().verify(&keys(), &expected).unwrap()
}

/// An access token of `main`.
pub(super) fn access_token(extra: Value) -> AccessToken {
    access_token_of(&issuer("main", "https://id.example.test"), extra)
}
