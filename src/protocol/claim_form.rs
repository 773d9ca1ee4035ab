//! The forms that claims have (RFC 7519 sections 2 and 4.1). A claim of another form is never taken as absent (CVE-2026-25537).

use serde_json::{Map, Value};

use super::json;
use super::timestamp::Timestamp;

/// Why a claim cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ClaimFault {
    /// It must be there and is not.
    Missing {
        /// Its name.
        claim: &'static str,
    },
    /// It is of another kind than the specification says.
    Form {
        /// Its name.
        claim: &'static str,
        /// What is needed.
        needed: &'static str,
    },
}

pub(super) fn required_text<'a>(
    claims: &'a Map<String, Value>,
    claim: &'static str,
) -> Result<&'a str, ClaimFault> {
    needed(optional_text(claims, claim)?, claim)
}

pub(super) fn optional_text<'a>(
    claims: &'a Map<String, Value>,
    claim: &'static str,
) -> Result<Option<&'a str>, ClaimFault> {
    text(claims.get(claim), claim)
}

/// RFC 7519 section 4.1.3: one text, or a list of them.
pub(super) fn audiences(claims: &Map<String, Value>) -> Result<Vec<&str>, ClaimFault> {
    texts(claims.get("aud"), "aud")
}

/// A `NumericDate` (RFC 7519 section 2), its fraction dropped. Before 1970 and after 9999 is no time of a token.
pub(super) fn time(
    claims: &Map<String, Value>,
    claim: &'static str,
) -> Result<Option<Timestamp>, ClaimFault> {
    seconds(claims.get(claim), claim)
}

pub(super) fn text<'a>(value: Option<&'a Value>, claim: &'static str) -> Result<Option<&'a str>, ClaimFault> {
    json::as_text(value).map_err(|_| ClaimFault::Form { claim, needed: "a text" })
}

pub(super) fn needed<'a>(text: Option<&'a str>, claim: &'static str) -> Result<&'a str, ClaimFault> {
    match text {
        Some("") => Err(ClaimFault::Form { claim, needed: "a text that is not empty" }),
        Some(text) => Ok(text),
        None => Err(ClaimFault::Missing { claim }),
    }
}

pub(super) fn texts<'a>(value: Option<&'a Value>, claim: &'static str) -> Result<Vec<&'a str>, ClaimFault> {
    let unfit = ClaimFault::Form { claim, needed: "a text or a list of texts" };
    match value {
        None => Err(ClaimFault::Missing { claim }),
        Some(Value::String(one)) => Ok(vec![one]),
        Some(Value::Array(list)) => list.iter().map(Value::as_str).collect::<Option<_>>().ok_or(unfit),
        Some(_) => Err(unfit),
    }
}

pub(super) fn seconds(value: Option<&Value>, claim: &'static str) -> Result<Option<Timestamp>, ClaimFault> {
    /// 9999-12-31T23:59:59Z
    const LAST: u64 = 253_402_300_799;
    let Some(value) = value else { return Ok(None) };
    let whole = |seconds: f64| (0.0..=LAST as f64).contains(&seconds).then_some(seconds as u64);
    match value.as_u64().or_else(|| value.as_f64().and_then(whole)) {
        Some(seconds) if seconds <= LAST => Ok(Some(Timestamp::from_seconds(seconds))),
        _ => {
            let needed = "a number of seconds between the years 1970 and 9999";
            Err(ClaimFault::Form { claim, needed })
        }
    }
}
