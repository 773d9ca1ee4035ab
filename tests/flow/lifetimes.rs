//! How long a session lives (R-18.1 to, D-10, XT-03).

use crate::browser::Browser;
use crate::world::{APP, PAGE, World};

async fn status(world: &World, browser: &Browser) -> u16 {
    world.send(&world.base_of(browser)).await.status
}

#[tokio::test]
async fn a_session_that_nobody_uses_ends_after_the_idle_time_to_the_second() {
    let world = World::new()
        .app(|app| app.scopes("openid email"))
        .line("session: { idle: 30m, absolute: 7d }")
        .start()
        .await;
    let (early, late) = (world.signed_in().await, world.signed_in().await);
    world.clock.shift(30 * 60 - 5);
    assert_eq!(status(&world, &early).await, 200);
    world.clock.shift(6);
    assert_eq!(status(&world, &late).await, 302);
    assert_eq!(status(&world, &early).await, 200, "it was used meanwhile");
}

#[tokio::test]
async fn every_use_begins_the_idle_time_anew_without_a_new_cookie() {
    let world = World::new()
        .app(|app| app.scopes("openid email"))
        .line("session: { idle: 30m, absolute: 7d }")
        .start()
        .await;
    let browser = world.signed_in().await;
    for _ in 0..20 {
        world.clock.shift(29 * 60);
        let answer = world.send(&world.base_of(&browser)).await;
        answer.assert_allowed("used every 29 minutes");
        assert!(answer.all("Set-Cookie").is_empty());
    }
}

#[tokio::test]
async fn no_use_and_no_refresh_moves_the_absolute_end() {
    for scopes in ["openid email", "openid email offline_access"] {
        let world = World::new()
            .app(|app| app.scopes(scopes))
            .line("session: { idle: 2h, absolute: 8h, refresh_grace: 2h }")
            .start()
            .await;
        let mut browser = world.signed_in().await;
        for _ in 0..15 {
            world.clock.shift(30 * 60);
            assert_eq!(status(&world, &browser).await, 200, "{scopes}");
        }
        if scopes.contains("offline") {
            assert_eq!(browser.fetch(&format!("{APP}/new-token")).await.status, 200);
        }
        world.clock.shift(30 * 60 + 1);
        assert_eq!(status(&world, &browser).await, 302, "{scopes}");
    }
}

#[tokio::test]
async fn asking_how_long_the_session_lasts_does_not_extend_it() {
    let world = World::new()
        .app(|app| app.scopes("openid email"))
        .line("session: { idle: 30m, absolute: 7d }")
        .start()
        .await;
    let mut browser = world.signed_in().await;
    for minute in [10, 20] {
        world.clock.shift(10 * 60);
        let session = browser.fetch(&format!("{APP}/session")).await.json();
        let left = session["idle_seconds"].as_u64().unwrap();
        let expected = (30 - minute) * 60;
        assert!((expected - 10..=expected).contains(&left), "{left} left after {minute} minutes");
        assert_eq!(browser.fetch(&format!("{APP}/userinfo")).await.status, 200);
    }
    world.clock.shift(10 * 60 + 1);
    assert_eq!(status(&world, &browser).await, 302);
    assert_eq!(browser.fetch(&format!("{APP}/session")).await.status, 401);
}

#[tokio::test]
async fn a_session_that_ended_is_counted_with_its_reason() {
    let world = World::new()
        .app(|app| app.scopes("openid email"))
        .line("session: { idle: 30m, absolute: 1h }")
        .start()
        .await;
    let browser = world.signed_in().await;
    world.clock.shift(31 * 60);
    assert_eq!(status(&world, &browser).await, 302);
    let browser = world.signed_in().await;
    for _ in 0..3 {
        world.clock.shift(20 * 60);
        status(&world, &browser).await;
    }
    world.clock.shift(60);
    status(&world, &browser).await;
    let metrics = world.admin("/metrics").await.text();
    for code in ["session_idle", "session_absolute"] {
        let line = format!("vestibule_sessions_ended_total{{client=\"app\",code=\"{code}\"}} 1");
        assert!(metrics.contains(&line), "{line} is not in {metrics}");
    }
    assert!(metrics.contains("vestibule_sessions 0"), "{metrics}");
}

/// XT-03: a clock that is turned back makes no session live longer.
#[tokio::test]
async fn a_clock_turned_back_by_an_hour_breaks_nothing() {
    let world = World::new().line("session: { idle: 30m, absolute: 7d }").start().await;
    let mut browser = world.signed_in().await;
    world.clock.shift(-3600);
    assert_eq!(status(&world, &browser).await, 200);
    assert_eq!(browser.fetch(&format!("{APP}/session")).await.status, 200);
    let mut fresh = world.browser();
    fresh.open(PAGE).await.assert_at(PAGE);
}

/// XT-05
#[tokio::test]
async fn the_years_2039_and_2107_are_years_like_others() {
    let world = World::new().start().await;
    for year in [2039, 2107] {
        let now = i64::try_from(world.clock.wall().seconds()).unwrap();
        world.clock.shift((year - 1970) * 31_556_952 - now);
        let browser = world.signed_in().await;
        assert_eq!(status(&world, &browser).await, 200, "{year}");
    }
}

/// XP-04: after a restart the memory is empty, and a stale cookie is no error.
#[tokio::test]
async fn a_cookie_of_before_a_restart_leads_to_a_login() {
    let before = World::new().start().await;
    let cookie = before.session_cookie(&before.signed_in().await);
    let after = World::new().start().await;
    let answer = after.send(&after.base().with("Cookie", cookie)).await;
    assert_eq!(answer.status, 302, "{}", answer.show());
}

/// The application asks for it while a person works in the page without a request of the proxy's.
#[tokio::test]
async fn asking_for_new_tokens_is_a_use() {
    let world = World::new().line("session: { idle: 30m, absolute: 7d, refresh_grace: 2h }").start().await;
    let mut browser = world.signed_in().await;
    for round in 1..=3 {
        world.clock.shift(29 * 60);
        let answer = browser.fetch(&format!("{APP}/new-token")).await;
        assert_eq!(answer.status, 200, "{round}: {}", answer.show());
    }
}

/// Whoever is refused with a session does not keep it alive by asking.
#[tokio::test]
async fn a_request_that_is_refused_is_no_use() {
    let world = World::new()
        .app(|app| app.scopes("openid email"))
        .line("session: { idle: 30m, absolute: 7d }")
        .start()
        .await;
    let browser = world.signed_in().await;
    world.clock.shift(20 * 60);
    let answer = world.send(&world.base_of(&browser).with("X-User-Email", "root@example.org")).await;
    answer.assert_refused(400, "identity_header_sent", "a spoofed identity");
    world.clock.shift(11 * 60);
    world.send(&world.base_of(&browser)).await.assert_refused(302, "session_idle", "idle since the login");
}
