//! Access tokens that are as they should be, and what they are judged against.

use std::sync::LazyLock;
use std::time::Duration;

use serde_json::{Value, json};
use vestibule::protocol::access_token::{
    self, AccessToken, AccessTokenExpected, AccessTokenFault, Profile, Unverified,
};
use vestibule::protocol::issuer::{HttpIssuer, Issuer};
use vestibule::protocol::jwks::Keys;
use vestibule::protocol::registration::SigningAlgorithm;
use vestibule::protocol::timestamp::Timestamp;

use crate::signer::{PROVIDER, header, with};
use crate::world::{ISSUER, NOW, issuer};

pub(crate) const AUDIENCE: &str = "https://api.example";
pub(crate) const CLIENT: &str = "reporting";
pub(crate) const LEEWAY: u64 = 60;
pub(crate) const ED: SigningAlgorithm = SigningAlgorithm::EdDsa;
pub(crate) const PROFILES: [Profile; 3] = [Profile::Rfc9068, Profile::Jwt, Profile::Workload];

static KEYS: LazyLock<Keys> = LazyLock::new(|| PROVIDER.keys());

/// What a token is held to, where a test does not say otherwise.
#[derive(Clone)]
pub(crate) struct Held {
    pub(crate) issuer: Issuer,
    pub(crate) audiences: Vec<String>,
    pub(crate) algorithms: Vec<SigningAlgorithm>,
    pub(crate) profile: Profile,
    pub(crate) client_ids: Vec<String>,
    pub(crate) now: u64,
    pub(crate) leeway: Duration,
}

impl Held {
    pub(crate) fn to(profile: Profile) -> Self {
        Self {
            issuer: issuer(),
            audiences: vec![AUDIENCE.to_owned()],
            algorithms: SigningAlgorithm::ASYMMETRIC.to_vec(),
            profile,
            client_ids: Vec::new(),
            now: NOW,
            leeway: Duration::from_secs(LEEWAY),
        }
    }

    /// Only these clients.
    pub(crate) fn of_clients(self, clients: &[&str]) -> Self {
        Self { client_ids: clients.iter().map(|client| (*client).to_owned()).collect(), ..self }
    }

    fn expected(&self) -> AccessTokenExpected<'_> {
        AccessTokenExpected {
            issuer: &self.issuer,
            audiences: &self.audiences,
            algorithms: &self.algorithms,
            profile: self.profile,
            client_ids: &self.client_ids,
            now: Timestamp::from_seconds(self.now),
            leeway: self.leeway,
        }
    }

    pub(crate) fn verify_by(&self, keys: &Keys, token: &str) -> Result<AccessToken, AccessTokenFault> {
        Unverified::read(token)?.verify(keys, &self.expected())
    }

    pub(crate) fn verify_again(
        &self,
        token: &mut Unverified<'_>,
        keys: &Keys,
    ) -> Result<AccessToken, AccessTokenFault> {
        token.verify(keys, &self.expected())
    }

    pub(crate) fn verify(&self, token: &str) -> Result<AccessToken, AccessTokenFault> {
        self.verify_by(&KEYS, token)
    }

    /// The code of a refusal, whose text is one line.
    pub(crate) fn code(&self, token: &str) -> Option<&'static str> {
        self.verify(token).err().map(|fault| checked(&fault))
    }

    /// Claims signed as this profile has it.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        PROVIDER.sign(ED, &typed(self.profile, ED), claims)
    }

    pub(crate) fn code_of(&self, claims: &Value) -> Option<&'static str> {
        self.code(&self.sign(claims))
    }

    /// What comes of a token with these claims.
    pub(crate) fn taken(&self, claims: &Value) -> AccessToken {
        self.verify(&self.sign(claims)).unwrap_or_else(|fault| panic!("{fault}: {claims}"))
    }

    /// What comes of a token about which the issuer says this.
    pub(crate) fn introspected(&self, said: &Value) -> Result<AccessToken, AccessTokenFault> {
        access_token::judge_introspected(said.as_object().unwrap().clone(), &self.expected())
    }

    pub(crate) fn code_of_introspected(&self, said: &Value) -> Option<&'static str> {
        self.introspected(said).err().map(|fault| checked(&fault))
    }
}

fn checked(fault: &AccessTokenFault) -> &'static str {
    let text = fault.to_string();
    assert!(text.chars().all(|character| matches!(character, ' '..='~')) && text.len() < 4000, "{text}");
    assert!(AccessTokenFault::ALL_CODES.contains(&fault.code()));
    fault.code()
}

/// The header of a good token of that profile.
pub(crate) fn typed(profile: Profile, algorithm: SigningAlgorithm) -> Value {
    let typ = if profile == Profile::Rfc9068 { "at+jwt" } else { "JWT" };
    with(header(algorithm), "typ", json!(typ))
}

/// The claims of a good token of that profile, with none that it need not have but `scope`, `azp` and `nbf`.
pub(crate) fn claims(profile: Profile) -> Value {
    let (exp, iat) = (NOW + 300, NOW - 2);
    match profile {
        Profile::Rfc9068 => json!({
            "iss": ISSUER, "sub": "a1", "aud": AUDIENCE, "exp": exp, "iat": iat, "jti": "j-1",
            "client_id": CLIENT, "scope": "read write",
        }),
        Profile::Jwt => json!({
            "iss": ISSUER, "sub": "a1", "aud": AUDIENCE, "exp": exp, "azp": CLIENT, "scope": "read write",
        }),
        Profile::Workload => json!({
            "iss": ISSUER, "sub": "repo:acme/shop:ref:refs/heads/main", "aud": [AUDIENCE], "exp": exp, "iat": iat,
            "nbf": iat, "jti": "j-1",
        }),
    }
}

/// What an issuer says of a good token that it was asked about, but for `active`.
pub(crate) fn said() -> Value {
    json!({
        "iss": ISSUER, "sub": "a1", "aud": AUDIENCE, "exp": NOW + 300, "iat": NOW - 2, "client_id": CLIENT,
        "scope": "read write", "token_type": "Bearer", "username": "jane",
    })
}

/// V-BT-8, F-10, F-11: what is no number of seconds in the years that a token can be of.
pub(crate) fn unfit_times() -> Vec<Value> {
    vec![
        json!(NOW.to_string()),
        json!("4102444800"),
        json!(""),
        json!(true),
        json!(null),
        json!([NOW + 300]),
        json!({ "seconds": NOW + 300 }),
        json!(1e300),
        json!(-1e300),
        json!(-1),
        json!(-0.5),
        json!(u64::MAX),
        json!(9_223_372_036_854_775_808_u64),
        json!(253_402_300_800_u64),
    ]
}

/// An issuer with many tenants, and two that are let in.
pub(crate) const TEMPLATE: &str = "https://login.example/{tenantid}/v2.0";
pub(crate) const ONE: &str = "11111111-2222-3333-4444-555555555555";
pub(crate) const TWO: &str = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee";
/// A tenant that is not let in.
pub(crate) const OTHER: &str = "99999999-2222-3333-4444-555555555555";

/// The issuer of one of its tenants.
pub(crate) fn of_tenant(tenant: &str) -> String {
    TEMPLATE.replace("{tenantid}", tenant)
}

/// Held to that issuer.
/// The issuer of one of its tenants.
pub(crate) fn of_tenants(profile: Profile) -> Held {
    let tenants = vec![ONE.to_owned(), TWO.to_owned()];
    Held {
        issuer: Issuer::parse_template(TEMPLATE, tenants, HttpIssuer::OnlyLoopback).unwrap(),
        ..Held::to(profile)
    }
}
