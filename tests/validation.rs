//! docs/validation.md: every check of the protocol is pinned by a test that says so.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// How many checks each group has; a row that gets lost is noticed.
const GROUPS: [(&str, usize); 10] = [
    ("RQ", 7),
    ("RS", 9),
    ("TK", 4),
    ("ID", 19),
    ("RF", 4),
    ("UI", 3),
    ("DS", 7),
    ("LO", 3),
    ("FC", 2),
    ("BC", 13),
];

/// What is known of one check from the tests.
#[derive(Default)]
struct Pinned {
    tests: BTreeSet<String>,
    codes: BTreeSet<String>,
}

#[test]
fn every_check_is_pinned_and_the_page_names_its_tests() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("docs/validation.md");
    let page = fs::read_to_string(&path).unwrap();
    let pinned = pinned(&root.join("tests"), &refusal_codes(root));
    let mut missing = Vec::new();
    let mut listed = BTreeSet::new();
    let needed: String = page
        .lines()
        .map(|line| {
            let cells: Vec<&str> = line.split(" | ").collect();
            let Some(check) = cells[0].strip_prefix("| V-") else { return format!("{line}\n") };
            let check = format!("V-{check}");
            let found = pinned.get(&check);
            if found.is_none() {
                missing.push(check.clone());
            }
            let of = |items: Option<&BTreeSet<String>>| {
                let items = items.into_iter().flatten().map(|item| format!("`{item}`"));
                items.collect::<Vec<_>>().join(", ")
            };
            let (tests, codes) = (of(found.map(|f| &f.tests)), of(found.map(|f| &f.codes)));
            let row = format!("| {check} | {} | {} | {tests} | {codes} |\n", cells[1], cells[2]);
            listed.insert(check);
            row
        })
        .collect();
    let expected: BTreeSet<String> = GROUPS
        .iter()
        .flat_map(|(group, count)| (1..=*count).map(move |number| format!("V-{group}-{number}")))
        .collect();
    assert_eq!(listed, expected, "the rows of the page");
    assert!(missing.is_empty(), "no test says that it pins {}", missing.join(", "));
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, needed).unwrap();
    } else {
        assert!(page == needed, "docs/validation.md differs from the tests: run with UPDATE_DOCS=1");
    }
}

/// By check: the tests whose comment names it, and the refusal codes in them.
fn pinned(tests: &Path, codes: &BTreeSet<String>) -> BTreeMap<String, Pinned> {
    let mut found: BTreeMap<String, Pinned> = BTreeMap::new();
    for file in sources(tests) {
        let text = fs::read_to_string(&file).unwrap();
        let at =
            file.strip_prefix(tests).unwrap().with_extension("").display().to_string().replace('/', "::");
        let (mut comments, mut name, mut checks) = (Vec::new(), None, Vec::new());
        let mut is_test = false;
        for line in text.lines() {
            let inner = line.trim_start();
            if let Some(comment) = inner.strip_prefix("//") {
                comments.extend(checks_in(comment));
                if let Some(name) = &name {
                    // Inside a test: the rows of a table say which check they are of.
                    for check in checks_in(comment) {
                        found.entry(check.clone()).or_default().tests.insert(format!("{at}::{name}"));
                        checks.push(check);
                    }
                }
            } else if let Some(rest) = line.strip_prefix("fn ").or_else(|| line.strip_prefix("async fn ")) {
                let this = rest.split(['(', '<']).next().unwrap().to_owned();
                let pinning = std::mem::take(&mut comments);
                if std::mem::take(&mut is_test) {
                    for check in &pinning {
                        found.entry(check.clone()).or_default().tests.insert(format!("{at}::{this}"));
                    }
                    (name, checks) = (Some(this), pinning);
                }
            } else if line == "#[test]" || line.starts_with("#[tokio::test") {
                is_test = true;
            } else if !inner.starts_with('#') {
                comments.clear();
            }
            if name.is_some() {
                let texts = line.split('"').skip(1).step_by(2).filter(|text| codes.contains(*text));
                for code in texts {
                    for check in &checks {
                        found.entry(check.clone()).or_default().codes.insert(code.to_owned());
                    }
                }
            }
            if line == "}" {
                (name, checks) = (None, Vec::new());
            }
        }
    }
    found
}

/// The checks that a comment names: `V-ID-3`.
fn checks_in(comment: &str) -> Vec<String> {
    let words = comment.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
    words
        .filter(|word| {
            let parts: Vec<&str> = word.split('-').collect();
            matches!(parts[..], ["V", group, number]
                if GROUPS.iter().any(|(known, _)| *known == group) && number.parse::<usize>().is_ok())
        })
        .map(str::to_owned)
        .collect()
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
