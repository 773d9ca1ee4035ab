//! Whether an access token that was believed is enough for a request (V-BT-10, V-BT-11, F-22, RFC 9470).

use std::sync::Arc;

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use http::HeaderName;
use serde_json::{Value, json};
use vestibule::config::Client;
use vestibule::config::bearer::{BearerTokens, Dpop, DpopNonce};
use vestibule::config::rule::{BearerPolicy, Rule};
use vestibule::gate::bearer::{Admitted, Shown, judge_scheme, needs_proof};
use vestibule::gate::presented::{Presented, read};

use super::decide::forwarded;
use super::headers;
use super::policy::written;
use super::token::{NOW, accepting, access_token, client_with, issuer, now, pair, public, sign_by, tokens};

/// What a token of `main` says to a rule, in one word.
fn enough(claims: Value, rule: &Rule) -> &'static str {
    enough_where_each_needs(&[], claims, rule)
}

fn enough_where_each_needs(scopes: &[&str], claims: Value, rule: &Rule) -> &'static str {
    let mut main = issuer("main", "https://id.example.test");
    main.scopes = texts(scopes);
    let admitted = Admitted::new(access_token(claims), &client_with(tokens()), &Arc::new(main)).unwrap();
    admitted.judge(rule, now()).map_or_else(|refusal| refusal.code(), |()| "enough")
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

/// V-BT-10: RFC 6749 section 3.3: single spaces between, compared byte for byte.
#[test]
fn a_scope_is_had_as_a_whole_or_not_at_all() {
    let rule = Rule { scopes: texts(&["admin"]), ..accepting() };
    for (scope, expected) in [
        ("admin", "enough"),
        ("read admin", "enough"),
        ("admin read", "enough"),
        ("read admin write", "enough"),
        ("admin2", "bearer_scope"),
        ("admi", "bearer_scope"),
        ("Admin", "bearer_scope"),
        ("ADMIN", "bearer_scope"),
        ("admin:read", "bearer_scope"),
        ("xadmin", "bearer_scope"),
        ("read,admin", "bearer_scope"),
        ("admin,", "bearer_scope"),
        ("read\tadmin", "bearer_scope"),
        ("", "bearer_scope"),
        (" ", "bearer_scope"),
    ] {
        assert_eq!(enough(json!({ "scope": scope }), &rule), expected, "{scope:?}");
    }
    assert_eq!(enough(json!({}), &rule), "bearer_scope");
    // Where `scp` stands in its place, each item is one scope, whatever is in it.
    assert_eq!(enough(json!({ "scp": ["read", "admin"] }), &rule), "enough");
    assert_eq!(enough(json!({ "scp": ["read admin"] }), &rule), "bearer_scope");
    // Roles and groups are no scopes.
    assert_eq!(enough(json!({ "roles": ["admin"], "groups": ["admin"] }), &rule), "bearer_scope");
}

/// V-BT-10: the issuer's, the rule's, and one of those of which one is enough.
#[test]
fn all_scopes_are_needed_but_those_of_which_one_is_enough() {
    let rule = Rule { scopes: texts(&["b"]), any_scope: texts(&["c", "d"]), ..accepting() };
    for (scope, expected) in [
        ("a b c", "enough"),
        ("a b d", "enough"),
        ("d c b a", "enough"),
        ("a b", "bearer_scope"),
        ("a c", "bearer_scope"),
        ("b c", "bearer_scope"),
        ("c d", "bearer_scope"),
        ("a b cd", "bearer_scope"),
    ] {
        assert_eq!(enough_where_each_needs(&["a"], json!({ "scope": scope }), &rule), expected, "{scope}");
    }
    assert_eq!(enough(json!({}), &accepting()), "enough", "nothing is needed");
}

/// RFC 6750 section 3.1: the challenge says what is needed, so the refusal holds all of it.
#[test]
fn a_refusal_names_the_scopes_that_are_needed() {
    let needed = |rule: &Rule| {
        let mut main = issuer("main", "https://id.example.test");
        main.scopes = texts(&["a"]);
        let token = access_token(json!({ "scope": "a b" }));
        let admitted = Admitted::new(token, &client_with(tokens()), &Arc::new(main)).unwrap();
        match admitted.judge(rule, now()).unwrap_err() {
            vestibule::gate::refusal::Refusal::BearerScope { needed } => needed,
            other => panic!("{other}"),
        }
    };
    assert_eq!(needed(&Rule { scopes: texts(&["b", "x"]), ..accepting() }), ["a", "b", "x"]);
    assert_eq!(needed(&Rule { any_scope: texts(&["x", "y"]), ..accepting() }), ["x", "y"]);
}

#[test]
fn a_rule_takes_the_tokens_of_the_issuers_that_it_names() {
    for (issuers, expected) in [
        (&[][..], "enough"),
        (&["main"], "enough"),
        (&["other", "main"], "enough"),
        (&["other"], "bearer_issuer"),
        (&["Main"], "bearer_issuer"),
        (&["mai"], "bearer_issuer"),
    ] {
        let rule = Rule { issuers: texts(issuers), ..accepting() };
        assert_eq!(enough(json!({}), &rule), expected, "{issuers:?}");
    }
}

/// RFC 9470 section 4: how the person was authenticated, and when.
#[test]
fn a_rule_can_ask_how_and_when_the_person_was_authenticated() {
    let refused = "bearer_authentication";
    let rule = Rule { acr_values: texts(&["mfa", "hwk"]), ..accepting() };
    for (acr, expected) in [
        (json!("mfa"), "enough"),
        (json!("hwk"), "enough"),
        (json!("pwd"), refused),
        (json!("MFA"), refused),
        (json!("mfa hwk"), refused),
        (json!(""), refused),
        (json!(null), refused),
    ] {
        assert_eq!(enough(json!({ "acr": acr }), &rule), expected, "{acr}");
    }
    let rule = Rule { max_age: Some(Duration::from_secs(100)), ..accepting() };
    for (at, expected) in [
        (json!(NOW), "enough"),
        (json!(NOW - 100), "enough"),
        (json!(NOW - 101), refused),
        (json!(0), refused),
        (json!(null), refused),
        // The issuer's clock may be ahead, but nobody signs in tomorrow.
        (json!(NOW + 300), "enough"),
        (json!(NOW + 301), refused),
    ] {
        assert_eq!(enough(json!({ "auth_time": at }), &rule), expected, "{at}");
    }
    let both = Rule { acr_values: texts(&["mfa"]), max_age: Some(Duration::from_secs(100)), ..accepting() };
    assert_eq!(enough(json!({ "acr": "mfa", "auth_time": NOW }), &both), "enough");
    assert_eq!(enough(json!({ "acr": "mfa" }), &both), refused);
    assert_eq!(enough(json!({ "auth_time": NOW }), &both), refused);
}

/// A request that presents a token in that scheme, with those further headers.
fn bound(claims: Value, scheme: &str, tokens: &BearerTokens, further: &[(&str, &str)]) -> &'static str {
    let client = client_with(tokens.clone());
    let admitted = Admitted::new(access_token(claims), &client, &tokens.issuers[0]).unwrap();
    let authorization = format!("{scheme} {TOKEN}");
    let headers = headers(&[&[("authorization", authorization.as_str())], further].concat());
    let Ok(Presented::Token(presented)) = read(&headers) else { panic!("no token") };
    // As the server does it: nothing is shown where nothing has to be.
    if let Err(refusal) = judge_scheme(presented, tokens) {
        return refusal.code();
    }
    let request = forwarded("GET", "https", "app.example.test", "/a?b");
    let shown = Shown {
        tokens,
        headers: &headers,
        forwarded: &request,
        url: &"https://app.example.test/a".parse().unwrap(),
        now: now(),
        leeway: Duration::from_secs(60),
        is_our_nonce: &|nonce| nonce == "ours",
    };
    let judged = admitted.judge_binding(presented, &shown);
    if admitted.is_bearer_token() && !needs_proof(presented, tokens) {
        assert!(judged.is_ok(), "what nobody judges must be good");
    }
    match judged {
        Ok(Some(_)) => "proven",
        Ok(None) => "taken",
        Err(refusal) => refusal.code(),
    }
}

/// A proof for that request by a caller's key.
fn proof(seed: u8, change: Value) -> String {
    let hash = BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, TOKEN.as_bytes()));
    let mut claims = json!({
        "jti": "one", "htm": "GET", "htu": "https://app.example.test/a", "iat": NOW, "ath": hash,
    });
    claims.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    let header = json!({ "typ": "dpop+jwt", "alg": "EdDSA", "jwk": public(&pair(seed)) });
    sign_by(&pair(seed), &header, &claims)
}

/// `cnf` for the key of a caller (RFC 9449 section 6.1).
fn jkt(seed: u8) -> Value {
    // RFC 7638 section 3: members in the order of their names.
    let key = public(&pair(seed));
    let text = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":{}}}"#, key["x"]);
    json!({ "cnf": { "jkt": BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, text.as_bytes())) } })
}

/// V-BT-11, F-22: RFC 9449 sections 7.1 and 7.2.
#[test]
fn a_token_that_is_bound_to_a_key_comes_with_it_or_not_at_all() {
    let good = proof(1, json!({}));
    let other = proof(2, json!({}));
    let none = json!({});
    let with = |proof: &'static str| vec![("dpop", proof)];
    let (good, other): (&'static str, &'static str) = (good.leak(), other.leak());
    /// Setting, scheme, whether bound, what is shown, answer.
    type Row<'a> = (Dpop, &'a str, &'a Value, Vec<(&'a str, &'a str)>, &'a str);
    let key = jkt(1);
    let table: Vec<Row<'_>> = vec![
        (Dpop::Off, "Bearer", &none, vec![], "taken"),
        (Dpop::Off, "Bearer", &key, vec![], "dpop_as_bearer"),
        (Dpop::Off, "Bearer", &key, with(good), "dpop_as_bearer"),
        (Dpop::Off, "DPoP", &none, with(good), "dpop_off"),
        (Dpop::Off, "DPoP", &key, with(good), "dpop_off"),
        (Dpop::Accepted, "Bearer", &none, vec![], "taken"),
        (Dpop::Accepted, "Bearer", &none, with(good), "taken"),
        (Dpop::Accepted, "Bearer", &key, vec![], "dpop_as_bearer"),
        (Dpop::Accepted, "Bearer", &key, with(good), "dpop_as_bearer"),
        (Dpop::Accepted, "DPoP", &none, with(good), "dpop_unbound"),
        (Dpop::Accepted, "DPoP", &key, with(good), "proven"),
        (Dpop::Accepted, "DPoP", &key, with(other), "dpop_proof_other_key"),
        (Dpop::Accepted, "DPoP", &key, vec![], "dpop_proof_missing"),
        (Dpop::Accepted, "DPoP", &key, with(""), "dpop_proof_missing"),
        (Dpop::Accepted, "DPoP", &key, vec![("dpop", good), ("dpop", good)], "dpop_proof_twice"),
        (Dpop::Accepted, "DPoP", &key, with("junk"), "dpop_proof_unreadable"),
        (Dpop::Required, "Bearer", &none, vec![], "dpop_needed"),
        (Dpop::Required, "Bearer", &none, with(good), "dpop_needed"),
        (Dpop::Required, "Bearer", &key, with(good), "dpop_as_bearer"),
        (Dpop::Required, "DPoP", &none, with(good), "dpop_unbound"),
        (Dpop::Required, "DPoP", &key, with(good), "proven"),
        (Dpop::Required, "DPoP", &key, with(other), "dpop_proof_other_key"),
    ];
    for (dpop, scheme, claims, shown, expected) in table {
        let tokens = BearerTokens { dpop, ..tokens() };
        assert_eq!(bound(claims.clone(), scheme, &tokens, &shown), expected, "{dpop:?} {scheme} {claims}");
    }
}

/// RFC 9449 section 4.3: the proof is for this request and this token.
#[test]
fn a_proof_is_for_this_request_and_this_token() {
    let tokens = BearerTokens { dpop: Dpop::Accepted, ..tokens() };
    for (change, expected) in [
        (json!({ "htm": "POST" }), "dpop_proof_method"),
        (json!({ "htu": "https://app.example.test/b" }), "dpop_proof_url"),
        (json!({ "htu": "https://evil.example/a" }), "dpop_proof_url"),
        (json!({ "htu": "http://app.example.test/a" }), "dpop_proof_url"),
        (json!({ "ath": "x" }), "dpop_proof_token"),
        (json!({ "iat": NOW - 121 }), "dpop_proof_time"),
        (json!({ "iat": NOW + 61 }), "dpop_proof_time"),
        (json!({ "iat": NOW - 119 }), "proven"),
        (json!({ "nonce": "anything" }), "proven"),
    ] {
        assert_eq!(
            bound(jkt(1), "DPoP", &tokens, &[("dpop", &proof(1, change.clone()))]),
            expected,
            "{change}"
        );
    }
    let tokens = BearerTokens { dpop_nonce: DpopNonce::Required, ..tokens };
    for (change, expected) in [
        (json!({}), "dpop_nonce"),
        (json!({ "nonce": "theirs" }), "dpop_nonce"),
        (json!({ "nonce": "ours" }), "proven"),
    ] {
        assert_eq!(
            bound(jkt(1), "DPoP", &tokens, &[("dpop", &proof(1, change.clone()))]),
            expected,
            "{change}"
        );
    }
}

/// V-BT-11: RFC 8705 section 3.
#[test]
fn a_token_that_is_bound_to_a_certificate_comes_with_it_or_not_at_all() {
    let der = [0x30, 0x03, 1, 2, 3];
    let (own, other) = (format!(":{}:", BASE64_STANDARD.encode(der)), ":MAMBAgQ=:");
    let claims = json!({ "cnf": { "x5t#S256": BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, &der)) } });
    let off = tokens();
    let on = BearerTokens { certificate_header: Some(HeaderName::from_static("client-cert")), ..tokens() };
    let own = own.as_str();
    let table = [
        ("right", &on, vec![("client-cert", own)], "taken"),
        ("missing", &on, vec![], "bearer_certificate_missing"),
        ("empty", &on, vec![("client-cert", "")], "bearer_certificate_missing"),
        ("another", &on, vec![("client-cert", other)], "bearer_certificate_other"),
        ("junk", &on, vec![("client-cert", "junk!")], "bearer_certificate_unreadable"),
        ("twice", &on, vec![("client-cert", own), ("client-cert", own)], "bearer_certificate_twice"),
        ("own first", &on, vec![("client-cert", own), ("client-cert", other)], "bearer_certificate_twice"),
        ("in another header", &on, vec![("x-client-cert", own)], "bearer_certificate_missing"),
        ("no header is named", &off, vec![("client-cert", own)], "bearer_binding"),
    ];
    for (name, tokens, shown, expected) in table {
        assert_eq!(bound(claims.clone(), "Bearer", tokens, &shown), expected, "{name}");
    }
    // A certificate beside a token that is bound to none changes nothing.
    assert_eq!(bound(json!({}), "Bearer", &on, &[("client-cert", other)]), "taken");
    // Both bindings: each has to be shown.
    let mut both = jkt(1);
    both["cnf"]["x5t#S256"] = claims["cnf"]["x5t#S256"].clone();
    let on = BearerTokens { dpop: Dpop::Accepted, ..on };
    let good = proof(1, json!({}));
    assert_eq!(bound(both.clone(), "DPoP", &on, &[("dpop", &good), ("client-cert", own)]), "proven");
    assert_eq!(bound(both.clone(), "DPoP", &on, &[("dpop", &good)]), "bearer_certificate_missing");
    assert_eq!(bound(both.clone(), "DPoP", &on, &[("client-cert", own)]), "dpop_proof_missing");
    assert_eq!(bound(both, "Bearer", &on, &[("client-cert", own)]), "dpop_as_bearer");
}

/// V-BT-11: RFC 7800 section 3.1: what cannot be checked was not shown.
#[test]
fn a_token_that_is_bound_to_something_unknown_is_refused() {
    let tokens = BearerTokens { dpop: Dpop::Accepted, ..tokens() };
    let good = proof(1, json!({}));
    for cnf in
        [json!({}), json!({ "jwk": {} }), json!({ "kid": "x" }), json!({ "x5t": "x" }), json!({ "osc": 1 })]
    {
        for scheme in ["Bearer", "DPoP"] {
            let claims = json!({ "cnf": cnf });
            assert_eq!(
                bound(claims, scheme, &tokens, &[("dpop", &good)]),
                "bearer_binding",
                "{cnf} {scheme}"
            );
        }
    }
    let mut beside = jkt(1);
    beside["cnf"]["kid"] = "x".into();
    assert_eq!(bound(beside, "DPoP", &tokens, &[("dpop", &good)]), "bearer_binding");
}

/// Only what is bound to nothing, and need not be, may go unjudged.
#[test]
fn a_token_says_whether_it_is_bound() {
    let of = |claims: Value| {
        Admitted::new(access_token(claims), &client_with(tokens()), &tokens().issuers[0]).unwrap()
    };
    assert!(of(json!({})).is_bearer_token());
    assert!(!of(jkt(1)).is_bearer_token());
    assert!(!of(json!({ "cnf": {} })).is_bearer_token());
    let some = |scheme: &str| headers(&[("authorization", &format!("{scheme} x"))]);
    for (scheme, dpop, expected) in [
        ("Bearer", Dpop::Off, false),
        ("Bearer", Dpop::Accepted, false),
        ("Bearer", Dpop::Required, true),
        ("DPoP", Dpop::Off, true),
        ("DPoP", Dpop::Accepted, true),
        ("DPoP", Dpop::Required, true),
    ] {
        let headers = some(scheme);
        let Ok(Presented::Token(token)) = read(&headers) else { panic!("no token") };
        let tokens = BearerTokens { dpop, ..tokens() };
        assert_eq!(needs_proof(token, &tokens), expected, "{scheme} {dpop:?}");
    }
}

/// What is remembered of a token is told apart by its issuer and known to end.
#[test]
fn what_is_known_of_a_token_is_what_it_said() {
    let admitted =
        Admitted::new(access_token(json!({})), &client_with(tokens()), &tokens().issuers[0]).unwrap();
    assert_eq!(admitted.issuer(), "main");
    assert_eq!(admitted.expires().map(|at| at.seconds()), Some(NOW + 300));
    let large = access_token(json!({ "scope": "a".repeat(1000), "email": "b".repeat(1000) }));
    let large = Admitted::new(large, &client_with(tokens()), &tokens().issuers[0]).unwrap();
    assert!(large.size() >= admitted.size() + 2000);
    // Five thousand scopes of one letter fit a token; each is a text of its own.
    let many = access_token(json!({ "scope": "a ".repeat(5000) }));
    let many = Admitted::new(many, &client_with(tokens()), &tokens().issuers[0]).unwrap();
    assert!(many.size() >= 5000 * (24 + 32), "{}", many.size());
    let long = access_token(json!({ "acr": "a".repeat(8000) }));
    assert!(Admitted::new(long, &client_with(tokens()), &tokens().issuers[0]).unwrap().size() >= 8000);
    let printed = format!("{large:?}");
    assert!(!printed.contains("bbbb") && !printed.contains("user-1"), "{printed}");
}

/// The access token in the header: what a proof is bound to is its text.
const TOKEN: &str = "a.token.of-a_program";

/// R-13.4: what a rule requires is held against the claims of a token as against those of a session; a machine has none of a
/// person's (RFC 9068 section 5).
#[test]
fn what_a_rule_requires_is_required_of_tokens_too() {
    let mut rule = Rule {
        bearer: BearerPolicy::Accepted,
        ..written("[{ require: { groups: { any: [admins] }, email: { present: true } } }]").rules[0].clone()
    };
    rule.number = Some(1);
    let client = Client { rules: vec![rule.clone(), accepting()], ..client_with(tokens()) };
    let judged = |claims: Value| {
        let main = Arc::new(issuer("main", "https://id.example.test"));
        let admitted = Admitted::new(access_token(claims), &client, &main).unwrap();
        let elsewhere =
            admitted.judge(&client.rules[1], now()).map_or_else(|refusal| refusal.code(), |()| "enough");
        assert_eq!(elsewhere, "enough", "another rule requires nothing");
        admitted.judge(&rule, now()).map_or_else(|refusal| refusal.code(), |()| "enough")
    };
    for (claims, expected) in [
        (json!({ "groups": ["admins"], "email": "a@example.test", "email_verified": true }), "enough"),
        (json!({ "groups": ["staff"], "email": "a@example.test", "email_verified": true }), "not_member"),
        (json!({ "email": "a@example.test", "email_verified": true }), "no_such_claim"),
        (json!({ "groups": ["admins"] }), "no_such_claim"),
        (
            json!({ "groups": ["admins"], "email": "a@example.test", "email_verified": true, "sub": "program" }),
            "no_such_claim",
        ),
    ] {
        assert_eq!(judged(claims.clone()), expected, "{claims}");
    }
}
