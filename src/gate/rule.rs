//! Which rule of a client holds for a request.

use http::Method;
use http::header::{HeaderMap, HeaderName, HeaderValue};

use super::forwarded::Forwarded;
use super::path::{Match, Readings};
use super::refusal::Refusal;
use super::spoof;
use crate::config::Client;
use crate::config::rule::Rule;

/// The first rule that fits. The last fits every request, so there is one. `headers` are those of the subrequest.
///
/// # Errors
/// [`Refusal::PathAmbiguous`] where it depends on who reads the path whether a rule fits: the application may take it for one that
/// the rule guards. [`Refusal::OverrideAmbiguous`] where a header names another path or method, for which another rule holds: some
/// applications go by that.
pub fn find<'a>(client: &'a Client, forwarded: &Forwarded, headers: &HeaderMap) -> Result<&'a Rule, Refusal> {
    if let [only] = client.rules.as_slice() {
        return Ok(only);
    }
    let rule = first(client, forwarded.method(), &Readings::of(forwarded.path()))?;
    judge_overrides(client, forwarded, headers, rule)?;
    Ok(rule)
}

fn first<'a>(client: &'a Client, method: &Method, readings: &Readings<'_>) -> Result<&'a Rule, Refusal> {
    for rule in &client.rules {
        if !rule.is_for(method) {
            continue;
        }
        match readings.matches(&rule.path) {
            Match::Yes => return Ok(rule),
            Match::No => {}
            Match::Unclear => return Err(Refusal::PathAmbiguous { rule: rule.number.unwrap_or_default() }),
        }
    }
    Err(Refusal::Internal { what: "no rule fits, and the last should".into() })
}

/// Whether the same rule holds, whichever of these headers an application goes by, and in whichever spelling of their names.
fn judge_overrides(
    client: &Client,
    forwarded: &Forwarded,
    headers: &HeaderMap,
    rule: &Rule,
) -> Result<(), Refusal> {
    let methods = others(headers, &OF_METHOD, |value| {
        // Who goes by them writes them in upper case first: Rack, Symfony, Express.
        Method::from_bytes(&value.as_bytes().to_ascii_uppercase()).ok()
    })?;
    let paths = others(headers, &OF_PATH, path)?;
    if methods.is_empty() && paths.is_empty() {
        return Ok(());
    }
    let own_path = (None, forwarded.path());
    for (of_path, path) in paths.iter().map(|(name, path)| (Some(*name), path.as_str())).chain([own_path]) {
        let readings = Readings::of(path);
        let own_method = (None, forwarded.method());
        for (of_method, method) in
            methods.iter().map(|(name, method)| (Some(*name), method)).chain([own_method])
        {
            let is_same = |other: &Rule| std::ptr::eq(other, rule);
            if let Some(header) = of_path.or(of_method)
                && !first(client, method, &readings).is_ok_and(is_same)
            {
                return Err(Refusal::OverrideAmbiguous { header: header.clone() });
            }
        }
    }
    Ok(())
}

/// What the headers of these names say, each with its name.
///
/// # Errors
/// [`Refusal::OverrideAmbiguous`] for one that says it twice, or nothing that can be read.
fn others<'a, T>(
    headers: &HeaderMap,
    names: &'a [HeaderName],
    read: impl Fn(&HeaderValue) -> Option<T>,
) -> Result<Vec<(&'a HeaderName, T)>, Refusal> {
    let mut found = Vec::new();
    for (sent, value) in headers {
        let Some(name) = names.iter().find(|name| spoof::is_alias(sent.as_str(), name)) else { continue };
        let refused = || Refusal::OverrideAmbiguous { header: name.clone() };
        if found.iter().any(|(other, _)| *other == name) {
            return Err(refused());
        }
        // An empty one is none.
        if !value.is_empty() {
            found.push((name, read(value).ok_or_else(refused)?));
        }
    }
    Ok(found)
}

/// The path of an address, with or without the host before it.
fn path(value: &HeaderValue) -> Option<String> {
    let text = value.to_str().ok()?;
    let path = match text.split_once("://") {
        Some((scheme, rest)) if scheme.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
            rest.find('/').map_or("/", |slash| &rest[slash..])
        }
        _ => text,
    };
    let path = path.split(['?', '#']).next().unwrap_or_default();
    path.starts_with('/').then(|| path.to_owned())
}

/// By which frameworks let a caller name another method: Rack, Symfony, Laravel, Express and Microsoft's.
static OF_METHOD: [HeaderName; 3] = [
    HeaderName::from_static("x-http-method-override"),
    HeaderName::from_static("x-http-method"),
    HeaderName::from_static("x-method-override"),
];
/// By which IIS and frameworks that ran behind it let a caller name another path (CVE-2018-14773).
static OF_PATH: [HeaderName; 2] =
    [HeaderName::from_static("x-original-url"), HeaderName::from_static("x-rewrite-url")];
