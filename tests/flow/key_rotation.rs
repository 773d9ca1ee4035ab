//! The provider changes its keys (R-12.3, F-18, XK-01 to XK-06).

use futures_util::future::join_all;
use serde_json::json;

use crate::keys::RsaKey;
use crate::logs;
use crate::provider::{Endpoint, Signing, Step};
use crate::world::{PAGE, World};

#[tokio::test]
async fn a_new_key_is_fetched_when_a_token_names_it_and_the_login_works() {
    let world = World::new().start().await;
    world.signed_in().await;
    world.provider.script().rotate_to("key-1", 1, true);
    world.signed_in().await;
    assert_eq!(world.provider.count(Endpoint::Jwks), 2);
    world.signed_in().await;
    assert_eq!(world.provider.count(Endpoint::Jwks), 2, "now it is known");
}

#[tokio::test]
async fn twenty_logins_at_once_after_a_rotation_cost_one_fetch() {
    let world = World::new().start().await;
    world.signed_in().await;
    world.provider.script().rotate_to("key-1", 1, false);
    let pages = join_all((0..20).map(|_| async { world.browser().open(PAGE).await.in_application })).await;
    assert!(pages.iter().all(|landed| *landed));
    assert_eq!(world.provider.count(Endpoint::Jwks), 2);
}

/// V-DS-5
#[tokio::test]
async fn a_flood_of_unknown_key_names_costs_one_fetch_an_interval() {
    let world = World::new().start().await;
    world.provider.change_id_token(|draft| {
        let kid = format!("random-{}", draft.claims["at_hash"].as_str().unwrap());
        draft.set_header("kid", kid);
    });
    for _ in 0..50 {
        let landed = world.browser().open(PAGE).await;
        assert_eq!(landed.answer.refusal(), "id_token_key_unknown", "{}", landed.answer.show());
    }
    assert_eq!(world.provider.count(Endpoint::Jwks), 2, "the first, and one because of the flood");
    world.clock.shift(31);
    for _ in 0..10 {
        world.browser().open(PAGE).await;
    }
    assert_eq!(world.provider.count(Endpoint::Jwks), 3);
    world.provider.change_id_token(|_| {});
    world.signed_in().await;
}

/// XK-04
#[tokio::test]
async fn another_key_under_the_same_name_is_fetched_once_when_the_signature_fails() {
    let world = World::new().start().await;
    world.signed_in().await;
    world.provider.script().rotate_to("key-0", 1, false);
    world.signed_in().await;
    assert_eq!(world.provider.count(Endpoint::Jwks), 2);
    world.provider.change_id_token(|draft| draft.signing = Signing::Rs256(RsaKey::numbered(9)));
    for _ in 0..10 {
        let landed = world.browser().open(PAGE).await;
        assert_eq!(landed.answer.refusal(), "id_token_signature", "{}", landed.answer.show());
    }
    assert_eq!(world.provider.count(Endpoint::Jwks), 2, "within the interval nothing is fetched again");
}

/// XK-02: a key that the provider took back.
#[tokio::test]
async fn a_key_that_is_no_longer_published_is_not_used_once_the_keys_are_fetched_again() {
    let world = World::new().start().await;
    world.signed_in().await;
    world.provider.script().rotate_to("key-1", 1, false);
    world.signed_in().await;
    world.provider.change_id_token(|draft| {
        draft.signing = Signing::Rs256(RsaKey::numbered(0));
        draft.set_header("kid", "key-0");
    });
    let landed = world.browser().open(PAGE).await;
    assert_eq!(landed.answer.refusal(), "id_token_key_unknown", "{}", landed.answer.show());
}

/// XK-03: the last good set is kept.
#[tokio::test]
async fn a_key_set_that_turns_bad_leaves_the_good_one_in_use() {
    for (name, step) in [
        ("404", Step::status(404)),
        ("garbage", Step::html(200, "<html>login</html>")),
        ("no keys member", Step::json(200, "{}")),
        ("an empty set", Step::json(200, r#"{"keys":[]}"#)),
        ("cut off", Step::json(200, r#"{"keys":[{"kty":"RSA""#)),
        ("a redirect", Step::redirect(302, "http://127.0.0.1:1/keys")),
        ("no answer", Step::Cut),
    ] {
        let world = World::new().start().await;
        world.signed_in().await;
        world.provider.always(Endpoint::Jwks, step);
        world.provider.once(Endpoint::Token, Step::Right);
        world.provider.change_id_token(|draft| draft.set_header("kid", "unknown"));
        let landed = world.browser().open(PAGE).await;
        assert!(!landed.in_application, "{name}");
        assert_eq!(world.provider.count(Endpoint::Jwks), 2, "{name}");
        world.provider.change_id_token(|_| {});
        let landed = world.browser().open(PAGE).await;
        assert!(landed.in_application, "{name}: {}", landed.answer.show());
    }
}

/// XK-02, XK-03: a key that was taken back is not believed for ever because the set cannot be fetched.
/// V-DS-5
#[tokio::test]
async fn keys_that_could_not_be_fetched_again_for_a_day_are_no_longer_used() {
    let world = World::new().start().await;
    world.signed_in().await;
    world.provider.always(Endpoint::Jwks, Step::status(503));
    world.clock.shift(24 * 60 * 60 - 60);
    world.signed_in().await;
    world.clock.shift(61);
    let landed = world.browser().open(PAGE).await;
    landed.answer.assert_refused(503, "jwks_status", "a day is over");
    assert!(!landed.in_application);
}

/// V-DS-6: `max-age=0` is no fetch for each login, `max-age` of ten years no set for ten years.
#[tokio::test]
async fn the_keys_are_remembered_as_long_as_the_provider_says_within_bounds() {
    const HOUR: i64 = 60 * 60;
    for (cache_control, kept, asked_again) in [
        (None, HOUR - 60, 61),
        (Some("max-age=0"), 5 * 60 - 10, 11),
        (Some("no-store"), 5 * 60 - 10, 11),
        (Some("public, max-age=7200"), 2 * HOUR - 60, 61),
        (Some("max-age=315360000"), 24 * HOUR - 60, 61),
    ] {
        let world = World::new()
            .provider(move |provider| provider.script().keys_cache_control = cache_control)
            .start()
            .await;
        world.signed_in().await;
        let before = world.provider.count(Endpoint::Jwks);
        world.clock.shift(kept);
        world.signed_in().await;
        assert_eq!(world.provider.count(Endpoint::Jwks), before, "{cache_control:?}: remembered");
        world.clock.shift(asked_again);
        world.signed_in().await;
        world.signed_in().await;
        assert_eq!(
            world.provider.count(Endpoint::Jwks),
            before + 1,
            "{cache_control:?}: asked for again once"
        );
    }
}

/// V-DS-5: a key that the provider took back is not believed beyond that time.
#[tokio::test]
async fn a_key_that_was_taken_back_is_refused_when_the_set_is_old() {
    let world = World::new()
        .provider(|provider| provider.script().keys_cache_control = Some("max-age=600"))
        .start()
        .await;
    world.signed_in().await;
    world.provider.script().rotate_to("key-1", 1, false);
    world.provider.change_id_token(|draft| {
        draft.signing = Signing::Rs256(RsaKey::numbered(0));
        draft.set_header("kid", "key-0");
    });
    world.clock.shift(590);
    world.signed_in().await;
    world.clock.shift(11);
    let landed = world.browser().open(PAGE).await;
    assert_eq!(landed.answer.refusal(), "id_token_key_unknown", "{}", landed.answer.show());
}

/// XK-03: an old set is better than none, and nobody waits for a provider that just failed.
#[tokio::test]
async fn an_old_set_stays_in_use_while_no_new_one_can_be_had() {
    let world = World::new().start().await;
    world.signed_in().await;
    world.provider.always(Endpoint::Jwks, Step::status(503));
    world.clock.shift(60 * 60 + 1);
    for _ in 0..3 {
        world.signed_in().await;
    }
    assert_eq!(world.provider.count(Endpoint::Jwks), 2, "one attempt in half a minute");
    world.clock.shift(31);
    world.signed_in().await;
    assert_eq!(world.provider.count(Endpoint::Jwks), 3);
}

/// F-15: what is skipped is told, once.
#[tokio::test]
async fn keys_that_are_passed_over_are_in_the_log_once() {
    let world = World::new()
        .provider(|provider| {
            provider.change_key_set(|set| {
                let keys = set["keys"].as_array_mut().unwrap();
                let n = keys[0]["n"].clone();
                keys.push(json!({ "kty": "RSA", "kid": "weak-exponent", "n": n, "e": "AQ" }));
            });
        })
        .start()
        .await;
    let issuer = world.provider.issuer.clone();
    let told = || logs::lines_with(&["jwks_keys_skipped", &issuer, "weak-exponent", "WARN"]).len();
    world.signed_in().await;
    assert_eq!(told(), 1);
    world.clock.shift(60 * 60 + 1);
    world.signed_in().await;
    assert_eq!(world.provider.count(Endpoint::Jwks), 2);
    assert_eq!(told(), 1, "they are the same");
}

/// V-DS-4, V-DS-7, F-15, XK-05: a bad key costs itself, not the set.
#[tokio::test]
async fn keys_that_are_of_no_use_are_passed_over() {
    let world = World::new()
        .provider(|provider| {
            provider.change_key_set(|set| {
                let keys = set["keys"].as_array_mut().unwrap();
                let good = keys.remove(0);
                let mut encryption = RsaKey::numbered(9).jwk("key-0");
                encryption["use"] = json!("enc");
                keys.extend([
                    json!({ "kty": "oct", "kid": "key-0", "k": "c2VjcmV0" }),
                    json!({ "kty": "RSA", "kid": "key-0", "n": "AQAB", "e": "AQAB" }),
                    json!({ "kty": "RSA", "kid": "key-0", "n": good["n"], "e": "AQ" }),
                    json!({ "kty": "EC", "crv": "P-256", "kid": "key-0", "x": "AAAA", "y": "AAAA" }),
                    json!({ "kty": "something new", "kid": "key-0" }),
                    json!({ "kid": "key-0" }),
                    json!("no object"),
                    encryption,
                    good,
                ]);
            });
        })
        .start()
        .await;
    world.signed_in().await;
}

#[tokio::test]
async fn a_set_of_a_thousand_keys_is_refused() {
    let world = World::new()
        .provider(|provider| {
            provider.change_key_set(|set| {
                let key = set["keys"][0].clone();
                set["keys"] = json!(vec![key; 1000]);
            });
        })
        .start()
        .await;
    let landed = world.browser().open(PAGE).await;
    assert!(!landed.in_application);
    // A thousand keys of this size are over the limit of bytes as well.
    assert!(
        ["jwks_too_many_keys", "jwks_too_large"].contains(&landed.answer.refusal()),
        "{}",
        landed.answer.show()
    );
}
