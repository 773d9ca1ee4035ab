//! How the client is registered, at the development provider and in clients.yaml.

use serde_json::{Value, json};

use crate::client_keys;
use crate::headers;
use crate::stage::{CLIENT_SECRET, Stage, root};
use crate::tokens;

/// One way to be registered. Where nothing else is said the secret goes into the header `Authorization`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Registration {
    SecretBasic,
    SecretPost,
    SecretJwt,
    PrivateKeyJwt,
    /// The JWT that the platform keeps in a file.
    AssertionFile,
    SelfSignedTls,
    /// A certificate of an authority; the provider's own is by the authority in that file of tests/keys, or by another.
    Tls(&'static str),
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
    /// Its pages do so, in a frame.
    FrontchannelLogout,
    /// The provider's pages start logins.
    InitiateLogin,
    /// Every address of the provider is https, with a certificate of a private authority.
    Https,
    /// With these lines in clients.yaml, and nothing else of note.
    With(&'static str),
    /// The provider's tokens live for a second, and what it refreshes is made by a clock that is behind.
    LateClock,
    /// With headers in the full form, by every encoding, and by the names of another gateway ([`headers`]).
    Headers,
    /// Beside another client of the same provider, `guests`, which guards the same host: people choose.
    Choice,
    /// With these lines, a key in `assertion.pem` and the next one in `next.pem`, and proxies that pass these headers on.
    Passed(&'static str, &'static [&'static str]),
    /// It takes access tokens besides, which the provider issues to others ([`tokens`]), with these further lines in clients.yaml.
    Api(&'static str),
    /// The same with tokens that are bound to a certificate, which the proxies ask callers for on a port of their own.
    ApiOverTls,
}

impl Registration {
    /// The client's lines in clients.yaml.
    pub(crate) fn client_yaml(self) -> String {
        let keys = root().join("tests/keys");
        let keys = keys.display();
        let method = || format!("    token_endpoint_auth_method: {}\n", self.method());
        let own = match self {
            Self::SecretBasic | Self::Public | Self::Pushed | Self::BackchannelLogout | Self::LateClock => {
                String::new()
            }
            Self::With(lines) | Self::Passed(lines, _) => lines.to_owned(),
            Self::Headers => headers::LINES.to_owned(),
            Self::Choice => format!(
                "    login_choice: Company account
  guests:
    issuer: ISSUER
    client_id: guests
    client_secret: {CLIENT_SECRET}
    redirect_uri: ORIGIN/oidc/guests/callback
    hosts: [\"AUTHORITY\"]
    login_choice: Guest account
    extra_claim_headers: {{ name: X-Guest-Name }}\n"
            ),
            Self::Api(further) => tokens::API.to_owned() + further,
            Self::ApiOverTls => {
                format!("    ca_file: {keys}/ca.pem\n") + tokens::API + tokens::CERTIFICATE_HEADER
            }
            Self::SecretPost | Self::SecretJwt => method(),
            Self::PrivateKeyJwt => method() + "    client_key_file: client.pem\n",
            Self::AssertionFile => method() + "    client_assertion_file: platform.jwt\n",
            Self::SelfSignedTls => {
                method()
                    + &format!(
                        "    client_certificate_file: {keys}/stranger.pem
    client_certificate_key_file: {keys}/p384_sec1.pem
    ca_file: {keys}/ca.pem\n"
                    )
            }
            Self::Tls(authority) => {
                method()
                    + &format!(
                        "    client_certificate_file: {keys}/client.pem
    client_certificate_key_file: {keys}/p256_pkcs8.pem
    ca_file: {keys}/{authority}\n"
                    )
            }
            Self::Https => format!("    ca_file: {keys}/ca.pem\n"),
            Self::InitiateLogin => "    initiate_login: true\n".to_owned(),
            Self::FrontchannelLogout => "    logout: { frontchannel: true }\n".to_owned(),
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
            | Self::LateClock
            | Self::Https
            | Self::With(_)
            | Self::Choice
            // This provider would take an address of https only, and starts no login by itself.
            | Self::InitiateLogin
            | Self::Headers
            | Self::Api(_)
            | Self::ApiOverTls
            | Self::MaxAge(_) => {}
            Self::Passed(..) => {
                client_keys::signing(stage, "assertion.pem");
                client_keys::signing(stage, "next.pem");
            }
            Self::PrivateKeyJwt => {
                client_keys::signing(stage, "client.pem");
                // Read where everybody reads it, so that the page and the `kid` are tried too.
                client["jwks_uri"] = stage.own("jwks.json").into();
            }
            Self::AssertionFile => {
                client["jwks"] = client_keys::signing(stage, "platform.pem");
                client_keys::write_assertion(stage);
            }
            Self::SelfSignedTls => client["jwks"] = client_keys::of_certificate(),
            Self::Tls(_) => client["tls_client_auth_subject_dn"] = "CN=vestibule-a".into(),
            Self::SignedBy(algorithm) => client["id_token_signed_response_alg"] = algorithm.into(),
            Self::Encrypted(alg, enc) => {
                client["id_token_encrypted_response_alg"] = alg.into();
                client["id_token_encrypted_response_enc"] = enc.into();
                client["jwks"] = client_keys::decryption(stage, alg);
            }
            Self::EncryptedUserinfo(alg) => {
                client["userinfo_signed_response_alg"] = "RS256".into();
                client["userinfo_encrypted_response_alg"] = alg.into();
                client["userinfo_encrypted_response_enc"] = "A256GCM".into();
                client["jwks"] = client_keys::decryption(stage, alg);
            }
            Self::SignedUserinfo(algorithm) => client["userinfo_signed_response_alg"] = algorithm.into(),
            // This provider has no frames; it names its sessions to whom it tells about logouts.
            Self::BackchannelLogout | Self::FrontchannelLogout => {
                client["backchannel_logout_uri"] = stage.own("backchannel-logout").into();
                client["backchannel_logout_session_required"] = true.into();
            }
        }
        match self {
            Self::Api(_) | Self::ApiOverTls => {
                client["introspects"] = json!([tokens::OPAQUE_API]);
                let mut clients = tokens::clients(self, stage);
                clients.push(client);
                clients.into()
            }
            Self::Choice => {
                let mut guests = client.clone();
                guests["client_id"] = "guests".into();
                guests["redirect_uris"] = json!([stage.at("/oidc/guests/callback")]);
                guests["post_logout_redirect_uris"] = json!([stage.at("/oidc/guests/signed-out")]);
                json!([client, guests])
            }
            _ => json!([client]),
        }
    }

    /// Headers that the shipped configuration of the proxies does not pass on.
    pub(crate) fn further_headers(self) -> &'static [&'static str] {
        match self {
            Self::Choice => &["X-Guest-Name"],
            Self::Passed(_, headers) => headers,
            Self::Api(further) if further.contains("token: remove") => &["Authorization"],
            Self::Headers => &headers::NAMES,
            _ => &[],
        }
    }

    /// What the provider is started with for it.
    pub(crate) fn provider_arguments(self, stage: &Stage) -> Vec<String> {
        let apis = || tokens::APIS.map(|api| format!("--resource-server={api}"));
        match self {
            Self::Pushed => vec!["--require-pushed".to_owned()],
            Self::LateClock => vec!["--refreshes-late-by=4000".to_owned()],
            // Userinfo is not encrypted: what is to be seen comes from the ID token.
            Self::Encrypted(..) => vec!["--id-token-claims".to_owned()],
            Self::Api(_) => apis().into(),
            _ if self.has_tls() => {
                let file = |name: &str| root().join("tests/keys").join(name).display().to_string();
                let apis = if self == Self::ApiOverTls { apis().to_vec() } else { Vec::new() };
                let tls = [
                    format!("--issuer={}", stage.issuer),
                    format!("--tls-port={}", stage.provider_tls_port),
                    format!("--tls-certificate={}", file("server.pem")),
                    format!("--tls-key={}", file("server.key")),
                    format!("--tls-client-authority={}", file("ca.pem")),
                ];
                tls.into_iter().chain(apis).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Whether the provider has a TLS port.
    pub(crate) const fn has_tls(self) -> bool {
        matches!(self, Self::SelfSignedTls | Self::Tls(_) | Self::Https | Self::ApiOverTls)
    }

    const fn method(self) -> &'static str {
        match self {
            Self::Public => "none",
            Self::SecretPost => "client_secret_post",
            Self::SecretJwt => "client_secret_jwt",
            Self::PrivateKeyJwt | Self::AssertionFile => "private_key_jwt",
            Self::SelfSignedTls => "self_signed_tls_client_auth",
            Self::Tls(_) => "tls_client_auth",
            _ => "client_secret_basic",
        }
    }

    const fn has_secret(self) -> bool {
        !matches!(
            self,
            Self::Public | Self::PrivateKeyJwt | Self::AssertionFile | Self::SelfSignedTls | Self::Tls(_)
        )
    }
}
