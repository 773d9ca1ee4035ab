//! A browser behind a pretended proxy: it keeps cookies, follows redirects and posts forms as a browser does, and for every
//! request that is not vestibule's own or the provider's the proxy asks `/oidc/{client}/auth` or `/auth` first, as Traefik would.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use url::Url;
use vestibule::clock::Clock;

use crate::jar::{Context, Jar, site};
use crate::wire::{Answer, Ask, send};
use crate::world::SESSION;

/// One person's browser.
pub(crate) struct Browser {
    pub(crate) jar: Jar,
    /// Where vestibule is; the pretended proxy sends it `/oidc/` on every host.
    pub(crate) vestibule: SocketAddr,
    clock: Clock,
    /// The client that the pretended proxy names; empty: it names none, and the host tells.
    pub(crate) client: String,
    /// Takes no cookies at all.
    pub(crate) blocks_cookies: bool,
    /// The values of the cookies of vestibule, for whoever looks through the log.
    seen: Arc<Mutex<Vec<String>>>,
    /// Every address seen, with its status, to be shown when a test fails.
    pub(crate) visited: Vec<String>,
}

/// Where a navigation came to rest.
#[derive(Debug)]
pub(crate) struct Landed {
    pub(crate) url: String,
    pub(crate) answer: Answer,
    /// Whether it is the guarded application; else it is a page of ours or of the provider.
    pub(crate) in_application: bool,
}

impl Landed {
    /// The value of an identity header that the application got.
    pub(crate) fn identity(&self, header: &str) -> &str {
        assert!(self.in_application, "not in the application: {} {}", self.url, self.answer.show());
        self.answer.header(header).unwrap_or_else(|| panic!("no {header} in {}", self.answer.show()))
    }

    /// Asserts that the application was reached, at exactly that address.
    #[track_caller]
    pub(crate) fn assert_at(&self, url: &str) {
        assert!(self.in_application, "not in the application: {} {}", self.url, self.answer.show());
        assert_eq!(self.url, url);
    }
}

/// What a navigation step leads to.
enum Next {
    Go(Step),
    Rest,
}

/// One request that the browser is about to make.
#[derive(Debug)]
struct Step {
    method: &'static str,
    url: String,
    body: Vec<u8>,
    /// Origin of the page that caused it; none for what the person typed.
    initiator: Option<Url>,
}

impl Browser {
    pub(crate) fn new(
        vestibule: SocketAddr,
        clock: &Clock,
        client: &str,
        seen: Arc<Mutex<Vec<String>>>,
    ) -> Self {
        Self {
            jar: Jar::default(),
            vestibule,
            clock: clock.clone(),
            client: client.to_owned(),
            blocks_cookies: false,
            seen,
            visited: Vec::new(),
        }
    }

    /// Whether the client `app` has given it a session.
    pub(crate) fn has_session(&self) -> bool {
        self.jar.get(SESSION).is_some()
    }

    /// Types an address and goes wherever it leads.
    pub(crate) async fn open(&mut self, url: &str) -> Landed {
        self.navigate(Step { method: "GET", url: url.to_owned(), body: Vec::new(), initiator: None }, None)
            .await
            .unwrap()
    }

    /// Types an address and stops before the callback is called; gives the address of the callback, and for `form_post` the form.
    pub(crate) async fn open_until_callback(&mut self, url: &str) -> Callback {
        let step = Step { method: "GET", url: url.to_owned(), body: Vec::new(), initiator: None };
        match self.navigate(step, Some("/callback")).await {
            Err(step) => {
                Callback { method: step.method, url: step.url, body: step.body, initiator: step.initiator }
            }
            Ok(landed) => panic!("never came to the callback: {} {}", landed.url, landed.answer.show()),
        }
    }

    /// Calls the callback and goes wherever it leads.
    pub(crate) async fn finish(&mut self, callback: Callback) -> Landed {
        let Callback { method, url, body, initiator } = callback;
        self.navigate(Step { method, url, body, initiator }, None).await.unwrap()
    }

    /// Calls the callback and gives its own answer.
    pub(crate) async fn call_back(&mut self, callback: &Callback) -> Answer {
        let Callback { method, url, body, initiator } = callback.clone();
        self.one(&Step { method, url, body, initiator }).await
    }

    /// Types an address and gives the first answer.
    pub(crate) async fn get(&mut self, url: &str) -> Answer {
        self.one(&Step { method: "GET", url: url.to_owned(), body: Vec::new(), initiator: None }).await
    }

    /// Clicks a link on a page of `from` and gives the first answer.
    pub(crate) async fn click(&mut self, from: &str, url: &str) -> Answer {
        let initiator = Some(Url::parse(from).unwrap());
        self.one(&Step { method: "GET", url: url.to_owned(), body: Vec::new(), initiator }).await
    }

    /// Submits a form of a page of `from` and gives the first answer.
    pub(crate) async fn submit(&mut self, from: &str, url: &str, form: &str) -> Answer {
        let initiator = Some(Url::parse(from).unwrap());
        self.one(&Step { method: "POST", url: url.to_owned(), body: form.into(), initiator }).await
    }

    /// Submits a form of a page of `from` and goes wherever it leads.
    pub(crate) async fn submit_and_follow(&mut self, from: &str, url: &str, form: &str) -> Landed {
        let initiator = Some(Url::parse(from).unwrap());
        self.navigate(Step { method: "POST", url: url.to_owned(), body: form.into(), initiator }, None)
            .await
            .unwrap()
    }

    /// What a script on a page of the same origin gets.
    pub(crate) async fn fetch(&mut self, url: &str) -> Answer {
        let url = Url::parse(url).unwrap();
        let ask = self.ask("GET", &url, Context::SameSite);
        let ask = ask
            .having("Accept", "*/*")
            .having("Sec-Fetch-Mode", "cors")
            .having("Sec-Fetch-Dest", "empty")
            .having("Sec-Fetch-Site", "same-origin")
            .without("Upgrade-Insecure-Requests")
            .without("Sec-Fetch-User");
        let answer = send(self.vestibule, &ask).await;
        answer.assert_ours();
        self.keep_cookies(&url, &answer);
        answer
    }

    /// The request that reaches vestibule when this browser navigates to `url`: straight to one of vestibule's own addresses, or
    /// the question of the pretended proxy. For tests that change one thing about it.
    pub(crate) fn ask(&self, method: &str, url: &Url, context: Context) -> Ask {
        let own = url.path().starts_with("/oidc/");
        let target = match url.query() {
            Some(query) if own => format!("{}?{query}", url.path()),
            None if own => url.path().to_owned(),
            _ if self.client.is_empty() => "/auth".to_owned(),
            _ => format!("/oidc/{}/auth", self.client),
        };
        let host = host_and_port(url);
        let mut ask = Ask::new(if own { method } else { "GET" }, target)
            .with("Host", if own { host.clone() } else { "vestibule.internal:8000".to_owned() })
            .with("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) flow/1.0")
            .with("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8")
            .with("Accept-Language", "en")
            .with("Upgrade-Insecure-Requests", "1")
            .with("Sec-Fetch-Dest", "document")
            .with("Sec-Fetch-Mode", "navigate")
            .with("Sec-Fetch-Site", "none")
            .with("Sec-Fetch-User", "?1");
        if let Some(cookies) = self.jar.header(url, context, self.now()) {
            ask = ask.with("Cookie", cookies);
        }
        ask.with("X-Forwarded-For", "198.51.100.7")
            .with("X-Forwarded-Host", host)
            .with("X-Forwarded-Method", method)
            .with("X-Forwarded-Proto", url.scheme())
            .with("X-Forwarded-Uri", &url[url::Position::BeforePath..url::Position::AfterQuery])
    }

    /// Follows redirects and posted forms. `Err` holds the step to an address that ends with `stop`.
    async fn navigate(&mut self, mut step: Step, stop: Option<&str>) -> Result<Landed, Step> {
        for _ in 0..MAX_HOPS {
            let url = Url::parse(&step.url).unwrap_or_else(|fault| panic!("{fault}: {}", step.url));
            if stop.is_some_and(|stop| url.path().ends_with(stop)) {
                return Err(step);
            }
            let answer = self.one(&step).await;
            match next(&step, &url, &answer) {
                Next::Go(next) => step = next,
                Next::Rest => {
                    let own = url.path().starts_with("/oidc/") || is_provider(&url);
                    let in_application = !own && answer.status == 200;
                    return Ok(Landed { url: step.url, answer, in_application });
                }
            }
        }
        panic!("redirected for ever: {:#?}", self.visited);
    }

    async fn one(&mut self, step: &Step) -> Answer {
        let url = Url::parse(&step.url).unwrap();
        let context = match &step.initiator {
            Some(initiator) if site(initiator) != site(&url) && step.method == "POST" => Context::CrossSite,
            Some(initiator) if site(initiator) != site(&url) => Context::CrossSiteNavigation,
            _ => Context::SameSite,
        };
        let mut ask = self.ask(step.method, &url, context);
        if let Some(initiator) = &step.initiator {
            let relation = match () {
                () if initiator.origin() == url.origin() => "same-origin",
                () if site(initiator) == site(&url) => "same-site",
                () => "cross-site",
            };
            ask = ask.having("Sec-Fetch-Site", relation);
            if step.method == "POST" {
                ask = ask.with("Origin", initiator.origin().ascii_serialization());
            }
        }
        if step.method == "POST" && url.path().starts_with("/oidc/") {
            ask = ask.form(step.body.clone());
        }
        let to = if is_provider(&url) { self.to_provider(&url, &mut ask) } else { self.vestibule };
        let answer = send(to, &ask).await;
        if !is_provider(&url) {
            answer.assert_ours();
        }
        self.visited.push(format!("{} {} -> {} {}", step.method, step.url, answer.status, answer.refusal()));
        self.keep_cookies(&url, &answer);
        answer
    }

    fn to_provider(&self, url: &Url, ask: &mut Ask) -> SocketAddr {
        ask.target = url[url::Position::BeforePath..url::Position::AfterQuery].into();
        ask.headers.retain(|(name, _)| !name.starts_with("X-Forwarded-"));
        *ask = ask.clone().having("Host", host_and_port(url));
        url.socket_addrs(|| None).unwrap()[0]
    }

    /// Takes cookies in. A proxy hands none on from an answer that lets a request through, so those are lost here too.
    fn keep_cookies(&mut self, url: &Url, answer: &Answer) {
        let asked_by_proxy = !url.path().starts_with("/oidc/") && !is_provider(url);
        if self.blocks_cookies || (asked_by_proxy && (200..300).contains(&answer.status)) {
            return;
        }
        for line in answer.all("Set-Cookie") {
            let value = line.split(';').next().unwrap().split_once('=').unwrap().1;
            self.seen.lock().unwrap().push(value.to_owned());
            if let Err(fault) = self.jar.store(url, line, self.now()) {
                panic!("a browser drops the cookie that {url} set ({fault}): {line}");
            }
        }
    }

    fn now(&self) -> u64 {
        self.clock.wall().seconds()
    }
}

/// A login that is about to come back.
#[derive(Clone, Debug)]
pub(crate) struct Callback {
    method: &'static str,
    pub(crate) url: String,
    pub(crate) body: Vec<u8>,
    initiator: Option<Url>,
}

impl Callback {
    /// A callback that somebody typed.
    pub(crate) fn typed(url: impl Into<String>) -> Self {
        Self { method: "GET", url: url.into(), body: Vec::new(), initiator: None }
    }

    /// The parameters as they came, query or form.
    pub(crate) fn parameters(&self) -> Vec<(String, String)> {
        let text = if self.method == "POST" {
            self.body.clone()
        } else {
            self.url.split_once('?').unwrap().1.into()
        };
        url::form_urlencoded::parse(&text).into_owned().collect()
    }

    pub(crate) fn parameter(&self, name: &str) -> String {
        let found = self.parameters().into_iter().find(|(have, _)| have == name);
        found.unwrap_or_else(|| panic!("no {name} in {}", self.url)).1
    }

    /// The same with other parameters.
    pub(crate) fn with(&self, parameters: &[(String, String)]) -> Self {
        let text = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        self.with_text(&text)
    }

    /// The same with that text for a query or form.
    pub(crate) fn with_text(&self, text: &str) -> Self {
        let mut callback = self.clone();
        if self.method == "POST" {
            callback.body = text.into();
        } else {
            callback.url = format!("{}?{text}", self.url.split('?').next().unwrap());
        }
        callback
    }

    /// The same with one parameter changed, added, or with `None` taken out.
    pub(crate) fn having(&self, name: &str, value: Option<&str>) -> Self {
        let mut parameters = self.parameters();
        parameters.retain(|(have, _)| have != name);
        parameters.extend(value.map(|value| (name.to_owned(), value.to_owned())));
        self.with(&parameters)
    }

    /// The same with a parameter given once more.
    pub(crate) fn adding(&self, name: &str, value: &str) -> Self {
        let mut parameters = self.parameters();
        parameters.push((name.to_owned(), value.to_owned()));
        self.with(&parameters)
    }
}

fn next(step: &Step, url: &Url, answer: &Answer) -> Next {
    match answer.status {
        301..=303 => {
            assert_eq!(answer.all("Location").len(), 1, "{}", answer.show());
            let location = url.join(answer.location()).unwrap();
            // The address bar shows what the server wrote, made absolute; the initiator of the navigation stays.
            let text = if answer.location().contains("://") {
                answer.location().to_owned()
            } else {
                location.into()
            };
            Next::Go(Step { method: "GET", url: text, body: Vec::new(), initiator: step.initiator.clone() })
        }
        200 if is_provider(url) && answer.text().contains("<form") => {
            let text = answer.text();
            let body = url::form_urlencoded::Serializer::new(String::new())
                .extend_pairs(attributes(&text, "name").into_iter().zip(attributes(&text, "value")))
                .finish();
            let action = attributes(&text, "action").remove(0);
            Next::Go(Step { method: "POST", url: action, body: body.into(), initiator: Some(url.clone()) })
        }
        _ => Next::Rest,
    }
}

/// The values of every attribute of that name in a simple page, in order.
pub(crate) fn attributes(page: &str, name: &str) -> Vec<String> {
    page.split(&format!(" {name}=\""))
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap().replace("&amp;", "&"))
        .collect()
}

/// The provider lives on an address, everything else under a name.
fn is_provider(url: &Url) -> bool {
    matches!(url.host(), Some(url::Host::Ipv4(_)))
}

fn host_and_port(url: &Url) -> String {
    match url.port() {
        Some(port) => format!("{}:{port}", url.host_str().unwrap()),
        None => url.host_str().unwrap().to_owned(),
    }
}

/// More hops than any login takes.
const MAX_HOPS: usize = 20;
