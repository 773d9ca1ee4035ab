//! What people see: pages in four languages, from templates of ours or of the operator. Values in, HTML out.
//!
//! ```text
//! Language, Page, Facts → Pages::render → Rendered { html, hash of its style sheet }
//! ```
//!
//! | file | what |
//! |---|---|
//! | `page.rs` | which pages there are, and what each has to show |
//! | `facts.rs` | what a page is told: the variables of its template |
//! | `language.rs`, `texts.rs` | the languages, and the texts that each must have |
//! | `english.rs` … `spanish.rs` | them, a file a language |
//! | `templates.rs` | the engine: everything is escaped, nothing is expanded twice |
//! | `fragment.rs` | the page that keeps what stands behind `#`, the only one with a script |
//! | `check.rs`, `markup.rs`, `fault.rs` | what an operator's template must do before anything starts |
//!
//! No other page has a script, and nothing of a request stands in one but escaped.

pub mod account;
mod check;
mod english;
pub mod facts;
pub mod fault;
pub mod fragment;
mod french;
mod german;
pub mod language;
mod markup;
pub mod page;
mod spanish;
mod templates;
pub mod texts;

pub use templates::{BUILT_IN, Pages, Rendered, files, is_template, variables};
