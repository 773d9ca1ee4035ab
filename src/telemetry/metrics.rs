//! Counters and gauges, as OpenMetrics text. Every label has few values: client names, codes and outcomes of ours.

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// Everything that is counted.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// Answers to subrequests.
    pub decisions: Family<DecisionLabels, Counter>,
    /// Logins that were sent to a provider.
    pub logins_started: Family<ClientLabels, Counter>,
    /// Logins that ended in a session.
    pub logins_completed: Family<ClientLabels, Counter>,
    /// Callbacks that did not end in a session.
    pub logins_failed: Family<ClientCodeLabels, Counter>,
    /// Refreshes, by how they ended.
    pub refreshes: Family<ClientCodeLabels, Counter>,
    /// Sessions that ended, by why.
    pub sessions_ended: Family<ClientCodeLabels, Counter>,
    /// Questions to issuers about access tokens, by what came of them.
    pub token_questions: Family<ClientCodeLabels, Counter>,
    /// Access tokens remembered now, refused ones included.
    pub tokens_remembered: Gauge,
    /// Sessions kept now.
    pub sessions: Gauge,
    /// Connections open now.
    pub connections: Gauge,
    /// Requests answered; divided by [`Metrics::connections_opened`] it tells whether the proxy keeps its connections.
    pub requests: Counter,
    /// Connections accepted.
    pub connections_opened: Counter,
    /// Handlers that panicked; each is a fault of ours.
    pub panics: Counter,
    /// Log lines lost because nobody read them, or the disk was full.
    pub log_lines_lost: Gauge<u64, AtomicU64>,
    /// 1 if `server.danger_trust_every_peer` is on.
    pub trusts_every_peer: Gauge,
}

/// Labels of [`Metrics::decisions`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct DecisionLabels {
    /// The client's name; empty where none was found.
    pub client: String,
    /// What was answered.
    pub verdict: VerdictLabel,
    /// The refusal code; `ok` for an allowed request.
    pub code: &'static str,
}

/// What was answered to a subrequest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VerdictLabel {
    /// 200.
    Allow,
    /// To the login.
    Login,
    /// Neither.
    Refuse,
}

/// Labels of what is counted by client.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ClientLabels {
    /// The client's name.
    pub client: String,
}

/// Labels of what is counted by client and reason.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ClientCodeLabels {
    /// The client's name.
    pub client: String,
    /// Outcome or refusal code.
    pub code: &'static str,
}

impl Metrics {
    /// Everything at zero.
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("vestibule");
        macro_rules! registered {
            ($name:literal, $help:literal) => {{
                let metric = Default::default();
                registry.register($name, $help, Clone::clone(&metric));
                metric
            }};
        }
        let decisions: Family<_, _> = registered!("auth_decisions", "Answers to subrequests");
        let logins_started: Family<_, _> =
            registered!("logins_started", "Logins that were sent to a provider");
        let logins_completed: Family<_, _> =
            registered!("logins_completed", "Logins that ended in a session");
        let logins_failed: Family<_, _> =
            registered!("logins_failed", "Callbacks that did not end in a session");
        let refreshes: Family<_, _> = registered!("refreshes", "Refreshes, by how they ended");
        let sessions_ended: Family<_, _> = registered!("sessions_ended", "Sessions that ended, by why");
        let token_questions: Family<_, _> =
            registered!("token_questions", "Questions to issuers about access tokens, by what came of them");
        let tokens_remembered: Gauge = registered!("tokens_remembered", "Access tokens remembered now");
        let sessions: Gauge = registered!("sessions", "Sessions kept now");
        let connections: Gauge = registered!("connections", "Connections open now");
        let requests: Counter = registered!("requests", "Requests answered");
        let connections_opened: Counter = registered!("connections_opened", "Connections accepted");
        let panics: Counter = registered!("panics", "Handlers that panicked");
        let log_lines_lost: Gauge<u64, AtomicU64> =
            registered!("log_lines_lost", "Log lines lost because nobody read them, or the disk was full");
        let trusts_every_peer: Gauge =
            registered!("trusts_every_peer", "1 if server.danger_trust_every_peer is on");
        Self {
            registry,
            decisions,
            logins_started,
            logins_completed,
            logins_failed,
            refreshes,
            sessions_ended,
            token_questions,
            tokens_remembered,
            sessions,
            connections,
            requests,
            connections_opened,
            panics,
            log_lines_lost,
            trusts_every_peer,
        }
    }

    /// Counts one more of something that is told apart by client and code.
    pub fn count(family: &Family<ClientCodeLabels, Counter>, client: &str, code: &'static str) {
        family.get_or_create(&ClientCodeLabels { client: client.to_owned(), code }).inc();
    }

    /// Notes how many sessions are kept now.
    pub fn sessions_now(&self, kept: usize) {
        self.sessions.set(i64::try_from(kept).unwrap_or(i64::MAX));
    }

    /// Notes how many access tokens are remembered now.
    pub fn tokens_now(&self, remembered: usize) {
        self.tokens_remembered.set(i64::try_from(remembered).unwrap_or(i64::MAX));
    }

    /// All of it as OpenMetrics text.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a String does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl EncodeLabelValue for VerdictLabel {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
        EncodeLabelValue::encode(
            &match self {
                Self::Allow => "allow",
                Self::Login => "login",
                Self::Refuse => "refuse",
            },
            encoder,
        )
    }
}
