//! The provider ends a session by a frame (OpenID Connect Front-Channel Logout 1.0; V-FC-1, V-FC-2, H-10).

use url::form_urlencoded::Serializer;

use crate::browser::Browser;
use crate::provider::Endpoint;
use crate::refresh::allowed;
use crate::wire::{Answer, Ask};
use crate::world::{Client, PAGE, World};

async fn world() -> World {
    World::new().line("logout: { frontchannel: true }").start().await
}

async fn signed_in(world: &World, sid: &str) -> Browser {
    world.provider.script().sid = Some(sid.to_owned());
    world.signed_in().await
}

/// What a frame on a page of the provider asks, with a cookie or, as most browsers do, without.
async fn framed(world: &World, parameters: &[(&str, &str)], cookie: Option<&Browser>) -> Answer {
    let query = Serializer::new(String::new()).extend_pairs(parameters).finish();
    let mut ask = Ask::new("GET", format!("/oidc/app/frontchannel-logout?{query}"))
        .with("Host", "app.example.test")
        .with("Sec-Fetch-Site", "cross-site")
        .with("Sec-Fetch-Mode", "navigate")
        .with("Sec-Fetch-Dest", "iframe");
    if let Some(browser) = cookie {
        ask = ask.with("Cookie", world.session_cookie(browser));
    }
    world.send(&ask).await
}

/// V-FC-1: with the cookie of the session and without any.
#[tokio::test]
async fn a_frame_that_names_issuer_and_session_ends_that_session_and_no_other() {
    for with_cookie in [false, true] {
        let world = world().await;
        let desk = signed_in(&world, "desk").await;
        let phone = signed_in(&world, "phone").await;
        let parameters = [("iss", world.provider.issuer.as_str()), ("sid", "desk")];
        let answer = framed(&world, &parameters, with_cookie.then_some(&desk)).await;
        assert_eq!((answer.status, answer.text().as_str()), (200, ""), "{}", answer.show());
        assert!(!allowed(&world, &desk).await, "{with_cookie}");
        assert!(allowed(&world, &phone).await, "{with_cookie}");
        // The same answer when there is nothing left.
        let again = framed(&world, &parameters, None).await;
        assert_eq!(again.status, 200);
        assert_eq!(world.provider.count(Endpoint::Revocation), 0, "tokens are not revoked by it");
    }
}

/// V-FC-1, H-10: whatever is wrong or left out, nothing ends.
#[tokio::test]
async fn a_frame_that_does_not_name_issuer_and_session_once_each_ends_nothing() {
    let world = world().await;
    let browser = signed_in(&world, "desk").await;
    let iss = world.provider.issuer.clone();
    let slash = format!("{iss}/");
    let rows: [(&str, Vec<(&str, &str)>); 9] = [
        ("nothing", vec![]),
        ("no sid", vec![("iss", &iss)]),
        ("no iss", vec![("sid", "desk")]),
        ("an empty sid", vec![("iss", &iss), ("sid", "")]),
        ("another issuer", vec![("iss", "https://evil.example"), ("sid", "desk")]),
        ("a slash more", vec![("iss", &slash), ("sid", "desk")]),
        ("two sids", vec![("iss", &iss), ("sid", "desk"), ("sid", "desk")]),
        ("two issuers", vec![("iss", &iss), ("iss", "https://evil.example"), ("sid", "desk")]),
        ("a sub in place of a sid", vec![("iss", &iss), ("sub", "subject-4711")]),
    ];
    for (name, parameters) in rows {
        for cookie in [None, Some(&browser)] {
            let answer = framed(&world, &parameters, cookie).await;
            answer.assert_refused(400, "frontchannel_logout", name);
            assert!(allowed(&world, &browser).await, "{name}");
        }
    }
    for sid in ["DESK", "des", "desk ", "subject-4711"] {
        let answer = framed(&world, &[("iss", &iss), ("sid", sid)], Some(&browser)).await;
        assert_eq!(answer.status, 200, "{sid}: it tells nobody which there are");
        assert!(allowed(&world, &browser).await, "{sid}");
    }
}

/// V-FC-1: a browser that shows whose session it has ends none of another browser.
#[tokio::test]
async fn a_browser_with_a_session_of_its_own_ends_no_other() {
    let world = world().await;
    let desk = signed_in(&world, "desk").await;
    let phone = signed_in(&world, "phone").await;
    let answer = framed(&world, &[("iss", &world.provider.issuer), ("sid", "phone")], Some(&desk)).await;
    assert_eq!(answer.status, 200, "{}", answer.show());
    assert!(allowed(&world, &desk).await && allowed(&world, &phone).await);
}

/// V-FC-2
#[tokio::test]
async fn only_this_answer_may_be_framed_and_only_by_the_issuer_s_origin() {
    let world = world().await;
    let answer = framed(&world, &[("iss", &world.provider.issuer), ("sid", "x")], None).await;
    assert_eq!(answer.header("Cache-Control"), Some("no-store"));
    assert_eq!(answer.header("Pragma"), Some("no-cache"));
    let policy = format!("default-src 'none'; frame-ancestors {}", world.provider.issuer);
    assert_eq!(answer.header("Content-Security-Policy"), Some(policy.as_str()));
    assert_eq!(answer.header("X-Frame-Options"), None, "it knows no origins, and would forbid the frame");
    // Every other page says that nobody may (asserted of every answer by the tests' own sender).
    let refused = world
        .send(&world.asking(&format!("{}?x", "https://app.example.test/oidc/app/frontchannel-logout")))
        .await;
    assert_eq!(refused.status, 400);
    assert_eq!(refused.header("X-Frame-Options"), Some("DENY"), "{}", refused.show());
}

/// It is not there unless somebody wants it, and then only to be got.
#[tokio::test]
async fn it_is_off_unless_the_operator_wants_it() {
    let world =
        World::new().client(Client::named("other").line("logout: { frontchannel: true }")).start().await;
    let browser = signed_in(&world, "desk").await;
    let parameters = [("iss", world.provider.issuer.as_str()), ("sid", "desk")];
    framed(&world, &parameters, None).await.assert_refused(404, "path_unknown", "off");
    assert!(allowed(&world, &browser).await);
    let mut ask = Ask::new("POST", "/oidc/other/frontchannel-logout").with("Host", "other.example.test");
    world.send(&ask).await.assert_refused(405, "method_not_allowed", "POST");
    // Nor does one client's address end anything at another.
    let query = Serializer::new(String::new()).extend_pairs(&parameters).finish();
    ask.method = "GET".to_owned();
    ask.target = format!("/oidc/other/frontchannel-logout?{query}").into_bytes();
    assert_eq!(world.send(&ask).await.status, 200);
    assert!(allowed(&world, &browser).await);
}

/// H-08: as for the back channel.
#[tokio::test]
async fn a_login_under_way_makes_no_session_after_it() {
    let world = world().await;
    world.provider.script().sid = Some("desk".to_owned());
    let mut browser = world.browser();
    let callback = browser.open_until_callback(PAGE).await;
    assert_eq!(framed(&world, &[("iss", &world.provider.issuer), ("sid", "desk")], None).await.status, 200);
    browser.call_back(&callback).await.assert_refused(409, "signed_out_meanwhile", "under way");
}
