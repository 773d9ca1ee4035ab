//! Paths as rules name them: `/health`, `/api/*`, `/users/*/avatar`, `/*`, or a regular expression.

use std::fmt;

use super::condition::{Pattern, PatternFault};

/// A path, everything below one, or all paths of a form; a slash at the end does not count.
///
/// | written | covers |
/// |---|---|
/// | `/health` | `/health`, `/health/` |
/// | `/api/*` | `/api`, `/api/` and everything below |
/// | `/` | `/` |
/// | `/*` | everything |
/// | `/users/*/avatar` | `/users/alice/avatar`: one segment |
/// | `/files/*.pdf` | `/files/a.pdf`: the rest of one segment, or nothing |
/// | `/users/*/files/*` | as above, and everything below |
/// | `/a/**/z` | `/a/z`, `/a/b/c/z`: any number of segments |
///
/// It holds only what every proxy and application reads alike, so the path that it names is under it for all of them. Whether
/// another path is, `gate::path` says.
#[derive(Clone, Debug)]
pub struct PathPattern {
    text: String,
    extent: Extent,
    /// Without a slash at the end, escapes decoded: all of it, or what stands before the first segment with a `*`.
    base: Vec<u8>,
    /// `base` without regard to letter case.
    folded: Vec<u8>,
}

#[derive(Clone, Debug)]
enum Extent {
    Exact,
    Below,
    /// With a `*` elsewhere than at its end.
    Glob(Pattern),
    Regex(Pattern),
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
    /// Two or more `*` in a row with something beside them in one segment.
    Star {
        /// The segment that has them.
        segment: String,
    },
    /// A `*` behind something in the last segment, or with a slash behind it: some would mean everything beneath by it.
    StarAtTheEnd {
        /// The segment that has it.
        segment: String,
    },
    /// It is no regular expression that can be used.
    Regex(PatternFault),
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
        if !text.starts_with('/') {
            return Err(PathPatternFault::NoSlash);
        }
        let all_below = text.strip_suffix("/**").or_else(|| text.strip_suffix("/*"));
        let path = all_below.unwrap_or_else(|| text.strip_suffix('/').unwrap_or(text));
        let mut base = Vec::with_capacity(path.len());
        let mut glob = String::new();
        for segment in path.split('/').skip(1) {
            if segment.is_empty() {
                return Err(PathPatternFault::DoubledSlash);
            }
            if glob.is_empty() && !segment.contains('*') {
                base.push(b'/');
                base.extend(read_segment(segment)?);
            } else {
                if glob.is_empty() {
                    glob = regex_of(&base)?;
                }
                glob += &read_glob(segment)?;
            }
        }
        if all_below.is_none()
            && let Some(segment) = path.rsplit('/').next().filter(|last| last.ends_with('*'))
        {
            return Err(PathPatternFault::StarAtTheEnd { segment: segment.to_owned() });
        }
        let extent = match (glob.is_empty(), all_below) {
            (true, None) => Extent::Exact,
            (true, Some(_)) => Extent::Below,
            (false, None) => Extent::Glob(Pattern::parse_unlimited(&format!("{glob}/?"))?),
            (false, Some(_)) => Extent::Glob(Pattern::parse_unlimited(&format!("{glob}(?:/(?s:.)*)?"))?),
        };
        // The hexadecimal digits of an escape are upper case (RFC 3986 section 6.2.2.1).
        let mut escape = 0;
        let text = text.chars().map(|c| {
            escape = if c == '%' { 3 } else { escape.max(1) - 1 };
            if escape > 0 { c.to_ascii_uppercase() } else { c }
        });
        Ok(Self { text: text.collect(), extent, folded: fold(&base), base })
    }

    /// Reads a regular expression, which a path matches as a whole: decoded, and in each way in which it may be read.
    ///
    /// # Errors
    /// [`PathPatternFault::Empty`], [`PathPatternFault::Regex`]
    pub fn regex(text: &str) -> Result<Self, PathPatternFault> {
        if text.is_empty() {
            return Err(PathPatternFault::Empty);
        }
        let pattern = Pattern::parse(text).map_err(PathPatternFault::Regex)?;
        Ok(Self {
            text: text.to_owned(),
            extent: Extent::Regex(pattern),
            base: Vec::new(),
            folded: Vec::new(),
        })
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

    /// Whether every path that falls under another pattern falls under this one, or would in the other letter case. Of forms that is
    /// only said where it is plain.
    pub fn covers(&self, other: &Self) -> bool {
        let has = |path: &[u8]| self.compare(path) != Likeness::Different;
        match (&self.extent, &other.extent) {
            (Extent::Below, Extent::Regex(_)) => self.covers_everything(),
            (Extent::Below, _) | (Extent::Exact, Extent::Exact) => has(&other.base),
            (Extent::Glob(_) | Extent::Regex(_), Extent::Exact) => {
                has(if other.base.is_empty() { b"/" } else { &other.base })
            }
            (Extent::Glob(_), Extent::Glob(_)) | (Extent::Regex(_), Extent::Regex(_)) => {
                self.text == other.text
            }
            _ => false,
        }
    }

    /// Compares with one reading of a path: nothing is decoded or resolved here, so a blank, say, is a blank and not `%20`.
    pub fn compare(&self, reading: &[u8]) -> Likeness {
        if let Extent::Glob(pattern) | Extent::Regex(pattern) = &self.extent {
            return match str::from_utf8(reading) {
                Ok(text) if pattern.matches(text) => Likeness::Same,
                Ok(text) if !pattern.matches_but_for_case(text) => Likeness::Different,
                // What is no text cannot be held against a form of text.
                Ok(_) | Err(_) => Likeness::OtherCase,
            };
        }
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
            Extent::Below => matches!(rest, [] | [b'/', ..]),
            Extent::Exact | Extent::Glob(_) | Extent::Regex(_) => matches!(rest, [] | [b'/']),
        }
    }
}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl PartialEq for PathPattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
            && std::mem::discriminant(&self.extent) == std::mem::discriminant(&other.extent)
    }
}

impl Eq for PathPattern {}

impl From<PatternFault> for PathPatternFault {
    fn from(fault: PatternFault) -> Self {
        Self::Regex(fault)
    }
}

/// A segment with a `*` in it, or one behind such a one, as a regular expression for it and the slash before it.
fn read_glob(segment: &str) -> Result<String, PathPatternFault> {
    if segment == "**" {
        return Ok("(?:/[^/]+)*".to_owned());
    }
    if segment == "*" {
        return Ok("/[^/]+".to_owned());
    }
    if segment.contains("**") {
        return Err(PathPatternFault::Star { segment: segment.to_owned() });
    }
    // What speaks against the segment as a whole, wherever its stars are.
    read_segment(&segment.replace('*', "x"))?;
    let pieces = segment.split('*').map(|piece| regex_of(&decode(piece)?)).collect::<Result<Vec<_>, _>>()?;
    Ok(format!("/{}", pieces.join("[^/]*")))
}

/// Literal text as a regular expression.
fn regex_of(bytes: &[u8]) -> Result<String, PathPatternFault> {
    str::from_utf8(bytes).map(regex::escape).map_err(|error| PathPatternFault::EscapeReadDifferently {
        escape: format!("%{:02X}", bytes[error.valid_up_to()]),
    })
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
    let decoded = decode(segment)?;
    match decoded.as_slice() {
        [.., b'.' | b' '] | [b' ', ..] => Err(PathPatternFault::SegmentEnd { segment: segment.to_owned() }),
        _ => Ok(decoded),
    }
}

/// A segment or a piece of one with its escapes decoded.
fn decode(segment: &str) -> Result<Vec<u8>, PathPatternFault> {
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
    Ok(decoded)
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
