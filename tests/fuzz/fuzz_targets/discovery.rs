//! The provider's metadata, and every request that is made of them. Input: the document.

#![no_main]

use http::header::AUTHORIZATION;
use libfuzzer_sys::fuzz_target;
use url::{Host, Url};
use vestibule::gate::refusal::Refusal;
use vestibule::protocol::authorize::{self, PARAMETERS, Transaction};
use vestibule::protocol::client_authentication::Moment;
use vestibule::protocol::discovery::{Provider, judge};
use vestibule::protocol::endpoint::{Endpoint, is_refused_address};
use vestibule::protocol::secret::Secret;
use vestibule::protocol::{jwks, logout, token, userinfo};
use vestibule_fuzz::provider::{NOW, code, issuer};
use vestibule_fuzz::{ISSUER, answer, check_refusal, client};

const STATE: &str = "a-state";

fuzz_target!(|data: &[u8]| {
    let document = answer(200, "application/json", data);
    let provider = match judge(&document, &issuer()) {
        Ok(provider) => provider,
        Err(fault) => return check_refusal(&Refusal::Discovery(fault)),
    };
    assert_eq!(judge(&document, &issuer()).ok().as_ref(), Some(&provider));
    assert_eq!(provider.issuer().as_str(), ISSUER);
    let endpoints = [
        Some(provider.authorization_endpoint()),
        Some(provider.token_endpoint()),
        provider.jwks_uri(),
        provider.userinfo_endpoint(),
        provider.end_session_endpoint(),
        provider.revocation_endpoint(),
        provider.introspection_endpoint(),
        provider.pushed_authorization_request_endpoint(),
        provider.registration_endpoint(),
    ];
    for endpoint in endpoints.into_iter().flatten() {
        check_endpoint(endpoint);
        // What stands in its place where the client shows a certificate is no worse.
        check_endpoint(provider.for_mutual_tls(endpoint));
    }
    check_authorization(&provider);
    check_back_channel(&provider);
    check_logout(&provider);
});

/// Where secrets go: over TLS, to another machine, and to the same one for each reader of the address.
fn check_endpoint(endpoint: &Endpoint) {
    let url = Url::parse(endpoint.as_str()).expect("an endpoint is an address");
    assert_eq!(url.scheme(), "https");
    assert!(url.username().is_empty() && url.password().is_none() && url.fragment().is_none());
    match url.host() {
        Some(Host::Ipv4(address)) => {
            assert!(!is_refused_address(address.into()) && !address.is_loopback());
        }
        Some(Host::Ipv6(address)) => {
            assert!(!is_refused_address(address.into()) && !address.is_loopback());
            assert!(address.to_ipv4_mapped().is_none_or(|short| !short.is_loopback()));
        }
        Some(Host::Domain(name)) => assert_ne!(name.trim_end_matches('.'), "localhost"),
        None => panic!("an endpoint without a host"),
    }
    let uri = endpoint.uri();
    assert_eq!(uri.scheme_str(), Some(url.scheme()));
    assert_eq!(uri.host(), url.host_str());
    assert_eq!(uri.port_u16(), url.port());
    assert_eq!(uri.path(), url.path());
    assert_eq!(uri.query().unwrap_or_default(), url.query().unwrap_or_default());
}

/// Every parameter once, with its value, beside what the provider's own address has.
fn check_authorization(provider: &Provider) {
    let registration = &client("app").registration;
    let asked = [("login_hint".to_owned(), "a&state=b".to_owned())];
    let transaction =
        Transaction { state: STATE, nonce: "a-nonce", code_challenge: "a-challenge", asked: &asked };
    let url = Url::parse(&authorize::url(provider, registration, &transaction)).expect("an address");
    let endpoint = Url::parse(provider.authorization_endpoint().as_str()).expect("an address");
    assert_eq!((url.origin(), url.path()), (endpoint.origin(), endpoint.path()));
    let pairs: Vec<_> = url.query_pairs().into_owned().collect();
    let one = |name: &str| {
        let values: Vec<_> =
            pairs.iter().filter(|(found, _)| found == name).map(|(_, value)| value).collect();
        assert!(values.len() <= 1, "{name} is there {} times", values.len());
        values.first().map(|value| value.as_str())
    };
    PARAMETERS.iter().for_each(|name| {
        one(name);
    });
    assert_eq!(one("response_type"), Some("code"));
    assert_eq!(one("client_id"), Some(registration.client_id.as_str()));
    assert_eq!(one("redirect_uri"), Some(registration.redirect_uri.as_str()));
    assert_eq!(one("state"), Some(STATE));
    assert_eq!(one("nonce"), Some("a-nonce"));
    assert_eq!(one("code_challenge_method"), Some("S256"));
    assert_eq!(one("login_hint"), Some("a&state=b"), "what was asked replaces what the endpoint says");
    let kept: Vec<_> = endpoint.query_pairs().into_owned().filter(|(name, _)| name != "login_hint").collect();
    assert_eq!(pairs[..kept.len()], kept, "the provider's own parameters");
}

/// Code and secret go to the token endpoint, the access token to userinfo, and nothing at all for the keys.
fn check_back_channel(provider: &Provider) {
    let registration = &client("app").registration;
    let verifier = Secret::new("a-verifier");
    let moment = Moment { now: NOW, entropy: [3; 16], assertion: None };
    match token::code_request(provider, registration, &code(), &verifier, &moment) {
        Ok(request) => {
            assert_eq!(request.uri(), provider.token_endpoint().uri());
            let in_header = request.headers().get_all(AUTHORIZATION).iter().count();
            let in_body = String::from_utf8_lossy(request.body()).matches("client_secret=").count();
            assert_eq!(in_header + in_body, 1, "one way of client authentication");
            let basic =
                provider.token_endpoint_auth_methods().iter().any(|name| name == "client_secret_basic");
            assert_eq!(in_header == 1, basic);
        }
        Err(fault) => check_refusal(&Refusal::Token(fault)),
    }
    let jwks_uri = provider.jwks_uri().expect("a sign-in has keys");
    let keys = jwks::request(jwks_uri);
    assert_eq!(keys.uri(), jwks_uri.uri());
    assert!(keys.body().is_empty() && !keys.headers().contains_key(AUTHORIZATION));
    let request = userinfo::request(provider, &Secret::new("an-access-token"), userinfo::Form::Json);
    assert_eq!(request.as_ref().map(http::Request::uri), provider.userinfo_endpoint().map(Endpoint::uri));
}

fn check_logout(provider: &Provider) {
    let registration = &client("app").registration;
    let hint = Secret::new("an-id-token");
    let address = logout::end_session_url(provider, registration, Some(&hint), Some(STATE));
    assert_eq!(address.is_some(), provider.end_session_endpoint().is_some());
    let (Some(address), Some(endpoint)) = (address, provider.end_session_endpoint()) else { return };
    let (url, endpoint) = (Url::parse(&address), Url::parse(endpoint.as_str()));
    let (url, endpoint) = (url.expect("an address"), endpoint.expect("an address"));
    assert_eq!((url.origin(), url.path()), (endpoint.origin(), endpoint.path()));
    // The last value of each is ours.
    let last = |name: &str| {
        let pairs: Vec<_> = url.query_pairs().filter(|(found, _)| found == name).collect();
        pairs.last().map(|(_, value)| value.clone().into_owned())
    };
    assert_eq!(last("id_token_hint").as_deref(), Some(hint.expose()));
    assert_eq!(last("state").as_deref(), Some(STATE));
}
