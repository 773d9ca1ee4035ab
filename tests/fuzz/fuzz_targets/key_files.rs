//! The operator's files with keys and certificates, whatever somebody put into them. Input: the file; after a line `two`, a
//! certificate file and a key file with a line `and` between them.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use vestibule::protocol::assertion::{self, ClientKeys};
use vestibule::protocol::authorities::Authorities;
use vestibule::protocol::decryption_key::DecryptionKey;
use vestibule::protocol::registration::SigningAlgorithm;
use vestibule::protocol::secret::Secret;
use vestibule::protocol::signing_key::SigningKey;
use vestibule::protocol::tls_identity::TlsIdentity;
use vestibule::protocol::{jwk, jwks};
use vestibule_fuzz::provider::NOW;
use vestibule_fuzz::{answer, check_log_text, first_line};

fuzz_target!(|data: &[u8]| {
    if let (b"two", rest) = first_line(data) {
        let at = rest.windows(5).position(|window| window == b"\nand\n");
        let (certificates, key) = at.map_or((rest, &[][..]), |at| (&rest[..=at], &rest[at + 5..]));
        return check_identity(TlsIdentity::read(certificates, Some(key)));
    }
    check_signing(data);
    check_decryption(data);
    check_identity(TlsIdentity::read(data, None));
    match Authorities::parse(data) {
        Ok(found) => {
            assert!(found.count() > 0 && found.pem() == data);
            let twice = [data, b"\n", data].concat();
            assert_eq!(Authorities::parse(&twice).map(|found| found.count()), Ok(found.count() * 2));
        }
        Err(fault) => check_log_text(&fault.to_string()),
    }
    let text = Secret::new(String::from_utf8_lossy(data));
    match assertion::from_file(&text, Some(NOW)) {
        // It goes into a form and nowhere else; a line's end that an editor left is not part of it.
        Ok(found) => {
            assert_eq!(found.expose(), text.expose().trim_ascii());
            assert!(
                found.expose().bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
            );
            assert!(assertion::from_file(&text, None).is_ok());
        }
        Err(fault) => check_log_text(&fault.to_string()),
    }
});

/// A key that is read has one public half, which a provider can read, and nothing of the private one is in it.
fn check_signing(file: &[u8]) {
    let key = match SigningKey::read(file, None, None) {
        Ok(key) => key,
        Err(fault) => return check_log_text(&fault.to_string()),
    };
    let public = key.public_jwk();
    check_public(public);
    assert_eq!((&public["use"], &public["alg"]), (&json!("sig"), &json!(key.algorithm().name())));
    let keys = ClientKeys::new(key.clone(), Vec::new());
    let set = json!({ "keys": keys.public_jwks().collect::<Vec<_>>() });
    let read = jwks::judge(&answer(200, "application/json", set.to_string().as_bytes()));
    assert_eq!(read.expect("what we publish can be read").count(), 1);
    // It serves the algorithms of its kind, and each under the name that the operator gives.
    let serves = |algorithm| SigningKey::read(file, Some("a-name"), Some(algorithm));
    assert!(SigningAlgorithm::ALL.into_iter().any(|algorithm| serves(algorithm).is_ok()));
    for algorithm in [key.algorithm(), SigningAlgorithm::Hs256] {
        match serves(algorithm) {
            Ok(same) => assert!(algorithm == key.algorithm() && same.kid() == "a-name"),
            Err(fault) => {
                assert_ne!(algorithm, key.algorithm());
                check_log_text(&fault.to_string());
            }
        }
    }
}

fn check_decryption(file: &[u8]) {
    match DecryptionKey::read(file) {
        Ok(key) => {
            let public = key.public_jwk();
            check_public(public);
            assert_eq!((&public["use"], &public["alg"]), (&json!("enc"), &json!(key.algorithm().name())));
            assert_eq!(public["kid"], key.kid());
            assert!(!format!("{key:?}").contains("\"d\""));
        }
        Err(fault) => check_log_text(&fault.to_string()),
    }
}

fn check_public(public: &Value) {
    for private in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
        assert!(public.get(private).is_none(), "{private} is published");
    }
    let kid = public["kid"].as_str().expect("a key has a name");
    assert!(!kid.is_empty() && kid.len() <= jwk::MAX_KID_BYTES);
}

fn check_identity(read: Result<TlsIdentity, vestibule::protocol::tls_identity::TlsIdentityFault>) {
    match read {
        // What is handed on is what was read, and is read the same.
        Ok(identity) => {
            let again = TlsIdentity::read(identity.pem().expose().as_bytes(), None);
            assert_eq!(again.map(|again| again.fingerprint()), Ok(identity.fingerprint()));
            assert!(!format!("{identity:?}").contains("BEGIN"));
        }
        Err(fault) => check_log_text(&fault.to_string()),
    }
}
