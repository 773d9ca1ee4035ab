//! The moment of a request in which a client proves itself, with the assertion or token that lies in its file just then.

use super::file;
use crate::clock::Clock;
use crate::protocol::client_authentication::Moment;
use crate::protocol::registration::ClientAuthentication;

/// This moment, for one request of a client that proves itself so. The platform replaces what is in the file at will, so nothing of it is kept.
pub async fn of(authentication: &ClientAuthentication, clock: &Clock) -> Moment {
    let assertion = match authentication {
        ClientAuthentication::AssertionFile(path) | ClientAuthentication::BearerFile(path) => {
            Some(file::read_secret(path.clone()).await)
        }
        _ => None,
    };
    Moment { now: clock.wall(), entropy: clock.entropy(), assertion }
}
