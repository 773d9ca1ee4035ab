//! YAML text → a tree in which every key and value knows where it was written. Nothing is judged here but form: one
//! document, keys that are text, no tags, limits on depth and size.
//!
//! All values stay text (`no` is not false, `010` is not 8): what a text means is decided by the setting it is given for.

use std::collections::HashMap;

use serde_yaml::granit_parser::{ErrorKind, Event, Parser, ScalarStyle, StrInput};

use super::place::Place;
use super::problem::Finding;
use super::report::Problem;

/// A value and its place. No `Debug`: it may be a secret.
#[derive(Clone)]
pub(super) struct Node {
    /// Where the value begins.
    pub(super) place: Place,
    pub(super) value: Value,
}

/// What was written.
#[derive(Clone)]
pub(super) enum Value {
    /// Nothing after the colon, or `~`, or `null`.
    Empty,
    Text(String),
    List(Vec<Node>),
    /// In the order of the file; a key given twice is there twice.
    Table(Vec<Entry>),
}

/// A key and its value.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) key: String,
    /// Where the key stands.
    pub(super) place: Place,
    pub(super) node: Node,
}

/// Reads one document. A fault of form ends the reading: what comes after it cannot be trusted to mean anything.
pub(super) fn parse(text: &str) -> Result<Node, Box<Problem>> {
    let mut builder =
        Builder { parser: Parser::new_from_str(text), anchors: HashMap::new(), size: 0, line: 1 };
    builder.document().map_err(|finding| Box::new(Problem::new(Place::Line(builder.line), "", finding)))
}

struct Builder<'text> {
    parser: Parser<'text, StrInput<'text>>,
    /// Finished nodes that have a name, by the parser's number.
    anchors: HashMap<usize, Node>,
    /// Nodes so far, those repeated by aliases counted each time.
    size: usize,
    /// The line of the last event, for problems.
    line: usize,
}

impl<'text> Builder<'text> {
    fn document(&mut self) -> Result<Node, Finding> {
        let mut root = None;
        loop {
            match self.next()? {
                Event::StreamStart | Event::DocumentEnd => {}
                Event::DocumentStart(..) if root.is_some() => return Err(Finding::SecondDocument),
                Event::DocumentStart(..) => {
                    let first = self.next()?;
                    root = Some(self.node(first, 0)?);
                }
                Event::StreamEnd => break,
                _ => return Err(Finding::Unreadable),
            }
        }
        Ok(root.unwrap_or(Node { place: Place::File, value: Value::Empty }))
    }

    fn node(&mut self, event: Event<'text>, depth: usize) -> Result<Node, Finding> {
        let place = Place::Line(self.line);
        self.grow(1)?;
        if depth > MAX_DEPTH {
            return Err(Finding::TooDeep(MAX_DEPTH));
        }
        let (value, anchor) = match event {
            Event::Scalar(_, _, _, Some(_))
            | Event::SequenceStart(_, _, Some(_))
            | Event::MappingStart(_, _, Some(_)) => return Err(Finding::Tag),
            Event::Scalar(text, style, anchor, None) => {
                let empty = style == ScalarStyle::Plain
                    && matches!(text.as_ref(), "" | "~" | "null" | "Null" | "NULL");
                (if empty { Value::Empty } else { Value::Text(text.into_owned()) }, anchor)
            }
            Event::SequenceStart(_, anchor, None) => {
                let mut items = Vec::new();
                loop {
                    match self.next()? {
                        Event::SequenceEnd => break,
                        item => items.push(self.node(item, depth + 1)?),
                    }
                }
                (Value::List(items), anchor)
            }
            Event::MappingStart(_, anchor, None) => {
                let mut entries = Vec::new();
                loop {
                    match self.next()? {
                        Event::MappingEnd => break,
                        Event::Scalar(key, _, _, None) => {
                            let place = Place::Line(self.line);
                            let value = self.next()?;
                            let node = self.node(value, depth + 1)?;
                            entries.push(Entry { key: key.into_owned(), place, node });
                        }
                        _ => return Err(Finding::KeyIsNoText),
                    }
                }
                (Value::Table(entries), anchor)
            }
            Event::Alias(anchor) => {
                // An alias inside the node that it names is not there yet: a value that contains itself.
                let named = self.anchors.get(&anchor).ok_or(Finding::Unreadable)?.clone();
                self.grow(size(&named))?;
                (named.value, 0)
            }
            _ => return Err(Finding::Unreadable),
        };
        let node = Node { place, value };
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn next(&mut self) -> Result<Event<'text>, Finding> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => {
                self.line = span.start.line();
                Ok(event)
            }
            Some(Err(error)) => {
                self.line = error.marker().line();
                Err(finding(error.kind()))
            }
            None => Ok(Event::StreamEnd),
        }
    }

    fn grow(&mut self, nodes: usize) -> Result<(), Finding> {
        self.size = self.size.saturating_add(nodes);
        if self.size > MAX_NODES { Err(Finding::TooManyValues(MAX_NODES)) } else { Ok(()) }
    }
}

/// Nodes in a tree. No tree holds more than [`MAX_NODES`], so a repetition of repetitions is refused before it is copied.
fn size(node: &Node) -> usize {
    match &node.value {
        Value::Empty | Value::Text(_) => 1,
        Value::List(items) => 1 + items.iter().map(size).sum::<usize>(),
        Value::Table(entries) => 1 + entries.iter().map(|entry| size(&entry.node)).sum::<usize>(),
    }
}

/// The parser's complaint in the words of somebody who writes clients.yaml. Never with a piece of the text: it may be a secret.
fn finding(kind: &ErrorKind) -> Finding {
    match kind {
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabAtBlockScalarStart
        | ErrorKind::TabInPlainScalar => Finding::Tab,
        ErrorKind::UnclosedQuotedScalar | ErrorKind::DocumentIndicatorInQuotedScalar => Finding::OpenQuote,
        ErrorKind::UnclosedFlowCollection { .. }
        | ErrorKind::MismatchedFlowCollectionEnd { .. }
        | ErrorKind::MisplacedFlowCollectionEnd
        | ErrorKind::ExpectedFlowMappingSeparator
        | ErrorKind::ExpectedFlowSequenceSeparator
        | ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofImplicitFlowMapping => Finding::OpenBracket,
        ErrorKind::UnexpectedCharacter { .. }
        | ErrorKind::UnknownAnchor
        | ErrorKind::MissingAnchorOrAliasName
        | ErrorKind::UndeclaredTagHandle
        | ErrorKind::MissingDirectiveName
        | ErrorKind::DirectiveDisallowed => Finding::QuoteIt,
        ErrorKind::UnknownQuotedScalarEscape
        | ErrorKind::InvalidQuotedScalarHexEscape
        | ErrorKind::InvalidTrailingSingleQuotedScalar
        | ErrorKind::InvalidTrailingDoubleQuotedScalar => Finding::Quoting,
        ErrorKind::RecursionLimitExceeded => Finding::TooDeep(MAX_DEPTH),
        _ => Finding::Unreadable,
    }
}

/// Tables in tables in …: the deepest setting is four down.
const MAX_DEPTH: usize = 16;
/// Values, those repeated by aliases counted each time: a thousand clients have fewer.
const MAX_NODES: usize = 30_000;
