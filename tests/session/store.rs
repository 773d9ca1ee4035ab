//! The store in memory.

use std::sync::Arc;
use std::time::Duration;

use vestibule::gate::identity::Identity;
use vestibule::protocol::claims::Claims;
use vestibule::session::key::SessionKey;
use vestibule::session::record::Session;
use vestibule::session::store::{MemoryStore, StoreFull};

use crate::made::{START, session};

fn key(of: u8) -> SessionKey {
    SessionKey::of_cookie(&[of; 32])
}

/// What a refresh that brought nothing new would put in the place of a session.
fn refreshed(before: &Session) -> Session {
    before.refreshed(Identity::clone(&before.identity), Claims::clone(&before.claims), before.tokens.clone())
}

#[test]
fn a_full_store_refuses_a_new_session_and_keeps_the_others() {
    let store = MemoryStore::new(2);
    assert_eq!(store.insert(key(1), session()), Ok(()));
    assert_eq!(store.insert(key(2), session()), Ok(()));
    assert_eq!(store.insert(key(3), session()), Err(StoreFull));
    assert!(store.get(&key(1)).is_some() && store.get(&key(2)).is_some());
    assert!(store.remove(&key(1)).is_some());
    assert_eq!(store.insert(key(3), session()), Ok(()), "there is room again");
    assert_eq!(store.len(), 2);
}

#[test]
fn a_session_that_was_ended_meanwhile_is_not_brought_back() {
    let store = MemoryStore::new(10);
    store.insert(key(1), session()).unwrap();
    let before = store.get(&key(1)).unwrap();
    let next = refreshed(&before);
    store.remove(&key(1)).unwrap();
    assert!(!store.replace(&key(1), &before, next));
    assert!(store.get(&key(1)).is_none());
}

#[test]
fn a_session_that_was_to_end_meanwhile_ends_after_a_refresh_too() {
    let store = MemoryStore::new(10);
    store.insert(key(1), session()).unwrap();
    let before = store.get(&key(1)).unwrap();
    let next = refreshed(&before);
    let end = START.after(Duration::from_secs(30));
    store.retire(&key(1), end);
    assert!(store.replace(&key(1), &before, next));
    assert_eq!(store.get(&key(1)).unwrap().retires(), end);
}

#[test]
fn of_two_who_replace_the_same_version_the_second_loses() {
    let store = MemoryStore::new(10);
    store.insert(key(1), session()).unwrap();
    let before = store.get(&key(1)).unwrap();
    let next = || refreshed(&before);
    assert!(store.replace(&key(1), &before, next()));
    assert!(!store.replace(&key(1), &before, next()));
    assert_eq!(store.get(&key(1)).unwrap().version, 1);
}

#[test]
fn of_many_who_remove_a_session_at_once_exactly_one_gets_it() {
    for _ in 0..100 {
        let store = Arc::new(MemoryStore::new(10));
        store.insert(key(1), session()).unwrap();
        let removed: usize = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..4).map(|_| scope.spawn(|| usize::from(store.remove(&key(1)).is_some()))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!((removed, store.len()), (1, 0));
    }
}

#[test]
fn a_sweep_gives_the_places_of_what_it_ends_back() {
    let store = MemoryStore::new(2);
    store.insert(key(1), session()).unwrap();
    store.insert(key(2), session()).unwrap();
    let mut ended = 0;
    store.sweep(|_| Some(()), |()| ended += 1);
    assert_eq!((ended, store.len()), (2, 0));
    assert_eq!(store.insert(key(3), session()), Ok(()));
}

#[test]
fn a_use_during_a_refresh_is_not_lost() {
    let store = MemoryStore::new(10);
    store.insert(key(1), session()).unwrap();
    let before = store.get(&key(1)).unwrap();
    let next = refreshed(&before);
    let later = START.after(Duration::from_secs(77));
    before.touch(later);
    assert!(store.replace(&key(1), &before, next));
    assert_eq!(store.get(&key(1)).unwrap().last_used(), later);
}

#[test]
fn nothing_in_the_store_shows_a_cookie_a_token_or_a_claim() {
    let store = MemoryStore::new(10);
    store.insert(key(1), session()).unwrap();
    let shown = format!("{store:?} {:?}", store.get(&key(1)).unwrap());
    for secret in ["refresh", "alice", "AQEBAQEB"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
