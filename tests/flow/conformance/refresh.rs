//! The plan "Refresh Token": the suite's refreshed ID token repeats the nonce of the login.

use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::{id_token, suite};
use crate::browser::Browser;
use crate::logs;
use crate::provider::{Draft, Endpoint};
use crate::refresh::allowed;
use crate::wire::Answer;
use crate::world::{APP, SESSION, World};

/// Somebody who signed in, and whose refreshes bring an ID token changed so.
async fn signed_in(change: impl Fn(&mut Draft) + Send + Sync + 'static) -> (World, Browser) {
    let world = suite(|app| app).start().await;
    let login: Arc<Mutex<Option<Value>>> = Arc::default();
    id_token(&world.provider, move |draft| {
        let mut nonce = login.lock().unwrap();
        match &*nonce {
            None => *nonce = draft.claims.get("nonce").cloned(),
            Some(nonce) => {
                draft.set("nonce", nonce.clone());
                change(draft);
            }
        }
    });
    let browser = world.signed_in().await;
    world.clock.shift(10);
    (world, browser)
}

/// The application asks for new tokens.
async fn refresh(browser: &mut Browser) -> Answer {
    browser.fetch(&format!("{APP}/new-token")).await
}

/// No userinfo is asked with the new access token, and the session is over.
async fn ended(world: &World, browser: &mut Browser, code: &str) {
    let session = browser.fetch(&format!("{APP}/session")).await.json()["session_key"].clone();
    refresh(browser).await.assert_refused(401, "no_session", "the refresh");
    let told = logs::lines_with(&["a session ended", session.as_str().unwrap()]);
    assert!(told.len() == 1 && told[0].contains(&format!("{code:?}")), "{told:?}");
    assert_eq!((world.provider.refreshes(), world.provider.count(Endpoint::Userinfo)), (1, 1));
    assert!(!allowed(world, browser).await);
}

/// oidcc-client-test-refresh-token
#[tokio::test]
async fn a_refresh_brings_an_access_token_with_which_userinfo_is_asked() {
    let (world, mut browser) = signed_in(|_| {}).await;
    world.provider.script().userinfo_claims.insert("preferred_username".to_owned(), "countess".into());
    let answer = refresh(&mut browser).await;
    assert_eq!(answer.status, 200, "{}", answer.show());
    let userinfo = world.provider.calls(Endpoint::Userinfo);
    assert_eq!((world.provider.refreshes(), userinfo.len()), (1, 2));
    assert_ne!(userinfo[0].headers["authorization"], userinfo[1].headers["authorization"]);
    let request = world.provider.calls(Endpoint::Token).pop().unwrap();
    // RFC 6749 section 6: no scope beyond those granted; none at all means the same.
    assert!(request.parameter("scope").is_none());
    let answer = world.send(&world.base_of(&browser)).await;
    assert_eq!(answer.all("X-User-Name"), ["countess"]);
    assert!(browser.jar.get(SESSION).is_some());
}

/// oidcc-client-test-refresh-token-invalid-issuer
#[tokio::test]
async fn a_refreshed_id_token_of_another_issuer_ends_the_session() {
    let (world, mut browser) = signed_in(|draft| draft.set("iss", "https://evil.example/")).await;
    ended(&world, &mut browser, "id_token_issuer").await;
}

/// oidcc-client-test-refresh-token-invalid-sub
#[tokio::test]
async fn a_refreshed_id_token_about_somebody_else_ends_the_session() {
    let (world, mut browser) = signed_in(|draft| draft.set("sub", "subject-4711-invalid")).await;
    ended(&world, &mut browser, "id_token_changed").await;
}

/// oidcc-client-test-refresh-token-invalid-aud
#[tokio::test]
async fn a_refreshed_id_token_for_another_audience_ends_the_session() {
    let (world, mut browser) = signed_in(|draft| draft.set("aud", "id-of-app1")).await;
    ended(&world, &mut browser, "id_token_audience").await;
}

/// oidcc-client-test-refresh-token-invalid-azp: also of ourselves, where the login's token named none (Core section 12.2).
#[tokio::test]
async fn a_refreshed_id_token_with_an_authorized_party_ends_the_session_of_a_login_without() {
    let (world, mut browser) = signed_in(|draft| draft.set("azp", "random_azp_value")).await;
    ended(&world, &mut browser, "id_token_authorized_party").await;
    let (world, mut browser) = signed_in(|draft| draft.set("azp", "id-of-app")).await;
    ended(&world, &mut browser, "id_token_changed").await;
}
