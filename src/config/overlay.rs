//! The environment over the file: `VESTIBULE_` and the path of a setting in capitals, everything that is no letter or digit
//! as `_`. The value is laid into the tree after it was read, as text and nothing else: it cannot add structure.

use super::file::{FileAsWritten, Setting};
use super::form::{Shape, Table};
use super::node::{Entry, Node, Value};
use super::place::Place;
use super::problem::Finding;
use super::report::Problem;
use super::source::{Environment, Variable};
use super::suggest::nearest;

/// Lays every `VESTIBULE_` variable into the tree. What fits nowhere is a problem.
pub(super) fn lay(environment: &Environment, root: &mut Node, problems: &mut Vec<Problem>) {
    let mut targets = Vec::new();
    collect(FileAsWritten::SETTINGS, Some(root), &mut Vec::new(), &mut targets);
    for name in environment.names_with_prefix(PREFIX) {
        let place = Place::Variable(name.to_owned());
        let fitting: Vec<&Target> = targets.iter().filter(|target| target.variable == name).collect();
        let target = match fitting.as_slice() {
            [target] => target,
            [first, second, ..] => {
                let finding =
                    Finding::AmbiguousVariable { one: first.path.join("."), other: second.path.join(".") };
                problems.push(Problem::new(place, "", finding));
                continue;
            }
            [] if is_service_link(name) => continue,
            [] => {
                let near = nearest(name, targets.iter().map(|target| target.variable.as_str()));
                let finding = Finding::NoSuchVariable { near: near.map(str::to_owned) };
                problems.push(Problem::new(place, "", finding));
                continue;
            }
        };
        match environment.get(name) {
            Some(Variable::Text(text)) => put(root, &target.path, place, value(text, name, target.many)),
            Some(Variable::NotText) => problems.push(Problem::new(place, "", Finding::VariableNotText)),
            None => {}
        }
    }
}

/// The variable of a setting, for the documentation.
pub(super) fn variable(path: &[String]) -> String {
    let capitals = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    format!("{PREFIX}{}", path.join("_").chars().map(capitals).collect::<String>())
}

/// A setting that a variable can reach.
struct Target {
    variable: String,
    path: Vec<String>,
    /// Whether the value is a list, with commas.
    many: bool,
}

/// Goes through the settings, and for tables named by the user through the names that the file has.
fn collect(settings: &[Setting], table: Option<&Node>, path: &mut Vec<String>, targets: &mut Vec<Target>) {
    for setting in settings {
        let inner = table.and_then(|table| find(table, setting.key));
        path.push(setting.key.to_owned());
        match setting.shape {
            Shape::One | Shape::Many => targets.push(Target {
                variable: variable(path),
                path: path.clone(),
                many: matches!(setting.shape, Shape::Many),
            }),
            Shape::FileOnly => {}
            Shape::Table(settings) => collect(settings, inner, path, targets),
            Shape::Named(settings) => {
                for entry in inner.map(entries).unwrap_or_default() {
                    path.push(entry.key.clone());
                    collect(settings, Some(&entry.node), path, targets);
                    path.pop();
                }
            }
            Shape::Keys => {
                for entry in inner.map(entries).unwrap_or_default() {
                    path.push(entry.key.clone());
                    targets.push(Target { variable: variable(path), path: path.clone(), many: false });
                    path.pop();
                }
            }
        }
        path.pop();
    }
}

fn entries(node: &Node) -> &[Entry] {
    match &node.value {
        Value::Table(entries) => entries,
        _ => &[],
    }
}

fn find<'a>(table: &'a Node, key: &str) -> Option<&'a Node> {
    entries(table).iter().find(|entry| entry.key == key).map(|entry| &entry.node)
}

fn value(text: &str, name: &str, many: bool) -> Node {
    let place = Place::Variable(name.to_owned());
    let scalar = |text: &str| Node {
        place: place.clone(),
        value: if text.trim().is_empty() { Value::Empty } else { Value::Text(text.to_owned()) },
    };
    if many && !text.trim().is_empty() {
        let items = text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(scalar).collect();
        Node { place: place.clone(), value: Value::List(items) }
    } else {
        scalar(text)
    }
}

/// Sets the value at a path. Where the file has something that is no table on the way, it is left: that is reported anyhow.
fn put(root: &mut Node, path: &[String], place: Place, value: Node) {
    let Some((key, rest)) = path.split_first() else { return };
    if matches!(root.value, Value::Empty) {
        root.value = Value::Table(Vec::new());
    }
    let Value::Table(entries) = &mut root.value else { return };
    let index = entries.iter().position(|entry| entry.key == *key).unwrap_or_else(|| {
        let node = Node { place: place.clone(), value: Value::Empty };
        entries.push(Entry { key: key.clone(), place: place.clone(), node });
        entries.len() - 1
    });
    let entry = &mut entries[index];
    if rest.is_empty() {
        entry.place = place;
        entry.node = value;
    } else {
        put(&mut entry.node, rest, place, value);
    }
}

/// Whether a variable is one of those that Kubernetes sets for a service called vestibule (or vestibule-something), such as
/// `VESTIBULE_SERVICE_HOST` and `VESTIBULE_PORT_8000_TCP`. They are nobody's mistake.
fn is_service_link(name: &str) -> bool {
    let numbered = |rest: &str| {
        let mut parts = rest.split('_');
        parts.next().is_some_and(|port| port.parse::<u16>().is_ok())
            && parts.next().is_some_and(|protocol| matches!(protocol, "TCP" | "UDP" | "SCTP"))
    };
    name.ends_with("_SERVICE_HOST")
        || name.ends_with("_PORT")
        || name.contains("_SERVICE_PORT_")
        || name.split_once("_PORT_").is_some_and(|(_, rest)| numbered(rest))
}

/// What the variables of this program begin with, apart from `AUTH_DOMAIN` and `AUTH_NEW_TOKEN_PATH`.
const PREFIX: &str = "VESTIBULE_";
