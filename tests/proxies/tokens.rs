//! Access tokens of the certified npm `oidc-provider`, and the programs and persons that get them.

use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::{self, SystemRandom};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::browser::{Browser, split};
use crate::client_keys;
use crate::http::Request;
use crate::registration::Registration;
use crate::seeds;
use crate::stage::{Stage, root};

/// The API that is guarded, with signed tokens.
pub(crate) const SIGNED_API: &str = "https://api.example.com";
/// The same with opaque ones.
pub(crate) const OPAQUE_API: &str = "https://opaque.example.com";
/// Somebody else's.
pub(crate) const OTHER_API: &str = "https://other.example.com";
/// As the provider is told.
pub(crate) const APIS: [&str; 3] =
    ["https://api.example.com ES256", "https://opaque.example.com opaque", "https://other.example.com"];
/// What clients.yaml says of it.
pub(crate) const API: &str = "    clock_leeway: 0s
    bearer:
      main:
        audiences: [https://api.example.com, https://opaque.example.com]
        introspection: opaque
    rules:
      - { path: /admin/*, scopes: [admin] }
      - { path: /programs/*, bearer: required }
    resource_metadata: { resource: \"ORIGIN/api\" }
";
/// And of tokens that are bound to a certificate.
pub(crate) const CERTIFICATE_HEADER: &str = "    bearer_options: { certificate_header: CERTIFICATE }\n";
/// Seconds that the tokens of the client `hasty` live.
const HASTY: u64 = 1;

/// The clients of the provider that ask for tokens: metadata as in [`crate::registration`].
pub(crate) fn clients(registration: Registration, stage: &Stage) -> Vec<Value> {
    let program = |name: &str| {
        json!({
            "client_id": name,
            "client_secret": secret(name),
            "redirect_uris": [],
            "grant_types": ["client_credentials"],
            "response_types": [],
            "token_endpoint_auth_method": "client_secret_post",
        })
    };
    let mut hasty = program("hasty");
    hasty["access_token_seconds"] = HASTY.into();
    let mut bound = program("bound");
    bound["tls_client_certificate_bound_access_tokens"] = true.into();
    let desktop = json!({
        "client_id": "desktop",
        "token_endpoint_auth_method": "none",
        "redirect_uris": [callback(stage)],
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
    });
    let mut clients = vec![program("reporting"), hasty, desktop];
    // The provider knows that member only where it has a TLS port.
    if registration.has_tls() {
        clients.push(bound);
    }
    clients
}

/// A token that the program `reporting` asks for in its own name (RFC 6749 section 4.4).
pub(crate) fn of_program(stage: &Stage, api: &str, scope: &str) -> String {
    granted(stage, &program("reporting", api, scope), None)
}

/// The same that is over when this returns.
pub(crate) fn expired(stage: &Stage) -> String {
    let token = granted(stage, &program("hasty", SIGNED_API, "read"), None);
    std::thread::sleep(std::time::Duration::from_millis(HASTY * 1000 + 1100));
    token
}

/// One that is bound to the key that signs these proofs (RFC 9449 section 5).
pub(crate) fn bound_to(stage: &Stage, key: &Prover) -> String {
    let proof = key.proof("POST", &format!("{}/token", stage.issuer), None, None);
    granted(stage, &program("reporting", SIGNED_API, "read"), Some(&proof))
}

/// One that is bound to the certificate in that file of tests/keys, whose key is in the other (RFC 8705 section 3).
pub(crate) fn bound_to_certificate(stage: &Stage, certificate: &str, key: &str) -> String {
    let output = curl(stage)
        .args(["--cert", &in_keys(certificate), "--key", &in_keys(key)])
        .args(["--data", &encoded(&program("bound", SIGNED_API, "read"))])
        // Not what is tested: a connection that breaks on a busy machine may be tried again.
        .args(["--retry", "2", "--retry-all-errors"])
        .arg(format!("https://localhost:{}/token", stage.provider_tls_port))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    token_in(&String::from_utf8_lossy(&output.stdout))
}

/// curl, with the authority of tests/keys and without any setting of the person who runs it.
pub(crate) fn curl(stage: &Stage) -> Command {
    let mut command = Command::new(crate::stage::tool("curl"));
    command.args(["--disable", "--noproxy", "*", "--silent", "--show-error", "--max-time", "20"]);
    command.args(["--cacert", &in_keys("ca.pem")]);
    for port in [stage.proxy_port, stage.proxy_tls_port] {
        command.args(["--resolve", &format!("{}:{port}:127.0.0.1", crate::stage::HOST)]);
    }
    command
}

/// Where a file of tests/keys is.
pub(crate) fn in_keys(file: &str) -> String {
    root().join("tests/keys").join(file).display().to_string()
}

/// A token that a person gives to the program on their desk (RFC 6749 section 4.1, RFC 7636).
pub(crate) fn of_person(stage: &Stage, name: &str, scope: &str) -> String {
    let verifier = random();
    let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
    let callback = callback(stage);
    let query = encoded(&[
        ("client_id", "desktop"),
        ("response_type", "code"),
        ("redirect_uri", &callback),
        ("scope", scope),
        ("resource", SIGNED_API),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
        ("state", "abc"),
    ]);
    // There is nothing at the callback: the code is taken out of the address.
    let page = Browser::default().sign_in(&format!("{}/auth?{query}", stage.issuer), name);
    let address = url::Url::parse(&page.address).unwrap();
    let (_, code) = address.query_pairs().find(|(name, _)| name == "code").expect("a code");
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", "desktop"),
        ("code", &*code),
        ("redirect_uri", &callback),
        ("code_verifier", &verifier),
        ("resource", SIGNED_API),
    ];
    granted(stage, &form, None)
}

fn callback(stage: &Stage) -> String {
    format!("{}/nothing-is-here", stage.issuer)
}

fn program<'a>(name: &'a str, api: &'a str, scope: &'a str) -> [(&'a str, &'a str); 5] {
    let secret = match name {
        "hasty" => "seeded-secret-of-hasty-8c21",
        "bound" => "seeded-secret-of-bound-8c21",
        _ => "seeded-secret-of-reporting-8c21",
    };
    [
        ("grant_type", "client_credentials"),
        ("client_id", name),
        ("client_secret", secret),
        ("resource", api),
        ("scope", scope),
    ]
}

fn secret(name: &str) -> String {
    let secret = format!("seeded-secret-of-{name}-8c21");
    seeds::value(&secret);
    secret
}

fn encoded(pairs: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

fn granted(stage: &Stage, form: &[(&str, &str)], proof: Option<&str>) -> String {
    let (authority, _) = split(&stage.issuer);
    let port = authority.rsplit_once(':').unwrap().1.parse().unwrap();
    let request = Request::post("/token", &encoded(form));
    let request = proof.iter().fold(request, |request, proof| request.header("DPoP", proof));
    token_in(&request.send(authority, port).unwrap().body)
}

fn token_in(answer: &str) -> String {
    let answer: Value = serde_json::from_str(answer).unwrap_or_else(|error| panic!("{error}: {answer}"));
    let token = answer["access_token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
    seeds::value(&token);
    // Without it the rest of a JWT is no key to anything, and with it any rest would be.
    seeds::value(token.rsplit('.').next().unwrap());
    token
}

fn random() -> String {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).unwrap();
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Whoever holds a key and proves it (RFC 9449 section 4.2).
pub(crate) struct Prover {
    key: EcdsaKeyPair,
    jwk: Value,
}

impl Prover {
    pub(crate) fn new() -> Self {
        let (pkcs8, jwk) = client_keys::ec_key();
        Self { key: EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8).unwrap(), jwk }
    }

    /// A proof for one request to that address, with that token.
    pub(crate) fn proof(
        &self,
        method: &str,
        address: &str,
        token: Option<&str>,
        nonce: Option<&str>,
    ) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let mut claims = json!({ "jti": random(), "htm": method, "htu": address, "iat": now });
        if let Some(token) = token {
            claims["ath"] = URL_SAFE_NO_PAD.encode(digest(&SHA256, token.as_bytes())).into();
        }
        if let Some(nonce) = nonce {
            claims["nonce"] = nonce.into();
        }
        let header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk });
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let signature = self.key.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
    }
}
