//! Paths as rules name them: `/health`, `/api/*`, `/*`.

use std::fmt;

/// A path, or everything below one; a slash at the end does not count.
///
/// | written | covers |
/// |---|---|
/// | `/health` | `/health`, `/health/` |
/// | `/api/*` | `/api`, `/api/` and everything below |
/// | `/` | `/` |
/// | `/*` | everything |
///
/// It holds only what every proxy and application reads alike, so the path that it names is under it for all of them. Whether
/// another path is, `gate::path` says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PathPattern {
    text: String,
    extent: Extent,
    /// Without `*` and without a slash at the end, escapes decoded.
    base: Vec<u8>,
    /// `base` without regard to letter case.
    folded: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Extent {
    Exact,
    Below,
}

/// How near a path is to what a pattern covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likeness {
    /// It is covered.
    Same,
    /// It would be, were some of its letters written in the other case.
    OtherCase,
    /// It is not covered.
    Different,
}

/// Why a text is no pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathPatternFault {
    /// It is empty.
    Empty,
    /// It has more than [`MAX_PATTERN_BYTES`].
    TooLong {
        /// How many it has.
        bytes: usize,
    },
    /// It does not begin with a slash.
    NoSlash,
    /// `*` stands somewhere else than alone behind the last slash.
    Star {
        /// The segment that has it.
        segment: String,
    },
    /// Two slashes in a row, which some read as one.
    DoubledSlash,
    /// A query or a fragment: a path has none.
    NotOfThePath {
        /// `?` or `#`.
        sign: char,
    },
    /// A segment that some take for a step: `.` or `..`.
    DotSegment {
        /// Which.
        segment: String,
    },
    /// A dot at the end of a segment, or a blank at either end of it: some leave it away.
    SegmentEnd {
        /// Which.
        segment: String,
    },
    /// What some take for more than itself: `\`, `;`, `&`, `+`, `:$`, a control character.
    ReadDifferently {
        /// What.
        sign: String,
    },
    /// A character that a path only has as an escape.
    NeedsEscape {
        /// The character.
        sign: char,
        /// What to write instead.
        escape: String,
    },
    /// `%` without two hexadecimal digits.
    BrokenEscape,
    /// An escape of a character that can be written as it is.
    NeedlessEscape {
        /// The escape.
        escape: String,
        /// What to write instead.
        sign: char,
    },
    /// An escape that some decode and then take for more than a character: `%2F`, `%5C`, `%3B`, `%25`, `%3F`, `%00`.
    EscapeReadDifferently {
        /// The escape.
        escape: String,
    },
}

impl PathPattern {
    /// Reads what stands in clients.yaml.
    ///
    /// # Errors
    /// [`PathPatternFault`]: the first thing that speaks against it.
    pub fn parse(text: &str) -> Result<Self, PathPatternFault> {
        if text.is_empty() {
            return Err(PathPatternFault::Empty);
        }
        if text.len() > MAX_PATTERN_BYTES {
            return Err(PathPatternFault::TooLong { bytes: text.len() });
        }
        let Some(inner) = text.strip_prefix('/') else { return Err(PathPatternFault::NoSlash) };
        let (path, extent) = match inner.strip_suffix('*') {
            Some("") => ("", Extent::Below),
            Some(above) if above.ends_with('/') => (&text[..text.len() - "/*".len()], Extent::Below),
            _ => (text.strip_suffix('/').unwrap_or(text), Extent::Exact),
        };
        let mut base = Vec::with_capacity(path.len());
        for segment in path.split('/').skip(1) {
            if segment.is_empty() {
                return Err(PathPatternFault::DoubledSlash);
            }
            base.push(b'/');
            base.extend(read_segment(segment)?);
        }
        // The hexadecimal digits of an escape are upper case (RFC 3986 section 6.2.2.1).
        let mut escape = 0;
        let text = text.chars().map(|c| {
            escape = if c == '%' { 3 } else { escape.max(1) - 1 };
            if escape > 0 { c.to_ascii_uppercase() } else { c }
        });
        Ok(Self { text: text.collect(), extent, folded: fold(&base), base })
    }

    /// `/*`.
    pub fn everything() -> Self {
        Self { text: "/*".to_owned(), extent: Extent::Below, base: Vec::new(), folded: Vec::new() }
    }

    /// As written, but for the digits of escapes, which are upper case.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether this is `/*`.
    pub const fn covers_everything(&self) -> bool {
        self.base.is_empty() && matches!(self.extent, Extent::Below)
    }

    /// Whether every path that falls under another pattern falls under this one, or would in the other letter case.
    pub fn covers(&self, other: &Self) -> bool {
        let narrower = matches!((self.extent, other.extent), (Extent::Below, _) | (_, Extent::Exact));
        narrower && self.compare(&other.base) != Likeness::Different
    }

    /// Compares with one reading of a path: nothing is decoded or resolved here, so a blank, say, is a blank and not `%20`.
    pub fn compare(&self, reading: &[u8]) -> Likeness {
        if reading.strip_prefix(&*self.base).is_some_and(|rest| self.ends(rest)) {
            return Likeness::Same;
        }
        let but_for_case = if reading.is_ascii() {
            reading
                .split_at_checked(self.folded.len())
                .is_some_and(|(head, rest)| head.eq_ignore_ascii_case(&self.folded) && self.ends(rest))
        } else {
            fold(reading).strip_prefix(&*self.folded).is_some_and(|rest| self.ends(rest))
        };
        if but_for_case { Likeness::OtherCase } else { Likeness::Different }
    }

    /// Whether this may follow behind the base.
    const fn ends(&self, rest: &[u8]) -> bool {
        match self.extent {
            Extent::Exact => matches!(rest, [] | [b'/']),
            Extent::Below => matches!(rest, [] | [b'/', ..]),
        }
    }
}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A segment with its escapes decoded.
fn read_segment(segment: &str) -> Result<Vec<u8>, PathPatternFault> {
    if matches!(segment, "." | "..") {
        return Err(PathPatternFault::DotSegment { segment: segment.to_owned() });
    }
    // The name of an NTFS stream: /admin::$DATA is /admin to some.
    if segment.contains(":$") {
        return Err(PathPatternFault::ReadDifferently { sign: ":$".to_owned() });
    }
    let mut decoded = Vec::with_capacity(segment.len());
    let mut chars = segment.char_indices();
    while let Some((at, sign)) = chars.next() {
        match sign {
            '%' => {
                decoded.push(read_escape(segment.get(at..at + 3).ok_or(PathPatternFault::BrokenEscape)?)?);
                chars.nth(1);
            }
            '*' => return Err(PathPatternFault::Star { segment: segment.to_owned() }),
            '?' | '#' => return Err(PathPatternFault::NotOfThePath { sign }),
            '\\' | ';' | '&' | '+' => {
                return Err(PathPatternFault::ReadDifferently { sign: sign.to_string() });
            }
            _ if sign.is_control() => {
                return Err(PathPatternFault::ReadDifferently { sign: sign.escape_default().to_string() });
            }
            _ if u8::try_from(sign).is_ok_and(is_plain) => decoded.push(sign as u8),
            _ => {
                let mut buffer = [0; 4];
                let bytes = sign.encode_utf8(&mut buffer).bytes();
                return Err(PathPatternFault::NeedsEscape {
                    sign,
                    escape: bytes.map(|b| format!("%{b:02X}")).collect(),
                });
            }
        }
    }
    match decoded.as_slice() {
        [.., b'.' | b' '] | [b' ', ..] => Err(PathPatternFault::SegmentEnd { segment: segment.to_owned() }),
        _ => Ok(decoded),
    }
}

/// The byte that three signs beginning with `%` stand for.
fn read_escape(escape: &str) -> Result<u8, PathPatternFault> {
    let digits = &escape[1..];
    if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(PathPatternFault::BrokenEscape);
    }
    let byte = u8::from_str_radix(digits, 16).map_err(|_| PathPatternFault::BrokenEscape)?;
    match byte {
        // A dot at the wrong place is the oldest trick of all: nobody needs one as an escape.
        b'/' | b'\\' | b'.' | b';' | b'&' | b'+' | b'%' | b'?' | b'#' | b'*' => {
            Err(PathPatternFault::EscapeReadDifferently { escape: escape.to_owned() })
        }
        _ if byte.is_ascii_control() => {
            Err(PathPatternFault::EscapeReadDifferently { escape: escape.to_owned() })
        }
        _ if is_plain(byte) => {
            Err(PathPatternFault::NeedlessEscape { escape: escape.to_owned(), sign: char::from(byte) })
        }
        _ => Ok(byte),
    }
}

/// What a segment is made of (RFC 3986 section 3.3) and nobody takes for more than itself.
const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'-' | b'.' | b'_' | b'~' | b'!' | b'$' | b'\'' | b'(' | b')' | b',' | b'=' | b':' | b'@'
        )
}

/// Without regard to letter case, also where upper case leads back to ASCII: U+212A to `k`, U+017F to `s`.
fn fold(bytes: &[u8]) -> Vec<u8> {
    match str::from_utf8(bytes) {
        Ok(text) => {
            let folded = text.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase);
            folded.collect::<String>().into_bytes()
        }
        Err(_) => bytes.to_ascii_lowercase(),
    }
}

/// Bytes of a pattern.
pub const MAX_PATTERN_BYTES: usize = 512;
