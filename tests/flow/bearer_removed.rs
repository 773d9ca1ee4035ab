//! What of `Authorization` the application gets (C-09).

use crate::api::api;
use crate::world::World;

async fn removing() -> World {
    api()
        .line("bearer_options: { token: remove }")
        .line("rules: [{ path: /kept, token: pass }, { path: /theirs, bearer: ignored }]")
        .start()
        .await
}

#[tokio::test]
async fn a_token_that_was_taken_is_replaced_by_nothing() {
    let world = removing().await;
    let token = world.provider.access_token(|_| {});
    for (dialect, ask) in world.in_every_dialect() {
        let answer = world.send(&ask.with("Authorization", format!("Bearer {token}"))).await;
        answer.assert_allowed(dialect);
        assert_eq!(answer.all("Authorization"), [""], "{dialect}");
    }
    let answer = world.send(&world.bearing_at(&token, "/kept")).await;
    answer.assert_allowed("kept");
    assert_eq!(answer.all("Authorization"), [format!("Bearer {token}").as_str()]);
}

/// a proxy that copies the header from every 200 takes nothing away but tokens.
#[tokio::test]
async fn whatever_else_the_caller_sent_is_said_again() {
    let world = removing().await;
    let browser = world.signed_in().await;
    for value in ["Basic YWRhOnNlY3JldA==", "Negotiate YII=", ""] {
        let answer = world.send(&world.base_of(&browser).with("Authorization", value)).await;
        answer.assert_allowed(value);
        assert_eq!(answer.all("Authorization"), [value]);
    }
    let answer = world.send(&world.base_of(&browser)).await;
    assert_eq!(answer.all("Authorization"), [""], "nothing came, and nothing goes on");
    let theirs = world.base_of(&browser).having("X-Forwarded-Uri", "/theirs");
    let answer = world.send(&theirs.with("Authorization", "Bearer of-the-application")).await;
    answer.assert_allowed("ignored");
    assert_eq!(answer.all("Authorization"), ["Bearer of-the-application"]);
}

/// The head of an answer fits nginx's buffer, or the answer says why not.
#[tokio::test]
async fn what_does_not_fit_beside_the_identity_is_refused_not_shortened() {
    let world = removing().await;
    let browser = world.signed_in().await;
    for (length, fits) in [(2000, true), (2950, false), (6000, false)] {
        let value = format!("Basic {}", "A".repeat(length));
        let answer = world.send(&world.base_of(&browser).with("Authorization", &value)).await;
        if fits {
            answer.assert_allowed("it fits");
            assert_eq!(answer.all("Authorization"), [value.as_str()]);
        } else {
            answer.assert_refused(403, "authorization_too_large", &length.to_string());
            answer.assert_leads_nowhere("too large");
        }
    }
    let token = world.provider.access_token(|draft| draft.set("pad", "x".repeat(4000)));
    world.send(&world.bearing(&token)).await.assert_allowed("what is removed may be of any size");
    let answer = world.send(&world.bearing_at(&token, "/kept")).await;
    answer.assert_refused(403, "authorization_too_large", "kept");
    assert!(!answer.show().contains("Bearer eyJ"));
}

#[tokio::test]
async fn two_lines_cannot_be_said_again_as_one() {
    let world = removing().await;
    let browser = world.signed_in().await;
    let ask = world.base_of(&browser).with("Authorization", "Basic YTpi").with("Authorization", "Digest x");
    world.send(&ask).await.assert_refused(400, "bearer_twice", "neither is ours");
}
