//! Whom a client lets in, at the login and at each refresh (V-ID-19, R-19.2, R-19.4, R-19.10).

use serde_json::{Map, Value, json};

use crate::browser::attributes;
use crate::logs;
use crate::refresh::{TOKEN, allowed, over, refresh_once};
use crate::wire::Answer;
use crate::world::{APP, PAGE, SESSION, World};

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

/// Where the links of a page lead, in order.
fn links(answer: &Answer) -> Vec<String> {
    answer.assert_page("refused");
    attributes(&answer.text(), "href")
}

/// the provider would silently take the same account again, so the page leads to another one, and says which this is.
#[tokio::test]
async fn somebody_whose_account_is_refused_at_the_login_finds_the_way_to_another_one() {
    let world = World::new().line("hosted_domain: example.org").start().await;
    say(&world, "preferred_username", json!("ada.private@elsewhere.example"));
    let mut browser = world.browser();
    let landed = browser.open("https://app.example.test/deep/page?x=1&y=%20z").await;
    landed.answer.assert_refused(403, "hosted_domain", "another organisation");
    let page = landed.answer.text();
    assert!(page.contains("<bdi>ada.private@<wbr>elsewhere.example</bdi>"), "{page}");
    let links = links(&landed.answer);
    assert_eq!(links.len(), 2, "{links:?}");
    assert!(links[0].starts_with(&format!("{APP}/login?prompt=select_account&rd=")), "{links:?}");
    // Nobody is signed in here: it is the provider that knows them. No token stands on a page.
    assert!(links[1].starts_with(&world.provider.issuer) && links[1].contains("client_id="), "{links:?}");
    assert!(!links[1].contains("id_token_hint") && !links[1].contains("state="), "{links:?}");
    assert!(!logs::text().contains("ada.private"), "an account is in no log");

    say(&world, "hd", json!("example.org"));
    browser.open(&links[0]).await.assert_at("https://app.example.test/deep/page?x=1&y=%20z");
}

/// Who signs in with a second account and is refused still has the session of the first; the way out ends it.
#[tokio::test]
async fn where_a_session_is_alive_the_way_out_ends_that_too() {
    let world = World::new().line("hosted_domain: example.org").start().await;
    say(&world, "hd", json!("example.org"));
    let mut browser = world.signed_in().await;
    say(&world, "hd", json!("example.net"));
    let landed = browser.open(&format!("{APP}/login?prompt=select_account&rd=/")).await;
    landed.answer.assert_refused(403, "hosted_domain", "the second account");
    assert_eq!(links(&landed.answer)[1], format!("{APP}/logout"));
}

/// What can be put right about an account is tried again; what cannot is only left.
#[tokio::test]
async fn each_refusal_of_an_account_offers_what_can_help() {
    let unfit = ("claim_unfit", "preferred_username", json!("a\nb"), false);
    let large = ("identity_too_large", "preferred_username", json!("x".repeat(4000)), false);
    let unverified = ("email_not_verified", "email_verified", json!(false), true);
    for (code, claim, value, again) in [unfit, large, unverified] {
        let world = World::new()
            .app(|app| app.headers("{ email: X-User-Email, preferred_username: X-User }"))
            .start()
            .await;
        say(&world, claim, value);
        let landed = world.browser().open(PAGE).await;
        landed.answer.assert_refused(403, code, code);
        let links = links(&landed.answer);
        let to = |what: &str| links.iter().any(|link| link.starts_with(&format!("{APP}/login?{what}=")));
        assert!(to("prompt"), "{code}: {links:?}");
        assert_eq!(to("rd"), again, "{code}: {links:?}");
    }
    let world = World::new().start().await;
    let mut browser = world.browser();
    let callback = browser.open_until_callback(PAGE).await;
    let answer =
        browser.call_back(&callback.having("code", None).having("error", Some("access_denied"))).await;
    let links = links(&answer);
    assert!(links[0].starts_with(&format!("{APP}/login?rd=")), "{links:?}");
    assert!(links[1].starts_with(&format!("{APP}/login?prompt=select_account&rd=")), "{links:?}");
    assert!(!answer.text().contains("<bdi>"), "nobody said who it is: {}", answer.text());
}

/// Google's preset asks for `consent`, which alone takes the account that is signed in there.
#[tokio::test]
async fn another_account_can_be_chosen_where_every_login_asks_for_consent() {
    let world = World::new().line("authorization: { prompt: consent }").start().await;
    let mut browser = world.browser();
    let answer = browser.get(&format!("{APP}/login?prompt=select_account&rd=/")).await;
    assert!(answer.location().contains("&prompt=consent+select_account"), "{}", answer.location());
    let answer = browser.get(&format!("{APP}/login?rd=/")).await;
    assert!(answer.location().ends_with("&prompt=consent"), "{}", answer.location());
}

/// A provider that does not know `select_account` passes over it, and takes the account that is signed in there.
#[tokio::test]
async fn a_provider_that_does_not_know_select_account_is_asked_for_a_sign_in() {
    let rows = [
        (Some(json!(["none", "login", "consent"])), "login"),
        (Some(json!(["login", "select_account"])), "select_account"),
        (Some(json!(["none"])), "select_account"),
        (Some(json!("login")), "select_account"),
        (None, "select_account"),
    ];
    for (known, prompt) in rows {
        let shown = format!("{known:?}");
        let announce = move |metadata: &mut Map<String, Value>| {
            metadata.extend(known.clone().map(|known| ("prompt_values_supported".to_owned(), known)));
        };
        let world = World::new().provider(|provider| provider.change_metadata(announce)).start().await;
        let mut browser = world.browser();
        let answer = browser.get(&format!("{APP}/login?prompt=select_account&rd=/")).await;
        assert!(answer.location().ends_with(&format!("&prompt={prompt}")), "{shown}: {}", answer.location());
        let plain = browser.get(&format!("{APP}/login?rd=/")).await;
        assert!(!plain.location().contains("prompt="), "{shown}: {}", plain.location());
    }
}
