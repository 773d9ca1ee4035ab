//! `danger_testing_profile`: at a client that has one nobody signs in and no provider is asked; whoever comes is the person of the
//! profile. `config::check` lets it through only where everything is on this machine. What the sockets and the proxy say is held
//! against that here once more, and every answer and every login says aloud what it is.

use std::io;
use std::net::{IpAddr, SocketAddr};

use http::header::{FORWARDED, HOST, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use url::Url;

use super::respond::{self, Answer};
use super::route::Page;
use super::service::Asked;
use super::{callback, choose, set_cookie};
use crate::config::host::Authority;
use crate::config::{Client, Config, TestingProfile};
use crate::gate::refusal::Refusal;
use crate::gate::return_to;
use crate::protocol::claims::Claims;
use crate::protocol::issuer::is_loopback;
use crate::protocol::secret::Secret;
use crate::protocol::token::Tokens;
use crate::session::transaction::Flow;

/// Whether a configuration with a profile came to listen on this machine only.
///
/// # Errors
/// If it did not; then nothing is started.
pub(super) fn confined(config: &Config, listening: &[SocketAddr]) -> io::Result<()> {
    if config.with_testing_profile().next().is_none() || listening.iter().all(|at| at.ip().is_loopback()) {
        return Ok(());
    }
    Err(io::Error::other("danger_testing_profile is set, and a listener can be reached from other machines"))
}

/// What a client with a profile answers otherwise than others; none where it answers as they do.
pub(super) async fn instead(asked: Asked<'_>, page: Page<'_>) -> Option<Result<Answer, Refusal>> {
    let profile = asked.client.testing_profile.as_ref()?;
    let headers = &asked.head.headers;
    if let Err(refusal) = from_here(asked.client, headers).and_then(|()| meant_here(headers)) {
        return Some(Err(refusal));
    }
    match page {
        Page::Login => Some(login(asked, profile).await),
        // There is no provider that could call back, or want our keys.
        Page::InitiateLogin
        | Page::Callback
        | Page::BackchannelLogout
        | Page::FrontchannelLogout
        | Page::Jwks => Some(Err(Refusal::PathUnknown)),
        Page::Choose
        | Page::Logout
        | Page::SignedOut
        | Page::NewToken { .. }
        | Page::Userinfo
        | Page::Session
        | Page::AssertionKeys
        | Page::ResourceMetadata => None,
    }
}

/// Refuses what a proxy on this machine brings from another one to a client with a profile.
///
/// # Errors
/// [`Refusal::TestingProfileRemote`].
pub(super) fn from_here(client: &Client, headers: &HeaderMap) -> Result<(), Refusal> {
    if client.testing_profile.is_none() {
        return Ok(());
    }
    let lines = BROUGHT_FROM.iter().flat_map(|name| headers.get_all(name));
    let mut addresses = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b','));
    // RFC 7239 says the same in a grammar of its own. No proxy that people develop with writes it, so nothing of it is read.
    if addresses.all(is_here) && !headers.contains_key(FORWARDED) {
        Ok(())
    } else {
        Err(Refusal::TestingProfileRemote)
    }
}

/// Refuses a page that was asked for under a name of another machine: a tunnel leads here, or a site lets its name lead to this
/// machine, so that the browser takes our answers for its own (DNS rebinding). A subrequest is not judged by it: its `Host` is
/// what the proxy calls us, and for whom it asks is judged by the client's hosts.
fn meant_here(headers: &HeaderMap) -> Result<(), Refusal> {
    let mut lines = headers.get_all(HOST).iter().chain(headers.get_all(X_FORWARDED_HOST));
    if headers.contains_key(HOST) && lines.all(|line| names_this_machine(line.as_bytes())) {
        Ok(())
    } else {
        Err(Refusal::TestingProfileRemote)
    }
}

/// Says on an answer that nobody signed in.
pub(super) fn mark(client: Option<&Client>, mut answer: Answer) -> Answer {
    if client.is_some_and(|client| client.testing_profile.is_some()) {
        answer.headers_mut().insert(VESTIBULE_DANGER, HeaderValue::from_static("testing_profile"));
    }
    answer
}

/// 303 to where the person wanted to go, with a session.
async fn login(asked: Asked<'_>, profile: &TestingProfile) -> Result<Answer, Refusal> {
    asked.takes("GET")?;
    let return_to = return_to::from_query(asked.query(), asked.client)?;
    let claims = Claims::of_testing_profile(profile.claims(), asked.service.clock.wall());
    let nothing = || Secret::new("");
    let tokens =
        Tokens { access_token: nothing(), refresh_token: None, id_token: nothing(), expires_in: None };
    let clock = &asked.service.clock;
    let flow = Flow {
        id: clock.entropy(),
        client: asked.client.name.clone(),
        binding: clock.entropy(),
        begun: clock.wall(),
        return_to: return_to.as_str().to_owned(),
        in_vain: 0,
        seen: Default::default(),
        asked: Vec::new(),
        before: None,
        step_up: None,
    };
    let cookie = callback::keep(asked, claims, tokens, &flow, &return_to).await?;
    tracing::warn!(
        code = "testing_profile_login",
        fault = "operator",
        client = asked.client.name,
        request_id = asked.request_id,
        "danger_testing_profile: a session was begun without a sign-in"
    );
    let mut answer = respond::redirect(StatusCode::SEE_OTHER, return_to.as_str());
    answer.headers_mut().append(SET_COOKIE, set_cookie::set(&asked.client.cookie, &cookie.encode()));
    choose::remember(asked.client, &mut answer);
    Ok(answer)
}

/// Whether that is an address of this machine, with or without a port. What is no address is somebody else's.
fn is_here(address: &[u8]) -> bool {
    let Some(text) = str::from_utf8(address).ok().map(str::trim) else { return false };
    let bare = text.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    let address = bare.or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip()));
    address.is_ok_and(|address| address.to_canonical().is_loopback())
}

/// Whether that is a name or an address of this machine, with or without a port.
fn names_this_machine(host: &[u8]) -> bool {
    let authority = str::from_utf8(host).ok().and_then(Authority::parse);
    let url = authority.and_then(|authority| Url::parse(&format!("http://{authority}/")).ok());
    url.is_some_and(|url| is_loopback(&url))
}

/// `Vestibule-Danger`: on every answer of a client at which nobody has to sign in.
const VESTIBULE_DANGER: HeaderName = HeaderName::from_static("vestibule-danger");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
/// Where proxies say for whom they ask.
static BROUGHT_FROM: [HeaderName; 2] =
    [HeaderName::from_static("x-forwarded-for"), HeaderName::from_static("x-real-ip")];

#[cfg(test)]
mod tests {
    use super::{is_here, names_this_machine};

    #[test]
    fn an_address_is_here_only_if_it_is_loopback_for_certain() {
        for here in
            ["127.0.0.1", " 127.3.2.1 ", "::1", "[::1]", "127.0.0.1:4711", "[::1]:4711", "::ffff:127.0.0.1"]
        {
            assert!(is_here(here.as_bytes()), "{here}");
        }
        for other in [
            "",
            "unknown",
            "localhost",
            "10.0.0.1",
            "192.0.2.1:80",
            "::",
            "0.0.0.0",
            "127.0.0.1.example",
            "127.1",
            "\u{e9}",
        ] {
            assert!(!is_here(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn a_host_is_here_only_if_it_is_this_machine_by_name_or_address() {
        for here in
            ["localhost", "localhost:8000", "app.localhost:80", "127.0.0.1:8000", "[::1]:8000", "127.9.9.9"]
        {
            assert!(names_this_machine(here.as_bytes()), "{here}");
        }
        for other in [
            "",
            "evil.example",
            "localhost.evil.example",
            "notlocalhost",
            "10.0.0.1",
            "0.0.0.0:8000",
            "localhost, evil.example",
            "evil.example#localhost",
            "localhost@evil.example",
            "\u{e9}.localhost@x",
        ] {
            assert!(!names_this_machine(other.as_bytes()), "{other}");
        }
    }
}
