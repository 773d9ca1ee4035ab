//! Which rule of a client holds for a request.

use super::forwarded::Forwarded;
use super::path::{Match, Readings};
use super::refusal::Refusal;
use crate::config::Client;
use crate::config::bearer::Rule;

/// The first rule that fits. The last fits every request, so there is one.
///
/// # Errors
/// [`Refusal::PathAmbiguous`] where it depends on who reads the path whether a rule fits: the application may take it for one that
/// the rule guards.
pub fn find<'a>(client: &'a Client, forwarded: &Forwarded) -> Result<&'a Rule, Refusal> {
    if let [only] = client.rules.as_slice() {
        return Ok(only);
    }
    let readings = Readings::of(forwarded.path());
    for rule in &client.rules {
        if !rule.is_for(forwarded.method()) {
            continue;
        }
        match readings.matches(&rule.path) {
            Match::Yes => return Ok(rule),
            Match::No => {}
            Match::Unclear => return Err(Refusal::PathAmbiguous { rule: rule.number.unwrap_or_default() }),
        }
    }
    Err(Refusal::Internal { what: "no rule fits, and the last should".into() })
}
