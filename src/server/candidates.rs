//! By which client a subrequest is judged.

use std::sync::Arc;

use http::HeaderMap;

use super::service::{Service, unavailable};
use crate::config::Client;
use crate::config::rule::{BearerPolicy, Policy};
use crate::gate::candidates::{self, Chosen, Trace};
use crate::gate::credential::{self, Credential};
use crate::gate::decide;
use crate::gate::forwarded::Forwarded;
use crate::gate::presented::{self, Presented};
use crate::gate::refusal::Refusal;

/// What it is asked about.
pub(super) struct Asked<'a> {
    pub(super) service: &'a Service,
    pub(super) forwarded: &'a Forwarded,
    pub(super) headers: &'a HeaderMap,
}

impl<'a> Asked<'a> {
    /// The client that the proxy named, else one of those that guard the host. Waits for nothing while the sessions are at hand.
    ///
    /// # Errors
    /// Nobody guards the host; or the store does not say which of several clients somebody is signed in at.
    pub(super) async fn choose(
        &self,
        named: Option<&'a Arc<Client>>,
    ) -> Result<Chosen<&'a Arc<Client>>, Refusal> {
        if let Some(client) = named {
            return Ok(Chosen { client, trace: Trace::Nothing });
        }
        let (authority, scheme) = (self.forwarded.authority(), self.forwarded.scheme());
        let config = &self.service.config;
        let not_guarded = || Refusal::HostNotGuarded { host: authority.clone() };
        let first = config.client_for_host(authority, scheme).ok_or_else(not_guarded)?;
        if !first.has_choice(authority) {
            return Ok(Chosen { client: first, trace: Trace::Nothing });
        }
        let clients: Vec<_> = config.clients_beside(first, authority, scheme).collect();
        let of_tokens = clients.iter().position(|client| self.takes_the_token(client));
        let mut traces = Vec::with_capacity(clients.len());
        for client in clients {
            traces.push((client, self.trace(client).await?));
        }
        candidates::choose(traces, of_tokens).ok_or_else(not_guarded)
    }

    async fn trace(&self, client: &Arc<Client>) -> Result<Trace, Refusal> {
        Ok(match credential::find(self.headers, &client.cookie.name) {
            Credential::Absent => Trace::Nothing,
            Credential::Unreadable(why) => Trace::Unreadable(why),
            Credential::Session(cookie) => {
                self.service.sessions.trace(client, &cookie).await.map_err(unavailable)?
            }
        })
    }

    /// Whether the request presents an access token and this client takes tokens for it. What of the two cannot be known is for it to
    /// refuse: else a token that nobody looked at would come to an application that believes those that come through.
    fn takes_the_token(&self, client: &Client) -> bool {
        client.bearer.is_some()
            && !matches!(presented::read(self.headers), Ok(Presented::Nothing | Presented::Other))
            && match decide::in_order(client, self.forwarded, self.headers) {
                Ok(request) => {
                    let rule = request.rule();
                    // Nobody comes there by a token, so the one of another's session must not either.
                    rule.policy == Policy::Deny || request.asks_who() && rule.bearer != BearerPolicy::Ignored
                }
                Err(_) => true,
            }
    }
}
