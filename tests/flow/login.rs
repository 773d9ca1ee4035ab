//! From the first visit to the page that somebody wanted to see.

use std::collections::HashSet;

use futures_util::future::join_all;
use serde_json::json;

use crate::browser::Callback;
use crate::jar::SameSite;
use crate::keys::{base64url, sha256};
use crate::provider::{Endpoint, Step};
use crate::world::{APP, Client, FLOW, PAGE, SESSION, World};

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

/// R-8.1, R-8.2: path, query, escapes and letters beyond ASCII come back as they were asked for.
#[tokio::test]
async fn a_deep_link_comes_back_exactly() {
    let world = World::new().start().await;
    for target in [
        "/",
        "/a/b?x=1&y=2",
        "/a?",
        "/a?x",
        "/a?x=%2F%26&rd=/other&rd=https://evil.example/",
        "/%C3%A9?q=%C3%A9",
        "/a%2Fb//c;p=1;q?x=%zz",
        "/a%20b?q=a+b",
        "/a?x=a=b==&y",
        "/a%00b",
        "/a%0d%0aSet-Cookie:x=1",
        "/!$&'()*+,;=:@",
        "/a?https://evil.example/",
        "/oidc2/x",
        "/a%5Cb",
        "/login?rd=https://evil.example/",
        "/~x/-._~",
        "/a?x=%22%3Cscript%3E",
    ] {
        let url = format!("https://app.example.test{target}");
        world.browser().open(&url).await.assert_at(&url);
    }
}

/// R-3.1: a browser restored with twenty tabs.
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

/// V-RQ-2 to V-RQ-4.
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
async fn clients_are_authenticated_as_registered() {
    for method in ["client_secret_basic", "client_secret_post", "none"] {
        let world = World::new()
            .app(|app| {
                let app = app.authenticates_by(method);
                if method == "none" {
                    app
                } else {
                    app.line(&format!("token_endpoint_auth_method: {method}"))
                }
            })
            .start()
            .await;
        world.browser().open(PAGE).await.assert_at(PAGE);
    }
}

/// V-TK-1: chosen by what discovery announces, never by trying.
#[tokio::test]
async fn without_a_configured_method_discovery_decides_and_nothing_is_tried() {
    for (announced, method) in [
        (json!(["client_secret_post"]), "client_secret_post"),
        (json!(["client_secret_post", "client_secret_basic"]), "client_secret_basic"),
        (json!(["private_key_jwt", "client_secret_post"]), "client_secret_post"),
        (json!(null), "client_secret_basic"),
    ] {
        let value = announced.clone();
        let world = World::new()
            .app(|app| app.authenticates_by(method))
            .provider(move |provider| {
                provider.change_metadata(move |metadata| {
                    metadata.remove("token_endpoint_auth_methods_supported");
                    if !value.is_null() {
                        metadata.insert("token_endpoint_auth_methods_supported".to_owned(), value.clone());
                    }
                });
            })
            .start()
            .await;
        world.browser().open(PAGE).await.assert_at(PAGE);
        assert_eq!(world.provider.count(Endpoint::Token), 1, "{announced}");
    }
}

#[tokio::test]
async fn a_provider_that_refuses_the_client_is_asked_once_and_the_page_says_so() {
    let world = World::new().start().await;
    world.provider.always(Endpoint::Token, Step::oauth_error(401, "invalid_client"));
    let landed = world.browser().open(PAGE).await;
    assert!(!landed.in_application);
    assert_eq!(landed.answer.refusal(), "token_invalid_client", "{}", landed.answer.show());
    assert_eq!(world.provider.count(Endpoint::Token), 1);
}

#[tokio::test]
async fn several_clients_and_several_providers_do_not_mix() {
    let world =
        World::new().client(Client::named("wiki")).client(Client::named("shop").own_provider()).start().await;
    world.other_providers[0].script().subject = "subject-of-the-shop".to_owned();
    let mut browser = world.browser();
    browser.open(PAGE).await.assert_at(PAGE);
    browser.client = "wiki".to_owned();
    browser.open("https://wiki.example.test/x").await.assert_at("https://wiki.example.test/x");
    browser.client = "shop".to_owned();
    let landed = browser.open("https://shop.example.test/x").await;
    landed.assert_at("https://shop.example.test/x");
    assert_eq!(landed.identity("X-Auth-Subject"), "subject-of-the-shop");
    browser.client = "app".to_owned();
    let landed = browser.open(PAGE).await;
    assert_eq!(landed.identity("X-Auth-Subject"), "subject-4711");
    assert_eq!(world.provider.count(Endpoint::Discovery), 1, "two clients, one provider, one fetch");
}

#[tokio::test]
async fn one_cookie_domain_signs_in_all_its_hosts() {
    let world = World::new()
        .app(|app| {
            app.origin("https://auth.example.test")
                .hosts("[one.example.test, '*.apps.example.test']")
                .line("cookie: { domain: example.test }")
        })
        .start()
        .await;
    let mut browser = world.browser();
    browser.open("https://one.example.test/a").await.assert_at("https://one.example.test/a");
    let cookie = browser.jar.get("__Secure-vestibule_app").unwrap();
    assert!(cookie.secure && cookie.http_only && !cookie.host_only);
    assert_eq!(cookie.domain, "example.test");
    let callbacks = world.provider.count(Endpoint::Authorize);
    browser.open("https://x.apps.example.test/b").await.assert_at("https://x.apps.example.test/b");
    assert_eq!(world.provider.count(Endpoint::Authorize), callbacks, "no second login");
}

#[tokio::test]
async fn on_loopback_over_http_the_cookies_have_no_secure_and_no_prefix() {
    let world = World::new()
        .app(|app| app.origin("http://app.localhost:8480").hosts("['app.localhost:8480']"))
        .start()
        .await;
    let mut browser = world.browser();
    browser.open("http://app.localhost:8480/x?y").await.assert_at("http://app.localhost:8480/x?y");
    let cookie = browser.jar.get("vestibule_app").unwrap();
    assert!(!cookie.secure && cookie.http_only && cookie.host_only && cookie.same_site == SameSite::Lax);
    let cookie = browser.jar.get("vestibule_flow");
    assert!(cookie.is_none_or(|cookie| !cookie.secure && cookie.http_only));
}

/// R-18.3 the other way round.
#[tokio::test]
async fn a_persistent_cookie_outlives_the_browser_and_a_plain_one_does_not() {
    for (line, survives) in [("cookie: { persistent: true }", true), ("cookie: { persistent: false }", false)]
    {
        let world = World::new().line(line).start().await;
        let mut browser = world.signed_in().await;
        browser.jar.restart();
        assert_eq!(browser.jar.get(SESSION).is_some(), survives);
    }
}

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

/// R-1.2: the page says what is known of the cause.
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

/// E-01 to E-03: where `rd` may not lead.
#[tokio::test]
async fn a_return_address_on_a_foreign_host_is_refused_and_never_a_location() {
    let world = World::new().start().await;
    for rd in [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "\\\\evil.example",
        "https:evil.example",
        "https:/evil.example",
        "https:///evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://app.example.test@evil.example/",
        "https://app.example.test.evil.example/",
        "https://app.example.test:444/",
        "http://app.example.test/",
        "https://evil.example\\@app.example.test/",
        "https://app.example.test%2eevil.example/",
        "https%3A%2F%2Fevil.example%2F",
        "%2F%2Fevil.example",
        "%2F%5Cevil.example",
        "https://user:pw@app.example.test/",
        "/%09/evil.example",
        "/%0a/evil.example",
        "https://ⓔvil.example/",
        "ftp://app.example.test/",
        "https://app.example.test%00.evil.example/",
    ] {
        let mut ask = world.base();
        ask.target = format!("/oidc/app/login?rd={rd}").into_bytes();
        let answer = world.send(&ask).await;
        match answer.status {
            400 => assert_ne!(answer.refusal(), "-", "{rd}"),
            302 => {
                // Kept on our own host: then the login must end there.
                let authorize = answer.location().to_owned();
                let mut browser = world.browser();
                for line in answer.all("Set-Cookie") {
                    browser
                        .jar
                        .store(&url::Url::parse(APP).unwrap(), line, world.clock.wall().seconds())
                        .unwrap();
                }
                let back = browser.get(&authorize).await.location().to_owned();
                let end = browser.call_back(&Callback::typed(back)).await;
                let end = url::Url::parse(end.location()).unwrap();
                assert_eq!(end.origin().ascii_serialization(), "https://app.example.test", "{rd}");
            }
            _ => panic!("{rd}: {}", answer.show()),
        }
        assert!(!answer.text().contains("evil"), "{rd} is repeated");
    }
}

#[tokio::test]
async fn a_login_without_a_return_address_ends_at_home() {
    let world = World::new().start().await;
    world.browser().open(&format!("{APP}/login")).await.assert_at("https://app.example.test/");
    world.browser().open(&format!("{APP}/login?rd=")).await.assert_at("https://app.example.test/");
    world
        .browser()
        .open(&format!("{APP}/login?rd=/a?b=c%26d&e=f"))
        .await
        .assert_at("https://app.example.test/a?b=c%26d&e=f");
}

/// R-1.8: a return address that leads back into the login would grow at each hop.
#[tokio::test]
async fn a_return_address_into_our_own_prefix_is_collapsed_to_the_innermost() {
    let world = World::new().start().await;
    let once = format!("{APP}/login?rd=https%3A%2F%2Fapp.example.test%2Fdeep%3Fx%3D1");
    world.browser().open(&once).await.assert_at("https://app.example.test/deep?x=1");
    let twice = format!(
        "{APP}/login?rd={}",
        percent_encoding::utf8_percent_encode(&once, percent_encoding::NON_ALPHANUMERIC)
    );
    world.browser().open(&twice).await.assert_at("https://app.example.test/deep?x=1");
}

/// E-18, E-20: nothing of the request gets into the address of the provider.
#[tokio::test]
async fn parameters_of_the_login_address_and_a_spoofed_host_do_not_reach_the_provider() {
    let world = World::new().start().await;
    let mut ask = world.base().having("Host", "evil.example").having("X-Forwarded-Host", "evil.example");
    ask.target =
        b"/oidc/app/login?scope=admin&prompt=none&client_id=x&redirect_uri=https://evil.example/&rd=/"
            .to_vec();
    let answer = world.send(&ask).await;
    if answer.status == 302 {
        let location = answer.location();
        for part in ["evil", "admin", "prompt"] {
            assert!(!location.contains(part), "{part} in {location}");
        }
    } else {
        assert_eq!(answer.status / 100, 4, "{}", answer.show());
    }
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

#[tokio::test]
async fn userinfo_adds_what_the_id_token_lacks_and_the_id_token_wins() {
    let world = World::new().start().await;
    world.provider.script().userinfo_claims =
        json!({ "email": "other@example.org", "preferred_username": "ada", "groups": ["superusers"] })
            .as_object()
            .unwrap()
            .clone();
    let landed = world.browser().open(PAGE).await;
    assert_eq!(landed.identity("X-User-Email"), "ada.secret@example.org");
    assert_eq!(landed.identity("X-User-Groups"), "staff,admins");
    assert_eq!(landed.identity("X-User-Name"), "ada");
}

/// V-UI-1, G-13.
#[tokio::test]
async fn userinfo_about_somebody_else_ends_the_login() {
    for (name, step, code) in [
        ("another sub", Step::json(200, r#"{"sub":"somebody-else","email":"x"}"#), "userinfo_subject"),
        ("no sub", Step::json(200, r#"{"email":"x"}"#), "userinfo_subject_missing"),
        ("an array", Step::json(200, "[]"), "userinfo_unreadable"),
    ] {
        let world = World::new().start().await;
        world.provider.always(Endpoint::Userinfo, step);
        let mut browser = world.browser();
        let landed = browser.open(PAGE).await;
        assert!(!landed.in_application, "{name}");
        assert_eq!(landed.answer.refusal(), code, "{name}: {}", landed.answer.show());
        assert!(browser.jar.get(SESSION).is_none(), "{name}");
    }
}

#[tokio::test]
async fn userinfo_that_cannot_be_had_ends_the_login_and_the_next_one_works() {
    for (name, step, code) in [
        ("500", Step::status(500), "userinfo_status"),
        ("401", Step::status(401), "userinfo_status"),
        ("a page", Step::html(200, "<html>"), "userinfo_content_type"),
        ("no JSON", Step::json(200, "sub=x"), "userinfo_unreadable"),
        ("members twice", Step::json(200, r#"{"sub":"x","sub":"subject-4711"}"#), "userinfo_unreadable"),
        ("no answer", Step::Cut, "provider_unreachable"),
    ] {
        let world = World::new().start().await;
        world.provider.once(Endpoint::Userinfo, step);
        let mut browser = world.browser();
        let landed = browser.open(PAGE).await;
        assert_eq!(landed.answer.refusal(), code, "{name}: {}", landed.answer.show());
        assert!(browser.jar.get(SESSION).is_none(), "{name}");
        browser.open(PAGE).await.assert_at(PAGE);
    }
}

#[tokio::test]
async fn a_provider_without_userinfo_is_not_asked_for_it() {
    let world = World::new()
        .provider(|provider| provider.change_metadata(|metadata| drop(metadata.remove("userinfo_endpoint"))))
        .start()
        .await;
    let landed = world.browser().open(PAGE).await;
    assert_eq!(
        (landed.identity("X-User-Email"), landed.identity("X-User-Name")),
        ("ada.secret@example.org", "")
    );
    assert_eq!(world.provider.count(Endpoint::Userinfo), 0);
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

/// Both cookies have one name and path: the one of a client with `form_post` must survive the login of one without.
#[tokio::test]
async fn tabs_of_two_clients_of_one_origin_with_different_response_modes_both_land() {
    let client = |name: &str, host: &str| {
        Client::named(name)
            .origin("https://auth.example.test")
            .hosts(&format!("[{host}.example.test]"))
            .line("cookie: { domain: example.test }")
    };
    let world = World::new()
        .app(|_| client("app", "app"))
        .client(client("posted", "posted").line("response_mode: form_post"))
        .start()
        .await;
    let mut browser = world.browser_for("posted");
    let posted = browser.open_until_callback("https://posted.example.test/a").await;
    browser.client = "app".to_owned();
    let plain = browser.open_until_callback("https://app.example.test/b").await;
    let answer = browser.call_back(&posted).await;
    assert_eq!(
        (answer.status, answer.location()),
        (303, "https://posted.example.test/a"),
        "{}",
        answer.show()
    );
    let answer = browser.call_back(&plain).await;
    assert_eq!((answer.status, answer.location()), (303, "https://app.example.test/b"), "{}", answer.show());
}

#[tokio::test]
async fn a_claim_that_fits_no_header_ends_the_login() {
    for (name, value, code) in [
        ("a line break", json!("x\r\nX-Auth-Subject: admin"), "claim_unfit"),
        ("a control character", json!("x\u{7f}"), "claim_unfit"),
        ("an object", json!({ "a": 1 }), "claim_unfit"),
        ("a list in a list", json!([["a"]]), "claim_unfit"),
        ("four thousand bytes", json!("x".repeat(4000)), "identity_too_large"),
    ] {
        let world = World::new().start().await;
        world.provider.script().id_token_claims.insert("email".to_owned(), value);
        let mut browser = world.browser();
        let landed = browser.open(PAGE).await;
        assert!(!landed.in_application, "{name}");
        assert_eq!(landed.answer.refusal(), code, "{name}: {}", landed.answer.show());
        assert!(browser.jar.get(SESSION).is_none(), "{name}");
    }
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
