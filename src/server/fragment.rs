//! What stands behind `#` in an address (R-8.6): no browser sends it to a server, and the provider's form loses it. Where
//! `preserve_fragment` asks for it, a page of ours keeps it in the tab before the login, and another puts it back after.
//!
//! ```text
//! /login#section     page: keep "#section" for the return address, on to the provider without it
//! /callback?code=…   303 → /callback?landed=&rd=…   page: on to rd, and "#section" behind it
//! ```
//!
//! The script only ever puts a fragment behind an address that this program wrote into the page, so it opens no way anywhere else.

use std::sync::LazyLock;

use askama::Template;
use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{Method, StatusCode};

use super::respond::{self, Answer};
use super::service::Asked;
use crate::config::own_path;
use crate::gate::refusal::Refusal;
use crate::gate::return_to::{self, ReturnTo};

/// The page on either side of the login.
#[derive(Template)]
#[template(path = "fragment.html", config = "src/server/pages/askama.toml")]
struct FragmentPage<'a> {
    /// Where it leads.
    address: &'a str,
    /// What the fragment is kept under: the return address.
    page: &'a str,
    /// `leave` or `arrive`.
    step: &'static str,
}

/// The page that begins a login, in place of the redirect to `provider`.
pub(super) fn leave(return_to: &ReturnTo, provider: &str) -> Answer {
    page(&FragmentPage { address: provider, page: return_to.as_str(), step: "leave" })
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
    Ok(page(&FragmentPage { address: return_to.as_str(), page: return_to.as_str(), step: "arrive" }))
}

fn page(page: &FragmentPage<'_>) -> Answer {
    respond::page_with_policy(StatusCode::OK, page, &POLICY)
}

/// What the address of that page begins with behind the question mark. No provider's answer does.
const LANDED: &str = "landed=";
const SCRIPT: &str = include_str!("pages/fragment.js");
/// Nothing is loaded, nobody frames it, and the one script is known by its hash.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = STANDARD.encode(digest::digest(&digest::SHA256, SCRIPT.as_bytes()));
    format!(
        "default-src 'none'; script-src 'sha256-{hash}'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'"
    )
});

#[cfg(test)]
mod tests {
    use super::{FragmentPage, SCRIPT};
    use askama::Template as _;

    /// R-8.6
    #[test]
    fn the_page_without_its_addresses_is_under_a_kilobyte() {
        let page = FragmentPage { address: "", page: "", step: "arrive" }.render().unwrap();
        assert!(page.len() <= 1024 && page.contains(SCRIPT), "{} bytes", page.len());
    }

    #[test]
    fn an_address_cannot_leave_its_attribute() {
        let hostile = r#"https://x.example/?"><script>alert(1)</script>'&"#;
        let page = FragmentPage { address: hostile, page: hostile, step: "leave" }.render().unwrap();
        assert_eq!(page.matches("<script>").count(), 1, "{page}");
        assert!(!page.contains("\"><script>alert"), "{page}");
    }
}
