//! What a client is registered with at its provider (OpenID Connect Dynamic Client Registration 1.0 section 2).

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Value, json};

use super::assertion::{ClientKeys, MacKey};
use super::authorize::Authorization;
use super::decryption_key::DecryptionKey;
use super::jwe::Encryption;
use super::logout::ProviderLogout;
use super::secret::Secret;
use super::tls_identity::TlsIdentity;

/// One registration of this relying party at one provider.
#[derive(Clone, Debug)]
pub struct Registration {
    /// `client_id` (RFC 6749 section 2.2).
    pub client_id: String,
    /// How the client proves itself at the token endpoint.
    pub authentication: ClientAuthentication,
    /// `redirect_uri`, absolute, the callback of this client and of no other (RFC 9700 section 4.4.2.2).
    pub redirect_uri: String,
    /// `scope` values, `openid` among them.
    pub scopes: Vec<String>,
    /// How the provider hands the code back.
    pub response_mode: ResponseMode,
    /// `id_token_signed_response_alg`: the one algorithm that an ID token may be signed with.
    pub id_token_algorithm: SigningAlgorithm,
    /// What its authorization requests ask beyond the protocol's own.
    pub authorization: Authorization,
    /// Further parameters of its token requests, none of [`super::token::RESERVED`].
    pub token_parameters: Vec<(String, String)>,
    /// `id_token_encrypted_response_alg` and `_enc`: how every ID token is encrypted besides; none if it is not.
    pub id_token_encryption: Option<Encryption>,
    /// `userinfo_signed_response_alg`: the one algorithm that userinfo is signed with; none if it is not.
    pub userinfo_algorithm: Option<SigningAlgorithm>,
    /// `userinfo_encrypted_response_alg` and `_enc`: how signed userinfo is encrypted besides; none if it is not.
    pub userinfo_encryption: Option<Encryption>,
    /// Sent as `post_logout_redirect_uri` (OpenID Connect RP-Initiated Logout 1.0 section 2); none leaves the parameter out.
    pub post_logout_redirect_uri: Option<String>,
    /// How the provider is asked to end its session.
    pub logout: ProviderLogout,
}

/// Who a client is and how it proves it: all that a request to the provider needs of a registration, or of one that asks about
/// tokens and signs nobody in.
#[derive(Clone, Copy, Debug)]
pub struct Credentials<'a> {
    /// `client_id` (RFC 6749 section 2.2).
    pub client_id: &'a str,
    /// How the client proves itself.
    pub authentication: &'a ClientAuthentication,
}

impl Registration {
    /// Who the client is and how it proves it.
    pub fn credentials(&self) -> Credentials<'_> {
        Credentials { client_id: &self.client_id, authentication: &self.authentication }
    }

    /// `jwks` (RFC 7591 section 2): the public halves of our keys, those that sign and those that are encrypted to, as a set (RFC 7517
    /// section 5). None where there is no key.
    pub fn public_key_set(&self) -> Option<Value> {
        let signing = match &self.authentication {
            ClientAuthentication::PrivateKeyJwt(keys) => Some(keys.public_jwks()),
            _ => None,
        };
        // Both kinds of token share the keys.
        let encryption = self.id_token_encryption.as_ref().or(self.userinfo_encryption.as_ref());
        let decryption =
            encryption.iter().flat_map(|agreed| agreed.keys.iter().map(DecryptionKey::public_jwk));
        let keys: Vec<&Value> = signing.into_iter().flatten().chain(decryption).collect();
        (!keys.is_empty()).then(|| json!({ "keys": keys }))
    }
}

/// `token_endpoint_auth_method` (OpenID Connect Core 1.0 section 9).
#[derive(Clone, Debug)]
pub enum ClientAuthentication {
    /// A public client: `none`, the `client_id` goes in the form.
    None,
    /// `client_secret_basic`.
    Basic(Secret),
    /// `client_secret_post`.
    Post(Secret),
    /// `client_secret_jwt`.
    SecretJwt(MacKey),
    /// `private_key_jwt`.
    PrivateKeyJwt(Arc<ClientKeys>),
    /// An assertion that the platform leaves in this file, read again for each request (RFC 7523 section 2.2).
    AssertionFile(PathBuf),
    /// A bearer token in this file, read again for each request: what the introspection endpoint may ask of a resource server that
    /// is no client (RFC 7662 section 2.1). A client that signs people in never has it.
    BearerFile(PathBuf),
    /// `tls_client_auth` and `self_signed_tls_client_auth` (RFC 8705 section 2): the same from here, for it is the provider that
    /// looks at the certificate in one of two ways.
    MutualTls(Arc<TlsIdentity>),
    /// What discovery announces, `client_secret_basic` before `client_secret_post`; never found out by trying.
    AsAnnounced(Secret),
}

impl ClientAuthentication {
    /// The client secret, where there is one.
    pub const fn secret(&self) -> Option<&Secret> {
        match self {
            Self::Basic(secret) | Self::Post(secret) | Self::AsAnnounced(secret) => Some(secret),
            Self::SecretJwt(key) => Some(key.secret()),
            Self::None
            | Self::PrivateKeyJwt(_)
            | Self::AssertionFile(_)
            | Self::BearerFile(_)
            | Self::MutualTls(_) => None,
        }
    }
}

/// `response_mode` (OAuth 2.0 Multiple Response Type Encoding Practices section 2.1, OAuth 2.0 Form Post Response Mode).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseMode {
    /// The code comes in the query of a GET.
    Query,
    /// The code comes in the body of a cross-site POST.
    FormPost,
}

/// A JWS algorithm (RFC 7518 section 3.1) that tokens and assertions may be signed with. `none` is not among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SigningAlgorithm {
    /// RSASSA-PKCS1-v1_5 using SHA-256, the default of OpenID Connect.
    Rs256,
    /// RSASSA-PKCS1-v1_5 using SHA-384.
    Rs384,
    /// RSASSA-PKCS1-v1_5 using SHA-512.
    Rs512,
    /// RSASSA-PSS using SHA-256.
    Ps256,
    /// RSASSA-PSS using SHA-384.
    Ps384,
    /// RSASSA-PSS using SHA-512.
    Ps512,
    /// ECDSA using P-256 and SHA-256.
    Es256,
    /// ECDSA using P-384 and SHA-384.
    Es384,
    /// Ed25519 (RFC 8037).
    EdDsa,
    /// HMAC using SHA-256 and the client secret (OpenID Connect Core 1.0 section 10.1). Only where it is configured.
    Hs256,
    /// HMAC using SHA-384 and the client secret.
    Hs384,
    /// HMAC using SHA-512 and the client secret.
    Hs512,
}

impl SigningAlgorithm {
    /// Every algorithm, in the order in which the documentation lists them.
    pub const ALL: [Self; 12] = [
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::EdDsa,
        Self::Hs256,
        Self::Hs384,
        Self::Hs512,
    ];

    /// Those of a key pair, in the same order.
    pub const ASYMMETRIC: [Self; 9] = [
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::EdDsa,
    ];

    /// The `alg` value, letter for letter.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::EdDsa => "EdDSA",
            Self::Hs256 => "HS256",
            Self::Hs384 => "HS384",
            Self::Hs512 => "HS512",
        }
    }

    /// Bytes that a client secret needs to be the key of this algorithm, those of its hash (RFC 7518 section 3.2; OpenID Connect
    /// Core 1.0 section 16.19). None where the provider signs with a key of its own.
    pub const fn secret_bytes(self) -> Option<usize> {
        match self {
            Self::Hs256 => Some(32),
            Self::Hs384 => Some(48),
            Self::Hs512 => Some(64),
            Self::Rs256
            | Self::Rs384
            | Self::Rs512
            | Self::Ps256
            | Self::Ps384
            | Self::Ps512
            | Self::Es256
            | Self::Es384
            | Self::EdDsa => None,
        }
    }
}

/// A JWE algorithm (RFC 7518 section 4.1) by which the key for a token's content comes to us. RSA1_5 and passwords are not among
/// them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyManagement {
    /// RSAES-OAEP using SHA-256 and MGF1 with SHA-256.
    RsaOaep256,
    /// ECDH-ES, agreed directly.
    EcdhEs,
}

/// A JWE content encryption algorithm (RFC 7518 section 5.1) that is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentEncryption {
    /// AES-GCM with a key of 128 bits.
    A128Gcm,
    /// AES-GCM with a key of 256 bits.
    A256Gcm,
}

impl KeyManagement {
    /// Every algorithm, in the order in which the documentation lists them.
    pub const ALL: [Self; 2] = [Self::RsaOaep256, Self::EcdhEs];

    /// The `alg` value, letter for letter.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RsaOaep256 => "RSA-OAEP-256",
            Self::EcdhEs => "ECDH-ES",
        }
    }
}

impl ContentEncryption {
    /// Every algorithm, in the order in which the documentation lists them.
    pub const ALL: [Self; 2] = [Self::A128Gcm, Self::A256Gcm];

    /// The `enc` value, letter for letter.
    pub const fn name(self) -> &'static str {
        match self {
            Self::A128Gcm => "A128GCM",
            Self::A256Gcm => "A256GCM",
        }
    }

    /// Bytes of its key.
    pub const fn key_bytes(self) -> usize {
        match self {
            Self::A128Gcm => 16,
            Self::A256Gcm => 32,
        }
    }
}

impl fmt::Display for KeyManagement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for ContentEncryption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for SigningAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
