//! The ways in which proxies and applications are known to read a path, one by one.

use super::lookalike;

/// Takes a path that begins with a slash and gives one that does.
type Way = fn(&[u8]) -> Vec<u8>;

/// Whoever reads a path does some of these, in some order and perhaps more than once; one that does not apply changes
/// nothing.
pub(super) const WAYS: [Way; 24] = [
    // Decoding, once: all of it, or some characters only (RFC 3986 section 6.2.2.2; Traefik, Envoy, Tomcat).
    |path| decode(path, Kind::Unreserved),
    |path| decode(path, Kind::Slash),
    |path| decode(path, Kind::Backslash),
    |path| decode(path, Kind::Semicolon),
    |path| decode(path, Kind::Percent),
    |path| decode(path, Kind::Cut),
    |path| decode(path, Kind::Reserved),
    // As in a form: PHP's urldecode and its like.
    |path| path.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect(),
    // Windows, Envoy, and whoever reads a path as a browser reads an address.
    |path| path.iter().map(|byte| if *byte == b'\\' { b'/' } else { *byte }).collect(),
    // Doubled slashes as one: nginx, Traefik, Go.
    fold_slashes,
    // A path that begins with two slashes as an address without a scheme, whose host is left away: Node's URL.
    without_authority,
    // Dot segments (RFC 3986 section 5.2.4).
    resolve_dots,
    // Parameters of a segment: Tomcat, Jetty, Spring. To the end of the path: Shiro.
    |path| by_segment(path, |segment| until(segment, |rest| rest[0] == b';')),
    |path| until(path, |rest| rest[0] == b';').to_vec(),
    // What was encoded so as not to begin a query or a fragment, and does after all.
    |path| until(path, |rest| rest[0] == b'?').to_vec(),
    |path| until(path, |rest| rest[0] == b'#').to_vec(),
    // A path that a rewrite puts into a query, where & ends it: Apache's RewriteRule without B.
    |path| until(path, |rest| rest[0] == b'&').to_vec(),
    // NUL ends a text in C, a line break ends the request line, and some drop them: WHATWG URL drops tabs and line breaks.
    |path| until(path, |rest| rest[0].is_ascii_control() || rest.starts_with(b" HTTP/")).to_vec(),
    |path| by_segment(path, |segment| until(segment, |rest| rest[0].is_ascii_control())),
    |path| path.iter().copied().filter(|byte| !byte.is_ascii_control()).collect(),
    // Windows: a dot or blank at the end of a name does not count, and admin::$DATA is admin.
    |path| by_segment(path, trim),
    |path| by_segment(path, without_stream),
    // ASP.NET: a session's id in the path, and the slash before it, are not of the path.
    without_session,
    // Characters outside ASCII that stand for one inside.
    lookalike::replace,
];

/// Whether every way leaves this path as it is.
pub(super) fn is_plain(path: &[u8]) -> bool {
    path.starts_with(b"/")
        && path.iter().all(|byte| {
            byte.is_ascii_graphic() && !matches!(byte, b'%' | b'\\' | b';' | b'+' | b'?' | b'#' | b'&')
        })
        && !path.windows(2).any(|two| matches!(two, b"//" | b"./" | b":$" | b"/("))
        && !path.ends_with(b".")
}

/// Whether a path could mean another one to somebody, whatever the rules are: it changes when slashes are merged, dot segments
/// resolved or escapes of plain characters decoded, has a backslash, a `;` or an escape that leads to a sign with a meaning, or
/// is no text (B-02 to B-08).
pub(super) fn is_two_faced(path: &[u8]) -> bool {
    if is_plain(path) {
        return false;
    }
    let is_sign = |byte: u8| !matches!(Kind::of(byte), Kind::Reserved | Kind::Data);
    let mut decoded = Vec::with_capacity(path.len());
    let mut rest = path;
    while let [first, after @ ..] = rest {
        match escape(rest) {
            Some((sign, length)) => match u8::try_from(sign) {
                Ok(byte) if length == BYTE_ESCAPE && !is_sign(byte) => {
                    decoded.push(byte);
                    rest = &rest[length..];
                }
                _ => return true,
            },
            // Behind the escapes, so that each `%` is the beginning of one.
            None if matches!(first, b'\\' | b';' | b'%' | b'?' | b'#') || first.is_ascii_control() => {
                return true;
            }
            None => {
                decoded.push(*first);
                rest = after;
            }
        }
    }
    str::from_utf8(&decoded).is_err()
        || lookalike::replace(&decoded) != decoded
        || fold_slashes(path) != path
        || resolve_dots(path) != path
}

/// What all agree on: upper-case digits in escapes (RFC 3986 section 6.2.2.1), and no escapes of what cannot stand in a path
/// unescaped, such as a blank or a byte outside ASCII.
pub(super) fn normal(path: &[u8]) -> Vec<u8> {
    decode(path, Kind::Data)
}

/// What an escape stands for, by what decoding it can lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A character that means nothing more, or the dot.
    Unreserved,
    Slash,
    Backslash,
    Semicolon,
    Percent,
    /// What may end the path.
    Cut,
    /// What else may stand in a path as it is.
    Reserved,
    /// What may not.
    Data,
}

impl Kind {
    const fn of(byte: u8) -> Self {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => Self::Unreserved,
            b'/' => Self::Slash,
            b'\\' => Self::Backslash,
            b';' => Self::Semicolon,
            b'%' => Self::Percent,
            b'?' | b'#' | b'&' | 0..=0x1f | 0x7f => Self::Cut,
            b'!' | b'$' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b'=' | b':' | b'@' => Self::Reserved,
            _ => Self::Data,
        }
    }
}

/// Decodes the escapes of one kind, once.
fn decode(path: &[u8], kind: Kind) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(path.len());
    let mut rest = path;
    while let [first, after @ ..] = rest {
        let Some((sign, length)) = escape(rest) else {
            decoded.push(*first);
            rest = after;
            continue;
        };
        match u8::try_from(sign) {
            // A byte, which is part of a character only together with its neighbours.
            Ok(byte) if length == BYTE_ESCAPE || byte.is_ascii() => {
                if Kind::of(byte) == kind {
                    decoded.push(byte);
                } else {
                    decoded.extend(rest[..length].to_ascii_uppercase());
                }
            }
            _ if kind == Kind::Data => decoded.extend(sign.encode_utf8(&mut [0; 4]).bytes()),
            _ => decoded.extend(rest[..length].to_ascii_uppercase()),
        }
        rest = &rest[length..];
    }
    decoded
}

/// The sign that an escape at the front stands for, and its length. `%u002F` is one too, to IIS and JavaScript's unescape;
/// it can only come out of a `%25`, since a forwarded path has none.
fn escape(rest: &[u8]) -> Option<(char, usize)> {
    let (digits, length) = match rest {
        [b'%', b'u' | b'U', digits @ ..] => (digits.get(..4)?, WIDE_ESCAPE),
        [b'%', digits @ ..] => (digits.get(..2)?, BYTE_ESCAPE),
        _ => return None,
    };
    let value =
        digits.iter().try_fold(0, |value, digit| Some(value * 16 + char::from(*digit).to_digit(16)?))?;
    Some((char::from_u32(value)?, length))
}

fn fold_slashes(path: &[u8]) -> Vec<u8> {
    let mut folded = path.to_vec();
    folded.dedup_by(|a, b| *a == b'/' && *b == b'/');
    folded
}

fn without_authority(path: &[u8]) -> Vec<u8> {
    let Some(authority) = path.strip_prefix(b"//") else { return path.to_vec() };
    let path = authority.iter().position(|byte| *byte == b'/').map(|slash| &authority[slash..]);
    path.unwrap_or(b"/").to_vec()
}

fn resolve_dots(path: &[u8]) -> Vec<u8> {
    let mut kept: Vec<&[u8]> = Vec::new();
    let mut ends_with_step = false;
    for segment in path.split(|byte| *byte == b'/').skip(1) {
        ends_with_step = matches!(segment, b"." | b"..");
        match segment {
            b"." => {}
            b".." => _ = kept.pop(),
            _ => kept.push(segment),
        }
    }
    if ends_with_step {
        kept.push(b"");
    }
    [b"/", kept.join(&b'/').as_slice()].concat()
}

fn by_segment(path: &[u8], read: impl Fn(&[u8]) -> &[u8]) -> Vec<u8> {
    path.split(|byte| *byte == b'/').map(read).collect::<Vec<_>>().join(&b'/')
}

/// What stands before the first place whose rest is an end.
fn until(text: &[u8], is_end: impl Fn(&[u8]) -> bool) -> &[u8] {
    let end = (0..text.len()).find(|at| is_end(&text[*at..]));
    &text[..end.unwrap_or(text.len())]
}

fn trim(segment: &[u8]) -> &[u8] {
    let mut name = segment;
    while let [b' ', rest @ ..] = name {
        name = rest;
    }
    while let [rest @ .., b' ' | b'.'] = name {
        name = rest;
    }
    // A name that has nothing else is a step: ".. " goes up, as ".." does.
    match segment.iter().filter(|byte| **byte == b'.').count() {
        1 if name.is_empty() => b".",
        2.. if name.is_empty() => b"..",
        _ => name,
    }
}

fn without_stream(segment: &[u8]) -> &[u8] {
    if segment.windows(2).any(|two| two == b":$") { until(segment, |rest| rest[0] == b':') } else { segment }
}

/// Without each `/(S(…))`, whichever letter it has and however many parts; what follows it joins what stood before (CVE-2023-36899).
fn without_session(path: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(path.len());
    let mut rest = path;
    while let [first, after @ ..] = rest {
        let end = match after {
            [b'(', letter, b'(', id @ ..] if letter.is_ascii_alphabetic() && *first == b'/' => {
                let segment = id.split(|byte| *byte == b'/').next().unwrap_or_default();
                segment.windows(2).position(|two| two == b"))").map(|at| &id[at + 2..])
            }
            _ => None,
        };
        rest = end.unwrap_or_else(|| {
            kept.push(*first);
            after
        });
    }
    // What is left begins with a slash, as every path does.
    if kept.first() != Some(&b'/') {
        kept.insert(0, b'/');
    }
    kept
}

/// `%2F`.
const BYTE_ESCAPE: usize = 3;
/// `%u002F`.
const WIDE_ESCAPE: usize = 6;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{WAYS, is_plain, normal};

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

        #[test]
        fn a_plain_path_is_read_in_one_way(path in "/[a-cA./:$@!~_+%2&;()-]{0,12}") {
            let path = path.as_bytes();
            if is_plain(path) {
                prop_assert_eq!(normal(path), path);
                for way in WAYS {
                    prop_assert_eq!(way(path), path);
                }
            }
        }

        #[test]
        fn every_way_leads_to_a_path(rest in proptest::collection::vec(any::<u8>(), 0..40)) {
            let path = [b"/", rest.as_slice()].concat();
            for way in WAYS {
                prop_assert!(way(&path).starts_with(b"/"));
                prop_assert!(normal(&way(&path)).starts_with(b"/"));
            }
        }
    }
}
