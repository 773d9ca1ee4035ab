//! What holds of every access token, whatever is in it.

use proptest::prelude::*;
use serde_json::json;
use vestibule::protocol::access_token::form;

use crate::access_tokens::{AUDIENCE, CLIENT, ED, Held, PROFILES, claims, of_tenants, typed};
use crate::properties::any_json;
use crate::signer::{PROVIDER, with};
use crate::world::ISSUER;

proptest! {
    #[test]
    fn no_changed_access_token_is_taken(at in 0_usize..600, to in any::<char>(), profile in 0_usize..3) {
        let held = Held::to(PROFILES[profile]);
        let token = held.sign(&claims(PROFILES[profile]));
        let mut characters: Vec<char> = token.chars().collect();
        let at = at % characters.len();
        prop_assume!(characters[at] != to);
        characters[at] = to;
        prop_assert!(held.code(&characters.into_iter().collect::<String>()).is_some());
    }

    #[test]
    fn no_text_is_an_access_token_and_none_makes_the_judge_panic(
        text in "\\PC{0,80}|[A-Za-z0-9_.-]{0,80}|eyJ[A-Za-z0-9_-]{0,20}\\.[A-Za-z0-9_-]{0,20}\\.[A-Za-z0-9_-]{0,20}",
    ) {
        let _ = form(&text);
        for profile in PROFILES {
            prop_assert!(Held::to(profile).code(&text).is_some());
        }
    }

    #[test]
    fn no_value_of_a_claim_makes_the_judge_panic(
        value in any_json(), profile in 0_usize..3,
        claim in "iss|tid|aud|exp|iat|nbf|sub|client_id|azp|cid|appid|scope|scp|cnf|acr|auth_time|typ|token_use|gty|idtyp|token_type",
    ) {
        let profile = PROFILES[profile];
        for held in [Held::to(profile), of_tenants(profile).of_clients(&[CLIENT])] {
            let _ = held.code_of(&with(claims(profile), &claim, value.clone()));
            let _ = held.code_of_introspected(&with(claims(profile), &claim, value.clone()));
        }
        let header = with(typed(profile, ED), &claim.replace("iss", "kid").replace("aud", "crit"), value);
        let _ = Held::to(profile).code(&PROVIDER.sign(ED, &header, &claims(profile)));
    }

    /// V-BT-7, V-BT-6: whatever stands in them.
    #[test]
    fn whoever_a_token_is_by_and_for_it_is_taken_only_by_and_for_us(
        iss in "(https://idp\\.example/realms/main|https://idp\\.example/realms|https://evil\\.example)/?",
        aud in prop::collection::vec("https://api\\.example/?|https://api|reporting|", 0..4),
    ) {
        for profile in PROFILES {
            let held = Held::to(profile);
            let token = with(with(claims(profile), "iss", json!(iss)), "aud", json!(aud));
            let is_ours = iss == ISSUER && aud.iter().any(|one| one == AUDIENCE);
            prop_assert_eq!(held.code_of(&token).is_none(), is_ours);
            prop_assert_eq!(held.code_of_introspected(&with(token, "token_type", json!("Bearer"))).is_none(), is_ours);
        }
    }
}
