//! The provider ends sessions by itself (OpenID Connect Back-Channel Logout 1.0; H-01, H-03 to H-08, V-BC-1 to V-BC-13, R-9.3).

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::keys::{EcKey, RsaKey};
use crate::logs;
use crate::provider::{Draft, Endpoint, Gate, Signing, Step};
use crate::refresh::{TOKEN, allowed, settled};
use crate::wire::{Answer, Ask, within};
use crate::world::{Client, PAGE, SESSION, World};

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// What a provider posts to the client of that name.
pub(crate) fn posting(client: &str, body: impl Into<Vec<u8>>) -> Ask {
    Ask::new("POST", format!("/oidc/{client}/backchannel-logout"))
        .with("Host", "vestibule.internal:8000")
        .form(body)
}

pub(crate) async fn post(world: &World, client: &str, token: &str) -> Answer {
    world.send(&posting(client, format!("logout_token={token}"))).await
}

/// Posts a logout token about the person at the client `app`, changed as told.
pub(crate) async fn log_out(world: &World, change: impl FnOnce(&mut Draft)) -> Answer {
    let token = world.provider.logout_token("id-of-app", change);
    post(world, "app", &token).await
}

/// A browser that signs in at `app` as that person, in that session of the provider.
pub(crate) async fn signed_in(world: &World, sub: &str, sid: &str) -> Browser {
    {
        let mut script = world.provider.script();
        script.subject = sub.to_owned();
        script.sid = Some(sid.to_owned());
    }
    world.signed_in().await
}

pub(crate) fn names(draft: &mut Draft, sub: Option<&str>, sid: Option<&str>) {
    for (claim, value) in [("sub", sub), ("sid", sid)] {
        draft.claims.remove(claim);
        if let Some(value) = value {
            draft.set(claim, value);
        }
    }
}

/// V-BC-13: 200, nothing in it, not to be stored; the session is gone and so is its cookie's worth.
#[tokio::test]
async fn a_logout_token_ends_the_session() {
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    let answer = log_out(&world, |_| {}).await;
    assert_eq!((answer.status, answer.text().as_str()), (200, ""), "{}", answer.show());
    assert_eq!(answer.header("Cache-Control"), Some("no-store"));
    world.send(&world.base_of(&browser)).await.assert_refused(302, "session_unknown", "after the logout");
    let metrics = world.admin("/metrics").await.text();
    assert!(metrics.contains(r#"code="session_signed_out_elsewhere""#), "{metrics}");
}

/// V-BC-12: three sessions of one person and one of another, each form.
#[tokio::test]
async fn it_ends_the_sessions_that_it_names_and_no_other() {
    for (sub, sid, left) in [
        (Some("ada"), None, [false, false, false, true]),
        (None, Some("two"), [true, false, true, true]),
        (Some("ada"), Some("two"), [true, false, true, true]),
        (Some("nobody"), None, [true; 4]),
        (None, Some("none"), [true; 4]),
        // V-BC-10: what does not belong together has no effect.
        (Some("bob"), Some("two"), [true; 4]),
    ] {
        let world = World::new().start().await;
        let mut browsers = Vec::new();
        for (who, which) in [("ada", "one"), ("ada", "two"), ("ada", "three"), ("bob", "four")] {
            browsers.push(signed_in(&world, who, which).await);
        }
        // H-05: also where there is nothing to end.
        let answer = log_out(&world, |draft| names(draft, sub, sid)).await;
        assert_eq!(answer.status, 200, "{sub:?} {sid:?}: {}", answer.show());
        for (browser, left) in browsers.iter().zip(left) {
            assert_eq!(allowed(&world, browser).await, left, "{sub:?} {sid:?}");
        }
    }
}

/// V-BC-10: a provider that names no session in its ID tokens, and one in its logout tokens (R-9.3).
#[tokio::test]
async fn a_session_without_a_name_ends_with_any_of_its_person() {
    let world = World::new().start().await;
    world.provider.change_id_token(|draft| draft.remove("sid"));
    let browser = world.signed_in().await;
    assert_eq!(log_out(&world, |draft| names(draft, None, Some("x"))).await.status, 200);
    assert!(allowed(&world, &browser).await, "sid alone says nothing about it");
    assert_eq!(log_out(&world, |draft| draft.set("sid", "x")).await.status, 200);
    assert!(!allowed(&world, &browser).await);
}

type Change = Box<dyn FnOnce(&mut Draft)>;

/// A token changed so gets 400 and that code.
fn row(
    name: &'static str,
    code: &'static str,
    change: impl FnOnce(&mut Draft) + 'static,
) -> (&'static str, &'static str, Change) {
    (name, code, Box::new(change))
}

/// V-BC-2 to V-BC-8, V-BC-11, H-01: each ends nothing, and says why not.
#[tokio::test]
async fn a_logout_token_that_breaks_any_rule_is_refused_and_ends_nothing() {
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    let set = |claim: &'static str, value: Value| move |draft: &mut Draft| draft.set(claim, value);
    let without = |claim: &'static str| move |draft: &mut Draft| draft.remove(claim);
    let typ = |typ: &'static str| move |draft: &mut Draft| draft.set_header("typ", typ);
    let rows = [
        // V-BC-2
        row("encrypted", "logout_token_unreadable", |draft| {
            draft.finish = Some(|token| format!("{token}.a.b"))
        }),
        // V-BC-3
        row("signed by another key", "logout_token_signature", |draft| {
            draft.signing = Signing::Rs256(RsaKey::numbered(1));
        }),
        row("of a key that is not there", "logout_token_key", |draft| draft.set_header("kid", "other")),
        row("a character changed", "logout_token_signature", |draft| {
            draft.finish = Some(|token| {
                let (signed, signature) = token.rsplit_once('.').unwrap();
                let first = if signature.starts_with('A') { "B" } else { "A" };
                format!("{signed}.{first}{}", &signature[1..])
            });
        }),
        row("not signed at all", "logout_token_signature", |draft| draft.signing = Signing::Nothing),
        row("no token", "logout_token_unreadable", |draft| draft.finish = Some(|_| "token".to_owned())),
        // V-BC-4
        row("alg none", "logout_token_algorithm", |draft| draft.algorithm("none", Signing::Nothing)),
        row("alg NONE", "logout_token_algorithm", |draft| draft.algorithm("NONE", Signing::Nothing)),
        row("another alg", "logout_token_algorithm", |draft| {
            draft.algorithm("ES256", Signing::Es256(EcKey::the_one()));
        }),
        row("HS256 with the client secret", "logout_token_algorithm", |draft| {
            let secret = draft.client_secret.clone().into_bytes();
            draft.algorithm("HS256", Signing::Hs256(secret));
        }),
        row("HS256 with the public key", "logout_token_algorithm", |draft| {
            let key = draft.key.public_pem().into_bytes();
            draft.algorithm("HS256", Signing::Hs256(key));
        }),
        // V-BC-5
        row("another issuer", "logout_token_issuer", set("iss", "https://evil.example".into())),
        row("no issuer", "logout_token_claim", without("iss")),
        row("another audience", "logout_token_audience", set("aud", "id-of-other".into())),
        row("a further audience", "logout_token_audience", set("aud", json!(["id-of-app", "other"]))),
        row("no audience", "logout_token_claim", without("aud")),
        row("no exp", "logout_token_claim", without("exp")),
        row("no iat", "logout_token_claim", without("iat")),
        row("exp as text", "logout_token_claim", set("exp", "4102444800".into())),
        row("expired", "logout_token_time", |draft| draft.shift("exp", -120 - 60)),
        row("from the future", "logout_token_time", |draft| draft.shift("iat", 120)),
        row("old, though it expires in a day", "logout_token_time", |draft| {
            draft.shift("iat", -660);
            draft.shift("exp", 86_400);
        }),
        row("not valid yet", "logout_token_time", |draft| {
            let exp = draft.claims["exp"].clone();
            draft.set("nbf", exp);
        }),
        // V-BC-6
        row("neither sub nor sid", "logout_token_subject", without("sub")),
        row("sub as number", "logout_token_claim", set("sub", 4711.into())),
        row("sub null", "logout_token_claim", set("sub", Value::Null)),
        row("sub empty", "logout_token_claim", set("sub", "".into())),
        row("sid as number, beside a sub", "logout_token_claim", set("sid", 1.into())),
        row("sid empty, beside a sub", "logout_token_claim", set("sid", "".into())),
        // V-BC-7
        row("no events", "logout_token_event", without("events")),
        row("another event", "logout_token_event", set("events", json!({ "urn:other": {} }))),
        row("events as list", "logout_token_event", set("events", json!([EVENT]))),
        row("events as text", "logout_token_event", set("events", EVENT.into())),
        row("event null", "logout_token_event", set("events", json!({ EVENT: null }))),
        row("event true", "logout_token_event", set("events", json!({ EVENT: true }))),
        row("event as list", "logout_token_event", set("events", json!({ EVENT: [] }))),
        // V-BC-8
        row("a nonce", "logout_token_nonce", set("nonce", "n".into())),
        row("nonce null", "logout_token_nonce", set("nonce", Value::Null)),
        // V-BC-9
        row("no jti", "logout_token_claim", without("jti")),
        row("jti as number", "logout_token_claim", set("jti", 1.into())),
        row("jti empty", "logout_token_claim", set("jti", "".into())),
        // V-BC-11
        row("typ at+jwt", "logout_token_type", typ("at+jwt")),
        row("typ secevent+jwt", "logout_token_type", typ("secevent+jwt")),
        row("typ as number", "logout_token_type", |draft| draft.set_header("typ", 1)),
        row("crit", "logout_token_unreadable", |draft| draft.set_header("crit", json!(["b64"]))),
    ];
    for (name, code, change) in rows {
        let answer = log_out(&world, change).await;
        answer.assert_refused(400, code, name);
        // V-BC-13
        assert_eq!(answer.header("Content-Type"), Some("application/json"), "{name}");
        assert_eq!(answer.json()["error"], "invalid_request", "{name}");
        world.send(&world.base_of(&browser)).await.assert_allowed(name);
    }
    assert_eq!(log_out(&world, |_| {}).await.status, 200, "the same without a fault");
    assert!(!allowed(&world, &browser).await);
}

/// V-BC-1
#[tokio::test]
async fn it_is_a_small_form_with_one_logout_token_posted() {
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    let token = world.provider.logout_token("id-of-app", |_| {});
    let good = format!("logout_token={token}");
    let mut get = posting("app", "");
    get.method = "GET".to_owned();
    let mut query = posting("app", "");
    query.target = format!("/oidc/app/backchannel-logout?{good}").into_bytes();
    let mut both = get.clone();
    both.target.clone_from(&query.target);
    let json =
        posting("app", format!(r#"{{"logout_token":"{token}"}}"#)).having("Content-Type", "application/json");
    let rows = [
        ("GET", get, 405, "method_not_allowed"),
        ("GET with the token", both, 405, "method_not_allowed"),
        ("JSON", json, 400, "body_malformed"),
        (
            "multipart",
            posting("app", good.clone()).having("Content-Type", "multipart/form-data; boundary=x"),
            400,
            "body_malformed",
        ),
        ("two tokens", posting("app", format!("{good}&{good}")), 400, "logout_token_missing"),
        (
            "two tokens, one empty",
            posting("app", format!("{good}&logout_token=")),
            400,
            "logout_token_missing",
        ),
        ("another parameter", posting("app", format!("token={token}")), 400, "logout_token_missing"),
        ("nothing", posting("app", ""), 400, "logout_token_missing"),
        ("an empty token", posting("app", "logout_token="), 400, "logout_token_unreadable"),
        ("the token in the query", query, 400, "logout_token_missing"),
        ("a megabyte", posting("app", format!("{good}&x={}", "x".repeat(1 << 20))), 413, "body_too_large"),
        ("a client that is not there", posting("none", good.clone()), 404, "client_unknown"),
    ];
    for (name, ask, status, code) in rows {
        world.send(&ask).await.assert_refused(status, code, name);
        world.send(&world.base_of(&browser)).await.assert_allowed(name);
    }
    let answer = world.send(&posting("app", format!("x=y&{good}&state=z"))).await;
    assert_eq!(answer.status, 200, "other parameters are ignored: {}", answer.show());
    assert!(!allowed(&world, &browser).await);
}

/// V-BC-11: what providers say that know no better, or nothing, is taken unless the operator wants more.
#[tokio::test]
async fn the_type_may_be_left_out_unless_it_is_required() {
    for (line, expected) in [("logout: { require_typ: false }", 200), ("logout: { require_typ: true }", 400)]
    {
        let world = World::new().line(line).start().await;
        for typ in [Some("JWT"), Some("jwt"), None] {
            world.clock.shift(1);
            let browser = world.signed_in().await;
            let answer = log_out(&world, |draft| {
                draft.header.remove("typ");
                draft.header.extend(typ.map(|typ| ("typ".to_owned(), typ.into())));
            })
            .await;
            assert_eq!(answer.status, expected, "{line} {typ:?}: {}", answer.show());
            assert_eq!(answer.refusal() == "logout_token_type", expected == 400, "{}", answer.show());
            assert_eq!(allowed(&world, &browser).await, expected == 400, "{line} {typ:?}");
            assert_eq!(log_out(&world, |draft| draft.set_header("typ", "LOGOUT+JWT")).await.status, 200);
            assert!(!allowed(&world, &browser).await);
        }
    }
}

/// F-13: each kind of token in the place of the other.
#[tokio::test]
async fn an_id_token_is_no_logout_token() {
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    for (name, code, change) in [
        row("an ID token", "logout_token_event", |draft| {
            draft.set_header("typ", "JWT");
            draft.remove("events");
            draft.set("nonce", "n");
        }),
        row("an ID token with events", "logout_token_nonce", |draft| draft.set("nonce", "n")),
    ] {
        log_out(&world, change).await.assert_refused(400, code, name);
    }
    assert!(allowed(&world, &browser).await);
}

/// V-BC-9, H-07, J-11: of one token sent many times at once, one does its work.
#[tokio::test]
async fn a_logout_token_is_good_once() {
    let world = World::new().client(Client::named("other")).start().await;
    let token = world.provider.logout_token("id-of-app", |draft| draft.set("jti", "fixed"));
    let answers = join_all((0..20).map(|_| post(&world, "app", &token))).await;
    let ok = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(ok, 1);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.assert_refused(400, "logout_token_replayed", "again");
    }
    // It would end what began after it.
    world.clock.shift(1);
    let browser = world.signed_in().await;
    post(&world, "app", &token).await.assert_refused(400, "logout_token_replayed", "after a login");
    log_out(&world, |draft| draft.set("jti", "fixed")).await.assert_refused(
        400,
        "logout_token_replayed",
        "a new one",
    );
    assert!(allowed(&world, &browser).await);
    // A name is given once by one issuer to one client.
    let other = world.provider.logout_token("id-of-other", |draft| draft.set("jti", "fixed"));
    assert_eq!(post(&world, "other", &other).await.status, 200);
    // As long as the token is good, leeway included.
    world.clock.shift(120 + 58);
    post(&world, "app", &token).await.assert_refused(400, "logout_token_replayed", "to its end");
    world.clock.shift(2);
    post(&world, "app", &token).await.assert_refused(400, "logout_token_time", "after its end");
}

/// V-BC-3, H-06: a provider has nothing to say about the sessions of another, nor a client's address about another client's.
#[tokio::test]
async fn a_logout_token_for_one_client_or_issuer_ends_nothing_elsewhere() {
    let world =
        World::new().client(Client::named("other")).client(Client::named("far").own_provider()).start().await;
    let app = world.signed_in().await;
    let mut far = world.browser_for("far");
    far.open("https://far.example.test/").await.assert_at("https://far.example.test/");
    let kept = far.jar.get("__Host-vestibule_far").unwrap().value.clone();

    let for_far = world.other_providers[0].logout_token("id-of-far", |_| {});
    post(&world, "app", &for_far).await.assert_refused(400, "logout_token_issuer", "of another issuer");
    let disguised = world.other_providers[0].logout_token("id-of-far", |draft| {
        draft.set("aud", "id-of-app");
    });
    let refused = post(&world, "app", &disguised).await;
    assert_eq!(refused.status, 400, "{}", refused.show());
    let for_other = world.provider.logout_token("id-of-other", |_| {});
    post(&world, "app", &for_other).await.assert_refused(400, "logout_token_audience", "of another client");
    assert_eq!(post(&world, "other", &for_other).await.status, 200);
    assert!(allowed(&world, &app).await, "the same person at another client");

    // The same sub and sid, both providers: nothing of one is the other's.
    assert_eq!(post(&world, "far", &for_far).await.status, 200);
    assert!(allowed(&world, &app).await);
    let answer = far.get("https://far.example.test/oidc/far/session").await;
    answer.assert_refused(401, "no_session", &kept);
}

/// V-BC-13: a provider whose keys cannot be had now has not said what it seems to say, and may say it again.
#[tokio::test]
async fn without_keys_it_is_a_503_and_not_done() {
    let world = World::new().provider_down().start().await;
    let token = world.provider.logout_token("id-of-app", |_| {});
    let answer = post(&world, "app", &token).await;
    answer.assert_refused(503, "provider_unreachable", "no keys");
    assert_eq!(answer.json()["error"], "temporarily_unavailable");
}

/// F-18, H-04: whatever strangers send, the provider is asked for its keys once.
#[tokio::test]
async fn a_flood_of_made_up_tokens_asks_the_provider_once() {
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    let fetched = world.provider.count(Endpoint::Jwks);
    for round in 0..40 {
        let tokens: Vec<_> = (0..25)
            .map(|number| {
                world.provider.logout_token("id-of-app", |draft| {
                    draft.set_header("kid", format!("kid-{round}-{number}"));
                    draft.signing = Signing::Nothing;
                })
            })
            .collect();
        for answer in join_all(tokens.iter().map(|token| post(&world, "app", token))).await {
            answer.assert_refused(400, "logout_token_key", "made up");
        }
    }
    assert!(world.provider.count(Endpoint::Jwks) <= fetched + 1);
    assert!(allowed(&world, &browser).await);
}

/// A key that is new since the keys were learned.
#[tokio::test]
async fn a_logout_token_by_a_new_key_is_believed() {
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    world.provider.script().rotate_to("key-1", 1, false);
    assert_eq!(log_out(&world, |_| {}).await.status, 200);
    assert!(!allowed(&world, &browser).await);
}

/// H-03: a refresh that was sent before the logout and answered after it brings nothing back.
#[tokio::test]
async fn a_refresh_under_way_does_not_bring_a_session_back() {
    for sid in [false, true] {
        let world = World::new().start().await;
        let browser = signed_in(&world, "ada", "one").await;
        world.clock.shift(TOKEN * 4 / 5);
        let gate = Gate::closed();
        world.provider.once(Endpoint::Token, Step::Held(gate.clone()));
        assert!(allowed(&world, &browser).await, "the refresh goes on behind");
        world.provider.reached(Endpoint::Token, 2).await;
        let answer = log_out(&world, |draft| {
            if sid {
                names(draft, None, Some("one"));
            }
        })
        .await;
        assert_eq!(answer.status, 200);
        assert!(!allowed(&world, &browser).await, "at once");
        gate.open();
        settled(&world, 1).await;
        assert!(!allowed(&world, &browser).await, "after the refresh");
    }
}

/// H-03: the logout at every point of the refresh. The store alone is raced a thousand times in tests/session.
#[tokio::test]
async fn logouts_in_the_middle_of_refreshes_end_the_session_each_time() {
    const PEOPLE: usize = 60;
    let world = World::new().start().await;
    for round in 0..2 {
        world.clock.shift(1);
        let mut browsers = Vec::new();
        for person in 0..PEOPLE {
            browsers.push(signed_in(&world, &format!("person-{person}"), &format!("{round}-{person}")).await);
        }
        world.clock.shift(TOKEN * 4 / 5);
        let tokens: Vec<_> = (0..PEOPLE)
            .map(|person| {
                world.provider.logout_token("id-of-app", |draft| {
                    let (sub, sid) = (format!("person-{person}"), format!("{round}-{person}"));
                    match person % 3 {
                        0 => names(draft, Some(&sub), None),
                        1 => names(draft, None, Some(&sid)),
                        _ => names(draft, Some(&sub), Some(&sid)),
                    }
                })
            })
            .collect();
        let refreshing = join_all(browsers.iter().map(|browser| allowed(&world, browser)));
        let ending = join_all(tokens.iter().enumerate().map(async |(number, token)| {
            for _ in 0..number % 7 {
                tokio::task::yield_now().await;
            }
            post(&world, "app", token).await
        }));
        let (_, answers) = tokio::join!(refreshing, ending);
        assert!(answers.iter().all(|answer| answer.status == 200));
        for browser in &browsers {
            assert!(!allowed(&world, browser).await, "round {round}");
        }
        settled_all(&world).await;
        for browser in &browsers {
            assert!(!allowed(&world, browser).await, "round {round}, after the refreshes");
        }
    }
}

/// Waits until every refresh that the provider answered is through.
async fn settled_all(world: &World) {
    let sent = world.provider.refreshes();
    settled(world, sent).await;
}

/// H-08: a logout in the middle of the code exchange ends the session that is written after it.
#[tokio::test]
async fn a_login_under_way_makes_no_session_after_a_logout() {
    for (sub, sid, signed_in) in [
        (Some("ada"), None, false),
        (None, Some("one"), false),
        (Some("ada"), Some("one"), false),
        (Some("bob"), None, true),
        (None, Some("two"), true),
    ] {
        let world = World::new().start().await;
        {
            let mut script = world.provider.script();
            script.subject = "ada".to_owned();
            script.sid = Some("one".to_owned());
        }
        let mut browser = world.browser();
        let callback = browser.open_until_callback(PAGE).await;
        let gate = Gate::closed();
        world.provider.once(Endpoint::Token, Step::Held(gate.clone()));
        let (answer, ()) = tokio::join!(browser.call_back(&callback), async {
            world.provider.reached(Endpoint::Token, 1).await;
            world.clock.shift(2);
            assert_eq!(log_out(&world, |draft| names(draft, sub, sid)).await.status, 200);
            gate.open();
        });
        let case = format!("{sub:?} {sid:?}");
        if signed_in {
            assert_eq!(answer.status, 303, "{case}: {}", answer.show());
            assert!(allowed(&world, &browser).await, "{case}");
        } else {
            answer.assert_refused(409, "signed_out_meanwhile", &case);
            assert!(!browser.has_session());
            // The next login is another one.
            world.clock.shift(1);
            browser.open(PAGE).await.assert_at(PAGE);
        }
    }
}

/// H-08: a callback that somebody kept back while the provider ended the session.
#[tokio::test]
async fn a_callback_kept_back_over_a_logout_makes_no_session() {
    let world = World::new().start().await;
    let mut browser = world.browser();
    let callback = browser.open_until_callback(PAGE).await;
    world.clock.shift(5);
    assert_eq!(log_out(&world, |_| {}).await.status, 200);
    world.clock.shift(500);
    browser.call_back(&callback).await.assert_refused(409, "signed_out_meanwhile", "kept back");
    browser.open(PAGE).await.assert_at(PAGE);
}

/// H-08: logins that end while a logout comes: none has a session in the end, and none is told that it has.
#[tokio::test]
async fn logouts_in_the_middle_of_logins_leave_no_session() {
    let world = World::new().start().await;
    let (mut before, mut after) = (0, 0);
    for round in 0..20 {
        let sids: Vec<_> = (0..10).map(|number| format!("{round}-{number}")).collect();
        let mut logins = Vec::new();
        for _ in &sids {
            let mut browser = world.browser();
            let callback = browser.open_until_callback(PAGE).await;
            logins.push((browser, callback));
        }
        // All belong to one session of the provider, which ends.
        world.provider.script().sid = Some(sids[0].clone());
        let token = world.provider.logout_token("id-of-app", |draft| names(draft, None, Some(&sids[0])));
        let finishing =
            join_all(logins.iter_mut().map(async |(browser, callback)| browser.call_back(callback).await));
        let (answers, ended) = tokio::join!(finishing, async {
            for _ in 0..round * 10 {
                tokio::task::yield_now().await;
            }
            post(&world, "app", &token).await
        });
        assert_eq!(ended.status, 200);
        for ((browser, _), answer) in logins.iter().zip(&answers) {
            match answer.status {
                303 => before += 1,
                _ => {
                    answer.assert_refused(409, "signed_out_meanwhile", "overtaken");
                    after += 1;
                }
            }
            assert!(!allowed(&world, browser).await, "round {round}: {}", answer.show());
        }
    }
    assert_eq!(before + after, 200);
    assert!(before > 0 && after > 0, "{before} ended, {after} were overtaken: the race was none");
}

/// The line for the operator says how many sessions ended, and holds nothing of the token.
#[tokio::test]
async fn the_log_says_that_the_provider_signed_somebody_out() {
    let world = World::new().start().await;
    let _browser = world.signed_in().await;
    let token = world.provider.logout_token("id-of-app", |draft| draft.set("jti", "jti-that-no-log-shows"));
    assert_eq!(post(&world, "app", &token).await.status, 200);
    assert!(!logs::lines_with(&["signed_out_by_provider", "\"sessions\":1"]).is_empty());
    assert!(logs::lines_with(&["jti-that-no-log-shows"]).is_empty());
    assert!(logs::lines_with(&[token.rsplit('.').next().unwrap()]).is_empty());
}

/// The provider has no cookie of ours; one that comes along ends nothing and is not touched.
#[tokio::test]
async fn the_session_cookie_plays_no_part() {
    let world = World::new().start().await;
    let browser = world.signed_in().await;
    let cookie = world.session_cookie(&browser);
    let token = world.provider.logout_token("id-of-app", |draft| names(draft, Some("nobody"), None));
    let answer = world.send(&posting("app", format!("logout_token={token}")).with("Cookie", &cookie)).await;
    assert_eq!(answer.status, 200);
    assert!(answer.all("Set-Cookie").is_empty() && cookie.starts_with(SESSION));
    within("asking", async { assert!(allowed(&world, &browser).await) }).await;
}
