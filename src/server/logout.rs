//! `GET, POST /oidc/{client}/logout` and `GET /oidc/{client}/signed-out`: ends the session here, then at the provider.

use http::header::SET_COOKIE;
use http::{Method, StatusCode};
use hyper::body::Incoming;
use url::form_urlencoded;

use super::pages::{ConfirmSignOutPage, SignedOutPage};
use super::respond::{self, Answer};
use super::same_site::{self, Site};
use super::service::Asked;
use super::{body, flow_cookie, set_cookie};
use crate::config::own_path;
use crate::gate::credential::{self, Credential};
use crate::gate::refusal::Refusal;
use crate::gate::return_to::{self, ReturnTo};
use crate::protocol::logout;
use crate::protocol::secret::Secret;
use crate::session::sealing::Purpose;

/// Ends the session and goes to the provider to end it there (OpenID Connect RP-Initiated Logout 1.0). A POST from one of
/// our pages does so at once, and so does a person who follows a link of the same origin or types the address; everything else
/// is asked first, for a picture could have sent it, or a browser that loads links in advance.
///
/// # Errors
/// Another method; a return address on a host that is not ours; a form that cannot be read.
pub(super) async fn answer(asked: Asked<'_>, body: Incoming) -> Result<Answer, Refusal> {
    asked.takes("GET, POST")?;
    let site = same_site::of(&asked.head.headers, asked.client);
    let (return_to, is_wanted) = if asked.head.method == Method::POST {
        let form = body::form(asked.head, body, MAX_FORM).await?;
        let rd =
            form_urlencoded::parse(&form).find(|(name, _)| name == "rd").map(|(_, value)| value.into_owned());
        let return_to = rd.map(|rd| return_to::check(&rd, asked.client)).transpose()?;
        (return_to, site == Site::Own)
    } else {
        let return_to = return_to::named_in_query(asked.query(), asked.client)?;
        (return_to, matches!(site, Site::Own | Site::Typed) && same_site::is_visit(&asked.head.headers))
    };
    if is_wanted { Ok(sign_out(asked, return_to.as_ref())) } else { Ok(confirm(asked, return_to.as_ref())) }
}

/// Says that the person is signed out, or goes on to where the sign-out was to lead, if the provider brought our own state
/// back.
///
/// # Errors
/// Another method.
pub(super) fn signed_out(asked: Asked<'_>) -> Result<Answer, Refusal> {
    asked.takes("GET, HEAD")?;
    let state = form_urlencoded::parse(asked.query().as_bytes())
        .find(|(name, _)| name == "state")
        .map(|(_, value)| value.into_owned());
    let return_to = state
        .and_then(|state| asked.service.ring.open(Purpose::LogoutState, &state))
        .and_then(|(plain, _)| String::from_utf8(plain).ok())
        .and_then(|plain| {
            let (client, return_to) = plain.split_once(' ')?;
            (client == asked.client.name).then(|| return_to::check(return_to, asked.client).ok())?
        });
    Ok(match return_to {
        Some(return_to) => respond::redirect(StatusCode::SEE_OTHER, return_to.as_str()),
        None => respond::page(StatusCode::OK, &SignedOutPage { home: asked.client.home.as_str() }),
    })
}

fn confirm(asked: Asked<'_>, return_to: Option<&ReturnTo>) -> Answer {
    respond::page_with_form(&ConfirmSignOutPage {
        action: &own_path(&asked.client.name, "logout"),
        return_to: return_to.map(ReturnTo::as_str),
        home: asked.client.home.as_str(),
    })
}

/// First the session here, so that it is over whatever becomes of the rest; then the cookies; then the provider.
fn sign_out(asked: Asked<'_>, return_to: Option<&ReturnTo>) -> Answer {
    let client = asked.client;
    let session = match credential::find(&asked.head.headers, &client.cookie.name) {
        Credential::Session(cookie) => asked.service.sessions.sign_out(client, &cookie),
        Credential::Absent | Credential::Unreadable(_) => None,
    };
    if let Some(session) = &session {
        tracing::info!(
            code = "signed_out", verdict = "signed_out", client = client.name, session = %session.handle,
            request_id = asked.request_id
        );
    }
    let state = return_to.map(|return_to| {
        let plain = format!("{} {}", client.name, return_to.as_str());
        asked.service.ring.seal(Purpose::LogoutState, plain.as_bytes(), asked.service.clock.entropy())
    });
    // Without a session there is nothing to end at the provider: whoever signs out twice is signed out. A provider
    // that was never reached, or has no such endpoint, does not keep anybody signed in here.
    let provider = match client.testing_profile {
        Some(_) => None,
        None => asked.service.providers.of(client).remembered_metadata(),
    };
    let at_provider = session.zip(provider).and_then(|(session, provider)| {
        let url = |hint: Option<&Secret>, state: Option<&str>| {
            logout::end_session_url(&provider, &client.registration, hint, state)
        };
        shortest_way(url, &session.tokens.id_token, state.as_deref())
    });
    let here = || match return_to {
        Some(return_to) => return_to.as_str().to_owned(),
        None => format!("{}{}", client.origin, own_path(&client.name, "signed-out")),
    };
    let mut answer = respond::redirect(StatusCode::SEE_OTHER, &at_provider.unwrap_or_else(here));
    answer.headers_mut().append(SET_COOKIE, set_cookie::clear(&client.cookie));
    // Those that are left over end by themselves in ten minutes.
    for sent in flow_cookie::sent(&asked.head.headers, &client.flow_cookie).iter().take(MAX_CLEARED) {
        let cookie = flow_cookie::named(&client.flow_cookie, sent);
        answer.headers_mut().append(SET_COOKIE, set_cookie::clear(&cookie));
    }
    answer
}

/// What is too long for a head of 4096 bytes stays out: the ID token, and the provider asks the person; then our state, and the
/// way ends at the page that says so.
fn shortest_way(
    url: impl Fn(Option<&Secret>, Option<&str>) -> Option<String>,
    id_token: &Secret,
    state: Option<&str>,
) -> Option<String> {
    let fits = |url: &String| url.len() <= respond::MAX_LOCATION;
    url(Some(id_token), state)
        .filter(fits)
        .or_else(|| url(None, state).filter(fits))
        .or_else(|| url(None, None))
}

/// Flow cookies that are removed with the session: beside a long way to the provider more of them would not fit the head of an
/// answer.
const MAX_CLEARED: usize = 2;
/// Bytes of the form of a sign-out.
const MAX_FORM: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    use super::shortest_way;
    use crate::protocol::secret::Secret;

    #[test]
    fn the_way_to_the_provider_fits_a_head_whatever_is_too_long_for_it() {
        let url = |hint: Option<&Secret>, state: Option<&str>| {
            let hint = hint.map_or("", Secret::expose);
            Some(format!("https://id.example.com/end?hint={hint}&state={}", state.unwrap_or_default()))
        };
        let (short, long) = ("short", "x".repeat(4000));
        let way = |hint: &str, state| shortest_way(url, &Secret::new(hint), state).unwrap();
        assert_eq!(way(short, Some(short)), "https://id.example.com/end?hint=short&state=short");
        assert_eq!(way(&long, Some(short)), "https://id.example.com/end?hint=&state=short");
        assert_eq!(way(short, Some(&long)), "https://id.example.com/end?hint=&state=");
        assert_eq!(way(short, None), "https://id.example.com/end?hint=short&state=");
    }
}
