//! docs/configuration.md says what the program does.

use std::fs;
use std::path::Path;

use vestibule::config::preset::Preset;
use vestibule::config::reference;

use super::Case;

/// `UPDATE_DOCS=1` writes the tables anew.
#[test]
fn the_settings_in_the_documentation_are_those_of_the_program() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md");
    let page = fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (written, after) = rest.split_once(END).unwrap();
    let needed = format!("\n{}\n", reference());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, format!("{before}{BEGIN}{needed}{END}{after}")).unwrap();
    } else {
        assert!(
            written == needed,
            "docs/configuration.md differs from src/config/file.rs: run with UPDATE_DOCS=1"
        );
    }
}

#[test]
fn the_examples_in_the_documentation_load() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md");
    let page = fs::read_to_string(&path).unwrap();
    let vectors: serde_json::Value =
        serde_json::from_str(include_str!("../protocol/vectors/jwcrypto.json")).unwrap();
    let decryption_key = vectors["keys"]["rsa"]["pkcs8"].as_str().unwrap().to_owned();
    let mut count = 0;
    for block in page.split("```yaml\n").skip(1) {
        let text = block.split("```").next().unwrap();
        let mut case = Case::new(text).with("MY_APP_SECRET", "a secret for tests");
        case.files.0.insert("decryption.pem".into(), (decryption_key.clone().into_bytes(), false));
        case.accepted();
        count += 1;
    }
    assert!(count >= 2);
}

/// And what stands there works at the provider, as far as is known: there is nothing to notice.
#[test]
fn the_examples_of_providers_load_without_a_notice() {
    let page = include_str!("../../docs/providers.md");
    let mut count = 0;
    for block in page.split("```yaml\n").skip(1) {
        let text = block.split("```").next().unwrap();
        let (config, notices) = Case::new(text).with("MY_APP_SECRET", "a secret for tests").accepted();
        assert_eq!(notices, [""; 0], "{text}");
        let preset = config.clients[0].preset.unwrap().name();
        assert!(page.contains(&format!("| `{preset}` | `")), "{preset} is not in the table");
        count += 1;
    }
    assert_eq!(count, Preset::ALL.len());
}

/// And nothing about them is noticed either.
#[test]
fn the_examples_of_access_tokens_load_without_a_notice() {
    let page = include_str!("../../docs/bearer.md");
    let keys =
        br#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
    let mut count = 0;
    for block in page.split("```yaml\n").skip(1) {
        let text = block.split("```").next().unwrap();
        let mut case = Case::new(text).with("MY_APP_SECRET", "a secret for tests");
        let folder = "/var/run/secrets/kubernetes.io/serviceaccount";
        let authority = include_bytes!("../keys/ca.pem").to_vec();
        case.files.0.insert(format!("{folder}/ca.crt").into(), (authority, false));
        case.files.0.insert(format!("{folder}/token").into(), (b"a.b.c".to_vec(), false));
        case.files.0.insert("cluster-keys.json".into(), (keys.to_vec(), false));
        let (config, notices) = case.accepted();
        assert_eq!(notices, [""; 0], "{text}");
        assert!(config.clients[0].bearer.is_some(), "{text}");
        count += 1;
    }
    assert!(count >= 10, "{count}");
}

#[test]
fn the_examples_of_headers_load_without_a_notice() {
    let page = include_str!("../../docs/headers.md");
    let mut count = 0;
    for block in page.split("```yaml\n").skip(1) {
        let text = block.split("```").next().unwrap();
        // What is set in is of a client.
        let text = if text.starts_with("    ") { format!("{CLIENT}{text}") } else { text.to_owned() };
        let mut case = Case::new(&text).with("MY_APP_SECRET", "a secret for tests");
        case.files.0.insert("assertion.pem".into(), (KEY.as_bytes().to_vec(), false));
        assert_eq!(case.accepted().1, [""; 0], "{text}");
        count += 1;
    }
    assert!(count >= 3, "{count}");
}

/// A key on P-256.
const KEY: &str = include_str!("../keys/p256_pkcs8.pem");

/// Writing what holds where a setting is left out changes nothing.
#[test]
fn the_defaults_in_the_documentation_are_those_of_the_program() {
    let reference = reference();
    let mut count = 0;
    for section in reference.split("\n### `").skip(1) {
        let (table, rows) = section.split_once("`\n").unwrap();
        for row in rows.lines() {
            let cells: Vec<&str> = row.split(" | ").collect();
            let [key, _, default, _] = cells.as_slice() else { continue };
            let key = key.trim_start_matches("| ").trim_matches('`');
            let Some(default) = default.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')) else {
                continue;
            };
            if default.contains(['`', '<']) {
                continue;
            }
            let setting = format!("{key}: {default}");
            // What means nothing by itself stands beside what gives it a meaning.
            let beside = |setting: &str| match table.split('.').collect::<Vec<_>>().as_slice() {
                ["clients", _] => format!("{CLIENT}    {setting}\n"),
                ["clients", _, "rules"] => format!("{CLIENT}    rules: [{{ path: /x, {setting} }}]\n"),
                ["clients", _, "bearer_options"] => {
                    let dpop = if key == "dpop" { "" } else { "dpop: accepted, " };
                    format!("{CLIENT}{BEARER} }} }}\n    bearer_options: {{ {dpop}{setting} }}\n")
                }
                ["clients", _, "bearer", _] if key == "introspection" => {
                    format!("{CLIENT}{BEARER}, {setting} }} }}\n")
                }
                ["clients", _, "bearer", _] => format!("{CLIENT}{BEARER}, {ASKED}, {setting} }} }}\n"),
                ["clients", _, "headers", _] => {
                    format!("{CLIENT}    headers: {{ X-A: {{ claim: a, max_items: 9, {setting} }} }}\n")
                }
                ["clients", _, "assertion"] => {
                    format!("{CLIENT}    assertion: {{ key_file: assertion.pem, {setting} }}\n")
                }
                ["clients", _, inner] => format!("{CLIENT}    {inner}: {{ {setting} }}\n"),
                [outer, inner] => format!("{CLIENT}{outer}: {{ {inner}: {{ {setting} }} }}\n"),
                [outer] => format!("{CLIENT}{outer}: {{ {setting} }}\n"),
                _ => panic!("{table}"),
            };
            let loaded = |setting: &str| {
                let mut case = Case::new(&beside(setting));
                case.files.0.insert("assertion.pem".into(), (KEY.as_bytes().to_vec(), false));
                format!("{:?}", case.accepted().0)
            };
            assert_eq!(loaded(&setting), loaded(""), "{table}: {setting}");
            count += 1;
        }
    }
    assert!(count >= 15, "{count}");
}

/// Each row of the table names a constant, and says what the source says.
#[test]
fn the_limits_in_the_documentation_are_those_of_the_program() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/configuration.md")).unwrap();
    let (_, table) = page.split_once("## Limits and deadlines\n").unwrap();
    let rows = table.split("\n## ").next().unwrap().lines().filter(|line| line.ends_with("` |"));
    let mut count = 0;
    for row in rows {
        let cells: Vec<&str> = row.trim_matches(['|', ' ']).split(" | ").collect();
        let [_, limit, _, place] = cells.as_slice() else { panic!("{row}") };
        let (file, name) = place.trim_matches('`').split_once("` `").unwrap();
        let source = fs::read_to_string(root.join("src").join(file)).unwrap();
        let (_, rest) = source.split_once(&format!("const {name}: ")).unwrap_or_else(|| panic!("{row}"));
        let (_, rest) = rest.split_once(" = ").unwrap();
        assert_eq!(number(limit), product(rest.split(';').next().unwrap()), "{row}");
        count += 1;
    }
    assert!(count >= 35, "{count}");
}

/// `32 KiB`, `10 min`, `1,000,000`: in bytes, seconds or as it is.
fn number(text: &str) -> u64 {
    let (digits, unit) = text.split_once(' ').unwrap_or((text, ""));
    let factor = match unit {
        "" | "bytes" | "s" => 1,
        "KiB" => 1024,
        "MiB" => 1024 * 1024,
        "min" => 60,
        "h" => 60 * 60,
        _ => panic!("{text}"),
    };
    digits.replace(',', "").parse::<u64>().unwrap() * factor
}

/// `32 * 1024`, `Duration::from_secs(5)`.
fn product(expression: &str) -> u64 {
    let inner = expression.rsplit("from_secs(").next().unwrap().trim_end_matches(')');
    inner.split(" * ").map(|factor| factor.replace('_', "").parse::<u64>().unwrap()).product()
}

const CLIENT: &str = "clients:
  app:
    issuer: https://id.example.com
    client_id: app
    redirect_uri: https://app.example.com/oidc/app/callback
    hosts: app.example.com
";
const BEARER: &str =
    "    bearer: { main: { issuer: https://tokens.example.com, audiences: [https://api.example.com]";
const ASKED: &str =
    "introspection: opaque, introspection_client: { client_id: api, client_secret: 0123456789abcdef }";
const BEGIN: &str = "<!-- settings: written by tests/config from src/config/file.rs -->";
const END: &str = "<!-- end of settings -->";
