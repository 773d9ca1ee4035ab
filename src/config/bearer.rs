//! Access tokens, as used.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderName;
use serde_json::Value;

use super::ProviderSettings;
use super::claim_header::ClaimHeader;
use crate::protocol::access_token::Profile;
use crate::protocol::endpoint::Endpoint;
use crate::protocol::issuer::Issuer;
use crate::protocol::registration::{ClientAuthentication, SigningAlgorithm};

/// The access tokens that a client takes.
#[derive(Clone, Debug)]
pub struct BearerTokens {
    /// By whom; at least one, in the order of the file.
    pub issuers: Vec<Arc<BearerIssuer>>,
    /// Headers that only these tokens fill, beside those of the client.
    pub further_headers: Vec<HeaderName>,
    /// A request with a token and a session cookie.
    pub with_session: WithSession,
    /// Tokens that are bound to a key of the caller.
    pub dpop: Dpop,
    /// Whether a proof needs a nonce of ours.
    pub dpop_nonce: DpopNonce,
    /// The header in which the proxy passes the caller's certificate.
    pub certificate_header: Option<HeaderName>,
    /// Whether any answer takes a token away from what the application gets: then every 200 says what it gets.
    pub tells_authorization: bool,
}

/// One issuer of access tokens that a client takes.
#[derive(Clone, Debug)]
pub struct BearerIssuer {
    /// Its name in clients.yaml, for the log.
    pub name: String,
    /// Whether it is the client's own: then whom the client lets in counts for its tokens too.
    pub whose: Whose,
    /// Who it is.
    pub issuer: Issuer,
    /// How it is reached, and where its keys are.
    pub provider: ProviderSettings,
    /// Whom a token must be for; at least one.
    pub audiences: Vec<String>,
    /// How a token shows what it is.
    pub profile: Profile,
    /// By what a token may be signed; none that signs with a secret.
    pub algorithms: Vec<SigningAlgorithm>,
    /// Whom a token may have been issued to; empty: anybody.
    pub client_ids: Vec<String>,
    /// Scopes that every token needs.
    pub scopes: Vec<String>,
    /// How far clocks may be apart.
    pub clock_leeway: Duration,
    /// Claim → header.
    pub claim_headers: Vec<ClaimHeader>,
    /// Whether userinfo is asked for.
    pub userinfo: bool,
    /// Whether the issuer is asked about tokens; none: never.
    pub introspection: Option<Introspection>,
}

/// Whose issuer that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The one at which people sign in to the client.
    OwnOfClient,
    /// Another one.
    Further,
}

/// How an issuer is asked about tokens.
#[derive(Clone, Debug)]
pub struct Introspection {
    /// About which.
    pub ask: Ask,
    /// Where; none: where its metadata say.
    pub endpoint: Option<Endpoint>,
    /// As whom.
    pub client_id: String,
    /// How vestibule proves that it is.
    pub authentication: ClientAuthentication,
    /// How long its word is believed.
    pub cache: Duration,
    /// What its answers are signed by, if they are.
    pub algorithm: Option<SigningAlgorithm>,
}

/// About which tokens an issuer is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// None.
    Never,
    /// Those that are no JWTs.
    Opaque,
    /// All.
    All,
}

/// A request with a token and a session cookie (RFC 6750 section 2: one method).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WithSession {
    /// It is refused.
    Refuse,
    /// The token decides, and the cookie is not looked at.
    TokenDecides,
}

/// What becomes of a token that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenHandling {
    /// The application gets it.
    Pass,
    /// It does not.
    Remove,
}

/// Tokens that are bound to a key of the caller (RFC 9449).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dpop {
    /// They are refused.
    Off,
    /// They are taken.
    Accepted,
    /// No others are.
    Required,
}

/// Whether a DPoP proof needs a nonce of ours (RFC 9449 section 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DpopNonce {
    /// It does not.
    Optional,
    /// It does.
    Required,
}

/// What callers may read about a resource (RFC 9728 section 2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceMetadata {
    /// Scheme and authority of its identifier.
    pub origin: String,
    /// The path of its identifier; empty for none.
    pub path: String,
    /// The document.
    pub document: Value,
}

impl ResourceMetadata {
    /// Where it is served (section 3): the well-known path goes between host and path of the identifier.
    pub fn url(&self) -> String {
        format!("{}{WELL_KNOWN}{}", self.origin, self.path)
    }
}

/// The path of protected resource metadata (RFC 9728 section 3).
pub const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";
