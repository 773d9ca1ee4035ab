//! The plans "Config" and "Dynamic", as far as they concern a client of the code flow whose issuer is configured.

use super::{accepted, dress, id_token, issuer, metadata, rejected, suite};
use crate::logs;
use crate::provider::{Endpoint, Signing};
use crate::world::PAGE;

/// oidcc-client-test-discovery-openid-config: of an issuer with a slash at its end, which is not doubled.
#[tokio::test]
async fn the_metadata_are_fetched_and_used() {
    let world = suite(|app| app).start().await;
    accepted(&world).await;
    assert_eq!(world.provider.count(Endpoint::Discovery), 1);
}

/// oidcc-client-test-discovery-jwks-uri-keys
#[tokio::test]
async fn the_keys_come_from_where_the_metadata_say() {
    let world = suite(|app| app)
        .provider(|provider| {
            dress(provider);
            let jwks = format!("{}/jwks?FbWnPqRsTx", provider.issuer);
            metadata(provider, move |metadata| {
                metadata.insert("jwks_uri".to_owned(), jwks.clone().into());
            });
        })
        .start()
        .await;
    accepted(&world).await;
    let fetched = world.provider.calls(Endpoint::Jwks);
    assert_eq!(fetched.len(), 1);
    assert_eq!(fetched[0].parameter("FbWnPqRsTx"), Some(""));
}

/// oidcc-client-test-discovery-issuer-mismatch: nobody is sent to such a provider.
#[tokio::test]
async fn metadata_of_another_issuer_end_the_login_before_it_begins() {
    let world = suite(|app| app)
        .provider(|provider| {
            dress(provider);
            let other = format!("{}/INVALID/", provider.issuer);
            metadata(provider, move |metadata| {
                metadata.insert("issuer".to_owned(), other.clone().into());
            });
        })
        .start()
        .await;
    rejected(&world, "discovery_issuer").await;
    assert_eq!(world.provider.count(Endpoint::Authorize), 0);
    assert!(!logs::lines_with(&["discovery_issuer", &issuer(&world)]).is_empty());
}

/// oidcc-client-test-signing-key-rotation-just-before-signing
#[tokio::test]
async fn keys_that_change_right_before_the_signature_are_fetched_again() {
    let world = suite(|app| app).start().await;
    let mut browser = world.browser();
    let callback = browser.open_until_callback(PAGE).await;
    world.provider.reached(Endpoint::Jwks, 1).await;
    world.provider.script().rotate_to("key-1", 1, false);
    browser.finish(callback).await.assert_at(PAGE);
    assert_eq!(world.provider.count(Endpoint::Jwks), 2);
}

/// oidcc-client-test-signing-key-rotation
#[tokio::test]
async fn keys_that_change_between_two_logins_are_fetched_again() {
    let world = suite(|app| app).start().await;
    accepted(&world).await;
    world.provider.script().rotate_to("key-1", 1, false);
    accepted(&world).await;
    assert_eq!(world.provider.count(Endpoint::Jwks), 2);
}

/// oidcc-client-test-userinfo-signed
#[tokio::test]
async fn signed_userinfo_is_taken_and_judged() {
    let world = suite(|app| app.line("userinfo_signed_response_alg: RS256")).start().await;
    let issuer = issuer(&world);
    let iss = issuer.clone();
    world.provider.sign_userinfo(move |draft| draft.set("iss", iss.clone()));
    accepted(&world).await;
    world.provider.sign_userinfo(move |draft| {
        draft.set("iss", issuer.clone());
        draft.algorithm("none", Signing::Nothing);
    });
    id_token(&world.provider, |_| {});
    let landed = world.browser().open(PAGE).await;
    assert_eq!(landed.answer.refusal(), "userinfo_algorithm", "{}", landed.answer.show());
}
