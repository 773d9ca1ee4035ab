//! `rules`: what is asked of which requests.

use http::Method;

use super::{Judge, bearer};
use crate::config::bearer::{BearerPolicy, BearerTokens, OnUnauthenticated, Rule, TokenHandling};
use crate::config::file::{ClientAsWritten, RuleAsWritten};
use crate::config::form::{At, Texts, Written};
use crate::config::kind::Choice;
use crate::config::path_pattern::PathPattern;
use crate::config::problem::Finding;

/// What only access tokens have: settings that mean nothing where none are taken.
struct Taken<'a> {
    tokens: Option<&'a BearerTokens>,
    only: bool,
    token: TokenHandling,
}

/// Judges the rules of a client, in order; the last is what holds where none fits.
pub(super) fn judge(
    judge: &mut Judge<'_>,
    written: &ClientAsWritten,
    tokens: Option<&BearerTokens>,
) -> Option<Vec<Rule>> {
    let taken = Taken { tokens, only: written.bearer_only.or(false), token: bearer::token_handling(written) };
    let mut rules = Vec::new();
    match &written.rules {
        Written::Broken => return None,
        Written::Absent => {}
        Written::Given(at) => {
            if at.value.0.is_empty() {
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
            judge.refuse(at.problem(Finding::Idle { needs: "bearer at the client" }))
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
    let idle = [
        written.scopes.given().map(|at| at.problem(IDLE)),
        written.any_scope.given().map(|at| at.problem(IDLE)),
        written.userinfo.given().map(|at| at.problem(IDLE)),
        written.token.given().map(|at| at.problem(IDLE)),
    ];
    if bearer == Some(BearerPolicy::Ignored) {
        judge.problems.extend(idle.into_iter().flatten());
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

/// A rule behind one that fits every request never counts, and whoever wrote it thinks that it does.
fn find_dead(judge: &mut Judge<'_>, written: &[At<RuleAsWritten>], rules: &[Option<Rule>]) {
    let fits_all = |rule: &Option<Rule>| {
        rule.as_ref().is_some_and(|rule| rule.path.covers_everything() && rule.methods.is_empty())
    };
    if let Some(first) = rules.iter().position(fits_all)
        && let Some(at) = written.get(first + 1)
    {
        judge.problems.push(at.problem(Finding::RuleNeverReached { first: first + 1 }));
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
                let (found, write) = (item.value.clone(), "a method in capitals, such as GET".to_owned());
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
    let Some(tokens) = tokens else { return judge.refuse(at.problem(IDLE)) };
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
    for item in &at.value.0 {
        if !item.value.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\')) {
            judge.problems.push(item.problem(Finding::StrangeWord(item.value.clone())));
        }
    }
    (judge.problems.len() == before).then(|| at.value.0.iter().map(|item| item.value.clone()).collect())
}

/// Settings about tokens where none are taken.
const IDLE: Finding = Finding::Idle { needs: "bearer: accepted or required" };
/// Rules of one client.
const MAX_RULES: usize = 1000;
