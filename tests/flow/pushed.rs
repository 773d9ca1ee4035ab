//! RFC 9126: the authorization request goes to the provider straight.

use crate::provider::{Endpoint, Step};
use crate::world::{APP, PAGE, World};

#[tokio::test]
async fn where_the_provider_takes_no_others_requests_are_pushed_and_the_browser_brings_a_reference() {
    for (pushed, required, expected) in
        [("auto", true, 1), ("auto", false, 0), ("always", false, 1), ("never", true, 0)]
    {
        let world = World::new()
            .line(&format!("authorization: {{ pushed: {pushed} }}"))
            .provider(move |provider| provider.takes_pushed_requests(required))
            .start()
            .await;
        world.browser().open(PAGE).await.assert_at(PAGE);
        assert_eq!(world.provider.count(Endpoint::Pushed), expected, "{pushed} {required}");
        let call = world.provider.calls(Endpoint::Authorize).pop().unwrap();
        assert_eq!(call.parameter("request_uri").is_some(), expected == 1, "{pushed} {required}");
        assert_eq!(call.parameter("state").is_some(), expected == 0, "nothing else travels: {call:?}");
    }
}

#[tokio::test]
async fn a_pushed_request_carries_the_proof_of_the_client_by_every_method() {
    for method in ["client_secret_basic", "client_secret_post", "none"] {
        let world = World::new()
            .app(|app| {
                let app = app.authenticates_by(method).line("authorization: { pushed: always }");
                if method == "none" {
                    app
                } else {
                    app.line(&format!("token_endpoint_auth_method: {method}"))
                }
            })
            .provider(|provider| provider.takes_pushed_requests(false))
            .start()
            .await;
        world.browser().open(PAGE).await.assert_at(PAGE);
        assert_eq!(world.provider.count(Endpoint::Pushed), 1, "{method}");
    }
}

/// However much is asked, the address stays short.
#[tokio::test]
async fn the_address_of_a_pushed_request_is_short_and_the_deepest_page_is_kept() {
    let filler = "x".repeat(1000);
    let world = World::new()
        .line(&format!(
            "authorization: {{ pushed: always, from_login_url: [login_hint], parameters: {{ a: {filler}, b: {filler} }} }}"
        ))
        .provider(|provider| provider.takes_pushed_requests(true))
        .start()
        .await;
    let page = format!("https://app.example.test/{}", "p".repeat(1900));
    let hint = "h".repeat(500);
    let login = format!("{APP}/login?login_hint={hint}&rd={page}");
    let mut browser = world.browser();
    let answer = browser.get(&login).await;
    assert!(answer.location().len() < 300, "{}", answer.location());
    browser.open(&login).await.assert_at(&page);
    let call = world.provider.calls(Endpoint::Pushed).pop().unwrap();
    assert_eq!(call.parameter("login_hint"), Some(hint.as_str()));
}

#[tokio::test]
async fn a_request_that_cannot_be_pushed_is_no_login_and_the_page_says_so() {
    let world = World::new()
        .line("authorization: { pushed: always }")
        .provider(|provider| provider.takes_pushed_requests(true))
        .start()
        .await;
    let reference = r#"{"request_uri":"urn:x","expires_in":60}"#;
    for (step, status, code) in [
        (Step::oauth_error(400, "invalid_request"), 502, "pushed_refused"),
        (Step::oauth_error(401, "invalid_client"), 502, "pushed_invalid_client"),
        (Step::status(500), 502, "pushed_status"),
        (Step::json(200, reference), 502, "pushed_status"),
        (Step::html(201, "<html>"), 502, "pushed_content_type"),
        (Step::json(201, "{"), 502, "pushed_unreadable"),
        (Step::json(201, r#"{"request_uri":"urn:x"}"#), 502, "pushed_member_missing"),
        (Step::json(201, r#"{"request_uri":"x","expires_in":60}"#), 502, "pushed_member_form"),
        (Step::Cut, 503, "provider_unreachable"),
        (Step::Endless, 503, "provider_too_large"),
    ] {
        world.provider.once(Endpoint::Pushed, step);
        let landed = world.browser().open(PAGE).await;
        assert_eq!(
            (landed.answer.status, landed.answer.refusal()),
            (status, code),
            "{}",
            landed.answer.show()
        );
    }
    assert_eq!(world.provider.count(Endpoint::Authorize), 0);
    world.browser().open(PAGE).await.assert_at(PAGE);
}

#[tokio::test]
async fn without_an_endpoint_a_request_that_must_be_pushed_is_not_sent_another_way() {
    let world = World::new().line("authorization: { pushed: always }").start().await;
    let landed = world.browser().open(PAGE).await;
    assert_eq!((landed.answer.status, landed.answer.refusal()), (502, "pushed_no_endpoint"));
    assert_eq!(world.provider.count(Endpoint::Authorize), 0);
}
