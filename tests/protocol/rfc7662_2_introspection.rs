//! RFC 7662 sections 2 and 4: what the provider says about an access token.

use http::Request;
use serde_json::json;
use vestibule::protocol::client_authentication::{
    self, BearerFault, ClientAuthenticationFault, MAX_BEARER_BYTES, Moment, bearer_in_file,
};
use vestibule::protocol::discovery::Provider;
use vestibule::protocol::registration::{ClientAuthentication, Credentials};

use crate::world::{metadata_with, moment, provider_from, secret};

fn provider() -> Provider {
    provider_from(&metadata_with("introspection_endpoint", Some(json!("https://idp.example/introspect"))))
}

/// A request of a resource server whose file holds that.
fn by_file(moment: &Moment) -> Result<Request<Vec<u8>>, ClientAuthenticationFault> {
    let authentication = ClientAuthentication::BearerFile("token".into());
    let credentials = Credentials { client_id: "vestibule-a", authentication: &authentication };
    let provider = provider();
    let endpoint = provider.introspection_endpoint().unwrap();
    client_authentication::request(endpoint, &provider, credentials, &[("token", "at")], moment)
}

fn holding(text: &str) -> Moment {
    Moment { assertion: Some(Ok(secret(text))), ..moment() }
}

/// Section 2.1: "the endpoint MUST also require some form of authorization …, such as … a separate OAuth 2.0 access token".
#[test]
fn a_bearer_token_from_a_file_is_the_whole_proof() {
    for text in ["mF_9.B5f-4.1JqM~+/==", "mF_9.B5f-4.1JqM~+/==\n", " mF_9.B5f-4.1JqM~+/==\r\n"] {
        let request = by_file(&holding(text)).unwrap();
        let authorization = &request.headers()["authorization"];
        assert_eq!(authorization, "Bearer mF_9.B5f-4.1JqM~+/==");
        assert!(authorization.is_sensitive(), "it is not shown by Debug");
        assert_eq!(request.body(), b"token=at", "the token says whose it is");
    }
    let longest = "a".repeat(MAX_BEARER_BYTES);
    assert!(by_file(&holding(&longest)).is_ok());
}

// RFC 6750 section 2.1: `b64token`.
#[test]
fn what_is_no_bearer_token_goes_nowhere() {
    let long = "a".repeat(MAX_BEARER_BYTES + 1);
    let rows = [
        ("", BearerFault::Empty),
        (" \r\n", BearerFault::Empty),
        (long.as_str(), BearerFault::TooLong { found: MAX_BEARER_BYTES + 1 }),
        ("s3cret s3cret", BearerFault::Form),
        ("a\nb", BearerFault::Form),
        ("a\r\nx-admin: 1", BearerFault::Form),
        ("Bearer abc", BearerFault::Form),
        ("a=b", BearerFault::Form),
        ("==", BearerFault::Form),
        ("a,b", BearerFault::Form),
        ("\"abc\"", BearerFault::Form),
        ("{\"access_token\":\"abc\"}", BearerFault::Form),
        ("ab\u{e9}", BearerFault::Form),
        ("ab\u{fffd}", BearerFault::Form),
        ("ab\0", BearerFault::Form),
    ];
    for (text, expected) in rows {
        assert_eq!(bearer_in_file(&secret(text)).unwrap_err(), expected, "{text:?}");
        let fault = by_file(&holding(text)).unwrap_err();
        assert_eq!(fault.code(), "introspection_token_file", "{text:?}");
        assert!(
            text.trim().is_empty() || !format!("{fault} {fault:?}").contains(text),
            "it may be another secret"
        );
    }
    let unreadable = Moment { assertion: Some(Err("there is no such file".to_owned())), ..moment() };
    assert_eq!(
        by_file(&unreadable).unwrap_err().to_string(),
        "the file with the bearer token for introspection: there is no such file"
    );
    assert_eq!(by_file(&moment()).unwrap_err().code(), "introspection_token_file");
}
