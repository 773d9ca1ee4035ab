//! What a signed assertion says of whoever goes through.

use serde_json::Value;

use super::identity;
use crate::config::Client;
use crate::config::bearer::BearerIssuer;
use crate::config::claim_header::ClaimHeader;
use crate::config::passed::{Assertion, OF_THE_ASSERTION};
use crate::protocol::access_token::{AccessToken, Bearer};
use crate::protocol::claim_path::ClaimPath;
use crate::protocol::claim_source::ClaimSource;
use crate::protocol::claims::Claims;
use crate::protocol::identity_assertion::{Parts, Statement};

/// Of the person of a session.
pub fn of_session(claims: &Claims, client: &Client, assertion: &Assertion) -> Statement {
    let parts = Parts {
        issuer: &assertion.issuer,
        subject: claims.sub(),
        provider: claims.issuer(),
        client_id: None,
    };
    Statement::new(parts, listed(claims, assertion, &client.claim_headers, Bearer::Person))
}

/// Of whom an access token is about. Only a machine has a `client_id` there, by which its `sub` is told from a person's (RFC 9068
/// section 5), and nothing of what describes a person.
pub fn of_token(token: &AccessToken, issuer: &BearerIssuer, assertion: &Assertion) -> Statement {
    let client_id = match token.bearer {
        Bearer::Person => None,
        Bearer::Machine => Some(token.client_id.as_deref().unwrap_or_default()),
    };
    let claims = &token.claims;
    let parts =
        Parts { issuer: &assertion.issuer, subject: claims.sub(), provider: claims.issuer(), client_id };
    Statement::new(parts, listed(claims, assertion, &issuer.claim_headers, token.bearer))
}

/// The claims that are listed, or of the headers where none are, under the path as it is written.
fn listed<'a>(
    claims: &'a Claims,
    assertion: &'a Assertion,
    headers: &'a [ClaimHeader],
    bearer: Bearer,
) -> impl Iterator<Item = (&'a str, &'a Value)> {
    let of_headers = headers.iter().filter(|_| assertion.claims.is_none());
    let of_headers = of_headers.map(|mapping| (&mapping.claim, mapping.source));
    let listed = assertion.claims.iter().flatten().map(|path| (path, ClaimSource::Any));
    let may_be_there = move |(path, _): &(&'a ClaimPath, ClaimSource)| {
        let first = path.as_str().split('.').next().unwrap_or_default();
        !OF_THE_ASSERTION.contains(&path.as_str())
            && (bearer == Bearer::Person || !identity::is_of_person(first))
    };
    listed
        .chain(of_headers)
        .filter(may_be_there)
        .filter_map(|(path, source)| Some((path.as_str(), claims.get_from(source, path)?)))
}
