//! OAuth 2.0 and OpenID Connect, pure: values in, values out. No sockets, files, clock, randomness or environment.
//!
//! For each endpoint of the provider there is a `request` and a `judge` side by side; time and secrets are arguments. What was
//! judged has a type that only its judge makes, and what was refused is a fault with its facts and a stable code.
//!
//! | file | what | specification |
//! |---|---|---|
//! | [`issuer`] | the issuer identifier | Discovery 3, RFC 8414 2 |
//! | [`registration`] | what the client is registered with | Dynamic Client Registration 2, RFC 6749 2 |
//! | [`discovery`] | provider metadata → `Provider` | Discovery 3, 4; RFC 8414 3; RFC 9207 3 |
//! | [`discovery_fault`] | why that is not used | Discovery 4.3 |
//! | [`dynamic_registration`] | a client that the provider registers on request | RFC 7591 3; Dynamic Client Registration 3 |
//! | [`dynamic_registration_fault`] | why there is no such client | RFC 7591 3.2.2 |
//! | [`endpoint`] | an address in the metadata | RFC 6749 3.1, 3.2; RFC 9700 4.4 |
//! | [`authorities`] | whose word is taken for who a provider is | RFC 7468 5 |
//! | [`backchannel_url`] | where the provider is reached from here | RFC 9110 7.2 |
//! | [`pkce`] | verifier → challenge | RFC 7636 4 |
//! | [`authorize`] | where the browser is sent | Core 3.1.2.1 |
//! | [`pushed`] | the same request, sent straight | RFC 9126 |
//! | [`requested`] | what it asked of the authentication | Core 3.1.3.7 (12, 13), 5.5.1 |
//! | [`initiate_login`] | a login that a third party starts | Core 4 |
//! | [`callback`] | what the browser brings back → `Code` | RFC 6749 4.1.2; Core 3.1.2.5–7; RFC 9207 2; RFC 9700 4.7 |
//! | [`callback_fault`] | its limits, and why it does not end a login | RFC 6749 4.1.2.1; Core 3.1.2.6 |
//! | [`client_authentication`] | how the client proves itself | RFC 6749 2.3.1; Core 9; RFC 8705 2; RFC 6750 2.1 |
//! | [`assertion`] | JWTs by which it does | RFC 7523 2.2, 3; Core 9, 10.1 |
//! | [`identity_assertion`] | JWTs by which the application learns who somebody is | RFC 7519 4.1; RFC 7515 7.1 |
//! | [`signing_key`] | the keys that sign them | RFC 7515 5.1; RFC 7518 3 |
//! | [`private_key`], `pem`, `pkcs8` | a private key of ours in a file | RFC 7517 4; RFC 7518 6; RFC 7468; RFC 5958; RFC 7638 |
//! | [`tls_identity`] | certificate and key on a TLS connection | RFC 8705 2; RFC 7468 |
//! | [`token`] | code or refresh token → `Tokens` | RFC 6749 4.1.3, 5, 6; Core 3.1.3 |
//! | [`jwks`] | the signing keys → `Keys` | RFC 7517 5 |
//! | [`jwk`] | one of them | RFC 7517 4; RFC 7518 6; RFC 8037 2; RFC 7638 |
//! | `verifying_key` | one of them, ready to verify | RFC 7518 3; RFC 8037 3.1 |
//! | [`jws`] | a signed token in compact form | RFC 7515 3.1, 5.2; RFC 8725 3 |
//! | [`jwt`] | ID token → `Claims` | Core 2, 3.1.3.6–8; RFC 7519 4 |
//! | [`id_token_fault`] | why an ID token is refused | Core 3.1.3.7 |
//! | `claim_form` | the forms that claims have | RFC 7519 2, 4.1 |
//! | [`access_token`] | a token that a caller presents → `AccessToken` | RFC 6750; RFC 9068 2, 4; RFC 7662 2.2; RFC 7800 3.1 |
//! | [`access_token_fault`] | why it is refused | RFC 6750 3.1 |
//! | [`claims`] | what is known of the person, over refreshes | Core 2, 5.3, 12.2 |
//! | [`claim_path`], [`claim_source`] | where a claim is, and who says it | Core 5.1.2, 5.3 |
//! | [`login_access_token`] | the access token of a login, for its claims → `ReadAccessToken` | RFC 9068 2, 6 |
//! | [`jwe`] | an encrypted token in compact form | RFC 7516 3.1, 5.2, 11.5; RFC 7518 4.3, 4.6, 5.3; RFC 8725 3 |
//! | [`decryption_key`] | our private keys for that | RFC 7518 4.3, 4.6 |
//! | [`userinfo`] | further claims → `Userinfo` | Core 5.3 |
//! | [`userinfo_fault`] | why there are none | Core 5.3.2, 5.3.4 |
//! | [`logout`] | where the browser is sent to sign out | RP-Initiated Logout 2 |
//! | [`logout_token`] | the provider says that a session ended → `LogoutToken` | Back-Channel Logout 2.4, 2.6 |
//! | [`introspection`] | what the provider says about an access token → `Introspected` | RFC 7662; RFC 9701 |
//! | [`introspection_fault`] | why it is not known | RFC 7662 2.3; RFC 9701 5 |
//! | [`dpop`] | whether who sends an access token holds its key → `Proof` | RFC 9449 4.2, 4.3, 7, 9, 11 |
//! | [`dpop_fault`] | why that is not shown | RFC 9449 4.3, 7.1 |
//! | [`certificate`] | the certificate that a client showed to the proxy → its thumbprint | RFC 8705 3; RFC 9440 2 |
//! | [`revocation`] | a refresh token → void | RFC 7009 |
//! | [`answer`] | status, size and type of any answer | RFC 9110 15; RFC 6749 5 |
//! | [`json`] | JSON, read strictly | RFC 8259; RFC 7519 4 |
//! | [`skew`] | how far the provider's clock is from ours | RFC 9110 6.6.1 |
//! | `form` | form encoding, both ways | WHATWG URL 5; RFC 6749 appendix B |
//! | `quote` | text from outside in a log line | |
//! | [`secret`], [`timestamp`] | text that is never shown; seconds since 1970 | RFC 7519 2 |

pub mod access_token;
mod access_token_claims;
pub mod access_token_fault;
pub mod answer;
pub mod assertion;
pub mod authorities;
pub mod authorize;
pub mod backchannel_url;
pub mod callback;
pub mod callback_fault;
pub mod certificate;
mod claim_form;
pub mod claim_path;
pub mod claim_source;
pub mod claims;
pub mod client_authentication;
mod concat_kdf;
pub mod decryption_key;
pub mod discovery;
pub mod discovery_fault;
pub mod dpop;
pub mod dpop_fault;
pub mod dynamic_registration;
pub mod dynamic_registration_fault;
pub mod endpoint;
mod form;
pub mod id_token_fault;
pub mod identity_assertion;
pub mod initiate_login;
pub mod introspection;
pub mod introspection_fault;
pub mod issuer;
pub mod json;
pub mod jwe;
pub mod jwk;
pub mod jwks;
pub mod jws;
pub mod jwt;
pub mod login_access_token;
pub mod logout;
pub mod logout_token;
mod pem;
pub mod pkce;
mod pkcs8;
pub mod private_key;
pub mod pushed;
mod quote;
pub mod registration;
pub mod requested;
pub mod revocation;
pub mod secret;
pub mod signing_key;
pub mod skew;
pub mod timestamp;
pub mod tls_identity;
pub mod token;
pub mod userinfo;
pub mod userinfo_fault;
mod verifying_key;
