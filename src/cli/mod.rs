//! The command line.

mod check;
mod health;
mod serve;

use std::ffi::OsString;
use std::fmt::Display;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use lexopt::prelude::{Long, Short, Value, ValueExt as _};

/// Reads the command line and does what it says. The exit code is 0, 1 (failed at run time), 64 (command line not
/// understood) or 78 (configuration), as in sysexits.h.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    match parse(lexopt::Parser::from_args(arguments)) {
        Ok(Command::Serve(file)) => serve::run(&file),
        Ok(Command::Check(file)) => check::run(&file),
        Ok(Command::Health(file)) => health::run(&file),
        Ok(Command::Help) => {
            say(&HELP.trim_end());
            ExitCode::SUCCESS
        }
        Ok(Command::Version) => {
            say(&concat!("vestibule ", env!("CARGO_PKG_VERSION")));
            ExitCode::SUCCESS
        }
        Err(problem) => {
            complain(&format_args!("vestibule: {problem}\n    Write: vestibule help"));
            ExitCode::from(EXIT_USAGE)
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Command {
    Serve(PathBuf),
    Check(PathBuf),
    Health(PathBuf),
    Help,
    Version,
}

fn parse(mut parser: lexopt::Parser) -> Result<Command, String> {
    let mut words = Vec::new();
    while let Some(argument) = parser.next().map_err(|error| error.to_string())? {
        match argument {
            Short('h') | Long("help") => return Ok(Command::Help),
            Short('V') | Long("version") => return Ok(Command::Version),
            Value(word) => words.push(word),
            other => return Err(format!("there is no option {:?}.", other_name(&other))),
        }
    }
    let mut words = words.into_iter();
    let command = match words.next() {
        None => "serve".to_owned(),
        Some(word) => word.string().map_err(|error| error.to_string())?,
    };
    let file = words.next().map_or_else(|| PathBuf::from(DEFAULT_FILE), PathBuf::from);
    if let Some(extra) = words.next() {
        return Err(format!("{extra:?} is one word too many; a command takes one file."));
    }
    match command.as_str() {
        "serve" => Ok(Command::Serve(file)),
        "check" => Ok(Command::Check(file)),
        "health" => Ok(Command::Health(file)),
        "help" => Ok(Command::Help),
        "version" => Ok(Command::Version),
        file if file.ends_with(".yaml") || file.ends_with(".yml") => {
            Err(format!("there is no command {file:?}. For that file: vestibule serve {file}"))
        }
        _ => Err(format!("there is no command {command:?}. The commands are serve, check and health.")),
    }
}

/// Prints a line. Where nobody can read it (a full disk, a reader that went away) the exit code still tells.
fn say(line: &dyn Display) {
    let _ = writeln!(io::stdout(), "{line}");
}

/// The same on standard error.
fn complain(line: &dyn Display) {
    let _ = writeln!(io::stderr(), "{line}");
}

fn other_name(argument: &lexopt::Arg<'_>) -> String {
    match argument {
        Short(letter) => format!("-{letter}"),
        Long(name) => format!("--{name}"),
        Value(value) => value.to_string_lossy().into_owned(),
    }
}

/// Configuration that cannot be used (`EX_CONFIG`).
const EXIT_CONFIG: u8 = 78;
/// A command line that cannot be understood (`EX_USAGE`).
const EXIT_USAGE: u8 = 64;
/// The configuration where none is named.
const DEFAULT_FILE: &str = "clients.yaml";

const HELP: &str = "\
vestibule: forward-auth sidecar with OpenID Connect sign-in

    vestibule [serve [FILE]]   answers the proxy and signs people in
    vestibule check [FILE]     reads the configuration and says what is wrong with it
    vestibule health [FILE]    asks the running vestibule whether it is alive; for HEALTHCHECK
    vestibule version

FILE is clients.yaml in the working directory if it is left out.
Exit codes: 0 good, 1 failed at run time, 64 command line, 78 configuration.
Every setting: docs/configuration.md
";
