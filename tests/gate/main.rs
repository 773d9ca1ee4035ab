//! The pure decision about one forwarded request.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod admission;
mod bearer;
mod candidates;
mod challenge;
mod condition;
mod cookies;
mod credential;
mod decide;
mod forwarded;
mod header_form;
mod identity;
mod login_parameters;
mod loop_cause;
mod navigation;
mod path;
mod path_pattern;
mod policy;
mod presented;
mod refusal;
mod return_to;
mod rule;
mod spoof;
mod token;
mod websocket;

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use vestibule::config::bearer::TokenHandling;
use vestibule::config::host::{HostPattern, Scheme};
use vestibule::config::path_pattern::PathPattern;
use vestibule::config::rule::{BearerPolicy, OnForbidden, OnUnauthenticated, Policy, Preflight, Rule};
use vestibule::config::{
    AccessTokenClaims, Admission, AskUserinfo, Client, Cookie, EmailVerified, Lifetimes, Logout,
    ProviderSettings, SameSite,
};
use vestibule::protocol::authorize::Authorization;
use vestibule::protocol::issuer::{HttpIssuer, Issuer};
use vestibule::protocol::logout::ProviderLogout;
use vestibule::protocol::logout_token::TypRule;
use vestibule::protocol::registration::{ClientAuthentication, Registration, ResponseMode, SigningAlgorithm};

/// A client that guards app.example.test, *.apps.example.test and port.example.test:8443.
fn client() -> Client {
    let session = Cookie {
        name: "__Host-vestibule_app".to_owned(),
        domain: None,
        secure: true,
        same_site: SameSite::Lax,
        max_age: None,
    };
    let header = token::header;
    Client {
        name: "app".to_owned(),
        issuer: Issuer::parse("https://id.example.test", HttpIssuer::OnlyLoopback).unwrap(),
        provider: ProviderSettings::default(),
        registration: Registration {
            client_id: "vestibule".to_owned(),
            authentication: ClientAuthentication::None,
            redirect_uri: "https://auth.example.test/oidc/app/callback".to_owned(),
            scopes: vec!["openid".to_owned()],
            response_mode: ResponseMode::Query,
            id_token_algorithm: SigningAlgorithm::Rs256,
            authorization: Authorization::default(),
            token_parameters: Vec::new(),
            id_token_encryption: None,
            userinfo_algorithm: None,
            userinfo_encryption: None,
            post_logout_redirect_uri: None,
            logout: ProviderLogout::default(),
        },
        audiences: Vec::new(),
        login_choice: None,
        clock_leeway: Duration::from_secs(60),
        origin: "https://auth.example.test".to_owned(),
        scheme: Scheme::Https,
        hosts: ["app.example.test", "*.apps.example.test", "port.example.test:8443"]
            .map(|host| HostPattern::parse(host).unwrap())
            .to_vec(),
        home: "https://app.example.test/".parse().unwrap(),
        userinfo: AskUserinfo::On,
        preset: None,
        from_preset: Vec::new(),
        admission: Admission { hosted_domains: Vec::new(), email_verified: EmailVerified::IfPresent },
        claim_headers: vec![
            header("email", "x-auth-email"),
            header("groups", "x-auth-groups"),
            header("realm_access.roles", "x-auth-roles"),
        ],
        access_token_claims: AccessTokenClaims::Ignored,
        passed: Default::default(),
        preserve_fragment: false,
        cors_origins: Vec::new(),
        flow_cookie: Cookie { name: "__Host-vestibule_flow".to_owned(), ..session.clone() },
        cookie: session,
        logout: Logout { typ: TypRule::IfPresent, frontchannel: false, revoke: true, clear_site_data: None },
        lifetimes: Lifetimes {
            idle: Duration::from_secs(8 * 3600),
            absolute: Duration::from_secs(7 * 86400),
            refresh_grace: Duration::from_secs(300),
            access_token: Duration::from_secs(300),
        },
        initiate_login: false,
        testing_profile: None,
        bearer_only: false,
        bearer: None,
        resource_metadata: None,
        rules: vec![everywhere()],
    }
}

/// The rule that holds where nothing is written, at a client that takes no tokens.
fn everywhere() -> Rule {
    Rule {
        number: None,
        group: None,
        place: 0,
        hosts: Vec::new(),
        path: PathPattern::everything(),
        methods: Vec::new(),
        networks: Vec::new(),
        policy: Policy::Authenticated,
        require: None,
        bearer: BearerPolicy::Ignored,
        issuers: Vec::new(),
        scopes: Vec::new(),
        any_scope: Vec::new(),
        acr_values: Vec::new(),
        max_age: None,
        claims_max_age: None,
        userinfo: None,
        token: TokenHandling::Pass,
        on_unauthenticated: OnUnauthenticated::Auto,
        on_forbidden: OnForbidden::Forbidden,
        preflight: Preflight::Deny,
    }
}

/// Headers from pairs, repeated ones kept.
fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in pairs {
        let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
        map.append(name.parse::<HeaderName>().unwrap(), value);
    }
    map
}
