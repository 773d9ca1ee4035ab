//! The authorization response (RFC 6749 section 4.1.2, OpenID Connect Core 1.0 sections 3.1.2.5 to 3.1.2.7, RFC 9207).

use aws_lc_rs::constant_time;

pub use super::callback_fault::{
    CallbackFault, MAX_ANSWER_BYTES, MAX_CODE_BYTES, MAX_ERROR_BYTES, MAX_ISSUER_BYTES, MAX_STATE_BYTES,
    Parameter, ProviderError, STATE_LIFETIME,
};
use super::form;
use super::issuer::Issuer;
use super::secret::Secret;
use super::timestamp::Timestamp;

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
        Some(found) if !expected.issuer.is_named(found) => {
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

/// OpenID Connect Core 1.0 section 3.3.2.5 (implicit and hybrid parts), JARM section 2.3 (`response`).
const OTHER_RESPONSE_TYPES: [&str; 3] = ["id_token", "access_token", "response"];
