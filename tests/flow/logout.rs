//! Signing out (H-02, H-09, D-14, D-17, V-LO-1 to V-LO-3, R-9.1, R-9.5, R-9.6).

use url::Url;

use crate::browser::attributes;
use crate::provider::{Endpoint, Step};
use crate::wire::Answer;
use crate::world::{APP, FLOW, PAGE, SESSION, World};

const EVIL: &str = "https://evil.example/page";

fn is_confirmation(answer: &Answer) -> bool {
    answer.status == 200 && answer.text().contains("<form") && answer.all("Set-Cookie").is_empty()
}

/// V-LO-1
#[tokio::test]
async fn signing_out_ends_the_session_here_and_at_the_provider_and_ends_on_a_page() {
    let world = World::new().start().await;
    let mut browser = world.signed_in().await;
    let cookie = world.session_cookie(&browser);
    let landed = browser.submit_and_follow(PAGE, &format!("{APP}/logout"), "").await;
    assert_eq!(landed.answer.status, 200);
    assert_eq!(
        landed.url.split('?').next(),
        Some("https://app.example.test/oidc/app/signed-out"),
        "{:?}",
        browser.visited
    );
    assert!(browser.jar.get(SESSION).is_none() && browser.jar.get(FLOW).is_none(), "{:?}", browser.jar);

    let call = world.provider.calls(Endpoint::EndSession).remove(0);
    assert_eq!(
        call.parameter("post_logout_redirect_uri"),
        Some("https://app.example.test/oidc/app/signed-out")
    );
    assert_eq!(call.parameter("client_id"), Some("id-of-app"));
    assert_eq!(call.parameter("id_token_hint").map(|token| token.split('.').count()), Some(3));

    let answer = world.send(&world.base().with("Cookie", cookie)).await;
    assert_eq!(answer.status, 302, "the old cookie is dead: {}", answer.show());
}

#[tokio::test]
async fn a_get_from_a_page_of_the_same_origin_or_typed_signs_out_at_once() {
    let world = World::new().start().await;
    for typed in [false, true] {
        let mut browser = world.signed_in().await;
        let url = format!("{APP}/logout");
        let answer = if typed { browser.get(&url).await } else { browser.click(PAGE, &url).await };
        assert_eq!(answer.status, 303, "{}", answer.show());
        assert!(answer.location().starts_with(&world.provider.issuer));
        assert!(browser.jar.get(SESSION).is_none());
    }
}

/// H-10, D-14: a picture, a frame, a link or a form of another site.
/// V-LO-3
#[tokio::test]
async fn what_another_site_causes_is_asked_first_and_ends_nothing() {
    let world = World::new().start().await;
    let mut browser = world.signed_in().await;
    let url = format!("{APP}/logout");

    let answer = browser.click(EVIL, &url).await;
    assert!(is_confirmation(&answer), "a link: {}", answer.show());
    assert_eq!(answer.header("X-Frame-Options"), Some("DENY"));
    assert_eq!(answer.header("Cache-Control"), Some("no-store"));

    // Such a form comes without the session cookie; an attacker who got around that still gets no further.
    let cookie = world.session_cookie(&browser);
    let mut rows = Vec::new();
    for (name, headers) in [
        ("a form", vec![("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site")]),
        ("a form of an opaque origin", vec![("Origin", "null"), ("Sec-Fetch-Site", "cross-site")]),
        (
            "a form of a sibling",
            vec![("Origin", "https://sibling.example.test"), ("Sec-Fetch-Site", "same-site")],
        ),
        ("the same over http", vec![("Origin", "http://app.example.test"), ("Sec-Fetch-Site", "cross-site")]),
        ("an origin that only begins like ours", vec![("Origin", "https://app.example.test.evil.example")]),
        ("two origins", vec![("Origin", "https://app.example.test"), ("Origin", "https://evil.example")]),
        ("nothing said", vec![]),
    ] {
        let mut ask = world.base().without("Sec-Fetch-Site").with("Cookie", &cookie).form("x=y");
        ask.method = "POST".to_owned();
        ask.target = b"/oidc/app/logout".to_vec();
        rows.push((name, headers.into_iter().fold(ask, |ask, (header, value)| ask.with(header, value))));
    }
    let mut picture = world
        .base()
        .with("Cookie", &cookie)
        .having("Sec-Fetch-Site", "cross-site")
        .having("Sec-Fetch-Dest", "image");
    picture.target = b"/oidc/app/logout".to_vec();
    rows.push(("a picture", picture.having("Sec-Fetch-Mode", "no-cors")));
    for (name, ask) in rows {
        let answer = world.send(&ask).await;
        assert!(is_confirmation(&answer) || answer.status == 403, "{name}: {}", answer.show());
        world.send(&world.base_of(&browser)).await.assert_allowed(name);
    }
}

#[tokio::test]
async fn confirming_on_the_page_signs_out_and_keeps_where_to_go() {
    let world = World::new().start().await;
    let mut browser = world.signed_in().await;
    let answer = browser.click(EVIL, &format!("{APP}/logout?rd=/goodbye")).await;
    let page = answer.text();
    let page = page.split_once("<form").unwrap().1.split_once("</form").unwrap().0.to_owned();
    let action = Url::parse(APP).unwrap().join(&attributes(&page, "action")[0]).unwrap();
    let form = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(
            attributes(&page, "name")
                .into_iter()
                .zip(attributes(&page, "value"))
                .filter(|(name, _)| name == "rd"),
        )
        .finish();
    assert!(form.contains("goodbye"), "{page}");
    let answer = browser.submit(APP, action.as_str(), &form).await;
    assert_eq!(answer.status, 303, "{}", answer.show());
    assert!(browser.jar.get(SESSION).is_none());
    let back = browser.get(answer.location()).await;
    let end = browser.get(back.location()).await;
    assert_eq!((end.status, end.location()), (303, "https://app.example.test/goodbye"), "{}", end.show());
}

/// V-LO-1, H-09: where a logout ends is never up to somebody else.
#[tokio::test]
async fn the_signed_out_page_goes_on_only_with_our_own_state() {
    let world = World::new().start().await;
    let mut browser = world.browser();
    for query in [
        "",
        "?state=forged",
        "?state=",
        "?rd=https://evil.example/",
        "?state=https://evil.example/&rd=//evil.example",
        "?post_logout_redirect_uri=https://evil.example/",
    ] {
        let answer = browser.get(&format!("{APP}/signed-out{query}")).await;
        assert_eq!(answer.status, 200, "{query}: {}", answer.show());
        assert!(!answer.text().contains("evil"), "{query}");
    }
    for rd in ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"] {
        let mut browser = world.signed_in().await;
        let answer = browser.get(&format!("{APP}/logout?rd={rd}")).await;
        assert_eq!(answer.status, 400, "{rd}: {}", answer.show());
        assert!(
            ["return_to_host", "return_to_malformed"].contains(&answer.refusal()),
            "{rd}: {}",
            answer.show()
        );
    }
    // The state of a login opens nothing here.
    let login_state = browser.open_until_callback(PAGE).await.parameter("state");
    let answer = browser.get(&format!("{APP}/signed-out?state={login_state}")).await;
    assert_eq!(answer.status, 200, "{}", answer.show());
}

/// V-LO-2
#[tokio::test]
async fn signing_out_works_while_the_provider_is_down() {
    let mut world = World::new().start().await;
    let mut browser = world.signed_in().await;
    let cookie = world.session_cookie(&browser);
    for endpoint in [Endpoint::Discovery, Endpoint::Token, Endpoint::EndSession, Endpoint::Jwks] {
        world.provider.always(endpoint, Step::Hang);
    }
    let answer = browser.submit(PAGE, &format!("{APP}/logout"), "").await;
    assert_eq!(answer.status, 303, "{}", answer.show());
    assert_eq!(world.send(&world.base().with("Cookie", cookie)).await.status, 302);
    world.stop().await;
}

#[tokio::test]
async fn a_provider_without_an_end_session_endpoint_leaves_the_person_on_our_page() {
    let world = World::new()
        .provider(|provider| {
            provider.change_metadata(|metadata| drop(metadata.remove("end_session_endpoint")))
        })
        .start()
        .await;
    let mut browser = world.signed_in().await;
    let landed = browser.submit_and_follow(PAGE, &format!("{APP}/logout"), "").await;
    assert_eq!(landed.url.split('?').next(), Some("https://app.example.test/oidc/app/signed-out"));
    let mut browser = world.signed_in().await;
    let answer = browser.submit(PAGE, &format!("{APP}/logout"), "rd=%2Fgoodbye").await;
    assert_eq!(answer.location(), "https://app.example.test/goodbye");
}

///
#[tokio::test]
async fn signing_out_without_a_session_is_signed_out_never_a_login() {
    let world = World::new().start().await;
    let mut browser = world.browser();
    let landed = browser.open(&format!("{APP}/logout")).await;
    assert_eq!(landed.answer.status, 200);
    assert!(landed.url.contains("/signed-out"), "{}", landed.url);
    assert_eq!(world.provider.count(Endpoint::Authorize), 0);
    let mut browser = world.signed_in().await;
    browser.submit(PAGE, &format!("{APP}/logout"), "").await;
    let landed = browser.open(&format!("{APP}/logout")).await;
    assert!(landed.url.contains("/signed-out"), "{}", landed.url);
}

/// `fetch(…, { method: "POST" })` sends neither a body nor a media type.
#[tokio::test]
async fn a_post_without_a_body_signs_out() {
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    let mut ask = world
        .base_of(&browser)
        .having("Sec-Fetch-Site", "same-origin")
        .with("Origin", "https://app.example.test")
        .with("Content-Length", "0");
    ask.method = "POST".to_owned();
    ask.target = b"/oidc/app/logout".to_vec();
    let answer = world.send(&ask).await;
    assert_eq!(answer.status, 303, "{}", answer.show());
    assert_eq!(world.send(&world.base_of(&browser)).await.status, 302);
}

#[tokio::test]
async fn one_browser_signing_out_leaves_the_other_signed_in() {
    let world = World::new().start().await;
    let mut desk = world.signed_in().await;
    let phone = world.signed_in().await;
    desk.submit(PAGE, &format!("{APP}/logout"), "").await;
    world.send(&world.base_of(&phone)).await.assert_allowed("the phone");
}

#[tokio::test]
async fn after_signing_out_the_page_leads_to_a_new_login() {
    let world = World::new().start().await;
    let mut browser = world.signed_in().await;
    browser.submit_and_follow(PAGE, &format!("{APP}/logout"), "").await;
    let logins = world.provider.count(Endpoint::Authorize);
    browser.open(PAGE).await.assert_at(PAGE);
    assert_eq!(world.provider.count(Endpoint::Authorize), logins + 1);
}

/// none leaves the parameter out.
#[tokio::test]
async fn post_logout_redirect_uri_none_is_not_sent() {
    let world = World::new().line("post_logout_redirect_uri: none").start().await;
    let mut browser = world.signed_in().await;
    let answer = browser.submit(PAGE, &format!("{APP}/logout"), "").await;
    assert!(!answer.location().contains("post_logout_redirect_uri"), "{}", answer.location());
    assert!(answer.location().contains("id_token_hint"));
}

#[tokio::test]
async fn the_redirect_to_the_provider_fits_4096_bytes_with_a_huge_id_token() {
    let world = World::new().start().await;
    world.provider.script().id_token_claims.insert("filler".to_owned(), "f".repeat(8000).into());
    let mut browser = world.signed_in().await;
    let answer = browser.submit(PAGE, &format!("{APP}/logout"), "").await;
    assert_eq!(answer.status, 303);
    assert!(answer.head.len() <= 4096, "{} bytes", answer.head.len());
}

/// The cookie of a shared domain is removed with the attributes it was set with (D-17).
#[tokio::test]
async fn a_cookie_for_a_whole_domain_is_removed_too() {
    let world = World::new()
        .app(|app| {
            app.origin("https://auth.example.test")
                .hosts("[one.example.test]")
                .line("cookie: { domain: example.test, persistent: true }")
        })
        .start()
        .await;
    let mut browser = world.browser();
    browser.open("https://one.example.test/a").await.assert_at("https://one.example.test/a");
    browser.submit("https://one.example.test/a", "https://auth.example.test/oidc/app/logout", "").await;
    assert!(browser.jar.all().is_empty(), "{:?}", browser.jar);
}

/// A picture that a user of the application put there has the same origin; so has what a browser loads in advance.
#[tokio::test]
async fn a_picture_or_a_link_loaded_in_advance_of_the_same_origin_is_asked_first_and_ends_nothing() {
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    let mut link = world.base_of(&browser).having("Sec-Fetch-Site", "same-origin");
    link.target = b"/oidc/app/logout".to_vec();
    let picture = link.clone().having("Sec-Fetch-Mode", "no-cors").having("Sec-Fetch-Dest", "image");
    for (name, ask) in [
        ("a picture", picture),
        ("a frame", link.clone().having("Sec-Fetch-Dest", "iframe")),
        ("in advance", link.clone().with("Sec-Purpose", "prefetch")),
        (
            "typed, and loaded in advance",
            link.having("Sec-Fetch-Site", "none").with("Sec-Purpose", "prefetch"),
        ),
    ] {
        let answer = world.send(&ask).await;
        assert!(
            answer.all("Location").is_empty() && answer.all("Set-Cookie").is_empty(),
            "{name}: {}",
            answer.show()
        );
        world.send(&world.base_of(&browser)).await.assert_allowed(name);
    }
}

/// A page of the same site that sends no `Origin` may be of anybody there.
#[tokio::test]
async fn a_link_of_a_sibling_that_nobody_guards_is_asked_first_and_ends_nothing() {
    let world = World::new().start().await;
    let mut browser = world.signed_in().await;
    let answer = browser.click("https://sibling.example.test/page", &format!("{APP}/logout")).await;
    assert!(is_confirmation(&answer), "{}", answer.show());
    world.send(&world.base_of(&browser)).await.assert_allowed("after the link");
}

/// The head that nginx reads is 4096 bytes, however many flow cookies a browser has and however long the way to the provider is.
#[tokio::test]
async fn the_redirect_to_the_provider_fits_4096_bytes_with_twenty_flow_cookies() {
    let world = World::new().start().await;
    for filler in [0, 500, 1000, 1500, 1750, 2000] {
        world.provider.script().id_token_claims.insert("filler".to_owned(), "f".repeat(filler).into());
        let mut browser = world.signed_in().await;
        for _ in 0..20 {
            let mut alone = world.browser();
            alone.open_until_callback(PAGE).await;
            browser.jar.plant(alone.jar.get(FLOW).unwrap().clone());
        }
        let answer = browser.submit(PAGE, &format!("{APP}/logout"), "").await;
        assert_eq!(answer.status, 303);
        assert!(answer.head.len() <= 4096, "{} bytes", answer.head.len());
        assert!(browser.jar.get(SESSION).is_none());
    }
}
