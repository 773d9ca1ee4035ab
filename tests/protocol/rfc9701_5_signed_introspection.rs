//! RFC 9701 sections 5 and 8: what the provider says about an access token, signed.

use std::time::Duration;

use http::Response;
use proptest::prelude::*;
use serde_json::{Value, json};
use vestibule::protocol::introspection::{
    self, Introspected, IntrospectionExpected, IntrospectionFault, MAX_AGE, MAX_ANSWER_BYTES,
};
use vestibule::protocol::registration::SigningAlgorithm;
use vestibule::protocol::secret::Secret;

use crate::properties::any_json;
use crate::signer::{PROVIDER, STRANGER, encode, header, with, without};
use crate::world::{ISSUER, NOW, answer, issuer, json_answer, now, unusable_answers};

const RS256: SigningAlgorithm = SigningAlgorithm::Rs256;
const TYPE: &str = "token-introspection+jwt";
const MEDIA_TYPE: Option<&str> = Some("application/token-introspection+jwt");
const LEEWAY: Duration = Duration::from_secs(60);

/// What a provider that does it right signs.
pub(crate) fn claims() -> Value {
    json!({ "iss": ISSUER, "aud": "vestibule-a", "iat": NOW - 1,
        "token_introspection": { "active": true, "iss": ISSUER, "sub": "a1", "scope": "read" } })
}

pub(crate) fn verify(token: &str) -> Result<Introspected, IntrospectionFault> {
    let expected = IntrospectionExpected {
        issuer: &issuer(),
        client_id: "vestibule-a",
        algorithm: RS256,
        now: now(),
        leeway: LEEWAY,
    };
    introspection::verify(&Secret::new(token), &PROVIDER.keys(), &expected)
}

fn code(token: &str) -> Option<&'static str> {
    verify(token).err().map(|fault| fault.code())
}

fn typed(algorithm: SigningAlgorithm) -> Value {
    with(header(algorithm), "typ", json!(TYPE))
}

fn signed(claims: &Value) -> String {
    PROVIDER.sign(RS256, &typed(RS256), claims)
}

fn taken(answer: &Response<bytes::Bytes>) -> Result<String, &'static str> {
    introspection::token_in(answer).map(|token| token.expose().to_owned()).map_err(|fault| fault.code())
}

/// V-BT-13: what is agreed to be signed is never taken as JSON.
#[test]
fn what_is_agreed_to_be_signed_must_be() {
    let token = signed(&claims());
    for content_type in
        ["application/token-introspection+jwt", "Application/Token-Introspection+JWT; charset=utf-8"]
    {
        assert_eq!(taken(&answer(200, Some(content_type), token.clone())).as_deref(), Ok(&*token));
    }
    for content_type in ["application/json", "application/hal+json"] {
        let plain = answer(200, Some(content_type), json!({ "active": true }).to_string());
        assert_eq!(taken(&plain), Err("introspection_not_signed"), "{content_type}");
    }
    for (name, answer, code) in unusable_answers(MAX_ANSWER_BYTES) {
        assert_eq!(taken(&answer).unwrap_err(), format!("introspection_{code}"), "{name}");
    }
    for content_type in ["text/plain", "application/jwt", "application/at+jwt"] {
        let other = answer(200, Some(content_type), token.clone());
        assert_eq!(taken(&other), Err("introspection_content_type"), "{content_type}");
    }
    assert_eq!(taken(&answer(500, MEDIA_TYPE, token.clone())), Err("introspection_status"));
    assert_eq!(taken(&answer(302, MEDIA_TYPE, token)), Err("introspection_redirect"));
    let too_large = answer(200, MEDIA_TYPE, "a".repeat(MAX_ANSWER_BYTES + 1));
    assert_eq!(taken(&too_large), Err("introspection_too_large"));
}

#[test]
fn a_signed_answer_says_what_a_plain_one_does() {
    let Introspected::Active(members) = verify(&signed(&claims())).unwrap() else { panic!() };
    assert_eq!(Value::Object(members), json!({ "iss": ISSUER, "sub": "a1", "scope": "read" }));
    for inactive in [json!({ "active": false }), json!({ "active": false, "sub": "a1" })] {
        let token = signed(&with(claims(), "token_introspection", inactive));
        assert_eq!(verify(&token), Ok(Introspected::Inactive));
    }
    // Section 5 lets it have members of its own; they are not about the token.
    let more = with(with(claims(), "active", json!(false)), "jti", json!("j"));
    assert!(matches!(verify(&signed(&more)), Ok(Introspected::Active(_))));
    let several = with(claims(), "aud", json!(["vestibule-a"]));
    assert_eq!(code(&signed(&several)), None);
    let shouted = with(typed(RS256), "typ", json!("Token-Introspection+JWT"));
    assert_eq!(code(&PROVIDER.sign(RS256, &shouted, &claims())), None);
}

/// V-BT-13: the signature and `alg` of the answer as of an ID token, and by whom, for whom and when.
#[test]
fn a_signed_answer_is_verified_like_an_id_token() {
    let unsigned = |alg: &str| {
        let header = with(typed(RS256), "alg", json!(alg));
        format!("{}.{}.", encode(header.to_string()), encode(claims().to_string()))
    };
    let es256 = SigningAlgorithm::Es256;
    let hs256 = SigningAlgorithm::Hs256;
    let claim = |name: &str, value: Value| signed(&with(claims(), name, value));
    let too_old = NOW - MAX_AGE.as_secs() - LEEWAY.as_secs() - 1;
    let rows = [
        ("alg none", unsigned("none")),
        ("no signature", unsigned("RS256")),
        ("another algorithm", PROVIDER.sign(es256, &typed(es256), &claims())),
        ("a secret", PROVIDER.sign(hs256, &typed(hs256), &claims())),
        ("by somebody else", STRANGER.sign(RS256, &typed(RS256), &claims())),
        ("an unknown key", PROVIDER.sign(RS256, &with(typed(RS256), "kid", json!("x")), &claims())),
        ("crit", PROVIDER.sign(RS256, &with(typed(RS256), "crit", json!(["x"])), &claims())),
        ("two parts", "a.b".to_owned()),
        ("encrypted", "a.b.c.d.e".to_owned()),
        ("plain JSON", r#"{"active":true}"#.to_owned()),
        ("nothing", String::new()),
        ("padded", format!("{}=", signed(&claims()))),
        ("a line break", format!("{}\n", signed(&claims()))),
        ("too long", claim("a", json!("x".repeat(16 * 1024)))),
        (
            "a member twice",
            PROVIDER.sign_text(RS256, &typed(RS256).to_string(), &{
                let twice = r#"{"active":false,"active":true}"#;
                claims().to_string().replace(&claims()["token_introspection"].to_string(), twice)
            }),
        ),
        ("no iss", signed(&without(claims(), "iss"))),
        ("another iss", claim("iss", json!("https://evil.example"))),
        ("a slash", claim("iss", json!(format!("{ISSUER}/")))),
        ("iss a list", claim("iss", json!([ISSUER]))),
        ("no aud", signed(&without(claims(), "aud"))),
        ("another aud", claim("aud", json!("grafana"))),
        ("others too", claim("aud", json!(["vestibule-a", "grafana"]))),
        ("an empty list", claim("aud", json!([]))),
        ("no iat", signed(&without(claims(), "iat"))),
        ("iat a text", claim("iat", json!(NOW.to_string()))),
        ("iat null", claim("iat", json!(null))),
        ("from the future", claim("iat", json!(NOW + 61))),
        ("from before", claim("iat", json!(too_old))),
        ("expired", claim("exp", json!(NOW - 60))),
        ("exp a text", claim("exp", json!("4102444800"))),
        ("not yet", claim("nbf", json!(NOW + 61))),
    ];
    for (name, token) in rows {
        let fault = verify(&token).unwrap_err();
        assert_eq!(fault.code(), "introspection_token", "{name}: {fault}");
        let of_keys = ["no signature", "by somebody else", "an unknown key"].contains(&name);
        assert_eq!(fault.asks_for_new_keys(), of_keys, "{name}");
    }
    for fine in [
        claim("iat", json!(NOW + 60)),
        claim("iat", json!(too_old + 1)),
        claim("iat", json!(NOW as f64 - 0.5)),
        claim("exp", json!(NOW - 59)),
        claim("nbf", json!(NOW + 60)),
    ] {
        assert_eq!(code(&fine), None);
    }
}

/// V-BT-13, F-24: as in a plain answer, and nothing outside of its own member counts.
#[test]
fn active_is_true_or_false_inside_of_token_introspection() {
    let about = |value: Value| code(&signed(&with(claims(), "token_introspection", value)));
    for value in [
        json!({}),
        json!({ "active": "true" }),
        json!({ "active": 1 }),
        json!({ "active": null }),
        json!({ "token_introspection": { "active": true } }),
        json!(true),
        json!("{\"active\":true}"),
        json!([{ "active": true }]),
        json!(null),
    ] {
        assert_eq!(about(value.clone()), Some("introspection_member_form"), "{value}");
    }
    let outside = with(without(claims(), "token_introspection"), "active", json!(true));
    assert_eq!(code(&signed(&outside)), Some("introspection_member_form"));
}

/// F-13. Sections 5 and 8.1: the same keys sign other tokens, so that the answer must say that it is one.
#[test]
fn an_answer_that_does_not_say_so_is_none() {
    let by = |header: Value| verify(&PROVIDER.sign(RS256, &header, &claims())).unwrap_err();
    let unsaid = by(without(typed(RS256), "typ"));
    assert_eq!((unsaid.code(), unsaid), ("introspection_token", IntrospectionFault::KindUnsaid));
    for typ in ["JWT", "at+jwt", "logout+jwt", "token-introspection+jwt2", "", "application/jwt"] {
        let fault = by(with(header(RS256), "typ", json!(typ)));
        assert_eq!(fault.code(), "introspection_token", "{typ}");
        assert!(!fault.asks_for_new_keys());
    }
    for typ in [json!(null), json!([TYPE]), json!(1)] {
        assert_eq!(by(with(header(RS256), "typ", typ)).code(), "introspection_token");
    }
}

proptest! {
    /// V-BT-13, F-24: whatever `active` is, and whatever stands beside it, only the literal lets in.
    #[test]
    fn only_the_literal_true_is_active(active in any_json(), beside in any_json(), is_there in any::<bool>()) {
        let mut body = json!({ "beside": beside });
        if is_there {
            body["active"] = active.clone();
        }
        let expected = match active {
            Value::Bool(active) if is_there => Ok(active),
            _ => Err("introspection_member_form"),
        };
        // A number may be another one once it was written and read.
        let read: Value = serde_json::from_str(&body.to_string()).unwrap();
        let seen = |said: Result<Introspected, IntrospectionFault>| match said {
            Ok(Introspected::Active(members)) => {
                assert_eq!(members.get("beside"), read.get("beside"));
                assert_eq!(members.len(), 1);
                Ok(true)
            }
            Ok(Introspected::Inactive) => Ok(false),
            Err(fault) => Err(fault.code()),
        };
        prop_assert_eq!(seen(introspection::judge(&json_answer(&body))), expected);
        let token = signed(&with(claims(), "token_introspection", body.clone()));
        prop_assert_eq!(seen(verify(&token)), expected);
    }
}
