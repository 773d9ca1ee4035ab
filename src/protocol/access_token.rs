//! Access tokens that a caller presents (RFC 6750, RFC 9068): a JWT of an issuer that is trusted for them, or what an issuer says of
//! a token that it was asked about (RFC 7662). Judged in the order of RFC 9068 section 4.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

pub use super::access_token_claims::{Bearer, Binding};
use super::access_token_claims::{CLIENT, Claim, SAYS_ACCESS, SAYS_ACCESS_WHEN_ASKED, Said};
pub use super::access_token_fault::AccessTokenFault;
use super::claim_form::required_text;
use super::claims::Claims;
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
    let mut dots = memchr::memchr_iter(b'.', token.as_bytes());
    let first = dots.next().map_or(token, |dot| &token[..dot]);
    // Three bytes are in the first four signs.
    let mut begins = [0; 3];
    let signs = first.get(..4).unwrap_or(first);
    if URL_SAFE_NO_PAD.decode_slice(signs, &mut begins).is_err() || begins[0] != b'{' {
        return Form::Opaque;
    }
    match dots.take(4).count() {
        1 => Form::Jwt,
        3 => Form::EncryptedJwt,
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
        let said = Said::of(&self.claims);
        said.judge_kind()?;
        // `iss`, byte for byte; of a template, that of the token's own tenant.
        let issuer = said.required_text(Claim::Iss)?;
        if !is_by(expected.issuer, issuer, &said) || !expected.issuer.takes_key_of(key_issuer, issuer) {
            return Err(AccessTokenFault::issuer(expected.issuer, issuer));
        }
        judge_audience(&said, expected)?;
        // `exp`, which every JWT must have here.
        said.required_time(Claim::Exp)?;
        match expected.profile {
            Profile::Rfc9068 => {
                // Section 2.2.
                said.required_text(Claim::Sub)?;
                said.required_text(Claim::ClientId)?;
                said.required_text(Claim::Jti)?;
                said.required_time(Claim::Iat)?;
            }
            Profile::Jwt if !said.has_any(&SAYS_ACCESS) && !self.token.is_of_kind("at+jwt") => {
                return Err(AccessTokenFault::KindUnsaid);
            }
            Profile::Workload => {
                said.required_text(Claim::Sub)?;
            }
            Profile::Jwt => {}
        }
        let token = AccessToken::by(&said, expected)?;
        let token = token(std::mem::take(&mut self.claims));
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
    let said = Said::of(&claims);
    said.judge_kind()?;
    let issuer = said.text(Claim::Iss)?;
    match issuer {
        Some(found) if !is_by(expected.issuer, found, &said) => {
            return Err(AccessTokenFault::issuer(expected.issuer, found));
        }
        // A template is nobody's name: of which tenant the token is, would stay unsaid.
        None if !expected.issuer.is_named(expected.issuer.as_str()) => {
            return Err(AccessTokenFault::Missing { claim: "iss" });
        }
        Some(_) | None => {}
    }
    // Section 4: a token that was meant for others. Where the issuer does not say for whom it is, whom it was issued to stands in
    // for that, and then must be on the list.
    let has_audience = said.value(Claim::Aud).is_some_and(|aud| !aud.is_null());
    if has_audience {
        judge_audience(&said, expected)?;
    } else if expected.client_ids.is_empty() {
        return Err(AccessTokenFault::audience(expected.audiences, &[]));
    }
    // A refresh token is active too, and nothing that a caller may present.
    let kind = said.text(Claim::TokenType)?;
    let is_taken = |kind: &str| ["bearer", "dpop"].iter().any(|taken| kind.eq_ignore_ascii_case(taken));
    if kind.is_some_and(|kind| !is_taken(kind)) || !has_audience && !said.has_any(&SAYS_ACCESS_WHEN_ASKED) {
        return Err(AccessTokenFault::OtherKind { claim: "token_type" });
    }
    let token = AccessToken::by(&said, expected)?;
    if issuer.is_none() {
        claims.insert("iss".to_owned(), expected.issuer.as_str().into());
    }
    Ok(token(claims))
}

impl AccessToken {
    /// What both kinds of proof share: times, client, and what else the claims say. Gives what makes a token of those claims.
    fn by(
        said: &Said<'_>,
        expected: &AccessTokenExpected<'_>,
    ) -> Result<impl FnOnce(Map<String, Value>) -> Self + use<>, AccessTokenFault> {
        let (now, leeway) = (expected.now, expected.leeway);
        let expires = said.time(Claim::Exp)?;
        if let Some(expired_at) = expires
            && now >= expired_at.after(leeway)
        {
            return Err(AccessTokenFault::Expired { expired_at, now, leeway });
        }
        if let Some(not_before) = said.time(Claim::Nbf)?
            && not_before > now.after(leeway)
        {
            return Err(AccessTokenFault::NotYetValid { not_before, now, leeway });
        }
        if let Some(issued_at) = said.time(Claim::Iat)?
            && issued_at > now.after(leeway)
        {
            return Err(AccessTokenFault::IssuedInFuture { issued_at, now, leeway });
        }
        let sub = said.text(Claim::Sub)?;
        let fits =
            |sub: &str| sub.len() <= MAX_SUBJECT_BYTES && sub.bytes().all(|byte| matches!(byte, 0x20..=0x7e));
        if sub.is_some_and(|sub| sub.is_empty() || !fits(sub)) {
            let needed = "1 to 255 printable ASCII characters";
            return Err(AccessTokenFault::Form { claim: "sub", needed });
        }
        let client_id = client_of(said, expected)?;
        if sub.is_none() && client_id.is_none() {
            return Err(AccessTokenFault::Missing { claim: "sub" });
        }
        let acr = said.text(Claim::Acr)?.map(str::to_owned);
        let auth_time = said.time(Claim::AuthTime)?;
        let (scopes, binding, bearer) = (said.scopes()?, said.binding()?, said.bearer());
        Ok(move |claims| {
            let claims = Claims::of_one_source(claims, expires.unwrap_or(now));
            Self { claims, scopes, client_id, bearer, expires, binding, acr, auth_time }
        })
    }

    /// Whether it has that scope, byte for byte (RFC 6749 section 3.3).
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes.iter().any(|one| one == scope)
    }
}

/// Whether `iss` is that issuer, and of a template the tenant that `tid` has. Where there are no tenants, `tid` may be anything.
fn is_by(expected: &Issuer, iss: &str, said: &Said<'_>) -> bool {
    expected.is_named(iss) && expected.is_tenant_of(iss, said.value(Claim::Tid).and_then(Value::as_str))
}

/// RFC 9068 section 4: one of `aud` is ours, byte for byte. That it is for others too is nothing against it.
fn judge_audience(said: &Said<'_>, expected: &AccessTokenExpected<'_>) -> Result<(), AccessTokenFault> {
    let found = said.audiences()?;
    if found.iter().any(|audience| expected.audiences.iter().any(|our| our == audience)) {
        return Ok(());
    }
    Err(AccessTokenFault::audience(expected.audiences, &found))
}

/// Whom the token was issued to. Issuers call it by several names; where there is a list, each that is there must be on it. A workload
/// without any of them is its own client, so that the list can say which may come: at a public CI service everybody has workloads.
fn client_of(
    said: &Said<'_>,
    expected: &AccessTokenExpected<'_>,
) -> Result<Option<String>, AccessTokenFault> {
    let taken = expected.client_ids;
    let names: &[Claim] = match expected.profile {
        Profile::Workload if !said.has_any(&CLIENT) => &[Claim::Sub],
        _ => &CLIENT,
    };
    let mut client = None;
    for claim in names {
        let Some(found) = said.text(*claim)? else { continue };
        if found.is_empty() {
            return Err(AccessTokenFault::Form { claim: claim.name(), needed: "a text that is not empty" });
        }
        if !taken.is_empty() && !taken.iter().any(|one| one == found) {
            return Err(AccessTokenFault::Client { found: Some(found.to_owned()) });
        }
        client = client.or(Some(found));
    }
    if client.is_none() && !taken.is_empty() {
        return Err(AccessTokenFault::Client { found: None });
    }
    Ok(client.map(str::to_owned))
}

/// `typ` of RFC 9068 section 2.1.
const AT_JWT: Kinds = &["at+jwt", "application/at+jwt"];

/// What stands there where an issuer knows no better. All other kinds have a word of their own.
pub(super) const ANY_JWT: Kinds = &["at+jwt", "application/at+jwt", "JWT"];
