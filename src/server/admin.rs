//! The operator's listener: `/live`, `/ready`, `/metrics`.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::listen::Handler;
use super::respond::Answer;
use crate::idp::providers::Providers;
use crate::session::store::Store;
use crate::telemetry::metrics::Metrics;

/// The admin listener's state.
#[derive(Debug)]
pub(super) struct Admin {
    pub(super) providers: Arc<Providers>,
    pub(super) store: Arc<Store>,
    pub(super) metrics: Arc<Metrics>,
    /// True once the process was told to stop.
    pub(super) stopping: watch::Receiver<bool>,
}

impl Handler for Admin {
    async fn answer(self: Arc<Self>, request: Request<Incoming>, _peer: SocketAddr) -> Answer {
        if request.method() != Method::GET && request.method() != Method::HEAD {
            let mut answer = text(StatusCode::METHOD_NOT_ALLOWED, "text/plain", "GET\n".to_owned());
            answer.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return answer;
        }
        match request.uri().path() {
            "/live" => text(StatusCode::OK, "text/plain", "live\n".to_owned()),
            "/ready" => self.ready(),
            "/metrics" => text(
                StatusCode::OK,
                "application/openmetrics-text; version=1.0.0; charset=utf-8",
                self.metrics.text(),
            ),
            _ => text(StatusCode::NOT_FOUND, "text/plain", "/live, /ready, /metrics\n".to_owned()),
        }
    }

    fn is_trusted(&self, _peer: IpAddr) -> bool {
        true
    }
}

impl Admin {
    /// Ready means that requests with a session are answered. A provider that is down is shown and does not count: the
    /// people who are signed in would lose the sidecar too.
    fn ready(&self) -> Answer {
        let stopping = *self.stopping.borrow();
        let providers: Vec<Value> = self
            .providers
            .iter()
            .map(|provider| match provider.metadata_age() {
                Some(age) => json!({
                    "issuer": provider.issuer().as_str(), "known": true, "age_seconds": age.as_secs(),
                }),
                None => json!({ "issuer": provider.issuer().as_str(), "known": false }),
            })
            .collect();
        let fault = self.store.ready().err();
        let ready = !stopping && fault.is_none();
        let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        let mut told = json!({
            "ready": ready, "stopping": stopping, "store": self.store.name(), "sessions": self.store.len(),
            "providers": providers,
        });
        if let Some(fault) = fault {
            told["store_fault"] = fault.to_string().into();
        }
        text(status, "application/json", format!("{told}\n"))
    }
}

fn text(status: StatusCode, media: &'static str, text: String) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(text)));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media));
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}
