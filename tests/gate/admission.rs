//! Whom the claims let in (V-ID-19, B-15, B-16, R-19.4, R-19.10).

use serde_json::{Value, json};
use vestibule::config::{Admission, Client, EmailVerified};
use vestibule::gate::identity::Identity;

use super::client;
use super::identity::claims;

fn judged(client: &Client, extra: Value) -> &'static str {
    match Identity::from_claims(&claims(extra), client) {
        Ok(_) => "in",
        Err(refusal) => refusal.code(),
    }
}

fn wanting(email_verified: EmailVerified) -> Client {
    Client { admission: Admission { hosted_domains: Vec::new(), email_verified }, ..client() }
}

/// V-ID-19: Google, OpenID Connect: `hd` is judged by the server; the parameter of the request is only a wish.
#[test]
fn only_people_of_a_hosted_domain_are_let_in() {
    let hosted_domains = vec!["example.com".to_owned(), "other.example".to_owned()];
    let client = Client {
        admission: Admission { hosted_domains, email_verified: EmailVerified::IfPresent },
        ..client()
    };
    for (hd, expected) in [
        (json!("example.com"), "in"),
        (json!("other.example"), "in"),
        (json!("EXAMPLE.com"), "in"),
        (json!("evil.example"), "hosted_domain"),
        (json!("example.com.evil.example"), "hosted_domain"),
        (json!("sub.example.com"), "hosted_domain"),
        (json!("example.com\n"), "hosted_domain"),
        (json!(""), "hosted_domain"),
        (json!(["example.com"]), "hosted_domain"),
        (json!({ "example.com": true }), "hosted_domain"),
        (json!(null), "hosted_domain"),
    ] {
        assert_eq!(judged(&client, json!({ "hd": hd })), expected, "{hd}");
    }
    // An address is no proof of a domain, however it ends.
    assert_eq!(
        judged(&client, json!({ "email": "ada@example.com", "email_verified": true })),
        "hosted_domain"
    );
}

/// V-ID-19, B-16: `email_verified` is a boolean, and `"true"` is none.
#[test]
fn an_address_that_nobody_verified_is_taken_only_where_that_is_configured() {
    use EmailVerified::{IfPresent, Ignore, Require};
    let refused = "email_not_verified";
    for (said, require, if_present) in [
        (json!({ "email_verified": true }), "in", "in"),
        (json!({ "email_verified": false }), refused, refused),
        (json!({ "email_verified": "true" }), refused, refused),
        (json!({ "email_verified": 1 }), refused, refused),
        (json!({ "email_verified": null }), refused, refused),
        (json!({ "email_verified": [true] }), refused, refused),
        (json!({}), refused, "in"),
    ] {
        let mut extra = said.clone();
        extra["email"] = "ada@example.com".into();
        assert_eq!(judged(&wanting(Require), extra.clone()), require, "require: {said}");
        assert_eq!(judged(&wanting(IfPresent), extra.clone()), if_present, "if_present: {said}");
        assert_eq!(judged(&wanting(Ignore), extra), "in", "ignore: {said}");
    }
}

#[test]
fn where_the_application_is_not_told_the_address_nobody_asks_whether_it_is_verified() {
    let mut client = wanting(EmailVerified::IfPresent);
    client.claim_headers.retain(|mapping| mapping.claim.as_str() != "email");
    assert_eq!(judged(&client, json!({ "email_verified": false })), "in");
    client.admission.email_verified = EmailVerified::Require;
    assert_eq!(judged(&client, json!({ "email_verified": false })), "email_not_verified");
}

/// Zitadel's roles are an object: role → the organisations that gave it.
#[test]
fn names_of_members_are_sent_where_they_are_what_is_meant() {
    let roles = json!({ "groups": { "admin": { "1": "a.example" }, "staff, all": {} } });
    assert_eq!(judged(&client(), roles.clone()), "claim_unfit");
    let mut client = client();
    client.claim_headers[1].rendering = vestibule::config::claim_header::Rendering::Names;
    let sent = |value| {
        let identity = Identity::from_claims(&claims(value), &client).unwrap();
        identity.headers()[2].1.to_str().unwrap().to_owned()
    };
    assert_eq!(sent(roles), "admin,staff%2C%20all");
    assert_eq!(sent(json!({ "groups": ["a", "b"] })), "a,b");
    assert_eq!(sent(json!({ "groups": {} })), "");
    assert_eq!(judged(&client, json!({ "groups": { "a\nb": 1 } })), "claim_unfit");
}
