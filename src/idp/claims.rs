//! What the provider says of a person: the ID token, verified, and userinfo, merged. Login and refresh share this one path.

use std::sync::Arc;

use super::fetch::FetchFault;
use super::provider::{ProviderFault, RememberedProvider};
use super::verify::{self, OfLogin, Verified, VerifyFault};
use crate::config::preset::Preset;
use crate::config::{AccessTokenClaims, AskUserinfo, Client};
use crate::gate::admission;
use crate::gate::identity::Identity;
use crate::protocol::claim_path::ClaimPath;
use crate::protocol::claim_source::ClaimSource;
use crate::protocol::claims::{Claims, judge_refreshed};
use crate::protocol::client_authentication;
use crate::protocol::discovery::Provider;
use crate::protocol::jwks::Keys;
use crate::protocol::login_access_token::{self, AccessTokenUnread, ReadAccessToken};
use crate::protocol::requested::Requested;
use crate::protocol::secret::Secret;
use crate::protocol::timestamp::Timestamp;
use crate::protocol::userinfo::{self, Form, UserinfoExpected, UserinfoFault};

/// Where the claims come from.
#[derive(Clone, Copy, Debug)]
pub enum Source<'a> {
    /// The ID token of a login, with the nonce that it must have and what was asked of the authentication.
    Login {
        /// The ID token.
        id_token: &'a Secret,
        /// The nonce of this login.
        nonce: &'a Secret,
        /// What the authorization request asked.
        requested: &'a Requested,
    },
    /// The answer to a refresh.
    Refresh {
        /// The new ID token, if there is one.
        id_token: Option<&'a Secret>,
        /// What was known before. What the provider leaves out now stays as it was.
        before: &'a Claims,
    },
}

/// What was learned.
#[derive(Debug)]
pub struct Learned {
    /// The claims about the person.
    pub claims: Claims,
    /// The ID token, verified and not encrypted; none if there is no new one.
    pub id_token: Option<Secret>,
}

/// Why the claims are not believed, or not known.
#[derive(Clone, Debug)]
pub enum ClaimsFault {
    /// The keys for signed userinfo could not be had.
    Keys(ProviderFault),
    /// The ID token.
    IdToken(VerifyFault),
    /// Userinfo could not be asked for.
    Call(FetchFault),
    /// What userinfo says.
    Userinfo(UserinfoFault),
}

/// The claims about a person, after a login or a refresh. One claim has one source: what the latest ID token says goes before
/// userinfo, and both go before what was known.
///
/// # Errors
/// [`ClaimsFault`]; nothing of what came may be used then.
pub async fn learn(
    remembered: &Arc<RememberedProvider>,
    provider: &Provider,
    client: &Client,
    source: Source<'_>,
    access_token: &Secret,
    now: Timestamp,
) -> Result<Learned, ClaimsFault> {
    let verified = async |id_token, login| {
        let verified = verify::id_token(remembered, client, id_token, login, access_token, now).await;
        verified.map_err(ClaimsFault::IdToken)
    };
    let (mut claims, id_token) = match source {
        Source::Login { id_token, nonce, requested } => {
            let login = OfLogin { nonce: nonce.expose(), requested };
            let Verified { mut claims, id_token } = verified(id_token, Some(login)).await?;
            if client.tells_from(ClaimSource::IdToken) {
                claims.keep_id_token();
            }
            (claims, Some(id_token))
        }
        Source::Refresh { id_token: Some(id_token), before } => {
            let Verified { claims: fresh, id_token } = verified(id_token, None).await?;
            judge_refreshed(before, &fresh)
                .map_err(|fault| ClaimsFault::IdToken(VerifyFault::IdToken(fault)))?;
            (before.refreshed(fresh), Some(id_token))
        }
        Source::Refresh { id_token: None, before } => (before.clone(), None),
    };
    let wanted = match client.userinfo {
        AskUserinfo::On => true,
        AskUserinfo::Off => false,
        AskUserinfo::IfMissing => {
            let sent = client.claim_headers.iter().filter(|mapping| mapping.source == ClaimSource::Any);
            let sent = sent.map(|mapping| mapping.claim.clone());
            client.tells_from(ClaimSource::Userinfo)
                || sent.chain(admission::needed(client)).any(|claim| !claims.id_token_has(&claim))
        }
    };
    let signed = client.registration.userinfo_algorithm;
    let form = if signed.is_some() { Form::Jwt } else { Form::Json };
    if wanted
        && let Some(endpoint) = provider.userinfo_endpoint()
        && let Some(request) = userinfo::request(provider, access_token, form)
    {
        let request = client_authentication::with_certificate(
            request,
            endpoint,
            provider,
            client.registration.credentials(),
        );
        let answer = remembered.ask(request, userinfo::MAX_ANSWER_BYTES).await.map_err(ClaimsFault::Call)?;
        let userinfo = match signed {
            None => userinfo::judge(&answer, claims.sub()).map_err(ClaimsFault::Userinfo)?,
            Some(algorithm) => {
                let encryption = client.registration.userinfo_encryption.as_ref();
                let token = userinfo::token(&answer, encryption).map_err(ClaimsFault::Userinfo)?;
                let expected = UserinfoExpected {
                    issuer: &client.issuer,
                    client_id: &client.registration.client_id,
                    audiences: &client.audiences,
                    algorithm,
                    sub: claims.sub(),
                    now,
                    leeway: client.clock_leeway,
                };
                let verify = |keys: &_| userinfo::verify(&token, keys, &expected);
                let secret = Keys::of_client_secret(&client.registration, expected.algorithm);
                verify::with_keys(remembered, secret, verify, UserinfoFault::asks_for_new_keys)
                    .await
                    .map_err(ClaimsFault::Keys)?
                    .map_err(ClaimsFault::Userinfo)?
            }
        };
        if client.tells_from(ClaimSource::Userinfo) {
            claims.keep_userinfo(&userinfo);
        }
        claims.merge_userinfo(userinfo);
    }
    let is_told = client.tells_from(ClaimSource::AccessToken);
    let is_taken = client.access_token_claims == AccessTokenClaims::Taken;
    if is_told || is_taken {
        let said = said_by_access_token(remembered, client, access_token, claims.sub(), now).await?;
        if is_told {
            claims.keep_access_token(said.as_ref());
        }
        if is_taken {
            claims.merge_access_token(said.as_ref());
        }
    }
    for mapping in client.claim_headers.iter().filter(|mapping| mapping.source == ClaimSource::Any) {
        if claims.keeps_elsewhere(&mapping.claim) {
            tell_elsewhere(client, &mapping.claim);
        }
    }
    Ok(Learned { claims, id_token })
}

/// What the access token says. One that cannot be read says nothing, and the log says why: that is the provider's way, and no reason
/// to let nobody in.
async fn said_by_access_token(
    remembered: &Arc<RememberedProvider>,
    client: &Client,
    access_token: &Secret,
    sub: &str,
    now: Timestamp,
) -> Result<Option<ReadAccessToken>, ClaimsFault> {
    let expected =
        login_access_token::Expected { issuer: &client.issuer, sub, now, leeway: client.clock_leeway };
    let read = |keys: &_| login_access_token::read(access_token, keys, &expected);
    let read = verify::with_keys(remembered, None, read, AccessTokenUnread::asks_for_new_keys)
        .await
        .map_err(ClaimsFault::Keys)?;
    match read {
        Ok(said) => Ok(Some(said)),
        Err(fault) => {
            tracing::warn!(
                code = "access_token_unread", fault = "provider", client = client.name, reason = %fault,
                remedy = "Let the provider issue access tokens as JWTs that it signs, or take the claims from the ID token or userinfo.",
                "the claims of a person's access token are not taken, so headers and rules that need them find nothing"
            );
            Ok(None)
        }
    }
}

/// Says which headers are not what the provider said, because that was too long.
pub fn tell_cut(client: &Client, identity: &Identity) {
    for header in identity.cut() {
        tracing::warn!(
            code = "header_cut", fault = "operator", client = client.name, %header,
            remedy = "Raise max_items or max_bytes of the header, or pick fewer values by strip_prefix or allow.",
            "a header of a person does not hold all values"
        );
    }
}

/// The header of such a claim is empty, and nobody would know why.
fn tell_elsewhere(client: &Client, claim: &ClaimPath) {
    let remedy = match client.preset {
        Some(Preset::Entra) => {
            "Entra ID puts at most 200 groups into a token. In the app registration, under Token configuration, choose Groups assigned \
             to the application, or assign app roles and map the claim roles. Microsoft Graph is not asked."
        }
        _ => "Let the provider send the claim in the ID token or from userinfo; no other place is asked.",
    };
    tracing::warn!(
        code = "claim_elsewhere", fault = "operator", client = client.name, %claim, remedy,
        "the provider keeps this claim of a person elsewhere, so its header is empty"
    );
}

impl ClaimsFault {
    /// Whether it may pass by itself, so that a session need not end by it.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::IdToken(VerifyFault::Keys(_)) | Self::Keys(_) | Self::Call(_) => true,
            // Somebody may be changing keys just now, the provider or we: that is no reason to sign people out.
            Self::IdToken(VerifyFault::IdToken(fault)) => fault.may_pass(),
            Self::Userinfo(fault) => fault.may_pass(),
        }
    }
}
