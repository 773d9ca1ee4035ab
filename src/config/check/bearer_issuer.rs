//! One issuer of access tokens: who it is, how it is reached, and which of its tokens are taken.

use std::path::{Path, PathBuf};

use super::bearer::{self, Owner};
use super::client::{has_placeholder, is_client_id, or_variable};
use super::{At as Table, Judge, headers, introspection, provider};
use crate::config::bearer::{Ask, BearerIssuer, Whose};
use crate::config::file::{BearerAsWritten, ClientAsWritten};
use crate::config::form::{At, Texts, Written};
use crate::config::kind::{Choice, TimeOrZero};
use crate::config::place::Place as Where;
use crate::config::problem::Finding;
use crate::config::report::Problem;
use crate::config::{KeySource, Purpose};
use crate::protocol::access_token::Profile;
use crate::protocol::discovery::Provider;
use crate::protocol::endpoint::Endpoint;
use crate::protocol::issuer::Issuer;
use crate::protocol::jwks;
use crate::protocol::jwt::MAX_LEEWAY;
use crate::protocol::registration::SigningAlgorithm;

/// Judges one table of `bearer`. `None` if something is wrong with it.
pub(super) fn judge(
    judge: &mut Judge<'_>,
    name: &str,
    at: &At<BearerAsWritten>,
    owner: &Owner<'_>,
    rules_ask_for_userinfo: bool,
) -> Option<BearerIssuer> {
    let written = &at.value;
    let table = Table::of::<BearerAsWritten>(&at.place, &at.path, name);
    if !crate::config::is_client_name(name) {
        judge.problems.push(at.problem(Finding::StrangeIssuerName(name.to_owned())));
    }
    let (whose, issuer, settings) = if written.issuer.is_absent() {
        needs_an_issuer(judge, written);
        (Whose::OwnOfClient, owner.issuer.cloned(), owner.settings.cloned())
    } else {
        let as_client = as_client(written);
        let issuer = provider::issuer(judge, &as_client, &table);
        let settings = provider::settings(judge, &as_client, issuer.as_ref(), name);
        notice_slash(judge, written, owner);
        // Whom the client lets in counts also where its issuer is named once more.
        let is_own = issuer.as_ref().zip(owner.issuer).is_some_and(|(one, own)| one.as_str() == own.as_str());
        (if is_own { Whose::OwnOfClient } else { Whose::Further }, issuer, settings)
    };
    let keys = keys(judge, written, issuer.as_ref());
    let audiences = audiences(judge, written, &table);
    let client_ids = identifiers(judge, &written.client_ids, &Finding::StrangeClientId);
    if let Some(at) = written.client_ids.given()
        && at.value.0.is_empty()
    {
        // An empty list would let in everybody.
        judge
            .problems
            .push(at.problem(Finding::Empty { write: "Write: client_ids: [my-api-client]".to_owned() }));
    }
    if whose == Whose::OwnOfClient && written.profile.or(Choice(Profile::Rfc9068)).0 == Profile::Jwt {
        let listed = written.audiences.given().map(|at| at.value.0.as_slice()).unwrap_or_default();
        for at in listed.iter().filter(|at| owner.client_id == Some(at.value.as_str())) {
            judge.notices.push(at.problem(Finding::AudienceOfIdTokens));
        }
    }
    let algorithms = algorithms(judge, &written.algorithms);
    let scopes = bearer::scopes(judge, &written.scopes);
    if let Some(leeway) = written.clock_leeway.given()
        && leeway.value.0 > MAX_LEEWAY
    {
        judge.problems.push(leeway.problem(Finding::TooLong { limit: "300s" }));
    }
    let claim_headers = if written.extra_claim_headers.is_absent() {
        owner.claim_headers.to_vec()
    } else {
        headers::judge(judge, &as_client(written))
    };
    let introspection = introspection::judge(judge, written, issuer.as_ref(), whose, owner);
    let (keys, issuer, mut settings) = (keys?, issuer?, settings?);
    let introspection = introspection?;
    let asks_about_all = introspection.as_ref().is_some_and(|introspection| introspection.ask == Ask::All);
    if asks_about_all {
        nothing_is_verified(judge, written);
    }
    if !written.issuer.is_absent() {
        let signs_answers = introspection.as_ref().is_some_and(|asks| asks.algorithm.is_some());
        settings.keys = if asks_about_all && !signs_answers { KeySource::Unneeded } else { keys };
        let endpoint_known =
            introspection.as_ref().is_none_or(|introspection| introspection.endpoint.is_some());
        let userinfo = written.userinfo.or(false) || rules_ask_for_userinfo;
        let discovers = settings.keys == KeySource::Announced || !endpoint_known || userinfo;
        settings.purpose = if discovers { Purpose::Tokens } else { Purpose::TokensUndiscovered };
        if let Some(at) = written.provider_token_file.given() {
            settings.token_file = Some(token_file(judge, at)?);
        }
        if let Some(refresh) = provider::keys_refresh(judge, &written.keys_refresh) {
            settings.keys_refresh = refresh;
        }
        if !discovers {
            settings.metadata = Some(Provider::unknown(&issuer));
        }
    }
    Some(BearerIssuer {
        name: name.to_owned(),
        whose,
        issuer,
        provider: settings,
        audiences: audiences?,
        profile: written.profile.or(Choice(Profile::Rfc9068)).0,
        algorithms: algorithms?,
        client_ids: client_ids?,
        scopes: scopes?,
        clock_leeway: written.clock_leeway.or(TimeOrZero(owner.clock_leeway)).0,
        claim_headers,
        userinfo: written.userinfo.or(false),
        introspection,
    })
}

/// Settings about how an issuer is reached mean nothing for the client's own: that is written at the client.
fn needs_an_issuer(judge: &mut Judge<'_>, written: &BearerAsWritten) {
    fn place<T>(written: &Written<T>) -> Option<(Where, String)> {
        written.given().map(|at| (at.place.clone(), at.path.clone()))
    }
    let of_clients_too = [
        place(&written.tenants),
        place(&written.backchannel_url),
        place(&written.ca_file),
        place(&written.keys_refresh),
        place(&written.danger_http_issuer),
        place(&written.danger_private_endpoints),
    ];
    for (place, path) in of_clients_too.into_iter().flatten() {
        let key = path.rsplit('.').next().unwrap_or_default().to_owned();
        judge.problems.push(Problem::new(place, &path, Finding::OfOwnIssuer { key }));
    }
    let settings = [place(&written.jwks_file), place(&written.jwks_uri), place(&written.provider_token_file)];
    for (place, path) in settings.into_iter().flatten() {
        judge.problems.push(Problem::new(place, &path, Finding::Idle { needs: "issuer" }));
    }
}

/// Whoever writes the client's own issuer once more, but for the slash, has two that are one.
fn notice_slash(judge: &mut Judge<'_>, written: &BearerAsWritten, owner: &Owner<'_>) {
    if let (Some(at), Some(own)) = (written.issuer.given(), owner.issuer.map(Issuer::as_str))
        && at.value != own
        && at.value.trim_end_matches('/') == own.trim_end_matches('/')
    {
        judge.notices.push(at.problem(Finding::IssuerSlash { own: own.to_owned() }));
    }
}

/// Where the issuer is asked about every token, its word counts, and nothing that a token could show.
fn nothing_is_verified(judge: &mut Judge<'_>, written: &BearerAsWritten) {
    fn place<T>(written: &Written<T>) -> Option<(Where, String)> {
        written.given().map(|at| (at.place.clone(), at.path.clone()))
    }
    let mut settings = vec![place(&written.profile), place(&written.algorithms)];
    if written.introspection_signed_response_alg.is_absent() {
        settings.extend([place(&written.jwks_file), place(&written.jwks_uri)]);
    }
    for (place, path) in settings.into_iter().flatten() {
        judge.problems.push(Problem::new(
            place,
            &path,
            Finding::Idle { needs: "introspection: off or opaque" },
        ));
    }
}

/// A file with a bearer token of vestibule's own: read each time it is needed, but it must be there.
pub(super) fn token_file(judge: &mut Judge<'_>, at: &At<String>) -> Option<PathBuf> {
    let path = Path::new(&at.value);
    match judge.files.read(path) {
        Ok(contents) => super::secret::warn_if_open(judge, at, &contents),
        Err(fault) => return judge.refuse(at.problem(Finding::KeyFile { found: at.value.clone(), fault })),
    }
    Some(judge.files.locate(path))
}

/// The same settings as a client's, so that they are judged in one place.
fn as_client(written: &BearerAsWritten) -> ClientAsWritten {
    ClientAsWritten {
        issuer: written.issuer.clone(),
        tenants: written.tenants.clone(),
        backchannel_url: written.backchannel_url.clone(),
        ca_file: written.ca_file.clone(),
        danger_http_issuer: written.danger_http_issuer.clone(),
        danger_private_endpoints: written.danger_private_endpoints.clone(),
        extra_claim_headers: written.extra_claim_headers.clone(),
        ..ClientAsWritten::default()
    }
}

fn keys(judge: &mut Judge<'_>, written: &BearerAsWritten, issuer: Option<&Issuer>) -> Option<KeySource> {
    match (&written.jwks_file, &written.jwks_uri) {
        (Written::Broken, _) | (_, Written::Broken) => None,
        (Written::Absent, Written::Absent) => Some(KeySource::Announced),
        (Written::Given(_), Written::Given(at)) => judge.refuse(at.problem(Finding::SecondKeySource)),
        (Written::Given(at), Written::Absent) => {
            let path = Path::new(&at.value);
            let contents = match judge.files.read(path) {
                Ok(contents) => contents,
                Err(fault) => {
                    return judge.refuse(at.problem(Finding::KeyFile { found: at.value.clone(), fault }));
                }
            };
            match jwks::judge_file(&contents.bytes) {
                Ok(_) => Some(KeySource::File(judge.files.locate(path))),
                Err(fault) => judge.refuse(
                    at.problem(Finding::JwksFile { found: at.value.clone(), fault: fault.to_string() }),
                ),
            }
        }
        (Written::Absent, Written::Given(at)) => endpoint(judge, at, issuer?).map(KeySource::At),
    }
}

/// An address of the issuer's.
pub(super) fn endpoint(judge: &mut Judge<'_>, at: &At<String>, issuer: &Issuer) -> Option<Endpoint> {
    match Endpoint::parse(&at.value, issuer) {
        Ok(endpoint) => Some(endpoint),
        Err(fault) => judge.refuse(at.problem(Finding::EndpointUnfit { found: at.value.clone(), fault })),
    }
}

/// F-14: without an audience every token of the issuer would do.
fn audiences(judge: &mut Judge<'_>, written: &BearerAsWritten, table: &Table<'_>) -> Option<Vec<String>> {
    if written.audiences.is_absent() {
        return judge.missing(table, "audiences");
    }
    let audiences = identifiers(judge, &written.audiences, &Finding::StrangeAudience)?;
    if audiences.is_empty() {
        let write = "Write what the issuer calls your API: audiences: [https://api.example.com]".to_owned();
        return judge.refuse(written.audiences.given()?.problem(Finding::Empty { write }));
    }
    Some(audiences)
}

/// Texts that are compared to the letter with what a token says.
fn identifiers(judge: &mut Judge<'_>, written: &Written<Texts>, strange: &Finding) -> Option<Vec<String>> {
    let at = match written {
        Written::Given(at) => at,
        Written::Broken => return None,
        Written::Absent => return Some(Vec::new()),
    };
    let before = judge.problems.len();
    if at.value.0.len() > bearer::MAX_IDENTIFIERS {
        judge.problems.push(at.problem(Finding::TooManyTexts(bearer::MAX_IDENTIFIERS)));
    }
    let mut texts: Vec<String> = Vec::new();
    for item in &at.value.0 {
        if has_placeholder(&item.value) {
            judge.problems.push(item.problem(Finding::Placeholder { write: or_variable(&item.path) }));
        } else if !is_client_id(&item.value) {
            judge.problems.push(item.problem(strange.clone()));
        } else if texts.contains(&item.value) {
            judge.problems.push(item.problem(Finding::AudienceTwice(item.value.clone())));
        } else {
            texts.push(item.value.clone());
        }
    }
    (judge.problems.len() == before).then_some(texts)
}

/// RFC 8725 section 3.1: what a token may be signed by is said beforehand. A secret that issuer and API share would let either make
/// tokens.
fn algorithms(judge: &mut Judge<'_>, written: &Written<Texts>) -> Option<Vec<SigningAlgorithm>> {
    let asymmetric = || SigningAlgorithm::ALL.into_iter().filter(|alg| alg.secret_bytes().is_none());
    let at = match written {
        Written::Given(at) => at,
        Written::Broken => return None,
        Written::Absent => return Some(asymmetric().collect()),
    };
    let before = judge.problems.len();
    let mut algorithms = Vec::new();
    for item in &at.value.0 {
        match asymmetric().find(|algorithm| algorithm.name() == item.value) {
            Some(algorithm) if algorithms.contains(&algorithm) => {}
            Some(algorithm) => algorithms.push(algorithm),
            None if item.value.starts_with("HS") => {
                judge.problems.push(item.problem(Finding::SharedAlgorithm(item.value.clone())));
            }
            None => {
                let write = asymmetric().map(SigningAlgorithm::name).collect::<Vec<_>>().join(", ");
                let found = item.value.clone();
                let near =
                    asymmetric().map(SigningAlgorithm::name).find(|name| name.eq_ignore_ascii_case(&found));
                judge.problems.push(item.problem(Finding::NotKnown { found, near, write }));
            }
        }
    }
    if at.value.0.is_empty() {
        judge.problems.push(at.problem(Finding::Empty { write: "Write: algorithms: [RS256]".to_owned() }));
    }
    (judge.problems.len() == before).then_some(algorithms)
}
