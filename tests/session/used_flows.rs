//! A flow is good once.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use vestibule::clock::Clock;
use vestibule::protocol::timestamp::Timestamp;
use vestibule::session::used_flows::{MAX_USED_FLOWS, Taken, UsedFlows};

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

#[test]
fn of_many_who_take_a_flow_at_once_exactly_one_gets_it() {
    let (flows, barrier, first) = (UsedFlows::default(), Barrier::new(8), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for id in 0..200_u8 {
                    barrier.wait();
                    if flows.take([id; 16], NOW.after(Duration::from_secs(600)), NOW) == Taken::First {
                        first.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    assert_eq!(first.into_inner(), 200);
}

#[test]
fn a_flow_is_remembered_as_long_as_its_state_could_be_taken() {
    let flows = UsedFlows::default();
    let until = NOW.after(Duration::from_secs(600));
    assert_eq!(flows.take([1; 16], until, NOW), Taken::First);
    flows.sweep(until);
    assert_eq!(flows.take([1; 16], until, until), Taken::Again);
    flows.sweep(until.after(Duration::from_secs(1)));
    assert_eq!(flows.take([1; 16], until, until), Taken::First);
}

#[test]
fn when_there_is_no_room_it_is_looked_for_once_a_second_and_not_for_every_flow() {
    let id = |number: usize| (number as u128).to_le_bytes();
    let (flows, until) = (UsedFlows::default(), NOW.after(Duration::from_secs(600)));
    for number in 0..MAX_USED_FLOWS {
        assert_eq!(flows.take(id(number), until, NOW), Taken::First);
    }
    // Far fewer than the thousands of sweeps that this would take otherwise; each reads a million entries.
    let clock = Clock::system();
    let started = clock.instant();
    for number in 0..10_000 {
        assert_eq!(flows.take(id(MAX_USED_FLOWS + number), until, NOW), Taken::Full);
    }
    let took = clock.instant().duration_since(started);
    assert!(took < Duration::from_secs(30), "{took:?}");
    let later = until.after(Duration::from_secs(1));
    assert_eq!(flows.take(id(0), later.after(Duration::from_secs(600)), later), Taken::First);
}
