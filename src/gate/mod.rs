//! The decision about one forwarded request, pure: values in, a verdict out.
//!
//! ```text
//! subrequest → forwarded::read → Forwarded ─┐
//!              credential::find → Credential ┼→ decide::decide → Verdict { Allow, Login, Refuse }
//!              (session look-up) → Found ────┘
//! ```
//!
//! | file | what only it makes | which cannot exist unless |
//! |---|---|---|
//! | `forwarded.rs` | `Forwarded` | the peer is trusted; method, scheme, host and target came once and well formed |
//! | `candidates.rs` | | which client decides where several guard one host |
//! | `return_to.rs` | `ReturnTo` | the address is on a host that the client guards |
//! | `identity.rs` | `Identity` | `admission.rs` lets the claims in, each value fits a header, all of them fit an answer |
//! | `render.rs`, `encode.rs` | | how a claim becomes the text of a header |
//! | `decide.rs` | `Pass`, the inside of `Verdict::Allow` | there is an identity and nothing speaks against the request |
//! | `refusal.rs` | | every reason to say no, with its code, status, fault and sentences |
//! | `path.rs` | | whether a path falls under a pattern, whoever reads it in the ways of `reading.rs` |

pub mod admission;
pub mod assertion;
pub mod bearer;
pub mod candidates;
pub mod challenge;
pub mod condition;
pub mod cookies;
pub mod credential;
pub mod decide;
pub mod dialect;
mod encode;
pub mod forwarded;
pub mod identity;
pub mod language;
pub mod login_parameters;
mod lookalike;
pub mod loop_cause;
pub mod navigation;
pub mod passed;
pub mod path;
pub mod presented;
mod reading;
pub mod refusal;
mod render;
pub mod return_to;
pub mod rule;
pub mod spoof;
pub mod websocket;
