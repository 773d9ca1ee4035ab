//! A client at which nobody signs in.

use crate::api::{AUDIENCE_LINE, api};
use crate::wire::{Ask, send};
use crate::world::{Client, PAGE, World};

#[tokio::test]
async fn it_takes_tokens_and_leads_nobody_to_a_login() {
    let world = World::new().app(|app| app.bearer_only().line(AUDIENCE_LINE)).start().await;
    let token = world.provider.access_token(|_| {});
    for (dialect, ask) in world.in_every_dialect() {
        let answer = world.send(&ask.clone().with("Authorization", format!("Bearer {token}"))).await;
        answer.assert_allowed(dialect);
        assert_eq!(answer.all("X-Auth-Subject"), ["subject-4711"], "{dialect}");
        for ask in [ask.clone(), ask.with("Cookie", "__Host-vestibule_app=x")] {
            let answer = world.send(&ask).await;
            answer.assert_refused(401, "bearer_needed", dialect);
            assert_eq!(answer.challenge(), "Bearer realm=\"app\"");
            answer.assert_leads_nowhere(dialect);
        }
    }
}

#[tokio::test]
async fn nothing_of_a_sign_in_is_there() {
    let world = World::new().app(|app| app.bearer_only().line(AUDIENCE_LINE)).start().await;
    for page in [
        "login",
        "login?rd=%2F",
        "initiate-login?iss=x",
        "callback?code=x&state=y",
        "logout",
        "signed-out",
        "backchannel-logout",
        "frontchannel-logout",
        "userinfo",
        "session",
        "new-token",
        "jwks.json",
    ] {
        for method in ["GET", "POST"] {
            let ask = Ask::new(method, format!("/oidc/app/{page}")).with("Host", "app.example.test");
            let answer = send(world.address, &ask).await;
            answer.assert_refused(404, "path_unknown", &format!("{method} {page}"));
        }
    }
    let ask = Ask::new("GET", "/oidc/app/oauth-protected-resource").with("Host", "app.example.test");
    send(world.address, &ask).await.assert_refused(404, "path_unknown", "none was written");
}

/// the provider may have no page to sign in at all.
#[tokio::test]
async fn its_issuer_needs_to_publish_keys_and_nothing_else() {
    let world = World::new()
        .app(|app| app.bearer_only().line(AUDIENCE_LINE))
        .provider(|provider| {
            provider.change_metadata(|metadata| {
                metadata.retain(|member, _| ["issuer", "jwks_uri"].contains(&member.as_str()));
            });
        })
        .start()
        .await;
    let token = world.provider.access_token(|_| {});
    world.send(&world.bearing(&token)).await.assert_allowed("by keys alone");
}

#[tokio::test]
async fn its_neighbours_sign_people_in_as_ever() {
    let world = api().client(Client::named("machines").bearer_only().line(AUDIENCE_LINE)).start().await;
    world.browser().open(PAGE).await.assert_at(PAGE);
    let token = world.provider.access_token(|_| {});
    let mut ask = world.bearing(&token).having("X-Forwarded-Host", "machines.example.test");
    ask.target = b"/oidc/machines/auth".to_vec();
    world.send(&ask).await.assert_allowed("beside");
}
