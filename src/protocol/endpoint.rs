//! An address of the provider, checked before anything is sent there.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use http::Uri;
use url::{Host, Url};

use super::authorize;
use super::issuer::{Issuer, is_loopback};
use super::quote::quote;

/// An endpoint, from the provider's metadata or as the operator wrote it. It is https (http only if the issuer itself is), without user name, password and
/// fragment, and not on an address that no provider can have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    url: Url,
    uri: Uri,
}

/// Why an address in the metadata is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointFault {
    /// It is not text.
    NotText,
    /// It is longer than [`MAX_BYTES`].
    TooLong,
    /// It is no absolute http or https address with a host.
    NotAnAddress,
    /// It is http although the issuer is https.
    NotHttps,
    /// It has a user name, a password or a fragment.
    HasExtras,
    /// It is on this machine although the issuer is not.
    OnThisMachine,
    /// It is a link-local, cloud metadata, multicast or unspecified address.
    RefusedAddress,
    /// Its query already has a parameter that belongs to the request.
    TakenParameter,
}

/// Bytes of an endpoint's address.
pub const MAX_BYTES: usize = 2048;

impl Endpoint {
    /// Takes an address of this issuer.
    ///
    /// # Errors
    /// [`EndpointFault`] says which rule it breaks.
    pub fn parse(text: &str, issuer: &Issuer) -> Result<Self, EndpointFault> {
        if text.len() > MAX_BYTES {
            return Err(EndpointFault::TooLong);
        }
        // The URL parser drops blanks and line breaks in silence; an address that has some was not meant as one.
        if text.bytes().any(|byte| byte <= b' ' || byte == 0x7f) {
            return Err(EndpointFault::NotAnAddress);
        }
        let url = Url::parse(text).map_err(|_| EndpointFault::NotAnAddress)?;
        if !matches!(url.scheme(), "https" | "http") {
            return Err(EndpointFault::NotAnAddress);
        }
        let uri: Uri = url[..url::Position::AfterQuery].parse().map_err(|_| EndpointFault::NotAnAddress)?;
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err(EndpointFault::HasExtras);
        }
        if url.scheme() == "http" && !issuer.is_http() {
            return Err(EndpointFault::NotHttps);
        }
        match url.host() {
            Some(Host::Ipv4(address)) if is_refused_address(address.into()) => {
                return Err(EndpointFault::RefusedAddress);
            }
            Some(Host::Ipv6(address)) if is_refused_address(address.into()) => {
                return Err(EndpointFault::RefusedAddress);
            }
            Some(Host::Domain(name)) if name.trim_end_matches('.') == "metadata.google.internal" => {
                return Err(EndpointFault::RefusedAddress);
            }
            _ => {}
        }
        if names_this_machine(&url) && !issuer.is_on_this_machine() {
            return Err(EndpointFault::OnThisMachine);
        }
        Ok(Self { url, uri })
    }

    /// Takes the address to which a browser is sent with an authorization request: the query of the endpoint is kept, and no
    /// parameter may be there twice (RFC 6749 section 3.1).
    ///
    /// # Errors
    /// [`EndpointFault`] says which rule it breaks.
    pub fn parse_authorization(text: &str, issuer: &Issuer) -> Result<Self, EndpointFault> {
        let endpoint = Self::parse(text, issuer)?;
        let mut own = endpoint.url.query_pairs();
        if own.any(|(name, _)| authorize::RESERVED.contains(&name.as_ref())) {
            return Err(EndpointFault::TakenParameter);
        }
        Ok(endpoint)
    }

    /// The address as it is requested.
    pub fn as_str(&self) -> &str {
        self.url.as_str()
    }

    /// The address for a request.
    pub fn uri(&self) -> &Uri {
        &self.uri
    }

    /// The address for parameters to be added to.
    pub(super) fn url(&self) -> &Url {
        &self.url
    }
}

/// Whether a provider cannot be at this address: link-local (where clouds keep their metadata services), the metadata
/// addresses that are not link-local, multicast, broadcast, unspecified. To be asked again for what a name resolves to.
pub fn is_refused_address(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            v4.is_link_local()
                || v4.is_unspecified()
                || v4.is_multicast()
                || v4.is_broadcast()
                || METADATA_V4.contains(&v4)
        }
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => is_refused_address(v4.into()),
            None => {
                v6.is_unicast_link_local()
                    || v6.is_unspecified()
                    || v6.is_multicast()
                    || METADATA_V6.contains(&v6)
            }
        },
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl EndpointFault {
    /// What is wrong with the address `found`, for the operator.
    pub fn explain(self, found: &str) -> String {
        let found = quote(found);
        match self {
            Self::NotText => "is not text".to_owned(),
            Self::TooLong => format!("is {found}, longer than {MAX_BYTES} bytes"),
            Self::NotAnAddress => format!("is {found}, but an https address is needed"),
            Self::NotHttps => format!("is {found}, but the issuer is https, so this must be too"),
            Self::HasExtras => format!("is {found}, with a user name, a password or a fragment"),
            Self::OnThisMachine => format!("is {found}, on this machine, but the issuer is not"),
            Self::RefusedAddress => format!("is {found}, an address that no provider has"),
            Self::TakenParameter => {
                format!("is {found}, whose query already has a parameter of the request")
            }
        }
    }
}

/// As [`is_loopback`], in every spelling: that one says what is let in, this one what is kept out.
fn names_this_machine(url: &Url) -> bool {
    is_loopback(url)
        || match url.host() {
            Some(Host::Domain(name)) => {
                let name = name.trim_end_matches('.');
                name == "localhost" || name.ends_with(".localhost")
            }
            Some(Host::Ipv6(address)) => address.to_ipv4_mapped().is_some_and(|v4| v4.is_loopback()),
            _ => false,
        }
}

/// Metadata services of clouds outside 169.254.0.0/16: Alibaba, Oracle.
const METADATA_V4: [Ipv4Addr; 2] = [Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(192, 0, 0, 192)];

/// Metadata service of AWS over IPv6.
const METADATA_V6: [Ipv6Addr; 1] = [Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)];
