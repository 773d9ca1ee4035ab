//! pages of other origins that `cors.origins` names may read our own answers, and nobody else's.

use crate::wire::{Answer, Ask};
use crate::world::{APP, PAGE, Setup, World};

const SPA: &str = "https://spa.example.test";
const LINE: &str = "cors: { origins: [https://spa.example.test, \"https://spa.example.test:8443\"] }";

fn world() -> Setup {
    World::new().line(LINE)
}

/// As `fetch` of a page of that origin asks.
fn fetch(ask: Ask, origin: &str) -> Ask {
    ask.having("Accept", "*/*")
        .having("Sec-Fetch-Mode", "cors")
        .having("Sec-Fetch-Dest", "empty")
        .having("Sec-Fetch-Site", "same-site")
        .without("Sec-Fetch-User")
        .without("Upgrade-Insecure-Requests")
        .having("Origin", origin)
}

#[track_caller]
fn assert_readable(answer: &Answer, origin: &str, case: &str) {
    let said = |name: &str| answer.header(name);
    assert_eq!(said("Access-Control-Allow-Origin"), Some(origin), "{case}: {}", answer.show());
    assert_eq!(said("Access-Control-Allow-Credentials"), Some("true"), "{case}");
    assert_eq!(said("Vary"), Some("Origin"), "{case}");
    let exposed =
        said("Access-Control-Expose-Headers").unwrap_or_else(|| panic!("{case}: {}", answer.show()));
    for name in ["Vestibule-Login", "Vestibule-Refusal", "Vestibule-Request-Id"] {
        assert!(exposed.contains(name), "{case}: {exposed}");
    }
}

#[track_caller]
fn assert_closed(answer: &Answer, case: &str) {
    let named: Vec<_> = answer
        .headers
        .iter()
        .filter(|(name, _)| name.to_ascii_lowercase().starts_with("access-control-"))
        .collect();
    assert!(named.is_empty(), "{case}: {named:?}");
}

#[tokio::test]
async fn a_page_that_is_named_reads_a_401_a_403_and_a_mistake_of_the_proxy() {
    let world = world().start().await;
    for origin in [SPA, "https://spa.example.test:8443"] {
        for (name, ask) in world.in_every_dialect() {
            let answer = world.send(&fetch(ask, origin)).await;
            assert_eq!(answer.status, 401, "{name}: {}", answer.show());
            assert_readable(&answer, origin, name);
            assert!(answer.header("Vestibule-Login").is_some(), "{name}");
        }
    }
    let mut bare = world.base();
    bare.target = b"/auth".to_vec();
    assert_readable(&world.send(&fetch(bare, SPA)).await, SPA, "the client found by its host");
    let spoofed = fetch(world.base(), SPA).with("X-Auth-Subject", "admin");
    let answer = world.send(&spoofed).await;
    answer.assert_refused(400, "identity_header_sent", "an identity header");
    assert_readable(&answer, SPA, "an identity header");
}

/// Equal to the letter, and once.
#[tokio::test]
async fn nobody_else_reads_anything() {
    let world = world().start().await;
    let others = [
        "https://evil.example",
        "https://spa.example.test.evil.example",
        "https://evilspa.example.test",
        "https://x.spa.example.test",
        "https://SPA.example.test",
        "https://spa.example.test/",
        "https://spa.example.test:443",
        "https://spa.example.test:8444",
        "http://spa.example.test",
        "https://spa.example.test https://evil.example",
        "https://app.example.test",
        "null",
        "*",
        "",
    ];
    for origin in others {
        let answer = world.send(&fetch(world.base(), origin)).await;
        assert_closed(&answer, origin);
        assert_eq!(answer.header("Vary"), Some("Origin"), "{origin}: the answer depends on it all the same");
        let page = fetch(
            world.browser().ask(
                "GET",
                &format!("{APP}/session").parse().unwrap(),
                crate::jar::Context::SameSite,
            ),
            origin,
        );
        assert_closed(&world.send(&page).await, origin);
    }
    let twice = fetch(world.base(), SPA).with("Origin", SPA);
    assert_closed(&world.send(&twice).await, "twice");
    assert_closed(&world.send(&world.base().having("Accept", "*/*")).await, "no origin at all");

    let without = World::new().start().await;
    let answer = without.send(&fetch(without.base(), SPA)).await;
    assert_closed(&answer, "where nothing is written");
    assert!(answer.all("Vary").is_empty(), "{}", answer.show());
}

/// What the application answers is its own business, and a page or a redirect is for people.
#[tokio::test]
async fn a_yes_a_redirect_and_a_page_are_never_opened() {
    let world = world().start().await;
    let browser = world.signed_in().await;
    let answer = world.send(&fetch(world.base_of(&browser), SPA)).await;
    answer.assert_allowed("with a session");
    assert_closed(&answer, "a yes");
    assert!(answer.all("Vary").is_empty(), "{}", answer.show());
    for (name, ask) in world.in_every_dialect() {
        let answer = world.send(&ask.with("Origin", SPA)).await;
        assert!(answer.header("Location").is_some(), "{name}: {}", answer.show());
        assert_closed(&answer, name);
    }
    let page = world.base().with("Origin", SPA).with("X-Auth-Subject", "admin");
    let answer = world.send(&page).await;
    assert!(answer.text().contains("<html"), "{}", answer.show());
    assert_closed(&answer, "a page");
    for path in ["login", "callback", "logout", "signed-out", "jwks.json", "assertion-keys.json"] {
        let url = format!("{APP}/{path}").parse().unwrap();
        let ask = world.browser().ask("GET", &url, crate::jar::Context::SameSite).with("Origin", SPA);
        assert_closed(&world.send(&ask).await, path);
    }
}

#[tokio::test]
async fn a_page_that_is_named_reads_the_session_and_its_claims_and_changes_neither() {
    let world = world().start().await;
    let browser = world.signed_in().await;
    let own = |path: &str, method: &str| {
        let url = format!("{APP}/{path}").parse().unwrap();
        browser.ask(method, &url, crate::jar::Context::SameSite)
    };
    for path in ["session", "userinfo"] {
        let answer = world.send(&fetch(own(path, "GET"), SPA)).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.show());
        assert_readable(&answer, SPA, path);
        let stranger = world.send(&fetch(own(path, "GET"), "https://evil.example")).await;
        stranger.assert_refused(403, "cross_site", path);
        assert_closed(&stranger, path);
    }
    let nobody = fetch(own("session", "GET"), SPA).without("Cookie");
    let answer = world.send(&nobody).await;
    answer.assert_refused(401, "no_session", "without a cookie");
    assert_readable(&answer, SPA, "without a cookie");
    // What changes something keeps its own check of the origin.
    for method in ["GET", "POST"] {
        let answer = world.send(&fetch(own("new-token", method), SPA)).await;
        answer.assert_refused(403, "cross_site", method);
    }
    let answer = world.send(&fetch(own("logout", "POST"), SPA)).await;
    assert_ne!(answer.status, 303, "{}", answer.show());
    assert_closed(&answer, "logout");
    let still = world.send(&world.base_of(&browser)).await;
    still.assert_allowed("nothing was signed out");
}

/// Fetch section 4.8: asked before a request with a header of its own.
#[tokio::test]
async fn a_preflight_is_answered_for_what_may_be_read_and_for_nothing_else() {
    let world = world().start().await;
    let preflight = |path: &str, origin: &str| {
        let url = format!("{APP}/{path}").parse().unwrap();
        let ask = world.browser().ask("OPTIONS", &url, crate::jar::Context::SameSite);
        fetch(ask, origin)
            .with("Access-Control-Request-Method", "GET")
            .with("Access-Control-Request-Headers", "x-requested-with")
    };
    for path in ["session", "userinfo"] {
        let answer = world.send(&preflight(path, SPA)).await;
        assert_eq!(answer.status, 204, "{path}: {}", answer.show());
        assert_eq!(answer.header("Access-Control-Allow-Origin"), Some(SPA));
        assert_eq!(answer.header("Access-Control-Allow-Methods"), Some("GET, HEAD"));
        assert!(answer.header("Access-Control-Allow-Headers").unwrap().contains("X-Requested-With"));
        let stranger = world.send(&preflight(path, "https://evil.example")).await;
        stranger.assert_refused(405, "method_not_allowed", path);
        assert_closed(&stranger, path);
    }
    for path in ["login", "logout", "new-token", "callback", "backchannel-logout"] {
        let answer = world.send(&preflight(path, SPA)).await;
        assert!(answer.status >= 400, "{path}: {}", answer.show());
        assert!(answer.all("Access-Control-Allow-Methods").is_empty(), "{path}: {}", answer.show());
    }
    // That of the application's is a question like any other.
    let asked = fetch(world.asking(PAGE).having("X-Forwarded-Method", "OPTIONS"), SPA)
        .with("Access-Control-Request-Method", "PUT");
    let answer = world.send(&asked).await;
    assert_eq!(answer.status, 401, "{}", answer.show());
    assert!(answer.all("Access-Control-Allow-Methods").is_empty(), "{}", answer.show());
}

/// nginx gives up on a head over 4096 bytes.
#[tokio::test]
async fn with_the_longest_login_address_the_head_still_fits() {
    let world = world().start().await;
    let page = format!("https://app.example.test/{}", "%C3%BC".repeat(290));
    let ask = fetch(world.base(), SPA).with("Referer", &page);
    let answer = world.send(&ask).await;
    assert_eq!(answer.status, 401, "{}", answer.show());
    assert_readable(&answer, SPA, "a long page");
    assert!(answer.json()["login_url"].as_str().unwrap().len() > 2900, "{}", answer.show());
}
