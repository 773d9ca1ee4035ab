//! Logins of one browser that meet: one after the other, in several tabs, at several clients (R-1.1, R-3.2, XI-03).

use crate::browser::{Browser, Callback};
use crate::world::{APP, Client, FLOW, PAGE, SESSION, World};

const OTHER: &str = "https://other.example.test/private";

/// The status of the question that a proxy asks with that `Cookie`.
async fn status(world: &World, cookie: &str) -> u16 {
    world.send(&world.base().with("Cookie", cookie)).await.status
}

async fn sign_in_again(browser: &mut Browser) {
    browser.open(&format!("{APP}/login?rd={PAGE}")).await.assert_at(PAGE);
}

/// Another tab of the same morning: its requests are under way with the cookie of a moment ago.
#[tokio::test]
async fn a_session_outlives_the_next_login_of_the_same_person_by_half_a_minute() {
    let world = World::new().start().await;
    let mut browser = world.signed_in().await;
    let old = world.session_cookie(&browser);
    sign_in_again(&mut browser).await;
    assert_eq!(status(&world, &old).await, 200, "at once");
    world.clock.shift(31);
    let answer = world.send(&world.base().with("Cookie", &old)).await;
    answer.assert_refused(302, "session_replaced", "after half a minute");
    assert_eq!(status(&world, &world.session_cookie(&browser)).await, 200, "the new one goes on");
}

#[tokio::test]
async fn a_session_ends_at_once_when_somebody_else_signs_in_in_the_same_browser() {
    let world = World::new().start().await;
    let mut browser = world.signed_in().await;
    let old = world.session_cookie(&browser);
    world.provider.script().subject = "subject-of-bob".to_owned();
    sign_in_again(&mut browser).await;
    let answer = world.send(&world.base().with("Cookie", &old)).await;
    answer.assert_refused(302, "session_unknown", "the one before");
}

/// A session is none at another client: neither a login nor a sign-out there ends it.
#[tokio::test]
async fn nothing_at_one_client_ends_a_session_of_another() {
    let world = World::new().client(Client::named("other")).start().await;
    let browser = world.signed_in().await;
    let kept = world.session_cookie(&browser);
    // Under the name that it would have there.
    let mut cookie = browser.jar.get(SESSION).unwrap().clone();
    cookie.name = "__Host-vestibule_other".to_owned();
    cookie.domain = "other.example.test".to_owned();
    let mut there = world.browser_for("other");
    there.jar.plant(cookie.clone());
    there.open(OTHER).await.assert_at(OTHER);
    assert_eq!(status(&world, &kept).await, 200, "after a login there");
    world.clock.shift(31);
    assert_eq!(status(&world, &kept).await, 200, "half a minute after it");

    let mut there = world.browser_for("other");
    there.jar.plant(cookie);
    let answer = there.submit(OTHER, "https://other.example.test/oidc/other/logout", "").await;
    assert_eq!(answer.status, 303, "{}", answer.show());
    assert_eq!(status(&world, &kept).await, 200, "after a sign-out there");
}

/// Two tabs that began before either had a flow cookie.
#[tokio::test]
async fn whichever_tab_comes_back_first_is_signed_in() {
    let world = World::new().start().await;
    for first in [0, 1] {
        let mut browser = world.browser();
        let mut callbacks = Vec::new();
        for tab in 0..2 {
            let mut alone = world.browser();
            callbacks.push(alone.open_until_callback(&format!("{PAGE}/{tab}")).await);
            browser.jar.plant(alone.jar.get(FLOW).unwrap().clone());
        }
        browser.finish(callbacks.remove(first)).await.assert_at(&format!("{PAGE}/{first}"));
    }
}

/// The browser restores three tabs of one page, and the answers come before any of them is shown.
#[tokio::test]
async fn tabs_of_one_page_that_begin_together_are_no_loop() {
    let world = World::new().start().await;
    let mut browser = world.browser();
    let mut callbacks: Vec<Callback> = Vec::new();
    for _ in 0..4 {
        callbacks.push(browser.open_until_callback(PAGE).await);
    }
    for callback in callbacks {
        let answer = browser.call_back(&callback).await;
        assert_eq!((answer.status, answer.refusal()), (303, "-"), "{}", answer.show());
        browser.jar.remove(SESSION);
    }
}

/// Somebody reads the provider's page for a minute: that is no loop either.
#[tokio::test]
async fn a_login_begun_after_two_in_vain_is_finished_by_who_takes_a_minute() {
    let world = World::new().start().await;
    let mut browser = world.browser();
    for _ in 0..2 {
        let callback = browser.open_until_callback(PAGE).await;
        assert_eq!(browser.call_back(&callback).await.status, 303);
        browser.jar.remove(SESSION);
    }
    let callback = browser.open_until_callback(PAGE).await;
    world.clock.shift(61);
    browser.finish(callback).await.assert_at(PAGE);
}

/// Sessions that live are never given up for a new one, also not for one of the same person that finds no room.
#[tokio::test]
async fn a_login_that_finds_no_room_leaves_the_session_before_it_alive() {
    let world = World::new().server("max_sessions: 1").start().await;
    let mut browser = world.signed_in().await;
    let kept = world.session_cookie(&browser);
    let callback = browser.open_until_callback(&format!("{APP}/login?rd={PAGE}")).await;
    browser.call_back(&callback).await.assert_refused(503, "sessions_full", "there is one place");
    world.clock.shift(31);
    assert_eq!(status(&world, &kept).await, 200);
}

/// A flow cookie's name comes from its value: one that somebody put there under another name begins no login.
#[tokio::test]
async fn a_flow_cookie_under_a_name_that_is_not_its_own_is_not_taken_for_a_login() {
    let world = World::new().start().await;
    let mut browser = world.browser();
    let callback = browser.open_until_callback(PAGE).await;
    let mut cookie = browser.jar.get(FLOW).unwrap().clone();
    let value = cookie.value.clone();
    browser.jar.remove(&cookie.name);
    cookie.name = format!("{FLOW}.AAAAAAAA");
    browser.jar.plant(cookie);
    let answer = browser.get(&format!("{APP}/login")).await;
    assert_eq!(answer.status, 302, "{}", answer.show());
    assert!(!answer.all("Set-Cookie").iter().any(|line| line.contains(&value)), "{}", answer.show());
    // Nor does it finish one.
    let mut ask = world.base().with("Cookie", format!("{FLOW}.AAAAAAAA={value}"));
    ask.target = callback.url.strip_prefix("https://app.example.test").unwrap().as_bytes().to_vec();
    world.send(&ask).await.assert_refused(400, "callback_no_flow_cookie", "under another name");
}
