//! What one provider does and no other.

use serde_json::json;
use vestibule::config::Client;
use vestibule::gate::identity::Identity;
use vestibule::gate::refusal::Refusal;
use vestibule::protocol::claim_path::ClaimPath;
use vestibule::protocol::claims::{Claims, judge_refreshed};
use vestibule::protocol::logout;
use vestibule::protocol::secret::Secret;

use super::made::{self, client, document, login, provider, verified};
use super::{OFFLINE, changed};

fn logout_of(client: &Client, document_name: &str) -> Option<String> {
    let preset = client.preset.unwrap().name();
    let provider = provider(client, preset, document_name);
    logout::end_session_url(&provider, &client.registration, Some(&Secret::new("ID")), Some("S"))
}

fn refused(client: &Client, claims: &Claims) -> &'static str {
    Identity::from_claims(claims, client).map_or_else(|refusal| refusal.code(), |_| "in")
}

/// before 2024 the metadata of Cognito named no endpoint; `/logout` is at the domain of the pool.
#[test]
fn cognito_is_asked_with_logout_uri_whatever_its_metadata_says() {
    let client = client("cognito", &[]);
    let expected = "https://mydomain.auth.eu-central-1.amazoncognito.com/logout?client_id=xxxxxxxxxxxxexample&\
                    logout_uri=https%3A%2F%2Fapp.example.com%2Foidc%2Fapp%2Fsigned-out";
    assert_eq!(logout_of(&client, "discovery").as_deref(), Some(expected));
    assert_eq!(logout_of(&client, "discovery_before_2024").as_deref(), Some(expected));
    // Without an address to come back to Cognito answers with an error page.
    let nowhere = made::client("cognito", &["post_logout_redirect_uri: none"]);
    assert_eq!(logout_of(&nowhere, "discovery"), None);
}

/// a tenant made before November 2023 announces no `end_session_endpoint` unless that was switched on.
#[test]
fn auth0_without_an_announced_endpoint_is_asked_in_its_own_way() {
    let own = "https://example.eu.auth0.com/v2/logout?client_id=my_client_id&\
               returnTo=https%3A%2F%2Fapp.example.com%2Foidc%2Fapp%2Fsigned-out";
    assert_eq!(logout_of(&client("auth0", &[]), "discovery_old_tenant").as_deref(), Some(own));
    assert_eq!(
        logout_of(&client("auth0", &["post_logout_redirect_uri: none"]), "discovery_old_tenant").as_deref(),
        Some("https://example.eu.auth0.com/v2/logout?client_id=my_client_id")
    );
}

/// what is written goes before what is known.
#[test]
fn a_logout_that_is_written_goes_before_the_preset() {
    let line = "logout: { form: end_session, endpoint: \"https://auth.example.com/bye?tenant=1\" }";
    let url = logout_of(&client("cognito", &[line]), "discovery").unwrap();
    assert!(url.starts_with("https://auth.example.com/bye?tenant=1&id_token_hint=ID&client_id="), "{url}");
    for preset in ["keycloak", "auth0", "cognito"] {
        assert_eq!(logout_of(&client(preset, &["logout: { form: local }"]), "discovery"), None, "{preset}");
    }
    let line = "logout: { form: return_to, endpoint: https://login.example.com/v2/logout }";
    let url = logout_of(&client("auth0", &[line]), "discovery").unwrap();
    assert!(url.starts_with("https://login.example.com/v2/logout?client_id=my_client_id&returnTo="), "{url}");
    assert_eq!(client("okta", &["scopes: openid groups"]).registration.scopes, ["openid", "groups"]);
}

/// refresh tokens for the asking, and only what the file does not say itself.
#[test]
fn google_is_asked_for_refresh_tokens_unless_something_else_is_written() {
    for (name, lines, expected) in [
        ("nothing", &[][..], &[("access_type", "offline"), ("prompt", "consent")][..]),
        (
            "another prompt",
            &["authorization: { prompt: select_account }"],
            &[("prompt", "select_account"), ("access_type", "offline")],
        ),
        (
            "no refresh tokens",
            &["authorization: { parameters: { access_type: online } }"],
            &[("access_type", "online"), ("prompt", "consent")],
        ),
        ("the address says", &["authorization: { from_login_url: [prompt] }"], &[("access_type", "offline")]),
        (
            "two domains",
            &["hosted_domain: [a.example, b.example]"],
            &[("access_type", "offline"), ("prompt", "consent"), ("hd", "*")],
        ),
        (
            "another wish",
            &["hosted_domain: a.example", "authorization: { parameters: { hd: b.example } }"],
            &[("hd", "b.example"), ("access_type", "offline"), ("prompt", "consent")],
        ),
    ] {
        let client = client("google", lines);
        let asked = &client.registration.authorization.parameters;
        let asked: Vec<(&str, &str)> = asked.iter().map(|(name, value)| (&**name, &**value)).collect();
        assert_eq!(asked, expected, "{name}");
    }
    let told = |lines: &[&str]| client("google", lines).from_preset.join("; ");
    assert_eq!(
        told(&["hosted_domain: a.example b.example"]),
        "scopes: openid profile email; authorization: { parameters: { access_type: offline, prompt: consent, hd: \"*\" } }"
    );
    assert_eq!(
        told(&["scopes: openid", "authorization: { prompt: none, parameters: { access_type: online } }"]),
        ""
    );
    assert_eq!(
        client("auth0", &[]).from_preset.join("; "),
        format!("scopes: {OFFLINE}; logout: {{ form: return_to }}")
    );
}

/// V-ID-19: the parameter `hd` is a wish that anybody can take out of the address; the claim is what counts.
#[test]
fn google_of_another_organisation_is_refused_at_login_and_at_refresh() {
    let client = client("google", &["hosted_domain: example.com"]);
    let token = document("google", "id_token");
    for (name, other) in [
        ("a private account", changed(token.clone(), |claims| drop(claims.remove("hd")))),
        (
            "another organisation",
            changed(token.clone(), |claims| drop(claims.insert("hd".into(), json!("evil.example")))),
        ),
    ] {
        let claims = verified(&client, &other, Some(made::NONCE)).unwrap();
        assert_eq!(refused(&client, &claims), "hosted_domain", "{name}");
    }
    let before = login(&client, "google", &token).unwrap();
    assert_eq!(refused(&client, &before), "in");
    let moved = changed(token, |claims| drop(claims.insert("hd".into(), json!("evil.example"))));
    let moved = verified(&client, &moved, None).unwrap();
    judge_refreshed(&before, &moved).unwrap();
    assert_eq!(refused(&client, &before.refreshed(moved)), "hosted_domain");
}

/// beyond 200 groups Entra ID names a place instead of the groups.
#[test]
fn entra_says_that_there_are_too_many_groups_and_old_ones_do_not_stay() {
    let client = client("entra", &["extra_claim_headers: { groups: X-Groups, roles: X-Roles }"]);
    let groups = ClaimPath::parse("groups").unwrap();
    let before = login(&client, "entra", &document("entra", "id_token")).unwrap();
    assert!(!before.keeps_elsewhere(&groups) && before.get(&groups).is_some());

    let overage = document("entra", "id_token_overage");
    let at_login = login(&client, "entra", &overage).unwrap();
    assert!(at_login.keeps_elsewhere(&groups));
    assert!(!at_login.keeps_elsewhere(&ClaimPath::parse("roles").unwrap()));
    let too_many = changed(overage.clone(), |claims| {
        claims.retain(|name, _| !name.starts_with("_claim"));
        claims.insert("hasgroups".to_owned(), json!(true));
    });
    for overage in [overage, too_many] {
        let overage = verified(&client, &overage, None).unwrap();
        assert!(overage.keeps_elsewhere(&groups));
        let refreshed = before.refreshed(overage);
        assert!(refreshed.keeps_elsewhere(&groups));
        let identity = Identity::from_claims(&refreshed, &client).unwrap();
        assert_eq!(identity.headers()[1].1, "", "the groups of before are not those of now");
        // And back, when there are fewer again.
        let fewer = verified(&client, &document("entra", "id_token"), None).unwrap();
        let refreshed = refreshed.refreshed(fewer);
        assert!(!refreshed.keeps_elsewhere(&groups) && refreshed.get(&groups).is_some());
    }
}

/// the groups of Okta are in userinfo when an access token is issued too.
#[test]
fn okta_has_no_groups_in_the_id_token() {
    let client = client("okta", &["extra_claim_headers: { groups: X-Groups }"]);
    let thin = verified(&client, &document("okta", "id_token"), Some(made::NONCE)).unwrap();
    assert_eq!(Identity::from_claims(&thin, &client).unwrap().headers()[1].1, "");
}

/// since 2025.10 authentik says of every address that it is not verified.
#[test]
fn authentik_lets_nobody_in_whose_address_is_handed_on_until_that_is_decided() {
    let token = document("authentik", "id_token");
    let mapped = "extra_claim_headers: { email: X-Email }";
    let unmapped = "extra_claim_headers: { preferred_username: X-Name }";
    for (lines, expected) in [
        (&[mapped][..], "email_not_verified"),
        (&[unmapped][..], "in"),
        (&[mapped, "email_verified: ignore"][..], "in"),
        (&[unmapped, "email_verified: require"][..], "email_not_verified"),
    ] {
        let client = client("authentik", lines);
        assert_eq!(refused(&client, &login(&client, "authentik", &token).unwrap()), expected, "{lines:?}");
    }
}

/// userinfo of Cognito says "true" as a text, but the ID token says it as it should be, and that one counts.
#[test]
fn cognito_has_verified_the_address_as_far_as_the_id_token_says_so() {
    let lines = ["extra_claim_headers: { email: X-Email }", "email_verified: require"];
    let client = client("cognito", &lines);
    let token = document("cognito", "id_token");
    assert_eq!(refused(&client, &login(&client, "cognito", &token).unwrap()), "in");
    let silent = changed(token, |claims| drop(claims.remove("email_verified")));
    assert_eq!(refused(&client, &login(&client, "cognito", &silent).unwrap()), "email_not_verified");
}

/// V-ID-3: who else may be an audience is written, and the remedy says what to write, or which mapper makes it.
#[test]
fn further_audiences_are_refused_with_what_to_do() {
    let zitadel = client("zitadel", &[]);
    let fault = verified(&zitadel, &document("zitadel", "id_token"), Some(made::NONCE)).unwrap_err();
    let refusal = Refusal::IdToken(fault);
    assert_eq!(refusal.code(), "id_token_audience");
    assert!(refusal.remedy().ends_with("write: audiences: [\"170086774599581953\"]"), "{}", refusal.remedy());

    let keycloak = client("keycloak", &[]);
    let token = document("keycloak", "id_token");
    for (audience, expected) in [
        (
            json!(["my-app", "account"]),
            "Clients, this client, Client scopes, the dedicated one, the mapper, Add to ID token off",
        ),
        (json!("account"), "Compare client_id with what is registered"),
        (json!(["my-app", "a\"], danger: [\""]), "Compare client_id with what is registered"),
    ] {
        let token = changed(token.clone(), |claims| drop(claims.insert("aud".into(), audience.clone())));
        let refusal = Refusal::IdToken(verified(&keycloak, &token, Some(made::NONCE)).unwrap_err());
        assert_eq!(refusal.code(), "id_token_audience", "{audience}");
        assert!(refusal.remedy().contains(expected), "{audience}: {}", refusal.remedy());
    }
}
