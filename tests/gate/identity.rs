//! Claims to headers, with values of a hostile directory.

use std::sync::Arc;

use percent_encoding::percent_decode_str;
use proptest::prelude::*;
use serde_json::{Value, json};
use vestibule::config::bearer::{BearerIssuer, BearerTokens, Whose};
use vestibule::config::{Client, EmailVerified};
use vestibule::gate::identity::{Identity, MAX_IDENTITY};
use vestibule::gate::refusal::Refusal;
use vestibule::protocol::claims::Claims;
use vestibule::protocol::jwt::{DEFAULT_LEEWAY, IdTokenExpected, verify};
use vestibule::protocol::registration::SigningAlgorithm;
use vestibule::protocol::timestamp::Timestamp;

use super::client;
use super::token::{access_token_of, client_with, header, issuer, keys, sign, tokens};

/// Claims as they are made everywhere: out of a signed ID token.
pub(super) fn claims(extra: Value) -> Claims {
    let mut payload = json!({
        "iss": "https://id.example.test", "sub": "user-1", "aud": "vestibule",
        "exp": 2_000_000_300_u64, "iat": 2_000_000_000_u64, "nonce": "n",
    });
    payload.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    let token = sign(&json!({ "alg": "EdDSA" }), &payload);
    let expected = IdTokenExpected {
        issuer: &client().issuer,
        client_id: "vestibule",
        audiences: &[],
        nonce: Some("n"),
        algorithm: SigningAlgorithm::EdDsa,
        now: Timestamp::from_seconds(2_000_000_001),
        leeway: DEFAULT_LEEWAY,
        access_token: None,
    };
    verify(&token, &keys(), &expected).unwrap()
}

fn identity(extra: Value) -> Result<Identity, Refusal> {
    Identity::from_claims(&claims(extra), &client())
}

/// The value of `x-auth-email` for that claim.
fn email(value: Value) -> Result<String, &'static str> {
    let identity = identity(json!({ "email": value })).map_err(|refusal| refusal.code())?;
    Ok(identity.headers()[1].1.to_str().unwrap().to_owned())
}

#[test]
fn every_header_is_there_once_in_order() {
    let full =
        identity(json!({ "email": "a@example.test", "realm_access": { "roles": ["x", "y"] } })).unwrap();
    let said: Vec<_> = full.headers().iter().map(|(n, v)| format!("{n}: {}", v.to_str().unwrap())).collect();
    assert_eq!(
        said,
        ["x-auth-subject: user-1", "x-auth-email: a@example.test", "x-auth-groups: ", "x-auth-roles: x,y"]
    );
    let blank = Identity::blank(&client());
    let names =
        |identity: &Identity| identity.headers().iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&blank), names(&full));
    assert!(blank.headers().iter().all(|(_, value)| value.is_empty()));
}

#[test]
fn values_become_text_that_every_reader_reads_the_same() {
    let table = [
        (json!("plain"), "plain"),
        (json!("Jane Doe"), "Jane Doe"),
        (json!("Doe, Jane; x"), "Doe, Jane; x"),
        (json!("Zo\u{eb}"), "Zo%C3%AB"),
        (json!("\u{5c71}\u{7530}"), "%E5%B1%B1%E7%94%B0"),
        (json!("\u{1f600}"), "%F0%9F%98%80"),
        (json!("a%b"), "a%25b"),
        (json!("%C3%AB"), "%25C3%25AB"),
        (json!(" a "), "%20a%20"),
        (json!("   "), "%20%20%20"),
        (json!(""), ""),
        (json!("a\u{2028}b"), "a%E2%80%A8b"),
        (json!("a\u{85}b"), "a%C2%85b"),
        (json!("${CLIENT_SECRET} {{x}} {env.HOME}"), "${CLIENT_SECRET} {{x}} {env.HOME}"),
        (json!(12345), "12345"),
        (json!(9_007_199_254_740_993_u64), "9007199254740993"),
        (json!(-1), "-1"),
        (json!(true), "true"),
        (json!(false), "false"),
        (json!(null), ""),
        (json!([]), ""),
        (json!(["a", 1, true, null]), "a,1,true,"),
    ];
    for (value, expected) in table {
        assert_eq!(email(value.clone()).unwrap(), expected, "{value}");
    }
}

/// A reader that splits at any of the usual separators never finds an item that was not in the list.
#[test]
fn an_item_cannot_forge_another() {
    for item in [
        "a,admin",
        "a;admin",
        "a admin",
        "a, admin",
        ",admin",
        "admin,",
        "a%2Cadmin",
        " admin",
        "a\u{a0}admin",
    ] {
        let said = email(json!([item, "b"])).unwrap();
        assert!(!said.split([',', ';', ' ']).any(|word| word == "admin"), "{item:?} gave {said}");
        let first = said.split(',').next().unwrap();
        assert_eq!(percent_decode_str(first).decode_utf8().unwrap(), item);
    }
    assert_eq!(email(json!(["", "a"])).unwrap(), ",a");
}

#[test]
fn a_value_that_does_not_fit_refuses_the_login() {
    let values = [
        json!("a\r\nX-Auth-Groups: admin"),
        json!("a\nb"),
        json!("a\rb"),
        json!("a\tb"),
        json!("a\u{0}b"),
        json!("a\u{7f}b"),
        json!("\u{1f}"),
        json!(["a", "b\nc"]),
        json!({ "a": 1 }),
        json!({}),
        json!([["admin"]]),
        json!([{ "a": 1 }]),
        json!([[]]),
    ];
    for value in values {
        assert_eq!(email(value.clone()), Err("claim_unfit"), "{value}");
    }
    let refusal = identity(json!({ "email": "secret\nvalue" })).unwrap_err();
    assert!(refusal.to_string().contains("email") && !refusal.to_string().contains("secret"), "{refusal}");
}

#[test]
fn headers_beyond_the_limit_refuse_the_login() {
    assert!(email(json!("a".repeat(2000))).is_ok());
    assert_eq!(email(json!("a".repeat(3000))), Err("identity_too_large"));
    assert_eq!(email(json!("\u{e9}".repeat(600))), Err("identity_too_large"), "counted as they are sent");
    let groups: Vec<String> = (0..500).map(|number| format!("group-{number}")).collect();
    let refusal = identity(json!({ "groups": groups })).unwrap_err();
    assert_eq!(refusal.code(), "identity_too_large");
    let text = refusal.to_string();
    assert!(text.contains("3000") && !text.contains("group-"), "{text}");
}

#[test]
fn an_identity_is_never_printed() {
    let printed = format!("{:?}", identity(json!({ "email": "a@example.test" })).unwrap());
    assert!(printed.contains("x-auth-email") && !printed.contains("example.test"), "{printed}");
}

/// Name and value of each header.
fn said(identity: &Identity) -> Vec<(&str, &str)> {
    identity.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect()
}

fn of_token(client: &Client, issuer: &BearerIssuer, extra: Value) -> Result<Identity, Refusal> {
    Identity::from_token(&access_token_of(issuer, extra), client, issuer)
}

/// A client with two issuers: its own, and one with headers of its own.
fn with_two() -> (Client, BearerIssuer, BearerIssuer) {
    let mut own = issuer("main", "https://id.example.test");
    own.whose = Whose::OwnOfClient;
    own.claim_headers = client().claim_headers;
    let mut other = issuer("other", "https://other.example.test");
    other.claim_headers = vec![header("team", "x-auth-team"), header("mail", "x-auth-email")];
    let issuers = vec![Arc::new(own.clone()), Arc::new(other.clone())];
    let further_headers = vec![http::HeaderName::from_static("x-auth-team")];
    (client_with(BearerTokens { issuers, further_headers, ..tokens() }), own, other)
}

/// C-01, R-14.5: every header that any issuer fills is in every answer, once, in order, and empty where this one has nothing for it.
#[test]
fn every_header_of_every_issuer_is_there_once() {
    let (client, own, other) = with_two();
    let extra = json!({
        "email": "a@example.test", "mail": "b@example.test", "groups": ["x", "y"], "team": "red",
        "realm_access": { "roles": ["admin"] },
    });
    assert_eq!(
        said(&of_token(&client, &own, extra.clone()).unwrap()),
        [
            ("x-auth-subject", "user-1"),
            ("x-auth-issuer", "https://id.example.test"),
            ("x-auth-client", "program"),
            ("x-auth-email", "a@example.test"),
            ("x-auth-groups", "x,y"),
            ("x-auth-roles", "admin"),
            ("x-auth-team", ""),
        ]
    );
    assert_eq!(
        said(&of_token(&client, &other, extra).unwrap()),
        [
            ("x-auth-subject", "user-1"),
            ("x-auth-issuer", "https://other.example.test"),
            ("x-auth-client", "program"),
            ("x-auth-email", "b@example.test"),
            ("x-auth-groups", ""),
            ("x-auth-roles", ""),
            ("x-auth-team", "red"),
        ]
    );
    // A session has them too: what only tokens fill is empty, and whose word the rest is, is said.
    let session = Identity::from_claims(&claims(json!({ "team": "red" })), &client).unwrap();
    assert_eq!(
        said(&session),
        [
            ("x-auth-subject", "user-1"),
            ("x-auth-issuer", "https://id.example.test"),
            ("x-auth-client", ""),
            ("x-auth-email", ""),
            ("x-auth-groups", ""),
            ("x-auth-roles", ""),
            ("x-auth-team", ""),
        ]
    );
    assert_eq!(Identity::blank(&client).headers().len(), 7);
}

/// C-07: OpenID Connect Core 1.0 section 5.7: a `sub` is somebody only together with the issuer.
#[test]
fn one_sub_of_two_issuers_is_two_people() {
    let (client, own, other) = with_two();
    let user = |issuer: &BearerIssuer| {
        let identity = of_token(&client, issuer, json!({ "sub": "7" })).unwrap();
        said(&identity)[..2].iter().map(|(_, value)| (*value).to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(user(&own), ["7", "https://id.example.test"]);
    assert_eq!(user(&other), ["7", "https://other.example.test"]);
}

/// V-BT-9, R-17.5: RFC 9068 section 5: the `sub` of a machine may be the same text as that of a person.
#[test]
fn a_machine_has_no_subject_and_nothing_that_describes_a_person() {
    let (client, mut own, _) = with_two();
    own.claim_headers.extend(
        ["sub", "preferred_username", "name", "upn", "oid", "address.country"]
            .iter()
            .zip(["x-a", "x-b", "x-c", "x-d", "x-e", "x-f"])
            .map(|(claim, name)| header(claim, name)),
    );
    let further: Vec<_> = own.claim_headers.iter().skip(3).map(|mapping| mapping.header.clone()).collect();
    let tokens = BearerTokens { further_headers: further, ..client.bearer.clone().unwrap() };
    let client = Client { bearer: Some(tokens), ..client };
    let personal = json!({
        "sub": "user-1", "email": "a@example.test", "preferred_username": "ann", "name": "Ann", "upn": "ann", "oid": "1",
        "address": { "country": "NL" }, "groups": ["x"], "realm_access": { "roles": ["sync"] },
    });
    let with = |change: Value| {
        let mut claims = personal.clone();
        claims.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let identity = of_token(&client, &own, claims).unwrap();
        said(&identity).into_iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>()
    };
    let person = with(json!({}));
    assert_eq!(person[0], "x-auth-subject: user-1");
    assert_eq!(person[6..], ["x-a: user-1", "x-b: ann", "x-c: Ann", "x-d: ann", "x-e: 1", "x-f: NL"]);
    for machine in
        [json!({ "client_id": "user-1" }), json!({ "gty": "client-credentials" }), json!({ "idtyp": "app" })]
    {
        let said = with(machine.clone());
        assert_eq!(said[0], "x-auth-subject: ", "{machine}");
        assert_eq!(said[3], "x-auth-email: ", "{machine}");
        assert_eq!(said[6..], ["x-a: ", "x-b: ", "x-c: ", "x-d: ", "x-e: ", "x-f: "], "{machine}");
        // What a machine may do is no description of a person.
        assert_eq!(said[4..6], ["x-auth-groups: x", "x-auth-roles: sync"], "{machine}");
        assert!(
            said[2].starts_with("x-auth-client: ") && said[2].len() > "x-auth-client: ".len(),
            "{machine}"
        );
    }
}

/// V-ID-19: whom the client lets in counts for tokens as it does for sessions, where it can be known.
#[test]
fn whom_a_client_lets_in_counts_for_the_tokens_of_its_own_issuer() {
    let (mut client, own, other) = with_two();
    let judged = |client: &Client, issuer: &BearerIssuer, extra: Value| {
        of_token(client, issuer, extra).map_or_else(|refusal| refusal.code(), |_| "in")
    };
    client.admission.hosted_domains = vec!["example.com".to_owned()];
    assert_eq!(judged(&client, &own, json!({ "hd": "example.com" })), "in");
    assert_eq!(judged(&client, &own, json!({ "hd": "evil.example" })), "hosted_domain");
    assert_eq!(judged(&client, &own, json!({})), "hosted_domain");
    // No other issuer has hosted domains, and no machine belongs to one.
    assert_eq!(judged(&client, &other, json!({})), "in");
    assert_eq!(judged(&client, &own, json!({ "client_id": "user-1" })), "in");
    client.admission.hosted_domains.clear();

    let unverified = json!({ "email": "a@example.test", "mail": "a@example.test", "email_verified": false });
    assert_eq!(judged(&client, &own, unverified.clone()), "email_not_verified");
    // This one does not hand on `email`.
    assert_eq!(judged(&client, &other, unverified.clone()), "in");
    client.admission.email_verified = EmailVerified::Require;
    assert_eq!(judged(&client, &other, unverified.clone()), "email_not_verified");
    assert_eq!(judged(&client, &own, json!({})), "email_not_verified");
    assert_eq!(judged(&client, &own, json!({ "email_verified": true })), "in");
    assert_eq!(judged(&client, &own, json!({ "client_id": "user-1" })), "in", "a machine has no address");
    client.admission.email_verified = EmailVerified::Ignore;
    assert_eq!(judged(&client, &own, unverified), "in");
}

/// C-03, C-08: the values of tokens are held to the same as those of a login.
#[test]
fn a_token_whose_claims_do_not_fit_is_refused() {
    let (client, own, _) = with_two();
    let judged = |extra: Value| of_token(&client, &own, extra).unwrap_err().code();
    assert_eq!(judged(json!({ "email": "a\nb" })), "claim_unfit");
    assert_eq!(judged(json!({ "client_id": "a\nb" })), "claim_unfit");
    assert_eq!(judged(json!({ "groups": ["x".repeat(3000)] })), "identity_too_large");
}

proptest! {
    #[test]
    fn a_text_comes_back_or_the_login_is_refused(text in "(\\PC|[\\x00-\\x20%,]){0,60}") {
        match email(json!(text)) {
            Ok(said) => {
                prop_assert!(said.bytes().all(|byte| (b' '..0x7f).contains(&byte)));
                prop_assert!(said.len() <= MAX_IDENTITY);
                prop_assert_eq!(said.trim(), &said);
                prop_assert_eq!(percent_decode_str(&said).decode_utf8().unwrap(), text);
            }
            Err(code) => {
                prop_assert_eq!(code, "claim_unfit");
                prop_assert!(text.chars().any(|c| c.is_ascii_control()));
            }
        }
    }
}
