//! clients.yaml, with secrets in every place that can hold one.
//!
//! Input: a file as somebody might write it; or, after a line `slots`, one value a line for a file that is well formed.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use vestibule::config::source::{Contents, Environment, FileFault, Files};
use vestibule::config::{Config, Notice, Problems, check};
use vestibule_fuzz::first_line;
use zeroize::Zeroizing;

const CANARY: &str = "k7QwT0pSecret";

fuzz_target!(|data: &[u8]| {
    let Ok(text) = str::from_utf8(data) else { return };
    if text.contains(CANARY) {
        return;
    }
    let (line, rest) = first_line(data);
    if line == b"slots" {
        check_file(&from_slots(&String::from_utf8_lossy(rest)), &Environment::default());
        return;
    }
    check_file(text, &Environment::default());
    let variables = [
        ("VESTIBULE_CLIENTS_APP_CLIENT_SECRET", CANARY),
        ("APP_CLIENT_SECRET", CANARY),
        ("VESTIBULE_SERVER_LISTEN", "127.0.0.1:8001"),
    ];
    check_file(text, &Environment::from_iter(variables));
});

fn check_file(text: &str, environment: &Environment) {
    let load = || check("clients.yaml", text, environment, &OneSecret);
    let loaded = load();
    assert_eq!(shown(&loaded), shown(&load()), "twice the same file, two results");
    assert!(!shown(&loaded).contains(CANARY), "a secret is shown: {}", shown(&loaded));
    match loaded {
        Ok((config, notices)) => {
            check_config(&config);
            notices.iter().for_each(|notice| check_printed(&notice.to_string(), 1, text));
        }
        Err(problems) => {
            let printed = problems.to_string();
            let (headline, rest) = printed.split_once("\n\n").expect("a headline, an empty line, problems");
            let count = problems.iter().count();
            assert!(count > 0 && headline.contains(&format!(" {count} problem")), "{headline}");
            check_printed(rest, count, text);
            // A carriage return alone ends a line too (YAML 1.2 section 5.4).
            let lines = text.split(['\n', '\r']).count();
            assert!(
                problems.iter().all(|problem| problem.line().is_none_or(|line| (1..=lines).contains(&line)))
            );
        }
    }
}

/// Each problem begins with where it is, and its help is indented beneath it.
fn check_printed(printed: &str, count: usize, text: &str) {
    assert!(!printed.chars().any(|c| c.is_control() && c != '\n'), "a control character: {printed:?}");
    let first_lines: Vec<_> =
        printed.lines().filter(|line| !line.is_empty() && !line.starts_with("    ")).collect();
    assert_eq!(first_lines.len(), count, "{printed}");
    for line in first_lines {
        let (place, sentence) = line.split_once(": ").expect("a place and a sentence");
        assert!(!sentence.is_empty());
        let line_number = place.strip_prefix("clients.yaml:").map(str::parse::<usize>);
        let path = sentence.split(": ").next().unwrap_or_default();
        let has_path = path.starts_with("clients") || path.starts_with("server");
        let is_place = match line_number {
            Some(number) => number.is_ok(),
            None if place == "clients.yaml" => has_path || sentence == "is empty." || text.trim().is_empty(),
            None => place.starts_with("VESTIBULE_") || place.starts_with("AUTH_"),
        };
        assert!(is_place, "neither line nor path: {line}");
    }
}

/// Some of what docs/configuration.md promises of every configuration.
fn check_config(config: &Config) {
    assert!(!config.clients.is_empty() && !config.server.trusted_proxies.is_empty());
    assert_ne!(config.server.max_connections, 0);
    for (index, client) in config.clients.iter().enumerate() {
        let registration = &client.registration;
        assert_eq!(registration.redirect_uri, format!("{}/oidc/{}/callback", client.origin, client.name));
        assert!(client.origin.starts_with("https://") || !client.cookie.secure);
        assert!(registration.scopes.iter().any(|scope| scope == "openid"));
        assert!(!client.hosts.is_empty());
        for cookie in [&client.cookie, &client.flow_cookie] {
            let line = cookie.line("x");
            assert!(line.len() <= 200 && http::HeaderValue::try_from(&line).is_ok(), "{line}");
            assert!(!cookie.name.starts_with("__Host-") || cookie.secure && cookie.domain.is_none());
            assert!(!cookie.name.starts_with("__Secure-") || cookie.secure);
        }
        assert_ne!(client.cookie.name, client.flow_cookie.name);
        let others = &config.clients[..index];
        assert!(
            others.iter().all(|other| other.name != client.name && other.cookie.name != client.cookie.name)
        );
        let mut names: Vec<_> = client.identity_headers().chain(client.passed.names()).collect();
        let count = names.len();
        names.sort_by_key(|name| name.as_str());
        names.dedup();
        assert_eq!(names.len(), count, "a header twice");
    }
}

fn shown(loaded: &Result<(Config, Vec<Notice>), Problems>) -> String {
    match loaded {
        Ok((config, notices)) => {
            let notices: String = notices.iter().map(|notice| format!("{notice}\n")).collect();
            format!("{config:?}\n{notices}")
        }
        Err(problems) => format!("{problems}\n{problems:?}"),
    }
}

/// A file whose form is in order whatever the values are, with the secret in its place.
fn from_slots(lines: &str) -> String {
    let mut slots = lines.lines();
    let mut next = |default: &str| {
        let slot = slots.next().filter(|slot| !slot.is_empty());
        serde_json::to_string(slot.unwrap_or(default)).expect("a text is always JSON")
    };
    let beside = next("").trim_matches('"').to_owned();
    let secret = format!("\"{CANARY}{beside}\"");
    // A text, as it should be, or inside something else.
    let secret = match beside.as_bytes().first() {
        Some(b'[') => format!("[{secret}]"),
        Some(b'{') => format!("{{ name: {secret} }}"),
        Some(b'*') => format!("&secret {secret}\n    client_secret: *secret"),
        _ => secret,
    };
    format!(
        "clients:\n  {}:\n    issuer: {}\n    client_id: {}\n    {}: {secret}\n    redirect_uri: {}\n    hosts: [{}, {}]\n    \
         scopes: {}\n    cookie: {{ domain: {}, name: {} }}\n    extra_claim_headers: {{ {}: {} }}\n    session: {{ idle: {} }}\n\
         server:\n  listen: {}\n  trusted_proxies: [{}]\n",
        next("app"),
        next("https://id.example.com"),
        next("app"),
        secret_setting(&next("client_secret")),
        next("https://app.example.com/oidc/app/callback"),
        next("app.example.com"),
        next("*.app.example.com"),
        next("openid"),
        next("app.example.com"),
        next("session"),
        next("email"),
        next("X-User-Email"),
        next("8h"),
        next("127.0.0.1:8000"),
        next("10.0.0.0/8"),
    )
}

/// A setting that holds a secret, or one that somebody may have meant so.
fn secret_setting(slot: &str) -> &str {
    if slot.starts_with("\"client_secret") { slot } else { "client_secret" }
}

/// Every file there is holds the secret.
struct OneSecret;

impl Files for OneSecret {
    fn read(&self, path: &Path) -> Result<Contents, FileFault> {
        if path.to_string_lossy().contains("missing") {
            return Err(FileFault::Missing);
        }
        Ok(Contents { bytes: Zeroizing::new(CANARY.as_bytes().to_vec()), open_to_all: true })
    }
}
