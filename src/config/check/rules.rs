//! `rules` and `rule_groups`: what is asked of which requests.

use std::ops::RangeInclusive;
use std::time::Duration;

use http::Method;
use ipnet::IpNet;

use super::{Judge, bearer, hosts, server};
use crate::config::bearer::{BearerTokens, TokenHandling};
use crate::config::file::{
    AuthorizationAsWritten, ClientAsWritten, FileAsWritten, RuleAsWritten, RuleGroups,
};
use crate::config::form::{At, Named, Table as _, Texts, Written};
use crate::config::host::HostPattern;
use crate::config::kind::Choice;
use crate::config::path_pattern::PathPattern;
use crate::config::problem::Finding;
use crate::config::report::Problem;
use crate::config::rule::{BearerPolicy, OnForbidden, OnUnauthenticated, Policy, Preflight, Rule};
use crate::config::{EmailVerified, ServerConfig};

/// What only access tokens have: settings that mean nothing where none are taken.
struct Taken<'a> {
    tokens: Option<&'a BearerTokens>,
    only: bool,
    token: TokenHandling,
    /// What the provider is asked at a sign-in.
    asked: &'a Written<AuthorizationAsWritten>,
    hosts: &'a [HostPattern],
    /// `email_verified: ignore`.
    trusts_addresses: bool,
}

/// What the rules of a client are judged by.
pub(super) struct Owner<'a> {
    /// The groups of the file.
    pub(super) groups: &'a Written<RuleGroups>,
    /// What the client guards.
    pub(super) hosts: &'a [HostPattern],
    /// The tokens that it takes.
    pub(super) tokens: Option<&'a BearerTokens>,
}

/// A rule as it is written, and where: of the client, or in a group.
struct Source<'a> {
    at: &'a At<RuleAsWritten>,
    group: Option<&'a str>,
    /// Its place there, from 1.
    place: usize,
}

/// Judges the rules of a client, in order; the last is what holds where none fits.
pub(super) fn judge(
    judge: &mut Judge<'_>,
    written: &ClientAsWritten,
    owner: &Owner<'_>,
) -> Option<Vec<Rule>> {
    let taken = Taken {
        tokens: owner.tokens,
        only: written.bearer_only.or(false),
        token: bearer::token_handling(written),
        asked: &written.authorization,
        hosts: owner.hosts,
        trusts_addresses: written.email_verified.or(Choice(EmailVerified::IfPresent)).0
            == EmailVerified::Ignore,
    };
    let mut rules = Vec::new();
    match &written.rules {
        Written::Broken => return None,
        Written::Absent => {}
        Written::Given(at) => {
            if at.value.0.is_empty() {
                // What stands there is no rule, and that is said already.
                if judge.problems.iter().any(|problem| problem.is_in(&at.path)) {
                    return None;
                }
                let write = "Write a rule, or leave it out.".to_owned();
                return judge.refuse(at.problem(Finding::Empty { write }));
            }
            let sources = with_groups(judge, &at.value.0, owner.groups)?;
            if sources.len() > MAX_RULES {
                return judge.refuse(at.problem(Finding::TooManyRules(MAX_RULES)));
            }
            for (index, source) in sources.iter().enumerate() {
                rules.push(judge_one(judge, index + 1, source, &taken));
            }
            find_dead(judge, &sources, &rules);
        }
    }
    rules.push(Some(otherwise(&taken)));
    rules.into_iter().collect()
}

/// The rules of a client with those of the groups that it names in their places.
fn with_groups<'a>(
    judge: &mut Judge<'_>,
    written: &'a [At<RuleAsWritten>],
    groups: &'a Written<RuleGroups>,
) -> Option<Vec<Source<'a>>> {
    let before = judge.problems.len();
    let mut sources = Vec::new();
    for (index, at) in written.iter().enumerate() {
        let named = match &at.value.group {
            Written::Absent => {
                sources.push(Source { at, group: None, place: index + 1 });
                continue;
            }
            Written::Broken => return None,
            Written::Given(named) => named,
        };
        if at.value.written() > 1 {
            judge.problems.push(named.problem(Finding::GroupNotAlone));
        }
        let known = match groups {
            // What is wrong with the groups is said already.
            Written::Broken => return None,
            Written::Absent => &[][..],
            Written::Given(groups) => &groups.value.0,
        };
        let Some((name, group)) = known.iter().find(|(name, _)| *name == named.value) else {
            let names: Vec<&str> = known.iter().map(|(name, _)| name.as_str()).collect();
            let write = if names.is_empty() {
                format!("Write its rules at the beginning of a line: rule_groups: {{ {}: […] }}", named.value)
            } else {
                format!("The groups are {}.", names.join(", "))
            };
            judge.problems.push(named.problem(Finding::GroupUnknown { found: named.value.clone(), write }));
            continue;
        };
        for (index, at) in group.value.0.iter().enumerate() {
            sources.push(Source { at, group: Some(name), place: index + 1 });
        }
    }
    (judge.problems.len() == before).then_some(sources)
}

/// What is wrong with groups by themselves, whichever client names them.
pub(super) fn judge_groups(
    judge: &mut Judge<'_>,
    groups: &Written<RuleGroups>,
    clients: &Written<Named<ClientAsWritten>>,
) {
    let Some(groups) = groups.given() else { return };
    let named: Vec<&str> = clients
        .given()
        .into_iter()
        .flat_map(|clients| &clients.value.0)
        .filter_map(|(_, client)| client.value.rules.given())
        .flat_map(|rules| &rules.value.0)
        .filter_map(|rule| Some(rule.value.group.given()?.value.as_str()))
        .collect();
    for (name, group) in &groups.value.0 {
        for inner in group.value.0.iter().filter_map(|rule| rule.value.group.given()) {
            judge.problems.push(inner.problem(Finding::GroupInGroup));
        }
        if group.value.0.is_empty() && !judge.problems.iter().any(|problem| problem.is_in(&group.path)) {
            let write = "Write a rule, or leave it out.".to_owned();
            judge.problems.push(group.problem(Finding::Empty { write }));
        }
        if !named.contains(&name.as_str()) {
            judge.problems.push(group.problem(Finding::GroupUnused));
        }
    }
}

/// What holds where no rule fits: a session or a token.
fn otherwise(taken: &Taken<'_>) -> Rule {
    Rule {
        number: None,
        group: None,
        place: 0,
        hosts: Vec::new(),
        path: PathPattern::everything(),
        methods: Vec::new(),
        networks: Vec::new(),
        policy: Policy::Authenticated,
        require: None,
        bearer: policy(taken),
        issuers: Vec::new(),
        scopes: Vec::new(),
        any_scope: Vec::new(),
        acr_values: Vec::new(),
        max_age: None,
        claims_max_age: None,
        userinfo: None,
        token: taken.token,
        on_unauthenticated: OnUnauthenticated::Auto,
        on_forbidden: OnForbidden::Forbidden,
        preflight: Preflight::Deny,
    }
}

const fn policy(taken: &Taken<'_>) -> BearerPolicy {
    match (taken.tokens, taken.only) {
        (None, _) => BearerPolicy::Ignored,
        (Some(_), true) => BearerPolicy::Required,
        (Some(_), false) => BearerPolicy::Accepted,
    }
}

fn judge_one(judge: &mut Judge<'_>, number: usize, source: &Source<'_>, taken: &Taken<'_>) -> Option<Rule> {
    let written = &source.at.value;
    let before = judge.problems.len();
    let policy_of_people = written.policy.or(Choice(Policy::Authenticated)).0;
    let hosts = hosts(judge, &written.hosts, taken.hosts);
    let path = path(judge, written);
    let methods = methods(judge, &written.methods);
    let networks = networks(judge, &written.networks);
    let bearer = match (&written.bearer, taken) {
        (Written::Broken, _) => None,
        (Written::Absent, _) => Some(policy(taken)),
        (Written::Given(at), Taken { tokens: None, .. }) => {
            judge.refuse(at.problem(Finding::Idle { needs: TOKENS }))
        }
        (Written::Given(at), Taken { only: true, .. }) if at.value.0 != BearerPolicy::Required => {
            judge.refuse(at.problem(Finding::NobodyEnters))
        }
        (Written::Given(at), _)
            if at.value.0 == BearerPolicy::Required && policy_of_people == Policy::Optional =>
        {
            judge.refuse(at.problem(Finding::Idle { needs: "policy: authenticated" }))
        }
        (Written::Given(at), _) => Some(at.value.0),
    };
    let issuers = issuers(judge, &written.bearer_issuers, taken.tokens);
    let scopes = bearer::scopes(judge, &written.scopes);
    let any_scope = bearer::scopes(judge, &written.any_scope);
    let acr_values = words(judge, &written.acr_values);
    let claims_max_age = claims_max_age(judge, &written.claims_max_age);
    find_idle(judge, written, policy_of_people);
    match bearer {
        // Said already, where it is for everybody or for nobody.
        _ if matches!(policy_of_people, Policy::Public | Policy::Deny) => {}
        Some(BearerPolicy::Ignored) => {
            let idle = || Finding::Idle {
                needs: if taken.tokens.is_some() { "bearer: accepted or required" } else { TOKENS },
            };
            let settings = [
                written.bearer_issuers.given().map(|at| at.problem(idle())),
                written.scopes.given().map(|at| at.problem(idle())),
                written.any_scope.given().map(|at| at.problem(idle())),
                written.userinfo.given().map(|at| at.problem(idle())),
                written.token.given().map(|at| at.problem(idle())),
            ];
            judge.problems.extend(settings.into_iter().flatten());
        }
        // Nobody is led to a login by a rule that takes tokens only.
        Some(BearerPolicy::Required) => {
            let needs = "bearer: accepted or ignored";
            let idle = || Finding::Idle { needs };
            let settings = [
                written.on_unauthenticated.given().map(|at| at.problem(idle())),
                written.on_forbidden.given().map(|at| at.problem(idle())),
                written.claims_max_age.given().map(|at| at.problem(idle())),
            ];
            judge.problems.extend(settings.into_iter().flatten());
        }
        Some(BearerPolicy::Accepted) | None => {}
    }
    let steps_up = written.on_forbidden.or(Choice(OnForbidden::Forbidden)).0 == OnForbidden::StepUp;
    if steps_up {
        find_weaker_step_up(judge, written, taken);
    } else if bearer != Some(BearerPolicy::Required) {
        notice_not_asked_for(judge, written, taken);
    }
    let require = match &written.require {
        Written::Broken => return None,
        Written::Absent => None,
        Written::Given(at) => Some(if taken.trusts_addresses {
            at.value.0.clone().trusting_addresses()
        } else {
            at.value.0.clone()
        }),
    };
    let rule = Rule {
        number: Some(number),
        group: source.group.map(str::to_owned),
        place: source.place,
        hosts: hosts?,
        path: path?,
        methods: methods?,
        networks: networks?,
        policy: policy_of_people,
        require,
        bearer: bearer?,
        issuers: issuers?,
        scopes: scopes?,
        any_scope: any_scope?,
        acr_values: acr_values?,
        max_age: written.max_age.given().map(|at| at.value),
        claims_max_age: claims_max_age?,
        userinfo: written.userinfo.given().map(|at| at.value),
        token: written.token.or(Choice(taken.token)).0,
        on_unauthenticated: written.on_unauthenticated.or(Choice(OnUnauthenticated::Auto)).0,
        on_forbidden: written.on_forbidden.or(Choice(OnForbidden::Forbidden)).0,
        preflight: written.preflight.or(Choice(Preflight::Deny)).0,
    };
    (judge.problems.len() == before).then_some(rule)
}

fn path(judge: &mut Judge<'_>, written: &RuleAsWritten) -> Option<PathPattern> {
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
fn hosts(
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

fn networks(judge: &mut Judge<'_>, written: &Written<Texts>) -> Option<Vec<IpNet>> {
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

fn claims_max_age(judge: &mut Judge<'_>, written: &Written<Duration>) -> Option<Option<Duration>> {
    match written {
        Written::Broken => None,
        Written::Absent => Some(None),
        Written::Given(at) if !(CLAIMS_MAX_AGE.contains(&at.value)) => {
            judge.refuse(at.problem(Finding::NotBetween { from: "10s", to: "24h" }))
        }
        Written::Given(at) => Some(Some(at.value)),
    }
}

/// What means nothing where nobody is asked who it is, or where nobody is let in.
fn find_idle(judge: &mut Judge<'_>, written: &RuleAsWritten, policy: Policy) {
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
fn find_weaker_step_up(judge: &mut Judge<'_>, written: &RuleAsWritten, taken: &Taken<'_>) {
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
fn notice_not_asked_for(judge: &mut Judge<'_>, written: &RuleAsWritten, taken: &Taken<'_>) {
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
fn find_dead(judge: &mut Judge<'_>, sources: &[Source<'_>], rules: &[Option<Rule>]) {
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
pub(super) fn notice_networks(judge: &mut Judge<'_>, written: &FileAsWritten, server: &ServerConfig) {
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

fn methods(judge: &mut Judge<'_>, written: &Written<Texts>) -> Option<Vec<Method>> {
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

fn issuers(
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
fn words(judge: &mut Judge<'_>, written: &Written<Texts>) -> Option<Vec<String>> {
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

/// What a client needs before its rules can be about tokens.
const TOKENS: &str = "bearer at the client";
/// How old claims may be allowed to be: a refresh takes some seconds, and tokens that are newer than five are not refreshed.
const CLAIMS_MAX_AGE: RangeInclusive<Duration> = Duration::from_secs(10)..=Duration::from_secs(24 * 3600);
/// Rules of one client, those of groups counted.
const MAX_RULES: usize = 1000;
