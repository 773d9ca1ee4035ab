//! client_secrets.json: what Flask-OIDC reads, and what Google's console gives. Pure.

use std::fmt;

use serde_json::{Map, Value};
use url::Url;

use crate::protocol::json::{self, JsonFault};
use crate::protocol::secret::Secret;

/// What of the file means something here; the provider's discovery says the rest.
#[derive(Clone, Debug)]
pub struct ClientSecrets {
    /// The provider.
    pub issuer: String,
    /// `client_id`
    pub client_id: String,
    /// `client_secret`; none for a public client.
    pub client_secret: Option<Secret>,
    /// The origins of `redirect_uris`, each once, in the order of the file.
    pub origins: Vec<String>,
}

/// Why the file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientSecretsFault {
    /// It is not strict JSON.
    Json(JsonFault),
    /// It has credentials of another kind: `installed`.
    Installed,
    /// It has credentials of another kind: those of a service account.
    ServiceAccount,
    /// There is no `web`.
    NoWeb,
    /// A member that must be there is not, or is no text.
    Missing(&'static str),
    /// There is no issuer, and the provider is not one whose issuer is known.
    NoIssuer,
    /// An address of `redirect_uris` is none.
    RedirectUri,
}

/// Reads the file.
///
/// # Errors
/// [`ClientSecretsFault`].
pub fn read(bytes: &[u8]) -> Result<ClientSecrets, ClientSecretsFault> {
    let file = json::object(bytes).map_err(ClientSecretsFault::Json)?;
    let Some(web) = file.get("web").and_then(Value::as_object) else {
        return Err(if file.contains_key("installed") {
            ClientSecretsFault::Installed
        } else if file.get("type").and_then(Value::as_str) == Some("service_account") {
            ClientSecretsFault::ServiceAccount
        } else {
            ClientSecretsFault::NoWeb
        });
    };
    let needed = |member| text(web, member)?.ok_or(ClientSecretsFault::Missing(member));
    let issuer = match text(web, "issuer")? {
        Some(issuer) => issuer.to_owned(),
        None if text(web, "auth_uri")?.is_some_and(is_google) => GOOGLE.to_owned(),
        None => return Err(ClientSecretsFault::NoIssuer),
    };
    Ok(ClientSecrets {
        issuer,
        client_id: needed("client_id")?.to_owned(),
        client_secret: text(web, "client_secret")?.map(Secret::new),
        origins: origins(web)?,
    })
}

fn text<'a>(
    web: &'a Map<String, Value>,
    member: &'static str,
) -> Result<Option<&'a str>, ClientSecretsFault> {
    match web.get(member) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(ClientSecretsFault::Missing(member)),
    }
}

fn is_google(auth_uri: &str) -> bool {
    Url::parse(auth_uri)
        .is_ok_and(|url| url.scheme() == "https" && url.host_str() == Some("accounts.google.com"))
}

/// Google leaves `redirect_uris` out as long as none is registered.
fn origins(web: &Map<String, Value>) -> Result<Vec<String>, ClientSecretsFault> {
    let uris = match web.get("redirect_uris") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(uris) => uris.as_array().ok_or(ClientSecretsFault::RedirectUri)?,
    };
    let mut origins: Vec<String> = Vec::new();
    for uri in uris {
        let url = uri.as_str().and_then(|uri| Url::parse(uri).ok());
        let url = url
            .filter(|url| matches!(url.scheme(), "https" | "http"))
            .ok_or(ClientSecretsFault::RedirectUri)?;
        let origin = url.origin().ascii_serialization();
        if !origins.contains(&origin) {
            origins.push(origin);
        }
    }
    Ok(origins)
}

impl fmt::Display for ClientSecretsFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(fault) => write!(f, "{fault}"),
            Self::Installed => f.write_str(
                "\"installed\" is a program on somebody's own device: its secret is in everybody's hands, and its callbacks are on that \
                 device, where a gateway is not.\nMake credentials of the type Web application, and take their file.",
            ),
            Self::ServiceAccount => f.write_str(
                "it is the key of a service account, with which nobody signs in.\nMake credentials of the type Web application, and take \
                 their file.",
            ),
            Self::NoWeb => f.write_str("it has no \"web\", so it is not the file that Flask-OIDC and Google mean."),
            Self::Missing(member) => write!(f, "\"web\" has no text {member}."),
            Self::NoIssuer => f.write_str(
                "\"web\" has no issuer, and which one is meant is known of Google alone.\nAdd it as the provider's discovery document has \
                 it: \"issuer\": \"https://id.example.com\"",
            ),
            Self::RedirectUri => f.write_str("redirect_uris is not a list of http or https addresses."),
        }
    }
}

impl std::error::Error for ClientSecretsFault {}

/// What Google's discovery document has as `issuer`; its file does not say.
const GOOGLE: &str = "https://accounts.google.com";
