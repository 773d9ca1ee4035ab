//! What the fuzz targets share: one configuration, a provider whose keys are ours, and the relations that hold everywhere.
//!
//! A target states what must be true of whatever comes out, not only that nothing breaks; where it can, it reads the input a
//! second time, with another library, and compares. Nothing here knows a secret: every key is a constant, so that a finding
//! can be repeated.

pub mod identity;
pub mod provider;

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use http::Response;
use url::Url;
use vestibule::config::host::Authority;
use vestibule::config::source::{Contents, Environment, FileFault, Files};
use vestibule::config::{Client, Config, check};
use vestibule::gate::refusal::{Kind, Refusal};

/// Four clients: one over https with a port and a wildcard, one over http on this machine, a neighbour, and one whose login
/// addresses may ask for something.
pub fn config() -> &'static Config {
    static CONFIG: OnceLock<Config> = OnceLock::new();
    CONFIG.get_or_init(|| match check("clients.yaml", CLIENTS_YAML, &Environment::default(), &NoFiles) {
        Ok((config, _)) => config,
        Err(problems) => panic!("{problems}"),
    })
}

/// The client of that name, which exists.
pub fn client(name: &str) -> &'static Arc<Client> {
    config().client(name).expect("CLIENTS_YAML has it")
}

/// An answer of a provider.
pub fn answer(status: u16, content_type: &str, body: &[u8]) -> Response<Bytes> {
    let mut answer = Response::new(Bytes::copy_from_slice(body));
    *answer.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
    if let Ok(value) = http::HeaderValue::from_bytes(content_type.as_bytes()) {
        answer.headers_mut().insert(http::header::CONTENT_TYPE, value);
    }
    answer
}

/// The first line and what follows it, both as bytes.
pub fn first_line(data: &[u8]) -> (&[u8], &[u8]) {
    let end = data.iter().position(|byte| *byte == b'\n');
    end.map_or((data, &[]), |end| (&data[..end], &data[end + 1..]))
}

/// A refusal says to the public what its row says, and to the log one line.
pub fn check_refusal(refusal: &Refusal) {
    // A `&'static str` cannot hold anything of a request.
    let sentence: &'static str = refusal.sentence();
    assert!(Kind::ALL.iter().any(|kind| kind.sentence() == sentence && kind.code() == refusal.code()));
    assert!(refusal.status().is_client_error() || refusal.status().is_server_error());
    check_log_text(&refusal.to_string());
    check_log_text(&refusal.remedy());
}

/// Text for a log line cannot end it, colour it or flood it.
pub fn check_log_text(text: &str) {
    assert!(!text.chars().any(char::is_control), "a control character in a log line: {text:?}");
    assert!(text.len() < 16 * 1024, "a log line of {} bytes", text.len());
}

/// An address to return to: one that browsers read as we did, on a host that the client guards.
pub fn check_address(text: &str, client: &Client) {
    assert!(text.len() <= vestibule::gate::return_to::MAX_RETURN_TO);
    assert!(text.bytes().all(|byte| byte.is_ascii_graphic()), "not visible ASCII: {text:?}");
    let url = Url::parse(text).expect("an accepted address can be read");
    assert_eq!(url.as_str(), text, "browsers would rewrite it");
    assert_eq!(url.scheme(), client.scheme.as_str());
    assert!(url.username().is_empty() && url.password().is_none());
    assert!(url.path() != "/oidc" && !url.path().starts_with("/oidc/"), "our own page: {text}");
    let host = url.host_str().expect("http and https have a host");
    let authority = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let authority = Authority::parse(&authority).expect("a guarded host is one that we can read");
    assert!(client.guards(&authority, client.scheme), "not guarded: {text}");
}

struct NoFiles;

impl Files for NoFiles {
    fn read(&self, _: &std::path::Path) -> Result<Contents, FileFault> {
        Err(FileFault::Missing)
    }
}

/// The issuer of every client.
pub const ISSUER: &str = "https://id.example.com/realms/a";

const CLIENTS_YAML: &str = r#"
clients:
  app:
    issuer: https://id.example.com/realms/a
    client_id: vestibule-app
    client_secret: a-secret-of-the-fuzz-targets
    redirect_uri: https://app.example.com/oidc/app/callback
    hosts: [app.example.com, "app.example.com:8443", "*.apps.example.com"]
    cookie: { domain: example.com }
    extra_claim_headers:
      email: X-User-Email
      groups: X-User-Groups
      realm_access.roles: X-User-Roles
      "https://x.example/flags": X-User-Flags
    session_expires_header: X-Auth-Session-Expires
    access_token_header: Authorization
    id_token_header: X-Auth-ID-Token
    strip_cookie: true
  local:
    issuer: https://id.example.com/realms/a
    client_id: vestibule-local
    redirect_uri: http://app.localhost:8480/oidc/local/callback
    hosts: [app.localhost:8480]
  next:
    issuer: https://id.example.com/realms/a
    client_id: vestibule-next
    redirect_uri: https://next.example.com/oidc/next/callback
    hosts: [next.example.com]
  asking:
    issuer: https://id.example.com/realms/a
    client_id: vestibule-asking
    redirect_uri: https://asking.example.com/oidc/asking/callback
    hosts: [asking.example.com]
    initiate_login: true
    authorization:
      prompt: [consent]
      parameters: { audience: api }
      from_login_url: [login_hint, ui_locales, acr_values, max_age, kc_idp_hint]
server:
  trusted_proxies: [10.0.0.0/8, 127.0.0.0/8, "::1"]
"#;
