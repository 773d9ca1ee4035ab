//! What holds for any input.

use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::{Value, json};
use url::Url;
use vestibule::protocol::authorize::{self, Transaction};
use vestibule::protocol::callback::{self, Answer, Expected};
use vestibule::protocol::discovery;
use vestibule::protocol::introspection;
use vestibule::protocol::json;
use vestibule::protocol::jwks::{self, Keys};
use vestibule::protocol::jwt::{self, IdTokenExpected};
use vestibule::protocol::registration::{ClientAuthentication, SigningAlgorithm};
use vestibule::protocol::token;
use vestibule::protocol::userinfo;

use crate::signer::{PROVIDER, STRANGER, claims, header};
use crate::world::{answer, issuer, json_answer, metadata, moment, now, provider, registration, secret};

static KEYS: LazyLock<Keys> = LazyLock::new(|| PROVIDER.keys());

fn is_accepted(token: &str) -> bool {
    let expected = IdTokenExpected {
        issuer: &issuer(),
        client_id: "vestibule-a",
        audiences: &[],
        nonce: None,
        algorithm: SigningAlgorithm::EdDsa,
        now: now(),
        leeway: jwt::DEFAULT_LEEWAY,
        access_token: None,
    };
    jwt::verify(token, &KEYS, &expected).is_ok()
}

pub(crate) fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(".{0,6}", inner, 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_bytes_make_a_judge_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), status in 200_u16..600) {
        let answer = answer(status, Some("application/json"), bytes.clone());
        let _ = json::object(&bytes);
        let _ = discovery::judge(&answer, &issuer());
        let _ = jwks::judge(&answer);
        let _ = token::judge(&answer);
        let _ = userinfo::judge(&answer, "a");
        prop_assert!(status == 200 || introspection::judge(&answer).is_err());
        prop_assert!(introspection::token_in(&answer).is_err());
        if let Ok(answer) = Answer::parse(&bytes) {
            let expected = Expected {
                issuer: &issuer(), iss_announced: false, client: "a", state: None, browser: None, now: now(),
            };
            prop_assert!(callback::judge(&answer, &expected).is_err(), "nothing without a state that is ours");
        }
        prop_assert!(!is_accepted(&String::from_utf8_lossy(&bytes)));
    }

    #[test]
    fn no_value_of_a_member_makes_a_judge_panic(
        value in any_json(), at in 0_usize..10, claim in "iss|aud|azp|exp|iat|nbf|sub|nonce|at_hash",
    ) {
        let mut document = metadata();
        let member = document.as_object().unwrap().keys().nth(at).unwrap().clone();
        document[member.as_str()] = value.clone();
        let _ = discovery::judge(&json_answer(&document), &issuer());
        for member in ["access_token", "token_type", "id_token", "refresh_token", "expires_in", "error"] {
            let mut body = json!({"access_token": "a", "token_type": "Bearer", "id_token": "a.b.c"});
            body[member] = value.clone();
            let _ = token::judge(&json_answer(&body));
        }
        for member in ["kty", "kid", "use", "key_ops", "alg", "n", "e"] {
            let mut key = PROVIDER.rsa_jwk("k");
            key[member] = value.clone();
            let _ = jwks::judge(&json_answer(&json!({"keys": [key]})));
        }
        let mut claims = claims();
        claims[claim.as_str()] = value;
        let algorithm = SigningAlgorithm::EdDsa;
        let _ = is_accepted(&PROVIDER.sign(algorithm, &header(algorithm), &claims));
    }

    #[test]
    fn strict_json_reads_back_what_was_written(value in any_json()) {
        let document = json!({"value": value});
        let text = document.to_string();
        let read = json::object(text.as_bytes()).unwrap();
        prop_assert_eq!(Value::Object(read), serde_json::from_str::<Value>(&text).unwrap());
    }

    #[test]
    fn a_callback_reads_back_what_a_form_wrote(state in "[ -~]{1,60}", other in "\\PC{0,60}") {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        let form = form.append_pair("x", &other).append_pair("state", &state).append_pair("y", &other).finish();
        let answer = Answer::parse(form.as_bytes()).unwrap();
        prop_assert_eq!(answer.state(), Some(state.as_str()));
    }

    #[test]
    fn a_form_reads_back_what_was_given(text in "\\PC{1,40}") {
        let registration = registration(ClientAuthentication::Post(secret(&text)));
        let request = token::refresh_request(&provider(), &registration, &secret("r"), &moment()).unwrap();
        let read = url::form_urlencoded::parse(request.body())
            .find(|(name, _)| name == "client_secret")
            .map(|(_, value)| value.into_owned());
        prop_assert_eq!(read, Some(text));
    }

    #[test]
    fn an_authorization_request_goes_to_the_endpoint_whatever_the_values_are(text in "\\PC{0,40}") {
        let mut registration = registration(ClientAuthentication::None);
        registration.client_id.clone_from(&text);
        let transaction = Transaction { state: &text, nonce: &text, code_challenge: &text, asked: &[] };
        let url = Url::parse(&authorize::url(&provider(), &registration, &transaction)).unwrap();
        prop_assert!(url.as_str().starts_with("https://idp.example/authorize?"));
        prop_assert_eq!(url.fragment(), None);
        prop_assert_eq!(url.query_pairs().filter(|(name, _)| name == "state").count(), 1);
    }

    #[test]
    fn no_changed_token_is_accepted(at in 0_usize..400, to in any::<char>()) {
        let algorithm = SigningAlgorithm::EdDsa;
        let token = PROVIDER.sign(algorithm, &header(algorithm), &claims());
        prop_assert!(is_accepted(&token));
        let mut characters: Vec<char> = token.chars().collect();
        let at = at % characters.len();
        prop_assume!(characters[at] != to);
        characters[at] = to;
        prop_assert!(!is_accepted(&characters.into_iter().collect::<String>()));
        prop_assert!(!is_accepted(&STRANGER.sign(algorithm, &header(algorithm), &claims())));
    }
}
