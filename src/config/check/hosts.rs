//! The hosts that clients guard.

use url::{Host, Url};

use super::Judge;
use crate::config::form::{At, Texts, Written};
use crate::config::host::{HostPattern, Scheme};
use crate::config::place::Place;
use crate::config::problem::Finding;

/// A host and where it was written.
pub(super) type WrittenHost = At<HostPattern>;

/// Reads the `hosts` of one client. `None` if they are missing or none can be used.
pub(super) fn judge(judge: &mut Judge<'_>, written: &Written<Texts>) -> Option<Vec<WrittenHost>> {
    let at = written.given()?;
    let mut hosts = Vec::new();
    for item in &at.value.0 {
        match read(&item.value) {
            Ok(host) => {
                hosts.push(At { value: host, place: item.place.clone(), path: item.path.clone() });
            }
            Err(finding) => judge.problems.push(item.problem(finding)),
        }
    }
    if at.value.0.is_empty() {
        return judge.refuse(at.problem(Finding::Empty {
            write: "Write the hosts that this client guards: hosts: [app.example.com]".to_owned(),
        }));
    }
    (!hosts.is_empty()).then_some(hosts)
}

fn read(text: &str) -> Result<HostPattern, Finding> {
    let found = text.to_owned();
    if text.contains('/') {
        let address = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        let write = Url::parse(&address).ok().and_then(|url| {
            let host = url.host_str()?;
            Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
        });
        return Err(match write {
            Some(write) => Finding::AddressForHost { found, write },
            None => Finding::NotAHost(found),
        });
    }
    if !text.is_ascii() {
        return Err(match Host::parse(text) {
            Ok(host) => Finding::HostNotAscii { found, write: host.to_string() },
            Err(_) => Finding::NotAHost(found),
        });
    }
    let Some(pattern) = HostPattern::parse(text) else {
        return Err(if text.contains('*') {
            Finding::StrangeWildcard(found)
        } else {
            Finding::NotAHost(found)
        });
    };
    if pattern.is_wildcard() {
        if !matches!(Host::parse(pattern.host()), Ok(Host::Domain(_))) {
            return Err(Finding::StrangeWildcard(found));
        }
        // A return address may lead to every guarded host, so a host of a stranger must not be among them.
        if is_suffix(pattern.host()) && pattern.host() != "localhost" {
            return Err(Finding::WildcardOfStrangers(found));
        }
    }
    Ok(pattern)
}

/// The hosts that were claimed so far, to find those claimed twice.
#[derive(Default)]
pub(super) struct Claimed(Vec<Claim>);

struct Claim {
    wildcard: bool,
    host: String,
    port: u16,
    client: String,
    place: Place,
    sharing: Sharing,
}

/// Whether a client may have a host together with others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sharing {
    /// Nobody signs in at it.
    Never,
    /// It has no `login_choice`.
    Unwritten,
    WithOthersThatDo,
}

impl Claimed {
    /// Claims the hosts of a client; those that are taken are problems.
    pub(super) fn claim(
        &mut self,
        judge: &mut Judge<'_>,
        client: &str,
        hosts: &[WrittenHost],
        scheme: Scheme,
        sharing: Sharing,
    ) {
        for at in hosts {
            let (wildcard, host) = (at.value.is_wildcard(), at.value.host());
            let port = at.value.port().unwrap_or(scheme.default_port());
            let share = |it: &Claim| [sharing, it.sharing] == [Sharing::WithOthersThatDo; 2];
            let is_in_the_way = |it: &&Claim| it.client == client || !share(it);
            let same = |it: &&Claim| it.wildcard == wildcard && it.host == host && it.port == port;
            match self.0.iter().filter(same).find(is_in_the_way) {
                Some(first) if first.client == client => {
                    judge.problems.push(at.problem(Finding::HostTwice {
                        host: at.value.to_string(),
                        first: first.place.clone(),
                    }));
                }
                Some(first) => judge.problems.push(at.problem(Finding::HostTaken {
                    host: at.value.to_string(),
                    client: first.client.clone(),
                    first: first.place.clone(),
                    may_share: sharing != Sharing::Never && first.sharing != Sharing::Never,
                })),
                None => self.0.push(Claim {
                    wildcard,
                    host: host.to_owned(),
                    port,
                    client: client.to_owned(),
                    place: at.place.clone(),
                    sharing,
                }),
            }
        }
    }
}

/// Whether strangers can have names under this one: a single label, or one of the best known suffixes of two. Browsers know
/// them all and refuse cookies for them.
pub(super) fn is_suffix(host: &str) -> bool {
    !host.contains('.') || SUFFIXES.contains(&host)
}

/// The largest of the registries of two labels in publicsuffix.org's list; a help against slips, not a guard.
const SUFFIXES: &[&str] = &[
    "ac.uk",
    "azurewebsites.net",
    "cloudfront.net",
    "co.id",
    "co.in",
    "co.jp",
    "co.kr",
    "co.nz",
    "co.th",
    "co.uk",
    "co.za",
    "com.ar",
    "com.au",
    "com.br",
    "com.cn",
    "com.co",
    "com.hk",
    "com.mx",
    "com.my",
    "com.pl",
    "com.sg",
    "com.tr",
    "com.tw",
    "com.ua",
    "com.vn",
    "fly.dev",
    "github.io",
    "gitlab.io",
    "gov.uk",
    "herokuapp.com",
    "me.uk",
    "ne.jp",
    "net.au",
    "net.nz",
    "netlify.app",
    "onrender.com",
    "or.jp",
    "org.au",
    "org.nz",
    "org.uk",
    "pages.dev",
    "vercel.app",
    "web.app",
    "workers.dev",
];
