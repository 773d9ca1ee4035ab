//! What an application's page may know and do about the session it is in: `session`, `userinfo`, `new-token`. Never a token.

use std::sync::Arc;

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::cors;
use super::respond::{self, Answer};
use super::same_site::{self, Site};
use super::service::{Asked, unavailable};
use crate::gate::credential::{self, Credential, SessionCookie};
use crate::gate::refusal::Refusal;
use crate::gate::return_to;
use crate::session::lifetime;
use crate::session::record::Session;
use crate::session::refresh::Outcome;
use crate::session::{Look, Looked};

/// `GET /oidc/{client}/session`: what is left of the session. Does not extend it.
///
/// # Errors
/// No session; a page of another site asks.
pub(super) async fn session(asked: Asked<'_>) -> Result<Answer, Refusal> {
    asked.takes("GET, HEAD")?;
    may_read(asked)?;
    let (_, session) = find(asked, Look::Only).await?;
    Ok(respond::json(&describe(asked, &session)))
}

/// `GET /oidc/{client}/userinfo`: the claims of the person, as they were at the login or the last refresh.
///
/// # Errors
/// No session; a page of another site asks.
pub(super) async fn userinfo(asked: Asked<'_>) -> Result<Answer, Refusal> {
    asked.takes("GET, HEAD")?;
    may_read(asked)?;
    let (_, session) = find(asked, Look::Only).await?;
    let claims: Map<String, Value> = session
        .claims
        .as_json()
        .iter()
        .filter(|(name, _)| !OF_THE_TOKEN.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    Ok(respond::json(&Value::Object(claims)))
}

/// `GET, POST /oidc/{client}/new-token[/{session_key}]`: refreshes the tokens, once however many ask, then goes to `rd` or
/// says how the session stands.
///
/// # Errors
/// No session, or another than `session_key` names; a page of another site asks; there is no refresh token; the provider
/// cannot be reached.
pub(super) async fn new_token(asked: Asked<'_>, session_key: Option<&str>) -> Result<Answer, Refusal> {
    asked.takes("GET, POST")?;
    not_from_another_site(asked)?;
    let return_to = return_to::named_in_query(asked.query(), asked.client)?;
    let (cookie, session) = find(asked, Look::Use).await?;
    if session_key.is_some_and(|key| key != session.handle.to_string()) {
        return Err(Refusal::SessionKeyMismatch);
    }
    if session.tokens.refresh_token.is_none() {
        return Err(Refusal::NotRefreshable);
    }
    match asked.service.sessions.refresh(asked.client, &cookie).await {
        Some(Outcome::Refreshed | Outcome::NotNeeded) => {}
        Some(Outcome::Failed) | None => return Err(Refusal::RefreshUnavailable),
        Some(Outcome::Ended(_)) => return Err(Refusal::NoSession),
    }
    if let Some(return_to) = return_to {
        return Ok(respond::redirect(StatusCode::SEE_OTHER, return_to.as_str()));
    }
    let (_, session) = find(asked, Look::Only).await?;
    Ok(respond::json(&describe(asked, &session)))
}

async fn find(asked: Asked<'_>, look: Look) -> Result<(SessionCookie, Arc<Session>), Refusal> {
    let Credential::Session(cookie) = credential::find(&asked.head.headers, &asked.client.cookie.name) else {
        return Err(Refusal::NoSession);
    };
    match asked.service.sessions.look(asked.client, &cookie, look).await {
        Looked::Live(session) => Ok((cookie, session)),
        Looked::Unrefreshed => Err(Refusal::RefreshUnavailable),
        Looked::Unavailable(fault) => Err(unavailable(fault)),
        // Only rules ask for claims of an age.
        Looked::Unknown | Looked::Ended(_) | Looked::ClaimsTooOld => Err(Refusal::NoSession),
    }
}

fn describe(asked: Asked<'_>, session: &Session) -> Value {
    let left = lifetime::remaining(session, &asked.client.lifetimes, asked.service.clock.steady());
    json!({
        "session_key": session.handle.to_string(),
        "client": asked.client.name,
        "idle_seconds": left.idle.as_secs(),
        "absolute_seconds": left.absolute.as_secs(),
        "token_seconds": session.tokens.expires.since(asked.service.clock.steady()).as_secs(),
        "refreshable": session.tokens.refresh_token.is_some(),
    })
}

/// Reading changes nothing, so pages may that `cors` names.
fn may_read(asked: Asked<'_>) -> Result<(), Refusal> {
    match cors::granted(asked.client, &asked.head.headers) {
        Some(_) => Ok(()),
        None => not_from_another_site(asked),
    }
}

fn not_from_another_site(asked: Asked<'_>) -> Result<(), Refusal> {
    match same_site::of(&asked.head.headers, asked.client) {
        Site::Other => Err(Refusal::CrossSite),
        Site::Own | Site::Typed | Site::Unsaid => Ok(()),
    }
}

/// Claims about the ID token that tell an application nothing about the person.
const OF_THE_TOKEN: [&str; 4] = ["nonce", "at_hash", "c_hash", "jti"];
