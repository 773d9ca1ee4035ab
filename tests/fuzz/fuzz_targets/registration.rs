//! A provider's answer to a registration, and the entry of clients.yaml that is written from it.
//!
//! Input: status and media type on a line, then the body. A letter before the status is how the client is to prove itself: `p` by
//! form, `n` not at all. Or, after a line `file`, a clients.yaml to which an entry is added; or, after a line `secrets`, a
//! client_secrets.json.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value, json};
use vestibule::config::entry::{Entry, EntrySecret};
use vestibule::config::source::{Contents, Environment, FileFault, Files};
use vestibule::config::{check, client_secrets};
use vestibule::protocol::dynamic_registration::{AuthenticationMethod, Note, Registered, Wanted, judge};
use vestibule::protocol::pushed;
use vestibule::protocol::registration::SigningAlgorithm;
use vestibule_fuzz::provider::NOW;
use vestibule_fuzz::{ISSUER, answer, check_refusal, first_line};

const REDIRECT_URI: &str = "https://app.example.com/oidc/app/callback";
const SIGNED_OUT: &str = "https://app.example.com/oidc/app/signed-out";
const LOGOUT: &str = "https://app.example.com/oidc/app/backchannel-logout";
/// What stands in the file before.
const BEFORE: &str = "# The clients.\nclients:\n  first:\n    issuer: https://id.example.com\n    client_id: first\n    client_secret_env: SECRET\n    \
     redirect_uri: https://first.example.com/oidc/first/callback\n    hosts: [first.example.com]\n\nserver:\n  listen: 127.0.0.1:8000\n";

fuzz_target!(|data: &[u8]| {
    let (line, body) = first_line(data);
    match line {
        b"file" => return check_addition(&String::from_utf8_lossy(body)),
        b"secrets" => return check_secrets(body),
        _ => {}
    }
    let line = String::from_utf8_lossy(line);
    let method = match line.as_bytes().first() {
        Some(b'p') => AuthenticationMethod::Post,
        Some(b'n') => AuthenticationMethod::None,
        _ => AuthenticationMethod::Basic,
    };
    let line = line.trim_start_matches(char::is_alphabetic);
    let (status, content_type) = line.split_once(' ').unwrap_or((line, "application/json"));
    let status = status.parse().ok().filter(|status| (100..1000).contains(status)).unwrap_or(201);
    let given = answer(status, content_type, body);
    check_pushed(&given, status, body);

    let wanted = Wanted {
        client_name: "app".to_owned(),
        redirect_uri: REDIRECT_URI.to_owned(),
        post_logout_redirect_uri: SIGNED_OUT.to_owned(),
        backchannel_logout_uri: LOGOUT.to_owned(),
        frontchannel_logout_uri: None,
        initiate_login_uri: None,
        scopes: vec!["openid".to_owned()],
        method,
        algorithm: SigningAlgorithm::Rs256,
    };
    match judge(&given, &wanted, NOW) {
        Ok(registered) => {
            assert_eq!(status, 201);
            let members = serde_json::from_slice(body).expect("an accepted body is JSON");
            check_registered(&registered, method, &members);
            check_entry(&registered, method);
        }
        // It is shown on a terminal: in lines of ours, and nothing of the provider's ends one.
        Err(fault) => {
            let text = fault.to_string();
            assert!(text.lines().count() <= 3 && text.len() < 4096, "{text}");
            assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
        }
    }
});

/// It is registered as it will be used, read a second time.
fn check_registered(registered: &Registered, method: AuthenticationMethod, members: &Map<String, Value>) {
    let given = |name: &str| members.get(name).filter(|value| !value.is_null());
    assert_eq!(members["redirect_uris"], json!([REDIRECT_URI]), "codes could go elsewhere");
    assert_eq!(members["client_id"], json!(registered.client_id));
    let secret = registered.client_secret.as_ref().map(|secret| secret.expose());
    assert_eq!(given("client_secret").and_then(Value::as_str), secret);
    assert_eq!(secret.is_none(), method == AuthenticationMethod::None);
    assert!(
        given("token_endpoint_auth_method").map_or("client_secret_basic", |name| name.as_str().unwrap_or(""))
            == method.name()
    );
    assert!(given("id_token_signed_response_alg").is_none_or(|name| name == "RS256"));
    assert!(given("userinfo_signed_response_alg").is_none_or(|value| *value == Value::Bool(false)));
    for text in [Some(registered.client_id.as_str()), secret].into_iter().flatten() {
        assert!((1..=512).contains(&text.len()) && !text.chars().any(char::is_control));
    }
    if secret.is_some() {
        // One whose end is not said has none.
        let ends = given("client_secret_expires_at").map_or(0, |ends| ends.as_u64().expect("a number"));
        assert!(ends == 0 || ends > NOW.seconds());
        assert_eq!(registered.notes.iter().any(|note| matches!(note, Note::SecretEnds(_))), ends != 0);
    }
    registered.notes.iter().for_each(|note| assert!(!note.to_string().contains(char::is_control)));
    if let Some(secret) = secret.filter(|secret| secret.len() > 8 && !registered.client_id.contains(secret)) {
        assert!(!format!("{registered:?}").contains(secret), "the secret is shown");
    }
}

/// What a provider calls a client and its secret is a text in the file: nothing in it can write another line.
fn check_entry(registered: &Registered, method: AuthenticationMethod) {
    let secret = registered.client_secret.clone();
    let entry = Entry {
        client_id: registered.client_id.clone(),
        secret: secret.clone().map_or(EntrySecret::None, EntrySecret::Here),
        method: (method != AuthenticationMethod::None).then_some(method.name()),
        ..entry()
    };
    let text = entry.added_to(BEFORE).expect("it can be added to a plain file");
    assert_eq!(text.lines().count(), BEFORE.lines().count() + 6 + secret.iter().count() * 2, "{text}");
    let environment = Environment::from_iter([("SECRET", "k7QwT0pSecret")]);
    let (config, _) = match check("clients.yaml", &text, &environment, &NoFiles) {
        Ok(loaded) => loaded,
        // What stands in examples is no secret, and `${…}` is not replaced, whoever gives them; nothing else can be wrong.
        Err(problems) => {
            let printed = problems.to_string();
            let ours =
                |line: &str| !line.starts_with("clients.yaml:") || line.contains(" clients.app.client_");
            assert!(printed.lines().all(ours), "{printed}");
            return;
        }
    };
    assert_eq!(config.clients.len(), 2);
    let registration = &config.client("app").expect("it was added").registration;
    assert_eq!(registration.client_id, registered.client_id);
    assert_eq!(
        registration.authentication.secret().map(|secret| secret.expose()),
        secret.as_ref().map(|secret| secret.expose())
    );
    assert_eq!(registration.redirect_uri, REDIRECT_URI);
}

fn entry() -> Entry {
    Entry {
        name: "app".to_owned(),
        issuer: ISSUER.to_owned(),
        client_id: "vestibule-app".to_owned(),
        secret: EntrySecret::None,
        redirect_uri: REDIRECT_URI.to_owned(),
        host: "app.example.com".to_owned(),
        scopes: Some(vec!["openid".to_owned()]),
        method: None,
        algorithm: None,
        settings: Vec::new(),
    }
}

/// What stands in a file stays, byte for byte; and where the file was in order, it has one client more, unless the two cannot
/// be together.
fn check_addition(before: &str) {
    let after = match entry().added_to(before) {
        Ok(after) => after,
        Err(fault) => return assert!(fault.to_string().lines().count() <= 2),
    };
    let same = |(a, b): &(u8, u8)| a == b;
    let front = before.bytes().zip(after.bytes()).take_while(same).count();
    let back = before.bytes().rev().zip(after.bytes().rev()).take_while(same).count();
    assert!(front + back >= before.len() && after.len() > before.len(), "{after}");
    let load = |text: &str| check("clients.yaml", text, &Environment::default(), &NoFiles);
    if let (Ok((old, _)), Ok((new, _))) = (load(before), load(&after)) {
        assert_eq!(new.clients.len(), old.clients.len() + 1);
        assert!(old.clients.iter().all(|client| new.client(&client.name).is_some()));
    }
}

/// A file of somebody else's making, whose texts are taken as they are.
fn check_secrets(file: &[u8]) {
    let read = match client_secrets::read(file) {
        Ok(read) => read,
        Err(fault) => {
            let text = fault.to_string();
            return assert!(
                text.chars().all(|c| c == '\n' || !c.is_control()) && text.len() < 2048,
                "{text:?}"
            );
        }
    };
    let members: Value = serde_json::from_slice(file).expect("an accepted file is JSON");
    let web = &members["web"];
    assert_eq!(web["client_id"], json!(read.client_id));
    assert!(web["issuer"] == json!(read.issuer) || read.issuer == "https://accounts.google.com");
    let secret = read.client_secret.as_ref().map(|secret| secret.expose());
    assert!(secret.is_none() || web["client_secret"].as_str() == secret);
    for origin in &read.origins {
        let url = url::Url::parse(origin).expect("an origin is an address");
        assert!(matches!(url.scheme(), "http" | "https") && url.origin().ascii_serialization() == *origin);
    }
    let secret = read.client_secret.clone().map_or(EntrySecret::None, EntrySecret::Here);
    let entry = Entry { issuer: read.issuer, client_id: read.client_id, secret, ..entry() };
    assert!(entry.added_to(BEFORE).is_ok(), "it cannot be written down");
}

/// The same answer to a pushed request: what goes into the browser's address is one address, and fits it.
fn check_pushed(given: &http::Response<bytes::Bytes>, status: u16, body: &[u8]) {
    match pushed::judge(given) {
        Ok(request_uri) => {
            assert_eq!(status, 201);
            let text = request_uri.as_str();
            assert!(
                text.len() <= pushed::MAX_REQUEST_URI_BYTES
                    && text.bytes().all(|byte| byte.is_ascii_graphic())
            );
            let members: Value = serde_json::from_slice(body).expect("an accepted body is JSON");
            assert_eq!(members["request_uri"], text);
            assert!(members["expires_in"].as_f64().is_some_and(|seconds| seconds > 0.0));
        }
        Err(fault) => check_refusal(&fault.into()),
    }
}

struct NoFiles;

impl Files for NoFiles {
    fn read(&self, _: &std::path::Path) -> Result<Contents, FileFault> {
        Err(FileFault::Missing)
    }
}
