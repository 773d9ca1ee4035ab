//! Callers that hang up, floods, and issuers that are unwell, while tokens are judged (XI-02, XI-05, XK-01, F-18, J-01, XN-04).

use futures_util::future::{join, join_all};
use serde_json::json;

use crate::api::{api, api_with};
use crate::logs;
use crate::provider::{Endpoint, Gate, Step};
use crate::wire::{Ask, within};
use crate::world::World;

fn asked(world: &World) -> usize {
    world.provider.count(Endpoint::Introspection)
}

fn lasting(world: &World) -> String {
    world.provider.access_token(|draft| draft.shift("exp", 3600))
}

/// Sends it, and hangs up once the provider was asked so often.
async fn hang_up(world: &World, ask: &Ask, endpoint: Endpoint, calls: usize) {
    tokio::select! {
        answer = world.send(ask) => panic!("it was answered: {}", answer.show()),
        () = world.provider.reached(endpoint, calls) => {}
    }
}

/// J-01: what was asked goes on without whoever asked first, for whoever waits beside it.
#[tokio::test]
async fn a_caller_who_hangs_up_takes_the_answer_from_nobody_who_waits() {
    for (settings, endpoint) in
        [("introspection: opaque", Endpoint::Introspection), ("userinfo: true", Endpoint::Userinfo)]
    {
        let world = api_with(settings).start().await;
        let token =
            if settings.contains("opaque") { world.provider.opaque_token(|_| {}) } else { lasting(&world) };
        let gate = Gate::closed();
        world.provider.once(endpoint, Step::Held(gate.clone()));
        let ask = world.bearing(&token);
        hang_up(&world, &ask, endpoint, 1).await;
        // Whoever comes while it is under way waits for the same answer, and so does whoever hangs up, and comes again.
        let asks = (0..20).map(|_| world.send(&ask));
        let opens = async {
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
            gate.open();
        };
        let (answers, ()) = join(join_all(asks), opens).await;
        for answer in answers {
            answer.assert_allowed(settings);
            assert_eq!(answer.all("X-Auth-Subject"), ["subject-4711"]);
        }
        assert_eq!(world.provider.count(endpoint), 1, "{settings}");
    }
}

/// F-18: a fetch of keys that was begun for somebody who hung up is made all the same, so that nobody keeps a rotation from being
/// noticed.
#[tokio::test]
async fn a_caller_who_hangs_up_does_not_use_up_the_fetch_of_new_keys() {
    let world = api().start().await;
    world.send(&world.bearing(&lasting(&world))).await.assert_allowed("before");
    world.provider.script().rotate_to("key-1", 1, true);
    let gate = Gate::closed();
    world.provider.once(Endpoint::Jwks, Step::Held(gate.clone()));
    let unknown = world.provider.access_token(|draft| draft.set_header("kid", "nobody"));
    hang_up(&world, &world.bearing(&unknown), Endpoint::Jwks, 2).await;
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    gate.open();
    world.send(&world.bearing(&lasting(&world))).await.assert_allowed("by the new key");
    assert_eq!(world.provider.count(Endpoint::Jwks), 2);
}

/// G-12: whoever floods an endpoint that hangs with tokens takes no place from people who sign in at the same provider.
#[tokio::test]
async fn a_flood_of_tokens_at_an_endpoint_that_hangs_keeps_nobody_from_signing_in() {
    let world = api_with("introspection: opaque").start().await;
    world.provider.always(Endpoint::Introspection, Step::Hang);
    let tokens: Vec<String> = (0..150).map(|_| world.provider.opaque_token(|_| {})).collect();
    let asks: Vec<_> = tokens.iter().map(|token| world.bearing(token)).collect();
    let flood = join_all(asks.iter().map(|ask| world.send(ask)));
    let meanwhile = async {
        world.provider.reached(Endpoint::Introspection, 32).await;
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        within("a login", world.signed_in()).await;
    };
    tokio::pin!(flood);
    tokio::select! {
        answers = &mut flood => panic!("they were answered before the login: {}", answers[0].show()),
        () = meanwhile => {}
    }
    let reached = asked(&world);
    assert!(reached <= 32, "{reached} at once");
}

/// XI-05: an issuer that says that it cannot now has said nothing of the token.
#[tokio::test]
async fn an_issuer_that_is_unwell_is_503_with_a_time_to_come_again() {
    for (settings, endpoint) in
        [("introspection: all", Endpoint::Introspection), ("userinfo: true", Endpoint::Userinfo)]
    {
        let world = api_with(settings).start().await;
        for status in [500, 502, 503, 504, 429] {
            let token = lasting(&world);
            world.provider.once(endpoint, Step::status(status));
            let answer = world.send(&world.bearing(&token)).await;
            answer.assert_refused(503, "provider_status", settings);
            assert!(answer.header("Retry-After").is_some(), "{settings} {status}");
            assert!(answer.all("WWW-Authenticate").is_empty(), "{settings} {status}: the token may be good");
            answer.assert_leads_nowhere(settings);
            world.clock.shift(2);
            world.send(&world.bearing(&token)).await.assert_allowed("it is well again");
        }
        // What is wrong with the question does not pass by waiting.
        let token = lasting(&world);
        world.provider.once(endpoint, Step::status(404));
        let answer = world.send(&world.bearing(&token)).await;
        assert_eq!(answer.status, 502, "{}", answer.show());
    }
}

/// Headers that nothing can fill are no answer to `userinfo: true`.
#[tokio::test]
async fn userinfo_at_an_issuer_without_such_an_endpoint_is_refused_and_not_left_blank() {
    let world = api_with("userinfo: true")
        .line("rules: [{ path: /lean, userinfo: false }]")
        .provider(|provider| {
            provider.change_metadata(|metadata| drop(metadata.remove("userinfo_endpoint")));
        })
        .start()
        .await;
    let token = lasting(&world);
    let answer = world.send(&world.bearing(&token)).await;
    answer.assert_refused(502, "userinfo_no_endpoint", "nowhere to ask");
    assert!(answer.all("WWW-Authenticate").is_empty(), "nothing is wrong with the token");
    world.send(&world.bearing_at(&token, "/lean")).await.assert_allowed("where it is not asked for");
    let machine = world.provider.access_token(|draft| draft.set("sub", "calling-program"));
    world.send(&world.bearing(&machine)).await.assert_allowed("nobody is asked about a machine");
}

/// R-17.8: with several issuers the operator wants to know whose token it was.
#[tokio::test]
async fn the_line_of_a_refused_token_names_the_issuers_table_where_it_is_known() {
    let world =
        api_with("scopes: [read]").line("rules: [{ path: /much, scopes: [much-more] }]").start().await;
    let line = |answer: &crate::wire::Answer| {
        let id = answer.header("Vestibule-Request-Id").unwrap().to_owned();
        let lines = logs::lines_with(&[&id, r#""verdict":"refuse""#]);
        assert_eq!(lines.len(), 1, "{lines:?}");
        serde_json::from_str::<serde_json::Value>(&lines[0]).unwrap()["fields"].clone()
    };
    let rows = [
        (world.provider.access_token(|draft| draft.set("aud", "grafana")), "/", json!("main")),
        (world.provider.access_token(|draft| draft.shift("exp", -7200)), "/", json!("main")),
        (world.provider.access_token(|draft| draft.set("cnf", json!({ "x": 1 }))), "/", json!("main")),
        (lasting(&world), "/much", json!("main")),
        (world.provider.access_token(|draft| draft.set("iss", "https://evil.example")), "/", json!(null)),
        ("opaque".to_owned(), "/", json!(null)),
    ];
    for (token, path, name) in rows {
        let answer = world.send(&world.bearing_at(&token, path)).await;
        assert_ne!(answer.status, 200, "{}", answer.show());
        let line = line(&answer);
        assert_eq!(line["bearer"], name, "{line}");
    }
}

/// What an operator sees of tokens: how many are remembered, and what came of those that an issuer was asked about.
#[tokio::test]
async fn metrics_count_tokens_that_are_remembered_and_questions_by_what_came_of_them() {
    let world = api_with("introspection: opaque").start().await;
    let good = world.provider.opaque_token(|_| {});
    for _ in 0..3 {
        world.send(&world.bearing(&good)).await.assert_allowed("good");
    }
    world.send(&world.bearing(&lasting(&world))).await.assert_allowed("a JWT, about which nobody is asked");
    world.send(&world.bearing("nobody-knows-it")).await.assert_refused(401, "bearer_inactive", "unknown");
    let text = world.admin("/metrics").await.text();
    for line in [
        r#"vestibule_token_questions_total{client="app",code="ok"} 1"#,
        r#"vestibule_token_questions_total{client="app",code="bearer_inactive"} 1"#,
        "vestibule_tokens_remembered 3",
    ] {
        assert!(text.contains(line), "{line} is not in {text}");
    }
}

/// A file that is replaced by what cannot be read without waiting holds up nobody, and no thread for ever.
#[cfg(unix)]
#[test]
fn a_file_that_became_a_pipe_is_not_waited_for() {
    let path = crate::api::file("keys-that-became-a-pipe", "");
    std::fs::remove_file(&path).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let (tell, told) = std::sync::mpsc::channel();
    let of = path.clone();
    std::thread::spawn(move || tell.send(vestibule::config::source::read_again(&of).map(drop)));
    let read = told.recv_timeout(std::time::Duration::from_secs(5)).expect("it waits for a writer");
    assert!(read.is_err(), "{read:?}");
    std::fs::remove_file(path).unwrap();
}
