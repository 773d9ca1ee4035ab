//! an issuer that is a template. Microsoft Entra ID gives applications for several organisations one discovery document, which
//! calls its issuer `https://login.microsoftonline.com/{tenantid}/v2.0`; each token is by the issuer of its own tenant, `tid`.

use std::time::Duration;

use serde_json::{Value, json};
use vestibule::protocol::discovery;
use vestibule::protocol::issuer::{HttpIssuer, Issuer, IssuerFault, is_tenant_id};
use vestibule::protocol::jwt::{self, Claims, IdTokenExpected, IdTokenFault, judge_refreshed};
use vestibule::protocol::registration::SigningAlgorithm;

use crate::signer::{PROVIDER, claims, header, keys, with, without};
use crate::world::{json_answer, metadata_with, now};

const TEMPLATE: &str = "https://login.example/{tenantid}/v2.0";
const ONE: &str = "11111111-2222-3333-4444-555555555555";
const TWO: &str = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee";
const STRANGER: &str = "99999999-2222-3333-4444-555555555555";
const PRIVATE_ACCOUNTS: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";
const ALGORITHM: SigningAlgorithm = SigningAlgorithm::EdDsa;

fn template(text: &str, tenants: &[&str]) -> Result<Issuer, IssuerFault> {
    let tenants = tenants.iter().map(|tenant| (*tenant).to_owned()).collect();
    Issuer::parse_template(text, tenants, HttpIssuer::OnlyLoopback)
}

fn of(tenant: &str) -> String {
    TEMPLATE.replace("{tenantid}", tenant)
}

fn token_of(tenant: &str) -> Value {
    with(with(claims(), "iss", json!(of(tenant))), "tid", json!(tenant))
}

fn verify(issuer: &Issuer, claims: &Value) -> Result<Claims, IdTokenFault> {
    let expected = IdTokenExpected {
        issuer,
        client_id: "vestibule-a",
        audiences: &[],
        nonce: Some("n-0S6_WzA2Mj"),
        algorithm: ALGORITHM,
        now: now(),
        leeway: Duration::ZERO,
        access_token: None,
    };
    jwt::verify(&PROVIDER.sign(ALGORITHM, &header(ALGORITHM), claims), &PROVIDER.keys(), &expected)
}

/// V-ID-2 for a template: `iss` is the template with the token's own `tid`, and `tid` is listed.
#[test]
fn a_token_is_by_the_issuer_of_its_own_tenant_and_that_is_listed() {
    let issuer = template(TEMPLATE, &[ONE, TWO]).unwrap();
    for tenant in [ONE, TWO] {
        let read = verify(&issuer, &token_of(tenant)).unwrap();
        assert_eq!(read.issuer(), of(tenant), "who the person is, is said with the issuer of the tenant");
    }
    for (name, claims) in [
        ("a tenant that is not listed", token_of(STRANGER)),
        ("iss of a listed tenant, tid of another", with(token_of(ONE), "tid", json!(STRANGER))),
        ("tid of a listed tenant, iss of another", with(token_of(ONE), "iss", json!(of(STRANGER)))),
        ("iss and tid of two listed tenants", with(token_of(ONE), "iss", json!(of(TWO)))),
        ("no tid", without(token_of(ONE), "tid")),
        ("tid a list", with(token_of(ONE), "tid", json!([ONE]))),
        ("tid null", with(token_of(ONE), "tid", Value::Null)),
        ("tid empty", with(with(claims(), "iss", json!(of(""))), "tid", json!(""))),
        ("the template itself", with(token_of(ONE), "iss", json!(TEMPLATE))),
        (
            "the template with itself",
            with(with(claims(), "iss", json!(TEMPLATE)), "tid", json!("{tenantid}")),
        ),
        (
            "where all sign in",
            with(with(claims(), "iss", json!(of("organizations"))), "tid", json!("organizations")),
        ),
        (
            "capitals",
            with(with(claims(), "iss", json!(of(&TWO.to_uppercase()))), "tid", json!(TWO.to_uppercase())),
        ),
        ("a slash more", with(token_of(ONE), "iss", json!(of(ONE) + "/"))),
    ] {
        assert_eq!(verify(&issuer, &claims).unwrap_err().code(), "id_token_issuer", "{name}");
    }
}

/// `tid` means something with a template only.
#[test]
fn other_providers_may_use_the_claim_for_what_they_like() {
    for tid in [json!(7), json!(ONE), Value::Null] {
        assert!(verify(&crate::world::issuer(), &with(claims(), "tid", tid)).is_ok());
    }
}

/// V-RF-1: a refresh does not move a person to another tenant.
#[test]
fn a_refresh_stays_in_its_tenant() {
    let issuer = template(TEMPLATE, &[ONE, TWO]).unwrap();
    let (one, two) = (verify(&issuer, &token_of(ONE)).unwrap(), verify(&issuer, &token_of(TWO)).unwrap());
    assert!(judge_refreshed(&one, &one.clone()).is_ok());
    assert_eq!(judge_refreshed(&one, &two).unwrap_err(), IdTokenFault::Changed { claim: "iss" });
}

/// V-DS-2: the document has the template, byte for byte.
#[test]
fn the_metadata_have_the_template_and_are_found_where_any_tenant_signs_in() {
    let issuer = template(TEMPLATE, &[ONE]).unwrap();
    let code = |value: &str| {
        let answer = json_answer(&metadata_with("issuer", Some(json!(value))));
        discovery::judge(&answer, &issuer).err().map(|fault| fault.code())
    };
    assert_eq!(code(TEMPLATE), None);
    for other in [of(ONE), of("organizations"), of("{tenantId}"), format!("{TEMPLATE}/"), of("{tenant}")] {
        assert_eq!(code(&other), Some("discovery_issuer"), "{other}");
    }
    let uri = |tenants: &[&str]| template(TEMPLATE, tenants).unwrap().metadata_uri().to_string();
    let well_known = |name| format!("{}/.well-known/openid-configuration", of(name));
    assert_eq!(uri(&[ONE, TWO]), well_known("organizations"));
    assert_eq!(uri(&[ONE, PRIVATE_ACCOUNTS]), well_known("common"));
}

/// RFC 9207 section 2.4.
#[test]
fn a_listed_tenant_is_a_name_of_the_issuer_where_nothing_says_which_one_is_meant() {
    let issuer = template(TEMPLATE, &[ONE]).unwrap();
    assert!(issuer.is_named(&of(ONE)));
    for other in [TEMPLATE.to_owned(), of(TWO), of("organizations"), of(ONE) + "/", String::new()] {
        assert!(!issuer.is_named(&other), "{other}");
    }
    let plain = crate::world::issuer();
    assert!(plain.is_named(plain.as_str()) && !plain.is_named(&of(ONE)));
}

#[test]
fn a_template_has_its_tenant_as_one_part_of_the_path_and_never_stands_without_tenants() {
    for text in ["https://a/{tenantid}", "https://a/{tenantid}/v2.0", "https://a/x/{tenantid}/"] {
        assert!(template(text, &[ONE]).is_ok(), "{text}");
        assert_eq!(template(text, &[]), Err(IssuerFault::Template), "{text}: no tenants");
        assert_eq!(Issuer::parse(text, HttpIssuer::OnlyLoopback), Err(IssuerFault::Template), "{text}");
    }
    for text in [
        "https://a/v2.0",
        "https://a/{tenantid}x/",
        "https://a/x{tenantid}",
        "https://{tenantid}.a/",
        "https://{tenantid}/",
        "https://a/{tenantid}/{tenantid}",
        "https://a/{tenantid}/{policy}",
        "https://a/{tenant}/",
        "https://a/{tenantid",
    ] {
        assert_eq!(template(text, &[ONE]), Err(IssuerFault::Template), "{text}");
    }
    assert_eq!(template("https://a/?x=/{tenantid}/", &[ONE]), Err(IssuerFault::HasExtras));
    assert_eq!(template("http://a/{tenantid}/", &[ONE]), Err(IssuerFault::NotHttps));
    for tenant in [
        "",
        "x/y",
        "organizations",
        "11111111-2222-3333-4444-55555555555",
        "A1111111-2222-3333-4444-555555555555",
    ] {
        assert!(!is_tenant_id(tenant), "{tenant}");
        assert_eq!(template(TEMPLATE, &[ONE, tenant]), Err(IssuerFault::Template), "{tenant}");
    }
}

/// V-ID-2, V-ID-5: the set of such a provider has the keys of all tenants, some of them kept to one. The key of private accounts
/// once signed tokens for organisations, for who verified them did not look.
#[test]
fn a_key_that_is_kept_to_one_tenant_signs_for_no_other() {
    let issuer = template(TEMPLATE, &[ONE, PRIVATE_ACCOUNTS]).unwrap();
    let verify = |issuer: &Issuer, key_issuer: Value, tenant: &str| {
        let expected = IdTokenExpected {
            issuer,
            client_id: "vestibule-a",
            audiences: &[],
            nonce: Some("n-0S6_WzA2Mj"),
            algorithm: ALGORITHM,
            now: now(),
            leeway: Duration::ZERO,
            access_token: None,
        };
        let keys = keys(&[with(PROVIDER.ed25519_jwk("ed"), "issuer", key_issuer)]);
        let header = without(header(ALGORITHM), "kid");
        jwt::verify(&PROVIDER.sign(ALGORITHM, &header, &token_of(tenant)), &keys, &expected)
            .map_err(|fault| fault.code())
            .map(|claims| claims.issuer().to_owned())
    };
    for tenant in [ONE, PRIVATE_ACCOUNTS] {
        assert_eq!(verify(&issuer, json!(TEMPLATE), tenant), Ok(of(tenant)), "of all");
        assert_eq!(verify(&issuer, json!(of(tenant)), tenant), Ok(of(tenant)), "of this one");
    }
    for kept_to in [of(PRIVATE_ACCOUNTS), of(TWO), "https://evil.example".to_owned(), String::new()] {
        assert_eq!(verify(&issuer, json!(kept_to), ONE), Err("id_token_issuer"), "{kept_to}");
    }
    // A provider of one issuer may have such a member for whatever it likes.
    let one = Issuer::parse(&of(ONE), HttpIssuer::OnlyLoopback).unwrap();
    assert_eq!(verify(&one, json!("anything"), ONE), Ok(of(ONE)));
}
