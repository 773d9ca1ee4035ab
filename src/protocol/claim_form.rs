//! The forms that claims have (RFC 7519 sections 2 and 4.1). A claim of another form is never taken as absent (CVE-2026-25537).

use std::time::Duration;

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
    match optional_text(claims, claim)? {
        Some("") => Err(ClaimFault::Form { claim, needed: "a text that is not empty" }),
        Some(text) => Ok(text),
        None => Err(ClaimFault::Missing { claim }),
    }
}

pub(super) fn optional_text<'a>(
    claims: &'a Map<String, Value>,
    claim: &'static str,
) -> Result<Option<&'a str>, ClaimFault> {
    json::text(claims, claim).map_err(|_| ClaimFault::Form { claim, needed: "a text" })
}

/// RFC 7519 section 4.1.3: one text, or a list of them.
pub(super) fn audiences(claims: &Map<String, Value>) -> Result<Vec<&str>, ClaimFault> {
    let needed = "a text or a list of texts";
    match claims.get("aud") {
        None => Err(ClaimFault::Missing { claim: "aud" }),
        Some(Value::String(one)) => Ok(vec![one]),
        Some(Value::Array(list)) => list
            .iter()
            .map(Value::as_str)
            .collect::<Option<_>>()
            .ok_or(ClaimFault::Form { claim: "aud", needed }),
        Some(_) => Err(ClaimFault::Form { claim: "aud", needed }),
    }
}

/// A `NumericDate` (RFC 7519 section 2), its fraction dropped. Before 1970 and after 9999 is no time of a token.
pub(super) fn time(
    claims: &Map<String, Value>,
    claim: &'static str,
) -> Result<Option<Timestamp>, ClaimFault> {
    /// 9999-12-31T23:59:59Z
    const LAST: f64 = 253_402_300_799.0;
    let Some(value) = claims.get(claim) else { return Ok(None) };
    match value.as_f64() {
        Some(seconds) if (0.0..=LAST).contains(&seconds) => {
            Ok(Some(Timestamp::from_seconds(Duration::from_secs_f64(seconds).as_secs())))
        }
        _ => Err(ClaimFault::Form { claim, needed: "a number of seconds between the years 1970 and 9999" }),
    }
}
