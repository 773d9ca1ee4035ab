//! The description of the forwarded request, from headers that anybody may have written.
//!
//! Input: a line `f`, `n` or `e` (the dialect), then the method of the subrequest and the path after `/auth/envoy`; then header lines.

#![no_main]

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use libfuzzer_sys::fuzz_target;
use serde_json::Map;
use url::Url;
use vestibule::config::host::Authority;
use vestibule::gate::decide::{Found, Verdict, decide, in_order};
use vestibule::gate::dialect::Dialect;
use vestibule::gate::forwarded::{Forwarded, MAX_TARGET, Subrequest, read};
use vestibule::gate::identity::Identity;
use vestibule::gate::refusal::Refusal;
use vestibule::protocol::claims::Claims;
use vestibule::protocol::timestamp::Timestamp;
use vestibule_fuzz::{check_address, check_refusal, client, config, first_line};

const PROXY: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 7));
const STRANGER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

fuzz_target!(|data: &[u8]| {
    let (line, lines) = first_line(data);
    let line = String::from_utf8_lossy(line);
    let mut words = line.splitn(3, ' ');
    let dialect = match words.next() {
        Some("n") => Dialect::Nginx,
        Some("e") => Dialect::Envoy,
        _ => Dialect::Forwarded,
    };
    let method = Method::from_bytes(words.next().unwrap_or_default().as_bytes()).unwrap_or_default();
    let rest = words.next().unwrap_or_default();
    let headers = headers(lines);

    let trusted = &config().server.trusted_proxies;
    let client = client("app");
    let asked = Subrequest { peer: PROXY, method: &method, rest, headers: &headers };
    let stranger = Subrequest { peer: STRANGER, ..asked };
    assert!(matches!(
        read(dialect, &stranger, client.scheme, trusted),
        Err(Refusal::PeerNotTrusted { peer }) if peer == STRANGER
    ));
    let forwarded = match read(dialect, &asked, client.scheme, trusted) {
        Ok(forwarded) => forwarded,
        Err(refusal) => return check_refusal(&refusal),
    };

    let target = forwarded.target();
    assert!(target.len() <= MAX_TARGET);
    assert!(target.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#'));
    assert!(target.starts_with('/') && !target.starts_with("//") && !target.starts_with("/\\"));
    assert!(target.starts_with(forwarded.path()) && !forwarded.path().contains('?'));
    let authority = forwarded.authority();
    assert_eq!(Authority::parse(&authority.to_string()).as_ref(), Some(authority));
    // What would be read as one of the headers that were read is not there.
    let family: &[&str] = match dialect {
        Dialect::Forwarded => {
            &["x-forwarded-host", "x-forwarded-proto", "x-forwarded-uri", "x-forwarded-method"]
        }
        Dialect::Nginx => &["x-original-url", "x-original-method"],
        Dialect::Envoy => &[],
    };
    for name in headers.keys() {
        assert!(family.contains(&name.as_str()) || !family.contains(&folded(name).as_str()), "{name}");
    }

    // A browser reads the address as we do.
    let address = format!("{}://{authority}{target}", forwarded.scheme().as_str());
    let url = Url::parse(&address).expect("a forwarded address can be read");
    assert_eq!(url.host_str(), Some(authority.host()));
    assert_eq!(
        url.port_or_known_default(),
        Some(authority.port().unwrap_or(forwarded.scheme().default_port()))
    );

    // Written down again, in any dialect that can say it, it is the same.
    check_round_trip(&forwarded, dialect);
    check_decision(&forwarded, &headers);
});

fn check_round_trip(forwarded: &Forwarded, dialect: Dialect) {
    let scheme = forwarded.scheme().as_str();
    let value = |text: &str| HeaderValue::from_str(text).expect("the parts are visible ASCII");
    let address = format!("{scheme}://{}{}", forwarded.authority(), forwarded.target());
    let pairs = [
        ("x-forwarded-method", value(forwarded.method().as_str())),
        ("x-forwarded-proto", value(scheme)),
        ("x-forwarded-host", value(&forwarded.authority().to_string())),
        ("x-forwarded-uri", value(forwarded.target())),
        ("x-original-method", value(forwarded.method().as_str())),
        ("x-original-url", value(&address)),
        ("host", value(&forwarded.authority().to_string())),
    ];
    let headers: HeaderMap =
        pairs.into_iter().map(|(name, value)| (HeaderName::from_static(name), value)).collect();
    let asked =
        Subrequest { peer: PROXY, method: forwarded.method(), rest: forwarded.target(), headers: &headers };
    for again in [Dialect::Forwarded, Dialect::Nginx, Dialect::Envoy] {
        let read = read(again, &asked, forwarded.scheme(), &config().server.trusted_proxies);
        match read {
            Ok(read) => {
                assert_eq!(
                    (read.method(), read.scheme(), read.authority(), read.target()),
                    (forwarded.method(), forwarded.scheme(), forwarded.authority(), forwarded.target())
                );
            }
            // A path that walks is refused in this dialect only.
            Err(_) => assert!(again == Dialect::Envoy && dialect != Dialect::Envoy),
        }
    }
}

/// Nobody goes through without an identity, nor for a host that is not guarded, nor with an identity header of their own.
fn check_decision(forwarded: &Forwarded, headers: &HeaderMap) {
    let now = Timestamp::from_seconds(1_800_000_000);
    let claims = Claims::of_testing_profile(&Map::from_iter([("sub".to_owned(), "alice".into())]), now);
    for client in &config().clients {
        let identity = Identity::blank(client);
        let ours = || client.identity_headers().chain(client.passed.names());
        let spoofed = headers.keys().any(|name| ours().any(|ours| folded(name) == ours.as_str()));
        let request = match in_order(client, forwarded, headers) {
            Ok(request) => request,
            Err(refusal) => {
                check_refusal(&refusal);
                continue;
            }
        };
        let age = Duration::from_secs(60);
        let session = Found::Session { identity: &identity, claims: &claims, stepped_up: &[], age };
        for found in [Found::Nothing, Found::Unknown, session] {
            let has_session = matches!(found, Found::Session { .. });
            match decide(&request, found, now) {
                Verdict::Allow(pass) => {
                    let told = pass.identity();
                    assert!(has_session || told.is_none());
                    assert!(!spoofed && told.is_none_or(|told| *told == identity));
                    assert_eq!(told.is_none(), !request.asks_who() || !has_session);
                    assert!(client.guards(forwarded.authority(), forwarded.scheme()));
                }
                Verdict::Login { return_to, .. } => {
                    assert!(!has_session && !spoofed);
                    check_address(return_to.as_str(), client);
                }
                Verdict::Refuse(refusal) => check_refusal(&refusal),
            }
        }
    }
}

fn headers(lines: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in lines.split(|byte| *byte == b'\n').take(64) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let name = HeaderName::from_bytes(&line[..colon]);
        let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii());
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    headers
}

/// As CGI and its like see a name.
fn folded(name: &HeaderName) -> String {
    name.as_str().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}
