//! Back-channel logout: the form that anybody can post, and the sessions that end by it.
//!
//! Input: `f`, then the form as somebody posts it; or `s`, then a header on a line and a payload, which the provider signs and posts
//! among other parameters.

#![no_main]

use std::collections::BTreeSet;
use std::sync::OnceLock;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value, json};
use url::form_urlencoded;
use vestibule::gate::identity::Identity;
use vestibule::gate::refusal::Refusal;
use vestibule::protocol::claims::Claims;
use vestibule::protocol::jwt;
use vestibule::protocol::logout_token::{
    LogoutToken, LogoutTokenFault, MAX_LIFETIME, TypRule, in_form, verify,
};
use vestibule::protocol::registration::SigningAlgorithm;
use vestibule::protocol::secret::Secret;
use vestibule::session::index::{Logout, Whose};
use vestibule::session::key::{Handle, SessionKey};
use vestibule::session::record::{Session, SessionTokens};
use vestibule::session::store::MemoryStore;
use vestibule_fuzz::provider::{CLIENT_ID, NOW, expected, issuer, keys, sign};
use vestibule_fuzz::{ISSUER, check_refusal, client, first_line};

/// The sessions there are: client, `sub` and `sid`.
const SESSIONS: [(&str, &str, Option<&str>); 6] = [
    ("app", "person", Some("s1")),
    ("app", "person", Some("s2")),
    ("app", "person", None),
    ("app", "other", Some("s3")),
    ("app", "other", None),
    ("next", "person", Some("s1")),
];
const LEEWAY: Duration = Duration::from_secs(60);

fuzz_target!(|data: &[u8]| {
    let Some((what, rest)) = data.split_first() else { return };
    if *what == b's' {
        let (header, payload) = first_line(rest.strip_prefix(b"\n").unwrap_or(rest));
        check_signed(header, payload);
    } else {
        check_form(rest);
    }
});

/// Nobody but the provider ends a session, and the provider is not asked for more than its keys.
fn check_form(form: &[u8]) {
    let values: Vec<_> = form_urlencoded::parse(form).filter(|(name, _)| name == "logout_token").collect();
    let token = in_form(form);
    assert_eq!(token.is_some(), values.len() == 1);
    let Some(token) = token else { return };
    assert_eq!(token, values[0].1);
    let issuer = issuer();
    for algorithm in [SigningAlgorithm::EdDsa, SigningAlgorithm::Es256, SigningAlgorithm::Rs256] {
        for typ in [TypRule::IfPresent, TypRule::Required] {
            match verify(&token, keys(), &expected(&issuer, algorithm), typ) {
                Ok(_) => panic!("accepted a token that nobody signed"),
                Err(fault) => {
                    // Nothing unsigned is looked at: what is refused is the form, the kind or the signature.
                    assert!(
                        matches!(&fault, LogoutTokenFault::AsIdToken(jwt::IdTokenFault::Jws(_))),
                        "{fault:?}"
                    );
                    check_refusal(&Refusal::LogoutToken(fault));
                }
            }
        }
    }
}

fn check_signed(header: &[u8], payload: &[u8]) {
    let token = sign(SigningAlgorithm::EdDsa, header, payload);
    let form = form_urlencoded::Serializer::new("state=x&logout_tokens=y".to_owned())
        .append_pair("logout_token", &token)
        .append_pair("x", "logout_token=z")
        .finish();
    assert_eq!(in_form(form.as_bytes()).as_deref(), Some(token.as_str()));
    let issuer = issuer();
    let expected = expected(&issuer, SigningAlgorithm::EdDsa);
    let judged = verify(&token, keys(), &expected, TypRule::IfPresent);
    let strictly = verify(&token, keys(), &expected, TypRule::Required);
    let read: Option<(Map<String, Value>, Map<String, Value>)> =
        serde_json::from_slice(header).ok().zip(serde_json::from_slice(payload).ok());
    let Ok(logout) = judged else {
        for fault in [judged.err(), strictly.err()] {
            check_refusal(&Refusal::LogoutToken(fault.expect("what is refused is refused strictly, too")));
        }
        return;
    };
    let (header, claims) = read.expect("an accepted token is JSON");
    let typ = header.get("typ").map(|typ| typ.as_str().expect("typ is a text").to_ascii_lowercase());
    assert!(matches!(typ.as_deref(), None | Some("logout+jwt" | "jwt")), "{typ:?}");
    assert_eq!(strictly.is_ok(), typ.as_deref() == Some("logout+jwt"));
    assert!(header.get("crit").is_none() && header["alg"] == "EdDSA");
    check_claims(&logout, &claims);
    check_sessions(&logout, &claims);

    // It is no ID token, of a login or of a refresh, and a changed one is nothing.
    assert!(jwt::verify(&token, keys(), &expected).is_err());
    assert!(jwt::verify(&token, keys(), &jwt::IdTokenExpected { nonce: None, ..expected }).is_err());
    let mut changed = token.clone().into_bytes();
    let place = payload.len() * 31 % changed.len();
    changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
    let changed = String::from_utf8(changed).expect("one letter for another");
    assert!(verify(&changed, keys(), &expected, TypRule::IfPresent).is_err());
}

/// Back-Channel Logout 1.0 section 2.6, read a second time.
fn check_claims(logout: &LogoutToken, claims: &Map<String, Value>) {
    assert_eq!((&claims["iss"], logout.issuer()), (&json!(ISSUER), ISSUER));
    match &claims["aud"] {
        Value::String(one) => assert_eq!(one, CLIENT_ID),
        Value::Array(all) => assert!(!all.is_empty() && all.iter().all(|one| one == CLIENT_ID)),
        other => panic!("an audience of {other}"),
    }
    let (now, leeway) = (NOW.seconds() as f64, LEEWAY.as_secs_f64());
    let number = |name: &str| claims.get(name).map(|value| value.as_f64().expect("times are numbers"));
    let (issued, expires) = (number("iat").expect("there is iat"), number("exp").expect("there is exp"));
    assert!(expires + leeway > now - 1.0 && issued <= now + leeway + 1.0);
    assert!(issued + MAX_LIFETIME.as_secs_f64() + leeway > now - 1.0, "too old to be remembered");
    assert!(number("nbf").is_none_or(|nbf| nbf <= now + leeway + 1.0));
    // It is remembered as long as it is good, and that is not for ever.
    let good_until = logout.good_until().seconds() as f64;
    assert!(good_until > now && good_until <= now + MAX_LIFETIME.as_secs_f64() + 2.0 * leeway);
    assert!(good_until <= expires + leeway);
    assert!(claims["events"]["http://schemas.openid.net/event/backchannel-logout"].is_object());
    assert!(!claims.contains_key("nonce"));
    assert_eq!(claims["jti"].as_str(), Some(logout.jti()));
    assert!(!logout.jti().is_empty());
    for (name, read) in [("sub", logout.sub()), ("sid", logout.sid())] {
        assert_eq!(claims.get(name).map(|value| value.as_str().expect("a text")), read);
        assert_ne!(read, Some(""));
    }
    assert!(logout.sub().or(logout.sid()).is_some());
}

/// Exactly the sessions end that are meant: of this client, and of this person or session of the provider.
fn check_sessions(logout: &LogoutToken, claims: &Map<String, Value>) {
    let store = store();
    let whose = match (logout.sid(), logout.sub()) {
        (Some(sid), Some(sub)) => Whose::SessionOfPerson { sid, sub },
        (Some(sid), None) => Whose::ProviderSession(sid),
        (None, Some(sub)) => Whose::Person(sub),
        (None, None) => panic!("a logout token names nobody"),
    };
    let ended = store.remove_all(&Logout { client: "app", issuer: logout.issuer(), whose }.ending());
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let (sub, sid) = (text("sub"), text("sid"));
    let mut meant = BTreeSet::new();
    for (number, (client, of, own)) in SESSIONS.into_iter().enumerate() {
        let person = sub.is_none_or(|sub| sub == of);
        // One that has no name of its own ends with the others of its person.
        let session = sid.is_none_or(|sid| own.map_or(sub.is_some(), |own| own == sid));
        if client == "app" && person && session {
            meant.insert(number);
        }
    }
    let left: BTreeSet<_> = (0..SESSIONS.len()).filter(|number| store.get(&key(*number)).is_some()).collect();
    assert_eq!(ended.len(), meant.len());
    assert_eq!(store.len(), left.len());
    assert!(meant.is_disjoint(&left) && meant.len() + left.len() == SESSIONS.len(), "{meant:?} and {left:?}");
    assert!(ended.iter().all(|session| session.client == "app"));
}

fn key(number: usize) -> SessionKey {
    SessionKey::of_cookie(&[number as u8; 32])
}

fn store() -> MemoryStore {
    static CLAIMS: OnceLock<Vec<Claims>> = OnceLock::new();
    let all = CLAIMS.get_or_init(|| SESSIONS.iter().map(|(_, sub, sid)| claims(sub, *sid)).collect());
    let store = MemoryStore::new(SESSIONS.len());
    for (number, (claims, (name, ..))) in all.iter().zip(SESSIONS).enumerate() {
        let tokens = SessionTokens {
            access_token: None,
            id_token: Secret::new("an-id-token"),
            refresh_token: None,
            fetched: NOW,
            expires: NOW,
            failures: None,
        };
        let identity = Identity::blank(client(name));
        let handle = Handle::new([number as u8; 16]);
        let session = Session::new(handle, name.to_owned(), identity, claims.clone(), tokens, NOW);
        assert!(store.insert(key(number), session).is_ok());
    }
    store
}

fn claims(sub: &str, sid: Option<&str>) -> Claims {
    let mut payload = json!({
        "iss": ISSUER, "sub": sub, "aud": CLIENT_ID, "nonce": "a-nonce",
        "iat": NOW.seconds(), "exp": NOW.seconds() + 300,
    });
    if let Some(sid) = sid {
        payload["sid"] = sid.into();
    }
    let token =
        sign(SigningAlgorithm::EdDsa, br#"{"alg":"EdDSA","kid":"ed"}"#, payload.to_string().as_bytes());
    let issuer = issuer();
    jwt::verify(&token, keys(), &expected(&issuer, SigningAlgorithm::EdDsa)).expect("the token is in order")
}
