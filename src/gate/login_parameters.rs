//! What the address of a login may add to the authorization request: only what `authorization.from_login_url` names.
//!
//! Anybody can write such an address and give it to somebody else. So nothing is handed on that is not named, nothing can change
//! what the configuration sets, and what was asked is checked in the answer all the same.

use url::form_urlencoded;

use super::refusal::Refusal;
use super::return_to;
use crate::config::Client;
use crate::config::rule::{OnForbidden, Rule};

/// The parameters of the query of `/login` that go on to the provider, in the order in which the configuration names them.
/// One without a value counts as left out (RFC 6749 section 3.1), one that is not named is passed over. Only `prompt=select_account`,
/// which our own page says to somebody who may not enter, needs no name: it lets the person choose, and nothing else. Where the
/// configuration asks every login for `consent`, both are asked for (OpenID Connect Core 1.0 section 3.1.2.1 has a list there); another
/// `prompt` of the configuration stays as it is: `login` asks who it is already, and `none` is not to ask anything.
///
/// # Errors
/// [`Refusal::LoginParameter`].
pub fn from_query(query: &str, client: &Client) -> Result<Vec<(String, String)>, Refusal> {
    let allowed = &client.registration.authorization.from_login_url;
    let mut found = vec![None; allowed.len()];
    let mut prompts = Vec::new();
    for part in return_to::beside_return_to(query) {
        for (name, value) in form_urlencoded::parse(part.as_bytes()) {
            let Some(at) = allowed.iter().position(|allowed| *allowed == name) else {
                if name == "prompt" {
                    prompts.push(value);
                }
                continue;
            };
            let refuse = |why| Err(Refusal::LoginParameter { name: allowed[at].as_str().into(), why });
            if found[at].is_some() {
                return refuse("is there twice");
            }
            if let Err(why) = judge(&name, &value) {
                return refuse(why);
            }
            found[at] = Some(value.into_owned());
        }
    }
    let given = allowed.iter().zip(found).filter_map(|(name, value)| Some((name.clone(), value?)));
    let mut given: Vec<_> = given.filter(|(_, value)| !value.is_empty()).collect();
    let always = &client.registration.authorization.parameters;
    let set = always.iter().find(|(name, _)| name == "prompt").map(|(_, value)| value.as_str());
    // The page where people choose a provider hands on what is sent already.
    if matches!(prompts.as_slice(), [one] if one == "select_account" || one == CONSENT_AND_ACCOUNT)
        && let Some(prompt) = match set {
            None => Some("select_account"),
            Some("consent") => Some(CONSENT_AND_ACCOUNT),
            Some(_) => None,
        }
    {
        given.push(("prompt".to_owned(), prompt.to_owned()));
    }
    match given.iter().scan(0, |bytes, (name, value)| add(bytes, name, value)).position(|sum| sum > MAX_BYTES)
    {
        Some(at) => {
            let why = "makes more than 512 bytes of all together";
            Err(Refusal::LoginParameter { name: given[at].0.as_str().into(), why })
        }
        None => Ok(given),
    }
}

/// The rule for which the address of a login asks the provider to authenticate the person better: `step_up=2`. Anybody can write that,
/// and asks for more than they would without it.
pub fn step_up<'a>(query: &str, client: &'a Client) -> Option<&'a Rule> {
    let mut parts = return_to::beside_return_to(query).flat_map(|part| part.split('&'));
    let number: usize = parts.find_map(|part| part.strip_prefix(STEP_UP)?.strip_prefix('='))?.parse().ok()?;
    let asks = |rule: &&Rule| rule.number == Some(number) && rule.on_forbidden == OnForbidden::StepUp;
    client.rules.iter().find(asks)
}

/// The parameters of a login with those that a rule asks for (OpenID Connect Core 1.0 section 3.1.2.1). What else was to be asked of
/// these names gives way.
#[must_use]
pub fn with_step_up(mut parameters: Vec<(String, String)>, rule: &Rule) -> Vec<(String, String)> {
    let acr_values = (!rule.acr_values.is_empty()).then(|| ("acr_values", rule.acr_values.join(" ")));
    let max_age = rule.max_age.map(|max_age| ("max_age", max_age.as_secs().to_string()));
    for (name, value) in acr_values.into_iter().chain(max_age) {
        parameters.retain(|(other, _)| other != name);
        parameters.push((name.to_owned(), value));
    }
    parameters
}

fn add(sum: &mut usize, name: &str, value: &str) -> Option<usize> {
    *sum += name.len() + value.len();
    Some(*sum)
}

/// Characters that no parameter of a login needs, and that would grow in the state.
fn judge(name: &str, value: &str) -> Result<(), &'static str> {
    if value.chars().any(|c| c.is_control() || matches!(c, '"' | '\\' | char::REPLACEMENT_CHARACTER)) {
        return Err("has a control character, a quote, a backslash or a byte that is not UTF-8");
    }
    if value.trim() != value {
        return Err("has a blank at an end");
    }
    let is_number = (1..=9).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_digit());
    if name == "max_age" && !value.is_empty() && !is_number {
        return Err("is no number of seconds");
    }
    Ok(())
}

/// Bytes of all names and values that the address of one login adds; they travel in the state, too.
pub const MAX_BYTES: usize = 512;

/// What is asked for in place of `consent` where the person is to choose who they are, too.
const CONSENT_AND_ACCOUNT: &str = "consent select_account";
/// The parameter of a login's address that lets the person choose who they are.
pub(super) const SELECT_ACCOUNT: &str = "prompt=select_account";
/// The parameter of a login's address that names a rule.
pub(super) const STEP_UP: &str = "step_up";
