//! RFC 7591 section 3, OpenID Connect Dynamic Client Registration 1.0 section 3.

use bytes::Bytes;
use http::Response;
use serde_json::{Value, json};
use vestibule::protocol::dynamic_registration::{
    AuthenticationMethod, MAX_ANSWER_BYTES, Note, RegistrationFault, Wanted, algorithm, initial_access_token,
    judge, method, request,
};
use vestibule::protocol::registration::SigningAlgorithm;
use vestibule::protocol::timestamp::Timestamp;

use crate::world::{NOW, answer, metadata_with, now, provider_from, secret, unusable_answers};

fn wanted() -> Wanted {
    Wanted {
        client_name: "app".to_owned(),
        redirect_uri: "https://app.example/oidc/app/callback".to_owned(),
        post_logout_redirect_uri: "https://app.example/oidc/app/signed-out".to_owned(),
        backchannel_logout_uri: "https://app.example/oidc/app/backchannel-logout".to_owned(),
        frontchannel_logout_uri: None,
        initiate_login_uri: None,
        scopes: vec!["openid".to_owned(), "email".to_owned()],
        method: AuthenticationMethod::Basic,
        algorithm: SigningAlgorithm::Rs256,
    }
}

/// The answer of a provider that registers what it was asked for.
fn registered() -> Value {
    json!({
        "client_id": "s6BhdRkqt3",
        "client_secret": "a-secret-of-the-provider",
        "client_secret_expires_at": 0,
        "client_id_issued_at": NOW,
        "registration_access_token": "this.is.an.access.token.value.ffx83",
        "registration_client_uri": "https://idp.example/connect/register?client_id=s6BhdRkqt3",
        "redirect_uris": ["https://app.example/oidc/app/callback"],
        "post_logout_redirect_uris": ["https://app.example/oidc/app/signed-out"],
        "backchannel_logout_uri": "https://app.example/oidc/app/backchannel-logout",
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "client_secret_basic",
        "id_token_signed_response_alg": "RS256",
    })
}

fn created(body: &Value) -> Response<Bytes> {
    answer(201, Some("application/json;charset=UTF-8"), body.to_string())
}

fn with(member: &str, value: Value) -> Value {
    let mut body = registered();
    body[member] = value;
    body
}

fn without(member: &str) -> Value {
    let mut body = registered();
    body.as_object_mut().unwrap().remove(member);
    body
}

fn endpoint_of(member: &str) -> vestibule::protocol::discovery::Provider {
    provider_from(&metadata_with("registration_endpoint", Some(member.into())))
}

// "The client registration endpoint MUST accept HTTP POST messages with request parameters encoded in the entity body using the
// 'application/json' format."
#[test]
fn the_request_is_json_and_the_token_is_in_a_header_that_logs_do_not_show() {
    let provider = endpoint_of("https://idp.example/register");
    let endpoint = provider.registration_endpoint().unwrap();
    let plain = request(endpoint, &wanted(), None);
    assert_eq!(
        (plain.method().as_str(), plain.uri().to_string().as_str()),
        ("POST", "https://idp.example/register")
    );
    assert_eq!(plain.headers()["content-type"], "application/json");
    assert!(!plain.headers().contains_key("authorization"));
    let body: Value = serde_json::from_slice(plain.body()).unwrap();
    let needed = json!({
        "application_type": "web",
        "client_name": "app",
        "redirect_uris": ["https://app.example/oidc/app/callback"],
        "post_logout_redirect_uris": ["https://app.example/oidc/app/signed-out"],
        "backchannel_logout_uri": "https://app.example/oidc/app/backchannel-logout",
        "backchannel_logout_session_required": true,
        "response_types": ["code"],
        "grant_types": ["authorization_code", "refresh_token"],
        "scope": "openid email",
        "token_endpoint_auth_method": "client_secret_basic",
        "id_token_signed_response_alg": "RS256",
    });
    assert_eq!(body, needed);

    let token = secret("initial-token");
    let more = Wanted {
        frontchannel_logout_uri: Some("https://app.example/f".to_owned()),
        initiate_login_uri: Some("https://app.example/i".to_owned()),
        ..wanted()
    };
    let more = request(endpoint, &more, Some(&token));
    assert_eq!(more.headers()["authorization"], "Bearer initial-token");
    assert!(!format!("{more:?}").contains("initial-token"));
    let body: Value = serde_json::from_slice(more.body()).unwrap();
    assert_eq!(body["frontchannel_logout_uri"], "https://app.example/f");
    assert_eq!(body["frontchannel_logout_session_required"], true);
    assert_eq!(body["initiate_login_uri"], "https://app.example/i");
}

#[test]
fn an_initial_access_token_is_one_line_of_visible_characters() {
    assert_eq!(initial_access_token("abc.def\n").unwrap().expose(), "abc.def");
    for text in ["", "\n", " ", "a b", "a\nb", "a\u{e9}", "a\0"] {
        assert!(initial_access_token(text).is_none(), "{text:?}");
    }
}

#[test]
fn method_and_algorithm_are_chosen_from_what_the_provider_announces() {
    let provider = |member, value: Value| provider_from(&metadata_with(member, Some(value)));
    let methods = |names: Value| method(&provider("token_endpoint_auth_methods_supported", names));
    assert_eq!(
        methods(json!(["none", "client_secret_post", "client_secret_basic"])),
        Ok(AuthenticationMethod::Basic)
    );
    assert_eq!(methods(json!(["none", "client_secret_post"])), Ok(AuthenticationMethod::Post));
    assert_eq!(methods(json!(["private_key_jwt", "none"])), Ok(AuthenticationMethod::None));
    assert!(matches!(methods(json!(["private_key_jwt"])), Err(RegistrationFault::NoMethod { .. })));
    let algorithms = |names: Value| algorithm(&provider("id_token_signing_alg_values_supported", names));
    assert_eq!(algorithms(json!([])), Ok(SigningAlgorithm::Rs256));
    assert_eq!(algorithms(json!(["ES256", "RS256"])), Ok(SigningAlgorithm::Rs256));
    assert_eq!(algorithms(json!(["HS256", "EdDSA"])), Ok(SigningAlgorithm::EdDsa));
    assert!(matches!(algorithms(json!(["HS256", "none"])), Err(RegistrationFault::NoAlgorithm { .. })));
}

#[test]
fn a_client_that_was_registered_as_asked_is_taken() {
    let client = judge(&created(&registered()), &wanted(), now()).unwrap();
    assert_eq!(client.client_id, "s6BhdRkqt3");
    assert_eq!(client.client_secret.as_ref().unwrap().expose(), "a-secret-of-the-provider");
    assert_eq!(client.notes, []);
    assert!(!format!("{client:?}").contains("a-secret-of"), "{client:?}");
}

#[test]
fn a_public_client_has_no_secret() {
    let public = Wanted { method: AuthenticationMethod::None, ..wanted() };
    let mut body = with("token_endpoint_auth_method", "none".into());
    let fault = judge(&created(&body), &public, now()).unwrap_err();
    assert!(matches!(fault, RegistrationFault::NotAsAsked { member: "client_secret", .. }));
    assert!(!format!("{fault:?}{fault}").contains("a-secret-of"));
    body.as_object_mut().unwrap().remove("client_secret");
    body.as_object_mut().unwrap().remove("client_secret_expires_at");
    assert!(judge(&created(&body), &public, now()).unwrap().client_secret.is_none());
}

#[test]
fn what_was_registered_with_less_than_asked_is_said() {
    let notes = |body: &Value| judge(&created(body), &wanted(), now()).unwrap().notes;
    assert_eq!(
        notes(&with("client_secret_expires_at", (NOW + 60).into())),
        [Note::SecretEnds(Timestamp::from_seconds(NOW + 60))]
    );
    assert_eq!(notes(&without("client_secret_expires_at")), [Note::SecretEndUnsaid]);
    assert_eq!(notes(&with("grant_types", json!(["authorization_code"]))), [Note::NoRefresh]);
    assert_eq!(notes(&without("backchannel_logout_uri")), [Note::NotTaken("backchannel_logout_uri")]);
    assert_eq!(
        notes(&with("post_logout_redirect_uris", json!([]))),
        [Note::NotTaken("post_logout_redirect_uris")]
    );
    let front = Wanted { frontchannel_logout_uri: Some("https://app.example/f".to_owned()), ..wanted() };
    let client = judge(&created(&registered()), &front, now()).unwrap();
    assert_eq!(client.notes, [Note::NotTaken("frontchannel_logout_uri")]);
    let start = Wanted { initiate_login_uri: Some("https://app.example/i".to_owned()), ..wanted() };
    let client = judge(&created(&registered()), &start, now()).unwrap();
    assert_eq!(client.notes, [Note::NotTaken("initiate_login_uri")]);
}

// "The authorization server MAY reject or replace any of the client's requested metadata values submitted during the registration
// and substitute them with suitable values."
#[test]
fn what_the_provider_registered_otherwise_is_refused() {
    let uri = "https://app.example/oidc/app/callback";
    let rows = [
        ("another address", with("redirect_uris", json!(["https://evil.example/"])), "redirect_uris"),
        ("one more address", with("redirect_uris", json!([uri, "https://evil.example/"])), "redirect_uris"),
        ("no address", with("redirect_uris", json!([])), "redirect_uris"),
        (
            "another method",
            with("token_endpoint_auth_method", "client_secret_post".into()),
            "token_endpoint_auth_method",
        ),
        ("a public client", with("token_endpoint_auth_method", "none".into()), "token_endpoint_auth_method"),
        (
            "another algorithm",
            with("id_token_signed_response_alg", "HS256".into()),
            "id_token_signed_response_alg",
        ),
        ("unsigned", with("id_token_signed_response_alg", "none".into()), "id_token_signed_response_alg"),
        ("the implicit flow", with("response_types", json!(["id_token"])), "response_types"),
        ("another grant", with("grant_types", json!(["implicit"])), "grant_types"),
        (
            "encrypted",
            with("id_token_encrypted_response_alg", "RSA-OAEP".into()),
            "id_token_encrypted_response_alg",
        ),
        (
            "signed userinfo",
            with("userinfo_signed_response_alg", "RS256".into()),
            "userinfo_signed_response_alg",
        ),
        (
            "encrypted userinfo",
            with("userinfo_encrypted_response_alg", "RSA-OAEP".into()),
            "userinfo_encrypted_response_alg",
        ),
        ("bound tokens", with("dpop_bound_access_tokens", true.into()), "dpop_bound_access_tokens"),
        (
            "bound to a certificate",
            with("tls_client_certificate_bound_access_tokens", json!(1)),
            "tls_client_certificate_bound_access_tokens",
        ),
    ];
    for (name, body, needed) in rows {
        match judge(&created(&body), &wanted(), now()) {
            Err(RegistrationFault::NotAsAsked { member, .. }) => assert_eq!(member, needed, "{name}"),
            other => panic!("{name}: {other:?}"),
        }
    }
    for harmless in [json!(null), json!(false)] {
        assert!(judge(&created(&with("dpop_bound_access_tokens", harmless)), &wanted(), now()).is_ok());
    }
    // Section 2 gives the default where the provider leaves the member out.
    let es256 = Wanted { algorithm: SigningAlgorithm::Es256, ..wanted() };
    assert!(judge(&created(&without("id_token_signed_response_alg")), &es256, now()).is_err());
    let post = Wanted { method: AuthenticationMethod::Post, ..wanted() };
    assert!(judge(&created(&without("token_endpoint_auth_method")), &post, now()).is_err());
    for member in
        ["id_token_signed_response_alg", "token_endpoint_auth_method", "grant_types", "response_types"]
    {
        assert!(judge(&created(&without(member)), &wanted(), now()).is_ok(), "{member}");
    }
}

#[test]
fn members_that_are_missing_or_of_another_kind_are_refused() {
    for member in ["client_id", "client_secret", "redirect_uris"] {
        let fault = judge(&created(&without(member)), &wanted(), now()).unwrap_err();
        assert_eq!(fault, RegistrationFault::Missing { member });
    }
    let long = "x".repeat(513);
    let rows = [
        ("client_id", json!(7)),
        ("client_id", json!("")),
        ("client_id", json!(" a")),
        ("client_id", json!("a\nb")),
        ("client_id", json!(long)),
        ("client_secret", json!("")),
        ("client_secret", json!("a\nb")),
        ("client_secret", json!(["a"])),
        ("client_secret", json!(long)),
        ("client_secret_expires_at", json!("0")),
        ("client_secret_expires_at", json!(-1)),
        ("client_secret_expires_at", json!(0.5)),
        ("redirect_uris", json!("https://app.example/oidc/app/callback")),
        ("redirect_uris", json!([7])),
        ("grant_types", json!("authorization_code")),
        ("token_endpoint_auth_method", json!(["client_secret_basic"])),
    ];
    for (member, value) in rows {
        match judge(&created(&with(member, value.clone())), &wanted(), now()) {
            Err(RegistrationFault::Form { member: found, .. }) => assert_eq!(found, member, "{value}"),
            other => panic!("{member} {value}: {other:?}"),
        }
    }
    let ended = with("client_secret_expires_at", NOW.into());
    assert_eq!(judge(&created(&ended), &wanted(), now()).unwrap_err(), RegistrationFault::SecretEnded);
}

// "When a registration error condition occurs, the authorization server returns an HTTP 400 status code (unless otherwise specified)
// with content type 'application/json'".
#[test]
fn a_refusal_says_what_the_provider_said_and_nothing_of_the_token() {
    let body = json!({ "error": "invalid_redirect_uri", "error_description": "not \u{1b}[31mhttps" });
    let fault =
        judge(&answer(400, Some("application/json"), body.to_string()), &wanted(), now()).unwrap_err();
    assert_eq!(fault.to_string(), r#"the provider says "invalid_redirect_uri": "not \u{1b}[31mhttps""#);
    let body = json!({ "error": "invalid_token", "error_description": "initial-token is not known" });
    for status in [401, 403] {
        let fault =
            judge(&answer(status, Some("application/json"), body.to_string()), &wanted(), now()).unwrap_err();
        assert_eq!(fault, RegistrationFault::Token { status });
        assert!(fault.to_string().contains("--initial-access-token-file"));
    }
}

#[test]
fn an_answer_that_no_endpoint_gives_is_refused() {
    for (name, answer, _) in unusable_answers(MAX_ANSWER_BYTES) {
        assert!(judge(&answer, &wanted(), now()).is_err(), "{name}");
    }
    for (name, mut answer, _) in unusable_answers(MAX_ANSWER_BYTES) {
        *answer.status_mut() = http::StatusCode::CREATED;
        assert!(judge(&answer, &wanted(), now()).is_err(), "{name} with 201");
    }
    let page = answer(201, Some("text/html"), registered().to_string());
    assert!(judge(&page, &wanted(), now()).is_err(), "a page");
    let ok = answer(200, Some("application/json"), registered().to_string());
    assert_eq!(judge(&ok, &wanted(), now()).unwrap_err(), RegistrationFault::Status { status: 200 });
}
