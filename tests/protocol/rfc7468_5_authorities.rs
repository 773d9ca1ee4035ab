//! RFC 7468 section 5: a file of certificates, and whose word is taken.

use vestibule::protocol::authorities::{Authorities, AuthoritiesFault};

const AUTHORITY: &str = include_str!("../keys/ca.pem");
const STRANGER: &str = include_str!("../keys/stranger.pem");
const KEY: &str = include_str!("../keys/server.key");

fn count(file: &str) -> Result<usize, AuthoritiesFault> {
    Authorities::parse(file.as_bytes()).map(|authorities| authorities.count())
}

#[test]
fn every_certificate_of_a_file_counts_whatever_stands_around_it() {
    assert_eq!(count(AUTHORITY), Ok(1));
    assert_eq!(count(&format!("Our CA:\n{AUTHORITY}\n# the old one\r\n{STRANGER}")), Ok(2));
    assert_eq!(count(&format!("{KEY}{AUTHORITY}")), Ok(1));
    assert_eq!(count(&AUTHORITY.replace('\n', "\r\n")), Ok(1));
}

#[test]
fn a_file_without_a_certificate_or_with_a_broken_one_is_refused() {
    for file in ["", "half a certi", KEY] {
        assert_eq!(count(file), Err(AuthoritiesFault::NoCertificate), "{file}");
    }
    let none = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let unreadable = |number| Err(AuthoritiesFault::Unreadable { number });
    assert_eq!(count(none), unreadable(1));
    assert_eq!(count(&format!("{AUTHORITY}{none}")), unreadable(2), "one broken certificate spoils the file");
    assert_eq!(count(&format!("{AUTHORITY}{}", &STRANGER[..STRANGER.len() / 2])), unreadable(2));
    let cut = AUTHORITY.replacen("\nM", "\n!M", 1);
    assert_eq!(count(&cut), unreadable(1));
}
