//! clients.yaml: `accepted/*.yaml` load, `refused/*.yaml` give exactly the text beside them, and so do the samples that we ship.
#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

mod accepted;
mod bearer;
mod client_secrets;
mod documentation;
mod entry;
mod hostile;
mod refused;
mod samples;
mod testing_profile;
mod values;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use vestibule::config::source::{Contents, Environment, FileFault, Files};
use vestibule::config::{Config, Notice, Problems, check};

/// A configuration as a test has it: text, and what lies around it.
#[derive(Default)]
struct Case {
    text: String,
    environment: BTreeMap<String, String>,
    files: Shelf,
}

impl Case {
    fn new(text: &str) -> Self {
        Self { text: text.to_owned(), ..Self::default() }
    }

    /// Reads a file, with what its comments put around it:
    ///
    /// ```yaml
    /// # environment NAME=value
    /// # file session.key=12 bytes
    /// # file secret.txt=the text in it
    /// # open file secret.txt=the text in a file that everybody can read
    /// ```
    fn read(path: &Path) -> Self {
        let mut case = Self::new(&fs::read_to_string(path).unwrap());
        for line in case.text.lines() {
            if let Some(pair) = line.strip_prefix("# environment ") {
                let (name, value) = pair.split_once('=').unwrap();
                case.environment.insert(name.to_owned(), value.to_owned());
            } else if let Some((kind, pair)) = line.split_once("file ")
                && matches!(kind, "# " | "# open ")
            {
                let (name, value) = pair.split_once('=').unwrap();
                let count = value.strip_suffix(" bytes").and_then(|count| count.parse().ok());
                let bytes = count.map_or_else(
                    || value.as_bytes().to_vec(),
                    // Not random, but different, and no text.
                    |count: usize| (0..count).map(|n| 0x80 | (n as u8).wrapping_mul(37)).collect(),
                );
                case.files.0.insert(PathBuf::from(name), (bytes, kind == "# open "));
            }
        }
        case
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    fn check(&self) -> Result<(Config, Vec<Notice>), Problems> {
        let environment: Environment = self.environment.iter().collect();
        check("clients.yaml", &self.text, &environment, &self.files)
    }

    /// What is printed when the file is refused.
    fn refusal(&self) -> String {
        match self.check() {
            Ok(_) => panic!("accepted:\n{}", self.text),
            Err(problems) => problems.to_string(),
        }
    }

    /// The configuration, and the notices as printed.
    fn accepted(&self) -> (Config, Vec<String>) {
        match self.check() {
            Ok((config, notices)) => (config, notices.iter().map(ToString::to_string).collect()),
            Err(problems) => panic!("refused:\n{problems}\n{}", self.text),
        }
    }
}

/// Files by path, each with whether everybody can read it.
#[derive(Default)]
struct Shelf(BTreeMap<PathBuf, (Vec<u8>, bool)>);

impl Files for Shelf {
    fn read(&self, path: &Path) -> Result<Contents, FileFault> {
        let (bytes, open_to_all) = self.0.get(path).cloned().ok_or(FileFault::Missing)?;
        Ok(Contents { bytes: bytes.into(), open_to_all })
    }

    fn names(&self, folder: &Path) -> Result<Vec<String>, FileFault> {
        let inside = self.0.keys().filter_map(|path| path.strip_prefix(folder).ok()?.to_str());
        let names: Vec<_> = inside.map(str::to_owned).collect();
        if names.is_empty() { Err(FileFault::Missing) } else { Ok(names) }
    }
}

/// The files of a folder with that ending, in order; at least one.
fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut found: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == ending))
        .collect();
    found.sort();
    assert!(!found.is_empty(), "{} has no {ending} files", folder.display());
    found
}
