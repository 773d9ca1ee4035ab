//! RFC 8259, read strictly (RFC 7519 section 4, RFC 8725 section 2.6).

use vestibule::protocol::json::{JsonFault, MAX_DEPTH, object};

#[test]
fn an_object_is_read() {
    let members = object(br#" {"a": [1, -2, 3.5, true, null, "x\u00e9"], "b": {"a": 1}} "#).unwrap();
    assert_eq!(members["a"].to_string(), "[1,-2,3.5,true,null,\"x\u{e9}\"]");
    assert_eq!(members["b"]["a"], 1);
}

#[test]
fn what_is_no_json_is_refused() {
    for text in [
        "",
        " ",
        "{",
        "{a: 1}",
        "{'a': 1}",
        "{\"a\": 1,}",
        "{\"a\": NaN}",
        "{\"a\": 01}",
        "{\"a\": 1e999}",
        "{} x",
        "{}{}",
        "{\"a\": \"\n\"}",
        "{\"a\": \"\\ud800\"}",
        "\u{feff}{}",
        "{\"a\" 1}",
        "[1, 2",
        "{/* */}",
    ] {
        assert_eq!(object(text.as_bytes()), Err(JsonFault::Syntax), "{text:?}");
    }
    assert_eq!(object(b"{\"a\": \"\xff\"}"), Err(JsonFault::Syntax));
}

/// V-ID-17
#[test]
fn only_an_object_is_taken() {
    for text in ["[]", "\"x\"", "1", "null", "true", "[{}]"] {
        assert_eq!(object(text.as_bytes()), Err(JsonFault::NotAnObject), "{text}");
    }
}

/// V-ID-17
#[test]
fn a_member_given_twice_is_refused_wherever_it_is() {
    for text in [
        r#"{"a": 1, "a": 1}"#,
        r#"{"a": 1, "b": 2, "\u0061": 3}"#,
        r#"{"x": {"a": 1, "a": 2}}"#,
        r#"{"x": [{"a": 1, "a": 2}]}"#,
    ] {
        assert_eq!(object(text.as_bytes()), Err(JsonFault::Twice { member: "a".to_owned() }), "{text}");
    }
    let forged = JsonFault::Twice { member: "a\"\n\u{1b}".to_owned() };
    assert_eq!(forged.to_string(), "it has the member \"a\\u{22}\\u{a}\\u{1b}\" twice");
}

#[test]
fn depth_is_limited() {
    let nested = |lists: usize| format!("{{\"a\": {}{}}}", "[".repeat(lists), "]".repeat(lists));
    assert!(object(nested(MAX_DEPTH - 1).as_bytes()).is_ok());
    assert_eq!(object(nested(MAX_DEPTH).as_bytes()), Err(JsonFault::TooDeep));
    assert_eq!(object("[".repeat(100_000).as_bytes()), Err(JsonFault::TooDeep));
    assert_eq!(object("{\"a\":".repeat(100_000).as_bytes()), Err(JsonFault::TooDeep));
}
