//! Whether a person waits for this answer in the address bar.

use http::header::{ACCEPT, CONTENT_TYPE, HeaderName, UPGRADE};
use http::{HeaderMap, HeaderValue, Method};

use super::websocket;

/// Whether the request is a navigation, the only kind that is answered with a redirect to a login. `method` is the forwarded
/// one. In doubt it is none: a script that gets a 401 can say so, one that gets a login page breaks.
pub fn is_navigation(headers: &HeaderMap, method: &Method) -> bool {
    if method != Method::GET && method != Method::HEAD {
        return false;
    }
    // Browsers of the last years say it themselves (Fetch Metadata Request Headers section 2).
    if !all_are(headers, &SEC_FETCH_MODE, "navigate") || !all_are(headers, &SEC_FETCH_DEST, "document") {
        return false;
    }
    if headers.contains_key(UPGRADE) || is_from_script(headers) || websocket::is_handshake(headers) {
        return false;
    }
    prefers_html(headers)
}

/// Whether a person has just sent a form and looks at what comes of it, so that a page is the answer. `method` is the forwarded one.
pub fn is_form(headers: &HeaderMap, method: &Method) -> bool {
    let is_sent = headers.contains_key(&SEC_FETCH_MODE) || FORMS.iter().any(|form| has_type(headers, form));
    *method == Method::POST && is_sent && is_navigation(headers, &Method::GET)
}

/// Whether a page shows the request in a frame: a person sees the answer, but nobody can sign in there. `method` is the forwarded one.
pub fn is_frame(headers: &HeaderMap, method: &Method) -> bool {
    let is_frame = FRAMES.iter().any(|frame| says(headers, &SEC_FETCH_DEST, frame));
    *method == Method::GET && is_frame && says(headers, &SEC_FETCH_MODE, "navigate") && prefers_html(headers)
}

/// Whether the header is there and says only that.
fn says(headers: &HeaderMap, name: &HeaderName, value: &str) -> bool {
    headers.contains_key(name) && all_are(headers, name, value)
}

/// Whether the body is of that media type, whatever its parameters.
fn has_type(headers: &HeaderMap, media: &str) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE).iter().filter_map(|line| line.to_str().ok());
    types.any(|line| line.split(';').next().is_some_and(|found| found.trim().eq_ignore_ascii_case(media)))
}

/// Whether the header is absent or says only that.
fn all_are(headers: &HeaderMap, name: &HeaderName, value: &str) -> bool {
    headers.get_all(name).iter().all(|found| found == value)
}

/// Whether `X-Requested-With` says that a script asks. A web view of Android's puts the name of its app there, with pages too; only
/// the metadata, which no script can set, tell these apart.
fn is_from_script(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(&X_REQUESTED_WITH).iter().peekable();
    values.peek().is_some()
        && (!headers.contains_key(&SEC_FETCH_MODE)
            || values.any(|value| value.as_bytes().eq_ignore_ascii_case(b"XMLHttpRequest")))
}

/// Whether HTML has the highest weight in `Accept` (RFC 9110 section 12.5.1), and stands first among its equals.
fn prefers_html(headers: &HeaderMap) -> bool {
    let mut best = 0;
    let mut html = false;
    let lines = headers.get_all(ACCEPT).iter().filter_map(|line: &HeaderValue| line.to_str().ok());
    for range in lines.flat_map(|line| line.split(',')) {
        let mut parameters = range.split(';').map(str::trim);
        let media = parameters.next().unwrap_or_default();
        let weight = parameters
            .filter_map(|parameter| parameter.split_once('='))
            .find(|(name, _)| name.trim().eq_ignore_ascii_case("q"))
            .map_or(FULL_WEIGHT, |(_, value)| weight(value.trim()));
        if weight > best {
            best = weight;
            html = HTML.iter().any(|name| media.eq_ignore_ascii_case(name));
        }
    }
    html
}

/// A `qvalue` in thousandths; one that is malformed weighs nothing.
pub(super) fn weight(text: &str) -> u16 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return 0;
    }
    match whole {
        "0" => format!("{fraction:0<3}").parse().unwrap_or(0),
        "1" if fraction.bytes().all(|byte| byte == b'0') => FULL_WEIGHT,
        _ => 0,
    }
}

pub(super) const FULL_WEIGHT: u16 = 1000;
/// What a form can be sent as (HTML section 4.10.21.6).
const FORMS: [&str; 3] = ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"];
/// Destinations of a navigation inside of a page (Fetch section 2.2.5).
const FRAMES: [&str; 4] = ["iframe", "frame", "embed", "object"];
const HTML: [&str; 2] = ["text/html", "application/xhtml+xml"];

static SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
static SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");
static X_REQUESTED_WITH: HeaderName = HeaderName::from_static("x-requested-with");
