//! Paths and hosts written in every way that we know of, through each real proxy to an application that prints what it got (B-01 to
//! B-18): what reaches it without a session is public, however it reads what it got.
//!
//! `UPDATE_DOCS=1` writes the table in docs/paths.md anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::Command;
use std::sync::Mutex;

use percent_encoding::percent_decode;

use crate::http::{Answer, Request};
use crate::process::{Process, free_port};
use crate::registration::Registration;
use crate::stage::{Certificates, HOST, Plan, Proxy, Scheme, Seen, Stage, missing, root, skip, tool};

const RULES: &str = "    rules:
      - { path: /admin/*, require: { groups: { any: [admins] } } }
      - { path: /public/*, policy: public }
      - { path: /optional/*, policy: optional }
      - { path: /v/*/open, policy: public }
      - { path_regex: \"/re/[^/]+/open\", policy: public }
";

/// What is put between the parts of a path.
const TRICKS: [&str; 52] = [
    "..",
    ".",
    "...",
    "%2e%2e",
    "%2E%2E",
    ".%2e",
    "%2e.",
    "%2e",
    "..%2f",
    "..%5c",
    "%2f",
    "%2F",
    "%2f..",
    "%5c",
    "\\",
    "..\\",
    "/",
    "//",
    "/./",
    "/../",
    ";",
    "..;",
    ".;",
    ";x=y",
    ";/..",
    "%3b",
    "%3B..",
    "%252e%252e",
    "%252f",
    "%25",
    "%00",
    "%00..",
    "%0a",
    "%0d%0a",
    "%09",
    "%20",
    "+",
    "%23",
    "%3f",
    "?",
    "%c0%ae%c0%ae",
    "%c0%af",
    "%e0%80%af",
    "%ef%bc%8f",
    "%ef%bc%8e%ef%bc%8e",
    "%u002f",
    "::$DATA",
    "~",
    "%7f",
    "%ff",
    "%2e%2e%2f%2e%2e%2f",
    "(S(x))",
];

/// Where they are put.
const FORMS: [&str; 7] = [
    "/public/{}/admin/x",
    "/public{}admin/x",
    "/public/x{}/../admin/x",
    "/{}/admin/x",
    "/admin{}/x",
    "/admin/{}/public/x",
    "/v/{}/open",
];

/// Whole paths.
const PATHS: [&str; 30] = [
    "/public/x",
    "/public",
    "/public/",
    "/public/a%20b",
    "/public/caf%C3%A9",
    "/public/a+b",
    "/optional/x",
    "/v/1/open",
    "/re/1/open",
    "/PUBLIC/x",
    "/Public/x",
    "/pub%6cic/x",
    "/admin/x",
    "/ADMIN/x",
    "/Admin",
    "/%61dmin/x",
    "/admin.",
    "/admin%20",
    "/admin/../public/x",
    "/public/x?/../admin",
    "/admin/x?/public/x",
    "/public/x#/../admin",
    "/x/public/../../admin/x",
    "/public/%2e%2e;/admin",
    "/public/..%c0%afadmin",
    "/public/.%00./admin",
    "/public/..%ff/admin",
    "/re/../open",
    "/re/a%2fb/open",
    "/v/a%2f..%2fb/open",
];

/// `Host` and the target's form: what is asked for is never another host's page.
const HOSTS: [(&str, &str); 14] = [
    ("PLAIN", "/public/x"),
    ("APP.LOCALHOST:PORT", "/public/x"),
    ("app.localhost.:PORT", "/public/x"),
    ("app.localhost", "/public/x"),
    ("app.localhost:80", "/public/x"),
    ("app.localhost:PORT:PORT", "/public/x"),
    ("evilapp.localhost:PORT", "/public/x"),
    ("app.localhost.evil.test:PORT", "/public/x"),
    ("evil.test", "/public/x"),
    ("user@app.localhost:PORT", "/public/x"),
    ("app.localhost:PORT, evil.test", "/public/x"),
    ("PLAIN", "http://app.localhost:PORT/admin/x"),
    ("PLAIN", "http://evil.test/public/x"),
    ("evil.test", "http://app.localhost:PORT/public/x"),
];

fn corpus() -> Vec<String> {
    let mut all: Vec<String> = PATHS.iter().map(|path| (*path).to_owned()).collect();
    for form in FORMS {
        all.extend(TRICKS.iter().map(|trick| form.replace("{}", trick)));
    }
    all
}

/// Ways in which applications read what they get: decoded not at all, once or twice, parameters left away, backslashes as slashes,
/// cut at NUL, slashes merged, steps resolved.
fn as_applications_read(path: &str) -> Vec<String> {
    let decode = |text: &str| percent_decode(text.as_bytes()).decode_utf8_lossy().into_owned();
    let once = decode(path);
    let twice = decode(&once);
    let cut = |text: &str| text.split(['\0', '?', '#', '\r', '\n']).next().unwrap_or_default().to_owned();
    let mut all = Vec::new();
    for text in [path.to_owned(), once.clone(), twice.clone(), cut(&once), cut(&twice)] {
        for text in [text.replace('\\', "/"), text] {
            for parameters in [false, true] {
                let mut kept: Vec<&str> = Vec::new();
                for segment in text.split('/') {
                    match if parameters { segment.split(';').next().unwrap_or_default() } else { segment } {
                        "" | "." => {}
                        ".." => drop(kept.pop()),
                        other => kept.push(other),
                    }
                }
                all.push(kept.join("/"));
            }
        }
    }
    all
}

/// Whether nobody who reads it so takes it for anything but what the rules let everybody have.
fn is_public(path: &str) -> bool {
    as_applications_read(path).iter().all(|read| {
        let parts: Vec<&str> = read.split('/').collect();
        matches!(parts.as_slice(), ["public" | "optional", ..] | ["v" | "re", _, "open"])
    })
}

/// What came of it, in a word for the table.
fn say(answer: &std::io::Result<Answer>) -> String {
    match answer {
        Err(_) => "no answer".to_owned(),
        Ok(answer) if answer.is_application() => format!("reaches it as `{}`", Seen::from(answer).url),
        Ok(answer) => match answer.all("vestibule-refusal").next() {
            Some(code) => format!("{} {code}", answer.status),
            None => format!("{} by the proxy", answer.status),
        },
    }
}

/// Every request of the corpus, and what came of it.
fn ask(name: &str, stage: &Stage, port: u16) {
    let authority = format!("{HOST}:{}", stage.proxy_port);
    let mut rows = Vec::new();
    let mut wrong = Vec::new();
    let mut reached = 0;
    for path in corpus() {
        let answer = Request::get(&path).fetch().send(&authority, port);
        if let Ok(answer) = &answer
            && answer.is_application()
        {
            let seen = Seen::from(answer);
            let got = seen.url.split('?').next().unwrap_or_default();
            reached += 1;
            if !is_public(got) {
                wrong.push(format!("{path} reaches the application as {got}"));
            }
            for header in ["X-Auth-Subject", "X-User-Email", "X-User-Groups"] {
                if !seen.header(header).is_empty() {
                    wrong.push(format!("{path}: {header} has a value"));
                }
            }
        }
        rows.push((path, say(&answer)));
    }
    for (host, target) in HOSTS {
        let port_of = stage.proxy_port.to_string();
        let host = if host == "PLAIN" { authority.clone() } else { host.replace("PORT", &port_of) };
        let target = target.replace("PORT", &port_of);
        let request = Request::get(&target).fetch();
        let answer = request.send(&host, port);
        if let Ok(answer) = &answer
            && answer.is_application()
        {
            let seen = Seen::from(answer);
            let got = seen.url.split('?').next().unwrap_or_default();
            let got = got.strip_prefix(&format!("http://{authority}")).unwrap_or(got);
            if !is_public(got) {
                wrong.push(format!("{target} with Host {host} reaches the application as {got}"));
            }
        }
        let shown = |text: &str| text.replace(&port_of, "8080");
        rows.push((format!("{} with `Host: {}`", shown(&target), shown(&host)), shown(&say(&answer))));
    }
    assert!(wrong.is_empty(), "{name}:\n{}", wrong.join("\n"));
    assert!(reached >= 15, "{name}: what is public is not reached: {reached}");
    note(name, rows);
}

/// Keeps the rows of each proxy; the last writes the page, where that is wanted.
fn note(name: &str, rows: Vec<(String, String)>) {
    static ALL: Mutex<BTreeMap<String, Vec<(String, String)>>> = Mutex::new(BTreeMap::new());
    let mut all = ALL.lock().unwrap();
    all.insert(name.to_owned(), rows);
    if std::env::var_os("UPDATE_DOCS").is_none() || all.len() < PROXIES {
        return;
    }
    let mut page = String::from(HEAD);
    let names: Vec<&str> = all.keys().map(String::as_str).collect();
    writeln!(page, "| asked for | {} |\n|---|{}", names.join(" | "), "---|".repeat(names.len())).unwrap();
    for (index, (path, _)) in all.values().next().unwrap().iter().enumerate() {
        let cell = |text: &str| text.replace('|', "\\|");
        let results: Vec<String> = all.values().map(|rows| cell(&rows[index].1)).collect();
        writeln!(page, "| {} | {} |", quoted(path), results.join(" | ")).unwrap();
    }
    std::fs::write(root().join("docs/paths.md"), page).unwrap();
}

fn quoted(path: &str) -> String {
    if path.contains('`') { path.to_owned() } else { format!("`{path}`") }
}

const PROXIES: usize = 6;
const HEAD: &str = "# Paths that could mean another one, through each proxy

Made by `UPDATE_DOCS=1 cargo test --test proxies tricks`: each request is sent by somebody who is not signed in, as bytes, through the real
proxy to an application that says what it got. The rules there:

```yaml
rules:
  - { path: /admin/*, require: { groups: { any: [admins] } } }
  - { path: /public/*, policy: public }
  - { path: /optional/*, policy: optional }
  - { path: /v/*/open, policy: public }
  - { path_regex: \"/re/[^/]+/open\", policy: public }
```

The test fails if one of them reaches the application as something that any of its ways to read a path (decoded once or twice or not at all,
parameters left away, backslashes as slashes, cut at NUL, steps resolved) takes for anything but what these rules let everybody have. `401 no_cookie` is what a
program is told where a person is led to the login. nginx knows 200, 401 and 403 only: what it shows as 403 may be a refusal of another status.

";

fn put_up(proxy: Proxy, name: &str) -> Option<Stage> {
    if let Some(why) = missing(&[proxy.name(), "node"]) {
        skip(&why);
        return None;
    }
    let client = Registration::SecretBasic.client_yaml() + RULES;
    let plan = Plan {
        proxy,
        folder: &format!("tricks-{name}"),
        issuer_scheme: Scheme::Http,
        issuer_path: "",
        client: &client,
        framed_client: None,
        further_headers: &[],
        certificates: Certificates::NotAskedFor,
    };
    // Nobody signs in here, so that there need not be a provider.
    Some(Stage::put_up(&plan, |_, _| {}))
}

/// A proxy for which no configuration is shipped, in front of the same vestibule and application.
fn beside(name: &str, configure: impl FnOnce(&Stage, u16) -> Command) {
    if let Some(why) = missing(&[name, "nginx", "node"]) {
        return skip(&why);
    }
    let Some(stage) = put_up(Proxy::Nginx, name) else { return };
    let port = free_port();
    let command = configure(&stage, port);
    let process = Process::start(name, command, port, &stage.folder);
    ask(name, &stage, port);
    drop(process);
}

#[test]
fn traefik() {
    if let Some(stage) = put_up(Proxy::Traefik, "traefik") {
        ask("Traefik 3.7", &stage, stage.proxy_port);
    }
}

#[test]
fn traefik_3_3() {
    if let Some(stage) = put_up(Proxy::Traefik33, "traefik-3.3") {
        ask("Traefik 3.3", &stage, stage.proxy_port);
    }
}

#[test]
fn nginx() {
    if let Some(stage) = put_up(Proxy::Nginx, "nginx") {
        ask("nginx", &stage, stage.proxy_port);
    }
}

#[test]
fn caddy() {
    if let Some(stage) = put_up(Proxy::Caddy, "caddy") {
        ask("Caddy", &stage, stage.proxy_port);
    }
}

#[test]
fn haproxy() {
    beside("haproxy", |stage, port| {
        let lua = root().join("tests/proxies/haproxy.lua");
        let text = format!(
            "global
  lua-load {}
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend web
  bind 127.0.0.1:{port}
  http-request lua.vestibule http://127.0.0.1:{}/oidc/quickstart/auth
  default_backend app
backend app
  server app 127.0.0.1:{}
",
            lua.display(),
            stage.relay.port,
            stage.application_port
        );
        let file = stage.folder.join("haproxy.cfg");
        std::fs::write(&file, text).unwrap();
        let mut command = Command::new(tool("haproxy"));
        command.args(["-db", "-f"]).arg(file);
        command
    });
}

#[test]
fn envoy() {
    beside("envoy", |stage, port| {
        let cluster = |name: &str, port: u16| {
            format!(
                "  - name: {name}
    connect_timeout: 5s
    type: STATIC
    load_assignment: {{ cluster_name: {name}, endpoints: [{{ lb_endpoints: [{{ endpoint: {{ address: {{ socket_address: {{ address: 127.0.0.1, port_value: {port} }} }} }} }}] }}] }}
"
            )
        };
        let clusters = cluster("vestibule", stage.relay.port) + &cluster("app", stage.application_port);
        let text =
            include_str!("envoy.yaml").replace("PORT", &port.to_string()).replace("CLUSTERS\n", &clusters);
        let file = stage.folder.join("envoy.yaml");
        std::fs::write(&file, text).unwrap();
        let mut command = Command::new(tool("envoy"));
        command.arg("-c").arg(file).args(["--disable-hot-restart", "--concurrency", "1"]);
        command
    });
}
