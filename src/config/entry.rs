//! A client that somebody else wrote down, as an entry of clients.yaml, and that entry added to a file without touching what stands
//! there. Pure: text in, text out.

use std::fmt;

use super::node::{self, Entry as Pair, Node, Value};
use super::place::Place;
use crate::protocol::secret::Secret;

/// One client as it is to be written.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its name, which is part of its addresses.
    pub name: String,
    /// The provider.
    pub issuer: String,
    /// What the provider calls the client.
    pub client_id: String,
    /// Where the secret is.
    pub secret: EntrySecret,
    /// The callback.
    pub redirect_uri: String,
    /// The one host.
    pub host: String,
    /// What is asked for; none leaves the setting out.
    pub scopes: Option<Vec<String>>,
    /// `token_endpoint_auth_method`; none leaves the setting out.
    pub method: Option<&'static str>,
    /// `id_token_signed_response_alg`; none leaves the setting out.
    pub algorithm: Option<&'static str>,
    /// Further settings, each as it is written.
    pub settings: Vec<(&'static str, &'static str)>,
}

/// Where the secret of an entry is.
#[derive(Clone, Debug)]
pub enum EntrySecret {
    /// There is none: a public client.
    None,
    /// In the entry itself.
    Here(Secret),
    /// In a file of that name beside clients.yaml.
    File(String),
}

/// Why an entry was not added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryFault {
    /// YAML cannot read the file; `vestibule check` says where and why.
    Unreadable,
    /// There is a client of that name.
    Taken {
        /// Where.
        line: Option<usize>,
    },
    /// The clients are not written one below the other, or in a way that does not bear an addition.
    Form,
}

impl Entry {
    /// The file with this entry after the last of its clients. Everything that stands there stays, byte for byte.
    ///
    /// # Errors
    /// [`EntryFault`].
    pub fn added_to(&self, text: &str) -> Result<String, EntryFault> {
        let old = node::parse(text).map_err(|_| EntryFault::Unreadable)?;
        let clients = find(&old, "clients");
        if let Some(taken) = clients.and_then(|clients| find_pair(&clients.node, &self.name)) {
            return Err(EntryFault::Taken { line: line_of(&taken.place) });
        }
        let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let (at, indent, before) = match clients {
            None => (text.len(), "  ".to_owned(), "clients:\n"),
            Some(clients) => {
                let (at, indent) = place_in(text, clients).ok_or(EntryFault::Form)?;
                (at, indent, "")
            }
        };
        let mut new = text[..at].to_owned();
        if !new.is_empty() && !new.ends_with('\n') {
            new += end;
        }
        new += &format!("{before}{}", self.yaml(&indent)).replace('\n', end);
        new += &text[at..];
        // Whatever the text looked like, what was there must still mean the same, and the entry must be there.
        let read = node::parse(&new).map_err(|_| EntryFault::Form)?;
        if self.is_all_that_is_new(&old, &read) { Ok(new) } else { Err(EntryFault::Form) }
    }

    /// As it is written, each line set in by `indent` and more.
    fn yaml(&self, indent: &str) -> String {
        let mut text = format!("{indent}{}:\n", self.name);
        let mut line = |key: &str, value: &str| text += &format!("{indent}{indent}{key}: {value}\n");
        line("issuer", &scalar(&self.issuer));
        line("client_id", &scalar(&self.client_id));
        match &self.secret {
            EntrySecret::None => {}
            EntrySecret::Here(secret) => line("client_secret", &scalar(secret.expose())),
            EntrySecret::File(name) => line("client_secret_file", &scalar(name)),
        }
        line("redirect_uri", &scalar(&self.redirect_uri));
        line("hosts", &format!("[{}]", quoted(&self.host)));
        if let Some(scopes) = &self.scopes {
            line("scopes", &scopes.join(" "));
        }
        if let Some(method) = self.method {
            line("token_endpoint_auth_method", method);
        }
        if let Some(algorithm) = self.algorithm {
            line("id_token_signed_response_alg", algorithm);
        }
        for (key, value) in &self.settings {
            line(key, value);
        }
        text
    }

    fn is_all_that_is_new(&self, old: &Node, new: &Node) -> bool {
        let alone = node::parse(&format!("clients:\n{}", self.yaml("  ")));
        let Some(alone) = alone.ok().as_ref().and_then(|root| find(root, "clients")).cloned() else {
            return false;
        };
        let (old, mut new) = (pairs(old), pairs(new).to_vec());
        let Some(at) = new.iter().position(|pair| pair.key == "clients") else { return false };
        let mut clients = pairs(&new[at].node).to_vec();
        let Some(mine) = clients.iter().position(|pair| pair.key == self.name) else { return false };
        let mine = clients.remove(mine);
        let had_clients = old.iter().any(|pair| pair.key == "clients");
        new[at].node.value = if clients.is_empty() { Value::Empty } else { Value::Table(clients) };
        if !had_clients && matches!(new[at].node.value, Value::Empty) {
            new.remove(at);
        }
        same_pairs(std::slice::from_ref(&mine), pairs(&alone.node)) && same_pairs(old, &new)
    }
}

/// The byte after the last client, and what clients are set in by. None where they do not stand one below the other.
fn place_in(text: &str, clients: &Pair) -> Option<(usize, String)> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let first = line_of(&clients.place)?;
    let indent = match &clients.node.value {
        Value::Empty => "  ".to_owned(),
        Value::Table(inner) => {
            let line = line_of(&inner.first()?.place).filter(|line| *line > first)?;
            let line = lines.get(line - 1)?;
            line[..line.len() - line.trim_start_matches(' ').len()].to_owned()
        }
        Value::Text(_) | Value::List(_) => return None,
    };
    let begins = |line: &&str| !line.starts_with([' ', '\t', '#', '\r', '\n']);
    let mut end = lines.iter().skip(first).position(begins).map_or(lines.len(), |more| first + more);
    // Comments at the beginning of a line, and blank lines, belong to what follows.
    while end > first && (lines[end - 1].trim().is_empty() || lines[end - 1].starts_with('#')) {
        end -= 1;
    }
    Some((lines[..end].iter().map(|line| line.len()).sum(), indent)).filter(|(_, indent)| !indent.is_empty())
}

fn pairs(node: &Node) -> &[Pair] {
    match &node.value {
        Value::Table(pairs) => pairs,
        _ => &[],
    }
}

fn find_pair<'a>(table: &'a Node, key: &str) -> Option<&'a Pair> {
    pairs(table).iter().find(|pair| pair.key == key)
}

fn find<'a>(root: &'a Node, key: &str) -> Option<&'a Pair> {
    find_pair(root, key)
}

const fn line_of(place: &Place) -> Option<usize> {
    match place {
        Place::Line(line) => Some(*line),
        Place::File | Place::Variable(_) => None,
    }
}

/// Whether two tables say the same, wherever it stands.
fn same_pairs(one: &[Pair], other: &[Pair]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(a, b)| a.key == b.key && same(&a.node, &b.node))
}

fn same(one: &Node, other: &Node) -> bool {
    match (&one.value, &other.value) {
        (Value::Empty, Value::Empty) => true,
        (Value::Text(a), Value::Text(b)) => a == b,
        (Value::List(a), Value::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Table(a), Value::Table(b)) => same_pairs(a, b),
        _ => false,
    }
}

/// A value as YAML reads it: plain where nothing in it means something to YAML.
fn scalar(text: &str) -> String {
    let plain = text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._/:~".contains(&b))
        && !text.ends_with(':')
        && !text.eq_ignore_ascii_case("null");
    if plain { text.to_owned() } else { quoted(text) }
}

/// Between double quotes, where JSON's escapes are YAML's too.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

impl fmt::Display for EntryFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable => f.write_str("it cannot be read.\nvestibule check says where and why."),
            Self::Taken { line: Some(line) } => {
                write!(f, "it has a client of that name, in line {line}.\nChoose another: --name NAME")
            }
            Self::Taken { line: None } => f.write_str("it has a client of that name.\nChoose another: --name NAME"),
            Self::Form => f.write_str(
                "its clients do not stand one below the other under clients:, so nothing can be added to it.\nLeave out --write, and \
                 put in what is printed.",
            ),
        }
    }
}

impl std::error::Error for EntryFault {}
