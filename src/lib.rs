//! vestibule: a forward-auth sidecar. Traefik, nginx, Caddy and Envoy ask it about every request; it checks the session cookie and
//! answers 200 with identity headers, or sends the browser through the OpenID Connect code flow, which it handles itself.
//!
//! The five paths through the house:
//!
//! ```text
//! subrequest   forwarded::read → candidates::choose (the client) → decide::in_order (the rule) → credential::find → sessions.look
//!              → decide::decide → passed::headers → sessions.use_now → respond
//!              (no await between reading and answering while the claims are fresh; only what is let through is a use)
//!
//! bearer       the same up to credential::find → presented::read → SHA-256 → remembered?
//!              no: the issuer it names → keys (memory) → Unverified::verify, or introspection::request → fetch
//!              → introspection::judge → access_token::judge_introspected → userinfo, if asked for → Admitted
//!              → Admitted::judge_binding → used_proofs.take → decide::decide → passed_on → respond
//!              (no await for a token that was seen before; it decides alone, and no cookie counts in its place)
//!
//! login        /choose:   return_to::from_query → login_parameters → candidates::remembered → a page with links to /login
//!              /login:    login_limit.take → return_to::from_query → login_parameters → provider → transaction::begin
//!                         → authorize::url, or pushed::request → fetch → pushed::judge → 302 + flow cookie
//!              /callback: transaction::open → callback::judge → used_flows.take → loops.in_vain (→ loop_cause::judge) → token::code_request
//!                         → fetch → token::judge → claims::learn → identity → sessions.insert → 303
//!
//! logout       /backchannel-logout: keys → logout_token::verify → used_logout_tokens.take → logouts.note → store.remove_all → 200
//!              (what is ended is ended also if the provider goes away meanwhile; a login that ends later looks into
//!              logouts once its session is kept)
//!
//! refresh      a task of its own, one a session: token::refresh_request → fetch → token::judge_refresh
//!              → claims::learn → identity → store.replace
//! ```
//!
//! `protocol, pages ← config ← gate ← session ← server`, with `idp` beside; docs/architecture.md has the whole table, and
//! tests/layers.rs holds the source to it.

pub mod cli;
pub mod clock;
pub mod config;
pub mod gate;
pub mod idp;
pub mod pages;
pub mod protocol;
pub mod server;
pub mod session;
pub mod telemetry;
