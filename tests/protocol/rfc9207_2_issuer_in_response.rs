//! RFC 9207 section 2.4: "clients MUST extract the value of the iss parameter … and compare"; "if the value does not match …
//! clients MUST reject the authorization response and MUST NOT proceed with the authorization grant. For error responses,
//! clients MUST NOT assume that the error originates from the intended authorization server."

use vestibule::protocol::callback::{self, Answer, Expected, OpenedState};

use crate::world::{ISSUER, issuer, now};

fn code(query: &str, iss_announced: bool) -> Option<&'static str> {
    let state = OpenedState { client: "a".to_owned(), binding: [7; 32], issued_at: now() };
    let expected = Expected {
        issuer: &issuer(),
        iss_announced,
        client: "a",
        state: Some(&state),
        browser: Some([7; 32]),
        now: now(),
    };
    callback::judge(&Answer::parse(query.as_bytes()).unwrap(), &expected).err().map(|fault| fault.code())
}

/// V-RS-4
#[test]
fn the_issuer_is_compared_byte_for_byte_when_there() {
    for announced in [true, false] {
        assert_eq!(code(&format!("code=c&state=s&iss={ISSUER}"), announced), None);
        for other in [
            "https://idp.example/realms/main/",
            "https://idp.example/realms/other",
            "https://IDP.example/realms/main",
            "https://idp.example:443/realms/main",
            "x",
        ] {
            for rest in ["code=c&state=s", "error=access_denied&state=s", "code=c", "error=access_denied"] {
                let query = format!("{rest}&iss={other}");
                assert_eq!(code(&query, announced), Some("callback_issuer"), "{query}");
            }
        }
    }
}

/// V-RS-4
#[test]
fn the_issuer_must_be_there_when_announced() {
    for query in ["code=c&state=s", "error=access_denied&state=s", "code=c&state=s&iss="] {
        assert_eq!(code(query, true), Some("callback_issuer_missing"), "{query}");
    }
    assert_eq!(code("code=c&state=s", false), None);
}
