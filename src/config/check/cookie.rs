//! The session cookie: whether browsers would keep it, and send it to every host that needs it.

use std::time::Duration;

use url::Host;

use super::Judge;
use super::hosts::{WrittenHost, is_suffix};
use super::origin::Origin;
use crate::config::file::CookieAsWritten;
use crate::config::form::{At, Written};
use crate::config::host::Scheme;
use crate::config::place::Place;
use crate::config::problem::Finding;
use crate::config::report::Problem;
use crate::config::{Cookie, SameSite};
use crate::protocol::callback::STATE_LIFETIME;
use crate::protocol::registration::ResponseMode;

/// The client that a cookie is for.
pub(super) struct Owner<'a> {
    pub(super) name: &'a str,
    pub(super) place: &'a Place,
    /// None if it could not be read; then only what does not depend on it is judged.
    pub(super) origin: Option<&'a Origin>,
    pub(super) hosts: &'a [WrittenHost],
    /// `session.absolute`.
    pub(super) absolute: Duration,
}

/// Builds the session cookie of a client.
pub(super) fn session(
    judge: &mut Judge<'_>,
    written: &Written<CookieAsWritten>,
    owner: &Owner<'_>,
) -> Option<Cookie> {
    let settings = written.or(CookieAsWritten::default());
    let before = judge.problems.len();
    let domain = match &settings.domain {
        Written::Given(at) => judge_domain(judge, at, owner),
        Written::Broken => return None,
        Written::Absent => {
            find_unreached(judge, owner);
            None
        }
    };
    let name = match &settings.name {
        Written::Given(at) => match judge_name(&at.value) {
            Ok(()) => at.value.clone(),
            Err(finding) => return judge.refuse(at.problem(finding)),
        },
        Written::Broken => return None,
        Written::Absent => format!("vestibule_{}", owner.name),
    };
    if judge.problems.len() > before {
        return None;
    }
    let secure = owner.origin?.scheme == Scheme::Https;
    let prefix = match (secure, &domain) {
        (false, _) => "",
        (true, Some(_)) => "__Secure-",
        (true, None) => "__Host-",
    };
    let cookie = Cookie {
        name: format!("{prefix}{name}"),
        domain,
        secure,
        same_site: SameSite::Lax,
        max_age: settings.persistent.or(false).then_some(owner.absolute),
    };
    let (place, path) = written.given().map_or_else(
        || (owner.place.clone(), format!("clients.{}", owner.name)),
        |at| (at.place.clone(), at.path.clone()),
    );
    if settings.name.is_absent() && [FLOW_NAME, CHOICE_NAME].contains(&name.as_str()) {
        return judge.refuse(Problem::new(place, &path, Finding::ReservedClientName(owner.name.to_owned())));
    }
    let bytes = cookie.line(&"x".repeat(VALUE_BYTES)).len();
    if bytes > MAX_LINE {
        return judge.refuse(Problem::new(place, &path, Finding::CookieTooLong { bytes, limit: MAX_LINE }));
    }
    Some(cookie)
}

/// The session cookie of a client at which nobody signs in: nobody is given one.
pub(super) fn unused(client: &str) -> Cookie {
    Cookie {
        name: format!("vestibule_{client}"),
        domain: None,
        secure: true,
        same_site: SameSite::Lax,
        max_age: None,
    }
}

/// The cookie that binds a login to the browser that began it; it lives as long as the `state` that is bound to it. It comes
/// back with the provider's answer, which for a form post is a POST from another site: browsers send it along only with
/// `SameSite=None; Secure`.
pub(super) fn flow(scheme: Scheme, comes_by: ResponseMode) -> Cookie {
    let https = scheme == Scheme::Https;
    let (secure, same_site) = match comes_by {
        ResponseMode::Query => (https, SameSite::Lax),
        ResponseMode::FormPost => (true, SameSite::None),
    };
    Cookie {
        name: format!("{}{FLOW_NAME}", if https { "__Host-" } else { "" }),
        domain: None,
        secure,
        same_site,
        max_age: Some(STATE_LIFETIME),
    }
}

/// The cookie that remembers by which client somebody signed in last, where there is a choice.
pub(super) fn choice(scheme: Scheme) -> Cookie {
    let https = scheme == Scheme::Https;
    Cookie {
        name: format!("{}{CHOICE_NAME}", if https { "__Host-" } else { "" }),
        domain: None,
        secure: https,
        same_site: SameSite::Lax,
        max_age: Some(CHOICE_LIFETIME),
    }
}

fn judge_domain(judge: &mut Judge<'_>, at: &At<String>, owner: &Owner<'_>) -> Option<String> {
    let domain = at.value.trim_start_matches('.').to_ascii_lowercase();
    // Without a host that is not covered every domain would do, so this comes before the question of whom it covers.
    let finding = match Host::parse(&domain) {
        _ if at.value.contains([':', '/', '*']) => Some(Finding::NotADomain(at.value.clone())),
        Ok(Host::Domain(name)) if name == "localhost" => Some(Finding::DomainLocalhost),
        Ok(Host::Domain(name)) if name == domain && is_suffix(&name) => {
            Some(Finding::DomainOfStrangers(name))
        }
        Ok(Host::Domain(name)) if name == domain => None,
        _ => Some(Finding::NotADomain(at.value.clone())),
    };
    if let Some(finding) = finding {
        return judge.refuse(at.problem(finding));
    }
    let needed: Vec<String> = reached(owner).map(str::to_owned).collect();
    let Some(uncovered) = needed.iter().find(|host| !covers(&domain, host)) else { return Some(domain) };
    let only_one_host = owner.hosts.iter().all(|host| is_origin_host(host, owner));
    let write = match (common_parent(&needed), only_one_host) {
        (Some(parent), true) => format!("Write {parent}, or leave it out."),
        (Some(parent), false) => format!("Write {parent}."),
        (None, true) => "Leave it out.".to_owned(),
        (None, false) => NO_PARENT.to_owned(),
    };
    judge.refuse(at.problem(Finding::DomainIsNoParent {
        domain: at.value.clone(),
        host: uncovered.clone(),
        write,
    }))
}

/// Without a domain the cookie goes to the host of `redirect_uri` only; on any other the login would never end.
fn find_unreached(judge: &mut Judge<'_>, owner: &Owner<'_>) {
    let Some(origin) = owner.origin else { return };
    let needed: Vec<String> = reached(owner).map(str::to_owned).collect();
    let write = match common_parent(&needed) {
        Some(parent) => format!("Write: cookie: {{ domain: {parent} }}"),
        None => NO_PARENT.to_owned(),
    };
    let unreached = owner.hosts.iter().find(|host| !is_origin_host(host, owner));
    if let Some(host) = unreached {
        judge.problems.push(host.problem(Finding::HostWithoutCookie {
            host: host.value.to_string(),
            origin: origin.authority.host().to_owned(),
            write,
        }));
    }
}

/// Every host that the cookie has to reach.
fn reached<'a>(owner: &'a Owner<'_>) -> impl Iterator<Item = &'a str> {
    let hosts = owner.hosts.iter().map(|host| host.value.host());
    hosts.chain(owner.origin.map(|origin| origin.authority.host()))
}

fn is_origin_host(host: &WrittenHost, owner: &Owner<'_>) -> bool {
    !host.value.is_wildcard()
        && owner.origin.is_some_and(|origin| origin.authority.host() == host.value.host())
}

/// Whether a browser sends a cookie of that domain to that host (RFC 6265bis section 5.1.3).
fn covers(domain: &str, host: &str) -> bool {
    host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
}

/// The longest name that is a parent of all of them, or one of them, and for which browsers take cookies.
fn common_parent(hosts: &[String]) -> Option<String> {
    let first = hosts.first()?;
    if hosts.iter().any(|host| !matches!(Host::parse(host), Ok(Host::Domain(_)))) {
        return None;
    }
    std::iter::successors(Some(first.as_str()), |name| name.split_once('.').map(|(_, parent)| parent))
        .find(|name| hosts.iter().all(|host| covers(name, host)))
        .filter(|name| !is_suffix(name))
        .map(str::to_owned)
}

fn judge_name(name: &str) -> Result<(), Finding> {
    if name.starts_with("__") {
        return Err(Finding::CookieNameHasPrefix(name.to_owned()));
    }
    let fits = name.len() <= MAX_NAME
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
    let is_ours = name == CHOICE_NAME
        || name.strip_prefix(FLOW_NAME).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    match fits {
        false => Err(Finding::StrangeCookieName(name.to_owned())),
        true if is_ours => Err(Finding::ReservedCookieName(name.to_owned())),
        true => Ok(()),
    }
}

const NO_PARENT: &str = "These hosts have no parent for which browsers take a cookie: make one client for each, with its redirect_uri on the host.";
/// The flow cookie without its prefix, and without the dot and suffix that each has.
const FLOW_NAME: &str = "vestibule_flow";
/// The cookie that remembers a choice, without its prefix.
const CHOICE_NAME: &str = "vestibule_choice";
/// As long as browsers keep a cookie (RFC 6265bis section 5.5).
const CHOICE_LIFETIME: Duration = Duration::from_secs(400 * 24 * 3600);
/// Bytes of a session cookie's value: 32 random bytes, base64url.
const VALUE_BYTES: usize = 43;
/// Bytes of the whole `Set-Cookie` value, so that the head of an answer stays small.
const MAX_LINE: usize = 200;
/// Bytes of a cookie's name without its prefix.
const MAX_NAME: usize = 64;
