//! The description of the forwarded request: complete, once, clear, from a trusted proxy.

use std::net::IpAddr;

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use ipnet::IpNet;
use vestibule::config::host::Scheme;
use vestibule::gate::dialect::Dialect;
use vestibule::gate::forwarded::{Forwarded, MAX_TARGET, Subrequest, client_of, read};
use vestibule::gate::refusal::Refusal;

use super::headers;

const BASE: [(&str, &str); 5] = [
    ("x-forwarded-method", "GET"),
    ("x-forwarded-proto", "https"),
    ("x-forwarded-host", "app.example.test"),
    ("x-forwarded-uri", "/private"),
    ("x-forwarded-for", "198.51.100.7"),
];
const NGINX: [(&str, &str); 2] =
    [("x-original-method", "GET"), ("x-original-url", "https://app.example.test/private?a=1")];

fn ask(
    dialect: Dialect,
    peer: &str,
    method: &Method,
    rest: &str,
    headers: &HeaderMap,
) -> Result<Forwarded, Refusal> {
    let trusted: Vec<IpNet> =
        ["10.0.0.0/8", "127.0.0.0/8", "2001:db8::/32"].map(|net| net.parse().unwrap()).to_vec();
    let asked = Subrequest { peer: peer.parse().unwrap(), method, rest, headers };
    read(dialect, &asked, Scheme::Https, &trusted)
}

fn forwarded(headers: &HeaderMap) -> Result<Forwarded, Refusal> {
    ask(Dialect::Forwarded, "10.0.0.4", &Method::GET, "", headers)
}

fn nginx(headers: &HeaderMap) -> Result<Forwarded, Refusal> {
    ask(Dialect::Nginx, "10.0.0.4", &Method::GET, "", headers)
}

fn envoy(rest: &str, headers: &HeaderMap) -> Result<Forwarded, Refusal> {
    ask(Dialect::Envoy, "10.0.0.4", &Method::GET, rest, headers)
}

/// The base request with one header replaced.
fn with(base: &[(&'static str, &'static str)], name: &'static str, value: &[u8]) -> HeaderMap {
    let mut map = headers(base);
    map.insert(HeaderName::from_static(name), HeaderValue::from_bytes(value).unwrap());
    map
}

fn code<T: std::fmt::Debug>(result: Result<T, Refusal>) -> &'static str {
    match result {
        Ok(_) => "ok",
        Err(refusal) => refusal.code(),
    }
}

#[test]
fn a_complete_description_is_read() {
    let read = forwarded(&headers(&BASE)).unwrap();
    assert_eq!(read.method(), Method::GET);
    assert_eq!(read.scheme(), Scheme::Https);
    assert_eq!(read.authority().to_string(), "app.example.test");
    assert_eq!(read.target(), "/private");
    assert_eq!(read.path(), "/private");
    assert_eq!(read.client_address(), Some("198.51.100.7".parse().unwrap()));
}

#[test]
fn only_a_trusted_peer_is_believed() {
    let table = [
        ("in the list", "10.0.0.4", "ok"),
        ("mapped into IPv6", "::ffff:10.0.0.1", "ok"),
        ("IPv6 in the list", "2001:db8::1", "ok"),
        ("not in the list", "192.0.2.10", "peer_not_trusted"),
        ("not in the list, mapped", "::ffff:192.0.2.1", "peer_not_trusted"),
        ("IPv6 loopback is not 127.0.0.1", "::1", "peer_not_trusted"),
    ];
    for (name, peer, expected) in table {
        for (dialect, base) in [(Dialect::Forwarded, headers(&BASE)), (Dialect::Nginx, headers(&NGINX))] {
            assert_eq!(code(ask(dialect, peer, &Method::GET, "", &base)), expected, "{name}");
        }
        if let Err(refusal) = ask(Dialect::Forwarded, peer, &Method::GET, "", &headers(&BASE)) {
            assert!(!refusal.to_string().contains("::ffff:"), "{refusal}");
        }
        let host = headers(&[("host", "app.example.test")]);
        assert_eq!(code(ask(Dialect::Envoy, peer, &Method::GET, "/", &host)), expected, "{name}");
    }
}

#[test]
fn a_part_that_is_missing_empty_or_twice_is_refused() {
    for (name, part) in [
        ("x-forwarded-method", "forwarded_method"),
        ("x-forwarded-proto", "forwarded_proto"),
        ("x-forwarded-host", "forwarded_host"),
        ("x-forwarded-uri", "forwarded_uri"),
    ] {
        pin_missing_empty_twice(&BASE, name, part, forwarded);
    }
    for (name, part) in [("x-original-method", "forwarded_method"), ("x-original-url", "forwarded_url")] {
        pin_missing_empty_twice(&NGINX, name, part, nginx);
    }
    pin_missing_empty_twice(&[("host", "app.example.test")], "host", "forwarded_host", |map| envoy("/", map));
}

fn pin_missing_empty_twice(
    base: &[(&'static str, &'static str)],
    name: &'static str,
    part: &str,
    read: impl Fn(&HeaderMap) -> Result<Forwarded, Refusal>,
) {
    let good = headers(base);
    assert_eq!(code(read(&good)), "ok");
    let mut missing = good.clone();
    missing.remove(name);
    assert_eq!(code(read(&missing)), format!("{part}_missing"));
    for blank in ["", " ", "\t ", "   "] {
        assert_eq!(code(read(&with(base, name, blank.as_bytes()))), format!("{part}_empty"), "{blank:?}");
    }
    // In both orders, and also when both say the same.
    let value = good.get(name).unwrap().clone();
    for second in [value, HeaderValue::from_static("/public"), HeaderValue::from_static("")] {
        let mut twice = good.clone();
        twice.append(name, second.clone());
        assert_eq!(code(read(&twice)), format!("{part}_twice"));
        let mut other_order = good.clone();
        other_order.insert(name, second);
        other_order.append(name, good.get(name).unwrap().clone());
        assert_eq!(code(read(&other_order)), format!("{part}_twice"));
    }
}

#[test]
fn a_method_is_a_registered_one_letter_for_letter() {
    for method in
        ["GET", "HEAD", "POST", "OPTIONS", "PROPFIND", "REPORT", "MKCALENDAR", "VERSION-CONTROL", "QUERY"]
    {
        let read = forwarded(&with(&BASE, "x-forwarded-method", method.as_bytes())).unwrap();
        assert_eq!(read.method().as_str(), method);
    }
    let long = "A".repeat(1024);
    for method in ["GETz", "get", "GET /x", "Get", "GET,POST", "*", "PRI", "G\u{e9}T", "<b>", &long] {
        let refused = code(forwarded(&with(&BASE, "x-forwarded-method", method.as_bytes())));
        assert_eq!(refused, "forwarded_method_malformed", "{method}");
        let refused = code(nginx(&with(&NGINX, "x-original-method", method.as_bytes())));
        assert_eq!(refused, "forwarded_method_malformed", "{method}");
    }
    let odd = Method::from_bytes(b"GETz").unwrap();
    let host = headers(&[("host", "app.example.test")]);
    assert_eq!(code(ask(Dialect::Envoy, "10.0.0.4", &odd, "/", &host)), "forwarded_method_malformed");
}

#[test]
fn a_scheme_is_one_of_four() {
    let table =
        [("http", Scheme::Http), ("ws", Scheme::Http), ("https", Scheme::Https), ("wss", Scheme::Https)];
    for (text, scheme) in table {
        assert_eq!(forwarded(&with(&BASE, "x-forwarded-proto", text.as_bytes())).unwrap().scheme(), scheme);
        let url = format!("{text}://app.example.test/");
        assert_eq!(nginx(&with(&NGINX, "x-original-url", url.as_bytes())).unwrap().scheme(), scheme);
    }
    for text in ["javascript", "HTTPS", "https,http", "https://", "https, https", "h2", "file", "https:"] {
        let refused = code(forwarded(&with(&BASE, "x-forwarded-proto", text.as_bytes())));
        assert_eq!(refused, "forwarded_proto_malformed", "{text}");
        let url = format!("{text}://app.example.test/");
        let refused = code(nginx(&with(&NGINX, "x-original-url", url.as_bytes())));
        assert_eq!(refused, "forwarded_url_malformed", "{text}");
    }
}

#[test]
fn a_host_is_lower_case_without_trailing_dot() {
    for (text, host) in [
        ("APP.Example.Test.", "app.example.test"),
        ("app.example.test:8443", "app.example.test:8443"),
        ("[::1]:8080", "[::1]:8080"),
        ("192.0.2.1", "192.0.2.1"),
    ] {
        let read = forwarded(&with(&BASE, "x-forwarded-host", text.as_bytes())).unwrap();
        assert_eq!(read.authority().to_string(), host);
    }
}

#[test]
fn a_host_that_is_none_is_refused() {
    let long = "a".repeat(300);
    let hosts: [&[u8]; 20] = [
        b"a b",
        b"user@app.example.test",
        b"user:secret@app.example.test",
        b"app.example.test:99999",
        b"app.example.test:",
        b"app.example.test:0",
        b"app.example.test:80:80",
        b"[::1",
        b"::1",
        b"%00",
        b"app.example.test%00",
        b"app.example.test,evil.test",
        b"app.example.test, evil.test",
        b"app.example.test/x",
        b"app.example.test#",
        b"*.example.test",
        b"127.1",
        b"\xe9.example.test",
        "app.example.test\u{212a}".as_bytes(),
        long.as_bytes(),
    ];
    for host in hosts {
        let name = String::from_utf8_lossy(host);
        assert_eq!(
            code(forwarded(&with(&BASE, "x-forwarded-host", host))),
            "forwarded_host_malformed",
            "{name}"
        );
        assert_eq!(code(envoy("/", &with(&[], "host", host))), "forwarded_host_malformed", "{name}");
        let url = [b"https://", host, b"/"].concat();
        if !host.contains(&b'/') {
            assert_eq!(
                code(nginx(&with(&NGINX, "x-original-url", &url))),
                "forwarded_url_malformed",
                "{name}"
            );
        }
    }
}

#[test]
fn a_target_is_kept_byte_for_byte() {
    let targets = [
        "/",
        "/?",
        "/a%2Fb",
        "/a%2Fb//c;x?y=%zz",
        "/a/../b",
        "/%2e%2e/x",
        "/..;/a",
        "/a?x=%",
        "/a?b=http://evil.example/",
        "/a\\b",
        "/a%00b",
        "/a%0d%0ab",
        "/~u/<x>\"{}|^`",
        "/a?b?c",
    ];
    for target in targets {
        assert_eq!(forwarded(&with(&BASE, "x-forwarded-uri", target.as_bytes())).unwrap().target(), target);
        let url = format!("https://app.example.test{target}");
        assert_eq!(nginx(&with(&NGINX, "x-original-url", url.as_bytes())).unwrap().target(), target);
    }
}

#[test]
fn a_target_that_can_be_read_in_two_ways_is_refused() {
    let long = format!("/{}", "a".repeat(MAX_TARGET));
    let targets: [&[u8]; 22] = [
        b"private",
        b"*",
        b"?a=1",
        b"//evil.example/x",
        b"/\\evil.example",
        b"\\\\evil.example",
        b"https://evil.example/x",
        b"http://app.example.test/x",
        b"https:/x",
        b"user@evil.example/x",
        b"/a#b",
        b"/a?b#c",
        b"/a b",
        b"/a\tb",
        b"/public/x, /private",
        b"/\xe9",
        "/caf\u{e9}".as_bytes(),
        b"/%zz",
        b"/%",
        b"/a%2",
        b"/%u002e",
        long.as_bytes(),
    ];
    for target in targets {
        let name = String::from_utf8_lossy(target);
        assert_eq!(
            code(forwarded(&with(&BASE, "x-forwarded-uri", target))),
            "forwarded_uri_malformed",
            "{name}"
        );
        if target.starts_with(b"/") || target.starts_with(b"?") || target.starts_with(b"*") {
            let url = [b"https://app.example.test", target].concat();
            assert_eq!(
                code(nginx(&with(&NGINX, "x-original-url", &url))),
                "forwarded_url_malformed",
                "{name}"
            );
        }
    }
}

#[test]
fn an_original_url_is_absolute() {
    for url in [
        "/private",
        "app.example.test/private",
        "//app.example.test/private",
        "https:/app.example.test/",
        "https:app.example.test/",
        "https://app.example.test",
        "https://app.example.test?x",
        "https:///private",
        "https://app.example.test\\@evil.example/",
        "https://app.example.test:443@evil.example/",
        "https://evil.example#@app.example.test/",
        "https://app.example.test//x",
    ] {
        let refused = code(nginx(&with(&NGINX, "x-original-url", url.as_bytes())));
        assert_eq!(refused, "forwarded_url_malformed", "{url}");
    }
}

#[test]
fn a_dialect_reads_no_header_of_another() {
    let others = [
        ("x-original-uri", "/public"),
        ("x-original-url", "https://app.example.test/public"),
        ("x-original-method", "OPTIONS"),
        ("x-rewrite-url", "/public"),
        ("x-forwarded-prefix", "/public"),
        ("x-forwarded-path", "/public"),
        ("x-forwarded-port", "1"),
        ("x-real-ip", "10.0.0.1"),
        ("x-http-method-override", "DELETE"),
        ("forwarded", "for=10.0.0.1;host=evil.example;proto=http"),
        ("host", "public.example.test"),
    ];
    let expected = forwarded(&headers(&BASE)).unwrap();
    for other in others {
        let mut all = BASE.to_vec();
        all.push(other);
        assert_eq!(forwarded(&headers(&all)).unwrap(), expected, "{}", other.0);
    }
    let expected = nginx(&headers(&NGINX)).unwrap();
    let mut all = NGINX.to_vec();
    all.extend([
        ("x-forwarded-uri", "/public"),
        ("x-forwarded-uri", "/public2"),
        ("x-forwarded-method", "OPTIONS"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "ftp"),
        ("x-original-uri", "/public"),
    ]);
    assert_eq!(nginx(&headers(&all)).unwrap(), expected);
    let expected = envoy("/private?a=1", &headers(&[("host", "app.example.test")])).unwrap();
    all.push(("host", "app.example.test"));
    assert_eq!(envoy("/private?a=1", &headers(&all)).unwrap(), expected);
    assert_eq!(expected.target(), "/private?a=1");
}

/// Traefik GHSA-5m6w-wvh7-57vm, GHSA-rf44-j88r-hh8c: such spellings come through beside the right one.
#[test]
fn another_spelling_of_a_header_that_is_read_is_refused() {
    for alias in
        ["x_forwarded_uri", "x.forwarded.uri", "x-forwarded_host", "x_forwarded-method", "x-forwarded.proto"]
    {
        let mut all = BASE.to_vec();
        all.push((alias, "/public"));
        assert_eq!(code(forwarded(&headers(&all))), "forwarded_header_alias", "{alias}");
    }
    for alias in ["x_original_url", "x.original.url", "x-original_method"] {
        let mut all = NGINX.to_vec();
        all.push((alias, "/public"));
        assert_eq!(code(nginx(&headers(&all))), "forwarded_header_alias", "{alias}");
    }
    let mut all = BASE.to_vec();
    all.push(("x_original_url", "/public"));
    assert_eq!(code(forwarded(&headers(&all))), "ok", "an alias of what is not read");
}

#[test]
fn the_client_address_is_the_rightmost_that_is_no_trusted_proxy() {
    let table: [(&str, &[&str], Option<&str>); 14] = [
        ("one", &["203.0.113.9"], Some("203.0.113.9")),
        ("behind a trusted proxy", &["203.0.113.9, 10.0.0.1"], Some("203.0.113.9")),
        ("spoofed on the left", &["10.0.0.1, 203.0.113.9"], Some("203.0.113.9")),
        ("spoofed further left", &["1.1.1.1, 203.0.113.9, 10.1.2.3,10.0.0.9"], Some("203.0.113.9")),
        ("mapped into IPv6", &["::ffff:203.0.113.9, ::ffff:10.0.0.1"], Some("203.0.113.9")),
        ("with port", &["203.0.113.9:4711"], Some("203.0.113.9")),
        ("IPv6 with port", &["[2001:470::1]:4711"], Some("2001:470::1")),
        ("two lines", &["1.1.1.1", "203.0.113.9, 10.0.0.1"], Some("203.0.113.9")),
        ("only trusted ones", &["10.9.9.9, 10.0.0.1"], Some("10.9.9.9")),
        ("junk", &["junk"], None),
        ("junk on the way", &["203.0.113.9, junk, 10.0.0.1"], None),
        ("junk to the left does not matter", &["junk, 203.0.113.9"], Some("203.0.113.9")),
        ("empty", &[""], None),
        ("none", &[], None),
    ];
    for (name, lines, expected) in table {
        let mut map = headers(&BASE);
        map.remove("x-forwarded-for");
        for line in lines {
            map.append("x-forwarded-for", line.parse().unwrap());
        }
        let expected = expected.map(|text| text.parse::<IpAddr>().unwrap());
        assert_eq!(forwarded(&map).unwrap().client_address(), expected, "{name}");
    }
    let mut map = headers(&BASE);
    map.insert("x-forwarded-for", HeaderValue::from_bytes(b"203.0.113.9\xff").unwrap());
    assert_eq!(forwarded(&map).unwrap().client_address(), None);
}

/// Envoy's `path_prefix` puts `/../../weak/auth/x` behind the prefix of this client.
#[test]
fn an_envoy_path_that_could_walk_away_is_refused() {
    let host = headers(&[("host", "app.example.test")]);
    for path in
        ["/", "/a/b?x=1", "/a.b/..c/d..", "/a/...", "/a;p=1/b", "/a?x=/../&y=//z%2f", "/.well-known/x"]
    {
        assert_eq!(code(envoy(path, &host)), "ok", "{path}");
    }
    for path in [
        "/../../weak/auth/x",
        "/..",
        "/a/..",
        "/a/./b",
        "/.",
        "/a/%2e%2e/b",
        "/a/.%2E/b",
        "/a/%2e/b",
        "/..;/a",
        "/a/..;x=1/b",
        "/a/..%3b/b",
        "/a/%2e%2e;/b",
        "/a//b",
        "/a/",
    ] {
        let expected = if path == "/a/" { "ok" } else { "forwarded_uri_malformed" };
        assert_eq!(code(envoy(path, &host)), expected, "{path}");
    }
    for path in ["//x", "/a%2fb", "/a%2Fb", "/a%5cb", "/a%5Cb", "/a\\b", "", "x", "a/b", "?x", "/a#b"] {
        assert_eq!(code(envoy(path, &host)), "forwarded_uri_malformed", "{path}");
    }
}

/// The log helps without repeating what may be secret.
#[test]
fn the_log_quotes_host_and_method_and_never_a_path() {
    let refusal = forwarded(&with(&BASE, "x-forwarded-host", b"user@\"app")).unwrap_err();
    assert!(refusal.to_string().contains("user@\\\"app"), "{refusal}");
    let refusal = forwarded(&with(&BASE, "x-forwarded-uri", b"secret-in-path")).unwrap_err();
    assert!(!refusal.to_string().contains("secret"), "{refusal}");
    let refusal = nginx(&with(&NGINX, "x-original-url", b"secret-in-path")).unwrap_err();
    assert!(!refusal.to_string().contains("secret"), "{refusal}");
}

/// A-21, for limits on our own pages: whoever is no proxy is judged by its connection, and a proxy that names nobody by nothing.
#[test]
fn the_client_of_a_page_is_whom_a_trusted_proxy_names_or_the_peer_itself() {
    let trusted = ["10.0.0.0/8".parse().unwrap()];
    for (peer, forwarded_for, expected) in [
        ("10.0.0.1", Some("198.51.100.7"), Some("198.51.100.7")),
        ("10.0.0.1", Some("192.0.2.1, 198.51.100.7"), Some("198.51.100.7")),
        ("::ffff:10.0.0.1", Some("198.51.100.7"), Some("198.51.100.7")),
        ("10.0.0.1", Some("junk"), None),
        ("10.0.0.1", Some("198.51.100.7, junk"), None),
        ("10.0.0.1", None, None),
        ("192.0.2.9", Some("198.51.100.7"), Some("192.0.2.9")),
        ("::ffff:192.0.2.9", None, Some("192.0.2.9")),
    ] {
        let pairs: Vec<_> = forwarded_for.map(|value| ("X-Forwarded-For", value)).into_iter().collect();
        let found = client_of(peer.parse().unwrap(), &headers(&pairs), &trusted);
        assert_eq!(found, expected.map(|address| address.parse().unwrap()), "{peer} {forwarded_for:?}");
    }
}

/// A-21, E-27: what the client wrote into the line before a proxy added the address to it hides the address from no limit.
#[test]
fn bytes_that_are_no_text_left_of_an_address_do_not_hide_it() {
    let trusted = ["10.0.0.0/8".parse().unwrap()];
    let found = |line: &[u8]| {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", HeaderValue::from_bytes(line).unwrap());
        client_of("10.0.0.1".parse().unwrap(), &headers, &trusted)
    };
    let address = Some("198.51.100.7".parse().unwrap());
    assert_eq!(found(b"\xe9, 198.51.100.7"), address);
    assert_eq!(found("é, 198.51.100.7, 10.0.0.2".as_bytes()), address);
    assert_eq!(found(b"192.0.2.1, \xff\xfe,\t198.51.100.7"), address);
    assert_eq!(found(b"198.51.100.7, \xe9"), None);
}
