//! Whether a condition on claims holds for somebody.
//!
//! What cannot be judged is neither true nor false, and `not` does not make it true: a claim that is missing, or of another form
//! than the test needs, lets nobody in (Kleene's logic of three values).

use std::borrow::Cow;

use serde_json::Value;

use super::render::is_inexact;
use crate::config::condition::{Condition, Test, Wanted};
use crate::protocol::claim_path::ClaimPath;

/// What came of a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judged<'a> {
    /// It holds.
    Holds,
    /// It does not.
    Fails(Why<'a>),
    /// That cannot be said.
    Unknown(Why<'a>),
}

/// The claim that it depends on, and what of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why<'a> {
    /// Where the claim is.
    pub claim: &'a ClaimPath,
    /// What is true of it.
    pub found: Found,
}

/// What was found in place of what a condition asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// There is no such claim.
    Nothing,
    /// It is of another form than the test needs: an object, a list in a list, for `equals` a list.
    OtherForm,
    /// So many values, and not the ones that are asked for.
    Others(usize),
    /// What `not` or `present: false` keep out.
    TooMuch,
}

/// Judges a condition by the claims that `get` gives; the claim of a person that a token of a machine has is none.
pub fn judge<'a, 'v>(condition: &'a Condition, get: &impl Fn(&ClaimPath) -> Option<&'v Value>) -> Judged<'a> {
    match condition {
        Condition::And(first, rest) => {
            let mut unknown = None;
            for one in std::iter::once(&**first).chain(rest) {
                match judge(one, get) {
                    Judged::Holds => {}
                    Judged::Fails(why) => return Judged::Fails(why),
                    Judged::Unknown(why) => unknown = unknown.or(Some(why)),
                }
            }
            unknown.map_or(Judged::Holds, Judged::Unknown)
        }
        Condition::Or(first, rest) => {
            let mut best = judge(first, get);
            for one in rest {
                best = match (best, judge(one, get)) {
                    (Judged::Holds, _) | (_, Judged::Holds) => return Judged::Holds,
                    (Judged::Unknown(why), _) | (Judged::Fails(_), Judged::Unknown(why)) => {
                        Judged::Unknown(why)
                    }
                    (Judged::Fails(why), Judged::Fails(_)) => Judged::Fails(why),
                };
            }
            best
        }
        Condition::Not(inner) => match judge(inner, get) {
            Judged::Holds => Judged::Fails(Why { claim: inner.first_claim(), found: Found::TooMuch }),
            Judged::Fails(_) => Judged::Holds,
            Judged::Unknown(why) => Judged::Unknown(why),
        },
        Condition::Claim(claim, test) => match test_claim(test, get(claim), get) {
            Tested::Holds => Judged::Holds,
            Tested::Fails(found) => Judged::Fails(Why { claim, found }),
            Tested::Unknown(found) => Judged::Unknown(Why { claim, found }),
        },
    }
}

enum Tested {
    Holds,
    Fails(Found),
    Unknown(Found),
}

fn test_claim<'v>(
    test: &Test,
    value: Option<&'v Value>,
    get: &impl Fn(&ClaimPath) -> Option<&'v Value>,
) -> Tested {
    let is_there = value.is_some_and(is_something);
    if let Test::Present(wanted) = test {
        return match (is_there, wanted) {
            (true, true) | (false, false) => Tested::Holds,
            (true, false) => Tested::Fails(Found::TooMuch),
            (false, true) => Tested::Fails(Found::Nothing),
        };
    }
    let Some(value) = value.filter(|_| is_there) else { return Tested::Unknown(Found::Nothing) };
    let Some(values) = values(value) else { return Tested::Unknown(Found::OtherForm) };
    let has = |wanted: &Wanted| values.iter().any(|value| is(value, wanted));
    let texts = || values.iter().filter_map(|value| value.as_str());
    let holds = match test {
        Test::Any(wanted) => wanted.iter().any(has),
        Test::All(wanted) => wanted.iter().all(has),
        Test::None(wanted) => !wanted.iter().any(has),
        Test::Contains(wanted) => has(wanted),
        Test::Equals(_) if value.is_array() => return Tested::Unknown(Found::OtherForm),
        Test::Equals(wanted) => has(wanted),
        Test::Matches(pattern) => texts().any(|text| pattern.matches(text)),
        Test::Domain { domains, verified } => {
            let is_verified = || {
                let said = ClaimPath::parse("email_verified").and_then(|path| get(&path));
                said == Some(&Value::Bool(true))
            };
            texts().any(|text| is_at(text, domains)) && (!verified || is_verified())
        }
        Test::Present(_) => is_there,
    };
    match (holds, test) {
        (true, _) => Tested::Holds,
        (false, Test::None(_)) => Tested::Fails(Found::TooMuch),
        (false, _) => Tested::Fails(Found::Others(values.len())),
    }
}

fn is_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

/// The items of a list, or the one value; none if it is, or has, anything that no test can compare with.
fn values(value: &Value) -> Option<Vec<&Value>> {
    let items = match value {
        Value::Array(items) => items.iter().collect(),
        other => vec![other],
    };
    let is_one = |item: &&Value| match item {
        Value::Number(number) => !is_inexact(number),
        Value::String(_) | Value::Bool(_) => true,
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    };
    items.iter().all(is_one).then_some(items)
}

fn is(value: &Value, wanted: &Wanted) -> bool {
    match (value, wanted) {
        (Value::Bool(flag), Wanted::Flag(wanted)) => flag == wanted,
        (Value::String(text), Wanted::Text(wanted)) => text == wanted,
        (Value::Number(number), Wanted::Text(wanted)) => number.to_string() == *wanted,
        _ => false,
    }
}

/// Whether an address is one at such a domain: one `@`, something before it, a domain of ASCII behind it (B-16).
fn is_at(address: &str, domains: &[String]) -> bool {
    let Some((local, domain)) = address.split_once('@') else { return false };
    let domain: Cow<'_, str> = if domain.bytes().any(|byte| byte.is_ascii_uppercase()) {
        domain.to_ascii_lowercase().into()
    } else {
        domain.into()
    };
    let is_plain = |text: &str| !text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '"');
    !local.is_empty() && is_plain(local) && !domain.contains('@') && domains.iter().any(|one| *one == domain)
}
