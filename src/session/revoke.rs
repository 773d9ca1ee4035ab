//! Revoking at the provider what a person's sign-out leaves behind: in a task of its own, so that no sign-out waits for it or
//! fails by it. Access tokens are revoked where they are kept.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::record::Session;
use crate::clock::Clock;
use crate::config::Client;
use crate::idp::moment;
use crate::idp::providers::Providers;
use crate::protocol::revocation::{self, Revoked};

/// Revokes refresh tokens, and the access tokens that are kept.
#[derive(Debug)]
pub struct Revoker {
    providers: Arc<Providers>,
    clock: Clock,
    places: Semaphore,
}

impl Revoker {
    /// Nothing is revoked yet.
    pub const fn new(providers: Arc<Providers>, clock: Clock) -> Self {
        Self { providers, clock, places: Semaphore::const_new(MAX_TASKS) }
    }

    /// Revokes the tokens of sessions that their person ended, where the client and its provider do that.
    pub fn revoke(self: &Arc<Self>, ended: Vec<(Arc<Client>, Arc<Session>)>) {
        let wanted: Vec<_> = ended
            .into_iter()
            .filter(|(client, session)| client.logout.revoke && self.revoked(session).next().is_some())
            .collect();
        if wanted.is_empty() {
            return;
        }
        let revoker = Arc::clone(self);
        tokio::spawn(async move {
            let Ok(Ok(_place)) = tokio::time::timeout(PATIENCE, revoker.places.acquire()).await else {
                tracing::warn!(
                    code = "tokens_not_revoked",
                    fault = "provider",
                    sessions = wanted.len(),
                    "too many revocations are already under way"
                );
                return;
            };
            for (client, session) in &wanted {
                for token in revoker.revoked(session) {
                    if let Err(why) = revoker.one(client, token).await {
                        tracing::warn!(
                            code = "tokens_not_revoked", fault = "provider", client = client.name,
                            session = %session.handle, why,
                            "the session is over here, but its {} is still good at the provider", token.name()
                        );
                    }
                }
            }
        });
    }

    /// The refresh token first: with it, a provider makes void what was issued from it.
    fn revoked<'a>(&self, session: &'a Session) -> impl Iterator<Item = Revoked<'a>> + use<'a> {
        let tokens = &session.tokens;
        let is_good = self.clock.steady() < tokens.expires;
        let access_token = tokens.access_token.as_ref().filter(|_| is_good).map(Revoked::Access);
        tokens.refresh_token.as_ref().map(Revoked::Refresh).into_iter().chain(access_token)
    }

    async fn one(&self, client: &Client, token: Revoked<'_>) -> Result<(), String> {
        let remembered = self.providers.of(client);
        let Some(provider) = remembered.remembered_metadata() else { return Ok(()) };
        let moment = moment::of(&client.registration.authentication, &self.clock).await;
        let request = revocation::request(&provider, &client.registration, token, &moment);
        let Some(request) = request else { return Ok(()) };
        let request = request.map_err(|fault| fault.to_string())?;
        // Nobody waits for it: it takes no place from what keeps people signed in.
        let answer = remembered.ask_for_stranger(request, revocation::MAX_ANSWER_BYTES).await;
        let answer = answer.map_err(|fault| fault.to_string())?;
        revocation::judge(&answer).map_err(|fault| fault.to_string())
    }
}

/// Sign-outs whose tokens are revoked at once.
const MAX_TASKS: usize = 8;
/// How long others wait for their turn.
const PATIENCE: Duration = Duration::from_secs(30);
