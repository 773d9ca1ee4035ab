//! The provider of a client: who it is, and what is believed of it.

use std::time::Duration;

use url::Url;

use super::client::{has_placeholder, is_client_id, or_variable};
use super::origin::has_no_extras;
use super::{At as Table, Judge};
use crate::config::file::ClientAsWritten;
use crate::config::form::Written;
use crate::config::kind::Leeway;
use crate::config::problem::Finding;
use crate::protocol::issuer::{HttpIssuer, Issuer, IssuerFault};
use crate::protocol::jwt::{DEFAULT_LEEWAY, MAX_LEEWAY};
use crate::protocol::registration::{ClientAuthentication, SigningAlgorithm};

/// The provider's name for itself.
pub(super) fn issuer(judge: &mut Judge<'_>, written: &ClientAsWritten, table: &Table<'_>) -> Option<Issuer> {
    let at = match &written.issuer {
        Written::Given(at) => at,
        Written::Broken => return None,
        Written::Absent => return judge.missing(table, "issuer"),
    };
    let danger = match &written.danger_http_issuer {
        Written::Given(flag) if flag.value => {
            judge.notices.push(flag.problem(Finding::DangerHttpIssuer));
            HttpIssuer::DangerAllowed
        }
        // Refused already; whoever wrote it meant something by it.
        Written::Broken => HttpIssuer::DangerAllowed,
        Written::Given(_) | Written::Absent => HttpIssuer::OnlyLoopback,
    };
    let found = at.value.clone();
    if found.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return judge.refuse(at.problem(not_an_issuer(found)));
    }
    if has_placeholder(&found) {
        return judge.refuse(at.problem(Finding::Placeholder { write: or_variable(&at.path) }));
    }
    if let Some(issuer) = found.strip_suffix("/.well-known/openid-configuration") {
        let write = format!("issuer: {issuer}");
        return judge.refuse(at.problem(Finding::DocumentForIssuer { found, write }));
    }
    match Issuer::parse(&found, danger) {
        Ok(issuer) => Some(issuer),
        Err(fault) => judge.refuse(at.problem(match fault {
            IssuerFault::NotAnAddress => not_an_issuer(found),
            IssuerFault::HasExtras => Finding::IssuerHasExtras,
            IssuerFault::NotHttps => Finding::IssuerNotHttps(found),
        })),
    }
}

fn not_an_issuer(found: String) -> Finding {
    let host = found.contains('.') && !found.contains("://");
    let address = Url::parse(&format!("https://{found}")).ok().filter(|url| host && has_no_extras(url));
    let write = if address.is_some() {
        format!("issuer: https://{found}")
    } else {
        "issuer: https://id.example.com".to_owned()
    };
    Finding::NotAnIssuer { found, write }
}

/// The one algorithm of ID tokens. One that signs with the client secret needs a secret that cannot be tried out (OpenID Connect
/// Core 1.0 section 16.19).
pub(super) fn id_token_algorithm(
    judge: &mut Judge<'_>,
    written: &ClientAsWritten,
    authentication: Option<&ClientAuthentication>,
) -> SigningAlgorithm {
    let Some(at) = written.id_token_signed_response_alg.given() else { return SigningAlgorithm::Rs256 };
    let algorithm = at.value.0;
    if let (Some(needed), Some(authentication)) = (algorithm.secret_bytes(), authentication) {
        let alg = algorithm.name();
        match authentication.secret().map(|secret| secret.expose().len()) {
            None => judge.problems.push(at.problem(Finding::NoSecretToSign(alg))),
            Some(bytes) if bytes < needed => {
                judge.problems.push(at.problem(Finding::SecretTooShortToSign { alg, bytes, needed }));
            }
            Some(_) => {}
        }
    }
    algorithm
}

/// Audiences that are trusted beside the client itself (OpenID Connect Core 1.0 section 3.1.3.7 step 3).
pub(super) fn audiences(judge: &mut Judge<'_>, written: &ClientAsWritten) -> Vec<String> {
    let Some(at) = written.audiences.given() else { return Vec::new() };
    let client_id = written.client_id.given().map(|at| at.value.as_str());
    let mut audiences: Vec<String> = Vec::new();
    if at.value.0.is_empty() {
        judge.problems.push(at.problem(Finding::Empty { write: String::new() }));
    }
    if at.value.0.len() > MAX_AUDIENCES {
        judge.problems.push(at.problem(Finding::TooManyAudiences(MAX_AUDIENCES)));
    }
    for item in &at.value.0 {
        if !is_client_id(&item.value) {
            judge.problems.push(item.problem(Finding::StrangeAudience));
        } else if client_id == Some(&item.value) {
            judge.problems.push(item.problem(Finding::AudienceIsClient));
        } else if audiences.contains(&item.value) {
            judge.problems.push(item.problem(Finding::AudienceTwice(item.value.clone())));
        } else {
            audiences.push(item.value.clone());
        }
    }
    audiences
}

/// How far clocks may be apart.
pub(super) fn clock_leeway(judge: &mut Judge<'_>, written: &ClientAsWritten) -> Duration {
    if let Some(at) = written.clock_leeway.given()
        && at.value.0 > MAX_LEEWAY
    {
        judge.problems.push(at.problem(Finding::TooLong { limit: "300s" }));
    }
    written.clock_leeway.or(Leeway(DEFAULT_LEEWAY)).0
}

/// Audiences of one client.
const MAX_AUDIENCES: usize = 20;
