//! OpenID Connect Core 1.0 sections 5.3.2 and 5.3.4: userinfo as a signed token, which may be encrypted besides.

use aws_lc_rs::hmac;
use http::Response;
use serde_json::{Value, json};
use vestibule::protocol::decryption_key::DecryptionKey;
use vestibule::protocol::jwe::Encryption;
use vestibule::protocol::registration::{ContentEncryption, SigningAlgorithm};
use vestibule::protocol::secret::Secret;
use vestibule::protocol::userinfo::{
    self, Form, MAX_ANSWER_BYTES, Userinfo, UserinfoExpected, UserinfoFault,
};

use crate::encrypter::Recipient;
use crate::signer::{PROVIDER, STRANGER, encode, header, with, without};
use crate::world::{ISSUER, NOW, answer, issuer, now, provider, secret, unusable_answers};

const RS256: SigningAlgorithm = SigningAlgorithm::Rs256;

/// What a provider that does it right signs.
pub(crate) fn claims() -> Value {
    json!({ "iss": ISSUER, "aud": "vestibule-a", "sub": "a1", "groups": ["staff"] })
}

pub(crate) fn verify(token: &str) -> Result<Userinfo, UserinfoFault> {
    let expected = UserinfoExpected {
        issuer: &issuer(),
        client_id: "vestibule-a",
        audiences: &[],
        algorithm: RS256,
        sub: "a1",
        now: now(),
        leeway: std::time::Duration::from_secs(60),
    };
    userinfo::verify(&Secret::new(token), &PROVIDER.keys(), &expected)
}

fn code(token: &str) -> Option<&'static str> {
    verify(token).err().map(|fault| fault.code())
}

fn signed(claims: &Value) -> String {
    PROVIDER.sign(RS256, &header(RS256), claims)
}

fn taken(answer: &Response<bytes::Bytes>, agreed: Option<&Encryption>) -> Result<String, &'static str> {
    userinfo::token(answer, agreed).map(|token| token.expose().to_owned()).map_err(|fault| fault.code())
}

#[test]
fn a_signed_answer_is_asked_for_by_its_type() {
    let request = userinfo::request(&provider(), &secret("at-1"), Form::Jwt).unwrap();
    assert_eq!(request.headers()["accept"], "application/jwt");
}

/// V-UI-2: what is agreed to be signed is never taken as JSON.
#[test]
fn what_is_agreed_to_be_signed_must_be() {
    let token = signed(&claims());
    for content_type in ["application/jwt", "Application/JWT; charset=utf-8"] {
        assert_eq!(taken(&answer(200, Some(content_type), token.clone()), None).as_deref(), Ok(&*token));
    }
    for content_type in ["application/json", "application/hal+json"] {
        let plain = answer(200, Some(content_type), claims().to_string());
        assert_eq!(taken(&plain, None), Err("userinfo_not_signed"), "{content_type}");
    }
    for (name, answer, code) in unusable_answers(MAX_ANSWER_BYTES) {
        assert_eq!(taken(&answer, None).unwrap_err(), format!("userinfo_{code}"), "{name}");
    }
    let too_large = answer(200, Some("application/jwt"), "a".repeat(MAX_ANSWER_BYTES + 1));
    assert_eq!(taken(&too_large, None), Err("userinfo_too_large"));
    let text = answer(200, Some("text/plain"), token.clone());
    assert_eq!(taken(&text, None), Err("userinfo_content_type"));
    assert_eq!(taken(&answer(401, Some("application/jwt"), token), None), Err("userinfo_status"));
}

/// V-UI-2: signature, `alg`, `iss` and `aud` as of an ID token.
#[test]
fn a_signed_answer_is_verified_like_an_id_token() {
    assert_eq!(code(&signed(&claims())), None);
    let several = with(claims(), "aud", json!(["vestibule-a"]));
    assert_eq!(code(&signed(&several)), None);
    let unsigned = |alg: &str| {
        let header = with(header(RS256), "alg", json!(alg));
        format!("{}.{}.", encode(header.to_string()), encode(claims().to_string()))
    };
    let by_public_key = {
        let header = with(header(RS256), "alg", json!("HS256"));
        let signed = format!("{}.{}", encode(header.to_string()), encode(claims().to_string()));
        let key = hmac::Key::new(hmac::HMAC_SHA256, PROVIDER.rsa_jwk("rsa").to_string().as_bytes());
        format!("{signed}.{}", encode(hmac::sign(&key, signed.as_bytes())))
    };
    let es256 = SigningAlgorithm::Es256;
    let rows = [
        ("alg none", unsigned("none"), "userinfo_algorithm"),
        ("no signature", unsigned("RS256"), "userinfo_signature"),
        ("the public key as a secret", by_public_key, "userinfo_algorithm"),
        ("another algorithm", PROVIDER.sign(es256, &header(es256), &claims()), "userinfo_algorithm"),
        ("by somebody else", STRANGER.sign(RS256, &header(RS256), &claims()), "userinfo_signature"),
        (
            "an unknown key",
            PROVIDER.sign(RS256, &with(header(RS256), "kid", json!("x")), &claims()),
            "userinfo_signature",
        ),
        ("no iss", signed(&without(claims(), "iss")), "userinfo_issuer"),
        ("another iss", signed(&with(claims(), "iss", json!("https://evil.example"))), "userinfo_issuer"),
        ("a slash", signed(&with(claims(), "iss", json!(format!("{ISSUER}/")))), "userinfo_issuer"),
        ("iss a list", signed(&with(claims(), "iss", json!([ISSUER]))), "userinfo_issuer"),
        ("no aud", signed(&without(claims(), "aud")), "userinfo_audience"),
        ("another aud", signed(&with(claims(), "aud", json!("grafana"))), "userinfo_audience"),
        ("others too", signed(&with(claims(), "aud", json!(["vestibule-a", "x"]))), "userinfo_audience"),
        ("an empty list", signed(&with(claims(), "aud", json!([]))), "userinfo_audience"),
        ("a number", signed(&with(claims(), "aud", json!(1))), "userinfo_audience"),
        ("no sub", signed(&without(claims(), "sub")), "userinfo_subject_missing"),
        ("another sub", signed(&with(claims(), "sub", json!("a2"))), "userinfo_subject"),
        ("expired", signed(&with(claims(), "exp", json!(NOW - 61))), "userinfo_time"),
        ("not yet", signed(&with(claims(), "nbf", json!(NOW + 61))), "userinfo_time"),
        ("exp a text", signed(&with(claims(), "exp", json!("4102444800"))), "userinfo_token"),
        ("two parts", "a.b".to_owned(), "userinfo_token"),
        ("five parts", "a.b.c.d.e".to_owned(), "userinfo_encryption"),
        ("padded", format!("{}=", signed(&claims())), "userinfo_token"),
        ("a line break", format!("{}\n", signed(&claims())), "userinfo_token"),
        (
            "crit",
            PROVIDER.sign(RS256, &with(header(RS256), "crit", json!(["x"])), &claims()),
            "userinfo_token",
        ),
    ];
    for (name, token, expected) in rows {
        let fault = verify(&token).unwrap_err();
        assert_eq!(fault.code(), expected, "{name}");
        assert_eq!(fault.asks_for_new_keys(), expected == "userinfo_signature", "{name}");
    }
    for fine in [with(claims(), "exp", json!(NOW - 59)), with(claims(), "nbf", json!(NOW + 59))] {
        assert_eq!(code(&signed(&fine)), None);
    }
}

#[test]
fn an_encrypted_answer_is_opened_and_then_verified() {
    let recipient = Recipient::p256();
    let key = DecryptionKey::read(recipient.pem().as_bytes()).unwrap();
    let agreed =
        Encryption { algorithm: key.algorithm(), content: ContentEncryption::A128Gcm, keys: [key].into() };
    let jwt = |body: String| answer(200, Some("application/jwt"), body);
    let token = signed(&claims());
    let encrypted = recipient.token(recipient.header("A128GCM"), &token);
    assert_eq!(taken(&jwt(encrypted.clone()), Some(&agreed)).as_deref(), Ok(&*token));
    let bare = recipient.token(recipient.header("A128GCM"), r#"{"sub":"a1"}"#);
    let opened = taken(&jwt(bare), Some(&agreed)).unwrap();
    assert_eq!(code(&opened), Some("userinfo_token"), "encrypted, but signed by nobody");
    let other = Recipient::p256();
    for (name, body, code) in [
        ("not encrypted", token.clone(), "userinfo_encryption"),
        ("another enc", recipient.token(recipient.header("A256GCM"), &token), "userinfo_encryption"),
        (
            "compressed",
            recipient.token(with(recipient.header("A128GCM"), "zip", json!("DEF")), &token),
            "userinfo_encryption",
        ),
        ("to somebody else", other.token(other.header("A128GCM"), &token), "userinfo_decryption"),
        ("four parts", "a.b.c.d".to_owned(), "userinfo_token"),
    ] {
        assert_eq!(taken(&jwt(body), Some(&agreed)), Err(code), "{name}");
    }
    // Encrypted, and that is not agreed.
    let not_agreed = taken(&jwt(encrypted), None).unwrap();
    assert_eq!(code(&not_agreed), Some("userinfo_encryption"));
}
