//! What an application gets beside claims, through each real proxy with the lines of its shipped configuration that are comments without
//! these settings (R-14.4, R-14.5, R-14.7, C-01, C-02, C-12, C-15).

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::http::{Answer, Request};
use crate::seeds;
use crate::stage::{Seen, Stage, root, tool};
use crate::through::through_each_proxy;

/// Everything at once.
pub(crate) const LINES: &str = "    assertion: { key_file: assertion.pem }
    session_expires_header: X-Auth-Session-Expires
    access_token_header: X-Auth-Access-Token
    id_token_header: X-Auth-ID-Token
    strip_cookie: true
    rules:
      - { path: /open/*, policy: public }
      - { path: /maybe/*, policy: optional }
";
pub(crate) const HEADERS: &[&str] = &[OURS[0], OURS[1], OURS[2], OURS[3], "Cookie"];
pub(crate) const AS_AUTHORIZATION: &str = "    access_token_header: Authorization
    rules: [{ path: /open/*, policy: public }, { path: /maybe/*, policy: optional }]
";
/// Those that no caller may send.
const OURS: [&str; 4] =
    ["X-Auth-Assertion", "X-Auth-Session-Expires", "X-Auth-Access-Token", "X-Auth-ID-Token"];
/// What a forger sends; nothing of it may reach the application.
const FORGED: &str = "forged-by-the-caller";

through_each_proxy!(
    each_header_has_its_true_value_and_none_for_nobody: Registration::Passed(crate::passed::LINES, crate::passed::HEADERS),
    forged_headers_and_their_aliases_reach_nobody: Registration::Passed(crate::passed::LINES, crate::passed::HEADERS),
    the_application_gets_every_cookie_but_ours: Registration::Passed(crate::passed::LINES, crate::passed::HEADERS),
    each_step_of_a_rotation_verifies_what_the_step_before_signed:
        Registration::Passed(crate::passed::LINES, crate::passed::HEADERS),
    authorization_is_the_access_token_of_the_session_or_nothing:
        Registration::Passed(crate::passed::AS_AUTHORIZATION, &["Authorization"]),
);

fn each_header_has_its_true_value_and_none_for_nobody(stage: Stage) {
    let mut alice = stage.signed_in("alice");
    for path in ["/who", "/maybe/x"] {
        let seen = seen(&alice.fetch(&stage.at(path)));
        assert_eq!(seen.header("X-Auth-Subject"), "user-alice-1", "{path}");
        let ends: u64 = seen.header("X-Auth-Session-Expires").parse().unwrap();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        assert!((now + 8 * 3600 - 60..=now + 8 * 3600 + 60).contains(&ends), "{path}: {ends}");
        assert!(!seen.header("X-Auth-Access-Token").is_empty(), "{path}");
        assert_eq!(seen.header("X-Auth-ID-Token").split('.').count(), 3, "{path}");

        let keys = published(&stage);
        let jwt = seen.header("X-Auth-Assertion");
        let payload = verified(&stage, jwt, &keys, &stage.origin).unwrap();
        assert_eq!(payload["sub"], "user-alice-1");
        assert_eq!(payload["email"], "alice@example.com");
        assert_eq!(payload["groups"], json!(["admins", "readers"]));
        assert_eq!(payload["idp"], stage.issuer);
        // Elsewhere it proves nothing, nor by another's key.
        let other = verified(&stage, jwt, &keys, "http://other.localhost").unwrap_err();
        assert_eq!(other, "ERR_JWT_CLAIM_VALIDATION_FAILED aud");
        let strangers = json!({ "keys": [crate::client_keys::ec_key().1] });
        assert!(verified(&stage, jwt, &strangers, &stage.origin).is_err());
    }
    for request in [
        Request::get("/open/x").fetch(),
        Request::get("/open/x").fetch().header("Cookie", &Stage::cookies(&alice)),
        Request::get("/maybe/x").fetch(),
    ] {
        let seen = seen(&stage.send(&request));
        for name in OURS {
            assert_eq!(seen.header(name), "", "{name}: {request:?}");
        }
        assert_eq!(seen.header("X-Auth-Subject"), "");
    }
}

/// The spoof table: each name and what some take for it, signed in, on a public path, and where a session is optional.
fn forged_headers_and_their_aliases_reach_nobody(stage: Stage) {
    let cookies = Stage::cookies(&stage.signed_in("alice"));
    let (mut refused, mut blanked) = (0, 0);
    for name in OURS {
        let aliases = [
            name.to_owned(),
            name.to_ascii_lowercase(),
            name.to_ascii_uppercase(),
            name.replace('-', "_"),
            name.replace('-', "."),
            name.replacen('-', "_", 1),
            name.to_ascii_lowercase().replace('-', "_"),
        ];
        for alias in aliases {
            for (path, signed_in) in [
                ("/", true),
                ("/", false),
                ("/open/x", true),
                ("/open/x", false),
                ("/maybe/x", true),
                ("/maybe/x", false),
            ] {
                let mut request = Request::get(path).fetch().header(&alias, FORGED);
                if signed_in {
                    request = request.header("Cookie", &cookies);
                }
                let answer = stage.send(&request);
                assert!(!answer.body.contains(FORGED), "{alias} reached the application at {path}");
                if !answer.is_application() {
                    assert!(matches!(answer.status, 400 | 401 | 403), "{alias} {path}: {}", answer.status);
                    refused += 1;
                    continue;
                }
                blanked += 1;
                let seen = seen(&answer);
                let is_known = signed_in && path != "/open/x";
                assert!(is_known || path != "/", "{alias}: in without a session");
                assert_eq!(seen.header(name).is_empty(), !is_known, "{alias} {path}");
            }
        }
        for path in ["/", "/open/x"] {
            let connection = format!("close, {name}");
            let request =
                Request::get(path).fetch().header("Cookie", &cookies).header("Connection", &connection);
            let answer = stage.send(&request);
            if answer.is_application() {
                assert_eq!(seen(&answer).header(name).is_empty(), path != "/", "{connection} {path}");
            } else {
                assert!(matches!(answer.status, 400 | 403), "{connection} {path}: {}", answer.status);
            }
        }
    }
    assert_eq!(refused + blanked, OURS.len() * 7 * 6);
}

fn the_application_gets_every_cookie_but_ours(stage: Stage) {
    let mut alice = stage.signed_in("alice");
    let session = Stage::cookies(&alice);
    assert!(session.contains("vestibule_quickstart="), "{session}");
    let flow = "vestibule_flow.abc=x";
    let sent = format!("theme=dark; {session}; {flow}; lang=\"de\"");
    let ask = |path: &str, cookie: &str| Request::get(path).fetch().header("Cookie", cookie);
    for path in ["/", "/open/x", "/maybe/x"] {
        let answer = stage.send(&ask(path, &sent));
        assert!(!answer.body.contains("vestibule_"), "{path}: {}", answer.body);
        assert_eq!(seen(&answer).header("Cookie"), "theme=dark; lang=\"de\"", "{path}");
        let answer = stage.send(&ask(path, &session));
        assert_eq!(seen(&answer).header("Cookie"), "", "{path}: nothing but ours");
        let two = ask(path, "theme=dark").header("Cookie", &session).header("Cookie", "lang=de");
        assert_eq!(seen(&stage.send(&two)).header("Cookie"), "theme=dark; lang=de", "{path}");
        if path != "/" {
            assert_eq!(seen(&stage.send(&Request::get(path).fetch())).header("Cookie"), "", "{path}");
            assert_eq!(seen(&stage.send(&ask(path, "theme=dark"))).header("Cookie"), "theme=dark", "{path}");
        }
    }
    // vestibule's own pages get theirs.
    assert_eq!(alice.fetch(&stage.own("session")).status, 200);
    let posted = alice.ask(&stage.at("/form"), |target| Request::post(target, "a=1").fetch());
    assert_eq!(seen(&posted).header("Cookie"), "");
}

fn each_step_of_a_rotation_verifies_what_the_step_before_signed(mut stage: Stage) {
    let steps = [
        "key_file: assertion.pem }",
        "key_file: assertion.pem, further_key_files: [next.pem] }",
        "key_file: next.pem, further_key_files: [assertion.pem] }",
        "key_file: next.pem }",
    ];
    let mut before: Option<(String, Value)> = None;
    let mut kids = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        if index > 0 {
            stage.change_clients(|text| text.replace(steps[index - 1], step));
        }
        let keys = published(&stage);
        if let Some((signed, old_keys)) = &before {
            // What is still under way, by the keys of now and by those that somebody has kept.
            for keys in [&keys, old_keys] {
                verified(&stage, signed, keys, &stage.origin).unwrap();
            }
        }
        let mut alice = stage.signed_in("alice");
        let jwt = seen(&alice.fetch(&stage.at("/who"))).header("X-Auth-Assertion").to_owned();
        verified(&stage, &jwt, &keys, &stage.origin).unwrap();
        if let Some((_, old_keys)) = &before {
            verified(&stage, &jwt, old_keys, &stage.origin).expect("signed by a key that was known before");
        }
        kids.push(jwt.split('.').next().unwrap().to_owned());
        before = Some((jwt, keys));
    }
    assert!(kids[0] == kids[1] && kids[1] != kids[2] && kids[2] == kids[3], "{kids:?}");
}

fn authorization_is_the_access_token_of_the_session_or_nothing(stage: Stage) {
    let cookies = Stage::cookies(&stage.signed_in("alice"));
    for own in [None, Some("Basic Zm9yZ2VkOmJ5LXRoZS1jYWxsZXI="), Some("Bearer forged-by-the-caller")] {
        for (path, signed_in) in [("/", true), ("/maybe/x", true), ("/maybe/x", false), ("/open/x", true)] {
            let mut request = Request::get(path).fetch();
            if signed_in {
                request = request.header("Cookie", &cookies);
            }
            if let Some(own) = own {
                request = request.header("Authorization", own);
            }
            let seen = seen(&stage.send(&request));
            let value = seen.header("Authorization");
            if signed_in && path != "/open/x" {
                let token = value.strip_prefix("Bearer ").unwrap_or_else(|| panic!("{path}: {value:?}"));
                assert!(token.len() > 20 && !token.contains("forged"), "{path}");
            } else {
                assert_eq!(value, "", "{path} {own:?}");
            }
        }
    }
}

/// What the application saw. What is secret of it may be in no log.
fn seen(answer: &Answer) -> Seen {
    let seen = Seen::from(answer);
    for name in ["X-Auth-Access-Token", "X-Auth-ID-Token", "X-Auth-Assertion"] {
        seeds::value(seen.header(name).rsplit('.').next().unwrap());
    }
    if let Some(token) = seen.header("Authorization").strip_prefix("Bearer ") {
        seeds::value(token);
    }
    seen
}

/// The keys, asked for at the proxy as an application would.
fn published(stage: &Stage) -> Value {
    let answer = stage.send(&Request::get("/oidc/quickstart/assertion-keys.json"));
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("cache-control"), Some("public, max-age=300"));
    serde_json::from_str(&answer.body).unwrap()
}

/// What npm jose says of an assertion: its claims, or why it is none.
fn verified(stage: &Stage, jwt: &str, keys: &Value, audience: &str) -> Result<Value, String> {
    let mut node = Command::new(tool("node"))
        .arg(root().join("tests/proxies/verify_assertion.mjs"))
        .arg(root().join("target/tools/npm/node_modules"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let question = json!({ "jwt": jwt, "keys": keys, "issuer": stage.own("").trim_end_matches('/'), "audience": audience });
    node.stdin.take().unwrap().write_all(question.to_string().as_bytes()).unwrap();
    let output = node.wait_with_output().unwrap();
    assert!(output.status.success());
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    match answer.get("payload") {
        Some(payload) => Ok(payload.clone()),
        None => Err(answer["code"].as_str().unwrap().to_owned()),
    }
}
