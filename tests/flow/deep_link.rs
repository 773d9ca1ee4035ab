//! Where a login leads: exactly where somebody wanted to go, and never away from the configured hosts (R-8.1 to, E-01 to
//! E-03, E-18, E-20).

use crate::browser::Callback;
use crate::world::{APP, World};

/// path, query, escapes and letters beyond ASCII come back as they were asked for.
/// V-RS-9
#[tokio::test]
async fn a_deep_link_comes_back_exactly() {
    let world = World::new().start().await;
    for target in [
        "/",
        "/a/b?x=1&y=2",
        "/a?",
        "/a?x",
        "/a?x=%2F%26&rd=/other&rd=https://evil.example/",
        "/%C3%A9?q=%C3%A9",
        "/a%2Fb//c;p=1;q?x=%zz",
        "/a%20b?q=a+b",
        "/a?x=a=b==&y",
        "/a%00b",
        "/a%0d%0aSet-Cookie:x=1",
        "/!$&'()*+,;=:@",
        "/a?https://evil.example/",
        "/oidc2/x",
        "/a%5Cb",
        "/login?rd=https://evil.example/",
        "/~x/-._~",
        "/a?x=%22%3Cscript%3E",
    ] {
        let url = format!("https://app.example.test{target}");
        world.browser().open(&url).await.assert_at(&url);
    }
}

/// E-01 to E-03: where `rd` may not lead.
#[tokio::test]
async fn a_return_address_on_a_foreign_host_is_refused_and_never_a_location() {
    let world = World::new().start().await;
    for rd in [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "\\\\evil.example",
        "https:evil.example",
        "https:/evil.example",
        "https:///evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://app.example.test@evil.example/",
        "https://app.example.test.evil.example/",
        "https://app.example.test:444/",
        "http://app.example.test/",
        "https://evil.example\\@app.example.test/",
        "https://app.example.test%2eevil.example/",
        "https%3A%2F%2Fevil.example%2F",
        "%2F%2Fevil.example",
        "%2F%5Cevil.example",
        "https://user:pw@app.example.test/",
        "/%09/evil.example",
        "/%0a/evil.example",
        "https://ⓔvil.example/",
        "ftp://app.example.test/",
        "https://app.example.test%00.evil.example/",
    ] {
        let mut ask = world.base();
        ask.target = format!("/oidc/app/login?rd={rd}").into_bytes();
        let answer = world.send(&ask).await;
        match answer.status {
            400 => assert_ne!(answer.refusal(), "-", "{rd}"),
            302 => {
                // Kept on our own host: then the login must end there.
                let authorize = answer.location().to_owned();
                let mut browser = world.browser();
                for line in answer.all("Set-Cookie") {
                    browser
                        .jar
                        .store(&url::Url::parse(APP).unwrap(), line, world.clock.wall().seconds())
                        .unwrap();
                }
                let back = browser.get(&authorize).await.location().to_owned();
                let end = browser.call_back(&Callback::typed(back)).await;
                let end = url::Url::parse(end.location()).unwrap();
                assert_eq!(end.origin().ascii_serialization(), "https://app.example.test", "{rd}");
            }
            _ => panic!("{rd}: {}", answer.show()),
        }
        assert!(!answer.text().contains("evil"), "{rd} is repeated");
    }
}

#[tokio::test]
async fn a_login_without_a_return_address_ends_at_home() {
    let world = World::new().start().await;
    world.browser().open(&format!("{APP}/login")).await.assert_at("https://app.example.test/");
    world.browser().open(&format!("{APP}/login?rd=")).await.assert_at("https://app.example.test/");
    world
        .browser()
        .open(&format!("{APP}/login?rd=/a?b=c%26d&e=f"))
        .await
        .assert_at("https://app.example.test/a?b=c%26d&e=f");
}

/// a return address that leads back into the login would grow at each hop.
#[tokio::test]
async fn a_return_address_into_our_own_prefix_is_collapsed_to_the_innermost() {
    let world = World::new().start().await;
    let once = format!("{APP}/login?rd=https%3A%2F%2Fapp.example.test%2Fdeep%3Fx%3D1");
    world.browser().open(&once).await.assert_at("https://app.example.test/deep?x=1");
    let twice = format!(
        "{APP}/login?rd={}",
        percent_encoding::utf8_percent_encode(&once, percent_encoding::NON_ALPHANUMERIC)
    );
    world.browser().open(&twice).await.assert_at("https://app.example.test/deep?x=1");
}

/// E-18, E-20: nothing of the request gets into the address of the provider.
/// V-RQ-5, V-RQ-6
#[tokio::test]
async fn parameters_of_the_login_address_and_a_spoofed_host_do_not_reach_the_provider() {
    let world = World::new().start().await;
    let mut ask = world.base().having("Host", "evil.example").having("X-Forwarded-Host", "evil.example");
    ask.target =
        b"/oidc/app/login?scope=admin&prompt=none&client_id=x&redirect_uri=https://evil.example/&rd=/"
            .to_vec();
    let answer = world.send(&ask).await;
    if answer.status == 302 {
        let location = answer.location();
        for part in ["evil", "admin", "prompt"] {
            assert!(!location.contains(part), "{part} in {location}");
        }
    } else {
        assert_eq!(answer.status / 100, 4, "{}", answer.show());
    }
}
