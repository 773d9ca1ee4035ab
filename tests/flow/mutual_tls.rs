//! Clients that prove themselves by a certificate (RFC 8705), in front of a server that asks for one by real TLS.

use std::path::Path;
use std::sync::{Arc, Mutex};

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};
use vestibule::clock::Clock;
use vestibule::config::{CaFile, ProviderSettings};
use vestibule::idp::fetch::{FetchFault, Fetcher};
use vestibule::idp::providers::Providers;
use vestibule::protocol::authorities::Authorities;
use vestibule::protocol::issuer::{HttpIssuer, Issuer};
use vestibule::protocol::tls_identity::TlsIdentity;

use crate::boot;

const AUTHORITY: &[u8] = include_bytes!("../keys/ca.pem");
const CERTIFICATE: &[u8] = include_bytes!("../keys/client.pem");
const KEY: &[u8] = include_bytes!("../keys/p256_pkcs8.pem");
const STRANGER: &[u8] = include_bytes!("../keys/stranger.pem");
const STRANGERS_KEY: &[u8] = include_bytes!("../keys/p384_sec1.pem");

/// What came over one connection: the certificate, and the request.
type Seen = Arc<Mutex<Vec<(CertificateDer<'static>, String)>>>;

/// The TLS of a server that takes only clients with a certificate of the authority.
pub(crate) fn acceptor() -> TlsAcceptor {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(AUTHORITY).unwrap()).unwrap();
    let chain = vec![CertificateDer::from_pem_slice(include_bytes!("../keys/server.pem")).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("../keys/server.key")).unwrap();
    let config = ServerConfig::builder()
        .with_client_cert_verifier(WebPkiClientVerifier::builder(roots.into()).build().unwrap())
        .with_single_cert(chain, key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// Such a server, and its address.
async fn server() -> (String, Seen) {
    let acceptor = acceptor();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("https://localhost:{}/token", listener.local_addr().unwrap().port());
    let seen = Seen::default();
    let all = Arc::clone(&seen);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (acceptor, all) = (acceptor.clone(), Arc::clone(&all));
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let certificate = stream.get_ref().1.peer_certificates().unwrap()[0].clone();
                let mut request = vec![0; 4096];
                let length = stream.read(&mut request).await.unwrap();
                all.lock()
                    .unwrap()
                    .push((certificate, String::from_utf8_lossy(&request[..length]).into_owned()));
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
                let _ = stream.write_all(answer).await;
                let _ = stream.shutdown().await;
            });
        }
    });
    (address, seen)
}

async fn ask(
    address: &str,
    trust: &ProviderSettings,
    identity: Option<&TlsIdentity>,
) -> Result<http::Response<bytes::Bytes>, FetchFault> {
    let request = http::Request::post(address).body(b"client_id=vestibule-a".to_vec()).unwrap();
    let issuer = Issuer::parse(address, HttpIssuer::OnlyLoopback).unwrap();
    Fetcher::new(&issuer, trust, identity, &Clock::system()).unwrap().fetch(request, 1024).await
}

fn authority() -> ProviderSettings {
    let authorities = Authorities::parse(AUTHORITY).unwrap();
    ProviderSettings {
        ca_file: Some(CaFile { path: "ca.pem".into(), authorities }),
        ..ProviderSettings::default()
    }
}

/// V-TK-1: tls_client_auth; the server is shown the very certificate.
#[tokio::test]
async fn the_certificate_is_shown_to_a_server_that_asks_for_one() {
    let (address, seen) = server().await;
    let identity = TlsIdentity::read(CERTIFICATE, Some(KEY)).unwrap();
    let answer = ask(&address, &authority(), Some(&identity)).await.unwrap();
    assert_eq!(answer.status(), 200);
    let seen = seen.lock().unwrap();
    let [(certificate, request)] = seen.as_slice() else { panic!("{seen:?}") };
    assert_eq!(*certificate, CertificateDer::from_pem_slice(CERTIFICATE).unwrap());
    assert!(request.starts_with("POST /token ") && request.ends_with("client_id=vestibule-a"), "{request}");
}

/// G-07, and the operator reads whose certificate is meant.
#[tokio::test]
async fn a_server_that_does_not_take_the_certificate_is_a_fault_of_tls_that_says_so() {
    let (address, seen) = server().await;
    let stranger = TlsIdentity::read(STRANGER, Some(STRANGERS_KEY)).unwrap();
    for (identity, words) in [
        (None, "the provider wants a client certificate, and client_certificate_file names none"),
        (Some(&stranger), "client certificate"),
    ] {
        let fault = ask(&address, &authority(), identity).await.unwrap_err();
        let FetchFault::Tls { why } = &fault else { panic!("{fault:?}") };
        assert!(why.contains(words), "{why}");
    }
    assert!(seen.lock().unwrap().is_empty());
}

/// G-07: a certificate of ours makes nobody else believable.
#[tokio::test]
async fn a_server_of_an_unknown_authority_is_not_told_who_we_are() {
    let (address, seen) = server().await;
    let identity = TlsIdentity::read(CERTIFICATE, Some(KEY)).unwrap();
    let fault = ask(&address, &ProviderSettings::default(), Some(&identity)).await.unwrap_err();
    assert!(matches!(fault, FetchFault::Tls { .. }), "{fault:?}");
    assert!(seen.lock().unwrap().is_empty());
}

/// A connection that one client has proved itself on is no other's.
#[tokio::test]
async fn clients_share_connections_only_if_they_are_the_same_to_the_provider() {
    let keys = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keys");
    let keys = keys.display();
    let own = format!(
        "client_certificate_file: {keys}/client.pem\n    client_certificate_key_file: {keys}/p256_pkcs8.pem"
    );
    let other = format!(
        "client_certificate_file: {keys}/stranger.pem\n    client_certificate_key_file: {keys}/p384_sec1.pem"
    );
    let client = |name: &str, proof: &str| {
        format!(
            "  {name}:\n    issuer: https://id.example.com\n    client_id: {name}\n    redirect_uri: \
             https://{name}.example.com/oidc/{name}/callback\n    hosts: {name}.example.com\n    {proof}\n"
        )
    };
    let yaml = [
        client("a", &own),
        client("b", &own),
        client("c", &other),
        client("d", "client_secret: s3cret-s3cret"),
        client("e", "token_endpoint_auth_method: none"),
    ];
    let config = boot::config(&format!("clients:\n{}", yaml.concat()), &[]);
    let providers = Providers::new(&config, &Clock::system()).unwrap();
    let of = |name: &str| Arc::as_ptr(providers.of(config.client(name).unwrap()));
    assert_eq!(of("a"), of("b"));
    assert_eq!(of("d"), of("e"));
    assert_ne!(of("a"), of("c"));
    assert_ne!(of("a"), of("d"));
    assert_ne!(of("c"), of("d"));
    assert_eq!(providers.iter().count(), 3);
}
