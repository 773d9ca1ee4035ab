//! A process of the stage: started with its log in a file, waited for, ended by its own id.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

/// How long a process may take until it listens.
const START: Duration = Duration::from_secs(30);
/// How long a process may take to end after SIGTERM before it is killed.
const END: Duration = Duration::from_secs(5);
/// How long a line may take until it is in the log.
const LOG: Duration = Duration::from_secs(5);
/// Ports that are given out: below those from which the system takes its own (32768 and above on Linux).
const PORTS: std::ops::Range<u16> = 12_000..32_000;

/// A running process; ended when dropped.
pub(crate) struct Process {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts a command with its output in `folder/name.log`, and waits until it listens on that port.
    pub(crate) fn start(name: &str, command: Command, port: u16, folder: &Path) -> Self {
        Self::start_within(START, name, command, port, folder)
    }

    /// The same for one that takes longer than others.
    pub(crate) fn start_within(
        patience: Duration,
        name: &str,
        mut command: Command,
        port: u16,
        folder: &Path,
    ) -> Self {
        let log = folder.join(format!("{name}.log"));
        // A second start under the same name continues the log: what was written stays to be looked through.
        let file = File::options().create(true).append(true).open(&log).unwrap();
        command.stdin(Stdio::null()).stdout(file.try_clone().unwrap()).stderr(file);
        let child = command.spawn().unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut process = Self { name: name.to_owned(), child, log };
        let deadline = Instant::now() + patience;
        while TcpStream::connect(loopback(port)).is_err() {
            if let Some(status) = process.child.try_wait().unwrap() {
                panic!("{name} ended by itself, {status}:\n{}", process.log_text());
            }
            assert!(
                Instant::now() < deadline,
                "{name} does not listen after {patience:?}:\n{}",
                process.log_text()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        process
    }

    /// Everything that it has logged, and what was logged under its name before it.
    pub(crate) fn log_text(&self) -> String {
        let mut bytes = Vec::new();
        File::open(&self.log).unwrap().read_to_end(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Waits until it has logged that: what is logged about an answer may be written after it.
    pub(crate) fn until_logged(&self, what: &str) {
        let deadline = Instant::now() + LOG;
        while !self.log_text().contains(what) {
            assert!(
                Instant::now() < deadline,
                "{} did not log within {LOG:?}: {what}\n{}",
                self.name,
                self.log_text()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // std can only kill; `kill` of the shell asks first.
        let _ = Command::new("sh").args(["-c", &format!("kill -TERM {}", self.child.id())]).status();
        let deadline = Instant::now() + END;
        while self.child.try_wait().is_ok_and(|status| status.is_none()) {
            if Instant::now() > deadline {
                let _ = writeln!(std::io::stderr(), "{} did not end on SIGTERM within {END:?}", self.name);
                let _ = self.child.kill();
                let _ = self.child.wait();
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// 127.0.0.1 with that port.
pub(crate) fn loopback(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

/// A port that nobody listens on, never the same one twice in this run.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let span = PORTS.end - PORTS.start;
    // Two runs at once begin at different places.
    let first = u16::try_from(std::process::id() * 131 % u32::from(span)).unwrap();
    for _ in 0..span {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = PORTS.start + (first.wrapping_add(step)) % span;
        if TcpListener::bind(loopback(port)).is_ok() {
            return port;
        }
    }
    panic!("no port is free between {} and {}", PORTS.start, PORTS.end);
}
