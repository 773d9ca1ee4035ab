//! `POST /oidc/{client}/backchannel-logout`: the provider ends sessions (OpenID Connect Back-Channel Logout 1.0 section 2).

use aws_lc_rs::digest;
use http::StatusCode;
use hyper::body::Incoming;

use super::body;
use super::respond::{self, Answer};
use super::service::{Asked, unavailable};
use crate::gate::decide::Ended;
use crate::gate::refusal::Refusal;
use crate::idp::{refusal, verify};
use crate::protocol::logout_token::{self, LogoutToken};
use crate::session::index::{Logout, Whose};
use crate::session::used_flows::Taken;

/// 200 if the sessions that the logout token means are gone, and also if there were none; else an OAuth error (section 2.8).
pub(super) async fn answer(asked: Asked<'_>, body: Incoming) -> Answer {
    match log_out(asked, body).await {
        Ok(()) => respond::empty(StatusCode::OK),
        Err(refusal) => {
            asked.service.log(Some(asked.client), &refusal, asked.request_id);
            respond::oauth_error(&refusal, asked.request_id)
        }
    }
}

async fn log_out(asked: Asked<'_>, body: Incoming) -> Result<(), Refusal> {
    let Asked { service, client, .. } = asked;
    asked.takes("POST")?;
    let form = body::form(asked.head, body, MAX_FORM).await?;
    let token = logout_token::in_form(&form).ok_or(Refusal::LogoutTokenMissing)?;
    let is_encrypted = verify::is_encrypted_logout_token(client, &token);
    if is_encrypted {
        asked.may_be_decrypted()?;
    }
    let judged =
        verify::logout_token(service.providers.of(client), client, &token, service.clock.wall()).await;
    let token = judged.map_err(|fault| {
        if is_encrypted && fault.caller_is_at_fault() {
            asked.note_decrypted_in_vain();
        }
        refusal::of_logout_token(&client.issuer, fault)
    })?;

    let now = service.clock.wall();
    let id = id(&client.name, &token);
    let taken = service.used_logout_tokens.take(id, token.good_until(), now);
    if taken == Taken::Again {
        return Err(Refusal::LogoutTokenReplayed);
    }
    let logout = Logout { client: &client.name, issuer: token.issuer(), whose: whose(&token)? };
    let ended = service.sessions.log_out(&logout, now, Ended::SignedOutElsewhere).await.map_err(|fault| {
        // The provider may send the same token again.
        service.used_logout_tokens.give_back(&id);
        unavailable(fault)
    })?;
    tracing::info!(
        code = "signed_out_by_provider",
        verdict = "signed_out",
        client = client.name,
        channel = "back",
        sessions = ended.count,
        request_id = asked.request_id
    );
    // What is not remembered is not told to be done, though everything that can be done is: the provider may send it again.
    if taken == Taken::Full || !ended.is_noted {
        return Err(Refusal::LogoutsFull);
    }
    Ok(())
}

fn whose(token: &LogoutToken) -> Result<Whose<'_>, Refusal> {
    match (token.sid(), token.sub()) {
        (Some(sid), Some(sub)) => Ok(Whose::SessionOfPerson { sid, sub }),
        (Some(sid), None) => Ok(Whose::ProviderSession(sid)),
        (None, Some(sub)) => Ok(Whose::Person(sub)),
        (None, None) => Err(Refusal::Internal { what: "a logout token names nobody".into() }),
    }
}

/// What a logout token is remembered by: `jti` is given once by its issuer, and one token may be meant for several clients.
fn id(client: &str, token: &LogoutToken) -> [u8; 16] {
    let mut context = digest::Context::new(&digest::SHA256);
    for text in [client, token.issuer(), token.jti()] {
        context.update(&(text.len() as u64).to_be_bytes());
        context.update(text.as_bytes());
    }
    let mut id = [0; 16];
    id.copy_from_slice(&context.finish().as_ref()[..16]);
    id
}

/// Bytes of a form with a logout token: twice the longest token, for it may be percent-encoded.
const MAX_FORM: usize = 32 * 1024;
