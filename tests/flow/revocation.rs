//! Revoking tokens when somebody signs out (RFC 7009).

use crate::logs;
use crate::provider::{Endpoint, Step};
use crate::wire::within;
use crate::world::{APP, Client, PAGE, World};

#[tokio::test]
async fn the_refresh_token_of_a_session_that_its_person_ends_is_revoked() {
    let world = World::new().start().await;
    let mut browser = world.signed_in().await;
    browser.submit(PAGE, &format!("{APP}/logout"), "").await;
    world.provider.reached(Endpoint::Revocation, 1).await;
    let call = world.provider.calls(Endpoint::Revocation).remove(0);
    assert!(call.parameter("token").unwrap().starts_with("refresh_token-"));
    assert_eq!(call.parameter("token_type_hint"), Some("refresh_token"));
    assert!(call.headers.contains_key("authorization"), "as the client proves itself elsewhere");
}

/// Each with the proof of its own client; the provider refuses a token of another.
#[tokio::test]
async fn signing_out_everywhere_revokes_the_tokens_of_every_session() {
    let world = World::new()
        .client(
            Client::named("other")
                .authenticates_by("client_secret_post")
                .line("token_endpoint_auth_method: client_secret_post"),
        )
        .start()
        .await;
    let mut desk = world.signed_in().await;
    let _phone = world.signed_in().await;
    let mut other = world.browser_for("other");
    other.open("https://other.example.test/").await.assert_at("https://other.example.test/");
    desk.submit(PAGE, &format!("{APP}/logout"), "scope=everywhere").await;
    world.provider.reached(Endpoint::Revocation, 3).await;
    let mut tokens: Vec<_> = world
        .provider
        .calls(Endpoint::Revocation)
        .iter()
        .map(|call| call.parameter("token").unwrap().to_owned())
        .collect();
    tokens.sort();
    tokens.dedup();
    assert_eq!(tokens.len(), 3);
}

/// Whatever the revocation endpoint does, the sign-out is done, and at once.
#[tokio::test]
async fn no_sign_out_waits_for_a_revocation_or_fails_by_it() {
    for (name, step) in [
        ("hangs", Step::Hang),
        ("cut", Step::Cut),
        ("drips", Step::Drip),
        ("503", Step::status(503)),
        ("400", Step::oauth_error(400, "unsupported_token_type")),
        ("endless", Step::Endless),
        ("redirects", Step::redirect(307, "http://127.0.0.1:1/")),
    ] {
        let world = World::new().start().await;
        world.provider.always(Endpoint::Revocation, step);
        let mut browser = world.signed_in().await;
        let answer = browser.submit(PAGE, &format!("{APP}/logout"), "").await;
        assert_eq!(answer.status, 303, "{name}: {}", answer.show());
        assert!(answer.location().starts_with(&world.provider.issuer), "{name}");
        assert_eq!(browser.get(PAGE).await.status, 302, "{name}");
        world.provider.reached(Endpoint::Revocation, 1).await;
    }
    within("waiting for the log", async {
        while logs::lines_with(&["tokens_not_revoked", "but 200 is needed"]).is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// Nothing to revoke, or nobody to do it, or not wanted.
#[tokio::test]
async fn nothing_is_revoked_where_that_is_not_offered_or_not_wanted() {
    let without_endpoint = World::new().provider(|provider| {
        provider.change_metadata(|metadata| drop(metadata.remove("revocation_endpoint")));
    });
    let without_refresh_token = World::new().app(|app| app.scopes("openid profile email"));
    let unwanted = World::new().line("logout: { revoke: false }");
    for (name, setup) in
        [("endpoint", without_endpoint), ("refresh token", without_refresh_token), ("wanted", unwanted)]
    {
        let world = setup.start().await;
        let mut browser = world.signed_in().await;
        browser.submit_and_follow(PAGE, &format!("{APP}/logout"), "").await;
        browser.open(PAGE).await.assert_at(PAGE);
        assert_eq!(world.provider.count(Endpoint::Revocation), 0, "{name}");
    }
}

/// Back-Channel Logout 1.0 section 2.7: the provider knows by itself what becomes of the tokens.
#[tokio::test]
async fn a_logout_that_the_provider_asks_for_revokes_nothing() {
    let world = World::new().start().await;
    let mut browser = world.signed_in().await;
    let token = world.provider.logout_token("id-of-app", |_| {});
    let ask = crate::wire::Ask::new("POST", "/oidc/app/backchannel-logout")
        .with("Host", "vestibule.internal:8000")
        .form(format!("logout_token={token}"));
    assert_eq!(world.send(&ask).await.status, 200);
    world.clock.shift(1);
    browser.open(PAGE).await.assert_at(PAGE);
    assert_eq!(world.provider.count(Endpoint::Revocation), 0);
}
