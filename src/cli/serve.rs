//! `vestibule serve`: reads the configuration, answers until it is told to stop.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use super::{EXIT_CONFIG, complain};
use crate::clock::Clock;
use crate::config::{self, Config, Notice};
use crate::server;
use crate::telemetry::log;

/// Runs the server. Exit code 0 after SIGTERM or SIGINT, 78 if the configuration cannot be used, 1 otherwise.
pub(super) fn run(file: &Path) -> ExitCode {
    let (config, notices) = match config::load(file) {
        Ok(loaded) => loaded,
        Err(problems) => {
            complain(&problems);
            return ExitCode::from(EXIT_CONFIG);
        }
    };
    let logging = match log::start(config.server.log_format, config.server.log_level) {
        Ok(logging) => logging,
        Err(error) => {
            complain(&format_args!("vestibule: the log could not be started: {error}"));
            return ExitCode::FAILURE;
        }
    };
    log_panics();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(code = "start_failed", fault = "operator", why = %error, "no runtime could be made");
            return ExitCode::FAILURE;
        }
    };
    let outcome = runtime.block_on(serve(config, file, &notices, &logging));
    runtime.shutdown_background();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(code = "start_failed", fault = "operator", why = %error, "vestibule could not start");
            complain(&format_args!("vestibule: {error}"));
            ExitCode::FAILURE
        }
    }
}

async fn serve(
    config: Config,
    file: &Path,
    notices: &[Notice],
    logging: &log::Logging,
) -> std::io::Result<()> {
    for notice in notices {
        tracing::warn!(code = "configuration_notice", fault = "operator", "{notice}");
    }
    if config.server.keys.is_empty() {
        tracing::info!(
            code = "random_key",
            "server.key_files names none, so a key was made: logins under way do not survive a restart, and another replica \
             cannot finish them"
        );
    }
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let clients = config.clients.len();
    let running = server::start(config, Clock::system()).await?;
    tracing::info!(
        code = "started", listen = %running.address, admin_listen = %running.admin_address, clients,
        "vestibule {} answers", env!("CARGO_PKG_VERSION")
    );
    loop {
        tokio::select! {
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            _ = hang_up.recv() => read_keys_again(&running, file).await,
            () = tokio::time::sleep(LOST_LINES_EVERY) => {
                running.metrics.log_lines_lost.set(logging.lost());
            }
        }
    }
    tracing::info!(code = "stopping", "told to stop: no new connections, requests under way finish");
    if running.stop().await {
        tracing::info!(code = "stopped", "all requests finished");
    } else {
        tracing::warn!(
            code = "stopped",
            "server.shutdown_grace is over; what was still under way is cut off"
        );
    }
    Ok(())
}

/// Takes the keys that `server.key_files` names by now. The other settings hold from the next start; what is wrong with any of them keeps
/// the keys that are in force.
async fn read_keys_again(running: &server::Running, file: &Path) {
    let path = file.to_owned();
    let loaded = tokio::task::spawn_blocking(move || config::load(&path)).await;
    match loaded {
        Ok(Ok((config, _))) if config.server.keys.is_empty() => tracing::warn!(
            code = "keys_kept",
            fault = "operator",
            remedy = "Write server.key_files, and send SIGHUP again.",
            "server.key_files names none, so the keys in force stay"
        ),
        Ok(Ok((config, _))) => {
            let ids = running.take_keys(&config.server.keys);
            tracing::info!(
                code = "keys_taken",
                seals = ids.first(),
                opens = ids.join(" "),
                "the keys of server.key_files are in force; other settings hold from the next start"
            );
        }
        Ok(Err(problems)) => tracing::error!(
            code = "keys_kept", fault = "operator", why = %problems, remedy = "Mend it, and send SIGHUP again.",
            "the configuration cannot be used as it is, so the keys in force stay"
        ),
        Err(_) => tracing::error!(
            code = "keys_kept",
            fault = "us",
            remedy = "Send SIGHUP again.",
            "the configuration could not be read"
        ),
    }
}

/// A panic is one log line with its place and without its message, which could hold what is secret.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(
            code = "internal_fault",
            fault = "us",
            place,
            "a mistake in vestibule; please report it"
        );
    }));
}

/// How often the count of lost log lines is brought to the metrics.
const LOST_LINES_EVERY: Duration = Duration::from_secs(5);
