//! The names under which a logout finds sessions (H-06, V-BC-10, V-BC-12).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use vestibule::config::Client;
use vestibule::gate::identity::Identity;
use vestibule::session::index::{Logout, Whose};
use vestibule::session::key::SessionKey;
use vestibule::session::record::Session;
use vestibule::session::store::MemoryStore;

use crate::made::{claims_of, client, client_at, session_of};

fn key(of: u8) -> SessionKey {
    SessionKey::of_cookie(&[of; 32])
}

fn logout<'a>(client: &'a Client, whose: Whose<'a>) -> Logout<'a> {
    Logout { client: &client.name, issuer: client.issuer.as_str(), whose }
}

/// Sessions 1 to 3 of alice, of which 3 has no sid, and 4 of bob.
fn four(client: &Client) -> MemoryStore {
    let store = MemoryStore::new(10);
    for (number, sub, sid) in
        [(1, "alice", Some("s1")), (2, "alice", Some("s2")), (3, "alice", None), (4, "bob", Some("s4"))]
    {
        store.insert(key(number), session_of(client, sub, sid)).unwrap();
    }
    store
}

fn left(store: &MemoryStore) -> Vec<u8> {
    (1..=4).filter(|number| store.get(&key(*number)).is_some()).collect()
}

/// V-BC-10, V-BC-12: three sessions of one person, each form; what does not belong together ends nothing.
#[test]
fn a_logout_ends_the_sessions_that_it_means_and_no_other() {
    let client = client();
    let both = |sid, sub| Whose::SessionOfPerson { sid, sub };
    let rows: [(Whose<'_>, &[u8]); 9] = [
        (Whose::Person("alice"), &[4]),
        (Whose::Person("bob"), &[1, 2, 3]),
        (Whose::Person("s1"), &[1, 2, 3, 4]),
        (Whose::ProviderSession("s1"), &[2, 3, 4]),
        (Whose::ProviderSession("alice"), &[1, 2, 3, 4]),
        (Whose::ProviderSession(""), &[1, 2, 3, 4]),
        (both("s1", "bob"), &[1, 2, 3, 4]),
        (both("s4", "bob"), &[1, 2, 3]),
        // Session 3 cannot be told from the one that is meant.
        (both("s1", "alice"), &[2, 4]),
    ];
    for (whose, expected) in rows {
        let store = four(&client);
        let ended = store.remove_all(&logout(&client, whose).ending());
        assert_eq!(left(&store), expected, "{whose:?}");
        assert_eq!(ended.len() + expected.len(), 4, "{whose:?}");
        assert!(store.remove_all(&logout(&client, whose).ending()).is_empty(), "{whose:?} again");
    }
}

/// H-06, V-BC-3: the same `sub` and `sid` of another issuer or at another client are other people's.
#[test]
fn a_logout_of_another_issuer_or_client_ends_nothing() {
    let client = client();
    let others = [
        client_at("app", "https://id.example.org"),
        client_at("app", "https://id.example.com/"),
        client_at("ap", "https://id.example.com"),
    ];
    for other in &others {
        let store = four(&client);
        for whose in [
            Whose::Person("alice"),
            Whose::ProviderSession("s1"),
            Whose::SessionOfPerson { sid: "s1", sub: "alice" },
        ] {
            assert!(
                store.remove_all(&logout(other, whose).ending()).is_empty(),
                "{whose:?} at {}",
                other.name
            );
        }
        assert_eq!(left(&store), [1, 2, 3, 4]);
    }
}

/// H-06: ending one of several leaves the others to be found, and those that came after.
#[test]
fn what_ended_takes_only_itself_out_of_the_index() {
    let client = client();
    let store = four(&client);
    store.remove(&key(1)).unwrap();
    store.insert(key(1), session_of(&client, "alice", Some("s9"))).unwrap();
    store.remove(&key(2)).unwrap();
    assert_eq!(store.remove_all(&logout(&client, Whose::Person("alice")).ending()).len(), 2);
    assert_eq!(left(&store), [4]);
}

#[test]
fn nothing_is_left_in_the_index_of_sessions_that_ended() {
    let client = client();
    let store = four(&client);
    store.remove(&key(1)).unwrap();
    store.remove_all(&logout(&client, Whose::ProviderSession("s2")).ending());
    store.sweep(|session| (session.claims.sub() == "bob").then_some(()), |()| {});
    // Under one key again: what was there before is gone, with its names.
    store.insert(key(3), session_of(&client, "carol", Some("s3"))).unwrap();
    assert!(store.remove_all(&logout(&client, Whose::Person("alice")).ending()).is_empty());
    assert_eq!((store.len(), store.names()), (1, 2));
    assert_eq!(store.remove_all(&logout(&client, Whose::ProviderSession("s3")).ending()).len(), 1);
    assert_eq!((store.len(), store.names()), (0, 0));
    assert!(MemoryStore::new(0).insert(key(1), session_of(&client, "alice", None)).is_err());
}

#[test]
fn a_session_that_finds_no_room_leaves_no_name() {
    let client = client();
    let store = MemoryStore::new(1);
    store.insert(key(1), session_of(&client, "alice", None)).unwrap();
    let names = store.names();
    assert!(store.insert(key(2), session_of(&client, "bob", Some("s"))).is_err());
    assert_eq!(store.names(), names);
}

/// What a refresh that brought an ID token with that `sid` puts in the place of a session.
fn with_sid(before: &Session, client: &Client, sid: Option<&str>) -> Session {
    let claims = before.claims.refreshed(claims_of(client, "alice", sid));
    before.refreshed(Identity::clone(&before.identity), claims, before.tokens.clone())
}

#[test]
fn a_session_is_found_by_the_sid_of_the_login_and_by_that_of_the_latest_refresh() {
    let client = client();
    for (login, refreshes, expected) in [
        (Some("a"), vec![Some("b")], vec![("a", true), ("b", true)]),
        (Some("a"), vec![Some("b"), Some("c")], vec![("a", true), ("b", false), ("c", true)]),
        (Some("a"), vec![Some("b"), Some("a")], vec![("a", true), ("b", false)]),
        (Some("a"), vec![None], vec![("a", true)]),
        (None, vec![Some("b")], vec![("b", true)]),
    ] {
        for (sid, found) in expected {
            let store = MemoryStore::new(1);
            store.insert(key(1), session_of(&client, "alice", login)).unwrap();
            for refresh in &refreshes {
                let before = store.get(&key(1)).unwrap();
                assert!(store.replace(&key(1), &before, with_sid(&before, &client, *refresh)));
            }
            // That a provider named its session late does not make it one that cannot be told apart.
            let other = Whose::SessionOfPerson { sid: "z", sub: "alice" };
            assert!(store.remove_all(&logout(&client, other).ending()).is_empty());
            let ended = store.remove_all(&logout(&client, Whose::ProviderSession(sid)).ending());
            assert_eq!(ended.len(), usize::from(found), "{login:?} {refreshes:?} {sid}");
            store.remove(&key(1));
            assert_eq!(store.names(), 0, "{login:?} {refreshes:?}");
        }
    }
}

/// H-03: whatever a refresh writes, and when, the session is gone once the logout is through.
#[test]
fn a_logout_wins_against_refreshes_under_way_in_a_thousand_rounds() {
    let client = client();
    let sids = [Some("a"), Some("b")];
    for round in 0..1000 {
        let store = MemoryStore::new(2);
        store.insert(key(1), session_of(&client, "alice", Some("a"))).unwrap();
        let before = store.get(&key(1)).unwrap();
        let next = with_sid(&before, &client, sids[round % 2]);
        let whose = if round % 3 == 0 { Whose::Person("alice") } else { Whose::ProviderSession("a") };
        std::thread::scope(|scope| {
            scope.spawn(|| store.replace(&key(1), &before, next));
            scope.spawn(|| store.remove_all(&logout(&client, whose).ending()));
        });
        assert!(store.get(&key(1)).is_none(), "round {round}");
        assert_eq!((store.len(), store.names()), (0, 0), "round {round}");
    }
}

/// Logins, refreshes, single ends and logouts of one person at once: at the end a last logout leaves nothing, neither a session
/// nor a name.
#[test]
fn the_index_holds_every_session_that_is_kept_whoever_comes_and_goes() {
    let client = client();
    let store = Arc::new(MemoryStore::new(1000));
    let sessions = || (0..40).map(|n| session_of(&client, "alice", Some(["a", "b", "c"][n % 3])));
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..3_u8)
            .map(|thread| {
                let store = &store;
                let made: Vec<_> = sessions().collect();
                let client = &client;
                scope.spawn(move || {
                    for (number, session) in (0_u8..).zip(made) {
                        let key = SessionKey::of_cookie(&[thread * 64 + number; 32]);
                        store.insert(key, session).unwrap();
                        if let Some(before) = store.get(&key) {
                            store.replace(&key, &before, with_sid(&before, client, Some("d")));
                        }
                        if number % 5 == 0 {
                            store.remove(&key);
                        }
                    }
                })
            })
            .collect();
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                store.remove_all(&logout(&client, Whose::ProviderSession("b")).ending());
                store.remove_all(&logout(&client, Whose::ProviderSession("d")).ending());
            }
        });
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        stop.store(true, Ordering::Relaxed);
    });
    store.remove_all(&logout(&client, Whose::Person("alice")).ending());
    assert_eq!((store.len(), store.names()), (0, 0));
}
