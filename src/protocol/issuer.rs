//! The issuer identifier (OpenID Connect Discovery 1.0 section 3, RFC 8414 section 2).

use std::fmt;

use http::Uri;
use url::{Host, Position, Url};

/// An issuer identifier, kept byte for byte as it was written: it is compared with what the provider calls itself without
/// any normalisation (OpenID Connect Core 1.0 section 3.1.3.7 step 2).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Issuer(String);

/// Bytes of an issuer identifier.
pub const MAX_BYTES: usize = 1024;

/// Why a text is not an issuer identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssuerFault {
    /// It is no absolute http or https address with a host.
    NotAnAddress,
    /// It has a query or a fragment, or a user name or password.
    HasExtras,
    /// It is http, and neither on this machine nor allowed by `danger_http_issuer`.
    NotHttps,
}

/// Whether an issuer that anybody on the way could forge is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpIssuer {
    /// Only https, or http on a loopback name or address of this machine.
    OnlyLoopback,
    /// `danger_http_issuer: true`: http anywhere.
    DangerAllowed,
}

impl Issuer {
    /// Takes an issuer identifier as the operator wrote it.
    ///
    /// # Errors
    /// [`IssuerFault`] says which rule it breaks.
    pub fn parse(text: &str, http: HttpIssuer) -> Result<Self, IssuerFault> {
        // The URL parser drops blanks and line breaks in silence, but the identifier is compared byte for byte.
        if text.len() > MAX_BYTES || text.bytes().any(|byte| byte <= b' ' || byte == 0x7f) {
            return Err(IssuerFault::NotAnAddress);
        }
        let url = Url::parse(text).map_err(|_| IssuerFault::NotAnAddress)?;
        if !matches!(url.scheme(), "https" | "http") || !url.has_host() {
            return Err(IssuerFault::NotAnAddress);
        }
        if url.query().is_some()
            || url.fragment().is_some()
            || !url.username().is_empty()
            || url.password().is_some()
        {
            return Err(IssuerFault::HasExtras);
        }
        if url.scheme() == "http" && http == HttpIssuer::OnlyLoopback && !is_loopback(&url) {
            return Err(IssuerFault::NotHttps);
        }
        if metadata_uri(&url).is_none() {
            return Err(IssuerFault::NotAnAddress);
        }
        Ok(Self(text.to_owned()))
    }

    /// The identifier, byte for byte as configured.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where the provider's metadata is: a slash at the end is dropped, then the well-known path added (Discovery section 4).
    pub fn metadata_uri(&self) -> Uri {
        metadata_uri(&self.url()).expect("parse() made this same address")
    }

    /// Whether it is http, which only a test provider on this machine or `danger_http_issuer` makes possible.
    pub fn is_http(&self) -> bool {
        self.url().scheme() == "http"
    }

    /// Whether it names this machine.
    pub fn is_on_this_machine(&self) -> bool {
        is_loopback(&self.url())
    }

    /// The identifier as an address.
    pub fn url(&self) -> Url {
        Url::parse(&self.0).expect("parse() read this same text")
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether an address is on this machine: `localhost`, a name under it (RFC 6761 section 6.3), 127.0.0.0/8 or `::1`.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn metadata_uri(issuer: &Url) -> Option<Uri> {
    let base = &issuer[..Position::AfterPath];
    format!("{}/.well-known/openid-configuration", base.strip_suffix('/').unwrap_or(base)).parse().ok()
}
