//! A callback that is old, used, or of another browser: what it means, and how the session cookie is had where it does not come with
//! the form of another site (`SameSite=Lax`, RFC 6265bis section 4.1.2.7).

use http::{Method, StatusCode};

use super::callback::{has_session, lost_over_http};
use super::person::{self, Reload};
use super::respond::{self, Answer};
use super::service::Asked;
use crate::config::own_path;
use crate::gate::credential::{self, Credential};
use crate::gate::navigation::is_navigation;
use crate::gate::refusal::Refusal;
use crate::gate::return_to::{self, ReturnTo, Way};
use crate::protocol::callback::{self, CallbackFault};
use crate::protocol::registration::ResponseMode;

/// The code in the address to which a form post that is of no use is sent, if this is it.
pub(super) fn code<'a>(asked: Asked<'a>) -> Option<&'a str> {
    let is_get = asked.head.method == Method::GET;
    let query = asked.head.uri.query().filter(|_| is_get)?;
    query.strip_prefix(STRAY)?.split('&').next()
}

/// `GET /oidc/{client}/callback?stray=…`: where such a form post leads, so that the session cookie comes along. On to the page
/// for whoever has a session, else the page that says what is wrong.
///
/// # Errors
/// A code that is none of these; a return address on a host that is not ours.
pub(super) async fn answer(asked: Asked<'_>, code: &str) -> Result<Answer, Refusal> {
    // Logged when the form came.
    let refusal = refusals().into_iter().find(|refusal| code == refusal.code());
    let refusal = refusal.ok_or(Refusal::PathUnknown)?;
    let return_to = return_to::from_query(asked.query(), asked.client)?;
    if has_session(asked).await {
        return Ok(respond::redirect(StatusCode::SEE_OTHER, return_to.as_str()));
    }
    let refusal = if lost_over_http(asked, &refusal) { Refusal::SecureCookieOverHttp } else { refusal };
    let again = return_to::url(Way::Choice, asked.client, &return_to);
    let page = person::Page { again: Some(&again), reload: Reload::Cannot, ..person::Page::default() };
    Ok(person::refuse(asked.service, &asked.head.headers, &refusal, page, asked.request_id))
}

/// Whether a refusal is about a callback that is old, used, or of another browser: nothing that a person with a session
/// would want to know.
pub(super) const fn is_stray(refusal: &Refusal) -> bool {
    matches!(
        refusal,
        Refusal::FlowReplayed
            | Refusal::Callback(
                CallbackFault::StateMissing
                    | CallbackFault::StateUnreadable
                    | CallbackFault::StateOtherClient { .. }
                    | CallbackFault::StateExpired { .. }
                    | CallbackFault::NoFlowCookie
                    | CallbackFault::OtherBrowser
            )
    )
}

/// All that [`is_stray`] takes, for the page only: what they hold goes to the log, and was there already.
fn refusals() -> [Refusal; 7] {
    let other = String::new;
    [
        Refusal::FlowReplayed,
        CallbackFault::StateMissing.into(),
        CallbackFault::StateUnreadable.into(),
        CallbackFault::StateOtherClient { started: other(), called: other() }.into(),
        CallbackFault::StateExpired { age: callback::STATE_LIFETIME }.into(),
        CallbackFault::NoFlowCookie.into(),
        CallbackFault::OtherBrowser.into(),
    ]
}

/// Whether a refusal is about a callback that belongs to no login of this browser: what a program sends that makes them up.
pub(super) const fn is_made_up(refusal: &Refusal) -> bool {
    is_stray(refusal) || matches!(refusal, Refusal::Callback(fault) if !fault.is_after_state())
}

/// Whether a browser's form of another site came, as the session cookie that stays behind there shows.
pub(super) fn is_cross_site_post(asked: Asked<'_>) -> bool {
    asked.client.registration.response_mode == ResponseMode::FormPost
        && is_navigation(&asked.head.headers, &Method::GET)
        && matches!(credential::find(&asked.head.headers, &asked.client.cookie.name), Credential::Absent)
}

/// Where such a form is sent.
pub(super) fn url(asked: Asked<'_>, code: &str, return_to: &ReturnTo) -> String {
    let path = own_path(&asked.client.name, "callback");
    format!("{}{path}?{STRAY}{code}&{}", asked.client.origin, return_to::in_query(return_to))
}

/// What the query of that address begins with.
const STRAY: &str = "stray=";
