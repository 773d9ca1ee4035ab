//! RFC 8705 section 3: is a token bound to the certificate that the client showed to the proxy?

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use proptest::prelude::*;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use vestibule::protocol::certificate::{
    CertificateFault, MAX_HEADER_BYTES, is_bound_to, thumbprint_in_header,
};

const PEM: &str = include_str!("../keys/client.pem");
const ISSUER_PEM: &str = include_str!("../keys/ca.pem");

/// `openssl x509 -in client.pem -outform DER | sha256sum`
const THUMBPRINT: [u8; 32] = [
    0x79, 0xd2, 0x53, 0x38, 0x42, 0xf1, 0x62, 0xbd, 0x55, 0x46, 0x17, 0x9f, 0xca, 0xa5, 0xf2, 0x43, 0x33,
    0x98, 0xaf, 0x72, 0xd4, 0x8f, 0xdc, 0xa9, 0x13, 0x64, 0x77, 0x7e, 0xdd, 0x83, 0x58, 0x67,
];

fn der(pem: &str) -> Vec<u8> {
    CertificateDer::from_pem_slice(pem.as_bytes()).unwrap().to_vec()
}

fn escaped(text: &str) -> String {
    percent_encode(text.as_bytes(), NON_ALPHANUMERIC).to_string()
}

fn code(value: impl AsRef<[u8]>) -> Option<&'static str> {
    thumbprint_in_header(value.as_ref()).err().map(|fault| fault.code())
}

/// Section 3.1: "the base64url-encoded SHA-256 hash of the DER encoding of the X.509 certificate".
#[test]
fn the_thumbprint_is_the_same_in_every_form_that_a_proxy_writes() {
    let (own, issuer) = (STANDARD.encode(der(PEM)), STANDARD.encode(der(ISSUER_PEM)));
    for (name, value) in [
        ("RFC 9440", format!(":{own}:")),
        ("RFC 9440, as the header has it", format!(" :{own}: ")),
        ("nginx", escaped(PEM)),
        ("nginx, with the issuer's", escaped(&format!("{PEM}{ISSUER_PEM}"))),
        ("Traefik 3", own.clone()),
        ("Traefik 3, with the issuer's", format!("{own},{issuer}")),
        ("Traefik 2", escaped(&own)),
        ("Traefik 2, with the issuer's", escaped(&format!("{own},{issuer}"))),
        ("Caddy", own.clone()),
    ] {
        assert_eq!(thumbprint_in_header(value.as_bytes()), Ok(THUMBPRINT), "{name}");
    }
    let other = thumbprint_in_header(format!("{issuer},{own}").as_bytes()).unwrap();
    assert_ne!(other, THUMBPRINT, "the first is the client's own");
}

/// V-BT-11, section 3: "the protected resource MUST … verify that the certificate matches the certificate associated with the access
/// token."
#[test]
fn a_token_is_bound_to_its_own_certificate_only() {
    assert!(is_bound_to(&thumbprint_in_header(escaped(PEM).as_bytes()).unwrap(), &THUMBPRINT));
    assert!(!is_bound_to(&thumbprint_in_header(escaped(ISSUER_PEM).as_bytes()).unwrap(), &THUMBPRINT));
    for bit in 0..256 {
        let mut other = THUMBPRINT;
        other[bit / 8] ^= 1 << (bit % 8);
        assert!(!is_bound_to(&other, &THUMBPRINT), "{bit}");
    }
}

/// V-BT-11
#[test]
fn no_certificate_is_said_so() {
    for value in ["", " ", "\t"] {
        assert_eq!(code(value), Some("bearer_certificate_missing"));
    }
}

/// V-BT-11
#[test]
fn what_is_no_certificate_is_refused() {
    let own = STANDARD.encode(der(PEM));
    let longer = [der(PEM), vec![0]].concat();
    let shorter = &der(PEM)[..der(PEM).len() - 1];
    let key = include_str!("../keys/p256_pkcs8.pem");
    for (name, value) in [
        ("one colon", format!(":{own}")),
        ("only the other colon", format!("{own}:")),
        ("nothing between colons", "::".to_owned()),
        ("a colon alone", ":".to_owned()),
        ("a parameter", format!(":{own}:;a=b")),
        ("two values", format!(":{own}:, :{own}:")),
        ("escaped between colons", format!(":{}:", escaped(&own))),
        ("base64url", own.replace('+', "-").replace('/', "_")),
        ("a blank inside", format!("{} {}", &own[..40], &own[40..])),
        ("a plus that became a blank", own.replace('+', " ")),
        ("padded twice", format!("{own}=")),
        ("escaped twice", escaped(&escaped(&own))),
        ("a comma before it", format!(",{own}")),
        ("a text", "CN=client".to_owned()),
        ("a word", "none".to_owned()),
        ("an empty value in base64", "=".to_owned()),
        ("a private key", escaped(key)),
        ("a private key before it", escaped(&format!("{key}{PEM}"))),
        ("PEM without its end", escaped(&PEM[..PEM.len() - 30])),
        ("PEM of something else", escaped(&PEM.replace("CERTIFICATE", "SOMETHING"))),
        ("DER and more", STANDARD.encode(longer)),
        ("DER cut", STANDARD.encode(shorter)),
    ] {
        assert_eq!(code(&value), Some("bearer_certificate_unreadable"), "{name}");
    }
    assert_eq!(code([0xff; 8]), Some("bearer_certificate_unreadable"));
}

#[test]
fn a_length_is_written_in_the_one_way_of_der() {
    let of = |head: &[u8], bytes: usize| code(STANDARD.encode([head, &vec![7; bytes]].concat()));
    for (head, bytes) in [
        (&[0x30, 0x05][..], 5),
        (&[0x30, 0x7f], 127),
        (&[0x30, 0x81, 0x80], 128),
        (&[0x30, 0x81, 0xff], 255),
        (&[0x30, 0x82, 0x01, 0x00], 256),
        (&[0x30, 0x82, 0x20, 0x00], 8192),
    ] {
        assert_eq!(of(head, bytes), None, "{head:x?}");
        assert_eq!(of(head, bytes - 1), Some("bearer_certificate_unreadable"), "{head:x?}, cut");
        assert_eq!(of(head, bytes + 1), Some("bearer_certificate_unreadable"), "{head:x?}, and more");
    }
    for (name, head, bytes) in [
        ("no length", &[0x30][..], 0),
        ("a length cut", &[0x30, 0x82, 0x01], 0),
        ("a SET", &[0x31, 0x05], 5),
        ("an OCTET STRING", &[0x04, 0x05], 5),
        ("without an end given", &[0x30, 0x80], 5),
        ("a short length written long", &[0x30, 0x81, 0x7f], 127),
        ("a zero before it", &[0x30, 0x82, 0x00, 0xff], 255),
        ("two zeros before it", &[0x30, 0x83, 0x00, 0x01, 0x00], 256),
    ] {
        assert_eq!(of(head, bytes), Some("bearer_certificate_unreadable"), "{name}");
    }
}

#[test]
fn a_header_longer_than_the_limit_is_not_read() {
    let longest = format!("{},", STANDARD.encode(der(PEM)));
    let filled = |bytes: usize| format!("{longest}{}", "A".repeat(bytes - longest.len()));
    assert_eq!(thumbprint_in_header(filled(MAX_HEADER_BYTES).as_bytes()), Ok(THUMBPRINT));
    assert_eq!(
        thumbprint_in_header(filled(MAX_HEADER_BYTES + 1).as_bytes()),
        Err(CertificateFault::TooLong { found: MAX_HEADER_BYTES + 1 })
    );
    assert_eq!(code(filled(MAX_HEADER_BYTES + 1)), Some("bearer_certificate_unreadable"));
}

proptest! {
    #[test]
    fn every_form_of_one_certificate_has_one_thumbprint(content in prop::collection::vec(any::<u8>(), 256..2000)) {
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        let der = [&[0x30, 0x82, length[0], length[1]], content.as_slice()].concat();
        let text = STANDARD.encode(&der);
        let expected: [u8; 32] = digest(&SHA256, &der).as_ref().try_into().unwrap();
        let pem = format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n");
        let unpadded = STANDARD_NO_PAD.encode(&der);
        for value in [format!(":{text}:"), format!(":{unpadded}:"), escaped(&pem), escaped(&text), text] {
            prop_assert_eq!(thumbprint_in_header(value.as_bytes()), Ok(expected));
        }
    }

    #[test]
    fn no_header_makes_the_reader_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..200), text in "[:,%=A-Z0-9-]{0,60}",
    ) {
        for value in [bytes.as_slice(), text.as_bytes(), &[b"-----BEGIN CERTIFICATE-----\n", bytes.as_slice()].concat()] {
            let _ = thumbprint_in_header(value);
        }
    }
}
