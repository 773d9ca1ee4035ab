//! `vestibule register`: a client at a provider that takes registrations (RFC 7591), as an entry of clients.yaml.

use std::path::{Path, PathBuf};

use super::target::{Target, default_name, origin};
use super::{Failure, complain};
use crate::clock::Clock;
use crate::config::entry::{Entry, EntrySecret};
use crate::config::source::{Disk, Environment, Files as _};
use crate::config::{ProviderSettings, own_path};
use crate::idp::provider::RememberedProvider;
use crate::protocol::discovery::Provider;
use crate::protocol::dynamic_registration::{self as registration, AuthenticationMethod, RegistrationFault};
use crate::protocol::issuer::{HttpIssuer, Issuer};
use crate::protocol::registration::SigningAlgorithm;
use crate::protocol::secret::Secret;

/// What the command line says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) issuer: String,
    pub(super) origin: String,
    pub(super) name: Option<String>,
    pub(super) scopes: Option<String>,
    pub(super) frontchannel_logout: bool,
    pub(super) initiate_login: bool,
    pub(super) token_file: Option<PathBuf>,
    pub(super) write: Option<PathBuf>,
}

/// Registers, and prints the entry or adds it to the file.
pub(super) fn run(wanted: &Wanted) -> Result<(), Failure> {
    let origin = origin(&wanted.origin)?;
    let name = wanted.name.clone().unwrap_or_else(|| default_name(&origin));
    let uri = |page| format!("{}{}", origin.text, own_path(&name, page));
    let given = wanted.scopes.as_ref().map(|scopes| scopes.split_whitespace().map(str::to_owned).collect());
    let mut entry = Entry {
        name: name.clone(),
        issuer: wanted.issuer.clone(),
        client_id: "to-be-registered".to_owned(),
        secret: EntrySecret::Here(Secret::new("to-be-registered")),
        redirect_uri: uri("callback"),
        host: origin.host.clone(),
        scopes: given,
        method: None,
        algorithm: None,
        settings: settings(wanted),
    };
    let target = Target::of(wanted.write.as_deref());
    // Everything that can be wrong without the provider is found before it makes a client that nobody uses.
    target.try_out(&entry)?;
    let token = token(wanted.token_file.as_deref())?;
    let issuer = Issuer::parse(&wanted.issuer, HttpIssuer::OnlyLoopback)
        .map_err(|_| Failure::of_configuration("ISSUER cannot be used."))?;

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(Failure::at_run_time)?;
    let clock = Clock::system();
    let remembered = RememberedProvider::new(issuer, ProviderSettings::default(), None, clock.clone())
        .map_err(Failure::at_run_time)?;
    let failed = |why: &dyn std::fmt::Display| Failure::at_run_time(format_args!("{}: {why}", wanted.issuer));
    let provider = runtime.block_on(remembered.metadata()).map_err(|fault| failed(&fault))?;

    let endpoint = provider
        .registration_endpoint()
        .ok_or(RegistrationFault::NoEndpoint)
        .map_err(|fault| failed(&fault))?;
    let method = registration::method(&provider).map_err(|fault| failed(&fault))?;
    let algorithm = registration::algorithm(&provider).map_err(|fault| failed(&fault))?;
    let scopes = entry.scopes.take().unwrap_or_else(|| scopes(&provider));
    let asked = registration::Wanted {
        client_name: name.clone(),
        redirect_uri: uri("callback"),
        post_logout_redirect_uri: uri("signed-out"),
        backchannel_logout_uri: uri("backchannel-logout"),
        frontchannel_logout_uri: wanted.frontchannel_logout.then(|| uri("frontchannel-logout")),
        initiate_login_uri: wanted.initiate_login.then(|| uri("initiate-login")),
        scopes,
        method,
        algorithm,
    };
    let request = registration::request(endpoint, &asked, token.as_ref());
    let answer = runtime.block_on(remembered.ask(request, registration::MAX_ANSWER_BYTES));
    let answer = answer.map_err(|fault| failed(&fault))?;
    let client = registration::judge(&answer, &asked, clock.wall()).map_err(|fault| failed(&fault))?;

    entry.client_id = client.client_id;
    entry.secret = client.client_secret.map_or(EntrySecret::None, EntrySecret::Here);
    entry.scopes = Some(asked.scopes);
    entry.method = (method != AuthenticationMethod::None).then_some(method.name());
    entry.algorithm = (algorithm != SigningAlgorithm::Rs256).then_some(algorithm.name());
    complain(&format_args!("vestibule: {} registered the client {:?}", entry.issuer, entry.client_id));
    for note in client.notes {
        complain(&format_args!("vestibule: {note}"));
    }
    target.put(&entry)
}

/// Without these the addresses that are registered are not there.
fn settings(wanted: &Wanted) -> Vec<(&'static str, &'static str)> {
    let frontchannel = wanted.frontchannel_logout.then_some(("logout", "{ frontchannel: true }"));
    let initiate_login = wanted.initiate_login.then_some(("initiate_login", "true"));
    frontchannel.into_iter().chain(initiate_login).collect()
}

/// The initial access token: from a file or a variable, never from the command line, which every user of the machine can see.
fn token(file: Option<&Path>) -> Result<Option<Secret>, Failure> {
    let unfit = |place: &dyn std::fmt::Display| {
        Failure::of_configuration(format_args!(
            "{place} holds no token: one line of visible characters is needed."
        ))
    };
    let Some(file) = file else {
        let Some(text) = Environment::of_process().secret(TOKEN_VARIABLE) else { return Ok(None) };
        let token = registration::initial_access_token(text.expose());
        return token.map(Some).ok_or_else(|| unfit(&TOKEN_VARIABLE));
    };
    let contents = Disk::beside(Path::new("")).read(file);
    let contents =
        contents.map_err(|fault| Failure::of_configuration(format_args!("{}: {fault}", file.display())))?;
    let text = str::from_utf8(&contents.bytes).ok();
    text.and_then(registration::initial_access_token).map(Some).ok_or_else(|| unfit(&file.display()))
}

/// What is asked for where nobody says: a refresh token too, if this provider gives some.
fn scopes(provider: &Provider) -> Vec<String> {
    let has = |scope: &&str| provider.scopes().iter().any(|known| known == scope);
    let announced = !provider.scopes().is_empty();
    let usual = ["openid", "profile", "email"]
        .into_iter()
        .filter(|scope| !announced || *scope == "openid" || has(scope));
    let more = Some("offline_access").filter(has);
    usual.chain(more).map(str::to_owned).collect()
}

/// No setting, so not one of those that begin with `VESTIBULE_`.
const TOKEN_VARIABLE: &str = "INITIAL_ACCESS_TOKEN";
