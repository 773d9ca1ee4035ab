//! What the application gets of a `Cookie` header (R-14.7, C-12).

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use proptest::prelude::*;
use vestibule::config::passed::OwnCookies;
use vestibule::gate::cookies::without_ours;

fn own() -> OwnCookies {
    OwnCookies {
        sessions: vec!["__Host-vestibule_app".into(), "__Secure-vestibule_other".into()],
        flows: vec!["__Host-vestibule_flow".into()],
    }
}

fn left(lines: &[&[u8]]) -> Vec<u8> {
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append(COOKIE, HeaderValue::from_bytes(line).unwrap());
    }
    let value = without_ours(&headers, &own());
    assert!(value.is_sensitive());
    value.as_bytes().to_vec()
}

#[test]
fn ours_are_taken_out_by_their_exact_names_and_all_else_stays_as_it_is() {
    let rows: [(&str, &[&str], &str); 24] = [
        ("none", &[], ""),
        ("empty", &[""], ""),
        ("others alone", &["a=1; b=2"], "a=1; b=2"),
        ("ours alone", &["__Host-vestibule_app=x"], ""),
        ("ours first", &["__Host-vestibule_app=x; a=1"], "a=1"),
        ("ours in the middle", &["a=1; __Host-vestibule_app=x; b=2"], "a=1; b=2"),
        ("ours last", &["a=1; __Host-vestibule_app=x"], "a=1"),
        ("ours twice", &["__Host-vestibule_app=x; a=1; __Host-vestibule_app=y"], "a=1"),
        ("of another client", &["__Secure-vestibule_other=x; a=1"], "a=1"),
        ("a flow", &["__Host-vestibule_flow.Ab-_9=x; a=1; __Host-vestibule_flow.c=y"], "a=1"),
        ("a flow without a suffix", &["__Host-vestibule_flow=x; a=1"], "a=1"),
        ("without a blank", &["a=1;__Host-vestibule_app=x;b=2"], "a=1;b=2"),
        ("odd blanks", &["a=1;  b=2 ;\t__Host-vestibule_app=x ;c = 3"], "a=1;  b=2 ;c = 3"),
        ("two lines", &["a=1; __Host-vestibule_app=x", "b=2"], "a=1; b=2"),
        ("a line of ours alone", &["__Host-vestibule_app=x", "b=2", "__Host-vestibule_flow.q=1"], "b=2"),
        ("two lines without ours", &["a=1", "b=2"], "a=1; b=2"),
        ("joined by a comma", &["a=1,__Host-vestibule_app=x, b=2"], "a=1, b=2"),
        ("another letter case", &["__host-vestibule_app=x"], "__host-vestibule_app=x"),
        ("a longer name", &["__Host-vestibule_apps=x"], "__Host-vestibule_apps=x"),
        ("a name that ends so", &["x__Host-vestibule_app=x"], "x__Host-vestibule_app=x"),
        ("a flow by a longer name", &["__Host-vestibule_flows=x"], "__Host-vestibule_flows=x"),
        ("a value that has it", &["a=__Host-vestibule_app=x"], "a=__Host-vestibule_app=x"),
        ("no value", &["__Host-vestibule_app; a=1"], "__Host-vestibule_app; a=1"),
        ("quoted", &["a=\"1; __Host-vestibule_app=x; 2\""], "a=\"1; 2\""),
    ];
    for (name, lines, expected) in rows {
        let lines: Vec<&[u8]> = lines.iter().map(|line| line.as_bytes()).collect();
        assert_eq!(String::from_utf8_lossy(&left(&lines)), expected, "{name}");
    }
    assert_eq!(left(&[b"a=\xe9\xff; __Host-vestibule_app=x"]), b"a=\xe9\xff", "no text");
}

proptest! {
    /// Nothing that could be a cookie of ours is left, wherever a reader splits; and what has none of ours is left alone.
    #[test]
    fn no_cookie_of_ours_is_ever_left(
        lines in prop::collection::vec(prop::collection::vec(prop_oneof![
            Just("__Host-vestibule_app=secret".to_owned()),
            Just("__Host-vestibule_flow.x=secret".to_owned()),
            Just(";".to_owned()), Just("; ".to_owned()), Just(",".to_owned()), Just("\t".to_owned()), Just("=".to_owned()),
            "[ -~]{0,6}",
        ], 0..12), 0..4)
    ) {
        let lines: Vec<String> = lines.iter().map(|parts| parts.concat()).collect();
        let bytes: Vec<&[u8]> = lines.iter().map(String::as_bytes).collect();
        let left = String::from_utf8(left(&bytes)).unwrap();
        for piece in left.split([';', ',']) {
            let name = piece.trim_matches([' ', '\t']).split('=').next().unwrap();
            let ours = own().have(name.as_bytes()) && piece.contains('=');
            prop_assert!(!ours, "{left:?} of {lines:?}");
        }
        if let [only] = lines.as_slice() && !only.contains("vestibule") {
            prop_assert_eq!(&left, only);
        }
    }
}
