//! With Keycloak behind nginx: roles of the realm and of the client, refresh, logout from both sides and by frames.
//!
//! One Keycloak serves all of these tests, for a start takes 20 seconds of two cores, and 420 MB: whoever comes first puts it up, and
//! who is the last to use it ends it. All together they take 40 seconds.
//!
//! They are skipped by name where Maven Central could not be reached, also when nothing else may be skipped.

use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::browser::{self, Browser};
use crate::http::{Answer, Request};
use crate::process::Process;
use crate::seeds;
use crate::stage::{
    CLIENT_SECRET, Certificates, HOST, Plan, Proxy, Scheme, Seen, Stage, missing, root, skip,
    skip_in_any_case, tool,
};

/// What the tests ask Keycloak's admin REST API with.
const OPERATOR_SECRET: &str = "seeded-secret-of-the-operator-91be07";
/// How long Keycloak may take until it listens, on a machine that does other things too.
const START: Duration = Duration::from_secs(150);
/// Tokens younger than 5 seconds are new enough for whoever asks for new ones.
const NEW_ENOUGH: Duration = Duration::from_millis(5_200);
/// How long Keycloak may take to tell vestibule about a logout.
const TOLD: Duration = Duration::from_secs(10);

/// The id has a dot, as many do at Keycloak: its roles are found all the same.
const CLIENT: &str = "    client_id: example.shop
    client_secret: seeded-secret-of-the-client-4f6c2e
    preset: keycloak
    extra_claim_headers:
      email: X-User-Email
      name: X-User-Name
      realm_access.roles: X-User-Groups
      resource_access.example.shop.roles: X-User-Roles
    headers:
      X-Token-Roles: { claim: realm_access.roles, from: access_token, allow: \"editor|auditor\", list: json }
    bearer:
      main: { profile: jwt, audiences: [https://api.example.com] }
";
/// Keycloak tells a client of one of the two ways only.
const FRAMED: &str = "    client_id: example.framed
    client_secret: seeded-secret-of-the-client-4f6c2e
    preset: keycloak
    logout: { frontchannel: true }
    bearer:
      asked: { audiences: [https://api.example.com], introspection: all, introspection_cache: 1s }
";

#[test]
fn roles_of_the_realm_and_of_the_client_reach_the_application() {
    let Some(stage) = stage() else { return };
    let mut alice = Browser::default();
    let page = alice.sign_in(&stage.at("/deep?x=%20"), "alice");
    assert_eq!(page.address, stage.at("/deep?x=%20"), "{}", page.answer.body);

    let seen = Seen::from(&alice.fetch(&stage.at("/")));
    assert_eq!(seen.header("X-Auth-Subject"), operator(&stage).user("alice"));
    assert_eq!(seen.header("X-User-Email"), "alice@example.com");
    assert_eq!(seen.header("X-User-Name"), "Alice Liddell");
    let groups = list(seen.header("X-User-Groups"));
    assert!(groups.contains(&"editor") && groups.contains(&"auditor"), "{groups:?}");
    assert_eq!(list(seen.header("X-User-Roles")), ["R&D%2C%20Oslo", "publish"]);
    // Those of the access token, which Keycloak has there whether the ID token has them or not.
    let mut of_token: Vec<String> = serde_json::from_str(seen.header("X-Token-Roles")).unwrap();
    of_token.sort();
    assert_eq!(of_token, ["auditor", "editor"]);

    // Nobody gets what is not theirs.
    let mut carol = Browser::default();
    carol.sign_in(&stage.at("/"), "carol");
    let seen = Seen::from(&carol.fetch(&stage.at("/")));
    assert!(!seen.header("X-User-Groups").contains("editor"), "{}", seen.header("X-User-Groups"));
    assert_eq!(seen.header("X-User-Roles"), "");
}

#[test]
fn a_role_that_is_taken_away_is_gone_after_the_next_refresh() {
    let Some(stage) = stage() else { return };
    let mut bob = Browser::default();
    bob.sign_in(&stage.at("/"), "bob");
    let roles = |browser: &mut Browser| {
        let seen = Seen::from(&browser.fetch(&stage.at("/")));
        (seen.header("X-User-Groups").contains("auditor"), seen.header("X-User-Groups").contains("editor"))
    };
    assert_eq!(roles(&mut bob), (true, true));

    let operator = operator(&stage);
    let mappings = format!("/users/{}/role-mappings/realm", operator.user("bob"));
    let auditor = operator.read("/roles/auditor");
    let answer = operator.ask("DELETE", &mappings, Some(Value::from(vec![auditor]).to_string()));
    assert_eq!(answer.status, 204, "{}", answer.body);
    std::thread::sleep(NEW_ENOUGH);
    assert_eq!(bob.fetch(&stage.own("new-token")).status, 200);
    assert_eq!(roles(&mut bob), (false, true));
}

#[test]
fn somebody_who_is_disabled_is_out_at_the_next_refresh() {
    let Some(stage) = stage() else { return };
    let mut edgar = Browser::default();
    edgar.sign_in(&stage.at("/"), "edgar");
    assert!(edgar.fetch(&stage.at("/")).is_application());

    let operator = operator(&stage);
    let path = format!("/users/{}", operator.user("edgar"));
    let answer = operator.ask("PUT", &path, Some(serde_json::json!({ "enabled": false }).to_string()));
    assert_eq!(answer.status, 204, "{}", answer.body);
    std::thread::sleep(NEW_ENOUGH);
    assert_eq!(edgar.fetch(&stage.own("new-token")).status, 401);
    assert_eq!(edgar.fetch(&stage.at("/")).status, 401);
}

/// V-LO-1
#[test]
fn a_logout_ends_the_session_here_and_at_keycloak() {
    let Some(stage) = stage() else { return };
    let mut carol = Browser::default();
    carol.sign_in(&stage.at("/"), "carol");
    let old = Stage::cookies(&carol);
    // Keycloak takes the ID token for a question that was asked, and sends the person back at once.
    let end = carol.follow(&stage.own("logout"), |target| {
        Request::post(target, "").navigation().header("Origin", &stage.origin)
    });
    assert_eq!(end.place(), stage.own("signed-out"), "{}", end.answer.body);
    assert_eq!(end.answer.status, 200);

    let replayed = stage.send(&Request::get("/").fetch().header("Cookie", &old));
    assert_eq!(replayed.status, 401, "the old cookie opens nothing");
    assert!(carol.open(&stage.at("/")).is_sign_in(), "Keycloak asks again");
}

/// Keycloak passes over `select_account` and says so, and takes somebody else where it asks for the password.
#[test]
fn another_account_is_another_one_at_keycloak() {
    let Some(stage) = stage() else { return };
    let mut browser = Browser::default();
    browser.sign_in(&stage.at("/"), "carol");
    let page = browser.open(&stage.own("login?prompt=select_account&rd=/wanted"));
    assert!(page.is_sign_in(), "{}: {}", page.place(), page.answer.body);
    // Its own way from there: "Restart login", beside the name.
    let body = &page.answer.body;
    let at = body.rfind("/realms/vestibule/login-actions/restart").unwrap_or_else(|| panic!("{body}"));
    let end = body[at..].find(['"', '\'']).unwrap();
    let restart = body[at..at + end].replace("&amp;", "&");
    let origin = stage.issuer.split("/realms").next().unwrap();
    let page = browser.open(&format!("{origin}{restart}"));
    let page = browser.submit(&page, &[("username", "alice"), ("password", "alice")]);
    assert_eq!(page.address, stage.at("/wanted"), "{}", page.answer.body);
    let seen = Seen::from(&browser.fetch(&stage.at("/")));
    assert_eq!(seen.header("X-User-Email"), "alice@example.com");
}

/// V-BC-12: Keycloak calls the proxy, as it would anywhere.
#[test]
fn a_session_that_an_admin_ends_is_over_here_at_once() {
    let Some(stage) = stage() else { return };
    let (mut desk, mut phone) = (Browser::default(), Browser::default());
    desk.sign_in(&stage.at("/"), "dora");
    phone.sign_in(&stage.at("/"), "dora");
    let operator = operator(&stage);
    let sessions = operator.read(&format!("/users/{}/sessions", operator.user("dora")));
    let sessions = sessions.as_array().unwrap();
    assert_eq!(sessions.len(), 2);

    // One of two: its `sid` is in the logout token, so that the other goes on.
    let answer = operator.ask("DELETE", &format!("/sessions/{}", sessions[0]["id"].as_str().unwrap()), None);
    assert_eq!(answer.status, 204, "{}", answer.body);
    until("one of two browsers is signed out", || {
        let signed_in = [&mut desk, &mut phone].map(|browser| browser.fetch(&stage.at("/")).status == 200);
        signed_in.iter().filter(|signed_in| **signed_in).count() == 1
    });

    // And the person as a whole.
    let answer = operator.ask("POST", &format!("/users/{}/logout", operator.user("dora")), None);
    assert_eq!(answer.status, 204, "{}", answer.body);
    for browser in [&mut desk, &mut phone] {
        until("both browsers are signed out", || browser.fetch(&stage.at("/")).status == 401);
        assert!(browser.open(&stage.at("/")).is_sign_in(), "the next page is the login");
    }
}

/// V-FC-1, V-FC-2: Keycloak's page for it, with a frame for each client.
#[test]
fn a_logout_at_keycloak_ends_the_session_by_a_frame() {
    let Some(stage) = stage() else { return };
    let own = |page: &str| format!("{}/oidc/framed/{page}", stage.framed_origin());
    let (mut flora, mut phone) = (Browser::default(), Browser::default());
    for browser in [&mut flora, &mut phone] {
        browser.sign_in(&own("login"), "flora");
        assert_eq!(browser.fetch(&own("session")).status, 200);
    }
    let asked = flora.open(&format!("{}/protocol/openid-connect/logout", stage.issuer));
    let page = flora.submit(&asked, &[]);
    let frame = page.answer.body.split("<iframe src=\"").nth(1).and_then(|rest| rest.split('"').next());
    let frame = frame.unwrap_or_else(|| panic!("no frame at {}: {}", page.place(), page.answer.body));
    let frame = frame.replace("&amp;", "&");
    assert!(frame.starts_with(&own("frontchannel-logout")), "{}", page.place());

    // As browsers load it: without the cookies of a site that is not the page's.
    let (authority, target) = browser::split(&frame);
    let request = Request::get(target)
        .header("Sec-Fetch-Mode", "navigate")
        .header("Sec-Fetch-Dest", "iframe")
        .header("Sec-Fetch-Site", "cross-site");
    let answer = request.send(authority, stage.proxy_port).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.body);
    let policy = answer.header("content-security-policy").unwrap();
    let origin = stage.issuer.split("/realms").next().unwrap();
    assert!(policy.ends_with(&format!("frame-ancestors {origin}")), "{policy}");
    assert_eq!(flora.fetch(&own("session")).status, 401);
    assert_eq!(phone.fetch(&own("session")).status, 200, "another session of the same person goes on");
}

/// The stage that all of these tests share; `None` where one cannot be put up, which is said.
pub(crate) fn stage() -> Option<Arc<Stage>> {
    static SHARED: Mutex<Weak<Stage>> = Mutex::new(Weak::new());
    if let Ok(why) = std::fs::read_to_string(root().join("target/tools/keycloak.unreachable")) {
        skip_in_any_case(why.trim());
        return None;
    }
    if let Some(missing) = missing(&["nginx", "node", "java"]) {
        skip(&missing);
        return None;
    }
    if !distribution().join("lib/quarkus-run.jar").exists() {
        skip("Keycloak is not installed (tests/tools/install keycloak)");
        return None;
    }
    // A test that could not start it leaves nothing behind that the next one would trip over.
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(stage) = shared.upgrade() {
        return Some(stage);
    }
    seeds::value(OPERATOR_SECRET);
    let plan = Plan {
        proxy: Proxy::Nginx,
        folder: "keycloak",
        issuer_scheme: Scheme::Http,
        issuer_path: "/realms/vestibule",
        client: CLIENT,
        framed_client: Some(FRAMED),
        further_headers: &["X-User-Roles", "X-Token-Roles"],
        certificates: Certificates::NotAskedFor,
    };
    let stage = Arc::new(Stage::put_up(&plan, start));
    *shared = Arc::downgrade(&stage);
    Some(stage)
}

fn distribution() -> std::path::PathBuf {
    root().join("target/tools/keycloak")
}

/// Starts Keycloak with a home of its own, where it keeps nothing that outlives it.
fn start(stage: &mut Stage, port: u16) {
    let home = stage.folder.join("keycloak");
    for folder in ["conf", "providers", "data/import"] {
        std::fs::create_dir_all(home.join(folder)).unwrap();
    }
    std::os::unix::fs::symlink(distribution().join("lib"), home.join("lib")).unwrap();
    let realm = include_str!("keycloak-realm.json")
        .replace("@ORIGIN@", &stage.origin)
        .replace("@FRAMED@", &stage.framed_origin())
        .replace("@CLIENT_SECRET@", CLIENT_SECRET)
        .replace("@OPERATOR_SECRET@", OPERATOR_SECRET);
    std::fs::write(home.join("data/import/vestibule-realm.json"), realm).unwrap();
    // Keycloak calls the proxy by the guarded host's name, which not every resolver takes for this machine.
    std::fs::write(home.join("hosts"), format!("127.0.0.1 localhost {HOST}\n")).unwrap();

    // What bin/kc.sh does, without the shell that would stand between us and the process. It runs for a minute or so: the quick
    // compiler is the right one.
    let mut command = Command::new(tool("java"));
    command
        .current_dir(&home)
        .args(["-Xms64m", "-Xmx320m", "-XX:MaxMetaspaceSize=256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"])
        .args(["util", "util.concurrent", "security", "lang"].map(|package| {
            format!("--add-opens=java.base/java.{package}=ALL-UNNAMED")
        }))
        .arg("-Djava.util.concurrent.ForkJoinPool.common.threadFactory=io.quarkus.bootstrap.forkjoin.QuarkusForkJoinWorkerThreadFactory")
        .arg(format!("-Djdk.net.hosts.file={}", home.join("hosts").display()))
        .arg("-Djava.util.logging.manager=org.jboss.logmanager.LogManager")
        .arg(format!("-Dkc.home.dir={}", home.display()))
        .arg(format!("-Djboss.server.config.dir={}", home.join("conf").display()))
        .args(["-cp", "lib/quarkus-run.jar", "io.quarkus.bootstrap.runner.QuarkusEntryPoint"])
        .args(["start", "--optimized", "--import-realm", "--http-enabled=true", "--http-host=127.0.0.1"])
        .args([format!("--http-port={port}"), format!("--hostname=http://localhost:{port}")])
        .arg("--cache=local");
    stage.provider = Some(Process::start_within(START, "keycloak", command, port, &stage.folder));
}

/// Somebody with rights over the realm, on Keycloak's admin REST API.
pub(crate) struct Operator {
    authority: String,
    token: String,
}

pub(crate) fn operator(stage: &Stage) -> Operator {
    let authority = stage.issuer.strip_prefix("http://").unwrap().split('/').next().unwrap().to_owned();
    let body = format!("grant_type=client_credentials&client_id=operator&client_secret={OPERATOR_SECRET}");
    let request = Request::post("/realms/vestibule/protocol/openid-connect/token", &body);
    let answer = request.send(&authority, port(&authority)).unwrap();
    let answer: Value = serde_json::from_str(&answer.body).unwrap();
    let token = answer["access_token"].as_str().unwrap().to_owned();
    seeds::value(&token);
    Operator { authority, token }
}

impl Operator {
    pub(crate) fn ask(&self, method: &'static str, path: &str, json: Option<String>) -> Answer {
        let request =
            Request { method, body: json, ..Request::get(format!("/admin/realms/vestibule{path}")) }
                .header("Authorization", &format!("Bearer {}", self.token))
                .header("Content-Type", "application/json");
        request.send(&self.authority, port(&self.authority)).unwrap()
    }

    pub(crate) fn read(&self, path: &str) -> Value {
        let answer = self.ask("GET", path, None);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        serde_json::from_str(&answer.body).unwrap()
    }

    /// The id of a user, which is the subject of their tokens.
    pub(crate) fn user(&self, name: &str) -> String {
        self.read(&format!("/users?exact=true&username={name}"))[0]["id"].as_str().unwrap().to_owned()
    }
}

pub(crate) fn port(authority: &str) -> u16 {
    authority.rsplit_once(':').unwrap().1.parse().unwrap()
}

/// The items of a header with a list, in alphabetical order.
pub(crate) fn list(header: &str) -> Vec<&str> {
    let mut items: Vec<&str> = header.split(',').collect();
    items.sort_unstable();
    items
}

pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + TOLD;
    while !holds() {
        assert!(Instant::now() < deadline, "not within {TOLD:?}: {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}
