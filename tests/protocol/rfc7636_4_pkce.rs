//! RFC 7636 section 4.2.

use vestibule::protocol::pkce;

// Appendix B.
/// E-10
#[test]
fn the_challenge_is_the_one_of_the_specification() {
    assert_eq!(pkce::METHOD, "S256");
    assert_eq!(
        pkce::challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    );
}
