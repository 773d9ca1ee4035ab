//! `GET, POST /oidc/{client}/callback`: the provider sends the browser back.

use std::sync::Arc;

use bytes::Bytes;
use http::StatusCode;
use http::header::SET_COOKIE;
use hyper::body::Incoming;

use super::person::{self, Person, Reload};
use super::respond::{self, Answer};
use super::service::{Asked, unavailable};
use super::{body, choose, flow_cookie, fragment, set_cookie, stray_callback};
use crate::config::host::Scheme;
use crate::gate::credential::{self, Credential, SessionCookie};
use crate::gate::forwarded;
use crate::gate::identity::Identity;
use crate::gate::loop_cause::{self, Evidence};
use crate::gate::refusal::{Kind, LoopCause, Refusal};
use crate::gate::return_to::{self, ReturnTo, Way};
use crate::idp::claims::{self, Source};
use crate::idp::{moment, refusal};
use crate::protocol::callback::{self, CallbackFault, Code, OpenedState};
use crate::protocol::claims::Claims;
use crate::protocol::logout;
use crate::protocol::registration::ResponseMode;
use crate::protocol::requested::Requested;
use crate::protocol::secret::Secret;
use crate::protocol::token::{self, Tokens};
use crate::session::key::{Handle, SessionKey};
use crate::session::lifetime;
use crate::session::loops;
use crate::session::record::{Session, SessionTokens};
use crate::session::transaction::{self, Flow, FlowCookie, Opened};
use crate::session::used_flows::Taken;
use crate::session::{Look, Looked, NotKept};
use crate::telemetry::metrics::Metrics;

/// 303 to where the person wanted to go, with a session; or a page that says why not. Never a new login by itself. Whoever
/// comes with a callback that is of no use and has a session all the same simply goes on.
///
/// # Errors
/// The method or the body is not what this client's `response_mode` brings.
pub(super) async fn answer(asked: Asked<'_>, body: Incoming) -> Result<Answer, Refusal> {
    if fragment::is_landing(asked) {
        return fragment::arrive(asked);
    }
    let parameters = match asked.client.registration.response_mode {
        ResponseMode::Query => {
            asked.takes("GET")?;
            Bytes::copy_from_slice(asked.query().as_bytes())
        }
        ResponseMode::FormPost => {
            if let Some(code) = stray_callback::code(asked) {
                return stray_callback::answer(asked, code).await;
            }
            asked.takes("POST")?;
            body::form(asked.head, body, callback::MAX_ANSWER_BYTES).await?
        }
    };
    let cookies = flow_cookie::sent(&asked.head.headers, &asked.client.flow_cookie);
    let parsed = callback::Answer::parse(&parameters);
    let state = parsed.as_ref().ok().and_then(callback::Answer::state);
    let ring = asked.service.ring.now();
    let opened = state.and_then(|state| transaction::open(&ring, state));
    // The one that this login was begun with; else any, so that another browser can be told from blocked cookies.
    let of_this =
        |cookie: &&FlowCookie| opened.as_ref().is_some_and(|opened| opened.flow.binding == cookie.binding());
    let cookie = cookies.iter().find(of_this).or(cookies.first());
    let return_to = return_to(asked, opened.as_ref());
    let Failed { refusal, account } = match parsed {
        Ok(parsed) => match sign_in(asked, &parsed, opened.as_ref(), cookie, &return_to).await {
            Ok(answer) => return Ok(answer),
            Err(failed) => failed,
        },
        Err(fault) => Refusal::from(fault).into(),
    };
    if stray_callback::is_stray(&refusal) && has_session(asked).await {
        tracing::info!(
            code = refusal.code(),
            verdict = "signed_in_already",
            client = asked.client.name,
            request_id = asked.request_id,
            "a callback of no use, with a session: on to the page"
        );
        return Ok(respond::redirect(StatusCode::SEE_OTHER, return_to.as_str()));
    }
    if stray_callback::is_made_up(&refusal) {
        // Whoever makes callbacks up has no login that was counted when it began.
        asked.take_login()?;
    }
    if stray_callback::is_stray(&refusal) && stray_callback::is_cross_site_post(asked) {
        // The session cookie does not come with a form of another site; with the redirect it does.
        asked.service.log(Some(asked.client), &refusal, asked.request_id);
        Metrics::count(&asked.service.metrics.logins_failed, &asked.client.name, refusal.code());
        return Ok(respond::redirect(
            StatusCode::SEE_OTHER,
            &stray_callback::url(asked, refusal.code(), &return_to),
        ));
    }
    let refusal = if lost_over_http(asked, &refusal) { Refusal::SecureCookieOverHttp } else { refusal };
    Metrics::count(&asked.service.metrics.logins_failed, &asked.client.name, refusal.code());
    let again = return_to::url(Way::Choice, asked.client, &return_to);
    let person = match refusal.retry().is_another_account() {
        true => Some(somebody_else(asked, account, &return_to).await),
        false => None,
    };
    Ok(asked.refuse_person(&refusal, Some(&again), Reload::Cannot, person.as_ref()))
}

/// Why a login failed, and for whom, if the provider said so and was believed.
struct Failed {
    refusal: Refusal,
    account: Option<String>,
}

impl<R: Into<Refusal>> From<R> for Failed {
    fn from(refusal: R) -> Self {
        Self { refusal: refusal.into(), account: None }
    }
}

/// The way out for somebody whose account is refused: the provider would silently take the same one again.
async fn somebody_else(asked: Asked<'_>, account: Option<String>, return_to: &ReturnTo) -> Person {
    let Asked { service, client, .. } = asked;
    let sign_out = if has_session(asked).await {
        Some(person::sign_out(client))
    } else {
        // Nobody is signed in here, only there. The ID token stays out of the page: the provider asks the person all the same.
        let provider = service.providers.of(client).remembered_metadata();
        provider.and_then(|provider| logout::end_session_url(&provider, &client.registration, None, None))
    };
    let another_account = return_to::another_account_url(Way::Choice, client, return_to);
    Person { account, another_account, sign_out }
}

/// The login, step by step: judge the answer, redeem the code, verify the ID token, ask for userinfo, keep the session.
async fn sign_in(
    asked: Asked<'_>,
    parsed: &callback::Answer,
    opened: Option<&Opened<'_>>,
    cookie: Option<&FlowCookie>,
    return_to: &ReturnTo,
) -> Result<Answer, Failed> {
    let Asked { service, client, .. } = asked;
    let remembered = service.providers.of(client);
    if opened.is_none() {
        // Without a state of ours it is a refusal in any case; whatever a stranger sends makes nobody ask the provider.
        let announced = remembered.remembered_metadata().is_some_and(|known| known.iss_parameter_supported());
        judge(asked, parsed, announced, None, cookie)?;
    }
    let provider =
        remembered.metadata().await.map_err(|fault| refusal::of_provider(&client.issuer, fault))?;
    let ((opened, cookie), code) = judge(asked, parsed, provider.iss_parameter_supported(), opened, cookie)?;
    let binding = cookie.binding();
    // Both when it began and now, so that somebody who waited a minute gets in.
    if opened.flow.in_vain >= loops::LIMIT
        && service.loops.in_vain(binding, &client.name, return_to.as_str(), service.clock.steady())
            >= loops::LIMIT
    {
        return Err(Refusal::LoginLoop { cause: loop_cause(asked, &opened.flow).await }.into());
    }

    let verifier = opened.code_verifier(cookie);
    let moment = moment::of(&client.registration.authentication, &service.clock).await;
    let request = token::code_request(&provider, &client.registration, &code, &verifier, &moment)?;
    // Anybody can make up a code.
    let answer = remembered
        .ask_for_stranger(request, token::MAX_ANSWER_BYTES)
        .await
        .map_err(|fault| refusal::of_call(&client.issuer, &fault))?;
    let tokens = token::judge(&answer)?;

    let nonce = opened.nonce(cookie);
    let now = service.clock.wall();
    let sent = client.registration.authorization.parameters.iter().chain(&opened.flow.asked);
    let requested = Requested::of(sent, opened.flow.begun);
    let source = Source::Login { id_token: &tokens.id_token, nonce: &nonce, requested: &requested };
    let learned = claims::learn(remembered, &provider, client, source, &tokens.access_token, now)
        .await
        .map_err(|fault| refusal::of_claims(&client.issuer, fault))?;
    let tokens = Tokens { id_token: learned.id_token.unwrap_or(tokens.id_token), ..tokens };
    let account = person::account(&learned.claims);
    let session_cookie = keep(asked, learned.claims, tokens, &opened.flow, return_to)
        .await
        .map_err(|refusal| Failed { refusal, account })?;

    service.metrics.logins_completed.get_or_create(&asked.labels()).inc();
    let mut answer = respond::redirect(StatusCode::SEE_OTHER, &fragment::end(asked, return_to));
    let line = set_cookie::set(&client.cookie, &session_cookie.encode());
    answer.headers_mut().append(SET_COOKIE, line);
    choose::remember(client, &mut answer);
    Ok(answer)
}

/// Judges the provider's answer, and takes the flow: it is good once, and that also when the provider reports an error.
fn judge<'a>(
    asked: Asked<'_>,
    parsed: &callback::Answer,
    iss_announced: bool,
    opened: Option<&'a Opened<'a>>,
    cookie: Option<&'a FlowCookie>,
) -> Result<((&'a Opened<'a>, &'a FlowCookie), Code), Refusal> {
    let Asked { service, client, .. } = asked;
    let now = service.clock.wall();
    let state = opened.map(|opened| OpenedState {
        client: opened.flow.client.clone(),
        binding: opened.flow.binding,
        issued_at: opened.flow.begun,
    });
    let expected = callback::Expected {
        issuer: &client.issuer,
        iss_announced,
        client: &client.name,
        state: state.as_ref(),
        browser: cookie.map(FlowCookie::binding),
        now,
    };
    let judged = callback::judge(parsed, &expected);
    let matched = match &judged {
        Ok(_) => true,
        Err(fault) => fault.is_after_state(),
    };
    let (Some(opened), Some(cookie)) = (opened, cookie) else {
        let fault = judged.err().unwrap_or(CallbackFault::StateMissing);
        return Err(fault.into());
    };
    if matched {
        let until = opened.flow.begun.after(callback::STATE_LIFETIME);
        match service.used_flows.take(opened.flow.id, until, now) {
            Taken::First => {}
            Taken::Again => return Err(Refusal::FlowReplayed),
            Taken::Full => return Err(Refusal::StoreFull),
        }
    }
    Ok(((opened, cookie), judged?))
}

/// Makes the session and keeps it under a new cookie; the one that the browser had before ends.
pub(super) async fn keep(
    asked: Asked<'_>,
    claims: Claims,
    tokens: Tokens<Secret>,
    flow: &Flow,
    return_to: &ReturnTo,
) -> Result<SessionCookie, Refusal> {
    let Asked { service, client, .. } = asked;
    let identity = Identity::from_claims(&claims, client)?;
    claims::tell_cut(client, &identity);
    let now = service.clock.steady();
    let handle = Handle::new(service.clock.entropy());
    let refreshable = tokens.refresh_token.is_some();
    let session_tokens = SessionTokens {
        id_token: tokens.id_token,
        access_token: SessionTokens::kept(tokens.access_token, client),
        refresh_token: tokens.refresh_token,
        fetched: now,
        expires: lifetime::token_expiry(now, tokens.expires_in, &client.lifetimes),
        failures: None,
    };
    let mut session = Session::new(handle, client.name.clone(), identity, claims, session_tokens, now);
    let cookie = SessionCookie::new(service.clock.entropy());
    let (before, earlier) = match credential::find(&asked.head.headers, &client.cookie.name) {
        Credential::Session(cookie) => {
            let earlier = service.sessions.of_cookie(client, &cookie).await.map_err(unavailable)?;
            (Some(SessionKey::of_cookie(cookie.bytes())), earlier)
        }
        Credential::Absent | Credential::Unreadable(_) => {
            (flow.before, flow.before.and_then(|key| service.sessions.of_key(client, &key)))
        }
    };
    session.stepped_up = stepped_up(earlier.as_deref(), &session, flow.step_up);
    session.uses = service.loops.finished(flow.binding, &client.name, return_to.as_str(), now);
    let kept =
        service.sessions.insert(client, &cookie, session, (before, earlier.as_deref()), flow.begun).await;
    kept.map_err(|why| match why {
        NotKept::Store(fault) => unavailable(fault),
        NotKept::SignedOut => Refusal::SignedOutMeanwhile,
    })?;
    tracing::info!(
        code = "signed_in", verdict = "signed_in", client = client.name, session = %handle, refreshable,
        request_id = asked.request_id
    );
    if !refreshable && client.testing_profile.is_none() {
        let remedy = Kind::NotRefreshable.remedy();
        tracing::info!(
            code = "no_refresh_token", fault = "operator", client = client.name, session = %handle,
            request_id = asked.request_id, remedy,
            "the session cannot be refreshed: its claims stay as they are until it ends"
        );
    }
    Ok(cookie)
}

/// For which rules the person was led to the provider to be authenticated better: now, and in the session before if it was theirs.
fn stepped_up(before: Option<&Session>, session: &Session, now: Option<usize>) -> Box<[usize]> {
    let before = before.filter(|before| before.claims.sub() == session.claims.sub());
    let mut rules: Vec<usize> = before.map(|before| before.stepped_up.to_vec()).unwrap_or_default();
    rules.extend(now.filter(|rule| !rules.contains(rule)));
    rules.into()
}

/// Why logins succeed here and lead nowhere, and a line of what that is known by.
async fn loop_cause(asked: Asked<'_>, flow: &Flow) -> LoopCause {
    let Asked { service, client, .. } = asked;
    let [at_question, at_login] = flow.seen;
    let evidence = Evidence {
        at_question,
        at_login,
        at_callback: service.seen(client, &asked.head.headers).await,
        has_domain: client.cookie.domain.is_some(),
        ended: service.loops.last_ended(flow.binding, &client.name),
    };
    let Evidence { at_question, at_login, at_callback, has_domain, ended } = evidence;
    let cause = loop_cause::judge(&evidence);
    tracing::info!(
        code = "login_loop",
        client = client.name,
        request_id = asked.request_id,
        ?at_question,
        ?at_login,
        ?at_callback,
        has_domain,
        ?ended,
        "what was seen of the session cookie: {cause}"
    );
    cause
}

/// Whether the cookie that binds logins to this browser was lost because it is for https only: the page was opened over http, or the
/// browser is one that takes no such cookie from this machine over http, as Safari is.
pub(super) fn lost_over_http(asked: Asked<'_>, refusal: &Refusal) -> bool {
    let Asked { service, client, head, peer, .. } = asked;
    let over_http = || {
        client.scheme == Scheme::Http
            || forwarded::came_over_http(peer, &head.headers, &service.config.server.trusted_proxies)
    };
    matches!(refusal, Refusal::Callback(CallbackFault::NoFlowCookie))
        && client.flow_cookie.secure
        && over_http()
}

/// Where the login leads: what its state says, if it was begun for this client, and is still allowed. The browser does not
/// count: of an old login the flow cookie is gone, and the address, sealed by us and on a host of this client, is no more
/// than a link that anybody could have written.
fn return_to(asked: Asked<'_>, opened: Option<&Opened<'_>>) -> ReturnTo {
    opened
        .filter(|opened| opened.flow.client == asked.client.name)
        .and_then(|opened| return_to::check(&opened.flow.return_to, asked.client).ok())
        .unwrap_or_else(|| return_to::home(asked.client))
}

/// Whether the browser has a live session of this client.
pub(super) async fn has_session(asked: Asked<'_>) -> bool {
    let Credential::Session(cookie) = credential::find(&asked.head.headers, &asked.client.cookie.name) else {
        return false;
    };
    let client: &Arc<_> = asked.client;
    matches!(asked.service.sessions.look(client, &cookie, Look::Only).await, Looked::Live(_))
}
