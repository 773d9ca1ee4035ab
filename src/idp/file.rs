//! Files that are read again while the program runs. One may lie on a file system that hangs, so it is waited for elsewhere, and not
//! for ever.

use std::path::PathBuf;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::config::source;
use crate::protocol::secret::Secret;

/// What a file holds.
///
/// # Errors
/// What is in the way, as text.
pub(super) async fn read(path: PathBuf) -> Result<Zeroizing<Vec<u8>>, String> {
    within(move || {
        source::read_again(&path).map(|contents| contents.bytes).map_err(|fault| fault.to_string())
    })
    .await
}

/// The secret that a file holds.
///
/// # Errors
/// What is in the way, as text.
pub(super) async fn read_secret(path: PathBuf) -> Result<Secret, String> {
    within(move || source::read_secret(&path).map_err(|fault| fault.to_string())).await
}

async fn within<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    match tokio::time::timeout(DEADLINE, tokio::task::spawn_blocking(read)).await {
        Ok(Ok(read)) => read,
        Ok(Err(_)) => Err("reading it failed".to_owned()),
        Err(_) => Err(format!("it could not be read within {} s", DEADLINE.as_secs())),
    }
}

/// Until a file is read.
const DEADLINE: Duration = Duration::from_secs(2);
