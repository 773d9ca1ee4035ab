//! What every endpoint works with.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use dashmap::DashMap;
use http::request::Parts;
use http::{HeaderMap, Method};

use super::assertions::Assertions;
use super::login_limit::LoginLimit;
use super::person::{self, Person, Reload};
use super::request_id::RequestIds;
use super::respond::Answer;
use crate::clock::Clock;
use crate::config::{Client, Config};
use crate::gate::credential::{self, Credential};
use crate::gate::forwarded;
use crate::gate::loop_cause::Seen;
use crate::gate::refusal::{Fault, Refusal};
use crate::gate::return_to::{self, Way};
use crate::idp::bearer::Bearers;
use crate::idp::providers::Providers;
use crate::protocol::timestamp::Timestamp;
use crate::session::loops::Loops;
use crate::session::revoke::Revoker;
use crate::session::sealing::RingInForce;
use crate::session::store::keeper::StoreFault;
use crate::session::used_flows::UsedFlows;
use crate::session::{Look, Looked, Sessions};
use crate::telemetry::metrics::{ClientLabels, DecisionLabels, Metrics, VerdictLabel};

/// The public listener's state. Nothing in it belongs to one request.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) config: Config,
    pub(super) clock: Clock,
    pub(super) ring: Arc<RingInForce>,
    pub(super) sessions: Sessions,
    pub(super) providers: Arc<Providers>,
    pub(super) revoker: Arc<Revoker>,
    pub(super) used_flows: UsedFlows,
    /// A logout token is good once, as a flow is.
    pub(super) used_logout_tokens: UsedFlows,
    pub(super) loops: Loops,
    pub(super) login_limit: LoginLimit,
    /// Logout tokens that were decrypted for nothing (H-04).
    pub(super) unopened_limit: LoginLimit,
    /// Access tokens that callers present.
    pub(super) bearers: Bearers,
    /// A DPoP proof is good once, as a flow is.
    pub(super) used_proofs: UsedFlows,
    /// What was signed lately of whoever goes through.
    pub(super) assertions: Assertions,
    /// Tokens that an issuer is asked about, which anybody can cause.
    pub(super) introspection_limit: LoginLimit,
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
    /// The other end of the connection.
    pub(super) peer: IpAddr,
    pub(super) request_id: &'a str,
}

impl Service {
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
        self.log_of_token(client, None, refusal, request_id);
    }

    /// As [`Self::log`], with the issuer of the token that was refused, as it is called in clients.yaml.
    pub(super) fn log_of_token(
        &self,
        client: Option<&Client>,
        bearer: Option<&str>,
        refusal: &Refusal,
        request_id: &str,
    ) {
        let client = client.map_or("", |client| client.name.as_str());
        let code = refusal.code();
        let (fault, remedy) = (refusal.fault().name(), refusal.remedy());
        let needs_operator = refusal.fault() != Fault::Caller;
        if needs_operator && self.is_time_to_warn(code) {
            tracing::warn!(code, verdict = "refuse", fault, client, bearer, request_id, why = %refusal, remedy = %remedy);
        } else {
            tracing::info!(code, verdict = "refuse", fault, client, bearer, request_id, why = %refusal);
        }
    }

    /// What becomes of the session cookie of a request, for whoever asks why it leads nowhere. That is no use of it.
    pub(super) async fn seen(&self, client: &Arc<Client>, headers: &HeaderMap) -> Seen {
        match credential::find(headers, &client.cookie.name) {
            Credential::Absent => Seen::Nothing,
            Credential::Unreadable(_) => Seen::Unreadable,
            Credential::Session(cookie) => match self.sessions.look(client, &cookie, Look::Only).await {
                Looked::Unknown => Seen::Unknown,
                Looked::Ended(_) => Seen::Ended,
                Looked::Live(_) | Looked::Unrefreshed | Looked::ClaimsTooOld => Seen::Live,
                Looked::Unavailable(_) => Seen::Unanswered,
            },
        }
    }

    fn is_time_to_warn(&self, code: &'static str) -> bool {
        let now = self.clock.steady();
        let mut last = self.warned.entry(code).or_insert(Timestamp::from_seconds(0));
        let due = now >= last.after(WARN_EVERY);
        if due {
            *last = now;
        }
        due
    }
}

/// What a store that does not do what it was asked means for whoever asked.
pub(super) fn unavailable(fault: StoreFault) -> Refusal {
    match fault {
        StoreFault::Unavailable(why) => Refusal::StoreUnavailable { why },
        StoreFault::Full(why) => Refusal::SessionsFull { why },
    }
}

impl Asked<'_> {
    /// Refuses: a log line, and a page or problem details. `again` is where trying again leads, if that is not a login to where this
    /// one was to lead.
    pub(super) fn refuse(self, refusal: &Refusal, again: Option<&str>, reload: Reload) -> Answer {
        self.refuse_person(refusal, again, reload, None)
    }

    /// The same to somebody whose account it may be about.
    pub(super) fn refuse_person(
        self,
        refusal: &Refusal,
        again: Option<&str>,
        reload: Reload,
        person: Option<&Person>,
    ) -> Answer {
        self.service.log(Some(self.client), refusal, self.request_id);
        let provider = (refusal.fault() == Fault::Provider).then(|| self.client.issuer.as_str());
        let anew = || {
            let named = return_to::named_in_query(self.query(), self.client).ok().flatten();
            let return_to = named.unwrap_or_else(|| return_to::home(self.client));
            return_to::url(Way::Choice, self.client, &return_to)
        };
        let again = again.map_or_else(anew, str::to_owned);
        // What asks again by itself asks with GET.
        let is_read = self.head.method == Method::GET || self.head.method == Method::HEAD;
        let reload = if is_read { reload } else { Reload::Cannot };
        let page = person::Page { provider, again: Some(&again), reload, person };
        person::refuse(self.service, &self.head.headers, refusal, page, self.request_id)
    }

    /// Refuses a method that the address does not take. `allowed` lists those that it takes, as `Allow` does.
    pub(super) fn takes(self, allowed: &'static str) -> Result<(), Refusal> {
        let taken = allowed.split(", ").any(|method| method == self.head.method.as_str());
        if taken { Ok(()) } else { Err(Refusal::MethodNotAllowed { allowed }) }
    }

    /// Takes one of the logins that the client's address may begin (E-27).
    pub(super) fn take_login(self) -> Result<(), Refusal> {
        let now = self.service.clock.steady();
        self.service.login_limit.take(self.address(), now).map_err(|wait| Refusal::TooManyLogins { wait })
    }

    /// Whether this address may have one more logout token decrypted (H-04): that takes a hundred times as long as to verify one.
    pub(super) fn may_be_decrypted(self) -> Result<(), Refusal> {
        let now = self.service.clock.steady();
        let allowed = self.service.unopened_limit.look(self.address(), now);
        allowed.map_err(|wait| Refusal::TooManyLogouts { wait })
    }

    /// Notes that one was decrypted for nothing.
    pub(super) fn note_decrypted_in_vain(self) {
        // Whether it was one too many is asked before the next.
        let _ = self.service.unopened_limit.take(self.address(), self.service.clock.steady());
    }

    fn address(self) -> Option<IpAddr> {
        forwarded::client_of(self.peer, &self.head.headers, &self.service.config.server.trusted_proxies)
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
const WARN_EVERY: Duration = Duration::from_secs(60);
