//! OpenID Connect Core 1.0 section 3.1.3.7, steps 12 and 13; sections 5.5.1 and 5.5.1.1: the answer shows what was asked.

use std::time::Duration;

use serde_json::{Value, json};
use vestibule::protocol::requested::Requested;

use crate::signer::{claims, with, without};
use crate::world::{NOW, now};

const LEEWAY: Duration = Duration::from_secs(60);

fn code(asked: &[(&str, &str)], claims: &Value) -> Option<&'static str> {
    let asked: Vec<_> = asked.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let requested = Requested::of(&asked, now());
    requested.judge(claims.as_object().unwrap(), now(), LEEWAY).err().map(|fault| fault.code())
}

fn at(auth_time: impl Into<Value>) -> Value {
    with(claims(), "auth_time", auth_time.into())
}

/// V-ID-13: missing, too old, future, text.
#[test]
fn where_max_age_was_asked_the_person_must_have_signed_in_lately() {
    let asked = [("max_age", "600")];
    for good in [NOW, NOW - 600, NOW - 660, NOW + 60] {
        assert_eq!(code(&asked, &at(good)), None, "{good}");
    }
    for wrong in [NOW - 661, NOW - 86_400, 0, NOW + 61, NOW + 86_400] {
        assert_eq!(code(&asked, &at(wrong)), Some("id_token_authentication_time"), "{wrong}");
    }
    assert_eq!(code(&asked, &without(at(NOW), "auth_time")), Some("id_token_authentication_time"));
    for wrong in [json!(NOW.to_string()), json!(null), json!([NOW]), json!(-1), json!(1e300)] {
        assert_eq!(code(&asked, &at(wrong.clone())), Some("id_token_claim_form"), "{wrong}");
    }
    assert_eq!(code(&[], &at(0)), None, "nothing was asked");
}

#[test]
fn a_max_age_of_nothing_or_of_nonsense_wants_a_sign_in_that_is_new() {
    for asked in ["0", "", "soon", "-5", "1e9", "99999999999999999999999"] {
        assert_eq!(code(&[("max_age", asked)], &at(NOW - 60)), None, "{asked}");
        assert_eq!(
            code(&[("max_age", asked)], &at(NOW - 61)),
            Some("id_token_authentication_time"),
            "{asked}"
        );
    }
}

/// The provider compares when the request comes; what the person takes since does not count.
#[test]
fn the_time_counts_from_the_beginning_of_the_login() {
    let asked = [("max_age".to_owned(), "60".to_owned())];
    let requested = Requested::of(&asked, now());
    let later = now().after(Duration::from_secs(590));
    assert!(requested.judge(at(NOW - 60).as_object().unwrap(), later, LEEWAY).is_ok());
    assert!(requested.judge(at(NOW - 121).as_object().unwrap(), later, LEEWAY).is_err());
    // Signed in while the login went on.
    assert!(requested.judge(at(NOW + 500).as_object().unwrap(), later, LEEWAY).is_ok());
}

/// V-ID-11.
#[test]
fn where_acr_values_were_asked_acr_is_one_of_them() {
    let asked = [("acr_values", "mfa  phr")];
    for good in ["mfa", "phr"] {
        assert_eq!(code(&asked, &with(claims(), "acr", json!(good))), None);
    }
    for wrong in ["pwd", "", "MFA", "mfa ", "mfa phr", "0"] {
        assert_eq!(code(&asked, &with(claims(), "acr", json!(wrong))), Some("id_token_acr"), "{wrong:?}");
    }
    assert_eq!(code(&asked, &without(with(claims(), "acr", json!("x")), "acr")), Some("id_token_acr"));
    for wrong in [json!(["mfa"]), json!(1), json!(null), json!(true)] {
        assert_eq!(
            code(&asked, &with(claims(), "acr", wrong.clone())),
            Some("id_token_claim_form"),
            "{wrong}"
        );
    }
    assert_eq!(code(&[("acr_values", " ")], &claims()), None, "nothing was asked");
}

/// Sections 5.5.1 and 5.5.1.1.
#[test]
fn essential_claims_about_the_authentication_are_held_against_the_token() {
    let essential =
        json!({ "id_token": { "acr": { "essential": true, "values": ["mfa", "phr"] } } }).to_string();
    let asked = [("claims", essential.as_str())];
    assert_eq!(code(&asked, &with(claims(), "acr", json!("phr"))), None);
    assert_eq!(code(&asked, &with(claims(), "acr", json!("pwd"))), Some("id_token_acr"));
    assert_eq!(code(&asked, &claims()), Some("id_token_acr"));
    for (asked, claims, expected) in [
        (json!({ "acr": { "essential": true, "value": "mfa" } }), with(claims(), "acr", json!("mfa")), None),
        (
            json!({ "acr": { "essential": true, "value": "mfa" } }),
            with(claims(), "acr", json!("pwd")),
            Some("id_token_acr"),
        ),
        (json!({ "acr": { "essential": true } }), with(claims(), "acr", json!("any")), None),
        (json!({ "acr": { "essential": true } }), claims(), Some("id_token_acr")),
        (json!({ "acr": { "essential": false, "value": "mfa" } }), claims(), None),
        (json!({ "acr": { "values": ["mfa"] } }), claims(), None),
        (json!({ "acr": null }), claims(), None),
        (
            json!({ "auth_time": { "essential": true } }),
            without(at(NOW), "auth_time"),
            Some("id_token_authentication_time"),
        ),
        (json!({ "auth_time": { "essential": true } }), at(1), None),
        (json!({ "auth_time": { "essential": true } }), at(NOW + 61), Some("id_token_authentication_time")),
    ] {
        let text = json!({ "id_token": asked }).to_string();
        assert_eq!(code(&[("claims", &text)], &claims), expected, "{asked} {claims}");
    }
    let userinfo = json!({ "userinfo": { "acr": { "essential": true } } }).to_string();
    assert_eq!(code(&[("claims", &userinfo)], &claims()), None, "of userinfo nothing is checked");
}

#[test]
fn what_is_said_names_what_was_asked_and_what_was_found() {
    let say = |name: &str, value: &str, claims: &Value| {
        let asked = [(name.to_owned(), value.to_owned())];
        let requested = Requested::of(&asked, now());
        requested.judge(claims.as_object().unwrap(), now(), LEEWAY).unwrap_err().to_string()
    };
    assert_eq!(
        say("acr_values", "mfa phr", &with(claims(), "acr", json!("pwd"))),
        "acr in the ID token is \"pwd\", but \"mfa\" or \"phr\" was asked for"
    );
    assert_eq!(say("acr_values", "mfa", &claims()), "the ID token has no acr, but \"mfa\" was asked for");
    assert_eq!(
        say("max_age", "600", &at(NOW - 700)),
        format!(
            "the person had signed in 700s before the login began (auth_time {}, begun {NOW}), but max_age is 600s",
            NOW - 700
        )
    );
    assert_eq!(
        say("max_age", "600", &at(NOW + 90)),
        format!(
            "the person signed in 90s ahead of our clock (auth_time {}, now {NOW}): set the clocks",
            NOW + 90
        )
    );
    assert_eq!(
        say("max_age", "600", &without(at(NOW), "auth_time")),
        "the ID token has no auth_time, so that it is not known when the person signed in"
    );
}
