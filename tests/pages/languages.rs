//! No text without its translations.

use std::collections::HashSet;

use http::header::ACCEPT_LANGUAGE;
use http::{HeaderMap, HeaderValue};
use vestibule::gate::language::preferred;
use vestibule::gate::refusal::Kind;
use vestibule::pages::language::Language;

/// A refusal that is new needs its sentence in `src/pages/german.rs`, `french.rs` and `spanish.rs`.
#[test]
fn every_refusal_has_a_sentence_in_every_language() {
    let mut missing = HashSet::new();
    for kind in Kind::ALL {
        let mut seen = HashSet::new();
        for language in Language::ALL {
            match language.translated(kind.sentence()) {
                Some(sentence) => {
                    assert!(seen.insert(sentence), "{language:?}: {sentence} is not translated")
                }
                None => drop(missing.insert((language.tag(), kind.sentence()))),
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_text_is_there_and_not_english() {
    // What is the same word in two languages.
    let same = ["code"];
    for language in &Language::ALL[1..] {
        for ((name, english), (_, text)) in Language::English.texts().each().zip(language.texts().each()) {
            assert!(!text.trim().is_empty(), "{language:?} {name}");
            assert!(same.contains(&name) || text != english, "{language:?} {name}: {text}");
        }
    }
}

/// RFC 9110 section 12.5.4.
#[test]
fn the_language_is_the_one_that_is_wanted_most() {
    let rows: [(&[&str], &str); 24] = [
        (&[], "en"),
        (&[""], "en"),
        (&["de"], "de"),
        (&["DE"], "de"),
        (&["de-AT"], "de"),
        (&["fr-CA, fr;q=0.8, en;q=0.5"], "fr"),
        (&["es-419,es;q=0.9,en;q=0.8"], "es"),
        (&["en;q=0.5, de;q=0.7, fr;q=0.6"], "de"),
        (&["it, fr;q=0.3"], "fr"),
        (&["it, ja"], "en"),
        (&["de;q=0, fr;q=0.1"], "fr"),
        (&["de;q=0"], "en"),
        (&["*"], "en"),
        (&["*, en;q=0"], "de"),
        (&["fr;q=0.5, *;q=0.1"], "fr"),
        (&["fr;q=0.5, *"], "en"),
        (&["fr, de"], "fr"),
        (&["de, fr"], "de"),
        (&["es;q=high, fr;q=0.2"], "fr"),
        (&["es ; q=0.4 , de ; q=0.3"], "es"),
        (&["german, deu"], "en"),
        (&["en-US, de"], "en"),
        (&["it", "es;q=0.9"], "es"),
        (&["de;q=1.001, es;q=0.1"], "es"),
    ];
    for (lines, tag) in rows {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(ACCEPT_LANGUAGE, HeaderValue::from_str(line).unwrap());
        }
        assert_eq!(preferred(&headers).tag(), tag, "{lines:?}");
    }
}
