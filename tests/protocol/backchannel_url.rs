//! the server reaches the provider at another address than the browser; RFC 9110 section 7.2: `Host` stays the issuer's.

use http::Request;
use vestibule::protocol::backchannel_url::{BackchannelFault, BackchannelUrl};
use vestibule::protocol::issuer::{HttpIssuer, Issuer};

fn parse(text: &str) -> Result<BackchannelUrl, BackchannelFault> {
    BackchannelUrl::parse(text, HttpIssuer::OnlyLoopback)
}

#[test]
fn it_is_scheme_host_and_port_and_nothing_else() {
    for text in
        ["https://keycloak.internal:8443", "https://10.0.0.7/", "http://127.0.0.1:8080", "http://localhost"]
    {
        assert!(parse(text).is_ok(), "{text}");
    }
    for text in [
        "",
        "keycloak",
        "keycloak:8080",
        "//keycloak",
        "ftp://keycloak",
        "https://",
        "https://a b",
        "https://a\n",
    ] {
        assert_eq!(parse(text), Err(BackchannelFault::NotAnAddress), "{text:?}");
    }
    for text in [
        "https://a/realms",
        "https://a/?x",
        "https://a/#x",
        "https://me@a/",
        "https://:secret@a/",
        "https://a//",
    ] {
        assert_eq!(parse(text), Err(BackchannelFault::HasExtras), "{text}");
    }
    for text in [
        "http://keycloak:8080",
        "http://10.0.0.7",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
    ] {
        assert_eq!(parse(text), Err(BackchannelFault::NotHttps), "{text}");
        assert!(BackchannelUrl::parse(text, HttpIssuer::DangerAllowed).is_ok(), "{text}");
    }
}

#[test]
fn what_is_for_the_issuers_own_origin_goes_there_under_the_issuers_name() {
    let issuer = |text| Issuer::parse(text, HttpIssuer::OnlyLoopback).unwrap();
    let main = "https://id.example.com/realms/main";
    for (name, issuer, asked, sent, host) in [
        (
            "a path",
            issuer(main),
            "https://id.example.com/token",
            "https://idp.internal:8443/token",
            Some("id.example.com"),
        ),
        (
            "a query",
            issuer(main),
            "https://id.example.com/a/b?c=%20&d=e",
            "https://idp.internal:8443/a/b?c=%20&d=e",
            Some("id.example.com"),
        ),
        (
            "the default port written out",
            issuer(main),
            "https://id.example.com:443/token",
            "https://idp.internal:8443/token",
            Some("id.example.com"),
        ),
        (
            "capitals",
            issuer(main),
            "https://ID.example.com/token",
            "https://idp.internal:8443/token",
            Some("id.example.com"),
        ),
        (
            "a port of its own",
            issuer("https://id.example.com:9443"),
            "https://id.example.com:9443/token",
            "https://idp.internal:8443/token",
            Some("id.example.com:9443"),
        ),
        (
            "another port",
            issuer(main),
            "https://id.example.com:8443/token",
            "https://id.example.com:8443/token",
            None,
        ),
        ("another host", issuer(main), "https://keys.example.com/set", "https://keys.example.com/set", None),
        (
            "a host that begins so",
            issuer(main),
            "https://id.example.com.evil/t",
            "https://id.example.com.evil/t",
            None,
        ),
        ("another scheme", issuer(main), "http://id.example.com/token", "http://id.example.com/token", None),
    ] {
        let there = parse("https://idp.internal:8443").unwrap();
        let mut request =
            Request::post(asked).header("authorization", "Basic x").body(b"body".to_vec()).unwrap();
        there.redirect(&mut request, &issuer);
        assert_eq!(request.uri(), sent, "{name}");
        assert_eq!(request.headers().get("host").map(|value| value.to_str().unwrap()), host, "{name}");
        assert_eq!(
            (request.headers()["authorization"].to_str().unwrap(), request.body().as_slice()),
            ("Basic x", &b"body"[..])
        );
    }
}
