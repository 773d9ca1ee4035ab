//! What an operator's templates must do before anything starts: be readable, name only what there is, show what a person needs, and
//! escape it.

use minijinja::{Error, ErrorKind};

use super::facts::Facts;
use super::fault::{Mistake, TemplateFault};
use super::language::Language;
use super::markup::{self, Oddity};
use super::page::{Page, sample};
use super::templates::{BESIDE, BUILT_IN, STYLE, Set};
use super::texts::Texts;

/// The set of ours with those in place, if they do.
pub(super) fn check(files: Vec<(String, String)>) -> Result<Set, Vec<TemplateFault>> {
    let mut faults = Vec::new();
    let ours = |name: &str| BUILT_IN.iter().find(|(known, _)| *known == name).map(|(_, source)| *source);
    let style = files.iter().find(|(name, _)| name == STYLE).map(|(_, style)| style.as_str());
    if let Some(style) = style
        && let Some(line) = line_of(style, "</style")
    {
        faults.push(TemplateFault { file: STYLE.to_owned(), line: Some(line), what: Mistake::EndsStyle });
    }
    let mut set = Set::new(style.or(ours(STYLE)).unwrap_or_default());
    for (name, source) in BUILT_IN.iter().filter(|(name, _)| *name != STYLE) {
        let _ = set.environment.add_template(name, source);
    }
    let templates: Vec<_> = files.into_iter().filter(|(name, _)| name != STYLE).collect();
    for (name, source) in &templates {
        let fault = |line, what| TemplateFault { file: name.clone(), line, what };
        if !is_part(name) && ours(name).is_none() {
            faults.push(fault(None, Mistake::NoSuchPage));
            continue;
        }
        faults.extend(forbidden(source).map(|(line, what)| fault(Some(line), Mistake::Forbidden(what))));
        if let Err(error) = set.environment.add_template_owned(name.clone(), source.clone()) {
            faults.push(fault(error.line(), Mistake::Syntax(said(&error))));
            continue;
        }
        let Ok(template) = set.environment.get_template(name) else { continue };
        let mut unknown: Vec<_> =
            template.undeclared_variables(true).into_iter().filter(|name| !is_variable(name)).collect();
        unknown.sort();
        faults.extend(
            unknown.into_iter().map(|variable| {
                fault(line_of(source, &variable), Mistake::NoSuchVariable { name: variable })
            }),
        );
    }
    if faults.is_empty() {
        // A layout is seen on every page, a part on those that take it in.
        let all = templates
            .iter()
            .any(|(name, _)| is_part(name) || !Page::ALL.iter().any(|page| page.file() == name));
        for page in Page::ALL {
            if all || templates.iter().any(|(name, _)| name == page.file()) {
                faults.extend(try_out(&set, page));
            }
        }
        faults.dedup_by(|a, b| (&a.file, a.line, &a.what) == (&b.file, b.line, &b.what));
    }
    if faults.is_empty() { Ok(set) } else { Err(faults) }
}

/// What the engine says, on one line.
pub(super) fn said(error: &Error) -> String {
    let what = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    what.replace(['\n', '\r'], " ")
}

/// Renders a page as full and as bare as it can be.
fn try_out(set: &Set, page: Page) -> Vec<TemplateFault> {
    let file = page.file().to_owned();
    let full = match set.render(page, Language::English, &page.sample()) {
        Ok(full) => full,
        Err(error) => return vec![unrenderable(&file, &error)],
    };
    let odd = odd_in_any_language(set, page);
    if !odd.is_empty() {
        return odd.into_iter().map(|what| TemplateFault { file: file.clone(), line: None, what }).collect();
    }
    if let Err(error) = set.render(page, Language::English, &page.bare_sample()) {
        return vec![unrenderable(&file, &error)];
    }
    if full.contains(sample::HARM) {
        return vec![TemplateFault { file, line: None, what: Mistake::NotEscaped }];
    }
    let missing = page.traces().filter(|(_, trace)| !full.contains(trace));
    let fault = |name| TemplateFault { file: file.clone(), line: None, what: Mistake::NotShown(name) };
    let mut faults: Vec<_> = missing.map(|(name, _)| fault(name)).collect();
    if !full.contains("<style>") {
        faults.push(fault("style"));
    }
    faults
}

/// What is odd about the places of values. A template may look different in each language.
fn odd_in_any_language(set: &Set, page: Page) -> Vec<Mistake> {
    let rendered =
        Language::ALL.iter().filter_map(|language| set.render(page, *language, &page.sample()).ok());
    let mut odd: Vec<_> = rendered
        .flat_map(|html| markup::oddities(&html, sample::MARK))
        .map(|oddity| match oddity {
            Oddity::Misplaced(place) => Mistake::Misplaced(place),
            Oddity::Handler => Mistake::Forbidden("a script in an attribute"),
        })
        .collect();
    odd.dedup();
    odd
}

fn unrenderable(file: &str, error: &Error) -> TemplateFault {
    // The innermost template is where the mistake is.
    let file = error.name().unwrap_or(file).to_owned();
    let what = match error.kind() {
        ErrorKind::OutOfFuel => "it does not come to an end".to_owned(),
        ErrorKind::UndefinedError => "something in it has no value".to_owned(),
        _ => said(error),
    };
    TemplateFault { file, line: error.line(), what: Mistake::Unrenderable(what) }
}

/// What the policy of every page keeps from working, with its line.
fn forbidden(source: &str) -> impl Iterator<Item = (usize, &'static str)> {
    const FORBIDDEN: [(&str, &str); 8] = [
        ("<script", "a script"),
        ("<link", "a <link>"),
        ("<base", "a <base>"),
        ("<iframe", "a frame"),
        ("<object", "an <object>"),
        ("<embed", "an <embed>"),
        (" style=", "a style attribute"),
        ("javascript:", "a script"),
    ];
    FORBIDDEN.into_iter().filter_map(|(text, what)| Some((line_of(source, text)?, what)))
}

/// A file that other templates take in.
fn is_part(name: &str) -> bool {
    name.starts_with('_')
}

fn is_variable(name: &str) -> bool {
    let names = |name: &str| {
        BESIDE.contains(&name)
            || Facts::NAMES.iter().any(|(known, _)| *known == name)
            || FUNCTIONS.contains(&name)
    };
    match name.split_once('.') {
        Some(("text", text)) => Texts::NAMES.iter().any(|(known, _)| *known == text),
        Some((first, _)) => names(first),
        None => names(name),
    }
}

/// The line, from 1, in which the text first stands, whatever its case.
fn line_of(source: &str, text: &str) -> Option<usize> {
    source.lines().position(|line| line.to_ascii_lowercase().contains(text)).map(|line| line + 1)
}

/// What a template may call.
const FUNCTIONS: [&str; 5] = ["range", "dict", "namespace", "loop", "super"];
