//! The relation between claims and identity headers.

use percent_encoding::percent_decode;
use serde_json::Value;
use vestibule::config::Client;
use vestibule::gate::identity::{Identity, MAX_IDENTITY};
use vestibule::gate::refusal::Refusal;
use vestibule::protocol::claims::Claims;

use crate::check_refusal;

/// Every header of the client is there exactly once, in order, and means the claim that it stands for; or none is.
pub fn check_identity(claims: &Claims, client: &Client) {
    let identity = match Identity::from_claims(claims, client) {
        Ok(identity) => identity,
        Err(refusal) => {
            assert!(matches!(refusal, Refusal::ClaimUnfit { .. } | Refusal::IdentityTooLarge { .. }));
            return check_refusal(&refusal);
        }
    };
    let headers = identity.headers();
    let names: Vec<_> = headers.iter().map(|(name, _)| name).collect();
    assert_eq!(names, client.identity_headers().collect::<Vec<_>>());
    let size: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    assert!(size <= MAX_IDENTITY, "{size} bytes of identity headers");
    for (name, value) in headers {
        let bytes = value.as_bytes();
        assert!(bytes.iter().all(|byte| matches!(byte, 0x20..=0x7e)), "{name}: {value:?}");
        assert_eq!(bytes, bytes.trim_ascii(), "{name}: a proxy would trim this");
    }
    assert_eq!(decode(headers[0].1.as_bytes()), claims.sub());
    for (mapping, (name, value)) in client.claim_headers.iter().zip(&headers[1..]) {
        let sent = value.as_bytes();
        match claims.get(&mapping.claim) {
            None | Some(Value::Null) => assert!(sent.is_empty(), "{name} without a claim"),
            Some(Value::Array(items)) if items.is_empty() => assert!(sent.is_empty()),
            Some(Value::Array(items)) => {
                let sent: Vec<String> = sent.split(|byte| *byte == b',').map(decode).collect();
                let items: Vec<String> = items.iter().map(scalar).collect();
                assert_eq!(sent, items, "{name}: not the items of the list");
            }
            Some(value) => assert_eq!(decode(sent), scalar(value), "{name}: not the claim"),
        }
    }
}

fn decode(bytes: &[u8]) -> String {
    percent_decode(bytes).decode_utf8().expect("what was encoded is UTF-8").into_owned()
}

fn scalar(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(_) | Value::Object(_) => panic!("sent although it does not fit a header: {value}"),
    }
}
