//! What the application gets beside claims and the assertion: the end of the session, tokens, its own cookies.

use crate::api::AUDIENCE_LINE;
use crate::jar::Context;
use crate::provider::Endpoint;
use crate::wire::{Answer, Ask};
use crate::world::{APP, Client, FLOW, PAGE, Setup, World};

const EXPIRES: &str = "X-Auth-Session-Expires";
const EXPIRES_LINE: &str = "session_expires_header: X-Auth-Session-Expires";
const RULES: &str = "rules: [{ path: /open, policy: public }, { path: /maybe, policy: optional }, { path: /api, preflight: pass }]";

fn only<'a>(answer: &'a Answer, name: &str, case: &str) -> &'a str {
    answer.assert_allowed(case);
    let all = answer.all(name);
    assert_eq!(all.len(), 1, "{case}: {name} in {}", answer.show());
    all[0]
}

/// Every 200 without anybody, and what that is.
async fn for_nobody(world: &World) -> Vec<(&'static str, Answer)> {
    let preflight = world
        .base()
        .having("X-Forwarded-Method", "OPTIONS")
        .having("X-Forwarded-Uri", "/api")
        .with("Origin", "https://app.example.test")
        .with("Access-Control-Request-Method", "PUT");
    let browser = world.signed_in().await;
    vec![
        ("public", world.send(&world.base().having("X-Forwarded-Uri", "/open")).await),
        ("public, signed in", world.send(&world.base_of(&browser).having("X-Forwarded-Uri", "/open")).await),
        ("optional", world.send(&world.base().having("X-Forwarded-Uri", "/maybe")).await),
        ("preflight", world.send(&preflight).await),
    ]
}

#[tokio::test]
async fn the_application_is_told_when_the_session_ends_if_this_is_its_last_use() {
    let world = World::new().line("session: { idle: 1h, absolute: 90m }").line(EXPIRES_LINE).start().await;
    let browser = world.signed_in().await;
    let signed_in = world.clock.wall().seconds();
    // Seconds after the sign-in, and what is left then. The clock goes on while this runs.
    for (step, after, left) in [(0, 0, 3600), (1200, 1200, 3600), (1800, 3000, 2400), (2300, 5300, 100)] {
        world.clock.shift(step);
        let answer = world.send(&world.base_of(&browser)).await;
        let ends: u64 = only(&answer, EXPIRES, "signed in").parse().unwrap();
        let expected = signed_in + after + left;
        assert!((expected - 15..=expected + 15).contains(&ends), "after {after}s: {ends}, not {expected}");
    }
    // It is true: gone then.
    world.clock.shift(115);
    assert_eq!(world.send(&world.base_of(&browser)).await.refusal(), "session_absolute");
}

#[tokio::test]
async fn of_an_access_token_its_own_end_is_told() {
    let world = World::new().line(AUDIENCE_LINE).line(EXPIRES_LINE).start().await;
    let token = world.provider.access_token(|_| {});
    let answer = world.send(&world.bearing(&token)).await;
    let ends: u64 = only(&answer, EXPIRES, "token").parse().unwrap();
    let now = world.clock.wall().seconds();
    assert!((now + 285..=now + 300).contains(&ends), "{ends}");
}

#[tokio::test]
async fn for_nobody_no_end_is_told_but_the_header_is_there() {
    let world = World::new().line(EXPIRES_LINE).line(RULES).start().await;
    for (case, answer) in for_nobody(&world).await {
        assert_eq!(only(&answer, EXPIRES, case), "", "{case}");
    }
    for name in [EXPIRES, "x_auth_session_expires", "X-Auth.Session-Expires"] {
        let answer = world.send(&world.base().having("X-Forwarded-Uri", "/open").with(name, "9")).await;
        answer.assert_refused(400, "identity_header_sent", name);
    }
}

/// C-12
#[tokio::test]
async fn the_application_gets_every_cookie_but_ours() {
    let world = World::new()
        .client(Client::named("other"))
        .line("strip_cookie: true")
        .line(AUDIENCE_LINE)
        .line(RULES)
        .start()
        .await;
    let browser = world.signed_in().await;
    let session = world.session_cookie(&browser);
    let sent = format!("theme=dark; {session}; {FLOW}.abc=x; __Host-vestibule_other=y; lang=\"de; en\"");
    let left = "theme=dark; lang=\"de; en\"";
    let plain = |ask: Ask| ask.without("Cookie");
    for (case, ask) in [
        ("signed in", plain(world.base_of(&browser))),
        ("public", plain(world.base().having("X-Forwarded-Uri", "/open"))),
        ("optional", plain(world.base().having("X-Forwarded-Uri", "/maybe"))),
    ] {
        let answer = world.send(&ask.clone().with("Cookie", &sent)).await;
        assert_eq!(only(&answer, "Cookie", case), left, "{case}");
        let lines = ask.with("Cookie", "a=1").with("Cookie", &session).with("Cookie", "b=2");
        let answer = world.send(&lines).await;
        assert_eq!(only(&answer, "Cookie", case), "a=1; b=2", "{case}");
    }
    for (case, answer) in for_nobody(&world).await {
        assert_eq!(only(&answer, "Cookie", case), "", "{case}: nothing but ours");
    }
    let token = world.provider.access_token(|_| {});
    let answer = world.send(&world.bearing(&token).with("Cookie", "theme=dark")).await;
    assert_eq!(only(&answer, "Cookie", "token"), "theme=dark");
    // Not where it is not set, and on nothing but a 200.
    let mut other = world.browser_for("other");
    other.open("https://other.example.test/").await.assert_at("https://other.example.test/");
    let url = "https://other.example.test/".parse().unwrap();
    let answer = world.send(&other.ask("GET", &url, Context::SameSite)).await;
    answer.assert_allowed("other");
    assert!(answer.all("Cookie").is_empty());
    let refused = world.send(&world.base().with("Cookie", "theme=dark")).await;
    assert!(refused.all("Cookie").is_empty(), "{}", refused.show());
}

/// C-08: the whole head of an answer fits 4096 bytes, and what does not fit is a refusal.
#[tokio::test]
async fn cookies_that_do_not_fit_are_a_refusal_that_says_what_to_do() {
    let world = World::new().line("strip_cookie: true").line(RULES).start().await;
    let asking = |bytes: usize| {
        let ask = world.base().having("X-Forwarded-Uri", "/open");
        ask.with("Cookie", format!("a={}", "x".repeat(bytes - 2)))
    };
    let mut fits = 3000;
    while world.send(&asking(fits + 1)).await.status == 200 {
        fits += 1;
    }
    let answer = world.send(&asking(fits)).await;
    assert!((3800..=4096).contains(&answer.head.len()), "{} bytes", answer.head.len());
    let refused = world.send(&asking(fits + 1)).await;
    refused.assert_refused(431, "cookies_too_large", "one more");
    assert!(refused.text().contains("Delete the cookies of this site"), "{}", refused.show());
    let mut nginx = world.nginx("https://app.example.test/open");
    nginx = nginx.with("Cookie", format!("a={}", "x".repeat(fits)));
    world.send(&nginx).await.assert_refused(403, "cookies_too_large", "nginx");
}

fn with_tokens() -> Setup {
    World::new()
        .line("access_token_header: X-Auth-Access-Token")
        .line("id_token_header: X-Auth-ID-Token")
        .line(RULES)
}

///
#[tokio::test]
async fn the_tokens_of_a_session_are_passed_and_come_anew_with_each_refresh() {
    let world = with_tokens().start().await;
    let mut browser = world.signed_in().await;
    let answer = world.send(&world.base_of(&browser)).await;
    let first = only(&answer, "X-Auth-Access-Token", "signed in").to_owned();
    assert!(first.starts_with("access_token-"), "{first}");
    let id_token = only(&answer, "X-Auth-ID-Token", "signed in").to_owned();
    assert_eq!(id_token.split('.').count(), 3);
    world.provider.keep_secret("id_token", id_token.rsplit('.').next().unwrap());

    world.clock.shift(10);
    assert_eq!(browser.fetch(&format!("{APP}/new-token")).await.status, 200);
    let answer = world.send(&world.base_of(&browser)).await;
    let second = only(&answer, "X-Auth-Access-Token", "refreshed").to_owned();
    assert!(second.starts_with("access_token-") && second != first);
    assert_ne!(only(&answer, "X-Auth-ID-Token", "refreshed"), id_token);
    for (case, answer) in for_nobody(&world).await {
        for name in ["X-Auth-Access-Token", "X-Auth-ID-Token"] {
            assert_eq!(only(&answer, name, case), "", "{case}");
        }
    }
}

/// Where it cannot be refreshed, the session goes on without it.
#[tokio::test]
async fn an_access_token_that_has_expired_is_not_passed() {
    let world = with_tokens().app(|app| app.scopes("openid email")).start().await;
    let browser = world.signed_in().await;
    world.clock.shift(3500);
    let answer = world.send(&world.base_of(&browser)).await;
    assert!(only(&answer, "X-Auth-Access-Token", "before").starts_with("access_token-"));
    world.clock.shift(100);
    let answer = world.send(&world.base_of(&browser)).await;
    assert_eq!(only(&answer, "X-Auth-Access-Token", "after"), "");
    assert_ne!(only(&answer, "X-Auth-ID-Token", "after"), "", "it says who signed in, then as before");
}

/// C-01
#[tokio::test]
async fn nobody_brings_tokens_along() {
    let world = with_tokens().start().await;
    let browser = world.signed_in().await;
    for name in ["X-Auth-Access-Token", "x_auth_access_token", "X-Auth-ID-Token", "X.Auth.Id.Token"] {
        for ask in [world.base(), world.base_of(&browser), world.base().having("X-Forwarded-Uri", "/open")] {
            world.send(&ask.with(name, "x")).await.assert_refused(400, "identity_header_sent", name);
        }
    }
}

#[tokio::test]
async fn authorization_is_the_access_token_of_the_session_whatever_the_caller_sent() {
    let world = World::new().line("access_token_header: Authorization").line(RULES).start().await;
    let browser = world.signed_in().await;
    for own in [None, Some("Basic YTpi"), Some("Bearer x"), Some("")] {
        let with = |ask: Ask| own.iter().fold(ask, |ask, value| ask.with("Authorization", value));
        let answer = world.send(&with(world.base_of(&browser))).await;
        let value = only(&answer, "Authorization", "signed in");
        assert!(value.starts_with("Bearer access_token-"), "{value}");
        for path in ["/open", "/maybe"] {
            let answer = world.send(&with(world.base().having("X-Forwarded-Uri", path))).await;
            assert_eq!(only(&answer, "Authorization", path), "", "{own:?}");
        }
    }
}

/// What a caller brings goes on as the rule says, and no token of a session beside it.
#[tokio::test]
async fn beside_the_token_of_a_caller_there_is_none_of_a_session() {
    let world = with_tokens().line(AUDIENCE_LINE).start().await;
    let token = world.provider.access_token(|_| {});
    let answer = world.send(&world.bearing(&token)).await;
    for name in ["X-Auth-Access-Token", "X-Auth-ID-Token"] {
        assert_eq!(only(&answer, name, "token"), "");
    }
    assert!(answer.all("Authorization").is_empty());
}

/// C-08
#[tokio::test]
async fn a_token_that_does_not_fit_is_a_refusal_that_says_so() {
    let world = with_tokens()
        .line("userinfo: off")
        .provider(|provider| {
            provider.change_token_answer(|_, answer| {
                answer.insert("access_token".to_owned(), "t".repeat(4000).into());
            });
            // Its hash would be another token's.
            provider.change_id_token(|draft| draft.remove("at_hash"));
        })
        .start()
        .await;
    let landed = world.browser().open(PAGE).await;
    assert_eq!(landed.answer.status, 403, "{}", landed.answer.show());
    assert_eq!(landed.answer.refusal(), "passed_too_large");
    assert!(landed.answer.all("X-Auth-Access-Token").is_empty());
    assert!(!crate::logs::lines_with(&["passed_too_large", "x-auth-access-token"]).is_empty());
}

/// What is kept is revoked, after what it was issued from; and nothing is kept that nobody gets.
#[tokio::test]
async fn signing_out_revokes_a_kept_access_token_too() {
    for (setup, scopes, expected) in [
        (with_tokens(), "openid offline_access", &["refresh_token", "access_token"][..]),
        (with_tokens(), "openid", &["access_token"]),
        (World::new(), "openid offline_access", &["refresh_token"]),
        (World::new().line("id_token_header: X-Auth-ID-Token"), "openid offline_access", &["refresh_token"]),
    ] {
        let world = setup.app(|app| app.scopes(scopes)).start().await;
        let mut browser = world.signed_in().await;
        browser.submit(PAGE, &format!("{APP}/logout"), "").await;
        world.provider.reached(Endpoint::Revocation, expected.len()).await;
        let calls = world.provider.calls(Endpoint::Revocation);
        let hints: Vec<_> = calls.iter().map(|call| call.parameter("token_type_hint").unwrap()).collect();
        assert_eq!(hints, expected);
        for call in &calls {
            let (token, hint) =
                (call.parameter("token").unwrap(), call.parameter("token_type_hint").unwrap());
            assert!(token.starts_with(&format!("{hint}-")), "{token}");
        }
    }
    let world = with_tokens().app(|app| app.scopes("openid")).start().await;
    let mut browser = world.signed_in().await;
    world.clock.shift(3601);
    browser.submit_and_follow(PAGE, &format!("{APP}/logout"), "").await;
    assert_eq!(world.provider.count(Endpoint::Revocation), 0, "it is over already");
}

/// S7 of the contract: some proxies strip what `Connection` names after we have set it.
#[tokio::test]
async fn connection_cannot_strip_what_stands_in_place_of_the_callers_own() {
    let world =
        World::new().line("access_token_header: Authorization").line("strip_cookie: true").start().await;
    let browser = world.signed_in().await;
    for named in ["authorization", "close, Cookie"] {
        let answer = world.send(&world.base_of(&browser).with("Connection", named)).await;
        answer.assert_refused(400, "identity_header_in_connection", named);
    }
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    for named in ["authorization", "close, Cookie"] {
        world.send(&world.base_of(&browser).with("Connection", named)).await.assert_allowed(named);
    }
}
