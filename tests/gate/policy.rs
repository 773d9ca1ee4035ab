//! What rules do with a request (group B of the threats, R-13, R-7.1), as they are written in clients.yaml.

use std::path::Path;
use std::time::Duration;

use http::HeaderMap;
use proptest::prelude::*;
use serde_json::{Value, json};
use vestibule::config::source::{Disk, Environment};
use vestibule::config::{Client, check};
use vestibule::gate::decide::{Found, Verdict, decide, in_order};
use vestibule::gate::dialect::Dialect;
use vestibule::gate::forwarded::{Subrequest, read};
use vestibule::gate::identity::Identity;
use vestibule::protocol::claims::Claims;
use vestibule::protocol::timestamp::Timestamp;

use super::headers;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
const PAGE: [(&str, &str); 3] =
    [("accept", "text/html,*/*;q=0.8"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];

/// A client that guards app.example.test and *.apps.example.test, with these rules.
pub(super) fn written(rules: &str) -> Client {
    let text = format!(
        "clients:
  app:
    issuer: https://id.example.test
    client_id: vestibule
    redirect_uri: https://auth.example.test/oidc/app/callback
    cookie: {{ domain: example.test }}
    hosts: [app.example.test, \"*.apps.example.test\"]
    rules: {rules}
"
    );
    let files = Disk::beside(Path::new("clients.yaml"));
    let (config, _) = check("clients.yaml", &text, &Environment::default(), &files).unwrap();
    Client::clone(&config.clients[0])
}

/// One request to a client.
#[derive(Clone)]
struct Asked<'a> {
    method: &'a str,
    host: &'a str,
    path: &'a str,
    from: Option<&'a str>,
    sent: Vec<(&'a str, &'a str)>,
    /// Nobody is signed in without.
    claims: Option<Value>,
    stepped_up: &'a [usize],
    age: u64,
}

impl<'a> Asked<'a> {
    fn get(path: &'a str) -> Self {
        let sent = PAGE.to_vec();
        Self {
            method: "GET",
            host: "app.example.test",
            path,
            from: Some("203.0.113.9"),
            sent,
            claims: None,
            stepped_up: &[],
            age: 60,
        }
    }

    fn by(self, claims: Value) -> Self {
        Self { claims: Some(claims), ..self }
    }

    /// `allow alice`, `allow nobody`, `login no_cookie`, `401 no_cookie` or status and code.
    fn of(&self, client: &Client) -> String {
        let all: Vec<_> = [
            ("x-forwarded-method", self.method),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", self.host),
            ("x-forwarded-uri", self.path),
        ]
        .into_iter()
        .chain(self.from.map(|from| ("x-forwarded-for", from)))
        .chain(self.sent.iter().copied())
        .collect();
        let all: HeaderMap = headers(&all);
        let asked = Subrequest {
            peer: "127.0.0.1".parse().unwrap(),
            method: &http::Method::GET,
            rest: "",
            headers: &all,
        };
        let trusted = ["127.0.0.0/8".parse().unwrap()];
        let forwarded = match read(Dialect::Forwarded, &asked, client.scheme, &trusted) {
            Ok(forwarded) => forwarded,
            Err(refusal) => return format!("{} {}", refusal.status().as_u16(), refusal.code()),
        };
        let request = match in_order(client, &forwarded, &all) {
            Ok(request) => request,
            Err(refusal) => return format!("{} {}", refusal.status().as_u16(), refusal.code()),
        };
        let claims =
            self.claims.as_ref().map(|claims| Claims::of_testing_profile(claims.as_object().unwrap(), NOW));
        let identity = claims.as_ref().map(|claims| Identity::from_claims(claims, client).unwrap());
        let found = match (&identity, &claims) {
            (Some(identity), Some(claims)) => {
                let age = Duration::from_secs(self.age);
                Found::Session { identity, claims, stepped_up: self.stepped_up, age }
            }
            _ => Found::Nothing,
        };
        match decide(&request, found, NOW) {
            Verdict::Allow(pass) => match pass.identity() {
                Some(identity) => format!("allow {}", identity.headers()[0].1.to_str().unwrap()),
                None => "allow nobody".to_owned(),
            },
            Verdict::Login { navigation: true, step_up: Some(rule), reason, .. } => {
                format!("login {} {rule}", reason.code())
            }
            Verdict::Login { navigation, reason, .. } => {
                format!("{} {}", if navigation { "login" } else { "401" }, reason.code())
            }
            Verdict::Refuse(refusal) => format!("{} {}", refusal.status().as_u16(), refusal.code()),
        }
    }
}

fn alice() -> Value {
    json!({ "sub": "alice" })
}

#[test]
fn a_policy_says_who_gets_in_and_whom_the_application_is_told_of() {
    let client = written(
        "[{ path: /public/*, policy: public }, { path: /optional/*, policy: optional }, { path: /closed/*, policy: deny }]",
    );
    for (path, nobody, signed_in) in [
        ("/public/x", "allow nobody", "allow nobody"),
        ("/optional/x", "allow nobody", "allow alice"),
        ("/closed/x", "403 rule_denies", "403 rule_denies"),
        ("/", "login no_cookie", "allow alice"),
    ] {
        assert_eq!(Asked::get(path).of(&client), nobody, "{path}");
        assert_eq!(Asked::get(path).by(alice()).of(&client), signed_in, "{path}");
    }
}

#[test]
fn a_request_without_a_session_is_told_what_the_rule_says() {
    let client = written(
        "[{ path: /r/*, on_unauthenticated: redirect }, { path: /u/*, on_unauthenticated: 401 }, { path: /f/*, on_unauthenticated: 403 }]",
    );
    for (path, page, program) in [
        ("/r/x", "login no_cookie", "login no_cookie"),
        ("/u/x", "401 no_cookie", "401 no_cookie"),
        ("/f/x", "403 sign_in_needed", "403 sign_in_needed"),
        ("/x", "login no_cookie", "401 no_cookie"),
    ] {
        assert_eq!(Asked::get(path).of(&client), page, "{path}");
        assert_eq!(Asked { sent: Vec::new(), ..Asked::get(path) }.of(&client), program, "{path}");
        assert_eq!(Asked::get(path).by(alice()).of(&client), "allow alice", "{path}");
    }
}

/// 403, never 401 and never a login, and the reasons are told apart.
#[test]
fn whom_a_condition_keeps_out_is_told_403_with_the_reason() {
    let client = written("[{ path: /admin/*, require: { groups: { any: [admins] } } }]");
    for (claims, expected) in [
        (json!({ "sub": "alice", "groups": ["admins"] }), "allow alice"),
        (json!({ "sub": "alice", "groups": ["staff", "admin"] }), "403 not_member"),
        (json!({ "sub": "alice", "groups": [] }), "403 no_such_claim"),
        (json!({ "sub": "alice" }), "403 no_such_claim"),
        (json!({ "sub": "alice", "groups": { "admins": true } }), "403 claim_other_form"),
    ] {
        assert_eq!(Asked::get("/admin/x").by(claims.clone()).of(&client), expected, "{claims}");
        let program = Asked { sent: Vec::new(), ..Asked::get("/admin/x").by(claims) };
        assert_eq!(program.of(&client), expected);
    }
    assert_eq!(Asked::get("/admin/x").of(&client), "login no_cookie");
    assert_eq!(Asked::get("/other").by(alice()).of(&client), "allow alice");
}

/// B-09, B-10.
#[test]
fn a_rule_for_a_host_is_for_whole_labels_in_any_letter_case() {
    let client = written(
        "[{ hosts: [\"*.b.apps.example.test\"], policy: deny }, { hosts: [app.example.test], path: /health, policy: public }]",
    );
    for (host, path, expected) in [
        ("x.b.apps.example.test", "/", "403 rule_denies"),
        ("x.B.apps.EXAMPLE.test", "/", "403 rule_denies"),
        ("a.x.b.apps.example.test", "/health", "403 rule_denies"),
        ("xb.apps.example.test", "/", "login no_cookie"),
        ("b.apps.example.test", "/health", "login no_cookie"),
        ("app.example.test", "/health", "allow nobody"),
        ("APP.example.test", "/health", "allow nobody"),
        ("app.example.test:8443", "/health", "403 host_not_guarded"),
        ("evilapp.example.test", "/health", "403 host_not_guarded"),
        ("app.example.test.evil.test", "/health", "403 host_not_guarded"),
    ] {
        assert_eq!(Asked { host, ..Asked::get(path) }.of(&client), expected, "{host}{path}");
    }
}

/// the rightmost address that no trusted proxy has, and no decision where nobody tells it.
#[test]
fn a_rule_for_networks_goes_by_the_address_that_a_trusted_proxy_wrote() {
    let client = written("[{ path: /intern/*, networks: [10.0.0.0/8, \"2001:db8::/32\"], policy: public }]");
    for (from, expected) in [
        (Some("10.1.2.3"), "allow nobody"),
        (Some("2001:db8::7"), "allow nobody"),
        (Some("::ffff:10.1.2.3"), "allow nobody"),
        (Some("203.0.113.9"), "login no_cookie"),
        // What stands left of the last untrusted address was written by the client.
        (Some("10.1.2.3, 203.0.113.9"), "login no_cookie"),
        (Some("10.1.2.3, 203.0.113.9, 127.0.0.1"), "login no_cookie"),
        (Some("203.0.113.9, 10.1.2.3, 127.0.0.1"), "allow nobody"),
        (Some("10.1.2.3, unknown"), "400 client_address_unknown"),
        (None, "400 client_address_unknown"),
    ] {
        assert_eq!(Asked { from, ..Asked::get("/intern/x") }.of(&client), expected, "{from:?}");
    }
    assert_eq!(
        Asked { from: None, ..Asked::get("/x") }.of(&client),
        "login no_cookie",
        "it does not depend on it"
    );
    let client = written("[{ networks: [203.0.113.0/24], policy: deny }, { policy: public }]");
    assert_eq!(Asked::get("/x").of(&client), "403 rule_denies");
    assert_eq!(Asked { from: None, ..Asked::get("/x") }.of(&client), "400 client_address_unknown");
}

#[test]
fn a_preflight_passes_only_where_a_rule_lets_it_and_as_nothing_else() {
    let client = written(
        "[{ path: /api/*, preflight: pass }, { path: /only/*, methods: [OPTIONS], preflight: pass }, { path: /deny/*, preflight: deny }]",
    );
    let preflight = vec![("origin", "https://spa.example.test"), ("access-control-request-method", "PUT")];
    let options = |path, sent| Asked { method: "OPTIONS", sent, ..Asked::get(path) };
    let with = |name, value| [preflight.clone(), vec![(name, value)]].concat();
    for (asked, expected) in [
        (options("/api/x", preflight.clone()), "allow nobody"),
        (options("/only/x", preflight.clone()), "allow nobody"),
        (options("/api/x", preflight.clone()).by(alice()), "allow nobody"),
        (options("/deny/x", preflight.clone()), "401 no_cookie"),
        (options("/x", preflight.clone()), "401 no_cookie"),
        (options("/api/x", preflight[..1].to_vec()), "401 no_cookie"),
        (options("/api/x", preflight[1..].to_vec()), "401 no_cookie"),
        (options("/api/x", with("origin", "https://other.example.test")), "401 no_cookie"),
        (options("/api/x", with("x-http-method-override", "DELETE")), "401 no_cookie"),
        (options("/api/x", with("X_HTTP_Method", "")), "401 no_cookie"),
        (options("/api/x", with("x-rewrite-url", "/admin")), "400 override_ambiguous"),
        (options("/api//x", preflight.clone()), "401 no_cookie"),
        (Asked { method: "PUT", ..options("/api/x", preflight.clone()) }, "401 no_cookie"),
        (Asked { method: "GET", ..options("/api/x", preflight.clone()) }, "401 no_cookie"),
    ] {
        assert_eq!(asked.of(&client), expected, "{} {} {:?}", asked.method, asked.path, asked.sent);
    }
}

#[test]
fn a_person_is_sent_to_the_provider_once_for_a_session_and_rule() {
    let client = written("[{ path: /admin/*, acr_values: [gold], max_age: 15m, on_forbidden: step_up }]");
    let strong = |ago: u64| json!({ "sub": "alice", "acr": "gold", "auth_time": NOW.seconds() - ago });
    let weak = json!({ "sub": "alice", "acr": "silver", "auth_time": NOW.seconds() });
    let page = |claims: &Value| Asked::get("/admin/x").by(claims.clone());
    assert_eq!(page(&strong(60)).of(&client), "allow alice");
    assert_eq!(page(&weak).of(&client), "login step_up 1");
    assert_eq!(page(&strong(16 * 60)).of(&client), "login step_up 1");
    // It was asked for already, and did not help.
    let again = |claims: &Value, age| Asked { stepped_up: &[1], age, ..page(claims) };
    assert_eq!(again(&weak, 5).of(&client), "403 step_up_needed");
    assert_eq!(again(&weak, 100_000).of(&client), "403 step_up_needed");
    assert_eq!(
        again(&strong(16 * 60), 5).of(&client),
        "403 step_up_needed",
        "the provider does not go by max_age"
    );
    assert_eq!(
        again(&strong(16 * 60), 16 * 60).of(&client),
        "login step_up 1",
        "it helped, and was too long ago"
    );
    assert_eq!(
        Asked { stepped_up: &[2], ..page(&weak) }.of(&client),
        "login step_up 1",
        "that was for another rule"
    );
    // Nobody but a person at a page can be asked.
    assert_eq!(Asked { sent: Vec::new(), ..page(&weak) }.of(&client), "403 step_up_needed");
    assert_eq!(Asked { method: "POST", ..page(&weak) }.of(&client), "403 step_up_needed");
    let client = written(
        "[{ path: /admin/*, acr_values: [gold], require: { groups: { any: [a] } }, on_forbidden: step_up }]",
    );
    assert_eq!(page(&weak).of(&client), "403 no_such_claim", "signing in better brings no group");
}

/// B-01 to B-08: what could mean another path is never public, and is judged by the rules that follow.
#[test]
fn a_path_that_could_mean_another_one_is_never_public() {
    let client = written(
        "[{ path: /static/*, policy: public }, { path: /open/*, policy: optional }, { path_regex: /pub/.*/endpoint, policy: public }]",
    );
    for path in [
        "/static//../admin",
        "/static/./../admin",
        "/static/%2e%2e/admin",
        "/static/.%2e/admin",
        "/static/..;/admin",
        "/static/..%2fadmin",
        "/static%2f..%2fadmin",
        "/static/%5c..%5cadmin",
        "/static/..\\admin",
        "/static/;/admin",
        "/static/a;b",
        "/static/%3b/admin",
        "/static/%252e%252e/admin",
        "/static/%25",
        "/static/%zz",
        "/static/%",
        "/static/%00/../admin",
        "/static/a%00",
        "/static/%0a",
        "/static/%09",
        "/static/%7f",
        "/static/%c0%ae%c0%ae/admin",
        "/static/%c0%af..%c0%afadmin",
        "/static/%ff",
        "/static/%EF%BC%8F..",
        "/static/%ef%bc%8e%ef%bc%8e/admin",
        "/static/%61",
        "/static/a%2fb",
        "/static/a//b",
        "/static/a/./b",
        "/static/a/../b",
        "/static/a%23b",
        "/static/a%3fb",
        "/public;/../admin",
        "/admin;/static/x",
        "/STATIC/x",
        "/static%20/x",
        "/static./x",
        "/pub/secret%23/endpoint",
        "/pub/a//endpoint",
        "/pub/../endpoint",
    ] {
        for path in [path.to_owned(), path.replace("/static", "/open")] {
            let verdict = Asked::get(&path).of(&client);
            assert!(verdict.starts_with("400 ") || verdict == "login no_cookie", "{path}: {verdict}");
            let verdict = Asked::get(&path).by(alice()).of(&client);
            assert!(verdict.starts_with("400 ") || verdict == "allow alice", "{path}: {verdict}");
        }
    }
    for path in [
        "/static",
        "/static/",
        "/static/a.b-c_d~e",
        "/static/a%20b",
        "/static/caf%C3%A9",
        "/static/a+b",
        "/static/bob%40example.com",
        "/static/a&b",
        "/static/a?x=/../admin&y=%2f;",
        "/static/.well-known",
        "/pub/x/endpoint",
    ] {
        assert_eq!(Asked::get(path).of(&client), "allow nobody", "{path}");
    }
    // B-01, B-11: the path alone, and all of it.
    for path in
        ["/pub/x?/endpoint", "/x/pub/x/endpoint", "/pub/x/endpoint/y", "/pub/x/endpoints", "/x?p=/static/y"]
    {
        assert_eq!(Asked::get(path).of(&client), "login no_cookie", "{path}");
    }
}

/// B-18: a part of a public area that is closed stays closed, however its path is written.
#[test]
fn what_is_closed_within_a_public_area_stays_closed() {
    let client =
        written("[{ path: /admin/*, require: { groups: { any: [admins] } } }, { path: /*, policy: public }]");
    for path in [
        "/admin",
        "/admin/",
        "/admin/x",
        "/ADMIN",
        "/Admin/",
        "/admin%20",
        "/admin.",
        "/admin;x",
        "/x/../admin",
        "/%61dmin",
        "/./admin",
        "/admin%2fx",
        "/admin%00",
        "/a//../admin",
        "/x;/../admin",
        "/admin%3Fx",
        "/admin::$DATA",
        "/%EF%BC%A1dmin",
        "/adm%C4%B1n/../admin",
    ] {
        let verdict = Asked::get(path).of(&client);
        assert!(!verdict.starts_with("allow"), "{path}: {verdict}");
    }
    assert_eq!(Asked::get("/").of(&client), "allow nobody");
    assert_eq!(Asked::get("/administrators").of(&client), "allow nobody");
}

/// Files of another make and of ours alike resolve a path so: decoded once or twice, slashes as one, parameters left away, dots
/// resolved, in small letters.
fn as_upstreams_read(path: &str) -> Vec<String> {
    let decode = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let clean = |text: &str, parameters: bool| {
        let mut kept: Vec<&str> = Vec::new();
        for segment in text.split('/') {
            match if parameters { segment.split(';').next().unwrap_or_default() } else { segment } {
                "" | "." => {}
                ".." => drop(kept.pop()),
                other => kept.push(other),
            }
        }
        format!("/{}", kept.join("/"))
    };
    let once = decode(path);
    let twice = decode(&once);
    let cut = |text: &str| text.split(['\0', '?', '#']).next().unwrap_or_default().to_owned();
    let mut all = Vec::new();
    for text in [path.to_owned(), once.clone(), twice, cut(&once), once.replace('\\', "/")] {
        for parameters in [false, true] {
            let read = clean(&text, parameters);
            all.push(read.to_lowercase());
            all.push(read);
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

    /// No rule set lets anybody in at a path that some upstream takes for one at which it would not.
    #[test]
    fn no_rule_set_makes_public_wider_when_a_path_is_written_another_way(
        rules in proptest::collection::vec((
            prop_oneof!["/[ab]", "/[ab]/\\*", "/[ab]/[ab]", "/[ab]/[ab]/\\*", "/\\*", "/\\*/[ab]", "/[ab]\\*/[ab]", "/\\*\\*/[ab]"],
            prop_oneof![Just("public"), Just("optional"), Just("authenticated"), Just("deny")],
        ), 1..5),
        path in "/([ab]|[AB]|%61|%2f|%5c|%3b|%25|%00|%2e|%23|;|;x|\\.|\\.\\.|/|%252e){0,7}",
    ) {
        let listed: Vec<String> =
            rules.iter().map(|(path, policy)| format!("{{ path: \"{path}\", policy: {policy} }}")).collect();
        let Some(client) = try_written(&format!("[{}]", listed.join(", "))) else { return Ok(()) };
        if Asked::get(&path).of(&client) != "allow nobody" {
            return Ok(());
        }
        for read in as_upstreams_read(&path) {
            let verdict = Asked::get(&read).of(&client);
            prop_assert_eq!(&verdict, "allow nobody", "{} is public, {} is not: {}", path, read, listed.join(", "));
        }
    }
}

/// The same as [`written`], none where the configuration is refused: a rule that is never reached, one that is there twice.
fn try_written(rules: &str) -> Option<Client> {
    let text = format!(
        "clients: {{ app: {{ issuer: \"https://id.example.test\", client_id: vestibule, hosts: [app.example.test],
          redirect_uri: \"https://app.example.test/oidc/app/callback\", rules: {rules} }} }}"
    );
    let files = Disk::beside(Path::new("clients.yaml"));
    let (config, _) = check("clients.yaml", &text, &Environment::default(), &files).ok()?;
    Some(Client::clone(&config.clients[0]))
}
