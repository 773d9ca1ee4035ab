//! Outbound: what is remembered of each provider, the one way to ask it anything, and what is refused when that fails.

mod addresses;
pub mod bearer;
pub mod ca_file;
pub mod claims;
mod clocks;
pub mod fetch;
mod file;
mod flights;
pub mod moment;
pub mod provider;
pub mod providers;
pub mod refusal;
pub mod verify;
