//! OpenID Connect Core 1.0 section 4: a third party starts a login.

use vestibule::protocol::initiate_login::{self, Initiated, MAX_REQUEST_BYTES};

use crate::world::{ISSUER, issuer};

fn judged(text: &str) -> Result<Initiated, &'static str> {
    initiate_login::judge(text.as_bytes(), &issuer()).map_err(|fault| fault.code())
}

fn with_issuer(rest: &str) -> String {
    let iss: String = url::form_urlencoded::byte_serialize(ISSUER.as_bytes()).collect();
    format!("iss={iss}{rest}")
}

#[test]
fn what_section_4_names_is_read_and_nothing_else() {
    let text = with_issuer(
        "&target_link_uri=https%3A%2F%2Fapp.example%2Fa&login_hint=ada+l&scope=admin&prompt=none",
    );
    let expected = Initiated {
        target_link_uri: Some("https://app.example/a".to_owned()),
        login_hint: Some("ada l".to_owned()),
    };
    assert_eq!(judged(&text), Ok(expected));
    assert_eq!(
        judged(&with_issuer("&login_hint=")),
        Ok(Initiated { target_link_uri: None, login_hint: None })
    );
}

/// E-18: the issuer is the client's, byte for byte.
#[test]
fn nobody_chooses_another_provider() {
    for iss in [
        "",
        "iss=",
        "iss=https%3A%2F%2Fevil.example",
        "iss=https%3A%2F%2Fidp.example%2Frealms%2Fmain%2F",
        "iss=https%3A%2F%2FIDP.example%2Frealms%2Fmain",
        "login_hint=ada",
    ] {
        assert_eq!(judged(iss), Err("initiate_login_issuer"), "{iss}");
    }
}

#[test]
fn what_can_be_read_in_two_ways_is_refused() {
    for rest in [
        "&iss=https%3A%2F%2Fevil.example",
        "&login_hint=a&login_hint=b",
        "&login_hint=&login_hint=b",
        "&target_link_uri=%2Fa&target_link_uri=%2Fb",
        "&login_hint=%ff",
        "&login_hint=a%0d%0ab",
        "&login_hint=a%22b",
        "&login_hint=a%5Cb",
        &format!("&login_hint={}", "x".repeat(257)),
        &format!("&other={}", "x".repeat(MAX_REQUEST_BYTES)),
    ] {
        assert_eq!(judged(&with_issuer(rest)), Err("initiate_login_form"), "{rest}");
    }
}

#[test]
fn what_is_said_quotes_what_a_stranger_sent() {
    let fault = initiate_login::judge(b"iss=https://evil%1b[2J", &issuer()).unwrap_err();
    assert_eq!(fault.to_string(), "a third party starts a login, but iss has a control character");
    let fault = initiate_login::judge(b"iss=https://evil", &issuer()).unwrap_err();
    let text = format!("a third party starts a login at \"https://evil\", but the issuer is \"{ISSUER}\"");
    assert_eq!(fault.to_string(), text);
    let fault = initiate_login::judge(b"", &issuer()).unwrap_err();
    assert_eq!(
        fault.to_string(),
        format!("a third party starts a login and names no iss, which must be \"{ISSUER}\"")
    );
}
