//! The decision as a table: what the cookie led to × how the request looks.

use std::time::Duration;

use http::HeaderMap;
use serde_json::{Value, json};
use vestibule::config::Client;
use vestibule::config::host::Scheme;
use vestibule::config::path_pattern::PathPattern;
use vestibule::config::rule::{BearerPolicy, OnUnauthenticated, Rule};
use vestibule::gate::bearer::Admitted;
use vestibule::gate::credential::Unreadable;
use vestibule::gate::decide::{Ended, Found, Verdict, decide, in_order};
use vestibule::gate::dialect::Dialect;
use vestibule::gate::forwarded::{Forwarded, Subrequest, read};
use vestibule::gate::identity::Identity;
use vestibule::gate::refusal::Refusal;
use vestibule::protocol::claims::Claims;
use vestibule::protocol::timestamp::Timestamp;

use super::token::{NOW, accepting, access_token, client_with, now, tokens};
use super::{client, headers};

const PAGE: [(&str, &str); 3] =
    [("accept", "text/html,*/*;q=0.8"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];

pub(super) fn forwarded(method: &str, proto: &str, host: &str, uri: &str) -> Forwarded {
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
    Found::Session { identity, claims, stepped_up: &[], age: Duration::from_secs(60) }
}

/// The verdict in one line.
fn say(forwarded: &Forwarded, headers: &HeaderMap, found: Found<'_>) -> String {
    let client = client();
    let verdict = match in_order(&client, forwarded, headers) {
        Ok(request) => decide(&request, found, Timestamp::from_seconds(1_800_000_000)),
        Err(refusal) => Verdict::Refuse(refusal),
    };
    match verdict {
        Verdict::Allow(pass) => pass
            .identity()
            .map_or("allow nobody".to_owned(), |identity| format!("allow {}", identity.headers().len())),
        Verdict::Login { navigation, return_to, reason, .. } => {
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

/// The verdict at a client that takes tokens, with this rule for everything.
fn say_by(rule: &Rule, headers: &HeaderMap, found: Found<'_>) -> String {
    let client = Client { rules: vec![rule.clone()], ..client_with(tokens()) };
    let here = forwarded("GET", "https", "app.example.test", "/a");
    match decide(&in_order(&client, &here, headers).unwrap(), found, now()) {
        Verdict::Allow(pass) => {
            format!("allow {}", pass.identity().unwrap().headers()[0].1.to_str().unwrap())
        }
        Verdict::Login { navigation: true, reason, .. } => format!("redirect {}", reason.code()),
        Verdict::Login { navigation: false, reason, .. } => format!("401 {}", reason.code()),
        Verdict::Refuse(refusal) => format!("{} {}", refusal.status().as_u16(), refusal.code()),
    }
}

fn signed_in(extra: Value) -> Claims {
    let mut members = json!({ "sub": "alice" });
    members.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    Claims::of_testing_profile(members.as_object().unwrap(), now())
}

/// what a rule says of tokens × what came × whether a person waits.
#[test]
fn a_rule_says_what_of_session_and_token_is_enough() {
    let (client, claims) = (client_with(tokens()), claims());
    let identity = Identity::from_claims(&claims, &client).unwrap();
    let admitted = Admitted::new(access_token(json!({})), &client, &tokens().issuers[0]).unwrap();
    let rule = |bearer| Rule { bearer, ..accepting() };
    let (accepted, required, ignored) =
        (rule(BearerPolicy::Accepted), rule(BearerPolicy::Required), rule(BearerPolicy::Ignored));
    let api = Rule { on_unauthenticated: OnUnauthenticated::Unauthorized, ..accepting() };
    let needed = "401 bearer_needed";
    let refused = Found::Refused(Refusal::BearerInactive);
    /// Name, rule, what was found, answer to a page, answer to a program.
    type Row<'a> = (&'a str, &'a Rule, Found<'a>, &'a str, &'a str);
    let table: Vec<Row<'_>> = vec![
        ("accepted, token", &accepted, Found::Token(&admitted), "allow user-1", "allow user-1"),
        ("accepted, session", &accepted, session(&identity, &claims), "allow alice", "allow alice"),
        ("accepted, nothing", &accepted, Found::Nothing, "redirect no_cookie", "401 no_cookie"),
        ("accepted, bad token", &accepted, refused.clone(), "401 bearer_inactive", "401 bearer_inactive"),
        ("required, token", &required, Found::Token(&admitted), "allow user-1", "allow user-1"),
        ("required, session", &required, session(&identity, &claims), needed, needed),
        ("required, nothing", &required, Found::Nothing, needed, needed),
        ("required, an unknown session", &required, Found::Unknown, needed, needed),
        ("required, an ended session", &required, Found::Ended(Ended::Idle), needed, needed),
        ("required, two cookies", &required, Found::Unreadable(Unreadable::Twice), needed, needed),
        ("required, bad token", &required, refused.clone(), "401 bearer_inactive", "401 bearer_inactive"),
        ("ignored, session", &ignored, session(&identity, &claims), "allow alice", "allow alice"),
        ("ignored, nothing", &ignored, Found::Nothing, "redirect no_cookie", "401 no_cookie"),
        ("401, nothing", &api, Found::Nothing, "401 no_cookie", "401 no_cookie"),
        ("401, ended", &api, Found::Ended(Ended::Idle), "401 session_idle", "401 session_idle"),
        ("401, session", &api, session(&identity, &claims), "allow alice", "allow alice"),
        ("401, token", &api, Found::Token(&admitted), "allow user-1", "allow user-1"),
        ("401, bad token", &api, refused, "401 bearer_inactive", "401 bearer_inactive"),
    ];
    for (name, rule, found, page, program) in table {
        assert_eq!(say_by(rule, &headers(&PAGE), found.clone()), page, "{name}, page");
        assert_eq!(say_by(rule, &headers(&[("accept", "*/*")]), found), program, "{name}, program");
    }
}

/// V-BT-10: what a rule asks of a token decides; of a session it asks no scopes.
#[test]
fn a_token_is_held_to_its_rule() {
    let (client, claims) = (client_with(tokens()), claims());
    let identity = Identity::from_claims(&claims, &client).unwrap();
    let admitted = |extra| Admitted::new(access_token(extra), &client, &tokens().issuers[0]).unwrap();
    let program = headers(&[("accept", "*/*")]);
    let rule = Rule { scopes: vec!["write".to_owned()], ..accepting() };
    let (reads, writes) = (admitted(json!({ "scope": "read" })), admitted(json!({ "scope": "read write" })));
    assert_eq!(say_by(&rule, &program, Found::Token(&reads)), "403 bearer_scope");
    assert_eq!(say_by(&rule, &program, Found::Token(&writes)), "allow user-1");
    assert_eq!(say_by(&rule, &program, session(&identity, &claims)), "allow alice");
    let rule = Rule { acr_values: vec!["mfa".to_owned()], ..accepting() };
    let strong = admitted(json!({ "acr": "mfa" }));
    assert_eq!(say_by(&rule, &program, Found::Token(&reads)), "401 bearer_authentication");
    assert_eq!(say_by(&rule, &program, Found::Token(&strong)), "allow user-1");
}

/// RFC 9470 section 4, for sessions: a claim that cannot be read is not there.
#[test]
fn a_session_is_held_to_how_and_when_its_person_was_authenticated() {
    let needed = "403 step_up_needed";
    let identity = Identity::blank(&client_with(tokens()));
    let judged = |rule: &Rule, extra: Value| {
        let claims = signed_in(extra);
        [headers(&PAGE), headers(&[("accept", "*/*")])]
            .map(|headers| say_by(rule, &headers, session(&identity, &claims)))
    };
    let acr = Rule { acr_values: vec!["mfa".to_owned(), "hwk".to_owned()], ..accepting() };
    for (claim, expected) in [
        (json!({ "acr": "mfa" }), "allow "),
        (json!({ "acr": "hwk" }), "allow "),
        (json!({ "acr": "pwd" }), needed),
        (json!({ "acr": "MFA" }), needed),
        (json!({ "acr": ["mfa"] }), needed),
        (json!({ "acr": null }), needed),
        (json!({ "amr": ["mfa"] }), needed),
        (json!({}), needed),
    ] {
        assert_eq!(judged(&acr, claim.clone()), [expected; 2], "{claim}");
    }
    let fresh = Rule { max_age: Some(Duration::from_secs(100)), ..accepting() };
    for (claim, expected) in [
        (json!({ "auth_time": NOW }), "allow "),
        (json!({ "auth_time": NOW - 100 }), "allow "),
        (json!({ "auth_time": NOW - 101 }), needed),
        (json!({ "auth_time": NOW + 301 }), needed),
        (json!({ "auth_time": NOW.to_string() }), needed),
        (json!({ "auth_time": -1 }), needed),
        (json!({ "auth_time": null }), needed),
        (json!({ "iat": NOW }), needed),
    ] {
        assert_eq!(judged(&fresh, claim.clone()), [expected; 2], "{claim}");
    }
    // The same where tokens mean nothing.
    let ignored = Rule { bearer: BearerPolicy::Ignored, ..acr };
    assert_eq!(judged(&ignored, json!({})), [needed; 2]);
}

/// B-03: a path that falls under a rule only for some is refused before anything is known of session or token.
#[test]
fn an_ambiguous_path_is_out_of_order() {
    let guarded = Rule { path: PathPattern::parse("/admin/*").unwrap(), number: Some(1), ..accepting() };
    let client = Client { rules: vec![guarded, accepting()], ..client_with(tokens()) };
    let none = HeaderMap::new();
    let asked = |path: &str| {
        let request = forwarded("GET", "https", "app.example.test", path);
        in_order(&client, &request, &none).map_or_else(|refusal| refusal.code(), |_| "in order")
    };
    assert_eq!(asked("/ADMIN/x"), "path_ambiguous");
    assert_eq!(asked("/x/..%2fadmin"), "path_ambiguous");
    assert_eq!(asked("/admin/x"), "in order");
    assert_eq!(asked("/x"), "in order");
}

/// for the scheme: the cookies of a sign-in are for https, so it is told before the provider is troubled.
#[test]
fn no_login_begins_for_a_request_over_http_where_the_cookie_is_for_https() {
    let over_http = forwarded("GET", "http", "app.example.test", "/");
    let refused = "scheme_http_with_secure_cookie";
    let (page, client) = (headers(&PAGE), client());
    for found in [Found::Nothing, Found::Unknown, Found::Ended(Ended::Idle)] {
        let request = in_order(&client, &over_http, &page).unwrap();
        match decide(&request, found, now()) {
            Verdict::Refuse(refusal) => assert_eq!(refusal.code(), refused),
            other => panic!("{other:?}"),
        }
    }
    let request = in_order(&client, &over_http, &page).unwrap();
    let (identity, claims) = (Identity::from_claims(&claims(), &client).unwrap(), claims());
    let verdict = decide(&request, session(&identity, &claims), now());
    assert!(matches!(verdict, Verdict::Allow(_)), "whose cookie comes has come over https: {verdict:?}");

    // On this machine cookies are for http.
    let mut here = client.clone();
    (here.scheme, here.cookie.secure) = (Scheme::Http, false);
    let request = in_order(&here, &over_http, &page).unwrap();
    assert!(matches!(decide(&request, Found::Nothing, now()), Verdict::Login { .. }));
}
