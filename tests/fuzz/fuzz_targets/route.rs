//! Which of our addresses a request target means. Input: the target.

#![no_main]

// Only the server itself may name its routes, so the file is taken in as it stands; it finds `crate::config` and
// `crate::gate` below.
#[path = "../../../src/server/route.rs"]
mod route;

use libfuzzer_sys::fuzz_target;
use vestibule::{config, gate};
use vestibule_fuzz::check_refusal;

use gate::dialect::Dialect;
use route::{Page, Route, find};

fuzz_target!(|data: &[u8]| {
    let Ok(target) = str::from_utf8(data) else { return };
    let route = match find(target, "new-token") {
        Ok(route) => route,
        Err(refusal) => {
            check_refusal(&refusal);
            let path = target.split('?').next().unwrap_or_default();
            assert!(
                !path.ends_with("/callback") || path.matches('/').count() != 3 || !path.starts_with("/oidc/")
            );
            return;
        }
    };
    // Put together again, the route is the address: no other spelling leads to it.
    let (client, path) = match route {
        Route::Subrequest { client, dialect: Dialect::Forwarded, rest } => {
            assert!(rest.is_empty());
            (client, "/auth".to_owned())
        }
        Route::Subrequest { client, dialect: Dialect::Nginx, rest } => {
            assert!(rest.is_empty());
            (client, "/auth/nginx".to_owned())
        }
        Route::Subrequest { client, dialect: Dialect::Envoy, rest } => {
            assert!(rest.is_empty() || rest.starts_with(['/', '?']));
            (client, format!("/auth/envoy{}", rest.split('?').next().unwrap_or_default()))
        }
        Route::Page { client, page } => (Some(client), page_path(page)),
        Route::ResourceMetadata { path } => {
            assert!(path.is_empty() || path.starts_with('/'));
            (None, format!("/.well-known/oauth-protected-resource{path}"))
        }
    };
    assert!(client.is_none_or(|client| !client.contains(['/', '?'])));
    let prefix = client.map_or_else(String::new, |client| format!("/oidc/{client}"));
    assert_eq!(target.split('?').next(), Some(format!("{prefix}{path}").as_str()));
    if let Route::Subrequest { dialect: Dialect::Envoy, rest, .. } = route {
        assert_eq!(format!("{prefix}/auth/envoy{rest}"), target, "the query is part of the forwarded target");
    }
    // What stands in the query means nothing here.
    let other_query = format!("{}?x=/oidc/next/auth", target.split('?').next().unwrap_or_default());
    let again = find(&other_query, "new-token").ok().map(name);
    assert_eq!(again, Some(name(route)));
});

fn page_path(page: Page<'_>) -> String {
    match page {
        Page::Login => "/login".to_owned(),
        Page::Choose => "/choose".to_owned(),
        Page::InitiateLogin => "/initiate-login".to_owned(),
        Page::Callback => "/callback".to_owned(),
        Page::Logout => "/logout".to_owned(),
        Page::SignedOut => "/signed-out".to_owned(),
        Page::BackchannelLogout => "/backchannel-logout".to_owned(),
        Page::FrontchannelLogout => "/frontchannel-logout".to_owned(),
        Page::NewToken { session_key: None } => "/new-token".to_owned(),
        Page::NewToken { session_key: Some(key) } => {
            assert!(!key.is_empty() && !key.contains('/'));
            format!("/new-token/{key}")
        }
        Page::Userinfo => "/userinfo".to_owned(),
        Page::Session => "/session".to_owned(),
        Page::Jwks => "/jwks.json".to_owned(),
        Page::AssertionKeys => "/assertion-keys.json".to_owned(),
        Page::ResourceMetadata => "/oauth-protected-resource".to_owned(),
    }
}

/// Client and page or dialect, without what follows.
fn name(route: Route<'_>) -> String {
    match route {
        Route::Subrequest { client, dialect, .. } => format!("{client:?} {dialect:?}"),
        Route::Page { client, page } => format!("{client} {page:?}"),
        Route::ResourceMetadata { path } => path.to_owned(),
    }
}
