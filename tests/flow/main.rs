//! The real server on a loopback port, a scripted provider, and a browser with a cookie jar behind a pretended proxy. Time is set
//! by the test, never slept; a test's name is the rule it pins, and a refusal is pinned by its code.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

// What the tests stand on.
mod api;
mod assertion;
mod boot;
mod browser;
#[allow(dead_code, reason = "the tests of the protocol need more of it")]
#[path = "../protocol/encrypter.rs"]
mod encrypter;
mod jar;
mod keyring;
mod keys;
mod kills;
mod logs;
mod provider;
mod wire;
mod world;

// The tests, a file a topic.
mod admin;
mod admission;
mod authorization_request;
mod backchannel_logout;
mod bearer;
mod bearer_answers;
mod bearer_cache;
mod bearer_certificate;
mod bearer_dpop;
mod bearer_introspection;
mod bearer_issuers;
mod bearer_keys;
mod bearer_only;
mod bearer_removed;
mod bearer_userinfo;
mod bearer_weather;
mod ca_file;
mod callback_attacks;
mod callback_replay;
mod choose;
mod claims;
mod client_assertion;
mod clients;
mod clocks;
mod command_line;
mod conformance;
mod cors;
mod deep_link;
mod dialects;
mod drain;
mod encryption;
mod endpoints;
mod explain;
mod file_store;
mod form_post;
mod forwarded;
mod fragment;
mod frontchannel_logout;
mod headers;
mod id_token_attacks;
mod initiate_login;
mod key_rotation;
mod leaks;
mod lifetimes;
mod limits;
mod login;
mod login_limit;
mod login_loop;
mod logout;
mod logout_scopes;
mod mutual_tls;
mod pages;
mod passed;
mod policies;
mod presets;
mod provider_addresses;
mod provider_down;
mod pushed;
mod real_requests;
mod refresh;
mod refresh_claims;
mod resource_metadata;
mod revocation;
mod rules;
mod serving;
mod session_hit;
mod several_logins;
mod signed_userinfo;
mod testing_profile;
