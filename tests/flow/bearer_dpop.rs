//! Tokens that are bound to a key of the caller (RFC 9449, section 2.9 of the security catalogue, F-22, V-BT-11).

use futures_util::future::join_all;
use serde_json::{Map, Value, json};
use vestibule::server::Running;

use crate::api::{api, api_with};
use crate::keys::{EcKey, base64url, hs256, sha256};
use crate::wire::{Answer, Ask, send};
use crate::world::{PAGE, Setup, World};

fn takes(options: &str) -> Setup {
    api().line(&format!("bearer_options: {{ {options} }}"))
}

/// The public key as a proof shows it, and its thumbprint (RFC 7638).
fn public(key: &EcKey) -> (Value, String) {
    let jwk = key.jwk("");
    let (x, y) = (jwk["x"].as_str().unwrap(), jwk["y"].as_str().unwrap());
    let text = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
    (serde_json::from_str(&text).unwrap(), base64url(&sha256(text.as_bytes())))
}

/// A token that is bound to the caller's key.
fn bound(world: &World) -> String {
    let (_, thumbprint) = public(EcKey::the_one());
    world.provider.access_token(|draft| {
        draft.set("cnf", json!({ "jkt": thumbprint }));
        draft.shift("exp", 3600);
    })
}

type Signs = fn(&[u8]) -> Vec<u8>;

/// A proof in the making.
struct Proof {
    header: Map<String, Value>,
    claims: Map<String, Value>,
    key: &'static EcKey,
    /// In place of the signature by `key`.
    signature: Option<Signs>,
}

impl Proof {
    /// For a GET of [`PAGE`] with that token.
    fn of(world: &World, token: &str) -> Self {
        let header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": public(EcKey::the_one()).0 });
        let claims = json!({
            "jti": base64url(&world.clock.entropy::<16>()),
            "htm": "GET",
            "htu": PAGE,
            "iat": world.clock.wall().seconds(),
            "ath": base64url(&sha256(token.as_bytes())),
        });
        let object = |value: Value| value.as_object().unwrap().clone();
        Self { header: object(header), claims: object(claims), key: EcKey::the_one(), signature: None }
    }

    fn with(mut self, claim: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(claim.to_owned(), value.into());
        self
    }

    fn without(mut self, claim: &str) -> Self {
        self.claims.remove(claim).unwrap();
        self
    }

    fn header(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.header.insert(member.to_owned(), value.into());
        self
    }

    fn sign(&self, world: &World) -> String {
        let [header, claims] =
            [&self.header, &self.claims].map(|part| base64url(&serde_json::to_vec(part).unwrap()));
        let signed = format!("{header}.{claims}");
        let signature = match self.signature {
            Some(sign) => sign(signed.as_bytes()),
            None => self.key.sign(signed.as_bytes()),
        };
        let proof = format!("{signed}.{}", base64url(&signature));
        world.provider.keep_secret("proof", &claims);
        proof
    }
}

fn proving(ask: Ask, token: &str, proof: &str) -> Ask {
    ask.with("Authorization", format!("DPoP {token}")).with("DPoP", proof)
}

async fn send_with(world: &World, token: &str, proof: &Proof) -> Answer {
    world.send(&proving(world.program(), token, &proof.sign(world))).await
}

#[tokio::test]
async fn a_token_with_its_proof_is_good_in_every_dialect() {
    for dpop in ["accepted", "required"] {
        let world = takes(&format!("dpop: {dpop}")).start().await;
        let token = bound(&world);
        for (dialect, ask) in world.in_every_dialect() {
            for scheme in ["DPoP", "dpop"] {
                let proof = Proof::of(&world, &token).sign(&world);
                let ask = ask.clone().with("Authorization", format!("{scheme} {token}")).with("DPoP", &proof);
                let answer = world.send(&ask).await;
                answer.assert_allowed(&format!("{scheme} {dialect} {dpop}"));
                assert_eq!(answer.all("X-Auth-Subject"), ["subject-4711"]);
                assert!(answer.all("DPoP-Nonce").is_empty());
            }
        }
    }
}

/// Step 8 and 9: of the request that the caller made, not of the one by which the proxy asks.
#[tokio::test]
async fn a_proof_is_for_method_and_address_of_the_forwarded_request() {
    let world = takes("dpop: accepted").start().await;
    let token = bound(&world);
    let page = "https://app.example.test/api/things";
    let asks = |method: &str, url: &str| {
        let forwarded = world.asking(url).having("X-Forwarded-Method", method);
        let nginx = world.nginx(url).having("X-Original-Method", method);
        let mut envoy = world.envoy(url);
        envoy.method = method.to_owned();
        [("forwarded", forwarded), ("nginx", nginx), ("envoy", envoy)]
    };
    let rows = [
        ("POST", page, "POST", page, ""),
        ("GET", "https://app.example.test/api/things?secret=1", "GET", page, ""),
        ("GET", page, "GET", "https://APP.example.test:443/api/things", ""),
        ("POST", page, "GET", page, "dpop_proof_method"),
        ("GET", page, "get", page, "dpop_proof_method"),
        ("GET", page, "GET", "https://app.example.test/api/other", "dpop_proof_url"),
        ("GET", page, "GET", "http://app.example.test/api/things", "dpop_proof_url"),
        ("GET", page, "GET", "https://evil.example/api/things", "dpop_proof_url"),
        ("GET", page, "GET", "https://app.example.test:8443/api/things", "dpop_proof_url"),
        ("GET", page, "GET", "http://vestibule.internal:8000/oidc/app/auth", "dpop_proof_url"),
        ("GET", page, "GET", "/api/things", "dpop_proof_claim"),
    ];
    for (method, url, htm, htu, code) in rows {
        for (dialect, ask) in asks(method, url) {
            let proof = Proof::of(&world, &token).with("htm", htm).with("htu", htu).sign(&world);
            let answer = world.send(&proving(ask, &token, &proof)).await;
            let case = format!("{dialect}: {method} {url} by {htm} {htu}");
            if code.is_empty() {
                answer.assert_allowed(&case);
            } else {
                answer.assert_token_refused((401, code), "invalid_dpop_proof", &case);
            }
        }
    }
}

/// Section 2.9 of the catalogue, one row for each.
#[tokio::test]
async fn a_proof_that_does_not_hold_is_refused() {
    type Change = fn(Proof) -> Proof;
    let rows: &[(&str, Change, &str)] = &[
        ("no jti", |proof| proof.without("jti"), "dpop_proof_claim"),
        ("no htm", |proof| proof.without("htm"), "dpop_proof_claim"),
        ("no htu", |proof| proof.without("htu"), "dpop_proof_claim"),
        ("no iat", |proof| proof.without("iat"), "dpop_proof_claim"),
        ("typ JWT", |proof| proof.header("typ", "JWT"), "dpop_proof_type"),
        (
            "alg none",
            |proof| Proof { signature: Some(|_| Vec::new()), ..proof.header("alg", "none") },
            "dpop_proof_algorithm",
        ),
        (
            "symmetric",
            |proof| Proof {
                signature: Some(|signed| hs256(b"secret", signed)),
                ..proof.header("alg", "HS256")
            },
            "dpop_proof_algorithm",
        ),
        (
            "signed by another key",
            |proof| Proof { key: EcKey::of_a_stranger(), ..proof },
            "dpop_proof_signature",
        ),
        (
            "a private part",
            |proof| {
                let mut jwk = proof.header["jwk"].clone();
                jwk["d"] = "AAAA".into();
                proof.header("jwk", jwk)
            },
            "dpop_proof_key",
        ),
        ("old", |proof| proof.with("iat", 1_000_000), "dpop_proof_time"),
        ("from the future", |proof| proof.with("iat", 4_000_000_000_u64), "dpop_proof_time"),
        ("no ath", |proof| proof.without("ath"), "dpop_proof_token"),
        (
            "ath of another token",
            |proof| proof.with("ath", base64url(&sha256(b"another"))),
            "dpop_proof_token",
        ),
        (
            "the key of somebody else",
            |proof| {
                let jwk = public(EcKey::of_a_stranger()).0;
                Proof { key: EcKey::of_a_stranger(), ..proof.header("jwk", jwk) }
            },
            "dpop_proof_other_key",
        ),
        ("too long", |proof| proof.with("pad", "x".repeat(5000)), "dpop_proof_too_long"),
        ("crit", |proof| proof.header("crit", json!(["x"])), "dpop_proof_unreadable"),
    ];
    let world = takes("dpop: accepted").start().await;
    let token = bound(&world);
    for (case, change, code) in rows {
        let answer = send_with(&world, &token, &change(Proof::of(&world, &token))).await;
        answer.assert_token_refused((401, code), "invalid_dpop_proof", case);
        let challenge = answer.challenge();
        assert!(challenge.starts_with("DPoP realm=\"app\"") && challenge.contains("algs=\""), "{challenge}");
    }
    for (case, proof) in [("no JWT", "x"), ("two parts", "e30.e30"), ("a list", "a, b")] {
        let answer = world.send(&proving(world.program(), &token, proof)).await;
        answer.assert_token_refused((401, "dpop_proof_unreadable"), "invalid_dpop_proof", case);
    }
    send_with(&world, &token, &Proof::of(&world, &token)).await.assert_allowed("and a good one is good");
}

/// Step 11: a minute, and what the clocks of caller and gateway may be apart.
#[tokio::test]
async fn a_proof_is_good_for_a_minute_and_the_leeway_of_the_client() {
    let world = takes("dpop: accepted").line("clock_leeway: 2m").start().await;
    let token = bound(&world);
    let made = |ago: i64| {
        let iat = world.clock.wall().seconds().saturating_add_signed(-ago);
        Proof::of(&world, &token).with("iat", iat)
    };
    for ago in [-100, 0, 150] {
        send_with(&world, &token, &made(ago)).await.assert_allowed(&ago.to_string());
    }
    for ago in [-150, 180] {
        let answer = send_with(&world, &token, &made(ago)).await;
        answer.assert_token_refused((401, "dpop_proof_time"), "invalid_dpop_proof", &ago.to_string());
    }
}

/// Step 1: one header, and no more.
/// V-DP-1
#[tokio::test]
async fn a_proof_that_is_missing_or_there_twice_is_refused_in_every_dialect() {
    let world = takes("dpop: required").start().await;
    let token = bound(&world);
    let proof = Proof::of(&world, &token).sign(&world);
    for (dialect, ask) in world.in_every_dialect() {
        let ask = ask.with("Authorization", format!("DPoP {token}"));
        for (case, ask, code) in [
            ("none", ask.clone(), "dpop_proof_missing"),
            ("empty", ask.clone().with("DPoP", ""), "dpop_proof_missing"),
            ("two", ask.clone().with("DPoP", &proof).with("DPoP", &proof), "dpop_proof_twice"),
            ("two, one empty", ask.clone().with("DPoP", &proof).with("DPoP", ""), "dpop_proof_twice"),
        ] {
            let answer = world.send(&ask).await;
            answer.assert_token_refused((401, code), "invalid_dpop_proof", &format!("{case} {dialect}"));
        }
    }
}

/// Section 11.1, and J-06: of any number at once one gets through.
/// V-DP-14
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proof_is_good_once() {
    let world = takes("dpop: accepted").start().await;
    let token = bound(&world);
    let proof = Proof::of(&world, &token).sign(&world);
    let ask = proving(world.program(), &token, &proof);
    let answers = join_all((0..20).map(|_| world.send(&ask))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.assert_token_refused((401, "dpop_replayed"), "invalid_dpop_proof", "again");
    }
    for (dialect, ask) in world.in_every_dialect() {
        let answer = world.send(&proving(ask, &token, &proof)).await;
        answer.assert_token_refused((401, "dpop_replayed"), "invalid_dpop_proof", dialect);
    }
    world.clock.shift(120);
    let answer = world.send(&ask).await;
    answer.assert_token_refused((401, "dpop_proof_time"), "invalid_dpop_proof", "too old to be replayed");
}

/// A replica that was started anew knows nothing of it, but a proof that was refused for something else is not used up.
#[tokio::test]
async fn a_proof_that_was_refused_is_not_used_up() {
    let world = takes("dpop: accepted").start().await;
    let token = bound(&world);
    let proof = Proof::of(&world, &token).sign(&world);
    let elsewhere = proving(world.program().having("X-Forwarded-Uri", "/else"), &token, &proof);
    world.send(&elsewhere).await.assert_refused(401, "dpop_proof_url", "for another address");
    world.send(&proving(world.program(), &token, &proof)).await.assert_allowed("for this one");
}

/// V-BT-11, V-DP-15, V-DP-16, F-22, RFC 9449 section 7.2
#[tokio::test]
async fn scheme_and_binding_have_to_fit_what_the_client_takes() {
    for (dpop, rows) in [
        (
            "off",
            [
                ("Bearer", false, ""),
                ("Bearer", true, "dpop_as_bearer"),
                ("DPoP", false, "dpop_off"),
                ("DPoP", true, "dpop_off"),
            ],
        ),
        (
            "accepted",
            [
                ("Bearer", false, ""),
                ("Bearer", true, "dpop_as_bearer"),
                ("DPoP", false, "dpop_unbound"),
                ("DPoP", true, ""),
            ],
        ),
        (
            "required",
            [
                ("Bearer", false, "dpop_needed"),
                ("Bearer", true, "dpop_as_bearer"),
                ("DPoP", false, "dpop_unbound"),
                ("DPoP", true, ""),
            ],
        ),
    ] {
        let world = takes(&format!("dpop: {dpop}")).start().await;
        for (scheme, is_bound, code) in rows {
            let token = if is_bound { bound(&world) } else { world.provider.access_token(|_| {}) };
            // What was seen before is held to the same.
            for round in 0..2 {
                let proof = Proof::of(&world, &token).sign(&world);
                let ask =
                    world.program().with("Authorization", format!("{scheme} {token}")).with("DPoP", proof);
                let answer = world.send(&ask).await;
                let case = format!("{dpop}: {scheme}, bound: {is_bound}, round {round}");
                if code.is_empty() {
                    answer.assert_allowed(&case);
                    continue;
                }
                answer.assert_token_refused((401, code), "invalid_token", &case);
                // The way that is told is one that is open.
                let offered = answer.challenge().split(' ').next().unwrap().to_owned();
                let open: &[&str] = match dpop {
                    "off" => &["Bearer"],
                    "required" => &["DPoP"],
                    _ => &["Bearer", "DPoP"],
                };
                assert!(open.contains(&offered.as_str()), "{case}: {}", answer.challenge());
            }
        }
    }
}

#[tokio::test]
async fn without_a_token_the_challenge_names_the_schemes_that_are_taken() {
    for (dpop, schemes) in
        [("off", vec!["Bearer"]), ("accepted", vec!["Bearer", "DPoP"]), ("required", vec!["DPoP"])]
    {
        let world = takes(&format!("dpop: {dpop}")).line("rules: [{ bearer: required }]").start().await;
        let answer = world.send(&world.program()).await;
        answer.assert_refused(401, "bearer_needed", dpop);
        let named: Vec<&str> = answer.all("WWW-Authenticate");
        let named: Vec<&str> = named.iter().map(|one| one.split(' ').next().unwrap()).collect();
        assert_eq!(named, schemes, "{dpop}");
        assert!(!answer.show().contains("error="), "{dpop}");
    }
}

/// Section 9: none that was made in advance; and what is told is enough to go on.
#[tokio::test]
async fn where_a_nonce_is_demanded_the_answer_gives_one_and_with_it_the_proof_is_good() {
    let world = takes("dpop: required, dpop_nonce: true").start().await;
    let token = bound(&world);
    let demands = |answer: &Answer, case: &str| {
        answer.assert_token_refused((401, "dpop_nonce"), "use_dpop_nonce", case);
        let nonces = answer.all("DPoP-Nonce");
        let [nonce] = nonces[..] else { panic!("{}", answer.show()) };
        world.provider.keep_secret("nonce", nonce);
        nonce.to_owned()
    };
    for (dialect, ask) in world.in_every_dialect() {
        let without = Proof::of(&world, &token).sign(&world);
        let nonce = demands(&world.send(&proving(ask.clone(), &token, &without)).await, dialect);
        let with = Proof::of(&world, &token).with("nonce", nonce.clone()).sign(&world);
        world.send(&proving(ask.clone(), &token, &with)).await.assert_allowed(dialect);
        let again = Proof::of(&world, &token).with("nonce", nonce).sign(&world);
        world.send(&proving(ask, &token, &again)).await.assert_allowed("it is good for five minutes");
    }
    let nonce = demands(&send_with(&world, &token, &Proof::of(&world, &token)).await, "none");
    for (case, other) in
        [("made up", "made-up".to_owned()), ("changed", format!("{nonce}A")), ("empty", String::new())]
    {
        demands(&send_with(&world, &token, &Proof::of(&world, &token).with("nonce", other)).await, case);
    }
    let at_hand = |nonce: &str| Proof::of(&world, &token).with("nonce", nonce.to_owned());
    world.clock.shift(280);
    send_with(&world, &token, &at_hand(&nonce)).await.assert_allowed("not too old");
    world.clock.shift(21);
    let newer = demands(&send_with(&world, &token, &at_hand(&nonce)).await, "too old");
    assert_ne!(newer, nonce);
    send_with(&world, &token, &at_hand(&newer)).await.assert_allowed("the newer one");
}

/// A fault of the proof is told before the nonce is asked for, and a nonce is given with nothing else.
#[tokio::test]
async fn a_nonce_is_given_only_where_one_is_missing() {
    let world = takes("dpop: required, dpop_nonce: true").start().await;
    let token = bound(&world);
    for proof in
        [Proof::of(&world, &token).with("htm", "POST"), Proof::of(&world, &token).header("typ", "JWT")]
    {
        let answer = send_with(&world, &token, &proof).await;
        assert_eq!(answer.status, 401);
        assert!(answer.all("DPoP-Nonce").is_empty(), "{}", answer.show());
    }
}

/// Replicas with the same keys take each other's nonces.
#[tokio::test]
async fn a_nonce_of_one_replica_is_good_at_another_with_the_same_keys() {
    let key = crate::api::file("dpop-session.key", "0e4b5f9d2a7c81363fd0c9b2a4e6871550aa9c3e");
    let world = takes("dpop: required, dpop_nonce: true")
        .server(&format!("key_files: [{}]", key.display()))
        .start()
        .await;
    let replica: Running = world.replica().await;
    let token = bound(&world);
    let answer = send_with(&world, &token, &Proof::of(&world, &token)).await;
    let nonce = answer.all("DPoP-Nonce")[0].to_owned();
    let proof = Proof::of(&world, &token).with("nonce", nonce).sign(&world);
    send(replica.address, &proving(world.program(), &token, &proof)).await.assert_allowed("at the other");
}

/// Introspection tells of a binding as a JWT does (RFC 9449 section 6.2).
#[tokio::test]
async fn an_opaque_token_is_bound_too() {
    let world = api_with("introspection: opaque").line("bearer_options: { dpop: accepted }").start().await;
    let (_, thumbprint) = public(EcKey::the_one());
    let token = world.provider.opaque_token(|members| {
        members.insert("token_type".to_owned(), "DPoP".into());
        members.insert("cnf".to_owned(), json!({ "jkt": thumbprint }));
    });
    world.send(&world.bearing(&token)).await.assert_refused(401, "dpop_as_bearer", "as if it were not");
    send_with(&world, &token, &Proof::of(&world, &token)).await.assert_allowed("with its proof");
}
