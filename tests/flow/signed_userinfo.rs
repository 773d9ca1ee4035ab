//! Userinfo as a signed token, at logins and refreshes (V-UI-1 to V-UI-3).

use std::sync::{Arc, LazyLock};

use serde_json::json;

use crate::encrypter::Recipient;
use crate::encryption::key_file;
use crate::keys::{EcKey, RsaKey};
use crate::provider::{Draft, Endpoint, Signing, Step};
use crate::refresh::{TOKEN, allowed, over, refresh_once, settled};
use crate::world::{PAGE, SESSION, Setup, World};

static P256: LazyLock<Recipient> = LazyLock::new(Recipient::p256);

fn signed() -> Setup {
    World::new()
        .line("userinfo_signed_response_alg: RS256")
        .provider(|provider| provider.sign_userinfo(|_| {}))
}

#[tokio::test]
async fn signed_userinfo_is_taken_at_a_login_and_at_a_refresh() {
    let world = signed().start().await;
    let browser = world.signed_in().await;
    let answer = world.send(&world.base_of(&browser)).await;
    assert_eq!(answer.all("X-User-Name"), ["ada"]);
    world.provider.script().userinfo_claims.insert("preferred_username".to_owned(), json!("countess"));
    refresh_once(&world, &browser).await;
    let answer = world.send(&world.base_of(&browser)).await;
    assert_eq!(answer.all("X-User-Name"), ["countess"]);
}

/// V-UI-3: one claim has one source, also when userinfo is signed: what the ID token says stays.
#[tokio::test]
async fn of_conflicting_groups_those_of_the_id_token_win() {
    let world = signed().start().await;
    world.provider.script().userinfo_claims.insert("groups".to_owned(), json!(["superusers"]));
    let browser = world.signed_in().await;
    let answer = world.send(&world.base_of(&browser)).await;
    assert_eq!(answer.all("X-User-Groups"), ["staff,admins"]);
}

/// V-UI-1, V-UI-2
#[tokio::test]
async fn signed_userinfo_that_is_not_believed_ends_the_login() {
    type Change = fn(&mut Draft);
    let rows: &[(&str, Change, &str)] = &[
        ("alg none", |draft| draft.algorithm("none", Signing::Nothing), "userinfo_algorithm"),
        ("no signature", |draft| draft.signing = Signing::Nothing, "userinfo_signature"),
        (
            "HS256 by the client secret",
            |draft| draft.algorithm("HS256", Signing::Hs256(draft.client_secret.clone().into_bytes())),
            "userinfo_algorithm",
        ),
        ("ES256", |draft| draft.algorithm("ES256", Signing::Es256(EcKey::the_one())), "userinfo_algorithm"),
        (
            "by somebody else",
            |draft| draft.signing = Signing::Rs256(RsaKey::numbered(9)),
            "userinfo_signature",
        ),
        ("another aud", |draft| draft.set("aud", "grafana"), "userinfo_audience"),
        ("no aud", |draft| draft.remove("aud"), "userinfo_audience"),
        ("another iss", |draft| draft.set("iss", "https://evil.example"), "userinfo_issuer"),
        ("no iss", |draft| draft.remove("iss"), "userinfo_issuer"),
        ("another sub", |draft| draft.set("sub", "somebody-else"), "userinfo_subject"),
        ("expired", |draft| draft.set("exp", 1_000_000), "userinfo_time"),
        ("an access token", |draft| draft.set_header("typ", "at+jwt"), "userinfo_token"),
        ("a logout token", |draft| draft.set("events", json!({})), "userinfo_token"),
    ];
    let world = signed().start().await;
    for (name, change, code) in rows {
        world.provider.sign_userinfo(change);
        let mut browser = world.browser();
        let landed = browser.open(PAGE).await;
        landed.answer.assert_refused(502, code, name);
        assert!(browser.jar.get(SESSION).is_none(), "{name}");
        // Nobody waits for the pause between two fetches of keys.
        world.clock.shift(60);
    }
    world.provider.sign_userinfo(|_| {});
    world.browser().open(PAGE).await.assert_at(PAGE);
}

/// V-UI-2: a downgrade.
#[tokio::test]
async fn plain_userinfo_is_not_taken_where_signed_is_agreed() {
    let world = signed().start().await;
    world.provider.once(Endpoint::Userinfo, Step::json(200, r#"{"sub":"subject-4711"}"#));
    world.browser().open(PAGE).await.answer.assert_refused(502, "userinfo_not_signed", "plain JSON");
}

#[tokio::test]
async fn signed_userinfo_that_is_not_agreed_is_refused() {
    let world = World::new().start().await;
    let step = Step::Answer {
        status: 200,
        headers: vec![("Content-Type", "application/jwt".to_owned())],
        body: "a.b.c".into(),
    };
    world.provider.once(Endpoint::Userinfo, step);
    world.browser().open(PAGE).await.answer.assert_refused(502, "userinfo_signed", "not agreed");
}

/// The keys are fetched anew once, as for an ID token; and a refresh that comes too early for that ends nobody's session.
#[tokio::test]
async fn userinfo_by_a_key_that_is_not_known_yet() {
    let world = signed().start().await;
    let browser = world.signed_in().await;
    let fetched = world.provider.count(Endpoint::Jwks);
    world.provider.script().id_token_on_refresh = false;
    world.provider.script().rotate_to("key-1", 1, true);
    refresh_once(&world, &browser).await;
    assert_eq!(world.provider.count(Endpoint::Jwks), fetched + 1);

    world.provider.sign_userinfo(|draft| draft.set_header("kid", "not-published-yet"));
    world.clock.shift(TOKEN + 1);
    assert!(allowed(&world, &browser).await);
    settled(&world, 2).await;
    assert!(allowed(&world, &browser).await, "kept: the provider may be changing its keys");

    world.provider.sign_userinfo(|draft| draft.set("aud", "grafana"));
    world.clock.shift(60);
    over(&world, &browser, "for another audience").await;
}

#[tokio::test]
async fn signed_userinfo_may_be_encrypted_besides() {
    let world = World::new()
        .app(|app| {
            app.line("userinfo_signed_response_alg: RS256")
                .line("userinfo_encrypted_response_alg: ECDH-ES")
                .line("userinfo_encrypted_response_enc: A128GCM")
                .line(&format!("decryption_key_files: [{}]", key_file("userinfo.pem", &P256)))
        })
        .provider(|provider| provider.sign_userinfo(|_| {}))
        .start()
        .await;
    world.browser().open(PAGE).await.answer.assert_refused(502, "userinfo_encryption", "not encrypted");
    world.provider.script().encrypts_userinfo =
        Some(Arc::new(|token| P256.token(P256.header("A128GCM"), token)));
    let landed = world.browser().open(PAGE).await;
    assert_eq!(landed.identity("X-User-Name"), "ada");
    world.provider.script().encrypts_userinfo = Some(Arc::new(|token| {
        let stranger = Recipient::p256();
        stranger.token(stranger.header("A128GCM"), token)
    }));
    world.browser().open(PAGE).await.answer.assert_refused(502, "userinfo_decryption", "another key");
}
