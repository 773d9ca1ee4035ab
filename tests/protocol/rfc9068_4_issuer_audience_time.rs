//! RFC 9068 sections 2.2 and 4, RFC 7519 section 4.1: is an access token by the issuer that it names, for us and in time, and does it
//! have what it must?

use serde_json::{Value, json};
use vestibule::protocol::access_token::{AccessTokenFault, Profile, Unverified};

use crate::access_tokens::{
    AUDIENCE, CLIENT, Held, LEEWAY, ONE, OTHER, PROFILES, TEMPLATE, TWO, claims, of_tenant, of_tenants,
    unfit_times,
};
use crate::signer::{PROVIDER, keys, with, without};
use crate::world::{ISSUER, NOW};

/// V-BT-6, F-25. Section 4: "the issuer identifier … MUST exactly match the value of the "iss" claim."
#[test]
fn the_issuer_is_the_same_byte_for_byte() {
    for profile in PROFILES {
        let held = Held::to(profile);
        for iss in [
            "https://evil.example".to_owned(),
            format!("{ISSUER}/"),
            format!("{ISSUER} "),
            ISSUER.replace("idp", "IDP"),
            ISSUER.replace("main", "Main"),
            ISSUER.replace("example", "example:443"),
            ISSUER.replace("https", "http"),
            ISSUER.replace("/main", ""),
            format!("{ISSUER}.evil.example"),
        ] {
            assert_eq!(
                held.code_of(&with(claims(profile), "iss", json!(iss))),
                Some("bearer_issuer"),
                "{iss}"
            );
        }
        for iss in [json!(null), json!([ISSUER]), json!(1), json!("")] {
            assert_eq!(
                held.code_of(&with(claims(profile), "iss", iss.clone())),
                Some("bearer_claim_form"),
                "{iss}"
            );
        }
        let unsaid = held.sign(&without(claims(profile), "iss"));
        assert_eq!(held.code(&unsaid), Some("bearer_claim_missing"));
        assert!(Unverified::read(&unsaid).unwrap().issuer().is_err());
        // What a provider with one tenant calls `tid` is nobody's business.
        for tid in [json!(7), json!("t"), json!(null)] {
            assert_eq!(held.code_of(&with(claims(profile), "tid", tid)), None);
        }
    }
}

/// V-BT-6: of a template, `iss` is that of the token's own tenant, which is listed.
#[test]
fn a_token_of_a_template_is_by_its_own_tenant_and_that_is_listed() {
    for profile in PROFILES {
        let held = of_tenants(profile);
        let by = |iss: &str, tid: &str| with(with(claims(profile), "iss", json!(iss)), "tid", json!(tid));
        for tenant in [ONE, TWO] {
            assert_eq!(held.taken(&by(&of_tenant(tenant), tenant)).claims.issuer(), of_tenant(tenant));
        }
        for (name, claims) in [
            ("not listed", by(&of_tenant(OTHER), OTHER)),
            ("another's iss", by(&of_tenant(TWO), ONE)),
            ("another's tid", by(&of_tenant(ONE), TWO)),
            ("tid not listed", by(&of_tenant(ONE), OTHER)),
            ("no tid", without(by(&of_tenant(ONE), ONE), "tid")),
            ("tid a list", with(by(&of_tenant(ONE), ONE), "tid", json!([ONE]))),
            ("tid null", with(by(&of_tenant(ONE), ONE), "tid", json!(null))),
            ("the template", by(TEMPLATE, "{tenantid}")),
            ("where all sign in", by(&of_tenant("organizations"), "organizations")),
        ] {
            assert_eq!(held.code_of(&claims), Some("bearer_issuer"), "{name}, {profile:?}");
        }
    }
}

/// V-BT-6: the set of such a provider has keys that are kept to one tenant.
#[test]
fn a_key_that_is_kept_to_one_tenant_signs_no_access_token_of_another() {
    for profile in PROFILES {
        let code = |held: &Held, kept_to: &str, iss: &str| {
            let key = with(PROVIDER.ed25519_jwk("ed25519"), "issuer", json!(kept_to));
            let claims = with(with(claims(profile), "iss", json!(iss)), "tid", json!(ONE));
            held.verify_by(&keys(&[key]), &held.sign(&claims)).err().map(|fault| fault.code())
        };
        let held = of_tenants(profile);
        assert_eq!(code(&held, TEMPLATE, &of_tenant(ONE)), None, "of all");
        assert_eq!(code(&held, &of_tenant(ONE), &of_tenant(ONE)), None, "of this one");
        for kept_to in [of_tenant(TWO), of_tenant(OTHER), "https://evil.example".to_owned(), String::new()] {
            assert_eq!(code(&held, &kept_to, &of_tenant(ONE)), Some("bearer_issuer"), "{kept_to}");
        }
        assert_eq!(code(&Held::to(profile), "anything", ISSUER), None, "of one issuer all keys are its own");
    }
}

/// V-BT-7, F-14. Section 4: "MUST validate that the "aud" claim contains a resource indicator value corresponding to an identifier the
/// resource server expects for itself." That it names others too is nothing against it.
#[test]
fn one_of_the_audiences_is_ours_byte_for_byte() {
    for profile in PROFILES {
        let held = Held::to(profile);
        let code = |held: &Held, aud: Value| held.code_of(&with(claims(profile), "aud", aud));
        for aud in [
            json!(AUDIENCE),
            json!([AUDIENCE]),
            json!(["account", AUDIENCE]),
            json!([AUDIENCE, "https://other.example"]),
        ] {
            assert_eq!(code(&held, aud.clone()), None, "{aud}");
        }
        for aud in [
            json!("https://other.example"),
            json!("https://api.example.evil.example"),
            json!("https://api"),
            json!(format!("{AUDIENCE}/")),
            json!(format!("{AUDIENCE} ")),
            json!(AUDIENCE.to_uppercase()),
            json!(format!("{AUDIENCE} https://other.example")),
            json!(CLIENT),
            json!(ISSUER),
            json!(""),
            json!([]),
            json!([""]),
            json!(["account", "https://api.example/v1"]),
        ] {
            assert_eq!(code(&held, aud.clone()), Some("bearer_audience"), "{aud}, {profile:?}");
        }
        for aud in [
            json!(null),
            json!(7),
            json!(true),
            json!({ AUDIENCE: true }),
            json!([[AUDIENCE]]),
            json!([AUDIENCE, 7]),
        ] {
            assert_eq!(code(&held, aud.clone()), Some("bearer_claim_form"), "{aud}, {profile:?}");
        }
        assert_eq!(held.code_of(&without(claims(profile), "aud")), Some("bearer_claim_missing"));
        let several =
            Held { audiences: vec!["https://a.example".to_owned(), AUDIENCE.to_owned()], ..held.clone() };
        assert_eq!(code(&several, json!(AUDIENCE)), None);
        assert_eq!(code(&several, json!(["x", "https://a.example"])), None);
        let nobody = Held { audiences: Vec::new(), ..held };
        assert_eq!(code(&nobody, json!([])), Some("bearer_audience"));
        assert_eq!(code(&nobody, json!("")), Some("bearer_audience"));
    }
}

/// V-BT-8. Section 4: "The current time MUST be before the time represented by the "exp" claim. Implementers MAY provide for some small
/// leeway". RFC 7519 sections 4.1.4 to 4.1.6.
#[test]
fn a_token_is_good_from_nbf_and_iat_until_exp_and_the_leeway() {
    for profile in PROFILES {
        let held = Held::to(profile);
        for (claim, value, code) in [
            ("exp", json!(NOW - LEEWAY + 1), None),
            ("exp", json!(NOW - LEEWAY), Some("bearer_expired")),
            ("exp", json!(NOW - 3600), Some("bearer_expired")),
            ("exp", json!(0), Some("bearer_expired")),
            ("exp", json!(1e-5), Some("bearer_expired")),
            ("exp", json!((NOW - LEEWAY) as f64 + 0.5), Some("bearer_expired")),
            ("exp", json!(NOW as f64 + 0.5), None),
            ("exp", json!(4_102_444_800.5), None),
            ("exp", json!(253_402_300_799_u64), None),
            ("iat", json!(NOW + LEEWAY), None),
            ("iat", json!(NOW + LEEWAY + 1), Some("bearer_issued_in_future")),
            ("iat", json!(253_402_300_799_u64), Some("bearer_issued_in_future")),
            ("iat", json!(0), None),
            ("iat", json!(NOW as f64 - 0.25), None),
            ("nbf", json!(NOW + LEEWAY), None),
            ("nbf", json!(NOW + LEEWAY + 1), Some("bearer_not_yet_valid")),
            ("nbf", json!(253_402_300_799_u64), Some("bearer_not_yet_valid")),
            ("nbf", json!(0), None),
        ] {
            assert_eq!(
                held.code_of(&with(claims(profile), claim, value.clone())),
                code,
                "{claim}: {value}, {profile:?}"
            );
        }
        // What the fault says is what was compared.
        let at = |now: u64| Held { now, ..held.clone() };
        let token = held.sign(&with(claims(profile), "nbf", json!(NOW + 100)));
        assert_eq!(at(NOW + 39).code(&token), Some("bearer_not_yet_valid"));
        assert_eq!(at(NOW + 40).code(&token), None);
        assert_eq!(at(NOW + 359).code(&token), None);
        assert_eq!(at(NOW + 360).code(&token), Some("bearer_expired"));
        let strict = Held { leeway: std::time::Duration::ZERO, ..held.clone() };
        assert_eq!(strict.code_of(&with(claims(profile), "exp", json!(NOW))), Some("bearer_expired"));
        assert_eq!(strict.code_of(&with(claims(profile), "exp", json!(NOW + 1))), None);
    }
}

/// V-BT-8, F-10, F-11 (CVE-2026-25537): a time of another kind is never taken as absent.
#[test]
fn a_time_of_the_wrong_kind_is_refused() {
    for profile in PROFILES {
        for claim in ["exp", "iat", "nbf", "auth_time"] {
            for value in unfit_times() {
                let code = Held::to(profile).code_of(&with(claims(profile), claim, value.clone()));
                assert_eq!(code, Some("bearer_claim_form"), "{claim}: {value}, {profile:?}");
            }
        }
    }
}

/// V-BT-8, V-BT-9. Section 2.2: "The following claims are used in the JWT access token data structure", of which each is REQUIRED.
#[test]
fn each_profile_has_the_claims_that_it_requires() {
    for (claim, required) in [
        ("iss", [true, true, true]),
        ("aud", [true, true, true]),
        ("exp", [true, true, true]),
        ("sub", [true, false, true]),
        ("iat", [true, false, false]),
        ("jti", [true, false, false]),
        ("client_id", [true, false, false]),
        ("azp", [false, false, false]),
        ("nbf", [false, false, false]),
        ("scope", [false, false, false]),
    ] {
        for (profile, required) in PROFILES.into_iter().zip(required) {
            let held = Held::to(profile);
            // Of any JWT one claim must say what it is.
            let full = if profile == Profile::Jwt {
                with(claims(profile), "scp", json!(["read"]))
            } else {
                claims(profile)
            };
            let without = without_if_there(full, claim);
            let fault = held.verify(&held.sign(&without)).err();
            assert_eq!(
                fault.as_ref().map(AccessTokenFault::code),
                required.then_some("bearer_claim_missing"),
                "{claim}, {profile:?}"
            );
            assert_eq!(fault, required.then_some(AccessTokenFault::Missing { claim }));
        }
    }
    let held = Held::to(Profile::Workload);
    let nameless = with(without(claims(Profile::Workload), "sub"), "azp", json!(CLIENT));
    assert_eq!(held.verify(&held.sign(&nameless)).unwrap_err(), AccessTokenFault::Missing { claim: "sub" });
    // Somebody it must be about, or issued to.
    let nobody = without(without(claims(Profile::Jwt), "sub"), "azp");
    let held = Held::to(Profile::Jwt);
    assert_eq!(held.verify(&held.sign(&nobody)).unwrap_err(), AccessTokenFault::Missing { claim: "sub" });
    for (claim, profiles) in [("sub", &PROFILES[..]), ("client_id", &PROFILES[..]), ("jti", &PROFILES[..1])] {
        for profile in profiles {
            for value in [json!(""), json!(7), json!(null), json!(["a1"])] {
                let code = Held::to(*profile).code_of(&with(claims(*profile), claim, value.clone()));
                assert_eq!(code, Some("bearer_claim_form"), "{claim}: {value}, {profile:?}");
            }
        }
    }
}

fn without_if_there(mut claims: Value, claim: &str) -> Value {
    claims.as_object_mut().unwrap().remove(claim);
    claims
}
