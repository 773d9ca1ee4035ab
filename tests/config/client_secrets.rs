//! client_secrets.json as Flask-OIDC's documentation and Google's console have it.

use vestibule::config::client_secrets::{ClientSecretsFault, read};

/// As in Flask-OIDC's documentation, with an issuer.
const FLASK: &str = r#"{ "web": {
    "auth_uri": "https://id.example.com/realms/main/protocol/openid-connect/auth",
    "client_id": "flask",
    "client_secret": "a-secret-of-flask",
    "redirect_uris": ["http://localhost:5000/oidc_callback", "http://localhost:5000/authorize"],
    "userinfo_uri": "https://id.example.com/realms/main/protocol/openid-connect/userinfo",
    "token_uri": "https://id.example.com/realms/main/protocol/openid-connect/token",
    "issuer": "https://id.example.com/realms/main"
} }"#;

/// As Google's console gives it for a Web application.
const GOOGLE: &str = r#"{"web":{"client_id":"1234-abc.apps.googleusercontent.com","project_id":"quickstart-1557411376720",
    "auth_uri":"https://accounts.google.com/o/oauth2/auth","token_uri":"https://oauth2.googleapis.com/token",
    "auth_provider_x509_cert_url":"https://www.googleapis.com/oauth2/v1/certs","client_secret":"GOCSPX-a-secret",
    "redirect_uris":["https://app.example.com/oauth2callback"],"javascript_origins":["https://app.example.com"]}}"#;

#[test]
fn the_file_of_flask_oidc_names_its_issuer() {
    let client = read(FLASK.as_bytes()).unwrap();
    assert_eq!(client.issuer, "https://id.example.com/realms/main");
    assert_eq!(client.client_id, "flask");
    assert_eq!(client.client_secret.as_ref().unwrap().expose(), "a-secret-of-flask");
    assert_eq!(client.origins, ["http://localhost:5000"]);
    assert!(!format!("{client:?}").contains("a-secret-of-flask"));
}

#[test]
fn the_file_of_google_means_google() {
    let client = read(GOOGLE.as_bytes()).unwrap();
    assert_eq!(client.issuer, "https://accounts.google.com");
    assert_eq!(client.client_id, "1234-abc.apps.googleusercontent.com");
    assert_eq!(client.origins, ["https://app.example.com"]);
    let without = GOOGLE.replace(r#""redirect_uris":["https://app.example.com/oauth2callback"],"#, "");
    assert_eq!(read(without.as_bytes()).unwrap().origins, [""; 0]);
}

#[test]
fn what_is_no_such_file_is_refused_with_what_it_is() {
    let changed = |from: &str, to: &str| {
        assert!(FLASK.contains(from), "{from}");
        FLASK.replace(from, to)
    };
    let issuer = "\"issuer\": \"https://id.example.com/realms/main\"";
    let auth_uri = "https://id.example.com/realms/main/protocol/openid-connect/auth";
    let without_issuer = changed(issuer, "\"x\": 1");
    let rows = [
        (changed("\"web\"", "\"installed\""), ClientSecretsFault::Installed),
        (
            "{ \"type\": \"service_account\", \"client_id\": \"1\" }".to_owned(),
            ClientSecretsFault::ServiceAccount,
        ),
        ("{}".to_owned(), ClientSecretsFault::NoWeb),
        (changed("\"client_id\": \"flask\"", "\"x\": 1"), ClientSecretsFault::Missing("client_id")),
        (changed("\"flask\"", "7"), ClientSecretsFault::Missing("client_id")),
        (changed("\"flask\"", "\" \""), ClientSecretsFault::Missing("client_id")),
        (without_issuer.clone(), ClientSecretsFault::NoIssuer),
        (without_issuer.replace("\"auth_uri\"", "\"y\""), ClientSecretsFault::NoIssuer),
        (
            without_issuer.replace(auth_uri, "https://accounts.google.com.evil.example/auth"),
            ClientSecretsFault::NoIssuer,
        ),
        (without_issuer.replace(auth_uri, "http://accounts.google.com/auth"), ClientSecretsFault::NoIssuer),
        (
            changed("http://localhost:5000/authorize", "urn:ietf:wg:oauth:2.0:oob"),
            ClientSecretsFault::RedirectUri,
        ),
    ];
    for (text, fault) in rows {
        assert_eq!(read(text.as_bytes()).unwrap_err(), fault, "{text}");
    }
    for text in ["", "[]", "{\"web\": {}, \"web\": {}}", "client_id=1"] {
        assert!(matches!(read(text.as_bytes()), Err(ClientSecretsFault::Json(_))), "{text}");
    }
}
