//! Whether the claims of a person are such as the client lets in: at the login and at each refresh (V-ID-19), and such as a rule
//! requires: at each request.

use serde_json::Value;

use super::condition::{self, Judged};
use super::refusal::Refusal;
use crate::config::claim_header::ClaimHeader;
use crate::config::condition::Condition;
use crate::config::rule::Rule;
use crate::config::{Client, EmailVerified};
use crate::protocol::claim_path::ClaimPath;
use crate::protocol::claim_source::ClaimSource;
use crate::protocol::claims::Claims;

/// Judges the claims of a session, after they were verified and before anything is made of them.
///
/// # Errors
/// [`Refusal::HostedDomain`], [`Refusal::EmailNotVerified`]; nobody is signed in then, and a session that was to be refreshed
/// ends.
pub(super) fn check(claims: &Claims, client: &Client) -> Result<(), Refusal> {
    hosted_domain(claims, client)?;
    email(claims, client, &client.claim_headers)
}

/// Whether the person belongs to an organisation that the client lets in.
///
/// # Errors
/// [`Refusal::HostedDomain`]
pub(super) fn hosted_domain(claims: &Claims, client: &Client) -> Result<(), Refusal> {
    let domains = &client.admission.hosted_domains;
    if domains.is_empty() {
        return Ok(());
    }
    // Google names its own domains in lower case.
    let found = claims.as_json().get("hd").and_then(Value::as_str);
    let is_hosted = |found: &str| domains.iter().any(|domain| domain.eq_ignore_ascii_case(found));
    if found.is_some_and(is_hosted) { Ok(()) } else { Err(Refusal::HostedDomain { named: found.is_some() }) }
}

/// Whether the person's address may be taken for theirs, where these headers or the client's assertion hand it on.
///
/// # Errors
/// [`Refusal::EmailNotVerified`]
pub(super) fn email(claims: &Claims, client: &Client, handed_on: &[ClaimHeader]) -> Result<(), Refusal> {
    // OpenID Connect Core 1.0 section 5.1: a boolean. A text that says "true" is none.
    let says_yes = |verified: Option<&Value>| verified == Some(&Value::Bool(true));
    let says_no = |verified: Option<&Value>| verified.is_some() && !says_yes(verified);
    let said = |source, name| ClaimPath::parse(name).and_then(|path| claims.get_from(source, &path));
    let verified = said(ClaimSource::Any, EMAIL_VERIFIED);
    let mut sources = addresses(client, handed_on);
    // Each source vouches for the address that it gives itself; and what is said of the same address elsewhere counts against it.
    let is_denied = |source| {
        says_no(said(source, EMAIL_VERIFIED))
            || said(source, EMAIL) == said(ClaimSource::Any, EMAIL) && says_no(verified)
    };
    let let_in = match client.admission.email_verified {
        EmailVerified::Ignore => true,
        EmailVerified::Require => {
            says_yes(verified) && sources.all(|source| says_yes(said(source, EMAIL_VERIFIED)))
        }
        EmailVerified::IfPresent => !sources.any(is_denied),
    };
    if let_in { Ok(()) } else { Err(Refusal::EmailNotVerified { said: verified.is_some() }) }
}

/// Whose word for the address the application gets: in headers, and in what is signed for it.
fn addresses<'a>(
    client: &'a Client,
    headers: &'a [ClaimHeader],
) -> impl Iterator<Item = ClaimSource> + use<'a> {
    let in_headers = headers.iter().filter(|mapping| mapping.claim.as_str() == EMAIL);
    let signed = client.passed.signed_claims().iter().filter(|claim| claim.as_str() == EMAIL);
    in_headers.map(|mapping| mapping.source).chain(signed.map(|_| ClaimSource::Any))
}

/// Whether the claims are what the rule requires.
///
/// # Errors
/// [`Refusal::NotAdmitted`], also where that cannot be said.
pub(super) fn by_rule<'v>(rule: &Rule, get: impl Fn(&ClaimPath) -> Option<&'v Value>) -> Result<(), Refusal> {
    let Some(condition) = &rule.require else { return Ok(()) };
    match condition::judge(condition, &get) {
        Judged::Holds => Ok(()),
        Judged::Fails(why) | Judged::Unknown(why) => Err(Refusal::NotAdmitted {
            rule: rule.name().to_string().into(),
            claim: why.claim.as_str().into(),
            found: why.found,
        }),
    }
}

/// The claims that are judged beside those that are sent on, so that they are asked for where the ID token lacks them.
pub fn needed(client: &Client) -> impl Iterator<Item = ClaimPath> {
    let hosted = (!client.admission.hosted_domains.is_empty()).then_some("hd");
    let counts = match client.admission.email_verified {
        EmailVerified::Ignore => false,
        EmailVerified::Require => true,
        // An ID token that says nothing must not hide that userinfo says no.
        EmailVerified::IfPresent => addresses(client, &client.claim_headers).next().is_some(),
    };
    let by_rules = client.rules.iter().filter_map(|rule| rule.require.as_ref()).flat_map(Condition::claims);
    let own = hosted.into_iter().chain(counts.then_some(EMAIL_VERIFIED)).filter_map(ClaimPath::parse);
    own.chain(by_rules.cloned()).chain(client.passed.signed_claims().iter().cloned())
}

const EMAIL: &str = "email";
const EMAIL_VERIFIED: &str = "email_verified";
