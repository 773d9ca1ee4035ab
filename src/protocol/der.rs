//! As much of DER (ITU-T X.690 section 8) as turns one form of an RSA key into another. What comes out is judged by the crypto
//! library, not here.

use zeroize::Zeroizing;

/// The RSAPrivateKey within a PrivateKeyInfo (RFC 5958 section 2): SEQUENCE { INTEGER, SEQUENCE, OCTET STRING … }.
pub(super) fn pkcs1_in_pkcs8(der: &[u8]) -> Option<&[u8]> {
    let (inside, _) = element(SEQUENCE, der)?;
    let (_, after_version) = element(INTEGER, inside)?;
    let (_, after_algorithm) = element(SEQUENCE, after_version)?;
    Some(element(OCTET_STRING, after_algorithm)?.0)
}

/// An RSAPrivateKey (RFC 8017 appendix A.1.2) out of its numbers, which are positive and begin with their highest byte.
pub(super) fn sequence_of_integers(numbers: &[Zeroizing<Vec<u8>>]) -> Zeroizing<Vec<u8>> {
    let mut inside = Zeroizing::new(Vec::new());
    for number in numbers {
        let bare = number.iter().position(|byte| *byte != 0).map_or(&[0][..], |first| &number[first..]);
        // A highest bit that is set would make it negative.
        let sign = usize::from(bare[0] >= 0x80);
        head(&mut inside, INTEGER, sign + bare.len());
        inside.extend(std::iter::repeat_n(0, sign));
        inside.extend_from_slice(bare);
    }
    let mut sequence = Zeroizing::new(Vec::new());
    head(&mut sequence, SEQUENCE, inside.len());
    sequence.extend_from_slice(&inside);
    sequence
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

/// Tag and length. No key is longer than the 65535 bytes that two bytes of length can say.
fn head(der: &mut Vec<u8>, tag: u8, length: usize) {
    der.push(tag);
    let [.., high, low] = length.to_be_bytes();
    match length {
        0..=127 => der.push(low),
        128..=255 => der.extend([0x81, low]),
        _ => der.extend([0x82, high, low]),
    }
}

const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const SEQUENCE: u8 = 0x30;
