//! The plans for logout. In each of their modules somebody signs in, signs out here, and is sent to the provider, which tells all its
//! clients before it sends the person back.

use serde_json::json;
use url::Url;

use super::{dress, issuer, suite};
use crate::browser::Browser;
use crate::jar::Context;
use crate::keys::EcKey;
use crate::provider::{Draft, Endpoint, Signing};
use crate::refresh::allowed;
use crate::wire::{Answer, Ask};
use crate::world::{APP, PAGE, SESSION, World};

async fn world() -> World {
    let setup = suite(|app| app.line("logout: { frontchannel: true }"));
    let world = setup
        .provider(|provider| {
            dress(provider);
            provider.script().sid = Some("the-session".to_owned());
        })
        .start()
        .await;
    world.provider.reached(Endpoint::Discovery, 1).await;
    world
}

/// Somebody who signed in; the suite adds `session_state` to its answer, which means nothing to us.
async fn signed_in(world: &World) -> Browser {
    let mut browser = world.browser();
    let callback = browser.open_until_callback(PAGE).await.adding("session_state", "9f86d081.884c7d65");
    browser.finish(callback).await.assert_at(PAGE);
    browser
}

/// What the provider's `end_session_endpoint` is asked.
struct AtProvider {
    back: Url,
    state: String,
}

/// Signs out, and stops at the provider. There the suite looks at hint, address and state.
async fn sign_out(world: &World, browser: &mut Browser) -> AtProvider {
    let answer = browser.submit(PAGE, &format!("{APP}/logout"), "").await;
    let asked = Url::parse(answer.location()).unwrap();
    assert!(asked.as_str().starts_with(&format!("{}/end-session?", world.provider.issuer)), "{asked}");
    let parameter = |name: &str| {
        let found = asked.query_pairs().find(|(have, _)| have == name);
        found.unwrap_or_else(|| panic!("no {name} in {asked}")).1.into_owned()
    };
    let hint = parameter("id_token_hint");
    let issued = world.provider.secrets();
    assert!(
        issued.iter().any(|(kind, end)| *kind == "id_token" && hint.ends_with(end)),
        "the hint is a token that this provider issued"
    );
    let back = parameter("post_logout_redirect_uri");
    assert_eq!(back, format!("{APP}/signed-out"), "as it is registered");
    assert!(browser.jar.get(SESSION).is_none());
    AtProvider { back: Url::parse(&back).unwrap(), state: parameter("state") }
}

/// What the provider posts meanwhile.
async fn post(world: &World, change: impl FnOnce(&mut Draft)) -> Answer {
    let issuer = issuer(world);
    let token = world.provider.logout_token("id-of-app", |draft| {
        draft.set("iss", issuer);
        draft.set("sid", "the-session");
        draft.set("ignored_claim", "of no meaning");
        draft.header.remove("typ");
        change(draft);
    });
    let ask = Ask::new("POST", "/oidc/app/backchannel-logout").with("Host", "app.example.test");
    world.send(&ask.form(format!("logout_token={token}"))).await
}

/// The frame on the provider's page; a browser sends no cookie with it.
async fn framed(world: &World) -> Answer {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("iss", issuer(world).as_str()), ("sid", "the-session")])
        .finish();
    let url = Url::parse(&format!("{APP}/frontchannel-logout?{query}")).unwrap();
    let ask = world.browser().ask("GET", &url, Context::CrossSite);
    let answer =
        world.send(&ask.having("Sec-Fetch-Site", "cross-site").having("Sec-Fetch-Dest", "iframe")).await;
    assert_eq!(answer.status, 200, "{}", answer.show());
    let policy = format!("default-src 'none'; frame-ancestors {}", world.provider.issuer);
    assert_eq!(answer.header("Content-Security-Policy"), Some(policy.as_str()), "the suite may frame it");
    assert_eq!(answer.header("X-Frame-Options"), None);
    answer
}

/// Comes back from the provider, with that state, and is signed out.
async fn comes_back(browser: &mut Browser, at: &AtProvider, state: Option<&str>) {
    let mut back = at.back.clone();
    if let Some(state) = state {
        back.query_pairs_mut().append_pair("state", state);
    }
    let answer = browser.get(back.as_str()).await;
    assert_eq!(answer.status, 200, "{}", answer.show());
    assert!(answer.text().contains("You are signed out"), "{}", answer.text());
    assert_eq!(browser.get(PAGE).await.status, 302, "signed out");
}

/// Signs out while the provider posts a logout token changed so, which is refused.
async fn refused(code: &str, change: impl FnOnce(&mut Draft)) {
    let world = world().await;
    // Somebody else's browser, in the same session of the provider: a token of no use ends nothing there.
    let mut browser = signed_in(&world).await;
    let at = sign_out(&world, &mut browser).await;
    let other = signed_in(&world).await;
    let answer = post(&world, change).await;
    answer.assert_refused(400, code, "the logout token");
    assert_eq!(answer.header("Cache-Control"), Some("no-store"));
    assert!(allowed(&world, &other).await);
    comes_back(&mut browser, &at, Some(&at.state)).await;
}

/// oidcc-client-test-rp-init-logout: with both channels at once.
#[tokio::test]
async fn signing_out_leads_to_the_provider_and_back() {
    let world = world().await;
    let mut browser = signed_in(&world).await;
    let at = sign_out(&world, &mut browser).await;
    assert_eq!(post(&world, |_| {}).await.status, 200);
    framed(&world).await;
    comes_back(&mut browser, &at, Some(&at.state)).await;
}

/// oidcc-client-test-rp-init-logout-other-state: whoever comes back with it is signed out, and led nowhere.
#[tokio::test]
async fn coming_back_with_another_state_is_signed_out_too() {
    let world = world().await;
    let mut browser = signed_in(&world).await;
    let at = sign_out(&world, &mut browser).await;
    assert_eq!(post(&world, |_| {}).await.status, 200);
    let other = format!("{}1", at.state);
    comes_back(&mut browser, &at, Some(&other)).await;
}

/// oidcc-client-test-rp-init-logout-no-state
#[tokio::test]
async fn coming_back_without_a_state_is_signed_out_too() {
    let world = world().await;
    let mut browser = signed_in(&world).await;
    let at = sign_out(&world, &mut browser).await;
    assert_eq!(post(&world, |_| {}).await.status, 200);
    comes_back(&mut browser, &at, None).await;
}

/// oidcc-client-test-rp-backchannel-rpinitlogout: 200 although the session is over already, and not to be stored.
#[tokio::test]
async fn a_logout_token_during_a_logout_is_done() {
    let world = world().await;
    let mut browser = signed_in(&world).await;
    let elsewhere = signed_in(&world).await;
    let at = sign_out(&world, &mut browser).await;
    let answer = post(&world, |_| {}).await;
    assert_eq!((answer.status, answer.header("Cache-Control")), (200, Some("no-store")), "{}", answer.show());
    assert!(!allowed(&world, &elsewhere).await);
    comes_back(&mut browser, &at, Some(&at.state)).await;
}

/// oidcc-client-test-rp-backchannel-rpinitlogout-alg-none
#[tokio::test]
async fn an_unsigned_logout_token_is_refused() {
    refused("logout_token_algorithm", |draft| {
        draft.algorithm("none", Signing::Nothing);
        draft.header.remove("kid");
    })
    .await;
}

/// oidcc-client-test-rp-backchannel-rpinitlogout-no-event
#[tokio::test]
async fn a_logout_token_without_events_is_refused() {
    refused("logout_token_event", |draft| draft.remove("events")).await;
}

/// oidcc-client-test-rp-backchannel-rpinitlogout-with-nonce
#[tokio::test]
async fn a_logout_token_with_a_nonce_is_refused() {
    refused("logout_token_nonce", |draft| draft.set("nonce", "a-nonce")).await;
}

/// oidcc-client-test-rp-backchannel-rpinitlogout-wrong-alg: by a key that the provider does publish.
#[tokio::test]
async fn a_logout_token_by_an_algorithm_that_is_not_agreed_is_refused() {
    refused("logout_token_algorithm", |draft| {
        draft.algorithm("ES256", Signing::Es256(EcKey::the_one()));
        draft.set_header("kid", "ec");
    })
    .await;
}

/// oidcc-client-test-rp-backchannel-rpinitlogout-wrong-aud
#[tokio::test]
async fn a_logout_token_for_another_audience_is_refused() {
    refused("logout_token_audience", |draft| draft.set("aud", "id-of-app1")).await;
}

/// oidcc-client-test-rp-backchannel-rpinitlogout-wrong-event
#[tokio::test]
async fn a_logout_token_of_another_event_is_refused() {
    refused("logout_token_event", |draft| {
        draft.set("events", json!({ "http://schemas.openid.net/event/foobar": {} }));
    })
    .await;
}

/// oidcc-client-test-rp-backchannel-rpinitlogout-wrong-iss
#[tokio::test]
async fn a_logout_token_of_another_issuer_is_refused() {
    refused("logout_token_issuer", |draft| draft.set("iss", "https://evil.example/")).await;
}

/// oidcc-client-test-rp-frontchannel-rpinitlogout
#[tokio::test]
async fn a_frame_during_a_logout_is_shown_and_the_way_back_works() {
    let world = world().await;
    let mut browser = signed_in(&world).await;
    let at = sign_out(&world, &mut browser).await;
    framed(&world).await;
    comes_back(&mut browser, &at, Some(&at.state)).await;
}

/// oidcc-client-test-rp-frontchannel-opinitlogout: the frame alone ends the session, without its cookie.
#[tokio::test]
async fn a_frame_of_the_provider_ends_the_session() {
    let world = world().await;
    let browser = signed_in(&world).await;
    framed(&world).await;
    assert!(!allowed(&world, &browser).await);
    assert_eq!(world.provider.count(Endpoint::EndSession), 0);
}
