//! The settings as Markdown: what docs/configuration.md is made of.

use super::file::{Setting, TABLES};
use super::form::Shape;
use super::overlay::variable;

/// Every table and key of clients.yaml with what it is for, its kind, its default and its variable.
pub fn reference() -> String {
    let mut text = String::new();
    for (path, settings) in TABLES {
        let title =
            if path.is_empty() { "At the beginning of a line".to_owned() } else { format!("`{path}`") };
        text += &format!(
            "\n### {title}\n\n| key | value | where it is left out | what it is for |\n|---|---|---|---|\n"
        );
        for setting in *settings {
            let doc = setting.doc.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
            text += &format!(
                "| `{}` | {} | {} | {doc}{} |\n",
                setting.key,
                (setting.kind)(),
                setting.default,
                reach(path, setting)
            );
        }
    }
    text
}

/// How the environment reaches a setting.
fn reach(table: &str, setting: &Setting) -> String {
    let path: Vec<String> =
        table.split('.').filter(|step| !step.is_empty()).chain([setting.key]).map(str::to_owned).collect();
    if is_inside_a_list(table) {
        return String::new();
    }
    let name = ["CLIENT", "ISSUER", "HEADER"]
        .iter()
        .fold(variable(&path), |name, step| name.replace(&format!("__{step}__"), &format!("_<{step}>_")));
    match setting.shape {
        Shape::One => format!(" `{name}`"),
        Shape::Many => format!(" `{name}` (commas between the items)"),
        Shape::Keys => format!(" `{name}_<KEY>` for keys that the file has"),
        Shape::Table(_) | Shape::Named(_) | Shape::FileOnly => String::new(),
    }
}

/// Whether a table is an item of a list, of which a variable cannot say which one it means.
fn is_inside_a_list(table: &str) -> bool {
    let Some((above, key)) = table.rsplit_once('.') else { return false };
    let settings = TABLES.iter().find(|(path, _)| *path == above).map(|(_, settings)| *settings);
    let own = settings.unwrap_or_default().iter().find(|setting| setting.key == key);
    own.is_some_and(|setting| matches!(setting.shape, Shape::FileOnly)) || is_inside_a_list(above)
}
