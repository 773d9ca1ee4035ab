//! Every provider that a client names, each remembered once for all clients that reach it in the same way.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::provider::RememberedProvider;
use crate::clock::Clock;
use crate::config::bearer::Whose;
use crate::config::{Client, Config, ProviderSettings};
use crate::protocol::issuer::Issuer;
use crate::protocol::registration::ClientAuthentication;
use crate::protocol::tls_identity::TlsIdentity;

/// The providers.
#[derive(Debug)]
pub struct Providers {
    all: Vec<Arc<RememberedProvider>>,
    by_client: BTreeMap<String, Arc<RememberedProvider>>,
    /// By client, in the order of [`crate::config::bearer::BearerTokens::issuers`].
    by_tokens: BTreeMap<String, Vec<Arc<RememberedProvider>>>,
}

impl Providers {
    /// Those of all clients. Asks nobody.
    ///
    /// # Errors
    /// As [`RememberedProvider::new`].
    pub fn new(config: &Config, clock: &Clock) -> Result<Self, String> {
        let mut known = Known { all: Vec::new(), clock };
        let (mut by_client, mut by_tokens) = (BTreeMap::new(), BTreeMap::new());
        for client in &config.clients {
            let identity = identity(&client.registration.authentication);
            let provider = known.find_or_make(&client.issuer, &client.provider, identity)?;
            by_client.insert(client.name.clone(), provider);
            let issuers = client.bearer.iter().flat_map(|bearer| &bearer.issuers);
            let of_tokens = issuers.map(|issuer| {
                let asks = issuer.introspection.as_ref();
                let identity = match (asks, issuer.whose) {
                    (Some(asks), _) => self::identity(&asks.authentication),
                    (None, Whose::OwnOfClient) => identity,
                    (None, Whose::Further) => None,
                };
                known.find_or_make(&issuer.issuer, &issuer.provider, identity)
            });
            by_tokens.insert(client.name.clone(), of_tokens.collect::<Result<_, _>>()?);
        }
        let all = known.all.into_iter().map(|(_, provider)| provider).collect();
        Ok(Self { all, by_client, by_tokens })
    }

    /// The provider of a client of the same configuration.
    pub fn of(&self, client: &Client) -> &Arc<RememberedProvider> {
        &self.by_client[&client.name]
    }

    /// The issuers of the access tokens that a client takes, in the order of [`crate::config::bearer::BearerTokens::issuers`].
    pub fn of_tokens(&self, client: &Client) -> &[Arc<RememberedProvider>] {
        &self.by_tokens[&client.name]
    }

    /// All of them, in the order in which the clients name them.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<RememberedProvider>> {
        self.all.iter()
    }
}

/// The providers so far. A connection is made as somebody: no client may use one that another client has proved itself on. And one
/// that is reached over another address, or believed for another reason, is another one: what is learned on one way says nothing about
/// the other.
struct Known<'a> {
    all: Vec<(Option<[u8; 32]>, Arc<RememberedProvider>)>,
    clock: &'a Clock,
}

impl Known<'_> {
    fn find_or_make(
        &mut self,
        issuer: &Issuer,
        settings: &ProviderSettings,
        identity: Option<&TlsIdentity>,
    ) -> Result<Arc<RememberedProvider>, String> {
        let fingerprint = identity.map(TlsIdentity::fingerprint);
        let same = |known: &RememberedProvider| known.issuer() == issuer && known.settings() == settings;
        if let Some((_, known)) = self.all.iter().find(|(of, known)| *of == fingerprint && same(known)) {
            return Ok(Arc::clone(known));
        }
        let provider =
            RememberedProvider::new(issuer.clone(), settings.clone(), identity, self.clock.clone())?;
        let provider = Arc::new(provider);
        self.all.push((fingerprint, Arc::clone(&provider)));
        Ok(provider)
    }
}

/// Who vestibule is on a connection, if it proves itself there.
fn identity(authentication: &ClientAuthentication) -> Option<&TlsIdentity> {
    match authentication {
        ClientAuthentication::MutualTls(identity) => Some(identity),
        _ => None,
    }
}
