//! The moment of a request in which a client proves itself, with the assertion or token that lies in its file just then.

use std::path::PathBuf;
use std::time::Duration;

use crate::clock::Clock;
use crate::config::source;
use crate::protocol::client_authentication::Moment;
use crate::protocol::registration::ClientAuthentication;
use crate::protocol::secret::Secret;

/// This moment, for one request of a client that proves itself so. The platform replaces what is in the file at will, so nothing of it is kept.
pub async fn of(authentication: &ClientAuthentication, clock: &Clock) -> Moment {
    let assertion = match authentication {
        ClientAuthentication::AssertionFile(path) | ClientAuthentication::BearerFile(path) => {
            Some(read(path.clone()).await)
        }
        _ => None,
    };
    Moment { now: clock.wall(), entropy: clock.entropy(), assertion }
}

/// A file may lie on a file system that hangs, so it is waited for elsewhere, and not for ever.
async fn read(path: PathBuf) -> Result<Secret, String> {
    let reading = tokio::task::spawn_blocking(move || source::read_secret(&path));
    match tokio::time::timeout(DEADLINE, reading).await {
        Ok(Ok(read)) => read.map_err(|fault| fault.to_string()),
        Ok(Err(_)) => Err("reading it failed".to_owned()),
        Err(_) => Err(format!("it could not be read within {} s", DEADLINE.as_secs())),
    }
}

/// Until such a file is read.
const DEADLINE: Duration = Duration::from_secs(2);
