//! Programs with access tokens and people with sessions on one route (V-BT-1 to V-BT-3, V-BT-9, F-21, R-14.6, R-17.1).

use serde_json::json;

use crate::api::{api, api_with};
use crate::provider::Endpoint;
use crate::world::{Client, PAGE, World};

/// the person is `sub`; nobody needs an e-mail address.
#[tokio::test]
async fn a_good_token_is_200_with_every_identity_header_once_in_every_dialect() {
    let world = api().start().await;
    let token = world.provider.access_token(|_| {});
    for (dialect, ask) in world.in_every_dialect() {
        let answer = world.send(&ask.with("Authorization", format!("Bearer {token}"))).await;
        answer.assert_allowed(dialect);
        assert_eq!(answer.all("X-Auth-Subject"), ["subject-4711"], "{dialect}");
        assert_eq!(answer.all("X-Auth-Issuer"), [world.provider.issuer.as_str()], "{dialect}");
        assert_eq!(answer.all("X-Auth-Client"), ["calling-program"], "{dialect}");
        assert_eq!(answer.all("X-User-Email"), ["ada.secret@example.org"], "{dialect}");
        assert_eq!(answer.all("X-User-Groups"), ["staff,admins"], "{dialect}");
        assert_eq!(answer.all("X-User-Name"), [""], "{dialect}: what it does not say is empty");
        assert_eq!(answer.header("Content-Length"), Some("0"), "{dialect}");
        for name in ["Set-Cookie", "WWW-Authenticate", "Location", "Authorization"] {
            assert!(answer.all(name).is_empty(), "{dialect}: {name}");
        }
    }
}

#[tokio::test]
async fn a_session_opens_the_same_route_and_fills_the_headers_of_tokens_too() {
    let world = api().start().await;
    let browser = world.signed_in().await;
    let answer = world.send(&world.base_of(&browser)).await;
    answer.assert_allowed("with a session");
    assert_eq!(answer.all("X-Auth-Issuer"), [world.provider.issuer.as_str()]);
    assert_eq!(answer.all("X-Auth-Client"), [""], "a session was issued to nobody else");
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    let answer = world.send(&world.base_of(&browser)).await;
    assert!(answer.all("X-Auth-Issuer").is_empty() && answer.all("X-Auth-Client").is_empty());
}

/// C-01
#[tokio::test]
async fn headers_of_tokens_that_the_caller_sends_are_refused() {
    let world = api().start().await;
    let token = world.provider.access_token(|_| {});
    let browser = world.signed_in().await;
    for name in ["X-Auth-Client", "x_auth_client", "X-Auth-Issuer", "X.Auth.Issuer"] {
        for value in ["someone-else", ""] {
            for (case, ask) in [
                ("token", world.bearing(&token)),
                ("session", world.base_of(&browser)),
                ("neither", world.base()),
            ] {
                let answer = world.send(&ask.with(name, value)).await;
                answer.assert_refused(400, "identity_header_sent", &format!("{name} {case}"));
            }
        }
    }
}

/// V-BT-9, RFC 9068 section 5: the text of `sub` may be that of a person.
#[tokio::test]
async fn a_machine_has_no_header_of_a_person() {
    let world = api().start().await;
    let token = world.provider.access_token(|draft| {
        draft.set("sub", "calling-program");
        draft.set("preferred_username", "ada");
    });
    let answer = world.send(&world.bearing(&token)).await;
    answer.assert_allowed("a machine");
    for name in ["X-Auth-Subject", "X-User-Email", "X-User-Name"] {
        assert_eq!(answer.all(name), [""], "{name}");
    }
    assert_eq!(answer.all("X-Auth-Client"), ["calling-program"]);
    assert_eq!(answer.all("X-User-Groups"), ["staff,admins"], "what machines have too");
}

/// V-BT-1
#[tokio::test]
async fn the_scheme_is_taken_in_any_letter_case() {
    let world = api().start().await;
    let token = world.provider.access_token(|_| {});
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let ask = world.program().with("Authorization", format!("{scheme} {token}"));
        world.send(&ask).await.assert_allowed(scheme);
    }
}

/// V-BT-1, F-21: what begins as ours and is not one token decides, and decides against.
#[tokio::test]
async fn what_is_not_one_token_is_refused_and_leads_nowhere() {
    let world = api().start().await;
    let token = world.provider.access_token(|_| {});
    let rows: Vec<Vec<u8>> = vec![
        b"Bearer".to_vec(),
        format!("Bearer  {token}").into(),
        format!("Bearer\t{token}").into(),
        format!("Bearer {token} more").into(),
        format!("Bearer {token}, Bearer {token}").into(),
        format!("Bearer \"{token}\"").into(),
        b"Bearer a=b".to_vec(),
        b"Bearer =".to_vec(),
        b"bearer,".to_vec(),
        b"Bearer \xff\xfe".to_vec(),
        b"DPoP".to_vec(),
    ];
    for row in rows {
        let case = String::from_utf8_lossy(&row).into_owned();
        let answer = world.send(&world.base().with("Authorization", &row)).await;
        answer.assert_token_refused((401, "bearer_malformed"), "invalid_token", &case);
    }
    let other = "Basic YTpi".to_owned();
    let good = format!("Bearer {token}");
    for [first, second] in [[&good, &good], [&good, &other], [&other, &good]] {
        let ask = world.base().with("Authorization", first).with("Authorization", second);
        world.send(&ask).await.assert_token_refused((400, "bearer_twice"), "invalid_request", second);
    }
}

/// they are the application's, and the cookie decides.
#[tokio::test]
async fn other_schemes_and_garbage_in_authorization_decide_nothing() {
    let world = api().start().await;
    let browser = world.signed_in().await;
    let rows: [&[u8]; 8] = [
        b"Basic YWRhOnNlY3JldA==",
        b"Negotiate YII=",
        b"Digest username=\"ada\"",
        b"Bearers token",
        b"Bearer-Token token",
        b"eyJhbGciOiJub25lIn0.e30.",
        b"\xff\xfe",
        b"",
    ];
    for row in rows {
        let case = String::from_utf8_lossy(row).into_owned();
        let answer = world.send(&world.base().with("Authorization", row)).await;
        assert_eq!((answer.status, answer.refusal()), (302, "no_cookie"), "{case}: {}", answer.show());
        let ask = world.base_of(&browser).with("Authorization", row);
        world.send(&ask).await.assert_allowed(&case);
    }
    let twice = world.base_of(&browser).with("Authorization", "Basic YTpi").with("Authorization", "Digest x");
    world.send(&twice).await.assert_allowed("two lines, none of which is ours");
}

/// V-BT-2, F-21: RFC 9700 section 4.3.2.
#[tokio::test]
async fn a_token_anywhere_else_is_none() {
    let world = api().start().await;
    let token = world.provider.access_token(|_| {});
    let asks = [
        ("query", world.base().having("X-Forwarded-Uri", format!("/private?access_token={token}"))),
        ("cookie", world.base().with("Cookie", format!("access_token={token}"))),
        ("another header", world.base().with("X-Access-Token", &token)),
        ("the proxy's own", world.base().with("Proxy-Authorization", format!("Bearer {token}"))),
    ];
    for (case, ask) in asks {
        let answer = world.send(&ask).await;
        assert_eq!((answer.status, answer.refusal()), (302, "no_cookie"), "{case}: {}", answer.show());
    }
}

/// V-BT-3, C-09: which of the two the application would go by, nobody knows.
#[tokio::test]
async fn a_token_beside_a_cookie_of_ours_is_refused_however_good_both_are() {
    let world = api().start().await;
    let browser = world.signed_in().await;
    let good = world.provider.access_token(|_| {});
    let bad = world.provider.access_token(|draft| draft.set("aud", "grafana"));
    for token in [&good, &bad] {
        for (dialect, ask) in world.in_every_dialect() {
            let cookie = world.session_cookie(&browser);
            let ask = ask.with("Cookie", cookie).with("Authorization", format!("Bearer {token}"));
            let answer = world.send(&ask).await;
            let status = if dialect == "nginx" { 403 } else { 400 };
            answer.assert_token_refused((status, "bearer_with_cookie"), "invalid_request", dialect);
        }
    }
    let unreadable = world.bearing(&good).with("Cookie", "__Host-vestibule_app=x");
    world.send(&unreadable).await.assert_refused(400, "bearer_with_cookie", "whatever it holds");
    let of_others = world.bearing(&good).with("Cookie", "theme=dark; sessionid=4711");
    world.send(&of_others).await.assert_allowed("the application's own cookies");
}

/// V-BT-3, R-17.1: the token alone decides, also against.
#[tokio::test]
async fn with_session_token_lets_the_token_decide_and_never_the_cookie() {
    let world = api().line("bearer_options: { with_session: token }").start().await;
    let browser = world.signed_in().await;
    let good = world.provider.access_token(|draft| draft.set("sub", "somebody-else"));
    let bad = world.provider.access_token(|draft| draft.shift("exp", -4000));
    for (dialect, ask) in world.in_every_dialect() {
        let ask = ask.with("Cookie", world.session_cookie(&browser));
        let answer = world.send(&ask.clone().with("Authorization", format!("Bearer {good}"))).await;
        answer.assert_allowed(dialect);
        assert_eq!(answer.all("X-Auth-Subject"), ["somebody-else"], "{dialect}");
        let answer = world.send(&ask.clone().with("Authorization", format!("Bearer {bad}"))).await;
        answer.assert_token_refused((401, "bearer_expired"), "invalid_token", dialect);
        world.send(&ask).await.assert_allowed("the cookie alone");
    }
}

/// A request that the token decides is no use of a session.
#[tokio::test]
async fn a_session_beside_a_token_is_not_looked_at() {
    let world = api_with("clock_leeway: 0s")
        .line("bearer_options: { with_session: token }")
        .line("session: { idle: 1h }")
        .start()
        .await;
    let browser = world.signed_in().await;
    for _ in 0..2 {
        world.clock.shift(40 * 60);
        let token = world.provider.access_token(|_| {});
        let ask = world.base_of(&browser).with("Authorization", format!("Bearer {token}"));
        world.send(&ask).await.assert_allowed("by the token");
    }
    let answer = world.send(&world.base_of(&browser)).await;
    assert_eq!((answer.status, answer.refusal()), (302, "session_idle"), "{}", answer.show());
}

#[tokio::test]
async fn a_client_that_takes_no_tokens_leaves_them_to_the_application() {
    let world = World::new().client(Client::named("other")).start().await;
    let token = world.provider.access_token(|_| {});
    let answer = world.send(&world.base().with("Authorization", format!("Bearer {token}"))).await;
    assert_eq!((answer.status, answer.refusal()), (302, "no_cookie"), "{}", answer.show());
    let browser = world.signed_in().await;
    let ask = world.base_of(&browser).with("Authorization", format!("Bearer {token}"));
    let answer = world.send(&ask).await;
    answer.assert_allowed("by the session");
    assert_eq!(answer.all("X-Auth-Subject"), ["subject-4711"]);
}

/// What a token says is encoded as what an ID token says (C-03): no value breaks a header.
#[tokio::test]
async fn what_a_token_says_fits_a_header_or_is_refused() {
    let world = api().start().await;
    let token = world.provider.access_token(|draft| draft.set("email", "zoë@example.org"));
    let answer = world.send(&world.bearing(&token)).await;
    assert_eq!(answer.all("X-User-Email"), ["zo%C3%AB@example.org"]);
    for value in [json!("a\r\nX-Auth-Subject: admin"), json!({ "a": 1 }), json!([["a"]])] {
        let token = world.provider.access_token(|draft| draft.set("email", value.clone()));
        let answer = world.send(&world.bearing(&token)).await;
        assert_eq!(answer.refusal(), "claim_unfit", "{value}: {}", answer.show());
        answer.assert_leads_nowhere("a claim that fits no header");
    }
}

/// Nobody is asked about a person who signs in elsewhere.
#[tokio::test]
async fn a_token_costs_no_call_but_that_for_the_keys() {
    let world = api().start().await;
    world.provider.announce(&[]);
    for _ in 0..5 {
        let token = world.provider.access_token(|_| {});
        world.send(&world.bearing(&token)).await.assert_allowed(PAGE);
    }
    assert_eq!(world.provider.count(Endpoint::Userinfo), 0);
}
