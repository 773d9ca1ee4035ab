//! OpenID Connect Discovery 1.0 sections 3, 4.1 and 4.3, RFC 8414 section 3.3.

use serde_json::{Value, json};
use vestibule::protocol::discovery::{self, DiscoveryFault, MAX_ANSWER_BYTES, Provider};
use vestibule::protocol::endpoint::{is_private_address, is_refused_address};
use vestibule::protocol::issuer::{HttpIssuer, Issuer, IssuerFault};

use crate::world::{
    ISSUER, answer, issuer, json_answer, metadata, metadata_with, provider, provider_from, unusable_answers,
};

fn code(metadata: &Value, issuer: &Issuer) -> Option<&'static str> {
    discovery::judge(&json_answer(metadata), issuer).err().map(|fault| fault.code())
}

// "If the Issuer value contains a path component, any terminating / MUST be removed before appending
// /.well-known/openid-configuration."
#[test]
fn the_slash_at_the_end_is_removed_before_the_well_known_path() {
    for (issuer, uri) in [
        ("https://idp.example", "https://idp.example/.well-known/openid-configuration"),
        ("https://idp.example/", "https://idp.example/.well-known/openid-configuration"),
        ("https://idp.example/a", "https://idp.example/a/.well-known/openid-configuration"),
        ("https://idp.example/a/", "https://idp.example/a/.well-known/openid-configuration"),
        ("http://localhost:8490", "http://localhost:8490/.well-known/openid-configuration"),
    ] {
        let request = discovery::request(&Issuer::parse(issuer, HttpIssuer::OnlyLoopback).unwrap());
        assert_eq!(request.uri(), uri);
        assert_eq!(request.method(), "GET");
        assert_eq!(request.headers()["accept"], "application/json");
        assert!(request.body().is_empty());
    }
}

/// V-DS-1
#[test]
fn an_issuer_is_https_without_query_or_fragment() {
    let only = HttpIssuer::OnlyLoopback;
    for (text, fault) in [
        ("http://idp.example", IssuerFault::NotHttps),
        ("https://idp.example?x", IssuerFault::HasExtras),
        ("https://idp.example#x", IssuerFault::HasExtras),
        ("https://user@idp.example", IssuerFault::HasExtras),
        ("idp.example", IssuerFault::NotAnAddress),
        ("ftp://idp.example", IssuerFault::NotAnAddress),
        ("https://idp.example ", IssuerFault::NotAnAddress),
        ("https://idp.exa\nmple", IssuerFault::NotAnAddress),
        ("https://idp{a}.example", IssuerFault::NotAnAddress),
        ("", IssuerFault::NotAnAddress),
    ] {
        assert_eq!(Issuer::parse(text, only), Err(fault), "{text:?}");
    }
    for text in ["http://localhost:1", "http://a.localhost", "http://127.0.0.9/x", "http://[::1]:8490"] {
        assert!(Issuer::parse(text, only).is_ok(), "{text}");
    }
    assert!(Issuer::parse("http://idp.example", HttpIssuer::DangerAllowed).is_ok());
}

#[test]
fn a_whole_document_is_read() {
    let provider = provider();
    assert_eq!(provider.issuer(), &issuer());
    assert_eq!(provider.authorization_endpoint().as_str(), "https://idp.example/authorize?tenant=7");
    assert_eq!(provider.token_endpoint().as_str(), "https://idp.example/token");
    assert_eq!(provider.jwks_uri().unwrap().as_str(), "https://keys.example/set");
    assert_eq!(provider.userinfo_endpoint().unwrap().as_str(), "https://idp.example/userinfo");
    assert_eq!(provider.end_session_endpoint().unwrap().as_str(), "https://idp.example/logout");
    assert_eq!(provider.id_token_algorithms(), ["RS256", "EdDSA"]);
    assert!(provider.iss_parameter_supported());
}

// Section 3: what a provider that leaves members out means.
#[test]
fn members_left_out_have_the_defaults_of_the_specification() {
    for absent in [None, Some(Value::Null)] {
        let without = |member| provider_from(&metadata_with(member, absent.clone()));
        let methods = without("token_endpoint_auth_methods_supported");
        assert_eq!(methods.token_endpoint_auth_methods(), ["client_secret_basic"]);
        assert!(!without("authorization_response_iss_parameter_supported").iss_parameter_supported());
        assert!(without("userinfo_endpoint").userinfo_endpoint().is_none());
        assert!(without("end_session_endpoint").end_session_endpoint().is_none());
    }
}

// "The issuer value returned MUST be identical to the Issuer URL that was used as the prefix to /.well-known/…"
/// V-DS-2
#[test]
fn the_issuer_is_compared_byte_for_byte() {
    for found in [
        json!("https://idp.example/realms/main/"),
        json!("https://idp.example/realms/Main"),
        json!("https://IDP.example/realms/main"),
        json!("https://idp.example:443/realms/main"),
        json!("https://idp.example/realms/other"),
        json!(" https://idp.example/realms/main"),
        json!("https://idp.example/realms/%6dain"),
        json!("https://idp.example/{tenantid}/main"),
        json!(""),
        json!(7),
        json!([ISSUER]),
        Value::Null,
    ] {
        let metadata = metadata_with("issuer", Some(found.clone()));
        assert_eq!(code(&metadata, &issuer()), Some("discovery_issuer"), "{found}");
    }
    assert_eq!(code(&metadata_with("issuer", None), &issuer()), Some("discovery_issuer"));
}

#[test]
fn an_issuer_mismatch_says_what_to_write() {
    let text = |found: &str| {
        let answer = json_answer(&metadata_with("issuer", Some(json!(found))));
        discovery::judge(&answer, &issuer()).unwrap_err().to_string()
    };
    assert_eq!(
        text("https://idp.example/realms/main/"),
        "issuer is \"https://idp.example/realms/main\", but the provider calls itself \
         \"https://idp.example/realms/main/\". Only the slash at the end differs. Write: issuer: \
         \"https://idp.example/realms/main/\""
    );
    assert!(
        text("https://idp.example/{tenantid}")
            .ends_with("configure the issuer of one tenant, or the template with tenants")
    );
    assert!(text("https://else.example").ends_with("They must be equal to the letter"));
    assert!(
        !text("https://x.example/\n\u{1b}[31m").contains(['\n', '\u{1b}']),
        "a log line cannot be forged"
    );
}

/// V-DS-3
#[test]
fn an_endpoint_that_no_provider_has_is_refused() {
    let local = Issuer::parse("http://localhost:8490", HttpIssuer::OnlyLoopback).unwrap();
    let cases = [
        "http://idp.example/x",
        "ftp://idp.example/x",
        "file:///etc/passwd",
        "gopher://idp.example/",
        "javascript:alert(1)",
        "/relative",
        "//idp.example/x",
        "https://",
        "https://user:p@idp.example/x",
        "https://user@idp.example/x",
        "https://idp.example/x#fragment",
        "https://idp.example/x y",
        "https://idp.example/x\n",
        "https://169.254.169.254/latest/meta-data",
        "https://0xa9fea9fe/",
        "https://2852039166/",
        "https://[::ffff:169.254.169.254]/",
        "https://[fe80::1]/",
        "https://[fd00:ec2::254]/",
        "https://100.100.100.200/",
        "https://metadata.google.internal/",
        "https://metadata.google.internal./",
        "https://0.0.0.0/",
        "https://[::]/",
        "https://127.0.0.1:6379/",
        "https://[::1]:6379/",
        "https://localhost/",
        "https://localhost./",
        "https://a.localhost/",
        "https://[::ffff:127.0.0.1]/",
        "",
    ];
    let members =
        ["authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint", "end_session_endpoint"];
    for member in members {
        for found in cases {
            let metadata = metadata_with(member, Some(json!(found)));
            assert_eq!(code(&metadata, &issuer()), Some("discovery_endpoint"), "{member}: {found:?}");
        }
        for found in [json!(5), json!(["https://idp.example"]), json!({})] {
            let metadata = metadata_with(member, Some(found));
            assert_eq!(code(&metadata, &issuer()), Some("discovery_endpoint"), "{member}");
        }
        let long = format!("https://idp.example/{}", "x".repeat(2048));
        let metadata = metadata_with(member, Some(json!(long)));
        assert_eq!(code(&metadata, &issuer()), Some("discovery_endpoint"), "{member}: too long");
    }
    // An issuer on this machine may be http and have its endpoints here, but not at the metadata service.
    let mut metadata = metadata_with("issuer", Some(json!("http://localhost:8490")));
    metadata["token_endpoint"] = json!("http://localhost:8490/token");
    assert_eq!(code(&metadata, &local), None);
    metadata["token_endpoint"] = json!("http://169.254.169.254/token");
    assert_eq!(code(&metadata, &local), Some("discovery_endpoint"));
}

// RFC 6749 section 3.1: parameters must not be included more than once.
#[test]
fn an_authorization_endpoint_whose_query_has_our_parameters_is_refused() {
    for name in ["state", "client_id", "nonce", "code_challenge_method", "redirect_uri", "st%61te"] {
        let address = format!("https://idp.example/authorize?{name}=x");
        let metadata = metadata_with("authorization_endpoint", Some(json!(address)));
        assert_eq!(code(&metadata, &issuer()), Some("discovery_endpoint"), "{name}");
    }
}

#[test]
fn members_that_must_be_there_are_asked_for() {
    for member in ["authorization_endpoint", "token_endpoint", "jwks_uri"] {
        assert_eq!(
            code(&metadata_with(member, None), &issuer()),
            Some("discovery_member_missing"),
            "{member}"
        );
    }
}

#[test]
fn members_of_another_kind_are_refused() {
    for (member, found) in [
        ("token_endpoint_auth_methods_supported", json!("client_secret_basic")),
        ("token_endpoint_auth_methods_supported", json!(["a", 1])),
        ("id_token_signing_alg_values_supported", json!({})),
        ("authorization_response_iss_parameter_supported", json!("false")),
    ] {
        let metadata = metadata_with(member, Some(found));
        assert_eq!(code(&metadata, &issuer()), Some("discovery_member_form"), "{member}");
    }
}

#[test]
fn an_answer_that_is_no_document_is_refused() {
    for (name, answer, code) in unusable_answers(MAX_ANSWER_BYTES) {
        let fault = discovery::judge(&answer, &issuer()).unwrap_err();
        assert_eq!(fault.code(), format!("discovery_{code}"), "{name}");
        assert!(!fault.caller_is_at_fault());
    }
}

#[test]
fn a_document_of_a_server_that_knows_no_json_is_read() {
    for content_type in [None, Some("application/octet-stream"), Some("text/plain")] {
        assert!(discovery::judge(&answer(200, content_type, metadata().to_string()), &issuer()).is_ok());
    }
}

#[test]
fn a_fault_is_an_error_with_a_text_for_every_kind() {
    let fault = DiscoveryFault::Missing { member: "jwks_uri" };
    assert_eq!(fault.to_string(), "the provider's metadata has no jwks_uri");
}

/// V-DS-3
#[test]
fn addresses_that_names_may_not_resolve_to_are_known() {
    for address in ["169.254.169.254", "fe80::1", "fd00:ec2::254", "::ffff:169.254.169.254", "224.0.0.1"] {
        assert!(is_refused_address(address.parse().unwrap()), "{address}");
    }
    for address in ["10.0.0.1", "127.0.0.1", "fd00::1", "93.184.215.14"] {
        assert!(!is_refused_address(address.parse().unwrap()), "{address}");
    }
}

/// G-01: what counts as inside of somebody's network, in every spelling that packets follow.
#[test]
fn an_address_inside_of_a_network_is_told_from_one_outside() {
    for private in [
        "127.0.0.1",
        "10.255.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.0.1",
        "100.64.0.1",
        "100.127.255.255",
        "198.18.0.1",
        "198.19.255.255",
        "0.1.2.3",
        "::1",
        "fc00::1",
        "fdff::1",
        "fec0::1",
        "::ffff:10.0.0.1",
        "64:ff9b::10.0.0.1",
        "2002:a00:1::1",
        "64:ff9b:1::8.8.8.8",
        "64:ff9b:1:ffff::10.0.0.1",
        "::ffff:0:10.0.0.1",
        "::10.0.0.1",
        "::127.0.0.1",
        "240.0.0.1",
        "255.255.255.254",
        "192.0.0.8",
    ] {
        assert!(is_private_address(private.parse().unwrap()), "{private}");
    }
    for public in [
        "192.0.2.1",
        "172.15.0.1",
        "172.32.0.1",
        "100.63.255.255",
        "100.128.0.1",
        "198.17.0.1",
        "198.20.0.1",
        "8.8.8.8",
        "2001:db8::1",
        "::ffff:8.8.8.8",
        "64:ff9b::8.8.8.8",
        "2002:808:808::1",
        "fe00::1",
        "64:ff9b:2::1",
        "::8.8.8.8",
        "192.0.1.1",
        "168.63.129.17",
    ] {
        assert!(!is_private_address(public.parse().unwrap()), "{public}");
    }
    for refused in [
        "64:ff9b::169.254.169.254",
        "2002:a9fe:a9fe::1",
        "::ffff:169.254.169.254",
        "::169.254.169.254",
        "::ffff:0:169.254.169.254",
        "168.63.129.16",
        "::ffff:168.63.129.16",
        "fd20:ce::254",
        "fd00:ec2::23",
        "fd00:42::42",
    ] {
        assert!(is_refused_address(refused.parse().unwrap()), "{refused}");
    }
}

/// What other issuers of tokens publish, who sign nobody in: as it comes, but for lists of names.
fn of_tokens_only() -> Vec<(&'static str, Value)> {
    let github = "https://token.actions.githubusercontent.com";
    let cluster = "https://kubernetes.default.svc.cluster.local";
    let hosted = "https://oidc.eks.eu-north-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE";
    vec![
        (
            github,
            json!({
                "issuer": github,
                "jwks_uri": format!("{github}/.well-known/jwks"),
                "subject_types_supported": ["public", "pairwise"],
                "response_types_supported": ["id_token"],
                "claims_supported": ["sub", "aud", "exp", "iat", "iss", "jti", "nbf", "ref", "repository"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "scopes_supported": ["openid"],
            }),
        ),
        // Kubernetes' API server names itself by the address that it has for its nodes.
        (
            cluster,
            json!({
                "issuer": cluster,
                "jwks_uri": "https://172.18.0.2:6443/openid/v1/jwks",
                "response_types_supported": ["id_token"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
            }),
        ),
        (
            hosted,
            json!({
                "issuer": hosted,
                "jwks_uri": format!("{hosted}/keys"),
                "authorization_endpoint": "urn:kubernetes:programmatic_authorization",
                "response_types_supported": ["id_token"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "claims_supported": ["sub", "iss"],
            }),
        ),
    ]
}

/// V-BT-4: keys are all that is needed of an issuer whose tokens are taken and who signs nobody in.
#[test]
fn who_signs_nobody_in_is_taken_for_tokens_only() {
    for (text, document) in of_tokens_only() {
        let issuer = Issuer::parse(text, HttpIssuer::OnlyLoopback).unwrap();
        let provider = discovery::judge_for_tokens(&json_answer(&document), &issuer).unwrap();
        assert_eq!(provider.issuer(), &issuer);
        assert_eq!(provider.jwks_uri().unwrap().as_str(), document["jwks_uri"], "{text}");
        assert!(provider.introspection_endpoint().is_none() && provider.userinfo_endpoint().is_none());
        let at_login = code(&document, &issuer).unwrap();
        let has_address = document.get("authorization_endpoint").is_some();
        assert_eq!(
            at_login,
            if has_address { "discovery_endpoint" } else { "discovery_member_missing" },
            "{text}"
        );
    }
    // What concerns a sign-in is not looked at.
    let code = |document: &Value| {
        discovery::judge_for_tokens(&json_answer(document), &issuer()).err().map(|fault| fault.code())
    };
    for member in [
        "authorization_endpoint",
        "token_endpoint",
        "end_session_endpoint",
        "registration_endpoint",
        "id_token_signing_alg_values_supported",
        "authorization_response_iss_parameter_supported",
        "scopes_supported",
    ] {
        for value in [None, Some(json!(null)), Some(json!(7)), Some(json!("http://169.254.169.254/"))] {
            assert_eq!(code(&metadata_with(member, value)), None, "{member}");
        }
    }
}

/// V-BT-4, V-DS-2, V-DS-3: what concerns tokens is held to the same rules.
#[test]
fn for_tokens_issuer_and_addresses_are_judged_as_for_a_sign_in() {
    let judge = |document: &Value| discovery::judge_for_tokens(&json_answer(document), &issuer());
    let whole = metadata_with("introspection_endpoint", Some(json!("https://idp.example/introspect")));
    let provider = judge(&whole).unwrap();
    assert_eq!(provider.introspection_endpoint().unwrap().as_str(), "https://idp.example/introspect");
    assert_eq!(provider.userinfo_endpoint().unwrap().as_str(), "https://idp.example/userinfo");
    assert_eq!(provider.token_endpoint_auth_methods()[0], "private_key_jwt");
    let code = |member: &str, value: Option<Value>| {
        judge(&metadata_with(member, value)).err().map(|fault| fault.code())
    };
    for value in
        [None, Some(json!(null)), Some(json!(format!("{ISSUER}/"))), Some(json!("https://evil.example"))]
    {
        assert_eq!(code("issuer", value), Some("discovery_issuer"));
    }
    assert_eq!(code("jwks_uri", None), Some("discovery_member_missing"));
    assert_eq!(code("jwks_uri", Some(json!(null))), Some("discovery_member_missing"));
    for member in ["jwks_uri", "introspection_endpoint", "userinfo_endpoint"] {
        for value in [
            "http://idp.example/",
            "https://169.254.169.254/",
            "https://a@idp.example/",
            "urn:x",
            "https://127.0.0.1/",
        ] {
            assert_eq!(code(member, Some(json!(value))), Some("discovery_endpoint"), "{member}: {value}");
        }
        assert_eq!(code(member, Some(json!(7))), Some("discovery_endpoint"), "{member}");
    }
    assert_eq!(
        code("token_endpoint_auth_methods_supported", Some(json!("none"))),
        Some("discovery_member_form")
    );
    assert_eq!(code("mtls_endpoint_aliases", Some(json!([]))), Some("discovery_member_form"));
    for (name, answer, code) in unusable_answers(MAX_ANSWER_BYTES) {
        let fault = discovery::judge_for_tokens(&answer, &issuer()).unwrap_err();
        assert_eq!(fault.code(), format!("discovery_{code}"), "{name}");
    }
}

/// An issuer of whom nothing is known has no address to send anything to.
#[test]
fn of_an_unknown_issuer_there_is_no_address() {
    let provider = Provider::unknown(&issuer());
    assert_eq!(provider.issuer(), &issuer());
    for endpoint in [provider.jwks_uri(), provider.userinfo_endpoint(), provider.introspection_endpoint()] {
        assert!(endpoint.is_none());
    }
    assert_eq!(provider.token_endpoint_auth_methods(), ["client_secret_basic"]);
}
