//! K-01, C-14: a value is text, wherever it stands.

use vestibule::pages::Pages;
use vestibule::pages::facts::{Choice, Facts};
use vestibule::pages::language::Language;
use vestibule::pages::page::Page;

const HOSTILE: [&str; 8] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "{{7*7}}",
    "{% include \"layout.html\" %}",
    "</title><svg onload=alert(1)>",
    "</style><b>",
    "a&lt;b&amp;",
];

/// Every variable with that text.
fn facts<'a>(text: &'a str, choices: &'a [Choice<'a>]) -> Facts<'a> {
    let some = Some(text);
    Facts {
        title: text,
        sentence: some,
        code: some,
        request_id: some,
        provider: some,
        account: some,
        again: some,
        retry_seconds: Some(5),
        another_account: some,
        sign_out: some,
        home: some,
        return_to: some,
        scope: some,
        choices,
    }
}

#[test]
fn whatever_a_value_says_is_text() {
    let pages = Pages::built_in();
    for page in Page::ALL {
        let inert = pages.render(page, Language::English, &facts("x", &[choice("x")])).html;
        for text in HOSTILE {
            let rendered = pages.render(page, Language::English, &facts(text, &[choice(text)]));
            assert_eq!(rendered.fault, None, "{page:?}");
            // As many tags as with a harmless text, and the text itself only where its signs are escaped.
            let tags = |html: &str| html.matches('<').count();
            assert_eq!(tags(&rendered.html), tags(&inert), "{page:?} {text}");
            assert!(!text.contains(['<', '\'', '"']) || !rendered.html.contains(text), "{page:?} {text}");
            assert!(!rendered.html.contains(">49<"), "{page:?}");
        }
        let doubled = pages.render(page, Language::English, &facts("{{7*7}}", &[choice("{{7*7}}")])).html;
        assert!(doubled.contains("{{7*7}}"), "{page:?}: the literal text");
    }
}

#[test]
fn every_page_is_whole_in_every_language() {
    let pages = Pages::built_in();
    for language in Language::ALL {
        for page in Page::ALL {
            let rendered = pages.render(page, language, &facts("x", &[choice("x")]));
            assert_eq!(rendered.fault, None, "{page:?}");
            let html = rendered.html;
            assert!(html.contains(&format!("<html lang=\"{}\">", language.tag())), "{page:?}");
            for once in ["<h1>", "<title>", "<main ", "</html>"] {
                assert_eq!(html.matches(once).count(), 1, "{page:?}: {once}");
            }
            for none in
                ["<script", " style=", "http://", "https://", "url(", "{{", "{%", ">none<", "undefined"]
            {
                assert!(!html.contains(none), "{page:?}: {none}");
            }
        }
    }
}

#[test]
fn the_chooser_lists_the_providers_in_order_and_marks_the_one_of_last_time() {
    let choices = [
        Choice { name: "Example Corp", address: "/oidc/corp/login?rd=%2F", last: false },
        Choice { name: "Guests & friends", address: "/oidc/guests/login?rd=%2F", last: true },
    ];
    let texts = Language::Spanish.texts();
    let facts = Facts { title: texts.chooser_heading, choices: &choices, ..Facts::default() };
    let html = Pages::built_in().render(Page::Chooser, Language::Spanish, &facts).html;
    let (corp, guests) = (html.find("Example Corp").unwrap(), html.find("Guests &amp; friends").unwrap());
    assert!(corp < guests);
    assert_eq!(html.matches(texts.last_used).count(), 1);
    assert!(html.find(texts.last_used).unwrap() > guests);
    assert!(html.contains("href=\"/oidc/corp/login?rd=%2F\""));
}

const fn choice(text: &str) -> Choice<'_> {
    Choice { name: text, address: text, last: true }
}
