//! Nine providers as their public documentation shows them: what is asked, what the application is told after login and
//! refresh, and how people are signed out. README.md says where each document comes from.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod made;
mod quirks;

use serde_json::Value;
use vestibule::clock::Clock;
use vestibule::gate::identity::Identity;
use vestibule::protocol::authorize::{self, Transaction};
use vestibule::protocol::claims::judge_refreshed;
use vestibule::protocol::client_authentication::Moment;
use vestibule::protocol::logout;
use vestibule::protocol::secret::Secret;
use vestibule::protocol::token;

/// One provider: what is written for it beyond the preset, and what comes of it.
struct Case {
    preset: &'static str,
    lines: &'static [&'static str],
    scope: &'static str,
    /// Beyond the protocol's own parameters.
    parameters: &'static [(&'static str, &'static str)],
    headers: &'static [(&'static str, &'static str)],
    /// With the ID token `ID` and the state `S`.
    logout: Option<&'static str>,
}

/// Beginning and end of a logout as RP-Initiated Logout 1.0 has it.
macro_rules! end_session {
    ($endpoint:literal, $client_id:literal) => {
        Some(concat!(
            $endpoint,
            "?id_token_hint=ID&client_id=",
            $client_id,
            "&post_logout_redirect_uri=https%3A%2F%2Fapp.example.com%2Foidc%2Fapp%2Fsigned-out&state=S"
        ))
    };
}

const OFFLINE: &str = "openid profile email offline_access";
const PLAIN: &str = "openid profile email";

const CASES: &[Case] = &[
    Case {
        preset: "keycloak",
        lines: &[
            "extra_claim_headers: { email: X-Email, realm_access.roles: X-Roles, resource_access.my-app.roles: X-App-Roles }",
        ],
        scope: PLAIN,
        parameters: &[],
        headers: &[
            ("x-auth-subject", "f6f3d5a8-8b53-4a34-9b8b-2b1f0f0c7c11"),
            ("x-email", "ada@example.com"),
            ("x-roles", "staff,offline_access,default-roles-main"),
            ("x-app-roles", "editor"),
        ],
        logout: end_session!("https://id.example.com/realms/main/protocol/openid-connect/logout", "my-app"),
    },
    Case {
        preset: "google",
        lines: &["extra_claim_headers: { email: X-Email, name: X-Name }", "hosted_domain: example.com"],
        scope: PLAIN,
        parameters: &[("access_type", "offline"), ("prompt", "consent"), ("hd", "example.com")],
        headers: &[
            ("x-auth-subject", "10769150350006150715113082367"),
            ("x-email", "jsmith@example.com"),
            ("x-name", "Jane Smith"),
        ],
        logout: None,
    },
    Case {
        preset: "okta",
        lines: &["extra_claim_headers: { email: X-Email, groups: X-Groups }"],
        scope: OFFLINE,
        parameters: &[],
        headers: &[
            ("x-auth-subject", "00uid4BxXw6I6TV4m0g3"),
            ("x-email", "john.doe@example.com"),
            ("x-groups", "Everyone,Staff"),
        ],
        logout: end_session!("https://example.okta.com/oauth2/v1/logout", "uAaunofWkaDJxukCFeBx"),
    },
    Case {
        preset: "entra",
        lines: &[
            "extra_claim_headers: { preferred_username: X-Name, groups: X-Groups, roles: X-Roles, oid: X-Oid }",
        ],
        scope: OFFLINE,
        parameters: &[],
        headers: &[
            ("x-auth-subject", "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ"),
            ("x-name", "AbeLi@example.onmicrosoft.com"),
            ("x-groups", "11111111-aaaa-4bbb-8ccc-000000000001,11111111-aaaa-4bbb-8ccc-000000000002"),
            ("x-roles", "Editor"),
            ("x-oid", "00000000-0000-0000-66f3-3332eca7ea81"),
        ],
        logout: end_session!(
            "https://login.microsoftonline.com/3aa4a235-b6e2-48d5-9195-7fcf05b459b0/oauth2/v2.0/logout",
            "6cb04018-a3f5-46a7-b995-940c78f5aef3"
        ),
    },
    Case {
        preset: "auth0",
        lines: &["extra_claim_headers: { email: X-Email, \"https://example.com/roles\": X-Roles }"],
        scope: OFFLINE,
        parameters: &[],
        headers: &[
            ("x-auth-subject", "auth0|5f7c8ec7c33c6c004bbafe82"),
            ("x-email", "jane@example.com"),
            ("x-roles", "editor,staff"),
        ],
        logout: end_session!("https://example.eu.auth0.com/oidc/logout", "my_client_id"),
    },
    Case {
        preset: "cognito",
        lines: &["extra_claim_headers: { email: X-Email, \"cognito:groups\": X-Groups, name: X-Name }"],
        scope: PLAIN,
        parameters: &[],
        headers: &[
            ("x-auth-subject", "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"),
            ("x-email", "my-test-user@example.com"),
            ("x-groups", "test-group-a,test-group-b"),
            ("x-name", "Test User"),
        ],
        logout: Some(
            "https://mydomain.auth.eu-central-1.amazoncognito.com/logout?client_id=xxxxxxxxxxxxexample&\
             logout_uri=https%3A%2F%2Fapp.example.com%2Foidc%2Fapp%2Fsigned-out",
        ),
    },
    Case {
        preset: "gitlab",
        lines: &["extra_claim_headers: { email: X-Email, groups: X-Groups, groups_direct: X-Direct }"],
        scope: PLAIN,
        parameters: &[],
        headers: &[
            ("x-auth-subject", "4321"),
            ("x-email", "ada@example.com"),
            ("x-groups", "engines,engines/analytical"),
            ("x-direct", "engines/analytical"),
        ],
        logout: None,
    },
    Case {
        preset: "authentik",
        lines: &["extra_claim_headers: { email: X-Email, groups: X-Groups }", "email_verified: ignore"],
        scope: OFFLINE,
        parameters: &[],
        headers: &[
            ("x-auth-subject", "5e7ca7f8ac1d1fd8eef52d2ea1a1b2e9e1a9c1d6b7b5a40b5f21ff31fb62cc55"),
            ("x-email", "ada@example.com"),
            ("x-groups", "authentik%20Admins,staff"),
        ],
        logout: end_session!("https://auth.example.com/application/o/my-app/end-session/", "my-client-id"),
    },
    Case {
        preset: "zitadel",
        lines: &[
            "extra_claim_headers: { email: X-Email, \"urn:zitadel:iam:org:project:roles\": X-Roles }",
            "audiences: [\"170086774599581953\"]",
        ],
        scope: OFFLINE,
        parameters: &[],
        headers: &[
            ("x-auth-subject", "170848145649959169"),
            ("x-email", "road.runner@acme.example.com"),
            ("x-roles", "editor,user"),
        ],
        logout: end_session!("https://example.zitadel.cloud/oidc/v1/end_session", "170086824411201793"),
    },
];

/// scopes and parameters; claims to headers at the login and after a refresh; logout.
#[test]
fn each_provider_signs_people_in_refreshes_and_signs_them_out() {
    for case in CASES {
        let Case { preset, .. } = *case;
        let client = made::client(preset, case.lines);
        let provider = made::provider(&client, preset, "discovery");

        let transaction = Transaction { state: "S", nonce: made::NONCE, code_challenge: "C", asked: &[] };
        let url = authorize::url(&provider, &client.registration, &transaction);
        let url = url::Url::parse(&url).unwrap();
        let parameters: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        let scope = parameters.iter().find(|(name, _)| name == "scope").map(|(_, scope)| scope.as_str());
        assert_eq!(scope, Some(case.scope), "{preset}");
        let further: Vec<(&str, &str)> = parameters
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .filter(|(name, _)| !authorize::PARAMETERS.contains(name))
            .collect();
        assert_eq!(further, case.parameters, "{preset}");

        let token = made::document(preset, "id_token");
        let claims = made::login(&client, preset, &token).unwrap_or_else(|fault| panic!("{preset}: {fault}"));
        assert_eq!(headers(&client, &claims), case.headers, "{preset}");

        // As most of them do it: no nonce at a refresh, and the time is new.
        let mut fresh = token.clone();
        fresh["iat"] = (made::NOW).into();
        fresh.as_object_mut().unwrap().remove("nonce");
        let fresh = made::verified(&client, &fresh, None).unwrap();
        judge_refreshed(&claims, &fresh).unwrap_or_else(|fault| panic!("{preset}: {fault}"));
        let mut refreshed = claims.refreshed(fresh);
        made::add_userinfo(&mut refreshed, preset);
        assert_eq!(headers(&client, &refreshed), case.headers, "{preset}: after a refresh");

        let hint = Secret::new("ID");
        let bye = logout::end_session_url(&provider, &client.registration, Some(&hint), Some("S"));
        assert_eq!(bye.as_deref(), case.logout, "{preset}");
    }
}

/// what discovery announces, the header first; nothing is found out by failing.
#[test]
fn each_provider_gets_the_secret_in_the_header_for_all_announce_it() {
    for Case { preset, lines, .. } in CASES {
        let client = made::client(preset, lines);
        let provider = made::provider(&client, preset, "discovery");
        let moment = Moment { now: Clock::system().wall(), entropy: [9; 16], assertion: None };
        let request =
            token::refresh_request(&provider, &client.registration, &Secret::new("R"), &moment).unwrap();
        assert!(request.headers()["authorization"].to_str().unwrap().starts_with("Basic "), "{preset}");
    }
}

/// Every document is one of a preset, and every preset has documents.
#[test]
fn every_preset_has_its_documents() {
    let names: Vec<&str> = vestibule::config::preset::Preset::ALL.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, CASES.iter().map(|case| case.preset).collect::<Vec<_>>());
    let readme = include_str!("README.md");
    let page = include_str!("../../docs/providers.md");
    for Case { preset, scope, .. } in CASES {
        assert!(page.contains(&format!("\n| `{preset}` | `{scope}` |")), "{preset}: docs/providers.md");
    }
    for name in names {
        assert!(readme.contains(&format!("\n| `{name}` |")), "{name} is not in README.md");
        assert!(
            made::document(name, "discovery")["issuer"] == made::document(name, "id_token")["iss"],
            "{name}"
        );
    }
}

fn headers(
    client: &vestibule::config::Client,
    claims: &vestibule::protocol::claims::Claims,
) -> Vec<(&'static str, &'static str)> {
    let identity = Identity::from_claims(claims, client).unwrap();
    // Tests are short; so that they compare with what the table has.
    let leaked = |text: &str| -> &'static str { Box::leak(text.to_owned().into_boxed_str()) };
    let pair = |(name, value): &(http::HeaderName, http::HeaderValue)| {
        (leaked(name.as_str()), leaked(value.to_str().unwrap()))
    };
    identity.headers().iter().map(pair).collect()
}

/// A document with something changed.
fn changed(mut document: Value, change: impl FnOnce(&mut serde_json::Map<String, Value>)) -> Value {
    change(document.as_object_mut().unwrap());
    document
}
