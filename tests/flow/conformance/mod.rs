//! What the modules of the OpenID Foundation's conformance suite for relying parties demand, each done here by a test of its own
//! against the real server. The suite itself does not run here; docs/conformance.md lists plan, module, test and answer.
//!
//! A module's name stands in the comment of its test, from where the page takes it.

mod basic;
mod beyond;
mod configuration;
mod logout;
mod refresh;

use serde_json::{Map, Value, json};

use crate::keys::{EcKey, RsaKey};
use crate::provider::{Draft, Endpoint, Provider};
use crate::world::{Client, PAGE, SESSION, Setup, World};

/// A world whose provider is as the suite is: its issuer ends with a slash, it publishes keys of every kind, announces more than
/// anybody uses, leaves out `expires_in` and the `iss` of its answers, and knows nobody's e-mail address for verified.
fn suite(change: impl FnOnce(Client) -> Client) -> Setup {
    World::new()
        .app(|app| {
            change(app.issuer_path("/").scopes("openid profile email phone address offline_access"))
                .line("email_verified: ignore")
        })
        .provider(dress)
}

/// The profile "Basic" and the profile "Form Post Basic": the same modules, the answer by query and by form.
async fn both() -> [World; 2] {
    let by_form = suite(|app| app.line("response_mode: form_post"));
    [suite(|app| app).start().await, by_form.start().await]
}

fn dress(provider: &Provider) {
    metadata(provider, |_| {});
    id_token(provider, |_| {});
    provider.change_key_set(publish_every_kind);
    let mut script = provider.script();
    script.sends_iss = false;
    script.expires_in = None;
    script.id_token_claims = Map::new();
    let claims = json!({
        "name": "Demo T. User",
        "preferred_username": "d.tu",
        "email": "user@example.com",
        "email_verified": false,
        "address": { "locality": "Hollywood", "country": "USA" },
        "phone_number": "+1 555 5550000",
        "phone_number_verified": false,
        "updated_at": 1_580_000_000,
    });
    script.userinfo_claims = claims.as_object().unwrap().clone();
}

/// The issuer as the suite writes it.
fn issuer(world: &World) -> String {
    format!("{}/", world.provider.issuer)
}

/// The suite's metadata, changed as told.
fn metadata(provider: &Provider, change: impl Fn(&mut Map<String, Value>) + Send + Sync + 'static) {
    let issuer = format!("{}/", provider.issuer);
    provider.change_metadata(move |metadata| {
        let more = json!({
            "issuer": issuer,
            "response_types_supported": ["code", "id_token code", "token code id_token", "id_token", "token id_token"],
            "response_modes_supported": ["query", "fragment", "form_post"],
            "grant_types_supported": ["authorization_code", "implicit"],
            "subject_types_supported": ["public", "pairwise"],
            "id_token_signing_alg_values_supported": ["none", "RS256", "RS384", "PS256", "ES256", "ES256K", "EdDSA"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            "claim_types_supported": ["normal", "aggregated", "distributed"],
            "claims_parameter_supported": true,
            "acr_values_supported": ["PASSWORD"],
        });
        metadata.extend(more.as_object().unwrap().clone());
        metadata.remove("revocation_endpoint");
        metadata.remove("authorization_response_iss_parameter_supported");
        change(metadata);
    });
}

/// The suite's ID token, changed as told.
fn id_token(provider: &Provider, change: impl Fn(&mut Draft) + Send + Sync + 'static) {
    let issuer = format!("{}/", provider.issuer);
    provider.change_id_token(move |draft| {
        draft.set("iss", issuer.clone());
        // Only where `max_age` asks for it.
        draft.claims.remove("auth_time");
        change(draft);
    });
}

/// Two RSA keys and an EC key for signatures, and one of each for encryption.
fn publish_every_kind(set: &mut Value) {
    let keys = set["keys"].as_array_mut().unwrap();
    let mut for_encryption =
        [RsaKey::numbered(9).jwk("rsa-encryption"), EcKey::the_one().jwk("ec-encryption")];
    for (key, alg) in for_encryption.iter_mut().zip(["RSA-OAEP-256", "ECDH-ES"]) {
        key["use"] = json!("enc");
        key["alg"] = json!(alg);
    }
    keys.extend([RsaKey::numbered(2).jwk("rsa-other"), EcKey::the_one().jwk("ec")]);
    keys.extend(for_encryption);
}

/// The module ends well when userinfo is asked: somebody signs in, and the application is told who.
async fn accepted(world: &World) {
    let asked = world.provider.count(Endpoint::Userinfo);
    let landed = world.browser().open(PAGE).await;
    landed.assert_at(PAGE);
    assert_eq!(landed.identity("X-User-Name"), "d.tu");
    assert_eq!(world.provider.count(Endpoint::Userinfo), asked + 1);
}

/// The module ends well when userinfo is never asked: here also with a page that says why, and without a session.
async fn rejected(world: &World, code: &str) {
    let asked = world.provider.count(Endpoint::Userinfo);
    let mut browser = world.browser();
    let landed = browser.open(PAGE).await;
    assert_eq!(landed.answer.refusal(), code, "{}", landed.answer.show());
    landed.answer.assert_page(code);
    assert!(!landed.in_application && browser.jar.get(SESSION).is_none());
    assert_eq!(
        world.provider.count(Endpoint::Userinfo),
        asked,
        "nothing is asked with a token that was not judged"
    );
}

/// A signature by the right key, with bits of it changed.
fn broken_signature(draft: &mut Draft) {
    draft.finish = Some(|token| {
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let changed: String = signature.chars().map(|c| if c == 'A' { 'B' } else { 'A' }).take(20).collect();
        format!("{signed}.{changed}{}", &signature[20..])
    });
}
