//! The house's floors: which part of src/ may import which, and what the pure parts may not touch.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::fs;
use std::path::{Path, PathBuf};

/// The page with the table of who may import whom.
const ARCHITECTURE: &str = include_str!("../docs/architecture.md");

/// The parts that can be called with plain values: no sockets, files, clock, randomness, environment or async.
const PURE: &[&str] = &["protocol", "pages", "gate"];

/// What a pure part may not name.
const IMPURE: &[&str] = &[
    "async fn",
    "async move",
    ".await",
    "Instant",
    "SystemTime",
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "aws_lc_rs::rand",
    "getrandom",
    "hyper",
    "hyper_util",
    "println!",
    "eprintln!",
    "reqwest",
    "std::env",
    "std::fs",
    "std::io",
    "std::process",
    "std::thread",
    "tokio",
    "tracing",
];

#[test]
fn each_part_imports_only_what_the_table_allows() {
    let mut problems = Vec::new();
    for (file, source) in sources() {
        problems.extend(forbidden_imports(&file, &source));
    }
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

#[test]
fn the_pure_parts_touch_nothing_outside() {
    let mut problems = Vec::new();
    for (file, source) in sources() {
        problems.extend(impurities(&file, &source));
    }
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

/// `Claims` that nobody signed: what `danger_testing_profile` is made of, and nothing else.
#[test]
fn only_the_testing_profile_makes_claims_that_nobody_verified() {
    assert_eq!(callers("Claims::of_testing_profile"), [Path::new("server/testing_profile.rs")]);
}

/// `Claims` that somebody supposes, for `vestibule explain` and `vestibule test`: nothing that answers a request may make them.
#[test]
fn only_the_commands_that_explain_make_claims_that_are_supposed() {
    assert_eq!(callers("Claims::supposed"), [Path::new("cli/supposed.rs")]);
}

/// `Claims` that were verified before they were sealed: whoever opens the seal may believe them, and nobody else has any.
#[test]
fn only_a_record_whose_seal_opened_gives_claims_that_were_kept() {
    assert_eq!(callers("Claims::of_kept"), [Path::new("session/kept.rs")]);
}

#[test]
fn nobody_imports_from_above_by_any_spelling() {
    let table = [
        ("an import", "use crate::server::Running;", 1),
        ("a path", "fn f() { crate::server::start(); }", 1),
        ("a group", "use crate::{config::Client, server::Running, session};", 2),
        ("a group over lines", "use crate::{\n    config,\n    idp::{Fetch, Keys},\n};", 1),
        ("a nested group of one's own", "use crate::{gate::{forwarded, decide}, config::{host, Client}};", 0),
        ("an attribute", "#[serde(with = \"x\")] struct A(crate::idp::B);", 1),
        ("everything", "use crate::*;", 1),
        ("the crate renamed", "use crate as vestibule;", 1),
        ("past the top by super", "use super::super::session::Session;", 1),
        ("a neighbour by super", "use super::refusal::Refusal;", 0),
        ("what is below", "use crate::config::Client; use crate::protocol::secret::Secret;", 0),
        ("a comment", "// crate::server is above\n/// [`crate::server::start`]", 0),
        ("a visibility", "pub(crate) fn f() {}", 0),
        ("a longer name", "use mycrate::server;", 0),
    ];
    for (name, source, expected) in table {
        let found = forbidden_imports(Path::new("gate/decide.rs"), source);
        assert_eq!(found.len(), expected, "{name}: {found:?}");
    }
}

#[test]
fn a_touch_of_the_outside_is_seen() {
    for source in ["let t = Instant::now();", "use std::fs::File;", "pub async fn f() {}", "use tokio::sync;"]
    {
        assert_eq!(impurities(Path::new("gate/decide.rs"), source).len(), 1, "{source}");
        assert_eq!(impurities(Path::new("idp/fetch.rs"), source).len(), 0, "{source}");
    }
    assert_eq!(impurities(Path::new("gate/decide.rs"), "// an Instant\nfn instantly() {}").len(), 0);
}

/// Every file under src/, its path from there, without comments.
/// The files that call that.
fn callers(what: &str) -> Vec<PathBuf> {
    let calls = |source: &str| without_comments(source).contains(what);
    sources().into_iter().filter(|(_, source)| calls(source)).map(|(file, _)| file).collect()
}

fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found
                    .push((path.strip_prefix(&root).unwrap().to_owned(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(found.len() > 10, "src/ was not found");
    found
}

/// `gate` for gate/decide.rs and for gate.rs.
fn part(file: &Path) -> String {
    let first = file.iter().next().unwrap().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

fn forbidden_imports(file: &Path, source: &str) -> Vec<String> {
    let part = part(file);
    // lib.rs lists the parts; main.rs hands over to cli by the name of the library.
    if part == "lib" || part == "main" {
        return Vec::new();
    }
    let Some(allowed) = may_import(&part) else {
        return vec![format!("src/{}: {part} is not in the table of docs/architecture.md", file.display())];
    };
    let source = without_comments(source);
    let mut problems = Vec::new();
    for import in imports(&source) {
        if import != part && !allowed.contains(&import.as_str()) {
            problems.push(format!("src/{}: {part} may not import {import}", file.display()));
        }
    }
    // gate/decide.rs is two steps below the top, gate/mod.rs one.
    let depth = file.iter().count() - usize::from(file.ends_with("mod.rs"));
    if source.contains(&"super::".repeat(depth)) {
        problems.push(format!("src/{}: super:: leads out of {part}; write crate::", file.display()));
    }
    problems
}

/// What a part may import of ours, beside itself, as docs/architecture.md says it; none if the table has no such part.
fn may_import(part: &str) -> Option<Vec<&'static str>> {
    let (_, table) = ARCHITECTURE.split_once("| layer | may import |").unwrap();
    let row = table.lines().find_map(|line| line.strip_prefix(&format!("| `{part}` |")))?;
    Some(row.trim_end_matches('|').split(',').map(str::trim).filter(|name| *name != "—").collect())
}

fn impurities(file: &Path, source: &str) -> Vec<String> {
    if !PURE.contains(&part(file).as_str()) {
        return Vec::new();
    }
    let source = without_comments(source);
    let names = IMPURE.iter().filter(|name| {
        let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        source.match_indices(**name).any(|(at, _)| {
            let starts_word = name.starts_with(char::is_alphabetic);
            let (before, after) =
                (source[..at].chars().next_back(), source[at + name.len()..].chars().next());
            !(is_word(after) || starts_word && is_word(before))
        })
    });
    names.map(|name| format!("src/{}: a pure part may not use {name}", file.display())).collect()
}

/// The names that follow `crate::`, those of a group one by one; `*` and `as` as they stand.
fn imports(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in source.match_indices("crate") {
        let before = source[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = source[at + "crate".len()..].trim_start();
        if rest.starts_with("as ") {
            found.push("as".to_owned());
        }
        let Some(rest) = rest.strip_prefix("::") else { continue };
        let rest = rest.trim_start();
        let Some(group) = rest.strip_prefix('{') else {
            found.push(first_name(rest));
            continue;
        };
        let mut depth = 0;
        let mut start = 0;
        for (place, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                ',' if depth == 0 => {
                    found.push(first_name(&group[start..place]));
                    start = place + 1;
                }
                '}' if depth == 0 => {
                    found.push(first_name(&group[start..place]));
                    break;
                }
                '}' => depth -= 1,
                _ => {}
            }
        }
    }
    found.retain(|name| !name.is_empty());
    found
}

fn first_name(path: &str) -> String {
    let path = path.trim_start();
    if path.starts_with('*') {
        return "*".to_owned();
    }
    path.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// Line comments only; the house has no others. An address in a text (`https://`) is none.
fn without_comments(source: &str) -> String {
    let code = |line: &str| {
        let comment = line.match_indices("//").map(|(at, _)| at).find(|at| !line[..*at].ends_with(':'));
        line[..comment.unwrap_or(line.len())].to_owned()
    };
    source.lines().map(code).collect::<Vec<_>>().join("\n")
}
