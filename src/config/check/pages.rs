//! `server.pages_folder`: templates of the operator's, tried out before anybody sees them.

use std::path::Path;
use std::sync::Arc;

use super::Judge;
use crate::config::form::{At, Written};
use crate::config::problem::Finding;
use crate::config::source::FileFault;
use crate::pages::{Pages, is_template};

/// The pages with the templates of the folder, or as they are without one.
pub(super) fn judge(judge: &mut Judge<'_>, written: &Written<String>) -> Arc<Pages> {
    let pages = match written.given() {
        Some(at) => read(judge, at).and_then(|files| tried(judge, at, files)),
        None => None,
    };
    Arc::new(pages.unwrap_or_else(Pages::built_in))
}

fn read(judge: &mut Judge<'_>, at: &At<String>) -> Option<Vec<(String, String)>> {
    let folder = Path::new(&at.value);
    let names = match judge.files.names(folder) {
        Ok(names) => names,
        Err(fault) => {
            return judge.refuse(at.problem(Finding::PagesFolder { found: at.value.clone(), fault }));
        }
    };
    let mut names: Vec<_> = names.into_iter().filter(|name| is_template(name)).collect();
    names.sort();
    if names.is_empty() {
        return judge.refuse(at.problem(Finding::NoTemplates { found: at.value.clone() }));
    }
    if names.len() > MAX_TEMPLATES {
        return judge.refuse(at.problem(Finding::TooManyTexts(MAX_TEMPLATES)));
    }
    let mut files = Vec::new();
    for name in names {
        let text = judge.files.read(&folder.join(&name)).and_then(|contents| {
            let not_text = |_| FileFault::Unreadable("it is not UTF-8".to_owned());
            str::from_utf8(&contents.bytes).map(str::to_owned).map_err(not_text)
        });
        match text {
            Ok(text) => files.push((name, text)),
            Err(fault) => judge.problems.push(at.problem(Finding::TemplateFile { name, fault })),
        }
    }
    Some(files)
}

fn tried(judge: &mut Judge<'_>, at: &At<String>, files: Vec<(String, String)>) -> Option<Pages> {
    match Pages::with(files) {
        Ok(pages) => Some(pages),
        Err(faults) => {
            judge.problems.extend(faults.into_iter().map(|fault| at.problem(Finding::Template(fault))));
            None
        }
    }
}

/// Files of a folder with templates: ours, and as many again that those take in.
const MAX_TEMPLATES: usize = 64;
