//! ID tokens that are encrypted besides, at logins, refreshes and logouts (V-ID-1, F-17).

use std::fs;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use serde_json::json;

use crate::encrypter::Recipient;
use crate::provider::{Endpoint, Provider};
use crate::refresh::{GRACE, TOKEN, allowed, over, refresh_once, settled};
use crate::wire::Ask;
use crate::world::{APP, PAGE, SESSION, Setup, World};

static RSA: LazyLock<Recipient> = LazyLock::new(Recipient::rsa);
static P256: LazyLock<Recipient> = LazyLock::new(Recipient::p256);
static STRANGER: LazyLock<Recipient> = LazyLock::new(Recipient::p256);

/// A file with the private key, for `decryption_key_files`.
pub(crate) fn key_file(name: &str, key: &Recipient) -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, key.pem()).unwrap();
    path.display().to_string()
}

/// A client that has agreed on encryption to that key.
fn agreed(name: &str, alg: &str, key: &Recipient) -> Setup {
    World::new().app(|app| {
        app.line(&format!("id_token_encrypted_response_alg: {alg}"))
            .line("id_token_encrypted_response_enc: A256GCM")
            .line(&format!("decryption_key_files: [{}]", key_file(name, key)))
    })
}

fn encrypt(provider: &Provider, to: &'static Recipient) {
    provider.script().encrypts_id_token = Some(Arc::new(|token| to.token(to.header("A256GCM"), token)));
}

#[tokio::test]
async fn an_encrypted_id_token_signs_in_refreshes_and_signs_out() {
    for (name, alg, key) in [("rsa.pem", "RSA-OAEP-256", &*RSA), ("p256.pem", "ECDH-ES", &*P256)] {
        let world = agreed(name, alg, key).start().await;
        encrypt(&world.provider, key);
        for refreshed in [false, true] {
            let mut browser = world.browser();
            let landed = browser.open(PAGE).await;
            landed.assert_at(PAGE);
            assert_eq!(landed.identity("X-User-Email"), "ada.secret@example.org", "{alg}");
            if refreshed {
                refresh_once(&world, &browser).await;
            }
            // OpenID Connect Core 1.0 section 3.1.2.1: "the Client MUST decrypt the signed ID Token contained within".
            browser.submit_and_follow(PAGE, &format!("{APP}/logout"), "").await;
            let call = world.provider.calls(Endpoint::EndSession).pop().unwrap();
            let hint = call.parameter("id_token_hint");
            assert_eq!(hint.map(|token| token.split('.').count()), Some(3), "{alg}, refreshed: {refreshed}");
        }
    }
}

/// V-ID-1
#[tokio::test]
async fn what_is_agreed_about_encryption_must_come() {
    type Script = fn(&Provider);
    let rows: &[(&str, Script, &str)] = &[
        ("not encrypted", |_| {}, "id_token_not_encrypted"),
        ("to another key", |provider| encrypt(provider, &STRANGER), "id_token_decryption"),
        ("by another algorithm", |provider| encrypt(provider, &RSA), "id_token_encryption_algorithm"),
        (
            "not signed",
            |provider| {
                provider.script().encrypts_id_token =
                    Some(Arc::new(|_| P256.token(P256.header("A256GCM"), r#"{"sub":"subject-4711"}"#)));
            },
            "id_token_parts",
        ),
        (
            "compressed",
            |provider| {
                provider.script().encrypts_id_token = Some(Arc::new(|token| {
                    let mut header = P256.header("A256GCM");
                    header["zip"] = "DEF".into();
                    P256.token(header, token)
                }));
            },
            "id_token_encryption_header",
        ),
    ];
    let world = agreed("p256-login.pem", "ECDH-ES", &P256).start().await;
    for (name, script, code) in rows {
        world.provider.script().encrypts_id_token = None;
        script(&world.provider);
        let mut browser = world.browser();
        let landed = browser.open(PAGE).await;
        landed.answer.assert_refused(502, code, name);
        assert!(browser.jar.get(SESSION).is_none(), "{name}");
    }
    encrypt(&world.provider, &P256);
    world.browser().open(PAGE).await.assert_at(PAGE);
}

/// V-ID-1
#[tokio::test]
async fn an_encrypted_id_token_that_is_not_agreed_is_refused() {
    let world = World::new().start().await;
    encrypt(&world.provider, &P256);
    world.browser().open(PAGE).await.answer.assert_refused(502, "id_token_encrypted", "not agreed");
}

/// V-ID-1, V-RF-2
#[tokio::test]
async fn a_refresh_that_forgets_to_encrypt_ends_the_session() {
    let world = agreed("p256-refresh.pem", "ECDH-ES", &P256).start().await;
    encrypt(&world.provider, &P256);
    let browser = world.signed_in().await;
    world.provider.script().encrypts_id_token = None;
    world.clock.shift(TOKEN + 1);
    over(&world, &browser, "not encrypted").await;
}

/// H-04: what anybody may let us decrypt is bounded, and nobody else notices.
#[tokio::test]
async fn encrypted_logout_tokens_that_are_none_are_opened_so_many_times_and_others_always() {
    let world = agreed("p256-flood.pem", "ECDH-ES", &P256).start().await;
    encrypt(&world.provider, &P256);
    let browser = world.signed_in().await;
    let post = async |from: &str, token: &str| {
        let ask = Ask::new("POST", "/oidc/app/backchannel-logout")
            .with("Host", "vestibule.internal:8000")
            .with("X-Forwarded-For", from)
            .form(format!("logout_token={token}"));
        world.send(&ask).await
    };
    let signed = || world.provider.logout_token("id-of-app", |_| {});
    let encrypted = |token: &str| P256.token(P256.header("A256GCM"), token);
    let to_another = STRANGER.token(STRANGER.header("A256GCM"), &signed());
    // Whoever knows the public key can encrypt whatever he likes to it.
    let made_up = encrypted("a.b.c");
    for number in 0..60 {
        let token = if number % 2 == 0 { &to_another } else { &made_up };
        let answer = post("192.0.2.1", token).await;
        answer.assert_refused(400, "logout_token_unreadable", "made up");
    }
    for token in [to_another, made_up.clone()] {
        // A second that goes by meanwhile brings one back.
        let mut answer = post("192.0.2.1", &token).await;
        for _ in 0..100 {
            if answer.status == 429 {
                break;
            }
            answer.assert_refused(400, "logout_token_unreadable", "made up");
            answer = post("192.0.2.1", &token).await;
        }
        answer.assert_refused(429, "too_many_logouts", "enough");
        assert_eq!(answer.header("Retry-After"), Some("1"));
    }
    assert!(allowed(&world, &browser).await);
    // What needs no decryption is judged as ever, and so is whoever comes from elsewhere.
    assert_eq!(post("192.0.2.1", &signed()).await.status, 200);
    assert!(!allowed(&world, &browser).await);
    world.clock.shift(2);
    let browser = world.signed_in().await;
    assert_eq!(post("192.0.2.2", &encrypted(&signed())).await.status, 200);
    assert!(!allowed(&world, &browser).await);
    post("192.0.2.1", &made_up).await.assert_refused(400, "logout_token_unreadable", "seconds later");
}

/// XK-01: either side may be changing the key just now. What cannot be opened is not used, and nobody is signed out before the grace
/// is over.
#[tokio::test]
async fn a_refreshed_token_that_no_key_of_ours_opens_keeps_the_session_with_its_old_claims() {
    let userinfo = World::new().app(|app| {
        app.line("userinfo_signed_response_alg: RS256")
            .line("userinfo_encrypted_response_alg: ECDH-ES")
            .line("userinfo_encrypted_response_enc: A256GCM")
            .line(&format!("decryption_key_files: [{}]", key_file("p256-userinfo-changed.pem", &P256)))
    });
    let userinfo = userinfo.provider(|provider| provider.sign_userinfo(|_| {}));
    for (name, setup) in [("ID token", agreed("p256-changed.pem", "ECDH-ES", &P256)), ("userinfo", userinfo)]
    {
        let world = setup.start().await;
        let encrypt = |to: &'static Recipient| {
            let encrypts: Arc<dyn Fn(&str) -> String + Send + Sync> =
                Arc::new(move |token: &str| to.token(to.header("A256GCM"), token));
            let mut script = world.provider.script();
            script.encrypts_id_token = (name == "ID token").then(|| Arc::clone(&encrypts));
            script.encrypts_userinfo = (name == "userinfo").then_some(encrypts);
        };
        encrypt(&P256);
        let browser = world.signed_in().await;
        world.provider.script().id_token_claims.insert("groups".to_owned(), json!(["forged"]));
        encrypt(&STRANGER);
        world.clock.shift(TOKEN + 1);
        assert!(allowed(&world, &browser).await, "{name}");
        settled(&world, 1).await;
        let answer = world.send(&world.base_of(&browser)).await;
        assert_eq!(answer.all("X-User-Groups"), ["staff,admins"], "{name}");
        // The key is known again within the grace: nothing was lost on the way.
        encrypt(&P256);
        world.clock.shift(60);
        assert!(allowed(&world, &browser).await, "{name}");
        settled(&world, 2).await;
        let answer = world.send(&world.base_of(&browser)).await;
        assert_eq!(answer.all("X-User-Groups"), ["forged"], "{name}");
        encrypt(&STRANGER);
        world.clock.shift(TOKEN + 1);
        assert!(allowed(&world, &browser).await, "{name}");
        settled(&world, 3).await;
        world.clock.shift(GRACE + 30);
        over(&world, &browser, name).await;
    }
}
