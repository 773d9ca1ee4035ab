//! The provider's answer that a browser brings. Input: a query or form.

#![no_main]

use libfuzzer_sys::fuzz_target;
use url::form_urlencoded;
use vestibule::gate::refusal::Refusal;
use vestibule::protocol::callback::{
    Answer, CallbackFault, Expected, MAX_STATE_BYTES, OpenedState, STATE_LIFETIME, judge,
};
use vestibule_fuzz::provider::{NOW, issuer};
use vestibule_fuzz::{ISSUER, check_log_text, check_refusal};

const CANARY: &str = "k7QwT0pSecretCode";

fuzz_target!(|data: &[u8]| {
    let answer = match Answer::parse(data) {
        Ok(answer) => answer,
        Err(fault) => return check_refusal(&Refusal::Callback(fault)),
    };
    // The second reading, which decodes in the same way and counts everything.
    let pairs: Vec<(String, String)> = form_urlencoded::parse(data).into_owned().collect();
    let all = |name: &str| -> Vec<&str> {
        pairs.iter().filter(|(found, _)| found == name).map(|(_, value)| value.as_str()).collect()
    };
    let one = |name: &str| -> Option<&str> {
        let values = all(name);
        assert!(values.len() <= 1, "{name} is there {} times", values.len());
        values.first().copied().filter(|value| !value.is_empty())
    };
    let (state, code, error, iss) = (one("state"), one("code"), one("error"), one("iss"));
    for other in ["id_token", "access_token", "response"] {
        assert!(all(other).iter().all(|value| value.is_empty()), "{other} is let through");
    }
    assert_eq!(answer.state(), state);
    assert!(state.is_none_or(|state| state.len() <= MAX_STATE_BYTES));

    let issuer = issuer();
    let opened = OpenedState { client: "app".to_owned(), binding: [7; 32], issued_at: NOW };
    let right = Expected {
        issuer: &issuer,
        iss_announced: false,
        client: "app",
        state: Some(&opened),
        browser: Some([7; 32]),
        now: NOW,
    };
    let judged = judge(&answer, &right);
    let in_order =
        state.is_some() && code.is_some() && error.is_none() && iss.is_none_or(|iss| iss == ISSUER);
    assert_eq!(judged.is_ok(), in_order);
    let announced = judge(&answer, &Expected { iss_announced: true, ..right });
    assert_eq!(announced.is_ok(), in_order && iss.is_some());

    // Nothing that comes with the answer makes up for what is wrong around it.
    let too_late = NOW.after(STATE_LIFETIME).after(std::time::Duration::from_secs(1));
    let wrong = [
        Expected { state: None, ..right },
        Expected { browser: None, ..right },
        Expected { browser: Some([8; 32]), ..right },
        Expected { client: "next", ..right },
        Expected { now: too_late, ..right },
    ];
    for (number, expected) in wrong.iter().enumerate() {
        match judge(&answer, expected) {
            Ok(_) => panic!("accepted although wrong[{number}]"),
            Err(fault) => {
                // Before browser and state are known to be right, the provider's word is not heard.
                assert!(!matches!(fault, CallbackFault::Provider(_)));
                check_refusal(&Refusal::Callback(fault));
            }
        }
    }

    // No text has the code or the state in it.
    if iss.is_none() && error.is_none() && !String::from_utf8_lossy(data).contains(CANARY) {
        let with = [data, b"&code=", CANARY.as_bytes(), b"&state=", CANARY.as_bytes()].concat();
        let text = match Answer::parse(&with) {
            Err(fault) => fault.to_string(),
            Ok(answer) => {
                assert!(!format!("{answer:?}").contains(CANARY));
                judge(&answer, &wrong[0]).err().map(|fault| fault.to_string()).unwrap_or_default()
            }
        };
        assert!(!text.contains(CANARY), "{text}");
        check_log_text(&text);
    }
});
