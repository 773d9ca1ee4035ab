//! The authorization response (security catalogue E, V-RS-1 to V-RS-9): every wrong one is refused with its code and without a
//! call to the token endpoint, and with a live session it simply goes on to the page.

use crate::browser::Callback;
use crate::provider::Endpoint;
use crate::wire::exchange;
use crate::world::{APP, PAGE, World};

/// One wrong response, made from a right one.
struct Row {
    name: &'static str,
    code: &'static str,
    change: fn(&World, &Callback) -> Callback,
}

const ROWS: &[Row] = &[
    // V-RS-2
    Row {
        name: "code twice",
        code: "callback_parameter_twice",
        change: |_, callback| callback.adding("code", "x"),
    },
    Row {
        name: "state twice",
        code: "callback_parameter_twice",
        change: |_, callback| callback.adding("state", &callback.parameter("state")),
    },
    Row {
        name: "iss twice",
        code: "callback_parameter_twice",
        change: |world, callback| callback.adding("iss", &world.provider.issuer),
    },
    Row {
        name: "error twice",
        code: "callback_parameter_twice",
        change: |_, callback| {
            callback.having("code", None).adding("error", "access_denied").adding("error", "server_error")
        },
    },
    Row {
        name: "code twice, one empty",
        code: "callback_parameter_twice",
        change: |_, callback| callback.adding("code", ""),
    },
    // V-RS-3
    Row {
        name: "no state",
        code: "callback_state_missing",
        change: |_, callback| callback.having("state", None),
    },
    Row {
        name: "an empty state",
        code: "callback_state_missing",
        change: |_, callback| callback.having("state", Some("")),
    },
    Row {
        name: "a state of nobody",
        code: "callback_state_unreadable",
        change: |_, callback| callback.having("state", Some("c29tZXRoaW5nLWVsc2U")),
    },
    Row {
        name: "a state with one letter changed",
        code: "callback_state_unreadable",
        change: |_, callback| {
            let state = callback.parameter("state");
            let middle = state.len() / 2;
            let other = if &state[middle..=middle] == "A" { "B" } else { "A" };
            callback.having("state", Some(&format!("{}{other}{}", &state[..middle], &state[middle + 1..])))
        },
    },
    Row {
        name: "a state cut short",
        code: "callback_state_unreadable",
        change: |_, callback| {
            let state = callback.parameter("state");
            callback.having("state", Some(&state[..state.len() - 1]))
        },
    },
    Row {
        name: "a state with a letter more",
        code: "callback_state_unreadable",
        change: |_, callback| callback.having("state", Some(&format!("{}A", callback.parameter("state")))),
    },
    Row {
        name: "a padded state",
        code: "callback_state_unreadable",
        change: |_, callback| callback.having("state", Some(&format!("{}=", callback.parameter("state")))),
    },
    Row {
        name: "a state of 5 KB",
        code: "callback_parameter_too_long",
        change: |_, callback| callback.having("state", Some(&"s".repeat(5000))),
    },
    // V-RS-4
    Row {
        name: "iss of somebody else",
        code: "callback_issuer",
        change: |_, callback| callback.having("iss", Some("https://evil.example")),
    },
    Row {
        name: "iss with a slash more",
        code: "callback_issuer",
        change: |world, callback| callback.having("iss", Some(&format!("{}/", world.provider.issuer))),
    },
    Row {
        name: "iss in capitals",
        code: "callback_issuer",
        change: |world, callback| callback.having("iss", Some(&world.provider.issuer.to_uppercase())),
    },
    Row {
        name: "self-issued",
        code: "callback_issuer",
        change: |_, callback| callback.having("iss", Some("https://self-issued.me")),
    },
    Row {
        name: "no iss although it is announced",
        code: "callback_issuer_missing",
        change: |_, callback| callback.having("iss", None),
    },
    Row {
        name: "an empty iss",
        code: "callback_issuer_missing",
        change: |_, callback| callback.having("iss", Some("")),
    },
    Row {
        name: "no iss in an error",
        code: "callback_issuer_missing",
        change: |_, callback| {
            callback.having("iss", None).having("code", None).having("error", Some("access_denied"))
        },
    },
    // V-RS-5
    Row {
        name: "code and error together",
        code: "callback_code_with_error",
        change: |_, callback| callback.having("error", Some("access_denied")),
    },
    Row {
        name: "error without state",
        code: "callback_state_missing",
        change: |_, callback| {
            callback.having("code", None).having("state", None).having("error", Some("access_denied"))
        },
    },
    // V-RS-6
    Row {
        name: "no code",
        code: "callback_code_missing",
        change: |_, callback| callback.having("code", None),
    },
    Row {
        name: "an empty code",
        code: "callback_code_missing",
        change: |_, callback| callback.having("code", Some("")),
    },
    Row {
        name: "a code with a line break",
        code: "callback_parameter_form",
        change: |_, callback| callback.having("code", Some("x\r\nHost: evil")),
    },
    Row {
        name: "a code with a zero",
        code: "callback_parameter_form",
        change: |_, callback| callback.having("code", Some("x\0y")),
    },
    Row {
        name: "a code beyond ASCII",
        code: "callback_parameter_form",
        change: |_, callback| callback.having("code", Some("é")),
    },
    Row {
        name: "a code of 9 KB",
        code: "callback_parameter_too_long",
        change: |_, callback| callback.having("code", Some(&"c".repeat(9000))),
    },
    // V-RS-7
    Row {
        name: "an ID token beside the code",
        code: "callback_other_response_type",
        change: |_, callback| callback.adding("id_token", "a.b.c"),
    },
    Row {
        name: "an access token beside the code",
        code: "callback_other_response_type",
        change: |_, callback| callback.adding("access_token", "x"),
    },
    Row {
        name: "a signed response",
        code: "callback_other_response_type",
        change: |_, callback| callback.adding("response", "a.b.c"),
    },
    Row {
        name: "an access token alone",
        code: "callback_other_response_type",
        change: |_, callback| callback.having("code", None).adding("access_token", "x"),
    },
    Row {
        name: "nothing at all",
        code: "callback_issuer_missing",
        change: |_, callback| callback.with_text(""),
    },
];

/// V-RS-2, V-RS-3, V-RS-4, V-RS-6, V-RS-7
#[tokio::test]
async fn every_wrong_response_is_a_page_with_its_code_and_no_token_call() {
    let world = World::new().start().await;
    for row in ROWS {
        let mut browser = world.browser();
        let right = browser.open_until_callback(PAGE).await;
        let answer = browser.call_back(&(row.change)(&world, &right)).await;
        answer.assert_refused(400, row.code, row.name);
        answer.assert_page(row.name);
        assert!(!browser.has_session(), "{}", row.name);
    }
    assert_eq!(world.provider.count(Endpoint::Token), 0);
}

/// V-RS-3, V-RS-9, E-04: the address to return to is sealed in the state, and a seal that was touched opens nothing.
#[tokio::test]
async fn a_state_that_was_changed_anywhere_leads_nowhere() {
    let world = World::new().start().await;
    let mut browser = world.browser();
    let right = browser.open_until_callback(PAGE).await;
    let state = right.parameter("state");
    for at in (0..state.len()).step_by(7) {
        let mut changed = state.clone();
        let other = if changed.as_bytes()[at] == b'A' { "B" } else { "A" };
        changed.replace_range(at..=at, other);
        let answer = browser.call_back(&right.having("state", Some(&changed))).await;
        answer.assert_refused(400, "callback_state_unreadable", &at.to_string());
    }
    assert_eq!(world.provider.count(Endpoint::Token), 0);
    browser.finish(right).await.assert_at(PAGE);
}

#[tokio::test]
async fn every_wrong_response_by_form_post_is_refused_with_the_same_code() {
    let world = World::new().line("response_mode: form_post").start().await;
    for row in ROWS {
        let mut browser = world.browser();
        let right = browser.open_until_callback(PAGE).await;
        // Where a session would help, the browser is sent round once more, so that its cookie comes along.
        let landed = browser.finish((row.change)(&world, &right)).await;
        landed.answer.assert_refused(400, row.code, row.name);
        assert!(!browser.has_session(), "{}", row.name);
    }
    assert_eq!(world.provider.count(Endpoint::Token), 0);
}

/// tab 2 still shows the provider's page after tab 1 signed in. What is only old or foreign is none of the person's
/// business then; what is wrong in itself is a page as ever.
#[tokio::test]
async fn a_stray_response_in_a_browser_with_a_live_session_goes_on_and_no_wrong_one_touches_the_session() {
    let world = World::new().start().await;
    let mut browser = world.signed_in().await;
    let session = world.session_cookie(&browser);
    for row in ROWS {
        let right = browser.open_until_callback(&format!("{APP}/login?rd={PAGE}")).await;
        let answer = browser.call_back(&(row.change)(&world, &right)).await;
        if row.code.starts_with("callback_state_") {
            assert_eq!(
                (answer.status, answer.location()),
                (303, "https://app.example.test/"),
                "{}: {}",
                row.name,
                answer.show()
            );
        } else {
            answer.assert_refused(400, row.code, row.name);
        }
        assert_eq!(world.session_cookie(&browser), session, "{}", row.name);
    }
    assert_eq!(world.provider.count(Endpoint::Token), 1, "the first login only");
}

/// V-RS-5, E-16
#[tokio::test]
async fn an_error_of_the_provider_is_a_page_that_repeats_nothing_and_uses_the_flow_up() {
    for (error, status, code) in [
        ("access_denied", 403, "callback_access_denied"),
        ("temporarily_unavailable", 503, "callback_provider_unavailable"),
        ("server_error", 503, "callback_provider_unavailable"),
        ("login_required", 403, "callback_interaction_required"),
        ("invalid_scope", 502, "callback_registration"),
        ("<script>alert(1)</script>", 502, "callback_provider_error"),
        ("\u{202e}", 400, "callback_parameter_form"),
    ] {
        let world = World::new().start().await;
        let mut browser = world.browser();
        let right = browser.open_until_callback(PAGE).await;
        let wrong = right
            .having("code", None)
            .having("error", Some(error))
            .having("error_description", Some("\"><script>alert(2)</script>{{7*7}}"))
            .having("error_uri", Some("javascript:alert(3)"));
        let answer = browser.call_back(&wrong).await;
        assert_eq!(answer.refusal(), code, "{error}: {}", answer.show());
        assert_eq!(answer.status, status, "{error}: {}", answer.show());
        answer.assert_page(error);
        for reflected in ["<script", "alert(", "{{7*7}}", "javascript:", "\u{202e}"] {
            assert!(!answer.text().contains(reflected), "{error}: {reflected} is repeated");
        }
        assert_eq!(world.provider.count(Endpoint::Token), 0);
        if code != "callback_parameter_form" {
            let answer = browser.call_back(&right).await;
            answer.assert_refused(400, "flow_replayed", &format!("after {error}"));
        }
    }
}

/// V-RS-8
#[tokio::test]
async fn unknown_parameters_are_passed_over_and_not_repeated() {
    let world = World::new().start().await;
    let mut browser = world.browser();
    let callback = browser
        .open_until_callback(PAGE)
        .await
        .adding("session_state", "x")
        .adding("x", "<script>")
        .adding("x", "twice");
    browser.finish(callback).await.assert_at(PAGE);
}

/// V-RS-1
#[tokio::test]
async fn the_callback_takes_get_and_with_form_post_post_and_nothing_else() {
    let world = World::new().start().await;
    let mut browser = world.browser();
    let callback = browser.open_until_callback(PAGE).await;
    let target = callback.url.strip_prefix("https://app.example.test").unwrap().to_owned();
    for method in ["HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"] {
        let mut ask = world.base_of(&browser);
        method.clone_into(&mut ask.method);
        ask.target = target.clone().into_bytes();
        let answer = exchange(world.address, &ask.bytes()).await.unwrap();
        assert_eq!(answer.status, 405, "{method}: {}", answer.show());
        assert!(answer.header("Allow").is_some(), "{method}");
    }
    assert_eq!(world.provider.count(Endpoint::Token), 0);
    browser.finish(callback).await.assert_at(PAGE);
}

/// E-23: without form_post nobody posts to the callback, and with it nobody gets.
#[tokio::test]
async fn a_response_by_the_way_that_was_not_asked_for_is_refused() {
    let world = World::new().start().await;
    let mut browser = world.browser();
    let callback = browser.open_until_callback(PAGE).await;
    let query = callback.url.split_once('?').unwrap().1.to_owned();
    let mut ask = world.base_of(&browser).form(query);
    ask.method = "POST".to_owned();
    ask.target = b"/oidc/app/callback".to_vec();
    let answer = world.send(&ask).await;
    assert_ne!(answer.status, 303, "{}", answer.show());
    assert_ne!(answer.refusal(), "-", "{}", answer.show());

    let world = World::new().line("response_mode: form_post").start().await;
    let mut browser = world.browser();
    let callback = browser.open_until_callback(PAGE).await;
    let query = String::from_utf8(callback.body.clone()).unwrap();
    let answer = browser.call_back(&Callback::typed(format!("{APP}/callback?{query}"))).await;
    assert_ne!(answer.status, 303, "{}", answer.show());
    assert_eq!(world.provider.count(Endpoint::Token), 0);
}

#[tokio::test]
async fn a_posted_response_is_read_up_to_64_kib_and_only_as_a_form() {
    let world = World::new().line("response_mode: form_post").start().await;
    let mut browser = world.browser();
    let callback = browser.open_until_callback(PAGE).await;
    let answer = browser.call_back(&callback.adding("x", &"y".repeat(80_000))).await;
    assert_eq!(answer.status, 413, "{}", answer.show());
    let mut ask = world.base_of(&browser).form(callback.body.clone()).having("Content-Type", "text/plain");
    ask.method = "POST".to_owned();
    ask.target = b"/oidc/app/callback".to_vec();
    let answer = world.send(&ask).await;
    assert_eq!(answer.status / 100, 4, "{}", answer.show());
    assert_eq!(world.provider.count(Endpoint::Token), 0);
    browser.finish(callback).await.assert_at(PAGE);
}

/// crawlers.
#[tokio::test]
async fn a_callback_that_nobody_asked_for_is_400_and_not_our_fault() {
    let world = World::new().start().await;
    world.signed_in().await;
    for query in
        ["", "?", "?code", "?=", "?&&&", "?code=x&state=y", "?%", "?code=%ff%fe&state=%00", "?\u{7f}"]
    {
        let mut ask = world.base();
        ask.target = format!("/oidc/app/callback{query}").into_bytes();
        let Some(answer) = exchange(world.address, &ask.with("Connection", "close").bytes()).await else {
            continue;
        };
        assert_eq!(answer.status, 400, "{query}: {}", answer.show());
    }
    let text = world.admin("/metrics").await.text();
    assert!(text.contains("vestibule_panics_total 0"), "{text}");
}
