//! The whole stage with others' work on it: real proxies with the shipped configurations, a certified OpenID provider, a real
//! browser, and the vestibule binary between them, all on loopback.
//!
//! `tests/tools/install` brings what is needed. Where it is missing a test prints `skipped: <name>: <why>`, and fails instead when
//! `VESTIBULE_TESTS_NO_SKIP` is set; only Keycloak may be missing then, where Maven Central cannot be reached.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]
#![allow(clippy::disallowed_methods, reason = "real processes are waited for in real time")]

mod bearer;
mod browser;
mod chromium;
mod client_authentication;
mod client_keys;
mod cors;
mod headers;
mod http;
mod keycloak;
mod keycloak_tokens;
mod loops;
mod pages;
mod passed;
mod process;
mod provider;
mod register;
mod registration;
mod relay;
mod seeds;
mod shipped;
mod signing_out;
mod stage;
mod through;
mod tokens;
mod tricks;
mod websocket;
