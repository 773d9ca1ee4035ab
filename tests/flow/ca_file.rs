//! A provider whose certificate is by a private authority (R-12.7, G-07), over real TLS.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use vestibule::clock::Clock;
use vestibule::idp::fetch::{FetchFault, Fetcher};

use crate::{boot, logs};

const AUTHORITY: &[u8] = include_bytes!("../keys/ca.pem");
const STRANGER: &[u8] = include_bytes!("../keys/stranger.pem");

/// A server whose certificate for `localhost` is by the authority; it answers `{}`.
async fn server() -> u16 {
    let chain = vec![CertificateDer::from_pem_slice(include_bytes!("../keys/server.pem")).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("../keys/server.key")).unwrap();
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                while stream.read(&mut [0; 4096]).await.is_ok_and(|read| read > 0) {
                    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await;
                }
            });
        }
    });
    port
}

/// A `ca_file` with that content, for this test alone.
fn file(name: &str, content: &[u8]) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}.pem", std::process::id()));
    fs::write(&path, content).unwrap();
    path
}

/// The fetcher of a client with that line, as the server makes it.
fn fetcher(issuer: &str, line: &str, clock: &Clock) -> Fetcher {
    let yaml = format!(
        "clients:\n  app:\n    issuer: {issuer}\n    client_id: app\n    hosts: app.example.test\n    \
         redirect_uri: https://app.example.test/oidc/app/callback\n    {line}\n"
    );
    let client = Arc::clone(&boot::config(&yaml, &[]).clients[0]);
    Fetcher::new(&client.issuer, &client.provider, None, clock).unwrap()
}

async fn ask(fetcher: &Fetcher, port: u16) -> Result<u16, FetchFault> {
    let request = http::Request::get(format!("https://localhost:{port}/keys")).body(Vec::new()).unwrap();
    fetcher.fetch(request, 1024).await.map(|answer| answer.status().as_u16())
}

fn is_tls(answer: &Result<u16, FetchFault>) -> bool {
    matches!(answer, Err(FetchFault::Tls { .. }))
}

#[tokio::test]
async fn a_private_authority_is_believed_where_it_is_configured_and_nobody_else_is() {
    let (port, clock) = (server().await, Clock::system());
    let issuer = format!("https://localhost:{port}");
    let of_system = fetcher(&issuer, "clock_leeway: 60s", &clock);
    assert!(is_tls(&ask(&of_system, port).await), "the system does not know it");
    let path = file("believed", AUTHORITY);
    let private = fetcher(&issuer, &format!("ca_file: {}", path.display()), &clock);
    assert_eq!(ask(&private, port).await, Ok(200));
    let path = file("stranger", STRANGER);
    let of_stranger = fetcher(&issuer, &format!("ca_file: {}", path.display()), &clock);
    assert!(is_tls(&ask(&of_stranger, port).await));
}

#[tokio::test]
async fn the_file_is_read_again_when_it_changes_and_a_broken_one_changes_nothing() {
    logs::keep();
    let (port, clock) = (server().await, Clock::system());
    let path = file("read_again", STRANGER);
    let line = format!("ca_file: {}", path.display());
    let fetcher = fetcher(&format!("https://localhost:{port}"), &line, &clock);
    assert!(is_tls(&ask(&fetcher, port).await));

    fs::write(&path, AUTHORITY).unwrap();
    clock.shift(4);
    assert!(is_tls(&ask(&fetcher, port).await), "it is not looked at for each call");
    clock.shift(7);
    assert_eq!(ask(&fetcher, port).await, Ok(200));

    let told = || logs::lines_with(&["ca_file_unusable", &path.display().to_string()]).len();
    for (broken, so_far) in [(&b"half a certi"[..], 1), (b"half a certi", 1), (b"", 2)] {
        fs::write(&path, broken).unwrap();
        clock.shift(11);
        assert_eq!(ask(&fetcher, port).await, Ok(200), "what was believed before still is");
        assert_eq!(told(), so_far, "told once for each content");
    }
    fs::remove_file(&path).unwrap();
    clock.shift(11);
    assert_eq!(ask(&fetcher, port).await, Ok(200));
    assert_eq!(told(), 3);

    fs::write(&path, STRANGER).unwrap();
    clock.shift(11);
    assert!(is_tls(&ask(&fetcher, port).await), "no connection of an authority that was taken out goes on");
}

/// A token endpoint is often elsewhere than the issuer, and so is what stands behind `backchannel_url`.
#[tokio::test]
async fn who_cannot_be_reached_is_named_where_it_is_not_the_issuer() {
    let (port, clock) = (server().await, Clock::system());
    for (issuer, named) in
        [("http://localhost:1".to_owned(), true), (format!("https://localhost:{port}"), false)]
    {
        let fault = ask(&fetcher(&issuer, "clock_leeway: 60s", &clock), port).await.unwrap_err();
        let ends = fault.to_string().ends_with(&format!(", at https://localhost:{port}"));
        assert_eq!(ends, named, "{fault}");
    }
}
