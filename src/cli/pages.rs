//! `vestibule pages`: writes the templates of the built-in pages into a folder, to be changed there.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use super::{Failure, say};
use crate::pages::BUILT_IN;

/// Files that are there already are left as they are.
pub(super) fn run(folder: &Path) -> Result<(), Failure> {
    let failed = |path: &Path, error: &std::io::Error| {
        Failure::at_run_time(format_args!("{}: cannot be written: {}.", path.display(), error.kind()))
    };
    fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    for (name, source) in BUILT_IN {
        let path = folder.join(name);
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(mut file) => {
                file.write_all(source.as_bytes()).map_err(|error| failed(&path, &error))?;
                say(&format_args!("{}", path.display()));
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                say(&format_args!("{}: is there already, and stays as it is", path.display()));
            }
            Err(error) => return Err(failed(&path, &error)),
        }
    }
    say(&format_args!(
        "Change what you want, remove the rest, and write under server: pages_folder: {}",
        folder.display()
    ));
    Ok(())
}
