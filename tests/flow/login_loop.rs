//! Logins that lead nowhere stop with a page (R-1.1, R-1.2, E-17).

use serde_json::json;

use crate::browser::Browser;
use crate::provider::Endpoint;
use crate::wire::{Answer, send};
use crate::world::{APP, Client, PAGE, SESSION, World};

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
    for (keeps_cookie, code) in [(true, "cookie_not_passed_on"), (false, "cookie_not_returned")] {
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

/// Goes to the page three times, each time with something done to the browser once the login is over, and gives the third answer.
async fn third_login(browser: &mut Browser, mut between: impl FnMut(&mut Browser)) -> Answer {
    for _ in 0..2 {
        let callback = browser.open_until_callback(PAGE).await;
        let answer = browser.call_back(&callback).await;
        assert_eq!(answer.status, 303, "{}", answer.show());
        between(browser);
    }
    let callback = browser.open_until_callback(PAGE).await;
    browser.call_back(&callback).await
}

/// A domain under which strangers have names: browsers throw the session cookie away and keep the flow cookie, which has none.
#[tokio::test]
async fn a_loop_by_a_domain_that_browsers_refuse_says_so() {
    let world = World::new().line("cookie: { domain: example.test }").start().await;
    let mut browser = world.browser();
    let stopped = third_login(&mut browser, |browser| browser.jar.remove("__Secure-vestibule_app")).await;
    stopped.assert_refused(508, "cookie_domain_mismatch", "the third");
    assert!(!stopped.text().contains("Try again"), "it would be the same again: {}", stopped.text());
}

/// Something on the way writes cookies anew, or another program sets one of that name.
#[tokio::test]
async fn a_loop_by_a_cookie_that_comes_back_changed_says_so() {
    let world = World::new().start().await;
    let mut browser = world.browser();
    let stopped = third_login(&mut browser, |browser| {
        let mut cookie = browser.jar.get(SESSION).unwrap().clone();
        browser.jar.remove(SESSION);
        cookie.value = format!("\"{}\"", cookie.value);
        browser.jar.plant(cookie);
    })
    .await;
    stopped.assert_refused(508, "cookie_changed", "the third");
}

/// the proxy asks one replica about pages and sends people to another; the session is alive where they sign in.
#[tokio::test]
async fn a_loop_between_two_replicas_says_so_though_the_session_is_alive_at_one() {
    let world = World::new().start().await;
    let replica = world.replica().await;
    let mut browser = world.browser();
    for round in 1..=3 {
        let answer = send(replica.address, &world.base_of(&browser)).await;
        assert_eq!(answer.status, 302, "{}", answer.show());
        assert_eq!(answer.location().contains("&seen=unknown"), round > 1, "{}", answer.location());
        let callback = browser.open_until_callback(answer.location()).await;
        let answer = browser.call_back(&callback).await;
        if round < 3 {
            assert_eq!(answer.status, 303, "{}", answer.show());
        } else {
            answer.assert_refused(508, "session_not_found", "the third");
        }
    }
}

#[tokio::test]
async fn a_loop_by_a_session_that_is_over_before_it_is_used_says_so() {
    let world = World::new().line("session: { idle: 1s }").start().await;
    let clock = world.clock.clone();
    let mut browser = world.browser();
    let stopped = third_login(&mut browser, |_| clock.shift(2)).await;
    stopped.assert_refused(508, "session_ended_at_once", "the third");
}

/// The provider's clock is behind: what it refreshes is over by ours, and the session ends before the page is there.
#[tokio::test]
async fn a_loop_by_clocks_that_are_apart_says_so() {
    let world = World::new().start().await;
    world.provider.script().expires_in = Some(10);
    let clock = world.clock.clone();
    let mut browser = world.browser();
    for _ in 0..2 {
        world.provider.change_id_token(|_| {});
        let callback = browser.open_until_callback(PAGE).await;
        assert_eq!(browser.call_back(&callback).await.status, 303);
        clock.shift(11);
        let now = clock.wall().seconds();
        world.provider.change_id_token(move |draft| {
            draft.claims.insert("iat".to_owned(), json!(now - 700));
            draft.claims.insert("exp".to_owned(), json!(now - 400));
        });
        // The page: the token is over, the refresh is waited for, and ends the session.
        let answer = world.send(&world.base_of(&browser)).await;
        assert_eq!(answer.refusal(), "session_refresh_denied", "{}", answer.show());
    }
    world.provider.change_id_token(|_| {});
    let callback = browser.open_until_callback(PAGE).await;
    browser.call_back(&callback).await.assert_refused(508, "clock_skew", "the third");
}

/// told at the first question, in every dialect, and no login begins.
#[tokio::test]
async fn a_page_over_http_is_told_so_and_never_sent_to_the_provider() {
    let world = World::new().start().await;
    let http = PAGE.replace("https", "http");
    let code = "scheme_http_with_secure_cookie";
    world.send(&world.asking(&http)).await.assert_refused(400, code, "a page");
    world.send(&world.nginx(&http)).await.assert_refused(403, code, "nginx");
    let script = world.asking(&http).having("Sec-Fetch-Mode", "cors").having("Sec-Fetch-Dest", "empty");
    world.send(&script).await.assert_refused(400, code, "a script");
    assert_eq!(world.provider.count(Endpoint::Authorize), 0);
    // Whoever has a session came by https: only the proxy's word is wrong.
    let browser = world.signed_in().await;
    let ask = world.base_of(&browser).having("X-Forwarded-Proto", "http");
    world.send(&ask).await.assert_allowed("with a session");
}

/// The page came over https and the login over http: the browser threw the flow cookie away.
#[tokio::test]
async fn a_login_that_came_back_over_http_is_told_so_and_not_that_cookies_are_blocked() {
    let world = World::new().start().await;
    let mut browser = world.browser();
    browser.blocks_cookies = true;
    let callback = browser.open_until_callback(PAGE).await;
    let url = url::Url::parse(&callback.url).unwrap();
    let ask = browser.ask("GET", &url, crate::jar::Context::SameSite).having("X-Forwarded-Proto", "http");
    world.send(&ask).await.assert_refused(400, "scheme_http_with_secure_cookie", "over http");
    // What no trusted proxy says is not believed, nor what it says twice.
    let twice = ask.clone().with("X-Forwarded-Proto", "http");
    world.send(&twice).await.assert_refused(400, "callback_no_flow_cookie", "said twice");
    let https = ask.having("X-Forwarded-Proto", "https");
    world.send(&https).await.assert_refused(400, "callback_no_flow_cookie", "over https");
}

/// Safari keeps no Secure cookie of http://localhost, and a form post needs one.
#[tokio::test]
async fn a_browser_that_keeps_no_secure_cookie_of_this_machine_is_told_so() {
    let world = World::new()
        .app(|app: Client| {
            app.origin("http://app.localhost:8480")
                .hosts("['app.localhost:8480']")
                .line("response_mode: form_post")
        })
        .start()
        .await;
    let mut browser = world.browser();
    browser.blocks_cookies = true;
    let landed = browser.open("http://app.localhost:8480/x").await;
    landed.answer.assert_refused(400, "scheme_http_with_secure_cookie", "as in Safari");
}

/// Anybody can write what a login's address says was seen: it names a cause, and neither makes a loop nor hides one.
#[tokio::test]
async fn what_an_address_claims_to_have_seen_makes_no_loop_and_hides_none() {
    let world = World::new().start().await;
    let login = |seen: &str| format!("{APP}/login?seen={seen}&rd={PAGE}");
    let mut browser = world.browser();
    for _ in 0..3 {
        browser.open(&login("unknown")).await.assert_at(PAGE);
        browser.jar.remove(SESSION);
    }
    let mut browser = world.browser();
    for round in 1..=3 {
        let callback = browser.open_until_callback(&login("live")).await;
        let answer = browser.call_back(&callback).await;
        assert_eq!(answer.status, if round < 3 { 303 } else { 508 }, "{}", answer.show());
        browser.jar.remove(SESSION);
    }
}

/// A loop has a line of what was seen, for whoever has to find the cause.
#[tokio::test]
async fn the_log_has_what_was_seen_of_a_loop() {
    let world = World::new().start().await;
    let mut browser = world.browser();
    let stopped = third_login(&mut browser, |browser| browser.jar.remove(SESSION)).await;
    stopped.assert_refused(508, "cookie_not_returned", "the third");
    let id = stopped.header("Vestibule-Request-Id").unwrap().to_owned();
    let lines = crate::logs::lines_with(&[&id, "login_loop"]);
    assert_eq!(lines.len(), 1, "{lines:?}");
    for field in ["at_question", "at_login", "at_callback", "Nothing"] {
        assert!(lines[0].contains(field), "{field}: {lines:?}");
    }
}

/// a relative redirect of the proxy's leads to the login on the application's own host, whose flow cookie would never come back.
#[tokio::test]
async fn a_login_called_on_another_host_of_the_client_moves_to_the_origin() {
    let world = World::new()
        .app(|app: Client| {
            app.origin("https://auth.example.test")
                .hosts("[one.example.test, 'two.example.test:8443']")
                .line("cookie: { domain: example.test }")
        })
        .start()
        .await;
    for page in ["https://one.example.test/a?x=1", "https://two.example.test:8443/b"] {
        let host = &page[..page.rfind('/').unwrap()];
        let mut browser = world.browser();
        browser.open(&format!("{host}/oidc/app/login?rd={page}")).await.assert_at(page);
        assert!(
            browser.visited[1].contains("https://auth.example.test/oidc/app/login?moved&rd="),
            "{:?}",
            browser.visited
        );
    }
    // Once only, where the proxy says the same host of both; and never for a host that nobody guards.
    let answer = world.browser().get("https://one.example.test/oidc/app/login?moved&rd=/").await;
    assert!(answer.location().starts_with(&world.provider.issuer), "{}", answer.show());
    let answer = world.browser().get("https://evil.example/oidc/app/login").await;
    assert!(answer.location().starts_with(&world.provider.issuer), "{}", answer.show());
    let long = format!("https://one.example.test/oidc/app/login?rd=/{}", "a".repeat(4000));
    assert!(world.browser().get(&long).await.location().starts_with(&world.provider.issuer));
}
