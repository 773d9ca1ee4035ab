//! `vestibule keygen`: makes a key for `server.key_files`.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::{Failure, say};
use crate::clock::Clock;
use crate::protocol::secret::Secret;
use crate::session::sealing::key_id;

/// Writes 32 random bytes, as text, into a file that nobody else can read. One that is there already is left as it is: whatever it sealed
/// would not open any more.
pub(super) fn run(file: &Path) -> Result<(), Failure> {
    let failed = |error: &std::io::Error| {
        Failure::at_run_time(match error.kind() {
            ErrorKind::AlreadyExists => format!(
                "{} is there already, and what it sealed would not open any more.\nWrite another name.",
                file.display()
            ),
            kind => format!("{} cannot be written: {kind}.", file.display()),
        })
    };
    let bytes = Zeroizing::new(Clock::system().entropy::<32>());
    let text = Zeroizing::new(STANDARD.encode(*bytes));
    let mut to = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)
        .map_err(|error| failed(&error))?;
    to.write_all(text.as_bytes())
        .and_then(|()| to.write_all(b"\n"))
        .and_then(|()| to.sync_all())
        .map_err(|error| failed(&error))?;
    // As the configuration hands it to the ring.
    let id = key_id(&Secret::new(STANDARD.encode(text.as_bytes())));
    say(&format_args!(
        "{}: a new key, {id}. Write it under server: key_files: [{}, …], first to seal, or behind the others until every replica has it",
        file.display(),
        file.display()
    ));
    Ok(())
}
