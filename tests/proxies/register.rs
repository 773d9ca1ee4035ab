//! `vestibule register` at the certified npm `oidc-provider`, and a sign-in with what it wrote. The browser is right in front of
//! vestibule here, which is what the client's origin says.

use std::path::Path;
use std::process::{Command, Output};

use crate::browser::Browser;
use crate::http::Request;
use crate::process::{Process, free_port};
use crate::seeds;
use crate::stage::{missing, root, skip, tool};

const HOST: &str = "app.localhost";
const TOKEN: &str = "seeded-initial-access-token-7d2a91";

#[test]
fn a_client_that_registered_itself_signs_in() {
    if let Some(missing) = missing(&["node"]) {
        return skip(&missing);
    }
    let folder = root().join("target/proxies/register");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let (provider_port, port) = (free_port(), free_port());
    let (issuer, origin) = (format!("http://localhost:{provider_port}"), format!("http://{HOST}:{port}"));
    seeds::value(TOKEN);
    std::fs::write(folder.join("token"), format!("{TOKEN}\n")).unwrap();
    let server = format!(
        "# ports of this test\nserver:\n  listen: 127.0.0.1:{port}\n  admin_listen: 127.0.0.1:{}\n",
        free_port()
    );
    std::fs::write(folder.join("clients.yaml"), &server).unwrap();
    let _provider = provider(&folder, provider_port);

    let refused = vestibule(&folder, &["register", &issuer, &origin, "--write", "clients.yaml"]);
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--initial-access-token-file"), "{refused:?}");
    assert_eq!(std::fs::read_to_string(folder.join("clients.yaml")).unwrap(), server);

    let token = ["--initial-access-token-file", "token"];
    let done =
        vestibule(&folder, &["register", &issuer, &origin, "--write", "clients.yaml", token[0], token[1]]);
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    let secret = std::fs::read_to_string(folder.join("app.secret")).unwrap();
    seeds::value(&secret);
    assert!(!format!("{done:?}").contains(&secret));
    let clients = std::fs::read_to_string(folder.join("clients.yaml")).unwrap();
    assert!(clients.starts_with(&server) && !clients.contains(&secret), "{clients}");

    let mut serve = command(&folder);
    serve.args(["serve", "clients.yaml"]);
    let _vestibule = Process::start("vestibule", serve, port, &folder);
    let mut alice = Browser::default();
    let page = alice.sign_in(&format!("{origin}/oidc/app/login"), "alice");
    assert_eq!(page.address, format!("{origin}/"), "{}: {}", page.answer.status, page.answer.body);
    let asked = alice.ask(&format!("{origin}/oidc/app/auth"), |target| {
        Request::get(target)
            .header("X-Forwarded-Method", "GET")
            .header("X-Forwarded-Proto", "http")
            .header("X-Forwarded-Host", &format!("{HOST}:{port}"))
            .header("X-Forwarded-Uri", "/")
    });
    assert_eq!(asked.status, 200, "{}", asked.body);
    assert_eq!(asked.header("x-auth-subject"), Some("user-alice-1"));
    let refreshed = alice.fetch(&format!("{origin}/oidc/app/new-token"));
    assert_eq!(refreshed.status, 200, "{}", refreshed.body);
}

fn provider(folder: &Path, port: u16) -> Process {
    let mut node = Command::new(tool("node"));
    let token = folder.join("token");
    node.current_dir(root().join("examples/quickstart"))
        .args(["provider/provider.mjs", "--port", &port.to_string(), "--registration-token-file"])
        .arg(token);
    Process::start("provider", node, port, folder)
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
    command.current_dir(folder).env_clear();
    command
}

fn vestibule(folder: &Path, arguments: &[&str]) -> Output {
    command(folder).args(arguments).output().unwrap()
}
