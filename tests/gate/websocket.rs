//! WebSocket handshakes from other sites (RFC 6455 section 10.2).

use vestibule::gate::websocket;

use super::{client, headers};

const HANDSHAKES: [(&str, &str); 4] = [
    ("sec-websocket-key", "x"),
    ("sec-websocket-protocol", "chat"),
    ("sec-fetch-mode", "websocket"),
    ("upgrade", "WebSocket"),
];

#[test]
fn a_handshake_from_a_page_of_another_site_is_refused() {
    for origin in [
        "https://evil.example",
        "http://app.example.test",
        "https://app.example.test:444",
        "https://app.example.test.evil.example",
        "https://evil.app.example.test",
        "https://user@app.example.test",
        "https://app.example.test/",
        "HTTPS://app.example.test",
        "https://app.example.test https://evil.example",
        "null",
        "",
        "moz-extension://abc",
        "\u{e9}",
    ] {
        for handshake in HANDSHAKES {
            let refused = websocket::check(&headers(&[handshake, ("origin", origin)]), &client());
            assert_eq!(refused.unwrap_err().code(), "websocket_origin", "{origin} {handshake:?}");
        }
        let other_request = headers(&[("sec-fetch-mode", "cors"), ("origin", origin)]);
        assert!(websocket::check(&other_request, &client()).is_ok(), "{origin} without a handshake");
    }
    let two =
        headers(&[HANDSHAKES[0], ("origin", "https://app.example.test"), ("origin", "https://evil.example")]);
    assert!(websocket::check(&two, &client()).is_err());
}

#[test]
fn a_handshake_from_a_page_of_the_client_or_from_no_page_passes() {
    for handshake in HANDSHAKES {
        assert!(websocket::check(&headers(&[handshake]), &client()).is_ok());
        for origin in
            ["https://app.example.test", "https://a.b.apps.example.test", "https://port.example.test:8443"]
        {
            let request = headers(&[handshake, ("origin", origin)]);
            assert!(websocket::check(&request, &client()).is_ok(), "{origin}");
        }
    }
}
