//! Whose page sent a request.

use http::HeaderMap;
use http::header::{HeaderName, ORIGIN, REFERER};

use crate::config::Client;
use crate::gate::return_to;

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
            && origin.to_str().is_ok_and(|origin| origin == client.origin || client.guards_origin(origin));
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

/// Whose page sent a form to the application. What the browser calls the same origin is ours whatever its `Origin`, which is `null` where
/// the page tells nobody its address; and where it says nothing, only a `Referer` of ours is.
pub(super) fn of_form(headers: &HeaderMap, client: &Client) -> Site {
    let mut sites = headers.get_all(&SEC_FETCH_SITE).iter();
    let is_same = sites.next().is_some_and(|site| site == "same-origin") && sites.next().is_none();
    match of(headers, client) {
        _ if is_same => Site::Own,
        Site::Unsaid if names_guarded_page(headers, client) => Site::Own,
        site => site,
    }
}

fn names_guarded_page(headers: &HeaderMap, client: &Client) -> bool {
    let mut pages = headers.get_all(REFERER).iter();
    let page = pages.next().filter(|_| pages.next().is_none()).and_then(|page| page.to_str().ok());
    page.is_some_and(|page| return_to::check(page, client).is_ok())
}

/// Whether a person is on the way to the address: it is to fill a window now, and is neither a part of a page (a picture that
/// a user of the application put there has the same origin) nor loaded in advance (Sec-Purpose, Fetch section 4.6, and its
/// forerunners). What a browser does not say is taken to be so.
pub(super) fn is_visit(headers: &HeaderMap) -> bool {
    let says_only = |name: &HeaderName, value: &str| headers.get_all(name).iter().all(|said| said == value);
    says_only(&SEC_FETCH_MODE, "navigate")
        && says_only(&SEC_FETCH_DEST, "document")
        && !IN_ADVANCE.iter().any(|name| headers.contains_key(name))
}

static SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
static SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
static SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");
static IN_ADVANCE: [HeaderName; 3] = [
    HeaderName::from_static("sec-purpose"),
    HeaderName::from_static("purpose"),
    HeaderName::from_static("x-moz"),
];

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use http::header::{HeaderName, HeaderValue};

    use super::is_visit;

    #[test]
    fn only_what_fills_a_window_now_is_a_visit() {
        let rows: [(bool, &[(&'static str, &'static str)]); 9] = [
            (true, &[]),
            (true, &[("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")]),
            (false, &[("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "image")]),
            (false, &[("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")]),
            (false, &[("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")]),
            (false, &[("sec-fetch-mode", "navigate"), ("sec-fetch-mode", "cors")]),
            (false, &[("sec-fetch-mode", "navigate"), ("sec-purpose", "prefetch;prerender")]),
            (false, &[("purpose", "prefetch")]),
            (false, &[("x-moz", "prefetch")]),
        ];
        for (is, said) in rows {
            let mut headers = HeaderMap::new();
            for (name, value) in said {
                headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
            }
            assert_eq!(is_visit(&headers), is, "{headers:?}");
        }
    }
}
