//! RFC 7662 sections 2.2 and 4: an issuer says that a token is active; is it an access token, for us and in time?

use serde_json::{Value, json};
use vestibule::protocol::access_token::{AccessTokenFault, Bearer, Profile};
use vestibule::protocol::timestamp::Timestamp;

use crate::access_tokens::{
    AUDIENCE, CLIENT, Held, LEEWAY, ONE, OTHER, PROFILES, of_tenants, said, unfit_times,
};
use crate::signer::{with, without};
use crate::world::{ISSUER, NOW};

fn held() -> Held {
    Held::to(Profile::Rfc9068)
}

fn code(said: &Value) -> Option<&'static str> {
    let codes = PROFILES.map(|profile| Held::to(profile).code_of_introspected(said));
    assert!(codes.iter().all(|code| *code == codes[0]), "what is asked for has no profile: {codes:?}");
    codes[0]
}

/// V-BT-13
#[test]
fn what_the_issuer_says_is_read_as_from_a_token() {
    let taken = held().introspected(&said()).unwrap();
    assert_eq!((taken.claims.issuer(), taken.claims.sub()), (ISSUER, "a1"));
    assert_eq!(taken.scopes, ["read", "write"]);
    assert_eq!((taken.client_id.as_deref(), taken.bearer), (Some(CLIENT), Bearer::Person));
    assert_eq!(taken.expires, Some(Timestamp::from_seconds(NOW + 300)));
    assert_eq!(Value::Object(taken.claims.as_json().clone()), said());
    // Section 2.2: everything but `active` is OPTIONAL. Of whom the token is, or to whom it was issued, must be said.
    let least = json!({ "aud": AUDIENCE, "client_id": CLIENT });
    let taken = held().introspected(&least).unwrap();
    assert_eq!((taken.claims.issuer(), taken.expires, taken.bearer), (ISSUER, None, Bearer::Machine));
    assert_eq!(taken.claims.expires_at(), Timestamp::from_seconds(NOW));
    assert_eq!(held().introspected(&json!({ "aud": AUDIENCE, "sub": "a1" })).unwrap().client_id, None);
    let nobody = held().introspected(&json!({ "aud": AUDIENCE })).unwrap_err();
    assert_eq!(nobody, AccessTokenFault::Missing { claim: "sub" });
    // Before it gets here, `active` was judged and taken out; what is left of nothing is nothing.
    assert_eq!(code(&json!({})), Some("bearer_audience"));
    assert_eq!(held().of_clients(&[CLIENT]).code_of_introspected(&json!({})), Some("bearer_other_kind"));
}

/// V-BT-13, V-BT-6: `iss` may be left out by whoever was asked, and else is the one that was.
#[test]
fn an_issuer_vouches_for_its_own_tokens_only() {
    let unsaid = held().introspected(&without(said(), "iss")).unwrap();
    assert_eq!(unsaid.claims.issuer(), ISSUER);
    for iss in
        ["https://evil.example", "https://idp.example/realms/main/", "", "https://IDP.example/realms/main"]
    {
        assert_eq!(code(&with(said(), "iss", json!(iss))), Some("bearer_issuer"), "{iss}");
    }
    for iss in [json!(null), json!([ISSUER]), json!(1)] {
        assert_eq!(code(&with(said(), "iss", iss.clone())), Some("bearer_claim_form"), "{iss}");
    }
    for tid in [json!(7), json!(null), json!("t")] {
        assert_eq!(code(&with(said(), "tid", tid)), None);
    }
}

/// V-BT-13, V-BT-6: of a template the tenant must be said, or anybody's tokens would do.
#[test]
fn of_a_template_the_answer_names_a_tenant_that_is_listed() {
    let by = |tenant: &str, tid: &str| {
        with(with(said(), "iss", json!(format!("https://login.example/{tenant}/v2.0"))), "tid", json!(tid))
    };
    for profile in PROFILES {
        let held = of_tenants(profile);
        let code = |said: &Value| held.code_of_introspected(said);
        assert_eq!(code(&by(ONE, ONE)), None);
        for said in
            [by(OTHER, OTHER), by(ONE, OTHER), by("{tenantid}", "{tenantid}"), without(by(ONE, ONE), "tid")]
        {
            assert_eq!(code(&said), Some("bearer_issuer"), "{said}");
        }
        let unsaid = held.introspected(&without(by(ONE, ONE), "iss")).unwrap_err();
        assert_eq!(unsaid, AccessTokenFault::Missing { claim: "iss" });
    }
}

/// V-BT-13, V-BT-7. Section 4: "the protected resource MUST … determine whether or not the token is meant for it".
#[test]
fn where_the_issuer_does_not_say_for_whom_a_token_is_its_client_must_be_listed() {
    for aud in [json!(AUDIENCE), json!([AUDIENCE]), json!(["other", AUDIENCE])] {
        assert_eq!(code(&with(said(), "aud", aud.clone())), None, "{aud}");
    }
    let listed = held().of_clients(&[CLIENT]);
    let other = held().of_clients(&["other"]);
    for aud in
        [json!("https://api.example/"), json!("other"), json!(CLIENT), json!(""), json!([]), json!(["other"])]
    {
        let said = with(said(), "aud", aud.clone());
        assert_eq!(code(&said), Some("bearer_audience"), "{aud}");
        assert_eq!(
            listed.code_of_introspected(&said),
            Some("bearer_audience"),
            "{aud}: a client stands in for none"
        );
    }
    for aud in [json!(1), json!(true), json!({}), json!([1]), json!([AUDIENCE, null])] {
        assert_eq!(code(&with(said(), "aud", aud.clone())), Some("bearer_claim_form"), "{aud}");
    }
    for said in [without(said(), "aud"), with(said(), "aud", json!(null))] {
        assert_eq!(code(&said), Some("bearer_audience"), "nobody is listed");
        assert_eq!(listed.code_of_introspected(&said), None);
        assert_eq!(other.code_of_introspected(&said), Some("bearer_client"));
        assert_eq!(listed.code_of_introspected(&without(said, "client_id")), Some("bearer_client"));
    }
    assert_eq!(
        other.code_of_introspected(&said()),
        Some("bearer_client"),
        "a list holds with an audience, too"
    );
    assert_eq!(listed.code_of_introspected(&said()), None);
    let unsaid = without(without(said(), "client_id"), "aud");
    assert_eq!(listed.code_of_introspected(&with(unsaid, "azp", json!(CLIENT))), None);
}

/// V-BT-13, V-BT-5: a refresh token is active too, and so may be any other that the issuer knows.
#[test]
fn what_is_active_but_no_access_token_is_refused() {
    let listed = held().of_clients(&[CLIENT]);
    let without_audience = || without(without(said(), "aud"), "token_type");
    for (claim, value) in [
        ("token_type", json!("refresh_token")),
        ("token_type", json!("N_A")),
        ("token_type", json!("mac")),
        ("token_type", json!("")),
        ("token_type", json!("Bearer ")),
        ("typ", json!("Refresh")),
        ("typ", json!("Offline")),
        ("typ", json!("ID")),
        ("typ", json!(null)),
        ("token_use", json!("refresh_token")),
        ("token_use", json!("id")),
        ("nonce", json!("n")),
        ("at_hash", json!("h")),
        ("events", json!({})),
        ("htu", json!(AUDIENCE)),
        ("token_introspection", json!({ "active": true })),
    ] {
        let said = with(said(), claim, value.clone());
        assert_eq!(code(&said), Some("bearer_other_kind"), "{claim}: {value}");
        let said = with(without_audience(), claim, value.clone());
        assert_eq!(listed.code_of_introspected(&said), Some("bearer_other_kind"), "{claim}: {value}");
    }
    for value in [json!(null), json!(["Bearer"]), json!(1)] {
        assert_eq!(code(&with(said(), "token_type", value)), Some("bearer_claim_form"));
    }
    // Without an audience something must say that it is one.
    let fault = listed.introspected(&without_audience()).unwrap_err();
    assert_eq!(fault, AccessTokenFault::OtherKind { claim: "token_type" });
    for (claim, value) in [
        ("token_type", "Bearer"),
        ("token_type", "bearer"),
        ("token_type", "DPoP"),
        ("token_use", "access_token"),
        ("typ", "Bearer"),
    ] {
        assert_eq!(
            listed.code_of_introspected(&with(without_audience(), claim, json!(value))),
            None,
            "{value}"
        );
        assert_eq!(code(&with(without(said(), "token_type"), claim, json!(value))), None, "{value}");
    }
    assert_eq!(code(&without(said(), "token_type")), None, "who it is for says enough");
}

/// V-BT-13, V-BT-8: the times that are said hold.
#[test]
fn an_active_token_is_out_of_time_all_the_same() {
    for (claim, at, expected) in [
        ("exp", NOW - LEEWAY + 1, None),
        ("exp", NOW - LEEWAY, Some("bearer_expired")),
        ("nbf", NOW + LEEWAY, None),
        ("nbf", NOW + LEEWAY + 1, Some("bearer_not_yet_valid")),
        ("iat", NOW + LEEWAY, None),
        ("iat", NOW + LEEWAY + 1, Some("bearer_issued_in_future")),
    ] {
        assert_eq!(code(&with(said(), claim, json!(at))), expected, "{claim}: {at}");
    }
    for claim in ["exp", "nbf", "iat", "auth_time"] {
        for value in unfit_times() {
            assert_eq!(
                code(&with(said(), claim, value.clone())),
                Some("bearer_claim_form"),
                "{claim}: {value}"
            );
        }
    }
}
