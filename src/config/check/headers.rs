//! `extra_claim_headers`, `headers` and `header_names`: which header tells the application which claim.

use http::HeaderName;

use super::header_form;
use super::{Judge, preset};
use crate::config::claim_header::{ClaimHeader, Rendering, Single, ValueForm};
use crate::config::file::ClientAsWritten;
use crate::config::form::At;
use crate::config::header_names::GROUPS;
use crate::config::place::Place;
use crate::config::preset::Preset;
use crate::config::problem::Finding;
use crate::protocol::claim_path::ClaimPath;
use crate::protocol::claim_source::ClaimSource;

/// Every claim that a header is written for, and where.
pub(super) fn claims(written: &ClientAsWritten) -> Vec<(&str, &Place, &str)> {
    let pairs = written.extra_claim_headers.given().map_or(&[][..], |at| &at.value.0);
    let tables = written.headers.given().map_or(&[][..], |at| &at.value.0);
    let of_tables = tables.iter().filter_map(|(_, table)| table.value.claim.given());
    pairs
        .iter()
        .map(|(claim, header)| (claim.as_str(), &header.place, header.path.as_str()))
        .chain(of_tables.map(|claim| (claim.value.as_str(), &claim.place, claim.path.as_str())))
        .collect()
}

/// Reads the tables. The applications behind a proxy see these names, so each must be one that no hop treats as its own.
pub(super) fn judge(judge: &mut Judge<'_>, written: &ClientAsWritten) -> Vec<ClaimHeader> {
    let preset = preset::of(written);
    let mut headers: Vec<(ClaimHeader, Place)> = Vec::new();
    if let Some(at) = written.extra_claim_headers.given() {
        for (claim, header) in &at.value.0 {
            match read(claim, header, preset, &headers) {
                Ok(pair) => headers.push((pair, header.place.clone())),
                Err(finding) => judge.problems.push(header.problem(finding)),
            }
        }
        if at.value.0.len() > MAX_HEADERS {
            judge.problems.push(at.problem(Finding::TooManyHeaders(MAX_HEADERS)));
        }
    }
    if let Some(at) = written.headers.given() {
        for (name, table) in &at.value.0 {
            let header = At { value: name.clone(), place: table.place.clone(), path: table.path.clone() };
            let name = self::name(&header, &taken(&headers));
            let read = header_form::judge(judge, written, table);
            match (name, read) {
                (Ok(header), Some((claim, source, form))) => {
                    let rendering = rendering(preset, claim.as_str());
                    headers
                        .push((ClaimHeader { claim, source, header, rendering, form }, table.place.clone()));
                }
                (Err(finding), _) => judge.problems.push(header.problem(finding)),
                (Ok(_), None) => {}
            }
        }
        if headers.len() > MAX_HEADERS {
            judge.problems.push(at.problem(Finding::TooManyHeaders(MAX_HEADERS)));
        }
    }
    let mut headers: Vec<ClaimHeader> = headers.into_iter().map(|(header, _)| header).collect();
    if let Some(at) = written.header_names.given() {
        for (claim, header) in at.value.0.pairs() {
            let claim = if *claim == GROUPS {
                preset.and_then(Preset::groups_claim).unwrap_or(GROUPS)
            } else {
                claim
            };
            // Both are texts of ours, and fit.
            let (Ok(header), Some(path)) =
                (HeaderName::from_bytes(header.as_bytes()), ClaimPath::parse(claim))
            else {
                continue;
            };
            if headers.iter().all(|other| other.header != header) {
                headers.push(plain(path, header, rendering(preset, claim)));
            }
        }
        if headers.len() > MAX_HEADERS {
            judge.problems.push(at.problem(Finding::TooManyHeaders(MAX_HEADERS)));
        }
    }
    headers
}

fn read(
    claim: &str,
    header: &At<String>,
    preset: Option<Preset>,
    others: &[(ClaimHeader, Place)],
) -> Result<ClaimHeader, Finding> {
    let rendering = rendering(preset, claim);
    let claim = header_form::path(claim)?;
    Ok(plain(claim, name(header, &taken(others))?, rendering))
}

fn plain(claim: ClaimPath, header: HeaderName, rendering: Rendering) -> ClaimHeader {
    let form = ValueForm { single: Single::of(&claim), ..ValueForm::default() };
    ClaimHeader { claim, source: ClaimSource::Any, header, rendering, form }
}

fn rendering(preset: Option<Preset>, claim: &str) -> Rendering {
    match preset {
        Some(preset) if preset.means_names(claim) => Rendering::Names,
        _ => Rendering::Value,
    }
}

fn taken(headers: &[(ClaimHeader, Place)]) -> Vec<(&HeaderName, &Place)> {
    headers.iter().map(|(other, place)| (&other.header, place)).collect()
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
