//! Certificate authorities in PEM (RFC 7468 section 5): whose word is taken for who a provider is.

use std::fmt;

use rustls::RootCertStore;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

/// Certificates of at least one authority, each of which can be trusted as it stands.
#[derive(Clone, PartialEq, Eq)]
pub struct Authorities {
    pem: Vec<u8>,
    count: usize,
}

/// Why a file names no authorities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthoritiesFault {
    /// It has no certificate in PEM.
    NoCertificate,
    /// A certificate in it cannot be read.
    Unreadable {
        /// Which one, counted from 1.
        number: usize,
    },
}

impl Authorities {
    /// Reads a file. What stands around the certificates is passed over.
    ///
    /// # Errors
    /// [`AuthoritiesFault`]; one certificate that cannot be read makes the whole file one that was not meant.
    pub fn parse(pem: &[u8]) -> Result<Self, AuthoritiesFault> {
        let mut store = RootCertStore::empty();
        for (index, certificate) in CertificateDer::pem_slice_iter(pem).enumerate() {
            let unreadable = AuthoritiesFault::Unreadable { number: index + 1 };
            store.add(certificate.map_err(|_| unreadable)?).map_err(|_| unreadable)?;
        }
        match store.len() {
            0 => Err(AuthoritiesFault::NoCertificate),
            count => Ok(Self { pem: pem.to_vec(), count }),
        }
    }

    /// The file, for the library that makes connections.
    pub fn pem(&self) -> &[u8] {
        &self.pem
    }

    /// How many there are.
    pub const fn count(&self) -> usize {
        self.count
    }
}

impl fmt::Debug for Authorities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Authorities({})", self.count)
    }
}

impl fmt::Display for AuthoritiesFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCertificate => f.write_str("the file has no certificate in PEM"),
            Self::Unreadable { number } => write!(f, "certificate {number} in the file cannot be read"),
        }
    }
}
