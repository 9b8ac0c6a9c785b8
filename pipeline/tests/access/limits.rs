//! How much is taken of anybody: bodies, heads, patience, connections, requests and readers.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::client::{Reply, ask, connect, get, head, over, read};
use crate::place::{Place, known};

/// What tests bear.
const LIMITS: &str = "[limits]\nhead_bytes = 8192\nhead_seconds = 3\nchanges_bytes = 4000\nbank_bytes = 200000\n\
    body_seconds = 1\npage = 50\nconnections = 6\nrequests_per_principal = 2\nfeed_readers = 1\n";

/// Waits until the other end closes; says how long that took.
fn closed_after(stream: &mut TcpStream) -> Duration {
    let (begun, mut some) = (Instant::now(), [0; 4096]);
    while stream.read(&mut some).is_ok_and(|got| got > 0) {}
    begun.elapsed()
}

fn is_problem(reply: &Reply, status: u16, code: &str) {
    assert_eq!(reply.status, status, "{reply:?}");
    assert_eq!(reply.json()["code"], code, "{reply:?}");
}

#[test]
fn bodies_and_heads_are_bounded_in_length_and_time() {
    let place = Place::new();
    let sender = known("sender", &["sender"], &[]);
    let operator = known("operator", &["operator"], &[]);
    let service = place.serve(LIMITS, &[sender.clone(), operator.clone()]);
    let (at, token) = (service.address, Some(sender.token.as_str()));
    let post = |more: &str| head("POST", "/v1/changes", token, more);
    // Too long, and said so.
    is_problem(&ask(at, "POST", "/v1/changes", token, &[b' '; 4_001]).unwrap(), 413, "too_large");
    assert_eq!(ask(at, "POST", "/v1/changes", token, &[b' '; 4_000]).unwrap().status, 202);
    // Too long, in parts.
    let part = format!("3e8\r\n{}\r\n", " ".repeat(1_000));
    let parts = part.repeat(5) + "0\r\n\r\n";
    let reply = over(&mut connect(at).unwrap(), &post("Transfer-Encoding: chunked\r\n"), parts.as_bytes());
    is_problem(&reply.unwrap(), 413, "too_large");
    // A body of which a byte comes now and then.
    let mut stream = connect(at).unwrap();
    stream.write_all(post("Content-Length: 3000\r\n").as_bytes()).unwrap();
    let mut drips = stream.try_clone().unwrap();
    let dripping = std::thread::spawn(move || {
        for _ in 0..100 {
            std::thread::sleep(Duration::from_millis(100));
            if drips.write_all(b" ").is_err() {
                return;
            }
        }
    });
    let begun = Instant::now();
    is_problem(&read(&mut stream).unwrap(), 408, "stalled");
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    drop(stream);
    dripping.join().unwrap();
    // A head that does not come to its end, one byte at a time.
    let mut stream = connect(at).unwrap();
    let mut drips = stream.try_clone().unwrap();
    let slow = post("X-Slow: yes\r\n");
    let dripping = std::thread::spawn(move || {
        for byte in slow.bytes().cycle().take(200) {
            std::thread::sleep(Duration::from_millis(100));
            if drips.write_all(&[byte]).is_err() {
                return;
            }
        }
    });
    let took = closed_after(&mut stream);
    assert!((1..6).contains(&took.as_secs()), "{took:?}");
    dripping.join().unwrap();
    // A head that is too long.
    let long = head("GET", "/metrics", token, &format!("X-Long: {}\r\n", "x".repeat(20_000)));
    assert_eq!(over(&mut connect(at).unwrap(), &long, b"").unwrap().status, 431);
    // A page that is too long.
    let rejected = |limit: u32| get(at, &format!("/v1/rejected?limit={limit}"), Some(&operator.token)).status;
    assert_eq!((rejected(50), rejected(51)), (200, 400));
}

#[test]
fn each_sort_of_body_has_its_own_length() {
    let place = Place::new();
    let who = known("everything", &["head", "rule_owner", "operator"], &[]);
    let service = place.serve(LIMITS, std::slice::from_ref(&who));
    let (at, token) = (service.address, Some(who.token.as_str()));
    let post = |path: &str, body: &[u8]| ask(at, "POST", path, token, body).unwrap();
    // A bank may be longer than any other body, and is read to its end: there is nothing in it.
    let padded = |length: usize| format!("{{\"by\":\"Wang\"{}}}", " ".repeat(length - 13)).into_bytes();
    let answer = post("/v1/bank/candidate", &padded(200_000));
    is_problem(&answer, 400, "bad_request");
    assert!(answer.json()["detail"].as_str().unwrap().starts_with("either files of a bank"), "{answer:?}");
    let answer = post("/v1/bank/candidate", &padded(200_001));
    is_problem(&answer, 413, "too_large");
    assert_eq!(answer.json()["detail"], "a body has at most 200000 bytes here");
    // In parts, its length is not known before.
    let chunked = |length: usize| {
        let body = String::from_utf8(padded(length)).unwrap();
        let head = head("POST", "/v1/bank/candidate", token, "Transfer-Encoding: chunked\r\n");
        let parts = format!("{length:x}\r\n{body}\r\n0\r\n\r\n");
        over(&mut connect(at).unwrap(), &head, parts.as_bytes()).unwrap()
    };
    is_problem(&chunked(200_000), 400, "bad_request");
    is_problem(&chunked(200_001), 413, "too_large");
    // What a route takes of its own accord is less than what is let through.
    for path in ["/v1/bank/candidate/approval", "/v1/backups", "/v1/alerts/A-1/dispositions"] {
        let answer = post(path, &padded(65_537));
        is_problem(&answer, 413, "too_large");
        assert_eq!(answer.json()["detail"], "a body has at most 65536 bytes here", "{path}");
        assert_ne!(post(path, &padded(65_536)).status, 413, "{path}");
    }
}

#[test]
fn connections_requests_and_readers_are_bounded_in_number() {
    let place = Place::new();
    let (one, two) = (known("one", &["head"], &[]), known("two", &["head"], &[]));
    let service = place.serve(LIMITS, &[one.clone(), two.clone()]);
    let at = service.address;
    let follow = |token: &str| {
        let mut stream = connect(at).unwrap();
        let reply = over(&mut stream, &head("GET", "/v1/feed", Some(token), ""), b"").unwrap();
        (stream, reply)
    };
    let (feed, reply) = follow(&one.token);
    assert_eq!(reply.status, 200);
    // The one reader that may be is there.
    let (_, reply) = follow(&two.token);
    is_problem(&reply, 503, "unavailable");
    assert!(reply.headers["retry-after"].parse::<u32>().is_ok());
    drop(feed);
    // Its place is free again once it is seen that it has gone.
    let begun = Instant::now();
    let again = loop {
        let (stream, reply) = follow(&two.token);
        if reply.status == 200 {
            break stream;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{reply:?}");
        std::thread::sleep(Duration::from_millis(50));
    };
    drop(again);
    // Connections that say nothing: the seventh is told that there is no room.
    std::thread::sleep(Duration::from_millis(200));
    let silent: Vec<TcpStream> = (0..6).map(|_| connect(at).unwrap()).collect();
    std::thread::sleep(Duration::from_millis(200));
    let reply = get(at, "/health/live", None);
    is_problem(&reply, 503, "unavailable");
    assert_eq!(reply.headers["retry-after"], "2");
    drop(silent);
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(get(at, "/health/live", None).status, 200);
}

#[test]
fn who_has_too_many_requests_waits() {
    let place = Place::new();
    let (sender, other) = (known("sender", &["sender"], &[]), known("other", &["sender"], &[]));
    let limits = LIMITS.replace("body_seconds = 1", "body_seconds = 20");
    let service = place.serve(&limits, &[sender.clone(), other.clone()]);
    let at = service.address;
    // Two bodies that do not come to their end.
    let open: Vec<TcpStream> = (0..2)
        .map(|_| {
            let mut stream = connect(at).unwrap();
            let begun = head("POST", "/v1/changes", Some(&sender.token), "Content-Length: 9\r\n") + "{";
            stream.write_all(begun.as_bytes()).unwrap();
            stream
        })
        .collect();
    std::thread::sleep(Duration::from_millis(300));
    let reply = ask(at, "POST", "/v1/changes", Some(&sender.token), b"").unwrap();
    is_problem(&reply, 429, "too_many");
    assert!(reply.headers.contains_key("retry-after"));
    assert_eq!(ask(at, "POST", "/v1/changes", Some(&other.token), b"").unwrap().status, 202);
    drop(open);
    let begun = Instant::now();
    while ask(at, "POST", "/v1/changes", Some(&sender.token), b"").unwrap().status != 202 {
        assert!(begun.elapsed() < Duration::from_secs(30));
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(place.audit(1)[0]["outcome"], "limited");
}
