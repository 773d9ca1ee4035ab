//! what was seen of a login that leads nowhere, and the cause that it names.

use vestibule::gate::credential::Unreadable;
use vestibule::gate::decide::{Ended, LoginReason};
use vestibule::gate::loop_cause::{EndedBy, Evidence, Seen, judge};
use vestibule::gate::refusal::{LoopCause, Refusal};

use Seen::{Ended as Over, Live, Nothing, Unanswered, Unknown, Unreadable as Changed};

const ALL: [Seen; 6] = [Nothing, Changed, Unknown, Over, Live, Unanswered];

fn code(evidence: &Evidence) -> &'static str {
    Refusal::LoginLoop { cause: judge(evidence) }.code()
}

#[test]
fn what_was_seen_of_the_cookie_names_the_cause() {
    let (itself, clocks) = (Some(EndedBy::Itself), Some(EndedBy::Clocks));
    // At the question, the login, the callback; whether the cookie has a domain; how the last session ended.
    let rows = [
        ("nothing ever comes back", [Nothing; 3], false, None, "cookie_not_returned"),
        ("nothing comes back of a domain's", [Nothing; 3], true, None, "cookie_domain_mismatch"),
        ("the proxy keeps it", [Nothing, Live, Live], false, None, "cookie_not_passed_on"),
        ("the same under a domain", [Nothing, Live, Live], true, None, "cookie_not_passed_on"),
        ("the same by form post", [Nothing, Live, Nothing], false, None, "cookie_not_passed_on"),
        ("restarted", [Unknown; 3], false, None, "session_not_found"),
        ("another replica is asked", [Unknown, Live, Live], false, None, "session_not_found"),
        ("another replica finishes logins", [Nothing, Unknown, Unknown], false, None, "session_not_found"),
        ("two of one name", [Changed; 3], false, None, "cookie_changed"),
        ("two of one name, of which one is known here", [Changed, Live, Live], true, None, "cookie_changed"),
        ("over at once", [Over, Unknown, Unknown], false, itself, "session_ended_at_once"),
        ("over, as the login saw it", [Nothing, Unknown, Unknown], false, itself, "session_ended_at_once"),
        ("over, by another process's word", [Over, Unknown, Unknown], false, None, "session_ended_at_once"),
        ("the clocks", [Over, Unknown, Unknown], false, clocks, "clock_skew"),
        ("the store is away", [Nothing, Unanswered, Unanswered], false, None, "store_unreachable"),
        ("it went away later", [Unknown, Unknown, Unanswered], false, itself, "store_unreachable"),
        ("it ended and does not come back either", [Nothing; 3], false, itself, "cookie_not_returned"),
    ];
    for (name, [at_question, at_login, at_callback], has_domain, ended, cause) in rows {
        let evidence = Evidence { at_question, at_login, at_callback, has_domain, ended };
        assert_eq!(code(&evidence), cause, "{name}");
    }
}

/// Whatever comes together, a cookie that came is never called one that did not.
#[test]
fn a_cookie_that_came_is_not_called_missing() {
    for at_question in ALL {
        for at_login in ALL {
            for at_callback in ALL {
                for has_domain in [false, true] {
                    for ended in [None, Some(EndedBy::Itself), Some(EndedBy::Clocks)] {
                        let evidence = Evidence { at_question, at_login, at_callback, has_domain, ended };
                        let missing = [at_question, at_login, at_callback] == [Nothing; 3];
                        let said = matches!(
                            judge(&evidence),
                            LoopCause::CookieNotReturned | LoopCause::CookieDomain
                        );
                        assert_eq!(said, missing, "{evidence:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn what_was_seen_travels_in_addresses_and_states() {
    for seen in ALL {
        assert_eq!(Seen::from_number(seen.number()), seen);
        assert_eq!(seen.word().map_or(Nothing, Seen::from_word), seen);
    }
    assert_eq!(Seen::from_number(6), Nothing);
    for word in ["", "Live", "live ", "no_cookie"] {
        assert_eq!(Seen::from_word(word), Nothing, "{word:?}");
    }
    let reasons = [
        (LoginReason::NoCookie, Nothing),
        (LoginReason::CookieUnreadable(Unreadable::Twice), Changed),
        (LoginReason::SessionUnknown, Unknown),
        (LoginReason::SessionEnded(Ended::Idle), Over),
    ];
    for (reason, seen) in reasons {
        assert_eq!(Seen::from(reason), seen);
    }
}

#[test]
fn somebody_who_signs_out_or_in_anew_is_in_no_loop() {
    for why in [Ended::Replaced, Ended::SignedOut] {
        assert_eq!(EndedBy::of(why), None);
    }
    for why in [Ended::Idle, Ended::Absolute, Ended::RefreshDenied, Ended::Grace, Ended::SignedOutElsewhere] {
        assert_eq!(EndedBy::of(why), Some(EndedBy::Itself));
    }
}

/// Whoever is in a loop finds the code on the page about loops.
#[test]
fn every_cause_is_explained() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/troubleshooting.md");
    let page = std::fs::read_to_string(path).unwrap();
    let causes = [
        LoopCause::CookieNotReturned,
        LoopCause::CookieDomain,
        LoopCause::CookieNotPassedOn,
        LoopCause::CookieChanged,
        LoopCause::SessionNotFound,
        LoopCause::SessionEnded,
        LoopCause::Clocks,
        LoopCause::StoreUnreachable,
    ];
    let codes = causes.map(|cause| Refusal::LoginLoop { cause }.code());
    for code in codes.into_iter().chain([Refusal::SecureCookieOverHttp.code()]) {
        assert!(page.contains(&format!("\n## `{code}`\n")), "{code}");
    }
}
