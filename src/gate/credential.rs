//! The cookie that a browser identifies itself with.

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::HeaderMap;
use http::header::COOKIE;
use zeroize::Zeroizing;

/// What the `Cookie` headers of a request hold under one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// No cookie of that name.
    Absent,
    /// One that has the form of ours.
    Session(SessionCookie),
    /// One that cannot be ours; it counts as absent, and the reason goes to the log.
    Unreadable(Unreadable),
}

/// Why a cookie of our name cannot be ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// It came with two values. The order says nothing about which one this program set (RFC 6265bis section 8.6).
    Twice,
    /// It does not have 43 characters.
    Length,
    /// It is no base64url of 32 bytes (RFC 4648 section 5, without padding, unused bits zero).
    Alphabet,
    /// It stands only behind a comma, where any site of the same domain could have put it inside the value of a cookie of
    /// its own, past the `__Host-` prefix.
    BehindComma,
}

/// The 32 random bytes of a cookie of ours, for a session or for a flow: as secret as a password, so it has no `Display` and is overwritten when dropped.
#[derive(Clone)]
pub struct SessionCookie(Zeroizing<[u8; 32]>);

/// Finds the cookie of that name, byte for byte, in all `Cookie` lines (RFC 9113 section 8.2.3 splits them). Never fails
/// and never allocates by what a cookie says.
///
/// Envoy and Apache join lines with a comma, so a value ends at `;` or `,`. A name counts only at the start of a line or
/// after `;`.
pub fn find(headers: &HeaderMap, cookie_name: &str) -> Credential {
    match value(headers, cookie_name) {
        Ok(Some(value)) => match SessionCookie::decode(value) {
            Ok(cookie) => Credential::Session(cookie),
            Err(why) => Credential::Unreadable(why),
        },
        Ok(None) => Credential::Absent,
        Err(why) => Credential::Unreadable(why),
    }
}

/// The value of a cookie that is no secret, found as by [`find`]; none if it is not there in one way.
pub fn plain<'a>(headers: &'a HeaderMap, cookie_name: &str) -> Option<&'a [u8]> {
    value(headers, cookie_name).ok().flatten()
}

fn value<'a>(headers: &'a HeaderMap, cookie_name: &str) -> Result<Option<&'a [u8]>, Unreadable> {
    let mut found: Option<&[u8]> = None;
    let mut behind_comma = false;
    for line in headers.get_all(COOKIE) {
        for pair in line.as_bytes().split(|byte| *byte == b';') {
            for (place, piece) in pair.split(|byte| *byte == b',').enumerate() {
                let Some(value) = value_of(trim(piece), cookie_name) else { continue };
                if place > 0 {
                    behind_comma = true;
                    continue;
                }
                match found {
                    Some(first) if first != value => return Err(Unreadable::Twice),
                    _ => found = Some(value),
                }
            }
        }
    }
    match found {
        None if behind_comma => Err(Unreadable::BehindComma),
        found => Ok(found),
    }
}

/// The cookies whose name is `stem`, a dot and a suffix, each as suffix and value; those that cannot be ours are left out,
/// and so are those past [`MAX_FAMILY`]. What stands behind a comma does not count, as in [`find`].
pub fn find_family<'a>(headers: &'a HeaderMap, stem: &str) -> Vec<(&'a str, SessionCookie)> {
    let lines = headers.get_all(COOKIE).into_iter();
    lines
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b';'))
        .filter_map(|pair| pair.split(|byte| *byte == b',').next())
        .filter_map(|pair| {
            let named = trim(pair).strip_prefix(stem.as_bytes())?.strip_prefix(b".")?;
            let equals = named.iter().position(|byte| *byte == b'=')?;
            let (suffix, value) = named.split_at(equals);
            Some((std::str::from_utf8(suffix).ok()?, SessionCookie::decode(&value[1..]).ok()?))
        })
        .take(MAX_FAMILY)
        .collect()
}

impl SessionCookie {
    /// A new cookie out of 32 random bytes.
    pub fn new(entropy: [u8; 32]) -> Self {
        Self(Zeroizing::new(entropy))
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The value of the cookie: 43 characters of base64url. Only for `Set-Cookie`.
    pub fn encode(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE64_URL_SAFE_NO_PAD.encode(self.bytes()))
    }

    fn decode(value: &[u8]) -> Result<Self, Unreadable> {
        if value.len() != ENCODED {
            return Err(Unreadable::Length);
        }
        let mut bytes = Zeroizing::new([0; 32]);
        match BASE64_URL_SAFE_NO_PAD.decode_slice(value, bytes.as_mut_slice()) {
            Ok(32) => Ok(Self(bytes)),
            _ => Err(Unreadable::Alphabet),
        }
    }
}

impl PartialEq for SessionCookie {
    /// In constant time.
    fn eq(&self, other: &Self) -> bool {
        aws_lc_rs::constant_time::verify_slices_are_equal(self.bytes(), other.bytes()).is_ok()
    }
}

impl Eq for SessionCookie {}

impl fmt::Debug for SessionCookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionCookie(32 bytes)")
    }
}

impl Unreadable {
    /// For the log.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Twice => "cookie_twice",
            Self::Length => "cookie_length",
            Self::Alphabet => "cookie_alphabet",
            Self::BehindComma => "cookie_behind_comma",
        }
    }
}

/// The value, if this pair has that name; nothing around the `=` is trimmed, nothing is decoded.
fn value_of<'a>(pair: &'a [u8], name: &str) -> Option<&'a [u8]> {
    pair.strip_prefix(name.as_bytes())?.strip_prefix(b"=")
}

/// Blank and tab only: to a browser any other white space is part of the name (`\u{2000}__Host-x` is another cookie).
pub(super) fn trim(mut piece: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = piece {
        piece = rest;
    }
    piece
}

/// Characters of 32 bytes in base64url.
const ENCODED: usize = 43;
/// Cookies of one family that are looked at: one for each tab that began a login at the same moment.
pub const MAX_FAMILY: usize = 64;
