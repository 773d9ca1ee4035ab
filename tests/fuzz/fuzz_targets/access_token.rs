//! Access tokens.
//!
//! Input: `t`, then a token that somebody made up; `s`, then a header on a line and a payload, which the issuer signs; or `i`, then what
//! the issuer says of one that it was asked about.

#![no_main]

use std::sync::OnceLock;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};
use vestibule::gate::refusal::Refusal;
use vestibule::protocol::access_token::{
    AccessToken, AccessTokenExpected, AccessTokenFault, Bearer, Profile, Unverified, judge_introspected,
};
use vestibule::protocol::issuer::Issuer;
use vestibule::protocol::jwt;
use vestibule::protocol::login_access_token::{self, AccessTokenUnread, Expected, ReadAccessToken};
use vestibule::protocol::registration::SigningAlgorithm;
use vestibule::protocol::secret::Secret;
use vestibule_fuzz::provider::{NOW, expected as of_login, issuer, keys, sign};
use vestibule_fuzz::{ISSUER, check_log_text, check_refusal, first_line};

const SUB: &str = "user-1";
const AUDIENCE: &str = "https://api.example.com";
const OTHER: &str = "https://other.example.com";
const LEEWAY: Duration = Duration::from_secs(60);
const PROFILES: [Profile; 3] = [Profile::Rfc9068, Profile::Jwt, Profile::Workload];

fuzz_target!(|data: &[u8]| {
    let (line, rest) = first_line(data);
    match line {
        b"t" => {
            let token = String::from_utf8_lossy(rest);
            for profile in PROFILES {
                assert!(judge(&token, profile, &[]).is_err(), "accepted a token that nobody signed");
            }
            assert!(read_at_login(&token).is_err(), "took the claims of a token that nobody signed");
        }
        b"i" => check_introspected(rest),
        _ => {
            let (header, payload) = first_line(rest);
            for profile in PROFILES {
                check_signed(header, payload, profile);
            }
        }
    }
});

fn expected<'a>(issuer: &'a Issuer, profile: Profile, client_ids: &'a [String]) -> AccessTokenExpected<'a> {
    static AUDIENCES: OnceLock<Vec<String>> = OnceLock::new();
    AccessTokenExpected {
        issuer,
        audiences: AUDIENCES.get_or_init(|| vec![AUDIENCE.to_owned()]),
        algorithms: &[SigningAlgorithm::EdDsa],
        profile,
        client_ids,
        now: NOW,
        leeway: LEEWAY,
    }
}

fn judge(token: &str, profile: Profile, client_ids: &[String]) -> Result<AccessToken, AccessTokenFault> {
    let issuer = issuer();
    let judged = Unverified::read(token).and_then(|mut unverified| {
        let before = unverified.issuer().map(str::to_owned);
        let judged = unverified.verify(keys(), &expected(&issuer, profile, client_ids));
        assert!(judged.is_err() || before.as_deref() == Ok(ISSUER));
        judged
    });
    if let Err(fault) = &judged {
        check_refusal(&Refusal::AccessToken(fault.clone()));
    }
    judged
}

fn read_at_login(token: &str) -> Result<ReadAccessToken, AccessTokenUnread> {
    let expected = Expected { issuer: &issuer(), sub: SUB, now: NOW, leeway: LEEWAY };
    let read = login_access_token::read(&Secret::new(token), keys(), &expected);
    if let Err(fault) = &read {
        check_log_text(&fault.to_string());
    }
    read
}

fn check_signed(header: &[u8], payload: &[u8], profile: Profile) {
    let token = sign(SigningAlgorithm::EdDsa, header, payload);
    if read_at_login(&token).is_ok() {
        let claims: Map<String, Value> =
            serde_json::from_slice(payload).expect("a payload that was read is JSON");
        assert!(claims["iss"] == ISSUER && claims.get("sub").is_none_or(|sub| sub == SUB));
    }
    let Ok(judged) = judge(&token, profile, &[]) else { return };
    let header: Map<String, Value> = serde_json::from_slice(header).expect("an accepted header is JSON");
    let claims: Map<String, Value> = serde_json::from_slice(payload).expect("an accepted payload is JSON");
    assert!(header["alg"] == "EdDSA" && !header.contains_key("crit"));
    let kind = header.get("typ").map(|typ| typ.as_str().expect("typ is a text").to_ascii_lowercase());
    let kind = kind.as_deref().map(|kind| kind.strip_prefix("application/").unwrap_or(kind));
    assert!(matches!(kind, None | Some("at+jwt" | "jwt")), "{kind:?}");
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    match profile {
        Profile::Rfc9068 => {
            assert_eq!(kind, Some("at+jwt"));
            assert!(["sub", "client_id", "jti"].iter().all(|claim| text(claim).is_some()));
            assert!(claims["iat"].is_number());
        }
        Profile::Jwt => {
            let says = ["scope", "scp", "client_id", "cid", "token_use", "typ", "idtyp"];
            assert!(kind == Some("at+jwt") || says.iter().any(|claim| claims.contains_key(*claim)));
        }
        Profile::Workload => assert_eq!(judged.bearer, Bearer::Machine),
    }
    assert_eq!(claims["iss"], ISSUER);
    assert!(claims["exp"].is_number());
    match &claims["aud"] {
        Value::String(one) => assert_eq!(one, AUDIENCE),
        Value::Array(all) => assert!(all.iter().any(|one| one == AUDIENCE)),
        other => panic!("an audience of {other}"),
    }
    check(&judged, &claims);
    // The signature is over every character, and by this key.
    let mut changed = token.clone().into_bytes();
    let place = payload.len() * 31 % changed.len();
    changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
    assert!(judge(&String::from_utf8(changed).expect("one letter for another"), profile, &[]).is_err());
    // It is no ID token of a login, and none of a client that is not on a list.
    let issuer = issuer();
    assert!(jwt::verify(&token, keys(), &of_login(&issuer, SigningAlgorithm::EdDsa)).is_err());
    assert!(judge(&token, profile, &["https://nobody.example/client".to_owned()]).is_err());
}

fn check_introspected(said: &[u8]) {
    let Ok(said) = serde_json::from_slice::<Map<String, Value>>(said) else { return };
    let issuer = issuer();
    let ask =
        |said: &Map<String, Value>| judge_introspected(said.clone(), &expected(&issuer, Profile::Jwt, &[]));
    let judged = match ask(&said) {
        Ok(judged) => judged,
        Err(fault) => return check_refusal(&Refusal::AccessToken(fault)),
    };
    assert!(said.get("iss").is_none_or(|iss| iss == ISSUER));
    let text = |name: &str| said.get(name).and_then(Value::as_str);
    let is = |kind: &str, taken: &[&str]| taken.iter().any(|taken| kind.eq_ignore_ascii_case(taken));
    assert!(text("token_type").is_none_or(|kind| is(kind, &["bearer", "dpop"])));
    // RFC 9449 section 5: what is for DPoP is never for whoever has it.
    if text("token_type").is_some_and(|kind| is(kind, &["dpop"])) {
        assert!(judged.binding.key.is_some() || judged.binding.unknown);
    }
    let mut said = said;
    said.entry("iss").or_insert(ISSUER.into());
    check(&judged, &said);
    // For others it is refused.
    said.insert("aud".to_owned(), OTHER.into());
    assert!(ask(&said).is_err());
}

/// What holds however it was learned.
fn check(judged: &AccessToken, claims: &Map<String, Value>) {
    assert_eq!(judged.claims.as_json(), claims);
    for claim in ["nonce", "at_hash", "c_hash", "s_hash", "events", "htm", "htu", "token_introspection"] {
        assert!(!claims.contains_key(claim), "{claim}");
    }
    let (now, leeway) = (NOW.seconds() as f64, LEEWAY.as_secs_f64());
    let number = |name: &str| claims.get(name).map(|value| value.as_f64().expect("times are numbers"));
    assert!(number("exp").is_none_or(|exp| exp + leeway > now - 1.0));
    assert!(number("nbf").is_none_or(|nbf| nbf <= now + leeway + 1.0));
    assert!(number("iat").is_none_or(|iat| iat <= now + leeway + 1.0));
    assert_eq!(judged.expires.is_some(), claims.contains_key("exp"));
    assert!(judged.claims.sub().bytes().all(|byte| matches!(byte, 0x20..=0x7e)));
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let written = [text("scope"), text("scp")].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let list = claims.get("scp").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let mut scopes = written.split(' ').chain(list);
    assert!(judged.scopes.iter().all(|scope| scopes.any(|one| one == scope)), "{:?}", judged.scopes);
    // A binding is never passed over.
    let confirms = claims.get("cnf").and_then(Value::as_object);
    let binding = judged.binding;
    assert!(confirms.is_none() || binding.unknown || binding.key.is_some() || binding.certificate.is_some());
    for (method, is_read) in [("jkt", binding.key.is_some()), ("x5t#S256", binding.certificate.is_some())] {
        assert_eq!(confirms.is_some_and(|methods| methods.contains_key(method)), is_read, "{method}");
    }
    if let Some(client) = &judged.client_id {
        assert!(["client_id", "azp", "cid", "appid", "sub"].iter().any(|claim| text(claim) == Some(client)));
    }
}
