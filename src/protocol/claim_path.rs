//! Where a claim is found.

use std::fmt;

use serde_json::{Map, Value};

/// The place of a claim, as written in clients.yaml: member names joined with dots (`realm_access.roles`). A
/// member whose own name has dots (`https://x.example/roles`) is found by its whole name first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClaimPath(String);

impl ClaimPath {
    /// Takes a path as written. `None` if it is empty or has an empty step.
    pub fn parse(text: &str) -> Option<Self> {
        (!text.split('.').any(str::is_empty)).then(|| Self(text.to_owned()))
    }

    /// The path as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The value at this place, if there is one.
    pub fn find<'a>(&self, claims: &'a Map<String, Value>) -> Option<&'a Value> {
        self.find_by(|name| claims.get(name))
    }

    /// The value at this place, where `get` gives the outermost members.
    pub(super) fn find_by<'a>(&self, get: impl Fn(&str) -> Option<&'a Value>) -> Option<&'a Value> {
        find(&self.0, &get)
    }
}

impl fmt::Display for ClaimPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn find<'a>(path: &str, get: &dyn Fn(&str) -> Option<&'a Value>) -> Option<&'a Value> {
    if let Some(value) = get(path) {
        return Some(value);
    }
    // The longest first step that exists wins, so that {"a.b": {"c": 1}} and {"a": {"b": {"c": 1}}} are both reached.
    path.rmatch_indices('.').find_map(|(dot, _)| match get(&path[..dot]) {
        Some(Value::Object(inner)) => find(&path[dot + 1..], &|name| inner.get(name)),
        _ => None,
    })
}
