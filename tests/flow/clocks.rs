//! The clocks of provider and gateway (R-12.6, XT-01, XT-02), and whom else an ID token may be for.

use serde_json::json;

use crate::logs;
use crate::world::{PAGE, World};

/// V-ID-8, V-ID-9, V-ID-12: `clock_leeway` is what the times are judged by.
#[tokio::test]
async fn the_leeway_is_what_is_configured() {
    for (leeway, ahead, code) in [
        ("0s", 5, "id_token_issued_in_future"),
        ("0s", -305, "id_token_expired"),
        ("60s", 50, "-"),
        ("60s", 75, "id_token_issued_in_future"),
        ("300s", 290, "-"),
        ("300s", -590, "-"),
        ("300s", 310, "id_token_issued_in_future"),
        ("300s", -610, "id_token_expired"),
    ] {
        let world = World::new().line(&format!("clock_leeway: {leeway}")).start().await;
        world.provider.script().clock_ahead = ahead;
        let landed = world.browser().open(PAGE).await;
        assert_eq!(landed.answer.refusal(), code, "{leeway}, {ahead} s: {}", landed.answer.show());
    }
}

/// XT-02: what the provider's `Date` says is in the log, before a check fails and when it does.
#[tokio::test]
async fn a_difference_of_the_clocks_is_told_once_and_named_by_the_refusal() {
    let world = World::new().start().await;
    let issuer = world.provider.issuer.clone();
    let told = || logs::lines_with(&["provider_clock", &issuer]).len();
    world.provider.script().clock_ahead = 4;
    world.signed_in().await;
    assert_eq!(told(), 0, "5 s are not worth a word");
    world.provider.script().clock_ahead = 300;
    for _ in 0..3 {
        let landed = world.browser().open(PAGE).await;
        assert_eq!(landed.answer.refusal(), "id_token_issued_in_future", "{}", landed.answer.show());
    }
    assert_eq!(told(), 1);
    let refused = logs::lines_with(&["id_token_issued_in_future", "s ahead of ours"]);
    assert!(!refused.is_empty());
    world.provider.script().clock_ahead = -30;
    world.signed_in().await;
    assert_eq!(told(), 1, "once an hour");
    world.clock.shift(60 * 60);
    world.signed_in().await;
    assert_eq!(told(), 2);
}

/// V-ID-3, V-ID-4: audiences that are trusted may be named, if the token was made for us.
#[tokio::test]
async fn an_audience_beside_ours_is_taken_if_it_is_configured() {
    let world = World::new().line("audiences: [project-7]").start().await;
    for (name, audiences, party, code) in [
        ("trusted, and made for us", json!(["id-of-app", "project-7"]), Some("id-of-app"), "-"),
        ("trusted, made for nobody", json!(["id-of-app", "project-7"]), None, "id_token_authorized_party"),
        (
            "trusted, made for it",
            json!(["id-of-app", "project-7"]),
            Some("project-7"),
            "id_token_authorized_party",
        ),
        ("only the trusted one", json!(["project-7"]), Some("id-of-app"), "id_token_audience"),
        ("another", json!(["id-of-app", "grafana"]), Some("id-of-app"), "id_token_audience"),
        (
            "another beside the trusted one",
            json!(["id-of-app", "project-7", "grafana"]),
            Some("id-of-app"),
            "id_token_audience",
        ),
    ] {
        world.provider.change_id_token(move |draft| {
            draft.set("aud", audiences.clone());
            if let Some(party) = party {
                draft.set("azp", party);
            }
        });
        let landed = world.browser().open(PAGE).await;
        assert_eq!(landed.answer.refusal(), code, "{name}: {}", landed.answer.show());
    }
}
