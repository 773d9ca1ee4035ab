//! Refreshing tokens and claims (R-4.1 to R-4.9, V-RF-1 to V-RF-4, G-14, G-15, XI-06, XI-07).

use futures_util::future::join_all;

use crate::browser::Browser;
use crate::provider::{Endpoint, Gate, Step};
use crate::wire::{Connection, within};
use crate::world::{APP, PAGE, World};

/// Seconds of an access token of the scripted provider.
pub(crate) const TOKEN: i64 = 3600;
/// Seconds for which a session goes on without a refresh.
pub(crate) const GRACE: i64 = 300;

/// Whether a request of that browser goes through; else it is sent to the login.
pub(crate) async fn allowed(world: &World, browser: &Browser) -> bool {
    let answer = world.send(&world.base_of(browser)).await;
    assert!([200, 302].contains(&answer.status), "{}", answer.show());
    answer.status == 200
}

/// Waits until so many refreshes have ended, well or not. A request waits for a refresh only for a moment, so on a busy machine
/// it may be answered before.
pub(crate) async fn settled(world: &World, count: usize) {
    within(&format!("waiting for refresh {count} to end"), async {
        while ended_refreshes(world).await < count {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

async fn ended_refreshes(world: &World) -> usize {
    let metrics = world.admin("/metrics").await.text();
    let counts = metrics.lines().filter(|line| line.starts_with("vestibule_refreshes_total{"));
    counts.map(|line| line.rsplit(' ').next().unwrap().parse::<usize>().unwrap()).sum()
}

/// Waits until the session is over.
pub(crate) async fn over(world: &World, browser: &Browser, case: &str) {
    within(&format!("waiting for the end of the session: {case}"), async {
        while allowed(world, browser).await {}
    })
    .await;
}

/// Shifts to the end of the access token and lets one request refresh it.
pub(crate) async fn refresh_once(world: &World, browser: &Browser) {
    let before = (world.provider.count(Endpoint::Token), ended_refreshes(world).await);
    world.clock.shift(TOKEN + 1);
    world.send(&world.base_of(browser)).await.assert_allowed("at the end of the access token");
    settled(world, before.1 + 1).await;
    assert_eq!(world.provider.count(Endpoint::Token), before.0 + 1);
}

#[tokio::test]
async fn at_three_quarters_of_its_life_the_token_is_refreshed_behind_a_request_that_does_not_wait() {
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    world.clock.shift(TOKEN * 3 / 4 - 10);
    assert!(allowed(&world, &browser).await);
    assert_eq!(world.provider.refreshes(), 0);
    let gate = Gate::closed();
    world.provider.once(Endpoint::Token, Step::Held(gate.clone()));
    world.clock.shift(20);
    assert!(allowed(&world, &browser).await, "answered although the provider has not");
    world.provider.reached(Endpoint::Token, 2).await;
    gate.open();
    settled(&world, 1).await;
    assert_eq!(world.provider.refreshes(), 1);
}

/// R-4.1, G-14: a provider that rotates and takes a second use of a refresh token for theft.
#[tokio::test]
async fn five_hundred_requests_at_expiry_cost_one_refresh_and_all_pass() {
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    for round in 1..=3 {
        world.clock.shift(TOKEN + 1);
        let ask = world.base_of(&browser);
        let answers = join_all((0..500).map(|_| world.send(&ask))).await;
        for answer in answers {
            answer.assert_allowed("at expiry");
        }
        settled(&world, round).await;
        assert_eq!((world.provider.refreshes(), world.provider.reuses()), (round, 0));
    }
}

/// R-2.6, D-16: every `Set-Cookie` of a 200 is thrown away by the browser of these tests.
#[tokio::test]
async fn a_session_lives_through_twenty_refreshes_with_the_cookie_of_its_login() {
    let world = World::new().line("session: { idle: 8h, absolute: 7d }").start().await;
    let mut browser = world.signed_in().await;
    let cookie = world.session_cookie(&browser);
    for _ in 0..20 {
        refresh_once(&world, &browser).await;
        browser.open(PAGE).await.assert_at(PAGE);
    }
    assert_eq!(world.session_cookie(&browser), cookie);
    assert_eq!((world.provider.refreshes(), world.provider.reuses()), (20, 0));
    assert_eq!(world.provider.count(Endpoint::Authorize), 1);
}

/// V-RF-3
#[tokio::test]
async fn without_rotation_the_old_refresh_token_stays_in_use() {
    let world = World::new().start().await;
    world.provider.script().rotates = false;
    let browser = world.signed_in().await;
    for _ in 0..3 {
        refresh_once(&world, &browser).await;
    }
    assert_eq!(world.provider.refreshes(), 3);
}

/// Whoever was reading comes back to the page that was asked for, not to the front page: also by form post, and with a query.
#[tokio::test]
async fn after_a_refresh_that_ended_the_session_the_person_comes_back_to_the_page_that_was_asked_for() {
    for mode in ["query", "form_post"] {
        let world = World::new().line(&format!("response_mode: {mode}")).start().await;
        let mut browser = world.signed_in().await;
        world.provider.once(Endpoint::Token, Step::oauth_error(400, "invalid_grant"));
        world.clock.shift(TOKEN + 1);
        let page = "https://app.example.test/reports/7?from=1&to=%2F2";
        browser.open(page).await.assert_at(page);
        assert_eq!(world.provider.refreshes(), 1, "{mode}");
        assert_eq!(world.provider.count(Endpoint::Authorize), 2, "{mode}: a new login");
    }
}

/// R-4.5, XI-07, D-11
#[tokio::test]
async fn a_refusal_of_the_provider_ends_the_session_at_once() {
    for (status, error) in [
        (400, "invalid_grant"),
        (401, "invalid_client"),
        (400, "unauthorized_client"),
        (400, "invalid_scope"),
        (403, "invalid_grant"),
    ] {
        let world = World::new().start().await;
        let browser = world.signed_in().await;
        world.provider.always(Endpoint::Token, Step::oauth_error(status, error));
        world.clock.shift(TOKEN + 1);
        let answer = world.send(&world.base_of(&browser)).await;
        answer.assert_refused(302, "session_refresh_denied", error);
        world.provider.recover();
        assert!(!allowed(&world, &browser).await, "{error}: it stays ended");
        let metrics = world.admin("/metrics").await.text();
        for line in [
            r#"vestibule_sessions_ended_total{client="app",code="session_refresh_denied"} 1"#,
            "vestibule_sessions 0",
        ] {
            assert!(metrics.lines().any(|have| have == line), "{error}: {line} is not in {metrics}");
        }
        assert_eq!(world.provider.refreshes(), 1, "{error}");
    }
}

#[tokio::test]
async fn a_refusal_in_the_background_ends_the_session_as_well() {
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    world.provider.always(Endpoint::Token, Step::oauth_error(400, "invalid_grant"));
    world.clock.shift(TOKEN * 4 / 5);
    allowed(&world, &browser).await;
    world.provider.reached(Endpoint::Token, 2).await;
    over(&world, &browser, "in the background").await;
}

/// R-4.5, XI-06, G-15: an outage is not a refusal.
#[tokio::test]
async fn an_outage_keeps_the_session_until_the_grace_is_over() {
    for (name, step) in [
        ("503", Step::status(503)),
        ("500", Step::status(500)),
        ("429", Step::status(429)),
        ("temporarily_unavailable", Step::oauth_error(400, "temporarily_unavailable")),
        ("server_error", Step::oauth_error(500, "server_error")),
        ("no answer", Step::Cut),
        ("a page", Step::html(200, "<html>maintenance</html>")),
        ("a redirect", Step::redirect(302, "http://127.0.0.1:1/")),
        ("too much", Step::Endless),
    ] {
        let world = World::new().start().await;
        let browser = world.signed_in().await;
        world.provider.always(Endpoint::Token, step);
        world.clock.shift(TOKEN + 1);
        assert!(allowed(&world, &browser).await, "{name}: at expiry");
        settled(&world, 1).await;
        world.clock.shift(GRACE - 30);
        assert!(allowed(&world, &browser).await, "{name}: within the grace");
        world.clock.shift(60);
        assert!(!allowed(&world, &browser).await, "{name}: after the grace");
    }
}

#[tokio::test]
async fn after_an_outage_within_the_grace_the_session_is_refreshed_and_goes_on() {
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    world.provider.always(Endpoint::Token, Step::status(503));
    world.clock.shift(TOKEN + 1);
    assert!(allowed(&world, &browser).await);
    settled(&world, 1).await;
    world.provider.recover();
    world.clock.shift(120);
    assert!(allowed(&world, &browser).await);
    settled(&world, 2).await;
    assert_eq!(world.provider.refreshes(), 2);
    world.clock.shift(GRACE + 60);
    assert!(allowed(&world, &browser).await, "long after the old grace");
}

/// No storm while the provider is down.
#[tokio::test]
async fn requests_during_an_outage_do_not_each_try_a_refresh() {
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    world.provider.always(Endpoint::Token, Step::status(503));
    world.clock.shift(TOKEN + 1);
    for _ in 0..100 {
        assert!(allowed(&world, &browser).await);
    }
    assert!(world.provider.refreshes() <= 3, "{}", world.provider.refreshes());
}

/// Somebody comes back from lunch and the provider restarts just then.
#[tokio::test]
async fn a_session_found_after_the_grace_by_an_outage_is_neither_used_nor_lost() {
    let world = World::new().line("session: { idle: 8h, absolute: 7d }").start().await;
    let browser = world.signed_in().await;
    world.provider.always(Endpoint::Token, Step::status(503));
    world.clock.shift(TOKEN + 2 * GRACE);
    let answer = world.send(&world.base_of(&browser)).await;
    answer.assert_refused(503, "refresh_unavailable", "its claims are too old");
    assert!(answer.all("X-Auth-Subject").is_empty());
    settled(&world, 1).await;
    world.provider.recover();
    world.clock.shift(60);
    world.send(&world.base_of(&browser)).await;
    settled(&world, 2).await;
    assert!(allowed(&world, &browser).await);
}

/// An application that goes to `new-token` until its tokens are fresh must not go round in circles.
#[tokio::test]
async fn in_the_pause_after_a_failed_refresh_new_token_says_so_too() {
    let world = World::new().start().await;
    let mut browser = world.signed_in().await;
    world.provider.always(Endpoint::Token, Step::status(503));
    world.clock.shift(TOKEN + 1);
    for round in ["the refresh that fails", "the pause after it"] {
        let answer = browser.click(PAGE, &format!("{APP}/new-token?rd=/private")).await;
        answer.assert_refused(503, "refresh_unavailable", round);
    }
    assert_eq!(world.provider.refreshes(), 1);
}

/// The provider has a new key, and its key set cannot be had just then.
#[tokio::test]
async fn a_refresh_whose_key_is_not_known_yet_keeps_the_session() {
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    world.provider.script().rotate_to("key-1", 1, false);
    world.provider.always(Endpoint::Jwks, Step::status(503));
    world.clock.shift(TOKEN + 1);
    assert!(allowed(&world, &browser).await, "with the claims that are there");
    world.provider.recover();
    world.clock.shift(60);
    assert!(allowed(&world, &browser).await);
    assert_eq!((world.provider.refreshes(), world.provider.reuses()), (2, 0));
    world.clock.shift(GRACE + 60);
    assert!(allowed(&world, &browser).await, "long after the old grace");
}

/// G-12: made-up codes need no account. A provider that hangs on them answers a refresh all the same.
#[tokio::test]
async fn a_flood_of_made_up_codes_does_not_keep_a_session_from_its_refresh() {
    const FLOOD: usize = 70;
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    let mut stranger = world.browser();
    let gate = Gate::closed();
    let mut connections = Vec::new();
    for _ in 0..FLOOD {
        world.provider.once(Endpoint::Token, Step::Held(gate.clone()));
        let callback = stranger.open_until_callback(PAGE).await.having("code", Some("made-up"));
        let url = url::Url::parse(&callback.url).unwrap();
        let mut connection = Connection::open(world.address).await;
        connection.write(&stranger.ask("GET", &url, crate::jar::Context::SameSite).bytes()).await;
        connections.push(connection);
    }
    world.provider.reached(Endpoint::Token, 40).await;
    world.provider.recover();
    world.clock.shift(TOKEN + 1);
    assert!(allowed(&world, &browser).await);
    assert_eq!(world.provider.refreshes(), 1, "the request waited a second for it");
    gate.open();
}

/// R-4.3
#[tokio::test]
async fn clients_that_go_away_do_not_abort_the_refresh_and_the_next_request_is_served() {
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    world.clock.shift(TOKEN + 1);
    let gate = Gate::closed();
    world.provider.once(Endpoint::Token, Step::Held(gate.clone()));
    let bytes = world.base_of(&browser).bytes();
    let mut connections = Vec::new();
    for _ in 0..100 {
        let mut connection = Connection::open(world.address).await;
        connection.write(&bytes).await;
        connections.push(connection);
    }
    world.provider.reached(Endpoint::Token, 2).await;
    drop(connections);
    gate.open();
    settled(&world, 1).await;
    assert!(allowed(&world, &browser).await);
    assert_eq!((world.provider.refreshes(), world.provider.reuses()), (1, 0));
    refresh_once(&world, &browser).await;
}

/// R-4.2, the part of one process: a provider that is slower than anybody waits.
#[tokio::test]
async fn a_refresh_that_takes_long_is_not_begun_again_by_those_who_gave_up_waiting() {
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    world.clock.shift(TOKEN + 1);
    let gate = Gate::closed();
    world.provider.once(Endpoint::Token, Step::Held(gate.clone()));
    for _ in 0..2 {
        assert!(allowed(&world, &browser).await, "with the claims that are there");
    }
    gate.open();
    settled(&world, 1).await;
    assert_eq!((world.provider.refreshes(), world.provider.reuses()), (1, 0));
}

/// R-4.6
#[tokio::test]
async fn without_a_refresh_token_the_session_lives_its_lifetimes_and_the_log_says_why_it_cannot_be_refreshed()
{
    let world = World::new().app(|app| app.scopes("openid email")).start().await;
    let mut browser = world.signed_in().await;
    let session = browser.fetch(&format!("{APP}/session")).await.json();
    assert_eq!(session["refreshable"], false);
    world.clock.shift(TOKEN + 2 * GRACE);
    assert!(allowed(&world, &browser).await);
    assert_eq!(world.provider.refreshes(), 0);
    let issuer = world.provider.issuer.clone();
    let lines = crate::logs::lines_with(&["no_refresh_token"]);
    assert!(!lines.is_empty(), "nothing is said of it for {issuer}");
}

/// R-18.2: the life of a token whose provider does not say it is configured.
#[tokio::test]
async fn without_expires_in_the_configured_life_counts() {
    let world = World::new().line("session: { access_token: 10m }").start().await;
    world.provider.script().expires_in = None;
    let browser = world.signed_in().await;
    world.clock.shift(7 * 60);
    assert!(allowed(&world, &browser).await);
    assert_eq!(world.provider.refreshes(), 0);
    world.clock.shift(4 * 60);
    assert!(allowed(&world, &browser).await);
    settled(&world, 1).await;
    assert_eq!(world.provider.refreshes(), 1);
}

/// H-03: a refresh must not bring a session back.
#[tokio::test]
async fn a_session_that_is_signed_out_while_it_is_refreshed_stays_signed_out() {
    let world = World::new().start().await;
    let mut browser = world.signed_in().await;
    let cookie = world.session_cookie(&browser);
    let gate = Gate::closed();
    world.provider.once(Endpoint::Token, Step::Held(gate.clone()));
    world.clock.shift(TOKEN * 4 / 5);
    assert!(allowed(&world, &browser).await);
    world.provider.reached(Endpoint::Token, 2).await;
    let answer = browser.submit(PAGE, &format!("{APP}/logout"), "").await;
    assert_eq!(answer.status, 303, "{}", answer.show());
    gate.open();
    settled(&world, 1).await;
    for _ in 0..50 {
        let answer = world.send(&world.base().with("Cookie", &cookie)).await;
        assert_eq!(answer.status, 302, "{}", answer.show());
    }
}

/// XN-05: many sessions at once.
#[tokio::test]
async fn fifty_sessions_that_expire_together_are_each_refreshed_once() {
    let world = World::new().start().await;
    let mut browsers = Vec::new();
    for _ in 0..50 {
        browsers.push(world.signed_in().await);
    }
    world.clock.shift(TOKEN + 1);
    let asks: Vec<_> =
        browsers.iter().flat_map(|browser| std::iter::repeat_n(world.base_of(browser), 4)).collect();
    for answer in join_all(asks.iter().map(|ask| world.send(ask))).await {
        answer.assert_allowed("at expiry");
    }
    settled(&world, 50).await;
    assert_eq!((world.provider.refreshes(), world.provider.reuses()), (50, 0));
}
