//! vestibule: a forward-auth sidecar. Traefik, nginx and Caddy ask it about every request; it checks the session cookie and
//! answers 200 with identity headers, or sends the browser through the OpenID Connect code flow, which it handles itself.
//!
//! The three paths through the house:
//!
//! ```text
//! subrequest   forwarded::read → client → credential::find → sessions.get → gate::decide → respond
//!              (no await between reading and answering; the only state touched is one map entry)
//!
//! login        /login:    return_to::check → provider → authorize::url → 302 + flow cookie
//!              /callback: callback::judge → token::code_request → fetch → token::judge → keys → jwt::verify → userinfo
//!                         → identity → sessions.insert → 303
//!
//! refresh      a task of its own: token::refresh_request → fetch → token::judge_refresh → sessions.replace
//! ```
//!
//! `protocol ← config ← gate ← session ← server`, with `idp` beside; tests/layers.rs holds it to that.

pub mod cli;
pub mod clock;
pub mod config;
pub mod gate;
pub mod idp;
pub mod protocol;
pub mod server;
pub mod session;
pub mod telemetry;
