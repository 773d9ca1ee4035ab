//! The sealed `state` of a login. Input: a number on a line, a client's name on a line, then a return address; the whole is
//! also taken for a state.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use vestibule::gate::loop_cause::Seen;
use vestibule::protocol::callback::{Answer, Expected, MAX_STATE_BYTES, OpenedState, judge};
use vestibule::protocol::secret::Secret;
use vestibule::protocol::timestamp::Timestamp;
use vestibule::session::key::SessionKey;
use vestibule::session::sealing::{KeyRing, Purpose};
use vestibule::session::transaction::{Flow, FlowCookie, begin, open};
use vestibule_fuzz::first_line;
use vestibule_fuzz::provider::issuer;

/// What a state carries and a cipher adds, at most: the rest is name and address.
const FRAME: usize = 1 + 4 + 12 + 16 + 300;
/// Longer states are not opened.
const MAX_SEALED: usize = 6 * 1024;

/// Keys were rotated: the second one, alone on [`BEFORE`], sealed what is to be opened.
static RING: LazyLock<KeyRing> =
    LazyLock::new(|| KeyRing::new(&[Secret::new(NEW), Secret::new(OLD)], [0; 32]));
static BEFORE: LazyLock<KeyRing> = LazyLock::new(|| KeyRing::new(&[Secret::new(OLD)], [0; 32]));
static STRANGER: LazyLock<KeyRing> = LazyLock::new(|| KeyRing::new(&[], [9; 32]));
const OLD: &str = "an older key, which still opens what it sealed";
const NEW: &str = "a newer key, which seals from now on";

fuzz_target!(|data: &[u8]| {
    let (ring, before, stranger) = (&*RING, &*BEFORE, &*STRANGER);

    // Nobody without the key makes a state, of either kind.
    let raw = String::from_utf8_lossy(data);
    assert!(open(ring, &raw).is_none());
    assert!(ring.open(Purpose::LogoutState, &raw).is_none());

    let (number, rest) = first_line(data);
    let (client, return_to) = first_line(rest);
    let number: u64 = String::from_utf8_lossy(number).trim().parse().unwrap_or(data.len() as u64);
    let cookie = FlowCookie::new([number.to_le_bytes()[0]; 32]);
    let flow = Flow {
        id: std::array::from_fn(|place| number.rotate_left(place as u32 * 5).to_le_bytes()[place % 8]),
        client: String::from_utf8_lossy(client).into_owned(),
        binding: cookie.binding(),
        begun: Timestamp::from_seconds(number),
        return_to: String::from_utf8_lossy(return_to).into_owned(),
        in_vain: number.to_le_bytes()[1],
        seen: [Seen::Unknown, Seen::Unreadable],
        asked: vec![(
            "login_hint".to_owned(),
            String::from_utf8_lossy(&client[..client.len().min(64)]).into_owned(),
        )],
        before: Some(SessionKey::of_cookie(&[number.to_le_bytes()[2]; 32])),
        step_up: (number % 2 == 1).then_some(1000),
    };
    let nonce = std::array::from_fn(|place| data.get(place).copied().unwrap_or_default());
    let begun = begin(before, &flow, &cookie, nonce);
    let state = &begun.state;
    if state.len() > MAX_SEALED {
        return assert!(flow.client.len() + flow.return_to.len() + FRAME > MAX_SEALED / 8);
    }

    // It opens to the same, also after the keys were rotated, and gives what the provider was told.
    let opened = open(ring, state).expect("a key of the ring sealed it");
    assert_eq!(opened.flow, flow);
    assert!(opened.nonce(&cookie).matches(&begun.nonce));
    assert!(opened.code_verifier(&cookie).matches(&begun.code_verifier));
    assert!(!begun.nonce.matches(&begun.code_verifier));
    assert_eq!((begun.nonce.len(), begun.code_verifier.len()), (43, 43));
    let elsewhere = FlowCookie::new([number.to_le_bytes()[0] ^ 1; 32]);
    assert!(!opened.nonce(&elsewhere).matches(&begun.nonce));

    // It opens for nothing else, with no other key, and not with any character changed, added or gone.
    assert!(open(stranger, state).is_none());
    assert!(ring.open(Purpose::LogoutState, state).is_none());
    let place = data.iter().map(|byte| usize::from(*byte)).sum::<usize>() % state.len();
    for letter in ['A', 'B', 'z', '_', '='] {
        let mut changed = state.clone();
        changed.replace_range(place..=place, letter.encode_utf8(&mut [0; 4]));
        assert!(changed == *state || open(ring, &changed).is_none(), "opens with {letter} at {place}");
    }
    assert!(open(ring, &state[..state.len() - 1]).is_none());
    assert!(open(ring, &format!("{state}A")).is_none());

    // It comes back through the callback as it went.
    if state.len() <= MAX_STATE_BYTES {
        let answer =
            Answer::parse(format!("code=c&state={state}").as_bytes()).expect("a state needs no escapes");
        assert_eq!(answer.state(), Some(state.as_str()));
        let issuer = issuer();
        let held = OpenedState {
            client: opened.flow.client.clone(),
            binding: opened.flow.binding,
            issued_at: opened.flow.begun,
        };
        let expected = Expected {
            issuer: &issuer,
            iss_announced: false,
            client: &flow.client,
            state: Some(&held),
            browser: Some(cookie.binding()),
            now: flow.begun,
        };
        assert!(judge(&answer, &expected).is_ok());
        assert!(judge(&answer, &Expected { browser: Some(elsewhere.binding()), ..expected }).is_err());
    }
});
