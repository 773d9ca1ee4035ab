//! Characters that a lenient reader takes for one of ASCII.

/// Replaces all of them: forms of UTF-8 that are longer than they should be (RFC 3629 section 10), and what Unicode's
/// compatibility forms (NFKC) or a Windows code page make an ASCII character of, as far as attacks have used it.
pub(super) fn replace(text: &[u8]) -> Vec<u8> {
    let mut replaced = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, after @ ..] = rest {
        if let Some((byte, length)) = overlong(rest) {
            replaced.push(byte);
            rest = &rest[length..];
        } else if let Some((found, length)) = character(rest) {
            match ascii(found) {
                Some(sign) => replaced.push(sign),
                None if found == '\u{2025}' => replaced.extend(b".."),
                None => replaced.extend(&rest[..length]),
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
        _ => SINGLE.iter().find_map(|(sign, these)| these.contains(found).then_some(*sign)),
    }
}

const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const DIGITS: &[u8] = b"0123456789";
/// Those that stand alone; the letters fill the gaps among the mathematical ones.
const SINGLE: [(u8, &str); 35] = [
    (b'/', "\u{2044}\u{2215}\u{29f8}"),
    (b'\\', "\u{2216}\u{29f5}\u{fe68}"),
    (b'.', "\u{2024}\u{fe52}"),
    (b';', "\u{37e}\u{fe54}"),
    (b'?', "\u{fe56}"),
    (b'#', "\u{fe5f}"),
    (b'%', "\u{fe6a}"),
    (b'&', "\u{fe60}"),
    (b'B', "\u{212c}"),
    (b'C', "\u{2102}\u{212d}"),
    (b'D', "\u{2145}"),
    (b'd', "\u{2146}"),
    (b'E', "\u{2130}"),
    (b'e', "\u{212f}\u{2147}"),
    (b'F', "\u{2131}"),
    (b'g', "\u{210a}"),
    (b'H', "\u{210b}\u{210c}\u{210d}"),
    (b'h', "\u{210e}"),
    (b'I', "\u{130}\u{2110}\u{2111}"),
    (b'i', "\u{2139}\u{2148}\u{1d6a4}"),
    (b'j', "\u{2149}\u{1d6a5}"),
    (b'L', "\u{2112}"),
    (b'l', "\u{2113}"),
    (b'M', "\u{2133}"),
    (b'N', "\u{2115}"),
    (b'o', "\u{2134}"),
    (b'P', "\u{2119}"),
    (b'Q', "\u{211a}"),
    (b'R', "\u{211b}\u{211c}\u{211d}"),
    (b'Z', "\u{2124}\u{2128}"),
    (b' ', "\u{a0}\u{2002}\u{2003}\u{2009}\u{202f}\u{3000}"),
    (b'a', "\u{aa}"),
    (b'1', "\u{b9}"),
    (b'2', "\u{b2}"),
    (b'3', "\u{b3}"),
];
