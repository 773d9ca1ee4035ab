//! The decision as a table: what the cookie led to × how the request looks.

use http::HeaderMap;
use serde_json::json;
use vestibule::config::host::Scheme;
use vestibule::gate::credential::Unreadable;
use vestibule::gate::decide::{Ended, Found, Verdict, decide, in_order};
use vestibule::gate::dialect::Dialect;
use vestibule::gate::forwarded::{Forwarded, Subrequest, read};
use vestibule::gate::identity::Identity;
use vestibule::gate::refusal::Refusal;
use vestibule::protocol::claims::Claims;
use vestibule::protocol::timestamp::Timestamp;

use super::{client, headers};

const PAGE: [(&str, &str); 3] =
    [("accept", "text/html,*/*;q=0.8"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];

fn forwarded(method: &str, proto: &str, host: &str, uri: &str) -> Forwarded {
    let headers = headers(&[
        ("x-forwarded-method", method),
        ("x-forwarded-proto", proto),
        ("x-forwarded-host", host),
        ("x-forwarded-uri", uri),
    ]);
    let asked = Subrequest {
        peer: "127.0.0.1".parse().unwrap(),
        method: &http::Method::GET,
        rest: "",
        headers: &headers,
    };
    read(Dialect::Forwarded, &asked, Scheme::Https, &["127.0.0.0/8".parse().unwrap()]).unwrap()
}

/// The claims of somebody who signed in in no particular way.
fn claims() -> Claims {
    let members = json!({ "sub": "alice" });
    Claims::of_testing_profile(members.as_object().unwrap(), Timestamp::from_seconds(1_800_000_000))
}

const fn session<'a>(identity: &'a Identity, claims: &'a Claims) -> Found<'a> {
    Found::Session { identity, claims }
}

/// The verdict in one line.
fn say(forwarded: &Forwarded, headers: &HeaderMap, found: Found<'_>) -> String {
    let client = client();
    let verdict = match in_order(&client, forwarded, headers) {
        Ok(request) => decide(&request, found, Timestamp::from_seconds(1_800_000_000)),
        Err(refusal) => Verdict::Refuse(refusal),
    };
    match verdict {
        Verdict::Allow(pass) => format!("allow {}", pass.identity().headers().len()),
        Verdict::Login { navigation, return_to, reason } => {
            let kind = if navigation { "redirect" } else { "401" };
            format!("{kind} {} {return_to}", reason.code())
        }
        Verdict::Refuse(refusal) => format!("{} {}", refusal.status().as_u16(), refusal.code()),
    }
}

#[test]
fn what_the_cookie_led_to_decides_about_a_request_in_order() {
    let (identity, claims) = (Identity::blank(&client()), claims());
    let page = forwarded("GET", "https", "app.example.test", "/a/b?x=1&y=%zz");
    let back = "https://app.example.test/a/b?x=1&y=%zz";
    let home = "https://app.example.test/";
    let table: Vec<(&str, Found<'_>, String, String)> = vec![
        ("a session", session(&identity, &claims), "allow 4".into(), "allow 4".into()),
        ("nothing", Found::Nothing, format!("redirect no_cookie {back}"), format!("401 no_cookie {home}")),
        (
            "two cookies",
            Found::Unreadable(Unreadable::Twice),
            format!("redirect cookie_twice {back}"),
            format!("401 cookie_twice {home}"),
        ),
        (
            "an unknown session",
            Found::Unknown,
            format!("redirect session_unknown {back}"),
            format!("401 session_unknown {home}"),
        ),
        (
            "an idle session",
            Found::Ended(Ended::Idle),
            format!("redirect session_idle {back}"),
            format!("401 session_idle {home}"),
        ),
        (
            "an old session",
            Found::Ended(Ended::Absolute),
            format!("redirect session_absolute {back}"),
            format!("401 session_absolute {home}"),
        ),
        (
            "a session that the provider ended",
            Found::Ended(Ended::RefreshDenied),
            format!("redirect session_refresh_denied {back}"),
            format!("401 session_refresh_denied {home}"),
        ),
        (
            "a session that nobody could refresh",
            Found::Ended(Ended::Grace),
            format!("redirect session_refresh_grace {back}"),
            format!("401 session_refresh_grace {home}"),
        ),
        (
            "a store that does not answer",
            Found::Refused(Refusal::RefreshUnavailable),
            "503 refresh_unavailable".into(),
            "503 refresh_unavailable".into(),
        ),
    ];
    for (name, found, navigation, background) in table {
        assert_eq!(say(&page, &headers(&PAGE), found.clone()), navigation, "{name}, page");
        assert_eq!(say(&page, &headers(&[("accept", "*/*")]), found), background, "{name}, script");
    }
}

#[test]
fn a_request_out_of_order_is_refused_with_and_without_a_session() {
    let (identity, claims) = (Identity::blank(&client()), claims());
    let here = forwarded("GET", "https", "app.example.test", "/");
    /// Name, request, headers, answer.
    type Row = (&'static str, Forwarded, Vec<(&'static str, &'static str)>, &'static str);
    let table: Vec<Row> = vec![
        ("another host", forwarded("GET", "https", "evil.example", "/"), vec![], "403 host_not_guarded"),
        (
            "another port",
            forwarded("GET", "https", "app.example.test:8443", "/"),
            vec![],
            "403 host_not_guarded",
        ),
        (
            "the apex of a wildcard",
            forwarded("GET", "https", "apps.example.test", "/"),
            vec![],
            "403 host_not_guarded",
        ),
        ("a suffix", forwarded("GET", "https", "evilapp.example.test", "/"), vec![], "403 host_not_guarded"),
        ("an identity header", here.clone(), vec![("x-auth-subject", "admin")], "400 identity_header_sent"),
        ("an alias of one", here.clone(), vec![("x_auth_email", "admin")], "400 identity_header_sent"),
        (
            "Connection",
            here.clone(),
            vec![("connection", "x-auth-email")],
            "400 identity_header_in_connection",
        ),
        (
            "a foreign page's WebSocket",
            here.clone(),
            vec![("sec-websocket-key", "x"), ("origin", "https://evil.example")],
            "403 websocket_origin",
        ),
    ];
    for (name, forwarded, others, expected) in table {
        for found in
            [session(&identity, &claims), Found::Nothing, Found::Refused(Refusal::RefreshUnavailable)]
        {
            let request = headers(&[&PAGE[..], &others].concat());
            assert_eq!(say(&forwarded, &request, found), expected, "{name}");
        }
    }
}

#[test]
fn nothing_but_the_session_lets_a_request_through() {
    let here = forwarded("GET", "https", "app.example.test", "/health");
    for others in [
        [("user-agent", "GoogleHC/1.0"), ("accept", "*/*")],
        [("user-agent", "kube-probe/1.30"), ("accept", "*/*")],
        [("authorization", "Bearer x"), ("accept", "*/*")],
        [("x-original-uri", "/public"), ("accept", "*/*")],
        [("access-control-request-method", "GET"), ("origin", "https://evil.example")],
    ] {
        let said = say(&here, &headers(&others), Found::Nothing);
        assert_eq!(said, "401 no_cookie https://app.example.test/", "{others:?}");
    }
    let preflight = forwarded("OPTIONS", "https", "app.example.test", "/");
    assert_eq!(say(&preflight, &headers(&PAGE), Found::Nothing), "401 no_cookie https://app.example.test/");
}

#[test]
fn a_background_request_returns_to_the_page_it_came_from() {
    let api = forwarded("POST", "https", "app.example.test", "/api/save");
    for (referer, back) in [
        ("https://app.example.test/edit?id=7", "https://app.example.test/edit?id=7"),
        ("https://a.apps.example.test/edit", "https://a.apps.example.test/edit"),
        ("https://evil.example/", "https://app.example.test/"),
        ("//evil.example/", "https://app.example.test/"),
        ("junk", "https://app.example.test/"),
    ] {
        let request = headers(&[("accept", "application/json"), ("referer", referer)]);
        assert_eq!(say(&api, &request, Found::Nothing), format!("401 no_cookie {back}"), "{referer}");
    }
}

#[test]
fn a_websocket_with_a_session_passes_and_without_one_gets_401() {
    let (identity, claims) = (Identity::blank(&client()), claims());
    let socket = forwarded("GET", "wss", "app.example.test", "/ws");
    let request = headers(&[("sec-websocket-key", "x"), ("origin", "https://app.example.test")]);
    assert_eq!(say(&socket, &request, session(&identity, &claims)), "allow 4");
    assert_eq!(say(&socket, &request, Found::Nothing), "401 no_cookie https://app.example.test/");
}
