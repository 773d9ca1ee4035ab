//! OpenID Connect Core 1.0 sections 5.3 and 12.2: claims over the life of a session.

use serde_json::{Value, json};
use vestibule::protocol::jwt::{self, Claims, IdTokenExpected, judge_refreshed};
use vestibule::protocol::registration::SigningAlgorithm;
use vestibule::protocol::userinfo::{self, Userinfo};

use crate::signer::{PROVIDER, claims, header, with, without};
use crate::world::{NOW, issuer, json_answer, now};

const ALGORITHM: SigningAlgorithm = SigningAlgorithm::EdDsa;

fn verified(claims: &Value) -> Claims {
    let others = ["project".to_owned()];
    let expected = IdTokenExpected {
        issuer: &issuer(),
        client_id: "vestibule-a",
        audiences: &others,
        nonce: None,
        algorithm: ALGORITHM,
        now: now(),
        leeway: jwt::DEFAULT_LEEWAY,
        access_token: None,
    };
    jwt::verify(&PROVIDER.sign(ALGORITHM, &header(ALGORITHM), claims), &PROVIDER.keys(), &expected).unwrap()
}

fn userinfo(members: Value) -> Userinfo {
    userinfo::judge(&json_answer(&with(members, "sub", json!("248289761001"))), "248289761001").unwrap()
}

fn code(old: &Value, new: &Value) -> Option<&'static str> {
    judge_refreshed(&verified(old), &verified(new)).err().map(|fault| fault.code())
}

#[test]
fn a_new_token_about_the_same_login_is_taken() {
    let later = with(with(claims(), "iat", json!(NOW)), "exp", json!(NOW + 600));
    for new in [
        claims(),
        later.clone(),
        without(later.clone(), "nonce"),
        without(later.clone(), "auth_time"),
        with(later, "email", json!("new@example.com")),
    ] {
        assert_eq!(code(&claims(), &new), None, "{new}");
    }
    let text_or_list = with(claims(), "aud", json!(["vestibule-a"]));
    assert_eq!(code(&claims(), &text_or_list), None);
}

/// V-RF-1
#[test]
fn a_token_about_another_login_is_refused() {
    let azp = with(claims(), "azp", json!("vestibule-a"));
    let several = with(azp.clone(), "aud", json!(["vestibule-a", "project"]));
    for (name, old, new) in [
        ("sub", claims(), with(claims(), "sub", json!("248289761002"))),
        ("iat", claims(), with(claims(), "iat", json!(NOW - 3))),
        ("aud", several, azp.clone()),
        ("auth_time", claims(), with(claims(), "auth_time", json!(NOW))),
        ("auth_time", without(claims(), "auth_time"), claims()),
        ("azp", claims(), azp.clone()),
        ("azp", azp, claims()),
        ("nonce", claims(), with(claims(), "nonce", json!("other"))),
        ("nonce", without(claims(), "nonce"), claims()),
    ] {
        let fault = judge_refreshed(&verified(&old), &verified(&new)).unwrap_err();
        assert_eq!(fault.code(), "id_token_changed", "{name}");
        let text = format!("{name} in the ID token of the refresh differs from the login's");
        assert_eq!(fault.to_string(), text);
    }
}

#[test]
fn a_refresh_keeps_what_the_new_token_lacks() {
    let old = verified(&with(claims(), "at_hash", json!("of the old token")));
    let thin = without(without(with(claims(), "exp", json!(NOW + 900)), "groups"), "nonce");
    let merged = old.refreshed(verified(&with(thin, "email", json!("new@example.com"))));
    let json = merged.as_json();
    assert_eq!(json["groups"], json!(["staff"]));
    assert_eq!(json["nonce"], json!("n-0S6_WzA2Mj"), "for the next refresh to be compared with");
    assert_eq!(json["email"], json!("new@example.com"));
    assert!(!json.contains_key("at_hash"));
    assert_eq!(merged.expires_at().seconds(), NOW + 900);
}

/// V-UI-3
#[test]
fn userinfo_adds_what_is_missing_and_the_id_token_wins() {
    let mut claims = verified(&claims());
    claims.merge_userinfo(userinfo(
        json!({"email": "other@example.com", "groups": ["admins"], "locale": "de"}),
    ));
    assert_eq!(claims.as_json()["email"], "jane@example.com");
    assert_eq!(claims.as_json()["groups"], json!(["staff"]));
    assert_eq!(claims.as_json()["locale"], "de");
}

#[test]
fn userinfo_says_nothing_about_the_token() {
    let mut claims = verified(&without(claims(), "nonce"));
    claims.merge_userinfo(userinfo(
        json!({"nonce": "x", "sid": "x", "azp": "x", "acr": "x", "events": {}, "exp": 1}),
    ));
    for name in ["nonce", "sid", "azp", "acr", "events"] {
        assert!(!claims.as_json().contains_key(name), "{name}");
    }
    assert_eq!(claims.as_json()["exp"], json!(NOW + 300));
}

#[test]
fn fresh_userinfo_replaces_older_userinfo_and_what_an_older_id_token_said() {
    let mut old = verified(&claims());
    old.merge_userinfo(userinfo(json!({"locale": "de"})));
    let mut new = old.refreshed(verified(&without(claims(), "groups")));
    assert_eq!(new.as_json()["groups"], json!(["staff"]), "until something newer is known");
    new.merge_userinfo(userinfo(json!({"locale": "fr", "groups": ["left"], "email": "other@example.com"})));
    assert_eq!(new.as_json()["locale"], "fr");
    assert_eq!(new.as_json()["groups"], json!(["left"]));
    assert_eq!(new.as_json()["email"], "jane@example.com");
}

/// V-ID-19: what was verified is that address, and no other that a person writes into the account later.
#[test]
fn a_verification_stays_with_what_was_verified() {
    for (what, verified_claim) in [("email", "email_verified"), ("phone_number", "phone_number_verified")] {
        let old = || verified(&with(with(claims(), what, json!("mine")), verified_claim, json!(true)));
        let refreshed = |new: Value| old().refreshed(verified(&new)).as_json().get(verified_claim).cloned();
        assert_eq!(refreshed(with(claims(), what, json!("of another"))), None, "{what}");
        assert_eq!(refreshed(with(claims(), what, json!("mine"))), Some(json!(true)), "{what}");
        assert_eq!(refreshed(without(claims(), what)), Some(json!(true)), "{what}: a thin token");
        let said = with(with(claims(), what, json!("of another")), verified_claim, json!(true));
        assert_eq!(refreshed(said), Some(json!(true)), "{what}: it says so of the new one");

        // Userinfo at a refresh without an ID token, or with a thin one.
        let merged = |info: Value| {
            let mut claims = old().refreshed(verified(&without(claims(), what)));
            claims.merge_userinfo(userinfo(info));
            claims.as_json().get(verified_claim).cloned()
        };
        assert_eq!(merged(json!({ (what): "of another" })), None, "{what}");
        assert_eq!(merged(json!({ (what): "mine" })), Some(json!(true)), "{what}");
        assert_eq!(merged(json!({})), Some(json!(true)), "{what}");

        // The address is the ID token's; what userinfo says of another one says nothing about it.
        let mixed = |info: Value| {
            let mut claims = verified(&with(claims(), what, json!("of another")));
            claims.merge_userinfo(userinfo(info));
            assert_eq!(claims.as_json()[what], "of another");
            claims.as_json().get(verified_claim).cloned()
        };
        assert_eq!(mixed(json!({ (what): "mine", (verified_claim): true })), None, "{what}");
        assert_eq!(
            mixed(json!({ (what): "of another", (verified_claim): true })),
            Some(json!(true)),
            "{what}"
        );
        assert_eq!(mixed(json!({ (verified_claim): false })), Some(json!(false)), "{what}");
    }
}

/// C-11: as in an ID token, a list that is said to be elsewhere is not the list of before.
#[test]
fn what_userinfo_says_to_be_elsewhere_does_not_stay_as_it_was() {
    for elsewhere in [json!({"_claim_names": {"groups": "src1"}}), json!({"hasgroups": true})] {
        let mut old = verified(&without(claims(), "groups"));
        old.merge_userinfo(userinfo(json!({"groups": ["admins"], "locale": "de"})));
        for mut claims in [old.clone(), old.refreshed(verified(&without(claims(), "groups")))] {
            assert_eq!(claims.as_json()["groups"], json!(["admins"]));
            claims.merge_userinfo(userinfo(elsewhere.clone()));
            assert_eq!(claims.as_json().get("groups"), None, "{elsewhere}");
            assert_eq!(claims.as_json()["locale"], "de");
        }
        let mut of_id_token = verified(&claims());
        of_id_token.merge_userinfo(userinfo(elsewhere));
        assert_eq!(of_id_token.as_json()["groups"], json!(["staff"]), "the ID token goes first");
    }
}
