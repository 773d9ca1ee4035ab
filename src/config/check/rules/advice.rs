//! What is no mistake of one setting, and does not do what somebody wanted of it.

use ipnet::IpNet;

use super::super::{Judge, server};
use super::{Source, Taken};
use crate::config::ServerConfig;
use crate::config::file::{FileAsWritten, RuleAsWritten};
use crate::config::form::{At, Written};
use crate::config::host::HostPattern;
use crate::config::kind::Choice;
use crate::config::problem::Finding;
use crate::config::report::Problem;
use crate::config::rule::{OnForbidden, Policy, Rule};

/// What means nothing where nobody is asked who it is, or where nobody is let in.
pub(super) fn find_idle(judge: &mut Judge<'_>, written: &RuleAsWritten, policy: Policy) {
    fn idle<T>(written: &Written<T>, needs: &'static str) -> Option<Problem> {
        written.given().map(|at| at.problem(Finding::Idle { needs }))
    }
    let mut found = Vec::new();
    let needs = match policy {
        Policy::Public | Policy::Deny => "policy: authenticated or optional",
        Policy::Optional | Policy::Authenticated => "",
    };
    if !needs.is_empty() {
        found.extend([
            idle(&written.bearer, needs),
            idle(&written.bearer_issuers, needs),
            idle(&written.scopes, needs),
            idle(&written.any_scope, needs),
            idle(&written.userinfo, needs),
            idle(&written.token, needs),
            idle(&written.claims_max_age, needs),
        ]);
    }
    if policy != Policy::Authenticated {
        let needs = "policy: authenticated";
        found.extend([
            idle(&written.require, needs),
            idle(&written.acr_values, needs),
            idle(&written.max_age, needs),
            idle(&written.on_unauthenticated, needs),
            idle(&written.on_forbidden, needs),
        ]);
    }
    if policy == Policy::Public || policy == Policy::Deny {
        found.push(idle(&written.preflight, "policy: authenticated or optional"));
    }
    let options =
        written.methods.given().is_none_or(|at| at.value.0.iter().any(|item| item.value == "OPTIONS"));
    if !options {
        found.push(idle(&written.preflight, "OPTIONS among methods"));
    }
    if written.acr_values.is_absent() && written.max_age.is_absent() && policy == Policy::Authenticated {
        found
            .push(idle(&written.on_forbidden, "acr_values or max_age").filter(|_| {
                written.on_forbidden.or(Choice(OnForbidden::Forbidden)).0 == OnForbidden::StepUp
            }));
    }
    judge.problems.extend(found.into_iter().flatten());
}

/// A login for a rule must ask for all that every login asks for: anybody can begin one.
pub(super) fn find_weaker_step_up(judge: &mut Judge<'_>, written: &RuleAsWritten, taken: &Taken<'_>) {
    let Some(asked) = taken.asked.given().map(|at| &at.value) else { return };
    let Some(at) = written.on_forbidden.given() else { return };
    let mut weaker = |setting, write: String| {
        judge.problems.push(at.problem(Finding::StepUpBeside { setting, write }));
    };
    if !asked.claims.is_absent() {
        weaker(
            "authorization.claims",
            "Write acr_values and max_age under authorization instead.".to_owned(),
        );
    }
    if let (Some(usual), Some(here)) = (asked.max_age.given(), written.max_age.given())
        && usual.value.0 < here.value
    {
        let write = "Write a max_age in this rule that is no longer than that one.".to_owned();
        weaker("authorization.max_age", write);
    }
    if let (Some(usual), Some(here)) = (asked.acr_values.given(), written.acr_values.given()) {
        let is_usual = |item: &At<String>| usual.value.0.iter().any(|one| one.value == item.value);
        if !here.value.0.iter().all(is_usual) {
            let write =
                "Write only such acr_values in this rule, or leave those of authorization out.".to_owned();
            weaker("authorization.acr_values", write);
        }
    }
}

/// OpenID Connect Core 1.0 section 2: without being asked, a provider need not say when or how a person was authenticated.
pub(super) fn notice_not_asked_for(judge: &mut Judge<'_>, written: &RuleAsWritten, taken: &Taken<'_>) {
    let asked = taken.asked.given().map(|at| &at.value);
    if asked.is_some_and(|asked| !asked.claims.is_absent()) {
        return;
    }
    if let Some(at) = written.max_age.given()
        && asked.is_none_or(|asked| asked.max_age.is_absent())
    {
        let write = "authorization: { max_age: 12h }".to_owned();
        judge.notices.push(at.problem(Finding::NotAskedFor { write }));
    }
    if let Some(at) = written.acr_values.given()
        && asked.is_none_or(|asked| asked.acr_values.is_absent())
    {
        let first = at.value.0.first().map_or("mfa", |acr| acr.value.as_str());
        let write = format!("authorization: {{ acr_values: {first} }}");
        judge.notices.push(at.problem(Finding::NotAskedFor { write }));
    }
}

/// A rule behind one that fits all of its requests never counts, and whoever wrote it thinks that it does. Those of groups are for
/// several clients, so that one of them may have no use for one.
pub(super) fn find_dead(judge: &mut Judge<'_>, sources: &[Source<'_>], rules: &[Option<Rule>]) {
    for (index, (source, rule)) in sources.iter().zip(rules).enumerate() {
        // One of which something is wrong fits whatever its broken part leaves.
        let is_broken = |at: &At<RuleAsWritten>| judge.problems.iter().any(|problem| problem.is_in(&at.path));
        let Some(rule) = rule.as_ref().filter(|_| source.group.is_none() && !is_broken(source.at)) else {
            continue;
        };
        let covering = rules[..index].iter().zip(sources).find_map(|(earlier, source)| {
            earlier.as_ref().filter(|earlier| !is_broken(source.at) && covers(earlier, rule))
        });
        if let Some(first) = covering {
            let first = first.name().to_string();
            judge.problems.push(source.at.problem(Finding::RuleNeverReached { first }));
        }
    }
}

fn covers(earlier: &Rule, rule: &Rule) -> bool {
    let methods = earlier.methods.is_empty()
        || !rule.methods.is_empty() && rule.methods.iter().all(|method| earlier.is_for(method));
    let host = |host: &HostPattern| earlier.hosts.iter().any(|earlier| earlier.covers(host));
    let hosts = earlier.hosts.is_empty() || !rule.hosts.is_empty() && rule.hosts.iter().all(host);
    let network = |network: &IpNet| earlier.networks.iter().any(|earlier| earlier.contains(network));
    let networks =
        earlier.networks.is_empty() || !rule.networks.is_empty() && rule.networks.iter().all(network);
    // One that lets everybody in is passed over for a path that could mean another one: for that alone nobody writes a rule.
    methods && hosts && networks && earlier.path.covers(&rule.path)
}

/// A network in which a proxy is: where that names nobody, or another proxy stands before it, everybody seems to come from there.
pub(in crate::config::check) fn notice_networks(
    judge: &mut Judge<'_>,
    written: &FileAsWritten,
    server: &ServerConfig,
) {
    let clients = written.clients.given().into_iter().flat_map(|at| &at.value.0);
    let own = clients.filter_map(|(_, at)| at.value.rules.given()).flat_map(|at| &at.value.0);
    let groups = written.rule_groups.given().into_iter().flat_map(|at| &at.value.0);
    let rules = own.chain(groups.flat_map(|(_, at)| &at.value.0));
    for item in rules.filter_map(|rule| rule.value.networks.given()).flat_map(|at| &at.value.0) {
        let Ok(network) = server::read_block(&item.value, true) else { continue };
        let overlaps = |proxies: &&IpNet| proxies.contains(&network) || network.contains(*proxies);
        if let Some(proxies) = server.trusted_proxies.iter().find(overlaps) {
            let finding =
                Finding::RuleNetworkOfProxies { network: item.value.clone(), proxies: proxies.to_string() };
            judge.notices.push(item.problem(finding));
        }
    }
}
