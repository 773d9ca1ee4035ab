//! What the protocol refuses, and its rows. Exhaustive: a new fault does not compile until it has a row.

use std::borrow::Cow;

use super::{Kind, Refusal};
use crate::protocol::access_token_fault::AccessTokenFault;
use crate::protocol::answer::AnswerFault;
use crate::protocol::callback::{CallbackFault, ProviderError};
use crate::protocol::certificate::CertificateFault;
use crate::protocol::client_authentication::ClientAuthenticationFault;
use crate::protocol::discovery::DiscoveryFault;
use crate::protocol::dpop::DpopFault;
use crate::protocol::id_token_fault::IdTokenFault;
use crate::protocol::initiate_login::InitiateLoginFault;
use crate::protocol::introspection::IntrospectionFault;
use crate::protocol::jwe::JweFault;
use crate::protocol::jwks::JwksFault;
use crate::protocol::jws::JwsFault;
use crate::protocol::logout_token::{Flaw, LogoutTokenFault};
use crate::protocol::pushed::PushedFault;
use crate::protocol::token::{OAuthError, TokenFault};
use crate::protocol::userinfo::UserinfoFault;

pub(super) const fn callback(fault: &CallbackFault) -> Kind {
    match fault {
        CallbackFault::TooLong { .. } => Kind::CallbackTooLong,
        CallbackFault::Twice(_) => Kind::CallbackParameterTwice,
        CallbackFault::ParameterTooLong { .. } => Kind::CallbackParameterTooLong,
        CallbackFault::ParameterForm(_) => Kind::CallbackParameterForm,
        CallbackFault::OtherResponseType { .. } => Kind::CallbackOtherResponseType,
        CallbackFault::IssuerMissing => Kind::CallbackIssuerMissing,
        CallbackFault::IssuerOther { .. } => Kind::CallbackIssuer,
        CallbackFault::StateMissing => Kind::CallbackStateMissing,
        CallbackFault::StateUnreadable => Kind::CallbackStateUnreadable,
        CallbackFault::StateOtherClient { .. } => Kind::CallbackStateOtherClient,
        CallbackFault::StateExpired { .. } => Kind::CallbackStateExpired,
        CallbackFault::NoFlowCookie => Kind::CallbackNoFlowCookie,
        CallbackFault::OtherBrowser => Kind::CallbackOtherBrowser,
        CallbackFault::Provider(error) => match error {
            ProviderError::AccessDenied => Kind::CallbackAccessDenied,
            ProviderError::Unavailable(_) => Kind::CallbackProviderUnavailable,
            ProviderError::InteractionRequired(_) => Kind::CallbackInteractionRequired,
            ProviderError::Registration(_) => Kind::CallbackRegistration,
            ProviderError::Unknown => Kind::CallbackProviderError,
        },
        CallbackFault::CodeWithError => Kind::CallbackCodeWithError,
        CallbackFault::CodeMissing => Kind::CallbackCodeMissing,
    }
}

pub(super) const fn access_token(fault: &AccessTokenFault) -> Kind {
    match fault {
        AccessTokenFault::Jws(fault) => match fault {
            JwsFault::TooLong { .. } => Kind::BearerTooLong,
            JwsFault::Encrypted => Kind::BearerEncrypted,
            JwsFault::Parts { .. } => Kind::BearerMalformed,
            JwsFault::Encoding { .. } | JwsFault::Json { .. } => Kind::BearerUnreadable,
            JwsFault::Algorithm { .. } => Kind::BearerAlgorithm,
            JwsFault::Critical => Kind::BearerCritical,
            JwsFault::Kind { .. } => Kind::BearerType,
            JwsFault::KeyName => Kind::BearerKeyName,
            JwsFault::KeyUnknown { .. } | JwsFault::KeysAmbiguous { .. } => Kind::BearerUnknownKey,
            JwsFault::Signature { .. } => Kind::BearerSignature,
        },
        AccessTokenFault::KindUnsaid => Kind::BearerType,
        AccessTokenFault::OtherKind { .. } => Kind::BearerForeign,
        AccessTokenFault::Missing { .. } => Kind::BearerClaimMissing,
        AccessTokenFault::Form { .. } => Kind::BearerClaimForm,
        AccessTokenFault::Issuer { .. } => Kind::BearerIssuer,
        AccessTokenFault::Audience { .. } => Kind::BearerAudience,
        AccessTokenFault::Client { .. } => Kind::BearerClient,
        AccessTokenFault::Expired { .. } => Kind::BearerExpired,
        AccessTokenFault::IssuedInFuture { .. } => Kind::BearerIssuedInFuture,
        AccessTokenFault::NotYetValid { .. } => Kind::BearerNotYetValid,
    }
}

pub(super) const fn dpop(fault: &DpopFault) -> Kind {
    match fault {
        DpopFault::TooLong { .. } => Kind::DpopProofTooLong,
        DpopFault::Unreadable(_) => Kind::DpopProofUnreadable,
        DpopFault::Type { .. } => Kind::DpopProofType,
        DpopFault::Algorithm { .. } => Kind::DpopProofAlgorithm,
        DpopFault::KeyMissing | DpopFault::Key(_) => Kind::DpopProofKey,
        DpopFault::Signature => Kind::DpopProofSignature,
        DpopFault::Missing { .. } | DpopFault::Form { .. } => Kind::DpopProofClaim,
        DpopFault::Method { .. } => Kind::DpopProofMethod,
        DpopFault::Url(_) => Kind::DpopProofUrl,
        DpopFault::Nonce(_) => Kind::DpopNonce,
        DpopFault::Time { .. } => Kind::DpopProofTime,
        DpopFault::Token(_) => Kind::DpopProofToken,
        DpopFault::OtherKey => Kind::DpopProofOtherKey,
    }
}

pub(super) const fn certificate(fault: &CertificateFault) -> Kind {
    match fault {
        CertificateFault::Missing => Kind::BearerCertificateMissing,
        CertificateFault::TooLong { .. } | CertificateFault::Encoding { .. } | CertificateFault::NotDer => {
            Kind::BearerCertificateUnreadable
        }
    }
}

pub(super) const fn initiate_login(fault: &InitiateLoginFault) -> Kind {
    match fault {
        InitiateLoginFault::Form { .. } => Kind::InitiateLoginForm,
        InitiateLoginFault::Issuer { .. } => Kind::InitiateLoginIssuer,
    }
}

pub(super) const fn pushed(fault: &PushedFault) -> Kind {
    match fault {
        PushedFault::NoEndpoint => Kind::PushedNoEndpoint,
        PushedFault::Authentication(fault) => client_authentication(fault),
        PushedFault::Answer(answer) => match answer {
            AnswerFault::Redirect { .. } => Kind::PushedRedirect,
            AnswerFault::Status { .. } => Kind::PushedStatus,
            AnswerFault::TooLarge { .. } => Kind::PushedTooLarge,
            AnswerFault::ContentType { .. } => Kind::PushedContentType,
            AnswerFault::Json { .. } => Kind::PushedUnreadable,
        },
        PushedFault::Refused { error: OAuthError::InvalidClient, .. } => Kind::PushedInvalidClient,
        PushedFault::Refused { .. } => Kind::PushedRefused,
        PushedFault::Missing { .. } => Kind::PushedMemberMissing,
        PushedFault::Form { .. } => Kind::PushedMemberForm,
    }
}

const fn client_authentication(fault: &ClientAuthenticationFault) -> Kind {
    match fault {
        ClientAuthenticationFault::NotShared { .. } => Kind::TokenClientAuthentication,
        ClientAuthenticationFault::AssertionFile { .. } => Kind::TokenAssertionFile,
        ClientAuthenticationFault::TokenFile { .. } => Kind::IntrospectionTokenFile,
        ClientAuthenticationFault::NotOverTls => Kind::TokenNotOverTls,
    }
}

pub(super) const fn token(fault: &TokenFault) -> Kind {
    match fault {
        TokenFault::Authentication(fault) => client_authentication(fault),
        TokenFault::Answer(answer) => match answer {
            AnswerFault::Redirect { .. } => Kind::TokenRedirect,
            AnswerFault::Status { .. } => Kind::TokenStatus,
            AnswerFault::TooLarge { .. } => Kind::TokenTooLarge,
            AnswerFault::ContentType { .. } => Kind::TokenContentType,
            AnswerFault::Json { .. } => Kind::TokenUnreadable,
        },
        TokenFault::Refused { error, .. } => match error {
            OAuthError::InvalidGrant => Kind::TokenInvalidGrant,
            OAuthError::InvalidClient => Kind::TokenInvalidClient,
            OAuthError::InvalidRequest
            | OAuthError::UnauthorizedClient
            | OAuthError::UnsupportedGrantType
            | OAuthError::InvalidScope
            | OAuthError::TemporarilyUnavailable
            | OAuthError::SlowDown
            | OAuthError::ServerError
            | OAuthError::Other => Kind::TokenRefused,
        },
        TokenFault::ErrorWithSuccess { .. } => Kind::TokenErrorWithSuccess,
        TokenFault::Missing { .. } => Kind::TokenMemberMissing,
        TokenFault::Form { .. } => Kind::TokenMemberForm,
        TokenFault::TokenType { .. } => Kind::TokenType,
    }
}

pub(super) const fn id_token(fault: &IdTokenFault) -> Kind {
    match fault {
        IdTokenFault::Jwe(jwe) => match jwe {
            JweFault::TooLong { .. } => Kind::IdTokenTooLong,
            JweFault::NotEncrypted => Kind::IdTokenNotEncrypted,
            JweFault::Parts { .. } => Kind::IdTokenParts,
            JweFault::Encoding { .. } => Kind::IdTokenEncoding,
            JweFault::Json(_) => Kind::IdTokenUnreadable,
            JweFault::Algorithm { .. } => Kind::IdTokenEncryptionAlgorithm,
            JweFault::Compressed | JweFault::Form { .. } => Kind::IdTokenEncryptionHeader,
            JweFault::Critical => Kind::IdTokenCritical,
            JweFault::Kind(_) => Kind::IdTokenType,
            JweFault::Decryption { .. } => Kind::IdTokenDecryption,
        },
        IdTokenFault::Jws(jws) => match jws {
            JwsFault::TooLong { .. } => Kind::IdTokenTooLong,
            JwsFault::Encrypted => Kind::IdTokenEncrypted,
            JwsFault::Parts { .. } => Kind::IdTokenParts,
            JwsFault::Encoding { .. } => Kind::IdTokenEncoding,
            JwsFault::Json { .. } => Kind::IdTokenUnreadable,
            JwsFault::Algorithm { .. } => Kind::IdTokenAlgorithm,
            JwsFault::Critical => Kind::IdTokenCritical,
            JwsFault::Kind { .. } => Kind::IdTokenType,
            JwsFault::KeyName => Kind::IdTokenKeyName,
            JwsFault::KeyUnknown { .. } => Kind::IdTokenKeyUnknown,
            JwsFault::KeysAmbiguous { .. } => Kind::IdTokenKeysAmbiguous,
            JwsFault::Signature { .. } => Kind::IdTokenSignature,
        },
        IdTokenFault::OtherKind => Kind::IdTokenForeign,
        IdTokenFault::Missing { .. } => Kind::IdTokenClaimMissing,
        IdTokenFault::Form { .. } => Kind::IdTokenClaimForm,
        IdTokenFault::Issuer { .. } => Kind::IdTokenIssuer,
        IdTokenFault::Audience { .. } => Kind::IdTokenAudience,
        IdTokenFault::AuthorizedParty { .. } => Kind::IdTokenAuthorizedParty,
        IdTokenFault::Expired { .. } => Kind::IdTokenExpired,
        IdTokenFault::IssuedInFuture { .. } => Kind::IdTokenIssuedInFuture,
        IdTokenFault::TooOld { .. } => Kind::IdTokenTooOld,
        IdTokenFault::NotYetValid { .. } => Kind::IdTokenNotYetValid,
        IdTokenFault::Acr { .. } => Kind::IdTokenAcr,
        IdTokenFault::AuthenticationTime { .. } => Kind::IdTokenAuthenticationTime,
        IdTokenFault::Nonce => Kind::IdTokenNonce,
        IdTokenFault::AccessTokenHash => Kind::IdTokenAccessTokenHash,
        IdTokenFault::Changed { .. } => Kind::IdTokenChanged,
    }
}

pub(super) const fn discovery(fault: &DiscoveryFault) -> Kind {
    match fault {
        DiscoveryFault::Answer(answer) => match answer {
            AnswerFault::Redirect { .. } => Kind::DiscoveryRedirect,
            AnswerFault::Status { .. } => Kind::DiscoveryStatus,
            AnswerFault::TooLarge { .. } => Kind::DiscoveryTooLarge,
            AnswerFault::ContentType { .. } => Kind::DiscoveryContentType,
            AnswerFault::Json { .. } => Kind::DiscoveryUnreadable,
        },
        DiscoveryFault::Issuer { .. } => Kind::DiscoveryIssuer,
        DiscoveryFault::Missing { .. } => Kind::DiscoveryMemberMissing,
        DiscoveryFault::Form { .. } => Kind::DiscoveryMemberForm,
        DiscoveryFault::Endpoint { .. } => Kind::DiscoveryEndpoint,
    }
}

pub(super) const fn jwks(fault: &JwksFault) -> Kind {
    match fault {
        JwksFault::Answer(answer) => match answer {
            AnswerFault::Redirect { .. } => Kind::JwksRedirect,
            AnswerFault::Status { .. } => Kind::JwksStatus,
            AnswerFault::TooLarge { .. } => Kind::JwksTooLarge,
            AnswerFault::ContentType { .. } => Kind::JwksContentType,
            AnswerFault::Json { .. } => Kind::JwksUnreadable,
        },
        JwksFault::KeysMissing => Kind::JwksKeysMissing,
        JwksFault::TooMany { .. } => Kind::JwksTooManyKeys,
        JwksFault::NoneUsable { .. } => Kind::JwksNoUsableKey,
    }
}

pub(super) const fn userinfo(fault: &UserinfoFault) -> Kind {
    match fault {
        UserinfoFault::Answer(answer) => match answer {
            AnswerFault::Redirect { .. } => Kind::UserinfoRedirect,
            AnswerFault::Status { .. } => Kind::UserinfoStatus,
            AnswerFault::TooLarge { .. } => Kind::UserinfoTooLarge,
            AnswerFault::ContentType { .. } => Kind::UserinfoContentType,
            AnswerFault::Json { .. } => Kind::UserinfoUnreadable,
        },
        UserinfoFault::NoEndpoint => Kind::UserinfoNoEndpoint,
        UserinfoFault::Signed => Kind::UserinfoSigned,
        UserinfoFault::NotSigned => Kind::UserinfoNotSigned,
        UserinfoFault::Jwe(jwe) => match jwe {
            JweFault::NotEncrypted
            | JweFault::Algorithm { .. }
            | JweFault::Compressed
            | JweFault::Form { .. } => Kind::UserinfoEncryption,
            JweFault::Decryption { .. } => Kind::UserinfoDecryption,
            JweFault::TooLong { .. }
            | JweFault::Parts { .. }
            | JweFault::Encoding { .. }
            | JweFault::Json(_)
            | JweFault::Critical
            | JweFault::Kind(_) => Kind::UserinfoToken,
        },
        UserinfoFault::Jws(jws) => match jws {
            JwsFault::Encrypted => Kind::UserinfoEncryption,
            JwsFault::Algorithm { .. } => Kind::UserinfoAlgorithm,
            JwsFault::KeyUnknown { .. } | JwsFault::KeysAmbiguous { .. } | JwsFault::Signature { .. } => {
                Kind::UserinfoSignature
            }
            JwsFault::TooLong { .. }
            | JwsFault::Parts { .. }
            | JwsFault::Encoding { .. }
            | JwsFault::Json { .. }
            | JwsFault::Critical
            | JwsFault::Kind { .. }
            | JwsFault::KeyName => Kind::UserinfoToken,
        },
        UserinfoFault::OtherKind { .. } | UserinfoFault::Form { .. } => Kind::UserinfoToken,
        UserinfoFault::Issuer { .. } => Kind::UserinfoIssuer,
        UserinfoFault::Audience { .. } => Kind::UserinfoAudience,
        UserinfoFault::Time { .. } => Kind::UserinfoTime,
        UserinfoFault::SubjectMissing => Kind::UserinfoSubjectMissing,
        UserinfoFault::SubjectOther => Kind::UserinfoSubject,
    }
}

pub(super) const fn introspection(fault: &IntrospectionFault) -> Kind {
    match fault {
        IntrospectionFault::NoEndpoint => Kind::IntrospectionNoEndpoint,
        IntrospectionFault::Authentication(fault) => client_authentication(fault),
        IntrospectionFault::Answer(answer) => match answer {
            AnswerFault::Redirect { .. } => Kind::IntrospectionRedirect,
            AnswerFault::Status { .. } => Kind::IntrospectionStatus,
            AnswerFault::TooLarge { .. } => Kind::IntrospectionTooLarge,
            AnswerFault::ContentType { .. } => Kind::IntrospectionContentType,
            AnswerFault::Json { .. } => Kind::IntrospectionUnreadable,
        },
        IntrospectionFault::Refused { .. } => Kind::IntrospectionRefused,
        IntrospectionFault::NotSigned => Kind::IntrospectionNotSigned,
        IntrospectionFault::AsIdToken(_) | IntrospectionFault::KindUnsaid => Kind::IntrospectionToken,
        IntrospectionFault::Form { .. } => Kind::IntrospectionMemberForm,
    }
}

pub(super) const fn logout_token(fault: &LogoutTokenFault) -> Kind {
    match fault.flaw() {
        Flaw::Unreadable => Kind::LogoutTokenUnreadable,
        Flaw::Algorithm => Kind::LogoutTokenAlgorithm,
        Flaw::Type => Kind::LogoutTokenType,
        Flaw::Key => Kind::LogoutTokenKey,
        Flaw::Signature => Kind::LogoutTokenSignature,
        Flaw::Claim => Kind::LogoutTokenClaim,
        Flaw::Issuer => Kind::LogoutTokenIssuer,
        Flaw::Audience => Kind::LogoutTokenAudience,
        Flaw::Time => Kind::LogoutTokenTime,
        Flaw::Subject => Kind::LogoutTokenSubject,
        Flaw::Event => Kind::LogoutTokenEvent,
        Flaw::Nonce => Kind::LogoutTokenNonce,
    }
}

/// What to do about an audience: which mapper of Keycloak makes it, and what to write if it is meant.
pub(super) fn audience_remedy(expected: &str, found: &[String]) -> Cow<'static, str> {
    let others: Vec<&str> =
        found.iter().map(String::as_str).filter(|audience| *audience != expected).take(5).collect();
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:/@".contains(&b));
    // The token is the provider's, but what is pasted into a file should not surprise anybody.
    if !found.iter().any(|audience| audience == expected)
        || others.is_empty()
        || !others.iter().all(|a| plain(a))
    {
        return Kind::IdTokenAudience.remedy().into();
    }
    let others = others.iter().map(|audience| format!("\"{audience}\"")).collect::<Vec<_>>().join(", ");
    format!(
        "The ID token is for others too. In Keycloak a mapper of type Audience does that: Clients, this client, Client scopes, the \
         dedicated one, the mapper, Add to ID token off. If they are meant, as with the project of Zitadel, write: audiences: [{others}]"
    )
    .into()
}

impl From<AccessTokenFault> for Refusal {
    fn from(fault: AccessTokenFault) -> Self {
        Self::AccessToken(fault)
    }
}

impl From<DpopFault> for Refusal {
    fn from(fault: DpopFault) -> Self {
        Self::Dpop(fault)
    }
}

impl From<CertificateFault> for Refusal {
    fn from(fault: CertificateFault) -> Self {
        Self::Certificate(fault)
    }
}

impl From<CallbackFault> for Refusal {
    fn from(fault: CallbackFault) -> Self {
        Self::Callback(fault)
    }
}

impl From<DiscoveryFault> for Refusal {
    fn from(fault: DiscoveryFault) -> Self {
        Self::Discovery(fault)
    }
}

impl From<JwksFault> for Refusal {
    fn from(fault: JwksFault) -> Self {
        Self::Jwks(fault)
    }
}

impl From<InitiateLoginFault> for Refusal {
    fn from(fault: InitiateLoginFault) -> Self {
        Self::InitiateLogin(fault)
    }
}

impl From<PushedFault> for Refusal {
    fn from(fault: PushedFault) -> Self {
        Self::Pushed(fault)
    }
}

impl From<TokenFault> for Refusal {
    fn from(fault: TokenFault) -> Self {
        Self::Token(fault)
    }
}

impl From<IdTokenFault> for Refusal {
    fn from(fault: IdTokenFault) -> Self {
        Self::IdToken(fault)
    }
}

impl From<UserinfoFault> for Refusal {
    fn from(fault: UserinfoFault) -> Self {
        Self::Userinfo(fault)
    }
}

impl From<IntrospectionFault> for Refusal {
    fn from(fault: IntrospectionFault) -> Self {
        Self::Introspection(fault)
    }
}

impl From<LogoutTokenFault> for Refusal {
    fn from(fault: LogoutTokenFault) -> Self {
        Self::LogoutToken(fault)
    }
}
