//! The configuration as used: every rule of docs/configuration.md holds for a [`Config`].

pub mod bearer;
mod check;
pub mod claim_header;
mod claims;
pub mod client_secrets;
pub mod condition;
mod condition_form;
mod cookie;
pub mod entry;
mod file;
mod form;
mod header_names;
pub mod host;
mod kind;
mod names_from_elsewhere;
mod node;
mod overlay;
pub mod passed;
pub mod path_pattern;
mod place;
pub mod preset;
mod problem;
mod reference;
mod report;
pub mod rule;
pub mod source;
mod suggest;
mod tree;

pub use check::check;
pub use cookie::{Cookie, SameSite};
pub use reference::reference;
pub use report::{Notice, Problem, Problems};

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use ipnet::IpNet;
use serde_json::{Map, Value};
use url::Url;

use crate::pages::Pages;
use crate::protocol::authorities::Authorities;
use crate::protocol::backchannel_url::BackchannelUrl;
use crate::protocol::claim_source::ClaimSource;
use crate::protocol::discovery::Provider;
use crate::protocol::endpoint::Endpoint;
use crate::protocol::issuer::Issuer;
use crate::protocol::logout_token::TypRule;
use crate::protocol::registration::Registration;
use crate::protocol::secret::Secret;
use bearer::{BearerTokens, ResourceMetadata};
use claim_header::ClaimHeader;
use host::{Authority, HostPattern, Scheme};
use passed::Passed;
use place::Place;
use preset::Preset;
use problem::Finding;
use rule::Rule;
use source::{Disk, Environment, FileFault};

/// Reads a configuration file, and the environment over it.
///
/// # Errors
/// [`Problems`] holds everything that is wrong with it; nothing is half loaded.
pub fn load(path: &Path) -> Result<(Config, Vec<Notice>), Problems> {
    let name = path.display().to_string();
    let refuse = |finding| Problems::new(&name, vec![Problem::new(Place::File, "", finding)]);
    let contents = source::read(path).map_err(|fault| match (fault, source::folder_of(path)) {
        (FileFault::Missing, Some(folder)) => refuse(Finding::NoFileIn { folder }),
        (fault, _) => refuse(Finding::File(fault)),
    })?;
    let text = str::from_utf8(&contents.bytes).map_err(|error| {
        let lines = contents.bytes[..error.valid_up_to()].iter().filter(|b| **b == b'\n').count();
        refuse(Finding::FileNotText { line: lines + 1 })
    })?;
    check(&name, text, &Environment::of_process(), &Disk::beside(path))
}

/// Everything that the program was told, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// Listeners, trust and limits.
    pub server: ServerConfig,
    /// Where sessions are kept.
    pub store: StoreConfig,
    /// The clients, in the order of the file; at least one.
    pub clients: Vec<Arc<Client>>,
}

/// Where sessions are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreConfig {
    /// In the memory of the process, and nowhere else.
    Memory,
    /// In that file too.
    File(PathBuf),
}

/// The `server` section, and what else is true of the process as a whole.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// Where proxies ask and browsers sign in.
    pub listen: SocketAddr,
    /// Where the operator looks: `/live`, `/ready`, `/metrics`.
    pub admin_listen: SocketAddr,
    /// The peers whose description of the forwarded request is believed. Never empty.
    pub trusted_proxies: Vec<IpNet>,
    /// Connections held open at once on `listen`; peers that are no trusted proxies have a quarter of them.
    pub max_connections: usize,
    /// How long requests under way may take to finish after SIGTERM.
    pub shutdown_grace: Duration,
    /// How log lines are written.
    pub log_format: LogFormat,
    /// How much is logged.
    pub log_level: LogLevel,
    /// Keys for everything sealed: the first seals, all open. Empty: a random one is made at start.
    pub keys: Vec<Secret>,
    /// Sessions kept in memory at once; a login beyond that is refused.
    pub max_sessions: usize,
    /// Logins that one client address may begin a minute.
    pub logins_per_minute_per_address: usize,
    /// Logins that all addresses together may begin a minute.
    pub logins_per_minute: usize,
    /// The segment that `/oidc/{client}/new-token` has in this installation (`AUTH_NEW_TOKEN_PATH`).
    pub new_token_path: String,
    /// What people see, by the templates of `server.pages_folder` where it has them.
    pub pages: Arc<Pages>,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// One line of text.
    Text,
}

/// How much is logged: everything at this level and above.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    /// Only what needs the operator.
    Error,
    /// And what will soon need the operator.
    Warn,
    /// And one line a decision.
    Info,
    /// And what an attempt to find a fault needs.
    Debug,
}

/// One entry under `clients`: a registration at one provider with its hosts, cookie and lifetimes.
#[derive(Clone, Debug)]
pub struct Client {
    /// The key in clients.yaml, and the `{client}` of its addresses: 1 to 32 of `A-Z a-z 0-9 _ -`.
    pub name: String,
    /// The provider, named by its issuer.
    pub issuer: Issuer,
    /// How it is reached, and what is known of it beforehand.
    pub provider: ProviderSettings,
    /// What the client is registered with there.
    pub registration: Registration,
    /// Audiences that an ID token may name beside `client_id`.
    pub audiences: Vec<String>,
    /// How far the provider's clock and ours may be apart, for `exp`, `iat` and `nbf`.
    pub clock_leeway: Duration,
    /// Scheme and authority of `redirect_uri`, without a slash at the end: where browsers reach this program.
    pub origin: String,
    /// The scheme of `origin`; the guarded hosts are reached over the same.
    pub scheme: Scheme,
    /// The forwarded hosts that this client guards, which are also those that a login may return to. At least one.
    pub hosts: Vec<HostPattern>,
    /// Where a person lands who wanted to go nowhere in particular: `/` on the first of `hosts` that is no wildcard, else on
    /// the host of `origin`.
    pub home: Url,
    /// When the provider is asked for claims beside those of the ID token.
    pub userinfo: AskUserinfo,
    /// The provider by name, if it is one of those that are known.
    pub preset: Option<Preset>,
    /// What the preset has set, as it would be written in the file.
    pub from_preset: Vec<String>,
    /// What the claims of a person must say.
    pub admission: Admission,
    /// Claim → header, in the order of the file. The fixed [`SUBJECT_HEADER`] is not among them.
    pub claim_headers: Vec<ClaimHeader>,
    /// Whether the claims of an access token count where neither ID token nor userinfo have them.
    pub access_token_claims: AccessTokenClaims,
    /// What the application gets beside headers of claims.
    pub passed: Passed,
    /// Whether what stands behind `#` in an address is kept over a login.
    pub preserve_fragment: bool,
    /// The origins whose pages may read our own answers, as browsers write them.
    pub cors_origins: Vec<String>,
    /// The session cookie.
    pub cookie: Cookie,
    /// The flow cookie that binds a login to the browser that began it; the same for all clients of one origin.
    pub flow_cookie: Cookie,
    /// How long a session lives.
    pub lifetimes: Lifetimes,
    /// How it stands beside others that guard the same hosts; none: it shares none.
    pub login_choice: Option<LoginChoice>,
    /// Whether a third party may start a login (OpenID Connect Core 1.0 section 4).
    pub initiate_login: bool,
    /// How a session is ended.
    pub logout: Logout,
    /// Who everybody is here, without a sign-in.
    pub testing_profile: Option<TestingProfile>,
    /// Whether there is no sign-in here: then nobody is led to one, and the pages of one are not there.
    pub bearer_only: bool,
    /// The access tokens that are taken in place of a session; none: `Authorization` is the application's.
    pub bearer: Option<BearerTokens>,
    /// What callers may read about this resource.
    pub resource_metadata: Option<ResourceMetadata>,
    /// What is asked of which requests, in order. The last fits every request.
    pub rules: Vec<Rule>,
}

/// A client that guards hosts together with others, at which people may sign in as well.
#[derive(Clone, Debug)]
pub struct LoginChoice {
    /// What people read in the list.
    pub text: String,
    /// The cookie that remembers which of them this browser used last, by its name and nothing else.
    pub cookie: Cookie,
    /// Those of its hosts that others guard too.
    pub hosts: Vec<HostPattern>,
    /// The identity headers of the others that are none of its own: nobody but they may fill them, so its answers have them empty.
    pub headers: Vec<HeaderName>,
    /// Whether answers of one of the others tell the application its `Authorization`: a proxy then takes it from every answer.
    pub tells_authorization: bool,
}

/// `danger_testing_profile`: claims that stand in for a sign-in. Only [`mod@check`] makes one, and only where nothing of the whole
/// configuration can be reached from another machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestingProfile(Map<String, Value>);

impl TestingProfile {
    /// The claims as written; `sub` is a text among them.
    pub const fn claims(&self) -> &Map<String, Value> {
        &self.0
    }
}

/// How a provider is reached, and what is known of it beforehand. Clients of one issuer that agree in all of it share what is
/// learned of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderSettings {
    /// What its metadata must be good for.
    pub purpose: Purpose,
    /// Where its keys are.
    pub keys: KeySource,
    /// The pause between two looks for new keys in the background, halved at most by chance.
    pub keys_refresh: Duration,
    /// A file with a bearer token for whoever asks for metadata and keys, read again each time: the API server of Kubernetes wants
    /// one.
    pub token_file: Option<PathBuf>,
    /// Its metadata as the operator wrote them; none: they are discovered.
    pub metadata: Option<Provider>,
    /// Where it is reached from here; none: where browsers reach it.
    pub backchannel_url: Option<BackchannelUrl>,
    /// The authorities that are believed there; none: those of this system.
    pub ca_file: Option<CaFile>,
    /// Whether its endpoints may be inside of a network although it is outside itself.
    pub private_endpoints: PrivateEndpoints,
}

impl Default for ProviderSettings {
    fn default() -> Self {
        Self {
            purpose: Purpose::SignIn,
            keys: KeySource::Announced,
            keys_refresh: KEYS_REFRESH,
            token_file: None,
            metadata: None,
            backchannel_url: None,
            ca_file: None,
            private_endpoints: PrivateEndpoints::AsIssuer,
        }
    }
}

/// The pause between two looks for new keys where nothing is written.
pub const KEYS_REFRESH: Duration = Duration::from_secs(60 * 60);

/// What the metadata of a provider must be good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// People sign in there.
    SignIn,
    /// Its access tokens are taken; its metadata are asked for before anybody needs them.
    Tokens,
    /// Its access tokens are taken, and all that is needed of it is written in clients.yaml; its metadata are asked for only if
    /// somebody needs them.
    TokensUndiscovered,
}

/// Where the keys of a provider are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// At `jwks_uri` of its metadata.
    Announced,
    /// At this address.
    At(Endpoint),
    /// In this file, which is read again.
    File(PathBuf),
    /// They are not needed: each token is asked about.
    Unneeded,
}

/// A file with the certificates of private authorities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaFile {
    /// Where it is, to be read again.
    pub path: PathBuf,
    /// What it held when the configuration was read.
    pub authorities: Authorities,
}

/// Whether a discovery document may lead to private addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PrivateEndpoints {
    /// If the issuer, or `backchannel_url`, is at one itself.
    #[default]
    AsIssuer,
    /// `danger_private_endpoints: true`: always.
    DangerAllowed,
}

/// When the userinfo endpoint is asked: at a login and at a refresh, never for a single request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskUserinfo {
    /// Always, if the provider has one.
    On,
    /// Never.
    Off,
    /// If the ID token lacks a claim of [`Client::claim_headers`].
    IfMissing,
}

/// Whether the claims of the access token of a login are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessTokenClaims {
    /// Those that nothing else says.
    Taken,
    /// Only where a header asks for them.
    Ignored,
}

/// What the claims of a person must say for a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admission {
    /// `hd` must be one of these, in lower case; empty lets everybody in.
    pub hosted_domains: Vec<String>,
    /// What `email_verified` must say.
    pub email_verified: EmailVerified,
}

/// Whether an e-mail address that the provider has not verified is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailVerified {
    /// Only where `email_verified` is `true`.
    Require,
    /// Not where `email_verified` is there and not `true`, if the application is told the address.
    IfPresent,
    /// Always.
    Ignore,
}

/// The lifetimes of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    /// Ends a session that nobody used for so long.
    pub idle: Duration,
    /// Ends every session after so long, used or not.
    pub absolute: Duration,
    /// How long a session goes on with claims that an unreachable provider could not refresh.
    pub refresh_grace: Duration,
    /// What an access token lives where the provider sends no `expires_in`.
    pub access_token: Duration,
}

/// How a session is ended.
#[derive(Clone, Debug)]
pub struct Logout {
    /// Whether a logout token must say that it is one.
    pub typ: TypRule,
    /// Whether front-channel logouts are taken.
    pub frontchannel: bool,
    /// Whether tokens of a session that its person ends are revoked.
    pub revoke: bool,
    /// `Clear-Site-Data` of the answer that signs out; none leaves it out.
    pub clear_site_data: Option<HeaderValue>,
}

impl Config {
    /// The client of that name, byte for byte.
    pub fn client(&self, name: &str) -> Option<&Arc<Client>> {
        self.clients.iter().find(|client| client.name == name)
    }

    /// The clients at which nobody has to sign in.
    pub fn with_testing_profile(&self) -> impl Iterator<Item = &Arc<Client>> {
        self.clients.iter().filter(|client| client.testing_profile.is_some())
    }

    /// The client that guards that host: one that names it before one whose wildcard covers it, the longest wildcard first. Of several
    /// that people may choose between, the first.
    pub fn client_for_host(&self, authority: &Authority, scheme: Scheme) -> Option<&Arc<Client>> {
        let fitting = self.clients.iter().filter_map(|client| Some((client.fit(authority, scheme)?, client)));
        // Of equal ones the last counts.
        fitting.rev().max_by_key(|(fit, _)| *fit).map(|(_, client)| client)
    }

    /// The clients that guard that host just as this one does, in the order of the file, with this one among them: those between which
    /// people may choose.
    pub fn clients_beside(
        &self,
        client: &Client,
        authority: &Authority,
        scheme: Scheme,
    ) -> impl Iterator<Item = &Arc<Client>> {
        let fit = client.fit(authority, scheme);
        let is_alone = !client.has_choice(authority);
        self.clients.iter().filter(move |other| {
            other.name == client.name || !is_alone && other.fit(authority, scheme) == fit
        })
    }
}

impl ServerConfig {
    /// Whether `danger_trust_every_peer` is in force: strangers could describe a request.
    pub fn trusts_every_peer(&self) -> bool {
        self.trusted_proxies.iter().any(is_everybody)
    }
}

/// Whether a block holds more than any private network: 10.0.0.0/8 and fc00::/7 are the largest.
pub(in crate::config) fn is_everybody(block: &IpNet) -> bool {
    match block {
        IpNet::V4(block) => block.prefix_len() < 8,
        IpNet::V6(block) => block.prefix_len() < 7,
    }
}

impl Client {
    /// Whether any header wants what that source says by itself.
    pub fn tells_from(&self, source: ClaimSource) -> bool {
        self.claim_headers.iter().any(|mapping| mapping.source == source)
    }

    /// Whether this client guards that host.
    pub fn guards(&self, authority: &Authority, scheme: Scheme) -> bool {
        self.hosts.iter().any(|pattern| pattern.matches(authority, scheme))
    }

    /// Whether others guard that host just as this one does, so that people may choose.
    pub fn has_choice(&self, authority: &Authority) -> bool {
        let Some(choice) = &self.login_choice else { return false };
        let fit = self.fit(authority, self.scheme);
        choice
            .hosts
            .iter()
            .any(|pattern| Some(rank(pattern)) == fit && pattern.matches(authority, self.scheme))
    }

    /// How well the best of its hosts fits.
    fn fit(&self, authority: &Authority, scheme: Scheme) -> Option<(bool, usize)> {
        self.hosts.iter().filter(|pattern| pattern.matches(authority, scheme)).map(rank).max()
    }

    /// Whether an `Origin` (RFC 6454 section 7) is a host that this client guards, over the client's scheme.
    pub fn guards_origin(&self, origin: &str) -> bool {
        origin
            .strip_prefix(self.scheme.as_str())
            .and_then(|rest| rest.strip_prefix("://"))
            .and_then(Authority::parse)
            .is_some_and(|authority| self.guards(&authority, self.scheme))
    }

    /// Every identity header of this client, in the order in which they are sent: [`SUBJECT_HEADER`]; where several issuers may speak
    /// [`ISSUER_HEADER`]; where access tokens are taken [`CLIENT_HEADER`]; those of `extra_claim_headers`, and those that only access
    /// tokens fill.
    pub fn identity_headers(&self) -> impl Iterator<Item = &HeaderName> {
        let of_tokens = self.tells_issuer().then_some(&ISSUER_HEADER).into_iter();
        let of_tokens = of_tokens.chain(self.bearer.is_some().then_some(&CLIENT_HEADER));
        let further = self.bearer.iter().flat_map(|bearer| &bearer.further_headers);
        std::iter::once(&SUBJECT_HEADER)
            .chain(of_tokens)
            .chain(self.claim_headers.iter().map(|mapping| &mapping.header))
            .chain(further)
    }

    /// The same, and the others that nobody but us may send.
    pub fn own_headers(&self) -> impl Iterator<Item = &HeaderName> {
        self.identity_headers().chain(self.passed.names())
    }

    /// The same, and those of every client with which this one shares a host: no request brings one, and every answer has them all.
    pub fn guarded_headers(&self) -> impl Iterator<Item = &HeaderName> {
        self.own_headers().chain(self.login_choice.iter().flat_map(|choice| &choice.headers))
    }

    /// Whether the application is told whose word it gets: people of two issuers may have one subject.
    pub const fn tells_issuer(&self) -> bool {
        self.bearer.is_some() || self.login_choice.is_some()
    }

    /// Whether an answer tells the application its `Authorization`.
    pub fn tells_authorization(&self) -> bool {
        self.bearer.as_ref().is_some_and(|tokens| tokens.tells_authorization)
            || self.login_choice.as_ref().is_some_and(|choice| choice.tells_authorization)
    }
}

/// How exactly an entry of `hosts` names those that it is for: a name before a wildcard, the longest wildcard first.
fn rank(pattern: &HostPattern) -> (bool, usize) {
    (!pattern.is_wildcard(), pattern.host().len())
}

/// The path under which a page of a client is: `/oidc/{client}/{page}`.
pub fn own_path(client: &str, page: &str) -> String {
    format!("{OWN_PREFIX}/{client}/{page}")
}

/// The path under which all addresses of this program are that name a client.
pub const OWN_PREFIX: &str = "/oidc";

/// The grammar of a client's name: it stands in paths, in names of cookies and of variables.
pub fn is_client_name(name: &str) -> bool {
    matches!(name.len(), 1..=MAX_CLIENT_NAME)
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

/// Characters of a client's name.
const MAX_CLIENT_NAME: usize = 32;

/// The header that is always sent: the `sub` claim, who the person is at this client's provider.
pub static SUBJECT_HEADER: HeaderName = HeaderName::from_static("x-auth-subject");

/// The header that says whose word the others are, where access tokens are taken or people may choose between clients: two issuers may
/// call two people by one `sub`.
pub static ISSUER_HEADER: HeaderName = HeaderName::from_static("x-auth-issuer");

/// The header that says which client an access token was issued to, where access tokens are taken; empty for a session.
pub static CLIENT_HEADER: HeaderName = HeaderName::from_static("x-auth-client");
