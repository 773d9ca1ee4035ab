//! `extra_claim_headers`: which header tells the application which claim.

use http::HeaderName;

use super::{Judge, preset};
use crate::config::file::ClientAsWritten;
use crate::config::form::At;
use crate::config::place::Place;
use crate::config::preset::Preset;
use crate::config::problem::Finding;
use crate::config::{ClaimHeader, Rendering};
use crate::protocol::claim_path::ClaimPath;

/// The table as written, claim by claim.
pub(super) fn pairs(written: &ClientAsWritten) -> &[(String, At<String>)] {
    written.extra_claim_headers.given().map_or(&[], |at| &at.value.0)
}

/// Reads the table. The applications behind a proxy see these names, so each must be one that no hop treats as its own.
pub(super) fn judge(judge: &mut Judge<'_>, written: &ClientAsWritten) -> Vec<ClaimHeader> {
    let Some(at) = written.extra_claim_headers.given() else { return Vec::new() };
    let preset = preset::of(written);
    let mut headers: Vec<(ClaimHeader, Place)> = Vec::new();
    for (claim, header) in &at.value.0 {
        match read(claim, header, preset, &headers) {
            Ok(pair) => headers.push((pair, header.place.clone())),
            Err(finding) => judge.problems.push(header.problem(finding)),
        }
    }
    if at.value.0.len() > MAX_HEADERS {
        judge.problems.push(at.problem(Finding::TooManyHeaders(MAX_HEADERS)));
    }
    headers.into_iter().map(|(header, _)| header).collect()
}

fn read(
    claim: &str,
    header: &At<String>,
    preset: Option<Preset>,
    others: &[(ClaimHeader, Place)],
) -> Result<ClaimHeader, Finding> {
    let rendering = match preset {
        Some(preset) if preset.means_names(claim) => Rendering::Names,
        _ => Rendering::Value,
    };
    let plain = claim.len() <= MAX_CLAIM && !claim.chars().any(char::is_control) && claim.trim() == claim;
    let Some(claim) = ClaimPath::parse(claim).filter(|_| plain) else {
        return Err(Finding::StrangeClaim(claim.to_owned()));
    };
    let taken: Vec<(&HeaderName, &Place)> =
        others.iter().map(|(other, place)| (&other.header, place)).collect();
    Ok(ClaimHeader { claim, header: name(header, &taken)?, rendering })
}

/// The name of a header for the application, which no hop treats as its own and which is none of `taken`.
pub(super) fn name(written: &At<String>, taken: &[(&HeaderName, &Place)]) -> Result<HeaderName, Finding> {
    let found = written.value.clone();
    if found.contains(['_', '.']) {
        // Servers that fold both to "-" (CGI does) would take one header for the other.
        return Err(Finding::HeaderFolds { write: found.replace(['_', '.'], "-"), found });
    }
    let Ok(name) = HeaderName::from_bytes(found.as_bytes()) else {
        return Err(Finding::NotAHeader(found));
    };
    if found.len() > MAX_HEADER {
        return Err(Finding::NotAHeader(found));
    }
    if name == crate::config::SUBJECT_HEADER {
        return Err(Finding::SubjectHeader);
    }
    if name == crate::config::ISSUER_HEADER || name == crate::config::CLIENT_HEADER {
        return Err(Finding::TokenHeader(found));
    }
    if is_taken(name.as_str()) {
        return Err(Finding::HeaderTaken(found));
    }
    if let Some((_, first)) = taken.iter().find(|(other, _)| **other == name) {
        return Err(Finding::HeaderTwice { found, first: (*first).clone() });
    }
    Ok(name)
}

/// Whether a proxy may pass the certificate of a caller in a header of that name. Proxies call it by names of their own, which all end
/// alike.
pub(super) fn may_hold_a_certificate(name: &HeaderName) -> bool {
    let own = [&crate::config::SUBJECT_HEADER, &crate::config::ISSUER_HEADER, &crate::config::CLIENT_HEADER];
    let name_of_proxies = name.as_str().ends_with("client-cert") || !is_taken(name.as_str());
    name_of_proxies && name.as_str().len() <= MAX_HEADER && !own.contains(&name)
}

/// Whether a header already means something on the way: to a hop (RFC 9110 section 7.6.1), to the proxy, or to a browser.
fn is_taken(name: &str) -> bool {
    TAKEN.contains(&name)
        || (TAKEN_PREFIXES.iter().any(|prefix| name.starts_with(prefix)) && !FREE.contains(&name))
}

const TAKEN: &[&str] = &[
    "age",
    "allow",
    "authorization",
    "cache-control",
    "connection",
    "cookie",
    "date",
    "dpop",
    "dpop-nonce",
    "expect",
    "expires",
    "forwarded",
    "from",
    "host",
    "keep-alive",
    "location",
    "max-forwards",
    "origin",
    "pragma",
    "range",
    "referer",
    "retry-after",
    "server",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "vary",
    "via",
    "www-authenticate",
    "x-real-ip",
    "x-requested-with",
];

const TAKEN_PREFIXES: &[&str] = &[
    "accept",
    "access-control-",
    "content-",
    "if-",
    "proxy-",
    "sec-",
    "vestibule-",
    "x-accel-",
    "x-envoy-",
    "x-forwarded-",
    "x-original-",
];

/// Names that applications written for other gateways expect; no proxy gives them a meaning.
const FREE: &[&str] =
    &["x-forwarded-email", "x-forwarded-groups", "x-forwarded-preferred-username", "x-forwarded-user"];

/// Headers of one client.
pub(super) const MAX_HEADERS: usize = 50;
/// Bytes of a header's name.
const MAX_HEADER: usize = 64;
/// Bytes of the path of a claim.
const MAX_CLAIM: usize = 255;
