//! Which header tells the application which claim, and in which form.

use http::HeaderName;

use super::condition::Pattern;
use crate::protocol::claim_path::ClaimPath;
use crate::protocol::claim_source::ClaimSource;

/// One claim that the application is told in a header.
#[derive(Clone, Debug)]
pub struct ClaimHeader {
    /// Where the claim is found.
    pub claim: ClaimPath,
    /// Who must say it.
    pub source: ClaimSource,
    /// The header that carries it.
    pub header: HeaderName,
    /// What of the claim is sent.
    pub rendering: Rendering,
    /// How it is written.
    pub form: ValueForm,
}

/// What of a claim is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rendering {
    /// Its value; an object is refused where no JSON is sent.
    Value,
    /// Of an object the names of its members, as a list; anything else as it is.
    Names,
}

/// How the value of a claim is written. The steps are taken in the order of the fields.
#[derive(Clone, Debug, Default)]
pub struct ValueForm {
    /// Only values that begin so count, and are sent without it.
    pub strip_prefix: Option<String>,
    /// Whether letters are sent in lower case.
    pub letter_case: LetterCase,
    /// Only values that are of this form as a whole count, after the steps before.
    pub allow: Option<Pattern>,
    /// What is sent where nothing is left. Nobody, on a public route, is told by the empty value all the same.
    pub default: Option<String>,
    /// Whether one value is written as a list of one.
    pub single: Single,
    /// How several values are one.
    pub list: ListForm,
    /// How what fits no header is written.
    pub encoding: Encoding,
    /// Values that are sent at most.
    pub max_items: Option<usize>,
    /// Bytes that are sent at most, after the encoding.
    pub max_bytes: Option<usize>,
    /// What becomes of more than that.
    pub over: Over,
}

/// Whether letters are sent as they came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LetterCase {
    /// They are.
    #[default]
    AsIs,
    /// In lower case.
    Lower,
}

/// How one value is written where others have several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Single {
    /// As text, with its commas.
    #[default]
    Text,
    /// As a list of one: a comma in it must not make two.
    Item,
}

impl Single {
    /// Of a claim that has several values at most providers, by its name: groups and roles.
    pub fn of(claim: &ClaimPath) -> Self {
        let name = claim.as_str();
        if name.ends_with("groups") || name.ends_with("roles") { Self::Item } else { Self::Text }
    }
}

/// How several values are one header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ListForm {
    /// Joined with commas.
    #[default]
    Joined,
    /// As a JSON array, one value too; an object as a JSON object.
    Json,
}

/// How text is written that has more than ASCII in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// Its UTF-8 percent-encoded (RFC 3986 section 2.1), and `%` too, so that it can be read back.
    #[default]
    Percent,
    /// As it is, in UTF-8.
    Utf8,
    /// As encoded words (RFC 2047 section 2), where it is not plain.
    Rfc2047,
    /// As quoted-printable (RFC 2045 section 6.7), in one line.
    QuotedPrintable,
    /// All of it in base64 (RFC 4648 section 4).
    Base64,
    /// By the letters of ASCII that look or sound alike. It cannot be read back, and two texts may become one.
    AsciiFold,
}

/// What becomes of a value that is longer than it may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Over {
    /// Nobody is let in with it.
    #[default]
    Deny,
    /// The header is empty, and the log says so.
    Drop,
    /// Of a list as many whole values as fit are sent, and the log says so; one value that does not fit is dropped.
    Truncate,
}
