//! `store`: where sessions are kept.

use std::path::Path;

use super::{At, Judge};
use crate::config::StoreConfig;
use crate::config::file::{ServerAsWritten, StoreAsWritten, StoreKind};
use crate::config::form::Written;
use crate::config::kind::Choice;
use crate::config::problem::Finding;

/// Judges the section. `None` if it cannot be read, or something is missing.
pub(super) fn judge(
    judge: &mut Judge<'_>,
    written: &Written<StoreAsWritten>,
    server: &Written<ServerAsWritten>,
) -> Option<StoreConfig> {
    let (at, settings) = match written {
        Written::Broken => return None,
        Written::Absent => return Some(StoreConfig::Memory),
        Written::Given(at) => (at, &at.value),
    };
    // Nobody knows what was meant by the rest.
    if let Written::Broken = settings.kind {
        return None;
    }
    if settings.kind.or(Choice(StoreKind::Memory)).0 == StoreKind::Memory {
        if let Some(path) = settings.path.given() {
            judge.problems.push(path.problem(Finding::PathOfNoFile));
        }
        return Some(StoreConfig::Memory);
    }
    // Without a key that outlives the process nothing would open again that does.
    let is_without_keys = match server {
        Written::Broken => false,
        Written::Absent => true,
        Written::Given(server) => server.value.key_files.is_absent(),
    };
    if is_without_keys && let Some(kind) = settings.kind.given() {
        judge.problems.push(kind.problem(Finding::StoreWithoutKeys));
    }
    match settings.path.given() {
        None if settings.path.is_absent() => {
            judge.missing(&At::of::<StoreAsWritten>(&at.place, "store", ""), "path")
        }
        None => None,
        Some(path) => Some(StoreConfig::File(judge.files.locate(Path::new(&path.value)))),
    }
}
