//! Where browsers reach this program: `redirect_uri` and `AUTH_DOMAIN`.

use url::Url;

use super::Judge;
use crate::config::form::{At, Written};
use crate::config::host::{Authority, HostPattern, Scheme};
use crate::config::own_path;
use crate::config::place::Place;
use crate::config::problem::Finding;
use crate::config::report::Problem;
use crate::config::source::Variable;
use crate::protocol::issuer::is_loopback;

/// Scheme, host and port of an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    /// Without a slash at the end, without the port that goes without saying.
    pub(super) text: String,
    pub(super) scheme: Scheme,
    pub(super) authority: Authority,
}

/// What `AUTH_DOMAIN` says.
pub(super) enum Domain {
    Absent,
    /// The problem is noted.
    Broken,
    Given(Origin),
}

/// Reads `AUTH_DOMAIN`: an origin, or a host that is reached over https.
pub(super) fn domain(judge: &mut Judge<'_>) -> Domain {
    let environment = judge.environment;
    let finding = match environment.get(AUTH_DOMAIN) {
        None => return Domain::Absent,
        Some(Variable::NotText) => Finding::VariableNotText,
        Some(Variable::Text(text)) if text.trim().is_empty() => Finding::Empty {
            write: "Write where browsers reach vestibule, https://auth.example.com, or remove it.".to_owned(),
        },
        Some(Variable::Text(text)) => {
            let address = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
            match Url::parse(&address).ok().and_then(|url| Some((of(&url)?, url))) {
                Some((origin, url)) if url.path() == "/" && has_no_extras(&url) => match fault(&origin, &url)
                {
                    None => return Domain::Given(origin),
                    Some(finding) => finding,
                },
                _ => Finding::NotAnOrigin(text.to_owned()),
            }
        }
    };
    judge.problems.push(Problem::new(Place::Variable(AUTH_DOMAIN.to_owned()), "", finding));
    Domain::Broken
}

/// The redirect address of a client and its origin. The path is fixed, so that an answer of a provider comes to the client
/// that asked (RFC 9700 section 4.4.2.2).
pub(super) fn redirect(
    judge: &mut Judge<'_>,
    client: &str,
    written: &Written<String>,
    domain: &Domain,
) -> Option<Origin> {
    let at = match written {
        Written::Given(at) => at,
        Written::Broken => return None,
        Written::Absent => {
            return match domain {
                Domain::Given(origin) => Some(origin.clone()),
                Domain::Absent | Domain::Broken => None,
            };
        }
    };
    match judge_redirect(client, at, domain) {
        Ok(origin) => Some(origin),
        Err(finding) => judge.refuse(at.problem(finding)),
    }
}

/// Where a client is reached that nobody signs in to: its first host that is no wildcard, over https, or over http if all of its hosts
/// are on this machine.
pub(super) fn of_hosts(hosts: &[At<HostPattern>]) -> Option<Origin> {
    let address = |scheme: &str, host: &HostPattern| {
        Url::parse(&format!("{scheme}://{}/", host.to_string().trim_start_matches("*."))).ok()
    };
    let here = |host: &HostPattern| address("http", host).is_some_and(|url| is_loopback(&url));
    let scheme = if hosts.iter().all(|at| here(&at.value)) { "http" } else { "https" };
    let first = hosts.iter().find(|at| !at.value.is_wildcard()).or_else(|| hosts.first())?;
    of(&address(scheme, &first.value)?)
}

fn judge_redirect(client: &str, at: &At<String>, domain: &Domain) -> Result<Origin, Finding> {
    let found = at.value.clone();
    let example = || format!("https://auth.example.com{}", callback_path(client));
    let Some((origin, url)) = Url::parse(&found).ok().and_then(|url| Some((of(&url)?, url))) else {
        return Err(Finding::NotAnUri { found, write: format!("redirect_uri: {}", example()) });
    };
    if let Some(finding) = fault(&origin, &url) {
        return Err(finding);
    }
    let needed = format!("{}{}", origin.text, callback_path(client));
    if found != needed {
        return Err(Finding::NotTheCallback { found, needed });
    }
    match domain {
        Domain::Given(other) if *other != origin => {
            Err(Finding::OriginsDisagree { origin: origin.text, domain: other.text.clone() })
        }
        _ => Ok(origin),
    }
}

/// The path at which the provider's answers for a client arrive.
pub(super) fn callback_path(client: &str) -> String {
    own_path(client, "callback")
}

/// Scheme, host and port of an http or https address, if the host is one that a browser can show.
fn of(url: &Url) -> Option<Origin> {
    let scheme = match url.scheme() {
        "https" => Scheme::Https,
        "http" => Scheme::Http,
        _ => return None,
    };
    let authority = match url.port() {
        Some(port) => format!("{}:{port}", url.host_str()?),
        None => url.host_str()?.to_owned(),
    };
    let authority = Authority::parse(&authority)?;
    Some(Origin { text: format!("{}://{authority}", scheme.as_str()), scheme, authority })
}

/// Over http a session cookie can be read on the way, so only this machine is excepted.
fn fault(origin: &Origin, url: &Url) -> Option<Finding> {
    (origin.scheme == Scheme::Http && !is_loopback(url)).then(|| Finding::OriginNotHttps(url.to_string()))
}

/// Whether an address has no query, fragment, user name or password.
pub(super) fn has_no_extras(url: &Url) -> bool {
    url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none()
}

/// The public origin.
pub(super) const AUTH_DOMAIN: &str = "AUTH_DOMAIN";
