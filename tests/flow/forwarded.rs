//! What a proxy says of the original request, and who may say it (security catalogue ).

use crate::dialects::{assert_closed_to_caches, return_to};
use crate::world::World;

#[tokio::test]
async fn a_host_that_the_client_does_not_guard_is_forbidden_also_with_a_session_and_is_not_repeated() {
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    for host in ["evil.example", "app.example.test.evil.example", "xapp.example.test", "app.example.test:444"]
    {
        for ask in [world.base(), world.base_of(&browser)] {
            let answer = world.send(&ask.having("X-Forwarded-Host", host)).await;
            answer.assert_refused(403, "host_not_guarded", host);
            assert!(!answer.show().contains("evil"), "{}", answer.show());
        }
    }
    for host in ["APP.example.test", "app.example.test.", "app.example.test:443"] {
        world.send(&world.base_of(&browser).having("X-Forwarded-Host", host)).await.assert_allowed(host);
    }
}

#[tokio::test]
async fn a_client_that_does_not_exist_and_a_path_that_is_not_ours_are_404() {
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    for target in [
        "/oidc/none/auth",
        "/oidc/APP/auth",
        "/oidc/app%2f/auth",
        "/oidc/app/../app/auth",
        "/oidc//auth",
        "/oidc/app/auth/",
        "/oidc/app//auth",
        "/oidc/app/auth/nginx/",
        "/oidc/app/auth/other",
        "/oidc/app/",
        "/oidc/app",
        "/oidc",
        "/",
        "/auth/",
        "//oidc/app/auth",
        "/OIDC/app/auth",
        "/oidc/%61pp/auth",
        "/oidc/app/auth%20",
        "/oidc/app/unknown",
        "/metrics",
        "/live",
        "/ready",
    ] {
        let mut ask = world.base_of(&browser);
        ask.target = target.as_bytes().to_vec();
        let answer = world.send(&ask).await;
        assert_eq!(answer.status, 404, "{target}: {}", answer.show());
        assert!(answer.all("X-Auth-Subject").is_empty(), "{target}");
    }
}

#[tokio::test]
async fn a_forwarded_header_that_is_missing_empty_or_twice_is_refused_never_assumed() {
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    for name in ["X-Forwarded-Method", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Uri"] {
        let base = world.base_of(&browser);
        let value = base.header(name).unwrap().to_vec();
        let rows = [
            ("missing", base.clone().without(name)),
            ("empty", base.clone().having(name, "")),
            ("blank", base.clone().having(name, "  ")),
            ("twice the same", base.clone().with(name, &value)),
            ("twice", base.clone().with(name, "/public")),
            ("two in one line", base.clone().having(name, [value.as_slice(), b", /x"].concat())),
            ("bytes that are no text", base.clone().having(name, [0x2f, 0xe9, 0xff])),
            ("an alias beside it", base.clone().with(&name.replace('-', "_"), &value)),
            ("a dotted alias beside it", base.clone().with(&name.replace('-', "."), &value)),
        ];
        for (case, ask) in rows {
            let answer = world.send(&ask).await;
            assert_eq!(answer.status, 400, "{name} {case}: {}", answer.show());
            assert_ne!(answer.refusal(), "-", "{name} {case}");
            assert!(answer.all("X-Auth-Subject").is_empty(), "{name} {case}");
        }
    }
}

#[tokio::test]
async fn a_forwarded_request_that_is_malformed_is_refused_with_a_session_too() {
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    let long_host = format!("{}.test", "a".repeat(300));
    let long_method = "G".repeat(1024);
    let rows: Vec<(&str, &[u8])> = vec![
        ("X-Forwarded-Host", b"a b"),
        ("X-Forwarded-Host", b"user@app.example.test"),
        ("X-Forwarded-Host", b"app.example.test:99999"),
        ("X-Forwarded-Host", b"app.example.test:"),
        ("X-Forwarded-Host", b"app.example.test:0443"),
        ("X-Forwarded-Host", b"[::1"),
        ("X-Forwarded-Host", b"%00"),
        ("X-Forwarded-Host", b"app.example.test/x"),
        ("X-Forwarded-Host", b"app.example.test, evil.example"),
        ("X-Forwarded-Host", b"app\xc3\xa9.example.test"),
        ("X-Forwarded-Host", long_host.as_bytes()),
        ("X-Forwarded-Uri", b"private"),
        ("X-Forwarded-Uri", b"*"),
        ("X-Forwarded-Uri", "/é".as_bytes()),
        ("X-Forwarded-Uri", b"/a b"),
        ("X-Forwarded-Uri", b"/%zz"),
        ("X-Forwarded-Uri", b"/a#b"),
        ("X-Forwarded-Uri", b"/\xe9"),
        ("X-Forwarded-Uri", b"https://evil.example/x"),
        ("X-Forwarded-Proto", b"javascript"),
        ("X-Forwarded-Proto", b"HTTPS"),
        ("X-Forwarded-Proto", b"https://"),
        ("X-Forwarded-Proto", b"https,http"),
        ("X-Forwarded-Method", b"GETz"),
        ("X-Forwarded-Method", b"get"),
        ("X-Forwarded-Method", b"GET /x"),
        ("X-Forwarded-Method", long_method.as_bytes()),
    ];
    for (name, value) in rows {
        let answer = world.send(&world.base_of(&browser).having(name, value)).await;
        let case = format!("{name}: {}", String::from_utf8_lossy(&value[..value.len().min(60)]));
        assert_eq!(answer.status, 400, "{case}: {}", answer.show());
        assert_ne!(answer.refusal(), "-", "{case}");
        assert!(answer.all("Location").is_empty(), "{case}");
    }
}

#[tokio::test]
async fn an_address_that_a_browser_would_take_elsewhere_stays_on_its_host_or_is_refused() {
    let world = World::new().start().await;
    for uri in [
        "//evil.example/x",
        "/\\evil.example",
        "/\\/evil.example",
        "///evil.example",
        "/./\\\\evil.example",
        "/%5cevil.example",
        "/%09/evil.example",
        "/..//evil.example",
    ] {
        let answer = world.send(&world.base().having("X-Forwarded-Uri", uri)).await;
        match answer.status {
            400 => {}
            302 => {
                let back = url::Url::parse(&return_to(answer.location())).unwrap();
                assert_eq!(back.origin().ascii_serialization(), "https://app.example.test", "{uri}");
            }
            _ => panic!("{uri}: {}", answer.show()),
        }
    }
}

/// whoever is not a configured proxy gets nothing, with or without a session.
#[tokio::test]
async fn a_peer_that_is_no_trusted_proxy_is_forbidden_and_the_log_says_which_line_to_add() {
    let world = World::new().server("trusted_proxies: [192.0.2.0/24]").start().await;
    let answer = world.send(&world.base()).await;
    answer.assert_refused(403, "peer_not_trusted", "without a session");
    assert_closed_to_caches(&answer);
    let lines = crate::logs::lines_with(&["peer_not_trusted", "trusted_proxies", "127.0.0.1"]);
    assert!(!lines.is_empty(), "no line tells what to add");
}
