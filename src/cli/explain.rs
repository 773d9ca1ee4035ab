//! `vestibule explain`: what would become of a request, and why.

use std::fs;
use std::path::PathBuf;

use serde_json::{Map, Value};

use super::supposed::{self, Caller, Outcome, Said, Supposed, Words};
use super::{Failure, complain, say};
use crate::clock::Clock;
use crate::config::Config;
use crate::config::rule::{Policy, Rule};

/// What is to be explained.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) url: String,
    pub(super) config: PathBuf,
    pub(super) method: Option<String>,
    /// Where somebody is signed in.
    pub(super) client: Option<String>,
    /// A file with a JSON object.
    pub(super) claims: Option<PathBuf>,
    /// `NAME=VALUE`, where the value is JSON, or text where it is none.
    pub(super) claim: Vec<String>,
    pub(super) from: Option<String>,
    /// `Name: value`
    pub(super) header: Vec<String>,
    pub(super) program: bool,
}

/// Prints it. That the request would be refused is no failure.
pub(super) fn run(wanted: &Wanted) -> Result<(), Failure> {
    let (config, notices) = crate::config::load(&wanted.config).map_err(|problems| {
        let text = problems.to_string();
        Failure::of_configuration(text.strip_prefix("vestibule: ").unwrap_or(&text))
    })?;
    for notice in &notices {
        complain(&notice);
    }
    let supposed = read(wanted)?;
    let outcome = supposed::judge(&config, &supposed, Clock::system().wall()).map_err(Failure::of_usage)?;
    print(&config, &supposed, &outcome);
    Ok(())
}

fn read(wanted: &Wanted) -> Result<Supposed, Failure> {
    let mut claims = match &wanted.claims {
        None => None,
        Some(file) => {
            let text = fs::read_to_string(file)
                .map_err(|error| Failure::of_usage(format_args!("{}: {error}", file.display())))?;
            let found: Map<String, Value> = serde_json::from_str(&text).map_err(|error| {
                Failure::of_usage(format_args!("{}: is no JSON object: {error}", file.display()))
            })?;
            Some(found)
        }
    };
    for text in &wanted.claim {
        let (name, value) = text.split_once('=').ok_or_else(|| {
            Failure::of_usage(format_args!("--claim {text:?} has no =. Write: --claim 'groups=[\"admins\"]'"))
        })?;
        let value = serde_json::from_str(value).unwrap_or_else(|_| value.into());
        claims.get_or_insert_default().insert(name.to_owned(), value);
    }
    let headers = wanted.header.iter().map(|text| {
        let (name, value) = text.split_once(':').ok_or_else(|| {
            Failure::of_usage(format_args!(
                "--header {text:?} has no colon. Write: --header 'Origin: https://app.example.com'"
            ))
        })?;
        Ok((name.trim().to_owned(), value.trim().to_owned()))
    });
    let from = wanted.from.as_deref().map(|from| {
        from.parse()
            .map_err(|_| Failure::of_usage(format_args!("--from {from:?} is no address of a client.")))
    });
    Ok(Supposed {
        url: wanted.url.clone(),
        method: wanted.method.clone().unwrap_or_else(|| "GET".to_owned()),
        client: wanted.client.clone(),
        claims,
        from: from.transpose()?,
        headers: headers.collect::<Result<_, Failure>>()?,
        caller: if wanted.program { Caller::Program } else { Caller::Page },
    })
}

fn print(config: &Config, supposed: &Supposed, outcome: &Outcome) {
    let line = |name: &str, text: &dyn std::fmt::Display| say(&format_args!("{name:<9} {text}"));
    let caller = match supposed.caller {
        Caller::Page => "a person who opens a page",
        Caller::Program => "a program",
    };
    line("request", &format_args!("{} {} by {caller}", supposed.method, supposed.url));
    match &supposed.claims {
        None => line("session", &"none"),
        Some(claims) => {
            let names: Vec<&str> = claims.keys().map(String::as_str).collect();
            line("session", &format_args!("with the claims {}", names.join(", ")));
        }
    }
    match &outcome.client {
        Some(client) if outcome.choice.is_empty() => line("client", &client.name),
        Some(client) => {
            let choice = outcome.choice.join(" and ");
            line("client", &format_args!("{} of {choice}, between which people choose", client.name));
            line("", &"the first, or the one at which somebody signed in last (--client)");
        }
        None => {
            let names: Vec<&str> = config.clients.iter().map(|client| client.name.as_str()).collect();
            line("client", &format_args!("none of {}", names.join(", ")));
        }
    }
    for (index, (rule, fit)) in outcome.rules.iter().enumerate() {
        let name = if index == 0 { "rules" } else { "" };
        line(name, &format_args!("{}: {} {}", rule.name(), shown(rule), Words(*fit)));
    }
    line(
        "verdict",
        &format_args!(
            "{} ({}, {})",
            outcome.verdict.word(),
            outcome.verdict.status(),
            outcome.verdict.code()
        ),
    );
    match &outcome.verdict {
        Said::Allow { rule, headers } => {
            let why = match rule.policy {
                Policy::Public => "everybody is let in, and nobody is looked at",
                Policy::Optional if supposed.claims.is_none() => "everybody is let in",
                _ if supposed.claims.is_none() => "a preflight goes through to the application",
                _ => "the session is good, and nothing that the rule asks for is missing",
            };
            line("why", &why);
            for (index, (header, value)) in headers.iter().enumerate() {
                line(if index == 0 { "headers" } else { "" }, &format_args!("{header}: {value}"));
            }
        }
        Said::Login { navigation, address, .. } => {
            line("why", &"nobody is signed in as the rule asks");
            line(if *navigation { "to" } else { "login at" }, address);
        }
        Said::Refuse { refusal, .. } => {
            line("why", refusal);
            line("remedy", &refusal.remedy());
        }
    }
}

/// What a rule is for, as far as that tells it from others.
fn shown(rule: &Rule) -> String {
    let mut parts = Vec::new();
    let joined = |items: &[String]| items.join(" ");
    if !rule.methods.is_empty() {
        parts.push(joined(&rule.methods.iter().map(ToString::to_string).collect::<Vec<_>>()));
    }
    if !rule.hosts.is_empty() {
        parts.push(joined(&rule.hosts.iter().map(ToString::to_string).collect::<Vec<_>>()));
    }
    parts.push(rule.path.to_string());
    if !rule.networks.is_empty() {
        parts.push(format!(
            "from {}",
            joined(&rule.networks.iter().map(ToString::to_string).collect::<Vec<_>>())
        ));
    }
    parts.join(" ")
}
