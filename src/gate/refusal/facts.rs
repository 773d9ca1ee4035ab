//! What the operator reads in the log: the facts of a refusal, and never a token, code, secret, cookie or claim.

use std::fmt;

use super::{Flaw, LoopCause, Part, Refusal, Trouble};
use crate::config::is_client_name;
use crate::gate::condition::Found;
use crate::gate::identity::MAX_IDENTITY;
use crate::gate::passed::MAX_HEADERS;

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PeerNotTrusted { peer } => {
                write!(f, "{peer} asked, and server.trusted_proxies does not have that address")
            }
            Self::Forwarded { part, flaw } => match flaw {
                Flaw::Missing => write!(f, "the proxy sent no {part}"),
                Flaw::Empty => write!(f, "the proxy sent an empty {part}"),
                Flaw::Twice => write!(f, "the proxy sent {part} more than once"),
                Flaw::Malformed { why, found: Some(found) } => {
                    write!(f, "the proxy sent {part} \"{found}\": {why}")
                }
                Flaw::Malformed { why, found: None } => {
                    write!(f, "the proxy sent {part} that cannot be judged: {why}")
                }
            },
            Self::ForwardedAlias { of } => write!(f, "the request has another spelling of {of}"),
            Self::HostNotGuarded { host } => {
                write!(f, "the request is for {host}, which is not among the hosts")
            }
            Self::IdentityHeaderSent { header } => {
                write!(f, "the request already has {header}, or another spelling of it")
            }
            Self::IdentityHeaderInConnection { header } => {
                write!(f, "the request names {header} in Connection")
            }
            Self::WebsocketOrigin => {
                f.write_str("a page whose origin is not among the hosts wants to open a WebSocket")
            }
            Self::ReturnToMalformed { why } => write!(f, "the return address cannot be used: {why}"),
            Self::ReturnToHost => f.write_str("the return address is on a host that is not among the hosts"),
            Self::HostedDomain { named: true } => f.write_str("hd names a domain that hosted_domain does not have"),
            Self::HostedDomain { named: false } => {
                f.write_str("the claims have no hd, as those of an account outside Google Workspace, but hosted_domain needs one")
            }
            Self::EmailNotVerified { said: true } => f.write_str("email_verified is there and is not true"),
            Self::EmailNotVerified { said: false } => {
                f.write_str("the claims have no email_verified, which email_verified: require needs")
            }
            Self::LoginParameter { name, why } => {
                write!(f, "{name} in the address of the login {why}")
            }
            Self::InitiateLogin(fault) => fault.fmt(f),
            Self::TooManyLogins { wait } => write!(
                f,
                "more logins begin than server.logins_per_minute or server.logins_per_minute_per_address allows; the next \
                 may in {}s",
                wait.as_secs()
            ),
            Self::ClaimUnfit { claim, why } => {
                write!(f, "the claim {claim} cannot be sent in a header: {why}")
            }
            Self::IdentityTooLarge { bytes } => write!(
                f,
                "the identity headers would take {bytes} bytes, and at most {} fit an answer",
                MAX_IDENTITY
            ),
            // What strangers send is shown only where it says nothing else.
            Self::ClientUnknown { name } if is_client_name(name) => write!(f, "there is no client {name}"),
            Self::ClientUnknown { .. } => f.write_str("no client has that name"),
            Self::PathUnknown => f.write_str("there is nothing at that path"),
            Self::MethodNotAllowed { allowed } => write!(f, "the path takes {allowed} only"),
            Self::BodyTooLarge { limit } => write!(f, "the body is longer than {limit} bytes"),
            Self::BodyTimeout => f.write_str("the body did not come in time"),
            Self::BodyMalformed { why } => write!(f, "the body cannot be used: {why}"),
            Self::Provider { issuer, trouble, detail } => {
                match trouble {
                    Trouble::Unreachable => write!(f, "no connection to {issuer}"),
                    Trouble::Tls => write!(f, "no secure connection to {issuer}"),
                    Trouble::PrivateAddress => write!(
                        f,
                        "the metadata of {issuer} lead to a private address, but the issuer is at a public one"
                    ),
                    Trouble::Timeout => write!(f, "no answer in time from {issuer}"),
                    Trouble::TooLarge => write!(f, "an answer beyond the size limit from {issuer}"),
                    Trouble::Status => write!(f, "{issuer} cannot answer now"),
                }?;
                if detail.is_empty() { Ok(()) } else { write!(f, ": {detail}") }
            }
            Self::ProviderFile { setting, why } => write!(f, "the file of {setting} cannot be used: {why}"),
            Self::Callback(fault) => fault.fmt(f),
            Self::Discovery(fault) => fault.fmt(f),
            Self::Jwks(fault) => fault.fmt(f),
            Self::Pushed(fault) => fault.fmt(f),
            Self::Token(fault) => fault.fmt(f),
            Self::IdToken(fault) => fault.fmt(f),
            Self::Userinfo(fault) => fault.fmt(f),
            Self::Introspection(fault) => fault.fmt(f),
            Self::LogoutToken(fault) => fault.fmt(f),
            Self::LogoutTokenReplayed => f.write_str("a logout token of that jti was used before"),
            Self::LogoutTokenMissing => f.write_str("the form has no logout_token, or more than one"),
            Self::LogoutsFull => f.write_str(
                "the sessions ended, but the table of logouts has no room to remember it: a million came within minutes",
            ),
            Self::TooManyLogouts { wait } => write!(
                f,
                "one address sends encrypted logout tokens that are none; the next is opened in {}s",
                wait.as_secs()
            ),
            Self::FrontchannelLogout { why } => write!(f, "the front-channel logout cannot be used: {why}"),
            Self::LogoutScope => f.write_str("scope is not app, session or everywhere"),
            Self::SignedOutMeanwhile => f.write_str("the session was ended while its login was under way"),
            Self::StoreFull => f.write_str(
                "the table of used logins has no room: a million were finished within ten minutes",
            ),
            Self::SessionsFull { why } => write!(f, "the store takes no new session: {why}"),
            Self::StoreUnavailable { why } => write!(f, "the store does not answer: {why}"),
            Self::FlowReplayed => f.write_str("the login was finished before"),
            Self::SessionKeyMismatch => {
                f.write_str("the session in the address is not the session of the cookie")
            }
            Self::CrossSite => f.write_str("a page of another site sent the request"),
            Self::NoSession => f.write_str("the request has no session"),
            Self::RefreshUnavailable => f.write_str("the provider could not refresh the tokens"),
            Self::NotRefreshable => f.write_str("the provider gave the session no refresh token"),
            Self::SecureCookieOverHttp => f.write_str(
                "the request came over http, as the proxy describes it, and the cookies of a sign-in are for https only",
            ),
            Self::LoginLoop { cause } => write!(f, "three logins within a minute led nowhere: {cause}"),
            Self::PathAmbiguous { rule } => {
                write!(f, "whether the path falls under {rule} depends on who reads it")
            }
            Self::ClientAddressUnknown => {
                f.write_str("a rule is for some networks, and the proxy sent no X-Forwarded-For that names the client")
            }
            Self::RuleDenies { rule } => write!(f, "{rule} lets nobody in"),
            Self::SignInNeeded => f.write_str("nobody is signed in"),
            Self::NotAdmitted { rule, claim, found } => match found {
                Found::Nothing => write!(f, "{rule} looks at the claim {claim}, and there is none"),
                Found::OtherForm => {
                    write!(f, "{rule} looks at the claim {claim}, which is an object, a list in a list, or a list where one value is needed")
                }
                Found::Others(1) => write!(f, "{rule} looks at the claim {claim}, which has one value, and not one that it asks for"),
                Found::Others(count) => {
                    write!(f, "{rule} looks at the claim {claim}, which has {count} values, and not those that it asks for")
                }
                Found::TooMuch => write!(f, "{rule} looks at the claim {claim}, which has what it keeps out"),
            },
            Self::OverrideAmbiguous { header } => {
                write!(f, "{header} names a path or method for which another rule holds, or that cannot be read")
            }
            Self::BearerTwice => f.write_str("Authorization came more than once, and one of the lines has an access token"),
            Self::BearerWithCookie => f.write_str("the request has an access token and a session cookie"),
            Self::BearerNeeded => f.write_str("the request has no access token, and needs one"),
            Self::BearerMalformed => f.write_str("what stands behind the scheme in Authorization is not one token"),
            Self::BearerOpaque => {
                f.write_str("the access token is no JWT, and no issuer of this client is asked about such (introspection)")
            }
            Self::BearerInactive => f.write_str("the issuer says that the access token is not active"),
            Self::AccessToken(fault) => fault.fmt(f),
            Self::BearerIssuerElsewhere => {
                f.write_str("the access token is by an issuer of this client that bearer_issuers of the rule does not have")
            }
            Self::BearerScope { needed } => write!(f, "the access token lacks a scope; needed: {}", needed.join(" ")),
            Self::BearerAuthentication { .. } | Self::StepUpNeeded => {
                f.write_str("the person was authenticated in another way than the rule asks, or too long ago")
            }
            Self::BearerBinding => {
                f.write_str("the access token is bound to what cannot be checked here (cnf)")
            }
            Self::Certificate(fault) => fault.fmt(f),
            Self::BearerCertificateTwice => f.write_str("the proxy sent the caller's certificate more than once"),
            Self::BearerCertificateOther => {
                f.write_str("the access token is bound to another certificate than the caller showed")
            }
            Self::DpopOff => f.write_str("the access token came in the scheme DPoP, and bearer_options.dpop is off"),
            Self::DpopNeeded => f.write_str("the access token is bound to no key, and bearer_options.dpop is required"),
            Self::DpopAsBearer => f.write_str("the access token is bound to a key, and came in the scheme Bearer"),
            Self::DpopUnbound => f.write_str("the access token is bound to no key, and came in the scheme DPoP"),
            Self::DpopProofMissing => f.write_str("the access token came without a DPoP proof"),
            Self::DpopProofTwice => f.write_str("more than one DPoP proof came"),
            Self::Dpop(fault) => fault.fmt(f),
            Self::DpopReplayed => f.write_str("a DPoP proof of that jti was used before"),
            Self::DpopFull => f.write_str("the table of DPoP proofs has no room: a million came within minutes"),
            Self::TooManyTokens { wait } => write!(
                f,
                "one address sends more tokens that an issuer has to be asked about than are asked about in a minute; the next in {}s",
                wait.as_secs()
            ),
            Self::AuthorizationTooLarge { bytes } => write!(
                f,
                "Authorization and the identity headers would take {bytes} bytes, and at most {MAX_IDENTITY} fit an answer"
            ),
            Self::PassedTooLarge { bytes, largest, of_it } => write!(
                f,
                "the headers for the application would take {bytes} bytes, {of_it} of them {largest}, and at most {MAX_HEADERS} fit an answer"
            ),
            Self::CookiesTooLarge { bytes, of_it } => write!(
                f,
                "the headers for the application would take {bytes} bytes, {of_it} of them its cookies, and at most {MAX_HEADERS} fit an answer"
            ),
            Self::TestingProfileRemote => f.write_str(
                "a request came from another machine, or under the name of one, to a client with danger_testing_profile",
            ),
            Self::Internal { what } => f.write_str(what),
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Method => "X-Forwarded-Method (nginx: X-Original-Method)",
            Self::Proto => "X-Forwarded-Proto",
            Self::Host => "X-Forwarded-Host (Envoy: Host)",
            Self::Uri => "X-Forwarded-Uri (Envoy: path)",
            Self::Url => "X-Original-URL",
        })
    }
}

impl fmt::Display for LoopCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CookieNotReturned => "the browser does not send the session cookie",
            Self::CookieDomain => "the browser does not keep the session cookie of cookie.domain, or does not send it",
            Self::CookieNotPassedOn => {
                "the browser sends the session cookie to the login, and the question about the page comes without it"
            }
            Self::CookieChanged => "the session cookie comes back twice, or not as it was given",
            Self::SessionNotFound => "the session of the cookie is not here",
            Self::SessionEnded => "the session is over before a request uses it",
            Self::StoreUnreachable => "the session store did not say what the cookie opens",
            Self::Clocks => "the session ends at once, for the clocks of the provider and this machine are apart",
        })
    }
}
