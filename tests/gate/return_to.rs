//! Where a login may lead: on a guarded host, whatever is asked.

use http::Method;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;
use url::Url;
use vestibule::config::Client;
use vestibule::config::host::{Authority, Scheme};
use vestibule::gate::dialect::Dialect;
use vestibule::gate::forwarded::{Subrequest, read};
use vestibule::gate::refusal::Refusal;
use vestibule::gate::return_to::{
    MAX_RETURN_TO, ReturnTo, check, from_forwarded, from_query, from_referer, home, login_url,
};

use super::{client, headers};

/// What must hold for every address that was accepted, as a browser reads it.
fn assert_safe(accepted: &ReturnTo, client: &Client, asked: &str) {
    let text = accepted.as_str();
    assert!(text.bytes().all(|byte| byte.is_ascii_graphic()), "{asked:?} gave {text:?}");
    assert!(text.len() <= MAX_RETURN_TO, "{asked:?} gave {} bytes", text.len());
    let url = Url::parse(text).unwrap();
    assert_eq!(url.as_str(), text, "{asked:?} is not as a browser writes it");
    assert_eq!(url.scheme(), "https", "{asked:?} gave {text:?}");
    assert!(url.username().is_empty() && url.password().is_none(), "{asked:?} gave {text:?}");
    let port = url.port().map_or(String::new(), |port| format!(":{port}"));
    let authority = Authority::parse(&format!("{}{port}", url.host_str().unwrap())).unwrap();
    assert!(client.guards(&authority, Scheme::Https), "{asked:?} gave {text:?}");
    assert!(text.starts_with(&format!("https://{authority}/")), "{asked:?} gave {text:?}");
    assert!(!url.path().contains('\\'), "{asked:?} gave {text:?}");
    assert!(url.path() != "/oidc" && !url.path().starts_with("/oidc/"), "{asked:?} gave {text:?}");
    let login = login_url(client, accepted);
    assert!(login.len() <= 3200, "{asked:?} gave a login address of {} bytes", login.len());
    let query = login.split_once('?').unwrap().1;
    assert_eq!(from_query(query, client).unwrap(), *accepted, "{login}");
}

/// In every place where an address comes in.
fn assert_harmless(asked: &str, client: &Client) {
    let encoded = utf8_percent_encode(asked, NON_ALPHANUMERIC).to_string();
    let twice = utf8_percent_encode(&encoded, NON_ALPHANUMERIC).to_string();
    let accepted = [
        check(asked, client),
        check(&encoded, client),
        from_query(&format!("rd={asked}"), client),
        from_query(&format!("rd={encoded}"), client),
        from_query(&format!("rd={twice}"), client),
        from_query(&format!("x=1&rd={asked}"), client),
        from_query(asked, client),
        check(&format!("/oidc/app/login?rd={encoded}"), client),
        check(&format!("/oidc/app/login?rd={asked}"), client),
        check(&format!("https://app.example.test{asked}"), client),
    ];
    for accepted in accepted.iter().flatten() {
        assert_safe(accepted, client, asked);
    }
    if let Ok(value) = http::HeaderValue::from_bytes(asked.as_bytes()) {
        let mut map = headers(&[
            ("x-forwarded-method", "GET"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "app.example.test"),
        ]);
        map.insert("x-forwarded-uri", value.clone());
        map.insert("referer", value);
        assert_safe(&from_referer(&map, client), client, asked);
        let asks =
            Subrequest { peer: "127.0.0.1".parse().unwrap(), method: &Method::GET, rest: "", headers: &map };
        if let Ok(forwarded) =
            read(Dialect::Forwarded, &asks, Scheme::Https, &["127.0.0.0/8".parse().unwrap()])
        {
            assert_safe(&from_forwarded(&forwarded, client), client, asked);
        }
    }
}

/// E-01, E-02, E-03
#[test]
fn no_attack_leaves_the_guarded_hosts() {
    let client = client();
    let mut count = 0;
    for line in include_str!("open_redirects.txt").lines().filter(|line| !line.starts_with('#')) {
        let asked: String = serde_json::from_str(line).unwrap();
        assert_harmless(&asked, &client);
        count += 1;
    }
    assert!(count > 300, "{count}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn no_text_leaves_the_guarded_hosts(asked in ".{0,80}") {
        assert_harmless(&asked, &client());
    }

    #[test]
    fn no_address_like_text_leaves_the_guarded_hosts(
        parts in proptest::collection::vec(
            prop_oneof![
                Just("/"), Just("\\"), Just(":"), Just("@"), Just("?"), Just("#"), Just("."), Just(".."), Just("%2f"),
                Just("%5c"), Just("%2e"), Just("%"), Just("\t"), Just(" "), Just("https:"), Just("https://"),
                Just("app.example.test"), Just("evil.example"), Just(":443"), Just("oidc/app/login?rd="), Just("oidc"),
                Just("&rd="), Just("x"), Just("["), Just("]"), Just("\u{3002}"), Just("\u{ff0f}"),
            ],
            0..12,
        )
    ) {
        assert_harmless(&parts.concat(), &client());
    }
}

#[test]
fn what_is_safe_comes_back_byte_for_byte() {
    let client = client();
    for address in [
        "https://app.example.test/",
        "https://app.example.test/a%2Fb//c;x?y=%zz",
        "https://app.example.test/a/b?x=1&y=2",
        "https://app.example.test/?rd=https://evil.example/",
        "https://app.example.test/caf%C3%A9?q=a+b%20c&c=~!*()",
        "https://app.example.test/x?",
        "https://app.example.test/x#/route?a=1",
        "https://app.example.test/a%00%0d%0a",
        "https://app.example.test/x?a=\\b",
        "https://a.b.apps.example.test/x",
        "https://port.example.test:8443/x",
    ] {
        assert_eq!(check(address, &client).unwrap().as_str(), address);
        let encoded = utf8_percent_encode(address, NON_ALPHANUMERIC).to_string();
        assert_eq!(from_query(&format!("rd={encoded}"), &client).unwrap().as_str(), address);
        assert_eq!(
            from_query(&format!("rd={encoded}&x=1&rd=https://evil.example"), &client).unwrap().as_str(),
            address
        );
        assert_safe(&check(address, &client).unwrap(), &client, address);
    }
}

#[test]
fn what_browsers_write_otherwise_comes_back_as_they_write_it() {
    let table = [
        ("/x", "https://app.example.test/x"),
        ("https://APP.Example.test:443", "https://app.example.test/"),
        ("https://app.example.test./x", "https://app.example.test/x"),
        ("https://app.example.test?x", "https://app.example.test/?x"),
        ("https://app.example.test/a/../b", "https://app.example.test/b"),
        ("https://app.example.test/caf\u{e9}", "https://app.example.test/caf%C3%A9"),
        ("/x?'", "https://app.example.test/x?%27"),
        ("/<\">", "https://app.example.test/%3C%22%3E"),
    ];
    for (asked, expected) in table {
        assert_eq!(check(asked, &client()).unwrap().as_str(), expected);
    }
}

#[test]
fn an_address_that_leads_away_is_refused() {
    let table = [
        ("https://evil.example/", "return_to_host"),
        ("https://app.example.test.evil.example/", "return_to_host"),
        ("https://evilapp.example.test/", "return_to_host"),
        ("https://apps.example.test/", "return_to_host"),
        ("https://app.example.test:444/", "return_to_host"),
        ("https://auth.example.test/", "return_to_host"),
        ("http://app.example.test/", "return_to_malformed"),
        ("https://app.example.test@evil.example/", "return_to_malformed"),
        ("https:evil.example", "return_to_malformed"),
        ("https:/evil.example", "return_to_malformed"),
        ("javascript:alert(1)", "return_to_malformed"),
        ("data:text/html,x", "return_to_malformed"),
        ("//evil.example", "return_to_malformed"),
        ("/\\evil.example", "return_to_malformed"),
        ("/\t/evil.example", "return_to_malformed"),
        ("/ /evil.example", "return_to_malformed"),
        ("/\u{b}/evil.example", "return_to_malformed"),
        ("/./\\evil.example", "return_to_malformed"),
        ("/x\r\nSet-Cookie: a=b", "return_to_malformed"),
        ("evil.example", "return_to_malformed"),
        ("", "return_to_malformed"),
    ];
    for (asked, code) in table {
        assert_eq!(check(asked, &client()).map_err(|refusal| refusal.code()), Err(code), "{asked:?}");
    }
    let broken = from_query("rd=https%3A%2F%2Fapp.example.test%2F%ff", &client());
    assert_eq!(broken.map_err(|refusal| refusal.code()), Err("return_to_malformed"));
}

/// nginx cannot encode `$request_uri`, so what is written raw counts to its end.
#[test]
fn a_raw_address_in_a_query_is_everything_after_the_first_rd() {
    let table = [
        (
            "rd=/deep/x?a=1&rd=https://evil.example/",
            "https://app.example.test/deep/x?a=1&rd=https://evil.example/",
        ),
        ("rd=https://app.example.test/x?a=1&b=%zz", "https://app.example.test/x?a=1&b=%zz"),
        ("x=1&rd=/a%2Fb&c", "https://app.example.test/a%2Fb&c"),
        ("rd=%2Fa%3Fb%3D1%26c&d=2", "https://app.example.test/a?b=1&c"),
        ("", "https://app.example.test/"),
        ("x=1", "https://app.example.test/"),
        ("rd=", "https://app.example.test/"),
        ("rd=&x=1", "https://app.example.test/"),
        ("rdx=/a&xrd=/b", "https://app.example.test/"),
    ];
    for (query, expected) in table {
        assert_eq!(from_query(query, &client()).unwrap().as_str(), expected, "{query}");
    }
    assert_eq!(from_query("rd=//evil.example", &client()).map_err(|r| r.code()), Err("return_to_malformed"));
}

#[test]
fn our_own_pages_are_replaced_by_where_they_lead() {
    let client = client();
    let target = check("https://app.example.test/x?y=1", &client).unwrap();
    let mut address = login_url(&client, &target);
    // However often somebody is sent from login to login, the address does not grow.
    for _ in 0..4 {
        assert_eq!(check(&address, &client).unwrap(), target);
        let encoded = utf8_percent_encode(&address, NON_ALPHANUMERIC).to_string();
        address = format!("https://auth.example.test/oidc/app/login?rd={encoded}");
    }
    for own in
        ["/oidc", "/oidc/app/logout", "https://auth.example.test/oidc/app/callback?code=x", "/x/../oidc/"]
    {
        assert_eq!(check(own, &client).unwrap(), home(&client), "{own}");
    }
    for spelling in ["/%6Fidc/app/logout", "//oidc/app/logout", "/x%2F..%2Foidc/app/logout", "/%2Foidc%2Fapp"]
    {
        let address = format!("https://app.example.test{spelling}");
        assert_eq!(check(&address, &client).unwrap(), home(&client), "{spelling}");
    }
    assert_eq!(check("/%256Fidc", &client).unwrap().as_str(), "https://app.example.test/%256Fidc");
    assert_eq!(check("/x/oidc/y", &client).unwrap().as_str(), "https://app.example.test/x/oidc/y");
    let bottomless = "/oidc/app/login?rd=".repeat(1000) + "/x";
    assert_eq!(check(&bottomless, &client).unwrap(), home(&client));
    assert_eq!(check("/oidcx", &client).unwrap().as_str(), "https://app.example.test/oidcx");
    let away = check("/oidc/app/login?rd=https://evil.example/", &client);
    assert_eq!(away.map_err(|refusal| refusal.code()), Err("return_to_host"));
}

#[test]
fn a_long_address_loses_whole_parts_and_never_half_of_one() {
    let long = |letters: &str, count| letters.repeat(count);
    let table = [
        (format!("/p?{}#{}", long("q", 1000), long("f", 2000)), format!("/p?{}", long("q", 1000))),
        (format!("/p?{}", long("q", 2100)), "/p".to_owned()),
        (format!("/{}?q", long("p", 2100)), "/".to_owned()),
        (format!("/{}", long("%C3%A9", 320)), "/".to_owned()),
        (format!("/p?{}", long("%C3%A9", 340)), "/p".to_owned()),
        // A backslash takes two bytes of the state that carries it.
        (
            format!("/p?{}{}", long("\\", 300), long("q", 1300)),
            format!("/p?{}{}", long("\\", 300), long("q", 1300)),
        ),
        (format!("/p?{}{}", long("\\", 300), long("q", 1600)), "/p".to_owned()),
    ];
    for (asked, expected) in table {
        let accepted = check(&asked, &client()).unwrap();
        assert_eq!(accepted.as_str(), format!("https://app.example.test{expected}"));
        assert_safe(&accepted, &client(), &asked);
    }
    let refused = check(&format!("/{}", long("p", 40_000)), &client());
    assert!(matches!(refused, Err(Refusal::ReturnToMalformed { .. })));
}

#[test]
fn the_forwarded_address_is_kept() {
    let table = [
        ("https", "app.example.test", "/a%2Fb//c;x?y=%zz", "https://app.example.test/a%2Fb//c;x?y=%zz"),
        ("wss", "App.Example.Test.:443", "/x", "https://app.example.test/x"),
        ("http", "app.example.test", "/x", "https://app.example.test/x"),
        ("https", "port.example.test:8443", "/x", "https://port.example.test:8443/x"),
        ("https", "app.example.test", "/a\\b?c=\\d", "https://app.example.test/a%5Cb?c=\\d"),
        ("https", "app.example.test", "/oidc/app/userinfo", "https://app.example.test/"),
        ("https", "evil.example", "/x", "https://app.example.test/"),
    ];
    for (proto, host, uri, expected) in table {
        let map = headers(&[
            ("x-forwarded-method", "GET"),
            ("x-forwarded-proto", proto),
            ("x-forwarded-host", host),
            ("x-forwarded-uri", uri),
        ]);
        let asked =
            Subrequest { peer: "127.0.0.1".parse().unwrap(), method: &Method::GET, rest: "", headers: &map };
        let forwarded =
            read(Dialect::Forwarded, &asked, Scheme::Https, &["127.0.0.0/8".parse().unwrap()]).unwrap();
        assert_eq!(from_forwarded(&forwarded, &client()).as_str(), expected);
    }
}

/// the login's address says what the request before it brought, and that changes nothing of where it leads.
#[test]
fn a_login_address_says_what_was_seen_and_leads_to_the_same_page() {
    use vestibule::gate::loop_cause::Seen;
    use vestibule::gate::return_to::{Way, login_url, seen_in_query, url_after};
    let client = client();
    let target = check("https://app.example.test/a?x=1&seen=live#f", &client).unwrap();
    for seen in [Seen::Nothing, Seen::Unreadable, Seen::Unknown, Seen::Ended, Seen::Live, Seen::Unanswered] {
        let url = url_after(Way::Choice, &client, &target, seen);
        let query = url.split_once('?').unwrap().1;
        assert_eq!(seen_in_query(query), seen, "{url}");
        assert_eq!(from_query(query, &client).unwrap(), target, "{url}");
        assert_eq!(url == login_url(&client, &target), seen == Seen::Nothing, "{url}");
    }
    // In a raw address it is the application's.
    assert_eq!(seen_in_query("rd=https://app.example.test/?a&seen=live"), Seen::Nothing);
    assert_eq!(seen_in_query("seen=unknown&rd=/"), Seen::Unknown);
    assert_eq!(seen_in_query("seen=other&rd=%2F"), Seen::Nothing);
}
