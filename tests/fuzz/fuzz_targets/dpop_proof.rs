//! DPoP proofs.
//!
//! Input: `t`, then a proof that somebody made up; or `s`, then a header on a line and a payload, which the caller's key signs. `KEY` in
//! the header stands for that key, `HASH` in the payload for the hash of the access token.

#![no_main]

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};
use url::Url;
use vestibule::gate::refusal::Refusal;
use vestibule::protocol::dpop::{
    DpopFault, MAX_AGE, MAX_JTI_BYTES, MAX_PROOF_BYTES, Proof, ProofExpected, judge,
};
use vestibule::protocol::registration::SigningAlgorithm;
use vestibule_fuzz::provider::{NOW, base64url, ed_public, sign};
use vestibule_fuzz::{check_refusal, first_line};

const TOKEN: &str = "an-access-token-of-the-fuzz-targets";
const HTU: &str = "https://app.example.com/api/a%20b";
const METHOD: &str = "POST";
const NONCE: &str = "a-nonce-of-ours";
const LEEWAY: Duration = Duration::from_secs(60);

fuzz_target!(|data: &[u8]| {
    let (line, rest) = first_line(data);
    if line == b"t" {
        let proof = String::from_utf8_lossy(rest);
        assert!(ask(&proof, &Asked::default()).is_err(), "accepted a proof that nobody signed");
        return;
    }
    let (header, payload) = first_line(rest);
    let filled = |text: &[u8], from: &str, to: &str| String::from_utf8_lossy(text).replace(from, to);
    let jwk = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, base64url(&ed_public()));
    let header = filled(header, "KEY", &jwk);
    let payload = filled(payload, "HASH", &base64url(digest(&SHA256, TOKEN.as_bytes()).as_ref()));
    let proof = sign(SigningAlgorithm::EdDsa, header.as_bytes(), payload.as_bytes());
    let judged = ask(&proof, &Asked::default());
    let Ok(judged) = judged else { return };
    check(&judged, &header, &payload);
    assert!(proof.len() <= MAX_PROOF_BYTES);

    // It is for this request, this token and this key, with this nonce, now, and to the letter.
    assert_eq!(ask(&proof, &Asked::default()).ok(), Some(judged));
    let nonce = serde_json::from_str::<Value>(&payload).expect("JSON")["nonce"] == NONCE;
    assert_eq!(ask(&proof, &Asked { nonce: true, ..Asked::default() }).is_ok(), nonce);
    for other in [
        Asked { method: "GET", ..Asked::default() },
        Asked { url: "http://app.example.com/api/a%20b", ..Asked::default() },
        Asked { url: "https://app.example.com:8443/api/a%20b", ..Asked::default() },
        Asked { url: "https://next.example.com/api/a%20b", ..Asked::default() },
        Asked { url: "https://app.example.com./api/a%20b", ..Asked::default() },
        Asked { url: "https://app.example.com/api/a%20b/", ..Asked::default() },
        Asked { url: "https://app.example.com/api/A%20b", ..Asked::default() },
        Asked { url: "https://app.example.com//api/a%20b", ..Asked::default() },
        Asked { token: "another", ..Asked::default() },
        Asked { key: Some([7; 32]), ..Asked::default() },
        Asked { later: MAX_AGE + LEEWAY + LEEWAY + Duration::from_secs(1), ..Asked::default() },
    ] {
        assert!(ask(&proof, &other).is_err(), "{other:?}");
    }
    let mut changed = proof.into_bytes();
    let place = payload.len() * 31 % changed.len();
    changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
    assert!(ask(&String::from_utf8(changed).expect("one letter for another"), &Asked::default()).is_err());
});

/// What differs from the request that proofs are made for here.
#[derive(Clone, Copy, Debug)]
struct Asked {
    method: &'static str,
    url: &'static str,
    token: &'static str,
    key: Option<[u8; 32]>,
    nonce: bool,
    later: Duration,
}

impl Default for Asked {
    fn default() -> Self {
        let url = "https://app.example.com/api/a%20b?x=1";
        Self { method: METHOD, url, token: TOKEN, key: None, nonce: false, later: Duration::ZERO }
    }
}

fn ask(proof: &str, asked: &Asked) -> Result<Proof, DpopFault> {
    // RFC 7638 section 3.
    let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, base64url(&ed_public()));
    let thumbprint: [u8; 32] = digest(&SHA256, members.as_bytes()).as_ref().try_into().expect("32 bytes");
    let url = Url::parse(asked.url).expect("an address");
    let is_ours = |nonce: &str| nonce == NONCE;
    let expected = ProofExpected {
        method: asked.method,
        url: &url,
        access_token: asked.token,
        key: &asked.key.unwrap_or(thumbprint),
        now: NOW.after(asked.later),
        leeway: LEEWAY,
        nonce: asked.nonce.then_some(&is_ours),
    };
    let judged = judge(proof, &expected);
    if let Err(fault) = &judged {
        check_refusal(&Refusal::Dpop(fault.clone()));
        assert!(!fault.to_string().contains(TOKEN));
    }
    judged
}

/// RFC 9449 sections 4.2 and 4.3, read a second time.
fn check(proof: &Proof, header: &str, payload: &str) {
    let header: Map<String, Value> = serde_json::from_str(header).expect("an accepted header is JSON");
    let claims: Map<String, Value> = serde_json::from_str(payload).expect("an accepted payload is JSON");
    let typ = header["typ"].as_str().expect("typ is a text").to_ascii_lowercase();
    assert!(matches!(typ.as_str(), "dpop+jwt" | "application/dpop+jwt"));
    assert!(matches!(header["alg"].as_str(), Some("EdDSA" | "Ed25519")) && !header.contains_key("crit"));
    let jwk = header["jwk"].as_object().expect("a key is an object");
    assert!(["d", "p", "q", "k"].iter().all(|private| !jwk.contains_key(*private)));
    assert_eq!(jwk["x"], base64url(&ed_public()));
    assert_eq!(claims["htm"], METHOD);
    let htu = Url::parse(claims["htu"].as_str().expect("htu is a text")).expect("htu is an address");
    let unescaped = |path: &str| percent_encoding::percent_decode_str(path).collect::<Vec<u8>>();
    let ours = Url::parse(HTU).expect("an address");
    assert_eq!((htu.origin(), unescaped(htu.path())), (ours.origin(), unescaped(ours.path())));
    assert!(claims["jti"].as_str().is_some_and(|jti| matches!(jti.len(), 1..=MAX_JTI_BYTES)));
    let (now, leeway) = (NOW.seconds() as f64, LEEWAY.as_secs_f64());
    let iat = claims["iat"].as_f64().expect("iat is a number");
    assert!(iat <= now + leeway + 1.0 && iat + MAX_AGE.as_secs_f64() + leeway > now - 1.0);
    // It is remembered for as long as it is good, and no longer than that needs.
    let until = proof.good_until().seconds() as f64;
    assert!(until > now && until <= now + MAX_AGE.as_secs_f64() + 2.0 * leeway + 1.0);
}
