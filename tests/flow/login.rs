//! From the first visit to the page that somebody wanted to see.

use std::collections::HashSet;

use futures_util::future::join_all;

use crate::jar::SameSite;
use crate::keys::{base64url, sha256};
use crate::provider::Endpoint;
use crate::world::{APP, FLOW, PAGE, SESSION, World};

#[tokio::test]
async fn a_first_visit_ends_on_the_page_with_an_identity_and_costs_each_endpoint_one_call() {
    let world = World::new().start().await;
    // Metadata and keys were learned when the server started.
    world.provider.announce(&[(Endpoint::Authorize, 1), (Endpoint::Token, 1), (Endpoint::Userinfo, 1)]);
    let mut browser = world.browser();
    let landed = browser.open(PAGE).await;
    landed.assert_at(PAGE);
    assert_eq!(landed.identity("X-Auth-Subject"), "subject-4711");
    assert_eq!(landed.identity("X-User-Email"), "ada.secret@example.org");
    assert_eq!(landed.identity("X-User-Name"), "ada", "from userinfo");
    browser.open(PAGE).await.assert_at(PAGE);
}

/// R-3.1: a browser restored with twenty tabs.
/// E-08
#[tokio::test]
async fn twenty_tabs_at_once_all_land_where_they_wanted_in_any_order_with_one_flow_cookie() {
    let world = World::new().start().await;
    for order in ["as started", "backwards", "inside out"] {
        let mut browser = world.browser();
        let page = |tab: usize| format!("{PAGE}/tab/{tab}?x={tab}");
        let mut callbacks = Vec::new();
        for tab in 0..20 {
            callbacks.push((tab, browser.open_until_callback(&page(tab)).await));
        }
        assert_eq!(browser.jar.all().len(), 1, "one flow cookie: {:?}", browser.jar);
        match order {
            "backwards" => callbacks.reverse(),
            "inside out" => callbacks.sort_by_key(|(tab, _)| tab * 7 % 20),
            _ => {}
        }
        for (tab, callback) in callbacks {
            browser.finish(callback).await.assert_at(&page(tab));
        }
        assert!(browser.jar.all().len() <= 2, "{:?}", browser.jar);
    }
}

/// A real browser restores them all before the first answer sets a cookie: none takes another's place.
#[tokio::test]
async fn twenty_tabs_that_begin_before_any_has_a_cookie_all_land_where_they_wanted() {
    let world = World::new().start().await;
    let mut browser = world.browser();
    let mut callbacks = Vec::new();
    for tab in 0..20 {
        let mut alone = world.browser();
        callbacks.push(alone.open_until_callback(&format!("{PAGE}/{tab}")).await);
        // What a browser does with an answer to another of its tabs: a cookie of the same name would take the other's place.
        for cookie in alone.jar.all() {
            browser.jar.remove(&cookie.name);
            browser.jar.plant(cookie.clone());
        }
    }
    assert_eq!(browser.jar.all().len(), 20, "{:?}", browser.jar);
    for (tab, callback) in callbacks.into_iter().enumerate() {
        browser.finish(callback).await.assert_at(&format!("{PAGE}/{tab}"));
    }
    // Later logins take one of those that are there.
    browser.jar.remove(SESSION);
    browser.open(PAGE).await.assert_at(PAGE);
    assert_eq!(browser.jar.all().len(), 21, "{:?}", browser.jar);
}

/// The same, with all callbacks on the wire together.
#[tokio::test]
async fn twenty_callbacks_on_the_wire_together_all_end_in_a_page() {
    let world = World::new().start().await;
    let mut browser = world.browser();
    let mut callbacks = Vec::new();
    for tab in 0..20 {
        callbacks.push(browser.open_until_callback(&format!("{PAGE}/{tab}")).await);
    }
    let answers = join_all(callbacks.iter().map(|callback| {
        let mut tab = world.browser();
        tab.jar = browser.jar.clone();
        async move { tab.call_back(callback).await }
    }))
    .await;
    for (tab, answer) in answers.iter().enumerate() {
        assert_eq!(answer.status, 303, "tab {tab}: {}", answer.show());
        assert_eq!(answer.location(), format!("{PAGE}/{tab}"));
    }
}

/// R-3.2: nothing piles up.
/// E-07
#[tokio::test]
async fn two_hundred_visits_without_a_login_leave_one_cookie_and_the_next_login_works() {
    let world = World::new().start().await;
    let mut browser = world.browser();
    for visit in 0..200 {
        let answer = browser.get(&format!("{PAGE}/{visit}")).await;
        assert!(answer.all("Set-Cookie").is_empty(), "the question itself sets no cookie");
        let login = answer.location().to_owned();
        assert_eq!(browser.get(&login).await.status, 302);
    }
    assert_eq!(browser.jar.all().len(), 1, "{:?}", browser.jar);
    browser.open(PAGE).await.assert_at(PAGE);
}

#[tokio::test]
async fn the_flow_cookie_is_short_lived_and_has_the_strictest_attributes_and_holds_nothing() {
    let world = World::new().start().await;
    let mut browser = world.browser();
    let callback = browser.open_until_callback(PAGE).await;
    let cookie = browser.jar.get(FLOW).unwrap().clone();
    assert!(cookie.secure && cookie.http_only && cookie.host_only);
    assert_eq!((cookie.path.as_str(), cookie.same_site), ("/", SameSite::Lax));
    let now = world.clock.wall().seconds();
    assert!((now + 590..=now + 600).contains(&cookie.expires.unwrap()), "ten minutes");
    assert_eq!(cookie.value.len(), 43, "32 random bytes");
    assert!(callback.parameter("state").len() <= 1024);
}

#[tokio::test]
async fn with_form_post_the_flow_cookie_is_sent_across_sites_and_the_login_works() {
    let world = World::new().line("response_mode: form_post").start().await;
    let mut browser = world.browser();
    let callback = browser.open_until_callback(PAGE).await;
    assert!(!callback.body.is_empty() && !callback.url.contains('?'), "the code comes in a form");
    let cookie = browser.jar.get(FLOW).unwrap();
    assert!(cookie.secure && cookie.same_site == SameSite::None, "{cookie:?}");
    browser.finish(callback).await.assert_at(PAGE);
    assert_eq!(browser.jar.get(SESSION).unwrap().same_site, SameSite::Lax);
}

/// E-21, E-22
#[tokio::test]
async fn the_return_from_the_provider_is_303_never_307() {
    let world = World::new().start().await;
    let mut browser = world.browser();
    let callback = browser.open_until_callback(PAGE).await;
    let answer = browser.call_back(&callback).await;
    assert_eq!((answer.status, answer.location()), (303, PAGE), "{}", answer.show());
    assert_eq!(answer.header("Cache-Control"), Some("no-store"));
    assert_eq!(answer.header("Referrer-Policy"), Some("no-referrer"));
    assert!(answer.head.len() <= 4096);
}

#[tokio::test]
async fn the_redirect_to_the_provider_is_302_not_stored_and_fits_4096_bytes() {
    let world = World::new().start().await;
    let mut browser = world.browser();
    for length in [0, 1000, 2000, 2048, 4000] {
        let login = browser.get(&format!("{PAGE}?{}", "q".repeat(length))).await.location().to_owned();
        let answer = browser.get(&login).await;
        assert_eq!(answer.status, 302, "{}", answer.show());
        assert!(answer.location().starts_with(&format!("{}/authorize?", world.provider.issuer)));
        assert_eq!(answer.header("Cache-Control"), Some("no-store"));
        assert!(answer.head.len() <= 4096, "{} bytes for {length}", answer.head.len());
    }
}

/// Where the way to the provider is long already, the person lands at home rather than nowhere.
#[tokio::test]
async fn a_login_whose_address_would_not_fit_4096_bytes_ends_at_home() {
    let world = World::new()
        .provider(|provider| {
            provider.change_metadata(|metadata| {
                let endpoint = metadata["authorization_endpoint"].as_str().unwrap().to_owned();
                metadata["authorization_endpoint"] = format!("{endpoint}?realm={}", "r".repeat(1000)).into();
            });
        })
        .start()
        .await;
    let mut browser = world.browser();
    let page = format!("{PAGE}?{}", "q".repeat(1900));
    let login = browser.get(&page).await.location().to_owned();
    let answer = browser.get(&login).await;
    assert_eq!(answer.status, 302, "{}", answer.show());
    assert!(answer.head.len() <= 4096, "{} bytes", answer.head.len());
    assert!(answer.location().len() > 1000, "the way to the provider: {}", answer.location());
}

/// V-RQ-2, V-RQ-3, V-RQ-4
#[tokio::test]
async fn state_nonce_and_challenge_are_fresh_in_each_login_of_the_same_browser() {
    let world = World::new().start().await;
    let mut browser = world.browser();
    let mut seen = HashSet::new();
    for _ in 0..100 {
        browser.open_until_callback(PAGE).await;
    }
    for call in world.provider.calls(Endpoint::Authorize) {
        for name in ["state", "nonce", "code_challenge"] {
            let value = call.parameter(name).unwrap().to_owned();
            assert!(value.len() >= 22, "{name}");
            assert!(seen.insert(value), "{name} came twice");
        }
        assert_eq!(call.parameter("response_type"), Some("code"));
        assert_eq!(call.parameter("code_challenge_method"), Some("S256"));
        assert_eq!(call.parameter("redirect_uri"), Some("https://app.example.test/oidc/app/callback"));
        assert_eq!(call.parameter("client_id"), Some("id-of-app"));
        assert_eq!(call.parameter("scope"), Some("openid profile email offline_access"));
        for name in call.parameters.iter().map(|(name, _)| name.as_str()) {
            let own = [
                "response_type",
                "client_id",
                "redirect_uri",
                "scope",
                "state",
                "nonce",
                "code_challenge",
                "code_challenge_method",
                "response_mode",
            ];
            assert!(own.contains(&name), "{name} is nothing that was asked for");
        }
    }
}

/// E-11: neither a cookie nor the state shows what it is for.
#[tokio::test]
async fn neither_state_nor_flow_cookie_holds_nonce_verifier_or_address_in_clear() {
    let world = World::new().start().await;
    let mut browser = world.browser();
    let callback = browser.open_until_callback("https://app.example.test/hidden-place").await;
    let state = callback.parameter("state");
    let flow = browser.jar.get(FLOW).unwrap().value.clone();
    browser.finish(callback).await;
    let call = world.provider.calls(Endpoint::Token).remove(0);
    let verifier = call.parameter("code_verifier").unwrap();
    for text in [&state, &flow] {
        use base64::Engine;
        let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).unwrap_or_default();
        let decoded = String::from_utf8_lossy(&bytes);
        for secret in [verifier, "hidden-place", "app.example.test"] {
            assert!(!text.contains(secret) && !decoded.contains(secret), "{secret} is in {text}");
        }
    }
    let challenge =
        world.provider.calls(Endpoint::Authorize)[0].parameter("code_challenge").unwrap().to_owned();
    assert_eq!(base64url(&sha256(verifier.as_bytes())), challenge);
}

#[tokio::test]
async fn each_login_gives_a_new_session_and_ends_the_one_before_it_in_this_browser() {
    let world = World::new().start().await;
    let mut browser = world.signed_in().await;
    let old = world.session_cookie(&browser);
    // Sooner it could be another tab of the same morning, whose requests are under way.
    world.clock.shift(60);
    browser.open(&format!("{APP}/login?rd={PAGE}")).await.assert_at(PAGE);
    let new = world.session_cookie(&browser);
    assert_ne!(old, new);
    world.send(&world.base().with("Cookie", new)).await.assert_allowed("the new one");
    assert_eq!(world.send(&world.base().with("Cookie", old)).await.status, 302, "the old one is dead");
}

#[tokio::test]
async fn two_people_are_two_sessions() {
    let world = World::new().start().await;
    let ada = world.signed_in().await;
    world.provider.script().subject = "subject-of-bob".to_owned();
    let bob = world.signed_in().await;
    let who = |browser| world.base_of(browser);
    assert_eq!(world.send(&who(&ada)).await.header("X-Auth-Subject"), Some("subject-4711"));
    assert_eq!(world.send(&who(&bob)).await.header("X-Auth-Subject"), Some("subject-of-bob"));
}

#[tokio::test]
async fn a_login_page_left_open_for_nine_minutes_still_works() {
    let world = World::new().start().await;
    let mut browser = world.browser();
    let callback = browser.open_until_callback(PAGE).await;
    world.clock.shift(9 * 60);
    browser.finish(callback).await.assert_at(PAGE);
}

/// The flow cookie is reused by later logins: they must have their ten minutes as well.
#[tokio::test]
async fn a_login_that_begins_late_in_the_life_of_the_flow_cookie_has_its_full_ten_minutes() {
    let world = World::new().start().await;
    let mut browser = world.browser();
    browser.open_until_callback(PAGE).await;
    world.clock.shift(9 * 60);
    let callback = browser.open_until_callback(PAGE).await;
    world.clock.shift(9 * 60);
    browser.finish(callback).await.assert_at(PAGE);
}

#[tokio::test]
async fn a_login_is_started_by_get_only() {
    let world = World::new().start().await;
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"] {
        let mut ask = world.base();
        method.clone_into(&mut ask.method);
        ask.target = b"/oidc/app/login?rd=/".to_vec();
        let answer = world.send(&ask).await;
        assert_eq!(answer.status, 405, "{method}: {}", answer.show());
        assert!(answer.all("Set-Cookie").is_empty());
    }
}

/// RFC 9207 section 2.4: a provider that does not announce `iss` need not send it, but a wrong one is wrong.
#[tokio::test]
async fn iss_may_be_left_out_where_it_is_not_announced_and_must_be_right_where_it_comes() {
    let world = World::new().provider(|provider| provider.script().sends_iss = false).start().await;
    let mut browser = world.browser();
    let callback = browser.open_until_callback(PAGE).await;
    let answer = browser.call_back(&callback.having("iss", Some("https://evil.example"))).await;
    answer.assert_refused(400, "callback_issuer", "a wrong iss");
    browser.finish(callback).await.assert_at(PAGE);
}

/// XR-13: live sessions are not pushed out.
#[tokio::test]
async fn when_no_more_sessions_fit_a_login_is_refused_and_the_live_ones_stay() {
    let world = World::new().server("max_sessions: 2").start().await;
    let first = world.signed_in().await;
    let second = world.signed_in().await;
    let landed = world.browser().open(PAGE).await;
    assert_eq!(
        (landed.answer.status, landed.answer.refusal()),
        (503, "sessions_full"),
        "{}",
        landed.answer.show()
    );
    for browser in [&first, &second] {
        world.send(&world.base_of(browser)).await.assert_allowed("a live session");
    }
}

/// R-3.8: the state is sealed, so whoever has the key finishes the login.
#[tokio::test]
async fn with_a_shared_key_any_replica_finishes_a_login_also_after_a_restart() {
    let path = std::env::temp_dir().join(format!("vestibule-flow-{}.key", std::process::id()));
    std::fs::write(&path, vestibule::clock::Clock::system().entropy::<32>()).unwrap();
    let world = World::new().server(&format!("key_files: [{}]", path.display())).start().await;
    std::fs::remove_file(&path).unwrap();
    let replica = world.replica().await;
    let mut browser = world.browser();
    let callback = browser.open_until_callback(PAGE).await;
    browser.vestibule = replica.address;
    let answer = browser.call_back(&callback).await;
    assert_eq!((answer.status, answer.location()), (303, PAGE), "{}", answer.show());
    let landed = browser.open(PAGE).await;
    landed.assert_at(PAGE);
    // Sessions are in the memory of one process; at the other the cookie is unknown, and that is a login, not an error.
    browser.vestibule = world.address;
    let answer = browser.get(PAGE).await;
    assert_eq!((answer.status, answer.refusal()), (302, "session_unknown"), "{}", answer.show());
}

#[tokio::test]
async fn without_a_shared_key_a_login_begun_before_a_restart_is_a_page() {
    let world = World::new().start().await;
    let after = world.replica().await;
    let mut browser = world.browser();
    let callback = browser.open_until_callback(PAGE).await;
    browser.vestibule = after.address;
    let answer = browser.call_back(&callback).await;
    answer.assert_refused(400, "callback_state_unreadable", "another key");
    assert_eq!(world.provider.count(Endpoint::Token), 0);
}
