//! What a refresh brings, and what it may not change (R-4.7, R-13.5, V-RF-1, V-RF-2).

use serde_json::json;

use crate::keys::RsaKey;
use crate::provider::{Draft, Endpoint, Signing, Step};
use crate::refresh::{GRACE, TOKEN, allowed, over, refresh_once, settled};
use crate::world::World;

type Change = fn(&mut Draft);

/// R-13.5: who was thrown out of a group is out after the next refresh.
#[tokio::test]
async fn a_group_removed_at_the_provider_is_gone_after_the_refresh() {
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    world.provider.script().id_token_claims.insert("groups".to_owned(), json!(["staff"]));
    refresh_once(&world, &browser).await;
    let answer = world.send(&world.base_of(&browser)).await;
    assert_eq!(answer.all("X-User-Groups"), ["staff"]);
    world.provider.script().id_token_claims.insert("groups".to_owned(), json!([]));
    refresh_once(&world, &browser).await;
    let answer = world.send(&world.base_of(&browser)).await;
    assert_eq!(answer.all("X-User-Groups"), [""]);
}

/// R-4.7: Okta answers a refresh with a thin token, Entra leaves groups out.
#[tokio::test]
async fn a_claim_that_a_refresh_leaves_out_keeps_its_value() {
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    {
        let mut script = world.provider.script();
        script.id_token_claims.clear();
        script.userinfo_claims.clear();
    }
    refresh_once(&world, &browser).await;
    let answer = world.send(&world.base_of(&browser)).await;
    assert_eq!(answer.all("X-User-Groups"), ["staff,admins"]);
    assert_eq!(answer.all("X-User-Email"), ["ada.secret@example.org"]);
    assert_eq!(answer.all("X-User-Name"), ["ada"]);
}

#[tokio::test]
async fn a_refresh_without_an_id_token_keeps_the_claims_and_takes_userinfo() {
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    {
        let mut script = world.provider.script();
        script.id_token_on_refresh = false;
        script.userinfo_claims.insert("preferred_username".to_owned(), json!("ada-lovelace"));
    }
    refresh_once(&world, &browser).await;
    let answer = world.send(&world.base_of(&browser)).await;
    assert_eq!(answer.all("X-User-Groups"), ["staff,admins"]);
    assert_eq!(answer.all("X-User-Name"), ["ada-lovelace"]);
}

/// V-RF-1, V-RF-2
#[tokio::test]
async fn a_refreshed_id_token_about_something_else_ends_the_session() {
    let rows: &[(&str, Change)] = &[
        ("another sub", |draft| draft.set("sub", "somebody-else")),
        ("another iss", |draft| draft.set("iss", "https://evil.example")),
        ("another aud", |draft| draft.set("aud", "grafana")),
        ("another nonce", |draft| draft.set("nonce", "n".repeat(43))),
        ("another auth_time", |draft| draft.set("auth_time", 1_000_000)),
        ("unsigned", |draft| draft.algorithm("none", Signing::Nothing)),
        ("expired", |draft| draft.shift("exp", -400)),
    ];
    for (name, change) in rows {
        let world = World::new().start().await;
        let browser = world.signed_in().await;
        world.provider.change_id_token(change);
        world.clock.shift(TOKEN + 1);
        over(&world, &browser, name).await;
        world.provider.change_id_token(|_| {});
        assert!(!allowed(&world, &browser).await, "{name}: it stays ended");
    }
}

/// XK-01, XK-06: the provider may be changing its keys just now. What cannot be verified is not used, and nobody is signed out
/// before the grace is over.
#[tokio::test]
async fn a_refreshed_id_token_by_a_key_that_is_not_known_yet_keeps_the_session_with_its_old_claims() {
    let rows: &[(&str, Change)] = &[
        ("an unknown key", |draft| draft.set_header("kid", "not-published-yet")),
        ("a signature of nobody", |draft| draft.signing = Signing::Rs256(RsaKey::numbered(9))),
    ];
    for (name, change) in rows {
        let world = World::new().start().await;
        let browser = world.signed_in().await;
        world.provider.script().id_token_claims.insert("groups".to_owned(), json!(["forged"]));
        world.provider.change_id_token(change);
        world.clock.shift(TOKEN + 1);
        assert!(allowed(&world, &browser).await, "{name}");
        settled(&world, 1).await;
        let answer = world.send(&world.base_of(&browser)).await;
        assert_eq!(answer.all("X-User-Groups"), ["staff,admins"], "{name}");
        world.clock.shift(GRACE + 30);
        over(&world, &browser, name).await;
    }
}

#[tokio::test]
async fn userinfo_about_somebody_else_at_a_refresh_ends_the_session() {
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    world.provider.always(Endpoint::Userinfo, Step::json(200, r#"{"sub":"somebody-else"}"#));
    world.clock.shift(TOKEN + 1);
    over(&world, &browser, "another sub").await;
}

/// The old refresh token is used up: the new one must be kept whatever comes after it.
#[tokio::test]
async fn a_refresh_that_fails_after_the_token_endpoint_keeps_the_rotated_token() {
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    world.provider.once(Endpoint::Userinfo, Step::status(503));
    world.clock.shift(TOKEN + 1);
    assert!(allowed(&world, &browser).await);
    settled(&world, 1).await;
    world.clock.shift(60);
    assert!(allowed(&world, &browser).await);
    settled(&world, 2).await;
    assert_eq!((world.provider.refreshes(), world.provider.reuses()), (2, 0));
}
