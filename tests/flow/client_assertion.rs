//! Clients that prove themselves by a JWT, at the login and at every refresh, and the keys that they publish.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::provider::Endpoint;
use crate::wire::Ask;
use crate::world::{APP, PAGE, World};

fn key(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keys").join(name).display().to_string()
}

/// What a provider would be told as `jwks_uri`, asked for as a provider does.
async fn published(world: &World) -> Value {
    let ask = Ask::new("GET", "/oidc/app/jwks.json").with("Host", "app.example.test");
    let answer = world.send(&ask).await;
    assert_eq!(answer.status, 200, "{}", answer.show());
    assert_eq!(answer.header("content-type"), Some("application/json"));
    serde_json::from_slice(&answer.body).unwrap()
}

/// V-TK-1: private_key_jwt, verified with what is published, for the code and for the refresh.
#[tokio::test]
async fn a_key_proves_the_client_at_the_login_and_at_each_refresh() {
    for (file, line) in [
        ("p256_pkcs8.pem", "token_endpoint_auth_method: private_key_jwt"),
        ("rsa_pkcs1.pem", "token_endpoint_auth_signing_alg: PS256"),
        ("ed25519_pkcs8.pem", "client_key_id: mine"),
        ("rfc7517_appendix_a_2.jwk", "scopes: openid offline_access"),
    ] {
        let world = World::new()
            .app(|app| {
                let app =
                    app.authenticates_by("private_key_jwt").line(&format!("client_key_file: {}", key(file)));
                if line.starts_with("scopes") { app } else { app.line(line) }
            })
            .start()
            .await;
        let set = published(&world).await;
        world.provider.script().client_keys = Some(set);
        let mut browser = world.browser();
        browser.open(PAGE).await.assert_at(PAGE);
        assert_eq!(world.provider.count(Endpoint::Token), 1, "{file}");
        for refreshes in 1..=2 {
            world.clock.shift(10);
            let answer = browser.fetch(&format!("{APP}/new-token")).await;
            assert_eq!(answer.status, 200, "{file}: {}", answer.show());
            assert_eq!(world.provider.refreshes(), refreshes, "{file}");
        }
    }
}

/// V-TK-1: client_secret_jwt.
#[tokio::test]
async fn a_secret_signs_for_the_client_and_stays_here() {
    for alg in ["", "token_endpoint_auth_signing_alg: HS384"] {
        let world = World::new()
            .app(|app| {
                let app = app
                    .authenticates_by("client_secret_jwt")
                    .line("token_endpoint_auth_method: client_secret_jwt");
                if alg.is_empty() { app } else { app.line(alg) }
            })
            .start()
            .await;
        let mut browser = world.browser();
        browser.open(PAGE).await.assert_at(PAGE);
        world.clock.shift(10);
        assert_eq!(browser.fetch(&format!("{APP}/new-token")).await.status, 200);
        assert_eq!(world.provider.refreshes(), 1);
    }
}

/// The platform replaces the token while the program runs; each request takes the one that is there.
#[tokio::test]
async fn an_assertion_is_read_again_for_each_request() {
    let file = File::holding("eyJhbGciOiJSUzI1NiJ9.eyJqdGkiOiJmaXJzdCJ9.Zmlyc3Q\n");
    let world = World::new()
        .app(|app| {
            app.authenticates_by("assertion").line(&format!("client_assertion_file: {}", file.0.display()))
        })
        .start()
        .await;
    let registered = |text: &str| world.provider.script().platform_assertion = Some(text.to_owned());
    registered("eyJhbGciOiJSUzI1NiJ9.eyJqdGkiOiJmaXJzdCJ9.Zmlyc3Q");
    let mut browser = world.browser();
    browser.open(PAGE).await.assert_at(PAGE);

    fs::write(&file.0, "eyJhbGciOiJSUzI1NiJ9.eyJqdGkiOiJzZWNvbmQifQ.c2Vjb25k").unwrap();
    registered("eyJhbGciOiJSUzI1NiJ9.eyJqdGkiOiJzZWNvbmQifQ.c2Vjb25k");
    world.clock.shift(10);
    assert_eq!(browser.fetch(&format!("{APP}/new-token")).await.status, 200);

    // While there is none, nobody signs in, and nobody is signed out.
    for broken in [Some("s3cret-s3cret"), Some(""), None] {
        match broken {
            Some(text) => fs::write(&file.0, text).unwrap(),
            None => fs::remove_file(&file.0).unwrap(),
        }
        let landed = world.browser().open(PAGE).await;
        assert_eq!(landed.answer.refusal(), "token_assertion_file", "{}", landed.answer.show());
        world.clock.shift(100);
        let answer = browser.fetch(&format!("{APP}/new-token")).await;
        assert_eq!(answer.refusal(), "refresh_unavailable", "{}", answer.show());
    }
    fs::write(&file.0, "eyJhbGciOiJSUzI1NiJ9.eyJqdGkiOiJzZWNvbmQifQ.c2Vjb25k").unwrap();
    world.clock.shift(200);
    assert_eq!(browser.fetch(&format!("{APP}/new-token")).await.status, 200);
    assert_eq!(world.provider.count(Endpoint::Token), 3, "nothing is asked without a proof");
}

/// One key follows another without a moment in which the provider knows neither.
#[tokio::test]
async fn the_next_key_is_published_before_it_signs() {
    let world = World::new()
        .app(|app| {
            app.authenticates_by("private_key_jwt")
                .line(&format!("client_key_file: {}", key("p256_pkcs8.pem")))
                .line(&format!("client_further_key_files: [{}]", key("rsa_pkcs8.pem")))
        })
        .start()
        .await;
    let set = published(&world).await;
    let keys = set["keys"].as_array().unwrap();
    assert_eq!(keys.iter().map(|key| key["kty"].as_str().unwrap()).collect::<Vec<_>>(), ["EC", "RSA"]);
    for key in keys {
        for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
            assert!(key.get(private).is_none(), "{private} is private");
        }
    }
    world.provider.script().client_keys = Some(set);
    world.browser().open(PAGE).await.assert_at(PAGE);
}

/// A provider reads off `use` which key is for what, so that one address does for both.
#[tokio::test]
async fn keys_that_are_encrypted_to_are_published_beside_those_that_sign() {
    for signs in [true, false] {
        let world = World::new()
            .app(|app| {
                let app = if signs {
                    app.authenticates_by("private_key_jwt")
                        .line(&format!("client_key_file: {}", key("ed25519_pkcs8.pem")))
                } else {
                    app
                };
                app.line("id_token_encrypted_response_alg: RSA-OAEP-256")
                    .line("id_token_encrypted_response_enc: A256GCM")
                    .line("userinfo_signed_response_alg: RS256")
                    .line("userinfo_encrypted_response_alg: ECDH-ES")
                    .line("userinfo_encrypted_response_enc: A256GCM")
                    .line(&format!(
                        "decryption_key_files: [{}, {}]",
                        key("rsa_pkcs8.pem"),
                        key("p256_pkcs8.pem")
                    ))
            })
            .start()
            .await;
        let set = published(&world).await;
        let keys = set["keys"].as_array().unwrap();
        let shown: Vec<_> = keys.iter().map(|key| (key["use"].as_str(), key["alg"].as_str())).collect();
        let encryption = [(Some("enc"), Some("RSA-OAEP-256")), (Some("enc"), Some("ECDH-ES"))];
        let signing = Some((Some("sig"), Some("EdDSA"))).filter(|_| signs);
        assert_eq!(shown, signing.into_iter().chain(encryption).collect::<Vec<_>>());
        for key in keys {
            for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
                assert!(key.get(private).is_none(), "{private} is private");
            }
        }
    }
}

#[tokio::test]
async fn a_client_without_a_key_publishes_none() {
    let world = World::new().start().await;
    let ask = Ask::new("GET", "/oidc/app/jwks.json").with("Host", "app.example.test");
    assert_eq!(world.send(&ask).await.refusal(), "path_unknown");
    let keyed = World::new()
        .app(|app| {
            app.authenticates_by("private_key_jwt")
                .line(&format!("client_key_file: {}", key("p256_pkcs8.pem")))
        })
        .start()
        .await;
    let post = Ask { method: "POST".to_owned(), ..ask };
    assert_eq!(keyed.send(&post).await.refusal(), "method_not_allowed");
}

/// A file that is gone with the test.
struct File(PathBuf);

impl File {
    fn holding(text: &str) -> Self {
        let name = format!("vestibule-assertion-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::write(&path, text).unwrap();
        Self(path)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}
