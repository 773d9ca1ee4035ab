//! `GET /oidc/{client}/login`: the one place where a login begins. Nothing is kept of it.

use http::StatusCode;
use http::header::SET_COOKIE;

use super::respond::{self, Answer, Reload};
use super::service::Asked;
use super::{flow_cookie, set_cookie};
use crate::gate::refusal::Refusal;
use crate::gate::return_to::{self, ReturnTo};
use crate::idp::refusal;
use crate::protocol::discovery::Provider;
use crate::protocol::{authorize, pkce};
use crate::session::transaction::{self, Flow, FlowCookie};

/// 302 to the provider.
///
/// # Errors
/// A return address on a host that is not ours; a method other than GET and HEAD.
pub(super) async fn answer(asked: Asked<'_>) -> Result<Answer, Refusal> {
    asked.takes("GET, HEAD")?;
    let return_to = return_to::from_query(asked.query(), asked.client)?;
    let remembered = asked.service.providers.of(asked.client);
    let provider = match remembered.metadata().await {
        Ok(provider) => provider,
        Err(fault) => {
            let refusal = refusal::of_provider(&asked.client.issuer, fault);
            let again = return_to::login_url(asked.client, &return_to);
            return Ok(asked.refuse(&refusal, Some(&again), Reload::Helps));
        }
    };
    let sent = flow_cookie::sent(&asked.head.headers, &asked.client.flow_cookie).into_iter().next();
    let cookie = sent.unwrap_or_else(|| FlowCookie::new(asked.service.clock.entropy()));
    let mut url = begin(asked, &provider, &return_to, &cookie);
    if url.len() > respond::MAX_LOCATION {
        url = begin(asked, &provider, &return_to::home(asked.client), &cookie);
    }
    asked.service.metrics.logins_started.get_or_create(&asked.labels()).inc();
    let mut answer = respond::redirect(StatusCode::FOUND, &url);
    // Set anew also where there was one: a tab that begins now has its full ten minutes.
    let cookie = set_cookie::set(&flow_cookie::named(&asked.client.flow_cookie, &cookie), &cookie.value());
    answer.headers_mut().append(SET_COOKIE, cookie);
    Ok(answer)
}

fn begin(asked: Asked<'_>, provider: &Provider, return_to: &ReturnTo, cookie: &FlowCookie) -> String {
    let clock = &asked.service.clock;
    let flow = Flow {
        id: clock.entropy(),
        client: asked.client.name.clone(),
        binding: cookie.binding(),
        begun: clock.wall(),
        return_to: return_to.as_str().to_owned(),
        in_vain: asked.service.loops.in_vain(
            cookie.binding(),
            &asked.client.name,
            return_to.as_str(),
            clock.steady(),
        ),
    };
    let begun = transaction::begin(&asked.service.ring, &flow, cookie, clock.entropy());
    let code_challenge = pkce::challenge(begun.code_verifier.expose());
    let transaction = authorize::Transaction {
        state: &begun.state,
        nonce: begun.nonce.expose(),
        code_challenge: &code_challenge,
    };
    authorize::url(provider, &asked.client.registration, &transaction)
}
