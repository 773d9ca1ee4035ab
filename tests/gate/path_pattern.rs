//! What a rule may name as a path, and why not.

use proptest::prelude::*;
use vestibule::config::path_pattern::{Likeness, MAX_PATTERN_BYTES, PathPattern, PathPatternFault};
use vestibule::gate::path::{Match, Readings};

fn pattern(text: &str) -> PathPattern {
    PathPattern::parse(text).unwrap()
}

#[test]
fn a_pattern_is_a_path_or_all_below_one() {
    for (text, path, expected) in [
        ("/health", "/health", Likeness::Same),
        ("/health", "/health/", Likeness::Same),
        ("/health/", "/health", Likeness::Same),
        ("/health", "/health/x", Likeness::Different),
        ("/health", "/healthy", Likeness::Different),
        ("/health", "/heal", Likeness::Different),
        ("/health", "/Health/", Likeness::OtherCase),
        ("/Health", "/health", Likeness::OtherCase),
        ("/", "/", Likeness::Same),
        ("/", "/x", Likeness::Different),
        ("/", "//", Likeness::Different),
        ("/api/*", "/api", Likeness::Same),
        ("/api/*", "/api/", Likeness::Same),
        ("/api/*", "/api/a/b", Likeness::Same),
        ("/api/*", "/apis", Likeness::Different),
        ("/api/*", "/apis/a", Likeness::Different),
        ("/api/*", "/x/api/a", Likeness::Different),
        ("/api/*", "/API/a", Likeness::OtherCase),
        ("/*", "/", Likeness::Same),
        ("/*", "/a", Likeness::Same),
        ("/my%20files/*", "/my files/a", Likeness::Same),
        ("/caf%c3%a9/*", "/caf\u{e9}/a", Likeness::Same),
        ("/caf%c3%a9/*", "/caf\u{c9}/a", Likeness::OtherCase),
        ("/kiosk", "/\u{212a}io\u{17f}\u{212a}", Likeness::OtherCase),
    ] {
        assert_eq!(pattern(text).compare(path.as_bytes()), expected, "{text} {path}");
    }
    assert!(pattern("/*").covers_everything());
    for text in ["/", "/a/*", "/a"] {
        assert!(!pattern(text).covers_everything(), "{text}");
    }
}

#[test]
fn a_pattern_is_shown_as_written_with_escapes_in_upper_case() {
    for (text, shown) in [
        ("/Api/*", "/Api/*"),
        ("/a/", "/a/"),
        ("/caf%c3%a9cafe%7b/*", "/caf%C3%A9cafe%7B/*"),
        ("/~a-b._c/!$'(),=:@", "/~a-b._c/!$'(),=:@"),
    ] {
        assert_eq!(pattern(text).as_str(), shown);
        assert_eq!(pattern(text).to_string(), shown);
        assert_eq!(pattern(shown), pattern(text));
    }
}

#[test]
fn a_star_elsewhere_than_at_the_end_stands_for_one_segment_or_a_part_of_one() {
    for (text, path, expected) in [
        ("/users/*/avatar", "/users/alice/avatar", Likeness::Same),
        ("/users/*/avatar", "/users/alice/avatar/", Likeness::Same),
        ("/users/*/avatar", "/users/alice/bob/avatar", Likeness::Different),
        ("/users/*/avatar", "/users//avatar", Likeness::Different),
        ("/users/*/avatar", "/users/avatar", Likeness::Different),
        ("/users/*/avatar", "/users/alice/avatars", Likeness::Different),
        ("/users/*/avatar", "/users/alice/Avatar", Likeness::OtherCase),
        ("/users/*/files/*", "/users/alice/files", Likeness::Same),
        ("/users/*/files/*", "/users/alice/files/a/b", Likeness::Same),
        ("/users/*/files/*", "/users/alice/filesx", Likeness::Different),
        ("/users/*/files/**", "/users/alice/files/a/b", Likeness::Same),
        ("/f/*.pdf", "/f/a.pdf", Likeness::Same),
        ("/f/*.pdf", "/f/.pdf", Likeness::Same),
        ("/f/*.pdf", "/f/axpdf", Likeness::Different),
        ("/f/*.pdf", "/f/a/b.pdf", Likeness::Different),
        ("/f/a*b*c", "/f/a1b2c", Likeness::Same),
        ("/a/**/z", "/a/z", Likeness::Same),
        ("/a/**/z", "/a/b/c/z", Likeness::Same),
        ("/a/**/z", "/a/bz", Likeness::Different),
        ("/**/z", "/z", Likeness::Same),
        ("/a/**", "/a/b/c", Likeness::Same),
        ("/my%20files/*/x", "/my files/a/x", Likeness::Same),
        ("/(a)/*/x", "/(a)/b/x", Likeness::Same),
        ("/(a)/*/x", "/a/b/x", Likeness::Different),
    ] {
        assert_eq!(pattern(text).compare(path.as_bytes()), expected, "{text} {path}");
    }
    // What is no text is held against no form of text: it is not known.
    assert_eq!(pattern("/users/*/avatar").compare(b"/users/\xff/avatar"), Likeness::OtherCase);
}

/// B-11, B-12.
#[test]
fn a_regular_expression_is_held_against_the_whole_path() {
    let regex = |text: &str| PathPattern::regex(text).unwrap();
    for (text, path, expected) in [
        ("/v[0-9]+/.*", "/v12/x/y", Likeness::Same),
        ("/v[0-9]+/.*", "/v12", Likeness::Different),
        ("/v[0-9]+/.*", "/x/v12/y", Likeness::Different),
        ("^/public$", "/public", Likeness::Same),
        ("/public", "/publicity", Likeness::Different),
        ("/public", "/x/public", Likeness::Different),
        ("/a|/b", "/a", Likeness::Same),
        ("/a|/b", "/ax", Likeness::Different),
        ("/a|/b", "/x/b", Likeness::Different),
        ("/a", "/A", Likeness::OtherCase),
        ("/a.b", "/a\nb", Likeness::Different),
        ("(?i)/a", "/A", Likeness::Same),
    ] {
        assert_eq!(regex(text).compare(path.as_bytes()), expected, "{text} {path}");
    }
    for text in ["(", "a)|(b", "[", "(?=a)", "\\1", "((a{0,200}){0,200}){0,200}", &"a".repeat(513)] {
        assert!(matches!(PathPattern::regex(text), Err(PathPatternFault::Regex(_))), "{text}");
    }
    assert_eq!(PathPattern::regex(""), Err(PathPatternFault::Empty));
    assert_eq!(regex("/(a+)+").compare(format!("/{}!", "a".repeat(8192)).as_bytes()), Likeness::Different);
}

#[test]
fn what_could_be_read_in_two_ways_is_no_pattern() {
    use PathPatternFault as Fault;
    let segment = |text: &str| text.to_owned();
    let differently = |sign: &str| Fault::ReadDifferently { sign: sign.to_owned() };
    let escape = |escape: &str| Fault::EscapeReadDifferently { escape: escape.to_owned() };
    let needless = |escape: &str, sign| Fault::NeedlessEscape { escape: escape.to_owned(), sign };
    let needs = |sign, escape: &str| Fault::NeedsEscape { sign, escape: escape.to_owned() };
    for (text, expected) in [
        ("", Fault::Empty),
        ("api", Fault::NoSlash),
        ("*", Fault::NoSlash),
        ("https://app.example.test/api", Fault::NoSlash),
        ("/api*", Fault::StarAtTheEnd { segment: segment("api*") }),
        ("/api/*/", Fault::StarAtTheEnd { segment: segment("*") }),
        ("/api/**/", Fault::StarAtTheEnd { segment: segment("**") }),
        ("/*/a*", Fault::StarAtTheEnd { segment: segment("a*") }),
        ("/a**b", Fault::Star { segment: segment("a**b") }),
        ("/a/***", Fault::Star { segment: segment("***") }),
        ("/a/***/b", Fault::Star { segment: segment("***") }),
        ("/a*b;c", differently(";")),
        ("/a*./b", Fault::SegmentEnd { segment: segment("ax.") }),
        ("/*%2f/b", escape("%2f")),
        ("/*/%ff", escape("%FF")),
        ("//", Fault::DoubledSlash),
        ("//*", Fault::DoubledSlash),
        ("/a//b", Fault::DoubledSlash),
        ("/a//", Fault::DoubledSlash),
        ("/a//*", Fault::DoubledSlash),
        ("/a?b=c", Fault::NotOfThePath { sign: '?' }),
        ("/a#b", Fault::NotOfThePath { sign: '#' }),
        ("/.", Fault::DotSegment { segment: segment(".") }),
        ("/a/../b", Fault::DotSegment { segment: segment("..") }),
        ("/a/./*", Fault::DotSegment { segment: segment(".") }),
        ("/a.", Fault::SegmentEnd { segment: segment("a.") }),
        ("/.../b", Fault::SegmentEnd { segment: segment("...") }),
        ("/a%20/*", Fault::SegmentEnd { segment: segment("a%20") }),
        ("/%20a", Fault::SegmentEnd { segment: segment("%20a") }),
        ("/a\\b", differently("\\")),
        ("/a;b", differently(";")),
        ("/a&b", differently("&")),
        ("/c++", differently("+")),
        ("/a::$DATA", differently(":$")),
        ("/a\tb", differently("\\t")),
        ("/a b", needs(' ', "%20")),
        ("/caf\u{e9}", needs('\u{e9}', "%C3%A9")),
        ("/users/{id}", needs('{', "%7B")),
        ("/a[b]", needs('[', "%5B")),
        ("/a%", Fault::BrokenEscape),
        ("/a%2", Fault::BrokenEscape),
        ("/a%zz", Fault::BrokenEscape),
        ("/a%+f", Fault::BrokenEscape),
        ("/a%\u{e9}", Fault::BrokenEscape),
        ("/%61pi", needless("%61", 'a')),
        ("/a%3Ab", needless("%3A", ':')),
        ("/a%2fb", escape("%2f")),
        ("/a%5Cb", escape("%5C")),
        ("/a%2Eb", escape("%2E")),
        ("/a%3bb", escape("%3b")),
        ("/a%25b", escape("%25")),
        ("/a%3fb", escape("%3f")),
        ("/a%23b", escape("%23")),
        ("/a%26b", escape("%26")),
        ("/a%2bb", escape("%2b")),
        ("/a/%2a", escape("%2a")),
        ("/a%00", escape("%00")),
        ("/a%7f", escape("%7f")),
    ] {
        assert_eq!(PathPattern::parse(text), Err(expected), "{text}");
    }
}

#[test]
fn a_pattern_has_a_longest_length() {
    let longest = format!("/{}", "a".repeat(MAX_PATTERN_BYTES - 1));
    assert!(PathPattern::parse(&longest).is_ok());
    let bytes = MAX_PATTERN_BYTES + 1;
    assert_eq!(PathPattern::parse(&format!("{longest}a")), Err(PathPatternFault::TooLong { bytes }));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

    /// Nothing that a pattern may hold is read in two ways.
    #[test]
    fn the_path_that_a_pattern_names_is_under_it_for_everybody(
        text in "/([a-cX./;:$&+\\\\*-]|%20|%7[bB]|%2[ef5]|%C3%A9){0,8}",
    ) {
        if let Ok(pattern) = PathPattern::parse(&text) {
            let named = pattern.as_str().trim_end_matches('*');
            prop_assert_eq!(Readings::of(named).matches(&pattern), Match::Yes, "{}", text);
        }
    }

    #[test]
    fn any_text_is_read_without_a_panic(text in "/?.{0,30}") {
        if let Ok(pattern) = PathPattern::parse(&text) {
            prop_assert!(pattern.as_str().bytes().all(|byte| byte.is_ascii_graphic()));
            prop_assert_eq!(PathPattern::parse(pattern.as_str()), Ok(pattern));
        }
    }
}
