//! The one page with a script: it keeps what stands behind `#` in an address over a login, or puts it back. It is on the screen for a
//! moment, and no operator's template takes its place.

use std::sync::LazyLock;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::value::Value;

use super::language::Language;
use super::templates::Set;

/// On which side of the login it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Before it: the fragment is kept in the tab.
    Leave,
    /// After it: the fragment is put back.
    Arrive,
}

/// The document in that language. `address` is where it leads, `page` what the fragment is kept under.
pub fn render(address: &str, page: &str, step: Step, language: Language) -> String {
    let step = match step {
        Step::Leave => "leave",
        Step::Arrive => "arrive",
    };
    let texts = language.texts();
    let context = Value::from_pairs([
        ("lang", Value::from(language.tag())),
        ("title", texts.on_the_way.into()),
        ("go_on", texts.go_on.into()),
        ("address", Value::from(address)),
        ("page", page.into()),
        ("step", step.into()),
        ("script", Value::from_safe_string(SCRIPT.to_owned())),
    ]);
    // Our own template, rendered with all of its variables by a test.
    SET.environment.get_template(FILE).and_then(|template| template.render(context)).unwrap_or_default()
}

/// The SHA-256 of the script, for `Content-Security-Policy`, in base64.
pub static SCRIPT_HASH: LazyLock<String> =
    LazyLock::new(|| STANDARD.encode(digest::digest(&digest::SHA256, SCRIPT.as_bytes())));

const FILE: &str = "fragment.html";
const SCRIPT: &str = include_str!("templates/fragment.js");

static SET: LazyLock<Set> = LazyLock::new(|| {
    let mut set = Set::new("");
    set.environment
        .add_template(FILE, include_str!("templates/fragment.html"))
        .expect("our own template, which a test renders");
    set
});

#[cfg(test)]
mod tests {
    use super::{Language, SCRIPT, Step, render};

    /// R-8.6
    #[test]
    fn the_page_without_its_addresses_is_under_a_kilobyte() {
        for language in Language::ALL {
            let page = render("", "", Step::Arrive, language);
            assert!(page.len() <= 1024 && page.contains(SCRIPT), "{language:?}: {} bytes", page.len());
            assert!(page.contains(&format!("<html lang=\"{}\">", language.tag())), "{page}");
            assert!(page.contains(&format!(">{}</a>", language.texts().go_on)), "{page}");
        }
    }

    #[test]
    fn an_address_cannot_leave_its_attribute() {
        let hostile = r#"https://x.example/?"><script>alert(1)</script>'&"#;
        let page = render(hostile, hostile, Step::Leave, Language::English);
        assert_eq!(page.matches("<script>").count(), 1, "{page}");
        assert!(!page.contains("\"><script>alert"), "{page}");
    }
}
