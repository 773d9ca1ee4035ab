//! what stands behind `#` is kept over a login, by a page before it and a page after it. That browsers do what the pages say is
//! tried in Chromium (`tests/proxies`).

use crate::browser::attributes;
use crate::jar::Context;
use crate::provider::Endpoint;
use crate::wire::Answer;
use crate::world::{APP, PAGE, SESSION, World};

async fn world() -> World {
    World::new().line("preserve_fragment: true").start().await
}

/// The page, and where it leads.
#[track_caller]
fn assert_on(answer: &Answer, step: &str, page: &str) -> String {
    assert_eq!(answer.status, 200, "{}", answer.show());
    let policy = answer.header("Content-Security-Policy").unwrap();
    assert!(policy.starts_with("default-src 'none'; script-src 'sha256-"), "{policy}");
    assert!(!policy.contains("'self'") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(answer.header("Referrer-Policy"), Some("no-referrer"));
    let text = answer.text();
    assert_eq!(attributes(&text, "data-step"), [step]);
    assert_eq!(attributes(&text, "data-page"), [page]);
    let to = attributes(&text, "href").remove(0);
    let written = to.replace('&', "&amp;");
    let without_script =
        format!("<noscript><meta http-equiv=\"refresh\" content=\"0; url={written}\"></noscript>");
    assert!(text.contains(&without_script), "{text}");
    to
}

#[tokio::test]
async fn a_page_before_the_provider_and_a_page_after_it_keep_the_fragment() {
    let world = world().await;
    let mut browser = world.browser();
    let login = world.send(&world.base()).await.location().to_owned();
    let answer = browser.get(&login).await;
    assert!(!answer.all("Set-Cookie").is_empty(), "the flow cookie: {}", answer.show());
    let provider = unescape(&assert_on(&answer, "leave", PAGE));
    assert!(provider.starts_with(&world.provider.issuer) && !provider.contains('#'), "{provider}");

    let callback = browser.open_until_callback(&provider).await;
    let answer = browser.call_back(&callback).await;
    assert_eq!(answer.status, 303, "{}", answer.show());
    assert!(browser.has_session());
    let landing = answer.location().to_owned();
    assert!(landing.starts_with(&format!("{APP}/callback?landed=&rd=")), "{landing}");
    assert!(!landing.contains("code="), "the code stays behind: {landing}");
    let answer = browser.get(&landing).await;
    assert_eq!(assert_on(&answer, "arrive", PAGE), PAGE);
    assert!(answer.all("Set-Cookie").is_empty());
    browser.open(PAGE).await.assert_at(PAGE);
    assert_eq!(world.provider.count(Endpoint::Token), 1);
}

/// An address that has one already needs no page; and without the setting nothing is different.
#[tokio::test]
async fn an_address_with_a_fragment_of_its_own_is_gone_to_straight() {
    let world = world().await;
    let mut browser = world.browser();
    let answer = browser.get(&format!("{APP}/login?rd=https%3A%2F%2Fapp.example.test%2Fa%23own")).await;
    let provider = unescape(&assert_on(&answer, "leave", "https://app.example.test/a#own"));
    let callback = browser.open_until_callback(&provider).await;
    let answer = browser.call_back(&callback).await;
    assert_eq!(answer.location(), "https://app.example.test/a#own");

    let world = World::new().start().await;
    let answer = world.browser().get(&format!("{APP}/login?rd={PAGE}")).await;
    assert_eq!(answer.status, 302, "{}", answer.show());
    let landed = world.browser().get(&format!("{APP}/callback?landed=&rd={PAGE}")).await;
    assert_eq!(landed.status, 400, "no page without the setting: {}", landed.show());
}

/// It is in the language of the person, and a link goes on for whoever has no script and no refresh.
#[tokio::test]
async fn the_page_speaks_the_language_of_the_person() {
    let world = world().await;
    for (wanted, tag, link) in [
        ("de-CH", "de", "Weiter"),
        ("fr", "fr", "Continuer"),
        ("es", "es", "Continuar"),
        ("ja", "en", "Continue"),
    ] {
        for page in [format!("/oidc/app/login?rd={PAGE}"), format!("/oidc/app/callback?landed=&rd={PAGE}")] {
            let url = format!("https://app.example.test{page}");
            let answer = world.send(&world.asking(&url).having("Accept-Language", wanted)).await;
            assert_eq!(answer.header("Content-Language"), Some(tag), "{wanted}");
            assert_eq!(answer.header("Vary"), Some("Accept-Language"), "{wanted}");
            let text = answer.text();
            assert!(
                text.contains(&format!("<html lang=\"{tag}\">")) && text.contains(&format!(">{link}</a>")),
                "{text}"
            );
        }
    }
}

/// A script that follows the address of a login must not take our page for an answer of the application's.
#[tokio::test]
async fn only_a_navigation_gets_the_page_before_the_provider() {
    let world = world().await;
    let answer = world.browser().fetch(&format!("{APP}/login?rd={PAGE}")).await;
    assert_eq!(answer.status, 302, "{}", answer.show());
    assert!(answer.location().starts_with(&world.provider.issuer), "{}", answer.show());
}

/// The page after the login leads where a login may lead, and nowhere else, whoever wrote its address.
#[tokio::test]
async fn the_page_after_the_login_leads_to_guarded_hosts_only() {
    let world = world().await;
    for rd in [
        "https://evil.example/",
        "https%3A%2F%2Fevil.example%2F",
        "//evil.example",
        "javascript:alert(1)",
        "javascript%3Aalert(1)",
        "data:text/html,x",
        "http://app.example.test/",
        "https://app.example.test@evil.example/",
    ] {
        let answer = world.browser().get(&format!("{APP}/callback?landed=&rd={rd}")).await;
        assert_eq!(answer.status, 400, "{rd}: {}", answer.show());
        assert!(!answer.text().contains("evil.example"), "{rd}");
    }
    let hostile = "%2Fa%3Fx%3D%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E%27";
    let answer = world.browser().get(&format!("{APP}/callback?landed=&rd={hostile}")).await;
    assert_eq!(answer.status, 200, "{}", answer.show());
    assert!(!answer.text().contains("<script>alert"), "{}", answer.show());
    // Only as a link is followed: never as an answer of the provider, and it opens no session.
    let post =
        world.browser().submit("https://evil.example/", &format!("{APP}/callback?landed=&rd=/"), "").await;
    assert_eq!(post.status, 405, "{}", post.show());
    let mut browser = world.browser();
    browser.get(&format!("{APP}/callback?landed=&rd=/")).await;
    assert!(browser.jar.get(SESSION).is_none());
}

/// By form post the page comes after a redirect as well.
#[tokio::test]
async fn by_form_post_it_is_the_same() {
    let world = World::new().line("preserve_fragment: true").line("response_mode: form_post").start().await;
    let mut browser = world.browser();
    let answer = browser.get(&format!("{APP}/login?rd={PAGE}")).await;
    let provider = unescape(&assert_on(&answer, "leave", PAGE));
    let callback = browser.open_until_callback(&provider).await;
    let answer = browser.call_back(&callback).await;
    assert_eq!(answer.status, 303, "{}", answer.show());
    let url = answer.location().parse().unwrap();
    let answer = world.send(&browser.ask("GET", &url, Context::CrossSiteNavigation)).await;
    assert_eq!(assert_on(&answer, "arrive", PAGE), PAGE);
}

fn unescape(text: &str) -> String {
    text.replace("&#38;", "&").replace("&amp;", "&")
}
