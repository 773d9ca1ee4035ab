//! Pages that say which test pins what: written by these tests, so that they say nothing else than the tests themselves.
//!
//! `UPDATE_DOCS=1 cargo test --test validation` writes the columns.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod checks;
mod conformance;
mod reader;

use std::fs;
use std::path::Path;

/// Compares a page with what it needs to be, or writes it.
fn write_or_compare(path: &Path, needed: &str) {
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(path, needed).unwrap();
    } else {
        let page = fs::read_to_string(path).unwrap();
        assert!(page == needed, "{} differs from the tests: run with UPDATE_DOCS=1", path.display());
    }
}
