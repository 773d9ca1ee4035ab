//! The authorization response (RFC 6749 section 4.1.2, OpenID Connect Core 1.0 sections 3.1.2.5 to 3.1.2.7, RFC 9207).

use std::fmt;
use std::time::Duration;

use aws_lc_rs::constant_time;

use super::form;
use super::issuer::Issuer;
use super::quote::quote;
use super::secret::Secret;
use super::timestamp::Timestamp;

/// Seconds from the start of a login to its end.
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

/// An authorization response that is well formed, and nothing more is known of it.
#[derive(Clone, Debug)]
pub struct Answer {
    state: Option<Secret>,
    issuer: Option<String>,
    code: Option<Secret>,
    error: Option<String>,
}

/// What the seal of `state` held.
#[derive(Clone, Debug)]
pub struct OpenedState {
    /// The client that the login was started for.
    pub client: String,
    /// What the flow cookie of the browser that started it gives.
    pub binding: [u8; 32],
    /// When it was started.
    pub issued_at: Timestamp,
}

/// What the response is judged against.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The configured issuer.
    pub issuer: &'a Issuer,
    /// Whether the provider announces `iss` in every response ([`super::discovery::Provider::iss_parameter_supported`]).
    pub iss_announced: bool,
    /// The client whose callback was called.
    pub client: &'a str,
    /// What [`Answer::state`] held; none if it could not be opened.
    pub state: Option<&'a OpenedState>,
    /// What the flow cookie of this browser gives; none if it sent none.
    pub browser: Option<[u8; 32]>,
    /// The time.
    pub now: Timestamp,
}

/// A code that came back to the browser that asked for it, from the issuer that was asked. Only [`judge`] makes one.
#[derive(Clone, Debug)]
pub struct Code(Secret);

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

impl Answer {
    /// Reads a response from the bytes of a query (without `?`) or of a form. A parameter without a value counts as left out
    /// (RFC 6749 section 3.1); unknown ones are passed over.
    ///
    /// # Errors
    /// [`CallbackFault`], of which every kind that means the form.
    pub fn parse(bytes: &[u8]) -> Result<Self, CallbackFault> {
        if bytes.len() > MAX_ANSWER_BYTES {
            return Err(CallbackFault::TooLong { found: bytes.len() });
        }
        let mut read = [const { None }; Parameter::ALL.len()];
        let mut seen = [false; Parameter::ALL.len()];
        for (name, value) in form::pairs(bytes) {
            if let Some(parameter) = OTHER_RESPONSE_TYPES.iter().find(|other| name == other.as_bytes())
                && !value.is_empty()
            {
                return Err(CallbackFault::OtherResponseType { parameter });
            }
            let Some(at) = Parameter::ALL.iter().position(|parameter| name == parameter.name().as_bytes())
            else {
                continue;
            };
            let parameter = Parameter::ALL[at];
            // Twice is twice, also if one of them has no value.
            if std::mem::replace(&mut seen[at], true) {
                return Err(CallbackFault::Twice(parameter));
            }
            if value.len() > parameter.limit() {
                return Err(CallbackFault::ParameterTooLong { parameter, found: value.len() });
            }
            // RFC 6749 appendix A.5, A.7, A.11: printable ASCII; `iss` is an address.
            if !value.iter().all(|byte| matches!(byte, 0x20..=0x7e)) {
                return Err(CallbackFault::ParameterForm(parameter));
            }
            let value = String::from_utf8(value).map_err(|_| CallbackFault::ParameterForm(parameter))?;
            read[at] = (!value.is_empty()).then_some(value);
        }
        let [state, issuer, code, error] = read;
        Ok(Self { state: state.map(Secret::new), issuer, code: code.map(Secret::new), error })
    }

    /// `state`, to be opened by whoever sealed it.
    pub fn state(&self) -> Option<&str> {
        self.state.as_ref().map(Secret::expose)
    }
}

/// Judges a response in the order of trust: form (done by [`Answer::parse`]), issuer, state, error, code.
///
/// # Errors
/// [`CallbackFault`]; no request may be sent to the token endpoint then.
pub fn judge(answer: &Answer, expected: &Expected<'_>) -> Result<Code, CallbackFault> {
    // RFC 9207 section 2.4: also for an error; byte for byte when there, and there when announced.
    match &answer.issuer {
        Some(found) if found != expected.issuer.as_str() => {
            return Err(CallbackFault::IssuerOther {
                expected: expected.issuer.as_str().to_owned(),
                found: found.clone(),
            });
        }
        None if expected.iss_announced => return Err(CallbackFault::IssuerMissing),
        _ => {}
    }

    // RFC 6749 section 10.12, RFC 9700 section 4.7: made by us, for this client, lately, in this browser.
    if answer.state.is_none() {
        return Err(CallbackFault::StateMissing);
    }
    let state = expected.state.ok_or(CallbackFault::StateUnreadable)?;
    if state.client != expected.client {
        return Err(CallbackFault::StateOtherClient {
            started: state.client.clone(),
            called: expected.client.to_owned(),
        });
    }
    // Age before browser: the flow cookie lives as long as the state, so an old login usually lacks its cookie too.
    let age = expected.now.since(state.issued_at);
    if age > STATE_LIFETIME {
        return Err(CallbackFault::StateExpired { age });
    }
    let browser = expected.browser.ok_or(CallbackFault::NoFlowCookie)?;
    if constant_time::verify_slices_are_equal(&browser, &state.binding).is_err() {
        return Err(CallbackFault::OtherBrowser);
    }

    match (&answer.error, &answer.code) {
        (Some(_), Some(_)) => Err(CallbackFault::CodeWithError),
        (Some(error), None) => Err(CallbackFault::Provider(ProviderError::of(error))),
        (None, None) => Err(CallbackFault::CodeMissing),
        (None, Some(code)) => Ok(Code(code.clone())),
    }
}

impl Code {
    /// The code itself, for the token request.
    pub(super) fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl Parameter {
    const ALL: [Self; 4] = [Self::State, Self::Issuer, Self::Code, Self::Error];

    /// As the specification spells it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Issuer => "iss",
            Self::Code => "code",
            Self::Error => "error",
        }
    }

    const fn limit(self) -> usize {
        match self {
            Self::State => MAX_STATE_BYTES,
            Self::Issuer => MAX_ISSUER_BYTES,
            Self::Code => MAX_CODE_BYTES,
            Self::Error => MAX_ERROR_BYTES,
        }
    }
}

impl ProviderError {
    fn of(error: &str) -> Self {
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
            Self::StateUnreadable => {
                f.write_str("state was not made here, or with a key that is no longer there")
            }
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

/// OpenID Connect Core 1.0 section 3.3.2.5 (implicit and hybrid parts), JARM section 2.3 (`response`).
const OTHER_RESPONSE_TYPES: [&str; 3] = ["id_token", "access_token", "response"];

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
