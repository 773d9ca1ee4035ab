//! `GET /oidc/{client}/frontchannel-logout`: a page of the provider shows this in a frame, to end a session (OpenID Connect
//! Front-Channel Logout 1.0). Only where the client's settings want it.
//!
//! Most browsers send no cookie with a frame of another site, so `iss` and `sid` find the session by themselves. Where a cookie
//! does come, it must open that very session. No token is revoked by it (H-10): a picture could have asked for it.

use http::StatusCode;
use http::header::{CONTENT_SECURITY_POLICY, HeaderValue, PRAGMA};
use url::{Url, form_urlencoded};

use super::respond::{self, Answer};
use super::service::{Asked, unavailable};
use crate::gate::credential::{self, Credential};
use crate::gate::decide::Ended;
use crate::gate::refusal::Refusal;
use crate::session::index::{Logout, Name, Whose};

/// The same empty answer whether or not there was such a session.
///
/// # Errors
/// It is not wanted here; another method; `iss` is not this client's issuer; one of the two is missing, or there twice.
pub(super) async fn answer(asked: Asked<'_>) -> Result<Answer, Refusal> {
    let Asked { service, client, .. } = asked;
    if !client.logout.frontchannel {
        return Err(Refusal::PathUnknown);
    }
    asked.takes("GET")?;
    // Section 2: both or none are sent, and we ask for both (frontchannel_logout_session_required).
    let issuer = only(asked.query(), "iss").ok_or(refuse("there is not one iss"))?;
    let sid = only(asked.query(), "sid").ok_or(refuse("there is not one sid"))?;
    if !client.issuer.is_named(&issuer) {
        return Err(refuse("iss is another issuer"));
    }
    let logout = Logout { client: &client.name, issuer: &issuer, whose: Whose::ProviderSession(&sid) };
    let own = match credential::find(&asked.head.headers, &client.cookie.name) {
        Credential::Session(cookie) => {
            service.sessions.of_cookie(client, &cookie).await.map_err(unavailable)?
        }
        Credential::Absent | Credential::Unreadable(_) => None,
    };
    if own.is_none_or(|own| logout.ending().ends(&Name::all_of(&own))) {
        let now = service.clock.wall();
        let ended = service.sessions.log_out_unproven(&logout, now, Ended::SignedOutElsewhere);
        let ended = ended.await.map_err(unavailable)?;
        tracing::info!(
            code = "signed_out_by_provider",
            verdict = "signed_out",
            client = client.name,
            channel = "front",
            sessions = ended.count,
            request_id = asked.request_id
        );
    }
    let mut answer = respond::empty(StatusCode::OK);
    let headers = answer.headers_mut();
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    headers.insert(CONTENT_SECURITY_POLICY, framed_by(&issuer));
    Ok(answer)
}

/// The parameter, if it is there once and says something.
fn only(query: &str, name: &str) -> Option<String> {
    let mut values = form_urlencoded::parse(query.as_bytes()).filter(|(found, _)| found == name);
    match (values.next(), values.next()) {
        (Some((_, value)), None) if !value.is_empty() => Some(value.into_owned()),
        _ => None,
    }
}

const fn refuse(why: &'static str) -> Refusal {
    Refusal::FrontchannelLogout { why }
}

/// `Content-Security-Policy`: nothing is loaded, and only a page of the issuer's origin shows it.
fn framed_by(issuer: &str) -> HeaderValue {
    let origin = Url::parse(issuer).map(|url| url.origin().ascii_serialization());
    let policy =
        format!("default-src 'none'; frame-ancestors {}", origin.unwrap_or_else(|_| "'none'".to_owned()));
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("frame-ancestors 'none'"))
}
