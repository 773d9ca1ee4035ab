//! The signed assertion: what it says of whom, to whom, for how long, and by which of the published keys (C-15, R-14.4).

use std::path::Path;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::api::AUDIENCE_LINE;
use crate::provider::AUDIENCE;
use crate::wire::{Answer, Ask, send};
use crate::world::{APP, Client, PAGE, World};

const HEADER: &str = "X-Auth-Assertion";

fn key(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keys").join(name).display().to_string()
}

/// The line of a client with that key and further settings.
fn signed_by(file: &str, settings: &str) -> String {
    format!("assertion: {{ key_file: {}, {settings} }}", key(file))
}

async fn published(world: &World) -> Answer {
    let host = world.configured("app").origin.split_once("://").unwrap().1.to_owned();
    // This one may be kept for a while.
    let answer =
        send(world.address, &Ask::new("GET", "/oidc/app/assertion-keys.json").with("Host", host)).await;
    assert_eq!(answer.status, 200, "{}", answer.show());
    answer
}

/// Header and claims, verified by the one published key that the header names.
async fn verified(world: &World, jwt: &str) -> (Value, Value) {
    let parts: Vec<&str> = jwt.split('.').collect();
    let [header, claims, signature] = parts.as_slice() else { panic!("no JWT: {jwt:?}") };
    let part = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
    let json = |text: &str| serde_json::from_slice::<Value>(&part(text)).unwrap();
    let header = json(header);
    let set = published(world).await.json();
    let keys = set["keys"].as_array().unwrap();
    let named: Vec<&Value> = keys.iter().filter(|key| key["kid"] == header["kid"]).collect();
    let [named] = named.as_slice() else { panic!("{} is not one of {set}", header["kid"]) };
    let point = [vec![4], part(named["x"].as_str().unwrap()), part(named["y"].as_str().unwrap())].concat();
    let signed = jwt.rsplit_once('.').unwrap().0;
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
        .verify(signed.as_bytes(), &part(signature))
        .expect("the published key verifies it");
    world.provider.keep_secret("assertion", signature);
    (header, json(claims))
}

/// By the clock of this world, which goes on while a test runs.
fn is_now(world: &World, at: u64) -> bool {
    let now = world.clock.wall().seconds();
    (now - 15..=now).contains(&at)
}

fn only<'a>(answer: &'a Answer, case: &str) -> &'a str {
    answer.assert_allowed(case);
    let all = answer.all(HEADER);
    assert_eq!(all.len(), 1, "{case}");
    all[0]
}

#[tokio::test]
async fn the_person_of_a_session_is_asserted_to_the_application_that_is_asked() {
    let line = signed_by("p256_sec1.pem", "");
    let headers = "{ sub: X-User-Id, email: X-User-Email, groups: X-User-Groups, nickname: X-Nickname }";
    let world = World::new().app(|app| app.headers(headers).line(&line)).start().await;
    let browser = world.signed_in().await;
    let answer = world.send(&world.base_of(&browser)).await;
    let (header, claims) = verified(&world, only(&answer, "signed in")).await;
    assert_eq!((&header["alg"], &header["typ"]), (&json!("ES256"), &json!("JWT")));
    let now = claims["iat"].as_u64().unwrap();
    assert!(is_now(&world, now), "{now}");
    let expected = json!({
        "iss": APP,
        "sub": "subject-4711",
        "aud": "https://app.example.test",
        "idp": world.provider.issuer,
        "iat": now,
        "nbf": now,
        "exp": now + 60,
        "email": "ada.secret@example.org",
        "groups": ["staff", "admins"],
    });
    assert_eq!(claims, expected, "the claims of the headers as they are, what is not known left out");
}

/// RFC 7638 section 3.1, and nothing private.
#[tokio::test]
async fn the_keys_are_published_for_a_while_and_without_anything_private() {
    let line = signed_by("p256_pkcs8.pem", &format!("further_key_files: [{}]", key("server.key")));
    let world = World::new().line(&line).start().await;
    let answer = published(&world).await;
    assert_eq!(answer.all("Cache-Control"), ["public, max-age=300"]);
    assert_eq!(answer.header("Content-Type"), Some("application/json"));
    let set = answer.json();
    let keys = set["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 2);
    for key in keys {
        let mut members: Vec<_> = key.as_object().unwrap().keys().map(String::as_str).collect();
        members.sort_unstable();
        assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x", "y"]);
        let canonical = format!(r#"{{"crv":"P-256","kty":"EC","x":{},"y":{}}}"#, key["x"], key["y"]);
        assert_eq!(key["kid"], crate::keys::base64url(&crate::keys::sha256(canonical.as_bytes())));
    }
    for method in ["POST", "DELETE"] {
        let ask = Ask::new(method, "/oidc/app/assertion-keys.json").with("Host", "app.example.test");
        world.send(&ask).await.assert_refused(405, "method_not_allowed", method);
    }
    let world = World::new().start().await;
    let ask = Ask::new("GET", "/oidc/app/assertion-keys.json").with("Host", "app.example.test");
    world.send(&ask).await.assert_refused(404, "path_unknown", "nothing is signed");
}

/// An assertion that one application has seen is of no use at another, and no port hides which one is meant.
#[tokio::test]
async fn each_host_has_an_assertion_of_its_own() {
    let world = World::new()
        .app(|app| {
            app.hosts("[app.example.test, \"app.example.test:8443\", other.example.test]")
                .line("cookie: { domain: example.test }")
                .line(&signed_by("p256_pkcs8.pem", "claims: []"))
        })
        .start()
        .await;
    let mut browser = world.browser();
    browser.open(PAGE).await.assert_at(PAGE);
    let cookie = browser.jar.get("__Secure-vestibule_app").unwrap().value.clone();
    for (host, audience) in [
        ("app.example.test", "https://app.example.test"),
        ("APP.example.test.:443", "https://app.example.test"),
        ("app.example.test:8443", "https://app.example.test:8443"),
        ("other.example.test", "https://other.example.test"),
        ("app.example.test", "https://app.example.test"),
    ] {
        let ask = world
            .base()
            .having("X-Forwarded-Host", host)
            .with("Cookie", format!("__Secure-vestibule_app={cookie}"));
        let answer = world.send(&ask).await;
        let (_, claims) = verified(&world, only(&answer, host)).await;
        assert_eq!(claims["aud"], audience, "{host}");
        assert_eq!(claims.get("email"), None, "none are listed");
    }
}

#[tokio::test]
async fn one_assertion_is_used_until_half_of_its_lifetime_is_gone() {
    let world = World::new().line(&signed_by("p256_pkcs8.pem", "lifetime: 100s")).start().await;
    let browser = world.signed_in().await;
    let asked = || async { only(&world.send(&world.base_of(&browser)).await, "signed in").to_owned() };
    let first = asked().await;
    world.clock.shift(40);
    assert_eq!(asked().await, first);
    world.clock.shift(20);
    let second = asked().await;
    assert_ne!(second, first);
    let (_, claims) = verified(&world, &second).await;
    assert!(is_now(&world, claims["exp"].as_u64().unwrap() - 100));
    let another = world.signed_in().await;
    let of_another = only(&world.send(&world.base_of(&another)).await, "another session").to_owned();
    assert_eq!(of_another, second, "the same is said of the same person");
}

/// C-11: what a refresh brought is in the next one.
#[tokio::test]
async fn changed_claims_are_asserted_at_once() {
    let world =
        World::new().line(&signed_by("p256_pkcs8.pem", "lifetime: 5m, claims: [groups]")).start().await;
    let mut browser = world.signed_in().await;
    let answer = world.send(&world.base_of(&browser)).await;
    let (_, claims) = verified(&world, only(&answer, "before")).await;
    assert_eq!(claims["groups"], json!(["staff", "admins"]));
    world.clock.shift(10);
    let groups = json!(["staff"]);
    world.provider.script().id_token_claims.insert("groups".to_owned(), groups.clone());
    world.provider.script().userinfo_claims.insert("groups".to_owned(), groups.clone());
    assert_eq!(browser.fetch(&format!("{APP}/new-token")).await.status, 200);
    let answer = world.send(&world.base_of(&browser)).await;
    let (_, claims) = verified(&world, only(&answer, "after")).await;
    assert_eq!(claims["groups"], groups);
}

/// R-14.5
#[tokio::test]
async fn for_nobody_the_header_is_there_and_empty() {
    let world = World::new()
        .line(&signed_by("p256_pkcs8.pem", ""))
        .line("rules: [{ path: /open, policy: public }, { path: /maybe, policy: optional }, { path: /api, preflight: pass }]")
        .start()
        .await;
    let browser = world.signed_in().await;
    for (path, expected) in [("/open", false), ("/maybe", true)] {
        let stranger = world.send(&world.base().having("X-Forwarded-Uri", path)).await;
        assert_eq!(only(&stranger, path), "");
        let known = world.send(&world.base_of(&browser).having("X-Forwarded-Uri", path)).await;
        assert_eq!(!only(&known, path).is_empty(), expected, "{path}");
    }
    let preflight = world
        .base_of(&browser)
        .having("X-Forwarded-Method", "OPTIONS")
        .having("X-Forwarded-Uri", "/api")
        .with("Origin", "https://app.example.test")
        .with("Access-Control-Request-Method", "PUT");
    assert_eq!(only(&world.send(&preflight).await, "preflight"), "");
    for (dialect, ask) in world.in_every_dialect() {
        let answer = world.send(&ask).await;
        assert!(answer.all(HEADER).is_empty(), "{dialect}: {}", answer.show());
    }
}

/// C-01, C-02
#[tokio::test]
async fn nobody_brings_an_assertion_along() {
    let world = World::new()
        .line(&signed_by("p256_pkcs8.pem", "header: X-Signed"))
        .line("rules: [{ path: /open, policy: public }]")
        .start()
        .await;
    let browser = world.signed_in().await;
    for (case, ask) in [
        ("signed in", world.base_of(&browser)),
        ("nobody", world.base()),
        ("public", world.base().having("X-Forwarded-Uri", "/open")),
    ] {
        for name in ["X-Signed", "x-signed", "X_Signed", "X.Signed"] {
            for value in ["eyJ.eyJ.x", ""] {
                let answer = world.send(&ask.clone().with(name, value)).await;
                answer.assert_refused(400, "identity_header_sent", &format!("{case} {name}"));
            }
        }
        let answer = world.send(&ask.with("Connection", "close, x-signed")).await;
        answer.assert_refused(400, "identity_header_in_connection", case);
    }
    // Under the usual name it is nobody's, and vestibule says nothing about it.
    let answer = world.send(&world.base_of(&browser).with(HEADER, "x")).await;
    answer.assert_allowed("another name");
    assert!(answer.all(HEADER).is_empty());
}

/// V-BT-9
#[tokio::test]
async fn an_access_token_is_asserted_and_a_machine_is_told_from_a_person() {
    let world = World::new()
        .line(AUDIENCE_LINE)
        .line(&signed_by("p256_pkcs8.pem", "claims: [email, scope, preferred_username]"))
        .start()
        .await;
    let token = world.provider.access_token(|draft| draft.set("preferred_username", "ada"));
    let answer = world.send(&world.bearing(&token)).await;
    let (_, claims) = verified(&world, only(&answer, "a person")).await;
    assert_eq!(claims["sub"], "subject-4711");
    assert_eq!(claims["idp"], world.provider.issuer);
    assert_eq!(claims["scope"], "read write");
    assert_eq!(claims["preferred_username"], "ada");
    assert_eq!(claims["email"], "ada.secret@example.org");
    assert_eq!(claims.get("client_id"), None);
    assert_ne!(claims["aud"], AUDIENCE, "it is for the application, as every one");

    let token = world.provider.access_token(|draft| {
        draft.set("sub", "calling-program");
        draft.set("preferred_username", "ada");
    });
    let answer = world.send(&world.bearing(&token)).await;
    let (_, claims) = verified(&world, only(&answer, "a machine")).await;
    let names: Vec<&str> = claims.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["aud", "client_id", "exp", "iat", "idp", "iss", "nbf", "scope", "sub"]);
    assert_eq!(claims["client_id"], "calling-program");
}

#[tokio::test]
async fn a_client_without_a_sign_in_asserts_and_publishes_too() {
    let world = World::new()
        .app(|app| app.bearer_only().line(AUDIENCE_LINE).line(&signed_by("p256_pkcs8.pem", "")))
        .start()
        .await;
    let token = world.provider.access_token(|_| {});
    let answer = world.send(&world.bearing(&token)).await;
    let (_, claims) = verified(&world, only(&answer, "token")).await;
    assert_eq!(claims["iss"], APP);
}

/// Rotation: the next key is published before it signs, and the last one as long as something that it signed is good.
#[tokio::test]
async fn each_step_of_a_rotation_verifies_what_the_step_before_signed() {
    let (old, new) = ("p256_pkcs8.pem", "server.key");
    let further = |file: &str| format!("further_key_files: [{}]", key(file));
    let steps = [
        signed_by(old, ""),
        signed_by(old, &further(new)),
        signed_by(new, &further(old)),
        signed_by(new, ""),
    ];
    let mut worlds = Vec::new();
    for line in &steps {
        worlds.push(World::new().line(line).start().await);
    }
    for (earlier, later) in worlds.iter().zip(&worlds[1..]) {
        let browser = earlier.signed_in().await;
        let signed = only(&earlier.send(&earlier.base_of(&browser)).await, "a step").to_owned();
        // By the keys of then, which a cache has, and by those of the next step. Only the last step drops one, and what it signed before
        // the step before is over by then.
        verified(earlier, &signed).await;
        verified(later, &signed).await;
    }
}

/// C-08: refused as a whole, never cut.
#[tokio::test]
async fn an_assertion_that_does_not_fit_is_a_refusal_that_says_so() {
    let world = World::new()
        .app(|app| app.headers("{}").line(&signed_by("p256_pkcs8.pem", "claims: [groups]")))
        .provider(|provider| {
            let groups: Vec<String> = (0..300).map(|n| format!("group-{n}")).collect();
            provider.script().id_token_claims.insert("groups".to_owned(), json!(groups));
            provider.script().userinfo_claims.insert("groups".to_owned(), json!(groups));
        })
        .start()
        .await;
    let mut browser = world.browser();
    browser.get(PAGE).await;
    let landed = browser.open(PAGE).await;
    assert_eq!(landed.answer.status, 403, "{}", landed.answer.show());
    assert_eq!(landed.answer.refusal(), "passed_too_large");
    assert!(landed.answer.all(HEADER).is_empty());
    let lines = crate::logs::lines_with(&["passed_too_large", "x-auth-assertion", "at most 3800"]);
    assert!(!lines.is_empty());
}

/// A profile for trying out is asserted as what it is: no provider's word.
#[tokio::test]
async fn what_a_testing_profile_says_is_no_providers_word() {
    let app = Client::named("app")
        .origin("http://app.localhost")
        .hosts("[app.localhost]")
        .line("danger_testing_profile: { sub: alice }")
        .line(&signed_by("p256_pkcs8.pem", ""));
    let world = World::new().provider_down().app(|_| app).start().await;
    let login = Ask::new("GET", "/oidc/app/login?rd=%2F").with("Host", "app.localhost");
    let login = world.send(&login).await;
    let cookie = login.all("Set-Cookie")[0].split(';').next().unwrap().to_owned();
    let ask = Ask::new("GET", "/oidc/app/auth")
        .with("Host", "vestibule.internal")
        .with("X-Forwarded-Host", "app.localhost")
        .with("X-Forwarded-Method", "GET")
        .with("X-Forwarded-Proto", "http")
        .with("X-Forwarded-Uri", "/")
        .with("Cookie", cookie);
    let answer = world.send(&ask).await;
    let (_, claims) = verified(&world, only(&answer, "the profile")).await;
    assert_eq!(claims["idp"], "urn:vestibule:danger_testing_profile");
    assert_eq!(claims["aud"], "http://app.localhost");
}

/// What is signed is vouched for: an address that the provider calls unverified lets nobody in, as in a header (V-ID-19).
#[tokio::test]
async fn an_unverified_address_is_not_signed() {
    for (line, in_id_token, in_userinfo) in [
        ("", Some(false), None),
        ("", None, Some(false)),
        ("headers: { X-Mail: { claim: email, from: userinfo } }", Some(false), Some(true)),
    ] {
        let world = World::new()
            .app(|app| {
                app.headers("{ sub: X-User-Id }").line(&signed_by("p256_pkcs8.pem", "claims: [email]"))
            })
            .line(line)
            .start()
            .await;
        {
            let mut script = world.provider.script();
            script.id_token_claims.extend(in_id_token.map(|said| ("email_verified".to_owned(), json!(said))));
            script.userinfo_claims.insert("email".to_owned(), json!("ada.secret@example.org"));
            script.userinfo_claims.extend(in_userinfo.map(|said| ("email_verified".to_owned(), json!(said))));
        }
        let landed = world.browser().open(PAGE).await;
        assert_eq!(landed.answer.refusal(), "email_not_verified", "{line}: {}", landed.answer.show());
    }
}

/// Userinfo is asked for what is signed, too.
#[tokio::test]
async fn what_is_signed_is_asked_for() {
    let world = World::new()
        .app(|app| app.headers("{ sub: X-User-Id }").line(&signed_by("p256_pkcs8.pem", "claims: [team]")))
        .line("userinfo: if_missing")
        .start()
        .await;
    world.provider.script().userinfo_claims.insert("team".to_owned(), json!("red"));
    let browser = world.signed_in().await;
    let answer = world.send(&world.base_of(&browser)).await;
    let (_, claims) = verified(&world, only(&answer, "signed in")).await;
    assert_eq!(claims["team"], "red");
}
