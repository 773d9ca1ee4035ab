//! Logouts that come while a login is under way (H-08).

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use vestibule::clock::Clock;
use vestibule::config::Client;
use vestibule::gate::credential::SessionCookie;
use vestibule::gate::decide::Ended;
use vestibule::idp::providers::Providers;
use vestibule::protocol::timestamp::Timestamp;
use vestibule::session::index::{Logout, Name, Whose};
use vestibule::session::key::SessionKey;
use vestibule::session::logouts::{Logouts, MAX_UNPROVEN_LOGOUTS};
use vestibule::session::refresh::Refresher;
use vestibule::session::store::Store;
use vestibule::session::{NotKept, Sessions};
use vestibule::telemetry::metrics::Metrics;

use crate::made::{client, config_at, session_of};

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_seconds(1_800_000_000 + seconds)
}

/// Sessions in memory wait for nothing, so whatever they answer they answer at once.
fn now<T>(answer: impl Future<Output = T>) -> T {
    answer.now_or_never().expect("nothing is waited for")
}

fn logout<'a>(client: &'a Client, whose: Whose<'a>) -> Logout<'a> {
    Logout { client: &client.name, issuer: client.issuer.as_str(), whose }
}

#[test]
fn a_login_is_overtaken_by_a_logout_of_its_session_that_came_after_it_was_begun() {
    let client = client();
    let both = |sid, sub| Whose::SessionOfPerson { sid, sub };
    let (named, unnamed) = (Some("s1"), None);
    for (whose, sid, expected) in [
        (Whose::Person("alice"), named, true),
        (Whose::Person("alice"), unnamed, true),
        (Whose::Person("bob"), named, false),
        (Whose::ProviderSession("s1"), named, true),
        (Whose::ProviderSession("s1"), unnamed, false),
        (Whose::ProviderSession("s2"), named, false),
        (both("s1", "alice"), named, true),
        (both("s2", "alice"), named, false),
        (both("s2", "alice"), unnamed, true),
    ] {
        let logouts = Logouts::default();
        let names = Name::all_of(&session_of(&client, "alice", sid));
        assert!(!logouts.overtook(&names, at(0), at(100)));
        logouts.note(logout(&client, whose).ending().names(), at(50)).unwrap();
        for (begun, overtaken) in [(0, true), (49, true), (50, true), (51, false), (99, false)] {
            let found = logouts.overtook(&names, at(begun), at(100));
            assert_eq!(found, overtaken && expected, "{whose:?} {sid:?} begun at {begun}");
        }
        // The clock was turned back to before the login began.
        assert_eq!(logouts.overtook(&names, at(200), at(60)), expected, "{whose:?} {sid:?}");
    }
}

#[test]
fn the_latest_logout_counts_and_is_kept_for_longer_than_a_login_lasts() {
    let client = client();
    let names = Name::all_of(&session_of(&client, "alice", None));
    let logouts = Logouts::default();
    let whose = logout(&client, Whose::Person("alice")).ending().names().to_vec();
    logouts.note(&whose, at(50)).unwrap();
    logouts.note(&whose, at(40)).unwrap();
    assert!(logouts.overtook(&names, at(45), at(100)), "one that is noted late takes nothing back");
    logouts.sweep(at(50 + 900 - 1));
    assert!(logouts.overtook(&names, at(45), at(949)));
    logouts.sweep(at(50 + 900));
    assert!(!logouts.overtook(&names, at(45), at(950)));
}

/// H-04, H-10: anybody can send front-channel logouts of sessions that there never were; the provider's own are not lost by it.
#[test]
fn logouts_that_prove_nothing_leave_room_for_those_that_do() {
    let client = client();
    let (store, sessions, clock) = sessions();
    let made_up = |number: usize| {
        let sid = format!("made-up-{number}");
        let logout = logout(&client, Whose::ProviderSession(&sid));
        now(sessions.log_out_unproven(&logout, clock.wall(), Ended::SignedOutElsewhere)).unwrap().is_noted
    };
    assert!((0..MAX_UNPROVEN_LOGOUTS).all(made_up));
    assert!(!made_up(MAX_UNPROVEN_LOGOUTS));
    // It ends what it names all the same.
    let begun = clock.wall();
    let cookie = SessionCookie::new([1; 32]);
    now(sessions.insert(&client, &cookie, session_of(&client, "alice", Some("s1")), (None, None), begun))
        .unwrap();
    let named = logout(&client, Whose::ProviderSession("s1"));
    let ended = now(sessions.log_out_unproven(&named, clock.wall(), Ended::SignedOutElsewhere)).unwrap();
    assert_eq!((ended.sessions.len(), ended.is_noted, store.len()), (1, false, 0));
    // And what the provider signs is remembered.
    let proven = logout(&client, Whose::ProviderSession("s2"));
    assert!(now(sessions.log_out(&proven, clock.wall(), Ended::SignedOutElsewhere)).unwrap().is_noted);
    let late =
        now(sessions.insert(&client, &cookie, session_of(&client, "alice", Some("s2")), (None, None), begun));
    assert_eq!(late, Err(NotKept::SignedOut));
}

fn sessions() -> (Arc<Store>, Sessions, Clock) {
    let clock = Clock::system();
    let store = Arc::new(Store::in_memory(10, clock.clone()));
    let providers = Providers::new(&config_at("app", "https://id.example.com"), &clock).unwrap();
    let metrics = Arc::new(Metrics::new());
    let refresher =
        Refresher::new(Arc::clone(&store), Arc::new(providers), clock.clone(), Arc::clone(&metrics));
    (
        Arc::clone(&store),
        Sessions::new(Arc::clone(&store), Arc::new(refresher), clock.clone(), metrics),
        clock,
    )
}

/// H-08: whichever of the two comes first at any step, the session is not there once both are through.
#[test]
fn a_logout_wins_against_logins_under_way_in_a_thousand_rounds() {
    let client = client();
    let (store, sessions, clock) = sessions();
    let (mut before, mut after) = (0, 0);
    for round in 0..1000_u16 {
        let sid = format!("sid-{round}");
        let session = session_of(&client, "alice", Some(&sid));
        let mut bytes = [0; 32];
        bytes[..2].copy_from_slice(&round.to_be_bytes());
        let cookie = SessionCookie::new(bytes);
        let begun = clock.wall();
        let kept = std::thread::scope(|scope| {
            let login = scope.spawn(|| now(sessions.insert(&client, &cookie, session, (None, None), begun)));
            let logout = logout(&client, Whose::ProviderSession(&sid));
            let ended = now(sessions.log_out(&logout, clock.wall(), Ended::SignedOutElsewhere)).unwrap();
            assert!(ended.is_noted);
            login.join().unwrap()
        });
        match kept {
            Ok(()) => before += 1,
            Err(NotKept::SignedOut) => after += 1,
            Err(NotKept::Store(fault)) => panic!("there is room: {fault}"),
        }
        assert!(store.at_hand(&SessionKey::of_cookie(&bytes)).is_none(), "round {round}: {kept:?}");
        assert_eq!((store.len(), store.front().names()), (0, 0), "round {round}");
    }
    assert!(after > 0, "{before} were ended, {after} overtaken");
    // A login that is begun afterwards is another one.
    let later = clock.wall().after(Duration::from_secs(1));
    clock.shift(1);
    let session = session_of(&client, "alice", Some("sid-999"));
    let kept = now(sessions.insert(&client, &SessionCookie::new([9; 32]), session, (None, None), later));
    assert_eq!(kept, Ok(()));
}
