//! The engine that makes pages of templates.

use std::fmt;
use std::sync::LazyLock;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::value::Value;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, HtmlEscape, UndefinedBehavior};

use super::check;
use super::facts::Facts;
use super::fault::TemplateFault;
use super::language::Language;
use super::page::Page;
use super::texts::Texts;

/// The templates that there are without any of the operator's, and the style sheet that they carry in themselves.
pub const BUILT_IN: &[(&str, &str)] = &[
    ("layout.html", include_str!("templates/layout.html")),
    ("chooser.html", include_str!("templates/chooser.html")),
    ("confirm_sign_out.html", include_str!("templates/confirm_sign_out.html")),
    ("error.html", include_str!("templates/error.html")),
    ("expired.html", include_str!("templates/expired.html")),
    ("forbidden.html", include_str!("templates/forbidden.html")),
    ("frame.html", include_str!("templates/frame.html")),
    ("provider_down.html", include_str!("templates/provider_down.html")),
    ("signed_out.html", include_str!("templates/signed_out.html")),
    ("too_many_requests.html", include_str!("templates/too_many_requests.html")),
    ("unsent_form.html", include_str!("templates/unsent_form.html")),
    (STYLE, include_str!("templates/style.css")),
];

/// The pages, ready to be rendered.
#[derive(Clone)]
pub struct Pages {
    set: Set,
    /// The names of those that are the operator's.
    replaced: Vec<String>,
}

/// A page.
#[derive(Debug)]
pub struct Rendered {
    /// The document.
    pub html: String,
    /// The SHA-256 of the style sheet in it, for `Content-Security-Policy`, in base64.
    pub style_hash: String,
    /// Why this is our own template in place of the operator's, if it is.
    pub fault: Option<String>,
}

impl Pages {
    /// As they are without any of the operator's.
    pub fn built_in() -> Self {
        Self { set: BUILT_IN_SET.clone(), replaced: Vec::new() }
    }

    /// With those of the operator's in place of ours: names and contents. Those that are missing stay ours.
    ///
    /// # Errors
    /// Whatever is wrong with them, so that it is found before anybody sees it.
    pub fn with(files: Vec<(String, String)>) -> Result<Self, Vec<TemplateFault>> {
        let replaced = files.iter().map(|(name, _)| name.clone()).collect();
        let set = check::check(files)?;
        Ok(Self { set, replaced })
    }

    /// The page in that language.
    pub fn render(&self, page: Page, language: Language, facts: &Facts<'_>) -> Rendered {
        match self.set.render(page, language, facts) {
            Ok(html) => Rendered { html, style_hash: self.set.style_hash.clone(), fault: None },
            // What was checked before the start goes wrong only for what no sample foresaw. A person needs a page all the same.
            Err(error) => Rendered {
                html: BUILT_IN_SET.render(page, language, facts).unwrap_or_default(),
                style_hash: BUILT_IN_SET.style_hash.clone(),
                fault: Some(check::said(&error)),
            },
        }
    }

    /// The names of the operator's templates.
    pub fn replaced(&self) -> &[String] {
        &self.replaced
    }
}

impl fmt::Debug for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pages").field(&self.replaced).finish()
    }
}

/// Templates and the style sheet that they carry.
#[derive(Clone)]
pub(super) struct Set {
    pub(super) environment: Environment<'static>,
    style: Value,
    style_hash: String,
}

impl Set {
    /// An engine without templates: whatever it puts into a page is escaped, unless this program says otherwise, and a value is
    /// data: nothing in it is looked at again (C-14).
    pub(super) fn new(style: &str) -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        // Not the engine's own: this one cannot be switched off by a template.
        environment.set_formatter(|out, _, value| {
            if value.is_undefined() {
                Err(ErrorKind::UndefinedError.into())
            } else if value.is_none() {
                Ok(())
            } else {
                let text = value.to_string();
                let written = if value.is_safe() {
                    fmt::Write::write_str(out, &text)
                } else {
                    // A slash needs no escape, and addresses without it can be read and copied.
                    fmt::Write::write_str(out, &HtmlEscape(&text).to_string().replace("&#x2f;", "/"))
                };
                written.map_err(Error::from)
            }
        });
        environment.remove_filter("safe");
        environment.remove_global("debug");
        environment.set_fuel(Some(MAX_STEPS));
        environment.set_recursion_limit(MAX_DEPTH);
        let style_hash = STANDARD.encode(digest::digest(&digest::SHA256, style.as_bytes()));
        Self { environment, style: Value::from_safe_string(style.to_owned()), style_hash }
    }

    pub(super) fn render(&self, page: Page, language: Language, facts: &Facts<'_>) -> Result<String, Error> {
        let text = Value::from_pairs(language.texts().each());
        let beside = [("lang", Value::from(language.tag())), ("text", text), ("style", self.style.clone())];
        let context = Value::from_pairs(beside.into_iter().chain(facts.each()));
        self.environment.get_template(page.file())?.render(context)
    }
}

/// The variables beside those of [`Facts`]: the language for the `lang` of the document, the texts in it, and the style sheet, which
/// goes between `<style>` and `</style>` as it is.
pub(super) const BESIDE: [&str; 3] = ["lang", "text", "style"];

static BUILT_IN_SET: LazyLock<Set> = LazyLock::new(|| {
    let style = BUILT_IN.iter().find(|(name, _)| *name == STYLE).map_or("", |(_, style)| style);
    let mut set = Set::new(style);
    for (name, source) in BUILT_IN.iter().filter(|(name, _)| *name != STYLE) {
        // One that cannot be read is seen by the test that renders each of them.
        let _ = set.environment.add_template(name, source);
    }
    set
});

/// The style sheet.
pub(super) const STYLE: &str = "style.css";
/// Instructions of the engine for one page; ours take some hundred.
const MAX_STEPS: u64 = 100_000;
/// Templates inside of templates.
const MAX_DEPTH: usize = 32;

/// Whether a file of that name in the operator's folder is meant as a template or as the style sheet.
pub fn is_template(name: &str) -> bool {
    !name.starts_with('.') && (name.ends_with(".html") || name.ends_with(".css"))
}

/// The names of all files that pages are made of.
pub fn files() -> impl Iterator<Item = &'static str> {
    BUILT_IN.iter().map(|(name, _)| *name)
}

/// The names of all variables, as templates write them.
pub fn variables() -> Vec<String> {
    let facts = Facts::NAMES.iter().map(|(name, _)| *name).chain(BESIDE).map(str::to_owned);
    facts.chain(Texts::NAMES.iter().map(|(name, _)| format!("text.{name}"))).collect()
}
