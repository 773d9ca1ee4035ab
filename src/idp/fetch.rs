//! The one way out: a request to a provider, with deadlines, a size limit, no redirects and no proxy from the environment.

use std::error::Error as _;
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::sync::Semaphore;
use url::Origin;

use super::addresses::{Addresses, PrivateAddress, Resolver};
use super::ca_file::Watch;
use crate::clock::Clock;
use crate::config::ProviderSettings;
use crate::protocol::authorities::Authorities;
use crate::protocol::issuer::Issuer;
use crate::protocol::tls_identity::TlsIdentity;

/// Sends requests to one provider: it shares neither connections nor limits with others, so that a provider that hangs hinders
/// nobody else's.
#[derive(Debug)]
pub struct Fetcher {
    client: RwLock<reqwest::Client>,
    addresses: Arc<Addresses>,
    /// The file of a private authority, where there is one.
    ca_file: Option<Watch>,
    /// Who the client is on a connection, if it proves itself there.
    identity: Option<TlsIdentity>,
    /// Where it says that it is.
    issuer: Origin,
    pending: Semaphore,
    strangers: Semaphore,
    tokens: Semaphore,
}

/// Why a provider gave no answer. All of it is the provider's or the network's fault and may pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FetchFault {
    /// No secure connection: certificate, name or protocol version. Nothing was sent.
    Tls {
        /// What the TLS library said, and the origin that was asked, if it is not the issuer's.
        why: String,
    },
    /// No connection: name not found, or refused. Nothing was sent.
    Unreachable {
        /// What the network said, and the origin that was asked, if it is not the issuer's.
        why: String,
    },
    /// It is at a private address although the issuer is not. Nothing was sent.
    PrivateAddress,
    /// No complete answer within [`TOTAL_DEADLINE`], or no connection within [`CONNECT_DEADLINE`].
    TimedOut {
        /// The origin that was asked, if it is not the issuer's.
        at: Option<String>,
    },
    /// The connection ended in the middle of an answer, or what came was not HTTP.
    Broken {
        /// What the network said, and the origin that was asked, if it is not the issuer's.
        why: String,
    },
    /// The answer was longer than what this call allows, in bytes.
    TooLarge {
        /// The limit.
        limit: usize,
    },
    /// [`MAX_PENDING`] calls to this provider are under way, or [`MAX_STRANGERS`] of strangers, or [`MAX_TOKENS`] about tokens, and none
    /// ended within [`TOTAL_DEADLINE`].
    TooBusy,
}

impl Fetcher {
    /// A fetcher for the provider that is reached in this way, which shows `identity` to whoever asks for a certificate.
    ///
    /// # Errors
    /// If there is nobody to believe, or the identity cannot be used, as text.
    pub fn new(
        issuer: &Issuer,
        settings: &ProviderSettings,
        identity: Option<&TlsIdentity>,
        clock: &Clock,
    ) -> Result<Self, String> {
        let addresses = Arc::new(Addresses::of(issuer, settings));
        let authorities = settings.ca_file.as_ref().map(|file| &file.authorities);
        Ok(Self {
            client: RwLock::new(client(authorities, identity, &addresses)?),
            addresses,
            issuer: issuer.url().origin(),
            ca_file: settings.ca_file.clone().map(|file| Watch::new(file, clock.clone())),
            identity: identity.cloned(),
            pending: Semaphore::const_new(MAX_PENDING),
            strangers: Semaphore::const_new(MAX_STRANGERS),
            tokens: Semaphore::const_new(MAX_TOKENS),
        })
    }

    /// As [`Fetcher::fetch`], for a call that anybody can cause without an account. Of those at most [`MAX_STRANGERS`] are
    /// under way, so that no flood of them keeps the sessions of people who are signed in from being refreshed.
    ///
    /// # Errors
    /// As [`Fetcher::fetch`].
    pub async fn fetch_for_stranger(
        &self,
        request: http::Request<Vec<u8>>,
        limit: usize,
    ) -> Result<http::Response<Bytes>, FetchFault> {
        self.fetch_after(&[&self.strangers, &self.pending], request, limit).await
    }

    /// As [`Fetcher::fetch_for_stranger`], for a call about an access token that somebody presents. Of those at most [`MAX_TOKENS`] are
    /// under way, so that no flood of tokens keeps people from signing in.
    ///
    /// # Errors
    /// As [`Fetcher::fetch`].
    pub async fn fetch_about_token(
        &self,
        request: http::Request<Vec<u8>>,
        limit: usize,
    ) -> Result<http::Response<Bytes>, FetchFault> {
        self.fetch_after(&[&self.tokens, &self.strangers, &self.pending], request, limit).await
    }

    /// Sends `request` and reads the whole answer, of at most `limit` bytes.
    ///
    /// # Errors
    /// [`FetchFault`]; any status is an answer, redirects included, which are not followed.
    pub async fn fetch(
        &self,
        request: http::Request<Vec<u8>>,
        limit: usize,
    ) -> Result<http::Response<Bytes>, FetchFault> {
        self.fetch_after(&[&self.pending], request, limit).await
    }

    /// Fetches once there is a place in each of these. [`TOTAL_DEADLINE`] is for all of it.
    async fn fetch_after(
        &self,
        places: &[&Semaphore],
        request: http::Request<Vec<u8>>,
        limit: usize,
    ) -> Result<http::Response<Bytes>, FetchFault> {
        let request = reqwest::Request::try_from(request)
            .map_err(|error| FetchFault::Unreachable { why: innermost(&error) })?;
        let origin = request.url().origin();
        let has_places = AtomicBool::new(false);
        let call = async {
            let mut held = Vec::with_capacity(places.len());
            for place in places {
                held.push(place.acquire().await.map_err(|_| FetchFault::TooBusy)?);
            }
            has_places.store(true, Ordering::Relaxed);
            self.exchange(request, limit).await
        };
        let answer = tokio::time::timeout(TOTAL_DEADLINE, call).await.unwrap_or_else(|_| {
            let sent = has_places.load(Ordering::Relaxed);
            Err(if sent { FetchFault::TimedOut { at: None } } else { FetchFault::TooBusy })
        });
        answer.map_err(|fault| if origin == self.issuer { fault } else { fault.at(&origin) })
    }

    async fn exchange(
        &self,
        request: reqwest::Request,
        limit: usize,
    ) -> Result<http::Response<Bytes>, FetchFault> {
        tokio::time::timeout(CONNECT_DEADLINE, self.addresses.judge(request.url()))
            .await
            .map_err(|_| FetchFault::TimedOut { at: None })?
            .map_err(|_| FetchFault::PrivateAddress)?;
        let mut response = self.client().await.execute(request).await.map_err(|error| fault(&error))?;
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| fault(&error))? {
            if body.len() + chunk.len() > limit {
                return Err(FetchFault::TooLarge { limit });
            }
            body.extend_from_slice(&chunk);
        }
        let mut answer = http::Response::new(body.freeze());
        *answer.status_mut() = response.status();
        *answer.headers_mut() = std::mem::take(response.headers_mut());
        Ok(answer)
    }

    /// Connections that were made under an older `ca_file` are not used again.
    async fn client(&self) -> reqwest::Client {
        if let Some(ca_file) = &self.ca_file
            && let Some(authorities) = ca_file.changed().await
        {
            match client(Some(&authorities), self.identity.as_ref(), &self.addresses) {
                Ok(client) => *self.client.write().unwrap_or_else(PoisonError::into_inner) = client,
                Err(why) => {
                    tracing::warn!(
                        code = "ca_file_unusable",
                        fault = "operator",
                        why,
                        "ca_file cannot be used"
                    );
                }
            }
        }
        self.client.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A client that believes these authorities, or those of the system.
fn client(
    authorities: Option<&Authorities>,
    identity: Option<&TlsIdentity>,
    addresses: &Arc<Addresses>,
) -> Result<reqwest::Client, String> {
    let mut builder = reqwest::Client::builder();
    if let Some(authorities) = authorities {
        let certificates = reqwest::Certificate::from_pem_bundle(authorities.pem());
        builder = builder.tls_certs_only(certificates.map_err(|error| innermost(&error))?);
    }
    if let Some(identity) = identity {
        let identity = reqwest::Identity::from_pem(identity.pem().expose().as_bytes())
            .map_err(|error| format!("the client certificate cannot be used: {}", innermost(&error)))?;
        builder = builder.identity(identity);
    }
    builder
        .user_agent(concat!("vestibule/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .dns_resolver(Resolver(Arc::clone(addresses)))
        .connect_timeout(CONNECT_DEADLINE)
        .timeout(TOTAL_DEADLINE)
        .pool_idle_timeout(POOL_IDLE)
        .pool_max_idle_per_host(POOL_SIZE)
        .tcp_nodelay(true)
        .build()
        .map_err(|error| {
            let why = innermost(&error);
            format!("no provider could be believed: {why}. Install ca-certificates, or name a file in SSL_CERT_FILE")
        })
}

impl FetchFault {
    /// The same with the origin that was asked: who sees only the issuer looks in the wrong place.
    fn at(self, origin: &Origin) -> Self {
        let at = origin.ascii_serialization();
        let with = |why: String| format!("{why}, at {at}");
        match self {
            Self::Tls { why } => Self::Tls { why: with(why) },
            Self::Unreachable { why } => Self::Unreachable { why: with(why) },
            Self::Broken { why } => Self::Broken { why: with(why) },
            Self::TimedOut { .. } => Self::TimedOut { at: Some(at) },
            Self::PrivateAddress | Self::TooLarge { .. } | Self::TooBusy => self,
        }
    }
}

impl fmt::Display for FetchFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tls { why } => write!(f, "no secure connection: {why}"),
            Self::Unreachable { why } => write!(f, "no connection: {why}"),
            Self::PrivateAddress => PrivateAddress.fmt(f),
            Self::TimedOut { at } => {
                write!(f, "no complete answer within {} s", TOTAL_DEADLINE.as_secs())?;
                at.iter().try_for_each(|at| write!(f, ", at {at}"))
            }
            Self::Broken { why } => write!(f, "the answer broke off: {why}"),
            Self::TooLarge { limit } => write!(f, "the answer is longer than {limit} bytes"),
            Self::TooBusy => f.write_str("too many calls are already under way"),
        }
    }
}

fn fault(error: &reqwest::Error) -> FetchFault {
    if error.is_timeout() {
        FetchFault::TimedOut { at: None }
    } else if has_cause::<PrivateAddress>(error) {
        FetchFault::PrivateAddress
    } else if let Some(alert) = alert(error) {
        FetchFault::Tls { why: alert.to_owned() }
    } else if is_tls(error) {
        FetchFault::Tls { why: in_words(innermost(error)) }
    } else if error.is_connect() || error.is_builder() {
        FetchFault::Unreachable { why: innermost(error) }
    } else {
        FetchFault::Broken { why: innermost(error) }
    }
}

/// Whether rustls refused the connection: it reports that as an input error of kind `InvalidData`, which comes inside another
/// input error; the chain of sources leaves out what an input error holds.
fn is_tls(error: &reqwest::Error) -> bool {
    fn refused(error: &io::Error) -> bool {
        let held = error.get_ref().and_then(|held| held.downcast_ref::<io::Error>());
        error.kind() == io::ErrorKind::InvalidData || held.is_some_and(refused)
    }
    let mut cause = error.source();
    while let Some(inner) = cause {
        if inner.downcast_ref::<io::Error>().is_some_and(refused) {
            return error.is_connect();
        }
        cause = inner.source();
    }
    false
}

fn has_cause<Cause: std::error::Error + 'static>(error: &reqwest::Error) -> bool {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if inner.is::<Cause>() {
            return true;
        }
        cause = inner.source();
    }
    false
}

/// What the provider says of our certificate. With TLS 1.3 it says so only after the request was sent (RFC 8446 section 4.4.2.4),
/// so that no error of a connection comes of it.
fn alert(error: &reqwest::Error) -> Option<&'static str> {
    let mut cause = error.source();
    let mut last = String::new();
    while let Some(inner) = cause {
        last = inner.to_string();
        cause = inner.source();
    }
    let known = [
        (
            "CertificateRequired",
            "the provider wants a client certificate, and client_certificate_file names none",
        ),
        ("CertificateExpired", "the provider says that the client certificate is expired"),
        ("CertificateRevoked", "the provider says that the client certificate is revoked"),
        ("UnknownCA", "the provider does not know the authority of the client certificate"),
        ("BadCertificate", "the provider does not take the client certificate"),
        ("CertificateUnknown", "the provider does not take the client certificate"),
        ("UnsupportedCertificate", "the provider does not take the client certificate"),
    ];
    let (_, alert) = last.split_once("received fatal alert: ")?;
    known.iter().find(|(theirs, _)| alert.contains(theirs)).map(|(_, ours)| *ours)
}

/// What rustls says, where that is not in the words of an operator.
fn in_words(why: String) -> String {
    let known = [
        ("InvalidContentType", "what answers there does not speak TLS"),
        ("UnknownIssuer", "the authority that issued the certificate is not trusted here"),
        ("CaUsedAsEndEntity", "the certificate is signed by itself and not trusted here"),
    ];
    known.iter().find(|(theirs, _)| why.contains(theirs)).map_or(why, |(_, ours)| (*ours).to_owned())
}

/// The innermost cause: the one that says what happened, and that names no address with a query.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause = error.source();
    let mut text = None;
    while let Some(inner) = cause {
        text = Some(inner.to_string());
        cause = inner.source();
    }
    text.unwrap_or_else(|| "the request could not be sent".to_owned())
}

/// Until a connection stands, TLS included.
pub const CONNECT_DEADLINE: Duration = Duration::from_secs(5);
/// Until the last byte of the answer, counted from when the call was wanted.
pub const TOTAL_DEADLINE: Duration = Duration::from_secs(10);
/// Calls to one provider under way at once; more wait.
pub const MAX_PENDING: usize = 64;
/// Of these, calls that anybody can cause without an account.
pub const MAX_STRANGERS: usize = 48;
/// Of these, calls about access tokens that are presented.
pub const MAX_TOKENS: usize = 32;
/// A connection unused for so long is closed, so that a provider that moved is found at its new address.
const POOL_IDLE: Duration = Duration::from_secs(30);
/// Idle connections kept for each host.
const POOL_SIZE: usize = 8;

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::{Clock, FetchFault, Fetcher, Issuer, MAX_TOKENS, ProviderSettings, TOTAL_DEADLINE};
    use crate::protocol::issuer::HttpIssuer;

    fn fetcher(issuer: &str) -> Fetcher {
        let issuer = Issuer::parse(issuer, HttpIssuer::OnlyLoopback).unwrap();
        Fetcher::new(&issuer, &ProviderSettings::default(), None, &Clock::system()).unwrap()
    }

    /// G-01: through the whole of the client, by an address and by a name.
    #[tokio::test]
    async fn a_public_issuer_makes_nobody_knock_at_a_private_address() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        for host in ["127.0.0.1", "localhost"] {
            let request = http::Request::get(format!("http://{host}:{port}/keys")).body(Vec::new()).unwrap();
            let fault = fetcher("https://192.0.2.1").fetch(request, 1024).await.unwrap_err();
            assert_eq!(fault, FetchFault::PrivateAddress, "{host}");
        }
        let knocked = tokio::select! {
            biased;
            _ = listener.accept() => true,
            () = tokio::task::yield_now() => false,
        };
        assert!(!knocked);
    }

    #[tokio::test]
    async fn a_port_that_speaks_no_tls_is_a_fault_of_tls() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 1024]).await;
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        });
        let request = http::Request::get(format!("https://{address}/")).body(Vec::new()).unwrap();
        let fault = fetcher(&format!("https://{address}")).fetch(request, 1024).await.unwrap_err();
        assert_eq!(fault, FetchFault::Tls { why: "what answers there does not speak TLS".to_owned() });
    }

    /// G-04: whoever waits for a place waits no longer than whoever has one.
    #[tokio::test]
    async fn waiting_for_a_place_counts_for_the_deadline() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let fetcher = fetcher(&issuer);
        let call = || {
            let request = http::Request::get(format!("{issuer}/")).body(Vec::new()).unwrap();
            fetcher.fetch_about_token(request, 1024)
        };
        let began = Clock::system();
        let start = began.instant();
        let calls = (0..3 * MAX_TOKENS).map(|_| call());
        let faults = futures_util::future::join_all(calls).await;
        assert!(
            start.elapsed() < TOTAL_DEADLINE + std::time::Duration::from_secs(3),
            "{:?}",
            start.elapsed()
        );
        let busy = faults.iter().filter(|fault| matches!(fault, Err(FetchFault::TooBusy))).count();
        // Whoever comes after them may get a place in the same moment in which the time is over.
        assert!(busy <= 2 * MAX_TOKENS && faults.iter().all(Result::is_err), "{busy}");
    }
}
