//! Every provider that a client names, each remembered once for all clients that reach it in the same way.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::provider::RememberedProvider;
use crate::clock::Clock;
use crate::config::{Client, Config};
use crate::protocol::registration::ClientAuthentication;
use crate::protocol::tls_identity::TlsIdentity;

/// The providers.
#[derive(Debug)]
pub struct Providers {
    all: Vec<Arc<RememberedProvider>>,
    by_client: BTreeMap<String, Arc<RememberedProvider>>,
}

impl Providers {
    /// Those of all clients. Asks nobody.
    ///
    /// # Errors
    /// As [`RememberedProvider::new`].
    pub fn new(config: &Config, clock: &Clock) -> Result<Self, String> {
        let mut all: Vec<(Option<[u8; 32]>, Arc<RememberedProvider>)> = Vec::new();
        let mut by_client = BTreeMap::new();
        for client in &config.clients {
            // A connection is made as somebody: no client may use one that another client has proved itself on. And one that is
            // reached over another address, or believed for another reason, is another one: what is learned on one way says
            // nothing about the other.
            let identity = identity(client);
            let fingerprint = identity.map(TlsIdentity::fingerprint);
            let same = |known: &RememberedProvider| {
                *known.issuer() == client.issuer && *known.settings() == client.provider
            };
            let known = all
                .iter()
                .find(|(of, known)| *of == fingerprint && same(known))
                .map(|(_, known)| Arc::clone(known));
            let provider = match known {
                Some(provider) => provider,
                None => {
                    let (issuer, settings) = (client.issuer.clone(), client.provider.clone());
                    let provider = RememberedProvider::new(issuer, settings, identity, clock.clone())?;
                    let provider = Arc::new(provider);
                    all.push((fingerprint, Arc::clone(&provider)));
                    provider
                }
            };
            by_client.insert(client.name.clone(), provider);
        }
        Ok(Self { all: all.into_iter().map(|(_, provider)| provider).collect(), by_client })
    }

    /// The provider of a client of the same configuration.
    pub fn of(&self, client: &Client) -> &Arc<RememberedProvider> {
        &self.by_client[&client.name]
    }

    /// All of them, in the order in which the clients name them.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<RememberedProvider>> {
        self.all.iter()
    }
}

/// Who the client is on a connection, if it proves itself there.
fn identity(client: &Client) -> Option<&TlsIdentity> {
    match &client.registration.authentication {
        ClientAuthentication::MutualTls(identity) => Some(identity),
        _ => None,
    }
}
