//! RFC 7523 sections 2.2 and 3; OpenID Connect Core 1.0 sections 9 and 10.1. The assertions are verified by another library's
//! reading of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use serde_json::{Map, Value, json};
use vestibule::protocol::assertion::{self, AssertionFault, ClientKeys, MacKey};
use vestibule::protocol::client_authentication::{self, ClientAuthenticationFault, Moment};
use vestibule::protocol::registration::{ClientAuthentication, SigningAlgorithm};
use vestibule::protocol::signing_key::SigningKey;
use vestibule::protocol::token;

use crate::world::{
    ISSUER, NOW, metadata, metadata_with, moment, now, provider, provider_from, registration, secret,
};

const RSA: &[u8] = include_bytes!("../keys/rsa_pkcs8.pem");
const P256: &[u8] = include_bytes!("../keys/p256_pkcs8.pem");
const LONG: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn keys(file: &[u8], algorithm: Option<SigningAlgorithm>) -> ClientAuthentication {
    let key = SigningKey::read(file, None, algorithm).unwrap();
    ClientAuthentication::PrivateKeyJwt(Arc::new(ClientKeys::new(key, Vec::new())))
}

/// The parameters of a refresh, none of which is there twice, and nothing in the headers.
fn form(authentication: ClientAuthentication, moment: &Moment) -> BTreeMap<String, String> {
    let registration = registration(authentication);
    let request = token::refresh_request(&provider(), &registration, &secret("r"), moment).unwrap();
    assert!(!request.headers().contains_key("authorization"));
    let pairs: Vec<_> = url::form_urlencoded::parse(request.body()).into_owned().collect();
    let map: BTreeMap<_, _> = pairs.iter().cloned().collect();
    assert_eq!(map.len(), pairs.len());
    map
}

fn verified(
    form: &BTreeMap<String, String>,
    key: &DecodingKey,
    algorithm: Algorithm,
) -> (Header, Map<String, Value>) {
    assert_eq!(form["client_assertion_type"], "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    assert_eq!(form["client_id"], "vestibule-a");
    assert!(!form.contains_key("client_secret"));
    let mut validation = Validation::new(algorithm);
    validation.validate_exp = false;
    validation.set_audience(&[ISSUER]);
    let token = jsonwebtoken::decode(form["client_assertion"].as_bytes(), key, &validation).unwrap();
    (token.header, token.claims)
}

fn public(authentication: &ClientAuthentication) -> DecodingKey {
    let ClientAuthentication::PrivateKeyJwt(keys) = authentication else { panic!() };
    let jwk = serde_json::from_value(keys.signing().public_jwk().clone()).unwrap();
    DecodingKey::from_jwk(&jwk).unwrap()
}

/// V-TK-1: private_key_jwt, by every algorithm.
#[test]
fn a_key_signs_an_assertion_that_its_public_half_verifies() {
    use SigningAlgorithm as Ours;
    let ed = include_bytes!("../keys/ed25519_pkcs8.pem");
    let p384 = include_bytes!("../keys/p384_sec1.pem");
    let rows: [(&[u8], Option<Ours>, Algorithm); 10] = [
        (RSA, None, Algorithm::RS256),
        (RSA, Some(Ours::Rs384), Algorithm::RS384),
        (RSA, Some(Ours::Rs512), Algorithm::RS512),
        (RSA, Some(Ours::Ps256), Algorithm::PS256),
        (RSA, Some(Ours::Ps384), Algorithm::PS384),
        (RSA, Some(Ours::Ps512), Algorithm::PS512),
        (P256, None, Algorithm::ES256),
        (p384, None, Algorithm::ES384),
        (ed, None, Algorithm::EdDSA),
        (include_bytes!("../keys/rfc7517_appendix_a_2.jwk"), None, Algorithm::RS256),
    ];
    for (file, algorithm, theirs) in rows {
        let authentication = keys(file, algorithm);
        let ClientAuthentication::PrivateKeyJwt(own) = &authentication else { panic!() };
        let (header, _) =
            verified(&form(authentication.clone(), &moment()), &public(&authentication), theirs);
        assert_eq!(header.kid.as_deref(), Some(own.signing().kid()));
        assert_eq!(header.typ.as_deref(), Some("JWT"));
    }
}

#[test]
fn an_assertion_says_who_to_whom_when_and_is_good_once() {
    let authentication = keys(P256, None);
    let (_, claims) =
        verified(&form(authentication.clone(), &moment()), &public(&authentication), Algorithm::ES256);
    // One text for `aud`, and it is the issuer: an endpoint could be another provider's.
    let needed = json!({ "iss": "vestibule-a", "sub": "vestibule-a", "aud": ISSUER, "jti": "CQkJCQkJCQkJCQkJCQkJCQ",
                         "iat": NOW, "exp": NOW + 60 });
    assert_eq!(Value::Object(claims), needed);
    let jtis: BTreeSet<_> = (0..100_u8)
        .map(|n| {
            let moment = Moment { now: now(), entropy: [n; 16], assertion: None };
            let (_, claims) =
                verified(&form(authentication.clone(), &moment), &public(&authentication), Algorithm::ES256);
            claims["jti"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(jtis.len(), 100);
}

/// V-TK-1: the same proof for the code, the refresh, and every other endpoint (R-4.9).
#[test]
fn every_endpoint_gets_the_same_proof_with_the_issuer_as_its_audience() {
    let authentication = keys(P256, None);
    let registration = registration(authentication.clone());
    let mut metadata = metadata();
    let members = metadata.as_object_mut().unwrap();
    for name in ["revocation", "introspection", "pushed_authorization_request"] {
        members.insert(format!("{name}_endpoint"), format!("https://other.example/{name}").into());
    }
    let provider = provider_from(&metadata);
    let endpoints = [
        Some(provider.token_endpoint()),
        provider.revocation_endpoint(),
        provider.introspection_endpoint(),
        provider.pushed_authorization_request_endpoint(),
    ];
    for endpoint in endpoints.map(Option::unwrap) {
        let parameters = [("token", "t")];
        let request = client_authentication::request(
            endpoint,
            &provider,
            registration.credentials(),
            &parameters,
            &moment(),
        )
        .unwrap();
        assert_eq!(request.uri(), endpoint.uri());
        let form = url::form_urlencoded::parse(request.body()).into_owned().collect();
        verified(&form, &public(&authentication), Algorithm::ES256);
    }
}

/// V-TK-1: client_secret_jwt; the key is the UTF-8 octets of the secret.
#[test]
fn a_secret_signs_an_assertion() {
    let awkward = format!("a:b%c+d e\u{e9}\"&={LONG}");
    for (algorithm, theirs) in [
        (SigningAlgorithm::Hs256, Algorithm::HS256),
        (SigningAlgorithm::Hs384, Algorithm::HS384),
        (SigningAlgorithm::Hs512, Algorithm::HS512),
    ] {
        let key = MacKey::new(secret(&awkward), algorithm).unwrap();
        let form = form(ClientAuthentication::SecretJwt(key), &moment());
        let (header, claims) = verified(&form, &DecodingKey::from_secret(awkward.as_bytes()), theirs);
        assert_eq!((header.kid, header.typ.as_deref()), (None, Some("JWT")));
        assert_eq!(claims["sub"], "vestibule-a");
        assert!(!form.values().any(|value| value.contains(LONG)), "the secret itself stays here");
    }
}

/// V-ID-7 for our own: RFC 7518 section 3.2, a key at least as long as the hash.
#[test]
fn a_secret_shorter_than_the_hash_makes_no_key() {
    for algorithm in SigningAlgorithm::ALL {
        let Some(needed) = algorithm.secret_bytes() else {
            assert!(MacKey::new(secret(LONG), algorithm).is_none(), "{algorithm} needs a key pair");
            continue;
        };
        assert!(MacKey::new(secret(&LONG[..needed]), algorithm).is_some());
        assert!(MacKey::new(secret(&LONG[..needed - 1]), algorithm).is_none());
    }
}

/// V-TK-1: what the configuration names is used, whatever discovery announces; nothing is tried.
#[test]
fn a_configured_method_is_never_replaced_by_an_announced_one() {
    let announced = json!(["client_secret_basic", "client_secret_post"]);
    let provider = provider_from(&metadata_with("token_endpoint_auth_methods_supported", Some(announced)));
    let request =
        token::refresh_request(&provider, &registration(keys(P256, None)), &secret("r"), &moment()).unwrap();
    let body = String::from_utf8(request.body().clone()).unwrap();
    assert!(body.contains("client_assertion=") && !request.headers().contains_key("authorization"));
}

#[test]
fn an_assertion_from_a_file_goes_as_it_is() {
    let platform = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzeXN0ZW06c2VydmljZWFjY291bnQ6YTpiIn0.c2lnbmF0dXJl";
    let file = || ClientAuthentication::AssertionFile("token".into());
    let at = |text: &str| Moment { assertion: Some(Ok(secret(text))), ..moment() };
    for text in [platform.to_owned(), format!("{platform}\n"), format!(" {platform}\r\n")] {
        let form = form(file(), &at(&text));
        assert_eq!(form["client_assertion"], platform);
        assert_eq!(form["client_id"], "vestibule-a");
        assert_eq!(form["client_assertion_type"], "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    }
    let long = format!("{}.e30.AAAA", "A".repeat(assertion::MAX_ASSERTION_BYTES));
    let rows = [
        ("", AssertionFault::Empty),
        (" \n", AssertionFault::Empty),
        (long.as_str(), AssertionFault::TooLong { found: long.len() }),
        ("s3cret", AssertionFault::NotAJwt),
        ("a.b", AssertionFault::NotAJwt),
        ("e30.e30.", AssertionFault::NotAJwt),
        ("e30.AAAA.AAAA", AssertionFault::NotAJwt),
        ("e30.W10.AAAA", AssertionFault::NotAJwt),
        ("e30.e30.AAAA.AAAA", AssertionFault::NotAJwt),
        ("e30.e30.AA&client_id=other", AssertionFault::NotAJwt),
        ("e30.e30.AAAA e30.e30.AAAA", AssertionFault::NotAJwt),
        ("e30.e30.AA\u{fffd}A", AssertionFault::NotAJwt),
    ];
    let refusal = |moment: &Moment| {
        let registration = registration(file());
        token::refresh_request(&provider(), &registration, &secret("r"), moment).unwrap_err()
    };
    for (text, fault) in rows {
        assert_eq!(assertion::from_file(&secret(text), None).unwrap_err(), fault, "{text}");
        let fault = refusal(&at(text));
        assert_eq!(fault.code(), "token_assertion_file");
        assert!(!fault.is_final(), "the next one may be there in a moment");
    }
    // One that is over by more than clocks differ goes nowhere, for the provider's no would end the session.
    for (exp, good) in
        [("1799999941", true), ("1799999940.5", false), ("1799999940", false), ("1", false), ("-1", false)]
    {
        let payload = URL_SAFE_NO_PAD.encode(format!("{{\"exp\":{exp}}}"));
        let text = format!("e30.{payload}.AAAA");
        assert!(assertion::from_file(&secret(&text), None).is_ok(), "{exp}: at the start there is no time");
        assert_eq!(assertion::from_file(&secret(&text), Some(now())).is_ok(), good, "{exp}");
        if !good {
            assert_eq!(refusal(&at(&text)).code(), "token_assertion_file");
        }
    }
    let unreadable = Moment { assertion: Some(Err("there is no such file".to_owned())), ..moment() };
    assert_eq!(refusal(&unreadable).to_string(), "client_assertion_file: there is no such file");
    assert_eq!(refusal(&moment()).code(), "token_assertion_file");
    let shown = format!("{:?}", ClientAuthenticationFault::AssertionFile { why: "it is empty".to_owned() });
    assert!(!shown.contains("e30"));
}
