//! OpenID Connect Core 1.0 section 3.1.2.1, RFC 7636 section 4.3.

use std::collections::BTreeMap;

use url::Url;
use vestibule::protocol::authorize::{self, PARAMETERS, Transaction};
use vestibule::protocol::registration::{ClientAuthentication, ResponseMode};

use crate::world::{provider, registration, secret};

const TRANSACTION: Transaction<'_> = Transaction { state: "st-1", nonce: "no-1", code_challenge: "ch-1" };

fn parameters(url: &str) -> BTreeMap<String, String> {
    let url = Url::parse(url).unwrap();
    let pairs: Vec<_> = url.query_pairs().into_owned().collect();
    let map: BTreeMap<_, _> = pairs.iter().cloned().collect();
    assert_eq!(map.len(), pairs.len(), "no parameter is there twice");
    map
}

/// V-RQ-1, V-RQ-4, V-RQ-7
#[test]
fn the_request_has_its_own_parameters_and_the_query_of_the_endpoint() {
    // A confidential client gets PKCE too.
    let registration = registration(ClientAuthentication::Basic(secret("s")));
    let url = authorize::url(&provider(), &registration, &TRANSACTION);
    assert!(url.starts_with("https://idp.example/authorize?tenant=7&response_type=code&"));
    let expected = [
        ("tenant", "7"),
        ("response_type", "code"),
        ("client_id", "vestibule-a"),
        ("redirect_uri", "https://app.example/oidc/a/callback"),
        ("scope", "openid email"),
        ("state", "st-1"),
        ("nonce", "no-1"),
        ("code_challenge", "ch-1"),
        ("code_challenge_method", "S256"),
    ];
    assert_eq!(
        parameters(&url),
        expected.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    );
}

#[test]
fn form_post_is_asked_for_only_where_configured() {
    let mut registration = registration(ClientAuthentication::None);
    registration.response_mode = ResponseMode::FormPost;
    let parameters = parameters(&authorize::url(&provider(), &registration, &TRANSACTION));
    assert_eq!(parameters["response_mode"], "form_post");
    assert!(PARAMETERS.iter().all(|name| parameters.contains_key(*name)), "the list of parameters is whole");
}

#[test]
fn a_value_cannot_add_a_parameter() {
    let mut registration = registration(ClientAuthentication::None);
    registration.client_id = "a&state=forged#x \u{e9}".to_owned();
    let parameters = parameters(&authorize::url(&provider(), &registration, &TRANSACTION));
    assert_eq!(parameters["client_id"], "a&state=forged#x \u{e9}");
    assert_eq!(parameters["state"], "st-1");
}
