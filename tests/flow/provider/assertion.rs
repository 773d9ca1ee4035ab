//! Client assertions as the provider judges them (RFC 7523 section 3), strictly: whoever is late, speaks to somebody else or comes
//! twice is refused.

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Map, Value};

use super::{Call, Script};

/// The client, and the method by which it proved itself.
pub(super) fn judge(script: &mut Script, call: &Call) -> Result<(String, &'static str), String> {
    let assertion = call.parameter("client_assertion").ok_or("no client_assertion")?.to_owned();
    if call.parameter("client_assertion_type")
        != Some("urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
    {
        return Err("client_assertion_type is another".to_owned());
    }
    if call.headers.contains_key("authorization") || call.parameter("client_secret").is_some() {
        return Err("two methods of client authentication".to_owned());
    }
    let client_id = call.parameter("client_id").ok_or("no client_id")?.to_owned();
    script.secrets.push(("client_assertion", assertion.clone()));
    if let Some(platform) = &script.platform_assertion {
        let same = *platform == assertion;
        return if same {
            Ok((client_id, "assertion"))
        } else {
            Err("the assertion is not the platform's".to_owned())
        };
    }
    let header = jsonwebtoken::decode_header(&assertion).map_err(|error| error.to_string())?;
    let (key, method) = match header.alg {
        Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512 => {
            let secret = script.clients.get(&client_id).and_then(|client| client.secret.clone());
            (DecodingKey::from_secret(secret.ok_or("no secret")?.as_bytes()), "client_secret_jwt")
        }
        _ => {
            let set: JwkSet =
                serde_json::from_value(script.client_keys.clone().ok_or("no keys are registered")?)
                    .map_err(|error| error.to_string())?;
            let kid = header.kid.ok_or("no kid")?;
            let jwk = set.find(&kid).ok_or("the kid is not registered")?;
            (DecodingKey::from_jwk(jwk).map_err(|error| error.to_string())?, "private_key_jwt")
        }
    };
    let mut validation = Validation::new(header.alg);
    validation.set_audience(&[&script.issuer]);
    validation.set_issuer(&[&client_id]);
    validation.sub = Some(client_id.clone());
    validation.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
    let claims: Map<String, Value> = jsonwebtoken::decode(assertion.as_bytes(), &key, &validation)
        .map_err(|error| format!("the assertion: {error}"))?
        .claims;
    if !claims["aud"].is_string() {
        return Err("aud is not one text".to_owned());
    }
    if claims["exp"].as_u64() != claims["iat"].as_u64().map(|iat| iat + 60) {
        return Err("the assertion is not good for a minute".to_owned());
    }
    let jti = claims["jti"].as_str().ok_or("no jti")?.to_owned();
    if jti.len() < 22 || !script.jtis.insert(jti) {
        return Err("the jti is short, or was there before".to_owned());
    }
    Ok((client_id, method))
}
