//! RFC 8705 sections 2 and 5. The certificates are OpenSSL's; what a server makes of one is tests/flow's to show.

use std::sync::Arc;

use serde_json::json;
use vestibule::protocol::issuer::{HttpIssuer, Issuer};
use vestibule::protocol::registration::ClientAuthentication;
use vestibule::protocol::tls_identity::{TlsIdentity, TlsIdentityFault as Fault};
use vestibule::protocol::{client_authentication, discovery, token, userinfo};

use crate::world::{json_answer, metadata_with, moment, provider_from, registration, secret};

const CERTIFICATE: &[u8] = include_bytes!("../keys/client.pem");
const KEY: &[u8] = include_bytes!("../keys/p256_pkcs8.pem");
const STRANGER: &[u8] = include_bytes!("../keys/stranger.pem");
const STRANGERS_KEY: &[u8] = include_bytes!("../keys/p384_sec1.pem");

fn identity() -> TlsIdentity {
    TlsIdentity::read(CERTIFICATE, Some(KEY)).unwrap()
}

/// V-TK-1: tls_client_auth and self_signed_tls_client_auth send the id, and no other proof than the connection.
#[test]
fn a_client_with_a_certificate_names_itself_and_asks_at_the_alias() {
    let registration = registration(ClientAuthentication::MutualTls(Arc::new(identity())));
    for (aliases, address) in [
        (None, "https://idp.example/token"),
        (
            Some(json!({ "token_endpoint": "https://mtls.idp.example/token" })),
            "https://mtls.idp.example/token",
        ),
        (
            Some(json!({ "revocation_endpoint": "https://mtls.idp.example/revoke" })),
            "https://idp.example/token",
        ),
    ] {
        let provider = provider_from(&metadata_with("mtls_endpoint_aliases", aliases));
        let request = token::refresh_request(&provider, &registration, &secret("r"), &moment()).unwrap();
        assert_eq!(request.uri(), address);
        assert!(!request.headers().contains_key("authorization"));
        let body = String::from_utf8(request.body().clone()).unwrap();
        assert_eq!(body, "grant_type=refresh_token&refresh_token=r&client_id=vestibule-a");
    }
}

#[test]
fn others_do_not_ask_at_the_alias() {
    let aliases = json!({ "token_endpoint": "https://mtls.idp.example/token" });
    let provider = provider_from(&metadata_with("mtls_endpoint_aliases", Some(aliases)));
    let registration = registration(ClientAuthentication::Basic(secret("s")));
    let request = token::refresh_request(&provider, &registration, &secret("r"), &moment()).unwrap();
    assert_eq!(request.uri(), "https://idp.example/token");
}

/// Over http nobody asks for a certificate, and the code would go without any proof.
#[test]
fn no_request_is_made_where_the_certificate_could_not_be_shown() {
    let issuer = Issuer::parse("http://localhost:8080", HttpIssuer::OnlyLoopback).unwrap();
    let with_alias = |alias: Option<&str>| {
        let mut metadata = json!({
            "issuer": issuer.as_str(),
            "authorization_endpoint": "http://localhost:8080/authorize",
            "token_endpoint": "http://localhost:8080/token",
            "jwks_uri": "http://localhost:8080/jwks",
        });
        if let Some(alias) = alias {
            metadata["mtls_endpoint_aliases"] = json!({ "token_endpoint": alias });
        }
        let provider = discovery::judge(&json_answer(&metadata), &issuer).unwrap();
        let registration = registration(ClientAuthentication::MutualTls(Arc::new(identity())));
        token::refresh_request(&provider, &registration, &secret("r"), &moment())
    };
    for alias in [None, Some("http://localhost:8081/token")] {
        let fault = with_alias(alias).unwrap_err();
        assert_eq!(fault.code(), "token_not_over_tls");
        assert!(!fault.is_final());
    }
    assert_eq!(
        with_alias(Some("https://localhost:8443/token")).unwrap().uri(),
        "https://localhost:8443/token"
    );
}

/// Section 3: an access token may be bound to the certificate, so userinfo is asked where it can be shown.
#[test]
fn userinfo_is_asked_at_the_alias_by_a_client_with_a_certificate_only() {
    let aliases = json!({ "userinfo_endpoint": "https://mtls.idp.example/userinfo" });
    let provider = provider_from(&metadata_with("mtls_endpoint_aliases", Some(aliases)));
    let endpoint = provider.userinfo_endpoint().unwrap();
    for (authentication, address) in [
        (ClientAuthentication::MutualTls(Arc::new(identity())), "https://mtls.idp.example/userinfo"),
        (ClientAuthentication::Basic(secret("s")), "https://idp.example/userinfo"),
    ] {
        let request = userinfo::request(&provider, &secret("at"), userinfo::Form::Json).unwrap();
        let registration = registration(authentication);
        let request =
            client_authentication::with_certificate(request, endpoint, &provider, registration.credentials());
        assert_eq!(request.uri(), address);
        assert_eq!(request.headers()["authorization"], "Bearer at");
    }
}

#[test]
fn certificate_chain_and_key_are_read_from_one_file_or_two() {
    let own = identity();
    let together = [KEY, b"Subject: CN = vestibule-a\n", CERTIFICATE].concat();
    let one = TlsIdentity::read(&together, None).unwrap();
    assert_eq!(one.fingerprint(), own.fingerprint());
    let chain = [CERTIFICATE, include_bytes!("../keys/ca.pem")].concat();
    let with_chain = TlsIdentity::read(&chain, Some(KEY)).unwrap();
    assert_ne!(with_chain.fingerprint(), own.fingerprint());
    assert_eq!(with_chain.pem().expose().matches("BEGIN CERTIFICATE").count(), 2);
    // SEC1, with the parameters that OpenSSL puts before it.
    assert!(TlsIdentity::read(CERTIFICATE, Some(include_bytes!("../keys/p256_sec1.pem"))).is_ok());
    assert!(TlsIdentity::read(STRANGER, Some(STRANGERS_KEY)).is_ok());
    assert!(!format!("{own:?}").contains("PRIVATE"));
}

#[test]
fn what_cannot_be_shown_to_a_server_is_refused_by_name() {
    let two_keys = [KEY, STRANGERS_KEY].concat();
    let garbage = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let damaged = b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    let wrong_order = [include_bytes!("../keys/ca.pem"), CERTIFICATE].concat();
    type Row<'a> = (&'a str, &'a [u8], Option<&'a [u8]>, Fault);
    let rows: [Row<'_>; 10] = [
        ("nothing", b"", None, Fault::NoCertificate),
        ("a key only", KEY, None, Fault::NoCertificate),
        ("a certificate only", CERTIFICATE, None, Fault::NoKey),
        ("two certificates", CERTIFICATE, Some(CERTIFICATE), Fault::NoKey),
        ("another's key", CERTIFICATE, Some(STRANGERS_KEY), Fault::Mismatch),
        ("the chain before the certificate", &wrong_order, Some(KEY), Fault::Mismatch),
        ("two keys", CERTIFICATE, Some(&two_keys), Fault::SeveralKeys),
        (
            "an encrypted key",
            CERTIFICATE,
            Some(include_bytes!("../keys/encrypted_pkcs8.pem")),
            Fault::Encrypted,
        ),
        ("no certificate at all", garbage, Some(KEY), Fault::Certificate),
        ("no key at all", CERTIFICATE, Some(damaged), Fault::Key),
    ];
    for (name, certificate, key, fault) in rows {
        assert_eq!(TlsIdentity::read(certificate, key).unwrap_err(), fault, "{name}");
    }
}
