//! How the provider is reached: at another address than by browsers, or without a discovery document.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, OnceLock};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpSocket};

use crate::provider::{Endpoint, Step};
use crate::world::{APP, Client, PAGE, SESSION, World};

/// Where the relay's own connections come from, so that they can be told from all others.
const RELAY: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 3));

/// Endpoints as an operator writes them.
const ENDPOINTS: &str = "endpoints: { authorization: <issuer>/authorize, token: <issuer>/token, jwks: <issuer>/jwks, \
                         userinfo: <issuer>/userinfo, end_session: <issuer>/end-session }";

/// Hands each connection on to a target that is told later.
async fn relay() -> (SocketAddr, Arc<OnceLock<SocketAddr>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, target) = (listener.local_addr().unwrap(), Arc::new(OnceLock::new()));
    let told = Arc::clone(&target);
    tokio::spawn(async move {
        loop {
            let Ok((mut here, _)) = listener.accept().await else { continue };
            let target = *told.get().expect("told before anybody connects");
            tokio::spawn(async move {
                let socket = TcpSocket::new_v4().unwrap();
                socket.bind((RELAY, 0).into()).unwrap();
                let mut there = socket.connect(target).await.unwrap();
                let _ = copy_bidirectional(&mut here, &mut there).await;
            });
        }
    });
    (address, target)
}

#[tokio::test]
async fn every_call_of_the_server_goes_to_the_backchannel_url_in_the_name_of_the_issuer() {
    let (address, target) = relay().await;
    let world = World::new()
        .line(&format!("backchannel_url: http://{address}"))
        .line("authorization: { pushed: always }")
        .provider(move |provider| {
            provider.takes_pushed_requests(false);
            let issuer = url::Url::parse(&provider.issuer).unwrap();
            target.set(issuer.socket_addrs(|| None).unwrap()[0]).unwrap();
        })
        .start()
        .await;
    let browser = world.signed_in().await;
    world.clock.shift(3500);
    world.send(&world.base_of(&browser)).await;
    world.provider.reached(Endpoint::Token, 2).await;
    let issuer_host = world.provider.issuer.strip_prefix("http://").unwrap();
    for endpoint in Endpoint::BACK_CHANNEL {
        let calls = world.provider.calls(endpoint);
        // Nobody signs out here, and no program comes with a token.
        let not_called = [Endpoint::Revocation, Endpoint::Introspection].contains(&endpoint);
        assert_eq!(calls.is_empty(), not_called, "{endpoint:?}");
        for call in calls {
            assert_eq!(call.peer, RELAY, "{endpoint:?}");
            assert_eq!(call.headers["host"], issuer_host, "{endpoint:?}");
        }
    }
    let by_browser = world.provider.calls(Endpoint::Authorize);
    assert!(by_browser.iter().all(|call| call.peer != RELAY), "browsers do not know of it");
}

#[tokio::test]
async fn with_endpoints_nothing_is_discovered_and_everything_works() {
    let world = World::new()
        .line(ENDPOINTS)
        .provider(|provider| provider.always(Endpoint::Discovery, Step::status(404)))
        .start()
        .await;
    let mut browser = world.signed_in().await;
    world.clock.shift(3500);
    world.send(&world.base_of(&browser)).await;
    world.provider.reached(Endpoint::Token, 2).await;
    world.provider.reached(Endpoint::Userinfo, 2).await;
    browser.submit_and_follow(PAGE, &format!("{APP}/logout"), "").await;
    assert!(browser.jar.get(SESSION).is_none());
    assert_eq!(world.provider.count(Endpoint::EndSession), 1);
    world.clock.shift(2 * 60 * 60);
    world.signed_in().await;
    assert_eq!(world.provider.count(Endpoint::Discovery), 0);
}

/// A way to the provider that one client was told of says nothing about the way of another.
#[tokio::test]
async fn clients_share_what_is_known_of_a_provider_only_if_they_reach_it_in_the_same_way() {
    let world = World::new()
        .client(Client::named("same"))
        .client(Client::named("other").line(ENDPOINTS))
        .client(Client::named("another").line(ENDPOINTS))
        .start()
        .await;
    for (client, page) in [
        ("app", PAGE),
        ("same", "https://same.example.test/"),
        ("other", "https://other.example.test/"),
        ("another", "https://another.example.test/"),
    ] {
        let landed = world.browser_for(client).open(page).await;
        assert!(landed.in_application, "{client}: {}", landed.answer.show());
    }
    assert_eq!(world.provider.count(Endpoint::Discovery), 1);
    assert_eq!(world.provider.count(Endpoint::Jwks), 2, "once for each way");
}

/// V-ID-2: people of the listed tenants sign in under one templated issuer, and nobody else.
#[tokio::test]
async fn a_templated_issuer_lets_in_the_tenants_that_are_listed() {
    const ONE: &str = "11111111-2222-3333-4444-555555555555";
    const TWO: &str = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee";
    const STRANGER: &str = "99999999-2222-3333-4444-555555555555";
    let world = World::new()
        .app(|app| app.issuer_path("/{tenantid}/v2.0").line(&format!("tenants: [{ONE}, {TWO}]")))
        .provider(|provider| {
            provider.script().sends_iss = false;
            let template = format!("{}/{{tenantid}}/v2.0", provider.issuer);
            provider.change_metadata(move |metadata| {
                metadata.insert("issuer".to_owned(), template.clone().into());
            });
        })
        .start()
        .await;
    let issuer = world.provider.issuer.clone();
    let by = |iss: &'static str, tid: &'static str| {
        let iss = format!("{issuer}/{iss}/v2.0");
        world.provider.change_id_token(move |draft| {
            draft.set("iss", iss.clone());
            draft.set("tid", tid);
        });
    };
    for (name, iss, tid, code) in [
        ("one", ONE, ONE, "-"),
        ("the other", TWO, TWO, "-"),
        ("a tenant that is not listed", STRANGER, STRANGER, "id_token_issuer"),
        ("a stranger's token that says it is ours", STRANGER, ONE, "id_token_issuer"),
        ("two listed ones", TWO, ONE, "id_token_issuer"),
        ("the template", "{tenantid}", "{tenantid}", "id_token_issuer"),
    ] {
        by(iss, tid);
        let landed = world.browser().open(PAGE).await;
        assert_eq!(landed.answer.refusal(), code, "{name}: {}", landed.answer.show());
    }
    // A refresh does not move anybody to another tenant.
    by(ONE, ONE);
    let browser = world.signed_in().await;
    by(TWO, TWO);
    world.clock.shift(3700);
    let answer = world.send(&world.base_of(&browser)).await;
    assert_eq!(answer.status, 302, "the session is over: {}", answer.show());
}
