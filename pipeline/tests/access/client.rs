//! A client that shows who it is, and sees all that is answered.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};

use serde_json::Value;

use crate::service::PATIENCE;

/// What is answered.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| {
            panic!("{error}: {} {}", self.status, String::from_utf8_lossy(&self.body))
        })
    }
}

/// The head of a request; its connection ends with its answer.
pub(crate) fn head(method: &str, path: &str, token: Option<&str>, more: &str) -> String {
    let token = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    format!("{method} {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n{token}{more}\r\n")
}

pub(crate) fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// Asks over a connection; of a feed only the head of the answer is read.
pub(crate) fn over<S: Read + Write>(stream: &mut S, head: &str, body: &[u8]) -> io::Result<Reply> {
    stream.write_all(head.as_bytes())?;
    // Who is refused need not take all of it.
    let _ = stream.write_all(body);
    read(stream)
}

/// Reads an answer.
pub(crate) fn read<S: Read>(stream: &mut S) -> io::Result<Reply> {
    let (mut bytes, mut some) = (Vec::new(), vec![0; 1 << 16]);
    loop {
        if let Some(reply) = parsed(&bytes)
            && (reply.headers.get("content-type").is_some_and(|of| of.starts_with("text/event-stream"))
                || reply.headers.get("content-length").is_some_and(|of| of.parse() == Ok(reply.body.len())))
        {
            return Ok(reply);
        }
        let got = match stream.read(&mut some) {
            Ok(0) => return parsed(&bytes).ok_or_else(|| io::ErrorKind::UnexpectedEof.into()),
            Ok(got) => got,
            // It was closed before all was read that was sent; what was answered is there.
            Err(error) => return parsed(&bytes).ok_or(error),
        };
        bytes.extend_from_slice(&some[..got]);
    }
}

fn parsed(bytes: &[u8]) -> Option<Reply> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let text = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = text.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let header = |line: &str| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_ascii_lowercase(), value.trim().to_owned()))
    };
    Some(Reply { status, headers: lines.filter_map(header).collect(), body: bytes[end + 4..].to_vec() })
}

/// Asks a service.
pub(crate) fn ask(
    at: SocketAddr,
    method: &str,
    path: &str,
    token: Option<&str>,
    body: &[u8],
) -> io::Result<Reply> {
    let length = if body.is_empty() && method == "GET" {
        String::new()
    } else {
        format!("Content-Length: {}\r\n", body.len())
    };
    over(&mut connect(at)?, &head(method, path, token, &length), body)
}

/// Gets something.
pub(crate) fn get(at: SocketAddr, path: &str, token: Option<&str>) -> Reply {
    ask(at, "GET", path, token, b"").unwrap()
}

/// The text of a feed from an event on, until it holds this many events, or nothing came for a while.
pub(crate) fn feed(at: SocketAddr, after: u64, token: Option<&str>, until: impl Fn(&str) -> bool) -> String {
    let mut stream = connect(at).unwrap();
    let token = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    let head = format!("GET /v1/feed HTTP/1.0\r\nHost: test\r\n{token}Last-Event-ID: {after}\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let (mut text, mut some) = (Vec::new(), vec![0; 1 << 16]);
    loop {
        let so_far = String::from_utf8_lossy(&text).into_owned();
        if until(&so_far) {
            return so_far;
        }
        let got = stream.read(&mut some).unwrap();
        assert!(got > 0, "the feed ends: {so_far}");
        text.extend_from_slice(&some[..got]);
    }
}

/// The whole events of a feed's text.
pub(crate) fn events(text: &str) -> Vec<(u64, Value)> {
    let whole = text.rfind("\n\n").map_or("", |end| &text[..end]);
    let event = |block: &str| {
        let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name));
        Some((field("id: ")?.parse().ok()?, serde_json::from_str(field("data: ")?).unwrap()))
    };
    whole.split("\n\n").filter_map(event).collect()
}
