//! A login under way: everything in the state, nothing on the server.

use vestibule::gate::loop_cause::Seen;
use vestibule::protocol::secret::Secret;
use vestibule::protocol::timestamp::Timestamp;
use vestibule::session::key::SessionKey;
use vestibule::session::sealing::KeyRing;
use vestibule::session::transaction::{Flow, FlowCookie, begin, open};

fn ring() -> KeyRing {
    KeyRing::new(&[Secret::new("k".repeat(32))], [0; 32])
}

fn flow(cookie: &FlowCookie) -> Flow {
    Flow {
        id: [3; 16],
        client: "app".to_owned(),
        binding: cookie.binding(),
        begun: Timestamp::from_seconds(1_800_000_000),
        in_vain: 0,
        seen: [Seen::Unknown, Seen::Live],
        asked: vec![("login_hint".to_owned(), "ada \u{e9}".to_owned())],
        before: Some(SessionKey::of_cookie(&[6; 32])),
        step_up: Some(7),
        return_to: "https://app.example.com/a%2Fb?x=1&y=%C3%A9".to_owned(),
    }
}

#[test]
fn a_flow_comes_back_from_its_state_as_it_was() {
    let (ring, cookie) = (ring(), FlowCookie::new([9; 32]));
    let begun = begin(&ring, &flow(&cookie), &cookie, [5; 12]);
    let opened = open(&ring, &begun.state).unwrap();
    assert_eq!(opened.flow, flow(&cookie));
    assert!(opened.nonce(&cookie).matches(&begun.nonce));
    assert!(opened.code_verifier(&cookie).matches(&begun.code_verifier));
}

#[test]
fn another_browser_gets_neither_nonce_nor_verifier() {
    let (ring, cookie, other) = (ring(), FlowCookie::new([9; 32]), FlowCookie::new([8; 32]));
    let begun = begin(&ring, &flow(&cookie), &cookie, [5; 12]);
    let opened = open(&ring, &begun.state).unwrap();
    assert!(!opened.nonce(&other).matches(&begun.nonce));
    assert!(!opened.code_verifier(&other).matches(&begun.code_verifier));
    assert_ne!(cookie.binding(), other.binding());
}

#[test]
fn neither_state_nor_cookie_shows_what_it_protects() {
    let (ring, cookie) = (ring(), FlowCookie::new([9; 32]));
    let begun = begin(&ring, &flow(&cookie), &cookie, [5; 12]);
    for shown in
        [format!("{cookie:?}"), format!("{begun:?}"), format!("{:?}", open(&ring, &begun.state).unwrap())]
    {
        assert!(!shown.contains(begun.nonce.expose()), "{shown}");
        assert!(!shown.contains(begun.code_verifier.expose()), "{shown}");
        assert!(!shown.contains(&cookie.value()), "{shown}");
    }
}

/// The longest return address still leaves room for the whole authorization request in a head of 4096 bytes.
#[test]
fn the_state_of_the_longest_return_address_is_under_three_thousand_bytes() {
    let (ring, cookie) = (ring(), FlowCookie::new([9; 32]));
    let return_to = "r".repeat(vestibule::gate::return_to::MAX_RETURN_TO);
    let long = Flow { return_to, asked: Vec::new(), before: None, ..flow(&cookie) };
    let begun = begin(&ring, &long, &cookie, [5; 12]);
    assert!(begun.state.len() < 3000, "{}", begun.state.len());
}

/// With everything that the address of a login may add, it still comes back through the callback.
#[test]
fn the_longest_state_is_one_that_the_callback_takes() {
    let (ring, cookie) = (ring(), FlowCookie::new([9; 32]));
    let return_to = "r".repeat(vestibule::gate::return_to::MAX_RETURN_TO);
    let value = "x".repeat(vestibule::gate::login_parameters::MAX_BYTES);
    let long = Flow { return_to, asked: vec![("login_hint".to_owned(), value)], ..flow(&cookie) };
    let begun = begin(&ring, &long, &cookie, [5; 12]);
    assert!(begun.state.len() <= vestibule::protocol::callback::MAX_STATE_BYTES, "{}", begun.state.len());
}
