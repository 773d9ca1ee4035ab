//! What an authorization response may be at most, and why it does not end a login.

use std::fmt;
use std::time::Duration;

use super::quote::quote;

/// How long a person may take at the provider: from `/login` to the callback.
pub const STATE_LIFETIME: Duration = Duration::from_secs(600);

/// Bytes of a whole response, as query or as form.
pub const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// Bytes of `state`; what we seal is smaller.
pub const MAX_STATE_BYTES: usize = 4000;

/// Bytes of `code`.
pub const MAX_CODE_BYTES: usize = 8 * 1024;

/// Bytes of `iss`.
pub const MAX_ISSUER_BYTES: usize = 2048;

/// Bytes of `error`.
pub const MAX_ERROR_BYTES: usize = 256;

/// A parameter that we act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameter {
    /// `state`
    State,
    /// `iss`
    Issuer,
    /// `code`
    Code,
    /// `error`
    Error,
}

/// Why the provider did not sign the person in (RFC 6749 section 4.1.2.1, OpenID Connect Core 1.0 section 3.1.2.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProviderError {
    /// `access_denied`: the person, or the provider, said no.
    AccessDenied,
    /// `temporarily_unavailable` or `server_error`: later it may work.
    Unavailable(&'static str),
    /// `login_required`, `interaction_required`, `consent_required`, `account_selection_required`.
    InteractionRequired(&'static str),
    /// The request or the registration is at fault: `invalid_request`, `unauthorized_client`, `invalid_scope` and the like.
    Registration(&'static str),
    /// A name that no specification gives; it is not repeated.
    Unknown,
}

/// Why a response does not end a login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallbackFault {
    /// The response as a whole is too long.
    TooLong {
        /// Its bytes.
        found: usize,
    },
    /// A parameter is there twice (RFC 6749 section 3.1).
    Twice(Parameter),
    /// A parameter is longer than its limit.
    ParameterTooLong {
        /// Which.
        parameter: Parameter,
        /// Its bytes.
        found: usize,
    },
    /// A parameter has characters that the specification does not allow it (RFC 6749 appendix A).
    ParameterForm(Parameter),
    /// A part of another response type: `id_token`, `access_token` or `response`, which we never ask for.
    OtherResponseType {
        /// Its name.
        parameter: &'static str,
    },
    /// There is no `iss` although the provider announces it (RFC 9207 section 2.4).
    IssuerMissing,
    /// The response names another issuer.
    IssuerOther {
        /// The configured issuer.
        expected: String,
        /// What came; `Display` quotes and shortens it.
        found: String,
    },
    /// There is no `state`.
    StateMissing,
    /// `state` was not made by us, or with a key that is gone.
    StateUnreadable,
    /// The login was started for another client.
    StateOtherClient {
        /// The client that the login was started for.
        started: String,
        /// The client whose callback was called.
        called: String,
    },
    /// The login was started too long ago.
    StateExpired {
        /// How long ago.
        age: Duration,
    },
    /// The browser sent no flow cookie: it keeps no cookies, or the login was started elsewhere.
    NoFlowCookie,
    /// The login was started in another browser.
    OtherBrowser,
    /// The provider says why it did not sign the person in.
    Provider(ProviderError),
    /// Both a code and an error came.
    CodeWithError,
    /// Neither a code nor an error came.
    CodeMissing,
}

impl Parameter {
    pub(super) const ALL: [Self; 4] = [Self::State, Self::Issuer, Self::Code, Self::Error];

    /// As the specification spells it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Issuer => "iss",
            Self::Code => "code",
            Self::Error => "error",
        }
    }

    pub(super) const fn limit(self) -> usize {
        match self {
            Self::State => MAX_STATE_BYTES,
            Self::Issuer => MAX_ISSUER_BYTES,
            Self::Code => MAX_CODE_BYTES,
            Self::Error => MAX_ERROR_BYTES,
        }
    }
}

impl ProviderError {
    pub(super) fn of(error: &str) -> Self {
        let known = |names: &[&'static str]| names.iter().copied().find(|name| *name == error);
        if error == "access_denied" {
            Self::AccessDenied
        } else if let Some(name) = known(&UNAVAILABLE) {
            Self::Unavailable(name)
        } else if let Some(name) = known(&INTERACTION) {
            Self::InteractionRequired(name)
        } else if let Some(name) = known(&REGISTRATION) {
            Self::Registration(name)
        } else {
            Self::Unknown
        }
    }
}

impl CallbackFault {
    /// Every code that [`Self::code`] gives.
    pub const ALL_CODES: &[&str] = &[
        "callback_too_long",
        "callback_parameter_twice",
        "callback_parameter_too_long",
        "callback_parameter_form",
        "callback_other_response_type",
        "callback_issuer_missing",
        "callback_issuer",
        "callback_state_missing",
        "callback_state_unreadable",
        "callback_state_other_client",
        "callback_state_expired",
        "callback_no_flow_cookie",
        "callback_other_browser",
        "callback_access_denied",
        "callback_provider_unavailable",
        "callback_interaction_required",
        "callback_registration",
        "callback_provider_error",
        "callback_code_with_error",
        "callback_code_missing",
    ];

    /// The stable code, as in docs/refusals.md.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "callback_too_long",
            Self::Twice(_) => "callback_parameter_twice",
            Self::ParameterTooLong { .. } => "callback_parameter_too_long",
            Self::ParameterForm(_) => "callback_parameter_form",
            Self::OtherResponseType { .. } => "callback_other_response_type",
            Self::IssuerMissing => "callback_issuer_missing",
            Self::IssuerOther { .. } => "callback_issuer",
            Self::StateMissing => "callback_state_missing",
            Self::StateUnreadable => "callback_state_unreadable",
            Self::StateOtherClient { .. } => "callback_state_other_client",
            Self::StateExpired { .. } => "callback_state_expired",
            Self::NoFlowCookie => "callback_no_flow_cookie",
            Self::OtherBrowser => "callback_other_browser",
            Self::Provider(ProviderError::AccessDenied) => "callback_access_denied",
            Self::Provider(ProviderError::Unavailable(_)) => "callback_provider_unavailable",
            Self::Provider(ProviderError::InteractionRequired(_)) => "callback_interaction_required",
            Self::Provider(ProviderError::Registration(_)) => "callback_registration",
            Self::Provider(ProviderError::Unknown) => "callback_provider_error",
            Self::CodeWithError => "callback_code_with_error",
            Self::CodeMissing => "callback_code_missing",
        }
    }

    /// Whether it was found only after browser and state had matched, so that the login is used up.
    pub const fn is_after_state(&self) -> bool {
        match self {
            Self::Provider(_) | Self::CodeWithError | Self::CodeMissing => true,
            Self::TooLong { .. }
            | Self::Twice(_)
            | Self::ParameterTooLong { .. }
            | Self::ParameterForm(_)
            | Self::OtherResponseType { .. }
            | Self::IssuerMissing
            | Self::IssuerOther { .. }
            | Self::StateMissing
            | Self::StateUnreadable
            | Self::StateOtherClient { .. }
            | Self::StateExpired { .. }
            | Self::NoFlowCookie
            | Self::OtherBrowser => false,
        }
    }

    /// Whether the browser (or who wrote the link that it followed) is at fault, and not the provider or its registration.
    /// Before the state is known to be ours, everything is the caller's: anybody can call the callback.
    pub fn caller_is_at_fault(&self) -> bool {
        match self {
            Self::TooLong { .. }
            | Self::Twice(_)
            | Self::ParameterTooLong { .. }
            | Self::ParameterForm(_)
            | Self::OtherResponseType { .. }
            | Self::IssuerMissing
            | Self::IssuerOther { .. }
            | Self::StateMissing
            | Self::StateUnreadable
            | Self::StateOtherClient { .. }
            | Self::StateExpired { .. }
            | Self::NoFlowCookie
            | Self::OtherBrowser
            | Self::Provider(ProviderError::AccessDenied | ProviderError::InteractionRequired(_))
            | Self::CodeWithError
            | Self::CodeMissing => true,
            Self::Provider(
                ProviderError::Unavailable(_) | ProviderError::Registration(_) | ProviderError::Unknown,
            ) => false,
        }
    }
}

impl fmt::Display for CallbackFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { found } => {
                write!(f, "the response has {found} bytes, but at most {MAX_ANSWER_BYTES} are read")
            }
            Self::Twice(parameter) => write!(f, "{} is there twice", parameter.name()),
            Self::ParameterTooLong { parameter, found } => write!(
                f,
                "{} has {found} bytes, but at most {} are read",
                parameter.name(),
                parameter.limit()
            ),
            Self::ParameterForm(parameter) => {
                write!(f, "{} has characters other than printable ASCII", parameter.name())
            }
            Self::OtherResponseType { parameter } => {
                write!(f, "{parameter} came, but only a code was asked for")
            }
            Self::IssuerMissing => {
                f.write_str("iss is missing, but the provider announces that it always sends it")
            }
            Self::IssuerOther { expected, found } => {
                write!(f, "iss is {}, but the issuer is {}", quote(found), quote(expected))
            }
            Self::StateMissing => f.write_str("state is missing"),
            Self::StateUnreadable => f.write_str(
                "state was not made here, or with a key that is no longer there (server.key_files)",
            ),
            Self::StateOtherClient { started, called } => write!(
                f,
                "the login was started for client {}, but came back to client {}",
                quote(started),
                quote(called)
            ),
            Self::StateExpired { age } => write!(
                f,
                "the login was started {}s ago, but is good for {}s",
                age.as_secs(),
                STATE_LIFETIME.as_secs()
            ),
            Self::NoFlowCookie => f.write_str(
                "the browser sent no flow cookie: cookies are blocked, or the login was started elsewhere",
            ),
            Self::OtherBrowser => f.write_str("the login was started in another browser"),
            Self::Provider(ProviderError::AccessDenied) => f.write_str("the provider says access_denied"),
            Self::Provider(
                ProviderError::Unavailable(name)
                | ProviderError::InteractionRequired(name)
                | ProviderError::Registration(name),
            ) => write!(f, "the provider says {name}"),
            Self::Provider(ProviderError::Unknown) => {
                f.write_str("the provider reports an error that no specification names")
            }
            Self::CodeWithError => f.write_str("both code and error came"),
            Self::CodeMissing => f.write_str("neither code nor error came"),
        }
    }
}

impl std::error::Error for CallbackFault {}

/// RFC 6749 section 4.1.2.1.
const UNAVAILABLE: [&str; 2] = ["temporarily_unavailable", "server_error"];

/// OpenID Connect Core 1.0 section 3.1.2.6.
const INTERACTION: [&str; 4] =
    ["login_required", "interaction_required", "consent_required", "account_selection_required"];

/// RFC 6749 section 4.1.2.1, OpenID Connect Core 1.0 section 3.1.2.6.
const REGISTRATION: [&str; 9] = [
    "invalid_request",
    "unauthorized_client",
    "unsupported_response_type",
    "invalid_scope",
    "invalid_request_uri",
    "invalid_request_object",
    "request_not_supported",
    "request_uri_not_supported",
    "registration_not_supported",
];
