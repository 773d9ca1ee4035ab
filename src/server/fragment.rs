//! What stands behind `#` in an address (R-8.6): no browser sends it to a server, and the provider's form loses it. Where
//! `preserve_fragment` asks for it, a page of ours keeps it in the tab before the login, and another puts it back after.
//!
//! ```text
//! /login#section     page: keep "#section" for the return address, on to the provider without it
//! /callback?code=…   303 → /callback?landed=&rd=…   page: on to rd, and "#section" behind it
//! ```
//!
//! The script only ever puts a fragment behind an address that this program wrote into the page, so it opens no way anywhere else.

use http::{HeaderMap, Method};

use super::respond::{self, Answer};
use super::service::Asked;
use crate::config::own_path;
use crate::gate::language;
use crate::gate::refusal::Refusal;
use crate::gate::return_to::{self, ReturnTo};
use crate::pages::fragment::{self, Step};

/// The page that begins a login, in place of the redirect to `provider`.
pub(super) fn leave(asked: Asked<'_>, return_to: &ReturnTo, provider: &str) -> Answer {
    page(&asked.head.headers, provider, return_to, Step::Leave)
}

/// Where a login ends: at the page that puts the fragment back, where the client has one and the address none of its own.
pub(super) fn end(asked: Asked<'_>, return_to: &ReturnTo) -> String {
    if !asked.client.preserve_fragment || return_to.as_str().contains('#') {
        return return_to.as_str().to_owned();
    }
    let path = own_path(&asked.client.name, "callback");
    format!("{}{path}?{LANDED}&{}", asked.client.origin, return_to::in_query(return_to))
}

/// Whether that page is asked for.
pub(super) fn is_landing(asked: Asked<'_>) -> bool {
    let names = |query: &str| query.strip_prefix(LANDED).is_some_and(|rest| rest.starts_with('&'));
    asked.client.preserve_fragment && asked.head.method == Method::GET && names(asked.query())
}

/// `GET /oidc/{client}/callback?landed=&rd=…`: that page.
///
/// # Errors
/// A return address on a host that is not ours.
pub(super) fn arrive(asked: Asked<'_>) -> Result<Answer, Refusal> {
    let return_to = return_to::from_query(asked.query(), asked.client)?;
    Ok(page(&asked.head.headers, return_to.as_str(), &return_to, Step::Arrive))
}

fn page(headers: &HeaderMap, address: &str, return_to: &ReturnTo, step: Step) -> Answer {
    let language = language::preferred(headers);
    let html = fragment::render(address, return_to.as_str(), step, language);
    respond::script_page(html, &fragment::SCRIPT_HASH, language)
}

/// What the address of that page begins with behind the question mark. No provider's answer does.
const LANDED: &str = "landed=";
