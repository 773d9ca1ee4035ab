//! Hosts: how a request names one, and how clients.yaml names those that a client guards.

use std::fmt;

use url::Host;

/// A host and, where one was given, a port (RFC 3986 section 3.2 without user information), lower case, without a trailing dot.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Authority {
    host: String,
    port: Option<u16>,
}

impl Authority {
    /// Reads `host` or `host:port` strictly: ASCII, a valid name, IPv4 or `[IPv6]`, a port from 1 to 65535 without leading
    /// zeros. One trailing dot is dropped. `None` for anything else: user information, blanks, control bytes, an empty port,
    /// more than [`MAX_HOST`] bytes.
    pub fn parse(text: &str) -> Option<Self> {
        if text.is_empty() || text.len() > MAX_HOST + ":65535".len() || !text.is_ascii() {
            return None;
        }
        let after_address = text.rfind(']').map_or(0, |end| end + 1);
        let (host, port) = match text[after_address..].rfind(':') {
            Some(colon) => {
                let digits = &text[after_address + colon + 1..];
                if digits.is_empty() || digits.starts_with('0') || !digits.bytes().all(|b| b.is_ascii_digit())
                {
                    return None;
                }
                (&text[..after_address + colon], Some(digits.parse().ok()?))
            }
            None => (text, None),
        };
        let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
        if host.is_empty() || host.len() > MAX_HOST || !is_host(&host) {
            return None;
        }
        Some(Self { host, port })
    }

    /// The host, lower case, an IPv6 address in brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, where one was named.
    pub const fn port(&self) -> Option<u16> {
        self.port
    }
}

impl fmt::Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) => write!(f, "{}:{port}", self.host),
            None => f.write_str(&self.host),
        }
    }
}

/// The scheme of a public address, with the port that goes without saying.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// http, port 80; only for a client whose public origin is on this machine.
    Http,
    /// https, port 443.
    Https,
}

impl Scheme {
    /// As written in an address.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// The port that an address without one means.
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// One entry of `hosts`: `app.example.com`, `app.example.com:8443` or `*.apps.example.com`.
///
/// Without a port it stands for the default port only. `*.` stands for one label or more, never for the name itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HostPattern {
    wildcard: bool,
    /// With a leading dot if `wildcard`.
    host: String,
    port: Option<u16>,
}

impl HostPattern {
    /// Reads an entry of `hosts`. `None` if it is neither a host nor `*.` and a host; a `*` anywhere else is neither.
    pub fn parse(text: &str) -> Option<Self> {
        let wildcard = text.starts_with("*.");
        let authority = Authority::parse(text.strip_prefix("*.").unwrap_or(text))?;
        let host = if wildcard { format!(".{}", authority.host) } else { authority.host };
        Some(Self { wildcard, host, port: authority.port })
    }

    /// Whether this entry stands for that host of a request that came over `scheme`.
    pub fn matches(&self, authority: &Authority, scheme: Scheme) -> bool {
        let default = scheme.default_port();
        if self.port.unwrap_or(default) != authority.port.unwrap_or(default) {
            return false;
        }
        if self.wildcard {
            // The leading dot makes the match end at a label: evil-example.com is not under .example.com.
            authority.host.len() > self.host.len() && authority.host.ends_with(&self.host)
        } else {
            authority.host == self.host
        }
    }

    /// Whether every host that another pattern is for is one that this one is for, at the same port.
    pub fn covers(&self, other: &Self) -> bool {
        if self.port != other.port {
            return false;
        }
        match (self.wildcard, other.wildcard) {
            (false, false) => self.host == other.host,
            (false, true) => false,
            // A wildcard's host begins with its dot.
            (true, false) => other.host.len() > self.host.len() && other.host.ends_with(&self.host),
            (true, true) => other.host.ends_with(&self.host),
        }
    }

    /// Whether this is `*.something`.
    pub const fn is_wildcard(&self) -> bool {
        self.wildcard
    }

    /// The host without `*.`, lower case.
    pub fn host(&self) -> &str {
        self.host.trim_start_matches('.')
    }

    /// The port, where one was written.
    pub const fn port(&self) -> Option<u16> {
        self.port
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let star = if self.wildcard { "*" } else { "" };
        match self.port {
            Some(port) => write!(f, "{star}{}:{port}", self.host),
            None => write!(f, "{star}{}", self.host),
        }
    }
}

/// Whether an ASCII, lower-case text is a host that a browser could have in its address bar and would not rewrite.
fn is_host(host: &str) -> bool {
    match Host::parse(host) {
        Ok(Host::Domain(name)) => {
            name == host
                && host.split('.').all(|label| {
                    !label.is_empty()
                        && label.len() <= MAX_LABEL
                        && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
                })
        }
        // The canonical form only: 0x7f.1 and 127.1 are other spellings of an address.
        Ok(Host::Ipv4(address)) => address.to_string() == host,
        Ok(Host::Ipv6(address)) => format!("[{address}]") == host,
        Err(_) => false,
    }
}

/// Bytes of a host name (RFC 1035 section 2.3.4).
pub const MAX_HOST: usize = 253;
/// Bytes of one label (RFC 1035 section 2.3.4).
const MAX_LABEL: usize = 63;
