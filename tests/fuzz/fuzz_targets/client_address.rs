//! Whose logins are counted together: the address that a trusted proxy names, from lines that anybody may have begun.
//!
//! Input: the other end of the connection on a line, then what the proxies wrote, a line for each `X-Forwarded-For`.

#![no_main]

use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, HeaderValue};
use libfuzzer_sys::fuzz_target;
use vestibule::gate::forwarded::{client_of, is_trusted};
use vestibule_fuzz::{config, first_line};

const NAME: &str = "x-forwarded-for";

fuzz_target!(|data: &[u8]| {
    let (peer, lines) = first_line(data);
    let peer: IpAddr = String::from_utf8_lossy(peer).trim().parse().unwrap_or(IpAddr::from([10, 0, 0, 7]));
    let trusted = &config().server.trusted_proxies;
    let lines: Vec<HeaderValue> =
        lines.split(|byte| *byte == b'\n').take(64).flat_map(HeaderValue::from_bytes).collect();
    let of = |lines: &[HeaderValue]| {
        let headers: HeaderMap =
            lines.iter().map(|line| (http::HeaderName::from_static(NAME), line.clone())).collect();
        client_of(peer, &headers, trusted)
    };
    let address = of(&lines);
    // There are not two of one address.
    assert!(address.is_none_or(|address| address == address.to_canonical()));
    if !is_trusted(peer, trusted) {
        return assert_eq!(address, Some(peer.to_canonical()), "a stranger says who it is");
    }
    assert_eq!(address, second_reading(&lines), "{lines:?}");

    // Whatever somebody writes in front of what our proxies write: it does not make them somebody else.
    let with = |before: &[&str], after: &[&str]| {
        let value = |text: &&str| HeaderValue::from_str(text).expect("visible ASCII");
        let before = before.iter().map(value);
        of(&before.chain(lines.iter().cloned()).chain(after.iter().map(value)).collect::<Vec<_>>())
    };
    if address.is_some_and(|address| !is_trusted(address, trusted)) {
        for forged in ["203.0.113.9", "x", "", "10.0.0.1", "203.0.113.9, 10.0.0.1"] {
            assert_eq!(with(&[forged], &[]), address, "by {forged:?}");
        }
        // Most proxies add to the line that came, whatever bytes it has.
        for forged in [&b"203.0.113.9, "[..], b"\xff,", b"x\xe9\x80 ,", b","] {
            let mut joined = lines.clone();
            if let Some(first) = joined.first_mut() {
                let bytes = [forged, first.as_bytes()].concat();
                *first = HeaderValue::from_bytes(&bytes).expect("what was a value still is one");
            }
            assert_eq!(of(&joined), address, "by {forged:?}");
        }
    }
    for (named, expected) in [
        ("203.0.113.9", "203.0.113.9"),
        ("x, 203.0.113.9:81, 10.0.0.1", "203.0.113.9"),
        ("[2001:db8::1]:8", "2001:db8::1"),
    ] {
        assert_eq!(with(&[], &[named]), expected.parse().ok(), "{named} is what the last proxy says");
    }
    assert_eq!(with(&[], &["unknown"]), None, "nobody is named");
});

/// All entries, the last one first: the first that is no proxy of ours; or, where all are, the outermost.
fn second_reading(lines: &[HeaderValue]) -> Option<IpAddr> {
    let bytes: Vec<&[u8]> = lines.iter().map(HeaderValue::as_bytes).collect();
    // Several lines are one list (RFC 9110 section 5.3).
    let whole = bytes.join(&b","[..]);
    let mut entries: Vec<_> =
        if lines.is_empty() { Vec::new() } else { whole.split(|b| *b == b',').collect() };
    let mut found = None;
    while let Some(entry) = entries.pop() {
        let entry = String::from_utf8_lossy(entry);
        let entry = entry.trim_matches(|c| c == ' ' || c == '\t');
        let address = match (entry.parse::<IpAddr>(), entry.parse::<SocketAddr>()) {
            (Ok(address), _) => address,
            (_, Ok(address)) => address.ip(),
            _ => return None,
        };
        found = Some(address.to_canonical());
        if !is_trusted(address, &config().server.trusted_proxies) {
            return found;
        }
    }
    found
}
