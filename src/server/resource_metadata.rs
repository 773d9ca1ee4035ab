//! What callers may read about a resource before they ask for a token (RFC 9728 section 3).

use http::HeaderValue;
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, HOST};
use http::request::Parts;

use super::respond::{self, Answer};
use super::service::{Asked, Service};
use crate::config::Config;
use crate::config::bearer::ResourceMetadata;
use crate::config::host::{Authority, HostPattern, Scheme};
use crate::gate::refusal::Refusal;

/// `GET /oidc/{client}/oauth-protected-resource`
///
/// # Errors
/// The client has none.
pub(super) fn of_client(asked: Asked<'_>) -> Result<Answer, Refusal> {
    asked.takes("GET, HEAD")?;
    asked.client.resource_metadata.as_ref().map(answer).ok_or(Refusal::PathUnknown)
}

/// `GET /.well-known/oauth-protected-resource{path}`, the address that the resource's own leads to. Which resource is meant says the
/// host that was asked; what is answered is public.
///
/// # Errors
/// There is none of that address.
pub(super) fn well_known(service: &Service, head: &Parts, path: &str) -> Result<Answer, Refusal> {
    if head.method != http::Method::GET && head.method != http::Method::HEAD {
        return Err(Refusal::MethodNotAllowed { allowed: "GET, HEAD" });
    }
    let host = head.headers.get(HOST).and_then(|host| Authority::parse(host.to_str().ok()?));
    let host = host.ok_or(Refusal::PathUnknown)?;
    find(&service.config, &host, path).map(answer).ok_or(Refusal::PathUnknown)
}

fn find<'a>(config: &'a Config, host: &Authority, path: &str) -> Option<&'a ResourceMetadata> {
    let all = config.clients.iter().filter_map(|client| client.resource_metadata.as_ref());
    let is_at = |metadata: &&ResourceMetadata| {
        let (scheme, authority) = metadata.origin.split_once("://").unwrap_or_default();
        let scheme = if scheme == "http" { Scheme::Http } else { Scheme::Https };
        // With and without a slash at the end: who knows the address only need not know which it has.
        let same_path = metadata.path.trim_end_matches('/') == path.trim_end_matches('/');
        same_path && HostPattern::parse(authority).is_some_and(|its| its.matches(host, scheme))
    };
    all.into_iter().find(is_at)
}

/// Programs in a browser may read it too.
fn answer(metadata: &ResourceMetadata) -> Answer {
    let mut answer = respond::json(&metadata.document);
    answer.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    answer
}
