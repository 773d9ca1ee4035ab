//! RFC 7515 sections 2, 3.1, 4.1 and 5.2; RFC 7518 section 3; RFC 8725 sections 2 and 3: is it the provider's?

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use vestibule::protocol::jwks::Keys;
use vestibule::protocol::jwt::{self, IdTokenExpected, IdTokenFault};
use vestibule::protocol::registration::{ClientAuthentication, SigningAlgorithm};

use crate::signer::{CLIENT_SECRET, PROVIDER, STRANGER, claims, encode, header, keys, with, without};
use crate::world::{issuer, now, registration, secret};

const RS256: SigningAlgorithm = SigningAlgorithm::Rs256;

fn verify(token: &str, keys: &Keys, algorithm: SigningAlgorithm) -> Result<(), IdTokenFault> {
    let expected = IdTokenExpected {
        issuer: &issuer(),
        client_id: "vestibule-a",
        audiences: &[],
        nonce: Some("n-0S6_WzA2Mj"),
        algorithm,
        now: now(),
        leeway: jwt::DEFAULT_LEEWAY,
        access_token: None,
    };
    jwt::verify(token, keys, &expected).map(|_| ())
}

fn code(token: &str) -> Option<&'static str> {
    verify(token, &PROVIDER.keys(), RS256).err().map(|fault| fault.code())
}

fn good() -> String {
    PROVIDER.sign(RS256, &header(RS256), &claims())
}

fn with_header(header: &Value) -> String {
    PROVIDER.sign(RS256, header, &claims())
}

#[test]
fn every_algorithm_offered_verifies() {
    for algorithm in SigningAlgorithm::ALL.into_iter().filter(|one| one.secret_bytes().is_none()) {
        let token = PROVIDER.sign(algorithm, &header(algorithm), &claims());
        assert_eq!(verify(&token, &PROVIDER.keys(), algorithm), Ok(()), "{algorithm}");
        // No other algorithm takes it, also one of the same key.
        for other in SigningAlgorithm::ALL.into_iter().filter(|other| *other != algorithm) {
            let fault = verify(&token, &PROVIDER.keys(), other).unwrap_err();
            assert_eq!(fault.code(), "id_token_algorithm", "{algorithm} as {other}");
            assert!(!fault.asks_for_new_keys());
        }
        // And no other key.
        let fault = verify(&token, &STRANGER.keys(), algorithm).unwrap_err();
        assert_eq!(fault.code(), "id_token_signature", "{algorithm}");
        assert!(fault.asks_for_new_keys());
    }
}

/// The keys of a client that is registered for that algorithm with that secret.
fn secret_keys(algorithm: SigningAlgorithm, text: &str) -> Option<Keys> {
    Keys::of_client_secret(&registration(ClientAuthentication::Basic(secret(text))), algorithm)
}

const SYMMETRIC: [SigningAlgorithm; 3] =
    [SigningAlgorithm::Hs256, SigningAlgorithm::Hs384, SigningAlgorithm::Hs512];

/// V-ID-7 (OpenID Connect Core 1.0 section 3.1.3.7 step 8): "the octets of the UTF-8 representation of the client_secret … are
/// used as the key to validate the signature."
#[test]
fn a_signature_by_the_client_secret_verifies_where_it_is_agreed() {
    for algorithm in SYMMETRIC {
        let token = PROVIDER.sign(algorithm, &header(algorithm), &claims());
        let keys = secret_keys(algorithm, CLIENT_SECRET).unwrap();
        assert_eq!(verify(&token, &keys, algorithm), Ok(()), "{algorithm}, whatever kid says");
        let nameless = PROVIDER.sign(algorithm, &without(header(algorithm), "kid"), &claims());
        assert_eq!(verify(&nameless, &keys, algorithm), Ok(()), "{algorithm}");
        let other = secret_keys(algorithm, &CLIENT_SECRET.replace('0', "1")).unwrap();
        assert_eq!(
            verify(&token, &other, algorithm).unwrap_err().code(),
            "id_token_signature",
            "{algorithm}"
        );
        let [head, payload, signature] = parts(&token);
        let half = URL_SAFE_NO_PAD.decode(&signature).unwrap();
        for cut in [String::new(), encode(&half[..half.len() / 2])] {
            let fault = verify(&format!("{head}.{payload}.{cut}"), &keys, algorithm).unwrap_err();
            assert_eq!(fault.code(), "id_token_signature", "{algorithm}: {cut}");
        }
        // The agreed algorithm and no other, in both directions.
        for other in SigningAlgorithm::ALL.into_iter().filter(|other| *other != algorithm) {
            assert_eq!(verify(&token, &keys, other).unwrap_err().code(), "id_token_algorithm", "as {other}");
            let theirs = PROVIDER.sign(other, &header(other), &claims());
            assert_eq!(
                verify(&theirs, &keys, algorithm).unwrap_err().code(),
                "id_token_algorithm",
                "{other}"
            );
        }
    }
}

/// F-02: neither kind of key ever stands in for the other.
#[test]
fn a_published_key_verifies_no_signature_by_a_secret_and_the_secret_none_by_a_key() {
    for algorithm in SYMMETRIC {
        let token = PROVIDER.sign(algorithm, &header(algorithm), &claims());
        let fault = verify(&token, &PROVIDER.keys(), algorithm).unwrap_err();
        assert_eq!(fault.code(), "id_token_key_unknown", "{algorithm}");
        // RFC 7517 section 6.4 in a public set is somebody's mistake; it is not used.
        let published = keys(&[
            json!({ "kty": "oct", "kid": "rsa", "alg": algorithm.name(), "k": encode(CLIENT_SECRET) }),
            PROVIDER.rsa_jwk("rsa"),
        ]);
        assert_eq!(
            verify(&token, &published, algorithm).unwrap_err().code(),
            "id_token_key_unknown",
            "{algorithm}"
        );
    }
    let keys = secret_keys(SigningAlgorithm::Hs256, CLIENT_SECRET).unwrap();
    assert_eq!(verify(&good(), &keys, RS256).unwrap_err().code(), "id_token_key_unknown");
}

/// V-ID-7, RFC 7518 section 3.2: "A key of the same size as the hash output … or larger MUST be used".
#[test]
fn a_secret_shorter_than_the_hash_is_no_key() {
    for (algorithm, bytes) in SYMMETRIC.into_iter().zip([32, 48, 64]) {
        assert!(secret_keys(algorithm, &"s".repeat(bytes - 1)).is_none(), "{algorithm}");
        assert!(secret_keys(algorithm, &"s".repeat(bytes)).is_some(), "{algorithm}");
    }
    for algorithm in SigningAlgorithm::ALL.into_iter().filter(|one| !SYMMETRIC.contains(one)) {
        assert!(secret_keys(algorithm, CLIENT_SECRET).is_none(), "{algorithm}");
    }
}

// RFC 8725 section 3.1: "Libraries MUST enable the caller to specify a supported set of algorithms and MUST NOT use any other".
/// V-ID-6
#[test]
fn no_algorithm_but_the_agreed_one_in_any_spelling() {
    let [_, payload, signature] = parts(&good());
    for alg in [
        json!("none"),
        json!("None"),
        json!("nOnE"),
        json!("NONE"),
        json!(""),
        json!("none "),
        json!("rs256"),
        json!("RS256 "),
        json!("RS512"),
        json!(["none"]),
        json!(["RS256"]),
        json!(0),
        Value::Null,
    ] {
        let header = encode(with(header(RS256), "alg", alg.clone()).to_string());
        for signature in ["", signature.as_str()] {
            let token = format!("{header}.{payload}.{signature}");
            assert_eq!(code(&token), Some("id_token_algorithm"), "{alg}");
        }
    }
    assert_eq!(code(&with_header(&without(header(RS256), "alg"))), Some("id_token_algorithm"));
}

// RFC 8725 section 2.1: the public key taken as the secret of an HMAC.
/// V-ID-6
#[test]
fn a_public_key_is_no_secret() {
    let jwk = PROVIDER.rsa_jwk("rsa");
    let secrets =
        [jwk.to_string(), jwk["n"].as_str().unwrap().to_owned(), "client-secret".to_owned(), String::new()];
    for secret in secrets {
        let header = with(header(RS256), "alg", json!("HS256"));
        let signed = format!("{}.{}", encode(header.to_string()), encode(claims().to_string()));
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), signed.as_bytes());
        assert_eq!(code(&format!("{signed}.{}", encode(tag))), Some("id_token_algorithm"));
        // The same tag under the agreed name.
        let [_, payload, _] = parts(&good());
        let signed = format!("{}.{payload}", encode(crate::signer::header(RS256).to_string()));
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), signed.as_bytes());
        assert_eq!(code(&format!("{signed}.{}", encode(tag))), Some("id_token_signature"));
    }
}

/// V-ID-5
/// F-03
#[test]
fn one_bit_anywhere_breaks_the_signature() {
    let [_, payload, signature] = parts(&good());
    let flipped = with(claims(), "sub", json!("248289761002"));
    let header = encode(header(RS256).to_string());
    assert_eq!(
        code(&format!("{header}.{}.{signature}", encode(flipped.to_string()))),
        Some("id_token_signature")
    );
    let other_header = encode(with(crate::signer::header(RS256), "x", json!(1)).to_string());
    assert_eq!(code(&format!("{other_header}.{payload}.{signature}")), Some("id_token_signature"));
    for at in [0, 100, 255] {
        let signed = format!("{header}.{payload}");
        let mut bytes = PROVIDER.signature(RS256, signed.as_bytes());
        bytes[at] ^= 1;
        assert_eq!(code(&format!("{signed}.{}", encode(bytes))), Some("id_token_signature"));
    }
    assert_eq!(code(&format!("{header}.{payload}.")), Some("id_token_signature"));
    assert_eq!(code(&good()), None);
}

// Section 2: base64url "with all trailing '=' characters omitted and without the inclusion of any line breaks, whitespace, or
// other additional characters".
/// V-ID-5
#[test]
fn the_encoding_is_strict() {
    let token = good();
    let [header, payload, signature] = parts(&token);
    for (name, token, expected) in [
        ("padding", format!("{token}="), "id_token_encoding"),
        ("line break", format!("{token}\n"), "id_token_encoding"),
        ("blank", format!("{token} "), "id_token_encoding"),
        ("blank before", format!(" {token}"), "id_token_encoding"),
        ("padded header", format!("{header}==.{payload}.{signature}"), "id_token_encoding"),
        ("header not base64url", format!("+/{header}.{payload}.{signature}"), "id_token_encoding"),
        ("dot at the end", format!("{token}."), "id_token_parts"),
        ("two parts", format!("{header}.{payload}"), "id_token_parts"),
        ("one part", header.clone(), "id_token_parts"),
        ("nothing", String::new(), "id_token_parts"),
        ("five parts", format!("{token}.a.b"), "id_token_encrypted"),
        ("six parts", format!("{token}.a.b.c"), "id_token_parts"),
        ("JSON serialization", format!("{{\"payload\":\"{payload}\"}}"), "id_token_parts"),
        ("leftover bits", leftover_bits(&token), "id_token_encoding"),
        ("non-ASCII", format!("{token}\u{e9}"), "id_token_encoding"),
    ] {
        assert_eq!(code(&token), Some(expected), "{name}");
    }
    let padded_payload = format!("{header}.{payload}=");
    let signature = encode(PROVIDER.signature(RS256, padded_payload.as_bytes()));
    assert_eq!(code(&format!("{padded_payload}.{signature}")), Some("id_token_encoding"), "padding, signed");
}

// RFC 7519 section 4: names must be unique; RFC 7515 section 4: the header must be an object.
/// V-ID-17
#[test]
fn header_and_payload_are_objects_with_unique_members() {
    let header = header(RS256).to_string();
    let payload = claims().to_string();
    let deep = format!("{{\"a\": {}{}}}", "[".repeat(40), "]".repeat(40));
    let very_deep = format!("{{\"a\": {}", "[".repeat(10_000));
    for text in ["[]", "\"x\"", "1", "null", "", "{", "{\"a\": NaN}", "{\"a\": 1}{}", &deep, &very_deep] {
        let token = PROVIDER.sign_text(RS256, text, &payload);
        assert_eq!(code(&token), Some("id_token_unreadable"), "header {text:.20}");
        let token = PROVIDER.sign_text(RS256, &header, text);
        assert_eq!(code(&token), Some("id_token_unreadable"), "payload {text:.20}");
    }
    let twice = "{\"alg\":\"RS256\",\"alg\":\"none\"}";
    assert_eq!(code(&PROVIDER.sign_text(RS256, twice, &payload)), Some("id_token_unreadable"));
    for member in ["\"sub\":\"x\"", "\"\\u0073ub\":\"x\"", "\"nested\":{\"a\":1,\"a\":2}"] {
        let twice = format!("{{{member},{}", &payload[1..]);
        assert_eq!(
            code(&PROVIDER.sign_text(RS256, &header, &twice)),
            Some("id_token_unreadable"),
            "{member}"
        );
    }
    let nested = format!("{}.{}", encode(&header), encode([0xff, 0xfe]));
    let signature = encode(PROVIDER.signature(RS256, nested.as_bytes()));
    assert_eq!(code(&format!("{nested}.{signature}")), Some("id_token_unreadable"), "not UTF-8");
}

#[test]
fn the_length_is_limited() {
    let long = with(claims(), "x", json!("x".repeat(16 * 1024)));
    assert_eq!(code(&PROVIDER.sign(RS256, &header(RS256), &long)), Some("id_token_too_long"));
    let nearly = with(claims(), "x", json!("x".repeat(8 * 1024)));
    assert_eq!(code(&PROVIDER.sign(RS256, &header(RS256), &nearly)), None);
}

// RFC 8725 section 3.10: keys and addresses in the token are the sender's word.
/// V-ID-16
#[test]
fn keys_in_the_header_are_not_looked_at() {
    for (member, value) in [
        ("jwk", STRANGER.rsa_jwk("rsa")),
        ("jku", json!("http://169.254.169.254/")),
        ("x5u", json!("http://169.254.169.254/")),
        ("x5c", json!(["AA"])),
    ] {
        let header = with(header(RS256), member, value);
        assert_eq!(code(&STRANGER.sign(RS256, &header, &claims())), Some("id_token_signature"), "{member}");
        assert_eq!(code(&with_header(&header)), None, "{member} is passed over");
    }
}

// Section 4.1.11: "If any of the listed extension Header Parameters are not understood and supported by the recipient, then the
// JWS is invalid."
/// V-ID-16
/// F-07
#[test]
fn critical_extensions_are_refused() {
    for crit in [json!(["x"]), json!([]), json!("exp"), json!(["b64"]), Value::Null] {
        let header = with(with(header(RS256), "crit", crit.clone()), "b64", json!(false));
        assert_eq!(code(&with_header(&header)), Some("id_token_critical"), "{crit}");
    }
}

// RFC 8725 section 3.11.
/// V-ID-16
#[test]
fn a_token_that_says_it_is_another_kind_is_refused() {
    for kind in ["at+jwt", "application/at+jwt", "logout+jwt", "dpop+jwt", "secevent+jwt", "JOSE", ""] {
        assert_eq!(
            code(&with_header(&with(header(RS256), "typ", json!(kind)))),
            Some("id_token_type"),
            "{kind}"
        );
    }
    for kind in [json!(7), json!(["JWT"]), Value::Null] {
        assert_eq!(code(&with_header(&with(header(RS256), "typ", kind))), Some("id_token_type"));
    }
    for kind in ["JWT", "jwt", "Jwt"] {
        assert_eq!(code(&with_header(&with(header(RS256), "typ", json!(kind)))), None, "{kind}");
    }
    assert_eq!(code(&with_header(&without(header(RS256), "typ"))), None);
}

// Section 4.1.4: `kid` is a name, compared and nothing else.
/// F-05
#[test]
fn a_key_is_found_by_its_name_only() {
    for kid in ["../../dev/null", "' OR 1=1--", "RSA", "rsa ", ""] {
        let fault = verify(&with_header(&with(header(RS256), "kid", json!(kid))), &PROVIDER.keys(), RS256);
        let fault = fault.unwrap_err();
        assert_eq!(fault.code(), "id_token_key_unknown", "{kid}");
        assert!(fault.asks_for_new_keys());
    }
    for kid in [json!("k".repeat(257)), Value::Null, json!(7), json!(["rsa"])] {
        assert_eq!(code(&with_header(&with(header(RS256), "kid", kid))), Some("id_token_key_name"));
    }
    // The name is there, but on a key of another kind.
    let token = with_header(&with(header(RS256), "kid", json!("p256")));
    assert_eq!(code(&token), Some("id_token_key_unknown"));
}

#[test]
fn of_several_keys_with_one_name_those_that_fit_are_tried() {
    let named = [PROVIDER.p256_jwk("rsa"), STRANGER.rsa_jwk("rsa"), PROVIDER.rsa_jwk("rsa")];
    assert_eq!(verify(&good(), &keys(&named), RS256), Ok(()));
    let for_ps = [with(PROVIDER.rsa_jwk("rsa"), "alg", json!("PS256")), STRANGER.p256_jwk("x")];
    assert_eq!(verify(&good(), &keys(&for_ps), RS256).unwrap_err().code(), "id_token_key_unknown");
}

// OpenID Connect Core 1.0 section 10.1.
/// F-06
#[test]
fn without_a_name_a_few_fitting_keys_are_tried() {
    let token = with_header(&without(header(RS256), "kid"));
    assert_eq!(verify(&token, &PROVIDER.keys(), RS256), Ok(()));
    let encryption = with(PROVIDER.rsa_jwk("e"), "use", json!("enc"));
    let only_encryption = keys(&[encryption, PROVIDER.p256_jwk("x")]);
    assert_eq!(verify(&token, &only_encryption, RS256).unwrap_err().code(), "id_token_key_unknown");
    let many = |count: usize| keys(&vec![PROVIDER.rsa_jwk("x"); count]);
    assert_eq!(verify(&token, &many(4), RS256), Ok(()));
    let fault = verify(&token, &many(5), RS256).unwrap_err();
    assert_eq!(fault.code(), "id_token_keys_ambiguous");
    assert!(!fault.asks_for_new_keys());
}

fn parts(token: &str) -> [String; 3] {
    token.split('.').map(str::to_owned).collect::<Vec<_>>().try_into().unwrap()
}

/// The same token, its last character changed in bits that stand for nothing.
fn leftover_bits(token: &str) -> String {
    // 256 bytes end in two characters, of which the last has four unused bits: A, Q, g or w.
    let (rest, last) = token.split_at(token.len() - 1);
    let next = char::from(last.as_bytes()[0] + 1);
    format!("{rest}{next}")
}
