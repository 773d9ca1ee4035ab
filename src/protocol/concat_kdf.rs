//! The key that two parties agree on, out of the secret that they share (RFC 7518 section 4.6.2, NIST SP 800-56A section 5.8.1).

use aws_lc_rs::digest::{Context, SHA256};
use zeroize::Zeroizing;

/// Bytes of a hash, and so of the longest key that one round of the function gives. No key here is longer.
const HASH_BYTES: usize = 32;

/// Derives the key of `bytes` bytes, at most 32, for the content encryption algorithm of that name: direct key agreement.
pub(super) fn derive(
    shared_secret: &[u8],
    algorithm: &str,
    party_u: &[u8],
    party_v: &[u8],
    bytes: usize,
) -> Zeroizing<Vec<u8>> {
    debug_assert!(bytes <= HASH_BYTES);
    let mut hash = Context::new(&SHA256);
    // The number of the round.
    hash.update(&1_u32.to_be_bytes());
    hash.update(shared_secret);
    // AlgorithmID, PartyUInfo and PartyVInfo: each with its length before it.
    for text in [algorithm.as_bytes(), party_u, party_v] {
        hash.update(&length(text.len()));
        hash.update(text);
    }
    // SuppPubInfo: the length of the key in bits. SuppPrivInfo is empty.
    hash.update(&length(bytes * 8));
    let mut key = Zeroizing::new(hash.finish().as_ref().to_vec());
    key.truncate(bytes);
    key
}

/// A length as 32 bits. What is measured comes out of a token of limited length.
fn length(bytes: usize) -> [u8; 4] {
    u32::try_from(bytes).unwrap_or(u32::MAX).to_be_bytes()
}
