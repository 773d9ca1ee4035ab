//! `rules`: what is asked of which requests.

use http::Method;

use super::{Judge, bearer};
use crate::config::bearer::{BearerTokens, TokenHandling};
use crate::config::file::{AuthorizationAsWritten, ClientAsWritten, RuleAsWritten};
use crate::config::form::{At, Texts, Written};
use crate::config::kind::Choice;
use crate::config::path_pattern::PathPattern;
use crate::config::problem::Finding;
use crate::config::rule::{BearerPolicy, OnUnauthenticated, Rule};

/// What only access tokens have: settings that mean nothing where none are taken.
struct Taken<'a> {
    tokens: Option<&'a BearerTokens>,
    only: bool,
    token: TokenHandling,
    /// What the provider is asked at a sign-in.
    asked: &'a Written<AuthorizationAsWritten>,
}

/// Judges the rules of a client, in order; the last is what holds where none fits.
pub(super) fn judge(
    judge: &mut Judge<'_>,
    written: &ClientAsWritten,
    tokens: Option<&BearerTokens>,
) -> Option<Vec<Rule>> {
    let taken = Taken {
        tokens,
        only: written.bearer_only.or(false),
        token: bearer::token_handling(written),
        asked: &written.authorization,
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
            if at.value.0.len() > MAX_RULES {
                return judge.refuse(at.problem(Finding::TooManyRules(MAX_RULES)));
            }
            for (index, at) in at.value.0.iter().enumerate() {
                rules.push(judge_one(judge, index + 1, at, &taken));
            }
            find_dead(judge, &at.value.0, &rules);
        }
    }
    rules.push(Some(otherwise(&taken)));
    rules.into_iter().collect()
}

/// What holds where no rule fits: a session or a token.
fn otherwise(taken: &Taken<'_>) -> Rule {
    Rule {
        number: None,
        path: PathPattern::everything(),
        methods: Vec::new(),
        bearer: policy(taken),
        issuers: Vec::new(),
        scopes: Vec::new(),
        any_scope: Vec::new(),
        acr_values: Vec::new(),
        max_age: None,
        userinfo: None,
        token: taken.token,
        on_unauthenticated: OnUnauthenticated::Auto,
    }
}

const fn policy(taken: &Taken<'_>) -> BearerPolicy {
    match (taken.tokens, taken.only) {
        (None, _) => BearerPolicy::Ignored,
        (Some(_), true) => BearerPolicy::Required,
        (Some(_), false) => BearerPolicy::Accepted,
    }
}

fn judge_one(
    judge: &mut Judge<'_>,
    number: usize,
    at: &At<RuleAsWritten>,
    taken: &Taken<'_>,
) -> Option<Rule> {
    let written = &at.value;
    let before = judge.problems.len();
    let path = match &written.path {
        Written::Broken => None,
        Written::Absent => Some(PathPattern::everything()),
        Written::Given(at) => match PathPattern::parse(&at.value) {
            Ok(path) => Some(path),
            Err(fault) => judge.refuse(at.problem(Finding::PathUnfit { found: at.value.clone(), fault })),
        },
    };
    let methods = methods(judge, &written.methods);
    let bearer = match (&written.bearer, taken) {
        (Written::Broken, _) => None,
        (Written::Absent, _) => Some(policy(taken)),
        (Written::Given(at), Taken { tokens: None, .. }) => {
            judge.refuse(at.problem(Finding::Idle { needs: TOKENS }))
        }
        (Written::Given(at), Taken { only: true, .. }) if at.value.0 != BearerPolicy::Required => {
            judge.refuse(at.problem(Finding::NobodyEnters))
        }
        (Written::Given(at), _) => Some(at.value.0),
    };
    let issuers = issuers(judge, &written.bearer_issuers, taken.tokens);
    let scopes = bearer::scopes(judge, &written.scopes);
    let any_scope = bearer::scopes(judge, &written.any_scope);
    let acr_values = words(judge, &written.acr_values);
    match bearer {
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
            let idle = |at: &At<_>| at.problem(Finding::Idle { needs: "bearer: accepted or ignored" });
            judge.problems.extend(written.on_unauthenticated.given().map(idle));
        }
        Some(BearerPolicy::Accepted) | None => {}
    }
    if bearer != Some(BearerPolicy::Required) {
        notice_not_asked_for(judge, written, taken);
    }
    let rule = Rule {
        number: Some(number),
        path: path?,
        methods: methods?,
        bearer: bearer?,
        issuers: issuers?,
        scopes: scopes?,
        any_scope: any_scope?,
        acr_values: acr_values?,
        max_age: written.max_age.given().map(|at| at.value),
        userinfo: written.userinfo.given().map(|at| at.value),
        token: written.token.or(Choice(taken.token)).0,
        on_unauthenticated: written.on_unauthenticated.or(Choice(OnUnauthenticated::Auto)).0,
    };
    (judge.problems.len() == before).then_some(rule)
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

/// A rule behind one that fits all of its requests never counts, and whoever wrote it thinks that it does.
fn find_dead(judge: &mut Judge<'_>, written: &[At<RuleAsWritten>], rules: &[Option<Rule>]) {
    for (index, (at, rule)) in written.iter().zip(rules).enumerate() {
        // One of which something is wrong fits whatever its broken part leaves.
        let is_broken = |at: &At<RuleAsWritten>| judge.problems.iter().any(|problem| problem.is_in(&at.path));
        let Some(rule) = rule.as_ref().filter(|_| !is_broken(at)) else { continue };
        let covers = |(earlier, at): (&Option<Rule>, &At<RuleAsWritten>)| {
            earlier.as_ref().filter(|_| !is_broken(at)).is_some_and(|earlier| {
                let methods = earlier.methods.is_empty()
                    || !rule.methods.is_empty() && rule.methods.iter().all(|method| earlier.is_for(method));
                methods && earlier.path.covers(&rule.path)
            })
        };
        if let Some(first) = rules[..index].iter().zip(written).position(covers) {
            judge.problems.push(at.problem(Finding::RuleNeverReached { first: first + 1 }));
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
/// Rules of one client.
const MAX_RULES: usize = 1000;
