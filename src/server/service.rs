//! What every endpoint works with, and the way of each request through the house.

use std::net::{IpAddr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use dashmap::DashMap;
use futures_util::FutureExt as _;
use http::request::Parts;
use http::{Method, Request};
use hyper::body::Incoming;

use super::listen::Handler;
use super::request_id::RequestIds;
use super::respond::{self, Answer, Reload};
use super::route::{self, Page, Route};
use super::{callback, login, logout, own_session, subrequest};
use crate::clock::Clock;
use crate::config::{Client, Config};
use crate::gate::forwarded;
use crate::gate::refusal::{Fault, Refusal};
use crate::idp::providers::Providers;
use crate::protocol::timestamp::Timestamp;
use crate::session::Sessions;
use crate::session::loops::Loops;
use crate::session::sealing::KeyRing;
use crate::session::used_flows::UsedFlows;
use crate::telemetry::metrics::{ClientLabels, DecisionLabels, Metrics, VerdictLabel};

/// The public listener's state. Nothing in it belongs to one request.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) config: Config,
    pub(super) clock: Clock,
    pub(super) ring: KeyRing,
    pub(super) sessions: Sessions,
    pub(super) providers: Arc<Providers>,
    pub(super) used_flows: UsedFlows,
    pub(super) loops: Loops,
    pub(super) metrics: Arc<Metrics>,
    pub(super) request_ids: RequestIds,
    /// When each refusal was last logged as a warning.
    pub(super) warned: DashMap<&'static str, Timestamp>,
}

/// What a browser asked of a client, and what is needed to answer it.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) service: &'a Service,
    pub(super) client: &'a Arc<Client>,
    pub(super) head: &'a Parts,
    pub(super) request_id: &'a str,
}

impl Handler for Service {
    async fn answer(self: Arc<Self>, request: Request<Incoming>, peer: SocketAddr) -> Answer {
        self.metrics.requests.inc();
        let request_id = self.request_ids.next().to_string();
        // A panic is a mistake of ours. It costs this request a 500 and nobody else anything.
        match AssertUnwindSafe(self.route(request, peer, &request_id)).catch_unwind().await {
            Ok(answer) => answer,
            Err(_) => {
                self.metrics.panics.inc();
                let refusal = Refusal::Internal { what: "a handler panicked".into() };
                self.log(None, &refusal, &request_id);
                respond::refuse(&http::HeaderMap::new(), &refusal, respond::Page::default(), &request_id)
            }
        }
    }

    fn is_trusted(&self, peer: IpAddr) -> bool {
        forwarded::is_trusted(peer, &self.config.server.trusted_proxies)
    }
}

impl Service {
    async fn route(&self, request: Request<Incoming>, peer: SocketAddr, request_id: &str) -> Answer {
        let (head, body) = request.into_parts();
        let refuse = |refusal: Refusal| {
            self.log(None, &refusal, request_id);
            respond::refuse(&head.headers, &refusal, respond::Page::default(), request_id)
        };
        // TRACE would send the cookie back, and a 200 to CONNECT would open a tunnel. An absolute target is a proxy's.
        if head.method == Method::CONNECT || head.method == Method::TRACE {
            return refuse(Refusal::MethodNotAllowed { allowed: "GET, HEAD, POST" });
        }
        if head.uri.authority().is_some() {
            return refuse(Refusal::PathUnknown);
        }
        let target = head.uri.path_and_query().map_or("", |target| target.as_str());
        match route::find(target, &self.config.server.new_token_path) {
            Ok(Route::Subrequest { client, dialect, rest }) => {
                subrequest::answer(self, &head, peer.ip(), (client, dialect, rest), request_id).await
            }
            Ok(Route::Page { client, page }) => {
                let client = match self.client(client) {
                    Ok(client) => client,
                    Err(refusal) => return refuse(refusal),
                };
                let asked = Asked { service: self, client, head: &head, request_id };
                let answered = match page {
                    Page::Login => login::answer(asked).await,
                    Page::Callback => callback::answer(asked, body).await,
                    Page::Logout => logout::answer(asked, body).await,
                    Page::SignedOut => logout::signed_out(asked),
                    Page::NewToken { session_key } => own_session::new_token(asked, session_key).await,
                    Page::Userinfo => own_session::userinfo(asked).await,
                    Page::Session => own_session::session(asked).await,
                };
                answered.unwrap_or_else(|refusal| asked.refuse(&refusal, None, Reload::Helps))
            }
            Err(refusal) => refuse(refusal),
        }
    }

    /// The client of that name.
    pub(super) fn client(&self, name: &str) -> Result<&Arc<Client>, Refusal> {
        self.config.client(name).ok_or_else(|| Refusal::ClientUnknown { name: name.into() })
    }

    /// Counts an answer to a subrequest.
    pub(super) fn decided(&self, client: Option<&Client>, verdict: VerdictLabel, code: &'static str) {
        let client = client.map(|client| client.name.clone()).unwrap_or_default();
        self.metrics.decisions.get_or_create(&DecisionLabels { client, verdict, code }).inc();
    }

    /// One line for a refusal, with whose fault it is and what to do. What needs the operator is a warning, but only once in
    /// [`WARN_EVERY`]: a broken proxy configuration is told, not sung.
    pub(super) fn log(&self, client: Option<&Client>, refusal: &Refusal, request_id: &str) {
        let client = client.map_or("", |client| client.name.as_str());
        let code = refusal.code();
        let (fault, remedy) = (refusal.fault().name(), refusal.remedy());
        let needs_operator = refusal.fault() != Fault::Caller;
        if needs_operator && self.is_time_to_warn(code) {
            tracing::warn!(code, verdict = "refuse", fault, client, request_id, why = %refusal, remedy = %remedy);
        } else {
            tracing::info!(code, verdict = "refuse", fault, client, request_id, why = %refusal);
        }
    }

    fn is_time_to_warn(&self, code: &'static str) -> bool {
        let now = self.clock.wall();
        let mut last = self.warned.entry(code).or_insert(Timestamp::from_seconds(0));
        let due = now >= last.after(WARN_EVERY);
        if due {
            *last = now;
        }
        due
    }
}

impl Asked<'_> {
    /// Refuses: a log line, and a page or problem details. `again` is where trying again leads.
    pub(super) fn refuse(self, refusal: &Refusal, again: Option<&str>, reload: Reload) -> Answer {
        self.service.log(Some(self.client), refusal, self.request_id);
        let provider = (refusal.fault() == Fault::Provider).then(|| self.client.issuer.as_str());
        respond::refuse(
            &self.head.headers,
            refusal,
            respond::Page { provider, again, reload },
            self.request_id,
        )
    }

    /// Refuses a method that the address does not take. `allowed` lists those that it takes, as `Allow` does.
    pub(super) fn takes(self, allowed: &'static str) -> Result<(), Refusal> {
        let taken = allowed.split(", ").any(|method| method == self.head.method.as_str());
        if taken { Ok(()) } else { Err(Refusal::MethodNotAllowed { allowed }) }
    }

    /// The raw query, empty if there is none.
    pub(super) fn query(&self) -> &str {
        self.head.uri.query().unwrap_or_default()
    }

    /// The labels of what is counted by client.
    pub(super) fn labels(&self) -> ClientLabels {
        ClientLabels { client: self.client.name.clone() }
    }
}

/// The same refusal is logged as a warning at most this often.
const WARN_EVERY: std::time::Duration = std::time::Duration::from_secs(60);
