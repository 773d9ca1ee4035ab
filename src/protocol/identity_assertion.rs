//! A JWT by which the application learns who somebody is, without trusting the network between (RFC 7519; RFC 7515 section 7.1).

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::assertion::{ClientKeys, compact};
use super::secret::Secret;
use super::timestamp::Timestamp;

/// What an assertion says, but for when.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement(Map<String, Value>);

/// Of what a statement is made.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'a> {
    /// `iss`: who signs.
    pub issuer: &'a str,
    /// `sub`; empty where there is none.
    pub subject: &'a str,
    /// `idp`: whose word it is.
    pub provider: &'a str,
    /// `client_id`: which program it is, where it is no person.
    pub client_id: Option<&'a str>,
}

impl Statement {
    /// The statement, with further claims; what the parts say stays.
    pub fn new<'a>(parts: Parts<'_>, claims: impl Iterator<Item = (&'a str, &'a Value)>) -> Self {
        let mut said: Map<String, Value> =
            claims.map(|(name, value)| (name.to_owned(), value.clone())).collect();
        let texts = [
            ("iss", Some(parts.issuer)),
            ("sub", Some(parts.subject).filter(|subject| !subject.is_empty())),
            ("idp", Some(parts.provider)),
            ("client_id", parts.client_id),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                said.insert(name.to_owned(), text.into());
            } else {
                said.remove(name);
            }
        }
        Self(said)
    }

    /// The same for one audience (RFC 7519 section 4.1.3): nobody else is to take it.
    #[must_use]
    pub fn meant_for(mut self, audience: &str) -> Self {
        self.0.insert("aud".to_owned(), audience.into());
        self
    }

    /// How much memory it takes, about, in bytes.
    pub fn size(&self) -> usize {
        self.0.iter().map(|(name, value)| 128 + name.len() + 4 * value.to_string().len()).sum()
    }

    /// As JSON, always in the same order.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(&self.0).expect("JSON of texts and JSON can be written")
    }

    /// Signs it, good from now on for that long.
    pub fn sign(&self, keys: &ClientKeys, now: Timestamp, lifetime: Duration) -> Secret {
        let key = keys.signing();
        let header = json!({ "alg": key.algorithm().name(), "typ": "JWT", "kid": key.kid() });
        let mut claims = self.0.clone();
        for (name, at) in [("iat", now), ("nbf", now), ("exp", now.after(lifetime))] {
            claims.insert(name.to_owned(), at.seconds().into());
        }
        compact(&header, &Value::Object(claims), |message| key.sign(message))
    }
}
