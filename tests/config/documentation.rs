//! docs/configuration.md says what the program does.

use std::fs;
use std::path::Path;

use vestibule::config::reference;

/// `UPDATE_DOCS=1` writes the tables anew.
#[test]
fn the_settings_in_the_documentation_are_those_of_the_program() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md");
    let page = fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (written, after) = rest.split_once(END).unwrap();
    let needed = format!("\n{}\n", reference());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, format!("{before}{BEGIN}{needed}{END}{after}")).unwrap();
    } else {
        assert!(
            written == needed,
            "docs/configuration.md differs from src/config/file.rs: run with UPDATE_DOCS=1"
        );
    }
}

#[test]
fn the_examples_in_the_documentation_load() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md");
    let page = fs::read_to_string(&path).unwrap();
    let mut count = 0;
    for block in page.split("```yaml\n").skip(1) {
        let text = block.split("```").next().unwrap();
        super::Case::new(text).with("MY_APP_SECRET", "a secret for tests").accepted();
        count += 1;
    }
    assert!(count >= 2);
}

const BEGIN: &str = "<!-- settings: written by tests/config from src/config/file.rs -->";
const END: &str = "<!-- end of settings -->";
