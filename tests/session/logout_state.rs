//! `state` of a sign-out (V-LO-1, R-9.4).

use vestibule::protocol::secret::Secret;
use vestibule::protocol::timestamp::Timestamp;
use vestibule::session::logout_state::{self, LIFETIME, LogoutState, Scope};
use vestibule::session::sealing::{KeyRing, Purpose};

const BEGUN: Timestamp = Timestamp::from_seconds(1_800_000_000);

fn ring() -> KeyRing {
    KeyRing::new(&[Secret::new("k".repeat(32))], [0; 32])
}

fn state(scope: Scope) -> LogoutState {
    let return_to = Some("https://app.example.com/bye?a=b#c".to_owned());
    LogoutState { client: "app".to_owned(), scope, return_to, begun: BEGUN }
}

#[test]
fn a_sign_out_comes_back_from_its_state_as_it_was() {
    for scope in [Scope::App, Scope::Session, Scope::Everywhere] {
        for state in [state(scope), LogoutState { return_to: None, ..state(scope) }] {
            let sealed = logout_state::seal(&ring(), &state, [1; 12]);
            assert_eq!(logout_state::open(&ring(), &sealed, "app", BEGUN), Some(state));
            assert!(!sealed.contains("app"));
        }
        assert_eq!(Scope::named(scope.name()), Some(scope));
    }
    assert_eq!(Scope::named(""), None);
    assert_eq!(Scope::named("App"), None);
}

/// V-LO-1: fresh each time, ten minutes old at most, of this client, and of a sign-out.
#[test]
fn a_state_that_is_old_or_of_another_client_or_of_a_login_is_none() {
    let sealed = logout_state::seal(&ring(), &state(Scope::Session), [1; 12]);
    assert_ne!(sealed, logout_state::seal(&ring(), &state(Scope::Session), [2; 12]));
    let last = Timestamp::from_seconds(BEGUN.seconds() + LIFETIME.as_secs() - 1);
    assert!(logout_state::open(&ring(), &sealed, "app", last).is_some());
    assert_eq!(logout_state::open(&ring(), &sealed, "app", BEGUN.after(LIFETIME)), None);
    assert_eq!(logout_state::open(&ring(), &sealed, "ap", BEGUN), None);
    assert_eq!(logout_state::open(&KeyRing::new(&[], [7; 32]), &sealed, "app", BEGUN), None);
    let plain = br#"{"c":"app","s":"session","r":"https://evil.example/","t":1800000000}"#;
    let of_a_login = ring().seal(Purpose::LoginState, plain, [1; 12]);
    assert_eq!(logout_state::open(&ring(), &of_a_login, "app", BEGUN), None);
    let with_more =
        ring().seal(Purpose::LogoutState, br#"{"c":"app","s":"session","t":1800000000,"x":1}"#, [1; 12]);
    assert_eq!(logout_state::open(&ring(), &with_more, "app", BEGUN), None);
}
