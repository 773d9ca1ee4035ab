//! The program: everything is in the library, so that tests use what users run.

use std::process::ExitCode;

fn main() -> ExitCode {
    vestibule::cli::run(std::env::args_os().skip(1))
}
