//! How long a session lives, to the second.

use std::time::Duration;

use proptest::prelude::{ProptestConfig, any, proptest};
use vestibule::gate::decide::Ended;
use vestibule::protocol::timestamp::Timestamp;
use vestibule::session::lifetime::{self, Standing, judge, may_refresh, remaining, token_expiry};
use vestibule::session::record::{RefreshFailures, Session};

use crate::made::{LIFETIMES, START, session, with_tokens};

fn at(seconds: u64) -> Timestamp {
    START.after(Duration::from_secs(seconds))
}

fn failed(session: &Session, since: u64, retry_at: u64) -> Session {
    session.not_refreshed(RefreshFailures { since: at(since), count: 1, retry_at: at(retry_at) }, None)
}

/// Told to the application: the end, if this use is the last one.
#[test]
fn after_a_use_a_session_ends_by_idle_absolute_or_when_it_was_replaced() {
    let left = |session: &Session, now| lifetime::after_use(session, &LIFETIMES, at(now)).as_secs();
    let (idle, absolute) = (LIFETIMES.idle.as_secs(), LIFETIMES.absolute.as_secs());
    let session = session();
    for (now, expected) in
        [(0, idle), (10, idle), (absolute - idle, idle), (absolute - 7, 7), (absolute, 0), (absolute + 9, 0)]
    {
        assert_eq!(left(&session, now), expected, "after {now}s");
    }
    session.retire(at(30));
    assert_eq!((left(&session, 0), left(&session, 29), left(&session, 31)), (30, 1, 0));
}

#[test]
fn a_session_with_a_refresh_token_stands_by_the_age_of_its_access_token() {
    let rows = [
        ("new", 0, Standing::Fresh),
        ("before three quarters of the token's life", 299, Standing::Fresh),
        ("at three quarters", 300, Standing::Due),
        ("the last second of the token", 399, Standing::Due),
        ("the token's end", 400, Standing::Stale),
        ("the last second of the grace", 699, Standing::Stale),
        ("the end of the grace, nobody has tried", 700, Standing::Unusable),
        ("the last second of idle", 999, Standing::Unusable),
        ("idle", 1000, Standing::Ended(Ended::Idle)),
    ];
    for (name, seconds, standing) in rows {
        assert_eq!(judge(&session(), &LIFETIMES, at(seconds)), standing, "{name}");
    }
}

#[test]
fn a_session_without_a_refresh_token_lives_by_idle_and_absolute_alone() {
    let session = with_tokens(None);
    assert_eq!(judge(&session, &LIFETIMES, at(999)), Standing::Fresh);
    assert_eq!(judge(&session, &LIFETIMES, at(1000)), Standing::Ended(Ended::Idle));
}

#[test]
fn using_a_session_moves_idle_and_never_absolute() {
    let session = with_tokens(None);
    for seconds in (0..10_000).step_by(900) {
        assert_eq!(judge(&session, &LIFETIMES, at(seconds)), Standing::Fresh, "{seconds}");
        session.touch(at(seconds));
    }
    session.touch(at(9_999));
    assert_eq!(judge(&session, &LIFETIMES, at(9_999)), Standing::Fresh);
    assert_eq!(judge(&session, &LIFETIMES, at(10_000)), Standing::Ended(Ended::Absolute));
}

#[test]
fn a_clock_that_goes_back_takes_no_use_away() {
    let session = with_tokens(None);
    session.touch(at(500));
    session.touch(at(100));
    assert_eq!(session.last_used(), at(500));
}

#[test]
fn a_failed_refresh_is_not_tried_again_before_its_pause_is_over() {
    let session = failed(&session(), 310, 320);
    assert!(!may_refresh(&session, at(319)));
    assert!(may_refresh(&session, at(320)));
}

#[test]
fn the_grace_ends_a_session_that_could_not_be_refreshed_all_the_time() {
    let session = failed(&session(), 310, 320);
    assert_eq!(judge(&session, &LIFETIMES, at(699)), Standing::Stale);
    assert_eq!(judge(&session, &LIFETIMES, at(700)), Standing::Ended(Ended::Grace));
}

/// Whoever comes back long after the token ended, while the provider restarts, has not lost the session; its old claims
/// are not used either.
#[test]
fn the_grace_counts_from_the_first_failure_where_that_was_after_the_token_ended() {
    let session = failed(&session(), 800, 810);
    session.touch(at(900));
    assert_eq!(judge(&session, &LIFETIMES, at(1099)), Standing::Unusable);
    assert_eq!(judge(&session, &LIFETIMES, at(1100)), Standing::Ended(Ended::Grace));
}

#[test]
fn a_session_that_was_replaced_ends_when_it_retires() {
    let session = session();
    session.retire(at(30));
    session.retire(at(60));
    assert_eq!(judge(&session, &LIFETIMES, at(29)), Standing::Fresh);
    assert_eq!(judge(&session, &LIFETIMES, at(30)), Standing::Ended(Ended::Replaced));
}

#[test]
fn what_is_left_is_never_more_idle_time_than_there_is_time() {
    let session = session();
    session.touch(at(9_500));
    let left = remaining(&session, &LIFETIMES, at(9_600));
    assert_eq!((left.idle.as_secs(), left.absolute.as_secs()), (400, 400));
}

#[test]
fn a_token_lives_as_long_as_the_provider_says_within_bounds() {
    let rows = [
        ("as said", Some(60), 60),
        ("nothing said", None, 600),
        ("nothing at all", Some(0), 10),
        ("for ever", Some(u64::MAX), 10_000),
    ];
    for (name, said, lives) in rows {
        let expiry = token_expiry(START, said.map(Duration::from_secs), &LIFETIMES);
        assert_eq!(expiry, at(lives), "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pauses_between_refreshes_grow_and_stay_under_a_minute_and_a_half(count in 0_u32..200, jitter in any::<u8>()) {
        let mut failures = None;
        for _ in 0..=count {
            failures = Some(lifetime::after_failure(failures, START, jitter));
        }
        let failures = failures.unwrap();
        let pause = failures.retry_at.since(START).as_secs();
        assert!((1..=90).contains(&pause), "{pause}");
        assert_eq!(failures.since, START);
    }

    #[test]
    fn no_session_is_usable_after_its_absolute_end(
        age in 10_000_u64..1_000_000, used in 0_u64..1_000_000, refreshable in any::<bool>(),
    ) {
        let session = with_tokens(refreshable.then(|| vestibule::protocol::secret::Secret::new("r")));
        session.touch(at(used));
        assert_eq!(judge(&session, &LIFETIMES, at(age)), Standing::Ended(Ended::Absolute));
    }
}
