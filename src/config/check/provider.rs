//! The provider of a client: who it is, and what is believed of it.

use std::path::Path;
use std::time::Duration;

use url::Url;

use super::client::{has_placeholder, is_client_id, or_variable};
use super::origin::has_no_extras;
use super::{At as Table, Judge};
use crate::config::file::{ClientAsWritten, EndpointsAsWritten};
use crate::config::form::{At, Written};
use crate::config::kind::{Choice, TimeOrZero};
use crate::config::problem::Finding;
use crate::config::{CaFile, KEYS_REFRESH, PrivateEndpoints, ProviderSettings};
use crate::protocol::authorities::Authorities;
use crate::protocol::backchannel_url::{BackchannelFault, BackchannelUrl};
use crate::protocol::discovery::{Endpoints, Provider};
use crate::protocol::endpoint::{Endpoint, EndpointFault};
use crate::protocol::issuer::{HttpIssuer, Issuer, IssuerFault, is_tenant_id};
use crate::protocol::jwt::{DEFAULT_LEEWAY, MAX_LEEWAY};
use crate::protocol::registration::{ClientAuthentication, SigningAlgorithm};

/// The provider's name for itself.
pub(super) fn issuer(judge: &mut Judge<'_>, written: &ClientAsWritten, table: &Table<'_>) -> Option<Issuer> {
    let at = match &written.issuer {
        Written::Given(at) => at,
        Written::Broken => return None,
        Written::Absent => return judge.missing(table, "issuer"),
    };
    if let Some(flag) = written.danger_http_issuer.given()
        && flag.value
    {
        judge.notices.push(flag.problem(Finding::DangerHttpIssuer));
    }
    let danger = over_http(written);
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
    if let Some(write) = tenant_of_entra(&found) {
        return judge.refuse(at.problem(Finding::EveryTenant { found, write }));
    }
    let template = found.contains(['{', '}']);
    let tenants = tenants(judge, written);
    let parsed = match &written.tenants {
        Written::Broken => return None,
        Written::Absent if template => return judge.refuse(at.problem(Finding::TenantsNeeded)),
        Written::Absent => Issuer::parse(&found, danger),
        Written::Given(at) if !template => return judge.refuse(at.problem(Finding::TenantsUnused)),
        Written::Given(_) => Issuer::parse_template(&found, tenants?, danger),
    };
    match parsed {
        Ok(issuer) => Some(issuer),
        Err(fault) => judge.refuse(at.problem(match fault {
            IssuerFault::NotAnAddress => not_an_issuer(found),
            IssuerFault::HasExtras => Finding::IssuerHasExtras,
            IssuerFault::NotHttps => Finding::IssuerNotHttps(found),
            IssuerFault::Template => Finding::NotATemplate(found),
        })),
    }
}

/// What to write for an address of Entra ID that stands for many tenants. Its document names another issuer, so that nobody could
/// sign in.
fn tenant_of_entra(found: &str) -> Option<String> {
    let (host, path) = found.strip_prefix("https://login.")?.split_once('/')?;
    let (tenant, rest) = path.split_once('/').unwrap_or((path, "v2.0"));
    let of_many = matches!(tenant, "common" | "organizations" | "consumers");
    (of_many && host.contains("microsoftonline"))
        .then(|| format!("issuer: https://login.{host}/11111111-2222-3333-4444-555555555555/{rest}"))
}

/// The tenants whose people are let in.
fn tenants(judge: &mut Judge<'_>, written: &ClientAsWritten) -> Option<Vec<String>> {
    let at = written.tenants.given()?;
    let before = judge.problems.len();
    if at.value.0.is_empty() {
        judge.problems.push(
            at.problem(Finding::Empty { write: "List the tenants whose people are let in.".to_owned() }),
        );
    }
    if at.value.0.len() > MAX_TENANTS {
        judge.problems.push(at.problem(Finding::TooManyTenants(MAX_TENANTS)));
    }
    let mut tenants: Vec<String> = Vec::new();
    for item in &at.value.0 {
        if !is_tenant_id(&item.value) {
            judge.problems.push(item.problem(Finding::NotATenant(item.value.clone())));
        } else if tenants.contains(&item.value) {
            judge.problems.push(item.problem(Finding::TenantTwice(item.value.clone())));
        } else {
            tenants.push(item.value.clone());
        }
    }
    (judge.problems.len() == before).then_some(tenants)
}

/// Whether http is taken also where somebody is on the way.
fn over_http(written: &ClientAsWritten) -> HttpIssuer {
    match &written.danger_http_issuer {
        Written::Given(flag) if flag.value => HttpIssuer::DangerAllowed,
        // Refused already; whoever wrote it meant something by it.
        Written::Broken => HttpIssuer::DangerAllowed,
        Written::Given(_) | Written::Absent => HttpIssuer::OnlyLoopback,
    }
}

/// How it is reached, and what is known of it beforehand.
pub(super) fn settings(
    judge: &mut Judge<'_>,
    written: &ClientAsWritten,
    issuer: Option<&Issuer>,
    subject: &str,
) -> Option<ProviderSettings> {
    let backchannel_url = backchannel_url(judge, written);
    let metadata = match (&written.endpoints, issuer) {
        (Written::Absent, _) => Some(None),
        (Written::Given(at), Some(issuer)) => endpoints(judge, at, issuer, subject).map(Some),
        (Written::Broken, _) | (Written::Given(_), None) => None,
    };
    let ca_file = ca_file(judge, written);
    let keys_refresh = keys_refresh(judge, &written.keys_refresh);
    let private_endpoints = match written.danger_private_endpoints.given() {
        Some(flag) if flag.value => {
            judge.notices.push(flag.problem(Finding::DangerPrivateEndpoints));
            PrivateEndpoints::DangerAllowed
        }
        _ => PrivateEndpoints::AsIssuer,
    };
    Some(ProviderSettings {
        metadata: metadata?,
        backchannel_url: backchannel_url?,
        ca_file: ca_file?,
        private_endpoints,
        keys_refresh: keys_refresh.unwrap_or(KEYS_REFRESH),
        ..ProviderSettings::default()
    })
}

/// The pause between two looks for new keys, if one is written.
pub(super) fn keys_refresh(judge: &mut Judge<'_>, written: &Written<Duration>) -> Option<Duration> {
    let at = written.given()?;
    if !KEYS_REFRESH_RANGE.contains(&at.value) {
        return judge.refuse(at.problem(Finding::NotBetween { from: "1m", to: "24h" }));
    }
    Some(at.value)
}

fn ca_file(judge: &mut Judge<'_>, written: &ClientAsWritten) -> Option<Option<CaFile>> {
    let at = match &written.ca_file {
        Written::Given(at) => at,
        Written::Broken => return None,
        Written::Absent => return Some(None),
    };
    let path = Path::new(&at.value);
    let contents = match judge.files.read(path) {
        Ok(contents) => contents,
        Err(fault) => return judge.refuse(at.problem(Finding::KeyFile { found: at.value.clone(), fault })),
    };
    match Authorities::parse(&contents.bytes) {
        Ok(authorities) => Some(Some(CaFile { path: judge.files.locate(path), authorities })),
        Err(fault) => judge.refuse(at.problem(Finding::CaFileUnusable { found: at.value.clone(), fault })),
    }
}

fn backchannel_url(judge: &mut Judge<'_>, written: &ClientAsWritten) -> Option<Option<BackchannelUrl>> {
    let at = match &written.backchannel_url {
        Written::Given(at) => at,
        Written::Broken => return None,
        Written::Absent => return Some(None),
    };
    match BackchannelUrl::parse(&at.value, over_http(written)) {
        Ok(url) => Some(Some(url)),
        Err(fault) => judge.refuse(at.problem(match fault {
            BackchannelFault::NotAnAddress => Finding::NotABackchannel(at.value.clone()),
            BackchannelFault::HasExtras => Finding::BackchannelHasExtras,
            BackchannelFault::NotHttps => Finding::BackchannelNotHttps(at.value.clone()),
        })),
    }
}

/// The metadata of a provider that is not discovered.
fn endpoints(
    judge: &mut Judge<'_>,
    at: &At<EndpointsAsWritten>,
    issuer: &Issuer,
    subject: &str,
) -> Option<Provider> {
    let written = &at.value;
    let table = Table::of::<EndpointsAsWritten>(&at.place, &at.path, subject);
    for (endpoint, key) in
        [(&written.authorization, "authorization"), (&written.token, "token"), (&written.jwks, "jwks")]
    {
        if endpoint.is_absent() {
            judge.missing::<()>(&table, key);
        }
    }
    let authorization =
        one_endpoint(judge, &written.authorization, |text| Endpoint::parse_authorization(text, issuer));
    let parse = |text: &str| Endpoint::parse(text, issuer);
    let token = one_endpoint(judge, &written.token, parse);
    let jwks = one_endpoint(judge, &written.jwks, parse);
    let userinfo = one_endpoint(judge, &written.userinfo, parse);
    let end_session = one_endpoint(judge, &written.end_session, parse);
    let revocation = one_endpoint(judge, &written.revocation, parse);
    let introspection = one_endpoint(judge, &written.introspection, parse);
    let pushed = one_endpoint(judge, &written.pushed_authorization_request, parse);
    let endpoints = Endpoints {
        authorization: authorization??,
        token: token??,
        jwks: jwks??,
        userinfo: userinfo?,
        end_session: end_session?,
        revocation: revocation?,
        introspection: introspection?,
        pushed_authorization_request: pushed?,
    };
    Some(Provider::configured(issuer, endpoints))
}

/// An endpoint that may be left out. The outer `None` if what is written cannot be used.
fn one_endpoint(
    judge: &mut Judge<'_>,
    written: &Written<String>,
    parse: impl FnOnce(&str) -> Result<Endpoint, EndpointFault>,
) -> Option<Option<Endpoint>> {
    let at = match written {
        Written::Given(at) => at,
        Written::Broken => return None,
        Written::Absent => return Some(None),
    };
    match parse(&at.value) {
        Ok(endpoint) => Some(Some(endpoint)),
        Err(fault) => judge.refuse(at.problem(Finding::EndpointUnfit { found: at.value.clone(), fault })),
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

/// The one algorithm that something is signed with. One that signs with the client secret needs a secret that cannot be tried out
/// (OpenID Connect Core 1.0 section 16.19).
pub(super) fn signing_algorithm(
    judge: &mut Judge<'_>,
    written: &Written<Choice<SigningAlgorithm>>,
    authentication: Option<&ClientAuthentication>,
) -> Option<SigningAlgorithm> {
    let at = written.given()?;
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
    Some(algorithm)
}

/// Audiences that are trusted beside the client itself (OpenID Connect Core 1.0 section 3.1.3.7 step 3).
pub(super) fn audiences(judge: &mut Judge<'_>, written: &ClientAsWritten) -> Vec<String> {
    let Some(at) = written.audiences.given() else { return Vec::new() };
    let client_id = written.client_id.given().map(|at| at.value.as_str());
    let mut audiences: Vec<String> = Vec::new();
    if at.value.0.is_empty() {
        judge
            .problems
            .push(at.problem(Finding::Empty { write: "Write audiences, or leave it out.".to_owned() }));
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
    written.clock_leeway.or(TimeOrZero(DEFAULT_LEEWAY)).0
}

/// A look for new keys: not so often that the provider minds, nor so seldom that a key that was taken back stays in use.
const KEYS_REFRESH_RANGE: std::ops::RangeInclusive<Duration> =
    Duration::from_secs(60)..=Duration::from_secs(24 * 60 * 60);
/// Audiences of one client.
const MAX_AUDIENCES: usize = 20;
/// Tenants of one client.
const MAX_TENANTS: usize = 1000;
