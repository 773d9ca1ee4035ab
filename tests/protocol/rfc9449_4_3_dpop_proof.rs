//! RFC 9449 sections 4.2, 4.3, 7, 9 and 11: does who sends an access token hold its key, and mean this request?

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use serde_json::{Value, json};
use url::Position::AfterPath;
use url::Url;
use vestibule::protocol::dpop::{
    self, ALGORITHMS, DpopFault, MAX_AGE, MAX_PROOF_BYTES, OtherUrl, Proof, ProofExpected, Shortfall,
};
use vestibule::protocol::registration::SigningAlgorithm as Alg;
use vestibule::protocol::timestamp::Timestamp;

use crate::properties::any_json;
use crate::signer::{PROVIDER, STRANGER, Signer, encode, with, without};
use crate::world::{NOW, now};

const URL: &str = "https://app.example/drop-4711/file?key=query-4711";
const HTU: &str = "https://app.example/drop-4711/file";
const TOKEN: &str = "access-token-4711";
const JTI: &str = "jti-4711";
const LEEWAY: Duration = Duration::from_secs(30);

/// What the request is, where a test does not say otherwise.
#[derive(Debug)]
struct Request {
    method: &'static str,
    url: Url,
    token: String,
    key: [u8; 32],
    now: Timestamp,
    nonce: Option<fn(&str) -> bool>,
}

impl Request {
    /// With a token that is bound to the key of that algorithm.
    fn new(algorithm: Alg) -> Self {
        Self {
            method: "GET",
            url: Url::parse(URL).unwrap(),
            token: TOKEN.to_owned(),
            key: thumbprint(&jwk(&PROVIDER, algorithm)),
            now: now(),
            nonce: None,
        }
    }

    fn judge(&self, proof: &str) -> Result<Proof, DpopFault> {
        dpop::judge(
            proof,
            &ProofExpected {
                method: self.method,
                url: &self.url,
                access_token: &self.token,
                key: &self.key,
                now: self.now,
                leeway: LEEWAY,
                nonce: self.nonce.as_ref().map(|nonce| nonce as &dyn Fn(&str) -> bool),
            },
        )
    }

    /// The code of a refusal, whose text shows nothing that is somebody's secret.
    fn code(&self, proof: &str) -> Option<&'static str> {
        let fault = self.judge(proof).err()?;
        let text = fault.to_string();
        assert!(!text.contains("4711") && (proof.len() < 40 || !text.contains(proof)), "{text}");
        assert_eq!(fault.wants_nonce(), fault.code() == "dpop_nonce");
        Some(fault.code())
    }
}

/// RFC 7638 section 3: members in the order of their names, as this library writes them.
fn thumbprint(jwk: &Value) -> [u8; 32] {
    digest(&SHA256, jwk.to_string().as_bytes()).as_ref().try_into().unwrap()
}

/// The public key that goes with an algorithm, with no members but those that make it.
fn jwk(signer: &Signer, algorithm: Alg) -> Value {
    let jwk = match algorithm {
        Alg::Es256 => signer.p256_jwk(""),
        Alg::Es384 => signer.p384_jwk(""),
        Alg::EdDsa => signer.ed25519_jwk(""),
        _ => signer.rsa_jwk(""),
    };
    without(jwk, "kid")
}

fn header(algorithm: Alg) -> Value {
    json!({ "typ": "dpop+jwt", "alg": algorithm.name(), "jwk": jwk(&PROVIDER, algorithm) })
}

fn claims() -> Value {
    json!({ "jti": JTI, "htm": "GET", "htu": HTU, "iat": NOW, "ath": encode(digest(&SHA256, TOKEN.as_bytes())) })
}

fn with_header(header: &Value) -> String {
    PROVIDER.sign(Alg::EdDsa, header, &claims())
}

fn with_claims(claims: &Value) -> String {
    PROVIDER.sign(Alg::EdDsa, &header(Alg::EdDsa), claims)
}

fn code(proof: &str) -> Option<&'static str> {
    Request::new(Alg::EdDsa).code(proof)
}

// Section 7.1, figures 12 and 13, and the thumbprint of section 6.1.
const RFC_HEADER: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOX\
    pDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19";
const RFC_RESOURCE: &str = "eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wc\
    m90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9\
    RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA";
// Section 4.1, figure 2: for the token endpoint, so without `ath`.
const RFC_TOKEN_CLAIMS: &str =
    r#"{"jti":"-BwC3ESc6acc2lTc","htm":"POST","htu":"https://server.example.com/token","iat":1562262616}"#;
const RFC_TOKEN_SIGNATURE: &str =
    "2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";
const RFC_THUMBPRINT: &str = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";

/// V-DP-9, V-DP-12, V-DP-13: the examples of sections 4.1, 6.1 and 7.1.
#[test]
fn the_proofs_of_the_specification_are_judged_as_it_says() {
    let mut request = Request {
        url: Url::parse("https://resource.example.org/protectedresource").unwrap(),
        token: "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU".to_owned(),
        key: URL_SAFE_NO_PAD.decode(RFC_THUMBPRINT).unwrap().try_into().unwrap(),
        now: Timestamp::from_seconds(1_562_262_618),
        ..Request::new(Alg::Es256)
    };
    let proof = format!("{RFC_HEADER}.{RFC_RESOURCE}");
    let judged = request.judge(&proof).unwrap();
    assert_eq!(judged.good_until(), Timestamp::from_seconds(1_562_262_618 + 90));
    let name = digest(&SHA256, &[&request.key[..], b"e1j3V_bKic8-LAEB"].concat());
    assert_eq!(judged.id(), name.as_ref()[..16]);

    request.method = "POST";
    request.url = Url::parse("https://server.example.com/token").unwrap();
    let proof = format!("{RFC_HEADER}.{}.{RFC_TOKEN_SIGNATURE}", encode(RFC_TOKEN_CLAIMS));
    assert_eq!(request.judge(&proof), Err(DpopFault::Token(Shortfall::Missing)));
}

/// V-DP-5, V-DP-6: "The JWT signature verifies with the public key contained in the jwk JOSE Header Parameter."
#[test]
fn every_algorithm_of_a_key_pair_proves() {
    for algorithm in ALGORITHMS {
        let request = Request::new(algorithm);
        let proof = PROVIDER.sign(algorithm, &header(algorithm), &claims());
        assert!(request.judge(&proof).is_ok(), "{algorithm}");
        let theirs = with(header(algorithm), "jwk", jwk(&STRANGER, algorithm));
        // Who has the token, and a key of their own.
        let proof = STRANGER.sign(algorithm, &theirs, &claims());
        assert_eq!(request.code(&proof), Some("dpop_proof_other_key"), "{algorithm}");
        // Who has seen the public key, and has another private one.
        let proof = STRANGER.sign(algorithm, &header(algorithm), &claims());
        assert_eq!(request.code(&proof), Some("dpop_proof_signature"), "{algorithm}");
        let proof = PROVIDER.sign(algorithm, &theirs, &claims());
        let bound_to_theirs =
            Request { key: thumbprint(&jwk(&STRANGER, algorithm)), ..Request::new(algorithm) };
        assert_eq!(bound_to_theirs.code(&proof), Some("dpop_proof_signature"), "{algorithm}");
        assert_eq!(request.code(&proof), Some("dpop_proof_other_key"), "{algorithm}");
    }
    // RFC 9864 names the curve.
    let header = with(header(Alg::EdDsa), "alg", json!("Ed25519"));
    assert_eq!(code(&with_header(&header)), None);
}

/// XN-04: a key that the token is not bound to is not worked with, however large it is: whoever has a token could else have each of
/// its proofs take ten times as long.
#[test]
fn nothing_is_verified_by_a_key_that_the_token_is_not_bound_to() {
    let request = Request::new(Alg::Es256);
    for (bits, exponent) in [(2048, vec![1, 0, 1]), (8192, vec![1, 0, 1]), (8192, vec![0xff; 4])] {
        let jwk = json!({ "kty": "RSA", "n": encode(vec![0xc5; bits / 8]), "e": encode(exponent) });
        let header = json!({ "typ": "dpop+jwt", "alg": "RS512", "jwk": jwk });
        let signature = encode(vec![0x45; bits / 8]);
        let proof = format!("{}.{}.{signature}", encode(header.to_string()), encode(claims().to_string()));
        assert_eq!(request.code(&proof), Some("dpop_proof_other_key"), "{bits}");
    }
}

/// V-DP-2, section 4.3 step 2: "a single and well-formed JWT".
#[test]
fn what_is_no_signed_jwt_proves_nothing() {
    let good = with_claims(&claims());
    let [head, payload, signature] = good.split('.').collect::<Vec<_>>().try_into().unwrap();
    let twice = format!(r#"{{"htm":"GET",{}"#, &claims().to_string()[1..]);
    for (name, proof) in [
        ("empty", String::new()),
        ("dots", "..".to_owned()),
        ("two parts", format!("{head}.{payload}")),
        ("four parts", format!("{good}.")),
        ("five parts", format!("{good}..")),
        ("two proofs in one header", format!("{good}, {good}")),
        ("padded header", format!("{head}=.{payload}.{signature}")),
        ("header of text", format!("{}.{payload}.{signature}", encode("\"jwt\""))),
        ("header cut", format!("{}.{payload}.{signature}", &head[..head.len() - 1])),
        ("crit", with_header(&with(header(Alg::EdDsa), "crit", json!(["exp"])))),
        ("claims are a list", PROVIDER.sign_text(Alg::EdDsa, &header(Alg::EdDsa).to_string(), "[]")),
        ("a claim twice", PROVIDER.sign_text(Alg::EdDsa, &header(Alg::EdDsa).to_string(), &twice)),
    ] {
        assert_eq!(code(&proof), Some("dpop_proof_unreadable"), "{name}");
    }
    for proof in [format!("{head}.{payload}."), format!("{head}.{payload}.{}", &signature[..40])] {
        assert_eq!(code(&proof), Some("dpop_proof_signature"));
    }
}

/// V-DP-2
#[test]
fn a_proof_longer_than_the_limit_is_not_read() {
    let filled = |bytes: usize| with_claims(&with(claims(), "fill", json!("x".repeat(bytes))));
    let longest =
        (0..=MAX_PROOF_BYTES).rev().map(filled).find(|proof| proof.len() <= MAX_PROOF_BYTES).unwrap();
    assert!(longest.len() > MAX_PROOF_BYTES - 4);
    assert_eq!(code(&longest), None);
    assert_eq!(code(&filled(MAX_PROOF_BYTES)), Some("dpop_proof_too_long"));
    assert_eq!(code(&"x".repeat(MAX_PROOF_BYTES + 1)), Some("dpop_proof_too_long"));
}

/// V-DP-4, section 4.3 step 4. RFC 7515 section 4.1.9: "application/" may be there or not; RFC 2045 section 5.1: case counts not.
#[test]
fn a_jwt_of_another_type_is_no_proof() {
    for typ in ["dpop+jwt", "DPoP+JWT", "application/dpop+jwt"] {
        assert_eq!(code(&with_header(&with(header(Alg::EdDsa), "typ", json!(typ)))), None, "{typ}");
    }
    assert_eq!(code(&with_header(&without(header(Alg::EdDsa), "typ"))), Some("dpop_proof_type"));
    for typ in [
        json!("JWT"),
        json!("at+jwt"),
        json!(""),
        json!("dpop+jwt "),
        json!("text/dpop+jwt"),
        json!(["dpop+jwt"]),
    ] {
        let proof = with_header(&with(header(Alg::EdDsa), "typ", typ.clone()));
        assert_eq!(code(&proof), Some("dpop_proof_type"), "{typ}");
    }
}

/// V-DP-5, section 4.3 step 5: "a registered asymmetric digital signature algorithm, is not none".
#[test]
fn a_proof_by_no_algorithm_or_by_a_secret_is_none() {
    let [_, payload, signature] =
        with_claims(&claims()).split('.').map(str::to_owned).collect::<Vec<_>>().try_into().unwrap();
    for alg in [
        json!("none"),
        json!("None"),
        json!(""),
        json!("eddsa"),
        json!("ES512"),
        json!(["EdDSA"]),
        Value::Null,
    ] {
        let head = encode(with(header(Alg::EdDsa), "alg", alg.clone()).to_string());
        for signature in ["", signature.as_str()] {
            let proof = format!("{head}.{payload}.{signature}");
            assert_eq!(code(&proof), Some("dpop_proof_algorithm"), "{alg}");
        }
    }
    assert_eq!(code(&with_header(&without(header(Alg::EdDsa), "alg"))), Some("dpop_proof_algorithm"));
    for algorithm in [Alg::Hs256, Alg::Hs384, Alg::Hs512] {
        let secret = json!({ "kty": "oct", "k": encode(crate::signer::CLIENT_SECRET) });
        let header = json!({ "typ": "dpop+jwt", "alg": algorithm.name(), "jwk": secret });
        let proof = PROVIDER.sign(algorithm, &header, &claims());
        assert_eq!(code(&proof), Some("dpop_proof_algorithm"), "{algorithm}");
    }
}

/// V-DP-7, section 4.3 step 7: "does not contain a private key"; section 4.2: "the public key chosen by the client".
#[test]
fn a_key_that_is_missing_private_or_unfit_proves_nothing() {
    assert_eq!(code(&with_header(&without(header(Alg::EdDsa), "jwk"))), Some("dpop_proof_key"));
    let ed25519 = || jwk(&PROVIDER, Alg::EdDsa);
    for (name, key) in [
        ("null", Value::Null),
        ("a text", json!(ed25519().to_string())),
        ("a list", json!([ed25519()])),
        ("empty", json!({})),
        ("a secret", json!({ "kty": "oct", "k": "AQ" })),
        ("for encryption", with(ed25519(), "use", json!("enc"))),
        ("of another algorithm", with(ed25519(), "alg", json!("ES256"))),
        ("a curve not offered", with(ed25519(), "crv", json!("Ed448"))),
        ("cut", with(ed25519(), "x", json!("AQ"))),
        ("of another kind than alg", jwk(&PROVIDER, Alg::Es256)),
    ] {
        let proof = with_header(&with(header(Alg::EdDsa), "jwk", key));
        assert_eq!(code(&proof), Some("dpop_proof_key"), "{name}");
    }
    for member in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
        for algorithm in [Alg::EdDsa, Alg::Es256, Alg::Rs256] {
            let key = with(jwk(&PROVIDER, algorithm), member, json!("AQ"));
            let proof = PROVIDER.sign(algorithm, &with(header(algorithm), "jwk", key), &claims());
            assert_eq!(Request::new(algorithm).code(&proof), Some("dpop_proof_key"), "{member}, {algorithm}");
        }
    }
    let short = with(jwk(&PROVIDER, Alg::Rs256), "n", json!(encode([0xff; 128])));
    let proof = PROVIDER.sign(Alg::Rs256, &with(header(Alg::Rs256), "jwk", short), &claims());
    assert_eq!(Request::new(Alg::Rs256).code(&proof), Some("dpop_proof_key"));
    // What browsers write beside the key is no part of it.
    let exported = with(with(ed25519(), "key_ops", json!(["verify"])), "ext", json!(true));
    assert_eq!(code(&with_header(&with(header(Alg::EdDsa), "jwk", exported))), None);
}

/// V-DP-3, section 4.3 step 3. What is of another kind is not taken as absent.
#[test]
fn every_claim_that_is_required_is_there_and_of_its_kind() {
    for claim in ["jti", "htm", "htu", "iat"] {
        assert_eq!(code(&with_claims(&without(claims(), claim))), Some("dpop_proof_claim"), "{claim}");
    }
    for (claim, value) in [
        ("jti", json!("")),
        ("jti", json!(4711)),
        ("jti", json!("4711".repeat(65))),
        ("jti", Value::Null),
        ("htm", json!("")),
        ("htm", json!(["GET"])),
        ("htm", Value::Null),
        ("htu", json!("")),
        ("htu", json!("/drop-4711/file")),
        ("htu", json!("app.example/drop-4711/file")),
        ("htu", json!([HTU])),
        ("htu", Value::Null),
        ("iat", json!(NOW.to_string())),
        ("iat", json!(-1)),
        ("iat", json!(1e300)),
        ("iat", Value::Null),
        ("exp", json!("4711")),
        ("nbf", json!("4711")),
        ("ath", Value::Null),
        ("ath", json!(4711)),
        ("nonce", Value::Null),
        ("nonce", json!(4711)),
    ] {
        let proof = with_claims(&with(claims(), claim, value.clone()));
        assert_eq!(code(&proof), Some("dpop_proof_claim"), "{claim}: {value}");
    }
    assert_eq!(code(&with_claims(&with(claims(), "jti", json!("4711".repeat(64))))), None);
    assert_eq!(code(&with_claims(&with(claims(), "iat", json!(NOW as f64 - 0.5)))), None);
}

/// V-DP-8, section 4.3 step 8.
#[test]
fn a_proof_for_another_method_is_refused() {
    for method in ["POST", "get", "Get", " GET", "GET\n", "HEAD"] {
        let proof = with_claims(&with(claims(), "htm", json!(method)));
        assert_eq!(code(&proof), Some("dpop_proof_method"), "{method}");
    }
}

/// V-DP-9, section 4.3 step 9.
#[test]
fn a_proof_for_another_address_is_refused_and_the_part_is_named() {
    let scheme =
        |expected: &str, found: &str| OtherUrl::Scheme { expected: expected.into(), found: found.into() };
    let host = |found: &str| OtherUrl::Host { expected: "app.example".into(), found: found.into() };
    for (htu, part) in [
        ("http://app.example/drop-4711/file", scheme("https", "http")),
        ("http://app.example:443/drop-4711/file", scheme("https", "http")),
        ("urn:app.example:drop-4711", scheme("https", "urn")),
        ("https://4711@app.example/drop-4711/file", OtherUrl::User),
        ("https://:4711@app.example/drop-4711/file", OtherUrl::User),
        ("https://www.app.example/drop-4711/file", host("www.app.example")),
        ("https://app.example./drop-4711/file", host("app.example.")),
        ("https://app.example.evil.example/drop-4711/file", host("app.example.evil.example")),
        ("https://app.example:8443/drop-4711/file", OtherUrl::Port { expected: 443, found: 8443 }),
        ("https://app.example:80/drop-4711/file", OtherUrl::Port { expected: 443, found: 80 }),
        ("https://app.example", OtherUrl::Path),
        ("https://app.example/drop-4711", OtherUrl::Path),
        ("https://app.example/drop-4711/file/", OtherUrl::Path),
        ("https://app.example/drop-4711/File", OtherUrl::Path),
        ("https://app.example//drop-4711/file", OtherUrl::Path),
        ("https://app.example/drop-4711%2Ffile", OtherUrl::Path),
        ("https://app.example/drop-4711/file/%2e%2e", OtherUrl::Path),
        ("https://app.example/drop-4711/%2566ile", OtherUrl::Path),
        ("https://app.example/drop-4711/file%", OtherUrl::Path),
        ("https://app.example/drop-4711/file%2", OtherUrl::Path),
        ("https://app.example/drop-4711/%+6file", OtherUrl::Path),
        ("https://app.example/drop-4711/file%3Fkey=query-4711", OtherUrl::Path),
    ] {
        let proof = with_claims(&with(claims(), "htu", json!(htu)));
        assert_eq!(Request::new(Alg::EdDsa).judge(&proof), Err(DpopFault::Url(part)), "{htu}");
        assert_eq!(code(&proof), Some("dpop_proof_url"), "{htu}");
    }
}

/// V-DP-9: what is no escape has no other way of being written.
#[test]
fn what_only_looks_like_an_escape_is_compared_as_it_is() {
    let request = |url| Request { url: Url::parse(url).unwrap(), ..Request::new(Alg::EdDsa) };
    let for_address = |htu: &str| with_claims(&with(claims(), "htu", json!(htu)));
    let proof = for_address("https://app.example/%zz");
    assert_eq!(request("https://app.example/%zz").code(&proof), None);
    assert_eq!(request("https://app.example/%ZZ").code(&proof), Some("dpop_proof_url"));
}

// V-DP-9, section 4.3: "servers SHOULD employ syntax-based normalization and scheme-based normalization before comparing the htu claim."
#[test]
fn an_address_that_is_only_written_otherwise_is_the_same() {
    for htu in [
        HTU,
        URL,
        "https://app.example/drop-4711/file?other",
        "https://app.example/drop-4711/file#part",
        "HTTPS://APP.example:443/drop-4711/file",
        "https://app.example/./x/../drop-4711/file",
        "https://app.example/x/%2e%2E/drop-4711/file",
        "https://app.example/drop%2d4711/%66%69le",
    ] {
        assert_eq!(code(&with_claims(&with(claims(), "htu", json!(htu)))), None, "{htu}");
    }
    for (url, htu) in [
        ("https://app.example", "https://app.example/"),
        ("http://app.example:80/", "http://app.example"),
        ("https://app.example/a%2fb%c3%a9", "https://app.example/a%2Fb%C3%A9"),
        ("https://app.example/a%7Eb", "https://app.example/a~b"),
        ("https://app.example/é", "https://app.example/%c3%A9"),
        ("https://[2001:DB8:0::1]/", "https://[2001:db8::1]/"),
    ] {
        let request = Request { url: Url::parse(url).unwrap(), ..Request::new(Alg::EdDsa) };
        assert_eq!(request.code(&with_claims(&with(claims(), "htu", json!(htu)))), None, "{htu}");
    }
}

/// V-DP-10, section 4.3 step 10 and section 9: "use_dpop_nonce".
#[test]
fn a_nonce_that_is_demanded_is_there_and_good() {
    let demanding = Request { nonce: Some(|nonce| nonce == "good-4711"), ..Request::new(Alg::EdDsa) };
    let with_nonce = |nonce: &str| with_claims(&with(claims(), "nonce", json!(nonce)));
    assert_eq!(demanding.code(&with_nonce("good-4711")), None);
    assert_eq!(demanding.code(&with_claims(&claims())), Some("dpop_nonce"));
    for nonce in ["", "old-4711", "good-4711 "] {
        let fault = demanding.judge(&with_nonce(nonce)).unwrap_err();
        assert_eq!(fault, DpopFault::Nonce(Shortfall::Other), "{nonce}");
        assert!(fault.wants_nonce());
    }
    // Nobody demands one, so nobody looks at one that is left from elsewhere.
    assert_eq!(code(&with_nonce("old-4711")), None);
}

/// V-DP-11, section 4.3 step 11 and section 11.1.
#[test]
fn a_proof_is_good_for_a_short_while_only() {
    let until = NOW + MAX_AGE.as_secs() + LEEWAY.as_secs();
    let proof = with_claims(&claims());
    for (at, expected) in [
        (NOW, None),
        (until - 1, None),
        (until, Some("dpop_proof_time")),
        (NOW + 86_400, Some("dpop_proof_time")),
        (NOW - LEEWAY.as_secs(), None),
        (NOW - LEEWAY.as_secs() - 1, Some("dpop_proof_time")),
        (0, Some("dpop_proof_time")),
    ] {
        let request = Request { now: Timestamp::from_seconds(at), ..Request::new(Alg::EdDsa) };
        assert_eq!(request.code(&proof), expected, "{at}");
    }
    let good_until = |proof: &str| Request::new(Alg::EdDsa).judge(proof).unwrap().good_until().seconds();
    assert_eq!(good_until(&proof), until);
    // RFC 7519 sections 4.1.4 and 4.1.5, where a proof has what it needs not.
    assert_eq!(good_until(&with_claims(&with(claims(), "exp", json!(NOW + 3600)))), until);
    assert_eq!(good_until(&with_claims(&with(claims(), "exp", json!(NOW + 5)))), NOW + 35);
    for (claim, at, expected) in [
        ("exp", NOW - 29, None),
        ("exp", NOW - 30, Some("dpop_proof_time")),
        ("nbf", NOW + 30, None),
        ("nbf", NOW + 31, Some("dpop_proof_time")),
    ] {
        assert_eq!(code(&with_claims(&with(claims(), claim, json!(at)))), expected, "{claim}");
    }
}

/// V-DP-12, section 4.3 step 12a: "the value of the ath claim equals the hash of that access token".
#[test]
fn a_proof_of_another_access_token_is_refused() {
    assert_eq!(code(&with_claims(&without(claims(), "ath"))), Some("dpop_proof_token"));
    let hash = |text: &str| encode(digest(&SHA256, text.as_bytes()));
    for (name, ath) in [
        ("empty", String::new()),
        ("the token itself", TOKEN.to_owned()),
        ("another's", hash("access-token-4712")),
        ("with the scheme", hash(&format!("DPoP {TOKEN}"))),
        ("padded", format!("{}=", hash(TOKEN))),
        ("half of it", hash(TOKEN)[..22].to_owned()),
    ] {
        let proof = with_claims(&with(claims(), "ath", json!(ath)));
        assert_eq!(code(&proof), Some("dpop_proof_token"), "{name}");
    }
}

/// V-DP-13, section 4.3 step 12b: "the public key to which the access token is bound matches the public key from the DPoP proof".
#[test]
fn a_proof_by_another_key_than_the_tokens_is_refused() {
    let proof = with_claims(&claims());
    let mut request = Request::new(Alg::EdDsa);
    request.key[31] ^= 1;
    assert_eq!(request.code(&proof), Some("dpop_proof_other_key"));
    // Another key of the same client is another key.
    assert_eq!(Request::new(Alg::Es256).code(&proof), Some("dpop_proof_other_key"));
    // RFC 7638 section 3.2: what does not make the key is not in its thumbprint.
    let named = with(jwk(&PROVIDER, Alg::EdDsa), "kid", json!("k"));
    assert_eq!(code(&with_header(&with(header(Alg::EdDsa), "jwk", named))), None);
}

// V-DP-14, section 11.1: a replay is found by what tells one proof from another.
#[test]
fn two_proofs_have_one_id_only_if_key_and_jti_are_the_same() {
    let id = |algorithm, claims: &Value| {
        let proof = PROVIDER.sign(algorithm, &header(algorithm), claims);
        Request::new(algorithm).judge(&proof).unwrap().id()
    };
    let first = id(Alg::Es256, &claims());
    assert_eq!(id(Alg::Es256, &with(claims(), "iat", json!(NOW - 1))), first, "whatever else it says");
    assert_ne!(id(Alg::Es256, &with(claims(), "jti", json!("jti-4712"))), first);
    assert_ne!(id(Alg::EdDsa, &claims()), first);
}

fn any_url() -> impl Strategy<Value = Url> {
    let text = "(https|http)://(app|other)\\.example(:8443)?/[a-z/%24]{0,3}(\\?[a-z]{0,3})?";
    text.prop_map(|text| Url::parse(&text).unwrap())
}

fn any_request() -> impl Strategy<Value = Request> {
    let keys = prop_oneof![Just(Alg::EdDsa), Just(Alg::Es256)];
    (prop_oneof![Just("GET"), Just("POST")], any_url(), "[ab]{1,2}", keys)
        .prop_map(|(method, url, token, key)| Request { method, url, token, ..Request::new(key) })
}

proptest! {
    #[test]
    fn a_proof_for_one_request_holds_for_that_one_only(made_for in any_request(), sent_with in any_request()) {
        let algorithm = if made_for.key == Request::new(Alg::EdDsa).key { Alg::EdDsa } else { Alg::Es256 };
        let claims = json!({
            "jti": JTI,
            "htm": made_for.method,
            "htu": made_for.url.as_str(),
            "iat": NOW,
            "ath": encode(digest(&SHA256, made_for.token.as_bytes())),
        });
        let proof = PROVIDER.sign(algorithm, &header(algorithm), &claims);
        prop_assert!(made_for.judge(&proof).is_ok());
        let is_same = made_for.method == sent_with.method
            && made_for.url[..AfterPath] == sent_with.url[..AfterPath]
            && made_for.token == sent_with.token
            && made_for.key == sent_with.key;
        prop_assert_eq!(sent_with.judge(&proof).is_ok(), is_same);
    }

    #[test]
    fn no_changed_proof_holds(at in 0_usize..600, to in any::<char>()) {
        let mut characters: Vec<char> = with_claims(&claims()).chars().collect();
        let at = at % characters.len();
        prop_assume!(characters[at] != to);
        characters[at] = to;
        prop_assert!(code(&characters.into_iter().collect::<String>()).is_some());
    }

    #[test]
    fn no_value_makes_the_judge_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        value in any_json(),
        member in "typ|alg|jwk|crit|kty|crv|x|kid|use|key_ops|jti|htm|htu|iat|exp|nbf|nonce|ath",
        path in "\\PC{0,20}",
    ) {
        let request = Request { nonce: Some(|_| true), ..Request::new(Alg::EdDsa) };
        prop_assert!(request.judge(&String::from_utf8_lossy(&bytes)).is_err());
        let _ = request.judge(&with_header(&with(header(Alg::EdDsa), &member, value.clone())));
        let key = with(jwk(&PROVIDER, Alg::EdDsa), &member, value.clone());
        let _ = request.judge(&with_header(&with(header(Alg::EdDsa), "jwk", key)));
        let _ = request.judge(&with_claims(&with(claims(), &member, value)));
        let _ = request.judge(&with_claims(&with(claims(), "htu", json!(format!("https://app.example/{path}")))));
    }
}
