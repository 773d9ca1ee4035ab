//! RFC 8725 sections 2.8, 3.11 and 3.12: a token of one kind is never taken for another, though the same issuer signed both for the
//! same audience with the same key.

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Value, json};
use url::Url;
use vestibule::protocol::access_token::Profile;
use vestibule::protocol::dpop::{self, ProofExpected};
use vestibule::protocol::jwt::{self, IdTokenExpected, judge_refreshed};
use vestibule::protocol::logout_token::{self, TypRule};
use vestibule::protocol::registration::SigningAlgorithm;

use crate::access_tokens::Held;
use crate::oidc_core_5_3_2_signed_userinfo as userinfo;
use crate::rfc9701_5_signed_introspection as introspection;
use crate::signer::{PROVIDER, encode, header, with, without};
use crate::world::{ISSUER, NOW, issuer, now};

const RS256: SigningAlgorithm = SigningAlgorithm::Rs256;
const NONCE: &str = "n-0S6_WzA2Mj";
const URL: &str = "https://app.example/";

/// Every kind that a provider signs, each as it should be, with `typ` where its specification has one. All are for the same audience.
fn tokens() -> Vec<(&'static str, String)> {
    let sign = |typ: Option<&str>, claims: &Value| {
        let header = typ.map_or_else(|| header(RS256), |typ| with(header(RS256), "typ", json!(typ)));
        PROVIDER.sign(RS256, &header, claims)
    };
    let id_token = json!({ "iss": ISSUER, "sub": "a1", "aud": "vestibule-a", "nonce": NONCE, "exp": NOW + 300, "iat": NOW });
    let logout = json!({ "iss": ISSUER, "sub": "a1", "aud": "vestibule-a", "exp": NOW + 120, "iat": NOW, "jti": "j",
        "events": { "http://schemas.openid.net/event/backchannel-logout": {} } });
    let access = json!({ "iss": ISSUER, "sub": "a1", "aud": "vestibule-a", "exp": NOW + 300, "iat": NOW, "jti": "j",
        "client_id": "vestibule-a", "scope": "openid" });
    let jarm = json!({ "iss": ISSUER, "aud": "vestibule-a", "exp": NOW + 300, "code": "c", "state": "s" });
    vec![
        ("ID token", sign(None, &id_token)),
        ("ID token without nonce", sign(None, &without(id_token, "nonce"))),
        ("userinfo", sign(None, &userinfo::claims())),
        ("logout token", sign(Some("logout+jwt"), &logout)),
        // OpenID Connect Back-Channel Logout 1.0 section 2.4 only recommends the type.
        ("logout token without its type", sign(None, &logout)),
        ("access token", sign(Some("at+jwt"), &access)),
        ("access token by its full type", sign(Some("application/at+jwt"), &access)),
        ("access token of any type", sign(Some("JWT"), &access)),
        ("authorization response", sign(None, &jarm)),
        ("introspection answer", sign(Some("token-introspection+jwt"), &introspection::claims())),
        ("DPoP proof", proof()),
    ]
}

/// A client makes it, but this one has the provider's own key, and says all that a token of the provider does.
fn proof() -> String {
    let header = json!({ "typ": "dpop+jwt", "alg": "RS256", "kid": "rsa", "jwk": PROVIDER.rsa_jwk("rsa") });
    let claims = json!({ "iss": ISSUER, "sub": "a1", "aud": "vestibule-a", "exp": NOW + 300, "iat": NOW, "jti": "j",
        "client_id": "vestibule-a", "htm": "GET", "htu": URL, "ath": encode(digest(&SHA256, b"t")) });
    PROVIDER.sign(RS256, &header, &claims)
}

fn as_proof(token: &str) -> Option<&'static str> {
    let url = Url::parse(URL).unwrap();
    let members = ["e", "kty", "n"].map(|name| (name.to_owned(), PROVIDER.rsa_jwk("rsa")[name].clone()));
    let key = Value::Object(members.into_iter().collect()).to_string();
    let thumbprint = digest(&SHA256, key.as_bytes());
    let expected = ProofExpected {
        method: "GET",
        url: &url,
        access_token: "t",
        key: thumbprint.as_ref().try_into().unwrap(),
        now: now(),
        leeway: jwt::DEFAULT_LEEWAY,
        nonce: None,
    };
    dpop::judge(token, &expected).err().map(|fault| fault.code())
}

fn as_access_token(token: &str, profile: Profile) -> Option<&'static str> {
    let held = Held::to(profile);
    Held { audiences: vec!["vestibule-a".to_owned()], algorithms: vec![RS256], ..held }.code(token)
}

fn as_logout_token(token: &str) -> Option<&'static str> {
    let expected = IdTokenExpected {
        issuer: &issuer(),
        client_id: "vestibule-a",
        audiences: &[],
        nonce: None,
        algorithm: RS256,
        now: now(),
        leeway: jwt::DEFAULT_LEEWAY,
        access_token: None,
    };
    logout_token::verify(token, &PROVIDER.keys(), &expected, TypRule::IfPresent)
        .err()
        .map(|fault| fault.code())
}

fn as_id_token(token: &str, nonce: Option<&str>) -> Option<&'static str> {
    let expected = IdTokenExpected {
        issuer: &issuer(),
        client_id: "vestibule-a",
        audiences: &[],
        nonce,
        algorithm: RS256,
        now: now(),
        leeway: jwt::DEFAULT_LEEWAY,
        access_token: None,
    };
    jwt::verify(token, &PROVIDER.keys(), &expected).err().map(|fault| fault.code())
}

/// F-13, V-BT-5: the rows are kinds, the columns places; only the diagonal passes.
#[test]
fn each_kind_passes_in_its_own_place_only() {
    let taken = None;
    let (id, user, out, proof) =
        (Some("id_token_type"), Some("userinfo_token"), Some("logout_token_type"), Some("dpop_proof_type"));
    let (typ, other) = (Some("bearer_type"), Some("bearer_other_kind"));
    let rows = [
        // kind; as the ID token of a login, userinfo, a logout token, an access token of RFC 9068 and of any type, a DPoP proof
        ("ID token", [taken, user, Some("logout_token_event"), typ, other, proof]),
        (
            "ID token without nonce",
            [Some("id_token_claim_missing"), taken, Some("logout_token_event"), typ, typ, proof],
        ),
        (
            "userinfo",
            [
                Some("id_token_claim_missing"),
                taken,
                Some("logout_token_claim"),
                typ,
                Some("bearer_claim_missing"),
                proof,
            ],
        ),
        ("logout token", [id, user, taken, typ, typ, proof]),
        ("logout token without its type", [Some("id_token_other_kind"), user, taken, typ, other, proof]),
        ("access token", [id, user, out, taken, taken, proof]),
        ("access token by its full type", [id, user, out, taken, taken, proof]),
        (
            "access token of any type",
            [Some("id_token_claim_missing"), taken, Some("logout_token_event"), typ, taken, proof],
        ),
        (
            "authorization response",
            [
                Some("id_token_claim_missing"),
                Some("userinfo_subject_missing"),
                Some("logout_token_claim"),
                typ,
                typ,
                proof,
            ],
        ),
        ("introspection answer", [id, user, out, typ, typ, proof]),
        ("DPoP proof", [id, user, out, typ, typ, taken]),
    ];
    let tokens = tokens();
    assert_eq!(rows.len(), tokens.len());
    for ((name, expected), (kind, token)) in rows.into_iter().zip(&tokens) {
        assert_eq!(name, *kind);
        let found = [
            as_id_token(token, Some(NONCE)),
            userinfo::verify(token).err().map(|fault| fault.code()),
            as_logout_token(token),
            as_access_token(token, Profile::Rfc9068),
            as_access_token(token, Profile::Jwt),
            as_proof(token),
        ];
        assert_eq!(found, expected, "{name}");
        let said = introspection::verify(token).err().map(|fault| fault.code());
        let expected = (name != "introspection answer").then_some("introspection_token");
        assert_eq!(said, expected, "{name} as an introspection answer");
    }
}

/// F-13, V-BT-5: a platform's token for a workload is an ID token without a login: no kind but that one passes for it, and an access token
/// of the same issuer, whose bearer is then nobody but a machine.
#[test]
fn as_a_workload_s_token_only_what_looks_like_one_passes() {
    for (kind, token) in tokens() {
        let passes = [
            "ID token without nonce",
            "access token",
            "access token by its full type",
            "access token of any type",
        ];
        assert_eq!(as_access_token(&token, Profile::Workload).is_none(), passes.contains(&kind), "{kind}");
    }
}

/// F-13: at a refresh there is no nonce that would tell; the other rules are enough.
#[test]
fn at_a_refresh_too_only_an_id_token_passes() {
    for (kind, token) in tokens() {
        // The last is an access token that lacks its type, as below.
        let passes = ["ID token", "ID token without nonce", "access token of any type"].contains(&kind);
        assert_eq!(as_id_token(&token, None).is_none(), passes, "{kind}");
    }
    // An access token that lacks its type looks like an ID token at a refresh; it came from the token endpoint in the ID token's
    // own place, and must be about the same person and login.
    let expected = IdTokenExpected {
        issuer: &issuer(),
        client_id: "vestibule-a",
        audiences: &[],
        nonce: None,
        algorithm: RS256,
        now: now(),
        leeway: jwt::DEFAULT_LEEWAY,
        access_token: None,
    };
    let claims = |sub: &str| {
        let claims = json!({ "iss": ISSUER, "sub": sub, "aud": "vestibule-a", "exp": NOW + 300, "iat": NOW });
        let token = PROVIDER.sign(RS256, &header(RS256), &claims);
        jwt::verify(&token, &PROVIDER.keys(), &expected).unwrap()
    };
    assert_eq!(judge_refreshed(&claims("a1"), &claims("a2")).unwrap_err().code(), "id_token_changed");
}
