//! OpenID Connect Core 1.0 sections 2, 3.1.3.7 and 3.1.3.8; RFC 7519 section 4.1: what a signed ID token must say. The
//! signature is pinned in `rfc7515_5_2_signature.rs`.

use std::time::Duration;

use aws_lc_rs::digest;
use serde_json::{Value, json};
use vestibule::protocol::claim_path::ClaimPath;
use vestibule::protocol::jwt::{self, Claims, IdTokenExpected, IdTokenFault};
use vestibule::protocol::registration::SigningAlgorithm;
use vestibule::protocol::secret::Secret;

use crate::signer::{PROVIDER, claims, encode, header, with, without};
use crate::world::{ISSUER, NOW, issuer, now, secret};

/// The algorithm of these tests: any would do, this one is fast.
const ALGORITHM: SigningAlgorithm = SigningAlgorithm::EdDsa;

fn verify(
    claims: &Value,
    audiences: &[String],
    access_token: Option<&Secret>,
) -> Result<Claims, IdTokenFault> {
    let expected = IdTokenExpected {
        issuer: &issuer(),
        client_id: "vestibule-a",
        audiences,
        nonce: Some("n-0S6_WzA2Mj"),
        algorithm: ALGORITHM,
        now: now(),
        leeway: Duration::from_secs(60),
        access_token,
    };
    jwt::verify(&PROVIDER.sign(ALGORITHM, &header(ALGORITHM), claims), &PROVIDER.keys(), &expected)
}

fn code(claims: &Value) -> Option<&'static str> {
    verify(claims, &[], None).err().map(|fault| fault.code())
}

/// Each of these values of the claim gives this code.
fn refused(claim: &str, values: &[Value], expected: &str) {
    for value in values {
        assert_eq!(code(&with(claims(), claim, value.clone())), Some(expected), "{claim}: {value}");
    }
}

fn accepted(claim: &str, values: &[Value]) {
    for value in values {
        assert_eq!(code(&with(claims(), claim, value.clone())), None, "{claim}: {value}");
    }
}

#[test]
fn a_good_token_gives_its_claims() {
    let read = verify(&with(claims(), "sid", json!("s-1")), &[], None).unwrap();
    assert_eq!(read.sub(), "248289761001");
    assert_eq!(read.issuer(), ISSUER);
    assert_eq!(read.sid(), Some("s-1"));
    assert_eq!(read.expires_at().seconds(), NOW + 300);
    assert_eq!(read.get(&ClaimPath::parse("email").unwrap()), Some(&json!("jane@example.com")));
    assert_eq!(Value::Object(read.as_json().clone()), with(claims(), "sid", json!("s-1")));
    assert!(!format!("{read:?}").contains("jane"), "values are personal");
}

// Step 2: "The Issuer Identifier for the OpenID Provider … MUST exactly match the value of the iss (issuer) Claim."
/// V-ID-2
/// E-24
#[test]
fn the_issuer_is_exactly_the_configured_one() {
    let others = [
        "https://idp.example/realms/main/",
        "https://idp.example/realms/Main",
        "https://IDP.example/realms/main",
        "https://idp.example:443/realms/main",
        "https://idp.example/realms/main ",
        "https://self-issued.me",
    ];
    refused("iss", &others.map(|other| json!(other)), "id_token_issuer");
    refused("iss", &[json!([ISSUER]), json!(7), Value::Null, json!("")], "id_token_claim_form");
    assert_eq!(code(&without(claims(), "iss")), Some("id_token_claim_missing"));
}

// Step 3: "The ID Token MUST be rejected if the ID Token does not list the Client as a valid audience, or if it contains
// additional audiences not trusted by the Client."
/// V-ID-3
#[test]
fn the_audience_is_this_client_and_nobody_who_is_not_trusted() {
    accepted("aud", &[json!(["vestibule-a"]), json!(["vestibule-a", "vestibule-a"])]);
    refused(
        "aud",
        &[
            json!("grafana"),
            json!("vestibule-a "),
            json!("vestibule"),
            json!("Vestibule-A"),
            json!("vestibule-a,grafana"),
            json!(""),
            json!([]),
            json!(["grafana"]),
            json!(["vestibule-a", "grafana"]),
            json!(["grafana", "vestibule-a"]),
        ],
        "id_token_audience",
    );
    refused(
        "aud",
        &[
            json!(7),
            Value::Null,
            json!({"vestibule-a": 1}),
            json!([["vestibule-a"]]),
            json!(["vestibule-a", 7]),
        ],
        "id_token_claim_form",
    );
    assert_eq!(code(&without(claims(), "aud")), Some("id_token_claim_missing"));
    let fault = verify(&with(claims(), "aud", json!(["account", "grafana"])), &[], None).unwrap_err();
    assert_eq!(
        fault.to_string(),
        "the ID token is for \"account\", \"grafana\", but must be for \"vestibule-a\" and nobody else"
    );
}

// Steps 4 and 5 (errata 1).
/// V-ID-4
#[test]
fn the_authorized_party_is_this_client() {
    accepted("azp", &[json!("vestibule-a")]);
    refused("azp", &[json!("grafana"), json!("")], "id_token_authorized_party");
    refused("azp", &[json!(7), Value::Null, json!(["vestibule-a"])], "id_token_claim_form");
    let trusted = ["project".to_owned()];
    let several = with(claims(), "aud", json!(["project", "vestibule-a"]));
    let code = |claims: &Value| verify(claims, &trusted, None).err().map(|fault| fault.code());
    assert_eq!(code(&several), Some("id_token_authorized_party"), "several audiences need azp");
    assert_eq!(code(&with(several.clone(), "azp", json!("vestibule-a"))), None);
    assert_eq!(code(&with(several, "azp", json!("project"))), Some("id_token_authorized_party"));
    assert_eq!(code(&with(claims(), "aud", json!("project"))), Some("id_token_audience"));
}

// Step 9: "The current time MUST be before the time represented by the exp Claim."
/// V-ID-8
#[test]
fn an_expired_token_is_refused() {
    accepted(
        "exp",
        &[json!(NOW - 59), json!(NOW - 59 + 1), json!(4_102_444_800.5), json!(253_402_300_799_u64)],
    );
    refused(
        "exp",
        &[json!(NOW - 60), json!(NOW - 61), json!(0), json!(1e-5), json!(-0.0)],
        "id_token_expired",
    );
    let fault = verify(&with(claims(), "exp", json!(NOW - 75)), &[], None).unwrap_err();
    assert_eq!(
        fault.to_string(),
        "the ID token expired 75s ago (exp 1799999925, now 1800000000, leeway 60s)"
    );
}

// RFC 7519 section 2: NumericDate is a JSON number. What is there but is no number is not taken as absent.
/// V-ID-8, V-ID-9, V-ID-12
#[test]
fn times_are_numbers() {
    let no_times = [
        json!("9999999999"),
        Value::Null,
        json!(true),
        json!([NOW]),
        json!({}),
        json!(-1),
        json!(1e300),
        json!(9_223_372_036_854_775_808_u64),
        json!(u64::MAX),
        json!(253_402_300_800_u64),
    ];
    for claim in ["exp", "iat", "nbf"] {
        refused(claim, &no_times, "id_token_claim_form");
    }
    refused("nbf", &[json!("0")], "id_token_claim_form");
    for claim in ["exp", "iat"] {
        assert_eq!(code(&without(claims(), claim)), Some("id_token_claim_missing"), "{claim}");
    }
}

// Step 10: "The iat Claim can be used to reject tokens that were issued too far away from the current time."
/// V-ID-9
#[test]
fn the_time_of_issue_is_now() {
    accepted(
        "iat",
        &[json!(NOW), json!(NOW + 60), json!(NOW + 60).clone(), json!(NOW - 3660), json!(NOW as f64 - 0.5)],
    );
    refused("iat", &[json!(NOW + 61), json!(NOW + 120), json!(NOW + 300)], "id_token_issued_in_future");
    refused("iat", &[json!(NOW - 3661), json!(NOW - 86_400), json!(0)], "id_token_too_old");
}

// RFC 7519 section 4.1.5.
/// V-ID-12
#[test]
fn a_token_is_not_used_before_its_time() {
    accepted("nbf", &[json!(NOW), json!(NOW + 60), json!(0)]);
    refused("nbf", &[json!(NOW + 61), json!(NOW + 120)], "id_token_not_yet_valid");
}

// Step 11: "If a nonce value was sent in the Authentication Request, a nonce Claim MUST be present and its value checked".
/// V-ID-10
/// E-12
#[test]
fn the_nonce_is_the_one_of_this_login() {
    refused("nonce", &[json!("n-0S6_WzA2Mk"), json!("n-0S6_WzA2M"), json!("N-0S6_WzA2Mj")], "id_token_nonce");
    refused("nonce", &[json!(""), Value::Null, json!(["n-0S6_WzA2Mj"]), json!(7)], "id_token_claim_form");
    assert_eq!(code(&without(claims(), "nonce")), Some("id_token_claim_missing"));
}

// Section 2: "It MUST NOT exceed 255 ASCII characters in length."
/// V-ID-14
#[test]
fn the_subject_is_one_to_255_printable_characters() {
    accepted("sub", &[json!("a"), json!("a".repeat(255)), json!("auth0|1 2")]);
    let control = ["a\nb", "a\u{0}", "\u{7f}", "j\u{e9}"].map(|text| json!(text));
    refused("sub", &control, "id_token_claim_form");
    refused(
        "sub",
        &[json!(""), json!("a".repeat(256)), json!(7), Value::Null, json!(["a"])],
        "id_token_claim_form",
    );
    assert_eq!(code(&without(claims(), "sub")), Some("id_token_claim_missing"));
}

// Section 3.1.3.8: "if the ID Token contains an at_hash Claim, the Client MAY use it to validate the Access Token" (we do).
/// V-ID-15
#[test]
fn the_hash_is_the_one_of_the_access_token() {
    let access_token = secret("dNZX1hEZ9wBCzNL40Upu646bdzQA");
    let hash = |text: &str| encode(&digest::digest(&digest::SHA512, text.as_bytes()).as_ref()[..32]);
    let code = |claims: &Value| verify(claims, &[], Some(&access_token)).err().map(|fault| fault.code());
    assert_eq!(code(&claims()), None, "it is optional");
    assert_eq!(code(&with(claims(), "at_hash", json!(hash(access_token.expose())))), None);
    let sha256 = encode(&digest::digest(&digest::SHA256, access_token.expose().as_bytes()).as_ref()[..16]);
    for wrong in [hash("another token"), sha256, hash(access_token.expose())[..20].to_owned(), String::new()]
    {
        let claims = with(claims(), "at_hash", json!(wrong));
        assert_eq!(code(&claims), Some("id_token_access_token_hash"), "{wrong}");
    }
    for wrong in [json!(7), Value::Null] {
        assert_eq!(code(&with(claims(), "at_hash", wrong)), Some("id_token_claim_form"));
    }
    // c_hash says nothing in the code flow.
    assert_eq!(code(&with(claims(), "c_hash", json!("x"))), None);
}

// The example of OpenID Connect Core 1.0 appendix A.3 is an RS256 token with this at_hash for this access token.
/// V-ID-15
#[test]
fn the_hash_of_rs256_is_half_of_sha256() {
    let access_token = secret("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y");
    let algorithm = SigningAlgorithm::Rs256;
    for (at_hash, expected_code) in
        [("77QmUPtjPfzWtF2AnpK9RQ", None), ("77QmUPtjPfzWtF2AnpK9RA", Some("id_token_access_token_hash"))]
    {
        let token = PROVIDER.sign(algorithm, &header(algorithm), &with(claims(), "at_hash", json!(at_hash)));
        let expected = IdTokenExpected {
            issuer: &issuer(),
            client_id: "vestibule-a",
            audiences: &[],
            nonce: None,
            algorithm,
            now: now(),
            leeway: Duration::ZERO,
            access_token: Some(&access_token),
        };
        let fault = jwt::verify(&token, &PROVIDER.keys(), &expected).err();
        assert_eq!(fault.map(|fault| fault.code()), expected_code);
    }
}

// RFC 8725 sections 2.8 and 3.12: tokens of other kinds, signed by the same keys for the same client.
/// V-ID-16
#[test]
fn tokens_of_other_kinds_are_no_id_tokens() {
    let logout = json!({
        "iss": ISSUER, "aud": "vestibule-a", "sub": "248289761001", "iat": NOW, "exp": NOW + 120, "jti": "j", "sid": "s",
        "nonce": "n-0S6_WzA2Mj",
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
    });
    assert_eq!(code(&logout), Some("id_token_other_kind"));
    let access = json!({
        "iss": ISSUER, "aud": "https://api.example", "sub": "248289761001", "iat": NOW, "exp": NOW + 300,
        "client_id": "vestibule-a", "scope": "read",
    });
    assert_eq!(code(&access), Some("id_token_audience"));
    let userinfo =
        json!({"iss": ISSUER, "aud": "vestibule-a", "sub": "248289761001", "email": "jane@example.com"});
    assert_eq!(code(&userinfo), Some("id_token_claim_missing"));
    let jarm = json!({"iss": ISSUER, "aud": "vestibule-a", "exp": NOW + 300, "code": "c", "state": "s"});
    assert_eq!(code(&jarm), Some("id_token_claim_missing"));
}
