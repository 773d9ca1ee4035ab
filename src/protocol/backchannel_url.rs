//! Where this program reaches the provider, if that is not where browsers do: inside a cluster, behind the same
//! ingress. The provider is asked as itself: `Host` (RFC 9110 section 7.2) names the issuer, whatever the connection leads to.

use std::fmt;

use http::header::{HOST, HeaderValue};
use http::{Request, Uri};
use url::{Host, Position, Url};

use super::issuer::{HttpIssuer, Issuer, is_loopback};

/// Scheme, host and port in place of the issuer's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackchannelUrl(Url);

/// Why a text is no such address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackchannelFault {
    /// It is no absolute http or https address with a host.
    NotAnAddress,
    /// It has a path, a query, a fragment, a user name or a password.
    HasExtras,
    /// It is http, and neither on this machine nor allowed by `danger_http_issuer`.
    NotHttps,
}

impl BackchannelUrl {
    /// Takes an address as the operator wrote it.
    ///
    /// # Errors
    /// [`BackchannelFault`] says which rule it breaks.
    pub fn parse(text: &str, http: HttpIssuer) -> Result<Self, BackchannelFault> {
        if text.bytes().any(|byte| byte <= b' ' || byte == 0x7f) {
            return Err(BackchannelFault::NotAnAddress);
        }
        let url = Url::parse(text).map_err(|_| BackchannelFault::NotAnAddress)?;
        if !matches!(url.scheme(), "https" | "http") || !url.has_host() {
            return Err(BackchannelFault::NotAnAddress);
        }
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        if !bare || !url.username().is_empty() || url.password().is_some() {
            return Err(BackchannelFault::HasExtras);
        }
        // Codes, refresh tokens and client secrets go there.
        if url.scheme() == "http" && http == HttpIssuer::OnlyLoopback && !is_loopback(&url) {
            return Err(BackchannelFault::NotHttps);
        }
        if url[..Position::BeforePath].parse::<Uri>().is_err() {
            return Err(BackchannelFault::NotAnAddress);
        }
        Ok(Self(url))
    }

    /// Sends a request there that was for the issuer's own scheme, host and port. A request for any other goes where it goes.
    pub fn redirect(&self, request: &mut Request<Vec<u8>>, issuer: &Issuer) {
        let Ok(meant) = Url::parse(&request.uri().to_string()) else { return };
        if meant.origin() != issuer.url().origin() {
            return;
        }
        let there = format!("{}{}", &self.0[..Position::BeforePath], &meant[Position::BeforePath..]);
        let as_itself = HeaderValue::try_from(&meant[Position::BeforeHost..Position::BeforePath]);
        if let (Ok(uri), Ok(host)) = (there.parse(), as_itself) {
            *request.uri_mut() = uri;
            request.headers_mut().insert(HOST, host);
        }
    }

    /// The host that is connected to.
    pub fn host(&self) -> Option<Host<&str>> {
        self.0.host()
    }

    /// Whether it is http.
    pub fn is_http(&self) -> bool {
        self.0.scheme() == "http"
    }
}

impl fmt::Display for BackchannelUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0[..Position::BeforePath])
    }
}
