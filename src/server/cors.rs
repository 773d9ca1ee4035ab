//! What pages of other origins may read of our own answers (Fetch section 3.2): those that `cors.origins` names, and only answers that
//! are ours and meant for scripts. A 200 to a proxy is the application's business, a page is for people.

use std::sync::Arc;

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_METHOD, CONTENT_TYPE, LOCATION, ORIGIN, REFERRER_POLICY, VARY,
};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use super::respond::{self, Answer, VESTIBULE_LOGIN};
use super::route::Page;
use crate::config::Client;

/// The origin of the page that sent a request, if this client lets it read answers: one `Origin`, equal to the letter.
pub(super) fn granted<'a>(client: &Client, headers: &'a HeaderMap) -> Option<&'a HeaderValue> {
    let mut origins = headers.get_all(ORIGIN).iter();
    let origin = origins.next().filter(|_| origins.next().is_none())?;
    client.cors_origins.iter().any(|known| known.as_bytes() == origin.as_bytes()).then_some(origin)
}

/// The answer to a proxy's question, which hands it on to the browser unless it is a 200.
pub(super) fn on_refusal(client: Option<&Arc<Client>>, headers: &HeaderMap, answer: Answer) -> Answer {
    match client {
        Some(client) if answer.status() != StatusCode::OK && headers.contains_key(ORIGIN) => {
            mark(client, headers, answer)
        }
        _ => answer,
    }
}

/// Lets a page of another origin read the answer, if its origin is one of those, and the answer is no page and leads nowhere.
pub(super) fn mark(client: &Arc<Client>, headers: &HeaderMap, mut answer: Answer) -> Answer {
    let is_for_people = answer.headers().contains_key(LOCATION)
        || answer.headers().get(CONTENT_TYPE).is_some_and(|media| media.as_bytes().starts_with(b"text/html"));
    if client.cors_origins.is_empty() || is_for_people {
        return answer;
    }
    // Also without a grant: what is answered depends on it.
    answer.headers_mut().append(VARY, HeaderValue::from_static("Origin"));
    let Some(origin) = granted(client, headers) else { return answer };
    let headers = answer.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    if headers.get(VESTIBULE_LOGIN).is_some_and(|login| login.len() + origin.len() > MAX_LOGIN) {
        // The body has it too, and the whole head must fit 4096 bytes.
        headers.remove(VESTIBULE_LOGIN);
    }
    answer
}

/// The answer to a preflight for a page of ours that scripts of other origins may read; none if it is no such thing.
pub(super) fn preflight(client: &Client, page: Page<'_>, head: &Parts) -> Option<Answer> {
    let is_readable = matches!(page, Page::Userinfo | Page::Session);
    if head.method != Method::OPTIONS
        || !is_readable
        || !head.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
    {
        return None;
    }
    let origin = granted(client, &head.headers)?;
    let mut answer = respond::empty(StatusCode::NO_CONTENT);
    let headers = answer.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, HEAD"));
    headers.insert(
        ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("Accept, Content-Type, X-Requested-With"),
    );
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    headers.insert(VARY, HeaderValue::from_static("Origin"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    Some(answer)
}

/// What a script may read beside the body: why not, where to sign in, what the operator finds it by.
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "DPoP-Nonce, Vestibule-Login, Vestibule-Refusal, Vestibule-Request-Id, WWW-Authenticate",
);
/// Bytes of `Vestibule-Login` and the origin together.
const MAX_LOGIN: usize = 3200;
