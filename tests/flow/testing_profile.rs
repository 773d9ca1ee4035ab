//! `danger_testing_profile`: a session without a sign-in, on this machine alone, and said aloud.

use std::net::{IpAddr, Ipv4Addr};

use crate::logs;
use crate::wire::{Answer, Ask};
use crate::world::{Client, Setup, World};

const HOST: &str = "app.localhost";
pub(crate) const PROFILE: &str = "danger_testing_profile: { sub: alice, email: alice@example.com, preferred_username: Alice, groups: [admins, readers] }";

/// A client on this machine with a profile, whose provider is down and must not be asked.
fn world() -> Setup {
    World::new().provider_down().app(|_| on_this_machine("app").line(PROFILE))
}

pub(crate) fn on_this_machine(name: &str) -> Client {
    Client::named(name).origin(&format!("http://{name}.localhost")).hosts(&format!("[{name}.localhost]"))
}

pub(crate) fn own(page: &str) -> Ask {
    Ask::new("GET", format!("/oidc/app/{page}")).with("Host", HOST).with("Accept", "application/json")
}

pub(crate) fn subrequest() -> Ask {
    Ask::new("GET", "/oidc/app/auth")
        .with("Host", "vestibule.internal")
        .with("Accept", "text/html")
        .with("Sec-Fetch-Mode", "navigate")
        .with("X-Forwarded-For", "127.0.0.1")
        .with("X-Forwarded-Host", HOST)
        .with("X-Forwarded-Method", "GET")
        .with("X-Forwarded-Proto", "http")
        .with("X-Forwarded-Uri", "/private?x=%20")
}

pub(crate) fn cookie(login: &Answer) -> String {
    let line = login.all("Set-Cookie");
    assert_eq!(line.len(), 1, "{}", login.show());
    line[0].split(';').next().unwrap().to_owned()
}

const DANGER: Option<&str> = Some("testing_profile");

#[tokio::test]
async fn a_login_leads_to_a_session_of_the_profile_and_asks_no_provider() {
    let world = world().start().await;
    let sent = world.send(&subrequest()).await;
    assert_eq!((sent.status, sent.header("Vestibule-Danger")), (302, DANGER), "{}", sent.show());
    let login = sent.location().strip_prefix("http://app.localhost").unwrap().to_owned();

    let login = world.send(&Ask::new("GET", login).with("Host", HOST)).await;
    assert_eq!((login.status, login.location()), (303, "http://app.localhost/private?x=%20"));
    assert_eq!(login.header("Vestibule-Danger"), DANGER);
    let cookie = cookie(&login);

    let allowed = world.send(&subrequest().with("Cookie", &cookie)).await;
    allowed.assert_allowed("with the session");
    let header = |name| allowed.header(name).unwrap();
    assert_eq!(header("X-Auth-Subject"), "alice");
    assert_eq!(header("X-User-Email"), "alice@example.com");
    assert_eq!(header("X-User-Groups"), "admins,readers");
    assert_eq!(header("Vestibule-Danger"), "testing_profile");

    let claims = world.send(&own("userinfo").with("Cookie", &cookie)).await;
    assert_eq!(claims.json()["sub"], "alice");
    assert_eq!(claims.json()["iss"], "urn:vestibule:danger_testing_profile", "no provider's issuer");

    let lines = logs::lines_with(&["testing_profile_login", "WARN"]);
    assert!(!lines.is_empty(), "one line a login, as a warning");

    let out = own("logout").with("Cookie", &cookie).with("Sec-Fetch-Site", "same-origin");
    let out = world.send(&out.with("Sec-Fetch-Mode", "navigate").with("Sec-Fetch-Dest", "document")).await;
    let page = out.location().split('?').next();
    assert_eq!((out.status, page), (303, Some("http://app.localhost/oidc/app/signed-out")));
    assert_eq!(world.send(&subrequest().with("Cookie", &cookie)).await.status, 302, "signed out");
}

#[tokio::test]
async fn every_answer_of_a_client_with_a_profile_says_so_and_none_of_another_client_does() {
    let world = world().client(on_this_machine("real")).start().await;
    let pages = [
        "login",
        "login?rd=https://evil.example/",
        "callback",
        "callback?code=x&state=y",
        "logout",
        "signed-out",
        "session",
        "userinfo",
        "new-token",
    ];
    for page in pages {
        let answer = world.send(&own(page)).await;
        assert_eq!(answer.header("Vestibule-Danger"), DANGER, "{page}: {}", answer.show());
    }
    let refused = world.send(&subrequest().having("X-Forwarded-Host", "evil.example")).await;
    assert_eq!(refused.header("Vestibule-Danger"), DANGER, "{}", refused.show());
    let refused = world.send(&subrequest().with("X-Auth-Subject", "bob")).await;
    assert_eq!(refused.header("Vestibule-Danger"), DANGER, "{}", refused.show());
    let by_host = world.send(&Ask { target: b"/auth".to_vec(), ..subrequest() }).await;
    assert_eq!(by_host.header("Vestibule-Danger"), DANGER, "{}", by_host.show());
    let post = world.send(&Ask { method: "POST".to_owned(), ..own("login") }).await;
    assert_eq!((post.status, post.header("Vestibule-Danger")), (405, DANGER));

    for page in pages {
        let ask = Ask::new("GET", format!("/oidc/real/{page}")).with("Host", "real.localhost");
        let answer = world.send(&ask).await;
        assert_eq!(answer.header("Vestibule-Danger"), None, "{page}: {}", answer.show());
    }
    let real = subrequest().having("X-Forwarded-Host", "real.localhost");
    let real = world.send(&Ask { target: b"/oidc/real/auth".to_vec(), ..real }).await;
    assert_eq!(real.header("Vestibule-Danger"), None);
}

#[tokio::test]
async fn a_session_of_the_profile_opens_no_other_client() {
    let world = world().client(on_this_machine("real")).start().await;
    let login = world.send(&own("login")).await;
    let value = cookie(&login).split_once('=').unwrap().1.to_owned();
    let real = subrequest().having("X-Forwarded-Host", "real.localhost");
    let real = Ask { target: b"/oidc/real/auth".to_vec(), ..real };
    let answer =
        world.send(&real.with("Cookie", format!("vestibule_real={value}; vestibule_app={value}"))).await;
    assert_eq!((answer.status, answer.refusal()), (302, "session_unknown"));
}

#[tokio::test]
async fn a_request_that_a_proxy_brings_from_another_machine_is_refused() {
    let world = world().start().await;
    let cookie = cookie(&world.send(&own("login")).await);
    let elsewhere =
        ["198.51.100.7", "127.0.0.1, 198.51.100.7", "198.51.100.7, 127.0.0.1", "unknown", "", "10.0.0.1:80"];
    for from in elsewhere {
        for header in ["X-Forwarded-For", "X-Real-IP"] {
            let answer = world.send(&own("login").with(header, from)).await;
            answer.assert_refused(403, "testing_profile_remote", from);
            assert_eq!(answer.all("Set-Cookie"), [""; 0]);
            let asked = subrequest().without("X-Forwarded-For").with("Cookie", &cookie).with(header, from);
            world.send(&asked).await.assert_refused(403, "testing_profile_remote", from);
        }
    }
    let twice = own("login").with("X-Forwarded-For", "127.0.0.1").with("X-Forwarded-For", "198.51.100.7");
    world.send(&twice).await.assert_refused(403, "testing_profile_remote", "the second line");
    assert_eq!(world.send(&own("login").with("X-Forwarded-For", "::1, 127.0.0.1")).await.status, 303);
}

/// DNS rebinding, and tunnels that say for whom in another way.
#[tokio::test]
async fn a_page_that_was_asked_for_under_another_name_is_refused() {
    let world = world().start().await;
    let cookie = cookie(&world.send(&own("login")).await);
    for page in ["login", "session", "userinfo", "logout"] {
        let ask = own(page).with("Cookie", &cookie);
        for host in ["evil.example:8000", "evil.example", "localhost.evil.example", "10.0.0.1"] {
            let answer = world.send(&Ask { ..own(page) }.having("Host", host).with("Cookie", &cookie)).await;
            answer.assert_refused(403, "testing_profile_remote", host);
            assert_eq!(answer.all("Set-Cookie"), [""; 0]);
            let tunnel = world.send(&Ask { ..own(page) }.with("X-Forwarded-Host", host)).await;
            tunnel.assert_refused(403, "testing_profile_remote", host);
        }
        let tunnel = world.send(&ask.with("Forwarded", "for=198.51.100.7;proto=https")).await;
        tunnel.assert_refused(403, "testing_profile_remote", page);
    }
    let asked = subrequest().with("Cookie", &cookie).with("Forwarded", "for=198.51.100.7");
    world.send(&asked).await.assert_refused(403, "testing_profile_remote", "a subrequest");
    for host in ["localhost:8000", "127.0.0.1:8000", "[::1]:8000", "app.localhost"] {
        assert_eq!(world.send(&own("login").having("Host", host)).await.status, 303, "{host}");
    }
}

#[tokio::test]
async fn a_provider_does_not_call_back_where_there_is_a_profile() {
    let world = world().start().await;
    let answer = world.send(&own("callback?code=code&state=state")).await;
    answer.assert_refused(404, "path_unknown", "callback");
}

#[tokio::test]
async fn the_return_address_is_judged_as_at_any_login() {
    let world = world().start().await;
    let answer = world.send(&own("login?rd=http://evil.example/")).await;
    answer.assert_refused(400, "return_to_host", "another host");
}

/// What the configuration says is held against the sockets once more.
#[tokio::test]
async fn nothing_starts_with_a_profile_and_a_listener_that_others_reach() {
    let mut config = world().config();
    config.server.listen.set_ip(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    let error = vestibule::server::start(config, vestibule::clock::Clock::system()).await.unwrap_err();
    assert!(error.to_string().contains("danger_testing_profile"), "{error}");
}
