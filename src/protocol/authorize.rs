//! The authorization request (OpenID Connect Core 1.0 section 3.1.2.1, RFC 7636 section 4.3), in an address or pushed
//! (RFC 9126 section 4).

use std::borrow::Cow;

use super::discovery::Provider;
use super::pkce;
use super::registration::{Registration, ResponseMode};

/// What makes one login different from every other. The first three are ASCII and fit an address as they are.
#[derive(Clone, Copy, Debug)]
pub struct Transaction<'a> {
    /// Comes back in the authorization response (RFC 6749 section 10.12).
    pub state: &'a str,
    /// Comes back in the ID token (OpenID Connect Core 1.0 section 15.5.2).
    pub nonce: &'a str,
    /// [`pkce::challenge`] of the verifier that will redeem the code.
    pub code_challenge: &'a str,
    /// What this login asks beyond what every login of the client does; none of [`RESERVED`].
    pub asked: &'a [(String, String)],
}

/// What authorization requests of a client ask beyond the protocol's own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Authorization {
    /// Parameters of every request, in this order; no name twice and none of [`RESERVED`].
    pub parameters: Vec<(String, String)>,
    /// Names that the address of a login may add; none of [`RESERVED`] and none of `parameters`.
    pub from_login_url: Vec<String>,
    /// Whether requests are pushed.
    pub pushed: Pushing,
}

/// Whether an authorization request goes to the provider straight, and the browser brings only a reference (RFC 9126).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pushing {
    /// Where the provider takes no others (`require_pushed_authorization_requests`).
    #[default]
    WhereRequired,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Every parameter that the protocol itself puts into a request; the provider's endpoint may not have one of them in its own
/// query.
pub const PARAMETERS: &[&str] = &[
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "response_mode",
];

/// What neither the configuration nor the address of a login may put into a request: the protocol's own, what would replace
/// them (request objects), and what belongs to the proof of who the client is.
pub const RESERVED: &[&str] = &[
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "response_mode",
    "request",
    "request_uri",
    "registration",
    "client_secret",
    "client_assertion",
    "client_assertion_type",
    "code",
    "code_verifier",
    "grant_type",
    "refresh_token",
    "dpop_jkt",
];

/// The whole request, in the order in which it is sent. Nothing in it comes from the request that started the login, but what
/// `transaction.asked` holds.
pub fn parameters<'a>(
    registration: &'a Registration,
    transaction: &Transaction<'a>,
) -> Vec<(&'a str, Cow<'a, str>)> {
    let mut parameters: Vec<(&str, Cow<'_, str>)> = vec![
        ("response_type", "code".into()),
        ("client_id", registration.client_id.as_str().into()),
        ("redirect_uri", registration.redirect_uri.as_str().into()),
        ("scope", registration.scopes.join(" ").into()),
        ("state", transaction.state.into()),
        ("nonce", transaction.nonce.into()),
        ("code_challenge", transaction.code_challenge.into()),
        ("code_challenge_method", pkce::METHOD.into()),
    ];
    // `query` is the default for a code (OAuth 2.0 Multiple Response Types section 5), so it is left out.
    if registration.response_mode == ResponseMode::FormPost {
        parameters.push(("response_mode", "form_post".into()));
    }
    // One that this login asks for takes the place of what every login does: it asks for more.
    let is_asked = |name: &str| transaction.asked.iter().any(|(asked, _)| asked == name);
    let usual = registration.authorization.parameters.iter().filter(|(name, _)| !is_asked(name));
    let further = usual.chain(transaction.asked);
    parameters.extend(further.map(|(name, value)| (name.as_str(), value.as_str().into())));
    parameters
}

/// The absolute address that the browser is sent to, with the request in it.
pub fn url(provider: &Provider, registration: &Registration, transaction: &Transaction<'_>) -> String {
    with_query(provider, &parameters(registration, transaction))
}

/// The same with nothing but a reference to the request that was pushed (RFC 9126 section 4).
pub fn url_of_pushed(provider: &Provider, registration: &Registration, request_uri: &str) -> String {
    with_query(
        provider,
        &[("client_id", registration.client_id.as_str().into()), ("request_uri", request_uri.into())],
    )
}

fn with_query(provider: &Provider, parameters: &[(&str, Cow<'_, str>)]) -> String {
    let mut url = provider.authorization_endpoint().url().clone();
    // RFC 6749 section 3.1: the query of the endpoint is kept, and no parameter is there twice.
    let is_ours = |name: &str| parameters.iter().any(|(ours, _)| *ours == name);
    let kept: Vec<_> = url.query_pairs().into_owned().filter(|(name, _)| !is_ours(name)).collect();
    if kept.len() < url.query_pairs().count() {
        url.query_pairs_mut().clear().extend_pairs(kept);
    }
    url.query_pairs_mut().extend_pairs(parameters);
    url.into()
}
