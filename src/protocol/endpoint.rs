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
        IpAddr::V6(v6) => match embedded(v6) {
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

/// Whether an address is inside of somebody's network: this machine, RFC 1918, RFC 4193, the shared space of RFC 6598, the
/// site-local space of old, benchmarks (RFC 2544), protocol assignments (RFC 6890 section 2.2.2), what nobody on the Internet has but
/// some networks use (RFC 1112 section 4), NAT64 of the network's own (RFC 8215), and what NAT64 (RFC 6052), 6to4 (RFC 3056) or
/// the embeddings of old (RFC 4291 section 2.5.5.1, RFC 2765) make of these.
pub fn is_private_address(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            v4.is_loopback()
                || v4.is_private()
                || a == 100 && b & 0xc0 == 64
                || a == 198 && b & 0xfe == 18
                || a == 192 && b == 0 && c == 0
                || a == 0
                || a >= 240
        }
        IpAddr::V6(v6) => match embedded(v6) {
            Some(v4) => is_private_address(v4.into()),
            None => {
                let [a, b, c, ..] = v6.segments();
                v6.is_loopback()
                    || v6.is_unique_local()
                    || a & 0xffc0 == 0xfec0
                    || [a, b, c] == [0x64, 0xff9b, 1]
            }
        },
    }
}

/// The IPv4 address that packets to this one end at.
fn embedded(v6: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, g, h] = v6.segments();
    let v4 = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match [a, b, c, d, e, f] {
        [0, 0, 0, 0, 0, 0xffff] | [0, 0, 0, 0, 0xffff, 0] | [0x64, 0xff9b, 0, 0, 0, 0] => Some(v4(g, h)),
        // `::` and `::1` are addresses of their own.
        [0, 0, 0, 0, 0, 0] if g != 0 || h > 1 => Some(v4(g, h)),
        [0x2002, ..] => Some(v4(b, c)),
        _ => None,
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

/// Metadata services of clouds outside 169.254.0.0/16: Alibaba, Oracle, and what hands out the secrets of machines at Azure.
const METADATA_V4: [Ipv4Addr; 3] =
    [Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(192, 0, 0, 192), Ipv4Addr::new(168, 63, 129, 16)];

/// Metadata services over IPv6: AWS, its credentials for containers, Google, Scaleway.
const METADATA_V6: [Ipv6Addr; 4] = [
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254),
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23),
    Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254),
    Ipv6Addr::new(0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42),
];
