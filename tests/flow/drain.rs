//! Stopping (I-09, XP-03).

use futures_util::future::join_all;

use crate::provider::{Endpoint, Gate, Step};
use crate::wire::{Connection, within};
use crate::world::{PAGE, SESSION, World};

#[tokio::test]
async fn a_login_under_way_is_finished_while_new_connections_are_refused_and_ready_says_no() {
    let mut world = World::new().start().await;
    let gate = Gate::closed();
    world.provider.once(Endpoint::Token, Step::Held(gate.clone()));
    let mut browser = world.browser();
    let callback = browser.open_until_callback(PAGE).await;
    let server = world.server.take().unwrap();
    let stopping = async {
        world.provider.reached(Endpoint::Token, 1).await;
        let stop = tokio::spawn(server.stop());
        within("the listener to close", async {
            while world.accepts_connections().await {
                tokio::task::yield_now().await;
            }
        })
        .await;
        let ready = world.admin("/ready").await;
        assert_eq!(ready.status, 503, "{}", ready.show());
        assert_eq!(world.admin("/live").await.status, 200);
        gate.open();
        within("the end", stop).await.unwrap()
    };
    let (answer, finished) = tokio::join!(browser.call_back(&callback), stopping);
    assert_eq!((answer.status, answer.location()), (303, PAGE), "{}", answer.show());
    assert!(browser.jar.get(SESSION).is_some());
    assert!(finished, "within the grace");
}

#[tokio::test]
async fn questions_under_load_get_right_answers_or_none_while_the_server_stops() {
    let mut world = World::new().start().await;
    let browser = world.signed_in().await;
    let bytes = world.base_of(&browser).bytes();
    let address = world.address;
    let mut connections = Vec::new();
    for _ in 0..50 {
        connections.push(Connection::open(address).await);
    }
    let clients = connections.into_iter().map(|mut connection| {
        let bytes = bytes.clone();
        async move {
            let mut answered = 0;
            for _ in 0..200 {
                connection.write(&bytes).await;
                let Some(answer) = connection.answer(false).await else { break };
                answer.assert_allowed("under load");
                assert_eq!(answer.all("X-Auth-Subject"), ["subject-4711"]);
                answered += 1;
            }
            answered
        }
    });
    let server = world.server.take().unwrap();
    let stop = async {
        for _ in 0..200 {
            tokio::task::yield_now().await;
        }
        within("the stop", server.stop()).await
    };
    let (answered, ()) = tokio::join!(join_all(clients), async {
        let _finished = stop.await;
    });
    assert!(answered.iter().sum::<u32>() > 0);
}

#[tokio::test]
async fn idle_connections_do_not_hold_the_stop_up() {
    let mut world = World::new().server("shutdown_grace: 60s").start().await;
    let bytes = world.base().bytes();
    let mut idle = Vec::new();
    for _ in 0..20 {
        let mut connection = Connection::open(world.address).await;
        connection.write(&bytes).await;
        connection.answer(false).await.unwrap();
        idle.push(connection);
    }
    let silent = Connection::open(world.address).await;
    tokio::time::timeout(std::time::Duration::from_secs(30), world.stop())
        .await
        .expect("long before the grace is over");
    for mut connection in idle {
        assert!(connection.closed().await);
    }
    drop(silent);
}

#[tokio::test]
async fn a_request_that_never_ends_is_cut_off_when_the_grace_is_over() {
    let mut world = World::new().server("shutdown_grace: 1s").start().await;
    world.provider.once(Endpoint::Token, Step::Hang);
    let mut browser = world.browser();
    let callback = browser.open_until_callback(PAGE).await;
    let mut ask = world.base_of(&browser);
    ask.target = callback.url.strip_prefix("https://app.example.test").unwrap().into();
    let mut connection = Connection::open(world.address).await;
    connection.write(&ask.bytes()).await;
    world.provider.reached(Endpoint::Token, 1).await;
    within("the stop", world.stop()).await;
    assert!(connection.answer(false).await.is_none());
}
