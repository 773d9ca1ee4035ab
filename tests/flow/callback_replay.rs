//! A right response at the wrong time, in the wrong browser, at the wrong client, or once too often (security catalogue E-05, E-06,
//! E-13, E-14, V-RS-3).

use futures_util::future::join_all;

use crate::provider::Endpoint;
use crate::world::{Client, FLOW, PAGE, SESSION, World};

#[tokio::test]
async fn a_login_that_is_over_eleven_minutes_old_is_refused_and_the_page_leads_to_a_new_one() {
    let world = World::new().start().await;
    let mut browser = world.browser();
    let callback = browser.open_until_callback(PAGE).await;
    world.clock.shift(11 * 60);
    let answer = browser.call_back(&callback).await;
    answer.assert_refused(400, "callback_state_expired", "eleven minutes");
    answer.assert_page("eleven minutes");
    assert!(answer.text().contains("/oidc/app/login"), "a link to try again: {}", answer.text());
    assert_eq!(world.provider.count(Endpoint::Token), 0);
}

#[tokio::test]
async fn an_old_or_foreign_response_in_a_browser_with_a_live_session_goes_on_to_its_page() {
    let world = World::new().start().await;
    let mut tabs = world.browser();
    let old = tabs.open_until_callback(PAGE).await;
    let foreign = world.browser().open_until_callback(PAGE).await;
    tabs.open("https://app.example.test/other").await;
    let answer = tabs.call_back(&foreign).await;
    assert_eq!((answer.status, answer.location()), (303, PAGE), "foreign: {}", answer.show());
    world.clock.shift(11 * 60);
    let answer = tabs.call_back(&old).await;
    assert_eq!((answer.status, answer.location()), (303, PAGE), "old: {}", answer.show());
    assert_eq!(world.provider.count(Endpoint::Token), 1);
}

/// E-05
#[tokio::test]
async fn a_response_without_the_flow_cookie_or_in_another_browser_is_refused() {
    let world = World::new().start().await;
    let mut victim = world.browser();
    let callback = world.browser().open_until_callback(PAGE).await;

    let answer = victim.call_back(&callback).await;
    answer.assert_refused(400, "callback_no_flow_cookie", "no flow cookie at all");
    answer.assert_page("no flow cookie");

    victim.open_until_callback(PAGE).await;
    let answer = victim.call_back(&callback).await;
    answer.assert_refused(400, "callback_other_browser", "the flow cookie of another browser");
    assert!(!victim.has_session());
    assert_eq!(world.provider.count(Endpoint::Token), 0);
}

#[tokio::test]
async fn a_flow_cookie_that_cannot_be_ours_counts_as_none() {
    let world = World::new().start().await;
    let mut browser = world.browser();
    let callback = browser.open_until_callback(PAGE).await;
    let cookie = browser.jar.get(FLOW).unwrap();
    let (name, good) = (cookie.name.clone(), cookie.value.clone());
    let target = callback.url.strip_prefix("https://app.example.test").unwrap();
    for value in [
        "",
        "x",
        &good[..42],
        &format!("{good}A"),
        &format!("\"{good}\""),
        // Well formed, but the name does not come from it.
        &"A".repeat(43),
        // Behind a comma, where another site's cookie could have put it.
        &format!("x,{name}={good}"),
    ] {
        let mut ask = world.base().with("Cookie", format!("{name}={value}"));
        ask.target = target.as_bytes().to_vec();
        let answer = world.send(&ask).await;
        assert_eq!(answer.status, 400, "{value}: {}", answer.show());
        assert!(answer.refusal().starts_with("callback_"), "{value}: {}", answer.show());
    }
    assert_eq!(world.provider.count(Endpoint::Token), 0);
}

/// E-06, V-RS-3: of a hundred at once one gets through.
#[tokio::test]
async fn a_response_is_good_once_however_many_come_at_once() {
    let world = World::new().start().await;
    let mut browser = world.browser();
    let callback = browser.open_until_callback(PAGE).await;
    let answers = join_all((0..100).map(|_| {
        let mut copy = world.browser();
        copy.jar = browser.jar.clone();
        let callback = callback.clone();
        async move { copy.call_back(&callback).await }
    }))
    .await;
    let signed_in = answers
        .iter()
        .filter(|answer| answer.all("Set-Cookie").iter().any(|line| line.starts_with(SESSION)))
        .count();
    assert_eq!(signed_in, 1);
    for answer in answers.iter().filter(|answer| answer.status != 303) {
        answer.assert_refused(400, "flow_replayed", "the others");
    }
    assert_eq!(world.provider.count(Endpoint::Token), 1);
    assert_eq!(
        world.admin("/metrics").await.text().lines().find(|line| line.starts_with("vestibule_sessions ")),
        Some("vestibule_sessions 1")
    );
}

/// the back button.
/// V-ID-18
#[tokio::test]
async fn a_replayed_response_in_the_browser_that_signed_in_goes_on_to_the_page_and_the_code_is_not_sent_again()
 {
    let world = World::new().start().await;
    let mut browser = world.browser();
    let callback = browser.open_until_callback(PAGE).await;
    browser.finish(callback.clone()).await.assert_at(PAGE);
    let session = world.session_cookie(&browser);
    let answer = browser.call_back(&callback).await;
    assert_eq!((answer.status, answer.location()), (303, PAGE), "{}", answer.show());
    assert_eq!(world.session_cookie(&browser), session);
    assert_eq!(world.provider.count(Endpoint::Token), 1);
}

#[tokio::test]
async fn a_replayed_response_after_the_session_is_gone_is_a_page() {
    let world = World::new().start().await;
    let mut browser = world.browser();
    let callback = browser.open_until_callback(PAGE).await;
    browser.finish(callback.clone()).await.assert_at(PAGE);
    browser.jar.remove(SESSION);
    let answer = browser.call_back(&callback).await;
    answer.assert_refused(400, "flow_replayed", "replayed");
    assert_eq!(world.provider.count(Endpoint::Token), 1);
}

/// E-13: mix-up.
#[tokio::test]
async fn a_response_that_comes_back_to_another_client_is_refused() {
    let world = World::new()
        .app(|app| {
            app.origin("https://auth.example.test")
                .hosts("[auth.example.test, app.example.test]")
                .line("cookie: { domain: example.test }")
        })
        .client(
            Client::named("other")
                .origin("https://auth.example.test")
                .hosts("[other.example.test]")
                .line("cookie: { domain: example.test }"),
        )
        .start()
        .await;
    let mut browser = world.browser();
    let callback = browser.open_until_callback(PAGE).await;
    let mut elsewhere = callback.clone();
    elsewhere.url = callback.url.replace("/oidc/app/", "/oidc/other/");
    let answer = browser.call_back(&elsewhere).await;
    answer.assert_refused(400, "callback_state_other_client", "started at app");
    assert_eq!(world.provider.count(Endpoint::Token), 0);
    browser.finish(callback).await.assert_at(PAGE);
}

/// E-13: an honest client of two providers, one of which is not.
#[tokio::test]
async fn a_response_of_another_provider_of_ours_is_refused() {
    let world = World::new().client(Client::named("other").own_provider()).start().await;
    let mut browser = world.browser();
    let callback = browser.open_until_callback(PAGE).await;
    let answer = browser.call_back(&callback.having("iss", Some(&world.other_providers[0].issuer))).await;
    answer.assert_refused(400, "callback_issuer", "the other provider's name");
    assert_eq!(world.provider.count(Endpoint::Token) + world.other_providers[0].count(Endpoint::Token), 0);
}

/// E-14: PKCE and nonce bind the code to the browser; the provider refuses what does not fit.
#[tokio::test]
async fn a_code_of_one_login_put_into_another_is_sent_with_the_wrong_verifier_and_fails() {
    let world = World::new().start().await;
    let stolen = world.browser().open_until_callback(PAGE).await.parameter("code");
    let mut browser = world.browser();
    let own = browser.open_until_callback(PAGE).await;
    world.provider.always(Endpoint::Token, crate::provider::Step::oauth_error(400, "invalid_grant"));
    let answer = browser.call_back(&own.having("code", Some(&stolen))).await;
    assert_eq!(answer.refusal(), "token_invalid_grant", "{}", answer.show());
    assert!(!browser.has_session());
    let challenges: Vec<String> = world
        .provider
        .calls(Endpoint::Authorize)
        .iter()
        .map(|call| call.parameter("code_challenge").unwrap().to_owned())
        .collect();
    let verifier = world.provider.calls(Endpoint::Token)[0].parameter("code_verifier").unwrap().to_owned();
    let sent = crate::keys::base64url(&crate::keys::sha256(verifier.as_bytes()));
    assert_ne!(sent, challenges[0], "not the verifier of the stolen code");
    assert_eq!(sent, challenges[1]);
}
