//! The languages of the pages.

use super::texts::Texts;
use super::{english, french, german, spanish};

/// A language that every page has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    /// Where nothing else fits.
    English,
    /// With the formal address.
    German,
    /// With the formal address.
    French,
    /// With the formal address.
    Spanish,
}

impl Language {
    /// All of them; the first is for everybody whose language is not among them.
    pub const ALL: [Self; 4] = [Self::English, Self::German, Self::French, Self::Spanish];

    /// Its tag (BCP 47), for `lang` and `Content-Language`.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
            Self::French => "fr",
            Self::Spanish => "es",
        }
    }

    /// Everything that a page says by itself.
    pub const fn texts(self) -> &'static Texts {
        match self {
            Self::English => &english::TEXTS,
            Self::German => &german::TEXTS,
            Self::French => &french::TEXTS,
            Self::Spanish => &spanish::TEXTS,
        }
    }

    /// The sentence of a refusal, which is written in English where it is refused (`gate::refusal`). One that is in no table comes
    /// back as it is; a test fails then.
    pub fn sentence(self, english: &'static str) -> &'static str {
        self.translated(english).unwrap_or(english)
    }

    /// The same, if it is in the table.
    pub fn translated(self, english: &'static str) -> Option<&'static str> {
        let table = match self {
            Self::English => return Some(english),
            Self::German => german::SENTENCES,
            Self::French => french::SENTENCES,
            Self::Spanish => spanish::SENTENCES,
        };
        table.iter().find(|(of, _)| *of == english).map(|(_, sentence)| *sentence)
    }
}
