//! Scopes, as they stand in a list.

use super::Judge;
use crate::config::form::{At, Texts};
use crate::config::problem::Finding;

/// Those that are scopes (RFC 6749 section 3.3), each once; what is wrong with the others is said.
pub(super) fn tokens(judge: &mut Judge<'_>, at: &At<Texts>) -> Vec<String> {
    let mut scopes: Vec<String> = Vec::new();
    for item in &at.value.0 {
        // scope-token = 1*( %x21 / %x23-5B / %x5D-7E )
        let fits = item.value.bytes().all(|b| matches!(b, 0x21 | 0x23..=0x5b | 0x5d..=0x7e));
        if !fits {
            judge.problems.push(item.problem(Finding::StrangeScope(item.value.clone())));
        } else if scopes.contains(&item.value) {
            judge.problems.push(item.problem(Finding::ScopeTwice(item.value.clone())));
        } else {
            scopes.push(item.value.clone());
        }
    }
    scopes
}
