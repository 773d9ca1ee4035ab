//! Files with problems, each with exactly the text beside it. `UPDATE_TEXTS=1` writes the texts anew; read what changed.

use std::fs;

use super::{Case, files};

#[test]
fn every_refused_file_gives_exactly_the_text_beside_it() {
    let mut differ = Vec::new();
    for path in files("tests/config/refused", "yaml") {
        let text = Case::read(&path).refusal() + "\n";
        let beside = path.with_extension("txt");
        if std::env::var_os("UPDATE_TEXTS").is_some() {
            fs::write(&beside, &text).unwrap();
        } else if fs::read_to_string(&beside).ok().as_deref() != Some(&text) {
            differ.push(format!("{}\n{text}", path.display()));
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

#[test]
fn no_text_blames_without_saying_what_to_do() {
    for path in files("tests/config/refused", "txt") {
        let text = fs::read_to_string(&path).unwrap();
        for word in
            ["invalid", "failed to", "bad ", "please", "Please", "!\n", "sequence", "mapping", "u64", "usize"]
        {
            assert!(!text.contains(word), "{} says {word:?}", path.display());
        }
    }
}

#[test]
fn five_mistakes_of_form_and_meaning_are_five_problems_with_their_lines() {
    let case = Case::new(
        "clients:
  my_app:
    issuer: http://id.example.com
    client_idd: my-app
    client_id:
    redirect_uri: https://app.example.com/oidc/my_app/callback
    hosts: app.example.com
    session: { idle: 8 }
server:
  listen: localhost:9091
",
    );
    let problems = case.check().unwrap_err();
    let lines: Vec<_> = problems.iter().map(|problem| problem.line()).collect();
    assert_eq!(lines, [Some(3), Some(4), Some(5), Some(8), Some(10)]);
}
