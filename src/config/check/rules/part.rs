//! The settings of a rule that are judged by themselves.

use std::ops::RangeInclusive;
use std::time::Duration;

use http::Method;
use ipnet::IpNet;

use super::super::{Judge, hosts, server};
use crate::config::bearer::BearerTokens;
use crate::config::file::RuleAsWritten;
use crate::config::form::{Texts, Written};
use crate::config::host::HostPattern;
use crate::config::path_pattern::PathPattern;
use crate::config::problem::Finding;

/// The path, by a pattern or by a regular expression.
pub(super) fn path(judge: &mut Judge<'_>, written: &RuleAsWritten) -> Option<PathPattern> {
    let (at, parsed) = match (&written.path, &written.path_regex) {
        (Written::Broken, _) | (_, Written::Broken) => return None,
        (Written::Absent, Written::Absent) => return Some(PathPattern::everything()),
        (Written::Given(_), Written::Given(at)) => return judge.refuse(at.problem(Finding::PathTwice)),
        (Written::Given(at), Written::Absent) => (at, PathPattern::parse(&at.value)),
        (Written::Absent, Written::Given(at)) => (at, PathPattern::regex(&at.value)),
    };
    match parsed {
        Ok(path) => Some(path),
        Err(fault) => judge.refuse(at.problem(Finding::PathUnfit { found: at.value.clone(), fault })),
    }
}

/// Hosts of a rule, each one that the client guards, or a part of one of its wildcards.
pub(super) fn hosts(
    judge: &mut Judge<'_>,
    written: &Written<Texts>,
    of_client: &[HostPattern],
) -> Option<Vec<HostPattern>> {
    match written {
        Written::Given(_) => {}
        Written::Broken => return None,
        Written::Absent => return Some(Vec::new()),
    }
    let before = judge.problems.len();
    let found = hosts::judge(judge, written)?;
    for host in &found {
        if !of_client.is_empty() && !of_client.iter().any(|guarded| guarded.covers(&host.value)) {
            judge.problems.push(host.problem(Finding::RuleHostElsewhere(host.value.to_string())));
        }
    }
    (judge.problems.len() == before).then(|| found.into_iter().map(|host| host.value).collect())
}

pub(super) fn networks(judge: &mut Judge<'_>, written: &Written<Texts>) -> Option<Vec<IpNet>> {
    let at = match written {
        Written::Given(at) => at,
        Written::Broken => return None,
        Written::Absent => return Some(Vec::new()),
    };
    let before = judge.problems.len();
    let mut networks = Vec::new();
    for item in &at.value.0 {
        match server::read_block(&item.value, true) {
            Ok(network) => networks.push(network),
            Err(finding) => judge.problems.push(item.problem(finding)),
        }
    }
    if at.value.0.is_empty() {
        let write = "Write: networks: [10.0.0.0/8]".to_owned();
        judge.problems.push(at.problem(Finding::Empty { write }));
    }
    (judge.problems.len() == before).then_some(networks)
}

pub(super) fn claims_max_age(judge: &mut Judge<'_>, written: &Written<Duration>) -> Option<Option<Duration>> {
    match written {
        Written::Broken => None,
        Written::Absent => Some(None),
        Written::Given(at) if !(CLAIMS_MAX_AGE.contains(&at.value)) => {
            judge.refuse(at.problem(Finding::NotBetween { from: "10s", to: "24h" }))
        }
        Written::Given(at) => Some(Some(at.value)),
    }
}

pub(super) fn methods(judge: &mut Judge<'_>, written: &Written<Texts>) -> Option<Vec<Method>> {
    let at = match written {
        Written::Given(at) => at,
        Written::Broken => return None,
        Written::Absent => return Some(Vec::new()),
    };
    let before = judge.problems.len();
    let mut methods = Vec::new();
    for item in &at.value.0 {
        let upper = item.value.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-');
        match Method::from_bytes(item.value.as_bytes()) {
            Ok(method) if upper => methods.push(method),
            _ => {
                let write =
                    "a method in capitals, such as GET; for every method leave methods out".to_owned();
                let found = item.value.clone();
                judge.problems.push(item.problem(Finding::NotKnown { found, near: None, write }));
            }
        }
    }
    if at.value.0.is_empty() {
        judge.problems.push(at.problem(Finding::Empty { write: "Write: methods: [GET]".to_owned() }));
    }
    (judge.problems.len() == before).then_some(methods)
}

pub(super) fn issuers(
    judge: &mut Judge<'_>,
    written: &Written<Texts>,
    tokens: Option<&BearerTokens>,
) -> Option<Vec<String>> {
    let at = match written {
        Written::Given(at) => at,
        Written::Broken => return None,
        Written::Absent => return Some(Vec::new()),
    };
    // That it means nothing is said already.
    let Some(tokens) = tokens else { return Some(Vec::new()) };
    let before = judge.problems.len();
    for item in &at.value.0 {
        if !tokens.issuers.iter().any(|issuer| issuer.name == item.value) {
            let names: Vec<&str> = tokens.issuers.iter().map(|issuer| issuer.name.as_str()).collect();
            let (found, write) = (item.value.clone(), names.join(", "));
            judge.problems.push(item.problem(Finding::NotKnown { found, near: None, write }));
        }
    }
    if at.value.0.is_empty() {
        let write = "Write names that stand under bearer, or leave it out.".to_owned();
        judge.problems.push(at.problem(Finding::Empty { write }));
    }
    let names = at.value.0.iter().map(|item| item.value.clone()).collect();
    (judge.problems.len() == before).then_some(names)
}

/// `acr` values: they go into a challenge between quotes, with blanks between them.
pub(super) fn words(judge: &mut Judge<'_>, written: &Written<Texts>) -> Option<Vec<String>> {
    let at = match written {
        Written::Given(at) => at,
        Written::Broken => return None,
        Written::Absent => return Some(Vec::new()),
    };
    let before = judge.problems.len();
    if at.value.0.is_empty() {
        judge.problems.push(at.problem(Finding::Empty { write: String::new() }));
    }
    for item in &at.value.0 {
        if !item.value.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\')) {
            judge.problems.push(item.problem(Finding::StrangeAcr(item.value.clone())));
        }
    }
    (judge.problems.len() == before).then(|| at.value.0.iter().map(|item| item.value.clone()).collect())
}

/// How old claims may be allowed to be: a refresh takes some seconds, and tokens that are newer than five are not refreshed.
const CLAIMS_MAX_AGE: RangeInclusive<Duration> = Duration::from_secs(10)..=Duration::from_secs(24 * 3600);
