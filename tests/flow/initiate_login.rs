//! OpenID Connect Core 1.0 section 4: the provider or a portal starts a login.

use url::form_urlencoded::byte_serialize;

use crate::jar::Context;
use crate::provider::Endpoint;
use crate::world::{APP, PAGE, World};

fn encoded(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect()
}

fn query(world: &World, rest: &str) -> String {
    format!("iss={}{rest}", encoded(&world.provider.issuer))
}

/// E-18: off by default.
#[tokio::test]
async fn a_client_that_does_not_take_it_has_no_such_address() {
    let world = World::new().start().await;
    let answer = world.browser().get(&format!("{APP}/initiate-login?{}", query(&world, ""))).await;
    assert_eq!((answer.status, answer.refusal()), (404, "path_unknown"));
}

/// E-18: only `login_hint` is handed on.
#[tokio::test]
async fn a_third_party_starts_a_login_by_get_and_by_post_and_says_nothing_but_who_and_where() {
    let world = World::new().line("initiate_login: true").start().await;
    let rest = format!(
        "&target_link_uri={}&login_hint=ada&scope=admin&redirect_uri=https://evil.example&prompt=none&state=x&acr_values=low",
        encoded(PAGE)
    );
    let address = format!("{APP}/initiate-login");
    world.browser().open(&format!("{address}?{}", query(&world, &rest))).await.assert_at(PAGE);
    let form = query(&world, &rest);
    let landed = world.browser().submit_and_follow("https://portal.example.org/", &address, &form).await;
    landed.assert_at(PAGE);
    let calls = world.provider.calls(Endpoint::Authorize);
    assert_eq!(calls.len(), 2);
    for call in calls {
        assert_eq!(call.parameter("login_hint"), Some("ada"));
        assert_eq!(call.parameter("scope"), Some("openid profile email offline_access"));
        assert_eq!(call.parameter("redirect_uri"), Some("https://app.example.test/oidc/app/callback"));
        assert!(call.parameter("prompt").is_none() && call.parameter("acr_values").is_none());
        assert_ne!(call.parameter("state"), Some("x"));
    }
    let mut browser = world.browser();
    let answer = browser.submit("https://portal.example.org/", &address, &form).await;
    assert_eq!(answer.status, 303, "a form is not sent on");
    world
        .browser()
        .open(&format!("{address}?{}", query(&world, "")))
        .await
        .assert_at("https://app.example.test/");
}

#[tokio::test]
async fn a_third_party_chooses_neither_the_provider_nor_a_page_of_others() {
    let world = World::new().line("initiate_login: true").start().await;
    let issuer = &world.provider.issuer;
    for (text, code) in [
        (String::new(), "initiate_login_issuer"),
        ("iss=https%3A%2F%2Fevil.example".to_owned(), "initiate_login_issuer"),
        (format!("iss={}", encoded(&format!("{issuer}/"))), "initiate_login_issuer"),
        (query(&world, "&iss=https%3A%2F%2Fevil.example"), "initiate_login_form"),
        (query(&world, "&login_hint=%00"), "initiate_login_form"),
        (query(&world, "&target_link_uri=https%3A%2F%2Fevil.example%2F"), "return_to_host"),
        (query(&world, "&target_link_uri=%2F%2Fevil.example%2F"), "return_to_malformed"),
        (query(&world, "&target_link_uri=%2F%5Cevil.example"), "return_to_malformed"),
        (query(&world, "&target_link_uri=javascript%3Aalert(1)"), "return_to_malformed"),
    ] {
        let answer = world.browser().get(&format!("{APP}/initiate-login?{text}")).await;
        assert_eq!((answer.status, answer.refusal()), (400, code), "{text}");
        assert!(answer.all("Location").is_empty() && answer.all("Set-Cookie").is_empty());
    }
    let url = format!("{APP}/initiate-login?{}", query(&world, "")).parse().unwrap();
    let answer = world.send(&world.browser().ask("PUT", &url, Context::SameSite)).await;
    assert_eq!((answer.status, answer.refusal()), (405, "method_not_allowed"));
    assert_eq!(world.provider.count(Endpoint::Authorize), 0);
}

#[tokio::test]
async fn a_hint_that_the_file_sets_stays_and_floods_wait() {
    let world = World::new()
        .line("initiate_login: true")
        .line("authorization: { login_hint: '@example.test' }")
        .server("logins_per_minute_per_address: 2")
        .start()
        .await;
    let address = format!("{APP}/initiate-login?{}", query(&world, "&login_hint=eve"));
    for _ in 0..2 {
        world.browser().open(&address).await.assert_at("https://app.example.test/");
        let call = world.provider.calls(Endpoint::Authorize).pop().unwrap();
        assert_eq!(call.parameter("login_hint"), Some("@example.test"));
    }
    assert_eq!(world.browser().open(&address).await.answer.refusal(), "too_many_logins");
}
