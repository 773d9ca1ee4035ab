//! Every provider that a client names, each remembered once.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::fetch::Fetcher;
use super::provider::RememberedProvider;
use crate::clock::Clock;
use crate::config::{Client, Config};

/// The providers by issuer.
#[derive(Debug)]
pub struct Providers {
    by_issuer: BTreeMap<String, Arc<RememberedProvider>>,
}

impl Providers {
    /// Those of all clients. Asks nobody.
    ///
    /// # Errors
    /// As [`Fetcher::new`].
    pub fn new(config: &Config, clock: &Clock) -> Result<Self, String> {
        let fetcher = Fetcher::new()?;
        let mut by_issuer = BTreeMap::new();
        for client in &config.clients {
            by_issuer.entry(client.issuer.as_str().to_owned()).or_insert_with(|| {
                let issuer = client.issuer.clone();
                Arc::new(RememberedProvider::new(issuer, fetcher.for_another(), clock.clone()))
            });
        }
        Ok(Self { by_issuer })
    }

    /// The provider of a client of the same configuration.
    pub fn of(&self, client: &Client) -> &Arc<RememberedProvider> {
        &self.by_issuer[client.issuer.as_str()]
    }

    /// All of them, by issuer.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<RememberedProvider>> {
        self.by_issuer.values()
    }
}
