//! With the certified npm `oidc-provider`: what it may be asked for and answer, rotated refresh tokens, an outage.

use std::time::Duration;

use crate::browser::Browser;
use crate::http::Request;
use crate::registration::Registration;
use crate::signing_out::signs_out;
use crate::stage::{Proxy, Seen, Setup, Stage};

/// Seconds: the shortest life of an access token that vestibule believes.
const SHORT_LIFE: u32 = 10;
/// Tokens younger than that are new enough for whoever asks for new ones; and a little more.
pub(crate) const NEW_ENOUGH: Duration = Duration::from_millis(5_200);

/// nginx is the proxy here: the strictest of the dialects.
pub(crate) fn start(registration: Registration, access_token_seconds: u32) -> Option<Stage> {
    Setup { proxy: Proxy::Nginx, registration, access_token_seconds }.start()
}

pub(crate) fn signs_in(registration: Registration) {
    let Some(stage) = start(registration, 600) else { return };
    let mut alice = Browser::default();
    let page = alice.sign_in(&stage.at("/deep?x=%20"), "alice");
    assert_eq!(page.address, stage.at("/deep?x=%20"), "{}", page.answer.body);
    assert_eq!(Seen::from(&alice.fetch(&stage.at("/"))).header("X-User-Email"), "alice@example.com");
    std::thread::sleep(NEW_ENOUGH);
    assert_eq!(alice.fetch(&stage.own("new-token")).status, 200, "the refresh uses the same authentication");
    assert_eq!(refreshes(&stage), 1, "{registration:?}");
}

/// V-RS-1
#[test]
fn a_provider_that_answers_by_form_post_signs_in() {
    signs_in(Registration::FormPost);
}

/// V-ID-5, V-ID-6
#[test]
fn id_tokens_signed_by_each_kind_of_key_are_believed() {
    for algorithm in ["ES256", "PS256", "EdDSA"] {
        signs_in(Registration::SignedBy(algorithm));
    }
}

/// V-ID-1
#[test]
fn encrypted_id_tokens_are_opened_at_login_refresh_and_logout() {
    for (alg, enc) in [("RSA-OAEP-256", "A256GCM"), ("ECDH-ES", "A256GCM"), ("ECDH-ES", "A128GCM")] {
        let Some(stage) = start(Registration::Encrypted(alg, enc), 600) else { return };
        let mut alice = stage.signed_in("alice");
        assert_eq!(Seen::from(&alice.fetch(&stage.at("/"))).header("X-User-Groups"), "admins,readers");
        std::thread::sleep(NEW_ENOUGH);
        assert_eq!(alice.fetch(&stage.own("new-token")).status, 200, "{alg} {enc}");
        assert_eq!(refreshes(&stage), 1, "{alg} {enc}");
        signs_out(&stage, &mut alice);
    }
}

#[test]
fn a_provider_that_takes_pushed_requests_only_signs_in() {
    let Some(stage) = start(Registration::Pushed, 600) else { return };
    let mut alice = Browser::default();
    let page = alice.sign_in(&stage.at("/deep?x=%20"), "alice");
    assert_eq!(page.address, stage.at("/deep?x=%20"), "{}", page.answer.body);
    assert_eq!(logged(&stage, "pushed_authorization_request: 201"), 1);
}

/// V-ID-13, OpenID Connect Core 1.0 section 3.1.2.1: the provider signs the person in anew who has not done so within `max_age`.
#[test]
fn a_sign_in_that_is_older_than_max_age_is_made_anew() {
    for (max_age, asked_again) in [("2s", true), ("1h", false)] {
        let Some(stage) = start(Registration::MaxAge(max_age), 600) else { return };
        let mut alice = stage.signed_in("alice");
        std::thread::sleep(Duration::from_secs(4));
        Stage::forget_session(&mut alice);
        let page = alice.open(&stage.at("/"));
        assert_eq!(page.is_sign_in(), asked_again, "{max_age}: {}", page.place());
        if asked_again {
            let page = alice.submit(&page, &[("name", "alice"), ("password", "alice")]);
            assert!(page.answer.is_application(), "{}: {}", page.place(), page.answer.body);
        }
    }
}

/// V-UI-2
#[test]
fn signed_and_encrypted_userinfo_is_believed() {
    for registration in
        [Registration::SignedUserinfo("ES256"), Registration::EncryptedUserinfo("RSA-OAEP-256")]
    {
        let Some(stage) = start(registration, 600) else { return };
        let mut alice = stage.signed_in("alice");
        // This provider has these claims in userinfo only.
        assert_eq!(Seen::from(&alice.fetch(&stage.at("/"))).header("X-User-Email"), "alice@example.com");
        assert_eq!(logged(&stage, "userinfo: 200"), 1, "{registration:?}");
    }
}

/// OpenID Connect Core 1.0 section 4.
#[test]
fn a_login_that_the_provider_starts_leads_to_the_page_that_it_names() {
    let Some(stage) = start(Registration::InitiateLogin, 600) else { return };
    let parameters = |issuer: &str, target: &str| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query
            .append_pair("iss", issuer)
            .append_pair("target_link_uri", target)
            .append_pair("login_hint", "al");
        query.finish()
    };
    let wanted = parameters(&stage.issuer, &stage.at("/inbox?x=%20"));
    let mut alice = Browser::default();
    let asked = alice.open(&stage.own(&format!("initiate-login?{wanted}")));
    assert!(asked.answer.body.contains("value=\"al\""), "{}: {}", asked.place(), asked.answer.body);
    let page = alice.submit(&asked, &[("name", "alice"), ("password", "alice")]);
    assert_eq!(page.address, stage.at("/inbox?x=%20"), "{}: {}", page.answer.status, page.answer.body);
    assert!(page.answer.is_application());

    // By a form, and signed in at the provider already.
    Stage::forget_session(&mut alice);
    let page = alice.follow(&stage.own("initiate-login"), |target| {
        Request::post(target, &wanted).navigation().header("Origin", &stage.issuer)
    });
    assert_eq!(page.address, stage.at("/inbox?x=%20"));

    for (issuer, target, code) in [
        ("http://localhost:1", stage.at("/"), "initiate_login_issuer"),
        (stage.issuer.as_str(), "http://elsewhere.example/".to_owned(), "return_to_host"),
    ] {
        let query = parameters(issuer, &target);
        let page = Browser::default().open(&stage.own(&format!("initiate-login?{query}")));
        assert_eq!(page.answer.header("vestibule-refusal"), Some(code), "{}", page.place());
    }
}

/// How many refreshes the provider has answered.
pub(crate) fn refreshes(stage: &Stage) -> usize {
    logged(stage, "token: refresh_token")
}

/// How often the provider says that.
pub(crate) fn logged(stage: &Stage, what: &str) -> usize {
    stage.provider.as_ref().unwrap().log_text().matches(what).count()
}

/// Waits until the provider says that.
pub(crate) fn until(stage: &Stage, what: &str) {
    stage.provider.as_ref().unwrap().until_logged(what);
}

/// V-RF-3
#[test]
fn rotated_refresh_tokens_are_each_used_once_however_many_ask() {
    let Some(stage) = start(Registration::SecretBasic, 600) else { return };
    let alice = stage.signed_in("alice");
    let cookies = Stage::cookies(&alice);
    // A refresh token that is used twice ends the whole grant at this provider, and with it the session here.
    for round in 1..=3 {
        std::thread::sleep(NEW_ENOUGH);
        std::thread::scope(|scope| {
            for _ in 0..10 {
                scope.spawn(|| {
                    let ask = Request::get("/oidc/quickstart/new-token").fetch().header("Cookie", &cookies);
                    let answer = stage.send(&ask);
                    assert_eq!(answer.status, 200, "round {round}: {}", answer.body);
                });
            }
        });
        let seen = Seen::from(&stage.send(&Request::get("/").fetch().header("Cookie", &cookies)));
        assert_eq!(seen.header("X-Auth-Subject"), "user-alice-1");
        assert_eq!(refreshes(&stage), round);
    }
}

#[test]
fn an_access_token_that_ends_is_refreshed_and_nobody_notices() {
    let Some(stage) = start(Registration::SecretBasic, SHORT_LIFE) else { return };
    let mut alice = stage.signed_in("alice");
    for _ in 0..120 {
        let seen = Seen::from(&alice.fetch(&stage.at("/")));
        assert_eq!(seen.header("X-Auth-Subject"), "user-alice-1");
        assert_eq!(seen.header("X-User-Email"), "alice@example.com");
        if refreshes(&stage) >= 2 {
            return;
        }
        std::thread::sleep(Duration::from_millis(250));
    }
    panic!("two refreshes were due within thirty seconds");
}

#[test]
fn a_provider_that_starts_late_is_waited_for_with_a_page_that_names_it() {
    let setup = Setup::behind(Proxy::Nginx);
    let Some(mut stage) = setup.start() else { return };
    let port = stage.issuer.rsplit_once(':').unwrap().1.parse().unwrap();
    // Nothing is known of the provider before the first login: discovery is lazy.
    stage.vestibule.take();
    stage.provider.take();
    stage.start_vestibule();

    let mut alice = Browser::default();
    let page = alice.open(&stage.at("/"));
    assert_eq!(page.answer.status, 503, "{}", page.answer.body);
    assert!(page.answer.body.contains("localhost"), "the page names the provider: {}", page.answer.body);
    assert!(page.answer.header("vestibule-refusal").is_some());

    stage.start_provider(setup, port);
    for _ in 0..60 {
        let page = alice.open(&stage.at("/"));
        if page.is_sign_in() {
            return;
        }
        assert_eq!(page.answer.status, 503);
        std::thread::sleep(Duration::from_millis(500));
    }
    panic!("no login within 30 seconds after the provider came up");
}

#[test]
fn a_session_survives_an_outage_of_the_provider() {
    let Some(mut stage) = start(Registration::SecretBasic, SHORT_LIFE) else { return };
    let mut alice = stage.signed_in("alice");
    stage.provider.take();
    // Past the end of the access token; the grace of five minutes has begun.
    for _ in 0..12 {
        std::thread::sleep(Duration::from_secs(1));
        let seen = Seen::from(&alice.fetch(&stage.at("/")));
        assert_eq!(seen.header("X-Auth-Subject"), "user-alice-1");
    }
}
