//! Access tokens that are bound to a client certificate (RFC 8705 section 3). TLS ends at the proxy, which has seen that the client
//! holds the certificate's key, and passes the certificate on in a header.

use std::borrow::Cow;
use std::fmt;

use aws_lc_rs::constant_time;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use percent_encoding::percent_decode;
use rustls_pki_types::pem::SectionKind;

use super::pem;

/// Bytes of the header's value.
pub const MAX_HEADER_BYTES: usize = 16 * 1024;

/// RFC 9651 section 4.2.7: padding may be left out; bits that are left over are refused.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Why there is no certificate that a token could be bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateFault {
    /// The header is empty: the client showed none.
    Missing,
    /// The header is longer than [`MAX_HEADER_BYTES`].
    TooLong {
        /// Its bytes.
        found: usize,
    },
    /// The header is in none of the forms that proxies write.
    Encoding {
        /// The form that it should have, by how it begins.
        form: &'static str,
    },
    /// What it holds is not one DER value of the kind that a certificate is.
    NotDer,
}

/// The thumbprint of the certificate that the client showed, as the proxy passes it on: SHA-256 over its DER (section 3.1). Whoever
/// can write this header can be anybody, so the proxy sets it for every request, and only a trusted proxy is heard.
///
/// # Errors
/// [`CertificateFault`].
pub fn thumbprint_in_header(value: &[u8]) -> Result<[u8; 32], CertificateFault> {
    let value = value.trim_ascii();
    if value.is_empty() {
        return Err(CertificateFault::Missing);
    }
    if value.len() > MAX_HEADER_BYTES {
        return Err(CertificateFault::TooLong { found: value.len() });
    }
    let der = der(value)?;
    if !is_one_sequence(&der) {
        return Err(CertificateFault::NotDer);
    }
    Ok(digest(&SHA256, &der).as_ref().try_into().expect("SHA-256 makes 32 bytes"))
}

/// Whether a token with this `cnf` (`x5t#S256`, decoded) is bound to the certificate of this thumbprint (section 3.1).
pub fn is_bound_to(thumbprint: &[u8; 32], cnf: &[u8; 32]) -> bool {
    constant_time::verify_slices_are_equal(thumbprint, cnf).is_ok()
}

/// The forms do not overlap: base64 has neither colon nor percent sign, comma nor hyphen.
fn der(value: &[u8]) -> Result<Vec<u8>, CertificateFault> {
    // `Client-Cert` (RFC 9440 section 2.1): a byte sequence (RFC 9651 section 3.3.5).
    if let Some(rest) = value.strip_prefix(b":") {
        let der = rest.strip_suffix(b":").and_then(|text| BASE64.decode(text).ok());
        return der.ok_or(CertificateFault::Encoding { form: "base64 between colons" });
    }
    let value = Cow::from(percent_decode(value));
    // nginx, `$ssl_client_escaped_cert`: PEM, escaped. The client's own certificate is before those of its issuers.
    if value.starts_with(b"-----BEGIN") {
        let first = pem::sections(&value).and_then(|sections| sections.into_iter().next());
        return match first {
            Some((SectionKind::Certificate, der)) => Ok(der.to_vec()),
            _ => Err(CertificateFault::Encoding { form: "a certificate in PEM" }),
        };
    }
    // Traefik, `passTLSClientCert.pem`: PEM without its first and last line and without line breaks, escaped by older versions;
    // the client's own before those of its issuers. Caddy, `certificate_der_base64`: one.
    let first = value.split(|byte| *byte == b',').next().unwrap_or_default();
    BASE64.decode(first).map_err(|_| CertificateFault::Encoding { form: "base64" })
}

/// Whether it is one SEQUENCE and nothing else, its length in the one way that DER has (X.690 sections 8.1.3 and 10.1). Whether it is
/// a certificate, and whose, was the proxy's to judge.
fn is_one_sequence(der: &[u8]) -> bool {
    const SEQUENCE: u8 = 0x30;
    match der {
        [SEQUENCE, length @ 0..=0x7f, content @ ..] => content.len() == usize::from(*length),
        [SEQUENCE, 0x81, length @ 0x80..=0xff, content @ ..] => content.len() == usize::from(*length),
        [SEQUENCE, 0x82, high @ 1..=0xff, low, content @ ..] => {
            content.len() == usize::from(u16::from_be_bytes([*high, *low]))
        }
        _ => false,
    }
}

impl CertificateFault {
    /// Every code that [`Self::code`] gives.
    pub const ALL_CODES: &[&str] = &["bearer_certificate_missing", "bearer_certificate_unreadable"];

    /// The stable code, as in docs/refusals.md. The first is the client's fault, the second the proxy's.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Missing => "bearer_certificate_missing",
            Self::TooLong { .. } | Self::Encoding { .. } | Self::NotDer => "bearer_certificate_unreadable",
        }
    }
}

impl fmt::Display for CertificateFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str(
                "the access token is bound to a client certificate, but the client showed none to the proxy",
            ),
            Self::TooLong { found } => write!(
                f,
                "the proxy passed on a client certificate of {found} bytes, but at most {MAX_HEADER_BYTES} are read"
            ),
            Self::Encoding { form } => {
                write!(f, "the client certificate that the proxy passed on is not {form}")
            }
            Self::NotDer => {
                f.write_str("what the proxy passed on as client certificate is no certificate in DER")
            }
        }
    }
}

impl std::error::Error for CertificateFault {}
