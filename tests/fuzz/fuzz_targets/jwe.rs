//! Encrypted tokens.
//!
//! Input: `r` or `e` (our RSA key or the one on a curve), then a token that somebody made up; or `s`, then a header on a line and a
//! text, which is sealed with a key that both know, the header as it is: whatever it says, what opens is that text.

#![no_main]

use std::sync::OnceLock;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use vestibule::gate::refusal::Refusal;
use vestibule::protocol::decryption_key::DecryptionKey;
use vestibule::protocol::jwe::{Encryption, MAX_ENCRYPTED_BYTES};
use vestibule::protocol::jwt::{IdTokenFault, decrypt};
use vestibule::protocol::registration::ContentEncryption;
use vestibule::protocol::secret::Secret;
use vestibule_fuzz::provider::base64url;
use vestibule_fuzz::{check_refusal, first_line};

fuzz_target!(|data: &[u8]| {
    let Some((what, rest)) = data.split_first() else { return };
    if *what == b's' {
        let (header, text) = first_line(rest);
        let token = sealed(header, text);
        let Some(opened) = open(&token, elliptic()) else { return };
        assert_eq!(opened.as_bytes(), text, "something else came out");
        let header: Value = serde_json::from_slice(header).expect("an accepted header is JSON");
        assert_eq!((&header["alg"], &header["enc"]), (&"ECDH-ES".into(), &"A256GCM".into()));
        for member in ["zip", "crit"] {
            assert!(header.get(member).is_none(), "{member} was accepted");
        }
        let is_jwt = |value: &Value| value.as_str().is_some_and(|text| text.eq_ignore_ascii_case("JWT"));
        assert!(["typ", "cty"].iter().all(|member| header.get(*member).is_none_or(is_jwt)));
        assert_eq!((&header["epk"]["kty"], &header["epk"]["crv"]), (&"EC".into(), &"P-256".into()));
        // One letter of any part changed, and it does not open.
        let place = text.first().map_or(0, |byte| usize::from(*byte)) * token.len() / 256;
        assert!(open(&changed(&token, place), elliptic()).is_none(), "changed at {place} it still opens");
    } else {
        let agreed = if *what == b'r' { rsa() } else { elliptic() };
        let token = String::from_utf8_lossy(rest);
        // Whoever knows the public half can make one; but not by changing bytes.
        if let Some(opened) = open(&token, agreed) {
            assert!(opened.len() <= MAX_ENCRYPTED_BYTES && token.split('.').count() == 5);
        }
    }
});

fn open(token: &str, agreed: &Encryption) -> Option<String> {
    match decrypt(&Secret::new(token), Some(agreed)) {
        Ok(opened) => Some(opened.expose().to_owned()),
        Err(fault) => {
            assert!(matches!(fault, IdTokenFault::Jwe(_)), "{fault:?}");
            assert!(!fault.asks_for_new_keys() && !fault.caller_is_at_fault());
            check_refusal(&Refusal::IdToken(fault));
            None
        }
    }
}

/// Sealed under the key that comes of our private key and the `epk` of the seeds, with no `apu` and `apv`.
fn sealed(header: &[u8], text: &[u8]) -> String {
    let header = base64url(header);
    let key = UnboundKey::new(&AES_256_GCM, &AGREED).expect("the key has 32 bytes");
    let mut content = text.to_vec();
    let tag = LessSafeKey::new(key)
        .seal_in_place_separate_tag(
            Nonce::assume_unique_for_key([5; 12]),
            Aad::from(header.as_bytes()),
            &mut content,
        )
        .expect("AES-GCM seals");
    format!("{header}..{}.{}.{}", base64url(&[5; 12]), base64url(&content), base64url(tag.as_ref()))
}

/// The token with another character of its alphabet at that place, or another one after a dot.
fn changed(token: &str, place: usize) -> String {
    let mut bytes = token.as_bytes().to_vec();
    let place = if bytes[place] == b'.' { place - 1 } else { place };
    if bytes[place] == b'.' {
        bytes.insert(place, b'A');
    } else {
        bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
    }
    String::from_utf8(bytes).expect("one letter for another")
}

fn elliptic() -> &'static Encryption {
    static AGREED_ON: OnceLock<Encryption> = OnceLock::new();
    AGREED_ON.get_or_init(|| agreed(include_str!("../src/decryption_p256.jwk")))
}

fn rsa() -> &'static Encryption {
    static AGREED_ON: OnceLock<Encryption> = OnceLock::new();
    AGREED_ON.get_or_init(|| agreed(include_str!("../src/decryption_rsa.jwk")))
}

fn agreed(jwk: &str) -> Encryption {
    let key = DecryptionKey::read(jwk.as_bytes()).expect("the key is in order");
    Encryption { algorithm: key.algorithm(), content: ContentEncryption::A256Gcm, keys: [key].into() }
}

/// What ECDH-ES derives for A256GCM out of our key and the seeds' `epk`.
const AGREED: [u8; 32] = [
    0x4b, 0xe5, 0x12, 0x50, 0x2e, 0xac, 0xe3, 0x0b, 0x58, 0x72, 0x56, 0x67, 0x08, 0xc9, 0x55, 0xdd, 0x7d,
    0xa8, 0xee, 0xbb, 0xb6, 0x3b, 0xa8, 0xef, 0xde, 0xe9, 0x24, 0xc2, 0x82, 0x6e, 0x34, 0x5d,
];
