//! What is asked of the provider beyond the protocol's own, by the file and by the address of the login, and whether the answer
//! shows it.

use serde_json::json;

use crate::jar::Context;
use crate::provider::{Call, Endpoint};
use crate::world::{APP, PAGE, World};

fn last(world: &World, endpoint: Endpoint) -> Call {
    world.provider.calls(endpoint).pop().unwrap()
}

/// V-RQ-1, V-RQ-4, V-RQ-5, V-RQ-6, V-RQ-7: without settings there is nothing but the protocol's own, whatever is in the address.
#[tokio::test]
async fn without_settings_only_the_protocols_own_parameters_are_sent() {
    let world = World::new().app(|app| app.scopes("openid email")).start().await;
    let login = format!(
        "{APP}/login?login_hint=eve&prompt=none&scope=admin&redirect_uri=https://evil.example&max_age=0&claims=%7B%7D&\
         request_uri=urn:x&rd=%2Fprivate&acr_values=x"
    );
    world.browser().open(&login).await.assert_at(PAGE);
    let call = last(&world, Endpoint::Authorize);
    let names: Vec<&str> = call.parameters.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "response_type",
            "client_id",
            "redirect_uri",
            "scope",
            "state",
            "nonce",
            "code_challenge",
            "code_challenge_method"
        ]
    );
    assert_eq!(call.parameter("scope"), Some("openid email"));
    assert_eq!(call.parameter("response_type"), Some("code"));
    assert_eq!(call.parameter("redirect_uri"), Some("https://app.example.test/oidc/app/callback"));
}

#[tokio::test]
async fn what_the_file_asks_is_sent_with_every_login_and_token_parameters_with_every_token_request() {
    let world = World::new()
        .line("token_parameters: { resource: 'https://api.example.test/?a=1&b' }")
        .line(
            "authorization: { prompt: login consent, max_age: 1h, acr_values: [mfa, phr], login_hint: '@example.test', \
             ui_locales: de en, claims: { userinfo: { email: }, id_token: { auth_time: { essential: true } } }, \
             parameters: { kc_idp_hint: 'a&scope=b' } }",
        )
        .start()
        .await;
    world.provider.script().id_token_claims.insert("acr".to_owned(), "phr".into());
    let mut browser = world.signed_in().await;
    let call = last(&world, Endpoint::Authorize);
    for (name, value) in [
        ("prompt", "login consent"),
        ("max_age", "3600"),
        ("acr_values", "mfa phr"),
        ("login_hint", "@example.test"),
        ("ui_locales", "de en"),
        ("kc_idp_hint", "a&scope=b"),
        ("scope", "openid profile email offline_access"),
    ] {
        assert_eq!(call.parameter(name), Some(value));
    }
    let claims: serde_json::Value = serde_json::from_str(call.parameter("claims").unwrap()).unwrap();
    assert_eq!(
        claims,
        json!({ "userinfo": { "email": null }, "id_token": { "auth_time": { "essential": true } } })
    );
    world.clock.shift(60);
    let answer = browser.fetch(&format!("{APP}/new-token")).await;
    assert_eq!(answer.status, 200, "{}", answer.show());
    assert_eq!(world.provider.refreshes(), 1);
    for call in world.provider.calls(Endpoint::Token) {
        assert_eq!(call.parameter("resource"), Some("https://api.example.test/?a=1&b"));
    }
}

/// V-ID-11: refused, no session, and the page says what to do.
#[tokio::test]
async fn a_way_of_authentication_that_was_not_asked_for_signs_nobody_in() {
    let world = World::new().line("authorization: { acr_values: mfa }").start().await;
    for acr in [json!("pwd"), json!(null)] {
        world.provider.change_id_token(move |token| {
            if acr.is_null() {
                token.claims.remove("acr");
            } else {
                token.set("acr", acr.clone());
            }
        });
        let mut browser = world.browser();
        let landed = browser.open(PAGE).await;
        assert_eq!((landed.answer.status, landed.answer.refusal()), (403, "id_token_acr"));
        assert!(landed.answer.text().contains("another way of signing in"), "{}", landed.answer.show());
        assert!(!browser.has_session());
    }
    world.provider.change_id_token(|token| token.set("acr", "mfa"));
    world.browser().open(PAGE).await.assert_at(PAGE);
}

/// What userinfo says of the authentication does not count.
#[tokio::test]
async fn userinfo_cannot_make_up_for_the_id_token() {
    let world = World::new().line("authorization: { acr_values: mfa }").start().await;
    world.provider.script().userinfo_claims.insert("acr".to_owned(), "mfa".into());
    assert_eq!(world.browser().open(PAGE).await.answer.refusal(), "id_token_acr");
}

/// V-ID-13, E-25: missing, too old, in the future, a text.
#[tokio::test]
async fn a_sign_in_that_is_too_old_signs_nobody_in_where_max_age_was_asked() {
    let world = World::new().line("authorization: { max_age: 10m }").start().await;
    for (seconds, code) in [
        (Some(-3_600), "id_token_authentication_time"),
        (Some(-662), "id_token_authentication_time"),
        (Some(120), "id_token_authentication_time"),
        (None, "id_token_authentication_time"),
    ] {
        world.provider.change_id_token(move |token| match seconds {
            Some(seconds) => token.shift("auth_time", seconds),
            None => token.remove("auth_time"),
        });
        let mut browser = world.browser();
        let landed = browser.open(PAGE).await;
        assert_eq!((landed.answer.status, landed.answer.refusal()), (403, code), "{seconds:?}");
        assert!(landed.answer.text().contains("too long ago"));
        assert!(!browser.has_session());
    }
    world.provider.change_id_token(|token| token.set("auth_time", "now"));
    assert_eq!(world.browser().open(PAGE).await.answer.refusal(), "id_token_claim_form");
    world.provider.change_id_token(|token| {
        if token.claims.contains_key("auth_time") {
            token.shift("auth_time", -600);
        }
    });
    world.browser().open(PAGE).await.assert_at(PAGE);
}

/// V-ID-13: `max_age=0` asks the person at each login, as `prompt=login` does, and unlike that the answer shows whether it happened.
#[tokio::test]
async fn a_sign_in_at_the_provider_can_be_demanded_of_each_login() {
    let world = World::new().line("authorization: { max_age: 0s }").start().await;
    world.browser().open(PAGE).await.assert_at(PAGE);
    assert_eq!(last(&world, Endpoint::Authorize).parameter("max_age"), Some("0"));
    world.provider.change_id_token(|token| token.shift("auth_time", -120));
    let mut browser = world.browser();
    assert_eq!(browser.open(PAGE).await.answer.refusal(), "id_token_authentication_time");
    assert!(!browser.has_session());
}

#[tokio::test]
async fn the_address_of_a_login_hands_on_what_the_file_names_and_the_answer_is_held_against_it() {
    let world = World::new()
        .line("authorization: { from_login_url: [login_hint, acr_values, max_age, kc_idp_hint], prompt: login }")
        .start()
        .await;
    let login = format!("{APP}/login?acr_values=mfa&login_hint=ad%C3%A1&prompt=none&rd=/private");
    let mut browser = world.browser();
    let landed = browser.open(&login).await;
    assert_eq!(landed.answer.refusal(), "id_token_acr", "the token has no acr");
    assert!(!browser.has_session());
    let call = last(&world, Endpoint::Authorize);
    assert_eq!(call.parameter("acr_values"), Some("mfa"));
    assert_eq!(call.parameter("login_hint"), Some("ad\u{e1}"));
    assert_eq!(call.parameter("prompt"), Some("login"), "what the file sets stays");
    assert!(call.parameter("kc_idp_hint").is_none());
    // Whoever takes what was asked out of the answer's way takes the seal along.
    world.provider.change_id_token(|token| token.set("acr", "mfa"));
    browser.open(&login).await.assert_at(PAGE);
    world.provider.change_id_token(|token| token.shift("auth_time", -100));
    let landed = world.browser().open(&format!("{APP}/login?max_age=30&rd=/private")).await;
    assert_eq!(landed.answer.refusal(), "id_token_authentication_time");
    // Without the parameter nothing is asked and nothing is checked.
    world.browser().open(PAGE).await.assert_at(PAGE);
}

/// Parameters of the guarded page are the page's.
#[tokio::test]
async fn the_page_that_was_asked_for_hands_nothing_on() {
    let world = World::new().line("authorization: { from_login_url: [prompt, login_hint] }").start().await;
    let page = "https://app.example.test/a?x=1&prompt=none&login_hint=eve";
    world.browser().open(page).await.assert_at(page);
    let call = last(&world, Endpoint::Authorize);
    assert!(call.parameter("prompt").is_none() && call.parameter("login_hint").is_none());
    // As nginx writes it, raw.
    world.browser().open(&format!("{APP}/login?rd={page}")).await.assert_at(page);
    assert!(last(&world, Endpoint::Authorize).parameter("prompt").is_none());
}

#[tokio::test]
async fn a_login_parameter_that_cannot_be_handed_on_is_refused() {
    let world = World::new().line("authorization: { from_login_url: [login_hint, max_age] }").start().await;
    for query in ["login_hint=a&login_hint=b", "login_hint=a%00b", "max_age=x"] {
        let ask =
            world.browser().ask("GET", &format!("{APP}/login?{query}").parse().unwrap(), Context::SameSite);
        let answer = world.send(&ask).await;
        assert_eq!((answer.status, answer.refusal()), (400, "login_parameter"), "{query}");
        assert!(answer.all("Location").is_empty());
    }
    assert_eq!(world.provider.count(Endpoint::Authorize), 0);
}

/// V-RQ-6: the head of the answer stays under 4096 bytes, also with the longest of everything.
#[tokio::test]
async fn the_longest_request_fits_the_head_of_an_answer() {
    let filler = "x".repeat(1000);
    let world = World::new()
        .line(&format!("authorization: {{ from_login_url: [login_hint], parameters: {{ p: {filler} }} }}"))
        .start()
        .await;
    let (hint, path) = ("h".repeat(500), "p".repeat(1900));
    let mut browser = world.browser();
    let answer = browser.get(&format!("{APP}/login?login_hint={hint}&rd=/{path}")).await;
    assert_eq!(answer.status, 302);
    assert!(answer.head.len() <= 4096, "{}", answer.head.len());
    let landed = browser.open(answer.location()).await;
    landed.assert_at("https://app.example.test/");
    assert_eq!(last(&world, Endpoint::Authorize).parameter("login_hint"), Some(hint.as_str()));
}
