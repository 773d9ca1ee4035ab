//! What a person sees: the page that fits, in their language, with what they can do about it.

use std::fs;
use std::path::Path;

use url::Url;

use crate::jar::Context;
use crate::logs;
use crate::wire::{Answer, Ask};
use crate::world::{APP, PAGE, World};

const STEP_UP: &str = "rules: [{ path: /mfa, acr_values: [mfa] }]";

/// A form that a person sent to the application, as the proxy asks about it.
fn form(world: &World) -> Ask {
    let url = Url::parse(PAGE).unwrap();
    world
        .browser()
        .ask("POST", &url, Context::SameSite)
        .having("Sec-Fetch-Site", "same-origin")
        .with("Referer", "https://app.example.test/edit?id=7")
}

fn heading(answer: &Answer) -> String {
    let text = answer.text();
    let (_, rest) = text.split_once("<h1>").unwrap_or_else(|| panic!("no page: {}", answer.show()));
    rest.split_once("</h1>").unwrap().0.replace("&#x27;", "'")
}

///
#[tokio::test]
async fn somebody_who_may_not_enter_reads_who_they_are_and_how_to_be_somebody_else() {
    let world = World::new().line(STEP_UP).start().await;
    let name = "ada <script>alert(1)</script>\u{202e}";
    world.provider.script().id_token_claims.insert("preferred_username".to_owned(), name.into());
    let browser = world.signed_in().await;
    let ask = world.base_of(&browser).having("X-Forwarded-Uri", "/mfa?x=1");
    let answer = world.send(&ask).await;
    answer.assert_refused(403, "step_up_needed", "a rule");
    answer.assert_page("forbidden");
    let text = answer.text();
    assert_eq!(heading(&answer), "You do not have access");
    assert!(text.contains("<bdi>ada &lt;script&gt;alert(1)&lt;/script&gt;\u{fffd}</bdi>"), "{text}");
    assert!(
        text.contains(
            "/oidc/app/login?prompt=select_account&amp;rd=https%3A%2F%2Fapp.example.test%2Fmfa%3Fx%3D1"
        ),
        "{text}"
    );
    assert!(text.contains("href=\"https://app.example.test/oidc/app/logout\""), "{text}");
    assert!(!logs::text().contains("alert(1)"), "an account is in no log");

    // nginx and programs get what they got before.
    let program = world.send(&ask.clone().having("Accept", "application/json")).await;
    assert_eq!(program.header("Content-Type"), Some("application/problem+json"));
    assert!(!program.text().contains("alert"));
    assert_eq!(program.header("Vary"), None);
}

/// the provider is asked to let the person choose, and by that parameter nothing else.
#[tokio::test]
async fn another_account_is_asked_for_with_select_account() {
    let world = World::new().start().await;
    let to = |query: &str| format!("{APP}/login?{query}");
    let mut browser = world.browser();
    let answer = browser.get(&to("prompt=select_account&rd=/private")).await;
    assert!(answer.location().contains("prompt=select_account"), "{}", answer.location());
    for query in
        ["prompt=none&rd=/", "prompt=login&rd=/", "prompt=select_account&prompt=none&rd=/", "prompt=&rd=/"]
    {
        assert!(!browser.get(&to(query)).await.location().contains("prompt="), "{query}");
    }
    let strict = World::new().line("authorization: { prompt: login }").start().await;
    let answer = strict.browser().get(&to("prompt=select_account&rd=/")).await;
    assert!(answer.location().contains("prompt=login") && !answer.location().contains("select_account"));
}

///
#[tokio::test]
async fn a_form_without_a_session_gets_a_page_that_loses_nothing() {
    let world = World::new().start().await;
    let answer = world.send(&form(&world)).await;
    answer.assert_refused(401, "no_cookie", "a form");
    answer.assert_page("a form");
    assert_eq!(heading(&answer), "Your form was not sent");
    assert!(answer.header("Refresh").is_none() && answer.header("WWW-Authenticate").is_some());
    let text = answer.text();
    assert!(text.contains("rd=https%3A%2F%2Fapp.example.test%2Fedit%3Fid%3D7"), "back to the form: {text}");
    assert!(text.contains("target=\"_blank\" rel=\"noopener noreferrer\""), "{text}");

    let without = |ask: Ask, names: &[&str]| names.iter().fold(ask, |ask, name| ask.without(name));
    let old =
        without(form(&world), &["Sec-Fetch-Mode", "Sec-Fetch-Dest", "Sec-Fetch-Site", "Sec-Fetch-User"]);
    let multipart = old.clone().with("Content-Type", "Multipart/Form-Data; boundary=x");
    assert_eq!(heading(&world.send(&multipart).await), "Your form was not sent", "an old browser");
    let programs = [
        ("a body that is no form", old.clone().with("Content-Type", "application/json")),
        ("fetch", form(&world).having("Sec-Fetch-Mode", "cors").having("Sec-Fetch-Dest", "empty")),
        ("XMLHttpRequest", form(&world).with("X-Requested-With", "XMLHttpRequest")),
        ("another method", form(&world).having("X-Forwarded-Method", "PUT")),
        ("JSON wanted", form(&world).having("Accept", "application/json")),
    ];
    for (name, ask) in programs {
        let answer = world.send(&ask).await;
        answer.assert_refused(401, "no_cookie", name);
        assert_eq!(answer.header("Content-Type"), Some("application/problem+json"), "{name}");
    }
}

/// A page that says "sign in, then reload" about a form of another site would have that sent in the person's name by a browser that takes
/// a reload for a request of the same site, and lead nowhere in one that does not (RFC 6265bis section 8.8.5).
#[tokio::test]
async fn nobody_is_told_to_send_a_form_of_another_site_again() {
    let world = World::new().start().await;
    let bare = || {
        ["Sec-Fetch-Mode", "Sec-Fetch-Dest", "Sec-Fetch-Site", "Sec-Fetch-User", "Referer"]
            .iter()
            .fold(form(&world), |ask, name| ask.without(name))
            .with("Content-Type", "application/x-www-form-urlencoded")
    };
    let evil = "https://evil.example";
    let rows = [
        ("another site", form(&world).having("Sec-Fetch-Site", "cross-site"), false),
        (
            "another site with its origin",
            form(&world).having("Sec-Fetch-Site", "cross-site").with("Origin", evil),
            false,
        ),
        (
            "a sibling",
            form(&world).having("Sec-Fetch-Site", "same-site").with("Origin", "https://evil.example.test"),
            false,
        ),
        (
            "two words",
            form(&world).having("Sec-Fetch-Site", "same-origin").with("Sec-Fetch-Site", "cross-site"),
            false,
        ),
        ("an old browser at another site", bare().with("Origin", evil), false),
        ("an old browser that tells only the page", bare().with("Referer", "https://evil.example/x"), false),
        ("nobody says", bare(), false),
        ("ours", form(&world).having("Sec-Fetch-Site", "same-origin"), true),
        (
            "ours without an address",
            form(&world).having("Sec-Fetch-Site", "same-origin").with("Origin", "null"),
            true,
        ),
        (
            "ours by its origin",
            form(&world).having("Sec-Fetch-Site", "same-site").with("Origin", "https://app.example.test"),
            true,
        ),
        ("an old browser at ours", bare().with("Origin", "https://app.example.test"), true),
        ("an old browser that tells only our page", bare().with("Referer", PAGE), true),
    ];
    for (name, ask, is_ours) in rows {
        let answer = world.send(&ask).await;
        answer.assert_refused(401, "no_cookie", name);
        answer.assert_page(name);
        let text = answer.text();
        assert_eq!(text.contains("reload it"), is_ours, "{name}: {text}");
        assert_eq!(
            heading(&answer),
            if is_ours { "Your form was not sent" } else { "Sign-in is needed" },
            "{name}"
        );
        assert!(text.contains("/oidc/app/login?rd=") && !text.contains("evil.example"), "{name}: {text}");
    }
}

///
#[tokio::test]
async fn a_frame_without_a_session_says_so_inside_of_the_page() {
    let world = World::new().start().await;
    let ask = world.base().having("Sec-Fetch-Dest", "iframe");
    let answer = world.send(&ask).await;
    answer.assert_refused(401, "no_cookie", "a frame");
    answer.assert_page("a frame");
    assert!(answer.text().contains("rd=https%3A%2F%2Fapp.example.test%2Fprivate"), "the framed page itself");
    let policy = answer.header("Content-Security-Policy").unwrap();
    assert!(policy.contains("frame-ancestors 'self' https://app.example.test;"), "{policy}");
    let picture = world.base().having("Sec-Fetch-Dest", "image").having("Sec-Fetch-Mode", "no-cors");
    assert_eq!(world.send(&picture).await.header("Content-Type"), Some("application/problem+json"));
}

#[tokio::test]
async fn pages_speak_the_language_of_the_person() {
    let world = World::new().start().await;
    let rows = [
        ("de-AT,de;q=0.9,en;q=0.5", "de", "Ihr Formular wurde nicht gesendet"),
        ("fr", "fr", "Votre formulaire n’a pas été envoyé"),
        ("es-MX, en;q=0.2", "es", "Su formulario no se ha enviado"),
        ("it", "en", "Your form was not sent"),
    ];
    for (wanted, tag, title) in rows {
        let answer = world.send(&form(&world).having("Accept-Language", wanted)).await;
        assert_eq!(answer.header("Content-Language"), Some(tag), "{wanted}");
        assert_eq!(heading(&answer), title);
        assert!(answer.text().contains(&format!("<html lang=\"{tag}\">")));
        let refused =
            world.send(&world.base().without("X-Forwarded-Proto").having("Accept-Language", wanted)).await;
        assert_eq!(refused.header("Content-Language"), Some(tag), "{wanted}");
    }
}

/// K-08: whoever is refused by the provider learns nothing from our page about why.
#[tokio::test]
async fn refused_logins_look_alike() {
    let world = World::new().start().await;
    let mut seen = Vec::new();
    for description in ["no such user", "wrong password", "locked"] {
        let mut browser = world.browser();
        let callback = browser.open_until_callback(PAGE).await;
        let refused = callback
            .having("code", None)
            .having("error", Some("access_denied"))
            .having("error_description", Some(description));
        let answer = browser.call_back(&refused).await;
        let id = answer.header("Vestibule-Request-Id").unwrap().to_owned();
        seen.push(answer.text().replace(&id, ""));
    }
    assert!(seen[0].contains("<h1>") && seen.iter().all(|page| *page == seen[0]));
}

#[tokio::test]
async fn an_operator_has_pages_of_their_own() {
    let folder = tempfile();
    fs::write(
        folder.join("error.html"),
        "<!doctype html><html lang=\"{{ lang }}\"><title>{{ title }}</title><style>{{ style }}</style><main><h1>{{ title }}</h1>\
         <p>Ours: {{ sentence }} {{ code }} {{ request_id }} <a href=\"{{ again }}\">x</a></main></html>",
    )
    .unwrap();
    fs::write(folder.join("style.css"), "h1{color:teal}").unwrap();
    let world = World::new().server(&format!("pages_folder: {}", folder.display())).start().await;
    let answer = world.send(&world.base().without("X-Forwarded-Proto")).await;
    answer.assert_page("own");
    assert!(answer.text().contains("Ours: The login gateway is not set up correctly."), "{}", answer.text());
    let hash = {
        use base64::Engine as _;
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, b"h1{color:teal}");
        base64::engine::general_purpose::STANDARD.encode(digest)
    };
    assert!(answer.header("Content-Security-Policy").unwrap().contains(&hash));
    fs::remove_dir_all(folder).unwrap();
}

fn tempfile() -> std::path::PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("pages-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// K-07. `UPDATE_DOCS=1` writes the table of docs/pages.md anew.
#[tokio::test]
async fn twenty_causes_each_have_their_page_status_and_log_line() {
    let world = World::new().line(STEP_UP).start().await;
    let browser = world.signed_in().await;
    let own = |target: &str| world.asking(&format!("https://app.example.test{target}"));
    let issuer: String = url::form_urlencoded::byte_serialize(world.provider.issuer.as_bytes()).collect();
    let stray = |parameters: &str| format!("/oidc/app/callback?{parameters}&iss={issuer}");
    let mut late = world.browser();
    let expired = late.open_until_callback(PAGE).await;
    world.clock.shift(11 * 60);
    let mut denied = world.browser();
    let refused =
        denied.open_until_callback(PAGE).await.having("code", None).having("error", Some("access_denied"));
    let mut answers = vec![
        ("A form without a session", world.send(&form(&world)).await),
        ("A frame without a session", world.send(&world.base().having("Sec-Fetch-Dest", "iframe")).await),
        (
            "A rule asks for a stronger sign-in",
            world.send(&world.base_of(&browser).having("X-Forwarded-Uri", "/mfa")).await,
        ),
        (
            "The caller sends an identity header",
            world.send(&world.base().with("X-Auth-Subject", "root")).await,
        ),
        (
            "No client guards the host",
            world.send(&world.base().having("X-Forwarded-Host", "other.example.test")).await,
        ),
        ("The proxy does not send the scheme", world.send(&world.base().without("X-Forwarded-Proto")).await),
        (
            "The proxy sends the method twice",
            world.send(&world.base().with("X-Forwarded-Method", "GET")).await,
        ),
        (
            "The path can be read in two ways",
            world.send(&world.base().having("X-Forwarded-Uri", "/MFA")).await,
        ),
        ("There is no such client", world.send(&own("/oidc/nobody/login")).await),
        ("There is nothing at the path", world.send(&own("/oidc/app/nothing")).await),
        ("A login leads to another host", world.send(&own("/oidc/app/login?rd=https://evil.example/")).await),
        ("A login leads nowhere", world.send(&own("/oidc/app/login?rd=https%3A%2F%2F%5C")).await),
        ("A callback that nobody began", world.send(&own(&stray("code=x"))).await),
        ("A callback with a state that is not ours", world.send(&own(&stray("code=x&state=y"))).await),
        ("A login that took too long", late.call_back(&expired).await),
        ("The provider does not let the person in", denied.call_back(&refused).await),
        ("The same answer once more", denied.call_back(&refused).await),
        (
            "A link to sign out that asks for nothing known",
            world.send(&own("/oidc/app/logout?scope=all")).await,
        ),
        ("The session is over, and a page refreshes it", world.send(&own("/oidc/app/new-token?rd=/")).await),
        (
            "Another site asks for what only our own may",
            world.send(&own("/oidc/app/new-token?rd=/").having("Sec-Fetch-Site", "cross-site")).await,
        ),
    ];
    let busy = World::new().server("logins_per_minute_per_address: 1").start().await;
    let login = busy.asking("https://app.example.test/oidc/app/login?rd=/");
    busy.send(&login).await;
    answers.push(("Too many logins from one address", busy.send(&login).await));
    let down = World::new().provider_down().start().await;
    answers.push(("The provider cannot be reached", down.browser().open(PAGE).await.answer));

    let mut table =
        String::from("| cause | status | code | heading | the log line's `fault` |\n|---|---|---|---|---|\n");
    for (cause, answer) in &answers {
        answer.assert_page(cause);
        for detail in ["src/", ".rs", "minijinja", "panicked", "hyper", env!("CARGO_MANIFEST_DIR")] {
            assert!(!answer.text().contains(detail), "{cause}: {detail}");
        }
        let (code, id) = (answer.refusal(), answer.header("Vestibule-Request-Id").unwrap());
        let lines = logs::lines_with(&[id, &format!("\"{code}\"")]);
        assert_eq!(lines.len(), 1, "{cause}: {lines:?}");
        let line: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
        let fault = find(&line, "fault").unwrap_or("none: a sign-in is needed");
        let retries = if answer.header("Refresh").is_some() { ", tries again by itself" } else { "" };
        table +=
            &format!("| {cause} | {} | `{code}` | {}{retries} | {fault} |\n", answer.status, heading(answer));
    }
    assert!(answers.len() >= 20);

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pages.md");
    let page = fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (written, after) = rest.split_once(END).unwrap();
    let needed = format!("\n{table}");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, format!("{before}{BEGIN}{needed}{END}{after}")).unwrap();
    } else {
        assert!(
            written == needed,
            "docs/pages.md differs from what happens: run with UPDATE_DOCS=1\n{table}"
        );
    }
}

/// A field of a log line, wherever it stands in it.
fn find<'a>(line: &'a serde_json::Value, name: &str) -> Option<&'a str> {
    line.get(name).or_else(|| line.get("fields")?.get(name))?.as_str()
}

const BEGIN: &str = "<!-- causes: written by tests/flow/pages.rs -->";
const END: &str = "<!-- end of causes -->";
