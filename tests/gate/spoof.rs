//! Identity headers that a client sends itself.

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

#[test]
fn other_headers_pass() {
    for name in
        ["x-auth", "x-auth-emails", "xauthemail", "x-auth-subjec", "authorization", "x-forwarded-user"]
    {
        assert_eq!(code(&[(name, "x-auth-email"), ("connection", "close, upgrade")]), "ok", "{name}");
    }
}
