//! RFC 9068 sections 2.2, 2.2.1 to 2.2.3 and 5, RFC 6749 section 3.3: what is read out of an access token, and who it is about.

use serde_json::{Value, json};
use vestibule::protocol::access_token::{AccessTokenFault, Bearer, Binding, Profile};
use vestibule::protocol::timestamp::Timestamp;

use crate::access_tokens::{CLIENT, Held, PROFILES, claims, said};
use crate::signer::{with, without};
use crate::world::{ISSUER, NOW};

const STRICT: Profile = Profile::Rfc9068;

fn strict() -> Held {
    Held::to(STRICT)
}

#[test]
fn what_a_token_says_is_read() {
    let token = with(with(claims(STRICT), "acr", json!("phr")), "auth_time", json!(NOW - 30));
    let token = with(token, "groups", json!(["staff"]));
    let taken = strict().taken(&token);
    assert_eq!((taken.claims.issuer(), taken.claims.sub()), (ISSUER, "a1"));
    assert_eq!(Value::Object(taken.claims.as_json().clone()), token, "every claim is handed on as it came");
    assert_eq!(taken.scopes, ["read", "write"]);
    assert_eq!(taken.client_id.as_deref(), Some(CLIENT));
    assert_eq!((taken.bearer, taken.binding), (Bearer::Person, Binding::default()));
    assert_eq!(taken.expires, Some(Timestamp::from_seconds(NOW + 300)));
    assert_eq!(taken.claims.expires_at(), Timestamp::from_seconds(NOW + 300));
    assert_eq!(
        (taken.acr.as_deref(), taken.auth_time),
        (Some("phr"), Some(Timestamp::from_seconds(NOW - 30)))
    );
    assert!(taken.has_scope("read") && !taken.has_scope("rea") && !taken.has_scope("read write"));
    let bare = strict().taken(&without(claims(STRICT), "scope"));
    assert_eq!((bare.acr, bare.auth_time, bare.scopes), (None, None, Vec::<String>::new()));
    // What is secret or personal is not in a log by accident.
    assert!(!format!("{taken:?}").contains("staff"));
}

/// V-BT-9. Section 2.2, and OpenID Connect Core 1.0 section 2: who somebody is, as for ID tokens.
#[test]
fn sub_is_a_text_of_at_most_255_printable_characters() {
    for profile in PROFILES {
        let held = Held::to(profile);
        let needed = "1 to 255 printable ASCII characters";
        for sub in
            ["x".repeat(256), "jané".to_owned(), "a\n1".to_owned(), "a\u{7f}".to_owned(), "a\t".to_owned()]
        {
            let sub = json!(sub);
            let unfit = AccessTokenFault::Form { claim: "sub", needed };
            assert_eq!(
                held.verify(&held.sign(&with(claims(profile), "sub", sub.clone()))).unwrap_err(),
                unfit
            );
            assert_eq!(held.introspected(&with(said(), "sub", sub)).unwrap_err(), unfit);
        }
        for sub in ["x".repeat(255), " ".to_owned(), "~".to_owned(), "a b".to_owned()] {
            assert_eq!(held.taken(&with(claims(profile), "sub", json!(sub))).claims.sub(), sub);
            assert_eq!(held.code_of_introspected(&with(said(), "sub", json!(sub))), None);
        }
        assert_eq!(held.code_of_introspected(&with(said(), "sub", json!(""))), Some("bearer_claim_form"));
    }
}

/// V-BT-9. Section 2.2: "client_id"; others call it `azp` (OpenID Connect), `cid` (Okta) or `appid` (Entra ID).
#[test]
fn whom_a_token_was_issued_to_is_read_by_any_of_its_names() {
    let held = Held::to(Profile::Jwt);
    let bare = without(claims(Profile::Jwt), "azp");
    for name in ["client_id", "azp", "cid", "appid"] {
        let taken = held.taken(&with(bare.clone(), name, json!("c1")));
        assert_eq!(taken.client_id.as_deref(), Some("c1"), "{name}");
        for unfit in [json!(""), json!(null), json!(7), json!(["c1"])] {
            let code = held.code_of(&with(bare.clone(), name, unfit.clone()));
            assert_eq!(code, Some("bearer_claim_form"), "{name}: {unfit}");
        }
    }
    let all = json!({ "appid": "4", "cid": "3", "azp": "2", "client_id": "1" });
    let mut token = bare.clone();
    token.as_object_mut().unwrap().extend(all.as_object().unwrap().clone());
    for (name, client) in [("client_id", "1"), ("azp", "2"), ("cid", "3"), ("appid", "4")] {
        assert_eq!(held.taken(&token).client_id.as_deref(), Some(client), "the first name that is there");
        token = without(token, name);
    }
    assert_eq!(held.taken(&token).client_id, None);
    // A platform gives its tokens to nobody but the workload itself.
    let workload = Held::to(Profile::Workload);
    let taken = workload.taken(&claims(Profile::Workload));
    assert_eq!(taken.client_id.as_deref(), Some("repo:acme/shop:ref:refs/heads/main"));
    let taken = workload.taken(&with(claims(Profile::Workload), "azp", json!("c1")));
    assert_eq!(taken.client_id.as_deref(), Some("c1"));
}

/// V-BT-9: a list of clients.
#[test]
fn where_clients_are_listed_every_name_that_a_token_has_is_on_the_list() {
    for profile in PROFILES {
        let held = Held::to(profile).of_clients(&["c0", "c1"]);
        let bare = ["azp", "client_id"].iter().fold(claims(profile), |mut claims, name| {
            claims.as_object_mut().unwrap().remove(*name);
            claims
        });
        // RFC 9068 needs `client_id` in any case.
        let base =
            if profile == STRICT { with(bare.clone(), "client_id", json!("c0")) } else { bare.clone() };
        for name in ["client_id", "azp", "cid", "appid"] {
            assert_eq!(held.code_of(&with(base.clone(), name, json!("c1"))), None, "{name}, {profile:?}");
            for other in ["c2", "C1", "c1 ", "c", "c0 c1"] {
                let token = held.sign(&with(base.clone(), name, json!(other)));
                let fault = held.verify(&token).unwrap_err();
                assert_eq!(fault, AccessTokenFault::Client { found: Some(other.to_owned()) }, "{name}");
                assert_eq!(fault.code(), "bearer_client");
            }
            let mixed = with(with(base.clone(), "client_id", json!("c1")), name, json!("c2"));
            assert_eq!(held.code_of(&mixed), Some("bearer_client"), "{name}, {profile:?}");
        }
        if profile != STRICT {
            let fault = held.verify(&held.sign(&bare)).unwrap_err();
            // A workload without any of the names is its own client.
            let found = (profile == Profile::Workload).then(|| bare["sub"].as_str().unwrap().to_owned());
            assert_eq!((&fault, fault.code()), (&AccessTokenFault::Client { found }, "bearer_client"));
        }
    }
}

/// V-BT-10. RFC 6749 section 3.3: "a list of space-delimited, case-sensitive strings"; Okta and Entra ID write `scp`.
#[test]
fn scopes_are_split_at_blanks_and_nowhere_else() {
    for profile in PROFILES {
        let held = Held::to(profile);
        let none: [&str; 0] = [];
        for (claim, value, scopes) in [
            ("scope", json!("read"), &["read"][..]),
            ("scope", json!("read write"), &["read", "write"]),
            ("scope", json!("  read   write "), &["read", "write"]),
            ("scope", json!("read,write"), &["read,write"]),
            ("scope", json!("read\twrite\n"), &["read\twrite\n"]),
            ("scope", json!("admin2 Admin"), &["admin2", "Admin"]),
            ("scope", json!(""), &none),
            ("scope", json!(" "), &none),
            ("scp", json!("read write"), &["read", "write"]),
            ("scp", json!(["read", "write"]), &["read", "write"]),
            ("scp", json!(["read write"]), &["read write"]),
            ("scp", json!([]), &none),
            ("scp", json!(""), &none),
        ] {
            let bare = with(without_scope(profile), claim, value.clone());
            let taken = held.taken(&bare);
            assert_eq!(taken.scopes, scopes, "{claim}: {value}");
            let asked = without(said(), "scope");
            assert_eq!(held.introspected(&with(asked, claim, value)).unwrap().scopes, scopes);
            assert!(scopes.iter().all(|scope| taken.has_scope(scope)) && !taken.has_scope("admin"));
        }
        for (claim, value) in [
            ("scope", json!(["read", "write"])),
            ("scope", json!(null)),
            ("scope", json!(1)),
            ("scope", json!({ "read": true })),
            ("scp", json!(null)),
            ("scp", json!(1)),
            ("scp", json!(["read", 1])),
            ("scp", json!([["read"]])),
            ("scp", json!({ "read": true })),
        ] {
            let code = held.code_of(&with(without_scope(profile), claim, value.clone()));
            assert_eq!(code, Some("bearer_claim_form"), "{claim}: {value}, {profile:?}");
        }
        let both = with(with(without_scope(profile), "scope", json!("read")), "scp", json!(["admin"]));
        assert_eq!(held.taken(&both).scopes, ["read"], "the name of the standard goes first");
        assert!(held.taken(&without_scope_but_said(profile)).scopes.is_empty());
    }
}

fn without_scope(profile: Profile) -> Value {
    let mut claims = claims(profile);
    claims.as_object_mut().unwrap().remove("scope");
    claims
}

/// With something else that says what it is.
fn without_scope_but_said(profile: Profile) -> Value {
    with(without_scope(profile), "client_id", json!(CLIENT))
}

/// V-BT-9. Section 2.2: "In cases of access tokens obtained through grants where no resource owner is involved, such as the client
/// credentials grant, the value of "sub" SHOULD correspond to an identifier the authorization server uses to indicate the client
/// application"; section 5: that may be the same text as a person's.
#[test]
fn a_token_that_is_about_its_client_is_a_machines() {
    let who = |held: &Held, claims: &Value| held.taken(claims).bearer;
    for profile in [STRICT, Profile::Jwt] {
        let held = Held::to(profile);
        let usual = || claims(profile);
        for (name, claims, bearer) in [
            ("a person", usual(), Bearer::Person),
            ("sub is the client", with(usual(), "sub", json!(CLIENT)), Bearer::Machine),
            ("sub in other letters", with(usual(), "sub", json!("Reporting")), Bearer::Person),
            ("Auth0", with(usual(), "gty", json!("client-credentials")), Bearer::Machine),
            ("Auth0, a person", with(usual(), "gty", json!("password")), Bearer::Person),
            ("Entra ID", with(usual(), "idtyp", json!("app")), Bearer::Machine),
            ("Entra ID, a person", with(usual(), "idtyp", json!("user")), Bearer::Person),
            ("a word of another kind", with(usual(), "idtyp", json!(["app"])), Bearer::Person),
            (
                "one of several names",
                with(with(usual(), "cid", json!("a1")), "azp", json!("x")),
                Bearer::Machine,
            ),
            ("appid", with(usual(), "appid", json!("a1")), Bearer::Machine),
        ] {
            assert_eq!(who(&held, &claims), bearer, "{name}, {profile:?}");
        }
    }
    // Nobody is named at all.
    let held = Held::to(Profile::Jwt);
    let taken = held.taken(&without(claims(Profile::Jwt), "sub"));
    assert_eq!(
        (taken.bearer, taken.claims.sub(), taken.client_id.as_deref()),
        (Bearer::Machine, "", Some(CLIENT))
    );
    let asked = held.introspected(&without(said(), "sub")).unwrap();
    assert_eq!((asked.bearer, asked.claims.sub()), (Bearer::Machine, ""));
    assert_eq!(held.introspected(&with(said(), "sub", json!(CLIENT))).unwrap().bearer, Bearer::Machine);
    assert_eq!(held.introspected(&said()).unwrap().bearer, Bearer::Person);
    // A workload is never a person, whatever it is called.
    let held = Held::to(Profile::Workload);
    for claims in [claims(Profile::Workload), with(claims(Profile::Workload), "azp", json!("c1"))] {
        assert_eq!(who(&held, &claims), Bearer::Machine);
        assert_eq!(who(&held, &with(claims, "sub", json!("a1"))), Bearer::Machine);
    }
}

/// RFC 9470 section 5: how and when somebody was authenticated.
#[test]
fn acr_and_auth_time_are_of_their_kind() {
    for profile in PROFILES {
        let held = Held::to(profile);
        for value in [json!(null), json!(2), json!(["phr"])] {
            assert_eq!(held.code_of(&with(claims(profile), "acr", value.clone())), Some("bearer_claim_form"));
            assert_eq!(held.code_of_introspected(&with(said(), "acr", value)), Some("bearer_claim_form"));
        }
        assert_eq!(
            held.introspected(&with(said(), "acr", json!("phr"))).unwrap().acr.as_deref(),
            Some("phr")
        );
        let at = held.taken(&with(claims(profile), "auth_time", json!(NOW - 5))).auth_time;
        assert_eq!(at, Some(Timestamp::from_seconds(NOW - 5)));
    }
}
