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

/// Control characters, and those of format: bidirectional marks, joiners, tags (Unicode Standard Annex 9; General Category Cf).
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
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
        assert_eq!(shown(" \t "), None);
        assert_eq!(shown(&"x".repeat(200)).unwrap().chars().count(), 129);
        assert_eq!(shown(&"x".repeat(128)).unwrap(), "x".repeat(128));
    }
}
