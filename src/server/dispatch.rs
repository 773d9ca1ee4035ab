//! The way of each request through the house: one route table, one endpoint, one answer.

use std::net::{IpAddr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt as _;
use http::{Method, Request};
use hyper::body::Incoming;

use super::listen::Handler;
use super::person::{self, Reload};
use super::respond::{self, Answer};
use super::route::{self, Page, Route};
use super::service::{Asked, Service};
use super::{
    assertion_keys, backchannel, callback, choose, cors, frontchannel, initiate_login, jwks, login, logout,
    own_session, resource_metadata, subrequest, testing_profile,
};
use crate::gate::forwarded;
use crate::gate::refusal::Refusal;

impl Handler for Service {
    async fn answer(self: Arc<Self>, request: Request<Incoming>, peer: SocketAddr) -> Answer {
        self.metrics.requests.inc();
        let request_id = self.request_ids.next().to_string();
        // A panic is a mistake of ours. It costs this request a 500 and nobody else anything.
        match AssertUnwindSafe(route(&self, request, peer, &request_id)).catch_unwind().await {
            Ok(answer) => answer,
            Err(_) => {
                self.metrics.panics.inc();
                let refusal = Refusal::Internal { what: "a handler panicked".into() };
                self.log(None, &refusal, &request_id);
                respond::refuse_program(&refusal, &request_id)
            }
        }
    }

    fn is_trusted(&self, peer: IpAddr) -> bool {
        forwarded::is_trusted(peer, &self.config.server.trusted_proxies)
    }
}

async fn route(service: &Service, request: Request<Incoming>, peer: SocketAddr, request_id: &str) -> Answer {
    let (head, body) = request.into_parts();
    let refuse = |refusal: Refusal| {
        service.log(None, &refusal, request_id);
        person::refuse(service, &head.headers, &refusal, person::Page::default(), request_id)
    };
    // TRACE would send the cookie back, and a 200 to CONNECT would open a tunnel. An absolute target is a proxy's.
    if head.method == Method::CONNECT || head.method == Method::TRACE {
        return refuse(Refusal::MethodNotAllowed { allowed: "GET, HEAD, POST" });
    }
    if head.uri.authority().is_some() {
        return refuse(Refusal::PathUnknown);
    }
    let target = head.uri.path_and_query().map_or("", |target| target.as_str());
    match route::find(target, &service.config.server.new_token_path) {
        Ok(Route::Subrequest { client, dialect, rest }) => {
            subrequest::answer(service, &head, peer.ip(), (client, dialect, rest), request_id).await
        }
        Ok(Route::Page { client, page }) => {
            let client = match service.client(client) {
                Ok(client) => client,
                Err(refusal) => return refuse(refusal),
            };
            // Nobody signs in there, so nothing of a sign-in is there.
            if client.bearer_only && !matches!(page, Page::ResourceMetadata | Page::AssertionKeys) {
                return refuse(Refusal::PathUnknown);
            }
            if let Some(answer) = cors::preflight(client, page, &head) {
                return answer;
            }
            let asked = Asked { service, client, head: &head, peer: peer.ip(), request_id };
            if let Some(answered) = testing_profile::instead(asked, page).await {
                let answer = answered.unwrap_or_else(|refusal| asked.refuse(&refusal, None, Reload::Helps));
                return testing_profile::mark(Some(client), answer);
            }
            let answered = match page {
                Page::Login => login::answer(asked).await,
                Page::Choose => choose::answer(asked),
                Page::InitiateLogin => initiate_login::answer(asked, body).await,
                Page::Callback => callback::answer(asked, body).await,
                Page::Logout => logout::answer(asked, body).await,
                Page::SignedOut => logout::signed_out(asked),
                Page::BackchannelLogout => Ok(backchannel::answer(asked, body).await),
                Page::FrontchannelLogout => frontchannel::answer(asked).await,
                Page::NewToken { session_key } => own_session::new_token(asked, session_key).await,
                Page::Userinfo => own_session::userinfo(asked).await,
                Page::Session => own_session::session(asked).await,
                Page::Jwks => jwks::answer(asked),
                Page::AssertionKeys => assertion_keys::answer(asked),
                Page::ResourceMetadata => resource_metadata::of_client(asked),
            };
            let answer = answered.unwrap_or_else(|refusal| asked.refuse(&refusal, None, Reload::Helps));
            let answer = match page {
                Page::Userinfo | Page::Session | Page::NewToken { .. } => {
                    cors::mark(client, &head.headers, answer)
                }
                _ => answer,
            };
            testing_profile::mark(Some(client), answer)
        }
        Ok(Route::ResourceMetadata { path }) => {
            resource_metadata::well_known(service, &head, path).unwrap_or_else(refuse)
        }
        Err(refusal) => refuse(refusal),
    }
}
