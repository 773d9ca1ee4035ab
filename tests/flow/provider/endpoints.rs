//! The right thing at each endpoint, and strictly: what the program does against the protocol is a violation and fails the test.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Method, Response};
use serde_json::{Map, Value, json};
use url::Url;
use url::form_urlencoded;

use super::{Body, Call, Draft, Endpoint, Registered, Script, Shared, Signing, assertion, whole};
use crate::keys::{base64url, sha256};

/// What the provider has handed out.
#[derive(Default)]
pub(super) struct Issued {
    codes: HashMap<String, Grant>,
    pub(super) access_tokens: HashMap<String, String>,
    refresh_tokens: HashMap<String, Refresh>,
    /// What was pushed, under its `request_uri`.
    pushed: HashMap<String, Vec<(String, String)>>,
    pub(super) reuses: usize,
    families: u64,
}

/// What a code stands for.
#[derive(Clone)]
struct Grant {
    client_id: String,
    redirect_uri: String,
    nonce: String,
    challenge: String,
    scope: String,
    used: bool,
}

/// A refresh token; those that follow from one login are a family and die together.
#[derive(Clone)]
struct Refresh {
    client_id: String,
    family: u64,
    scope: String,
    alive: bool,
}

impl Shared {
    /// What a provider without a script does.
    pub(super) fn right(&self, method: &Method, call: &Call) -> Response<Body> {
        let mut script = self.script();
        match call.endpoint {
            Endpoint::Discovery | Endpoint::Jwks if !is_known(&mut script, call) => {
                whole(401, &[], Bytes::new())
            }
            Endpoint::Discovery => json_answer(200, &self.metadata(&script)),
            Endpoint::Jwks => {
                let mut answer = json_answer(200, &key_set(&script));
                answer.headers_mut().remove("Cache-Control");
                if let Some(text) = &script.keys_cache_control {
                    answer.headers_mut().insert("Cache-Control", text.parse().unwrap());
                }
                answer
            }
            Endpoint::Authorize => self.authorize(&mut script, call),
            Endpoint::Pushed => self.pushed(&mut script, method, call),
            Endpoint::Token => self.token(&mut script, method, call),
            Endpoint::Userinfo => self.userinfo(&mut script, call),
            Endpoint::Introspection => self.introspect(&mut script, method, call),
            Endpoint::EndSession => end_session(&mut script, call),
            Endpoint::Revocation => revoke(&mut script, method, call),
            Endpoint::Registration => self.register(&mut script, method, call),
        }
    }

    /// OpenID Connect Discovery 1.0 section 3.
    fn metadata(&self, script: &Script) -> Value {
        let issuer = &self.issuer;
        let mut metadata = json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"),
            "jwks_uri": format!("{issuer}/jwks"),
            "userinfo_endpoint": format!("{issuer}/userinfo"),
            "introspection_endpoint": format!("{issuer}/introspect"),
            "end_session_endpoint": format!("{issuer}/end-session"),
            "revocation_endpoint": format!("{issuer}/revoke"),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query", "form_post"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": script.sends_iss,
        });
        if let Some(change) = &script.metadata {
            change(metadata.as_object_mut().unwrap());
        }
        metadata
    }

    /// RFC 7591 section 3. What was asked for is registered, and said again.
    fn register(&self, script: &mut Script, method: &Method, call: &Call) -> Response<Body> {
        let asked =
            call.parameter("body").and_then(|body| serde_json::from_str::<Map<String, Value>>(body).ok());
        let Some(mut answer) = asked.filter(|_| method == Method::POST) else {
            script.violation(format!("register: {method} {:?}", call.parameters));
            return oauth_error(400, "invalid_client_metadata");
        };
        let uris = |member: &str| -> Vec<String> {
            answer[member].as_array().unwrap().iter().map(|uri| uri.as_str().unwrap().to_owned()).collect()
        };
        let (client_id, secret) = ("registered-1".to_owned(), self.random(script, "client_secret"));
        let registered = Registered {
            secret: Some(secret.clone()),
            method: "client_secret_basic",
            redirect_uris: uris("redirect_uris"),
            post_logout_redirect_uris: uris("post_logout_redirect_uris"),
        };
        script.clients.insert(client_id.clone(), registered);
        answer.insert("client_id".to_owned(), client_id.into());
        answer.insert("client_secret".to_owned(), secret.into());
        answer.insert("client_secret_expires_at".to_owned(), 0.into());
        answer.insert(
            "registration_access_token".to_owned(),
            self.random(script, "registration_access_token").into(),
        );
        if let Some(change) = script.token_answer.clone() {
            change("register", &mut answer);
        }
        json_answer(201, &Value::Object(answer))
    }

    /// OpenID Connect Core 1.0 section 3.1.2. The person is always signed in already.
    fn authorize(&self, script: &mut Script, call: &Call) -> Response<Body> {
        let pushed = match call.parameter("request_uri") {
            Some(uri) => {
                // RFC 9126 section 4: nothing but the client beside it, and good once.
                let names: Vec<&str> = call.parameters.iter().map(|(name, _)| name.as_str()).collect();
                let parameters = script.issued.pushed.remove(uri).unwrap_or_default();
                let same_client = parameters
                    .iter()
                    .any(|(name, value)| name == "client_id" && call.parameter(name) == Some(value));
                if names != ["client_id", "request_uri"] || !same_client {
                    script.violation(format!("authorize: {:?} with a request_uri", call.parameters));
                    return whole(400, &[], Bytes::new());
                }
                Some(Call { parameters, ..call.clone() })
            }
            None => None,
        };
        let call = pushed.as_ref().unwrap_or(call);
        let get = |name| call.parameter(name).unwrap_or_default().to_owned();
        let (client_id, redirect_uri, nonce, challenge) =
            (get("client_id"), get("redirect_uri"), get("nonce"), get("code_challenge"));
        let registered =
            script.clients.get(&client_id).is_some_and(|client| client.redirect_uris.contains(&redirect_uri));
        let faults: Vec<&str> = [
            ("client_id and redirect_uri are not registered together", registered),
            ("response_type is not code", get("response_type") == "code"),
            ("scope lacks openid", get("scope").split(' ').any(|scope| scope == "openid")),
            ("code_challenge_method is not S256", get("code_challenge_method") == "S256"),
            ("code_challenge has not 43 characters", challenge.len() == 43),
            ("state has less than 128 bits", get("state").len() >= 22),
            ("nonce has less than 128 bits", nonce.len() >= 22),
            ("nonce and state are the same", nonce != get("state")),
        ]
        .iter()
        .filter_map(|(fault, holds)| (!holds).then_some(*fault))
        .collect();
        if !faults.is_empty() {
            script.violation(format!("authorize: {faults:?} in {:?}", call.parameters));
            return whole(400, &[], Bytes::from(faults.join(", ")));
        }
        let code = self.random(script, "code");
        script.secrets.push(("nonce", nonce.clone()));
        script.secrets.push(("state", get("state")));
        let scope = get("scope");
        let grant =
            Grant { client_id, redirect_uri: redirect_uri.clone(), nonce, challenge, scope, used: false };
        script.issued.codes.insert(code.clone(), grant);
        let mut parameters = vec![("code", code), ("state", get("state"))];
        if script.sends_iss {
            parameters.push(("iss", self.issuer.clone()));
        }
        if get("response_mode") == "form_post" {
            let inputs: String = parameters
                .iter()
                .map(|(name, value)| format!(r#"<input type="hidden" name="{name}" value="{value}"/>"#))
                .collect();
            let page = format!(r#"<form method="post" action="{redirect_uri}">{inputs}</form>"#);
            return whole(200, &[("Content-Type", "text/html")], Bytes::from(page));
        }
        let mut back = Url::parse(&redirect_uri).unwrap();
        back.query_pairs_mut().extend_pairs(parameters);
        whole(302, &[("Location", back.as_str())], Bytes::new())
    }

    /// RFC 9126 section 2.
    fn pushed(&self, script: &mut Script, method: &Method, call: &Call) -> Response<Body> {
        if method != Method::POST || call.parameter("request_uri").is_some() {
            script.violation(format!("pushed: {method} {:?}", call.parameters));
            return oauth_error(400, "invalid_request");
        }
        match authenticate(script, call) {
            Ok(client_id) if call.parameter("client_id") == Some(&client_id) => {}
            found => {
                script.violation(format!("pushed: {found:?}"));
                return oauth_error(401, "invalid_client");
            }
        }
        let uri = format!("urn:ietf:params:oauth:request_uri:{}", base64url(&self.clock.entropy::<24>()));
        let secrets = ["client_secret"];
        let parameters = call.parameters.iter().filter(|(name, _)| !secrets.contains(&name.as_str()));
        script.issued.pushed.insert(uri.clone(), parameters.cloned().collect());
        json_answer(201, &json!({ "request_uri": uri, "expires_in": 60 }))
    }

    /// RFC 6749 sections 4.1.3 and 6.
    fn token(&self, script: &mut Script, method: &Method, call: &Call) -> Response<Body> {
        if method != Method::POST {
            script.violation(format!("token: {method}"));
            return oauth_error(405, "invalid_request");
        }
        let client_id = match authenticate(script, call) {
            Ok(client_id) => client_id,
            Err(fault) => {
                script.violation(format!("token: {fault}"));
                return oauth_error(401, "invalid_client");
            }
        };
        let grant_type = call.parameter("grant_type").unwrap_or_default();
        let (scope, nonce, family) = match grant_type {
            "authorization_code" => match redeem_code(script, &client_id, call) {
                Ok(grant) => {
                    script.issued.families += 1;
                    (grant.scope, Some(grant.nonce), script.issued.families)
                }
                Err(fault) => {
                    script.violation(format!("token: {fault}"));
                    return oauth_error(400, "invalid_grant");
                }
            },
            "refresh_token" => match redeem_refresh_token(script, &client_id, call) {
                Some(refresh) => (refresh.scope, None, refresh.family),
                None => return oauth_error(400, "invalid_grant"),
            },
            other => {
                script.violation(format!("token: grant_type {other}"));
                return oauth_error(400, "unsupported_grant_type");
            }
        };
        let access_token = match script.signs_access_token.clone() {
            Some(change) => self.signed_access_token(script, &client_id, &scope, &*change),
            None => self.random(script, "access_token"),
        };
        script.issued.access_tokens.insert(access_token.clone(), script.subject.clone());
        let mut answer = Map::new();
        answer.insert("token_type".to_owned(), "Bearer".into());
        answer.insert("scope".to_owned(), scope.clone().into());
        if let Some(seconds) = script.expires_in {
            answer.insert("expires_in".to_owned(), seconds.into());
        }
        let offline = scope.split(' ').any(|scope| scope == "offline_access");
        if offline && (nonce.is_some() || script.rotates) {
            let token = self.random(script, "refresh_token");
            answer.insert("refresh_token".to_owned(), token.clone().into());
            script
                .issued
                .refresh_tokens
                .insert(token, Refresh { client_id: client_id.clone(), family, scope, alive: true });
        }
        if nonce.is_some() || script.id_token_on_refresh {
            let sid = script.sid.clone().unwrap_or_else(|| format!("provider-session-{family}"));
            let token = self.id_token(script, &client_id, nonce.as_deref(), &access_token, &sid);
            script.secrets.push(("id_token", token.rsplit('.').next().unwrap().to_owned()));
            let token =
                script.encrypts_id_token.as_ref().map_or_else(|| token.clone(), |encrypt| encrypt(&token));
            answer.insert("id_token".to_owned(), token.into());
        }
        answer.insert("access_token".to_owned(), access_token.into());
        if let Some(change) = script.token_answer.clone() {
            change(grant_type, &mut answer);
        }
        json_answer(200, &Value::Object(answer))
    }

    /// RFC 9068 section 2.2, for somebody else's API.
    fn signed_access_token(
        &self,
        script: &mut Script,
        client_id: &str,
        scope: &str,
        change: &(dyn Fn(&mut Draft) + Send + Sync),
    ) -> String {
        let now = self.now(script);
        let claims = json!({
            "iss": self.issuer, "sub": script.subject, "aud": "https://api.elsewhere.test", "client_id": client_id,
            "scope": scope, "iat": now, "exp": now + 3600, "jti": self.random(script, "jti"),
        });
        let mut draft = Self::draft(script, client_id, "at+jwt", claims.as_object().unwrap().clone());
        change(&mut draft);
        let token = draft.sign();
        script.secrets.push(("access_token", token.rsplit('.').next().unwrap().to_owned()));
        token
    }

    /// OpenID Connect Core 1.0 section 2.
    fn id_token(
        &self,
        script: &Script,
        client_id: &str,
        nonce: Option<&str>,
        access_token: &str,
        sid: &str,
    ) -> String {
        let now = self.now(script);
        let mut claims = script.id_token_claims.clone();
        let own = json!({
            "iss": self.issuer,
            "sub": script.subject,
            "aud": client_id,
            "iat": now,
            "exp": now + 300,
            "auth_time": now,
            "sid": sid,
            "at_hash": base64url(&sha256(access_token.as_bytes())[..16]),
        });
        claims.extend(own.as_object().unwrap().clone());
        if let Some(nonce) = nonce {
            claims.insert("nonce".to_owned(), nonce.into());
        }
        let mut draft = Self::draft(script, client_id, "JWT", claims);
        if nonce.is_none() {
            // OpenID Connect Core 1.0 section 12.2: the time of the first authentication stays.
            draft.claims.remove("auth_time");
        }
        if let Some(change) = &script.id_token {
            change(&mut draft);
        }
        draft.sign()
    }

    /// OpenID Connect Core 1.0 section 5.3.
    fn userinfo(&self, script: &mut Script, call: &Call) -> Response<Body> {
        let token =
            call.headers.get("authorization").and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        let Some(subject) = token.and_then(|token| script.issued.access_tokens.get(token).cloned()) else {
            script.violation("userinfo: without an access token of ours".to_owned());
            return whole(401, &[("WWW-Authenticate", r#"Bearer error="invalid_token""#)], Bytes::new());
        };
        let mut claims = script.userinfo_claims.clone();
        claims.entry("sub").or_insert(subject.into());
        let Some(change) = script.signs_userinfo.clone() else {
            return json_answer(200, &Value::Object(claims));
        };
        if call.headers.get("accept").is_none_or(|accept| accept != "application/jwt") {
            script.violation("userinfo: application/jwt is not asked for".to_owned());
        }
        let (kid, key) = script.keys.first().expect("a provider has a key");
        claims.insert("iss".to_owned(), self.issuer.clone().into());
        claims.insert("aud".to_owned(), "id-of-app".into());
        let mut draft = Draft {
            header: json!({ "alg": "RS256", "kid": kid }).as_object().unwrap().clone(),
            claims,
            signing: Signing::Rs256(key),
            raw_header: None,
            raw_claims: None,
            finish: None,
            key,
            client_secret: script.clients["id-of-app"].secret.clone().unwrap_or_default(),
        };
        change(&mut draft);
        let token = draft.sign();
        let token =
            script.encrypts_userinfo.as_ref().map_or_else(|| token.clone(), |encrypt| encrypt(&token));
        whole(200, &[("Content-Type", "application/jwt")], Bytes::from(token))
    }

    /// OpenID Connect Back-Channel Logout 1.0 section 2.4.
    pub(super) fn logout_token(
        &self,
        script: &Script,
        client_id: &str,
        change: impl FnOnce(&mut Draft),
    ) -> String {
        let now = self.now(script);
        let claims = json!({
            "iss": self.issuer,
            "sub": script.subject,
            "aud": client_id,
            "iat": now,
            "exp": now + 120,
            "jti": base64url(&self.clock.entropy::<16>()),
            "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
        });
        let claims = claims.as_object().unwrap().clone();
        let mut draft = Self::draft(script, client_id, "logout+jwt", claims);
        change(&mut draft);
        draft.sign()
    }

    pub(super) fn draft(script: &Script, client_id: &str, typ: &str, claims: Map<String, Value>) -> Draft {
        let (kid, key) = script.keys.first().expect("a provider has a key");
        Draft {
            header: json!({ "alg": "RS256", "typ": typ, "kid": kid }).as_object().unwrap().clone(),
            claims,
            signing: Signing::Rs256(key),
            raw_header: None,
            raw_claims: None,
            finish: None,
            key,
            client_secret: script
                .clients
                .get(client_id)
                .and_then(|client| client.secret.clone())
                .unwrap_or_default(),
        }
    }

    pub(super) fn now(&self, script: &Script) -> u64 {
        self.clock.wall().seconds().saturating_add_signed(script.clock_ahead)
    }

    pub(super) fn random(&self, script: &mut Script, kind: &'static str) -> String {
        let text = format!("{kind}-{}", base64url(&self.clock.entropy::<24>()));
        script.secrets.push((kind, text.clone()));
        text
    }
}

/// RFC 6749 section 2.3.1: the method that the client is registered with, and only that one.
pub(super) fn authenticate(script: &mut Script, call: &Call) -> Result<String, String> {
    if call.parameter("client_assertion").is_some() {
        let (client_id, method) = assertion::judge(script, call)?;
        let client = script.clients.get(&client_id).ok_or("the client is not registered")?;
        return if client.method == method { Ok(client_id) } else { Err(format!("{method} was used")) };
    }
    let in_form = call.parameter("client_secret").map(str::to_owned);
    let (client_id, secret, method) = match call.headers.get("authorization") {
        Some(header) => {
            let text = header.to_str().unwrap().strip_prefix("Basic ").ok_or("Authorization is not Basic")?;
            let text = String::from_utf8(STANDARD.decode(text).map_err(|_| "not base64")?)
                .map_err(|_| "not text")?;
            let (id, secret) = text.split_once(':').ok_or("no colon")?;
            if in_form.is_some() {
                return Err("two methods of client authentication".to_owned());
            }
            (form_decode(id), Some(form_decode(secret)), "client_secret_basic")
        }
        None => {
            let id = call.parameter("client_id").ok_or("no client_id")?.to_owned();
            let method = if in_form.is_some() { "client_secret_post" } else { "none" };
            (id, in_form, method)
        }
    };
    let client =
        script.clients.get(&client_id).ok_or_else(|| format!("client {client_id} is not registered"))?;
    if method != client.method {
        return Err(format!("{method} was used, {} is registered", client.method));
    }
    if secret != client.secret {
        return Err("the client secret is wrong".to_owned());
    }
    Ok(client_id)
}

fn redeem_code(script: &mut Script, client_id: &str, call: &Call) -> Result<Grant, String> {
    let code = call.parameter("code").ok_or("no code")?;
    let verifier = call.parameter("code_verifier").ok_or("no code_verifier")?.to_owned();
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    if !(43..=128).contains(&verifier.len()) || !verifier.bytes().all(unreserved) {
        return Err(format!("code_verifier against RFC 7636 section 4.1, {} characters", verifier.len()));
    }
    script.secrets.push(("code_verifier", verifier.clone()));
    let grant = script.issued.codes.get_mut(code).ok_or("a code that was never issued")?;
    if std::mem::replace(&mut grant.used, true) {
        return Err("a code came twice".to_owned());
    }
    if grant.client_id != client_id {
        return Err("the code belongs to another client".to_owned());
    }
    if call.parameter("redirect_uri") != Some(&grant.redirect_uri) {
        return Err("redirect_uri is not the one of the authorization request".to_owned());
    }
    if base64url(&sha256(verifier.as_bytes())) != grant.challenge {
        return Err("code_verifier does not fit the challenge".to_owned());
    }
    Ok(grant.clone())
}

/// RFC 9700 section 4.14.2: a refresh token that was replaced is a sign of theft and ends the family.
fn redeem_refresh_token(script: &mut Script, client_id: &str, call: &Call) -> Option<Refresh> {
    let token = call.parameter("refresh_token")?;
    let rotates = script.rotates;
    let refresh = script.issued.refresh_tokens.get_mut(token)?;
    if refresh.client_id != client_id {
        return None;
    }
    if !refresh.alive {
        let family = refresh.family;
        script.issued.reuses += 1;
        for other in script.issued.refresh_tokens.values_mut().filter(|other| other.family == family) {
            other.alive = false;
        }
        return None;
    }
    refresh.alive = !rotates;
    Some(refresh.clone())
}

/// OpenID Connect RP-Initiated Logout 1.0 section 2.
fn end_session(script: &mut Script, call: &Call) -> Response<Body> {
    let Some(back) = call.parameter("post_logout_redirect_uri") else {
        return whole(200, &[], Bytes::from_static(b"signed out at the provider"));
    };
    let client = call.parameter("client_id").and_then(|id| script.clients.get(id));
    if !client.is_some_and(|client| client.post_logout_redirect_uris.iter().any(|uri| uri == back)) {
        script.violation(format!("end_session: post_logout_redirect_uri {back} is not registered"));
        return whole(400, &[], Bytes::new());
    }
    let mut back = Url::parse(back).unwrap();
    if let Some(state) = call.parameter("state") {
        back.query_pairs_mut().append_pair("state", state);
    }
    whole(302, &[("Location", back.as_str())], Bytes::new())
}

/// RFC 7009 section 2: a token of another client is none, and one that is void already is no error.
fn revoke(script: &mut Script, method: &Method, call: &Call) -> Response<Body> {
    let client_id = match authenticate(script, call) {
        Ok(client_id) if method == Method::POST => client_id,
        other => {
            script.violation(format!("revoke: {method} {other:?}"));
            return oauth_error(401, "invalid_client");
        }
    };
    let token = call.parameter("token").unwrap_or_default();
    let issued = &mut script.issued;
    let is_ours = match call.parameter("token_type_hint") {
        Some("access_token") => issued.access_tokens.remove(token).is_some(),
        _ => {
            let token = issued.refresh_tokens.get_mut(token).filter(|token| token.client_id == client_id);
            token.map(|token| token.alive = false).is_some()
        }
    };
    if !is_ours {
        script.violation("revoke: a token that this client was never given".to_owned());
    }
    whole(200, &[], Bytes::new())
}

/// Whether whoever asks for metadata or keys may.
fn is_known(script: &mut Script, call: &Call) -> bool {
    let Some(token) = &script.metadata_token else { return true };
    let came = call.headers.get("authorization").and_then(|value| value.to_str().ok());
    let is_known = came == Some(&format!("Bearer {token}"));
    if !is_known {
        script.violation(format!("{:?}: without the token that it wants", call.endpoint));
    }
    is_known
}

fn key_set(script: &Script) -> Value {
    let keys: Vec<Value> = script.keys.iter().map(|(kid, key)| key.jwk(kid)).collect();
    let mut set = json!({ "keys": keys });
    if let Some(change) = &script.key_set {
        change(&mut set);
    }
    set
}

pub(super) fn json_answer(status: u16, body: &Value) -> Response<Body> {
    let headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store")];
    whole(status, &headers, Bytes::from(serde_json::to_vec(body).unwrap()))
}

pub(super) fn oauth_error(status: u16, error: &str) -> Response<Body> {
    json_answer(status, &json!({ "error": error }))
}

fn form_decode(text: &str) -> String {
    form_urlencoded::parse(format!("x={text}").as_bytes()).next().unwrap().1.into_owned()
}
