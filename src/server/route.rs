//! Which endpoint a path means. One match, on the raw bytes: nothing is decoded, normalised or matched by case, so that no
//! spelling of one client's address can mean another's.

use crate::config::OWN_PREFIX;
use crate::config::bearer::WELL_KNOWN;
use crate::gate::dialect::Dialect;
use crate::gate::refusal::Refusal;

/// One of our addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route<'a> {
    /// A proxy asks for a decision. `client` is none at the bare address, where the forwarded host tells.
    Subrequest { client: Option<&'a str>, dialect: Dialect, rest: &'a str },
    /// A browser asks for something of one client.
    Page { client: &'a str, page: Page<'a> },
    /// A program asks about the resource whose path that is.
    ResourceMetadata { path: &'a str },
}

/// What a browser can ask of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Page<'a> {
    Login,
    Choose,
    InitiateLogin,
    Callback,
    Logout,
    SignedOut,
    BackchannelLogout,
    FrontchannelLogout,
    NewToken { session_key: Option<&'a str> },
    Userinfo,
    Session,
    Jwks,
    AssertionKeys,
    ResourceMetadata,
}

/// Finds the route of a request target: raw path and, if there is one, query. `new_token` is the segment that
/// `AUTH_NEW_TOKEN_PATH` names.
///
/// # Errors
/// [`Refusal::PathUnknown`].
pub(super) fn find<'a>(target: &'a str, new_token: &str) -> Result<Route<'a>, Refusal> {
    let path = target.split_once('?').map_or(target, |(path, _)| path);
    if let Some((dialect, rest)) = dialect(path, target) {
        return Ok(Route::Subrequest { client: None, dialect, rest });
    }
    if let Some(path) = path.strip_prefix(WELL_KNOWN).filter(|rest| rest.is_empty() || rest.starts_with('/'))
    {
        return Ok(Route::ResourceMetadata { path });
    }
    let of_client = path.strip_prefix(OWN_PREFIX).and_then(|rest| rest.strip_prefix('/'));
    let (client, _) = of_client.and_then(|rest| rest.split_once('/')).ok_or(Refusal::PathUnknown)?;
    let after_client = OWN_PREFIX.len() + "/".len() + client.len();
    let (path, target) = (&path[after_client..], &target[after_client..]);
    if let Some((dialect, rest)) = dialect(path, target) {
        return Ok(Route::Subrequest { client: Some(client), dialect, rest });
    }
    let page = match path {
        "/login" => Page::Login,
        "/choose" => Page::Choose,
        "/initiate-login" => Page::InitiateLogin,
        "/callback" => Page::Callback,
        "/logout" => Page::Logout,
        "/signed-out" => Page::SignedOut,
        "/backchannel-logout" => Page::BackchannelLogout,
        "/frontchannel-logout" => Page::FrontchannelLogout,
        "/userinfo" => Page::Userinfo,
        "/session" => Page::Session,
        "/jwks.json" => Page::Jwks,
        "/assertion-keys.json" => Page::AssertionKeys,
        "/oauth-protected-resource" => Page::ResourceMetadata,
        other => {
            let rest = other.strip_prefix('/').and_then(|other| other.strip_prefix(new_token));
            match rest.ok_or(Refusal::PathUnknown)? {
                "" => Page::NewToken { session_key: None },
                key => match key.strip_prefix('/') {
                    Some(key) if !key.is_empty() && !key.contains('/') => {
                        Page::NewToken { session_key: Some(key) }
                    }
                    _ => return Err(Refusal::PathUnknown),
                },
            }
        }
    };
    Ok(Route::Page { client, page })
}

/// The dialect of an address that ends in `/auth…`, and what follows the address of the Envoy dialect, query included.
fn dialect<'a>(path: &str, target: &'a str) -> Option<(Dialect, &'a str)> {
    match path {
        "/auth" => Some((Dialect::Forwarded, "")),
        "/auth/nginx" => Some((Dialect::Nginx, "")),
        _ => {
            let rest = target.strip_prefix("/auth/envoy")?;
            // `/auth/envoyer` is another path; `/auth/envoy` alone is a subrequest without a path, which is refused as such.
            path.strip_prefix("/auth/envoy").filter(|rest| rest.is_empty() || rest.starts_with('/'))?;
            Some((Dialect::Envoy, rest))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Dialect, Page, Route, find};

    #[test]
    fn an_address_is_found_by_its_bytes_and_by_nothing_else() {
        let client = Some("app");
        let found = [
            ("/auth", Route::Subrequest { client: None, dialect: Dialect::Forwarded, rest: "" }),
            (
                "/auth?x=/oidc/b/auth",
                Route::Subrequest { client: None, dialect: Dialect::Forwarded, rest: "" },
            ),
            ("/oidc/app/auth", Route::Subrequest { client, dialect: Dialect::Forwarded, rest: "" }),
            ("/oidc/app/auth/nginx", Route::Subrequest { client, dialect: Dialect::Nginx, rest: "" }),
            (
                "/oidc/app/auth/envoy/a/b?x=1",
                Route::Subrequest { client, dialect: Dialect::Envoy, rest: "/a/b?x=1" },
            ),
            (
                "/oidc/app/auth/envoy/../../b/auth",
                Route::Subrequest { client, dialect: Dialect::Envoy, rest: "/../../b/auth" },
            ),
            ("/auth/envoy", Route::Subrequest { client: None, dialect: Dialect::Envoy, rest: "" }),
            ("/oidc/app/login?rd=/", Route::Page { client: "app", page: Page::Login }),
            ("/oidc/app/choose?rd=/", Route::Page { client: "app", page: Page::Choose }),
            ("/oidc/app/initiate-login", Route::Page { client: "app", page: Page::InitiateLogin }),
            ("/oidc/app/backchannel-logout", Route::Page { client: "app", page: Page::BackchannelLogout }),
            (
                "/oidc/app/frontchannel-logout?iss=x",
                Route::Page { client: "app", page: Page::FrontchannelLogout },
            ),
            ("/oidc/app/jwks.json", Route::Page { client: "app", page: Page::Jwks }),
            ("/oidc/app/assertion-keys.json", Route::Page { client: "app", page: Page::AssertionKeys }),
            (
                "/oidc/app/oauth-protected-resource",
                Route::Page { client: "app", page: Page::ResourceMetadata },
            ),
            ("/.well-known/oauth-protected-resource", Route::ResourceMetadata { path: "" }),
            ("/.well-known/oauth-protected-resource/a/b?x", Route::ResourceMetadata { path: "/a/b" }),
            ("/oidc/APP/login", Route::Page { client: "APP", page: Page::Login }),
            ("/oidc/app%2f/login", Route::Page { client: "app%2f", page: Page::Login }),
            ("/oidc/app/fresh", Route::Page { client: "app", page: Page::NewToken { session_key: None } }),
            (
                "/oidc/app/fresh/k",
                Route::Page { client: "app", page: Page::NewToken { session_key: Some("k") } },
            ),
        ];
        for (target, route) in found {
            assert_eq!(find(target, "fresh").ok(), Some(route), "{target}");
        }
        let unknown = [
            "/",
            "",
            "/auth/",
            "/auth/nginx/",
            "/auth/envoyer",
            "/AUTH",
            "//auth",
            "/oidc",
            "/oidc/",
            "/oidc/app",
            "/oidc/app/",
            "/oidc/app/../other/auth",
            "/oidc//auth/nginx/x",
            "/oidc/app/login/",
            "/oidc/app/choose/",
            "/choose",
            "/oidc/app/callback/",
            "/oidc/app/auth/x",
            "/oidc/app/fresher",
            "/oidc/app/fresh/",
            "/oidc/app/fresh/a/b",
            "/oidc/app/new-token",
            "/oidc/app/%6cogin",
            "/oidc/app/Login",
            "/.well-known/oauth-protected-resources",
            "/.well-known/oauth-protected-resource%2fa",
        ];
        for target in unknown {
            assert!(find(target, "fresh").is_err(), "{target}");
        }
    }
}
