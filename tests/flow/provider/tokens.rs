//! Access tokens for APIs: made for a test, and told about to who may ask.

use bytes::Bytes;
use http::{Method, Response};
use serde_json::{Map, Value, json};

use super::endpoints::{authenticate, json_answer, oauth_error};
use super::{Body, Call, Draft, Provider, Script, Shared, whole};
use crate::keys::base64url;

/// Whom the access tokens of a provider are for, unless a test says otherwise.
pub(crate) const AUDIENCE: &str = "https://api.example.test";

impl Provider {
    /// An access token as RFC 9068 section 2 has it, about the person who is signed in here, changed as told. Userinfo and the
    /// introspection endpoint know it, and no log may show it.
    pub(crate) fn access_token(&self, change: impl FnOnce(&mut Draft)) -> String {
        let mut draft = self.access_token_draft();
        change(&mut draft);
        let token = draft.sign();
        let mut script = self.script();
        script.know(&token, draft.claims);
        // A part that is shown is as bad as the whole.
        for part in token.split('.').skip(1).filter(|part| !part.is_empty()) {
            script.secrets.push(("access_token", part.to_owned()));
        }
        token
    }

    /// The same unsigned, for a flood of tokens that nobody has to keep.
    pub(crate) fn access_token_draft(&self) -> Draft {
        let script = self.script();
        let now = self.shared.now(&script);
        let mut claims = script.id_token_claims.clone();
        let own = json!({
            "iss": self.issuer,
            "sub": script.subject,
            "aud": AUDIENCE,
            "client_id": "calling-program",
            "scope": "read write",
            "iat": now,
            "exp": now + 300,
            "jti": base64url(&self.shared.clock.entropy::<16>()),
        });
        claims.extend(own.as_object().unwrap().clone());
        Shared::draft(&script, "id-of-app", "at+jwt", claims)
    }

    /// An access token without a form, with what the introspection endpoint says of it, changed as told.
    pub(crate) fn opaque_token(&self, change: impl FnOnce(&mut Map<String, Value>)) -> String {
        let mut script = self.script();
        let (now, token) = (self.shared.now(&script), self.shared.random(&mut script, "access_token"));
        let members = json!({
            "iss": self.issuer,
            "sub": script.subject,
            "aud": AUDIENCE,
            "client_id": "calling-program",
            "token_type": "Bearer",
            "scope": "read write",
            "email": "ada.secret@example.org",
            "iat": now,
            "exp": now + 300,
        });
        let mut members = members.as_object().unwrap().clone();
        change(&mut members);
        script.know(&token, members);
        token
    }

    /// From now on the introspection endpoint calls that token not active.
    pub(crate) fn revoke(&self, token: &str) {
        self.script().introspected.remove(token).expect("it was issued here");
    }

    /// Changes what the introspection endpoint says from now on, `active` included.
    pub(crate) fn change_introspection(
        &self,
        change: impl Fn(&mut Map<String, Value>) + Send + Sync + 'static,
    ) {
        self.script().introspection = Some(std::sync::Arc::new(change));
    }

    /// Signs what the introspection endpoint says from now on (RFC 9701), and changes every answer.
    pub(crate) fn sign_introspection(&self, change: impl Fn(&mut Draft) + Send + Sync + 'static) {
        self.script().signs_introspection = Some(std::sync::Arc::new(change));
    }

    /// Something that no log may show.
    pub(crate) fn keep_secret(&self, kind: &'static str, text: &str) {
        self.script().secrets.push((kind, text.to_owned()));
    }
}

impl Script {
    fn know(&mut self, token: &str, members: Map<String, Value>) {
        let subject = members.get("sub").and_then(Value::as_str).unwrap_or_default().to_owned();
        self.issued.access_tokens.insert(token.to_owned(), subject);
        self.introspected.insert(token.to_owned(), members);
    }
}

impl Shared {
    /// RFC 7662 section 2, RFC 9701 sections 4 and 5.
    pub(super) fn introspect(&self, script: &mut Script, method: &Method, call: &Call) -> Response<Body> {
        let asker = match &script.introspection_token {
            Some(token) => {
                let came = call.headers.get("authorization").and_then(|value| value.to_str().ok());
                let is_it = came == Some(&format!("Bearer {token}")) && call.parameter("client_id").is_none();
                if is_it { Ok(String::new()) } else { Err("not by the bearer token".to_owned()) }
            }
            None => authenticate(script, call),
        };
        let asker = match asker {
            Ok(asker) if method == Method::POST => asker,
            other => {
                script.violation(format!("introspect: {method} {other:?}"));
                return oauth_error(401, "invalid_client");
            }
        };
        if call.parameter("token_type_hint") != Some("access_token") {
            script.violation("introspect: without the hint".to_owned());
        }
        let token = call.parameter("token").unwrap_or_default();
        let known = script.introspected.get(token).cloned();
        let mut members = match known {
            Some(mut members) => {
                members.insert("active".to_owned(), true.into());
                members
            }
            None => json!({ "active": false }).as_object().unwrap().clone(),
        };
        if let Some(change) = &script.introspection {
            change(&mut members);
        }
        let Some(change) = script.signs_introspection.clone() else {
            return json_answer(200, &Value::Object(members));
        };
        let media = "application/token-introspection+jwt";
        if call.headers.get("accept").is_none_or(|accept| accept != media) {
            script.violation(format!("introspect: {media} is not asked for"));
        }
        let claims = json!({
            "iss": self.issuer,
            "aud": asker,
            "iat": self.now(script),
            "jti": base64url(&self.clock.entropy::<16>()),
            "token_introspection": members,
        });
        let claims = claims.as_object().unwrap().clone();
        let mut draft = Self::draft(script, &asker, "token-introspection+jwt", claims);
        change(&mut draft);
        whole(200, &[("Content-Type", media)], Bytes::from(draft.sign()))
    }
}
