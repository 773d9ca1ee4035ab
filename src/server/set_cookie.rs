//! `Set-Cookie` (RFC 6265bis section 4.1).

use std::fmt::Write as _;

use http::HeaderValue;

use crate::config::{Cookie, SameSite};

/// The line that sets `cookie` to `value`, which is base64url.
pub(super) fn set(cookie: &Cookie, value: &str) -> HeaderValue {
    line(cookie, value, cookie.max_age.map(|age| age.as_secs()))
}

/// The line that removes `cookie`: same name, path, domain and flags, or the browser keeps it.
pub(super) fn clear(cookie: &Cookie) -> HeaderValue {
    line(cookie, "", Some(0))
}

fn line(cookie: &Cookie, value: &str, max_age: Option<u64>) -> HeaderValue {
    let mut line = format!("{}={value}; Path=/; HttpOnly", cookie.name);
    line.push_str(match cookie.same_site {
        SameSite::Lax => "; SameSite=Lax",
        SameSite::None => "; SameSite=None",
    });
    if cookie.secure {
        line.push_str("; Secure");
    }
    if let Some(domain) = &cookie.domain {
        line.push_str("; Domain=");
        line.push_str(domain);
    }
    if let Some(seconds) = max_age {
        // Writing to a String does not fail.
        let _ = write!(line, "; Max-Age={seconds}");
    }
    let mut value = HeaderValue::try_from(line)
        .expect("cookie names and domains were checked to be ASCII, and the value is base64url");
    value.set_sensitive(true);
    value
}
