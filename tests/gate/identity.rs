//! Claims to headers, with values of a hostile directory.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use bytes::Bytes;
use percent_encoding::percent_decode_str;
use proptest::prelude::*;
use serde_json::{Value, json};
use vestibule::gate::identity::{Identity, MAX_IDENTITY};
use vestibule::gate::refusal::Refusal;
use vestibule::protocol::claims::Claims;
use vestibule::protocol::jwks;
use vestibule::protocol::jwt::{DEFAULT_LEEWAY, IdTokenExpected, verify};
use vestibule::protocol::registration::SigningAlgorithm;
use vestibule::protocol::timestamp::Timestamp;

use super::client;

/// Claims as they are made everywhere: out of a signed ID token.
pub(super) fn claims(extra: Value) -> Claims {
    let key = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
    let x = BASE64_URL_SAFE_NO_PAD.encode(key.public_key());
    let set = json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "x": x }] });
    let answer = http::Response::builder()
        .header("content-type", "application/json")
        .body(Bytes::from(set.to_string()))
        .unwrap();
    let keys = jwks::judge(&answer).unwrap();
    let mut payload = json!({
        "iss": "https://id.example.test", "sub": "user-1", "aud": "vestibule",
        "exp": 2_000_000_300_u64, "iat": 2_000_000_000_u64, "nonce": "n",
    });
    payload.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&json!({ "alg": "EdDSA" })), part(&payload));
    let signature = BASE64_URL_SAFE_NO_PAD.encode(key.sign(signed.as_bytes()));
    let expected = IdTokenExpected {
        issuer: &client().issuer,
        client_id: "vestibule",
        audiences: &[],
        nonce: Some("n"),
        algorithm: SigningAlgorithm::EdDsa,
        now: Timestamp::from_seconds(2_000_000_001),
        leeway: DEFAULT_LEEWAY,
        access_token: None,
    };
    verify(&format!("{signed}.{signature}"), &keys, &expected).unwrap()
}

fn identity(extra: Value) -> Result<Identity, Refusal> {
    Identity::from_claims(&claims(extra), &client())
}

/// The value of `x-auth-email` for that claim.
fn email(value: Value) -> Result<String, &'static str> {
    let identity = identity(json!({ "email": value })).map_err(|refusal| refusal.code())?;
    Ok(identity.headers()[1].1.to_str().unwrap().to_owned())
}

#[test]
fn every_header_is_there_once_in_order() {
    let full =
        identity(json!({ "email": "a@example.test", "realm_access": { "roles": ["x", "y"] } })).unwrap();
    let said: Vec<_> = full.headers().iter().map(|(n, v)| format!("{n}: {}", v.to_str().unwrap())).collect();
    assert_eq!(
        said,
        ["x-auth-subject: user-1", "x-auth-email: a@example.test", "x-auth-groups: ", "x-auth-roles: x,y"]
    );
    let blank = Identity::blank(&client());
    let names =
        |identity: &Identity| identity.headers().iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&blank), names(&full));
    assert!(blank.headers().iter().all(|(_, value)| value.is_empty()));
}

#[test]
fn values_become_text_that_every_reader_reads_the_same() {
    let table = [
        (json!("plain"), "plain"),
        (json!("Jane Doe"), "Jane Doe"),
        (json!("Doe, Jane; x"), "Doe, Jane; x"),
        (json!("Zo\u{eb}"), "Zo%C3%AB"),
        (json!("\u{5c71}\u{7530}"), "%E5%B1%B1%E7%94%B0"),
        (json!("\u{1f600}"), "%F0%9F%98%80"),
        (json!("a%b"), "a%25b"),
        (json!("%C3%AB"), "%25C3%25AB"),
        (json!(" a "), "%20a%20"),
        (json!("   "), "%20%20%20"),
        (json!(""), ""),
        (json!("a\u{2028}b"), "a%E2%80%A8b"),
        (json!("a\u{85}b"), "a%C2%85b"),
        (json!("${CLIENT_SECRET} {{x}} {env.HOME}"), "${CLIENT_SECRET} {{x}} {env.HOME}"),
        (json!(12345), "12345"),
        (json!(9_007_199_254_740_993_u64), "9007199254740993"),
        (json!(-1), "-1"),
        (json!(true), "true"),
        (json!(false), "false"),
        (json!(null), ""),
        (json!([]), ""),
        (json!(["a", 1, true, null]), "a,1,true,"),
    ];
    for (value, expected) in table {
        assert_eq!(email(value.clone()).unwrap(), expected, "{value}");
    }
}

/// A reader that splits at any of the usual separators never finds an item that was not in the list.
#[test]
fn an_item_cannot_forge_another() {
    for item in [
        "a,admin",
        "a;admin",
        "a admin",
        "a, admin",
        ",admin",
        "admin,",
        "a%2Cadmin",
        " admin",
        "a\u{a0}admin",
    ] {
        let said = email(json!([item, "b"])).unwrap();
        assert!(!said.split([',', ';', ' ']).any(|word| word == "admin"), "{item:?} gave {said}");
        let first = said.split(',').next().unwrap();
        assert_eq!(percent_decode_str(first).decode_utf8().unwrap(), item);
    }
    assert_eq!(email(json!(["", "a"])).unwrap(), ",a");
}

#[test]
fn a_value_that_does_not_fit_refuses_the_login() {
    let values = [
        json!("a\r\nX-Auth-Groups: admin"),
        json!("a\nb"),
        json!("a\rb"),
        json!("a\tb"),
        json!("a\u{0}b"),
        json!("a\u{7f}b"),
        json!("\u{1f}"),
        json!(["a", "b\nc"]),
        json!({ "a": 1 }),
        json!({}),
        json!([["admin"]]),
        json!([{ "a": 1 }]),
        json!([[]]),
    ];
    for value in values {
        assert_eq!(email(value.clone()), Err("claim_unfit"), "{value}");
    }
    let refusal = identity(json!({ "email": "secret\nvalue" })).unwrap_err();
    assert!(refusal.to_string().contains("email") && !refusal.to_string().contains("secret"), "{refusal}");
}

#[test]
fn headers_beyond_the_limit_refuse_the_login() {
    assert!(email(json!("a".repeat(2000))).is_ok());
    assert_eq!(email(json!("a".repeat(3000))), Err("identity_too_large"));
    assert_eq!(email(json!("\u{e9}".repeat(600))), Err("identity_too_large"), "counted as they are sent");
    let groups: Vec<String> = (0..500).map(|number| format!("group-{number}")).collect();
    let refusal = identity(json!({ "groups": groups })).unwrap_err();
    assert_eq!(refusal.code(), "identity_too_large");
    let text = refusal.to_string();
    assert!(text.contains("3000") && !text.contains("group-"), "{text}");
}

#[test]
fn an_identity_is_never_printed() {
    let printed = format!("{:?}", identity(json!({ "email": "a@example.test" })).unwrap());
    assert!(printed.contains("x-auth-email") && !printed.contains("example.test"), "{printed}");
}

proptest! {
    #[test]
    fn a_text_comes_back_or_the_login_is_refused(text in "(\\PC|[\\x00-\\x20%,]){0,60}") {
        match email(json!(text)) {
            Ok(said) => {
                prop_assert!(said.bytes().all(|byte| (b' '..0x7f).contains(&byte)));
                prop_assert!(said.len() <= MAX_IDENTITY);
                prop_assert_eq!(said.trim(), &said);
                prop_assert_eq!(percent_decode_str(&said).decode_utf8().unwrap(), text);
            }
            Err(code) => {
                prop_assert_eq!(code, "claim_unfit");
                prop_assert!(text.chars().any(|c| c.is_ascii_control()));
            }
        }
    }
}
