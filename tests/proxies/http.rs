//! HTTP/1.1 as bytes: nothing between the test and the wire tidies a path or a header.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::process::loopback;

/// How long one answer may take.
const ANSWER: Duration = Duration::from_secs(40);

/// One request, exactly as it goes over the wire.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: &'static str,
    /// Path and query, byte for byte.
    pub(crate) target: Vec<u8>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Option<String>,
}

/// One answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Request {
    pub(crate) fn get(target: impl AsRef<[u8]>) -> Self {
        Self { method: "GET", target: target.as_ref().to_vec(), headers: Vec::new(), body: None }
    }

    pub(crate) fn post(target: impl AsRef<[u8]>, body: &str) -> Self {
        let form = Self { method: "POST", body: Some(body.to_owned()), ..Self::get(target) };
        form.header("Content-Type", "application/x-www-form-urlencoded")
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// As a browser asks for a page that a person opens.
    pub(crate) fn navigation(self) -> Self {
        self.header("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
            .header("Sec-Fetch-Mode", "navigate")
            .header("Sec-Fetch-Dest", "document")
            .header("Sec-Fetch-Site", "none")
    }

    /// As a page's script asks.
    pub(crate) fn fetch(self) -> Self {
        self.header("Accept", "application/json")
            .header("Sec-Fetch-Mode", "cors")
            .header("Sec-Fetch-Dest", "empty")
            .header("Sec-Fetch-Site", "same-origin")
    }

    /// Sends it to that port of this machine under that `Host`, on a connection of its own.
    pub(crate) fn send(&self, host: &str, port: u16) -> std::io::Result<Answer> {
        let mut stream = self.open(host, port, "close")?;
        Answer::read(&mut BufReader::new(&mut stream), self.method)
    }

    /// Sends it and returns the connection, for those who read on by themselves.
    pub(crate) fn open(&self, host: &str, port: u16, connection: &str) -> std::io::Result<TcpStream> {
        let mut stream = TcpStream::connect(loopback(port))?;
        stream.set_read_timeout(Some(ANSWER))?;
        stream.set_write_timeout(Some(ANSWER))?;
        let mut head = Vec::new();
        write!(head, "{} ", self.method)?;
        head.extend_from_slice(&self.target);
        write!(head, " HTTP/1.1\r\nHost: {host}\r\n")?;
        // A test that says what Connection is means that and nothing else.
        if !self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("connection")) {
            write!(head, "Connection: {connection}\r\n")?;
        }
        for (name, value) in &self.headers {
            write!(head, "{name}: {value}\r\n")?;
        }
        if let Some(body) = &self.body {
            write!(head, "Content-Length: {}\r\n", body.len())?;
        }
        head.extend_from_slice(b"\r\n");
        head.extend_from_slice(self.body.as_deref().unwrap_or_default().as_bytes());
        stream.write_all(&head)?;
        Ok(stream)
    }
}

impl Answer {
    /// Reads one answer; the body to its announced end, or to the end of the connection.
    pub(crate) fn read(from: &mut impl BufRead, method: &str) -> std::io::Result<Self> {
        let status_line = line(from)?;
        let status = status_line.split(' ').nth(1).and_then(|code| code.parse().ok());
        let status =
            status.ok_or_else(|| std::io::Error::other(format!("no status line: {status_line:?}")))?;
        let mut headers = Vec::new();
        loop {
            let line = line(from)?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').unwrap();
            headers.push((name.to_owned(), value.trim().to_owned()));
        }
        let mut answer = Self { status, headers, body: String::new() };
        if method == "HEAD" || matches!(status, 101 | 204 | 304) {
            return Ok(answer);
        }
        let mut body = Vec::new();
        if answer.header("transfer-encoding").is_some() {
            loop {
                let size = usize::from_str_radix(line(from)?.trim(), 16).map_err(std::io::Error::other)?;
                let mut part = vec![0; size];
                from.read_exact(&mut part)?;
                body.extend_from_slice(&part);
                line(from)?;
                if size == 0 {
                    break;
                }
            }
        } else if let Some(length) = answer.header("content-length") {
            body = vec![0; length.parse().map_err(std::io::Error::other)?];
            from.read_exact(&mut body)?;
        } else {
            from.read_to_end(&mut body)?;
        }
        answer.body = String::from_utf8_lossy(&body).into_owned();
        Ok(answer)
    }

    /// The value of a header; fails when there is more than one.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.all(name);
        let first = values.next();
        assert!(values.next().is_none(), "{name} came twice: {:?}", self.headers);
        first
    }

    /// Every value of a header.
    pub(crate) fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        let name = name.to_owned();
        self.headers
            .iter()
            .filter(move |(given, _)| given.eq_ignore_ascii_case(&name))
            .map(|(_, value)| value.as_str())
    }

    /// Whether the application of the quickstart gave this answer.
    pub(crate) fn is_application(&self) -> bool {
        self.header("x-application").is_some()
    }
}

fn line(from: &mut impl BufRead) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    from.read_until(b'\n', &mut bytes)?;
    if bytes.pop() != Some(b'\n') {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    if bytes.last() == Some(&b'\r') {
        bytes.pop();
    }
    // Bytes outside ASCII are kept one to one: a header is bytes, not text.
    Ok(bytes.into_iter().map(char::from).collect())
}
