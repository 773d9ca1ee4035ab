//! A scripted OpenID provider on loopback. Left alone it does everything right and strictly: PKCE, one use of a code, client
//! authentication as registered, rotation of refresh tokens with detection of reuse. A test can make any step go wrong.

mod assertion;
mod draft;
mod endpoints;
mod script;
mod tokens;

use std::collections::{HashMap, HashSet, VecDeque};
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use futures_util::stream;
use http::{Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Map, Value, json};
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use vestibule::clock::Clock;

pub(crate) use draft::{Draft, Signing};
pub(crate) use script::{Endpoint, Gate, Step};
pub(crate) use tokens::AUDIENCE;

use crate::keys::RsaKey;
use crate::wire::within;

/// The provider. When it is dropped it fails the test if it saw what must not happen: a call to an address that does not exist, a
/// request against the protocol, or one that was not announced.
pub(crate) struct Provider {
    pub(crate) issuer: String,
    shared: Arc<Shared>,
    /// Bound but not listening, so that connections are refused and nobody else gets the port.
    reserved: Option<TcpSocket>,
    accepting: Option<JoinHandle<()>>,
}

/// One request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) endpoint: Endpoint,
    pub(crate) headers: http::HeaderMap,
    /// Of the query, or of the form of a POST.
    pub(crate) parameters: Vec<(String, String)>,
    /// Who connected.
    pub(crate) peer: IpAddr,
}

impl Call {
    /// The value of a parameter that is there exactly once.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        let mut all = self.parameters.iter().filter(|(have, _)| have == name);
        let first = all.next().map(|(_, value)| value.as_str());
        assert!(all.next().is_none(), "{name} is there twice");
        first
    }
}

/// A client as the provider knows it.
#[derive(Clone, Debug)]
pub(crate) struct Registered {
    pub(crate) secret: Option<String>,
    /// `client_secret_basic`, `client_secret_post` or `none`.
    pub(crate) method: &'static str,
    pub(crate) redirect_uris: Vec<String>,
    pub(crate) post_logout_redirect_uris: Vec<String>,
}

type Change<T> = Arc<dyn Fn(&mut T) + Send + Sync>;
type Encrypts = Arc<dyn Fn(&str) -> String + Send + Sync>;
type TokenAnswerChange = Arc<dyn Fn(&str, &mut Map<String, Value>) + Send + Sync>;

/// Everything that a test may set.
pub(crate) struct Script {
    pub(crate) clients: HashMap<String, Registered>,
    /// Who is signed in here; none lets `authorize` answer `login_required`.
    pub(crate) subject: String,
    /// What the provider calls its own session; none gives each login one of its own.
    pub(crate) sid: Option<String>,
    /// Claims of the ID token beside the protocol's own.
    pub(crate) id_token_claims: Map<String, Value>,
    /// Claims of the userinfo answer beside `sub`.
    pub(crate) userinfo_claims: Map<String, Value>,
    /// `kid` and key; the first signs, all are published.
    pub(crate) keys: Vec<(String, &'static RsaKey)>,
    /// `Cache-Control` of the key set.
    pub(crate) keys_cache_control: Option<&'static str>,
    /// What `jwks_uri` of a client with a key leads to.
    pub(crate) client_keys: Option<Value>,
    /// The one assertion that is taken, where a platform makes it.
    pub(crate) platform_assertion: Option<String>,
    /// Seconds; none leaves the member out.
    pub(crate) expires_in: Option<u64>,
    /// Whether a refresh answers with a new refresh token and makes the old one void.
    pub(crate) rotates: bool,
    /// Whether a refresh answers with an ID token.
    pub(crate) id_token_on_refresh: bool,
    /// Whether the answer of `authorize` carries `iss`, and the metadata announces it (RFC 9207).
    pub(crate) sends_iss: bool,
    /// Seconds by which this provider's clock is ahead.
    pub(crate) clock_ahead: i64,
    /// Changes the metadata.
    pub(crate) metadata: Option<Change<Map<String, Value>>>,
    /// Changes the key set.
    pub(crate) key_set: Option<Change<Value>>,
    /// Changes every ID token, the one of the login and those of refreshes.
    pub(crate) id_token: Option<Change<Draft>>,
    /// Encrypts every ID token, or whatever else becomes of the signed text.
    pub(crate) encrypts_id_token: Option<Encrypts>,
    /// Userinfo is a signed token, changed by this.
    pub(crate) signs_userinfo: Option<Change<Draft>>,
    /// Encrypts signed userinfo.
    pub(crate) encrypts_userinfo: Option<Encrypts>,
    /// What the introspection endpoint knows of a token; of any other it says that it is not active.
    pub(crate) introspected: HashMap<String, Map<String, Value>>,
    /// The bearer token by which alone the introspection endpoint may be asked; none lets the registered clients ask.
    pub(crate) introspection_token: Option<String>,
    /// Changes what the introspection endpoint says, `active` included.
    pub(crate) introspection: Option<Change<Map<String, Value>>>,
    /// What the introspection endpoint says is a signed token, changed by this.
    pub(crate) signs_introspection: Option<Change<Draft>>,
    /// The bearer token that metadata and keys want, where they are not for everybody.
    pub(crate) metadata_token: Option<String>,
    /// The access tokens of logins and refreshes are signed tokens, changed by this; none: they are opaque.
    pub(crate) signs_access_token: Option<Change<Draft>>,
    /// Changes the answer of the token endpoint; told the grant type.
    pub(crate) token_answer: Option<TokenAnswerChange>,
    once: HashMap<Endpoint, VecDeque<Step>>,
    always: HashMap<Endpoint, Step>,
    announced: Option<HashMap<Endpoint, usize>>,
    violations: Vec<String>,
    calls: Vec<Call>,
    issued: endpoints::Issued,
    issuer: String,
    /// The `jti` of every assertion that came.
    jtis: HashSet<String>,
    /// Everything that no log may hold: what it is, and its text.
    secrets: Vec<(&'static str, String)>,
}

struct Shared {
    issuer: String,
    clock: Clock,
    script: Mutex<Script>,
    arrivals: watch::Sender<usize>,
}

impl Provider {
    /// A provider that works.
    pub(crate) fn start(clock: &Clock) -> Self {
        let mut provider = Self::down(clock);
        provider.come_up();
        provider
    }

    /// A provider whose port refuses connections until [`Self::come_up`].
    pub(crate) fn down(clock: &Clock) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let issuer = format!("http://{}", socket.local_addr().unwrap());
        let shared = Arc::new(Shared {
            issuer: issuer.clone(),
            clock: clock.clone(),
            script: Mutex::new(Script { issuer: issuer.clone(), ..Script::right() }),
            arrivals: watch::Sender::new(0),
        });
        Self { issuer, shared, reserved: Some(socket), accepting: None }
    }

    pub(crate) fn come_up(&mut self) {
        let listener = self.reserved.take().expect("it is down").listen(1024).unwrap();
        self.accepting = Some(tokio::spawn(accept(listener, Arc::clone(&self.shared))));
    }

    /// What a test sets or reads; not to be held across an await.
    pub(crate) fn script(&self) -> MutexGuard<'_, Script> {
        self.shared.script()
    }

    /// The next request to that endpoint that no earlier `once` took.
    pub(crate) fn once(&self, endpoint: Endpoint, step: Step) {
        self.script().once.entry(endpoint).or_default().push_back(step);
    }

    /// Every request to that endpoint from now on.
    pub(crate) fn always(&self, endpoint: Endpoint, step: Step) {
        self.script().always.insert(endpoint, step);
    }

    /// Every request of the program, not of the browser.
    pub(crate) fn always_behind(&self, step: &Step) {
        for endpoint in Endpoint::BACK_CHANNEL {
            self.always(endpoint, step.clone());
        }
    }

    /// The right thing again, everywhere.
    pub(crate) fn recover(&self) {
        let mut script = self.script();
        script.once.clear();
        script.always.clear();
    }

    /// From now on only what is announced may come, and must come before the provider is dropped.
    pub(crate) fn announce(&self, calls: &[(Endpoint, usize)]) {
        self.script().announced = Some(calls.iter().copied().collect());
    }

    /// Changes every ID token from now on.
    pub(crate) fn change_id_token(&self, change: impl Fn(&mut Draft) + Send + Sync + 'static) {
        self.script().id_token = Some(Arc::new(change));
    }

    /// Answers with signed userinfo from now on, and changes every one.
    pub(crate) fn sign_userinfo(&self, change: impl Fn(&mut Draft) + Send + Sync + 'static) {
        self.script().signs_userinfo = Some(Arc::new(change));
    }

    /// Makes the access tokens of logins and refreshes signed tokens from now on, and changes every one.
    pub(crate) fn sign_access_tokens(&self, change: impl Fn(&mut Draft) + Send + Sync + 'static) {
        self.script().signs_access_token = Some(Arc::new(change));
    }

    /// Changes the metadata from now on.
    pub(crate) fn change_metadata(&self, change: impl Fn(&mut Map<String, Value>) + Send + Sync + 'static) {
        self.script().metadata = Some(Arc::new(change));
    }

    /// Announces that authorization requests may be pushed, or must be.
    pub(crate) fn takes_pushed_requests(&self, and_no_others: bool) {
        let endpoint = format!("{}/par", self.issuer);
        self.change_metadata(move |metadata| {
            metadata.insert("pushed_authorization_request_endpoint".to_owned(), endpoint.clone().into());
            metadata.insert("require_pushed_authorization_requests".to_owned(), and_no_others.into());
        });
    }

    /// Changes the key set from now on.
    pub(crate) fn change_key_set(&self, change: impl Fn(&mut Value) + Send + Sync + 'static) {
        self.script().key_set = Some(Arc::new(change));
    }

    /// Changes the answers of the token endpoint from now on; the first argument is the grant type.
    pub(crate) fn change_token_answer(
        &self,
        change: impl Fn(&str, &mut Map<String, Value>) + Send + Sync + 'static,
    ) {
        self.script().token_answer = Some(Arc::new(change));
    }

    /// A logout token about the person who is signed in here, changed as told (OpenID Connect Back-Channel Logout 1.0 section
    /// 2.4). It names the person and no session.
    pub(crate) fn logout_token(&self, client_id: &str, change: impl FnOnce(&mut Draft)) -> String {
        self.shared.logout_token(&self.script(), client_id, change)
    }

    /// The requests to that endpoint so far.
    pub(crate) fn calls(&self, endpoint: Endpoint) -> Vec<Call> {
        self.script().calls.iter().filter(|call| call.endpoint == endpoint).cloned().collect()
    }

    /// How many requests came to that endpoint so far.
    pub(crate) fn count(&self, endpoint: Endpoint) -> usize {
        self.script().calls.iter().filter(|call| call.endpoint == endpoint).count()
    }

    /// Token requests with `grant_type=refresh_token` so far.
    pub(crate) fn refreshes(&self) -> usize {
        self.calls(Endpoint::Token)
            .iter()
            .filter(|call| call.parameter("grant_type") == Some("refresh_token"))
            .count()
    }

    /// How often a refresh token came that had been replaced.
    pub(crate) fn reuses(&self) -> usize {
        self.script().issued.reuses
    }

    /// Waits until so many requests have come to that endpoint.
    pub(crate) async fn reached(&self, endpoint: Endpoint, count: usize) {
        let mut arrivals = self.shared.arrivals.subscribe();
        within(&format!("waiting for call {count} to {endpoint:?}"), async {
            while self.count(endpoint) < count {
                arrivals.changed().await.unwrap();
            }
        })
        .await;
    }

    /// Everything that this provider issued or was told in confidence.
    pub(crate) fn secrets(&self) -> Vec<(&'static str, String)> {
        self.script().secrets.clone()
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        if let Some(accepting) = &self.accepting {
            accepting.abort();
        }
        if std::thread::panicking() {
            return;
        }
        let script = self.script();
        assert!(script.violations.is_empty(), "the provider saw: {:#?}", script.violations);
        for (endpoint, left) in script.announced.iter().flatten() {
            assert_eq!(*left, 0, "{endpoint:?} was announced and did not come");
        }
    }
}

impl Script {
    fn right() -> Self {
        let claims = |value: Value| value.as_object().unwrap().clone();
        Self {
            clients: HashMap::new(),
            subject: "subject-4711".to_owned(),
            sid: None,
            id_token_claims: claims(
                json!({ "email": "ada.secret@example.org", "groups": ["staff", "admins"] }),
            ),
            userinfo_claims: claims(json!({ "preferred_username": "ada" })),
            keys: vec![("key-0".to_owned(), RsaKey::numbered(0))],
            keys_cache_control: None,
            client_keys: None,
            platform_assertion: None,
            expires_in: Some(3600),
            rotates: true,
            id_token_on_refresh: true,
            sends_iss: true,
            clock_ahead: 0,
            metadata: None,
            key_set: None,
            id_token: None,
            encrypts_id_token: None,
            signs_userinfo: None,
            encrypts_userinfo: None,
            introspected: HashMap::new(),
            introspection_token: None,
            introspection: None,
            signs_introspection: None,
            metadata_token: None,
            signs_access_token: None,
            token_answer: None,
            once: HashMap::new(),
            always: HashMap::new(),
            announced: None,
            violations: Vec::new(),
            calls: Vec::new(),
            issued: endpoints::Issued::default(),
            issuer: String::new(),
            jtis: HashSet::new(),
            secrets: Vec::new(),
        }
    }

    /// Signs with that key from now on and publishes it; the earlier ones stay published if told so.
    pub(crate) fn rotate_to(&mut self, kid: &str, number: usize, keep_old: bool) {
        if !keep_old {
            self.keys.clear();
        }
        self.keys.insert(0, (kid.to_owned(), RsaKey::numbered(number)));
    }

    /// Says that something came that must not come.
    fn violation(&mut self, what: String) {
        self.violations.push(what);
    }

    fn next_step(&mut self, endpoint: Endpoint) -> Step {
        let once = self.once.get_mut(&endpoint).and_then(VecDeque::pop_front);
        once.or_else(|| self.always.get(&endpoint).cloned()).unwrap_or(Step::Right)
    }

    fn arrive(&mut self, call: Call) -> Step {
        let endpoint = call.endpoint;
        self.calls.push(call);
        if let Some(announced) = &mut self.announced {
            match announced.get_mut(&endpoint) {
                Some(left @ 1..) => *left -= 1,
                _ => self.violation(format!("a call to {endpoint:?} that was not announced")),
            }
        }
        self.next_step(endpoint)
    }
}

impl Shared {
    fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

type Body = UnsyncBoxBody<Bytes, Infallible>;

/// Why a connection is closed without an answer.
#[derive(Debug)]
struct Closed;

impl std::fmt::Display for Closed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("closed as scripted")
    }
}

impl std::error::Error for Closed {}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    // The connections live in the set, so that they end with the provider.
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let Ok((stream, peer)) = listener.accept().await else { continue };
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            let service = service_fn(move |request| answer(Arc::clone(&shared), peer.ip(), request));
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

/// As [`content`], at the time of this provider's clock.
async fn answer(
    shared: Arc<Shared>,
    peer: IpAddr,
    request: Request<Incoming>,
) -> Result<Response<Body>, Closed> {
    let mut answer = content(Arc::clone(&shared), peer, request).await?;
    let ahead = shared.script().clock_ahead;
    let date = imf_fixdate(shared.clock.wall().seconds().saturating_add_signed(ahead));
    answer.headers_mut().entry("Date").or_insert_with(|| date.parse().unwrap());
    Ok(answer)
}

async fn content(
    shared: Arc<Shared>,
    peer: IpAddr,
    request: Request<Incoming>,
) -> Result<Response<Body>, Closed> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Closed)?.to_bytes();
    let Some(endpoint) = Endpoint::at(head.uri.path()) else {
        shared.script().violation(format!("{} {}", head.method, head.uri));
        return Ok(whole(404, &[], Bytes::new()));
    };
    let text = match endpoint {
        Endpoint::Token
        | Endpoint::Pushed
        | Endpoint::Introspection
        | Endpoint::Revocation
        | Endpoint::Registration => body,
        _ => Bytes::from(head.uri.query().unwrap_or_default().to_owned()),
    };
    let parameters = match endpoint {
        Endpoint::Registration => vec![("body".to_owned(), String::from_utf8_lossy(&text).into_owned())],
        _ => url::form_urlencoded::parse(&text).into_owned().collect(),
    };
    let call = Call { endpoint, headers: head.headers, parameters, peer };
    let step = shared.script().arrive(call.clone());
    shared.arrivals.send_modify(|count| *count += 1);
    match step {
        Step::Right => Ok(shared.right(&head.method, &call)),
        Step::Held(gate) => {
            gate.passed().await;
            Ok(shared.right(&head.method, &call))
        }
        Step::LoseTheAnswer => {
            shared.right(&head.method, &call);
            Err(Closed)
        }
        Step::Cut => Err(Closed),
        Step::Hang => std::future::pending().await,
        Step::Answer { status, headers, body } => {
            let headers: Vec<(&str, &str)> =
                headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            Ok(whole(status, &headers, body))
        }
        Step::Drip => Ok(streamed(|| async {
            tokio::time::sleep(std::time::Duration::from_millis(300)).await;
            Bytes::from_static(b" ")
        })),
        Step::Endless => Ok(streamed(|| async { Bytes::from_static(&[b' '; 64 * 1024]) })),
    }
}

fn whole(status: u16, headers: &[(&str, &str)], body: Bytes) -> Response<Body> {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response.body(Full::new(body).boxed_unsync()).unwrap()
}

/// A body without an end.
fn streamed<F: Future<Output = Bytes> + Send + 'static>(
    next: impl Fn() -> F + Send + 'static,
) -> Response<Body> {
    let frames = stream::unfold(next, |next| async move {
        let bytes = next().await;
        Some((Ok(Frame::data(bytes)), next))
    });
    let body = StreamBody::new(frames).boxed_unsync();
    Response::builder().header("Content-Type", "application/json").body(body).unwrap()
}

/// RFC 9110 section 5.6.7; the day of the week is not looked at.
fn imf_fixdate(seconds: u64) -> String {
    let (mut day, time) = (seconds / 86_400, seconds % 86_400);
    let mut year = 1970;
    let is_leap =
        |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    while day >= 365 + u64::from(is_leap(year)) {
        day -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let lengths = [31, 28 + u64::from(is_leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while day >= lengths[month] {
        day -= lengths[month];
        month += 1;
    }
    let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60);
    format!("Thu, {:02} {} {year} {hour:02}:{minute:02}:{second:02} GMT", day + 1, months[month])
}
