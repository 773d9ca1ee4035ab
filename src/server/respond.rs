//! From a verdict to HTTP: one table.

use bytes::Bytes;
use http::header::{
    ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION,
    REFERRER_POLICY, RETRY_AFTER, VARY, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use http_body_util::Full;
use serde_json::{Value, json};

use crate::config::Client;
use crate::config::bearer::BearerTokens;
use crate::gate::challenge;
use crate::gate::decide::LoginReason;
use crate::gate::dialect::Dialect;
use crate::gate::identity::Identity;
use crate::gate::presented::{Scheme, Token};
use crate::gate::refusal::Refusal;
use crate::gate::return_to::{self, ReturnTo, Way};
use crate::pages::Rendered;
use crate::pages::language::Language;

/// Every answer of ours is whole before it is sent.
pub(super) type Answer = Response<Full<Bytes>>;

/// 200 with every identity header once, empty where there is nobody, and those of other clients of the host empty, without a body: a body
/// costs nginx and Caddy the connection. `authorization` is what the application is to get under that name, where the answer tells it, and
/// `beside` what else it is to get.
pub(super) fn allow(
    client: &Client,
    identity: Option<&Identity>,
    authorization: Option<HeaderValue>,
    beside: Vec<(HeaderName, HeaderValue)>,
) -> Answer {
    let mut answer = empty(StatusCode::OK);
    let headers = answer.headers_mut();
    match identity {
        Some(identity) => {
            headers.reserve(identity.headers().len());
            for (name, value) in identity.headers() {
                headers.insert(name.clone(), value.clone());
            }
        }
        None => {
            for name in client.identity_headers() {
                headers.insert(name.clone(), HeaderValue::from_static(""));
            }
        }
    }
    for name in client.login_choice.iter().flat_map(|choice| &choice.headers) {
        headers.insert(name.clone(), HeaderValue::from_static(""));
    }
    if let Some(authorization) = authorization {
        headers.insert(AUTHORIZATION, authorization);
    }
    for (name, value) in beside {
        headers.insert(name, value);
    }
    answer
}

/// To the login, for a person in front of the page: a redirect, which nginx makes out of a 401.
pub(super) fn to_login(
    client: &Client,
    dialect: Dialect,
    (way, return_to): (Way, &ReturnTo),
    reason: LoginReason,
    request_id: &str,
) -> Answer {
    let mut answer = empty(match dialect {
        Dialect::Nginx => StatusCode::UNAUTHORIZED,
        Dialect::Forwarded | Dialect::Envoy => StatusCode::FOUND,
    });
    answer.headers_mut().insert(LOCATION, login_address(client, way, return_to, reason));
    mark(&mut answer, reason.code(), request_id);
    answer
}

/// 401 with the address of the login, for a program. `tokens` are those that would do in place of a session.
pub(super) fn login_needed(
    client: &Client,
    tokens: Option<&BearerTokens>,
    dialect: Dialect,
    (way, return_to): (Way, &ReturnTo),
    reason: LoginReason,
    request_id: &str,
) -> Answer {
    let url = login_address(client, way, return_to, reason);
    let answer = match dialect {
        Dialect::Nginx => empty(StatusCode::UNAUTHORIZED),
        Dialect::Forwarded | Dialect::Envoy => {
            let details = json!({
                "type": "about:blank",
                "title": "Sign-in is needed",
                "status": 401,
                "code": reason.code(),
                "login_url": url.to_str().unwrap_or_default(),
                "request_id": request_id,
            });
            problem(StatusCode::UNAUTHORIZED, &details)
        }
    };
    let mut answer = challenge(answer, client, tokens, url);
    mark(&mut answer, reason.code(), request_id);
    answer
}

/// An access token that is refused, or missing where one is needed: a challenge and problem details, whatever `Accept` says. `presented`
/// is how it came, `nonce` what the next proof needs.
pub(super) fn refuse_token(
    client: &Client,
    dialect: Dialect,
    presented: Option<Token<'_>>,
    refusal: &Refusal,
    nonce: Option<&str>,
    request_id: &str,
) -> Answer {
    let status = refusal.status();
    let challenges = match (refusal, &client.bearer) {
        (Refusal::BearerNeeded, Some(tokens)) => challenge::without_token(client, tokens),
        _ if matches!(status.as_u16(), 400 | 401 | 403) => {
            let scheme = presented.map_or(Scheme::Bearer, Token::scheme);
            vec![challenge::of_refusal(client, scheme, refusal)]
        }
        _ => Vec::new(),
    };
    let mut answer = match (dialect, status) {
        (Dialect::Nginx, StatusCode::UNAUTHORIZED) => empty(StatusCode::UNAUTHORIZED),
        (Dialect::Nginx, _) => empty(StatusCode::FORBIDDEN),
        (Dialect::Forwarded | Dialect::Envoy, _) => problem(status, &details(refusal, request_id)),
    };
    for challenge in challenges {
        answer.headers_mut().append(WWW_AUTHENTICATE, header(&challenge));
    }
    if let Some(nonce) = nonce {
        answer.headers_mut().insert(DPOP_NONCE, header(nonce));
    }
    retry_after(&mut answer, refusal);
    mark(&mut answer, refusal.code(), request_id);
    answer
}

/// Where a login begins that leads to `return_to`, or home if that is too long for a head.
fn login_address(client: &Client, way: Way, return_to: &ReturnTo, reason: LoginReason) -> HeaderValue {
    let to = |target: &ReturnTo| return_to::url_after(way, client, target, reason.into());
    let url = to(return_to);
    header(&if url.len() > MAX_LOCATION { to(&return_to::home(client)) } else { url })
}

/// Says to a program what a 401 wants (RFC 9110 section 11.6.1), and where.
fn challenge(
    mut answer: Answer,
    client: &Client,
    tokens: Option<&BearerTokens>,
    login_url: HeaderValue,
) -> Answer {
    // First what a program understands: nginx of old passes on the first line only.
    for challenge in tokens.iter().flat_map(|tokens| challenge::without_token(client, tokens)) {
        answer.headers_mut().append(WWW_AUTHENTICATE, header(&challenge));
    }
    let challenge = format!("Cookie realm=\"{}\"", client.name);
    answer.headers_mut().append(WWW_AUTHENTICATE, header(&challenge));
    answer.headers_mut().insert(VESTIBULE_LOGIN, login_url);
    answer
}

/// A refusal to nginx, which takes 401 and 403 only and throws bodies away. The status that it would have been is in the
/// refusal code; it is never 401, for then nginx would send the person to the login.
pub(super) fn refuse_for_nginx(refusal: &Refusal, request_id: &str) -> Answer {
    let mut answer = empty(StatusCode::FORBIDDEN);
    mark(&mut answer, refusal.code(), request_id);
    answer
}

/// A refusal to a program: problem details (RFC 9457).
pub(super) fn refuse_program(refusal: &Refusal, request_id: &str) -> Answer {
    finish(problem(refusal.status(), &details(refusal, request_id)), refusal, request_id)
}

/// A refusal to a person, whose page is made already.
pub(super) fn refuse_person(page: Answer, refusal: &Refusal, request_id: &str) -> Answer {
    finish(page, refusal, request_id)
}

fn finish(mut answer: Answer, refusal: &Refusal, request_id: &str) -> Answer {
    retry_after(&mut answer, refusal);
    if let Refusal::MethodNotAllowed { allowed } = refusal {
        // RFC 9110 section 15.5.6.
        answer.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    }
    mark(&mut answer, refusal.code(), request_id);
    answer
}

/// Problem details (RFC 9457).
fn details(refusal: &Refusal, request_id: &str) -> Value {
    json!({
        "type": "about:blank",
        "title": refusal.sentence(),
        "status": refusal.status().as_u16(),
        "code": refusal.code(),
        "request_id": request_id,
    })
}

/// When to come again, where that helps.
fn retry_after(answer: &mut Answer, refusal: &Refusal) {
    if refusal.status() == StatusCode::SERVICE_UNAVAILABLE {
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(RELOAD_AFTER));
    }
    if let Refusal::TooManyLogins { wait } | Refusal::TooManyTokens { wait } = refusal {
        // RFC 6585 section 4.
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.as_secs()));
    }
}

/// 302 or 303 to an absolute address, which does not learn from where: a code must not travel on in a referrer (RFC 9700
/// section 4.2.4).
pub(super) fn redirect(status: StatusCode, to: &str) -> Answer {
    let mut answer = empty(status);
    answer.headers_mut().insert(LOCATION, header(to));
    answer.headers_mut().insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    answer
}

/// 200 with JSON.
pub(super) fn json(value: &Value) -> Answer {
    let mut answer = with_body(StatusCode::OK, value.to_string(), "application/json");
    answer.headers_mut().insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    answer
}

/// An OAuth error (RFC 6749 section 5.2), for a provider that asked something of us.
pub(super) fn oauth_error(refusal: &Refusal, request_id: &str) -> Answer {
    let status = refusal.status();
    let error = if status.is_server_error() { "temporarily_unavailable" } else { "invalid_request" };
    let body = json!({ "error": error, "error_description": refusal.code() });
    let mut answer = with_body(status, body.to_string(), "application/json");
    if let Refusal::MethodNotAllowed { allowed } = refusal {
        answer.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    }
    if let Refusal::TooManyLogouts { wait } = refusal {
        // RFC 6585 section 4.
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.as_secs()));
    }
    mark(&mut answer, refusal.code(), request_id);
    answer
}

/// Bytes of a `Location`: with everything else that a head of ours holds the whole fits 4096, nginx's default.
pub(super) const MAX_LOCATION: usize = 3400;

/// How a page may be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// To be read.
    Read,
    /// To send a form. Its referrer stays within the origin: without one browsers send `Origin: null` with the form, and we could not
    /// tell it from another site's.
    Form,
    /// To stand in a frame of these sources (Content Security Policy section 6.4.2).
    Frame(String),
}

/// A page: nothing is loaded, nothing runs, nobody frames it, and the one style sheet is known by its hash. `may_show_data` lets it show
/// pictures that it carries in itself.
pub(super) fn html(
    status: StatusCode,
    page: Rendered,
    language: Language,
    use_of_it: &Use,
    may_show_data: bool,
) -> Answer {
    // `form-action` is left out beside a form: browsers hold it against redirects after the form too, and signing out goes on to the
    // provider.
    let forms = if *use_of_it == Use::Form { "" } else { "; form-action 'none'" };
    let pictures = if may_show_data { "; img-src data:" } else { "" };
    let (framed_by, frame_options) = match use_of_it {
        Use::Frame(sources) => (sources.as_str(), "SAMEORIGIN"),
        Use::Read | Use::Form => ("'none'", "DENY"),
    };
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'{pictures}; base-uri 'none'; frame-ancestors {framed_by}{forms}",
        page.style_hash
    );
    let referrer = if *use_of_it == Use::Form { "same-origin" } else { "no-referrer" };
    let mut answer = with_body(status, page.html, "text/html; charset=utf-8");
    let headers = answer.headers_mut();
    headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
    headers.insert(VARY, HeaderValue::from_static("Accept-Language"));
    headers.insert(CONTENT_SECURITY_POLICY, header(&policy));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static(frame_options));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static(referrer));
    headers.insert(CROSS_ORIGIN_OPENER_POLICY, HeaderValue::from_static("same-origin"));
    answer
}

/// The page that keeps a fragment: its one script is known by its hash.
pub(super) fn script_page(html: String, script_hash: &str, language: Language) -> Answer {
    let policy = format!(
        "default-src 'none'; script-src 'sha256-{script_hash}'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'"
    );
    let mut answer = with_body(StatusCode::OK, html, "text/html; charset=utf-8");
    let headers = answer.headers_mut();
    headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
    headers.insert(VARY, HeaderValue::from_static("Accept-Language"));
    headers.insert(CONTENT_SECURITY_POLICY, header(&policy));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(CROSS_ORIGIN_OPENER_POLICY, HeaderValue::from_static("same-origin"));
    answer
}

fn problem(status: StatusCode, details: &Value) -> Answer {
    with_body(status, details.to_string(), "application/problem+json")
}

fn with_body(status: StatusCode, body: String, media: &'static str) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(body)));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(CACHE_CONTROL, NO_STORE);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}

/// A head and nothing else.
pub(super) fn empty(status: StatusCode) -> Answer {
    let mut answer = Response::new(Full::default());
    *answer.status_mut() = status;
    answer.headers_mut().insert(CACHE_CONTROL, NO_STORE);
    answer
}

/// Says that the answer is ours and not the application's, and why.
fn mark(answer: &mut Answer, code: &'static str, request_id: &str) {
    let headers = answer.headers_mut();
    headers.insert(VESTIBULE_REFUSAL, HeaderValue::from_static(code));
    headers.insert(VESTIBULE_REQUEST_ID, header(request_id));
    headers.entry(REFERRER_POLICY).or_insert(HeaderValue::from_static("no-referrer"));
}

fn header(text: &str) -> HeaderValue {
    HeaderValue::try_from(text).expect("addresses, names and ids of ours are visible ASCII")
}

/// `Vestibule-Refusal`: the code, on every refusal and on every answer that sends somebody to the login.
const VESTIBULE_REFUSAL: HeaderName = HeaderName::from_static("vestibule-refusal");
/// `Vestibule-Request-Id`: what the log line is found by.
const VESTIBULE_REQUEST_ID: HeaderName = HeaderName::from_static("vestibule-request-id");
/// `Vestibule-Login`: where to sign in, on a 401 to a program.
pub(super) const VESTIBULE_LOGIN: HeaderName = HeaderName::from_static("vestibule-login");
/// `DPoP-Nonce`: what the next proof needs (RFC 9449 section 8.1).
const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");
const CROSS_ORIGIN_OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
/// Seconds after which a page about a provider that is down asks again, and after which a program may (`Retry-After`).
pub(super) const RELOAD_AFTER: u32 = 5;

#[cfg(test)]
mod tests {
    use http::StatusCode;
    use http::header::{LOCATION, REFERRER_POLICY};

    use super::redirect;

    #[test]
    fn no_page_is_told_which_address_redirected_to_it() {
        let answer = redirect(StatusCode::SEE_OTHER, "https://app.example.com/");
        assert_eq!(answer.headers()[LOCATION], "https://app.example.com/");
        assert_eq!(answer.headers()[REFERRER_POLICY], "no-referrer");
    }
}
