//! The plans "Basic" and "Form Post Basic": each module with the answer by query and by form.

use serde_json::json;

use super::{accepted, both, broken_signature, id_token, issuer, metadata, rejected};
use crate::keys::RsaKey;
use crate::provider::{Endpoint, Signing};
use crate::world::{PAGE, SESSION};

/// oidcc-client-test
#[tokio::test]
async fn a_login_runs_through_all_endpoints() {
    for world in both().await {
        accepted(&world).await;
        let request = world.provider.calls(Endpoint::Authorize).remove(0);
        assert_eq!(request.parameter("response_type"), Some("code"));
        // The suite warns of a nonce of more than 43 characters, or of others than these.
        let nonce = request.parameter("nonce").unwrap();
        let usual = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
        assert!(nonce.len() <= 43 && nonce.chars().all(usual), "{nonce}");
        assert!(request.parameter("request").is_none() && request.parameter("request_uri").is_none());
    }
}

/// oidcc-client-test-invalid-iss
#[tokio::test]
async fn an_id_token_of_another_issuer_is_rejected() {
    for world in both().await {
        let other = format!("{}1", issuer(&world));
        id_token(&world.provider, move |draft| draft.set("iss", other.clone()));
        rejected(&world, "id_token_issuer").await;
    }
}

/// oidcc-client-test-missing-sub
#[tokio::test]
async fn an_id_token_without_a_subject_is_rejected() {
    for world in both().await {
        id_token(&world.provider, |draft| draft.remove("sub"));
        rejected(&world, "id_token_claim_missing").await;
    }
}

/// oidcc-client-test-invalid-aud
#[tokio::test]
async fn an_id_token_for_another_audience_is_rejected() {
    for world in both().await {
        id_token(&world.provider, |draft| draft.set("aud", "id-of-app1"));
        rejected(&world, "id_token_audience").await;
    }
}

/// oidcc-client-test-missing-iat
#[tokio::test]
async fn an_id_token_without_its_time_is_rejected() {
    for world in both().await {
        id_token(&world.provider, |draft| draft.remove("iat"));
        rejected(&world, "id_token_claim_missing").await;
    }
}

/// oidcc-client-test-kid-absent-single-jwks
#[tokio::test]
async fn a_token_without_a_key_name_is_verified_by_the_one_key_that_fits() {
    for world in both().await {
        id_token(&world.provider, |draft| drop(draft.header.remove("kid")));
        world.provider.change_key_set(|set| {
            super::publish_every_kind(set);
            let keys = set["keys"].as_array_mut().unwrap();
            keys.retain(|key| key["kid"] != "rsa-other");
            keys.iter_mut().for_each(|key| drop(key.as_object_mut().unwrap().remove("kid")));
        });
        world.clock.shift(60 * 60 + 1);
        accepted(&world).await;
    }
}

/// oidcc-client-test-kid-absent-multiple-jwks: to try the keys that fit is one of the two ways that the module allows.
#[tokio::test]
async fn a_token_without_a_key_name_is_verified_by_one_of_several_keys_that_fit() {
    for world in both().await {
        id_token(&world.provider, |draft| drop(draft.header.remove("kid")));
        world.provider.change_key_set(|set| {
            super::publish_every_kind(set);
            let keys = set["keys"].as_array_mut().unwrap();
            keys.rotate_left(1);
            keys.iter_mut().for_each(|key| drop(key.as_object_mut().unwrap().remove("kid")));
        });
        world.clock.shift(60 * 60 + 1);
        accepted(&world).await;
        id_token(&world.provider, |draft| {
            draft.header.remove("kid");
            draft.signing = Signing::Rs256(RsaKey::numbered(9));
        });
        rejected(&world, "id_token_signature").await;
    }
}

/// oidcc-client-test-idtoken-sig-rs256
#[tokio::test]
async fn rs256_is_taken_from_a_provider_that_has_nothing_else() {
    for world in both().await {
        metadata(&world.provider, |metadata| {
            metadata.insert("id_token_signing_alg_values_supported".to_owned(), json!(["RS256"]));
        });
        world.provider.change_key_set(|set| {
            set["keys"].as_array_mut().unwrap().push(RsaKey::numbered(2).jwk("rsa-other"));
        });
        world.clock.shift(24 * 60 * 60);
        accepted(&world).await;
    }
}

/// oidcc-client-test-idtoken-sig-none: to reject it is one of the two ways that the module allows.
#[tokio::test]
async fn an_unsigned_id_token_is_rejected() {
    for world in both().await {
        id_token(&world.provider, |draft| {
            draft.algorithm("none", Signing::Nothing);
            draft.header.remove("kid");
        });
        rejected(&world, "id_token_algorithm").await;
    }
}

/// oidcc-client-test-invalid-sig-rs256
#[tokio::test]
async fn an_id_token_with_a_broken_signature_is_rejected() {
    for world in both().await {
        id_token(&world.provider, broken_signature);
        rejected(&world, "id_token_signature").await;
    }
}

/// oidcc-client-test-userinfo-invalid-sub
#[tokio::test]
async fn userinfo_about_somebody_else_is_rejected() {
    for world in both().await {
        world.provider.script().userinfo_claims.insert("sub".to_owned(), "subject-4711-invalid".into());
        let mut browser = world.browser();
        let landed = browser.open(PAGE).await;
        assert_eq!(landed.answer.refusal(), "userinfo_subject", "{}", landed.answer.show());
        assert!(browser.jar.get(SESSION).is_none());
        assert_eq!(world.provider.count(Endpoint::Userinfo), 1);
    }
}

/// oidcc-client-test-nonce-invalid
#[tokio::test]
async fn an_id_token_with_another_nonce_is_rejected() {
    for world in both().await {
        id_token(&world.provider, |draft| {
            let nonce = format!("{}1", draft.claims["nonce"].as_str().unwrap());
            draft.set("nonce", nonce);
        });
        rejected(&world, "id_token_nonce").await;
    }
}

/// oidcc-client-test-scope-userinfo-claims
#[tokio::test]
async fn claims_are_asked_for_by_scope_and_come_from_userinfo() {
    for world in both().await {
        let landed = world.browser().open(PAGE).await;
        assert_eq!(
            (landed.identity("X-User-Name"), landed.identity("X-User-Email")),
            ("d.tu", "user@example.com")
        );
        let request = world.provider.calls(Endpoint::Authorize).remove(0);
        assert_eq!(request.parameter("scope"), Some("openid profile email phone address offline_access"));
    }
}

/// oidcc-client-test-client-secret-basic
#[tokio::test]
async fn the_secret_goes_by_the_header_where_nothing_else_is_announced() {
    for world in both().await {
        accepted(&world).await;
        let request = world.provider.calls(Endpoint::Token).remove(0);
        assert!(request.headers["authorization"].to_str().unwrap().starts_with("Basic "));
        assert!(request.parameter("client_secret").is_none());
    }
}
