//! Outbound: what is remembered of each provider, the one way to ask it anything, and what is refused when that fails.

pub mod claims;
pub mod fetch;
pub mod provider;
pub mod providers;
pub mod refusal;
pub mod verify;
