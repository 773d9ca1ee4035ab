//! Every sentence that the configuration can cause, as one set. A sentence says what was found and what is needed; the lines
//! after the first say why and what to write. No sentence holds a secret.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ipnet::IpNet;

use super::condition::{MAX_PATTERN_BYTES as MAX_EXPRESSION_BYTES, PatternFault};
use super::path_pattern::{MAX_PATTERN_BYTES, PathPatternFault};
use super::place::Place;
use super::source::{FileFault, MAX_FILE};
use super::suggest::nearest;
use crate::pages;
use crate::pages::fault::{Mistake, TemplateFault};
use crate::protocol::assertion::AssertionFault;
use crate::protocol::authorities::AuthoritiesFault;
use crate::protocol::endpoint::EndpointFault;
use crate::protocol::private_key::PrivateKeyFault;
use crate::protocol::tls_identity::TlsIdentityFault;

/// What was found, with the facts. Every sentence is in its `Display`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Finding {
    // The file as a whole.
    File(FileFault),
    NoFileIn { folder: String },
    FileNotText { line: usize },
    EmptyFile,
    FileIsNoTable,
    SecondDocument,
    TooDeep(usize),
    TooManyValues(usize),
    Tag,
    KeyIsNoText,
    Tab,
    OpenQuote,
    OpenBracket,
    QuoteIt,
    Quoting,
    Unreadable,

    // Keys and kinds of values.
    // Something inside of it, which is noted already: never part of a problem.
    Said,
    NoSuchSetting { help: String },
    Twice { first: Place },
    Missing { write: String },
    Empty { write: String },
    ListForText,
    TableForText,
    TextForTable,
    ListForTable,
    TableForList,
    TableNeeded { found: &'static str, write: String },
    NoTableNeeded { write: String },
    ListForPath,
    NameNeeded { key: String, name: &'static str },
    TextForList { found: String, write: String },
    NotKnown { found: String, near: Option<&'static str>, write: String },
    NotAFlag(String),
    NotANumber(String),
    OutOfRange { found: usize, limit: usize },
    NoUnit(String),
    NotATime(String),
    NoTime(String),
    TooLong { limit: &'static str },

    // The environment.
    NoSuchVariable { near: Option<String> },
    AmbiguousVariable { one: String, other: String },
    VariableNotText,
    NotAnOrigin(String),
    NotASegment(String),
    SegmentTaken(String),

    // Listeners and trust.
    NameForAddress { found: String, port: String },
    NoPort(IpAddr),
    OnlyAPort(String),
    NotAnAddress(String),
    ListenTwice { found: SocketAddr, other: &'static str },
    NotABlock(String),
    MappedBlock { found: String, write: String },
    HostBits { found: String, network: IpNet, one: IpAddr },
    TrustsStrangers(String),
    NoProxies,
    OnlyLoopbackTrusted { found: SocketAddr },
    EverybodyTrusted { block: String },

    // Templates of pages.
    PagesFolder { found: String, fault: FileFault },
    NoTemplates { found: String },
    TemplateFile { name: String, fault: FileFault },
    Template(TemplateFault),

    // The client and its provider.
    StrangeClientName(String),
    NotAnIssuer { found: String, write: String },
    DocumentForIssuer { found: String, write: String },
    IssuerHasExtras,
    Placeholder { write: String },
    IssuerNotHttps(String),
    DangerHttpIssuer,
    StrangeClientId,
    StrangeScope(String),
    ScopeTwice(String),
    NoOpenid { write: String },
    NotATemplate(String),
    TenantsNeeded,
    EveryTenant { found: String, write: String },
    TenantsUnused,
    NotATenant(String),
    TenantTwice(String),
    TooManyTenants(usize),
    NotABackchannel(String),
    BackchannelHasExtras,
    BackchannelNotHttps(String),
    CaFileUnusable { found: String, fault: AuthoritiesFault },
    DangerPrivateEndpoints,
    EndpointUnfit { found: String, fault: EndpointFault },
    StrangeAudience,
    AudienceIsClient,
    AudienceTwice(String),
    TooManyAudiences(usize),

    NotBetween { from: &'static str, to: &'static str },

    // Access tokens and rules.
    NeedsTables { found: &'static str },
    TooManyIssuers(usize),
    IssuerTwice { first: String },
    SecondOpaque { first: String },
    SecondKeySource,
    StrangeIssuerName(String),
    IssuerSlash { own: String },
    OfOwnIssuer { key: String },
    SharedAlgorithm(String),
    JwksFile { found: String, fault: String },
    IntrospectionAsNobody,
    SecondIntrospectionProof,
    NotACertificateHeader(String),
    ResourceNotHttps(String),
    BearerOnlyWithoutTokens,
    NoSignIn,
    NoSignInForTokens { key: &'static str },
    PathUnfit { found: String, fault: PathPatternFault },
    TooManyRules(usize),
    RuleNeverReached { first: String },
    PathTwice,
    RuleHostElsewhere(String),
    RuleNetworkOfProxies { network: String, proxies: String },
    GroupUnknown { found: String, write: String },
    GroupNotAlone,
    GroupInGroup,
    GroupUnused,
    StepUpBeside { setting: &'static str, write: String },
    ConditionListNeeded,
    TestNeeded { write: String },
    NotAMailDomain(String),
    PatternUnfit { found: String, fault: PatternFault },
    NobodyEnters,
    NotAskedFor { write: String },
    TooManyTexts(usize),
    AudienceOfIdTokens,
    WorkloadUnbound,
    IssuerUnused,
    ResourceElsewhere(String),
    ResourceHasExtras(String),
    StrangeAcr(String),
    TokenHeader(String),

    // What is known of the provider.
    NoSlash { provider: &'static str, write: String },
    Slash { provider: &'static str, write: String },
    NoSuchScope { provider: &'static str, write: String },
    NoHostedDomain { provider: &'static str },
    ClaimLacks { claim: String, provider: &'static str, write: Option<&'static str> },
    VerifiesNoEmail { provider: &'static str },
    NeedsUserinfo { provider: &'static str },
    NotAHostedDomain(String),
    TooManyHostedDomains(usize),
    LogoutEndpoint { what: String },
    EndpointUnused,

    // What is asked of the provider.
    StrangeParameterName(String),
    StrangeParameterValue,
    StrangeWord(String),
    ParameterReserved(String),
    ParameterHasSetting(String),
    ParameterNamedTwice(String),
    ParameterSetAlready(String),
    ParametersTooLong { bytes: usize, limit: usize },
    PromptNoneAlone,
    NotClaims { why: &'static str },
    AcrTwice,

    // Trying out.
    TestingProfile,
    TestingProfileSubject,
    TestingProfileClaim,
    TestingProfileReachable { setting: &'static str, found: String, write: &'static str },

    // Secrets and keys.
    SecondProof { first: &'static str },
    ProofNeeded { add: &'static str },
    ProofUnfit { given: &'static str, methods: &'static str, needs: &'static str },
    Idle { needs: &'static str },
    AlgorithmUnfit { of: &'static str, write: &'static str },
    ShortMacSecret { bytes: usize, needed: usize, algorithm: &'static str },
    StrangeKeyId,
    KeyTwice { kid: String },
    ClientKey { found: String, fault: PrivateKeyFault },
    AssertionKey { found: String, fault: PrivateKeyFault },
    ClientCertificate { found: String, fault: TlsIdentityFault },
    Assertion { found: String, fault: AssertionFault },
    SecretFile(FileFault),
    SecretNotText,
    SecretEmpty,
    SecretHasControl,
    SecretHasBlanks,
    SampleSecret,
    ShortSecret { bytes: usize },
    NoSecretToSign(&'static str),
    SecretTooShortToSign { alg: &'static str, bytes: usize, needed: usize },
    NoVariable(String),
    NoVariableUnnamed,
    KeyFile { found: String, fault: FileFault },
    ShortKey { found: String, bytes: usize, needed: usize },
    PoorKey { found: String },
    OpenToAll,
    StoreWithoutKeys,
    PathOfNoFile,
    NotADecryptionKey { found: String, fault: PrivateKeyFault },
    KeyFileTwice { found: String },
    KeyUnused { found: String, algorithm: &'static str },
    TooManyKeys(usize),
    DecryptionKeyNeeded { algorithm: &'static str },
    EncWithoutAlg { alg: &'static str },
    EncryptedNotSigned,

    // Addresses and hosts.
    NotAnUri { found: String, write: String },
    OriginNotHttps(String),
    NotTheCallback { found: String, needed: String },
    OriginsDisagree { origin: String, domain: String },
    NotAHost(String),
    AddressForHost { found: String, write: String },
    HostNotAscii { found: String, write: String },
    StrangeWildcard(String),
    WildcardOfStrangers(String),
    HostTwice { host: String, first: Place },
    HostTaken { host: String, client: String, first: Place, may_share: bool },
    StrangeLoginChoice { limit: usize },
    LoginChoiceAlone,
    LoginChoiceWithoutRules { client: String },
    LoginChoiceTwice { text: String, client: String, first: Place },
    LoginChoiceElsewhere { origin: String, client: String, other: String, write: String },
    LoginChoiceTokens { client: String },
    LoginChoiceReplaces { client: String },

    // The cookie and the lifetimes.
    NotADomain(String),
    DomainLocalhost,
    DomainOfStrangers(String),
    DomainIsNoParent { domain: String, host: String, write: String },
    HostWithoutPort { host: String, origin: String },
    HostWithoutCookie { host: String, origin: String, write: String },
    CorsEveryOrigin(String),
    CorsNotAnOrigin { found: String, write: Option<String> },
    CorsNotHttps(String),
    CorsTwice(String),
    CorsTooMany { found: usize, limit: usize },
    CookieNameHasPrefix(String),
    StrangeCookieName(String),
    ReservedCookieName(String),
    ReservedClientName(String),
    CookieTaken { name: String, client: String },
    CookieTooLong { bytes: usize, limit: usize },
    IdleBeyondAbsolute { idle: Duration, absolute: Duration },

    // Claims and headers.
    StrangeClaim(String),
    StrangeValue(String),
    NotAHeader(String),
    HeaderFolds { found: String, write: String },
    SubjectHeader,
    HeaderTaken(String),
    HeaderTwice { found: String, first: Place },
    TooManyHeaders(usize),
    HeaderOfAnother { found: String, first: Place },
    AssertionClaim(String),
    AuthorizationOfCallers,
}

impl fmt::Display for Finding {
    #[allow(clippy::too_many_lines)]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let q = quoted;
        match self {
            Self::File(fault) => match fault {
                FileFault::Missing => f.write_str("there is no such file.\nWrite one, or name another: vestibule serve FILE"),
                FileFault::Folder => f.write_str("is a folder, but a file is needed.\nWhere a file to be mounted into a container is missing outside, most tools make a folder."),
                FileFault::TooLarge => write!(f, "has more than {MAX_FILE} bytes. No configuration needs so many."),
                FileFault::Unreadable(reason) => write!(f, "cannot be read: {reason}.\nLet the user that runs vestibule read it."),
            },
            Self::NoFileIn { folder } => write!(f, "there is no such file in {}.\nWrite one, or name another: vestibule serve FILE", q(folder)),
            Self::FileNotText { line } => write!(f, "line {line} is not UTF-8.\nSave the file as UTF-8."),
            Self::EmptyFile => f.write_str("is empty.\nWrite one client: clients: { my_app: { issuer: …, client_id: …, hosts: … } }"),
            Self::FileIsNoTable => f.write_str("the file is no table of settings.\nBegin it with: clients:"),
            Self::SecondDocument => f.write_str("a second document begins here.\nKeep one, and remove the line with ---."),
            Self::TooDeep(limit) => write!(f, "is more than {limit} tables or lists deep. No setting is so deep."),
            Self::TooManyValues(limit) => write!(f, "the file has more than {limit} values, those repeated with * counted each time."),
            Self::Tag => f.write_str("a value begins with !, which YAML reads as a tag, and tags mean nothing here.\nPut the value between quotes: \"!…\""),
            Self::KeyIsNoText => f.write_str("a list or a table stands where the name of a setting is needed.\nWrite a name and a colon before it."),
            Self::Tab => f.write_str("a tab stands where YAML takes only blanks.\nWrite two blanks for each step."),
            Self::OpenQuote => f.write_str("a quote is opened and not closed.\nWrite the same quote at the end of the text."),
            Self::OpenBracket => f.write_str("the brackets [ ] or { } do not fit.\nLook for one that is not closed, or for a missing comma."),
            Self::QuoteIt => f.write_str("a value begins with a character that means something to YAML, such as * & ! % @ or `.\nPut the value between quotes: \"…\""),
            Self::Quoting => f.write_str("a text between quotes has something after it, or a \\ that means nothing.\nBetween single quotes a \\ is a \\."),
            Self::Unreadable => f.write_str("YAML cannot read on from here.\nLook here and in the line before for an open bracket, a missing colon, a missing blank after one, or a line that is not set in like its neighbours."),

            Self::NoSuchSetting { help } => write!(f, "there is no such setting.\n{help}"),
            Self::Twice { first } => write!(f, "is given twice, the first time in {first}.\nKeep one."),
            Self::Missing { write } => write!(f, "is missing.\n{write}"),
            Self::Said => f.write_str("has problems inside."),
            Self::Empty { write } if write.is_empty() => f.write_str("is empty.\nWrite a text, or leave it out."),
            Self::Empty { write } => write!(f, "is empty.\n{write}"),
            Self::ListForText => f.write_str("is a list, but one text is needed.\nWrite one of its items, without the brackets or the dash."),
            Self::TableForText => f.write_str("is a table, but one text is needed.\nIf it is a text with a colon or a brace, put it between quotes: \"…\""),
            Self::TextForTable => f.write_str("is one text, but a table is needed.\nWrite its settings beneath it, each on a line of its own, set in by two blanks."),
            Self::ListForTable => f.write_str("is a list, but a table is needed.\nWrite its settings beneath it without a dash before them."),
            Self::TableForList => f.write_str("is a table, but a list is needed.\nWrite a dash before each item."),
            Self::TableNeeded { found, write } => write!(f, "is {found}, but a table is needed.\n{write}"),
            Self::NoTableNeeded { write } => write!(f, "is a table, but one text is needed.\n{write}"),
            Self::ListForPath => f.write_str("is a list, but one text is needed.\nWrite a rule for each of its items."),
            Self::NameNeeded { key, name } => write!(f, "has {key} straight beneath it, but a name of your choice is needed between.\nWrite one above the settings: {name}: {{ {key}: … }}"),
            Self::TextForList { found, write } => write!(f, "{} is one text, but a list is needed.\nWrite: {write}", q(found)),
            Self::NotKnown { found, near: Some(near), write } => write!(f, "{} is not known. Did you mean {near}?\nWrite {write}.", q(found)),
            Self::NotKnown { found, near: None, write } => write!(f, "{} is not known.\nWrite {write}.", q(found)),
            Self::NotAFlag(found) => write!(f, "{} is neither true nor false.\nWrite true or false.", q(found)),
            Self::NotANumber(found) => write!(f, "{} is not a whole number.\nWrite digits alone, such as 10000.", q(found)),
            Self::OutOfRange { found, limit } => write!(f, "{found} is out of range.\nWrite a number from 1 to {limit}."),
            Self::NoUnit(found) => write!(f, "{found} has no unit.\nWrite 8h, 30m or 90s."),
            Self::NotATime(found) => write!(f, "{} is not a time.\nWrite one number and one unit: 7d, 8h, 30m or 90s.", q(found)),
            Self::NoTime(found) => write!(f, "{} is no time at all.\nWrite 8h, 30m or 90s.", q(found)),
            Self::TooLong { limit } => write!(f, "is more than {limit}.\nWrite {limit} or less."),

            Self::NoSuchVariable { near: Some(near) } => write!(f, "there is no such setting.\nDid you mean {near}?"),
            Self::NoSuchVariable { near: None } => f.write_str("there is no such setting.\nWrite VESTIBULE_ and the path in capitals, such as VESTIBULE_SERVER_LISTEN; clients are named in the file."),
            Self::AmbiguousVariable { one, other } => write!(f, "could mean {one} or {other}.\nRename one of the two, or set it in the file."),
            Self::VariableNotText => f.write_str("is not UTF-8.\nSet it to a text in UTF-8."),
            Self::NotAnOrigin(found) => write!(f, "{} is not where browsers could reach vestibule.\nWrite scheme and host, and nothing after them: https://auth.example.com", q(found)),
            Self::NotASegment(found) => write!(f, "{} is not one part of a path.\nWrite letters, digits, - and _, such as new-token.", q(found)),
            Self::SegmentTaken(found) => write!(f, "{} is the name of another address of vestibule's.\nWrite another, such as new-token.", q(found)),

            Self::NameForAddress { found, port } => write!(f, "{} is a name, but an address is needed.\nWrite 127.0.0.1:{port} (this machine) or 0.0.0.0:{port} (every interface).", q(found)),
            Self::NoPort(address) => write!(f, "\"{address}\" has no port.\nWrite {}.", SocketAddr::new(*address, 8000)),
            Self::OnlyAPort(found) => {
                let port = found.trim_start_matches(['*', ':']);
                write!(f, "{} is only a port.\nWrite 127.0.0.1:{port} (this machine) or 0.0.0.0:{port} (every interface).", q(found))
            }
            Self::NotAnAddress(found) => write!(f, "{} is not an address with a port.\nWrite 127.0.0.1:8000 (this machine) or 0.0.0.0:8000 (every interface).", q(found)),
            Self::ListenTwice { found, other } => write!(f, "\"{found}\" is taken by {other}.\nWrite another port."),
            Self::NotABlock(found) => write!(f, "{} is not an address or a network.\nWrite 10.0.0.7 (one proxy) or 10.0.0.0/8 (all in that network).", q(found)),
            Self::MappedBlock { found, write } => write!(f, "{} is an IPv4 network in the clothes of IPv6, and would never match.\nWrite {write}.", q(found)),
            Self::HostBits { found, network, one } => write!(f, "{} names one address and a network at once.\nWrite {network} (the whole network) or {one} (the one address).", q(found)),
            Self::TrustsStrangers(found) => write!(f, "{} has strangers in it: whoever reaches the port could say what was asked for, and by whom.\nWrite the addresses of your proxies. If nothing but your proxies can reach the port, add danger_trust_every_peer: true.", q(found)),
            Self::NoProxies => f.write_str("is an empty list, so that no proxy could ask anything.\nWrite the addresses of your proxies: trusted_proxies: [10.0.0.0/8]. For proxies on this machine, leave it out."),
            Self::OnlyLoopbackTrusted { found } => write!(f, "{found} can be reached from other machines, but only proxies on this one are believed.\nAdd the addresses of your proxies: trusted_proxies: [10.0.0.0/8]"),
            Self::PagesFolder { found, fault: FileFault::Missing } => write!(f, "{}: there is no such folder.\nWrite the templates that there are into one: vestibule pages {found}", q(found)),
            Self::PagesFolder { found, .. } => write!(f, "{} cannot be read as a folder.\nName a folder, and let the user that runs vestibule read it.", q(found)),
            Self::NoTemplates { found } => write!(f, "{} has no file that ends in .html or .css.\nWrite the templates that there are into it: vestibule pages {found}", q(found)),
            Self::TemplateFile { name, fault } => write!(f, "{}: {}", visible_name(name), file_fault(fault)),
            Self::Template(fault) => template_fault(f, fault),
            Self::EverybodyTrusted { block } => write!(f, "everybody in {block} is believed what was asked for, and by whom.\nSee to it that nothing but your proxies can reach the port."),

            Self::StrangeClientName(found) => write!(f, "{} cannot be the name of a client.\nWrite 1 to 32 letters without accents, digits, _ and -.", q(found)),
            Self::NotAnIssuer { found, write } => write!(f, "{} is not an address.\nWrite the provider's issuer: {write}", q(found)),
            Self::DocumentForIssuer { found, write } => write!(f, "{} is the address of the discovery document.\nWrite what the document has as \"issuer\", most likely: {write}", q(found)),
            Self::IssuerHasExtras => f.write_str("has a user name, a password, a query or a fragment, which an issuer never has.\nWrite the provider's issuer: issuer: https://id.example.com"),
            Self::IssuerNotHttps(found) => write!(f, "{} is not https.\nAnyone on the way could swap the signing keys.\nWrite an https address; http is taken for localhost, names that end in .localhost, and 127.0.0.1.\nFor a provider in a network that nobody else is in, add danger_http_issuer: true.", q(found)),
            Self::Placeholder { write } => write!(f, "has a ${{…}}, which nothing replaces in this file.\n{write}"),
            Self::DangerHttpIssuer => f.write_str("the provider may be asked over http.\nAnyone on the way can swap the signing keys and sign in as anybody."),
            Self::StrangeClientId => write!(f, "has a blank at an end, a line break, or more than 512 bytes.\nWrite the id as the provider shows it."),
            Self::StrangeScope(found) => write!(f, "{} is not a scope.\nWrite printable characters without blanks, quotes and accents.", q(found)),
            Self::ScopeTwice(found) => write!(f, "{} is given twice.\nKeep one.", q(found)),
            Self::NoOpenid { write } => write!(f, "openid is not among them, and without it a provider gives no ID token.\nWrite: {write}"),
            Self::NotATemplate(found) => write!(f, "{} has braces and is no template.\nWrite {{tenantid}} once, between two slashes: issuer: \"https://login.microsoftonline.com/{{tenantid}}/v2.0\"", q(found)),
            Self::TenantsNeeded => f.write_str("is a template, under which everybody with an account anywhere could sign in.\nList the tenants whose people are let in: tenants: [11111111-2222-3333-4444-555555555555]\nFor one tenant, write its own issuer in place of the template."),
            Self::EveryTenant { found, write } => write!(f, "{} is where people of any tenant sign in, and no tenant calls itself that.\nWrite the issuer of your tenant: {write}\nFor several tenants, write {{tenantid}} in that place, between quotes, and list them under tenants.", q(found)),
            Self::TenantsUnused => f.write_str("issuer is no template, so there is nothing to choose from.\nRemove it, or write the template: issuer: \"https://login.microsoftonline.com/{tenantid}/v2.0\""),
            Self::NotATenant(found) => write!(f, "{} is not the id of a tenant.\nWrite 32 digits and small letters from a to f, in the form 11111111-2222-3333-4444-555555555555.", q(found)),
            Self::TenantTwice(found) => write!(f, "{} is given twice.\nKeep one.", q(found)),
            Self::TooManyTenants(limit) => write!(f, "has more than {limit} tenants.\nWrite {limit} or fewer."),
            Self::NotABackchannel(found) => write!(f, "{} is not an address.\nWrite scheme, host and port: backchannel_url: https://keycloak.internal:8443", q(found)),
            Self::BackchannelHasExtras => f.write_str("has a path, a query or a user name, but the provider's own paths are asked for there.\nWrite scheme, host and port: backchannel_url: https://keycloak.internal:8443"),
            Self::BackchannelNotHttps(found) => write!(f, "{} is not https.\nAnyone on the way could read codes and the client secret, and swap the signing keys.\nWrite an https address; http is taken for localhost, names that end in .localhost, and 127.0.0.1.\nFor a provider in a network that nobody else is in, add danger_http_issuer: true.", q(found)),
            Self::CaFileUnusable { found, fault } => write!(f, "{}: {fault}.\nPut the certificates of the authorities there, each from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----.", q(found)),
            Self::DangerPrivateEndpoints => f.write_str("the provider's metadata may lead into your own network.\nWhoever can change them can make vestibule ask services there."),
            Self::EndpointUnfit { found, fault } => write!(f, "{}.\nWrite the address as the provider's documentation has it.", fault.explain(&without_password(found).replace('…', "..."))),
            Self::StrangeAudience => f.write_str("has a blank at an end, a line break, or more than 512 bytes.\nWrite the audience as the provider puts it into aud."),
            Self::AudienceIsClient => f.write_str("is client_id, which is always an audience.\nLeave it out."),
            Self::AudienceTwice(found) => write!(f, "{} is given twice.\nKeep one.", q(found)),
            Self::TooManyAudiences(limit) => write!(f, "has more than {limit} audiences.\nWrite {limit} or fewer."),

            Self::NoSlash { provider, write } => write!(f, "the issuers of {provider} end with a slash, and it counts.\nWrite: {write}"),
            Self::Slash { provider, write } => write!(f, "the issuers of {provider} do not end with a slash, and it counts.\nWrite: {write}"),
            Self::NoSuchScope { provider, write } => write!(f, "{provider} does not know offline_access, and may refuse whoever asks for it.\nWrite: {write}"),
            Self::NoHostedDomain { provider } => write!(f, "the claim hd is Google's, and {provider} has none, so that nobody could sign in.\nRemove it, unless you have {provider} send hd."),
            Self::ClaimLacks { claim, provider, write: Some(write) } => write!(f, "{provider} has no claim {}, so that the header stays empty.\nWrite {write}, unless you have {provider} send this claim.", q(claim)),
            Self::ClaimLacks { claim, provider, write: None } => write!(f, "{provider} has no claim {}, so that the header stays empty.\nRemove it, unless you have {provider} send this claim.", q(claim)),
            Self::VerifiesNoEmail { provider } => write!(f, "{provider} says of every address that it is not verified, unless a scope mapping of yours says otherwise, and nobody can sign in then.\nMake such a mapping, or write email_verified: ignore if nobody can change the own address there. Either way write email_verified, and this is not said again."),
            Self::NeedsUserinfo { provider } => write!(f, "{provider} has most claims in userinfo only, so that headers stay empty.\nWrite on or if_missing, or leave it out."),
            Self::NotAHostedDomain(found) => write!(f, "{} is not a domain.\nWrite the name alone, as Google Workspace has it: hosted_domain: example.com", q(found)),
            Self::TooManyHostedDomains(limit) => write!(f, "has more than {limit} domains.\nWrite {limit} or fewer."),
            Self::LogoutEndpoint { what } => write!(f, "{what}.\nWrite where the provider signs people out: endpoint: https://id.example.com/logout"),
            Self::EndpointUnused => f.write_str("with form: local the provider is not asked, so that this has no use.\nRemove it, or write another form."),

            Self::StrangeParameterName(found) => write!(f, "{} cannot be the name of a parameter.\nWrite at most 64 letters without accents, digits, _, - and dots.", q(found)),
            Self::StrangeParameterValue => f.write_str("has a control character, or more than 1024 bytes.\nWrite a shorter value on one line."),
            Self::StrangeWord(found) => write!(f, "{} has a blank, an accent, a control character, or more than 1024 bytes.\nWrite the value as the provider's documentation has it.", q(found)),
            Self::ParameterReserved(found) => write!(f, "{} is none that may be set here: it would change what protects the login.\nRemove it.", q(found)),
            Self::ParameterHasSetting(found) => write!(f, "{} has a setting of its own, whose answer is checked.\nWrite it under authorization, beside parameters.", q(found)),
            Self::ParameterNamedTwice(found) => write!(f, "{} is given twice.\nKeep one.", q(found)),
            Self::ParameterSetAlready(found) => write!(f, "{} is set in this table, and no login address may change that.\nKeep the value, or the name in from_login_url.", q(found)),
            Self::ParametersTooLong { bytes, limit } => write!(f, "the parameters have {bytes} bytes in an address, at most {limit} fit.\nWrite fewer, or let them be sent straight: pushed: always"),
            Self::PromptNoneAlone => f.write_str("none cannot stand beside another value.\nKeep none, or remove it."),
            Self::NotClaims { why } => write!(f, "{why}.\nWrite: claims: {{ id_token: {{ acr: {{ essential: true, values: [mfa] }} }} }}"),
            Self::AcrTwice => f.write_str("acr is asked for by acr_values and by claims, and providers differ in which of them counts.\nKeep one."),

            Self::TestingProfile => f.write_str("nobody has to sign in here: whoever asks is the person of this profile.\nRemove it when you are done."),
            Self::TestingProfileSubject => f.write_str("has no claim sub of 1 to 255 printable ASCII characters, which says who the person is.\nWrite: danger_testing_profile: { sub: alice, email: alice@example.com }"),
            Self::TestingProfileClaim => f.write_str("is about a token, and there is none.\nRemove it."),
            Self::TestingProfileReachable { setting, found, write } => write!(f, "{setting} is {}, which is not this machine alone, and there nobody would have to sign in.\n{write}, or remove danger_testing_profile.", q(found)),

            Self::SecondProof { first } => write!(f, "{first} is given too, and a client proves itself in one way.\nKeep one of client_secret, client_secret_file, client_secret_env, client_key_file, client_certificate_file and client_assertion_file."),
            Self::ProofNeeded { add } => write!(f, "what this method proves the client by is not given.\nAdd {add}."),
            Self::ProofUnfit { given, methods, needs: "nothing" } => write!(f, "{given} is given, which this method does not use.\nWrite {methods}, or remove {given}."),
            Self::ProofUnfit { given, methods, needs } => write!(f, "{given} is given, which this method does not use.\nWrite {methods}, or in place of {given} give {needs}."),
            Self::Idle { needs } => write!(f, "does nothing without {needs}.\nAdd that, or leave this out."),
            Self::AlgorithmUnfit { of, write } => write!(f, "is no algorithm of {of}.\nWrite {write}."),
            Self::ShortMacSecret { bytes, needed, algorithm } => write!(f, "the secret has {bytes} bytes, and {algorithm} needs at least {needed} (RFC 7518 section 3.2).\nLet the provider make a longer one, or use another method."),
            Self::StrangeKeyId => f.write_str("has a control character, or more than 256 bytes.\nWrite the id of the key as the provider shows it, or leave it out."),
            Self::KeyTwice { kid } => write!(f, "the key {} is among the others already.\nKeep one, or name them apart by the kid of a JWK.", q(kid)),
            Self::ClientKey { found, fault: fault @ PrivateKeyFault::Algorithm(_) } => write!(f, "{}: {fault}.\nWrite one that goes with the key, or leave token_endpoint_auth_signing_alg out.", q(found)),
            Self::ClientKey { found, fault } => write!(f, "{}: {fault}.\nMake one with: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out client_key.pem", q(found)),
            Self::AssertionKey { found, fault: PrivateKeyFault::Algorithm(_) } => write!(f, "{}: the key is none on P-256, by which assertions are signed (ES256).\nMake one with: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out assertion.pem", q(found)),
            Self::AssertionKey { found, fault } => write!(f, "{}: {fault}.\nMake one with: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out assertion.pem", q(found)),
            Self::ClientCertificate { found, fault } => write!(f, "{}: {fault}.\nWrite certificate, chain and key in PEM, the client's own certificate first; the key may be in client_certificate_key_file.", q(found)),
            Self::Assertion { found, fault } => write!(f, "{}: the file holds no assertion: {fault}.\nName the file in which the platform keeps a signed JWT for this client.", q(found)),
            Self::SecretFile(fault) => write!(f, "{}", file_fault(fault)),
            Self::SecretNotText => f.write_str("the secret is not UTF-8.\nLook whether it is the right file: a provider gives secrets as text."),
            Self::SecretEmpty => f.write_str("the secret is empty.\nWrite the secret that the provider gave."),
            Self::SecretHasControl => f.write_str("the secret has a line break or another control character inside.\nWrite the secret alone, on one line."),
            Self::SecretHasBlanks => f.write_str("the secret has a blank at its beginning or end.\nWrite the secret as the provider shows it."),
            Self::SampleSecret => f.write_str("the secret is one that stands in examples, and everybody knows it.\nWrite the secret that the provider gave."),
            Self::ShortSecret { bytes } => write!(f, "the secret has only {bytes} bytes, which can be guessed.\nLet the provider make a longer one."),
            Self::NoSecretToSign(alg) => write!(f, "{alg} signs with the client secret, but none is given.\nWrite the algorithm that the client is registered with at the provider, most likely RS256, or add the secret."),
            Self::SecretTooShortToSign { alg, bytes, needed } => write!(f, "{alg} signs with the client secret, which has {bytes} bytes; at least {needed} are needed.\nWhoever has one token could try out shorter ones. Let the provider make a longer secret, or sign with RS256."),
            Self::NoVariable(name) => write!(f, "the environment has no {name}.\nSet it, or name another variable."),
            Self::NoVariableUnnamed => f.write_str("the environment has no variable of that name.\nWrite the name of a variable, not the secret: client_secret_env: CLIENT_SECRET"),
            Self::KeyFile { found, .. } if is_content(found) => f.write_str("what is in a file stands here, but its name is needed.\nPut it into a file that only the user who runs vestibule can read, and write the name of that file."),
            Self::KeyFile { found, fault } => write!(f, "{}: {}", q(found), file_fault(fault)),
            Self::ShortKey { found, bytes, needed } => write!(f, "{}: the file holds {bytes} bytes, at least {needed} are needed.\nMake one with: vestibule keygen session.key", q(found)),
            Self::PoorKey { found } => write!(f, "{}: the file holds the same few bytes again and again.\nMake one with: vestibule keygen session.key", q(found)),
            Self::StoreWithoutKeys => f.write_str("what is kept is sealed, and with a key that is made anew at each start nothing of it would open again.\nMake one with: vestibule keygen session.key, and write: server: { key_files: [session.key] }"),
            Self::PathOfNoFile => f.write_str("there is no file where sessions are kept in memory.\nWrite kind: file beside it, or leave path out."),
            Self::OpenToAll => f.write_str("everybody on this machine can read the file.\nTake that right away: chmod o= FILE"),
            Self::NotADecryptionKey { found, fault } => write!(f, "{}: {fault}.\nMake one with: openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out decryption.pem", q(found)),
            Self::KeyFileTwice { found } => write!(f, "{}: the key has the name of one before it, or is the same.\nName each file once, and give each JWK a kid of its own.", q(found)),
            Self::KeyUnused { found, algorithm } => write!(f, "{}: the key is for {algorithm}, but nothing is agreed to be encrypted by that.\nWrite id_token_encrypted_response_alg: {algorithm}, or remove the file from the list.", q(found)),
            Self::TooManyKeys(limit) => write!(f, "has more than {limit} keys.\nWrite the new one and those that the provider may still use."),
            Self::DecryptionKeyNeeded { algorithm: algorithm @ "ECDH-ES" } => write!(f, "{algorithm} needs a key on P-256 or P-384, but there is none in decryption_key_files.\nMake one with: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out decryption.pem"),
            Self::DecryptionKeyNeeded { algorithm } => write!(f, "{algorithm} needs an RSA key, but there is none in decryption_key_files.\nMake one with: openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out decryption.pem"),
            Self::EncWithoutAlg { alg } => write!(f, "{alg} is not given, and one means nothing without the other.\nWrite: {alg}: RSA-OAEP-256, or remove this."),
            Self::EncryptedNotSigned => f.write_str("userinfo_signed_response_alg is not given, but anybody can encrypt to a public key.\nLet the provider sign userinfo too, and write: userinfo_signed_response_alg: RS256"),

            Self::NotAnUri { found, write } => write!(f, "{} is not an address.\nWrite: {write}", q(found)),
            Self::OriginNotHttps(found) => write!(f, "{} is not https.\nAnyone on the way could take the session over.\nWrite an https address; http is taken for localhost, names that end in .localhost, and 127.0.0.1.", q(found)),
            Self::NotTheCallback { found, needed } => write!(f, "{} is not the address at which this client waits for the provider.\nWrite: redirect_uri: {needed}", q(found)),
            Self::OriginsDisagree { origin, domain } => write!(f, "is on \"{origin}\", but AUTH_DOMAIN says \"{domain}\".\nMake them agree, or keep one."),
            Self::NotAHost(found) => write!(f, "{} is not a host.\nWrite app.example.com, app.example.com:8443 or *.apps.example.com.", q(found)),
            Self::AddressForHost { found, write } => write!(f, "{} is an address, but a host is needed.\nWrite {write}.", q(found)),
            Self::HostNotAscii { found, write } => write!(f, "{} has letters that a request cannot have.\nWrite {write}.", q(found)),
            Self::StrangeWildcard(found) => write!(f, "{} has a * in the wrong place.\nWrite *. at the beginning, before a name: *.apps.example.com", q(found)),
            Self::WildcardOfStrangers(found) => write!(f, "{} has hosts of strangers in it, and a login could lead there.\nWrite a name of yours: *.apps.example.com", q(found)),
            Self::HostTwice { host, first } => write!(f, "{} is given twice, the first time in {first}.\nKeep one.", q(host)),
            Self::HostTaken { host, client, first, may_share: true } => write!(f, "{} already belongs to clients.{client} ({first}).\nEach host has one client. If people are to choose between the two, give each a login_choice.", q(host)),
            Self::HostTaken { host, client, first, may_share: false } => write!(f, "{} already belongs to clients.{client} ({first}).\nEach host has one client.", q(host)),
            Self::StrangeLoginChoice { limit } => write!(f, "has a control character, a blank at an end, or more than {limit} characters.\nWrite what people know the account by, on one line: login_choice: Company account"),
            Self::LoginChoiceAlone => f.write_str("no other client with a login_choice guards a host of this one, so nobody is asked.\nWrite the same hosts at the other client, or leave this out."),
            Self::LoginChoiceWithoutRules { client } => write!(f, "clients.{client} guards the same host by rules, and this client has none: whoever signs in here is let in everywhere.\nWrite rules here too; rule_groups have those that both share."),
            Self::LoginChoiceTwice { text, client, first } => write!(f, "{} is what clients.{client} is called too ({first}), and people could not tell them apart.\nWrite what tells this one from it.", q(text)),
            Self::LoginChoiceElsewhere { origin, client, other, write } => write!(f, "is on \"{origin}\", but clients.{client} guards the same host and is on \"{other}\".\nThe page where people choose is at one address. Write: {write}, and register it at the provider."),
            Self::LoginChoiceReplaces { client } => write!(f, "clients.{client} guards the same host and differs in strip_cookie or in access_token_header: Authorization, which the proxy copies from every answer.\nWrite the same for both."),
            Self::LoginChoiceTokens { client } => write!(f, "clients.{client} guards the same host and takes access tokens there already; a token could not say which of the two is meant.\nPut all tables into one of them: each may have an issuer of its own."),

            Self::NotADomain(found) => write!(f, "{} is not a domain.\nBrowsers take names only, without port, scheme, path or address. Write: domain: example.com", q(found)),
            Self::DomainLocalhost => f.write_str("\"localhost\" is a domain for which browsers keep no cookie.\nLeave it out, and give each host a client of its own."),
            Self::DomainOfStrangers(found) => write!(f, "{} is a domain under which strangers have names, and for which browsers keep no cookie.\nWrite one of yours: domain: example.com", q(found)),
            Self::DomainIsNoParent { domain, host, write } => write!(f, "{} is not a parent of host {}, so the browser would not send the cookie.\n{write}", q(domain), q(host)),
            Self::HostWithoutPort { host, origin } => write!(f, "{} means its usual port, but redirect_uri is on {}.\nIf the application is at that port too, write {origin}.", q(host), q(origin)),
            Self::HostWithoutCookie { host, origin, write } => write!(f, "{} is not the host of redirect_uri, {}, so the browser would not send the cookie and each login would end in the next.\n{write}", q(host), q(origin)),
            Self::CorsEveryOrigin(found) => write!(f, "{} stands for pages of strangers, which could read who is signed in.\nWrite each origin of yours: origins: [https://spa.example.com]", q(found)),
            Self::CorsNotAnOrigin { found, write: Some(write) } => write!(f, "{} is not an origin as browsers write it.\nWrite {write}.", q(found)),
            Self::CorsNotAnOrigin { found, write: None } => write!(f, "{} is not an origin.\nWrite scheme and host, and nothing after them: https://spa.example.com", q(found)),
            Self::CorsNotHttps(found) => write!(f, "{} is not https.\nAnyone on the way could put a page there that reads who is signed in.\nWrite an https address; http is taken for localhost, names that end in .localhost, and 127.0.0.1.", q(found)),
            Self::CorsTwice(found) => write!(f, "{} is given twice.\nKeep one.", q(found)),
            Self::CorsTooMany { found, limit } => write!(f, "has {found} origins, and at most {limit} are taken.\nWrite those whose pages ask."),
            Self::CookieNameHasPrefix(found) => write!(f, "{} begins with __, but the prefix is put before it where it can be.\nWrite: name: {}", q(found), bare_cookie_name(found)),
            Self::StrangeCookieName(found) => write!(f, "{} cannot be the name of a cookie here.\nWrite 1 to 64 letters without accents, digits, _, - and dots.", q(found)),
            Self::ReservedCookieName(found) => write!(f, "{} is the name of a cookie of vestibule's own.\nWrite another.", q(found)),
            Self::ReservedClientName(found) => write!(f, "a session of {} would have the name of a cookie of vestibule's own.\nRename the client, or add cookie: {{ name: another }}.", q(found)),
            Self::CookieTaken { name, client } => write!(f, "{} is already the cookie of clients.{client}, and browsers would mix them up.\nWrite another name.", q(name)),
            Self::CookieTooLong { bytes, limit } => write!(f, "the cookie has {bytes} bytes with its attributes, at most {limit} are sent.\nWrite a shorter cookie.name."),
            Self::IdleBeyondAbsolute { idle, absolute } => write!(f, "{} is more than session.absolute, {}.\nWrite {} or less.", time(*idle), time(*absolute), time(*absolute)),

            Self::NotBetween { from, to } => write!(f, "is not between {from} and {to}.\nWrite {from} or more, and {to} or less."),

            Self::NeedsTables { found } => write!(f, "is {found}, but a list of tables is needed.\nWrite each item without a name, and with a dash before it: - {{ path: /api/*, bearer: required }}"),
            Self::TooManyIssuers(limit) => write!(f, "has more than {limit} issuers.\nWrite {limit} or fewer."),
            Self::IssuerTwice { first } => write!(f, "has the issuer of {first}, and a token of it would be held to only one of the two.\nPut both into one table: it may have several audiences."),
            Self::SecondOpaque { first } => write!(f, "{first} is asked about tokens too, and a token that is no JWT does not say whose it is: one issuer would see the tokens of the other.\nAsk one of them, and give the other a client of its own."),
            Self::StrangeIssuerName(found) => write!(f, "{} cannot be a name here.\nWrite a name of your choice, 1 to 32 letters without accents, digits, _ and -, and beneath it the address: main: {{ issuer: https://id.example.com, audiences: [https://api.example.com] }}", q(found)),
            Self::IssuerSlash { own } => write!(f, "differs from the client's own, {}, by the slash at its end only, and providers have one of the two.\nWrite it as the provider does. If it is the client's own, leave it out here.", q(own)),
            Self::OfOwnIssuer { key } => write!(f, "does nothing here without issuer: how the client's own issuer is reached stands at the client.\nMove it there, beside issuer: {key}, or add the issuer here."),
            Self::SharedAlgorithm(found) => write!(f, "{} signs with a secret, so that the API could make tokens as well as the issuer.\nWrite what the issuer signs by with a key, such as RS256.", q(found)),
            Self::SecondKeySource => f.write_str("jwks_file is given too, and keys come from one place.\nKeep one."),
            Self::JwksFile { found, fault } => write!(f, "{}: the file holds no key set: {fault}.\nPut the issuer's keys there as it publishes them: {{\"keys\": [ … ]}}", q(found)),
            Self::IntrospectionAsNobody => f.write_str("the issuer is to be asked about tokens, but nothing says as whom.\nAdd what it gave your API: introspection_client: { client_id: my-api, client_secret_file: api.secret }"),
            Self::SecondIntrospectionProof => f.write_str("another proof is given too, and vestibule asks in one way.\nKeep one."),
            Self::NotACertificateHeader(found) => write!(f, "{} cannot be the header in which a proxy passes a certificate.\nWrite a name that nothing else has, of letters, digits and -: X-Client-Cert", q(found)),
            Self::ResourceNotHttps(found) => write!(f, "{} is not https.\nWrite an https address; http is taken for localhost, names that end in .localhost, and 127.0.0.1.", q(found)),
            Self::BearerOnlyWithoutTokens => f.write_str("nobody could get in: there is no sign-in, and no access token is taken.\nAdd: bearer: { main: { audiences: [https://api.example.com] } }"),
            Self::NoSignIn => f.write_str("does nothing with bearer_only: true, for nobody signs in here.\nRemove one of the two."),
            Self::NoSignInForTokens { key } => write!(f, "is for a sign-in, and with bearer_only: true nobody signs in here.\nMove it under bearer, if it is meant for tokens: bearer: {{ main: {{ {key}: … }} }}"),
            Self::PathUnfit { found, fault } => write!(f, "{} {}", q(found), path_fault(fault)),
            Self::TooManyRules(limit) => write!(f, "has more than {limit} rules.\nWrite {limit} or fewer."),
            Self::RuleNeverReached { first } => write!(f, "is never reached: {first} fits every request that this one fits.\nMove it before that rule, or remove it."),
            Self::PathTwice => f.write_str("stands beside path, and a rule has one of the two.\nKeep one."),
            Self::RuleHostElsewhere(found) => write!(f, "{} is none of the hosts of this client, so that the rule would never count.\nWrite one of them, or add it to hosts of the client.", q(found)),
            Self::RuleNetworkOfProxies { network, proxies } => write!(f, "{} and server.trusted_proxies ({}) overlap: where a proxy stands before another one, or names nobody, its own address counts as the client's, and everybody comes from there.\nWrite only the addresses of your proxies under trusted_proxies, and the networks of people here.", q(network), q(proxies)),
            Self::GroupUnknown { found, write } => write!(f, "{} is no group of rules.\n{write}", q(found)),
            Self::GroupNotAlone => f.write_str("stands beside other settings, and a group of rules has its own.\nWrite it as an item of its own: - { group: … }"),
            Self::GroupInGroup => f.write_str("names a group inside of a group.\nWrite the rules here, or name both groups at the client."),
            Self::GroupUnused => f.write_str("is used by no client, so that its rules guard nothing.\nAdd - { group: … } to the rules of a client, or remove it."),
            Self::StepUpBeside { setting, write } => write!(f, "asks the provider for less, or for something else, than {setting} asks at every login.\n{write}"),
            Self::ConditionListNeeded => f.write_str("needs a list of conditions.\nWrite: [{ groups: { any: [admins] } }, { department: { equals: it } }]"),
            Self::TestNeeded { write } => write!(f, "names no test.\nWrite: {write}"),
            Self::NotAMailDomain(found) => write!(f, "{} is no domain.\nWrite what stands behind the @: domain: [example.com]", q(found)),
            Self::PatternUnfit { found, fault } => write!(f, "{} {}", q(found), pattern_fault(fault)),
            Self::NobodyEnters => f.write_str("nobody could get in: at a client with bearer_only: true there are no sessions.\nWrite required, or leave it out."),
            Self::NotAskedFor { write } => write!(f, "sessions are held to it too, but the provider is not asked for it, so that signing in again may not help.\nAdd {write}, or write bearer: required."),
            Self::TooManyTexts(limit) => write!(f, "has more than {limit} items.\nWrite {limit} or fewer."),
            Self::AudienceOfIdTokens => f.write_str("is client_id, and ID tokens are for that too: with profile: jwt only their other claims tell them from access tokens.\nLet the issuer put a name of your API into aud, and write that; or write profile: rfc9068, if it can."),
            Self::WorkloadUnbound => f.write_str("nobody could get in: the tokens of workloads are bound to no key, and with dpop: required no others are taken.\nWrite dpop: accepted, or give this issuer a client of its own."),
            Self::IssuerUnused => f.write_str("is not used: each table of bearer has an issuer of its own, and nobody signs in here.\nRemove it, or leave out the issuer of a table that is meant for it."),
            Self::ResourceElsewhere(found) => write!(f, "{} is on a host that this client does not guard, and callers look there for what is written here.\nWrite an address on one of hosts, or add its host to them.", q(found)),
            Self::ResourceHasExtras(found) => write!(f, "{} has a user, a query or a fragment, and the name of a resource has none.\nWrite scheme, host and path alone: resource: https://api.example.com", q(found)),
            Self::StrangeAcr(found) => write!(f, "{} cannot stand in a challenge.\nWrite printable characters without blanks, quotes and accents.", q(found)),
            Self::TokenHeader(found) => write!(f, "{} is sent by itself where access tokens are taken.\nWrite another name.", q(found)),

            Self::StrangeClaim(found) => write!(f, "{} is not the path of a claim.\nWrite names with a dot between each two: realm_access.roles", q(found)),
            Self::StrangeValue(found) => write!(f, "{} begins or ends with a blank, or has a control character, which no header carries.\nWrite it without.", q(found)),
            Self::NotAHeader(found) => write!(f, "{} cannot be the name of a header.\nWrite at most 64 letters without accents, digits and -, such as X-User-Email.", q(found)),
            Self::HeaderFolds { found, write } => write!(f, "{} has a _ or a dot, which some servers read as -, so that two headers could be one.\nWrite {write}.", q(found)),
            Self::SubjectHeader => f.write_str("X-Auth-Subject is always sent, and holds the claim sub.\nWrite another name."),
            Self::HeaderTaken(found) => write!(f, "{} means something else on the way to the application.\nWrite a name of your own, such as X-User-Email.", q(found)),
            Self::HeaderTwice { found, first } => write!(f, "{} is given twice, the first time in {first}.\nEach claim has its own header.", q(found)),
            Self::TooManyHeaders(limit) => write!(f, "has more than {limit} headers.\nWrite {limit} or fewer."),
            Self::HeaderOfAnother { found, first } => write!(f, "{} is another header already, in {first}.\nWrite another name.", q(found)),
            Self::AuthorizationOfCallers => f.write_str("with bearer, callers bring access tokens of their own in Authorization, and the application could not tell whose it gets.\nWrite another name: access_token_header: X-Auth-Access-Token"),
            Self::AssertionClaim(found) => write!(f, "{} is said by vestibule in every assertion, and cannot be a claim of the person's beside.\nRemove it.", q(found)),
        }
    }
}

/// What is wrong with a path, and what to write.
fn path_fault(fault: &PathPatternFault) -> String {
    use PathPatternFault as Fault;
    let quoted = |text: &str| quoted(text);
    match fault {
        Fault::Empty => "is empty.\nWrite: path: /api/*".to_owned(),
        Fault::TooLong { bytes } => format!("has {bytes} bytes.\nWrite at most {MAX_PATTERN_BYTES}."),
        Fault::NoSlash => {
            "does not begin with a slash.\nWrite a path: /api/*. For a regular expression write path_regex."
                .to_owned()
        }
        Fault::Star { segment } => format!(
            "has ** in {}.\nWrite one * for the rest of a segment, as in /files/*.pdf, or ** alone between two slashes, for any number of segments.",
            quoted(segment)
        ),
        Fault::StarAtTheEnd { segment } => format!(
            "ends in {}, by which some mean everything beneath and some a single name.\nFor everything beneath write * alone behind the last slash: /api/*. For names that begin alike write path_regex: /api[^/]*",
            quoted(segment)
        ),
        Fault::Regex(fault) => pattern_fault(fault),
        Fault::DoubledSlash => "has two slashes in a row, which some read as one.\nWrite one.".to_owned(),
        Fault::NotOfThePath { sign } => format!("has a {sign}, which ends a path.\nWrite the path alone."),
        Fault::DotSegment { segment } => {
            format!(
                "has the step {}, which proxies resolve.\nWrite the path that comes of it.",
                quoted(segment)
            )
        }
        Fault::SegmentEnd { segment } => format!(
            "has {}, of which some leave away the dot or blank at its end.\nA rule cannot be for such a path.",
            quoted(segment)
        ),
        Fault::ReadDifferently { sign } => {
            format!("has {}, which not everybody reads alike.\nName the path above it: /api/*", quoted(sign))
        }
        Fault::NeedsEscape { sign, escape } => {
            format!(
                "has {}, which no path has as it is.\nWrite {escape} in its place. For a regular expression write path_regex.",
                quoted(&sign.to_string())
            )
        }
        Fault::BrokenEscape => {
            "has a % without two hexadecimal digits behind it.\nWrite the path as a browser sends it."
                .to_owned()
        }
        Fault::NeedlessEscape { escape, sign } => {
            format!("has {escape}, which is {}.\nWrite it as it is.", quoted(&sign.to_string()))
        }
        Fault::EscapeReadDifferently { escape } => {
            format!("has {escape}, which not everybody reads alike.\nName the path above it: /api/*")
        }
    }
}

fn pattern_fault(fault: &PatternFault) -> String {
    match fault {
        PatternFault::TooLong { bytes } => {
            format!("has {bytes} bytes.\nWrite at most {MAX_EXPRESSION_BYTES}.")
        }
        PatternFault::TooLarge => {
            "would take too much memory: it repeats repetitions.\nWrite it with fewer numbers in braces."
                .to_owned()
        }
        PatternFault::Syntax(why) => format!(
            "is no regular expression: {why}.\nWrite it in RE2's syntax: neither look-around nor back references."
        ),
    }
}

/// File and line of the template, what is wrong there, and what to write.
fn template_fault(f: &mut fmt::Formatter<'_>, fault: &TemplateFault) -> fmt::Result {
    f.write_str(&visible_name(&fault.file))?;
    if let Some(line) = fault.line {
        write!(f, ":{line}")?;
    }
    f.write_str(": ")?;
    match &fault.what {
        Mistake::NoSuchPage => match nearest(&fault.file, pages::files()) {
            Some(near) => write!(f, "there is no such page. Did you mean {near}?\nA file that other templates include begins with _."),
            None => f.write_str("there is no such page.\nThe names are in docs/pages.md; a file that other templates include begins with _."),
        },
        Mistake::Syntax(why) => write!(f, "the template cannot be read: {why}.\nLook here for a {{% … %}} or {{{{ … }}}} that is not closed; {{% if %}}, {{% for %}} and {{% block %}} each need an end."),
        Mistake::NoSuchVariable { name } => match nearest(name, pages::variables().iter().map(String::as_str)) {
            Some(near) => write!(f, "there is no variable {}. Did you mean {near}?", quoted(name)),
            None => write!(f, "there is no variable {}.\nThe variables are in docs/pages.md.", quoted(name)),
        },
        Mistake::Unrenderable(why) => write!(f, "the page cannot be made: {why}.\nThe filters and functions are those of MiniJinja; a file that is included is in the same folder."),
        Mistake::Forbidden(what) => write!(f, "has {what}, which the Content-Security-Policy of every page forbids.\nRemove it; what a page looks like stands in style.css."),
        Mistake::NotShown(name) => write!(f, "does not show {name}, which people need there.\nWrite {{{{ {name} }}}}, and see that it stands in a block that layout.html has.", ),
        Mistake::NotEscaped => f.write_str("shows a value without escaping it.\nWrite values with {{ … }} alone."),
        Mistake::Misplaced(place) => write!(f, "has a value in {place}, where escaping does not keep it from being markup.\nWrite values in text, or in an attribute between quotes: href=\"{{{{ … }}}}\"."),
        Mistake::EndsStyle => f.write_str("has </style, which would end the style sheet.\nRemove it."),
    }
}

/// The name of a file in a folder that somebody else may have filled.
fn visible_name(name: &str) -> String {
    name.chars().take(MAX_QUOTE).flat_map(char::escape_debug).collect()
}

fn file_fault(fault: &FileFault) -> String {
    match fault {
        FileFault::Missing => {
            "there is no such file.\nA path without / at its beginning is meant from the folder of this file."
                .to_owned()
        }
        FileFault::Folder => "is a folder, but a file is needed.".to_owned(),
        FileFault::TooLarge => format!("the file has more than {MAX_FILE} bytes, and cannot be meant."),
        FileFault::Unreadable(reason) => {
            format!("the file cannot be read: {reason}.\nLet the user that runs vestibule read it.")
        }
    }
}

/// What was found, on one line, without a password that stands in an address.
fn quoted(found: &str) -> String {
    let shown = without_password(found);
    let mut text: String = shown.chars().take(MAX_QUOTE).flat_map(char::escape_debug).collect();
    if shown.chars().count() > MAX_QUOTE {
        text.push('…');
    }
    format!("\"{text}\"").replace("\\'", "'")
}

/// Whether somebody wrote a key or a token where the name of its file belongs. It is not shown then.
fn is_content(found: &str) -> bool {
    found.contains(['\n', '{']) || found.contains("-----BEGIN") || found.starts_with("eyJ")
}

fn without_password(found: &str) -> String {
    match (found.find("://"), found.rfind('@')) {
        (Some(scheme), Some(at)) if scheme + 3 <= at => format!("{}…{}", &found[..scheme + 3], &found[at..]),
        _ => found.to_owned(),
    }
}

fn bare_cookie_name(found: &str) -> &str {
    let bare = found.trim_start_matches("__Host-").trim_start_matches("__Secure-").trim_start_matches('_');
    if bare.is_empty() { "my_session" } else { bare }
}

/// A time as clients.yaml has it.
fn time(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match (seconds % 86_400, seconds % 3600, seconds % 60) {
        (0, _, _) => format!("{}d", seconds / 86_400),
        (_, 0, _) => format!("{}h", seconds / 3600),
        (_, _, 0) => format!("{}m", seconds / 60),
        _ => format!("{seconds}s"),
    }
}

/// Characters of what was found that a message shows.
const MAX_QUOTE: usize = 100;
