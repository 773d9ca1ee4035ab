//! What is known of the provider, and what follows from it: `preset`, `logout`, `email_verified`, `hosted_domain`.

use super::{Judge, headers};
use crate::config::file::{ClientAsWritten, LogoutAsWritten};
use crate::config::form::Written;
use crate::config::kind::Choice;
use crate::config::preset::Preset;
use crate::config::problem::Finding;
use crate::config::report::Problem;
use crate::config::{Admission, AskUserinfo, EmailVerified};
use crate::protocol::authorize::Authorization;
use crate::protocol::issuer::Issuer;
use crate::protocol::logout::{LogoutForm, ProviderLogout};

/// The preset of a client, if one is written.
pub(super) fn of(written: &ClientAsWritten) -> Option<Preset> {
    written.preset.given().map(|at| at.value.0)
}

/// Says what cannot work at that provider.
pub(super) fn notice(judge: &mut Judge<'_>, written: &ClientAsWritten) {
    let Some(preset) = of(written) else { return };
    let provider = preset.title();
    if let Some(issuer) = written.issuer.given() {
        let finding = match (preset.has_slash(), issuer.value.strip_suffix('/')) {
            (Some(true), None) => {
                Some(Finding::NoSlash { provider, write: format!("issuer: {}/", issuer.value) })
            }
            (Some(false), Some(without)) => {
                Some(Finding::Slash { provider, write: format!("issuer: {without}") })
            }
            _ => None,
        };
        judge.notices.extend(finding.map(|finding| issuer.problem(finding)));
    }
    if let Some(scopes) = written.scopes.given()
        && preset.refreshes_otherwise()
        && scopes.value.0.iter().any(|scope| scope.value == "offline_access")
    {
        let others = scopes
            .value
            .0
            .iter()
            .map(|scope| scope.value.as_str())
            .filter(|scope| *scope != "offline_access");
        let write = format!("scopes: {}", others.collect::<Vec<_>>().join(" "));
        judge.notices.push(scopes.problem(Finding::NoSuchScope { provider, write }));
    }
    if let Some(domain) = written.hosted_domain.given()
        && preset != Preset::Google
    {
        judge.notices.push(domain.problem(Finding::NoHostedDomain { provider }));
    }
    if let Some(userinfo) = written.userinfo.given()
        && matches!(userinfo.value, Choice(AskUserinfo::Off))
        && preset.needs_userinfo()
        && !headers::claims(written).is_empty()
    {
        judge.notices.push(userinfo.problem(Finding::NeedsUserinfo { provider }));
    }
    for (claim, place, path) in headers::claims(written) {
        let finding = if let Some(write) = preset.lacks(claim) {
            Finding::ClaimLacks { claim: claim.to_owned(), provider, write }
        } else if claim == "email" && preset.verifies_no_email() && written.email_verified.is_absent() {
            Finding::VerifiesNoEmail { provider }
        } else {
            continue;
        };
        judge.notices.push(Problem::new(place.clone(), path, finding));
    }
}

/// What the claims of a person must say.
pub(super) fn admission(judge: &mut Judge<'_>, written: &ClientAsWritten) -> Admission {
    let mut hosted_domains = Vec::new();
    if let Some(at) = written.hosted_domain.given() {
        if at.value.0.is_empty() {
            // Nobody could sign in, and a list that lost its items is not meant so.
            judge.problems.push(at.problem(Finding::Empty { write: HOSTED_DOMAIN.to_owned() }));
        }
        if at.value.0.len() > MAX_HOSTED_DOMAINS {
            judge.problems.push(at.problem(Finding::TooManyHostedDomains(MAX_HOSTED_DOMAINS)));
        }
        for item in &at.value.0 {
            if is_domain(&item.value) {
                hosted_domains.push(item.value.to_ascii_lowercase());
            } else {
                judge.problems.push(item.problem(Finding::NotAHostedDomain(item.value.clone())));
            }
        }
    }
    Admission {
        hosted_domains,
        email_verified: written.email_verified.or(Choice(EmailVerified::IfPresent)).0,
    }
}

/// How the provider is asked to end its session. `None` if that is written wrongly.
pub(super) fn logout(
    judge: &mut Judge<'_>,
    written: &ClientAsWritten,
    issuer: Option<&Issuer>,
) -> Option<ProviderLogout> {
    let settings = written.logout.or(LogoutAsWritten::default());
    let by_default = of(written).map_or(LogoutForm::EndSession, Preset::logout_form);
    let form = settings.form.or(Choice(by_default)).0;
    let endpoint = match (&settings.endpoint, issuer) {
        (Written::Given(at), _) if form == LogoutForm::Local => {
            return judge.refuse(at.problem(Finding::EndpointUnused));
        }
        (Written::Given(at), Some(issuer)) => match ProviderLogout::endpoint(&at.value, issuer) {
            Ok(endpoint) => Some(endpoint),
            Err(fault) => {
                let what = fault.explain(&at.value);
                return judge.refuse(at.problem(Finding::LogoutEndpoint { what }));
            }
        },
        (Written::Broken, _) => return None,
        (Written::Absent, _) | (_, None) => None,
    };
    Some(ProviderLogout { form, endpoint })
}

/// Adds what the preset asks of the provider beyond what is written, and gives it back too.
pub(super) fn ask(
    written: &ClientAsWritten,
    admission: &Admission,
    asked: &mut Authorization,
) -> Vec<(String, String)> {
    let Some(preset) = of(written) else { return Vec::new() };
    let domain = match (preset, admission.hosted_domains.as_slice()) {
        // A wish: with it Google offers the accounts of that domain, or of any (`*`). The claim is judged in any case.
        (Preset::Google, [domain]) => Some(("hd", domain.as_str())),
        (Preset::Google, [_, ..]) => Some(("hd", "*")),
        _ => None,
    };
    let added: Vec<(String, String)> = preset
        .parameters()
        .iter()
        .copied()
        .chain(domain)
        .filter(|(name, _)| {
            !asked.parameters.iter().any(|(have, _)| have == name)
                && !asked.from_login_url.iter().any(|have| have == name)
        })
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    asked.parameters.extend(added.iter().cloned());
    added
}

/// What the preset set, for whoever asks: a line a setting. `added` is what [`ask`] gave.
pub(super) fn taken(written: &ClientAsWritten, added: &[(String, String)]) -> Vec<String> {
    let Some(preset) = of(written) else { return Vec::new() };
    let mut taken = Vec::new();
    if written.scopes.is_absent() {
        taken.push(format!("scopes: {}", preset.scopes().join(" ")));
    }
    let form_is_written = written.logout.given().is_some_and(|logout| !logout.value.form.is_absent());
    if !form_is_written && preset.logout_form() != LogoutForm::EndSession {
        taken.push(format!("logout: {{ form: {} }}", preset.logout_form().name()));
    }
    if !added.is_empty() {
        let added: Vec<String> = added
            .iter()
            // YAML would take * for the name of an anchor.
            .map(
                |(name, value)| {
                    if value == "*" { format!("{name}: \"*\"") } else { format!("{name}: {value}") }
                },
            )
            .collect();
        taken.push(format!("authorization: {{ parameters: {{ {} }} }}", added.join(", ")));
    }
    taken
}

/// A name as DNS has it, with a dot inside.
fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        matches!(label.len(), 1..=63)
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.contains('.') && text.split('.').all(label)
}

const HOSTED_DOMAIN: &str = "Write: hosted_domain: example.com";
/// Domains of one client.
const MAX_HOSTED_DOMAINS: usize = 50;
