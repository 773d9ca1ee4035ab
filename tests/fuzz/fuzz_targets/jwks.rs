//! The provider's keys. Input: the key set.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use vestibule::gate::refusal::Refusal;
use vestibule::protocol::jwks::{MAX_KEYS, judge};
use vestibule::protocol::jwt::{IdTokenFault, verify};
use vestibule::protocol::registration::SigningAlgorithm;
use vestibule_fuzz::provider::{expected, issuer, keys, sign};
use vestibule_fuzz::{answer, check_log_text, check_refusal};

fuzz_target!(|data: &[u8]| {
    let set = answer(200, "application/json", data);
    let found = match judge(&set) {
        Ok(found) => found,
        Err(fault) => return check_refusal(&Refusal::Jwks(fault)),
    };
    found.skipped().iter().for_each(|key| check_log_text(&key.to_string()));
    let document: Value = serde_json::from_slice(data).expect("what was read strictly is JSON");
    let listed = document["keys"].as_array().expect("there is a list of keys");
    assert!(listed.len() <= MAX_KEYS && found.count() >= 1);
    assert_eq!(found.count() + found.skipped().len(), listed.len(), "each key is used or skipped");
    let plausible = listed.iter().filter(|key| is_plausible(key)).count();
    assert!(found.count() <= plausible, "{} keys are used, {plausible} can be", found.count());

    // No set of somebody else's believes our provider's token, and none is believed for an algorithm of another kind of key.
    let issuer = issuer();
    let payload = br#"{"iss":"https://id.example.com/realms/a"}"#;
    for (algorithm, header, half) in [
        (SigningAlgorithm::EdDsa, r#"{"alg":"EdDSA"}"#, OUR_ED),
        (SigningAlgorithm::Es256, r#"{"alg":"ES256"}"#, OUR_EC),
    ] {
        let token = sign(algorithm, header.as_bytes(), payload);
        let signed =
            !matches!(verify(&token, &found, &expected(&issuer, algorithm)), Err(IdTokenFault::Jws(_)));
        let ours = listed.iter().any(|key| key["x"] == half);
        assert!(!signed || ours, "{algorithm}: a key that is not in the set verified");
        for other in SigningAlgorithm::ALL {
            let judged = verify(&token, &found, &expected(&issuer, other));
            assert!(other == algorithm || matches!(judged, Err(IdTokenFault::Jws(_))));
        }
    }
    assert_eq!(keys().count(), 3);
});

/// Whether a key could be one that verifies signatures, by its outside.
fn is_plausible(key: &Value) -> bool {
    let has = |name: &str| key[name].is_string();
    let numbers = match key["kty"].as_str() {
        Some("RSA") => {
            let digits = key["n"].as_str().unwrap_or_default().len();
            has("e") && (342..=1400).contains(&digits) && key["e"] != "AQ" && key["e"] != "Ag"
        }
        Some("EC") => has("x") && has("y") && (key["crv"] == "P-256" || key["crv"] == "P-384"),
        Some("OKP") => key["crv"] == "Ed25519" && key["x"].as_str().is_some_and(|x| x.len() == 43),
        _ => false,
    };
    let purpose = key.get("use").is_none_or(|purpose| purpose == "sig");
    let algorithm = key.get("alg").is_none_or(|name| name != "none" && name != "HS256");
    numbers
        && purpose
        && algorithm
        && key.get("d").is_none()
        && key.get("k").is_none_or(|_| key["kty"] != "oct")
}

/// `x` of the keys that [`sign`] signs with.
const OUR_ED: &str = "_RckOFqgx1tkWtMMYTEflGPlo8c4olvO2K9x16JGN0c";
const OUR_EC: &str = "axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY";
