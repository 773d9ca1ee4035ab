//! The only reader of files and of the environment. What it reads is handed to `config::check`, which reads nothing.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::protocol::secret::Secret;

/// The variables of the process, or those that a test gives. Its `Debug` tells how many, never a value.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, OsString>);

impl Environment {
    /// The variables of this process, read once. One whose name is not UTF-8 cannot be ours and is left out.
    pub fn of_process() -> Self {
        let named = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
        Self(named.collect())
    }

    /// The value of a variable, if it is set.
    pub(super) fn get(&self, name: &str) -> Option<Variable<'_>> {
        self.0.get(name).map(|value| value.to_str().map_or(Variable::NotText, Variable::Text))
    }

    /// The value of a variable that is no setting, for a command. One that is not UTF-8 is as good as empty.
    pub fn secret(&self, name: &str) -> Option<Secret> {
        self.get(name).map(|value| match value {
            Variable::Text(text) => Secret::new(text),
            Variable::NotText => Secret::new(""),
        })
    }

    /// The names that begin so, in alphabetical order.
    pub(super) fn names_with_prefix<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.keys().map(String::as_str).filter(move |name| name.starts_with(prefix))
    }
}

impl<Name: Into<String>, Value: Into<OsString>> FromIterator<(Name, Value)> for Environment {
    fn from_iter<Pairs: IntoIterator<Item = (Name, Value)>>(pairs: Pairs) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Environment({} variables)", self.0.len())
    }
}

/// What a variable that is set holds.
#[derive(Clone, Copy)]
pub(super) enum Variable<'a> {
    /// Text.
    Text(&'a str),
    /// Bytes that are not UTF-8.
    NotText,
}

/// Where the files that clients.yaml names are read from.
pub trait Files {
    /// Reads a file of at most [`MAX_FILE`] bytes. A relative path is meant from the folder of clients.yaml.
    ///
    /// # Errors
    /// [`FileFault`] says what is in the way.
    fn read(&self, path: &Path) -> Result<Contents, FileFault>;

    /// The names of what is in a folder, in any order.
    ///
    /// # Errors
    /// [`FileFault`] says what is in the way.
    fn names(&self, _folder: &Path) -> Result<Vec<String>, FileFault> {
        Err(FileFault::Missing)
    }

    /// Where that is, for a file that is read again while the program runs.
    fn locate(&self, path: &Path) -> PathBuf {
        path.to_owned()
    }
}

/// What a file holds. It may be a secret: overwritten when dropped, and without `Debug`.
pub struct Contents {
    /// The bytes.
    pub bytes: Zeroizing<Vec<u8>>,
    /// Whether everybody on this machine may read it.
    pub open_to_all: bool,
}

/// Why a file could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileFault {
    /// There is none at that path.
    Missing,
    /// There is a folder at that path.
    Folder,
    /// It has more than [`MAX_FILE`] bytes.
    TooLarge,
    /// The system's reason.
    Unreadable(String),
}

impl fmt::Display for FileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("there is no such file"),
            Self::Folder => f.write_str("it is a folder"),
            Self::TooLarge => write!(f, "it has more than {MAX_FILE} bytes"),
            Self::Unreadable(reason) => write!(f, "it cannot be read: {reason}"),
        }
    }
}

/// The files of this machine.
#[derive(Clone, Debug)]
pub struct Disk {
    base: PathBuf,
}

impl Disk {
    /// Relative paths are meant from the folder of this file.
    pub fn beside(file: &Path) -> Self {
        Self { base: file.parent().map(Path::to_owned).unwrap_or_default() }
    }
}

impl Files for Disk {
    fn read(&self, path: &Path) -> Result<Contents, FileFault> {
        read(&self.locate(path))
    }

    fn names(&self, folder: &Path) -> Result<Vec<String>, FileFault> {
        let entries = fs::read_dir(self.locate(folder)).map_err(fault)?;
        // A name that is not UTF-8 is none of those that are looked for.
        entries
            .filter_map(|entry| {
                entry.map(|entry| entry.file_name().into_string().ok()).map_err(fault).transpose()
            })
            .collect()
    }

    fn locate(&self, path: &Path) -> PathBuf {
        self.base.join(path)
    }
}

/// Reads one file of at most [`MAX_FILE`] bytes.
pub(super) fn read(path: &Path) -> Result<Contents, FileFault> {
    let file = File::open(path).map_err(fault)?;
    let metadata = file.metadata().map_err(fault)?;
    if metadata.is_dir() {
        return Err(FileFault::Folder);
    }
    let mut bytes = Zeroizing::new(Vec::new());
    file.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(fault)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(FileFault::TooLarge);
    }
    Ok(Contents { bytes, open_to_all: open_to_all(&metadata) })
}

/// Reads a file that may have changed since the configuration was read. Where something else than a file is by now, such as a pipe, it
/// is not opened: that could wait for ever.
///
/// # Errors
/// [`FileFault`] says what is in the way.
pub fn read_again(path: &Path) -> Result<Contents, FileFault> {
    let kind = fs::metadata(path).map_err(fault)?.file_type();
    if !kind.is_file() && !kind.is_dir() {
        return Err(FileFault::Unreadable("it is a pipe or a device, and no file".to_owned()));
    }
    read(path)
}

/// Reads a secret that is replaced while the program runs. What is not UTF-8 comes out as what cannot be meant.
///
/// # Errors
/// [`FileFault`] says what is in the way.
pub fn read_secret(path: &Path) -> Result<Secret, FileFault> {
    Ok(Secret::new(String::from_utf8_lossy(&read_again(path)?.bytes)))
}

/// The folder in which a relative path is looked for.
pub(super) fn folder_of(path: &Path) -> Option<String> {
    let folder = std::env::current_dir().ok()?;
    path.is_relative().then(|| folder.display().to_string())
}

fn fault(error: std::io::Error) -> FileFault {
    match error.kind() {
        ErrorKind::NotFound => FileFault::Missing,
        ErrorKind::IsADirectory => FileFault::Folder,
        kind => FileFault::Unreadable(kind.to_string()),
    }
}

#[cfg(unix)]
fn open_to_all(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o007 != 0
}

#[cfg(not(unix))]
fn open_to_all(_: &fs::Metadata) -> bool {
    false
}

/// Bytes of clients.yaml, or of a file with a secret or a key.
pub const MAX_FILE: u64 = 1024 * 1024;
