//! The provider is away, slow, or talks nonsense (XI-01 to XI-11, G-01 to G-06, G-10, G-11).

use tokio::net::TcpListener;

use crate::provider::{Endpoint, Step};
use crate::wire::within;
use crate::world::{APP, PAGE, SESSION, World};

type Metadata = serde_json::Map<String, serde_json::Value>;
type Change = fn(&mut Metadata);

/// Whether somebody has connected.
async fn was_asked(trap: &TcpListener) -> bool {
    tokio::select! {
        biased;
        accepted = trap.accept() => accepted.is_ok(),
        () = tokio::time::sleep(std::time::Duration::from_millis(50)) => false,
    }
}

#[tokio::test]
async fn the_server_starts_and_answers_while_the_provider_is_down_and_logins_work_once_it_is_up() {
    let mut world = World::new().provider_down().start().await;
    assert_eq!(world.admin("/live").await.status, 200);
    assert_eq!(world.send(&world.base()).await.status, 302, "the question is answered without the provider");

    let landed = world.browser().open(PAGE).await;
    landed.answer.assert_refused(503, "provider_unreachable", "down");
    assert!(
        landed.answer.text().contains(&world.provider.issuer),
        "the page names the provider: {}",
        landed.answer.text()
    );
    assert!(landed.answer.header("Retry-After").is_some());
    assert!(landed.answer.text().contains("/oidc/app/login"), "and leads to another try");

    world.provider.come_up();
    world.clock.shift(30);
    world.signed_in().await;
}

/// R-12.1 within 30 s; the background task finds it.
#[tokio::test]
async fn a_provider_that_comes_up_is_found_without_anybody_asking() {
    let mut world = World::new().provider_down().start().await;
    assert_ne!(world.admin("/ready").await.status, 500);
    world.provider.come_up();
    world.provider.reached(Endpoint::Jwks, 1).await;
    world.signed_in().await;
}

#[tokio::test]
async fn a_provider_that_is_down_costs_other_clients_nothing() {
    let world = World::new().client(crate::world::Client::named("other").own_provider()).start().await;
    world.provider.always_behind(&Step::Hang);
    let mut browser = world.browser_for("other");
    browser.open("https://other.example.test/x").await.assert_at("https://other.example.test/x");
}

/// XI-02: with metadata remembered the way to the provider stays open; sessions never wait for it.
#[tokio::test]
async fn with_a_provider_that_hangs_sessions_go_on_and_a_callback_ends_at_the_deadline() {
    let world = World::new().start().await;
    let signed_in = world.signed_in().await;
    world.provider.always_behind(&Step::Hang);
    let mut browser = world.browser();
    let callback = browser.open_until_callback(PAGE).await;
    let waiting = browser.call_back(&callback);
    let others = async {
        world.provider.reached(Endpoint::Token, 2).await;
        for _ in 0..20 {
            world.send(&world.base_of(&signed_in)).await.assert_allowed("meanwhile");
        }
    };
    let (answer, ()) = tokio::join!(waiting, others);
    answer.assert_refused(503, "provider_timeout", "hangs");
    assert!(answer.text().contains("/oidc/app/login"), "a new try is offered: {}", answer.text());
    world.provider.recover();
    browser.open(PAGE).await.assert_at(PAGE);
}

/// XI-03, G-04: the deadline is for the whole, not from byte to byte.
#[tokio::test]
async fn an_answer_that_drips_ends_at_the_deadline() {
    let world = World::new().start().await;
    world.provider.always(Endpoint::Token, Step::Drip);
    let landed = world.browser().open(PAGE).await;
    landed.answer.assert_refused(503, "provider_timeout", "drips");
}

#[tokio::test]
async fn discovery_that_hangs_ends_at_the_deadline() {
    let world =
        World::new().provider(|provider| provider.always(Endpoint::Discovery, Step::Hang)).start().await;
    let landed = world.browser().open(PAGE).await;
    landed.answer.assert_refused(503, "provider_timeout", "discovery hangs");
    world.provider.recover();
    world.clock.shift(30);
    world.signed_in().await;
}

/// G-03: what is read has a limit.
#[tokio::test]
async fn an_answer_without_an_end_is_cut_off() {
    let world = World::new().start().await;
    for endpoint in [Endpoint::Token, Endpoint::Userinfo] {
        world.provider.always(endpoint, Step::Endless);
        let landed = world.browser().open(PAGE).await;
        assert!(landed.answer.refusal().ends_with("too_large"), "{endpoint:?}: {}", landed.answer.show());
        world.provider.recover();
    }
    world.signed_in().await;
}

#[tokio::test]
async fn metadata_and_keys_without_an_end_are_cut_off() {
    for endpoint in [Endpoint::Discovery, Endpoint::Jwks] {
        let world =
            World::new().provider(move |provider| provider.always(endpoint, Step::Endless)).start().await;
        let landed = world.browser().open(PAGE).await;
        assert!(landed.answer.refusal().ends_with("too_large"), "{endpoint:?}: {}", landed.answer.show());
    }
}

/// XI-04, G-05, G-06, V-DS-2
#[tokio::test]
async fn metadata_that_is_not_acceptable_is_a_page_with_its_code() {
    let html = "<html>Please sign in to the Wi-Fi</html>";
    let rows: [(&str, Step, &str); 9] = [
        ("a page", Step::html(200, html), "discovery_content_type"),
        ("a page that says it is JSON", Step::json(200, html), "discovery_unreadable"),
        ("cut off", Step::json(200, r#"{"issuer":"#), "discovery_unreadable"),
        ("nothing", Step::json(200, ""), "discovery_unreadable"),
        ("a list", Step::json(200, "[]"), "discovery_unreadable"),
        ("an empty object", Step::json(200, "{}"), "discovery_issuer"),
        ("404", Step::status(404), "discovery_status"),
        ("500", Step::status(500), "discovery_status"),
        ("no answer", Step::Cut, "provider_unreachable"),
    ];
    for (name, step, code) in rows {
        let world =
            World::new().provider(move |provider| provider.always(Endpoint::Discovery, step)).start().await;
        let landed = world.browser().open(PAGE).await;
        assert_eq!(landed.answer.refusal(), code, "{name}: {}", landed.answer.show());
        assert!([502, 503].contains(&landed.answer.status), "{name}: {}", landed.answer.show());
        assert!(!landed.answer.text().contains("Wi-Fi"), "{name}: nothing of it is shown");
        world.provider.recover();
        world.clock.shift(30);
        world.signed_in().await;
    }
}

#[tokio::test]
async fn metadata_with_a_wrong_member_is_refused() {
    let rows: [(&str, Change, &str); 12] = [
        ("another issuer", |metadata| set(metadata, "issuer", "https://evil.example"), "discovery_issuer"),
        (
            "the issuer with a slash",
            |metadata| {
                let issuer = format!("{}/", metadata["issuer"].as_str().unwrap());
                set(metadata, "issuer", &issuer);
            },
            "discovery_issuer",
        ),
        (
            "a template",
            |metadata| set(metadata, "issuer", "https://login.example/{tenantid}/v2.0"),
            "discovery_issuer",
        ),
        ("no token endpoint", |metadata| drop(metadata.remove("token_endpoint")), "discovery_member_missing"),
        (
            "a token endpoint that is a number",
            |metadata| drop(metadata.insert("token_endpoint".to_owned(), 5.into())),
            "discovery_endpoint",
        ),
        ("an empty token endpoint", |metadata| set(metadata, "token_endpoint", ""), "discovery_endpoint"),
        ("keys in a file", |metadata| set(metadata, "jwks_uri", "file:///etc/passwd"), "discovery_endpoint"),
        (
            "keys at the machine's metadata",
            |metadata| set(metadata, "jwks_uri", "http://169.254.169.254/keys"),
            "discovery_endpoint",
        ),
        (
            "keys with a password",
            |metadata| set(metadata, "jwks_uri", "https://user:pw@id.example/keys"),
            "discovery_endpoint",
        ),
        (
            "keys by gopher",
            |metadata| set(metadata, "jwks_uri", "gopher://id.example/keys"),
            "discovery_endpoint",
        ),
        (
            "an authorization endpoint that is script",
            |metadata| set(metadata, "authorization_endpoint", "javascript:alert(1)"),
            "discovery_endpoint",
        ),
        (
            "an authorization endpoint with a fragment",
            |metadata| set(metadata, "authorization_endpoint", "https://id.example/a#b"),
            "discovery_endpoint",
        ),
    ];
    for (name, change, code) in rows {
        let world = World::new().provider(move |provider| provider.change_metadata(change)).start().await;
        let landed = world.browser().open(PAGE).await;
        assert_eq!(landed.answer.refusal(), code, "{name}: {}", landed.answer.show());
    }
}

/// G-02: not followed, whoever redirects, and nothing sent along.
#[tokio::test]
async fn a_redirect_from_the_provider_is_not_followed() {
    let trap = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let elsewhere = format!("http://{}/", trap.local_addr().unwrap());
    for (endpoint, code) in [
        (Endpoint::Discovery, "discovery_redirect"),
        (Endpoint::Jwks, "jwks_redirect"),
        (Endpoint::Token, "token_redirect"),
        (Endpoint::Userinfo, "userinfo_redirect"),
    ] {
        for status in [301, 302, 303, 307, 308] {
            let step = Step::redirect(status, &elsewhere);
            let world = World::new().provider(move |provider| provider.always(endpoint, step)).start().await;
            let mut browser = world.browser();
            let landed = browser.open(PAGE).await;
            assert_eq!(landed.answer.refusal(), code, "{endpoint:?} {status}: {}", landed.answer.show());
            assert!(browser.jar.get(SESSION).is_none());
        }
    }
    assert!(!was_asked(&trap).await);
}

/// G-10, G-11, V-TK-2, V-TK-3, V-TK-4
#[tokio::test]
async fn a_token_answer_that_is_not_acceptable_ends_the_login_without_a_session() {
    let world = World::new().start().await;
    let rows: [(&str, Step, &str); 14] = [
        ("a page", Step::html(200, "<html>"), "token_content_type"),
        ("no JSON", Step::json(200, "access_token=x"), "token_unreadable"),
        ("a list", Step::json(200, "[]"), "token_unreadable"),
        ("an empty object", Step::json(200, "{}"), "token_member_missing"),
        ("an error with 200", Step::json(200, r#"{"error":"invalid_grant"}"#), "token_error_with_success"),
        (
            "no ID token",
            Step::json(200, r#"{"access_token":"a","token_type":"Bearer"}"#),
            "token_member_missing",
        ),
        (
            "ID token null",
            Step::json(200, r#"{"access_token":"a","token_type":"Bearer","id_token":null}"#),
            "token_member_missing",
        ),
        (
            "ID token a list",
            Step::json(200, r#"{"access_token":"a","token_type":"Bearer","id_token":["a.b.c"]}"#),
            "token_member_form",
        ),
        (
            "no token type",
            Step::json(200, r#"{"access_token":"a","id_token":"a.b.c"}"#),
            "token_member_missing",
        ),
        (
            "token type mac",
            Step::json(200, r#"{"access_token":"a","token_type":"mac","id_token":"a.b.c"}"#),
            "token_type",
        ),
        (
            "members twice",
            Step::json(
                200,
                r#"{"access_token":"a","access_token":"b","token_type":"Bearer","id_token":"a.b.c"}"#,
            ),
            "token_unreadable",
        ),
        ("invalid_grant", Step::oauth_error(400, "invalid_grant"), "token_invalid_grant"),
        ("500", Step::status(500), "token_status"),
        ("no answer", Step::Cut, "provider_unreachable"),
    ];
    for (name, step, code) in rows {
        let mut browser = world.browser();
        let before = world.provider.count(Endpoint::Token);
        world.provider.always(Endpoint::Token, step);
        let landed = browser.open(PAGE).await;
        assert_eq!(landed.answer.refusal(), code, "{name}: {}", landed.answer.show());
        assert!(
            (400..600).contains(&landed.answer.status) && landed.answer.status != 500,
            "{name}: {}",
            landed.answer.show()
        );
        assert!(browser.jar.get(SESSION).is_none(), "{name}");
        assert_eq!(world.provider.count(Endpoint::Token), before + 1, "{name}: the code is never sent twice");
        world.provider.recover();
        browser.open(PAGE).await.assert_at(PAGE);
    }
}

/// G-11: what the provider says of the lifetime cannot hurt.
#[tokio::test]
async fn an_odd_expires_in_is_taken_as_unknown_or_capped() {
    for value in ["-1", "1e300", "\"3600\"", "0", "null", "18446744073709551616", "1.5"] {
        let world = World::new().start().await;
        let number: serde_json::Value = serde_json::from_str(value).unwrap();
        world.provider.change_token_answer(move |_, answer| {
            drop(answer.insert("expires_in".to_owned(), number.clone()))
        });
        let browser = world.signed_in().await;
        for _ in 0..20 {
            world.send(&world.base_of(&browser)).await.assert_allowed(value);
        }
        assert!(
            world.provider.refreshes() <= 1,
            "{value}: {} refreshes within a second",
            world.provider.refreshes()
        );
    }
}

/// XI-11: the provider used the code and the answer is lost.
#[tokio::test]
async fn a_token_answer_that_is_lost_is_a_page_and_the_next_login_works() {
    let world = World::new().start().await;
    world.provider.once(Endpoint::Token, Step::LoseTheAnswer);
    let mut browser = world.browser();
    let landed = browser.open(PAGE).await;
    landed.answer.assert_refused(503, "provider_unreachable", "lost");
    assert!(browser.jar.get(SESSION).is_none());
    assert_eq!(world.provider.count(Endpoint::Token), 1, "not repeated blindly");
    browser.open(PAGE).await.assert_at(PAGE);
}

/// XI-05: a hundred people at a provider that is down are not a hundred calls to it.
#[tokio::test]
async fn a_hundred_logins_while_the_provider_is_down_are_a_few_calls() {
    let world = World::new()
        .provider(|provider| provider.always(Endpoint::Discovery, Step::status(503)))
        .start()
        .await;
    for _ in 0..100 {
        let landed = world.browser().open(PAGE).await;
        assert!([502, 503].contains(&landed.answer.status), "{}", landed.answer.show());
    }
    assert!(
        world.provider.count(Endpoint::Discovery) < 20,
        "{} calls",
        world.provider.count(Endpoint::Discovery)
    );
}

/// A browser that gives up does not leave a login half done for the others.
#[tokio::test]
async fn a_browser_that_goes_away_during_the_callback_leaves_the_server_well() {
    let world = World::new().start().await;
    let gate = crate::provider::Gate::closed();
    world.provider.once(Endpoint::Token, Step::Held(gate.clone()));
    let mut browser = world.browser();
    let callback = browser.open_until_callback(PAGE).await;
    {
        let call = browser.call_back(&callback);
        tokio::pin!(call);
        tokio::select! {
            _ = &mut call => panic!("the gate is closed"),
            () = world.provider.reached(Endpoint::Token, 1) => {}
        }
    }
    gate.open();
    within("the next login", async { browser.open(PAGE).await.assert_at(PAGE) }).await;
}

fn set(metadata: &mut Metadata, member: &str, value: &str) {
    metadata.insert(member.to_owned(), value.into());
}

/// A page about a callback that asked again by itself would send a code twice.
#[tokio::test]
async fn a_callback_page_about_a_provider_that_is_down_never_asks_again_by_itself() {
    let world = World::new().start().await;
    world.provider.always(Endpoint::Token, Step::Cut);
    let landed = world.browser().open(PAGE).await;
    landed.answer.assert_refused(503, "provider_unreachable", "cut off");
    assert!(landed.answer.header("Refresh").is_none(), "{}", landed.answer.show());
}

/// Whatever a stranger sends, nobody asks the provider for it; and the fault is the stranger's.
#[tokio::test]
async fn a_callback_without_a_state_of_ours_is_refused_as_such_while_the_provider_is_down() {
    let world = World::new().provider_down().start().await;
    for (query, code) in
        [("code=x", "callback_state_missing"), ("code=x&state=made-up", "callback_state_unreadable")]
    {
        let answer = world.browser().get(&format!("{APP}/callback?{query}")).await;
        answer.assert_refused(400, code, query);
    }
}

/// A refresh that hangs holds a request up for a second, while the claims may still be used.
#[tokio::test]
async fn a_request_does_not_wait_longer_than_a_moment_for_a_refresh_that_hangs() {
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    world.provider.always(Endpoint::Token, Step::Hang);
    world.clock.shift(crate::refresh::TOKEN + 1);
    let ask = world.base_of(&browser);
    let answer = tokio::time::timeout(std::time::Duration::from_secs(5), world.send(&ask)).await;
    answer.expect("an answer long before the provider's deadline").assert_allowed("within the grace");
}
