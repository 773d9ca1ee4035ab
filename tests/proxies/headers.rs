//! Headers in the full form, through each real proxy: what is encoded is read back by what others wrote, and nobody but vestibule fills
//! any of them.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::http::Request;
use crate::stage::{Seen, Stage, missing, skip, tool};
use crate::through::through_each_proxy;

/// The client's lines in clients.yaml: the name of a person by every encoding, a list by two, one that is picked, and those of oauth2-proxy.
pub(crate) const LINES: &str = "    headers:
      X-Name-Percent: { claim: name }
      X-Name-Utf8: { claim: name, encoding: utf8 }
      X-Name-Rfc2047: { claim: name, encoding: rfc2047 }
      X-Name-Quoted: { claim: name, encoding: quoted_printable }
      X-Name-Base64: { claim: name, encoding: base64 }
      X-Name-Ascii: { claim: name, encoding: ascii_fold }
      X-Groups-Json: { claim: groups, from: userinfo, list: json }
      X-Groups-Quoted: { claim: groups, encoding: rfc2047 }
      X-Role: { claim: groups, allow: admins, default: guest }
      X-From-Id: { claim: groups, from: id_token }
    header_names: oauth2_proxy
    rules:
      - { path: /public/*, policy: public }
      - { path: /optional/*, policy: optional }
";

/// Their names.
pub(crate) const NAMES: [&str; 14] = [
    "X-Name-Percent",
    "X-Name-Utf8",
    "X-Name-Rfc2047",
    "X-Name-Quoted",
    "X-Name-Base64",
    "X-Name-Ascii",
    "X-Groups-Json",
    "X-Groups-Quoted",
    "X-Role",
    "X-From-Id",
    "X-Auth-Request-User",
    "X-Auth-Request-Email",
    "X-Auth-Request-Preferred-Username",
    "X-Auth-Request-Groups",
];

/// What a forger sends.
const FORGED: &str = "forged-by-the-caller";

/// Reads `[[encoding, value]]` and writes the texts, by nothing but Python's own library. The application gives each byte as a
/// character, as servers do.
const READER: &str = r#"
import base64, email.header, json, quopri, sys, urllib.parse
text = lambda value: value.encode("latin-1").decode("utf-8")
word = lambda part, charset: part.decode(charset or "ascii") if isinstance(part, bytes) else part
readers = {
    "percent": urllib.parse.unquote,
    "utf8": text,
    "rfc2047": lambda value: "".join(word(*part) for part in email.header.decode_header(value)),
    "quoted_printable": lambda value: quopri.decodestring(value).decode(),
    "base64": lambda value: base64.b64decode(value, validate=True).decode(),
}
print(json.dumps([readers[encoding](value) for encoding, value in json.load(sys.stdin)]))
"#;

through_each_proxy!(
    what_is_encoded_is_read_back_by_others: Registration::Headers,
    nobody_but_vestibule_fills_any_header: Registration::Headers,
);

fn what_is_encoded_is_read_back_by_others(stage: Stage) {
    if let Some(missing) = missing(&["python"]) {
        return skip(&missing);
    }
    let mut bob = stage.signed_in("bob");
    let seen = Seen::from(&bob.fetch(&stage.at("/who")));
    let name = "B\u{f8}b M\u{fc}ller \u{9b91}\u{52c3}";
    let values = json!([
        ["percent", seen.header("X-Name-Percent")],
        ["utf8", seen.header("X-Name-Utf8")],
        ["rfc2047", seen.header("X-Name-Rfc2047")],
        ["quoted_printable", seen.header("X-Name-Quoted")],
        ["base64", seen.header("X-Name-Base64")],
    ]);
    assert_eq!(read(&values.to_string()), [name; 5]);
    assert_eq!(seen.header("X-Name-Ascii"), "Bob Muller Bao Bo");

    let groups: Vec<String> = serde_json::from_str(seen.header("X-Groups-Json")).unwrap();
    assert_eq!(groups, ["readers", "R&D, Oslo"]);
    let each: Vec<_> =
        seen.header("X-Groups-Quoted").split(',').map(|item| json!(["rfc2047", item])).collect();
    assert_eq!(read(&json!(each).to_string()), ["readers", "R&D, Oslo"]);
    assert_eq!(seen.header("X-Role"), "guest");
    assert_eq!(seen.header("X-From-Id"), "", "the ID token has none");
    assert_eq!(seen.header("X-Auth-Request-User"), "user-bob-1");
    assert_eq!(seen.header("X-Auth-Request-Email"), "bob@example.com");
    assert_eq!(seen.header("X-Auth-Request-Preferred-Username"), "bob");
    assert_eq!(seen.header("X-Auth-Request-Groups"), "readers,R&D%2C%20Oslo");
    let seen = Seen::from(&stage.signed_in("alice").fetch(&stage.at("/who")));
    assert_eq!(seen.header("X-Role"), "admins");
}

/// Somebody with claims and somebody without, on a route that asks who they are and on those that do not, send every header under its own
/// name and under each that an application may take for it.
fn nobody_but_vestibule_fills_any_header(stage: Stage) {
    let carol = Stage::cookies(&stage.signed_in("carol"));
    let alice = Stage::cookies(&stage.signed_in("alice"));
    let own = ["X-Auth-Subject", "X-User-Email", "X-User-Name", "X-User-Preferred-Username", "X-User-Groups"];
    let nobody = Seen::from(&stage.send(&Request::get("/public/x").fetch()));
    for name in own.iter().chain(&NAMES) {
        assert_eq!(nobody.header(name), "", "{name} of nobody");
    }
    let asked = [("/who", &alice), ("/who", &carol), ("/public/x", &alice), ("/optional/x", &String::new())];
    let truths =
        asked.map(|(path, cookies)| Seen::from(&stage.send(&with_cookies(Request::get(path), cookies))));
    for name in ["X-Auth-Subject", "X-Name-Utf8", "X-Groups-Json", "X-Role", "X-Auth-Request-Email"] {
        assert_ne!(truths[0].header(name), "", "{name} of alice");
    }
    let mut tried = 0;
    for name in own.iter().chain(&NAMES) {
        let aliases = [
            (*name).to_owned(),
            name.to_ascii_uppercase(),
            name.replace('-', "_"),
            name.replace('-', "."),
            name.replacen('-', "_", 1),
        ];
        for alias in aliases {
            for ((path, cookies), truth) in asked.iter().zip(&truths) {
                let request = with_cookies(Request::get(path), cookies).header(&alias, FORGED);
                let answer = stage.send(&request);
                assert!(!answer.body.contains(FORGED), "{alias} on {path} reached the application");
                if answer.is_application() {
                    assert_eq!(Seen::from(&answer).header(name), truth.header(name), "{alias} on {path}");
                } else {
                    assert!(matches!(answer.status, 400 | 403), "{alias} on {path}: {}", answer.status);
                }
                tried += 1;
            }
            let stripped = Request::get("/who").header("Connection", &format!("close, {alias}"));
            let answer = stage.send(&with_cookies(stripped, &alice));
            if answer.is_application() {
                assert_eq!(Seen::from(&answer).header(name), truths[0].header(name), "Connection: {alias}");
            } else {
                assert!(matches!(answer.status, 400 | 403), "Connection: {alias}: {}", answer.status);
            }
        }
    }
    assert_eq!(tried, (own.len() + NAMES.len()) * 5 * asked.len());
}

fn with_cookies(request: Request, cookies: &str) -> Request {
    let request = request.fetch();
    if cookies.is_empty() { request } else { request.header("Cookie", cookies) }
}

fn read(values: &str) -> Vec<String> {
    let mut python = Command::new(tool("python"))
        .args(["-c", READER])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    python.stdin.take().unwrap().write_all(values.as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}
