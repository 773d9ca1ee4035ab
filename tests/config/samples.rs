//! The configurations that we ship load, and each of their tables refuses a key that is no setting.

use std::fs;
use std::path::{Path, PathBuf};

use vestibule::config::check;
use vestibule::config::source::{Contents, Environment, FileFault, Files};

/// Every file that a sample names, with something secret in it.
struct Anything;

impl Files for Anything {
    fn read(&self, _: &Path) -> Result<Contents, FileFault> {
        Ok(Contents { bytes: b"a secret for tests: 0123456789abcdef".to_vec().into(), open_to_all: false })
    }
}

#[test]
fn every_sample_loads() {
    for path in samples() {
        let text = fs::read_to_string(&path).unwrap();
        if let Err(problems) = check(&path.display().to_string(), &text, &environment(&text), &Anything) {
            panic!("{problems}");
        }
    }
}

#[test]
fn an_unknown_key_in_any_table_of_a_sample_is_refused_at_its_line() {
    for path in samples() {
        let text = fs::read_to_string(&path).unwrap();
        let spoilt = spoilt(&text);
        assert!(spoilt.len() >= 3, "{} has hardly a table", path.display());
        for (line, spoilt) in spoilt {
            let problems = check("clients.yaml", &spoilt, &environment(&text), &Anything).unwrap_err();
            let lines: Vec<_> = problems.iter().map(|problem| problem.line()).collect();
            assert!(lines.contains(&Some(line)), "{} line {line}: {problems}\n{spoilt}", path.display());
        }
    }
}

/// What examples/quickstart/run sets where a port is taken.
#[test]
fn the_quickstart_can_move_to_other_ports() {
    let text = include_str!("../../clients.yaml");
    let environment: Environment = [
        ("VESTIBULE_SERVER_LISTEN", "127.0.0.1:18470"),
        ("VESTIBULE_SERVER_ADMIN_LISTEN", "127.0.0.1:18471"),
        ("VESTIBULE_CLIENTS_QUICKSTART_ISSUER", "http://localhost:18490"),
        ("VESTIBULE_CLIENTS_QUICKSTART_HOSTS", "app.localhost:18480"),
        ("VESTIBULE_CLIENTS_QUICKSTART_REDIRECT_URI", "http://app.localhost:18480/oidc/quickstart/callback"),
    ]
    .into_iter()
    .collect();
    let (config, notices) = check("clients.yaml", text, &environment, &Anything).unwrap();
    assert!(notices.is_empty());
    assert_eq!(config.clients[0].home.as_str(), "http://app.localhost:18480/");
}

/// The text once for each place where a table can have one more key, with the line of that key. The key has a table for a
/// value, so that it is wrong also where the keys are the user's own.
fn spoilt(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let lines: Vec<&str> = text.lines().collect();
    for (index, line) in lines.iter().enumerate() {
        let code = line.split(" #").next().unwrap_or_default();
        let key = code.trim_start();
        let indent = &code[..code.len() - key.len()];
        if key.starts_with(|c: char| c.is_ascii_alphabetic()) && key.contains(':') {
            let mut more = lines.clone();
            let inserted = format!("{indent}no_such_setting: {{ nor_this: 1 }}");
            more.insert(index, &inserted);
            found.push((index + 1, more.join("\n")));
        }
        if !key.starts_with('#') {
            for (brace, _) in code.match_indices('{') {
                let mut more: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
                more[index].insert_str(brace + 1, " no_such_setting: { nor_this: 1 }, ");
                found.push((index + 1, more.join("\n")));
            }
        }
    }
    found
}

/// What a sample expects around it: its secrets, and an origin where it has none itself.
fn environment(text: &str) -> Environment {
    let mut variables = vec![];
    for line in text.lines() {
        if let Some((_, name)) = line.split_once("client_secret_env:") {
            let name = name.split('#').next().unwrap_or_default().trim().trim_matches(['"', ' ', '}']);
            variables.push((name.to_owned(), "a secret for tests"));
        }
    }
    if !text.contains("redirect_uri:") {
        variables.push(("AUTH_DOMAIN".to_owned(), "https://auth.example.com"));
    }
    variables.into_iter().collect()
}

/// clients.yaml at the root, and every one under examples/ and deploy/.
fn samples() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = vec![root.join("clients.yaml")];
    let mut folders: Vec<PathBuf> = ["examples", "deploy"].iter().map(|folder| root.join(folder)).collect();
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && name != "node_modules" && name != "target" {
                folders.push(path);
            } else if name.starts_with("clients") && name.ends_with(".yaml") {
                found.push(path);
            }
        }
    }
    found
}
