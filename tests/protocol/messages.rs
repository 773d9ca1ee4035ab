//! What the operator reads. `messages.txt` has one line for each kind of fault, with example facts; changing one is a reviewed
//! change.

use std::fmt::{Display, Write as _};
use std::time::Duration;

use vestibule::protocol::access_token::AccessTokenFault;
use vestibule::protocol::answer::AnswerFault;
use vestibule::protocol::callback::{CallbackFault, Parameter, ProviderError};
use vestibule::protocol::certificate::CertificateFault;
use vestibule::protocol::client_authentication::{BearerFault, ClientAuthenticationFault};
use vestibule::protocol::discovery::DiscoveryFault;
use vestibule::protocol::dpop::{DpopFault, OtherUrl, Shortfall};
use vestibule::protocol::endpoint::EndpointFault;
use vestibule::protocol::introspection::IntrospectionFault;
use vestibule::protocol::json::JsonFault;
use vestibule::protocol::jwe::JweFault;
use vestibule::protocol::jwk::SkipReason;
use vestibule::protocol::jwks::{JwksFault, SkippedKey};
use vestibule::protocol::jws::{self, JwsFault};
use vestibule::protocol::jwt::IdTokenFault;
use vestibule::protocol::logout_token::LogoutTokenFault;
use vestibule::protocol::registration::SigningAlgorithm;
use vestibule::protocol::timestamp::Timestamp;
use vestibule::protocol::token::{OAuthError, TokenFault};
use vestibule::protocol::userinfo::UserinfoFault;

/// A name from outside that tries to forge a log line.
const HOSTILE: &str = "x\"\n\u{1b}[31m\u{202e}";

fn answers() -> Vec<AnswerFault> {
    let html = Some("text/html".to_owned());
    let twice = JsonFault::Twice { member: HOSTILE.to_owned() };
    vec![
        AnswerFault::Redirect { status: 302 },
        AnswerFault::Status { status: 503 },
        AnswerFault::TooLarge { found: 300_000, limit: 262_144 },
        AnswerFault::ContentType { found: html.clone() },
        AnswerFault::ContentType { found: None },
        AnswerFault::Json { fault: JsonFault::Syntax, content_type: html },
        AnswerFault::Json { fault: JsonFault::NotAnObject, content_type: None },
        AnswerFault::Json { fault: twice, content_type: None },
        AnswerFault::Json { fault: JsonFault::TooDeep, content_type: None },
    ]
}

fn access_token() -> Vec<AccessTokenFault> {
    let (now, leeway) = (Timestamp::from_seconds(1_800_000_000), Duration::from_secs(60));
    let at = Timestamp::from_seconds;
    let text = |text: &str| text.to_owned();
    let algorithms = [SigningAlgorithm::Rs256, SigningAlgorithm::Es256];
    let ours = || vec![text("https://api.example.com")];
    let mut faults: Vec<AccessTokenFault> = vec![
        JwsFault::TooLong { found: 20_000 }.into(),
        JwsFault::Encrypted.into(),
        JwsFault::Parts { found: 2 }.into(),
        JwsFault::Encoding { part: "signature" }.into(),
        JwsFault::Json { part: "payload", fault: JsonFault::Syntax }.into(),
        JwsFault::Algorithm { expected: algorithms.into(), found: Some(text("none")) }.into(),
        JwsFault::Critical.into(),
        JwsFault::Kind { expected: &["at+jwt"], found: Some(text("JWT")) }.into(),
        JwsFault::KeyName.into(),
        JwsFault::KeyUnknown { kid: Some(text(HOSTILE)), algorithm: SigningAlgorithm::Es256 }.into(),
        JwsFault::KeysAmbiguous { found: 9 }.into(),
        JwsFault::Signature { kid: None }.into(),
    ];
    faults.extend([
        AccessTokenFault::KindUnsaid,
        AccessTokenFault::OtherKind { claim: "nonce" },
        AccessTokenFault::Missing { claim: "jti" },
        AccessTokenFault::Form { claim: "scope", needed: "a text" },
        AccessTokenFault::Issuer { expected: vec![text("https://id.example")], found: text(HOSTILE) },
        AccessTokenFault::Issuer {
            expected: (0..9).map(|n| format!("https://{n}.example")).collect(),
            found: text("x"),
        },
        AccessTokenFault::Audience { expected: ours(), found: vec![text("account"), text(HOSTILE)] },
        AccessTokenFault::Audience { expected: ours(), found: vec![text("other"); 9] },
        AccessTokenFault::Audience { expected: ours(), found: Vec::new() },
        AccessTokenFault::Client { found: Some(text(HOSTILE)) },
        AccessTokenFault::Client { found: None },
        AccessTokenFault::Expired { expired_at: at(1_799_999_925), now, leeway },
        AccessTokenFault::IssuedInFuture { issued_at: at(1_800_000_090), now, leeway },
        AccessTokenFault::NotYetValid { not_before: at(1_800_000_090), now, leeway },
    ]);
    faults
}

fn discovery() -> Vec<DiscoveryFault> {
    let issuer = |found: Option<&str>| DiscoveryFault::Issuer {
        expected: "https://id.example".to_owned(),
        found: found.map(str::to_owned),
    };
    let mut faults: Vec<_> = answers().into_iter().map(DiscoveryFault::Answer).collect();
    faults.extend([
        issuer(None),
        issuer(Some("https://id.example/")),
        issuer(Some("https://id.example/{tenantid}")),
        issuer(Some(HOSTILE)),
        DiscoveryFault::Missing { member: "jwks_uri" },
        DiscoveryFault::Form { member: "token_endpoint_auth_methods_supported", needed: "a list of texts" },
    ]);
    let endpoints = [
        EndpointFault::NotText,
        EndpointFault::TooLong,
        EndpointFault::NotAnAddress,
        EndpointFault::NotHttps,
        EndpointFault::HasExtras,
        EndpointFault::OnThisMachine,
        EndpointFault::RefusedAddress,
        EndpointFault::TakenParameter,
    ];
    faults.extend(endpoints.map(|fault| DiscoveryFault::Endpoint {
        member: "token_endpoint",
        found: "http://169.254.169.254/".to_owned(),
        fault,
    }));
    faults
}

fn callback() -> Vec<CallbackFault> {
    vec![
        CallbackFault::TooLong { found: 70_000 },
        CallbackFault::Twice(Parameter::Code),
        CallbackFault::ParameterTooLong { parameter: Parameter::State, found: 4096 },
        CallbackFault::ParameterForm(Parameter::Issuer),
        CallbackFault::OtherResponseType { parameter: "id_token" },
        CallbackFault::IssuerMissing,
        CallbackFault::IssuerOther { expected: "https://id.example".to_owned(), found: HOSTILE.to_owned() },
        CallbackFault::StateMissing,
        CallbackFault::StateUnreadable,
        CallbackFault::StateOtherClient { started: "a".to_owned(), called: "b".to_owned() },
        CallbackFault::StateExpired { age: Duration::from_secs(660) },
        CallbackFault::NoFlowCookie,
        CallbackFault::OtherBrowser,
        CallbackFault::Provider(ProviderError::AccessDenied),
        CallbackFault::Provider(ProviderError::Unavailable("server_error")),
        CallbackFault::Provider(ProviderError::InteractionRequired("login_required")),
        CallbackFault::Provider(ProviderError::Registration("invalid_scope")),
        CallbackFault::Provider(ProviderError::Unknown),
        CallbackFault::CodeWithError,
        CallbackFault::CodeMissing,
    ]
}

fn token() -> Vec<TokenFault> {
    let mut faults: Vec<_> = answers().into_iter().map(TokenFault::Answer).collect();
    faults.extend([
        TokenFault::Authentication(ClientAuthenticationFault::NotShared {
            announced: vec!["private_key_jwt".to_owned()],
        }),
        TokenFault::Authentication(ClientAuthenticationFault::AssertionFile {
            why: "it is not a signed JWT".to_owned(),
        }),
        TokenFault::Authentication(ClientAuthenticationFault::NotOverTls),
        TokenFault::Refused { status: 400, error: OAuthError::InvalidGrant },
        TokenFault::Refused { status: 401, error: OAuthError::InvalidClient },
        TokenFault::Refused { status: 400, error: OAuthError::Other },
        TokenFault::ErrorWithSuccess { error: OAuthError::ServerError },
        TokenFault::Missing { member: "id_token" },
        TokenFault::Form { member: "id_token", needed: "a text" },
        TokenFault::TokenType { found: HOSTILE.to_owned() },
    ]);
    faults
}

fn jwks() -> Vec<JwksFault> {
    let reasons = [
        SkipReason::Form,
        SkipReason::Kind,
        SkipReason::Purpose,
        SkipReason::Algorithm,
        SkipReason::Private,
        SkipReason::Numbers,
        SkipReason::Strength,
    ];
    let mut faults: Vec<_> = answers().into_iter().map(JwksFault::Answer).collect();
    faults.extend([JwksFault::KeysMissing, JwksFault::TooMany { found: 10_000 }]);
    faults.extend(
        reasons.map(|reason| JwksFault::NoneUsable { skipped: vec![SkippedKey { kid: None, reason }] }),
    );
    let kid = Some(HOSTILE.to_owned());
    faults.push(JwksFault::NoneUsable { skipped: vec![SkippedKey { kid, reason: SkipReason::Form }] });
    faults
}

fn jwe() -> Vec<JweFault> {
    vec![
        JweFault::TooLong { found: 30_000 },
        JweFault::NotEncrypted,
        JweFault::Parts { found: 4 },
        JweFault::Encoding { part: "ciphertext" },
        JweFault::Json(JsonFault::Syntax),
        JweFault::Algorithm { member: "alg", expected: "RSA-OAEP-256", found: Some(HOSTILE.to_owned()) },
        JweFault::Compressed,
        JweFault::Critical,
        JweFault::Kind(JwsFault::Kind { expected: jws::JWT, found: Some(HOSTILE.to_owned()) }),
        JweFault::Form { member: "epk" },
        JweFault::Decryption { kid: Some(HOSTILE.to_owned()) },
    ]
}

fn userinfo() -> Vec<UserinfoFault> {
    let mut faults: Vec<_> = answers().into_iter().map(UserinfoFault::Answer).collect();
    faults.extend([UserinfoFault::NoEndpoint, UserinfoFault::Signed, UserinfoFault::NotSigned]);
    faults.extend(jwe().into_iter().map(UserinfoFault::Jwe));
    let (now, leeway) = (Timestamp::from_seconds(1_800_000_000), Duration::from_secs(60));
    let expected = || "https://id.example".to_owned();
    faults.extend([
        UserinfoFault::Jws(JwsFault::Signature { kid: None }),
        UserinfoFault::OtherKind { claim: "events" },
        UserinfoFault::Form { claim: "exp" },
        UserinfoFault::Issuer { expected: expected(), found: Some(HOSTILE.to_owned()) },
        UserinfoFault::Issuer { expected: expected(), found: None },
        UserinfoFault::Audience { expected: "vestibule-a".to_owned(), found: vec![HOSTILE.to_owned()] },
        UserinfoFault::Audience { expected: "vestibule-a".to_owned(), found: Vec::new() },
        UserinfoFault::Time { claim: "exp", now, leeway },
        UserinfoFault::SubjectMissing,
        UserinfoFault::SubjectOther,
    ]);
    faults
}

fn id_token() -> Vec<IdTokenFault> {
    let (now, leeway) = (Timestamp::from_seconds(1_800_000_000), Duration::from_secs(60));
    let at = Timestamp::from_seconds;
    let algorithm = SigningAlgorithm::Rs256;
    let text = |text: &str| Some(text.to_owned());
    let mut faults: Vec<IdTokenFault> = vec![
        JwsFault::TooLong { found: 20_000 }.into(),
        JwsFault::Encrypted.into(),
        JwsFault::Parts { found: 2 }.into(),
        JwsFault::Encoding { part: "header" }.into(),
        JwsFault::Json { part: "payload", fault: JsonFault::Syntax }.into(),
        JwsFault::Algorithm { expected: [algorithm].into(), found: text("none") }.into(),
        JwsFault::Algorithm { expected: [algorithm].into(), found: None }.into(),
        JwsFault::Critical.into(),
        JwsFault::Kind { expected: jws::JWT, found: text("at+jwt") }.into(),
        JwsFault::KeyName.into(),
        JwsFault::KeyUnknown { kid: text(HOSTILE), algorithm }.into(),
        JwsFault::KeysAmbiguous { found: 9 }.into(),
        JwsFault::Signature { kid: None }.into(),
    ];
    faults.extend(jwe().into_iter().map(IdTokenFault::Jwe));
    let expected = "vestibule-a".to_owned();
    faults.extend([
        IdTokenFault::OtherKind,
        IdTokenFault::Missing { claim: "nonce" },
        IdTokenFault::Form { claim: "aud", needed: "a text or a list of texts" },
        IdTokenFault::Issuer { expected: "https://id.example".to_owned(), found: HOSTILE.to_owned() },
        IdTokenFault::Audience {
            expected: expected.clone(),
            found: vec!["account".to_owned(), expected.clone()],
        },
        IdTokenFault::Audience { expected: expected.clone(), found: Vec::new() },
        IdTokenFault::AuthorizedParty { expected: expected.clone(), found: text("grafana") },
        IdTokenFault::AuthorizedParty { expected, found: None },
        IdTokenFault::Expired { expired_at: at(1_799_999_925), now, leeway, skew: None },
        IdTokenFault::IssuedInFuture { issued_at: at(1_800_000_090), now, leeway, skew: None },
        IdTokenFault::TooOld { issued_at: at(1_799_990_000), now, skew: None },
        IdTokenFault::NotYetValid { not_before: at(1_800_000_090), now, leeway, skew: None },
        IdTokenFault::Nonce,
        IdTokenFault::AccessTokenHash,
        IdTokenFault::Changed { claim: "sub" },
    ]);
    faults
}

fn introspection() -> Vec<IntrospectionFault> {
    let mut faults: Vec<_> = answers().into_iter().map(IntrospectionFault::Answer).collect();
    faults.extend([
        IntrospectionFault::NoEndpoint,
        ClientAuthenticationFault::TokenFile { why: BearerFault::Empty.to_string() }.into(),
        ClientAuthenticationFault::TokenFile { why: BearerFault::TooLong { found: 20_000 }.to_string() }
            .into(),
        ClientAuthenticationFault::TokenFile { why: BearerFault::Form.to_string() }.into(),
        IntrospectionFault::Refused { status: 401, error: Some(OAuthError::InvalidClient) },
        IntrospectionFault::Refused { status: 403, error: None },
        IntrospectionFault::NotSigned,
        IdTokenFault::from(JwsFault::Kind { expected: jws::INTROSPECTION, found: Some(HOSTILE.to_owned()) })
            .into(),
        IdTokenFault::Issuer { expected: "https://id.example".to_owned(), found: HOSTILE.to_owned() }.into(),
        IntrospectionFault::KindUnsaid,
        IntrospectionFault::Form { member: "active", needed: "true or false" },
    ]);
    faults
}

fn logout_token() -> Vec<LogoutTokenFault> {
    vec![
        IdTokenFault::Missing { claim: "jti" }.into(),
        IdTokenFault::from(JwsFault::Encrypted).into(),
        LogoutTokenFault::KindUnsaid,
        LogoutTokenFault::NobodyNamed,
        LogoutTokenFault::Event,
        LogoutTokenFault::Nonce,
    ]
}

fn certificate() -> Vec<CertificateFault> {
    vec![
        CertificateFault::Missing,
        CertificateFault::TooLong { found: 30_000 },
        CertificateFault::Encoding { form: "a certificate in PEM" },
        CertificateFault::NotDer,
    ]
}

fn dpop() -> Vec<DpopFault> {
    let (now, leeway) = (Timestamp::from_seconds(1_800_000_000), Duration::from_secs(60));
    let hostile = || HOSTILE.to_owned();
    vec![
        DpopFault::TooLong { found: 9_000 },
        DpopFault::Unreadable(JwsFault::Encrypted),
        DpopFault::Unreadable(JwsFault::Parts { found: 2 }),
        DpopFault::Type { found: Some("JWT".to_owned()) },
        DpopFault::Type { found: None },
        DpopFault::Algorithm { found: Some(hostile()) },
        DpopFault::KeyMissing,
        DpopFault::Key(SkipReason::Private),
        DpopFault::Signature,
        DpopFault::Missing { claim: "jti" },
        DpopFault::Form { claim: "htu", needed: "an absolute URL" },
        DpopFault::Method { expected: "GET".to_owned(), found: hostile() },
        DpopFault::Url(OtherUrl::Scheme { expected: "http".to_owned(), found: "https".to_owned() }),
        DpopFault::Url(OtherUrl::User),
        DpopFault::Url(OtherUrl::Host { expected: "app.example".to_owned(), found: hostile() }),
        DpopFault::Url(OtherUrl::Port { expected: 443, found: 8443 }),
        DpopFault::Url(OtherUrl::Path),
        DpopFault::Nonce(Shortfall::Missing),
        DpopFault::Nonce(Shortfall::Other),
        DpopFault::Time { claim: "iat", at: Timestamp::from_seconds(1_799_999_800), now, leeway },
        DpopFault::Token(Shortfall::Missing),
        DpopFault::Token(Shortfall::Other),
        DpopFault::OtherKey,
    ]
}

fn lines<F: Display>(faults: Vec<F>, code: impl Fn(&F) -> &'static str, into: &mut String) {
    for fault in faults {
        writeln!(into, "{}: {fault}", code(&fault)).unwrap();
    }
}

#[test]
fn every_text_is_the_reviewed_one() {
    let mut text = String::new();
    lines(access_token(), AccessTokenFault::code, &mut text);
    lines(callback(), CallbackFault::code, &mut text);
    lines(certificate(), CertificateFault::code, &mut text);
    lines(discovery(), DiscoveryFault::code, &mut text);
    lines(dpop(), DpopFault::code, &mut text);
    lines(id_token(), IdTokenFault::code, &mut text);
    lines(introspection(), IntrospectionFault::code, &mut text);
    lines(jwks(), JwksFault::code, &mut text);
    lines(logout_token(), LogoutTokenFault::code, &mut text);
    lines(token(), TokenFault::code, &mut text);
    lines(userinfo(), UserinfoFault::code, &mut text);
    // `UPDATE_TEXTS=1` writes them anew; read what changed.
    if std::env::var_os("UPDATE_TEXTS").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/protocol/messages.txt"), &text).unwrap();
        return;
    }
    assert_eq!(text, include_str!("messages.txt"), "this is how it reads now:\n{text}");
    // Exactly one line each, whatever came from outside, and in the house's tone.
    assert!(text.chars().all(|character| character == '\n' || matches!(character, ' '..='~')));
    for word in ["invalid ", "bad ", "please", "failed to", "!"] {
        assert!(!text.to_lowercase().contains(word), "{word}");
    }
}
