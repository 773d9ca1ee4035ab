//! Access tokens: by which issuers, how they are presented, and what callers may read about it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderName;
use serde_json::{Map, Value, json};
use url::Url;

use super::client::is_client_id;
use super::origin::has_no_extras;
use super::secret::Provider as Place;
use super::{At as Table, Judge, authentication, headers, provider};
use crate::config::bearer::{
    Ask, BearerIssuer, BearerTokens, Dpop, DpopNonce, Introspection, ResourceMetadata, Rule, TokenHandling,
    Whose, WithSession,
};
use crate::config::file::{
    BearerAsWritten, BearerOptionsAsWritten, ClientAsWritten, IntrospectionClientAsWritten,
    ResourceMetadataAsWritten,
};
use crate::config::form::{At, Texts, Written};
use crate::config::kind::{Choice, TimeOrZero};
use crate::config::place::Place as Where;
use crate::config::problem::Finding;
use crate::config::report::Problem;
use crate::config::{ClaimHeader, KeySource, ProviderSettings, Purpose};
use crate::protocol::access_token::Profile;
use crate::protocol::discovery::Provider;
use crate::protocol::endpoint::Endpoint;
use crate::protocol::issuer::{Issuer, is_loopback};
use crate::protocol::jwks;
use crate::protocol::jwt::MAX_LEEWAY;
use crate::protocol::registration::{ClientAuthentication, SigningAlgorithm};

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
        let write = "Write an issuer under it: main: { audiences: [https://api.example.com] }".to_owned();
        return judge.refuse(at.problem(Finding::Empty { write }));
    }
    if at.value.0.len() > MAX_ISSUERS {
        return judge.refuse(at.problem(Finding::TooManyIssuers(MAX_ISSUERS)));
    }
    let mut issuers: Vec<Option<Arc<BearerIssuer>>> = Vec::new();
    for (name, at) in &at.value.0 {
        let issuer = judge_issuer(judge, name, at, owner, asks_userinfo(written, name));
        let others = issuers.iter().flatten();
        if let Some(issuer) = &issuer {
            find_clash(judge, at, issuer, others);
        }
        issuers.push(issuer.map(Arc::new));
    }
    let options = options(judge, &written.bearer_options);
    let issuers: Vec<_> = issuers.into_iter().collect::<Option<_>>()?;
    let mut further_headers: Vec<HeaderName> = Vec::new();
    for mapping in issuers.iter().flat_map(|issuer| &issuer.claim_headers) {
        let known = owner.claim_headers.iter().any(|own| own.header == mapping.header);
        if !known && !further_headers.contains(&mapping.header) {
            further_headers.push(mapping.header.clone());
        }
    }
    let options = options?;
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

/// Whether a rule asks the issuer of that name for userinfo: then its endpoint has to be found.
fn asks_userinfo(written: &ClientAsWritten, name: &str) -> AsksUserinfo {
    let rules = written.rules.given().map_or(&[][..], |at| at.value.0.as_slice());
    let asks = rules.iter().any(|rule| {
        let issuers = rule.value.bearer_issuers.given();
        let is_meant = issuers.is_none_or(|at| at.value.0.iter().any(|issuer| issuer.value == name));
        is_meant && rule.value.userinfo.or(false)
    });
    if asks { AsksUserinfo::InARule } else { AsksUserinfo::InNoRule }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum AsksUserinfo {
    InARule,
    InNoRule,
}

/// An issuer that a token names must lead to one table, and an opaque token, which names none, to one issuer.
fn find_clash<'a>(
    judge: &mut Judge<'_>,
    at: &At<BearerAsWritten>,
    issuer: &BearerIssuer,
    others: impl Iterator<Item = &'a Arc<BearerIssuer>>,
) {
    for other in others {
        if other.issuer.as_str() == issuer.issuer.as_str() {
            judge.problems.push(at.problem(Finding::IssuerTwice { first: other.name.clone() }));
        }
        if let (Some(_), Some(_), Some(at)) =
            (&other.introspection, &issuer.introspection, at.value.introspection.given())
        {
            judge.problems.push(at.problem(Finding::SecondOpaque { first: other.name.clone() }));
        }
    }
}

fn judge_issuer(
    judge: &mut Judge<'_>,
    name: &str,
    at: &At<BearerAsWritten>,
    owner: &Owner<'_>,
    asks_userinfo: AsksUserinfo,
) -> Option<BearerIssuer> {
    let written = &at.value;
    let table = Table::of::<BearerAsWritten>(&at.place, &at.path, name);
    if !crate::config::is_client_name(name) {
        judge.problems.push(at.problem(Finding::StrangeClientName(name.to_owned())));
    }
    let (whose, issuer, settings) = if written.issuer.is_absent() {
        needs_an_issuer(judge, written);
        (Whose::OwnOfClient, owner.issuer.cloned(), owner.settings.cloned())
    } else {
        let as_client = as_client(written);
        let issuer = provider::issuer(judge, &as_client, &table);
        let settings = provider::settings(judge, &as_client, issuer.as_ref(), name);
        (Whose::Further, issuer, settings)
    };
    let keys = keys(judge, written, issuer.as_ref());
    let audiences = audiences(judge, written, &table);
    let client_ids = identifiers(judge, &written.client_ids);
    let algorithms = algorithms(judge, &written.algorithms);
    let scopes = scopes(judge, &written.scopes);
    if let Some(leeway) = written.clock_leeway.given()
        && leeway.value.0 > MAX_LEEWAY
    {
        judge.problems.push(leeway.problem(Finding::TooLong { limit: "300s" }));
    }
    let claim_headers = if written.extra_claim_headers.is_absent() {
        owner.claim_headers.to_vec()
    } else {
        headers::judge(judge, &as_client(written))
    };
    let introspection = introspection(judge, written, issuer.as_ref(), whose, owner);
    let (keys, issuer, mut settings) = (keys?, issuer?, settings?);
    let introspection = introspection?;
    // Where all are asked about, only answers are verified, and only where they are signed.
    let verifies_nothing = introspection
        .as_ref()
        .is_some_and(|introspection| introspection.ask == Ask::All && introspection.algorithm.is_none());
    if whose == Whose::Further {
        settings.keys = if verifies_nothing { KeySource::Unneeded } else { keys };
        let endpoint_known =
            introspection.as_ref().is_none_or(|introspection| introspection.endpoint.is_some());
        let discovers = settings.keys == KeySource::Announced
            || !endpoint_known
            || written.userinfo.or(false)
            || asks_userinfo == AsksUserinfo::InARule;
        settings.purpose = if discovers { Purpose::Tokens } else { Purpose::TokensUndiscovered };
        settings.token_file =
            written.provider_token_file.given().map(|at| judge.files.locate(Path::new(&at.value)));
        if let Some(refresh) = provider::keys_refresh(judge, &written.keys_refresh) {
            settings.keys_refresh = refresh;
        }
        if !discovers && written.userinfo.is_absent() {
            settings.metadata = Some(Provider::unknown(&issuer));
        }
    }
    Some(BearerIssuer {
        name: name.to_owned(),
        whose,
        issuer,
        provider: settings,
        audiences: audiences?,
        profile: written.profile.or(Choice(Profile::Rfc9068)).0,
        algorithms: algorithms?,
        client_ids: client_ids?,
        scopes: scopes?,
        clock_leeway: written.clock_leeway.or(TimeOrZero(owner.clock_leeway)).0,
        claim_headers,
        userinfo: written.userinfo.or(false),
        introspection,
    })
}

/// Settings about how an issuer is reached mean nothing for the client's own: that is written at the client.
fn needs_an_issuer(judge: &mut Judge<'_>, written: &BearerAsWritten) {
    fn place<T>(written: &Written<T>) -> Option<(Where, String)> {
        written.given().map(|at| (at.place.clone(), at.path.clone()))
    }
    let settings = [
        place(&written.tenants),
        place(&written.backchannel_url),
        place(&written.ca_file),
        place(&written.jwks_file),
        place(&written.jwks_uri),
        place(&written.provider_token_file),
        place(&written.keys_refresh),
        place(&written.danger_http_issuer),
        place(&written.danger_private_endpoints),
    ];
    for (place, path) in settings.into_iter().flatten() {
        judge.problems.push(Problem::new(place, &path, Finding::Idle { needs: "issuer" }));
    }
}

/// The same settings as a client's, so that they are judged in one place.
fn as_client(written: &BearerAsWritten) -> ClientAsWritten {
    ClientAsWritten {
        issuer: written.issuer.clone(),
        tenants: written.tenants.clone(),
        backchannel_url: written.backchannel_url.clone(),
        ca_file: written.ca_file.clone(),
        danger_http_issuer: written.danger_http_issuer.clone(),
        danger_private_endpoints: written.danger_private_endpoints.clone(),
        extra_claim_headers: written.extra_claim_headers.clone(),
        ..ClientAsWritten::default()
    }
}

fn keys(judge: &mut Judge<'_>, written: &BearerAsWritten, issuer: Option<&Issuer>) -> Option<KeySource> {
    match (&written.jwks_file, &written.jwks_uri) {
        (Written::Broken, _) | (_, Written::Broken) => None,
        (Written::Absent, Written::Absent) => Some(KeySource::Announced),
        (Written::Given(_), Written::Given(at)) => judge.refuse(at.problem(Finding::SecondKeySource)),
        (Written::Given(at), Written::Absent) => {
            let path = Path::new(&at.value);
            let contents = match judge.files.read(path) {
                Ok(contents) => contents,
                Err(fault) => {
                    return judge.refuse(at.problem(Finding::KeyFile { found: at.value.clone(), fault }));
                }
            };
            match jwks::judge_file(&contents.bytes) {
                Ok(_) => Some(KeySource::File(judge.files.locate(path))),
                Err(fault) => judge.refuse(
                    at.problem(Finding::JwksFile { found: at.value.clone(), fault: fault.to_string() }),
                ),
            }
        }
        (Written::Absent, Written::Given(at)) => endpoint(judge, at, issuer?).map(KeySource::At),
    }
}

fn endpoint(judge: &mut Judge<'_>, at: &At<String>, issuer: &Issuer) -> Option<Endpoint> {
    match Endpoint::parse(&at.value, issuer) {
        Ok(endpoint) => Some(endpoint),
        Err(fault) => judge.refuse(at.problem(Finding::EndpointUnfit { found: at.value.clone(), fault })),
    }
}

/// F-14: without an audience every token of the issuer would do.
fn audiences(judge: &mut Judge<'_>, written: &BearerAsWritten, table: &Table<'_>) -> Option<Vec<String>> {
    if written.audiences.is_absent() {
        return judge.missing(table, "audiences");
    }
    let audiences = identifiers(judge, &written.audiences)?;
    if audiences.is_empty() {
        let write = "Write what the issuer calls your API: audiences: [https://api.example.com]".to_owned();
        return judge.refuse(written.audiences.given()?.problem(Finding::Empty { write }));
    }
    Some(audiences)
}

/// Texts that are compared to the letter with what a token says.
fn identifiers(judge: &mut Judge<'_>, written: &Written<Texts>) -> Option<Vec<String>> {
    let at = match written {
        Written::Given(at) => at,
        Written::Broken => return None,
        Written::Absent => return Some(Vec::new()),
    };
    let before = judge.problems.len();
    if at.value.0.len() > MAX_IDENTIFIERS {
        judge.problems.push(at.problem(Finding::TooManyAudiences(MAX_IDENTIFIERS)));
    }
    let mut texts: Vec<String> = Vec::new();
    for item in &at.value.0 {
        if !is_client_id(&item.value) {
            judge.problems.push(item.problem(Finding::StrangeAudience));
        } else if texts.contains(&item.value) {
            judge.problems.push(item.problem(Finding::AudienceTwice(item.value.clone())));
        } else {
            texts.push(item.value.clone());
        }
    }
    (judge.problems.len() == before).then_some(texts)
}

/// RFC 8725 section 3.1: what a token may be signed by is said beforehand. A secret that issuer and API share would let either make
/// tokens.
fn algorithms(judge: &mut Judge<'_>, written: &Written<Texts>) -> Option<Vec<SigningAlgorithm>> {
    let asymmetric = || SigningAlgorithm::ALL.into_iter().filter(|alg| alg.secret_bytes().is_none());
    let at = match written {
        Written::Given(at) => at,
        Written::Broken => return None,
        Written::Absent => return Some(asymmetric().collect()),
    };
    let before = judge.problems.len();
    let mut algorithms = Vec::new();
    for item in &at.value.0 {
        match asymmetric().find(|algorithm| algorithm.name() == item.value) {
            Some(algorithm) if algorithms.contains(&algorithm) => {}
            Some(algorithm) => algorithms.push(algorithm),
            None => {
                let write = asymmetric().map(SigningAlgorithm::name).collect::<Vec<_>>().join(", ");
                let found = item.value.clone();
                judge.problems.push(item.problem(Finding::NotKnown { found, near: None, write }));
            }
        }
    }
    if at.value.0.is_empty() {
        judge.problems.push(at.problem(Finding::Empty { write: "Write: algorithms: [RS256]".to_owned() }));
    }
    (judge.problems.len() == before).then_some(algorithms)
}

/// RFC 6749 section 3.3.
pub(super) fn scopes(judge: &mut Judge<'_>, written: &Written<Texts>) -> Option<Vec<String>> {
    let at = match written {
        Written::Given(at) => at,
        Written::Broken => return None,
        Written::Absent => return Some(Vec::new()),
    };
    let before = judge.problems.len();
    let mut scopes: Vec<String> = Vec::new();
    for item in &at.value.0 {
        let fits = item.value.bytes().all(|b| matches!(b, 0x21 | 0x23..=0x5b | 0x5d..=0x7e));
        if !fits {
            judge.problems.push(item.problem(Finding::StrangeScope(item.value.clone())));
        } else if scopes.contains(&item.value) {
            judge.problems.push(item.problem(Finding::ScopeTwice(item.value.clone())));
        } else {
            scopes.push(item.value.clone());
        }
    }
    if at.value.0.len() > MAX_IDENTIFIERS {
        judge.problems.push(at.problem(Finding::TooManyAudiences(MAX_IDENTIFIERS)));
    }
    (judge.problems.len() == before).then_some(scopes)
}

fn introspection(
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
        (Written::Broken, _) | (Written::Given(_), None) => return None,
        (Written::Absent, _) => None,
        (Written::Given(at), Some(issuer)) => Some(endpoint(judge, at, issuer)?),
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
        endpoint,
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
            let path = Path::new(&at.value);
            match judge.files.read(path) {
                Ok(contents) => super::secret::warn_if_open(judge, at, &contents),
                Err(fault) => {
                    return judge.refuse(at.problem(Finding::KeyFile { found: at.value.clone(), fault }));
                }
            }
            let client_id = client.client_id.or(String::new());
            Some((client_id, ClientAuthentication::BearerFile(judge.files.locate(path))))
        }
        (Written::Given(at), _) => judge.refuse(at.problem(Finding::SecondIntrospectionProof)),
        (Written::Absent, authentication) => {
            let client_id = super::client::client_id(judge, &as_client, &table)?;
            Some((client_id, authentication))
        }
    }
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
    {
        judge.problems.push(at.problem(Finding::Idle { needs: "dpop: accepted or required" }));
    }
    let certificate_header = match options.certificate_header.given() {
        None => None,
        Some(at) => match HeaderName::from_bytes(at.value.as_bytes()) {
            Ok(name) if !at.value.contains(['_', '.']) && !NO_CERTIFICATE.contains(&name.as_str()) => {
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

/// Judges `resource_metadata` (RFC 9728 section 2). `None` if it cannot be used; `Some(None)` if there is none.
pub(super) fn resource_metadata(
    judge: &mut Judge<'_>,
    written: &Written<ResourceMetadataAsWritten>,
    tokens: Option<&BearerTokens>,
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
    let url = address(judge, resource)?;
    if url.query().is_some() || !has_no_extras(&url) {
        return judge.refuse(resource.problem(not_a_resource(resource)));
    }
    let mut document = Map::new();
    document.insert("resource".to_owned(), resource.value.as_str().into());
    let servers: Vec<&str> = tokens.issuers.iter().map(|issuer| issuer.issuer.as_str()).collect();
    document.insert("authorization_servers".to_owned(), json!(servers));
    document.insert("bearer_methods_supported".to_owned(), json!(["header"]));
    if let Some(scopes) = at.value.scopes_supported.given() {
        scopes_in_order(judge, scopes)?;
        let scopes: Vec<&str> = scopes.value.0.iter().map(|scope| scope.value.as_str()).collect();
        document.insert("scopes_supported".to_owned(), json!(scopes));
    }
    if let Some(name) = at.value.resource_name.given() {
        document.insert("resource_name".to_owned(), name.value.as_str().into());
    }
    if let Some(documentation) = at.value.resource_documentation.given() {
        address(judge, documentation)?;
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
    let path = url.path().strip_suffix('/').unwrap_or(url.path()).to_owned();
    Some(Some(ResourceMetadata { origin, path, document: Value::Object(document) }))
}

fn scopes_in_order(judge: &mut Judge<'_>, at: &At<Texts>) -> Option<()> {
    let written = Written::Given(at.clone());
    scopes(judge, &written).map(drop)
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

/// How long the word of an issuer is believed where nothing is written.
const CACHE: Duration = Duration::from_secs(60);
/// The most that it may be: a token that was revoked is taken for so long.
const MAX_CACHE: Duration = Duration::from_secs(60 * 60);
/// Issuers of one client.
const MAX_ISSUERS: usize = 16;
/// Audiences, clients or scopes of one issuer or rule.
const MAX_IDENTIFIERS: usize = 50;
/// Headers that a caller sends for other reasons.
const NO_CERTIFICATE: &[&str] = &["authorization", "cookie", "dpop", "host", "connection"];
