//! The table of refusals: complete, stable, and the same in docs/refusals.md.

use std::collections::{HashMap, HashSet};
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use http::HeaderName;
use vestibule::config::host::Authority;
use vestibule::gate::condition;
use vestibule::gate::credential::Unreadable;
use vestibule::gate::decide::{Ended, LoginReason};
use vestibule::gate::refusal::{Fault, Flaw, Kind, LoopCause, Part, Refusal, Retry, Trouble};
use vestibule::protocol::access_token_fault::AccessTokenFault;
use vestibule::protocol::answer::AnswerFault;
use vestibule::protocol::callback::{CallbackFault, Parameter, ProviderError};
use vestibule::protocol::certificate::CertificateFault;
use vestibule::protocol::client_authentication::ClientAuthenticationFault;
use vestibule::protocol::discovery::DiscoveryFault;
use vestibule::protocol::dpop::DpopFault;
use vestibule::protocol::dpop_fault::{OtherUrl, Shortfall};
use vestibule::protocol::endpoint::EndpointFault;
use vestibule::protocol::id_token_fault::IdTokenFault;
use vestibule::protocol::initiate_login::InitiateLoginFault;
use vestibule::protocol::introspection::IntrospectionFault;
use vestibule::protocol::issuer::{HttpIssuer, Issuer};
use vestibule::protocol::json::JsonFault;
use vestibule::protocol::jwe::JweFault;
use vestibule::protocol::jwk::SkipReason;
use vestibule::protocol::jwks::JwksFault;
use vestibule::protocol::jws::{self, JwsFault};
use vestibule::protocol::logout_token::LogoutTokenFault;
use vestibule::protocol::pushed::PushedFault;
use vestibule::protocol::registration::SigningAlgorithm;
use vestibule::protocol::timestamp::Timestamp;
use vestibule::protocol::token::{OAuthError, TokenFault};
use vestibule::protocol::userinfo::UserinfoFault;

/// What a request, token or provider could have said; no person may ever read it on our page.
pub(super) const FOUND: &str = "found-7f3a";

#[test]
fn codes_are_unique_and_written_alike() {
    let mut seen = HashSet::new();
    for kind in Kind::ALL {
        let code = kind.code();
        assert!(seen.insert(code), "{code} is there twice");
        assert!(code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{code}");
        assert!(kind.status().is_client_error() || kind.status().is_server_error(), "{code}");
    }
}

#[test]
fn sentences_are_for_people_and_remedies_for_the_operator() {
    for kind in Kind::ALL {
        for text in [kind.sentence(), kind.remedy()] {
            assert!(text.ends_with(['.', ';']) || text.ends_with("https."), "{text}");
            assert!(!text.contains('!') && !text.to_lowercase().contains("please"), "{text}");
            for word in ["invalid ", "failed to parse", "bad "] {
                assert!(!text.to_lowercase().contains(word), "{text}");
            }
        }
        let offers = kind.sentence().contains("ry again") || kind.sentence().contains("trying again");
        assert!(kind.retry() != Retry::Never || !kind.sentence().contains("Try again."), "{}", kind.code());
        assert!(kind.retry() != Retry::Automatically || offers, "{} says nothing about waiting", kind.code());
    }
}

#[test]
fn what_the_protocol_refuses_has_the_same_code_here() {
    let ours: HashSet<_> = Kind::ALL.iter().map(|kind| kind.code()).collect();
    let theirs = [
        CallbackFault::ALL_CODES,
        DiscoveryFault::ALL_CODES,
        JwksFault::ALL_CODES,
        InitiateLoginFault::ALL_CODES,
        PushedFault::ALL_CODES,
        TokenFault::ALL_CODES,
        IdTokenFault::ALL_CODES,
        UserinfoFault::ALL_CODES,
        IntrospectionFault::ALL_CODES,
        LogoutTokenFault::ALL_CODES,
        AccessTokenFault::ALL_CODES,
        DpopFault::ALL_CODES,
        CertificateFault::ALL_CODES,
    ];
    for code in theirs.into_iter().flatten() {
        assert!(ours.contains(code), "{code} has no row");
    }
    for refusal in one_of_each() {
        let code = match &refusal {
            Refusal::Callback(fault) => fault.code(),
            Refusal::Discovery(fault) => fault.code(),
            Refusal::Jwks(fault) => fault.code(),
            Refusal::InitiateLogin(fault) => fault.code(),
            Refusal::Pushed(fault) => fault.code(),
            Refusal::Token(fault) => fault.code(),
            Refusal::IdToken(fault) => fault.code(),
            Refusal::Userinfo(fault) => fault.code(),
            Refusal::Introspection(fault) => fault.code(),
            Refusal::LogoutToken(fault) => fault.code(),
            Refusal::AccessToken(fault) => fault.code(),
            Refusal::Dpop(fault) => fault.code(),
            Refusal::Certificate(fault) => fault.code(),
            _ => continue,
        };
        assert_eq!(refusal.code(), code);
        let caller = match &refusal {
            Refusal::Callback(fault) => fault.caller_is_at_fault(),
            Refusal::InitiateLogin(_) => true,
            Refusal::Token(fault) => fault.caller_is_at_fault(),
            Refusal::IdToken(fault) => fault.caller_is_at_fault(),
            Refusal::LogoutToken(fault) => fault.caller_is_at_fault(),
            Refusal::AccessToken(_) | Refusal::Dpop(_) => true,
            Refusal::Certificate(fault) => *fault == CertificateFault::Missing,
            _ => false,
        };
        assert_eq!(refusal.fault() == Fault::Caller, caller, "{code}");
    }
}

#[test]
fn every_row_can_be_reached() {
    let reached: HashMap<_, _> = one_of_each().into_iter().map(|refusal| (refusal.kind(), refusal)).collect();
    for kind in Kind::ALL {
        assert!(reached.contains_key(kind), "nothing is refused as {}", kind.code());
    }
}

#[test]
fn no_public_sentence_holds_what_was_found() {
    for refusal in one_of_each() {
        assert!(!refusal.sentence().contains(FOUND), "{refusal:?}");
        assert!(!refusal.to_string().is_empty(), "{refusal:?}");
        assert!(!refusal.remedy().is_empty(), "{refusal:?}");
    }
}

#[test]
fn the_remedy_for_an_untrusted_peer_can_be_pasted() {
    let remedy = |peer: &str| Refusal::PeerNotTrusted { peer: peer.parse().unwrap() }.remedy().into_owned();
    assert!(remedy("10.0.0.4").ends_with("trusted_proxies: [10.0.0.4/32]"));
    assert!(remedy("2001:db8::1").ends_with("trusted_proxies: [\"2001:db8::1/128\"]"));
}

/// `UPDATE_DOCS=1 cargo test --test gate` writes the page anew.
#[test]
fn the_page_is_the_table() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/refusals.md");
    if updating() {
        std::fs::create_dir_all(page.parent().unwrap()).unwrap();
        std::fs::write(&page, written()).unwrap();
    }
    let found = std::fs::read_to_string(&page).unwrap_or_default();
    assert!(
        found == written(),
        "docs/refusals.md differs from the code; UPDATE_DOCS=1 cargo test --test gate writes it"
    );
}

#[expect(clippy::disallowed_methods, reason = "the switch of this test, not of the program")]
fn updating() -> bool {
    std::env::var("UPDATE_DOCS").is_ok()
}

fn written() -> String {
    let mut page = String::from(
        "# Refusals\n\n\
         Every answer of vestibule that is neither a yes nor a redirect carries `Vestibule-Refusal: <code>` and \
         `Vestibule-Request-Id`. The log line of the request has the same code, whose fault it is, and what was found. \
         A code never changes its meaning.\n\n\
         The log's `fault` is `caller`, `proxy`, `provider`, `operator` (the configuration: clients.yaml, or what is registered at the \
         provider), `store` or `us`.\n\n\
         nginx knows only 401 and 403 as a no, so the status at `/auth/nginx` is one of these; the code in the header and in the \
         log is the one below.\n\n\
         This page is written by a test out of `src/gate/refusal/kind.rs`.\n",
    );
    for kind in Kind::ALL {
        let fault = match kind.fault() {
            Fault::Caller => "the caller",
            Fault::Proxy => "the proxy",
            Fault::Provider => "the provider",
            Fault::Operator => "the configuration",
            Fault::Store => "the session store",
            Fault::Us => "vestibule",
        };
        let retry = match kind.retry() {
            Retry::Never => "",
            Retry::TryAgain => " The page has a link to try again.",
            Retry::AnotherAccount => " The page has a link to a login with another account.",
            Retry::AgainOrAnother => " The page has links to try again, and to a login with another account.",
            Retry::Automatically => " The page tries again by itself.",
        };
        let status = kind.status();
        write!(page, "\n## `{}`\n\n", kind.code()).unwrap();
        write!(page, "{} {}, ", status.as_u16(), status.canonical_reason().unwrap_or_default()).unwrap();
        write!(page, "fault of {fault}. The person reads: \"{}\"{retry}\n\n", kind.sentence()).unwrap();
        writeln!(page, "{}", kind.remedy()).unwrap();
    }
    page += "\n## Asked to sign in\n\n\
             No refusal, but the same header and the same place in the log: why a request leads to the login, or gets 401 where no \
             person waits for a page.\n\n| code | what it means |\n| --- | --- |\n";
    for reason in REASONS {
        writeln!(page, "| `{}` | {} |", reason.code(), told(*reason)).unwrap();
    }
    page
}

/// Every reason why somebody has to sign in; [`told`] does not compile without all of them.
const REASONS: &[LoginReason] = &[
    LoginReason::NoCookie,
    LoginReason::CookieUnreadable(Unreadable::Twice),
    LoginReason::CookieUnreadable(Unreadable::Length),
    LoginReason::CookieUnreadable(Unreadable::Alphabet),
    LoginReason::CookieUnreadable(Unreadable::BehindComma),
    LoginReason::SessionUnknown,
    LoginReason::SessionEnded(Ended::Idle),
    LoginReason::SessionEnded(Ended::Absolute),
    LoginReason::SessionEnded(Ended::RefreshDenied),
    LoginReason::SessionEnded(Ended::Grace),
    LoginReason::SessionEnded(Ended::Replaced),
    LoginReason::SessionEnded(Ended::SignedOut),
    LoginReason::SessionEnded(Ended::SignedOutElsewhere),
    LoginReason::ClaimsTooOld,
    LoginReason::StepUp,
];

const fn told(reason: LoginReason) -> &'static str {
    match reason {
        LoginReason::NoCookie => "Nobody has signed in with this browser, or it was closed since.",
        LoginReason::CookieUnreadable(Unreadable::Twice) => {
            "The browser sent two cookies of that name. If another program sets one, give the client another `cookie.name`; under \
             `cookie.domain` any host of that domain can."
        }
        LoginReason::CookieUnreadable(Unreadable::Length | Unreadable::Alphabet) => {
            "The cookie is none of vestibule's. If another program sets one of that name, give the client another `cookie.name`."
        }
        LoginReason::CookieUnreadable(Unreadable::BehindComma) => {
            "The cookie stands inside another one, where any site of the same domain could have put it."
        }
        LoginReason::SessionUnknown => {
            "The session is not here: vestibule was restarted, another replica has it, or it ended long ago."
        }
        LoginReason::SessionEnded(Ended::Idle) => "Nobody used the session for `session.idle`.",
        LoginReason::SessionEnded(Ended::Absolute) => "The session reached `session.absolute`.",
        LoginReason::SessionEnded(Ended::RefreshDenied) => {
            "The provider refused to refresh the tokens (the person was signed out or blocked there, or the client's secret is no \
             longer right), or what it sent cannot be believed. The line before has the code."
        }
        LoginReason::SessionEnded(Ended::Grace) => {
            "The provider could not be reached to refresh the tokens, for longer than `session.refresh_grace`."
        }
        LoginReason::SessionEnded(Ended::Replaced) => "The same browser signed in anew.",
        LoginReason::SessionEnded(Ended::SignedOut) => "The person signed out.",
        LoginReason::SessionEnded(Ended::SignedOutElsewhere) => {
            "The provider ended the session, or the person signed out in another application or browser."
        }
        LoginReason::ClaimsTooOld => {
            "The rule has `claims_max_age`, the claims are older, and the session has no refresh token: ask for `offline_access`."
        }
        LoginReason::StepUp => {
            "The rule has `on_forbidden: step_up`, and the person was not authenticated as its `acr_values` and `max_age` ask."
        }
    }
}

/// At least one refusal of every kind, filled with what a hostile side could have said.
pub(super) fn one_of_each() -> Vec<Refusal> {
    let found = || FOUND.to_owned();
    let malformed = || Flaw::Malformed { why: "a rule", found: Some(FOUND.into()) };
    let mut all = vec![
        Refusal::PeerNotTrusted { peer: "192.0.2.1".parse().unwrap() },
        Refusal::ForwardedAlias { of: "x-forwarded-uri".parse().unwrap() },
        Refusal::HostNotGuarded { host: Authority::parse(FOUND).unwrap() },
        Refusal::IdentityHeaderSent { header: "x-auth-subject".parse().unwrap() },
        Refusal::IdentityHeaderInConnection { header: "x-auth-subject".parse().unwrap() },
        Refusal::WebsocketOrigin,
        Refusal::ReturnToMalformed { why: "a rule" },
        Refusal::ReturnToHost,
        Refusal::HostedDomain { named: true },
        Refusal::HostedDomain { named: false },
        Refusal::EmailNotVerified { said: true },
        Refusal::EmailNotVerified { said: false },
        Refusal::LoginParameter { name: FOUND.into(), why: "a rule" },
        Refusal::TooManyLogins { wait: Duration::from_secs(1) },
        Refusal::ClaimUnfit { claim: FOUND.into(), why: "a rule" },
        Refusal::IdentityTooLarge { bytes: 5000 },
        Refusal::ClientUnknown { name: found().into() },
        Refusal::PathUnknown,
        Refusal::MethodNotAllowed { allowed: "GET" },
        Refusal::BodyTooLarge { limit: 1 },
        Refusal::BodyTimeout,
        Refusal::BodyMalformed { why: "a rule" },
        Refusal::LogoutTokenReplayed,
        Refusal::LogoutTokenMissing,
        Refusal::LogoutsFull,
        Refusal::TooManyLogouts { wait: Duration::from_secs(1) },
        Refusal::FrontchannelLogout { why: "a rule" },
        Refusal::LogoutScope,
        Refusal::SignedOutMeanwhile,
        Refusal::StoreFull,
        Refusal::SessionsFull { why: "1 session".into() },
        Refusal::StoreUnavailable { why: "connection refused".into() },
        Refusal::FlowReplayed,
        Refusal::SessionKeyMismatch,
        Refusal::CrossSite,
        Refusal::NoSession,
        Refusal::RefreshUnavailable,
        Refusal::NotRefreshable,
        Refusal::SecureCookieOverHttp,
        Refusal::TestingProfileRemote,
        Refusal::PathAmbiguous { rule: "rule 1".into() },
        Refusal::ClientAddressUnknown,
        Refusal::RuleDenies { rule: "rule 1".into() },
        Refusal::SignInNeeded,
        Refusal::NotAdmitted {
            rule: "rule 1".into(),
            claim: "groups".into(),
            found: condition::Found::Nothing,
        },
        Refusal::NotAdmitted {
            rule: "rule 1".into(),
            claim: "groups".into(),
            found: condition::Found::OtherForm,
        },
        Refusal::NotAdmitted {
            rule: "rule 1".into(),
            claim: "groups".into(),
            found: condition::Found::Others(1),
        },
        Refusal::NotAdmitted {
            rule: "rule 1".into(),
            claim: "groups".into(),
            found: condition::Found::Others(7),
        },
        Refusal::NotAdmitted {
            rule: "rule 1".into(),
            claim: "groups".into(),
            found: condition::Found::TooMuch,
        },
        Refusal::OverrideAmbiguous { header: HeaderName::from_static("x-rewrite-url") },
        Refusal::StepUpNeeded,
        Refusal::BearerTwice,
        Refusal::BearerWithCookie,
        Refusal::BearerNeeded,
        Refusal::BearerMalformed,
        Refusal::BearerOpaque,
        Refusal::BearerInactive,
        Refusal::BearerIssuerElsewhere,
        Refusal::BearerScope { needed: vec!["read".to_owned()] },
        Refusal::BearerAuthentication { acr_values: vec!["mfa".to_owned()], max_age: None },
        Refusal::BearerBinding,
        Refusal::BearerCertificateTwice,
        Refusal::BearerCertificateOther,
        Refusal::DpopOff,
        Refusal::DpopNeeded,
        Refusal::DpopAsBearer,
        Refusal::DpopUnbound,
        Refusal::DpopProofMissing,
        Refusal::DpopProofTwice,
        Refusal::DpopReplayed,
        Refusal::DpopFull,
        Refusal::TooManyTokens { wait: Duration::from_secs(1) },
        Refusal::AuthorizationTooLarge { bytes: 5000 },
        Refusal::CookiesTooLarge { bytes: 5000, of_it: 4000 },
        Refusal::PassedTooLarge { bytes: 5000, largest: "x-auth-assertion".parse().unwrap(), of_it: 4000 },
        Refusal::ProviderFile { setting: "jwks_file", why: FOUND.into() },
        Refusal::Internal { what: FOUND.into() },
    ];
    for part in [Part::Method, Part::Proto, Part::Host, Part::Uri, Part::Url] {
        for flaw in [Flaw::Missing, Flaw::Empty, Flaw::Twice, malformed()] {
            all.push(Refusal::Forwarded { part, flaw });
        }
    }
    for trouble in [
        Trouble::Unreachable,
        Trouble::Tls,
        Trouble::PrivateAddress,
        Trouble::Timeout,
        Trouble::TooLarge,
        Trouble::Status,
    ] {
        let issuer = Issuer::parse("https://id.example.test", HttpIssuer::OnlyLoopback).unwrap();
        all.push(Refusal::Provider { issuer, trouble, detail: FOUND.into() });
    }
    for cause in [
        LoopCause::CookieNotReturned,
        LoopCause::CookieDomain,
        LoopCause::CookieNotPassedOn,
        LoopCause::CookieChanged,
        LoopCause::SessionNotFound,
        LoopCause::SessionEnded,
        LoopCause::Clocks,
        LoopCause::StoreUnreachable,
    ] {
        all.push(Refusal::LoginLoop { cause });
    }
    let callback = [
        CallbackFault::TooLong { found: 1 },
        CallbackFault::Twice(Parameter::State),
        CallbackFault::ParameterTooLong { parameter: Parameter::Code, found: 1 },
        CallbackFault::ParameterForm(Parameter::Issuer),
        CallbackFault::OtherResponseType { parameter: "id_token" },
        CallbackFault::IssuerMissing,
        CallbackFault::IssuerOther { expected: found(), found: found() },
        CallbackFault::StateMissing,
        CallbackFault::StateUnreadable,
        CallbackFault::StateOtherClient { started: found(), called: found() },
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
    ];
    all.extend(callback.map(Refusal::from));
    let answers = || {
        [
            AnswerFault::Redirect { status: 302 },
            AnswerFault::Status { status: 500 },
            AnswerFault::TooLarge { found: 2, limit: 1 },
            AnswerFault::ContentType { found: Some(found()) },
            AnswerFault::Json { fault: JsonFault::Syntax, content_type: None },
        ]
    };
    all.extend(answers().map(|fault| Refusal::from(DiscoveryFault::Answer(fault))));
    all.extend(answers().map(|fault| Refusal::from(JwksFault::Answer(fault))));
    all.extend(answers().map(|fault| Refusal::from(PushedFault::Answer(fault))));
    all.extend(answers().map(|fault| Refusal::from(TokenFault::Answer(fault))));
    all.extend(answers().map(|fault| Refusal::from(UserinfoFault::Answer(fault))));
    all.extend(answers().map(|fault| Refusal::from(IntrospectionFault::Answer(fault))));
    let discovery = [
        DiscoveryFault::Issuer { expected: found(), found: Some(found()) },
        DiscoveryFault::Missing { member: "jwks_uri" },
        DiscoveryFault::Form { member: "jwks_uri", needed: "a text" },
        DiscoveryFault::Endpoint { member: "jwks_uri", found: found(), fault: EndpointFault::NotHttps },
    ];
    all.extend(discovery.map(Refusal::from));
    let jwks = [
        JwksFault::KeysMissing,
        JwksFault::TooMany { found: 101 },
        JwksFault::NoneUsable { skipped: Vec::new() },
    ];
    all.extend(jwks.map(Refusal::from));
    let pushed = [
        PushedFault::NoEndpoint,
        PushedFault::Authentication(ClientAuthenticationFault::NotShared { announced: vec![found()] }),
        PushedFault::Refused { status: 401, error: OAuthError::InvalidClient },
        PushedFault::Refused { status: 400, error: OAuthError::Other },
        PushedFault::Missing { member: "request_uri" },
        PushedFault::Form { member: "request_uri", needed: "a text" },
    ];
    all.extend(pushed.map(Refusal::from));
    let initiated = [
        InitiateLoginFault::Form { what: "iss", why: "is there twice" },
        InitiateLoginFault::Issuer { expected: found(), found: Some(found()) },
    ];
    all.extend(initiated.map(Refusal::from));
    let token = [
        TokenFault::Authentication(ClientAuthenticationFault::NotShared { announced: vec![found()] }),
        TokenFault::Authentication(ClientAuthenticationFault::AssertionFile { why: found() }),
        TokenFault::Authentication(ClientAuthenticationFault::NotOverTls),
        TokenFault::Refused { status: 400, error: OAuthError::InvalidGrant },
        TokenFault::Refused { status: 401, error: OAuthError::InvalidClient },
        TokenFault::Refused { status: 400, error: OAuthError::Other },
        TokenFault::ErrorWithSuccess { error: OAuthError::Other },
        TokenFault::Missing { member: "id_token" },
        TokenFault::Form { member: "id_token", needed: "a text" },
        TokenFault::TokenType { found: found() },
    ];
    all.extend(token.map(Refusal::from));
    let (now, leeway) = (Timestamp::from_seconds(100), Duration::from_secs(60));
    let jwe = [
        JweFault::TooLong { found: 30_000 },
        JweFault::NotEncrypted,
        JweFault::Parts { found: 4 },
        JweFault::Encoding { part: "ciphertext" },
        JweFault::Json(JsonFault::Syntax),
        JweFault::Algorithm { member: "alg", expected: "RSA-OAEP-256", found: Some(found()) },
        JweFault::Compressed,
        JweFault::Critical,
        JweFault::Kind(JwsFault::Kind { expected: jws::JWT, found: Some(found()) }),
        JweFault::Form { member: "epk" },
        JweFault::Decryption { kid: Some(found()) },
    ];
    all.extend(jwe.clone().map(|fault| Refusal::from(UserinfoFault::Jwe(fault))));
    all.extend(jwe.map(|fault| Refusal::from(IdTokenFault::from(fault))));
    let userinfo = [
        UserinfoFault::NoEndpoint,
        UserinfoFault::Signed,
        UserinfoFault::NotSigned,
        UserinfoFault::OtherKind { claim: "events" },
        UserinfoFault::Form { claim: "exp" },
        UserinfoFault::Issuer { expected: found(), found: Some(found()) },
        UserinfoFault::Audience { expected: found(), found: vec![found()] },
        UserinfoFault::Time { claim: "exp", now, leeway },
        UserinfoFault::SubjectMissing,
        UserinfoFault::SubjectOther,
    ];
    all.extend(userinfo.map(Refusal::from));
    let introspection = [
        IntrospectionFault::NoEndpoint,
        IntrospectionFault::from(ClientAuthenticationFault::TokenFile { why: found() }),
        IntrospectionFault::Refused { status: 401, error: Some(OAuthError::InvalidClient) },
        IntrospectionFault::Refused { status: 403, error: None },
        IntrospectionFault::NotSigned,
        IntrospectionFault::from(IdTokenFault::Issuer { expected: found(), found: found() }),
        IntrospectionFault::KindUnsaid,
        IntrospectionFault::Form { member: "active", needed: "true or false" },
    ];
    all.extend(introspection.map(Refusal::from));
    let jws = [
        JwsFault::TooLong { found: 1 },
        JwsFault::Encrypted,
        JwsFault::Parts { found: 2 },
        JwsFault::Encoding { part: "header" },
        JwsFault::Json { part: "header", fault: JsonFault::Syntax },
        JwsFault::Algorithm { expected: [SigningAlgorithm::Rs256].into(), found: Some(found()) },
        JwsFault::Critical,
        JwsFault::Kind { expected: jws::JWT, found: Some(found()) },
        JwsFault::KeyName,
        JwsFault::KeyUnknown { kid: Some(found()), algorithm: SigningAlgorithm::Rs256 },
        JwsFault::KeysAmbiguous { found: 9 },
        JwsFault::Signature { kid: Some(found()) },
    ];
    all.extend(jws.clone().map(|fault| Refusal::from(UserinfoFault::Jws(fault))));
    all.extend(jws.clone().map(|fault| Refusal::from(IdTokenFault::from(fault))));
    all.extend(jws.clone().map(|fault| Refusal::from(AccessTokenFault::Jws(fault))));
    all.extend(jws.map(|fault| Refusal::from(LogoutTokenFault::from(IdTokenFault::from(fault)))));
    let id_token = [
        IdTokenFault::OtherKind,
        IdTokenFault::Missing { claim: "sub" },
        IdTokenFault::Form { claim: "sub", needed: "a text" },
        IdTokenFault::Issuer { expected: found(), found: found() },
        IdTokenFault::Audience { expected: found(), found: vec![found()] },
        IdTokenFault::AuthorizedParty { expected: found(), found: None },
        IdTokenFault::Expired { expired_at: now, now, leeway, skew: None },
        IdTokenFault::IssuedInFuture { issued_at: now, now, leeway, skew: None },
        IdTokenFault::TooOld { issued_at: now, now, skew: None },
        IdTokenFault::NotYetValid { not_before: now, now, leeway, skew: None },
        IdTokenFault::Acr { expected: vec![found()], found: Some(found()) },
        IdTokenFault::AuthenticationTime { found: None, max_age: None, asked_at: now, now },
        IdTokenFault::Nonce,
        IdTokenFault::AccessTokenHash,
        IdTokenFault::Changed { claim: "sub" },
    ];
    all.extend(id_token.clone().map(Refusal::from));
    all.extend(id_token.map(|fault| Refusal::from(LogoutTokenFault::from(fault))));
    let logout_token = [
        LogoutTokenFault::KindUnsaid,
        LogoutTokenFault::NobodyNamed,
        LogoutTokenFault::Event,
        LogoutTokenFault::Nonce,
    ];
    all.extend(logout_token.map(Refusal::from));
    let access_token = [
        AccessTokenFault::KindUnsaid,
        AccessTokenFault::OtherKind { claim: "nonce" },
        AccessTokenFault::Missing { claim: "jti" },
        AccessTokenFault::Form { claim: "scope", needed: "a text" },
        AccessTokenFault::Issuer { expected: vec![found()], found: found() },
        AccessTokenFault::Audience { expected: vec![found()], found: vec![found()] },
        AccessTokenFault::Client { found: Some(found()) },
        AccessTokenFault::Expired { expired_at: now, now, leeway },
        AccessTokenFault::IssuedInFuture { issued_at: now, now, leeway },
        AccessTokenFault::NotYetValid { not_before: now, now, leeway },
    ];
    all.extend(access_token.map(Refusal::from));
    let dpop = [
        DpopFault::TooLong { found: 5000 },
        DpopFault::Unreadable(JwsFault::Parts { found: 2 }),
        DpopFault::Type { found: Some(found()) },
        DpopFault::Algorithm { found: Some(found()) },
        DpopFault::KeyMissing,
        DpopFault::Key(SkipReason::Private),
        DpopFault::Signature,
        DpopFault::Missing { claim: "jti" },
        DpopFault::Form { claim: "jti", needed: "a text" },
        DpopFault::Method { expected: "GET".to_owned(), found: found() },
        DpopFault::Url(OtherUrl::Host { expected: found(), found: found() }),
        DpopFault::Nonce(Shortfall::Missing),
        DpopFault::Time { claim: "iat", at: now, now, leeway },
        DpopFault::Token(Shortfall::Other),
        DpopFault::OtherKey,
    ];
    all.extend(dpop.map(Refusal::from));
    let certificate = [
        CertificateFault::Missing,
        CertificateFault::TooLong { found: 20_000 },
        CertificateFault::Encoding { form: "PEM" },
        CertificateFault::NotDer,
    ];
    all.extend(certificate.map(Refusal::from));
    all
}

#[test]
fn nobody_is_told_to_try_again_what_cannot_help() {
    for kind in Kind::ALL.iter().filter(|kind| kind.retry() == Retry::Never) {
        assert!(!kind.sentence().contains("ry again"), "{}: {}", kind.code(), kind.sentence());
    }
}
