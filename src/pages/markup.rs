//! Where in a document a value stands: escaping keeps it harmless in text and between quotes, and nowhere else.

/// What a template does that escaping does not help against, or that the policy of every page keeps from working.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Oddity {
    /// A value stands there.
    Misplaced(String),
    /// An attribute has a script.
    Handler,
}

/// Reads a document as browsers do (HTML section 13.2.5), and finds what is odd about the places of `mark`, which each value has in it.
pub(super) fn oddities(html: &str, mark: &str) -> Vec<Oddity> {
    let mut found = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = after(comment, "-->");
            continue;
        }
        if !rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!') {
            continue;
        }
        let (name, attributes) = split(rest, |c| c.is_ascii_whitespace() || c == '>');
        if name.contains(mark) {
            found.push(Oddity::Misplaced("the name of an element".to_owned()));
        }
        rest = read_attributes(attributes, mark, &mut found);
        let raw = RAW.into_iter().find(|raw| name.eq_ignore_ascii_case(raw));
        if let Some(raw) = raw {
            let end = format!("</{raw}");
            let length = rest.to_ascii_lowercase().find(&end).unwrap_or(rest.len());
            if rest[..length].contains(mark) {
                found.push(Oddity::Misplaced(format!("the element {raw}")));
            }
            rest = &rest[length..];
        }
    }
    found
}

/// What follows the tag.
fn read_attributes<'a>(mut rest: &'a str, mark: &str, found: &mut Vec<Oddity>) -> &'a str {
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if rest.is_empty() {
            return rest;
        }
        if let Some(after) = rest.strip_prefix('>') {
            return after;
        }
        // A name may begin with what would end it elsewhere, so that something is always taken.
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let length = rest[first..].find(|c: char| c.is_ascii_whitespace() || "/>=".contains(c));
        let (name, after_name) = rest.split_at(length.map_or(rest.len(), |length| first + length));
        if name.contains(mark) {
            found.push(Oddity::Misplaced("the name of an attribute".to_owned()));
        }
        rest = after_name;
        let Some(value) = after_name.trim_start().strip_prefix('=') else { continue };
        let value = value.trim_start();
        let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''));
        let (value, is_quoted) = match quote {
            Some(quote) => {
                let (inside, end) = split(&value[1..], |c| c == quote);
                rest = end.get(1..).unwrap_or_default();
                (inside, true)
            }
            None => {
                let (inside, end) = split(value, |c| c.is_ascii_whitespace() || c == '>');
                rest = end;
                (inside, false)
            }
        };
        let name = name.to_ascii_lowercase();
        if name.starts_with("on") {
            found.push(Oddity::Handler);
        } else if value.contains(mark) && !is_quoted {
            found.push(Oddity::Misplaced(format!("the attribute {name}, without quotes")));
        } else if value.contains(mark) && CODE.contains(&name.as_str()) {
            found.push(Oddity::Misplaced(format!("the attribute {name}")));
        }
    }
}

fn split(text: &str, is_end: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(is_end).unwrap_or(text.len()))
}

fn after<'a>(text: &'a str, end: &str) -> &'a str {
    text.split_once(end).map_or("", |(_, after)| after)
}

/// Elements in which escapes are not read.
const RAW: [&str; 2] = ["style", "script"];
/// Attributes whose text is a language of its own.
const CODE: [&str; 2] = ["style", "srcdoc"];

#[cfg(test)]
mod tests {
    use super::{Oddity, oddities};

    #[test]
    fn a_value_is_harmless_in_text_and_between_quotes_only() {
        let harmless = [
            "<p>MARK</p>",
            "<a href=\"MARK\">",
            "<a href = 'x MARK'\n>",
            "<title>MARK</title>",
            "<!-- MARK <b MARK=x> --> MARK",
            "1 < 2 MARK",
            "<p title=\"a > b\">MARK",
            "<style>a{}</style>MARK",
        ];
        for html in harmless {
            assert_eq!(oddities(html, "MARK"), [], "{html}");
        }
        let odd = [
            ("<a href=MARK>", "the attribute href, without quotes"),
            ("<a href=/x?MARK>", "the attribute href, without quotes"),
            ("<a\nHREF\n=\nMARK>", "the attribute href, without quotes"),
            ("<p MARK>", "the name of an attribute"),
            ("<p =MARK>", "the name of an attribute"),
            ("<pMARK>", "the name of an element"),
            ("<style>a{content:'MARK'}</STYLE>", "the element style"),
            ("<p style=\"color:MARK\">", "the attribute style"),
            ("<iframe srcdoc='MARK'>", "the attribute srcdoc"),
        ];
        for (html, place) in odd {
            assert_eq!(oddities(html, "MARK"), [Oddity::Misplaced(place.to_owned())], "{html}");
        }
        assert_eq!(oddities("<p ONclick='x'>", "MARK"), [Oddity::Handler]);
        for cut in ["<", "<a", "<a ", "<a b", "<a b=", "<a b='", "<!--", "<style>", "</", "<a é"] {
            assert_eq!(oddities(cut, "MARK"), [], "{cut}");
        }
    }
}
