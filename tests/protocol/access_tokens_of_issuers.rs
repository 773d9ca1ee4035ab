//! Access tokens as issuers make them that know nothing of RFC 9068.

use std::time::Duration;

use serde_json::{Value, json};
use vestibule::protocol::access_token::{
    AccessToken, AccessTokenExpected, AccessTokenFault, Bearer, Profile, Unverified,
};
use vestibule::protocol::registration::SigningAlgorithm;

use crate::signer::{PROVIDER, header, with};
use crate::world::{ISSUER, NOW, issuer, now};

const RS256: SigningAlgorithm = SigningAlgorithm::Rs256;

fn verify(claims: &Value, profile: Profile, client_ids: &[&str]) -> Result<AccessToken, AccessTokenFault> {
    let token = PROVIDER.sign(RS256, &with(header(RS256), "typ", json!("JWT")), claims);
    let client_ids: Vec<String> = client_ids.iter().map(|id| (*id).to_owned()).collect();
    let expected = AccessTokenExpected {
        issuer: &issuer(),
        audiences: &["https://api.example.com".to_owned()],
        algorithms: &[RS256],
        profile,
        client_ids: &client_ids,
        now: now(),
        leeway: Duration::from_secs(60),
    };
    Unverified::read(&token)?.verify(&PROVIDER.keys(), &expected)
}

fn code(claims: &Value, profile: Profile, client_ids: &[&str]) -> Option<&'static str> {
    verify(claims, profile, client_ids).err().map(|fault| fault.code())
}

/// Everybody's workflows get tokens of a public CI service, for any audience they name: which of them may come must be sayable.
#[test]
fn client_ids_of_workloads_are_their_subjects() {
    let build = "repo:example/app:ref:refs/heads/main";
    let claims = json!({ "iss": ISSUER, "aud": "https://api.example.com", "exp": NOW + 300, "iat": NOW, "sub": build });
    let token = verify(&claims, Profile::Workload, &[build]).unwrap();
    assert_eq!((token.bearer, token.client_id.as_deref()), (Bearer::Machine, Some(build)));
    assert_eq!(code(&claims, Profile::Workload, &[]), None);
    let others =
        ["repo:example/other:ref:refs/heads/main", "repo:example/app:ref:refs/heads/mai", "repo:example/app"];
    assert_eq!(code(&claims, Profile::Workload, &others), Some("bearer_client"));

    // One that names a client is held to that, whatever it is about.
    let named = with(claims.clone(), "azp", json!("runner"));
    assert_eq!(code(&named, Profile::Workload, &["runner"]), None);
    assert_eq!(code(&named, Profile::Workload, &[build]), Some("bearer_client"));
    // And nobody else is his own client.
    let person = with(claims, "scope", json!("read"));
    assert_eq!(code(&person, Profile::Jwt, &[build]), Some("bearer_client"));
}

/// Entra ID: the token of a program has neither `scp` nor `client_id`. ID tokens never have `idtyp`.
#[test]
fn a_token_of_a_program_says_by_idtyp_that_it_is_an_access_token() {
    let claims = json!({ "iss": ISSUER, "aud": "https://api.example.com", "exp": NOW + 300, "iat": NOW,
        "sub": "a1b2", "oid": "a1b2", "azp": "c3d4", "roles": ["reports"], "ver": "2.0" });
    assert_eq!(code(&claims, Profile::Jwt, &[]), Some("bearer_type"));
    let token = verify(&with(claims, "idtyp", json!("app")), Profile::Jwt, &["c3d4"]).unwrap();
    assert_eq!((token.bearer, token.client_id.as_deref()), (Bearer::Machine, Some("c3d4")));
}
