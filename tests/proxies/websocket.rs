//! Just enough of RFC 6455 to open a WebSocket through a proxy and to hear an echo.

use std::io::{BufReader, Read, Write};

use crate::http::{Answer, Request};

/// Opens a WebSocket with those cookies, sends a text and returns what comes back; the refusing answer where it is not opened.
pub(crate) fn echo(host: &str, port: u16, cookies: &str, text: &str) -> Result<String, Answer> {
    let mut request = Request::get("/socket?x=1")
        .header("Upgrade", "websocket")
        .header("Connection", "Upgrade")
        .header("Sec-WebSocket-Version", "13")
        .header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
        .header("Origin", &format!("http://{host}"))
        .header("Sec-Fetch-Mode", "websocket")
        .header("Sec-Fetch-Dest", "websocket");
    if !cookies.is_empty() {
        request = request.header("Cookie", cookies);
    }
    let mut stream = request.open(host, port, "Upgrade").unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let answer = Answer::read(&mut reader, "GET").unwrap();
    if answer.status != 101 {
        return Err(answer);
    }
    // The accept value of the sample key in RFC 6455 section 1.3.
    assert_eq!(answer.header("sec-websocket-accept"), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    // A final text frame, masked with zeros: section 5.2.
    let mut frame = vec![0x81, 0x80 | u8::try_from(text.len()).unwrap(), 0, 0, 0, 0];
    frame.extend_from_slice(text.as_bytes());
    stream.write_all(&frame).unwrap();
    let mut head = [0; 2];
    reader.read_exact(&mut head).unwrap();
    assert_eq!(head[0], 0x81, "no text frame came back");
    let mut payload = vec![0; usize::from(head[1])];
    reader.read_exact(&mut payload).unwrap();
    Ok(String::from_utf8(payload).unwrap())
}
