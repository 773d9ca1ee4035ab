//! Access tokens of a certified provider through each real proxy, and the programs that send them.

use std::process::Command;

use serde_json::Value;

use crate::http::{Answer, Request};
use crate::registration::Registration;
use crate::stage::{HOST, Proxy, Seen, Setup, Stage, missing, skip, tool};
use crate::through::through_each_proxy;
use crate::tokens::{self, OPAQUE_API, OTHER_API, Prover, SIGNED_API};

through_each_proxy!(
    a_token_brings_who_it_is_about_to_the_application: Registration::Api(""),
    a_token_that_is_not_good_is_told_why_and_never_redirected: Registration::Api(""),
    identity_headers_beside_a_token_reach_nobody: Registration::Api(""),
    what_callers_may_know_before_they_have_a_token_is_public: Registration::Api(""),
    a_grpc_call_from_a_browser_and_a_preflight_are_programs: Registration::Api(""),
    no_spelling_of_a_path_brings_a_token_to_what_a_rule_guards: Registration::Api(""),
    a_header_that_names_another_path_or_method_reaches_no_application: Registration::Api(""),
    a_line_break_in_the_address_of_a_page_ends_no_line: Registration::Api(""),
    a_token_of_six_kilobytes_is_read: Registration::Api(""),
    curl_and_git_get_through_with_a_token: Registration::Api(""),
    a_token_that_is_to_be_removed_ends_here:
        Registration::Api("    bearer_options: { token: remove }\n"),
    a_token_bound_to_a_key_needs_a_proof_for_the_public_address:
        Registration::Api("    bearer_options: { dpop: accepted, dpop_nonce: true }\n"),
);

/// As a program asks that knows nothing of browsers.
fn with_token(target: &str, token: &str) -> Request {
    Request::get(target)
        .header("Accept", "application/json")
        .header("Authorization", &format!("Bearer {token}"))
}

fn a_token_brings_who_it_is_about_to_the_application(stage: Stage) {
    // A program: nobody signed in, so there is no subject.
    for api in [SIGNED_API, OPAQUE_API] {
        let token = tokens::of_program(&stage, api, "read");
        let seen = Seen::from(&stage.send(&with_token("/programs/report?x=1", &token)));
        assert_eq!((seen.method.as_str(), seen.url.as_str()), ("GET", "/programs/report?x=1"));
        assert_eq!(seen.header("X-Auth-Client"), "reporting", "{api}");
        assert_eq!(seen.header("X-Auth-Subject"), "", "{api}");
        assert_eq!(seen.header("X-Auth-Issuer"), stage.issuer);
        assert_eq!(seen.header("X-User-Email"), "");
        assert_eq!(seen.header("Authorization"), format!("Bearer {token}"), "it is passed on");
    }
    // A person, who let a program on her desk act.
    let token = tokens::of_person(&stage, "alice", "read admin");
    for path in ["/who", "/admin/users", "/programs/x"] {
        let seen = Seen::from(&stage.send(&with_token(path, &token)));
        assert_eq!(seen.header("X-Auth-Subject"), "user-alice-1", "{path}");
        assert_eq!(seen.header("X-Auth-Client"), "desktop", "{path}");
    }
    // A session on the same route, as before.
    let mut bob = stage.signed_in("bob");
    let seen = Seen::from(&bob.fetch(&stage.at("/who")));
    assert_eq!(seen.header("X-Auth-Subject"), "user-bob-1");
    assert_eq!(seen.header("X-Auth-Issuer"), stage.issuer);
    assert_eq!(seen.header("X-Auth-Client"), "");
    // Both at once: neither decides.
    let both = with_token("/who", &token).header("Cookie", &Stage::cookies(&bob));
    refused(&stage, &both, &[400, 403], "bearer_with_cookie", "error=\"invalid_request\"");
    // What the application's own scheme says is the application's.
    let basic = Request::get("/who").fetch().header("Cookie", &Stage::cookies(&bob));
    let answer = stage.send(&basic.header("Authorization", "Basic YWxhZGRpbjpzZXNhbWU="));
    assert_eq!(Seen::from(&answer).header("Authorization"), "Basic YWxhZGRpbjpzZXNhbWU=");
}

fn a_token_that_is_not_good_is_told_why_and_never_redirected(stage: Stage) {
    let before = stage.served();
    let invalid = "error=\"invalid_token\"";
    let reader = tokens::of_program(&stage, SIGNED_API, "read");
    let other = tokens::of_program(&stage, OTHER_API, "read");
    let mut altered = reader.clone();
    altered.replace_range(reader.len() - 20..reader.len() - 16, "AAAA");
    for (token, code) in [
        ("eyJ9.is.none", "bearer_unreadable"),
        (&altered, "bearer_signature"),
        (&other, "bearer_audience"),
        (&tokens::expired(&stage), "bearer_expired"),
        ("not.a.token", "bearer_inactive"),
        ("two words", "bearer_malformed"),
    ] {
        refused(&stage, &with_token("/who", token), &[401], code, invalid);
        // As a browser asks for a page: a token came, so there is no way to the login.
        let page = Request::get("/who").navigation().header("Authorization", &format!("bearer {token}"));
        refused(&stage, &page, &[401], code, invalid);
    }
    let scope = "error=\"insufficient_scope\"";
    let answer = refused(&stage, &with_token("/admin/users", &reader), &[403], "bearer_scope", scope);
    assert!(answer.header("www-authenticate").unwrap().contains("scope=\"admin\""), "{answer:?}");
    // Two of them: which one an application would take cannot be known.
    let two = with_token("/who", &reader).header("Authorization", "Basic YWxhZGRpbjpzZXNhbWU=");
    let answer = stage.send(&two);
    assert!(matches!(answer.status, 400 | 403), "{}", answer.status);

    // None at all. RFC 6750 section 3.1: who sends no token is told no error, but where to learn more (RFC 9728 section 5.1).
    let metadata = format!("resource_metadata=\"{}\"", stage.at("/.well-known/oauth-protected-resource/api"));
    for (path, request) in [
        ("/who", Request::get("/who").header("Accept", "application/json")),
        ("/programs/x", Request::get("/programs/x").navigation()),
    ] {
        let answer = stage.send(&request);
        assert_eq!(answer.status, 401, "{path}");
        assert_eq!(answer.header("location"), None, "{path}");
        let first = answer.all("www-authenticate").next().unwrap().to_owned();
        assert!(first.starts_with("Bearer realm=\"quickstart\""), "{path}: {first}");
        assert!(first.contains(&metadata) && !first.contains("error"), "{path}: {first}");
        let bearer = answer.all("www-authenticate").filter(|line| line.starts_with("Bearer")).count();
        assert_eq!(bearer, 1, "{path}: {answer:?}");
    }
    // A person who opens a page is led to the login, and told nothing of tokens.
    let page = stage.send(&Request::get("/who").navigation());
    assert_eq!(page.status, 302);
    assert_eq!(page.header("www-authenticate"), None);
    assert_eq!(stage.served(), before + 1, "the application was asked");
}

/// The answer to a request that is refused for its token: one challenge, in its words, and no way to anywhere.
fn refused(stage: &Stage, request: &Request, status: &[u16], code: &str, error: &str) -> Answer {
    let answer = stage.send(request);
    assert!(status.contains(&answer.status), "{code}: {} {}", answer.status, answer.body);
    assert_eq!(answer.header("vestibule-refusal"), Some(code));
    assert_eq!(answer.header("location"), None, "{code}");
    let challenge = answer.header("www-authenticate").unwrap_or_else(|| panic!("{code}: no challenge"));
    assert!(challenge.contains(error), "{code}: {challenge}");
    answer
}

fn identity_headers_beside_a_token_reach_nobody(stage: Stage) {
    let token = tokens::of_program(&stage, SIGNED_API, "read");
    for name in ["X-Auth-Subject", "X-Auth-Client", "X_Auth_Client", "x.auth.issuer", "X-User-Groups"] {
        let answer = stage.send(&with_token("/who", &token).header(name, "forged-by-the-caller"));
        assert!(!answer.body.contains("forged-by-the-caller"), "{name} reached the application");
        if answer.is_application() {
            let seen = Seen::from(&answer);
            assert_eq!(seen.header("X-Auth-Client"), "reporting", "{name}");
            assert_eq!(seen.header("X-Auth-Subject"), "", "{name}");
        } else {
            assert!(matches!(answer.status, 400 | 403), "{name}: {}", answer.status);
        }
    }
    for connection in ["close, X-Auth-Client", "X-Auth-Issuer"] {
        let answer = stage.send(&with_token("/who", &token).header("Connection", connection));
        if answer.is_application() {
            assert_eq!(Seen::from(&answer).header("X-Auth-Client"), "reporting", "{connection}");
        } else {
            assert!(matches!(answer.status, 400 | 403), "{connection}: {}", answer.status);
        }
    }
}

/// RFC 9728 section 3.
fn what_callers_may_know_before_they_have_a_token_is_public(stage: Stage) {
    let before = stage.served();
    for path in ["/.well-known/oauth-protected-resource/api", "/oidc/quickstart/oauth-protected-resource"] {
        let answer = stage.send(&Request::get(path).header("Accept", "application/json"));
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{path}");
        let document: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(document["resource"], stage.at("/api"));
        assert_eq!(document["authorization_servers"][0], stage.issuer);
    }
    for path in ["/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/other"] {
        assert_eq!(stage.send(&Request::get(path)).status, 404, "{path}");
    }
    assert_eq!(stage.send(&Request::get("/.well-known/other").fetch()).status, 401, "guarded");
    assert_eq!(stage.served(), before + 1, "the application was asked");
}

fn a_grpc_call_from_a_browser_and_a_preflight_are_programs(stage: Stage) {
    let token = tokens::of_program(&stage, SIGNED_API, "read");
    let call = || {
        Request { method: "POST", body: Some("\0\0\0\0\x02\x08\x01".to_owned()), ..Request::get("/a.B/C") }
            .header("Content-Type", "application/grpc-web+proto")
            .header("Accept", "application/grpc-web-text, application/json")
            .header("X-Grpc-Web", "1")
            .header("Sec-Fetch-Mode", "cors")
            .header("Sec-Fetch-Dest", "empty")
    };
    let answer = stage.send(&call());
    assert_eq!((answer.status, answer.header("location")), (401, None));
    let seen = Seen::from(&stage.send(&call().header("Authorization", &format!("Bearer {token}"))));
    assert_eq!((seen.method.as_str(), seen.url.as_str()), ("POST", "/a.B/C"));
    assert_eq!(seen.header("Content-Type"), "application/grpc-web+proto");
    assert_eq!(seen.header("Content-Length"), "7");
    assert_eq!(seen.header("X-Auth-Client"), "reporting");

    // No browser sends a token with a preflight (Fetch section 4.8).
    let preflight = Request { method: "OPTIONS", ..Request::get("/who") }
        .header("Origin", "https://page.example")
        .header("Access-Control-Request-Method", "GET")
        .header("Access-Control-Request-Headers", "authorization");
    let answer = stage.send(&preflight);
    assert_eq!((answer.status, answer.header("location")), (401, None));
}

/// How an attacker writes the way to `/admin`, and how the name.
const WAYS_TO: [&str; 20] = [
    "/",
    "//",
    "/./",
    "/;/",
    "/;a=b/",
    "/x/../",
    "/x/..;/",
    "/x//../",
    "/%2e/",
    "/x/%2e%2e/",
    "/x/..%2f",
    "/x%2f..%2f",
    "/x/..%5c",
    "/x\\..\\",
    "/(S(x))/",
    "/x/..%00/",
    "/x/%252e%252e/",
    "/x/..%20/",
    "/%5c",
    "/x/.%09./",
];
const NAMES: [&str; 20] = [
    "admin",
    "ADMIN",
    "%61dmin",
    "%2561dmin",
    "admin;a=b",
    "admin;",
    "admin%3b",
    "admin%20",
    "admin+",
    "admin.",
    "admin%00",
    "adm%C4%B1n",
    "%EF%BD%81dmin",
    "%E1%B5%83dmin",
    "admin::$DATA",
    "ad%09min",
    "admin%3f",
    "admin%23",
    "adm/(S(x))in",
    "admin&",
];

/// B-03 to B-08, B-18: whatever a proxy makes of a path, the application gets none that it could take for one under a rule whose scope
/// the token lacks.
fn no_spelling_of_a_path_brings_a_token_to_what_a_rule_guards(stage: Stage) {
    let token = tokens::of_program(&stage, SIGNED_API, "read");
    let (mut asked, mut seen_by_it) = (0, Vec::new());
    for way in WAYS_TO {
        for name in NAMES {
            asked += 1;
            let answer = stage.send(&with_token(&format!("{way}{name}/users?x=1"), &token));
            if answer.is_application() {
                seen_by_it.push(Seen::from(&answer).url);
            } else {
                assert!((400..500).contains(&answer.status), "{way}{name}: {}", answer.status);
            }
        }
    }
    assert_eq!(asked, 400);
    for url in &seen_by_it {
        let path = url.split('?').next().unwrap();
        for (reader, read) in readers(path) {
            assert!(read != "/admin" && !read.starts_with("/admin/"), "{reader} takes {url} for {read}");
        }
    }
    // With the scope it is let in where it is written plainly.
    let admin = tokens::of_person(&stage, "alice", "read admin");
    assert!(stage.send(&with_token("/admin/users", &admin)).is_application());
}

/// What applications take a path for.
fn readers(path: &str) -> Vec<(&'static str, String)> {
    let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let cut = |text: &str, at: &[char]| text.split(at).next().unwrap_or_default().to_owned();
    let tidy = |text: &str| {
        let mut kept: Vec<&str> = Vec::new();
        for segment in text.split('/') {
            match segment {
                "" | "." => {}
                ".." => _ = kept.pop(),
                _ => kept.push(segment),
            }
        }
        format!("/{}", kept.join("/"))
    };
    let without_parameters =
        |text: &str| text.split('/').map(|segment| cut(segment, &[';'])).collect::<Vec<_>>().join("/");
    let of_windows = |text: &str| {
        let text = text.replace('\\', "/");
        let names = text.split('/').map(|name| match name.trim_matches(' ') {
            "." | ".." => name.trim_matches(' ').to_owned(),
            other => cut(other, &[':']).trim_end_matches(['.', ' ']).to_owned(),
        });
        names.collect::<Vec<_>>().join("/")
    };
    let without_session = |text: &str| text.replace("/(S(x))", "");
    let (once, twice) = (decoded(path), decoded(&decoded(path)));
    let plain: String = twice.chars().filter(|sign| !sign.is_control()).collect();
    vec![
        ("Express", tidy(path).to_lowercase()),
        ("a WSGI application", tidy(&once)),
        ("whoever decodes twice", tidy(&twice)),
        ("Spring", tidy(&decoded(&without_parameters(path)))),
        ("Tomcat", tidy(&without_parameters(&once))),
        ("Shiro", tidy(&cut(&once, &[';']))),
        ("C", tidy(&cut(&once, &['\0']))),
        ("a rewrite into a query", tidy(&cut(&once, &['&', '?', '#']))),
        ("WHATWG", tidy(&plain.replace('\\', "/"))),
        ("IIS", tidy(&of_windows(&once)).to_lowercase()),
        ("ASP.NET", tidy(&without_session(&once)).to_lowercase()),
        ("NFKC", tidy(&once.replace(['\u{ff41}', '\u{1d43}'], "a").replace('\u{131}', "i"))),
    ]
}

/// CVE-2018-14773 and its like: what an application may go by instead of the request line.
fn a_header_that_names_another_path_or_method_reaches_no_application(stage: Stage) {
    let token = tokens::of_program(&stage, SIGNED_API, "read");
    for name in ["X-Original-URL", "X-Rewrite-URL", "x_original_url", "X.Rewrite.Url"] {
        for value in ["/admin/users", "http://app.localhost/admin/users"] {
            let answer = stage.send(&with_token("/who", &token).header(name, value));
            assert!(!answer.body.contains("/admin/users"), "{name} reached the application");
            assert!(
                answer.is_application() || matches!(answer.status, 400 | 403),
                "{name}: {}",
                answer.status
            );
        }
    }
    // A rule of the stage minds no method, so nothing is evaded.
    let answer = stage.send(&with_token("/who", &token).header("X-HTTP-Method-Override", "DELETE"));
    assert!(answer.is_application(), "{}", answer.status);
}

/// nginx passes on the address of a page decoded: none that has a blank or a line break is a page, for vestibule would be asked in other
/// words than nginx was.
fn a_line_break_in_the_address_of_a_page_ends_no_line(stage: Stage) {
    for page in ["/.well-known/oauth-protected-resource/api", "/oidc/quickstart/oauth-protected-resource"] {
        assert_eq!(stage.send(&Request::get(format!("{page}?x:y"))).status, 200, "{page}");
        for more in ["%0a", "%0d%0a", "%20HTTP/1.1%0a", "/x%20HTTP/1.1%0d%0a", "/%0d", "/%20x"] {
            let answer = stage.send(&Request::get(format!("{page}{more}?x:y")).fetch());
            // Asked about like every other page of the application, or not there.
            assert!(matches!(answer.status, 401 | 404), "{page}{more}: {}", answer.status);
        }
    }
}

/// nginx itself refuses a line of more than 8 KiB, before it asks, unless it is told otherwise.
fn a_token_of_six_kilobytes_is_read(stage: Stage) {
    let answer = stage.send(&with_token("/who", &"a".repeat(6 * 1024)));
    assert_eq!((answer.status, answer.header("vestibule-refusal")), (401, Some("bearer_inactive")));
    let answer = stage.send(&with_token("/who", &"a".repeat(12 * 1024)));
    let is_nginx = stage.folder.join("proxy/nginx.conf").exists();
    let expected = if is_nginx { (400, None) } else { (401, Some("bearer_inactive")) };
    assert_eq!((answer.status, answer.header("vestibule-refusal")), expected);
}

fn curl_and_git_get_through_with_a_token(stage: Stage) {
    if let Some(missing) = missing(&["curl", "git"]) {
        return skip(&missing);
    }
    let token = tokens::of_program(&stage, SIGNED_API, "read");
    let asked = tokens::curl(&stage)
        .args(["--oauth2-bearer", &token, "--header", "Accept: application/json"])
        .arg(stage.at("/programs/x"))
        .output()
        .unwrap();
    let seen: Seen = serde_json::from_slice(&asked.stdout).unwrap();
    assert_eq!(seen.header("X-Auth-Client"), "reporting");
    let asked = tokens::curl(&stage)
        .args(["--oauth2-bearer", "not.a.token", "--write-out", "%{http_code} %{redirect_url}"])
        .args(["--output", "/dev/null"])
        .arg(stage.at("/programs/x"))
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&asked.stdout), "401 ");

    // The application has no repository. What counts is whether git is let through to be told so.
    let before = stage.served();
    let said = git(&stage, &format!("Authorization: Bearer {token}"));
    assert!(stage.served() > before + 1, "git did not reach the application: {said}");
    assert!(said.contains("not valid: is this a git repository?"), "{said}");
    let before = stage.served();
    for header in ["Authorization: Bearer not.a.token", "X-Nothing: here"] {
        let said = git(&stage, header);
        assert!(said.contains("could not read Username"), "{header}: {said}");
    }
    assert_eq!(stage.served(), before + 1, "git reached the application");
}

/// What git says, without anything that the person who runs this has set up.
fn git(stage: &Stage, header: &str) -> String {
    let output = Command::new(tool("git"))
        .args(["-c", "credential.helper=", "-c", "http.proxy=", "-c"])
        .arg(format!("http.curloptResolve={HOST}:{}:127.0.0.1", stage.proxy_port))
        .args(["-c", &format!("http.extraHeader={header}"), "ls-remote"])
        .arg(stage.at("/programs/some.git"))
        .current_dir(&stage.folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("LC_ALL", "C")
        .output()
        .unwrap();
    assert!(!output.status.success(), "there is no repository");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn a_token_that_is_to_be_removed_ends_here(stage: Stage) {
    let token = tokens::of_program(&stage, SIGNED_API, "read");
    let seen = Seen::from(&stage.send(&with_token("/who", &token)));
    assert_eq!(seen.header("X-Auth-Client"), "reporting");
    assert_eq!(seen.header("Authorization"), "");
    // The application's own scheme still reaches it, for somebody who is signed in.
    let cookies = Stage::cookies(&stage.signed_in("alice"));
    let request = Request::get("/who").fetch().header("Cookie", &cookies);
    assert_eq!(Seen::from(&stage.send(&request)).header("Authorization"), "");
    let answer = stage.send(&request.header("Authorization", "Basic YWxhZGRpbjpzZXNhbWU="));
    assert_eq!(Seen::from(&answer).header("Authorization"), "Basic YWxhZGRpbjpzZXNhbWU=");
}

/// RFC 9449 sections 4.3, 7.1 and 9.
fn a_token_bound_to_a_key_needs_a_proof_for_the_public_address(stage: Stage) {
    let prover = Prover::new();
    let token = tokens::bound_to(&stage, &prover);
    let ask = |proof: &str| {
        Request::get("/who?x=1")
            .header("Accept", "application/json")
            .header("Authorization", &format!("DPoP {token}"))
            .header("DPoP", proof)
    };
    let proof = |address: &str, nonce| prover.proof("GET", address, Some(&token), nonce);
    let here = stage.at("/who");

    let first = ask(&proof(&here, None));
    let answer = refused(&stage, &first, &[401], "dpop_nonce", "error=\"use_dpop_nonce\"");
    let nonce = answer.header("dpop-nonce").expect("a nonce").to_owned();
    let nonce = Some(nonce.as_str());
    let good = proof(&here, nonce);
    assert_eq!(Seen::from(&stage.send(&ask(&good))).header("X-Auth-Client"), "reporting");

    let invalid = "error=\"invalid_dpop_proof\"";
    refused(&stage, &ask(&good), &[401], "dpop_replayed", invalid);
    for elsewhere in [
        "http://app.localhost/who".to_owned(),
        stage.at("/other"),
        here.replace("http://", "https://"),
        here.replace("app.localhost", "127.0.0.1"),
    ] {
        refused(&stage, &ask(&proof(&elsewhere, nonce)), &[401], "dpop_proof_url", invalid);
    }
    let thief = Prover::new().proof("GET", &here, Some(&token), nonce);
    refused(&stage, &ask(&thief), &[401], "dpop_proof_other_key", invalid);
    refused(&stage, &with_token("/who", &token), &[401], "dpop_as_bearer", "error=\"invalid_token\"");
    // One that is bound to nothing is still taken.
    let plain = tokens::of_program(&stage, SIGNED_API, "read");
    assert!(stage.send(&with_token("/who", &plain)).is_application());
}

/// RFC 8705 section 3: each proxy asks callers for a certificate, and passes on what they showed whatever they say that it was.
#[test]
fn a_token_bound_to_a_certificate_needs_it_at_each_proxy() {
    for proxy in [Proxy::Nginx, Proxy::Traefik, Proxy::Traefik33, Proxy::Caddy] {
        if let Some(missing) = missing(&["curl"]) {
            return skip(&missing);
        }
        let setup = Setup { registration: Registration::ApiOverTls, ..Setup::behind(proxy) };
        let Some(stage) = setup.start() else { return };
        let token = tokens::bound_to_certificate(&stage, "client.pem", "p256_pkcs8.pem");
        let ask = |address: &str, shown: &[&str]| {
            let output = tokens::curl(&stage)
                // The certificate is that of the provider: whose the proxy's is does not matter here.
                .args(["--insecure", "--oauth2-bearer", &token, "--header", "Accept: application/json"])
                .args(["--write-out", "%{stderr}%{http_code} %header{vestibule-refusal}"])
                .args(shown)
                .arg(address)
                .output()
                .unwrap();
            (String::from_utf8_lossy(&output.stderr).into_owned(), output.stdout)
        };
        let address = format!("https://{HOST}:{}/who", stage.proxy_tls_port);
        let (certificate, key) = (tokens::in_keys("client.pem"), tokens::in_keys("p256_pkcs8.pem"));
        let (said, body) = ask(&address, &["--cert", &certificate, "--key", &key]);
        assert_eq!(said, "200 ", "{proxy:?}");
        let seen: Seen = serde_json::from_slice(&body).unwrap();
        assert_eq!(seen.header("X-Auth-Client"), "bound", "{proxy:?}");

        let (other, its_key) = (tokens::in_keys("stranger.pem"), tokens::in_keys("p384_sec1.pem"));
        assert_eq!(
            ask(&address, &["--cert", &other, "--key", &its_key]).0,
            "401 bearer_certificate_other",
            "{proxy:?}"
        );
        // Whoever has the token mostly has the certificate, too: it is no secret.
        let pem = std::fs::read_to_string(&certificate).unwrap();
        let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        for name in ["X-Client-Cert", "X-Forwarded-Tls-Client-Cert", "X_Client_Cert"] {
            for address in [&address, &stage.at("/who")] {
                let (said, _) = ask(address, &["--header", &format!("{name}: {base64}")]);
                assert_eq!(said, "401 bearer_certificate_missing", "{proxy:?} {name} {address}");
            }
        }
    }
}
