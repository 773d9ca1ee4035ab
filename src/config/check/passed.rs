//! What the application gets beside the headers of claims: names that no other header has, and keys that sign.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderName;
use http::header::AUTHORIZATION;

use super::{At as Table, Judge, secret};
use super::{header_form, headers};
use crate::config::file::{AssertionAsWritten, ClientAsWritten};
use crate::config::form::{At, List, Pairs, Written};
use crate::config::passed::{
    AccessTokenHeader, Assertion, CookieHandling, OF_THE_ASSERTION, OwnCookies, Passed,
};
use crate::config::place::Place;
use crate::config::problem::Finding;
use crate::config::{Client, Cookie, OWN_PREFIX};
use crate::protocol::assertion::ClientKeys;
use crate::protocol::claim_path::ClaimPath;
use crate::protocol::registration::SigningAlgorithm;
use crate::protocol::signing_key::SigningKey;

/// The client to which the settings belong.
pub(super) struct Owner<'a> {
    pub(super) name: &'a str,
    /// Without a slash at the end; empty if it could not be read.
    pub(super) origin: &'a str,
}

/// Judges them. `None` if something is wrong.
pub(super) fn judge(judge: &mut Judge<'_>, written: &ClientAsWritten, owner: &Owner<'_>) -> Option<Passed> {
    let mut names = Names::of_claims(written);
    let assertion = assertion(judge, &written.assertion, &mut names, owner);
    let session_expires = name(judge, &written.session_expires_header, &mut names);
    let access_token = access_token(judge, written, &mut names);
    let id_token = name(judge, &written.id_token_header, &mut names);
    let cookie = if written.strip_cookie.or(false) {
        // Completed when every client is known.
        CookieHandling::WithoutOurs(Arc::default())
    } else {
        CookieHandling::AsTheyCame
    };
    Some(Passed::new(assertion?, session_expires?, access_token?, id_token?, cookie))
}

/// Tells the clients whose applications get their cookies from us which ones are ours: those of every client, for a browser may have them all.
pub(super) fn tell_cookies_apart(clients: &mut [Client]) {
    let names = |cookie: fn(&Client) -> &Cookie| {
        let names: BTreeSet<String> = clients.iter().map(|client| cookie(client).name.clone()).collect();
        names.into_iter().collect()
    };
    let choices = clients.iter().filter_map(|client| client.login_choice.as_ref());
    let choices: BTreeSet<String> = choices.map(|choice| choice.cookie.name.clone()).collect();
    let mut sessions: Vec<String> = names(|client| &client.cookie);
    sessions.extend(choices);
    let own = Arc::new(OwnCookies { sessions, flows: names(|client| &client.flow_cookie) });
    for client in clients {
        if let CookieHandling::WithoutOurs(names) = &mut client.passed.cookie {
            *names = Arc::clone(&own);
        }
    }
}

/// `Authorization` goes where no token of a caller could come in it.
fn access_token(
    judge: &mut Judge<'_>,
    written: &ClientAsWritten,
    names: &mut Names,
) -> Option<Option<AccessTokenHeader>> {
    match written.access_token_header.given() {
        Some(at) if at.value.eq_ignore_ascii_case(AUTHORIZATION.as_str()) => {
            if written.bearer.is_absent() {
                Some(Some(AccessTokenHeader::Authorization))
            } else {
                judge.refuse(at.problem(Finding::AuthorizationOfCallers))
            }
        }
        _ => Some(name(judge, &written.access_token_header, names)?.map(AccessTokenHeader::Named)),
    }
}

/// The name of one header. `Some(None)` where none is written.
fn name(judge: &mut Judge<'_>, written: &Written<String>, names: &mut Names) -> Option<Option<HeaderName>> {
    match written {
        Written::Given(at) => names.take(judge, at).map(Some),
        Written::Broken => None,
        Written::Absent => Some(None),
    }
}

/// `Some(None)` where nothing is signed.
fn assertion(
    judge: &mut Judge<'_>,
    written: &Written<AssertionAsWritten>,
    names: &mut Names,
    owner: &Owner<'_>,
) -> Option<Option<Assertion>> {
    let at = match written {
        Written::Given(at) => at,
        Written::Broken => return None,
        Written::Absent => return Some(None),
    };
    let header = match &at.value.header {
        Written::Broken => None,
        Written::Given(header) => names.take(judge, header),
        Written::Absent => {
            let (place, path) = (at.place.clone(), format!("{}.header", at.path));
            names.take(judge, &At { value: ASSERTION_HEADER.to_owned(), place, path })
        }
    };
    let keys = keys(judge, at);
    let lifetime = match &at.value.lifetime {
        Written::Broken => None,
        Written::Absent => Some(LIFETIME),
        Written::Given(lifetime) if LIFETIMES.contains(&lifetime.value) => Some(lifetime.value),
        Written::Given(lifetime) => {
            judge.refuse(lifetime.problem(Finding::NotBetween { from: "10s", to: "300s" }))
        }
    };
    let claims = match &at.value.claims {
        Written::Broken => None,
        Written::Absent => Some(None),
        Written::Given(claims) => self::claims(judge, claims).map(Some),
    };
    let issuer = format!("{}{OWN_PREFIX}/{}", owner.origin, owner.name);
    Some(Some(Assertion { header: header?, issuer, keys: keys?, lifetime: lifetime?, claims: claims? }))
}

fn keys(judge: &mut Judge<'_>, table: &At<AssertionAsWritten>) -> Option<ClientKeys> {
    let signing = match &table.value.key_file {
        Written::Given(at) => key(judge, at),
        Written::Broken => None,
        Written::Absent => {
            let settings = Table::of::<AssertionAsWritten>(&table.place, &table.path, "");
            judge.missing(&settings, "key_file")
        }
    };
    if let Some(at) = table.value.further_key_files.given()
        && at.value.0.len() > MAX_FURTHER_KEYS
    {
        return judge.refuse(at.problem(Finding::TooManyTexts(MAX_FURTHER_KEYS)));
    }
    let mut known: Vec<SigningKey> = signing.iter().cloned().collect();
    let before = judge.problems.len();
    for at in table.value.further_key_files.or(List::default()).0 {
        match key(judge, &at) {
            // Two keys of one name could not be told apart by whoever verifies.
            Some(key) if known.iter().any(|other| other.kid() == key.kid()) => {
                judge.problems.push(at.problem(Finding::KeyTwice { kid: key.kid().to_owned() }));
            }
            found => known.extend(found),
        }
    }
    let signing = signing?;
    (judge.problems.len() == before).then(|| ClientKeys::new(signing, known.split_off(1)))
}

fn key(judge: &mut Judge<'_>, at: &At<String>) -> Option<SigningKey> {
    let contents = match judge.files.read(Path::new(&at.value)) {
        Ok(contents) => contents,
        Err(fault) => return judge.refuse(at.problem(Finding::KeyFile { found: at.value.clone(), fault })),
    };
    secret::warn_if_open(judge, at, &contents);
    match SigningKey::read(&contents.bytes, None, Some(SigningAlgorithm::Es256)) {
        Ok(key) => Some(key),
        Err(fault) => judge.refuse(at.problem(Finding::AssertionKey { found: at.value.clone(), fault })),
    }
}

fn claims(judge: &mut Judge<'_>, at: &At<List>) -> Option<Vec<ClaimPath>> {
    let before = judge.problems.len();
    let mut paths: Vec<ClaimPath> = Vec::new();
    for item in &at.value.0 {
        let found = || item.value.clone();
        match header_form::path(&item.value) {
            Err(finding) => judge.problems.push(item.problem(finding)),
            Ok(_) if OF_THE_ASSERTION.contains(&item.value.as_str()) => {
                judge.problems.push(item.problem(Finding::AssertionClaim(found())));
            }
            Ok(path) if paths.contains(&path) => {
                judge.problems.push(item.problem(Finding::AudienceTwice(found())));
            }
            Ok(path) => paths.push(path),
        }
    }
    if paths.len() > MAX_CLAIMS {
        judge.problems.push(at.problem(Finding::TooManyTexts(MAX_CLAIMS)));
    }
    (judge.problems.len() == before).then_some(paths)
}

/// The names of headers that are taken, and where they were written.
struct Names(Vec<(HeaderName, Place)>);

impl Names {
    /// Those of claims, of the client and of its tables of tokens, and the one in which proxies pass certificates.
    fn of_claims(written: &ClientAsWritten) -> Self {
        let tables = written.bearer.given().map(|at| at.value.0.as_slice()).unwrap_or_default();
        let of_tokens = tables.iter().map(|(_, at)| &at.value.extra_claim_headers);
        let pairs = std::iter::once(&written.extra_claim_headers).chain(of_tokens);
        let pairs = pairs.filter_map(Written::given).flat_map(|at: &At<Pairs>| &at.value.0);
        let options = written.bearer_options.given();
        let certificate = options.and_then(|at| at.value.certificate_header.given());
        let settings = pairs.map(|(_, header)| header).chain(certificate);
        let settings = settings.map(|at| (at.value.as_str(), &at.place));
        let tables = written.headers.given().map_or(&[][..], |at| &at.value.0);
        let tables = tables.iter().map(|(name, at)| (name.as_str(), &at.place));
        let of_gateway = written.header_names.given().into_iter();
        let of_gateway =
            of_gateway.flat_map(|at| at.value.0.pairs().iter().map(move |(_, name)| (*name, &at.place)));
        let read = |(name, place): (&str, &Place)| {
            Some((HeaderName::from_bytes(name.as_bytes()).ok()?, place.clone()))
        };
        Self(settings.chain(tables).chain(of_gateway).filter_map(read).collect())
    }

    /// Takes one more, if it may be one.
    fn take(&mut self, judge: &mut Judge<'_>, written: &At<String>) -> Option<HeaderName> {
        let taken: Vec<(&HeaderName, &Place)> = self.0.iter().map(|(name, place)| (name, place)).collect();
        match headers::name(written, &taken) {
            Ok(name) => {
                self.0.push((name.clone(), written.place.clone()));
                Some(name)
            }
            Err(Finding::HeaderTwice { found, first }) => {
                judge.refuse(written.problem(Finding::HeaderOfAnother { found, first }))
            }
            Err(finding) => judge.refuse(written.problem(finding)),
        }
    }
}

/// The header of the assertion where none is written.
const ASSERTION_HEADER: &str = "X-Auth-Assertion";
/// `lifetime` where none is written.
const LIFETIME: Duration = Duration::from_secs(60);
/// Shorter than a clock that is late, or longer than anybody should wait who signs out.
const LIFETIMES: std::ops::RangeInclusive<Duration> = Duration::from_secs(10)..=Duration::from_secs(300);
/// Keys that are published and do not sign.
const MAX_FURTHER_KEYS: usize = 8;
/// Claims of an assertion.
const MAX_CLAIMS: usize = 50;
