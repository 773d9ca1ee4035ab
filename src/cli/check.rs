//! `vestibule check`: reads the configuration and says what is wrong with it.

use std::path::Path;
use std::process::ExitCode;

use super::{EXIT_CONFIG, complain, say};

/// Exit code 0 if it can be used, 78 if not.
pub(super) fn run(file: &Path) -> ExitCode {
    match crate::config::load(file) {
        Ok((config, notices)) => {
            for notice in &notices {
                complain(&notice);
            }
            let noun = if config.clients.len() == 1 { "client" } else { "clients" };
            say(&format_args!("{}: {} {noun}, no problems", file.display(), config.clients.len()));
            ExitCode::SUCCESS
        }
        Err(problems) => {
            complain(&problems);
            ExitCode::from(EXIT_CONFIG)
        }
    }
}
