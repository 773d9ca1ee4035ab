//! `vestibule snippet`: what the configuration of a proxy must say about the headers that clients.yaml names, made from clients.yaml, so that
//! none is forgotten.

use std::path::PathBuf;

use http::HeaderName;

use super::{Failure, say};
use crate::config::{self, Config};

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) proxy: String,
    pub(super) config: PathBuf,
    /// One client; none: all of them, for a proxy that stands before several.
    pub(super) client: Option<String>,
}

/// Prints it.
pub(super) fn run(wanted: &Wanted) -> Result<(), Failure> {
    let Some((_, write)) = PROXIES.iter().find(|(name, _)| *name == wanted.proxy) else {
        let names = PROXIES.map(|(name, _)| name).join(", ");
        return Err(Failure::of_usage(format_args!(
            "{:?} is no proxy that snippet knows. They are {names}.",
            wanted.proxy
        )));
    };
    let (config, _) = config::load(&wanted.config).map_err(|problems| {
        // It says which program speaks by itself, as this does.
        let text = problems.to_string();
        Failure::of_configuration(text.strip_prefix("vestibule: ").unwrap_or(&text))
    })?;
    let names = names(&config, wanted.client.as_deref())?;
    say(&write(&names).trim_end());
    Ok(())
}

/// Each header once, as people write it, in the order of clients.yaml.
fn names(config: &Config, client: Option<&str>) -> Result<Vec<String>, Failure> {
    let clients: Vec<_> = match client {
        None => config.clients.iter().collect(),
        Some(name) => match config.client(name) {
            Some(client) => vec![client],
            None => {
                let all: Vec<_> = config.clients.iter().map(|client| client.name.as_str()).collect();
                let all = all.join(", ");
                return Err(Failure::of_usage(format_args!(
                    "there is no client {name:?}. There are: {all}."
                )));
            }
        },
    };
    let mut names: Vec<&HeaderName> = Vec::new();
    for name in clients.iter().flat_map(|client| client.identity_headers()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(names.into_iter().map(|name| title(name.as_str())).collect())
}

/// Letter case means nothing in the name of a header; this is how configurations write them.
fn title(name: &str) -> String {
    let part = |part: &str| {
        let (first, rest) = part.split_at_checked(1).unwrap_or((part, ""));
        first.to_ascii_uppercase() + rest
    };
    name.split('-').map(part).collect::<Vec<_>>().join("-")
}

fn traefik(names: &[String]) -> String {
    format!(
        "# dynamic.yml: of the middleware with forwardAuth
authResponseHeaders: [{}]

# docker-compose.yml: the same as a label
traefik.http.middlewares.vestibule.forwardauth.authresponseheaders: {}
",
        names.join(", "),
        names.join(",")
    )
}

fn nginx(names: &[String]) -> String {
    let variable = |name: &String| name.to_ascii_lowercase().replace('-', "_");
    let set = names.iter().map(|name| {
        let variable = variable(name);
        format!("auth_request_set $vestibule_{variable} $upstream_http_{variable};\n")
    });
    let pass = names.iter().map(|name| format!("proxy_set_header {name} $vestibule_{};\n", variable(name)));
    format!(
        "# server.conf: in place of the lines about who it is
{}
# location.conf: in place of the lines about who it is
{}",
        set.collect::<String>(),
        pass.collect::<String>()
    )
}

fn caddy(names: &[String]) -> String {
    let clean = names.iter().map(|name| format!("request_header -{name}\n"));
    format!(
        "# Caddyfile: inside of route, before forward_auth
{}
# Caddyfile: inside of forward_auth
copy_headers {}
",
        clean.collect::<String>(),
        names.join(" ")
    )
}

fn envoy(names: &[String]) -> String {
    let patterns = names.iter().map(|name| format!("  - {{ exact: {name}, ignore_case: true }}\n"));
    let patterns = patterns.collect::<String>();
    format!(
        "# authorization_response of ext_authz with http_service\nallowed_upstream_headers:\n  patterns:\n{patterns}"
    )
}

/// What the configuration of a proxy says about these headers.
type Write = fn(&[String]) -> String;

const PROXIES: [(&str, Write); 4] =
    [("traefik", traefik), ("nginx", nginx), ("caddy", caddy), ("envoy", envoy)];
