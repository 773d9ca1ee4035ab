//! Proof Key for Code Exchange (RFC 7636), method S256 only.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// `code_challenge_method`; `plain` is not offered (RFC 9700 section 2.1.1).
pub const METHOD: &str = "S256";

/// The `code_challenge` of a verifier: BASE64URL(SHA256(verifier)) (section 4.2).
///
/// The verifier has 43 to 128 unreserved characters (section 4.1); 32 random bytes in base64url are 43.
pub fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes()))
}
