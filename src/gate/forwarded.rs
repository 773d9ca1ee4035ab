//! The original request, as the proxy describes it.

use std::net::{IpAddr, SocketAddr};

use http::header::{HOST, HeaderName};
use http::{HeaderMap, Method};
use ipnet::IpNet;

use super::dialect::Dialect;
use super::refusal::{Flaw, Part, Refusal};
use super::spoof;
use crate::config::host::{Authority, Scheme};

/// What a proxy sent to ask for a decision.
#[derive(Clone, Copy, Debug)]
pub struct Subrequest<'a> {
    /// The other end of the connection.
    pub peer: IpAddr,
    /// The method of the subrequest itself; only [`Dialect::Envoy`] reads it.
    pub method: &'a Method,
    /// What follows `/auth/envoy` in the target of the subrequest, raw, path and query; only [`Dialect::Envoy`] reads it.
    pub rest: &'a str,
    /// All headers.
    pub headers: &'a HeaderMap,
}

/// The original request: it came from a trusted proxy, and its method, scheme, host and target were there once and well
/// formed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forwarded {
    method: Method,
    scheme: Scheme,
    authority: Authority,
    target: String,
    client_address: Option<IpAddr>,
}

/// Reads the headers of one dialect and no others. `trusted` is `server.trusted_proxies`; `scheme` is the one over which
/// the client's hosts are reached, for [`Dialect::Envoy`], which does not tell.
///
/// # Errors
/// [`Refusal::PeerNotTrusted`] before anything is read; [`Refusal::Forwarded`] for a part that is missing, empty, given
/// twice or malformed; [`Refusal::ForwardedAlias`] for another spelling of a header that is read.
pub fn read(
    dialect: Dialect,
    asked: &Subrequest<'_>,
    scheme: Scheme,
    trusted: &[IpNet],
) -> Result<Forwarded, Refusal> {
    let peer = asked.peer.to_canonical();
    if !is_trusted(peer, trusted) {
        return Err(Refusal::PeerNotTrusted { peer });
    }
    let headers = asked.headers;
    match dialect {
        Dialect::Forwarded => {
            refuse_aliases(headers, &FORWARDED_FAMILY)?;
            let method = once(headers, &X_FORWARDED_METHOD, Part::Method)?;
            let proto = once(headers, &X_FORWARDED_PROTO, Part::Proto)?;
            let host = once(headers, &X_FORWARDED_HOST, Part::Host)?;
            let uri = once(headers, &X_FORWARDED_URI, Part::Uri)?;
            Ok(Forwarded {
                method: read_method(method)?,
                scheme: read_scheme(proto).ok_or_else(|| malformed(Part::Proto, NO_SCHEME, proto))?,
                authority: Authority::parse(host).ok_or_else(|| malformed(Part::Host, NO_HOST, host))?,
                target: read_target(uri, Part::Uri)?.to_owned(),
                client_address: client_address(headers, trusted),
            })
        }
        Dialect::Nginx => {
            refuse_aliases(headers, &NGINX_FAMILY)?;
            let method = once(headers, &X_ORIGINAL_METHOD, Part::Method)?;
            let url = once(headers, &X_ORIGINAL_URL, Part::Url)?;
            let (proto, rest) = url.split_once("://").ok_or_else(|| unquoted(Part::Url, NOT_ABSOLUTE))?;
            let slash = rest.find('/').ok_or_else(|| unquoted(Part::Url, NO_PATH))?;
            let (host, target) = rest.split_at(slash);
            Ok(Forwarded {
                method: read_method(method)?,
                scheme: read_scheme(proto).ok_or_else(|| unquoted(Part::Url, NO_SCHEME))?,
                authority: Authority::parse(host).ok_or_else(|| unquoted(Part::Url, NO_HOST))?,
                target: read_target(target, Part::Url)?.to_owned(),
                client_address: client_address(headers, trusted),
            })
        }
        Dialect::Envoy => {
            refuse_aliases(headers, &ENVOY_FAMILY)?;
            let host = once(headers, &HOST, Part::Host)?;
            let target = read_target(asked.rest, Part::Uri)?;
            refuse_walks(target)?;
            Ok(Forwarded {
                method: read_method(asked.method.as_str())?,
                scheme,
                authority: Authority::parse(host).ok_or_else(|| malformed(Part::Host, NO_HOST, host))?,
                target: target.to_owned(),
                client_address: client_address(headers, trusted),
            })
        }
    }
}

impl Forwarded {
    /// The method; one of the registered ones.
    pub const fn method(&self) -> &Method {
        &self.method
    }

    /// The scheme that the browser used; `ws` and `wss` are http and https.
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The host that the browser asked for.
    pub const fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Path and query as the proxy gave them, not normalised: visible ASCII, begins with exactly one `/`, no `#`, no `\`
    /// right after the slash, at most [`MAX_TARGET`] bytes.
    pub fn target(&self) -> &str {
        &self.target
    }

    /// [`Forwarded::target`] without the query.
    pub fn path(&self) -> &str {
        path_of(&self.target)
    }

    /// The rightmost address of `X-Forwarded-For` that is no trusted proxy, or the outermost of the trusted ones. None where the proxy
    /// names nobody, or an entry is no address. Rules with networks go by it.
    pub const fn client_address(&self) -> Option<IpAddr> {
        self.client_address
    }
}

/// The address of whoever sent a request to one of our own pages, for limits: the other end of the connection, or, where that
/// is a trusted proxy, whom it names. None if it names nobody: its own address stands for many people.
pub fn client_of(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> Option<IpAddr> {
    let peer = peer.to_canonical();
    if is_trusted(peer, trusted) { client_address(headers, trusted) } else { Some(peer) }
}

/// Whether a trusted proxy says that one of our own pages was asked for over http. The other end says nothing of it by itself:
/// vestibule speaks no TLS.
pub fn came_over_http(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> bool {
    is_trusted(peer, trusted)
        && matches!(once(headers, &X_FORWARDED_PROTO, Part::Proto).map(read_scheme), Ok(Some(Scheme::Http)))
}

/// The host that one of our own pages was asked for under, as a trusted proxy says it.
pub fn own_host(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> Option<Authority> {
    let host = is_trusted(peer, trusted).then(|| once(headers, &X_FORWARDED_HOST, Part::Host))?;
    host.ok().and_then(Authority::parse)
}

/// Whether an address is one of the trusted proxies; an IPv4 address mapped into IPv6 counts as what it is.
pub fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    let address = address.to_canonical();
    trusted.iter().any(|network| network.contains(&address))
}

/// The one value of a header. All lines count: which of two a proxy would have meant cannot be known.
fn once<'a>(headers: &'a HeaderMap, name: &HeaderName, part: Part) -> Result<&'a str, Refusal> {
    let flaw = |flaw| Refusal::Forwarded { part, flaw };
    let mut values = headers.get_all(name).iter();
    let value = values.next().ok_or_else(|| flaw(Flaw::Missing))?;
    if values.next().is_some() {
        return Err(flaw(Flaw::Twice));
    }
    let bytes = value.as_bytes();
    if bytes.iter().all(|byte| matches!(byte, b' ' | b'\t')) {
        return Err(flaw(Flaw::Empty));
    }
    match str::from_utf8(bytes) {
        Ok(text) if bytes.iter().all(u8::is_ascii_graphic) => Ok(text),
        _ => Err(unquoted(part, NOT_VISIBLE)),
    }
}

fn read_method(text: &str) -> Result<Method, Refusal> {
    if !METHODS.contains(&text) {
        return Err(malformed(Part::Method, "it is no registered method", text));
    }
    Method::from_bytes(text.as_bytes()).map_err(|_| malformed(Part::Method, "it is no method", text))
}

/// Exactly these four: `HTTPS`, `https,http` or `https://` would be read differently by others.
fn read_scheme(text: &str) -> Option<Scheme> {
    match text {
        "http" | "ws" => Some(Scheme::Http),
        "https" | "wss" => Some(Scheme::Https),
        _ => None,
    }
}

/// Origin form (RFC 9112 section 3.2.1), nothing decoded.
fn read_target(text: &str, part: Part) -> Result<&str, Refusal> {
    let refused = |why| Err(unquoted(part, why));
    let bytes = text.as_bytes();
    if bytes.len() > MAX_TARGET {
        return refused("it is longer than 16384 bytes");
    }
    if !bytes.iter().all(u8::is_ascii_graphic) {
        return refused(NOT_VISIBLE);
    }
    match bytes {
        [b'/', b'/' | b'\\', ..] => return refused("it begins with two slashes"),
        [b'/', ..] => {}
        _ => return refused("it does not begin with a slash"),
    }
    if bytes.contains(&b'#') {
        return refused("it has a #");
    }
    let path = path_of(text).as_bytes();
    let escapes = path.iter().enumerate().filter(|(_, byte)| **byte == b'%');
    for (at, _) in escapes {
        if !matches!(path.get(at + 1..at + 3), Some(digits) if digits.iter().all(u8::is_ascii_hexdigit)) {
            return refused("its path has a % without two hexadecimal digits");
        }
    }
    Ok(text)
}

/// Envoy's `path_prefix` puts the client's path behind ours, so a path that somebody on the way may normalise could leave
/// this client's prefix and be judged as another's: such a path is not judged at all.
fn refuse_walks(target: &str) -> Result<(), Refusal> {
    let path = path_of(target).to_ascii_lowercase();
    if ["//", "\\", "%2f", "%5c"].iter().any(|sign| path.contains(sign)) {
        return Err(unquoted(Part::Uri, "its path has a doubled or encoded slash, or a backslash"));
    }
    let is_walk = |segment: &str| {
        let name = segment.split(';').next().unwrap_or(segment).replace("%2e", ".");
        name == "." || name == ".."
    };
    if path.replace("%3b", ";").split('/').any(is_walk) {
        return Err(unquoted(Part::Uri, "its path has a dot segment"));
    }
    Ok(())
}

/// Everything that a CGI-like layer on the way would take for a header that is read here.
fn refuse_aliases(headers: &HeaderMap, family: &[HeaderName]) -> Result<(), Refusal> {
    for name in headers.keys() {
        if let Some(ours) = family.iter().find(|ours| spoof::is_alias(name.as_str(), ours) && *ours != name) {
            return Err(Refusal::ForwardedAlias { of: ours.clone() });
        }
    }
    Ok(())
}

/// `X-Forwarded-For` is a list, so it may have several lines (RFC 9110 section 5.3). It is read from the right: each trusted
/// proxy wrote the address left of its own. An entry that is no address ends the search without a result, for what stands
/// left of it was written by nobody known.
fn client_address(headers: &HeaderMap, trusted: &[IpNet]) -> Option<IpAddr> {
    let mut outermost = None;
    for line in headers.get_all(&X_FORWARDED_FOR).iter().rev() {
        // Only the entry that is read must be text: what stands left of it may be whatever the client sent.
        for entry in line.as_bytes().rsplit(|byte| *byte == b',') {
            let entry = str::from_utf8(entry).ok()?.trim_matches([' ', '\t']);
            let address = entry
                .parse::<IpAddr>()
                .or_else(|_| entry.parse::<SocketAddr>().map(|address| address.ip()))
                .ok()?
                .to_canonical();
            if !is_trusted(address, trusted) {
                return Some(address);
            }
            outermost = Some(address);
        }
    }
    outermost
}

fn path_of(target: &str) -> &str {
    target.split('?').next().unwrap_or(target)
}

fn malformed(part: Part, why: &'static str, found: &str) -> Refusal {
    Refusal::Forwarded { part, flaw: Flaw::Malformed { why, found: Some(quoted(found)) } }
}

/// For values whose text must not reach a log: a query may carry what is secret to the application.
const fn unquoted(part: Part, why: &'static str) -> Refusal {
    Refusal::Forwarded { part, flaw: Flaw::Malformed { why, found: None } }
}

fn quoted(found: &str) -> Box<str> {
    found.chars().take(MAX_QUOTED).flat_map(char::escape_debug).collect()
}

/// Bytes of a forwarded path and query.
pub const MAX_TARGET: usize = 16 * 1024;
/// Characters of a malformed value in a log line.
const MAX_QUOTED: usize = 80;

const NOT_VISIBLE: &str = "it has a blank, a control character or a byte outside ASCII";
const NO_SCHEME: &str = "the scheme is none of http, https, ws, wss";
const NO_HOST: &str = "the host is neither a name nor an address, with or without a port";
const NOT_ABSOLUTE: &str = "it is no absolute address";
const NO_PATH: &str = "it has no path";

static X_FORWARDED_METHOD: HeaderName = HeaderName::from_static("x-forwarded-method");
static X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
static X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
static X_FORWARDED_URI: HeaderName = HeaderName::from_static("x-forwarded-uri");
static X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
static X_ORIGINAL_METHOD: HeaderName = HeaderName::from_static("x-original-method");
static X_ORIGINAL_URL: HeaderName = HeaderName::from_static("x-original-url");
static FORWARDED_FAMILY: [HeaderName; 5] = [
    HeaderName::from_static("x-forwarded-method"),
    HeaderName::from_static("x-forwarded-proto"),
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-forwarded-uri"),
    HeaderName::from_static("x-forwarded-for"),
];
static NGINX_FAMILY: [HeaderName; 3] = [
    HeaderName::from_static("x-original-method"),
    HeaderName::from_static("x-original-url"),
    HeaderName::from_static("x-forwarded-for"),
];
static ENVOY_FAMILY: [HeaderName; 1] = [HeaderName::from_static("x-forwarded-for")];

/// The IANA registry of methods (RFC 9110 section 16.1.1, RFC 3253, 3648, 3744, 4437, 4791, 4918, 5323, 5789, 5842, 2068),
/// most frequent first, without `PRI` and `*`, which are reserved so that nobody sends them.
const METHODS: [&str; 39] = [
    "GET",
    "POST",
    "HEAD",
    "PUT",
    "DELETE",
    "OPTIONS",
    "PATCH",
    "PROPFIND",
    "PROPPATCH",
    "REPORT",
    "MKCOL",
    "COPY",
    "MOVE",
    "LOCK",
    "UNLOCK",
    "SEARCH",
    "QUERY",
    "CONNECT",
    "TRACE",
    "ACL",
    "BASELINE-CONTROL",
    "BIND",
    "CHECKIN",
    "CHECKOUT",
    "LABEL",
    "LINK",
    "MERGE",
    "MKACTIVITY",
    "MKCALENDAR",
    "MKREDIRECTREF",
    "MKWORKSPACE",
    "ORDERPATCH",
    "REBIND",
    "UNBIND",
    "UNCHECKOUT",
    "UNLINK",
    "UPDATE",
    "UPDATEREDIRECTREF",
    "VERSION-CONTROL",
];
