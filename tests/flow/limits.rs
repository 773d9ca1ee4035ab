//! What a peer may cost (I-01 to I-07, A-19, A-20, XN-01, XN-02, XN-06).

use crate::provider::Endpoint;
use crate::wire::{Connection, exchange};
use crate::world::{PAGE, World};

/// I-01: the deadline counts from the first byte, whatever still drips in.
#[tokio::test]
async fn a_head_that_does_not_end_closes_the_connection_while_others_are_served() {
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    let mut slow = Vec::new();
    for _ in 0..50 {
        let mut connection = Connection::open(world.address).await;
        connection.write(b"GET /oidc/app/auth HTTP/1.1\r\nHost: x\r\n").await;
        slow.push(connection);
    }
    let mut silent = Connection::open(world.address).await;
    world.send(&world.base_of(&browser)).await.assert_allowed("beside fifty slow ones");
    let mut dripping = slow.pop().unwrap();
    let drip = async {
        while dripping.try_write(b"x").await {
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        }
    };
    let rest = async {
        for connection in &mut slow {
            assert!(connection.answer(false).await.is_none_or(|answer| answer.status == 408));
        }
        assert!(silent.closed().await, "one that never said anything");
    };
    tokio::join!(crate::wire::within("the dripping one", drip), rest);
    world.send(&world.base_of(&browser)).await.assert_allowed("afterwards");
}

/// a body that was announced to the subrequest and does not come.
#[tokio::test]
async fn a_question_with_a_content_length_and_no_body_is_answered_at_once() {
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    for method in ["GET", "POST"] {
        for announced in [
            "Content-Length: 10",
            "Content-Length: 1000000000",
            "Transfer-Encoding: chunked",
            "Expect: 100-continue\r\nContent-Length: 10",
        ] {
            let text = String::from_utf8(world.base_of(&browser).bytes()).unwrap();
            let text = text.replacen("GET ", &format!("{method} "), 1);
            let bytes = text.replace("\r\n\r\n", &format!("\r\n{announced}\r\n\r\n"));
            let answer = exchange(world.address, bytes.as_bytes())
                .await
                .unwrap_or_else(|| panic!("{method} {announced}: no answer"));
            answer.assert_allowed(&format!("{method} {announced}"));
        }
    }
}

/// A-19, I-03: bytes of a body are never a request.
#[tokio::test]
async fn a_request_hidden_in_a_body_is_not_answered() {
    let world = World::new().start().await;
    let hidden = "GET /oidc/app/auth HTTP/1.1\r\nHost: x\r\n\r\n";
    // The last is longer by one way of reading than by the other (RFC 9112 section 6.1).
    for announced in [
        format!("Content-Length: {}\r\n\r\n{hidden}", hidden.len()),
        format!("Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{hidden}\r\n0\r\n\r\n", hidden.len()),
        format!(
            "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{hidden}\r\n0\r\n\r\n",
            hidden.len()
        ),
    ] {
        let text = String::from_utf8(world.base().bytes()).unwrap();
        let bytes = text.trim_end().to_owned() + "\r\n" + &announced;
        let mut connection = Connection::open(world.address).await;
        connection.write(bytes.as_bytes()).await;
        let answer = connection.answer(false).await.unwrap();
        assert_eq!(answer.status, 302, "{}", answer.show());
        // Whatever comes next is an answer to a question of ours or the end.
        connection.write(world.base().having("X-Forwarded-Method", "POST").bytes().as_slice()).await;
        if let Some(next) = connection.answer(false).await {
            assert_eq!(next.status, 401, "{}", next.show());
        }
    }
}

/// I-03: what two readers could read in two ways.
#[tokio::test]
async fn a_request_that_can_be_read_in_two_ways_is_400_or_closed_never_allowed() {
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    let right = String::from_utf8(world.base_of(&browser).bytes()).unwrap();
    let adding = |lines: &str| right.replace("\r\n\r\n", &format!("\r\n{lines}\r\n\r\n"));
    let rows = [
        ("two lengths", adding("Content-Length: 1\r\nContent-Length: 2") + "x"),
        ("a signed length", adding("Content-Length: +1") + "x"),
        ("a length that is no number", adding("Content-Length: 1x") + "x"),
        ("an unknown encoding", adding("Transfer-Encoding: gzip, identity")),
        ("chunks hidden by a blank", adding("Transfer-Encoding : chunked")),
        ("a blank before the colon", right.replace("X-Forwarded-Uri:", "X-Forwarded-Uri :")),
        ("a folded line", right.replace("X-Forwarded-Uri: /private", "X-Forwarded-Uri:\r\n /private")),
        ("a zero in a value", right.replace("/private", "/pri\0vate")),
        ("no version", right.replace(" HTTP/1.1\r\n", "\r\n")),
        ("a version of the future", right.replace(" HTTP/1.1\r\n", " HTTP/3.1\r\n")),
        ("two blanks in the first line", right.replace("GET /", "GET  /")),
        ("no method", right.replacen("GET ", "", 1)),
        ("a colon missing", right.replace("X-Forwarded-Uri: ", "X-Forwarded-Uri ")),
        ("CONNECT", right.replacen("GET /oidc/app/auth", "CONNECT app.example.test:443", 1)),
        ("TRACE", right.replacen("GET ", "TRACE ", 1)),
        ("an absolute address", right.replacen("GET /oidc", "GET http://vestibule.internal:8000/oidc", 1)),
    ];
    for (name, bytes) in rows {
        if let Some(answer) = exchange(world.address, bytes.as_bytes()).await {
            assert!((400..600).contains(&answer.status), "{name}: {}", answer.show());
            assert!(answer.all("X-Auth-Subject").is_empty(), "{name}");
        }
    }
    world.send(&world.base_of(&browser)).await.assert_allowed("afterwards");
}

/// I-05
#[tokio::test]
async fn too_many_or_too_large_headers_are_431() {
    let world = World::new().start().await;
    let many = (0..101).fold(world.base(), |ask, n| ask.with(&format!("X-Filler-{n}"), "x"));
    let large = world.base().with("X-Filler", "x".repeat(200 * 1024));
    let lines = (0..90).fold(world.base(), |ask, n| ask.with(&format!("X-Filler-{n}"), "x".repeat(2000)));
    for (name, ask) in [("101 lines", many), ("one of 200 KB", large), ("90 of 2 KB", lines)] {
        let answer = exchange(world.address, &ask.bytes()).await;
        assert!(
            answer.as_ref().is_none_or(|answer| answer.status == 431),
            "{name}: {:?}",
            answer.map(|answer| answer.show())
        );
    }
    let ask = (0..60).fold(world.base(), |ask, n| ask.with(&format!("X-Filler-{n}"), "x"));
    assert_eq!(world.send(&ask).await.status, 302, "eighty are fine");
    let ask = world.base().with("Cookie", format!("big={}", "x".repeat(12 * 1024)));
    assert_eq!(world.send(&ask).await.status, 302, "cookies of 12 KB are fine");
}

#[tokio::test]
async fn an_address_of_nine_kb_is_refused_or_answered_short() {
    let world = World::new().start().await;
    for path in ["/oidc/app/auth?", "/oidc/app/login?rd=/", "/oidc/app/callback?code="] {
        let mut ask = world.base();
        ask.target = format!("{path}{}", "x".repeat(70_000)).into_bytes();
        if let Some(answer) = exchange(world.address, &ask.bytes()).await {
            assert!([302, 400, 414, 431].contains(&answer.status), "{path}: {}", answer.show());
            assert!(answer.head.len() <= 4096);
        }
    }
}

/// I-06
#[tokio::test]
async fn a_huge_body_is_refused_without_being_read() {
    let world = World::new().line("response_mode: form_post").start().await;
    for path in ["/oidc/app/callback", "/oidc/app/logout"] {
        let mut ask = world
            .base()
            .with("Origin", "https://app.example.test")
            .form("x")
            .having("Content-Length", "100000000");
        ask.method = "POST".to_owned();
        ask.target = path.into();
        let mut connection = Connection::open(world.address).await;
        connection.write(&ask.bytes()).await;
        let chunk = vec![b'x'; 64 * 1024];
        let mut sent = 0;
        while sent < 100_000_000 && connection.try_write(&chunk).await {
            sent += chunk.len();
            if sent >= 1_000_000 {
                break;
            }
        }
        let answer = connection.answer(false).await;
        assert!(
            answer.as_ref().is_none_or(|answer| answer.status == 413),
            "{path}: {:?}",
            answer.map(|answer| answer.show())
        );
    }
}

/// I-01, XN-02
#[tokio::test]
async fn a_form_that_does_not_come_is_given_up_at_the_deadline() {
    let world = World::new().line("response_mode: form_post").start().await;
    let browser = world.signed_in().await;
    let mut connections = Vec::new();
    for _ in 0..50 {
        let mut ask = world.base().form("code=").having("Content-Length", "1000");
        ask.method = "POST".to_owned();
        ask.target = b"/oidc/app/callback".to_vec();
        let mut connection = Connection::open(world.address).await;
        connection.write(&ask.bytes()).await;
        connections.push(connection);
    }
    world.send(&world.base_of(&browser)).await.assert_allowed("beside them");
    for mut connection in connections {
        let answer = connection.answer(false).await.unwrap();
        answer.assert_refused(408, "body_timeout", "half a form");
    }
}

#[tokio::test]
async fn connections_beyond_the_limit_wait_and_are_served_when_one_closes() {
    let world = World::new().server("max_connections: 5").start().await;
    let bytes = world.base().bytes();
    let mut open = Vec::new();
    for _ in 0..5 {
        let mut connection = Connection::open(world.address).await;
        connection.write(&bytes).await;
        assert_eq!(connection.answer(false).await.unwrap().status, 302);
        open.push(connection);
    }
    let mut sixth = Connection::open(world.address).await;
    sixth.write(&bytes).await;
    assert_eq!(world.admin("/live").await.status, 200, "the operator still sees it");
    let soon = std::time::Duration::from_millis(200);
    assert!(tokio::time::timeout(soon, sixth.answer(false)).await.is_err(), "five are open: it waits");
    open.pop();
    assert_eq!(sixth.answer(false).await.unwrap().status, 302);
}

/// XN-06
#[tokio::test]
async fn connections_that_are_dropped_in_the_middle_leave_nothing_behind() {
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    let bytes = world.base_of(&browser).bytes();
    for cut in [1, 10, 60, bytes.len() - 1, bytes.len()] {
        for _ in 0..20 {
            let mut connection = Connection::open(world.address).await;
            connection.write(&bytes[..cut]).await;
        }
    }
    crate::wire::within("the connections to be gone", async {
        while !world.admin("/metrics").await.text().contains("\nvestibule_connections 0\n") {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// E-09: starting logins allocates nothing that lasts.
#[tokio::test]
async fn five_thousand_logins_begun_by_strangers_leave_no_session_and_ask_nobody() {
    // Many strangers, whom one address stands for here.
    let world = World::new().server("logins_per_minute_per_address: 10000").start().await;
    let mut ask = world.base();
    ask.target = b"/oidc/app/login?rd=/private".to_vec();
    let bytes = ask.bytes();
    let mut connection = Connection::open(world.address).await;
    for _ in 0..5000 {
        connection.write(&bytes).await;
        assert_eq!(connection.answer(false).await.unwrap().status, 302);
    }
    assert!(world.admin("/metrics").await.text().contains("\nvestibule_sessions 0\n"));
    assert_eq!(world.provider.count(Endpoint::Discovery), 1);
    world.browser().open(PAGE).await.assert_at(PAGE);
}

/// I-02: whoever merely reaches the listener cannot take the proxy's places.
#[tokio::test]
async fn strangers_have_a_quarter_of_the_connections() {
    let world = World::new()
        .server("max_connections: 8")
        // Not the address that these tests ask from.
        .server("trusted_proxies: [127.0.0.2]")
        .start()
        .await;
    let mut open = Vec::new();
    for _ in 0..20 {
        let mut connection = Connection::open(world.address).await;
        connection.write(&world.base().bytes()).await;
        if let Some(answer) = connection.answer(false).await {
            answer.assert_refused(403, "peer_not_trusted", "a stranger");
            open.push(connection);
        }
    }
    assert_eq!(open.len(), 2);
    let mut proxy = Connection::open_from([127, 0, 0, 2].into(), world.address).await;
    proxy.write(&world.base().bytes()).await;
    assert_eq!(proxy.answer(false).await.unwrap().status, 302);
}
