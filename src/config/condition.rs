//! What must be true of the claims of whoever is let in.

use std::fmt;

use regex::{Regex, RegexBuilder};

use crate::protocol::claim_path::ClaimPath;

/// A condition on claims. Whether it holds for somebody, `gate::condition` says.
#[derive(Clone, Debug)]
pub enum Condition {
    /// All of these.
    And(Box<Self>, Vec<Self>),
    /// One of these.
    Or(Box<Self>, Vec<Self>),
    /// Not this.
    Not(Box<Self>),
    /// A test of one claim.
    Claim(ClaimPath, Test),
}

/// What a claim must be. One value counts as a list of one.
#[derive(Clone, Debug)]
pub enum Test {
    /// It has one of these.
    Any(Vec<Wanted>),
    /// It has all of these.
    All(Vec<Wanted>),
    /// It has none of these.
    None(Vec<Wanted>),
    /// It is this, and no list.
    Equals(Wanted),
    /// It has this.
    Contains(Wanted),
    /// It is, or one of its items is, a text of this form as a whole.
    Matches(Pattern),
    /// It is an e-mail address at one of these domains.
    Domain {
        /// In lower case.
        domains: Vec<String>,
        /// Whether `email_verified` must be true.
        verified: bool,
    },
    /// It is there, or is not. `null`, an empty text and an empty list are nothing.
    Present(bool),
}

/// One value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A text, or a number in the form in which JSON writes it.
    Text(String),
    /// A boolean; a text that says `true` is none.
    Flag(bool),
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Flag(flag) => write!(f, "{flag}"),
        }
    }
}

impl Condition {
    /// The same where an address counts by its domain whether it was verified or not.
    #[must_use]
    pub fn trusting_addresses(self) -> Self {
        let inside = |inner: Box<Self>| Box::new(inner.trusting_addresses());
        let each = |rest: Vec<Self>| rest.into_iter().map(Self::trusting_addresses).collect();
        match self {
            Self::And(first, rest) => Self::And(inside(first), each(rest)),
            Self::Or(first, rest) => Self::Or(inside(first), each(rest)),
            Self::Not(inner) => Self::Not(inside(inner)),
            Self::Claim(path, Test::Domain { domains, .. }) => {
                Self::Claim(path, Test::Domain { domains, verified: false })
            }
            Self::Claim(path, test) => Self::Claim(path, test),
        }
    }

    /// Every claim that it looks at.
    pub fn claims(&self) -> Vec<&ClaimPath> {
        match self {
            Self::And(first, rest) | Self::Or(first, rest) => {
                first.claims().into_iter().chain(rest.iter().flat_map(Self::claims)).collect()
            }
            Self::Not(inner) => inner.claims(),
            Self::Claim(path, _) => vec![path],
        }
    }

    /// The first claim that it looks at.
    pub fn first_claim(&self) -> &ClaimPath {
        match self {
            Self::And(first, _) | Self::Or(first, _) | Self::Not(first) => first.first_claim(),
            Self::Claim(path, _) => path,
        }
    }
}

/// A regular expression that a text matches as a whole, in time that is linear in the text.
#[derive(Clone, Debug)]
pub struct Pattern {
    whole: Regex,
    folded: Regex,
}

/// Why a text is no pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PatternFault {
    /// It has more than [`MAX_PATTERN_BYTES`].
    TooLong {
        /// How many it has.
        bytes: usize,
    },
    /// It would take more than [`MAX_COMPILED_BYTES`] of memory.
    TooLarge,
    /// It is no regular expression, and this is why.
    Syntax(String),
}

impl Pattern {
    /// Reads a regular expression. It is anchored at both ends, whether it says so or not.
    ///
    /// # Errors
    /// [`PatternFault`]
    pub fn parse(text: &str) -> Result<Self, PatternFault> {
        if text.len() > MAX_PATTERN_BYTES {
            return Err(PatternFault::TooLong { bytes: text.len() });
        }
        Self::parse_unlimited(text)
    }

    /// The same for a text that we wrote, however long.
    pub(super) fn parse_unlimited(text: &str) -> Result<Self, PatternFault> {
        // By itself first: a text such as `a)|(b` is none, though it would be one between parentheses.
        build(text, false)?;
        let whole = format!(r"\A(?:{text})\z");
        Ok(Self { whole: build(&whole, false)?, folded: build(&whole, true)? })
    }

    /// Whether the whole text matches.
    pub fn matches(&self, text: &str) -> bool {
        self.whole.is_match(text)
    }

    /// Whether it would if letter case did not count.
    pub fn matches_but_for_case(&self, text: &str) -> bool {
        self.folded.is_match(text)
    }
}

fn build(text: &str, case_insensitive: bool) -> Result<Regex, PatternFault> {
    RegexBuilder::new(text)
        .size_limit(MAX_COMPILED_BYTES)
        .dfa_size_limit(MAX_COMPILED_BYTES)
        .case_insensitive(case_insensitive)
        .build()
        .map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => PatternFault::TooLarge,
            // The last line says what, those above show where in several lines.
            other => {
                let text = other.to_string();
                let last = text.lines().last().unwrap_or_default().trim();
                PatternFault::Syntax(last.trim_start_matches("error: ").to_owned())
            }
        })
}

/// Bytes of a regular expression.
pub const MAX_PATTERN_BYTES: usize = 512;
/// Bytes of memory that one may take.
const MAX_COMPILED_BYTES: usize = 256 * 1024;
