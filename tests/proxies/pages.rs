//! Every page in a real browser: looked at by axe-core, walked through by the keyboard, and pictured. The pictures are in
//! `target/pages/`; `UPDATE_DOCS=1` copies them to `docs/screenshots/`.

use std::path::Path;
use std::process::Command;

use vestibule::clock::Clock;
use vestibule::config::check;
use vestibule::config::source::{Disk, Environment};
use vestibule::gate::refusal::Kind;
use vestibule::pages::Pages;
use vestibule::pages::facts::{Choice, Facts};
use vestibule::pages::language::Language;
use vestibule::pages::page::Page;

use crate::process::free_port;
use crate::stage::{missing, root, skip, tool};

const CLIENTS: &str = "
clients:
  app:
    issuer: ISSUER
    client_id: app
    redirect_uri: http://app.localhost/oidc/app/callback
    hosts: app.localhost
    danger_testing_profile: { sub: alice, preferred_username: alice.liddell, email: alice@example.com }
    rules: [{ path: /mfa, acr_values: [mfa] }]
  down:
    issuer: ISSUER
    client_id: down
    redirect_uri: http://down.localhost/oidc/down/callback
    hosts: down.localhost
server: { listen: 127.0.0.1:0, admin_listen: 127.0.0.1:0, logins_per_minute: 10 }
";

#[test]
fn every_page_can_be_seen_read_and_used_by_everybody() {
    if let Some(why) = missing(&["chromium", "node"]) {
        return skip(&why);
    }
    let axe = root().join("target/tools/npm/node_modules/axe-core/axe.min.js");
    if !axe.exists() {
        return skip("axe-core is not installed (tests/tools/install node)");
    }
    let folder = root().join("target/pages");
    std::fs::create_dir_all(&folder).unwrap();
    // What has no address of its own here is looked at as a file.
    let texts = Language::English.texts();
    let choices = [
        Choice { name: "Example Corporation", address: "/oidc/corporation/login", last: true },
        Choice { name: "GitHub", address: "/oidc/github/login", last: false },
        Choice { name: "Guests", address: "/oidc/guests/login", last: false },
    ];
    let chooser = Facts { title: texts.chooser_heading, choices: &choices, ..Facts::default() };
    let frame = Facts {
        title: texts.frame_heading,
        again: Some("https://app.example.com/"),
        code: Some("no_cookie"),
        request_id: Some("4b1d8f0c2a7e"),
        ..Facts::default()
    };
    let at_login = Facts {
        title: texts.forbidden_heading,
        sentence: Some(Kind::EmailNotVerified.sentence()),
        account: Some("alice.liddell@wonderland.example"),
        again: Some("/oidc/app/login"),
        another_account: Some("/oidc/app/login?prompt=select_account"),
        sign_out: Some("https://id.example.com/logout"),
        code: Some("email_not_verified"),
        request_id: Some("4b1d8f0c-7"),
        ..Facts::default()
    };
    for (name, page, facts) in [
        ("chooser", Page::Chooser, chooser),
        ("frame", Page::Frame, frame),
        ("forbidden-at_login", Page::Forbidden, at_login),
    ] {
        let html = Pages::built_in().render(page, Language::English, &facts).html;
        std::fs::write(folder.join(format!("{name}.html")), html).unwrap();
    }
    plays("pages", "http://127.0.0.1:1", &folder, &[Path::new("--axe"), &axe, Path::new("--files"), &folder]);
    let kept = root().join("docs/screenshots");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::create_dir_all(&kept).unwrap();
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "png") {
                std::fs::copy(&path, kept.join(path.file_name().unwrap())).unwrap();
            }
        }
    }
    for page in Page::ALL {
        let name = page.file().replace(".html", "");
        for view in ["light", "dark", "phone"] {
            let picture = kept.join(format!("{name}-{view}.png"));
            let bytes = std::fs::metadata(&picture).unwrap_or_else(|_| panic!("{}", picture.display())).len();
            assert!(bytes < 60_000, "{}: {bytes} bytes", picture.display());
        }
    }
}

/// Plays a scenario in Chromium, with vestibule in this process and that provider.
fn plays(scenario: &str, issuer: &str, folder: &Path, further: &[&Path]) {
    let environment: Environment = [("", ""); 0].into_iter().collect();
    let clients = CLIENTS.replace("ISSUER", issuer);
    let (config, _) =
        check("clients.yaml", &clients, &environment, &Disk::beside(Path::new("clients.yaml"))).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let running = runtime.block_on(vestibule::server::start(config, Clock::system())).unwrap();
    let output = Command::new(tool("node"))
        .arg(root().join("tests/proxies/chromium.mjs"))
        .args([scenario, "--chromium"])
        .arg(tool("chromium"))
        .arg("--profile")
        .arg(folder.join(format!("profile-{scenario}-{}", std::process::id())))
        .args(["--origin", &format!("http://app.localhost:{}", running.address.port()), "--issuer", issuer])
        .arg("--pictures")
        .arg(folder)
        .args(further)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
}

///
#[test]
fn a_provider_that_is_away_is_asked_again_until_it_is_back() {
    if let Some(why) = missing(&["chromium", "node"]) {
        return skip(&why);
    }
    let folder = root().join("target/pages");
    std::fs::create_dir_all(&folder).unwrap();
    plays("down", &format!("http://localhost:{}", free_port()), &folder, &[]);
}
