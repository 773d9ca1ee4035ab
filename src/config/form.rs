//! Node → value of the kind that a setting wants. What does not fit becomes a problem, and reading goes on.

use super::file::{Setting, elsewhere, flattened, path_of};
use super::kind::text;
use super::names_from_elsewhere::name_from_elsewhere;
use super::node::{Entry, Node, Value};
use super::place::Place;
use super::problem::Finding;
use super::report::Problem;
use super::suggest::nearest;

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
    /// Not at all.
    FileOnly,
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
            Err(Finding::Empty { write: String::new() })
        } else {
            T::read(node, place, self)
        };
        let written = match result {
            Ok(value) => Written::Given(At { value, place: place.clone(), path: self.path() }),
            Err(Finding::Empty { .. }) => {
                let write = setting.hint.replace("{subject}", &self.subject);
                self.note(place, Finding::Empty { write });
                Written::Broken
            }
            Err(Finding::Said) => Written::Broken,
            Err(finding) => {
                self.note(place, with_hint(finding, setting));
                Written::Broken
            }
        };
        self.path.pop();
        written
    }
}

/// Of another kind than it should be: what to write for this setting says more than what would do for any.
fn with_hint(finding: Finding, setting: &Setting) -> Finding {
    let write = setting.hint.to_owned();
    match finding {
        Finding::TextForTable if write.contains('{') => Finding::TableNeeded { found: "one text", write },
        Finding::ListForTable if write.contains('{') => Finding::TableNeeded { found: "a list", write },
        Finding::TableForText if (setting.kind)() != "text" => Finding::NoTableNeeded { write },
        Finding::ListForText if setting.key == "path" => Finding::ListForPath,
        other => other,
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
    fn read_table(entries: &[Entry], reader: &mut Reader) -> Self;
    /// How many of them are written.
    fn written(&self) -> usize;
}

impl<T: Table> Form for Named<T> {
    fn kind() -> String {
        "tables".to_owned()
    }
    const SHAPE: Shape = Shape::Named(T::SETTINGS);
    fn read(node: &Node, _: &Place, reader: &mut Reader) -> Result<Self, Finding> {
        let Value::Table(entries) = &node.value else { return Err(not_a_table(node)) };
        let is_setting = |entry: &&Entry| T::SETTINGS.iter().any(|setting| setting.key == entry.key);
        let no_table = |entry: &&Entry| !matches!(entry.node.value, Value::Table(_));
        if let Some(entry) = entries.iter().filter(no_table).find(is_setting) {
            return Err(Finding::NameNeeded {
                key: entry.key.clone(),
                name: if reader.path.len() < CLIENT_DEPTH { "my_app" } else { "main" },
            });
        }
        let mut named: Vec<(String, At<T>)> = Vec::new();
        for entry in entries {
            reader.path.push(entry.key.clone());
            let first = named.iter().find(|(name, _)| *name == entry.key).map(|(_, at)| at.place.clone());
            if let Some(first) = first {
                reader.note(&entry.place, Finding::Twice { first });
            } else {
                match &entry.node.value {
                    Value::Table(inner) => {
                        if let Some(host) = first_host(inner) {
                            host.clone_into(&mut reader.subject);
                        } else if reader.path.len() == CLIENT_DEPTH {
                            entry.key.clone_into(&mut reader.subject);
                        }
                        let value = T::read_table(inner, reader);
                        let at = At { value, place: entry.place.clone(), path: reader.path() };
                        named.push((entry.key.clone(), at));
                    }
                    Value::Empty => {
                        let write = "Write its settings under it.".to_owned();
                        reader.note(&entry.place, Finding::Empty { write });
                    }
                    _ => {
                        let help = elsewhere(&entry.key).map(|name| format!("Did you mean {name}?"));
                        let misplaced = help.map(|help| Finding::NoSuchSetting { help });
                        reader.note(&entry.place, misplaced.unwrap_or_else(|| not_a_table(&entry.node)));
                    }
                }
            }
            reader.path.pop();
        }
        Ok(Self(named))
    }
}

/// A list of tables with settings of ours.
#[derive(Clone, Debug)]
pub(super) struct Tables<T>(pub(super) Vec<At<T>>);

impl<T: Table> Form for Tables<T> {
    fn kind() -> String {
        "list of tables".to_owned()
    }
    const SHAPE: Shape = Shape::FileOnly;
    fn read(node: &Node, _: &Place, reader: &mut Reader) -> Result<Self, Finding> {
        let Value::List(items) = &node.value else {
            return Err(match node.value {
                Value::Table(_) => Finding::NeedsTables { found: "a table" },
                _ => Finding::NeedsTables { found: "one text" },
            });
        };
        let mut tables = Vec::new();
        for (index, item) in items.iter().enumerate() {
            reader.path.push((index + 1).to_string());
            match &item.value {
                Value::Table(inner) => {
                    let value = T::read_table(inner, reader);
                    tables.push(At { value, place: item.place.clone(), path: reader.path() });
                }
                Value::Empty => {
                    let write = "Write its settings behind the dash.".to_owned();
                    reader.note(&item.place, Finding::Empty { write });
                }
                _ => reader.note(&item.place, not_a_table(item)),
            }
            reader.path.pop();
        }
        Ok(Self(tables))
    }
}

/// The first host of a client that is being read.
fn first_host(entries: &[Entry]) -> Option<&str> {
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
    if let Some(help) = name_from_elsewhere(key, path_of(table)) {
        return Finding::NoSuchSetting { help: help.to_owned() };
    }
    let names = || table.iter().map(|setting| setting.key);
    // What discovery documents call it.
    let bare = key.strip_suffix("_endpoint").or_else(|| key.strip_suffix("_uri"));
    let near = bare.and_then(|bare| names().find(|name| *name == bare)).or_else(|| nearest(key, names()));
    let near = near.map(str::to_owned).or_else(|| elsewhere(key)).or_else(|| flattened(key));
    let help = match near {
        Some(name) => format!("Did you mean {name}?"),
        None if key.starts_with("backchannel") => {
            "Back-channel logouts need no setting: register /oidc/<client>/backchannel-logout at the provider.".to_owned()
        }
        None if table.len() > MAX_LISTED => "The settings are in docs/configuration.md.".to_owned(),
        None => format!("The settings here are {}.", names().collect::<Vec<_>>().join(", ")),
    };
    Finding::NoSuchSetting { help }
}

/// Steps of the path of a client: `clients.my_app`.
const CLIENT_DEPTH: usize = 2;
/// Settings that a message lists; more of them are no help.
const MAX_LISTED: usize = 12;
