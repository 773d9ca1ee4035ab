//! Which language a person reads.

use http::HeaderMap;
use http::header::ACCEPT_LANGUAGE;

use super::navigation::{FULL_WEIGHT, weight};
use crate::pages::language::Language;

/// The language that has the highest weight in `Accept-Language` (RFC 9110 section 12.5.4); among equals the one that stands first. A
/// range counts for its language whatever follows: nobody who reads `de-AT` is better off with English. `*` stands for all that are
/// not named. English if none of ours is wanted.
pub fn preferred(headers: &HeaderMap) -> Language {
    let mut named = [None; Language::ALL.len()];
    let mut others = None;
    let lines = headers.get_all(ACCEPT_LANGUAGE).iter().filter_map(|line| line.to_str().ok());
    for (place, range) in lines.flat_map(|line| line.split(',')).take(MAX_RANGES).enumerate() {
        let mut parameters = range.split(';').map(str::trim);
        let tag = parameters.next().unwrap_or_default();
        let weight = parameters
            .filter_map(|parameter| parameter.split_once('='))
            .find(|(name, _)| name.trim().eq_ignore_ascii_case("q"))
            .map_or(FULL_WEIGHT, |(_, value)| weight(value.trim()));
        let wish = Some(Wish { weight, place });
        if tag == "*" {
            others = others.max(wish);
            continue;
        }
        let primary = tag.split('-').next().unwrap_or_default();
        let at = Language::ALL.iter().position(|language| language.tag().eq_ignore_ascii_case(primary));
        if let Some(at) = at {
            named[at] = named[at].max(wish);
        }
    }
    let wishes = Language::ALL.into_iter().zip(named).map(|(language, wish)| (wish.or(others), language));
    // The first of equals: `max_by_key` alone would take the last.
    let best =
        wishes.rev().filter_map(|(wish, language)| Some((wish?, language))).max_by_key(|(wish, _)| *wish);
    best.filter(|(wish, _)| wish.weight > 0).map_or(Language::English, |(_, language)| language)
}

/// How much a language is wanted: more by weight, then by coming first.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Wish {
    weight: u16,
    place: usize,
}

impl Ord for Wish {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.weight.cmp(&other.weight).then(other.place.cmp(&self.place))
    }
}

impl PartialOrd for Wish {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// Ranges that are looked at; browsers send a handful.
const MAX_RANGES: usize = 64;
