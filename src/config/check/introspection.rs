//! Asking an issuer about access tokens (RFC 7662): about which, where and as whom.

use std::time::Duration;

use super::bearer::Owner;
use super::bearer_issuer::{endpoint, token_file};
use super::secret::Provider as Place;
use super::{At as Table, Judge, authentication};
use crate::config::bearer::{Ask, Introspection, Whose};
use crate::config::file::{BearerAsWritten, ClientAsWritten, IntrospectionClientAsWritten};
use crate::config::form::Written;
use crate::config::kind::TimeOrZero;
use crate::config::place::Place as Where;
use crate::config::problem::Finding;
use crate::config::report::Problem;
use crate::protocol::issuer::{Issuer, is_loopback};
use crate::protocol::registration::ClientAuthentication;

/// Judges `introspection` and what belongs to it. `None` if something is wrong; `Some(None)` where nobody is asked.
pub(super) fn judge(
    judge: &mut Judge<'_>,
    written: &BearerAsWritten,
    issuer: Option<&Issuer>,
    whose: Whose,
    owner: &Owner<'_>,
) -> Option<Option<Introspection>> {
    let ask = match &written.introspection {
        Written::Broken => return None,
        Written::Absent => Ask::Never,
        Written::Given(at) => at.value.0,
    };
    let endpoint = match (&written.introspection_endpoint, issuer) {
        (Written::Broken, _) | (Written::Given(_), None) => None,
        (Written::Absent, _) => Some(None),
        (Written::Given(at), Some(issuer)) => endpoint(judge, at, issuer).map(Some),
    };
    if ask == Ask::Never {
        fn place<T>(written: &Written<T>) -> Option<(Where, String)> {
            written.given().map(|at| (at.place.clone(), at.path.clone()))
        }
        let idle = [
            place(&written.introspection_endpoint),
            place(&written.introspection_client),
            place(&written.introspection_cache),
            place(&written.introspection_signed_response_alg),
        ];
        for (place, path) in idle.into_iter().flatten() {
            let needs = "introspection: opaque or all";
            judge.problems.push(Problem::new(place, &path, Finding::Idle { needs }));
        }
        return Some(None);
    }
    if let Some(cache) = written.introspection_cache.given()
        && cache.value.0 > MAX_CACHE
    {
        judge.problems.push(cache.problem(Finding::TooLong { limit: "1h" }));
    }
    let algorithm = written.introspection_signed_response_alg.given();
    if let Some(at) = algorithm
        && at.value.0.secret_bytes().is_some()
    {
        let write = "an algorithm that signs with a key, such as RS256";
        judge.problems.push(at.problem(Finding::AlgorithmUnfit { of: "signed answers", write }));
    }
    let (client_id, authentication) = credentials(judge, written, issuer, whose, owner)?;
    Some(Some(Introspection {
        ask,
        endpoint: endpoint?,
        client_id,
        authentication,
        cache: written.introspection_cache.or(TimeOrZero(CACHE)).0,
        algorithm: algorithm.map(|at| at.value.0),
    }))
}

/// As whom vestibule asks: the client itself at its own issuer, unless it is written otherwise.
fn credentials(
    judge: &mut Judge<'_>,
    written: &BearerAsWritten,
    issuer: Option<&Issuer>,
    whose: Whose,
    owner: &Owner<'_>,
) -> Option<(String, ClientAuthentication)> {
    let at = match &written.introspection_client {
        Written::Broken => return None,
        Written::Given(at) => at,
        Written::Absent => {
            if whose == Whose::OwnOfClient
                && let Some(client_id) = owner.client_id
            {
                return Some((client_id.to_owned(), owner.authentication?.clone()));
            }
            let at = written.introspection.given()?;
            return judge.refuse(at.problem(Finding::IntrospectionAsNobody));
        }
    };
    let table = Table::of::<IntrospectionClientAsWritten>(&at.place, &at.path, "your API");
    let client = &at.value;
    let as_client = ClientAsWritten {
        client_id: client.client_id.clone(),
        client_secret: client.client_secret.clone(),
        client_secret_file: client.client_secret_file.clone(),
        client_secret_env: client.client_secret_env.clone(),
        client_key_file: client.client_key_file.clone(),
        client_key_id: client.client_key_id.clone(),
        client_certificate_file: client.client_certificate_file.clone(),
        client_certificate_key_file: client.client_certificate_key_file.clone(),
        token_endpoint_auth_method: client.token_endpoint_auth_method.clone(),
        token_endpoint_auth_signing_alg: client.token_endpoint_auth_signing_alg.clone(),
        ..ClientAsWritten::default()
    };
    let place = match issuer.map(Issuer::url) {
        Some(url) if is_loopback(&url) => Place::Here,
        _ => Place::Elsewhere,
    };
    let authentication = authentication::judge(judge, &as_client, place)?;
    match (&client.bearer_token_file, authentication) {
        (Written::Broken, _) => None,
        (Written::Given(at), ClientAuthentication::None) => {
            let client_id = client.client_id.or(String::new());
            Some((client_id, ClientAuthentication::BearerFile(token_file(judge, at)?)))
        }
        (Written::Given(at), _) => judge.refuse(at.problem(Finding::SecondIntrospectionProof)),
        (Written::Absent, authentication) => {
            let client_id = super::client::client_id(judge, &as_client, &table)?;
            Some((client_id, authentication))
        }
    }
}

/// How long the word of an issuer is believed where nothing is written.
const CACHE: Duration = Duration::from_secs(60);
/// The most that it may be: a token that was revoked is taken for so long.
const MAX_CACHE: Duration = Duration::from_secs(60 * 60);
