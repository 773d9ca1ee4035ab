//! The map over a keeper: two maps over one file stand for what happens at one moment (issue 6).

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use vestibule::clock::Clock;
use vestibule::config::Client;
use vestibule::gate::credential::SessionCookie;
use vestibule::gate::decide::Ended;
use vestibule::idp::providers::Providers;
use vestibule::protocol::secret::Secret;
use vestibule::protocol::timestamp::Timestamp;
use vestibule::session::index::{Logout, Name, Whose};
use vestibule::session::kept::Kept;
use vestibule::session::key::SessionKey;
use vestibule::session::record::Session;
use vestibule::session::refresh::Refresher;
use vestibule::session::sealing::{KeyRing, RingInForce};
use vestibule::session::store::Store;
use vestibule::session::store::file::FileKeeper;
use vestibule::session::store::keeper::{Answer, Keeper, StoreFault};
use vestibule::session::{Look, Looked, NotKept, Sessions};
use vestibule::telemetry::metrics::Metrics;

use crate::made::{client, config_at, session_of};

/// A file that, while told to, cannot be read or written, and once told to, waits after it has read a record and before it hands it on.
#[derive(Debug)]
struct Slow {
    file: FileKeeper,
    waits: AtomicBool,
    waits_to_remove: AtomicBool,
    fails: AtomicBool,
    has_read: Notify,
    go_on: Notify,
}

impl Slow {
    fn answers(&self) -> Result<(), StoreFault> {
        match self.fails.load(Ordering::SeqCst) {
            true => Err(StoreFault::Unavailable("told to fail".into())),
            false => Ok(()),
        }
    }
}

impl Keeper for Slow {
    fn load<'a>(&'a self, key: &'a SessionKey) -> Answer<'a, Option<Kept>> {
        Box::pin(async {
            self.answers()?;
            let kept = self.file.load(key).await;
            if self.waits.swap(false, Ordering::SeqCst) {
                self.has_read.notify_one();
                self.go_on.notified().await;
            }
            kept
        })
    }

    fn insert<'a>(&'a self, key: &'a SessionKey, kept: &'a Kept) -> Answer<'a, ()> {
        Box::pin(async {
            self.answers()?;
            self.file.insert(key, kept).await
        })
    }

    fn replace<'a>(&'a self, key: &'a SessionKey, before: &'a Kept, kept: &'a Kept) -> Answer<'a, bool> {
        self.file.replace(key, before, kept)
    }

    fn remove<'a>(&'a self, key: &'a SessionKey) -> Answer<'a, bool> {
        Box::pin(async {
            if self.waits_to_remove.swap(false, Ordering::SeqCst) {
                self.has_read.notify_one();
                self.go_on.notified().await;
            }
            self.answers()?;
            self.file.remove(key).await
        })
    }

    fn retire<'a>(&'a self, key: &'a SessionKey, at: Timestamp) -> Answer<'a, ()> {
        self.file.retire(key, at)
    }

    fn keep_uses<'a>(&'a self, uses: &'a [(SessionKey, Timestamp)]) -> Answer<'a, ()> {
        self.file.keep_uses(uses)
    }

    fn named<'a>(&'a self, names: &'a [Name]) -> Answer<'a, Vec<(SessionKey, Kept)>> {
        self.file.named(names)
    }

    fn note_logout<'a>(&'a self, names: &'a [Name], at: Timestamp) -> Answer<'a, ()> {
        self.file.note_logout(names, at)
    }

    fn last_logout<'a>(&'a self, names: &'a [Name]) -> Answer<'a, Option<Timestamp>> {
        self.file.last_logout(names)
    }

    fn lease<'a>(&'a self, key: &'a SessionKey, holder: &'a [u8; 16]) -> Answer<'a, bool> {
        self.file.lease(key, holder)
    }

    fn release<'a>(&'a self, key: &'a SessionKey, holder: &'a [u8; 16]) -> Answer<'a, ()> {
        self.file.release(key, holder)
    }

    fn sweep(&self, now: Timestamp) -> Answer<'_, usize> {
        self.file.sweep(now)
    }

    fn count(&self) -> Option<usize> {
        self.file.count()
    }

    fn ready(&self) -> Result<(), StoreFault> {
        self.file.ready()
    }

    fn name(&self) -> &'static str {
        self.file.name()
    }
}

struct Ground {
    keeper: Arc<Slow>,
    folder: PathBuf,
    client: Client,
    clock: Clock,
    ring: Arc<RingInForce>,
}

impl Ground {
    fn new(name: &str, limit: usize) -> Self {
        let folder = std::env::temp_dir().join(format!("vestibule-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = FileKeeper::open(&folder.join("sessions.redb"), limit).unwrap();
        let keeper = Slow {
            file,
            waits: AtomicBool::new(false),
            waits_to_remove: AtomicBool::new(false),
            fails: AtomicBool::new(false),
            has_read: Notify::new(),
            go_on: Notify::new(),
        };
        Self {
            keeper: Arc::new(keeper),
            folder,
            client: client(),
            clock: Clock::system(),
            ring: Arc::new(RingInForce::new(KeyRing::new(&[Secret::new("one")], [0; 32]))),
        }
    }

    /// With nothing in memory.
    fn store(&self) -> Store {
        let keeper: Arc<dyn Keeper> = Arc::clone(&self.keeper) as _;
        Store::kept(100, keeper, Arc::clone(&self.ring), self.clock.clone())
    }

    fn sessions(&self) -> Sessions {
        let (store, metrics) = (Arc::new(self.store()), Arc::new(Metrics::new()));
        let config = config_at("app", "https://id.example.com");
        let providers = Arc::new(Providers::new(&config, &self.clock).unwrap());
        let refresher =
            Refresher::new(Arc::clone(&store), providers, self.clock.clone(), Arc::clone(&metrics));
        Sessions::new(store, Arc::new(refresher), self.clock.clone(), metrics)
    }

    fn session(&self) -> Session {
        session_of(&self.client, "alice", Some("s1"))
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn cookie(of: u8) -> (SessionCookie, SessionKey) {
    (SessionCookie::new([of; 32]), SessionKey::of_cookie(&[of; 32]))
}

/// The bypass that would be: read before the end, put into the map after it.
#[tokio::test]
async fn a_session_that_ends_while_it_is_loaded_is_not_at_hand_afterwards() {
    for by_name in [false, true] {
        let kept = Ground::new(&format!("ends-{by_name}"), 100);
        let (cookie, key) = cookie(1);
        kept.store().insert(&kept.client, &cookie, kept.session()).await.unwrap();
        let store = kept.store();
        kept.keeper.waits.store(true, Ordering::SeqCst);
        let ends = async {
            kept.keeper.has_read.notified().await;
            let ended = if by_name {
                let whose = Whose::Person("alice");
                let logout = Logout { client: "app", issuer: kept.client.issuer.as_str(), whose };
                store.remove_all(logout.ending(), Some(kept.clock.wall())).await.unwrap().count
            } else {
                store.remove(&key).await.unwrap().unwrap().count
            };
            kept.keeper.go_on.notify_one();
            ended
        };
        let (found, ended) = tokio::join!(store.get(&kept.client, &key, &cookie), ends);
        assert_eq!(ended, 1);
        assert!(found.unwrap().is_none(), "by name: {by_name}");
        assert!(store.at_hand(&key).is_none(), "by name: {by_name}");
        assert!(store.get(&kept.client, &key, &cookie).await.unwrap().is_none());
    }
}

/// The other way round: taken from the map, and put there again by somebody who reads it while the keeper has not ended it yet; by each way in
/// which a session ends.
#[tokio::test]
async fn a_session_that_is_loaded_while_it_ends_is_not_at_hand_afterwards() {
    for way in 0..3 {
        let kept = Ground::new(&format!("loaded-{way}"), 100);
        let (cookie, key) = cookie(1);
        let store = kept.store();
        store.insert(&kept.client, &cookie, kept.session()).await.unwrap();
        assert!(store.at_hand(&key).is_some());
        kept.keeper.waits_to_remove.store(true, Ordering::SeqCst);
        let ends = async {
            match way {
                0 => store.remove(&key).await.unwrap().unwrap().count,
                1 => usize::from(store.remove_if(&key, |_| true).await.unwrap().is_some()),
                _ => {
                    let whose = Whose::ProviderSession("s1");
                    let logout = Logout { client: "app", issuer: kept.client.issuer.as_str(), whose };
                    store.remove_all(logout.ending(), None).await.unwrap().count
                }
            }
        };
        let loads = async {
            kept.keeper.has_read.notified().await;
            let found = store.get(&kept.client, &key, &cookie).await.unwrap();
            kept.keeper.go_on.notify_one();
            found
        };
        let (ended, found) = tokio::join!(ends, loads);
        assert_eq!(ended, 1, "way {way}");
        assert!(found.is_some(), "it was kept still, way {way}");
        assert!(store.at_hand(&key).is_none(), "way {way}");
        assert!(store.get(&kept.client, &key, &cookie).await.unwrap().is_none(), "way {way}");
    }
}

/// Strangers who name sessions of a provider fill no disk; what they named is remembered in memory, as far as there is room.
#[tokio::test]
async fn a_logout_that_nothing_proves_is_not_kept_and_holds_all_the_same() {
    let kept = Ground::new("unproven", 100);
    let (begun, cookie) = (kept.clock.wall(), cookie(1).0);
    let whose = Whose::ProviderSession("s1");
    let logout = Logout { client: "app", issuer: kept.client.issuer.as_str(), whose };
    let names = logout.ending().names().to_vec();
    let sessions = kept.sessions();
    let noted = sessions.log_out_unproven(&logout, begun, Ended::SignedOutElsewhere).await.unwrap();
    assert!(noted.is_noted);
    assert_eq!(kept.keeper.last_logout(&names).await.unwrap(), None);
    let late = sessions.insert(&kept.client, &cookie, kept.session(), (None, None), begun).await;
    assert_eq!(late, Err(NotKept::SignedOut));

    // One that is proven is known also to a process that was started since.
    sessions.log_out(&logout, begun, Ended::SignedOutElsewhere).await.unwrap();
    assert_eq!(kept.keeper.last_logout(&names).await.unwrap(), Some(begun));
    let late = kept.sessions().insert(&kept.client, &cookie, kept.session(), (None, None), begun).await;
    assert_eq!(late, Err(NotKept::SignedOut));
    assert_eq!(kept.keeper.count(), Some(0));
}

#[tokio::test]
async fn a_session_that_is_to_end_while_it_is_loaded_ends_then() {
    let kept = Ground::new("retires", 100);
    let (cookie, key) = cookie(1);
    kept.store().insert(&kept.client, &cookie, kept.session()).await.unwrap();
    let store = kept.store();
    kept.keeper.waits.store(true, Ordering::SeqCst);
    let at = Timestamp::from_seconds(1_800_000_030);
    let retires = async {
        kept.keeper.has_read.notified().await;
        store.retire(&key, at).await.unwrap();
        kept.keeper.go_on.notify_one();
    };
    let (found, ()) = tokio::join!(store.get(&kept.client, &key, &cookie), retires);
    assert_eq!(found.unwrap().unwrap().retires(), at);
    assert_eq!(store.at_hand(&key).unwrap().retires(), at);
}

/// Fencing: of two that put the next version in the place of the same one, the second loses, also where each has a map of its own.
#[tokio::test]
async fn of_two_who_replace_the_same_version_the_second_loses_and_what_ended_stays_ended() {
    let kept = Ground::new("replace", 100);
    let (cookie, key) = cookie(1);
    let (one, two) = (kept.store(), kept.store());
    one.insert(&kept.client, &cookie, kept.session()).await.unwrap();
    let before = one.get(&kept.client, &key, &cookie).await.unwrap().unwrap();
    let there = two.get(&kept.client, &key, &cookie).await.unwrap().unwrap();
    let next = |of: &Session| {
        let failures = vestibule::session::record::RefreshFailures {
            since: of.signed_in,
            count: 1,
            retry_at: of.signed_in,
        };
        of.not_refreshed(failures, None)
    };
    assert!(one.replace(&kept.client, &key, &before, next(&before)).await.unwrap());
    assert!(!two.replace(&kept.client, &key, &there, next(&there)).await.unwrap());
    assert_eq!(two.again(&kept.client, &key).await.unwrap().unwrap().version, 1);
    one.remove(&key).await.unwrap().unwrap();
    let there = two.at_hand(&key).unwrap();
    assert!(!two.replace(&kept.client, &key, &there, next(&there)).await.unwrap());
    assert!(two.again(&kept.client, &key).await.unwrap().is_none());
    assert!(one.remove(&key).await.unwrap().is_none(), "its end was told once");
}

#[tokio::test]
async fn a_full_file_refuses_a_new_session_and_has_room_after_a_sweep() {
    let kept = Ground::new("full", 2);
    let store = kept.store();
    for of in 1..=2 {
        store.insert(&kept.client, &cookie(of).0, kept.session()).await.unwrap();
    }
    let refused = store.insert(&kept.client, &cookie(3).0, kept.session()).await.unwrap_err();
    assert!(matches!(&refused, StoreFault::Full(why) if why.contains("server.max_sessions")), "{refused:?}");
    assert_eq!(store.len(), 2);
    // The sessions of these tests began in 2027, and the clients' lifetimes are over long before 2100.
    assert_eq!(kept.keeper.sweep(Timestamp::from_seconds(4_100_000_000)).await.unwrap(), 2);
    assert_eq!(store.len(), 0);
    assert!(kept.keeper.named(&Name::all_of(&kept.session())).await.unwrap().is_empty());
    store.insert(&kept.client, &cookie(3).0, kept.session()).await.unwrap();
    assert_eq!(store.len(), 1);
}

/// A store that does not answer leaves it open whose cookie that is: it is never "no session", which would be a login, and never a session that
/// is not at hand.
#[tokio::test]
async fn while_the_store_does_not_answer_nobody_knows() {
    let kept = Ground::new("away", 100);
    let client = Arc::new(kept.client.clone());
    let ((one, _), (other, _), (unknown, _)) = (cookie(1), cookie(2), cookie(3));
    let first = kept.store();
    for cookie in [&one, &other] {
        let mut session = session_of(&kept.client, "alice", Some("s1"));
        session.signed_in = kept.clock.steady();
        session.tokens.expires = kept.clock.steady().after(Duration::from_secs(3000));
        session.used_at(kept.clock.steady());
        first.insert(&kept.client, cookie, session).await.unwrap();
    }
    let sessions = kept.sessions();
    let look = async |cookie: &SessionCookie| sessions.look(&client, cookie, Look::Only).await;
    assert!(matches!(look(&one).await, Looked::Live(_)));
    kept.keeper.fails.store(true, Ordering::SeqCst);
    assert!(matches!(look(&one).await, Looked::Live(_)), "it is at hand, and nobody else writes to the file");
    assert!(matches!(look(&other).await, Looked::Unavailable(_)));
    assert!(matches!(look(&unknown).await, Looked::Unavailable(_)));
    assert!(sessions.trace(&client, &other).await.is_err());
    assert!(sessions.of_cookie(&client, &other).await.is_err());
    assert!(sessions.sign_out(&client, &other).await.is_err());
    let begun = kept.clock.wall();
    let new = sessions.insert(&client, &unknown, kept.session(), (None, None), begun).await;
    assert!(matches!(new, Err(NotKept::Store(StoreFault::Unavailable(_)))), "{new:?}");
    // Of one whose end could not be kept nobody is told that it ended.
    assert!(sessions.sign_out(&client, &one).await.is_err());
    kept.keeper.fails.store(false, Ordering::SeqCst);
    assert!(matches!(look(&other).await, Looked::Live(_)));
    assert!(matches!(look(&unknown).await, Looked::Unknown));
}
