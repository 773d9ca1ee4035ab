//! Several clients guard one host, and people choose by which they sign in.

use serde_json::json;
use url::Url;

use crate::api::AUDIENCE_LINE;
use crate::browser::{Browser, attributes};
use crate::jar::Context;
use crate::provider::Endpoint;
use crate::wire::{Answer, Ask};
use crate::world::{APP, Client, PAGE, SESSION, Setup, World};

const GUESTS: &str = "https://app.example.test/oidc/guests";
const CHOICE: &str = "__Host-vestibule_choice";
const ENCODED: &str = "rd=https%3A%2F%2Fapp.example.test%2Fprivate";

/// `app` and, at a provider of its own, `guests`, where people are subject-of-a-guest.
fn setup() -> Setup {
    World::new().line("login_choice: Company account").client(guests())
}

fn guests() -> Client {
    Client::named("guests")
        .origin("https://app.example.test")
        .hosts("[app.example.test]")
        .headers("{ email: X-User-Email, name: X-Guest-Name }")
        .line("login_choice: Guests & friends")
        .own_provider()
}

async fn started(setup: Setup) -> World {
    let world = setup.start().await;
    world.other_providers[0].script().subject = "subject-of-a-guest".to_owned();
    world
}

async fn world() -> World {
    started(setup()).await
}

/// A browser behind a proxy that names no client.
fn by_host(world: &World) -> Browser {
    world.browser_for("")
}

/// The question about [`PAGE`] with the cookies of a browser.
fn question(browser: &Browser) -> Ask {
    browser.ask("GET", &Url::parse(PAGE).unwrap(), Context::SameSite)
}

fn without_cookies(world: &World) -> Ask {
    question(&by_host(world))
}

/// Opens the page and chooses the login of that client.
async fn sign_in(browser: &mut Browser, client: &str) {
    let landed = browser.open(&format!("{APP}/choose?{ENCODED}")).await;
    let link =
        links(&landed.answer).into_iter().find(|link| link.contains(&format!("/oidc/{client}/login?")));
    browser
        .open(&link.unwrap_or_else(|| panic!("no {client} in {}", landed.answer.text())))
        .await
        .assert_at(PAGE);
}

fn links(chooser: &Answer) -> Vec<String> {
    assert_eq!(chooser.status, 200, "{}", chooser.show());
    attributes(&chooser.text(), "href")
}

/// Name and mark of each entry, in order.
fn entries(chooser: &Answer) -> Vec<(String, bool)> {
    let text = chooser.text();
    let entries = text.split("<li>").skip(1).map(|entry| {
        let name = entry.split("<bdi>").nth(1).unwrap().split("</bdi>").next().unwrap();
        (name.to_owned(), entry.contains("Used last time"))
    });
    entries.collect()
}

async fn subject(world: &World, browser: &Browser) -> String {
    let answer = world.send(&question(browser)).await;
    answer.assert_allowed("signed in");
    answer.header("X-Auth-Subject").unwrap().to_owned()
}

#[tokio::test]
async fn whoever_is_not_signed_in_chooses_and_both_logins_lead_to_the_page() {
    let world = world().await;
    for (client, subject) in [("app", "subject-4711"), ("guests", "subject-of-a-guest")] {
        let mut browser = by_host(&world);
        let landed = browser.open(PAGE).await;
        assert_eq!(landed.url, format!("{APP}/choose?{ENCODED}"));
        assert_eq!(
            entries(&landed.answer),
            [("Company account".to_owned(), false), ("Guests &amp; friends".to_owned(), false)]
        );
        assert_eq!(
            links(&landed.answer),
            [format!("{APP}/login?{ENCODED}"), format!("{GUESTS}/login?{ENCODED}")]
        );
        assert!(browser.jar.all().is_empty(), "nothing has begun: {:?}", browser.jar);
        sign_in(&mut browser, client).await;
        let landed = browser.open(PAGE).await;
        landed.assert_at(PAGE);
        assert_eq!(landed.identity("X-Auth-Subject"), subject);
    }
    assert_eq!(world.provider.count(Endpoint::Authorize), 1);
    assert_eq!(world.other_providers[0].count(Endpoint::Authorize), 1);
}

#[tokio::test]
async fn the_session_that_began_last_decides_and_one_that_is_over_does_not_count() {
    let world = started(setup().app(|app| app.line("session: { idle: 1h }"))).await;
    let mut browser = by_host(&world);
    sign_in(&mut browser, "app").await;
    assert_eq!(subject(&world, &browser).await, "subject-4711");
    world.clock.shift(1);
    sign_in(&mut browser, "guests").await;
    assert_eq!(subject(&world, &browser).await, "subject-of-a-guest");
    world.clock.shift(1);
    sign_in(&mut browser, "app").await;
    assert_eq!(subject(&world, &browser).await, "subject-4711");
    // Nobody uses the one at `app` any more, which is the younger.
    world.clock.shift(3601);
    assert_eq!(subject(&world, &browser).await, "subject-of-a-guest");
    // A cookie that opens nothing is nothing beside one that does.
    browser.jar.remove(SESSION);
    let ask = question(&browser);
    let cookie = String::from_utf8(ask.header("Cookie").unwrap().to_vec()).unwrap();
    for nothing in [format!("{SESSION}={}A", "D".repeat(42)), format!("{SESSION}=short")] {
        let answer = world.send(&ask.clone().having("Cookie", format!("{nothing}; {cookie}"))).await;
        answer.assert_allowed(&nothing);
        assert_eq!(answer.header("X-Auth-Subject"), Some("subject-of-a-guest"));
    }
}

#[tokio::test]
async fn a_sign_out_ends_the_session_of_one_client_and_leaves_the_other() {
    let world = world().await;
    let mut browser = by_host(&world);
    sign_in(&mut browser, "app").await;
    world.clock.shift(1);
    sign_in(&mut browser, "guests").await;
    let answer = browser.submit(PAGE, &format!("{GUESTS}/logout"), "").await;
    assert_eq!(answer.status, 303, "{}", answer.show());
    assert_eq!(subject(&world, &browser).await, "subject-4711");
    let answer = browser.submit(PAGE, &format!("{APP}/logout"), "").await;
    assert_eq!(answer.status, 303, "{}", answer.show());
    let landed = browser.open(PAGE).await;
    assert_eq!(landed.url, format!("{APP}/choose?{ENCODED}"));
    assert_eq!(entries(&landed.answer)[0], ("Guests &amp; friends".to_owned(), true), "it is remembered");
}

/// Every header of every client once, empty where it is not of the client that decides.
#[tokio::test]
async fn a_200_blanks_the_headers_of_the_other_client() {
    let public = "rules: [{ path: /public, policy: public }]";
    let world = started(setup().app(|app| app.line(public)).line(AUDIENCE_LINE)).await;
    let filled = |answer: &Answer| {
        let names = ["X-Auth-Subject", "X-Auth-Issuer", "X-Auth-Client", "X-User-Email", "X-User-Name"];
        let all = names.into_iter().chain(["X-User-Groups", "X-Guest-Name"]);
        all.filter(|name| {
            let values = answer.all(name);
            assert_eq!(values.len(), 1, "{name}: {}", answer.show());
            !values[0].is_empty()
        })
        .collect::<Vec<_>>()
    };
    let nobody = world.send(&without_cookies(&world).having("X-Forwarded-Uri", "/public")).await;
    nobody.assert_allowed("public");
    assert_eq!(filled(&nobody), [""; 0]);
    let mut browser = by_host(&world);
    sign_in(&mut browser, "app").await;
    let answer = world.send(&question(&browser)).await;
    assert_eq!(
        filled(&answer),
        ["X-Auth-Subject", "X-Auth-Issuer", "X-User-Email", "X-User-Name", "X-User-Groups"]
    );
    world.clock.shift(1);
    sign_in(&mut browser, "guests").await;
    let answer = world.send(&question(&browser)).await;
    assert_eq!(filled(&answer), ["X-Auth-Subject", "X-Auth-Issuer", "X-User-Email"]);
    let issuer = world.other_providers[0].issuer.as_str();
    assert_eq!(
        answer.header("X-Auth-Issuer"),
        Some(issuer),
        "two providers may know two people by one subject"
    );
    assert!(answer.all("Set-Cookie").is_empty());
    // The proxy that names a client passes the same headers on.
    let mut named = question(&browser);
    named.target = b"/oidc/guests/auth".to_vec();
    assert_eq!(filled(&world.send(&named).await), ["X-Auth-Subject", "X-Auth-Issuer", "X-User-Email"]);
}

/// C-01: whichever client decides, and whether the proxy names it or not.
#[tokio::test]
async fn a_header_of_the_other_client_that_the_caller_sends_is_refused() {
    let world = world().await;
    let mut browser = by_host(&world);
    sign_in(&mut browser, "app").await;
    for target in ["/auth", "/oidc/app/auth", "/oidc/guests/auth"] {
        for header in ["X-Guest-Name", "x_guest_name", "X-User-Groups", "X-Auth-Subject"] {
            let mut ask = question(&browser).with(header, "admin");
            ask.target = target.into();
            world.send(&ask).await.assert_refused(400, "identity_header_sent", &format!("{target} {header}"));
        }
        let mut ask = question(&browser).with("Connection", "close, x-guest-name");
        ask.target = target.into();
        let answer = crate::wire::exchange(world.address, &ask.bytes()).await.unwrap();
        answer.assert_refused(400, "identity_header_in_connection", target);
    }
}

#[tokio::test]
async fn the_one_that_was_used_last_is_marked_and_stands_first() {
    let world = world().await;
    let mut browser = by_host(&world);
    sign_in(&mut browser, "guests").await;
    let cookie = browser.jar.get(CHOICE).unwrap().clone();
    assert_eq!(cookie.value, "guests");
    browser.jar.remove("__Host-vestibule_guests");
    let landed = browser.open(PAGE).await;
    let remembered = [("Guests &amp; friends".to_owned(), true), ("Company account".to_owned(), false)];
    assert_eq!(entries(&landed.answer), remembered);
    for odd in ["", "nobody", "GUESTS", "guests, app", "%67uests"] {
        let chooser = browser.ask("GET", &Url::parse(&landed.url).unwrap(), Context::SameSite);
        let answer = world.send(&chooser.having("Cookie", format!("{CHOICE}={odd}"))).await;
        let marked = entries(&answer).iter().any(|(_, last)| *last);
        // Behind the comma stands what another site could have put there.
        assert_eq!(marked, odd == "guests, app", "{odd:?}: {}", answer.text());
    }
    let chooser = browser.ask("GET", &Url::parse(&landed.url).unwrap(), Context::SameSite);
    let twice = world.send(&chooser.having("Cookie", format!("{CHOICE}=app; {CHOICE}=guests"))).await;
    assert_eq!(entries(&twice)[0], ("Company account".to_owned(), false));
}

#[tokio::test]
async fn a_choice_is_remembered_for_400_days_by_its_name_and_only_where_there_is_one() {
    let world = world().await;
    let mut browser = by_host(&world);
    let callback = browser.open_until_callback(&format!("{GUESTS}/login?{ENCODED}")).await;
    let answer = browser.call_back(&callback).await;
    let line = answer.all("Set-Cookie").into_iter().find(|line| line.starts_with(CHOICE)).unwrap();
    assert_eq!(line, format!("{CHOICE}=guests; Path=/; Max-Age=34560000; HttpOnly; Secure; SameSite=Lax"));
    let alone = World::new().start().await;
    assert!(alone.signed_in().await.jar.get(CHOICE).is_none());
}

#[tokio::test]
async fn a_program_is_told_the_address_of_the_choice() {
    let world = world().await;
    let program = without_cookies(&world)
        .having("Accept", "*/*")
        .without("Sec-Fetch-Dest")
        .without("Sec-Fetch-Mode")
        .without("Upgrade-Insecure-Requests");
    let answer = world.send(&program).await;
    answer.assert_refused(401, "no_cookie", "a program");
    let address = format!("{APP}/choose?rd=https%3A%2F%2Fapp.example.test%2F");
    assert_eq!(answer.json()["login_url"], json!(address));
    assert_eq!(answer.header("Vestibule-Login"), Some(address.as_str()));
}

#[tokio::test]
async fn every_dialect_leads_to_the_choice() {
    let world = world().await;
    let rows = [
        ("/auth", without_cookies(&world), 302),
        ("/auth/nginx", world.nginx(PAGE), 401),
        ("/auth/envoy/private", world.envoy(PAGE), 302),
    ];
    for (target, mut ask, status) in rows {
        ask.target = target.into();
        let answer = world.send(&ask).await;
        answer.assert_refused(status, "no_cookie", target);
        assert_eq!(answer.location(), format!("{APP}/choose?{ENCODED}"), "{target}");
    }
}

#[tokio::test]
async fn the_page_takes_no_other_host_and_no_other_method() {
    let world = world().await;
    let mut browser = by_host(&world);
    for foreign in ["https://evil.example/", "//evil.example/", "https://app.example.test.evil.example/"] {
        let answer = browser.get(&format!("{APP}/choose?rd={foreign}")).await;
        assert_eq!(answer.status, 400, "{foreign}: {}", answer.show());
        assert!(!answer.text().contains("evil.example"), "{}", answer.text());
    }
    let url = Url::parse(&format!("{APP}/choose?{ENCODED}")).unwrap();
    let head = world.send(&browser.ask("HEAD", &url, Context::SameSite)).await;
    assert_eq!((head.status, head.body.len()), (200, 0), "{}", head.show());
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        let answer = world.send(&browser.ask(method, &url, Context::SameSite)).await;
        answer.assert_refused(405, "method_not_allowed", method);
        assert_eq!(answer.header("Allow"), Some("GET, HEAD"));
    }
    // Where there never is a choice there is no such page.
    let alone = World::new().start().await;
    alone.browser().get(&format!("{APP}/choose?{ENCODED}")).await.assert_refused(
        404,
        "path_unknown",
        "alone",
    );
}

/// Of two hosts the clients share one.
#[tokio::test]
async fn a_host_that_one_client_guards_alone_has_no_choice() {
    let setup = setup().app(|app| {
        app.hosts("[app.example.test, intern.example.test]").line("cookie: { domain: example.test }")
    });
    let world = started(setup).await;
    let mut browser = by_host(&world);
    let landed = browser.open("https://intern.example.test/x").await;
    landed.assert_at("https://intern.example.test/x");
    let to = "rd=https%3A%2F%2Fintern.example.test%2Fx";
    let answer = browser.get(&format!("{APP}/choose?{to}")).await;
    assert_eq!((answer.status, answer.location()), (302, format!("{APP}/login?{to}").as_str()));
    browser.get(&format!("{GUESTS}/choose?{to}")).await.assert_refused(400, "return_to_host", "not its host");
}

#[tokio::test]
async fn what_a_login_takes_is_handed_on_to_those_that_take_it() {
    let setup = setup().line("authorization: { from_login_url: [login_hint, ui_locales] }");
    let world = started(setup).await;
    let mut browser = by_host(&world);
    let query = "login_hint=ada%40example.test&prompt=select_account&kc_idp_hint=x&seen=unknown";
    let landed = browser.open(&format!("{APP}/choose?{query}&{ENCODED}")).await;
    assert_eq!(
        links(&landed.answer),
        [
            format!("{APP}/login?login_hint=ada%40example.test&prompt=select_account&seen=unknown&{ENCODED}"),
            format!("{GUESTS}/login?prompt=select_account&seen=unknown&{ENCODED}"),
        ]
    );
    let answer = browser.get(&format!("{APP}/choose?login_hint=a&login_hint=b&{ENCODED}")).await;
    answer.assert_refused(400, "login_parameter", "twice");
}

#[tokio::test]
async fn whoever_may_not_enter_may_choose_another_account() {
    let rule = "rules: [{ path: /*, require: { groups: { any: [nobody] } } }]";
    let world = started(World::new().line("login_choice: Company account").client(guests().line(rule))).await;
    let mut browser = by_host(&world);
    let landed = browser.open(&format!("{GUESTS}/login?{ENCODED}")).await;
    landed.answer.assert_refused(403, "not_member", "the guest");
    let another = format!("{GUESTS}/choose?prompt=select_account&{ENCODED}");
    assert!(attributes(&landed.answer.text(), "href").contains(&another), "{}", landed.answer.text());
    world.clock.shift(1);
    let chooser = browser.open(&another).await;
    let link = links(&chooser.answer).into_iter().find(|link| link.starts_with(APP)).unwrap();
    assert_eq!(link, format!("{APP}/login?prompt=select_account&{ENCODED}"));
    browser.open(&link).await.assert_at(PAGE);
    assert_eq!(subject(&world, &browser).await, "subject-4711");
}

/// Also where the login itself refuses the account, and each login asks for what its client always asks for.
#[tokio::test]
async fn whoever_is_refused_for_their_account_may_choose_another_one_at_any_provider() {
    let app = "authorization: { prompt: consent }";
    let guests = guests().line("hosted_domain: example.org");
    let world = started(World::new().line("login_choice: Company account").line(app).client(guests)).await;
    let mut browser = by_host(&world);
    let landed = browser.open(&format!("{GUESTS}/login?{ENCODED}")).await;
    landed.answer.assert_refused(403, "hosted_domain", "the guest");
    let another = attributes(&landed.answer.text(), "href").remove(0);
    assert_eq!(another, format!("{GUESTS}/choose?prompt=select_account&{ENCODED}"));
    let chooser = browser.open(&another).await;
    let link = links(&chooser.answer).into_iter().find(|link| link.starts_with(APP)).unwrap();
    let asked = browser.get(&link).await.location().to_owned();
    assert!(asked.contains("&prompt=consent+select_account"), "{link}: {asked}");
    browser.open(&link).await.assert_at(PAGE);
    assert_eq!(subject(&world, &browser).await, "subject-4711");
}

#[tokio::test]
async fn somebody_who_is_to_be_authenticated_better_is_led_to_the_provider_of_their_session() {
    let rule = "rules: [{ path: /private, acr_values: gold, on_forbidden: step_up }]";
    let world = started(World::new().line("login_choice: Company account").client(guests().line(rule))).await;
    let mut browser = by_host(&world);
    let callback = browser.open_until_callback(&format!("{GUESTS}/login?{ENCODED}")).await;
    browser.call_back(&callback).await;
    let answer = world.send(&question(&browser)).await;
    answer.assert_refused(302, "step_up", "the guest");
    assert_eq!(answer.location(), format!("{GUESTS}/login?step_up=1&{ENCODED}"));
}

/// A proxy that names a client has chosen.
#[tokio::test]
async fn a_proxy_that_names_a_client_asks_that_one_alone() {
    let world = world().await;
    let mut browser = by_host(&world);
    sign_in(&mut browser, "app").await;
    let mut ask = question(&browser);
    ask.target = b"/oidc/guests/auth".to_vec();
    let answer = world.send(&ask).await;
    answer.assert_refused(302, "no_cookie", "signed in elsewhere");
    assert_eq!(answer.location(), format!("{GUESTS}/login?{ENCODED}"));
}

/// Nobody's anonymous request is held to the rules of any but the first, and nobody's session to those of another client.
#[tokio::test]
async fn a_request_is_judged_by_the_rules_of_exactly_one_client() {
    let app = "rules: [{ path: /first, policy: public }, { path: /closed, policy: deny }]";
    let guest = "rules: [{ path: /second, policy: public }, { path: /first, policy: deny }]";
    let world = started(World::new().line("login_choice: A").line(app).client(guests().line(guest))).await;
    let mut browser = by_host(&world);
    let at = |ask: Ask, path: &str| ask.having("X-Forwarded-Uri", path);
    world.send(&at(question(&browser), "/first")).await.assert_allowed("public at the first");
    world.send(&at(question(&browser), "/second")).await.assert_refused(
        302,
        "no_cookie",
        "public at the second",
    );
    sign_in(&mut browser, "guests").await;
    world.send(&at(question(&browser), "/first")).await.assert_refused(403, "rule_denies", "denied there");
    world.send(&at(question(&browser), "/closed")).await.assert_allowed("no rule there");
    world.send(&at(question(&browser), "/second")).await.assert_allowed("public there");
}

/// A token that comes through was looked at, whoever else is signed in in the same browser; and the client that takes tokens need not be
/// the first.
#[tokio::test]
async fn an_access_token_is_judged_by_the_client_that_takes_tokens() {
    let guests = guests()
        .line(AUDIENCE_LINE)
        .line("bearer_options: { with_session: token }")
        .line("rules: [{ path: /own/*, bearer: ignored }]");
    let world = started(World::new().line("login_choice: Company account").client(guests)).await;
    let token = world.other_providers[0].access_token(|_| {});
    let mut browser = by_host(&world);
    let bearing =
        |browser: &Browser, token: &str| question(browser).with("Authorization", format!("Bearer {token}"));
    for signed_in in [false, true] {
        if signed_in {
            sign_in(&mut browser, "app").await;
        }
        let answer = world.send(&bearing(&browser, &token)).await;
        answer.assert_allowed("a token");
        assert_eq!(answer.header("X-Auth-Client"), Some("calling-program"), "signed in: {signed_in}");
        for (forged, status, code) in
            [("a.b.c", 401, "bearer_opaque"), ("two words", 401, "bearer_malformed")]
        {
            world.send(&bearing(&browser, forged)).await.assert_refused(status, code, forged);
        }
    }
    // Where it takes none, `Authorization` is the application's.
    let answer = world.send(&bearing(&browser, "anything").having("X-Forwarded-Uri", "/own/x")).await;
    answer.assert_allowed("not ours");
    assert_eq!(
        (answer.header("X-Auth-Subject"), answer.header("X-Auth-Client")),
        (Some("subject-4711"), Some(""))
    );
}

#[tokio::test]
async fn an_access_token_beside_a_cookie_of_any_client_of_the_host_is_refused_by_default() {
    let guests = guests().line(AUDIENCE_LINE);
    let world = started(World::new().line("login_choice: Company account").client(guests)).await;
    let token = world.other_providers[0].access_token(|_| {});
    let mut browser = by_host(&world);
    sign_in(&mut browser, "app").await;
    let ask = question(&browser).with("Authorization", format!("Bearer {token}"));
    world.send(&ask).await.assert_refused(400, "bearer_with_cookie", "the cookie of the other");
}

/// also by way of the list.
#[tokio::test]
async fn a_loop_by_way_of_the_choice_names_its_cause() {
    let world = world().await;
    let mut browser = by_host(&world);
    for round in 1..=3 {
        let chooser = browser.open(PAGE).await;
        let link = links(&chooser.answer).into_iter().find(|link| link.starts_with(GUESTS)).unwrap();
        assert_eq!(link.contains("seen=unreadable"), round > 1, "{link}");
        let callback = browser.open_until_callback(&link).await;
        let answer = browser.call_back(&callback).await;
        if round < 3 {
            assert_eq!(answer.status, 303, "{}", answer.show());
        } else {
            answer.assert_refused(508, "cookie_changed", "the third");
        }
        let mut cookie = browser.jar.get("__Host-vestibule_guests").unwrap().clone();
        browser.jar.remove("__Host-vestibule_guests");
        cookie.value.truncate(40);
        browser.jar.plant(cookie);
    }
}

/// Where the client that takes tokens lets nobody in, no token goes on with another client's session: nobody would have looked at it.
#[tokio::test]
async fn a_token_does_not_come_in_beside_another_session_where_its_client_denies() {
    let world = started(
        World::new().line("login_choice: Company account").client(
            guests()
                .line(AUDIENCE_LINE)
                .line("bearer_options: { with_session: token }")
                .line("rules: [{ path: /private, policy: deny }]"),
        ),
    )
    .await;
    let mut browser = by_host(&world);
    sign_in(&mut browser, "app").await;
    world.send(&question(&browser)).await.assert_allowed("a session alone");
    let token = world.other_providers[0].access_token(|_| {});
    for token in [token.as_str(), "made-up"] {
        let ask = question(&browser).with("Authorization", format!("Bearer {token}"));
        let answer = world.send(&ask).await;
        assert_eq!((answer.status, answer.refusal()), (403, "rule_denies"), "{}", answer.show());
    }
}
