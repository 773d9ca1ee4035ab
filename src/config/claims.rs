//! The kind of value that `authorization.claims` takes: a table, or the same as JSON, as the environment gives it.

use serde_json::{Map, Value as Json};

use super::form::{Form, Reader};
use super::kind::text;
use super::node::{Node, Value};
use super::place::Place;
use super::problem::Finding;
use crate::protocol::json;

/// The `claims` parameter (OpenID Connect Core 1.0 section 5.5).
#[derive(Clone, Debug, Default)]
pub(super) struct RequestedClaims(pub(super) Map<String, Json>);

impl Form for RequestedClaims {
    fn kind() -> String {
        "table, or JSON".to_owned()
    }
    fn read(node: &Node, _: &Place, reader: &mut Reader) -> Result<Self, Finding> {
        match &node.value {
            Value::List(_) => Err(Finding::ListForTable),
            Value::Table(_) => match json_of(node, reader) {
                Json::Object(claims) => Ok(Self(claims)),
                _ => Err(Finding::TextForTable),
            },
            _ => json::object(text(node)?.as_bytes())
                .map(Self)
                .map_err(|_| Finding::NotClaims { why: "it is no JSON object that can be read in one way" }),
        }
    }
}

/// The tree as JSON. Every text stays text but `true` and `false`; nothing is null.
fn json_of(node: &Node, reader: &mut Reader) -> Json {
    match &node.value {
        Value::Empty => Json::Null,
        Value::Text(text) if text == "true" => true.into(),
        Value::Text(text) if text == "false" => false.into(),
        Value::Text(text) => text.as_str().into(),
        Value::List(items) => items.iter().map(|item| json_of(item, reader)).collect(),
        Value::Table(entries) => {
            let mut object = Map::new();
            for (index, entry) in entries.iter().enumerate() {
                reader.path.push(entry.key.clone());
                match entries[..index].iter().find(|other| other.key == entry.key) {
                    Some(first) => reader.note(&entry.place, Finding::Twice { first: first.place.clone() }),
                    None => drop(object.insert(entry.key.clone(), json_of(&entry.node, reader))),
                }
                reader.path.pop();
            }
            object.into()
        }
    }
}
