//! What the provider says of a person, and what the application is told (V-UI-1 to V-UI-3, C-01 ff.).

use serde_json::json;

use crate::provider::{Endpoint, Step};
use crate::refresh::refresh_once;
use crate::world::{PAGE, SESSION, World};

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

#[tokio::test]
async fn userinfo_switched_off_is_not_asked_neither_at_the_login_nor_at_a_refresh() {
    let world = World::new().line("userinfo: off").start().await;
    let browser = world.signed_in().await;
    refresh_once(&world, &browser).await;
    let answer = world.send(&world.base_of(&browser)).await;
    assert_eq!(
        (answer.all("X-User-Email"), answer.all("X-User-Name")),
        (vec!["ada.secret@example.org"], vec![""])
    );
    assert_eq!(world.provider.count(Endpoint::Userinfo), 0);
}

/// R-19.3: Okta's ID token is thin when an access token comes with it.
#[tokio::test]
async fn userinfo_if_missing_is_asked_where_the_id_token_lacks_a_mapped_claim() {
    let world = World::new()
        .app(|app| app.headers("{ email: X-User-Email, groups: X-User-Groups }").line("userinfo: if_missing"))
        .start()
        .await;
    {
        let mut script = world.provider.script();
        script.userinfo_claims.insert("groups".to_owned(), json!(["from-userinfo"]));
        script.id_token_claims.insert("email_verified".to_owned(), json!(true));
    }
    let browser = world.signed_in().await;
    assert_eq!(world.provider.count(Endpoint::Userinfo), 0, "nothing is missing");
    let answer = world.send(&world.base_of(&browser)).await;
    assert_eq!(answer.all("X-User-Groups"), ["staff,admins"]);

    // The token of a refresh lacks what the login's had: what was known is no reason not to ask.
    world.provider.script().id_token_claims.remove("groups");
    refresh_once(&world, &browser).await;
    assert_eq!(world.provider.count(Endpoint::Userinfo), 1);
    let answer = world.send(&world.base_of(&browser)).await;
    assert_eq!(answer.all("X-User-Groups"), ["from-userinfo"]);

    // Never for a single request.
    for _ in 0..5 {
        world.send(&world.base_of(&browser)).await;
    }
    assert_eq!(world.provider.count(Endpoint::Userinfo), 1);
    world.browser().open(PAGE).await.assert_at(PAGE);
    assert_eq!(world.provider.count(Endpoint::Userinfo), 2, "a thin token at the login");
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

/// The next login would end the same way: nobody is sent round in circles.
#[tokio::test]
async fn a_page_about_an_account_that_cannot_sign_in_offers_none_but_another_one() {
    let world = World::new().start().await;
    world.provider.script().id_token_claims.insert("email".to_owned(), "a\r\nb".into());
    let landed = world.browser().open(PAGE).await;
    landed.answer.assert_refused(403, "claim_unfit", "a line break");
    let page = landed.answer.text();
    assert!(!page.contains("/login?rd=") && page.contains("/login?prompt=select_account"), "{page}");
}
