//! How much ends when a person signs out, and where it ends (V-LO-1, H-09).

use crate::browser::{Browser, attributes};
use crate::provider::Endpoint;
use crate::world::{APP, Client, PAGE, World};

const OTHER: &str = "https://other.example.test/private";
const FAR: &str = "https://far.example.test/private";

/// Two clients of one provider, and one of another.
async fn world() -> World {
    World::new().client(Client::named("other")).client(Client::named("far").own_provider()).start().await
}

/// A browser of the same person, in that session of the provider, signed in at that client.
async fn signed_in(world: &World, client: &str, page: &str, sid: &str) -> Browser {
    for provider in std::iter::once(&world.provider).chain(&world.other_providers) {
        provider.script().sid = Some(sid.to_owned());
    }
    let mut browser = world.browser_for(client);
    browser.open(page).await.assert_at(page);
    browser
}

async fn is_in(browser: &mut Browser, page: &str) -> bool {
    browser.get(page).await.status == 200
}

/// The desk's sessions at three clients, and the phone's at two, ended by one of the desk's.
#[tokio::test]
async fn a_sign_out_ends_what_its_scope_says_and_the_page_says_which() {
    for (form, left, at_provider, sentence) in [
        (
            "scope=app",
            [false, true, true, true, true],
            0,
            "of this application. The login provider still knows",
        ),
        (
            "scope=session",
            [false, false, true, true, true],
            1,
            "of the others here that you used in this browser",
        ),
        ("", [false, false, true, true, true], 1, "of the others here that you used in this browser"),
        (
            "scope=everywhere",
            [false, false, true, false, false],
            1,
            "of every application here, in every browser",
        ),
    ] {
        let world = world().await;
        let mut all = Vec::new();
        for (client, page, sid) in [
            ("app", PAGE, "desk"),
            ("other", OTHER, "desk"),
            ("far", FAR, "desk"),
            ("app", PAGE, "phone"),
            ("other", OTHER, "phone"),
        ] {
            all.push((signed_in(&world, client, page, sid).await, page));
        }
        let landed = all[0].0.submit_and_follow(PAGE, &format!("{APP}/logout"), form).await;
        assert_eq!(landed.answer.status, 200, "{form}");
        assert!(landed.url.starts_with(&format!("{APP}/signed-out")), "{form}: {}", landed.url);
        assert!(landed.answer.text().contains(sentence), "{form}: {}", landed.answer.text());
        assert_eq!(world.provider.count(Endpoint::EndSession), at_provider, "{form}");
        for ((browser, page), left) in all.iter_mut().zip(left) {
            assert_eq!(is_in(browser, page).await, left, "{form}: {page}");
        }
    }
}

/// The same sub at another provider is somebody else, and at this one too where it names another person.
#[tokio::test]
async fn everywhere_is_everywhere_of_one_person() {
    let world = world().await;
    let mut ada = signed_in(&world, "app", PAGE, "one").await;
    world.provider.script().subject = "bob".to_owned();
    let mut bob = signed_in(&world, "app", PAGE, "two").await;
    ada.submit(PAGE, &format!("{APP}/logout"), "scope=everywhere").await;
    assert!(!is_in(&mut ada, PAGE).await && is_in(&mut bob, PAGE).await);
}

/// Where the provider names no session, nobody knows what else came from it.
#[tokio::test]
async fn without_a_sid_only_the_session_of_this_browser_ends() {
    let world = World::new().start().await;
    world.provider.change_id_token(|draft| draft.remove("sid"));
    let mut desk = world.signed_in().await;
    let mut phone = world.signed_in().await;
    desk.submit(PAGE, &format!("{APP}/logout"), "scope=session").await;
    assert!(!is_in(&mut desk, PAGE).await && is_in(&mut phone, PAGE).await);
}

#[tokio::test]
async fn a_scope_that_there_is_not_ends_nothing() {
    let world = World::new().start().await;
    let mut browser = world.signed_in().await;
    for scope in ["scope=", "scope=all", "scope=App", "scope=app&scope=app", "scope=app&scope=everywhere"] {
        let posted = browser.submit(PAGE, &format!("{APP}/logout"), scope).await;
        posted.assert_refused(400, "logout_scope", scope);
        browser.get(&format!("{APP}/logout?{scope}")).await.assert_refused(400, "logout_scope", scope);
        assert!(is_in(&mut browser, PAGE).await, "{scope}");
    }
}

/// D-14: the page that asks says what would end, and the form keeps it.
#[tokio::test]
async fn the_question_says_how_much_would_end_and_the_answer_ends_that() {
    for (scope, sentence) in [
        ("app", "at this application only"),
        ("session", "with it in this browser"),
        ("everywhere", "all your sessions"),
    ] {
        let world = World::new().start().await;
        let mut desk = world.signed_in().await;
        let mut phone = world.signed_in().await;
        let url = format!("{APP}/logout?scope={scope}");
        let page = desk.click("https://evil.example/page", &url).await.text();
        assert!(page.contains(sentence), "{page}");
        assert!(is_in(&mut desk, PAGE).await, "asked first");
        let form = format!("scope={}", attributes(&page, "value")[0]);
        assert_eq!(form, format!("scope={scope}"));
        desk.submit(APP, &format!("{APP}/logout"), &form).await;
        assert!(!is_in(&mut desk, PAGE).await);
        assert_eq!(is_in(&mut phone, PAGE).await, scope != "everywhere");
    }
}

/// V-LO-1: fresh, of this client, for ten minutes; else the landing page and nothing else.
#[tokio::test]
async fn the_state_of_a_sign_out_is_fresh_and_leads_on_only_in_time_and_at_its_client() {
    let world = World::new().client(Client::named("other")).start().await;
    let mut states = Vec::new();
    for _ in 0..2 {
        let answer = world.signed_in().await.submit(PAGE, &format!("{APP}/logout"), "rd=%2Fgoodbye").await;
        let url = url::Url::parse(answer.location()).unwrap();
        let state = url.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
        states.push(state);
    }
    assert_ne!(states[0], states[1]);
    let mut browser = world.browser();
    let state = &states[0];
    let back = browser.get(&format!("{APP}/signed-out?state={state}")).await;
    assert_eq!((back.status, back.location()), (303, "https://app.example.test/goodbye"));
    for (name, url) in [
        ("no state", format!("{APP}/signed-out")),
        ("another client's", format!("https://other.example.test/oidc/other/signed-out?state={state}")),
        ("a character changed", format!("{APP}/signed-out?state={}x", &state[..state.len() - 1])),
        ("cut", format!("{APP}/signed-out?state={}", &state[..state.len() / 2])),
        ("twice", format!("{APP}/signed-out?state={state}&state={state}")),
    ] {
        let answer = browser.get(&url).await;
        assert_eq!(answer.status, 200, "{name}: {}", answer.show());
        assert!(answer.text().contains("Signed out"), "{name}");
    }
    // A minute to either side, for a machine that is slow; session/logout_state.rs has the second.
    world.clock.shift(540);
    assert_eq!(browser.get(&format!("{APP}/signed-out?state={state}")).await.status, 303, "in time");
    world.clock.shift(61);
    assert_eq!(browser.get(&format!("{APP}/signed-out?state={state}")).await.status, 200, "too late");
}

/// H-08: a login of another tab that was under way does not outlive the sign-out; the next one is another.
#[tokio::test]
async fn a_login_under_way_does_not_outlive_a_sign_out_of_the_same_session() {
    for (form, status) in [("scope=app", 303), ("scope=session", 409), ("scope=everywhere", 409)] {
        let world = World::new().start().await;
        world.provider.script().sid = Some("desk".to_owned());
        let mut browser = world.signed_in().await;
        // Its jar is another one, as if the tab had sent its cookies before the sign-out took them.
        let mut tab = world.browser();
        let callback = tab.open_until_callback(PAGE).await;
        world.clock.shift(2);
        browser.submit(PAGE, &format!("{APP}/logout"), form).await;
        let answer = tab.call_back(&callback).await;
        assert_eq!(answer.status, status, "{form}: {}", answer.show());
    }
}

/// LO14: only what is asked for, and only on the answer that signs out: any site can let a browser ask for the page afterwards.
#[tokio::test]
async fn the_browser_is_told_what_to_clear_where_the_operator_wants_it() {
    for (line, header) in [
        ("logout: {}", None),
        ("logout: { clear_site_data: cache }", Some("\"cache\"")),
        ("logout: { clear_site_data: [cache, storage] }", Some("\"cache\", \"storage\"")),
    ] {
        let world = World::new().line(line).start().await;
        let mut browser = world.signed_in().await;
        let asked = browser.click("https://evil.example/page", &format!("{APP}/logout")).await;
        assert_eq!(asked.header("Clear-Site-Data"), None, "{line}");
        let answer = browser.submit(PAGE, &format!("{APP}/logout"), "").await;
        assert_eq!(answer.header("Clear-Site-Data"), header, "{line}");
        let again = browser.submit(PAGE, &format!("{APP}/logout"), "").await;
        assert_eq!(again.header("Clear-Site-Data"), None, "{line}: nobody was signed in");
        let page = browser.get(&format!("{APP}/signed-out")).await;
        assert_eq!(page.header("Clear-Site-Data"), None, "{line}");
    }
}
