//! Clients, their providers, how they prove themselves and which cookies they have.

use serde_json::json;

use crate::jar::SameSite;
use crate::provider::{Endpoint, Step};
use crate::world::{Client, PAGE, SESSION, World};

#[tokio::test]
async fn clients_are_authenticated_as_registered() {
    for method in ["client_secret_basic", "client_secret_post", "none"] {
        let world = World::new()
            .app(|app| {
                let app = app.authenticates_by(method);
                if method == "none" {
                    app
                } else {
                    app.line(&format!("token_endpoint_auth_method: {method}"))
                }
            })
            .start()
            .await;
        world.browser().open(PAGE).await.assert_at(PAGE);
    }
}

/// V-TK-1: chosen by what discovery announces, never by trying.
#[tokio::test]
async fn without_a_configured_method_discovery_decides_and_nothing_is_tried() {
    for (announced, method) in [
        (json!(["client_secret_post"]), "client_secret_post"),
        (json!(["client_secret_post", "client_secret_basic"]), "client_secret_basic"),
        (json!(["private_key_jwt", "client_secret_post"]), "client_secret_post"),
        (json!(null), "client_secret_basic"),
    ] {
        let value = announced.clone();
        let world = World::new()
            .app(|app| app.authenticates_by(method))
            .provider(move |provider| {
                provider.change_metadata(move |metadata| {
                    metadata.remove("token_endpoint_auth_methods_supported");
                    if !value.is_null() {
                        metadata.insert("token_endpoint_auth_methods_supported".to_owned(), value.clone());
                    }
                });
            })
            .start()
            .await;
        world.browser().open(PAGE).await.assert_at(PAGE);
        assert_eq!(world.provider.count(Endpoint::Token), 1, "{announced}");
    }
}

/// What is not there is not guessed, and no code is sent without it.
#[tokio::test]
async fn a_provider_that_announces_only_methods_that_we_do_not_have_ends_the_login() {
    let world = World::new()
        .provider(|provider| {
            provider.change_metadata(|metadata| {
                let methods = json!(["private_key_jwt", "tls_client_auth"]);
                metadata.insert("token_endpoint_auth_methods_supported".to_owned(), methods);
            });
        })
        .start()
        .await;
    let landed = world.browser().open(PAGE).await;
    assert_eq!(landed.answer.refusal(), "token_client_authentication", "{}", landed.answer.show());
    assert_eq!(world.provider.count(Endpoint::Token), 0);
}

#[tokio::test]
async fn a_provider_that_refuses_the_client_is_asked_once_and_the_page_says_so() {
    let world = World::new().start().await;
    world.provider.always(Endpoint::Token, Step::oauth_error(401, "invalid_client"));
    let landed = world.browser().open(PAGE).await;
    assert!(!landed.in_application);
    assert_eq!(landed.answer.refusal(), "token_invalid_client", "{}", landed.answer.show());
    assert_eq!(world.provider.count(Endpoint::Token), 1);
}

#[tokio::test]
async fn several_clients_and_several_providers_do_not_mix() {
    let world =
        World::new().client(Client::named("wiki")).client(Client::named("shop").own_provider()).start().await;
    world.other_providers[0].script().subject = "subject-of-the-shop".to_owned();
    let mut browser = world.browser();
    browser.open(PAGE).await.assert_at(PAGE);
    browser.client = "wiki".to_owned();
    browser.open("https://wiki.example.test/x").await.assert_at("https://wiki.example.test/x");
    browser.client = "shop".to_owned();
    let landed = browser.open("https://shop.example.test/x").await;
    landed.assert_at("https://shop.example.test/x");
    assert_eq!(landed.identity("X-Auth-Subject"), "subject-of-the-shop");
    browser.client = "app".to_owned();
    let landed = browser.open(PAGE).await;
    assert_eq!(landed.identity("X-Auth-Subject"), "subject-4711");
    assert_eq!(world.provider.count(Endpoint::Discovery), 1, "two clients, one provider, one fetch");
}

#[tokio::test]
async fn one_cookie_domain_signs_in_all_its_hosts() {
    let world = World::new()
        .app(|app| {
            app.origin("https://auth.example.test")
                .hosts("[one.example.test, '*.apps.example.test']")
                .line("cookie: { domain: example.test }")
        })
        .start()
        .await;
    let mut browser = world.browser();
    browser.open("https://one.example.test/a").await.assert_at("https://one.example.test/a");
    let cookie = browser.jar.get("__Secure-vestibule_app").unwrap();
    assert!(cookie.secure && cookie.http_only && !cookie.host_only);
    assert_eq!(cookie.domain, "example.test");
    let callbacks = world.provider.count(Endpoint::Authorize);
    browser.open("https://x.apps.example.test/b").await.assert_at("https://x.apps.example.test/b");
    assert_eq!(world.provider.count(Endpoint::Authorize), callbacks, "no second login");
}

#[tokio::test]
async fn on_loopback_over_http_the_cookies_have_no_secure_and_no_prefix() {
    let world = World::new()
        .app(|app| app.origin("http://app.localhost:8480").hosts("['app.localhost:8480']"))
        .start()
        .await;
    let mut browser = world.browser();
    browser.open("http://app.localhost:8480/x?y").await.assert_at("http://app.localhost:8480/x?y");
    let cookie = browser.jar.get("vestibule_app").unwrap();
    assert!(!cookie.secure && cookie.http_only && cookie.host_only && cookie.same_site == SameSite::Lax);
    let cookie = browser.jar.get("vestibule_flow");
    assert!(cookie.is_none_or(|cookie| !cookie.secure && cookie.http_only));
}

/// the other way round.
#[tokio::test]
async fn a_persistent_cookie_outlives_the_browser_and_a_plain_one_does_not() {
    for (line, survives) in [("cookie: { persistent: true }", true), ("cookie: { persistent: false }", false)]
    {
        let world = World::new().line(line).start().await;
        let mut browser = world.signed_in().await;
        browser.jar.restart();
        assert_eq!(browser.jar.get(SESSION).is_some(), survives);
    }
}

/// Both cookies have one name and path: the one of a client with `form_post` must survive the login of one without.
#[tokio::test]
async fn tabs_of_two_clients_of_one_origin_with_different_response_modes_both_land() {
    let client = |name: &str, host: &str| {
        Client::named(name)
            .origin("https://auth.example.test")
            .hosts(&format!("[{host}.example.test]"))
            .line("cookie: { domain: example.test }")
    };
    let world = World::new()
        .app(|_| client("app", "app"))
        .client(client("posted", "posted").line("response_mode: form_post"))
        .start()
        .await;
    let mut browser = world.browser_for("posted");
    let posted = browser.open_until_callback("https://posted.example.test/a").await;
    browser.client = "app".to_owned();
    let plain = browser.open_until_callback("https://app.example.test/b").await;
    let answer = browser.call_back(&posted).await;
    assert_eq!(
        (answer.status, answer.location()),
        (303, "https://posted.example.test/a"),
        "{}",
        answer.show()
    );
    let answer = browser.call_back(&plain).await;
    assert_eq!((answer.status, answer.location()), (303, "https://app.example.test/b"), "{}", answer.show());
}
