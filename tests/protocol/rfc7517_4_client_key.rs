//! The client's own keys: RFC 7517 section 4 and appendix A.2, RFC 7468, RFC 7638, RFC 8037 appendix A. The files in PEM are
//! OpenSSL's.

use serde_json::{Value, json};
use vestibule::protocol::assertion::ClientKeys;
use vestibule::protocol::private_key::{KeyUse, PrivateKeyFault as Fault};
use vestibule::protocol::registration::SigningAlgorithm as Alg;
use vestibule::protocol::signing_key::SigningKey;

const RSA_JWK: &str = include_str!("../keys/rfc7517_appendix_a_2.jwk");
const KIND: Fault = Fault::Kind(KeyUse::Signature);
const PURPOSE: Fault = Fault::Purpose(KeyUse::Signature);
const P256: &[u8] = include_bytes!("../keys/p256_pkcs8.pem");

fn ed25519() -> Value {
    json!({ "kty": "OKP", "crv": "Ed25519", "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
            "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" })
}

fn rsa() -> Value {
    serde_json::from_str(RSA_JWK).unwrap()
}

fn read(file: &[u8]) -> Result<SigningKey, Fault> {
    SigningKey::read(file, None, None)
}

fn read_jwk(jwk: &Value) -> Result<SigningKey, Fault> {
    read(jwk.to_string().as_bytes())
}

fn with(mut jwk: Value, member: &str, value: Option<Value>) -> Value {
    let members = jwk.as_object_mut().unwrap();
    members.remove(member);
    members.extend(value.map(|value| (member.to_owned(), value)));
    jwk
}

#[test]
fn every_form_that_openssl_writes_is_read() {
    let rsa = read(include_bytes!("../keys/rsa_pkcs8.pem")).unwrap();
    let p256 = read(P256).unwrap();
    let rows: [(&[u8], &SigningKey, Alg, &str); 6] = [
        (include_bytes!("../keys/rsa_pkcs8.pem"), &rsa, Alg::Rs256, "RSA"),
        (include_bytes!("../keys/rsa_pkcs1.pem"), &rsa, Alg::Rs256, "RSA"),
        (P256, &p256, Alg::Es256, "EC"),
        (include_bytes!("../keys/p256_sec1.pem"), &p256, Alg::Es256, "EC"),
        (
            include_bytes!("../keys/p384_sec1.pem"),
            &read(include_bytes!("../keys/p384_sec1.pem")).unwrap(),
            Alg::Es384,
            "EC",
        ),
        (
            include_bytes!("../keys/ed25519_pkcs8.pem"),
            &read(include_bytes!("../keys/ed25519_pkcs8.pem")).unwrap(),
            Alg::EdDsa,
            "OKP",
        ),
    ];
    for (file, same, algorithm, kty) in rows {
        let key = read(file).unwrap();
        assert_eq!(key.public_jwk(), same.public_jwk());
        assert_eq!(key.algorithm(), algorithm);
        assert_eq!(key.public_jwk()["kty"], kty);
        assert_eq!(key.kid().len(), 43, "a thumbprint");
    }
    // Together with its certificate, and with blank lines before it.
    let both = [b"\n\n", &include_bytes!("../keys/client.pem")[..], P256].concat();
    assert_eq!(read(&both).unwrap().kid(), p256.kid());
}

#[test]
fn the_name_is_what_is_written_else_that_of_the_jwk_else_the_thumbprint() {
    // RFC 7638 section 3.1 and RFC 8037 appendix A.3.
    assert_eq!(
        read_jwk(&with(rsa(), "kid", None)).unwrap().kid(),
        "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
    );
    assert_eq!(read_jwk(&ed25519()).unwrap().kid(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    assert_eq!(read(RSA_JWK.as_bytes()).unwrap().kid(), "2011-04-29");
    assert_eq!(SigningKey::read(RSA_JWK.as_bytes(), Some("mine"), None).unwrap().kid(), "mine");
}

#[test]
fn a_key_signs_by_an_algorithm_of_its_kind_only() {
    let read = |file: &[u8], alg| SigningKey::read(file, None, Some(alg)).map(|key| key.algorithm());
    let rsa = include_bytes!("../keys/rsa_pkcs8.pem");
    for alg in [Alg::Rs256, Alg::Rs384, Alg::Rs512, Alg::Ps256, Alg::Ps384, Alg::Ps512] {
        assert_eq!(read(rsa, alg), Ok(alg));
        assert_eq!(read(P256, alg), Err(Fault::Algorithm(alg)));
    }
    for alg in [Alg::Es256, Alg::Es384, Alg::EdDsa] {
        assert_eq!(read(rsa, alg), Err(Fault::Algorithm(alg)));
    }
    assert_eq!(read(P256, Alg::Es384), Err(Fault::Algorithm(Alg::Es384)));
    // RFC 7517 section 4.4: one that names its algorithm serves no other.
    assert_eq!(read(RSA_JWK.as_bytes(), Alg::Ps256), Err(Fault::Algorithm(Alg::Ps256)));
    let named = with(ed25519(), "alg", Some("Ed25519".into()));
    assert_eq!(read_jwk(&named).unwrap().algorithm(), Alg::EdDsa);
    assert_eq!(
        read_jwk(&with(ed25519(), "alg", Some("ES256".into()))).unwrap_err(),
        Fault::Algorithm(Alg::Es256)
    );
}

/// Nothing private is in what `/oidc/{client}/jwks.json` shows, nor in what Debug does.
#[test]
fn the_public_set_has_the_public_halves_of_all_keys_and_nothing_else() {
    let keys =
        ClientKeys::new(read_jwk(&rsa()).unwrap(), vec![read(P256).unwrap(), read_jwk(&ed25519()).unwrap()]);
    let list: Vec<_> = keys.public_jwks().collect();
    assert_eq!(list.len(), 3);
    for jwk in &list {
        for (name, _) in jwk.as_object().unwrap() {
            assert!(
                ["kty", "crv", "x", "y", "n", "e", "kid", "use", "alg"].contains(&name.as_str()),
                "{name}"
            );
        }
        assert_eq!(jwk["use"], "sig");
    }
    assert_eq!(list[0]["n"], rsa()["n"]);
    assert_eq!(list[0]["e"], "AQAB");
    assert_eq!(list[2]["x"], ed25519()["x"]);
    let shown = format!("{keys:?}");
    for member in ["d", "p", "q", "dp", "dq", "qi"] {
        assert!(!shown.contains(rsa()[member].as_str().unwrap()), "{member}");
    }
    assert!(!shown.contains(ed25519()["d"].as_str().unwrap()));
}

#[test]
fn what_is_no_key_to_sign_with_is_refused_by_name() {
    let p256 = || {
        json!({ "kty": "EC", "crv": "P-256", "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
                "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM", "d": "870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE" })
    };
    assert!(read_jwk(&p256()).is_ok());
    let twice = [include_bytes!("../keys/rsa_pkcs8.pem"), P256].concat();
    let files: [(&str, &[u8], Fault); 12] = [
        ("nothing", b"", Fault::NoKey),
        ("text", b"s3cret", Fault::NoKey),
        ("a certificate", include_bytes!("../keys/client.pem"), Fault::Public),
        ("half a section", b"-----BEGIN PRIVATE KEY-----\nMIIE", Fault::NoKey),
        ("a public key", include_bytes!("../keys/p256_public.pem"), Fault::Public),
        ("an encrypted key", include_bytes!("../keys/encrypted_pkcs8.pem"), Fault::Encrypted),
        ("an encrypted key of old", include_bytes!("../keys/encrypted_pkcs1.pem"), Fault::Encrypted),
        ("two keys", &twice, Fault::Several),
        ("a curve that is not offered", include_bytes!("../keys/p521_pkcs8.pem"), KIND),
        ("1024 bits", include_bytes!("../keys/rsa_1024.pem"), Fault::Strength),
        ("no JWK", b"{\"kty\":", Fault::Form),
        ("a member twice", b"{\"kty\": \"RSA\", \"kty\": \"EC\"}", Fault::Form),
    ];
    for (name, file, fault) in files {
        assert_eq!(read(file).unwrap_err(), fault, "{name}");
    }
    let stranger = "Hrq0qZtrW1ZQ2fwRGQxGZBJGS1aFqFBOkFYuh_TGF4M";
    let jwks = [
        ("public", with(rsa(), "d", None), Fault::Public),
        ("symmetric", json!({ "kty": "oct", "k": "AAAA" }), KIND),
        ("another curve", with(p256(), "crv", Some("secp256k1".into())), KIND),
        ("another family", with(ed25519(), "crv", Some("X25519".into())), KIND),
        ("kid is a number", with(rsa(), "kid", Some(1.into())), Fault::Form),
        ("kid is empty", with(rsa(), "kid", Some("".into())), Fault::Form),
        ("for encryption", with(rsa(), "use", Some("enc".into())), PURPOSE),
        ("for verifying", with(rsa(), "key_ops", Some(json!(["verify"]))), PURPOSE),
        ("for RSA-OAEP", with(rsa(), "alg", Some("RSA-OAEP-256".into())), PURPOSE),
        ("a prime is missing", with(rsa(), "p", None), Fault::Numbers),
        ("a prime is another", with(rsa(), "p", Some(rsa()["q"].clone())), Fault::Numbers),
        ("d is another", with(rsa(), "d", Some(rsa()["dp"].clone())), Fault::Numbers),
        ("three primes", with(rsa(), "oth", Some(json!([]))), Fault::Primes),
        (
            "padding",
            with(ed25519(), "x", Some("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo=".into())),
            Fault::Numbers,
        ),
        ("x is another's", with(ed25519(), "x", Some(stranger.into())), Fault::Numbers),
        ("d is short", with(ed25519(), "d", Some("nWGx".into())), Fault::Numbers),
        ("not on the curve", with(p256(), "y", Some(stranger.into())), Fault::Numbers),
        ("d is another's", with(p256(), "d", Some(stranger.into())), Fault::Numbers),
    ];
    for (name, jwk, fault) in jwks {
        assert_eq!(read_jwk(&jwk).unwrap_err(), fault, "{name}");
    }
}
