//! RFC 9068 section 6: the access token of a login is the provider's word for others; its claims are taken only where the operator
//! says so, and only of one that the provider signed about this person.

use serde_json::{Value, json};
use vestibule::protocol::claim_path::ClaimPath;
use vestibule::protocol::claim_source::ClaimSource;
use vestibule::protocol::jwt::{self, Claims, IdTokenExpected};
use vestibule::protocol::login_access_token::{self, AccessTokenUnread, Expected, ReadAccessToken};
use vestibule::protocol::registration::SigningAlgorithm;
use vestibule::protocol::userinfo;

use crate::signer::{PROVIDER, STRANGER, claims, header, with, without};
use crate::world::{NOW, issuer, json_answer, now, secret};

const ALGORITHM: SigningAlgorithm = SigningAlgorithm::EdDsa;
const SUB: &str = "248289761001";

fn payload() -> Value {
    json!({
        "iss": issuer().as_str(), "sub": SUB, "aud": "https://api.other.example", "exp": NOW + 300,
        "realm_access": { "roles": ["admin"] }, "scope": "openid read",
    })
}

fn read_text(token: &str) -> Result<ReadAccessToken, AccessTokenUnread> {
    let expected = Expected { issuer: &issuer(), sub: SUB, now: now(), leeway: jwt::DEFAULT_LEEWAY };
    login_access_token::read(&secret(token), &PROVIDER.keys(), &expected)
}

fn read(payload: &Value) -> Result<ReadAccessToken, AccessTokenUnread> {
    read_text(&PROVIDER.sign(ALGORITHM, &with(header(ALGORITHM), "typ", json!("at+jwt")), payload))
}

#[test]
fn what_the_provider_signed_about_the_person_is_read() {
    for payload in
        [payload(), without(payload(), "sub"), without(payload(), "exp"), without(payload(), "aud")]
    {
        assert!(read(&payload).is_ok(), "{payload}");
    }
    let plain = PROVIDER.sign(ALGORITHM, &without(header(ALGORITHM), "typ"), &payload());
    assert!(read_text(&plain).is_ok(), "not every provider says what it is");
    let shown = format!("{:?}", read(&payload()).unwrap());
    assert!(shown.contains("realm_access") && !shown.contains("admin"), "{shown}");
}

#[test]
fn what_it_did_not_sign_or_say_of_the_person_is_not() {
    use AccessTokenUnread::{Encrypted, Expired, Issuer, Jws, Opaque, Subject};
    let said = |payload: Value| read(&payload).unwrap_err();
    assert_eq!(said(with(payload(), "iss", json!("https://evil.example"))), Issuer);
    assert_eq!(said(without(payload(), "iss")), Issuer);
    assert_eq!(said(with(payload(), "sub", json!("somebody-else"))), Subject);
    assert_eq!(said(with(payload(), "sub", json!(7))), Subject);
    assert_eq!(said(with(payload(), "exp", json!(NOW - 61))), Expired);
    assert_eq!(said(with(payload(), "exp", json!("soon"))), Expired);
    assert_eq!(read_text("b1a7e2f0-opaque").unwrap_err(), Opaque);
    assert_eq!(read_text("a.b.c").unwrap_err(), Opaque);
    assert_eq!(read_text("eyJhIjoxfQ.b.c.d.e").unwrap_err(), Encrypted);

    let token = PROVIDER.sign(ALGORITHM, &header(ALGORITHM), &payload());
    let by_another = STRANGER.sign(ALGORITHM, &header(ALGORITHM), &payload());
    assert!(matches!(read_text(&by_another), Err(Jws(fault)) if fault.asks_for_new_keys()));
    let (signed, _) = token.rsplit_once('.').unwrap();
    assert!(matches!(read_text(&format!("{signed}.")), Err(Jws(_))), "no signature");
    for (member, value) in [("alg", json!("none")), ("alg", json!("HS256")), ("typ", json!("logout+jwt"))] {
        let token = PROVIDER.sign(ALGORITHM, &with(header(ALGORITHM), member, value.clone()), &payload());
        assert!(matches!(read_text(&token), Err(Jws(_))), "{member}: {value}");
    }
}

fn verified(claims: &Value) -> Claims {
    let expected = IdTokenExpected {
        issuer: &issuer(),
        client_id: "vestibule-a",
        audiences: &[],
        nonce: None,
        algorithm: ALGORITHM,
        now: now(),
        leeway: jwt::DEFAULT_LEEWAY,
        access_token: None,
    };
    jwt::verify(&PROVIDER.sign(ALGORITHM, &header(ALGORITHM), claims), &PROVIDER.keys(), &expected).unwrap()
}

fn said(extra: Value) -> ReadAccessToken {
    let mut payload = payload();
    payload.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    read(&payload).unwrap()
}

fn userinfo(members: Value) -> userinfo::Userinfo {
    userinfo::judge(&json_answer(&with(members, "sub", json!(SUB))), SUB).unwrap()
}

#[test]
fn an_access_token_comes_last_and_says_nothing_about_other_tokens() {
    let mut known = verified(&claims());
    known.merge_userinfo(userinfo(json!({ "locale": "de" })));
    known.merge_access_token(Some(&said(json!({
        "email": "other@example.com", "locale": "fr", "team": "red", "acr": "mfa", "auth_time": NOW, "sid": "x",
    }))));
    let json = known.as_json();
    assert_eq!(json["email"], "jane@example.com");
    assert_eq!(json["locale"], "de");
    assert_eq!(json["team"], "red");
    assert_eq!(json["realm_access"], json!({ "roles": ["admin"] }));
    let before = verified(&claims());
    for name in ["acr", "auth_time", "sid", "aud", "exp"] {
        assert_eq!(json.get(name), before.as_json().get(name), "{name}");
    }
}

/// The next one takes its place as a whole: the last role is gone where it is no longer named.
#[test]
fn what_a_later_access_token_leaves_out_is_gone() {
    let mut known = verified(&claims());
    known.merge_access_token(Some(&said(json!({ "team": "red" }))));
    let mut later = known.refreshed(verified(&claims()));
    assert_eq!(later.as_json()["team"], "red", "until the new one is read");
    later.merge_access_token(Some(&read(&without(payload(), "realm_access")).unwrap()));
    assert!(!later.as_json().contains_key("team") && !later.as_json().contains_key("realm_access"));
    // As is what one says that cannot be read.
    known.merge_access_token(None);
    assert!(!known.as_json().contains_key("team"));
    // What the ID token or userinfo say by now is theirs.
    let mut taken_over = verified(&claims());
    taken_over.merge_access_token(Some(&said(json!({ "team": "red" }))));
    taken_over.merge_userinfo(userinfo(json!({ "team": "blue" })));
    taken_over.merge_access_token(None);
    assert_eq!(taken_over.as_json()["team"], "blue");
}

/// However each source writes a claim inside another, the ID token goes first and the access token last.
#[test]
fn a_claim_with_a_dot_in_its_name_goes_before_none_of_a_better_source() {
    let path = |text| ClaimPath::parse(text).unwrap();
    let id_token =
        with(with(claims(), "realm_access", json!({ "roles": ["user"] })), "r", json!({ "x": "id" }));
    let mut known = verified(&id_token);
    known.merge_userinfo(userinfo(json!({ "realm_access.roles": ["admin"], "s": { "x": "info" } })));
    known.merge_access_token(Some(&said(json!({ "r.x": "access", "s.x": "access", "t.x": "access" }))));
    assert_eq!(known.get(&path("realm_access.roles")), Some(&json!(["user"])));
    assert_eq!(known.get(&path("r.x")), Some(&json!("id")));
    assert_eq!(known.get(&path("s.x")), Some(&json!("info")));
    assert_eq!(known.get(&path("t.x")), Some(&json!("access")));
    assert!(known.id_token_has(&path("r.x")) && !known.id_token_has(&path("s.x")));
}

/// R-4.7 for one source: what a thinner ID token leaves out stays as the one before said it, whatever userinfo says.
#[test]
fn what_the_id_token_said_stays_by_itself_over_a_thin_refresh() {
    let path = |text| ClaimPath::parse(text).unwrap();
    let mut known = verified(&with(claims(), "role", json!("restricted")));
    known.keep_id_token();
    known.merge_userinfo(userinfo(json!({ "locale": "de" })));
    let mut later = known.refreshed(verified(&without(claims(), "email_verified")));
    later.merge_userinfo(userinfo(json!({ "role": "staff" })));
    assert_eq!(later.get_from(ClaimSource::IdToken, &path("role")), Some(&json!("restricted")));
    assert_eq!(later.get_from(ClaimSource::IdToken, &path("locale")), None);
    assert_eq!(later.get(&path("role")), Some(&json!("staff")), "the newest word of any");
    let other = with(without(claims(), "email_verified"), "email", json!("new@example.com"));
    let other = later.refreshed(verified(&other));
    assert_eq!(other.get_from(ClaimSource::IdToken, &path("email_verified")), None, "of the address before");
}

#[test]
fn that_an_address_was_verified_is_said_of_that_address() {
    let unverified = without(claims(), "email_verified");
    let mut known = verified(&unverified);
    known.merge_access_token(Some(&said(json!({ "email": "other@example.com", "email_verified": true }))));
    assert!(!known.as_json().contains_key("email_verified"));
    let mut same = verified(&unverified);
    same.merge_access_token(Some(&said(json!({ "email": "jane@example.com", "email_verified": true }))));
    assert_eq!(same.as_json()["email_verified"], true);
}

#[test]
fn each_source_is_asked_by_itself() {
    let path = |text| ClaimPath::parse(text).unwrap();
    let mut known = verified(&with(claims(), "team", json!("id")));
    known.keep_id_token();
    let info = userinfo(json!({ "team": "info", "locale": "de" }));
    known.keep_userinfo(&info);
    known.merge_userinfo(info);
    known.keep_access_token(Some(&said(json!({ "team": "access" }))));
    let team = |claims: &Claims, source| claims.get_from(source, &path("team")).cloned();
    assert_eq!(team(&known, ClaimSource::Any), Some(json!("id")));
    assert_eq!(team(&known, ClaimSource::IdToken), Some(json!("id")));
    assert_eq!(team(&known, ClaimSource::Userinfo), Some(json!("info")));
    assert_eq!(team(&known, ClaimSource::AccessToken), Some(json!("access")));
    assert_eq!(known.get_from(ClaimSource::IdToken, &path("locale")), None);
    assert_eq!(
        known.get_from(ClaimSource::AccessToken, &path("realm_access.roles")),
        Some(&json!(["admin"]))
    );
    // They go on over a refresh that brings nothing new of them.
    let later = known.refreshed(verified(&claims()));
    assert_eq!(team(&later, ClaimSource::Userinfo), Some(json!("info")));
    assert_eq!(team(&later, ClaimSource::IdToken), Some(json!("id")));
    // Where there is only one source, it stands for each.
    let supposed = Claims::supposed(json!({ "team": "x" }).as_object().unwrap().clone(), "https://i", now());
    assert_eq!(team(&supposed, ClaimSource::Userinfo), Some(json!("x")));
}
