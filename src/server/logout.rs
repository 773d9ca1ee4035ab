//! `GET, POST /oidc/{client}/logout` and `GET /oidc/{client}/signed-out`: ends sessions here, then at the provider.

use std::sync::Arc;

use http::header::{HeaderName, SET_COOKIE};
use http::{Method, StatusCode};
use hyper::body::Incoming;
use url::form_urlencoded;

use super::person;
use super::respond::{self, Answer, Use};
use super::same_site::{self, Site};
use super::service::{Asked, unavailable};
use super::{body, flow_cookie, set_cookie};
use crate::config::{Client, own_path};
use crate::gate::credential::{self, Credential};
use crate::gate::decide::Ended;
use crate::gate::language;
use crate::gate::refusal::Refusal;
use crate::gate::return_to::{self, ReturnTo};
use crate::pages::facts::Facts;
use crate::pages::page::Page;
use crate::pages::texts::Texts;
use crate::protocol::logout;
use crate::protocol::secret::Secret;
use crate::protocol::timestamp::Timestamp;
use crate::session::index::{Logout, Whose};
use crate::session::logout_state::{self, LogoutState, Scope};
use crate::session::record::Session;

/// Ends the session, by `scope` more of them, and goes to the provider to end it there (OpenID Connect RP-Initiated Logout
/// 1.0). A POST from one of our pages does so at once, and so does a person who follows a link of the same origin or types the
/// address; everything else is asked first, for a picture could have sent it, or a browser that loads links in advance. So is
/// whoever would end what is open in other browsers: a link in a message looks like a typed address, also by way of another site.
///
/// # Errors
/// Another method; a return address on a host that is not ours; a scope that there is not; a form that cannot be read.
pub(super) async fn answer(asked: Asked<'_>, body: Incoming) -> Result<Answer, Refusal> {
    asked.takes("GET, POST")?;
    let site = same_site::of(&asked.head.headers, asked.client);
    let (return_to, scope, is_wanted) = if asked.head.method == Method::POST {
        let form = body::form(asked.head, body, MAX_FORM).await?;
        let rd =
            form_urlencoded::parse(&form).find(|(name, _)| name == "rd").map(|(_, value)| value.into_owned());
        let return_to = rd.map(|rd| return_to::check(&rd, asked.client)).transpose()?;
        (return_to, scope(&form)?, site == Site::Own)
    } else {
        let return_to = return_to::named_in_query(asked.query(), asked.client)?;
        let scope = scope(asked.query().as_bytes())?;
        let is_wanted = scope != Scope::Everywhere
            && matches!(site, Site::Own | Site::Typed)
            && same_site::is_visit(&asked.head.headers);
        (return_to, scope, is_wanted)
    };
    Ok(if is_wanted {
        sign_out(asked, return_to.as_ref(), scope).await?
    } else {
        let language = language::preferred(&asked.head.headers);
        let action = own_path(&asked.client.name, "logout");
        let facts = Facts {
            title: language.texts().confirm_heading,
            sentence: Some(extent(scope, language.texts())),
            sign_out: Some(&action),
            return_to: return_to.as_ref().map(ReturnTo::as_str),
            scope: Some(scope.name()),
            home: Some(asked.client.home.as_str()),
            ..Facts::default()
        };
        person::page(asked.service, StatusCode::OK, Page::ConfirmSignOut, language, &facts, &Use::Form)
    })
}

/// Says that the person is signed out, or goes on to where the sign-out was to lead, if the provider brought our own state
/// back, in time and to the client that it was made for.
///
/// # Errors
/// Another method.
pub(super) fn signed_out(asked: Asked<'_>) -> Result<Answer, Refusal> {
    asked.takes("GET, HEAD")?;
    let mut states = form_urlencoded::parse(asked.query().as_bytes()).filter(|(name, _)| name == "state");
    let state = match (states.next(), states.next()) {
        (Some((_, state)), None) => logout_state::open(
            &asked.service.ring.now(),
            &state,
            &asked.client.name,
            asked.service.clock.wall(),
        ),
        _ => None,
    };
    let return_to = state.as_ref().and_then(|state| state.return_to.as_deref());
    Ok(match return_to.and_then(|return_to| return_to::check(return_to, asked.client).ok()) {
        Some(return_to) => respond::redirect(StatusCode::SEE_OTHER, return_to.as_str()),
        None => {
            let language = language::preferred(&asked.head.headers);
            let texts = language.texts();
            let facts = Facts {
                title: texts.signed_out_heading,
                sentence: Some(state.map_or(texts.signed_out_here, |state| done(state.scope, texts))),
                home: Some(asked.client.home.as_str()),
                ..Facts::default()
            };
            person::page(asked.service, StatusCode::OK, Page::SignedOut, language, &facts, &Use::Read)
        }
    })
}

/// `scope`, at most once.
fn scope(parameters: &[u8]) -> Result<Scope, Refusal> {
    let mut scopes = form_urlencoded::parse(parameters).filter(|(name, _)| name == "scope");
    match (scopes.next(), scopes.next()) {
        (None, _) => Ok(Scope::Session),
        (Some((_, name)), None) => Scope::named(&name).ok_or(Refusal::LogoutScope),
        (Some(_), Some(_)) => Err(Refusal::LogoutScope),
    }
}

/// First the sessions here, so that they are over whatever becomes of the rest; then the cookies; then the provider.
///
/// # Errors
/// The store does not answer: then nobody is told that it is done.
async fn sign_out(asked: Asked<'_>, return_to: Option<&ReturnTo>, scope: Scope) -> Result<Answer, Refusal> {
    let Asked { service, client, .. } = asked;
    let session = match credential::find(&asked.head.headers, &client.cookie.name) {
        Credential::Session(cookie) => {
            service.sessions.sign_out(client, &cookie).await.map_err(unavailable)?
        }
        Credential::Absent | Credential::Unreadable(_) => None,
    };
    if let Some(session) = &session {
        let mut ended = end_others(asked, session, scope).await?;
        tracing::info!(
            code = "signed_out", verdict = "signed_out", client = client.name, session = %session.handle,
            scope = scope.name(), others = ended.len(), request_id = asked.request_id
        );
        ended.push((Arc::clone(client), Arc::clone(session)));
        service.revoker.revoke(ended);
    }
    let state = LogoutState {
        client: client.name.clone(),
        scope,
        return_to: return_to.map(|return_to| return_to.as_str().to_owned()),
        begun: service.clock.wall(),
    };
    let state = logout_state::seal(&service.ring.now(), &state, service.clock.entropy());
    let has_ended = session.is_some();
    // Without a session there is nothing to end at the provider: whoever signs out twice is signed out. A provider
    // that was never reached, or has no such endpoint, does not keep anybody signed in here.
    let provider = match client.testing_profile {
        Some(_) => None,
        None => service.providers.of(client).remembered_metadata().filter(|_| scope != Scope::App),
    };
    let at_provider = session.zip(provider).and_then(|(session, provider)| {
        let url = |hint: Option<&Secret>, state: Option<&str>| {
            logout::end_session_url(&provider, &client.registration, hint, state)
        };
        shortest_way(url, &session.tokens.id_token, Some(&state))
    });
    let here = || match return_to {
        Some(return_to) => return_to.as_str().to_owned(),
        None => format!("{}{}?state={state}", client.origin, own_path(&client.name, "signed-out")),
    };
    let mut answer = respond::redirect(StatusCode::SEE_OTHER, &at_provider.unwrap_or_else(here));
    // On no other answer: any site can let a browser ask for the page afterwards.
    if let Some(what) = client.logout.clear_site_data.clone().filter(|_| has_ended) {
        answer.headers_mut().insert(CLEAR_SITE_DATA, what);
    }
    answer.headers_mut().append(SET_COOKIE, set_cookie::clear(&client.cookie));
    // Those that are left over end by themselves in ten minutes.
    for sent in flow_cookie::sent(&asked.head.headers, &client.flow_cookie).iter().take(MAX_CLEARED) {
        let cookie = flow_cookie::named(&client.flow_cookie, sent);
        answer.headers_mut().append(SET_COOKIE, set_cookie::clear(&cookie));
    }
    Ok(answer)
}

/// Ends what the scope takes with a session that its person ended, at every client, and gives it with its client.
///
/// # Errors
/// The store does not answer.
async fn end_others(
    asked: Asked<'_>,
    session: &Session,
    scope: Scope,
) -> Result<Vec<(Arc<Client>, Arc<Session>)>, Refusal> {
    let service = asked.service;
    let whose: Vec<_> = match scope {
        Scope::App => Vec::new(),
        // Where the provider names none, nobody knows what else came from it.
        Scope::Session => session.sids().map(Whose::ProviderSession).collect(),
        Scope::Everywhere => vec![Whose::Person(session.claims.sub())],
    };
    // A login of this second may well be the next one: a link on the page that follows is quickly clicked.
    let until = Timestamp::from_seconds(service.clock.wall().seconds().saturating_sub(1));
    let mut ended = Vec::new();
    for client in &service.config.clients {
        for whose in &whose {
            let logout = Logout { client: &client.name, issuer: session.claims.issuer(), whose: *whose };
            let others = service.sessions.log_out(&logout, until, Ended::SignedOutElsewhere).await;
            let others = others.map_err(unavailable)?;
            ended.extend(others.sessions.into_iter().map(|other| (Arc::clone(client), other)));
        }
    }
    Ok(ended)
}

/// What the page asks about.
const fn extent(scope: Scope, texts: &Texts) -> &'static str {
    match scope {
        Scope::App => texts.extent_app,
        Scope::Session => texts.extent_session,
        Scope::Everywhere => texts.extent_everywhere,
    }
}

/// What the page says afterwards.
const fn done(scope: Scope, texts: &Texts) -> &'static str {
    match scope {
        Scope::App => texts.signed_out_app,
        Scope::Session => texts.signed_out_session,
        Scope::Everywhere => texts.signed_out_everywhere,
    }
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
/// Clear Site Data section 3.1.
const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");
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
