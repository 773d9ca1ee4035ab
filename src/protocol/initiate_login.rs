//! A login that somebody else starts: the provider, or a portal (OpenID Connect Core 1.0 section 4).

use std::fmt;

use super::form;
use super::issuer::Issuer;
use super::quote::quote;

/// Bytes of a whole request, as query or as form.
pub const MAX_REQUEST_BYTES: usize = 16 * 1024;

/// Bytes of a `login_hint`.
pub const MAX_LOGIN_HINT_BYTES: usize = 256;

/// What a third party may say of a login that it starts. Everything else that it sends is passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Initiated {
    /// Where the person wants to go; not judged yet.
    pub target_link_uri: Option<String>,
    /// `login_hint`, to be handed on.
    pub login_hint: Option<String>,
}

/// Why a request does not start a login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InitiateLoginFault {
    /// It cannot be read in exactly one way.
    Form {
        /// The parameter, or `the request`.
        what: &'static str,
        /// What is wrong with it.
        why: &'static str,
    },
    /// It names another issuer than the client's, or none.
    Issuer {
        /// The configured issuer.
        expected: String,
        /// As it came; `Display` quotes and shortens it.
        found: Option<String>,
    },
}

/// Judges a request, the bytes of a query (without `?`) or of a form.
///
/// # Errors
/// [`InitiateLoginFault`].
pub fn judge(bytes: &[u8], issuer: &Issuer) -> Result<Initiated, InitiateLoginFault> {
    if bytes.len() > MAX_REQUEST_BYTES {
        return Err(InitiateLoginFault::Form { what: "the request", why: "is longer than 16 KiB" });
    }
    let mut read: [Option<String>; 3] = [None, None, None];
    let mut seen = [false; 3];
    for (name, value) in form::pairs(bytes) {
        let Some(at) = PARAMETERS.iter().position(|parameter| name == parameter.as_bytes()) else { continue };
        let fault = |why| InitiateLoginFault::Form { what: PARAMETERS[at], why };
        if std::mem::replace(&mut seen[at], true) {
            return Err(fault("is there twice"));
        }
        let value = String::from_utf8(value).map_err(|_| fault("is not UTF-8"))?;
        if value.chars().any(char::is_control) {
            return Err(fault("has a control character"));
        }
        read[at] = (!value.is_empty()).then_some(value);
    }
    let [found, target_link_uri, login_hint] = read;
    // Byte for byte: a third party must not choose where the person signs in.
    if found.as_deref() != Some(issuer.as_str()) {
        return Err(InitiateLoginFault::Issuer { expected: issuer.as_str().to_owned(), found });
    }
    if login_hint.as_ref().is_some_and(|hint| hint.len() > MAX_LOGIN_HINT_BYTES || hint.contains(['"', '\\']))
    {
        let why = "has more than 256 bytes, a quote or a backslash";
        return Err(InitiateLoginFault::Form { what: "login_hint", why });
    }
    Ok(Initiated { target_link_uri, login_hint })
}

impl InitiateLoginFault {
    /// Every code that [`Self::code`] gives.
    pub const ALL_CODES: &[&str] = &["initiate_login_form", "initiate_login_issuer"];

    /// The stable code, as in docs/refusals.md.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Form { .. } => "initiate_login_form",
            Self::Issuer { .. } => "initiate_login_issuer",
        }
    }
}

impl fmt::Display for InitiateLoginFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form { what, why } => write!(f, "a third party starts a login, but {what} {why}"),
            Self::Issuer { expected, found: Some(found) } => write!(
                f,
                "a third party starts a login at {}, but the issuer is {}",
                quote(found),
                quote(expected)
            ),
            Self::Issuer { expected, found: None } => {
                write!(f, "a third party starts a login and names no iss, which must be {}", quote(expected))
            }
        }
    }
}

impl std::error::Error for InitiateLoginFault {}

/// Section 4, in the order of [`Initiated`] after the issuer.
const PARAMETERS: [&str; 3] = ["iss", "target_link_uri", "login_hint"];
