//! How the client is registered, at the development provider and in clients.yaml.

use serde_json::{Value, json};

use crate::stage::{CLIENT_SECRET, Stage};

/// One way to be registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Registration {
    SecretBasic,
    SecretPost,
    Public,
    FormPost,
}

impl Registration {
    /// The client's lines in clients.yaml.
    pub(crate) fn client_yaml(self) -> String {
        let secret = format!("    client_secret: {CLIENT_SECRET}\n");
        let own = match self {
            Self::Public => String::new(),
            Self::SecretBasic => secret,
            Self::SecretPost => format!("{secret}    token_endpoint_auth_method: client_secret_post\n"),
            Self::FormPost => format!("{secret}    response_mode: form_post\n"),
        };
        format!(
            "    client_id: quickstart
    scopes: openid profile email groups offline_access
    extra_claim_headers:
      email: X-User-Email
      name: X-User-Name
      preferred_username: X-User-Preferred-Username
      groups: X-User-Groups
{own}"
        )
    }

    /// The client's metadata (OpenID Connect Dynamic Client Registration 1.0 section 2), in the list that the provider takes.
    pub(crate) fn metadata(self, stage: &Stage) -> Value {
        let method = match self {
            Self::Public => "none",
            Self::SecretPost => "client_secret_post",
            Self::SecretBasic | Self::FormPost => "client_secret_basic",
        };
        let mut client = json!({
            "client_id": "quickstart",
            "redirect_uris": [stage.own("callback")],
            "post_logout_redirect_uris": [stage.own("signed-out")],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": method,
            "require_pkce": true,
        });
        if self != Self::Public {
            client["client_secret"] = CLIENT_SECRET.into();
        }
        json!([client])
    }
}
