//! Everything that is refused, and why.
//!
//! A [`Refusal`] carries the facts and prints them for the operator; [`Refusal::kind`] names the row of the table that says
//! what everybody else sees: status, public sentence, whether to try again. docs/refusals.md is that table.

mod facts;
mod kind;
mod protocol;

use std::borrow::Cow;
use std::net::IpAddr;
use std::time::Duration;

use http::HeaderName;

use super::condition;
use crate::config::host::Authority;
use crate::protocol::access_token_fault::AccessTokenFault;
use crate::protocol::callback::CallbackFault;
use crate::protocol::certificate::CertificateFault;
use crate::protocol::discovery::DiscoveryFault;
use crate::protocol::dpop::DpopFault;
use crate::protocol::id_token_fault::IdTokenFault;
use crate::protocol::initiate_login::InitiateLoginFault;
use crate::protocol::introspection::IntrospectionFault;
use crate::protocol::issuer::Issuer;
use crate::protocol::jwks::JwksFault;
use crate::protocol::logout_token::LogoutTokenFault;
use crate::protocol::pushed::PushedFault;
use crate::protocol::token::TokenFault;
use crate::protocol::userinfo::UserinfoFault;

pub use kind::{Fault, Kind, Retry};

/// One thing that was refused, with the facts. `Display` is for the log: it names what was expected and found, and never a
/// token, code, secret, cookie or claim.
#[derive(Clone, Debug)]
pub enum Refusal {
    /// The subrequest came from somebody whose description of the forwarded request is not believed.
    PeerNotTrusted {
        /// Who asked.
        peer: IpAddr,
    },
    /// The proxy's description of the forwarded request is not complete and clear.
    Forwarded {
        /// Which part of it.
        part: Part,
        /// What is wrong with it.
        flaw: Flaw,
    },
    /// Another spelling of a header that describes the forwarded request.
    ForwardedAlias {
        /// The header as it should be.
        of: HeaderName,
    },
    /// The forwarded request is for a host that the client does not guard.
    HostNotGuarded {
        /// The host.
        host: Authority,
    },
    /// The forwarded request carries an identity header, or another spelling of one.
    IdentityHeaderSent {
        /// The identity header.
        header: HeaderName,
    },
    /// The forwarded request names an identity header in `Connection`.
    IdentityHeaderInConnection {
        /// The identity header.
        header: HeaderName,
    },
    /// A WebSocket handshake from a page of another site.
    WebsocketOrigin,
    /// The return address is none.
    ReturnToMalformed {
        /// What is wrong with it.
        why: &'static str,
    },
    /// The return address is on a host that the client does not guard.
    ReturnToHost,
    /// The person belongs to no hosted domain that the client lets in.
    HostedDomain {
        /// Whether the claims name another one.
        named: bool,
    },
    /// The provider has not verified the e-mail address.
    EmailNotVerified {
        /// Whether the claims say so; else they say nothing.
        said: bool,
    },
    /// The address of a login has a parameter that cannot be handed on.
    LoginParameter {
        /// Its name, which the configuration has.
        name: Box<str>,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A third party starts a login, and not as it should.
    InitiateLogin(InitiateLoginFault),
    /// More logins than one address, or all together, may begin.
    TooManyLogins {
        /// Until the next may begin.
        wait: Duration,
    },
    /// A claim cannot be put into its header.
    ClaimUnfit {
        /// The claim's place.
        claim: Box<str>,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The identity headers are too large for an answer.
    IdentityTooLarge {
        /// What they would take.
        bytes: usize,
    },
    /// There is no client of that name.
    ClientUnknown {
        /// The name, as the path has it.
        name: Box<str>,
    },
    /// There is nothing at that path.
    PathUnknown,
    /// The path takes other methods.
    MethodNotAllowed {
        /// Those that it takes, as the `Allow` header lists them.
        allowed: &'static str,
    },
    /// The body is longer than the path takes.
    BodyTooLarge {
        /// What it takes, in bytes.
        limit: usize,
    },
    /// The body did not come in time.
    BodyTimeout,
    /// The body is not in the form that the path takes.
    BodyMalformed {
        /// What is wrong with it.
        why: &'static str,
    },
    /// A call to the provider brought no answer that could be judged.
    Provider {
        /// The provider.
        issuer: Issuer,
        /// What happened.
        trouble: Trouble,
        /// What the operator should know beside that, from the network, not from the provider: `connection refused`.
        detail: Box<str>,
    },
    /// A file of this machine that is needed to ask the provider, or in place of asking it, cannot be used.
    ProviderFile {
        /// Its setting.
        setting: &'static str,
        /// What is in the way.
        why: Box<str>,
    },
    /// The provider's answer to the authorization request, as the browser brought it.
    Callback(CallbackFault),
    /// The provider's metadata.
    Discovery(DiscoveryFault),
    /// The provider's keys.
    Jwks(JwksFault),
    /// The provider's answer to a pushed authorization request.
    Pushed(PushedFault),
    /// The provider's answer to a token request.
    Token(TokenFault),
    /// The ID token in it.
    IdToken(IdTokenFault),
    /// What the userinfo endpoint says.
    Userinfo(UserinfoFault),
    /// What the introspection endpoint says.
    Introspection(IntrospectionFault),
    /// A logout token.
    LogoutToken(LogoutTokenFault),
    /// A logout token that was used before.
    LogoutTokenReplayed,
    /// A back-channel logout without a logout token, or with two.
    LogoutTokenMissing,
    /// The logouts of late cannot all be remembered.
    LogoutsFull,
    /// One address sent more encrypted logout tokens that are none than are opened in a minute.
    TooManyLogouts {
        /// Until the next is opened.
        wait: Duration,
    },
    /// A front-channel logout that does not name this issuer and a session.
    FrontchannelLogout {
        /// What is wrong with it.
        why: &'static str,
    },
    /// `scope` of a sign-out is none that there is, or there twice.
    LogoutScope,
    /// The person was signed out while the login was under way.
    SignedOutMeanwhile,
    /// The logins that were finished lately cannot all be remembered, so it cannot be known whether this one was.
    StoreFull,
    /// The store has no room for a new session.
    SessionsFull {
        /// What it says.
        why: Box<str>,
    },
    /// The store does not answer, so nobody knows whether there is a session.
    StoreUnavailable {
        /// What it says instead, or what was waited for.
        why: Box<str>,
    },
    /// The login was finished before.
    FlowReplayed,
    /// The session in the address is not the session of the cookie.
    SessionKeyMismatch,
    /// A page of another site asked for something that only our own may.
    CrossSite,
    /// There is no session.
    NoSession,
    /// The provider cannot refresh the tokens now.
    RefreshUnavailable,
    /// The session has no refresh token.
    NotRefreshable,
    /// A login over http, whose cookies are for https only.
    SecureCookieOverHttp,
    /// Logins succeed and the session is not there afterwards.
    LoginLoop {
        /// What is known of the cause.
        cause: LoopCause,
    },
    /// A path that falls under a rule in one way to read it, and not in another.
    PathAmbiguous {
        /// The rule's name: `rule 1`.
        rule: Box<str>,
    },
    /// Whether a rule fits depends on the address of the client, and the proxy does not tell it.
    ClientAddressUnknown,
    /// A rule lets nobody in.
    RuleDenies {
        /// The rule's name.
        rule: Box<str>,
    },
    /// Nobody is signed in, and the rule says so instead of leading to the login.
    SignInNeeded,
    /// The claims of a session or token are not what a rule requires.
    NotAdmitted {
        /// The rule's name.
        rule: Box<str>,
        /// The claim's place.
        claim: Box<str>,
        /// What was found there.
        found: condition::Found,
    },
    /// A header names a path or method for which another rule holds, and some applications go by it.
    OverrideAmbiguous {
        /// Which.
        header: HeaderName,
    },
    /// `Authorization` is there more than once, and one of the lines has an access token.
    BearerTwice,
    /// A request with an access token and a session cookie.
    BearerWithCookie,
    /// An access token is needed, and none came.
    BearerNeeded,
    /// What stands behind `Bearer` or `DPoP` is not one token.
    BearerMalformed,
    /// A token that is no JWT, and no issuer is asked about such.
    BearerOpaque,
    /// The issuer says that the token is not good, or no longer.
    BearerInactive,
    /// An access token.
    AccessToken(AccessTokenFault),
    /// A token by an issuer whose tokens are taken at this client, but not by this rule.
    BearerIssuerElsewhere,
    /// A token without a scope that is needed.
    BearerScope {
        /// All of these, or one of them.
        needed: Vec<String>,
    },
    /// A token of a person who was authenticated in another way than is needed, or too long ago.
    BearerAuthentication {
        /// The ways.
        acr_values: Vec<String>,
        /// How long ago at most.
        max_age: Option<Duration>,
    },
    /// A session of such a person.
    StepUpNeeded,
    /// A token that is bound to what cannot be checked here.
    BearerBinding,
    /// The certificate that the caller showed.
    Certificate(CertificateFault),
    /// The header with the certificate came more than once.
    BearerCertificateTwice,
    /// The caller showed another certificate than the token is bound to.
    BearerCertificateOther,
    /// A token in the scheme `DPoP`, which is not taken.
    DpopOff,
    /// A token without a proof, where all need one.
    DpopNeeded,
    /// A token that is bound to a key, presented as if it were not.
    DpopAsBearer,
    /// A token that is bound to no key, presented with a proof.
    DpopUnbound,
    /// There is no proof.
    DpopProofMissing,
    /// There is more than one.
    DpopProofTwice,
    /// The proof.
    Dpop(DpopFault),
    /// A proof that was used before.
    DpopReplayed,
    /// The proofs of late cannot all be remembered.
    DpopFull,
    /// One address sends more tokens that the issuer has to be asked about than are asked about in a minute.
    TooManyTokens {
        /// Until the next is asked about.
        wait: Duration,
    },
    /// What the application is to get as `Authorization` does not fit an answer.
    AuthorizationTooLarge {
        /// What it would take.
        bytes: usize,
    },
    /// What the application is to get beside the identity does not fit an answer.
    PassedTooLarge {
        /// What all headers for the application would take.
        bytes: usize,
        /// The one that takes most of it.
        largest: HeaderName,
        /// What that one takes.
        of_it: usize,
    },
    /// The cookies that the application is to get do not fit an answer.
    CookiesTooLarge {
        /// What all headers for the application would take.
        bytes: usize,
        /// What the cookies take.
        of_it: usize,
    },
    /// A request from another machine for a client at which nobody has to sign in.
    TestingProfileRemote,
    /// A mistake of ours.
    Internal {
        /// What happened, for the log.
        what: Box<str>,
    },
}

/// A part of the description of the forwarded request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// `X-Forwarded-Method`, `X-Original-Method`, the method of the subrequest.
    Method,
    /// `X-Forwarded-Proto`.
    Proto,
    /// `X-Forwarded-Host`, `Host`.
    Host,
    /// `X-Forwarded-Uri`, the path after `/auth/envoy`.
    Uri,
    /// `X-Original-URL`.
    Url,
}

/// What is wrong with a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// There is no such header.
    Missing,
    /// It is empty or blank.
    Empty,
    /// It is there more than once.
    Twice,
    /// It cannot be read in exactly one way.
    Malformed {
        /// Which rule it breaks.
        why: &'static str,
        /// What was found, escaped and shortened; none where it may hold what is secret to the application.
        found: Option<Box<str>>,
    },
}

/// What came instead of an answer of the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// No connection: name not found, refused, no route, broken off.
    Unreachable,
    /// No secure connection: certificate, name or protocol.
    Tls,
    /// It is at a private address, and the issuer is not.
    PrivateAddress,
    /// No answer within the deadline.
    Timeout,
    /// An answer beyond the size limit.
    TooLarge,
    /// A status that says that it cannot answer now.
    Status,
}

/// Why logins go round in circles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoopCause {
    /// The browser does not send the cookie back.
    CookieNotReturned,
    /// The browser takes no cookie for the domain, or does not send it to the host.
    CookieDomain,
    /// The browser sends the cookie, and the proxy's question comes without it.
    CookieNotPassedOn,
    /// The cookie comes back as it was not given.
    CookieChanged,
    /// The cookie comes back and opens no session: another replica, or a restart.
    SessionNotFound,
    /// The session is over before it is used.
    SessionEnded,
    /// The same, because the clocks are apart.
    Clocks,
    /// The store did not say what the cookie opens.
    StoreUnreachable,
}

impl Refusal {
    /// The row of the table.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::PeerNotTrusted { .. } => Kind::PeerNotTrusted,
            Self::Forwarded { part, flaw } => match (part, flaw) {
                (Part::Method, Flaw::Missing) => Kind::ForwardedMethodMissing,
                (Part::Method, Flaw::Empty) => Kind::ForwardedMethodEmpty,
                (Part::Method, Flaw::Twice) => Kind::ForwardedMethodTwice,
                (Part::Method, Flaw::Malformed { .. }) => Kind::ForwardedMethodMalformed,
                (Part::Proto, Flaw::Missing) => Kind::ForwardedProtoMissing,
                (Part::Proto, Flaw::Empty) => Kind::ForwardedProtoEmpty,
                (Part::Proto, Flaw::Twice) => Kind::ForwardedProtoTwice,
                (Part::Proto, Flaw::Malformed { .. }) => Kind::ForwardedProtoMalformed,
                (Part::Host, Flaw::Missing) => Kind::ForwardedHostMissing,
                (Part::Host, Flaw::Empty) => Kind::ForwardedHostEmpty,
                (Part::Host, Flaw::Twice) => Kind::ForwardedHostTwice,
                (Part::Host, Flaw::Malformed { .. }) => Kind::ForwardedHostMalformed,
                (Part::Uri, Flaw::Missing) => Kind::ForwardedUriMissing,
                (Part::Uri, Flaw::Empty) => Kind::ForwardedUriEmpty,
                (Part::Uri, Flaw::Twice) => Kind::ForwardedUriTwice,
                (Part::Uri, Flaw::Malformed { .. }) => Kind::ForwardedUriMalformed,
                (Part::Url, Flaw::Missing) => Kind::ForwardedUrlMissing,
                (Part::Url, Flaw::Empty) => Kind::ForwardedUrlEmpty,
                (Part::Url, Flaw::Twice) => Kind::ForwardedUrlTwice,
                (Part::Url, Flaw::Malformed { .. }) => Kind::ForwardedUrlMalformed,
            },
            Self::ForwardedAlias { .. } => Kind::ForwardedHeaderAlias,
            Self::HostNotGuarded { .. } => Kind::HostNotGuarded,
            Self::IdentityHeaderSent { .. } => Kind::IdentityHeaderSent,
            Self::IdentityHeaderInConnection { .. } => Kind::IdentityHeaderInConnection,
            Self::WebsocketOrigin => Kind::WebsocketOrigin,
            Self::ReturnToMalformed { .. } => Kind::ReturnToMalformed,
            Self::ReturnToHost => Kind::ReturnToHost,
            Self::HostedDomain { .. } => Kind::HostedDomain,
            Self::EmailNotVerified { .. } => Kind::EmailNotVerified,
            Self::LoginParameter { .. } => Kind::LoginParameter,
            Self::InitiateLogin(fault) => protocol::initiate_login(fault),
            Self::TooManyLogins { .. } => Kind::TooManyLogins,
            Self::ClaimUnfit { .. } => Kind::ClaimUnfit,
            Self::IdentityTooLarge { .. } => Kind::IdentityTooLarge,
            Self::ClientUnknown { .. } => Kind::ClientUnknown,
            Self::PathUnknown => Kind::PathUnknown,
            Self::MethodNotAllowed { .. } => Kind::MethodNotAllowed,
            Self::BodyTooLarge { .. } => Kind::BodyTooLarge,
            Self::BodyTimeout => Kind::BodyTimeout,
            Self::BodyMalformed { .. } => Kind::BodyMalformed,
            Self::Provider { trouble, .. } => match trouble {
                Trouble::Unreachable => Kind::ProviderUnreachable,
                Trouble::Tls => Kind::ProviderTls,
                Trouble::PrivateAddress => Kind::ProviderPrivateAddress,
                Trouble::Timeout => Kind::ProviderTimeout,
                Trouble::TooLarge => Kind::ProviderTooLarge,
                Trouble::Status => Kind::ProviderStatus,
            },
            Self::ProviderFile { .. } => Kind::ProviderFile,
            Self::Callback(fault) => protocol::callback(fault),
            Self::Discovery(fault) => protocol::discovery(fault),
            Self::Jwks(fault) => protocol::jwks(fault),
            Self::Pushed(fault) => protocol::pushed(fault),
            Self::Token(fault) => protocol::token(fault),
            Self::IdToken(fault) => protocol::id_token(fault),
            Self::Userinfo(fault) => protocol::userinfo(fault),
            Self::Introspection(fault) => protocol::introspection(fault),
            Self::LogoutToken(fault) => protocol::logout_token(fault),
            Self::LogoutTokenReplayed => Kind::LogoutTokenReplayed,
            Self::LogoutTokenMissing => Kind::LogoutTokenMissing,
            Self::LogoutsFull => Kind::LogoutsFull,
            Self::TooManyLogouts { .. } => Kind::TooManyLogouts,
            Self::FrontchannelLogout { .. } => Kind::FrontchannelLogout,
            Self::LogoutScope => Kind::LogoutScope,
            Self::SignedOutMeanwhile => Kind::SignedOutMeanwhile,
            Self::StoreFull => Kind::StoreFull,
            Self::SessionsFull { .. } => Kind::SessionsFull,
            Self::StoreUnavailable { .. } => Kind::StoreUnavailable,
            Self::FlowReplayed => Kind::FlowReplayed,
            Self::SessionKeyMismatch => Kind::SessionKeyMismatch,
            Self::CrossSite => Kind::CrossSite,
            Self::NoSession => Kind::NoSession,
            Self::RefreshUnavailable => Kind::RefreshUnavailable,
            Self::NotRefreshable => Kind::NotRefreshable,
            Self::SecureCookieOverHttp => Kind::SecureCookieOverHttp,
            Self::LoginLoop { cause } => match cause {
                LoopCause::CookieNotReturned => Kind::LoopCookieNotReturned,
                LoopCause::CookieDomain => Kind::LoopCookieDomain,
                LoopCause::CookieNotPassedOn => Kind::LoopCookieNotPassedOn,
                LoopCause::CookieChanged => Kind::LoopCookieChanged,
                LoopCause::SessionNotFound => Kind::LoopSessionNotFound,
                LoopCause::SessionEnded => Kind::LoopSessionEnded,
                LoopCause::Clocks => Kind::LoopClocks,
                LoopCause::StoreUnreachable => Kind::LoopStoreUnreachable,
            },
            Self::PathAmbiguous { .. } => Kind::PathAmbiguous,
            Self::ClientAddressUnknown => Kind::ClientAddressUnknown,
            Self::RuleDenies { .. } => Kind::RuleDenies,
            Self::SignInNeeded => Kind::SignInNeeded,
            Self::NotAdmitted { found, .. } => match found {
                condition::Found::Nothing => Kind::NoSuchClaim,
                condition::Found::OtherForm => Kind::ClaimOtherForm,
                condition::Found::Others(_) | condition::Found::TooMuch => Kind::NotMember,
            },
            Self::OverrideAmbiguous { .. } => Kind::OverrideAmbiguous,
            Self::BearerTwice => Kind::BearerTwice,
            Self::BearerWithCookie => Kind::BearerWithCookie,
            Self::BearerNeeded => Kind::BearerNeeded,
            Self::BearerMalformed => Kind::BearerMalformed,
            Self::BearerOpaque => Kind::BearerOpaque,
            Self::BearerInactive => Kind::BearerInactive,
            Self::AccessToken(fault) => protocol::access_token(fault),
            Self::BearerIssuerElsewhere => Kind::BearerIssuer,
            Self::BearerScope { .. } => Kind::BearerScope,
            Self::BearerAuthentication { .. } => Kind::BearerAuthentication,
            Self::StepUpNeeded => Kind::StepUpNeeded,
            Self::BearerBinding => Kind::BearerBinding,
            Self::Certificate(fault) => protocol::certificate(fault),
            Self::BearerCertificateTwice => Kind::BearerCertificateTwice,
            Self::BearerCertificateOther => Kind::BearerCertificateOther,
            Self::DpopOff => Kind::DpopOff,
            Self::DpopNeeded => Kind::DpopNeeded,
            Self::DpopAsBearer => Kind::DpopAsBearer,
            Self::DpopUnbound => Kind::DpopUnbound,
            Self::DpopProofMissing => Kind::DpopProofMissing,
            Self::DpopProofTwice => Kind::DpopProofTwice,
            Self::Dpop(fault) => protocol::dpop(fault),
            Self::DpopReplayed => Kind::DpopReplayed,
            Self::DpopFull => Kind::DpopFull,
            Self::TooManyTokens { .. } => Kind::TooManyTokens,
            Self::AuthorizationTooLarge { .. } => Kind::AuthorizationTooLarge,
            Self::PassedTooLarge { .. } => Kind::PassedTooLarge,
            Self::CookiesTooLarge { .. } => Kind::CookiesTooLarge,
            Self::TestingProfileRemote => Kind::TestingProfileRemote,
            Self::Internal { .. } => Kind::InternalFault,
        }
    }

    /// The stable name, for logs, metrics, the answer's `Vestibule-Refusal` and tests.
    pub const fn code(&self) -> &'static str {
        self.kind().code()
    }

    /// Whose fault it is.
    pub const fn fault(&self) -> Fault {
        self.kind().fault()
    }

    /// The HTTP status, 400 to 599.
    pub const fn status(&self) -> http::StatusCode {
        self.kind().status()
    }

    /// What the person reads; nothing in it comes from a request, a token or the configuration.
    pub const fn sentence(&self) -> &'static str {
        self.kind().sentence()
    }

    /// Whether the person is offered to try again.
    pub const fn retry(&self) -> Retry {
        self.kind().retry()
    }

    /// Whether a time in an ID token was refused, which no clock that is right would.
    pub const fn is_about_clocks(&self) -> bool {
        matches!(
            self.kind(),
            Kind::IdTokenExpired
                | Kind::IdTokenIssuedInFuture
                | Kind::IdTokenTooOld
                | Kind::IdTokenNotYetValid
        )
    }

    /// What the operator can do, for the log.
    pub fn remedy(&self) -> Cow<'static, str> {
        match self {
            Self::PeerNotTrusted { peer } => {
                // YAML takes a colon in a list for a mapping.
                let network = if peer.is_ipv4() { format!("{peer}/32") } else { format!("\"{peer}/128\"") };
                format!("If this is your proxy, write under server: trusted_proxies: [{network}]").into()
            }
            Self::HostNotGuarded { host } => {
                format!("If this client guards it, add {host} to its hosts in clients.yaml.").into()
            }
            Self::IdToken(IdTokenFault::Audience { expected, found }) => {
                protocol::audience_remedy(expected, found)
            }
            _ => self.kind().remedy().into(),
        }
    }
}

impl std::error::Error for Refusal {}
