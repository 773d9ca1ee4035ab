//! What the application gets beside claims and the assertion: the end of the session, tokens, its own cookies.

use crate::api::AUDIENCE_LINE;
use crate::jar::Context;
use crate::wire::{Answer, Ask};
use crate::world::{Client, FLOW, World};

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
