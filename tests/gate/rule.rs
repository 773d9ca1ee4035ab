//! Which rule of a client holds for a request (B-03, B-06).

use http::Method;
use proptest::prelude::*;
use proptest::sample::Index;
use vestibule::config::Client;
use vestibule::config::path_pattern::PathPattern;
use vestibule::config::rule::Rule;
use vestibule::gate::refusal::Refusal;
use vestibule::gate::rule::find;

use super::decide::forwarded;
use super::token::accepting;
use super::{client, everywhere, headers};

/// A client with rules for these methods and paths, and what holds where none fits.
fn with(rules: &[(&[&str], &str)]) -> Client {
    let written = rules.iter().enumerate().map(|(index, (methods, path))| Rule {
        number: Some(index + 1),
        place: index + 1,
        path: PathPattern::parse(path).unwrap(),
        methods: methods.iter().map(|method| Method::from_bytes(method.as_bytes()).unwrap()).collect(),
        ..accepting()
    });
    Client { rules: written.chain([everywhere()]).collect(), ..client() }
}

/// The number of the rule, `last`, or the code of the refusal.
fn found(client: &Client, method: &str, path: &str) -> String {
    found_with(client, method, path, &[])
}

/// The same for a request that has these headers too.
fn found_with(client: &Client, method: &str, path: &str, sent: &[(&str, &str)]) -> String {
    match find(client, &forwarded(method, "https", "app.example.test", path), &headers(sent)) {
        Ok(Rule { number: Some(number), .. }) => number.to_string(),
        Ok(Rule { number: None, .. }) => "last".to_owned(),
        Err(refusal) => refusal.code().to_owned(),
    }
}

#[test]
fn the_first_rule_that_fits_holds() {
    let client = with(&[(&[], "/api/admin/*"), (&[], "/api/*"), (&[], "/health"), (&[], "/api/late")]);
    for (path, expected) in [
        ("/api/admin", "1"),
        ("/api/admin/x?y=/health", "1"),
        ("/api/users", "2"),
        ("/api", "2"),
        ("/api/late", "2"),
        ("/health", "3"),
        ("/health/", "3"),
        ("/health/x", "last"),
        ("/", "last"),
        ("/apis", "last"),
        ("/x?/api/admin", "last"),
    ] {
        for method in ["GET", "POST", "DELETE", "PROPFIND"] {
            assert_eq!(found(&client, method, path), expected, "{method} {path}");
        }
    }
}

/// RFC 9110 section 9.3.2: HEAD is GET without the body. Methods have one letter case (section 9.1).
#[test]
fn a_rule_holds_for_the_methods_that_it_names() {
    let client = with(&[(&["POST", "DELETE"], "/api/*"), (&["GET"], "/api/*"), (&["HEAD"], "/api/*")]);
    for (method, expected) in [
        ("POST", "1"),
        ("DELETE", "1"),
        ("GET", "2"),
        ("HEAD", "2"),
        ("PUT", "last"),
        ("OPTIONS", "last"),
        ("PROPFIND", "last"),
    ] {
        assert_eq!(found(&client, method, "/api/x"), expected, "{method}");
    }
    let client = with(&[(&["HEAD"], "/api/*")]);
    assert_eq!(found(&client, "HEAD", "/api/x"), "1");
    assert_eq!(found(&client, "GET", "/api/x"), "last", "a GET is no HEAD");
}

/// B-03, B-06: a path that the application could take for one under a rule is not held to another.
#[test]
fn a_path_that_can_be_read_in_two_ways_is_refused_where_that_matters() {
    let client = with(&[(&[], "/api/admin/*"), (&[], "/api/*")]);
    for path in [
        "/API/admin",
        "/api/Admin/x",
        "/api/%61dmin",
        "/api/x/../admin",
        "/api//admin",
        "/api%2fadmin",
        "/api/./admin",
        "/api/admin;x",
        "/x/..;/api/admin",
        "/api/admin%00",
    ] {
        assert_eq!(found(&client, "GET", path), "path_ambiguous", "{path}");
    }
    // Under the second rule whoever reads it, and never under the first.
    for path in ["/api/users;x=1", "/api/a%20b", "/api/%61", "/api/a//b", "/api/Users"] {
        assert_eq!(found(&client, "GET", path), "2", "{path}");
    }
    // Another method's rule is nothing to be told apart from.
    let client = with(&[(&["POST"], "/api/admin/*"), (&[], "/api/*")]);
    assert_eq!(found(&client, "GET", "/api/%61dmin"), "2");
    assert_eq!(found(&client, "POST", "/api/%61dmin"), "path_ambiguous");
    // A rule for everything leaves nothing to be told apart.
    let client = with(&[(&[], "/*"), (&[], "/api/*")]);
    assert_eq!(found(&client, "GET", "/api%2fx"), "1");
    // Nor does a client without rules.
    assert_eq!(found(&with(&[]), "GET", "/API%2f..;/x"), "last");
}

#[test]
fn the_refusal_names_the_rule() {
    let client = with(&[(&[], "/health"), (&[], "/api/*")]);
    let refusal =
        find(&client, &forwarded("GET", "https", "app.example.test", "/API"), &headers(&[])).unwrap_err();
    assert!(matches!(&refusal, Refusal::PathAmbiguous { rule } if &**rule == "rule 2"), "{refusal}");
    assert!(refusal.to_string().contains('2') && !refusal.to_string().contains("API"), "{refusal}");
}

/// Ways to write a path that somebody on the way may take for the same.
const WAYS: [fn(&str) -> String; 13] = [
    str::to_owned,
    str::to_uppercase,
    |path| path[..1].to_owned() + &path[1..].replace('/', "//"),
    |path| path.replace('/', "/./"),
    |path| path.replacen('/', "/x/../", 1),
    |path| path.replacen('a', "%61", 1),
    |path| path.replacen('a', "%2561", 1),
    |path| format!("/x/..;{path}"),
    |path| path[..1].to_owned() + &path[1..].replacen('/', "%2f", 1),
    |path| path[..1].to_owned() + &path[1..].replacen('/', "\\", 1),
    |path| format!("{path};v=1"),
    |path| format!("{path}/."),
    |path| format!("{path}%00"),
];

/// B-03: Rack, Symfony, Express and others let a caller name another method in a header, and are not asked whether a rule of ours minds.
#[test]
fn a_header_that_names_another_method_does_not_lead_past_a_rule() {
    let client = with(&[(&["DELETE", "PUT"], "/api/*"), (&["GET", "POST"], "/api/*"), (&[], "/free/*")]);
    for name in [
        "x-http-method-override",
        "x-http-method",
        "x-method-override",
        "x_http_method_override",
        "x.http.method",
        "x-method_override",
    ] {
        for (method, path, named, expected) in [
            ("POST", "/api/x", "DELETE", "override_ambiguous"),
            ("GET", "/api/x", "put", "override_ambiguous"),
            ("HEAD", "/api/x", "Delete", "override_ambiguous"),
            ("POST", "/api/x", "PATCH", "override_ambiguous"),
            ("POST", "/api/x", "DELETE, GET", "override_ambiguous"),
            ("POST", "/api/x", "\u{e9}", "override_ambiguous"),
            ("POST", "/api/x", "GET", "2"),
            ("POST", "/api/x", "get", "2"),
            ("POST", "/api/x", "", "2"),
            ("DELETE", "/api/x", "PUT", "1"),
            ("DELETE", "/api/x", "GET", "override_ambiguous"),
            ("POST", "/free/x", "DELETE", "3"),
            ("POST", "/elsewhere", "DELETE", "last"),
        ] {
            let answer = found_with(&client, method, path, &[(name, named)]);
            assert_eq!(answer, expected, "{method} {path} with {name}: {named}");
        }
    }
    let twice = [("x-http-method", "GET"), ("x-http-method", "DELETE")];
    assert_eq!(found_with(&client, "POST", "/api/x", &twice), "override_ambiguous");
    let spelled = [("x-http-method", "GET"), ("x_http_method", "DELETE")];
    assert_eq!(found_with(&client, "POST", "/api/x", &spelled), "override_ambiguous");
    // Where no rule could be evaded nobody looks.
    assert_eq!(found_with(&with(&[]), "POST", "/api/x", &twice), "last");
}

/// CVE-2018-14773: IIS, Symfony, Zend and others let a header say what path was asked for.
#[test]
fn a_header_that_names_another_path_does_not_lead_past_a_rule() {
    let client = with(&[(&[], "/api/admin/*"), (&["POST"], "/api/*"), (&[], "/api/*")]);
    for name in ["x-original-url", "x-rewrite-url", "x_original_url", "x.rewrite.url"] {
        for (method, path, named, expected) in [
            ("GET", "/api/x", "/api/admin/x", "override_ambiguous"),
            ("GET", "/api/x", "/api/admin?/x", "override_ambiguous"),
            ("GET", "/", "https://app.example.test/api/admin", "override_ambiguous"),
            ("GET", "/api/x", "/api/%61dmin", "override_ambiguous"),
            ("GET", "/api/x", "//api/admin", "override_ambiguous"),
            ("GET", "/api/x", "api/admin", "override_ambiguous"),
            ("GET", "/api/x", "/x/../api/admin", "override_ambiguous"),
            ("GET", "/api/x", "*", "override_ambiguous"),
            ("GET", "/api/admin/x", "/api/x", "override_ambiguous"),
            ("GET", "/api/x", "https://app.example.test/api/x?y=/api/admin", "3"),
            ("GET", "/api/x", "/api/y", "3"),
            ("GET", "/api/x", "", "3"),
            ("GET", "/api/admin", "/api/admin/x", "1"),
            ("GET", "/", "https://app.example.test", "last"),
        ] {
            let answer = found_with(&client, method, path, &[(name, named)]);
            assert_eq!(answer, expected, "{method} {path} with {name}: {named}");
        }
    }
    // Both at once.
    let client = with(&[(&["DELETE"], "/api/admin/*")]);
    let both = [("x-http-method-override", "DELETE"), ("x-rewrite-url", "/api/admin/x")];
    assert_eq!(found_with(&client, "POST", "/api/x", &both[..1]), "last");
    assert_eq!(found_with(&client, "POST", "/api/x", &both[1..]), "last");
    assert_eq!(found_with(&client, "POST", "/api/x", &both), "override_ambiguous");
}

proptest! {
    /// However a path under a rule is spelled, the answer is that rule or a refusal, never what a later rule says.
    #[test]
    fn no_spelling_of_a_path_reaches_a_later_rule(
        below in prop_oneof![Just(""), Just("/x"), Just("/a/b"), Just("/report.pdf")],
        ways in prop::collection::vec(any::<Index>(), 0..3),
        query in prop_oneof![Just(""), Just("?a=/api"), Just("?")],
    ) {
        let client = with(&[(&[], "/api/admin/*"), (&[], "/api/*"), (&[], "/*")]);
        let mut path = format!("/api/admin{below}");
        for way in ways {
            path = way.get(&WAYS)(&path);
        }
        let answer = found(&client, "GET", &format!("{path}{query}"));
        prop_assert!(answer == "1" || answer == "path_ambiguous", "{} gave {}", path, answer);
    }

    /// A plain path has one answer, and some rule always holds.
    #[test]
    fn a_plain_path_always_has_a_rule(path in "(/[a-z0-9_-]{1,8}){1,4}") {
        let client = with(&[(&[], "/api/admin/*"), (&["GET"], "/api/*")]);
        let expected = match path.strip_prefix("/api") {
            Some(rest) if rest == "/admin" || rest.starts_with("/admin/") => "1",
            Some(rest) if rest.is_empty() || rest.starts_with('/') => "2",
            _ => "last",
        };
        prop_assert_eq!(found(&client, "GET", &path), expected);
    }
}
