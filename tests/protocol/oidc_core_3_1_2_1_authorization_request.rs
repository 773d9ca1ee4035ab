//! OpenID Connect Core 1.0 section 3.1.2.1, RFC 7636 section 4.3.

use std::collections::BTreeMap;

use url::Url;
use vestibule::protocol::authorize::{self, PARAMETERS, RESERVED, Transaction};
use vestibule::protocol::registration::{ClientAuthentication, ResponseMode};

use crate::world::{provider, registration, secret};

const TRANSACTION: Transaction<'_> =
    Transaction { state: "st-1", nonce: "no-1", code_challenge: "ch-1", asked: &[] };

fn parameters(url: &str) -> BTreeMap<String, String> {
    let url = Url::parse(url).unwrap();
    let pairs: Vec<_> = url.query_pairs().into_owned().collect();
    let map: BTreeMap<_, _> = pairs.iter().cloned().collect();
    assert_eq!(map.len(), pairs.len(), "no parameter is there twice");
    map
}

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// V-RQ-1, V-RQ-4, V-RQ-5, V-RQ-6, V-RQ-7: the protocol's own parameters, and no others.
#[test]
fn the_request_has_its_own_parameters_and_the_query_of_the_endpoint() {
    // A confidential client gets PKCE too.
    let registration = registration(ClientAuthentication::Basic(secret("s")));
    let url = authorize::url(&provider(), &registration, &TRANSACTION);
    assert!(url.starts_with("https://idp.example/authorize?tenant=7&response_type=code&"));
    let expected = [
        pair("tenant", "7"),
        pair("response_type", "code"),
        pair("client_id", "vestibule-a"),
        pair("redirect_uri", "https://app.example/oidc/a/callback"),
        pair("scope", "openid email"),
        pair("state", "st-1"),
        pair("nonce", "no-1"),
        pair("code_challenge", "ch-1"),
        pair("code_challenge_method", "S256"),
    ];
    assert_eq!(parameters(&url), expected.into());
}

#[test]
fn form_post_is_asked_for_only_where_configured() {
    let mut registration = registration(ClientAuthentication::None);
    registration.response_mode = ResponseMode::FormPost;
    let parameters = parameters(&authorize::url(&provider(), &registration, &TRANSACTION));
    assert_eq!(parameters["response_mode"], "form_post");
    assert!(PARAMETERS.iter().all(|name| parameters.contains_key(*name)), "the list of parameters is whole");
    assert!(PARAMETERS.iter().all(|name| RESERVED.contains(name)), "and none may be set by others");
}

#[test]
fn a_value_cannot_add_a_parameter() {
    let mut registration = registration(ClientAuthentication::None);
    registration.client_id = "a&state=forged#x \u{e9}".to_owned();
    registration.authorization.parameters = vec![pair("login_hint", "x&scope=admin")];
    let asked = [pair("kc_idp_hint", "y&redirect_uri=z#")];
    let transaction = Transaction { asked: &asked, ..TRANSACTION };
    let parameters = parameters(&authorize::url(&provider(), &registration, &transaction));
    assert_eq!(parameters["client_id"], "a&state=forged#x \u{e9}");
    assert_eq!(parameters["state"], "st-1");
    assert_eq!(parameters["scope"], "openid email");
    assert_eq!(parameters["login_hint"], "x&scope=admin");
    assert_eq!(parameters["kc_idp_hint"], "y&redirect_uri=z#");
}

/// RFC 6749 section 3.1: no parameter is there twice, so what is configured stands in the place of the endpoint's own.
#[test]
fn a_parameter_that_the_endpoint_has_too_is_sent_once() {
    let mut registration = registration(ClientAuthentication::None);
    registration.authorization.parameters = vec![pair("tenant", "8")];
    let parameters = parameters(&authorize::url(&provider(), &registration, &TRANSACTION));
    assert_eq!(parameters["tenant"], "8");
}

/// RFC 9126 section 4.
#[test]
fn the_address_of_a_pushed_request_holds_the_client_and_the_reference_only() {
    let registration = registration(ClientAuthentication::None);
    let url = authorize::url_of_pushed(&provider(), &registration, "urn:example:a+b&c");
    let expected =
        [pair("tenant", "7"), pair("client_id", "vestibule-a"), pair("request_uri", "urn:example:a+b&c")];
    assert_eq!(parameters(&url), expected.into());
}
