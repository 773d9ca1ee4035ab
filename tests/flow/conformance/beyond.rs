//! Modules outside the certification profiles of the code flow: the plan with everything, and logins that a third party starts.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use serde_json::json;
use tokio::net::{TcpListener, TcpStream};

use super::{accepted, broken_signature, dress, id_token, issuer, metadata, rejected, suite};
use crate::keys::EcKey;
use crate::mutual_tls;
use crate::provider::{Endpoint, Signing};
use crate::world::{APP, Client, PAGE, SESSION};

/// oidcc-client-test-missing-aud
#[tokio::test]
async fn an_id_token_without_an_audience_is_rejected() {
    let world = suite(|app| app).start().await;
    id_token(&world.provider, |draft| draft.remove("aud"));
    rejected(&world, "id_token_claim_missing").await;
}

/// oidcc-client-test-ignores-unparseable-key-in-jwks
#[tokio::test]
async fn keys_of_kinds_that_nobody_knows_are_passed_over() {
    let world = suite(|app| app)
        .provider(|provider| {
            dress(provider);
            provider.change_key_set(|set| {
                super::publish_every_kind(set);
                let keys = set["keys"].as_array_mut().unwrap();
                keys.push(
                    json!({ "kty": "AKP", "alg": "ML-DSA-9999", "kid": "pq", "use": "sig", "pub": "Zm9v" }),
                );
                keys.insert(0, json!({ "kty": "MADE-UP", "alg": "MADE-UP", "kid": "unknown", "use": "sig" }));
            });
        })
        .start()
        .await;
    accepted(&world).await;
}

/// oidcc-client-test-invalid-sig-hs256
#[tokio::test]
async fn a_broken_signature_by_the_client_secret_is_rejected() {
    let symmetric = Client::named("symmetric")
        .issuer_path("/")
        .line("email_verified: ignore")
        .line("id_token_signed_response_alg: HS256");
    let world = suite(|app| app).client(symmetric).start().await;
    let page = "https://symmetric.example.test/";
    for (broken, code) in [(false, "-"), (true, "id_token_signature")] {
        id_token(&world.provider, move |draft| {
            draft.algorithm("HS256", Signing::Hs256(draft.client_secret.clone().into_bytes()));
            if broken {
                broken_signature(draft);
            }
        });
        let asked = world.provider.count(Endpoint::Userinfo);
        let landed = world.browser_for("symmetric").open(page).await;
        assert_eq!(landed.answer.refusal(), code, "{}", landed.answer.show());
        assert_eq!(world.provider.count(Endpoint::Userinfo) - asked, usize::from(!broken));
    }
}

/// oidcc-client-test-invalid-sig-es256
#[tokio::test]
async fn a_broken_signature_of_an_elliptic_curve_is_rejected() {
    let world = suite(|app| app.line("id_token_signed_response_alg: ES256")).start().await;
    id_token(&world.provider, |draft| {
        draft.algorithm("ES256", Signing::Es256(EcKey::the_one()));
        draft.set_header("kid", "ec");
    });
    accepted(&world).await;
    id_token(&world.provider, |draft| {
        draft.algorithm("ES256", Signing::Es256(EcKey::the_one()));
        draft.set_header("kid", "ec");
        broken_signature(draft);
    });
    rejected(&world, "id_token_signature").await;
}

/// oidcc-client-test-userinfo-bearer-header
#[tokio::test]
async fn userinfo_is_asked_with_the_access_token_in_the_header_alone() {
    let world = suite(|app| app).start().await;
    accepted(&world).await;
    let request = world.provider.calls(Endpoint::Userinfo).remove(0);
    assert!(request.headers["authorization"].to_str().unwrap().starts_with("Bearer "));
    assert!(request.parameters.is_empty(), "never in the address");
}

/// oidcc-client-test-form-post-error
#[tokio::test]
async fn an_error_that_is_posted_is_shown_to_the_person() {
    let world = suite(|app| {
        app.line("response_mode: form_post").line("authorization: { prompt: none, max_age: 0s }")
    })
    .start()
    .await;
    let mut browser = world.browser();
    let callback = browser.open_until_callback(PAGE).await;
    let request = world.provider.calls(Endpoint::Authorize).remove(0);
    assert_eq!((request.parameter("prompt"), request.parameter("max_age")), (Some("none"), Some("0")));
    let error = [
        ("state".to_owned(), callback.parameter("state")),
        ("error".to_owned(), "login_required".to_owned()),
        ("error_description".to_owned(), "This is a login_required error response".to_owned()),
    ];
    let landed = browser.finish(callback.with(&error)).await;
    assert_eq!(landed.answer.refusal(), "callback_interaction_required", "{}", landed.answer.show());
    landed.answer.assert_page("login_required");
    assert!(browser.jar.get(SESSION).is_none());
    assert_eq!(world.provider.count(Endpoint::Token), 0);
}

/// oidcc-client-test-mtls-endpoint-aliases: the token endpoint alone has an alias, which asks for the certificate.
#[tokio::test]
async fn a_client_with_a_certificate_asks_the_alias_of_the_token_endpoint() {
    let key = |name: &str| {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keys").join(name).display().to_string()
    };
    let alias = Alias::start().await;
    let (at, provider) = (alias.address.clone(), Arc::clone(&alias.provider));
    let world = suite(|app| {
        // What the certificate proves is not the scripted provider's to see.
        app.authenticates_by("none")
            .line("token_endpoint_auth_method: tls_client_auth")
            .line(&format!("ca_file: {}", key("ca.pem")))
            .line(&format!("client_certificate_file: {}", key("client.pem")))
            .line(&format!("client_certificate_key_file: {}", key("p256_pkcs8.pem")))
    })
    .provider(move |scripted| {
        dress(scripted);
        provider.set(scripted.issuer.replace("http://", "")).unwrap();
        let issuer = scripted.issuer.clone();
        metadata(scripted, move |metadata| {
            metadata.insert("token_endpoint_auth_methods_supported".to_owned(), json!(["tls_client_auth"]));
            // Nothing is there: who asked it would fail this test.
            metadata.insert("token_endpoint".to_owned(), format!("{issuer}/without-a-certificate").into());
            metadata.insert("mtls_endpoint_aliases".to_owned(), json!({ "token_endpoint": at }));
        });
    })
    .start()
    .await;
    accepted(&world).await;
    assert_eq!(alias.connections.load(Ordering::Relaxed), 1);
}

/// A server that takes only clients with a certificate of the authority, and hands on to the scripted provider.
struct Alias {
    address: String,
    provider: Arc<OnceLock<String>>,
    connections: Arc<AtomicUsize>,
}

impl Alias {
    async fn start() -> Self {
        let acceptor = mutual_tls::acceptor();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("https://localhost:{}/token", listener.local_addr().unwrap().port());
        let (provider, connections) = (Arc::<OnceLock<String>>::default(), Arc::<AtomicUsize>::default());
        let (to, count) = (Arc::clone(&provider), Arc::clone(&connections));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let mut stream = acceptor.accept(stream).await.unwrap();
                count.fetch_add(1, Ordering::Relaxed);
                let mut provider = TcpStream::connect(to.get().unwrap()).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut stream, &mut provider).await;
            }
        });
        Self { address, provider, connections }
    }
}

/// oidcc-client-test-aggregated-claims: the answer is taken; what another party signed in it is not.
#[tokio::test]
async fn claims_that_another_party_signed_are_passed_over() {
    let world = suite(|app| app.headers("{ preferred_username: X-User-Name, phone_number: X-User-Phone }"))
        .start()
        .await;
    {
        let mut script = world.provider.script();
        script.userinfo_claims.remove("phone_number");
        script
            .userinfo_claims
            .insert("_claim_names".to_owned(), json!({ "address": "src1", "phone_number": "src1" }));
        script
            .userinfo_claims
            .insert("_claim_sources".to_owned(), json!({ "src1": { "JWT": "e30.e30.c2ln" } }));
    }
    accepted(&world).await;
    let browser = world.signed_in().await;
    let answer = world.send(&world.base_of(&browser)).await;
    assert_eq!(answer.all("X-User-Phone"), [""]);
}

/// oidcc-client-test-3rd-party-init-login
#[tokio::test]
async fn a_login_that_the_provider_starts_runs_through() {
    let world = suite(|app| app.line("initiate_login: true")).start().await;
    let iss: String = url::form_urlencoded::byte_serialize(issuer(&world).as_bytes()).collect();
    let landed = world.browser().open(&format!("{APP}/initiate-login?iss={iss}")).await;
    landed.assert_at("https://app.example.test/");
    assert_eq!(world.provider.count(Endpoint::Userinfo), 1);
}
