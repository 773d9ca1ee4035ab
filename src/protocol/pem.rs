//! Keys and certificates as text (RFC 7468). What stands between the sections is passed over, as everybody does.

use rustls_pki_types::pem::{PemObject as _, SectionKind};
use zeroize::Zeroizing;

/// The sections of a file whose kinds are known, in their order. Each may be a private key: overwritten when dropped.
pub(super) fn sections(file: &[u8]) -> Option<Vec<(SectionKind, Zeroizing<Vec<u8>>)>> {
    let sections = <(SectionKind, Vec<u8>)>::pem_slice_iter(file);
    sections.map(|section| section.ok().map(|(kind, der)| (kind, Zeroizing::new(der)))).collect()
}

/// Whether a section is a private key.
pub(super) const fn is_private(kind: SectionKind) -> bool {
    matches!(kind, SectionKind::PrivateKey | SectionKind::RsaPrivateKey | SectionKind::EcPrivateKey)
}

/// Whether a password is needed for a key in this file: RFC 7468 section 11, or the header of RFC 1421 that some tools still
/// write.
pub(super) fn is_encrypted(file: &[u8]) -> bool {
    let has = |text: &[u8]| file.windows(text.len()).any(|window| window == text);
    has(b"-----BEGIN ENCRYPTED PRIVATE KEY-----") || has(b"Proc-Type: 4,ENCRYPTED")
}
