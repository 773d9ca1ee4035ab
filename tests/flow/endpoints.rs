//! What an application's page may ask about its session: `session`, `userinfo`, `new-token`. Never a token in any answer.

use futures_util::future::join_all;

use crate::jar::Context;
use crate::provider::{Endpoint, Step};
use crate::wire::{Answer, Ask};
use crate::world::{APP, Client, PAGE, World};

fn own(world: &World, browser: &crate::browser::Browser, method: &str, path: &str) -> Ask {
    let _ = world;
    let url = url::Url::parse(&format!("{APP}{path}")).unwrap();
    browser
        .ask(method, &url, Context::SameSite)
        .having("Accept", "*/*")
        .having("Sec-Fetch-Mode", "cors")
        .having("Sec-Fetch-Dest", "empty")
        .having("Sec-Fetch-Site", "same-origin")
}

#[track_caller]
fn assert_without_secrets(world: &World, answer: &Answer) {
    let text = answer.show();
    for (kind, secret) in world.secrets() {
        if kind != "client_secret" {
            assert!(!text.contains(&secret), "{kind} is in {text}");
        }
    }
}

#[tokio::test]
async fn session_tells_what_is_left_and_names_the_session_by_a_handle() {
    let world = World::new().line("session: { idle: 1h, absolute: 8h }").start().await;
    let mut browser = world.signed_in().await;
    let answer = browser.fetch(&format!("{APP}/session")).await;
    assert_eq!(
        (answer.status, answer.header("Content-Type")),
        (200, Some("application/json")),
        "{}",
        answer.show()
    );
    assert_eq!(answer.header("Cache-Control"), Some("no-store"));
    let session = answer.json();
    let seconds = |name: &str| session[name].as_u64().unwrap_or_else(|| panic!("no {name} in {session}"));
    assert!((3590..=3600).contains(&seconds("idle_seconds")));
    assert!((28_790..=28_800).contains(&seconds("absolute_seconds")));
    assert_eq!(session["refreshable"], true);
    let handle = session["session_key"].as_str().unwrap();
    assert!(handle.len() >= 16 && !world.session_cookie(&browser).contains(handle));
    assert_without_secrets(&world, &answer);
    let other = world.signed_in().await;
    let second = world.send(&own(&world, &other, "GET", "/session")).await.json();
    assert_ne!(second["session_key"].as_str(), Some(handle));
}

#[tokio::test]
async fn userinfo_gives_the_claims_and_no_token() {
    let world = World::new().start().await;
    let mut browser = world.signed_in().await;
    let answer = browser.fetch(&format!("{APP}/userinfo")).await;
    assert_eq!(answer.status, 200, "{}", answer.show());
    assert_eq!(answer.header("Cache-Control"), Some("no-store"));
    let claims = answer.json();
    assert_eq!(claims["sub"], "subject-4711");
    assert_eq!(claims["email"], "ada.secret@example.org");
    assert_eq!(claims["preferred_username"], "ada");
    assert_without_secrets(&world, &answer);
    assert_eq!(world.provider.count(Endpoint::Userinfo), 1, "the provider is not asked again");
}

/// V-BT-14: what answers needs a session at this client.
#[tokio::test]
async fn without_a_session_each_of_them_is_401_and_never_a_redirect() {
    let world = World::new().client(Client::named("other")).start().await;
    let browser = world.browser();
    let mut foreign = world.browser_for("other");
    foreign.open("https://other.example.test/").await;
    let value = foreign.jar.get("__Host-vestibule_other").unwrap().value.clone();
    for path in ["/session", "/userinfo", "/new-token"] {
        let answer = world.send(&own(&world, &browser, "GET", path)).await;
        answer.assert_refused(401, "no_session", path);
        assert!(answer.all("Location").is_empty());
        let cookie = format!("__Host-vestibule_app={value}");
        let answer = world.send(&own(&world, &browser, "GET", path).with("Cookie", cookie)).await;
        answer.assert_refused(401, "no_session", &format!("{path} with the session of another client"));
    }
}

/// V-BT-14
#[tokio::test]
async fn new_token_refreshes_once_however_many_ask() {
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    world.clock.shift(600);
    let ask = own(&world, &browser, "GET", "/new-token");
    for answer in join_all((0..50).map(|_| world.send(&ask))).await {
        assert_eq!(answer.status, 200, "{}", answer.show());
        assert_eq!(answer.header("Cache-Control"), Some("no-store"));
        let left = answer.json()["token_seconds"].as_u64().unwrap();
        assert!((3590..=3600).contains(&left), "{left}");
        assert_without_secrets(&world, &answer);
    }
    assert_eq!((world.provider.refreshes(), world.provider.reuses()), (1, 0));
    let answer = world
        .send(&own(&world, &browser, "POST", "/new-token").with("Origin", "https://app.example.test"))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.show());
}

#[tokio::test]
async fn new_token_goes_on_to_the_return_address() {
    let world = World::new().start().await;
    let mut browser = world.signed_in().await;
    world.clock.shift(600);
    let answer = browser.click(PAGE, &format!("{APP}/new-token?rd=/a?b=c")).await;
    assert_eq!(
        (answer.status, answer.location()),
        (303, "https://app.example.test/a?b=c"),
        "{}",
        answer.show()
    );
    for rd in ["https://evil.example/", "//evil.example", "/\\evil.example"] {
        let answer = browser.click(PAGE, &format!("{APP}/new-token?rd={rd}")).await;
        assert_eq!(answer.status, 400, "{rd}: {}", answer.show());
    }
}

/// V-BT-14: the handle alone opens nothing, and the cookie of another session does not fit it.
#[tokio::test]
async fn new_token_with_a_session_key_wants_that_sessions_cookie() {
    let world = World::new().start().await;
    let mut ada = world.signed_in().await;
    let bob = world.signed_in().await;
    let key = ada.fetch(&format!("{APP}/session")).await.json()["session_key"].as_str().unwrap().to_owned();
    world.clock.shift(600);
    let path = format!("/new-token/{key}");
    assert_eq!(world.send(&own(&world, &ada, "GET", &path)).await.status, 200);
    world.send(&own(&world, &bob, "GET", &path)).await.assert_refused(
        403,
        "session_key_mismatch",
        "the other's cookie",
    );
    world.send(&own(&world, &world.browser(), "GET", &path)).await.assert_refused(
        401,
        "no_session",
        "no cookie",
    );
    for odd in ["/new-token/", "/new-token/x/y", "/new-token/%2e%2e"] {
        let answer = world.send(&own(&world, &ada, "GET", odd)).await;
        assert!([403, 404].contains(&answer.status), "{odd}: {}", answer.show());
    }
    assert_eq!(world.provider.refreshes(), 1);
}

/// the client proves itself at a refresh as it did at the login.
#[tokio::test]
async fn a_refresh_is_authenticated_like_the_login() {
    for method in ["client_secret_basic", "client_secret_post", "none"] {
        let world = World::new()
            .app(|app| app.authenticates_by(method).line(&format!("token_endpoint_auth_method: {method}")))
            .start()
            .await;
        let browser = world.signed_in().await;
        world.clock.shift(600);
        assert_eq!(world.send(&own(&world, &browser, "GET", "/new-token")).await.status, 200, "{method}");
        assert_eq!(world.provider.refreshes(), 1, "{method}");
    }
}

/// Scripts add parameters against caches.
#[tokio::test]
async fn a_query_without_a_return_address_is_none() {
    let world = World::new().start().await;
    let mut browser = world.signed_in().await;
    world.clock.shift(600);
    for query in ["?_=1764000000", "?", "?rd=", "?x&y=z"] {
        let answer = world.send(&own(&world, &browser, "GET", &format!("/new-token{query}"))).await;
        assert_eq!(answer.status, 200, "{query}: {}", answer.show());
    }
    let landed = browser.open(&format!("{APP}/logout?from=menu")).await;
    assert!(
        landed.url.contains("/signed-out"),
        "signed out and not home, where the next login begins: {}",
        landed.url
    );
}

#[tokio::test]
async fn the_segment_of_new_token_can_be_renamed() {
    let world = World::new().environment("AUTH_NEW_TOKEN_PATH", "renew").start().await;
    let browser = world.signed_in().await;
    assert_eq!(world.send(&own(&world, &browser, "GET", "/renew")).await.status, 200);
    assert_eq!(world.send(&own(&world, &browser, "GET", "/new-token")).await.status, 404);
}

/// D-14, D-15
#[tokio::test]
async fn a_page_of_another_site_gets_nothing_from_them() {
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    world.clock.shift(600);
    for path in ["/session", "/userinfo", "/new-token", "/new-token?rd=/"] {
        for (name, header, value) in [
            ("cross-site", "Sec-Fetch-Site", "cross-site"),
            ("a foreign origin", "Origin", "https://evil.example"),
            ("an opaque origin", "Origin", "null"),
            ("an origin that begins like ours", "Origin", "https://app.example.test.evil.test"),
        ] {
            for method in ["GET", "POST"] {
                let answer = world.send(&own(&world, &browser, method, path).having(header, value)).await;
                let allowed: &[u16] = if method == "POST" { &[403, 405] } else { &[403] };
                assert!(allowed.contains(&answer.status), "{method} {path} {name}: {}", answer.show());
                assert!(!answer.text().contains("ada.secret"), "{path} {name}");
                assert!(
                    !answer.headers.iter().any(|(name, _)| name.to_lowercase().starts_with("access-control"))
                );
            }
        }
    }
    assert_eq!(world.provider.refreshes(), 0);
}

#[tokio::test]
async fn new_token_without_a_refresh_token_says_so() {
    let world = World::new().app(|app| app.scopes("openid email")).start().await;
    let browser = world.signed_in().await;
    let answer = world.send(&own(&world, &browser, "GET", "/new-token")).await;
    answer.assert_refused(409, "not_refreshable", "no offline_access");
    world.send(&world.base_of(&browser)).await.assert_allowed("the session is untouched");
}

#[tokio::test]
async fn new_token_tells_an_outage_from_the_end_of_the_session() {
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    world.clock.shift(600);
    world.provider.once(Endpoint::Token, Step::status(503));
    let answer = world.send(&own(&world, &browser, "GET", "/new-token")).await;
    answer.assert_refused(503, "refresh_unavailable", "an outage");
    world.send(&world.base_of(&browser)).await.assert_allowed("the session goes on");
    world.clock.shift(600);
    world.provider.once(Endpoint::Token, Step::oauth_error(400, "invalid_grant"));
    let answer = world.send(&own(&world, &browser, "GET", "/new-token")).await;
    answer.assert_refused(401, "no_session", "the end");
    assert_eq!(world.send(&world.base_of(&browser)).await.status, 302);
}

#[tokio::test]
async fn methods_that_make_no_sense_are_405() {
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    for (path, methods) in [
        ("/session", ["POST", "PUT", "DELETE"]),
        ("/userinfo", ["POST", "PUT", "DELETE"]),
        ("/new-token", ["PUT", "DELETE", "OPTIONS"]),
        ("/logout", ["PUT", "DELETE", "HEAD"]),
        ("/signed-out", ["POST", "PUT", "DELETE"]),
    ] {
        for method in methods {
            let answer = world.send(&own(&world, &browser, method, path)).await;
            assert_eq!(answer.status, 405, "{method} {path}: {}", answer.show());
            assert!(
                answer.header("Allow").is_some_and(|allow| allow.contains("GET")),
                "{method} {path}: {}",
                answer.show()
            );
        }
    }
    world.send(&world.base_of(&browser)).await.assert_allowed("nothing happened to the session");
}

/// A page that asks in a loop costs the provider one call in five seconds.
#[tokio::test]
async fn new_token_asks_for_no_other_tokens_within_five_seconds() {
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    for round in ["right after the login", "again", "and again"] {
        let answer = world.send(&own(&world, &browser, "GET", "/new-token")).await;
        assert_eq!(answer.status, 200, "{round}: {}", answer.show());
    }
    assert_eq!(world.provider.refreshes(), 0);
    world.clock.shift(10);
    for round in ["ten seconds later", "again"] {
        let answer = world.send(&own(&world, &browser, "GET", "/new-token")).await;
        assert_eq!(answer.status, 200, "{round}: {}", answer.show());
    }
    assert_eq!(world.provider.refreshes(), 1);
}

/// A link from a host that the client guards carries no `Origin`.
#[tokio::test]
async fn a_link_of_a_page_of_the_same_site_may_ask_for_new_tokens() {
    let world = World::new().start().await;
    let mut browser = world.signed_in().await;
    let answer =
        browser.click("https://two.example.test/page", &format!("{APP}/new-token?rd=/private")).await;
    assert_eq!((answer.status, answer.location()), (303, PAGE), "{}", answer.show());
}
