//! What is known about a signed-in browser.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::key::{Handle, RecordKey};
use super::loops::Uses;
use crate::config::Client;
use crate::gate::identity::Identity;
use crate::protocol::claims::Claims;
use crate::protocol::secret::Secret;
use crate::protocol::timestamp::Timestamp;

/// One session. A refresh puts a new one in its place; only the moments of its last use and of its retirement change in it.
pub struct Session {
    /// Its public name.
    pub handle: Handle,
    /// The client it belongs to; at any other it is no session.
    pub client: String,
    /// What the application is told.
    pub identity: Arc<Identity>,
    /// What the provider said of the person, ID token and userinfo together.
    pub claims: Arc<Claims>,
    /// The tokens that belong to it.
    pub tokens: SessionTokens,
    /// When the person signed in; the absolute lifetime counts from here and nothing moves it.
    pub signed_in: Timestamp,
    /// Goes up by one with each refresh: what a refresh writes goes only in the place of what it read.
    pub version: u64,
    /// Where the uses of this browser's sessions are noted.
    pub uses: Uses,
    /// The numbers of the rules for which the person was led to the provider to be authenticated better, of this session and of
    /// those that it took the place of.
    pub stepped_up: Box<[usize]>,
    /// What its record is sealed with, where it is kept elsewhere too.
    pub record_key: Option<Box<RecordKey>>,
    /// `sid` of the ID token of the login.
    pub(super) first_sid: Option<Arc<str>>,
    last_used: AtomicU64,
    retires: AtomicU64,
    /// The last use that was handed on to be kept.
    kept_use: AtomicU64,
}

/// The tokens of a session, and how fresh they are.
#[derive(Clone)]
pub struct SessionTokens {
    /// The signed ID token, decrypted if it came encrypted, for `id_token_hint`.
    pub id_token: Secret,
    /// The access token, where the application is to get it.
    pub access_token: Option<Secret>,
    /// The refresh token; none makes the session end with its lifetimes and its claims stay as they were.
    pub refresh_token: Option<Secret>,
    /// When they were fetched.
    pub fetched: Timestamp,
    /// When the access token ends.
    pub expires: Timestamp,
    /// Refreshes that failed since, for reasons that may pass.
    pub failures: Option<RefreshFailures>,
}

/// Refreshes that failed in a row, for reasons that may pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshFailures {
    /// When the first failed.
    pub since: Timestamp,
    /// How many have.
    pub count: u32,
    /// No further attempt before this moment.
    pub retry_at: Timestamp,
}

impl SessionTokens {
    /// What is kept of an access token: nothing, unless the application of that client is to get it.
    pub fn kept(access_token: Secret, client: &Client) -> Option<Secret> {
        (client.passed.access_token.is_some() && !access_token.is_empty()).then_some(access_token)
    }
}

impl Session {
    /// A new session, used for the first time now.
    pub fn new(
        handle: Handle,
        client: String,
        identity: Identity,
        claims: Claims,
        tokens: SessionTokens,
        now: Timestamp,
    ) -> Self {
        Self {
            handle,
            client,
            first_sid: claims.sid().map(Arc::from),
            identity: Arc::new(identity),
            claims: Arc::new(claims),
            tokens,
            signed_in: now,
            version: 0,
            uses: Uses::default(),
            stepped_up: Box::default(),
            record_key: None,
            last_used: AtomicU64::new(now.seconds()),
            retires: AtomicU64::new(u64::MAX),
            kept_use: AtomicU64::new(now.seconds()),
        }
    }

    /// What the provider calls its own session: `sid` of the login and, should a refresh have brought another, that one too. An
    /// empty one is none.
    pub fn sids(&self) -> impl Iterator<Item = &str> {
        let first = self.first_sid.as_deref();
        let latest = self.claims.sid().filter(|sid| Some(*sid) != first);
        first.into_iter().chain(latest).filter(|sid| !sid.is_empty())
    }

    /// When it was used last.
    pub fn last_used(&self) -> Timestamp {
        Timestamp::from_seconds(self.last_used.load(Ordering::Relaxed))
    }

    /// Notes a use: the idle lifetime begins anew, and the browser's logins led somewhere.
    pub fn touch(&self, now: Timestamp) {
        self.uses.note();
        self.used_at(now);
    }

    /// Takes over the moment of a use that was noted already. Time never goes back, and an unchanged second writes nothing.
    pub fn used_at(&self, moment: Timestamp) {
        if self.last_used.load(Ordering::Relaxed) < moment.seconds() {
            self.last_used.fetch_max(moment.seconds(), Ordering::Relaxed);
        }
    }

    /// Whether the moment of its last use is to be kept now: of any number of callers at once one is told so, and so at most once in
    /// [`KEEP_USE_EVERY`].
    pub fn wants_use_kept(&self) -> bool {
        let (used, kept) = (self.last_used.load(Ordering::Relaxed), self.kept_use.load(Ordering::Relaxed));
        used >= kept.saturating_add(KEEP_USE_EVERY.as_secs())
            && self.kept_use.compare_exchange(kept, used, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// That its last use is kept already.
    pub fn use_is_kept(&self) {
        self.kept_use.fetch_max(self.last_used.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    /// That the use which was handed on could not be kept, so that a later one is.
    pub fn use_not_kept(&self) {
        self.kept_use.fetch_min(
            self.last_used.load(Ordering::Relaxed).saturating_sub(KEEP_USE_EVERY.as_secs()),
            Ordering::Relaxed,
        );
    }

    /// When it ends because the same browser has a newer one; the far end of time if it has not.
    pub fn retires(&self) -> Timestamp {
        Timestamp::from_seconds(self.retires.load(Ordering::Relaxed))
    }

    /// Lets it end at that moment, for the same browser has a newer one.
    pub fn retire(&self, at: Timestamp) {
        self.retires.fetch_min(at.seconds(), Ordering::Relaxed);
    }

    /// The session that takes the place of this one after a refresh that succeeded.
    #[must_use]
    pub fn refreshed(&self, identity: Identity, claims: Claims, tokens: SessionTokens) -> Self {
        Self { identity: Arc::new(identity), claims: Arc::new(claims), tokens, ..self.successor() }
    }

    /// The session that takes the place of this one after a refresh that failed and may succeed later. `rotated` is the
    /// refresh token that the provider gave in place of the old one, if it came so far.
    #[must_use]
    pub fn not_refreshed(&self, failures: RefreshFailures, rotated: Option<Secret>) -> Self {
        let mut next = self.successor();
        next.tokens.failures = Some(failures);
        if rotated.is_some() {
            next.tokens.refresh_token = rotated;
        }
        next
    }

    /// The same once more.
    #[must_use]
    pub(super) fn copy(&self) -> Self {
        Self { version: self.version, ..self.successor() }
    }

    fn successor(&self) -> Self {
        Self {
            handle: self.handle,
            client: self.client.clone(),
            identity: Arc::clone(&self.identity),
            claims: Arc::clone(&self.claims),
            tokens: self.tokens.clone(),
            signed_in: self.signed_in,
            version: self.version + 1,
            uses: self.uses.clone(),
            stepped_up: self.stepped_up.clone(),
            record_key: self.record_key.clone(),
            first_sid: self.first_sid.clone(),
            last_used: AtomicU64::new(self.last_used.load(Ordering::Relaxed)),
            retires: AtomicU64::new(self.retires.load(Ordering::Relaxed)),
            kept_use: AtomicU64::new(self.kept_use.load(Ordering::Relaxed)),
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Session({}, {}, version {})", self.handle, self.client, self.version)
    }
}

/// Uses are kept at most so often: after a restart or at another replica a session may seem unused for so much longer.
pub const KEEP_USE_EVERY: Duration = Duration::from_secs(60);
