//! `GET /oidc/{client}/login`: where a login begins. Nothing is kept of it.

use http::StatusCode;
use http::header::SET_COOKIE;

use super::person::Reload;
use super::respond::{self, Answer};
use super::service::Asked;
use super::{flow_cookie, set_cookie};
use crate::gate::credential::{self, Credential};
use crate::gate::login_parameters;
use crate::gate::refusal::Refusal;
use crate::gate::return_to::{self, ReturnTo};
use crate::idp::{moment, refusal};
use crate::protocol::callback_fault::MAX_STATE_BYTES;
use crate::protocol::discovery::Provider;
use crate::protocol::registration::ResponseMode;
use crate::protocol::{authorize, pkce, pushed};
use crate::session::key::SessionKey;
use crate::session::transaction::{self, Begun, Flow, FlowCookie};

/// 302 to the provider.
///
/// # Errors
/// A return address on a host that is not ours; a parameter that cannot be handed on; a method other than GET and HEAD; too
/// many logins.
pub(super) async fn answer(asked: Asked<'_>) -> Result<Answer, Refusal> {
    asked.takes("GET, HEAD")?;
    asked.take_login()?;
    let return_to = return_to::from_query(asked.query(), asked.client)?;
    let parameters = login_parameters::from_query(asked.query(), asked.client)?;
    Ok(begin(asked, &return_to, parameters, StatusCode::FOUND).await)
}

/// Begins a login that leads to `return_to`, and asks the provider for `parameters` beyond the configuration. `status` sends
/// the browser there.
pub(super) async fn begin(
    asked: Asked<'_>,
    return_to: &ReturnTo,
    parameters: Vec<(String, String)>,
    status: StatusCode,
) -> Answer {
    let remembered = asked.service.providers.of(asked.client);
    let again = return_to::login_url(asked.client, return_to);
    let provider = match remembered.metadata().await {
        Ok(provider) => provider,
        Err(fault) => {
            let refusal = refusal::of_provider(&asked.client.issuer, fault);
            return asked.refuse(&refusal, Some(&again), Reload::Helps);
        }
    };
    let sent = flow_cookie::sent(&asked.head.headers, &asked.client.flow_cookie).into_iter().next();
    let cookie = sent.unwrap_or_else(|| FlowCookie::new(asked.service.clock.entropy()));
    let url = if pushed::is_wanted(&provider, &asked.client.registration) {
        match push(asked, &provider, begun(asked, return_to, parameters, &cookie)).await {
            Ok(url) => url,
            Err(refusal) => return asked.refuse(&refusal, Some(&again), Reload::Helps),
        }
    } else {
        let url = url(asked, &provider, &begun(asked, return_to, parameters.clone(), &cookie));
        if url.len() > respond::MAX_LOCATION {
            self::url(asked, &provider, &begun(asked, &return_to::home(asked.client), parameters, &cookie))
        } else {
            url
        }
    };
    asked.service.metrics.logins_started.get_or_create(&asked.labels()).inc();
    let mut answer = respond::redirect(status, &url);
    // Set anew also where there was one: a tab that begins now has its full ten minutes.
    let cookie = set_cookie::set(&flow_cookie::named(&asked.client.flow_cookie, &cookie), &cookie.value());
    answer.headers_mut().append(SET_COOKIE, cookie);
    answer
}

/// A login that has begun, and what it asks of the provider beyond the configuration.
struct Login {
    begun: Begun,
    parameters: Vec<(String, String)>,
}

fn begun(
    asked: Asked<'_>,
    return_to: &ReturnTo,
    parameters: Vec<(String, String)>,
    cookie: &FlowCookie,
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
        in_vain: asked.service.loops.in_vain(
            cookie.binding(),
            &client.name,
            return_to.as_str(),
            clock.steady(),
        ),
        asked: parameters,
        before,
    };
    let mut begun = transaction::begin(&asked.service.ring, &flow, cookie, clock.entropy());
    let home = return_to::home(client);
    if begun.state.len() > MAX_STATE_BYTES && flow.return_to != home.as_str() {
        let flow = Flow { return_to: home.as_str().to_owned(), ..flow.clone() };
        begun = transaction::begin(&asked.service.ring, &flow, cookie, clock.entropy());
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
