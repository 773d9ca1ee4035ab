//! The ID token (OpenID Connect Core 1.0 section 3.1.3.7; security catalogue F and V-ID-1 to V-ID-17) through the whole server: a
//! wrong one is refused with its code, and there is no session. The checks one by one are pinned in tests/protocol.

use serde_json::{Value, json};

use crate::keys::{EcKey, RsaKey, base64url};
use crate::provider::{Draft, Endpoint, Provider, Signing};
use crate::world::{Client, PAGE, SESSION, World};

/// One wrong token, made from a right one.
struct Row {
    name: &'static str,
    code: &'static str,
    change: Change,
}

type Change = fn(&mut Draft);

const fn row(name: &'static str, code: &'static str, change: Change) -> Row {
    Row { name, code, change }
}

/// Signatures and algorithms: F-01 to F-08, V-ID-5, V-ID-6, V-ID-16.
const SIGNATURES: &[Row] = &[
    row("alg none without a signature", "id_token_algorithm", |draft| {
        draft.algorithm("none", Signing::Nothing)
    }),
    row("alg None", "id_token_algorithm", |draft| draft.algorithm("None", Signing::Nothing)),
    row("alg nOnE with the signature left", "id_token_algorithm", |draft| draft.set_header("alg", "nOnE")),
    row("alg none and a blank", "id_token_algorithm", |draft| draft.algorithm("none ", Signing::Nothing)),
    row("alg empty", "id_token_algorithm", |draft| draft.algorithm("", Signing::Nothing)),
    row("alg null", "id_token_algorithm", |draft| draft.set_header("alg", Value::Null)),
    row("alg a list", "id_token_algorithm", |draft| draft.set_header("alg", json!(["RS256"]))),
    row("no alg", "id_token_algorithm", |draft| drop(draft.header.remove("alg"))),
    row("alg in small letters", "id_token_algorithm", |draft| draft.set_header("alg", "rs256")),
    row("no signature", "id_token_signature", |draft| draft.signing = Signing::Nothing),
    row("HS256 by the PEM of the public key", "id_token_algorithm", |draft| {
        draft.algorithm("HS256", Signing::Hs256(draft.key.public_pem().into_bytes()));
    }),
    row("HS256 by the DER of the public key", "id_token_algorithm", |draft| {
        draft.algorithm("HS256", Signing::Hs256(draft.key.public_der()));
    }),
    row("HS256 by the modulus", "id_token_algorithm", |draft| {
        draft.algorithm("HS256", Signing::Hs256(draft.key.numbers().0));
    }),
    row("HS256 by the client secret", "id_token_algorithm", |draft| {
        draft.algorithm("HS256", Signing::Hs256(draft.client_secret.clone().into_bytes()));
    }),
    row("HS256 by nothing", "id_token_algorithm", |draft| {
        draft.algorithm("HS256", Signing::Hs256(Vec::new()))
    }),
    row("ES256 while RS256 is agreed", "id_token_algorithm", |draft| {
        draft.algorithm("ES256", Signing::Es256(EcKey::the_one()));
        draft.set_header("kid", "ec-1");
    }),
    row("signed by somebody else with our key's name", "id_token_signature", |draft| {
        draft.signing = Signing::Rs256(RsaKey::numbered(9));
    }),
    row("signed by a key that nobody published", "id_token_key_unknown", |draft| {
        draft.signing = Signing::Rs256(RsaKey::numbered(9));
        draft.set_header("kid", "nobodys");
    }),
    row("its own key in the header", "id_token_signature", |draft| {
        draft.signing = Signing::Rs256(RsaKey::numbered(9));
        let own = RsaKey::numbered(9).jwk("key-0");
        draft.set_header("jwk", own);
    }),
    row("kid a path", "id_token_key_unknown", |draft| draft.set_header("kid", "../../dev/null")),
    row("kid a statement", "id_token_key_unknown", |draft| draft.set_header("kid", "' OR 1=1--")),
    row("kid a number", "id_token_key_name", |draft| draft.set_header("kid", 7)),
    row("kid null", "id_token_key_name", |draft| draft.set_header("kid", Value::Null)),
    row("kid of 5 KB", "id_token_key_name", |draft| draft.set_header("kid", "k".repeat(5000))),
    row("crit", "id_token_critical", |draft| draft.set_header("crit", json!(["x"]))),
    row("crit empty", "id_token_critical", |draft| draft.set_header("crit", json!([]))),
    row("b64 false", "id_token_critical", |draft| {
        draft.set_header("crit", json!(["b64"]));
        draft.set_header("b64", false);
    }),
    row("an access token", "id_token_type", |draft| draft.set_header("typ", "at+jwt")),
    row("a logout token", "id_token_type", |draft| draft.set_header("typ", "logout+jwt")),
    row("a bit of the claims changed", "id_token_signature", |draft| {
        draft.finish = Some(|token| {
            let parts: Vec<&str> = token.split('.').collect();
            let forged = base64url(
                &String::from_utf8(decode(parts[1]))
                    .unwrap()
                    .replace("subject-4711", "subject-4712")
                    .into_bytes(),
            );
            format!("{}.{forged}.{}", parts[0], parts[2])
        });
    }),
    row("a bit of the signature changed", "id_token_signature", |draft| {
        draft.finish = Some(|token| {
            let (signed, signature) = token.rsplit_once('.').unwrap();
            let mut bytes = decode(signature);
            bytes[100] ^= 1;
            format!("{signed}.{}", base64url(&bytes))
        });
    }),
];

/// The form: F-08, F-09, F-17, F-19, V-ID-1, V-ID-17.
const FORMS: &[Row] = &[
    row("padded", "id_token_encoding", |draft| draft.finish = Some(|token| format!("{token}="))),
    row("a line break at the end", "token_member_form", |draft| {
        draft.finish = Some(|token| format!("{token}\n"))
    }),
    row("a blank in front", "token_member_form", |draft| draft.finish = Some(|token| format!(" {token}"))),
    row("two parts", "id_token_parts", |draft| {
        draft.finish = Some(|token| token.rsplit_once('.').unwrap().0.to_owned())
    }),
    row("four parts", "id_token_parts", |draft| draft.finish = Some(|token| format!("{token}.x"))),
    row("five parts, as an encrypted one has", "id_token_encrypted", |draft| {
        draft.finish = Some(|token| format!("{token}.x.y"))
    }),
    row("JSON serialisation", "id_token_parts", |draft| {
        draft.finish = Some(|token| {
            let parts: Vec<&str> = token.split('.').collect();
            json!({ "protected": parts[0], "payload": parts[1], "signature": parts[2] }).to_string()
        });
    }),
    row("empty", "token_member_form", |draft| draft.finish = Some(|_| String::new())),
    row("17 KB", "id_token_too_long", |draft| draft.set("filler", "f".repeat(17 * 1024))),
    row("the header no JSON", "id_token_unreadable", |draft| draft.raw_header = Some(b"{".to_vec())),
    row("alg twice in the header", "id_token_unreadable", |draft| {
        draft.raw_header = Some(br#"{"alg":"RS256","kid":"key-0","alg":"none"}"#.to_vec());
    }),
    row("sub twice in the claims", "id_token_unreadable", |draft| {
        let claims = serde_json::to_string(&draft.claims).unwrap();
        draft.raw_claims = Some(format!(r#"{{"sub":"admin",{}"#, &claims[1..]).into_bytes());
    }),
    row("claims a list", "id_token_unreadable", |draft| draft.raw_claims = Some(b"[]".to_vec())),
    row("claims null", "id_token_unreadable", |draft| draft.raw_claims = Some(b"null".to_vec())),
    row("claims nested ten thousand deep", "id_token_unreadable", |draft| {
        draft.raw_claims = Some(format!("{}{}", "[".repeat(5000), "]".repeat(5000)).into_bytes());
    }),
    row("bytes that are no text", "id_token_unreadable", |draft| {
        draft.raw_claims = Some(b"{\"sub\":\"\xff\"}".to_vec())
    }),
];

/// The claims: F-10, F-11, F-25, V-ID-2 to V-ID-4, V-ID-8 to V-ID-15.
const CLAIMS: &[Row] = &[
    row("another issuer", "id_token_issuer", |draft| draft.set("iss", "https://evil.example")),
    row("the issuer with a slash", "id_token_issuer", |draft| {
        let issuer = format!("{}/", draft.claims["iss"].as_str().unwrap());
        draft.set("iss", issuer);
    }),
    row("the issuer in capitals", "id_token_issuer", |draft| {
        let issuer = draft.claims["iss"].as_str().unwrap().to_uppercase();
        draft.set("iss", issuer);
    }),
    row("no issuer", "id_token_claim_missing", |draft| draft.remove("iss")),
    row("issuer a list", "id_token_claim_form", |draft| {
        let issuer = json!([draft.claims["iss"]]);
        draft.set("iss", issuer);
    }),
    row("another audience", "id_token_audience", |draft| draft.set("aud", "grafana")),
    row("no audience", "id_token_claim_missing", |draft| draft.remove("aud")),
    row("an empty audience", "id_token_audience", |draft| draft.set("aud", json!([]))),
    row("us and somebody else", "id_token_audience", |draft| {
        draft.set("aud", json!(["id-of-app", "grafana"]))
    }),
    row("an audience that begins like us", "id_token_audience", |draft| draft.set("aud", "id-of-app2")),
    row("audience a number", "id_token_claim_form", |draft| draft.set("aud", 7)),
    row("audience a list in a list", "id_token_claim_form", |draft| draft.set("aud", json!([["id-of-app"]]))),
    row("another authorized party", "id_token_authorized_party", |draft| draft.set("azp", "grafana")),
    row("expired", "id_token_expired", |draft| draft.shift("exp", -300 - 61)),
    row("no expiry", "id_token_claim_missing", |draft| draft.remove("exp")),
    row("expiry a text", "id_token_claim_form", |draft| draft.set("exp", "9999999999")),
    row("expiry null", "id_token_claim_form", |draft| draft.set("exp", Value::Null)),
    row("expiry true", "id_token_claim_form", |draft| draft.set("exp", true)),
    row("expiry a list", "id_token_claim_form", |draft| draft.set("exp", json!([1]))),
    row("expiry negative", "id_token_claim_form", |draft| draft.set("exp", -1)),
    row("issued in two minutes", "id_token_issued_in_future", |draft| draft.shift("iat", 120)),
    row("issued yesterday", "id_token_too_old", |draft| draft.shift("iat", -86_400)),
    row("no issue time", "id_token_claim_missing", |draft| draft.remove("iat")),
    row("issue time a text", "id_token_claim_form", |draft| draft.set("iat", "0")),
    row("not valid before two minutes", "id_token_not_yet_valid", |draft| {
        let now = draft.claims["iat"].as_i64().unwrap();
        draft.set("nbf", now + 120);
    }),
    row("not-before a text", "id_token_claim_form", |draft| draft.set("nbf", "0")),
    row("no nonce", "id_token_claim_missing", |draft| draft.remove("nonce")),
    row("an empty nonce", "id_token_claim_form", |draft| draft.set("nonce", "")),
    row("nonce null", "id_token_claim_form", |draft| draft.set("nonce", Value::Null)),
    row("nonce a list", "id_token_claim_form", |draft| {
        let nonce = json!([draft.claims["nonce"]]);
        draft.set("nonce", nonce);
    }),
    row("another nonce", "id_token_nonce", |draft| draft.set("nonce", "n".repeat(43))),
    row("no subject", "id_token_claim_missing", |draft| draft.remove("sub")),
    row("an empty subject", "id_token_claim_form", |draft| draft.set("sub", "")),
    row("subject a number", "id_token_claim_form", |draft| draft.set("sub", 1)),
    row("a subject of 256 characters", "id_token_claim_form", |draft| draft.set("sub", "s".repeat(256))),
    row("a subject beyond ASCII", "id_token_claim_form", |draft| draft.set("sub", "zoë")),
    row("a subject with a line break", "id_token_claim_form", |draft| draft.set("sub", "a\nb")),
    row("the hash of another access token", "id_token_access_token_hash", |draft| {
        draft.set("at_hash", base64url(&[7; 16]))
    }),
    row("a hash of half the length", "id_token_access_token_hash", |draft| {
        draft.set("at_hash", base64url(&[7; 8]))
    }),
    row("a logout event", "id_token_other_kind", |draft| {
        draft.set("events", json!({ "http://schemas.openid.net/event/backchannel-logout": {} }));
    }),
];

/// A key set with an EC key beside ours, as a provider with several has.
fn with_ec_key(provider: &Provider) {
    provider.change_key_set(|set| set["keys"].as_array_mut().unwrap().push(EcKey::the_one().jwk("ec-1")));
}

async fn refused(rows: &[Row]) {
    let world = World::new().provider(with_ec_key).start().await;
    for row in rows {
        world.provider.change_id_token(row.change);
        let mut browser = world.browser();
        let callback = browser.open_until_callback(PAGE).await;
        let answer = browser.call_back(&callback).await;
        assert_eq!(answer.refusal(), row.code, "{}: {}", row.name, answer.show());
        assert!(
            (400..600).contains(&answer.status) && answer.status != 500,
            "{}: {}",
            row.name,
            answer.show()
        );
        assert!(browser.jar.get(SESSION).is_none(), "{}", row.name);
        let page = world.send(&world.base_of(&browser)).await;
        assert_eq!(page.status, 302, "{}: not signed in", row.name);
    }
    assert_eq!(
        world.provider.count(Endpoint::Userinfo),
        0,
        "nothing is asked with a token that was not judged"
    );
    // The same server takes a right one.
    world.provider.change_id_token(|_| {});
    world.browser().open(PAGE).await.assert_at(PAGE);
}

/// V-ID-5, V-ID-6, V-ID-16
#[tokio::test]
async fn an_id_token_with_a_wrong_signature_or_algorithm_is_refused() {
    refused(SIGNATURES).await;
}

/// V-ID-1, V-ID-17
#[tokio::test]
async fn an_id_token_in_a_wrong_form_is_refused() {
    refused(FORMS).await;
}

/// V-ID-2, V-ID-3, V-ID-4, V-ID-8, V-ID-9, V-ID-10, V-ID-12, V-ID-14, V-ID-15
#[tokio::test]
async fn an_id_token_with_wrong_claims_is_refused() {
    refused(CLAIMS).await;
}

/// V-ID-7, F-02: the client secret signs where that is agreed, and then nothing else does.
#[tokio::test]
async fn an_id_token_signed_by_the_client_secret_is_taken_only_where_that_is_configured() {
    let client = Client::named("symmetric").line("id_token_signed_response_alg: HS256");
    let world = World::new().client(client).start().await;
    let page = "https://symmetric.example.test/";
    let by_secret: Change = |draft| {
        draft.algorithm("HS256", Signing::Hs256(draft.client_secret.clone().into_bytes()));
        draft.set_header("kid", "of no meaning");
    };
    let by_public_key: Change = |draft| {
        draft.algorithm("HS256", Signing::Hs256(draft.key.public_pem().into_bytes()));
    };
    for (name, client, page, change, code) in [
        ("agreed", "symmetric", page, by_secret, "-"),
        ("agreed, by the public key", "symmetric", page, by_public_key, "id_token_signature"),
        ("agreed, by the provider's key", "symmetric", page, |_| {}, "id_token_algorithm"),
        ("not agreed", "app", PAGE, by_secret, "id_token_algorithm"),
    ] as [(_, _, _, Change, _); 4]
    {
        world.provider.change_id_token(change);
        let landed = world.browser_for(client).open(page).await;
        assert_eq!(landed.answer.refusal(), code, "{name}: {}", landed.answer.show());
        assert_eq!(landed.in_application, code == "-", "{name}");
    }
    assert_eq!(world.provider.count(Endpoint::Jwks), 1, "no key of the provider's could help");
}

/// F-04: keys are never fetched from where a token says.
#[tokio::test]
async fn an_address_of_keys_in_the_token_is_never_asked() {
    let trap = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/keys", trap.local_addr().unwrap());
    let world = World::new().start().await;
    world.provider.change_id_token(move |draft| {
        draft.signing = Signing::Rs256(RsaKey::numbered(9));
        draft.set_header("kid", "theirs");
        draft.set_header("jku", address.clone());
        draft.set_header("x5u", address.clone());
    });
    let landed = world.browser().open(PAGE).await;
    assert_eq!(landed.answer.refusal(), "id_token_key_unknown", "{}", landed.answer.show());
    let asked = tokio::select! {
        biased;
        _ = trap.accept() => true,
        () = tokio::task::yield_now() => false,
    };
    assert!(!asked);
}

/// What is unusual and right passes.
#[tokio::test]
async fn an_id_token_within_the_rules_is_taken() {
    let rows: &[(&str, Change)] = &[
        ("as it is", |_| {}),
        ("audience a list of us", |draft| draft.set("aud", json!(["id-of-app"]))),
        ("azp ourselves", |draft| draft.set("azp", "id-of-app")),
        ("no typ", |draft| drop(draft.header.remove("typ"))),
        ("typ in small letters", |draft| draft.set_header("typ", "jwt")),
        ("no kid, one key fits", |draft| drop(draft.header.remove("kid"))),
        ("no at_hash", |draft| draft.remove("at_hash")),
        ("times with fractions", |draft| {
            let exp = draft.claims["exp"].as_f64().unwrap();
            draft.set("exp", exp + 0.5);
        }),
        ("far in the future", |draft| draft.set("exp", 4_102_444_800_u64)),
        ("30 s ahead of us", |draft| draft.shift("iat", 30)),
        ("expired 30 s ago by our clock", |draft| draft.shift("exp", -330)),
        ("unknown claims", |draft| draft.set("x", json!({ "a": [1, { "b": null }] }))),
    ];
    let world = World::new().provider(with_ec_key).start().await;
    for (name, change) in rows {
        world.provider.change_id_token(change);
        let landed = world.browser().open(PAGE).await;
        assert!(landed.in_application, "{name}: {}", landed.answer.show());
    }
}

/// XT-01, XT-02: the leeway is 60 seconds.
#[tokio::test]
async fn a_provider_whose_clock_is_half_a_minute_off_works_and_one_five_minutes_off_does_not() {
    let world = World::new().start().await;
    for (ahead, code) in
        [(30, "-"), (-30, "-"), (300, "id_token_issued_in_future"), (-400, "id_token_expired")]
    {
        world.provider.script().clock_ahead = ahead;
        let landed = world.browser().open(PAGE).await;
        assert_eq!(landed.answer.refusal(), code, "{ahead} s: {}", landed.answer.show());
        assert_eq!(landed.in_application, code == "-", "{ahead} s");
    }
}

/// K-08: the person reads nothing about the token.
#[tokio::test]
async fn the_page_of_a_refused_token_says_nothing_about_its_content() {
    let world = World::new().start().await;
    world.provider.change_id_token(|draft| draft.set("aud", "<script>grafana</script>"));
    let landed = world.browser().open(PAGE).await;
    let text = landed.answer.text();
    for part in ["grafana", "<script", "subject-4711", "ada.secret"] {
        assert!(!text.contains(part), "{part}: {text}");
    }
}

fn decode(text: &str) -> Vec<u8> {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).unwrap()
}
