//! `rules` and `rule_groups`: what is asked of which requests.

mod advice;
mod part;

pub(super) use advice::notice_networks;

use super::{Judge, bearer};
use crate::config::EmailVerified;
use crate::config::bearer::{BearerTokens, TokenHandling};
use crate::config::file::{AuthorizationAsWritten, ClientAsWritten, RuleAsWritten, RuleGroups};
use crate::config::form::{At, Named, Table as _, Written};
use crate::config::host::HostPattern;
use crate::config::kind::Choice;
use crate::config::path_pattern::PathPattern;
use crate::config::problem::Finding;
use crate::config::rule::{BearerPolicy, OnForbidden, OnUnauthenticated, Policy, Preflight, Rule};

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
            advice::find_dead(judge, &sources, &rules);
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
    let hosts = part::hosts(judge, &written.hosts, taken.hosts);
    let path = part::path(judge, written);
    let methods = part::methods(judge, &written.methods);
    let networks = part::networks(judge, &written.networks);
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
    let issuers = part::issuers(judge, &written.bearer_issuers, taken.tokens);
    let scopes = bearer::scopes(judge, &written.scopes);
    let any_scope = bearer::scopes(judge, &written.any_scope);
    let acr_values = part::words(judge, &written.acr_values);
    let claims_max_age = part::claims_max_age(judge, &written.claims_max_age);
    advice::find_idle(judge, written, policy_of_people);
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
        advice::find_weaker_step_up(judge, written, taken);
    } else if bearer != Some(BearerPolicy::Required) {
        advice::notice_not_asked_for(judge, written, taken);
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

/// What a client needs before its rules can be about tokens.
const TOKENS: &str = "bearer at the client";
/// Rules of one client, those of groups counted.
const MAX_RULES: usize = 1000;
