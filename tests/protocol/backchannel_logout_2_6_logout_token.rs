//! OpenID Connect Back-Channel Logout 1.0 sections 2.4 and 2.6.

use std::time::Duration;

use serde_json::{Value, json};
use vestibule::protocol::jwt::{self, DEFAULT_LEEWAY, IdTokenExpected};
use vestibule::protocol::logout_token::{self, LogoutToken, LogoutTokenFault, MAX_LIFETIME, TypRule};
use vestibule::protocol::registration::SigningAlgorithm::{self, Es256, Rs256};
use vestibule::protocol::timestamp::Timestamp;

use crate::signer::{self, PROVIDER, STRANGER, header, with, without};
use crate::world::{ISSUER, NOW, issuer};

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

fn claims() -> Value {
    json!({
        "iss": ISSUER,
        "aud": "vestibule-a",
        "iat": NOW - 2,
        "exp": NOW + 118,
        "jti": "bWJq",
        "sub": "248289761001",
        "sid": "08a5019c",
        "events": { EVENT: {} },
    })
}

fn judge_at(
    token: &str,
    algorithm: SigningAlgorithm,
    typ: TypRule,
    now: u64,
) -> Result<LogoutToken, LogoutTokenFault> {
    let issuer = issuer();
    let expected = IdTokenExpected {
        issuer: &issuer,
        client_id: "vestibule-a",
        audiences: &[],
        nonce: Some("of no login"),
        algorithm,
        now: Timestamp::from_seconds(now),
        leeway: DEFAULT_LEEWAY,
        access_token: None,
    };
    logout_token::verify(token, &PROVIDER.keys(), &expected, typ)
}

fn judge(token: &str) -> Result<LogoutToken, LogoutTokenFault> {
    judge_at(token, Rs256, TypRule::IfPresent, NOW)
}

fn token(claims: &Value) -> String {
    PROVIDER.sign(Rs256, &with(header(Rs256), "typ", "logout+jwt".into()), claims)
}

/// V-BC-6: `sub`, `sid` or both.
#[test]
fn a_good_logout_token_says_who_is_meant_and_until_when_it_is_good() {
    for (claims, sub, sid) in [
        (claims(), Some("248289761001"), Some("08a5019c")),
        (without(claims(), "sid"), Some("248289761001"), None),
        (without(claims(), "sub"), None, Some("08a5019c")),
    ] {
        let token = judge(&token(&claims)).unwrap();
        assert_eq!((token.sub(), token.sid()), (sub, sid));
        assert_eq!((token.issuer(), token.jti()), (ISSUER, "bWJq"));
        assert_eq!(token.good_until().seconds(), NOW + 118 + 60);
    }
}

/// V-BC-3 to V-BC-9: the claims.
#[test]
fn claims_that_break_a_rule_are_refused() {
    let rows = [
        ("iss", json!("https://idp.example/realms/main/"), "logout_token_issuer"),
        ("iss", json!(["https://idp.example/realms/main"]), "logout_token_claim"),
        ("aud", json!("vestibule-b"), "logout_token_audience"),
        ("aud", json!(["vestibule-a", "vestibule-b"]), "logout_token_audience"),
        ("aud", json!([]), "logout_token_audience"),
        ("exp", json!(NOW - 60), "logout_token_time"),
        ("exp", json!("4102444800"), "logout_token_claim"),
        ("iat", json!(NOW + 61), "logout_token_time"),
        ("nbf", json!(NOW + 61), "logout_token_time"),
        ("sub", json!(7), "logout_token_claim"),
        ("sub", json!(""), "logout_token_claim"),
        ("sid", json!(""), "logout_token_claim"),
        ("sid", Value::Null, "logout_token_claim"),
        ("events", json!([EVENT]), "logout_token_event"),
        ("events", json!(EVENT), "logout_token_event"),
        ("events", json!({}), "logout_token_event"),
        ("events", json!({ EVENT: null }), "logout_token_event"),
        ("events", json!({ EVENT: "" }), "logout_token_event"),
        (
            "events",
            json!({ "http://schemas.openid.net/event/backchannel-logout/": {} }),
            "logout_token_event",
        ),
        ("nonce", json!("n"), "logout_token_nonce"),
        ("nonce", Value::Null, "logout_token_nonce"),
        ("jti", json!(1), "logout_token_claim"),
        ("jti", json!(""), "logout_token_claim"),
    ];
    for (claim, value, code) in rows {
        let fault = judge(&token(&with(claims(), claim, value.clone()))).unwrap_err();
        assert_eq!(fault.code(), code, "{claim}: {value}");
        assert!(!fault.caller_is_at_fault(), "the provider signed it");
    }
    for claim in ["iss", "aud", "exp", "iat", "jti"] {
        let fault = judge(&token(&without(claims(), claim))).unwrap_err();
        assert_eq!(fault.code(), "logout_token_claim", "without {claim}");
    }
    assert_eq!(judge(&token(&without(claims(), "events"))).unwrap_err().code(), "logout_token_event");
    let nobody = without(without(claims(), "sub"), "sid");
    assert_eq!(judge(&token(&nobody)).unwrap_err().code(), "logout_token_subject");
}

/// V-BC-2 to V-BC-4: what is not signed by the provider's key and the agreed algorithm.
#[test]
fn what_the_provider_did_not_sign_is_refused_before_its_claims_are_looked_at() {
    let good = token(&claims());
    let (signed, _) = good.rsplit_once('.').unwrap();
    let (head, _) = signed.split_once('.').unwrap();
    let named = |alg: &str| with(header(Rs256), "alg", alg.into());
    let unsigned = |alg| PROVIDER.sign(Rs256, &named(alg), &json!({}));
    let unknown = PROVIDER.sign(Rs256, &with(header(Rs256), "kid", "new".into()), &json!({}));
    let rows = [
        (STRANGER.sign(Rs256, &header(Rs256), &claims()), "logout_token_signature"),
        (format!("{signed}."), "logout_token_signature"),
        (
            format!("{head}.{}.{}", signer::encode("{}"), good.rsplit_once('.').unwrap().1),
            "logout_token_signature",
        ),
        (unsigned("none"), "logout_token_algorithm"),
        (unsigned("HS256"), "logout_token_algorithm"),
        (PROVIDER.sign(Es256, &header(Es256), &claims()), "logout_token_algorithm"),
        (unknown, "logout_token_key"),
        (format!("{good}.a.b"), "logout_token_unreadable"),
        (signed.to_owned(), "logout_token_unreadable"),
        (String::new(), "logout_token_unreadable"),
        ("x".repeat(20_000), "logout_token_unreadable"),
        (
            PROVIDER.sign(Rs256, &with(header(Rs256), "crit", json!(["exp"])), &claims()),
            "logout_token_unreadable",
        ),
    ];
    for (token, code) in rows {
        let fault = judge(&token).unwrap_err();
        assert_eq!(fault.code(), code, "{token}");
        assert!(fault.caller_is_at_fault(), "anybody could have sent it");
        let helps = ["logout_token_key", "logout_token_signature"].contains(&code);
        assert_eq!(fault.asks_for_new_keys(), helps, "{code}");
    }
}

/// V-BC-4: the algorithm is the one that is agreed for ID tokens.
#[test]
fn every_agreed_algorithm_verifies() {
    for algorithm in SigningAlgorithm::ASYMMETRIC {
        let token = PROVIDER.sign(algorithm, &header(algorithm), &claims());
        assert!(judge_at(&token, algorithm, TypRule::IfPresent, NOW).is_ok(), "{algorithm}");
    }
}

/// V-BC-11
#[test]
fn a_type_that_is_said_must_fit_and_may_be_required() {
    let said = [
        (Some(json!("logout+jwt")), true, true),
        (Some(json!("Logout+JWT")), true, true),
        (Some(json!("JWT")), true, false),
        (None, true, false),
        (Some(json!("at+jwt")), false, false),
        (Some(json!("secevent+jwt")), false, false),
        (Some(json!("dpop+jwt")), false, false),
        (Some(json!("")), false, false),
        (Some(json!(1)), false, false),
    ];
    for (typ, by_default, if_required) in said {
        let head = match &typ {
            Some(typ) => with(header(Rs256), "typ", typ.clone()),
            None => without(header(Rs256), "typ"),
        };
        let token = PROVIDER.sign(Rs256, &head, &claims());
        for (rule, taken) in [(TypRule::IfPresent, by_default), (TypRule::Required, if_required)] {
            let judged = judge_at(&token, Rs256, rule, NOW);
            assert_eq!(judged.is_ok(), taken, "{typ:?} {rule:?}");
            if let Err(fault) = judged {
                assert_eq!(fault.code(), "logout_token_type", "{typ:?} {rule:?}");
            }
        }
    }
}

/// V-BC-5: a long life is taken, and cut.
#[test]
fn no_logout_token_is_good_for_longer_than_ten_minutes_and_the_leeway() {
    let long = token(&with(claims(), "exp", json!(NOW + 86_400)));
    let end = NOW - 2 + MAX_LIFETIME.as_secs() + DEFAULT_LEEWAY.as_secs();
    let at = |now| judge_at(&long, Rs256, TypRule::IfPresent, now);
    assert_eq!(at(NOW).unwrap().good_until(), Timestamp::from_seconds(end));
    assert!(at(end - 1).is_ok());
    assert_eq!(at(end).unwrap_err().code(), "logout_token_time");
    let short = token(&claims());
    let end = NOW + 118 + DEFAULT_LEEWAY.as_secs();
    assert!(judge_at(&short, Rs256, TypRule::IfPresent, end - 1).is_ok());
    let late = judge_at(&short, Rs256, TypRule::IfPresent, end);
    assert_eq!(late.unwrap_err().code(), "logout_token_time");
    assert_eq!(MAX_LIFETIME, Duration::from_secs(600));
}

/// F-13, V-BC-8: neither kind passes for the other.
#[test]
fn a_logout_token_is_no_id_token_and_an_id_token_no_logout_token() {
    let id_token = PROVIDER.sign(Rs256, &header(Rs256), &signer::claims());
    assert_eq!(judge(&id_token).unwrap_err().code(), "logout_token_event");
    let issuer = issuer();
    let expected = IdTokenExpected {
        issuer: &issuer,
        client_id: "vestibule-a",
        audiences: &[],
        nonce: None,
        algorithm: Rs256,
        now: Timestamp::from_seconds(NOW),
        leeway: DEFAULT_LEEWAY,
        access_token: None,
    };
    let typed = jwt::verify(&token(&claims()), &PROVIDER.keys(), &expected).unwrap_err();
    assert_eq!(typed.code(), "id_token_type");
    let untyped = PROVIDER.sign(Rs256, &without(header(Rs256), "typ"), &claims());
    let untyped = jwt::verify(&untyped, &PROVIDER.keys(), &expected).unwrap_err();
    assert_eq!(untyped.code(), "id_token_other_kind");
}
