//! Whether a path falls under a pattern, for everybody who may read it on its way.
//!
//! The proxy in front and the application behind need not read a path as we do: one decodes `%2f`, another resolves `..;`, a
//! third does not care for letter case. A rule holds only if all of them agree that the path is under it, and is passed over
//! only if none of them thinks so.
//!
//! What no look at a path can tell is left to whoever writes the rules: that an application serves `/admin` as `/admin.json`
//! or `/index.php/admin` too, a short name of Windows (`/ADMINI~1`), a letter and its accent as two characters (NFD).

use std::collections::BTreeSet;

use super::reading::{self, WAYS};
use crate::config::path_pattern::{Likeness, PathPattern};

/// All that one forwarded path, without its query, may be read as.
#[derive(Clone, Debug)]
pub struct Readings<'a> {
    written: &'a [u8],
    ways: Ways<'a>,
}

#[derive(Clone, Debug)]
enum Ways<'a> {
    /// Everybody reads it as it is written, letter case aside.
    One(&'a [u8]),
    /// As written, and otherwise.
    Several(BTreeSet<Vec<u8>>),
    /// More ways than are looked at, or no path at all.
    Countless,
}

/// Whether a path falls under a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    /// Whoever reads it.
    Yes,
    /// Whoever reads it, it does not.
    No,
    /// It depends on who reads it; the caller refuses the request.
    Unclear,
}

impl<'a> Readings<'a> {
    /// Finds them. Nearly every path has but one, which costs nothing more than a look at each byte.
    ///
    /// `path` is [`super::forwarded::Forwarded::path`]; of a text that does not begin with a slash nothing is certain.
    pub fn of(path: &'a str) -> Self {
        let path = path.as_bytes();
        let ways = if !path.starts_with(b"/") {
            Ways::Countless
        } else if reading::is_plain(path) {
            Ways::One(path)
        } else {
            all(path).map_or(Ways::Countless, Ways::Several)
        };
        Self { written: path, ways }
    }

    /// Whether the path could mean another one to somebody, whatever the rules are: then it falls under no rule that lets everybody in.
    pub fn is_two_faced(&self) -> bool {
        match &self.ways {
            Ways::One(_) => false,
            Ways::Several(_) => reading::is_two_faced(self.written),
            Ways::Countless => true,
        }
    }

    /// Whether it falls under this pattern. Everything falls under `/*`.
    pub fn matches(&self, pattern: &PathPattern) -> Match {
        if pattern.covers_everything() {
            return Match::Yes;
        }
        match &self.ways {
            Ways::One(path) => match pattern.compare(path) {
                Likeness::Same => Match::Yes,
                Likeness::OtherCase => Match::Unclear,
                Likeness::Different => Match::No,
            },
            Ways::Several(readings) => {
                let mut found = readings.iter().map(|reading| pattern.compare(reading));
                match found.next() {
                    Some(Likeness::Same) if found.all(|next| next == Likeness::Same) => Match::Yes,
                    Some(Likeness::Different) if found.all(|next| next == Likeness::Different) => Match::No,
                    _ => Match::Unclear,
                }
            }
            Ways::Countless => Match::Unclear,
        }
    }
}

/// What every way makes of the path and of what another way has made of it, until nothing new comes. None beyond
/// [`MAX_READINGS`] or [`MAX_READING_BYTES`].
fn all(path: &[u8]) -> Option<BTreeSet<Vec<u8>>> {
    let as_written = reading::normal(path);
    let mut bytes = as_written.len();
    let mut found = BTreeSet::from([as_written.clone()]);
    let mut next = vec![as_written];
    while let Some(reading) = next.pop() {
        for way in WAYS {
            let read = way(&reading);
            if read == reading {
                continue;
            }
            let read = reading::normal(&read);
            if found.contains(&read) {
                continue;
            }
            bytes += read.len();
            if found.len() == MAX_READINGS || bytes > MAX_READING_BYTES {
                return None;
            }
            if !reading::is_plain(&read) {
                next.push(read.clone());
            }
            found.insert(read);
        }
    }
    Some(found)
}

/// Readings of one path. A path of a real application has fewer than ten.
const MAX_READINGS: usize = 256;
/// Bytes of all readings of one path together: what bounds the time for a long one.
const MAX_READING_BYTES: usize = 64 * 1024;
