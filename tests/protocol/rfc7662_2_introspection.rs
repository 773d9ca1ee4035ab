//! RFC 7662 sections 2 and 4: what the provider says about an access token.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Request;
use serde_json::{Value, json};
use vestibule::protocol::assertion::{ClientKeys, MacKey};
use vestibule::protocol::client_authentication::{
    BearerFault, ClientAuthenticationFault, MAX_BEARER_BYTES, Moment, bearer_in_file,
};
use vestibule::protocol::discovery::Provider;
use vestibule::protocol::introspection::{self, Form, Introspected, IntrospectionFault, MAX_ANSWER_BYTES};
use vestibule::protocol::registration::{ClientAuthentication, Credentials, SigningAlgorithm};
use vestibule::protocol::signing_key::SigningKey;
use vestibule::protocol::tls_identity::TlsIdentity;
use vestibule::protocol::token::OAuthError;

use crate::world::{
    answer, json_answer, metadata_with, moment, provider_from, registration, secret, unusable_answers,
};

const KEY: &[u8] = include_bytes!("../keys/p256_pkcs8.pem");
const CERTIFICATE: &[u8] = include_bytes!("../keys/client.pem");
const ASSERTION: &str = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl";
const LONG: &str = "0123456789abcdef0123456789abcdef";

fn provider() -> Provider {
    provider_from(&metadata_with("introspection_endpoint", Some(json!("https://idp.example/introspect"))))
}

fn asked(
    provider: &Provider,
    authentication: &ClientAuthentication,
    moment: &Moment,
) -> Result<Request<Vec<u8>>, ClientAuthenticationFault> {
    let credentials = Credentials { client_id: "vestibule-a", authentication };
    let endpoint = provider.introspection_endpoint().unwrap();
    introspection::request(endpoint, provider, credentials, "at.+/ 1", Form::Json, moment)
}

fn form(request: &Request<Vec<u8>>) -> BTreeMap<String, String> {
    let pairs: Vec<_> = url::form_urlencoded::parse(request.body()).into_owned().collect();
    let map: BTreeMap<_, _> = pairs.iter().cloned().collect();
    assert_eq!(map.len(), pairs.len(), "no parameter is there twice: {pairs:?}");
    map
}

fn holding(text: &str) -> Moment {
    Moment { assertion: Some(Ok(secret(text))), ..moment() }
}

/// A request of a resource server whose file holds that.
fn by_file(moment: &Moment) -> Result<Request<Vec<u8>>, ClientAuthenticationFault> {
    asked(&provider(), &ClientAuthentication::BearerFile("token".into()), moment)
}

fn judged(body: &Value) -> Result<Introspected, &'static str> {
    introspection::judge(&json_answer(body)).map_err(|fault| fault.code())
}

/// V-BT-13. Section 2.1.
#[test]
fn the_request_names_the_token_and_what_it_is_taken_for() {
    let registration = registration(ClientAuthentication::Basic(secret("s")));
    let provider = provider();
    let endpoint = provider.introspection_endpoint().unwrap();
    for (wanted, accept) in
        [(Form::Json, "application/json"), (Form::Jwt, "application/token-introspection+jwt")]
    {
        let credentials = registration.credentials();
        let request =
            introspection::request(endpoint, &provider, credentials, "at.+/ 1", wanted, &moment()).unwrap();
        assert_eq!(
            (request.method().as_str(), request.uri().to_string().as_str()),
            ("POST", "https://idp.example/introspect")
        );
        assert_eq!(request.headers()["content-type"], "application/x-www-form-urlencoded");
        let accepted: Vec<_> = request.headers().get_all("accept").iter().collect();
        assert_eq!(accepted, [accept]);
        assert_eq!(request.body(), b"token=at.%2B%2F+1&token_type_hint=access_token");
    }
}

/// V-BT-13, V-TK-1: whoever asks proves itself in the one way that is configured.
#[test]
fn each_way_of_client_authentication_is_good_for_the_question() {
    let p256 = SigningKey::read(KEY, None, None).unwrap();
    let hmac = MacKey::new(secret(LONG), SigningAlgorithm::Hs256).unwrap();
    let identity = TlsIdentity::read(CERTIFICATE, Some(KEY)).unwrap();
    let basic = format!("Basic {}", STANDARD.encode("vestibule-a:s"));
    let rows = [
        (ClientAuthentication::None, None, &["client_id"][..]),
        (ClientAuthentication::Basic(secret("s")), Some(basic.as_str()), &[]),
        (ClientAuthentication::AsAnnounced(secret("s")), Some(&basic), &[]),
        (ClientAuthentication::Post(secret("s")), None, &["client_id", "client_secret"]),
        (
            ClientAuthentication::SecretJwt(hmac),
            None,
            &["client_assertion", "client_assertion_type", "client_id"],
        ),
        (
            ClientAuthentication::PrivateKeyJwt(Arc::new(ClientKeys::new(p256, Vec::new()))),
            None,
            &["client_assertion", "client_assertion_type", "client_id"],
        ),
        (
            ClientAuthentication::AssertionFile("token".into()),
            None,
            &["client_assertion", "client_assertion_type", "client_id"],
        ),
        (ClientAuthentication::MutualTls(Arc::new(identity)), None, &["client_id"]),
        (ClientAuthentication::BearerFile("token".into()), Some(&format!("Bearer {ASSERTION}")), &[]),
    ];
    for (authentication, authorization, parameters) in rows {
        let request = asked(&provider(), &authentication, &holding(ASSERTION)).unwrap();
        let found = request.headers().get("authorization");
        assert_eq!(found.map(|value| value.to_str().unwrap()), authorization, "{authentication:?}");
        assert!(found.is_none_or(http::HeaderValue::is_sensitive), "{authentication:?}");
        let mut form = form(&request);
        assert_eq!(form.remove("token").as_deref(), Some("at.+/ 1"));
        assert_eq!(form.remove("token_type_hint").as_deref(), Some("access_token"));
        assert_eq!(form.into_keys().collect::<Vec<_>>(), parameters, "{authentication:?}");
    }
}

#[test]
fn a_client_with_a_certificate_asks_at_the_alias() {
    let mut metadata = metadata_with("introspection_endpoint", Some(json!("https://idp.example/introspect")));
    metadata["mtls_endpoint_aliases"] =
        json!({ "introspection_endpoint": "https://mtls.idp.example/introspect" });
    let provider = provider_from(&metadata);
    let identity = Arc::new(TlsIdentity::read(CERTIFICATE, Some(KEY)).unwrap());
    for (authentication, address) in [
        (ClientAuthentication::MutualTls(identity), "https://mtls.idp.example/introspect"),
        (ClientAuthentication::Basic(secret("s")), "https://idp.example/introspect"),
    ] {
        assert_eq!(asked(&provider, &authentication, &moment()).unwrap().uri(), address);
    }
}

/// A request that cannot be made is refused as it is elsewhere, and never made in another way.
#[test]
fn what_does_not_prove_the_client_goes_nowhere() {
    let announced = |methods: Value| {
        let mut metadata = metadata_with("token_endpoint_auth_methods_supported", Some(methods));
        metadata["introspection_endpoint"] = json!("https://idp.example/introspect");
        provider_from(&metadata)
    };
    let rows = [
        (ClientAuthentication::AsAnnounced(secret("s")), "token_client_authentication"),
        (ClientAuthentication::AssertionFile("token".into()), "token_assertion_file"),
        (ClientAuthentication::BearerFile("token".into()), "introspection_token_file"),
    ];
    for (authentication, code) in rows {
        let fault = asked(&announced(json!(["private_key_jwt"])), &authentication, &holding("s3cret s3cret"));
        let fault = IntrospectionFault::from(fault.unwrap_err());
        assert_eq!(fault.code(), code);
        assert!(!fault.to_string().contains("s3cret") && !fault.asks_for_new_keys());
    }
}

/// Section 2.1: "the endpoint MUST also require some form of authorization …, such as … a separate OAuth 2.0 access token".
#[test]
fn a_bearer_token_from_a_file_is_the_whole_proof() {
    for text in ["mF_9.B5f-4.1JqM~+/==", "mF_9.B5f-4.1JqM~+/==\n", " mF_9.B5f-4.1JqM~+/==\r\n"] {
        let request = by_file(&holding(text)).unwrap();
        let authorization = &request.headers()["authorization"];
        assert_eq!(authorization, "Bearer mF_9.B5f-4.1JqM~+/==");
        assert!(authorization.is_sensitive(), "it is not shown by Debug");
        assert_eq!(form(&request).len(), 2, "the token says whose it is");
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

/// V-BT-13. Section 2.2.
#[test]
fn an_active_token_comes_with_everything_else_that_was_said() {
    let said = json!({ "scope": "read write", "client_id": "cli", "sub": "a1", "aud": ["x", 1], "exp": "soon",
        "iss": "https://evil.example", "active2": true });
    let mut body = said.clone();
    body["active"] = json!(true);
    let Ok(Introspected::Active(members)) = judged(&body) else { panic!() };
    assert_eq!(Value::Object(members), said, "unjudged, and without active");
    let alone = judged(&json!({ "active": true }));
    assert!(matches!(alone, Ok(Introspected::Active(members)) if members.is_empty()));
    let other_json = answer(200, Some("Application/Introspection+JSON; charset=utf-8"), body.to_string());
    assert!(matches!(introspection::judge(&other_json), Ok(Introspected::Active(_))));
}

/// V-BT-13. Section 2.2: whatever else such an answer says is not about a good token.
#[test]
fn a_token_that_is_not_active_is_no_fault() {
    for body in
        [json!({ "active": false }), json!({ "active": false, "sub": "a1", "exp": 4_102_444_800_u64 })]
    {
        assert_eq!(judged(&body), Ok(Introspected::Inactive));
    }
}

/// V-BT-13, F-24: `active` is the literal; nothing that only looks like it lets anybody in, nor does it blame the token.
#[test]
fn active_is_true_or_false_and_nothing_like_it() {
    for active in [
        json!("true"),
        json!("false"),
        json!(""),
        json!(1),
        json!(0),
        json!(1.0),
        json!(null),
        json!([true]),
        json!([]),
        json!({}),
        json!({ "active": true }),
    ] {
        let body = json!({ "active": active, "sub": "a1" });
        assert_eq!(judged(&body), Err("introspection_member_form"), "{active}");
    }
    for body in [
        json!({}),
        json!({ "sub": "a1" }),
        json!({ "Active": true }),
        json!({ "active ": true }),
        json!({ "error": "invalid_token" }),
        // What RFC 9701 puts into a signed answer is worth nothing in a plain one.
        json!({ "token_introspection": { "active": true } }),
    ] {
        assert_eq!(judged(&body), Err("introspection_member_form"), "{body}");
    }
}

/// F-09, F-24.
#[test]
fn two_words_on_one_token_are_none() {
    for body in [
        r#"{"active": false, "active": true}"#,
        r#"{"active": true, "active": true}"#,
        r#"{"active": true, "\u0061ctive": false}"#,
        r#"{"active": true, "aud": "a", "aud": "b"}"#,
        r#"{"active": true, "cnf": {"jkt": "a", "jkt": "b"}}"#,
        r#"{"active": true} {"active": true}"#,
        r#"{"active": true, "exp": 1e999}"#,
        r#"{"active": True}"#,
    ] {
        let found = introspection::judge(&answer(200, Some("application/json"), body)).unwrap_err();
        assert_eq!(found.code(), "introspection_unreadable", "{body}");
    }
    let deep = format!("{{\"active\": true, \"a\": {}{}}}", "[".repeat(30_000), "]".repeat(30_000));
    let found = introspection::judge(&answer(200, Some("application/json"), deep)).unwrap_err();
    assert_eq!(found.code(), "introspection_unreadable");
}

/// G-02, G-03, G-06.
#[test]
fn an_answer_that_is_none_is_refused_before_it_is_read() {
    for (name, answer, code) in unusable_answers(MAX_ANSWER_BYTES) {
        let found = introspection::judge(&answer).unwrap_err();
        assert_eq!(found.code(), format!("introspection_{code}"), "{name}");
        assert!(!found.asks_for_new_keys());
    }
    let active = json!({ "active": true }).to_string();
    for content_type in [
        None,
        Some("text/html"),
        Some("text/plain"),
        Some("application/jwt"),
        Some("application/token-introspection+jwt"),
    ] {
        let found = introspection::judge(&answer(200, content_type, active.clone())).unwrap_err();
        assert_eq!(found.code(), "introspection_content_type", "{content_type:?}");
    }
    let padded = |bytes: usize| {
        let empty = json!({ "active": true, "a": "" }).to_string().len();
        json_answer(&json!({ "active": true, "a": "x".repeat(bytes - empty) }))
    };
    assert!(introspection::judge(&padded(MAX_ANSWER_BYTES)).is_ok());
    let found = introspection::judge(&padded(MAX_ANSWER_BYTES + 1)).unwrap_err();
    assert_eq!(found.code(), "introspection_too_large");
}

/// Section 2.3: whoever asks is not known, or may not ask. It says nothing about the token.
#[test]
fn a_provider_that_does_not_know_us_has_said_nothing_about_the_token() {
    let json = Some("application/json");
    let invalid_client = r#"{"error":"invalid_client"}"#;
    let rows = [
        ("401", answer(401, None, ""), "introspection_refused"),
        ("401 with its reason", answer(401, json, invalid_client), "introspection_refused"),
        ("401 with a page", answer(401, Some("text/html"), "<html>"), "introspection_refused"),
        ("401 that says active", answer(401, json, r#"{"active":true}"#), "introspection_refused"),
        ("403", answer(403, json, "{}"), "introspection_refused"),
        ("400 with its reason", answer(400, json, invalid_client), "introspection_refused"),
        (
            "400 that lets us not ask",
            answer(400, json, r#"{"error":"unauthorized_client"}"#),
            "introspection_refused",
        ),
        ("400", answer(400, json, r#"{"error":"invalid_request"}"#), "introspection_status"),
        ("400 that says inactive", answer(400, json, r#"{"active":false}"#), "introspection_status"),
        ("429", answer(429, json, "{}"), "introspection_status"),
        ("503 with a reason of ours", answer(503, json, invalid_client), "introspection_status"),
    ];
    for (name, answer, code) in rows {
        assert_eq!(introspection::judge(&answer).unwrap_err().code(), code, "{name}");
        assert_eq!(introspection::token_in(&answer).unwrap_err().code(), code, "{name}, signed");
    }
    let fault = introspection::judge(&answer(401, json, invalid_client)).unwrap_err();
    assert_eq!(fault, IntrospectionFault::Refused { status: 401, error: Some(OAuthError::InvalidClient) });
}

#[test]
fn a_provider_without_the_endpoint_is_not_asked() {
    assert!(crate::world::provider().introspection_endpoint().is_none());
    let fault = IntrospectionFault::NoEndpoint;
    assert_eq!(fault.code(), "introspection_no_endpoint");
    assert!(!fault.asks_for_new_keys());
}

#[test]
fn what_is_said_about_a_person_is_not_shown() {
    let said = judged(&json!({ "active": true, "sub": "jane", "email": "jane@example.com" })).unwrap();
    assert_eq!(format!("{said:?}"), r#"Active {"email", "sub"}"#);
}
