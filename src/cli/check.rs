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
            for client in &config.clients {
                if let (Some(preset), false) = (client.preset, client.from_preset.is_empty()) {
                    let set = client.from_preset.join("; ");
                    say(&format_args!("clients.{}: preset {} sets {set}", client.name, preset.name()));
                }
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
