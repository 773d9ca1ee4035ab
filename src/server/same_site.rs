//! Whose page sent a request.

use http::HeaderMap;
use http::header::{HeaderName, ORIGIN};

use crate::config::Client;
use crate::config::host::Authority;

/// Whose page sent a request, as the browser says it (Fetch Metadata Request Headers section 2.3, RFC 6454 section 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Site {
    /// One of ours: the same origin, or an origin on a host that the client guards.
    Own,
    /// Nobody's: the address was typed, or came from a bookmark.
    Typed,
    /// Somebody else's, or the browser says two things.
    Other,
    /// The browser does not say; old ones do not, and programs do not.
    Unsaid,
}

/// Whose page sent the request with these headers to a client's address.
pub(super) fn of(headers: &HeaderMap, client: &Client) -> Site {
    let mut origins = headers.get_all(ORIGIN).iter();
    if let Some(origin) = origins.next() {
        let is_ours = origins.next().is_none()
            && origin.to_str().is_ok_and(|origin| origin == client.origin || is_guarded(origin, client));
        return if is_ours { Site::Own } else { Site::Other };
    }
    let mut sites = headers.get_all(&SEC_FETCH_SITE).iter();
    match (sites.next().map(|site| site.as_bytes()), sites.next()) {
        (None, _) => Site::Unsaid,
        (Some(b"same-origin"), None) => Site::Own,
        (Some(b"none"), None) => Site::Typed,
        // A page of the same site that sends no Origin with it may be a sibling that nobody here guards.
        (Some(b"same-site"), None) => Site::Unsaid,
        _ => Site::Other,
    }
}

fn is_guarded(origin: &str, client: &Client) -> bool {
    origin
        .strip_prefix(client.scheme.as_str())
        .and_then(|rest| rest.strip_prefix("://"))
        .and_then(Authority::parse)
        .is_some_and(|authority| client.guards(&authority, client.scheme))
}

static SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
