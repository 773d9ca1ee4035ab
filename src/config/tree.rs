//! A table of the user's own, as deep as it is written: texts, lists and tables. All values stay text, as everywhere in the file.

use serde_json::{Map, Value as Json};

use super::form::{Form, Reader, Shape, not_a_table};
use super::kind::text;
use super::node::{Entry, Node, Value};
use super::place::Place;
use super::problem::Finding;

/// The table as a JSON object.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree(pub(super) Map<String, Json>);

impl Form for Tree {
    fn kind() -> String {
        "table".to_owned()
    }
    /// What an environment could put there nobody would see in the file.
    const SHAPE: Shape = Shape::FileOnly;
    fn read(node: &Node, _: &Place, reader: &mut Reader) -> Result<Self, Finding> {
        match &node.value {
            Value::Table(entries) => Ok(Self(table(entries, reader))),
            _ => Err(not_a_table(node)),
        }
    }
}

fn table(entries: &[Entry], reader: &mut Reader) -> Map<String, Json> {
    let mut members = Map::new();
    for (index, entry) in entries.iter().enumerate() {
        reader.path.push(entry.key.clone());
        let first = entries[..index].iter().find(|other| other.key == entry.key);
        match (first, value(&entry.node, reader)) {
            (Some(first), _) => reader.note(&entry.place, Finding::Twice { first: first.place.clone() }),
            (None, Ok(value)) => {
                members.insert(entry.key.clone(), value);
            }
            (None, Err(finding)) => reader.note(&entry.place, finding),
        }
        reader.path.pop();
    }
    members
}

fn value(node: &Node, reader: &mut Reader) -> Result<Json, Finding> {
    match &node.value {
        Value::Table(entries) => Ok(Json::Object(table(entries, reader))),
        Value::List(items) => items.iter().map(|item| value(item, reader)).collect(),
        Value::Text(_) | Value::Empty => text(node).map(Json::from),
    }
}
