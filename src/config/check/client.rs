//! The clients.

use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::authorization;
use super::cookie::{self, Owner};
use super::hosts::{self, Claimed, Sharing, WrittenHost};
use super::origin::{self, Domain, Origin, has_no_extras};
use super::secret::Provider;
use super::{
    At as Table, Judge, authentication, bearer, bearer_only, cors, encryption, headers, login_choice, logout,
    passed, preset, provider, resource_metadata, rules, scopes, testing_profile,
};
use crate::config::file::{ClientAsWritten, FileAsWritten, RuleGroups, SessionAsWritten};
use crate::config::form::{At, Named, Written};
use crate::config::host::Scheme;
use crate::config::kind::Choice;
use crate::config::place::Place;
use crate::config::preset::Preset;
use crate::config::problem::Finding;
use crate::config::report::Problem;
use crate::config::{
    AccessTokenClaims, AskUserinfo, Client, Lifetimes, Purpose, is_client_name, overlay, own_path,
};
use crate::protocol::issuer::is_loopback;
use crate::protocol::registration::{ClientAuthentication, Registration, ResponseMode, SigningAlgorithm};

/// Judges all of them. `None` if any is wrong.
pub(super) fn judge_all(
    judge: &mut Judge<'_>,
    written: &Written<Named<ClientAsWritten>>,
    groups: &Written<RuleGroups>,
) -> Option<Vec<Arc<Client>>> {
    let domain = origin::domain(judge);
    let at = match written {
        Written::Given(at) => at,
        Written::Broken => return None,
        Written::Absent => {
            let file = Table::of::<FileAsWritten>(&Place::File, "", "my_app");
            return judge.missing(&file, "clients");
        }
    };
    if at.value.0.is_empty() {
        // What stands there is no client, and that is said already.
        if judge.problems.iter().any(|problem| problem.is_in("clients")) {
            return None;
        }
        let write = "Write one: clients: { my_app: { issuer: …, client_id: …, hosts: … } }".to_owned();
        return judge.refuse(at.problem(Finding::Empty { write }));
    }
    let mut claimed = Claimed::default();
    let mut clients: Vec<Option<Client>> = at
        .value
        .0
        .iter()
        .map(|(name, client)| judge_one(judge, name, client, (&domain, groups), &mut claimed))
        .collect();
    find_shared_cookies(judge, &at.value, &clients);
    login_choice::join(judge, &at.value, &mut clients);
    let mut clients: Vec<Client> = clients.into_iter().collect::<Option<_>>()?;

    passed::tell_cookies_apart(&mut clients);

    // All clients of an origin share the flow cookie, so one that is answered by a form post decides for them.
    let by_post: Vec<String> = clients
        .iter()
        .filter(|client| client.registration.response_mode == ResponseMode::FormPost)
        .map(|client| client.origin.clone())
        .collect();
    for client in clients.iter_mut().filter(|client| by_post.contains(&client.origin)) {
        client.flow_cookie = cookie::flow(client.scheme, ResponseMode::FormPost);
    }
    Some(clients.into_iter().map(Arc::new).collect())
}

/// Every judgement is made before any of them ends the judging, so that all problems of a client come out in one run.
fn judge_one(
    judge: &mut Judge<'_>,
    name: &str,
    at: &At<ClientAsWritten>,
    (domain, groups): (&Domain, &Written<RuleGroups>),
    claimed: &mut Claimed,
) -> Option<Client> {
    let written = &at.value;
    let named = is_client_name(name);
    if !named {
        judge.problems.push(at.problem(Finding::StrangeClientName(name.to_owned())));
    }
    let first_host = written.hosts.given().and_then(|hosts| hosts.value.0.first());
    let subject = first_host.map_or(name, |host| host.value.as_str());
    let table = Table::of::<ClientAsWritten>(&at.place, &at.path, subject);

    let only = written.bearer_only.or(false);
    if only {
        bearer_only::no_sign_in(judge, written);
    }
    let no_own_issuer = only && written.issuer.is_absent() && bearer_only::has_issuers_of_its_own(written);
    // What is wrong with the tables is said already; whether they name an issuer cannot be known.
    let unknown = only && written.issuer.is_absent() && matches!(written.bearer, Written::Broken);
    let issuer = if no_own_issuer || unknown { None } else { provider::issuer(judge, written, &table) };
    if no_own_issuer {
        bearer_only::needs_an_issuer(judge, written);
    } else if let Some(at) = written.issuer.given()
        && only
        && bearer_only::has_issuers_of_its_own(written)
        && !bearer_only::names_again(written, &at.value)
    {
        judge.problems.push(at.problem(Finding::IssuerUnused));
    }
    let mut provider_settings = provider::settings(judge, written, issuer.as_ref(), subject);
    if let Some(settings) = &mut provider_settings
        && only
    {
        settings.purpose = Purpose::Tokens;
    }
    let audiences = provider::audiences(judge, written);
    let clock_leeway = provider::clock_leeway(judge, written);
    let place = match issuer.as_ref().and_then(|issuer| Url::parse(issuer.as_str()).ok()) {
        Some(url) if is_loopback(&url) => Provider::Here,
        _ => Provider::Elsewhere,
    };
    let client_id =
        if only && written.client_id.is_absent() { None } else { client_id(judge, written, &table) };
    let authentication = authentication::judge(judge, written, place);
    if only
        && written.client_id.is_absent()
        && authentication.as_ref().is_some_and(|proof| !matches!(proof, ClientAuthentication::None))
    {
        // A proof of nobody.
        judge.missing::<()>(&table, "client_id");
    }
    let signed = [&written.id_token_signed_response_alg, &written.userinfo_signed_response_alg]
        .map(|written| provider::signing_algorithm(judge, written, authentication.as_ref()));
    let [id_token_algorithm, userinfo_algorithm] = signed;
    if written.redirect_uri.is_absent() && matches!(domain, Domain::Absent) && !only {
        let table = Table::of::<ClientAsWritten>(&at.place, &at.path, name);
        judge.missing::<()>(&table, "redirect_uri");
    }
    let origin =
        if named && !only { origin::redirect(judge, name, &written.redirect_uri, domain) } else { None };
    if written.hosts.is_absent() {
        judge.missing::<()>(&table, "hosts");
    }
    let hosts = hosts::judge(judge, &written.hosts);
    login_choice::judge(judge, &written.login_choice);
    let origin = if only { hosts.as_deref().and_then(origin::of_hosts) } else { origin };
    let encryption = encryption::judge(judge, written, &table);
    let scopes = judge_scopes(judge, written);
    let mut asked = authorization::judge(judge, written);
    let token_parameters = authorization::token_parameters(judge, &written.token_parameters);
    let claim_headers = headers::judge(judge, written);
    let passed_owner =
        passed::Owner { name, origin: origin.as_ref().map_or("", |origin| origin.text.as_str()) };
    let passed = passed::judge(judge, written, &passed_owner);
    let admission = preset::admission(judge, written);
    let sign_out = preset::logout(judge, written, issuer.as_ref());
    preset::notice(judge, written);
    let added = preset::ask(written, &admission, &mut asked);
    let lifetimes = judge_lifetimes(judge, &written.session);
    let after_logout = judge_after_logout(judge, written);
    let logout = logout::judge(judge, &written.logout);
    let cors_origins = cors::judge(judge, &written.cors);
    let testing_profile = testing_profile::judge(judge, &written.danger_testing_profile);
    let bearer_owner = bearer::Owner {
        issuer: issuer.as_ref(),
        settings: provider_settings.as_ref(),
        client_id: client_id.as_deref(),
        authentication: authentication.as_ref(),
        claim_headers: &claim_headers,
        clock_leeway,
    };
    let tokens = bearer::judge(judge, written, &bearer_owner);
    let known_tokens = tokens.as_ref().and_then(Option::as_ref);
    if let Some(flag) = written.bearer_only.given()
        && only
        && written.bearer.is_absent()
    {
        judge.problems.push(flag.problem(Finding::BearerOnlyWithoutTokens));
    }
    let resource_metadata = if known_tokens.is_some() || written.bearer.is_absent() {
        let hosts = hosts.as_deref().unwrap_or_default();
        resource_metadata::judge(judge, &written.resource_metadata, known_tokens, hosts)
    } else {
        None
    };
    // What is wrong with the tokens is said already; what follows from that would only repeat it.
    let rules = if known_tokens.is_some() || written.bearer.is_absent() {
        let guarded: Vec<_> = hosts.iter().flatten().map(|host| host.value.clone()).collect();
        let owner = rules::Owner { groups, hosts: &guarded, tokens: known_tokens };
        rules::judge(judge, written, &owner)
    } else {
        None
    };

    // Over http only loopback is taken, so a host of an origin that cannot be read is most likely meant over https.
    let scheme = origin.as_ref().map_or(Scheme::Https, |origin| origin.scheme);
    if let Some(origin) = &origin {
        notice_missing_port(judge, origin, hosts.as_deref().unwrap_or_default());
    }
    let sharing = match &written.login_choice {
        _ if only => Sharing::Never,
        Written::Absent => Sharing::Unwritten,
        Written::Given(_) | Written::Broken => Sharing::WithOthersThatDo,
    };
    claimed.claim(judge, name, hosts.as_deref().unwrap_or_default(), scheme, sharing);
    let owner = Owner {
        name,
        place: &at.place,
        origin: origin.as_ref(),
        hosts: hosts.as_deref().unwrap_or_default(),
        absolute: lifetimes.absolute,
    };
    let session_cookie =
        if only { Some(cookie::unused(name)) } else { cookie::session(judge, &written.cookie, &owner) };

    let (origin, hosts, encryption) = (origin?, hosts?, encryption?);
    let (mut tokens, rules) = (tokens?, rules?);
    if let Some(tokens) = &mut tokens {
        tokens.tells_authorization = bearer::tells_authorization(&rules);
    }
    // Where each table of tokens has an issuer of its own, the first stands for the client's.
    let first = tokens.as_ref().filter(|_| no_own_issuer).and_then(|tokens| tokens.issuers.first());
    let (issuer, provider_settings) = match first {
        Some(first) => (first.issuer.clone(), first.provider.clone()),
        None => (issuer?, provider_settings?),
    };
    let client_id = if only { client_id.unwrap_or_default() } else { client_id? };
    let post_logout_redirect_uri = match after_logout? {
        AfterLogout::SignedOutPage => Some(format!("{}{}", origin.text, own_path(name, "signed-out"))),
        AfterLogout::Address(address) => Some(address),
        AfterLogout::Nowhere => None,
    };
    Some(Client {
        name: name.to_owned(),
        issuer,
        provider: provider_settings,
        registration: Registration {
            client_id,
            authentication: authentication?,
            redirect_uri: format!("{}{}", origin.text, origin::callback_path(name)),
            scopes: scopes?,
            response_mode: written.response_mode.or(Choice(ResponseMode::Query)).0,
            id_token_algorithm: id_token_algorithm.unwrap_or(SigningAlgorithm::Rs256),
            authorization: asked,
            token_parameters,
            id_token_encryption: encryption.id_token,
            userinfo_algorithm,
            userinfo_encryption: encryption.userinfo,
            post_logout_redirect_uri,
            logout: sign_out?,
        },
        from_preset: preset::taken(written, &added),
        preset: preset::of(written),
        admission,
        audiences,
        clock_leeway,
        home: home(&origin, &hosts)?,
        scheme: origin.scheme,
        hosts: hosts.into_iter().map(|host| host.value).collect(),
        userinfo: written.userinfo.or(Choice(AskUserinfo::On)).0,
        claim_headers,
        access_token_claims: if written.access_token_claims.or(false) {
            AccessTokenClaims::Taken
        } else {
            AccessTokenClaims::Ignored
        },
        passed: passed?,
        preserve_fragment: written.preserve_fragment.or(false),
        cors_origins,
        cookie: session_cookie?,
        flow_cookie: cookie::flow(origin.scheme, ResponseMode::Query),
        lifetimes,
        // Completed when all clients are known.
        login_choice: None,
        initiate_login: written.initiate_login.or(false),
        logout,
        testing_profile: testing_profile?,
        bearer_only: only,
        bearer: tokens,
        resource_metadata: resource_metadata?,
        rules,
        origin: origin.text,
    })
}

/// Whether somebody counts on a text being replaced, as shells and container tools do.
pub(super) fn has_placeholder(text: &str) -> bool {
    text.split_once("${").is_some_and(|(_, rest)| rest.contains('}'))
}

/// What does the same as a placeholder for this setting.
pub(super) fn or_variable(path: &str) -> String {
    let path: Vec<String> = path.split('.').map(str::to_owned).collect();
    format!(
        "Write the value, or set the variable {}; it lies over what is written here.",
        overlay::variable(&path)
    )
}

/// What the provider calls the client.
pub(super) fn client_id(
    judge: &mut Judge<'_>,
    written: &ClientAsWritten,
    table: &Table<'_>,
) -> Option<String> {
    let at = match &written.client_id {
        Written::Given(at) => at,
        Written::Broken => return None,
        Written::Absent => return judge.missing(table, "client_id"),
    };
    if has_placeholder(&at.value) {
        return judge.refuse(at.problem(Finding::Placeholder { write: or_variable(&at.path) }));
    }
    if !is_client_id(&at.value) {
        return judge.refuse(at.problem(Finding::StrangeClientId));
    }
    Some(at.value.clone())
}

/// RFC 6749 appendix A.1 has printable ASCII; providers also give others, but none gives control characters.
pub(super) fn is_client_id(text: &str) -> bool {
    !text.chars().any(char::is_control) && text.trim() == text && text.len() <= MAX_CLIENT_ID
}

fn judge_scopes(judge: &mut Judge<'_>, written: &ClientAsWritten) -> Option<Vec<String>> {
    let at = match &written.scopes {
        Written::Given(at) => at,
        Written::Broken => return None,
        Written::Absent => {
            let scopes = preset::of(written).map_or(DEFAULT_SCOPES, Preset::scopes);
            return Some(scopes.iter().map(|&scope| scope.to_owned()).collect());
        }
    };
    let scopes = scopes::tokens(judge, at);
    if !scopes.iter().any(|scope| scope == "openid") && !written.bearer_only.or(false) {
        let write = std::iter::once("openid").chain(scopes.iter().map(String::as_str));
        let write = format!("scopes: {}", write.collect::<Vec<_>>().join(" "));
        return judge.refuse(at.problem(Finding::NoOpenid { write }));
    }
    Some(scopes)
}

fn judge_lifetimes(judge: &mut Judge<'_>, written: &Written<SessionAsWritten>) -> Lifetimes {
    let settings = written.or(SessionAsWritten::default());
    for at in [&settings.idle, &settings.absolute, &settings.refresh_grace, &settings.access_token] {
        if let Some(at) = at.given()
            && at.value > MAX_LIFETIME
        {
            judge.problems.push(at.problem(Finding::TooLong { limit: "400d" }));
        }
    }
    let absolute = settings.absolute.or(ABSOLUTE);
    if let Some(idle) = settings.idle.given()
        && !matches!(settings.absolute, Written::Broken)
        && idle.value > absolute
    {
        judge.problems.push(idle.problem(Finding::IdleBeyondAbsolute { idle: idle.value, absolute }));
    }
    Lifetimes {
        idle: settings.idle.or(IDLE.min(absolute)),
        absolute,
        refresh_grace: settings.refresh_grace.or(REFRESH_GRACE),
        access_token: settings.access_token.or(ACCESS_TOKEN),
    }
}

/// Where the provider sends people after a logout.
enum AfterLogout {
    SignedOutPage,
    Address(String),
    Nowhere,
}

fn judge_after_logout(judge: &mut Judge<'_>, written: &ClientAsWritten) -> Option<AfterLogout> {
    let at = match &written.post_logout_redirect_uri {
        Written::Given(at) => at,
        Written::Broken => return None,
        Written::Absent => return Some(AfterLogout::SignedOutPage),
    };
    if at.value == "none" {
        return Some(AfterLogout::Nowhere);
    }
    let url = Url::parse(&at.value).ok().filter(|url| {
        let plain = !at.value.chars().any(|c| c.is_whitespace() || c.is_control()) && at.value.is_ascii();
        let bare = Url::parse(url.as_str()).is_ok_and(|mut url| {
            url.set_query(None);
            has_no_extras(&url)
        });
        plain && bare && matches!(url.scheme(), "https" | "http") && url.has_host()
    });
    match url {
        None => judge.refuse(at.problem(Finding::NotAnUri {
            found: at.value.clone(),
            write: "post_logout_redirect_uri: https://www.example.com/goodbye".to_owned(),
        })),
        Some(url) if url.scheme() == "http" && !is_loopback(&url) => {
            judge.refuse(at.problem(Finding::OriginNotHttps(at.value.clone())))
        }
        Some(_) => Some(AfterLogout::Address(at.value.clone())),
    }
}

/// Two clients whose session cookies have one name would overwrite each other in every browser that uses both.
fn find_shared_cookies(judge: &mut Judge<'_>, written: &Named<ClientAsWritten>, clients: &[Option<Client>]) {
    for (index, client) in clients.iter().enumerate() {
        let Some(client) = client else { continue };
        let Some(first) =
            clients[..index].iter().flatten().find(|other| other.cookie.name == client.cookie.name)
        else {
            continue;
        };
        let Some((_, at)) = written.0.iter().find(|(name, _)| *name == client.name) else { continue };
        let cookie = at.value.cookie.given();
        let (place, path) = match cookie.and_then(|cookie| cookie.value.name.given()) {
            Some(name) => (name.place.clone(), name.path.clone()),
            None => (at.place.clone(), at.path.clone()),
        };
        let finding = Finding::CookieTaken { name: client.cookie.name.clone(), client: first.name.clone() };
        judge.problems.push(Problem::new(place, &path, finding));
    }
}

/// A host of the redirect URI, guarded at another port than the redirect URI has: most likely the port was forgotten.
fn notice_missing_port(judge: &mut Judge<'_>, origin: &Origin, hosts: &[WrittenHost]) {
    let (host, port) = (origin.authority.host(), origin.authority.port());
    if port.is_none() || hosts.iter().any(|at| at.value.matches(&origin.authority, origin.scheme)) {
        return;
    }
    let forgotten = hosts
        .iter()
        .find(|at| !at.value.is_wildcard() && at.value.host() == host && at.value.port().is_none());
    if let Some(at) = forgotten {
        let (host, origin) = (host.to_owned(), origin.authority.to_string());
        judge.notices.push(at.problem(Finding::HostWithoutPort { host, origin }));
    }
}

/// Where a person lands who wanted to go nowhere in particular.
fn home(origin: &Origin, hosts: &[WrittenHost]) -> Option<Url> {
    let host = hosts.iter().find(|host| !host.value.is_wildcard()).map(|host| host.value.to_string());
    let authority = host.unwrap_or_else(|| origin.authority.to_string());
    Url::parse(&format!("{}://{authority}/", origin.scheme.as_str())).ok()
}

const DEFAULT_SCOPES: &[&str] = &["openid", "profile", "email"];
const IDLE: Duration = Duration::from_secs(8 * 3600);
const ABSOLUTE: Duration = Duration::from_secs(7 * 24 * 3600);
const REFRESH_GRACE: Duration = Duration::from_secs(5 * 60);
const ACCESS_TOKEN: Duration = Duration::from_secs(5 * 60);
/// RFC 6265bis section 5.5: browsers keep no cookie for longer.
const MAX_LIFETIME: Duration = Duration::from_secs(400 * 24 * 3600);
/// Bytes of a `client_id`.
const MAX_CLIENT_ID: usize = 512;
