//! HTTP/1.1 as bytes on a socket: one request, one connection, one answer. By hand, so that a test can send what no client
//! library would, and see an answer's head exactly as it came.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

/// A request, header lines in the order and spelling in which they are sent.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) method: String,
    pub(crate) target: Vec<u8>,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
}

impl Ask {
    pub(crate) fn new(method: &str, target: impl Into<Vec<u8>>) -> Self {
        Self { method: method.to_owned(), target: target.into(), headers: Vec::new(), body: Vec::new() }
    }

    /// Adds a header line.
    pub(crate) fn with(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    /// Drops every line of that name and adds one.
    pub(crate) fn having(self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.without(name).with(name, value)
    }

    /// Drops every line of that name.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(have, _)| !have.eq_ignore_ascii_case(name));
        self
    }

    /// Sends a form.
    pub(crate) fn form(self, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        let mut ask = self.having("Content-Type", "application/x-www-form-urlencoded");
        ask.body = body;
        ask
    }

    /// The first line of that name.
    pub(crate) fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers
            .iter()
            .find(|(have, _)| have.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_slice())
    }

    /// As sent; `Content-Length` is added where there is a body and the test gave none.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = format!("{} ", self.method).into_bytes();
        bytes.extend_from_slice(&self.target);
        bytes.extend_from_slice(b" HTTP/1.1\r\n");
        for (name, value) in &self.headers {
            bytes.extend_from_slice(name.as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value);
            bytes.extend_from_slice(b"\r\n");
        }
        if !self.body.is_empty() && self.header("Content-Length").is_none() {
            bytes.extend_from_slice(format!("Content-Length: {}\r\n", self.body.len()).as_bytes());
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Status line and header lines with their line ends: what a proxy must hold in one buffer.
    pub(crate) head: Vec<u8>,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The values of that header, one a line.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.headers
            .iter()
            .filter(|(have, _)| have.eq_ignore_ascii_case(name))
            .map(|(_, value)| std::str::from_utf8(value).expect("our header values are ASCII"))
            .collect()
    }

    /// The value of a header that is there at most once.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let all = self.all(name);
        assert!(all.len() <= 1, "{name} is there {} times in {}", all.len(), self.show());
        all.first().copied()
    }

    /// The refusal code that the answer carries, `-` if it carries none.
    pub(crate) fn refusal(&self) -> &str {
        self.header("Vestibule-Refusal").unwrap_or("-")
    }

    pub(crate) fn location(&self) -> &str {
        self.header("Location").unwrap_or_else(|| panic!("no Location in {}", self.show()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|fault| panic!("{fault} in {}", self.show()))
    }

    /// For messages of failed tests.
    pub(crate) fn show(&self) -> String {
        format!(
            "{}{}",
            String::from_utf8_lossy(&self.head),
            self.text().chars().take(800).collect::<String>()
        )
    }

    /// Asserts status and refusal code at once, so that a test cannot pass for the wrong reason.
    #[track_caller]
    pub(crate) fn assert_refused(&self, status: u16, code: &str, case: &str) {
        assert_eq!((self.status, self.refusal()), (status, code), "{case}: {}", self.show());
    }

    /// Asserts what holds for every answer of vestibule's public listener.
    #[track_caller]
    pub(crate) fn assert_ours(&self) {
        let show = || self.show();
        assert!(
            self.head.len() <= 4096,
            "{} bytes of head are beyond nginx's default: {}",
            self.head.len(),
            show()
        );
        assert_eq!(self.header("Cache-Control"), Some("no-store"), "{}", show());
        assert!(![301, 307, 308].contains(&self.status), "{}", show());
        for location in self.all("Location") {
            assert!(
                location.starts_with("https://") || location.starts_with("http://"),
                "not absolute: {}",
                show()
            );
        }
        for (name, _) in &self.headers {
            let name = name.to_ascii_lowercase();
            assert!(name != "server", "{name}: {}", show());
        }
        self.assert_readable_only_by_those_named();
        if self.status >= 400 {
            assert!(self.header("Vestibule-Refusal").is_some(), "{}", show());
            assert!(self.header("Vestibule-Request-Id").is_some(), "{}", show());
            assert!(self.all("Set-Cookie").is_empty(), "a refusal sets no cookie: {}", show());
        }
        if self.header("Content-Type").is_some() {
            assert_eq!(self.header("X-Content-Type-Options"), Some("nosniff"), "{}", show());
        }
        if self.header("Content-Type").is_some_and(|media| media.starts_with("text/html")) {
            let policy = self.header("Content-Security-Policy").unwrap_or_else(|| panic!("{}", show()));
            // Only what asks for a sign-in inside of a page of ours may stand in one.
            let framed = self.header("X-Frame-Options") == Some("SAMEORIGIN");
            let frames = if framed { "frame-ancestors 'self'" } else { "frame-ancestors 'none'" };
            for part in ["default-src 'none'", frames, "base-uri 'none'"] {
                assert!(policy.contains(part), "{part}: {}", show());
            }
            assert!(!framed || self.status == 401, "{}", show());
            assert!(self.header("Content-Language").is_some(), "{}", show());
            assert_eq!(self.header("Vary"), Some("Accept-Language"), "{}", show());
            let is_script_known =
                policy.contains("; script-src 'sha256-") && self.text().matches("<script>").count() == 1;
            assert!(!policy.contains("unsafe"), "{}", show());
            assert!(!self.text().contains("<script") || is_script_known, "{}", show());
            assert!(framed || self.header("X-Frame-Options") == Some("DENY"), "{}", show());
            assert_eq!(self.header("Cross-Origin-Opener-Policy"), Some("same-origin"), "{}", show());
        }
        if self.status != 200 || self.header("Content-Type").is_some() {
            assert!(self.header("Referrer-Policy").is_some(), "{}", show());
        }
    }

    /// Only refusals and JSON of ours may be read by pages of other origins: never a page, a redirect, or what a proxy takes for a yes.
    #[track_caller]
    fn assert_readable_only_by_those_named(&self) {
        let said = |(name, _): &(String, Vec<u8>)| name.to_ascii_lowercase().starts_with("access-control-");
        if !self.headers.iter().any(said) {
            return;
        }
        let origin = self.header("Access-Control-Allow-Origin").unwrap_or_else(|| panic!("{}", self.show()));
        assert!(origin.starts_with("http") && !origin.contains('*'), "{}", self.show());
        assert_eq!(self.header("Vary"), Some("Origin"), "{}", self.show());
        assert!(self.all("Location").is_empty(), "{}", self.show());
        let media = self.header("Content-Type").unwrap_or_default();
        assert!(!media.starts_with("text/html"), "{}", self.show());
        assert!(self.status != 200 || media == "application/json", "{}", self.show());
    }

    /// Asserts that it is a page of ours that a person can do something with.
    #[track_caller]
    pub(crate) fn assert_page(&self, name: &str) {
        assert_eq!(self.header("Content-Type"), Some("text/html; charset=utf-8"), "{name}: {}", self.show());
        assert_eq!(self.header("Referrer-Policy"), Some("no-referrer"), "{name}");
        assert!(
            self.header("Vestibule-Request-Id").is_some_and(|id| self.text().contains(id)),
            "{name}: {}",
            self.show()
        );
        assert!(self.all("Location").is_empty(), "{name}: a page, never a new login by itself");
    }

    /// Asserts that the caller may go through.
    #[track_caller]
    pub(crate) fn assert_allowed(&self, case: &str) {
        assert_eq!(self.status, 200, "{case}: {}", self.show());
    }
}

/// Sends a request on a connection of its own and reads the answer.
///
/// # Panics
/// If the peer closes before a whole answer, or nothing comes for [`PATIENCE`].
pub(crate) async fn send(to: SocketAddr, ask: &Ask) -> Answer {
    let bytes = ask.clone().with("Connection", "close").bytes();
    exchange(to, &bytes).await.unwrap_or_else(|| panic!("no answer to {} {}", ask.method, lossy(&ask.target)))
}

/// Sends bytes as they are and reads one answer; none if the peer closed without one.
pub(crate) async fn exchange(to: SocketAddr, bytes: &[u8]) -> Option<Answer> {
    let mut connection = Connection::open(to).await;
    connection.write(bytes).await;
    connection.answer(bytes.starts_with(b"HEAD ")).await
}

/// A connection that a test holds on to.
pub(crate) struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(to: SocketAddr) -> Self {
        let stream =
            within("connecting", TcpStream::connect(to)).await.expect("the server accepts connections");
        Self { stream, read: Vec::new() }
    }

    /// From that address of this machine.
    pub(crate) async fn open_from(from: IpAddr, to: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((from, 0).into()).unwrap();
        let stream = within("connecting", socket.connect(to)).await.expect("the server accepts connections");
        Self { stream, read: Vec::new() }
    }

    /// Writes; a peer that closed already is no fault here, since its answer may still be read.
    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        let _ = within("writing", self.stream.write_all(bytes)).await;
    }

    /// Writes and says whether the peer still took it.
    pub(crate) async fn try_write(&mut self, bytes: &[u8]) -> bool {
        within("writing", self.stream.write_all(bytes)).await.is_ok()
    }

    /// Reads the next answer; none if the peer closed before its head was whole.
    pub(crate) async fn answer(&mut self, to_head: bool) -> Option<Answer> {
        let end = loop {
            if let Some(end) = find(&self.read, b"\r\n\r\n") {
                break end + 4;
            }
            if self.more().await == 0 {
                return None;
            }
        };
        let head: Vec<u8> = self.read.drain(..end).collect();
        let mut lines =
            head.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        let status = lossy(lines.next().unwrap());
        let status =
            status.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or_else(|| panic!("{status}"));
        let headers = lines
            .filter(|line| !line.is_empty())
            .map(|line| {
                let colon = line.iter().position(|byte| *byte == b':').expect("a header line has a colon");
                (lossy(&line[..colon]), line[colon + 1..].trim_ascii().to_vec())
            })
            .collect();
        let mut answer = Answer { status, head, headers, body: Vec::new() };
        if !to_head && status != 204 && status != 304 {
            answer.body = self.body(&answer).await;
        }
        Some(answer)
    }

    /// Whether the peer has closed, once everything it had to say was read.
    pub(crate) async fn closed(&mut self) -> bool {
        self.read.clear();
        self.more().await == 0
    }

    async fn body(&mut self, answer: &Answer) -> Vec<u8> {
        if let Some(length) = answer.header("Content-Length") {
            let length: usize = length.parse().unwrap();
            return self.take(length).await;
        }
        if answer.header("Transfer-Encoding").is_none() {
            while self.more().await != 0 {}
            return std::mem::take(&mut self.read);
        }
        let mut body = Vec::new();
        loop {
            let line = loop {
                if let Some(end) = find(&self.read, b"\r\n") {
                    break self.take(end + 2).await;
                }
                assert_ne!(self.more().await, 0, "closed within a chunk");
            };
            let size = usize::from_str_radix(lossy(&line).trim(), 16).unwrap();
            let chunk = self.take(size + 2).await;
            if size == 0 {
                return body;
            }
            body.extend_from_slice(&chunk[..size]);
        }
    }

    async fn take(&mut self, length: usize) -> Vec<u8> {
        while self.read.len() < length {
            assert_ne!(self.more().await, 0, "closed before the whole body came");
        }
        self.read.drain(..length).collect()
    }

    /// Reads what there is; 0 once the peer closed, in order or by reset.
    async fn more(&mut self) -> usize {
        let mut buffer = [0; 16 * 1024];
        let count = within("reading", self.stream.read(&mut buffer)).await.unwrap_or(0);
        self.read.extend_from_slice(&buffer[..count]);
        count
    }
}

/// Waits, but not for ever: a test that hangs must say where.
pub(crate) async fn within<F: Future>(what: &str, future: F) -> F::Output {
    match tokio::time::timeout(PATIENCE, future).await {
        Ok(output) => output,
        Err(_) => panic!("{what}: nothing happened for {PATIENCE:?}"),
    }
}

pub(crate) fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

/// Far beyond every deadline of the program, so that a busy machine breaks no test.
const PATIENCE: Duration = Duration::from_secs(120);
