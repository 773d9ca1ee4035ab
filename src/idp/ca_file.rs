//! How the file of a private authority is kept up with.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::clock::Clock;
use crate::config::CaFile;
use crate::config::source::{self, FileFault};
use crate::protocol::authorities::Authorities;
use crate::protocol::timestamp::Timestamp;

/// A `ca_file` as it was seen last.
#[derive(Debug)]
pub(super) struct Watch {
    file: CaFile,
    clock: Clock,
    seen: Mutex<Seen>,
}

#[derive(Debug)]
struct Seen {
    at: Timestamp,
    /// What the file held, good or bad: it is judged once.
    content: Result<Vec<u8>, FileFault>,
}

impl Watch {
    /// The file as it was when the configuration was read.
    pub(super) fn new(file: CaFile, clock: Clock) -> Self {
        let seen = Seen { at: clock.steady(), content: Ok(file.authorities.pem().to_vec()) };
        Self { file, clock, seen: Mutex::new(seen) }
    }

    /// The authorities, if the file holds others than it did. One that cannot be used leaves those that are believed already:
    /// it may be half written.
    pub(super) async fn changed(&self) -> Option<Authorities> {
        let now = self.clock.steady();
        {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            if now < seen.at.after(LOOK_EVERY) {
                return None;
            }
            seen.at = now;
        }
        let path = self.file.path.clone();
        let read = tokio::task::spawn_blocking(move || source::read_again(&path));
        let read = tokio::time::timeout(READ_DEADLINE, read).await.ok()?.ok()?;
        let content = read.map(|contents| contents.bytes.to_vec());
        {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            if seen.content == content {
                return None;
            }
            seen.content.clone_from(&content);
        }
        let why = match content {
            Ok(pem) => match Authorities::parse(&pem) {
                Ok(authorities) => {
                    let (file, count) = (self.file.path.display(), authorities.count());
                    tracing::info!(code = "ca_file_read", %file, count, "ca_file has changed, and is read again");
                    return Some(authorities);
                }
                Err(fault) => fault.to_string(),
            },
            Err(fault) => fault.to_string(),
        };
        tracing::warn!(
            code = "ca_file_unusable", fault = "operator", file = %self.file.path.display(), why,
            remedy = "Put the authorities' certificates there, in PEM.",
            "ca_file has changed and cannot be used; what it held before is still believed"
        );
        None
    }
}

/// The file is looked at when the provider is asked, at most once in this time.
pub const LOOK_EVERY: Duration = Duration::from_secs(10);
/// A disk that takes longer keeps nobody from signing in; the file is looked at another time.
const READ_DEADLINE: Duration = Duration::from_secs(1);
