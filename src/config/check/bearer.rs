//! Access tokens: by which issuers, and how they are presented.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderName;

use super::{Judge, bearer_issuer, headers, scopes};
use crate::config::ProviderSettings;
use crate::config::bearer::{BearerIssuer, BearerTokens, Dpop, DpopNonce, TokenHandling, WithSession};
use crate::config::claim_header::ClaimHeader;
use crate::config::file::{BearerAsWritten, BearerOptionsAsWritten, ClientAsWritten};
use crate::config::form::{At, Texts, Written};
use crate::config::kind::Choice;
use crate::config::problem::Finding;
use crate::config::rule::Rule;
use crate::protocol::access_token::Profile;
use crate::protocol::issuer::Issuer;
use crate::protocol::registration::ClientAuthentication;

/// What is known of the client to which the tables belong.
pub(super) struct Owner<'a> {
    pub(super) issuer: Option<&'a Issuer>,
    pub(super) settings: Option<&'a ProviderSettings>,
    pub(super) client_id: Option<&'a str>,
    pub(super) authentication: Option<&'a ClientAuthentication>,
    pub(super) claim_headers: &'a [ClaimHeader],
    pub(super) clock_leeway: Duration,
}

/// Judges `bearer` and `bearer_options`. `None` if something is wrong; `Some(None)` where no access token is taken.
pub(super) fn judge(
    judge: &mut Judge<'_>,
    written: &ClientAsWritten,
    owner: &Owner<'_>,
) -> Option<Option<BearerTokens>> {
    let at = match &written.bearer {
        Written::Given(at) => at,
        Written::Broken => return None,
        Written::Absent => {
            if let Some(options) = written.bearer_options.given() {
                return judge.refuse(options.problem(Finding::Idle { needs: "bearer" }));
            }
            return Some(None);
        }
    };
    if at.value.0.is_empty() {
        // What stands there is no table, and that is said already.
        if judge.problems.iter().any(|problem| problem.is_in(&at.path)) {
            return None;
        }
        let write = "Write an issuer under it: main: { audiences: [https://api.example.com] }".to_owned();
        return judge.refuse(at.problem(Finding::Empty { write }));
    }
    if at.value.0.len() > MAX_ISSUERS {
        return judge.refuse(at.problem(Finding::TooManyIssuers(MAX_ISSUERS)));
    }
    let mut issuers: Vec<Option<Arc<BearerIssuer>>> = Vec::new();
    for (name, at) in &at.value.0 {
        let issuer = bearer_issuer::judge(judge, name, at, owner, asks_for_userinfo(written));
        let others = issuers.iter().flatten();
        if let Some(issuer) = &issuer {
            find_clash(judge, at, issuer, others);
        }
        issuers.push(issuer.map(Arc::new));
    }
    let options = options(judge, &written.bearer_options);
    if options.as_ref().is_some_and(|options| options.dpop == Dpop::Required) {
        let of_workloads = at.value.0.iter().filter_map(|(_, at)| at.value.profile.given());
        for profile in of_workloads.filter(|at| at.value.0 == Profile::Workload) {
            judge.problems.push(profile.problem(Finding::WorkloadUnbound));
        }
    }
    let issuers: Vec<_> = issuers.into_iter().collect::<Option<_>>()?;
    let mut further_headers: Vec<HeaderName> = Vec::new();
    for mapping in issuers.iter().flat_map(|issuer| &issuer.claim_headers) {
        let known = owner.claim_headers.iter().any(|own| own.header == mapping.header);
        if !known && !further_headers.contains(&mapping.header) {
            further_headers.push(mapping.header.clone());
        }
    }
    if owner.claim_headers.len() + further_headers.len() > headers::MAX_HEADERS {
        judge.problems.push(at.problem(Finding::TooManyHeaders(headers::MAX_HEADERS)));
    }
    let options = options?;
    let of_claims =
        |name| further_headers.contains(name) || owner.claim_headers.iter().any(|own| own.header == *name);
    if let Some(at) = written.bearer_options.given().and_then(|at| at.value.certificate_header.given())
        && options.certificate_header.as_ref().is_some_and(of_claims)
    {
        // A caller who sends an identity header is refused, so nobody could show a certificate.
        return judge.refuse(at.problem(Finding::NotACertificateHeader(at.value.clone())));
    }
    Some(Some(BearerTokens {
        issuers,
        further_headers,
        with_session: options.with_session,
        dpop: options.dpop,
        dpop_nonce: options.dpop_nonce,
        certificate_header: options.certificate_header,
        // Completed when the rules are known.
        tells_authorization: false,
    }))
}

/// An issuer that a token names must lead to one table, and an opaque token, which names none, to one issuer.
fn find_clash<'a>(
    judge: &mut Judge<'_>,
    at: &At<BearerAsWritten>,
    issuer: &BearerIssuer,
    others: impl Iterator<Item = &'a Arc<BearerIssuer>>,
) {
    for other in others {
        let (one, two) = (&other.issuer, &issuer.issuer);
        if one.as_str() == two.as_str() || one.is_named(two.as_str()) || two.is_named(one.as_str()) {
            judge.problems.push(at.problem(Finding::IssuerTwice { first: other.name.clone() }));
        }
        if let (Some(_), Some(_), Some(at)) =
            (&other.introspection, &issuer.introspection, at.value.introspection.given())
        {
            judge.problems.push(at.problem(Finding::SecondOpaque { first: other.name.clone() }));
        }
    }
}

/// Whether a rule asks for userinfo, of whichever issuer the token is.
fn asks_for_userinfo(written: &ClientAsWritten) -> bool {
    let rules = written.rules.given().map(|at| at.value.0.as_slice()).unwrap_or_default();
    rules.iter().any(|at| at.value.userinfo.or(false))
}

/// RFC 6749 section 3.3.
pub(super) fn scopes(judge: &mut Judge<'_>, written: &Written<Texts>) -> Option<Vec<String>> {
    let at = match written {
        Written::Given(at) => at,
        Written::Broken => return None,
        Written::Absent => return Some(Vec::new()),
    };
    let before = judge.problems.len();
    if at.value.0.is_empty() {
        judge.problems.push(at.problem(Finding::Empty { write: String::new() }));
    }
    let scopes = scopes::tokens(judge, at);
    if at.value.0.len() > MAX_IDENTIFIERS {
        judge.problems.push(at.problem(Finding::TooManyTexts(MAX_IDENTIFIERS)));
    }
    (judge.problems.len() == before).then_some(scopes)
}

struct Options {
    with_session: WithSession,
    dpop: Dpop,
    dpop_nonce: DpopNonce,
    certificate_header: Option<HeaderName>,
}

fn options(judge: &mut Judge<'_>, written: &Written<BearerOptionsAsWritten>) -> Option<Options> {
    let options = written.or(BearerOptionsAsWritten::default());
    let dpop = options.dpop.or(Choice(Dpop::Off)).0;
    if let Some(at) = options.dpop_nonce.given()
        && dpop == Dpop::Off
        && !matches!(options.dpop, Written::Broken)
    {
        judge.problems.push(at.problem(Finding::Idle { needs: "dpop: accepted or required" }));
    }
    let certificate_header = match options.certificate_header.given() {
        None => None,
        Some(at) => match HeaderName::from_bytes(at.value.as_bytes()) {
            Ok(name) if !at.value.contains(['_', '.']) && headers::may_hold_a_certificate(&name) => {
                Some(name)
            }
            _ => return judge.refuse(at.problem(Finding::NotACertificateHeader(at.value.clone()))),
        },
    };
    Some(Options {
        with_session: options.with_session.or(Choice(WithSession::Refuse)).0,
        dpop,
        dpop_nonce: if options.dpop_nonce.or(false) { DpopNonce::Required } else { DpopNonce::Optional },
        certificate_header,
    })
}

/// What becomes of a token where no rule says otherwise.
pub(super) fn token_handling(written: &ClientAsWritten) -> TokenHandling {
    let options = written.bearer_options.or(BearerOptionsAsWritten::default());
    options.token.or(Choice(TokenHandling::Pass)).0
}

/// Whether every 200 says what of `Authorization` the application gets.
pub(super) fn tells_authorization(rules: &[Rule]) -> bool {
    rules.iter().any(|rule| rule.token == TokenHandling::Remove)
}

/// Issuers of one client.
const MAX_ISSUERS: usize = 16;
/// Audiences, clients or scopes of one issuer or rule.
pub(super) const MAX_IDENTIFIERS: usize = 50;
