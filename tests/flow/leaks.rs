//! No secret of anybody is in anything that is logged (K-05, K-06, R-24.1), at the finest level. Every world of these tests looks
//! for its own when it is dropped; here all paths are taken on purpose.

use crate::logs;
use crate::provider::{Endpoint, Step};
use crate::wire::exchange;
use crate::world::{APP, PAGE, World};

#[tokio::test]
async fn a_whole_day_leaves_no_secret_token_code_cookie_or_address_in_the_log() {
    let world = World::new().line("session: { idle: 8h, absolute: 7d }").start().await;
    let mut seen: Vec<(&str, String)> = Vec::new();

    let mut browser = world.browser();
    let callback =
        browser.open_until_callback("https://app.example.test/private?api_key=query-canary-1").await;
    seen.push(("state", callback.parameter("state")));
    seen.push(("code", callback.parameter("code")));
    world.provider.once(Endpoint::Token, Step::oauth_error(400, "invalid_grant"));
    browser.call_back(&callback.having("code", Some("code-canary-2"))).await;
    browser.call_back(&callback.having("state", Some("state-canary-3"))).await;
    browser.open(PAGE).await.assert_at(PAGE);
    for cookie in browser.jar.all() {
        seen.push(("cookie", cookie.value.clone()));
    }
    for canary in [
        "query-canary-1",
        "code-canary-2",
        "state-canary-3",
        "header-canary-4",
        "cookie-canary-5",
        "bearer-canary-6",
    ] {
        seen.push(("canary", canary.to_owned()));
    }
    let odd =
        world.base().with("Authorization", "Bearer bearer-canary-6").with("X-User-Email", "header-canary-4");
    world.send(&odd).await;
    world
        .send(
            &world
                .base()
                .with("Cookie", "__Host-vestibule_app=cookie-canary-5")
                .having("X-Forwarded-Uri", "/a?t=query-canary-1"),
        )
        .await;
    world
        .send(
            &world
                .base()
                .having("X-Forwarded-Host", "evil.example")
                .having("X-Forwarded-Uri", "/a?t=query-canary-1"),
        )
        .await;
    let allowed = world.base_of(&browser).having("X-Forwarded-Uri", "/a?t=query-canary-1");
    world.send(&allowed).await.assert_allowed("with a query");
    for endpoint in ["session", "userinfo", "new-token"] {
        browser.fetch(&format!("{APP}/{endpoint}")).await;
    }
    world.clock.shift(3601);
    world.send(&world.base_of(&browser)).await;
    world.provider.once(
        Endpoint::Token,
        Step::json(
            400,
            r#"{"error":"invalid_request","error_description":"code-canary-2 ada.secret@example.org"}"#,
        ),
    );
    world.browser().open(PAGE).await;
    world.provider.change_id_token(|draft| draft.set("aud", "grafana"));
    world.browser().open(PAGE).await;
    world.provider.change_id_token(|_| {});
    world.provider.script().id_token_claims.insert("email".to_owned(), "ada.secret@example.org\r\n".into());
    world.browser().open(PAGE).await;
    let answer = browser.submit(PAGE, &format!("{APP}/logout"), "rd=%2Fx%3Ft%3Dquery-canary-1").await;
    assert_eq!(answer.status, 303);
    world.provider.once(Endpoint::Token, Step::Cut);
    world.browser().open(PAGE).await;

    seen.extend(world.secrets());
    for claim in ["ada.secret@example.org", "subject-4711"] {
        seen.push(("claim", claim.to_owned()));
    }
    let log = logs::text();
    assert!(log.contains("signed_in"), "the log was captured");
    for (kind, secret) in seen.iter().filter(|(_, secret)| !secret.is_empty()) {
        assert!(!log.contains(secret.as_str()), "{kind} is in the log: {:#?}", logs::lines_with(&[secret]));
    }
}

/// K-06
#[tokio::test]
async fn nothing_that_a_request_holds_breaks_a_log_line() {
    let world = World::new().start().await;
    let rows: [(&str, &[u8]); 4] = [
        ("X-Forwarded-Host", b"a\x1b[2Jfake-line-canary"),
        ("X-Forwarded-Method", b"\x1b]0;fake-line-canary"),
        ("User-Agent", b"\x1b[31mfake-line-canary\xff"),
        ("X-Forwarded-Uri", b"/\x9b2Jfake-line-canary"),
    ];
    for (name, value) in rows {
        // hyper answers some of them itself.
        exchange(world.address, &world.base().having(name, value).with("Connection", "close").bytes()).await;
    }
    let log = logs::text();
    assert!(!log.contains('\x1b') && !log.contains('\u{9b}'), "an escape sequence is in the log");
    for line in log.lines() {
        assert!(line.starts_with('{') && line.ends_with('}'), "{line}");
    }
}

/// One line a decision, with what an operator looks for (R-24.2).
#[tokio::test]
async fn each_decision_is_one_line_with_code_client_and_request_id() {
    let world = World::new().start().await;
    let answer = world.send(&world.base()).await;
    let id = answer.header("Vestibule-Request-Id").unwrap();
    let lines = logs::lines_with(&[id]);
    assert_eq!(lines.len(), 1, "{lines:#?}");
    for part in ["no_cookie", "\"app\"", "app.example.test"] {
        assert!(lines[0].contains(part), "{part}: {}", lines[0]);
    }
}

/// What needs the operator is told with the remedy, and not for every image of a page.
#[tokio::test]
async fn what_needs_the_operator_is_a_warning_once_a_minute() {
    let world = World::new().start().await;
    let ask = world.base().without("X-Forwarded-Host");
    for (shift, level) in [(0, "WARN"), (0, "INFO"), (30, "INFO"), (31, "WARN")] {
        world.clock.shift(shift);
        let answer = world.send(&ask).await;
        answer.assert_refused(400, "forwarded_host_missing", level);
        let lines = logs::lines_with(&[answer.header("Vestibule-Request-Id").unwrap()]);
        assert_eq!(lines.len(), 1, "{lines:#?}");
        assert!(
            lines[0].contains(&format!("\"level\":\"{level}\"")),
            "{level} after {shift} s: {}",
            lines[0]
        );
        assert_eq!(lines[0].contains("\"remedy\""), level == "WARN", "{}", lines[0]);
    }
}
