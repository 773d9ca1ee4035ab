//! The operator's listener (R-20.2, R-24.3, I-10).

use crate::wire::{Ask, send, within};
use crate::world::{APP, PAGE, World};

#[tokio::test]
async fn live_and_ready_are_200_and_ready_tells_about_each_provider() {
    let mut world = World::new().provider_down().start().await;
    assert_eq!(world.admin("/live").await.status, 200);
    let ready = world.admin("/ready").await;
    assert_eq!(
        ready.status,
        200,
        "a provider that is down does not take the signed-in people's sidecar away: {}",
        ready.show()
    );
    assert_eq!(ready.json()["ready"], true);
    assert_eq!(ready.json()["providers"][0]["issuer"], world.provider.issuer);
    assert_eq!(ready.json()["providers"][0]["known"], false);
    world.provider.come_up();
    world.provider.reached(crate::provider::Endpoint::Jwks, 1).await;
    assert_eq!(world.admin("/ready").await.json()["providers"][0]["known"], true);
}

#[tokio::test]
async fn metrics_count_decisions_logins_sessions_and_refreshes_with_their_reasons() {
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    world.send(&world.base_of(&browser)).await.assert_allowed("once more");
    world.send(&world.base().having("X-Forwarded-Host", "evil.example")).await;
    let mut stranger = world.browser();
    let callback = stranger.open_until_callback(PAGE).await;
    stranger.call_back(&callback.having("state", None)).await;
    world.clock.shift(3601);
    world.send(&world.base_of(&browser)).await.assert_allowed("with a refresh");
    within("the refresh", async {
        while !world.admin("/metrics").await.text().contains("vestibule_refreshes_total{") {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let answer = world.admin("/metrics").await;
    assert_eq!(answer.status, 200);
    assert!(answer.header("Content-Type").unwrap().starts_with("application/openmetrics-text"));
    let text = answer.text();
    for line in [
        r#"vestibule_auth_decisions_total{client="app",verdict="allow",code="ok"} 3"#,
        r#"vestibule_auth_decisions_total{client="app",verdict="login",code="no_cookie"} 2"#,
        r#"vestibule_auth_decisions_total{client="app",verdict="refuse",code="host_not_guarded"} 1"#,
        r#"vestibule_logins_started_total{client="app"} 2"#,
        r#"vestibule_logins_completed_total{client="app"} 1"#,
        r#"vestibule_logins_failed_total{client="app",code="callback_state_missing"} 1"#,
        r#"vestibule_refreshes_total{client="app",code="ok"} 1"#,
        "vestibule_sessions 1",
        "vestibule_panics_total 0",
        "# EOF",
    ] {
        assert!(text.lines().any(|have| have == line), "{line} is not in\n{text}");
    }
    for (kind, secret) in world.secrets() {
        assert!(!text.contains(&secret), "{kind} is in the metrics");
    }
    assert!(!text.contains("evil.example") && !text.contains("subject-4711"), "labels are ours");
}

#[tokio::test]
async fn the_two_listeners_answer_only_what_is_theirs() {
    let world = World::new().start().await;
    for path in ["/oidc/app/auth", "/auth", "/oidc/app/login", "/", "/debug", "/live/", "//metrics"] {
        assert_eq!(world.admin(path).await.status, 404, "{path}");
    }
    let mut browser = world.browser();
    for path in ["/live", "/ready", "/metrics", "/sessions"] {
        let answer = browser.get(&format!("{APP}{path}")).await;
        assert_eq!(answer.status, 404, "{path}");
    }
}

#[tokio::test]
async fn the_admin_listener_is_read_and_never_written() {
    let world = World::new().start().await;
    for path in ["/live", "/ready", "/metrics"] {
        for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
            let ask = Ask::new(method, path).with("Host", "admin.internal:9100");
            let answer = send(world.admin_address, &ask).await;
            assert_eq!((answer.status, answer.header("Allow")), (405, Some("GET, HEAD")), "{method} {path}");
        }
    }
}
