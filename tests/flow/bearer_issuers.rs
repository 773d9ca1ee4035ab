//! Several issuers at one client, each with its own audiences, mappings and keys (R-17.2, R-17.4, F-14).

use std::fs;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::json;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use crate::api::{api, file};
use crate::keys::RsaKey;
use crate::provider::{Endpoint, Provider, Signing};
use crate::world::{Client, World};

/// Keys by discovery, by `jwks_uri` and by `jwks_file`.
async fn three() -> World {
    let keys = file("three.json", &json!({ "keys": [RsaKey::numbered(2).jwk("key-2")] }).to_string());
    let world = World::new()
        .further_issuers(2)
        .line(&format!(
            "bearer: {{ main: {{ audiences: [https://api.example.test], client_ids: [calling-program] }}, \
             second: {{ issuer: <issuer-1>, audiences: [https://second.example.test, urn:second], \
             jwks_uri: <issuer-1>/jwks, extra_claim_headers: {{ mail: X-User-Email, team: X-Team }} }}, \
             third: {{ issuer: <issuer-2>, audiences: [https://third.example.test], jwks_file: {}, \
             profile: jwt, algorithms: [RS256] }} }}",
            keys.display()
        ))
        .start()
        .await;
    // Every issuer its own key, so that none passes for another.
    world.other_providers[0].script().rotate_to("key-1", 1, false);
    world.other_providers[1].script().rotate_to("key-2", 2, false);
    world
}

fn token(of: &Provider, audience: &str) -> String {
    of.access_token(|draft| {
        draft.set("aud", audience);
        draft.set("mail", "mail@example.test");
        draft.set("team", "blue");
    })
}

#[tokio::test]
async fn each_issuer_has_its_own_audiences_keys_and_mapping() {
    let world = three().await;
    let [second, third] = &world.other_providers[..] else { panic!() };
    let rows = [
        ("main", &world.provider, "https://api.example.test", ["ada.secret@example.org", "staff,admins", ""]),
        ("second", second, "https://second.example.test", ["mail@example.test", "", "blue"]),
        ("second, by its other name", second, "urn:second", ["mail@example.test", "", "blue"]),
        ("third", third, "https://third.example.test", ["ada.secret@example.org", "staff,admins", ""]),
    ];
    for (case, issuer, audience, [email, groups, team]) in rows {
        let answer = world.send(&world.bearing(&token(issuer, audience))).await;
        answer.assert_allowed(case);
        assert_eq!(answer.all("X-Auth-Issuer"), [issuer.issuer.as_str()], "{case}");
        assert_eq!(answer.all("X-User-Email"), [email], "{case}");
        assert_eq!(answer.all("X-User-Groups"), [groups], "{case}: of another mapping");
        assert_eq!(answer.all("X-Team"), [team], "{case}: of another mapping");
    }
    let session = world.send(&world.base_of(&world.signed_in().await)).await;
    session.assert_allowed("a session");
    assert_eq!(session.all("X-Team"), [""]);
    assert_eq!(third.count(Endpoint::Discovery) + third.count(Endpoint::Jwks), 0, "its keys lie here");
    assert_eq!(second.count(Endpoint::Discovery), 0, "its keys are where they were written");
}

#[tokio::test]
async fn what_holds_for_one_issuer_holds_for_no_other() {
    let world = three().await;
    let [second, third] = &world.other_providers[..] else { panic!() };
    for (case, issuer, audience) in [
        ("main for second", &world.provider, "https://second.example.test"),
        ("second for main", second, "https://api.example.test"),
        ("third for second", third, "urn:second"),
    ] {
        let answer = world.send(&world.bearing(&token(issuer, audience))).await;
        answer.assert_token_refused((401, "bearer_audience"), "invalid_token", case);
    }
    let of_main = |number, kid: &str| {
        world.provider.access_token(|draft| {
            draft.signing = Signing::Rs256(RsaKey::numbered(number));
            draft.set_header("kid", kid);
        })
    };
    for (case, token, code) in [
        ("main by the key of second", of_main(1, "key-1"), "bearer_unknown_key"),
        ("main by the key of third", of_main(2, "key-2"), "bearer_unknown_key"),
        ("main by the key of second, as its own", of_main(1, "key-0"), "bearer_signature"),
    ] {
        let answer = world.send(&world.bearing(&token)).await;
        answer.assert_token_refused((401, code), "invalid_token", case);
    }
    let other_client = world.provider.access_token(|draft| draft.set("client_id", "another-program"));
    world.send(&world.bearing(&other_client)).await.assert_refused(401, "bearer_client", "client_ids");
    let kind_unsaid = second.access_token(|draft| {
        draft.set("aud", "urn:second");
        draft.header.remove("typ");
    });
    let answer = world.send(&world.bearing(&kind_unsaid)).await;
    answer.assert_refused(401, "bearer_type", "rfc9068 at second");
    let kind_unsaid = third.access_token(|draft| {
        draft.set("aud", "https://third.example.test");
        draft.header.remove("typ");
    });
    world.send(&world.bearing(&kind_unsaid)).await.assert_allowed("profile jwt at third");
}

/// F-14: an issuer of one client is none of another's.
#[tokio::test]
async fn an_issuer_that_a_client_does_not_name_is_none_there() {
    let world = api()
        .further_issuers(1)
        .client(
            Client::named("other")
                .line("bearer: { only: { issuer: <issuer-1>, audiences: [https://api.example.test] } }"),
        )
        .start()
        .await;
    let (of_app, of_other) =
        (world.provider.access_token(|_| {}), world.other_providers[0].access_token(|_| {}));
    for (client, token, may) in [
        ("app", &of_app, true),
        ("app", &of_other, false),
        ("other", &of_app, false),
        ("other", &of_other, true),
        // Now all of them were seen.
        ("app", &of_app, true),
        ("app", &of_other, false),
        ("other", &of_app, false),
        ("other", &of_other, true),
    ] {
        let mut ask = world.bearing(token).having("X-Forwarded-Host", format!("{client}.example.test"));
        ask.target = format!("/oidc/{client}/auth").into_bytes();
        let answer = world.send(&ask).await;
        if may {
            answer.assert_allowed(client);
        } else {
            answer.assert_token_refused((401, "bearer_issuer"), "invalid_token", client);
        }
    }
}

/// R-17.4: a file that another program replaces.
#[tokio::test]
async fn a_key_that_is_new_in_jwks_file_is_found_when_a_token_names_it() {
    let path = file("growing.json", &json!({ "keys": [RsaKey::numbered(0).jwk("key-0")] }).to_string());
    let world = World::new()
        .further_issuers(1)
        .line(&format!(
            "bearer: {{ cluster: {{ issuer: <issuer-1>, audiences: [https://api.example.test], jwks_file: {} }} }}",
            path.display()
        ))
        .start()
        .await;
    let cluster = &world.other_providers[0];
    cluster.announce(&[]);
    let old = cluster.access_token(|_| {});
    world.send(&world.bearing(&old)).await.assert_allowed("before");
    cluster.script().rotate_to("key-1", 1, false);
    let new = cluster.access_token(|_| {});
    world.send(&world.bearing(&new)).await.assert_refused(401, "bearer_unknown_key", "not there yet");
    fs::write(&path, json!({ "keys": [RsaKey::numbered(1).jwk("key-1")] }).to_string()).unwrap();
    world.clock.shift(31);
    world.send(&world.bearing(&new)).await.assert_allowed("there now");
    world.send(&world.bearing(&old)).await.assert_refused(
        401,
        "bearer_unknown_key",
        "and the old one is not",
    );
    for broken in ["", "{", r#"{"keys":[]}"#] {
        fs::write(&path, broken).unwrap();
        world.clock.shift(31);
        world.send(&world.bearing(&old)).await.assert_refused(401, "bearer_unknown_key", broken);
        world.send(&world.bearing(&new)).await.assert_allowed("what was read before still holds");
    }
    fs::remove_file(&path).unwrap();
    world.clock.shift(31);
    world.send(&world.bearing(&old)).await.assert_refused(401, "bearer_unknown_key", "no file");
    world.send(&world.bearing(&new)).await.assert_allowed("no file");
}

/// Terminates TLS for a provider, as `localhost` by the authority of the tests.
async fn tls_for_a_provider() -> (u16, Arc<OnceLock<SocketAddr>>) {
    let chain = vec![CertificateDer::from_pem_slice(include_bytes!("../keys/server.pem")).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("../keys/server.key")).unwrap();
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (port, target) = (listener.local_addr().unwrap().port(), Arc::new(OnceLock::new()));
    let told = Arc::clone(&target);
    tokio::spawn(async move {
        loop {
            let Ok((stream, _)) = listener.accept().await else { continue };
            let (acceptor, told) = (acceptor.clone(), Arc::clone(&told));
            tokio::spawn(async move {
                let Ok(mut here) = acceptor.accept(stream).await else { return };
                let target: SocketAddr = *told.get().expect("told before anybody connects");
                let mut there = TcpStream::connect(target).await.unwrap();
                let _ = copy_bidirectional(&mut here, &mut there).await;
            });
        }
    });
    (port, target)
}

/// R-17.4, the API server of Kubernetes: a private authority, metadata and keys for those it knows, and tokens without client, scope
/// and `typ`.
#[tokio::test]
async fn a_cluster_with_a_private_authority_and_a_token_file_lets_its_workloads_in() {
    let (port, target) = tls_for_a_provider().await;
    let issuer = format!("https://localhost:{port}");
    let authority = file("cluster-ca.pem", include_str!("../keys/ca.pem"));
    let known = file("cluster-token", "service-account-of-vestibule-1\n");
    let script = (issuer.clone(), target);
    let world = World::new()
        .app(|app| {
            app.bearer_only().without_issuer().line(&format!(
                "bearer: {{ cluster: {{ issuer: '{issuer}', audiences: [https://api.example.test], \
                 profile: workload, ca_file: {}, provider_token_file: {} }} }}",
                authority.display(),
                known.display()
            ))
        })
        .provider(move |provider| {
            let (issuer, target) = script;
            let url = url::Url::parse(&provider.issuer).unwrap();
            target.set(url.socket_addrs(|| None).unwrap()[0]).unwrap();
            provider.script().metadata_token = Some("service-account-of-vestibule-1".to_owned());
            provider.keep_secret("provider_token", "service-account-of-vestibule-1");
            provider.keep_secret("provider_token", "service-account-of-vestibule-2");
            provider.change_metadata(move |metadata| {
                metadata.clear();
                metadata.insert("issuer".to_owned(), issuer.clone().into());
                metadata.insert("jwks_uri".to_owned(), format!("{issuer}/jwks").into());
            });
        })
        .start()
        .await;
    let workload = |provider: &Provider| {
        provider.access_token(|draft| {
            draft.header.remove("typ");
            for claim in ["client_id", "scope", "email", "groups"] {
                draft.remove(claim);
            }
            draft.set("iss", issuer.clone());
            draft.set("aud", json!(["https://api.example.test"]));
            draft.set("sub", "system:serviceaccount:shop:cart");
            draft.set("kubernetes.io", json!({ "namespace": "shop" }));
        })
    };
    let answer = world.send(&world.bearing(&workload(&world.provider))).await;
    answer.assert_allowed("a workload");
    assert_eq!(answer.all("X-Auth-Subject"), [""], "nobody signed in");
    assert_eq!(answer.all("X-Auth-Client"), ["system:serviceaccount:shop:cart"]);
    assert_eq!(answer.all("X-Auth-Issuer"), [issuer.as_str()]);

    // The platform replaces its token; what is asked with is what lies there.
    fs::write(&known, "service-account-of-vestibule-2").unwrap();
    world.provider.script().metadata_token = Some("service-account-of-vestibule-2".to_owned());
    world.provider.script().rotate_to("key-1", 1, false);
    world.clock.shift(31);
    let answer = world.send(&world.bearing(&workload(&world.provider))).await;
    answer.assert_allowed("after a rotation of both");
}

/// A file that is not there any more is the operator's affair, and no token's.
#[tokio::test]
async fn without_its_token_file_a_cluster_is_not_asked_and_the_answer_is_503() {
    let known = file("gone-token", "service-account-of-vestibule-3");
    let line = format!(
        "bearer: {{ cluster: {{ issuer: <issuer-1>, audiences: [https://api.example.test], provider_token_file: {} }} }}",
        known.display()
    );
    let config_is_read = World::new().further_issuers(1).line(&line);
    let world = config_is_read.start().await;
    let token = world.other_providers[0].access_token(|_| {});
    world.send(&world.bearing(&token)).await.assert_allowed("while it is there");
    fs::remove_file(&known).unwrap();
    world.other_providers[0].script().rotate_to("key-1", 1, false);
    world.clock.shift(24 * 60 * 60 + 1);
    let token = world.other_providers[0].access_token(|_| {});
    let answer = world.send(&world.bearing(&token)).await;
    assert_eq!(answer.status / 100, 5, "{}", answer.show());
    assert!(!answer.show().contains("gone-token"), "{}", answer.show());
}
