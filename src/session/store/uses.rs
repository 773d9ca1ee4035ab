//! When sessions were used last, on its way to a keeper: many at a time, and nobody waits for it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::keeper::Keeper;
use crate::session::key::SessionKey;
use crate::session::record::Session;

/// The way to the task that hands uses on; it ends with the last of these.
#[derive(Clone, Debug)]
pub(super) struct Uses(mpsc::Sender<(SessionKey, Arc<Session>)>);

impl Uses {
    /// To be called in a runtime.
    pub(super) fn handed_to(keeper: Arc<dyn Keeper>) -> Self {
        let (uses, waiting) = mpsc::channel(MAX_WAITING);
        tokio::spawn(hand_on(waiting, keeper));
        Self(uses)
    }

    /// One more. Where there is no room a later use is kept.
    pub(super) fn note(&self, key: SessionKey, session: &Arc<Session>) {
        if self.0.try_send((key, Arc::clone(session))).is_err() {
            session.use_not_kept();
        }
    }
}

async fn hand_on(mut waiting: mpsc::Receiver<(SessionKey, Arc<Session>)>, keeper: Arc<dyn Keeper>) {
    let mut batch = Vec::new();
    while waiting.recv_many(&mut batch, MAX_AT_ONCE).await > 0 {
        let uses: Vec<_> = batch.iter().map(|(key, session)| (*key, session.last_used())).collect();
        if keeper.keep_uses(&uses).await.is_err() {
            // The store says what is wrong with it where somebody waits for it.
            for (_, session) in &batch {
                session.use_not_kept();
            }
            tokio::time::sleep(PAUSE).await;
        }
        batch.clear();
    }
}

/// Uses that wait to be kept: more are handed on by a later request.
const MAX_WAITING: usize = 65_536;
/// Uses that are kept by one call.
const MAX_AT_ONCE: usize = 1_000;
/// After a store did not take them.
const PAUSE: Duration = Duration::from_secs(1);
