//! The one way out: a request to a provider, with deadlines, a size limit, no redirects and no proxy from the environment.

use std::error::Error as _;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::Semaphore;

use crate::protocol::endpoint::is_refused_address;

/// Sends requests to one provider: it shares neither connections nor limits with others, so that a provider that hangs hinders
/// nobody else's.
#[derive(Debug)]
pub struct Fetcher {
    client: reqwest::Client,
    pending: Semaphore,
    strangers: Semaphore,
}

/// Why a provider gave no answer. All of it is the provider's or the network's fault and may pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FetchFault {
    /// No secure connection: certificate, name or protocol version. Nothing was sent.
    Tls {
        /// What the TLS library said.
        why: String,
    },
    /// No connection: name not found, or refused. Nothing was sent.
    Unreachable {
        /// What the network said, without the address.
        why: String,
    },
    /// No complete answer within [`TOTAL_DEADLINE`], or no connection within [`CONNECT_DEADLINE`].
    TimedOut,
    /// The connection ended in the middle of an answer, or what came was not HTTP.
    Broken {
        /// What the network said, without the address.
        why: String,
    },
    /// The answer was longer than what this call allows, in bytes.
    TooLarge {
        /// The limit.
        limit: usize,
    },
    /// [`MAX_PENDING`] calls to this provider are under way, or [`MAX_STRANGERS`] of strangers, and none ended within
    /// [`TOTAL_DEADLINE`].
    TooBusy,
}

impl Fetcher {
    /// A fetcher that trusts the certificate authorities of this system.
    ///
    /// # Errors
    /// If the system has none, as text.
    pub fn new() -> Result<Self, String> {
        let client = reqwest::Client::builder()
            .user_agent(concat!("vestibule/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .dns_resolver(Resolver)
            .connect_timeout(CONNECT_DEADLINE)
            .timeout(TOTAL_DEADLINE)
            .pool_idle_timeout(POOL_IDLE)
            .pool_max_idle_per_host(POOL_SIZE)
            .tcp_nodelay(true)
            .build()
            .map_err(|error| {
                let why = innermost(&error);
                format!("no provider could be believed: {why}. Install ca-certificates, or name a file in SSL_CERT_FILE")
            })?;
        Ok(Self {
            client,
            pending: Semaphore::const_new(MAX_PENDING),
            strangers: Semaphore::const_new(MAX_STRANGERS),
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
        let place = tokio::time::timeout(TOTAL_DEADLINE, self.strangers.acquire()).await;
        let Ok(Ok(_place)) = place else { return Err(FetchFault::TooBusy) };
        self.fetch(request, limit).await
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
        let place = tokio::time::timeout(TOTAL_DEADLINE, self.pending.acquire()).await;
        let Ok(Ok(_place)) = place else { return Err(FetchFault::TooBusy) };
        let request = reqwest::Request::try_from(request)
            .map_err(|error| FetchFault::Unreachable { why: innermost(&error) })?;
        let mut response = self.client.execute(request).await.map_err(|error| fault(&error))?;
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
}

impl fmt::Display for FetchFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tls { why } => write!(f, "no secure connection: {why}"),
            Self::Unreachable { why } => write!(f, "no connection: {why}"),
            Self::TimedOut => write!(f, "no complete answer within {} s", TOTAL_DEADLINE.as_secs()),
            Self::Broken { why } => write!(f, "the answer broke off: {why}"),
            Self::TooLarge { limit } => write!(f, "the answer is longer than {limit} bytes"),
            Self::TooBusy => f.write_str("too many calls are already under way"),
        }
    }
}

fn fault(error: &reqwest::Error) -> FetchFault {
    if error.is_timeout() {
        FetchFault::TimedOut
    } else if is_tls(error) {
        FetchFault::Tls { why: in_words(innermost(error)) }
    } else if error.is_connect() || error.is_builder() {
        FetchFault::Unreachable { why: innermost(error) }
    } else {
        FetchFault::Broken { why: innermost(error) }
    }
}

/// The system's resolver, without the addresses that no provider has. What metadata writes as an address is judged when it is
/// read; this is for names, which may be given another address at any time.
struct Resolver;

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            Ok(Box::new(usable(found)?.into_iter()) as Addrs)
        })
    }
}

fn usable(found: impl Iterator<Item = SocketAddr>) -> io::Result<Vec<SocketAddr>> {
    let usable: Vec<_> = found.filter(|address| !is_refused_address(address.ip())).collect();
    if usable.is_empty() {
        let why = "its name has no address, or only link-local, metadata, multicast and unspecified ones";
        return Err(io::Error::other(why));
    }
    Ok(usable)
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
/// Until the last byte of the answer.
pub const TOTAL_DEADLINE: Duration = Duration::from_secs(10);
/// Calls to one provider under way at once; more wait.
pub const MAX_PENDING: usize = 64;
/// Of these, calls that anybody can cause without an account.
pub const MAX_STRANGERS: usize = 48;
/// A connection unused for so long is closed, so that a provider that moved is found at its new address.
const POOL_IDLE: Duration = Duration::from_secs(30);
/// Idle connections kept for each host.
const POOL_SIZE: usize = 8;

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::{FetchFault, Fetcher, SocketAddr, usable};

    #[test]
    fn a_name_leads_to_no_address_that_a_provider_cannot_have() {
        let of = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<SocketAddr>>();
        let mixed = of(&[
            "169.254.169.254:0",
            "10.0.0.1:0",
            "[fe80::1]:0",
            "[::ffff:169.254.169.254]:0",
            "127.0.0.1:0",
        ]);
        assert_eq!(usable(mixed.into_iter()).unwrap(), of(&["10.0.0.1:0", "127.0.0.1:0"]));
        for texts in [&["169.254.169.254:0"][..], &["[fd00:ec2::254]:0", "0.0.0.0:0"], &[]] {
            assert!(usable(of(texts).into_iter()).is_err(), "{texts:?}");
        }
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
        let fault = Fetcher::new().unwrap().fetch(request, 1024).await.unwrap_err();
        assert_eq!(fault, FetchFault::Tls { why: "what answers there does not speak TLS".to_owned() });
    }
}
