//! The access token of a subrequest: believed, or refused with a challenge.

use std::net::IpAddr;
use std::sync::Arc;

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use url::Url;

use super::service::Service;
use crate::config::Client;
use crate::config::bearer::{BearerTokens, TokenHandling, WithSession};
use crate::config::rule::{BearerPolicy, Rule};
use crate::gate::bearer::{self, Admitted, Refused, Shown};
use crate::gate::candidates::Trace;
use crate::gate::credential::Credential;
use crate::gate::forwarded::{self, Forwarded};
use crate::gate::identity::MAX_IDENTITY;
use crate::gate::presented::{self, Presented, Token};
use crate::gate::refusal::Refusal;
use crate::idp::bearer::Question;
use crate::protocol::dpop::Proof;
use crate::session::dpop_nonce;
use crate::session::used_flows::Taken;

/// The token of a request, where the rule takes tokens; none if it came without one. `of_others` is what the session cookies of other
/// clients of the host led to.
///
/// # Errors
/// What stands in `Authorization` cannot be read in one way, or came beside a cookie of ours. The token then decides nothing, and
/// nothing decides in its place.
pub(super) fn presented<'a>(
    client: &'a Client,
    rule: &Rule,
    headers: &'a HeaderMap,
    (cookie, of_others): (&Credential, Trace),
) -> Result<Option<(&'a BearerTokens, Token<'a>)>, Refusal> {
    let Some(tokens) = client.bearer.as_ref().filter(|_| rule.bearer != BearerPolicy::Ignored) else {
        return Ok(None);
    };
    let Presented::Token(token) = presented::read(headers)? else { return Ok(None) };
    let has_cookie = *cookie != Credential::Absent || of_others != Trace::Nothing;
    if tokens.with_session == WithSession::Refuse && has_cookie {
        return Err(Refusal::BearerWithCookie);
    }
    Ok(Some((tokens, token)))
}

/// What a subrequest asks about its token.
pub(super) struct Asked<'a> {
    pub(super) client: &'a Arc<Client>,
    pub(super) rule: &'a Rule,
    pub(super) tokens: &'a BearerTokens,
    pub(super) token: Token<'a>,
    pub(super) headers: &'a HeaderMap,
    pub(super) forwarded: &'a Forwarded,
    /// The other end of the connection.
    pub(super) peer: IpAddr,
}

/// Whose token it is, with all that it is bound to shown.
///
/// # Errors
/// Whatever speaks against it, or why that cannot be known now.
pub(super) async fn judge(service: &Service, asked: &Asked<'_>) -> Result<Arc<Admitted>, Refused> {
    let Asked { client, rule, tokens, token, headers, peer, .. } = *asked;
    bearer::judge_scheme(token, tokens).map_err(Refused::of_nobody)?;
    let address = || forwarded::client_of(peer, headers, &service.config.server.trusted_proxies);
    let may_ask = || {
        let taken = service.introspection_limit.take(address(), service.clock.steady());
        taken.map_err(|wait| Refusal::TooManyTokens { wait })
    };
    let question = Question { client, tokens, rule, token: token.expose(), may_ask: &may_ask };
    let admitted = service.bearers.judge(question).await?;
    if !admitted.is_bearer_token() || bearer::needs_proof(token, tokens) {
        judge_binding(service, asked, &admitted).map_err(|refusal| admitted.refused(refusal))?;
    }
    Ok(admitted)
}

/// Whether all that the token is bound to was shown.
fn judge_binding(service: &Service, asked: &Asked<'_>, admitted: &Admitted) -> Result<(), Refusal> {
    let Asked { client, tokens, token, headers, forwarded, .. } = *asked;
    let now = service.clock.wall();
    let shown = Shown {
        tokens,
        headers,
        forwarded,
        url: &address_of(forwarded)?,
        now,
        leeway: client.clock_leeway,
        is_our_nonce: &|nonce| dpop_nonce::is_good(&service.ring.now(), nonce, now),
    };
    if let Some(proof) = admitted.judge_binding(token, &shown)? {
        take(service, &proof)?;
    }
    Ok(())
}

/// A proof is good once (RFC 9449 section 11.1).
fn take(service: &Service, proof: &Proof) -> Result<(), Refusal> {
    match service.used_proofs.take(proof.id(), proof.good_until(), service.clock.wall()) {
        Taken::First => Ok(()),
        Taken::Again => Err(Refusal::DpopReplayed),
        Taken::Full => Err(Refusal::DpopFull),
    }
}

/// The address of the original request, as the caller sees it.
fn address_of(forwarded: &Forwarded) -> Result<Url, Refusal> {
    let (scheme, authority) = (forwarded.scheme().as_str(), forwarded.authority());
    Url::parse(&format!("{scheme}://{authority}{}", forwarded.path()))
        .map_err(|_| Refusal::Internal { what: "a forwarded request has an address that is none".into() })
}

/// What the application gets as `Authorization`, where answers tell it: nothing in place of a token that was taken and is to be removed,
/// else what the caller sent. `identity` is what the identity headers take of the answer.
///
/// # Errors
/// [`Refusal::AuthorizationTooLarge`]; [`Refusal::BearerTwice`] for what cannot be passed on as one line.
pub(super) fn passed_on(
    client: &Client,
    rule: &Rule,
    headers: &HeaderMap,
    taken: Option<Token<'_>>,
    identity: usize,
) -> Result<Option<HeaderValue>, Refusal> {
    if !client.tells_authorization() {
        return Ok(None);
    }
    if taken.is_some() && rule.token == TokenHandling::Remove {
        return Ok(Some(HeaderValue::from_static("")));
    }
    let mut lines = headers.get_all(AUTHORIZATION).iter();
    let first = lines.next().cloned().unwrap_or(HeaderValue::from_static(""));
    if lines.next().is_some() {
        return Err(Refusal::BearerTwice);
    }
    let bytes = identity + first.len();
    if bytes > MAX_IDENTITY { Err(Refusal::AuthorizationTooLarge { bytes }) } else { Ok(Some(first)) }
}
