//! Userinfo for the person of an access token that was presented.

use futures_util::future::join_all;
use serde_json::json;

use crate::api::{api, api_with};
use crate::keys::RsaKey;
use crate::provider::{Endpoint, Gate, Step};
use crate::world::{Setup, World};

fn with_userinfo() -> Setup {
    api_with("userinfo: true, clock_leeway: 60s")
}

fn asked(world: &World) -> usize {
    world.provider.count(Endpoint::Userinfo)
}

fn lasting(world: &World) -> String {
    world.provider.access_token(|draft| draft.shift("exp", 3600))
}

#[tokio::test]
async fn what_userinfo_says_goes_with_the_token_for_five_minutes() {
    let world = with_userinfo().start().await;
    let token = lasting(&world);
    for _ in 0..3 {
        let answer = world.send(&world.bearing(&token)).await;
        answer.assert_allowed("with userinfo");
        assert_eq!(answer.all("X-User-Name"), ["ada"]);
        assert_eq!(answer.all("X-User-Email"), ["ada.secret@example.org"]);
    }
    assert_eq!(asked(&world), 1);
    world.provider.script().userinfo_claims.insert("preferred_username".to_owned(), json!("countess"));
    world.clock.shift(280);
    assert_eq!(world.send(&world.bearing(&token)).await.all("X-User-Name"), ["ada"]);
    world.clock.shift(20);
    assert_eq!(world.send(&world.bearing(&token)).await.all("X-User-Name"), ["countess"]);
    assert_eq!(asked(&world), 2);
}

/// One claim has one source: what the token says stays.
#[tokio::test]
async fn of_conflicting_claims_that_of_the_token_wins() {
    let world = with_userinfo().start().await;
    world.provider.script().userinfo_claims.insert("groups".to_owned(), json!(["superusers"]));
    world.provider.script().userinfo_claims.insert("iss".to_owned(), json!("https://evil.example"));
    let answer = world.send(&world.bearing(&lasting(&world))).await;
    answer.assert_allowed("merged");
    assert_eq!(answer.all("X-User-Groups"), ["staff,admins"]);
    assert_eq!(answer.all("X-Auth-Issuer"), [world.provider.issuer.as_str()]);
}

/// OpenID Connect Core 1.0 section 5.3.2: `sub` must be the same.
#[tokio::test]
async fn userinfo_about_somebody_else_is_not_taken() {
    let world = with_userinfo().start().await;
    world.provider.script().userinfo_claims.insert("sub".to_owned(), json!("somebody-else"));
    let answer = world.send(&world.bearing(&lasting(&world))).await;
    answer.assert_refused(502, "userinfo_subject", "another sub");
    answer.assert_leads_nowhere("another sub");
}

/// RFC 6750 section 3.1
#[tokio::test]
async fn a_401_of_userinfo_means_that_the_token_was_revoked() {
    let world = with_userinfo().start().await;
    let token = lasting(&world);
    world.provider.once(Endpoint::Userinfo, Step::status(401));
    let answer = world.send(&world.bearing(&token)).await;
    answer.assert_token_refused((401, "bearer_inactive"), "invalid_token", "401 of userinfo");
    world.send(&world.bearing(&token)).await.assert_allowed("and not for ever");
}

#[tokio::test]
async fn while_userinfo_is_down_it_is_503_for_two_seconds_without_asking_again() {
    let world = with_userinfo().start().await;
    let token = lasting(&world);
    for (step, status) in [(Step::Cut, 503), (Step::status(500), 503), (Step::json(200, "{"), 502)] {
        let before = asked(&world);
        world.provider.always(Endpoint::Userinfo, step);
        for _ in 0..3 {
            let answer = world.send(&world.bearing(&token)).await;
            assert_eq!(answer.status, status, "{}", answer.show());
            assert_eq!(answer.header("Retry-After").is_some(), status == 503);
            assert!(answer.all("WWW-Authenticate").is_empty(), "nothing is wrong with the token");
        }
        assert_eq!(asked(&world), before + 1);
        world.provider.recover();
        world.clock.shift(2);
        world.send(&world.bearing(&token)).await.assert_allowed("it answers again");
        world.clock.shift(301);
    }
}

#[tokio::test]
async fn a_hundred_requests_at_once_ask_userinfo_once() {
    let world = with_userinfo().start().await;
    let gate = Gate::closed();
    world.provider.once(Endpoint::Userinfo, Step::Held(gate.clone()));
    let ask = world.bearing(&lasting(&world));
    let asks = (0..100).map(|_| world.send(&ask));
    let opens = async {
        world.provider.reached(Endpoint::Userinfo, 1).await;
        gate.open();
    };
    let (answers, ()) = futures_util::future::join(join_all(asks), opens).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    assert_eq!(asked(&world), 1);
}

#[tokio::test]
async fn nobody_is_asked_about_a_machine_or_a_token_that_is_not_believed() {
    let world = with_userinfo().start().await;
    let machine = world.provider.access_token(|draft| draft.set("sub", "calling-program"));
    world.send(&world.bearing(&machine)).await.assert_allowed("a machine");
    let bad = world.provider.access_token(|draft| draft.set("aud", "grafana"));
    for _ in 0..3 {
        world.send(&world.bearing(&bad)).await.assert_refused(401, "bearer_audience", "another aud");
    }
    assert_eq!(asked(&world), 0);
}

/// A rule decides whether it is asked; what is remembered for one does not leak into another.
#[tokio::test]
async fn a_rule_says_whether_userinfo_is_asked_for_whatever_was_remembered_elsewhere() {
    for order in [["/full", "/lean", "/as-issuer"], ["/lean", "/full", "/as-issuer"]] {
        let world = api()
            .line("rules: [{ path: /full, userinfo: true }, { path: /lean, userinfo: false }]")
            .start()
            .await;
        let token = lasting(&world);
        for path in order.iter().chain(&order) {
            let answer = world.send(&world.bearing_at(&token, path)).await;
            let name = if *path == "/full" { "ada" } else { "" };
            assert_eq!(answer.all("X-User-Name"), [name], "{path} of {order:?}");
        }
        assert_eq!(asked(&world), 1, "{order:?}");
    }
}

/// What a rule asks for is found out, also where the keys are written and nothing else had to be discovered.
#[tokio::test]
async fn a_rule_finds_userinfo_of_an_issuer_whose_keys_lie_in_a_file() {
    let keys = json!({ "keys": [RsaKey::numbered(0).jwk("key-0")] }).to_string();
    let keys = crate::api::file("userinfo-keys.json", &keys);
    let world = World::new()
        .further_issuers(1)
        .line(&format!(
            "bearer: {{ api: {{ issuer: <issuer-1>, audiences: [https://api.example.test], jwks_file: {} }} }}",
            keys.display()
        ))
        .line("rules: [{ path: /full, userinfo: true }]")
        .start()
        .await;
    let token = world.other_providers[0].access_token(|_| {});
    let answer = world.send(&world.bearing_at(&token, "/full")).await;
    answer.assert_allowed("asked");
    assert_eq!(answer.all("X-User-Name"), ["ada"]);
    assert_eq!(world.other_providers[0].count(Endpoint::Userinfo), 1);
}

#[tokio::test]
async fn an_opaque_token_gets_userinfo_too() {
    let world = api_with("introspection: opaque, userinfo: true").start().await;
    let token = world.provider.opaque_token(|_| {});
    for _ in 0..2 {
        let answer = world.send(&world.bearing(&token)).await;
        answer.assert_allowed("opaque");
        assert_eq!(answer.all("X-User-Name"), ["ada"]);
    }
    assert_eq!((asked(&world), world.provider.count(Endpoint::Introspection)), (1, 1));
}
