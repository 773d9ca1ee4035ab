//! Whom a client lets in, at the login and at each refresh (V-ID-19, R-19.2, R-19.4, R-19.10).

use serde_json::{Value, json};

use crate::logs;
use crate::refresh::{TOKEN, allowed, over, refresh_once};
use crate::world::{PAGE, SESSION, World};

fn say(world: &World, claim: &str, value: Value) {
    world.provider.script().id_token_claims.insert(claim.to_owned(), value);
}

/// V-ID-19
#[tokio::test]
async fn somebody_of_another_organisation_is_told_so_and_gets_no_session() {
    let world = World::new().line("hosted_domain: example.org").start().await;
    for (name, hd) in [("none", None), ("another", Some("evil.example"))] {
        if let Some(hd) = hd {
            say(&world, "hd", json!(hd));
        }
        let mut browser = world.browser();
        let landed = browser.open(PAGE).await;
        landed.answer.assert_refused(403, "hosted_domain", name);
        assert!(landed.answer.text().contains("another account"), "{name}: {}", landed.answer.text());
        assert!(browser.jar.get(SESSION).is_none(), "{name}");
    }
    say(&world, "hd", json!("example.org"));
    world.signed_in().await;
    // What the claim said is nobody's business but the operator's, and not even his.
    assert!(logs::lines_with(&["evil.example", "hosted_domain"]).is_empty());
}

/// V-ID-19, C-11: who leaves the organisation is out with the next refresh.
#[tokio::test]
async fn a_refresh_judges_the_hosted_domain_again() {
    let world = World::new().line("hosted_domain: [example.org, example.net]").start().await;
    say(&world, "hd", json!("example.org"));
    let browser = world.signed_in().await;
    say(&world, "hd", json!("example.net"));
    refresh_once(&world, &browser).await;
    assert!(allowed(&world, &browser).await);
    say(&world, "hd", json!("evil.example"));
    world.clock.shift(TOKEN + 1);
    over(&world, &browser, "another organisation").await;
    assert!(!allowed(&world, &browser).await);
}

/// the page says what the person can do.
#[tokio::test]
async fn somebody_whose_address_is_not_verified_is_told_to_verify_it() {
    let world = World::new().start().await;
    say(&world, "email_verified", json!(false));
    let mut browser = world.browser();
    let landed = browser.open(PAGE).await;
    landed.answer.assert_refused(403, "email_not_verified", "not verified");
    let page = landed.answer.text();
    assert!(
        page.contains("has not verified your e-mail address") && page.contains("Verify it there"),
        "{page}"
    );
    assert!(page.contains("/login?rd="), "once it is verified the person tries again: {page}");
    assert!(browser.jar.get(SESSION).is_none());
    say(&world, "email_verified", json!(true));
    browser.open(PAGE).await.assert_at(PAGE);
    // V-ID-19: and at a refresh.
    say(&world, "email_verified", json!(false));
    world.clock.shift(TOKEN + 1);
    over(&world, &browser, "no longer verified").await;
}

/// Where userinfo is asked only if something is missing, a claim that is needed for the judgement counts too.
#[tokio::test]
async fn a_claim_that_lets_people_in_may_come_from_userinfo() {
    let world = World::new()
        .app(|app| app.headers("{ email: X-User-Email }"))
        .line("userinfo: if_missing")
        .line("email_verified: require")
        .line("hosted_domain: example.org")
        .start()
        .await;
    {
        let mut script = world.provider.script();
        script.userinfo_claims.insert("email_verified".to_owned(), json!(true));
        script.userinfo_claims.insert("hd".to_owned(), json!("example.org"));
    }
    world.signed_in().await;
}

/// V-ID-19: an ID token that hands out an address and is silent about it does not hide that userinfo says no.
#[tokio::test]
async fn where_userinfo_is_asked_if_missing_an_unverified_address_is_no_less_refused() {
    let world = World::new()
        .app(|app| app.headers("{ email: X-User-Email }"))
        .line("userinfo: if_missing")
        .start()
        .await;
    world.provider.script().userinfo_claims.insert("email_verified".to_owned(), json!(false));
    let landed = world.browser().open(PAGE).await;
    landed.answer.assert_refused(403, "email_not_verified", "userinfo says no");
}

/// at the login and at a refresh; groups of before do not stay.
#[tokio::test]
async fn groups_that_the_provider_keeps_elsewhere_are_said_in_the_log() {
    let world = World::new().line("preset: entra").start().await;
    let browser = world.signed_in().await;
    let before = logs::lines_with(&["claim_elsewhere"]).len();
    {
        let mut script = world.provider.script();
        script.id_token_claims.remove("groups");
        let place =
            json!({ "src1": { "endpoint": "https://graph.microsoft.com/v1.0/users/x/getMemberObjects" } });
        script.id_token_claims.insert("_claim_names".to_owned(), json!({ "groups": "src1" }));
        script.id_token_claims.insert("_claim_sources".to_owned(), place);
    }
    refresh_once(&world, &browser).await;
    let answer = world.send(&world.base_of(&browser)).await;
    assert_eq!(answer.all("X-User-Groups"), [""]);
    world.signed_in().await;
    let lines =
        logs::lines_with(&["claim_elsewhere", "Groups assigned to the application", "\"claim\":\"groups\""]);
    assert_eq!(lines.len() - before, 2, "{lines:#?}");
}
