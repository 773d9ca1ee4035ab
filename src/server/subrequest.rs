//! A proxy asks: may this go through, and who is it?

use std::net::IpAddr;
use std::sync::Arc;

use http::request::Parts;

use super::respond::{self, Answer};
use super::service::Service;
use super::testing_profile;
use crate::config::Client;
use crate::config::host::Scheme;
use crate::gate::credential::{self, Credential};
use crate::gate::decide::{Found, Verdict, decide};
use crate::gate::dialect::Dialect;
use crate::gate::forwarded::{self, Subrequest};
use crate::gate::refusal::Refusal;
use crate::session::{Look, Looked};
use crate::telemetry::metrics::VerdictLabel;

/// Answers a subrequest in the words of its dialect. Waits for nothing while the session's claims are fresh.
pub(super) async fn answer(
    service: &Service,
    head: &Parts,
    peer: IpAddr,
    (named, dialect, rest): (Option<&str>, Dialect, &str),
    request_id: &str,
) -> Answer {
    // An unknown name is unknown to everybody, whatever they send.
    let named = match named.map(|name| service.client(name)).transpose() {
        Ok(named) => named,
        Err(refusal) => return refuse(service, head, dialect, None, &refusal, request_id),
    };
    let scheme = named.map_or(Scheme::Https, |client| client.scheme);
    let asked = Subrequest { peer, method: &head.method, rest, headers: &head.headers };
    let trusted = &service.config.server.trusted_proxies;
    let forwarded = match forwarded::read(dialect, &asked, scheme, trusted) {
        Ok(forwarded) => forwarded,
        Err(refusal) => return refuse(service, head, dialect, named, &refusal, request_id),
    };
    let found_by_host = || service.config.client_for_host(forwarded.authority(), forwarded.scheme());
    let Some(client) = named.or_else(found_by_host) else {
        let refusal = Refusal::HostNotGuarded { host: forwarded.authority().clone() };
        return refuse(service, head, dialect, None, &refusal, request_id);
    };
    if let Err(refusal) = testing_profile::from_here(client, &head.headers) {
        return refuse(service, head, dialect, Some(client), &refusal, request_id);
    }
    let looked = match credential::find(&head.headers, &client.cookie.name) {
        Credential::Absent => None,
        Credential::Unreadable(why) => Some(Err(why)),
        Credential::Session(cookie) => Some(Ok(service.sessions.look(client, &cookie, Look::Only).await)),
    };
    let found = match &looked {
        None => Found::Nothing,
        Some(Err(why)) => Found::Unreadable(*why),
        Some(Ok(Looked::Unknown)) => Found::Unknown,
        Some(Ok(Looked::Ended(why))) => Found::Ended(*why),
        Some(Ok(Looked::Live(session))) => Found::Session(&session.identity),
        Some(Ok(Looked::Unrefreshed)) => Found::Unavailable(Refusal::RefreshUnavailable),
    };
    match decide(client, &forwarded, &head.headers, found) {
        Verdict::Allow(pass) => {
            if let Some(Ok(Looked::Live(session))) = &looked {
                // Only what is let through is a use.
                service.sessions.use_now(session);
            }
            service.decided(Some(client), VerdictLabel::Allow, "ok");
            tracing::info!(
                code = "ok", verdict = "allow", client = client.name, host = %forwarded.authority(),
                method = %forwarded.method(), request_id,
            );
            testing_profile::mark(Some(client), respond::allow(pass.identity()))
        }
        Verdict::Login { navigation, return_to, reason } => {
            service.decided(Some(client), VerdictLabel::Login, reason.code());
            tracing::info!(
                code = reason.code(), verdict = "login", client = client.name, host = %forwarded.authority(),
                method = %forwarded.method(), navigation, request_id,
            );
            let answer = if navigation { respond::to_login } else { respond::login_needed };
            testing_profile::mark(Some(client), answer(client, dialect, &return_to, reason, request_id))
        }
        Verdict::Refuse(refusal) => refuse(service, head, dialect, Some(client), &refusal, request_id),
    }
}

fn refuse(
    service: &Service,
    head: &Parts,
    dialect: Dialect,
    client: Option<&Arc<Client>>,
    refusal: &Refusal,
    request_id: &str,
) -> Answer {
    service.decided(client.map(Arc::as_ref), VerdictLabel::Refuse, refusal.code());
    service.log(client.map(Arc::as_ref), refusal, request_id);
    let answer = match dialect {
        Dialect::Nginx => respond::refuse_for_nginx(refusal, request_id),
        Dialect::Forwarded | Dialect::Envoy => {
            respond::refuse(&head.headers, refusal, respond::Page::default(), request_id)
        }
    };
    testing_profile::mark(client.map(Arc::as_ref), answer)
}
