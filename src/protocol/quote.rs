//! Text from outside, as it may stand in a log line.

use std::fmt::Write as _;

/// How many characters of a text from outside are shown.
const MAX_CHARS: usize = 200;

/// The text between quotation marks, with everything that could break or forge a log line escaped, cut after 200 characters.
pub(super) fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars().take(MAX_CHARS) {
        if character.is_ascii_graphic() && !matches!(character, '"' | '\\') || character == ' ' {
            quoted.push(character);
        } else {
            // Writing to a String does not fail.
            let _ = write!(quoted, "{}", character.escape_unicode());
        }
    }
    quoted.push('"');
    if text.chars().nth(MAX_CHARS).is_some() {
        let _ = write!(quoted, "… ({} bytes)", text.len());
    }
    quoted
}
