//! Characters that a lenient reader takes for one of ASCII.

/// Replaces all of them: forms of UTF-8 that are longer than they should be (RFC 3629 section 10), everything that Unicode's
/// compatibility forms (NFKC) make one ASCII character of, and what a Windows code page does, as far as attacks have used it.
pub(super) fn replace(text: &[u8]) -> Vec<u8> {
    let mut replaced = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, after @ ..] = rest {
        if let Some((byte, length)) = overlong(rest) {
            replaced.push(byte);
            rest = &rest[length..];
        } else if let Some((found, length)) = character(rest) {
            match (ascii(found), several(found)) {
                (Some(sign), _) => replaced.push(sign),
                (None, Some(signs)) => replaced.extend(signs),
                (None, None) => replaced.extend(&rest[..length]),
            }
            rest = &rest[length..];
        } else {
            replaced.push(*first);
            rest = after;
        }
    }
    replaced
}

/// An ASCII byte in more bytes than one, at the front. Of two the second may be anything: `%c1%1c` was a backslash once.
const fn overlong(rest: &[u8]) -> Option<(u8, usize)> {
    let (high, low, length) = match rest {
        [high @ (0xc0 | 0xc1), low, ..] => (*high, *low, 2),
        [0xe0, high @ (0x80 | 0x81), low, ..] => (*high, *low, 3),
        [0xf0, 0x80, high @ (0x80 | 0x81), low, ..] => (*high, *low, 4),
        _ => return None,
    };
    Some(((high & 1) << 6 | low & 0x3f, length))
}

/// The character at the front, if it is one outside ASCII, and its length.
fn character(rest: &[u8]) -> Option<(char, usize)> {
    let length = match rest.first()? {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return None,
    };
    let found = str::from_utf8(rest.get(..length)?).ok()?.chars().next()?;
    Some((found, length))
}

/// Letter case alone (U+212A, U+017F) is not looked at here: [`crate::config::path_pattern::PathPattern::compare`] folds it.
fn ascii(found: char) -> Option<u8> {
    let code = u32::from(found);
    let nth = |first: u32, alphabet: &[u8]| {
        let at = usize::try_from(code - first).ok()? % alphabet.len();
        alphabet.get(at).copied()
    };
    match code {
        // Full width.
        0xff01..=0xff5e => u8::try_from(code - 0xfee0).ok(),
        // Mathematical letters and digits, letters in circles.
        0x1d400..=0x1d6a3 => nth(0x1d400, LETTERS),
        0x1d7ce..=0x1d7ff => nth(0x1d7ce, DIGITS),
        0x24b6..=0x24e9 => nth(0x24b6, LETTERS),
        0x2460..=0x2468 => nth(0x2460, &DIGITS[1..]),
        // Letters in squares.
        0x1f130..=0x1f149 => nth(0x1f130, LETTERS),
        // Superscript, subscript, segmented.
        0x2074..=0x2079 => nth(0x2074, &DIGITS[4..]),
        0x2080..=0x2089 => nth(0x2080, DIGITS),
        0x1fbf0..=0x1fbf9 => nth(0x1fbf0, DIGITS),
        _ => SINGLE.iter().find_map(|(sign, these)| these.contains(found).then_some(*sign)),
    }
}

/// Of those that stand for several, the ones that have a dot or slash that means something.
fn several(found: char) -> Option<&'static [u8]> {
    Some(match found {
        '\u{2025}' | '\u{fe30}' => b"..",
        '\u{2026}' | '\u{fe19}' => b"...",
        '\u{2100}' => b"a/c",
        '\u{2101}' => b"a/s",
        '\u{2105}' => b"c/o",
        '\u{2106}' => b"c/u",
        _ => return None,
    })
}

const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const DIGITS: &[u8] = b"0123456789";
/// Those that stand alone, by what they stand for; the letters fill the gaps among the mathematical ones.
const SINGLE: [(u8, &str); 82] = [
    (
        b' ',
        "\u{a0}\u{2000}\u{2001}\u{2002}\u{2003}\u{2004}\u{2005}\u{2006}\u{2007}\u{2008}\u{2009}\u{200a}\u{202f}\u{205f}\u{3000}",
    ),
    (b'!', "\u{fe15}\u{fe57}"),
    (b'#', "\u{fe5f}"),
    (b'$', "\u{fe69}"),
    (b'%', "\u{fe6a}"),
    (b'&', "\u{fe60}"),
    (b'(', "\u{207d}\u{208d}\u{fe35}\u{fe59}"),
    (b')', "\u{207e}\u{208e}\u{fe36}\u{fe5a}"),
    (b'*', "\u{fe61}"),
    (b'+', "\u{207a}\u{208a}\u{fb29}\u{fe62}"),
    (b',', "\u{fe10}\u{fe50}"),
    (b'-', "\u{fe63}"),
    (b'.', "\u{2024}\u{fe52}"),
    (b'/', "\u{2044}\u{2215}\u{29f8}"),
    (b'0', "\u{2070}\u{24ea}"),
    (b'1', "\u{b9}"),
    (b'2', "\u{b2}"),
    (b'3', "\u{b3}"),
    (b':', "\u{fe13}\u{fe55}"),
    (b';', "\u{37e}\u{fe14}\u{fe54}"),
    (b'<', "\u{fe64}"),
    (b'=', "\u{207c}\u{208c}\u{fe66}"),
    (b'>', "\u{fe65}"),
    (b'?', "\u{fe16}\u{fe56}"),
    (b'@', "\u{fe6b}"),
    (b'A', "\u{1d2c}"),
    (b'B', "\u{1d2e}\u{212c}"),
    (b'C', "\u{2102}\u{212d}\u{216d}\u{a7f2}\u{1f12b}"),
    (b'D', "\u{1d30}\u{2145}\u{216e}"),
    (b'E', "\u{1d31}\u{2130}"),
    (b'F', "\u{2131}\u{a7f3}"),
    (b'G', "\u{1d33}"),
    (b'H', "\u{1d34}\u{210b}\u{210c}\u{210d}"),
    (b'I', "\u{130}\u{1d35}\u{2110}\u{2111}\u{2160}"),
    (b'J', "\u{1d36}"),
    (b'K', "\u{1d37}"),
    (b'L', "\u{1d38}\u{2112}\u{216c}"),
    (b'M', "\u{1d39}\u{2133}\u{216f}"),
    (b'N', "\u{1d3a}\u{2115}"),
    (b'O', "\u{1d3c}"),
    (b'P', "\u{1d3e}\u{2119}"),
    (b'Q', "\u{211a}\u{a7f4}"),
    (b'R', "\u{1d3f}\u{211b}\u{211c}\u{211d}\u{1f12c}"),
    (b'T', "\u{1d40}"),
    (b'U', "\u{1d41}"),
    (b'V', "\u{2164}\u{2c7d}"),
    (b'W', "\u{1d42}"),
    (b'X', "\u{2169}"),
    (b'Z', "\u{2124}\u{2128}"),
    (b'[', "\u{fe47}"),
    (b'\\', "\u{2216}\u{29f5}\u{fe68}"),
    (b']', "\u{fe48}"),
    (b'_', "\u{fe33}\u{fe34}\u{fe4d}\u{fe4e}\u{fe4f}"),
    (b'`', "\u{1fef}"),
    (b'a', "\u{aa}\u{1d43}\u{2090}"),
    (b'b', "\u{1d47}"),
    (b'c', "\u{1d9c}\u{217d}"),
    (b'd', "\u{1d48}\u{2146}\u{217e}"),
    (b'e', "\u{1d49}\u{2091}\u{212f}\u{2147}"),
    (b'f', "\u{1da0}"),
    (b'g', "\u{1d4d}\u{210a}"),
    (b'h', "\u{2b0}\u{2095}\u{210e}"),
    (b'i', "\u{1d62}\u{2071}\u{2139}\u{2148}\u{2170}\u{1d6a4}"),
    (b'j', "\u{2b2}\u{2149}\u{2c7c}\u{1d6a5}"),
    (b'k', "\u{1d4f}\u{2096}"),
    (b'l', "\u{2e1}\u{2097}\u{2113}\u{217c}"),
    (b'm', "\u{1d50}\u{2098}\u{217f}"),
    (b'n', "\u{207f}\u{2099}"),
    (b'o', "\u{ba}\u{1d52}\u{2092}\u{2134}"),
    (b'p', "\u{1d56}\u{209a}"),
    (b'q', "\u{107a5}"),
    (b'r', "\u{2b3}\u{1d63}"),
    (b's', "\u{2e2}\u{209b}"),
    (b't', "\u{1d57}\u{209c}"),
    (b'u', "\u{1d58}\u{1d64}"),
    (b'v', "\u{1d5b}\u{1d65}\u{2174}"),
    (b'w', "\u{2b7}"),
    (b'x', "\u{2e3}\u{2093}\u{2179}"),
    (b'y', "\u{2b8}"),
    (b'z', "\u{1dbb}"),
    (b'{', "\u{fe37}\u{fe5b}"),
    (b'}', "\u{fe38}\u{fe5c}"),
];
