//! The key ring: everything that leaves this process and must come back unread and unchanged is sealed with it.
//!
//! AES-256-GCM-SIV (RFC 8452), which stays safe should a nonce ever repeat, with one key a purpose (HKDF-SHA-256, RFC 5869),
//! so that what was sealed for one place does not open in another. Written as
//! `version (1) ‖ key id (4) ‖ nonce (12) ‖ ciphertext ‖ tag (16)` in base64url.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::{digest, hkdf, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use super::key::RecordKey;
use crate::protocol::secret::Secret;

/// Several keys, oldest last: the first seals, all open.
pub struct KeyRing {
    keys: Vec<RingKey>,
}

/// The ring that is in force. It can be replaced while the program runs; a request under way keeps the one that it began with.
#[derive(Debug)]
pub struct RingInForce(RwLock<Arc<KeyRing>>);

/// What something is sealed for. A seal of one purpose does not open for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The `state` of a login.
    LoginState,
    /// The `state` of a logout at the provider.
    LogoutState,
    /// The nonce of a DPoP proof (RFC 9449 section 9).
    DpopNonce,
    /// Whose a kept session is, for the operator.
    SessionLabel,
}

/// What a flow's nonce and PKCE verifier are derived for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Derived {
    /// `nonce` of the authorization request.
    Nonce,
    /// `code_verifier` (RFC 7636 section 4.1).
    CodeVerifier,
}

impl KeyRing {
    /// A ring of the given keys, the first one sealing. `random` is the only key where there is none.
    pub fn new(secrets: &[Secret], random: [u8; 32]) -> Self {
        let keys: Vec<_> = if secrets.is_empty() {
            vec![RingKey::new(&random)]
        } else {
            secrets.iter().map(|secret| RingKey::new(secret.expose().as_bytes())).collect()
        };
        Self { keys }
    }

    /// Seals `plain` for `purpose`. `nonce` is fresh entropy.
    pub fn seal(&self, purpose: Purpose, plain: &[u8], nonce: [u8; 12]) -> String {
        let key = &self.keys[0];
        let mut sealed = Vec::with_capacity(HEAD + plain.len() + AES_256_GCM_SIV.tag_len());
        sealed.push(VERSION);
        sealed.extend_from_slice(&key.id);
        sealed.extend_from_slice(&nonce);
        let mut body = plain.to_vec();
        key.aead(purpose)
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(purpose.name().as_bytes()),
                &mut body,
            )
            .expect("what is sealed is a few kilobytes, far below the limit of the cipher");
        sealed.extend_from_slice(&body);
        URL_SAFE_NO_PAD.encode(sealed)
    }

    /// Opens what [`KeyRing::seal`] wrote for the same purpose; with it comes the [`Opener`] that derives what belongs to it.
    /// `None` if it is anything else, or was sealed with a key that is not on the ring.
    pub fn open(&self, purpose: Purpose, sealed: &str) -> Option<(Vec<u8>, Opener<'_>)> {
        if sealed.len() > MAX_SEALED {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (head, body) = bytes.split_at_checked(HEAD)?;
        if head[0] != VERSION {
            return None;
        }
        let key = self.keys.iter().find(|key| key.id == head[1..5])?;
        let nonce: [u8; 12] = head[5..].try_into().ok()?;
        let mut body = body.to_vec();
        let plain = key
            .aead(purpose)
            .open_in_place(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(purpose.name().as_bytes()),
                &mut body,
            )
            .ok()?;
        Some((plain.to_vec(), Opener { key }))
    }

    /// Seals the record of a session, for whoever has its record key and the ring. `bound` is what the record belongs to: elsewhere it
    /// does not open. `nonce` is fresh entropy.
    pub fn seal_record(
        &self,
        record_key: &RecordKey,
        bound: &[u8],
        plain: Zeroizing<Vec<u8>>,
        nonce: [u8; 12],
    ) -> Vec<u8> {
        let key = &self.keys[0];
        let mut body = plain;
        // One allocation for text and tag, so that nothing of the text is left behind in a smaller one.
        body.reserve_exact(AES_256_GCM_SIV.tag_len());
        key.record_aead(record_key)
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(bound), &mut *body)
            .expect("a record is some kilobytes, far below the limit of the cipher");
        [&[VERSION][..], &key.id, &nonce, &body].concat()
    }

    /// Opens what [`KeyRing::seal_record`] wrote. `None` if it is anything else, or was sealed with a key that is not on the ring.
    pub fn open_record(
        &self,
        record_key: &RecordKey,
        bound: &[u8],
        sealed: &[u8],
    ) -> Option<Zeroizing<Vec<u8>>> {
        let (head, body) = sealed.split_at_checked(HEAD)?;
        if head[0] != VERSION || body.len() > MAX_RECORD {
            return None;
        }
        let key = self.keys.iter().find(|key| key.id == head[1..5])?;
        let nonce: [u8; 12] = head[5..].try_into().ok()?;
        let mut body = Zeroizing::new(body.to_vec());
        let length = key
            .record_aead(record_key)
            .open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(bound), &mut body)
            .ok()?
            .len();
        body.truncate(length);
        Some(body)
    }

    /// The key that seals, for deriving what belongs to something about to be sealed.
    pub fn sealer(&self) -> Opener<'_> {
        Opener { key: &self.keys[0] }
    }
}

impl KeyRing {
    /// The names of its keys, the sealing one first. They tell nothing about the keys, and are the same at every replica that has them.
    pub fn ids(&self) -> Vec<String> {
        self.keys.iter().map(|key| hex(&key.id)).collect()
    }
}

/// The name that a key has on a ring.
pub fn key_id(secret: &Secret) -> String {
    hex(&RingKey::new(secret.expose().as_bytes()).id)
}

fn hex(id: &[u8]) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl RingInForce {
    /// This ring, until another one takes its place.
    pub fn new(ring: KeyRing) -> Self {
        Self(RwLock::new(Arc::new(ring)))
    }

    /// The ring of this moment. Whoever seals and derives what belongs together asks once.
    pub fn now(&self) -> Arc<KeyRing> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// From now on that one.
    pub fn replace(&self, ring: KeyRing) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ring);
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyRing({} keys)", self.keys.len())
    }
}

/// The one key of the ring that sealed something.
#[derive(Clone, Copy)]
pub struct Opener<'a> {
    key: &'a RingKey,
}

impl Opener<'_> {
    /// 32 bytes that only this key, flow id and flow cookie give (HMAC-SHA-256), as 43 characters of base64url: long enough and
    /// of the alphabet that RFC 7636 section 4.1 asks of a `code_verifier`.
    pub fn derive(&self, what: Derived, flow_id: &[u8; 16], flow_cookie: &[u8; 32]) -> Secret {
        let mut context = hmac::Context::with_key(&self.key.derivation);
        context.update(match what {
            Derived::Nonce => b"nonce\0",
            Derived::CodeVerifier => b"code_verifier\0",
        });
        context.update(flow_id);
        context.update(flow_cookie);
        Secret::new(URL_SAFE_NO_PAD.encode(context.sign()))
    }
}

impl fmt::Debug for Opener<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opener")
    }
}

struct RingKey {
    /// Names the key in what it sealed; tells nothing about it.
    id: [u8; 4],
    login_state: LessSafeKey,
    logout_state: LessSafeKey,
    dpop_nonce: LessSafeKey,
    session_label: LessSafeKey,
    /// From which the key of each session's record comes.
    records: hmac::Key,
    derivation: hmac::Key,
}

impl RingKey {
    fn new(secret: &[u8]) -> Self {
        let extracted = hkdf::Salt::new(hkdf::HKDF_SHA256, b"vestibule").extract(secret);
        let expand = |info: &str| -> [u8; 32] {
            let mut bytes = [0; 32];
            extracted
                .expand(&[info.as_bytes()], hkdf::HKDF_SHA256)
                .and_then(|okm| okm.fill(&mut bytes))
                .expect("HKDF gives the length of its own hash");
            bytes
        };
        let aead = |purpose: Purpose| {
            let key = UnboundKey::new(&AES_256_GCM_SIV, &expand(purpose.name()));
            LessSafeKey::new(key.expect("32 bytes are the length of the key"))
        };
        let name = digest::digest(&digest::SHA256, &expand("key id"));
        let mut id = [0; 4];
        id.copy_from_slice(&name.as_ref()[..4]);
        Self {
            id,
            login_state: aead(Purpose::LoginState),
            logout_state: aead(Purpose::LogoutState),
            dpop_nonce: aead(Purpose::DpopNonce),
            session_label: aead(Purpose::SessionLabel),
            records: hmac::Key::new(hmac::HMAC_SHA256, &expand("session records")),
            derivation: hmac::Key::new(hmac::HMAC_SHA256, &expand("derivation")),
        }
    }

    fn record_aead(&self, record_key: &RecordKey) -> LessSafeKey {
        let derived = hmac::sign(&self.records, record_key.as_bytes().as_slice());
        let key = UnboundKey::new(&AES_256_GCM_SIV, derived.as_ref());
        LessSafeKey::new(key.expect("HMAC-SHA-256 gives 32 bytes, the length of the key"))
    }

    const fn aead(&self, purpose: Purpose) -> &LessSafeKey {
        match purpose {
            Purpose::LoginState => &self.login_state,
            Purpose::LogoutState => &self.logout_state,
            Purpose::DpopNonce => &self.dpop_nonce,
            Purpose::SessionLabel => &self.session_label,
        }
    }
}

impl Purpose {
    const fn name(self) -> &'static str {
        match self {
            Self::LoginState => "login state",
            Self::LogoutState => "logout state",
            Self::DpopNonce => "dpop nonce",
            Self::SessionLabel => "session label",
        }
    }
}

/// The layout of what is sealed.
const VERSION: u8 = 1;
/// Bytes before the ciphertext: version, key id, nonce.
const HEAD: usize = 1 + 4 + 12;
/// Bytes of a sealed record that are looked at: tokens of 64 kB and claims as large.
pub const MAX_RECORD: usize = 512 * 1024;
/// Characters of anything sealed that are looked at.
const MAX_SEALED: usize = 6 * 1024;
