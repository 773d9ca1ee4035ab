//! How each proxy asks and how it is answered.

use percent_encoding::percent_decode_str;

use crate::wire::{Answer, Ask, exchange};
use crate::world::{Client, PAGE, World};

const LOGIN: &str = "https://app.example.test/oidc/app/login?rd=";

/// The return address that a login address carries.
pub(crate) fn return_to(login: &str) -> String {
    let rd = login.strip_prefix(LOGIN).unwrap_or_else(|| panic!("no login address: {login}"));
    percent_decode_str(rd).decode_utf8().unwrap().into_owned()
}

/// Asserts that a question was answered for this caller alone.
#[track_caller]
pub(crate) fn assert_closed_to_caches(answer: &Answer) {
    assert_eq!(answer.header("Cache-Control"), Some("no-store"), "{}", answer.show());
    assert!(answer.all("Set-Cookie").is_empty(), "a subrequest sets no cookie: {}", answer.show());
    assert!(answer.all("X-Auth-Subject").is_empty(), "{}", answer.show());
    assert!(answer.header("Vestibule-Request-Id").is_some(), "{}", answer.show());
    assert!(answer.head.len() <= 4096, "{} bytes of head", answer.head.len());
}

fn fetch(ask: Ask) -> Ask {
    ask.having("Sec-Fetch-Mode", "cors").having("Sec-Fetch-Dest", "empty").having("Accept", "*/*")
}

#[tokio::test]
async fn a_navigation_is_redirected_to_the_login_with_an_absolute_address() {
    let world = World::new().start().await;
    let answer = world.send(&world.base()).await;
    assert_eq!(answer.status, 302, "{}", answer.show());
    assert_eq!(return_to(answer.location()), PAGE);
    assert_closed_to_caches(&answer);
}

/// E-26: a POST is not kept for later.
#[tokio::test]
async fn anything_but_a_navigation_gets_401_and_learns_where_to_sign_in() {
    let world = World::new().start().await;
    let rows = [
        ("fetch", fetch(world.base())),
        ("old ajax", world.base().with("X-Requested-With", "XMLHttpRequest")),
        ("a form post", world.base().having("X-Forwarded-Method", "POST")),
        ("a put", world.base().having("X-Forwarded-Method", "PUT")),
        ("an image", world.base().having("Sec-Fetch-Mode", "no-cors").having("Sec-Fetch-Dest", "image")),
        ("a frame", world.base().having("Sec-Fetch-Dest", "iframe")),
        (
            "a web socket",
            world
                .base()
                .with("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
                .with("Sec-WebSocket-Version", "13")
                .with("Origin", "https://app.example.test"),
        ),
        (
            "a preflight",
            world.base().having("X-Forwarded-Method", "OPTIONS").with("Access-Control-Request-Method", "PUT"),
        ),
        ("curl", without_fetch_metadata(world.base()).having("Accept", "*/*")),
        (
            "a client that wants JSON",
            without_fetch_metadata(world.base()).having("Accept", "application/json"),
        ),
        (
            "a client that likes JSON better",
            without_fetch_metadata(world.base()).having("Accept", "text/html;q=0.5, application/json"),
        ),
        ("no Accept at all", without_fetch_metadata(world.base()).without("Accept")),
    ];
    for (name, ask) in rows {
        let answer = world.send(&ask).await;
        assert_eq!(answer.status, 401, "{name}: {}", answer.show());
        assert!(answer.all("Location").is_empty(), "{name}");
        assert_eq!(answer.header("WWW-Authenticate"), Some(r#"Cookie realm="app""#), "{name}");
        let login = answer.header("Vestibule-Login").unwrap().to_owned();
        assert!(login.starts_with("https://app.example.test/oidc/app/login"), "{name}: {login}");
        // A person sees what comes of these two (R-8.7, R-5.4).
        if ["a form post", "a frame"].contains(&name) {
            answer.assert_page(name);
        } else {
            assert_eq!(answer.header("Content-Type"), Some("application/problem+json"), "{name}");
            assert_eq!(answer.json()["login_url"], login, "{name}");
        }
        assert!(answer.refusal() != "-", "{name}: {}", answer.show());
        assert_closed_to_caches(&answer);
    }
}

/// A person with a browser that is older than fetch metadata.
#[tokio::test]
async fn without_fetch_metadata_a_preference_for_html_makes_a_navigation() {
    let world = World::new().start().await;
    let answer = world.send(&without_fetch_metadata(world.base())).await;
    assert_eq!(answer.status, 302, "{}", answer.show());
    let answer = world.send(&world.base().having("X-Forwarded-Method", "HEAD")).await;
    assert_eq!(answer.status, 302, "{}", answer.show());
}

/// R-5.3: somebody who signs in after a failed fetch wants to see the page, not what the page fetched.
#[tokio::test]
async fn a_401_leads_back_to_the_page_that_asked_when_it_is_of_the_same_origin() {
    let world = World::new().start().await;
    let ask = fetch(world.asking("https://app.example.test/api/items"));
    let answer = world.send(&ask.clone().with("Referer", "https://app.example.test/board?x=1")).await;
    assert_eq!(return_to(answer.header("Vestibule-Login").unwrap()), "https://app.example.test/board?x=1");
    for referer in ["https://evil.example/board", "not an address", "https://app.example.test.evil.example/"]
    {
        let answer = world.send(&ask.clone().with("Referer", referer)).await;
        let login = answer.header("Vestibule-Login").unwrap();
        assert!(!login.contains("evil") && !login.contains("api"), "{referer}: {login}");
    }
}

#[tokio::test]
async fn nginx_gets_only_200_401_or_403_with_empty_bodies() {
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    let cookie = world.session_cookie(&browser);

    let answer = world.send(&world.nginx(PAGE).with("Cookie", &cookie)).await;
    answer.assert_allowed("with a session");
    assert_eq!(answer.all("X-User-Email"), ["ada.secret@example.org"]);

    let answer = world.send(&world.nginx("https://app.example.test/a?x=1&y=2")).await;
    assert_eq!((answer.status, answer.body.len()), (401, 0), "{}", answer.show());
    assert_eq!(return_to(answer.location()), "https://app.example.test/a?x=1&y=2");
    assert_closed_to_caches(&answer);

    let answer = world.send(&fetch(world.nginx(PAGE))).await;
    assert_eq!((answer.status, answer.body.len()), (401, 0), "{}", answer.show());
    assert!(answer.all("Location").is_empty(), "a fetch is not redirected: {}", answer.show());

    for (name, ask) in [
        ("no address", world.nginx(PAGE).without("X-Original-URL")),
        ("no method", world.nginx(PAGE).without("X-Original-Method")),
        ("two addresses", world.nginx(PAGE).with("X-Original-URL", PAGE)),
        ("another host", world.nginx("https://evil.example/")),
        ("no address but a path", world.nginx(PAGE).having("X-Original-URL", "/private")),
        ("an identity header", world.nginx(PAGE).with("X-User-Email", "x").with("Cookie", &cookie)),
    ] {
        let answer = world.send(&ask).await;
        assert_eq!((answer.status, answer.body.len()), (403, 0), "{name}: {}", answer.show());
        assert_ne!(answer.refusal(), "-", "{name}: {}", answer.show());
        assert!(answer.all("X-Auth-Subject").is_empty(), "{name}");
    }
}

#[tokio::test]
async fn each_dialect_reads_its_own_family_of_headers_and_no_other() {
    let world = World::new().start().await;
    let nginx = world
        .nginx("https://app.example.test/nginx")
        .with("X-Forwarded-Uri", "/forwarded")
        .with("X-Forwarded-Host", "evil.example")
        .with("X-Forwarded-Method", "POST");
    assert_eq!(return_to(world.send(&nginx).await.location()), "https://app.example.test/nginx");
    let traefik = world
        .asking("https://app.example.test/traefik")
        .with("X-Original-URL", "https://app.example.test/nginx")
        .with("X-Original-Method", "POST")
        .with("X-Original-Uri", "/other")
        .with("X-Rewrite-Url", "/other")
        .with("X-Forwarded-Prefix", "/prefix")
        .with("Forwarded", "host=evil.example");
    assert_eq!(return_to(world.send(&traefik).await.location()), "https://app.example.test/traefik");
    let envoy = world
        .envoy("https://app.example.test/envoy?x=1")
        .with("X-Forwarded-Uri", "/forwarded")
        .with("X-Original-URL", PAGE);
    assert_eq!(return_to(world.send(&envoy).await.location()), "https://app.example.test/envoy?x=1");
}

#[tokio::test]
async fn envoy_asks_with_the_original_path_method_and_host() {
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    let cookie = world.session_cookie(&browser);
    world.send(&world.envoy(PAGE).with("Cookie", &cookie)).await.assert_allowed("with a session");
    let answer = world.send(&world.envoy("https://app.example.test/a/b?x=1")).await;
    assert_eq!(answer.status, 302, "{}", answer.show());
    assert_eq!(return_to(answer.location()), "https://app.example.test/a/b?x=1");
    let mut post = world.envoy(PAGE);
    post.method = "POST".to_owned();
    assert_eq!(world.send(&post).await.status, 401);
}

#[tokio::test]
async fn bare_auth_finds_the_client_by_the_forwarded_host() {
    let world = World::new()
        .client(
            Client::named("other")
                .hosts("[other.example.test, '*.wild.example.test']")
                .line("cookie: { domain: example.test }"),
        )
        .start()
        .await;
    for (host, client) in
        [("app.example.test", "app"), ("other.example.test", "other"), ("x.wild.example.test", "other")]
    {
        let mut ask = world.base().having("X-Forwarded-Host", host);
        ask.target = b"/auth".to_vec();
        let answer = world.send(&ask).await;
        assert_eq!(answer.status, 302, "{host}: {}", answer.show());
        assert!(
            answer.location().contains(&format!("/oidc/{client}/login?")),
            "{host}: {}",
            answer.location()
        );
        let mut ask = world.nginx(&format!("https://{host}/"));
        ask.target = b"/auth/nginx".to_vec();
        assert_eq!(world.send(&ask).await.status, 401, "{host}");
    }
    for host in ["evil.example", "wild.example.test", "app.example.test:8443", "example.test"] {
        let mut ask = world.base().having("X-Forwarded-Host", host);
        ask.target = b"/auth".to_vec();
        let answer = world.send(&ask).await;
        assert_eq!(answer.status, 403, "{host}: {}", answer.show());
        assert!(answer.all("Location").is_empty(), "{host}");
    }
}

/// 4096 bytes are nginx's default for the head of an answer.
#[tokio::test]
async fn the_head_of_every_answer_fits_4096_bytes_whatever_the_length_of_the_address() {
    let world = World::new().start().await;
    for length in [500, 1500, 2000, 2048, 3000, 6000] {
        for path in [
            format!("/{}", "a".repeat(length)),
            format!("/x?{}", "q=%C3%A9&".repeat(length / 9)),
            format!("/{}?y=1", "%C3%A9".repeat(length / 6)),
        ] {
            for ask in [
                world.base().having("X-Forwarded-Uri", &path),
                fetch(world.base().having("X-Forwarded-Uri", &path)),
                world.nginx(PAGE).having("X-Original-URL", format!("https://app.example.test{path}")),
            ] {
                let answer = world.send(&ask).await;
                assert!([302, 401].contains(&answer.status), "{length}: {}", answer.show());
                assert!(
                    answer.head.len() <= 4096,
                    "{} bytes for {length}: {}",
                    answer.head.len(),
                    answer.show()
                );
            }
        }
    }
}

/// R-8.8: never a broken address.
#[tokio::test]
async fn an_address_beyond_2048_bytes_leads_back_to_its_path_or_home() {
    let world = World::new().start().await;
    let answer =
        world.send(&world.base().having("X-Forwarded-Uri", format!("/short?{}", "q".repeat(3000)))).await;
    assert_eq!(return_to(answer.location()), "https://app.example.test/short");
    let answer = world.send(&world.base().having("X-Forwarded-Uri", format!("/{}", "p".repeat(3000)))).await;
    assert_eq!(return_to(answer.location()), "https://app.example.test/");
}

/// R-6.1
#[tokio::test]
async fn a_web_socket_of_a_signed_in_page_passes_and_one_of_another_site_does_not() {
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    let handshake = world
        .base_of(&browser)
        .having("Sec-Fetch-Mode", "websocket")
        .having("Sec-Fetch-Dest", "websocket")
        .with("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
        .with("Sec-WebSocket-Version", "13");
    for proto in ["https", "wss"] {
        let ask =
            handshake.clone().having("X-Forwarded-Proto", proto).with("Origin", "https://app.example.test");
        world.send(&ask).await.assert_allowed(proto);
    }
    let answer = world.send(&handshake.clone().with("Origin", "https://evil.example")).await;
    assert_eq!(answer.status, 403, "{}", answer.show());
    // Caddy hands the upgrade itself on.
    let bytes = handshake
        .with("Origin", "https://app.example.test")
        .with("Upgrade", "websocket")
        .with("Connection", "Upgrade")
        .bytes();
    let answer = exchange(world.address, &bytes).await.unwrap();
    answer.assert_allowed("with Upgrade");
}

/// HTTP/1.0, as nginx before 1.29.7 and Apache's hook ask.
#[tokio::test]
async fn a_question_over_http_1_0_is_answered_and_the_connection_closed() {
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    let bytes = world.base_of(&browser).with("Connection", "close").bytes();
    let text = String::from_utf8(bytes).unwrap().replace(" HTTP/1.1\r\n", " HTTP/1.0\r\n");
    let answer = exchange(world.address, text.as_bytes()).await.unwrap();
    answer.assert_allowed("HTTP/1.0");
    assert_eq!(answer.header("Content-Length"), Some("0"));
}

/// No CORS header opens an answer to another site's script (D-15).
#[tokio::test]
async fn no_answer_opens_itself_to_other_origins() {
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    for origin in
        ["null", "https://evil.example", "https://app.example.test.evil.test", "https://app.example.test"]
    {
        for ask in [
            world.base().with("Origin", origin),
            fetch(world.base()).with("Origin", origin),
            world.base_of(&browser).with("Origin", origin),
        ] {
            let answer = world.send(&ask).await;
            let opened: Vec<_> = answer
                .headers
                .iter()
                .filter(|(name, _)| name.to_lowercase().starts_with("access-control-"))
                .collect();
            assert!(opened.is_empty(), "{origin}: {opened:?}");
        }
    }
}

fn without_fetch_metadata(ask: Ask) -> Ask {
    ask.without("Sec-Fetch-Mode")
        .without("Sec-Fetch-Dest")
        .without("Sec-Fetch-Site")
        .without("Sec-Fetch-User")
}
