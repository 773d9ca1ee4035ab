//! `resource_metadata`: what callers may read about a resource (RFC 9728 section 2).

use std::sync::Arc;

use serde_json::{Map, Value, json};
use url::Url;

use super::hosts::WrittenHost;
use super::origin::has_no_extras;
use super::{At as Table, Judge, bearer};
use crate::config::bearer::{BearerIssuer, BearerTokens, Dpop, ResourceMetadata};
use crate::config::file::ResourceMetadataAsWritten;
use crate::config::form::{At, Texts, Written};
use crate::config::host::{Authority, Scheme};
use crate::config::problem::Finding;
use crate::protocol::access_token::Profile;
use crate::protocol::issuer::is_loopback;
use crate::protocol::registration::SigningAlgorithm;

/// Judges it. `None` if it cannot be used; `Some(None)` if there is none.
pub(super) fn judge(
    judge: &mut Judge<'_>,
    written: &Written<ResourceMetadataAsWritten>,
    tokens: Option<&BearerTokens>,
    hosts: &[WrittenHost],
) -> Option<Option<ResourceMetadata>> {
    let at = match written {
        Written::Given(at) => at,
        Written::Broken => return None,
        Written::Absent => return Some(None),
    };
    let Some(tokens) = tokens else {
        return judge.refuse(at.problem(Finding::Idle { needs: "bearer" }));
    };
    let table = Table::of::<ResourceMetadataAsWritten>(&at.place, &at.path, "");
    let resource = match &at.value.resource {
        Written::Given(at) => at,
        Written::Broken => return None,
        Written::Absent => return judge.missing(&table, "resource"),
    };
    let before = judge.problems.len();
    let url = address(judge, resource);
    if let Some(scopes) = at.value.scopes_supported.given() {
        scopes_in_order(judge, scopes);
    }
    if let Some(documentation) = at.value.resource_documentation.given() {
        address(judge, documentation);
    }
    let url = url?;
    if !has_no_extras(&url) {
        return judge.refuse(resource.problem(Finding::ResourceHasExtras(resource.value.clone())));
    }
    if judge.problems.len() > before {
        return None;
    }
    let scheme = if url.scheme() == "http" { Scheme::Http } else { Scheme::Https };
    let authority = Authority::parse(url.authority());
    let is_ours = |host: &WrittenHost| {
        authority.as_ref().is_some_and(|authority| host.value.matches(authority, scheme))
    };
    if !hosts.is_empty() && !hosts.iter().any(is_ours) {
        judge.notices.push(resource.problem(Finding::ResourceElsewhere(resource.value.clone())));
    }
    let mut document = Map::new();
    document.insert("resource".to_owned(), resource.value.as_str().into());
    // A template is the name of nobody, and a platform gives its tokens to its own workloads only.
    let gives_tokens = |issuer: &&Arc<BearerIssuer>| {
        issuer.profile != Profile::Workload && issuer.issuer.is_named(issuer.issuer.as_str())
    };
    let servers = tokens.issuers.iter().filter(gives_tokens).map(|issuer| issuer.issuer.as_str());
    let servers: Vec<&str> = servers.collect();
    if !servers.is_empty() {
        document.insert("authorization_servers".to_owned(), json!(servers));
    }
    document.insert("bearer_methods_supported".to_owned(), json!(["header"]));
    if let Some(scopes) = at.value.scopes_supported.given() {
        let scopes: Vec<&str> = scopes.value.0.iter().map(|scope| scope.value.as_str()).collect();
        document.insert("scopes_supported".to_owned(), json!(scopes));
    }
    if let Some(name) = at.value.resource_name.given() {
        document.insert("resource_name".to_owned(), name.value.as_str().into());
    }
    if let Some(documentation) = at.value.resource_documentation.given() {
        document.insert("resource_documentation".to_owned(), documentation.value.as_str().into());
    }
    if tokens.dpop != Dpop::Off {
        let names: Vec<&str> = SigningAlgorithm::ALL
            .iter()
            .filter(|algorithm| algorithm.secret_bytes().is_none())
            .map(|algorithm| algorithm.name())
            .collect();
        document.insert("dpop_signing_alg_values_supported".to_owned(), json!(names));
        if tokens.dpop == Dpop::Required {
            document.insert("dpop_bound_access_tokens_required".to_owned(), Value::Bool(true));
        }
    }
    if tokens.certificate_header.is_some() {
        document.insert("tls_client_certificate_bound_access_tokens".to_owned(), Value::Bool(true));
    }
    let origin = url.origin().ascii_serialization();
    // RFC 9728 section 3.1: a slash that follows the host goes, one behind a path stays.
    let path = if url.path() == "/" { String::new() } else { url.path().to_owned() };
    Some(Some(ResourceMetadata { origin, path, document: Value::Object(document) }))
}

fn scopes_in_order(judge: &mut Judge<'_>, at: &At<Texts>) {
    bearer::scopes(judge, &Written::Given(at.clone()));
}

/// An https address, or http on this machine.
fn address(judge: &mut Judge<'_>, at: &At<String>) -> Option<Url> {
    let url = Url::parse(&at.value).ok().filter(|url| {
        let plain = at.value.bytes().all(|byte| byte.is_ascii_graphic());
        plain && matches!(url.scheme(), "https" | "http") && url.has_host() && url.fragment().is_none()
    });
    match url {
        None => judge.refuse(at.problem(not_a_resource(at))),
        Some(url) if url.scheme() == "http" && !is_loopback(&url) => {
            judge.refuse(at.problem(Finding::ResourceNotHttps(at.value.clone())))
        }
        Some(url) => Some(url),
    }
}

fn not_a_resource(at: &At<String>) -> Finding {
    let key = at.path.rsplit('.').next().unwrap_or_default();
    Finding::NotAnUri { found: at.value.clone(), write: format!("{key}: https://api.example.com") }
}
