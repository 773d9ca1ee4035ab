//! The kind of value that `require` of a rule takes: a table of claims and tests.

use super::condition::{Condition, Pattern, Test, Wanted};
use super::form::{Form, Reader, Shape, not_a_table};
use super::host::Authority;
use super::kind::text;
use super::node::{Entry, Node, Value};
use super::place::Place;
use super::problem::Finding;
use crate::protocol::claim_path::ClaimPath;

/// A condition, where all that stands in one table must hold.
#[derive(Clone, Debug)]
pub(super) struct ConditionAsWritten(pub(super) Condition);

impl Form for ConditionAsWritten {
    fn kind() -> String {
        "table".to_owned()
    }
    const SHAPE: Shape = Shape::FileOnly;
    fn read(node: &Node, _: &Place, reader: &mut Reader) -> Result<Self, Finding> {
        read_table(node, reader).map(Self)
    }
}

/// Notes what is wrong with the parts, and says itself what is wrong with the whole.
fn read_table(node: &Node, reader: &mut Reader) -> Result<Condition, Finding> {
    let Value::Table(entries) = &node.value else { return Err(not_a_table(node)) };
    let before = reader.problems.len();
    let parts = each(entries, reader, |entry, reader| match entry.key.as_str() {
        "and" => read_list(&entry.node, reader, Condition::And),
        "or" => read_list(&entry.node, reader, Condition::Or),
        "not" => Ok(Condition::Not(Box::new(read_table(&entry.node, reader)?))),
        claim => read_claim(claim, &entry.node, reader),
    });
    match joined(parts, Condition::And) {
        Some(condition) => Ok(condition),
        None if reader.problems.len() > before => Err(Finding::Said),
        None => Err(Finding::Empty { write: EXAMPLE.to_owned() }),
    }
}

/// Reads each entry once. What is wrong with one is noted at it.
fn each<T>(
    entries: &[Entry],
    reader: &mut Reader,
    mut read: impl FnMut(&Entry, &mut Reader) -> Result<T, Finding>,
) -> Vec<T> {
    let mut found = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        reader.path.push(entry.key.clone());
        let result = match entries[..index].iter().find(|other| other.key == entry.key) {
            Some(first) => Err(Finding::Twice { first: first.place.clone() }),
            None => read(entry, reader),
        };
        match result {
            Ok(one) => found.push(one),
            Err(finding) => note(reader, &entry.place, finding),
        }
        reader.path.pop();
    }
    found
}

/// What is wrong with the parts of something is said already.
fn note(reader: &mut Reader, place: &Place, finding: Finding) {
    match finding {
        Finding::Said => {}
        Finding::Empty { write } if write.is_empty() => {
            reader.note(place, Finding::Empty { write: EXAMPLE.to_owned() });
        }
        other => reader.note(place, other),
    }
}

/// One condition out of several, none out of none.
fn joined(
    mut parts: Vec<Condition>,
    join: impl Fn(Box<Condition>, Vec<Condition>) -> Condition,
) -> Option<Condition> {
    match parts.len() {
        0 | 1 => parts.pop(),
        _ => {
            let first = parts.remove(0);
            Some(join(Box::new(first), parts))
        }
    }
}

fn read_list(
    node: &Node,
    reader: &mut Reader,
    join: impl Fn(Box<Condition>, Vec<Condition>) -> Condition,
) -> Result<Condition, Finding> {
    let Value::List(items) = &node.value else {
        return Err(Finding::ConditionListNeeded);
    };
    let before = reader.problems.len();
    let mut parts = Vec::new();
    for item in items {
        match read_table(item, reader) {
            Ok(part) => parts.push(part),
            Err(finding) => note(reader, &item.place, finding),
        }
    }
    if reader.problems.len() > before {
        return Err(Finding::Said);
    }
    joined(parts, join).ok_or(Finding::ConditionListNeeded)
}

fn read_claim(claim: &str, node: &Node, reader: &mut Reader) -> Result<Condition, Finding> {
    let path = ClaimPath::parse(claim).ok_or_else(|| Finding::StrangeClaim(claim.to_owned()))?;
    let tests = match &node.value {
        Value::Table(tests) => tests,
        Value::Text(text) => {
            return Err(Finding::TestNeeded { write: format!("{claim}: {{ equals: {text} }}") });
        }
        Value::List(_) => return Err(Finding::TestNeeded { write: format!("{claim}: {{ any: […] }}") }),
        Value::Empty => {
            return Err(Finding::TestNeeded { write: format!("{claim}: {{ present: true }}") });
        }
    };
    let before = reader.problems.len();
    let found = each(tests, reader, |entry, reader| {
        let node = &entry.node;
        let test = match entry.key.as_str() {
            "any" => Test::Any(several(&entry.key, node, reader)?),
            "all" => Test::All(several(&entry.key, node, reader)?),
            "none" => Test::None(several(&entry.key, node, reader)?),
            "equals" => Test::Equals(one(node)?),
            "contains" => Test::Contains(one(node)?),
            "matches" => {
                let found = text(node)?;
                let fault = |fault| Finding::PatternUnfit { found: found.to_owned(), fault };
                Test::Matches(Pattern::parse(found).map_err(fault)?)
            }
            "domain" => Test::Domain { domains: domains(node)?, verified: claim == "email" },
            "present" => Test::Present(bool::read(node, &entry.place, reader)?),
            _ => {
                let help = "The tests are any, all, none, equals, contains, matches, domain and present.";
                return Err(Finding::NoSuchSetting { help: help.to_owned() });
            }
        };
        Ok(Condition::Claim(path.clone(), test))
    });
    match joined(found, Condition::And) {
        Some(condition) => Ok(condition),
        None if reader.problems.len() > before => Err(Finding::Said),
        None => Err(Finding::TestNeeded { write: format!("{claim}: {{ present: true }}") }),
    }
}

/// Values of a list; an empty one would let nobody in, or everybody.
fn several(test: &str, node: &Node, reader: &mut Reader) -> Result<Vec<Wanted>, Finding> {
    let Value::List(items) = &node.value else {
        let found = text(node)?.to_owned();
        let write = format!("{test}: [{found}]");
        return Err(Finding::TextForList { found, write });
    };
    let before = reader.problems.len();
    let mut wanted = Vec::new();
    for item in items {
        match one(item) {
            Ok(value) => wanted.push(value),
            Err(finding) => reader.note(&item.place, finding),
        }
    }
    match (wanted.is_empty(), reader.problems.len() > before) {
        (_, true) => Err(Finding::Said),
        (true, false) => Err(Finding::Empty { write: format!("Write: {test}: [admins]") }),
        (false, false) => Ok(wanted),
    }
}

fn one(node: &Node) -> Result<Wanted, Finding> {
    Ok(match text(node) {
        Ok("true") => Wanted::Flag(true),
        Ok("false") => Wanted::Flag(false),
        Ok(text) => Wanted::Text(text.to_owned()),
        Err(Finding::Empty { .. }) => {
            return Err(Finding::Empty { write: "Write the value that the claim is to have.".to_owned() });
        }
        Err(finding) => return Err(finding),
    })
}

fn domains(node: &Node) -> Result<Vec<String>, Finding> {
    let items = match &node.value {
        Value::List(items) => items.iter().collect(),
        _ => vec![node],
    };
    let mut domains = Vec::new();
    for item in items {
        let found = text(item)?;
        let domain = found.to_ascii_lowercase();
        let is_host = Authority::parse(&domain).is_some_and(|host| host.port().is_none());
        if !is_host {
            return Err(Finding::NotAMailDomain(found.to_owned()));
        }
        domains.push(domain);
    }
    if domains.is_empty() {
        return Err(Finding::Empty { write: "Write: domain: [example.com]".to_owned() });
    }
    Ok(domains)
}

const EXAMPLE: &str = "Write: require: { groups: { any: [admins] } }";
