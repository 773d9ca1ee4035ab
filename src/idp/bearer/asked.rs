//! A question to the issuer of a token: whether it is good, and what else is known of the person.

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response, StatusCode};

use super::super::provider::RememberedProvider;
use super::super::{moment, refusal, verify};
use super::remembered::{Remembered, Signed};
use super::{Known, USERINFO_FOR, expected};
use crate::config::Client;
use crate::config::bearer::{BearerIssuer, Introspection};
use crate::gate::refusal::Refusal;
use crate::protocol::access_token::{self, AccessToken, Bearer};
use crate::protocol::answer::AnswerFault;
use crate::protocol::discovery::Provider;
use crate::protocol::introspection::{self, Introspected, IntrospectionExpected, IntrospectionFault};
use crate::protocol::registration::Credentials;
use crate::protocol::secret::Secret;
use crate::protocol::userinfo::{self, UserinfoFault};

/// What a question needs, to be asked in a task of its own.
pub(super) struct Asked {
    pub(super) known: Arc<Known>,
    pub(super) client: Arc<Client>,
    pub(super) issuer: Arc<BearerIssuer>,
    pub(super) provider: Arc<RememberedProvider>,
    pub(super) token: Secret,
    pub(super) wants_userinfo: bool,
}

impl Asked {
    /// Asks the issuer about the token, and believes it for as long as the operator says.
    pub(super) async fn about_the_token(self) -> Result<Remembered, Refusal> {
        let asks = self.issuer.introspection.as_ref().ok_or(IntrospectionFault::NoEndpoint)?;
        let Introspected::Active(members) = self.introspected(asks).await? else {
            return Err(Refusal::BearerInactive);
        };
        let token =
            access_token::judge_introspected(members, &expected(&self.issuer, self.known.clock.wall()))?;
        let until = self.known.clock.steady().after(asks.cache);
        let learned = if self.wants_userinfo && token.bearer == Bearer::Person {
            self.with_userinfo(token, None).await?
        } else {
            Remembered::of(token, &self.client, &self.issuer, None)?
        };
        Ok(Remembered { until: learned.until.min(until), ..learned })
    }

    async fn introspected(&self, asks: &Introspection) -> Result<Introspected, Refusal> {
        let provider = &self.provider;
        let unavailable = |fault| refusal::of_provider(provider.issuer(), fault);
        let metadata = match (&asks.endpoint, provider.remembered_metadata()) {
            (_, Some(known)) => known,
            (Some(_), None) => Arc::new(Provider::unknown(provider.issuer())),
            (None, None) => provider.metadata().await.map_err(unavailable)?,
        };
        let endpoint = asks.endpoint.as_ref().or(metadata.introspection_endpoint());
        let endpoint = endpoint.ok_or(IntrospectionFault::NoEndpoint)?;
        let credentials = Credentials { client_id: &asks.client_id, authentication: &asks.authentication };
        let form =
            if asks.algorithm.is_some() { introspection::Form::Jwt } else { introspection::Form::Json };
        let moment = moment::of(&asks.authentication, &self.known.clock).await;
        let token = self.token.expose();
        let request = introspection::request(endpoint, &metadata, credentials, token, form, &moment)
            .map_err(IntrospectionFault::from)?;
        let answer = self.call(request, introspection::MAX_ANSWER_BYTES).await?;
        let Some(algorithm) = asks.algorithm else { return Ok(introspection::judge(&answer)?) };
        let signed = introspection::token_in(&answer)?;
        let expected = IntrospectionExpected {
            issuer: &self.issuer.issuer,
            client_id: &asks.client_id,
            algorithm,
            now: self.known.clock.wall(),
            leeway: self.issuer.clock_leeway,
        };
        let verify = |keys: &_| introspection::verify(&signed, keys, &expected);
        let verified = verify::with_keys(provider, None, verify, IntrospectionFault::asks_for_new_keys);
        Ok(verified.await.map_err(unavailable)??)
    }

    /// One call. An issuer that says that it cannot answer now is as one that cannot be reached: the token may be good.
    async fn call(&self, request: Request<Vec<u8>>, limit: usize) -> Result<Response<Bytes>, Refusal> {
        let issuer = self.provider.issuer();
        let answer = self.provider.ask_about_token(request, limit).await;
        let answer = answer.map_err(|fault| refusal::of_call(issuer, &fault))?;
        let status = answer.status();
        if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
            return Err(refusal::of_status(issuer, status));
        }
        Ok(answer)
    }

    /// Adds what userinfo says of the person.
    pub(super) async fn with_userinfo(
        &self,
        mut token: AccessToken,
        signed: Option<Signed>,
    ) -> Result<Remembered, Refusal> {
        let provider = &self.provider;
        let metadata = provider.metadata().await;
        let metadata = metadata.map_err(|fault| refusal::of_provider(provider.issuer(), fault))?;
        // Headers that stay empty for want of an endpoint would look like a person of whom nothing is known.
        let request = userinfo::request(&metadata, &self.token, userinfo::Form::Json)
            .ok_or(UserinfoFault::NoEndpoint)?;
        let answer = self.call(request, userinfo::MAX_ANSWER_BYTES).await?;
        match userinfo::judge(&answer, token.claims.sub()) {
            Ok(said) => token.claims.merge_userinfo(said),
            // RFC 6750 section 3.1: the issuer no longer takes its own token.
            Err(UserinfoFault::Answer(AnswerFault::Status { status: 401 })) => {
                return Err(Refusal::BearerInactive);
            }
            Err(fault) => return Err(fault.into()),
        }
        let until = self.known.clock.steady().after(USERINFO_FOR);
        Ok(Remembered { until, ..Remembered::of(token, &self.client, &self.issuer, signed)? })
    }
}
