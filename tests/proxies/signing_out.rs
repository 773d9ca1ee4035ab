//! With the certified npm `oidc-provider`: sign-outs from both sides, and what they leave at the provider.

use crate::browser::Browser;
use crate::http::Request;
use crate::provider::{logged, start, until};
use crate::registration::Registration;
use crate::stage::{Proxy, Setup, Stage};

/// By vestibule's own page, over the provider's, back to the page that says so.
pub(crate) fn signs_out(stage: &Stage, browser: &mut Browser) {
    let asked = browser.follow(&stage.own("logout"), |target| {
        Request::post(target, "").navigation().header("Origin", &stage.origin)
    });
    // The provider's page sends itself: it was shown the ID token.
    assert!(
        asked.answer.body.contains("document.forms[0].submit()"),
        "{}: {}",
        asked.answer.status,
        asked.place()
    );
    let end = browser.submit(&asked, &[]);
    assert_eq!(end.place(), stage.own("signed-out"));
    assert_eq!(end.answer.status, 200);
}

/// V-BC-12: somebody signs out at the provider, without asking vestibule. The provider calls the address that it would have anywhere: the
/// proxy's.
#[test]
fn a_logout_at_the_provider_ends_the_session_here_behind_each_proxy() {
    for proxy in [Proxy::Nginx, Proxy::Traefik, Proxy::Caddy] {
        let setup = Setup { proxy, registration: Registration::BackchannelLogout, access_token_seconds: 600 };
        let Some(stage) = setup.start() else { return };
        let (mut desk, mut phone) = (stage.signed_in("alice"), stage.signed_in("alice"));
        let asked = desk.open(&format!("{}/session/end", stage.issuer));
        assert_eq!(asked.answer.status, 200, "{}", asked.place());
        desk.submit(&asked, &[]);
        assert_eq!(logged(&stage, "provider: backchannel logout\n"), 1, "{proxy:?}");
        assert_eq!(desk.fetch(&stage.at("/")).status, 401, "the provider waits for the answer");
        assert!(phone.fetch(&stage.at("/")).is_application(), "another session of the same person goes on");
        assert!(desk.open(&stage.at("/")).is_sign_in(), "{proxy:?}: the next page is the login");
    }
}

/// The provider says which token it found: it answers 200 to any text (RFC 7009 section 2.2).
#[test]
fn a_logout_revokes_the_refresh_token() {
    let Some(stage) = start(Registration::SecretBasic, 600) else { return };
    let mut alice = stage.signed_in("alice");
    // Of this application only: a logout at the provider would end the token, too.
    let end = alice.follow(&stage.own("logout"), |target| {
        Request::post(target, "scope=app").navigation().header("Origin", &stage.origin)
    });
    assert_eq!(end.place(), stage.own("signed-out"));
    until(&stage, "revocation: 200 a refresh token");
    assert!(alice.open(&stage.at("/")).answer.is_application(), "the provider still knows who it is");
}

/// V-LO-1: the provider asks nothing, for it was shown the ID token.
#[test]
fn a_logout_ends_the_session_here_and_at_the_provider() {
    let Some(stage) = start(Registration::SecretBasic, 600) else { return };
    let mut alice = stage.signed_in("alice");
    let old = Stage::cookies(&alice);
    signs_out(&stage, &mut alice);

    assert_eq!(alice.fetch(&stage.at("/")).status, 401);
    let replayed = stage.send(&Request::get("/").fetch().header("Cookie", &old));
    assert_eq!(replayed.status, 401, "the old cookie opens nothing");
    assert!(alice.open(&stage.at("/")).is_sign_in(), "the provider asks again");
}

/// V-LO-3
#[test]
fn a_logout_that_another_site_starts_asks_first() {
    let Some(stage) = start(Registration::SecretBasic, 600) else { return };
    let mut alice = stage.signed_in("alice");
    alice.ask(&stage.own("logout"), |target| {
        Request::get(target)
            .header("Accept", "text/html")
            .header("Sec-Fetch-Mode", "navigate")
            .header("Sec-Fetch-Site", "cross-site")
    });
    assert!(alice.fetch(&stage.at("/")).is_application(), "still signed in");
}
