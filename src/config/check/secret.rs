//! Secrets and keys, wherever they are kept. No message holds one.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::Judge;
use crate::config::file::{AuthenticationMethod, ClientAsWritten};
use crate::config::form::{At, List, Written};
use crate::config::place::Place;
use crate::config::problem::Finding;
use crate::config::report::Problem;
use crate::config::source::{Contents, Variable};
use crate::protocol::registration::ClientAuthentication;
use crate::protocol::secret::Secret;

/// Whether a secret that everybody knows may be used.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Provider {
    /// On this machine: a provider for tests, and such is its secret.
    Here,
    /// Anywhere else.
    Elsewhere,
}

/// How a client proves itself.
pub(super) fn authentication(
    judge: &mut Judge<'_>,
    written: &ClientAsWritten,
    provider: Provider,
) -> Option<ClientAuthentication> {
    let places = [
        ("client_secret", place_of(&written.client_secret)),
        ("client_secret_file", place_of(&written.client_secret_file)),
        ("client_secret_env", place_of(&written.client_secret_env)),
    ];
    let mut given = places.iter().filter_map(|(key, place)| Some((*key, place.clone()?)));
    if let (Some((first, _)), Some((_, (place, path)))) = (given.next(), given.next()) {
        return judge.refuse(Problem::new(place, &path, Finding::SecondSecret { first }));
    }
    let (secret, at) = match (&written.client_secret, &written.client_secret_file, &written.client_secret_env)
    {
        (Written::Given(at), _, _) => (Some(at.value.clone()), Some(moved(at))),
        (_, Written::Given(at), _) => (Some(from_file(judge, at)?), Some(moved(at))),
        (_, _, Written::Given(at)) => (Some(from_variable(judge, at)?), Some(moved(at))),
        (Written::Absent, Written::Absent, Written::Absent) => (None, None),
        _ => return None,
    };
    if let (Some(secret), Some(at)) = (&secret, &at) {
        judge_secret(judge, secret, at, provider)?;
    }
    let method = match &written.token_endpoint_auth_method {
        Written::Broken => return None,
        Written::Absent => None,
        Written::Given(at) => Some((at.value.0, at)),
    };
    match (method, secret) {
        (None | Some((AuthenticationMethod::None, _)), None) => Some(ClientAuthentication::None),
        (None, Some(secret)) => Some(ClientAuthentication::AsAnnounced(secret)),
        (Some((AuthenticationMethod::Basic, _)), Some(secret)) => Some(ClientAuthentication::Basic(secret)),
        (Some((AuthenticationMethod::Post, _)), Some(secret)) => Some(ClientAuthentication::Post(secret)),
        (Some((AuthenticationMethod::None, at)), Some(_)) => judge.refuse(at.problem(Finding::SecretUnused)),
        (Some((_, at)), None) => judge.refuse(at.problem(Finding::SecretNeeded)),
    }
}

fn place_of<T>(written: &Written<T>) -> Option<(Place, String)> {
    written.given().map(|at| (at.place.clone(), at.path.clone()))
}

fn moved<T>(at: &At<T>) -> At<()> {
    At { value: (), place: at.place.clone(), path: at.path.clone() }
}

fn from_file(judge: &mut Judge<'_>, at: &At<String>) -> Option<Secret> {
    let contents = match judge.files.read(Path::new(&at.value)) {
        Ok(contents) => contents,
        Err(fault) => return judge.refuse(at.problem(Finding::SecretFile(fault))),
    };
    warn_if_open(judge, at, &contents);
    match std::str::from_utf8(&contents.bytes) {
        // Editors and echo end a file with a line end, which nobody means.
        Ok(text) => Some(Secret::new(text.trim_end_matches(['\r', '\n']))),
        Err(_) => judge.refuse(at.problem(Finding::SecretNotText)),
    }
}

fn from_variable(judge: &mut Judge<'_>, at: &At<String>) -> Option<Secret> {
    let environment = judge.environment;
    // Somebody may have written the secret itself here: only what looks like nothing but a name is shown.
    let is_name = at.value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let shown = is_name && at.value.contains('_') && !at.value.bytes().any(|b| b.is_ascii_lowercase());
    match environment.get(&at.value) {
        Some(Variable::Text(text)) => Some(Secret::new(text)),
        Some(Variable::NotText) => judge.refuse(at.problem(Finding::SecretNotText)),
        None if shown => judge.refuse(at.problem(Finding::NoVariable(at.value.clone()))),
        None => judge.refuse(at.problem(Finding::NoVariableUnnamed)),
    }
}

fn judge_secret(judge: &mut Judge<'_>, secret: &Secret, at: &At<()>, provider: Provider) -> Option<()> {
    let text = secret.expose();
    if text.trim().is_empty() {
        return judge.refuse(at.problem(Finding::SecretEmpty));
    }
    if text.chars().any(char::is_control) {
        return judge.refuse(at.problem(Finding::SecretHasControl));
    }
    if text.trim() != text {
        return judge.refuse(at.problem(Finding::SecretHasBlanks));
    }
    if let Some(write) = placeholder(text) {
        return judge.refuse(at.problem(Finding::Placeholder { write }));
    }
    if provider == Provider::Elsewhere && is_sample(text) {
        return judge.refuse(at.problem(Finding::SampleSecret));
    }
    if provider == Provider::Elsewhere && text.len() < SHORT_SECRET {
        judge.notices.push(at.problem(Finding::ShortSecret { bytes: text.len() }));
    }
    Some(())
}

/// What does the same as `${NAME}`. A text of exactly that form is no secret, so its name may be shown.
fn placeholder(text: &str) -> Option<String> {
    let name = text.strip_prefix("${")?.strip_suffix('}')?;
    let is_name =
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    is_name.then(|| format!("For the secret in that variable write: client_secret_env: {name}"))
}

/// Whether a text stands in examples for a secret that is to be written there.
fn is_sample(text: &str) -> bool {
    let plain: String =
        text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    SAMPLES.contains(&plain.as_str())
        || plain.is_empty()
        || (text.starts_with('<') && text.ends_with('>'))
        || text.starts_with("${")
        || text.bytes().all(|b| b == text.as_bytes()[0])
}

/// The keys for what is sealed.
pub(super) fn keys(judge: &mut Judge<'_>, written: &Written<List>) -> Vec<Secret> {
    let Some(at) = written.given() else { return Vec::new() };
    if at.value.0.is_empty() {
        let write = "Write: key_files: [session.key], or leave it out.".to_owned();
        judge.problems.push(at.problem(Finding::Empty { write }));
    }
    at.value.0.iter().filter_map(|item| key(judge, item)).collect()
}

fn key(judge: &mut Judge<'_>, at: &At<String>) -> Option<Secret> {
    let contents = match judge.files.read(Path::new(&at.value)) {
        Ok(contents) => contents,
        Err(fault) => {
            return judge.refuse(at.problem(Finding::KeyFile { found: at.value.clone(), fault }));
        }
    };
    warn_if_open(judge, at, &contents);
    // A key as text means the same with and without a line end; one of random bytes is taken whole.
    let bytes = match contents.bytes.as_slice() {
        text if text.is_ascii() => text.trim_ascii_end(),
        bytes => bytes,
    };
    if bytes.len() < KEY_BYTES {
        let finding = Finding::ShortKey { found: at.value.clone(), bytes: bytes.len(), needed: KEY_BYTES };
        return judge.refuse(at.problem(finding));
    }
    let mut seen = [false; 256];
    bytes.iter().for_each(|b| seen[usize::from(*b)] = true);
    if seen.iter().filter(|seen| **seen).count() < KEY_DISTINCT {
        return judge.refuse(at.problem(Finding::PoorKey { found: at.value.clone() }));
    }
    Some(Secret::new(STANDARD.encode(bytes)))
}

/// Warns of a file that everybody can read.
pub(super) fn warn_if_open(judge: &mut Judge<'_>, at: &At<String>, contents: &Contents) {
    if contents.open_to_all {
        judge.notices.push(at.problem(Finding::OpenToAll));
    }
}

/// Letters and digits of what stands in examples.
const SAMPLES: &[&str] = &[
    "changeit",
    "changeme",
    "changethis",
    "clientsecret",
    "example",
    "examplesecret",
    "insertsecrethere",
    "mysecret",
    "oidcsecret",
    "password",
    "placeholder",
    "replaceme",
    "secret",
    "secretkey",
    "supersecret",
    "test",
    "todo",
    "topsecret",
    "verysecret",
    "yourclientsecret",
    "yoursecret",
    "yoursecrethere",
];
/// Bytes below which a client secret can be guessed.
const SHORT_SECRET: usize = 8;
/// Bytes of a key: those of the cipher's key, so that nobody can guess less than all of it.
const KEY_BYTES: usize = 32;
/// Different bytes in a key. Of 32 random bytes fewer than 16 are different less than once in 10^9; text has at least these.
const KEY_DISTINCT: usize = 8;
