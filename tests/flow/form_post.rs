//! OAuth 2.0 Form Post Response Mode: the answer comes from another site, without the session cookie.

use crate::jar::Context;
use crate::provider::Endpoint;
use crate::world::{APP, PAGE, SESSION, World};

async fn world() -> World {
    World::new().line("response_mode: form_post").start().await
}

/// The session that the browser had ends, although its cookie does not come with the form.
#[tokio::test]
async fn a_new_login_ends_the_session_that_the_browser_had() {
    let world = world().await;
    let mut browser = world.signed_in().await;
    let old = world.session_cookie(&browser);
    world.clock.shift(60);
    world.provider.script().subject = "somebody-else".to_owned();
    let landed = browser.open(&format!("{APP}/login?rd=/private")).await;
    landed.assert_at(PAGE);
    assert_eq!(landed.identity("X-Auth-Subject"), "somebody-else");
    assert_ne!(world.session_cookie(&browser), old);
    let answer = world.send(&world.base().with("Cookie", &old)).await;
    assert_eq!((answer.status, answer.refusal()), (302, "session_unknown"), "{}", answer.show());
}

/// The same person in a second tab of the same moment: the first session goes on for the requests under way.
#[tokio::test]
async fn a_second_tab_of_the_same_moment_does_not_cut_the_first_off() {
    let world = world().await;
    let mut browser = world.signed_in().await;
    let old = world.session_cookie(&browser);
    browser.open(&format!("{APP}/login?rd=/private")).await.assert_at(PAGE);
    assert_eq!(world.send(&world.base().with("Cookie", &old)).await.status, 200);
    world.clock.shift(31);
    assert_eq!(world.send(&world.base().with("Cookie", &old)).await.refusal(), "session_replaced");
}

/// Another browser's session is not touched: the state is good in its own browser only.
#[tokio::test]
async fn a_login_ends_no_session_of_another_browser() {
    let world = world().await;
    let (mut one, two) = (world.signed_in().await, world.signed_in().await);
    world.clock.shift(60);
    one.open(&format!("{APP}/login?rd=/private")).await.assert_at(PAGE);
    assert_eq!(world.send(&world.base_of(&two)).await.status, 200);
}

#[tokio::test]
async fn whoever_has_a_session_and_comes_with_a_form_of_no_use_goes_on() {
    let world = world().await;
    let mut browser = world.browser();
    let callback = browser.open_until_callback(PAGE).await;
    browser.finish(callback.clone()).await.assert_at(PAGE);
    let codes = world.provider.count(Endpoint::Token);
    // The form once more, and one without anything that could be read.
    browser.finish(callback.clone()).await.assert_at(PAGE);
    let landed = browser.finish(callback.having("state", Some("y"))).await;
    landed.assert_at("https://app.example.test/");
    assert_eq!(world.provider.count(Endpoint::Token), codes, "no code is redeemed twice");
}

#[tokio::test]
async fn whoever_has_no_session_gets_the_page_that_says_why_and_no_login_by_itself() {
    let world = world().await;
    let mut browser = world.browser();
    let callback = browser.open_until_callback(PAGE).await;
    let mut other = world.browser();
    for (found, code) in [
        (other.finish(callback.clone()).await, "callback_no_flow_cookie"),
        (other.finish(callback.having("state", None)).await, "callback_state_missing"),
        (other.finish(callback.having("state", Some("y"))).await, "callback_state_unreadable"),
    ] {
        assert_eq!((found.answer.status, found.answer.refusal()), (400, code), "{}", found.answer.show());
        assert!(!found.in_application);
    }
    assert_eq!(world.provider.count(Endpoint::Authorize), 1);
    browser.finish(callback.clone()).await.assert_at(PAGE);
    browser.jar.remove(SESSION);
    let landed = browser.finish(callback).await;
    assert_eq!((landed.answer.status, landed.answer.refusal()), (400, "flow_replayed"));
    assert!(landed.answer.text().contains("/oidc/app/login?rd="), "{}", landed.answer.show());
}

/// Nobody goes round for what is no page.
#[tokio::test]
async fn a_program_that_posts_a_stray_form_is_answered_at_once() {
    let world = world().await;
    let url = format!("{APP}/callback").parse().unwrap();
    let ask = world.browser().ask("POST", &url, Context::CrossSite).form("code=x&state=y");
    let ask = ask.having("Accept", "*/*").having("Sec-Fetch-Mode", "cors").having("Sec-Fetch-Dest", "empty");
    let answer = world.send(&ask).await;
    assert_eq!((answer.status, answer.refusal()), (400, "callback_issuer_missing"));
    let ask = ask.form(format!("code=x&state=y&iss={}", world.provider.issuer));
    let answer = world.send(&ask).await;
    assert_eq!((answer.status, answer.refusal()), (400, "callback_state_unreadable"));
}

/// The way out of a stray form leads to hosts of ours only, and to nothing that was not a refusal of a stray form.
#[tokio::test]
async fn the_address_of_a_stray_form_is_no_open_redirect() {
    let world = world().await;
    let mut browser = world.signed_in().await;
    for (query, status, code) in [
        ("stray=flow_replayed&rd=https%3A%2F%2Fevil.example", 400, "return_to_host"),
        ("stray=flow_replayed&rd=%2F%2Fevil.example", 400, "return_to_malformed"),
        ("stray=internal_fault&rd=%2F", 404, "path_unknown"),
        ("rd=%2F&stray=flow_replayed", 405, "method_not_allowed"),
        ("", 405, "method_not_allowed"),
    ] {
        let answer = browser.get(&format!("{APP}/callback?{query}")).await;
        assert_eq!((answer.status, answer.refusal()), (status, code), "{query}");
        assert!(answer.all("Location").is_empty());
    }
    let plain = World::new().start().await;
    let answer = plain.browser().get(&format!("{APP}/callback?stray=flow_replayed")).await;
    assert_eq!((answer.status, answer.refusal()), (400, "callback_issuer_missing"));
}
