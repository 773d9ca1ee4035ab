//! OAuth 2.0 and OpenID Connect, pure: values in, values out. No sockets, files, clock, randomness or environment.

pub mod claim_path;
pub mod issuer;
pub mod registration;
pub mod secret;
pub mod timestamp;
