//! How a session is found, and what it is called in public.

use std::fmt;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

/// What the store knows a session by: the SHA-256 of the cookie's 32 bytes. Whoever reads the store holds no cookie.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionKey([u8; 32]);

impl SessionKey {
    /// The key of the session whose cookie holds these bytes.
    pub fn of_cookie(cookie: &[u8; 32]) -> Self {
        let mut key = [0; 32];
        key.copy_from_slice(digest::digest(&digest::SHA256, cookie).as_ref());
        Self(key)
    }

    /// A key that was kept sealed.
    pub(in crate::session) const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// For a seal.
    pub(in crate::session) const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionKey")
    }
}

/// What a session's record is sealed with, beside a key of the ring: derived from the cookie, and not from what the store knows of it.
/// So whoever has store and ring opens no record, and whoever has store and cookie makes none.
#[derive(Clone)]
pub struct RecordKey(Zeroizing<[u8; 32]>);

impl RecordKey {
    /// The record key of the session whose cookie holds these bytes.
    pub fn of_cookie(cookie: &[u8; 32]) -> Self {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(b"record key\0");
        context.update(cookie);
        let mut key = Zeroizing::new([0; 32]);
        key.copy_from_slice(context.finish().as_ref());
        Self(key)
    }

    /// For a seal.
    pub(super) const fn as_bytes(&self) -> &Zeroizing<[u8; 32]> {
        &self.0
    }
}

impl fmt::Debug for RecordKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecordKey")
    }
}

/// The public name of a session. Not a secret: alone it opens nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Handle([u8; 16]);

impl Handle {
    /// A new one, of fresh entropy.
    pub const fn new(entropy: [u8; 16]) -> Self {
        Self(entropy)
    }

    /// For a record.
    pub(super) const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Handle({self})")
    }
}
