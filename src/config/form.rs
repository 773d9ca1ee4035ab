//! Node → value of the kind that a setting wants. What does not fit becomes a problem, and reading goes on.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::file::Setting;
use super::node::{Node, Value};
use super::problem::{Finding, Place, Problem};
use super::suggest::nearest;
use crate::protocol::secret::Secret;

/// A value with the place and the path of the setting it was written for.
#[derive(Clone, Debug)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) place: Place,
    /// As the user would say it: `clients.my_app.issuer`.
    pub(super) path: String,
}

impl<T> At<T> {
    /// What is wrong with it.
    pub(super) fn problem(&self, finding: Finding) -> Problem {
        Problem::new(self.place.clone(), &self.path, finding)
    }
}

/// A setting as the file has it.
#[derive(Clone, Debug, Default)]
pub(super) enum Written<T> {
    /// Not at all.
    #[default]
    Absent,
    /// In a form that does not fit; the problem is noted already.
    Broken,
    /// With a value of the right kind.
    Given(At<T>),
}

impl<T> Written<T> {
    /// The value, if there is one.
    pub(super) const fn given(&self) -> Option<&At<T>> {
        match self {
            Self::Given(at) => Some(at),
            Self::Absent | Self::Broken => None,
        }
    }

    /// Whether the file says nothing about it.
    pub(super) const fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}

impl<T: Clone> Written<T> {
    /// The value, or what is meant where none is written.
    pub(super) fn or(&self, default: T) -> T {
        self.given().map_or(default, |at| at.value.clone())
    }
}

/// Where a setting may be set from the environment, and how.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    /// One variable, one text.
    One,
    /// One variable, items separated by commas.
    Many,
    /// A variable for each setting of the table.
    Table(&'static [Setting]),
    /// A table for each name that the file has.
    Named(&'static [Setting]),
    /// One variable for each key that the file has.
    Keys,
}

/// A kind of value.
pub(super) trait Form: Sized {
    /// In the words of docs/configuration.md.
    fn kind() -> String;
    /// How the environment reaches it.
    const SHAPE: Shape = Shape::One;
    /// Reads it. `Err` is what is wrong; a table or list notes the faults of its parts in `reader` itself.
    fn read(node: &Node, place: &Place, reader: &mut Reader) -> Result<Self, Finding>;
}

/// Goes through the tree, knows where it is and collects what is wrong.
#[derive(Default)]
pub(super) struct Reader {
    pub(super) problems: Vec<Problem>,
    pub(super) path: Vec<String>,
    /// What the client being read is for: its first host, or its name. For hints.
    pub(super) subject: String,
}

impl Reader {
    pub(super) fn path(&self) -> String {
        self.path.join(".")
    }

    pub(super) fn note(&mut self, place: &Place, finding: Finding) {
        let problem = Problem::new(place.clone(), &self.path(), finding);
        self.problems.push(problem);
    }

    /// Reads one setting of a table, already found there.
    pub(super) fn setting<T: Form>(&mut self, setting: &Setting, place: &Place, node: &Node) -> Written<T> {
        self.path.push(setting.key.to_owned());
        let result = if matches!(node.value, Value::Empty) {
            Err(Finding::Empty { write: setting.hint.replace("{subject}", &self.subject) })
        } else {
            T::read(node, place, self)
        };
        let written = match result {
            Ok(value) => Written::Given(At { value, place: place.clone(), path: self.path() }),
            Err(finding) => {
                self.note(place, finding);
                Written::Broken
            }
        };
        self.path.pop();
        written
    }
}

/// The text of a scalar, which is not empty.
fn text(node: &Node) -> Result<&str, Finding> {
    match &node.value {
        Value::Text(text) if text.trim().is_empty() => Err(Finding::Empty { write: String::new() }),
        Value::Text(text) => Ok(text),
        Value::Empty => Err(Finding::Empty { write: String::new() }),
        Value::List(_) => Err(Finding::ListForText),
        Value::Table(_) => Err(Finding::TableForText),
    }
}

impl Form for String {
    fn kind() -> String {
        "text".to_owned()
    }
    fn read(node: &Node, _: &Place, _: &mut Reader) -> Result<Self, Finding> {
        text(node).map(str::to_owned)
    }
}

impl Form for Secret {
    fn kind() -> String {
        "text".to_owned()
    }
    fn read(node: &Node, _: &Place, _: &mut Reader) -> Result<Self, Finding> {
        text(node).map(Self::new)
    }
}

impl Form for bool {
    fn kind() -> String {
        "true or false".to_owned()
    }
    fn read(node: &Node, _: &Place, _: &mut Reader) -> Result<Self, Finding> {
        match text(node)? {
            "true" => Ok(true),
            "false" => Ok(false),
            other => Err(Finding::NotAFlag(other.to_owned())),
        }
    }
}

impl Form for usize {
    fn kind() -> String {
        "whole number".to_owned()
    }
    fn read(node: &Node, _: &Place, _: &mut Reader) -> Result<Self, Finding> {
        let text = text(node)?;
        let digits = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
        text.parse().ok().filter(|_| digits).ok_or_else(|| Finding::NotANumber(text.to_owned()))
    }
}

impl Form for Duration {
    fn kind() -> String {
        "time, such as 8h, 30m or 90s".to_owned()
    }
    fn read(node: &Node, _: &Place, _: &mut Reader) -> Result<Self, Finding> {
        let text = text(node)?;
        if text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Finding::NoUnit(text.to_owned()));
        }
        let strange = || Finding::NotATime(text.to_owned());
        let unit = match text.as_bytes().last() {
            Some(b's') => 1,
            Some(b'm') => 60,
            Some(b'h') => 60 * 60,
            Some(b'd') => 24 * 60 * 60,
            _ => return Err(strange()),
        };
        let digits = &text[..text.len() - 1];
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(strange());
        }
        let seconds: u64 =
            digits.parse::<u64>().ok().and_then(|n| n.checked_mul(unit)).ok_or_else(strange)?;
        if seconds == 0 { Err(Finding::NoTime(text.to_owned())) } else { Ok(Self::from_secs(seconds)) }
    }
}

impl Form for SocketAddr {
    fn kind() -> String {
        "address and port".to_owned()
    }
    fn read(node: &Node, _: &Place, _: &mut Reader) -> Result<Self, Finding> {
        let text = text(node)?;
        if let Ok(address) = text.parse() {
            return Ok(address);
        }
        if let Ok(address) = text.trim_matches(['[', ']']).parse::<IpAddr>() {
            return Err(Finding::NoPort(address));
        }
        Err(match text.rsplit_once(':') {
            Some(("" | "*", port)) if port.parse::<u16>().is_ok() => Finding::OnlyAPort(text.to_owned()),
            Some((name, port)) if !name.contains([':', '/']) && port.parse::<u16>().is_ok() => {
                Finding::NameForAddress { found: text.to_owned(), port: port.to_owned() }
            }
            None if text.parse::<u16>().is_ok() => Finding::OnlyAPort(text.to_owned()),
            _ => Finding::NotAnAddress(text.to_owned()),
        })
    }
}

/// A setting with a few possible values.
pub(super) trait Choices: Copy + 'static {
    /// Every value by the name under which it is written.
    const ALL: &'static [(&'static str, Self)];
}

/// One of a few values.
#[derive(Clone, Copy, Debug)]
pub(super) struct Choice<T>(pub(super) T);

impl<T: Choices> Form for Choice<T> {
    fn kind() -> String {
        one_of(T::ALL.iter().map(|(name, _)| *name))
    }
    fn read(node: &Node, _: &Place, _: &mut Reader) -> Result<Self, Finding> {
        let text = text(node)?;
        T::ALL.iter().find(|(name, _)| *name == text).map(|(_, value)| Self(*value)).ok_or_else(|| {
            Finding::NotKnown { found: text.to_owned(), write: one_of(T::ALL.iter().map(|(name, _)| *name)) }
        })
    }
}

/// `a`, `a or b`, `a, b or c`.
fn one_of<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    match names.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

/// A list; one text is not taken for one.
#[derive(Clone, Debug, Default)]
pub(super) struct List(pub(super) Vec<At<String>>);

/// A list, or one text with its items separated by blanks or commas.
#[derive(Clone, Debug, Default)]
pub(super) struct Texts(pub(super) Vec<At<String>>);

fn items(nodes: &[Node], reader: &mut Reader) -> Vec<At<String>> {
    let mut found = Vec::new();
    for item in nodes {
        match text(item) {
            Ok(text) => {
                found.push(At { value: text.to_owned(), place: item.place.clone(), path: reader.path() })
            }
            Err(finding) => reader.note(&item.place, finding),
        }
    }
    found
}

fn split<'a>(text: &'a str, separators: &'a [char]) -> impl Iterator<Item = &'a str> {
    text.split(separators).filter(|item| !item.is_empty())
}

impl Form for List {
    fn kind() -> String {
        "list".to_owned()
    }
    const SHAPE: Shape = Shape::Many;
    fn read(node: &Node, _: &Place, reader: &mut Reader) -> Result<Self, Finding> {
        match &node.value {
            Value::List(nodes) => Ok(Self(items(nodes, reader))),
            Value::Table(_) => Err(Finding::TableForList),
            _ => {
                let text = text(node)?;
                Err(Finding::TextForList {
                    found: text.to_owned(),
                    write: format!(
                        "{}: [{}]",
                        reader.path.last().map_or("", String::as_str),
                        split(text, &[' ', ',']).collect::<Vec<_>>().join(", ")
                    ),
                })
            }
        }
    }
}

impl Form for Texts {
    fn kind() -> String {
        "text or list".to_owned()
    }
    const SHAPE: Shape = Shape::Many;
    fn read(node: &Node, place: &Place, reader: &mut Reader) -> Result<Self, Finding> {
        match &node.value {
            Value::List(nodes) => Ok(Self(items(nodes, reader))),
            Value::Table(_) => Err(Finding::TableForList),
            _ => {
                let at =
                    |item: &str| At { value: item.to_owned(), place: place.clone(), path: reader.path() };
                Ok(Self(split(text(node)?, &[' ', ',', '\n', '\t']).map(at).collect()))
            }
        }
    }
}

/// A table of the user's own keys, each with one text.
#[derive(Clone, Debug, Default)]
pub(super) struct Pairs(pub(super) Vec<(String, At<String>)>);

impl Form for Pairs {
    fn kind() -> String {
        "table".to_owned()
    }
    const SHAPE: Shape = Shape::Keys;
    fn read(node: &Node, _: &Place, reader: &mut Reader) -> Result<Self, Finding> {
        let Value::Table(entries) = &node.value else { return Err(not_a_table(node)) };
        let mut pairs: Vec<(String, At<String>)> = Vec::new();
        for entry in entries {
            reader.path.push(entry.key.clone());
            if let Some((_, first)) = pairs.iter().find(|(key, _)| *key == entry.key) {
                let first = first.place.clone();
                reader.note(&entry.place, Finding::Twice { first });
            } else {
                match text(&entry.node) {
                    Ok(text) => {
                        let at =
                            At { value: text.to_owned(), place: entry.place.clone(), path: reader.path() };
                        pairs.push((entry.key.clone(), at));
                    }
                    Err(finding) => reader.note(&entry.place, finding),
                }
            }
            reader.path.pop();
        }
        Ok(Self(pairs))
    }
}

/// Tables under names of the user's choice.
#[derive(Clone, Debug)]
pub(super) struct Named<T>(pub(super) Vec<(String, At<T>)>);

/// A table with settings of ours.
pub(super) trait Table: Sized {
    /// Its settings, in the order of the documentation.
    const SETTINGS: &'static [Setting];
    /// Takes each entry that is a setting, and notes the others.
    fn read_table(entries: &[super::node::Entry], reader: &mut Reader) -> Self;
}

impl<T: Table> Form for Named<T> {
    fn kind() -> String {
        "tables".to_owned()
    }
    const SHAPE: Shape = Shape::Named(T::SETTINGS);
    fn read(node: &Node, _: &Place, reader: &mut Reader) -> Result<Self, Finding> {
        let Value::Table(entries) = &node.value else { return Err(not_a_table(node)) };
        let mut named: Vec<(String, At<T>)> = Vec::new();
        for entry in entries {
            reader.path.push(entry.key.clone());
            let first = named.iter().find(|(name, _)| *name == entry.key).map(|(_, at)| at.place.clone());
            if let Some(first) = first {
                reader.note(&entry.place, Finding::Twice { first });
            } else {
                match &entry.node.value {
                    Value::Table(inner) => {
                        reader.subject = first_host(inner).unwrap_or(&entry.key).to_owned();
                        let value = T::read_table(inner, reader);
                        let at = At { value, place: entry.place.clone(), path: reader.path() };
                        named.push((entry.key.clone(), at));
                    }
                    Value::Empty => {
                        let write = "Write the settings of this client under it.".to_owned();
                        reader.note(&entry.place, Finding::Empty { write });
                    }
                    _ => reader.note(&entry.place, not_a_table(&entry.node)),
                }
            }
            reader.path.pop();
        }
        Ok(Self(named))
    }
}

/// The first host of a client that is being read.
fn first_host(entries: &[super::node::Entry]) -> Option<&str> {
    let hosts = entries.iter().find(|entry| entry.key == "hosts")?;
    match &hosts.node.value {
        Value::Text(text) => split(text, &[' ', ',']).next(),
        Value::List(items) => items.first().and_then(|item| text(item).ok()),
        _ => None,
    }
}

/// What is wrong with something that should be a table.
pub(super) const fn not_a_table(node: &Node) -> Finding {
    match &node.value {
        Value::List(_) => Finding::ListForTable,
        _ => Finding::TextForTable,
    }
}

/// What is wrong with a key that is no setting of its table.
pub(super) fn unknown(key: &str, table: &'static [Setting]) -> Finding {
    let names = || table.iter().map(|setting| setting.key);
    let near = nearest(key, names()).map(str::to_owned);
    let near = near.or_else(|| super::file::elsewhere(key));
    let help = near.map_or_else(
        || format!("The settings here are {}.", names().collect::<Vec<_>>().join(", ")),
        |name| format!("Did you mean {name}?"),
    );
    Finding::NoSuchSetting { help }
}
