//! `GET /oidc/{client}/choose`: by which provider somebody wants to sign in, where several clients guard one host. Nothing begins here:
//! each entry is a link to a login.

use http::StatusCode;
use http::header::SET_COOKIE;

use super::person;
use super::respond::{self, Answer, Use};
use super::service::Asked;
use super::set_cookie;
use crate::config::Client;
use crate::gate::candidates;
use crate::gate::language;
use crate::gate::login_parameters;
use crate::gate::refusal::Refusal;
use crate::gate::return_to::{self, ReturnTo};
use crate::pages::facts::{Choice, Facts};
use crate::pages::page::Page;

/// A login that somebody may choose.
struct Entry<'a> {
    client: &'a str,
    text: &'a str,
    address: String,
}

/// The list, the one that was used last at its head; on to the login where the host of the page has no choice.
///
/// # Errors
/// The client never has a choice; another method; a return address on a host that is not ours; a parameter that cannot be handed on.
pub(super) fn answer(asked: Asked<'_>) -> Result<Answer, Refusal> {
    let Asked { service, client, head, .. } = asked;
    let Some(choice) = &client.login_choice else { return Err(Refusal::PathUnknown) };
    asked.takes("GET, HEAD")?;
    let return_to = return_to::from_query(asked.query(), client)?;
    let mut entries = entries(asked, &return_to)?;
    if let [only] = entries.as_slice() {
        let bare = || return_to::login_url(client, &return_to::home(client));
        let fits = only.address.len() <= respond::MAX_LOCATION;
        let address = if fits { only.address.clone() } else { bare() };
        return Ok(respond::redirect(StatusCode::FOUND, &address));
    }
    let last =
        candidates::remembered(&head.headers, &choice.cookie, entries.iter().map(|entry| entry.client));
    if let Some(last) = last {
        entries[..=last].rotate_right(1);
    }
    let choices = entries.iter().enumerate().map(|(at, entry)| Choice {
        name: entry.text,
        address: &entry.address,
        last: last.is_some() && at == 0,
    });
    let choices: Vec<_> = choices.collect();
    let language = language::preferred(&head.headers);
    let facts = Facts { title: language.texts().chooser_heading, choices: &choices, ..Facts::default() };
    Ok(person::page(service, StatusCode::OK, Page::Chooser, language, &facts, &Use::Read))
}

/// Remembers by which client somebody signed in, where there is a choice.
pub(super) fn remember(client: &Client, answer: &mut Answer) {
    if let Some(choice) = &client.login_choice {
        answer.headers_mut().append(SET_COOKIE, set_cookie::set(&choice.cookie, &client.name));
    }
}

/// The logins of all clients of the page's host, each with those parameters of the query that it takes.
fn entries<'a>(asked: Asked<'a>, return_to: &ReturnTo) -> Result<Vec<Entry<'a>>, Refusal> {
    let Asked { service, client, .. } = asked;
    let seen = return_to::seen_in_query(asked.query());
    let entry = |client: &'a Client| {
        let parameters = login_parameters::from_query(asked.query(), client)?;
        let address = return_to::chosen_url(client, return_to, &parameters, seen);
        let text = client.login_choice.as_ref().map_or(client.name.as_str(), |choice| choice.text.as_str());
        Ok(Entry { client: &client.name, text, address })
    };
    match return_to.authority() {
        Some(authority) => service
            .config
            .clients_beside(client, &authority, client.scheme)
            .map(|client| entry(client.as_ref()))
            .collect(),
        None => Ok(vec![entry(client.as_ref())?]),
    }
}
