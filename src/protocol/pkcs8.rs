//! As much of DER (ITU-T X.690 section 8) as finds the key inside PKCS#8. What comes out is judged by the crypto library, not here.

/// The key within a PrivateKeyInfo (RFC 5958 section 2): SEQUENCE { INTEGER, SEQUENCE, OCTET STRING … }. Of an RSA key it is an
/// RSAPrivateKey (RFC 8017 appendix A.1.2).
pub(super) fn inside(der: &[u8]) -> Option<&[u8]> {
    let (inside, _) = element(SEQUENCE, der)?;
    let (_, after_version) = element(INTEGER, inside)?;
    let (_, after_algorithm) = element(SEQUENCE, after_version)?;
    Some(element(OCTET_STRING, after_algorithm)?.0)
}

/// The inside of the first element, which must have this tag, and what follows it.
fn element(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (found, rest) = der.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        short @ 0..=127 => (usize::from(*short), rest),
        0x81 => (usize::from(*rest.first()?), &rest[1..]),
        0x82 => (usize::from(u16::from_be_bytes([*rest.first()?, *rest.get(1)?])), &rest[2..]),
        _ => return None,
    };
    (*found == tag && length <= rest.len()).then(|| rest.split_at(length))
}

const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const SEQUENCE: u8 = 0x30;
