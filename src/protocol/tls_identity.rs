//! Who the client is on a TLS connection: a certificate, its chain and its key (RFC 8705 section 2).

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::SectionKind;
use rustls_pki_types::{
    CertificateDer, PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer, PrivateSec1KeyDer,
};
use zeroize::Zeroizing;

use super::pem;
use super::secret::Secret;

/// A certificate with its chain and its private key, which belong together. Its `Debug` shows none of them.
#[derive(Clone, Debug)]
pub struct TlsIdentity {
    pem: Secret,
}

/// Why files hold no certificate that a client can show. None of it shows what is in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsIdentityFault {
    /// There is no certificate.
    NoCertificate,
    /// A certificate is none.
    Certificate,
    /// There is no private key.
    NoKey,
    /// The private key is encrypted, and nothing here knows the password.
    Encrypted,
    /// There is more than one private key.
    SeveralKeys,
    /// The private key is none, or of a kind that TLS here does not use.
    Key,
    /// The first certificate is not that of the key.
    Mismatch,
}

impl TlsIdentity {
    /// Reads certificate and chain out of one PEM file, and the key out of another; `key_file` is none where one holds both. The
    /// client's own certificate comes first.
    ///
    /// # Errors
    /// [`TlsIdentityFault`].
    pub fn read(certificate_file: &[u8], key_file: Option<&[u8]>) -> Result<Self, TlsIdentityFault> {
        if pem::is_encrypted(key_file.unwrap_or(certificate_file)) {
            return Err(TlsIdentityFault::Encrypted);
        }
        let sections = pem::sections(certificate_file).ok_or(TlsIdentityFault::NoCertificate)?;
        let of_keys = key_file.map(|file| pem::sections(file).ok_or(TlsIdentityFault::NoKey)).transpose()?;
        let chain: Vec<_> = sections.iter().filter(|(kind, _)| *kind == SectionKind::Certificate).collect();
        let mut keys =
            of_keys.as_ref().unwrap_or(&sections).iter().filter(|(kind, _)| pem::is_private(*kind));
        if chain.is_empty() {
            return Err(TlsIdentityFault::NoCertificate);
        }
        let (kind, key) = keys.next().ok_or(TlsIdentityFault::NoKey)?;
        if keys.next().is_some() {
            return Err(TlsIdentityFault::SeveralKeys);
        }
        let der = match kind {
            SectionKind::RsaPrivateKey => PrivateKeyDer::from(PrivatePkcs1KeyDer::from(key.as_slice())),
            SectionKind::EcPrivateKey => PrivateKeyDer::from(PrivateSec1KeyDer::from(key.as_slice())),
            _ => PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.as_slice())),
        };
        let signing = any_supported_type(&der).map_err(|_| TlsIdentityFault::Key)?;
        let certificates = chain.iter().map(|(_, der)| CertificateDer::from(der.to_vec())).collect();
        match CertifiedKey::new(certificates, signing).keys_match() {
            Ok(()) => {}
            Err(rustls::Error::InconsistentKeys(_)) => return Err(TlsIdentityFault::Mismatch),
            Err(_) => return Err(TlsIdentityFault::Certificate),
        }
        // Written anew: nothing that stood around the sections goes on from here.
        let mut text = Zeroizing::new(String::new());
        for (_, der) in chain {
            section(&mut text, "CERTIFICATE", der);
        }
        let label = match kind {
            SectionKind::RsaPrivateKey => "RSA PRIVATE KEY",
            SectionKind::EcPrivateKey => "EC PRIVATE KEY",
            _ => "PRIVATE KEY",
        };
        section(&mut text, label, key);
        Ok(Self { pem: Secret::new(text.as_str()) })
    }

    /// All of it in PEM.
    pub const fn pem(&self) -> &Secret {
        &self.pem
    }

    /// What tells it from every other.
    pub fn fingerprint(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest(&SHA256, self.pem.expose().as_bytes()).as_ref());
        bytes
    }
}

impl TlsIdentityFault {
    /// Whether the private key is what is wrong, and not the certificate.
    pub const fn is_about_the_key(self) -> bool {
        match self {
            Self::NoKey | Self::Encrypted | Self::SeveralKeys | Self::Key => true,
            Self::NoCertificate | Self::Certificate | Self::Mismatch => false,
        }
    }
}

/// RFC 7468 section 2: 64 characters a line.
fn section(text: &mut String, label: &str, der: &[u8]) {
    *text += &format!("-----BEGIN {label}-----\n");
    // 48 bytes are 64 characters.
    for line in der.chunks(48) {
        STANDARD.encode_string(line, text);
        text.push('\n');
    }
    *text += &format!("-----END {label}-----\n");
}

impl fmt::Display for TlsIdentityFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoCertificate => "the file has no certificate in PEM",
            Self::Certificate => "a certificate in the file is none",
            Self::NoKey => "there is no private key in PEM",
            Self::Encrypted => "the private key is encrypted, and nobody is there to type its password",
            Self::SeveralKeys => "there is more than one private key",
            Self::Key => "the private key is damaged, or of a kind that is not offered",
            Self::Mismatch => "the first certificate does not belong to the private key",
        })
    }
}

impl std::error::Error for TlsIdentityFault {}
