//! Everything secret that the tests come across, kept in a file of its own: `tests/run` then looks for each of them in all logs.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::sync::{LazyLock, Mutex};

/// Shorter values would be found by chance.
const SHORTEST: usize = 16;
/// The parameters of an address that nobody but their receiver may read.
const PARAMETERS: [&str; 4] = ["code", "id_token_hint", "access_token", "refresh_token"];

static FILE: LazyLock<Mutex<File>> = LazyLock::new(|| {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/seeds");
    std::fs::create_dir_all(&folder).unwrap();
    Mutex::new(File::create(folder.join("proxies.txt")).unwrap())
});

/// Notes a secret.
pub(crate) fn value(secret: &str) {
    if secret.len() >= SHORTEST {
        writeln!(FILE.lock().unwrap(), "{secret}").unwrap();
    }
}

/// Notes the secrets of an address.
pub(crate) fn address(address: &str) {
    let query = address.split_once('?').map_or("", |(_, query)| query);
    for (name, secret) in url::form_urlencoded::parse(query.as_bytes()) {
        if PARAMETERS.contains(&&*name) {
            value(&secret);
        }
    }
}
