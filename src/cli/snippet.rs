//! `vestibule snippet`: what the configuration of a proxy must say about the headers that clients.yaml names, made from clients.yaml, so that
//! none is forgotten.

use std::path::PathBuf;
use std::sync::Arc;

use http::HeaderName;
use http::header::AUTHORIZATION;

use super::{Failure, say};
use crate::config::{self, Client, Config};

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

/// The headers, each once, as people write it, in the order of clients.yaml.
struct Names {
    /// Those that nobody but vestibule may send.
    own: Vec<String>,
    /// Those that callers send too, and that vestibule sends in their place.
    replaced: Vec<String>,
}

impl Names {
    fn all(&self) -> Vec<&str> {
        self.own.iter().chain(&self.replaced).map(String::as_str).collect()
    }
}

fn names(config: &Config, client: Option<&str>) -> Result<Names, Failure> {
    let clients: Vec<&Client> = match client {
        None => config.clients.iter().map(Arc::as_ref).collect(),
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
    let authorization = clients.iter().filter(|client| client.tells_authorization()).map(|_| &AUTHORIZATION);
    let replaced = clients.iter().flat_map(|client| client.passed.replaced()).chain(authorization);
    Ok(Names {
        own: once_each(clients.iter().flat_map(|client| client.own_headers())),
        replaced: once_each(replaced),
    })
}

fn once_each<'a>(names: impl Iterator<Item = &'a HeaderName>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for name in names.map(|name| title(name.as_str())) {
        if !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

/// Letter case means nothing in the name of a header; this is how configurations write them.
fn title(name: &str) -> String {
    let part = |part: &str| {
        let (first, rest) = part.split_at_checked(1).unwrap_or((part, ""));
        first.to_ascii_uppercase() + rest
    };
    name.split('-').map(part).collect::<Vec<_>>().join("-")
}

fn traefik(names: &Names) -> String {
    let names = names.all();
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

fn nginx(names: &Names) -> String {
    let names = names.all();
    let variable = |name: &str| name.to_ascii_lowercase().replace('-', "_");
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

fn caddy(names: &Names) -> String {
    // What callers send too, vestibule must see.
    let clean = names.own.iter().map(|name| format!("request_header -{name}\n"));
    format!(
        "# Caddyfile: inside of route, before forward_auth
{}
# Caddyfile: inside of forward_auth
copy_headers {}
",
        clean.collect::<String>(),
        names.all().join(" ")
    )
}

fn envoy(names: &Names) -> String {
    let names = names.all();
    let patterns = names.iter().map(|name| format!("  - {{ exact: {name}, ignore_case: true }}\n"));
    let patterns = patterns.collect::<String>();
    format!(
        "# authorization_response of ext_authz with http_service\nallowed_upstream_headers:\n  patterns:\n{patterns}"
    )
}

/// What the configuration of a proxy says about these headers.
type Write = fn(&Names) -> String;

const PROXIES: [(&str, Write); 4] =
    [("traefik", traefik), ("nginx", nginx), ("caddy", caddy), ("envoy", envoy)];
