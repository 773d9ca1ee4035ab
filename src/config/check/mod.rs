//! The file as written → the configuration as used. Pure but for the files that the settings name, which come through
//! [`Files`]. Everything wrong is collected; only when nothing is does a [`Config`] come out.

mod authentication;
mod authorization;
mod bearer;
mod bearer_issuer;
mod bearer_only;
mod client;
mod cookie;
mod cors;
mod encryption;
mod header_form;
mod headers;
mod hosts;
mod introspection;
mod login_choice;
mod logout;
mod origin;
mod pages;
mod passed;
mod preset;
mod provider;
mod resource_metadata;
mod rules;
mod scopes;
mod secret;
mod server;
mod store;
mod testing_profile;

use super::Config;
use super::file::{FileAsWritten, Setting};
use super::form::{Form, Reader, Table};
use super::node::{self, Value};
use super::overlay;
use super::place::Place;
use super::problem::Finding;
use super::report::{Notice, Problem, Problems};
use super::source::{Environment, Files};

/// Judges the text of a configuration file.
///
/// `file` is its name for messages, `environment` what lies over it, and `files` gives the secrets that it names.
///
/// # Errors
/// [`Problems`] holds everything that is wrong, in the order of the file.
pub fn check(
    file: &str,
    text: &str,
    environment: &Environment,
    files: &dyn Files,
) -> Result<(Config, Vec<Notice>), Problems> {
    let mut root = node::parse(text).map_err(|problem| Problems::new(file, vec![*problem]))?;
    if matches!(root.value, Value::Empty) {
        let problem = Problem::new(Place::File, "", Finding::EmptyFile);
        return Err(Problems::new(file, vec![problem]));
    }
    let mut reader = Reader::default();
    overlay::lay(environment, &mut root, &mut reader.problems);
    let Ok(written) = FileAsWritten::read(&root, &Place::File, &mut reader) else {
        let problem = Problem::new(root.place, "", Finding::FileIsNoTable);
        return Err(Problems::new(file, vec![problem]));
    };

    let mut judge = Judge { environment, files, problems: reader.problems, notices: Vec::new() };
    let server = server::judge(&mut judge, &written.server);
    let store = store::judge(&mut judge, &written.store, &written.server);
    rules::judge_groups(&mut judge, &written.rule_groups, &written.clients);
    let clients = client::judge_all(&mut judge, &written.clients, &written.rule_groups);
    if let (Some(server), Some(clients)) = (&server, &clients) {
        testing_profile::confine(&mut judge, &written.clients, clients, server);
        rules::notice_networks(&mut judge, &written, server);
    }
    // What is wrong with a group of rules is found at each client that names it.
    for found in [&mut judge.problems, &mut judge.notices] {
        let mut seen: Vec<Problem> = Vec::new();
        found.retain(|problem| {
            let is_new = !seen.contains(problem);
            seen.extend(is_new.then(|| problem.clone()));
            is_new
        });
    }
    match (server, store, clients) {
        (Some(server), Some(store), Some(clients)) if judge.problems.is_empty() => {
            judge.notices.sort_by(|a, b| a.place().cmp(b.place()));
            let notices = judge.notices.into_iter().map(|notice| Notice::new(file, notice)).collect();
            Ok((Config { server, store, clients }, notices))
        }
        _ => Err(Problems::new(file, judge.problems)),
    }
}

/// What the judges of the single nouns share.
struct Judge<'a> {
    environment: &'a Environment,
    files: &'a dyn Files,
    problems: Vec<Problem>,
    notices: Vec<Problem>,
}

impl Judge<'_> {
    /// Notes what is wrong, and gives nothing, for the place of the value that cannot be.
    fn refuse<T>(&mut self, problem: Problem) -> Option<T> {
        self.problems.push(problem);
        None
    }

    /// Notes that a setting of a table is missing.
    fn missing<T>(&mut self, table: &At<'_>, key: &str) -> Option<T> {
        let hint =
            table.settings.iter().find(|setting| setting.key == key).map_or("", |setting| setting.hint);
        let path = if table.path.is_empty() { key.to_owned() } else { format!("{}.{key}", table.path) };
        let write = hint.replace("{subject}", table.subject).replace("<client>", table.subject);
        self.refuse(Problem::new(table.place.clone(), &path, Finding::Missing { write }))
    }
}

/// A table in which something may be missing.
struct At<'a> {
    settings: &'static [Setting],
    place: &'a Place,
    path: &'a str,
    /// What hints speak of.
    subject: &'a str,
}

impl<'a> At<'a> {
    fn of<T: Table>(place: &'a Place, path: &'a str, subject: &'a str) -> Self {
        Self { settings: T::SETTINGS, place, path, subject }
    }
}
