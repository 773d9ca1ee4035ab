//! `vestibule import`: the client of a client_secrets.json, as an entry of clients.yaml.

use std::path::{Path, PathBuf};

use super::target::{Target, default_name, origin};
use super::{Failure, complain};
use crate::config::client_secrets;
use crate::config::entry::{Entry, EntrySecret};
use crate::config::own_path;
use crate::config::source::{Disk, Files as _};

/// What the command line says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) file: PathBuf,
    pub(super) origin: Option<String>,
    pub(super) name: Option<String>,
    pub(super) write: Option<PathBuf>,
}

/// Reads the file, and prints the entry or adds it to clients.yaml. Says which addresses the provider has to know.
pub(super) fn run(wanted: &Wanted) -> Result<(), Failure> {
    let name = wanted.file.display();
    let contents = Disk::beside(Path::new("")).read(&wanted.file);
    let contents = contents.map_err(|fault| Failure::of_configuration(format_args!("{name}: {fault}")))?;
    let client = client_secrets::read(&contents.bytes)
        .map_err(|fault| Failure::of_configuration(format_args!("{name}: {fault}")))?;
    let chosen = match (&wanted.origin, client.origins.as_slice()) {
        (Some(origin), _) => origin,
        (None, [one]) => one,
        (None, []) => {
            let why =
                "has no redirect_uris.\nSay where browsers reach vestibule: --origin https://app.example.com";
            return Err(Failure::of_usage(format_args!("{name} {why}")));
        }
        (None, several) => {
            let several = several.join(" ");
            return Err(Failure::of_usage(format_args!(
                "{name} has redirect_uris on several origins: {several}\nSay which one is vestibule's: --origin ORIGIN"
            )));
        }
    };
    let origin = origin(chosen)?;
    let client_name = wanted.name.clone().unwrap_or_else(|| default_name(&origin));
    let uri = |page| format!("{}{}", origin.text, own_path(&client_name, page));
    let entry = Entry {
        issuer: client.issuer,
        client_id: client.client_id,
        secret: client.client_secret.map_or(EntrySecret::None, EntrySecret::Here),
        redirect_uri: uri("callback"),
        host: origin.host.clone(),
        scopes: None,
        method: None,
        algorithm: None,
        settings: Vec::new(),
        name: client_name.clone(),
    };
    let target = Target::of(wanted.write.as_deref());
    target.try_out(&entry)?;
    target.put(&entry)?;
    complain(&format_args!(
        "vestibule: register this callback at the provider, in place of those in {name}:\n    {}\n\
         and, if it takes one, this address for after a logout:\n    {}",
        uri("callback"),
        uri("signed-out")
    ));
    Ok(())
}
