//! RFC 7009 section 2.

use serde_json::json;
use vestibule::protocol::registration::ClientAuthentication;
use vestibule::protocol::revocation::{self, Revoked};

use crate::world::{answer, metadata_with, moment, provider, provider_from, registration, secret};

#[test]
fn the_request_names_the_token_and_the_client() {
    let provider =
        provider_from(&metadata_with("revocation_endpoint", Some(json!("https://idp.example/revoke"))));
    let registration = registration(ClientAuthentication::None);
    let token = secret("t +");
    for (revoked, hint) in
        [(Revoked::Refresh(&token), "refresh_token"), (Revoked::Access(&token), "access_token")]
    {
        let request = revocation::request(&provider, &registration, revoked, &moment()).unwrap().unwrap();
        assert_eq!(
            (request.method().as_str(), request.uri().to_string().as_str()),
            ("POST", "https://idp.example/revoke")
        );
        let body = String::from_utf8(request.into_body()).unwrap();
        assert_eq!(body, format!("token=t+%2B&token_type_hint={hint}&client_id=vestibule-a"));
    }
}

#[test]
fn a_provider_without_the_endpoint_is_not_asked() {
    let registration = registration(ClientAuthentication::None);
    let token = secret("t");
    let request = revocation::request(&provider(), &registration, Revoked::Refresh(&token), &moment());
    assert!(request.is_none());
}

#[test]
fn done_is_200_and_nothing_else() {
    assert!(revocation::judge(&answer(200, None, "")).is_ok());
    for status in [201, 204, 302, 400, 401, 404, 503] {
        assert!(revocation::judge(&answer(status, None, "")).is_err(), "{status}");
    }
}
