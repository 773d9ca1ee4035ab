//! RFC 7800 section 3.1, RFC 9449 section 6.1, RFC 8705 section 3.1: what the sender of an access token must show beside it.

use serde_json::{Value, json};
use vestibule::protocol::access_token::Binding;

use crate::access_tokens::{Held, PROFILES, claims, said};
use crate::signer::{encode, with};

/// Both in a token and in what its issuer says of it.
fn binding(cnf: &Value) -> Result<Binding, &'static str> {
    let mut found = Vec::new();
    for profile in PROFILES {
        let held = Held::to(profile);
        let judged = held.verify(&held.sign(&with(claims(profile), "cnf", cnf.clone())));
        found.push(judged.map(|token| token.binding).map_err(|fault| fault.code()));
        let asked = held.introspected(&with(said(), "cnf", cnf.clone()));
        found.push(asked.map(|token| token.binding).map_err(|fault| fault.code()));
    }
    assert!(found.windows(2).all(|pair| pair[0] == pair[1]), "{cnf}: {found:?}");
    found.swap_remove(0)
}

/// V-BT-11, V-DP-13: the thumbprint of a key, of a certificate, or both.
#[test]
fn a_confirmation_is_read_and_so_never_passed_over() {
    let (key, certificate) = ([7; 32], [9; 32]);
    let none = Binding::default();
    for (cnf, expected) in [
        (json!({ "jkt": encode(key) }), Binding { key: Some(key), ..none }),
        (json!({ "x5t#S256": encode(certificate) }), Binding { certificate: Some(certificate), ..none }),
        (
            json!({ "jkt": encode(key), "x5t#S256": encode(certificate) }),
            Binding { key: Some(key), certificate: Some(certificate), unknown: false },
        ),
    ] {
        assert_eq!(binding(&cnf), Ok(expected), "{cnf}");
    }
    for profile in PROFILES {
        assert_eq!(Held::to(profile).taken(&claims(profile)).binding, none);
        assert_eq!(Held::to(profile).introspected(&said()).unwrap().binding, none);
    }
}

/// V-BT-11, F-22: a confirmation that is not known cannot be given, and is no reason to ask for none.
#[test]
fn a_confirmation_that_is_not_known_is_not_none() {
    let key = [7; 32];
    for cnf in [
        json!({}),
        json!({ "jwk": {} }),
        json!({ "kid": "k" }),
        json!({ "jku": "https://evil.example" }),
        json!({ "x5t": "AA" }),
        json!({ "x5t#s256": encode(key) }),
        json!({ "JKT": encode(key) }),
        json!({ "": null }),
    ] {
        assert_eq!(binding(&cnf), Ok(Binding { unknown: true, ..Binding::default() }), "{cnf}");
    }
    for other in ["jwk", "kid", "x5t", "unknown"] {
        let cnf = json!({ "jkt": encode(key), other: null });
        assert_eq!(binding(&cnf), Ok(Binding { key: Some(key), unknown: true, certificate: None }), "{cnf}");
    }
}

/// V-BT-11, F-22, RFC 9449 sections 5 and 6.2: an issuer that calls a token one for DPoP, and forgets to say by which key, has not made
/// one of it for whoever has it.
#[test]
fn a_token_for_dpop_without_a_key_is_none_for_bearers() {
    let unknown = Binding { unknown: true, ..Binding::default() };
    let (key, certificate) = ([7; 32], [9; 32]);
    for kind in ["DPoP", "dpop", "DPOP"] {
        let asked = |said: Value| Held::to(PROFILES[0]).introspected(&said).map(|token| token.binding);
        let said = with(said(), "token_type", json!(kind));
        assert_eq!(asked(said.clone()), Ok(unknown), "{kind}");
        let bound = |cnf| with(said.clone(), "cnf", cnf);
        assert_eq!(asked(bound(json!({ "jkt": encode(key) }))).unwrap().key, Some(key));
        assert!(!asked(bound(json!({ "jkt": encode(key) }))).unwrap().unknown);
        let other = asked(bound(json!({ "x5t#S256": encode(certificate) }))).unwrap();
        assert_eq!(other, Binding { unknown: true, certificate: Some(certificate), key: None }, "{kind}");
        // Keycloak says it inside the token.
        for claim in ["typ", "token_use"] {
            for profile in PROFILES {
                let held = Held::to(profile);
                let taken = held.taken(&with(claims(profile), claim, json!(kind)));
                assert_eq!(taken.binding, unknown, "{claim} {kind}");
            }
        }
    }
}

/// V-BT-11: what cannot be read is refused.
#[test]
fn a_confirmation_of_another_kind_is_refused() {
    for cnf in [json!(null), json!("jkt"), json!(1), json!([]), json!([{ "jkt": encode([7; 32]) }])] {
        assert_eq!(binding(&cnf), Err("bearer_claim_form"), "{cnf}");
    }
    for method in ["jkt", "x5t#S256"] {
        for value in [
            json!(null),
            json!(7),
            json!(""),
            json!([encode([7; 32])]),
            json!(encode([7; 31])),
            json!(encode([7; 33])),
            json!(encode([7; 20])),
            json!(format!("{}=", encode([7; 32]))),
            json!(encode([0xff; 32]).replace('_', "/")),
            // The same bytes, with a bit set that none of them has.
            json!(format!("{}9", &encode([7; 32])[..42])),
        ] {
            assert_eq!(binding(&json!({ method: value })), Err("bearer_claim_form"), "{method}: {value}");
        }
    }
}
