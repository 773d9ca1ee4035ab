//! `vestibule register` and `vestibule import`, as the operator starts them: what is printed, what is written, and what is not.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use vestibule::clock::Clock;

use crate::provider::{Endpoint, Provider, Step};

/// A folder of one test, gone when the test is over.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        let test = std::thread::current().name().unwrap().replace("::", "-");
        let folder = std::env::temp_dir().join(format!("vestibule-{}-{test}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.0.join(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap()
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(&self.0)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    pub(crate) async fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(arguments, &[]).await
    }

    /// Waits in a thread of its own: the provider goes on answering meanwhile.
    async fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_vestibule"));
        command
            .args(arguments)
            .current_dir(&self.0)
            .env_clear()
            .envs(variables.iter().copied())
            .stdin(Stdio::null());
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ran { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

fn provider() -> Provider {
    let provider = Provider::start(&Clock::system());
    let endpoint = format!("{}/register", provider.issuer);
    provider.change_metadata(move |metadata| {
        metadata.insert("registration_endpoint".to_owned(), endpoint.clone().into());
        metadata
            .insert("scopes_supported".to_owned(), serde_json::json!(["openid", "email", "offline_access"]));
    });
    provider
}

/// The secret that the provider gave.
fn secret(provider: &Provider, kind: &str) -> String {
    let secrets = provider.secrets();
    secrets.into_iter().find(|(found, _)| *found == kind).map(|(_, secret)| secret).unwrap()
}

const ORIGIN: &str = "https://app.example.test";

const EXISTING: &str = "# what we guard
clients:
  first:   # the first
    issuer: https://id.example.test
    client_id: first
    redirect_uri: https://first.example.test/oidc/first/callback
    hosts: first.example.test

# where it listens
server:
  listen: 127.0.0.1:8000
";

/// oidcc-client-test-dynamic-registration
#[tokio::test]
async fn a_registered_client_is_printed_as_an_entry_that_can_be_used() {
    let (folder, provider) = (Folder::new(), provider());
    let ran = folder.run(&["register", &provider.issuer, ORIGIN]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    let secret = secret(&provider, "client_secret");
    let issuer = &provider.issuer;
    assert_eq!(
        ran.out,
        format!(
            "clients:
  app:
    issuer: {issuer}
    client_id: registered-1
    client_secret: {secret}
    redirect_uri: https://app.example.test/oidc/app/callback
    hosts: [\"app.example.test\"]
    scopes: openid email offline_access
    token_endpoint_auth_method: client_secret_basic
"
        )
    );
    assert!(ran.err.contains("registered the client \"registered-1\""), "{ran:?}");
    assert!(!ran.err.contains(&secret), "{ran:?}");
    let of_management = self::secret(&provider, "registration_access_token");
    assert!(!format!("{ran:?}").contains(&of_management));
    assert_eq!(folder.names(), [""; 0], "nothing is written");

    let asked = provider.calls(Endpoint::Registration);
    assert!(!asked[0].headers.contains_key("authorization"));
    let asked: Value = serde_json::from_str(asked[0].parameter("body").unwrap()).unwrap();
    assert_eq!(asked["redirect_uris"], serde_json::json!(["https://app.example.test/oidc/app/callback"]));
    assert_eq!(asked["backchannel_logout_uri"], "https://app.example.test/oidc/app/backchannel-logout");
    assert_eq!(asked.get("frontchannel_logout_uri"), None);

    folder.write("clients.yaml", &ran.out);
    let checked = folder.run(&["check"]).await;
    assert_eq!(checked.code, 0, "{checked:?}");
}

/// oidcc-client-test-dynamic-registration: the suite gives names and secrets that end with any characters of RFC 6749 appendix A, says
/// nothing of the end of the secret, and repeats all else.
#[tokio::test]
async fn a_client_registered_with_odd_characters_and_no_end_of_its_secret_is_an_entry_that_can_be_used() {
    let (folder, provider) = (Folder::new(), provider());
    let odd = r#"{}[]"'\`~^:@;<=>?/.-,+*)(&%$#! |_"#;
    provider.change_token_answer(move |_, answer| {
        answer.insert("client_id".to_owned(), format!("client_abcdefghijklmno01234{odd}").into());
        answer.insert("client_secret".to_owned(), format!("secret_{}{odd}", "s3cret".repeat(8)).into());
        answer.remove("client_secret_expires_at");
        answer.remove("registration_access_token");
    });
    for arguments in [&[][..], &["--write", "clients.yaml"]] {
        let ran = folder.run(&[&["register", &provider.issuer, ORIGIN], arguments].concat()).await;
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(ran.err.contains("does not say until when the secret is good"), "{ran:?}");
        if arguments.is_empty() {
            folder.write("printed.yaml", &ran.out);
            let config = crate::boot::config(&ran.out, &[]);
            let client = config.client("app").unwrap();
            assert_eq!(client.registration.client_id, format!("client_abcdefghijklmno01234{odd}"));
            let secret = client.registration.authentication.secret().unwrap().expose();
            assert!(secret.starts_with("secret_s3cret") && secret.ends_with(odd), "{secret}");
        }
    }
    for file in ["printed.yaml", "clients.yaml"] {
        let checked = folder.run(&["check", file]).await;
        assert_eq!(checked.code, 0, "{checked:?}");
    }
}

#[tokio::test]
async fn with_write_the_entry_is_added_and_the_secret_is_in_a_file_that_nobody_else_reads() {
    let (folder, provider) = (Folder::new(), provider());
    folder.write("clients.yaml", EXISTING);
    fs::set_permissions(folder.0.join("clients.yaml"), fs::Permissions::from_mode(0o640)).unwrap();
    let ran = folder
        .run(&[
            "register",
            &provider.issuer,
            ORIGIN,
            "--write",
            "clients.yaml",
            "--name",
            "second",
            "--frontchannel-logout",
            "--initiate-login",
        ])
        .await;
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{ran:?}");
    let secret = secret(&provider, "client_secret");
    assert!(!ran.err.contains(&secret), "{ran:?}");
    assert_eq!(folder.names(), ["clients.yaml", "second.secret"]);
    assert_eq!(folder.read("second.secret"), secret);
    let mode = |name: &str| fs::metadata(folder.0.join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("second.secret"), mode("clients.yaml")), (0o600, 0o640));
    let text = folder.read("clients.yaml");
    let (before, rest) = text.split_once("  second:\n").unwrap();
    let (entry, after) = rest.split_once("\n\n").unwrap();
    assert_eq!(format!("{before}\n{after}"), EXISTING);
    assert!(entry.contains("client_secret_file: second.secret") && !text.contains(&secret), "{text}");
    // What is registered is there.
    assert!(entry.ends_with("    logout: { frontchannel: true }\n    initiate_login: true"), "{text}");
    let checked = folder.run(&["check"]).await;
    assert_eq!(checked.code, 0, "{checked:?}");
    let asked = provider.calls(Endpoint::Registration)[0].parameter("body").unwrap().to_owned();
    assert!(asked.contains("https://app.example.test/oidc/second/frontchannel-logout"), "{asked}");
    assert!(asked.contains("https://app.example.test/oidc/second/initiate-login"), "{asked}");
}

#[tokio::test]
async fn a_file_that_is_a_link_stays_one_and_one_that_is_not_there_is_made() {
    let (folder, provider) = (Folder::new(), provider());
    fs::create_dir(folder.0.join("elsewhere")).unwrap();
    folder.write("elsewhere/real.yaml", EXISTING);
    std::os::unix::fs::symlink("elsewhere/real.yaml", folder.0.join("clients.yaml")).unwrap();
    let ran = folder.run(&["register", &provider.issuer, ORIGIN, "--write", "clients.yaml"]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(fs::symlink_metadata(folder.0.join("clients.yaml")).unwrap().is_symlink());
    assert!(folder.read("elsewhere/real.yaml").contains("client_secret_file: app.secret"));
    assert_eq!(folder.run(&["check"]).await.code, 0);

    let ran =
        folder.run(&["register", &provider.issuer, ORIGIN, "--name", "other", "--write", "new.yaml"]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(folder.run(&["check", "new.yaml"]).await.code, 0);
}

/// Whatever can be found out without the provider is found out before it makes a client.
#[tokio::test]
async fn nothing_is_registered_that_could_not_be_written_down() {
    let (folder, provider) = (Folder::new(), provider());
    folder.write("clients.yaml", EXISTING);
    folder.write("broken.yaml", "clients: [");
    folder.write("wrong.yaml", "clients:\nserver:\n  listenn: 1\n");
    folder.write("there.secret", "an older secret");
    folder.write("token", "two\nlines");
    let issuer = provider.issuer.clone();
    let write = ["--write", "clients.yaml"];
    let rows: [(&str, Vec<&str>, i32, &str); 13] = [
        (
            "the name is taken",
            vec![ORIGIN, "--name", "first", write[0], write[1]],
            78,
            "a client of that name, in line 3",
        ),
        (
            "the host is taken",
            vec!["https://first.example.test", "--name", "x", write[0], write[1]],
            78,
            "already belongs to clients.first",
        ),
        (
            "a file with the secret is there",
            vec![ORIGIN, "--name", "there", write[0], write[1]],
            78,
            "is there already",
        ),
        (
            "a file that cannot be read",
            vec![ORIGIN, "--write", "broken.yaml"],
            78,
            "broken.yaml: it cannot be read",
        ),
        ("a file with a mistake", vec![ORIGIN, "--write", "wrong.yaml"], 78, "there is no such setting"),
        ("a strange name", vec![ORIGIN, "--name", "a b"], 78, "cannot be the name of a client"),
        ("http", vec!["http://app.example.test"], 78, "is not https"),
        ("a path", vec!["https://app.example.test/x"], 64, "scheme and host alone"),
        ("no address", vec!["app.example.test"], 64, "scheme and host alone"),
        ("without openid", vec![ORIGIN, "--scopes", "email"], 78, "openid is not among them"),
        ("a token of two lines", vec![ORIGIN, "--initial-access-token-file", "token"], 78, "holds no token"),
        ("no token", vec![ORIGIN, "--initial-access-token-file", "none"], 78, "none: there is no such file"),
        (
            "the token itself",
            vec![ORIGIN, "--initial-access-token=hunter2-hunter2"],
            64,
            "there is no option",
        ),
    ];
    for (name, more, code, says) in rows {
        let arguments: Vec<&str> = ["register", &issuer].into_iter().chain(more).collect();
        let ran = folder.run(&arguments).await;
        assert_eq!((ran.code, ran.out.as_str()), (code, ""), "{name}: {ran:?}");
        assert!(ran.err.contains(says), "{name}: {ran:?}");
        assert!(!ran.err.contains("hunter2"), "{name}: {ran:?}");
    }
    let ran = folder.run_with(&["register", &issuer, ORIGIN], &[("INITIAL_ACCESS_TOKEN", "")]).await;
    assert_eq!(ran.code, 78, "{ran:?}");
    assert_eq!(provider.count(Endpoint::Registration), 0);
    assert_eq!(folder.read("clients.yaml"), EXISTING);
    assert_eq!(folder.names(), ["broken.yaml", "clients.yaml", "there.secret", "token", "wrong.yaml"]);
}

#[tokio::test]
async fn an_initial_access_token_comes_from_a_file_or_a_variable() {
    let (folder, provider) = (Folder::new(), provider());
    folder.write("token", "initial-token-from-a-file\n");
    let arguments = ["register", &provider.issuer, ORIGIN, "--initial-access-token-file", "token"];
    assert_eq!(folder.run(&arguments).await.code, 0);
    let variables = [("INITIAL_ACCESS_TOKEN", "initial-token-from-a-variable")];
    let ran = folder.run_with(&arguments[..3], &variables).await;
    assert_eq!(ran.code, 0);
    assert!(!format!("{ran:?}").contains("initial-token"));
    let sent: Vec<_> = provider
        .calls(Endpoint::Registration)
        .iter()
        .map(|call| call.headers["authorization"].clone())
        .collect();
    assert_eq!(sent, ["Bearer initial-token-from-a-file", "Bearer initial-token-from-a-variable"]);
}

#[tokio::test]
async fn what_a_provider_refuses_or_registers_otherwise_is_said_and_nothing_is_written() {
    let (folder, provider) = (Folder::new(), provider());
    let steps = [
        (
            Step::json(400, r#"{"error":"invalid_redirect_uri","error_description":"no"}"#),
            "the provider says \"invalid_redirect_uri\": \"no\"",
        ),
        (Step::json(401, r#"{"error":"invalid_token"}"#), "--initial-access-token-file FILE"),
        (Step::json(500, "{}"), "the provider answered 500, but 201 is needed"),
        (
            Step::json(
                201,
                r#"{"client_id":"x","client_secret":"leaked-to-nobody","redirect_uris":["https://evil.example/"]}"#,
            ),
            "registered redirect_uris as",
        ),
        (Step::Cut, "broke off"),
        (Step::Endless, "longer than 262144 bytes"),
    ];
    for (step, says) in steps {
        provider.once(Endpoint::Registration, step);
        let ran = folder.run(&["register", &provider.issuer, ORIGIN, "--write", "clients.yaml"]).await;
        assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{says}: {ran:?}");
        assert!(ran.err.contains(says), "{says}: {ran:?}");
        assert!(!ran.err.contains("leaked"), "{ran:?}");
        assert_eq!(folder.names(), [""; 0]);
    }
    provider.change_metadata(|_| {});
    let ran = folder.run(&["register", &provider.issuer, ORIGIN]).await;
    assert!(ran.code == 1 && ran.err.contains("announces no registration_endpoint"), "{ran:?}");
}

/// The provider has made the client by then: what it gave is printed rather than lost.
#[tokio::test]
async fn an_entry_that_cannot_be_written_at_last_is_printed() {
    let (folder, provider) = (Folder::new(), provider());
    folder.write("clients.yaml", EXISTING);
    let gate = crate::provider::Gate::closed();
    provider.once(Endpoint::Registration, Step::Held(gate.clone()));
    let arguments = ["register", &provider.issuer, ORIGIN, "--write", "clients.yaml"];
    let (ran, ()) = tokio::join!(folder.run(&arguments), async {
        provider.reached(Endpoint::Registration, 1).await;
        folder.write("app.secret", "somebody was faster");
        gate.open();
    });
    assert_eq!(ran.code, 78, "{ran:?}");
    assert!(ran.out.contains(&format!("client_secret: {}\n", secret(&provider, "client_secret"))), "{ran:?}");
    assert_eq!(folder.read("clients.yaml"), EXISTING);
    assert_eq!(folder.read("app.secret"), "somebody was faster");
}

const FLASK: &str = r#"{ "web": { "client_id": "flask", "client_secret": "a-secret-of-flask", "issuer": "https://id.example.test",
    "auth_uri": "https://id.example.test/auth", "token_uri": "https://id.example.test/token", "userinfo_uri": "https://id.example.test/me",
    "redirect_uris": ["https://app.example.test/oidc_callback"] } }"#;

#[tokio::test]
async fn an_imported_client_is_printed_or_added_and_the_callback_is_named() {
    let folder = Folder::new();
    folder.write("client_secrets.json", FLASK);
    let ran = folder.run(&["import", "client_secrets.json"]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(
        ran.out,
        "clients:
  app:
    issuer: https://id.example.test
    client_id: flask
    client_secret: a-secret-of-flask
    redirect_uri: https://app.example.test/oidc/app/callback
    hosts: [\"app.example.test\"]
"
    );
    assert!(ran.err.contains("\n    https://app.example.test/oidc/app/callback\n"), "{ran:?}");
    assert!(!ran.err.contains("a-secret"), "{ran:?}");

    folder.write("clients.yaml", EXISTING);
    let ran = folder
        .run(&[
            "import",
            "client_secrets.json",
            "--write",
            "clients.yaml",
            "--origin",
            "https://www.example.test",
        ])
        .await;
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{ran:?}");
    assert_eq!(folder.read("www.secret"), "a-secret-of-flask");
    assert_eq!(folder.run(&["check"]).await.code, 0);
    let again =
        folder.run(&["import", "client_secrets.json", "--write", "clients.yaml", "--name", "www"]).await;
    assert!(again.code == 78 && !again.out.contains("client_secret"), "{again:?}");
}

#[tokio::test]
async fn a_file_of_another_kind_is_refused_with_what_to_do() {
    let folder = Folder::new();
    folder.write("installed.json", &FLASK.replace("\"web\"", "\"installed\""));
    folder.write("several.json", &FLASK.replace("oidc_callback\"", "a\", \"https://b.example.test/a\""));
    folder.write("none.json", &FLASK.replace("\"https://app.example.test/oidc_callback\"", ""));
    folder.write("sample.json", &FLASK.replace("a-secret-of-flask", "changeme"));
    let rows = [
        ("installed.json", 78, "Make credentials of the type Web application"),
        ("several.json", 64, "https://app.example.test https://b.example.test"),
        ("none.json", 64, "--origin https://app.example.com"),
        ("sample.json", 78, "client_secret"),
        ("missing.json", 78, "missing.json: there is no such file"),
    ];
    for (file, code, says) in rows {
        let ran = folder.run(&["import", file]).await;
        assert_eq!((ran.code, ran.out.as_str()), (code, ""), "{file}: {ran:?}");
        assert!(ran.err.contains(says) && !ran.err.contains("a-secret"), "{file}: {ran:?}");
    }
}

#[tokio::test]
async fn a_command_line_that_means_nothing_is_refused() {
    let folder = Folder::new();
    let rows: [(&[&str], &str); 11] = [
        (&["register"], "there is no ISSUER"),
        (&["register", "https://id.example.test"], "there is no ORIGIN"),
        (&["register", "a", "b", "c"], "one word too many"),
        (&["import"], "import needs a FILE"),
        (&["import", "a", "b"], "one word too many"),
        (&["check", "a", "b"], "one word too many"),
        (&["check", "--write", "x"], "--write is an option of register and import, not of check"),
        (&["import", "a", "--scopes", "x"], "--scopes is an option of register"),
        (&["import", "a", "--name", "x", "--name", "y"], "--name is given twice"),
        (&["import", "a", "--name"], "--name"),
        (
            &["registr"],
            "The commands are serve, check, health, explain, test, snippet, keygen, register, import and pages.",
        ),
    ];
    for (arguments, says) in rows {
        let ran = folder.run(arguments).await;
        assert_eq!((ran.code, ran.out.as_str()), (64, ""), "{arguments:?}: {ran:?}");
        assert!(ran.err.contains(says), "{arguments:?}: {ran:?}");
    }
    let help = folder.run(&["help"]).await;
    assert!(help.code == 0 && help.out.contains("vestibule register ISSUER ORIGIN"), "{help:?}");
    assert!(Path::new(env!("CARGO_BIN_EXE_vestibule")).exists());
}

/// G-08: what carries secrets goes to the provider itself, whatever the environment of a shell says of proxies.
#[tokio::test]
async fn no_proxy_of_the_environment_is_used() {
    let (folder, provider) = (Folder::new(), provider());
    let trap = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = format!("http://{}", trap.local_addr().unwrap());
    let variables: Vec<(&str, &str)> =
        ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]
            .into_iter()
            .map(|name| (name, proxy.as_str()))
            .collect();
    let ran = folder.run_with(&["register", &provider.issuer, ORIGIN], &variables).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(provider.calls(Endpoint::Registration).len(), 1);
    tokio::select! {
        biased;
        _ = trap.accept() => panic!("the proxy was asked"),
        () = std::future::ready(()) => {}
    }
}
