//! Which of several clients decides.

use vestibule::gate::candidates::{Chosen, Trace, choose, remembered};
use vestibule::gate::credential::Unreadable;
use vestibule::gate::decide::{Ended, Found};
use vestibule::protocol::timestamp::Timestamp;

use super::{client, headers};

const fn live(seconds: u64) -> Trace {
    Trace::Live(Timestamp::from_seconds(seconds))
}

const OVER: Trace = Trace::Ended(Ended::Idle);

#[track_caller]
fn chosen(traces: [Trace; 3], of_token: Option<usize>) -> (usize, Trace) {
    let candidates = traces.into_iter().enumerate().collect();
    let Chosen { client, trace } = choose(candidates, of_token).unwrap();
    (client, trace)
}

#[test]
fn the_session_that_began_last_decides_and_nothing_counts_beside_one_that_is_alive() {
    let nothing = Trace::Nothing;
    let rows = [
        ([nothing, nothing, nothing], 0),
        ([live(5), live(7), live(6)], 1),
        ([live(7), live(5), live(6)], 0),
        ([OVER, Trace::Unknown, live(1)], 2),
        ([Trace::Unreadable(Unreadable::Twice), live(1), OVER], 1),
        // In one second.
        ([nothing, live(5), live(5)], 1),
        // Where nobody is signed in the first decides, whatever came.
        ([nothing, OVER, Trace::Unknown], 0),
    ];
    for (traces, who) in rows {
        assert_eq!(chosen(traces, None).0, who, "{traces:?}");
        assert_eq!(chosen(traces, Some(2)).0, 2, "a token goes before it: {traces:?}");
    }
    assert_eq!(choose::<usize>(Vec::new(), None), None);
}

#[test]
fn the_first_cookie_that_came_says_why_nobody_is_signed_in() {
    let nothing = Trace::Nothing;
    assert_eq!(chosen([nothing, OVER, Trace::Unknown], None).1, OVER);
    assert_eq!(chosen([nothing; 3], None).1, nothing);
    assert!(matches!(nothing.found(), Found::Nothing));
    assert!(matches!(OVER.found(), Found::Ended(Ended::Idle)));
    assert!(matches!(Trace::Unreadable(Unreadable::Length).found(), Found::Unreadable(Unreadable::Length)));
    // A session of another client never lets anybody in.
    assert!(matches!(live(5).found(), Found::Unknown));
}

#[test]
fn what_is_remembered_is_the_name_of_one_that_may_be_chosen() {
    let mut cookie = client().cookie;
    cookie.name = "__Host-vestibule_choice".to_owned();
    let found = |line: &str| remembered(&headers(&[("cookie", line)]), &cookie, ["app", "guests"]);
    assert_eq!(found("a=b; __Host-vestibule_choice=guests"), Some(1));
    for odd in [
        "",
        "__Host-vestibule_choice",
        "__Host-vestibule_choice=",
        "__Host-vestibule_choice=Guests",
        "__Host-vestibule_choice=\"guests\"",
        "__host-vestibule_choice=guests",
        "__Host-vestibule_choice=guests; __Host-vestibule_choice=app",
        "a=b, __Host-vestibule_choice=guests",
    ] {
        assert_eq!(found(odd), None, "{odd}");
    }
}
