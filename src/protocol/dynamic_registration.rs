//! Dynamic client registration (RFC 7591; OpenID Connect Dynamic Client Registration 1.0).
//!
//! The provider may change what it was asked for (RFC 7591 section 3.2.1). A client that it registered otherwise than this program
//! would use it is refused here, where it can be told, and not at the first login.

use std::fmt;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use serde_json::{Map, Value, json};

use super::answer::{self, AnswerFault, MediaType};
use super::discovery::Provider;
pub use super::dynamic_registration_fault::RegistrationFault;
use super::endpoint::Endpoint;
use super::registration::SigningAlgorithm;
use super::secret::Secret;
use super::timestamp::Timestamp;

/// Bytes of an answer.
pub const MAX_ANSWER_BYTES: usize = 256 * 1024;
/// Bytes of a client's id, and of its secret.
const MAX_TEXT_BYTES: usize = 512;

/// What a client is to be registered with.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// `client_name`: what people read at the provider.
    pub client_name: String,
    /// The one callback.
    pub redirect_uri: String,
    /// Where people come back to after a logout.
    pub post_logout_redirect_uri: String,
    /// Where the provider says that a session is over (Back-Channel Logout 1.0 section 2.2).
    pub backchannel_logout_uri: String,
    /// The same through the browser (Front-Channel Logout 1.0 section 2), if that is wanted.
    pub frontchannel_logout_uri: Option<String>,
    /// Where the provider or a portal starts a login (Core section 4), if that is wanted.
    pub initiate_login_uri: Option<String>,
    /// What will be asked for.
    pub scopes: Vec<String>,
    /// `token_endpoint_auth_method`.
    pub method: AuthenticationMethod,
    /// `id_token_signed_response_alg`.
    pub algorithm: SigningAlgorithm,
}

/// The ways to prove itself for which a client needs nothing that the provider does not give it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthenticationMethod {
    /// `client_secret_basic`.
    Basic,
    /// `client_secret_post`.
    Post,
    /// `none`.
    None,
}

/// A client as it was registered. Only [`judge`] makes one.
#[derive(Clone, Debug)]
pub struct Registered {
    /// `client_id`.
    pub client_id: String,
    /// `client_secret`; none for a public client.
    pub client_secret: Option<Secret>,
    /// What the operator should know.
    pub notes: Vec<Note>,
}

/// Something that was registered and works, with less than was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// The secret is good until then.
    SecretEnds(Timestamp),
    /// The provider does not say until when the secret is good, though it has to.
    SecretEndUnsaid,
    /// `refresh_token` is not among the `grant_types`.
    NoRefresh,
    /// This member was not taken over.
    NotTaken(&'static str),
}

/// How a client can prove itself at this provider: with a secret if it can be, by header before by form.
///
/// # Errors
/// [`RegistrationFault::NoMethod`].
pub fn method(provider: &Provider) -> Result<AuthenticationMethod, RegistrationFault> {
    let announced = provider.token_endpoint_auth_methods();
    let takes = |method: &AuthenticationMethod| announced.iter().any(|name| name == method.name());
    let ours = [AuthenticationMethod::Basic, AuthenticationMethod::Post, AuthenticationMethod::None];
    ours.into_iter().find(takes).ok_or_else(|| RegistrationFault::NoMethod { announced: announced.to_vec() })
}

/// How ID tokens will be signed: RS256, which every provider has to take (Core section 15.1), or the first of ours that this one
/// announces.
///
/// # Errors
/// [`RegistrationFault::NoAlgorithm`].
pub fn algorithm(provider: &Provider) -> Result<SigningAlgorithm, RegistrationFault> {
    let announced = provider.id_token_algorithms();
    if announced.is_empty() {
        return Ok(SigningAlgorithm::Rs256);
    }
    let takes = |algorithm: &SigningAlgorithm| announced.iter().any(|name| name == algorithm.name());
    SigningAlgorithm::ASYMMETRIC
        .into_iter()
        .find(takes)
        .ok_or_else(|| RegistrationFault::NoAlgorithm { announced: announced.to_vec() })
}

/// The request (RFC 7591 section 3.1). `token` is an initial access token, where the provider wants one.
pub fn request(endpoint: &Endpoint, wanted: &Wanted, token: Option<&Secret>) -> Request<Vec<u8>> {
    let mut metadata = json!({
        "application_type": "web",
        "client_name": wanted.client_name,
        "redirect_uris": [wanted.redirect_uri],
        "post_logout_redirect_uris": [wanted.post_logout_redirect_uri],
        "backchannel_logout_uri": wanted.backchannel_logout_uri,
        "backchannel_logout_session_required": true,
        "response_types": ["code"],
        "grant_types": ["authorization_code", "refresh_token"],
        "scope": wanted.scopes.join(" "),
        "token_endpoint_auth_method": wanted.method.name(),
        "id_token_signed_response_alg": wanted.algorithm.name(),
    });
    if let (Some(uri), Some(members)) = (&wanted.frontchannel_logout_uri, metadata.as_object_mut()) {
        members.insert("frontchannel_logout_uri".to_owned(), uri.as_str().into());
        members.insert("frontchannel_logout_session_required".to_owned(), true.into());
    }
    if let (Some(uri), Some(members)) = (&wanted.initiate_login_uri, metadata.as_object_mut()) {
        members.insert("initiate_login_uri".to_owned(), uri.as_str().into());
    }
    let mut request = Request::new(metadata.to_string().into_bytes());
    *request.method_mut() = Method::POST;
    *request.uri_mut() = endpoint.uri().clone();
    let headers = request.headers_mut();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(token) = token {
        let mut value = HeaderValue::try_from(format!("Bearer {}", token.expose()))
            .expect("initial_access_token() lets through what fits a header");
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    request
}

/// An initial access token as it stands in a file or a variable; none if it could not be sent (RFC 6750 section 2.1).
pub fn initial_access_token(text: &str) -> Option<Secret> {
    let text = text.trim_end_matches(['\r', '\n']);
    let fits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then(|| Secret::new(text))
}

/// Judges the answer (RFC 7591 section 3.2).
///
/// # Errors
/// [`RegistrationFault`]. The provider may have made a client all the same, which is then to be removed there.
pub fn judge(
    answer: &Response<Bytes>,
    wanted: &Wanted,
    now: Timestamp,
) -> Result<Registered, RegistrationFault> {
    let status = answer.status();
    let read = || answer::body(answer, MAX_ANSWER_BYTES, MediaType::Json).map_err(RegistrationFault::Answer);
    let members = match status {
        StatusCode::CREATED => read()?,
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            return Err(RegistrationFault::Token { status: status.as_u16() });
        }
        StatusCode::BAD_REQUEST => return Err(refused(&read()?)),
        _ if status.is_redirection() => {
            return Err(RegistrationFault::Answer(AnswerFault::Redirect { status: status.as_u16() }));
        }
        _ => return Err(RegistrationFault::Status { status: status.as_u16() }),
    };
    as_asked(&members, wanted)?;
    let client_id =
        shown(&members, "client_id")?.ok_or(RegistrationFault::Missing { member: "client_id" })?;
    let (client_secret, note) = secret(&members, wanted.method, now)?;
    let mut notes = Vec::from_iter(note);
    if list(&members, "grant_types")?.is_some_and(|types| !types.contains(&"refresh_token")) {
        notes.push(Note::NoRefresh);
    }
    notes.extend(not_taken(&members, wanted).map(Note::NotTaken));
    Ok(Registered { client_id: client_id.to_owned(), client_secret, notes })
}

/// What this program would use in another way than the provider registered it.
fn as_asked(members: &Map<String, Value>, wanted: &Wanted) -> Result<(), RegistrationFault> {
    let other = |member, needed: &str, found: &str| {
        Err(RegistrationFault::NotAsAsked { member, needed: needed.to_owned(), found: found.to_owned() })
    };
    // RFC 7591 section 3.2.1: all registered metadata is in the answer. One more address is one more that codes could be sent to.
    match list(members, "redirect_uris")? {
        None => return Err(RegistrationFault::Missing { member: "redirect_uris" }),
        Some(uris) if uris == [wanted.redirect_uri.as_str()] => {}
        Some(uris) => return other("redirect_uris", &wanted.redirect_uri, &uris.join(" ")),
    }
    // Section 2 has the default of each; Dynamic Client Registration 1.0 section 2 that of the algorithm.
    let texts = [
        ("token_endpoint_auth_method", wanted.method.name(), "client_secret_basic"),
        ("id_token_signed_response_alg", wanted.algorithm.name(), "RS256"),
    ];
    for (member, needed, default) in texts {
        let found = text(members, member)?.unwrap_or(default);
        if found != needed {
            return other(member, needed, found);
        }
    }
    for (member, needed) in [("response_types", "code"), ("grant_types", "authorization_code")] {
        if let Some(found) = list(members, member)?.filter(|found| !found.contains(&needed)) {
            return other(member, needed, &found.join(" "));
        }
    }
    for member in NOT_ASKED {
        match members.get(member) {
            None | Some(Value::Null | Value::Bool(false)) => {}
            Some(Value::String(found)) => return other(member, "nothing", found),
            Some(_) => return other(member, "nothing", "something"),
        }
    }
    Ok(())
}

/// The secret, and what is to be said of its end. RFC 7591 section 3.2.1: with a secret there is `client_secret_expires_at`, 0 for
/// never. The conformance suite, for one, leaves it out; the secret is good all the same.
fn secret(
    members: &Map<String, Value>,
    method: AuthenticationMethod,
    now: Timestamp,
) -> Result<(Option<Secret>, Option<Note>), RegistrationFault> {
    let found = shown(members, "client_secret")?;
    let secret = match (method, found) {
        (AuthenticationMethod::None, None) => return Ok((None, None)),
        (AuthenticationMethod::None, Some(_)) => {
            let (needed, found) = ("nothing".to_owned(), "a secret".to_owned());
            return Err(RegistrationFault::NotAsAsked { member: "client_secret", needed, found });
        }
        (_, None) => return Err(RegistrationFault::Missing { member: "client_secret" }),
        (_, Some(secret)) => Secret::new(secret),
    };
    let member = "client_secret_expires_at";
    let ends = match members.get(member) {
        None | Some(Value::Null) => return Ok((Some(secret), Some(Note::SecretEndUnsaid))),
        Some(value) => {
            value.as_u64().ok_or(RegistrationFault::Form { member, needed: "a number of seconds" })?
        }
    };
    match Timestamp::from_seconds(ends) {
        _ if ends == 0 => Ok((Some(secret), None)),
        ends if ends <= now => Err(RegistrationFault::SecretEnded),
        ends => Ok((Some(secret), Some(Note::SecretEnds(ends)))),
    }
}

/// The addresses that the provider did not take over; a login that begins here needs none of them.
fn not_taken<'a>(
    members: &'a Map<String, Value>,
    wanted: &'a Wanted,
) -> impl Iterator<Item = &'static str> + use<'a> {
    let after_logout = [Value::from(wanted.post_logout_redirect_uri.as_str())];
    let uri = |member: &str| members.get(member).and_then(Value::as_str);
    let taken = [
        (
            "post_logout_redirect_uris",
            members.get("post_logout_redirect_uris") == Some(&Value::from(after_logout.to_vec())),
        ),
        ("backchannel_logout_uri", uri("backchannel_logout_uri") == Some(&wanted.backchannel_logout_uri)),
        (
            "frontchannel_logout_uri",
            wanted
                .frontchannel_logout_uri
                .as_deref()
                .is_none_or(|wanted| uri("frontchannel_logout_uri") == Some(wanted)),
        ),
        (
            "initiate_login_uri",
            wanted
                .initiate_login_uri
                .as_deref()
                .is_none_or(|wanted| uri("initiate_login_uri") == Some(wanted)),
        ),
    ];
    taken.into_iter().filter_map(|(member, taken)| (!taken).then_some(member))
}

fn refused(members: &Map<String, Value>) -> RegistrationFault {
    let text = |member| members.get(member).and_then(Value::as_str).map(str::to_owned);
    match text("error") {
        Some(error) => RegistrationFault::Refused { error, description: text("error_description") },
        None => RegistrationFault::Missing { member: "error" },
    }
}

fn text<'a>(
    members: &'a Map<String, Value>,
    member: &'static str,
) -> Result<Option<&'a str>, RegistrationFault> {
    match members.get(member) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(RegistrationFault::Form { member, needed: "a text" }),
    }
}

/// A text that goes into a file and into requests (RFC 6749 appendix A.1 and A.2).
fn shown<'a>(
    members: &'a Map<String, Value>,
    member: &'static str,
) -> Result<Option<&'a str>, RegistrationFault> {
    let needed = "a text of 1 to 512 printable characters without blanks at the ends";
    let fits = |text: &str| {
        matches!(text.len(), 1..=MAX_TEXT_BYTES) && text.trim() == text && !text.chars().any(char::is_control)
    };
    match text(members, member)? {
        Some(text) if !fits(text) => Err(RegistrationFault::Form { member, needed }),
        text => Ok(text),
    }
}

fn list<'a>(
    members: &'a Map<String, Value>,
    member: &'static str,
) -> Result<Option<Vec<&'a str>>, RegistrationFault> {
    let items = match members.get(member) {
        None | Some(Value::Null) => return Ok(None),
        Some(value) => value.as_array(),
    };
    items
        .and_then(|items| items.iter().map(Value::as_str).collect::<Option<_>>())
        .map(Some)
        .ok_or(RegistrationFault::Form { member, needed: "a list of texts" })
}

impl AuthenticationMethod {
    /// As registered.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Basic => "client_secret_basic",
            Self::Post => "client_secret_post",
            Self::None => "none",
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SecretEnds(at) => write!(
                f,
                "the provider lets the secret end at {} (seconds since 1970); register anew before that",
                at.seconds()
            ),
            Self::SecretEndUnsaid => f.write_str(
                "the provider does not say until when the secret is good (client_secret_expires_at); if logins end with \
                 token_invalid_client one day, register anew",
            ),
            Self::NoRefresh => {
                f.write_str("the provider registered no refresh tokens: sessions end without being renewed")
            }
            Self::NotTaken(member) => write!(
                f,
                "the provider did not take over {member}; logins work, and for the rest look at its own settings"
            ),
        }
    }
}

/// What would make the provider encrypt, or sign what is not expected to be, or bind tokens to a key.
const NOT_ASKED: [&str; 5] = [
    "dpop_bound_access_tokens",
    "id_token_encrypted_response_alg",
    "tls_client_certificate_bound_access_tokens",
    "userinfo_encrypted_response_alg",
    "userinfo_signed_response_alg",
];
