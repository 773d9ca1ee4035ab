//! What the settings of access tokens and rules become.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use http::Method;
use serde_json::json;
use vestibule::config::bearer::{
    Ask, BearerIssuer, BearerTokens, Dpop, DpopNonce, TokenHandling, Whose, WithSession,
};
use vestibule::config::rule::{BearerPolicy, OnUnauthenticated};
use vestibule::config::{Client, Config, KeySource, Purpose};
use vestibule::protocol::access_token::Profile;
use vestibule::protocol::registration::{ClientAuthentication, SigningAlgorithm};

use super::Case;

const CLIENT: &str = "clients:
  app:
    issuer: https://id.example.com
    client_id: app
    client_secret: 0123456789abcdef0123456789abcdef
    redirect_uri: https://app.example.com/oidc/app/callback
    hosts: app.example.com
    hosted_domain: example.com
    extra_claim_headers: { email: X-User-Email }
";

fn loaded(more: &str) -> Arc<Client> {
    Arc::clone(&Case::new(&format!("{CLIENT}{more}")).accepted().0.clients[0])
}

fn tokens(client: &Client) -> &BearerTokens {
    client.bearer.as_ref().unwrap()
}

/// The one issuer that these settings give.
fn issuer(settings: &str) -> BearerIssuer {
    let client = loaded(&format!("    bearer: {{ main: {{ audiences: x, {settings} }} }}\n"));
    BearerIssuer::clone(&tokens(&client).issuers[0])
}

fn accepted(name: &str) -> Config {
    Case::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/config/accepted").join(name)).accepted().0
}

/// F-14: without `bearer` no token means anything, whatever rules there are.
#[test]
fn without_bearer_no_token_is_taken() {
    let client = loaded("    rules: [{ path: /api/*, on_unauthenticated: \"401\" }]\n");
    assert!(client.bearer.is_none() && !client.bearer_only);
    assert_eq!(client.rules.len(), 2);
    assert!(client.rules.iter().all(|rule| rule.bearer == BearerPolicy::Ignored));
    assert_eq!(client.identity_headers().count(), 2);
}

#[test]
fn what_is_left_out_about_tokens_has_safe_values() {
    let client = loaded("    bearer: { main: { audiences: https://api.example.com } }\n");
    let tokens = tokens(&client);
    assert_eq!((tokens.with_session, tokens.dpop), (WithSession::Refuse, Dpop::Off));
    assert_eq!(tokens.dpop_nonce, DpopNonce::Optional);
    assert!(tokens.certificate_header.is_none() && !tokens.tells_authorization);
    let main = &tokens.issuers[0];
    assert_eq!((main.name.as_str(), main.whose), ("main", Whose::OwnOfClient));
    assert_eq!(main.issuer.as_str(), "https://id.example.com");
    assert_eq!(main.audiences, ["https://api.example.com"]);
    assert_eq!(main.profile, Profile::Rfc9068);
    // RFC 8725 section 3.1: none that signs with a secret.
    assert!(main.algorithms.len() >= 9);
    assert!(main.algorithms.iter().all(|algorithm| algorithm.secret_bytes().is_none()));
    assert!(main.client_ids.is_empty() && main.scopes.is_empty() && !main.userinfo);
    assert!(main.introspection.is_none());
    assert_eq!(main.clock_leeway, client.clock_leeway);
    assert_eq!(main.claim_headers.len(), client.claim_headers.len());
    let [rule] = client.rules.as_slice() else { panic!("{:?}", client.rules) };
    assert_eq!((rule.number, rule.bearer, rule.token), (None, BearerPolicy::Accepted, TokenHandling::Pass));
    assert_eq!(rule.on_unauthenticated, OnUnauthenticated::Auto);
    assert!(rule.path.covers_everything() && rule.methods.is_empty());
    let headers: Vec<_> = client.identity_headers().map(|name| name.as_str()).collect();
    assert_eq!(headers, ["x-auth-subject", "x-auth-issuer", "x-auth-client", "x-user-email"]);
}

#[test]
fn each_setting_of_an_issuer_is_taken() {
    let config = accepted("bearer.yaml");
    let client = &config.clients[0];
    let all = tokens(client);
    assert_eq!((all.with_session, all.dpop), (WithSession::TokenDecides, Dpop::Accepted));
    assert_eq!(all.dpop_nonce, DpopNonce::Required);
    assert_eq!(all.certificate_header.as_ref().unwrap(), "x-forwarded-tls-client-cert");
    // Two rules leave the token to the application, so every answer says what it gets.
    assert!(all.tells_authorization);
    let names: Vec<_> = all.further_headers.iter().map(|name| name.as_str()).collect();
    assert_eq!(names, ["x-team", "x-namespace"]);
    let [main, partner, tenants, cluster] = all.issuers.as_slice() else { panic!("{all:?}") };
    assert!(main.userinfo && main.profile == Profile::Jwt);
    assert_eq!(main.provider.purpose, Purpose::SignIn, "it is the client's own");
    assert_eq!(partner.whose, Whose::Further);
    assert_eq!(partner.algorithms, [SigningAlgorithm::Es256, SigningAlgorithm::EdDsa]);
    assert_eq!(partner.client_ids, ["one", "two"]);
    assert_eq!(partner.scopes, ["read"]);
    assert_eq!(partner.clock_leeway, Duration::ZERO);
    assert!(
        matches!(&partner.provider.keys, KeySource::At(at) if at.as_str() == "https://partner.example.net/keys")
    );
    assert_eq!(partner.provider.keys_refresh, Duration::from_secs(300));
    assert!(partner.provider.backchannel_url.is_some());
    assert_eq!(partner.claim_headers.len(), 2);
    assert!(
        tenants
            .issuer
            .is_named("https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0")
    );
    assert_eq!(cluster.profile, Profile::Workload);
    assert!(matches!(&cluster.provider.keys, KeySource::File(path) if path == Path::new("jwks.json")));
    assert_eq!(cluster.provider.token_file, Some(PathBuf::from("ca.token")));
}

#[test]
fn each_setting_of_a_rule_is_taken() {
    let config = accepted("bearer.yaml");
    let [health, admin, admin_too, account, read, write, last] = config.clients[0].rules.as_slice() else {
        panic!("not seven")
    };
    let numbers: Vec<_> = config.clients[0].rules.iter().map(|rule| rule.number).collect();
    assert_eq!(numbers, [Some(1), Some(2), Some(3), Some(4), Some(5), Some(6), None]);
    assert_eq!(
        (health.bearer, health.on_unauthenticated),
        (BearerPolicy::Ignored, OnUnauthenticated::Unauthorized)
    );
    assert_eq!(health.path.as_str(), "/health");
    assert_eq!(admin.methods, [Method::POST, Method::PUT, Method::PATCH, Method::DELETE]);
    assert_eq!(admin.bearer, BearerPolicy::Required);
    assert_eq!(admin.issuers, ["main", "partner"]);
    assert_eq!(
        (&admin.scopes[..], &admin.any_scope[..]),
        (&["admin".to_owned()][..], &["write".to_owned(), "create".to_owned()][..])
    );
    assert_eq!(admin.acr_values, ["mfa"]);
    assert_eq!(admin.max_age, Some(Duration::from_secs(900)));
    assert_eq!((admin_too.bearer, admin_too.token), (BearerPolicy::Accepted, TokenHandling::Remove));
    assert_eq!((account.userinfo, account.token), (Some(false), TokenHandling::Pass));
    assert_eq!((read.userinfo, &read.methods[..]), (None, &[Method::GET][..]));
    assert!(write.methods.is_empty());
    assert!(last.path.covers_everything() && last.scopes.is_empty() && last.token == TokenHandling::Remove);
}

/// V-ID-19: whom the client lets in counts for every token of its issuer, also where a table names that once more.
#[test]
fn a_table_that_names_the_issuer_of_the_client_is_its_own() {
    let again = issuer("issuer: https://id.example.com, jwks_uri: https://id.example.com/keys");
    assert_eq!(again.whose, Whose::OwnOfClient);
    assert!(matches!(again.provider.keys, KeySource::At(_)), "what is written there counts");
    assert_eq!(issuer("issuer: https://id.example.com/").whose, Whose::Further);
    assert_eq!(issuer("profile: jwt").whose, Whose::OwnOfClient);
}

/// What is not needed is not asked for: an issuer whose keys are known is never discovered.
#[test]
fn an_issuer_is_discovered_only_for_what_is_not_written() {
    const OTHER: &str = "issuer: https://other.example.com, ";
    const AS: &str =
        "introspection_client: { client_id: api, client_secret: 0123456789abcdef }, introspection: ";
    const AT: &str = "introspection_endpoint: https://other.example.com/i, ";
    const KEYS: &str = "jwks_uri: https://other.example.com/keys, ";
    let purpose = |settings: String| {
        let provider = issuer(&format!("{OTHER}{settings}")).provider;
        // What is known of nothing is what nobody asks for.
        assert_eq!(
            provider.metadata.is_some(),
            provider.purpose == Purpose::TokensUndiscovered,
            "{settings}"
        );
        provider.purpose
    };
    assert_eq!(purpose(String::new()), Purpose::Tokens);
    assert_eq!(purpose(KEYS.to_owned()), Purpose::TokensUndiscovered);
    assert_eq!(purpose(format!("{KEYS}userinfo: false")), Purpose::TokensUndiscovered);
    assert_eq!(purpose(format!("{KEYS}userinfo: true")), Purpose::Tokens);
    assert_eq!(purpose(format!("{KEYS}{AS}opaque")), Purpose::Tokens);
    assert_eq!(purpose(format!("{KEYS}{AT}{AS}opaque")), Purpose::TokensUndiscovered);
    assert_eq!(purpose(format!("{AT}{AS}opaque")), Purpose::Tokens);
    assert_eq!(purpose(format!("{AT}{AS}all")), Purpose::TokensUndiscovered);
    assert_eq!(purpose(format!("{AS}all")), Purpose::Tokens);
    // A rule may ask for userinfo where the issuer's table says nothing.
    let client = loaded(&format!(
        "    bearer: {{ main: {{ {OTHER}{KEYS}audiences: x }} }}\n    rules: [{{ path: /me, userinfo: true }}]\n"
    ));
    assert_eq!(tokens(&client).issuers[0].provider.purpose, Purpose::Tokens);
}

/// RFC 9701: who signs answers about tokens has keys, also where those of the tokens do not matter.
#[test]
fn keys_are_needed_for_tokens_or_for_answers_about_them() {
    const ASKED: &str = "issuer: https://other.example.com, introspection: all, \
        introspection_client: { client_id: api, client_secret: 0123456789abcdef }";
    assert_eq!(issuer(ASKED).provider.keys, KeySource::Unneeded);
    let signed = issuer(&format!("{ASKED}, introspection_signed_response_alg: RS256"));
    assert_eq!(signed.provider.keys, KeySource::Announced);
    let written =
        format!("{ASKED}, introspection_signed_response_alg: RS256, jwks_uri: https://other.example.com/k");
    assert!(matches!(issuer(&written).provider.keys, KeySource::At(_)));
}

#[test]
fn whoever_asks_about_tokens_is_known_to_the_issuer() {
    let own = issuer("introspection: opaque").introspection.unwrap();
    assert_eq!((own.ask, own.client_id.as_str()), (Ask::Opaque, "app"));
    assert!(matches!(own.authentication, ClientAuthentication::AsAnnounced(_)));
    assert_eq!((own.cache, own.algorithm, own.endpoint.is_none()), (Duration::from_secs(60), None, true));

    let config = accepted("introspection.yaml");
    let found: Vec<_> = config
        .clients
        .iter()
        .map(|client| {
            let asks = tokens(client).issuers[0].introspection.clone().unwrap();
            let proof = match asks.authentication {
                ClientAuthentication::AsAnnounced(_) => "secret",
                ClientAuthentication::Post(_) => "post",
                ClientAuthentication::SecretJwt(_) => "secret_jwt",
                ClientAuthentication::PrivateKeyJwt(_) => "private_key_jwt",
                ClientAuthentication::BearerFile(_) => "bearer",
                ClientAuthentication::None => "none",
                other => panic!("{other:?}"),
            };
            format!("{} {:?} {} {proof}", client.name, asks.ask, asks.client_id)
        })
        .collect();
    assert_eq!(
        found,
        [
            "z All  bearer",
            "y Opaque api none",
            "a Opaque api secret",
            "b All api secret",
            "c Opaque api secret",
            "d All api post",
            "e Opaque api secret_jwt",
            "f All api private_key_jwt",
        ]
    );
    let config = accepted("bearer.yaml");
    let asks = tokens(&config.clients[1]).issuers[0].introspection.clone().unwrap();
    assert_eq!(asks.endpoint.unwrap().as_str(), "https://id.example.com/introspect");
    assert_eq!((asks.cache, asks.algorithm), (Duration::ZERO, Some(SigningAlgorithm::Rs256)));
}

/// a client at which nobody signs in needs no registration.
#[test]
fn at_a_client_for_tokens_only_every_rule_is_for_tokens() {
    let config = accepted("bearer_only.yaml");
    for client in &config.clients {
        assert!(client.bearer_only);
        assert!(client.rules.iter().all(|rule| rule.bearer == BearerPolicy::Required), "{}", client.name);
    }
    let [a, b, c, d, e] = config.clients.as_slice() else { panic!("not five") };
    assert_eq!((a.origin.as_str(), a.registration.client_id.as_str()), ("https://a.example.com", ""));
    assert_eq!(a.issuer.as_str(), "https://one.example.com", "the first stands for the client's");
    assert_eq!(a.provider.purpose, Purpose::Tokens);
    let whose =
        |client: &Client| tokens(client).issuers.iter().map(|issuer| issuer.whose).collect::<Vec<_>>();
    assert_eq!(whose(a), [Whose::Further, Whose::Further]);
    assert_eq!(whose(b), [Whose::OwnOfClient, Whose::Further]);
    assert_eq!((b.origin.as_str(), b.admission.hosted_domains.len()), ("https://b.example.com", 1));
    assert_eq!(tokens(c).issuers[0].introspection.as_ref().unwrap().client_id, "c");
    assert_eq!(d.origin, "http://d.localhost");
    assert_eq!(whose(e), [Whose::OwnOfClient]);
}

/// RFC 9728 section 3.1: only a slash that follows the host is left away.
#[test]
fn the_address_of_the_metadata_keeps_the_slash_at_the_end_of_a_path() {
    for (resource, path) in [("", ""), ("/", ""), ("/mcp", "/mcp"), ("/mcp/", "/mcp/")] {
        let text = format!(
            "clients: {{ a: {{ bearer_only: true, issuer: https://id.example.com, hosts: a.example.com, bearer: {{ main: {{ \
             audiences: x }} }}, resource_metadata: {{ resource: \"https://a.example.com{resource}\" }} }} }}"
        );
        let (config, _) = Case::new(&text).accepted();
        let url = config.clients[0].resource_metadata.as_ref().unwrap().url();
        assert_eq!(url, format!("https://a.example.com/.well-known/oauth-protected-resource{path}"));
    }
}

/// RFC 9728 section 2.
#[test]
fn the_metadata_of_a_resource_say_what_is_written_and_what_follows_from_it() {
    let config = accepted("bearer.yaml");
    let metadata = config.clients[0].resource_metadata.as_ref().unwrap();
    assert_eq!(metadata.url(), "https://app.example.com/.well-known/oauth-protected-resource/v1");
    let algorithms = metadata.document["dpop_signing_alg_values_supported"].clone();
    assert!(algorithms.as_array().unwrap().contains(&json!("ES256")));
    assert!(algorithms.as_array().unwrap().iter().all(|name| !name.as_str().unwrap().starts_with("HS")));
    assert_eq!(
        metadata.document,
        json!({
            "resource": "https://app.example.com/v1",
            // Neither the template, which is nobody's name, nor the cluster, which gives no token to anybody who asks.
            "authorization_servers": ["https://id.example.com", "https://partner.example.net"],
            "bearer_methods_supported": ["header"],
            "scopes_supported": ["read", "write"],
            "resource_name": "Example API",
            "resource_documentation": "https://docs.example.com/api?version=1",
            "dpop_signing_alg_values_supported": algorithms,
            "tls_client_certificate_bound_access_tokens": true,
        })
    );
    let config = accepted("bearer_only.yaml");
    let metadata = config.clients[0].resource_metadata.as_ref().unwrap();
    assert_eq!(metadata.url(), "https://a.example.com/.well-known/oauth-protected-resource");
    assert_eq!(
        metadata.document,
        json!({
            "resource": "https://a.example.com/",
            "authorization_servers": ["https://one.example.com"],
            "bearer_methods_supported": ["header"],
        })
    );
    let client = loaded(
        "    bearer: { main: { audiences: x } }\n    bearer_options: { dpop: required }\n    \
         resource_metadata: { resource: https://app.example.com }\n",
    );
    let document = &client.resource_metadata.as_ref().unwrap().document;
    assert_eq!(document["dpop_bound_access_tokens_required"], true);
}

#[test]
fn the_environment_lies_over_the_tables_of_issuers() {
    let text = format!(
        "{CLIENT}    bearer: {{ main: {{ audiences: x }}, the-other: {{ issuer: https://other.example.com, audiences: y }} }}\n"
    );
    let (config, _) = Case::new(&text)
        .with(
            "VESTIBULE_CLIENTS_APP_BEARER_MAIN_AUDIENCES",
            "https://api.example.com, https://api2.example.com",
        )
        .with("VESTIBULE_CLIENTS_APP_BEARER_MAIN_PROFILE", "jwt")
        .with("VESTIBULE_CLIENTS_APP_BEARER_MAIN_INTROSPECTION", "opaque")
        .with("VESTIBULE_CLIENTS_APP_BEARER_MAIN_INTROSPECTION_CLIENT_CLIENT_ID", "api")
        .with("VESTIBULE_CLIENTS_APP_BEARER_MAIN_INTROSPECTION_CLIENT_CLIENT_SECRET", "0123456789abcdef")
        .with("VESTIBULE_CLIENTS_APP_BEARER_THE_OTHER_SCOPES", "read,write")
        .with("VESTIBULE_CLIENTS_APP_BEARER_OPTIONS_DPOP", "required")
        .with("VESTIBULE_CLIENTS_APP_RESOURCE_METADATA_RESOURCE", "https://app.example.com")
        .accepted();
    let client = &config.clients[0];
    let [main, other] = tokens(client).issuers.as_slice() else { panic!("not two") };
    assert_eq!(main.audiences, ["https://api.example.com", "https://api2.example.com"]);
    assert_eq!(main.profile, Profile::Jwt);
    assert_eq!(main.introspection.as_ref().unwrap().client_id, "api");
    assert_eq!(other.scopes, ["read", "write"]);
    assert_eq!(tokens(client).dpop, Dpop::Required);
    assert!(client.resource_metadata.is_some());
    // A table that the file does not have, and a rule, are out of reach.
    for name in [
        "VESTIBULE_CLIENTS_APP_BEARER_NEW_AUDIENCES",
        "VESTIBULE_CLIENTS_APP_RULES_1_PATH",
        "VESTIBULE_CLIENTS_APP_RULES",
    ] {
        let shown = Case::new(&text).with(name, "x").refusal();
        assert!(shown.contains(&format!("{name}: there is no such setting.")), "{shown}");
    }
}

/// The limits, each one below and one above.
#[test]
fn more_than_anybody_writes_is_refused() {
    let listed = |count: usize| (0..count).map(|n| format!("x{n}")).collect::<Vec<_>>().join(", ");
    let tables = |count: usize| {
        let table = |n: usize| format!("t{n}: {{ issuer: https://t{n}.example.com, audiences: x }}");
        format!("    bearer: {{ {} }}\n", (0..count).map(table).collect::<Vec<_>>().join(", "))
    };
    let rules = |count: usize| {
        let rules: String = (0..count).map(|n| format!("      - {{ path: /x{n}x }}\n")).collect();
        format!("    rules:\n{rules}")
    };
    let headers = |count: usize| {
        let pairs = (0..count).map(|n| format!("c{n}: X-C{n}")).collect::<Vec<_>>().join(", ");
        format!("    bearer: {{ main: {{ audiences: x, extra_claim_headers: {{ {pairs} }} }} }}\n")
    };
    let main = |settings: String| format!("    bearer: {{ main: {{ audiences: x, {settings} }} }}\n");
    for (good, bad, expected) in [
        (tables(16), tables(17), "bearer: has more than 16 issuers."),
        (rules(1000), rules(1001), "rules: has more than 1000 rules."),
        (headers(49), headers(50), "bearer: has more than 50 headers."),
        (
            main(format!("client_ids: [{}]", listed(50))),
            main(format!("client_ids: [{}]", listed(51))),
            "bearer.main.client_ids: has more than 50 items.",
        ),
        (
            main(format!("scopes: [{}]", listed(50))),
            main(format!("scopes: [{}]", listed(51))),
            "bearer.main.scopes: has more than 50 items.",
        ),
        (
            "    bearer: { main: { audiences: x, introspection: all, introspection_cache: 1h } }\n"
                .to_owned(),
            "    bearer: { main: { audiences: x, introspection: all, introspection_cache: 61m } }\n"
                .to_owned(),
            "introspection_cache: is more than 1h.",
        ),
    ] {
        Case::new(&format!("{CLIENT}{good}")).accepted();
        let shown = Case::new(&format!("{CLIENT}{bad}")).refusal();
        assert!(
            shown.contains(&format!("clients.app.{expected}")) || shown.contains(expected),
            "{expected}\n{shown}"
        );
        assert!(shown.contains("has 1 problem,"), "{shown}");
    }
}

/// A proxy names the header of certificates as it likes, but no name that means something else.
#[test]
fn the_header_of_a_certificate_has_a_name_that_proxies_use() {
    for name in [
        "Client-Cert",
        "X-Client-Cert",
        "X-SSL-Client-Cert",
        "ssl-client-cert",
        "X-Forwarded-Tls-Client-Cert",
    ] {
        let client = loaded(&format!(
            "    bearer: {{ main: {{ audiences: x }} }}\n    bearer_options: {{ certificate_header: {name} }}\n"
        ));
        assert_eq!(tokens(&client).certificate_header.as_ref().unwrap(), &*name.to_lowercase());
    }
}
