//! Callers that hang up, floods, and issuers that are unwell, while tokens are judged (XI-02, XI-05, XK-01, F-18, J-01, XN-04).

use futures_util::future::{join, join_all};

use crate::api::{api, api_with};
use crate::provider::{Endpoint, Gate, Step};
use crate::wire::{Ask, within};
use crate::world::World;

fn asked(world: &World) -> usize {
    world.provider.count(Endpoint::Introspection)
}

fn lasting(world: &World) -> String {
    world.provider.access_token(|draft| draft.shift("exp", 3600))
}

/// Sends it, and hangs up once the provider was asked so often.
async fn hang_up(world: &World, ask: &Ask, endpoint: Endpoint, calls: usize) {
    tokio::select! {
        answer = world.send(ask) => panic!("it was answered: {}", answer.show()),
        () = world.provider.reached(endpoint, calls) => {}
    }
}

/// J-01: what was asked goes on without whoever asked first, for whoever waits beside it.
#[tokio::test]
async fn a_caller_who_hangs_up_takes_the_answer_from_nobody_who_waits() {
    for (settings, endpoint) in
        [("introspection: opaque", Endpoint::Introspection), ("userinfo: true", Endpoint::Userinfo)]
    {
        let world = api_with(settings).start().await;
        let token =
            if settings.contains("opaque") { world.provider.opaque_token(|_| {}) } else { lasting(&world) };
        let gate = Gate::closed();
        world.provider.once(endpoint, Step::Held(gate.clone()));
        let ask = world.bearing(&token);
        hang_up(&world, &ask, endpoint, 1).await;
        // Whoever comes while it is under way waits for the same answer, and so does whoever hangs up, and comes again.
        let asks = (0..20).map(|_| world.send(&ask));
        let opens = async {
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
            gate.open();
        };
        let (answers, ()) = join(join_all(asks), opens).await;
        for answer in answers {
            answer.assert_allowed(settings);
            assert_eq!(answer.all("X-Auth-Subject"), ["subject-4711"]);
        }
        assert_eq!(world.provider.count(endpoint), 1, "{settings}");
    }
}

/// F-18: a fetch of keys that was begun for somebody who hung up is made all the same, so that nobody keeps a rotation from being
/// noticed.
#[tokio::test]
async fn a_caller_who_hangs_up_does_not_use_up_the_fetch_of_new_keys() {
    let world = api().start().await;
    world.send(&world.bearing(&lasting(&world))).await.assert_allowed("before");
    world.provider.script().rotate_to("key-1", 1, true);
    let gate = Gate::closed();
    world.provider.once(Endpoint::Jwks, Step::Held(gate.clone()));
    let unknown = world.provider.access_token(|draft| draft.set_header("kid", "nobody"));
    hang_up(&world, &world.bearing(&unknown), Endpoint::Jwks, 2).await;
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    gate.open();
    world.send(&world.bearing(&lasting(&world))).await.assert_allowed("by the new key");
    assert_eq!(world.provider.count(Endpoint::Jwks), 2);
}

/// G-12: whoever floods an endpoint that hangs with tokens takes no place from people who sign in at the same provider.
#[tokio::test]
async fn a_flood_of_tokens_at_an_endpoint_that_hangs_keeps_nobody_from_signing_in() {
    let world = api_with("introspection: opaque").start().await;
    world.provider.always(Endpoint::Introspection, Step::Hang);
    let tokens: Vec<String> = (0..150).map(|_| world.provider.opaque_token(|_| {})).collect();
    let asks: Vec<_> = tokens.iter().map(|token| world.bearing(token)).collect();
    let flood = join_all(asks.iter().map(|ask| world.send(ask)));
    let meanwhile = async {
        world.provider.reached(Endpoint::Introspection, 32).await;
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        within("a login", world.signed_in()).await;
    };
    tokio::pin!(flood);
    tokio::select! {
        answers = &mut flood => panic!("they were answered before the login: {}", answers[0].show()),
        () = meanwhile => {}
    }
    let reached = asked(&world);
    assert!(reached <= 32, "{reached} at once");
}

/// A file that is replaced by what cannot be read without waiting holds up nobody, and no thread for ever.
#[cfg(unix)]
#[test]
fn a_file_that_became_a_pipe_is_not_waited_for() {
    let path = crate::api::file("keys-that-became-a-pipe", "");
    std::fs::remove_file(&path).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let (tell, told) = std::sync::mpsc::channel();
    let of = path.clone();
    std::thread::spawn(move || tell.send(vestibule::config::source::read_again(&of).map(drop)));
    let read = told.recv_timeout(std::time::Duration::from_secs(5)).expect("it waits for a writer");
    assert!(read.is_err(), "{read:?}");
    std::fs::remove_file(path).unwrap();
}
