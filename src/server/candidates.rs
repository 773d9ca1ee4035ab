//! By which client a subrequest is judged.

use std::sync::Arc;

use http::HeaderMap;

use super::service::Service;
use crate::config::Client;
use crate::config::rule::{BearerPolicy, Policy};
use crate::gate::candidates::{self, Chosen, Trace};
use crate::gate::credential::{self, Credential};
use crate::gate::decide;
use crate::gate::forwarded::Forwarded;
use crate::gate::presented::{self, Presented};

/// What it is asked about.
pub(super) struct Asked<'a> {
    pub(super) service: &'a Service,
    pub(super) forwarded: &'a Forwarded,
    pub(super) headers: &'a HeaderMap,
}

impl<'a> Asked<'a> {
    /// The client that the proxy named, else one of those that guard the host. Asks nobody and waits for nothing.
    pub(super) fn choose(&self, named: Option<&'a Arc<Client>>) -> Option<Chosen<&'a Arc<Client>>> {
        if let Some(client) = named {
            return Some(Chosen { client, trace: Trace::Nothing });
        }
        let (authority, scheme) = (self.forwarded.authority(), self.forwarded.scheme());
        let config = &self.service.config;
        let first = config.client_for_host(authority, scheme)?;
        if !first.has_choice(authority) {
            return Some(Chosen { client: first, trace: Trace::Nothing });
        }
        let clients: Vec<_> = config.clients_beside(first, authority, scheme).collect();
        let of_tokens = clients.iter().position(|client| self.takes_the_token(client));
        let traces = clients.into_iter().map(|client| (client, self.trace(client)));
        candidates::choose(traces.collect(), of_tokens)
    }

    fn trace(&self, client: &Arc<Client>) -> Trace {
        match credential::find(self.headers, &client.cookie.name) {
            Credential::Absent => Trace::Nothing,
            Credential::Unreadable(why) => Trace::Unreadable(why),
            Credential::Session(cookie) => self.service.sessions.trace(client, &cookie),
        }
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
