//! E-27: how often logins may begin.

use crate::jar::Context;
use crate::wire::{Answer, Ask};
use crate::world::{APP, PAGE, World};

fn login(world: &World, address: &str) -> Ask {
    let ask =
        world.browser().ask("GET", &format!("{APP}/login?rd=/private").parse().unwrap(), Context::SameSite);
    ask.having("X-Forwarded-For", address)
}

fn assert_too_many(answer: &Answer) {
    assert_eq!((answer.status, answer.refusal()), (429, "too_many_logins"), "{}", answer.show());
    assert!(answer.all("Location").is_empty() && answer.all("Set-Cookie").is_empty());
}

#[tokio::test]
async fn an_address_that_begins_too_many_logins_waits_and_another_does_not() {
    // One comes back every half a minute: a machine that is slow does not live to see it.
    let world = World::new().server("logins_per_minute_per_address: 2").start().await;
    for _ in 0..2 {
        assert_eq!(world.send(&login(&world, "192.0.2.1")).await.status, 302);
    }
    let answer = world.send(&login(&world, "192.0.2.1")).await;
    assert_too_many(&answer);
    let wait: u64 = answer.header("Retry-After").unwrap().parse().unwrap();
    assert!((1..=30).contains(&wait), "{wait}");
    // What the client itself put left of its address does not count.
    assert_too_many(&world.send(&login(&world, "198.51.100.1, 192.0.2.1")).await);
    world.browser().open(PAGE).await.assert_at(PAGE);
    world.clock.shift(30);
    assert_eq!(world.send(&login(&world, "192.0.2.1")).await.status, 302);
    assert_too_many(&world.send(&login(&world, "192.0.2.1")).await);
}

/// A proxy that names nobody stands for everybody: only the limit of all holds.
#[tokio::test]
async fn where_nobody_knows_the_address_the_limit_of_all_holds() {
    let world =
        World::new().server("logins_per_minute_per_address: 2").server("logins_per_minute: 10").start().await;
    for _ in 0..10 {
        assert_eq!(world.send(&login(&world, "junk")).await.status, 302);
    }
    assert_too_many(&world.send(&login(&world, "junk").without("X-Forwarded-For")).await);
    assert_too_many(&world.send(&login(&world, "192.0.2.1")).await);
}

/// A peer that is no trusted proxy cannot choose whose login it is.
#[tokio::test]
async fn the_word_of_a_peer_that_is_not_trusted_does_not_count() {
    let world = World::new()
        .server("logins_per_minute_per_address: 3")
        .server("trusted_proxies: [192.0.2.0/24]")
        .start()
        .await;
    for number in 0..3 {
        assert_eq!(world.send(&login(&world, &format!("198.51.100.{number}"))).await.status, 302);
    }
    assert_too_many(&world.send(&login(&world, "198.51.100.9")).await);
}

/// Callbacks that are made up count; a login that comes back does not.
#[tokio::test]
async fn made_up_callbacks_are_counted_and_real_ones_are_not() {
    let world = World::new().server("logins_per_minute_per_address: 5").start().await;
    let made_up = |query: &str| {
        let url = format!("{APP}/callback?{query}").parse().unwrap();
        world.browser().ask("GET", &url, Context::SameSite).having("X-Forwarded-For", "192.0.2.1")
    };
    for query in ["code=x&state=y", "code=x", "state=a&state=b", "", "error=access_denied&state=y"] {
        assert_eq!(world.send(&made_up(query)).await.status, 400, "{query}");
    }
    assert_too_many(&world.send(&made_up("code=x&state=y")).await);
    // Five logins begin and five come back.
    for _ in 0..5 {
        world.browser().open(PAGE).await.assert_at(PAGE);
    }
    let landed = world.browser().open(PAGE).await;
    assert_too_many(&landed.answer);
}

/// Whoever is signed in notices nothing.
#[tokio::test]
async fn a_flood_of_logins_hinders_no_session() {
    let world = World::new().server("logins_per_minute: 2").start().await;
    let mut browser = world.signed_in().await;
    assert_eq!(world.send(&login(&world, "192.0.2.1")).await.status, 302);
    assert_too_many(&world.send(&login(&world, "192.0.2.2")).await);
    browser.open(PAGE).await.assert_at(PAGE);
    // A person sees a page that tries again by itself.
    let text = world.send(&login(&world, "192.0.2.3")).await.text();
    assert!(text.contains("Too many people sign in"), "{text}");
}
