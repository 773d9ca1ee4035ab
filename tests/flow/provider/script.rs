//! What a test tells the provider to do in place of the right thing.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::watch;

use crate::wire::within;

/// The addresses of the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Endpoint {
    Discovery,
    Jwks,
    Authorize,
    Pushed,
    Token,
    Userinfo,
    Introspection,
    EndSession,
    Revocation,
    Registration,
}

impl Endpoint {
    pub(crate) fn at(path: &str) -> Option<Self> {
        Some(match path {
            // The second is where people of any tenant of a templated issuer sign in.
            "/.well-known/openid-configuration" | "/organizations/v2.0/.well-known/openid-configuration" => {
                Self::Discovery
            }
            "/jwks" => Self::Jwks,
            "/authorize" => Self::Authorize,
            "/par" => Self::Pushed,
            "/token" => Self::Token,
            "/userinfo" => Self::Userinfo,
            "/introspect" => Self::Introspection,
            "/end-session" => Self::EndSession,
            "/revoke" => Self::Revocation,
            "/register" => Self::Registration,
            _ => return None,
        })
    }

    /// Those that the program itself calls, not the browser.
    pub(crate) const BACK_CHANNEL: [Self; 7] = [
        Self::Discovery,
        Self::Jwks,
        Self::Pushed,
        Self::Token,
        Self::Userinfo,
        Self::Introspection,
        Self::Revocation,
    ];
}

/// What happens to one request.
#[derive(Clone)]
pub(crate) enum Step {
    /// Exactly this answer.
    Answer { status: u16, headers: Vec<(&'static str, String)>, body: Bytes },
    /// Accepts and never answers.
    Hang,
    /// A head at once, then a byte now and then, for ever.
    Drip,
    /// A body without an end, as fast as it is read.
    Endless,
    /// The connection is closed without an answer.
    Cut,
    /// The right thing, and then the connection is closed without an answer.
    LoseTheAnswer,
    /// The right thing, once the gate opens.
    Held(Gate),
    /// The right thing.
    Right,
}

impl Step {
    pub(crate) fn status(status: u16) -> Self {
        Self::Answer { status, headers: Vec::new(), body: Bytes::new() }
    }

    pub(crate) fn json(status: u16, body: impl Into<Bytes>) -> Self {
        let headers = vec![("Content-Type", "application/json".to_owned())];
        Self::Answer { status, headers, body: body.into() }
    }

    pub(crate) fn html(status: u16, body: impl Into<Bytes>) -> Self {
        Self::Answer { status, headers: vec![("Content-Type", "text/html".to_owned())], body: body.into() }
    }

    pub(crate) fn redirect(status: u16, location: &str) -> Self {
        Self::Answer { status, headers: vec![("Location", location.to_owned())], body: Bytes::new() }
    }

    /// An OAuth error (RFC 6749 section 5.2).
    pub(crate) fn oauth_error(status: u16, error: &str) -> Self {
        Self::json(status, format!(r#"{{"error":"{error}"}}"#))
    }
}

/// Holds requests back until the test opens it.
#[derive(Clone)]
pub(crate) struct Gate(Arc<watch::Sender<bool>>);

impl Gate {
    pub(crate) fn closed() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }

    pub(crate) fn open(&self) {
        self.0.send_replace(true);
    }

    pub(crate) async fn passed(&self) {
        within("waiting at the gate", self.0.subscribe().wait_for(|open| *open)).await.unwrap();
    }
}
