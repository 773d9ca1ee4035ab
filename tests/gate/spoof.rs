//! Identity headers that a client sends itself.

use std::sync::Arc;

use http::HeaderName;
use vestibule::config::Client;
use vestibule::config::passed::{AccessTokenHeader, CookieHandling, Passed};
use vestibule::gate::spoof;

use super::{client, headers};

fn code(pairs: &[(&str, &str)]) -> &'static str {
    spoof::check(&headers(pairs), &client()).map_or_else(|refusal| refusal.code(), |()| "ok")
}

/// Caddy GHSA-7r4p-vjf4-gxv4, oauth2-proxy GHSA-vjrc-mh2v-45x6, Caddy GHSA-f59h-q822-g45g, Traefik GHSA-rf44-j88r-hh8c.
#[test]
fn every_spelling_of_an_identity_header_is_refused() {
    for name in [
        "X-Auth-Subject",
        "x-auth-subject",
        "X-Auth-Email",
        "X_Auth_Email",
        "x.auth.groups",
        "x-auth.roles",
        "X-Auth_Groups",
        "x~auth!subject",
    ] {
        assert_eq!(code(&[("accept", "*/*"), (name, "admin")]), "identity_header_sent", "{name}");
        assert_eq!(code(&[(name, "")]), "identity_header_sent", "{name}, empty");
    }
}

#[test]
fn an_identity_header_named_in_connection_is_refused() {
    for value in
        ["X-Auth-Email", "close, x-auth-email", "close,X-AUTH-EMAIL ,x", "x_auth_email", "\tx.auth.email"]
    {
        assert_eq!(code(&[("connection", value)]), "identity_header_in_connection", "{value}");
    }
    let two_lines = [("connection", "close"), ("connection", "x-auth-subject")];
    assert_eq!(code(&two_lines), "identity_header_in_connection");
}

/// The headers that are passed beside claims are guarded alike; what stands in place of the caller's own may be sent, and not stripped.
#[test]
fn headers_beside_claims_are_guarded_as_those_of_claims() {
    let mut client = client();
    let code = |client: &Client, name: &str, value: &str| {
        spoof::check(&headers(&[(name, value)]), client).map_or_else(|refusal| refusal.code(), |()| "ok")
    };
    let names = ["x-auth-session-expires", "x-auth-access-token", "x-auth-id-token"];
    for name in names {
        assert_eq!(code(&client, name, "x"), "ok", "{name} is nobody's");
    }
    let [expires, access, id] = names.map(HeaderName::from_static);
    let strip = || CookieHandling::WithoutOurs(Arc::default());
    client.passed =
        Passed::new(None, Some(expires), Some(AccessTokenHeader::Named(access)), Some(id), strip());
    for name in names {
        for alias in [name.to_owned(), name.replace('-', "_"), name.replace('-', "."), name.to_uppercase()] {
            assert_eq!(code(&client, &alias, ""), "identity_header_sent", "{alias}");
            assert_eq!(code(&client, "connection", &alias), "identity_header_in_connection", "{alias}");
        }
    }
    assert_eq!(code(&client, "authorization", "Basic x"), "ok");
    client.passed = Passed::new(None, None, Some(AccessTokenHeader::Authorization), None, strip());
    assert!(client.passed.names().is_empty() && !client.passed.is_nothing());
    for name in ["authorization", "cookie"] {
        assert_eq!(code(&client, name, "x"), "ok", "{name}");
        assert_eq!(code(&client, "connection", name), "identity_header_in_connection", "{name}");
    }
    assert!(Passed::default().is_nothing());
}

#[test]
fn other_headers_pass() {
    for name in
        ["x-auth", "x-auth-emails", "xauthemail", "x-auth-subjec", "authorization", "x-forwarded-user"]
    {
        assert_eq!(code(&[(name, "x-auth-email"), ("connection", "close, upgrade")]), "ok", "{name}");
    }
}
