//! WebSocket handshakes from pages of other sites: the cookie goes along, and no CORS stands in the way.

use http::HeaderMap;
use http::header::{HeaderName, ORIGIN, UPGRADE};

use super::refusal::Refusal;
use crate::config::Client;

/// Refuses a handshake whose `Origin` is not a host that the client guards, over the client's scheme. No `Origin` at all is
/// let through: only browsers send cookies by themselves, and every browser sends it (RFC 6455 section 10.2).
///
/// # Errors
/// [`Refusal::WebsocketOrigin`].
pub fn check(headers: &HeaderMap, client: &Client) -> Result<(), Refusal> {
    if !headers.contains_key(ORIGIN) || !is_handshake(headers) {
        return Ok(());
    }
    let mut origins = headers.get_all(ORIGIN).iter();
    let is_ours = origins.all(|origin| origin.to_str().is_ok_and(|origin| client.guards_origin(origin)));
    if is_ours { Ok(()) } else { Err(Refusal::WebsocketOrigin) }
}

/// Whether this is a WebSocket handshake. Traefik and nginx strip `Upgrade` from the subrequest, so it alone does not tell.
pub fn is_handshake(headers: &HeaderMap) -> bool {
    headers.get_all(&SEC_FETCH_MODE).iter().any(|mode| mode == "websocket")
        || headers.get_all(UPGRADE).iter().any(|line| {
            line.as_bytes().split(|b| *b == b',').any(|p| p.trim_ascii().eq_ignore_ascii_case(b"websocket"))
        })
        || headers.keys().any(|name| name.as_str().starts_with("sec-websocket-"))
}

static SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
