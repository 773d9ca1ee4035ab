//! Our cookies as header lines.

use std::time::Duration;

use http::HeaderValue;

use crate::config::Cookie;

/// The line that sets `cookie` to `value`, which is base64url or the name of a client.
pub(super) fn set(cookie: &Cookie, value: &str) -> HeaderValue {
    let line = cookie.line(value);
    let mut line = HeaderValue::try_from(line)
        .expect("cookie names and domains were checked to be ASCII, and the value is base64url or a name");
    line.set_sensitive(true);
    line
}

/// The line that removes `cookie`: same name, path, domain and flags, or the browser keeps it.
pub(super) fn clear(cookie: &Cookie) -> HeaderValue {
    set(&Cookie { max_age: Some(Duration::ZERO), ..cookie.clone() }, "")
}
