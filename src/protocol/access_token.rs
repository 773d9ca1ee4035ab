//! Access tokens that a caller presents (RFC 6750, RFC 9068): a JWT of an issuer that is trusted for them, or what an issuer says of
//! a token that it was asked about (RFC 7662). Judged in the order of RFC 9068 section 4.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

pub use super::access_token_fault::AccessTokenFault;
use super::claim_form::{audiences, optional_text, required_text, time};
use super::claims::{Claims, OF_OTHER_KINDS};
use super::issuer::Issuer;
use super::jwks::Keys;
use super::jws::{Compact, Kinds};
use super::jwt::MAX_SUBJECT_BYTES;
use super::registration::SigningAlgorithm;
use super::timestamp::Timestamp;

/// How a JWT of an issuer shows that it is an access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// As RFC 9068 says: `typ` is `at+jwt`, and every claim that section 2.2 requires is there.
    Rfc9068,
    /// Any JWT with a claim that only access tokens have, and none that other kinds of token have.
    Jwt,
    /// Tokens of a platform for its workloads, which have no scopes and no client: of Kubernetes, or of a CI service.
    Workload,
}

/// What an access token is judged against.
#[derive(Clone, Copy, Debug)]
pub struct AccessTokenExpected<'a> {
    /// The issuer that it names.
    pub issuer: &'a Issuer,
    /// It must be for one of these; never empty.
    pub audiences: &'a [String],
    /// The algorithms that it may be signed with, none of them symmetric.
    pub algorithms: &'a [SigningAlgorithm],
    /// How it shows what it is.
    pub profile: Profile,
    /// The clients that it may have been issued to; empty if any.
    pub client_ids: &'a [String],
    /// The time.
    pub now: Timestamp,
    /// How far clocks may be apart, for `exp`, `iat` and `nbf`.
    pub leeway: Duration,
}

/// A JWT taken apart and not believed yet. What it says of its issuer only chooses whose rules it is held to.
pub struct Unverified<'t> {
    token: Compact<'t>,
    claims: Map<String, Value>,
}

/// An access token that was judged: only [`Unverified::verify`] and [`judge_introspected`] make one.
#[derive(Clone, Debug)]
pub struct AccessToken {
    /// Everything that it says.
    pub claims: Claims,
    /// `scope` (RFC 6749 section 3.3), or what stands in its place.
    pub scopes: Vec<String>,
    /// Whom it was issued to: `client_id` (RFC 9068 section 2.2), or what stands in its place.
    pub client_id: Option<String>,
    /// Whom it is about.
    pub bearer: Bearer,
    /// `exp`; none only where an issuer that was asked says nothing of it.
    pub expires: Option<Timestamp>,
    /// What its sender must show beside it.
    pub binding: Binding,
    /// `acr`: how the person was authenticated.
    pub acr: Option<String>,
    /// `auth_time`: when.
    pub auth_time: Option<Timestamp>,
}

/// Whom an access token is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bearer {
    /// A person who let the client act.
    Person,
    /// The client itself, or a workload: nobody signed in. Its `sub` may be the same text as that of a person (RFC 9068 section 5).
    Machine,
}

/// What the sender of a token must show beside it (`cnf`, RFC 7800 section 3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Binding {
    /// The thumbprint of the key of a DPoP proof (RFC 9449 section 6.1).
    pub key: Option<[u8; 32]>,
    /// The SHA-256 of a client certificate (RFC 8705 section 3.1).
    pub certificate: Option<[u8; 32]>,
    /// Something that is not known here: such a token is refused.
    pub unknown: bool,
}

/// What form a token has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A signed JWT: three parts, of which the first begins as a JSON object.
    Jwt,
    /// An encrypted one (RFC 7516 section 3.1): five parts.
    EncryptedJwt,
    /// Any other: only its issuer can read it.
    Opaque,
}

/// The form of a token, by a look at its beginning and its dots.
pub fn form(token: &str) -> Form {
    let first = token.split('.').next().unwrap_or_default();
    // Three bytes are in the first four signs.
    let begins = URL_SAFE_NO_PAD.decode(first.get(..4).unwrap_or(first));
    if !begins.is_ok_and(|header| header.starts_with(b"{")) {
        return Form::Opaque;
    }
    let mut further = token.split('.').skip(1);
    match (further.next(), further.next(), further.next(), further.next(), further.next()) {
        (Some(_), Some(_), None, ..) => Form::Jwt,
        (Some(_), Some(_), Some(_), Some(_), None) => Form::EncryptedJwt,
        _ => Form::Opaque,
    }
}

impl<'t> Unverified<'t> {
    /// Takes a token apart.
    ///
    /// # Errors
    /// [`AccessTokenFault::Jws`]
    pub fn read(token: &'t str) -> Result<Self, AccessTokenFault> {
        let token = Compact::read(token)?;
        let claims = token.payload()?;
        Ok(Self { token, claims })
    }

    /// The issuer that it names.
    ///
    /// # Errors
    /// [`AccessTokenFault::Missing`] or [`AccessTokenFault::Form`].
    pub fn issuer(&self) -> Result<&str, AccessTokenFault> {
        Ok(required_text(&self.claims, "iss")?)
    }

    /// Verifies it, and hands its claims out.
    ///
    /// # Errors
    /// [`AccessTokenFault`]; if [`AccessTokenFault::asks_for_new_keys`], it may pass with a fresh key set, and can be tried again.
    pub fn verify(
        &mut self,
        keys: &Keys,
        expected: &AccessTokenExpected<'_>,
    ) -> Result<AccessToken, AccessTokenFault> {
        // Section 4: `typ` first, which keeps tokens of other kinds out by itself; then, encryption not being agreed, the signature.
        let kinds = match expected.profile {
            Profile::Rfc9068 => AT_JWT,
            Profile::Jwt | Profile::Workload => ANY_JWT,
        };
        if expected.profile == Profile::Rfc9068 && self.token.header("typ").is_none() {
            return Err(AccessTokenFault::KindUnsaid);
        }
        let key_issuer = self.token.verify(keys, expected.algorithms, kinds)?;
        let claims = &self.claims;
        judge_kind(claims)?;
        // `iss`, byte for byte; of a template, that of the token's own tenant.
        let issuer = self.issuer()?;
        if !is_by(expected.issuer, issuer, claims) || !expected.issuer.takes_key_of(key_issuer, issuer) {
            return Err(AccessTokenFault::issuer(expected.issuer, issuer));
        }
        // `aud` has one of ours.
        let found = audiences(claims)?;
        if !is_for_us(&found, expected.audiences) {
            return Err(AccessTokenFault::audience(expected.audiences, &found));
        }
        // `exp`, which every JWT must have here.
        time(claims, "exp")?.ok_or(AccessTokenFault::Missing { claim: "exp" })?;
        let says_what_it_is = SAYS_ACCESS.iter().any(|claim| claims.contains_key(*claim));
        match expected.profile {
            Profile::Rfc9068 => {
                // Section 2.2.
                required_text(claims, "sub")?;
                required_text(claims, "client_id")?;
                required_text(claims, "jti")?;
                time(claims, "iat")?.ok_or(AccessTokenFault::Missing { claim: "iat" })?;
            }
            Profile::Jwt if !says_what_it_is && !self.token.is_of_kind("at+jwt") => {
                return Err(AccessTokenFault::KindUnsaid);
            }
            Profile::Workload => {
                required_text(claims, "sub")?;
            }
            Profile::Jwt => {}
        }
        let token = AccessToken::of(std::mem::take(&mut self.claims), expected)?;
        match expected.profile {
            Profile::Rfc9068 | Profile::Jwt => Ok(token),
            Profile::Workload => Ok(AccessToken { bearer: Bearer::Machine, ..token }),
        }
    }
}

/// Judges what an issuer says of a token that it calls active (RFC 7662 section 2.2): all of it, but that the issuer itself vouches
/// for kind and signature.
///
/// # Errors
/// [`AccessTokenFault`]
pub fn judge_introspected(
    mut claims: Map<String, Value>,
    expected: &AccessTokenExpected<'_>,
) -> Result<AccessToken, AccessTokenFault> {
    judge_kind(&claims)?;
    match optional_text(&claims, "iss")? {
        Some(found) if !is_by(expected.issuer, found, &claims) => {
            return Err(AccessTokenFault::issuer(expected.issuer, found));
        }
        Some(_) => {}
        // A template is nobody's name: of which tenant the token is, would stay unsaid.
        None if !expected.issuer.is_named(expected.issuer.as_str()) => {
            return Err(AccessTokenFault::Missing { claim: "iss" });
        }
        None => {
            claims.insert("iss".to_owned(), expected.issuer.as_str().into());
        }
    }
    // Section 4: a token that was meant for others. Where the issuer does not say for whom it is, whom it was issued to stands in
    // for that, and then must be on the list.
    let has_audience = claims.get("aud").is_some_and(|aud| !aud.is_null());
    if has_audience {
        let found = audiences(&claims)?;
        if !is_for_us(&found, expected.audiences) {
            return Err(AccessTokenFault::audience(expected.audiences, &found));
        }
    } else if expected.client_ids.is_empty() {
        return Err(AccessTokenFault::audience(expected.audiences, &[]));
    }
    // A refresh token is active too, and nothing that a caller may present.
    let kind = optional_text(&claims, "token_type")?;
    let is_taken = |kind: &str| ["bearer", "dpop"].iter().any(|taken| kind.eq_ignore_ascii_case(taken));
    let says_what_it_is = SAYS_ACCESS_WHEN_ASKED.iter().any(|claim| claims.contains_key(*claim));
    if kind.is_some_and(|kind| !is_taken(kind)) || !has_audience && !says_what_it_is {
        return Err(AccessTokenFault::OtherKind { claim: "token_type" });
    }
    AccessToken::of(claims, expected)
}

impl AccessToken {
    /// What both kinds of proof share: times, client, and what else the claims say.
    fn of(claims: Map<String, Value>, expected: &AccessTokenExpected<'_>) -> Result<Self, AccessTokenFault> {
        let (now, leeway) = (expected.now, expected.leeway);
        let expires = time(&claims, "exp")?;
        if let Some(expired_at) = expires
            && now >= expired_at.after(leeway)
        {
            return Err(AccessTokenFault::Expired { expired_at, now, leeway });
        }
        if let Some(not_before) = time(&claims, "nbf")?
            && not_before > now.after(leeway)
        {
            return Err(AccessTokenFault::NotYetValid { not_before, now, leeway });
        }
        if let Some(issued_at) = time(&claims, "iat")?
            && issued_at > now.after(leeway)
        {
            return Err(AccessTokenFault::IssuedInFuture { issued_at, now, leeway });
        }
        let sub = optional_text(&claims, "sub")?;
        let fits =
            |sub: &str| sub.len() <= MAX_SUBJECT_BYTES && sub.bytes().all(|byte| matches!(byte, 0x20..=0x7e));
        if sub.is_some_and(|sub| sub.is_empty() || !fits(sub)) {
            let needed = "1 to 255 printable ASCII characters";
            return Err(AccessTokenFault::Form { claim: "sub", needed });
        }
        let client_id = client_of(&claims, expected)?;
        if sub.is_none() && client_id.is_none() {
            return Err(AccessTokenFault::Missing { claim: "sub" });
        }
        let acr = optional_text(&claims, "acr")?.map(str::to_owned);
        let auth_time = time(&claims, "auth_time")?;
        let (scopes, binding) = (scopes(&claims)?, binding(&claims)?);
        let bearer = bearer(&claims, sub);
        let claims = Claims::verified(claims, expires.unwrap_or(now));
        Ok(Self { claims, scopes, client_id, bearer, expires, binding, acr, auth_time })
    }

    /// Whether it has that scope, byte for byte (RFC 6749 section 3.3).
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes.iter().any(|one| one == scope)
    }
}

/// RFC 8725 section 3.12: what other tokens of the same issuer, signed by the same keys, have and access tokens have not.
fn judge_kind(claims: &Map<String, Value>) -> Result<(), AccessTokenFault> {
    for (name, value) in claims {
        let of_other = OF_OTHER_KINDS.iter().chain(&OF_NO_ACCESS_TOKEN).find(|other| *other == name);
        if let Some(claim) = of_other {
            return Err(AccessTokenFault::OtherKind { claim });
        }
        // Keycloak and Cognito say it in a claim.
        if let Some((claim, taken)) = SAYS_KIND.iter().find(|(says, _)| says == name)
            && !value.as_str().is_some_and(|kind| taken.iter().any(|taken| kind.eq_ignore_ascii_case(taken)))
        {
            return Err(AccessTokenFault::OtherKind { claim });
        }
    }
    Ok(())
}

/// Whether `iss` is that issuer, and of a template the tenant that `tid` has. Where there are no tenants, `tid` may be anything.
fn is_by(expected: &Issuer, iss: &str, claims: &Map<String, Value>) -> bool {
    expected.is_named(iss) && expected.is_tenant_of(iss, claims.get("tid").and_then(Value::as_str))
}

/// RFC 9068 section 4: one of them is ours, byte for byte. That it is for others too is nothing against it.
fn is_for_us(found: &[&str], ours: &[String]) -> bool {
    found.iter().any(|audience| ours.iter().any(|our| our == audience))
}

/// Whom the token was issued to. Issuers call it by several names; where there is a list, each that is there must be on it. A workload
/// without any of them is its own client, so that the list can say which may come: at a public CI service everybody has workloads.
fn client_of(
    claims: &Map<String, Value>,
    expected: &AccessTokenExpected<'_>,
) -> Result<Option<String>, AccessTokenFault> {
    let taken = expected.client_ids;
    let is_named = CLIENT.iter().any(|claim| claims.contains_key(*claim));
    let names: &[&str] = match expected.profile {
        Profile::Workload if !is_named => &["sub"],
        _ => &CLIENT,
    };
    let mut client = None;
    for claim in names {
        let Some(found) = optional_text(claims, claim)? else { continue };
        if found.is_empty() {
            return Err(AccessTokenFault::Form { claim, needed: "a text that is not empty" });
        }
        if !taken.is_empty() && !taken.iter().any(|one| one == found) {
            return Err(AccessTokenFault::Client { found: Some(found.to_owned()) });
        }
        client.get_or_insert_with(|| found.to_owned());
    }
    if client.is_none() && !taken.is_empty() {
        return Err(AccessTokenFault::Client { found: None });
    }
    Ok(client)
}

/// `scope` is one text with single spaces between (RFC 6749 section 3.3, RFC 9068 section 2.2.3); `scp` is what Okta (a list) and Entra
/// ID (a text) write instead.
fn scopes(claims: &Map<String, Value>) -> Result<Vec<String>, AccessTokenFault> {
    let split = |text: &str| text.split(' ').filter(|scope| !scope.is_empty()).map(str::to_owned).collect();
    if let Some(scope) = optional_text(claims, "scope")? {
        return Ok(split(scope));
    }
    let unfit = AccessTokenFault::Form { claim: "scp", needed: "a text or a list of texts" };
    match claims.get("scp") {
        None => Ok(Vec::new()),
        Some(Value::String(text)) => Ok(split(text)),
        Some(Value::Array(items)) => {
            items.iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<_>>().ok_or(unfit)
        }
        Some(_) => Err(unfit),
    }
}

/// RFC 7800 section 3.1. A confirmation that cannot be read is one that cannot be given; neither can one that is not named, of a token
/// that its issuer calls one for DPoP (RFC 9449 section 5): it is bound to a key, and not one for whoever has it.
fn binding(claims: &Map<String, Value>) -> Result<Binding, AccessTokenFault> {
    let kinds = SAYS_ACCESS_WHEN_ASKED.iter().filter_map(|claim| claims.get(*claim)?.as_str());
    let needs_key = kinds.into_iter().any(|kind| kind.eq_ignore_ascii_case("DPoP"));
    let binding = confirmation(claims)?;
    Ok(Binding { unknown: binding.unknown || needs_key && binding.key.is_none(), ..binding })
}

fn confirmation(claims: &Map<String, Value>) -> Result<Binding, AccessTokenFault> {
    let methods = match claims.get("cnf") {
        None => return Ok(Binding::default()),
        Some(Value::Object(methods)) => methods,
        Some(_) => return Err(AccessTokenFault::Form { claim: "cnf", needed: "an object" }),
    };
    let mut binding = Binding { unknown: methods.is_empty(), ..Binding::default() };
    for (method, value) in methods {
        let hash = || {
            let bytes = URL_SAFE_NO_PAD.decode(value.as_str()?).ok()?;
            <[u8; 32]>::try_from(bytes).ok()
        };
        let unfit = AccessTokenFault::Form { claim: "cnf", needed: "a SHA-256 in base64url" };
        match method.as_str() {
            "jkt" => binding.key = Some(hash().ok_or(unfit)?),
            "x5t#S256" => binding.certificate = Some(hash().ok_or(unfit)?),
            _ => binding.unknown = true,
        }
    }
    Ok(binding)
}

/// Nobody signed in where the token is about the client that it was issued to (RFC 9068 section 2.2), or its issuer says so in a way of
/// its own. In doubt it is no person: who is taken for a machine is nobody, and not somebody else.
fn bearer(claims: &Map<String, Value>, sub: Option<&str>) -> Bearer {
    let text = |claim: &str| claims.get(claim).and_then(Value::as_str);
    let of_client = |named: &str| CLIENT.iter().any(|claim| text(claim) == Some(named));
    let says_so = sub.is_none_or(of_client)
        // Auth0.
        || text("gty") == Some("client-credentials")
        // Entra ID, with and without the optional claim: of a program the two ids are one.
        || text("idtyp") == Some("app")
        || text("tid").is_some() && sub == text("oid")
        // Keycloak, which has a user of that name for each client.
        || text("preferred_username").and_then(|name| name.strip_prefix("service-account-")).is_some_and(|client| {
            CLIENT.iter().any(|claim| text(claim).is_some_and(|named| named.eq_ignore_ascii_case(client)))
        });
    if says_so { Bearer::Machine } else { Bearer::Person }
}

/// `typ` of RFC 9068 section 2.1.
const AT_JWT: Kinds = &["at+jwt", "application/at+jwt"];

/// What stands there where an issuer knows no better. All other kinds have a word of their own.
const ANY_JWT: Kinds = &["at+jwt", "application/at+jwt", "JWT"];

/// Claims that ID tokens do not have: one of them must be in a JWT that does not say in `typ` what it is. `idtyp` is Entra ID's, whose
/// tokens for a program have no other.
const SAYS_ACCESS: [&str; 7] = ["scope", "scp", "client_id", "cid", "token_use", "typ", "idtyp"];

/// What tells in the answer about a token that it is an access token, where that has no audience, and of which kind.
const SAYS_ACCESS_WHEN_ASKED: [&str; 3] = ["token_type", "token_use", "typ"];

/// Claims of DPoP proofs (RFC 9449 section 4.2), signed answers about tokens (RFC 9701 section 5) and ID tokens of the hybrid flow.
const OF_NO_ACCESS_TOKEN: [&str; 4] = ["htm", "htu", "token_introspection", "s_hash"];

/// Claims that name the kind of a token, and what an access token is called there: by Keycloak, by Cognito.
const SAYS_KIND: [(&str, &[&str]); 2] = [
    ("typ", &["Bearer", "DPoP", "at+jwt", "access_token"]),
    ("token_use", &["access", "access_token", "at+jwt", "DPoP"]),
];

/// The names of `client_id`: of RFC 9068, of OpenID Connect, of Okta, of Entra ID's first version.
const CLIENT: [&str; 4] = ["client_id", "azp", "cid", "appid"];
