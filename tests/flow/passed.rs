//! What the application gets beside claims and the assertion: the end of the session, tokens, its own cookies.

use crate::api::AUDIENCE_LINE;
use crate::wire::Answer;
use crate::world::World;

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
