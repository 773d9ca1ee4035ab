//! `GET, POST /oidc/{client}/initiate-login`: somebody else starts a login, the provider or a portal (OpenID Connect Core 1.0
//! section 4). Off unless the client has `initiate_login: true`.

use bytes::Bytes;
use http::{Method, StatusCode};
use hyper::body::Incoming;

use super::body;
use super::login::{self, Beyond};
use super::respond::Answer;
use super::service::Asked;
use crate::gate::refusal::Refusal;
use crate::gate::return_to;
use crate::protocol::initiate_login;

/// To the provider, as `/login`. Only `login_hint` is handed on.
///
/// # Errors
/// The client does not take it; another issuer; a target that is not ours; too many logins.
pub(super) async fn answer(asked: Asked<'_>, body: Incoming) -> Result<Answer, Refusal> {
    if !asked.client.initiate_login {
        return Err(Refusal::PathUnknown);
    }
    asked.takes("GET, HEAD, POST")?;
    asked.take_login()?;
    let is_post = asked.head.method == Method::POST;
    let parameters = if is_post {
        body::form(asked.head, body, initiate_login::MAX_REQUEST_BYTES).await?
    } else {
        Bytes::copy_from_slice(asked.query().as_bytes())
    };
    let initiated = initiate_login::judge(&parameters, &asked.client.issuer)?;
    let return_to = match initiated.target_link_uri {
        Some(target) => return_to::check(&target, asked.client)?,
        None => return_to::home(asked.client),
    };
    let hint = initiated.login_hint.map(|hint| ("login_hint".to_owned(), hint));
    // What the configuration asks of every login holds.
    let is_set =
        asked.client.registration.authorization.parameters.iter().any(|(name, _)| name == "login_hint");
    let status = if is_post { StatusCode::SEE_OTHER } else { StatusCode::FOUND };
    let parameters = hint.into_iter().filter(|_| !is_set).collect();
    Ok(login::begin(asked, &return_to, Beyond { parameters, step_up: None }, status).await)
}
