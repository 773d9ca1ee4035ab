//! The access token that a request presents in `Authorization` (RFC 6750 section 2.1, RFC 9449 section 7.1). It is looked for nowhere
//! else: neither in the query nor in a body (RFC 9700 section 4.3.2).

use std::fmt;

use http::HeaderMap;
use http::header::AUTHORIZATION;

use super::refusal::Refusal;

/// What `Authorization` holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presented<'a> {
    /// There is none.
    Nothing,
    /// Another scheme, or what is no credential at all: the application's, and passed on.
    Other,
    /// An access token.
    Token(Token<'a>),
}

/// An access token as it was presented, in the form of one. Only [`read`] makes one. Its `Debug` hides it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Token<'a> {
    scheme: Scheme,
    text: &'a str,
}

/// How a token is presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// `Bearer`: whoever has it may use it.
    Bearer,
    /// `DPoP`: with a proof of the key that it is bound to.
    Dpop,
}

/// Reads `Authorization`. What is not one of our schemes is nobody's fault, and never an error.
///
/// # Errors
/// [`Refusal::BearerTwice`] for several lines of which one is ours: which of them a proxy or application would take cannot be known.
/// [`Refusal::BearerMalformed`] for one of our schemes without one token behind it.
pub fn read(headers: &HeaderMap) -> Result<Presented<'_>, Refusal> {
    let mut lines = headers.get_all(AUTHORIZATION).iter();
    let Some(first) = lines.next() else { return Ok(Presented::Nothing) };
    if lines.next().is_some() {
        let mut schemes = headers.get_all(AUTHORIZATION).iter().map(|line| scheme_of(line.as_bytes()));
        return if schemes.any(|found| found.is_some()) {
            Err(Refusal::BearerTwice)
        } else {
            Ok(Presented::Other)
        };
    }
    let Some((scheme, rest)) = scheme_of(first.as_bytes()) else { return Ok(Presented::Other) };
    // RFC 9110 section 11.4: one blank, then a token68, and nothing more.
    match rest.strip_prefix(b" ") {
        Some(token) if is_token68(token) => {
            let text = str::from_utf8(token).map_err(|_| Refusal::BearerMalformed)?;
            Ok(Presented::Token(Token { scheme, text }))
        }
        _ => Err(Refusal::BearerMalformed),
    }
}

impl<'a> Token<'a> {
    /// How it was presented.
    pub const fn scheme(self) -> Scheme {
        self.scheme
    }

    /// The token. Never for a log or a page.
    pub const fn expose(self) -> &'a str {
        self.text
    }
}

impl fmt::Debug for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({:?}, {} bytes)", self.scheme, self.text.len())
    }
}

impl Scheme {
    /// As a challenge names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bearer => "Bearer",
            Self::Dpop => "DPoP",
        }
    }
}

/// One of our schemes, in any letter case (RFC 9110 section 11.1), and what follows it.
fn scheme_of(line: &[u8]) -> Option<(Scheme, &[u8])> {
    [Scheme::Bearer, Scheme::Dpop].into_iter().find_map(|scheme| {
        let (name, rest) = line.split_at_checked(scheme.name().len())?;
        let ends = rest.first().is_none_or(|byte| !is_tchar(*byte));
        (name.eq_ignore_ascii_case(scheme.name().as_bytes()) && ends).then_some((scheme, rest))
    })
}

/// A character of a word (RFC 9110 section 5.6.2): `Bearers` is another scheme.
const fn is_tchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'\''
                | b'*'
                | b'+'
                | b'-'
                | b'.'
                | b'^'
                | b'_'
                | b'`'
                | b'|'
                | b'~'
        )
}

/// `b64token` (RFC 6750 section 2.1): one or more of these signs, then any number of `=`. Every sign is looked at, without a branch: this
/// runs for each request, over a kilobyte or more.
fn is_token68(text: &[u8]) -> bool {
    let end = text.iter().rposition(|byte| *byte != b'=').map_or(0, |last| last + 1);
    end > 0 && text[..end].iter().fold(true, |all, byte| all & is_sign(*byte))
}

#[expect(clippy::needless_bitwise_bool, reason = "without branches the compiler looks at many signs at once")]
const fn is_sign(byte: u8) -> bool {
    let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
    let digit = byte.wrapping_sub(b'0') < 10;
    letter
        | digit
        | (byte == b'-')
        | (byte == b'.')
        | (byte == b'_')
        | (byte == b'~')
        | (byte == b'+')
        | (byte == b'/')
}
