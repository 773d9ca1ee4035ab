//! The stage: provider, application, vestibule and a proxy, as the quickstart puts them together, on ports of their own.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::browser::Browser;
use crate::http::{Answer, Request};
use crate::process::{Process, free_port};
use crate::registration::Registration;
use crate::relay::Relay;
use crate::seeds;

/// The guarded host; `*.localhost` is this machine (RFC 6761 section 6.3).
pub(crate) const HOST: &str = "app.localhost";
/// What the client is registered with; `tests/run` looks for it in all logs.
pub(crate) const CLIENT_SECRET: &str = "seeded-secret-of-the-client-4f6c2e";

/// A real proxy with its shipped configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proxy {
    Traefik,
    /// One of 3.0 to 3.3: lines of the shipped configuration that are marked as newer are left out.
    Traefik33,
    Nginx,
    Caddy,
}

/// What a test wants of its stage.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setup {
    pub(crate) proxy: Proxy,
    pub(crate) registration: Registration,
    pub(crate) access_token_seconds: u32,
}

/// Everything running. Ended when dropped, the proxy first.
pub(crate) struct Stage {
    pub(crate) proxy: Option<Process>,
    pub(crate) vestibule: Option<Process>,
    pub(crate) application: Option<Process>,
    pub(crate) provider: Option<Process>,
    pub(crate) relay: Relay,
    /// Of the guarded application: `http://app.localhost:<port>`.
    pub(crate) origin: String,
    /// The provider's.
    pub(crate) issuer: String,
    /// Where the provider also listens, if it is told to.
    pub(crate) provider_tls_port: u16,
    pub(crate) proxy_port: u16,
    /// Where the proxy also listens, if it asks for certificates.
    pub(crate) proxy_tls_port: u16,
    pub(crate) folder: PathBuf,
    vestibule_port: u16,
    pub(crate) application_port: u16,
}

impl Proxy {
    /// As `tests/tools/install` and `examples/quickstart/configure` know it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Traefik => "traefik",
            Self::Traefik33 => "traefik-3.3",
            Self::Nginx => "nginx",
            Self::Caddy => "caddy",
        }
    }
}

impl Setup {
    pub(crate) const fn behind(proxy: Proxy) -> Self {
        Self { proxy, registration: Registration::SecretBasic, access_token_seconds: 600 }
    }

    /// Puts everything on, or says why the test is skipped and returns nothing.
    pub(crate) fn start(self) -> Option<Stage> {
        if let Some(missing) = missing(&[self.proxy.name(), "node"]) {
            skip(&missing);
            return None;
        }
        Some(Stage::start(self))
    }
}

/// Of the issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Http,
    Https,
}

/// What a stage is put up around, whichever provider it has.
pub(crate) struct Plan<'a> {
    pub(crate) proxy: Proxy,
    /// Of the logs, under `target/proxies`.
    pub(crate) folder: &'a str,
    /// Whether the provider is known by its TLS port.
    pub(crate) issuer_scheme: Scheme,
    /// What follows the authority in the issuer.
    pub(crate) issuer_path: &'a str,
    /// The client in clients.yaml, except where it is and what it guards.
    pub(crate) client: &'a str,
    /// Another one, on a host of its own behind the same proxy, where only its own pages are.
    pub(crate) framed_client: Option<&'a str>,
    /// Headers that the shipped configuration does not have.
    pub(crate) further_headers: &'a [&'a str],
    pub(crate) certificates: Certificates,
}

/// Whether callers show certificates to the proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Certificates {
    NotAskedFor,
    /// At its TLS port, where they may have one or none.
    AskedFor,
}

impl Stage {
    fn start(setup: Setup) -> Self {
        let test = std::thread::current().name().unwrap().replace("::", "-");
        let plan = Plan {
            proxy: setup.proxy,
            folder: &test,
            issuer_scheme: match setup.registration {
                Registration::Https => Scheme::Https,
                _ => Scheme::Http,
            },
            issuer_path: "",
            client: &setup.registration.client_yaml(),
            framed_client: None,
            further_headers: setup.registration.further_headers(),
            certificates: match setup.registration {
                Registration::ApiOverTls => Certificates::AskedFor,
                _ => Certificates::NotAskedFor,
            },
        };
        Self::put_up(&plan, |stage, port| {
            let registered = setup.registration.metadata(stage).to_string();
            std::fs::write(stage.folder.join("provider.json"), registered).unwrap();
            stage.start_provider(setup, port);
        })
    }

    /// Everything in order: the provider, which the caller starts on that port, application, vestibule, proxy.
    pub(crate) fn put_up(plan: &Plan<'_>, start_provider: impl FnOnce(&mut Self, u16)) -> Self {
        let folder = root().join("target/proxies").join(plan.folder);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        seeds::value(CLIENT_SECRET);

        let (proxy_port, vestibule_port, application_port) = (free_port(), free_port(), free_port());
        let (provider_port, provider_tls_port) = (free_port(), free_port());
        let authority = match plan.issuer_scheme {
            Scheme::Http => format!("http://localhost:{provider_port}"),
            Scheme::Https => format!("https://localhost:{provider_tls_port}"),
        };
        let mut stage = Self {
            proxy: None,
            vestibule: None,
            application: None,
            provider: None,
            relay: Relay::to(vestibule_port),
            origin: format!("http://{HOST}:{proxy_port}"),
            issuer: format!("{authority}{}", plan.issuer_path),
            provider_tls_port,
            proxy_port,
            proxy_tls_port: free_port(),
            vestibule_port,
            folder,
            application_port,
        };
        std::fs::write(stage.folder.join("clients.yaml"), stage.clients_yaml(plan)).unwrap();
        start_provider(&mut stage, provider_port);
        stage.application =
            Some(stage.node("application", application_port, application_port, &["app/app.mjs"]));
        stage.start_vestibule();

        let configured = Command::new(root().join("examples/quickstart/configure"))
            .args([plan.proxy.name()])
            .arg(stage.folder.join("proxy"))
            .env("PROXY_PORT", proxy_port.to_string())
            .env("VESTIBULE", format!("127.0.0.1:{}", stage.relay.port))
            .env("APPLICATION", format!("127.0.0.1:{application_port}"))
            .status();
        assert!(configured.unwrap().success());
        stage.pass_on(plan);
        if plan.certificates == Certificates::AskedFor {
            stage.ask_for_certificates(plan.proxy);
        }
        let start = Command::new(stage.folder.join("proxy/start"));
        stage.proxy = Some(Process::start("proxy", start, proxy_port, &stage.folder));
        stage.wait_for_routes();
        stage
    }

    /// Passes the further headers on: those for which the shipped configuration has lines as comments by these, as docs/ says, others by
    /// what `vestibule snippet` prints.
    fn pass_on(&self, plan: &Plan<'_>) {
        let shipped = std::fs::read_to_string(root().join("deploy/nginx/server.conf")).unwrap();
        let has_lines = |header: &&str| {
            let name = header.to_ascii_lowercase().replace('-', "_");
            let of_it = format!("$upstream_http_{name};");
            shipped.lines().any(|line| line.starts_with("#auth_request_set") && line.contains(&of_it))
        };
        if plan.further_headers.iter().all(has_lines) {
            self.uncomment_shipped(plan);
        } else {
            self.write_snippet(plan);
        }
    }

    /// One pair of lines for each header with nginx, which are there as comments, and one more name with the others.
    fn uncomment_shipped(&self, plan: &Plan<'_>) {
        for header in plan.further_headers {
            let name = header.to_ascii_lowercase().replace('-', "_");
            match plan.proxy {
                Proxy::Nginx => {
                    let set = |line: &str| line.contains(&format!("$upstream_http_{name};"));
                    self.uncomment("vestibule/server.conf", "#auth_request_set", set);
                    let pass = |line: &str| line.starts_with(&format!("#proxy_set_header {header} "));
                    self.uncomment("vestibule/location.conf", "#proxy_set_header", pass);
                }
                Proxy::Traefik | Proxy::Traefik33 => {
                    self.replace("dynamic.yml", "X-User-Groups", &format!("X-User-Groups, {header}"));
                }
                Proxy::Caddy => {
                    let (end, longer) =
                        ("Preferred-Username X-User-Groups", "Preferred-Username X-User-Groups ");
                    self.replace("Caddyfile", end, &format!("{longer}{header}"));
                    // What callers may send is replaced, and what they may not is blanked.
                    if header.starts_with("X-") {
                        let blank = |line: &str| line.trim() == format!("#request_header -{header}");
                        self.uncomment("Caddyfile", "#request_header", blank);
                    }
                }
            }
        }
    }

    /// Writes what `vestibule snippet` prints in the place of what the shipped configuration has.
    fn write_snippet(&self, plan: &Plan<'_>) {
        let proxy = plan.proxy.name().split('-').next().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
        command.args(["snippet", proxy, "--config"]).arg(self.folder.join("clients.yaml"));
        let output = command.env_clear().output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let snippet = String::from_utf8(output.stdout).unwrap();
        let names = snippet_names(&snippet);
        for further in plan.further_headers {
            assert!(names.iter().any(|name| name.eq_ignore_ascii_case(further)), "{further} in {snippet}");
        }
        let own_lines = |begins: &str| -> String {
            snippet.lines().filter(|line| line.starts_with(begins)).map(|line| format!("{line}\n")).collect()
        };
        // Without the lines of the shipped one that say the same.
        let others = |text: &str, begins: &str| -> String {
            let is_own = |line: &str| {
                line.trim_start().strip_prefix(begins).is_some_and(|rest| {
                    let name = rest.split_whitespace().next().unwrap_or_default();
                    names.iter().any(|own| own.eq_ignore_ascii_case(name))
                })
            };
            text.lines().filter(|line| !is_own(line)).map(|line| format!("{line}\n")).collect()
        };
        match plan.proxy {
            Proxy::Nginx => {
                self.edit("vestibule/server.conf", |text| text + &own_lines("auth_request_set"));
                self.edit("vestibule/location.conf", |text| {
                    others(&text, "proxy_set_header ") + &own_lines("proxy_set_header")
                });
            }
            Proxy::Traefik | Proxy::Traefik33 => {
                self.edit("dynamic.yml", |text| {
                    let (before, rest) = text.split_once("authResponseHeaders: [").unwrap();
                    let (_, after) = rest.split_once(']').unwrap();
                    format!("{before}authResponseHeaders: [{}]{after}", names.join(", "))
                });
            }
            Proxy::Caddy => {
                self.edit("Caddyfile", |text| {
                    let text = others(&text, "request_header -");
                    let copies = |line: &str| line.trim_start().starts_with("copy_headers ");
                    assert_eq!(text.lines().filter(|line| copies(line)).count(), 1);
                    let lines = text.lines().map(|line| match copies(line) {
                        true => format!("copy_headers {}\n", names.join(" ")),
                        false => format!("{line}\n"),
                    });
                    let text: String = lines.collect();
                    let clean: String = own_lines("request_header");
                    text.replacen(
                        "request_header -X-Forwarded-*\n",
                        &format!("request_header -X-Forwarded-*\n{clean}"),
                        1,
                    )
                });
            }
        }
    }

    /// Takes the comment sign off the one line that is meant.
    fn uncomment(&self, file: &str, begin: &str, is_meant: impl Fn(&str) -> bool) {
        self.edit(file, |text| {
            let meant = |line: &&str| line.trim_start().starts_with(begin) && is_meant(line);
            assert_eq!(text.lines().filter(meant).count(), 1, "{begin} in {file}");
            let lines = text.lines().map(|line| {
                if meant(&line) { line.replacen('#', "", 1) + "\n" } else { format!("{line}\n") }
            });
            lines.collect()
        });
    }

    /// Lets the proxy listen on its TLS port too and take any certificate there, and pass it on as docs/bearer.md says.
    fn ask_for_certificates(&self, proxy: Proxy) {
        let keys = root().join("tests/keys");
        let (certificate, key) = (keys.join("server.pem"), keys.join("server.key"));
        let (certificate, key, port) = (certificate.display(), key.display(), self.proxy_tls_port);
        match proxy {
            Proxy::Nginx => {
                let plain = format!("    listen 127.0.0.1:{};\n", self.proxy_port);
                let both = format!(
                    "{plain}    listen 127.0.0.1:{port} ssl;
    ssl_certificate {certificate};
    ssl_certificate_key {key};\n"
                );
                self.replace("app.conf", &plain, &both);
                self.replace("app.conf", "#ssl_verify_client", "ssl_verify_client");
            }
            Proxy::Traefik | Proxy::Traefik33 => {
                let more = format!(
                    "entryPoints:\n  secure:\n    address: \"127.0.0.1:{port}\"\n    http: {{ tls: {{}} }}\n"
                );
                self.replace("traefik.yml", "entryPoints:\n", &more);
                let tls = format!(
                    "
tls:
  certificates: [{{ certFile: {certificate}, keyFile: {key} }}]
  options: {{ default: {{ clientAuth: {{ clientAuthType: RequestClientCert }} }} }}\n"
                );
                self.edit("dynamic.yml", |text| {
                    text.replace("[websecure]", "[websecure, secure]")
                        .replace("middlewares: [vestibule]", "middlewares: [certificate, vestibule]")
                        .replace(
                            "  middlewares:\n",
                            "  middlewares:\n    certificate: { passTLSClientCert: { pem: true } }\n",
                        )
                        + &tls
                });
            }
            Proxy::Caddy => {
                let plain = format!("http://{HOST}:{} {{\n", self.proxy_port);
                self.replace("Caddyfile", &plain, "(guarded) {\n");
                let both = format!(
                    "
{plain}\timport guarded\n}}

https://{HOST}:{port} {{
\ttls {certificate} {key} {{
\t\tclient_auth {{
\t\t\tmode request
\t\t}}
\t}}
\timport guarded
}}\n"
                );
                self.edit("Caddyfile", |text| text + &both);
                let question = "uri /oidc/quickstart/auth?\n";
                let with_certificate = format!(
                    "{question}\t\t\t\theader_up X-Client-Cert {{http.request.tls.client.certificate_der_base64}}\n"
                );
                self.replace("Caddyfile", question, &with_certificate);
            }
        }
    }

    /// Changes a file of the proxy's configuration before it is started.
    fn edit(&self, file: &str, change: impl FnOnce(String) -> String) {
        let path = self.folder.join("proxy").join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(path, change(text)).unwrap();
    }

    /// The same for what stands in it once.
    fn replace(&self, file: &str, what: &str, with: &str) {
        self.edit(file, |text| {
            assert_eq!(text.matches(what).count(), 1, "{what:?} in {file}");
            text.replace(what, with)
        });
    }

    /// Changes what stands once in a file of the proxy's configuration, and starts the proxy anew with it.
    pub(crate) fn change_proxy(&mut self, file: &str, what: &str, with: &str) {
        self.proxy = None;
        self.replace(file, what, with);
        let start = Command::new(self.folder.join("proxy/start"));
        self.proxy = Some(Process::start("proxy", start, self.proxy_port, &self.folder));
        self.wait_for_routes();
    }

    /// One more vestibule with the same clients.yaml, and its port. It knows nothing of the sessions of the other.
    pub(crate) fn second_vestibule(&self) -> (Process, u16) {
        let port = free_port();
        let text = std::fs::read_to_string(self.folder.join("clients.yaml")).unwrap();
        let (clients, _) = text.split_once("server:\n").unwrap();
        let server =
            format!("server:\n  listen: 127.0.0.1:{port}\n  admin_listen: 127.0.0.1:{}\n", free_port());
        let file = self.folder.join("second.yaml");
        std::fs::write(&file, format!("{clients}{server}")).unwrap();
        let command = self.serve(&file);
        (Process::start("second-vestibule", command, port, &self.folder), port)
    }

    /// Changes clients.yaml, and starts vestibule anew with it.
    pub(crate) fn change_clients(&mut self, change: impl FnOnce(String) -> String) {
        self.vestibule = None;
        let path = self.folder.join("clients.yaml");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(path, change(text)).unwrap();
        self.start_vestibule();
    }

    /// Traefik listens before it has read its routes, and answers 404 meanwhile.
    fn wait_for_routes(&self) {
        for _ in 0..200 {
            if self.send(&Request::get("/").fetch()).status == 401 {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!(
            "no 401 within ten seconds:\n{}",
            self.proxy.as_ref().map(Process::log_text).unwrap_or_default()
        );
    }

    /// Starts vestibule, again after it was dropped.
    pub(crate) fn start_vestibule(&mut self) {
        let command = self.serve(&self.folder.join("clients.yaml"));
        self.vestibule = Some(Process::start("vestibule", command, self.vestibule_port, &self.folder));
    }

    /// vestibule with that file, and without settings of the surrounding shell: they are not this stage's.
    fn serve(&self, file: &Path) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
        command.arg("serve").arg(file).current_dir(&self.folder);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("VESTIBULE_") || name.to_string_lossy().starts_with("AUTH_")
            {
                command.env_remove(name);
            }
        }
        command
    }

    /// Starts the provider, again after it was dropped; it then knows nobody any more.
    pub(crate) fn start_provider(&mut self, setup: Setup, port: u16) {
        let clients = self.folder.join("provider.json");
        let seconds = setup.access_token_seconds.to_string();
        let mut arguments = vec![
            "provider/provider.mjs",
            "--clients",
            clients.to_str().unwrap(),
            "--access-token-seconds",
            &seconds,
        ];
        let further = setup.registration.provider_arguments(self);
        arguments.extend(further.iter().map(String::as_str));
        // It listens there last.
        let last = if setup.registration.has_tls() { self.provider_tls_port } else { port };
        self.provider = Some(self.node("provider", port, last, &arguments));
    }

    /// Starts a program of the quickstart on that port, and waits for its last one.
    fn node(&self, name: &str, port: u16, last: u16, arguments: &[&str]) -> Process {
        let mut command = Command::new(tool("node"));
        command
            .current_dir(root().join("examples/quickstart"))
            .args(arguments)
            .args(["--port", &port.to_string()]);
        Process::start(name, command, last, &self.folder)
    }

    /// An address of the guarded application.
    pub(crate) fn at(&self, path_and_query: &str) -> String {
        format!("{}{path_and_query}", self.origin)
    }

    /// An address of vestibule's own pages.
    pub(crate) fn own(&self, page: &str) -> String {
        self.at(&format!("/oidc/quickstart/{page}"))
    }

    /// Of the second client, if there is one.
    pub(crate) fn framed_origin(&self) -> String {
        format!("http://framed.localhost:{}", self.proxy_port)
    }

    /// A browser in which that user is signed in.
    pub(crate) fn signed_in(&self, name: &str) -> Browser {
        let mut browser = Browser::default();
        let page = browser.sign_in(&self.at("/"), name);
        assert!(
            page.answer.is_application(),
            "{name} landed on {} with {}",
            page.place(),
            page.answer.status
        );
        browser
    }

    /// What the proxy answers to a request that is sent as it stands.
    pub(crate) fn send(&self, request: &Request) -> Answer {
        request.send(&format!("{HOST}:{}", self.proxy_port), self.proxy_port).unwrap()
    }

    /// `Cookie` of a browser for the guarded host.
    pub(crate) fn cookies(browser: &Browser) -> String {
        browser.cookie_header(HOST)
    }

    /// Forgets the session here; the provider's goes on.
    pub(crate) fn forget_session(browser: &mut Browser) {
        browser.forget(HOST);
    }

    /// How many requests have reached the application, asked without the proxy. This question counts as one.
    pub(crate) fn served(&self) -> u64 {
        let answer = Request::get("/").fetch().send("direct", self.application_port).unwrap();
        Seen::from(&answer).served
    }

    fn clients_yaml(&self, plan: &Plan<'_>) -> String {
        let client = |name: &str, origin: &str, lines: &str| {
            let (issuer, host) = (&self.issuer, origin.strip_prefix("http://").unwrap());
            let hosts = match plan.certificates {
                Certificates::NotAskedFor => format!("\"{host}\""),
                Certificates::AskedFor => format!("\"{host}\", \"{HOST}:{}\"", self.proxy_tls_port),
            };
            let certificate = match plan.proxy {
                Proxy::Traefik | Proxy::Traefik33 => "X-Forwarded-Tls-Client-Cert",
                Proxy::Nginx | Proxy::Caddy => "X-Client-Cert",
            };
            let lines = lines
                .replace("ORIGIN", origin)
                .replace("AUTHORITY", host)
                .replace("ISSUER", issuer)
                .replace("CERTIFICATE", certificate);
            format!(
                "  {name}:
    issuer: {issuer}
    redirect_uri: {origin}/oidc/{name}/callback
    hosts: [{hosts}]
{lines}"
            )
        };
        let first = client("quickstart", &self.origin, plan.client);
        let framed = plan.framed_client.map(|lines| client("framed", &self.framed_origin(), lines));
        format!(
            "clients:
{first}{}server:
  listen: 127.0.0.1:{}
  admin_listen: 127.0.0.1:{}
",
            framed.unwrap_or_default(),
            self.vestibule_port,
            free_port(),
        )
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // In this order nobody is left who would complain about the next one's end.
        for process in [&mut self.proxy, &mut self.vestibule, &mut self.application, &mut self.provider] {
            process.take();
        }
    }
}

/// The headers that a snippet is about.
fn snippet_names(snippet: &str) -> Vec<String> {
    let lists = ["authResponseHeaders: [", "copy_headers "];
    let list = snippet.lines().find_map(|line| lists.iter().find_map(|begins| line.strip_prefix(begins)));
    match list {
        Some(list) => {
            let names = list.trim_end_matches(']').split([',', ' ']).filter(|name| !name.is_empty());
            names.map(str::to_owned).collect()
        }
        None => {
            let lines = snippet.lines().filter_map(|line| line.strip_prefix("proxy_set_header "));
            lines.map(|line| line.split(' ').next().unwrap().to_owned()).collect()
        }
    }
}

/// What the application says it was asked.
#[derive(serde::Deserialize)]
pub(crate) struct Seen {
    pub(crate) served: u64,
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
}

impl Seen {
    /// Reads the application's JSON.
    pub(crate) fn from(answer: &Answer) -> Self {
        assert!(answer.is_application(), "not the application's: {} {}", answer.status, answer.body);
        serde_json::from_str(&answer.body).unwrap()
    }

    /// The one value of a header, empty where it did not come; fails when it came twice.
    pub(crate) fn header(&self, name: &str) -> &str {
        let mut values = self.headers.iter().filter(|(given, _)| given.eq_ignore_ascii_case(name));
        let first = values.next().map_or("", |(_, value)| value);
        assert!(values.next().is_none(), "{name} reached the application twice: {:?}", self.headers);
        first
    }
}

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Where `tests/tools/install` puts a tool.
pub(crate) fn tool(name: &str) -> PathBuf {
    root().join("target/tools/bin").join(name)
}

/// The first of these tools that is not there; the provider's packages are asked for with "node".
pub(crate) fn missing(tools: &[&str]) -> Option<String> {
    let absent = |path: &Path| !path.exists();
    if absent(&root().join("target/tools/npm/node_modules/oidc-provider")) {
        return Some("oidc-provider is not installed (tests/tools/install provider)".to_owned());
    }
    let name = tools.iter().find(|name| absent(&tool(name)))?;
    Some(format!("{name} is not installed (tests/tools/install {name})"))
}

/// Says that this test is skipped, past the capture of the test runner; fails instead when none may be.
pub(crate) fn skip(why: &str) {
    let thread = std::thread::current();
    let name = thread.name().unwrap();
    assert!(std::env::var_os("VESTIBULE_TESTS_NO_SKIP").is_none(), "{name} may not be skipped: {why}");
    skip_in_any_case(why);
}

/// The same where nothing of ours can change it.
pub(crate) fn skip_in_any_case(why: &str) {
    let thread = std::thread::current();
    let _ = writeln!(std::io::stderr(), "skipped: {}: {why}", thread.name().unwrap());
}
