//! Which addresses a provider may be at. A discovery document names hosts, and a name can be given any address at any time: what
//! it leads to is judged when it is resolved, so that no document makes this program knock at the doors of its own network (G-01).

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::config::{PrivateEndpoints, ProviderSettings};
use crate::protocol::endpoint::{is_private_address, is_refused_address};
use crate::protocol::issuer::Issuer;

/// The rule for one provider.
#[derive(Clone, Debug)]
pub(super) struct Addresses {
    /// Hosts that the operator wrote. They may be anywhere that a provider can be.
    written: Vec<Host>,
    private: Private,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Private {
    /// The operator wrote every endpoint, or said so.
    Allowed,
    /// Only if a host that the operator wrote is at a private address itself.
    AsWritten,
}

/// A private address although the provider is a public one.
#[derive(Debug)]
pub(super) struct PrivateAddress;

impl fmt::Display for PrivateAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the provider's metadata lead to a private address, but the issuer is at a public one")
    }
}

impl std::error::Error for PrivateAddress {}

/// A name has no address that can be used.
#[derive(Debug)]
struct NoAddress;

impl fmt::Display for NoAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("its name has no address, or only link-local, metadata, multicast and unspecified ones")
    }
}

impl std::error::Error for NoAddress {}

type Fault = Box<dyn std::error::Error + Send + Sync>;

impl Addresses {
    /// The rule for a provider that is reached in this way.
    pub(super) fn of(issuer: &Issuer, settings: &ProviderSettings) -> Self {
        let backchannel =
            settings.backchannel_url.as_ref().and_then(|url| url.host().map(|host| host.to_owned()));
        let issuer = issuer.url().host().map(|host| host.to_owned());
        let written_out = settings.metadata.is_some();
        let private = match settings.private_endpoints {
            PrivateEndpoints::DangerAllowed => Private::Allowed,
            PrivateEndpoints::AsIssuer if written_out => Private::Allowed,
            PrivateEndpoints::AsIssuer => Private::AsWritten,
        };
        Self { written: issuer.into_iter().chain(backchannel).collect(), private }
    }

    /// Judges an address that is asked for without a name, which no resolver sees.
    pub(super) async fn judge(&self, url: &Url) -> Result<(), PrivateAddress> {
        let address: IpAddr = match url.host() {
            Some(Host::Ipv4(address)) => address.into(),
            Some(Host::Ipv6(address)) => address.into(),
            Some(Host::Domain(_)) | None => return Ok(()),
        };
        let known = self.is_written(&url.host().map(|host| host.to_owned()));
        if known || !is_private_address(address) || self.private_are_allowed().await {
            return Ok(());
        }
        Err(PrivateAddress)
    }

    async fn resolve(&self, name: &str) -> Result<Vec<SocketAddr>, Fault> {
        let found: Vec<_> = tokio::net::lookup_host((name, 0)).await?.collect();
        let known = self.is_written(&Host::parse(name).ok());
        let private = |address: &SocketAddr| is_private_address(address.ip());
        let allowed = known || !found.iter().any(private) || self.private_are_allowed().await;
        usable(found, allowed)
    }

    async fn private_are_allowed(&self) -> bool {
        if self.private == Private::Allowed {
            return true;
        }
        for host in &self.written {
            let private = match host {
                Host::Ipv4(address) => is_private_address((*address).into()),
                Host::Ipv6(address) => is_private_address((*address).into()),
                Host::Domain(name) => match tokio::net::lookup_host((name.as_str(), 0)).await {
                    Ok(mut found) => found.any(|address| is_private_address(address.ip())),
                    Err(_) => false,
                },
            };
            if private {
                return true;
            }
        }
        false
    }

    fn is_written(&self, host: &Option<Host>) -> bool {
        host.as_ref().is_some_and(|host| self.written.contains(host))
    }
}

/// Those of the addresses of a name that a provider can be at.
fn usable(found: Vec<SocketAddr>, private_allowed: bool) -> Result<Vec<SocketAddr>, Fault> {
    let possible: Vec<_> = found.into_iter().filter(|address| !is_refused_address(address.ip())).collect();
    if possible.is_empty() {
        return Err(Box::new(NoAddress));
    }
    let usable: Vec<_> =
        possible.into_iter().filter(|address| private_allowed || !is_private_address(address.ip())).collect();
    if usable.is_empty() { Err(Box::new(PrivateAddress)) } else { Ok(usable) }
}

/// The system's resolver, without the addresses that this provider cannot be at.
pub(super) struct Resolver(pub(super) Arc<Addresses>);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let addresses = Arc::clone(&self.0);
        Box::pin(async move {
            let found = addresses.resolve(name.as_str()).await?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Addresses, Issuer, ProviderSettings, SocketAddr, Url, usable};
    use crate::config::PrivateEndpoints;
    use crate::protocol::backchannel_url::BackchannelUrl;
    use crate::protocol::issuer::HttpIssuer;

    fn of(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn a_name_leads_to_no_address_that_a_provider_cannot_have() {
        let mixed = [
            "169.254.169.254:0",
            "10.0.0.1:0",
            "[fe80::1]:0",
            "[::ffff:169.254.169.254]:0",
            "127.0.0.1:0",
            "192.0.2.7:0",
        ];
        assert_eq!(usable(of(&mixed), true).unwrap(), of(&["10.0.0.1:0", "127.0.0.1:0", "192.0.2.7:0"]));
        assert_eq!(usable(of(&mixed), false).unwrap(), of(&["192.0.2.7:0"]));
        for texts in [&["169.254.169.254:0"][..], &["[fd00:ec2::254]:0", "0.0.0.0:0"], &[]] {
            assert!(usable(of(texts), true).unwrap_err().to_string().contains("no address"), "{texts:?}");
        }
        let private = usable(of(&["10.0.0.1:0", "[fd00::1]:0", "127.0.0.1:0"]), false).unwrap_err();
        assert!(private.is::<super::PrivateAddress>());
    }

    /// G-01: 192.0.2.0/24 is public and nobody's (RFC 5737), and `localhost` needs no name server.
    #[tokio::test]
    async fn a_private_address_is_for_providers_that_are_private_themselves() {
        let settings = ProviderSettings::default();
        let allowed =
            ProviderSettings { private_endpoints: PrivateEndpoints::DangerAllowed, ..settings.clone() };
        let internal = BackchannelUrl::parse("https://10.0.0.7", HttpIssuer::OnlyLoopback).unwrap();
        let internal = ProviderSettings { backchannel_url: Some(internal), ..settings.clone() };
        for (name, issuer, settings, expected) in [
            ("a public issuer", "https://192.0.2.1", &settings, false),
            ("a public issuer, allowed", "https://192.0.2.1", &allowed, true),
            ("a public issuer that is reached inside", "https://192.0.2.1", &internal, true),
            ("an issuer in the network", "https://10.0.0.1", &settings, true),
            ("an issuer on this machine by name", "http://localhost:1", &settings, true),
            ("an issuer that cannot be resolved", "https://nobody.invalid", &settings, false),
        ] {
            let issuer = Issuer::parse(issuer, HttpIssuer::OnlyLoopback).unwrap();
            let rule = Addresses::of(&issuer, settings);
            for literal in ["https://172.16.3.4/keys", "https://[fd00::1]/keys", "https://127.0.0.1/keys"] {
                let judged = rule.judge(&Url::parse(literal).unwrap()).await;
                assert_eq!(judged.is_ok(), expected, "{name}: {literal}");
            }
            assert!(rule.judge(&Url::parse("https://192.0.2.9/keys").unwrap()).await.is_ok(), "{name}");
            assert_eq!(rule.resolve("localhost").await.is_ok(), expected, "{name}: a name");
        }
    }
}
