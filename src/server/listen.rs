//! Accepting connections, with limits and deadlines, and letting them go.
//!
//! A connection is closed when a request's head takes longer than [`HEAD_DEADLINE`], when nothing was asked for
//! [`IDLE_DEADLINE`], or when an answer takes longer than [`ANSWER_DEADLINE`]. One timer a connection looks every
//! [`LOOK_EVERY`]; setting a timer for every request would cost 7 % of it (hyper's own header timer does).

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::telemetry::metrics::Metrics;

/// What answers requests. It is asked on the connection's task and may wait.
pub(super) trait Handler: Send + Sync + 'static {
    /// Answers one request of a peer whose address is canonical (never an IPv4 address written as IPv6).
    fn answer(
        self: Arc<Self>,
        request: http::Request<Incoming>,
        peer: SocketAddr,
    ) -> impl Future<Output = http::Response<Full<Bytes>>> + Send;

    /// Whether this peer may have every place. All others together have a quarter, so that nobody who merely reaches the
    /// listener can take the proxy's.
    fn is_trusted(&self, peer: IpAddr) -> bool;
}

/// Opens a listening socket.
///
/// # Errors
/// As the operating system says: the address is taken, not ours, or needs privileges.
pub(super) fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Accepts connections until `stop` turns true; then takes no more, lets requests under way finish and returns when the
/// last connection is gone. The caller decides how long to wait for that.
pub(super) async fn serve(
    listener: TcpListener,
    handler: Arc<impl Handler>,
    places: Arc<Semaphore>,
    metrics: Arc<Metrics>,
    mut stop: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    let strangers = Arc::new(Semaphore::new((places.available_permits() / STRANGERS_PART).max(1)));
    let mut warned: Option<Instant> = None;
    loop {
        while connections.try_join_next().is_some() {}
        let place = match Arc::clone(&places).try_acquire_owned() {
            Ok(place) => place,
            Err(_) => {
                if warned.is_none_or(|at| at.elapsed() >= WARN_EVERY) {
                    warned = Some(Instant::now());
                    tracing::warn!(
                        code = "connections_full",
                        "server.max_connections are open; new ones wait until one closes"
                    );
                }
                tokio::select! {
                    _ = stop.wait_for(|stop| *stop) => break,
                    place = Arc::clone(&places).acquire_owned() => match place {
                        Ok(place) => place,
                        Err(_) => break,
                    },
                }
            }
        };
        let accepted = tokio::select! {
            _ = stop.wait_for(|stop| *stop) => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let peer = SocketAddr::new(peer.ip().to_canonical(), peer.port());
                let among_strangers = match handler.is_trusted(peer.ip()) {
                    true => None,
                    false => match Arc::clone(&strangers).try_acquire_owned() {
                        Ok(place) => Some(place),
                        // Closed at once: to wait would keep the place from those who are trusted.
                        Err(_) => continue,
                    },
                };
                let (handler, metrics, stop) = (Arc::clone(&handler), Arc::clone(&metrics), stop.clone());
                connections.spawn(async move {
                    metrics.connections_opened.inc();
                    metrics.connections.inc();
                    connection(stream, peer, handler, stop).await;
                    metrics.connections.dec();
                    drop((place, among_strangers));
                });
            }
            Err(error) => {
                // Out of descriptors, or the peer was gone before it was accepted. Neither may end or spin the server.
                tracing::warn!(code = "accept_failed", why = %error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    handler: Arc<impl Handler>,
    mut stop: watch::Receiver<bool>,
) {
    // Without it the kernel holds small answers back; if it cannot be set the connection is about to fail anyway.
    let _ = stream.set_nodelay(true);
    let phase = Arc::new(Phase::new());
    let io = Watched { stream: TokioIo::new(stream), phase: Arc::clone(&phase) };
    let service = service_fn({
        let phase = Arc::clone(&phase);
        move |request| {
            let (handler, phase) = (Arc::clone(&handler), Arc::clone(&phase));
            phase.enter(Doing::Answering);
            async move {
                let answer = handler.answer(request, peer).await;
                phase.enter(Doing::Nothing);
                Ok::<_, Infallible>(answer)
            }
        }
    });
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(None)
            .max_buf_size(MAX_HEAD_BYTES)
            .max_headers(MAX_HEADERS)
            .serve_connection(io, service)
    );
    let mut look = pin!(tokio::time::sleep(LOOK_EVERY));
    let mut stopping = false;
    loop {
        tokio::select! {
            // In this order: on a machine that is late, what has come is read before it is found to be late.
            biased;
            // An error is a peer that went away or did not speak HTTP; hyper has answered the latter with 400.
            _ = connection.as_mut() => return,
            () = look.as_mut() => {
                if phase.is_overdue() {
                    return;
                }
                look.as_mut().reset(Instant::now() + LOOK_EVERY);
            }
            _ = stop.wait_for(|stop| *stop), if !stopping => {
                stopping = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

/// What a connection is doing, and since when.
struct Phase {
    opened: Instant,
    /// Milliseconds since `opened` when it began, times four, plus [`Doing`].
    since: AtomicU64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Doing {
    Nothing = 0,
    ReadingHead = 1,
    Answering = 2,
}

impl Phase {
    fn new() -> Self {
        let phase = Self { opened: Instant::now(), since: AtomicU64::new(0) };
        // A connection that never says anything is a head that never comes.
        phase.enter(Doing::ReadingHead);
        phase
    }

    fn now(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX / 4)
    }

    fn enter(&self, doing: Doing) {
        self.since.store((self.now() << 2) | doing as u64, Ordering::Relaxed);
    }

    fn bytes_came(&self) {
        if self.since.load(Ordering::Relaxed) & 3 == Doing::Nothing as u64 {
            self.enter(Doing::ReadingHead);
        }
    }

    fn is_overdue(&self) -> bool {
        let state = self.since.load(Ordering::Relaxed);
        let deadline = match state & 3 {
            1 => HEAD_DEADLINE,
            2 => ANSWER_DEADLINE,
            _ => IDLE_DEADLINE,
        };
        u128::from(self.now().saturating_sub(state >> 2)) >= deadline.as_millis()
    }
}

/// The stream, noting when the first byte of a head comes.
struct Watched {
    stream: TokioIo<TcpStream>,
    phase: Arc<Phase>,
}

impl Read for Watched {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let read = Pin::new(&mut this.stream).poll_read(context, buffer);
        if read.is_ready() {
            this.phase.bytes_came();
        }
        read
    }
}

impl Write for Watched {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(context, buffers)
    }
}

/// From the first byte of a request (or the opening of the connection) to the end of its head.
pub(super) const HEAD_DEADLINE: Duration = Duration::from_secs(5);
/// A connection on which nothing is asked: longer than any proxy keeps one (Caddy: 120 s), so that it is the proxy who closes.
pub(super) const IDLE_DEADLINE: Duration = Duration::from_secs(180);
/// From the end of a head to the answer: more than a callback takes when each of its five calls (metadata, token, keys, keys
/// anew, userinfo) lasts until its deadline of ten seconds. Whoever waits for a place among the calls as well is cut off.
pub(super) const ANSWER_DEADLINE: Duration = Duration::from_secs(60);
/// How often a connection is looked at, and so how late a deadline may be.
const LOOK_EVERY: Duration = Duration::from_secs(4);
/// Bytes of one request's head; more is 431.
const MAX_HEAD_BYTES: usize = 32 * 1024;
/// Header lines of one request; more is 431.
const MAX_HEADERS: usize = 100;
/// The part of all places that peers have together who are no trusted proxies: one in so many.
const STRANGERS_PART: usize = 4;
/// That all places are taken is said at most this often.
const WARN_EVERY: Duration = Duration::from_secs(60);
/// Connections that the kernel holds until they are accepted.
const BACKLOG: u32 = 4096;
/// Before the next connection is accepted after one could not be.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
