//! Sessions: values in, values out; no runtime but where a refresh is single-flight.
#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails there")]

mod index;
mod kept;
mod kept_store;
mod lifetime;
mod logout_state;
mod logouts;
mod made;
mod sealing;
mod store;
mod transaction;
mod used_flows;
