//! Access tokens of Keycloak, as docs/bearer.md says to take them: of people and of service accounts, verified here and asked about.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::http::{Answer, Request};
use crate::keycloak::{list, operator, port, stage};
use crate::seeds;
use crate::stage::{CLIENT_SECRET, Stage};

/// Longer than `introspection_cache` of the client `framed`.
const CACHE_OVER: Duration = Duration::from_millis(2_100);

/// A token that Keycloak issues for such a form.
fn token(stage: &Stage, client: &str, form: &str) -> String {
    let authority = stage.issuer.strip_prefix("http://").unwrap().split('/').next().unwrap();
    let body = format!("{form}&client_id={client}&client_secret={CLIENT_SECRET}");
    let request = Request::post("/realms/vestibule/protocol/openid-connect/token", &body);
    let answer = request.send(authority, port(authority)).unwrap();
    let answer: Value = serde_json::from_str(&answer.body).unwrap();
    let token = answer["access_token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
    seeds::value(&token);
    token
}

fn of_gerda(stage: &Stage) -> String {
    token(stage, "reporting", "grant_type=password&username=gerda&password=gerda&scope=openid%20email")
}

fn of_program(stage: &Stage, client: &str) -> String {
    token(stage, client, "grant_type=client_credentials")
}

/// What vestibule says to a program with that token, as a proxy asks it.
fn asked(stage: &Stage, client: &str, token: &str) -> Answer {
    let origin = if client == "framed" { stage.framed_origin() } else { stage.origin.clone() };
    Request::get(format!("/oidc/{client}/auth"))
        .header("Accept", "application/json")
        .header("Authorization", &format!("Bearer {token}"))
        .header("X-Forwarded-Method", "GET")
        .header("X-Forwarded-Proto", "http")
        .header("X-Forwarded-Host", origin.strip_prefix("http://").unwrap())
        .header("X-Forwarded-Uri", "/report")
        .header("X-Forwarded-For", "192.0.2.7")
        .send("127.0.0.1", stage.relay.port)
        .unwrap()
}

#[track_caller]
fn assert_refused(answer: &Answer, code: &str) {
    assert_eq!((answer.status, answer.header("vestibule-refusal")), (401, Some(code)), "{}", answer.body);
    assert!(answer.header("www-authenticate").unwrap().contains("error=\"invalid_token\""));
}

/// The header of a token.
fn header(token: &str) -> Value {
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    serde_json::from_slice(&header).unwrap()
}

#[test]
fn tokens_of_people_and_of_service_accounts_bring_their_roles() {
    let Some(stage) = stage() else { return };
    let operator = operator(&stage);
    let gerda = operator.user("gerda");
    let rows = [
        (of_gerda(&stage), &*gerda, "gerda@example.com", "auditor", "editor"),
        // A service account is a user of its own there, and is known by its name for what it is.
        (of_program(&stage, "reporting"), "", "", "editor", "auditor"),
    ];
    for (token, subject, email, role, not) in rows {
        assert_eq!(header(&token)["typ"], "JWT");
        let answer = asked(&stage, "quickstart", &token);
        assert_eq!(answer.status, 200, "{email}: {:?} {}", answer.headers, answer.body);
        assert_eq!(answer.header("x-auth-subject"), Some(subject));
        assert_eq!(answer.header("x-auth-client"), Some("reporting"));
        assert_eq!(answer.header("x-auth-issuer"), Some(&*stage.issuer));
        assert_eq!(answer.header("x-user-email"), Some(email));
        let roles = list(answer.header("x-user-groups").unwrap());
        assert!(roles.contains(&role) && !roles.contains(&not), "{email}: {roles:?}");
    }
    // A token of a client that is not meant to call has the audience of Keycloak itself.
    assert_refused(&asked(&stage, "quickstart", &of_program(&stage, "elsewhere")), "bearer_audience");
    // The option gives the type, which `profile: jwt` takes too.
    let typed = of_program(&stage, "reporting.typed");
    assert_eq!(header(&typed)["typ"], "at+jwt");
    let answer = asked(&stage, "quickstart", &typed);
    assert_eq!(
        (answer.status, answer.header("x-auth-client")),
        (200, Some("reporting.typed")),
        "{}",
        answer.body
    );
}

#[test]
fn with_introspection_somebody_who_is_disabled_or_signed_out_is_refused_when_the_cache_is_over() {
    let Some(stage) = stage() else { return };
    let operator = operator(&stage);
    let gerda = operator.user("gerda");
    let signed_out = of_gerda(&stage);
    let answer = asked(&stage, "framed", &signed_out);
    assert_eq!(answer.status, 200, "{:?}", answer.headers);
    let answer = operator.ask("POST", &format!("/users/{gerda}/logout"), None);
    assert_eq!(answer.status, 204, "{}", answer.body);
    std::thread::sleep(CACHE_OVER);
    assert_refused(&asked(&stage, "framed", &signed_out), "bearer_inactive");

    // Keycloak tells nobody of a token who is not in its audience.
    let not_for_us = of_program(&stage, "reporting.typed");
    assert_refused(&asked(&stage, "framed", &not_for_us), "bearer_inactive");

    let token = of_program(&stage, "reporting");
    let program = operator.user("service-account-reporting");
    assert_eq!(asked(&stage, "framed", &token).status, 200);
    let disable = serde_json::json!({ "enabled": false }).to_string();
    let answer = operator.ask("PUT", &format!("/users/{program}"), Some(disable));
    assert_eq!(answer.status, 204, "{}", answer.body);
    std::thread::sleep(CACHE_OVER);
    assert_refused(&asked(&stage, "framed", &token), "bearer_inactive");
    let enable = serde_json::json!({ "enabled": true }).to_string();
    assert_eq!(operator.ask("PUT", &format!("/users/{program}"), Some(enable)).status, 204);
}
