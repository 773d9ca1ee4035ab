//! JSON from outside, read strictly (RFC 8259): an object, no member twice, not nested deeper than [`MAX_DEPTH`].
//!
//! `serde_json` alone takes the last of two members of one name, so that two readers of one token could see two different
//! values (RFC 7519 section 4 allows to refuse it, RFC 8725 section 2.6 says why).

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::map::Entry;
use serde_json::{Map, Number, Value};

use super::quote::quote;

/// How many objects and lists may lie within each other, the outermost one counted.
pub const MAX_DEPTH: usize = 32;

/// Why bytes are not the JSON that is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JsonFault {
    /// It does not follow the grammar, is not UTF-8, or has a number that no computer holds.
    Syntax,
    /// It is JSON, but a list, text, number or literal.
    NotAnObject,
    /// An object has two members of one name.
    Twice {
        /// The name, as it came; `Display` quotes and shortens it.
        member: String,
    },
    /// It is nested deeper than [`MAX_DEPTH`].
    TooDeep,
}

/// Reads one object, and nothing after it.
///
/// # Errors
/// [`JsonFault`] says which rule is broken.
pub fn object(bytes: &[u8]) -> Result<Map<String, Value>, JsonFault> {
    // Looked at once, and not text by text.
    let text = std::str::from_utf8(bytes).map_err(|_| JsonFault::Syntax)?;
    let fault = RefCell::new(None);
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let read = Strict { depth: 0, fault: &fault }.deserialize(&mut deserializer);
    match read.and_then(|value| deserializer.end().map(|()| value)) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(JsonFault::NotAnObject),
        Err(_) => Err(fault.into_inner().unwrap_or(JsonFault::Syntax)),
    }
}

/// A member that is there and no text.
pub(super) struct NotText;

/// A member that is a text, if it is there.
pub(super) fn text<'a>(object: &'a Map<String, Value>, member: &str) -> Result<Option<&'a str>, NotText> {
    as_text(object.get(member))
}

/// The text that a member is, if it is there.
pub(super) fn as_text(member: Option<&Value>) -> Result<Option<&str>, NotText> {
    match member {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(NotText),
    }
}

impl fmt::Display for JsonFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax => f.write_str("it is not JSON"),
            Self::NotAnObject => f.write_str("it is JSON, but not an object"),
            Self::Twice { member } => write!(f, "it has the member {} twice", quote(member)),
            Self::TooDeep => write!(f, "it is nested deeper than {MAX_DEPTH} levels"),
        }
    }
}

impl std::error::Error for JsonFault {}

/// Reads a value that lies `depth` levels deep; leaves the reason of a refusal in `fault`, since serde's own error is text.
#[derive(Clone, Copy)]
struct Strict<'a> {
    depth: usize,
    fault: &'a RefCell<Option<JsonFault>>,
}

impl Strict<'_> {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth == MAX_DEPTH {
            return Err(self.refuse(JsonFault::TooDeep));
        }
        Ok(Self { depth: self.depth + 1, fault: self.fault })
    }

    fn refuse<E: serde::de::Error>(self, fault: JsonFault) -> E {
        self.fault.replace(Some(fault));
        E::custom("refused")
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| self.refuse(JsonFault::Syntax))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(inner)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut members = Map::new();
        while let Some(member) = entries.next_key::<String>()? {
            let value = entries.next_value_seed(inner)?;
            match members.entry(member) {
                Entry::Vacant(place) => {
                    place.insert(value);
                }
                Entry::Occupied(first) => {
                    return Err(self.refuse(JsonFault::Twice { member: first.key().clone() }));
                }
            }
        }
        Ok(Value::Object(members))
    }
}
