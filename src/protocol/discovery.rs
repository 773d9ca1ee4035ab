//! Provider metadata (OpenID Connect Discovery 1.0 sections 3 and 4, RFC 8414, RFC 9207 section 3).

use bytes::Bytes;
use http::{Request, Response, header};
use serde_json::{Map, Value};

pub use super::discovery_fault::DiscoveryFault;

use super::answer::{self, MediaType};
use super::endpoint::{Endpoint, EndpointFault};
use super::issuer::Issuer;

/// Bytes of a metadata document.
pub const MAX_ANSWER_BYTES: usize = 256 * 1024;

/// What a provider says about itself, or what the operator wrote about it. Only [`judge`] makes one of an answer, so its issuer
/// is the configured one, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    issuer: Issuer,
    authorization_endpoint: Option<Endpoint>,
    token_endpoint: Option<Endpoint>,
    jwks_uri: Option<Endpoint>,
    userinfo_endpoint: Option<Endpoint>,
    end_session_endpoint: Option<Endpoint>,
    revocation_endpoint: Option<Endpoint>,
    introspection_endpoint: Option<Endpoint>,
    pushed_authorization_request_endpoint: Option<Endpoint>,
    registration_endpoint: Option<Endpoint>,
    mtls_aliases: Vec<(&'static str, Endpoint)>,
    requires_pushed_authorization_requests: bool,
    token_endpoint_auth_methods: Vec<String>,
    id_token_algorithms: Vec<String>,
    scopes: Vec<String>,
    prompts: Option<Vec<String>>,
    iss_parameter_supported: bool,
}

/// The question for the metadata of an issuer (Discovery section 4.1).
pub fn request(issuer: &Issuer) -> Request<Vec<u8>> {
    let mut request = Request::new(Vec::new());
    *request.uri_mut() = issuer.metadata_uri();
    request.headers_mut().insert(header::ACCEPT, header::HeaderValue::from_static("application/json"));
    request
}

/// Judges the answer (Discovery sections 3, 4.2 and 4.3) for a client that signs people in.
///
/// # Errors
/// [`DiscoveryFault`]; nothing of a faulty document is used.
pub fn judge(answer: &Response<Bytes>, issuer: &Issuer) -> Result<Provider, DiscoveryFault> {
    let metadata = document(answer, issuer)?;
    Ok(Provider {
        authorization_endpoint: Some(required(
            &metadata,
            "authorization_endpoint",
            issuer,
            Endpoint::parse_authorization,
        )?),
        token_endpoint: Some(required(&metadata, "token_endpoint", issuer, Endpoint::parse)?),
        end_session_endpoint: endpoint(&metadata, "end_session_endpoint", issuer)?,
        revocation_endpoint: endpoint(&metadata, "revocation_endpoint", issuer)?,
        pushed_authorization_request_endpoint: endpoint(
            &metadata,
            "pushed_authorization_request_endpoint",
            issuer,
        )?,
        registration_endpoint: endpoint(&metadata, "registration_endpoint", issuer)?,
        requires_pushed_authorization_requests: flag(&metadata, "require_pushed_authorization_requests")?,
        id_token_algorithms: names(&metadata, "id_token_signing_alg_values_supported")?.unwrap_or_default(),
        // Only to choose from when a client is registered: nothing else depends on it, so nothing is refused because of it.
        scopes: names(&metadata, "scopes_supported").ok().flatten().unwrap_or_default(),
        // Initiating User Registration via OpenID Connect 1.0 section 4. What cannot be read says nothing.
        prompts: names(&metadata, "prompt_values_supported").ok().flatten(),
        // RFC 9207 section 3: without the member, false.
        iss_parameter_supported: flag(&metadata, "authorization_response_iss_parameter_supported")?,
        ..of_tokens(&metadata, issuer)?
    })
}

/// Judges the answer for whoever only takes access tokens of the issuer. What concerns a sign-in is not looked at: Kubernetes and
/// other issuers of workload tokens have nothing of it, or no addresses.
///
/// # Errors
/// [`DiscoveryFault`]; nothing of a faulty document is used.
pub fn judge_for_tokens(answer: &Response<Bytes>, issuer: &Issuer) -> Result<Provider, DiscoveryFault> {
    of_tokens(&document(answer, issuer)?, issuer)
}

fn document(answer: &Response<Bytes>, issuer: &Issuer) -> Result<Map<String, Value>, DiscoveryFault> {
    let metadata =
        answer::object(answer, MAX_ANSWER_BYTES, MediaType::NoPage).map_err(DiscoveryFault::Answer)?;
    // Section 4.3: equal byte for byte, before anything else in the document means something.
    let found = metadata.get("issuer").and_then(Value::as_str);
    if found != Some(issuer.as_str()) {
        let (expected, found) = (issuer.as_str().to_owned(), found.map(str::to_owned));
        return Err(DiscoveryFault::Issuer { expected, found });
    }
    Ok(metadata)
}

/// What concerns the tokens of an issuer.
fn of_tokens(metadata: &Map<String, Value>, issuer: &Issuer) -> Result<Provider, DiscoveryFault> {
    Ok(Provider {
        jwks_uri: Some(required(metadata, "jwks_uri", issuer, Endpoint::parse)?),
        userinfo_endpoint: endpoint(metadata, "userinfo_endpoint", issuer)?,
        introspection_endpoint: endpoint(metadata, "introspection_endpoint", issuer)?,
        mtls_aliases: mtls_aliases(metadata, issuer)?,
        // Section 3: without the member, client_secret_basic.
        token_endpoint_auth_methods: names(metadata, "token_endpoint_auth_methods_supported")?
            .unwrap_or_else(|| vec![DEFAULT_AUTH_METHOD.to_owned()]),
        ..Provider::unknown(issuer)
    })
}

/// The endpoints of a provider that is not discovered, as the operator wrote them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// `authorization_endpoint`, by [`Endpoint::parse_authorization`].
    pub authorization: Endpoint,
    /// `token_endpoint`
    pub token: Endpoint,
    /// `jwks_uri`
    pub jwks: Endpoint,
    /// `userinfo_endpoint`
    pub userinfo: Option<Endpoint>,
    /// `end_session_endpoint`
    pub end_session: Option<Endpoint>,
    /// `revocation_endpoint`
    pub revocation: Option<Endpoint>,
    /// `introspection_endpoint`
    pub introspection: Option<Endpoint>,
    /// `pushed_authorization_request_endpoint`
    pub pushed_authorization_request: Option<Endpoint>,
}

impl Provider {
    /// A provider of which nothing is known but what the operator wrote; the rest is as the specifications have it for metadata
    /// that leave it out.
    pub fn configured(issuer: &Issuer, endpoints: Endpoints) -> Self {
        Self {
            authorization_endpoint: Some(endpoints.authorization),
            token_endpoint: Some(endpoints.token),
            jwks_uri: Some(endpoints.jwks),
            userinfo_endpoint: endpoints.userinfo,
            end_session_endpoint: endpoints.end_session,
            revocation_endpoint: endpoints.revocation,
            introspection_endpoint: endpoints.introspection,
            pushed_authorization_request_endpoint: endpoints.pushed_authorization_request,
            ..Self::unknown(issuer)
        }
    }

    /// An issuer of access tokens of which nothing is known, and nothing needs to be: its keys, and where tokens are asked about, are
    /// written elsewhere.
    pub fn unknown(issuer: &Issuer) -> Self {
        Self {
            issuer: issuer.clone(),
            authorization_endpoint: None,
            token_endpoint: None,
            jwks_uri: None,
            userinfo_endpoint: None,
            end_session_endpoint: None,
            revocation_endpoint: None,
            introspection_endpoint: None,
            pushed_authorization_request_endpoint: None,
            registration_endpoint: None,
            mtls_aliases: Vec::new(),
            requires_pushed_authorization_requests: false,
            token_endpoint_auth_methods: vec![DEFAULT_AUTH_METHOD.to_owned()],
            id_token_algorithms: Vec::new(),
            scopes: Vec::new(),
            prompts: None,
            iss_parameter_supported: false,
        }
    }

    /// The issuer identifier, equal to the configured one.
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// Where the browser is sent to sign in.
    ///
    /// # Panics
    /// Where only tokens of the issuer are taken ([`judge_for_tokens`]): nobody is sent there to sign in.
    pub fn authorization_endpoint(&self) -> &Endpoint {
        self.authorization_endpoint.as_ref().expect("metadata for a sign-in were judged for one")
    }

    /// Where codes and refresh tokens are redeemed.
    ///
    /// # Panics
    /// As [`Self::authorization_endpoint`].
    pub fn token_endpoint(&self) -> &Endpoint {
        self.token_endpoint.as_ref().expect("metadata for a sign-in were judged for one")
    }

    /// Where the signing keys are; none only of [`Self::unknown`].
    pub fn jwks_uri(&self) -> Option<&Endpoint> {
        self.jwks_uri.as_ref()
    }

    /// Where further claims are, if anywhere.
    pub fn userinfo_endpoint(&self) -> Option<&Endpoint> {
        self.userinfo_endpoint.as_ref()
    }

    /// Where the browser is sent to sign out (RP-Initiated Logout 1.0 section 2.1), if anywhere.
    pub fn end_session_endpoint(&self) -> Option<&Endpoint> {
        self.end_session_endpoint.as_ref()
    }

    /// Where tokens are given up (RFC 7009), if anywhere.
    pub fn revocation_endpoint(&self) -> Option<&Endpoint> {
        self.revocation_endpoint.as_ref()
    }

    /// Where tokens are asked about (RFC 7662), if anywhere.
    pub fn introspection_endpoint(&self) -> Option<&Endpoint> {
        self.introspection_endpoint.as_ref()
    }

    /// Where authorization requests are pushed to (RFC 9126 section 5), if anywhere.
    pub fn pushed_authorization_request_endpoint(&self) -> Option<&Endpoint> {
        self.pushed_authorization_request_endpoint.as_ref()
    }

    /// Whether the provider takes pushed authorization requests only (RFC 9126 section 5).
    pub fn requires_pushed_authorization_requests(&self) -> bool {
        self.requires_pushed_authorization_requests
    }

    /// Where clients are registered (Dynamic Client Registration 1.0 section 3), if anywhere.
    pub fn registration_endpoint(&self) -> Option<&Endpoint> {
        self.registration_endpoint.as_ref()
    }

    /// The address that a client with a certificate uses in place of `endpoint` (RFC 8705 section 5): the alias, or the
    /// endpoint itself.
    pub fn for_mutual_tls<'a>(&'a self, endpoint: &'a Endpoint) -> &'a Endpoint {
        let own = [
            ("token_endpoint", self.token_endpoint.as_ref()),
            ("revocation_endpoint", self.revocation_endpoint.as_ref()),
            ("introspection_endpoint", self.introspection_endpoint.as_ref()),
            ("pushed_authorization_request_endpoint", self.pushed_authorization_request_endpoint.as_ref()),
            ("userinfo_endpoint", self.userinfo_endpoint.as_ref()),
        ];
        let alias = |name| self.mtls_aliases.iter().find(|(alias, _)| *alias == name).map(|(_, at)| at);
        own.iter()
            .find(|(_, own)| *own == Some(endpoint))
            .and_then(|(name, _)| alias(*name))
            .unwrap_or(endpoint)
    }

    /// `token_endpoint_auth_methods_supported`, or its default `client_secret_basic`.
    pub fn token_endpoint_auth_methods(&self) -> &[String] {
        &self.token_endpoint_auth_methods
    }

    /// `id_token_signing_alg_values_supported`; empty if the provider leaves it out.
    pub fn id_token_algorithms(&self) -> &[String] {
        &self.id_token_algorithms
    }

    /// `scopes_supported`; empty if the provider leaves it out.
    pub fn scopes(&self) -> &[String] {
        &self.scopes
    }

    /// Whether it knows that value of `prompt`, as far as it says (`prompt_values_supported`).
    pub fn knows_prompt(&self, value: &str) -> bool {
        self.prompts.as_ref().is_none_or(|known| known.iter().any(|known| known == value))
    }

    /// Whether every authorization response carries `iss` (RFC 9207 section 3).
    pub fn iss_parameter_supported(&self) -> bool {
        self.iss_parameter_supported
    }
}

/// How the text of an endpoint is judged.
type Judge = fn(&str, &Issuer) -> Result<Endpoint, EndpointFault>;

fn required(
    metadata: &Map<String, Value>,
    member: &'static str,
    issuer: &Issuer,
    judge: Judge,
) -> Result<Endpoint, DiscoveryFault> {
    judged(metadata, member, issuer, judge)?.ok_or(DiscoveryFault::Missing { member })
}

fn endpoint(
    metadata: &Map<String, Value>,
    member: &'static str,
    issuer: &Issuer,
) -> Result<Option<Endpoint>, DiscoveryFault> {
    judged(metadata, member, issuer, Endpoint::parse)
}

fn judged(
    metadata: &Map<String, Value>,
    member: &'static str,
    issuer: &Issuer,
    judge: Judge,
) -> Result<Option<Endpoint>, DiscoveryFault> {
    let (found, result) = match metadata.get(member) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => (text.clone(), judge(text, issuer)),
        Some(_) => (String::new(), Err(EndpointFault::NotText)),
    };
    result.map(Some).map_err(|fault| DiscoveryFault::Endpoint { member, found, fault })
}

/// RFC 8705 section 5: an object of endpoints.
fn mtls_aliases(
    metadata: &Map<String, Value>,
    issuer: &Issuer,
) -> Result<Vec<(&'static str, Endpoint)>, DiscoveryFault> {
    let member = "mtls_endpoint_aliases";
    let aliases = match metadata.get(member) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Object(aliases)) => aliases,
        Some(_) => return Err(DiscoveryFault::Form { member, needed: "an object" }),
    };
    let found = |name| Ok(endpoint(aliases, name, issuer)?.map(|at| (name, at)));
    MTLS_ALIASES.iter().filter_map(|name| found(*name).transpose()).collect()
}

fn names(metadata: &Map<String, Value>, member: &'static str) -> Result<Option<Vec<String>>, DiscoveryFault> {
    let list = match metadata.get(member) {
        None | Some(Value::Null) => return Ok(None),
        Some(value) => value.as_array(),
    };
    list.and_then(|list| list.iter().map(|name| name.as_str().map(str::to_owned)).collect())
        .map(Some)
        .ok_or(DiscoveryFault::Form { member, needed: "a list of texts" })
}

fn flag(metadata: &Map<String, Value>, member: &'static str) -> Result<bool, DiscoveryFault> {
    match metadata.get(member) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(value)) => Ok(*value),
        Some(_) => Err(DiscoveryFault::Form { member, needed: "true or false" }),
    }
}

/// `token_endpoint_auth_methods_supported` where it is left out (section 3).
const DEFAULT_AUTH_METHOD: &str = "client_secret_basic";

/// The endpoints at which a client proves itself by its certificate, or is told by it from whoever stole a token.
const MTLS_ALIASES: [&str; 5] = [
    "token_endpoint",
    "revocation_endpoint",
    "introspection_endpoint",
    "pushed_authorization_request_endpoint",
    "userinfo_endpoint",
];
