//! RFC 7517 sections 4 and 5; RFC 7518 sections 3.3, 6.2 and 6.3; RFC 8037 section 2.

use http::HeaderName;
use serde_json::{Value, json};
use vestibule::protocol::jwk::SkipReason;
use vestibule::protocol::jwks::{self, MAX_ANSWER_BYTES};

use crate::signer::{PROVIDER, STRANGER, encode, with, without};
use crate::world::{answer, json_answer, metadata_with, provider, provider_from, unusable_answers};

fn skip_reason(jwk: Value) -> Option<SkipReason> {
    // Beside a good key, so that the set as a whole is used.
    let set = json!({"keys": [jwk, PROVIDER.rsa_jwk("good")]});
    let keys = jwks::judge(&json_answer(&set)).unwrap();
    assert_eq!(keys.count() + keys.skipped().len(), 2);
    keys.skipped().first().map(|skipped| skipped.reason)
}

fn code(set: &Value) -> Option<&'static str> {
    jwks::judge(&json_answer(set)).err().map(|fault| fault.code())
}

#[test]
fn the_keys_are_asked_for_where_the_metadata_says() {
    let request = jwks::request(provider().jwks_uri().unwrap());
    assert_eq!(
        (request.method().as_str(), request.uri().to_string().as_str()),
        ("GET", "https://keys.example/set")
    );
    assert_eq!(request.headers()["accept"], "application/json, application/jwk-set+json");
    let provider = provider_from(&metadata_with("jwks_uri", Some(json!("https://keys.example/set?p=b2c"))));
    assert_eq!(jwks::request(provider.jwks_uri().unwrap()).uri(), "https://keys.example/set?p=b2c");
}

#[test]
fn keys_for_every_algorithm_are_used() {
    for jwk in [
        PROVIDER.rsa_jwk("k"),
        PROVIDER.p256_jwk("k"),
        PROVIDER.p384_jwk("k"),
        PROVIDER.ed25519_jwk("k"),
        without(PROVIDER.rsa_jwk("k"), "kid"),
        with(PROVIDER.rsa_jwk("k"), "use", json!("sig")),
        with(PROVIDER.rsa_jwk("k"), "key_ops", json!(["verify"])),
        with(PROVIDER.rsa_jwk("k"), "alg", json!("PS512")),
        with(PROVIDER.ed25519_jwk("k"), "alg", json!("EdDSA")),
        with(PROVIDER.ed25519_jwk("k"), "alg", json!("Ed25519")),
        with(PROVIDER.rsa_jwk("k"), "x5c", json!(["ignored"])),
        with(PROVIDER.rsa_jwk("k"), "x5u", json!("http://169.254.169.254/")),
    ] {
        assert_eq!(skip_reason(jwk.clone()), None, "{jwk}");
    }
}

// Section 5: "Implementations SHOULD ignore JWKs within a JWK Set that use kty values that are not understood …, that are
// missing required members, or for which values are out of the supported ranges."
/// V-DS-4, V-DS-7
#[test]
fn a_key_that_cannot_be_used_is_skipped_and_the_others_are_used() {
    let rsa = || PROVIDER.rsa_jwk("k");
    let p256 = || PROVIDER.p256_jwk("k");
    let ed = || PROVIDER.ed25519_jwk("k");
    let modulus = |bytes: usize| {
        let mut n = vec![0xab; bytes];
        n[bytes - 1] |= 1;
        json!(encode(n))
    };
    let cases = [
        ("not an object", json!("x"), SkipReason::Form),
        ("kid a number", with(rsa(), "kid", json!(7)), SkipReason::Form),
        ("kid too long", with(rsa(), "kid", json!("k".repeat(257))), SkipReason::Form),
        ("use a list", with(rsa(), "use", json!(["sig"])), SkipReason::Form),
        ("key_ops a text", with(rsa(), "key_ops", json!("verify")), SkipReason::Form),
        ("alg a number", with(rsa(), "alg", json!(1)), SkipReason::Form),
        ("symmetric", json!({"kty": "oct", "kid": "k", "k": "c2VjcmV0"}), SkipReason::Kind),
        ("unknown kind", with(rsa(), "kty", json!("AKP")), SkipReason::Kind),
        ("kind in other case", with(rsa(), "kty", json!("rsa")), SkipReason::Kind),
        ("no kind", without(rsa(), "kty"), SkipReason::Kind),
        ("curve not offered", with(p256(), "crv", json!("secp256k1")), SkipReason::Kind),
        ("Ed448", with(ed(), "crv", json!("Ed448")), SkipReason::Kind),
        ("X25519", with(ed(), "crv", json!("X25519")), SkipReason::Kind),
        ("for encryption", with(rsa(), "use", json!("enc")), SkipReason::Purpose),
        ("key_ops without verify", with(rsa(), "key_ops", json!(["sign"])), SkipReason::Purpose),
        ("key_ops empty", with(rsa(), "key_ops", json!([])), SkipReason::Purpose),
        ("alg for encryption", with(rsa(), "alg", json!("RSA-OAEP")), SkipReason::Algorithm),
        ("alg none", with(rsa(), "alg", json!("none")), SkipReason::Algorithm),
        ("alg symmetric", with(rsa(), "alg", json!("HS256")), SkipReason::Algorithm),
        ("alg of another kind", with(rsa(), "alg", json!("ES256")), SkipReason::Algorithm),
        ("alg of another curve", with(p256(), "alg", json!("ES384")), SkipReason::Algorithm),
        ("private RSA", with(rsa(), "d", json!("AQ")), SkipReason::Private),
        ("private EC", with(p256(), "d", json!("AQ")), SkipReason::Private),
        ("private OKP", with(ed(), "d", json!("AQ")), SkipReason::Private),
        ("a prime alone", with(rsa(), "p", json!("AQ")), SkipReason::Private),
        ("the other prime alone", with(rsa(), "q", json!("AQ")), SkipReason::Private),
        ("an exponent of a prime", with(rsa(), "dp", json!("AQ")), SkipReason::Private),
        ("the other exponent", with(rsa(), "dq", json!("AQ")), SkipReason::Private),
        ("the coefficient", with(rsa(), "qi", json!("AQ")), SkipReason::Private),
        ("further primes", with(rsa(), "oth", json!([])), SkipReason::Private),
        ("a secret beside the key", with(ed(), "k", json!("AQ")), SkipReason::Private),
        ("1024 bits", with(rsa(), "n", modulus(128)), SkipReason::Strength),
        (
            "2047 bits",
            with(rsa(), "n", json!(encode([&[0x7f][..], &[0xff; 255]].concat()))),
            SkipReason::Strength,
        ),
        ("16384 bits", with(rsa(), "n", modulus(2048)), SkipReason::Strength),
        ("8200 bits", with(rsa(), "n", modulus(1025)), SkipReason::Strength),
        ("even modulus", with(rsa(), "n", json!(encode([0xaa; 256]))), SkipReason::Strength),
        ("modulus zero", with(rsa(), "n", json!(encode([0; 256]))), SkipReason::Strength),
        ("exponent 1", with(rsa(), "e", json!("AQ")), SkipReason::Strength),
        ("exponent 0", with(rsa(), "e", json!("AA")), SkipReason::Strength),
        ("exponent even", with(rsa(), "e", json!("Ag")), SkipReason::Strength),
        ("exponent empty", with(rsa(), "e", json!("")), SkipReason::Strength),
        ("exponent huge", with(rsa(), "e", json!(encode([0xff; 5]))), SkipReason::Strength),
        ("no modulus", without(rsa(), "n"), SkipReason::Numbers),
        ("modulus padded", with(rsa(), "n", json!("AQ==")), SkipReason::Numbers),
        ("modulus a number", with(rsa(), "n", json!(7)), SkipReason::Numbers),
        ("off the curve", with(p256(), "x", json!(encode([1; 32]))), SkipReason::Numbers),
        (
            "point zero",
            with(with(p256(), "x", json!(encode([0; 32]))), "y", json!(encode([0; 32]))),
            SkipReason::Numbers,
        ),
        ("short coordinate", with(p256(), "x", json!(encode([1; 31]))), SkipReason::Numbers),
        ("long coordinate", with(p256(), "y", json!(encode([1; 33]))), SkipReason::Numbers),
        ("P-384 numbers on P-256", with(PROVIDER.p384_jwk("k"), "crv", json!("P-256")), SkipReason::Numbers),
        ("no y", without(p256(), "y"), SkipReason::Numbers),
        ("Ed25519 too short", with(ed(), "x", json!(encode([1; 31]))), SkipReason::Numbers),
    ];
    for (name, jwk, reason) in cases {
        assert_eq!(skip_reason(jwk), Some(reason), "{name}");
    }
}

#[test]
fn a_sign_byte_before_the_modulus_is_no_part_of_it() {
    let n = PROVIDER.rsa_jwk("k")["n"].clone();
    let bytes =
        base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, n.as_str().unwrap())
            .unwrap();
    let padded = json!(encode([&[0][..], &bytes].concat()));
    assert_eq!(skip_reason(with(PROVIDER.rsa_jwk("k"), "n", padded)), None);
}

/// V-DS-4
#[test]
fn a_set_without_a_usable_key_is_refused() {
    for (set, expected) in [
        (json!({}), "jwks_keys_missing"),
        (json!({"keys": {}}), "jwks_keys_missing"),
        (json!({"keys": null}), "jwks_keys_missing"),
        (json!({"keys": []}), "jwks_no_usable_key"),
        (json!({"keys": [{"kty": "oct", "kid": "s", "k": "c2VjcmV0"}]}), "jwks_no_usable_key"),
        (json!({"keys": vec![PROVIDER.ed25519_jwk("k"); 101]}), "jwks_too_many_keys"),
    ] {
        assert_eq!(code(&set), Some(expected), "{set}");
    }
    assert_eq!(code(&json!({"keys": vec![STRANGER.ed25519_jwk("k"); 100]})), None);
    let oct = json!({"keys": [{"kty": "oct", "kid": "s", "k": "c2VjcmV0"}]});
    let text = jwks::judge(&json_answer(&oct)).unwrap_err().to_string();
    assert!(text.ends_with("key \"s\": no algorithm offered here uses this kind of key"), "{text}");
    assert!(!text.contains("c2Vj"));
}

#[test]
fn an_answer_that_is_no_set_is_refused() {
    for (name, answer, code) in unusable_answers(MAX_ANSWER_BYTES) {
        let fault = jwks::judge(&answer).unwrap_err();
        assert_eq!(fault.code(), format!("jwks_{code}"), "{name}");
        assert!(!fault.caller_is_at_fault());
    }
    let set = json!({"keys": [PROVIDER.rsa_jwk("k")]}).to_string();
    for content_type in [None, Some("application/jwk-set+json"), Some("application/octet-stream")] {
        assert!(jwks::judge(&answer(200, content_type, set.clone())).is_ok());
    }
}

/// V-DS-6 (OpenID Connect Core 1.0 section 10.1.1): `Cache-Control`, within bounds.
#[test]
fn a_set_is_fresh_for_as_long_as_its_answer_says_within_bounds() {
    let fresh_for = |headers: &[(&str, &str)]| {
        let mut answer = json_answer(&json!({ "keys": [PROVIDER.ed25519_jwk("k")] }));
        for (name, value) in headers {
            answer.headers_mut().append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        jwks::judge(&answer).unwrap().fresh_for().as_secs()
    };
    const DAY: u64 = 24 * 60 * 60;
    for (cache_control, seconds) in [
        ("max-age=3600", 3600),
        ("public, Max-Age = \"1800\" , must-revalidate", 1800),
        ("max-age=0", 300),
        ("max-age=299", 300),
        ("max-age=301", 301),
        ("no-store", 300),
        ("no-cache, max-age=3600", 300),
        ("max-age=3600, max-age=600", 600),
        ("max-age=315360000", DAY),
        ("max-age=99999999999999999999999", DAY),
        ("max-age=-1", 300),
        ("max-age=", 300),
        ("max-age", 300),
        ("max-age=1h", 300),
        ("s-maxage=60", 3600),
        ("public", 3600),
        ("", 3600),
    ] {
        assert_eq!(fresh_for(&[("cache-control", cache_control)]), seconds, "{cache_control}");
    }
    assert_eq!(fresh_for(&[]), 3600, "the default");
    let twice = [("cache-control", "public"), ("cache-control", "max-age=900")];
    assert_eq!(fresh_for(&twice), 900);
    assert_eq!(fresh_for(&[("cache-control", "max-age=900"), ("age", "500")]), 400, "out of a cache");
    assert_eq!(fresh_for(&[("cache-control", "max-age=900"), ("age", "9000")]), 300);
}

/// V-BT-4, V-DS-4: keys that the operator lays beside the configuration are held to the same rules.
#[test]
fn a_set_in_a_file_is_judged_like_one_that_was_fetched() {
    let code = |contents: &str| jwks::judge_file(contents.as_bytes()).err().map(|fault| fault.code());
    let set = json!({ "keys": [PROVIDER.rsa_jwk("r"), { "kty": "oct", "k": "AQ" }, PROVIDER.p256_jwk("e")] });
    let (file, fetched) =
        (jwks::judge_file(set.to_string().as_bytes()).unwrap(), jwks::judge(&json_answer(&set)).unwrap());
    assert_eq!((file.count(), file.skipped()), (2, fetched.skipped()));
    assert_eq!((file.id(), file.fresh_for()), (fetched.id(), fetched.fresh_for()));
    assert_ne!(
        file.id(),
        jwks::judge_file(format!("{set}\n").as_bytes()).unwrap().id(),
        "another file is another set"
    );
    for (contents, expected) in [
        ("", "jwks_unreadable"),
        ("[]", "jwks_unreadable"),
        ("{\"keys\":[]}{}", "jwks_unreadable"),
        ("{\"keys\":[],\"keys\":[]}", "jwks_unreadable"),
        ("-----BEGIN PUBLIC KEY-----", "jwks_unreadable"),
        ("{}", "jwks_keys_missing"),
        ("{\"keys\":{}}", "jwks_keys_missing"),
        ("{\"keys\":[]}", "jwks_no_usable_key"),
        ("{\"keys\":[{\"kty\":\"oct\",\"k\":\"AQ\"}]}", "jwks_no_usable_key"),
    ] {
        assert_eq!(code(contents), Some(expected), "{contents}");
    }
    // One key is no set.
    assert_eq!(code(&PROVIDER.rsa_jwk("r").to_string()), Some("jwks_keys_missing"));
    let many = json!({ "keys": vec![PROVIDER.ed25519_jwk("k"); 101] });
    assert_eq!(code(&many.to_string()), Some("jwks_too_many_keys"));
    let padded = |bytes: usize| format!("{set}{}", " ".repeat(bytes - set.to_string().len()));
    assert_eq!(code(&padded(MAX_ANSWER_BYTES)), None);
    assert_eq!(code(&padded(MAX_ANSWER_BYTES + 1)), Some("jwks_too_large"));
    assert!(jwks::judge_file(b"{\"keys\":\"\xff\"}").is_err());
}
