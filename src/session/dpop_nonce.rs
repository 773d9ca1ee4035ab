//! The nonces that DPoP proofs may be asked for (RFC 9449 section 9): sealed, so that any replica with the same keys knows its own, and
//! nothing needs to be kept.

use std::time::Duration;

use super::sealing::{KeyRing, Purpose};
use crate::protocol::timestamp::Timestamp;

/// A new nonce. `entropy` is fresh.
pub fn new(ring: &KeyRing, now: Timestamp, entropy: [u8; 12]) -> String {
    ring.seal(Purpose::DpopNonce, &now.seconds().to_be_bytes(), entropy)
}

/// Whether a nonce is one of ours and at most [`LIFETIME`] old.
pub fn is_good(ring: &KeyRing, nonce: &str, now: Timestamp) -> bool {
    let made = ring
        .open(Purpose::DpopNonce, nonce)
        .and_then(|(plain, _)| Some(Timestamp::from_seconds(u64::from_be_bytes(plain.try_into().ok()?))));
    // A replica whose clock is ahead may have made it.
    made.is_some_and(|made| now.since(made) <= LIFETIME && made.since(now) <= AHEAD)
}

/// How long a nonce may be used.
pub const LIFETIME: Duration = Duration::from_secs(5 * 60);
/// How far the clocks of replicas may be apart.
const AHEAD: Duration = Duration::from_secs(60);
