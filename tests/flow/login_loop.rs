//! Logins that lead nowhere stop with a page (R-1.1, R-1.2, E-17).

use crate::provider::Endpoint;
use crate::world::{PAGE, SESSION, World};

/// E-17: a browser that takes no cookies gets a page after one round.
#[tokio::test]
async fn a_browser_without_cookies_comes_to_a_page_after_one_round_not_to_a_loop() {
    let world = World::new().start().await;
    let mut browser = world.browser();
    browser.blocks_cookies = true;
    let landed = browser.open(PAGE).await;
    assert!(!landed.in_application);
    landed.answer.assert_refused(400, "callback_no_flow_cookie", "cookies are blocked");
    assert_eq!(world.provider.count(Endpoint::Authorize), 1);
    assert_eq!(world.provider.count(Endpoint::Token), 0);
}

/// The loop breaker: the session cookie does not come back, whatever the reason.
#[tokio::test]
async fn the_third_login_within_a_minute_without_a_request_between_stops_with_a_page() {
    let world = World::new().start().await;
    let mut browser = world.browser();
    let mut logins = 0;
    let stopped = loop {
        let landed = browser.open_until_callback(PAGE).await;
        let answer = browser.call_back(&landed).await;
        logins += 1;
        if answer.status != 303 {
            break answer;
        }
        assert!(logins < 5, "nothing stops it");
        browser.jar.remove(SESSION);
    };
    assert_eq!(logins, 3, "{}", stopped.show());
    stopped.assert_refused(508, "cookie_not_returned", "the third");
    world.clock.shift(61);
    browser.open(PAGE).await.assert_at(PAGE);
}

/// the page says what is known of the cause.
#[tokio::test]
async fn a_loop_names_its_cause() {
    for (keeps_cookie, code) in [(true, "cookie_domain_mismatch"), (false, "cookie_not_returned")] {
        let world = World::new().start().await;
        let mut browser = world.browser();
        for round in 1..=3 {
            let login = world.send(&world.base()).await.location().to_owned();
            let callback = browser.open_until_callback(&login).await;
            let answer = browser.call_back(&callback).await;
            if round < 3 {
                assert_eq!(answer.status, 303, "{code}: {}", answer.show());
            } else {
                answer.assert_refused(508, code, "the third");
            }
            if !keeps_cookie {
                browser.jar.remove(SESSION);
            }
        }
        assert_eq!(world.provider.count(Endpoint::Token), 2, "the third code is not redeemed");
    }
}

#[tokio::test]
async fn a_loop_behind_a_process_that_does_not_know_the_session_says_so() {
    let world = World::new().start().await;
    let mut browser = world.browser();
    for round in 1..=3 {
        let callback = browser.open_until_callback(PAGE).await;
        let answer = browser.call_back(&callback).await;
        if round < 3 {
            assert_eq!(answer.status, 303, "{}", answer.show());
        } else {
            answer.assert_refused(508, "session_not_found", "another replica's cookie");
        }
        let mut cookie = browser.jar.get(SESSION).unwrap().clone();
        browser.jar.remove(SESSION);
        cookie.value = "D".repeat(42) + "A";
        browser.jar.plant(cookie);
    }
}

#[tokio::test]
async fn logins_with_authorised_requests_between_them_are_no_loop() {
    let world = World::new().start().await;
    let mut browser = world.browser();
    for _ in 0..6 {
        browser.open(PAGE).await.assert_at(PAGE);
        browser.jar.remove(SESSION);
    }
}
