//! Text into a header's value, by each of the encodings. What comes out has no control character, and where it is one of several values
//! joined with commas, no comma of its own.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::config::claim_header::Encoding;

/// Writes one text.
///
/// # Errors
/// Why it does not fit a header.
pub(super) fn whole(text: &str, encoding: Encoding) -> Result<String, &'static str> {
    no_control(text)?;
    Ok(match encoding {
        Encoding::Percent => percent(text),
        Encoding::AsciiFold => percent(&fold(text)),
        Encoding::Utf8 => no_edges(text)?.to_owned(),
        Encoding::Rfc2047 if has_edges(text) => encoded_words(text),
        Encoding::Rfc2047 => words(text, is_ascii).into_owned(),
        Encoding::QuotedPrintable => quoted_printable(text, |byte| byte == b'='),
        Encoding::Base64 => STANDARD.encode(text),
    })
}

/// Writes several, joined with commas.
///
/// # Errors
/// Why one does not fit, or could not be told from two.
pub(super) fn list(items: &[Cow<'_, str>], encoding: Encoding) -> Result<String, &'static str> {
    let mut joined = String::new();
    for (place, text) in items.iter().enumerate() {
        no_control(text)?;
        if place > 0 {
            joined.push(',');
        }
        match encoding {
            Encoding::Percent => joined.extend(utf8_percent_encode(text, &ITEM)),
            Encoding::AsciiFold => joined.extend(utf8_percent_encode(&fold(text), &ITEM)),
            Encoding::Utf8 => joined.push_str(no_edges(no_separator(text)?)?),
            Encoding::Rfc2047 => joined.push_str(&words(text, is_ascii_item)),
            Encoding::QuotedPrintable => {
                joined.push_str(&quoted_printable(text, |byte| matches!(byte, b'=' | b',' | b';' | b' ')))
            }
            Encoding::Base64 => joined.push_str(no_separator(text)?),
        }
    }
    Ok(if encoding == Encoding::Base64 { STANDARD.encode(joined) } else { joined })
}

/// By the letters of ASCII that look or sound alike.
pub(super) fn fold(text: &str) -> Cow<'_, str> {
    deunicode::deunicode_with_tofu_cow(text, "?")
}

/// One that could end the header and begin another; encoded it would be safe, but no directory holds it by intention.
pub(super) fn no_control(text: &str) -> Result<(), &'static str> {
    if text.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
        Err("it has a control character")
    } else {
        Ok(())
    }
}

fn no_edges(text: &str) -> Result<&str, &'static str> {
    if text.chars().any(char::is_control) {
        return Err("it has a control character");
    }
    if has_edges(text) { Err("it begins or ends with a blank, which utf8 cannot write") } else { Ok(text) }
}

/// C-05: somebody may split there.
fn no_separator(text: &str) -> Result<&str, &'static str> {
    if text.contains([',', ';']) {
        return Err("a value has a comma or semicolon, which this encoding cannot write in a joined list");
    }
    Ok(text)
}

fn has_edges(text: &str) -> bool {
    text.starts_with(' ') || text.ends_with(' ')
}

/// Proxies trim values; a blank that counts has to be encoded.
fn percent(text: &str) -> String {
    let inner = text.trim_matches(' ');
    if inner.len() == text.len() {
        return utf8_percent_encode(inner, &TEXT).to_string();
    }
    let before = text.len() - text.trim_start_matches(' ').len();
    let after = if inner.is_empty() { 0 } else { text.len() - before - inner.len() };
    let inner = utf8_percent_encode(inner, &TEXT).to_string();
    "%20".repeat(before) + &inner + &"%20".repeat(after)
}

/// As it is where that cannot be misread, else as encoded words.
fn words(text: &str, is_plain: fn(&str) -> bool) -> Cow<'_, str> {
    if is_plain(text) && !text.contains("=?") { text.into() } else { encoded_words(text).into() }
}

fn is_ascii(text: &str) -> bool {
    text.is_ascii()
}

fn is_ascii_item(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b',' | b';'))
}

/// RFC 2047 sections 2 and 5: at most 75 characters each, none cut in the middle of a character, with a blank between two that does
/// not count.
fn encoded_words(text: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        // No character has more than four bytes, so one of these is between two.
        let most = rest.len().min(WORD_BYTES);
        let cut = (1..=most).rev().find(|cut| rest.is_char_boundary(*cut)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(cut);
        words.push(format!("=?UTF-8?B?{}?=", STANDARD.encode(word)));
        rest = after;
    }
    words.join(" ")
}

/// RFC 2045 section 6.7, without its line breaks.
fn quoted_printable(text: &str, is_special: fn(u8) -> bool) -> String {
    let mut quoted = String::with_capacity(text.len());
    for (place, byte) in text.bytes().enumerate() {
        let is_edge = byte == b' ' && (place == 0 || place + 1 == text.len());
        if byte.is_ascii() && !is_special(byte) && !is_edge {
            quoted.push(char::from(byte));
        } else {
            quoted.push('=');
            for digit in [byte >> 4, byte & 0xf] {
                quoted.extend(char::from_digit(u32::from(digit), 16).map(|digit| digit.to_ascii_uppercase()));
            }
        }
    }
    quoted
}

/// Bytes in one encoded word: in base64 and with what stands around them, 75 characters at most.
const WORD_BYTES: usize = 45;

const TEXT: AsciiSet = CONTROLS.add(b'%');
const ITEM: AsciiSet = TEXT.add(b',').add(b';').add(b' ');
