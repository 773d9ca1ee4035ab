//! `vestibule health`: for a container that has no curl.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use super::{EXIT_CONFIG, complain};

/// Asks `/live` of the admin listener that the configuration names. Exit code 0 if it answers 200, else 1.
pub(super) fn run(file: &Path) -> ExitCode {
    let (config, _) = match crate::config::load(file) {
        Ok(loaded) => loaded,
        Err(problems) => {
            complain(&problems);
            return ExitCode::from(EXIT_CONFIG);
        }
    };
    match ask(reachable(config.server.admin_listen)) {
        Ok(status) if status.contains(" 200 ") => ExitCode::SUCCESS,
        Ok(status) => {
            complain(&format_args!("vestibule: /live answered {status:?}"));
            ExitCode::FAILURE
        }
        Err(error) => {
            complain(&format_args!("vestibule: {} did not answer: {error}", config.server.admin_listen));
            ExitCode::FAILURE
        }
    }
}

fn ask(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(b"GET /live HTTP/1.1\r\nHost: vestibule\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.take(MAX_ANSWER).read_to_string(&mut answer)?;
    Ok(answer.lines().next().unwrap_or_default().to_owned())
}

/// A listener on every interface is asked on loopback.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

/// How long each of connecting, asking and being answered may take.
const PATIENCE: Duration = Duration::from_secs(2);
/// Bytes of the answer that are looked at.
const MAX_ANSWER: u64 = 4096;
