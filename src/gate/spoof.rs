//! Identity headers that a client sends itself.

use http::HeaderMap;
use http::header::{CONNECTION, HeaderName};

use super::refusal::Refusal;
use crate::config::Client;

/// Refuses a forwarded request that already carries an identity header of this client, or of one that guards a host together with it. Some proxies let the client's own
/// value through beside ours, and an application behind CGI, WSGI or PHP cannot tell `X_Auth_Subject` from
/// `X-Auth-Subject`, so every spelling that folds to the same name counts. A name in `Connection` counts too: it makes some
/// proxies strip the header after we set it.
///
/// # Errors
/// [`Refusal::IdentityHeaderSent`], [`Refusal::IdentityHeaderInConnection`].
pub fn check(headers: &HeaderMap, client: &Client) -> Result<(), Refusal> {
    for name in headers.keys() {
        if let Some(ours) = client.guarded_headers().find(|ours| is_alias(name.as_str(), ours)) {
            return Err(Refusal::IdentityHeaderSent { header: ours.clone() });
        }
    }
    for line in headers.get_all(CONNECTION) {
        for option in line.as_bytes().split(|byte| *byte == b',') {
            let option = option.trim_ascii();
            let mut set_by_us = client.guarded_headers().chain(client.passed.replaced());
            if let Some(ours) = set_by_us.find(|ours| folds_to(option, ours)) {
                return Err(Refusal::IdentityHeaderInConnection { header: ours.clone() });
            }
        }
    }
    Ok(())
}

/// Whether a lenient reader would take `name` for `ours`: letter case does not count, and every sign is the same sign. The
/// same spelling is an alias too.
pub fn is_alias(name: &str, ours: &HeaderName) -> bool {
    folds_to(name.as_bytes(), ours)
}

/// Without allocation, and after one comparison of lengths for nearly every header: this runs for each request.
fn folds_to(name: &[u8], ours: &HeaderName) -> bool {
    let ours = ours.as_str().as_bytes();
    name.len() == ours.len() && name.iter().zip(ours).all(|(a, b)| fold(*a) == fold(*b))
}

const fn fold(byte: u8) -> u8 {
    if byte.is_ascii_alphanumeric() { byte.to_ascii_lowercase() } else { b'-' }
}
