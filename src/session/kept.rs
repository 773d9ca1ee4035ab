//! A session as it is kept outside of this process: what a store must see to do its work, in the clear; who it is of, sealed for the
//! operator with the ring; and everything else, sealed with ring and cookie. A dump of a store opens nothing, and a record that
//! somebody else wrote into it is none.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::aead::MAX_TAG_LEN;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::index::Name;
use super::key::{Handle, RecordKey, SessionKey};
use super::record::{RefreshFailures, Session, SessionTokens};
use super::sealing::{KeyRing, MAX_RECORD, Purpose};
use crate::config::Client;
use crate::gate::identity::Identity;
use crate::protocol::claims::kept::KeptClaims;
use crate::protocol::claims::{Claims, TESTING_ISSUER};
use crate::protocol::secret::Secret;
use crate::protocol::timestamp::Timestamp;

/// What a store keeps of a session.
#[derive(Clone, PartialEq, Eq)]
pub struct Kept {
    /// Goes up by one with each refresh: what is older never takes the place of what is newer.
    pub version: u64,
    /// When it was used last, as far as that was kept.
    pub last_used: Timestamp,
    /// When it ends because the same browser has a newer one.
    pub retires: Timestamp,
    /// When it ends in any case.
    pub ends: Timestamp,
    /// How long it lives unused.
    pub idle: Duration,
    /// What a provider can call it.
    pub names: Vec<Name>,
    /// Whose it is, sealed with the ring alone: a [`Label`].
    pub label: String,
    /// The rest.
    pub sealed: Vec<u8>,
}

/// The parts of a record that change only with its version.
#[derive(Serialize, Deserialize)]
struct Body<'a> {
    version: u64,
    names: Vec<[u8; 32]>,
    label: &'a str,
    #[serde(borrow)]
    sealed: &'a [u8],
}

/// What the operator is told of a session without its cookie.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// Its public name.
    pub handle: String,
    /// The client that it belongs to.
    pub client: String,
    /// The issuer.
    pub iss: String,
    /// The person, as the issuer calls them.
    pub sub: String,
    /// What the provider calls its own session.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sids: Vec<String>,
    /// When the person signed in, in seconds since 1970.
    pub signed_in: u64,
}

/// Why what is kept is no session here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotOpened {
    /// It does not open with this cookie and ring: changed, of somebody else, or sealed with a key that is gone.
    Sealed,
    /// It opens, and was written by a release that this one does not understand.
    Form,
    /// It is of another client.
    OtherClient,
    /// The person signed in at another issuer than the client has now, or as `danger_testing_profile` let them.
    OtherIssuer,
    /// The person signed in when the client had another `client_id`.
    OtherRegistration,
    /// What it says of the person does not fit the configuration of today.
    Unfit,
}

/// The record under the seal. A field that is added has a default, so that a release reads what the one before wrote; what one does not
/// know it leaves.
#[derive(Serialize, Deserialize)]
struct Record {
    form: u32,
    client: String,
    client_id: String,
    handle: String,
    claims: KeptClaims,
    id_token: Zeroizing<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    access_token: Option<Zeroizing<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refresh_token: Option<Zeroizing<String>>,
    fetched: u64,
    expires: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failures: Option<(u64, u32, u64)>,
    signed_in: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    first_sid: Option<String>,
    #[serde(default, skip_serializing_if = "<[usize]>::is_empty")]
    stepped_up: Box<[usize]>,
}

impl Kept {
    /// What is to be kept of a session of that client under that key. `entropy` is fresh. `None` if it has no record key, or is larger than anything that
    /// is read again.
    pub fn of(
        session: &Session,
        key: &SessionKey,
        client: &Client,
        ring: &KeyRing,
        entropy: [[u8; 12]; 2],
    ) -> Option<Self> {
        let secret = |token: &Secret| Zeroizing::new(token.expose().to_owned());
        let tokens = &session.tokens;
        let record = Record {
            form: FORM,
            client: session.client.clone(),
            client_id: client.registration.client_id.clone(),
            handle: URL_SAFE_NO_PAD.encode(session.handle.as_bytes()),
            claims: session.claims.kept(),
            id_token: secret(&tokens.id_token),
            access_token: tokens.access_token.as_ref().map(secret),
            refresh_token: tokens.refresh_token.as_ref().map(secret),
            fetched: tokens.fetched.seconds(),
            expires: tokens.expires.seconds(),
            failures: tokens.failures.map(|f| (f.since.seconds(), f.count, f.retry_at.seconds())),
            signed_in: session.signed_in.seconds(),
            first_sid: session.first_sid.as_deref().map(str::to_owned),
            stepped_up: session.stepped_up.clone(),
        };
        let label = Label {
            handle: session.handle.to_string(),
            client: session.client.clone(),
            iss: session.claims.issuer().to_owned(),
            sub: session.claims.sub().to_owned(),
            sids: session.sids().map(str::to_owned).collect(),
            signed_in: session.signed_in.seconds(),
        };
        let plain = Zeroizing::new(serde_json::to_vec(&record).ok()?);
        if plain.len() > MAX_RECORD - MAX_TAG_LEN {
            return None;
        }
        let [of_record, of_label] = entropy;
        let record_key = session.record_key.as_deref()?;
        Some(Self {
            version: session.version,
            last_used: session.last_used(),
            retires: session.retires(),
            ends: session.signed_in.after(client.lifetimes.absolute),
            idle: client.lifetimes.idle,
            names: Name::all_of(session),
            label: ring.seal(Purpose::SessionLabel, &serde_json::to_vec(&label).ok()?, of_label),
            sealed: ring.seal_record(record_key, &bound(key, session.version), plain, of_record),
        })
    }

    /// The session again, for the client whose cookie came.
    ///
    /// # Errors
    /// [`NotOpened`]; then there is no session for that cookie here.
    pub fn open(
        &self,
        key: &SessionKey,
        record_key: RecordKey,
        client: &Client,
        ring: &KeyRing,
    ) -> Result<Session, NotOpened> {
        let plain = ring
            .open_record(&record_key, &bound(key, self.version), &self.sealed)
            .ok_or(NotOpened::Sealed)?;
        let record: Record = serde_json::from_slice(&plain).map_err(|_| NotOpened::Form)?;
        if record.form != FORM {
            return Err(NotOpened::Form);
        }
        if record.client != client.name {
            return Err(NotOpened::OtherClient);
        }
        // The name may stand for something else today: whoever signed in there then is nobody here.
        if record.client_id != client.registration.client_id {
            return Err(NotOpened::OtherRegistration);
        }
        let handle = URL_SAFE_NO_PAD.decode(&record.handle).ok().and_then(|bytes| bytes.try_into().ok());
        let handle = Handle::new(handle.ok_or(NotOpened::Form)?);
        let claims = Claims::of_kept(record.claims);
        let is_of_issuer = match client.testing_profile {
            Some(_) => claims.issuer() == TESTING_ISSUER,
            None => client.issuer.is_named(claims.issuer()),
        };
        if !is_of_issuer {
            return Err(NotOpened::OtherIssuer);
        }
        // Anew, so that what is configured today counts for who signed in yesterday.
        let identity = Identity::from_claims(&claims, client).map_err(|_| NotOpened::Unfit)?;
        let at = Timestamp::from_seconds;
        let secret = |token: Zeroizing<String>| Secret::new(token.as_str());
        let tokens = SessionTokens {
            id_token: secret(record.id_token),
            access_token: record.access_token.map(secret),
            refresh_token: record.refresh_token.map(secret),
            fetched: at(record.fetched),
            expires: at(record.expires),
            failures: record.failures.map(|(since, count, retry_at)| RefreshFailures {
                since: at(since),
                count,
                retry_at: at(retry_at),
            }),
        };
        let mut session = Session::new(handle, record.client, identity, claims, tokens, at(record.signed_in));
        session.version = self.version;
        session.first_sid = record.first_sid.map(Arc::from);
        session.stepped_up = record.stepped_up;
        session.record_key = Some(Box::new(record_key));
        session.used_at(self.last_used);
        session.use_is_kept();
        session.retire(self.retires);
        Ok(session)
    }

    /// Whose it is; `None` if the ring does not say.
    pub fn label(&self, ring: &KeyRing) -> Option<Label> {
        let (plain, _) = ring.open(Purpose::SessionLabel, &self.label)?;
        serde_json::from_slice(&plain).ok()
    }

    /// All but the moments, for a store that keeps those apart: [`Kept::of_bytes`] reads it.
    pub fn to_bytes(&self) -> Vec<u8> {
        let names = self.names.iter().map(|name| *name.as_bytes()).collect();
        let body = Body { version: self.version, names, label: &self.label, sealed: &self.sealed };
        let mut bytes = vec![BODY_FORM];
        bytes.extend(postcard::to_allocvec(&body).expect("numbers, texts and bytes have a form"));
        bytes
    }

    /// Reads [`Kept::to_bytes`]. `None` for anything else, and for what a later release wrote in a form that this one does not know.
    pub fn of_bytes(bytes: &[u8], moments: Moments) -> Option<Self> {
        let (form, bytes) = bytes.split_first()?;
        if *form != BODY_FORM || bytes.len() > MAX_BYTES {
            return None;
        }
        let body: Body<'_> = postcard::from_bytes(bytes).ok()?;
        Some(Self {
            version: body.version,
            last_used: moments.last_used,
            retires: moments.retires,
            ends: moments.ends,
            idle: moments.idle,
            names: body.names.into_iter().map(Name::from_bytes).collect(),
            label: body.label.to_owned(),
            sealed: body.sealed.to_vec(),
        })
    }

    /// When it ends.
    pub const fn moments(&self) -> Moments {
        Moments { last_used: self.last_used, retires: self.retires, ends: self.ends, idle: self.idle }
    }
}

/// When a record ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moments {
    /// When it was used last, as far as that was kept.
    pub last_used: Timestamp,
    /// When it ends because the same browser has a newer one.
    pub retires: Timestamp,
    /// When it ends in any case.
    pub ends: Timestamp,
    /// How long it lives unused.
    pub idle: Duration,
}

impl Moments {
    /// Whether nobody needs it any more.
    pub fn is_over(&self, now: Timestamp) -> bool {
        now >= self.ends || now >= self.retires || now >= self.last_used.after(self.idle)
    }
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Kept(version {}, {} bytes)", self.version, self.sealed.len())
    }
}

/// What a record belongs to: elsewhere, and as another version, it does not open.
fn bound(key: &SessionKey, version: u64) -> Vec<u8> {
    [&b"session record\0"[..], key.as_bytes(), &version.to_be_bytes()].concat()
}

/// The form of what stands around a sealed record.
const BODY_FORM: u8 = 1;
/// Bytes of a record, with all that stands around the seal.
const MAX_BYTES: usize = MAX_RECORD + 64 * 1024;
/// The form of the record. It changes when an older release could misread a newer record.
const FORM: u32 = 1;
