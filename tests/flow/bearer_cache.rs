//! What is remembered of access tokens: for how long, for whom, and how much (V-BT-8, V-BT-13, XN-04).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use vestibule::config::Client;
use vestibule::gate::refusal::Refusal;
use vestibule::idp::bearer::{Bearers, MAX_REMEMBERED_BYTES, Question};

use crate::api::{api, api_with};
use crate::keys::{EcKey, base64url};
use crate::provider::{Endpoint, Signing};
use crate::world;

async fn judge(bearers: &Bearers, client: &Arc<Client>, token: &str) -> Result<(), Refusal> {
    judge_if(bearers, client, token, &|| Ok(())).await
}

async fn judge_if(
    bearers: &Bearers,
    client: &Arc<Client>,
    token: &str,
    may_ask: &(dyn Fn() -> Result<(), Refusal> + Sync),
) -> Result<(), Refusal> {
    let (tokens, rule) = (client.bearer.as_ref().unwrap(), client.rules.last().unwrap());
    bearers
        .judge(Question { client, tokens, rule, token, may_ask })
        .await
        .map(drop)
        .map_err(|refused| refused.refusal)
}

fn remembered(bearers: &Bearers) -> u64 {
    let text = format!("{bearers:?}");
    text.trim_start_matches("Bearers(").split(' ').next().unwrap().parse().unwrap()
}

/// V-BT-8: to the second, whether the token was seen before or not.
#[tokio::test]
async fn a_token_is_over_at_exp_and_the_leeway_also_where_it_is_remembered() {
    let world = api_with("clock_leeway: 60s").start().await;
    let (seen, unseen) = (world.provider.access_token(|_| {}), world.provider.access_token(|_| {}));
    world.send(&world.bearing(&seen)).await.assert_allowed("now");
    world.clock.shift(335);
    world.send(&world.bearing(&seen)).await.assert_allowed("within the leeway");
    world.clock.shift(25);
    for (case, token) in [("seen", &seen), ("unseen", &unseen)] {
        let answer = world.send(&world.bearing(token)).await;
        answer.assert_token_refused((401, "bearer_expired"), "invalid_token", case);
    }
}

/// A clock that is turned back makes nothing good that was over.
#[tokio::test]
async fn a_token_that_is_not_good_yet_is_not_remembered_as_bad() {
    let world = api_with("clock_leeway: 0s").start().await;
    let now = world.clock.wall().seconds();
    let token = world.provider.access_token(|draft| {
        draft.set("nbf", now + 100);
        draft.shift("exp", 3600);
    });
    world.send(&world.bearing(&token)).await.assert_refused(401, "bearer_not_yet_valid", "too early");
    world.clock.shift(100);
    world.send(&world.bearing(&token)).await.assert_allowed("in time");
}

#[tokio::test]
async fn a_token_that_was_seen_asks_nobody() {
    let world = api_with("userinfo: true, introspection: all").start().await;
    let token = world.provider.access_token(|_| {});
    world.send(&world.bearing(&token)).await.assert_allowed("first");
    world.provider.announce(&[]);
    for (dialect, ask) in world.in_every_dialect() {
        for _ in 0..10 {
            world
                .send(&ask.clone().with("Authorization", format!("Bearer {token}")))
                .await
                .assert_allowed(dialect);
        }
    }
}

/// F-14, F-24: what one client believes is nothing to another.
#[tokio::test]
async fn a_token_that_one_client_remembers_opens_no_other() {
    let world = api_with("userinfo: true")
        .client(
            world::Client::named("other")
                .line("bearer: { main: { audiences: [https://other.example.test], userinfo: true } }"),
        )
        .client(
            world::Client::named("third")
                .headers("{ email: X-Mail }")
                .line("bearer: { main: { audiences: [https://api.example.test] } }"),
        )
        .start()
        .await;
    let token = world.provider.access_token(|_| {});
    let at = |client: &str| {
        let mut ask = world.bearing(&token).having("X-Forwarded-Host", format!("{client}.example.test"));
        ask.target = format!("/oidc/{client}/auth").into_bytes();
        ask
    };
    for round in ["first", "again"] {
        world.send(&at("app")).await.assert_allowed(round);
        world.send(&at("other")).await.assert_refused(401, "bearer_audience", round);
        let answer = world.send(&at("third")).await;
        answer.assert_allowed(round);
        assert_eq!(answer.all("X-Mail"), ["ada.secret@example.org"], "{round}");
        assert!(answer.all("X-User-Email").is_empty(), "{round}: of another client");
    }
}

/// XN-04: whoever holds a good token and changes a letter of it has nothing.
#[tokio::test]
async fn a_token_that_looks_like_a_remembered_one_is_another() {
    let world = api().start().await;
    let token = world.provider.access_token(|_| {});
    world.send(&world.bearing(&token)).await.assert_allowed("remembered");
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let other = if signature.starts_with('A') { "B" } else { "A" };
    for forged in [
        format!("{signed}.{other}{}", &signature[1..]),
        format!("{signed}."),
        format!("{token}="),
        format!("{token}A"),
        token.to_uppercase(),
        signed.to_owned(),
    ] {
        let answer = world.send(&world.bearing(&forged)).await;
        assert_eq!(answer.status, 401, "{}", answer.show());
    }
}

/// XN-04: refusals of tokens that nobody is asked about are not worth remembering, and cost no memory.
#[tokio::test]
async fn good_tokens_are_remembered_and_bad_ones_are_not() {
    let world = api().start().await;
    let (bearers, client) =
        (Bearers::new(world.providers(), world.clock.clone(), Arc::default()), world.configured("app"));
    let draft = world.provider.access_token_draft();
    let payload = draft.sign().split('.').nth(1).unwrap().to_owned();
    for n in 0..1000 {
        let header = format!(r#"{{"alg":"RS256","typ":"at+jwt","kid":"key-{n}"}}"#);
        let token = format!("{}.{payload}.AAAA", base64url(header.as_bytes()));
        assert!(judge(&bearers, &client, &token).await.is_err());
    }
    assert_eq!(remembered(&bearers), 0);
    for _ in 0..2 {
        judge(&bearers, &client, &draft.sign()).await.expect("a good one");
        assert_eq!(remembered(&bearers), 1);
    }
}

/// However many tokens there are and however large they are, what is remembered of them stays within its bound.
#[tokio::test]
async fn the_memory_of_tokens_has_a_bound() {
    let world = api()
        .provider(|provider| {
            provider.change_key_set(|set| {
                set["keys"].as_array_mut().unwrap().push(EcKey::the_one().jwk("ec"));
            });
        })
        .start()
        .await;
    let (bearers, client) =
        (Bearers::new(world.providers(), world.clock.clone(), Arc::default()), world.configured("app"));
    let scopes: Vec<String> = (0..2000).map(|n| format!("{n:x}")).collect();
    let mut draft = world.provider.access_token_draft();
    draft.algorithm("ES256", Signing::Es256(EcKey::the_one()));
    draft.set_header("kid", "ec");
    draft.set("scope", scopes.join(" "));
    // Each takes at least 24 bytes for each scope.
    let at_least = 2000 * 24;
    let many = 2 * MAX_REMEMBERED_BYTES / at_least;
    let mut first = None;
    for n in 0..many {
        draft.set("jti", format!("jti-{n}"));
        let token = draft.sign();
        judge(&bearers, &client, &token).await.unwrap();
        first.get_or_insert(token);
    }
    let kept = remembered(&bearers);
    assert!(kept > 0 && kept <= MAX_REMEMBERED_BYTES / at_least, "{kept} of {many}");
    judge(&bearers, &client, &first.unwrap()).await.expect("one that was forgotten is verified anew");
}

/// That a caller has to wait is nothing about the token: the next one, from elsewhere, does not wait for it.
#[tokio::test]
async fn being_told_to_wait_is_remembered_of_no_token() {
    let world = api_with("introspection: opaque, userinfo: true").start().await;
    let (bearers, client) =
        (Bearers::new(world.providers(), world.clock.clone(), Arc::default()), world.configured("app"));
    for token in [world.provider.opaque_token(|_| {}), world.provider.access_token(|_| {})] {
        let asked = AtomicUsize::new(0);
        let may_ask = || {
            asked.fetch_add(1, Ordering::Relaxed);
            Err(Refusal::TooManyTokens { wait: std::time::Duration::from_secs(1) })
        };
        let refused = judge_if(&bearers, &client, &token, &may_ask).await.unwrap_err();
        assert_eq!(refused.code(), "too_many_tokens");
        assert_eq!(asked.into_inner(), 1);
        judge(&bearers, &client, &token).await.expect("from elsewhere");
    }
    assert_eq!(world.provider.count(Endpoint::Userinfo), 2);
}
