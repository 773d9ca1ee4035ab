//! What is sealed opens for whom it was sealed, and for nobody else.

use proptest::prelude::{ProptestConfig, any, prop, proptest};
use vestibule::protocol::secret::Secret;
use vestibule::session::sealing::{Derived, KeyRing, Purpose};

fn ring(keys: &[&str]) -> KeyRing {
    let keys: Vec<_> = keys.iter().map(|key| Secret::new(*key)).collect();
    KeyRing::new(&keys, [0; 32])
}

const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

#[test]
fn a_seal_opens_only_for_its_purpose() {
    let ring = ring(&[A]);
    let sealed = ring.seal(Purpose::LoginState, b"plain", [1; 12]);
    assert_eq!(ring.open(Purpose::LoginState, &sealed).unwrap().0, b"plain");
    assert!(ring.open(Purpose::LogoutState, &sealed).is_none());
}

#[test]
fn the_first_key_seals_and_all_open() {
    let before = ring(&[A]).seal(Purpose::LoginState, b"plain", [1; 12]);
    assert!(ring(&[B, A]).open(Purpose::LoginState, &before).is_some(), "the old key still opens");
    assert!(ring(&[B]).open(Purpose::LoginState, &before).is_none(), "a key that is gone does not");
    let after = ring(&[B, A]).seal(Purpose::LoginState, b"plain", [1; 12]);
    assert!(ring(&[B]).open(Purpose::LoginState, &after).is_some(), "the first key sealed");
}

#[test]
fn without_a_key_file_the_random_key_of_the_process_is_the_only_one() {
    let one = KeyRing::new(&[], [1; 32]);
    let other = KeyRing::new(&[], [2; 32]);
    let sealed = one.seal(Purpose::LoginState, b"plain", [1; 12]);
    assert!(one.open(Purpose::LoginState, &sealed).is_some());
    assert!(other.open(Purpose::LoginState, &sealed).is_none());
}

#[test]
fn the_same_text_is_sealed_differently_each_time() {
    let ring = ring(&[A]);
    let one = ring.seal(Purpose::LoginState, b"plain", [1; 12]);
    let two = ring.seal(Purpose::LoginState, b"plain", [2; 12]);
    assert_ne!(one, two);
}

/// RFC 7636 section 4.1: 43 to 128 characters of the unreserved set.
#[test]
fn a_verifier_has_the_length_and_alphabet_of_rfc_7636() {
    let ring = ring(&[A]);
    let verifier = ring.sealer().derive(Derived::CodeVerifier, &[1; 16], &[2; 32]);
    assert_eq!(verifier.len(), 43);
    assert!(verifier.expose().bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
}

#[test]
fn nonce_and_verifier_differ_by_use_flow_browser_and_key() {
    let (ring, other) = (ring(&[A]), ring(&[B]));
    let derive = |ring: &KeyRing, what, flow: u8, cookie: u8| {
        ring.sealer().derive(what, &[flow; 16], &[cookie; 32]).expose().to_owned()
    };
    let all = [
        derive(&ring, Derived::Nonce, 1, 1),
        derive(&ring, Derived::CodeVerifier, 1, 1),
        derive(&ring, Derived::Nonce, 2, 1),
        derive(&ring, Derived::Nonce, 1, 2),
        derive(&other, Derived::Nonce, 1, 1),
    ];
    let different: std::collections::BTreeSet<_> = all.iter().collect();
    assert_eq!(different.len(), all.len());
}

#[test]
fn a_key_ring_shows_nothing_of_its_keys() {
    let shown = format!("{:?}", ring(&[A, B]));
    assert!(!shown.contains(A) && !shown.contains(B), "{shown}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn reading_what_was_sealed_gives_it_back(plain in prop::collection::vec(any::<u8>(), 0..3000), nonce in any::<[u8; 12]>()) {
        let ring = ring(&[A]);
        let sealed = ring.seal(Purpose::LoginState, &plain, nonce);
        assert_eq!(ring.open(Purpose::LoginState, &sealed).unwrap().0, plain);
    }

    #[test]
    fn a_seal_with_any_character_changed_does_not_open(at in any::<prop::sample::Index>(), to in "[A-Za-z0-9_=.-]") {
        let ring = ring(&[A]);
        let sealed = ring.seal(Purpose::LoginState, b"some plain text", [1; 12]);
        let at = at.index(sealed.len());
        let changed = format!("{}{to}{}", &sealed[..at], &sealed[at + 1..]);
        assert_eq!(ring.open(Purpose::LoginState, &changed).is_some(), changed == sealed);
    }

    #[test]
    fn anything_else_does_not_open(text in "\\PC{0,200}") {
        assert!(ring(&[A]).open(Purpose::LoginState, &text).is_none());
    }
}
