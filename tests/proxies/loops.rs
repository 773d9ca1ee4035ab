//! logins that lead nowhere, each cause made for real in Chromium behind Traefik, and named on the page and in the log.
//!
//! A browser-like client has them all once more in `tests/flow/login_loop.rs`.

use crate::chromium::{play, stage};
use crate::registration::Registration;
use crate::stage::Stage;

/// Goes to a page, signs in once, and comes to the page that names the cause.
fn assert_named(stage: &Stage, cause: &str, how: &[&str]) {
    let arguments = [&["--cause", cause][..], how].concat();
    play(stage, "loop", cause, &arguments);
    let log = stage.vestibule.as_ref().unwrap().log_text();
    assert!(log.contains(&format!("\"code\":\"{cause}\"")), "{log}");
}

/// An extension of the browser throws it away as soon as it comes.
#[test]
fn a_session_cookie_that_does_not_reach_the_browser() {
    let Some(stage) = stage(Registration::SecretBasic) else { return };
    assert_named(&stage, "cookie_not_returned", &["--drop-session"]);
}

/// E-17: all cookies of the site are blocked, by the browser's own settings: one round.
#[test]
fn a_browser_that_blocks_cookies() {
    let Some(stage) = stage(Registration::SecretBasic) else { return };
    assert_named(&stage, "callback_no_flow_cookie", &["--block-cookies"]);
}

/// Traefik is told to ask with some headers only, and Cookie is not among them.
#[test]
fn a_proxy_that_asks_without_the_cookie() {
    let Some(mut stage) = stage(Registration::SecretBasic) else { return };
    let line = "        trustForwardHeader: true ";
    stage.change_proxy(
        "dynamic.yml",
        line,
        &format!("        authRequestHeaders: [Accept, Sec-Fetch-Mode, Sec-Fetch-Dest]\n{line}"),
    );
    assert_named(&stage, "cookie_not_passed_on", &[]);
}

/// Another program of the host sets a cookie of the same name, for a path of its own.
#[test]
fn a_second_cookie_of_the_same_name() {
    let Some(stage) = stage(Registration::SecretBasic) else { return };
    assert_named(&stage, "cookie_changed", &["--second-cookie"]);
}

/// people sign in at one replica, and the proxy asks another.
#[test]
fn a_replica_that_does_not_know_the_session() {
    let Some(mut stage) = stage(Registration::SecretBasic) else { return };
    let (_second, port) = stage.second_vestibule();
    let (asked, other) = (stage.relay.port, "/oidc/quickstart/auth\"");
    stage.change_proxy(
        "dynamic.yml",
        &format!("http://127.0.0.1:{asked}{other}"),
        &format!("http://127.0.0.1:{port}{other}"),
    );
    assert_named(&stage, "session_not_found", &[]);
}

/// The page takes longer than the session lives.
#[test]
fn a_session_that_is_over_before_the_page_is_asked_for() {
    let Some(stage) = stage(Registration::With("    session: { idle: 1s }\n")) else { return };
    assert_named(&stage, "session_ended_at_once", &["--slow-page", "2500"]);
}

/// The cookie is for a domain, and the browser does not keep it.
#[test]
fn a_cookie_of_a_domain_that_the_browser_does_not_keep() {
    let Some(stage) = stage(Registration::With("    cookie: { domain: app.localhost }\n")) else { return };
    assert_named(&stage, "cookie_domain_mismatch", &["--drop-session"]);
}

/// The clock that the provider refreshes by is behind: what it gives is over by ours, and the session ends before the page is there.
#[test]
fn a_provider_whose_clock_is_behind() {
    let Some(stage) = stage(Registration::LateClock) else { return };
    assert_named(&stage, "clock_skew", &["--slow-page", "11000"]);
}

/// The public address is https and the proxy says http: told before the login, in the first answer.
#[test]
fn a_proxy_that_says_http_where_the_cookie_is_for_https() {
    let Some(mut stage) = stage(Registration::SecretBasic) else { return };
    let origin = stage.origin.clone();
    stage.change_clients(|text| text.replace(&origin, &origin.replace("http://", "https://")));
    assert_named(&stage, "scheme_http_with_secure_cookie", &["--before-login"]);
}
