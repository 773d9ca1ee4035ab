//! RFC 7517 section 4, RFC 7518 sections 6.2.2 and 6.3.2, RFC 7468, RFC 7638: our own private keys, as files have them.

use serde_json::{Value, json};
use vestibule::protocol::decryption_key::DecryptionKey;
use vestibule::protocol::private_key::{KeyUse, PrivateKeyFault as Fault};

use crate::signer::{encode, with, without};

const KIND: Fault = Fault::Kind(KeyUse::Encryption);
const PURPOSE: Fault = Fault::Purpose(KeyUse::Encryption);

fn vectors() -> Value {
    serde_json::from_str(include_str!("vectors/jwcrypto.json")).unwrap()
}

fn read(text: &str) -> Result<DecryptionKey, Fault> {
    DecryptionKey::read(text.as_bytes())
}

fn fault(text: &str) -> Fault {
    read(text).unwrap_err()
}

#[test]
fn every_form_gives_the_same_key_and_the_same_name() {
    let vectors = vectors();
    for (name, alg) in [("rsa", "RSA-OAEP-256"), ("p256", "ECDH-ES"), ("p384", "ECDH-ES")] {
        let key = &vectors["keys"][name];
        for form in ["pkcs8", "traditional"] {
            let parsed = read(key[form].as_str().unwrap()).unwrap();
            assert_eq!(parsed.kid(), key["thumbprint"], "{name} {form}: RFC 7638");
            let public = parsed.public_jwk();
            assert_eq!((&public["use"], &public["alg"]), (&json!("enc"), &json!(alg)), "{name} {form}");
            assert_eq!(public["kid"], key["thumbprint"]);
            for member in ["n", "e", "crv", "x", "y", "kty"] {
                assert_eq!(public.get(member), key["jwk"].get(member), "{name} {form} {member}");
            }
            for member in ["d", "p", "q", "dp", "dq", "qi"] {
                assert!(public.get(member).is_none(), "{member} is private");
            }
            assert!(!format!("{parsed:?}").contains(public["x"].as_str().unwrap_or("no x")));
        }
        let named = with(key["jwk"].clone(), "kid", json!("my-key"));
        let parsed = read(&named.to_string()).unwrap();
        assert_eq!((parsed.kid(), &parsed.public_jwk()["kid"]), ("my-key", &json!("my-key")));
    }
    let with_parameters = vectors["keys"]["p256_with_parameters"]["traditional"].as_str().unwrap();
    assert!(with_parameters.contains("BEGIN EC PARAMETERS"));
    assert!(read(with_parameters).is_ok());
}

#[test]
fn what_is_no_key_for_us_is_refused_with_the_reason() {
    let vectors = vectors();
    let text = |name: &str| vectors["refused"][name].as_str().unwrap();
    let rsa = vectors["keys"]["rsa"]["pkcs8"].as_str().unwrap();
    assert_eq!(fault(text("password")), Fault::Encrypted);
    assert_eq!(fault(text("password_traditional")), Fault::Encrypted);
    assert_eq!(fault(vectors["keys"]["rsa"]["public"].as_str().unwrap()), Fault::Public);
    assert_eq!(fault(text("other_curve")), KIND);
    assert_eq!(fault(text("ed25519")), KIND);
    assert_eq!(fault(text("short")), Fault::Strength, "1024 bits");
    for (name, text, expected) in [
        ("nothing", String::new(), Fault::NoKey),
        ("words", "changeme".to_owned(), Fault::NoKey),
        ("two keys", format!("{rsa}{rsa}"), Fault::Several),
        ("half a block", rsa[..rsa.len() / 2].to_owned(), Fault::NoKey),
        ("no base64", "-----BEGIN PRIVATE KEY-----\n***\n-----END PRIVATE KEY-----".to_owned(), Fault::NoKey),
        ("another end", rsa.replace("END PRIVATE", "END RSA PRIVATE"), Fault::NoKey),
        ("a request", rsa.replace("PRIVATE KEY", "CERTIFICATE REQUEST"), Fault::NoKey),
        ("half a JWK", "{\"kty\": \"RSA\"".to_owned(), Fault::Form),
        ("a JWK without kind", "{\"d\": \"AA\"}".to_owned(), Fault::Form),
    ] {
        assert_eq!(fault(&text), expected, "{name}");
    }
}

#[test]
fn a_jwk_says_what_it_is_for_and_its_numbers_belong_together() {
    let vectors = vectors();
    let rsa = || vectors["keys"]["rsa"]["jwk"].clone();
    let ec = || vectors["keys"]["p256"]["jwk"].clone();
    let other = &vectors["keys"]["p384"]["jwk"];
    let fault = |jwk: Value| read(&jwk.to_string()).map(|_| ()).unwrap_err();
    for (name, jwk, expected) in [
        ("for signatures", with(rsa(), "use", json!("sig")), PURPOSE),
        ("another algorithm", with(rsa(), "alg", json!("RSA-OAEP")), PURPOSE),
        ("to sign", with(ec(), "key_ops", json!(["sign"])), PURPOSE),
        ("no list", with(ec(), "key_ops", json!("decrypt")), Fault::Form),
        ("public", without(ec(), "d"), Fault::Public),
        ("a secret", json!({ "kty": "oct", "k": "AAAA" }), KIND),
        ("another curve", with(ec(), "crv", json!("P-521")), KIND),
        ("Ed25519", json!({ "kty": "OKP", "crv": "Ed25519", "x": "AA", "d": "AA" }), KIND),
        ("a name that is none", with(ec(), "kid", json!(7)), Fault::Form),
        ("an empty name", with(ec(), "kid", json!("")), Fault::Form),
        ("the point of another", with(ec(), "x", json!(encode([1; 32]))), Fault::Numbers),
        ("the number of another", with(ec(), "d", other["d"].clone()), Fault::Numbers),
        ("zero", with(ec(), "d", json!(encode([0; 32]))), Fault::Numbers),
        ("without p", without(rsa(), "p"), Fault::Numbers),
        ("another exponent", with(rsa(), "e", json!("Aw")), Fault::Numbers),
        ("three primes", with(rsa(), "oth", json!([])), Fault::Primes),
        ("a short modulus", with(rsa(), "n", json!(encode([0x81; 128]))), Fault::Strength),
    ] {
        assert_eq!(fault(jwk), expected, "{name}");
    }
    for jwk in [with(rsa(), "use", json!("enc")), with(ec(), "key_ops", json!(["deriveBits"]))] {
        assert!(read(&jwk.to_string()).is_ok());
    }
}
