//! What is told about access tokens: to the caller (RFC 6750 section 3, F-23, R-17.1, V-BT-12), and to the operator.

use crate::api::{api, api_with};
use crate::keys::{EcKey, RsaKey};
use crate::logs;
use crate::provider::{Draft, Endpoint, Signing, Step};
use crate::world::PAGE;

/// V-BT-4 to V-BT-8, F-13: every check, by its code; and the answer is the same for a browser with a session.
#[tokio::test]
async fn a_token_that_is_not_believed_is_401_and_never_a_page_and_never_a_login() {
    type Change = fn(&mut Draft);
    let rows: &[(&str, Change, &str)] = &[
        ("another aud", |draft| draft.set("aud", "https://api.example.test.evil"), "bearer_audience"),
        ("the client_id as aud", |draft| draft.set("aud", "id-of-app"), "bearer_audience"),
        ("no aud", |draft| draft.remove("aud"), "bearer_claim_missing"),
        ("another iss", |draft| draft.set("iss", "https://evil.example"), "bearer_issuer"),
        (
            "iss with a slash",
            |draft| {
                let iss = format!("{}/", draft.claims["iss"].as_str().unwrap());
                draft.set("iss", iss);
            },
            "bearer_issuer",
        ),
        ("no iss", |draft| draft.remove("iss"), "bearer_claim_missing"),
        ("expired", |draft| draft.shift("exp", -4000), "bearer_expired"),
        ("no exp", |draft| draft.remove("exp"), "bearer_claim_missing"),
        ("exp as text", |draft| draft.set("exp", "4102444800"), "bearer_claim_form"),
        ("not yet", |draft| draft.set("nbf", 4_000_000_000_u64), "bearer_not_yet_valid"),
        ("from the future", |draft| draft.shift("iat", 3000), "bearer_issued_in_future"),
        ("no sub", |draft| draft.remove("sub"), "bearer_claim_missing"),
        ("no client_id", |draft| draft.remove("client_id"), "bearer_claim_missing"),
        ("no jti", |draft| draft.remove("jti"), "bearer_claim_missing"),
        ("scope as a list", |draft| draft.set("scope", vec!["read"]), "bearer_claim_form"),
        ("alg none", |draft| draft.algorithm("none", Signing::Nothing), "bearer_algorithm"),
        ("no signature", |draft| draft.signing = Signing::Nothing, "bearer_signature"),
        (
            "HS256 by the client secret",
            |draft| draft.algorithm("HS256", Signing::Hs256(draft.client_secret.clone().into_bytes())),
            "bearer_algorithm",
        ),
        (
            "HS256 by the public key",
            |draft| draft.algorithm("HS256", Signing::Hs256(draft.key.public_pem().into_bytes())),
            "bearer_algorithm",
        ),
        ("by somebody else", |draft| draft.signing = Signing::Rs256(RsaKey::numbered(9)), "bearer_signature"),
        ("a key of nobody", |draft| draft.set_header("kid", "nobody"), "bearer_unknown_key"),
        ("crit", |draft| draft.set_header("crit", vec!["exp"]), "bearer_critical"),
        ("typ of an ID token", |draft| draft.set_header("typ", "JWT"), "bearer_type"),
        ("a logout token", |draft| draft.set_header("typ", "logout+jwt"), "bearer_type"),
        ("a proof", |draft| draft.set_header("typ", "dpop+jwt"), "bearer_type"),
        ("a nonce", |draft| draft.set("nonce", "n"), "bearer_other_kind"),
        ("header is no JSON", |draft| draft.raw_header = Some(b"{not json".to_vec()), "bearer_unreadable"),
        ("payload is no JSON", |draft| draft.raw_claims = Some(b"[]".to_vec()), "bearer_unreadable"),
        ("too long", |draft| draft.set("pad", "x".repeat(16 * 1024)), "bearer_too_long"),
        ("no JWT", |draft| draft.finish = Some(|_| "opaque-4711-opaque-4711".to_owned()), "bearer_opaque"),
        ("encrypted", |draft| draft.finish = Some(|token| token + ".AA.AA"), "bearer_encrypted"),
        (
            "cnf that cannot be shown",
            |draft| draft.set("cnf", serde_json::json!({ "x5t#S256": "A".repeat(43) })),
            "bearer_binding",
        ),
        (
            "cnf that nobody knows",
            |draft| draft.set("cnf", serde_json::json!({ "jku": "x" })),
            "bearer_binding",
        ),
    ];
    let world = api().line("bearer_options: { with_session: token }").start().await;
    let browser = world.signed_in().await;
    for (name, change, code) in rows {
        let token = world.provider.access_token(change);
        for (dialect, ask) in world.in_every_dialect() {
            let ask = ask.with("Authorization", format!("Bearer {token}"));
            let answer = world.send(&ask).await;
            let case = format!("{name}, {dialect}");
            answer.assert_token_refused((401, code), "invalid_token", &case);
            assert!(answer.challenge().starts_with("Bearer realm=\"app\", "), "{case}");
            let with_cookie = ask.with("Cookie", world.session_cookie(&browser));
            world.send(&with_cookie).await.assert_token_refused((401, code), "invalid_token", &case);
        }
    }
    let token = world.provider.access_token(|_| {});
    world.send(&world.bearing(&token)).await.assert_allowed("and a good one is good");
}

/// F-13: no other token of the same provider, signed by the same keys, opens anything.
#[tokio::test]
async fn an_id_token_and_a_logout_token_are_no_access_tokens_in_any_profile() {
    for profile in ["rfc9068", "jwt"] {
        let world = api_with(&format!("profile: {profile}")).start().await;
        let seen = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
        let kept = std::sync::Arc::clone(&seen);
        world.provider.change_id_token(move |draft| {
            draft.set("aud", vec!["id-of-app", crate::provider::AUDIENCE]);
            draft.set("azp", "id-of-app");
            *kept.lock().unwrap() = draft.sign();
        });
        world.browser().open(PAGE).await;
        let id_token = seen.lock().unwrap().clone();
        assert!(!id_token.is_empty());
        let logout_token =
            world.provider.logout_token("id-of-app", |draft| draft.set("aud", crate::provider::AUDIENCE));
        for (name, token) in [("ID token", id_token), ("logout token", logout_token)] {
            let answer = world.send(&world.bearing(&token)).await;
            let case = format!("{name} {profile}: {}", answer.show());
            assert_eq!(answer.status, 401, "{case}");
            assert!(["bearer_type", "bearer_other_kind"].contains(&answer.refusal()), "{case}");
        }
    }
}

/// RFC 6750 section 3.1: nothing was wrong, so nothing is said to be.
#[tokio::test]
async fn without_any_credential_a_person_is_led_to_the_login_and_a_program_is_told_both_ways() {
    let world = api().start().await;
    let answer = world.send(&world.base()).await;
    assert_eq!(answer.status, 302, "{}", answer.show());
    let nginx = world.nginx(PAGE).having("Accept", "*/*").without("Sec-Fetch-Mode").without("Sec-Fetch-Dest");
    for (dialect, ask) in [("forwarded", world.program()), ("nginx", nginx)] {
        let answer = world.send(&ask).await;
        answer.assert_refused(401, "no_cookie", dialect);
        assert_eq!(answer.all("WWW-Authenticate"), ["Bearer realm=\"app\"", "Cookie realm=\"app\""]);
        assert!(answer.header("Vestibule-Login").is_some(), "{dialect}");
    }
}

#[tokio::test]
async fn on_unauthenticated_401_leads_no_browser_to_the_login() {
    let world = api().line("rules: [{ path: /api/*, on_unauthenticated: 401 }]").start().await;
    let at = |uri: &str| world.base().having("X-Forwarded-Uri", uri);
    world.send(&at("/api/a")).await.assert_refused(401, "no_cookie", "a browser");
    assert_eq!(world.send(&at("/page")).await.status, 302);
    let token = world.provider.access_token(|_| {});
    world.send(&world.bearing_at(&token, "/api/a")).await.assert_allowed("with a token");
    let browser = world.signed_in().await;
    let ask = world.base_of(&browser).having("X-Forwarded-Uri", "/api/a");
    world.send(&ask).await.assert_allowed("with a session");
}

/// V-BT-12
#[tokio::test]
async fn where_a_token_is_required_nothing_else_is_enough_and_the_challenge_has_no_error() {
    let world = api().line("rules: [{ path: /api/*, bearer: required }]").start().await;
    let browser = world.signed_in().await;
    let api_page = "https://app.example.test/api/a";
    let asks = [
        ("a browser", world.asking(api_page), 401),
        ("a session", world.base_of(&browser).having("X-Forwarded-Uri", "/api/a"), 401),
        ("a cookie that is none", world.asking(api_page).with("Cookie", "__Host-vestibule_app=x"), 401),
        ("another scheme", world.asking(api_page).with("Authorization", "Basic YTpi"), 401),
        ("nginx", world.nginx(api_page), 401),
        ("envoy", world.envoy(api_page), 401),
    ];
    for (case, ask, status) in asks {
        let answer = world.send(&ask).await;
        answer.assert_refused(status, "bearer_needed", case);
        assert_eq!(answer.challenge(), "Bearer realm=\"app\"", "{case}");
        answer.assert_leads_nowhere(case);
    }
    let token = world.provider.access_token(|_| {});
    world.send(&world.bearing_at(&token, "/api/a")).await.assert_allowed("a token");
    world.send(&world.base_of(&browser)).await.assert_allowed("a session elsewhere");
}

/// A session that decides nothing is not refreshed for it, and what stands in its way is nobody's affair.
#[tokio::test]
async fn where_a_token_is_required_no_session_is_looked_at() {
    let world = api().line("rules: [{ path: /api/*, bearer: required }]").start().await;
    let browser = world.signed_in().await;
    world.clock.shift(3 * 3600);
    world.provider.always(Endpoint::Token, Step::Cut);
    let tokens = world.provider.count(Endpoint::Token);
    let ask = world.base_of(&browser).having("X-Forwarded-Uri", "/api/a");
    world.send(&ask).await.assert_refused(401, "bearer_needed", "a session that needs a refresh");
    assert_eq!(world.provider.count(Endpoint::Token), tokens);
}

/// nginx knows 401 and 403 only, throws bodies away, and would send a person to the login by a `Location` of ours.
#[tokio::test]
async fn nginx_gets_401_or_403_the_challenge_and_no_body() {
    let world = api().line("rules: [{ path: /private, scopes: [admin] }]").start().await;
    let good = world.provider.access_token(|_| {});
    let bad = world.provider.access_token(|draft| draft.set("aud", "grafana"));
    let rows = [
        ("not believed", format!("Bearer {bad}"), 401, "bearer_audience", "invalid_token"),
        ("malformed", "Bearer a b".to_owned(), 401, "bearer_malformed", "invalid_token"),
        ("not enough", format!("Bearer {good}"), 403, "bearer_scope", "insufficient_scope"),
    ];
    for (case, value, status, code, error) in rows {
        let answer = world.send(&world.nginx(PAGE).with("Authorization", value)).await;
        answer.assert_token_refused((status, code), error, case);
        assert!(answer.body.is_empty() && answer.header("Content-Type").is_none(), "{case}");
    }
    let twice = world.nginx(PAGE).with("Authorization", "Bearer a").with("Authorization", "Bearer a");
    let answer = world.send(&twice).await;
    answer.assert_token_refused((403, "bearer_twice"), "invalid_request", "never 400");
    assert!(answer.body.is_empty());
}

/// RFC 6750 section 3: the description is ours, from a table; nothing of a token is in it.
#[tokio::test]
async fn an_answer_shows_nothing_of_the_token() {
    let world = api().start().await;
    let token = world.provider.access_token(|draft| {
        draft.set("sub", "subject-canary");
        draft.set("aud", "audience-canary");
    });
    for ask in [world.bearing(&token), world.base().with("Authorization", format!("Bearer {token}"))] {
        let answer = world.send(&ask).await;
        answer.assert_refused(401, "bearer_audience", "another aud");
        let shown = answer.show();
        for secret in ["canary", "example.org", token.rsplit('.').next().unwrap()] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
        let problem = answer.json();
        assert_eq!(problem["code"], "bearer_audience");
        assert_eq!(problem["request_id"], answer.header("Vestibule-Request-Id").unwrap());
    }
}

/// one line, with the reason; an operator finds out why without the token.
#[tokio::test]
async fn the_log_names_the_reason_the_client_and_the_issuer_and_nothing_of_a_token() {
    let world = api().start().await;
    let good = world.provider.access_token(|_| {});
    let answer = world.send(&world.bearing(&good)).await;
    answer.assert_allowed("a good one");
    let allowed = logs::lines_with(&["\"verdict\":\"allow\"", "\"bearer\":\"main\"", "\"client\":\"app\""]);
    assert!(!allowed.is_empty());
    let bad = world.provider.access_token(|draft| {
        draft.set("sub", "subject-log-canary");
        draft.set("jti", "jti-log-canary");
        draft.shift("exp", -4000);
    });
    let answer = world.send(&world.bearing(&bad)).await;
    let lines = logs::lines_with(&[answer.header("Vestibule-Request-Id").unwrap()]);
    assert_eq!(lines.len(), 1, "{lines:#?}");
    for part in ["bearer_expired", "\"app\"", "\"fault\":\"caller\"", "\"level\":\"INFO\""] {
        assert!(lines[0].contains(part), "{part}: {}", lines[0]);
    }
    let log = logs::text();
    for canary in ["log-canary", "ada.secret@example.org"] {
        assert!(!log.contains(canary), "{:#?}", logs::lines_with(&[canary]));
    }
}

/// The metrics count tokens as they count sessions.
#[tokio::test]
async fn each_decision_about_a_token_is_counted_by_its_code() {
    let world = api().start().await;
    let good = world.provider.access_token(|_| {});
    let bad = world.provider.access_token(|draft| draft.algorithm("ES256", Signing::Es256(EcKey::the_one())));
    world.send(&world.bearing(&good)).await;
    let refusal = world.send(&world.bearing(&bad)).await.refusal().to_owned();
    let text = world.admin("/metrics").await.text();
    for part in ["verdict=\"allow\",code=\"ok\"", &format!("verdict=\"refuse\",code=\"{refusal}\"")] {
        assert!(text.contains(part), "{part} in {text}");
    }
}
