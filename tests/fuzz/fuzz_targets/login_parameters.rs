//! What the address of a login may ask, and what a third party may that starts one.
//!
//! Input: `l`, then the query of `/login`; or `i`, then the query or form of `/initiate-login`.

#![no_main]

use std::borrow::Cow;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use url::{Url, form_urlencoded};
use vestibule::config::Client;
use vestibule::gate::login_parameters::{self, MAX_BYTES};
use vestibule::gate::loop_cause::Seen;
use vestibule::gate::refusal::Refusal;
use vestibule::gate::return_to::{self, ReturnTo};
use vestibule::protocol::authorize::{self, PARAMETERS, RESERVED, Transaction};
use vestibule::protocol::callback::MAX_STATE_BYTES;
use vestibule::protocol::initiate_login::{self, MAX_LOGIN_HINT_BYTES};
use vestibule::protocol::issuer::{HttpIssuer, Issuer};
use vestibule::protocol::requested::Requested;
use vestibule::session::sealing::KeyRing;
use vestibule::session::transaction::{Flow, FlowCookie, begin};
use vestibule_fuzz::provider::{NOW, provider};
use vestibule_fuzz::{ISSUER, check_address, check_refusal, client};

static RING: LazyLock<KeyRing> = LazyLock::new(|| KeyRing::new(&[], [5; 32]));

static TEMPLATE: LazyLock<Issuer> = LazyLock::new(|| {
    let tenants = TENANTS.map(str::to_owned).to_vec();
    Issuer::parse_template("https://login.example.com/{tenantid}/v2.0", tenants, HttpIssuer::OnlyLoopback)
        .expect("it is a template")
});
const TENANTS: [&str; 2] = ["11111111-2222-4333-8444-555555555555", "9188040d-6c67-4c5b-b112-36a304b66dad"];

fuzz_target!(|data: &[u8]| {
    let Some((what, rest)) = data.split_first() else { return };
    if *what == b'i' {
        check_initiated(rest);
    } else if let Ok(query) = str::from_utf8(rest) {
        check_query(query);
    }
});

fn check_query(query: &str) {
    // Whose configuration names nothing hands nothing on.
    assert!(login_parameters::from_query(query, client("app")).is_ok_and(|asked| asked.is_empty()));
    let client = client("asking");
    let asked = match login_parameters::from_query(query, client) {
        Ok(asked) => asked,
        Err(refusal) => {
            assert!(matches!(&refusal, Refusal::LoginParameter { .. }));
            return check_refusal(&refusal);
        }
    };
    let pairs: Vec<(Cow<'_, str>, Cow<'_, str>)> = form_urlencoded::parse(query.as_bytes()).collect();
    let allowed = &client.registration.authorization.from_login_url;
    let places: Vec<_> = asked.iter().map(|(name, _)| allowed.iter().position(|one| one == name)).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{asked:?}");
    assert!(places.windows(2).all(|two| two[0] != two[1]), "twice: {asked:?}");
    assert!(asked.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>() <= MAX_BYTES);
    for (name, value) in &asked {
        assert!(!value.is_empty() && value.trim() == value && !value.contains(['"', '\\', '\u{fffd}']));
        assert!(!value.chars().any(char::is_control), "{name}: {value:?}");
        assert!(name != "max_age" || value.parse::<u32>().is_ok(), "max_age {value}");
        assert!(pairs.iter().any(|(n, v)| n == name && v == value), "{name} is from nowhere: {value}");
    }
    check_request(client, &asked);

    // What a raw return address says is the application's, wherever it stands.
    let raw = login_parameters::from_query(&format!("rd=/{query}"), client);
    assert!(raw.is_ok_and(|asked| asked.is_empty()), "out of the return address");
    let Ok(return_to) = return_to::from_query(query, client) else { return };
    check_address(return_to.as_str(), client);
    check_state(client, &return_to, &asked);
    // Written down again it says the same, on either side of the return address.
    let said = form_urlencoded::Serializer::new(String::new()).extend_pairs(&asked).finish();
    let rd = return_to::in_query(&return_to);
    for again in [format!("{said}&{rd}"), format!("{rd}&{said}")] {
        assert_eq!(login_parameters::from_query(&again, client).ok().as_ref(), Some(&asked), "{again}");
        assert_eq!(return_to::from_query(&again, client).ok().as_ref(), Some(&return_to), "{again}");
    }
}

/// The provider is asked what the configuration says, once, and what was named, and nothing else.
fn check_request(client: &Client, asked: &[(String, String)]) {
    let registration = &client.registration;
    let transaction =
        Transaction { state: "a-state", nonce: "a-nonce", code_challenge: "a-challenge", asked };
    let url = authorize::url(provider(), registration, &transaction);
    let url = Url::parse(&url).expect("an address");
    let endpoint = Url::parse(provider().authorization_endpoint().as_str()).expect("an address");
    assert_eq!((url.origin(), url.path()), (endpoint.origin(), endpoint.path()));
    let pairs: Vec<_> = url.query_pairs().into_owned().collect();
    let mut names: Vec<_> = pairs.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    assert!(names.windows(2).all(|two| two[0] != two[1]), "twice: {names:?}");
    let with = Transaction { asked: &[], ..transaction };
    let without = Url::parse(&authorize::url(provider(), registration, &with)).expect("an address");
    let kept: Vec<_> = without.query_pairs().into_owned().collect();
    assert_eq!(&pairs[..kept.len()], kept, "what the configuration says is changed");
    assert_eq!(&pairs[kept.len()..], asked);
    assert!(asked.iter().all(|(name, _)| !RESERVED.contains(&name.as_str())));
    assert!(PARAMETERS.iter().all(|name| asked.iter().all(|(asked, _)| asked != name)));

    // What was asked is read from what was sent: a token that says nothing of it is not enough.
    let requested = Requested::of(asked, NOW);
    let needs = asked.iter().any(|(name, value)| {
        name == "max_age" || name == "acr_values" && value.split(' ').any(|acr| !acr.is_empty())
    });
    let judged = requested.judge(&serde_json::Map::new(), NOW, std::time::Duration::from_secs(60));
    assert_eq!(judged.is_err(), needs);
    if let Err(fault) = judged {
        check_refusal(&Refusal::IdToken(fault));
    }
}

/// The state that carries all of it comes back, at least with the home page.
fn check_state(client: &Client, return_to: &ReturnTo, asked: &[(String, String)]) {
    let cookie = FlowCookie::new([1; 32]);
    let flow = |return_to: &ReturnTo| Flow {
        id: [2; 16],
        client: client.name.clone(),
        binding: cookie.binding(),
        begun: NOW,
        return_to: return_to.as_str().to_owned(),
        in_vain: u8::MAX,
        seen: [Seen::Unreadable; 2],
        asked: asked.to_vec(),
        before: None,
        step_up: Some(1000),
    };
    let whole = begin(&RING, &flow(return_to), &cookie, [6; 12]).state;
    let home = begin(&RING, &flow(&return_to::home(client)), &cookie, [6; 12]).state;
    assert!(whole.len() <= MAX_STATE_BYTES && home.len() <= MAX_STATE_BYTES);
}

fn check_initiated(bytes: &[u8]) {
    let client = client("asking");
    let pairs: Vec<(Cow<'_, str>, Cow<'_, str>)> = form_urlencoded::parse(bytes).collect();
    let all = |name: &'static str| {
        pairs.iter().filter(move |(found, _)| found == name).map(|(_, value)| value.as_ref())
    };
    // Of a template, exactly the tenants that are let in.
    if initiate_login::judge(bytes, &TEMPLATE).is_ok() {
        let named: Vec<_> = all("iss").collect();
        let tenant = |tenant: &&str| named == [format!("https://login.example.com/{tenant}/v2.0")];
        assert!(TENANTS.iter().any(tenant), "{named:?}");
    }
    let initiated = match initiate_login::judge(bytes, &client.issuer) {
        Ok(initiated) => initiated,
        Err(fault) => {
            let is_right = all("iss").eq([ISSUER]) && pairs.len() == 1;
            assert!(!is_right, "the plainest request is refused: {fault}");
            return check_refusal(&fault.into());
        }
    };
    assert!(all("iss").eq([ISSUER]), "another issuer");
    for (name, read) in
        [("target_link_uri", &initiated.target_link_uri), ("login_hint", &initiated.login_hint)]
    {
        let sent: Vec<_> = all(name).collect();
        assert!(sent.len() <= 1, "{name} is there twice");
        let sent = sent.first().copied().filter(|value| !value.is_empty());
        assert_eq!(read.as_deref(), sent, "{name}");
        assert!(!read.as_deref().unwrap_or_default().chars().any(char::is_control));
    }
    if let Some(hint) = &initiated.login_hint {
        assert!(hint.len() <= MAX_LOGIN_HINT_BYTES);
        let asked = [("login_hint".to_owned(), hint.clone())];
        check_request(client, &asked);
        check_state(client, &return_to::home(client), &asked);
    }
    match initiated.target_link_uri.map(|target| return_to::check(&target, client)) {
        Some(Ok(address)) => check_address(address.as_str(), client),
        Some(Err(refusal)) => check_refusal(&refusal),
        None => {}
    }
}
