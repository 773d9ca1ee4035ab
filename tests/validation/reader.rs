//! Reads the tests: which names stand in their comments, and which refusal codes they expect.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// What is known of one name from the tests.
#[derive(Default)]
pub(crate) struct Pinned {
    tests: BTreeSet<String>,
    codes: BTreeSet<String>,
}

/// The tests as a cell of a table.
pub(crate) fn tests_of(found: Option<&Pinned>) -> String {
    cell(found.map(|found| &found.tests))
}

/// The refusal codes as a cell of a table.
pub(crate) fn codes_of(found: Option<&Pinned>) -> String {
    cell(found.map(|found| &found.codes))
}

fn cell(items: Option<&BTreeSet<String>>) -> String {
    let items = items.into_iter().flatten().map(|item| format!("`{item}`"));
    items.collect::<Vec<_>>().join(", ")
}

/// By name: the tests whose comment has it, and the refusal codes in them. A name is a word of letters, digits and hyphens.
pub(crate) fn pinned(root: &Path, is_name: fn(&str) -> bool) -> BTreeMap<String, Pinned> {
    let (tests, codes) = (root.join("tests"), refusal_codes(root));
    let mut found: BTreeMap<String, Pinned> = BTreeMap::new();
    for file in sources(&tests) {
        let text = fs::read_to_string(&file).unwrap();
        let at =
            file.strip_prefix(&tests).unwrap().with_extension("").display().to_string().replace('/', "::");
        let (mut comments, mut test, mut names) = (Vec::new(), None, Vec::new());
        let mut is_test = false;
        for line in text.lines() {
            let inner = line.trim_start();
            if let Some(comment) = inner.strip_prefix("//") {
                comments.extend(names_in(comment, is_name));
                if let Some(test) = &test {
                    // Inside a test: the rows of a table say which name they are of.
                    for name in names_in(comment, is_name) {
                        found.entry(name.clone()).or_default().tests.insert(format!("{at}::{test}"));
                        names.push(name);
                    }
                }
            } else if let Some(rest) = line.strip_prefix("fn ").or_else(|| line.strip_prefix("async fn ")) {
                let this = rest.split(['(', '<']).next().unwrap().to_owned();
                let pinning = std::mem::take(&mut comments);
                if std::mem::take(&mut is_test) {
                    for name in &pinning {
                        found.entry(name.clone()).or_default().tests.insert(format!("{at}::{this}"));
                    }
                    (test, names) = (Some(this), pinning);
                }
            } else if line == "#[test]" || line.starts_with("#[tokio::test") {
                is_test = true;
            } else if !inner.starts_with('#') {
                comments.clear();
            }
            if test.is_some() {
                let texts = line.split('"').skip(1).step_by(2).filter(|text| codes.contains(*text));
                for code in texts {
                    for name in &names {
                        found.entry(name.clone()).or_default().codes.insert(code.to_owned());
                    }
                }
            }
            if line == "}" {
                (test, names) = (None, Vec::new());
            }
        }
    }
    found
}

fn names_in(comment: &str, is_name: fn(&str) -> bool) -> Vec<String> {
    let words = comment.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
    words.filter(|word| is_name(word)).map(str::to_owned).collect()
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// Every code of docs/refusals.md.
fn refusal_codes(root: &Path) -> BTreeSet<String> {
    let page = fs::read_to_string(root.join("docs/refusals.md")).unwrap();
    let rows = page.lines().filter_map(|line| line.strip_prefix("## `")?.split_once('`'));
    let codes: BTreeSet<String> = rows.map(|(code, _)| code.to_owned()).collect();
    assert!(codes.len() > 50, "{codes:?}");
    codes
}
