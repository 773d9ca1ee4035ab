//! The pages that people see, rendered: every language is whole, every value is inert, and a template of the operator's that would
//! leave somebody without what they need does not get in.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod languages;
mod operator;
mod rendering;
