//! Where a login leads. Input: a return address, the query of `/login`, or a `Referer`, all at once.

#![no_main]

use std::sync::LazyLock;

use http::header::REFERER;
use http::{HeaderMap, HeaderValue};
use libfuzzer_sys::fuzz_target;
use percent_encoding::percent_decode_str;
use vestibule::config::Client;
use vestibule::gate::login_parameters;
use vestibule::gate::loop_cause::Seen;
use vestibule::gate::refusal::Refusal;
use vestibule::gate::return_to::{ReturnTo, check, from_query, from_referer, home, login_url};
use vestibule::protocol::callback::{MAX_STATE_BYTES, STATE_LIFETIME};
use vestibule::session::key::SessionKey;
use vestibule::session::sealing::KeyRing;
use vestibule::session::transaction::{Flow, FlowCookie, begin};
use vestibule_fuzz::provider::NOW;
use vestibule_fuzz::{check_address, check_refusal, config};

static RING: LazyLock<KeyRing> = LazyLock::new(|| KeyRing::new(&[], [5; 32]));

fuzz_target!(|data: &[u8]| {
    let Ok(text) = str::from_utf8(data) else { return };
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_str(text) {
        headers.insert(REFERER, value);
    }
    for client in &config().clients {
        check_return_to(check(text, client), client);
        check_return_to(from_query(text, client), client);
        check_return_to(from_query(&format!("rd={text}"), client), client);
        check_return_to(Ok(from_referer(&headers, client)), client);
        if is_plain_path(text) {
            let home = home(client).as_str().trim_end_matches('/').to_owned();
            let accepted = check(text, client).expect("a plain path is always on our host");
            assert_eq!(accepted.as_str(), format!("{home}{text}"), "not what was asked for");
        }
    }
});

fn check_return_to(checked: Result<ReturnTo, Refusal>, client: &Client) {
    let address = match checked {
        Ok(address) => address,
        Err(refusal) => {
            assert!(matches!(refusal, Refusal::ReturnToMalformed { .. } | Refusal::ReturnToHost));
            return check_refusal(&refusal);
        }
    };
    check_address(address.as_str(), client);
    // It survives the second look, which the callback takes at it, and the way through a login address.
    assert_eq!(check(address.as_str(), client).ok().as_ref(), Some(&address));
    let login = login_url(client, &address);
    assert!(login.len() < 4000, "a login address of {} bytes", login.len());
    let (page, query) = login.split_once('?').expect("a login address has a query");
    assert_eq!(page, format!("{}/oidc/{}/login", client.origin, client.name));
    assert_eq!(from_query(query, client).ok().as_ref(), Some(&address));
    // The state that carries it comes back through the callback.
    let cookie = FlowCookie::new([1; 32]);
    let flow = Flow {
        id: [2; 16],
        client: "x".repeat(32),
        binding: cookie.binding(),
        begun: NOW.after(STATE_LIFETIME),
        return_to: address.as_str().to_owned(),
        in_vain: u8::MAX,
        seen: [Seen::Unreadable; 2],
        // As much as an address of a login may add.
        asked: vec![("login_hint".to_owned(), "x".repeat(login_parameters::MAX_BYTES))],
        before: Some(SessionKey::of_cookie(&[3; 32])),
        step_up: Some(1000),
    };
    let state = begin(&RING, &flow, &cookie, [6; 12]).state;
    assert!(state.len() <= MAX_STATE_BYTES, "a state of {} bytes", state.len());
}

/// A path that nobody would write differently: it must come back to the letter.
fn is_plain_path(text: &str) -> bool {
    text.starts_with('/')
        && !text.starts_with("//")
        && text.len() <= 900
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-_~%;,=?&:@!$+*()".contains(&byte))
        // Some spell a dot so, and it walks.
        && !text.to_ascii_lowercase().contains("%2e")
        // Our own pages are nowhere to return to, in no spelling: `/%6Fidc/`, `/%2Foidc`.
        && !percent_decode_str(text).decode_utf8_lossy().contains("oidc")
}
