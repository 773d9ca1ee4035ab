//! `GET /oidc/{client}/login`: where a login begins. Nothing is kept of it.

use http::StatusCode;
use http::header::SET_COOKIE;

use super::person::Reload;
use super::respond::{self, Answer};
use super::service::Asked;
use super::{flow_cookie, fragment, set_cookie};
use crate::config::host::Authority;
use crate::config::own_path;
use crate::gate::credential::{self, Credential};
use crate::gate::forwarded;
use crate::gate::login_parameters;
use crate::gate::loop_cause::Seen;
use crate::gate::navigation::is_navigation;
use crate::gate::refusal::Refusal;
use crate::gate::return_to::{self, ReturnTo, Way};
use crate::idp::{moment, refusal};
use crate::protocol::callback_fault::MAX_STATE_BYTES;
use crate::protocol::discovery::Provider;
use crate::protocol::registration::ResponseMode;
use crate::protocol::{authorize, pkce, pushed};
use crate::session::key::SessionKey;
use crate::session::loops;
use crate::session::transaction::{self, Begun, Flow, FlowCookie};

/// 302 to the provider.
///
/// # Errors
/// A return address on a host that is not ours; a parameter that cannot be handed on; a method other than GET and HEAD; too
/// many logins.
pub(super) async fn answer(asked: Asked<'_>) -> Result<Answer, Refusal> {
    asked.takes("GET, HEAD")?;
    if let Some(origin) = at_origin(asked) {
        return Ok(respond::redirect(StatusCode::FOUND, &origin));
    }
    asked.take_login()?;
    let return_to = return_to::from_query(asked.query(), asked.client)?;
    let parameters = login_parameters::from_query(asked.query(), asked.client)?;
    let beyond = match login_parameters::step_up(asked.query(), asked.client) {
        Some(rule) => {
            let parameters = login_parameters::with_step_up(parameters, rule);
            Beyond { parameters, step_up: rule.number }
        }
        None => Beyond { parameters, step_up: None },
    };
    Ok(begin(asked, &return_to, beyond, StatusCode::FOUND).await)
}

/// The same login at the origin, where it was called on another host that the client guards: there the browser would keep the flow cookie
/// for that host, and the provider leads back to the origin. Once only, for a proxy may name the same host for both.
fn at_origin(asked: Asked<'_>) -> Option<String> {
    let Asked { service, client, head, peer, .. } = asked;
    let host = forwarded::own_host(peer, &head.headers, &service.config.server.trusted_proxies)?;
    let origin = client.origin.split_once("://").and_then(|(_, authority)| Authority::parse(authority))?;
    // Cookies know no ports.
    let is_origin = host.host() == origin.host();
    let was_sent_here = asked.query() == MOVED || asked.query().starts_with(&format!("{MOVED}&"));
    if is_origin || was_sent_here || !client.guards(&host, client.scheme) {
        return None;
    }
    let moved = format!("{}{}?{MOVED}&{}", client.origin, own_path(&client.name, "login"), asked.query());
    (moved.len() <= respond::MAX_LOCATION && moved.bytes().all(|byte| byte.is_ascii_graphic()))
        .then_some(moved)
}

/// The answer that sends the browser to the provider.
fn on(asked: Asked<'_>, return_to: &ReturnTo, status: StatusCode, url: &str) -> Answer {
    // Only a page that a person opens has a fragment, and shows ours: a script would take it for what it asked for.
    let is_page = is_navigation(&asked.head.headers, &asked.head.method);
    if asked.client.preserve_fragment && is_page {
        fragment::leave(asked, return_to, url)
    } else {
        respond::redirect(status, url)
    }
}

/// What a login asks of the provider beyond the configuration.
#[derive(Clone, Default)]
pub(super) struct Beyond {
    pub(super) parameters: Vec<(String, String)>,
    /// The number of the rule that they are for, if they are for one.
    pub(super) step_up: Option<usize>,
}

impl Beyond {
    /// In the words that the provider knows. One that says which it knows, and not `select_account`, passes over it and takes the account
    /// that is signed in there, as Keycloak does: it is asked to have the person sign in anew, who can be somebody else then.
    fn in_words_of(mut self, provider: &Provider) -> Self {
        if provider.knows_prompt(SELECT_ACCOUNT) || !provider.knows_prompt(LOGIN) {
            return self;
        }
        for (_, prompt) in self.parameters.iter_mut().filter(|(name, _)| name == "prompt") {
            let mut words: Vec<_> = prompt.split(' ').filter(|word| *word != LOGIN).collect();
            if let Some(word) = words.iter_mut().find(|word| **word == SELECT_ACCOUNT) {
                *word = LOGIN;
                *prompt = words.join(" ");
            }
        }
        self
    }
}

/// Begins a login that leads to `return_to`. `status` sends the browser there.
pub(super) async fn begin(
    asked: Asked<'_>,
    return_to: &ReturnTo,
    beyond: Beyond,
    status: StatusCode,
) -> Answer {
    let remembered = asked.service.providers.of(asked.client);
    let again = return_to::url(Way::Choice, asked.client, return_to);
    let provider = match remembered.metadata().await {
        Ok(provider) => provider,
        Err(fault) => {
            let refusal = refusal::of_provider(&asked.client.issuer, fault);
            return asked.refuse(&refusal, Some(&again), Reload::Helps);
        }
    };
    let beyond = beyond.in_words_of(&provider);
    let sent = flow_cookie::sent(&asked.head.headers, &asked.client.flow_cookie).into_iter().next();
    let cookie = sent.unwrap_or_else(|| FlowCookie::new(asked.service.clock.entropy()));
    let before = before(asked, return_to, &cookie).await;
    let url = if pushed::is_wanted(&provider, &asked.client.registration) {
        match push(asked, &provider, begun(asked, return_to, beyond, &cookie, before)).await {
            Ok(url) => url,
            Err(refusal) => return asked.refuse(&refusal, Some(&again), Reload::Helps),
        }
    } else {
        let url = url(asked, &provider, &begun(asked, return_to, beyond.clone(), &cookie, before));
        if url.len() > respond::MAX_LOCATION {
            self::url(
                asked,
                &provider,
                &begun(asked, &return_to::home(asked.client), beyond, &cookie, before),
            )
        } else {
            url
        }
    };
    asked.service.metrics.logins_started.get_or_create(&asked.labels()).inc();
    let mut answer = on(asked, return_to, status, &url);
    // Set anew also where there was one: a tab that begins now has its full ten minutes.
    let cookie = set_cookie::set(&flow_cookie::named(&asked.client.flow_cookie, &cookie), &cookie.value());
    answer.headers_mut().append(SET_COOKIE, cookie);
    answer
}

/// What came of the logins of this browser before.
#[derive(Clone, Copy)]
struct Before {
    in_vain: u8,
    /// Of the session cookie; only where the next login may be stopped.
    seen: [Seen; 2],
}

async fn before(asked: Asked<'_>, return_to: &ReturnTo, cookie: &FlowCookie) -> Before {
    let Asked { service, client, .. } = asked;
    let now = service.clock.steady();
    let in_vain = service.loops.in_vain(cookie.binding(), &client.name, return_to.as_str(), now);
    let seen = if in_vain < loops::LIMIT {
        Default::default()
    } else {
        [return_to::seen_in_query(asked.query()), service.seen(client, &asked.head.headers).await]
    };
    Before { in_vain, seen }
}

/// A login that has begun, and what it asks of the provider beyond the configuration.
struct Login {
    begun: Begun,
    parameters: Vec<(String, String)>,
}

fn begun(
    asked: Asked<'_>,
    return_to: &ReturnTo,
    beyond: Beyond,
    cookie: &FlowCookie,
    Before { in_vain, seen }: Before,
) -> Login {
    let (clock, client) = (&asked.service.clock, asked.client);
    let before = match credential::find(&asked.head.headers, &client.cookie.name) {
        // With a query the cookie comes with the answer.
        Credential::Session(cookie) if client.registration.response_mode == ResponseMode::FormPost => {
            Some(SessionKey::of_cookie(cookie.bytes()))
        }
        _ => None,
    };
    let flow = Flow {
        id: clock.entropy(),
        client: client.name.clone(),
        binding: cookie.binding(),
        begun: clock.wall(),
        return_to: return_to.as_str().to_owned(),
        in_vain,
        seen,
        asked: beyond.parameters,
        before,
        step_up: beyond.step_up,
    };
    let ring = asked.service.ring.now();
    let mut begun = transaction::begin(&ring, &flow, cookie, clock.entropy());
    let home = return_to::home(client);
    if begun.state.len() > MAX_STATE_BYTES && flow.return_to != home.as_str() {
        let flow = Flow { return_to: home.as_str().to_owned(), ..flow.clone() };
        begun = transaction::begin(&ring, &flow, cookie, clock.entropy());
    }
    Login { begun, parameters: flow.asked }
}

fn url(asked: Asked<'_>, provider: &Provider, login: &Login) -> String {
    let code_challenge = pkce::challenge(login.begun.code_verifier.expose());
    authorize::url(provider, &asked.client.registration, &login.transaction(&code_challenge))
}

/// Sends the request to the provider straight, and gives the short address that is left for the browser.
async fn push(asked: Asked<'_>, provider: &Provider, login: Login) -> Result<String, Refusal> {
    let Asked { service, client, .. } = asked;
    let code_challenge = pkce::challenge(login.begun.code_verifier.expose());
    let transaction = login.transaction(&code_challenge);
    let moment = moment::of(&client.registration.authentication, &service.clock).await;
    let request = pushed::request(provider, &client.registration, &transaction, &moment)?;
    // Anybody can begin a login.
    let answer = service
        .providers
        .of(client)
        .ask_for_stranger(request, pushed::MAX_ANSWER_BYTES)
        .await
        .map_err(|fault| refusal::of_call(&client.issuer, &fault))?;
    let request_uri = pushed::judge(&answer)?;
    Ok(authorize::url_of_pushed(provider, &client.registration, request_uri.as_str()))
}

impl Login {
    fn transaction<'a>(&'a self, code_challenge: &'a str) -> authorize::Transaction<'a> {
        authorize::Transaction {
            state: &self.begun.state,
            nonce: self.begun.nonce.expose(),
            code_challenge,
            asked: &self.parameters,
        }
    }
}

/// Values of `prompt` (OpenID Connect Core 1.0 section 3.1.2.1).
const SELECT_ACCOUNT: &str = "select_account";
const LOGIN: &str = "login";
/// What the query of a login begins with that was called on another host.
const MOVED: &str = "moved";
