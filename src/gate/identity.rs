//! Who the person is, as headers for the application.

use std::borrow::Cow;
use std::fmt;

use http::{HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::Value;

use super::admission;
use super::refusal::Refusal;
use crate::config::bearer::{BearerIssuer, Whose};
use crate::config::{CLIENT_HEADER, ClaimHeader, Client, ISSUER_HEADER, Rendering, SUBJECT_HEADER};
use crate::protocol::access_token::{AccessToken, Bearer};
use crate::protocol::claim_path::ClaimPath;
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

    /// Bytes that all of them take in an answer, names and separators included.
    pub fn bytes(&self) -> usize {
        self.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len()).sum()
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
        Self::of(
            client,
            &Who { claims, client_id: "", headers: &client.claim_headers, bearer: Bearer::Person },
        )
    }

    /// Who an access token is about, by the mapping of its issuer. A machine has no subject, and nothing of what describes a person
    /// (OpenID Connect Core 1.0 section 5.1): the texts may be those of one (RFC 9068 section 5).
    ///
    /// # Errors
    /// As [`Self::from_claims`]; whom the client lets in counts for the persons of its own issuer.
    pub fn from_token(token: &AccessToken, client: &Client, issuer: &BearerIssuer) -> Result<Self, Refusal> {
        if token.bearer == Bearer::Person {
            if issuer.whose == Whose::OwnOfClient {
                admission::hosted_domain(&token.claims, client)?;
            }
            admission::email(&token.claims, client, &issuer.claim_headers)?;
        }
        let client_id = token.client_id.as_deref().unwrap_or_default();
        let headers = &issuer.claim_headers;
        Self::of(client, &Who { claims: &token.claims, client_id, headers, bearer: token.bearer })
    }

    fn of(client: &Client, who: &Who<'_>) -> Result<Self, Refusal> {
        let unfit = |claim: &str, why| Refusal::ClaimUnfit { claim: claim.into(), why };
        let plain = |claim, value: &str| text(value).map_err(|why| unfit(claim, why));
        let mut headers = Vec::with_capacity(3 + client.claim_headers.len());
        // Those of others that guard the same host are empty, and beside them.
        let others = client.login_choice.iter().flat_map(|choice| &choice.headers);
        let mut bytes: usize = others.map(|name| name.as_str().len() + ": \r\n".len()).sum();
        for name in client.identity_headers() {
            let rendered = if *name == SUBJECT_HEADER {
                match who.bearer {
                    Bearer::Person => plain("sub", who.claims.sub())?,
                    Bearer::Machine => String::new(),
                }
            } else if client.tells_issuer() && *name == ISSUER_HEADER {
                plain("iss", who.claims.issuer())?
            } else if client.bearer.is_some() && *name == CLIENT_HEADER {
                plain("client_id", who.client_id)?
            } else {
                let mapping = who.headers.iter().find(|mapping| mapping.header == *name);
                let found = mapping
                    .filter(|mapping| who.may_have(&mapping.claim))
                    .and_then(|mapping| Some((mapping, who.claims.get(&mapping.claim)?)));
                match found {
                    Some((mapping, value)) => {
                        render(value, mapping.rendering).map_err(|why| unfit(mapping.claim.as_str(), why))?
                    }
                    None => String::new(),
                }
            };
            bytes += name.as_str().len() + rendered.len() + ": \r\n".len();
            let value = HeaderValue::try_from(rendered)
                .map_err(|_| unfit(name.as_str(), "it does not fit a header"))?;
            headers.push((name.clone(), value));
        }
        if bytes > MAX_IDENTITY {
            return Err(Refusal::IdentityTooLarge { bytes });
        }
        Ok(Self { headers: headers.into() })
    }
}

/// Of whom the headers tell, and by which mapping.
struct Who<'a> {
    claims: &'a Claims,
    /// Whom an access token was issued to; empty for a session.
    client_id: &'a str,
    headers: &'a [ClaimHeader],
    bearer: Bearer,
}

impl Who<'_> {
    fn may_have(&self, claim: &ClaimPath) -> bool {
        let name = claim.as_str().split('.').next().unwrap_or_default();
        self.bearer == Bearer::Person || !is_of_person(name)
    }
}

/// Whether a claim of that name describes a person, so that the token of a machine does not have it.
pub(super) fn is_of_person(name: &str) -> bool {
    OF_PERSONS.contains(&name)
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.headers.iter().map(|(name, _)| name)).finish()
    }
}

fn render(value: &Value, rendering: Rendering) -> Result<String, &'static str> {
    match (value, rendering) {
        (Value::Array(items), _) => list(items.iter().map(scalar)),
        (Value::Object(members), Rendering::Names) => {
            list(members.keys().map(|name| Ok(Cow::Borrowed(name.as_str()))))
        }
        _ => text(&scalar(value)?),
    }
}

fn list<'a>(items: impl Iterator<Item = Result<Cow<'a, str>, &'static str>>) -> Result<String, &'static str> {
    let mut list = String::new();
    for (place, item) in items.enumerate() {
        if place > 0 {
            list.push(',');
        }
        list.push_str(&encode(&item?, &ITEM)?);
    }
    Ok(list)
}

fn scalar(value: &Value) -> Result<Cow<'_, str>, &'static str> {
    match value {
        Value::Null => Ok(Cow::Borrowed("")),
        Value::Bool(truth) => Ok(truth.to_string().into()),
        Value::Number(number) => Ok(number.to_string().into()),
        Value::String(text) => Ok(Cow::Borrowed(text)),
        Value::Array(_) => Err("it is a list inside a list"),
        Value::Object(_) => Err("it is an object"),
    }
}

fn text(value: &str) -> Result<String, &'static str> {
    let inner = value.trim_matches(' ');
    if inner.len() == value.len() {
        return Ok(encode(inner, &TEXT)?.into_owned());
    }
    // Proxies trim values; a blank that counts has to be encoded.
    let before = value.len() - value.trim_start_matches(' ').len();
    let after = if inner.is_empty() { 0 } else { value.len() - before - inner.len() };
    Ok("%20".repeat(before) + &encode(inner, &TEXT)? + &"%20".repeat(after))
}

fn encode<'a>(value: &'a str, set: &'static AsciiSet) -> Result<Cow<'a, str>, &'static str> {
    // One that could end the header and begin another; encoded it would be safe, but no directory holds it by intention.
    if value.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
        return Err("it has a control character");
    }
    Ok(utf8_percent_encode(value, set).into())
}

/// Bytes of all identity headers, names and separators included: with the rest of the head they fit 4096, nginx's default.
pub const MAX_IDENTITY: usize = 3000;

/// Claims that describe a person: those of OpenID Connect Core 1.0 section 5.1, and what Entra ID, AD FS and RFC 7662 call the name of an
/// account.
const OF_PERSONS: [&str; 23] = [
    "sub",
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "email",
    "email_verified",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "phone_number",
    "phone_number_verified",
    "address",
    "upn",
    "unique_name",
    "username",
    "oid",
];

const TEXT: AsciiSet = CONTROLS.add(b'%');
const ITEM: AsciiSet = TEXT.add(b',').add(b';').add(b' ');
