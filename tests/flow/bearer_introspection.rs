//! Tokens that an issuer is asked about (V-BT-13, F-24, R-17.6, RFC 7662, RFC 9701).

use std::fs;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::api::{api, api_with, file};
use crate::keys::RsaKey;
use crate::provider::{AUDIENCE, Endpoint, Gate, Registered, Signing, Step};
use crate::wire::Ask;
use crate::world::{PAGE, Setup, World};

/// Asks about opaque tokens, as the client itself.
fn asking() -> Setup {
    api_with("introspection: opaque, clock_leeway: 60s")
}

fn asked(world: &World) -> usize {
    world.provider.count(Endpoint::Introspection)
}

#[tokio::test]
async fn an_opaque_token_is_asked_about_once_and_a_jwt_never() {
    let world = asking().start().await;
    let (opaque, jwt) = (world.provider.opaque_token(|_| {}), world.provider.access_token(|_| {}));
    for _ in 0..3 {
        for (dialect, ask) in world.in_every_dialect() {
            let answer = world.send(&ask.with("Authorization", format!("Bearer {opaque}"))).await;
            answer.assert_allowed(dialect);
            assert_eq!(answer.all("X-Auth-Subject"), ["subject-4711"]);
            assert_eq!(answer.all("X-Auth-Client"), ["calling-program"]);
            assert_eq!(answer.all("X-Auth-Issuer"), [world.provider.issuer.as_str()]);
            assert_eq!(answer.all("X-User-Email"), ["ada.secret@example.org"]);
        }
        world.send(&world.bearing(&jwt)).await.assert_allowed("a JWT");
    }
    assert_eq!(asked(&world), 1);
    let call = &world.provider.calls(Endpoint::Introspection)[0];
    assert_eq!(call.parameter("token"), Some(opaque.as_str()));
}

#[tokio::test]
async fn with_all_a_jwt_is_asked_about_too_and_the_answer_decides() {
    let world = api_with("introspection: all").start().await;
    let token = world.provider.access_token(|_| {});
    world.send(&world.bearing(&token)).await.assert_allowed("active");
    assert_eq!(asked(&world), 1);
    let revoked = world.provider.access_token(|_| {});
    world.provider.revoke(&revoked);
    let answer = world.send(&world.bearing(&revoked)).await;
    answer.assert_token_refused((401, "bearer_inactive"), "invalid_token", "well signed, and revoked");
    let of_another = world.provider.access_token(|draft| draft.set("iss", "https://evil.example"));
    let answer = world.send(&world.bearing(&of_another)).await;
    answer.assert_refused(401, "bearer_issuer", "nobody is asked about it");
    assert_eq!(asked(&world), 2);
}

///
#[tokio::test]
async fn without_introspection_an_opaque_token_is_refused_and_nobody_is_asked() {
    let world = api().start().await;
    let opaque = world.provider.opaque_token(|_| {});
    world.provider.announce(&[]);
    let answer = world.send(&world.bearing(&opaque)).await;
    answer.assert_token_refused((401, "bearer_opaque"), "invalid_token", "not asked about");
}

/// F-24: only the literal `true` is a yes, and whoever says something else than yes or no has said nothing.
#[tokio::test]
async fn only_the_literal_true_is_active() {
    let rows: [(&str, Option<Value>, u16, &str); 8] = [
        ("true", Some(json!(true)), 200, ""),
        ("false", Some(json!(false)), 401, "bearer_inactive"),
        ("a text", Some(json!("true")), 502, "introspection_member_form"),
        ("1", Some(json!(1)), 502, "introspection_member_form"),
        ("null", Some(json!(null)), 502, "introspection_member_form"),
        ("a list", Some(json!([true])), 502, "introspection_member_form"),
        ("an object", Some(json!({})), 502, "introspection_member_form"),
        ("missing", None, 502, "introspection_member_form"),
    ];
    let world = asking().start().await;
    for (case, active, status, code) in rows {
        world.provider.change_introspection(move |members| {
            members.remove("active");
            members.extend(active.clone().map(|active| ("active".to_owned(), active)));
        });
        let token = world.provider.opaque_token(|_| {});
        let answer = world.send(&world.bearing(&token)).await;
        assert_eq!((answer.status, answer.refusal_or_empty()), (status, code), "{case}: {}", answer.show());
        if status != 200 {
            answer.assert_leads_nowhere(case);
        }
    }
}

/// F-24, RFC 7662 section 4: what is active may be for others.
#[tokio::test]
async fn an_active_token_is_held_to_all_that_a_jwt_is_held_to() {
    type Change = fn(&mut serde_json::Map<String, Value>);
    let rows: &[(&str, Change, &str)] = &[
        ("another aud", |members| set(members, "aud", json!("grafana")), "bearer_audience"),
        ("no aud", |members| drop(members.remove("aud")), "bearer_audience"),
        ("another iss", |members| set(members, "iss", json!("https://evil.example")), "bearer_issuer"),
        ("expired", |members| set(members, "exp", json!(1_000_000)), "bearer_expired"),
        ("not yet", |members| set(members, "nbf", json!(4_000_000_000_u64)), "bearer_not_yet_valid"),
        (
            "a refresh token",
            |members| set(members, "token_type", json!("refresh_token")),
            "bearer_other_kind",
        ),
        ("an ID token", |members| set(members, "nonce", json!("n")), "bearer_other_kind"),
        ("scope as a list", |members| set(members, "scope", json!(["read"])), "bearer_claim_form"),
    ];
    let world = asking().start().await;
    for (case, change, code) in rows {
        let token = world.provider.opaque_token(change);
        let answer = world.send(&world.bearing(&token)).await;
        answer.assert_token_refused((401, code), "invalid_token", case);
    }
    let without_iss = world.provider.opaque_token(|members| drop(members.remove("iss")));
    let answer = world.send(&world.bearing(&without_iss)).await;
    answer.assert_allowed("whoever was asked is the issuer");
    assert_eq!(answer.all("X-Auth-Issuer"), [world.provider.issuer.as_str()]);
}

fn set(members: &mut serde_json::Map<String, Value>, member: &str, value: Value) {
    members.insert(member.to_owned(), value);
}

/// F-24, V-BT-13
#[tokio::test]
async fn a_token_that_was_revoked_is_refused_when_the_cache_is_over() {
    for (setting, kept, over) in
        [("introspection: opaque", 40, 21), ("introspection: all, introspection_cache: 5m", 280, 21)]
    {
        let world = api_with(setting).start().await;
        let provider = &world.provider;
        let token = if setting.contains("all") {
            provider.access_token(|draft| draft.shift("exp", 3600))
        } else {
            provider.opaque_token(|_| {})
        };
        world.send(&world.bearing(&token)).await.assert_allowed("before");
        provider.revoke(&token);
        world.clock.shift(kept);
        world.send(&world.bearing(&token)).await.assert_allowed("still believed");
        assert_eq!(asked(&world), 1, "{setting}");
        world.clock.shift(over);
        world.send(&world.bearing(&token)).await.assert_refused(401, "bearer_inactive", setting);
        assert_eq!(asked(&world), 2, "{setting}");
    }
}

#[tokio::test]
async fn with_introspection_cache_0s_each_request_asks() {
    let world = api_with("introspection: opaque, introspection_cache: 0s").start().await;
    let token = world.provider.opaque_token(|_| {});
    for so_far in 1..=3 {
        world.send(&world.bearing(&token)).await.assert_allowed("each time");
        assert_eq!(asked(&world), so_far);
    }
    world.provider.revoke(&token);
    world.send(&world.bearing(&token)).await.assert_refused(401, "bearer_inactive", "at once");
}

/// never longer than the token lives.
#[tokio::test]
async fn an_answer_is_believed_no_longer_than_the_token_lives() {
    let world = api_with("introspection: opaque, introspection_cache: 1h, clock_leeway: 60s").start().await;
    let token = world.provider.opaque_token(|_| {});
    world.send(&world.bearing(&token)).await.assert_allowed("now");
    world.clock.shift(340);
    world.send(&world.bearing(&token)).await.assert_allowed("within the leeway");
    assert_eq!(asked(&world), 1);
    world.clock.shift(20);
    world.send(&world.bearing(&token)).await.assert_refused(401, "bearer_expired", "exp and the leeway");
    assert_eq!(asked(&world), 2);
}

/// ten seconds.
#[tokio::test]
async fn a_no_is_believed_for_ten_seconds() {
    let world = asking().start().await;
    let token = world.provider.opaque_token(|_| {});
    let known = world.provider.script().introspected.remove(&token).unwrap();
    for _ in 0..5 {
        world.send(&world.bearing(&token)).await.assert_refused(401, "bearer_inactive", "not known");
    }
    assert_eq!(asked(&world), 1);
    world.provider.script().introspected.insert(token.clone(), known);
    world.clock.shift(10);
    world.send(&world.bearing(&token)).await.assert_allowed("asked again");
    assert_eq!(asked(&world), 2);
}

#[tokio::test]
async fn a_hundred_requests_at_once_with_one_token_are_one_question() {
    let world = asking().start().await;
    for (token, status) in [(world.provider.opaque_token(|_| {}), 200), ("nobody-knows-it".to_owned(), 401)] {
        let (gate, before) = (Gate::closed(), asked(&world));
        world.provider.once(Endpoint::Introspection, Step::Held(gate.clone()));
        let ask = world.bearing(&token);
        let asks = (0..100).map(|_| world.send(&ask));
        let opens = async {
            world.provider.reached(Endpoint::Introspection, before + 1).await;
            gate.open();
        };
        let (answers, ()) = futures_util::future::join(join_all(asks), opens).await;
        for answer in answers {
            assert_eq!(answer.status, status, "{}", answer.show());
        }
        assert_eq!(asked(&world), before + 1);
    }
}

/// RFC 7662 section 2.3: our own proof is not taken. That is no fault of the caller, and no reason to forget a token.
#[tokio::test]
async fn a_401_of_the_endpoint_is_the_operators_fault() {
    let world = asking().start().await;
    for (status, error) in [(401, "invalid_client"), (403, "unauthorized_client"), (400, "invalid_client")] {
        let token = world.provider.opaque_token(|_| {});
        world.provider.once(Endpoint::Introspection, Step::oauth_error(status, error));
        let answer = world.send(&world.bearing(&token)).await;
        answer.assert_refused(502, "introspection_refused", error);
        assert!(answer.all("WWW-Authenticate").is_empty(), "{error}: nothing is wrong with the token");
        let answer = world.send(&world.nginx(PAGE).with("Authorization", format!("Bearer {token}"))).await;
        answer.assert_refused(403, "introspection_refused", "remembered for a moment");
        world.clock.shift(2);
        world.send(&world.bearing(&token)).await.assert_allowed("and it recovers");
    }
}

/// A provider that is down says nothing about a token: 401 would make programs throw good ones away.
#[tokio::test]
async fn while_the_endpoint_does_not_answer_it_is_503_and_two_seconds_later_it_is_asked_again() {
    let rows = [
        ("cut", Step::Cut, 503, "provider_unreachable"),
        ("503", Step::status(503), 503, "provider_status"),
        ("404", Step::status(404), 502, "introspection_status"),
        ("a redirect", Step::redirect(302, "http://127.0.0.1:1/"), 502, "introspection_redirect"),
        ("a page", Step::html(200, "<html>"), 502, "introspection_content_type"),
        ("no JSON", Step::json(200, "{"), 502, "introspection_unreadable"),
        ("too large", Step::json(200, "x".repeat(65 * 1024)), 503, "provider_too_large"),
    ];
    let world = asking().start().await;
    for (case, step, status, code) in rows {
        let (token, before) = (world.provider.opaque_token(|_| {}), asked(&world));
        world.provider.always(Endpoint::Introspection, step);
        for _ in 0..3 {
            let answer = world.send(&world.bearing(&token)).await;
            assert_eq!(answer.status, status, "{case}: {}", answer.show());
            if status == 502 {
                assert_eq!(answer.refusal(), code, "{case}: {}", answer.show());
            } else {
                assert!(answer.header("Retry-After").is_some(), "{case}");
            }
            assert!(answer.all("WWW-Authenticate").is_empty(), "{case}");
        }
        assert_eq!(asked(&world), before + 1, "{case}: not for each request");
        world.provider.recover();
        world.clock.shift(2);
        world.send(&world.bearing(&token)).await.assert_allowed(case);
    }
}

/// What is remembered goes on while the provider is down.
#[tokio::test]
async fn tokens_that_are_remembered_go_on_while_the_provider_is_down() {
    let world = asking().start().await;
    let token = world.provider.opaque_token(|_| {});
    world.send(&world.bearing(&token)).await.assert_allowed("before");
    world.provider.always_behind(&Step::Cut);
    world.clock.shift(40);
    world.send(&world.bearing(&token)).await.assert_allowed("within the cache");
    let other = world.provider.opaque_token(|_| {});
    assert_eq!(world.send(&world.bearing(&other)).await.status, 503);
}

/// V-BT-13: every way in which an API proves itself; the provider judges strictly.
#[tokio::test]
async fn the_endpoint_is_asked_as_whom_the_operator_wrote_in_each_way() {
    let key = format!("{}/tests/keys/p256_pkcs8.pem", env!("CARGO_MANIFEST_DIR"));
    let secret = "api-secret-of-more-than-thirty-two-bytes";
    let in_file = file("api-secret", secret);
    let rows = [
        ("client_secret_basic", format!("client_secret: {secret}")),
        (
            "client_secret_post",
            format!("client_secret: {secret}, token_endpoint_auth_method: client_secret_post"),
        ),
        (
            "client_secret_jwt",
            format!("client_secret: {secret}, token_endpoint_auth_method: client_secret_jwt"),
        ),
        ("client_secret_basic", format!("client_secret_file: {}", in_file.display())),
        ("private_key_jwt", format!("client_key_file: {key}, client_key_id: api-key")),
        ("none", "token_endpoint_auth_method: none".to_owned()),
    ];
    for (method, settings) in rows {
        let registered = Registered {
            secret: (!["none", "private_key_jwt"].contains(&method)).then(|| secret.to_owned()),
            method,
            redirect_uris: Vec::new(),
            post_logout_redirect_uris: Vec::new(),
        };
        let world = api_with(&format!(
            "introspection: opaque, introspection_client: {{ client_id: id-of-api, {settings} }}"
        ))
        .start()
        .await;
        world.provider.keep_secret("client_secret", secret);
        world.provider.script().clients.insert("id-of-api".to_owned(), registered);
        world.provider.script().client_keys = Some(public_key());
        for _ in 0..2 {
            let token = world.provider.opaque_token(|_| {});
            world.send(&world.bearing(&token)).await.assert_allowed(&settings);
        }
        assert_eq!(asked(&world), 2, "{settings}");
    }
}

/// The public half of `tests/keys/p256_pkcs8.pem`.
fn public_key() -> Value {
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
    use rustls_pki_types::PrivatePkcs8KeyDer;
    use rustls_pki_types::pem::PemObject;
    let der = PrivatePkcs8KeyDer::from_pem_slice(include_bytes!("../keys/p256_pkcs8.pem")).unwrap();
    let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der.secret_pkcs8_der()).unwrap();
    let point = key.public_key().as_ref();
    let [x, y] = [&point[1..33], &point[33..]].map(crate::keys::base64url);
    json!({ "keys": [{ "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "api-key", "x": x, "y": y }] })
}

/// RFC 7662 section 2.1: a token of its own, which the platform replaces.
#[tokio::test]
async fn a_bearer_token_from_a_file_is_read_again_for_each_question() {
    let path = file("introspection-token", "token-by-which-we-may-ask-1\n");
    let world = api_with(&format!(
        "introspection: opaque, introspection_client: {{ bearer_token_file: {} }}",
        path.display()
    ))
    .start()
    .await;
    for text in ["token-by-which-we-may-ask-1", "token-by-which-we-may-ask-2"] {
        world.provider.keep_secret("bearer_token", text);
        world.provider.script().introspection_token = Some(text.to_owned());
        fs::write(&path, text).unwrap();
        let token = world.provider.opaque_token(|_| {});
        world.send(&world.bearing(&token)).await.assert_allowed(text);
    }
    for broken in ["", "two words", "line\nbreak"] {
        fs::write(&path, broken).unwrap();
        let token = world.provider.opaque_token(|_| {});
        world.send(&world.bearing(&token)).await.assert_refused(502, "introspection_token_file", broken);
    }
    fs::remove_file(&path).unwrap();
    let token = world.provider.opaque_token(|_| {});
    world.send(&world.bearing(&token)).await.assert_refused(502, "introspection_token_file", "no file");
    assert_eq!(asked(&world), 2);
}

/// RFC 9701 section 5: whoever agreed on signed answers takes no others.
#[tokio::test]
async fn a_signed_answer_is_verified_and_a_plain_one_is_not_taken() {
    type Change = fn(&mut crate::provider::Draft);
    let rows: &[(&str, Change, u16, &str)] = &[
        ("right", |_| {}, 200, ""),
        (
            "by somebody else",
            |draft| draft.signing = Signing::Rs256(RsaKey::numbered(9)),
            502,
            "introspection_token",
        ),
        ("for somebody else", |draft| draft.set("aud", "grafana"), 502, "introspection_token"),
        ("another iss", |draft| draft.set("iss", "https://evil.example"), 502, "introspection_token"),
        ("an old one", |draft| draft.shift("iat", -4000), 502, "introspection_token"),
        ("another typ", |draft| draft.set_header("typ", "JWT"), 502, "introspection_token"),
        ("alg none", |draft| draft.algorithm("none", Signing::Nothing), 502, "introspection_token"),
        (
            "active outside",
            |draft| {
                draft.remove("token_introspection");
                draft.set("active", true);
            },
            502,
            "introspection_member_form",
        ),
        (
            "not active",
            |draft| draft.set("token_introspection", json!({ "active": false })),
            401,
            "bearer_inactive",
        ),
    ];
    let world = api_with("introspection: opaque, introspection_signed_response_alg: RS256").start().await;
    for (case, change, status, code) in rows {
        world.provider.sign_introspection(change);
        let token = world.provider.opaque_token(|_| {});
        let answer = world.send(&world.bearing(&token)).await;
        assert_eq!((answer.status, answer.refusal_or_empty()), (*status, *code), "{case}: {}", answer.show());
    }
    world.provider.script().signs_introspection = None;
    let token = world.provider.opaque_token(|_| {});
    let answer = world.send(&world.bearing(&token)).await;
    answer.assert_refused(502, "introspection_not_signed", "plain JSON");
}

/// An endpoint that the operator wrote does not make forgotten what the issuer says of itself.
#[tokio::test]
async fn at_an_endpoint_that_was_written_a_secret_is_shown_as_the_issuer_announces() {
    let world = World::new()
        .app(|app| app.authenticates_by("client_secret_post"))
        .line(&format!(
            "bearer: {{ main: {{ audiences: [{AUDIENCE}], introspection: opaque, \
             introspection_endpoint: <issuer>/introspect }} }}"
        ))
        .provider(|provider| {
            provider.change_metadata(|metadata| {
                metadata.insert(
                    "token_endpoint_auth_methods_supported".to_owned(),
                    json!(["client_secret_post"]),
                );
            });
        })
        .start()
        .await;
    let jwt = world.provider.access_token(|_| {});
    world.send(&world.bearing(&jwt)).await.assert_allowed("the metadata are known by now");
    let token = world.provider.opaque_token(|_| {});
    world.send(&world.bearing(&token)).await.assert_allowed("as announced");
}

/// Signed answers need the keys of the issuer, wherever the operator wrote that they are.
#[tokio::test]
async fn signed_answers_are_verified_by_the_keys_that_the_operator_named() {
    let keys =
        file("signed-answers.json", &json!({ "keys": [RsaKey::numbered(0).jwk("key-0")] }).to_string());
    for source in ["jwks_uri: <issuer-1>/jwks".to_owned(), format!("jwks_file: {}", keys.display())] {
        for ask in ["opaque", "all"] {
            let world = World::new()
                .further_issuers(1)
                .line(&format!(
                    "bearer: {{ api: {{ issuer: <issuer-1>, audiences: [{AUDIENCE}], {source}, introspection: {ask}, \
                     introspection_endpoint: <issuer-1>/introspect, introspection_signed_response_alg: RS256, \
                     introspection_client: {{ client_id: id-of-api, client_secret: api-secret-0123456789-0123456789 }} }} }}"
                ))
                .start()
                .await;
            let issuer = &world.other_providers[0];
            issuer.script().clients.insert("id-of-api".to_owned(), registered_api());
            issuer.sign_introspection(|_| {});
            let token = issuer.opaque_token(|_| {});
            world.send(&world.bearing(&token)).await.assert_allowed(&format!("{ask}, {source}"));
            assert_eq!(issuer.count(Endpoint::Discovery), 0, "all is written");
        }
    }
}

fn registered_api() -> Registered {
    Registered {
        secret: Some("api-secret-0123456789-0123456789".to_owned()),
        method: "client_secret_basic",
        redirect_uris: Vec::new(),
        post_logout_redirect_uris: Vec::new(),
    }
}

/// Nobody can ask about an encrypted token but its issuer.
#[tokio::test]
async fn an_encrypted_token_is_asked_about_where_opaque_ones_are() {
    let world = asking().start().await;
    let token = world.provider.access_token(|draft| draft.finish = Some(|token| token + ".AA.AA"));
    world.send(&world.bearing(&token)).await.assert_allowed("the issuer knows it");
    assert_eq!(asked(&world), 1);
}

#[tokio::test]
async fn an_issuer_without_an_endpoint_is_the_operators_fault() {
    let world = asking()
        .provider(|provider| {
            provider.change_metadata(|metadata| drop(metadata.remove("introspection_endpoint")));
        })
        .start()
        .await;
    let token = world.provider.opaque_token(|_| {});
    let answer = world.send(&world.bearing(&token)).await;
    answer.assert_refused(502, "introspection_no_endpoint", "not announced");
}

/// XN-04, F-19: whoever makes up tokens has the issuer asked only so often, and nobody else waits for it.
#[tokio::test]
async fn one_address_has_the_issuer_asked_about_600_tokens_a_minute_and_no_more() {
    let world = asking().start().await;
    let from = |ask: Ask, address: &str| ask.having("X-Forwarded-For", address);
    let remembered = world.provider.opaque_token(|_| {});
    world
        .send(&from(world.bearing(&remembered), "203.0.113.9"))
        .await
        .assert_allowed("remembered from here on");
    let mut sent = 0;
    let refused = loop {
        sent += 1;
        assert!(sent < 3_000, "never told to wait");
        let ask = from(world.bearing(&format!("made-up-{sent}")), "203.0.113.9");
        let answer = world.send(&ask).await;
        if answer.status != 401 {
            break answer;
        }
    };
    assert!(sent >= 600, "told to wait at {sent}");
    refused.assert_refused(429, "too_many_tokens", "the 601st");
    assert!(refused.header("Retry-After").is_some_and(|wait| wait.parse::<u64>().unwrap() >= 1));
    refused.assert_leads_nowhere("429");
    let good = world.provider.opaque_token(|_| {});
    let nginx = from(world.nginx(PAGE), "203.0.113.9").with("Authorization", "Bearer made-up-for-nginx");
    let again = world.send(&nginx).await;
    assert!([401, 403].contains(&again.status), "{}", again.show());
    world.send(&from(world.bearing(&good), "203.0.113.10")).await.assert_allowed("at another address");
    world.send(&from(world.bearing(&remembered), "203.0.113.9")).await.assert_allowed("a remembered one");
    let jwt = world.provider.access_token(|_| {});
    world.send(&from(world.bearing(&jwt), "203.0.113.9")).await.assert_allowed("a JWT asks nobody");
    world.clock.shift(60);
    let later = world.provider.opaque_token(|_| {});
    world.send(&from(world.bearing(&later), "203.0.113.9")).await.assert_allowed("a minute later");
}
