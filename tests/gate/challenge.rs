//! `WWW-Authenticate` about access tokens: RFC 6750 section 3 (V-BT-12, F-23), RFC 9449 section 7.1, RFC 9470 section 3, RFC 9728
//! section 5.1.

use std::time::Duration;

use serde_json::json;
use vestibule::config::Client;
use vestibule::config::bearer::{BearerTokens, Dpop, ResourceMetadata};
use vestibule::gate::challenge::{of_refusal, without_token};
use vestibule::gate::presented::Scheme;
use vestibule::gate::refusal::{Kind, Refusal};
use vestibule::protocol::dpop::{ALGORITHMS, DpopFault};
use vestibule::protocol::dpop_fault::Shortfall;

use super::refusal::{FOUND, one_of_each};
use super::token::{client_with, tokens};

fn at(dpop: Dpop) -> Client {
    client_with(BearerTokens { dpop, ..tokens() })
}

fn nothing_came(dpop: Dpop) -> Vec<String> {
    let client = at(dpop);
    without_token(&client, client.bearer.as_ref().unwrap())
}

/// V-BT-12: RFC 6750 section 3.1: a request without any credential is told no error code.
#[test]
fn where_no_token_came_nothing_was_wrong() {
    let algs = algs();
    assert_eq!(nothing_came(Dpop::Off), ["Bearer realm=\"app\""]);
    let dpop = format!("DPoP realm=\"app\", {algs}");
    assert_eq!(nothing_came(Dpop::Accepted), ["Bearer realm=\"app\"", &*dpop]);
    assert_eq!(nothing_came(Dpop::Required), [&*dpop]);
    assert!(!of_refusal(&at(Dpop::Off), Scheme::Bearer, &Refusal::BearerNeeded).contains("error"));
}

/// RFC 9449 section 7.1: `algs` lists what a proof may be signed by, and a secret proves nothing.
fn algs() -> String {
    let names: Vec<&str> = ALGORITHMS.iter().map(|algorithm| algorithm.name()).collect();
    assert!(!names.is_empty() && !names.iter().any(|name| name.starts_with("HS") || *name == "none"));
    format!("algs=\"{}\"", names.join(" "))
}

/// V-BT-12, F-23: RFC 6750 section 3.1, RFC 9449 sections 7.1 and 9, RFC 9470 section 3.
#[test]
fn each_refusal_has_the_error_code_of_its_specification() {
    let invalid_token = "invalid_token";
    let table = [
        (Refusal::BearerTwice, "invalid_request"),
        (Refusal::BearerWithCookie, "invalid_request"),
        (Refusal::BearerMalformed, invalid_token),
        (Refusal::BearerOpaque, invalid_token),
        (Refusal::BearerInactive, invalid_token),
        (Refusal::BearerIssuerElsewhere, invalid_token),
        (Refusal::BearerBinding, invalid_token),
        (Refusal::BearerCertificateTwice, invalid_token),
        (Refusal::BearerCertificateOther, invalid_token),
        (Refusal::BearerScope { needed: vec!["a".to_owned()] }, "insufficient_scope"),
        (Refusal::HostedDomain { named: true }, "insufficient_scope"),
        (
            Refusal::BearerAuthentication { acr_values: vec!["mfa".to_owned()], max_age: None },
            "insufficient_user_authentication",
        ),
        (Refusal::DpopOff, invalid_token),
        (Refusal::DpopNeeded, invalid_token),
        (Refusal::DpopAsBearer, invalid_token),
        (Refusal::DpopUnbound, invalid_token),
        (Refusal::DpopProofMissing, "invalid_dpop_proof"),
        (Refusal::DpopProofTwice, "invalid_dpop_proof"),
        (Refusal::DpopReplayed, "invalid_dpop_proof"),
        (DpopFault::Signature.into(), "invalid_dpop_proof"),
        (DpopFault::OtherKey.into(), "invalid_dpop_proof"),
        (DpopFault::Nonce(Shortfall::Missing).into(), "use_dpop_nonce"),
    ];
    for (refusal, expected) in table {
        let said = of_refusal(&at(Dpop::Accepted), Scheme::Dpop, &refusal);
        assert!(said.contains(&format!(", error=\"{expected}\", ")), "{} said {said}", refusal.code());
        let sentence = format!("error_description=\"{}\"", refusal.sentence());
        assert!(said.contains(&sentence), "{} said {said}", refusal.code());
    }
    for refusal in one_of_each() {
        let said = of_refusal(&at(Dpop::Accepted), Scheme::Bearer, &refusal);
        let code = refusal.code();
        if code.starts_with("dpop_proof_") {
            assert!(said.contains("error=\"invalid_dpop_proof\""), "{code} said {said}");
        } else if matches!(refusal, Refusal::AccessToken(_) | Refusal::Certificate(_)) {
            assert!(said.contains("error=\"invalid_token\""), "{code} said {said}");
        }
    }
}

/// What no other token would mend is not said to be the token's fault: a program would fetch one after the other.
#[test]
fn what_is_not_the_tokens_fault_has_no_error_code() {
    for refusal in [
        Refusal::BearerNeeded,
        Refusal::AuthorizationTooLarge { bytes: 5000 },
        Refusal::PassedTooLarge { bytes: 5000, largest: "x-auth-assertion".parse().unwrap(), of_it: 4000 },
        Refusal::IdentityTooLarge { bytes: 5000 },
        Refusal::ClaimUnfit { claim: "email".into(), why: "a rule" },
        Refusal::DpopFull,
        Refusal::TooManyTokens { wait: Duration::from_secs(1) },
        Refusal::RefreshUnavailable,
    ] {
        let said = of_refusal(&at(Dpop::Off), Scheme::Bearer, &refusal);
        assert_eq!(said, "Bearer realm=\"app\"", "{}", refusal.code());
    }
}

/// A challenge names the scheme in which the token is to come.
#[test]
fn a_refusal_is_answered_in_the_scheme_that_helps() {
    let scheme = |came: Scheme, refusal: &Refusal| {
        let said = of_refusal(&at(Dpop::Accepted), came, refusal);
        let scheme = said.split(' ').next().unwrap().to_owned();
        assert_eq!(scheme == "DPoP", said.contains(&algs()), "{said}");
        scheme
    };
    assert_eq!(scheme(Scheme::Bearer, &Refusal::BearerInactive), "Bearer");
    assert_eq!(scheme(Scheme::Dpop, &Refusal::BearerInactive), "DPoP");
    assert_eq!(scheme(Scheme::Bearer, &Refusal::DpopAsBearer), "DPoP");
    assert_eq!(scheme(Scheme::Bearer, &Refusal::DpopNeeded), "DPoP");
    assert_eq!(scheme(Scheme::Dpop, &Refusal::DpopUnbound), "Bearer");
    assert_eq!(scheme(Scheme::Dpop, &Refusal::DpopOff), "Bearer");
}

/// RFC 6750 section 3, RFC 9470 section 3.
#[test]
fn a_challenge_names_what_is_needed() {
    let scope = Refusal::BearerScope { needed: vec!["read".to_owned(), "write".to_owned()] };
    assert_eq!(
        of_refusal(&at(Dpop::Off), Scheme::Bearer, &scope),
        "Bearer realm=\"app\", error=\"insufficient_scope\", error_description=\"The access token lacks a scope.\", \
         scope=\"read write\""
    );
    let authentication = |acr_values: &[&str], max_age: Option<u64>| {
        let refusal = Refusal::BearerAuthentication {
            acr_values: acr_values.iter().map(|&acr| acr.to_owned()).collect(),
            max_age: max_age.map(Duration::from_secs),
        };
        let said = of_refusal(&at(Dpop::Off), Scheme::Bearer, &refusal);
        said.split_once("is needed.\"").unwrap().1.to_owned()
    };
    assert_eq!(authentication(&["mfa", "hwk"], Some(900)), ", acr_values=\"mfa hwk\", max_age=\"900\"");
    assert_eq!(authentication(&["mfa"], None), ", acr_values=\"mfa\"");
    assert_eq!(authentication(&[], Some(0)), ", max_age=\"0\"");
}

/// RFC 9728 section 5.1.
#[test]
fn a_challenge_leads_to_the_metadata_of_the_resource() {
    let metadata = |path: &str| ResourceMetadata {
        origin: "https://api.example.test".to_owned(),
        path: path.to_owned(),
        document: json!({}),
    };
    let client = Client { resource_metadata: Some(metadata("/v1")), ..at(Dpop::Accepted) };
    let expected = "resource_metadata=\"https://api.example.test/.well-known/oauth-protected-resource/v1\"";
    let mut said = without_token(&client, client.bearer.as_ref().unwrap());
    said.push(of_refusal(&client, Scheme::Bearer, &Refusal::BearerInactive));
    for said in said {
        assert!(said.ends_with(&format!(", {expected}")), "{said}");
    }
    let client = Client { resource_metadata: Some(metadata("")), ..client };
    let said = of_refusal(&client, Scheme::Bearer, &Refusal::BearerInactive);
    assert!(said.ends_with("/.well-known/oauth-protected-resource\""), "{said}");
}

/// RFC 6750 section 3: error-desc = %x20-21 / %x23-5B / %x5D-7E.
#[test]
fn every_sentence_can_be_a_description() {
    for kind in Kind::ALL {
        let fits = |byte: u8| matches!(byte, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        assert!(kind.sentence().bytes().all(fits), "{}: {}", kind.code(), kind.sentence());
    }
}

/// RFC 9110 section 11.6.1: a reader finds the parameters that are meant, each once, whatever a token or a provider said.
#[test]
fn a_challenge_holds_nothing_of_what_came() {
    for refusal in one_of_each() {
        for scheme in [Scheme::Bearer, Scheme::Dpop] {
            let said = of_refusal(&at(Dpop::Accepted), scheme, &refusal);
            let code = refusal.code();
            assert!(!said.contains(FOUND), "{code} said {said}");
            assert!(said.bytes().all(|byte| matches!(byte, 0x20..=0x7e)), "{code} said {said}");
            let (_, parameters) = said.split_once(' ').unwrap();
            let mut names = Vec::new();
            for parameter in parameters.split("\", ") {
                let (name, value) = parameter.split_once("=\"").unwrap();
                assert!(!value.trim_end_matches('"').contains(['"', '\\']), "{code} said {said}");
                assert!(!names.contains(&name), "{code} said {name} twice: {said}");
                names.push(name);
            }
            assert_eq!(names[0], "realm", "{code} said {said}");
        }
    }
}
