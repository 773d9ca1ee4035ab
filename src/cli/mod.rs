//! The command line.

mod cases;
mod check;
mod explain;
mod health;
mod import;
mod keygen;
mod pages;
mod register;
mod serve;
mod snippet;
mod supposed;
mod target;

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
        Ok(Command::Register(wanted)) => finish(register::run(&wanted)),
        Ok(Command::Import(wanted)) => finish(import::run(&wanted)),
        Ok(Command::Explain(wanted)) => finish(explain::run(&wanted)),
        Ok(Command::Test(wanted)) => finish(cases::run(&wanted)),
        Ok(Command::Keygen(file)) => finish(keygen::run(&file)),
        Ok(Command::Snippet(wanted)) => finish(snippet::run(&wanted)),
        Ok(Command::Pages(folder)) => finish(pages::run(&folder)),
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
    Register(register::Wanted),
    Import(import::Wanted),
    Explain(explain::Wanted),
    Test(cases::Wanted),
    Keygen(PathBuf),
    Snippet(snippet::Wanted),
    Pages(PathBuf),
    Help,
    Version,
}

fn parse(mut parser: lexopt::Parser) -> Result<Command, String> {
    let mut words = Vec::new();
    let mut options = Options::default();
    while let Some(argument) = parser.next().map_err(|error| error.to_string())? {
        let known = match &argument {
            Long(name) => OPTIONS.iter().find(|(known, _, _)| known == name),
            Short(_) | Value(_) => None,
        };
        match (argument, known) {
            (Short('h') | Long("help"), _) => return Ok(Command::Help),
            (Short('V') | Long("version"), _) => return Ok(Command::Version),
            (Value(word), _) => words.push(word),
            (_, Some((name, Takes::Nothing, of))) => options.put(name, of, OsString::new())?,
            (_, Some((name, Takes::Value, of))) => {
                let value = parser.value().map_err(|error| error.to_string())?;
                options.put(name, of, value)?;
            }
            (_, Some((name, Takes::Values, of))) => {
                let value = parser.value().map_err(|error| error.to_string())?;
                options.add(name, of, value);
            }
            (other, None) => return Err(format!("there is no option {:?}.", other_name(&other))),
        }
    }
    let mut words = words.into_iter();
    let command = match words.next() {
        None => "serve".to_owned(),
        Some(word) => word.string().map_err(|error| error.to_string())?,
    };
    options.are_for(&command)?;
    let parsed = match command.as_str() {
        "register" => Command::Register(register::Wanted {
            issuer: text(words.next(), "ISSUER")?,
            origin: text(words.next(), "ORIGIN")?,
            name: options.text("name")?,
            scopes: options.text("scopes")?,
            frontchannel_logout: options.take("frontchannel-logout").is_some(),
            initiate_login: options.take("initiate-login").is_some(),
            token_file: options.take("initial-access-token-file").map(PathBuf::from),
            write: options.take("write").map(PathBuf::from),
        }),
        "import" => Command::Import(import::Wanted {
            file: words.next().map(PathBuf::from).ok_or("import needs a FILE: client_secrets.json")?,
            origin: options.text("origin")?,
            name: options.text("name")?,
            write: options.take("write").map(PathBuf::from),
        }),
        "explain" => Command::Explain(explain::Wanted {
            url: words
                .next()
                .ok_or("explain needs a URL: https://app.example.com/admin")?
                .string()
                .map_err(|error| error.to_string())?,
            config: file(options.take("config")),
            method: options.text("method")?,
            client: options.text("client")?,
            claims: options.take("claims").map(PathBuf::from),
            claim: options.texts("claim")?,
            from: options.text("from")?,
            header: options.texts("header")?,
            program: options.take("program").is_some(),
        }),
        "test" => Command::Test(cases::Wanted {
            cases: words.next().map(PathBuf::from).ok_or("test needs a file with cases: rules.yaml")?,
            config: file(options.take("config")),
        }),
        "snippet" => Command::Snippet(snippet::Wanted {
            proxy: words
                .next()
                .ok_or("snippet needs a PROXY: traefik, nginx, caddy or envoy")?
                .string()
                .map_err(|error| error.to_string())?,
            config: file(options.take("config")),
            client: options.text("client")?,
        }),
        "keygen" => Command::Keygen(
            words
                .next()
                .map(PathBuf::from)
                .ok_or("keygen needs a FILE that is not there yet: session.key")?,
        ),
        "pages" => Command::Pages(words.next().map(PathBuf::from).ok_or("pages needs a FOLDER.")?),
        "help" => Command::Help,
        "version" => Command::Version,
        "serve" => Command::Serve(file(words.next())),
        "check" => Command::Check(file(words.next())),
        "health" => Command::Health(file(words.next())),
        file if file.ends_with(".yaml") || file.ends_with(".yml") => {
            return Err(format!("there is no command {file:?}. For that file: vestibule serve {file}"));
        }
        _ => {
            let commands = "serve, check, health, explain, test, snippet, keygen, register, import and pages";
            return Err(format!("there is no command {command:?}. The commands are {commands}."));
        }
    };
    match (words.next(), &parsed) {
        (None, _) => Ok(parsed),
        (Some(extra), Command::Register(_)) => {
            Err(format!("{extra:?} is one word too many; register takes ISSUER and ORIGIN."))
        }
        (Some(extra), _) => Err(format!("{extra:?} is one word too many; a command takes one file.")),
    }
}

/// What options there are, whether a value follows, and of which commands.
const OPTIONS: &[(&str, Takes, &[&str])] = &[
    ("name", Takes::Value, &["register", "import"]),
    ("write", Takes::Value, &["register", "import"]),
    ("origin", Takes::Value, &["import"]),
    ("scopes", Takes::Value, &["register"]),
    ("frontchannel-logout", Takes::Nothing, &["register"]),
    ("initiate-login", Takes::Nothing, &["register"]),
    ("initial-access-token-file", Takes::Value, &["register"]),
    ("config", Takes::Value, &["explain", "test", "snippet"]),
    ("method", Takes::Value, &["explain"]),
    ("client", Takes::Value, &["explain", "snippet"]),
    ("claims", Takes::Value, &["explain"]),
    ("claim", Takes::Values, &["explain"]),
    ("from", Takes::Value, &["explain"]),
    ("header", Takes::Values, &["explain"]),
    ("program", Takes::Nothing, &["explain"]),
];

#[derive(Clone, Copy)]
enum Takes {
    Nothing,
    Value,
    /// It may be there more than once.
    Values,
}

/// The options of a command line.
#[derive(Default)]
struct Options(Vec<(&'static str, &'static [&'static str], OsString)>);

impl Options {
    fn put(
        &mut self,
        name: &'static str,
        of: &'static [&'static str],
        value: OsString,
    ) -> Result<(), String> {
        if self.0.iter().any(|(known, _, _)| *known == name) {
            return Err(format!("--{name} is given twice."));
        }
        self.0.push((name, of, value));
        Ok(())
    }

    fn add(&mut self, name: &'static str, of: &'static [&'static str], value: OsString) {
        self.0.push((name, of, value));
    }

    fn are_for(&self, command: &str) -> Result<(), String> {
        match self.0.iter().find(|(_, of, _)| !of.contains(&command)) {
            Some((name, of, _)) => {
                Err(format!("--{name} is an option of {}, not of {command}.", of.join(" and ")))
            }
            None => Ok(()),
        }
    }

    fn take(&mut self, name: &str) -> Option<OsString> {
        let at = self.0.iter().position(|(known, _, _)| *known == name)?;
        Some(self.0.swap_remove(at).2)
    }

    /// In the order of the command line.
    fn texts(&mut self, name: &str) -> Result<Vec<String>, String> {
        let all = std::mem::take(&mut self.0);
        let (found, others) = all.into_iter().partition(|(known, _, _)| *known == name);
        self.0 = others;
        let found: Vec<_> = found;
        found.into_iter().map(|(_, _, value)| value.string().map_err(|error| error.to_string())).collect()
    }

    fn text(&mut self, name: &str) -> Result<Option<String>, String> {
        self.take(name).map(|value| value.string().map_err(|error| error.to_string())).transpose()
    }
}

fn file(word: Option<OsString>) -> PathBuf {
    word.map_or_else(|| PathBuf::from(DEFAULT_FILE), PathBuf::from)
}

fn text(word: Option<OsString>, what: &str) -> Result<String, String> {
    let word = word.ok_or_else(|| format!("register needs ISSUER and ORIGIN; there is no {what}."))?;
    word.string().map_err(|error| error.to_string())
}

/// Why a command ended without what it was to do.
#[derive(Debug)]
struct Failure {
    code: u8,
    why: String,
}

impl Failure {
    /// Something failed that may go well another time, or that is not ours.
    fn at_run_time(why: impl Display) -> Self {
        Self { code: 1, why: why.to_string() }
    }

    fn of_usage(why: impl Display) -> Self {
        Self { code: EXIT_USAGE, why: why.to_string() }
    }

    fn of_configuration(why: impl Display) -> Self {
        Self { code: EXIT_CONFIG, why: why.to_string() }
    }
}

fn finish(outcome: Result<(), Failure>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure { code, why }) => {
            complain(&format_args!("vestibule: {}", why.replace('\n', "\n    ")));
            ExitCode::from(code)
        }
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
    vestibule register ISSUER ORIGIN [OPTIONS]
                               registers a client at a provider that takes registrations (RFC 7591);
                               ORIGIN is where browsers reach vestibule: https://app.example.com
    vestibule import FILE [OPTIONS]
                               takes the client of a client_secrets.json of Flask-OIDC or Google
    vestibule explain URL [OPTIONS]
                               says what would become of a request, by which rule, and why
    vestibule test CASES       holds the configuration against a table of requests and what is to become of them
    vestibule snippet PROXY    prints what the configuration of traefik, nginx, caddy or envoy must say about the headers
                               that clients.yaml names
    vestibule keygen FILE      makes a key for server.key_files
    vestibule pages FOLDER     writes the templates of the built-in pages into a folder, for server.pages_folder
    vestibule version

FILE of serve, check and health is clients.yaml in the working directory if it is left out.

register and import print the entry for clients.yaml, its secret included. Options:
    --write FILE     add the entry to that clients.yaml, and put the secret into a file of its own beside it
    --name NAME      the name of the client; the first part of the host if it is left out
register:
    --scopes \"SCOPES\"     what to ask for; openid profile email, and offline_access where the provider has it
    --frontchannel-logout   take front-channel logouts, and register their address
    --initiate-login        take logins that the provider starts, and register their address
    --initial-access-token-file FILE
                            the token, where the provider wants one; or in the variable INITIAL_ACCESS_TOKEN
import:
    --origin ORIGIN  where browsers reach vestibule, if the file has none or more than one

explain:
    --method METHOD   the method, if it is not GET
    --client NAME     the client at which somebody is signed in, where people may choose; the first if it is left out
    --claims FILE     the claims of whoever is signed in, as a JSON object; nobody is if neither this nor the next is there
    --claim NAME=VALUE      one of them, as JSON or as text; any number of times
    --from ADDRESS    where the client is, for rules with networks
    --header 'NAME: VALUE'  a header of the request; any number of times
    --program         the request is by a program, not by a person who opens a page
snippet:
    --client NAME     of one client; of all of them if it is left out
explain, test and snippet:
    --config FILE     the configuration, if it is not clients.yaml in the working directory

Exit codes: 0 good, 1 failed at run time, 64 command line, 78 configuration.
Every setting: docs/configuration.md
";
