//! Which rule of a client holds for a request.

use std::net::IpAddr;

use http::Method;
use http::header::{ACCESS_CONTROL_REQUEST_METHOD, HeaderMap, HeaderName, HeaderValue, ORIGIN};

use super::forwarded::Forwarded;
use super::path::{Match, Readings};
use super::refusal::Refusal;
use super::spoof;
use crate::config::Client;
use crate::config::rule::Rule;

/// The first rule that fits. The last fits every request, so there is one. `headers` are those of the subrequest.
///
/// A path that could mean another one to somebody never falls under a rule that lets everybody in: such a rule is passed over, and
/// the next that fits holds.
///
/// # Errors
/// [`Refusal::PathAmbiguous`] where it depends on who reads the path whether a rule fits: the application may take it for one that
/// the rule guards. [`Refusal::ClientAddressUnknown`] where it depends on an address that the proxy does not tell.
/// [`Refusal::OverrideAmbiguous`] where a header names another path or method, for which another rule holds: some
/// applications go by that.
pub fn find<'a>(client: &'a Client, forwarded: &Forwarded, headers: &HeaderMap) -> Result<&'a Rule, Refusal> {
    if let [only] = client.rules.as_slice() {
        return Ok(only);
    }
    let rule = first(client, forwarded, forwarded.method(), &Readings::of(forwarded.path()))?;
    judge_overrides(client, forwarded, headers, rule)?;
    Ok(rule)
}

fn first<'a>(
    client: &'a Client,
    forwarded: &Forwarded,
    method: &Method,
    readings: &Readings<'_>,
) -> Result<&'a Rule, Refusal> {
    for rule in &client.rules {
        match fit(rule, forwarded, method, readings) {
            Fit::Fits => return Ok(rule),
            Fit::Not(_) => {}
            Fit::AddressUnknown => return Err(Refusal::ClientAddressUnknown),
            Fit::Unclear => return Err(Refusal::PathAmbiguous { rule: rule.name().to_string().into() }),
        }
    }
    Err(Refusal::Internal { what: "no rule fits, and the last should".into() })
}

/// Whether a rule fits a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// It does.
    Fits,
    /// It does not, for it is for others.
    Not(Mismatch),
    /// It depends on who reads the path.
    Unclear,
    /// It depends on an address that the proxy does not tell.
    AddressUnknown,
}

/// What of a rule does not fit a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// It is for other methods.
    Method,
    /// It is for other hosts.
    Host,
    /// It is for other networks.
    Network,
    /// It is for other paths.
    Path,
    /// It lets everybody in, and the path could mean another one to somebody.
    TwoFaced,
}

/// Whether this rule fits that request, whatever the others do.
pub fn fit(rule: &Rule, forwarded: &Forwarded, method: &Method, readings: &Readings<'_>) -> Fit {
    if !rule.is_for(method) {
        return Fit::Not(Mismatch::Method);
    }
    if !rule.is_for_host(forwarded.authority(), forwarded.scheme()) {
        return Fit::Not(Mismatch::Host);
    }
    let address = forwarded.client_address();
    if address.is_some_and(|address| !is_within(rule, address)) {
        return Fit::Not(Mismatch::Network);
    }
    match readings.matches(&rule.path) {
        Match::Yes if rule.is_open() && readings.is_two_faced() => Fit::Not(Mismatch::TwoFaced),
        Match::Yes if address.is_none() && !rule.networks.is_empty() => Fit::AddressUnknown,
        Match::Yes => Fit::Fits,
        Match::No => Fit::Not(Mismatch::Path),
        Match::Unclear => Fit::Unclear,
    }
}

fn is_within(rule: &Rule, address: IpAddr) -> bool {
    rule.networks.is_empty() || rule.networks.iter().any(|network| network.contains(&address))
}

/// Whether this is a request that a browser sends before another one to ask whether it may (Fetch, CORS-preflight fetch), and
/// nothing else to any application: no header names another method. Another path is held to the same rule.
pub fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    let is_override = |name: &HeaderName| OF_METHOD.iter().any(|known| spoof::is_alias(name.as_str(), known));
    let once = |name| headers.get_all(name).iter().count() == 1;
    method == Method::OPTIONS
        && once(ORIGIN)
        && once(ACCESS_CONTROL_REQUEST_METHOD)
        && !headers.keys().any(is_override)
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
                && !first(client, forwarded, method, &readings).is_ok_and(is_same)
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
