//! An entry that is added to a file: what stands there stays, byte for byte, and the result is what was meant.

use proptest::prelude::*;
use vestibule::config::entry::{Entry, EntryFault, EntrySecret};
use vestibule::protocol::registration::ClientAuthentication;
use vestibule::protocol::secret::Secret;

use super::Case;

fn entry() -> Entry {
    Entry {
        name: "added".to_owned(),
        issuer: "https://id.example.com".to_owned(),
        client_id: "abc-123".to_owned(),
        secret: EntrySecret::File("added.secret".to_owned()),
        redirect_uri: "https://added.example.com/oidc/added/callback".to_owned(),
        host: "added.example.com".to_owned(),
        scopes: None,
        method: None,
        algorithm: None,
        settings: Vec::new(),
    }
}

const LINES: &str = "  added:
    issuer: https://id.example.com
    client_id: abc-123
    client_secret_file: added.secret
    redirect_uri: https://added.example.com/oidc/added/callback
    hosts: [\"added.example.com\"]
";

const FIRST: &str = "  first:
    issuer: https://id.example.com # a comment
    client_id: first
    redirect_uri: https://first.example.com/oidc/first/callback
    hosts: first.example.com
    # another setting will come here
";

#[test]
fn an_entry_goes_after_the_last_client_and_nothing_else_changes() {
    let after = "\n# about the server\nserver:\n  listen: 127.0.0.1:8000\n";
    let rows = [
        ("an empty file", String::new(), format!("clients:\n{LINES}")),
        ("only comments", "# mine\n".to_owned(), format!("# mine\nclients:\n{LINES}")),
        ("no end of line", "# mine".to_owned(), format!("# mine\nclients:\n{LINES}")),
        (
            "no clients yet",
            "server:\n  listen: 127.0.0.1:1\n".to_owned(),
            format!("server:\n  listen: 127.0.0.1:1\nclients:\n{LINES}"),
        ),
        (
            "an empty table",
            format!("clients: # none yet\n{after}"),
            format!("clients: # none yet\n{LINES}{after}"),
        ),
        ("at the end", format!("clients:\n{FIRST}"), format!("clients:\n{FIRST}{LINES}")),
        (
            "no end of line at the end",
            format!("clients:\n{}", FIRST.trim_end()),
            format!("clients:\n{FIRST}{LINES}"),
        ),
        (
            "before what follows",
            format!("clients:\n{FIRST}{after}"),
            format!("clients:\n{FIRST}{LINES}{after}"),
        ),
        (
            "after what precedes",
            format!("---{after}clients:\n\n{FIRST}\n"),
            format!("---{after}clients:\n\n{FIRST}{LINES}\n"),
        ),
    ];
    for (name, old, needed) in rows {
        assert_eq!(entry().added_to(&old).unwrap(), needed, "{name}");
    }
}

#[test]
fn the_step_and_the_line_ends_are_those_of_the_file() {
    let deep = format!("clients:\n{FIRST}").replace("    ", "        ").replace("  first", "    first");
    let added = entry().added_to(&deep).unwrap();
    assert!(added.contains("\n    added:\n        issuer: "), "{added}");
    let windows = format!("clients:\n{FIRST}").replace('\n', "\r\n");
    let added = entry().added_to(&windows).unwrap();
    assert_eq!(added.matches('\n').count(), added.matches("\r\n").count());
}

#[test]
fn a_file_that_does_not_bear_an_addition_is_left_alone() {
    let rows = [
        ("taken", format!("clients:\n{FIRST}{LINES}"), EntryFault::Taken { line: Some(8) }),
        ("braces", "clients: { first: { client_id: a } }\n".to_owned(), EntryFault::Form),
        ("braces over lines", "clients: {\n  first: { client_id: a }\n}\n".to_owned(), EntryFault::Form),
        ("empty braces", "clients: {}\n".to_owned(), EntryFault::Form),
        ("a list", "clients: [a]\n".to_owned(), EntryFault::Form),
        ("null", "clients: ~\n".to_owned(), EntryFault::Form),
        ("all in braces", "{ clients: { a: { client_id: a } } }".to_owned(), EntryFault::Form),
        ("another document", "clients:\n---\nclients:\n".to_owned(), EntryFault::Unreadable),
        ("an end of the document", "server:\n  listen: a\n...\n".to_owned(), EntryFault::Form),
        // Their number is part of the text.
        (
            "blank lines that mean something",
            "clients:\n  a:\n    client_id: |+\n      a\n\n\n".to_owned(),
            EntryFault::Form,
        ),
        ("broken", "clients: [".to_owned(), EntryFault::Unreadable),
        ("an alias", "x: &x\n  a: { client_id: a }\nclients: *x\n".to_owned(), EntryFault::Form),
    ];
    for (name, text, fault) in rows {
        assert_eq!(entry().added_to(&text), Err(fault), "{name}");
    }
}

#[test]
fn what_a_provider_gives_is_text_and_adds_no_structure() {
    let evil = "x\"\n    danger_http_issuer: true\n#: [";
    for text in [
        evil,
        "null",
        "~",
        "*a",
        "&a",
        "!a",
        "a: b",
        "a #b",
        "- a",
        "'",
        "{}",
        "a:",
        "\u{e9}\u{2028}z",
        "007",
        "true",
        "\\",
    ] {
        let entry = Entry {
            client_id: text.to_owned(),
            secret: EntrySecret::Here(Secret::new(format!("a secret {text}."))),
            ..entry()
        };
        let added = entry.added_to(&format!("clients:\n{FIRST}")).unwrap();
        if text.contains('\n') {
            assert!(Case::new(&added).refusal().contains("clients.added.client_id"), "{added}");
            continue;
        }
        let (config, _) = Case::new(&added).accepted();
        let client = config.client("added").unwrap();
        assert_eq!(client.registration.client_id, text);
        let ClientAuthentication::AsAnnounced(secret) = &client.registration.authentication else {
            panic!("{client:?}")
        };
        assert_eq!(secret.expose(), format!("a secret {text}."));
    }
}

proptest! {
    /// Whatever stands in the file: it stays, in its order, and only the entry is new.
    #[test]
    fn an_addition_takes_nothing_away(
        before in "(#[ a-z:]{0,9}\n|\n|server:\n  listen: 127.0.0.1:1\n){0,2}",
        clients in "(  [a-c]{1,2}:( #x)?\n    client_id: \"?[a-z#]{1,3}\"?\n(\n|    # [a-z]{1,3}\n|#x\n)?){0,3}",
        after in "(\n|#x\n|store:\n  kind: memory\n|  # y\n){0,3}",
    ) {
        let old = format!("{before}clients:\n{clients}{after}");
        if let Ok(new) = entry().added_to(&old) {
            prop_assert_eq!(new.replacen(LINES, "", 1), old);
        }
    }
}
