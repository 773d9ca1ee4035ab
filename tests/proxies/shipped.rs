//! What deploy/ says in three languages must be the same thing.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::stage::root;

/// vestibule's own pages, and never `/auth`, which says who somebody is.
const PAGES: &str = "^/oidc/[A-Za-z0-9_-]{1,32}/(login|choose|initiate-login|callback|logout|backchannel-logout|frontchannel-logout|signed-out|new-token(/[A-Za-z0-9_-]+)?|userinfo|session|jwks[.]json|assertion-keys[.]json|oauth-protected-resource)$|^/[.]well-known/oauth-protected-resource(/[!-~]*)?$";
/// The headers of the shipped clients.yaml files.
const HEADERS: [&str; 5] =
    ["X-Auth-Subject", "X-User-Email", "X-User-Name", "X-User-Preferred-Username", "X-User-Groups"];
/// Those that come besides where access tokens are taken.
const OF_TOKENS: [&str; 2] = ["X-Auth-Issuer", "X-Auth-Client"];

fn shipped(path: &str) -> String {
    std::fs::read_to_string(root().join("deploy").join(path))
        .unwrap_or_else(|error| panic!("deploy/{path}: {error}"))
}

fn yaml(path: &str) -> Value {
    serde_yaml::from_str(&shipped(path)).unwrap_or_else(|error| panic!("deploy/{path}: {error}"))
}

#[test]
fn every_proxy_sends_the_same_pages_to_vestibule() {
    for path in ["traefik/dynamic.yml", "caddy/Caddyfile"] {
        assert!(shipped(path).contains(PAGES), "deploy/{path} has other pages");
    }
    // To nginx a dollar sign fits before a line break at the end too.
    assert!(shipped("nginx/server.conf").contains(&PAGES.replace('$', "\\z")));
    // Compose writes a dollar sign twice.
    assert!(shipped("traefik/docker-compose.yml").contains(&PAGES.replace('$', "$$")));
}

#[test]
fn every_proxy_takes_every_identity_header_of_its_clients_yaml() {
    for (proxy, files) in [
        ("nginx", &["nginx/location.conf"][..]),
        ("traefik", &["traefik/dynamic.yml", "traefik/docker-compose.yml"]),
        ("caddy", &["caddy/Caddyfile"]),
    ] {
        let clients = yaml(&format!("{proxy}/clients.yaml"));
        let mapping = clients["clients"]["my_app"]["extra_claim_headers"].as_object().unwrap();
        let mut sent: Vec<&str> =
            mapping.values().filter_map(Value::as_str).chain(["X-Auth-Subject"]).collect();
        sent.sort_unstable();
        let mut expected = HEADERS;
        expected.sort_unstable();
        assert_eq!(sent, expected, "deploy/{proxy}/clients.yaml");
        for file in files {
            for header in HEADERS.iter().chain(&OF_TOKENS) {
                assert!(shipped(file).contains(header), "deploy/{file} has no {header}");
            }
        }
    }
    for header in HEADERS.into_iter().chain(OF_TOKENS) {
        let variable = format!("$upstream_http_{}", header.to_ascii_lowercase().replace('-', "_"));
        assert!(
            shipped("nginx/server.conf").contains(&variable),
            "deploy/nginx/server.conf has no {variable}"
        );
        assert!(
            shipped("caddy/Caddyfile").contains(&format!("request_header -{header}")),
            "{header} is not blanked"
        );
    }
}

/// Labels are the file configuration with dots for depth and without capitals.
#[test]
fn the_labels_of_compose_say_what_the_file_says() {
    let compose = yaml("traefik/docker-compose.yml");
    let mut labels = BTreeMap::new();
    for service in compose["services"].as_object().unwrap().values() {
        for (key, value) in service["labels"].as_object().into_iter().flatten() {
            if let Some(key) = key.strip_prefix("traefik.http.") {
                labels.insert(key.to_owned(), value.as_str().unwrap().replace("$$", "$"));
            }
        }
    }
    let mut file = BTreeMap::new();
    let dynamic = yaml("traefik/dynamic.yml");
    for section in ["middlewares", "routers"] {
        flatten(section, &dynamic["http"][section], &mut file);
    }

    // Containers are found by name and by port, not by address.
    labels.retain(|key, _| !key.starts_with("services."));
    let address = "middlewares.vestibule.forwardauth.address";
    assert_eq!(labels.remove(address).unwrap(), "http://vestibule:8000/oidc/my_app/auth");
    assert_eq!(file.remove(address).unwrap(), "http://127.0.0.1:8000/oidc/my_app/auth");
    assert_eq!(labels, file);
}

fn flatten(path: &str, value: &Value, into: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(table) => {
            for (key, value) in table {
                // The names of routers and middlewares have no capitals in the first place.
                flatten(&format!("{path}.{}", key.to_ascii_lowercase()), value, into);
            }
        }
        Value::Array(list) => {
            let items: Vec<_> = list.iter().map(|item| item.as_str().unwrap().to_owned()).collect();
            into.insert(path.to_owned(), items.join(","));
        }
        Value::String(text) => {
            into.insert(path.to_owned(), text.clone());
        }
        other => {
            into.insert(path.to_owned(), other.to_string());
        }
    }
}
