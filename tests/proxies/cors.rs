//! through each proxy: a page of a named origin can read why it got a no, and the application's answers are as it made them.

use crate::http::Request;
use crate::registration::Registration;
use crate::stage::{Proxy, Setup, Stage};

const SPA: &str = "https://spa.example.com";
const LINE: &str = "    cors: { origins: [https://spa.example.com] }\n";

fn tries(proxy: Proxy) {
    let setup = Setup { registration: Registration::With(LINE), ..Setup::behind(proxy) };
    let Some(stage) = setup.start() else { return };
    let from = |origin: &str| Request::get("/api/items").fetch().header("Origin", origin);

    let answer = stage.send(&from(SPA));
    assert_eq!(answer.status, 401);
    assert_eq!(answer.header("access-control-allow-origin"), Some(SPA));
    assert_eq!(answer.header("access-control-allow-credentials"), Some("true"));
    assert_eq!(answer.header("vary"), Some("Origin"));
    let exposed = answer.header("access-control-expose-headers").unwrap();
    for name in ["Vestibule-Login", "Vestibule-Refusal", "Vestibule-Request-Id"] {
        assert!(exposed.contains(name), "{exposed}");
        assert!(answer.header(&name.to_ascii_lowercase()).is_some(), "{name} is not there to be read");
    }
    // A no that is none of a missing session.
    let handshake = from(SPA).header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
    let answer = stage.send(&handshake);
    assert_eq!((answer.status, answer.header("vestibule-refusal")), (403, Some("websocket_origin")));
    assert_eq!(answer.header("access-control-allow-origin"), Some(SPA));
    let page = stage.send(&Request::get("/page").navigation().header("Origin", SPA));
    assert_eq!((page.status, page.header("access-control-allow-origin")), (302, None));
    for origin in ["https://evil.example", "https://spa.example.com.evil.example", "null"] {
        let answer = stage.send(&from(origin));
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (401, None), "{origin}");
    }
    let cookies = Stage::cookies(&stage.signed_in("alice"));
    let answer = stage.send(&from(SPA).header("Cookie", &cookies));
    assert!(answer.is_application(), "{}", answer.status);
    assert_eq!(
        answer.header("access-control-allow-origin"),
        None,
        "what the application answers is its own business"
    );
}

#[test]
fn traefik() {
    tries(Proxy::Traefik);
}

#[test]
fn nginx() {
    tries(Proxy::Nginx);
}

#[test]
fn caddy() {
    tries(Proxy::Caddy);
}
