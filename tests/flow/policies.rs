//! What rules let in, keep out and send to the provider, through the whole server (R-13, C-01 on open rules, B-18).

use serde_json::json;

use crate::provider::{Endpoint, Step};
use crate::world::{APP, PAGE, SESSION, World};

const HEADERS: [&str; 4] = ["X-Auth-Subject", "X-User-Email", "X-User-Name", "X-User-Groups"];

/// C-01: every identity header once and empty, signed in or not, whatever the cookie, in every dialect; and no use of the session.
#[tokio::test]
async fn a_public_rule_tells_the_application_of_nobody() {
    let world = World::new().line("rules: [{ path: /public/*, policy: public }]").start().await;
    let browser = world.signed_in().await;
    let path = "/public/a";
    let url = format!("https://app.example.test{path}");
    let asks = [
        ("nobody", world.base().having("X-Forwarded-Uri", path)),
        ("signed in", world.base_of(&browser).having("X-Forwarded-Uri", path)),
        (
            "two cookies",
            world.base().having("X-Forwarded-Uri", path).with("Cookie", format!("{SESSION}=a; {SESSION}=b")),
        ),
        ("a token", world.base().having("X-Forwarded-Uri", path).with("Authorization", "Bearer x")),
        ("nginx", world.nginx(&url)),
        ("envoy", world.envoy(&url)),
        ("POST", world.base().having("X-Forwarded-Uri", path).having("X-Forwarded-Method", "POST")),
        ("OPTIONS", world.base().having("X-Forwarded-Uri", path).having("X-Forwarded-Method", "OPTIONS")),
    ];
    for (case, ask) in asks {
        let answer = world.send(&ask).await;
        answer.assert_allowed(case);
        for header in HEADERS {
            assert_eq!(answer.all(header), [""], "{case}: {header}");
        }
        assert!(answer.all("Set-Cookie").is_empty(), "{case}");
        let spoofed = world.send(&ask.with("x-user_email", "admin@example.org")).await;
        assert_eq!(spoofed.refusal(), "identity_header_sent", "{case}");
    }
}

#[tokio::test]
async fn an_optional_rule_tells_of_whoever_is_signed_in() {
    let world = World::new().line("rules: [{ path: /*, policy: optional }]").start().await;
    let mut browser = world.browser();
    browser.open(&format!("{APP}/login?rd=%2Fprivate")).await.assert_at(PAGE);
    let answer = world.send(&world.base_of(&browser)).await;
    answer.assert_allowed("signed in");
    assert_eq!(answer.all("X-User-Name"), ["ada"]);
    for cookie in ["", "x=y", &format!("{SESSION}=none-of-ours"), &format!("{SESSION}={}", "A".repeat(43))] {
        let answer = world.send(&world.base().with("Cookie", cookie)).await;
        answer.assert_allowed(cookie);
        for header in HEADERS {
            assert_eq!(answer.all(header), [""], "{cookie}: {header}");
        }
    }
}

/// signed in and not allowed is 403 in every dialect, and the log has the reason.
#[tokio::test]
async fn whoever_lacks_a_group_is_told_403_and_whoever_gets_it_is_let_in() {
    let world = World::new()
        .line("rules: [{ path: /private, require: { groups: { any: [admins] } }, claims_max_age: 30s }, { path: /closed, policy: deny }]")
        .start()
        .await;
    let browser = world.signed_in().await;
    world.send(&world.base_of(&browser)).await.assert_allowed("a member");
    world.provider.script().id_token_claims.insert("groups".to_owned(), json!(["staff"]));
    world.send(&world.base_of(&browser)).await.assert_allowed("the claims are new enough");
    world.clock.shift(31);
    let calls = world.provider.refreshes();
    let answer = world.send(&world.base_of(&browser)).await;
    answer.assert_refused(
        403,
        "not_member",
        "the group is gone, and the claims were refreshed before the decision",
    );
    assert_eq!(world.provider.refreshes(), calls + 1);
    let nginx = world.send(&world.nginx(PAGE).with("Cookie", world.session_cookie(&browser))).await;
    assert_eq!((nginx.status, nginx.refusal()), (403, "not_member"));
    world.provider.script().id_token_claims.insert("groups".to_owned(), json!(["admins"]));
    world.clock.shift(31);
    world.send(&world.base_of(&browser)).await.assert_allowed("a member again");
    let closed = world.base_of(&browser).having("X-Forwarded-Uri", "/closed");
    world.send(&closed).await.assert_refused(403, "rule_denies", "nobody gets in");
}

/// no decision on claims that are too old, and no grace.
#[tokio::test]
async fn claims_that_cannot_be_refreshed_let_nobody_in_where_a_rule_wants_newer_ones() {
    let world = World::new().line("rules: [{ path: /private, claims_max_age: 30s }]").start().await;
    let browser = world.signed_in().await;
    world.clock.shift(31);
    world.provider.always(Endpoint::Token, Step::status(503));
    let answer = world.send(&world.base_of(&browser)).await;
    answer.assert_refused(503, "refresh_unavailable", "the provider is down");
    let elsewhere = world.base_of(&browser).having("X-Forwarded-Uri", "/elsewhere");
    world.send(&elsewhere).await.assert_allowed("there the claims are good for longer");
    world.provider.recover();
    world.clock.shift(120);
    world.send(&world.base_of(&browser)).await.assert_allowed("it is back");

    let world = World::new()
        .app(|app| app.scopes("openid email").line("rules: [{ path: /private, claims_max_age: 30s }]"))
        .start()
        .await;
    let browser = world.signed_in().await;
    world.send(&world.base_of(&browser)).await.assert_allowed("new");
    world.clock.shift(31);
    let answer = world.send(&world.base_of(&browser)).await;
    assert_eq!((answer.status, answer.refusal()), (302, "claims_too_old"), "{}", answer.show());
}

///
#[tokio::test]
async fn a_step_up_asks_the_provider_once_and_a_better_sign_in_is_let_in() {
    let world = World::new()
        .line("rules: [{ path: /private, acr_values: [gold], on_forbidden: step_up }]")
        .start()
        .await;
    let mut browser = world.browser();
    browser.open("https://app.example.test/other").await.assert_at("https://app.example.test/other");
    let weak = world.send(&world.base_of(&browser)).await;
    assert_eq!((weak.status, weak.refusal()), (302, "step_up"), "{}", weak.show());
    assert!(weak.location().contains("/oidc/app/login?step_up=1&rd="), "{}", weak.location());
    let program =
        world.base_of(&browser).having("Accept", "application/json").having("Sec-Fetch-Mode", "cors");
    world.send(&program).await.assert_refused(403, "step_up_needed", "a program");

    // The provider does not have it: it says so once, and the session that there was goes on elsewhere.
    let landed = browser.open(PAGE).await;
    assert_eq!(
        (landed.answer.status, landed.answer.refusal()),
        (403, "id_token_acr"),
        "{}",
        landed.answer.show()
    );
    let asked = world.provider.calls(Endpoint::Authorize);
    assert_eq!(asked.last().unwrap().parameter("acr_values"), Some("gold"));

    world.provider.script().id_token_claims.insert("acr".to_owned(), json!("gold"));
    browser.open(PAGE).await.assert_at(PAGE);
    world.send(&world.base_of(&browser)).await.assert_allowed("stronger");

    // Somebody's link to a login for a rule that there is not is a login like any other.
    let before = world.provider.calls(Endpoint::Authorize).len();
    let mut other = world.browser();
    other.open("https://app.example.test/oidc/app/login?step_up=99&rd=%2Fprivate").await;
    let asked = world.provider.calls(Endpoint::Authorize);
    assert_eq!(asked[before].parameter("acr_values"), None);
}

/// OPTIONS has no cookie by design.
#[tokio::test]
async fn a_preflight_goes_through_where_a_rule_lets_it() {
    let world = World::new().line("rules: [{ path: /private, preflight: pass }]").start().await;
    let preflight = |ask: crate::wire::Ask| {
        ask.with("Origin", "https://spa.example.test").with("Access-Control-Request-Method", "PUT")
    };
    let answer = world.send(&preflight(world.base().having("X-Forwarded-Method", "OPTIONS"))).await;
    answer.assert_allowed("a preflight");
    assert_eq!(answer.all("X-Auth-Subject"), [""]);
    let nginx = preflight(world.nginx(PAGE).having("X-Original-Method", "OPTIONS"));
    world.send(&nginx).await.assert_allowed("nginx");
    for (case, ask) in [
        ("no preflight", world.base().having("X-Forwarded-Method", "OPTIONS")),
        ("another method", preflight(world.base())),
        (
            "another path",
            preflight(world.base().having("X-Forwarded-Method", "OPTIONS").having("X-Forwarded-Uri", "/x")),
        ),
    ] {
        let answer = world.send(&ask).await;
        assert_ne!(answer.status, 200, "{case}: {}", answer.show());
    }
}

#[tokio::test]
async fn networks_are_of_the_address_that_a_trusted_proxy_wrote_in_every_dialect() {
    let world = World::new()
        .line("rules: [{ path: /private, networks: [198.51.100.0/24], policy: public }]")
        .start()
        .await;
    for (address, status) in [
        ("198.51.100.7", 200),
        ("198.51.100.7, 203.0.113.1", 302),
        ("203.0.113.1, 198.51.100.7", 200),
        ("203.0.113.1, 198.51.100.7, 127.0.0.1", 200),
    ] {
        let answer = world.send(&world.base().having("X-Forwarded-For", address)).await;
        assert_eq!(answer.status, status, "{address}: {}", answer.show());
        let answer = world.send(&world.nginx(PAGE).having("X-Forwarded-For", address)).await;
        assert_eq!(
            answer.status,
            if status == 200 { 200 } else { 401 },
            "nginx {address}: {}",
            answer.show()
        );
    }
    let answer = world.send(&world.base().without("X-Forwarded-For")).await;
    assert_eq!((answer.status, answer.refusal()), (400, "client_address_unknown"), "{}", answer.show());
    let nginx = world.send(&world.nginx(PAGE).without("X-Forwarded-For")).await;
    assert_eq!((nginx.status, nginx.refusal()), (403, "client_address_unknown"), "{}", nginx.show());
}
