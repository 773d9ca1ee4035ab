//! How the client is registered, at the development provider and in clients.yaml.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::process::free_port;
use crate::stage::{CLIENT_SECRET, Stage, root};

/// One way to be registered. Where nothing else is said the secret goes into the header `Authorization`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Registration {
    SecretBasic,
    SecretPost,
    SecretJwt,
    PrivateKeyJwt,
    SelfSignedTls,
    Public,
    FormPost,
    /// The provider takes nothing but pushed requests, and says so in its discovery document.
    Pushed,
    /// The person must have signed in at the provider within that time.
    MaxAge(&'static str),
    /// ID tokens signed by that algorithm.
    SignedBy(&'static str),
    /// ID tokens encrypted by that `alg` and `enc`.
    Encrypted(&'static str, &'static str),
    /// Userinfo signed by that algorithm.
    SignedUserinfo(&'static str),
    /// Userinfo signed by RS256 and encrypted by that `alg` and A256GCM.
    EncryptedUserinfo(&'static str),
    /// The provider tells vestibule about logouts.
    BackchannelLogout,
}

impl Registration {
    /// The client's lines in clients.yaml.
    pub(crate) fn client_yaml(self) -> String {
        let tls = root().join("tests/proxies/tls");
        let own = match self {
            Self::SecretBasic | Self::Public | Self::Pushed | Self::BackchannelLogout => String::new(),
            Self::SecretPost | Self::SecretJwt => {
                format!("    token_endpoint_auth_method: {}\n", self.method())
            }
            Self::PrivateKeyJwt => {
                format!(
                    "    token_endpoint_auth_method: {}\n    client_key_file: client.pem\n",
                    self.method()
                )
            }
            Self::SelfSignedTls => format!(
                "    token_endpoint_auth_method: {}
    client_certificate_file: {tls}/client.pem
    client_certificate_key_file: {tls}/client.key\n",
                self.method(),
                tls = tls.display(),
            ),
            Self::FormPost => "    response_mode: form_post\n".to_owned(),
            Self::MaxAge(time) => format!("    authorization: {{ max_age: {time} }}\n"),
            Self::SignedBy(algorithm) => format!("    id_token_signed_response_alg: {algorithm}\n"),
            Self::Encrypted(alg, enc) => format!(
                "    id_token_encrypted_response_alg: {alg}
    id_token_encrypted_response_enc: {enc}
    decryption_key_files: [decryption.pem]\n"
            ),
            Self::SignedUserinfo(algorithm) => format!("    userinfo_signed_response_alg: {algorithm}\n"),
            Self::EncryptedUserinfo(alg) => format!(
                "    userinfo_signed_response_alg: RS256
    userinfo_encrypted_response_alg: {alg}
    userinfo_encrypted_response_enc: A256GCM
    decryption_key_files: [decryption.pem]\n"
            ),
        };
        let secret =
            if self.has_secret() { format!("    client_secret: {CLIENT_SECRET}\n") } else { String::new() };
        format!(
            "    client_id: quickstart
    scopes: openid profile email groups offline_access
    extra_claim_headers:
      email: X-User-Email
      name: X-User-Name
      preferred_username: X-User-Preferred-Username
      groups: X-User-Groups
{secret}{own}"
        )
    }

    /// Writes the files that the client's lines name, and returns its metadata (OpenID Connect Dynamic Client Registration 1.0
    /// section 2), in the list that the provider takes.
    pub(crate) fn metadata(self, stage: &Stage) -> Value {
        let own = format!("http://127.0.0.1:{}/oidc/quickstart", stage.vestibule_port);
        let mut client = json!({
            "client_id": "quickstart",
            "redirect_uris": [stage.own("callback")],
            "post_logout_redirect_uris": [stage.own("signed-out")],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": self.method(),
            "require_pkce": true,
        });
        if self.has_secret() {
            client["client_secret"] = CLIENT_SECRET.into();
        }
        match self {
            Self::SecretBasic
            | Self::SecretPost
            | Self::SecretJwt
            | Self::Public
            | Self::FormPost
            | Self::Pushed
            | Self::MaxAge(_) => {}
            Self::PrivateKeyJwt => {
                write_key(stage, "client.pem", &ec_key().0);
                // Read where everybody reads it, so that the page and the `kid` are tried too.
                client["jwks_uri"] = format!("{own}/jwks.json").into();
            }
            Self::SelfSignedTls => client["jwks"] = json!({ "keys": [certificate_key()] }),
            Self::SignedBy(algorithm) => client["id_token_signed_response_alg"] = algorithm.into(),
            Self::Encrypted(alg, enc) => {
                client["id_token_encrypted_response_alg"] = alg.into();
                client["id_token_encrypted_response_enc"] = enc.into();
                client["jwks"] = decryption_key(stage, alg);
            }
            Self::EncryptedUserinfo(alg) => {
                client["userinfo_signed_response_alg"] = "RS256".into();
                client["userinfo_encrypted_response_alg"] = alg.into();
                client["userinfo_encrypted_response_enc"] = "A256GCM".into();
                client["jwks"] = decryption_key(stage, alg);
            }
            Self::SignedUserinfo(algorithm) => client["userinfo_signed_response_alg"] = algorithm.into(),
            Self::BackchannelLogout => {
                client["backchannel_logout_uri"] = format!("{own}/backchannel-logout").into();
                client["backchannel_logout_session_required"] = true.into();
            }
        }
        json!([client])
    }

    /// What the provider is started with for it.
    pub(crate) fn provider_arguments(self) -> Vec<String> {
        let tls = root().join("tests/proxies/tls");
        match self {
            Self::Pushed => vec!["--require-pushed".to_owned()],
            // Userinfo is not encrypted: what is to be seen comes from the ID token.
            Self::Encrypted(..) => vec!["--id-token-claims".to_owned()],
            Self::SelfSignedTls => vec![
                format!("--tls-port={}", free_port()),
                format!("--tls-certificate={}", tls.join("server.pem").display()),
                format!("--tls-key={}", tls.join("server.key").display()),
            ],
            _ => Vec::new(),
        }
    }

    const fn method(self) -> &'static str {
        match self {
            Self::Public => "none",
            Self::SecretPost => "client_secret_post",
            Self::SecretJwt => "client_secret_jwt",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::SelfSignedTls => "self_signed_tls_client_auth",
            _ => "client_secret_basic",
        }
    }

    const fn has_secret(self) -> bool {
        !matches!(self, Self::Public | Self::PrivateKeyJwt | Self::SelfSignedTls)
    }
}

/// A new key on P-256 as PKCS#8, and its public half as a JWK.
fn ec_key() -> (Vec<u8>, Value) {
    let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    (key.to_pkcs8v1().unwrap().as_ref().to_vec(), ec_jwk(&key))
}

fn ec_jwk(key: &EcdsaKeyPair) -> Value {
    // Uncompressed (SEC 1 section 2.3.3): a byte that says so, and two coordinates of 32 bytes.
    let (x, y) = key.public_key().as_ref()[1..].split_at(32);
    json!({ "kty": "EC", "crv": "P-256", "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y) })
}

/// A new RSA key as PKCS#8, and its public half as a JWK.
fn rsa_key() -> (Vec<u8>, Value) {
    let key = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let public = key.public_key();
    let jwk = json!({
        "kty": "RSA",
        "n": URL_SAFE_NO_PAD.encode(public.modulus().big_endian_without_leading_zero()),
        "e": URL_SAFE_NO_PAD.encode(public.exponent().big_endian_without_leading_zero()),
    });
    (key.as_der().unwrap().as_ref().to_vec(), jwk)
}

/// The key of the client's certificate as a JWK with the certificate in it (RFC 8705 section 2.2.2).
fn certificate_key() -> Value {
    let der = |file: &str| {
        let pem = std::fs::read_to_string(root().join("tests/proxies/tls").join(file)).unwrap();
        let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        (STANDARD.decode(&base64).unwrap(), base64)
    };
    let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der("client.key").0).unwrap();
    let mut jwk = ec_jwk(&key);
    jwk["x5c"] = json!([der("client.pem").1]);
    jwk
}

/// A new key for what the provider encrypts, written to where clients.yaml names it; its public half as a set of keys.
fn decryption_key(stage: &Stage, alg: &str) -> Value {
    let (key, mut jwk) = if alg == "RSA-OAEP-256" { rsa_key() } else { ec_key() };
    write_key(stage, "decryption.pem", &key);
    jwk["use"] = "enc".into();
    jwk["alg"] = alg.into();
    json!({ "keys": [jwk] })
}

fn write_key(stage: &Stage, file: &str, pkcs8: &[u8]) {
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(pkcs8));
    let path = stage.folder.join(file);
    std::fs::write(&path, pem).unwrap();
    std::fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
}
