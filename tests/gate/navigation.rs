//! Who gets a redirect and who a 401: requests as such programs send them, reduced to the headers that count.

use http::Method;
use vestibule::gate::navigation::is_navigation;

use super::headers;

const CHROME: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7";
const FIREFOX: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
const FIREFOX_OLD: &str =
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";
const NAVIGATE: [(&str, &str); 2] = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];

/// Name, method, headers beside `Accept`, `Accept`.
type Case = (&'static str, &'static str, Vec<(&'static str, &'static str)>, Option<&'static str>);

fn sec(mode: &'static str, dest: &'static str) -> Vec<(&'static str, &'static str)> {
    vec![("sec-fetch-mode", mode), ("sec-fetch-dest", dest)]
}

#[test]
fn a_page_that_a_person_opens_is_a_navigation() {
    let cases: Vec<Case> = vec![
        ("Chrome, address bar", "GET", NAVIGATE.to_vec(), Some(CHROME)),
        (
            "Chrome, link from another site",
            "GET",
            [&NAVIGATE[..], &[("sec-fetch-site", "cross-site")]].concat(),
            Some(CHROME),
        ),
        ("Chrome, form with GET", "GET", [&NAVIGATE[..], &[("sec-fetch-user", "?1")]].concat(), Some(CHROME)),
        (
            "Chrome over http, which sends no metadata",
            "GET",
            vec![("upgrade-insecure-requests", "1")],
            Some(CHROME),
        ),
        ("Edge", "GET", NAVIGATE.to_vec(), Some(CHROME)),
        ("Firefox", "GET", NAVIGATE.to_vec(), Some(FIREFOX)),
        ("Firefox 115", "GET", NAVIGATE.to_vec(), Some(FIREFOX_OLD)),
        ("Safari 17", "GET", NAVIGATE.to_vec(), Some(FIREFOX)),
        ("Safari 15, without metadata", "GET", vec![], Some(FIREFOX)),
        ("Safari on iOS, home screen", "GET", NAVIGATE.to_vec(), Some(FIREFOX)),
        ("Samsung Internet", "GET", NAVIGATE.to_vec(), Some(CHROME)),
        ("Chrome, HEAD of a link check in the page", "HEAD", NAVIGATE.to_vec(), Some(CHROME)),
        (
            "Chrome, prerender",
            "GET",
            [&NAVIGATE[..], &[("sec-purpose", "prefetch;prerender")]].concat(),
            Some(CHROME),
        ),
        (
            "Android WebView, which names its app",
            "GET",
            [&NAVIGATE[..], &[("x-requested-with", "com.example.app")]].concat(),
            Some(CHROME),
        ),
        ("service worker passes a navigation on", "GET", NAVIGATE.to_vec(), Some(CHROME)),
        (
            "lynx",
            "GET",
            vec![],
            Some("text/html, text/plain, text/sgml, text/css, application/xhtml+xml, */*;q=0.01"),
        ),
        ("w3m", "GET", vec![], Some("text/html, text/*;q=0.5, image/*")),
        ("a proxy that sends Accept in two lines", "GET", vec![("accept", "text/html")], Some("*/*;q=0.8")),
        ("HTML named by its XML form", "GET", vec![], Some("application/xhtml+xml, */*;q=0.1")),
        ("capitals", "GET", vec![], Some("Text/HTML; Q=1.0, */*; q=0.5")),
    ];
    for case in cases {
        assert!(judge(&case), "{}", case.0);
    }
}

#[test]
fn everything_else_is_none() {
    let websocket = vec![("sec-websocket-key", "x"), ("sec-websocket-version", "13")];
    let cases: Vec<Case> = vec![
        // Scripts of a page.
        ("fetch in Chrome", "GET", sec("cors", "empty"), Some("*/*")),
        ("fetch that asks for HTML", "GET", sec("cors", "empty"), Some(CHROME)),
        ("fetch, same origin", "GET", sec("same-origin", "empty"), Some("application/json")),
        ("fetch, no-cors", "GET", sec("no-cors", "empty"), Some("*/*")),
        ("fetch in Safari 15", "GET", vec![], Some("*/*")),
        ("axios", "GET", sec("cors", "empty"), Some("application/json, text/plain, */*")),
        ("axios in Safari 15", "GET", vec![], Some("application/json, text/plain, */*")),
        ("jQuery", "GET", vec![("x-requested-with", "XMLHttpRequest")], Some("text/html, */*; q=0.01")),
        ("Angular", "GET", sec("cors", "empty"), Some("application/json, text/plain, */*")),
        (
            "htmx",
            "GET",
            [&sec("cors", "empty")[..], &[("hx-request", "true")]].concat(),
            Some("text/html, */*"),
        ),
        ("Turbo frame", "GET", sec("cors", "empty"), Some("text/html, application/xhtml+xml")),
        (
            "Turbo stream in Safari 15",
            "GET",
            vec![],
            Some("text/vnd.turbo-stream.html, text/html, application/xhtml+xml"),
        ),
        ("EventSource", "GET", sec("cors", "empty"), Some("text/event-stream")),
        ("EventSource in Safari 15", "GET", vec![], Some("text/event-stream")),
        ("navigator.sendBeacon", "POST", sec("no-cors", "empty"), Some("*/*")),
        ("GraphQL", "POST", sec("cors", "empty"), Some("application/json")),
        ("gRPC-web", "POST", vec![("x-grpc-web", "1")], Some("application/grpc-web-text")),
        ("Connect, unary GET", "GET", vec![("connect-protocol-version", "1")], Some("*/*")),
        // Parts of a page.
        (
            "image",
            "GET",
            sec("no-cors", "image"),
            Some("image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"),
        ),
        ("style sheet", "GET", sec("no-cors", "style"), Some("text/css,*/*;q=0.1")),
        ("script", "GET", sec("no-cors", "script"), Some("*/*")),
        ("font", "GET", sec("cors", "font"), Some("*/*")),
        ("video", "GET", sec("no-cors", "video"), Some("*/*")),
        ("favicon", "GET", sec("no-cors", "image"), Some("image/avif,image/webp,*/*")),
        ("manifest", "GET", sec("cors", "manifest"), Some("*/*")),
        ("service worker script", "GET", sec("same-origin", "serviceworker"), Some("*/*")),
        ("worker", "GET", sec("same-origin", "worker"), Some("*/*")),
        ("iframe", "GET", sec("navigate", "iframe"), Some(CHROME)),
        ("frame", "GET", sec("navigate", "frame"), Some(CHROME)),
        ("object", "GET", sec("navigate", "object"), Some(CHROME)),
        ("embed", "GET", sec("navigate", "embed"), Some(CHROME)),
        ("fenced frame", "GET", sec("navigate", "fencedframe"), Some(CHROME)),
        ("source map", "GET", vec![], Some("*/*")),
        // Forms and preflights.
        ("form with POST", "POST", NAVIGATE.to_vec(), Some(CHROME)),
        ("form with POST in Safari 15", "POST", vec![], Some(FIREFOX)),
        ("preflight", "OPTIONS", sec("cors", "empty"), Some("*/*")),
        ("PUT", "PUT", vec![], Some(CHROME)),
        ("DELETE", "DELETE", NAVIGATE.to_vec(), Some(CHROME)),
        // WebSocket: Traefik and nginx strip Upgrade, Caddy does not.
        ("WebSocket behind Traefik", "GET", websocket, None),
        ("WebSocket with a browser's Accept", "GET", vec![("sec-websocket-key", "x")], Some(CHROME)),
        (
            "WebSocket behind Caddy",
            "GET",
            vec![("upgrade", "websocket"), ("connection", "Upgrade")],
            Some("*/*"),
        ),
        ("WebSocket by its metadata", "GET", sec("websocket", "empty"), Some("*/*")),
        ("another upgrade", "GET", vec![("upgrade", "h2c")], Some(CHROME)),
        // Programs.
        ("curl", "GET", vec![], Some("*/*")),
        ("curl -I", "HEAD", vec![], Some("*/*")),
        ("curl -H accept: application/json", "GET", vec![], Some("application/json")),
        ("wget", "GET", vec![], Some("*/*")),
        ("httpie", "GET", vec![], Some("application/json, */*;q=0.5")),
        ("Go's http.Get", "GET", vec![], None),
        ("Python requests", "GET", vec![], Some("*/*")),
        (
            "kubectl get",
            "GET",
            vec![],
            Some(
                "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json",
            ),
        ),
        ("kubectl apply", "PATCH", vec![], Some("application/json")),
        ("kubectl exec", "GET", vec![("upgrade", "SPDY/3.1"), ("connection", "Upgrade")], None),
        (
            "docker pull",
            "GET",
            vec![],
            Some(
                "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.index.v1+json, application/json",
            ),
        ),
        ("docker login", "GET", vec![], None),
        ("git clone", "GET", vec![("git-protocol", "version=2")], Some("*/*")),
        ("git push", "POST", vec![], Some("application/x-git-receive-pack-result")),
        (
            "npm install",
            "GET",
            vec![],
            Some("application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*"),
        ),
        (
            "pip install",
            "GET",
            vec![],
            Some(
                "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01",
            ),
        ),
        ("Helm", "GET", vec![], None),
        (
            "Prometheus",
            "GET",
            vec![],
            Some("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"),
        ),
        ("gRPC", "POST", vec![], None),
        ("WebDAV mount", "PROPFIND", vec![], Some("*/*")),
        ("CalDAV on iOS", "REPORT", vec![], Some("*/*")),
        ("mobile app, OkHttp", "GET", vec![], None),
        ("mobile app, URLSession", "GET", vec![], Some("*/*")),
        ("Android WebView's fetch", "GET", vec![("x-requested-with", "com.example.app")], Some("*/*")),
        (
            "feed reader",
            "GET",
            vec![],
            Some("application/atom+xml, application/rss+xml, text/html;q=0.8, */*;q=0.1"),
        ),
        ("health check", "GET", vec![("user-agent", "kube-probe/1.30")], Some("*/*")),
        ("load balancer", "GET", vec![("user-agent", "ELB-HealthChecker/2.0")], None),
        // Odd ones.
        (
            "a script that says so in small letters",
            "GET",
            [&NAVIGATE[..], &[("x-requested-with", "xmlhttprequest")]].concat(),
            Some(CHROME),
        ),
        (
            "an app's name without metadata",
            "GET",
            vec![("x-requested-with", "com.example.app")],
            Some(CHROME),
        ),
        (
            "an app's name and a script",
            "GET",
            [
                &NAVIGATE[..],
                &[("x-requested-with", "com.example.app"), ("x-requested-with", "XMLHttpRequest")],
            ]
            .concat(),
            Some(CHROME),
        ),
        ("metadata twice", "GET", [&NAVIGATE[..], &[("sec-fetch-mode", "cors")]].concat(), Some(CHROME)),
        ("metadata in capitals", "GET", vec![("sec-fetch-mode", "Navigate")], Some(CHROME)),
        ("HTML refused by weight", "GET", vec![], Some("text/html;q=0, */*;q=0.1")),
        ("HTML with a weight that is none", "GET", vec![], Some("text/html;q=high")),
        ("an empty Accept", "GET", vec![], Some("")),
        ("a word that has HTML in it", "GET", vec![], Some("text/html-sandboxed")),
        ("any text", "GET", vec![], Some("text/*")),
    ];
    for case in cases {
        assert!(!judge(&case), "{}", case.0);
    }
}

fn judge((_, method, others, accept): &Case) -> bool {
    let mut pairs = others.clone();
    pairs.extend(accept.map(|accept| ("accept", accept)));
    is_navigation(&headers(&pairs), &Method::from_bytes(method.as_bytes()).unwrap())
}
