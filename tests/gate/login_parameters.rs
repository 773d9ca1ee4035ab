//! What the address of a login may hand on to the provider.

use vestibule::config::Client;
use vestibule::gate::login_parameters::{MAX_BYTES, from_query};
use vestibule::gate::return_to;

use crate::client;

fn allowing(names: &[&str]) -> Client {
    let mut client = client();
    client.registration.authorization.from_login_url = names.iter().map(|name| (*name).to_owned()).collect();
    client
}

fn read(query: &str, names: &[&str]) -> Result<Vec<(String, String)>, &'static str> {
    from_query(query, &allowing(names)).map_err(|refusal| refusal.code())
}

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// V-RQ-6, E-18: off by default, and only what is named.
#[test]
fn nothing_passes_that_is_not_named() {
    let query = "login_hint=ada&scope=admin&redirect_uri=https://evil.example&prompt=none&max_age=0";
    assert_eq!(read(query, &[]), Ok(Vec::new()));
    assert_eq!(read(query, &["login_hint"]), Ok(vec![pair("login_hint", "ada")]));
    assert_eq!(
        read(query, &["prompt", "max_age"]),
        Ok(vec![pair("prompt", "none"), pair("max_age", "0")]),
        "in the order of the configuration"
    );
    assert_eq!(read("LOGIN_HINT=ada&login_hint[]=ada", &["login_hint"]), Ok(Vec::new()));
    assert_eq!(
        read("login_hint=&login_hint%00=x", &["login_hint"]),
        Ok(Vec::new()),
        "no value, no parameter"
    );
}

/// A raw return address ends where the query ends, so what looks like a parameter in it belongs to the application.
#[test]
fn what_is_in_the_return_address_is_the_applications() {
    for (query, expected) in [
        ("login_hint=ada&rd=/a?x=1&login_hint=eve", Some("ada")),
        ("rd=/a?x=1&login_hint=eve", None),
        ("rd=https://app.example.test/a?x&login_hint=eve", None),
        ("rd=%2Fa%3Flogin_hint%3Deve", None),
        ("rd=%2Fa&login_hint=ada", Some("ada")),
        ("login_hint=ada&rd=%2Fa%3Flogin_hint%3Deve", Some("ada")),
        ("rd=&login_hint=ada", Some("ada")),
        ("rd=%2Fa&rd=/b&login_hint=ada", Some("ada")),
    ] {
        let expected: Vec<_> = expected.map(|hint| pair("login_hint", hint)).into_iter().collect();
        assert_eq!(read(query, &["login_hint"]), Ok(expected), "{query}");
        assert!(return_to::from_query(query, &allowing(&[])).is_ok(), "{query}");
    }
}

#[test]
fn a_value_is_decoded_once_and_may_be_any_text() {
    let query = "login_hint=%C3%A9t%C3%A9+%2541%26scope%3Dadmin";
    assert_eq!(read(query, &["login_hint"]), Ok(vec![pair("login_hint", "\u{e9}t\u{e9} %41&scope=admin")]));
}

#[test]
fn what_cannot_be_handed_on_is_refused() {
    let long = format!("login_hint={}", "x".repeat(MAX_BYTES));
    let together = format!("login_hint={}&a={}", "x".repeat(MAX_BYTES / 2), "y".repeat(MAX_BYTES / 2));
    for query in [
        "login_hint=a&login_hint=b",
        "login_hint=a&rd=%2F&login_hint=b",
        "login_hint=&login_hint=b",
        "login_hint=a%00",
        "login_hint=a%0d%0aSet-Cookie:x",
        "login_hint=%7f",
        "login_hint=a%22",
        "login_hint=a%5C",
        "login_hint=%ff",
        "login_hint=%c2%85",
        "login_hint=+a",
        "max_age=soon",
        "max_age=-1",
        "max_age=1e3",
        "max_age=%D9%A1",
        "max_age=1234567890",
        &long,
        &together,
    ] {
        assert_eq!(read(query, &["login_hint", "max_age", "a"]), Err("login_parameter"), "{query}");
    }
    let fits = format!("login_hint={}", "x".repeat(MAX_BYTES - "login_hint".len()));
    assert!(read(&fits, &["login_hint"]).is_ok());
}
