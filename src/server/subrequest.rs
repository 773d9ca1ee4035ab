//! A proxy asks: may this go through, and who is it?

use std::net::IpAddr;
use std::sync::Arc;

use http::request::Parts;

use super::person;
use super::respond::{self, Answer};
use super::service::{Service, unavailable};
use super::{bearer, candidates, cors, passed, testing_profile};
use crate::config::Client;
use crate::config::host::Scheme;
use crate::config::rule::BearerPolicy;
use crate::gate::candidates::Chosen;
use crate::gate::credential::{self, Credential, Unreadable};
use crate::gate::decide::{self, Found, LoginReason, Verdict};
use crate::gate::dialect::Dialect;
use crate::gate::forwarded::{self, Forwarded, Subrequest};
use crate::gate::identity::Identity;
use crate::gate::presented::Token;
use crate::gate::refusal::Refusal;
use crate::gate::return_to::Way;
use crate::session::record::Session;
use crate::session::{Look, Looked, dpop_nonce};
use crate::telemetry::metrics::VerdictLabel;

/// Answers a subrequest in the words of its dialect. Waits for nothing while the session's claims are fresh, or the access token was seen
/// before.
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
        Err(refusal) => {
            let answer = refuse(service, head, dialect, named, &refusal, request_id);
            return cors::on_refusal(named, &head.headers, answer);
        }
    };
    let asked = candidates::Asked { service, forwarded: &forwarded, headers: &head.headers };
    let chosen = match asked.choose(named).await {
        Ok(chosen) => chosen,
        Err(refusal) => return refuse(service, head, dialect, None, &refusal, request_id),
    };
    // Where the proxy names a client there is no other to choose.
    let way = if named.is_some() { Way::Client } else { Way::Choice };
    let answer = judged(service, head, peer, (chosen, dialect, way), &forwarded, request_id).await;
    cors::on_refusal(Some(chosen.client), &head.headers, answer)
}

/// The answer of the one client that decides.
async fn judged(
    service: &Service,
    head: &Parts,
    peer: IpAddr,
    (chosen, dialect, way): (Chosen<&Arc<Client>>, Dialect, Way),
    forwarded: &Forwarded,
    request_id: &str,
) -> Answer {
    let client = chosen.client;
    if let Err(refusal) = testing_profile::from_here(client, &head.headers) {
        return refuse(service, head, dialect, Some(client), &refusal, request_id);
    }
    let request = match decide::in_order(client, forwarded, &head.headers) {
        Ok(request) => request,
        Err(refusal) => return refuse(service, head, dialect, Some(client), &refusal, request_id),
    };
    let rule = request.rule();
    // Where everybody is let in, or nobody, no cookie or token is looked at, and none can be wrong.
    let cookie = if request.asks_who() {
        credential::find(&head.headers, &client.cookie.name)
    } else {
        Credential::Absent
    };
    let token = match request
        .asks_who()
        .then(|| bearer::presented(client, rule, &head.headers, (&cookie, chosen.trace)))
    {
        None => None,
        Some(Ok(token)) => token,
        Some(Err(refusal)) => {
            return refuse_token(service, client, dialect, Tried::default(), &refusal, request_id);
        }
    };
    let judged = match token {
        Some((tokens, token)) => {
            let headers = &head.headers;
            let asked = bearer::Asked { client, rule, tokens, token, headers, forwarded, peer };
            Some(bearer::judge(service, &asked).await)
        }
        None => None,
    };
    let looked = match &cookie {
        // The token alone decides.
        _ if judged.is_some() => None,
        Credential::Absent => None,
        // A rule that takes tokens only looks at no session.
        _ if rule.bearer == BearerPolicy::Required => None,
        Credential::Unreadable(why) => Some(Err(*why)),
        Credential::Session(cookie) => Some(Ok(match rule.claims_max_age {
            None => service.sessions.look(client, cookie, Look::Only).await,
            Some(max_age) => service.sessions.look_for_fresh(client, cookie, max_age).await,
        })),
    };
    let found = match (&judged, &looked) {
        (Some(Ok(admitted)), _) => Found::Token(admitted),
        (Some(Err(refused)), _) => Found::Refused(refused.refusal.clone()),
        (None, None) => chosen.trace.found(),
        (None, Some(Err(why))) => Found::Unreadable(*why),
        (None, Some(Ok(Looked::Unknown))) => Found::Unknown,
        (None, Some(Ok(Looked::Ended(why)))) => Found::Ended(*why),
        (None, Some(Ok(Looked::Live(session)))) => {
            let (identity, claims) = (&session.identity, &session.claims);
            let age = service.sessions.age(session);
            Found::Session { identity, claims, stepped_up: &session.stepped_up, age }
        }
        (None, Some(Ok(Looked::Unrefreshed))) => Found::Refused(Refusal::RefreshUnavailable),
        (None, Some(Ok(Looked::ClaimsTooOld))) => Found::ClaimsTooOld,
        (None, Some(Ok(Looked::Unavailable(fault)))) => Found::Refused(unavailable(fault.clone())),
    };
    let presented = token.map(|(_, token)| token);
    let issuer = judged.as_ref().and_then(|judged| match judged {
        Ok(admitted) => Some(admitted.issuer()),
        Err(refused) => refused.issuer(),
    });
    let tried = Tried { presented, issuer };
    let refuse_here = |refusal: &Refusal| {
        if presented.is_some() || rule.bearer == BearerPolicy::Required {
            return refuse_token(service, client, dialect, tried, refusal, request_id);
        }
        let claims = session(&looked).map(|session| session.claims.as_ref());
        let asking = person::Asking { service, client, dialect, forwarded, way, request_id };
        service.decided(Some(client), VerdictLabel::Refuse, refusal.code());
        service.log(Some(client), refusal, request_id);
        testing_profile::mark(Some(client), asking.refuse(&head.headers, refusal, claims))
    };
    match decide::decide(&request, found, service.clock.wall()) {
        Verdict::Allow(pass) => {
            let identity = pass.identity();
            let headers = &head.headers;
            let bytes = identity.map_or(0, Identity::bytes);
            let passed_on = match bearer::passed_on(client, rule, headers, presented, bytes) {
                Ok(passed_on) => passed_on,
                Err(refusal) => {
                    return refuse_token(service, client, dialect, tried, &refusal, request_id);
                }
            };
            let admitted = judged.as_ref().and_then(|judged| judged.as_deref().ok());
            let session = session(&looked);
            let authorization = passed_on.as_ref();
            let asked = passed::Asked {
                client,
                forwarded,
                headers,
                identity,
                session: session.map(Arc::as_ref),
                admitted,
                authorization,
            };
            let beside = match passed::headers(service, &asked) {
                Ok(beside) => beside,
                Err(refusal) => return refuse_here(&refusal),
            };
            if let (Some(session), Credential::Session(cookie)) = (session, &cookie) {
                // Only what is let through is a use.
                service.sessions.use_now(session, cookie);
            }
            service.decided(Some(client), VerdictLabel::Allow, "ok");
            tracing::info!(
                code = "ok", verdict = "allow", client = client.name, host = %forwarded.authority(),
                method = %forwarded.method(), rule = %rule.name(), bearer = issuer, request_id,
            );
            testing_profile::mark(Some(client), respond::allow(client, identity, passed_on, beside))
        }
        Verdict::Login { navigation, return_to, step_up, reason } => {
            service.decided(Some(client), VerdictLabel::Login, reason.code());
            tracing::info!(
                code = reason.code(), verdict = "login", client = client.name, host = %forwarded.authority(),
                method = %forwarded.method(), navigation, request_id,
            );
            let way = match step_up {
                Some(rule) => Way::StepUp(rule),
                // Somebody is signed in, at this client.
                None if reason == LoginReason::ClaimsTooOld => Way::Client,
                None => way,
            };
            let answer = if navigation {
                respond::to_login(client, dialect, (way, &return_to), reason, request_id)
            } else {
                let takes_tokens = rule.bearer == BearerPolicy::Accepted;
                let tokens = client.bearer.as_ref().filter(|_| takes_tokens);
                let answer =
                    respond::login_needed(client, tokens, dialect, (way, &return_to), reason, request_id);
                let asking = person::Asking { service, client, dialect, forwarded, way, request_id };
                asking.shown(answer, &head.headers, &return_to, reason.code())
            };
            testing_profile::mark(Some(client), answer)
        }
        Verdict::Refuse(refusal) => refuse_here(&refusal),
    }
}

/// The session of a request, if it is alive.
fn session(looked: &Option<Result<Looked, Unreadable>>) -> Option<&Arc<Session>> {
    match looked {
        Some(Ok(Looked::Live(session))) => Some(session),
        _ => None,
    }
}

/// The token of a request that is refused.
#[derive(Clone, Copy, Default)]
struct Tried<'a> {
    presented: Option<Token<'a>>,
    /// Whose it is, if that is known.
    issuer: Option<&'a str>,
}

/// A request that is refused because of its access token, or for want of one: never a page, and never a way to the login.
fn refuse_token(
    service: &Service,
    client: &Arc<Client>,
    dialect: Dialect,
    tried: Tried<'_>,
    refusal: &Refusal,
    request_id: &str,
) -> Answer {
    service.decided(Some(client), VerdictLabel::Refuse, refusal.code());
    service.log_of_token(Some(client), tried.issuer, refusal, request_id);
    let nonce = matches!(refusal, Refusal::Dpop(fault) if fault.wants_nonce())
        .then(|| dpop_nonce::new(&service.ring.now(), service.clock.wall(), service.clock.entropy()));
    let answer =
        respond::refuse_token(client, dialect, tried.presented, refusal, nonce.as_deref(), request_id);
    testing_profile::mark(Some(client), answer)
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
            person::refuse(service, &head.headers, refusal, person::Page::default(), request_id)
        }
    };
    testing_profile::mark(client.map(Arc::as_ref), answer)
}
