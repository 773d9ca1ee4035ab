//! Callers that hang up, floods, and issuers that are unwell, while tokens are judged (XI-02, XI-05, XK-01, F-18, J-01, XN-04).

use futures_util::future::join_all;

use crate::api::api_with;
use crate::provider::{Endpoint, Step};
use crate::wire::within;
use crate::world::World;

fn asked(world: &World) -> usize {
    world.provider.count(Endpoint::Introspection)
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
