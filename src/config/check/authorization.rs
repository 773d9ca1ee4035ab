//! `authorization` and `token_parameters` of a client: what is asked of the provider beyond the protocol's own.

use serde_json::{Map, Value};
use url::form_urlencoded;

use super::Judge;
use crate::config::claims::RequestedClaims;
use crate::config::file::{AuthorizationAsWritten, ClientAsWritten};
use crate::config::form::{At, Pairs, Texts, Written};
use crate::config::kind::Choice;
use crate::config::problem::Finding;
use crate::protocol::authorize::{self, Authorization, Pushing};
use crate::protocol::token;

/// Judges the table. What is wrong is noted, and then nothing of it is used.
pub(super) fn judge(judge: &mut Judge<'_>, written: &ClientAsWritten) -> Authorization {
    let Some(table) = written.authorization.given() else { return Authorization::default() };
    let settings = &table.value;
    let pushed = settings.pushed.or(Choice(Pushing::WhereRequired)).0;
    let mut parameters = own(judge, settings);
    for (name, at) in pairs(judge, &settings.parameters, authorize::RESERVED) {
        if OWN_SETTINGS.contains(&name.as_str()) {
            judge.problems.push(at.problem(Finding::ParameterHasSetting(name)));
        } else {
            parameters.push((name, at.value));
        }
    }
    let from_login_url = from_login_url(judge, &settings.from_login_url, &parameters);
    let asks_acr = |(name, value): &(String, String)| name == "claims" && value.contains("\"acr\"");
    let may_ask_acr = parameters.iter().any(|(name, _)| name == "acr_values")
        || from_login_url.iter().any(|name| name == "acr_values");
    if may_ask_acr && parameters.iter().any(asks_acr) {
        judge.problems.push(table.problem(Finding::AcrTwice));
    }
    let bytes = form_urlencoded::Serializer::new(String::new()).extend_pairs(&parameters).finish().len();
    if bytes > MAX_BYTES && pushed != Pushing::Always {
        judge.problems.push(table.problem(Finding::ParametersTooLong { bytes, limit: MAX_BYTES }));
    }
    Authorization { parameters, from_login_url, pushed }
}

/// `token_parameters`.
pub(super) fn token_parameters(judge: &mut Judge<'_>, written: &Written<Pairs>) -> Vec<(String, String)> {
    pairs(judge, written, token::RESERVED).into_iter().map(|(name, at)| (name, at.value)).collect()
}

/// The parameters that have a setting of their own, in the order of the settings.
fn own(judge: &mut Judge<'_>, settings: &AuthorizationAsWritten) -> Vec<(String, String)> {
    let mut parameters = Vec::new();
    let mut add = |name: &str, value: Option<String>| {
        parameters.extend(value.map(|value| (name.to_owned(), value)));
    };
    let prompt = words(judge, &settings.prompt);
    if let Some(at) = settings.prompt.given()
        && at.value.0.len() > 1
        && at.value.0.iter().any(|item| item.value == "none")
    {
        judge.problems.push(at.problem(Finding::PromptNoneAlone));
    }
    add("prompt", prompt);
    add("max_age", settings.max_age.given().map(|at| at.value.0.as_secs().to_string()));
    add("acr_values", words(judge, &settings.acr_values));
    add("login_hint", settings.login_hint.given().and_then(|at| value(judge, at)));
    add("ui_locales", words(judge, &settings.ui_locales));
    if let Some(at) = settings.claims.given() {
        match claims(&at.value) {
            Ok(()) => add("claims", Some(Value::Object(at.value.0.clone()).to_string())),
            Err(why) => judge.problems.push(at.problem(Finding::NotClaims { why })),
        }
    }
    parameters
}

/// Names or values with a blank between each two, as prompt, acr_values and ui_locales have them.
fn words(judge: &mut Judge<'_>, written: &Written<Texts>) -> Option<String> {
    let at = written.given()?;
    for item in &at.value.0 {
        if !item.value.bytes().all(|byte| byte.is_ascii_graphic()) || item.value.len() > MAX_VALUE {
            judge.problems.push(item.problem(Finding::StrangeWord(item.value.clone())));
        }
    }
    let words: Vec<&str> = at.value.0.iter().map(|item| item.value.as_str()).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// OpenID Connect Core 1.0 section 5.5: `userinfo` and `id_token`, and in each claims with null or an object.
fn claims(written: &RequestedClaims) -> Result<(), &'static str> {
    for (place, claims) in &written.0 {
        if !matches!(place.as_str(), "userinfo" | "id_token") {
            return Err("it has more than userinfo and id_token");
        }
        let Value::Object(claims) = claims else { return Err("userinfo or id_token is no table") };
        for (name, asked) in claims {
            let asked: &Map<String, Value> = match asked {
                Value::Null => continue,
                Value::Object(asked) => asked,
                _ => return Err("a claim has neither a table nor nothing behind it"),
            };
            if asked.get("essential").is_some_and(|flag| !flag.is_boolean()) {
                return Err("essential is neither true nor false");
            }
            let is_text = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
            let value = asked.get("value").is_none_or(is_text);
            let values = asked.get("values").is_none_or(|values| {
                values.as_array().is_some_and(|list| !list.is_empty() && list.iter().all(is_text))
            });
            // These are compared in the answer.
            if name == "acr" && !(value && values) {
                return Err("acr has a value that is no text, or no list of texts");
            }
        }
    }
    Ok(())
}

fn from_login_url(
    judge: &mut Judge<'_>,
    written: &Written<Texts>,
    parameters: &[(String, String)],
) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for item in written.given().map(|at| at.value.0.as_slice()).unwrap_or_default() {
        let found = item.value.clone();
        let finding = if !is_name(&found) {
            Finding::StrangeParameterName(found)
        } else if authorize::RESERVED.contains(&found.as_str())
            || NEVER_FROM_LOGIN_URL.contains(&found.as_str())
        {
            Finding::ParameterReserved(found)
        } else if names.contains(&found) {
            Finding::ParameterNamedTwice(found)
        } else if parameters.iter().any(|(name, _)| *name == found) {
            Finding::ParameterSetAlready(found)
        } else {
            names.push(found);
            continue;
        };
        judge.problems.push(item.problem(finding));
    }
    names
}

/// Names and values of the user's choice.
fn pairs(judge: &mut Judge<'_>, written: &Written<Pairs>, reserved: &[&str]) -> Vec<(String, At<String>)> {
    let mut found = Vec::new();
    for (name, at) in written.given().map(|at| at.value.0.as_slice()).unwrap_or_default() {
        if !is_name(name) {
            judge.problems.push(at.problem(Finding::StrangeParameterName(name.clone())));
        } else if reserved.contains(&name.as_str()) {
            judge.problems.push(at.problem(Finding::ParameterReserved(name.clone())));
        } else if value(judge, at).is_some() {
            found.push((name.clone(), at.clone()));
        }
    }
    found
}

fn value(judge: &mut Judge<'_>, at: &At<String>) -> Option<String> {
    if at.value.len() > MAX_VALUE || at.value.chars().any(char::is_control) {
        return judge.refuse(at.problem(Finding::StrangeParameterValue));
    }
    Some(at.value.clone())
}

/// RFC 6749 appendix A has `1*name-char` of letters, digits, `-`, `.` and `_`.
fn is_name(name: &str) -> bool {
    matches!(name.len(), 1..=MAX_NAME)
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
}

/// Parameters with a key of their own in the table.
const OWN_SETTINGS: [&str; 6] = ["prompt", "max_age", "acr_values", "login_hint", "ui_locales", "claims"];
/// What anybody could write into an address and only the configuration may say: what is asked for, and `rd` and `seen` are ours.
const NEVER_FROM_LOGIN_URL: [&str; 6] =
    ["claims", "resource", "authorization_details", "id_token_hint", "rd", "seen"];
/// Bytes of a parameter's name.
const MAX_NAME: usize = 64;
/// Bytes of a parameter's value.
const MAX_VALUE: usize = 1024;
/// Bytes of all parameters in an address, so that the head of an answer fits 4096.
const MAX_BYTES: usize = 1024;
