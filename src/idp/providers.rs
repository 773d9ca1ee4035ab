//! Every provider that a client names, each remembered once for all clients that reach it in the same way.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::provider::RememberedProvider;
use crate::clock::Clock;
use crate::config::{Client, Config};

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
        let mut all: Vec<Arc<RememberedProvider>> = Vec::new();
        let mut by_client = BTreeMap::new();
        for client in &config.clients {
            // One that is reached over another address, or believed for another reason, is another one: what is learned on one
            // way says nothing about the other.
            let known = all
                .iter()
                .find(|known| *known.issuer() == client.issuer && *known.settings() == client.provider)
                .cloned();
            let provider = match known {
                Some(provider) => provider,
                None => {
                    let (issuer, settings) = (client.issuer.clone(), client.provider.clone());
                    let provider = Arc::new(RememberedProvider::new(issuer, settings, clock.clone())?);
                    all.push(Arc::clone(&provider));
                    provider
                }
            };
            by_client.insert(client.name.clone(), provider);
        }
        Ok(Self { all, by_client })
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
