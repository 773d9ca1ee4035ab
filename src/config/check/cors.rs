//! `cors`: the origins whose pages may read our own answers, each as browsers write it (RFC 6454 section 6.2).

use url::Url;

use super::{At as Table, Judge};
use crate::config::file::CorsAsWritten;
use crate::config::form::Written;
use crate::config::problem::Finding;
use crate::protocol::issuer::is_loopback;

/// Judges them. None where nothing is written.
pub(super) fn judge(judge: &mut Judge<'_>, written: &Written<CorsAsWritten>) -> Vec<String> {
    let Some(at) = written.given() else { return Vec::new() };
    let table = Table::of::<CorsAsWritten>(&at.place, &at.path, "");
    let origins = match &at.value.origins {
        Written::Given(origins) => origins,
        Written::Broken => return Vec::new(),
        Written::Absent => {
            judge.missing::<()>(&table, "origins");
            return Vec::new();
        }
    };
    if origins.value.0.is_empty() {
        judge.problems.push(origins.problem(Finding::Empty { write: WRITE.to_owned() }));
    }
    if origins.value.0.len() > MAX_ORIGINS {
        judge
            .problems
            .push(origins.problem(Finding::CorsTooMany { found: origins.value.0.len(), limit: MAX_ORIGINS }));
    }
    let mut known: Vec<String> = Vec::new();
    for item in &origins.value.0 {
        match read(&item.value) {
            Err(finding) => judge.problems.push(item.problem(finding)),
            Ok(()) if known.contains(&item.value) => {
                judge.problems.push(item.problem(Finding::CorsTwice(item.value.clone())));
            }
            Ok(()) => known.push(item.value.clone()),
        }
    }
    known
}

/// Exactly what a browser sends: what is written otherwise would match nothing, and a pattern too much.
fn read(text: &str) -> Result<(), Finding> {
    let found = text.to_owned();
    if text.contains('*') || text == "null" {
        return Err(Finding::CorsEveryOrigin(found));
    }
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "https" | "http") && url.has_host());
    let Some(url) = url.filter(|url| url.username().is_empty() && url.password().is_none()) else {
        return Err(Finding::CorsNotAnOrigin { found, write: None });
    };
    let origin = url.origin().ascii_serialization();
    if origin != text {
        return Err(Finding::CorsNotAnOrigin { found, write: Some(origin) });
    }
    if url.scheme() == "http" && !is_loopback(&url) {
        return Err(Finding::CorsNotHttps(found));
    }
    Ok(())
}

const WRITE: &str = "Write: origins: [https://spa.example.com]";
/// Origins of one client.
const MAX_ORIGINS: usize = 50;
