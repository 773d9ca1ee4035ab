//! What a person is called on a page that only they see.

/// The name of an account as it may stand on a page: one line of at most [`MAX_SHOWN`] characters, in which nothing is invisible or
/// turns the direction of what follows (K-01); in place of each such character stands U+FFFD. None if nothing is left to see.
pub fn shown(name: &str) -> Option<String> {
    let mut shown: String = name
        .trim()
        .chars()
        .take(MAX_SHOWN)
        .map(|c| if is_hidden(c) { char::REPLACEMENT_CHARACTER } else { c })
        .collect();
    if name.trim().chars().nth(MAX_SHOWN).is_some() {
        shown.push('…');
    }
    (!shown.is_empty()).then_some(shown)
}

/// Control characters, and what Unicode lets nobody see: bidirectional marks, joiners, fillers, variation selectors and tags (Unicode
/// Standard Annex 9; `Default_Ignorable_Code_Point`), and the blank pattern of Braille.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Characters of a name.
pub const MAX_SHOWN: usize = 128;

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn a_name_shows_all_that_it_is_made_of() {
        assert_eq!(shown("  Zoë Nuñez ").as_deref(), Some("Zoë Nuñez"));
        assert_eq!(shown("ada\u{202e}gpj.exe\u{0}\n").as_deref(), Some("ada\u{fffd}gpj.exe\u{fffd}"));
        assert_eq!(shown("a\u{200b}b\u{2066}c").as_deref(), Some("a\u{fffd}b\u{fffd}c"));
        assert_eq!(
            shown("ada\u{3164}\u{2800}x\u{34f}\u{e0100}").as_deref(),
            Some("ada\u{fffd}\u{fffd}x\u{fffd}\u{fffd}")
        );
        assert_eq!(shown(" \t "), None);
        assert_eq!(shown(&"x".repeat(200)).unwrap().chars().count(), 129);
        assert_eq!(shown(&"x".repeat(128)).unwrap(), "x".repeat(128));
    }
}
