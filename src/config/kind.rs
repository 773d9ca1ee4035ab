//! The kinds of a single value: text, secret, flag, number, time, address, one of a few.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::form::{Form, Reader};
use super::node::{Node, Value};
use super::place::Place;
use super::problem::Finding;
use super::suggest::nearest;
use crate::protocol::secret::Secret;

/// The text of a scalar, which is not empty.
pub(super) fn text(node: &Node) -> Result<&str, Finding> {
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
        match seconds(text)? {
            0 => Err(Finding::NoTime(text.to_owned())),
            seconds => Ok(Self::from_secs(seconds)),
        }
    }
}

/// A time that may be none at all.
#[derive(Clone, Copy, Debug)]
pub(super) struct TimeOrZero(pub(super) Duration);

impl Form for TimeOrZero {
    fn kind() -> String {
        "time, such as 90s or 0s".to_owned()
    }
    fn read(node: &Node, _: &Place, _: &mut Reader) -> Result<Self, Finding> {
        Ok(Self(Duration::from_secs(seconds(text(node)?)?)))
    }
}

/// One number and one unit.
fn seconds(text: &str) -> Result<u64, Finding> {
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
    digits.parse::<u64>().ok().and_then(|n| n.checked_mul(unit)).ok_or_else(strange)
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
        let names = || T::ALL.iter().map(|(name, _)| *name);
        T::ALL.iter().find(|(name, _)| *name == text).map(|(_, value)| Self(*value)).ok_or_else(|| {
            // Of a few short words any is near to any.
            let near = nearest(text, names()).filter(|near| near.len() >= NEAR);
            Finding::NotKnown { found: text.to_owned(), near, write: one_of(names()) }
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

/// Letters of a word, at least, that is suggested for another.
const NEAR: usize = 4;
