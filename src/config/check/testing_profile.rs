//! `danger_testing_profile`: a bypass by design, so it is let through only where no other machine can reach anything of it.
//! What is judged is the configuration as it will be used, with everything that the environment laid over the file.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use ipnet::{IpNet, Ipv4Net};
use serde_json::Value;
use url::Url;

use super::Judge;
use crate::config::file::ClientAsWritten;
use crate::config::form::{Named, Written};
use crate::config::problem::Finding;
use crate::config::tree::Tree;
use crate::config::{Client, ServerConfig, TestingProfile};
use crate::protocol::claims::ABOUT_THE_TOKEN;
use crate::protocol::issuer::is_loopback;
use crate::protocol::jwt::MAX_SUBJECT_BYTES;

/// The claims of a profile, if there is one. `None` if they cannot be used.
pub(super) fn judge(judge: &mut Judge<'_>, written: &Written<Tree>) -> Option<Option<TestingProfile>> {
    let at = match written {
        Written::Given(at) => at,
        Written::Broken => return None,
        Written::Absent => return Some(None),
    };
    let claims = &at.value.0;
    let sub = claims.get("sub").and_then(Value::as_str);
    let fits =
        |sub: &str| sub.len() <= MAX_SUBJECT_BYTES && sub.bytes().all(|byte| matches!(byte, 0x20..=0x7e));
    if !sub.is_some_and(fits) {
        return judge.refuse(at.problem(Finding::TestingProfileSubject));
    }
    let of_a_token = claims.keys().filter(|name| *name != "sub" && ABOUT_THE_TOKEN.contains(&name.as_str()));
    for name in of_a_token {
        let mut problem = at.problem(Finding::TestingProfileClaim);
        problem.go_to(name);
        judge.problems.push(problem);
    }
    judge.notices.push(at.problem(Finding::TestingProfile));
    Some(Some(TestingProfile(claims.clone())))
}

/// Refuses a profile where another machine could reach a listener, be believed as a proxy, or where a browser on another machine
/// could mean a host of the client.
pub(super) fn confine(
    judge: &mut Judge<'_>,
    written: &Written<Named<ClientAsWritten>>,
    clients: &[Arc<Client>],
    server: &ServerConfig,
) {
    for client in clients.iter().filter(|client| client.testing_profile.is_some()) {
        let at = written.given().and_then(|at| at.value.0.iter().find(|(name, _)| *name == client.name));
        let Some(at) = at.and_then(|(_, at)| at.value.danger_testing_profile.given()) else { continue };
        let problems = reachable(client, server).into_iter().map(|(setting, found, write)| {
            at.problem(Finding::TestingProfileReachable { setting, found, write })
        });
        judge.problems.extend(problems);
    }
}

/// Every setting by which somebody on another machine may come in: its name, what it says, and what to write instead.
fn reachable(client: &Client, server: &ServerConfig) -> Vec<(&'static str, String, &'static str)> {
    let listeners = [
        ("server.listen", server.listen, "Write: listen: 127.0.0.1:8000"),
        ("server.admin_listen", server.admin_listen, "Write: admin_listen: 127.0.0.1:9100"),
    ];
    let listeners = listeners
        .into_iter()
        .filter(|(_, address, _)| !is_here(*address))
        .map(|(setting, address, write)| (setting, address.to_string(), write));
    let proxies = server.trusted_proxies.iter().filter(|block| !holds_only_loopback(block)).map(|block| {
        ("server.trusted_proxies", block.to_string(), "Write: trusted_proxies: [127.0.0.0/8, \"::1\"]")
    });
    let origin = Some(&client.origin).filter(|origin| !Url::parse(origin).is_ok_and(|url| is_loopback(&url)));
    let origin = origin.map(|origin| ("redirect_uri", origin.clone(), "Write an address on localhost"));
    let hosts = client.hosts.iter().filter(|host| {
        let address = Url::parse(&format!("http://{}/", host.host()));
        !address.is_ok_and(|url| is_loopback(&url))
    });
    let hosts = hosts.map(|host| ("hosts", host.to_string(), "Write names that end in localhost"));
    listeners.chain(proxies).chain(origin).chain(hosts).collect()
}

/// An IPv4 address in the clothes of IPv6 is none of these: nobody needs it, and so nobody has to think about it.
const fn is_here(address: SocketAddr) -> bool {
    match address.ip() {
        IpAddr::V4(ip) => ip.is_loopback(),
        IpAddr::V6(ip) => ip.is_loopback(),
    }
}

fn holds_only_loopback(block: &IpNet) -> bool {
    match block {
        IpNet::V4(block) => LOOPBACK_V4.contains(block),
        IpNet::V6(block) => block.prefix_len() == 128 && block.addr().is_loopback(),
    }
}

/// RFC 1122 section 3.2.1.3.
const LOOPBACK_V4: Ipv4Net = Ipv4Net::new_assert(Ipv4Addr::new(127, 0, 0, 0), 8);
