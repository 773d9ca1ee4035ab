//! Log lines, as JSON or text, on standard error.
//!
//! They are written by a thread of their own behind a bounded queue: when whoever reads them hangs, or the disk is full, lines are
//! lost and counted, and no request waits.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::LevelFilter;

use crate::config::{LogFormat, LogLevel};

/// Keeps the log going; what is still queued is written when it is dropped.
#[derive(Debug)]
pub struct Logging {
    dropped: ErrorCounter,
    unwritten: Arc<AtomicU64>,
    _writer: WorkerGuard,
}

impl Logging {
    /// How many lines were lost so far: nobody read them, or they could not be written.
    pub fn lost(&self) -> u64 {
        self.dropped.dropped_lines() as u64 + self.unwritten.load(Ordering::Relaxed)
    }
}

/// Starts the log of this process on standard error.
///
/// # Errors
/// If it was started already, as text.
pub fn start(format: LogFormat, level: LogLevel) -> Result<Logging, String> {
    let unwritten = Arc::default();
    let (writer, guard) = NonBlockingBuilder::default()
        .buffered_lines_limit(QUEUED_LINES)
        .lossy(true)
        .thread_name("log")
        .finish(Counted { unwritten: Arc::clone(&unwritten) });
    let dropped = writer.error_counter();
    subscribe(writer, format, level)?;
    Ok(Logging { dropped, unwritten, _writer: guard })
}

/// Standard error; what cannot be written is counted. Each call has one line.
struct Counted {
    unwritten: Arc<AtomicU64>,
}

impl Write for Counted {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if io::stderr().write_all(line).is_err() {
            self.unwritten.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn subscribe(writer: NonBlocking, format: LogFormat, level: LogLevel) -> Result<(), String> {
    let builder = tracing_subscriber::fmt()
        .with_writer(writer)
        .with_max_level(match level {
            LogLevel::Error => LevelFilter::ERROR,
            LogLevel::Warn => LevelFilter::WARN,
            LogLevel::Info => LevelFilter::INFO,
            LogLevel::Debug => LevelFilter::DEBUG,
        })
        .with_target(false)
        .with_ansi(false);
    match format {
        LogFormat::Json => builder.json().flatten_event(true).with_current_span(false).try_init(),
        LogFormat::Text => builder.try_init(),
    }
    .map_err(|error| error.to_string())
}

/// Lines that wait to be written; more are lost and counted.
const QUEUED_LINES: usize = 16 * 1024;
