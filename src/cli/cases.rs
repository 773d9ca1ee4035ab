//! `vestibule test`: a table of requests with what is to become of them, for the operator's own CI.

use std::collections::BTreeMap;
use std::fs;
use std::net::IpAddr;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::supposed::{self, Caller, Outcome, Said, Supposed};
use super::{Failure, say};
use crate::clock::Clock;

/// What is to be tested.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) cases: PathBuf,
    pub(super) config: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// What it is about; the request otherwise.
    name: Option<String>,
    url: String,
    method: Option<String>,
    /// At which somebody is signed in, where several guard the host.
    client: Option<String>,
    /// Of the session; none: nobody is signed in.
    claims: Option<Map<String, Value>>,
    from: Option<IpAddr>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// Not a person who opens a page.
    #[serde(default)]
    program: bool,
    expect: Expect,
}

/// All that is written must be so; nothing written would hold for everything.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    verdict: Option<String>,
    status: Option<u16>,
    code: Option<String>,
    /// `rule 2`, `rule 1 of admins`, `no rule`.
    rule: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

/// Prints a line for each case.
///
/// # Errors
/// At run time if one is not as it should be; of the configuration if a file cannot be used.
pub(super) fn run(wanted: &Wanted) -> Result<(), Failure> {
    let (config, _) = crate::config::load(&wanted.config).map_err(|problems| {
        let text = problems.to_string();
        Failure::of_configuration(text.strip_prefix("vestibule: ").unwrap_or(&text))
    })?;
    let name = wanted.cases.display();
    let refuse = |why: String| Failure::of_configuration(format_args!("{name}: {why}"));
    let text = fs::read_to_string(&wanted.cases).map_err(|error| refuse(error.to_string()))?;
    let file: File = serde_yaml::from_str(&text).map_err(|error| refuse(error.to_string()))?;
    if file.cases.is_empty() {
        return Err(refuse("there are no cases.".to_owned()));
    }
    let now = Clock::system().wall();
    let (mut passed, mut failed) = (0, 0);
    for (index, case) in file.cases.iter().enumerate() {
        let title = title(case);
        if case.expect.is_empty() {
            return Err(refuse(format!(
                "case {} ({title}) expects nothing.\nWrite one of verdict, status, code, rule and headers.",
                index + 1
            )));
        }
        let outcome = supposed::judge(&config, &supposed(case), now)
            .map_err(|why| refuse(format!("case {} ({title}): {why}", index + 1)))?;
        let differs = differences(&case.expect, &outcome);
        if differs.is_empty() {
            passed += 1;
            say(&format_args!("ok      {title}"));
        } else {
            failed += 1;
            say(&format_args!("FAILED  {title}"));
            for line in differs {
                say(&format_args!("        {line}"));
            }
        }
    }
    say(&format_args!("{passed} passed, {failed} failed"));
    if failed == 0 {
        Ok(())
    } else {
        Err(Failure::at_run_time(format_args!("{name}: {failed} of {} cases failed", file.cases.len())))
    }
}

fn title(case: &Case) -> String {
    let method = case.method.as_deref().unwrap_or("GET");
    case.name.clone().unwrap_or_else(|| format!("{method} {}", case.url))
}

fn supposed(case: &Case) -> Supposed {
    Supposed {
        url: case.url.clone(),
        method: case.method.clone().unwrap_or_else(|| "GET".to_owned()),
        client: case.client.clone(),
        claims: case.claims.clone(),
        from: case.from,
        headers: case.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
        caller: if case.program { Caller::Program } else { Caller::Page },
    }
}

impl Expect {
    fn is_empty(&self) -> bool {
        self.verdict.is_none()
            && self.status.is_none()
            && self.code.is_none()
            && self.rule.is_none()
            && self.headers.is_empty()
    }
}

fn differences(expect: &Expect, outcome: &Outcome) -> Vec<String> {
    let verdict = &outcome.verdict;
    let mut differs = Vec::new();
    let mut compare = |what: &str, expected: Option<&str>, found: &str| {
        if let Some(expected) = expected
            && expected != found
        {
            differs.push(format!("{what}: expected {expected}, found {found}"));
        }
    };
    compare("verdict", expect.verdict.as_deref(), verdict.word());
    compare(
        "status",
        expect.status.map(|status| status.to_string()).as_deref(),
        &verdict.status().to_string(),
    );
    compare("code", expect.code.as_deref(), verdict.code());
    let rule = verdict.rule().map_or("none was reached".to_owned(), |rule| rule.name().to_string());
    compare("rule", expect.rule.as_deref(), &rule);
    let given: &[(String, String)] = match verdict {
        Said::Allow { headers, .. } => headers,
        Said::Login { .. } | Said::Refuse { .. } => &[],
    };
    for (name, expected) in &expect.headers {
        let found = given.iter().find(|(given, _)| given.eq_ignore_ascii_case(name));
        compare(name, Some(expected), found.map_or("no such header", |(_, value)| value));
    }
    if let (false, Said::Refuse { refusal, .. }) = (differs.is_empty(), verdict) {
        differs.push(format!("why: {refusal}"));
    }
    differs
}
