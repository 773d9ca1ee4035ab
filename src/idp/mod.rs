//! Outbound: what is remembered of each provider, and the one way to ask it anything.

pub mod fetch;
pub mod provider;
pub mod providers;
pub mod verify;
