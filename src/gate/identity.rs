//! Who the person is, as headers for the application.

use std::fmt;

use http::{HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::Value;

use super::admission;
use super::refusal::Refusal;
use crate::config::{Client, Rendering, SUBJECT_HEADER};
use crate::protocol::claims::Claims;

/// Every identity header of a client exactly once, in the order of the configuration, ready to be sent. Its `Debug` names
/// the headers and hides the values.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    headers: Box<[(HeaderName, HeaderValue)]>,
}

impl Identity {
    /// The headers of nobody: all of them, empty.
    pub fn blank(client: &Client) -> Self {
        let empty = |name: &HeaderName| (name.clone(), HeaderValue::from_static(""));
        Self { headers: client.identity_headers().map(empty).collect() }
    }

    /// Name and value of every header, in order. A value is cloned without copying it.
    pub fn headers(&self) -> &[(HeaderName, HeaderValue)] {
        &self.headers
    }

    /// Text, numbers and booleans are sent as text, a list as its items joined with `,`, nothing as the empty value. Bytes
    /// outside ASCII and `%` are percent-encoded (the UTF-8 of the text), and so is what a reader would trim or split at:
    /// blanks at the ends, and in items `,`, `;` and blanks.
    ///
    /// # Errors
    /// [`Refusal::HostedDomain`] and [`Refusal::EmailNotVerified`] for whom the client does not let in; [`Refusal::ClaimUnfit`] for a control character or an object, never a shortened or missing value;
    /// [`Refusal::IdentityTooLarge`] beyond [`MAX_IDENTITY`].
    pub fn from_claims(claims: &Claims, client: &Client) -> Result<Self, Refusal> {
        admission::check(claims, client)?;
        let unfit = |claim: &str, why| Refusal::ClaimUnfit { claim: claim.into(), why };
        let mut headers = Vec::with_capacity(1 + client.claim_headers.len());
        let subject = text(claims.sub()).map_err(|why| unfit("sub", why))?;
        headers.push((SUBJECT_HEADER.clone(), subject));
        for mapping in &client.claim_headers {
            let rendered = match claims.get(&mapping.claim) {
                Some(value) => {
                    render(value, mapping.rendering).map_err(|why| unfit(mapping.claim.as_str(), why))?
                }
                None => String::new(),
            };
            headers.push((mapping.header.clone(), rendered));
        }
        let bytes =
            headers.iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len()).sum();
        if bytes > MAX_IDENTITY {
            return Err(Refusal::IdentityTooLarge { bytes });
        }
        let headers = headers.into_iter().map(|(name, value)| match HeaderValue::try_from(value) {
            Ok(value) => Ok((name, value)),
            Err(_) => Err(unfit(name.as_str(), "it does not fit a header")),
        });
        Ok(Self { headers: headers.collect::<Result<_, _>>()? })
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.headers.iter().map(|(name, _)| name)).finish()
    }
}

fn render(value: &Value, rendering: Rendering) -> Result<String, &'static str> {
    match (value, rendering) {
        (Value::Array(items), _) => list(items.iter().map(scalar)),
        (Value::Object(members), Rendering::Names) => list(members.keys().map(|name| Ok(name.clone()))),
        _ => text(&scalar(value)?),
    }
}

fn list(items: impl Iterator<Item = Result<String, &'static str>>) -> Result<String, &'static str> {
    let items = items.map(|item| encode(&item?, &ITEM)).collect::<Result<Vec<_>, _>>()?;
    Ok(items.join(","))
}

fn scalar(value: &Value) -> Result<String, &'static str> {
    match value {
        Value::Null => Ok(String::new()),
        Value::Bool(truth) => Ok(truth.to_string()),
        Value::Number(number) => Ok(number.to_string()),
        Value::String(text) => Ok(text.clone()),
        Value::Array(_) => Err("it is a list inside a list"),
        Value::Object(_) => Err("it is an object"),
    }
}

fn text(value: &str) -> Result<String, &'static str> {
    let inner = value.trim_matches(' ');
    // Proxies trim values; a blank that counts has to be encoded.
    let before = value.len() - value.trim_start_matches(' ').len();
    let after = if inner.is_empty() { 0 } else { value.len() - before - inner.len() };
    Ok("%20".repeat(before) + &encode(inner, &TEXT)? + &"%20".repeat(after))
}

fn encode(value: &str, set: &'static AsciiSet) -> Result<String, &'static str> {
    // One that could end the header and begin another; encoded it would be safe, but no directory holds it by intention.
    if value.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
        return Err("it has a control character");
    }
    Ok(utf8_percent_encode(value, set).to_string())
}

/// Bytes of all identity headers, names and separators included: with the rest of the head they fit 4096, nginx's default.
pub const MAX_IDENTITY: usize = 3000;

const TEXT: AsciiSet = CONTROLS.add(b'%');
const ITEM: AsciiSet = TEXT.add(b',').add(b';').add(b' ');
