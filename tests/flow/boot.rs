//! How a test's clients.yaml becomes a configuration: by the same checks as the file of an operator.

use std::path::Path;

use vestibule::config::source::{Disk, Environment};
use vestibule::config::{Config, check};

/// The configuration that a text gives, with only these variables in the environment.
pub(crate) fn config(yaml: &str, environment: &[(&'static str, &'static str)]) -> Config {
    let environment: Environment = environment.iter().copied().collect();
    match check("clients.yaml", yaml, &environment, &Disk::beside(Path::new("clients.yaml"))) {
        Ok((config, _)) => config,
        Err(problems) => panic!("{problems}\n{yaml}"),
    }
}
