//! The same rules through each real proxy.

use crate::browser::Browser;
use crate::http::Request;
use crate::stage::{Seen, Stage};
use crate::websocket;

/// What a forger sends; nothing of it may reach the application.
const FORGED: &str = "forged-by-the-caller";
/// Names that an application may take for `X-Auth-Subject` and its like.
const ALIASES: [&str; 9] = [
    "X-Auth-Subject",
    "x-auth-subject",
    "X-USER-EMAIL",
    "X_Auth_Subject",
    "X-Auth_Subject",
    "X.Auth.Subject",
    "X_User.Groups",
    "X-User-Name",
    "X_USER_EMAIL",
];

/// One test for each rule and proxy, with a client that is registered in that way.
macro_rules! through_each_proxy {
    ($($rule:ident: $registration:expr),+ $(,)?) => {
        through_each_proxy!(@module traefik Traefik $($rule: $registration),+);
        through_each_proxy!(@module traefik_3_3 Traefik33 $($rule: $registration),+);
        through_each_proxy!(@module nginx Nginx $($rule: $registration),+);
        through_each_proxy!(@module caddy Caddy $($rule: $registration),+);
    };
    ($($rule:ident),+ $(,)?) => {
        through_each_proxy!($($rule: Registration::SecretBasic),+);
    };
    (@module $module:ident $proxy:ident $($rule:ident: $registration:expr),+) => {
        mod $module {
            use crate::registration::Registration;

            $(#[test]
            fn $rule() {
                let setup = crate::stage::Setup::behind(crate::stage::Proxy::$proxy);
                let setup = crate::stage::Setup { registration: $registration, ..setup };
                if let Some(stage) = setup.start() {
                    super::$rule(stage);
                }
            })+
        }
    };
}

pub(crate) use through_each_proxy;

through_each_proxy!(
    a_login_brings_the_right_identity_to_the_application,
    a_deep_link_comes_back_byte_for_byte,
    a_script_without_a_session_gets_401_and_no_redirect,
    a_websocket_needs_a_session_and_then_works,
    forged_identity_headers_and_their_aliases_reach_nobody,
    a_connection_header_cannot_strip_the_identity,
    forged_descriptions_of_the_request_change_nothing,
    the_decision_cannot_be_asked_from_outside,
    without_the_sidecar_nothing_reaches_the_application,
    a_hundred_requests_use_at_most_three_connections_to_the_sidecar,
    a_post_without_a_session_is_no_redirect_and_its_body_is_not_waited_for,
    pages_that_only_providers_and_redirects_ask_for_are_reached,
);

fn a_login_brings_the_right_identity_to_the_application(stage: Stage) {
    let mut alice = stage.signed_in("alice");
    let seen = Seen::from(&alice.fetch(&stage.at("/who")));
    assert_eq!(seen.header("X-Auth-Subject"), "user-alice-1");
    assert_eq!(seen.header("X-User-Email"), "alice@example.com");
    assert_eq!(seen.header("X-User-Name"), "Alice Liddell");
    assert_eq!(seen.header("X-User-Groups"), "admins,readers");

    // Bytes outside ASCII, and in lists the separator, are percent-encoded.
    let mut bob = stage.signed_in("bob");
    let seen = Seen::from(&bob.fetch(&stage.at("/who")));
    assert_eq!(seen.header("X-User-Name"), "B%C3%B8b M%C3%BCller %E9%AE%91%E5%8B%83");
    assert_eq!(seen.header("X-User-Groups"), "readers,R&D%2C%20Oslo");

    // Nobody's e-mail is no e-mail: the header is empty or absent, never somebody else's.
    let mut carol = stage.signed_in("carol");
    let seen = Seen::from(&carol.fetch(&stage.at("/who")));
    assert_eq!(seen.header("X-Auth-Subject"), "user-carol-1");
    for name in ["X-User-Email", "X-User-Name", "X-User-Groups"] {
        assert_eq!(seen.header(name), "", "{name}");
    }
}

fn a_deep_link_comes_back_byte_for_byte(stage: Stage) {
    let links = [
        "/",
        "/a/b?x=1&y=2",
        "/a%2Fb/c;d=1/caf%C3%A9?x=%C3%BC&y=%20z",
        "/search?q=100%25&rd=https://elsewhere.example/&rd=/x#",
        "/x?%zz&a=b+c&redirect=%2F%2Fevil.example",
        "/%E9%AE%91/%E9?state=abc&code=def",
        "/x?next=http%3A%2F%2Fapp.localhost%2Foidc%2Fquickstart%2Flogin",
    ];
    for link in links {
        // What follows "#" never leaves a browser.
        let link = link.trim_end_matches('#');
        let mut browser = Browser::default();
        let page = browser.sign_in(&stage.at(link), "alice");
        assert!(page.answer.is_application(), "{link}: {}", page.answer.status);
        assert_eq!(page.address, stage.at(link));
        // Percent-encoded letters of an ASCII path may be tidied by the proxy; none of these has any.
        assert_eq!(Seen::from(&browser.fetch(&page.address)).url, link);
    }

    // A browser encodes the path, but other programs send bytes as they are: the encoded form of the same address is as exact.
    let raw = stage.send(&Request::get("/caf\u{e9}?q=\u{fc}").navigation());
    if raw.status == 302 {
        let login = raw.header("location").unwrap().to_owned();
        let mut browser = Browser::default();
        let page = browser.sign_in(&login, "alice");
        assert_eq!(page.address, stage.at("/caf%C3%A9?q=%C3%BC"));
    } else {
        assert!(matches!(raw.status, 400 | 403), "raw bytes: {}", raw.status);
    }
}

fn a_script_without_a_session_gets_401_and_no_redirect(stage: Stage) {
    let before = stage.served();
    let scripts = [
        Request::get("/api").fetch(),
        Request::get("/api").header("Accept", "application/json"),
        Request::get("/api").header("Accept", "*/*"),
        Request::get("/api").header("Accept", "text/html").header("X-Requested-With", "XMLHttpRequest"),
        Request::get("/image.png")
            .header("Accept", "image/*")
            .header("Sec-Fetch-Mode", "no-cors")
            .header("Sec-Fetch-Dest", "image"),
        Request::get("/frame")
            .header("Accept", "text/html")
            .header("Sec-Fetch-Mode", "navigate")
            .header("Sec-Fetch-Dest", "iframe"),
        Request { method: "DELETE", ..Request::get("/api/1").fetch() },
        Request {
            method: "OPTIONS",
            ..Request::get("/api/1").header("Access-Control-Request-Method", "PUT")
        },
    ];
    for script in scripts {
        let answer = stage.send(&script);
        assert_eq!(answer.status, 401, "{script:?}");
        assert_eq!(answer.header("location"), None, "{script:?}");
        let login = answer.header("vestibule-login").unwrap();
        assert!(login.starts_with(&stage.own("login?rd=")), "{login}");
    }
    assert_eq!(stage.served(), before + 1, "the application was asked");
}

fn a_websocket_needs_a_session_and_then_works(stage: Stage) {
    let host = stage.origin.strip_prefix("http://").unwrap();
    let before = stage.served();
    let refused = websocket::echo(host, stage.proxy_port, "", "hello").unwrap_err();
    assert_eq!(refused.status, 401);
    assert_eq!(refused.header("location"), None);
    assert_eq!(stage.served(), before + 1, "the application was asked");

    let alice = stage.signed_in("alice");
    let echoed =
        websocket::echo(host, stage.proxy_port, &Stage::cookies(&alice), "hello, \u{e6}\u{f8}").unwrap();
    assert_eq!(echoed, "hello, \u{e6}\u{f8}");
}

fn forged_identity_headers_and_their_aliases_reach_nobody(stage: Stage) {
    let alice = stage.signed_in("alice");
    for name in ALIASES {
        for cookies in [Stage::cookies(&alice), String::new()] {
            let mut request = Request::get("/").fetch().header(name, FORGED);
            if !cookies.is_empty() {
                request = request.header("Cookie", &cookies);
            }
            let answer = stage.send(&request);
            assert!(!answer.body.contains(FORGED), "{name} reached the application");
            if answer.is_application() {
                assert!(!cookies.is_empty(), "{name}: in without a session");
                assert_eq!(Seen::from(&answer).header("X-Auth-Subject"), "user-alice-1", "{name}");
            } else {
                assert!(matches!(answer.status, 400 | 401 | 403), "{name}: {}", answer.status);
            }
        }
    }

    // Somebody whose claims leave a header empty cannot fill it himself.
    let carol = stage.signed_in("carol");
    let answer = stage.send(
        &Request::get("/")
            .fetch()
            .header("Cookie", &Stage::cookies(&carol))
            .header("X-User-Groups", "admins"),
    );
    if answer.is_application() {
        assert_eq!(Seen::from(&answer).header("X-User-Groups"), "");
    } else {
        assert!(matches!(answer.status, 400 | 403), "{}", answer.status);
    }
}

fn a_connection_header_cannot_strip_the_identity(stage: Stage) {
    let cookies = Stage::cookies(&stage.signed_in("alice"));
    for connection in ["close, X-Auth-Subject", "X-Auth-Subject, X-User-Groups", "close, x-user-email"] {
        let request = Request::get("/").fetch().header("Cookie", &cookies).header("Connection", connection);
        let answer = stage.send(&request);
        if answer.is_application() {
            let seen = Seen::from(&answer);
            assert_eq!(seen.header("X-Auth-Subject"), "user-alice-1", "{connection}");
            assert_eq!(seen.header("X-User-Groups"), "admins,readers", "{connection}");
            assert_eq!(seen.header("X-User-Email"), "alice@example.com", "{connection}");
        } else {
            assert!(matches!(answer.status, 400 | 403), "{connection}: {}", answer.status);
        }
    }
}

fn forged_descriptions_of_the_request_change_nothing(stage: Stage) {
    let before = stage.served();
    let forged = [
        ("X-Forwarded-Uri", "/public"),
        ("X-Forwarded-Host", "elsewhere.example"),
        ("X-Forwarded-Method", "OPTIONS"),
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-For", "10.1.2.3"),
        ("X-Original-URL", "http://elsewhere.example/public"),
        ("X-Original-URI", "/public"),
        ("X-Original-Method", "OPTIONS"),
        ("X-Rewrite-URL", "/public"),
        ("Forwarded", "for=10.1.2.3;host=elsewhere.example;proto=https"),
        ("X_Forwarded_Uri", "/public"),
        ("X.Forwarded.Host", "elsewhere.example"),
    ];
    // One by one, then all together: the login still begins here, for the page that was asked for.
    let sets = forged.iter().map(|one| vec![*one]).chain([forged.to_vec()]);
    for set in sets {
        let mut request = Request::get("/page?x=1").navigation();
        for (name, value) in &set {
            request = request.header(name, value);
        }
        let answer = stage.send(&request);
        if answer.status == 302 {
            let login = answer.header("location").unwrap();
            let rd = login
                .strip_prefix(&stage.own("login?rd="))
                .unwrap_or_else(|| panic!("{set:?} leads to {login}"));
            let rd = percent_encoding::percent_decode_str(rd).decode_utf8().unwrap();
            assert_eq!(rd, stage.at("/page?x=1"), "{set:?}");
        } else {
            assert!(matches!(answer.status, 400 | 403), "{set:?}: {}", answer.status);
        }
    }
    assert_eq!(stage.served(), before + 1, "the application was asked");

    // With a session the request goes on as what it is.
    let cookies = Stage::cookies(&stage.signed_in("alice"));
    let answer = stage.send(
        &Request::get("/page?x=1")
            .fetch()
            .header("Cookie", &cookies)
            .header("X-Forwarded-Uri", "/public")
            .header("X-Forwarded-Method", "OPTIONS"),
    );
    let seen = Seen::from(&answer);
    assert_eq!((seen.method.as_str(), seen.url.as_str()), ("GET", "/page?x=1"));
}

fn the_decision_cannot_be_asked_from_outside(stage: Stage) {
    let cookies = Stage::cookies(&stage.signed_in("alice"));
    let paths = [
        "/auth",
        "/auth/nginx",
        "/auth/envoy/x",
        "/oidc/quickstart/auth",
        "/oidc/quickstart/auth/nginx",
        "/oidc/quickstart/auth/envoy/x",
        "/oidc/quickstart/%61uth",
        "/oidc/quickstart/auth/envoy/../../login",
        "/oidc/quickstart/login/../auth",
        "/oidc/quickstart/login/..;/auth",
        "//oidc/quickstart/auth",
        "/oidc/quickstart/auth?/login",
        "/oidc/quickstart/auth%3f/login",
        "/oidc/quickstart/auth/nginx%2f..%2f..%2flogin",
        "/live",
        "/metrics",
    ];
    for path in paths {
        let answer = stage.send(&Request::get(path).navigation().header("Cookie", &cookies));
        assert_eq!(answer.header("x-auth-subject"), None, "{path} shows who is signed in");
        // Some of these are the login's address once they are tidied, and it leads to the provider.
        let to_provider =
            answer.header("location").is_some_and(|location| location.starts_with(&stage.issuer));
        assert!(answer.is_application() || answer.status >= 400 || to_provider, "{path}: {}", answer.status);
    }
}

fn without_the_sidecar_nothing_reaches_the_application(mut stage: Stage) {
    let cookies = Stage::cookies(&stage.signed_in("alice"));
    let before = stage.served();
    stage.vestibule.take();
    for request in [
        Request::get("/").navigation(),
        Request::get("/").fetch().header("Cookie", &cookies),
        Request::get("/").fetch().header("Cookie", &cookies).header("X-Auth-Subject", FORGED),
    ] {
        let answer = stage.send(&request);
        assert!(matches!(answer.status, 500 | 502 | 503), "{}", answer.status);
        assert!(!answer.is_application());
    }
    assert_eq!(stage.served(), before + 1, "the application was asked");

    // And it works again without touching the proxy. Sessions were in memory, so somebody has to sign in.
    stage.start_vestibule();
    stage.signed_in("alice");
}

fn a_hundred_requests_use_at_most_three_connections_to_the_sidecar(stage: Stage) {
    const REQUESTS: usize = 100;
    let cookies = Stage::cookies(&stage.signed_in("alice"));
    let (connections, answers) = (stage.relay.connections(), stage.relay.answers());
    for _ in 0..REQUESTS {
        let answer = stage.send(&Request::get("/").fetch().header("Cookie", &cookies));
        assert!(answer.is_application(), "{}", answer.status);
    }
    assert!(stage.relay.answers() - answers >= REQUESTS, "the proxy did not ask each time");
    let used = stage.relay.connections() - connections;
    assert!(used <= 3, "{used} connections for {REQUESTS} requests");

    // A denial must not cost the connection either.
    let connections = stage.relay.connections();
    for _ in 0..REQUESTS / 2 {
        assert_eq!(stage.send(&Request::get("/").fetch()).status, 401);
        assert_eq!(stage.send(&Request::get("/").navigation()).status, 302);
    }
    let used = stage.relay.connections() - connections;
    assert!(used <= 3, "{used} connections for {REQUESTS} denials");
}

fn a_post_without_a_session_is_no_redirect_and_its_body_is_not_waited_for(stage: Stage) {
    let form = Request::post("/form", "a=1")
        .header("Accept", "text/html")
        .header("Sec-Fetch-Mode", "navigate")
        .header("Sec-Fetch-Dest", "document");
    let answer = stage.send(&form);
    assert_eq!(answer.status, 401);
    assert_eq!(answer.header("location"), None);

    let mut alice = stage.signed_in("alice");
    let answer = alice.ask(&stage.at("/form"), |target| Request::post(target, "a=1").fetch());
    let seen = Seen::from(&answer);
    assert_eq!((seen.method.as_str(), seen.url.as_str()), ("POST", "/form"));
    assert_eq!(seen.header("X-Auth-Subject"), "user-alice-1");

    // The subrequest is answered on its head: a body that is announced and late does not delay the 401.
    let slow = Request::get("/upload").fetch().header("Content-Length", "100000");
    let slow = Request { method: "PUT", ..slow };
    let stream = slow.open(stage.origin.strip_prefix("http://").unwrap(), stage.proxy_port, "close").unwrap();
    let answer = crate::http::Answer::read(&mut std::io::BufReader::new(stream), "PUT").unwrap();
    assert_eq!(answer.status, 401);
}

/// No test clicks its way to these: they are asked for without a session, and must not be asked about.
fn pages_that_only_providers_and_redirects_ask_for_are_reached(stage: Stage) {
    let before = stage.served();
    for page in [
        "choose",
        "initiate-login",
        "callback?stray=flow_replayed",
        "backchannel-logout",
        "frontchannel-logout",
        "jwks.json",
        "assertion-keys.json",
    ] {
        let reached = stage.relay.answers();
        let answer = stage.send(&Request::get(format!("/oidc/quickstart/{page}")).navigation());
        assert!(stage.relay.answers() > reached, "{page}: {} from the proxy", answer.status);
        let asks_for_a_login =
            answer.header("location").is_some_and(|location| location.starts_with(&stage.own("login")));
        assert!(!asks_for_a_login, "{page} is guarded");
    }
    assert_eq!(stage.served(), before + 1, "the application was asked");
}
