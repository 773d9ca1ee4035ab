//! `login_choice`: clients that guard the same hosts, between which people choose.

use http::HeaderName;

use super::Judge;
use super::cookie;
use super::origin::callback_path;
use crate::config::file::ClientAsWritten;
use crate::config::form::{At, Named, Written};
use crate::config::host::HostPattern;
use crate::config::problem::Finding;
use crate::config::{Client, LoginChoice};

/// Judges the text by itself.
pub(super) fn judge(judge: &mut Judge<'_>, written: &Written<String>) {
    let Some(at) = written.given() else { return };
    let text = &at.value;
    if text.chars().any(char::is_control) || text.trim() != text || text.chars().count() > MAX_TEXT {
        judge.problems.push(at.problem(Finding::StrangeLoginChoice { limit: MAX_TEXT }));
    }
}

/// Finds the clients that share hosts, and tells each of the others. Whether they may share them was judged host by host; here it is
/// judged what two of them cannot both have.
pub(super) fn join(judge: &mut Judge<'_>, written: &Named<ClientAsWritten>, clients: &mut [Option<Client>]) {
    let members: Vec<(usize, &At<ClientAsWritten>, &At<String>)> = written
        .0
        .iter()
        .enumerate()
        .filter(|(_, (_, at))| !at.value.bearer_only.or(false))
        .filter_map(|(index, (_, at))| Some((index, at, at.value.login_choice.given()?)))
        .collect();
    let mut shared: Vec<(usize, Vec<usize>)> = Vec::new();
    for &(index, at, text) in &members {
        let Some(client) = &clients[index] else { continue };
        let mut choice = LoginChoice {
            text: text.value.clone(),
            cookie: cookie::choice(client.scheme),
            hosts: Vec::new(),
            headers: Vec::new(),
            tells_authorization: false,
        };
        let (mut others, mut earlier) = (Vec::new(), Vec::new());
        for &(other_index, _, other_text) in members.iter().filter(|(other, _, _)| *other != index) {
            let Some(other) = &clients[other_index] else { continue };
            let hosts: Vec<&HostPattern> =
                client.hosts.iter().filter(|host| guards_just_as(other, client, host)).collect();
            if hosts.is_empty() {
                continue;
            }
            others.push(other_index);
            if other_index < index {
                earlier.push((other, other_text));
            }
            for host in hosts {
                if !choice.hosts.contains(host) {
                    choice.hosts.push(host.clone());
                }
            }
            choice.tells_authorization |= other.bearer.as_ref().is_some_and(|it| it.tells_authorization);
        }
        find_clashes(judge, (&at.value, text, client), &earlier);
        // The last rule is the one that is always there.
        let has_rules = |client: &Client| client.rules.len() > 1;
        let ruled = others.iter().filter_map(|other| clients[*other].as_ref()).find(|other| has_rules(other));
        if others.is_empty() {
            judge.notices.push(text.problem(Finding::LoginChoiceAlone));
        } else {
            if let Some(other) = ruled.filter(|_| !has_rules(client)) {
                let finding = Finding::LoginChoiceWithoutRules { client: other.name.clone() };
                judge.notices.push(text.problem(finding));
            }
            shared.push((index, others));
            if let Some(client) = &mut clients[index] {
                client.login_choice = Some(choice);
            }
        }
    }
    // Only now that each has the headers of a client that shares hosts.
    for (index, others) in shared {
        let own =
            |header: &HeaderName| clients[index].iter().any(|it| it.own_headers().any(|own| own == header));
        let mut headers: Vec<HeaderName> = Vec::new();
        for header in others.iter().filter_map(|other| clients[*other].as_ref()).flat_map(Client::own_headers)
        {
            if !own(header) && !headers.contains(header) {
                headers.push(header.clone());
            }
        }
        if let Some(choice) = clients[index].as_mut().and_then(|client| client.login_choice.as_mut()) {
            choice.headers = headers;
        }
    }
}

/// Whether a client has that entry of another one's hosts too.
fn guards_just_as(client: &Client, other: &Client, host: &HostPattern) -> bool {
    let port = |client: &Client, host: &HostPattern| host.port().unwrap_or(client.scheme.default_port());
    client.hosts.iter().any(|own| {
        own.is_wildcard() == host.is_wildcard()
            && own.host() == host.host()
            && port(client, own) == port(other, host)
    })
}

/// What a client cannot have beside those of the same host that stand before it.
fn find_clashes(
    judge: &mut Judge<'_>,
    (written, text, client): (&ClientAsWritten, &At<String>, &Client),
    earlier: &[(&Client, &At<String>)],
) {
    if let Some((first, first_text)) = earlier.iter().find(|(_, other)| other.value == text.value) {
        let (client, first) = (first.name.clone(), first_text.place.clone());
        let finding = Finding::LoginChoiceTwice { text: text.value.clone(), client, first };
        judge.problems.push(text.problem(finding));
    }
    if let Some((first, _)) = earlier.iter().find(|(other, _)| other.origin != client.origin) {
        let finding = Finding::LoginChoiceElsewhere {
            origin: client.origin.clone(),
            client: first.name.clone(),
            other: first.origin.clone(),
            write: format!("redirect_uri: {}{}", first.origin, callback_path(&client.name)),
        };
        judge.problems.push(written.redirect_uri.given().unwrap_or(text).problem(finding));
    }
    // A proxy takes them from every answer, or from none.
    if let Some((first, _)) =
        earlier.iter().find(|(other, _)| other.passed.replaced() != client.passed.replaced())
    {
        let finding = Finding::LoginChoiceReplaces { client: first.name.clone() };
        judge.problems.push(text.problem(finding));
    }
    if let Some((first, _)) = earlier.iter().find(|(other, _)| other.bearer.is_some())
        && let Some(bearer) = written.bearer.given()
    {
        judge.problems.push(bearer.problem(Finding::LoginChoiceTokens { client: first.name.clone() }));
    }
}

/// Characters of the text; a button has one line.
const MAX_TEXT: usize = 64;
