//! With the certified npm `oidc-provider`: every way in which a client proves itself, at the login and at a refresh.

use crate::browser::Browser;
use crate::client_keys;
use crate::http::Request;
use crate::provider::{NEW_ENOUGH, logged, refreshes, signs_in, start, until};
use crate::registration::Registration;

/// V-TK-1
#[test]
fn a_client_with_client_secret_basic_signs_in() {
    signs_in(Registration::SecretBasic);
}

/// V-TK-1
#[test]
fn a_client_with_client_secret_post_signs_in() {
    signs_in(Registration::SecretPost);
}

/// V-TK-1, V-RQ-4: it has nothing but the code challenge, which this provider demands.
#[test]
fn a_public_client_signs_in() {
    signs_in(Registration::Public);
}

/// V-TK-1
#[test]
fn a_client_that_signs_with_its_secret_signs_in() {
    signs_in(Registration::SecretJwt);
}

/// V-TK-1: the provider reads the public key where vestibule publishes it, through the proxy.
#[test]
fn a_client_that_signs_with_a_private_key_signs_in() {
    signs_in(Registration::PrivateKeyJwt);
}

/// V-TK-1: what the platform wrote last goes along. This provider takes each once.
#[test]
fn a_client_that_its_platform_vouches_for_signs_in() {
    let Some(stage) = start(Registration::AssertionFile, 600) else { return };
    let mut alice = stage.signed_in("alice");
    client_keys::write_assertion(&stage);
    std::thread::sleep(NEW_ENOUGH);
    assert_eq!(alice.fetch(&stage.own("new-token")).status, 200);
    assert_eq!(refreshes(&stage), 1);

    // Nothing new was written: the provider has seen this one.
    let page = Browser::default().sign_in(&stage.at("/"), "alice");
    assert!(!page.answer.is_application(), "{}", page.place());
    assert_eq!(page.answer.header("vestibule-refusal"), Some("token_invalid_client"));
}

/// V-TK-1: the token endpoint is the one under `mtls_endpoint_aliases`; its own certificate is by the authority in `ca_file`.
#[test]
fn a_client_that_shows_its_own_certificate_signs_in() {
    signs_in(Registration::SelfSignedTls);
}

/// V-TK-1: the provider looks at who signed the certificate and whose it is. Revocation goes the same way.
#[test]
fn a_client_that_shows_a_certificate_of_an_authority_signs_in() {
    signs_in(Registration::Tls("ca.pem"));
    let Some(stage) = start(Registration::Tls("ca.pem"), 600) else { return };
    let mut alice = stage.signed_in("alice");
    alice.follow(&stage.own("logout"), |target| {
        Request::post(target, "scope=app").navigation().header("Origin", &stage.origin)
    });
    until(&stage, "revocation: 200 a refresh token");
}

#[test]
fn a_provider_of_another_authority_than_the_configured_one_gets_no_code() {
    let Some(stage) = start(Registration::Tls("stranger.pem"), 600) else { return };
    let page = Browser::default().sign_in(&stage.at("/"), "alice");
    assert_eq!(page.answer.status, 503, "{}", page.answer.body);
    assert_eq!(page.answer.header("vestibule-refusal"), Some("provider_tls"));
    // The issuer is another address.
    let at = format!("is not trusted here, at https://localhost:{}\"", stage.provider_tls_port);
    stage.vestibule.as_ref().unwrap().until_logged(&at);
    assert_eq!(logged(&stage, "provider: token"), 0);
}
