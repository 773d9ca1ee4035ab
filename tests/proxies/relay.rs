//! A relay between a proxy and vestibule that counts connections.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::process::loopback;

/// A listening relay. Its threads end with their connections, and the listening one with the test binary.
pub(crate) struct Relay {
    pub(crate) port: u16,
    connections: Arc<AtomicUsize>,
    answers: Arc<AtomicUsize>,
}

impl Relay {
    /// Listens on a port of the system's choice and hands everything on to that port.
    pub(crate) fn to(port: u16) -> Self {
        let listener = TcpListener::bind(loopback(0)).unwrap();
        let relay = Self {
            port: listener.local_addr().unwrap().port(),
            connections: Arc::default(),
            answers: Arc::default(),
        };
        let (connections, answers) = (Arc::clone(&relay.connections), Arc::clone(&relay.answers));
        std::thread::spawn(move || {
            for near in listener.incoming().flatten() {
                // A sidecar that is down is seen by the proxy as a connection that closes at once.
                let Ok(far) = TcpStream::connect(loopback(port)) else { continue };
                connections.fetch_add(1, Ordering::Relaxed);
                let (near_again, far_again) = (near.try_clone().unwrap(), far.try_clone().unwrap());
                std::thread::spawn(move || copy(near, far, None));
                let answers = Arc::clone(&answers);
                std::thread::spawn(move || copy(far_again, near_again, Some(&answers)));
            }
        });
        relay
    }

    /// Connections since the start.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// Pieces that came back since the start: at least one an answer, for an answer without a body is one write.
    pub(crate) fn answers(&self) -> usize {
        self.answers.load(Ordering::Relaxed)
    }
}

fn copy(mut from: TcpStream, mut to: TcpStream, count: Option<&AtomicUsize>) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(size @ 1..) = from.read(&mut buffer) {
        if let Some(count) = count {
            count.fetch_add(1, Ordering::Relaxed);
        }
        if to.write_all(&buffer[..size]).is_err() {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Read);
    let _ = to.shutdown(Shutdown::Write);
}
