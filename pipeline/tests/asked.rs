//! What is asked of a running service: events by a filter, and why an alert stands.

#![expect(clippy::unwrap_used, reason = "where a test cannot go on, it has failed")]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

#[path = "asked/explanation.rs"]
mod explanation;
#[path = "asked/feed.rs"]
mod feed;
#[expect(dead_code, reason = "not all of it is this test's")]
#[path = "support/program.rs"]
mod program;
#[expect(dead_code, reason = "not all of it is this test's")]
#[path = "support/service.rs"]
mod service;

use serde_json::{Value, json};
use service::{PATIENCE, Service, free_port, start};

/// A folder with a service's state.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Place {
        Place { folder: tempfile::tempdir().unwrap() }
    }

    /// A service that takes changes.
    fn serve(&self) -> Service {
        self.serve_with(&[])
    }

    /// The same, with these arguments besides.
    fn serve_with(&self, more: &[&str]) -> Service {
        let (data, log) = (self.folder.path().join("data"), self.folder.path().join("log"));
        let args = [&["--data", data.to_str().unwrap()], more].concat();
        let mut service = start(&args, free_port(), &log, &[]);
        assert!(service.is_ready(), "it ended: {}", std::fs::read_to_string(log).unwrap_or_default());
        service
    }
}

/// Hands in changes; all of them are accepted.
fn take(service: &Service, changes: &[Value]) {
    let body: String = changes.iter().map(|change| format!("{change}\n")).collect();
    let answer = service.post(None, body.as_bytes()).unwrap();
    assert_eq!((answer.status, answer.json()["accepted"].as_u64()), (202, Some(changes.len() as u64)));
}

/// An institution that stands in a division.
fn institution(code: &str, division: &str) -> Value {
    json!({"kind": "institution", "rev": 1, "fixmedins_code": code, "fixmedins_type": "1", "admdvs": division})
}

/// A death, and a visit long after it: an alert of the built-in rules.
fn after_death(nth: u32, institution: &str) -> [Value; 2] {
    let person = format!("PSN{nth:08}");
    let death = json!({"kind": "person_fact", "rev": 1, "fact_id": format!("FACT{nth:08}"), "psn_no": person,
        "fact": "death", "begin": "2025-01-01"});
    let visit = json!({"kind": "visit", "rev": 1, "mdtrt_id": format!("V{nth:08}"), "psn_no": person,
        "fixmedins_code": institution, "med_type": "11", "begntime": "2025-03-01 09:00:00"});
    [death, visit]
}

/// The sale of a pack with this trace code.
fn sale(id: &str, institution: &str, code: &str) -> Value {
    json!({"kind": "dispensing", "rev": 1, "sel_id": id, "move": "sale", "fixmedins_code": institution,
        "med_list_codg": "XA01", "cnt": "1", "sel_time": "2025-03-05 16:40:00", "finl_trns_pric": "38.50",
        "mdtrt_setl_type": "1", "trace_codes": [code]})
}

/// The text of a feed that is asked for like this, until it says enough.
fn feed(service: &Service, query: &str, last_seen: &str, is_enough: impl Fn(&str) -> bool) -> String {
    let mut stream = TcpStream::connect(service.address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let head = format!("GET /v1/feed{query} HTTP/1.0\r\nHost: test\r\nLast-Event-ID: {last_seen}\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let (mut text, mut some) = (Vec::new(), vec![0; 1 << 16]);
    loop {
        let so_far = String::from_utf8_lossy(&text).into_owned();
        let body = so_far.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        if is_enough(body) {
            return body.to_owned();
        }
        let got = stream.read(&mut some).unwrap();
        assert!(got > 0, "the feed ends: {so_far}");
        text.extend_from_slice(&some[..got]);
    }
}
