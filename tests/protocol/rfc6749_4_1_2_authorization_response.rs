//! RFC 6749 sections 3.1, 4.1.2, 4.1.2.1 and 10.12; RFC 9700 section 4.7; OpenID Connect Core 1.0 section 3.1.2.7.

use vestibule::protocol::callback::{self, Answer, CallbackFault, Expected, OpenedState};
use vestibule::protocol::timestamp::Timestamp;

use crate::world::{NOW, issuer, now};

fn opened() -> OpenedState {
    OpenedState { client: "a".to_owned(), binding: [7; 32], issued_at: Timestamp::from_seconds(NOW - 30) }
}

fn judge(query: &str, state: Option<&OpenedState>, browser: Option<[u8; 32]>) -> Result<(), CallbackFault> {
    let issuer = issuer();
    let expected =
        Expected { issuer: &issuer, iss_announced: false, client: "a", state, browser, now: now() };
    callback::judge(&Answer::parse(query.as_bytes())?, &expected).map(|_| ())
}

fn code(query: &str) -> Option<&'static str> {
    judge(query, Some(&opened()), Some([7; 32])).err().map(|fault| fault.code())
}

#[test]
fn a_code_with_its_state_in_its_browser_is_taken() {
    for query in ["code=c&state=s", "state=s&code=c&session_state=x&scope=openid", "&code=c&&state=s&"] {
        assert_eq!(code(query), None, "{query}");
    }
}

#[test]
fn state_comes_back_as_it_was_sent() {
    let answer = Answer::parse(b"state=a%2Db%5F+%2b&code=c").unwrap();
    assert_eq!(answer.state(), Some("a-b_ +"));
}

// Section 3.1: "Parameters sent without a value MUST be treated as if they were omitted"; unrecognized ones are ignored.
#[test]
fn empty_parameters_count_as_left_out_and_unknown_ones_are_ignored() {
    assert_eq!(code("code=c&state=s&id_token=&error=&x=%3Cscript%3E&x=2"), None);
    assert_eq!(code("code=&state=s"), Some("callback_code_missing"));
    assert_eq!(code("code=c&state="), Some("callback_state_missing"));
    assert_eq!(code("code&state=s"), Some("callback_code_missing"));
}

// Section 3.1: "Request and response parameters MUST NOT be included more than once."
/// V-RS-2
/// E-15
#[test]
fn a_parameter_given_twice_is_refused() {
    for name in ["code", "state", "iss", "error"] {
        for query in [
            format!("state=s&code=c&{name}=a&{name}=b"),
            format!("{name}=a&{name}=a"),
            format!("{name}=&{name}=a"),
            format!("{name}&{name}=a"),
            format!("{name}=a&%{:02x}{}=a", name.as_bytes()[0], &name[1..]),
        ] {
            assert_eq!(code(&query), Some("callback_parameter_twice"), "{query}");
        }
    }
}

/// V-RS-6
#[test]
fn lengths_are_limited() {
    assert_eq!(code(&format!("code=c&state={}", "s".repeat(4096))), Some("callback_parameter_too_long"));
    assert_eq!(code(&format!("state=s&code={}", "c".repeat(8193))), Some("callback_parameter_too_long"));
    assert_eq!(code(&format!("state=s&code={}", "c".repeat(8192))), None);
    assert_eq!(code(&format!("state=s&error={}", "c".repeat(257))), Some("callback_parameter_too_long"));
    assert_eq!(code(&format!("state=s&iss={}", "c".repeat(2049))), Some("callback_parameter_too_long"));
    assert_eq!(code(&format!("code=c&state=s&x={}", "x".repeat(65_536))), Some("callback_too_long"));
}

#[test]
fn characters_that_are_not_printable_ascii_are_refused() {
    for value in ["%0d%0a", "%00", "%7f", "%ff", "%c3%a9", "\u{e9}"] {
        for name in ["code", "state", "iss", "error"] {
            let query = format!("{name}=a{value}");
            assert_eq!(code(&query), Some("callback_parameter_form"), "{query}");
        }
    }
}

// RFC 9700 section 2.1.2: nothing but a code is asked for, so nothing else is taken.
/// V-RS-7
#[test]
fn parts_of_other_response_types_are_refused() {
    for other in ["id_token=x", "access_token=x", "response=x", "id%5Ftoken=x"] {
        for query in [format!("{other}&state=s"), format!("code=c&state=s&{other}")] {
            assert_eq!(code(&query), Some("callback_other_response_type"), "{query}");
        }
    }
}

// Section 10.12: "The client MUST implement CSRF protection for its redirection URI."
/// V-RS-3
#[test]
fn a_code_without_a_state_that_is_ours_is_refused() {
    let (opened, browser) = (opened(), Some([7; 32]));
    let code = |query: &str, state, browser| judge(query, state, browser).err().map(|fault| fault.code());
    assert_eq!(code("code=c", Some(&opened), browser), Some("callback_state_missing"));
    assert_eq!(code("code=c&state=s", None, browser), Some("callback_state_unreadable"));
    let other_client = OpenedState { client: "b".to_owned(), ..opened.clone() };
    assert_eq!(code("code=c&state=s", Some(&other_client), browser), Some("callback_state_other_client"));
    assert_eq!(code("code=c&state=s", Some(&opened), None), Some("callback_no_flow_cookie"));
    let mut last_bit = [7; 32];
    last_bit[31] ^= 1;
    for other in [[8; 32], [0; 32], last_bit] {
        assert_eq!(code("code=c&state=s", Some(&opened), Some(other)), Some("callback_other_browser"));
    }
}

/// V-RS-3
#[test]
fn a_state_is_good_for_ten_minutes() {
    let at = |age: u64| OpenedState { issued_at: Timestamp::from_seconds(NOW - age), ..opened() };
    assert_eq!(judge("code=c&state=s", Some(&at(600)), Some([7; 32])), Ok(()));
    // The flow cookie is gone by then too; the age is the better reason.
    for browser in [Some([7; 32]), None] {
        let fault = judge("code=c&state=s", Some(&at(660)), browser).unwrap_err();
        assert_eq!(fault.code(), "callback_state_expired");
        assert_eq!(fault.to_string(), "the login was started 660s ago, but is good for 600s");
        assert!(fault.caller_is_at_fault());
    }
}

// Section 4.1.2.1; OpenID Connect Core 1.0 section 3.1.2.6.
/// V-RS-5
#[test]
fn an_error_is_never_a_success_and_only_known_names_are_repeated() {
    for (error, expected, caller) in [
        ("access_denied", "callback_access_denied", true),
        ("temporarily_unavailable", "callback_provider_unavailable", false),
        ("server_error", "callback_provider_unavailable", false),
        ("login_required", "callback_interaction_required", true),
        ("consent_required", "callback_interaction_required", true),
        ("invalid_scope", "callback_registration", false),
        ("unauthorized_client", "callback_registration", false),
        ("%3Cscript%3E", "callback_provider_error", false),
        ("Access_Denied", "callback_provider_error", false),
    ] {
        let fault = judge(&format!("error={error}&state=s"), Some(&opened()), Some([7; 32])).unwrap_err();
        assert_eq!(fault.code(), expected, "{error}");
        assert_eq!(fault.caller_is_at_fault(), caller, "{error}");
        assert!(!fault.to_string().contains("script"));
    }
    assert_eq!(code("error=access_denied&code=c&state=s"), Some("callback_code_with_error"));
}

#[test]
fn an_error_means_nothing_before_the_state_is_known() {
    let none = judge("error=access_denied", None, None).unwrap_err();
    assert_eq!(none.code(), "callback_state_missing");
    let unreadable =
        judge("error=access_denied&error_description=x&state=s", None, Some([7; 32])).unwrap_err();
    assert_eq!(unreadable.code(), "callback_state_unreadable");
}

#[test]
fn nothing_shows_the_code_or_the_state() {
    let answer = Answer::parse(b"code=very-secret-code&state=very-secret-state").unwrap();
    assert!(!format!("{answer:?}").contains("very-secret"));
}
