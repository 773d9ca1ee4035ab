//! The answer to a request with a live session, and to cookies that only look like one.

use std::time::Instant;

use futures_util::future::join_all;
use serde_json::json;

use crate::jar::{Cookie, SameSite};
use crate::provider::Endpoint;
use crate::wire::{Answer, Connection};
use crate::world::{Client, FLOW, PAGE, SESSION, World};

#[tokio::test]
async fn an_allowed_answer_is_200_empty_and_carries_every_identity_header_once() {
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    let answer = world.send(&world.base_of(&browser)).await;
    answer.assert_allowed("with a session");
    assert_eq!(answer.header("Content-Length"), Some("0"));
    assert_eq!(answer.header("Cache-Control"), Some("no-store"));
    assert_eq!(answer.header("Transfer-Encoding"), None);
    assert_eq!(answer.header("Content-Encoding"), None);
    assert_eq!(answer.all("Set-Cookie"), Vec::<&str>::new());
    assert_eq!(answer.all("X-Auth-Subject"), ["subject-4711"]);
    assert_eq!(answer.all("X-User-Email"), ["ada.secret@example.org"]);
    assert_eq!(answer.all("X-User-Name"), ["ada"]);
    assert_eq!(answer.all("X-User-Groups"), ["staff,admins"]);
    assert!(answer.body.is_empty());
}

#[tokio::test]
async fn a_claim_that_is_not_there_gives_an_empty_header_not_none() {
    let world = World::new()
        .app(|app| app.headers("{ missing.claim: X-Missing, email: X-User-Email }"))
        .start()
        .await;
    let browser = world.signed_in().await;
    let answer = world.send(&world.base_of(&browser)).await;
    assert_eq!(answer.all("X-Missing"), [""]);
    assert_eq!(answer.all("X-User-Email"), ["ada.secret@example.org"]);
}

#[tokio::test]
async fn a_value_beyond_ascii_is_percent_encoded_and_an_item_with_a_comma_stays_one_item() {
    let world = World::new().start().await;
    world.provider.script().id_token_claims =
        json!({ "email": "zoë@example.org", "groups": ["a,b", "c d", "100%"] }).as_object().unwrap().clone();
    let browser = world.signed_in().await;
    let answer = world.send(&world.base_of(&browser)).await;
    assert_eq!(answer.all("X-User-Email"), ["zo%C3%AB@example.org"]);
    assert_eq!(answer.all("X-User-Groups"), ["a%2Cb,c%20d,100%25"]);
}

#[tokio::test]
async fn every_method_of_the_original_request_passes_with_a_session() {
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"] {
        let answer = world.send(&world.base_of(&browser).having("X-Forwarded-Method", method)).await;
        answer.assert_allowed(method);
    }
}

/// Caddy and Envoy append the client's query to the address of the subrequest; HAProxy asks with HEAD.
#[tokio::test]
async fn the_query_and_the_method_of_the_subrequest_itself_mean_nothing() {
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    for (method, query) in [
        ("GET", "?x=1&rd=https://evil.example/"),
        ("HEAD", ""),
        ("POST", ""),
        ("OPTIONS", "?"),
        ("PROPFIND", ""),
    ] {
        let mut ask = world.base_of(&browser);
        ask.method = method.to_owned();
        ask.target = format!("/oidc/app/auth{query}").into_bytes();
        let answer = world.send(&ask).await;
        answer.assert_allowed(&format!("{method} {query}"));
        assert_eq!(answer.header("X-Auth-Subject"), Some("subject-4711"));
    }
}

#[tokio::test]
async fn a_health_checker_by_its_user_agent_is_nobody_special() {
    let world = World::new().start().await;
    for agent in ["GoogleHC/1.0", "kube-probe/1.30", "ELB-HealthChecker/2.0"] {
        let answer = world.send(&world.base().having("User-Agent", agent)).await;
        assert_eq!(answer.status, 302, "{agent}: {}", answer.show());
    }
}

#[tokio::test]
async fn the_session_cookie_is_small_and_opaque_and_has_the_strictest_attributes() {
    let world = World::new().start().await;
    let mut browser = world.browser();
    let callback = browser.open_until_callback(PAGE).await;
    let answer = browser.call_back(&callback).await;
    let lines: Vec<_> =
        answer.all("Set-Cookie").into_iter().filter(|line| line.starts_with(SESSION)).collect();
    let [line] = lines[..] else { panic!("{}", answer.show()) };
    assert!(line.len() <= 200, "{} bytes: {line}", line.len());
    let cookie = browser.jar.get(SESSION).unwrap();
    assert_eq!(cookie.value.len(), 43, "32 bytes of base64url");
    assert!(cookie.secure && cookie.http_only && cookie.host_only);
    assert_eq!((cookie.path.as_str(), cookie.same_site, cookie.expires), ("/", SameSite::Lax, None));
}

#[tokio::test]
async fn a_cookie_that_cannot_be_ours_counts_as_none() {
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    let good = browser.jar.get(SESSION).unwrap().value.clone();
    let huge = "A".repeat(16 * 1024);
    let many = (0..2000).map(|n| format!("c{n}=1")).collect::<Vec<_>>().join("; ");
    let rows: Vec<(&str, Vec<u8>)> = vec![
        ("percent sign", format!("{SESSION}=%").into()),
        ("no value", format!("{SESSION}=").into()),
        ("no equals sign", SESSION.into()),
        ("no name", format!("={SESSION}={good}").into()),
        ("bytes that are no text", [format!("{SESSION}=").as_bytes(), &[0xff, 0xfe]].concat()),
        ("too short", format!("{SESSION}={}", &good[..42]).into()),
        ("too long", format!("{SESSION}={good}A").into()),
        ("padded", format!("{SESSION}={good}=").into()),
        ("in quotes", format!("{SESSION}=\"{good}\"").into()),
        ("another alphabet", format!("{SESSION}=+{}", &good[1..]).into()),
        ("unused bits set", format!("{SESSION}={}", with_unused_bits(&good)).into()),
        ("another value", format!("{SESSION}={}", "A".repeat(43)).into()),
        ("huge", format!("{SESSION}={huge}").into()),
        ("only separators", b";;;;=".to_vec()),
        ("separators and blanks", b"; ;,,".to_vec()),
        ("many others", many.into()),
        ("name in another case", format!("{}={good}", SESSION.to_lowercase()).into()),
        ("name encoded", format!("__%48ost-vestibule_app={good}").into()),
        ("a Unicode blank before the name", format!("\u{2000}{SESSION}={good}").into()),
        ("legacy syntax", format!("$Version=1, x{SESSION}={good}").into()),
        ("the http name", format!("vestibule_app={good}").into()),
        ("chunks", format!("{SESSION}-chunks=99999999; {SESSION}-0={good}").into()),
    ];
    for (name, cookie) in rows {
        let answer = world.send(&world.base().with("Cookie", &cookie)).await;
        assert_eq!(answer.status, 302, "{name}: {}", answer.show());
        assert!(answer.all("X-Auth-Subject").is_empty(), "{name}");
        assert!(answer.all("Set-Cookie").is_empty(), "{name}: a subrequest sets no cookie");
    }
    world.send(&world.base_of(&browser)).await.assert_allowed("the session itself is untouched");
}

/// A sibling host can set a cookie of the same name; whose is whose nobody knows (D-05).
#[tokio::test]
async fn two_different_session_cookies_count_as_none_in_any_order_and_over_any_lines() {
    let world = World::new().start().await;
    let cookie = world.session_cookie(&world.signed_in().await);
    let other = format!("{SESSION}={}", "B".repeat(42) + "A");
    for lines in [
        vec![format!("{cookie}; {other}")],
        vec![format!("{other}; {cookie}")],
        vec![cookie.clone(), other.clone()],
        vec![other.clone(), cookie.clone()],
    ] {
        let mut ask = world.base();
        for line in &lines {
            ask = ask.with("Cookie", line);
        }
        let answer = world.send(&ask).await;
        assert_eq!(answer.status, 302, "{lines:?}: {}", answer.show());
    }
    world
        .send(&world.base().with("Cookie", format!("{cookie}; {cookie}")))
        .await
        .assert_allowed("the same twice is one");
}

/// HTTP/2 lets a browser send its cookies in crumbs, and proxies join lines in their own ways.
#[tokio::test]
async fn the_session_is_found_among_other_cookies_in_any_line_and_after_any_separator() {
    let world = World::new().start().await;
    let cookie = world.session_cookie(&world.signed_in().await);
    let rows: [(&str, Vec<String>); 5] = [
        ("alone", vec![cookie.clone()]),
        ("in the second line", vec!["a=1; b=2".to_owned(), cookie.clone()]),
        ("after a semicolon without a blank", vec![format!("a=1;{cookie};b=2")]),
        ("before a comma, as Envoy and Apache join", vec![format!("a=1; {cookie},b=2")]),
        ("beside cookies that are no cookies", vec![format!("=; x; ;;{cookie};\"")]),
    ];
    for (name, lines) in rows {
        let ask = lines.iter().fold(world.base(), |ask, line| ask.with("Cookie", line));
        world.send(&ask).await.assert_allowed(name);
    }
}

/// A sibling host could put it there, inside the value of a cookie of its own, past the `__Host-` prefix.
#[tokio::test]
async fn a_session_cookie_that_stands_only_behind_a_comma_counts_as_none() {
    let world = World::new().start().await;
    let cookie = world.session_cookie(&world.signed_in().await);
    for line in [format!("a=1,{cookie}"), format!("a=1, {cookie}"), format!("a=\"1, {cookie}\"; b=2")] {
        let answer = world.send(&world.base().with("Cookie", &line)).await;
        assert_eq!((answer.status, answer.refusal()), (302, "cookie_behind_comma"), "{}", answer.show());
    }
}

#[tokio::test]
async fn a_session_of_one_client_is_none_at_another() {
    let world = World::new().client(Client::named("other")).start().await;
    let browser = world.signed_in().await;
    let value = browser.jar.get(SESSION).unwrap().value.clone();
    let mut ask = world
        .asking("https://other.example.test/private")
        .with("Cookie", format!("__Host-vestibule_other={value}"));
    ask.target = b"/oidc/other/auth".to_vec();
    let answer = world.send(&ask).await;
    assert_eq!(answer.status, 302, "{}", answer.show());
    assert!(answer.location().starts_with("https://other.example.test/oidc/other/login?rd="));
}

/// Each secret works only in its own place (invariant 11 of the security catalogue).
#[tokio::test]
async fn the_flow_cookie_the_state_and_the_handle_open_no_session() {
    let world = World::new().start().await;
    let mut browser = world.browser();
    let callback = browser.open_until_callback(PAGE).await;
    let flow = browser.jar.get(FLOW).unwrap().value.clone();
    let state = callback.parameter("state");
    browser.finish(callback).await.assert_at(PAGE);
    let handle = browser.fetch("https://app.example.test/oidc/app/session").await.json()["session_key"]
        .as_str()
        .unwrap()
        .to_owned();
    for (name, value) in [("flow cookie", flow), ("state", state), ("handle", handle)] {
        let answer = world.send(&world.base().with("Cookie", format!("{SESSION}={value}"))).await;
        assert_eq!(answer.status, 302, "{name}: {}", answer.show());
    }
}

/// Some proxies let a client's own header through, empty values most of all (C-01).
#[tokio::test]
async fn a_request_that_brings_an_identity_header_or_an_alias_of_one_is_refused_with_and_without_a_session() {
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    let names = [
        "X-Auth-Subject",
        "x-auth-subject",
        "X-User-Email",
        "X_User_Email",
        "x.user.email",
        "X-User_Email",
        "X-USER-GROUPS",
    ];
    for name in names {
        for value in ["admin@example.org", ""] {
            for (case, ask) in [("with a session", world.base_of(&browser)), ("without", world.base())] {
                world.send(&ask.with(name, value)).await.assert_refused(
                    400,
                    "identity_header_sent",
                    &format!("{name}: {value} {case}"),
                );
            }
        }
    }
}

/// A header named in `Connection` is taken away by the next hop.
#[tokio::test]
async fn a_request_that_names_an_identity_header_in_connection_is_refused() {
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    for value in ["X-User-Email", "keep-alive, x-auth-subject", "x_user_groups"] {
        let answer = world.send(&world.base_of(&browser).with("Connection", value)).await;
        assert_eq!(answer.status, 400, "{value}: {}", answer.show());
        assert!(answer.all("X-User-Email").is_empty());
    }
}

/// A page that somebody else's script set up must not fix a session (D-01).
#[tokio::test]
async fn a_value_that_was_in_the_cookie_before_the_login_opens_nothing_after_it() {
    let world = World::new().start().await;
    let mut browser = world.browser();
    let chosen = "C".repeat(42) + "A";
    browser.jar.plant(Cookie {
        name: SESSION.to_owned(),
        value: chosen.clone(),
        domain: "app.example.test".to_owned(),
        host_only: true,
        path: "/".to_owned(),
        secure: true,
        http_only: true,
        same_site: SameSite::Lax,
        expires: None,
    });
    browser.open(PAGE).await.assert_at(PAGE);
    assert_ne!(browser.jar.get(SESSION).unwrap().value, chosen);
    let answer = world.send(&world.base().with("Cookie", format!("{SESSION}={chosen}"))).await;
    assert_eq!(answer.status, 302);
}

#[tokio::test]
async fn a_hit_asks_nobody_and_keeps_the_connection() {
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    let bytes = world.base_of(&browser).bytes();
    world.provider.announce(&[]);
    let mut connection = Connection::open(world.address).await;
    for round in 0..100 {
        connection.write(&bytes).await;
        let answer = connection.answer(false).await.unwrap_or_else(|| panic!("closed at round {round}"));
        answer.assert_allowed("on the same connection");
    }
    assert_eq!(world.provider.count(Endpoint::Token), 1);
}

/// J-01: whatever is cancelled on the way, nobody gets anybody else's identity.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_answer_ever_carries_the_identity_of_somebody_else() {
    let world = World::new().start().await;
    let mut people = Vec::new();
    for n in 0..20 {
        world.provider.script().subject = format!("person-{n}");
        people.push((format!("person-{n}"), world.base_of(&world.signed_in().await).bytes()));
    }
    let address = world.address;
    let clients = people.into_iter().map(|(name, bytes)| {
        tokio::spawn(async move {
            for round in 0..100 {
                let mut connection = Connection::open(address).await;
                connection.write(&bytes).await;
                if round % 2 == 0 {
                    // Gone before the answer.
                    continue;
                }
                let answer = connection.answer(false).await.unwrap();
                assert_eq!(answer.all("X-Auth-Subject"), [name.as_str()]);
            }
        })
    });
    for client in join_all(clients).await {
        client.unwrap();
    }
}

/// Requests that a client writes without waiting are answered in order.
#[tokio::test]
async fn pipelined_questions_are_answered_in_order() {
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    let mut bytes = world.base_of(&browser).bytes();
    bytes.extend(world.base().bytes());
    bytes.extend(world.base_of(&browser).bytes());
    let mut connection = Connection::open(world.address).await;
    connection.write(&bytes).await;
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(connection.answer(false).await.unwrap().status);
    }
    assert_eq!(statuses, [200, 302, 200]);
}

/// D-08: nothing that a cookie says makes work.
#[tokio::test]
async fn a_thousand_cookies_cost_no_noticeable_time() {
    let world = World::new().start().await;
    let cookies = (0..1000).map(|n| format!("{SESSION}-{n}=x")).collect::<Vec<_>>().join("; ");
    let ask = world.base().with("Cookie", cookies);
    let begun = now();
    let answer: Answer = world.send(&ask).await;
    assert_eq!(answer.status, 302);
    assert!(begun.elapsed().as_secs() < 5);
}

#[expect(
    clippy::disallowed_methods,
    reason = "an upper bound far above every noise is measured, nothing is judged by it"
)]
fn now() -> Instant {
    Instant::now()
}

/// The same 32 bytes written with the two bits set that base64url leaves unused.
fn with_unused_bits(value: &str) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let last = value.bytes().last().unwrap();
    let at = ALPHABET.iter().position(|byte| *byte == last).unwrap();
    format!("{}{}", &value[..42], char::from(ALPHABET[at | 3]))
}
