//! The pages that people see. None has a script, and nothing of a request stands in one but through the template's escaping.

use std::sync::LazyLock;

use askama::Template;
use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Why somebody got no further.
#[derive(Template)]
#[template(path = "refusal.html", config = "src/server/pages/askama.toml")]
pub(super) struct RefusalPage<'a> {
    /// The heading.
    pub(super) title: &'static str,
    /// What happened, in a sentence of ours.
    pub(super) sentence: &'static str,
    /// The refusal code.
    pub(super) code: &'static str,
    /// What the operator finds the log line by.
    pub(super) request_id: &'a str,
    /// The provider, where it is the one at fault.
    pub(super) provider: Option<&'a str>,
    /// Where trying again leads, if it can help.
    pub(super) again: Option<&'a str>,
    /// Seconds after which the page asks again by itself; 0 for never.
    pub(super) reload_after: u32,
}

/// Asks whether a sign-out that another site could have asked for is wanted.
#[derive(Template)]
#[template(path = "confirm_sign_out.html", config = "src/server/pages/askama.toml")]
pub(super) struct ConfirmSignOutPage<'a> {
    /// The logout address of the client.
    pub(super) action: &'a str,
    /// Where to go after it.
    pub(super) return_to: Option<&'a str>,
    /// How much ends, as the form says it.
    pub(super) scope: &'static str,
    /// And in a sentence.
    pub(super) extent: &'static str,
    /// Where "stay signed in" leads.
    pub(super) home: &'a str,
}

/// Says that somebody is signed out.
#[derive(Template)]
#[template(path = "signed_out.html", config = "src/server/pages/askama.toml")]
pub(super) struct SignedOutPage<'a> {
    /// Of what, in a sentence.
    pub(super) what: &'static str,
    /// Where "sign in again" leads.
    pub(super) home: &'a str,
}

/// The style sheet that every page carries in itself.
pub(super) const STYLE: &str = include_str!("style.css");

/// `Content-Security-Policy` of a page without a form: nothing is loaded, nothing runs, nobody frames it, and the one style
/// sheet is known by its hash.
pub(super) static POLICY: LazyLock<String> =
    LazyLock::new(|| format!("{}; form-action 'none'", *POLICY_WITH_FORM));

/// The same for a page with a form. `form-action` is left out: browsers hold it against redirects after the form too, and
/// signing out goes on to the provider.
pub(super) static POLICY_WITH_FORM: LazyLock<String> = LazyLock::new(|| {
    let hash = STANDARD.encode(digest::digest(&digest::SHA256, STYLE.as_bytes()));
    format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; frame-ancestors 'none'")
});
