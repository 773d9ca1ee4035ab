//! Rules against real requests: which tokens and sessions are enough where (V-BT-10, RFC 6750 section 3.1, RFC 9470, B-01 to B-06).

use crate::api::{api, api_with};
use crate::provider::Endpoint;
use crate::world::{PAGE, World};

/// V-BT-10: scopes are compared to the letter, and `scope` is split at single spaces.
#[tokio::test]
async fn a_token_without_the_scopes_of_a_rule_is_403_and_is_told_which() {
    let world = api_with("scopes: [read]")
        .line("rules: [{ path: /all, scopes: [write, admin] }, { path: /any, any_scope: [admin, audit] }]")
        .start()
        .await;
    let rows = [
        ("read", "/free", None),
        ("", "/free", Some("read")),
        ("readonly", "/free", Some("read")),
        ("Read", "/free", Some("read")),
        ("read,write", "/free", Some("read")),
        ("write  read", "/free", None),
        ("read write admin", "/all", None),
        ("admin write read", "/all", None),
        ("write admin", "/all", Some("read write admin")),
        ("read write", "/all", Some("read write admin")),
        ("read write admin2", "/all", Some("read write admin")),
        ("read audit", "/any", None),
        ("read admin", "/any", None),
        ("read write", "/any", Some("admin audit")),
    ];
    for (scope, path, needed) in rows {
        let token = world.provider.access_token(|draft| draft.set("scope", scope));
        let (answer, case) =
            (world.send(&world.bearing_at(&token, path)).await, format!("{scope:?} at {path}"));
        let Some(needed) = needed else {
            answer.assert_allowed(&case);
            continue;
        };
        answer.assert_token_refused((403, "bearer_scope"), "insufficient_scope", &case);
        let part = format!(", scope=\"{needed}\"");
        assert!(answer.challenge().contains(&part), "{case}: {}", answer.challenge());
    }
}

#[tokio::test]
async fn a_session_is_not_asked_for_scopes() {
    let world = api().line("rules: [{ path: /private, scopes: [admin] }]").start().await;
    let browser = world.signed_in().await;
    world.send(&world.base_of(&browser)).await.assert_allowed("a session");
    let token = world.provider.access_token(|_| {});
    world.send(&world.bearing(&token)).await.assert_refused(403, "bearer_scope", "a token");
}

/// The token was judged before, at another rule: what is remembered of it is not what it may do.
#[tokio::test]
async fn the_first_rule_that_fits_path_and_method_holds_for_the_same_token() {
    let world = api()
        .line(
            "rules: [{ path: /api/public/* }, { path: /api/*, methods: [GET], scopes: [read] }, \
             { path: /api/*, scopes: [admin] }]",
        )
        .start()
        .await;
    let token = world.provider.access_token(|_| {});
    for (method, path, status) in [
        ("DELETE", "/api/public/a", 200),
        ("GET", "/api/a", 200),
        ("HEAD", "/api/a", 200),
        ("POST", "/api/a", 403),
        ("OPTIONS", "/api/a", 403),
        ("POST", "/elsewhere", 200),
        ("GET", "/API/a", 403),
    ] {
        let ask = world.bearing_at(&token, path).having("X-Forwarded-Method", method);
        let answer = world.send(&ask).await;
        // A path that only some readers put under a rule is refused, whichever it is.
        let refused = ["bearer_scope", "path_ambiguous"].contains(&answer.refusal_or_empty());
        assert_eq!(answer.status == 200, status == 200, "{method} {path}: {}", answer.show());
        assert_eq!(refused, status != 200, "{method} {path}: {}", answer.show());
    }
}

#[tokio::test]
async fn a_path_that_falls_under_a_rule_only_for_some_readers_is_refused_in_every_dialect() {
    let world = api().line("rules: [{ path: /api/*, bearer: required, scopes: [admin] }]").start().await;
    let token = world.provider.access_token(|_| {});
    for path in ["/public/../api/a", "/api%2fa", "/x/..;/api/a"] {
        let url = format!("https://app.example.test{path}");
        let forwarded = world.base().having("X-Forwarded-Uri", path);
        let nginx = world.nginx(PAGE).having("X-Original-URL", &url);
        for (dialect, ask) in [("forwarded", forwarded), ("nginx", nginx)] {
            let answer = world.send(&ask.with("Authorization", format!("Bearer {token}"))).await;
            assert!([400, 403].contains(&answer.status), "{dialect} {path}: {}", answer.show());
            assert_eq!(answer.refusal(), "path_ambiguous", "{dialect} {path}: {}", answer.show());
        }
    }
}

/// B-03: the path and the method that a rule is found by are those that the application may act on.
#[tokio::test]
async fn a_header_that_names_another_path_or_method_does_not_lead_past_a_rule() {
    let world = api()
        .line(
            "rules: [{ path: /api/admin/*, scopes: [admin] }, { path: /api/*, methods: [GET, POST], scopes: [read] }, \
             { path: /api/*, scopes: [admin] }]",
        )
        .start()
        .await;
    let token = world.provider.access_token(|_| {});
    for (name, value) in [
        ("X-HTTP-Method-Override", "DELETE"),
        ("X_HTTP_Method_Override", "DELETE"),
        ("X-HTTP-Method", "delete"),
        ("X-Method-Override", "PUT"),
        ("X-Original-URL", "/api/admin/x"),
        ("X-Rewrite-URL", "https://app.example.test/api/admin"),
    ] {
        let ask = world.bearing_at(&token, "/api/a").having("X-Forwarded-Method", "POST");
        world.send(&ask).await.assert_allowed("without it");
        world.send(&ask.with(name, value)).await.assert_refused(400, "override_ambiguous", name);
    }
    let nginx =
        world.nginx("https://app.example.test/api/a").with("Authorization", format!("Bearer {token}"));
    world.send(&nginx).await.assert_allowed("what nginx itself sends is no override");
    let answer = world.send(&nginx.with("X-Rewrite-URL", "/api/admin/x")).await;
    answer.assert_refused(403, "override_ambiguous", "behind nginx");
}

///
#[tokio::test]
async fn a_rule_takes_the_tokens_of_the_issuers_that_it_names() {
    let world = World::new()
        .further_issuers(1)
        .line(
            "bearer: { main: { audiences: [https://api.example.test] }, \
             ci: { issuer: <issuer-1>, audiences: [https://api.example.test] } }",
        )
        .line("rules: [{ path: /deploy, bearer_issuers: [ci] }, { path: /people, bearer_issuers: [main] }]")
        .start()
        .await;
    let main = world.provider.access_token(|_| {});
    let ci = world.other_providers[0].access_token(|_| {});
    for round in ["not seen before", "seen before"] {
        for (path, main_may, ci_may) in
            [("/deploy", false, true), ("/people", true, false), ("/else", true, true)]
        {
            for (name, token, may) in [("main", &main, main_may), ("ci", &ci, ci_may)] {
                let answer = world.send(&world.bearing_at(token, path)).await;
                let case = format!("{name} at {path}, {round}");
                if may {
                    answer.assert_allowed(&case);
                } else {
                    answer.assert_token_refused((401, "bearer_issuer"), "invalid_token", &case);
                }
            }
        }
    }
}

/// XN-04: nobody is asked because of a token that is refused in any case.
#[tokio::test]
async fn an_issuer_whose_tokens_a_rule_does_not_take_is_not_asked_about_them() {
    let world = World::new()
        .further_issuers(1)
        .line(
            "bearer: { main: { audiences: [https://api.example.test], introspection: all }, \
             ci: { issuer: <issuer-1>, audiences: [https://api.example.test] } }",
        )
        .line("rules: [{ path: /deploy, bearer_issuers: [ci] }]")
        .start()
        .await;
    let (jwt, opaque) = (world.provider.access_token(|_| {}), world.provider.opaque_token(|_| {}));
    for token in [&jwt, &opaque] {
        let answer = world.send(&world.bearing_at(token, "/deploy")).await;
        answer.assert_token_refused((401, "bearer_issuer"), "invalid_token", "of another issuer");
    }
    assert_eq!(world.provider.count(Endpoint::Introspection), 0);
    world.send(&world.bearing_at(&jwt, "/else")).await.assert_allowed("elsewhere");
    assert_eq!(world.provider.count(Endpoint::Introspection), 1);
}

#[tokio::test]
async fn a_rule_that_ignores_tokens_leaves_them_to_the_application() {
    let world = api().line("rules: [{ path: /webhook, bearer: ignored }]").start().await;
    let browser = world.signed_in().await;
    for value in ["Bearer of-the-application", "Bearer a b", "DPoP x"] {
        let at =
            |ask: crate::wire::Ask| ask.having("X-Forwarded-Uri", "/webhook").with("Authorization", value);
        let answer = world.send(&at(world.base())).await;
        assert_eq!((answer.status, answer.refusal()), (302, "no_cookie"), "{value}");
        let answer = world.send(&at(world.program())).await;
        answer.assert_refused(401, "no_cookie", value);
        assert_eq!(answer.all("WWW-Authenticate"), ["Cookie realm=\"app\""], "none would do");
        world.send(&at(world.base_of(&browser))).await.assert_allowed(value);
    }
}

/// RFC 9470 section 3: what is needed, so that the program can ask for it.
#[tokio::test]
async fn a_person_who_was_authenticated_in_another_way_or_long_ago_has_to_do_it_again() {
    let world = api()
        .line("rules: [{ path: /acr, acr_values: [mfa, hwk] }, { path: /age, max_age: 15m }]")
        .start()
        .await;
    let now = world.clock.wall().seconds();
    let rows = [
        ("mfa", now, "/acr", true),
        ("hwk", now, "/acr", true),
        ("pwd", now, "/acr", false),
        ("mfa2", now, "/acr", false),
        ("pwd", now - 600, "/age", true),
        ("pwd", now - 1000, "/age", false),
        ("pwd", now + 1000, "/age", false),
        ("pwd", now + 100, "/age", true),
    ];
    for (acr, auth_time, path, may) in rows {
        let token = world.provider.access_token(|draft| {
            draft.set("acr", acr);
            draft.set("auth_time", auth_time);
        });
        let (answer, case) = (world.send(&world.bearing_at(&token, path)).await, format!("{acr} {path}"));
        if may {
            answer.assert_allowed(&case);
            continue;
        }
        let error = "insufficient_user_authentication";
        answer.assert_token_refused((401, "bearer_authentication"), error, &case);
        let part = if path == "/acr" { ", acr_values=\"mfa hwk\"" } else { ", max_age=\"900\"" };
        assert!(answer.challenge().contains(part), "{case}: {}", answer.challenge());
    }
    let says_nothing = world.provider.access_token(|_| {});
    for path in ["/acr", "/age"] {
        let answer = world.send(&world.bearing_at(&says_nothing, path)).await;
        answer.assert_refused(401, "bearer_authentication", path);
    }
    let grows_old = world.provider.access_token(|draft| {
        draft.set("auth_time", now);
        draft.shift("exp", 7200);
    });
    world.send(&world.bearing_at(&grows_old, "/age")).await.assert_allowed("just now");
    world.clock.shift(901);
    let answer = world.send(&world.bearing_at(&grows_old, "/age")).await;
    answer.assert_refused(401, "bearer_authentication", "remembered, and old by now");
}

#[tokio::test]
async fn a_session_is_held_to_how_its_person_signed_in() {
    let world = World::new()
        .line("rules: [{ path: /acr, acr_values: [mfa] }, { path: /age, max_age: 15m }]")
        .start()
        .await;
    let browser = world.signed_in().await;
    let at = |browser, path: &str| world.base_of(browser).having("X-Forwarded-Uri", path);
    world.send(&at(&browser, "/acr")).await.assert_refused(403, "step_up_needed", "no acr");
    world.send(&at(&browser, "/age")).await.assert_allowed("just now");
    world.clock.shift(901);
    world.send(&at(&browser, "/age")).await.assert_refused(403, "step_up_needed", "too long ago");
    world.send(&at(&browser, "/else")).await.assert_allowed("where nothing is asked");
    world.provider.change_id_token(|draft| draft.set("acr", "mfa"));
    let stronger = world.signed_in().await;
    world.send(&at(&stronger, "/acr")).await.assert_allowed("as is asked");
}
