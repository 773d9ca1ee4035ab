//! Where an entry for clients.yaml goes: to standard output, or into the file, its secret beside it. Nothing is left half written.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use url::Url;

use super::{Failure, complain, say};
use crate::config::check;
use crate::config::entry::{Entry, EntrySecret};
use crate::config::source::{Contents, Disk, Environment, FileFault, Files};
use crate::protocol::secret::Secret;

/// Where the entry goes.
#[derive(Debug)]
pub(super) enum Target<'a> {
    Output,
    File(&'a Path),
}

/// Scheme, host and port at which browsers reach vestibule.
#[derive(Debug)]
pub(super) struct Origin {
    /// Without a slash at the end.
    pub(super) text: String,
    /// With the port, where it does not go without saying.
    pub(super) host: String,
}

/// What is to be put into the file, and with it.
struct Plan {
    text: String,
    secret: Option<(PathBuf, Secret)>,
}

impl<'a> Target<'a> {
    pub(super) fn of(write: Option<&'a Path>) -> Self {
        write.map_or(Self::Output, Self::File)
    }

    /// Whether an entry like that could be put there. To be asked before anything is done that cannot be taken back.
    pub(super) fn try_out(&self, entry: &Entry) -> Result<(), Failure> {
        self.plan(entry).map(|_| ())
    }

    /// Puts it there. Where that fails it is printed, so that what the provider gave is not lost.
    pub(super) fn put(&self, entry: &Entry) -> Result<(), Failure> {
        let written = match self {
            Self::Output => Ok(()),
            Self::File(file) => self.plan(entry).and_then(|plan| write(file, &plan)),
        };
        if let (Self::File(file), Ok(())) = (self, &written) {
            complain(&format_args!("vestibule: clients.{} is added to {}", entry.name, file.display()));
            return Ok(());
        }
        say(&entry.added_to("").map_err(Failure::at_run_time)?.trim_end());
        written
    }

    fn plan(&self, entry: &Entry) -> Result<Plan, Failure> {
        let Self::File(file) = self else {
            let text = entry.added_to("").map_err(Failure::at_run_time)?;
            let files = WithSecret { disk: Disk::beside(Path::new("")), secret: None };
            check("the entry", &text, &Environment::default(), &files).map_err(unusable)?;
            return Ok(Plan { text, secret: None });
        };
        let mut entry = entry.clone();
        let mut secret = None;
        if let EntrySecret::Here(text) = &entry.secret {
            let name = format!("{}.secret", entry.name);
            let path = file.with_file_name(&name);
            if fs::symlink_metadata(&path).is_ok() {
                let why = "is there already, and nothing is written over.\nMove it away, or choose another name: --name NAME";
                return Err(Failure::of_configuration(format_args!("{} {why}", path.display())));
            }
            secret = Some((path, text.clone()));
            entry.secret = EntrySecret::File(name);
        }
        let name = file.display();
        let old = read(file)?;
        let text = entry
            .added_to(&old)
            .map_err(|fault| Failure::of_configuration(format_args!("{name}: {fault}")))?;
        let beside =
            secret.as_ref().map(|(path, text)| (PathBuf::from(path.file_name().unwrap_or_default()), text));
        let files = WithSecret { disk: Disk::beside(file), secret: beside };
        check(&name.to_string(), &text, &Environment::of_process(), &files).map_err(unusable)?;
        Ok(Plan { text, secret })
    }
}

/// The whole text of a file; none is empty.
fn read(file: &Path) -> Result<String, Failure> {
    let refuse = |why: &str| Failure::of_configuration(format_args!("{}: {why}", file.display()));
    match Disk::beside(Path::new("")).read(file) {
        Ok(contents) => String::from_utf8(contents.bytes.to_vec()).map_err(|_| refuse("is not UTF-8.")),
        Err(FileFault::Missing) => Ok(String::new()),
        Err(FileFault::Folder) => Err(refuse("is a folder, but a file is needed.")),
        Err(FileFault::TooLarge) => Err(refuse("is larger than any configuration.")),
        Err(FileFault::Unreadable(why)) => Err(refuse(&format!("cannot be read: {why}."))),
    }
}

fn unusable(problems: crate::config::Problems) -> Failure {
    let text = problems.to_string();
    // It begins with the name of the program already.
    Failure::of_configuration(text.trim_start_matches("vestibule: ").trim_end().replace("\n    ", "\n"))
}

/// First the secret, then the file that names it; the file is replaced in one step, and keeps its permissions.
fn write(file: &Path, plan: &Plan) -> Result<(), Failure> {
    let failed = |path: &Path, error: &io::Error| {
        Failure::at_run_time(format_args!("{} cannot be written: {error}", path.display()))
    };
    if let Some((path, secret)) = &plan.secret {
        let written =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).and_then(|mut to| {
                to.write_all(secret.expose().as_bytes())?;
                to.sync_all()
            });
        written.map_err(|error| failed(path, &error))?;
    }
    let replaced = replace(file, plan.text.as_bytes());
    if let (Err(_), Some((path, _))) = (&replaced, &plan.secret) {
        // The entry is printed instead, with the secret in it.
        let _ = fs::remove_file(path);
    }
    replaced.map_err(|error| failed(file, &error))
}

fn replace(file: &Path, bytes: &[u8]) -> io::Result<()> {
    // Where the name is a link it stays one.
    let (file, permissions) = match fs::canonicalize(file) {
        Ok(file) => (file.clone(), Some(fs::metadata(&file)?.permissions())),
        Err(error) if error.kind() == ErrorKind::NotFound => (file.to_owned(), None),
        Err(error) => return Err(error),
    };
    let mut name = std::ffi::OsString::from(".");
    name.push(file.file_name().unwrap_or_default());
    name.push(format!(".{}", std::process::id()));
    let new = file.with_file_name(name);
    let written = File::create_new(&new).and_then(|mut to| {
        if let Some(permissions) = permissions {
            to.set_permissions(permissions)?;
        }
        to.write_all(bytes)?;
        to.sync_all()?;
        fs::rename(&new, &file)
    });
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written
}

/// The files of this machine, and the one with the secret as if it were there.
struct WithSecret<'a> {
    disk: Disk,
    secret: Option<(PathBuf, &'a Secret)>,
}

impl Files for WithSecret<'_> {
    fn read(&self, path: &Path) -> Result<Contents, FileFault> {
        match &self.secret {
            Some((name, secret)) if name == path => {
                Ok(Contents { bytes: secret.expose().as_bytes().to_vec().into(), open_to_all: false })
            }
            _ => self.disk.read(path),
        }
    }
}

/// Reads an origin as somebody writes it; what is not right about the address beyond that, `config::check` says.
pub(super) fn origin(text: &str) -> Result<Origin, Failure> {
    let url = Url::parse(text).ok().filter(|url| {
        matches!(url.scheme(), "https" | "http")
            && url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none()
    });
    let host = url.as_ref().and_then(|url| Some((url.host_str()?, url.port())));
    match (&url, host) {
        (Some(url), Some((host, port))) => Ok(Origin {
            text: url.origin().ascii_serialization(),
            host: port.map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")),
        }),
        _ => Err(Failure::of_usage(
            "ORIGIN is not scheme and host alone.\nWrite where browsers reach vestibule: https://app.example.com",
        )),
    }
}

/// The first part of the host, as far as a client can be called so.
pub(super) fn default_name(origin: &Origin) -> String {
    let label = origin.host.split(['.', ':']).next().unwrap_or_default();
    let fits = label.starts_with(|c: char| c.is_ascii_alphabetic()) && crate::config::is_client_name(label);
    if fits { label.to_owned() } else { "app".to_owned() }
}
