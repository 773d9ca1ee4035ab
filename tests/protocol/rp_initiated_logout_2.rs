//! OpenID Connect RP-Initiated Logout 1.0 section 2.

use serde_json::json;
use vestibule::protocol::logout::end_session_url;
use vestibule::protocol::registration::ClientAuthentication;

use crate::world::{metadata_with, provider, provider_from, registration, secret};

#[test]
fn the_address_carries_the_hint_the_client_the_way_back_and_the_state() {
    let registration = registration(ClientAuthentication::None);
    let url = end_session_url(&provider(), &registration, Some(&secret("a.b.c")), Some("s 1")).unwrap();
    assert_eq!(
        url,
        "https://idp.example/logout?id_token_hint=a.b.c&client_id=vestibule-a&post_logout_redirect_uri=\
         https%3A%2F%2Fapp.example%2Foidc%2Fa%2Fsigned-out&state=s+1"
    );
}

#[test]
fn without_a_way_back_there_is_no_state() {
    let mut registration = registration(ClientAuthentication::None);
    registration.post_logout_redirect_uri = None;
    let url = end_session_url(&provider(), &registration, None, Some("s")).unwrap();
    assert_eq!(url, "https://idp.example/logout?client_id=vestibule-a");
}

#[test]
fn the_query_of_the_endpoint_stays() {
    let metadata = metadata_with("end_session_endpoint", Some(json!("https://idp.example/logout?a=b")));
    let url =
        end_session_url(&provider_from(&metadata), &registration(ClientAuthentication::None), None, None)
            .unwrap();
    assert!(url.starts_with("https://idp.example/logout?a=b&client_id=vestibule-a&"));
}

#[test]
fn a_provider_without_the_endpoint_gives_no_address() {
    let provider = provider_from(&metadata_with("end_session_endpoint", None));
    assert!(end_session_url(&provider, &registration(ClientAuthentication::None), None, None).is_none());
}
