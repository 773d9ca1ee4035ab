//! Whether a path falls under a pattern. Input: the pattern, a line break, the path.

#![no_main]

use libfuzzer_sys::fuzz_target;
use percent_encoding::percent_decode;
use url::Url;
use vestibule::config::path_pattern::{Likeness, MAX_PATTERN_BYTES, PathPattern};
use vestibule::gate::path::{Match, Readings};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = str::from_utf8(data) else { return };
    let (pattern, path) = text.split_once('\n').unwrap_or(("/api/admin/*", text));
    let Ok(pattern) = PathPattern::parse(pattern) else { return };
    assert!(pattern.as_str().len() <= MAX_PATTERN_BYTES);
    assert!(
        pattern.as_str().starts_with('/') && pattern.as_str().bytes().all(|byte| byte.is_ascii_graphic())
    );
    assert_eq!(PathPattern::parse(pattern.as_str()).as_ref(), Ok(&pattern));

    let found = Readings::of(path).matches(&pattern);
    assert_eq!(found, Readings::of(path).matches(&pattern));
    if pattern.covers_everything() {
        assert_eq!(found, Match::Yes);
    }
    // What a forwarded path is.
    if !path.starts_with('/')
        || !path.bytes().all(|byte| byte.is_ascii_graphic())
        || path.contains(['?', '#'])
    {
        return;
    }
    for reading in second_readings(path) {
        match pattern.compare(&reading) {
            Likeness::Same | Likeness::OtherCase => assert_ne!(found, Match::No, "{path} under {pattern}"),
            Likeness::Different => assert_ne!(found, Match::Yes, "{path} under {pattern}"),
        }
    }
});

/// As libraries of others read it: decoded once and twice, as an address, and as an address after each.
fn second_readings(path: &str) -> Vec<Vec<u8>> {
    let decode = |path: &[u8]| percent_decode(path).collect::<Vec<u8>>();
    let once = decode(path.as_bytes());
    let twice = decode(&once);
    let mut readings = vec![once.clone(), twice.clone(), decode(&twice)];
    for path in [path.as_bytes(), &once, &twice] {
        let Ok(path) = str::from_utf8(path) else { continue };
        let Ok(url) = Url::parse(&format!("https://app.example.test{path}")) else { continue };
        let read = decode(url.path().as_bytes());
        readings.push(decode(&read));
        readings.push(read);
    }
    readings
}
