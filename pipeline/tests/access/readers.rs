//! Many readers of the feed, some of whom do not read.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::client::{connect, events, feed};
use crate::place::{INSTITUTIONS, Place, after_death, institutions};

/// Readers that do not read.
const STALLED: usize = 10;

/// Alerts before readers come, and while they read.
const BEFORE: u32 = 1_500;
const MEANWHILE: u32 = 300;

fn follow(at: SocketAddr) -> TcpStream {
    let mut stream = connect(at).unwrap();
    stream.write_all(b"GET /v1/feed HTTP/1.0\r\nHost: test\r\nLast-Event-ID: 0\r\n\r\n").unwrap();
    stream
}

/// Reads events in order until one; gives the bytes.
fn read_to(stream: TcpStream, last: u64) -> usize {
    let (mut bytes, mut next) = (0, 1);
    let mut lines = BufReader::with_capacity(1 << 14, stream);
    let mut line = String::new();
    while next <= last {
        line.clear();
        let got = lines.read_line(&mut line).unwrap();
        assert!(got > 0, "the feed ends before event {next}");
        bytes += got;
        if let Some(id) = line.strip_prefix("id: ") {
            assert_eq!(id.trim().parse(), Ok(next));
            next += 1;
        }
    }
    bytes
}

/// KiB of memory that a process has.
fn resident(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn readers_get_all_in_order_while_others_stall() {
    let readers: usize = std::env::var("FUNDWATCH_READERS").map_or(200, |readers| readers.parse().unwrap());
    let place = Place::new();
    let service = place.serve("[limits]\nwrite_seconds = 5\n", &[]);
    let (at, pid) = (service.address, service.child.id());
    let alerts = |from: u32, to: u32| -> String {
        (from..to).map(|nth| after_death(nth, INSTITUTIONS[0].0)).collect()
    };
    let post = |body: String| assert_eq!(service.post(None, body.as_bytes()).unwrap().status, 202);
    post(institutions() + &alerts(0, BEFORE));
    let last = u64::from(BEFORE + MEANWHILE);
    let before = resident(pid);
    let stalled: Vec<TcpStream> = (0..STALLED).map(|_| follow(at)).collect();
    let begun = Instant::now();
    let reading: Vec<JoinHandle<usize>> = (STALLED..readers)
        .map(|_| {
            let body = move || read_to(follow(at), last);
            std::thread::Builder::new().stack_size(128 << 10).spawn(body).unwrap()
        })
        .collect();
    let mut most = before;
    for nth in 0..MEANWHILE / 10 {
        post(alerts(BEFORE + nth * 10, BEFORE + (nth + 1) * 10));
        most = most.max(resident(pid));
        std::thread::sleep(Duration::from_millis(20));
    }
    while !reading.iter().all(JoinHandle::is_finished) {
        most = most.max(resident(pid));
        std::thread::sleep(Duration::from_millis(20));
        assert!(begun.elapsed() < Duration::from_secs(400), "not all have read");
    }
    let bytes: Vec<usize> = reading.into_iter().map(|of| of.join().unwrap()).collect();
    let took = begun.elapsed();
    let each = bytes[0];
    assert!(each > 1 << 20 && bytes.iter().all(|of| *of == each), "{each}");
    eprintln!(
        "{} readers of {each} bytes each in {took:?}; {before} KiB before, {most} KiB at the most",
        bytes.len()
    );
    // What readers hold is a page and the buffers of a connection, never all that they have not read.
    let grown = most - before;
    let allowed = 64 * 1024 + readers as u64 * 160;
    assert!(grown < allowed, "{before} KiB before, {most} KiB at the most");
    // Those who did not read were cut off, with more than a MiB unread, and come back for the rest.
    std::thread::sleep(Duration::from_secs(6).saturating_sub(took));
    let mut cut: BTreeMap<u64, usize> = BTreeMap::new();
    for mut stream in stalled {
        let mut some = Vec::new();
        // What lay in buffers is read, and then the end, or that it was broken off.
        let _ = stream.read_to_end(&mut some);
        assert!(some.len() + (1 << 20) < each, "{} of {each} bytes were not unread", some.len());
        let text = String::from_utf8_lossy(&some).into_owned();
        let seen = events(&text);
        assert!(seen.iter().zip(1..).all(|((id, _), wanted)| *id == wanted));
        *cut.entry(seen.last().map_or(0, |(id, _)| *id)).or_default() += 1;
    }
    let (seen, _) = cut.last_key_value().unwrap();
    let rest = feed(at, *seen, None, |text| events(text).len() as u64 == last - seen);
    assert!(events(&rest).iter().zip(seen + 1..).all(|((id, _), wanted)| *id == wanted));
}
