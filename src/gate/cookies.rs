//! The cookies of a request as the application gets them: without ours, which are nobody else's business (C-12).

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};

use super::credential::trim;
use crate::config::passed::OwnCookies;

/// All `Cookie` lines as one, joined as RFC 9113 section 8.2.3 says, without the cookies of these names; empty if nothing is left. What
/// stays, stays byte for byte.
///
/// Envoy and Apache join lines with a comma, so one of ours is looked for behind a comma too, although it counts for nothing there.
pub fn without_ours(headers: &HeaderMap, own: &OwnCookies) -> HeaderValue {
    let mut lines = headers.get_all(COOKIE).iter();
    let mut value = match (lines.next(), lines.next()) {
        (None, _) => HeaderValue::from_static(""),
        (Some(only), None) if !has_ours(only.as_bytes(), own) => only.clone(),
        _ => {
            let left = headers.get_all(COOKIE).iter().map(|line| left_of(line.as_bytes(), own));
            let left: Vec<Vec<u8>> = left.filter(|line| !line.is_empty()).collect();
            HeaderValue::from_bytes(&left.join(&b"; "[..])).expect("parts of values of headers make one")
        }
    };
    value.set_sensitive(true);
    value
}

fn has_ours(line: &[u8], own: &OwnCookies) -> bool {
    line.split(|byte| matches!(byte, b';' | b',')).any(|piece| is_ours(piece, own))
}

fn is_ours(piece: &[u8], own: &OwnCookies) -> bool {
    let piece = trim(piece);
    memchr::memchr(b'=', piece).is_some_and(|equals| own.have(&piece[..equals]))
}

/// One line without ours.
fn left_of(line: &[u8], own: &OwnCookies) -> Vec<u8> {
    let mut left: Vec<Vec<u8>> = Vec::new();
    for pair in line.split(|byte| *byte == b';') {
        if !has_ours(pair, own) {
            left.push(pair.to_vec());
            continue;
        }
        let others = pair.split(|byte| *byte == b',').filter(|piece| !is_ours(piece, own));
        let others: Vec<&[u8]> = others.collect();
        if !others.is_empty() {
            left.push(others.join(&b","[..]));
        }
    }
    trim(&left.join(&b";"[..])).to_vec()
}
