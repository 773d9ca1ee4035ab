//! The builder: `World::new().start().await` is a provider, the server with one client, and a clock that the test sets. From there
//! every point of the flow is one line away.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::net::TcpStream;
use url::Url;
use vestibule::clock::Clock;
use vestibule::config::Config;
use vestibule::idp::providers::Providers;
use vestibule::server::Running;

use crate::browser::Browser;
use crate::jar::Context;
use crate::logs;
use crate::provider::{Endpoint, Provider, Registered};
use crate::wire::{Answer, Ask, send};

/// The page that most tests want to see.
pub(crate) const PAGE: &str = "https://app.example.test/private";
/// Where the client `app` is reached.
pub(crate) const APP: &str = "https://app.example.test/oidc/app";
/// The session cookie of the client `app`.
pub(crate) const SESSION: &str = "__Host-vestibule_app";
/// The flow cookie of every client on https.
pub(crate) const FLOW: &str = "__Host-vestibule_flow";

/// A running installation.
pub(crate) struct World {
    pub(crate) clock: Clock,
    /// The provider of the first client.
    pub(crate) provider: Provider,
    /// Further issuers of access tokens, and then the providers of those clients that have one of their own.
    pub(crate) other_providers: Vec<Provider>,
    pub(crate) address: SocketAddr,
    pub(crate) admin_address: SocketAddr,
    /// None once it was stopped.
    pub(crate) server: Option<Running>,
    pub(crate) config: Config,
    secrets: Vec<String>,
    /// The values of all cookies that the browsers were given.
    cookies: Arc<Mutex<Vec<String>>>,
}

type Script = Box<dyn FnOnce(&Provider)>;

/// An installation that is not started yet.
pub(crate) struct Setup {
    clients: Vec<Client>,
    server: Vec<String>,
    top: Vec<String>,
    environment: Vec<(&'static str, &'static str)>,
    provider_is_down: bool,
    further_issuers: usize,
    script: Option<Script>,
}

/// One client as a test wants it.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    name: String,
    origin: String,
    hosts: String,
    secret: Option<String>,
    method: &'static str,
    scopes: String,
    headers: String,
    own_provider: bool,
    issuer_path: &'static str,
    bearer_only: bool,
    names_issuer: bool,
    lines: Vec<String>,
}

impl Client {
    /// A confidential client on `https://{name}.example.test`.
    pub(crate) fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            origin: format!("https://{name}.example.test"),
            hosts: format!("[{name}.example.test]"),
            // Characters that RFC 6749 section 2.3.1 has escaped (G-09).
            secret: Some(format!("secret:of+{name} % é\" 0123456789")),
            method: "client_secret_basic",
            scopes: "openid profile email offline_access".to_owned(),
            headers: "{ email: X-User-Email, preferred_username: X-User-Name, groups: X-User-Groups }"
                .to_owned(),
            own_provider: false,
            issuer_path: "",
            bearer_only: false,
            names_issuer: true,
            lines: Vec::new(),
        }
    }

    /// A line of YAML under the client: `session: { idle: 1h }`. `<issuer>` in it is the issuer.
    pub(crate) fn line(mut self, line: &str) -> Self {
        self.lines.push(line.to_owned());
        self
    }

    /// Where browsers reach vestibule for this client, without a slash at the end.
    pub(crate) fn origin(mut self, origin: &str) -> Self {
        self.origin = origin.to_owned();
        self
    }

    /// A YAML list.
    pub(crate) fn hosts(mut self, hosts: &str) -> Self {
        self.hosts = hosts.to_owned();
        self
    }

    pub(crate) fn scopes(mut self, scopes: &str) -> Self {
        self.scopes = scopes.to_owned();
        self
    }

    /// A YAML table, claim to header.
    pub(crate) fn headers(mut self, headers: &str) -> Self {
        self.headers = headers.to_owned();
        self
    }

    /// How the provider wants to have the client authenticated.
    pub(crate) fn authenticates_by(mut self, method: &'static str) -> Self {
        self.method = method;
        match method {
            "none" | "private_key_jwt" | "assertion" => self.secret = None,
            // As long as the hash.
            "client_secret_jwt" => self.secret = self.secret.map(|secret| secret.repeat(2)),
            _ => {}
        }
        self
    }

    /// A provider that no other client has.
    pub(crate) fn own_provider(mut self) -> Self {
        self.own_provider = true;
        self
    }

    /// What follows the provider's address in the configured issuer.
    pub(crate) fn issuer_path(mut self, path: &'static str) -> Self {
        self.issuer_path = path;
        self
    }

    /// A client at which nobody signs in, and that the provider has never heard of.
    pub(crate) fn bearer_only(mut self) -> Self {
        self.bearer_only = true;
        self.secret = None;
        self
    }

    /// A client whose issuers all have tables of their own under `bearer`.
    pub(crate) fn without_issuer(mut self) -> Self {
        self.names_issuer = false;
        self
    }

    fn redirect_uri(&self) -> String {
        format!("{}/oidc/{}/callback", self.origin, self.name)
    }

    pub(crate) fn registered(&self) -> Registered {
        Registered {
            secret: self.secret.clone(),
            method: self.method,
            redirect_uris: vec![self.redirect_uri()],
            post_logout_redirect_uris: vec![format!("{}/oidc/{}/signed-out", self.origin, self.name)],
        }
    }

    pub(crate) fn yaml(&self, issuer: &str) -> String {
        let Self { name, hosts, scopes, headers, .. } = self;
        if self.bearer_only {
            let mut yaml = format!(
                "  {name}:\n    hosts: {hosts}\n    bearer_only: true\n    extra_claim_headers: {headers}\n"
            );
            if self.names_issuer {
                yaml.push_str(&format!("    issuer: \"{issuer}{}\"\n", self.issuer_path));
            }
            for line in &self.lines {
                yaml.push_str(&format!("    {}\n", line.replace("<issuer>", issuer)));
            }
            return yaml;
        }
        let mut yaml = format!(
            "  {name}:\n    issuer: \"{issuer}{}\"\n    client_id: id-of-{name}\n    redirect_uri: {}\n    hosts: {hosts}\n    \
             scopes: {scopes}\n    extra_claim_headers: {headers}\n",
            self.issuer_path,
            self.redirect_uri()
        );
        if let Some(secret) = &self.secret {
            yaml.push_str(&format!("    client_secret: '{secret}'\n"));
        }
        for line in &self.lines {
            yaml.push_str(&format!("    {}\n", line.replace("<issuer>", issuer)));
        }
        yaml
    }
}

impl World {
    /// One client, `app`, on `https://app.example.test`.
    #[expect(clippy::new_ret_no_self, reason = "a world begins with what it is to be made of")]
    pub(crate) fn new() -> Setup {
        Setup {
            clients: vec![Client::named("app")],
            server: Vec::new(),
            top: Vec::new(),
            environment: Vec::new(),
            provider_is_down: false,
            further_issuers: 0,
            script: None,
        }
    }

    /// A new person's browser, which asks for the client `app`.
    pub(crate) fn browser(&self) -> Browser {
        self.browser_for("app")
    }

    /// A new person's browser behind a proxy that asks for that client.
    pub(crate) fn browser_for(&self, client: &str) -> Browser {
        Browser::new(self.address, &self.clock, client, Arc::clone(&self.cookies))
    }

    /// A browser that has just signed in at `app`.
    pub(crate) async fn signed_in(&self) -> Browser {
        let mut browser = self.browser();
        browser.open(PAGE).await.assert_at(PAGE);
        browser
    }

    /// The question that the proxy asks when somebody without a cookie navigates to [`PAGE`]: BASE of the security catalogue.
    pub(crate) fn base(&self) -> Ask {
        self.asking(PAGE)
    }

    /// The same for any address.
    pub(crate) fn asking(&self, url: &str) -> Ask {
        self.browser().ask("GET", &Url::parse(url).unwrap(), Context::SameSite)
    }

    /// The question as nginx asks it: the whole address in one header.
    pub(crate) fn nginx(&self, url: &str) -> Ask {
        let mut ask = self.asking(url);
        ask.target = b"/oidc/app/auth/nginx".to_vec();
        ask.headers.retain(|(name, _)| !name.starts_with("X-Forwarded-"));
        ask.with("X-Original-URL", url).with("X-Original-Method", "GET")
    }

    /// The question as Envoy asks it: its own path, host and method.
    pub(crate) fn envoy(&self, url: &str) -> Ask {
        let parsed = Url::parse(url).unwrap();
        let mut ask = self.asking(url);
        ask.target = format!("/oidc/app/auth/envoy{}", &parsed[url::Position::BeforePath..]).into_bytes();
        ask.headers.retain(|(name, _)| !name.starts_with("X-Forwarded-"));
        ask.having("Host", parsed.host_str().unwrap()).with("X-Forwarded-Proto", parsed.scheme())
    }

    /// [`Self::base`] with the cookies of a browser: BASE+S.
    pub(crate) fn base_of(&self, browser: &Browser) -> Ask {
        browser.ask("GET", &Url::parse(PAGE).unwrap(), Context::SameSite)
    }

    pub(crate) async fn send(&self, ask: &Ask) -> Answer {
        let answer = send(self.address, ask).await;
        answer.assert_ours();
        answer
    }

    /// What is known of the providers of these clients by a process that has only just started, and asks nobody by itself.
    pub(crate) fn providers(&self) -> Arc<Providers> {
        Arc::new(Providers::new(&self.config, &self.clock).unwrap())
    }

    /// A client as it was configured.
    pub(crate) fn configured(&self, name: &str) -> Arc<vestibule::config::Client> {
        Arc::clone(self.config.client(name).unwrap())
    }

    /// What the admin listener says at that path.
    pub(crate) async fn admin(&self, path: &str) -> Answer {
        send(self.admin_address, &Ask::new("GET", path).with("Host", "admin.internal:9100")).await
    }

    /// The `Cookie` value with the session of a browser.
    pub(crate) fn session_cookie(&self, browser: &Browser) -> String {
        let cookie = browser.jar.get(SESSION).unwrap_or_else(|| panic!("no session in {:?}", browser.jar));
        format!("{SESSION}={}", cookie.value)
    }

    /// One more process with the same clients.yaml, or the same one after a restart.
    pub(crate) async fn replica(&self) -> Running {
        vestibule::server::start(self.config.clone(), self.clock.clone()).await.unwrap()
    }

    /// Stops the server and starts it again, with the same clients.yaml and the same clock. The browsers of before must be told where.
    pub(crate) async fn restart(&mut self) {
        self.stop().await;
        self.start_again().await;
    }

    /// Starts what was stopped.
    pub(crate) async fn start_again(&mut self) {
        let server = self.replica().await;
        (self.address, self.admin_address) = (server.address, server.admin_address);
        self.server = Some(server);
    }

    /// Stops the server as SIGTERM would, and waits for it.
    pub(crate) async fn stop(&mut self) {
        self.server.take().expect("it runs").stop().await;
    }

    /// Whether the port takes connections.
    pub(crate) async fn accepts_connections(&self) -> bool {
        TcpStream::connect(self.address).await.is_ok()
    }

    /// Everything that no log of this world may hold.
    pub(crate) fn secrets(&self) -> Vec<(&'static str, String)> {
        let mut secrets: Vec<_> =
            self.secrets.iter().map(|secret| ("client_secret", secret.clone())).collect();
        secrets.extend(self.cookies.lock().unwrap().iter().map(|value| ("cookie", value.clone())));
        for provider in std::iter::once(&self.provider).chain(&self.other_providers) {
            secrets.extend(provider.secrets());
        }
        secrets
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let log = logs::text();
        // An empty signature, as some tests make it, is nothing to look for.
        for (kind, secret) in self.secrets().iter().filter(|(_, secret)| secret.len() >= 16) {
            assert!(!log.contains(secret), "{kind} is in the log: {:?}", logs::lines_with(&[secret]));
        }
    }
}

impl Setup {
    /// Changes the client `app`.
    pub(crate) fn app(mut self, change: impl FnOnce(Client) -> Client) -> Self {
        let app = self.clients.remove(0);
        self.clients.insert(0, change(app));
        self
    }

    /// A line of YAML under the client `app`.
    pub(crate) fn line(self, line: &str) -> Self {
        self.app(|app| app.line(line))
    }

    /// One more client.
    pub(crate) fn client(mut self, client: Client) -> Self {
        self.clients.push(client);
        self
    }

    /// A line of YAML under `server`.
    pub(crate) fn server(mut self, line: &str) -> Self {
        self.server.push(line.to_owned());
        self
    }

    /// A line of YAML beside `clients` and `server`.
    pub(crate) fn top(mut self, line: &str) -> Self {
        self.top.push(line.to_owned());
        self
    }

    /// A variable of the environment.
    pub(crate) fn environment(mut self, name: &'static str, value: &'static str) -> Self {
        self.environment.push((name, value));
        self
    }

    /// The provider is not there when the server starts.
    pub(crate) fn provider_down(mut self) -> Self {
        self.provider_is_down = true;
        self
    }

    /// Scripts the provider before the server starts and asks it for the first time.
    pub(crate) fn provider(mut self, script: impl FnOnce(&Provider) + 'static) -> Self {
        self.script = Some(Box::new(script));
        self
    }

    /// So many providers at which nobody signs in: `<issuer-1>` in a line is the first of them.
    pub(crate) fn further_issuers(mut self, count: usize) -> Self {
        self.further_issuers = count;
        self
    }

    /// What the server would be started with, its provider nowhere.
    pub(crate) fn config(self) -> Config {
        let yaml: String = self.clients.iter().map(|client| client.yaml("http://127.0.0.1:1")).collect();
        let server = "server:\n  listen: 127.0.0.1:0\n  admin_listen: 127.0.0.1:0\n";
        crate::boot::config(&format!("clients:\n{yaml}{server}"), &self.environment)
    }

    pub(crate) async fn start(self) -> World {
        logs::keep();
        let clock = Clock::system();
        let provider = if self.provider_is_down { Provider::down(&clock) } else { Provider::start(&clock) };
        let mut other_providers: Vec<_> =
            (0..self.further_issuers).map(|_| Provider::start(&clock)).collect();
        let mut yaml = "clients:\n".to_owned();
        for client in &self.clients {
            let home = if client.own_provider {
                other_providers.push(Provider::start(&clock));
                other_providers.last().unwrap()
            } else {
                &provider
            };
            home.script().clients.insert(format!("id-of-{}", client.name), client.registered());
            let mut lines = client.yaml(&home.issuer);
            for (index, further) in other_providers[..self.further_issuers].iter().enumerate() {
                lines = lines.replace(&format!("<issuer-{}>", index + 1), &further.issuer);
            }
            yaml.push_str(&lines);
        }
        yaml.push_str("server:\n  listen: 127.0.0.1:0\n  admin_listen: 127.0.0.1:0\n");
        for line in &self.server {
            yaml.push_str(&format!("  {line}\n"));
        }
        for line in &self.top {
            yaml.push_str(&format!("{line}\n"));
        }
        let config = crate::boot::config(&yaml, &self.environment);
        let learns_at_once = self.script.is_none() && !self.provider_is_down;
        if let Some(script) = self.script {
            script(&provider);
        }
        let server = vestibule::server::start(config.clone(), clock.clone()).await.unwrap();
        if learns_at_once {
            // Metadata and keys are learned in the background; from here on no test has to reckon with that.
            for provider in std::iter::once(&provider).chain(&other_providers[self.further_issuers..]) {
                provider.reached(Endpoint::Jwks, 1).await;
            }
        }
        World {
            clock,
            provider,
            other_providers,
            address: server.address,
            admin_address: server.admin_address,
            server: Some(server),
            config,
            cookies: Arc::default(),
            secrets: self.clients.iter().filter_map(|client| client.secret.clone()).collect(),
        }
    }
}
