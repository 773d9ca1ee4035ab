//! RFC 9068 sections 2.1 and 4, RFC 8725 sections 3.1 to 3.12: is a JWT that a caller presents by the issuer, and an access token at all?

use aws_lc_rs::hmac;
use serde_json::{Value, json};
use vestibule::protocol::access_token::{AccessTokenFault, Form, Profile, Unverified, form};
use vestibule::protocol::jws::MAX_TOKEN_BYTES;
use vestibule::protocol::registration::SigningAlgorithm as Alg;

use crate::access_tokens::{AUDIENCE, CLIENT, ED, Held, PROFILES, claims, typed};
use crate::signer::{CLIENT_SECRET, PROVIDER, STRANGER, encode, keys, tag, with, without};
use crate::world::{ISSUER, NOW};

const STRICT: Profile = Profile::Rfc9068;

/// What is no JWT is opaque, and its issuer is asked. A token that is one stays one whatever else is wrong with it, so that nobody has
/// the issuer asked about what is refused here.
#[test]
fn three_or_five_parts_and_an_object_before_them_are_a_jwt() {
    let object = encode("{}");
    for token in [
        Held::to(STRICT).sign(&claims(STRICT)),
        format!("{object}.."),
        format!("{object}.a.b"),
        format!("{object}....",),
        format!("{object}.!.="),
        format!("{}.a.b", encode("{\"alg\"")),
    ] {
        assert_ne!(form(&token), Form::Opaque, "{token}");
    }
    for token in [
        String::new(),
        "..".to_owned(),
        "....".to_owned(),
        "opaque".to_owned(),
        object.clone(),
        format!("{object}."),
        format!("{object}.a.b.c"),
        format!("{object}.a.b.c.d.e"),
        format!("{object}=.a.b"),
        "e31.a.b".to_owned(),
        format!("{}.a.b", encode("[]")),
        format!("{}.a.b", encode("\"{}\"")),
        "{}.a.b".to_owned(),
    ] {
        assert_eq!(form(&token), Form::Opaque, "{token}");
    }
}

/// V-BT-4
#[test]
fn every_algorithm_of_a_key_pair_is_taken_where_it_is_agreed() {
    for profile in PROFILES {
        for algorithm in Alg::ASYMMETRIC {
            let held = Held::to(profile);
            let token = PROVIDER.sign(algorithm, &typed(profile, algorithm), &claims(profile));
            assert_eq!(held.code(&token), None, "{algorithm}, {profile:?}");
            let alone = Held { algorithms: vec![algorithm], ..held.clone() };
            assert_eq!(alone.code(&token), None, "{algorithm}, {profile:?}");
            let others = Alg::ASYMMETRIC.into_iter().filter(|other| *other != algorithm).collect();
            let others = Held { algorithms: others, ..held.clone() };
            assert_eq!(others.code(&token), Some("bearer_algorithm"), "{algorithm}, {profile:?}");
            let forged = STRANGER.sign(algorithm, &typed(profile, algorithm), &claims(profile));
            assert_eq!(held.code(&forged), Some("bearer_signature"), "{algorithm}, {profile:?}");
        }
    }
}

/// V-BT-4, F-01, F-02: no algorithm, or one that needs no more than what everybody may read.
#[test]
fn no_secret_and_no_algorithm_sign_an_access_token() {
    let token = |alg: &Value, mac: Option<&[u8]>| {
        let header = with(typed(STRICT, Alg::Rs256), "alg", alg.clone());
        let signed = format!("{}.{}", encode(header.to_string()), encode(claims(STRICT).to_string()));
        let mac = mac.map(|secret| {
            hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), signed.as_bytes()).as_ref().to_vec()
        });
        format!("{signed}.{}", encode(mac.unwrap_or_default()))
    };
    let held = Held::to(STRICT);
    let jwk = PROVIDER.rsa_jwk("rsa");
    let secrets = [String::new(), jwk.to_string(), jwk["n"].to_string(), CLIENT_SECRET.to_owned()];
    for alg in ["HS256", "HS384", "HS512"] {
        for secret in &secrets {
            let token = token(&json!(alg), Some(secret.as_bytes()));
            assert_eq!(held.code(&token), Some("bearer_algorithm"), "{alg} with {secret}");
        }
    }
    let of_secret = PROVIDER.sign(Alg::Hs256, &typed(STRICT, Alg::Hs256), &claims(STRICT));
    assert!(tag(hmac::HMAC_SHA256, CLIENT_SECRET, b"").len() == 32, "it is the client's");
    // Even if somebody agreed to it: no key of a provider's set is a secret.
    let mistaken = Held { algorithms: vec![Alg::Hs256], ..held.clone() };
    assert_eq!(mistaken.code(&of_secret), Some("bearer_unknown_key"));
    for alg in [
        json!("none"),
        json!("None"),
        json!("nOnE"),
        json!("NONE"),
        json!("none "),
        json!(""),
        json!("rs256"),
        json!("RS256 "),
        json!(null),
        json!(["RS256"]),
        json!("ES512"),
        json!("ES256K"),
    ] {
        assert_eq!(held.code(&token(&alg, None)), Some("bearer_algorithm"), "{alg}");
    }
    let unsaid = PROVIDER.sign(Alg::Rs256, &without(typed(STRICT, Alg::Rs256), "alg"), &claims(STRICT));
    assert_eq!(held.code(&unsaid), Some("bearer_algorithm"));
}

/// V-BT-4, F-03 to F-09: what the issuer's key did not sign, or signed with something that is not understood.
#[test]
fn a_token_that_the_issuers_key_did_not_sign_is_refused() {
    for profile in PROFILES {
        let held = Held::to(profile);
        let good = held.sign(&claims(profile));
        let [head, payload, signature] = good.split('.').collect::<Vec<_>>().try_into().unwrap();
        let by = |header: Value| PROVIDER.sign(ED, &header, &claims(profile));
        let usual = || typed(profile, ED);
        let admin = encode(with(claims(profile), "sub", json!("admin")).to_string());
        let own_key = with(usual(), "jwk", STRANGER.ed25519_jwk("ed25519"));
        let elsewhere = with(usual(), "jku", json!("http://169.254.169.254/"));
        let long = with(claims(profile), "fill", json!("x".repeat(MAX_TOKEN_BYTES)));
        let twice = format!("{{\"alg\":\"none\",{}", &usual().to_string()[1..]);
        for (name, token, code) in [
            ("another payload", format!("{head}.{admin}.{signature}"), "bearer_signature"),
            ("no signature", format!("{head}.{payload}."), "bearer_signature"),
            ("half a signature", format!("{head}.{payload}.{}", &signature[..40]), "bearer_signature"),
            ("its own key", STRANGER.sign(ED, &own_key, &claims(profile)), "bearer_signature"),
            ("a key elsewhere", STRANGER.sign(ED, &elsewhere, &claims(profile)), "bearer_signature"),
            ("kid of no key", by(with(usual(), "kid", json!("../../dev/null"))), "bearer_unknown_key"),
            ("kid of another kind of key", by(with(usual(), "kid", json!("rsa"))), "bearer_unknown_key"),
            ("kid null", by(with(usual(), "kid", json!(null))), "bearer_key_name"),
            ("kid a list", by(with(usual(), "kid", json!(["ed25519"]))), "bearer_key_name"),
            ("kid too long", by(with(usual(), "kid", json!("k".repeat(257)))), "bearer_key_name"),
            ("crit", by(with(usual(), "crit", json!(["exp"]))), "bearer_critical"),
            ("crit empty", by(with(usual(), "crit", json!([]))), "bearer_critical"),
            ("crit null", by(with(usual(), "crit", json!(null))), "bearer_critical"),
            ("padded", format!("{good}="), "bearer_unreadable"),
            ("a line break", format!("{good}\n"), "bearer_unreadable"),
            (
                "payload cut",
                format!("{head}.{}.{signature}", &payload[..payload.len() - 1]),
                "bearer_unreadable",
            ),
            ("payload a list", PROVIDER.sign_text(ED, &usual().to_string(), "[]"), "bearer_unreadable"),
            ("alg twice", PROVIDER.sign_text(ED, &twice, &claims(profile).to_string()), "bearer_unreadable"),
            ("two parts", format!("{head}.{payload}"), "bearer_malformed"),
            ("four parts", format!("{good}."), "bearer_malformed"),
            ("five parts", format!("{good}.."), "bearer_encrypted"),
            ("too long", held.sign(&long), "bearer_too_long"),
        ] {
            assert_eq!(held.code(&token), Some(code), "{name}, {profile:?}");
        }
        assert_eq!(held.code(&by(without(usual(), "kid"))), None, "one key fits");
    }
}

/// V-BT-4, F-18: only what newer keys could help asks for them, and then it may pass.
#[test]
fn newer_keys_are_asked_for_where_they_could_help_and_the_token_is_judged_again() {
    for profile in PROFILES {
        let held = Held::to(profile);
        let token = held.sign(&claims(profile));
        for old in [keys(&[PROVIDER.rsa_jwk("rsa")]), keys(&[STRANGER.ed25519_jwk("ed25519")])] {
            let mut unverified = Unverified::read(&token).unwrap();
            assert_eq!(unverified.issuer(), Ok(ISSUER));
            let fault = held.verify_again(&mut unverified, &old).unwrap_err();
            assert!(fault.asks_for_new_keys(), "{fault}");
            let taken = held.verify_again(&mut unverified, &PROVIDER.keys()).unwrap();
            assert_eq!(taken.claims.issuer(), ISSUER);
        }
        for (claim, value) in
            [("iss", json!("https://evil.example")), ("exp", json!(NOW - 3600)), ("aud", json!("x"))]
        {
            let fault = held.verify(&held.sign(&with(claims(profile), claim, value))).unwrap_err();
            assert!(!fault.asks_for_new_keys(), "{fault}");
        }
        let untyped = with(typed(profile, ED), "typ", json!("dpop+jwt"));
        let fault = held.verify(&STRANGER.sign(ED, &untyped, &claims(profile))).unwrap_err();
        assert!(!fault.asks_for_new_keys(), "{fault}");
    }
}

/// V-BT-5. Section 4: "The resource server MUST verify that the "typ" header value is "at+jwt" or "application/at+jwt" and reject tokens
/// carrying any other value."
#[test]
fn the_type_is_at_jwt_or_in_lax_profiles_that_of_no_other_kind() {
    let at_jwt = ["at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"];
    for profile in PROFILES {
        let held = Held::to(profile);
        let typ = |typ: Value| {
            held.code(&PROVIDER.sign(ED, &with(typed(profile, ED), "typ", typ), &claims(profile)))
        };
        for kind in at_jwt {
            assert_eq!(typ(json!(kind)), None, "{kind}, {profile:?}");
        }
        let lax = (profile == STRICT).then_some("bearer_type");
        for kind in ["JWT", "jwt", "Jwt"] {
            assert_eq!(typ(json!(kind)), lax, "{kind}, {profile:?}");
        }
        let unsaid = PROVIDER.sign(ED, &without(typed(profile, ED), "typ"), &claims(profile));
        assert_eq!(held.code(&unsaid), lax, "{profile:?}");
        for kind in [
            json!("logout+jwt"),
            json!("application/logout+jwt"),
            json!("dpop+jwt"),
            json!("secevent+jwt"),
            json!("token-introspection+jwt"),
            json!("oauth-authz-req+jwt"),
            json!("id_token"),
            json!("at+jwt "),
            json!("text/at+jwt"),
            json!(""),
            json!(null),
            json!(1),
            json!(["at+jwt"]),
        ] {
            assert_eq!(typ(kind.clone()), Some("bearer_type"), "{kind}, {profile:?}");
        }
    }
    // A header with no type at all is refused before anything is asked of the keys.
    let unsaid = STRANGER.sign(ED, &without(typed(STRICT, ED), "typ"), &claims(STRICT));
    assert_eq!(Held::to(STRICT).verify(&unsaid).unwrap_err(), AccessTokenFault::KindUnsaid);
}

/// V-BT-5, F-13: RFC 8725 section 3.12. Every claim that another kind of token has and an access token has not, whatever is in it.
#[test]
fn a_claim_of_another_kind_of_token_makes_it_one() {
    for profile in PROFILES {
        let held = Held::to(profile);
        for claim in ["nonce", "at_hash", "c_hash", "s_hash", "events", "htm", "htu", "token_introspection"] {
            for value in [json!("x"), json!(""), json!({}), json!(null)] {
                let fault = held.verify(&held.sign(&with(claims(profile), claim, value))).unwrap_err();
                assert_eq!(
                    (&fault, fault.code()),
                    (&AccessTokenFault::OtherKind { claim }, "bearer_other_kind")
                );
            }
        }
        // What Keycloak and Amazon Cognito say of their tokens.
        for (claim, value) in [
            ("typ", json!("ID")),
            ("typ", json!("Refresh")),
            ("typ", json!("Offline")),
            ("typ", json!("Logout")),
            ("typ", json!("")),
            ("typ", json!(null)),
            ("typ", json!(["Bearer"])),
            ("typ", json!("access")),
            ("typ", json!("DPoP ")),
            ("typ", json!("not at+jwt")),
            ("token_use", json!("id")),
            ("token_use", json!("refresh_token")),
            ("token_use", json!("Bearer")),
            ("token_use", json!(null)),
            ("token_use", json!(true)),
        ] {
            let code = held.code_of(&with(claims(profile), claim, value.clone()));
            assert_eq!(code, Some("bearer_other_kind"), "{claim}: {value}, {profile:?}");
        }
        for (claim, value) in [
            ("typ", "Bearer"),
            ("typ", "DPoP"),
            ("typ", "bearer"),
            ("typ", "at+jwt"),
            ("token_use", "access"),
            ("token_use", "access_token"),
        ] {
            assert_eq!(held.code_of(&with(claims(profile), claim, json!(value))), None, "{claim}: {value}");
        }
    }
}

/// V-BT-5, F-13: where `typ` says nothing, a claim does that only access tokens have.
#[test]
fn a_jwt_that_might_as_well_be_an_id_token_is_none() {
    let held = Held::to(Profile::Jwt);
    let bare = without(claims(Profile::Jwt), "scope");
    assert_eq!(held.verify(&held.sign(&bare)).unwrap_err(), AccessTokenFault::KindUnsaid);
    for claim in ["azp", "appid", "sid", "auth_time", "acr", "jti", "cnf"] {
        let id_token = with(with(bare.clone(), claim, json!(NOW - 5)), "email", json!("jane@example.com"));
        assert_eq!(held.code_of(&id_token), Some("bearer_type"), "{claim}");
    }
    for (claim, value) in [
        ("scope", json!("")),
        ("scp", json!([])),
        ("scp", json!("read")),
        ("client_id", json!(CLIENT)),
        ("cid", json!(CLIENT)),
        ("token_use", json!("access")),
        ("typ", json!("Bearer")),
    ] {
        assert_eq!(held.code_of(&with(bare.clone(), claim, value)), None, "{claim}");
    }
    for typ in ["at+jwt", "application/at+jwt"] {
        let header = with(typed(Profile::Jwt, ED), "typ", json!(typ));
        assert_eq!(held.code(&PROVIDER.sign(ED, &header, &bare)), None, "{typ}");
    }
    // A platform says nothing of the kind, but of who it is.
    let workload = Held::to(Profile::Workload);
    assert_eq!(workload.code_of(&claims(Profile::Workload)), None);
    assert_eq!(held.code_of(&claims(Profile::Workload)), Some("bearer_type"));
}

/// V-BT-4, F-03: whichever sign of it is another.
#[test]
fn a_token_with_one_sign_changed_is_refused() {
    for profile in PROFILES {
        let held = Held::to(profile);
        let token = held.sign(&claims(profile));
        for at in 0..token.len() {
            for sign in ["A", "f", "_", "."] {
                let changed = format!("{}{sign}{}", &token[..at], &token[at + 1..]);
                assert!(changed == token || held.code(&changed).is_some(), "{at}: {changed}");
            }
            let without = format!("{}{}", &token[..at], &token[at + 1..]);
            assert!(held.code(&without).is_some(), "{without}");
        }
    }
}

/// What is nearest to the ground of trust is judged first, so that nobody learns from a refusal what a forged token would lack.
#[test]
fn the_order_is_that_of_trust() {
    let held = Held::to(STRICT).of_clients(&["other"]);
    let all_wrong =
        json!({ "iss": "https://evil.example", "aud": "x", "exp": 1, "nonce": "n", "cnf": 1, "scope": 1 });
    let mut claims = all_wrong;
    let mut header = json!({ "alg": "none", "crit": [], "typ": "JWT", "kid": 1 });
    let sign = |header: &Value, claims: &Value, ours: bool| {
        let signer = if ours { &PROVIDER } else { &STRANGER };
        held.code(&signer.sign(ED, header, claims)).unwrap_or("none")
    };
    let mut order = vec![sign(&json!({ "alg": "none" }), &claims, false)];
    for (member, value) in [
        ("alg", "EdDSA".into()),
        ("crit", Value::Null),
        ("typ", "at+jwt".into()),
        ("kid", "?".into()),
        ("kid", "ed25519".into()),
    ] {
        order.push(sign(&header, &claims, false));
        header = if value.is_null() { without(header, member) } else { with(header, member, value) };
    }
    order.push(sign(&header, &claims, false));
    for (member, value) in [
        ("nonce", Value::Null),
        ("iss", ISSUER.into()),
        ("aud", AUDIENCE.into()),
        ("sub", "a1".into()),
        ("client_id", CLIENT.into()),
        ("jti", "j".into()),
        ("iat", (NOW + 3600).into()),
        ("exp", (NOW + 7200).into()),
        ("iat", NOW.into()),
        ("client_id", "other".into()),
        ("scope", "read".into()),
        ("cnf", json!({})),
    ] {
        order.push(sign(&header, &claims, true));
        claims = if value.is_null() { without(claims, member) } else { with(claims, member, value) };
    }
    order.push(sign(&header, &claims, true));
    assert_eq!(
        order,
        [
            "bearer_type",
            "bearer_algorithm",
            "bearer_critical",
            "bearer_type",
            "bearer_key_name",
            "bearer_unknown_key",
            "bearer_signature",
            "bearer_other_kind",
            "bearer_issuer",
            "bearer_audience",
            "bearer_claim_missing",
            "bearer_claim_missing",
            "bearer_claim_missing",
            "bearer_claim_missing",
            "bearer_expired",
            "bearer_issued_in_future",
            "bearer_client",
            "bearer_claim_form",
            "bearer_claim_form",
            "none",
        ]
    );
}
