//! Every code of the protocol layer is one of a kind, and has a test here that gets it.

use std::collections::BTreeSet;

use vestibule::protocol::access_token::AccessTokenFault;
use vestibule::protocol::callback::CallbackFault;
use vestibule::protocol::certificate::CertificateFault;
use vestibule::protocol::discovery::DiscoveryFault;
use vestibule::protocol::dpop::DpopFault;
use vestibule::protocol::initiate_login::InitiateLoginFault;
use vestibule::protocol::introspection::IntrospectionFault;
use vestibule::protocol::jwks::JwksFault;
use vestibule::protocol::jwt::IdTokenFault;
use vestibule::protocol::logout_token::LogoutTokenFault;
use vestibule::protocol::pushed::PushedFault;
use vestibule::protocol::token::TokenFault;
use vestibule::protocol::userinfo::UserinfoFault;

const ALL: [(&str, &[&str]); 13] = [
    ("bearer_", AccessTokenFault::ALL_CODES),
    ("bearer_certificate_", CertificateFault::ALL_CODES),
    ("callback_", CallbackFault::ALL_CODES),
    ("discovery_", DiscoveryFault::ALL_CODES),
    ("dpop_", DpopFault::ALL_CODES),
    ("id_token_", IdTokenFault::ALL_CODES),
    ("initiate_login_", InitiateLoginFault::ALL_CODES),
    ("introspection_", IntrospectionFault::ALL_CODES),
    ("jwks_", JwksFault::ALL_CODES),
    ("pushed_", PushedFault::ALL_CODES),
    ("logout_token_", LogoutTokenFault::ALL_CODES),
    ("token_", TokenFault::ALL_CODES),
    ("userinfo_", UserinfoFault::ALL_CODES),
];

/// The tests as text; `unusable_answers` gives the codes that all endpoints share without their prefix.
const TESTS: &str = concat!(
    include_str!("backchannel_logout_2_6_logout_token.rs"),
    include_str!("oidc_core_12_2_refresh.rs"),
    include_str!("oidc_core_3_1_3_7_id_token.rs"),
    include_str!("oidc_core_3_1_3_7_requested.rs"),
    include_str!("oidc_core_4_initiate_login.rs"),
    include_str!("oidc_core_5_3_2_signed_userinfo.rs"),
    include_str!("oidc_core_5_3_userinfo.rs"),
    include_str!("oidc_discovery_4_3_metadata.rs"),
    include_str!("rfc6749_2_3_1_client_authentication.rs"),
    include_str!("rfc6749_4_1_2_authorization_response.rs"),
    include_str!("rfc6749_5_token_response.rs"),
    include_str!("rfc7515_5_2_signature.rs"),
    include_str!("rfc7516_5_2_decryption.rs"),
    include_str!("rfc7517_5_key_set.rs"),
    include_str!("rfc7523_3_client_assertion.rs"),
    include_str!("rfc7662_2_introspection.rs"),
    include_str!("rfc8705_2_mutual_tls.rs"),
    include_str!("rfc8705_3_certificate_bound.rs"),
    include_str!("rfc9068_2_2_claims.rs"),
    include_str!("rfc9068_4_access_token.rs"),
    include_str!("rfc9068_4_issuer_audience_time.rs"),
    include_str!("rfc9126_2_pushed_authorization_request.rs"),
    include_str!("rfc9207_2_issuer_in_response.rs"),
    include_str!("rfc9701_5_signed_introspection.rs"),
    include_str!("rfc9449_4_3_dpop_proof.rs"),
);
const SHARED: [&str; 5] = ["redirect", "status", "too_large", "content_type", "unreadable"];

/// The judges as text.
const SOURCES: &str = concat!(
    include_str!("../../src/protocol/access_token_fault.rs"),
    include_str!("../../src/protocol/callback_fault.rs"),
    include_str!("../../src/protocol/certificate.rs"),
    include_str!("../../src/protocol/discovery_fault.rs"),
    include_str!("../../src/protocol/dpop_fault.rs"),
    include_str!("../../src/protocol/id_token_fault.rs"),
    include_str!("../../src/protocol/initiate_login.rs"),
    include_str!("../../src/protocol/introspection_fault.rs"),
    include_str!("../../src/protocol/jwks.rs"),
    include_str!("../../src/protocol/pushed.rs"),
    include_str!("../../src/protocol/logout_token.rs"),
    include_str!("../../src/protocol/token.rs"),
    include_str!("../../src/protocol/client_authentication.rs"),
    include_str!("../../src/protocol/userinfo_fault.rs"),
);

#[test]
fn codes_are_one_of_a_kind_and_named_for_their_endpoint() {
    let mut seen = BTreeSet::new();
    for (prefix, codes) in ALL {
        for code in codes {
            assert!(seen.insert(*code), "{code} is there twice");
            assert!(code.starts_with(prefix), "{code}");
            assert!(code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{code}");
        }
    }
}

#[test]
fn every_code_is_in_its_list() {
    let listed: BTreeSet<&str> = ALL.iter().flat_map(|(_, codes)| codes.iter().copied()).collect();
    let given: BTreeSet<&str> = SOURCES
        .lines()
        .filter_map(|line| line.split_once("=> \"")?.1.split_once('"'))
        .map(|(code, _)| code)
        .filter(|code| ALL.iter().any(|(prefix, _)| code.starts_with(prefix)))
        .collect();
    assert_eq!(given, listed);
}

#[test]
fn every_code_has_a_test_that_gets_it() {
    for (prefix, codes) in ALL {
        for code in codes {
            let is_shared = SHARED.contains(&&code[prefix.len()..])
                && TESTS.contains(&format!("format!(\"{prefix}{{code}}\")"));
            assert!(is_shared || TESTS.contains(&format!("\"{code}\"")), "{code} has no test");
        }
    }
}
