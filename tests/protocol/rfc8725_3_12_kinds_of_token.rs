//! RFC 8725 sections 2.8, 3.11 and 3.12: a token of one kind is never taken for another, though the same issuer signed both for the
//! same audience with the same key.

use serde_json::{Value, json};
use vestibule::protocol::jwt::{self, IdTokenExpected, judge_refreshed};
use vestibule::protocol::registration::SigningAlgorithm;

use crate::oidc_core_5_3_2_signed_userinfo as userinfo;
use crate::rfc9701_5_signed_introspection as introspection;
use crate::signer::{PROVIDER, header, with};
use crate::world::{ISSUER, NOW, issuer, now};

const RS256: SigningAlgorithm = SigningAlgorithm::Rs256;
const NONCE: &str = "n-0S6_WzA2Mj";

/// Every kind that a provider signs, each as it should be, with `typ` where its specification has one.
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
        ("userinfo", sign(None, &userinfo::claims())),
        ("logout token", sign(Some("logout+jwt"), &logout)),
        // OpenID Connect Back-Channel Logout 1.0 section 2.4 only recommends the type.
        ("logout token without its type", sign(None, &logout)),
        ("access token", sign(Some("at+jwt"), &access)),
        ("access token by its full type", sign(Some("application/at+jwt"), &access)),
        ("authorization response", sign(None, &jarm)),
        ("introspection answer", sign(Some("token-introspection+jwt"), &introspection::claims())),
    ]
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

/// F-13: the rows are kinds, the columns places; only the diagonal passes.
#[test]
fn each_kind_passes_in_its_own_place_only() {
    let rows = [
        // kind, as the ID token of a login, as userinfo; none but its own passes as an introspection answer
        ("ID token", None, Some("userinfo_token")),
        ("userinfo", Some("id_token_claim_missing"), None),
        ("logout token", Some("id_token_type"), Some("userinfo_token")),
        ("logout token without its type", Some("id_token_other_kind"), Some("userinfo_token")),
        ("access token", Some("id_token_type"), Some("userinfo_token")),
        ("access token by its full type", Some("id_token_type"), Some("userinfo_token")),
        ("authorization response", Some("id_token_claim_missing"), Some("userinfo_subject_missing")),
        ("introspection answer", Some("id_token_type"), Some("userinfo_token")),
    ];
    let tokens = tokens();
    assert_eq!(rows.len(), tokens.len());
    for ((name, at_login, at_userinfo), (kind, token)) in rows.into_iter().zip(&tokens) {
        assert_eq!(name, *kind);
        assert_eq!(as_id_token(token, Some(NONCE)), at_login, "{name} as the ID token of a login");
        let userinfo = userinfo::verify(token).err().map(|fault| fault.code());
        assert_eq!(userinfo, at_userinfo, "{name} as userinfo");
        let said = introspection::verify(token).err().map(|fault| fault.code());
        let expected = (name != "introspection answer").then_some("introspection_token");
        assert_eq!(said, expected, "{name} as an introspection answer");
    }
}

/// F-13: at a refresh there is no nonce that would tell; the other rules are enough.
#[test]
fn at_a_refresh_too_only_an_id_token_passes() {
    for (kind, token) in tokens() {
        assert_eq!(as_id_token(&token, None).is_none(), kind == "ID token", "{kind}");
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
