//! What a 401 or 403 tells a program about the access token that it needs: `WWW-Authenticate` (RFC 6750 section 3, RFC 9449 section
//! 7.1, RFC 9470 section 3, RFC 9728 section 5.1).

use http::StatusCode;

use super::presented::Scheme;
use super::refusal::{Fault, Kind, Refusal};
use crate::config::Client;
use crate::config::bearer::{BearerTokens, Dpop};
use crate::protocol::dpop;

/// The challenges for a request at which no token came, each a value of `WWW-Authenticate`: without an error, for nothing was wrong
/// (RFC 6750 section 3.1).
pub fn without_token(client: &Client, tokens: &BearerTokens) -> Vec<String> {
    schemes(tokens).iter().map(|scheme| challenge(client, *scheme, None)).collect()
}

/// The challenge for a token that was refused, in its own scheme, or in that which it must come in; never in one that is not taken.
pub fn of_refusal(client: &Client, scheme: Scheme, refusal: &Refusal) -> String {
    let scheme = match (client.bearer.as_ref().map(schemes), refusal.kind()) {
        (Some([only]), _) => *only,
        (_, Kind::DpopNeeded | Kind::DpopAsBearer) => Scheme::Dpop,
        (_, Kind::DpopOff | Kind::DpopUnbound) => Scheme::Bearer,
        _ => scheme,
    };
    challenge(client, scheme, Some(refusal))
}

fn challenge(client: &Client, scheme: Scheme, refusal: Option<&Refusal>) -> String {
    let mut text = format!("{} realm=\"{}\"", scheme.name(), client.name);
    let mut add = |name: &str, value: &str| text += &format!(", {name}=\"{value}\"");
    if let Some(refusal) = refusal
        && let Some(error) = error(refusal)
    {
        add("error", error);
        add("error_description", refusal.sentence());
        match refusal {
            Refusal::BearerScope { needed } => add("scope", &needed.join(" ")),
            Refusal::BearerAuthentication { acr_values, max_age } => {
                if !acr_values.is_empty() {
                    add("acr_values", &acr_values.join(" "));
                }
                if let Some(max_age) = max_age {
                    add("max_age", &max_age.as_secs().to_string());
                }
            }
            _ => {}
        }
    }
    if scheme == Scheme::Dpop {
        let algorithms: Vec<&str> = dpop::ALGORITHMS.iter().map(|algorithm| algorithm.name()).collect();
        add("algs", &algorithms.join(" "));
    }
    if let Some(metadata) = &client.resource_metadata {
        add("resource_metadata", &metadata.url());
    }
    text
}

/// The error code; none for what another token would not mend. Exhaustive by status: what is not 400, 401 or 403 is no challenge.
fn error(refusal: &Refusal) -> Option<&'static str> {
    let code = refusal.code();
    match refusal.status() {
        StatusCode::BAD_REQUEST => Some("invalid_request"),
        StatusCode::FORBIDDEN => (refusal.fault() == Fault::Caller).then_some("insufficient_scope"),
        StatusCode::UNAUTHORIZED => match refusal.kind() {
            Kind::BearerNeeded => None,
            Kind::BearerAuthentication => Some("insufficient_user_authentication"),
            Kind::DpopNonce => Some("use_dpop_nonce"),
            _ if code.starts_with("dpop_proof") || refusal.kind() == Kind::DpopReplayed => {
                Some("invalid_dpop_proof")
            }
            _ => Some("invalid_token"),
        },
        _ => None,
    }
}

fn schemes(tokens: &BearerTokens) -> &'static [Scheme] {
    match tokens.dpop {
        Dpop::Off => &[Scheme::Bearer],
        Dpop::Accepted => &[Scheme::Bearer, Scheme::Dpop],
        Dpop::Required => &[Scheme::Dpop],
    }
}
