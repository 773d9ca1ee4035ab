//! DPoP proofs at a resource server (RFC 9449 sections 4.2, 4.3, 7, 9 and 11): who sends an access token holds the key that it is
//! bound to, and means this request. Judged by the specification's own steps, but key and signature before the claims, so that
//! nothing unsigned is looked at.

use std::time::Duration;

use aws_lc_rs::constant_time;
use aws_lc_rs::digest::{self, SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use url::Url;

pub use super::dpop_fault::{DpopFault, OtherUrl, Shortfall};
use super::jwk::{self, SkipReason};
use super::jws::{self, JwsFault};
use super::registration::SigningAlgorithm;
use super::timestamp::Timestamp;
use super::{claim_form, json};

/// Bytes of a proof: an RSA key of 8192 bits and its signature take four fifths of it.
pub const MAX_PROOF_BYTES: usize = 4 * 1024;

/// Bytes of a `jti`.
pub const MAX_JTI_BYTES: usize = 256;

/// How long after `iat` a proof is good, beside the leeway: it is made for one request, which is under way (section 11.1).
pub const MAX_AGE: Duration = Duration::from_secs(60);

/// What a proof may be signed by, as `algs` of the challenge lists it (section 7.1). A secret proves nothing here.
pub const ALGORITHMS: [SigningAlgorithm; 9] = SigningAlgorithm::ASYMMETRIC;

/// What `typ` may be: RFC 7515 section 4.1.9 has the two be the same media type.
const TYPES: [&str; 2] = ["dpop+jwt", "application/dpop+jwt"];

/// What a proof is judged against.
#[derive(Clone, Copy)]
pub struct ProofExpected<'a> {
    /// The method of the request.
    pub method: &'a str,
    /// Where the request went, as the client saw it. Query and fragment do not count.
    pub url: &'a Url,
    /// The access token that came along.
    pub access_token: &'a str,
    /// The thumbprint of the key that the access token is bound to: its `cnf.jkt`.
    pub key: &'a [u8; 32],
    /// The time.
    pub now: Timestamp,
    /// How far clocks may be apart.
    pub leeway: Duration,
    /// Where a nonce is demanded: whether this is a good one.
    pub nonce: Option<&'a dyn Fn(&str) -> bool>,
}

/// A proof that holds. Only [`judge`] makes one. It is good once: `id` is to be compared with those seen before (section 11.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proof {
    id: [u8; 16],
    good_until: Timestamp,
}

/// Judges the proof of a request (section 4.3).
///
/// # Errors
/// [`DpopFault`]; if [`DpopFault::wants_nonce`], the client may try again with the nonce of the answer.
pub fn judge(proof: &str, expected: &ProofExpected<'_>) -> Result<Proof, DpopFault> {
    // Step 1, one header and no more, is the caller's, who has the headers.
    // Step 2: a well-formed JWT.
    if proof.len() > MAX_PROOF_BYTES {
        return Err(DpopFault::TooLong { found: proof.len() });
    }
    let (signed, header, payload, signature) = jws::split(proof).map_err(DpopFault::Unreadable)?;
    let header = jws::part("header", header).map_err(DpopFault::Unreadable)?;
    if header.contains_key("crit") {
        return Err(DpopFault::Unreadable(JwsFault::Critical));
    }
    // Step 4: `typ`, without which it would be any JWT (RFC 8725 section 3.11).
    let typ = header.get("typ").and_then(Value::as_str);
    if !typ.is_some_and(|typ| TYPES.iter().any(|taken| typ.eq_ignore_ascii_case(taken))) {
        return Err(DpopFault::Type { found: typ.map(str::to_owned) });
    }
    // Step 5: `alg` is asymmetric.
    let alg = header.get("alg").and_then(Value::as_str);
    let algorithm = alg.and_then(jwk::algorithm).filter(|algorithm| ALGORITHMS.contains(algorithm));
    let Some(algorithm) = algorithm else {
        return Err(DpopFault::Algorithm { found: alg.map(str::to_owned) });
    };
    // Step 7: `jwk` has no private part; and it is a key that we take, for that algorithm.
    let jwk = header.get("jwk").ok_or(DpopFault::KeyMissing)?;
    let key = jwk::key(jwk, Some(algorithm)).map_err(DpopFault::Key)?;
    if !key.signs_by(algorithm) {
        return Err(DpopFault::Key(SkipReason::Algorithm));
    }
    // Step 12b: the key is the one that the access token is bound to (section 6.1). Before the signature, so that nobody has a proof by
    // a key of their choice verified: one of 8192 bits takes ten times as long.
    let members = jwk.as_object().ok_or(DpopFault::KeyMissing)?;
    let thumbprint = jwk::thumbprint(key.kind, members);
    if constant_time::verify_slices_are_equal(&thumbprint, expected.key).is_err() {
        return Err(DpopFault::OtherKey);
    }
    // Step 6: signed by that key.
    let is_signed = |signature| key.verifying.verifies(algorithm, signed, &signature);
    if !jws::signature(signature).is_ok_and(is_signed) {
        return Err(DpopFault::Signature);
    }
    // Step 3: the claims that must be there (section 4.2).
    let claims = jws::part("payload", payload).map_err(DpopFault::Unreadable)?;
    let text = |claim| json::text(&claims, claim).map_err(|_| DpopFault::Form { claim, needed: "a text" });
    let needed_text = |claim| match text(claim)? {
        Some("") => Err(DpopFault::Form { claim, needed: "a text that is not empty" }),
        Some(text) => Ok(text),
        None => Err(DpopFault::Missing { claim }),
    };
    let time = |claim| {
        let needed = "a number of seconds between the years 1970 and 9999";
        claim_form::time(&claims, claim).map_err(|_| DpopFault::Form { claim, needed })
    };
    let jti = needed_text("jti")?;
    if jti.len() > MAX_JTI_BYTES {
        return Err(DpopFault::Form { claim: "jti", needed: "a text of at most 256 bytes" });
    }
    let (htm, htu) = (needed_text("htm")?, needed_text("htu")?);
    let issued_at = time("iat")?.ok_or(DpopFault::Missing { claim: "iat" })?;
    // Step 8: `htm`, in the case that methods are written in (RFC 9110 section 9.1).
    if htm != expected.method {
        return Err(DpopFault::Method { expected: expected.method.to_owned(), found: htm.to_owned() });
    }
    // Step 9: `htu`, without query and fragment.
    let htu = Url::parse(htu).map_err(|_| DpopFault::Form { claim: "htu", needed: "an absolute URL" })?;
    judge_url(&htu, expected.url).map_err(DpopFault::Url)?;
    // Step 10: `nonce`, where one is demanded.
    let nonce = text("nonce")?;
    if let Some(is_good) = expected.nonce {
        let nonce = nonce.ok_or(DpopFault::Nonce(Shortfall::Missing))?;
        if !is_good(nonce) {
            return Err(DpopFault::Nonce(Shortfall::Other));
        }
    }
    // Step 11: made within the window. A proof has no `exp` and `nbf` of its own, but where a JWT has them, they hold (RFC 7519
    // sections 4.1.4 and 4.1.5).
    let (now, leeway) = (expected.now, expected.leeway);
    let of_another_time = |claim, at| DpopFault::Time { claim, at, now, leeway };
    let mut good_until = issued_at.after(MAX_AGE).after(leeway);
    if issued_at > now.after(leeway) || now >= good_until {
        return Err(of_another_time("iat", issued_at));
    }
    if let Some(expires_at) = time("exp")? {
        good_until = good_until.min(expires_at.after(leeway));
        if now >= good_until {
            return Err(of_another_time("exp", expires_at));
        }
    }
    if let Some(not_before) = time("nbf")?
        && not_before > now.after(leeway)
    {
        return Err(of_another_time("nbf", not_before));
    }
    // Step 12a: `ath`, the hash of the access token.
    let hash = URL_SAFE_NO_PAD.encode(digest::digest(&SHA256, expected.access_token.as_bytes()));
    let ath = text("ath")?.ok_or(DpopFault::Token(Shortfall::Missing))?;
    if constant_time::verify_slices_are_equal(ath.as_bytes(), hash.as_bytes()).is_err() {
        return Err(DpopFault::Token(Shortfall::Other));
    }
    Ok(Proof { id: id(&thumbprint, jti), good_until })
}

impl Proof {
    /// What tells it from every other: of its key and its `jti`, so that no client can use up the names of another.
    pub const fn id(&self) -> [u8; 16] {
        self.id
    }

    /// From here on it is refused for its age.
    pub const fn good_until(&self) -> Timestamp {
        self.good_until
    }
}

fn id(thumbprint: &[u8; 32], jti: &str) -> [u8; 16] {
    let mut context = digest::Context::new(&SHA256);
    context.update(thumbprint);
    context.update(jti.as_bytes());
    *context.finish().as_ref().first_chunk().expect("SHA-256 makes 32 bytes")
}

/// Section 4.3: after syntax-based and scheme-based normalisation (RFC 3986 sections 6.2.2 and 6.2.3), of which `Url` does all but
/// the escapes.
fn judge_url(found: &Url, expected: &Url) -> Result<(), OtherUrl> {
    if found.scheme() != expected.scheme() {
        let (expected, found) = (expected.scheme().to_owned(), found.scheme().to_owned());
        return Err(OtherUrl::Scheme { expected, found });
    }
    if (found.username(), found.password()) != (expected.username(), expected.password()) {
        return Err(OtherUrl::User);
    }
    if found.host_str() != expected.host_str() {
        let host = |url: &Url| url.host_str().unwrap_or_default().to_owned();
        return Err(OtherUrl::Host { expected: host(expected), found: host(found) });
    }
    if found.port_or_known_default() != expected.port_or_known_default() {
        let port = |url: &Url| url.port_or_known_default().unwrap_or_default();
        return Err(OtherUrl::Port { expected: port(expected), found: port(found) });
    }
    if unescaped(found.path()) != unescaped(expected.path()) {
        return Err(OtherUrl::Path);
    }
    Ok(())
}

/// A path without the escapes that it does not need, the others in upper case (RFC 3986 sections 6.2.2.1 and 6.2.2.2).
fn unescaped(path: &str) -> String {
    let mut parts = path.split('%');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.get(..2).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match byte.filter(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(byte)) {
            Some(byte) => plain.push(char::from(byte)),
            None => {
                plain.push('%');
                plain.push_str(&digits.unwrap_or_default().to_ascii_uppercase());
            }
        }
        plain.push_str(&part[digits.map_or(0, str::len)..]);
    }
    plain
}
