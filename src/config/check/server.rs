//! `server`: listeners, trust and limits.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use ipnet::IpNet;

use super::{Judge, pages, secret};
use crate::config::file::{LogAsWritten, ServerAsWritten};
use crate::config::form::Written;
use crate::config::kind::Choice;
use crate::config::place::Place;
use crate::config::problem::Finding;
use crate::config::report::Problem;
use crate::config::source::Variable;
use crate::config::{LogFormat, LogLevel, ServerConfig, is_everybody};

/// Judges the section, and the variable that has no setting in the file. `None` if the section cannot be read at all.
pub(super) fn judge(judge: &mut Judge<'_>, written: &Written<ServerAsWritten>) -> Option<ServerConfig> {
    let settings = match written {
        Written::Broken => return None,
        Written::Absent => &ServerAsWritten::default(),
        Written::Given(at) => &at.value,
    };
    let listen = settings.listen.or(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 8000));
    let admin_listen = settings.admin_listen.or(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 9100));
    if collide(listen, admin_listen) {
        // At whichever of the two was written; the second one if both were.
        let (at, other) = match (settings.admin_listen.given(), settings.listen.given()) {
            (Some(at), _) => (Some(at), "server.listen"),
            (None, at) => (at, "server.admin_listen"),
        };
        if let Some(at) = at {
            judge.problems.push(at.problem(Finding::ListenTwice { found: at.value, other }));
        }
    }
    let trusted_proxies = judge_proxies(judge, settings);
    if settings.trusted_proxies.is_absent()
        && let Some(at) = settings.listen.given()
        && !at.value.ip().is_loopback()
    {
        judge.notices.push(at.problem(Finding::OnlyLoopbackTrusted { found: at.value }));
    }
    if let Some(at) = settings.shutdown_grace.given()
        && at.value > MAX_SHUTDOWN_GRACE
    {
        judge.problems.push(at.problem(Finding::TooLong { limit: "1h" }));
    }
    let log = settings.log.or(LogAsWritten::default());
    Some(ServerConfig {
        listen,
        admin_listen,
        trusted_proxies,
        max_connections: judge_count(judge, &settings.max_connections, 10_000, MAX_CONNECTIONS),
        shutdown_grace: settings.shutdown_grace.or(Duration::from_secs(20)),
        log_format: log.format.or(Choice(LogFormat::Json)).0,
        log_level: log.level.or(Choice(LogLevel::Info)).0,
        keys: secret::keys(judge, &settings.key_files),
        max_sessions: judge_count(judge, &settings.max_sessions, 1_000_000, MAX_SESSIONS),
        logins_per_minute_per_address: judge_count(
            judge,
            &settings.logins_per_minute_per_address,
            600,
            MAX_LOGINS,
        ),
        logins_per_minute: judge_count(judge, &settings.logins_per_minute, 60_000, MAX_LOGINS),
        new_token_path: judge_new_token_path(judge),
        pages: pages::judge(judge, &settings.pages_folder),
    })
}

fn judge_proxies(judge: &mut Judge<'_>, settings: &ServerAsWritten) -> Vec<IpNet> {
    let Some(at) = settings.trusted_proxies.given() else {
        return [(Ipv4Addr::new(127, 0, 0, 0).into(), 8), (Ipv6Addr::LOCALHOST.into(), 128)]
            .into_iter()
            .filter_map(|(address, prefix): (IpAddr, u8)| IpNet::new(address, prefix).ok())
            .collect();
    };
    // One that cannot be read is refused already; whoever wrote it meant something by it.
    let danger = settings.danger_trust_every_peer.or(!settings.danger_trust_every_peer.is_absent());
    if at.value.0.is_empty() {
        judge.problems.push(at.problem(Finding::NoProxies));
    }
    let mut blocks = Vec::new();
    for item in &at.value.0 {
        match read_block(&item.value, danger) {
            Ok(block) => blocks.push(block),
            Err(finding) => judge.problems.push(item.problem(finding)),
        }
    }
    if let Some(flag) = settings.danger_trust_every_peer.given()
        && let Some(block) = blocks.iter().find(|block| is_everybody(block))
    {
        judge.notices.push(flag.problem(Finding::EverybodyTrusted { block: block.to_string() }));
    }
    blocks
}

pub(super) fn read_block(text: &str, danger: bool) -> Result<IpNet, Finding> {
    let found = || text.to_owned();
    let Ok(block) = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)) else {
        return Err(Finding::NotABlock(found()));
    };
    // A peer is compared in its shortest form, so ::ffff:10.0.0.1 would never match what is written in the long one.
    if let IpAddr::V6(address) = block.addr()
        && let Some(short) = address.to_ipv4_mapped()
    {
        let prefix = block.prefix_len().saturating_sub(96);
        return Err(Finding::MappedBlock { found: found(), write: format!("{short}/{prefix}") });
    }
    if block.addr() != block.network() {
        return Err(Finding::HostBits { found: found(), network: block.trunc(), one: block.addr() });
    }
    if is_everybody(&block) && !danger {
        return Err(Finding::TrustsStrangers(found()));
    }
    Ok(block)
}

/// Whether the system could not give both addresses.
fn collide(one: SocketAddr, other: SocketAddr) -> bool {
    // Port 0 asks for any free one.
    one.port() == other.port()
        && one.port() != 0
        && (one.ip() == other.ip() || one.ip().is_unspecified() || other.ip().is_unspecified())
}

fn judge_count(judge: &mut Judge<'_>, written: &Written<usize>, default: usize, limit: usize) -> usize {
    if let Some(at) = written.given()
        && (at.value == 0 || at.value > limit)
    {
        judge.problems.push(at.problem(Finding::OutOfRange { found: at.value, limit }));
    }
    written.or(default)
}

/// The segment that `new-token` has in this installation.
fn judge_new_token_path(judge: &mut Judge<'_>) -> String {
    let environment = judge.environment;
    let finding = match environment.get(AUTH_NEW_TOKEN_PATH) {
        None => return "new-token".to_owned(),
        Some(Variable::NotText) => Finding::VariableNotText,
        Some(Variable::Text(text)) if SEGMENTS.contains(&text) => Finding::SegmentTaken(text.to_owned()),
        Some(Variable::Text(text)) => {
            let letters = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
            if matches!(text.len(), 1..=MAX_SEGMENT) && text.bytes().all(letters) {
                return text.to_owned();
            }
            Finding::NotASegment(text.to_owned())
        }
    };
    judge.problems.push(Problem::new(Place::Variable(AUTH_NEW_TOKEN_PATH.to_owned()), "", finding));
    String::new()
}

const AUTH_NEW_TOKEN_PATH: &str = "AUTH_NEW_TOKEN_PATH";
/// What stands after `/oidc/{client}/` already.
const SEGMENTS: &[&str] = &[
    "auth",
    "backchannel-logout",
    "callback",
    "frontchannel-logout",
    "initiate-login",
    "login",
    "logout",
    "session",
    "signed-out",
    "userinfo",
];
/// Bytes of a segment.
const MAX_SEGMENT: usize = 64;
/// Connections: more than the ports of one address.
const MAX_CONNECTIONS: usize = 1_000_000;
/// Logins a minute: more than any process makes.
const MAX_LOGINS: usize = 1_000_000;
/// Sessions: some hundred gigabytes.
const MAX_SESSIONS: usize = 100_000_000;
/// Longer than any supervisor waits before it kills.
const MAX_SHUTDOWN_GRACE: Duration = Duration::from_secs(3600);
