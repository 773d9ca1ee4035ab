//! Records as they are kept outside of the process (issue 6): what opens them, and what does not.

use proptest::prelude::*;
use vestibule::config::Client;
use vestibule::protocol::secret::Secret;
use vestibule::session::kept::{Kept, NotOpened};
use vestibule::session::key::{RecordKey, SessionKey};
use vestibule::session::record::Session;
use vestibule::session::sealing::KeyRing;

use crate::made::{START, client, client_at, session_of};

const COOKIE: [u8; 32] = [9; 32];

fn ring(of: &str) -> KeyRing {
    KeyRing::new(&[Secret::new(of)], [0; 32])
}

fn record_key() -> RecordKey {
    RecordKey::of_cookie(&COOKIE)
}

fn session(client: &Client) -> Session {
    let mut session = session_of(client, "alice", Some("sid-1"));
    session.record_key = Some(Box::new(record_key()));
    session.version = 3;
    session.stepped_up = Box::new([1, 4]);
    session
}

fn kept(client: &Client) -> (SessionKey, Kept) {
    let key = SessionKey::of_cookie(&COOKIE);
    (key, Kept::of(&session(client), &key, client, &ring("one"), [[1; 12], [2; 12]]).unwrap())
}

#[test]
fn a_record_comes_back_as_it_was() {
    let client = client();
    let (key, kept) = kept(&client);
    let bytes = kept.to_bytes();
    let read = Kept::of_bytes(&bytes, kept.moments()).unwrap();
    assert!(read == kept);
    let (before, after) = (session(&client), read.open(&key, record_key(), &client, &ring("one")).unwrap());
    assert_eq!((after.handle, after.client.as_str(), after.version), (before.handle, "app", 3));
    assert_eq!((after.claims.sub(), after.claims.sid()), ("alice", Some("sid-1")));
    assert_eq!(after.sids().collect::<Vec<_>>(), ["sid-1"]);
    assert_eq!(after.tokens.refresh_token.as_ref().map(Secret::expose), Some("refresh"));
    assert_eq!(after.tokens.id_token.expose(), "id");
    assert_eq!((after.signed_in, after.last_used(), after.retires()), (START, START, before.retires()));
    assert_eq!((after.tokens.fetched, after.tokens.expires), (before.tokens.fetched, before.tokens.expires));
    assert_eq!(&after.stepped_up[..], [1, 4]);
    let label = read.label(&ring("one")).unwrap();
    assert_eq!(
        (label.client.as_str(), label.sub.as_str(), label.sids.as_slice()),
        ("app", "alice", &["sid-1".to_owned()][..])
    );
    assert!(read.label(&ring("two")).is_none());
}

/// A dump opens nothing: not with the ring alone, not with the cookie alone, and not elsewhere.
#[test]
fn a_record_opens_for_its_cookie_its_key_its_place_and_its_version_only() {
    let client = client();
    let (key, kept) = kept(&client);
    let opened = |kept: &Kept, key: &SessionKey, cookie: [u8; 32], client: &Client, with: &str| {
        kept.open(key, RecordKey::of_cookie(&cookie), client, &ring(with)).map(drop)
    };
    assert_eq!(opened(&kept, &key, COOKIE, &client, "one"), Ok(()));
    assert_eq!(opened(&kept, &key, [8; 32], &client, "one"), Err(NotOpened::Sealed), "another cookie");
    assert_eq!(opened(&kept, &key, COOKIE, &client, "two"), Err(NotOpened::Sealed), "another key");
    let other = SessionKey::of_cookie(&[8; 32]);
    assert_eq!(opened(&kept, &other, COOKIE, &client, "one"), Err(NotOpened::Sealed), "another place");
    let newer = Kept { version: 4, ..kept.clone() };
    assert_eq!(opened(&newer, &key, COOKIE, &client, "one"), Err(NotOpened::Sealed), "another version");
    let elsewhere = client_at("other", "https://id.example.com");
    assert_eq!(opened(&kept, &key, COOKIE, &elsewhere, "one"), Err(NotOpened::OtherClient));
    let moved = client_at("app", "https://id.example.org");
    assert_eq!(opened(&kept, &key, COOKIE, &moved, "one"), Err(NotOpened::OtherIssuer));
    let mut registered_anew = client.clone();
    registered_anew.registration.client_id = "another".to_owned();
    assert_eq!(opened(&kept, &key, COOKIE, &registered_anew, "one"), Err(NotOpened::OtherRegistration));
    // With the new key first, and the old one behind it.
    let both = KeyRing::new(&[Secret::new("two"), Secret::new("one")], [0; 32]);
    assert!(kept.open(&key, record_key(), &client, &both).is_ok());
    assert!(kept.label(&both).is_some());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn a_record_with_any_bit_changed_does_not_open(at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let client = client();
        let (key, mut kept) = kept(&client);
        let at = at.index(kept.sealed.len());
        kept.sealed[at] ^= 1 << bit;
        prop_assert_eq!(kept.open(&key, record_key(), &client, &ring("one")).map(drop), Err(NotOpened::Sealed));
    }

    /// What somebody else wrote in the place of a record is none, and breaks nothing.
    #[test]
    fn bytes_that_are_no_record_are_none(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let client = client();
        let (key, kept) = kept(&client);
        if let Some(read) = Kept::of_bytes(&bytes, kept.moments()) {
            prop_assert!(read.open(&key, record_key(), &client, &ring("one")).is_err());
        }
        // The same behind a beginning that is right.
        let mut bytes = bytes;
        bytes.insert(0, 1);
        if let Some(read) = Kept::of_bytes(&bytes, kept.moments()) {
            prop_assert!(read.open(&key, record_key(), &client, &ring("one")).is_err());
        }
    }
}
