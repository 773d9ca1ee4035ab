//! What callers may read about a resource before they ask for a token (RFC 9728 sections 2, 3 and 5).

use crate::api::api;
use crate::wire::{Answer, Ask, send};
use crate::world::{Client, PAGE, Setup, World};

const METADATA: &str = "resource_metadata: { resource: https://app.example.test, scopes_supported: [read, write], \
                        resource_name: Example API, resource_documentation: https://docs.example.test/api }";
const URL: &str = "https://app.example.test/.well-known/oauth-protected-resource";

/// Not by [`World::send`]: programs in a browser may read it, which holds for no other answer.
async fn get(world: &World, method: &str, host: &str, path: &str) -> Answer {
    send(world.address, &Ask::new(method, path).with("Host", host).with("X-Forwarded-Proto", "https")).await
}

fn described() -> Setup {
    api().line(METADATA)
}

#[tokio::test]
async fn it_is_served_at_the_address_that_the_resource_leads_to_and_at_the_clients_own() {
    let world = described().start().await;
    for path in ["/.well-known/oauth-protected-resource", "/oidc/app/oauth-protected-resource"] {
        let answer = get(&world, "GET", "app.example.test", path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.show());
        assert_eq!(answer.header("Content-Type"), Some("application/json"), "{path}");
        assert_eq!(answer.all("Access-Control-Allow-Origin"), ["*"], "{path}");
        let document = answer.json();
        assert_eq!(document["resource"], "https://app.example.test", "section 3.3: to the letter");
        assert_eq!(document["authorization_servers"], serde_json::json!([world.provider.issuer]));
        assert_eq!(document["bearer_methods_supported"], serde_json::json!(["header"]));
        assert_eq!(document["scopes_supported"], serde_json::json!(["read", "write"]));
        assert_eq!(document["resource_name"], "Example API");
        assert_eq!(document["resource_documentation"], "https://docs.example.test/api");
        assert!(document.get("dpop_signing_alg_values_supported").is_none());
        let head = get(&world, "HEAD", "app.example.test", path).await;
        assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
        let post = get(&world, "POST", "app.example.test", path).await;
        post.assert_refused(405, "method_not_allowed", path);
        assert_eq!(post.header("Allow"), Some("GET, HEAD"), "{path}");
    }
}

#[tokio::test]
async fn it_is_found_by_host_and_path_of_the_resource_and_by_nothing_else() {
    let world = described()
        .client(
            Client::named("other")
                .line("bearer: { main: { audiences: [https://other.example.test] } }")
                .line("resource_metadata: { resource: 'https://other.example.test/v1/things' }"),
        )
        .client(
            Client::named("slash")
                .line("bearer: { main: { audiences: [https://slash.example.test/mcp/] } }")
                .line("resource_metadata: { resource: 'https://slash.example.test/mcp/' }"),
        )
        .client(Client::named("plain"))
        .start()
        .await;
    let well_known = "/.well-known/oauth-protected-resource";
    let rows = [
        ("app.example.test", well_known.to_owned(), Some("https://app.example.test")),
        ("APP.example.test:443", well_known.to_owned(), Some("https://app.example.test")),
        (
            "other.example.test",
            format!("{well_known}/v1/things"),
            Some("https://other.example.test/v1/things"),
        ),
        ("slash.example.test", format!("{well_known}/mcp/"), Some("https://slash.example.test/mcp/")),
        ("slash.example.test", format!("{well_known}/mcp"), Some("https://slash.example.test/mcp/")),
        ("slash.example.test", format!("{well_known}/mcp/x"), None),
        ("other.example.test", well_known.to_owned(), None),
        ("app.example.test", format!("{well_known}/v1/things"), None),
        ("other.example.test", format!("{well_known}/v1"), None),
        ("plain.example.test", well_known.to_owned(), None),
        ("evil.example", well_known.to_owned(), None),
        ("app.example.test", "/oidc/plain/oauth-protected-resource".to_owned(), None),
    ];
    for (host, path, resource) in rows {
        let answer = get(&world, "GET", host, &path).await;
        match resource {
            Some(resource) => assert_eq!(answer.json()["resource"], resource, "{host} {path}"),
            None => answer.assert_refused(404, "path_unknown", &format!("{host} {path}")),
        }
    }
    let without_host = Ask::new("GET", well_known).with("Host", "");
    send(world.address, &without_host).await.assert_refused(404, "path_unknown", "no host");
}

/// RFC 9728 section 5.1
#[tokio::test]
async fn every_challenge_names_it() {
    let world =
        described().line("rules: [{ path: /admin, scopes: [admin] }, { path: /api, bearer: required }]");
    let world = world.start().await;
    let good = world.provider.access_token(|_| {});
    let bad = world.provider.access_token(|draft| draft.set("aud", "grafana"));
    let asks = [
        ("not believed", world.bearing(&bad)),
        ("not enough", world.bearing_at(&good, "/admin")),
        ("none where one is needed", world.program().having("X-Forwarded-Uri", "/api")),
        ("none", world.program()),
        ("nginx", world.nginx(PAGE).with("Authorization", format!("Bearer {bad}"))),
        ("envoy", world.envoy(PAGE).with("Authorization", format!("Bearer {bad}"))),
    ];
    for (case, ask) in asks {
        let answer = world.send(&ask).await;
        assert!([401, 403].contains(&answer.status), "{case}: {}", answer.show());
        let part = format!(", resource_metadata=\"{URL}\"");
        assert!(answer.all("WWW-Authenticate")[0].ends_with(&part), "{case}: {}", answer.show());
    }
}

/// RFC 9728 section 2
#[tokio::test]
async fn it_says_that_tokens_may_or_must_be_bound_to_a_key() {
    for (dpop, required) in [("accepted", None), ("required", Some(true))] {
        let world = described().line(&format!("bearer_options: {{ dpop: {dpop} }}")).start().await;
        let answer = get(&world, "GET", "app.example.test", "/oidc/app/oauth-protected-resource").await;
        let document = answer.json();
        let required_now = document.get("dpop_bound_access_tokens_required").and_then(|it| it.as_bool());
        assert_eq!(required_now, required, "{dpop}");
        let algorithms = document["dpop_signing_alg_values_supported"].as_array().unwrap();
        assert!(algorithms.contains(&"ES256".into()) && !algorithms.contains(&"HS256".into()), "{dpop}");
    }
}
