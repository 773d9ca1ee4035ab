//! The keys of an issuer of access tokens change, are late, or are nowhere (F-18, XK-01 to XK-06, XN-04).

use std::fs;
use std::sync::Arc;

use serde_json::json;
use vestibule::idp::bearer::{Bearers, Question};
use vestibule::idp::provider::RememberedProvider;

use crate::api::{api, api_with, file};
use crate::keys::{RsaKey, base64url};
use crate::provider::{Endpoint, Gate, Signing, Step};
use crate::wire::{Connection, within};
use crate::world::World;

fn lasting(world: &World) -> String {
    world.provider.access_token(|draft| draft.shift("exp", 7 * 24 * 3600))
}

/// XK-01: a token that was believed by keys that are no longer those of the issuer is as good as not seen yet.
#[tokio::test]
async fn a_token_of_a_withdrawn_key_is_refused_as_soon_as_that_is_known() {
    let world = api().start().await;
    let old = lasting(&world);
    world.send(&world.bearing(&old)).await.assert_allowed("before");
    world.provider.script().rotate_to("key-1", 1, false);
    world.send(&world.bearing(&old)).await.assert_allowed("nobody knows yet");
    let new = lasting(&world);
    world.send(&world.bearing(&new)).await.assert_allowed("by the new key");
    assert_eq!(world.provider.count(Endpoint::Jwks), 2);
    let answer = world.send(&world.bearing(&old)).await;
    answer.assert_token_refused((401, "bearer_unknown_key"), "invalid_token", "withdrawn");
    world.send(&world.bearing(&new)).await.assert_allowed("still");
    assert_eq!(world.provider.count(Endpoint::Jwks), 2);
}

#[tokio::test]
async fn a_token_of_a_key_that_stays_is_verified_anew_and_goes_on() {
    let world = api().start().await;
    let old = lasting(&world);
    world.send(&world.bearing(&old)).await.assert_allowed("before");
    world.provider.script().rotate_to("key-1", 1, true);
    world.send(&world.bearing(&lasting(&world))).await.assert_allowed("by the new key");
    world.provider.announce(&[]);
    world.send(&world.bearing(&old)).await.assert_allowed("both are published");
}

/// What was verified by keys that had to be fetched for it is remembered as verified by those.
#[tokio::test]
async fn a_token_of_a_key_that_was_fetched_for_it_is_remembered_too() {
    let world = api_with("userinfo: true").start().await;
    world.send(&world.bearing(&lasting(&world))).await.assert_allowed("before");
    world.provider.script().rotate_to("key-1", 1, false);
    let (new, asked) = (lasting(&world), world.provider.count(Endpoint::Userinfo));
    for _ in 0..3 {
        world.send(&world.bearing(&new)).await.assert_allowed("by the new key");
    }
    assert_eq!(world.provider.count(Endpoint::Userinfo), asked + 1);
}

/// XK-04
#[tokio::test]
async fn another_key_under_the_same_name_is_fetched_once_when_the_signature_fails() {
    let world = api().start().await;
    world.send(&world.bearing(&lasting(&world))).await.assert_allowed("before");
    world.provider.script().rotate_to("key-0", 1, false);
    world.send(&world.bearing(&lasting(&world))).await.assert_allowed("under the same name");
    for _ in 0..10 {
        let forged = world.provider.access_token(|draft| draft.signing = Signing::Rs256(RsaKey::numbered(9)));
        world.send(&world.bearing(&forged)).await.assert_refused(401, "bearer_signature", "forged");
    }
    assert_eq!(world.provider.count(Endpoint::Jwks), 2);
}

/// F-18, XN-04: 10,000 tokens with names of keys that nobody has.
#[tokio::test]
async fn a_flood_of_unknown_key_names_costs_two_fetches_a_minute_and_delays_no_good_token() {
    let world = api().start().await;
    let good = world.provider.access_token(|draft| draft.shift("exp", 7200));
    world.send(&world.bearing(&good)).await.assert_allowed("before");
    let (before, began) = (world.provider.count(Endpoint::Jwks), world.clock.steady());
    let payload = world.provider.access_token_draft().sign();
    let payload = payload.split('.').nth(1).unwrap().to_owned();
    let mut connection = Connection::open(world.address).await;
    for n in 0..10_000 {
        let header = json!({ "alg": "RS256", "typ": "at+jwt", "kid": format!("random-{n}") }).to_string();
        let forged = format!("{}.{payload}.AAAA", base64url(header.as_bytes()));
        connection.write(&world.bearing(&forged).bytes()).await;
        let answer = connection.answer(false).await.unwrap();
        assert_eq!(answer.refusal(), "bearer_unknown_key", "{}", answer.show());
        if n % 1000 == 0 {
            connection.write(&world.bearing(&good).bytes()).await;
            connection.answer(false).await.unwrap().assert_allowed("in between");
        }
    }
    let fetched = world.provider.count(Endpoint::Jwks) - before;
    // One at once, and one for each half minute that it took.
    let may = 1 + world.clock.steady().since(began).as_secs() / 30;
    assert!(fetched as u64 <= may && fetched >= 1, "{fetched} fetches, {may} are in order");
    // A rotation is noticed all the same.
    world.clock.shift(31);
    world.provider.script().rotate_to("key-1", 1, true);
    world.send(&world.bearing(&lasting(&world))).await.assert_allowed("by the new key");
}

/// A fetch that somebody's unknown key name causes, and that hangs, holds up nobody whose key is known.
#[tokio::test]
async fn a_fetch_that_hangs_delays_no_token_of_a_known_key() {
    let world = api().start().await;
    world.send(&world.bearing(&lasting(&world))).await.assert_allowed("the keys are known");
    let gate = Gate::closed();
    world.provider.once(Endpoint::Jwks, Step::Held(gate.clone()));
    let unknown = world.provider.access_token(|draft| draft.set_header("kid", "nobody"));
    let ask = world.bearing(&unknown);
    let waits = world.send(&ask);
    let goes_on = async {
        world.provider.reached(Endpoint::Jwks, 2).await;
        world.send(&world.bearing(&lasting(&world))).await.assert_allowed("meanwhile");
        gate.open();
    };
    let (answer, ()) = futures_util::future::join(waits, goes_on).await;
    answer.assert_refused(401, "bearer_unknown_key", "once the keys are there");
}

/// XK-03
#[tokio::test]
async fn an_issuer_that_is_down_at_the_start_is_503_and_works_as_soon_as_it_is_up() {
    let mut world = api().provider_down().start().await;
    let token = lasting(&world);
    for (dialect, ask) in world.in_every_dialect() {
        let answer = world.send(&ask.with("Authorization", format!("Bearer {token}"))).await;
        let status = if dialect == "nginx" { 403 } else { 503 };
        answer.assert_refused(status, "provider_unreachable", dialect);
        assert!(answer.header("Retry-After").is_some(), "{dialect}");
        assert!(answer.all("WWW-Authenticate").is_empty(), "{dialect}: the token may be good");
        answer.assert_leads_nowhere(dialect);
    }
    world.provider.come_up();
    world.clock.shift(2);
    world.send(&world.bearing(&token)).await.assert_allowed("it is up");
}

/// Old keys are used while newer ones are on their way: no token waits for that.
#[tokio::test]
async fn keys_that_are_no_longer_fresh_are_used_while_newer_ones_are_fetched() {
    let world = api().start().await;
    let old = lasting(&world);
    world.send(&world.bearing(&old)).await.assert_allowed("before");
    let gate = Gate::closed();
    world.provider.once(Endpoint::Jwks, Step::Held(gate.clone()));
    world.provider.script().rotate_to("key-1", 1, false);
    world.clock.shift(3601);
    let another = world.provider.access_token(|draft| {
        draft.signing = Signing::Rs256(RsaKey::numbered(0));
        draft.set_header("kid", "key-0");
    });
    world.send(&world.bearing(&another)).await.assert_allowed("by the old keys, at once");
    world.provider.reached(Endpoint::Jwks, 2).await;
    world.send(&world.bearing(&old)).await.assert_allowed("a remembered one");
    gate.open();
    // Whoever needs the new key waits for the fetch that is under way.
    world.send(&world.bearing(&lasting(&world))).await.assert_allowed("by the new keys");
    assert_eq!(world.provider.count(Endpoint::Jwks), 2);
    world.send(&world.bearing(&another)).await.assert_refused(401, "bearer_unknown_key", "by now");
}

/// XK-02, XK-03: the last good set is kept, for a day.
#[tokio::test]
async fn a_key_set_that_turns_bad_leaves_the_good_one_in_use_for_a_day() {
    for (name, step) in [
        ("no answer", Step::Cut),
        ("404", Step::status(404)),
        ("garbage", Step::html(200, "<html>login</html>")),
        ("no keys member", Step::json(200, "{}")),
        ("an empty set", Step::json(200, r#"{"keys":[]}"#)),
        ("cut off", Step::json(200, r#"{"keys":[{"kty":"RSA""#)),
        ("a redirect", Step::redirect(302, "http://127.0.0.1:1/keys")),
    ] {
        let world = api().start().await;
        let token = lasting(&world);
        world.send(&world.bearing(&token)).await.assert_allowed("before");
        world.provider.always(Endpoint::Jwks, step);
        let unknown = world.provider.access_token(|draft| draft.set_header("kid", "nobody"));
        world.send(&world.bearing(&unknown)).await.assert_refused(401, "bearer_unknown_key", name);
        world.clock.shift(23 * 3600);
        world.send(&world.bearing(&token)).await.assert_allowed(name);
        world.send(&world.bearing(&lasting(&world))).await.assert_allowed(name);
        world.clock.shift(3600 + 60);
        for token in [token, lasting(&world)] {
            let answer = world.send(&world.bearing(&token)).await;
            assert_eq!(answer.status, 503, "{name}: {}", answer.show());
            assert!(answer.header("Retry-After").is_some(), "{name}");
        }
    }
}

/// A process without a listener, and one round of its background task at a time.
struct Learner {
    provider: Arc<RememberedProvider>,
    bearers: Bearers,
    client: Arc<vestibule::config::Client>,
}

impl Learner {
    fn of(world: &World) -> Self {
        let (providers, client) = (world.providers(), world.configured("app"));
        let provider = Arc::clone(&providers.of_tokens(&client)[0]);
        Self { provider, bearers: Bearers::new(providers, world.clock.clone(), Arc::default()), client }
    }

    async fn code(&self, token: &str) -> &'static str {
        let tokens = self.client.bearer.as_ref().unwrap();
        let rule = self.client.rules.last().unwrap();
        let question = Question { client: &self.client, tokens, rule, token, may_ask: &|| Ok(()) };
        self.bearers.judge(question).await.err().map_or("ok", |refused| refused.refusal.code())
    }

    /// Runs the task from its start to its first pause: until that holds of what is known.
    async fn learns(&self, done: impl Fn(&RememberedProvider) -> bool) {
        let provider = Arc::clone(&self.provider);
        let task = tokio::spawn(async move { provider.keep_learning(|| 0, |_| {}).await });
        within("the background task", async {
            while !done(&self.provider) {
                tokio::task::yield_now().await;
            }
        })
        .await;
        task.abort();
    }

    fn keys(&self) -> Option<[u8; 32]> {
        self.provider.keys_now().map(|keys| *keys.id())
    }
}

/// A key that was withdrawn is forgotten without anybody asking for it.
#[tokio::test]
async fn the_background_task_looks_for_new_keys_every_keys_refresh_and_keeps_the_old_on_failure() {
    let world = World::new()
        .further_issuers(1)
        .line(
            "bearer: { api: { issuer: <issuer-1>, audiences: [https://api.example.test], \
             jwks_uri: <issuer-1>/jwks, keys_refresh: 1m } }",
        )
        .start()
        .await;
    let issuer = &world.other_providers[0];
    let learner = Learner::of(&world);
    learner.learns(|provider| provider.keys_now().is_some()).await;
    let first = learner.keys();
    let token = issuer.access_token(|draft| draft.shift("exp", 7200));
    assert_eq!(learner.code(&token).await, "ok");

    let so_far = issuer.count(Endpoint::Jwks);
    issuer.always(Endpoint::Jwks, Step::status(503));
    world.clock.shift(61);
    let asked = || issuer.count(Endpoint::Jwks) > so_far;
    learner.learns(|_| asked()).await;
    assert_eq!(learner.keys(), first, "old ones are better than none");
    assert_eq!(learner.code(&token).await, "ok");

    issuer.recover();
    issuer.script().rotate_to("key-1", 1, false);
    world.clock.shift(61);
    learner.learns(|provider| provider.keys_now().map(|keys| *keys.id()) != first).await;
    assert_eq!(learner.code(&token).await, "bearer_unknown_key", "withdrawn, and nobody asked for it");
}

/// R-17.4
#[tokio::test]
async fn a_key_that_is_taken_out_of_jwks_file_is_forgotten_after_keys_refresh() {
    let set = |number, kid: &str| json!({ "keys": [RsaKey::numbered(number).jwk(kid)] }).to_string();
    let path = file("withdrawn.json", &set(0, "key-0"));
    let world = World::new()
        .further_issuers(1)
        .line(&format!(
            "bearer: {{ cluster: {{ issuer: <issuer-1>, audiences: [https://api.example.test], keys_refresh: 1m, \
             jwks_file: {} }} }}",
            path.display()
        ))
        .start()
        .await;
    let learner = Learner::of(&world);
    let token = world.other_providers[0].access_token(|draft| draft.shift("exp", 7200));
    assert_eq!(learner.code(&token).await, "ok");
    let first = learner.keys();
    fs::write(&path, set(1, "key-1")).unwrap();
    world.clock.shift(61);
    learner.learns(|provider| provider.keys_now().map(|keys| *keys.id()) != first).await;
    assert_eq!(learner.code(&token).await, "bearer_unknown_key");
}

/// A symmetric key in the set, or one for encryption, verifies nothing (F-15, V-DS-7).
#[tokio::test]
async fn keys_that_are_of_no_use_are_passed_over() {
    let world = api_with("algorithms: [RS256]")
        .provider(|provider| {
            provider.change_key_set(|set| {
                let keys = set["keys"].as_array_mut().unwrap();
                let mut encryption = RsaKey::numbered(9).jwk("key-9");
                encryption["use"] = json!("enc");
                keys.insert(0, json!({ "kty": "oct", "kid": "key-0", "k": "c2VjcmV0" }));
                keys.push(encryption);
            });
        })
        .start()
        .await;
    world.send(&world.bearing(&lasting(&world))).await.assert_allowed("by the good one");
    let by_encryption = world.provider.access_token(|draft| {
        draft.signing = Signing::Rs256(RsaKey::numbered(9));
        draft.set_header("kid", "key-9");
    });
    world.send(&world.bearing(&by_encryption)).await.assert_refused(401, "bearer_unknown_key", "enc");
}
