//! What would become of a request, by the same functions that judge the proxies' subrequests.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http::header::{ACCEPT, AUTHORIZATION, COOKIE, HOST, HeaderName, HeaderValue};
use http::{HeaderMap, Method};
use serde_json::{Map, Value};
use url::Url;

use crate::config::passed::{AccessTokenHeader, CookieHandling};
use crate::config::rule::Rule;
use crate::config::{Client, Config};
use crate::gate::decide::{self, Found, Verdict};
use crate::gate::dialect::Dialect;
use crate::gate::forwarded::{self, Forwarded, Subrequest};
use crate::gate::identity::Identity;
use crate::gate::path::Readings;
use crate::gate::refusal::Refusal;
use crate::gate::return_to::{self, Way};
use crate::gate::rule::{Fit, Mismatch, fit};
use crate::protocol::claims::Claims;
use crate::protocol::timestamp::Timestamp;

/// A request as somebody supposes it.
#[derive(Clone, Debug)]
pub(super) struct Supposed {
    /// The address of the page.
    pub(super) url: String,
    pub(super) method: String,
    /// The client at which somebody is signed in, where several guard the host; none: the first of them.
    pub(super) client: Option<String>,
    /// The claims of the session; none: nobody is signed in.
    pub(super) claims: Option<Map<String, Value>>,
    /// Where the client is.
    pub(super) from: Option<IpAddr>,
    /// Further headers.
    pub(super) headers: Vec<(String, String)>,
    pub(super) caller: Caller,
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    /// A person who opens a page.
    Page,
    /// A program.
    Program,
}

/// What becomes of it.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    /// The client that decides.
    pub(super) client: Option<Arc<Client>>,
    /// All that guard the host as well as it does, where there are others.
    pub(super) choice: Vec<String>,
    /// Each rule up to the one that holds, and whether it fits.
    pub(super) rules: Vec<(Rule, Fit)>,
    pub(super) verdict: Said,
}

/// The verdict, as it can be told and compared.
#[derive(Clone, Debug)]
pub(super) enum Said {
    /// 200 with these headers.
    Allow { rule: Rule, headers: Vec<(String, String)> },
    /// A redirect to the login, or 401 with its address.
    Login { rule: Rule, navigation: bool, code: &'static str, address: String },
    /// Another status.
    Refuse { rule: Option<Rule>, refusal: Refusal },
}

impl Said {
    pub(super) const fn word(&self) -> &'static str {
        match self {
            Self::Allow { .. } => "allow",
            Self::Login { .. } => "login",
            Self::Refuse { .. } => "refuse",
        }
    }

    /// As Traefik, Caddy and Envoy get it.
    pub(super) fn status(&self) -> u16 {
        match self {
            Self::Allow { .. } => 200,
            Self::Login { navigation: true, .. } => 302,
            Self::Login { navigation: false, .. } => 401,
            Self::Refuse { refusal, .. } => refusal.status().as_u16(),
        }
    }

    pub(super) const fn code(&self) -> &'static str {
        match self {
            Self::Allow { .. } => "ok",
            Self::Login { code, .. } => code,
            Self::Refuse { refusal, .. } => refusal.code(),
        }
    }

    pub(super) const fn rule(&self) -> Option<&Rule> {
        match self {
            Self::Allow { rule, .. } | Self::Login { rule, .. } => Some(rule),
            Self::Refuse { rule, .. } => rule.as_ref(),
        }
    }
}

/// Judges it at that moment.
///
/// # Errors
/// What of it is none: the address, the method, a header.
pub(super) fn judge(config: &Config, supposed: &Supposed, now: Timestamp) -> Result<Outcome, String> {
    let headers = subrequest(config, supposed)?;
    let peer =
        config.server.trusted_proxies.first().map(ipnet::IpNet::addr).ok_or("there is no trusted proxy.")?;
    let asked = Subrequest { peer, method: &Method::GET, rest: "", headers: &headers };
    let refused = |client, rules, rule, refusal| Outcome {
        client,
        choice: Vec::new(),
        rules,
        verdict: Said::Refuse { rule, refusal },
    };
    let scheme = crate::config::host::Scheme::Https;
    let forwarded = match forwarded::read(Dialect::Forwarded, &asked, scheme, &config.server.trusted_proxies)
    {
        Ok(forwarded) => forwarded,
        Err(refusal) => return Ok(refused(None, Vec::new(), None, refusal)),
    };
    let Some(first) = config.client_for_host(forwarded.authority(), forwarded.scheme()) else {
        let refusal = Refusal::HostNotGuarded { host: forwarded.authority().clone() };
        return Ok(refused(None, Vec::new(), None, refusal));
    };
    let beside: Vec<_> = config.clients_beside(first, forwarded.authority(), forwarded.scheme()).collect();
    let names: Vec<String> = beside.iter().map(|client| client.name.clone()).collect();
    let client = match &supposed.client {
        None => first,
        Some(name) => beside.into_iter().find(|client| client.name == *name).ok_or_else(|| {
            format!("{name:?} does not guard {} as well as {}.", forwarded.authority(), names.join(" and "))
        })?,
    };
    let choice = if names.len() > 1 { names } else { Vec::new() };
    Ok(Outcome { choice, ..judged_by(client, supposed, &forwarded, &headers, now) })
}

/// What becomes of it at that client.
fn judged_by(
    client: &Arc<Client>,
    supposed: &Supposed,
    forwarded: &Forwarded,
    headers: &HeaderMap,
    now: Timestamp,
) -> Outcome {
    let outcome =
        |rules, verdict| Outcome { client: Some(Arc::clone(client)), choice: Vec::new(), rules, verdict };
    let rules = rules(client, forwarded);
    let request = match decide::in_order(client, forwarded, headers) {
        Ok(request) => request,
        Err(refusal) => return outcome(rules, Said::Refuse { rule: None, refusal }),
    };
    let rule = request.rule().clone();
    let claims = supposed.claims.clone().map(|claims| Claims::supposed(claims, client.issuer.as_str(), now));
    let identity = match claims.as_ref().map(|claims| Identity::from_claims(claims, client)).transpose() {
        Ok(identity) => identity,
        // Nobody would get such a session.
        Err(refusal) => return outcome(rules, Said::Refuse { rule: Some(rule), refusal }),
    };
    let found = match (&identity, &claims) {
        (Some(identity), Some(claims)) => {
            Found::Session { identity, claims, stepped_up: &[], age: Duration::ZERO }
        }
        _ => Found::Nothing,
    };
    let verdict = match decide::decide(&request, found, now) {
        Verdict::Allow(pass) => {
            let blank = Identity::blank(client);
            let beside = beside(client, pass.identity());
            let headers = pass.identity().unwrap_or(&blank).headers().iter();
            let shown = headers.map(|(name, value)| {
                (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            });
            let others = client.login_choice.iter().flat_map(|choice| &choice.headers);
            let blank = others.map(|name| (name.as_str().to_owned(), String::new()));
            Said::Allow { rule, headers: shown.chain(beside).chain(blank).collect() }
        }
        Verdict::Login { navigation, return_to, step_up, reason } => {
            let way = step_up.map_or(Way::Choice, Way::StepUp);
            let address = return_to::url(way, client, &return_to);
            Said::Login { rule, navigation, code: reason.code(), address }
        }
        Verdict::Refuse(refusal) => Said::Refuse { rule: Some(rule), refusal },
    };
    outcome(rules, verdict)
}

/// What the application gets beside the identity. What is known of a session only once there is one has its name in its place.
fn beside(client: &Client, identity: Option<&Identity>) -> Vec<(String, String)> {
    let passed = &client.passed;
    let assertion = passed.assertion.iter().map(|assertion| (&assertion.header, "(assertion)"));
    let expires = passed.session_expires.iter().map(|name| (name, "(end of the session)"));
    let of_somebody = |what: &str| if identity.is_some() { what.to_owned() } else { String::new() };
    let access_token = passed.access_token.iter().map(|header| match header {
        AccessTokenHeader::Named(name) => (name, "(access token)"),
        AccessTokenHeader::Authorization => (&AUTHORIZATION, "Bearer (access token)"),
    });
    let id_token = passed.id_token.iter().map(|name| (name, "(ID token)"));
    let mut beside: Vec<(String, String)> = assertion
        .chain(expires)
        .chain(access_token)
        .chain(id_token)
        .map(|(name, what)| (name.as_str().to_owned(), of_somebody(what)))
        .collect();
    if let CookieHandling::WithoutOurs(_) = passed.cookie {
        beside.push((COOKIE.as_str().to_owned(), "(cookies without those of vestibule)".to_owned()));
    }
    beside
}

/// Each rule up to the one that holds.
fn rules(client: &Client, forwarded: &Forwarded) -> Vec<(Rule, Fit)> {
    let readings = Readings::of(forwarded.path());
    let mut looked_at = Vec::new();
    for rule in &client.rules {
        let fit = fit(rule, forwarded, forwarded.method(), &readings);
        looked_at.push((rule.clone(), fit));
        if !matches!(fit, Fit::Not(_)) {
            break;
        }
    }
    looked_at
}

/// What Traefik would send for it.
fn subrequest(config: &Config, supposed: &Supposed) -> Result<HeaderMap, String> {
    let address = supposed.url.as_str();
    // Only to see that it is one: what is judged is the path as it was written, not as browsers would have it.
    let url = Url::parse(address).map_err(|error| format!("{address:?} is no address: {error}."))?;
    let (scheme, rest) =
        address.split_once("://").ok_or_else(|| format!("{address:?} is no complete address."))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("{address:?} is neither http nor https."));
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, target) = rest.split_at(end);
    let target = target.split('#').next().unwrap_or_default();
    let target = if target.starts_with('/') { target.to_owned() } else { format!("/{target}") };
    let mut headers = HeaderMap::new();
    let mut add = |name: &str, value: &str| {
        let name = HeaderName::try_from(name).map_err(|_| format!("{name:?} is no name of a header."))?;
        let value =
            HeaderValue::from_str(value).map_err(|_| format!("{value:?} is no value of a header."))?;
        headers.append(name, value);
        Ok::<(), String>(())
    };
    add("x-forwarded-method", &supposed.method)?;
    add("x-forwarded-proto", &scheme.to_ascii_lowercase())?;
    add("x-forwarded-host", host)?;
    add("x-forwarded-uri", &target)?;
    add(HOST.as_str(), "vestibule")?;
    if let Some(from) = supposed.from {
        if forwarded::is_trusted(from, &config.server.trusted_proxies) {
            return Err(format!("{from} is a trusted proxy, and no client."));
        }
        add("x-forwarded-for", &from.to_string())?;
    }
    if supposed.caller == Caller::Page {
        add(ACCEPT.as_str(), "text/html,*/*;q=0.8")?;
        add("sec-fetch-mode", "navigate")?;
        add("sec-fetch-dest", "document")?;
    }
    for (name, value) in &supposed.headers {
        add(name, value)?;
    }
    Ok(headers)
}

/// Whether a rule fits, in a few words.
pub(super) struct Words(pub(super) Fit);

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Fit::Fits => "fits",
            Fit::Not(Mismatch::Method) => "is for other methods",
            Fit::Not(Mismatch::Host) => "is for other hosts",
            Fit::Not(Mismatch::Network) => "is for other networks",
            Fit::Not(Mismatch::Path) => "is for other paths",
            Fit::Not(Mismatch::TwoFaced) => {
                "is passed over: it lets everybody in, and the path could mean another one to somebody"
            }
            Fit::Unclear => "fits or not, depending on who reads the path",
            Fit::AddressUnknown => "fits or not, depending on the address of the client: --from",
        })
    }
}
