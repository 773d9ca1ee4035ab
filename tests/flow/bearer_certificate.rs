//! Tokens that are bound to a certificate of the caller, which the proxy passes on (RFC 8705 section 3, V-BT-11, F-22).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use serde_json::json;

use crate::api::api;
use crate::keys::{EcKey, base64url, sha256};
use crate::world::{Setup, World};

const CLIENT: &str = include_str!("../keys/client.pem");
const STRANGER: &str = include_str!("../keys/stranger.pem");

fn der(pem: &str) -> Vec<u8> {
    CertificateDer::from_pem_slice(pem.as_bytes()).unwrap().to_vec()
}

/// As each proxy writes it.
fn in_each_form(pem: &str) -> [(&'static str, String); 4] {
    let base64 = STANDARD.encode(der(pem));
    [
        ("RFC 9440", format!(":{base64}:")),
        ("nginx", utf8_percent_encode(pem, NON_ALPHANUMERIC).to_string()),
        ("Traefik", base64.clone() + "," + &STANDARD.encode(der(STRANGER))),
        ("Caddy", base64),
    ]
}

fn taking() -> Setup {
    api().line("bearer_options: { certificate_header: X-Client-Cert }")
}

fn bound(world: &World) -> String {
    let thumbprint = base64url(&sha256(&der(CLIENT)));
    world.provider.access_token(|draft| draft.set("cnf", json!({ "x5t#S256": thumbprint })))
}

#[tokio::test]
async fn a_token_with_its_certificate_is_good_in_each_form_and_dialect() {
    let world = taking().start().await;
    let token = bound(&world);
    for (form, value) in in_each_form(CLIENT) {
        for (dialect, ask) in world.in_every_dialect() {
            let ask = ask.with("Authorization", format!("Bearer {token}")).with("X-Client-Cert", &value);
            let answer = world.send(&ask).await;
            answer.assert_allowed(&format!("{form} {dialect}"));
            assert!(answer.all("X-Client-Cert").is_empty());
        }
    }
}

#[tokio::test]
async fn a_token_without_its_certificate_is_refused_also_when_it_was_good_before() {
    let world = taking().start().await;
    let token = bound(&world);
    let [(_, good), ..] = in_each_form(CLIENT);
    let ask = world.bearing(&token);
    world.send(&ask.clone().with("X-Client-Cert", &good)).await.assert_allowed("with it");
    world.send(&ask).await.assert_token_refused((401, "bearer_certificate_missing"), "invalid_token", "none");
    let empty = ask.clone().with("X-Client-Cert", "");
    world.send(&empty).await.assert_token_refused(
        (401, "bearer_certificate_missing"),
        "invalid_token",
        "empty",
    );
    let twice = ask.clone().with("X-Client-Cert", &good).with("X-Client-Cert", &good);
    world.send(&twice).await.assert_token_refused(
        (401, "bearer_certificate_twice"),
        "invalid_token",
        "twice",
    );
    for (form, value) in in_each_form(STRANGER) {
        let answer = world.send(&ask.clone().with("X-Client-Cert", &value)).await;
        answer.assert_token_refused((401, "bearer_certificate_other"), "invalid_token", form);
    }
    for garbage in ["garbage!", ":garbage", "AAAA", "-----BEGIN CERTIFICATE-----", "%2d%2d%2d%2d%2dBEGIN"] {
        let answer = world.send(&ask.clone().with("X-Client-Cert", garbage)).await;
        answer.assert_token_refused((401, "bearer_certificate_unreadable"), "invalid_token", garbage);
    }
    let elsewhere = ask.with("X-Other-Cert", &good);
    world.send(&elsewhere).await.assert_refused(401, "bearer_certificate_missing", "another header");
}

/// F-22
#[tokio::test]
async fn where_no_header_is_configured_a_bound_token_is_refused() {
    let world = api().start().await;
    let token = bound(&world);
    let [(_, value), ..] = in_each_form(CLIENT);
    let answer = world.send(&world.bearing(&token).with("X-Client-Cert", &value)).await;
    answer.assert_token_refused((401, "bearer_binding"), "invalid_token", "nobody looks there");
}

#[tokio::test]
async fn a_token_that_is_bound_to_nothing_needs_no_certificate() {
    let world = taking().start().await;
    let token = world.provider.access_token(|_| {});
    world.send(&world.bearing(&token)).await.assert_allowed("without");
    world
        .send(&world.bearing(&token).with("X-Client-Cert", "garbage!"))
        .await
        .assert_allowed("not looked at");
}

/// Bound to two things, it needs both; and one of them that nobody knows is one that nobody can show.
#[tokio::test]
async fn a_token_that_is_bound_to_more_needs_all_of_it() {
    let world =
        api().line("bearer_options: { certificate_header: X-Client-Cert, dpop: accepted }").start().await;
    let thumbprint = base64url(&sha256(&der(CLIENT)));
    let [(_, value), ..] = in_each_form(CLIENT);
    let both = world.provider.access_token(|draft| {
        let jkt = base64url(&sha256(EcKey::the_one().jwk("").to_string().as_bytes()));
        draft.set("cnf", json!({ "x5t#S256": thumbprint, "jkt": jkt }));
    });
    let answer = world.send(&world.bearing(&both).with("X-Client-Cert", &value)).await;
    answer.assert_refused(401, "dpop_as_bearer", "without a proof");
    let unknown = world.provider.access_token(|draft| {
        draft.set("cnf", json!({ "x5t#S256": thumbprint, "jwe": "x" }));
    });
    let answer = world.send(&world.bearing(&unknown).with("X-Client-Cert", &value)).await;
    answer.assert_refused(401, "bearer_binding", "something else besides");
}
