//! Headers in the full form: who must say a claim, and what becomes of it until the application reads it (R-14.1 to R-14.3).

use serde_json::{Value, json};

use crate::logs;
use crate::provider::{Draft, Signing};
use crate::refresh::refresh_once;
use crate::world::{PAGE, World};

const HEADERS: &str = "headers: { \
    X-Any: { claim: team }, X-Id: { claim: team, from: id_token }, X-Info: { claim: team, from: userinfo }, \
    X-Access: { claim: team, from: access_token }, \
    X-Roles: { claim: realm_access.roles, from: access_token, strip_prefix: app-, lower_case: true, list: json } }";

/// The scripted provider with access tokens that are signed and say this.
fn access_tokens_say(world: &World, extra: Value) {
    world.provider.sign_access_tokens(move |draft: &mut Draft| {
        draft.claims.extend(extra.as_object().unwrap().clone());
    });
}

#[tokio::test]
async fn each_header_has_the_word_of_the_source_that_it_names() {
    let world = World::new().line(HEADERS).start().await;
    world.provider.script().id_token_claims.insert("team".to_owned(), json!("id"));
    world.provider.script().userinfo_claims.insert("team".to_owned(), json!("info"));
    access_tokens_say(
        &world,
        json!({ "team": "access", "realm_access": { "roles": ["APP-no", "app-Editor", "admin"] } }),
    );
    let mut browser = world.browser();
    let landed = browser.open(PAGE).await;
    let seen = ["X-Any", "X-Id", "X-Info", "X-Access", "X-Roles"].map(|name| landed.identity(name));
    assert_eq!(seen, ["id", "id", "info", "access", r#"["editor"]"#]);

    // A refresh that brings other words of them.
    world.provider.script().userinfo_claims.insert("team".to_owned(), json!("info-2"));
    access_tokens_say(&world, json!({ "team": "access-2" }));
    refresh_once(&world, &browser).await;
    let answer = world.send(&world.base_of(&browser)).await;
    let seen = ["X-Any", "X-Id", "X-Info", "X-Access", "X-Roles"].map(|name| answer.all(name));
    assert_eq!(seen, [["id"], ["id"], ["info-2"], ["access-2"], [""]], "its roles are gone");
}

/// What is not the provider's word about this person is nobody's: the header is empty, and the log says why.
#[tokio::test]
async fn an_access_token_that_cannot_be_believed_says_nothing() {
    type Change = fn(&mut Draft);
    let cases: [(&str, Option<Change>); 5] = [
        ("the access token is no JWT", None),
        (
            "iss is not the issuer",
            Some(|draft| drop(draft.claims.insert("iss".to_owned(), json!("https://evil.example")))),
        ),
        (
            "sub is not that of the ID token",
            Some(|draft| drop(draft.claims.insert("sub".to_owned(), json!("somebody-else")))),
        ),
        ("exp is over", Some(|draft| drop(draft.claims.insert("exp".to_owned(), json!(1))))),
        ("signature is not by", Some(|draft| draft.signing = Signing::Nothing)),
    ];
    for (name, change) in cases {
        let world = World::new().line(HEADERS).start().await;
        if let Some(change) = change {
            world.provider.sign_access_tokens(move |draft: &mut Draft| {
                draft.claims.insert("team".to_owned(), json!("forged"));
                change(draft);
            });
        }
        let landed = world.browser().open(PAGE).await;
        assert_eq!(landed.identity("X-Access"), "", "{name}");
        assert!(!logs::lines_with(&["access_token_unread", name]).is_empty(), "{name}");
    }
}

/// Keycloak puts roles into the access token alone: rules and plain headers see them where the operator says so.
#[tokio::test]
async fn claims_of_the_access_token_count_for_rules_where_they_are_taken() {
    for (setting, status, role) in
        [("access_token_claims: true", 200, "admin"), ("access_token_claims: false", 403, "")]
    {
        let world = World::new()
            .line(setting)
            .line("headers: { X-Role: { claim: role } }")
            .line("rules: [{ path: /deep, require: { role: { any: [admin] } } }]")
            .start()
            .await;
        access_tokens_say(&world, json!({ "role": "admin" }));
        let mut browser = world.browser();
        browser.open(PAGE).await;
        let asking = world.base_of(&browser);
        let allowed = world.send(&asking).await;
        assert_eq!(allowed.all("X-Role"), [role], "{setting}");
        let mut deep = asking;
        deep = deep.having("X-Forwarded-Uri", "/deep");
        assert_eq!(world.send(&deep).await.status, status, "{setting}");
    }
}

#[tokio::test]
async fn a_list_that_is_cut_is_told_in_the_log() {
    let world = World::new()
        .line("headers: { X-Few: { claim: many, max_items: 2, over: truncate }, X-None: { claim: many, max_items: 2, over: drop } }")
        .start()
        .await;
    world.provider.script().id_token_claims.insert("many".to_owned(), json!(["a", "b", "c"]));
    let landed = world.browser().open(PAGE).await;
    assert_eq!((landed.identity("X-Few"), landed.identity("X-None")), ("a,b", ""));
    for header in ["x-few", "x-none"] {
        assert_eq!(logs::lines_with(&["header_cut", header]).len(), 1, "{header}");
    }

    let strict = World::new().line("headers: { X-Few: { claim: many, max_items: 2 } }").start().await;
    strict.provider.script().id_token_claims.insert("many".to_owned(), json!(["a", "b", "c"]));
    assert_eq!(strict.browser().open(PAGE).await.answer.refusal(), "claim_unfit");
}

/// What one source says of an address counts against it, whichever the header names.
#[tokio::test]
async fn an_address_that_any_source_calls_unverified_lets_nobody_in() {
    for from in ["id_token", "userinfo"] {
        let line = format!("headers: {{ X-Mail: {{ claim: email, from: {from} }} }}");
        for (in_id_token, in_userinfo) in
            [(None, Some(false)), (Some(false), None), (Some(true), Some(false))]
        {
            let world = World::new().line(&line).start().await;
            {
                let mut script = world.provider.script();
                script.userinfo_claims.insert("email".to_owned(), json!("ada.secret@example.org"));
                script.id_token_claims.remove("email_verified");
                script
                    .id_token_claims
                    .extend(in_id_token.map(|said| ("email_verified".to_owned(), json!(said))));
                script
                    .userinfo_claims
                    .extend(in_userinfo.map(|said| ("email_verified".to_owned(), json!(said))));
            }
            let landed = world.browser().open(PAGE).await;
            // That the ID token verified it goes before userinfo, unless the header has userinfo's.
            let is_in = in_id_token == Some(true) && from == "id_token";
            assert_eq!(landed.in_application, is_in, "{from}: {in_id_token:?}, {in_userinfo:?}");
            assert!(is_in || landed.answer.refusal() == "email_not_verified", "{}", landed.answer.show());
        }
    }
}

/// A refresh that brings a thin ID token changes nothing of what it said.
#[tokio::test]
async fn what_the_id_token_said_outlives_a_thin_refresh() {
    let world = World::new()
        .line("email_verified: require")
        .line("headers: { X-Role: { claim: role, from: id_token, default: staff }, X-Mail: { claim: email, from: id_token } }")
        .start()
        .await;
    {
        let mut script = world.provider.script();
        script.id_token_claims.insert("role".to_owned(), json!("restricted"));
        script.id_token_claims.insert("email_verified".to_owned(), json!(true));
    }
    let browser = world.signed_in().await;
    world.provider.script().id_token_claims.clear();
    refresh_once(&world, &browser).await;
    let answer = world.send(&world.base_of(&browser)).await;
    assert_eq!(answer.all("X-Role"), ["restricted"]);
    assert_eq!(answer.all("X-Mail"), ["ada.secret@example.org"]);
}

/// An address is vouched for by whoever gives it.
#[tokio::test]
async fn an_address_that_its_own_source_calls_unverified_lets_nobody_in() {
    let world = World::new().line("headers: { X-Info-Mail: { claim: email, from: userinfo } }").start().await;
    {
        let mut script = world.provider.script();
        script.id_token_claims.insert("email_verified".to_owned(), json!(true));
        script.userinfo_claims.insert("email".to_owned(), json!("ceo@example.org"));
        script.userinfo_claims.insert("email_verified".to_owned(), json!(false));
    }
    assert_eq!(world.browser().open(PAGE).await.answer.refusal(), "email_not_verified");
}
