//! docs/validation.md: every check of the protocol is pinned by a test that says so.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::reader::{codes_of, pinned, tests_of};
use crate::write_or_compare;

/// How many checks each group has; a row that gets lost is noticed.
const GROUPS: [(&str, usize); 12] = [
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
    ("BT", 14),
    ("DP", 16),
];

#[test]
fn every_check_is_pinned_and_the_page_names_its_tests() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("docs/validation.md");
    let page = fs::read_to_string(&path).unwrap();
    let pinned = pinned(root, is_check);
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
            let (tests, codes) = (tests_of(found), codes_of(found));
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
    write_or_compare(&path, &needed);
}

/// Whether a word of a comment names a check: `V-ID-3`.
fn is_check(word: &str) -> bool {
    let parts: Vec<&str> = word.split('-').collect();
    matches!(parts[..], ["V", group, number]
        if GROUPS.iter().any(|(known, _)| *known == group) && number.parse::<usize>().is_ok())
}
