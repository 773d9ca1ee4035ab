//! A key that verifies signatures (RFC 7518 section 3, RFC 8037 section 3.1). A public key is taken apart once, when it is read, and not
//! for each signature: that is an eighth of the time of an RSA check.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters, RsaPublicKeyComponents,
};
use jsonwebtoken::DecodingKey;

use super::jws::jsonwebtoken_name;
use super::registration::SigningAlgorithm;

/// A key of a provider for each algorithm that it may sign by, or the client secret.
#[derive(Clone, Debug)]
pub(super) enum VerifyingKey {
    Public(Vec<(SigningAlgorithm, ParsedPublicKey)>),
    Secret(DecodingKey),
}

impl VerifyingKey {
    /// RFC 7518 sections 3.3 and 3.5. For one algorithm, if the key names one. None if the numbers make no key.
    pub(super) fn rsa(n: &[u8], e: &[u8], only: Option<SigningAlgorithm>) -> Option<Self> {
        let algorithms =
            SigningAlgorithm::ALL.into_iter().filter(|algorithm| only.is_none_or(|only| only == *algorithm));
        let keys = algorithms.filter_map(|algorithm| Some((algorithm, rsa_parameters(algorithm)?)));
        let parsed = keys.map(|(algorithm, parameters)| {
            let key = RsaPublicKeyComponents { n, e }.to_parsed_public_key(parameters).ok()?;
            Some((algorithm, key))
        });
        parsed.collect::<Option<_>>().map(Self::Public)
    }

    /// RFC 7518 section 3.4; an uncompressed point. None if it is not on the curve.
    pub(super) fn elliptic(algorithm: SigningAlgorithm, point: &[u8]) -> Option<Self> {
        let parameters = match algorithm {
            SigningAlgorithm::Es256 => &ECDSA_P256_SHA256_FIXED,
            SigningAlgorithm::Es384 => &ECDSA_P384_SHA384_FIXED,
            _ => return None,
        };
        Some(Self::Public(vec![(algorithm, ParsedPublicKey::new(parameters, point).ok()?)]))
    }

    /// RFC 8037 section 2. None if it does not have 32 bytes.
    pub(super) fn ed25519(point: &[u8]) -> Option<Self> {
        let key = ParsedPublicKey::new(&ED25519, point).ok().filter(|_| point.len() == 32)?;
        Some(Self::Public(vec![(SigningAlgorithm::EdDsa, key)]))
    }

    /// RFC 7518 section 3.2.
    pub(super) fn secret(secret: &[u8]) -> Self {
        Self::Secret(DecodingKey::from_secret(secret))
    }

    /// Whether the signature, in base64url, is by this key and algorithm; what is no signature is by none.
    pub(super) fn verifies(
        &self,
        algorithm: SigningAlgorithm,
        signed: &str,
        signature: &Signature<'_>,
    ) -> bool {
        match self {
            Self::Public(keys) => keys
                .iter()
                .find(|(of, _)| *of == algorithm)
                .is_some_and(|(_, key)| key.verify_sig(signed.as_bytes(), &signature.bytes).is_ok()),
            Self::Secret(secret) => {
                let algorithm = jsonwebtoken_name(algorithm);
                jsonwebtoken::crypto::verify(signature.text, signed.as_bytes(), secret, algorithm)
                    .unwrap_or(false)
            }
        }
    }
}

/// A signature as it came, and decoded.
pub(super) struct Signature<'a> {
    pub(super) text: &'a str,
    pub(super) bytes: Vec<u8>,
}

const fn rsa_parameters(algorithm: SigningAlgorithm) -> Option<&'static RsaParameters> {
    match algorithm {
        SigningAlgorithm::Rs256 => Some(&RSA_PKCS1_2048_8192_SHA256),
        SigningAlgorithm::Rs384 => Some(&RSA_PKCS1_2048_8192_SHA384),
        SigningAlgorithm::Rs512 => Some(&RSA_PKCS1_2048_8192_SHA512),
        SigningAlgorithm::Ps256 => Some(&RSA_PSS_2048_8192_SHA256),
        SigningAlgorithm::Ps384 => Some(&RSA_PSS_2048_8192_SHA384),
        SigningAlgorithm::Ps512 => Some(&RSA_PSS_2048_8192_SHA512),
        SigningAlgorithm::Es256
        | SigningAlgorithm::Es384
        | SigningAlgorithm::EdDsa
        | SigningAlgorithm::Hs256
        | SigningAlgorithm::Hs384
        | SigningAlgorithm::Hs512 => None,
    }
}
